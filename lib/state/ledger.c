/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/ledger.h"

#include <string.h>

#include "lib/state/db_internal.h"

/* Linux instances are billed for at least a minute. */
#define MINIMUM_S 60

/* --- starts of jobs -------------------------------------------------------------------------- */

#define RUN_COLUMNS "job_id, restart, name, user, account, partition, nodes, cpus, began_s, ended_s"

static void release_run(void *run)
{
	free(((struct job_run *)run)->nodes);
}

static int read_run(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct job_run r = {0};

	r.job_id = (uint32_t)db_row_int(&row);
	r.restart = (uint32_t)db_row_int(&row);
	db_row_text(&row, r.name, sizeof(r.name));
	db_row_text(&row, r.user, sizeof(r.user));
	db_row_text(&row, r.account, sizeof(r.account));
	db_row_text(&row, r.partition, sizeof(r.partition));
	r.nodes = db_row_dup(&row);
	r.cpus = (uint32_t)db_row_int(&row);
	r.began_s = db_row_int(&row);
	r.ended_s = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0) {
		release_run(&r);
		return -1;
	}
	*(struct job_run *)out = r;
	return 0;
}

static const struct db_list list_of_runs = {sizeof(struct job_run), read_run, release_run};

void job_run_list_release(struct job_run *runs, size_t n)
{
	db_list_release(&list_of_runs, runs, n);
}

static int check_run(const struct job_run *r, struct err *err)
{
	if (!r->job_id || r->began_s <= 0)
		return err_set(err, ERR_FATAL, "a start of job %u at no time", (unsigned)r->job_id);
	return 0;
}

static int note(struct db *db, const struct job_run *r, struct err *err)
{
	const char *nodes = r->nodes ? r->nodes : "";
	int64_t seq = 0;
	int changed;

	if (DB_SELECT_INT(db, err, &seq,
		    "SELECT seq FROM job_run WHERE job_id = ?1 AND restart = ?2 "
		    "AND began_s BETWEEN ?3 - ?4 AND ?3 + ?4 ORDER BY abs(began_s - ?3) LIMIT 1",
		    DB_INT(r->job_id), DB_INT(r->restart), DB_INT(r->began_s),
		    DB_INT(JOB_RUN_SAME_S)) < 0)
		return -1;
	if (!seq)
		return DB_RUN(db, err,
			"INSERT INTO job_run (" RUN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
			"?)",
			DB_INT(r->job_id), DB_INT(r->restart), DB_TEXT(r->name), DB_TEXT(r->user),
			DB_TEXT(r->account), DB_TEXT(r->partition), DB_TEXT(nodes), DB_INT(r->cpus),
			DB_INT(r->began_s),
			/* a clock that was set back ends nothing before it began */
			DB_INT(r->ended_s && r->ended_s < r->began_s ? r->began_s : r->ended_s));
	changed = DB_RUN(db, err,
		"UPDATE job_run SET name = iif(name = '', ?1, name), "
		"user = iif(user = '', ?2, user), account = iif(account = '', ?3, account), "
		"partition = iif(partition = '', ?4, partition), "
		"nodes = iif(nodes = '', ?5, nodes), cpus = iif(cpus = 0, ?6, cpus), "
		"ended_s = iif(ended_s = 0 AND ?7 <> 0, max(?7, began_s), ended_s) "
		"WHERE seq = ?8 AND ((name = '' AND ?1 <> '') OR (user = '' AND ?2 <> '') OR "
		"(account = '' AND ?3 <> '') OR (partition = '' AND ?4 <> '') OR "
		"(nodes = '' AND ?5 <> '') OR (cpus = 0 AND ?6 <> 0) OR "
		"(ended_s = 0 AND ?7 <> 0))",
		DB_TEXT(r->name), DB_TEXT(r->user), DB_TEXT(r->account), DB_TEXT(r->partition),
		DB_TEXT(nodes), DB_INT(r->cpus), DB_INT(r->ended_s), DB_INT(seq));
	return changed;
}

/* Would note() change anything? Asked first, so that a look at what is known already writes
 * nothing. */
static int is_news(struct db *db, const struct job_run *r, struct err *err)
{
	int64_t known = 0;

	if (DB_SELECT_INT(db, err, &known,
		    "SELECT 1 FROM job_run WHERE job_id = ?1 AND restart = ?2 "
		    "AND began_s BETWEEN ?3 - ?4 AND ?3 + ?4 AND (name <> '' OR ?5 = '') AND "
		    "(user <> '' OR ?6 = '') AND (account <> '' OR ?7 = '') AND "
		    "(partition <> '' OR ?8 = '') AND (nodes <> '' OR ?9 = '') AND "
		    "(cpus <> 0 OR ?10 = 0) AND (ended_s <> 0 OR ?11 = 0)",
		    DB_INT(r->job_id), DB_INT(r->restart), DB_INT(r->began_s),
		    DB_INT(JOB_RUN_SAME_S), DB_TEXT(r->name), DB_TEXT(r->user), DB_TEXT(r->account),
		    DB_TEXT(r->partition), DB_TEXT(r->nodes ? r->nodes : ""), DB_INT(r->cpus),
		    DB_INT(r->ended_s)) < 0)
		return -1;
	return !known;
}

