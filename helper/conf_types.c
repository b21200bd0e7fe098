/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/conf_types.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

struct check {
	const struct conf *conf;
	struct types *types;
	int64_t now_ms;
	void (*warn)(void *arg, const char *text);
	void *arg;
};

static const char *region_of(const struct check *c, const struct conf_place *place)
{
	return place->region ? place->region : c->conf->aws.region;
}

/* Was it said of this type and region before, by an earlier place or override? */
static bool said_before(const struct check *c, size_t g, size_t p, size_t o, const char *type)
{
	const char *region = region_of(c, &c->conf->groups[g].places[p]);

	for (size_t i = 0; i <= g; i++)
		for (size_t k = 0; k < c->conf->groups[i].nplaces; k++) {
			const struct conf_place *place = &c->conf->groups[i].places[k];

			if (i == g && k > p)
				break;
			if (strcmp(region_of(c, place), region) != 0)
				continue;
			for (size_t n = 0; n < place->noverrides; n++) {
				if (i == g && k == p && n == o)
					return false;
				if (!strcmp(place->overrides[n].type, type))
					return true;
			}
		}
	return false;
}

static void warn_unknown(const struct check *c, const struct conf_group *group,
	const struct types_region *region, const char *name, const char *type)
{
	char text[512];

	snprintf(text, sizeof(text),
		"%s: node group %s-%s: instance type %s is not in the built-in table of %s%s%s, "
		"and is never used so; is it spelt right? %s\"aws-slurm-burst catalog refresh\" "
		"asks EC2 for newer ones",
		c->conf->path, group->partition, group->name, type, catalog_date(),
		region && region->told.refreshed_ms ? ", nor did EC2 tell of it in " : "",
		region && region->told.refreshed_ms ? name : "",
		region && region->told.refreshed_ms ? "Another " : "");
	c->warn(c->arg, text);
}

static int check_place(const struct check *c, size_t g, size_t p,
	const struct instance_type **first, struct err *err)
{
	const struct conf_group *group = &c->conf->groups[g];
	const struct conf_place *place = &group->places[p];
	const char *name = region_of(c, place);
	/* what cannot be read is as what was never asked for */
	const struct types_region *region = types_region(c->types, name, c->now_ms, NULL);

	for (size_t i = 0; i < place->noverrides; i++) {
		const char *of = place->overrides[i].type;
		const struct instance_type *type = types_find(region, of);

		if (!type) {
			if (!said_before(c, g, p, i, of))
				warn_unknown(c, group, region, name, of);
			continue;
		}
		if (!*first)
			*first = type;
		if (group->arch != ARCH_ANY && type->arch != group->arch)
			return err_set(err, ERR_CONFIG,
				"%s: node group %s-%s: %s is of %s, but architecture or Features "
				"say %s; give it a node group of its own",
				c->conf->path, group->partition, group->name, of,
				arch_name(type->arch), arch_name(group->arch));
		if (type->arch != (*first)->arch)
			return err_set(err, ERR_CONFIG,
				"%s: node group %s-%s: %s is of %s, but %s of %s; a node group has "
				"one image: give the others a node group of their own",
				c->conf->path, group->partition, group->name, of,
				arch_name(type->arch), (*first)->name, arch_name((*first)->arch));
	}
	return 0;
}

int conf_types_check(const struct conf *conf, struct types *types, int64_t now_ms,
	void (*warn)(void *arg, const char *text), void *arg, struct err *err)
{
	const struct check c = {conf, types, now_ms, warn, arg};

	for (size_t g = 0; g < conf->ngroups; g++) {
		const struct instance_type *first = NULL;

		for (size_t p = 0; p < conf->groups[g].nplaces; p++)
			if (check_place(&c, g, p, &first, err) < 0)
				return -1;
	}
	return 0;
}

static void destroy(struct types **types)
{
	types_destroy(*types);
}

int conf_types_check_here(
	struct conf *conf, void (*warn)(void *arg, const char *text), void *arg, struct err *err)
{
	CLEANUP(destroy) struct types *types = NULL;
	struct app app = APP_INIT;
	int rc;

	app.conf = conf;
	app_db(&app, DB_READ_ONLY, NULL);
	types = types_create(app.db, conf->public.directory, conf->catalog.max_age_s, err);
	rc = types ? conf_types_check(conf, types, clock_now_ms(), warn, arg, err) : -1;
	/* the configuration is the caller's */
	app_detach(&app);
	return rc;
}
