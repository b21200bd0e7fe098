/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pending: what would be made of a job that waits in Slurm's queue, before its first start or
 * between two, by estimate.h with what slurmctld knows of the job.
 *
 * Who may read StateSaveLocation takes the batch script and what was asked at submission from
 * there. Others are given the script by slurmctld, if the job is theirs, and --efa and --burst-cost
 * of its #SBATCH lines; what they cannot see is said. What PrivateData=jobs hides from the caller
 * slurmctld does not know.
 */
#ifndef BURST_PENDING_H
#define BURST_PENDING_H

#include "helper/estimate.h"

struct pending {
	struct job_facts *facts; /* the job, a task, or all components, the leader first */
	size_t n;
	/* One for each of them, linked; the first one is the job's. */
	struct estimate_input *inputs;
	struct job_wish *wishes;
	struct intent *intents;
	char *script;
	struct strbuf unseen;
	struct estimate estimate; /* after pending_estimate() */
};

#define PENDING_INIT                                                                               \
	{                                                                                          \
		.unseen = STRBUF_INIT, .estimate = {.unseen = STRBUF_INIT }                        \
	}

/*
 * Ask Slurm for JOB ("7", "9_1", "17+0"; "9": the array's tasks that wait). 1: it waits; 0: Slurm
 * knows it, and it does not; -1, ERR_NOTFOUND: Slurm does not know it, or hides it. APP needs
 * app_slurm(). PENDING is to be released in any case.
 */
int pending_find(struct app *app, const char *job, struct pending *pending, struct err *err);

/* … and the start that would follow. DB_MISSING and SITE_SOURCE as in estimate_input. */
int pending_estimate(struct app *app, struct pending *pending, const char *db_missing,
	const char *site_source, struct err *err);

/* "job 7 waits: held by its user". */
void pending_headline(const struct pending *pending, int64_t now_ms, struct strbuf *sb);
/* The estimate, for a person. */
void pending_show(const struct pending *pending, struct strbuf *out);
/* "waits" and "next" into O. */
void pending_add_json(const struct pending *pending, struct json_object *o);

void pending_release(struct pending *pending);

#endif
