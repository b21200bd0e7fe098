/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: the command line around explain.h and what is public. Changes nothing, asks neither
 * Slurm nor EC2.
 */
#include <getopt.h>
#include <stdio.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/explain.h"
#include "helper/public.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* From the state, or, for who has none here or may not read it, from what is public. */
static int explain(struct app *app, const char *job, bool json, struct strbuf *out, struct err *err)
{
	struct err why = {0};

	if (app_db(app, DB_READ_ONLY, &why) == 0)
		return explain_job(app->db, job, clock_now_ms(), json, out, err);
	if (why.class == ERR_FATAL || why.class == ERR_BUSY) {
		*err = why;
		return -1;
	}
	return public_explain(app->conf, job, json, out, err);
}

int cmd_explain(int argc, char **argv, const char *conf_path)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{0},
	};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err = {0};
	bool json = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c != 'j')
			return 2;
		json = true;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: aws-slurm-burst explain JOBID [--json]\n");
		return 2;
	}
	app.conf = conf_load(conf_choose_path(conf_path), NULL, NULL, &err);
	if (!app.conf || app_become_owner(app.conf, &err) < 0 ||
		explain(&app, argv[optind], json, &out, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: explain: %s\n", err.text);
		return err_exit_code(err.class);
	}
	fputs(out.buf, stdout);
	return fflush(stdout) ? err_exit_code(ERR_FATAL) : 0;
}
