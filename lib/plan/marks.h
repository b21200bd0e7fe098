/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marks: what gave nothing during one start of a gang, so that it is not asked for again in the
 * same way. Pure but for memory.
 *
 * A mark tells a pool (type and zone), a subnet, or all types of one vCPU quota, as far as the
 * failure's class says (lib/plan/outcome.h). A failure inside a cluster placement group says
 * nothing of the same pool without one; one without a group speaks for both. EFA is no part of it:
 * EC2 has an instance or it has not, whatever its interfaces are to be.
 */
#ifndef BURST_MARKS_H
#define BURST_MARKS_H

#include "lib/plan/outcome.h"
#include "lib/plan/plan.h"

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
	char hints[MARKS_HINTS][OUTCOME_AZ_SIZE]; /* zones that EC2 says have some */
	size_t nhints;
};

/*
 * POOL of PLAN gave nothing in PLACE: CODE, which is EC2's or a few words, says it of SCOPE.
 * SCOPE_NONE is taken for the pool: that the very same is not asked again says nothing of others.
 */
void mark_pool(struct mark *mark, unsigned place, const struct plan *plan,
	const struct plan_pool *pool, enum outcome_scope scope, const char *code);

int marks_add(struct marks *marks, const struct mark *mark, struct err *err);

/* The zones that EC2 names in the message of a refusal. */
void marks_hint(struct marks *marks, const char *message);

/*
 * Say of each choice, for a request of MARKET that is GROUPED or not, whether it was tried, and
 * whether EC2 named its zone. The words in the choices are borrowed from MARKS.
 */
void marks_apply(const struct marks *marks, unsigned place, enum market market, bool grouped,
	struct plan_choice *choices, size_t n);

void marks_release(struct marks *marks);

#endif
