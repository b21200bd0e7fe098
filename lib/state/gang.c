/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/gang.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/nodeset.h"
#include "lib/state/db_internal.h"
#include "lib/state/launch.h"

#define BIT(state) (1U << (state))
/* What may become failing: everything that is neither that already nor over. */
#define TO_FAILING BIT(GANG_FAILING)

/* The states, and the arrows that lead out of each. */
static const struct {
	const char *name;
	unsigned to;
} states[] = {
	[GANG_PLANNED] = {"planned", BIT(GANG_GROUP_READY) | BIT(GANG_LAUNCHING) | TO_FAILING},
	[GANG_GROUP_READY] = {"group_ready", BIT(GANG_LAUNCHING) | BIT(GANG_PLANNED) | TO_FAILING},
	/* back: this attempt gave nothing, the next has another group or other pools */
	[GANG_LAUNCHING] = {"launching",
		BIT(GANG_LAUNCHED) | BIT(GANG_GROUP_READY) | BIT(GANG_PLANNED) | TO_FAILING},
	[GANG_LAUNCHED] = {"launched", BIT(GANG_BOUND) | TO_FAILING},
	[GANG_BOUND] = {"bound", BIT(GANG_ANNOUNCED) | TO_FAILING},
	/* releasing: the job was over before anybody saw it run */
	[GANG_ANNOUNCED] = {"announced", BIT(GANG_ACTIVE) | BIT(GANG_RELEASING) | TO_FAILING},
	[GANG_ACTIVE] = {"active", BIT(GANG_RELEASING) | TO_FAILING},
	[GANG_RELEASING] = {"releasing", BIT(GANG_RELEASED) | TO_FAILING},
	[GANG_RELEASED] = {"released", 0},
	[GANG_FAILING] = {"failing", BIT(GANG_FAILED)},
	[GANG_FAILED] = {"failed", 0},
};

#define COLUMNS                                                                                    \
	"id, state, job_id, restart, job_name, user, account, partition, node_group, nodes, "      \
	"size, "                                                                                   \
	"all_or_nothing, efa_asked, efa, limit_uusd, limit_per_hour, region, placement, type, "    \
	"az, "                                                                                     \
	"rate_uusd_hr, plan, reason, stop, again_ms, created_ms, changed_ms, project"
#define LIVING "state NOT IN ('released', 'failed')"
/*
 * The gang not over that holds node ?1. Until it is bound its list does, since any of its instances
 * may become that node. Afterwards only an instance does: one of a pool's may have ended long
 * before the others, and a gang that failed with nothing launched has nothing there.
 */
#define HOLDS                                                                                      \
	LIVING " AND (id IN (SELECT gang FROM instance WHERE node = ?1 "                           \
	       "AND state <> 'terminated') "                                                       \
	       "OR (state IN ('planned', 'group_ready', 'launching', 'launched') "                 \
	       "AND id IN (SELECT gang FROM gang_node WHERE node = ?1)))"

const char *gang_state_name(enum gang_state state)
{
	return (size_t)state < ARRAY_SIZE(states) ? states[state].name : "unknown";
}

bool gang_state_over(enum gang_state state)
{
	return state == GANG_RELEASED || state == GANG_FAILED;
}

bool gang_state_leads(enum gang_state from, enum gang_state to)
{
	return (size_t)from < ARRAY_SIZE(states) && (size_t)to < ARRAY_SIZE(states) &&
	       (states[from].to & BIT(to));
}

int gang_state_of_name(const char *name, enum gang_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(states[i].name, name)) {
			*state = (enum gang_state)i;
			return 0;
		}
	return -1;
}

