/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/recent.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

int recent_recall(struct recent *recent, struct app *app, const char *region, struct err *err)
{
	int64_t now_ms = clock_now_ms();

	recent_release(recent);
	if (pool_failures(app->db, region, now_ms, &recent->all, &recent->n, err) < 0)
		return -1;
	recent->words = calloc(recent->n + 1, sizeof(*recent->words));
	if (!recent->words) {
		recent_release(recent);
		return err_nomem(err);
	}
	for (size_t i = 0; i < recent->n; i++) {
		int64_t ago_s = (now_ms - recent->all[i].failed_ms) / 1000;

		snprintf(recent->words[i], sizeof(recent->words[i]), "%s %lld %s ago",
			recent->all[i].code, (long long)(ago_s < 120 ? ago_s : ago_s / 60),
			ago_s < 120 ? "s" : "min");
	}
	return 0;
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
	/* a mixed gang needs both markets */
	if (market != MARKET_MIXED && failure->spot != (market == MARKET_SPOT))
		return false;
	if (*failure->family)
		return !strcmp(
			failure->family, quota_family_name(catalog_quota_family(choice->type)));
	return (grouped || !failure->grouped) && !strcmp(failure->type, choice->type) &&
	       !strcmp(failure->az, choice->az);
}

void recent_apply(const struct recent *recent, enum market market, bool grouped, unsigned nodes,
	struct plan_choice *choices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		choices[i].failed = NULL;
		for (size_t k = 0; k < recent->n && !choices[i].failed; k++)
			if (recalls(&recent->all[k], &choices[i], market, grouped, nodes))
				choices[i].failed = recent->words[k];
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

void recent_remember(struct app *app, const struct mark *mark, const char *region, unsigned nodes,
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

void recent_forget(struct app *app, const char *region, const char *type, const char *az,
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

void recent_release(struct recent *recent)
{
	free(recent->all);
	free(recent->words);
	*recent = (struct recent){0};
}
