/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/catalog_db.h"

#include <stdlib.h>
#include <string.h>

#include "lib/state/db_internal.h"

#define TYPE_COLUMNS                                                                               \
	"name, vcpus, cores, mem_mib, arch, gpus, efa, cards, card0_ifs, card_ifs, efa_on_card0, " \
	"spot, on_demand, cluster_group"

void catalog_told_release(struct catalog_told *told)
{
	free(told->types);
	free(told->offers);
	free(told->subnets);
	*told = (struct catalog_told){0};
}

/* --- writing --------------------------------------------------------------------------------- */

static int forget(struct db *db, const char *region, struct err *err)
{
	if (DB_RUN(db, err, "DELETE FROM instance_type WHERE region = ?", DB_TEXT(region)) < 0 ||
		DB_RUN(db, err, "DELETE FROM offering WHERE region = ?", DB_TEXT(region)) < 0 ||
		DB_RUN(db, err, "DELETE FROM subnet WHERE region = ?", DB_TEXT(region)) < 0)
		return -1;
	return 0;
}

static int put_type(
	struct db *db, const char *region, const struct told_type *type, struct err *err)
{
	const struct instance_type *t = &type->info;

	if (db_fits("instance type's name", type->name, TOLD_TYPE_SIZE, err) < 0 ||
		told_check(t, err) < 0)
		return -1;
	return DB_RUN(db, err,
		"INSERT INTO instance_type (region, " TYPE_COLUMNS
		") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		DB_TEXT(region), DB_TEXT(type->name), DB_INT(t->vcpus), DB_INT(t->cores),
		DB_INT(t->mem_mib), DB_TEXT(arch_name(t->arch)), DB_INT(t->gpus),
		DB_INT(t->efa_max), DB_INT(t->cards), DB_INT(t->card_ifs[0]),
		DB_INT(t->card_ifs[1]), DB_INT(t->efa_on_card0), DB_INT(t->spot),
		DB_INT(t->on_demand), DB_INT(t->cluster_group));
}

static int replace(
	struct db *db, const char *region, const struct catalog_told *told, struct err *err)
{
	if (forget(db, region, err) < 0 ||
		DB_RUN(db, err,
			"INSERT INTO catalog (region, refreshed_ms) VALUES (?, ?) ON CONFLICT "
			"(region) DO UPDATE SET refreshed_ms = excluded.refreshed_ms",
			DB_TEXT(region), DB_INT(told->refreshed_ms)) < 0)
		return -1;
	for (size_t i = 0; i < told->ntypes; i++)
		if (put_type(db, region, &told->types[i], err) < 0)
			return -1;
	for (size_t i = 0; i < told->noffers; i++)
		if (DB_RUN(db, err,
			    "INSERT OR IGNORE INTO offering (region, az, type) VALUES (?, ?, ?)",
			    DB_TEXT(region), DB_TEXT(told->offers[i].az),
			    DB_TEXT(told->offers[i].type)) < 0)
			return -1;
	for (size_t i = 0; i < told->nsubnets; i++)
		if (DB_RUN(db, err,
			    "INSERT OR REPLACE INTO subnet (region, id, az) VALUES (?, ?, ?)",
			    DB_TEXT(region), DB_TEXT(told->subnets[i].id),
			    DB_TEXT(told->subnets[i].az)) < 0)
			return -1;
	return 0;
}

int catalog_db_replace(
	struct db *db, const char *region, const struct catalog_told *told, struct err *err)
{
	struct db_scope scope;

	if (!*region || !told->ntypes || !told->noffers)
		return err_set(err, ERR_FATAL,
			"a catalogue of region \"%s\" with %zu types and %zu offers is none",
			region, told->ntypes, told->noffers);
	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, replace(db, region, told, err), err);
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_type(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct told_type *type = out;
	struct instance_type *t = &type->info;
	char arch[16];

	*type = (struct told_type){0};
	db_row_text(&row, type->name, sizeof(type->name));
	t->name = type->name;
	t->vcpus = (uint16_t)db_row_int(&row);
	t->cores = (uint16_t)db_row_int(&row);
	t->mem_mib = (uint32_t)db_row_int(&row);
	db_row_text(&row, arch, sizeof(arch));
	t->arch = arch_parse(arch);
	t->gpus = (uint8_t)db_row_int(&row);
	t->efa_max = (uint8_t)db_row_int(&row);
	t->cards = (uint8_t)db_row_int(&row);
	t->card_ifs[0] = (uint8_t)db_row_int(&row);
	t->card_ifs[1] = (uint8_t)db_row_int(&row);
	t->efa_on_card0 = db_row_int(&row) != 0;
	t->spot = db_row_int(&row) != 0;
	t->on_demand = db_row_int(&row) != 0;
	t->cluster_group = db_row_int(&row) != 0;
	if (db_row_check(db, &row, err) < 0)
		return -1;
	/* what somebody has written there by hand */
	return told_check(t, err);
}