void gang_release(struct gang *gang)
{
	free(gang->nodes);
	free(gang->plan);
	free(gang->reason);
	gang->nodes = gang->plan = gang->reason = NULL;
}

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct gang g = {0};
	char state[16];

	db_row_text(&row, g.id, sizeof(g.id));
	db_row_text(&row, state, sizeof(state));
	g.job_id = (uint32_t)db_row_int(&row);
	g.restart = (uint32_t)db_row_int(&row);
	db_row_text(&row, g.job_name, sizeof(g.job_name));
	db_row_text(&row, g.user, sizeof(g.user));
	db_row_text(&row, g.account, sizeof(g.account));
	db_row_text(&row, g.partition, sizeof(g.partition));
	db_row_text(&row, g.node_group, sizeof(g.node_group));
	g.nodes = db_row_dup(&row);
	g.size = (unsigned)db_row_int(&row);
	g.all_or_nothing = db_row_int(&row) != 0;
	g.efa_asked = (enum efa_mode)db_row_int(&row);
	g.efa = db_row_int(&row) != 0;
	g.limit.uusd = db_row_int(&row);
	g.limit.per_hour = db_row_int(&row) != 0;
	db_row_text(&row, g.region, sizeof(g.region));
	db_row_text(&row, g.group, sizeof(g.group));
	db_row_text(&row, g.type, sizeof(g.type));
	db_row_text(&row, g.az, sizeof(g.az));
	g.rate_uusd_hr = db_row_int(&row);
	g.plan = db_row_dup(&row);
	g.reason = db_row_dup(&row);
	db_row_text(&row, g.stop, sizeof(g.stop));
	g.again_ms = db_row_int(&row);
	g.created_ms = db_row_int(&row);
	g.changed_ms = db_row_int(&row);
	db_row_text(&row, g.project, sizeof(g.project));
	if (db_row_check(db, &row, err) < 0)
		goto error;
	if (gang_state_of_name(state, &g.state) < 0) {
		err_set(err, ERR_FATAL, "%s: gang %s in an unknown state", db->path, g.id);
		goto error;
	}
	*(struct gang *)out = g;
	return 0;
error:
	gang_release(&g);
	return -1;
}

static int insert_nodes(struct db *db, const char *id, const struct nodeset *set, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		db, err, "INSERT INTO gang_node (gang, node, position) VALUES (?, ?, ?)", NULL, 0);

	if (!stmt)
		return -1;
	nodeset_for_each (set, i)
		if (DB_REBIND(db, err, stmt, DB_TEXT(id), DB_TEXT(set->names[i]),
			    DB_INT((int64_t)i)) < 0 ||
			db_run_stmt(db, stmt, err) < 0)
			return -1;
	return 0;
}

static int insert(struct db *db, const struct gang *g, const struct nodeset *set, struct err *err)
{
	int64_t created_ms = g->created_ms ? g->created_ms : clock_now_ms();
	int64_t there = 0;

	if (DB_SELECT_INT(db, err, &there, "SELECT 1 FROM gang WHERE id = ?", DB_TEXT(g->id)) < 0)
		return -1;
	if (there)
		return err_set(err, ERR_FATAL, "gang %s exists already", g->id);
	if (DB_RUN(db, err,
		    "INSERT INTO gang (" COLUMNS
		    ", active_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    DB_TEXT(g->id), DB_TEXT(gang_state_name(g->state)), DB_INT(g->job_id),
		    DB_INT(g->restart), DB_TEXT(g->job_name), DB_TEXT(g->user), DB_TEXT(g->account),
		    DB_TEXT(g->partition), DB_TEXT(g->node_group), DB_TEXT(g->nodes),
		    DB_INT((int64_t)set->n), DB_INT(g->all_or_nothing), DB_INT(g->efa_asked),
		    DB_INT(g->efa), DB_INT(g->limit.uusd), DB_INT(g->limit.per_hour),
		    DB_TEXT(g->region), DB_TEXT(g->group), DB_TEXT(g->type), DB_TEXT(g->az),
		    DB_INT(g->rate_uusd_hr), DB_TEXT(g->plan), DB_TEXT(g->reason), DB_TEXT(g->stop),
		    DB_INT(g->again_ms), DB_INT(created_ms), DB_INT(created_ms),
		    DB_TEXT(g->project), DB_INT(g->state == GANG_ACTIVE ? created_ms : 0)) < 0)
		return -1;
	if (insert_nodes(db, g->id, set, err) < 0)
		return -1;
	return g->job_id ? gang_job_write(db, g->id, g->job_id, g->restart, g->nodes, err) : 0;
}

int gang_insert(struct db *db, const struct gang *gang, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	struct db_scope scope;

	if (!*gang->id)
		return err_set(err, ERR_FATAL, "gang without an id");
	if (nodeset_parse(&set, gang->nodes ? gang->nodes : "", err) < 0)
		return err_prefix(err, "gang %s", gang->id);
	if (!set.n)
		return err_set(err, ERR_FATAL, "gang %s without nodes", gang->id);
	if (gang->size && gang->size != set.n)
		return err_set(err, ERR_FATAL, "gang %s of %u nodes, but %zu are named", gang->id,
			gang->size, set.n);
	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, insert(db, gang, &set, err), err);
}

