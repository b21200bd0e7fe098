/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/price.h"

#include <stdlib.h>
#include <string.h>

#include "lib/state/db_internal.h"

#define COLUMNS "region, az, type, spot, currency, uusd_hr, source, priced_s, fetched_ms"

/* --- writing --------------------------------------------------------------------------------- */

static int put(struct db *db, const char *region, bool spot, const struct price *p, int64_t now_ms,
	struct err *err)
{
	if (p->uusd_hr <= 0 || !*p->type || !*p->az != !spot || strlen(p->currency) != 3)
		return err_set(err, ERR_FATAL, "%lld micro-%s an hour is no %s price of %s in %s",
			(long long)p->uusd_hr, p->currency, spot ? "Spot" : "list", p->type,
			*p->az ? p->az : region);
	return DB_RUN(db, err, "INSERT INTO price (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		DB_TEXT(region), DB_TEXT(p->az), DB_TEXT(p->type), DB_INT(spot),
		DB_TEXT(p->currency), DB_INT(p->uusd_hr), DB_TEXT(p->source), DB_INT(p->priced_s),
		DB_INT(now_ms));
}

static int replace(struct db *db, const char *region, bool spot, const struct price *prices,
	size_t n, int64_t now_ms, struct err *err)
{
	if (DB_RUN(db, err, "DELETE FROM price WHERE region = ? AND spot = ?", DB_TEXT(region),
		    DB_INT(spot)) < 0 ||
		DB_RUN(db, err,
			"INSERT INTO price_asked (region, spot, fetched_ms) VALUES (?, ?, ?) ON "
			"CONFLICT (region, spot) DO UPDATE SET fetched_ms = excluded.fetched_ms",
			DB_TEXT(region), DB_INT(spot), DB_INT(now_ms)) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put(db, region, spot, &prices[i], now_ms, err) < 0)
			return -1;
	return 0;
}

int price_put_all(struct db *db, const char *region, bool spot, const struct price *prices,
	size_t n, int64_t now_ms, struct err *err)
{
	struct db_scope scope;

	if (db_fits("region", region, sizeof((struct price){0}.region), err) < 0)
		return -1;
	if (!*region || (!n && !spot))
		return err_set(err, ERR_FATAL, "%zu list prices of region \"%s\" are no answer", n,
			region);
	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, replace(db, region, spot, prices, n, now_ms, err), err);
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_price(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct price *p = out;

	*p = (struct price){0};
	db_row_text(&row, p->region, sizeof(p->region));
	db_row_text(&row, p->az, sizeof(p->az));
	db_row_text(&row, p->type, sizeof(p->type));
	p->spot = db_row_int(&row) != 0;
	db_row_text(&row, p->currency, sizeof(p->currency));
	p->uusd_hr = db_row_int(&row);
	db_row_text(&row, p->source, sizeof(p->source));
	p->priced_s = db_row_int(&row);
	p->fetched_ms = db_row_int(&row);
	return db_row_check(db, &row, err);
}

int price_find(struct db *db, const char *region, const char *az, const char *type, bool spot,
	struct price *price, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS
		" FROM price WHERE region = ? AND spot = ? AND type = ? AND az = ?",
		DB_TEXT(region), DB_INT(spot), DB_TEXT(type), DB_TEXT(az));
	struct price found;
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc <= 0)
		return rc;
	if (read_price(db, stmt, &found, err) < 0)
		return -1;
	*price = found;
	return 1;
}

int price_list(struct db *db, const char *region, bool spot, struct price **prices, size_t *n,
	struct err *err)
{
	static const struct db_list list = {sizeof(struct price), read_price, NULL};
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM price WHERE spot = ?1 AND region = coalesce(?2, region) "
		"ORDER BY region, type, az",
		DB_INT(spot), DB_TEXT(region));

	return db_list_rows(db, stmt, &list, prices, n, err);
}

int price_fetched(struct db *db, const char *region, bool spot, int64_t *ms, struct err *err)
{
	return DB_SELECT_INT(db, err, ms,
		"SELECT fetched_ms FROM price_asked WHERE region = ? AND spot = ?", DB_TEXT(region),
		DB_INT(spot));
}

int price_regions(struct db *db, char ***regions, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		db, err, "SELECT DISTINCT region FROM price_asked ORDER BY region", NULL, 0);

	return db_list_rows(db, stmt, &db_list_texts, regions, n, err);
}

void price_regions_release(char **regions, size_t n)
{
	db_list_release(&db_list_texts, regions, n);
}
