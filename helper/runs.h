/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runs: which start of which job had which of our nodes, and when, taken over into the ledger
 * (job_run in state.db) from what prolog and epilog leave behind and from slurmctld. These
 * forget: slurmctld after MinJobAge, the files when they are pruned.
 */
#ifndef BURST_RUNS_H
#define BURST_RUNS_H

#include "helper/app.h"

/*
 * JOBS are all that slurmctld knows, in any order. A start began with its prolog (without
 * PrologSlurmctld: when slurmctld says that it started, which is after the boot) and ended with its
 * epilog, else when slurmctld says so. How many rows were written, or -1. APP has state.db open for
 * writing.
 */
int runs_note(struct app *app, const struct job_facts *jobs, size_t n, struct err *err);

/* The same with slurmctld asked; problems are logged, as the next call makes up for it. */
void runs_note_now(struct app *app);

#endif
