/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of prices, for people and for prices.json. */
#include <fnmatch.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "helper/prices_internal.h"
#include "helper/public.h"
#include "helper/show.h"
#include "helper/types.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"

struct line {
	const char *region, *type, *az; /* borrowed */
	const char *currency;
	unsigned cores; /* 0 not known */
	int64_t since_s;
	struct prices_found found;
};

struct lines {
	struct line *all;
	size_t n;
};

static void lines_release(struct lines *lines)
{
	free(lines->all);
}

/* --- gathering ------------------------------------------------------------------------------- */

static int add_line(struct app *app, struct lines *lines, const struct line *line, struct err *err)
{
	struct line *all = reallocarray(lines->all, lines->n + 1, sizeof(*all));
	const struct instance_type *type;

	if (!all)
		return err_nomem(err);
	lines->all = all;
	all[lines->n] = *line;
	type = catalog_type(app, line->region, line->type);
	all[lines->n].cores = type ? type->cores : 0;
	lines->n++;
	return 0;
}

static bool passes(const struct prices_filter *filter, const char *type)
{
	return !filter->type || fnmatch(filter->type, type, 0) == 0;
}

static int add_told(struct app *app, const struct prices_region *region,
	const struct prices_filter *filter, int64_t now_ms, struct lines *lines, struct err *err)
{
	const struct prices_market *market = filter->spot ? &region->spot : &region->list;

	for (size_t i = 0; i < market->n; i++) {
		const struct price *p = &market->all[i];
		struct line line = {region->name, p->type, p->az, p->currency, 0, p->priced_s, {0}};

		if (!passes(filter, p->type))
			continue;
		/* as a plan has it, where a plan can have it */
		if (strcmp(p->currency, "USD") || prices_of(app, region->name, p->type, p->az,
							  filter->spot, &line.found, NULL) < 0)
			prices_say(app, p, market->asked_ms, now_ms, &line.found);
		if (add_line(app, lines, &line, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_told(const struct prices_market *market, const char *type)
{
	for (size_t i = 0; i < market->n; i++)
		if (!strcmp(market->all[i].type, type))
			return true;
	return false;
}

static int add_built_in(struct app *app, const struct prices_region *region,
	const struct prices_filter *filter, struct lines *lines, struct err *err)
{
	const struct instance_type *type;

	for (size_t i = 0; !filter->spot && (type = catalog_at(i)); i++) {
		struct line line = {region->name, type->name, "", "USD", 0, 0, {0}};

		if (!passes(filter, type->name) || is_told(&region->list, type->name) ||
			prices_built_in(region->name, type->name, &line.found, NULL) < 0)
			continue;
		prices_discount(app, region->name, type->name, false, &line.found);
		if (add_line(app, lines, &line, err) < 0)
			return -1;
	}
	return 0;
}

static int gather(struct app *app, const char *name, const struct prices_filter *filter,
	int64_t now_ms, struct lines *lines, struct err *err)
{
	const struct prices_region *region = prices_region(app, name);

	if (!region)
		return err_nomem(err);
	if (add_told(app, region, filter, now_ms, lines, err) < 0)
		return -1;
	return add_built_in(app, region, filter, lines, err);
}

/* --- order ----------------------------------------------------------------------------------- */

static int by_name(const struct line *x, const struct line *y)
{
	int order = strcmp(x->type, y->type);

	if (!order)
		order = strcmp(x->region, y->region);
	return order ? order : strcmp(x->az, y->az);
}

/* The cheapest first, each currency by itself. */
static int by_price(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = strcmp(y->currency, x->currency);

	if (!order)
		order = (x->found.uusd_hr > y->found.uusd_hr) -
			(x->found.uusd_hr < y->found.uusd_hr);
	return order ? order : by_name(x, y);
}

/* Of each type where it is cheapest first: that is what regions and zones are compared for. */
static int by_type(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = strcmp(x->type, y->type);

	return order ? order : by_price(a, b);
}

/* Exactly, not by the rounded quotients; those of unknown cores last. */
static int by_core(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = strcmp(y->currency, x->currency);
	__extension__ __int128 mine, theirs;

	if (!order)
		order = (x->cores == 0) - (y->cores == 0);
	if (!order && x->cores) {
		mine = (__int128)x->found.uusd_hr * y->cores;
		theirs = (__int128)y->found.uusd_hr * x->cores;
		order = (mine > theirs) - (mine < theirs);
	}
	return order ? order : by_name(x, y);
}

/* --- printing -------------------------------------------------------------------------------- */

static int64_t per_core(const struct line *line)
{
	return (line->found.uusd_hr + line->cores - 1) / line->cores;
}

static void print_text(const struct lines *lines, bool spot, int64_t now_ms, struct strbuf *out)
{
	for (size_t i = 0; i < lines->n; i++) {
		const struct line *line = &lines->all[i];
		char usd[32], core[32] = "-", cores[16] = "-", age[32] = "-";

		if (!i)
			strbuf_addf(out, "%-22s %-16s %5s %10s %10s %-4s %7s %s\n", "TYPE",
				spot ? "ZONE" : "REGION", "CORES", "PER HOUR", "PER CORE", "",
				"AGE", "SOURCE");
		money_format(line->found.uusd_hr, usd, sizeof(usd));
		if (line->cores) {
			money_format(per_core(line), core, sizeof(core));
			snprintf(cores, sizeof(cores), "%u", line->cores);
		}
		if (line->found.asked_s)
			show_age(now_ms / 1000 - line->found.asked_s, age, sizeof(age));
		strbuf_addf(out, "%-22s %-16s %5s %10s %10s %-4s %7s %s\n", line->type,
			spot ? line->az : line->region, cores, usd, core, line->currency, age,
			line->found.source);
	}
	if (!lines->n)
		strbuf_addf(out, "no %s price is known\n", spot ? "Spot" : "list");
}

static struct json_object *text_or_null(const char *text)
{
	return *text ? json_object_new_string(text) : NULL;
}

static struct json_object *time_or_null(int64_t s)
{
	char iso[CLOCK_ISO_SIZE];

	return s ? json_object_new_string(clock_format_iso(s, iso)) : NULL;
}

static struct json_object *line_json(const struct line *line)
{
	struct json_object *o = json_object_new_object();
	char percent[32];

	json_object_object_add(o, "type", json_object_new_string(line->type));
	json_object_object_add(o, "region", json_object_new_string(line->region));
	json_object_object_add(o, "zone", text_or_null(line->az));
	json_object_object_add(o, "cores", line->cores ? json_object_new_int64(line->cores) : NULL);
	json_object_object_add(o, "currency", json_object_new_string(line->currency));
	json_object_object_add(o, "micro_hr", json_object_new_int64(line->found.uusd_hr));
	json_object_object_add(o, "micro_hr_full", json_object_new_int64(line->found.full_uusd_hr));
	json_object_object_add(o, "less_percent",
		line->found.less ? json_object_new_string(money_format_percent(
					   line->found.less, percent, sizeof(percent)))
				 : NULL);
	json_object_object_add(
		o, "micro_core_hr", line->cores ? json_object_new_int64(per_core(line)) : NULL);
	json_object_object_add(o, "source", json_object_new_string(line->found.source));
	json_object_object_add(o, "built_in", json_object_new_boolean(line->found.built_in));
	json_object_object_add(o, "stale", json_object_new_boolean(line->found.stale));
	json_object_object_add(o, "asked", time_or_null(line->found.asked_s));
	json_object_object_add(o, "since", time_or_null(line->since_s));
	return o;
}

static void print_json(const struct lines *lines, bool spot, struct strbuf *out)
{
	struct json_object *top = json_object_new_object(), *all = json_object_new_array();

	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "market", json_object_new_string(spot ? "spot" : "on-demand"));
	for (size_t i = 0; i < lines->n; i++)
		json_object_array_add(all, line_json(&lines->all[i]));
	json_object_object_add(top, "prices", all);
	strbuf_addf(out, "%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
	json_object_put(top);
}

int prices_list(struct app *app, const struct prices_filter *filter, int64_t now_ms, bool json,
	struct strbuf *out, struct err *err)
{
	static int (*const orders[])(const void *, const void *) = {
		[PRICES_BY_PRICE] = by_price,
		[PRICES_BY_TYPE] = by_type,
		[PRICES_BY_CORE] = by_core,
	};
	CLEANUP(lines_release) struct lines lines = {0};
	char **regions = NULL;
	size_t n = 0;
	int rc = 0;

	if (filter->region)
		rc = gather(app, filter->region, filter, now_ms, &lines, err);
	else
		rc = prices_all_regions(app, &regions, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = gather(app, regions[i], filter, now_ms, &lines, err);
	if (rc == 0) {
		if (lines.n)
			qsort(lines.all, lines.n, sizeof(*lines.all), orders[filter->sort]);
		if (json)
			print_json(&lines, filter->spot, out);
		else
			print_text(&lines, filter->spot, now_ms, out);
		rc = out->failed ? err_nomem(err) : 0;
	}
	prices_regions_release(regions, n);
	return rc;
}

/* --- prices.json ----------------------------------------------------------------------------- */

/* What plans are made with on demand: {"c5.large": 85000, …}. */
static struct json_object *effective_json(struct app *app, const struct prices_region *region)
{
	struct json_object *o = json_object_new_object();
	const struct instance_type *type;
	struct prices_found found;

	for (size_t i = 0; i < region->list.n; i++) {
		const char *name = region->list.all[i].type;

		if (prices_of(app, region->name, name, "", false, &found, NULL) == 0)
			json_object_object_add(o, name, json_object_new_int64(found.uusd_hr));
	}
	for (size_t i = 0; (type = catalog_at(i)); i++)
		if (!is_told(&region->list, type->name) &&
			prices_of(app, region->name, type->name, "", false, &found, NULL) == 0)
			json_object_object_add(o, type->name, json_object_new_int64(found.uusd_hr));
	return o;
}

static struct json_object *market_json(const struct prices_market *market)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "asked_ms", json_object_new_int64(market->asked_ms));
	/* a region has one */
	json_object_object_add(
		o, "currency", market->n ? json_object_new_string(market->all[0].currency) : NULL);
	return o;
}

static struct json_object *told_json(const struct prices_region *region)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = market_json(&region->list), *spot = market_json(&region->spot);
	struct json_object *prices = json_object_new_object(), *zones = json_object_new_object();

	for (size_t i = 0; i < region->list.n; i++)
		json_object_object_add(prices, region->list.all[i].type,
			json_object_new_int64(region->list.all[i].uusd_hr));
	json_object_object_add(list, "prices", prices);
	for (size_t i = 0; i < region->spot.n; i++) {
		const struct price *p = &region->spot.all[i];
		struct json_object *zone = NULL, *pair = json_object_new_array();

		if (!json_object_object_get_ex(zones, p->az, &zone)) {
			zone = json_object_new_object();
			json_object_object_add(zones, p->az, zone);
		}
		json_object_array_add(pair, json_object_new_int64(p->uusd_hr));
		json_object_array_add(pair, json_object_new_int64(p->priced_s));
		json_object_object_add(zone, p->type, pair);
	}
	json_object_object_add(spot, "zones", zones);
	if (region->list.asked_ms)
		json_object_object_add(o, "list", list);
	else
		json_object_put(list);
	if (region->spot.asked_ms)
		json_object_object_add(o, "spot", spot);
	else
		json_object_put(spot);
	return o;
}

static struct json_object *all_json(struct app *app, char **regions, size_t n)
{
	struct json_object *top = json_object_new_object(), *effective = json_object_new_object();
	struct json_object *told = json_object_new_object();
	char iso[CLOCK_ISO_SIZE];

	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(
		top, "written", json_object_new_string(clock_format_iso(clock_now_s(), iso)));
	json_object_object_add(top, "date", json_object_new_string(catalog_price_date()));
	json_object_object_add(
		top, "unit", json_object_new_string("micro-USD per hour, on-demand Linux"));
	for (size_t i = 0; i < n; i++) {
		const struct prices_region *region = prices_region(app, regions[i]);

		if (!region)
			continue;
		json_object_object_add(effective, region->name, effective_json(app, region));
		json_object_object_add(told, region->name, told_json(region));
	}
	json_object_object_add(top, "regions", effective);
	json_object_object_add(top, "told", told);
	return top;
}

int prices_publish(struct app *app, struct err *err)
{
	struct json_object *top;
	char **regions = NULL;
	const char *text;
	size_t n = 0;
	int rc = public_ready(app->conf, err);

	if (rc <= 0)
		return rc;
	if (prices_all_regions(app, &regions, &n, err) < 0)
		return -1;
	top = all_json(app, regions, n);
	text = json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN);
	rc = text ? public_write(app->conf, PRICES_PUBLIC_FILE, text, err) : err_nomem(err);
	json_object_put(top);
	prices_regions_release(regions, n);
	return rc < 0 ? -1 : 1;
}