static int read_offer(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct told_offer *offer = out;

	db_row_text(&row, offer->az, sizeof(offer->az));
	db_row_text(&row, offer->type, sizeof(offer->type));
	return db_row_check(db, &row, err);
}

static int read_subnet(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct told_subnet *subnet = out;

	db_row_text(&row, subnet->id, sizeof(subnet->id));
	db_row_text(&row, subnet->az, sizeof(subnet->az));
	return db_row_check(db, &row, err);
}

int catalog_db_refreshed(struct db *db, const char *region, int64_t *ms, struct err *err)
{
	return DB_SELECT_INT(
		db, err, ms, "SELECT refreshed_ms FROM catalog WHERE region = ?", DB_TEXT(region));
}

static int read_all(struct db *db, const char *region, struct catalog_told *told, struct err *err)
{
	static const struct db_list types = {sizeof(struct told_type), read_type, NULL};
	static const struct db_list offers = {sizeof(struct told_offer), read_offer, NULL};
	static const struct db_list subnets = {sizeof(struct told_subnet), read_subnet, NULL};
	cleanup_stmt sqlite3_stmt *t = NULL, *o = NULL, *s = NULL;

	if (catalog_db_refreshed(db, region, &told->refreshed_ms, err) < 0)
		return -1;
	t = DB_PREPARE(db, err,
		"SELECT " TYPE_COLUMNS " FROM instance_type WHERE region = ? ORDER BY name",
		DB_TEXT(region));
	if (db_list_rows(db, t, &types, &told->types, &told->ntypes, err) < 0)
		return -1;
	told_name(told->types, told->ntypes);
	o = DB_PREPARE(db, err, "SELECT az, type FROM offering WHERE region = ? ORDER BY az, type",
		DB_TEXT(region));
	if (db_list_rows(db, o, &offers, &told->offers, &told->noffers, err) < 0)
		return -1;
	s = DB_PREPARE(
		db, err, "SELECT id, az FROM subnet WHERE region = ? ORDER BY id", DB_TEXT(region));
	return db_list_rows(db, s, &subnets, &told->subnets, &told->nsubnets, err);
}

int catalog_db_read(struct db *db, const char *region, struct catalog_told *told, struct err *err)
{
	struct catalog_told all = {0};
	struct db_scope scope;
	int rc;

	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	rc = read_all(db, region, &all, err);
	db_leave_read(db, &scope);
	if (rc < 0) {
		catalog_told_release(&all);
		return -1;
	}
	*told = all;
	return 0;
}

int catalog_db_regions(struct db *db, char ***regions, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		db, err, "SELECT region FROM catalog ORDER BY region", NULL, 0);

	return db_list_rows(db, stmt, &db_list_texts, regions, n, err);
}

void catalog_db_regions_release(char **regions, size_t n)
{
	db_list_release(&db_list_texts, regions, n);
}

int catalog_db_type(struct db *db, const char *region, const char *name, struct told_type *type,
	struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT " TYPE_COLUMNS " FROM instance_type WHERE region = ? AND name = ?",
		DB_TEXT(region), DB_TEXT(name));
	struct told_type found;
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc <= 0)
		return rc;
	if (read_type(db, stmt, &found, err) < 0)
		return -1;
	*type = found;
	told_name(type, 1);
	return 1;
}

int catalog_db_offered(struct db *db, const char *region, const char *type, const char *az,
	bool *offered, struct err *err)
{
	int64_t any = 0, here = 0;

	if (DB_SELECT_INT(db, err, &here,
		    "SELECT count(*) FROM offering WHERE region = ? AND az = ? AND type = ?",
		    DB_TEXT(region), DB_TEXT(az), DB_TEXT(type)) < 0)
		return -1;
	if (!here && DB_SELECT_INT(db, err, &any,
			     "SELECT count(*) FROM (SELECT 1 FROM offering WHERE region = ? AND "
			     "az = ? LIMIT 1)",
			     DB_TEXT(region), DB_TEXT(az)) < 0)
		return -1;
	if (!here && !any)
		return 0;
	*offered = here != 0;
	return 1;
}
