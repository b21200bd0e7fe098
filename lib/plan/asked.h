/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asked: what this start has asked of EC2 in vain, so that no pool is asked twice for the same:
 * neither in the second pass, nor by a step whose plan comes out as that of an earlier one (EFA
 * dropped where no pool had it). Pure but for memory.
 */
#ifndef BURST_ASKED_H
#define BURST_ASKED_H

#include "lib/plan/plan.h"

#define ASKED_WHY_SIZE 64

struct ask; /* one pool, asked in one way */

struct asked {
	struct ask *asks;
	size_t n, allocated;
};
#define ASKED_INIT                                                                                 \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * POOL of PLAN gave nothing, in PLACE. WHY is EC2's code, or a few words (copied, cut at
 * ASKED_WHY_SIZE); type, subnet, az and reservation of the pool are borrowed until asked_release().
 * The pool is its type in the whole AZ, in the subnet only where its addresses were what lacked.
 */
int asked_add(struct asked *asked, unsigned place, const struct plan *plan,
	const struct plan_pool *pool, const char *why, struct err *err);

/*
 * plan_make() with what was asked before for the same (place, market, reservation, EFA, group)
 * marked as tried. CHOICES are request->choices; their `tried` and `tried_why` are rewritten, and
 * are good until the next call. ERR_CAPACITY where nothing is left.
 */
int asked_plan(const struct asked *asked, unsigned place, struct plan_choice *choices,
	const struct plan_request *request, struct plan *plan, struct err *err);

void asked_release(struct asked *asked);

#endif
