/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/types.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

/* 1400 types in six zones are 350 KB a region. */
#define PUBLIC_MAX (32 * 1024 * 1024)

struct known_region {
	struct known_region *next;
	struct types_region region;
};

struct types {
	struct db *db;
	char *directory;
	int64_t max_age_s;
	struct json_object *public;
	bool warned;
	bool looked; /* for the public file, be it there or not */
	struct known_region *regions;
};

struct types *types_create(
	struct db *db, const char *public_directory, int64_t max_age_s, struct err *err)
{
	struct types *types = calloc(1, sizeof(*types));

	if (!types) {
		err_nomem(err);
		return NULL;
	}
	types->db = db;
	types->max_age_s = max_age_s;
	types->directory = public_directory ? strdup(public_directory) : NULL;
	if (public_directory && !types->directory) {
		free(types);
		err_nomem(err);
		return NULL;
	}
	return types;
}

void types_destroy(struct types *types)
{
	if (!types)
		return;
	while (types->regions) {
		struct known_region *known = types->regions;

		types->regions = known->next;
		catalog_told_release(&known->region.told);
		free(known);
	}
	if (types->public)
		json_object_put(types->public);
	free(types->directory);
	free(types);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_int(struct json_object *o, const char *key, int64_t value)
{
	json_object_object_add(o, key, json_object_new_int64(value));
}

static void add_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

struct json_object *types_info_json(const struct instance_type *info, bool named)
{
	struct json_object *o = json_object_new_object(), *ifs = json_object_new_array();

	if (named)
		json_object_object_add(o, "name", json_object_new_string(info->name));
	add_int(o, "vcpus", info->vcpus);
	add_int(o, "cores", info->cores);
	add_int(o, "mem_mib", info->mem_mib);
	json_object_object_add(o, "arch", json_object_new_string(arch_name(info->arch)));
	add_int(o, "gpus", info->gpus);
	add_int(o, "efa", info->efa_max);
	add_bool(o, "efa_on_card0", info->efa_on_card0);
	add_int(o, "cards", info->cards);
	json_object_array_add(ifs, json_object_new_int(info->card_ifs[0]));
	json_object_array_add(ifs, json_object_new_int(info->card_ifs[1]));
	json_object_object_add(o, "card_interfaces", ifs);
	add_bool(o, "spot", info->spot);
	add_bool(o, "on_demand", info->on_demand);
	add_bool(o, "cluster_group", info->cluster_group);
	return o;
}

/* Between 0 and MAX; else 0, which told_check() takes for what it is where it matters. */
static int64_t get_int(struct json_object *o, const char *key, int64_t max)
{
	struct json_object *value;
	int64_t i;

	if (!json_object_object_get_ex(o, key, &value))
		return 0;
	i = json_object_get_int64(value);
	return i < 0 || i > max ? 0 : i;
}

static bool get_bool(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) && json_object_get_boolean(value);
}