static int read_state(struct db *db, const char *id, enum gang_state *state, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		db, err, "SELECT state FROM gang WHERE id = ?", DB_TEXT(id));
	struct db_row row = {.stmt = stmt};
	char name[16];
	int rc;

	if (!stmt)
		return -1;
	rc = db_step(db, stmt, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no gang %s", id);
	db_row_text(&row, name, sizeof(name));
	if (db_row_check(db, &row, err) < 0)
		return -1;
	if (gang_state_of_name(name, state) < 0)
		return err_set(err, ERR_FATAL, "%s: gang %s in an unknown state", db->path, id);
	return 0;
}

/*
 * What must not be forgotten: before a gang goes back for another attempt or is over, the
 * outcome of each of its launches is known and nothing counts as running.
 */
static int check_nothing_left(struct db *db, const char *id, enum gang_state to, struct err *err)
{
	size_t prepared = 0;
	int64_t running;

	if (DB_SELECT_INT(db, err, &running,
		    "SELECT count(*) FROM instance WHERE gang = ? AND state = 'running'",
		    DB_TEXT(id)) < 0 ||
		launch_count_prepared(db, id, &prepared, err) < 0)
		return -1;
	if (running)
		return err_set(err, ERR_FATAL,
			"gang %s cannot become %s: %lld instances are running", id,
			gang_state_name(to), (long long)running);
	if (prepared)
		return err_set(err, ERR_FATAL,
			"gang %s cannot become %s: the outcome of %zu launches is not known", id,
			gang_state_name(to), prepared);
	return 0;
}

static int write_state(struct db *db, const char *id, enum gang_state to, struct err *err)
{
	return DB_RUN(db, err,
		       "UPDATE gang SET state = ?1, changed_ms = ?2, active_ms = CASE "
		       "WHEN ?1 = 'active' AND active_ms = 0 THEN ?2 ELSE active_ms END "
		       "WHERE id = ?3",
		       DB_TEXT(gang_state_name(to)), DB_INT(clock_now_ms()), DB_TEXT(id)) < 0
		       ? -1
		       : 0;
}

int gang_step(struct db *db, const char *id, const enum gang_state *from, size_t nfrom,
	enum gang_state to, struct err *err)
{
	enum gang_state now = GANG_PLANNED;
	bool expected = false;

	if (read_state(db, id, &now, err) < 0)
		return -1;
	for (size_t i = 0; i < nfrom; i++)
		expected = expected || now == from[i];
	if (!expected)
		return err_set(err, ERR_BUSY, "gang %s is %s, not %s any more", id,
			gang_state_name(now), gang_state_name(from[nfrom - 1]));
	if ((gang_state_over(to) || to == GANG_PLANNED || to == GANG_GROUP_READY) &&
		check_nothing_left(db, id, to, err) < 0)
		return -1;
	if (write_state(db, id, to, err) < 0)
		return -1;
	return gang_state_over(to) ? hold_settle(db, id, err) : 0;
}

int gang_advance(
	struct db *db, const char *id, enum gang_state from, enum gang_state to, struct err *err)
{
	struct db_scope scope;

	if (!gang_state_leads(from, to))
		return err_set(err, ERR_FATAL, "gang %s: no step leads from %s to %s", id,
			gang_state_name(from), gang_state_name(to));
	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, gang_step(db, id, &from, 1, to, err), err);
}

static int fail(struct db *db, const char *id, const char *reason, struct err *err)
{
	enum gang_state now = GANG_PLANNED;

	if (read_state(db, id, &now, err) < 0)
		return -1;
	if (!gang_state_leads(now, GANG_FAILING))
		return 0;
	if (write_state(db, id, GANG_FAILING, err) < 0 ||
		DB_RUN(db, err, "UPDATE gang SET reason = ? WHERE id = ?", DB_TEXT(reason),
			DB_TEXT(id)) < 0)
		return -1;
	return 1;
}

int gang_fail(struct db *db, const char *id, const char *reason, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, fail(db, id, reason, err), err);
}

static int reopen(struct db *db, const char *id, struct err *err)
{
	enum gang_state now = GANG_PLANNED;

	if (read_state(db, id, &now, err) < 0)
		return -1;
	if (!gang_state_over(now))
		return 0;
	if (write_state(db, id, now == GANG_RELEASED ? GANG_RELEASING : GANG_FAILING, err) < 0 ||
		hold_reopen(db, id, err) < 0)
		return -1;
	return 1;
}

