/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/survey_health.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"

static const char *const impaired[] = {"impaired"};
static const char *const scheduled[] = {"instance-retirement", "instance-stop", "instance-reboot",
	"system-reboot", "system-maintenance"};

/* Of the account's: EC2 has no filter by tag here, and takes several filters for "and". */
static const struct ec2_filter questions[] = {
	{.name = "system-status.status", .values = impaired, .nvalues = ARRAY_SIZE(impaired)},
	{.name = "instance-status.status", .values = impaired, .nvalues = ARRAY_SIZE(impaired)},
	{.name = "event.code", .values = scheduled, .nvalues = ARRAY_SIZE(scheduled)},
};

static bool has_running(const struct survey_region *region)
{
	for (size_t i = 0; i < region->instances.n; i++)
		if (!strcmp(region->instances.all[i].state, "running"))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct ec2_status *)a)->id, ((const struct ec2_status *)b)->id);
}

/* Those of FOUND that are ours, to what is known already; one that was told before is the same. */
static int take(struct survey_region *region, struct ec2_statuses *found, struct err *err)
{
	struct ec2_statuses *known = &region->statuses;
	struct ec2_status *all = reallocarray(known->all, known->n + found->n + 1, sizeof(*all));
	size_t before = known->n;

	if (!all)
		return err_nomem(err);
	known->all = all;
	for (size_t i = 0; i < found->n; i++) {
		struct ec2_status *s = &found->all[i];

		if (!survey_ec2(region, s->id) ||
			(before && bsearch(s, all, before, sizeof(*all), compare)))
			continue;
		all[known->n++] = *s;
		s->events = NULL;
		s->nevents = 0;
	}
	qsort(all, known->n, sizeof(*all), compare);
	return 0;
}

static int ask(struct app *app, struct survey_region *region, struct err *err)
{
	struct aws *aws = app_aws(app, region->name, err);

	if (!aws)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		CLEANUP(ec2_statuses_release) struct ec2_statuses found = {0};

		if (ec2_describe_instance_status(
			    aws, NULL, 0, &questions[i], 1, false, &found, err) < 0 ||
			take(region, &found, err) < 0)
			return -1;
	}
	region->statuses_known = true;
	return 0;
}

void survey_health(struct app *app, struct survey *survey)
{
	struct err err;

	for (size_t i = 0; i < survey->nregions; i++) {
		struct survey_region *region = &survey->regions[i];

		if (!region->known || !has_running(region) || ask(app, region, &err) == 0)
			continue;
		log_warn("region %s: how its instances are is not known: %s", region->name,
			err.text);
	}
}
