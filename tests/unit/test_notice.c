/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/notice.h"

#include "helper/notice_hit.h"
#include "helper/spot_policy.h"
#include "lib/base/clock.h"
#include "lib/state/counter.h"
#include "tests/unit/app_fixture.h"

#define SPOT      "i-00000000000000001"
#define ON_DEMAND "i-00000000000000002"
#define ENDED     "i-00000000000000003"

static void setup(void)
{
	static const char *const ids[] = {SPOT, ON_DEMAND, ENDED};
	struct instance list[3];

	app_setup();
	state_add_gang("7-a", "n[0-2]");
	state_to("7-a", GANG_LAUNCHING);
	state_add_launch("t1", "7-a");
	for (size_t i = 0; i < 3; i++) {
		char node[8];

		snprintf(node, sizeof(node), "n%zu", i);
		list[i] = state_instance(ids[i], "7-a", node);
		list[i].spot = i != 1;
		list[i].launched_s = clock_now_s() - 600;
	}
	ok(instance_insert(state_db, list, 3, false, &err));
	ok(instance_set_terminated(state_db, ENDED, 0, 1000, &err));
}

static int take(const char *instance, enum notice_kind kind, int64_t deadline_ms)
{
	struct notice_told told = {.instance = instance,
		.kind = kind,
		.action = "terminate",
		.source = "sqs",
		.deadline_ms = deadline_ms};

	err = (struct err){0};
	return notice_take(&app, &told, &err);
}

static int64_t counted(const char *name)
{
	int64_t value = -1;

	ok(counter_get(state_db, name, &value, &err));
	return value;
}

static struct notice *open_now(size_t expected)
{
	struct notice *list = NULL;
	size_t n = 0;

