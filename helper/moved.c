/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/moved.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"

/* A grandchild in a session of its own: nobody waits for it, and what slurmctld does to us, when
 * the time of our own call is over, is not done to it. */
static int begin(const struct app *app)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (pid) {
		while (waitpid(pid, &status, 0) < 0)
			if (errno != EINTR)
				return -1; /* whoever called us ignores SIGCHLD: it is not known */
		return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
	}
	if (setsid() < 0)
		_exit(1);
	pid = fork();
	if (pid)
		_exit(pid < 0 ? 1 : 0);
	execl("/proc/self/exe", "aws-slurm-burst", "-c", app->conf->path, "reconcile",
		(char *)NULL);
	_exit(127);
}

bool moved_reconcile(struct app *app)
{
	cleanup_free char *from = NULL;
	struct err err;
	int moved;

	if (app_db(app, DB_READ_WRITE, &err) < 0)
		return false; /* who needs it says so */
	moved = db_moved(app->db, &from, &err);
	if (moved < 0)
		log_warn("%s", err.text);
	if (moved <= 0)
		return false;
	app_detach(app);
	if (begin(app) < 0) {
		log_err("state.db was last written on host %s, and reconcile cannot be begun: call "
			"\"aws-slurm-burst reconcile\"",
			from);
		return false;
	}
	log_warn("state.db was last written on host %s: reconcile begins", from);
	return true;
}