int job_run_note(struct db *db, const struct job_run *run, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (check_run(run, err) < 0)
		return -1;
	rc = is_news(db, run, err);
	if (rc <= 0)
		return rc;
	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, note(db, run, err), err);
}

int job_run_list(struct db *db, int64_t since_s, int64_t until_s, struct job_run **runs, size_t *n,
	struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " RUN_COLUMNS " FROM job_run WHERE began_s < ?2 AND "
		"(ended_s = 0 OR ended_s >= ?1) ORDER BY began_s, seq",
		DB_INT(since_s), DB_INT(until_s));

	return db_list_rows(db, stmt, &list_of_runs, runs, n, err);
}

int job_run_list_open(struct db *db, struct job_run **runs, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT " RUN_COLUMNS " FROM job_run WHERE ended_s = 0 ORDER BY began_s, seq", NULL,
		0);

	return db_list_rows(db, stmt, &list_of_runs, runs, n, err);
}

/* --- instance runs --------------------------------------------------------------------------- */

/* All of an instance that its cost needs, and of its gang. */
static int read_ledger(
	struct db *db, sqlite3_stmt *stmt, int64_t now_ms, struct ledger_run *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct ledger_run r = {0};
	struct instance *x = &r.instance;
	enum gang_state gang_state;
	char state[16];
	bool failed, ended;
	int64_t active_ms;

	db_row_text(&row, x->id, sizeof(x->id));
	db_row_text(&row, x->gang, sizeof(x->gang));
	db_row_text(&row, x->launch, sizeof(x->launch));
	db_row_text(&row, x->region, sizeof(x->region));
	ended = db_row_int(&row) != 0;
	x->state = ended ? INSTANCE_TERMINATED : INSTANCE_RUNNING;
	db_row_text(&row, x->node, sizeof(x->node));
	db_row_text(&row, x->type, sizeof(x->type));
	db_row_text(&row, x->az, sizeof(x->az));
	x->spot = db_row_int(&row) != 0;
	x->rate_uusd_hr = db_row_int(&row);
	x->od_rate_uusd_hr = db_row_int(&row);
	x->disk_uusd_hr = db_row_int(&row);
	x->launched_s = db_row_int(&row);
	x->bound_ms = db_row_int(&row);
	x->end_asked_ms = db_row_int(&row);
	x->terminated_ms = db_row_int(&row);
	x->ended_s = db_row_int(&row);
	db_row_text(&row, state, sizeof(state));
	active_ms = db_row_int(&row);
	r.job_id = (uint32_t)db_row_int(&row);
	r.restart = (uint32_t)db_row_int(&row);
	db_row_text(&row, r.job_name, sizeof(r.job_name));
	db_row_text(&row, r.user, sizeof(r.user));
	db_row_text(&row, r.account, sizeof(r.account));
	db_row_text(&row, r.partition, sizeof(r.partition));
	if (db_row_check(db, &row, err) < 0)
		return -1;
	if (gang_state_of_name(state, &gang_state) < 0)
		return err_set(
			err, ERR_FATAL, "%s: gang %s in an unknown state", db->path, x->gang);
	instance_period(x, now_ms, &r.from_s, &r.to_s);
	failed = gang_state == GANG_FAILING || gang_state == GANG_FAILED;
	/* the last: one of a pool that did not come up while others did. Of a gang that was
	 * adopted nobody knows when it became active */
	r.in_vain = (!active_ms && failed) || (ended && !x->bound_ms) ||
		    (active_ms && ended && *x->launch && r.to_s * 1000 < active_ms);
	*out = r;
	return 0;
}

static bool overlaps(const struct ledger_run *r, int64_t since_s, int64_t until_s)
{
	return r->from_s < until_s && (r->to_s > since_s || r->from_s >= since_s);
}

