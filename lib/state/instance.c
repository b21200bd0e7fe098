/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/instance.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/state/db_internal.h"
#include "lib/state/gang.h"
#include "lib/state/launch.h"

#define COLUMNS                                                                                    \
	"id, gang, launch, region, state, node, type, az, subnet, ip, spot, rate_uusd_hr, "        \
	"launched_s, "                                                                             \
	"bound_ms, end_asked_ms, last_asked_ms, terminated_ms, ended_s, named, why, "              \
	"od_rate_uusd_hr, disk_uusd_hr"

#define MINIMUM_S 60 /* EC2 bills Linux instances per second, at least a minute */

static const char *const names[] = {
	[INSTANCE_RUNNING] = "running",
	[INSTANCE_TERMINATING] = "terminating",
	[INSTANCE_TERMINATED] = "terminated",
};

const char *instance_state_name(enum instance_state state)
{
	return (size_t)state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static int read_row(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct instance x = {0};
	char state[16];
	size_t s;

	db_row_text(&row, x.id, sizeof(x.id));
	db_row_text(&row, x.gang, sizeof(x.gang));
	db_row_text(&row, x.launch, sizeof(x.launch));
	db_row_text(&row, x.region, sizeof(x.region));
	db_row_text(&row, state, sizeof(state));
	db_row_text(&row, x.node, sizeof(x.node));
	db_row_text(&row, x.type, sizeof(x.type));
	db_row_text(&row, x.az, sizeof(x.az));
	db_row_text(&row, x.subnet, sizeof(x.subnet));
	db_row_text(&row, x.ip, sizeof(x.ip));
	x.spot = db_row_int(&row) != 0;
	x.rate_uusd_hr = db_row_int(&row);
	x.launched_s = db_row_int(&row);
	x.bound_ms = db_row_int(&row);
	x.end_asked_ms = db_row_int(&row);
	x.last_asked_ms = db_row_int(&row);
	x.terminated_ms = db_row_int(&row);
	x.ended_s = db_row_int(&row);
	x.named = db_row_int(&row) != 0;
	db_row_text(&row, x.why, sizeof(x.why));
	x.od_rate_uusd_hr = db_row_int(&row);
	x.disk_uusd_hr = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	for (s = 0; s < ARRAY_SIZE(names) && strcmp(names[s], state); s++)
		;
	if (s == ARRAY_SIZE(names))
		return err_set(
			err, ERR_FATAL, "%s: instance %s in an unknown state", db->path, x.id);
	x.state = (enum instance_state)s;
	*(struct instance *)out = x;
	return 0;
}

static const struct db_list list_of_instances = {sizeof(struct instance), read_row, NULL};

/* The gang of instance ID in GANG of 48 bytes: 1, 0 where there is none, -1. */
static int gang_of(struct db *db, const char *id, char *gang, size_t size, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		db, err, "SELECT gang FROM instance WHERE id = ?", DB_TEXT(id));
	struct db_row row = {.stmt = stmt};
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc > 0) {
		db_row_text(&row, gang, size);
		if (db_row_check(db, &row, err) < 0)
			return -1;
	}
	return rc;
}

/* Is there an instance ID? 1, 0, -1. Asked for each node of a gang, so by a statement that is kept.
 */
static int is_known(struct db *db, const char *id, struct err *err)
{
	int64_t known = 0;

	return DB_SELECT_INT(db, err, &known, "SELECT 1 FROM instance WHERE id = ?", DB_TEXT(id)) <
			       0
		       ? -1
		       : (int)known;
}

static int check_references(struct db *db, const struct instance *x, struct err *err)
{
	int64_t gang = 0, launch = 0;

	if (DB_SELECT_INT(db, err, &gang, "SELECT 1 FROM gang WHERE id = ?", DB_TEXT(x->gang)) <
			0 ||
		DB_SELECT_INT(db, err, &launch, "SELECT 1 FROM launch WHERE token = ?",
			DB_TEXT(x->launch)) < 0)
		return -1;
	if (!gang)
		return err_set(err, ERR_NOTFOUND, "no gang %s for instance %s", x->gang, x->id);
	if (*x->launch && !launch)
		return err_set(err, ERR_NOTFOUND, "no launch %s for instance %s", x->launch, x->id);
	return 0;
}

