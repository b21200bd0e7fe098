/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types: what is known of instance types in a region: EC2's own word, told at the last "catalog
 * refresh", else the built-in table. It comes from state.db, or for who may not read that from the
 * public catalogue.json.
 *
 * A word that is older than catalog.max_age_s counts only for types that the table lacks, and says
 * nothing any more of where a type is offered.
 *
 *	struct types *types = types_create(db, conf->public.directory, conf->catalog.max_age_s);
 *	const struct types_region *region = types_region(types, "us-east-2", now_ms, err);
 *	... types_find(region, "hpc9a.96xlarge") ...
 *	types_destroy(types);
 */
#ifndef BURST_TYPES_H
#define BURST_TYPES_H

#include <json-c/json.h>

#include "helper/app.h"
#include "lib/plan/plan.h"
#include "lib/state/catalog_db.h"

struct types;

struct types_region {
	char name[32];
	struct catalog_told told; /* refreshed_ms 0: nothing */
	bool young;               /* … and is believed over the table */
};

/* DB, may be NULL, is borrowed; PUBLIC_DIRECTORY is only read without it. NULL: out of memory. */
struct types *types_create(
	struct db *db, const char *public_directory, int64_t max_age_s, struct err *err);
void types_destroy(struct types *types);

/*
 * REGION, read once; owned by TYPES. Where nothing is known of it, it is empty. NULL with ERR where
 * what is there cannot be read.
 */
const struct types_region *types_region(
	struct types *types, const char *region, int64_t now_ms, struct err *err);

/* By EC2's word or the table's; NULL: neither. REGION may be NULL: the table. */
const struct instance_type *types_find(const struct types_region *region, const char *name);
/* The same if it is EC2's word; else NULL. */
const struct instance_type *types_told(const struct types_region *region, const char *name);
enum offer types_offer(const struct types_region *region, const char *type, const char *az);
/* The zone of a subnet as it was at the refresh; "" not known. */
const char *types_zone(const struct types_region *region, const char *subnet);

/*
 * Fill info and offered of CHOICES, all of REGION. They borrow from APP until app_detach(). What is
 * not known, or cannot be read (which is logged), stays as it is: a plan can do without.
 */
void catalog_choices(struct app *app, const char *region, struct plan_choice *choices, size_t n);
/* types_find() with the same; for who counts vCPUs or addresses. */
const struct instance_type *catalog_type(struct app *app, const char *region, const char *name);

/* --- as JSON, in catalogue.json and "catalog list --json" --- */

/* NAMED: with the name, first. To be released by json_object_put(). */
struct json_object *types_info_json(const struct instance_type *info, bool named);
/* The reverse; NAME is copied. ERR_CONFIG where it is none. */
int types_info_parse(
	struct json_object *o, const char *name, struct told_type *type, struct err *err);

#define TYPES_PUBLIC_FILE "catalogue.json"
/* What is told of REGIONS, whole, as catalogue.json has it; NOW_MS stands in it. */
struct json_object *types_json(const struct types_region *const *regions, size_t n, int64_t now_ms);

#endif
