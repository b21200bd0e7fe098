/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms: the log, the program that is called, and that none is raised twice. */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/alarm.h"
#include "helper/budget.h"
#include "helper/log.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/counter.h"
#include "lib/state/db_internal.h"
#include "tests/unit/app_fixture.h"

static char program[128];

static void setup(void)
{
	app_setup();
	conf.alarm.timeout_s = 10;
	conf.alarm.repeat_s = 3600;
}

/* A program of these lines, which finds the state directory's path in $0's. */
static void install(const char *lines, mode_t mode)
{
	FILE *f;

	snprintf(program, sizeof(program), "%s", state_path("program"));
	f = fopen(program, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\ncd \"${0%%/*}\"\n%s\n", lines);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(program, mode), 0);
	conf.alarm.command = program;
}

static char *told(void)
{
	char *data = NULL;
	size_t len;

	if (file_read(state_path("told"), 65536, &data, &len, &err) < 0)
		return strdup("");
	return data;
}

static int64_t counted(const char *name)
{
	int64_t value = -1;

	ok(counter_get(state_db, name, &value, &err));
	return value;
}

START_TEST(in_the_log)
{
	ck_assert(alarm_raise(&app, "max-nodes", "", "%d of %d nodes", 11, 10));
	ck_assert_uint_eq(logged("alarm: max-nodes: 11 of 10 nodes"), 1);
	ck_assert_uint_eq(logged("alarm.command"), 0);
}
END_TEST

START_TEST(once_in_a_while)
{
	install("echo x >>told", 0700);
	ck_assert(alarm_raise(&app, "overdue", "i-1", "old"));
	ck_assert(!alarm_raise(&app, "overdue", "i-1", "older"));
	ck_assert(alarm_raise(&app, "overdue", "i-2", "another"));
	ck_assert(alarm_raise(&app, "impaired", "i-1", "for another reason"));
	ck_assert_uint_eq(logged("raised already"), 1);
	conf.alarm.repeat_s = 0;
	ck_assert(alarm_raise(&app, "late", "g", "now"));
	clock_sleep_ms(2);
	ck_assert(alarm_raise(&app, "late", "g", "and again"));
	cleanup_free char *text = told();
	ck_assert_str_eq(text, "x\nx\nx\nx\nx\n");
	ck_assert_int_eq(counted("alarm.overdue"), 2);
	ck_assert_int_eq(counted("alarm.late"), 2);
	/* without a memory it is told each time */
	app.db = NULL;
	ck_assert(alarm_raise(&app, "overdue", "i-1", "old"));
	app.db = state_db;
}
END_TEST

/* Of what is written down while the program runs: until when, from now. */
static int64_t left_ms(const char *value)
{
	int64_t until_ms = 0;

	ok(DB_SELECT_INT(state_db, &err, &until_ms,
		"SELECT until_ms FROM cache WHERE key = 'alarm/overdue/i-1' AND value = ?",
		DB_TEXT(value)));
	return until_ms ? until_ms - clock_now_ms() : 0;
}

