/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config export: what of the configuration users may know, to where they may read it. After a
 * change, for who does not want to wait for the next "catalog refresh" or "reconcile".
 */
#include <stdio.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/site.h"
#include "lib/base/cleanup.h"

static int export(struct app *app, const char *conf_path, struct err *err)
{
	int rc;

	app->conf = conf_load(conf_choose_path(conf_path), NULL, NULL, err);
	if (!app->conf || app_become_owner(app->conf, err) < 0)
		return -1;
	rc = site_export(app->conf, err);
	if (rc == 0)
		return err_set(err, ERR_CONFIG,
			"%s does not exist; it should be SlurmUser's, of mode 0755",
			app->conf->public.directory);
	if (rc < 0)
		return -1;
	printf("%s/%s\n", app->conf->public.directory, SITE_FILE);
	return fflush(stdout) ? err_errno(err, ERR_FATAL, "standard output") : 0;
}

int cmd_config_export(int argc, char **argv, const char *conf_path)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err = {0};

	if (argc != 1) {
		fprintf(stderr, "usage: aws-slurm-burst config export\n");
		return err_exit_code(ERR_USAGE);
	}
	if (export(&app, conf_path, &err) == 0)
		return 0;
	fprintf(stderr, "aws-slurm-burst: config: %s\n", err.text);
	return err_exit_code(err.class);
}
