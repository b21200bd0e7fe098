/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/prices.h"

#include <errno.h>
#include <fnmatch.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "helper/log.h"
#include "helper/prices_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/base/money.h"

#define PUBLIC_MAX (16 * 1024 * 1024)

struct text {
	struct text *next;
	char text[sizeof(((struct prices_found *)NULL)->source)];
};

struct prices {
	struct prices_region *regions;
	struct text *texts; /* what choices borrow */
	struct json_object *public;
	bool looked; /* for the public file, be it there or not */
	bool warned;
};

static void market_release(struct prices_market *market)
{
	free(market->all);
}

void prices_destroy(struct prices *prices)
{
	if (!prices)
		return;
	while (prices->regions) {
		struct prices_region *region = prices->regions;

		prices->regions = region->next;
		market_release(&region->list);
		market_release(&region->spot);
		free(region);
	}
	while (prices->texts) {
		struct text *text = prices->texts;

		prices->texts = text->next;
		free(text);
	}
	json_object_put(prices->public);
	free(prices);
}

/* --- reading the public file ----------------------------------------------------------------- */

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!o || !json_object_is_type(o, json_type_object) ||
		!json_object_object_get_ex(o, key, &value))
		return NULL;
	return value;
}

/* The public prices.json; NULL where there is none. */
static struct json_object *look(struct app *app)
{
	cleanup_free char *text = NULL;
	char path[PATH_MAX];
	struct err err = {0};
	size_t len;

	if (app->prices->looked || !app->conf->public.directory)
		return app->prices->public;
	app->prices->looked = true;
	if (snprintf(path, sizeof(path), "%s/%s", app->conf->public.directory,
		    PRICES_PUBLIC_FILE) >= (int)sizeof(path))
		return NULL;
	if (file_read(path, PUBLIC_MAX, &text, &len, &err) < 0) {
		if (err.class != ERR_NOTFOUND)
			log_warn("%s", err.text);
		return NULL;
	}
	app->prices->public = json_tokener_parse(text);
	return app->prices->public;
}

static int add_price(struct prices_market *market, const char *az, const char *type,
	const char *currency, int64_t uusd_hr, int64_t since_s)
{
	struct price *p, *all = reallocarray(market->all, market->n + 1, sizeof(*all));

	if (!all)
		return -1;
	market->all = all;
	p = &all[market->n];
	*p = (struct price){.uusd_hr = uusd_hr, .priced_s = since_s};
	if (uusd_hr <= 0 || strlen(az) >= sizeof(p->az) || strlen(type) >= sizeof(p->type) ||
		strlen(currency) >= sizeof(p->currency))
		return 0; /* not ours: it is as if it were not there */
	snprintf(p->az, sizeof(p->az), "%s", az);
	snprintf(p->type, sizeof(p->type), "%s", type);
	snprintf(p->currency, sizeof(p->currency), "%s", currency);
	market->n++;
	return 0;
}

static const char *currency_of(struct json_object *o)
{
	struct json_object *value = member(o, "currency");

	return value && json_object_is_type(value, json_type_string) ? json_object_get_string(value)
								     : "";
}

static int read_list(struct json_object *o, struct prices_market *market)
{
	struct json_object *all = member(o, "prices");

	if (!all || !json_object_is_type(all, json_type_object))
		return 0;
	market->asked_ms = json_object_get_int64(member(o, "asked_ms"));
	json_object_object_foreach(all, type, value)
	{
		if (add_price(market, "", type, currency_of(o), json_object_get_int64(value), 0) <
			0)
			return -1;
	}
	return 0;
}

static int read_spot(struct json_object *o, struct prices_market *market)
{
	struct json_object *zones = member(o, "zones");

	if (!zones || !json_object_is_type(zones, json_type_object))
		return 0;
	market->asked_ms = json_object_get_int64(member(o, "asked_ms"));
	json_object_object_foreach(zones, az, all)
	{
		if (!json_object_is_type(all, json_type_object))
			continue;
		json_object_object_foreach(all, type, pair)
		{
			bool good = json_object_is_type(pair, json_type_array) &&
				    json_object_array_length(pair) == 2;

			if (good &&
				add_price(market, az, type, currency_of(o),
					json_object_get_int64(json_object_array_get_idx(pair, 0)),
					json_object_get_int64(json_object_array_get_idx(pair, 1))) <
					0)
				return -1;
		}
	}
	return 0;
}

static int by_pool(const void *a, const void *b)
{
	const struct price *x = a, *y = b;
	int order = strcmp(x->type, y->type);

	return order ? order : strcmp(x->az, y->az);
}

