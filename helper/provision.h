/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provision: one demand's way up, from planned to active; the only code that changes EC2 and Slurm
 * on the way up. Runs in a process of its own, which holds the lock of its jobs and of its gang all
 * the time.
 *
 * Every step is a committed row: before the side effect for requests, after it for results.
 * Whatever fails, nothing is left running and the job goes back to the queue with the reason
 * (failure.h).
 */
#ifndef BURST_PROVISION_H
#define BURST_PROVISION_H

#include "helper/app.h"
#include "helper/demand.h"

/*
 * Carry out DEMAND. 0: its nodes are up, or were already; -1: it was sent back, or another process
 * works on it (ERR_BUSY). Both are logged.
 */
int provision_run(struct app *app, struct demand *demand);

#endif
