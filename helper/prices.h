/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prices: what an instance costs, and whose word that is. The best that is known, in this order:
 *
 *	1. what AWS said within prices.max_age_s (Spot: prices.spot_max_age_s)
 *	2. what it said before that, marked "stale"
 *	3. the built-in table of list prices, marked with its date
 *
 * Nothing here asks AWS but prices_refresh(), which the watch and "prices refresh" call: a launch
 * never waits for a price, and one that cannot be had never stops it. From each prices.discounts
 * takes what the site does not pay. Where state.db is not for us the public prices.json is read.
 * All prices are in USD; AWS China's, in CNY, are kept and listed but are no price of a plan.
 */
#ifndef BURST_PRICES_H
#define BURST_PRICES_H

#include "helper/app.h"
#include "lib/base/strbuf.h"
#include "lib/plan/plan.h"
#include "lib/state/price.h"

struct prices_found {
	int64_t uusd_hr;      /* less the configured discount */
	int64_t full_uusd_hr; /* AWS's own word */
	int64_t less;         /* the discount, thousandths of a percent; 0: none */
	bool built_in;
	bool stale;      /* older than it should be; never of the built-in table */
	int64_t asked_s; /* when AWS said it; 0 of the built-in table */
	/* "list price of 2026-11-20", "Spot price of 2026-11-22 13:05 UTC",
	 * "list price of 2026-11-01, stale", "built-in list price of 2026-07-20"; "list price of
	 * 2026-11-20, 7.20 less 28.5 %" */
	char source[112];
};

/*
 * What an instance of TYPE in REGION costs an hour at this moment, in micro-USD: on demand, or as
 * Spot in AZ. ERR_NOTFOUND: nobody has said (a Spot price is never taken from the list price here).
 */
int prices_of(struct app *app, const char *region, const char *type, const char *az, bool spot,
	struct prices_found *found, struct err *err);

/*
 * For the planner: fill the prices of CHOICES, all of REGION, as they are in MARKET; again for each
 * market. They borrow from APP until app_detach() or prices_refresh(). Cannot fail: what is not
 * known stays so.
 */
void prices_apply(struct app *app, const char *region, enum market market,
	struct plan_choice *choices, size_t n);

/* FULL_UUSD_HR less the discount of TYPE in REGION and that market, which *PERCENT, unless NULL, is
 * told. */
int64_t prices_less(const struct conf *conf, const char *region, const char *type, bool spot,
	int64_t full_uusd_hr, int64_t *percent);

enum prices_what { PRICES_LIST = 1, PRICES_SPOT = 2 };

/*
 * Ask AWS for REGION's list prices, Spot prices of the types that the configuration names anywhere,
 * or both (WHAT, of enum prices_what), and keep them; one line in OUT of each that came. -1 with
 * the first failure where something did not come: what was known of that stays. APP has state.db
 * open for writing.
 */
int prices_refresh(
	struct app *app, const char *region, unsigned what, struct strbuf *out, struct err *err);

/* WHAT of REGION the configuration wants asked again at NOW_MS: half its age is over. -1 on
 * failure.
 */
int prices_old(struct app *app, const char *region, int64_t now_ms, struct err *err);

/* --- what is known, for "prices list" and prices.json --- */

struct prices; /* of app */
void prices_destroy(struct prices *prices);

enum prices_sort { PRICES_BY_PRICE, PRICES_BY_TYPE, PRICES_BY_CORE };

struct prices_filter {
	const char *region; /* NULL: all that are known */
	const char *type;   /* fnmatch(3); NULL: all */
	bool spot;
	enum prices_sort sort;
};

/* As a table with age and source, or as JSON, appended to OUT. */
int prices_list(struct app *app, const struct prices_filter *filter, int64_t now_ms, bool json,
	struct strbuf *out, struct err *err);

/* prices.json of all that is known; app has state.db. 1 written, 0 nowhere to, -1. */
int prices_publish(struct app *app, struct err *err);

#define PRICES_PUBLIC_FILE "prices.json"

#endif
