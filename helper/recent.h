/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recent: what gave nothing a short while ago, of all starts of all jobs, by way of state.db. What
 * this start itself asked in vain are its marks (lib/plan/marks.h).
 */
#ifndef BURST_RECENT_H
#define BURST_RECENT_H

#include "helper/app.h"
#include "lib/plan/marks.h"
#include "lib/state/pool.h"

struct recent { /* of one region */
	struct pool_failure *all;
	size_t n;
	char (*words)[128]; /* of each, for people */
};

/* Read from state.db what failed in REGION and is not forgotten yet. */
int recent_recall(struct recent *recent, struct app *app, const char *region, struct err *err);

/*
 * Say of each choice, for NODES in MARKET, whether it failed a short while ago. The words in the
 * choices are borrowed from RECENT.
 */
void recent_apply(const struct recent *recent, enum market market, bool grouped, unsigned nodes,
	struct plan_choice *choices, size_t n);

/* Write MARK down for others, for as long as its class is remembered. Failing to is only logged. */
void recent_remember(struct app *app, const struct mark *mark, const char *region, unsigned nodes,
	enum err_class class);

/* A pool gave NODES: what state.db holds against it is not true any more. */
void recent_forget(struct app *app, const char *region, const char *type, const char *az,
	enum market market, bool grouped);

void recent_release(struct recent *recent);

#endif