int gang_reopen(struct db *db, const char *id, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, reopen(db, id, err), err);
}

/* Run an UPDATE of one gang, in a scope; ERR_NOTFOUND where it changed none. */
static int set(struct db *db, const char *id, struct err *err, const char *sql,
	const struct db_value *values, size_t n)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = db_run(db, err, sql, values, n);
	if (!rc)
		rc = err_set(err, ERR_NOTFOUND, "no gang %s", id);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int gang_set_region(struct db *db, const char *id, const char *region, struct err *err)
{
	struct gang fit;

	if (db_fits("region", region, sizeof(fit.region), err) < 0)
		return -1;
	return set(db, id, err, "UPDATE gang SET region = ?, changed_ms = ? WHERE id = ?",
		DB_VALUES_(DB_TEXT(region), DB_INT(clock_now_ms()), DB_TEXT(id)));
}

int gang_set_again(struct db *db, const char *id, int64_t again_ms, struct err *err)
{
	return set(db, id, err, "UPDATE gang SET again_ms = ? WHERE id = ?",
		DB_VALUES_(DB_INT(again_ms), DB_TEXT(id)));
}

int gang_set_group(struct db *db, const char *id, const char *group, struct err *err)
{
	struct gang fit;

	if (db_fits("placement group's name", group, sizeof(fit.group), err) < 0)
		return -1;
	return set(db, id, err, "UPDATE gang SET placement = ?, changed_ms = ? WHERE id = ?",
		DB_VALUES_(DB_TEXT(group), DB_INT(clock_now_ms()), DB_TEXT(id)));
}

int gang_set_launch(struct db *db, const char *id, const char *type, const char *az, bool efa,
	int64_t rate_uusd_hr, struct err *err)
{
	struct gang fit;

	if (db_fits("instance type", type, sizeof(fit.type), err) < 0 ||
		db_fits("availability zone", az, sizeof(fit.az), err) < 0)
		return -1;
	return set(db, id, err,
		"UPDATE gang SET type = ?, az = ?, efa = ?, rate_uusd_hr = ?, changed_ms = ? "
		"WHERE id = ?",
		DB_VALUES_(DB_TEXT(type), DB_TEXT(az), DB_INT(efa), DB_INT(rate_uusd_hr),
			DB_INT(clock_now_ms()), DB_TEXT(id)));
}

int gang_set_plan(struct db *db, const char *id, const char *plan, struct err *err)
{
	return set(db, id, err, "UPDATE gang SET plan = ?, changed_ms = ? WHERE id = ?",
		DB_VALUES_(DB_TEXT(plan), DB_INT(clock_now_ms()), DB_TEXT(id)));
}

int gang_set_stop(struct db *db, const char *id, const char *why, struct err *err)
{
	struct gang cut;

	snprintf(cut.stop, sizeof(cut.stop), "%s", why);
	return set(db, id, err, "UPDATE gang SET stop = ?, changed_ms = ? WHERE id = ?",
		DB_VALUES_(DB_TEXT(cut.stop), DB_INT(clock_now_ms()), DB_TEXT(id)));
}

int gang_set_uncounted(struct db *db, const char *id, struct err *err)
{
	return set(db, id, err, "UPDATE gang SET uncounted = 1, changed_ms = ? WHERE id = ?",
		DB_VALUES_(DB_INT(clock_now_ms()), DB_TEXT(id)));
}

/* The first row of STMT, consumed; 1, 0 where there is none, -1. */
static int read_one(struct db *db, sqlite3_stmt *stmt, struct gang *gang, struct err *err)
{
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc > 0 && read_row(db, stmt, gang, err) < 0)
		return -1;
	return rc;
}

int gang_get(struct db *db, const char *id, struct gang *gang, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		db, err, "SELECT " COLUMNS " FROM gang WHERE id = ?", DB_TEXT(id));
	int rc = read_one(db, stmt, gang, err);

	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no gang %s", id);
	return rc < 0 ? -1 : 0;
}

