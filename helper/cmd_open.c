/* SPDX-License-Identifier: Apache-2.0 */
/* open: a person has mended what failed: let the node group launch again at once. */
#include <stdio.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/reopen.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

static int unknown(const struct conf *conf, const char *name)
{
	fprintf(stderr, "aws-slurm-burst: open: %s has no node group \"%s\"; there is", conf->path,
		name);
	for (size_t i = 0; i < conf->ngroups; i++)
		fprintf(stderr, "%s %s-%s", i ? "," : "", conf->groups[i].partition,
			conf->groups[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int cmd_open(int argc, char **argv, const char *conf_path)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	const struct conf_group *group;
	bool was_closed = false;
	struct err err = {0};

	if (argc != 2 || *argv[1] == '-') {
		fprintf(stderr, "usage: aws-slurm-burst open PARTITION-GROUP\n");
		return 2;
	}
	app.conf = conf_load(conf_choose_path(conf_path), NULL, NULL, &err);
	if (!app.conf)
		goto failed;
	group = conf_group_named(app.conf, argv[1]);
	if (!group)
		return unknown(app.conf, argv[1]);
	if (app_become_owner(app.conf, &err) < 0 || app_db(&app, DB_READ_WRITE, &err) < 0 ||
		reopen_group(app.db, group, clock_now_ms(), &out, &was_closed, &err) < 0)
		goto failed;
	fputs(out.buf, stdout);
	return fflush(stdout) ? err_exit_code(ERR_FATAL) : 0;
failed:
	fprintf(stderr, "aws-slurm-burst: open: %s\n", err.text);
	return err_exit_code(err.class);
}
