/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wish: what the user of a job asked for, what is known of the job, and what follows for EFA.
 *
 * What was asked comes from the first source that knows: the record that prolog wrote for this very
 * start of the job; for batch jobs the environment stored by slurmctld; the job's features
 * (efa-required, efa-preferred, efa, no-efa). Where nobody asked, the batch script is read
 * (lib/plan/detect.h); else the configured default holds. Which one won is said in words.
 */
#ifndef BURST_WISH_H
#define BURST_WISH_H

#include "helper/app.h"
#include "helper/demand.h"

/*
 * What was detected of the last task of an array: its others have the same script, and hundreds may
 * start at once. One for a row of jobs, zeroed before the first.
 */
struct wish_memory {
	uint32_t array_job_id; /* 0: none */
	uint32_t nodes, tasks, cpus_per_task, tasks_per_node, gpus, cores;
	struct intent intent; /* the environment in it */
	struct detect_result result;
};

/*
 * Fill JOB's intent (its efa is never EFA_UNSET afterwards), efa, efa_why, detected and rank from
 * its facts and nodes. Waits for the prolog at most slurm.intent_wait_ms after START_MS of the
 * monotonic clock. Never fails: what cannot be read is logged and the next source asked. JOB stays
 * where it is as long as efa_why is used.
 */
void wish_find(
	struct app *app, struct demand_job *job, int64_t start_ms, struct wish_memory *memory);

/*
 * The part of it that asks nobody: from JOB's facts, nodes and intent (efa EFA_UNSET: not given),
 * and the batch SCRIPT of LEN bytes (NULL: there is none, or it is not known). ASKED says in words
 * where intent.efa comes from; NULL: the job's --efa. For whoever has no record to ask, too. Where
 * JOB has something detected, that holds.
 */
void wish_decide(const struct conf *conf, struct demand_job *job, const char *asked,
	const char *script, size_t len);

/* The EFA mode that a feature expression asks for ("efa-required&zen4"), or EFA_UNSET. */
enum efa_mode wish_from_features(const char *features);

#endif
