/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS   300000
/* We look that often even if no signal wakes us. */
#define IDLE_MS 60000

/* Times are of clock_mono_ms(). */
struct child {
	const struct watch_task *task;
	pid_t pid; /* 0: none runs */
	int64_t started_ms;
	int64_t next_ms; /* when it is started again */
	int64_t kill_ms; /* SIGTERM was sent; SIGKILL follows then; 0: no */
	unsigned failures;
};

/* Set in a task's own process. */
static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal)
{
	stop_asked = 1;
}

int64_t watch_pause_ms(int64_t every_ms, unsigned failures)
{
	int64_t ms = PAUSE_FIRST_MS;

	if (!failures)
		return every_ms;
	while (--failures && ms < PAUSE_MAX_MS)
		ms *= 2;
	if (ms > PAUSE_MAX_MS)
		ms = PAUSE_MAX_MS;
	return ms > every_ms ? ms : every_ms;
}

static void child_main(const struct watch_task *task, const char *conf_path, pid_t parent)
{
	struct sigaction action = {.sa_handler = ask_to_stop}; /* no SA_RESTART: waits end */
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	burst_log_close();
	exit(task->run(conf_path, &stop_asked));
}

static int child_start(struct child *child, const char *conf_path, struct err *err)
{
	pid_t parent = getpid(), pid;

	/* else both would write what is still in the buffer */
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_errno(err, ERR_FATAL, "cannot start %s", child->task->name);
	if (!pid)
		child_main(child->task, conf_path, parent);
	child->pid = pid;
	child->started_ms = clock_mono_ms();
	child->kill_ms = 0;
	return 0;
}

/* Its process has ended with STATUS of waitpid(2). */
static void child_ended(struct child *child, int status)
{
	const char *name = child->task->name;
	int64_t now_ms = clock_mono_ms(), pause_ms;
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (good || now_ms - child->started_ms >= WATCH_LONG_MS)
		child->failures = 0;
	if (!good)
		child->failures++;
	pause_ms = watch_pause_ms(child->task->every_ms, child->failures);
	child->pid = 0;
	child->next_ms = now_ms + pause_ms;
	if (good)
		return;
	if (WIFSIGNALED(status))
		log_err("%s was ended by signal %d; again in %lld s", name, WTERMSIG(status),
			(long long)(pause_ms / 1000));
	else
		log_warn("%s failed with status %d; again in %lld s", name, WEXITSTATUS(status),
			(long long)(pause_ms / 1000));
}

static void reap(struct child *children, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int status;

		if (children[i].pid && waitpid(children[i].pid, &status, WNOHANG) > 0)
			child_ended(&children[i], status);
	}
}

static void ask_child(struct child *child)
{
	kill(child->pid, SIGTERM);
	child->kill_ms = clock_mono_ms() + WATCH_STOP_MS;
}

/* Start those whose time has come, end those that take too long. Returns when to look again. */
static int64_t tend(struct child *children, size_t n, const char *conf_path)
{
	int64_t now_ms = clock_mono_ms(), wake_ms = now_ms + IDLE_MS;

	for (size_t i = 0; i < n; i++) {
		struct child *child = &children[i];
		int64_t limit_ms = child->task->limit_ms, at_ms = wake_ms;
		struct err err;

		if (!child->pid && child->next_ms <= now_ms &&
			child_start(child, conf_path, &err) < 0) {
			log_err("%s", err.text);
			child->next_ms = now_ms + watch_pause_ms(0, ++child->failures);
		}
		if (child->pid && limit_ms && !child->kill_ms &&
			now_ms - child->started_ms >= limit_ms) {
			log_err("%s has not ended within %lld s: ended", child->task->name,
				(long long)(limit_ms / 1000));
			ask_child(child);
		}
		if (child->pid && child->kill_ms && now_ms >= child->kill_ms)
			kill(child->pid, SIGKILL);
		if (!child->pid)
			at_ms = child->next_ms;
		else if (child->kill_ms)
			at_ms = child->kill_ms > now_ms ? child->kill_ms : now_ms + 100;
		else if (limit_ms)
			at_ms = child->started_ms + limit_ms;
		if (at_ms < wake_ms)
			wake_ms = at_ms;
	}
	return wake_ms;
}

/* Sleep until MS or a signal, which is returned; 0: none. */
static int wait_signal(const sigset_t *set, int64_t ms)
{
	int64_t left_ms = ms - clock_mono_ms();
	struct timespec ts = {0};
	int signal;

	if (left_ms > 0) {
		ts.tv_sec = left_ms / 1000;
		ts.tv_nsec = left_ms % 1000 * 1000000;
	}
	signal = sigtimedwait(set, NULL, &ts);
	return signal > 0 ? signal : 0;
}

static void stop_all(struct child *children, size_t n, const sigset_t *set)
{
	size_t left;

	for (size_t i = 0; i < n; i++)
		if (children[i].pid)
			ask_child(&children[i]);
	for (;;) {
		left = 0;
		for (size_t i = 0; i < n; i++) {
			struct child *child = &children[i];

			if (child->pid && waitpid(child->pid, NULL, WNOHANG) != 0)
				child->pid = 0;
			if (!child->pid)
				continue;
			left++;
			if (clock_mono_ms() >= child->kill_ms)
				kill(child->pid, SIGKILL);
		}
		if (!left)
			return;
		wait_signal(set, clock_mono_ms() + 100);
	}
}

int watch_run(const struct watch_task *tasks, size_t n, const char *conf_path, struct err *err)
{
	cleanup_free struct child *children = calloc(n + 1, sizeof(*children));
	struct sigaction standard = {.sa_handler = SIG_DFL}, before;
	sigset_t set, old;
	int rc = 0;

	if (!children)
		return err_nomem(err);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	/* whose parent ignores it would never hear how a child ended: exec(2) passes that on */
	sigemptyset(&standard.sa_mask);
	sigaction(SIGCHLD, &standard, &before);
	for (size_t i = 0; i < n && rc == 0; i++) {
		children[i].task = &tasks[i];
		rc = child_start(&children[i], conf_path, err);
	}
	while (rc == 0) {
		int64_t wake_ms = tend(children, n, conf_path);
		int signal = wait_signal(&set, wake_ms);

		if (signal == SIGTERM || signal == SIGINT) {
			log_info("signal %d: ending", signal);
			break;
		}
		reap(children, n);
	}
	stop_all(children, n, &set);
	sigaction(SIGCHLD, &before, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}
