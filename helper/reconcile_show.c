/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/reconcile_show.h"

#include <stdio.h>
#include <string.h>

#include "helper/show.h"

#define SUBJECT_SIZE 320

/* A placement group's name may be long: that line sticks out, the others need not. */
#define SUBJECT_COLUMN_MAX 48

static void widen(size_t *width, const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len > *width && len <= max)
		*width = len;
}

void reconcile_show_table(const struct findings *findings, struct strbuf *out)
{
	size_t rule = strlen("RULE"), action = strlen("ACTION"), subject = strlen("SUBJECT");
	char text[SUBJECT_SIZE];

	if (!findings->n)
		return;
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding_info *info = finding_info(findings->all[i].rule);

		finding_subject(&findings->all[i], text, sizeof(text));
		widen(&rule, info->name, SIZE_MAX);
		widen(&action, info->action, SIZE_MAX);
		widen(&subject, text, SUBJECT_COLUMN_MAX);
	}
	strbuf_addf(out, "%-*s  %-*s  %-*s  %s\n", (int)rule, "RULE", (int)action, "ACTION",
		(int)subject, "SUBJECT", "WHY");
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->all[i];
		const struct finding_info *info = finding_info(finding->rule);

		finding_subject(finding, text, sizeof(text));
		strbuf_addf(out, "%-*s  %-*s  ", (int)rule, info->name, (int)action, info->action);
		strbuf_addf(out, "%-*s  ", (int)subject, text);
		show_safe(out, finding->why);
		strbuf_addch(out, '\n');
	}
}

static void add_unknown(struct strbuf *out, const char *what, const struct err *err)
{
	show_safe(out, what);
	strbuf_addstr(out, " could not be asked, so what needs it is left as it is: ");
	show_safe(out, err->text);
	strbuf_addch(out, '\n');
}

int reconcile_show_unknown(const struct survey *survey, struct strbuf *out)
{
	int unknown = 0;

	if (!survey->nodes_known || !survey->jobs_known) {
		add_unknown(out, "slurmctld", &survey->slurm_err);
		unknown = 1;
	}
	for (size_t i = 0; i < survey->nregions; i++) {
		const struct survey_region *region = &survey->regions[i];
		char what[64];

		if (region->known)
			continue;
		snprintf(what, sizeof(what), "EC2 in %s", region->name);
		add_unknown(out, what, &region->err);
		unknown = 1;
	}
	return unknown;
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (*text)
		json_object_object_add(object, key, json_object_new_string(text));
}

struct json_object *reconcile_show_json(
	const struct finding *finding, enum reconcile_end end, const char *text)
{
	static const char *const ends[] = {
		[END_PLANNED] = "planned",
		[END_DONE] = "done",
		[END_NOTHING] = "nothing",
		[END_FAILED] = "failed",
		[END_LEFT_ALONE] = "left alone",
	};
	struct json_object *object = json_object_new_object();
	char subject[SUBJECT_SIZE];

	if (!object)
		return NULL;
	finding_subject(finding, subject, sizeof(subject));
	add_text(object, "rule", finding_info(finding->rule)->name);
	add_text(object, "subject", subject);
	add_text(object, "why", finding->why);
	add_text(object, "result", ends[end]);
	add_text(object, "text", text);
	add_text(object, "region", finding->region);
	add_text(object, "gang", finding->gang);
	add_text(object, "instance", finding->instance);
	add_text(object, "node", finding->node);
	add_text(object, "placement_group", finding->group);
	json_object_object_add(object, "alarm", json_object_new_boolean(finding->alarm));
	return object;
}
