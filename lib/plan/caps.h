/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caps: the site's bounds of what one job may cost, and which budgets a job's money counts in.
 * Pure.
 *
 * A user's --burst-cost can only lower what the site allows a job. A job may have two limits then,
 * one for the whole of it and one per hour, and each says whose it is.
 */
#ifndef BURST_CAPS_H
#define BURST_CAPS_H

#include "lib/base/budget_kind.h"
#include "lib/intent/intent.h"

#define CAPS_SITE "the site's limit for a job"

/* What a job must keep to. */
struct caps {
	struct cost_limit limit; /* of the whole job where there is such a one, else per hour */
	struct cost_limit hour;  /* the other one, per hour; uusd 0: none */
	const char *limit_why;   /* CAPS_SITE; NULL: its own --burst-cost */
	const char *hour_why;    /* likewise of HOUR */
};

/* ASKED (may be NULL) bounded by those of the N LIMITS that are of scope job. */
void caps_fold(
	const struct cost_limit *asked, const struct budget *limits, size_t n, struct caps *caps);

/*
 * Those of the N BUDGETS that PAYER's money counts in: their positions into WHICH, which has room
 * for N. Returns how many.
 */
size_t caps_which(
	const struct budget *budgets, size_t n, const struct budget_payer *payer, size_t *which);

#endif
