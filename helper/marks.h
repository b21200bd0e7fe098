/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marks: what gave nothing during one start of a gang, so that it is not asked for again; and, by
 * way of state.db, what gave nothing a short while ago, for whoever comes next.
 *
 * A mark tells a pool (type and zone), a subnet, or all types of one vCPU quota, as far as the
 * failure's class says (lib/plan/outcome.h). A failure inside a cluster placement group says
 * nothing of the same pool without one; one without a group speaks for both.
 */
#ifndef BURST_MARKS_H
#define BURST_MARKS_H

#include "helper/app.h"
#include "lib/plan/outcome.h"
#include "lib/plan/plan.h"
#include "lib/state/pool.h"

struct mark {
	enum outcome_scope scope;
	unsigned place; /* which of the node group's places */
	enum market market;
	bool reserved; /* it was a reservation that gave nothing */
	bool grouped;  /* asked for within a cluster placement group */
	char type[32], az[32], subnet[64];
	enum quota_family family;
	char code[ERR_CODE_SIZE];
};

#define MARKS_HINTS 8

struct marks {
	struct mark *all;
	size_t n, alloc;
	char hints[MARKS_HINTS][32]; /* zones that EC2 says have some */
	size_t nhints;
	struct pool_failure *recent; /* of state.db, for RECENT_REGION */
	size_t nrecent;
	char (*words)[128]; /* of the recent ones, for people */
};

int marks_add(struct marks *marks, const struct mark *mark, struct err *err);

/* The zones that EC2 names in the message of a refusal. */
void marks_hint(struct marks *marks, const char *message);

/* Read from state.db what failed in REGION and is not forgotten yet. */
int marks_recall(struct marks *marks, struct app *app, const char *region, struct err *err);

/*
 * Say of each choice, for NODES in MARKET, whether it was tried or failed a short while ago. The
 * words in the choices are borrowed from MARKS.
 */
void marks_apply(const struct marks *marks, unsigned place, enum market market, bool grouped,
	unsigned nodes, struct plan_choice *choices, size_t n);

/* Write MARK down for others, for as long as its class is remembered. Failing to is only logged. */
void marks_remember(struct app *app, const struct mark *mark, const char *region, unsigned nodes,
	enum err_class class);

/* A pool gave NODES: what state.db holds against it is not true any more. */
void marks_forget(struct app *app, const char *region, const char *type, const char *az,
	enum market market, bool grouped);

void marks_release(struct marks *marks);

#endif
