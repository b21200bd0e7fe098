/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define LOOK_MS 5

static int files(posix_spawn_file_actions_t *actions, int out)
{
	int rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

	if (!rc)
		rc = out < 0 ? posix_spawn_file_actions_addopen(
				       actions, 1, "/dev/null", O_WRONLY, 0)
			     : posix_spawn_file_actions_adddup2(actions, out, 1);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
	/* libcurl's and libslurm's connections are not all closed by exec */
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
	return rc;
}

static int attributes(posix_spawnattr_t *attr)
{
	sigset_t none, standard;
	int rc;

	sigemptyset(&none);
	sigemptyset(&standard);
	/* our programs ignore or handle them, and exec passes on what is ignored */
	sigaddset(&standard, SIGPIPE);
	sigaddset(&standard, SIGCHLD);
	sigaddset(&standard, SIGTERM);
	rc = posix_spawnattr_setflags(
		attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = rc ? rc : posix_spawnattr_setpgroup(attr, 0);
	rc = rc ? rc : posix_spawnattr_setsigmask(attr, &none);
	return rc ? rc : posix_spawnattr_setsigdefault(attr, &standard);
}

int process_start(const char *what, char **argv, char **envp, int out, pid_t *pid, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = posix_spawn_file_actions_init(&actions);

	if (!rc) {
		rc = posix_spawnattr_init(&attr);
		if (!rc) {
			rc = files(&actions, out);
			rc = rc ? rc : attributes(&attr);
			rc = rc ? rc : posix_spawnp(pid, argv[0], &actions, &attr, argv, envp);
			posix_spawnattr_destroy(&attr);
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	if (rc) {
		errno = rc;
		return err_errno(err, ERR_CONFIG, "%s: cannot run %.128s", what, argv[0]);
	}
	return 0;
}

int process_await(const char *what, pid_t pid, int64_t deadline_ms, int *status, struct err *err)
{
	for (;;) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid)
			return 1;
		if (got < 0 && errno != EINTR)
			return err_errno(err, ERR_FATAL, "%s: cannot wait for it", what);
		if (clock_mono_ms() >= deadline_ms)
			return 0;
		clock_sleep_ms(LOOK_MS);
	}
}

void process_kill(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int process_verdict(const char *what, int status, enum err_class class, struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(err, class, "%s: killed by signal %d", what, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, class, "%s: exit status %d", what, WEXITSTATUS(status));
	return 0;
}
