/* SPDX-License-Identifier: Apache-2.0 */
/* The site-wide maximum of nodes, when a gang begins. */
#include "helper/log.h"
#include "helper/room.h"
#include "tests/unit/app_fixture.h"

static struct room room;

static void choose(const char *nodes, size_t njobs, bool all, unsigned taken, unsigned max)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	struct demand d = {.njobs = njobs, .all_or_nothing = all};

	room_release(&room);
	room = (struct room)ROOM_INIT;
	ok(nodeset_parse(&set, nodes, &err));
	d.nodes = set;
	ok(room_choose(&d, taken, max, &room, &err));
}

static void setup(void)
{
	app_setup();
	conf.alarm.repeat_s = 3600;
	room = (struct room)ROOM_INIT;
}

static void teardown(void)
{
	room_release(&room);
	app_teardown();
}

/* keep and back as hostlists; "": none. */
static void is(const char *keep, const char *back, bool full)
{
	cleanup_free char *k = nodeset_format(&room.keep), *b = nodeset_format(&room.back);

	ck_assert_str_eq(k, keep);
	ck_assert_str_eq(b, back);
	ck_assert_int_eq(room.full, full);
}

START_TEST(there_is_room)
{
	choose("n[0-3]", 1, true, 1000, 0);
	is("", "", false);
	choose("n[0-3]", 1, true, 6, 10);
	is("", "", false);
	choose("n[0-3]", 4, false, 6, 10);
	is("", "", false);
}
END_TEST

START_TEST(a_gang_goes_back_whole)
{
	choose("n[0-3]", 1, true, 7, 10);
	is("", "n[0-3]", true);
	ck_assert_int_eq(room.class, ERR_BUSY);
	ck_assert_str_eq(room.why,
		"this site runs at most 10 nodes at a time (guards.max_nodes): 7 are there or on "
		"their way, 4 more are needed");
	/* best-effort: one job's nodes */
	choose("n[0-3]", 1, false, 7, 10);
	is("", "n[0-3]", true);
	/* jobs that share nodes */
	choose("n[0-3]", 3, true, 7, 10);
	is("", "n[0-3]", true);
	/* the maximum was lowered */
	choose("n0", 1, true, 12, 1);
	is("", "n0", true);
	ck_assert_str_eq(room.why,
		"this site runs at most 1 node at a time (guards.max_nodes): 12 are there or on "
		"their way, 1 more is needed");
}
END_TEST

START_TEST(a_gang_that_never_fits)
{
	choose("n[0-10]", 1, true, 0, 10);
	is("", "n[0-10]", true);
	ck_assert_int_eq(room.class, ERR_CONFIG);
	ck_assert_str_eq(room.why,
		"it needs 11 nodes, and this site runs at most 10 at a time (guards.max_nodes)");
}
END_TEST

START_TEST(of_one_node_jobs_some_go_on)
{
	choose("n[0-3]", 4, false, 7, 10);
	is("n[0-2]", "n3", false);
	ck_assert_int_eq(room.class, ERR_BUSY);
	choose("n[0-3]", 4, false, 10, 10);
	is("", "n[0-3]", true);
	/* more of them than there may be nodes is nobody's mistake */
	choose("n[0-19]", 20, false, 0, 10);
	is("n[0-9]", "n[10-19]", false);
	ck_assert_int_eq(room.class, ERR_BUSY);
	/* nodes without a job */
	choose("n[0-3]", 0, false, 8, 10);
	is("n[0-1]", "n[2-3]", false);
}
END_TEST

START_TEST(by_configuration_and_state)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	struct demand d = {.njobs = 1, .all_or_nothing = true};
	char no[] = "no";

	state_add_gang("a", "n[1-3]");
	ok(nodeset_parse(&set, "m[1-2]", &err));
	d.nodes = set;
	ok(room_look(&app, &d, &room, &err));
	is("", "", false);
	conf.guards.max_nodes = 5;
	ok(room_look(&app, &d, &room, &err));
	is("", "", false);
	room_tell(&app, &room);
	ck_assert_uint_eq(logged("alarm"), 0);
	conf.guards.max_nodes = 4;
	d.refused = no;
	ok(room_look(&app, &d, &room, &err));
	is("", "", false);
	d.refused = NULL;
	ok(room_look(&app, &d, &room, &err));
	is("", "m[1-2]", true);
	room_tell(&app, &room);
	ck_assert_uint_eq(logged("alarm: max-nodes: guards.max_nodes is reached: 3 of at most 4 "
				 "nodes are there or on their way, and jobs wait for 2 more"),
		1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("room");
	TCase *tc = tcase_create("room");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, there_is_room);
	tcase_add_test(tc, a_gang_goes_back_whole);
	tcase_add_test(tc, a_gang_that_never_fits);
	tcase_add_test(tc, of_one_node_jobs_some_go_on);
	tcase_add_test(tc, by_configuration_and_state);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
