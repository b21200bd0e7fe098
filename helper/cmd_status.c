/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: node groups that are closed, then gangs with their tries, nodes and instances, then
 * counters, as tables or as JSON. Reads state.db only: it asks neither Slurm nor EC2, and changes
 * nothing.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/show.h"
#include "helper/status.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/state/counter.h"

static void print_gang(struct strbuf *out, const struct show_gang *show, int64_t now_ms)
{
	const struct gang *g = &show->gang;
	const struct instance *list = show->instances;
	size_t n = show->ninstances;
	char old[32], rate[32] = "-", when[32];
	int64_t now_uusd_hr = 0;

	/* what runs now, each at its own rate */
	for (size_t i = 0; i < n && now_uusd_hr >= 0; i++)
		if (list[i].state == INSTANCE_RUNNING)
			now_uusd_hr = list[i].rate_uusd_hr < 0 ? -1
							       : now_uusd_hr + list[i].rate_uusd_hr;
	if (now_uusd_hr >= 0 && n)
		money_format(now_uusd_hr, rate, sizeof(rate));
	strbuf_addf(out, "%-24s %-10s %-11s %5u  %-18s %-12s %-4s %9s  %s\n", g->id,
		*g->job_name ? g->job_name : "-", gang_state_name(g->state), g->size,
		*g->type ? g->type : "-", *g->az ? g->az : "-", g->efa ? "yes" : "no", rate,
		show_age((now_ms - g->created_ms) / 1000, old, sizeof(old)));
	for (size_t i = 0; i < show->ntries; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		const struct try *t = &show->tries[i];

		strbuf_addf(&sb, "  try %u: %s: ", t->number, t->asked);
		show_outcome(&sb, t, gang_state_over(g->state), true);
		show_safe(out, sb.buf);
		strbuf_addch(out, '\n');
	}
	for (size_t i = 0; i < n; i++) {
		const struct instance *in = &list[i];

		strbuf_addf(out, "  %-22s %-20s %-11s %-15s %-18s %-9s %s\n",
			*in->node ? in->node : "-", in->id, instance_state_name(in->state),
			*in->ip ? in->ip : "-", in->type, in->spot ? "spot" : "on-demand",
			in->launched_s
				? show_age(now_ms / 1000 - in->launched_s, when, sizeof(when))
				: "-");
	}
	if (g->reason) {
		strbuf_addstr(out, "  ");
		show_safe(out, g->reason);
		strbuf_addch(out, '\n');
	}
}

/* The node groups that are closed; *CLOSED gets them for JSON. */
static int print_closed(struct db *db, int64_t now_ms, struct json_object *closed,
	struct strbuf *out, struct err *err)
{
	cleanup_free struct health *groups = NULL;
	size_t n = 0;

	if (health_list(db, &groups, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		if (!health_closed(&groups[i], now_ms))
			continue;
		if (closed) {
			json_object_array_add(closed, show_closed_json(&groups[i]));
			continue;
		}
		show_closed(&sb, &groups[i], now_ms);
		show_paragraph(out, sb.buf);
	}
	return 0;
}

static int print_gangs(struct db *db, bool all, int64_t now_ms, struct json_object *array,
	struct strbuf *out, struct err *err)
{
	struct gang *gangs = NULL;
	size_t n = 0;
	int rc = gang_list(db, all, &gangs, &n, err);

	if (rc < 0)
		return -1;
	if (!array && !n)
		strbuf_addf(out, "no gangs%s\n", all ? "" : " (--all shows those that are over)");
	if (!array && n)
		strbuf_addf(out, "%-24s %-10s %-11s %5s  %-18s %-12s %-4s %9s  %s\n", "GANG", "JOB",
			"STATE", "NODES", "TYPE", "AZ", "EFA", "USD/H", "AGE");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		CLEANUP(show_gang_release) struct show_gang show = {.gang = gangs[i]};

		gangs[i] = (struct gang){0};
		rc = show_gang_read(db, &show, all, err);
		if (rc == 0 && array)
			json_object_array_add(array, show_gang_json(&show));
		else if (rc == 0)
			print_gang(out, &show, now_ms);
	}
	gang_list_release(gangs, n);
	return rc;
}

/* How often what happened; as text only with ALL. */
static int print_counters(struct db *db, bool all, int64_t now_ms, struct json_object *array,
	struct strbuf *out, struct err *err)
{
	cleanup_free struct counter *list = NULL;
	size_t n = 0;
	char last[32];

	if (!array && !all)
		return 0;
	if (counter_list(db, &list, &n, err) < 0)
		return -1;
	if (!array && n)
		strbuf_addf(out, "\n%-34s %9s  %s\n", "COUNTER", "TIMES", "LAST");
	for (size_t i = 0; i < n; i++) {
		if (array)
			json_object_array_add(array, show_counter_json(&list[i]));
		else
			strbuf_addf(out, "%-34s %9" PRId64 "  %s\n", list[i].name, list[i].value,
				show_time(list[i].changed_ms, now_ms, last, sizeof(last)));
	}
	return 0;
}

int status_show(
	struct db *db, bool all, int64_t now_ms, bool json, struct strbuf *out, struct err *err)
{
	struct json_object *gangs = json ? json_object_new_array() : NULL;
	struct json_object *closed = json ? json_object_new_array() : NULL;
	struct json_object *counters = json ? json_object_new_array() : NULL;
	struct json_object *top = json ? json_object_new_object() : NULL;
	int rc = print_closed(db, now_ms, closed, out, err);

	if (rc == 0)
		rc = print_gangs(db, all, now_ms, gangs, out, err);
	if (rc == 0)
		rc = print_counters(db, all, now_ms, counters, out, err);
	if (json) {
		json_object_object_add(top, "version", json_object_new_int(1));
		json_object_object_add(top, "closed", closed);
		json_object_object_add(top, "gangs", gangs);
		json_object_object_add(top, "counters", counters);
		if (rc == 0)
			strbuf_addf(out, "%s\n",
				json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
		json_object_put(top);
	}
	return rc == 0 && out->failed ? err_nomem(err) : rc;
}

int cmd_status(int argc, char **argv, const char *conf_path)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"all", no_argument, NULL, 'a'},
		{0},
	};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct app app = APP_INIT;
	bool json = false, all = false;
	struct err err = {0};
	int c, rc;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'j')
			json = true;
		else if (c == 'a')
			all = true;
		else
			return 2;
	}
	if (optind != argc) {
		fprintf(stderr, "usage: aws-slurm-burst status [--json] [--all]\n");
		return 2;
	}
	app.conf = conf_load(conf_choose_path(conf_path), NULL, NULL, &err);
	rc = app.conf ? app_become_owner(app.conf, &err) : -1;
	if (rc == 0)
		rc = app_db(&app, DB_READ_ONLY, &err);
	if (rc == 0)
		rc = status_show(app.db, all, clock_now_ms(), json, &out, &err);
	app_close(&app);
	if (rc < 0 || show_out(&out, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: status: %s\n", err.text);
		return err_exit_code(err.class);
	}
	return 0;
}
