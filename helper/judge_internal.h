/* SPDX-License-Identifier: Apache-2.0 */
/* judge_internal: what the files of judge.h share. */
#ifndef BURST_JUDGE_INTERNAL_H
#define BURST_JUDGE_INTERNAL_H

#include <string.h>

#include "helper/judge.h"
#include "helper/persons.h"

/* A process that releases looks at EC2 until it has ended, and asks again: who has been at it for
 * longer is not there any more. */
#define JUDGE_SETTLE_S 60

/* The age of THEN_MS in whole seconds; see survey_age_ms(). */
static inline int64_t judge_age_s(const struct survey *survey, int64_t then_ms)
{
	return survey_age_ms(survey, then_ms) / 1000;
}

/* Its process has died, and nothing of it moved meanwhile. */
static inline bool judge_is_ours_to_mend(const struct survey_gang *gang)
{
	return gang->steady && !gang->held;
}

/* EC2's word for an instance that is on its way out, or out. */
static inline bool judge_is_ending(const struct ec2_instance *ec2)
{
	return !strcmp(ec2->state, "shutting-down") || !strcmp(ec2->state, "terminated");
}

/* An instance with our row, not ours by its tag. */
static inline bool judge_is_tagged(const struct survey *survey, const struct ec2_instance *ec2)
{
	const char *tag = ec2_instance_tag(ec2, "burst:cluster");

	return tag && !strcmp(tag, survey->cluster);
}

/* Of a gang that runs: it is to run, and EC2 shows that it ends without us. What ends by us is
 * "terminating" before EC2 hears of it, and rows are read after EC2. */
static inline bool judge_is_lost(const struct survey_row *row)
{
	return row->gang && judge_is_ours_to_mend(row->gang) && row->steady &&
	       (row->gang->gang.state == GANG_ANNOUNCED || row->gang->gang.state == GANG_ACTIVE) &&
	       row->row.state == INSTANCE_RUNNING && *row->row.node && row->region &&
	       row->region->known && row->ec2 && judge_is_ending(row->ec2);
}

/* It is not taken up again: it has begun to go down, or is down. */
static inline bool judge_goes_down(const struct node_facts *node)
{
	return node->power_down || node->powering_down ||
	       (node->powered_down && !node->powering_up);
}

struct finding *judge_find(struct findings *findings, enum finding_rule rule,
	const struct survey_gang *gang, const struct survey_row *row,
	const struct survey_node *node, struct err *err);

#endif
