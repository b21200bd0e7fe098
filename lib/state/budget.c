/* SPDX-License-Identifier: Apache-2.0 */
/* The budgets themselves, what was told of them, and what is told. */
#include "lib/state/budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/money.h"
#include "lib/state/db_internal.h"

#define MONEY_SIZE  32
#define ALARMS_SIZE 48

/* --- stored ---------------------------------------------------------------------------------- */

static int read_budget(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	char scope[16], period[16], alarms[ALARMS_SIZE];
	struct budget b = {0};

	db_row_text(&row, b.name, sizeof(b.name));
	db_row_text(&row, scope, sizeof(scope));
	db_row_text(&row, b.who, sizeof(b.who));
	db_row_text(&row, period, sizeof(period));
	b.limit_uusd = db_row_int(&row);
	db_row_text(&row, alarms, sizeof(alarms));
	b.made_s = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	if (budget_scope_parse(scope, &b.scope, err) < 0 ||
		budget_period_parse(period, &b.period, err) < 0 ||
		budget_alarms_parse(alarms, b.alarms, &b.nalarms, err) < 0)
		return err_prefix(err, "%s: budget %s", db->path, b.name);
	*(struct budget *)out = b;
	return 0;
}

int budget_list(struct db *db, struct budget **budgets, size_t *n, struct err *err)
{
	static const struct db_list list = {sizeof(struct budget), read_budget, NULL};
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT name, scope, who, period, limit_uusd, alarms, made_s FROM budget "
		"ORDER BY name COLLATE BINARY",
		NULL, 0);

	return db_list_rows(db, stmt, &list, budgets, n, err);
}

static int check(const struct budget *b, struct err *err)
{
	if (!budget_name_fits(b->name))
		return err_set(err, ERR_USAGE,
			"not a budget's name: expected 1 to 40 letters, digits, '_', '-' and '.'");
	if (b->scope >= BUDGET_JOB)
		return err_set(err, ERR_USAGE, "budget %s: no scope of a budget", b->name);
	if (*b->who && b->scope == BUDGET_SITE)
		return err_set(err, ERR_USAGE, "budget %s: the site's is nobody's alone", b->name);
	if (*b->who && !budget_who_fits(b->who))
		return err_set(err, ERR_USAGE,
			"budget %s: not a name: expected 1 to 63 printable characters without "
			"blanks and quotes",
			b->name);
	if (b->limit_uusd <= 0)
		return err_set(err, ERR_USAGE, "budget %s: a limit of nothing", b->name);
	return 0;
}

/*
 * What was told of another limit says nothing of this one: its thresholds are told anew, though an
 * alarm of the same words was raised a moment ago (helper/alarm.h keeps that in the cache).
 */
static int forget_alarms(struct db *db, const struct budget *budget, struct err *err)
{
	char prefix[128];
	int n = DB_RUN(db, err,
		"DELETE FROM budget_alarm WHERE name = ?1 AND EXISTS (SELECT 1 FROM budget "
		"WHERE name = ?1 AND (scope, who, period, limit_uusd) <> (?2, ?3, ?4, ?5))",
		DB_TEXT(budget->name), DB_TEXT(budget_scope_name(budget->scope)),
		DB_TEXT(budget->who), DB_TEXT(budget_period_name(budget->period)),
		DB_INT(budget->limit_uusd));

	if (n <= 0)
		return n;
	snprintf(prefix, sizeof(prefix), "alarm/budget/%s/", budget->name);
	return DB_RUN(db, err, "DELETE FROM cache WHERE substr(key, 1, length(?1)) = ?1",
		DB_TEXT(prefix));
}