static int read_public(struct app *app, struct prices_region *region, struct err *err)
{
	struct json_object *o = member(member(look(app), "told"), region->name);

	if (read_list(member(o, "list"), &region->list) < 0 ||
		read_spot(member(o, "spot"), &region->spot) < 0)
		return err_nomem(err);
	if (region->list.n)
		qsort(region->list.all, region->list.n, sizeof(struct price), by_pool);
	if (region->spot.n)
		qsort(region->spot.all, region->spot.n, sizeof(struct price), by_pool);
	return 0;
}

/* --- looking up ------------------------------------------------------------------------------ */

static int read_market(struct app *app, const char *region, bool spot, struct prices_market *market,
	struct err *err)
{
	if (price_fetched(app->db, region, spot, &market->asked_ms, err) < 0)
		return -1;
	return price_list(app->db, region, spot, &market->all, &market->n, err);
}

const struct prices_region *prices_region(struct app *app, const char *name)
{
	struct prices_region *region;
	struct err err = {0};
	int rc;

	if (!app->prices)
		app->prices = calloc(1, sizeof(*app->prices));
	if (!app->prices)
		return NULL;
	for (region = app->prices->regions; region; region = region->next)
		if (!strcmp(region->name, name))
			return region;
	region = calloc(1, sizeof(*region));
	if (!region)
		return NULL;
	snprintf(region->name, sizeof(region->name), "%s", name);
	region->next = app->prices->regions;
	app->prices->regions = region;
	rc = !app->db ? read_public(app, region, &err)
	     : read_market(app, name, false, &region->list, &err) < 0 ||
			     read_market(app, name, true, &region->spot, &err) < 0
		     ? -1
		     : 0;
	/* a plan does with the built-in table */
	if (rc < 0 && !app->prices->warned) {
		log_warn("prices of %s: %s", name, err.text);
		app->prices->warned = true;
	}
	return region;
}

bool prices_are_stale(const struct app *app, bool spot, int64_t asked_ms, int64_t now_ms)
{
	int64_t age_s = spot ? app->conf->prices.spot_max_age_s : app->conf->prices.max_age_s;

	return clock_since_ms(asked_ms, now_ms) >= age_s * 1000;
}

void prices_say(const struct app *app, const struct price *price, int64_t asked_ms, int64_t now_ms,
	struct prices_found *found)
{
	bool spot = *price->az != '\0';
	time_t asked_s = (time_t)(asked_ms / 1000);
	struct tm tm = {0};
	char day[32] = "?";

	*found = (struct prices_found){
		.uusd_hr = price->uusd_hr,
		.full_uusd_hr = price->uusd_hr,
		.stale = prices_are_stale(app, spot, asked_ms, now_ms),
		.asked_s = asked_s,
	};
	if (gmtime_r(&asked_s, &tm))
		strftime(day, sizeof(day), spot ? "%Y-%m-%d %H:%M UTC" : "%Y-%m-%d", &tm);
	snprintf(found->source, sizeof(found->source), "%s price of %s%s", spot ? "Spot" : "list",
		day, found->stale ? ", stale" : "");
}

int prices_built_in(
	const char *region, const char *type, struct prices_found *found, struct err *err)
{
	int64_t uusd_hr;
	struct err why;

	if (catalog_price(region, type, &uusd_hr, &why) < 0) {
		why.class = ERR_NOTFOUND;
		if (err)
			*err = why;
		return -1;
	}
	*found = (struct prices_found){
		.uusd_hr = uusd_hr, .full_uusd_hr = uusd_hr, .built_in = true};
	snprintf(found->source, sizeof(found->source), "built-in list price of %s",
		catalog_price_date());
	return 0;
}

static const struct price *find(
	const struct prices_market *market, const char *type, const char *az)
{
	struct price key = {0};

	if (!market->n || strlen(type) >= sizeof(key.type) || strlen(az) >= sizeof(key.az))
		return NULL;
	snprintf(key.type, sizeof(key.type), "%s", type);
	snprintf(key.az, sizeof(key.az), "%s", az);
	return bsearch(&key, market->all, market->n, sizeof(key), by_pool);
}

/* What AWS said long ago, while the table knows of later. */
static bool is_older_than_table(int64_t asked_ms)
{
	char iso[CLOCK_ISO_SIZE];

	clock_format_iso(asked_ms / 1000, iso);
	return strncmp(iso, catalog_price_date(), strlen(catalog_price_date())) < 0;
}

/* --- discounts ------------------------------------------------------------------------------- */

static bool is_in(const struct conf_discount *discount, const char *region)
{
	for (size_t i = 0; i < discount->nregions; i++)
		if (!strcmp(discount->regions[i], region))
			return true;
	return !discount->nregions;
}