int gang_of_job(
	struct db *db, uint32_t job_id, uint32_t restart, struct gang *gang, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM gang WHERE " LIVING
		" AND id IN (SELECT gang FROM gang_job WHERE job_id = ? AND restart = ?) "
		"ORDER BY seq DESC LIMIT 1",
		DB_INT(job_id), DB_INT(restart));
	int rc = read_one(db, stmt, gang, err);

	if (!rc)
		return err_set(
			err, ERR_NOTFOUND, "no gang for start %u of job %u", restart, job_id);
	return rc < 0 ? -1 : 0;
}

int gang_last_of_job(struct db *db, uint32_t job_id, struct gang *gang, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS
		" FROM gang WHERE id IN (SELECT gang FROM gang_job WHERE job_id = ?) "
		"ORDER BY seq DESC LIMIT 1",
		DB_INT(job_id));
	int rc = read_one(db, stmt, gang, err);

	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no gang of job %u", job_id);
	return rc < 0 ? -1 : 0;
}

int gang_of_node(struct db *db, const char *node, struct gang *gang, struct err *err)
{
	/*
	 * A node may stand in two: it is given to the next job while the instances of the last
	 * one are still shutting down. An instance that runs under its name decides, then age.
	 */
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM gang WHERE " HOLDS
		" ORDER BY EXISTS (SELECT 1 FROM instance WHERE instance.node = ?1 "
		"AND instance.gang = gang.id AND instance.state = 'running') DESC, seq DESC LIMIT "
		"1",
		DB_TEXT(node));
	int rc = read_one(db, stmt, gang, err);

	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no gang holds node %s", node);
	return rc < 0 ? -1 : 0;
}

static int find_conflicts(struct db *db, const struct nodeset *nodes, const char *except_gang,
	struct nodeset *held, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT EXISTS (SELECT 1 FROM gang WHERE id <> ?2 AND " HOLDS ")", NULL, 0);

	if (!stmt)
		return -1;
	nodeset_for_each (nodes, i) {
		if (DB_REBIND(db, err, stmt, DB_TEXT(nodes->names[i]),
			    DB_TEXT(except_gang ? except_gang : "")) < 0 ||
			db_step(db, stmt, err) < 0)
			return -1;
		if (sqlite3_column_int(stmt, 0) && nodeset_add(held, nodes->names[i], err) < 0)
			return -1;
	}
	return 0;
}

int gang_nodes_conflict(struct db *db, const struct nodeset *nodes, const char *except_gang,
	char **hostlist, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset held = NODESET_INIT;
	struct db_scope scope;
	char *text;
	int rc;

	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	rc = find_conflicts(db, nodes, except_gang, &held, err);
	db_leave_read(db, &scope);
	if (rc < 0)
		return -1;
	if (!held.n) {
		*hostlist = NULL;
		return 0;
	}
	text = nodeset_format(&held);
	if (!text)
		return err_nomem(err);
	*hostlist = text;
	return 1;
}

static void release_one(void *gang)
{
	gang_release(gang);
}

static const struct db_list list_of_gangs = {sizeof(struct gang), read_row, release_one};

int gang_list(struct db *db, bool all, struct gang **gangs, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		all ? "SELECT " COLUMNS " FROM gang ORDER BY seq"
		    : "SELECT " COLUMNS " FROM gang WHERE " LIVING " ORDER BY seq",
		NULL, 0);

	return db_list_rows(db, stmt, &list_of_gangs, gangs, n, err);
}

int gang_list_of_job(
	struct db *db, const char *job, struct gang **gangs, size_t *n, struct err *err)
{
	size_t digits = strspn(job, "0123456789");
	cleanup_stmt sqlite3_stmt *stmt = NULL;
	char tasks[32];

	if (!digits || digits > 10 || strspn(job, "0123456789_+") != strlen(job))
		return err_set(err, ERR_USAGE, "\"%.40s\" is no job's number", job);
	snprintf(tasks, sizeof(tasks), "%.10s[_+]*", job);
	stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS
		" FROM gang WHERE id IN (SELECT gang FROM gang_job WHERE job_id = ?1) "
		"OR job_name = ?2 OR (?1 AND job_name GLOB ?3) ORDER BY seq",
		DB_INT(job[digits] ? 0 : strtoll(job, NULL, 10)), DB_TEXT(job), DB_TEXT(tasks));
	return db_list_rows(db, stmt, &list_of_gangs, gangs, n, err);
}

void gang_list_release(struct gang *gangs, size_t n)
{
	db_list_release(&list_of_gangs, gangs, n);
}
