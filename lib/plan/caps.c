/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/caps.h"

/* LIMIT as low as the site's UUSD. */
static void lower(struct cost_limit *limit, const char **why, int64_t uusd, bool per_hour)
{
	if (limit->uusd && limit->uusd <= uusd)
		return;
	*limit = (struct cost_limit){.uusd = uusd, .per_hour = per_hour};
	*why = CAPS_SITE;
}

void caps_fold(
	const struct cost_limit *asked, const struct budget *limits, size_t n, struct caps *caps)
{
	struct cost_limit whole = {0}, hour = {0};
	const char *whole_why = NULL, *hour_why = NULL;

	if (asked && asked->uusd && asked->per_hour)
		hour = *asked;
	else if (asked && asked->uusd)
		whole = *asked;
	for (size_t i = 0; i < n; i++) {
		if (limits[i].scope != BUDGET_JOB)
			continue;
		if (limits[i].period == BUDGET_HOUR)
			lower(&hour, &hour_why, limits[i].limit_uusd, true);
		else
			lower(&whole, &whole_why, limits[i].limit_uusd, false);
	}
	*caps = (struct caps){0};
	if (!whole.uusd) {
		caps->limit = hour;
		caps->limit_why = hour_why;
		return;
	}
	caps->limit = whole;
	caps->limit_why = whole_why;
	caps->hour = hour;
	caps->hour_why = hour_why;
}

size_t caps_which(
	const struct budget *budgets, size_t n, const struct budget_payer *payer, size_t *which)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (budget_applies(&budgets[i], payer))
			which[found++] = i;
	return found;
}
