/* SPDX-License-Identifier: Apache-2.0 */
/* What a gang costs, and what a job has behind it. */
#include <string.h>

#include "lib/base/money.h"
#include "lib/base/nodeset.h"
#include "lib/state/db_internal.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"
#include "lib/state/ledger.h"

static int add(int64_t *sum, int64_t uusd, struct err *err)
{
	return __builtin_add_overflow(*sum, uusd, sum)
		       ? err_set(err, ERR_BUDGET, "cost beyond what can be counted")
		       : 0;
}

/* Add what each instance of LIST cost; those still running up to NOW_MS, or not at all if 0. */
static int add_costs(struct db *db, const struct instance *list, size_t n, int64_t now_ms,
	struct gang_spent *spent, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int64_t cost, rate;

		if (list[i].state == INSTANCE_RUNNING && !now_ms)
			continue;
		if (list[i].rate_uusd_hr < 0) {
			spent->unpriced++;
			continue;
		}
		if (ledger_cost(db, &list[i], now_ms, &cost, err) < 0 ||
			add(&spent->uusd, cost, err) < 0)
			return -1;
		if (list[i].state != INSTANCE_RUNNING)
			continue;
		if (ledger_rate(db, &list[i], &rate, err) < 0 ||
			add(&spent->rate_uusd_hr, rate, err) < 0 ||
			add(&spent->rate_uusd_hr, list[i].disk_uusd_hr, err) < 0)
			return -1;
	}
	return 0;
}

static int add_cost(
	struct db *db, const char *gang, int64_t now_ms, struct gang_spent *spent, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (instance_list(db, gang, true, &list, &n, err) < 0)
		return -1;
	return add_costs(db, list, n, now_ms, spent, err);
}

static int add_cost_of_node(struct db *db, const char *gang, const char *node, int64_t now_ms,
	struct gang_spent *spent, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (instance_list_of_node(db, gang, node, &list, &n, err) < 0)
		return -1;
	return add_costs(db, list, n, now_ms, spent, err);
}

int gang_cost(struct db *db, const char *id, int64_t now_ms, int64_t *uusd, unsigned *unpriced,
	struct err *err)
{
	struct gang_spent spent = {0};

	if (add_cost(db, id, now_ms, &spent, err) < 0)
		return -1;
	*uusd = spent.uusd;
	if (unpriced)
		*unpriced = spent.unpriced;
	return 0;
}

/* The nodes of all starts of JOB_ID in GANG. */
static int find_nodes(
	struct db *db, const char *gang, uint32_t job_id, struct nodeset *nodes, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT nodes FROM gang_job WHERE gang = ? AND job_id = ?", DB_TEXT(gang),
		DB_INT(job_id));
	char **lists = NULL;
	size_t n = 0;
	int rc = db_list_rows(db, stmt, &db_list_texts, &lists, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = nodeset_parse(nodes, lists[i], err);
	db_list_release(&db_list_texts, lists, n);
	return rc;
}

/* What JOB_ID bears of the cost of gang G: of a pool, which may have thousands of jobs, that of its
 * nodes. */
static int add_share(struct db *db, const struct gang *g, uint32_t job_id, int64_t now_ms,
	struct gang_spent *spent, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset own = NODESET_INIT;
	int64_t several = 0;

	if (!g->all_or_nothing &&
		DB_SELECT_INT(db, err, &several,
			"SELECT EXISTS (SELECT 1 FROM gang_job WHERE gang = ? AND job_id <> ?)",
			DB_TEXT(g->id), DB_INT(job_id)) < 0)
		return -1;
	if (!several)
		return add_cost(db, g->id, now_ms, spent, err);
	if (find_nodes(db, g->id, job_id, &own, err) < 0)
		return -1;
	nodeset_for_each (&own, i)
		if (add_cost_of_node(db, g->id, own.names[i], now_ms, spent, err) < 0)
			return -1;
	return 0;
}

static int history(struct db *db, uint32_t job_id, int64_t now_ms, unsigned *failures,
	struct gang_spent *spent, struct err *err)
{
	/* several starts of the job may share a gang that was handed on: it counts once */
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT gang.id, gang.state, gang.user, gang.job_id, gang.all_or_nothing, "
		"gang.uncounted, max(gang_job.restart) FROM gang_job JOIN gang ON gang.id = "
		"gang_job.gang "
		"WHERE gang_job.job_id = ? GROUP BY gang.seq ORDER BY gang.seq DESC",
		DB_INT(job_id));
	struct gang g, last = {.restart = UINT32_MAX};
	bool success = false, uncounted;
	char state[16];
	int rc;

	if (!stmt)
		return -1;
	while ((rc = db_step(db, stmt, err)) > 0) {
		struct db_row row = {.stmt = stmt};

		db_row_text(&row, g.id, sizeof(g.id));
		db_row_text(&row, state, sizeof(state));
		db_row_text(&row, g.user, sizeof(g.user));
		g.job_id = (uint32_t)db_row_int(&row);
		g.all_or_nothing = db_row_int(&row) != 0;
		uncounted = db_row_int(&row) != 0;
		g.restart = (uint32_t)db_row_int(&row);
		if (db_row_check(db, &row, err) < 0)
			return -1;
		if (gang_state_of_name(state, &g.state) < 0)
			return err_set(
				err, ERR_FATAL, "%s: gang %s in an unknown state", db->path, g.id);
		/* "slurmctld -c" starts ids anew: an older gang may be another job's */
		if (g.restart > last.restart)
			return 0;
		last.restart = g.restart;
		/* where it is not this job's alone, the row's user is one of several */
		if (g.job_id == job_id) {
			if (last.job_id && strcmp(g.user, last.user))
				return 0;
			last.job_id = job_id;
			snprintf(last.user, sizeof(last.user), "%s", g.user);
		}
		if (g.state == GANG_ACTIVE || g.state == GANG_RELEASING || g.state == GANG_RELEASED)
			success = true;
		else if ((g.state == GANG_FAILING || g.state == GANG_FAILED) && !success &&
			 !uncounted)
			++*failures;
		if (add_share(db, &g, job_id, now_ms, spent, err) < 0)
			return -1;
	}
	return rc;
}

int gang_history(
	struct db *db, uint32_t job_id, unsigned *failures, int64_t *spent_uusd, struct err *err)
{
	struct gang_spent spent = {0};
	struct db_scope scope;
	unsigned failed = 0;
	int rc;

	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	rc = history(db, job_id, 0, &failed, &spent, err);
	db_leave_read(db, &scope);
	if (rc < 0)
		return -1;
	*failures = failed;
	*spent_uusd = spent.uusd;
	return 0;
}

int gang_spent(
	struct db *db, uint32_t job_id, int64_t now_ms, struct gang_spent *spent, struct err *err)
{
	struct gang_spent found = {0};
	struct db_scope scope;
	unsigned failed = 0;
	int rc;

	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	rc = history(db, job_id, now_ms, &failed, &found, err);
	db_leave_read(db, &scope);
	if (rc < 0)
		return -1;
	*spent = found;
	return 0;
}