static int put_row(struct db *db, const struct budget *budget, int64_t now_s, struct err *err)
{
	char alarms[ALARMS_SIZE];

	budget_alarms_format(budget->alarms, budget->nalarms, alarms, sizeof(alarms));
	return DB_RUN(db, err,
		"INSERT INTO budget (name, scope, who, period, limit_uusd, alarms, made_s) "
		"VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
		"scope = excluded.scope, who = excluded.who, period = excluded.period, "
		"limit_uusd = excluded.limit_uusd, alarms = excluded.alarms",
		DB_TEXT(budget->name), DB_TEXT(budget_scope_name(budget->scope)),
		DB_TEXT(budget->who), DB_TEXT(budget_period_name(budget->period)),
		DB_INT(budget->limit_uusd), DB_TEXT(alarms), DB_INT(now_s));
}

int budget_put(struct db *db, const struct budget *budget, int64_t now_s, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (check(budget, err) < 0 || db_enter(db, &scope, err) < 0)
		return -1;
	rc = forget_alarms(db, budget, err);
	if (rc >= 0)
		rc = put_row(db, budget, now_s, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static int remove_row(struct db *db, const char *name, struct err *err)
{
	/* one of the same name that is made later tells anew */
	if (DB_RUN(db, err, "DELETE FROM budget_alarm WHERE name = ?", DB_TEXT(name)) < 0)
		return -1;
	return DB_RUN(db, err, "DELETE FROM budget WHERE name = ?", DB_TEXT(name));
}

int budget_remove(struct db *db, const char *name, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, remove_row(db, name, err), err);
}

int budget_alarm_is_noted(
	struct db *db, const struct budget_use *use, unsigned percent, struct err *err)
{
	int64_t known = 0;

	if (DB_SELECT_INT(db, err, &known,
		    "SELECT count(*) FROM budget_alarm WHERE name = ? AND who = ? AND from_s = ? "
		    "AND percent = ?",
		    DB_TEXT(use->budget->name), DB_TEXT(use->who), DB_INT(use->from_s),
		    DB_INT(percent)) < 0)
		return -1;
	return known != 0;
}

int budget_note_alarm(struct db *db, const struct budget_use *use, unsigned percent, int64_t now_ms,
	struct err *err)
{
	struct db_scope scope;
	/* mostly it is known, and a look must not wait for a writer */
	int rc = budget_alarm_is_noted(db, use, percent, err);

	if (rc)
		return rc < 0 ? -1 : 0;
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err,
		"INSERT OR IGNORE INTO budget_alarm (name, who, from_s, percent, raised_ms) "
		"VALUES (?, ?, ?, ?, ?)",
		DB_TEXT(use->budget->name), DB_TEXT(use->who), DB_INT(use->from_s), DB_INT(percent),
		DB_INT(now_ms));
	return db_leave(db, &scope, rc, err);
}

/* --- in words -------------------------------------------------------------------------------- */

static const char *per(enum budget_period period)
{
	switch (period) {
	case BUDGET_HOUR:
		return "/h";
	case BUDGET_DAY:
		return " a day";
	case BUDGET_MONTH:
		return " a month";
	default:
		return "";
	}
}

char *budget_words(const struct budget *budget, const char *who, char *buf, size_t size)
{
	char usd[MONEY_SIZE];

	money_format(budget->limit_uusd, usd, sizeof(usd));
	if (budget->scope == BUDGET_SITE)
		snprintf(buf, size, "budget %s (site, %s USD%s)", budget->name, usd,
			per(budget->period));
	else
		snprintf(buf, size, "budget %s (%s %s, %s USD%s)", budget->name,
			budget_scope_name(budget->scope), who, usd, per(budget->period));
	return buf;
}

char *budget_use_words(const struct budget_use *use, char *buf, size_t size)
{
	char budget[192], left[MONEY_SIZE], spent[MONEY_SIZE], held[MONEY_SIZE], next[32];
	time_t t = (time_t)use->next_s;
	struct tm tm;

	budget_words(use->budget, use->who, budget, sizeof(budget));
	money_format(use->left_uusd > 0 ? use->left_uusd : 0, left, sizeof(left));
	money_format(use->spent_uusd, spent, sizeof(spent));
	money_format(use->held_uusd, held, sizeof(held));
	if (use->budget->period == BUDGET_HOUR)
		snprintf(buf, size, "%s has %s USD/h left: what runs may cost %s USD/h", budget,
			left, held);
	else if (use->next_s != INT64_MAX && gmtime_r(&t, &tm) &&
		 strftime(next, sizeof(next), "%Y-%m-%d %H:%M", &tm))
		snprintf(buf, size,
			"%s has %s USD left until %s UTC: %s spent, %s held by what runs", budget,
			left, next, spent, held);
	else
		snprintf(buf, size, "%s has %s USD left: %s spent, %s held by what runs", budget,
			left, spent, held);
	return buf;
}

