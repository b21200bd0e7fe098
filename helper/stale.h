/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stale: nodes that a gang still holds although another job was given them.
 *
 * The prolog's gate and a late resume find such nodes; they are sent to power saving, the gang they
 * belonged to is ended, and the job waits. A gang whose own job still runs is never touched.
 */
#ifndef BURST_STALE_H
#define BURST_STALE_H

#include "helper/app.h"
#include "lib/state/gang.h"

/*
 * slurmctld cancels a batch job that its prolog refuses and that may not be requeued, without a
 * word. Its script never ran, so it may be this once: true if that was to be set, and
 * stale_release() is to take it back. Problems are logged.
 */
bool stale_let_requeue(uint32_t job_id);

/*
 * Release what NODES belonged to before JOB_ID (0: nobody) was given them; JOB_ID is told. REFIT:
 * it may be requeued for this way back only. Opens what it needs of APP, which has Slurm ready.
 */
int stale_release(
	struct app *app, const struct nodeset *nodes, uint32_t job_id, bool refit, struct err *err);

/* Does any job of the gang still run or wait for its nodes? 1, 0, or -1: cannot be known now. */
int stale_gang_lives(struct app *app, const struct gang *gang, struct err *err);

/* Does this start of the gang's job still run or wait for its nodes? 1, 0, or -1: cannot be known
 * now. */
int stale_job_lives(uint32_t job_id, uint32_t restart, struct err *err);

#endif