static const char *get_text(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

int types_info_parse(
	struct json_object *o, const char *name, struct told_type *type, struct err *err)
{
	struct told_type t = {0};
	struct json_object *ifs;

	if (strlen(name) >= sizeof(t.name) || !json_object_is_type(o, json_type_object))
		return err_set(err, ERR_CONFIG, "%.64s is no instance type", name);
	snprintf(t.name, sizeof(t.name), "%s", name);
	t.info.name = t.name;
	t.info.vcpus = (uint16_t)get_int(o, "vcpus", UINT16_MAX);
	t.info.cores = (uint16_t)get_int(o, "cores", UINT16_MAX);
	t.info.mem_mib = (uint32_t)get_int(o, "mem_mib", UINT32_MAX);
	t.info.arch = arch_parse(get_text(o, "arch"));
	t.info.gpus = (uint8_t)get_int(o, "gpus", UINT8_MAX);
	t.info.efa_max = (uint8_t)get_int(o, "efa", UINT8_MAX);
	t.info.efa_on_card0 = get_bool(o, "efa_on_card0");
	t.info.cards = (uint8_t)get_int(o, "cards", UINT8_MAX);
	for (size_t i = 0; i < 2; i++) {
		int64_t n = 0;

		if (json_object_object_get_ex(o, "card_interfaces", &ifs) &&
			json_object_is_type(ifs, json_type_array))
			n = json_object_get_int64(json_object_array_get_idx(ifs, i));
		t.info.card_ifs[i] = n < 0 || n > UINT8_MAX ? 0 : (uint8_t)n;
	}
	t.info.spot = get_bool(o, "spot");
	t.info.on_demand = get_bool(o, "on_demand");
	t.info.cluster_group = get_bool(o, "cluster_group");
	if (told_check(&t.info, err) < 0)
		return -1;
	*type = t;
	told_name(type, 1);
	return 0;
}

/* The types of a zone, for each zone: shorter than the zones of each type. */
static struct json_object *offers_json(const struct catalog_told *told)
{
	struct json_object *zones = json_object_new_object(), *list = NULL;

	for (size_t i = 0; i < told->noffers; i++) {
		if (!i || strcmp(told->offers[i - 1].az, told->offers[i].az) != 0) {
			list = json_object_new_array();
			json_object_object_add(zones, told->offers[i].az, list);
		}
		json_object_array_add(list, json_object_new_string(told->offers[i].type));
	}
	return zones;
}

static struct json_object *region_json(const struct types_region *region)
{
	struct json_object *o = json_object_new_object(), *types = json_object_new_object();
	struct json_object *subnets = json_object_new_object();
	const struct catalog_told *told = &region->told;

	add_int(o, "refreshed_ms", told->refreshed_ms);
	for (size_t i = 0; i < told->nsubnets; i++)
		json_object_object_add(
			subnets, told->subnets[i].id, json_object_new_string(told->subnets[i].az));
	json_object_object_add(o, "subnets", subnets);
	for (size_t i = 0; i < told->ntypes; i++)
		json_object_object_add(
			types, told->types[i].name, types_info_json(&told->types[i].info, false));
	json_object_object_add(o, "types", types);
	json_object_object_add(o, "zones", offers_json(told));
	return o;
}

struct json_object *types_json(const struct types_region *const *regions, size_t n, int64_t now_ms)
{
	struct json_object *top = json_object_new_object(), *all = json_object_new_object();
	char iso[CLOCK_ISO_SIZE];

	add_int(top, "version", 1);
	json_object_object_add(
		top, "written", json_object_new_string(clock_format_iso(now_ms / 1000, iso)));
	for (size_t i = 0; i < n; i++)
		json_object_object_add(all, regions[i]->name, region_json(regions[i]));
	json_object_object_add(top, "regions", all);
	return top;
}

/* --- reading the public file ----------------------------------------------------------------- */

static int look(struct types *types, struct err *err)
{
	cleanup_free char *text = NULL;
	char path[PATH_MAX];
	struct err why = {0};
	size_t len;

	if (types->looked || !types->directory)
		return 0;
	types->looked = true;
	if (snprintf(path, sizeof(path), "%s/%s", types->directory, TYPES_PUBLIC_FILE) >=
		(int)sizeof(path))
		return err_set(err, ERR_CONFIG, "path too long: %.100s...", types->directory);
	if (file_read(path, PUBLIC_MAX, &text, &len, &why) < 0) {
		if (why.class == ERR_NOTFOUND)
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	types->public = json_tokener_parse(text);
	if (types->public && get_int(types->public, "version", INT_MAX) == 1)
		return 0;
	if (types->public)
		json_object_put(types->public);
	types->public = NULL;
	return err_set(err, ERR_CONFIG,
		"%s is not what this version of aws-slurm-burst writes: refresh it with "
		"\"aws-slurm-burst catalog refresh\"",
		path);
}

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	if (!o || !json_object_object_get_ex(o, key, &value) ||
		!json_object_is_type(value, json_type_object))
		return NULL;
	return value;
}

static int read_types(struct json_object *o, struct catalog_told *told, struct err *err)
{
	if (!o)
		return 0;
	told->types = calloc((size_t)json_object_object_length(o) + 1, sizeof(*told->types));
	if (!told->types)
		return err_nomem(err);
	json_object_object_foreach(o, name, value)
	{
		if (types_info_parse(value, name, &told->types[told->ntypes], err) < 0)
			return -1;
		told->ntypes++;
	}
	told->ntypes = told_settle(told->types, told->ntypes);
	return 0;
}

static int by_zone(const void *a, const void *b)
{
	const struct told_offer *x = a, *y = b;
	int zone = strcmp(x->az, y->az);

	return zone ? zone : strcmp(x->type, y->type);
}

static int read_offers(struct json_object *o, struct catalog_told *told, struct err *err)
{
	size_t n = 0;

	if (!o)
		return 0;
	{
		json_object_object_foreach(o, az, types)
		{
			(void)az;
			if (json_object_is_type(types, json_type_array))
				n += json_object_array_length(types);
		}
	}
	told->offers = calloc(n + 1, sizeof(*told->offers));
	if (!told->offers)
		return err_nomem(err);
	json_object_object_foreach(o, zone, list)
	{
		for (size_t i = 0; json_object_is_type(list, json_type_array) &&
				   i < json_object_array_length(list);
			i++) {
			struct told_offer *offer = &told->offers[told->noffers];
			const char *type = json_object_get_string(
				json_object_array_get_idx(list, i));

			if (!type || strlen(type) >= sizeof(offer->type) ||
				strlen(zone) >= sizeof(offer->az))
				continue;
			snprintf(offer->type, sizeof(offer->type), "%s", type);
			snprintf(offer->az, sizeof(offer->az), "%s", zone);
			told->noffers++;
		}
	}
	qsort(told->offers, told->noffers, sizeof(*told->offers), by_zone);
	return 0;
}

static int read_subnets(struct json_object *o, struct catalog_told *told, struct err *err)
{
	if (!o)
		return 0;
	told->subnets = calloc((size_t)json_object_object_length(o) + 1, sizeof(*told->subnets));
	if (!told->subnets)
		return err_nomem(err);
	json_object_object_foreach(o, id, value)
	{
		struct told_subnet *subnet = &told->subnets[told->nsubnets];
		const char *az = json_object_get_string(value);

		if (!az || strlen(id) >= sizeof(subnet->id) || strlen(az) >= sizeof(subnet->az))
			continue;
		snprintf(subnet->id, sizeof(subnet->id), "%s", id);
		snprintf(subnet->az, sizeof(subnet->az), "%s", az);
		told->nsubnets++;
	}
	return 0;
}

static int read_public(
	struct types *types, const char *name, struct catalog_told *told, struct err *err)
{
	struct catalog_told all = {0};
	struct json_object *region;

	if (look(types, err) < 0)
		return -1;
	region = member(member(types->public, "regions"), name);
	if (!region)
		return 0;
	all.refreshed_ms = get_int(region, "refreshed_ms", INT64_MAX);
	if (read_types(member(region, "types"), &all, err) < 0 ||
		read_offers(member(region, "zones"), &all, err) < 0 ||
		read_subnets(member(region, "subnets"), &all, err) < 0) {
		catalog_told_release(&all);
		return err_prefix(err, "%s/%s", types->directory, TYPES_PUBLIC_FILE);
	}
	*told = all;
	return 0;
}

/* --- looking up ------------------------------------------------------------------------------ */

const struct types_region *types_region(
	struct types *types, const char *name, int64_t now_ms, struct err *err)
{
	struct known_region *known;
	struct catalog_told told = {0};

	for (known = types->regions; known; known = known->next)
		if (!strcmp(known->region.name, name))
			return &known->region;
	if (strlen(name) >= sizeof(known->region.name)) {
		err_set(err, ERR_CONFIG, "%.64s is no region", name);
		return NULL;
	}
	if (types->db ? catalog_db_read(types->db, name, &told, err) < 0
		      : read_public(types, name, &told, err) < 0)
		return NULL;
	known = calloc(1, sizeof(*known));
	if (!known) {
		catalog_told_release(&told);
		err_nomem(err);
		return NULL;
	}
	snprintf(known->region.name, sizeof(known->region.name), "%s", name);
	known->region.told = told;
	known->region.young = told.refreshed_ms &&
			      now_ms - told.refreshed_ms < types->max_age_s * 1000;
	known->next = types->regions;
	types->regions = known;
	return &known->region;
}

const struct instance_type *types_told(const struct types_region *region, const char *name)
{
	const struct instance_type *told =
		region ? told_find(region->told.types, region->told.ntypes, name) : NULL;

	return told && (region->young || !catalog_find(name)) ? told : NULL;
}

const struct instance_type *types_find(const struct types_region *region, const char *name)
{
	const struct instance_type *told = types_told(region, name);

	return told ? told : catalog_find(name);
}

static int compare_zone(const void *az, const void *offer)
{
	return strcmp(az, ((const struct told_offer *)offer)->az);
}

enum offer types_offer(const struct types_region *region, const char *type, const char *az)
{
	const struct catalog_told *told = region && region->young ? &region->told : NULL;
	struct told_offer key;

	if (!told || !told->noffers || strlen(type) >= sizeof(key.type) ||
		strlen(az) >= sizeof(key.az))
		return OFFER_UNKNOWN;
	snprintf(key.type, sizeof(key.type), "%s", type);
	snprintf(key.az, sizeof(key.az), "%s", az);
	if (bsearch(&key, told->offers, told->noffers, sizeof(key), by_zone))
		return OFFER_YES;
	return bsearch(az, told->offers, told->noffers, sizeof(key), compare_zone) ? OFFER_NO
										   : OFFER_UNKNOWN;
}

const char *types_zone(const struct types_region *region, const char *subnet)
{
	for (size_t i = 0; region && i < region->told.nsubnets; i++)
		if (!strcmp(region->told.subnets[i].id, subnet))
			return region->told.subnets[i].az;
	return "";
}

/* --- for the application --------------------------------------------------------------------- */

static const struct types_region *of_app(struct app *app, const char *name)
{
	const struct types_region *region;
	struct err err = {0};

	if (!app->types)
		app->types = types_create(
			app->db, app->conf->public.directory, app->conf->catalog.max_age_s, &err);
	region = app->types ? types_region(app->types, name, clock_now_ms(), &err) : NULL;
	if (region || (app->types && app->types->warned))
		return region;
	log_warn("the built-in table of instance types is used: %s", err.text);
	if (app->types)
		app->types->warned = true;
	return region;
}

void catalog_choices(struct app *app, const char *name, struct plan_choice *choices, size_t n)
{
	const struct types_region *region = n ? of_app(app, name) : NULL;

	for (size_t i = 0; region && i < n; i++) {
		choices[i].info = types_told(region, choices[i].type);
		if (*choices[i].az)
			choices[i].offered = types_offer(region, choices[i].type, choices[i].az);
	}
}

const struct instance_type *catalog_type(struct app *app, const char *region, const char *name)
{
	return types_find(of_app(app, region), name);
}
