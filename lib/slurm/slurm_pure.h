/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slurm_pure: the parts of slurm_client that need no slurmctld, for it and for the unit tests.
 * Numbers are Slurm's own (job_state, node_state of slurm.h).
 */
#ifndef BURST_SLURM_PURE_H
#define BURST_SLURM_PURE_H

#include <stdarg.h>

#include "lib/base/strbuf.h"
#include "lib/slurm/slurm_client.h"

/* What a job's record says of its name. */
struct job_ids {
	uint32_t job_id;
	uint32_t array_job_id;      /* 0: no array */
	uint32_t array_task_id;     /* NO_VAL for the record of the tasks not started yet */
	const char *array_task_str; /* "0-3,7%2": those tasks; may be NULL */
	uint32_t het_job_id;        /* 0: not heterogeneous */
	uint32_t het_job_offset;
};

/*
 * Write the name that means this record and nothing else: "9_1", "9_[2-3]" (tasks not started),
 * "17+1", "7".
 * "" where there is none: slurmctld cut the list of a large array, or it does not fit into SIZE.
 */
void job_name_format(const struct job_ids *ids, char *name, size_t size);

/* Is NAME "7", "9_1", "9_[2-3,5]" or "17+1"? ERR_USAGE otherwise: libslurm would take "7junk"
 * for 7. */
int job_name_check(const char *name, struct err *err);

/* Has TASKS ("0-3,7%2", "0-8:2") the number TASK? What slurmctld cut ("0-3,...") may have it. */
bool job_tasks_have(const char *tasks, uint32_t task);

/* A pending job's reason (enum job_state_reason) in words, "" for one that is not worth any. */
const char *job_wait_words(uint32_t reason);

/* "17-18" as in a job's record into the hostlist "[17-18]"; "" for NULL, "" or what does not fit.
 */
void het_ids_format(const char *set, char *buf, size_t size);

enum job_state job_state_decode(uint32_t job_state);

/* Fill the state, the flags and registered of FACTS. */
void node_state_decode(uint32_t node_state, struct node_facts *facts);

/* "22.05.8" as 2205; 0 for what is not a version. */
int slurm_version_number(const char *version);

/* Minutes as Slurm has them into seconds; -1 for INFINITE and NO_VAL of 16 or 32 bits. */
int64_t minutes16_to_s(uint16_t minutes);
int64_t minutes32_to_s(uint32_t minutes);

/*
 * The value of NAME in the LEN bytes of a job's environment file: a count (4 bytes, native order)
 * and as many NUL-ended strings. *VALUE points into DATA; NULL without NAME. -1 on malformed DATA.
 */
int job_environment_find(
	const char *data, size_t len, const char *name, const char **value, struct err *err);

/* "TEXT,TEXT,…", N times. */
void list_repeat(struct strbuf *sb, const char *text, size_t n);

/* Is TEXT an address or a host name as a list element: 1 to 63 of [A-Za-z0-9.:_-]? */
int node_address_check(const char *text, struct err *err);

/* The class for a number of libslurm's (errno). */
enum err_class slurm_error_class(int number);

/* Copy as much of TEXT (may be NULL) as fits, NUL-ended. */
void copy_text(char *buf, size_t size, const char *text);

/*
 * The same of a name that any user may give (without slurmdbd slurmctld takes every account): whole
 * characters, and '?' for control characters and what is no UTF-8, for it is shown to others, in
 * tables and JSON.
 */
void copy_name(char *buf, size_t size, const char *text);

#endif
