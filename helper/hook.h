/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hook: what prolog and epilog of slurmctld run; a small program, since each start and end of a job
 * waits for it.
 *
 * Whatever goes wrong, the answer is 0: another one sends the job back to the queue. Only the gate
 * says
 * 1. No libslurm: without SLURM_CONF, which slurmctld does not pass on, it would exit.
 */
#ifndef BURST_HOOK_H
#define BURST_HOOK_H

#include "helper/conf.h"
#include "lib/base/nodeset.h"

struct hook_job {
	uint32_t job_id, restart;
	const char *partition, *nodelist; /* "" where the environment has none */
	struct nodeset nodes;             /* empty where the list is not one */
	int64_t started_ms;
	int64_t seconds; /* time limit; -1 not known */
};

/* The job that the environment names: 0; -1 and the reason. To be released with nodeset_release().
 */
int hook_job_read(struct hook_job *job, struct err *err);

/* Is it one of ours, by its partition or (partitions may overlap) by one of its nodes? */
bool hook_job_ours(const struct conf *conf, const struct hook_job *job);

/* STATE/NAME, made if it is not there, after a look at who owns STATE. PATH of PATH_MAX bytes. */
int hook_dir(const struct conf *conf, const char *name, char *path, struct err *err);

/*
 * Start "aws-slurm-burst -c CONF release --stale NODES --job ID --ready FD" so that it outlives
 * this process group. Returns when it has closed FD: slurmctld may now have the job back.
 */
int hook_release(const struct conf *conf, const char *nodes, uint32_t job_id, struct err *err);

/* The exit status. */
int hook_prolog(const struct conf *conf, const struct hook_job *job);
int hook_epilog(const struct conf *conf, const struct hook_job *job);

#endif