static int insert_one(struct db *db, const struct instance *x, struct err *err)
{
	struct instance there;
	int rc;

	if (!*x->id)
		return err_set(err, ERR_FATAL, "gang %s: instance without an id", x->gang);
	rc = is_known(db, x->id, err);
	if (rc > 0)
		rc = gang_of(db, x->id, there.gang, sizeof(there.gang), err);
	if (rc < 0)
		return -1;
	if (rc) { /* the same answer came again after a crash */
		if (strcmp(there.gang, x->gang))
			return err_set(err, ERR_FATAL, "instance %s belongs to gang %s, not to %s",
				x->id, there.gang, x->gang);
		return 0;
	}
	if (check_references(db, x, err) < 0)
		return -1;
	return DB_RUN(db, err,
		"INSERT INTO instance (" COLUMNS ") "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		DB_TEXT(x->id), DB_TEXT(x->gang), DB_REF(x->launch), DB_TEXT(x->region),
		DB_TEXT(instance_state_name(x->state)), DB_REF(x->node), DB_TEXT(x->type),
		DB_TEXT(x->az), DB_TEXT(x->subnet), DB_TEXT(x->ip), DB_INT(x->spot),
		DB_INT(x->rate_uusd_hr), DB_INT(x->launched_s), DB_INT(x->bound_ms),
		DB_INT(x->end_asked_ms), DB_INT(x->last_asked_ms), DB_INT(x->terminated_ms),
		DB_INT(x->ended_s), DB_INT(x->named), DB_TEXT(x->why),
		DB_INT(x->od_rate_uusd_hr > 0 ? x->od_rate_uusd_hr : -1), DB_INT(x->disk_uusd_hr));
}

/* The gang that all of them belong to: a step of a gang is a step of one. */
static int check_one_gang(const struct instance *instances, size_t n, struct err *err)
{
	if (!n)
		return err_set(err, ERR_FATAL, "a gang's step without instances");
	for (size_t i = 1; i < n; i++)
		if (strcmp(instances[i].gang, instances[0].gang))
			return err_set(err, ERR_FATAL,
				"instances %s and %s of two gangs in one step", instances[0].id,
				instances[i].id);
	return 0;
}

static int finish_launches(
	struct db *db, const struct instance *instances, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(instances[i].launch, instances[i - 1].launch))
			continue;
		/* one that launch_finish() has seen keeps what it wrote */
		if (DB_RUN(db, err,
			    "UPDATE launch SET state = 'answered', answered_ms = ? "
			    "WHERE token = ? AND state IN ('prepared', 'lost')",
			    DB_INT(clock_now_ms()), DB_TEXT(instances[i].launch)) < 0)
			return -1;
	}
	return 0;
}

static int insert(
	struct db *db, const struct instance *instances, size_t n, bool advance, struct err *err)
{
	static const enum gang_state from[] = {GANG_LAUNCHING};

	for (size_t i = 0; i < n; i++)
		if (insert_one(db, &instances[i], err) < 0)
			return -1;
	if (!advance)
		return 0;
	if (check_one_gang(instances, n, err) < 0 || finish_launches(db, instances, n, err) < 0)
		return -1;
	return gang_step(db, instances[0].gang, from, 1, GANG_LAUNCHED, err);
}

int instance_insert(
	struct db *db, const struct instance *instances, size_t n, bool advance, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, insert(db, instances, n, advance, err), err);
}

static int tell_who_has(struct db *db, const struct instance *x, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM instance WHERE node = ? AND state <> 'terminated'",
		DB_TEXT(x->node));
	struct instance other;
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc <= 0)
		return rc;
	if (read_row(db, stmt, &other, err) < 0)
		return -1;
	return err_set(err, ERR_BUSY, "node %s is bound to instance %s of gang %s, which is %s",
		x->node, other.id, other.gang, instance_state_name(other.state));
}

/* May X have its node? */
static int check_node(struct db *db, const struct instance *x, struct err *err)
{
	int64_t bound = 0;

	if (DB_SELECT_INT(db, err, &bound,
		    "SELECT 1 FROM instance WHERE node = ? AND state <> 'terminated'",
		    DB_TEXT(x->node)) < 0)
		return -1;
	return bound ? tell_who_has(db, x, err) : 0;
}

static int unbind(struct db *db, const struct instance *x, struct err *err)
{
	int rc = DB_RUN(db, err,
		"UPDATE instance SET node = NULL WHERE id = ? AND state = 'running'",
		DB_TEXT(x->id));

	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no running instance %s to bind to node %s",
			x->id, x->node);
	return rc;
}

static int bind_one(struct db *db, const struct instance *x, int64_t now_ms, struct err *err)
{
	if (!*x->node)
		return err_set(err, ERR_FATAL, "instance %s is to be bound to no node", x->id);
	if (check_node(db, x, err) < 0)
		return -1;
	/* what DescribeInstances did not say yet stays as the launch's answer gave it */
	return DB_RUN(db, err,
		"UPDATE instance SET node = ?1, type = coalesce(nullif(?2, ''), type), "
		"az = coalesce(nullif(?3, ''), az), subnet = coalesce(nullif(?4, ''), subnet), "
		"ip = coalesce(nullif(?5, ''), ip), launched_s = coalesce(nullif(?6, 0), "
		"launched_s), "
		"bound_ms = ?7 WHERE id = ?8",
		DB_TEXT(x->node), DB_TEXT(x->type), DB_TEXT(x->az), DB_TEXT(x->subnet),
		DB_TEXT(x->ip), DB_INT(x->launched_s), DB_INT(now_ms), DB_TEXT(x->id));
}