int ledger_list(struct db *db, int64_t since_s, int64_t until_s, int64_t now_ms,
	struct ledger_run **runs, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT i.id, i.gang, i.launch, i.region, i.state <> 'running', i.node, i.type, "
		"i.az, i.spot, i.rate_uusd_hr, i.od_rate_uusd_hr, i.disk_uusd_hr, i.launched_s, "
		"i.bound_ms, "
		"i.end_asked_ms, i.terminated_ms, i.ended_s, g.state, g.active_ms, g.job_id, "
		"g.restart, g.job_name, g.user, g.account, g.partition "
		"FROM instance i JOIN gang g ON g.id = i.gang ORDER BY i.seq",
		NULL, 0);
	cleanup_free struct ledger_run *all = NULL;
	size_t count = 0, alloc = 0;
	int rc;

	if (!stmt)
		return -1;
	while ((rc = db_step(db, stmt, err)) > 0) {
		if (count == alloc) {
			size_t want = alloc ? alloc * 2 : 64;
			struct ledger_run *more = reallocarray(all, want, sizeof(*more));

			if (!more)
				return err_nomem(err);
			all = more;
			alloc = want;
		}
		if (read_ledger(db, stmt, now_ms, &all[count], err) < 0)
			return -1;
		if (overlaps(&all[count], since_s, until_s))
			count++;
	}
	if (rc < 0)
		return -1;
	*runs = STEAL_POINTER(all);
	*n = count;
	return 0;
}

/* Of an instance that has ended before ?1 nobody asks. */
#define SINCE                                                                                      \
	"(i.state <> 'terminated' OR i.ended_s >= ?1 OR i.end_asked_ms >= ?1 * 1000 OR "           \
	"i.terminated_ms >= ?1 * 1000)"

static void release_job(void *job)
{
	free(((struct ledger_job *)job)->nodes);
}

static int read_job(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct ledger_job j = {0};

	db_row_text(&row, j.gang, sizeof(j.gang));
	j.job_id = (uint32_t)db_row_int(&row);
	j.restart = (uint32_t)db_row_int(&row);
	j.nodes = db_row_dup(&row);
	if (db_row_check(db, &row, err) < 0) {
		release_job(&j);
		return -1;
	}
	*(struct ledger_job *)out = j;
	return 0;
}

static const struct db_list list_of_jobs = {sizeof(struct ledger_job), read_job, release_job};

int ledger_jobs(
	struct db *db, int64_t since_s, struct ledger_job **jobs, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT gang, job_id, restart, nodes FROM gang_job WHERE gang IN "
		"(SELECT i.gang FROM instance i WHERE " SINCE ") "
		"ORDER BY gang COLLATE BINARY, job_id, restart",
		DB_INT(since_s));

	return db_list_rows(db, stmt, &list_of_jobs, jobs, n, err);
}

void ledger_jobs_release(struct ledger_job *jobs, size_t n)
{
	db_list_release(&list_of_jobs, jobs, n);
}

/* --- rates ----------------------------------------------------------------------------------- */

static int read_rate(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct ledger_rate r = {0};

	db_row_text(&row, r.instance, sizeof(r.instance));
	r.rate.from_s = db_row_int(&row);
	r.rate.uusd_hr = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct ledger_rate *)out = r;
	return 0;
}

static const struct db_list list_of_rates = {sizeof(struct ledger_rate), read_rate, NULL};

int ledger_rates(
	struct db *db, int64_t since_s, struct ledger_rate **rates, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT r.instance, r.from_s, r.uusd_hr FROM rate_change r JOIN instance i "
		"ON i.id = r.instance WHERE " SINCE " ORDER BY r.instance COLLATE BINARY, r.from_s",
		DB_INT(since_s));

	return db_list_rows(db, stmt, &list_of_rates, rates, n, err);
}

int ledger_rate(struct db *db, const struct instance *instance, int64_t *uusd_hr, struct err *err)
{
	int64_t rate = instance->rate_uusd_hr;

	if (instance->spot &&
		DB_SELECT_INT(db, err, &rate,
			"SELECT coalesce((SELECT uusd_hr FROM rate_change WHERE instance = ?1 "
			"ORDER BY from_s DESC LIMIT 1), ?2)",
			DB_TEXT(instance->id), DB_INT(instance->rate_uusd_hr)) < 0)
		return -1;
	*uusd_hr = rate;
	return 0;
}

/* The changes of the rate of one; none of an on-demand instance. */
static int read_changes(struct db *db, const struct instance *instance, struct money_rate **changes,
	size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = NULL;
	cleanup_free struct ledger_rate *list = NULL;
	size_t count = 0;

	if (instance->spot) {
		stmt = DB_PREPARE(db, err,
			"SELECT instance, from_s, uusd_hr FROM rate_change WHERE instance = ? "
			"ORDER BY from_s",
			DB_TEXT(instance->id));
		if (db_list_rows(db, stmt, &list_of_rates, &list, &count, err) < 0)
			return -1;
	}
	*changes = calloc(count + 1, sizeof(**changes));
	if (!*changes)
		return err_nomem(err);
	for (size_t i = 0; i < count; i++)
		(*changes)[i] = list[i].rate;
	*n = count;
	return 0;
}

