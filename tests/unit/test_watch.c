/* SPDX-License-Identifier: Apache-2.0 */
/* watch: tasks are kept running, started again after a pause, ended with their supervisor. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/log.h"
#include "helper/watch.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

/* What the tasks write, a letter each. */
static char trace_path[64];

static void setup(void)
{
	int fd;

	snprintf(trace_path, sizeof(trace_path), "/tmp/test_watch.XXXXXX");
	fd = mkstemp(trace_path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(trace_path);
}

static void note(char letter)
{
	int fd = open(trace_path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || write(fd, &letter, 1) != 1)
		_exit(99);
	close(fd);
}

/* How often LETTER was noted. */
static size_t noted(char letter)
{
	cleanup_free char *text = NULL;
	size_t len = 0, n = 0;

	ck_assert_int_eq(file_read(trace_path, 65536, &text, &len, NULL), 0);
	for (size_t i = 0; i < len; i++)
		n += text[i] == letter;
	return n;
}

static void wait_noted(char letter, size_t n, int64_t ms)
{
	int64_t end_ms = clock_mono_ms() + ms;

	while (noted(letter) < n) {
		ck_assert_msg(clock_mono_ms() < end_ms, "only %zu times %c", noted(letter), letter);
		clock_sleep_ms(20);
	}
}

/* The supervisor in a process of its own. */
static pid_t watch(const struct watch_task *tasks, size_t n)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		struct err err = {0};

		_exit(watch_run(tasks, n, "conf", &err) < 0 ? 98 : 0);
	}
	return pid;
}

static void end_watch(pid_t pid, int signal)
{
	int status = -1;

	ck_assert_int_eq(kill(pid, signal), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static int run_short(const char *conf_path, volatile sig_atomic_t *stop)
{
	note(strcmp(conf_path, "conf") ? '?' : 's');
	return 0;
}

static int run_long(const char *conf_path, volatile sig_atomic_t *stop)
{
	note('l');
	while (!*stop)
		usleep(20000);
	note('e');
	return 0;
}

static int run_failing(const char *conf_path, volatile sig_atomic_t *stop)
{
	note('f');
	return 1;
}

static int run_dying(const char *conf_path, volatile sig_atomic_t *stop)
{
	note('d');
	kill(getpid(), SIGKILL);
	return 0;
}

START_TEST(pauses)
{
	ck_assert_int_eq(watch_pause_ms(60000, 0), 60000);
	ck_assert_int_eq(watch_pause_ms(60000, 1), 60000);
	ck_assert_int_eq(watch_pause_ms(0, 1), 1000);
	ck_assert_int_eq(watch_pause_ms(0, 2), 2000);
	ck_assert_int_eq(watch_pause_ms(0, 9), 256000);
	ck_assert_int_eq(watch_pause_ms(0, 10), 300000);
	ck_assert_int_eq(watch_pause_ms(0, 4000000000u), 300000);
	ck_assert_int_eq(watch_pause_ms(3600000, 4000000000u), 3600000);
}
END_TEST

START_TEST(periodic)
{
	static const struct watch_task tasks[] = {
		{"short", run_short, 100, 0},
		{"long", run_long, 0, 0},
	};
	pid_t pid = watch(tasks, 2);

	wait_noted('s', 3, 5000);
	ck_assert_uint_eq(noted('l'), 1);
	ck_assert_uint_eq(noted('e'), 0);
	end_watch(pid, SIGTERM);
	/* it was asked, and came to its end */
	ck_assert_uint_eq(noted('e'), 1);
	ck_assert_uint_eq(noted('?'), 0);
}
END_TEST

START_TEST(failing)
{
	static const struct watch_task tasks[] = {
		{"failing", run_failing, 0, 0},
		{"dying", run_dying, 0, 0},
		{"short", run_short, 50, 0},
	};
	pid_t pid = watch(tasks, 3);

	/* at 0, 1 and 3 s; it does not hold up the others */
	wait_noted('s', 30, 8000);
	ck_assert_uint_le(noted('f'), 3);
	ck_assert_uint_le(noted('d'), 3);
	wait_noted('f', 3, 8000);
	wait_noted('d', 3, 8000);
	end_watch(pid, SIGINT);
}
END_TEST

/* exec(2) passes on that a shell or service manager ignores SIGCHLD. */
START_TEST(deaf_parent)
{
	static const struct watch_task tasks[] = {{"short", run_short, 50, 0}};
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = watch(tasks, 1);
	signal(SIGCHLD, SIG_DFL);
	wait_noted('s', 3, 5000);
	end_watch(pid, SIGTERM);
}
END_TEST

START_TEST(too_long)
{
	static const struct watch_task tasks[] = {{"long", run_long, 50, 300}};
	pid_t pid = watch(tasks, 1);

	wait_noted('l', 3, 5000);
	ck_assert_uint_ge(noted('e'), 2);
	end_watch(pid, SIGTERM);
}
END_TEST

START_TEST(killed)
{
	static const struct watch_task tasks[] = {{"long", run_long, 0, 0}};
	pid_t pid = watch(tasks, 1);

	wait_noted('l', 1, 5000);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	/* its task hears of it, and ends */
	wait_noted('e', 1, 5000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch");
	TCase *tcase = tcase_create("watch");
	SRunner *runner;
	int failed;

	/* what fails on purpose is not for the reader of the test's log */
	burst_log_open("test", "/dev/null", LOG_LEVEL_ERROR, false, false);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, pauses);
	tcase_add_test(tcase, periodic);
	tcase_add_test(tcase, failing);
	tcase_add_test(tcase, deaf_parent);
	tcase_add_test(tcase, too_long);
	tcase_add_test(tcase, killed);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