int64_t prices_less(const struct conf *conf, const char *region, const char *type, bool spot,
	int64_t full_uusd_hr, int64_t *percent)
{
	int64_t less = 0;

	for (size_t i = 0; i < conf->prices.ndiscounts; i++) {
		const struct conf_discount *discount = &conf->prices.discounts[i];

		if ((discount->market == MARKET_SPOT) == spot && is_in(discount, region) &&
			fnmatch(discount->types, type, 0) == 0) {
			less = discount->percent;
			break;
		}
	}
	if (percent)
		*percent = less;
	return money_less(full_uusd_hr, less);
}

void prices_discount(const struct app *app, const char *region, const char *type, bool spot,
	struct prices_found *found)
{
	char full[32], percent[32];
	size_t n = strlen(found->source);

	found->full_uusd_hr = found->uusd_hr;
	found->uusd_hr = prices_less(
		app->conf, region, type, spot, found->full_uusd_hr, &found->less);
	if (found->less)
		snprintf(found->source + n, sizeof(found->source) - n, ", %s less %s %%",
			money_format(found->full_uusd_hr, full, sizeof(full)),
			money_format_percent(found->less, percent, sizeof(percent)));
}

static int find_full(struct app *app, const char *region, const char *type, const char *az,
	bool spot, struct prices_found *found, struct err *err)
{
	const struct prices_region *known = prices_region(app, region);
	const struct prices_market *market;
	const struct price *price;
	struct prices_found table;

	if (!known)
		return err_nomem(err);
	market = spot ? &known->spot : &known->list;
	price = find(market, type, spot ? az : "");
	/* another currency is none that a limit could be held against */
	if (price && strcmp(price->currency, "USD")) {
		return err_set(err, ERR_NOTFOUND, "no price in USD of %s in %s: AWS bills in %s",
			type, region, price->currency);
	}
	if (price) {
		prices_say(app, price, market->asked_ms, clock_now_ms(), found);
		if (!spot && found->stale && is_older_than_table(market->asked_ms) &&
			prices_built_in(region, type, &table, NULL) == 0)
			*found = table;
		return 0;
	}
	if (spot)
		return err_set(err, ERR_NOTFOUND, "no Spot price of %s in %s", type, az);
	return prices_built_in(region, type, found, err);
}

int prices_of(struct app *app, const char *region, const char *type, const char *az, bool spot,
	struct prices_found *found, struct err *err)
{
	if (find_full(app, region, type, az, spot, found, err) < 0)
		return -1;
	prices_discount(app, region, type, spot, found);
	return 0;
}

/* --- for the planner ------------------------------------------------------------------------- */

/* A copy that lives as long as app->prices; NULL out of memory. */
static const char *keep_text(struct prices *prices, const char *text)
{
	struct text *kept;

	for (kept = prices->texts; kept; kept = kept->next)
		if (!strcmp(kept->text, text))
			return kept->text;
	kept = malloc(sizeof(*kept));
	if (!kept)
		return NULL;
	snprintf(kept->text, sizeof(kept->text), "%s", text);
	kept->next = prices->texts;
	prices->texts = kept;
	return kept->text;
}

static void apply(
	struct app *app, const char *region, enum market market, struct plan_choice *choice)
{
	struct prices_found list, now;
	const char *source = NULL;

	choice->price_uusd_hr = -1;
	choice->asked_uusd_hr = 0;
	choice->price_stale = false;
	choice->list_uusd_hr = choice->first_uusd_hr = -1;
	if (prices_of(app, region, choice->type, "", false, &list, NULL) == 0) {
		/* a savings plan lowers no Spot price, nor what that may come to */
		choice->list_uusd_hr = market != MARKET_ON_DEMAND && !choice->reservation
					       ? prices_less(app->conf, region, choice->type, true,
							 list.full_uusd_hr, NULL)
					       : list.uusd_hr;
		if (market == MARKET_MIXED)
			choice->first_uusd_hr = list.uusd_hr;
		source = list.source;
	}
	if (market == MARKET_ON_DEMAND || choice->reservation) {
		choice->price_uusd_hr = choice->list_uusd_hr;
	} else if (*choice->az &&
		   prices_of(app, region, choice->type, choice->az, true, &now, NULL) == 0) {
		choice->price_uusd_hr = now.uusd_hr;
		choice->asked_uusd_hr = now.full_uusd_hr;
		choice->price_stale = now.stale;
		source = now.source;
	}
	choice->price_why = source && app->prices ? keep_text(app->prices, source) : NULL;
}

void prices_apply(struct app *app, const char *region, enum market market,
	struct plan_choice *choices, size_t n)
{
	for (size_t i = 0; i < n; i++)
		apply(app, region, market, &choices[i]);
}