int ledger_costs(struct db *db, const struct instance *instance, int64_t now_ms,
	const int64_t *until_s, size_t n, int64_t *uusd, struct err *err)
{
	cleanup_free struct money_rate *changes = NULL;
	int64_t from_s, to_s;
	size_t nchanges = 0;

	if (read_changes(db, instance, &changes, &nchanges, err) < 0)
		return -1;
	instance_period(instance, now_ms, &from_s, &to_s);
	for (size_t i = 0; i < n; i++) {
		int64_t end_s = until_s[i], rated = 0, machine, disk;

		if (end_s >= to_s)
			end_s = to_s - from_s < MINIMUM_S ? from_s + MINIMUM_S : to_s;
		if (until_s[i] <= from_s) {
			uusd[i] = 0;
			continue;
		}
		if (money_rated(instance->rate_uusd_hr, changes, nchanges, from_s, end_s, &rated,
			    err) < 0 ||
			money_of_rated(rated, &machine, err) < 0 ||
			money_cost(instance->disk_uusd_hr, end_s - from_s, 1, &disk, err) < 0)
			return -1;
		if (__builtin_add_overflow(machine, disk, &uusd[i]))
			return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
	}
	return 0;
}

int ledger_cost(struct db *db, const struct instance *instance, int64_t now_ms, int64_t *uusd,
	struct err *err)
{
	static const int64_t end_s = INT64_MAX;

	return ledger_costs(db, instance, now_ms, &end_s, 1, uusd, err);
}

/* What a living Spot instance costs now, and what it was last known to. */
struct spot_rate {
	char id[32], region[32], type[32];
	int64_t since_s, uusd_hr;
	int64_t last_uusd_hr, last_from_s;
};

static int read_spot_rate(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct spot_rate r = {0};

	db_row_text(&row, r.id, sizeof(r.id));
	db_row_text(&row, r.region, sizeof(r.region));
	db_row_text(&row, r.type, sizeof(r.type));
	r.since_s = db_row_int(&row);
	r.uusd_hr = db_row_int(&row);
	r.last_uusd_hr = db_row_int(&row);
	r.last_from_s = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct spot_rate *)out = r;
	return 0;
}

static const struct db_list list_of_spot_rates = {sizeof(struct spot_rate), read_spot_rate, NULL};

static int spot_rates(struct db *db, struct spot_rate **rates, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT i.id, i.region, i.type, max(i.launched_s, CASE p.priced_s WHEN 0 THEN "
		"p.fetched_ms / 1000 ELSE p.priced_s END), p.uusd_hr, coalesce((SELECT r.uusd_hr "
		"FROM rate_change r WHERE r.instance = i.id ORDER BY r.from_s DESC LIMIT 1), "
		"i.rate_uusd_hr, -1), coalesce((SELECT max(r.from_s) FROM rate_change r "
		"WHERE r.instance = i.id), 0) "
		"FROM instance i JOIN price p ON p.region = i.region AND p.spot = 1 AND "
		"p.type = i.type AND p.az = i.az AND p.currency = 'USD' "
		"WHERE i.state = 'running' AND i.spot <> 0 AND i.launched_s > ?",
		DB_INT(0));

	return db_list_rows(db, stmt, &list_of_spot_rates, rates, n, err);
}

/* Mostly there is none, and a look must not wait for a writer: only news are written. */
int ledger_follow_prices(struct db *db, ledger_real *real, void *arg, struct err *err)
{
	cleanup_free struct spot_rate *rates = NULL;
	size_t n = 0;
	int news = 0;

	if (spot_rates(db, &rates, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct spot_rate *r = &rates[i];
		int64_t uusd_hr = real ? real(arg, r->region, r->type, r->uusd_hr) : r->uusd_hr;
		int rc;

		/* an older price than the last one known, by her own time, is no news */
		if (uusd_hr == r->last_uusd_hr || r->since_s < r->last_from_s)
			continue;
		if (r->last_uusd_hr < 0)
			rc = DB_RUN(db, err,
				"UPDATE instance SET rate_uusd_hr = ? WHERE id = ? AND "
				"state = 'running' AND rate_uusd_hr < 0",
				DB_INT(uusd_hr), DB_TEXT(r->id));
		else
			rc = DB_RUN(db, err,
				"INSERT OR REPLACE INTO rate_change (instance, from_s, uusd_hr) "
				"SELECT id, ?, ? FROM instance WHERE id = ? AND state = 'running'",
				DB_INT(r->since_s), DB_INT(uusd_hr), DB_TEXT(r->id));
		if (rc < 0)
			return -1;
		news += rc;
	}
	return news;
}
