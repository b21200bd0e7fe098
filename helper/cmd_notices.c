/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notices: listen for interruptions and act on them, until a signal; what "reconcile --watch" runs
 * beside its passes, for who wants only this.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/log.h"
#include "helper/notices.h"
#include "lib/base/cleanup.h"

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal)
{
	stop_asked = 1;
}

int cmd_notices(int argc, char **argv, const char *conf_path)
{
	struct sigaction action = {.sa_handler = ask_to_stop}; /* no SA_RESTART: waits end */
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err = {0};

	if (argc != 1) {
		fprintf(stderr, "usage: aws-slurm-burst notices\n");
		return 2;
	}
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (app_load(&app, "notices", conf_path, isatty(STDERR_FILENO), &err) < 0) {
		log_err("%s", err.text);
		return err_exit_code(err.class);
	}
	return notices_run(&app, &stop_asked) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
