/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

/* slurmctld answers within milliseconds, or it has other troubles than this job */
#define READY_WAIT_MS 3000

extern char **environ;

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static int env_number(const char *name, int64_t max, int64_t *value, struct err *err)
{
	const char *text = env(name);
	size_t n = strlen(text);

	if (!n || n > 18 || strspn(text, "0123456789") != n || strtoll(text, NULL, 10) > max)
		return err_set(
			err, ERR_USAGE, "%s is %s", name, n ? "not a number in range" : "not set");
	*value = strtoll(text, NULL, 10);
	return 0;
}

int hook_job_read(struct hook_job *job, struct err *err)
{
	int64_t id, restart = 0, start, end;

	*job = (struct hook_job){
		.partition = env("SLURM_JOB_PARTITION"),
		.nodelist = env("SLURM_JOB_NODELIST"),
		.started_ms = clock_now_ms(),
		.seconds = -1,
	};
	if (env_number("SLURM_JOB_ID", UINT32_MAX, &id, err) < 0)
		return -1;
	if (*env("SLURM_JOB_RESTART_COUNT") &&
		env_number("SLURM_JOB_RESTART_COUNT", UINT32_MAX, &restart, err) < 0)
		return -1;
	if (!id)
		return err_set(err, ERR_USAGE, "SLURM_JOB_ID is 0");
	job->job_id = (uint32_t)id;
	job->restart = (uint32_t)restart;
	/* 23.02 and later; the end of a job without a limit lies a year ahead */
	if (!env_number("SLURM_JOB_START_TIME", INT64_MAX, &start, NULL) &&
		!env_number("SLURM_JOB_END_TIME", INT64_MAX, &end, NULL) && start > 0 &&
		end > start)
		job->seconds = end - start;
	/* a list that cannot be read leaves the set empty: there is then nothing to compare */
	nodeset_parse(&job->nodes, job->nodelist, NULL);
	return 0;
}

bool hook_job_ours(const struct conf *conf, const struct hook_job *job)
{
	if (conf_has_partition(conf, job->partition))
		return true;
	nodeset_for_each (&job->nodes, i)
		if (conf_group_of(conf, job->nodes.names[i]))
			return true;
	return false;
}

int hook_dir(const struct conf *conf, const char *name, char *path, struct err *err)
{
	const char *state = conf->state.directory;
	struct err missing = {0};

	if (snprintf(path, PATH_MAX, "%s/%s", state, name) >= PATH_MAX)
		return err_set(err, ERR_CONFIG, "path too long: %.100s...", state);
	/* what lies there is believed, so nobody else may have put it there */
	if (file_check_dir(state, geteuid(), true, &missing) < 0) {
		if (missing.class != ERR_NOTFOUND)
			return err_set(err, missing.class, "%s", missing.text);
		if (file_mkdirs(state, 0700, err) < 0)
			return -1;
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_errno(err, ERR_FATAL, "cannot make directory %s", path);
	return file_check_dir(path, geteuid(), true, err);
}

/* The main program: beside this one (also in the build tree), else where it is installed. */
static const char *find_program(char *buf)
{
	ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - 1);
	char *slash;

	if (n > 0) {
		buf[n] = '\0';
		slash = strrchr(buf, '/');
		if (slash && (size_t)(slash - buf) + sizeof("/aws-slurm-burst") <= PATH_MAX) {
			snprintf(slash, sizeof("/aws-slurm-burst"), "/aws-slurm-burst");
			if (!access(buf, X_OK))
				return buf;
		}
	}
	return BINDIR "/aws-slurm-burst";
}

/* What the program gets of the environment: not what a user had a hand in. */
static char **clean_environment(void)
{
	size_t n = 0, kept = 0;
	char **envp;

	while (environ[n])
		n++;
	envp = calloc(n + 1, sizeof(*envp));
	for (size_t i = 0; envp && i < n; i++)
		if (strncmp(environ[i], "SPANK_", 6) != 0 &&
			(strncmp(environ[i], "SLURM_", 6) != 0 ||
				!strncmp(environ[i], "SLURM_CONF=", 11)))
			envp[kept++] = environ[i];
	return envp;
}

/* Close all but KEEP. */
static void close_others(int keep)
{
#ifdef SYS_close_range
	if ((!keep || !syscall(SYS_close_range, 0, (unsigned)keep - 1, 0)) &&
		!syscall(SYS_close_range, (unsigned)keep + 1, ~0U, 0))
		return;
#endif
	for (int fd = 0; fd < 4096; fd++)
		if (fd != keep)
			close(fd);
}

/* READY is the last of ARGV: which descriptor REPORT is then. */
static void __attribute__((noreturn))
child(const char *program, char **argv, char **envp, char *ready, size_t size, int report)
{
	int kept = fcntl(report, F_DUPFD, 3), saved;
	ssize_t put;

	/* slurmctld kills the hook's process group when the hook is done */
	setsid();
	signal(SIGPIPE, SIG_DFL); /* ignored here; that would go through exec */
	close_others(kept);
	file_guard_std();
	snprintf(ready, size, "%d", kept);
	execve(program, argv, envp);
	saved = errno;
	put = write(kept, &saved, sizeof(saved));
	_exit(put > 0 ? 127 : 126);
}

/*
 * Until the program says that it has done what must be done before the hook ends: by closing the
 * pipe, as it does by its own end, too. 0; or what exec has failed with.
 */
static int await_ready(int fd)
{
	int64_t deadline_ms = clock_mono_ms() + READY_WAIT_MS, left_ms;
	int failure = 0;

	while ((left_ms = deadline_ms - clock_mono_ms()) > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, (int)left_ms) > 0) {
			if (read(fd, &failure, sizeof(failure)) == (ssize_t)sizeof(failure))
				return failure;
			return 0;
		}
	}
	return 0;
}

int hook_release(const struct conf *conf, const char *nodes, uint32_t job_id, struct err *err)
{
	char path[PATH_MAX], id[16], name[] = "aws-slurm-burst", c[] = "-c", release[] = "release",
				     stale[] = "--stale", job[] = "--job", ready[] = "--ready",
				     number[16] = "";
	const char *program = find_program(path);
	cleanup_free char *list = strdup(nodes), *file = realpath(conf->path, NULL);
	char *argv[] = {name, c, file, release, stale, list, job, id, ready, number, NULL};
	cleanup_free char **envp = clean_environment();
	int fds[2], failure;
	pid_t pid;

	snprintf(id, sizeof(id), "%" PRIu32, job_id);
	if (!list || !file || !envp)
		return err_nomem(err);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, ERR_FATAL, "cannot make a pipe");
	pid = fork();
	if (!pid)
		child(program, argv, envp, number, sizeof(number), fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return err_errno(err, ERR_FATAL, "cannot fork");
	}
	/* by then it is out of our process group, too */
	failure = await_ready(fds[0]);
	close(fds[0]);
	if (!failure)
		return 0;
	waitpid(pid, NULL, 0);
	errno = failure;
	return err_errno(err, ERR_CONFIG, "cannot run %s", program);
}
