/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config generate-slurm: lines for slurm.conf. Prices are those of state.db, or for who may not
 * read it what is public.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "helper/commands.h"
#include "helper/conf_slurm.h"
#include "helper/generate.h"
#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

static int generate(struct app *app, const char *conf_path, struct generate *how, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct err why = {0};

	app->conf = conf_load(conf_choose_path(conf_path), NULL, NULL, err);
	if (!app->conf || app_become_owner(app->conf, err) < 0)
		return -1;
	/* a damaged state is told; one that is not there, or not ours, leaves what is public */
	if (app_db(app, DB_READ_ONLY, &why) < 0 && why.class == ERR_FATAL) {
		*err = why;
		return -1;
	}
	how->flags_in = conf_slurm_path(app->conf);
	how->max_tres = conf_slurm_max_tres(how->flags_in) > 0;
	how->now_ms = clock_now_ms();
	if (generate_slurm(app, how, &out, err) < 0)
		return -1;
	return show_out(&out, err);
}

int cmd_config_generate(int argc, char **argv, const char *conf_path)
{
	static const struct option options[] = {
		{"first", no_argument, NULL, 'f'},
		{0},
	};
	CLEANUP(app_close) struct app app = APP_INIT;
	struct generate how = {0};
	struct err err = {0};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) == 'f')
		how.first = true;
	if (c >= 0 || optind != argc) {
		fprintf(stderr, "usage: aws-slurm-burst config generate-slurm [--first]\n");
		return err_exit_code(ERR_USAGE);
	}
	if (generate(&app, conf_path, &how, &err) == 0)
		return 0;
	fprintf(stderr, "aws-slurm-burst: config: %s\n", err.text);
	return err_exit_code(err.class);
}
