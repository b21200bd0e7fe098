/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ladder: the order of tries of one start of a gang. Pure.
 *
 * Innermost first: the pools of a step (the caller marks what failed and plans the same step anew
 * until nothing is left), spot or mixed -> on-demand, next tier of types, placement group -> none,
 *EFA -> none, next region; then all of it once more with the pools that failed recently. Given
 * capacity reservations go before everything, of all regions: they are paid for already. Steps that
 * make no difference are left out. A job that spot could not start anew, or that was interrupted
 * often enough, begins on-demand. EFA that is required is
 * never dropped, nor its placement group, nor a group that the site forces.
 *
 *	ladder_first(&rules, &base, &step);
 *	do {
 *		ladder_apply(&step, &base, &request);
 *		... choices and region of step.place ...
 *		for (;;) {
 *			marks_apply(&marks, step.place, request.market, grouped, choices, n);
 *			if (plan_make(&request, &plan, err) < 0)
 *				break;
 *			... launch it: done, or marks_add() of each pool that gave nothing ...
 *		}
 *	} while (ladder_next(&rules, &base, &step));
 *
 * A step whose plan cannot be made is passed over whatever the class of the error: a type that is
 * not sold as spot is sold on-demand, a price that is not known here is known elsewhere.
 */
#ifndef BURST_LADDER_H
#define BURST_LADDER_H

#include "lib/plan/plan.h"

struct ladder_rules {
	bool spot_to_on_demand;
	bool drop_group;
	bool drop_efa;
	unsigned nplaces;  /* 1 + other regions; 0 counts as 1 */
	bool reservations; /* some are given */
	unsigned ntiers;   /* 1 + the highest tier of a choice; 0 counts as 1 */
};

struct ladder_step {
	bool recent;      /* second pass: pools that failed recently too */
	unsigned place;   /* 0: the node group's own region */
	bool reservation; /* given reservations and capacity blocks only */
	enum market market;
	unsigned tier; /* types of this tier too */
	bool no_group;
	bool no_efa;
};

/* The first step. Of BASE: the gang's size, EFA mode, group rules, market, and, for EFA required by
 * detection, the choices of the place. */
void ladder_first(const struct ladder_rules *rules, const struct plan_request *base,
	struct ladder_step *step);

/* The one after STEP; false, STEP being left alone: there is none. */
bool ladder_next(const struct ladder_rules *rules, const struct plan_request *base,
	struct ladder_step *step);

/* BASE for this step: market, tier, no_group, no_efa, recent_too, reserved_only. Region and choices
 * of step->place are the caller's. */
void ladder_apply(const struct ladder_step *step, const struct plan_request *base,
	struct plan_request *request);

#define LADDER_TEXT_SIZE 192
/*
 * "on-demand, without placement group, in us-west-2" for people. REGION: where it is worth saying,
 * else NULL. Returns BUF.
 */
char *ladder_describe(const struct ladder_step *step, const char *region, char *buf, size_t size);

#endif