/* Somebody calls RAISE and is killed while the program runs; afterwards it is there again. */
static void die_in(void (*raise)(void))
{
	int status;
	pid_t pid;

	install("echo x >>told; kill -9 $PPID", 0700);
	db_close(state_db); /* not across fork */
	state_db = app.db = NULL;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (state_open_rc(DB_READ_WRITE, false, &err) < 0)
			_exit(1);
		app.db = state_db;
		raise();
		_exit(2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ok(state_open_rc(DB_READ_WRITE, false, &err));
	app.db = state_db;
	install("echo y >>told", 0700);
}

/* It is not alive any more, as far as that can be known. */
static void give_up(void)
{
	ck_assert_int_ge(
		DB_RUN(state_db, &err, "UPDATE cache SET until_ms = ?", DB_INT(clock_now_ms() - 1)),
		1);
}

static void raise_one(void)
{
	alarm_raise(&app, "overdue", "i-1", "old");
}

/* kill -9 before it is told: it is raised again, and counted once. */
START_TEST(killed_on_the_way)
{
	die_in(raise_one);
	/* it may live still */
	ck_assert_int_gt(left_ms("pending"), 0);
	ck_assert_int_le(left_ms("pending"), 15000);
	ck_assert(!alarm_raise(&app, "overdue", "i-1", "old"));
	give_up();
	ck_assert(alarm_raise(&app, "overdue", "i-1", "old"));
	ck_assert(!alarm_raise(&app, "overdue", "i-1", "old"));
	ck_assert_int_gt(left_ms("raised"), 3590 * 1000);
	ck_assert_int_eq(counted("alarm.overdue"), 1);
	cleanup_free char *text = told();
	ck_assert_str_eq(text, "x\ny\n");
}
END_TEST

static void raise_budgets(void)
{
	budget_alarms(&app);
}

/* Of thresholds that are told of once in a period: noted by who has told. */
START_TEST(killed_with_a_budgets)
{
	struct budget budget = {.name = "all",
		.scope = BUDGET_SITE,
		.period = BUDGET_TOTAL,
		.limit_uusd = 10,
		.alarms = {50, 80, 100},
		.nalarms = 3};

	ok(budget_put(state_db, &budget, clock_now_s(), &err));
	ck_assert_int_eq(DB_RUN(state_db, &err,
				 "INSERT INTO spent_day (day, user, account, qos, partition, uusd) "
				 "VALUES (?, 'ada', '', '', '', 9)",
				 DB_INT(clock_now_s() / 86400)),
		1);
	die_in(raise_budgets);
	budget_alarms(&app);
	give_up();
	budget_alarms(&app);
	budget_alarms(&app);
	give_up();
	budget_alarms(&app);
	cleanup_free char *text = told();
	ck_assert_str_eq(text, "x\ny\n");
	ck_assert_int_eq(counted("alarm.budget"), 1);
}
END_TEST

/* Nothing of what is said is looked at by a shell, and nothing of ours is passed on. */
START_TEST(program_is_called)
{
	cleanup_free char *text = NULL;

	setenv("BURST_SECRET", "s3cret", 1);
	install("{ printf '<%s>' \"$#\" \"$@\"; echo; env; cat; } >told", 0755);
	alarm_raise(&app, "over", "job $(id)", "`id`; \"quoted\" %s\nnext line", "*");
	text = told();
	ck_assert_ptr_nonnull(strstr(text, "<3><over><job $(id)><`id`; \"quoted\" *?next line>\n"));
	ck_assert_ptr_nonnull(strstr(text, "BURST_CLUSTER=test\n"));
	ck_assert_ptr_nonnull(strstr(text, "LANG=C\n"));
	ck_assert_ptr_null(strstr(text, "SECRET"));
	ck_assert_uint_eq(logged("alarm.command"), 0);
}
END_TEST

START_TEST(program_fails)
{
	install("exit 3", 0700);
	ck_assert(alarm_raise(&app, "a", "", "one"));
	ck_assert_uint_eq(logged("alarm.command: exit status 3"), 1);
	install("kill -9 $$", 0700);
	ck_assert(alarm_raise(&app, "b", "", "two"));
	ck_assert_uint_eq(logged("alarm.command: killed by signal 9"), 1);
	install("exit 0", 0600);
	ck_assert(alarm_raise(&app, "c", "", "three"));
	ck_assert_uint_eq(logged("is no program"), 1);
	install("exit 0", 0720);
	ck_assert(alarm_raise(&app, "d", "", "four"));
	install("exit 0", 0702);
	ck_assert(alarm_raise(&app, "e", "", "five"));
	ck_assert_uint_eq(logged("can be written by others"), 2);
	conf.alarm.command = state_dir;
	ck_assert(alarm_raise(&app, "f", "", "six"));
	ck_assert_uint_eq(logged("is no program"), 2);
	unlink(program);
	conf.alarm.command = program;
	ck_assert(alarm_raise(&app, "g", "", "seven"));
	ck_assert_uint_eq(logged("No such file"), 1);
	/* a program whose interpreter is missing */
	install("", 0700);
	ck_assert_int_eq(file_write(program, 0700, "#!/nonexistent\n", 15, FILE_NO_SYNC, &err), 0);
	ck_assert(alarm_raise(&app, "h", "", "eight"));
	ck_assert_uint_eq(logged("alarm.command: cannot run "), 1);
}
END_TEST

/* state.db that cannot be written: it is told all the same. */
START_TEST(no_memory)
{
	ok(db_begin(state_db, &err));
	ck_assert(alarm_raise(&app, "a", "", "one"));
	db_rollback(state_db);
	state_reopen(DB_READ_ONLY, false);
	app.db = state_db;
	ck_assert(alarm_raise(&app, "a", "", "two"));
	ck_assert_uint_eq(logged("alarm: a: two"), 1);
	ck_assert(alarm_raise(&app, "a", "", "three"));
}
END_TEST

/* It and what it has started. */
START_TEST(program_hangs)
{
	int64_t began_ms = clock_mono_ms();
	cleanup_free char *text = NULL;
	long pid;

	install("sleep 600 & echo $! >told; wait", 0700);
	conf.alarm.timeout_s = 1;
	ck_assert(alarm_raise(&app, "a", "", "one"));
	ck_assert_uint_eq(logged("did not end within 1 s: killed"), 1);
	ck_assert_int_lt(clock_mono_ms() - began_ms, 5000);
	text = told();
	pid = strtol(text, NULL, 10);
	ck_assert_int_gt(pid, 1);
	for (int i = 0; i < 100; i++) {
		char path[64], state = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
		f = fopen(path, "r");
		if (!f)
			return;
		if (fscanf(f, "%*d %*s %c", &state) != 1)
			state = 0;
		fclose(f);
		if (state == 'Z') /* of a container without an init */
			return;
		clock_sleep_ms(10);
	}
	ck_abort_msg("what the program has started lives on");
}
END_TEST

/* A mail server is away, and an availability zone: who raises the alarms has work to do. */
START_TEST(program_hangs_for_each)
{
	int64_t began_ms = clock_mono_ms();
	char subject[8];

	install("sleep 600", 0700);
	conf.alarm.timeout_s = 1;
	for (int i = 0; i < 30; i++) {
		snprintf(subject, sizeof(subject), "i-%d", i);
		ck_assert(alarm_raise(&app, "impaired", subject, "it is"));
	}
	ck_assert_int_lt(clock_mono_ms() - began_ms, 12000);
	ck_assert_uint_eq(logged("did not end within 1 s: killed"), 6);
	ck_assert_uint_eq(logged("of more alarms it is not told"), 1);
	ck_assert_uint_eq(logged("alarm: impaired: it is"), 30);
	ck_assert_int_eq(counted("alarm.impaired"), 30);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("alarm");
	TCase *tc = tcase_create("alarm");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, app_teardown);
	tcase_add_test(tc, in_the_log);
	tcase_add_test(tc, once_in_a_while);
	tcase_add_test(tc, killed_on_the_way);
	tcase_add_test(tc, killed_with_a_budgets);
	tcase_add_test(tc, program_is_called);
	tcase_add_test(tc, program_fails);
	tcase_add_test(tc, program_hangs);
	tcase_add_test(tc, program_hangs_for_each);
	tcase_add_test(tc, no_memory);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