char *budget_full_words(const struct budget_full *full, char *buf, size_t size)
{
	struct budget_use use = full->use;
	char words[384], takes[MONEY_SIZE];
	const char *hour = full->budget.period == BUDGET_HOUR ? "/h" : "";

	use.budget = &full->budget;
	if (full->takes_uusd < 0) {
		budget_words(&full->budget, use.who, words, sizeof(words));
		snprintf(buf, size,
			"%s needs to know what the job may cost, and it has no end: give a time "
			"limit (--time) or a limit for the whole job (--burst-cost)",
			words);
		return buf;
	}
	money_format(full->takes_uusd, takes, sizeof(takes));
	if (full->never) {
		budget_words(&full->budget, use.who, words, sizeof(words));
		snprintf(buf, size,
			"%s is less than what this may cost, %s USD%s: %s or a higher budget would "
			"meet it",
			words, takes, hour,
			*hour ? "fewer nodes" : "a shorter time limit, fewer nodes");
		return buf;
	}
	budget_use_words(&use, words, sizeof(words));
	snprintf(buf, size, "%s; this may cost %s USD%s", words, takes, hour);
	return buf;
}

/* --- a gang's parts -------------------------------------------------------------------------- */

static int read_part(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct budget_part p = {0};

	p.job_id = (uint32_t)db_row_int(&row);
	p.restart = (uint32_t)db_row_int(&row);
	db_row_text(&row, p.user, sizeof(p.user));
	db_row_text(&row, p.account, sizeof(p.account));
	db_row_text(&row, p.qos, sizeof(p.qos));
	db_row_text(&row, p.partition, sizeof(p.partition));
	p.settled = db_row_int(&row) != 0;
	p.uusd_hr = db_row_int(&row);
	p.uusd = db_row_int(&row);
	p.made_ms = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct budget_part *)out = p;
	return 0;
}

static const struct db_list list_of_parts = {sizeof(struct budget_part), read_part, NULL};

static int read_parts(struct db *db, const char *gang, int64_t now_ms, struct budget_part **parts,
	size_t *n, struct err *err)
{
	static const int64_t end_s = INT64_MAX;
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT job_id, restart, user, account, qos, partition, state = 'settled', "
		"uusd_hr, uusd, made_ms FROM hold WHERE gang = ? ORDER BY job_id, restart",
		DB_TEXT(gang));
	cleanup_free struct hold_part *keys = NULL;
	cleanup_free struct budget_part *found = NULL;
	cleanup_free int64_t *costs = NULL;
	size_t count = 0;

	if (db_list_rows(db, stmt, &list_of_parts, &found, &count, err) < 0)
		return -1;
	keys = calloc(count + 1, sizeof(*keys));
	costs = calloc(count + 1, sizeof(*costs));
	if (!keys || !costs)
		return err_nomem(err);
	for (size_t i = 0; i < count; i++)
		keys[i] = (struct hold_part){found[i].job_id, found[i].restart};
	if (hold_costs(db, gang, keys, count, &end_s, 1, now_ms, costs, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		found[i].cost_uusd = costs[i];
	*parts = STEAL_POINTER(found);
	*n = count;
	return 0;
}

int budget_parts(struct db *db, const char *gang, int64_t now_ms, struct budget_part **parts,
	size_t *n, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	rc = read_parts(db, gang, now_ms, parts, n, err);
	db_leave_read(db, &scope);
	return rc;
}
