/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release: "release --stale NODES [--job ID [--ready FD]]", started by the prolog's gate, which
 * waits until FD is closed; an administrator may call it too.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/log.h"
#include "helper/release.h"
#include "helper/stale.h"
#include "lib/base/cleanup.h"

#define SETTLE_WAIT_MS 300000

/* The prolog's end of the job's start may come: it waits at the other end of a pipe. */
static void say_ready(unsigned long fd)
{
	struct stat st;

	if (fd > STDERR_FILENO && fd < INT_MAX && fstat((int)fd, &st) == 0 && S_ISFIFO(st.st_mode))
		close((int)fd);
}

int cmd_release(int argc, char **argv, const char *conf_path)
{
	static const struct option options[] = {
		{"stale", required_argument, NULL, 's'},
		{"job", required_argument, NULL, 'j'},
		{"ready", required_argument, NULL, 'r'},
		{0},
	};
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	const char *stale = NULL;
	unsigned long job = 0, ready = 0;
	char *end = NULL, *after = NULL;
	struct err err = {0};
	bool refit;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 's')
			stale = optarg;
		else if (c == 'j')
			job = strtoul(optarg, &end, 10);
		else if (c == 'r')
			ready = strtoul(optarg, &after, 10);
		else
			return 2;
	}
	if (!stale || optind != argc || (end && *end) || (after && *after) || job > UINT32_MAX) {
		fprintf(stderr, "usage: aws-slurm-burst release --stale NODES [--job ID]\n");
		return 2;
	}
	if (nodeset_parse(&nodes, stale, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: release: --stale: %s\n", err.text);
		return 2;
	}
	if (app_load(&app, "release", conf_path, isatty(STDERR_FILENO), &err) < 0 ||
		app_slurm(&app, &err) < 0) {
		log_err("%s", err.text);
		return err_exit_code(err.class);
	}
	refit = ready && stale_let_requeue((uint32_t)job);
	say_ready(ready);
	if (stale_release(&app, &nodes, (uint32_t)job, refit, &err) < 0) {
		log_err("%s", err.text);
		return err_exit_code(err.class);
	}
	release_settle(&app, SETTLE_WAIT_MS);
	return 0;
}
