/* SPDX-License-Identifier: Apache-2.0 */
/* What EC2 shows, region by region; one that does not answer is not known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "helper/survey_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define PIECE_MAX 200 /* values of a filter */

static int add_region(struct survey *survey, const char *name, struct err *err)
{
	struct survey_region *grown;

	if (!name || !*name)
		name = survey->conf->aws.region;
	if (!name || !*name || survey_region(survey, name))
		return 0;
	grown = reallocarray(survey->regions, survey->nregions + 1, sizeof(*grown));
	if (!grown)
		return err_nomem(err);
	survey->regions = grown;
	grown += survey->nregions++;
	memset(grown, 0, sizeof(*grown));
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	return 0;
}

int survey_ec2_regions(struct app *app, struct survey *survey, const struct instance *rows,
	size_t nrows, struct err *err)
{
	const struct conf *conf = app->conf;

	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++)
			if (add_region(survey, conf->groups[i].places[k].region, err) < 0)
				return -1;
	/* also one that the configuration has no more */
	for (size_t i = 0; i < nrows; i++)
		if (add_region(survey, rows[i].region, err) < 0)
			return -1;
	return 0;
}

/* In any state but terminated: of those EC2 shows an hour of past gangs. */
static int look_instances(
	struct aws *aws, const char *cluster, struct survey_region *region, struct err *err)
{
	static const char *const states[] = {
		"pending", "running", "shutting-down", "stopping", "stopped"};
	struct ec2_filter filters[] = {
		{.name = "tag:burst:cluster", .values = &cluster, .nvalues = 1},
		{.name = "instance-state-name", .values = states, .nvalues = ARRAY_SIZE(states)},
	};

	if (ec2_describe_instances(
		    aws, NULL, 0, filters, ARRAY_SIZE(filters), &region->instances, err) < 0)
		return -1;
	survey_sort_instances(&region->instances);
	return 0;
}

static int look_groups(
	struct aws *aws, const char *cluster, struct survey_region *region, struct err *err)
{
	char **names = NULL;
	size_t n = 0;

	if (ec2_list_placement_groups(aws, "burst:cluster", cluster, &names, &n, err) < 0)
		return -1;
	region->groups = calloc(n + 1, sizeof(*region->groups));
	for (size_t i = 0; i < n; i++) {
		if (region->groups)
			region->groups[region->ngroups++].name = names[i];
		else
			free(names[i]);
	}
	free(names);
	return region->groups ? 0 : err_nomem(err);
}

static bool has_template(const struct survey_region *region, const char *id)
{
	for (size_t i = 0; i < region->nversions; i++)
		if (!strcmp(region->versions[i].template_id, id))
			return true;
	return false;
}

static int look_template(
	struct aws *aws, const char *id, struct survey_region *region, struct err *err)
{
	cleanup_free struct ec2_template_version *versions = NULL;
	struct survey_version *grown;
	size_t n = 0;

	if (ec2_list_template_versions(aws, id, &versions, &n, err) < 0)
		return -1;
	grown = reallocarray(region->versions, region->nversions + n + 1, sizeof(*grown));
	if (!grown)
		return err_nomem(err);
	region->versions = grown;
	for (size_t i = 0; i < n; i++) {
		struct survey_version *v = &grown[region->nversions++];

		memset(v, 0, sizeof(*v));
		snprintf(v->template_id, sizeof(v->template_id), "%s", id);
		v->version = versions[i];
	}
	return 0;
}

/* The place's template has been looked at for an earlier one. */
static bool is_again(const struct conf *conf, size_t group, size_t place)
{
	const struct conf_place *p = &conf->groups[group].places[place];

	for (size_t i = 0; i <= group; i++)
		for (size_t k = 0; k < (i == group ? place : conf->groups[i].nplaces); k++) {
			const struct conf_place *q = &conf->groups[i].places[k];
			const char *a = p->template_id, *b = q->template_id;

			if (!a || !b) {
				a = p->template_name;
				b = q->template_name;
			}
			if (a && b && !strcmp(a, b) && !strcmp(p->region, q->region))
				return true;
		}
	return false;
}

