/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "helper/reserved.h"
#include "helper/types.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* Put TEXT behind the *N there are, unless it is there. */
static void add_once(const char **list, size_t *n, const char *text)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(list[i], text))
			return;
	list[(*n)++] = text;
}

static const char *region_of(const struct conf *conf, const struct conf_place *place)
{
	return place->region ? place->region : conf->aws.region;
}

int refresh_regions(const struct conf *conf, const char ***regions, size_t *n, struct err *err)
{
	size_t most = 1, count = 0;
	const char **list;

	for (size_t i = 0; i < conf->ngroups; i++)
		most += conf->groups[i].nplaces;
	list = calloc(most, sizeof(*list));
	if (!list)
		return err_nomem(err);
	add_once(list, &count, conf->aws.region);
	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++)
			add_once(list, &count, region_of(conf, &conf->groups[i].places[k]));
	*regions = list;
	*n = count;
	return 0;
}

/* The site's subnets in REGION. */
static int ask_subnets(struct app *app, struct aws *aws, const char *region,
	struct catalog_told *told, struct err *err)
{
	const struct conf *conf = app->conf;
	cleanup_free const char **ids = NULL;
	cleanup_free struct ec2_subnet *subnets = NULL;
	size_t most = 0, n = 0;

	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++)
			most += conf->groups[i].places[k].nsubnets;
	ids = calloc(most + 1, sizeof(*ids));
	if (!ids)
		return err_nomem(err);
	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++) {
			const struct conf_place *place = &conf->groups[i].places[k];

			for (size_t s = 0;
				!strcmp(region_of(conf, place), region) && s < place->nsubnets; s++)
				add_once(ids, &n, place->subnets[s]);
		}
	if (!n)
		return 0;
	if (ec2_describe_subnets(aws, ids, n, &subnets, err) < 0)
		return -1;
	told->subnets = calloc(n, sizeof(*told->subnets));
	if (!told->subnets)
		return err_nomem(err);
	for (; told->nsubnets < n; told->nsubnets++) {
		struct told_subnet *subnet = &told->subnets[told->nsubnets];

		snprintf(subnet->id, sizeof(subnet->id), "%s", subnets[told->nsubnets].id);
		snprintf(subnet->az, sizeof(subnet->az), "%s", subnets[told->nsubnets].az);
	}
	return 0;
}

static int ask(struct app *app, const char *region, struct catalog_told *told, struct err *err)
{
	struct aws *aws = app_aws(app, region, err);

	if (!aws)
		return -1;
	if (ec2_describe_instance_types(aws, &told->types, &told->ntypes, err) < 0 ||
		ec2_describe_type_offerings(aws, &told->offers, &told->noffers, err) < 0 ||
		ask_subnets(app, aws, region, told, err) < 0)
		return -1;
	for (size_t i = 0; i < told->ntypes; i++)
		told_correct(&told->types[i].info);
	return 0;
}

static size_t count_zones(const struct catalog_told *told)
{
	size_t n = 0;

	for (size_t i = 0; i < told->noffers; i++) {
		size_t k = 0;

		/* a handful of zones: the first offer of each is soon found */
		while (k < i && strcmp(told->offers[k].az, told->offers[i].az) != 0)
			k++;
		n += k == i;
	}
	return n;
}

static void say(struct strbuf *out, const char *region, const struct catalog_told *told)
{
	size_t efa = 0, unknown = 0;

	for (size_t i = 0; i < told->ntypes; i++) {
		efa += told->types[i].info.efa_max > 0;
		unknown += !catalog_find(told->types[i].name);
	}
	strbuf_addf(out,
		"%s: %zu types, %zu with EFA, %zu that the built-in table of %s lacks; %zu "
		"zone%s, %zu subnet%s of ours\n",
		region, told->ntypes, efa, unknown, catalog_date(), count_zones(told),
		count_zones(told) == 1 ? "" : "s", told->nsubnets, told->nsubnets == 1 ? "" : "s");
}

int refresh_region(struct app *app, const char *region, struct strbuf *out, struct err *err)
{
	CLEANUP(catalog_told_release) struct catalog_told told = {0};
	struct err why;

	if (ask(app, region, &told, err) < 0)
		return -1;
	told.refreshed_ms = clock_now_ms();
	if (catalog_db_replace(app->db, region, &told, err) < 0)
		return -1;
	/* a role may be without the permission; the catalogue does without */
	if (reserved_ask(app, region, &why) < 0)
		log_warn("capacity reservations in %s: %s", region, why.text);
	types_destroy(app->types);
	app->types = NULL;
	say(out, region, &told);
	return 0;
}
