/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/marks.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

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
	char azs[MARKS_HINTS][32];
	size_t n = outcome_hint_azs(message, azs, MARKS_HINTS);

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < marks->nhints && strcmp(marks->hints[k], azs[i]))
			k++;
		if (k == marks->nhints && k < MARKS_HINTS)
			memcpy(marks->hints[marks->nhints++], azs[i], sizeof(azs[i]));
	}
}

int marks_recall(struct marks *marks, struct app *app, const char *region, struct err *err)
{
	int64_t now_ms = clock_now_ms();

	free(marks->recent);
	free(marks->words);
	marks->recent = NULL;
	marks->words = NULL;
	marks->nrecent = 0;
	if (pool_failures(app->db, region, now_ms, &marks->recent, &marks->nrecent, err) < 0)
		return -1;
	marks->words = calloc(marks->nrecent + 1, sizeof(*marks->words));
	if (!marks->words)
		return err_nomem(err);
	for (size_t i = 0; i < marks->nrecent; i++) {
		int64_t ago_s = (now_ms - marks->recent[i].failed_ms) / 1000;

		snprintf(marks->words[i], sizeof(marks->words[i]), "%s %lld %s ago",
			marks->recent[i].code, (long long)(ago_s < 120 ? ago_s : ago_s / 60),
			ago_s < 120 ? "s" : "min");
	}
	return 0;
}

static bool speaks_for(
	const struct mark *mark, const struct plan_choice *choice, enum market market, bool grouped)
{
	if (mark->reserved != !!choice->reservation || (!mark->reserved && mark->market != market))
		return false;
	switch (mark->scope) {
	case SCOPE_SUBNET:
		return !strcmp(mark->subnet, choice->subnet);
	case SCOPE_FAMILY:
		return !choice->reservation && mark->family == catalog_quota_family(choice->type);
	case SCOPE_POOL:
		return (grouped || !mark->grouped) && !strcmp(mark->type, choice->type) &&
		       !strcmp(mark->az, choice->az);
	case SCOPE_NONE:
		break;
	}
	return false;
}

/* Does what failed a while ago speak for CHOICE? What fails for four does for five, not for three.
 */
static bool recalls(const struct pool_failure *failure, const struct plan_choice *choice,
	enum market market, bool grouped, unsigned nodes)
{
	if (choice->reservation || nodes < failure->nodes)
		return false;
	if (*failure->subnet)
		return !strcmp(failure->subnet, choice->subnet);
	if (failure->spot != (market == MARKET_SPOT))
		return false;
	if (*failure->family)
		return !strcmp(
			failure->family, quota_family_name(catalog_quota_family(choice->type)));
	return (grouped || !failure->grouped) && !strcmp(failure->type, choice->type) &&
	       !strcmp(failure->az, choice->az);
}

void marks_apply(const struct marks *marks, unsigned place, enum market market, bool grouped,
	unsigned nodes, struct plan_choice *choices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct plan_choice *choice = &choices[i];

		choice->tried = choice->hinted = false;
		choice->tried_why = choice->failed = NULL;
		for (size_t k = 0; k < marks->n && !choice->tried; k++) {
			if (marks->all[k].place != place ||
				!speaks_for(&marks->all[k], choice, market, grouped))
				continue;
			choice->tried = true;
			choice->tried_why = marks->all[k].code;
		}
		for (size_t k = 0; k < marks->nrecent && !choice->failed; k++)
			if (recalls(&marks->recent[k], choice, market, grouped, nodes))
				choice->failed = marks->words[k];
		for (size_t k = 0; k < marks->nhints; k++)
			choice->hinted = choice->hinted || !strcmp(marks->hints[k], choice->az);
	}
}

static int64_t memory_s(const struct conf *conf, enum outcome_scope scope)
{
	switch (scope) {
	case SCOPE_POOL:
		return conf->launch.pool_memory_s;
	case SCOPE_FAMILY:
		return conf->launch.quota_memory_s;
	case SCOPE_SUBNET:
		return conf->launch.address_memory_s;
	case SCOPE_NONE:
		break;
	}
	return 0;
}

void marks_remember(struct app *app, const struct mark *mark, const char *region, unsigned nodes,
	enum err_class class)
{
	int64_t now_ms = clock_now_ms(), keep_s = memory_s(app->conf, mark->scope);
	struct pool_failure failure = {.spot = mark->market == MARKET_SPOT,
		.grouped = mark->grouped && mark->scope == SCOPE_POOL,
		.nodes = nodes,
		.failed_ms = now_ms,
		.until_ms = now_ms + keep_s * 1000};
	struct err err;

	/* a pool that EC2 refuses for what we wrote is no poorer than before */
	if (!keep_s || mark->reserved ||
		outcome_scope_of(outcome_of(class), mark->code) == SCOPE_NONE)
		return;
	snprintf(failure.region, sizeof(failure.region), "%s", region);
	snprintf(failure.code, sizeof(failure.code), "%s", mark->code);
	if (mark->scope == SCOPE_POOL) {
		snprintf(failure.type, sizeof(failure.type), "%s", mark->type);
		snprintf(failure.az, sizeof(failure.az), "%s", mark->az);
	} else if (mark->scope == SCOPE_SUBNET) {
		snprintf(failure.subnet, sizeof(failure.subnet), "%s", mark->subnet);
	} else {
		snprintf(failure.family, sizeof(failure.family), "%s",
			quota_family_name(mark->family));
	}
	if (pool_remember(app->db, &failure, &err) < 0)
		log_warn("what failed is not remembered: %s", err.text);
}

void marks_forget(struct app *app, const char *region, const char *type, const char *az,
	enum market market, bool grouped)
{
	struct pool_failure key = {.spot = market == MARKET_SPOT, .grouped = grouped};
	struct err err;

	snprintf(key.region, sizeof(key.region), "%s", region);
	snprintf(key.type, sizeof(key.type), "%s", type);
	snprintf(key.az, sizeof(key.az), "%s", az);
	if (pool_forget(app->db, &key, &err) < 0)
		log_warn("%s", err.text);
}

void marks_release(struct marks *marks)
{
	free(marks->all);
	free(marks->recent);
	free(marks->words);
	*marks = (struct marks){0};
}