static int look_templates(
	struct aws *aws, const struct conf *conf, struct survey_region *region, struct err *err)
{
	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++) {
			const struct conf_place *place = &conf->groups[i].places[k];
			CLEANUP(ec2_template_release) struct ec2_template seen = {0};
			const char *id = place->template_id;

			if (strcmp(place->region, region->name) || is_again(conf, i, k))
				continue;
			if (!id) {
				if (ec2_describe_template(
					    aws, place->template_name, "$Default", &seen, err) < 0)
					return -1;
				id = seen.id;
			}
			if (!has_template(region, id) && look_template(aws, id, region, err) < 0)
				return -1;
		}
	return 0;
}

/* Problems are told where the region's main answer was: a group or version less is no harm. */
static void look_region(struct app *app, struct survey *survey, struct survey_region *region)
{
	struct aws *aws = app_aws(app, region->name, &region->err);
	struct err err = {0};

	if (!aws || look_instances(aws, survey->cluster, region, &region->err) < 0)
		return;
	region->known = true;
	region->clock_off_s = aws_now_s(aws) - clock_now_s();
	if (survey->parts & SURVEY_GROUPS) {
		region->groups_known = look_groups(aws, survey->cluster, region, &err) == 0;
		if (!region->groups_known)
			log_warn("placement groups in %s: %s", region->name, err.text);
	}
	if (survey->parts & SURVEY_TEMPLATES) {
		region->versions_known = look_templates(aws, app->conf, region, &err) == 0;
		if (!region->versions_known)
			log_warn("launch templates in %s: %s", region->name, err.text);
	}
}

void survey_ec2_tagged(struct app *app, struct survey *survey)
{
	for (size_t i = 0; i < survey->nregions; i++)
		look_region(app, survey, &survey->regions[i]);
}

/* Put what MORE has behind ALL, which is released by its own. */
static int append(struct ec2_instances *all, struct ec2_instances *more, struct err *err)
{
	struct ec2_instance *grown;

	if (!more->n)
		return 0;
	grown = reallocarray(all->all, all->n + more->n, sizeof(*grown));
	if (!grown)
		return err_nomem(err);
	memcpy(grown + all->n, more->all, more->n * sizeof(*grown));
	all->all = grown;
	all->n += more->n;
	free(more->all);
	*more = (struct ec2_instances){0};
	return 0;
}

/* Ask for ROWS, all of REGION, by id: by filter, since one that EC2 has forgotten would fail a
 * request for ids. */
static int ask_rows(struct app *app, struct survey_region *region, struct survey_row **rows,
	size_t n, struct err *err)
{
	CLEANUP(ec2_instances_release) struct ec2_instances all = {0};
	struct aws *aws = app_aws(app, region->name, err);

	if (!aws)
		return -1;
	for (size_t at = 0, piece; at < n; at += piece) {
		CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
		const char *ids[PIECE_MAX];
		struct ec2_filter filter = {.name = "instance-id", .values = ids};

		piece = n - at < PIECE_MAX ? n - at : PIECE_MAX;
		for (size_t i = 0; i < piece; i++)
			ids[i] = rows[at + i]->row.id;
		filter.nvalues = piece;
		if (ec2_describe_instances(aws, NULL, 0, &filter, 1, &found, err) < 0 ||
			append(&all, &found, err) < 0)
			return -1;
	}
	if (append(&region->instances, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		rows[i]->looked = true;
	survey_sort_instances(&region->instances);
	return 0;
}

int survey_ec2_missing(struct app *app, struct survey *survey, struct err *err)
{
	cleanup_free struct survey_row **rows = calloc(survey->nrows + 1, sizeof(*rows));

	if (!rows)
		return err_nomem(err);
	for (size_t r = 0; r < survey->nregions; r++) {
		struct survey_region *region = &survey->regions[r];
		struct err why = {0};
		size_t n = 0;

		for (size_t i = 0; region->known && i < survey->nrows; i++) {
			struct survey_row *row = &survey->rows[i];
			const char *name = *row->row.region ? row->row.region
							    : survey->conf->aws.region;

			if (name && !strcmp(name, region->name) && !survey_ec2(region, row->row.id))
				rows[n++] = row;
		}
		if (n && ask_rows(app, region, rows, n, &why) < 0)
			log_warn("instances in %s: %s", region->name, why.text);
	}
	return 0;
}
