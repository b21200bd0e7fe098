/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mark_pool(struct mark *mark, unsigned place, const struct plan *plan,
	const struct plan_pool *pool, enum outcome_scope scope, const char *code)
{
	*mark = (struct mark){
		.scope = scope == SCOPE_NONE ? SCOPE_POOL : scope,
		.place = place,
		.market = plan->market,
		.reserved = pool->reservation != NULL,
		.grouped = plan_has_group(plan),
		.family = catalog_quota_family(pool->type),
	};
	snprintf(mark->type, sizeof(mark->type), "%s", pool->type);
	snprintf(mark->az, sizeof(mark->az), "%s", pool->az);
	snprintf(mark->subnet, sizeof(mark->subnet), "%s", pool->subnet);
	snprintf(mark->code, sizeof(mark->code), "%s", code && *code ? code : "no reason given");
}

int marks_add(struct marks *marks, const struct mark *mark, struct err *err)
{
	if (marks->n == marks->alloc) {
		size_t alloc = marks->alloc ? marks->alloc * 2 : 16;
		struct mark *all = reallocarray(marks->all, alloc, sizeof(*all));

		if (!all)
			return err_nomem(err);
		marks->all = all;
		marks->alloc = alloc;
	}
	marks->all[marks->n++] = *mark;
	return 0;
}

void marks_hint(struct marks *marks, const char *message)
{
	char azs[MARKS_HINTS][OUTCOME_AZ_SIZE];
	size_t n = outcome_hint_azs(message, azs, MARKS_HINTS);

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < marks->nhints && strcmp(marks->hints[k], azs[i]))
			k++;
		if (k == marks->nhints && k < MARKS_HINTS)
			memcpy(marks->hints[marks->nhints++], azs[i], sizeof(azs[i]));
	}
}

/* The type in its zone, whichever of the zone's subnets was asked; without zones in the subnet. */
static bool same_pool(const struct mark *mark, const struct plan_choice *choice)
{
	if (strcmp(mark->type, choice->type))
		return false;
	return *mark->az ? !strcmp(mark->az, choice->az) : !strcmp(mark->subnet, choice->subnet);
}

static bool speaks_for(
	const struct mark *mark, const struct plan_choice *choice, enum market market, bool grouped)
{
	/* a mixed gang needs both: what one of the markets has none of is of no use to it */
	if (mark->reserved != !!choice->reservation ||
		(!mark->reserved && mark->market != market && market != MARKET_MIXED))
		return false;
	switch (mark->scope) {
	case SCOPE_SUBNET:
		return !strcmp(mark->subnet, choice->subnet);
	case SCOPE_FAMILY:
		return !choice->reservation && mark->family == catalog_quota_family(choice->type);
	case SCOPE_POOL:
		return (grouped || !mark->grouped) && same_pool(mark, choice);
	case SCOPE_NONE:
		break;
	}
	return false;
}

void marks_apply(const struct marks *marks, unsigned place, enum market market, bool grouped,
	struct plan_choice *choices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct plan_choice *choice = &choices[i];

		choice->tried = choice->hinted = false;
		choice->tried_why = NULL;
		for (size_t k = 0; k < marks->n && !choice->tried; k++) {
			if (marks->all[k].place != place ||
				!speaks_for(&marks->all[k], choice, market, grouped))
				continue;
			choice->tried = true;
			choice->tried_why = marks->all[k].code;
		}
		for (size_t k = 0; k < marks->nhints; k++)
			choice->hinted = choice->hinted || !strcmp(marks->hints[k], choice->az);
	}
}

void marks_release(struct marks *marks)
{
	free(marks->all);
	*marks = (struct marks){0};
}
