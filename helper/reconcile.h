/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile: one pass of survey, judge and repair, and what is said of it.
 */
#ifndef BURST_RECONCILE_H
#define BURST_RECONCILE_H

#include <signal.h>

#include "helper/app.h"

struct reconcile {
	bool dry_run;      /* say what would be done; nothing is changed, not even state.db */
	bool json;         /* one object at the end instead of lines */
	bool quiet;        /* nothing on standard output: the log has the repairs */
	unsigned parts;    /* of enum survey_part */
	int64_t settle_ms; /* how long what ends at EC2 is waited for */
	const volatile sig_atomic_t *stop; /* ends the pass between two repairs; may be NULL */
};

/*
 * One pass. APP has been through app_slurm() and app_db() (for dry_run DB_READ_ONLY is enough); the
 * caller holds reconcile.lock, unless dry_run. 0: all agrees, or was repaired; 1: something could
 * not be repaired, or not be looked at, and was named; -1: there was no pass.
 */
int reconcile_pass(struct app *app, const struct reconcile *how, struct err *err);

/* STATE/reconcile.lock, a descriptor to be closed; -1 with ERR_BUSY where a pass is under way. */
int reconcile_lock(const struct app *app, int wait_ms, struct err *err);

/* How long a pass by itself waits for what ends at EC2. */
#define RECONCILE_SETTLE_MS 30000

#endif
