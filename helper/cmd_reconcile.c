/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile: EC2, Slurm and state.db are compared, and what differs is repaired: once, or by
 * "--watch" for ever.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/log.h"
#include "helper/rebuild.h"
#include "helper/reconcile.h"
#include "helper/site.h"
#include "helper/survey.h"
#include "helper/tasks.h"
#include "lib/base/cleanup.h"

struct options {
	bool dry_run, json, watch, rebuild;
};

static int usage(FILE *to)
{
	fprintf(to, "usage: aws-slurm-burst reconcile [--dry-run] [--json]\n"
		    "       aws-slurm-burst reconcile --rebuild | --watch\n");
	if (to == stderr)
		return 2;
	fprintf(to,
		"\nCompare EC2, Slurm and state.db, and repair what differs: one line per repair.\n"
		"\n"
		"  --dry-run  say what would be done and why; change nothing\n"
		"  --json     the same for programs\n"
		"  --rebuild  first begin a new state.db in the place of one that is damaged or\n"
		"             gone, from EC2's tags and Slurm\n"
		"  --watch    again every reconcile.interval_s, and hear of spot interruptions,\n"
		"             until it is told to end (a service: aws-slurm-burst-watch)\n"
		"\n"
		"exit status: 0 all agrees or was repaired, 1 something could not be\n");
	return 0;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{"dry-run", no_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'},
		{"watch", no_argument, NULL, 'w'},
		{"rebuild", no_argument, NULL, 'r'},
		{0},
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		o->dry_run = o->dry_run || c == 'n';
		o->json = o->json || c == 'j';
		o->watch = o->watch || c == 'w';
		o->rebuild = o->rebuild || c == 'r';
		if (c == '?')
			return -1;
	}
	if (optind != argc || (o->watch && o->rebuild) ||
		((o->watch || o->rebuild) && (o->dry_run || o->json)))
		return -1;
	return 0;
}

static int open_all(struct app *app, const struct options *o, struct err *err)
{
	if (app_slurm(app, err) < 0)
		return -1;
	if (o->rebuild)
		return rebuild(app, err);
	if (o->dry_run) {
		if (app_db(app, DB_READ_ONLY, err) == 0)
			return 0;
		if (err->class == ERR_NOTFOUND)
			err_set(err, ERR_NOTFOUND,
				"%s has no state.db: nothing was ever launched, or it is lost "
				"(--rebuild); a dry run makes none",
				app->conf->state.directory);
		return -1;
	}
	if (app_db(app, DB_READ_WRITE, err) < 0)
		return -1;
	return db_check_daily(app->db, err);
}

int cmd_reconcile(int argc, char **argv, const char *conf_path)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	cleanup_close int lock = -1;
	struct options o = {0};
	struct reconcile how = {.parts = SURVEY_ALL, .settle_ms = RECONCILE_SETTLE_MS};
	struct err err = {0};
	int rc;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (parse(argc, argv, &o) < 0)
		return usage(stderr);
	if (o.watch)
		return tasks_watch(conf_path);
	if (app_load(&app, "reconcile", conf_path, isatty(STDERR_FILENO), &err) < 0)
		goto fail;
	/* a dry run writes nothing, not even a lock */
	lock = o.dry_run ? -1 : reconcile_lock(&app, 0, &err);
	if (lock < 0 && !o.dry_run) {
		if (err.class != ERR_BUSY)
			goto fail;
		printf("another reconcile is at work\n");
		return 0;
	}
	/* users' words of the configuration are no reason to leave instances running */
	if (!o.dry_run && site_keep(app.conf, &err) < 0)
		log_warn("what users may know of the configuration: %s", err.text);
	how.dry_run = o.dry_run;
	how.json = o.json;
	if (open_all(&app, &o, &err) == 0) {
		rc = reconcile_pass(&app, &how, &err);
		if (rc >= 0)
			return rc;
	}
fail:
	log_err("%s", err.text);
	if (!isatty(STDERR_FILENO))
		fprintf(stderr, "aws-slurm-burst: reconcile: %s\n", err.text);
	return err_exit_code(err.class);
}
