/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/placement.h"

#include <string.h>

#include "lib/state/db_internal.h"

static int insert(struct db *db, const char *name, const char *gang, const char *region,
	int64_t now_ms, struct err *err)
{
	int64_t there = 0, same = 0, known = 0;

	if (DB_SELECT_INT(db, err, &known, "SELECT 1 FROM gang WHERE id = ?", DB_TEXT(gang)) < 0 ||
		DB_SELECT_INT(db, err, &there, "SELECT 1 FROM placement WHERE name = ?",
			DB_TEXT(name)) < 0 ||
		DB_SELECT_INT(db, err, &same,
			"SELECT 1 FROM placement WHERE name = ? AND gang = ? AND deleted_ms = 0",
			DB_TEXT(name), DB_TEXT(gang)) < 0)
		return -1;
	if (!known)
		return err_set(err, ERR_NOTFOUND, "no gang %s for placement group %s", gang, name);
	if (same) /* asked for before a crash */
		return 0;
	if (there)
		return err_set(err, ERR_FATAL, "placement group %s has been used already", name);
	return DB_RUN(db, err,
		"INSERT INTO placement (name, gang, region, created_ms, deleted_ms) "
		"VALUES (?, ?, ?, ?, 0)",
		DB_TEXT(name), DB_TEXT(gang), DB_TEXT(region), DB_INT(now_ms));
}

int placement_insert(struct db *db, const char *name, const char *gang, const char *region,
	int64_t now_ms, struct err *err)
{
	struct placement fit;
	struct db_scope scope;
	int rc;

	if (!*name)
		return err_set(err, ERR_FATAL, "placement group without a name");
	if (db_fits("placement group's name", name, sizeof(fit.name), err) < 0 ||
		db_fits("region", region, sizeof(fit.region), err) < 0)
		return -1;
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = insert(db, name, gang, region, now_ms, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int placement_set_deleted(struct db *db, const char *name, int64_t now_ms, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err,
		"UPDATE placement SET deleted_ms = CASE deleted_ms WHEN 0 THEN ? ELSE deleted_ms "
		"END "
		"WHERE name = ?",
		DB_INT(now_ms), DB_TEXT(name));
	if (!rc)
		rc = err_set(err, ERR_NOTFOUND, "no placement group %s", name);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static int read_placement(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct placement p = {0};

	db_row_text(&row, p.name, sizeof(p.name));
	db_row_text(&row, p.gang, sizeof(p.gang));
	db_row_text(&row, p.region, sizeof(p.region));
	p.created_ms = db_row_int(&row);
	p.deleted_ms = db_row_int(&row);
	p.deleted = p.deleted_ms != 0;
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct placement *)out = p;
	return 0;
}

static const struct db_list list_of_placements = {sizeof(struct placement), read_placement, NULL};

int placement_find(struct db *db, const char *name, struct placement *placement, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT name, gang, region, created_ms, deleted_ms FROM placement WHERE name = ?",
		DB_TEXT(name));
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc > 0 && read_placement(db, stmt, placement, err) < 0)
		return -1;
	return rc;
}

int placement_living(struct db *db, struct placement **groups, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT name, gang, region, created_ms, deleted_ms FROM placement "
		"WHERE deleted_ms = 0 ORDER BY seq",
		NULL, 0);

	return db_list_rows(db, stmt, &list_of_placements, groups, n, err);
}

int placement_removable(struct db *db, struct placement **groups, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(db, err,
		"SELECT p.name, p.gang, p.region, p.created_ms, p.deleted_ms FROM placement AS p "
		"JOIN gang AS g ON g.id = p.gang "
		"WHERE p.deleted_ms = 0 AND g.state IN ('releasing', 'released', 'failed') "
		"AND NOT EXISTS (SELECT 1 FROM instance AS i "
		"WHERE i.gang = g.id AND i.state <> 'terminated') "
		"ORDER BY p.seq",
		NULL, 0);

	return db_list_rows(db, stmt, &list_of_placements, groups, n, err);
}

/* The row's number and token: 1, 0 where there is none, -1. TOKEN of 65 bytes. */
static int read_template(struct db *db, const char *template_id, int64_t source, const char *layout,
	int64_t *version, char *token, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT version, token FROM template "
		"WHERE template_id = ? AND source = ? AND layout = ?",
		DB_TEXT(template_id), DB_INT(source), DB_TEXT(layout));
	struct db_row row = {.stmt = stmt};
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc > 0) {
		*version = db_row_int(&row);
		db_row_text(&row, token, TEMPLATE_TOKEN_SIZE);
		if (db_row_check(db, &row, err) < 0)
			return -1;
	}
	return rc;
}