static int bind_all(struct db *db, const struct instance *instances, size_t n, int64_t now_ms,
	bool advance, struct err *err)
{
	static const enum gang_state from[] = {GANG_LAUNCHED};

	/* all loose first, so that two may exchange their nodes */
	for (size_t i = 0; i < n; i++)
		if (unbind(db, &instances[i], err) < 0)
			return -1;
	for (size_t i = 0; i < n; i++)
		if (bind_one(db, &instances[i], now_ms, err) < 0)
			return -1;
	if (!advance)
		return 0;
	if (check_one_gang(instances, n, err) < 0)
		return -1;
	return gang_step(db, instances[0].gang, from, 1, GANG_BOUND, err);
}

int instance_bind(struct db *db, const struct instance *instances, size_t n, int64_t now_ms,
	bool advance, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, bind_all(db, instances, n, now_ms, advance, err), err);
}

static int write_asked(struct db *db, const char *id, int64_t now_ms, struct err *err)
{
	return DB_RUN(db, err,
		"UPDATE instance SET last_asked_ms = ? WHERE id = ? AND state = 'terminating'",
		DB_INT(now_ms), DB_TEXT(id));
}

static int set_terminating(struct db *db, const char *const *ids, size_t n, const char *why,
	int64_t now_ms, struct err *err)
{
	struct instance cut;

	snprintf(cut.why, sizeof(cut.why), "%s", why);
	for (size_t i = 0; i < n; i++) {
		int rc = is_known(db, ids[i], err);

		if (!rc)
			rc = err_set(err, ERR_NOTFOUND, "no instance %s", ids[i]);
		/* the first to ask is the one that EC2 heard: her reason and time stay */
		if (rc < 0 ||
			DB_RUN(db, err,
				"UPDATE instance SET state = 'terminating', why = ?, "
				"end_asked_ms = ? "
				"WHERE id = ? AND state = 'running'",
				DB_TEXT(cut.why), DB_INT(now_ms), DB_TEXT(ids[i])) < 0 ||
			write_asked(db, ids[i], now_ms, err) < 0)
			return -1;
	}
	return 0;
}

int instance_set_terminating(struct db *db, const char *const *ids, size_t n, const char *why,
	int64_t now_ms, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, set_terminating(db, ids, n, why, now_ms, err), err);
}

int instance_is_ending(struct db *db, const char *id, int64_t since_ms, struct err *err)
{
	int64_t ending = 0;

	if (DB_SELECT_INT(db, err, &ending,
		    "SELECT state = 'terminated' OR (state = 'terminating' AND last_asked_ms >= ?) "
		    "FROM instance WHERE id = ?",
		    DB_INT(since_ms), DB_TEXT(id)) < 0)
		return -1;
	return (int)ending;
}

static int set_asked(
	struct db *db, const char *const *ids, size_t n, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int64_t running = -1;

		if (DB_SELECT_INT(db, err, &running,
			    "SELECT coalesce(max(state = 'running'), -1) FROM instance "
			    "WHERE id = ?",
			    DB_TEXT(ids[i])) < 0)
			return -1;
		if (running < 0)
			return err_set(err, ERR_NOTFOUND, "no instance %s", ids[i]);
		if (running)
			return err_set(err, ERR_FATAL,
				"instance %s is running: it is not written why it is to end",
				ids[i]);
		if (write_asked(db, ids[i], now_ms, err) < 0)
			return -1;
	}
	return 0;
}

int instance_set_asked(
	struct db *db, const char *const *ids, size_t n, int64_t now_ms, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, set_asked(db, ids, n, now_ms, err), err);
}

int instance_set_terminated(
	struct db *db, const char *id, int64_t ended_s, int64_t now_ms, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err,
		"UPDATE instance SET state = 'terminated', "
		"terminated_ms = CASE terminated_ms WHEN 0 THEN ? ELSE terminated_ms END, "
		"ended_s = CASE ended_s WHEN 0 THEN ? ELSE ended_s END WHERE id = ?",
		DB_INT(now_ms), DB_INT(ended_s), DB_TEXT(id));
	if (!rc)
		rc = err_set(err, ERR_NOTFOUND, "no instance %s", id);
	if (rc > 0)
		rc = hold_instance_changed(db, id, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int instance_set_launched(struct db *db, const char *id, int64_t launched_s, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err, "UPDATE instance SET launched_s = ? WHERE id = ? AND launched_s = 0",
		DB_INT(launched_s), DB_TEXT(id));
	if (rc > 0)
		rc = hold_instance_changed(db, id, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static int set_named(struct db *db, const char *const *ids, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (DB_RUN(db, err, "UPDATE instance SET named = 1 WHERE id = ?", DB_TEXT(ids[i])) <
			0)
			return -1;
	return 0;
}

int instance_set_named(struct db *db, const char *const *ids, size_t n, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, set_named(db, ids, n, err), err);
}

int instance_get(struct db *db, const char *id, struct instance *instance, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		db, err, "SELECT " COLUMNS " FROM instance WHERE id = ?", DB_TEXT(id));
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc > 0 && read_row(db, stmt, instance, err) < 0)
		return -1;
	if (!rc)
		return err_set(err, ERR_NOTFOUND, "no instance %s", id);
	return rc < 0 ? -1 : 0;
}

