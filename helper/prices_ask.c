/* SPDX-License-Identifier: Apache-2.0 */
/* Asking AWS what instances cost. */
#include <stdlib.h>
#include <string.h>

#include "helper/prices_internal.h"
#include "helper/refresh.h"
#include "lib/aws/ec2.h"
#include "lib/aws/pricing.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/catalog_db.h"

/* --- list prices ----------------------------------------------------------------------------- */

static int keep_list(struct app *app, const char *region, const struct pricing_price *told,
	size_t n, struct err *err)
{
	cleanup_free struct price *prices = calloc(n + 1, sizeof(*prices));

	if (!prices)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct price *p = &prices[i];

		snprintf(p->type, sizeof(p->type), "%s", told[i].type);
		snprintf(p->currency, sizeof(p->currency), "%s", told[i].currency);
		snprintf(p->source, sizeof(p->source), "pricing");
		p->uusd_hr = told[i].micro_hr;
		p->priced_s = told[i].effective_s;
	}
	return price_put_all(app->db, region, false, prices, n, clock_now_ms(), err);
}

static int ask_list(struct app *app, const char *region, struct strbuf *out, struct err *err)
{
	const char *home = pricing_home(region);
	cleanup_free struct pricing_price *told = NULL;
	struct aws *aws;
	size_t n = 0;

	if (!home)
		return err_set(err, ERR_CONFIG,
			"AWS's partition of %s has no Pricing API: its list prices are those of "
			"the built-in table, if it has them",
			region);
	aws = app_aws(app, home, err);
	if (!aws || pricing_on_demand(aws, region, &told, &n, err) < 0 ||
		keep_list(app, region, told, n, err) < 0)
		return err_prefix(err, "list prices of %s", region);
	strbuf_addf(out, "%s: %zu list prices in %s\n", region, n, told[0].currency);
	return 0;
}

/* --- Spot prices ----------------------------------------------------------------------------- */

/* All types that the configuration names, each once; borrowed strings. */
static int find_types(const struct conf *conf, const char ***types, size_t *n, struct err *err)
{
	size_t most = 0, count = 0;
	const char **list;

	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++)
			most += conf->groups[i].places[k].noverrides;
	list = calloc(most + 1, sizeof(*list));
	if (!list)
		return err_nomem(err);
	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++) {
			const struct conf_place *place = &conf->groups[i].places[k];

			for (size_t o = 0; o < place->noverrides; o++) {
				size_t at = 0;

				while (at < count && strcmp(list[at], place->overrides[o].type))
					at++;
				if (at == count)
					list[count++] = place->overrides[o].type;
			}
		}
	*types = list;
	*n = count;
	return 0;
}

static int keep_spot(struct app *app, const char *region, const struct ec2_spot_price *told,
	size_t n, struct err *err)
{
	cleanup_free struct price *prices = calloc(n + 1, sizeof(*prices));
	const char *currency = strncmp(region, "cn-", 3) ? "USD" : "CNY";

	if (!prices)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct price *p = &prices[i];

		snprintf(p->type, sizeof(p->type), "%s", told[i].type);
		snprintf(p->az, sizeof(p->az), "%s", told[i].az);
		snprintf(p->currency, sizeof(p->currency), "%s", currency);
		snprintf(p->source, sizeof(p->source), "spot-history");
		p->uusd_hr = told[i].uusd_hr;
		p->priced_s = told[i].since_s;
	}
	return price_put_all(app->db, region, true, prices, n, clock_now_ms(), err);
}

static int ask_spot(struct app *app, const char *region, struct strbuf *out, struct err *err)
{
	cleanup_free struct ec2_spot_price *told = NULL;
	cleanup_free const char **types = NULL;
	size_t ntypes = 0, n = 0;
	struct aws *aws;

	if (find_types(app->conf, &types, &ntypes, err) < 0)
		return -1;
	aws = app_aws(app, region, err);
	if (!aws || ec2_spot_prices(aws, types, ntypes, clock_now_s(), &told, &n, err) < 0 ||
		keep_spot(app, region, told, n, err) < 0)
		return err_prefix(err, "Spot prices in %s", region);
	strbuf_addf(out, "%s: %zu Spot prices of the %zu types of the configuration\n", region, n,
		ntypes);
	return 0;
}

int prices_refresh(
	struct app *app, const char *region, unsigned what, struct strbuf *out, struct err *err)
{
	struct err first = {0}, why;
	int rc = 0;

	if (what & PRICES_LIST && ask_list(app, region, out, &first) < 0)
		rc = -1;
	if (what & PRICES_SPOT && ask_spot(app, region, out, rc < 0 ? &why : &first) < 0)
		rc = -1;
	prices_destroy(app->prices);
	app->prices = NULL;
	if (rc < 0 && err)
		*err = first;
	return rc;
}

static bool is_old(int64_t asked_ms, int64_t max_age_s, int64_t now_ms)
{
	return !asked_ms || clock_since_ms(asked_ms, now_ms) >= max_age_s * 1000 / 2;
}

int prices_old(struct app *app, const char *region, int64_t now_ms, struct err *err)
{
	int64_t list_ms = 0, spot_ms = 0;
	bool spot = false;
	int what = 0;

	for (size_t i = 0; i < app->conf->ngroups; i++)
		spot = spot || app->conf->groups[i].market != MARKET_ON_DEMAND;
	if (price_fetched(app->db, region, false, &list_ms, err) < 0 ||
		price_fetched(app->db, region, true, &spot_ms, err) < 0)
		return -1;
	if (pricing_home(region) && is_old(list_ms, app->conf->prices.max_age_s, now_ms))
		what |= PRICES_LIST;
	if (spot && is_old(spot_ms, app->conf->prices.spot_max_age_s, now_ms))
		what |= PRICES_SPOT;
	return what;
}

/* --- regions --------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void prices_regions_release(char **regions, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(regions[i]);
	free(regions);
}

/* Put a copy of NAME behind the *N there are, unless it is there. */
static int add_region(char ***regions, size_t *n, const char *name, struct err *err)
{
	char **all;

	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*regions)[i], name))
			return 0;
	all = reallocarray(*regions, *n + 1, sizeof(*all));
	if (!all)
		return err_nomem(err);
	*regions = all;
	all[*n] = strdup(name);
	if (!all[*n])
		return err_nomem(err);
	++*n;
	return 0;
}

static int add_known(struct app *app, char ***regions, size_t *n, struct err *err)
{
	cleanup_free const char **ours = NULL;
	char **told = NULL;
	size_t nours = 0, ntold = 0;
	int rc;

	if (refresh_regions(app->conf, &ours, &nours, err) < 0)
		return -1;
	for (size_t i = 0; i < nours; i++)
		if (ours[i] && add_region(regions, n, ours[i], err) < 0)
			return -1;
	if (!app->db)
		return 0;
	rc = price_regions(app->db, &told, &ntold, err);
	for (size_t i = 0; rc == 0 && i < ntold; i++)
		rc = add_region(regions, n, told[i], err);
	price_regions_release(told, ntold);
	if (rc < 0 || catalog_db_regions(app->db, &told, &ntold, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < ntold; i++)
		rc = add_region(regions, n, told[i], err);
	catalog_db_regions_release(told, ntold);
	return rc;
}

int prices_all_regions(struct app *app, char ***regions, size_t *n, struct err *err)
{
	*regions = NULL;
	*n = 0;
	if (add_known(app, regions, n, err) < 0) {
		prices_regions_release(*regions, *n);
		return -1;
	}
	if (*n)
		qsort(*regions, *n, sizeof(**regions), by_name);
	return 0;
}