int template_get(struct db *db, const char *template_id, int64_t source, const char *layout,
	int64_t *version, struct err *err)
{
	char token[TEMPLATE_TOKEN_SIZE];
	int64_t found = 0;

	if (read_template(db, template_id, source, layout, &found, token, err) < 0)
		return -1;
	*version = found;
	return 0;
}

int template_token(struct db *db, const char *template_id, int64_t source, const char *layout,
	char *token, struct err *err)
{
	char found[TEMPLATE_TOKEN_SIZE];
	int64_t version = 0;
	int rc = read_template(db, template_id, source, layout, &version, found, err);

	if (rc < 0)
		return -1;
	snprintf(token, TEMPLATE_TOKEN_SIZE, "%s", rc && !version ? found : "");
	return 0;
}

static int put(struct db *db, const char *template_id, int64_t source, const char *layout,
	const char *token, int64_t version, struct err *err)
{
	char there[TEMPLATE_TOKEN_SIZE];
	int64_t number = 0;
	int rc = read_template(db, template_id, source, layout, &number, there, err);

	if (rc < 0)
		return -1;
	/* an unfinished one keeps its token, or the same request could not be sent again */
	if (rc && !version)
		return 0;
	return DB_RUN(db, err,
		"INSERT OR REPLACE INTO template (template_id, source, layout, token, version) "
		"VALUES (?, ?, ?, ?, ?)",
		DB_TEXT(template_id), DB_INT(source), DB_TEXT(layout), DB_TEXT(token),
		DB_INT(version));
}

int template_put(struct db *db, const char *template_id, int64_t source, const char *layout,
	const char *token, int64_t version, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_fits("token", token, TEMPLATE_TOKEN_SIZE, err) < 0)
		return -1;
	if (version < 0 || (!version && !*token))
		return err_set(
			err, ERR_FATAL, "template %s: neither a token nor a version", template_id);
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = put(db, template_id, source, layout, token, version, err);
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

int template_forget(
	struct db *db, const char *template_id, int64_t source, const char *layout, struct err *err)
{
	struct db_scope scope;
	int rc;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = DB_RUN(db, err,
		"DELETE FROM template WHERE template_id = ? AND source = ? "
		"AND layout = coalesce(?, layout)",
		DB_TEXT(template_id), DB_INT(source), DB_TEXT(layout));
	return db_leave(db, &scope, rc < 0 ? -1 : 0, err);
}

static void release_version(void *version)
{
	free(((struct template_version *)version)->layout);
}

static int read_version(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct template_version v = {0};

	db_row_text(&row, v.template_id, sizeof(v.template_id));
	v.source = db_row_int(&row);
	v.layout = db_row_dup(&row);
	v.version = db_row_int(&row);
	if (db_row_check(db, &row, err) < 0) {
		release_version(&v);
		return -1;
	}
	*(struct template_version *)out = v;
	return 0;
}

static const struct db_list list_of_versions = {
	sizeof(struct template_version), read_version, release_version};

int template_list(struct db *db, const char *template_id, struct template_version **versions,
	size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT template_id, source, layout, version FROM template "
		"WHERE template_id = coalesce(?, template_id) "
		"ORDER BY template_id, version DESC, source DESC, layout",
		DB_TEXT(template_id));

	return db_list_rows(db, stmt, &list_of_versions, versions, n, err);
}

int template_prunable(struct db *db, const char *template_id, unsigned keep,
	struct template_version **versions, size_t *n, struct err *err)
{
	/* EC2 counts versions up, so the number tells which was derived last */
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT template_id, source, layout, version FROM template AS t "
		"WHERE template_id = ?1 AND version > 0 AND ?2 <= "
		"(SELECT count(*) FROM template AS newer WHERE newer.template_id = ?1 "
		"AND newer.layout = t.layout AND newer.version > t.version) "
		"ORDER BY version",
		DB_TEXT(template_id), DB_INT(keep));

	return db_list_rows(db, stmt, &list_of_versions, versions, n, err);
}

void template_list_release(struct template_version *versions, size_t n)
{
	db_list_release(&list_of_versions, versions, n);
}
