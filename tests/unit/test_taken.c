/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/taken.h"

#include "lib/base/clock.h"
#include "tests/unit/state_fixture.h"

#define HERE  "us-east-2"
#define THERE "us-west-2"

static void launch(const char *token, const char *gang, const char *region, const char *body)
{
	cleanup_free char *copy = strdup(body);
	struct launch l = {.body = copy, .capacity = 3};

	snprintf(l.token, sizeof(l.token), "%s", token);
	snprintf(l.gang, sizeof(l.gang), "%s", gang);
	snprintf(l.region, sizeof(l.region), "%s", region);
	ok(launch_prepare(state_db, &l, &err));
}

static void add(const char *id, const char *token, const char *subnet, bool spot)
{
	struct instance x = state_instance(id, "a", "");

	snprintf(x.launch, sizeof(x.launch), "%s", token);
	snprintf(x.region, sizeof(x.region), "%s", *subnet == 'w' ? THERE : HERE);
	snprintf(x.subnet, sizeof(x.subnet), "%s", subnet);
	snprintf(x.type, sizeof(x.type), "c5n.18xlarge");
	x.spot = spot;
	ok(instance_insert(state_db, &x, 1, false, &err));
}

static void ended(const char *id)
{
	ok(instance_set_terminating(state_db, &id, 1, "test", 5, &err));
}

static size_t running(int64_t since_ms, struct taken **list)
{
	size_t n = 0;

	ok(taken_running(state_db, HERE, since_ms, list, &n, &err));
	return n;
}

START_TEST(what_runs_is_counted)
{
	struct taken *list = NULL;

	ck_assert_uint_eq(running(0, &list), 0);
	free(list);
	state_add_gang("a", "n[1-9]");
	launch("t1", "a", HERE, "x");
	launch("t2", "a", HERE,
		"y&TargetCapacitySpecification.DefaultTargetCapacityType=capacity-block");
	launch("t3", "a", THERE, "z");
	add("i-1", "t1", "s1", false);
	add("i-2", "t1", "s1", false);
	add("i-3", "t1", "s2", false);
	add("i-4", "t1", "s1", true);
	add("i-5", "t2", "s1", false);
	add("i-6", "t3", "w1", false);
	add("i-7", "", "s1", false); /* adopted: of no launch that is known */
	add("i-8", "t1", "s1", false);
	ended("i-8");
	ck_assert_uint_eq(running(0, &list), 4);
	ck_assert_str_eq(list[0].subnet, "s1");
	ck_assert_str_eq(list[0].type, "c5n.18xlarge");
	ck_assert(!list[0].spot && !list[0].block);
	ck_assert_uint_eq(list[0].n, 3);
	ck_assert(!list[1].spot && list[1].block);
	ck_assert_uint_eq(list[1].n, 1);
	ck_assert(list[2].spot);
	ck_assert_str_eq(list[3].subnet, "s2");
	free(list);
}
END_TEST

START_TEST(since_a_moment)
{
	struct taken *list = NULL;
	int64_t later_ms;

	state_add_gang("a", "n[1-9]");
	launch("t1", "a", HERE, "x");
	launch("t2", "a", HERE, "y");
	add("i-1", "t1", "s1", false);
	add("i-2", "t2", "s2", false);
	add("i-3", "", "s1", false);
	ok(launch_finish(state_db, "t1", LAUNCH_ANSWERED, "f", "", "", &err));
	clock_sleep_ms(5);
	later_ms = clock_now_ms();
	ok(launch_finish(state_db, "t2", LAUNCH_ANSWERED, "f", "", "", &err));
	ck_assert_uint_eq(running(later_ms, &list), 1);
	ck_assert_str_eq(list[0].subnet, "s2");
	free(list);
	ck_assert_uint_eq(running(clock_now_ms() + 1000, &list), 0);
	free(list);
}
END_TEST

START_TEST(requests_under_way)
{
	struct taken_launch *list = NULL;
	size_t n = 0;

	state_add_gang("a", "n[1-9]");
	launch("t1", "a", HERE, "one");
	launch("t2", "a", THERE, "two");
	launch("t3", "a", HERE, "three");
	launch("t4", "a", HERE, "four");
	ok(launch_finish(state_db, "t3", LAUNCH_FAILED, "", "X", "", &err));
	ok(taken_launches(state_db, HERE, &list, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].body, "one");
	ck_assert_uint_eq(list[0].capacity, 3);
	ck_assert_str_eq(list[1].body, "four");
	taken_launches_release(list, n);
	ok(taken_launches(state_db, NULL, &list, &n, &err));
	ck_assert_uint_eq(n, 3);
	taken_launches_release(list, n);
	ok(taken_launches(state_db, "nowhere", &list, &n, &err));
	ck_assert_uint_eq(n, 0);
	taken_launches_release(list, n);
}
END_TEST

START_TEST(groups_made)
{
	unsigned n = 9;

	state_add_gang("a", "n1");
	ok(placement_insert(state_db, "g1", "a", HERE, 100, &err));
	ok(placement_insert(state_db, "g2", "a", HERE, 200, &err));
	ok(placement_insert(state_db, "g3", "a", THERE, 200, &err));
	ok(placement_insert(state_db, "g4", "a", HERE, 300, &err));
	ok(placement_set_deleted(state_db, "g4", 301, &err));
	ok(taken_groups(state_db, HERE, 100, &n, &err));
	ck_assert_uint_eq(n, 1);
	ok(taken_groups(state_db, HERE, 0, &n, &err));
	ck_assert_uint_eq(n, 2);
}
END_TEST

static unsigned nodes(void)
{
	unsigned n = 0;

	ok(taken_nodes(state_db, &n, &err));
	return n;
}

START_TEST(nodes_are_counted_once)
{
	const char *id = "i-1";

	ck_assert_uint_eq(nodes(), 0);
	state_add_gang("a", "n[1-3]");
	ck_assert_uint_eq(nodes(), 3);
	launch("t1", "a", HERE, "x");
	add("i-1", "t1", "s1", false);
	add("i-2", "t1", "w1", true);
	/* two run, one is to come */
	ck_assert_uint_eq(nodes(), 3);
	state_add_gang("b", "m[1-4]");
	ck_assert_uint_eq(nodes(), 7);
	/* more came than were asked for: they run */
	add("i-3", "t1", "s1", false);
	add("i-4", "t1", "s1", false);
	ck_assert_uint_eq(nodes(), 8);
	/* what is being ended is not there any more, but is still to come */
	ended("i-4");
	ck_assert_uint_eq(nodes(), 7);
	ended(id);
	ck_assert_uint_eq(nodes(), 7);
	/* nothing more comes for a gang that fails, or that is bound */
	ck_assert_int_eq(gang_fail(state_db, "b", "test", &err), 1);
	ck_assert_uint_eq(nodes(), 3);
	ck_assert_int_eq(gang_fail(state_db, "a", "test", &err), 1);
	ck_assert_uint_eq(nodes(), 2);
	ok(instance_set_terminated(state_db, id, 0, 7, &err));
	ck_assert_uint_eq(nodes(), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("taken");
	TCase *tc = tcase_create("taken");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_runs_is_counted);
	tcase_add_test(tc, nodes_are_counted_once);
	tcase_add_test(tc, since_a_moment);
	tcase_add_test(tc, requests_under_way);
	tcase_add_test(tc, groups_made);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
