/* SPDX-License-Identifier: Apache-2.0 */
/* explain: the command line around explain.h. Changes nothing, asks neither Slurm nor EC2. */
#include <getopt.h>
#include <stdio.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/explain.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

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
		app_db(&app, DB_READ_ONLY, &err) < 0 ||
		explain_job(app.db, argv[optind], clock_now_ms(), json, &out, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: explain: %s\n", err.text);
		return err_exit_code(err.class);
	}
	fputs(out.buf, stdout);
	return fflush(stdout) ? err_exit_code(ERR_FATAL) : 0;
}