	ok(notice_open(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, expected);
	return list;
}

START_TEST(taken_once)
{
	int64_t now_ms = clock_now_ms();
	cleanup_free struct notice *list = NULL;

	ck_assert_int_eq(take(SPOT, NOTICE_INTERRUPTION, now_ms + 100000), 1);
	ck_assert_int_eq(take(SPOT, NOTICE_INTERRUPTION, now_ms + 110000), 0);
	list = open_now(1);
	ck_assert_int_eq(list[0].deadline_ms, now_ms + 100000);
	ck_assert_str_eq(list[0].gang, "7-a");
	ck_assert(strstr(list[0].text, "spot instance " SPOT " (n0, ") != NULL);
	ck_assert(strstr(list[0].text, " will be taken back at ") != NULL);
	ck_assert_int_eq(counted("spot.interruption"), 1);
	ck_assert_uint_eq(logged("notice from sqs: spot instance " SPOT), 1);
}
END_TEST

START_TEST(what_is_not_meant)
{
	int64_t now_ms = clock_now_ms();

	ck_assert_int_eq(take("i-0ffffffffffffffff", NOTICE_INTERRUPTION, 0), 0);
	ck_assert_int_eq(counted("spot.unknown"), 1);
	ck_assert_int_eq(take(ON_DEMAND, NOTICE_INTERRUPTION, now_ms + 100000), 0);
	ck_assert_int_eq(counted("spot.not_spot"), 1);
	ck_assert_uint_eq(logged("it is no spot instance"), 1);
	ck_assert_int_eq(take(ENDED, NOTICE_INTERRUPTION, now_ms + 100000), 0);
	/* of an instance before this one */
	ck_assert_int_eq(take(SPOT, NOTICE_INTERRUPTION, now_ms - 3600000), 0);
	ck_assert_uint_eq(logged("older than the instance"), 1);
	free(open_now(0));
}
END_TEST

START_TEST(times_that_cannot_be)
{
	cleanup_free struct notice *list = NULL;
	int64_t now_ms = clock_now_ms();

	/* a day from now: two minutes are believed */
	ck_assert_int_eq(take(SPOT, NOTICE_INTERRUPTION, now_ms + 86400000), 1);
	list = open_now(1);
	ck_assert_int_ge(list[0].deadline_ms, now_ms + 119000);
	ck_assert_int_le(list[0].deadline_ms, now_ms + 125000);
}
END_TEST

START_TEST(rebalance_by_policy)
{
	cleanup_free struct notice *list = NULL;

	ck_assert_int_eq(take(SPOT, NOTICE_REBALANCE, 0), 0);
	free(open_now(0));
	ck_assert_uint_eq(logged("may soon be taken back; only logged"), 1);
	ck_assert_int_eq(counted("spot.rebalance"), 1);
	app_teardown();
	setup();
	conf.spot.rebalance_act = true;
	ck_assert_int_eq(take(SPOT, NOTICE_REBALANCE, 0), 1);
	list = open_now(1);
	ck_assert_int_eq(list[0].deadline_ms, 0);
	conf.spot.rebalance_act = false;
}
END_TEST

START_TEST(reasons_of_nodes)
{
	static const struct {
		const char *reason;
		bool good;
		enum notice_kind kind;
		const char *action;
		int64_t deadline_ms;
	} rows[] = {
		{"burst notice: spot terminate 2026-11-22T12:34:56Z", true, NOTICE_INTERRUPTION,
			"terminate", 1795350896000},
		{"burst notice: spot stop 2026-11-22T12:34:56Z", true, NOTICE_INTERRUPTION, "stop",
			1795350896000},
		{"burst notice: spot hibernate 2026-11-22T12:34:56Z", true, NOTICE_INTERRUPTION,
			"hibernate", 1795350896000},
		{"burst notice: spot rebalance 2026-11-22T12:34:56Z", true, NOTICE_REBALANCE, "",
			0},
		{"burst notice: spot terminate ", false, 0, NULL, 0},
		{"burst notice: spot terminate tomorrow", false, 0, NULL, 0},
		{"burst notice: spot terminate 2026-11-22T12:34:56Z; rm", false, 0, NULL, 0},
		{"burst notice: spot explode 2026-11-22T12:34:56Z", false, 0, NULL, 0},
		{"burst notice:", false, 0, NULL, 0},
		{"Burst notice: spot terminate 2026-11-22T12:34:56Z", false, 0, NULL, 0},
		{"burst: spot instance i-1 will be taken back", false, 0, NULL, 0},
		{"broken disk", false, 0, NULL, 0},
		{"", false, 0, NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notice_told told = {0};

		ck_assert_msg(
			notice_reason(rows[i].reason, &told) == rows[i].good, "%s", rows[i].reason);
		if (!rows[i].good)
			continue;
		ck_assert_int_eq(told.kind, rows[i].kind);
		ck_assert_str_eq(told.action, rows[i].action);
		ck_assert_int_eq(told.deadline_ms, rows[i].deadline_ms);
	}
}
END_TEST

START_TEST(when_to_act)
{
	/* 120 s, KillWait 30: sent back 40 s before, released 3 s before */
	ck_assert_int_eq(notice_act_ms(1000, 121000, 30), 81000);
	ck_assert_int_eq(notice_release_ms(1000, 121000), 118000);
	/* half is the job's at least */
	ck_assert_int_eq(notice_act_ms(1000, 121000, 300), 61000);
	ck_assert_int_eq(notice_act_ms(1000, 21000, 30), 11000);
	ck_assert_int_eq(notice_release_ms(1000, 21000), 19000);
	/* too late: now */
	ck_assert_int_eq(notice_act_ms(5000, 4000, 30), 4000);
	ck_assert_int_eq(notice_release_ms(5000, 4000), 4000);
	/* no deadline: never */
	ck_assert(notice_act_ms(1000, 0, 30) == INT64_MAX);
	ck_assert(notice_release_ms(1000, 0) == INT64_MAX);
}
END_TEST

enum { BATCH = 1, REQUEUE = 2, GOOD = 4, CANCELLED = 8, TIMEOUT = 16, LATER = 32 };
#define B (BATCH | REQUEUE)

START_TEST(fates)
{
	static const struct {
		enum job_state state;
		unsigned flags;
		enum spot_requeue policy;
		int64_t now_ms; /* sent back at 100, released at 200 */
		enum notice_fate fate;
	} rows[] = {
		{JOB_STATE_RUNNING, B, SPOT_REQUEUE_FAILED, 50, FATE_WAIT},
		{JOB_STATE_RUNNING, B, SPOT_REQUEUE_FAILED, 100, FATE_BACK},
		{JOB_STATE_CONFIGURING, B, SPOT_REQUEUE_FAILED, 100, FATE_BACK},
		{JOB_STATE_OTHER, B, SPOT_REQUEUE_ALWAYS, 100, FATE_BACK},
		{JOB_STATE_RUNNING, B, SPOT_REQUEUE_NEVER, 100, FATE_WAIT},
		{JOB_STATE_RUNNING, B, SPOT_REQUEUE_NEVER, 200, FATE_LEFT},
		{JOB_STATE_RUNNING, BATCH, SPOT_REQUEUE_ALWAYS, 199, FATE_WAIT},
		{JOB_STATE_RUNNING, BATCH, SPOT_REQUEUE_ALWAYS, 200, FATE_LEFT},
		{JOB_STATE_RUNNING, REQUEUE, SPOT_REQUEUE_ALWAYS, 199, FATE_WAIT},
		{JOB_STATE_RUNNING, REQUEUE, SPOT_REQUEUE_ALWAYS, 200, FATE_LEFT},
		{JOB_STATE_COMPLETING, B, SPOT_REQUEUE_FAILED, 150, FATE_WAIT},
		{JOB_STATE_COMPLETING, B, SPOT_REQUEUE_FAILED, 200, FATE_LEFT},
		{JOB_STATE_ENDED, B, SPOT_REQUEUE_FAILED, 50, FATE_BACK},
		{JOB_STATE_ENDED, B | GOOD, SPOT_REQUEUE_FAILED, 50, FATE_DONE},
		{JOB_STATE_ENDED, B | GOOD, SPOT_REQUEUE_ALWAYS, 50, FATE_BACK},
		{JOB_STATE_ENDED, B, SPOT_REQUEUE_NEVER, 50, FATE_DONE},
		{JOB_STATE_ENDED, BATCH, SPOT_REQUEUE_ALWAYS, 50, FATE_DONE},
		{JOB_STATE_ENDED, REQUEUE, SPOT_REQUEUE_ALWAYS, 50, FATE_DONE},
		{JOB_STATE_ENDED, B | CANCELLED, SPOT_REQUEUE_ALWAYS, 50, FATE_DONE},
		{JOB_STATE_ENDED, B | TIMEOUT, SPOT_REQUEUE_ALWAYS, 50, FATE_DONE},
		{JOB_STATE_PENDING, B, SPOT_REQUEUE_FAILED, 50, FATE_DONE},
		{JOB_STATE_RUNNING, B | LATER, SPOT_REQUEUE_FAILED, 150, FATE_DONE},
		{JOB_STATE_COMPLETING, B | LATER, SPOT_REQUEUE_FAILED, 50, FATE_DONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct job_facts now = {
			.state = rows[i].state,
			.batch = rows[i].flags & BATCH,
			.requeue = rows[i].flags & REQUEUE,
			.succeeded = rows[i].flags & GOOD,
			.cancelled = rows[i].flags & CANCELLED,
			.timed_out = rows[i].flags & TIMEOUT,
			.restart = rows[i].flags & LATER ? 2 : 1,
		};

		ck_assert_msg(notice_fate(&now, 1, rows[i].policy, 100, 200, rows[i].now_ms) ==
				      rows[i].fate,
			"row %zu", i);
	}
}
END_TEST

START_TEST(on_demand_by_policy)
{
	static const struct {
		bool allowed;
		unsigned after, times;
		int64_t after_s, ago_s;
		bool over;
	} rows[] = {
		{true, 2, 0, 0, 0, false},
		{true, 2, 1, 0, 5000, false},
		{true, 2, 2, 0, 0, true},
		{true, 2, 3, 0, 0, true},
		{false, 2, 3, 0, 0, false},
		{true, 0, 9, 0, 0, false},
		{true, 0, 1, 3600, 3599, false},
		{true, 0, 1, 3600, 3600, true},
		{true, 0, 0, 3600, 9999, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct conf c = {0};

		c.launch.fallback_on_demand = rows[i].allowed;
		c.spot.on_demand_after = rows[i].after;
		c.spot.on_demand_after_s = rows[i].after_s;
		ck_assert_msg(spot_over(&c, rows[i].times, 1000000,
				      1000000 + rows[i].ago_s * 1000) == rows[i].over,
			"row %zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notice");
	TCase *tc = tcase_create("notice"), *pure = tcase_create("pure");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, app_teardown);
	tcase_add_test(tc, taken_once);
	tcase_add_test(tc, what_is_not_meant);
	tcase_add_test(tc, times_that_cannot_be);
	tcase_add_test(tc, rebalance_by_policy);
	suite_add_tcase(s, tc);
	tcase_add_test(pure, reasons_of_nodes);
	tcase_add_test(pure, when_to_act);
	tcase_add_test(pure, fates);
	tcase_add_test(pure, on_demand_by_policy);
	suite_add_tcase(s, pure);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