int instance_list(struct db *db, const char *gang, bool all, struct instance **instances, size_t *n,
	struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		gang ? (all ? "SELECT " COLUMNS " FROM instance WHERE gang = ? ORDER BY seq"
			    : "SELECT " COLUMNS " FROM instance WHERE gang = ? "
			      "AND state <> 'terminated' ORDER BY seq")
		     : (all ? "SELECT " COLUMNS " FROM instance WHERE ? IS NULL ORDER BY seq"
			    : "SELECT " COLUMNS " FROM instance WHERE ? IS NULL "
			      "AND state <> 'terminated' ORDER BY seq"),
		DB_TEXT(gang));

	return db_list_rows(db, stmt, &list_of_instances, instances, n, err);
}

int instance_list_of_node(struct db *db, const char *gang, const char *node,
	struct instance **instances, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " COLUMNS " FROM instance WHERE gang = ? AND node = ? ORDER BY seq",
		DB_TEXT(gang), DB_TEXT(node));

	return db_list_rows(db, stmt, &list_of_instances, instances, n, err);
}

static int read_of_nodes(struct db *db, const struct nodeset *nodes, int64_t before_ms, void **list,
	size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT " COLUMNS " FROM instance WHERE node = ?1 AND state <> 'terminated' "
		/* far behind it: the clock was set back since, and it is older all the same */
		"AND (?2 = 0 OR bound_ms < ?2 OR bound_ms > ?2 + 60000)",
		NULL, 0);
	size_t alloc = 0;

	if (!stmt)
		return -1;
	nodeset_for_each (nodes, i)
		if (DB_REBIND(db, err, stmt, DB_TEXT(nodes->names[i]), DB_INT(before_ms)) < 0 ||
			db_list_more(db, stmt, &list_of_instances, list, n, &alloc, err) < 0)
			return -1;
	return 0;
}

int instance_of_nodes(struct db *db, const struct nodeset *nodes, int64_t before_ms,
	struct instance **instances, size_t *n, struct err *err)
{
	cleanup_free void *list = NULL;
	struct db_scope scope;
	size_t count = 0;
	int rc;

	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	rc = read_of_nodes(db, nodes, before_ms, &list, &count, err);
	db_leave_read(db, &scope);
	if (rc < 0)
		return -1;
	*instances = STEAL_POINTER(list);
	*n = count;
	return 0;
}

void instance_period(
	const struct instance *instance, int64_t now_ms, int64_t *from_s, int64_t *to_s)
{
	int64_t end_ms = instance->end_asked_ms ? instance->end_asked_ms : instance->terminated_ms;
	int64_t end_s;

	if (instance->terminated_ms && instance->terminated_ms < end_ms)
		end_ms = instance->terminated_ms;
	/* EC2's clock, as the launch's time is */
	if (instance->ended_s)
		end_ms = instance->ended_s * 1000;
	if (!end_ms)
		end_ms = now_ms;
	end_s = end_ms / 1000 + (end_ms % 1000 != 0);
	*from_s = instance->launched_s ? instance->launched_s : end_s;
	*to_s = end_s < *from_s ? *from_s : end_s;
}

static int64_t billed_s(const struct instance *instance, int64_t now_ms)
{
	int64_t from_s, to_s;

	instance_period(instance, now_ms, &from_s, &to_s);
	return to_s - from_s < MINIMUM_S ? MINIMUM_S : to_s - from_s;
}

int instance_disk_cost(
	const struct instance *instance, int64_t now_ms, int64_t *uusd, struct err *err)
{
	return money_cost(instance->disk_uusd_hr, billed_s(instance, now_ms), 1, uusd, err);
}

int instance_cost(const struct instance *instance, int64_t now_ms, int64_t *uusd, struct err *err)
{
	int64_t machine, disk;

	if (money_cost(instance->rate_uusd_hr, billed_s(instance, now_ms), 1, &machine, err) < 0 ||
		instance_disk_cost(instance, now_ms, &disk, err) < 0)
		return -1;
	if (__builtin_add_overflow(machine, disk, uusd))
		return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
	return 0;
}
