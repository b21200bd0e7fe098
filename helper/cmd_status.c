/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: gangs, their nodes and instances, as a table or as JSON. Reads state.db only: it asks
 * neither Slurm nor EC2, and changes nothing.
 */
#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

static const char *instance_state_word(enum instance_state state)
{
	static const char *const words[] = {"running", "terminating", "terminated"};

	return words[state];
}

/* "4m12s", "3h05m", "2d04h": two units are enough for a person. */
static char *age(int64_t s, char *buf, size_t size)
{
	if (s < 0)
		s = 0;
	if (s < 3600)
		snprintf(buf, size, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, size, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(buf, size, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
	return buf;
}

static void print_gang(const struct gang *g, const struct instance *list, size_t n, int64_t now_ms)
{
	char old[32], rate[32] = "-", when[32];
	int64_t now_uusd_hr = 0;

	/* what runs now, each at its own rate */
	for (size_t i = 0; i < n && now_uusd_hr >= 0; i++)
		if (list[i].state == INSTANCE_RUNNING)
			now_uusd_hr = list[i].rate_uusd_hr < 0 ? -1
							       : now_uusd_hr + list[i].rate_uusd_hr;
	if (now_uusd_hr >= 0 && n)
		money_format(now_uusd_hr, rate, sizeof(rate));
	printf("%-24s %-10s %-11s %5u  %-18s %-12s %-4s %9s  %s\n", g->id,
		*g->job_name ? g->job_name : "-", gang_state_name(g->state), g->size,
		*g->type ? g->type : "-", *g->az ? g->az : "-", g->efa ? "yes" : "no", rate,
		age((now_ms - g->created_ms) / 1000, old, sizeof(old)));
	for (size_t i = 0; i < n; i++) {
		const struct instance *in = &list[i];

		printf("  %-22s %-20s %-11s %-15s %-18s %s\n", *in->node ? in->node : "-", in->id,
			instance_state_word(in->state), *in->ip ? in->ip : "-", in->type,
			in->launched_s ? age(now_ms / 1000 - in->launched_s, when, sizeof(when))
				       : "-");
	}
	if (g->reason)
		printf("  %s\n", g->reason);
}

static void add(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text && *text ? json_object_new_string(text) : NULL);
}

static struct json_object *instance_json(const struct instance *in)
{
	struct json_object *o = json_object_new_object();
	char iso[CLOCK_ISO_SIZE];

	add(o, "id", in->id);
	add(o, "node", in->node);
	add(o, "state", instance_state_word(in->state));
	add(o, "address", in->ip);
	add(o, "type", in->type);
	add(o, "az", in->az);
	add(o, "subnet", in->subnet);
	json_object_object_add(o, "spot", json_object_new_boolean(in->spot));
	add(o, "launched", in->launched_s ? clock_format_iso(in->launched_s, iso) : NULL);
	return o;
}

static struct json_object *gang_json(const struct gang *g, const struct instance *list, size_t n)
{
	struct json_object *o = json_object_new_object(), *instances = json_object_new_array();
	char iso[CLOCK_ISO_SIZE];

	add(o, "id", g->id);
	add(o, "state", gang_state_name(g->state));
	add(o, "job", g->job_name);
	json_object_object_add(o, "restart", json_object_new_int64(g->restart));
	add(o, "user", g->user);
	add(o, "account", g->account);
	add(o, "partition", g->partition);
	add(o, "node_group", g->node_group);
	add(o, "nodes", g->nodes);
	json_object_object_add(o, "size", json_object_new_int64(g->size));
	json_object_object_add(o, "all_or_nothing", json_object_new_boolean(g->all_or_nothing));
	add(o, "efa_asked", efa_mode_name(g->efa_asked));
	json_object_object_add(o, "efa", json_object_new_boolean(g->efa));
	add(o, "region", g->region);
	add(o, "az", g->az);
	add(o, "type", g->type);
	add(o, "placement_group", g->group);
	/* micro-USD per hour and instance, an integer */
	json_object_object_add(o, "rate_uusd_hr",
		g->rate_uusd_hr >= 0 ? json_object_new_int64(g->rate_uusd_hr) : NULL);
	add(o, "reason", g->reason);
	add(o, "created", clock_format_iso(g->created_ms / 1000, iso));
	add(o, "changed", clock_format_iso(g->changed_ms / 1000, iso));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(instances, instance_json(&list[i]));
	json_object_object_add(o, "instances", instances);
	return o;
}

static int show(struct app *app, bool json, bool all, struct err *err)
{
	struct json_object *array = json ? json_object_new_array() : NULL;
	int64_t now_ms = clock_now_ms();
	struct gang *gangs = NULL;
	size_t n = 0;
	int rc = gang_list(app->db, all, &gangs, &n, err);

	if (rc == 0 && !json && !n)
		printf("no gangs%s\n", all ? "" : " (--all shows those that are over)");
	if (rc == 0 && !json && n)
		printf("%-24s %-10s %-11s %5s  %-18s %-12s %-4s %9s  %s\n", "GANG", "JOB", "STATE",
			"NODES", "TYPE", "AZ", "EFA", "USD/H", "AGE");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		cleanup_free struct instance *list = NULL;
		size_t count = 0;

		rc = instance_list(app->db, gangs[i].id, all, &list, &count, err);
		if (rc < 0)
			break;
		if (json)
			json_object_array_add(array, gang_json(&gangs[i], list, count));
		else
			print_gang(&gangs[i], list, count, now_ms);
	}
	if (rc == 0 && json) {
		struct json_object *top = json_object_new_object();

		json_object_object_add(top, "version", json_object_new_int(1));
		json_object_object_add(top, "gangs", array);
		printf("%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
		json_object_put(top);
	} else if (array) {
		json_object_put(array);
	}
	gang_list_release(gangs, n);
	return rc;
}

int cmd_status(int argc, char **argv, const char *conf_path)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"all", no_argument, NULL, 'a'},
		{0},
	};
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
		rc = show(&app, json, all, &err);
	app_close(&app);
	if (rc < 0) {
		fprintf(stderr, "aws-slurm-burst: status: %s\n", err.text);
		return err_exit_code(err.class);
	}
	return 0;
}
