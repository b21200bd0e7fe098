/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/reopen.h"

#include <string.h>

#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/catalog/catalog.h"
#include "lib/state/cache.h"
#include "lib/state/pool.h"

static bool has_subnet(const struct conf_place *place, const char *subnet)
{
	for (size_t i = 0; i < place->nsubnets; i++)
		if (!strcmp(place->subnets[i], subnet))
			return true;
	for (size_t i = 0; i < place->noverrides; i++)
		if (place->overrides[i].subnet && !strcmp(place->overrides[i].subnet, subnet))
			return true;
	return false;
}

/* May a launch at PLACE run into this failure? Its zones are not known here: any counts. */
static bool concerns(const struct conf_place *place, const struct pool_failure *f)
{
	if (strcmp(place->region, f->region) != 0)
		return false;
	if (*f->subnet)
		return has_subnet(place, f->subnet);
	for (size_t i = 0; i < place->noverrides; i++) {
		const char *type = place->overrides[i].type;

		if (*f->family ? !strcmp(quota_family_name(catalog_quota_family(type)), f->family)
			       : !strcmp(type, f->type))
			return true;
	}
	return false;
}

static void describe(struct strbuf *out, const struct pool_failure *f, int64_t now_ms)
{
	char when[32];

	strbuf_addstr(out, "forgotten: ");
	if (*f->subnet)
		strbuf_addf(out, "%s in %s", f->subnet, f->region);
	else if (*f->family)
		strbuf_addf(out, "%s quota %s in %s", f->spot ? "spot" : "on-demand", f->family,
			f->region);
	else
		strbuf_addf(out, "%s in %s, %s%s", f->type, f->az, f->spot ? "spot" : "on-demand",
			f->grouped ? ", placement group" : "");
	strbuf_addf(out, ": %s for %u node%s at %s\n", *f->code ? f->code : "failed", f->nodes,
		f->nodes == 1 ? "" : "s", show_time(f->failed_ms, now_ms, when, sizeof(when)));
}

static int forget(struct db *db, const struct conf_group *group, int64_t now_ms, struct strbuf *out,
	struct err *err)
{
	cleanup_free struct pool_failure *list = NULL;
	size_t n = 0;

	if (pool_failures(db, NULL, now_ms, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		bool ours = false;

		for (size_t k = 0; k < group->nplaces; k++)
			ours |= concerns(&group->places[k], &list[i]);
		if (!ours)
			continue;
		if (pool_forget(db, &list[i], err) < 0)
			return -1;
		describe(out, &list[i], now_ms);
	}
	return 0;
}

/* What preflight.c remembers of AWS's answers: a person who had a quota raised has it seen now. */
static int forget_answers(struct db *db, const struct conf_group *group, struct err *err)
{
	static const char *const prefixes[] = {"quota/", "quota-off/", "subnet/"};

	for (size_t i = 0; i < group->nplaces; i++)
		for (size_t k = 0; k < ARRAY_SIZE(prefixes); k++) {
			char prefix[64];

			snprintf(prefix, sizeof(prefix), "%s%s", prefixes[k],
				group->places[i].region);
			if (cache_forget(db, prefix, err) < 0)
				return -1;
		}
	return 0;
}

int reopen_group(struct db *db, const struct conf_group *group, int64_t now_ms, struct strbuf *out,
	bool *was_closed, struct err *err)
{
	struct health health = {0};
	char name[sizeof(health.group)], when[32];

	snprintf(name, sizeof(name), "%s-%s", group->partition, group->name);
	if (health_get(db, name, &health, err) < 0 || health_open(db, name, NULL, err) < 0)
		return -1;
	*was_closed = health_closed(&health, now_ms);
	if (*was_closed)
		strbuf_addf(out, "node group %s is open again; it was to stay closed until %s\n",
			name, show_time(health.until_ms, now_ms, when, sizeof(when)));
	else
		strbuf_addf(out, "node group %s is open, as it was\n", name);
	if (health.failures) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		strbuf_addf(&sb, "forgotten: %u boot%s in a row failed", health.failures,
			health.failures == 1 ? "" : "s");
		if (*health.reason)
			strbuf_addf(&sb, ", the last: %s", health.reason);
		show_paragraph(out, sb.buf);
	}
	if (forget(db, group, now_ms, out, err) < 0 || forget_answers(db, group, err) < 0)
		return -1;
	return out->failed ? err_nomem(err) : 0;
}
