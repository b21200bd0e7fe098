/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open: a person has mended what failed: let the node group launch again at once. Jobs that were
 * sent back because it was closed are told, too; where slurmctld cannot be asked they start when it
 * would have opened by itself.
 */
#include <stdio.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/log.h"
#include "helper/protect.h"
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

static void release_jobs(struct app *app, const struct conf_group *group)
{
	struct err err = {0};
	long n = app_slurm(app, &err) < 0 ? -1 : protect_release_jobs(app, group, &err);

	if (n > 0)
		printf("%ld job%s that waited for it may start now\n", n, n == 1 ? "" : "s");
	if (n < 0)
		fprintf(stderr,
			"aws-slurm-burst: open: %s: jobs that were sent back keep their begin "
			"time\n",
			err.text);
}

int cmd_open(int argc, char **argv, const char *conf_path)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	const struct conf_group *group;
	bool was_closed = false;
	uid_t uid = getuid(); /* before it becomes the state's owner */
	struct err err = {0};

	if (argc != 2 || *argv[1] == '-') {
		fprintf(stderr, "usage: aws-slurm-burst open PARTITION-GROUP\n");
		return 2;
	}
	if (app_load(&app, "open", conf_path, false, &err) < 0)
		goto failed;
	group = conf_group_named(app.conf, argv[1]);
	if (!group)
		return unknown(app.conf, argv[1]);
	if (app_db(&app, DB_READ_WRITE, &err) < 0 ||
		reopen_group(app.db, group, clock_now_ms(), &out, &was_closed, &err) < 0)
		goto failed;
	log_info("node group %s opened by uid %u%s", argv[1], (unsigned)uid,
		was_closed ? "" : ", though it was open");
	fputs(out.buf, stdout);
	release_jobs(&app, group);
	return fflush(stdout) ? err_exit_code(ERR_FATAL) : 0;
failed:
	fprintf(stderr, "aws-slurm-burst: open: %s\n", err.text);
	return err_exit_code(err.class);
}
