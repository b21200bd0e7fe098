/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge_fixture: a small world in which EC2, Slurm and state.db agree, to be changed.
 *
 * Gang 7-0123456789 is active: its job 7 runs on aws-hpc-[0-1], which are instances i-0 and i-1.
 * aws-hpc-[2-3] are powered down. Region, groups and versions are known and empty.
 *
 *	world();
 *	set(ec2(0)->state, "terminated");
 *	expect("member-lost gang 7-0123456789");
 */
#ifndef TEST_JUDGE_FIXTURE_H
#define TEST_JUDGE_FIXTURE_H

#include <check.h>
#include <stdio.h>

#include "helper/judge.h"

#define GANG   "7-0123456789"
#define NOW_MS INT64_C(1795000000000)
#define NOW_S  (NOW_MS / 1000)

#define set(field, text) snprintf(field, sizeof(field), "%s", text)

extern struct survey survey;
extern struct judge_rules rules;

void world(void);
void world_end(void);

/* What there is of it; the N-th as it was made. Good until the next of its kind is added. */
struct survey_gang *gang(void);
struct survey_row *row(size_t n);
struct ec2_instance *ec2(size_t n);
struct survey_node *node(size_t n);
struct job_facts *job(void);
struct survey_region *region(void);

/* What may come beside it. */
struct survey_gang *add_gang(const char *id, enum gang_state state, const char *nodes);
struct ec2_instance *add_ec2(const char *id, const char *gang, const char *node, const char *ip);
/* An instance at EC2 that has our tags and no row. */
struct survey_stray *add_stray(const char *id, const char *gang);
struct survey_group *add_group(const char *name);
struct survey_version *add_version(int64_t number);
void add_placement(const char *name, const char *gang, bool removable);
void tag(struct ec2_instance *instance, const char *key, const char *value);
void untag(struct ec2_instance *instance, const char *key);
/* The I-th node is powered down, and nothing is bound to it. */
void put_down(size_t i);
/* EC2 and state.db have no instance any more. */
void forget_instances(void);
/* The gang's nodes and rows go, and the gang. */
void forget_gang(void);

/* Judge, and compare: "rule subject; rule subject", in judge()'s order, "" for none. */
void expect_(const char *expected, const char *file, int line);
#define expect(expected) expect_(expected, __FILE__, __LINE__)
/* Of the last expect(): the I-th. */
const struct finding *finding_at(size_t i);

#endif
