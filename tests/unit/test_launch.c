/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/state_fixture.h"

static struct launch one(struct launch **list, size_t *n, const char *gang, size_t i)
{
	ok(launch_list(state_db, gang, list, n, &err));
	ck_assert_uint_gt(*n, i);
	return (*list)[i];
}

START_TEST(prepared_before_sent)
{
	struct launch l = {.token = "0123456789abcdef0123456789abcdef",
			      .gang = "a",
			      .region = "us-east-2",
			      .state = LAUNCH_ANSWERED, /* not taken: nothing has been answered */
			      .body = (char[]){"Action=CreateFleet&x='\"\\%"},
			      .hostlist = (char[]){"n[1-2]"},
			      .capacity = 2,
			      .fleet_id = "fleet-x",
			      .sent_ms = 77},
		      r, *list;
	size_t n;

	state_add_gang("a", "n[1-2]");
	ok(gang_advance(state_db, "a", GANG_PLANNED, GANG_GROUP_READY, &err));
	ok(launch_prepare(state_db, &l, &err));
	ck_assert_int_eq(state_of("a"), GANG_LAUNCHING);
	r = one(&list, &n, "a", 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(r.token, l.token);
	ck_assert_str_eq(r.gang, "a");
	ck_assert_str_eq(r.region, "us-east-2");
	ck_assert_int_eq(r.state, LAUNCH_PREPARED);
	ck_assert_str_eq(r.body, l.body);
	ck_assert_str_eq(r.hostlist, "n[1-2]");
	ck_assert_int_eq(r.capacity, 2);
	ck_assert_str_eq(r.fleet_id, "");
	ck_assert_str_eq(r.code, "");
	ck_assert_ptr_null(r.message);
	ck_assert_int_eq(r.sent_ms, 77);
	ck_assert_int_eq(r.answered_ms, 0);
	launch_list_release(list, n);
}
END_TEST

START_TEST(prepare_only_where_a_launch_may_be)
{
	struct launch l = {.token = "t", .gang = "a", .body = (char[]){"b"}}, *list;
	size_t n;

	refused(launch_prepare(state_db, &l, &err), ERR_NOTFOUND, "no gang a");
	state_add_gang("a", "n1");
	ok(launch_prepare(state_db, &l, &err)); /* straight from planned: no group wanted */
	refused(launch_prepare(state_db, &l, &err), ERR_FATAL, "launch t exists already");
	snprintf(l.token, sizeof(l.token), "t2");
	ok(launch_prepare(state_db, &l, &err)); /* the second fleet */
	ok(gang_advance(state_db, "a", GANG_LAUNCHING, GANG_LAUNCHED, &err));
	snprintf(l.token, sizeof(l.token), "t3");
	refused(launch_prepare(state_db, &l, &err), ERR_BUSY, "gang a is launched");
	ok(launch_list(state_db, "a", &list, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_int_gt(list[0].sent_ms, 1600000000000);
	launch_list_release(list, n);
	l.body = NULL;
	refused(launch_prepare(state_db, &l, &err), ERR_FATAL, "launch without token or request");
	l.body = (char[]){"b"};
	*l.token = '\0';
	refused(launch_prepare(state_db, &l, &err), ERR_FATAL, "launch without token or request");
}
END_TEST

START_TEST(a_refused_launch_does_not_move_the_gang)
{
	struct launch l = {.token = "t", .gang = "b", .body = (char[]){"b"}};

	state_add_gang("a", "n1");
	state_add_gang("b", "n2");
	state_add_launch("t", "a");
	refused(launch_prepare(state_db, &l, &err), ERR_FATAL, "launch t exists already");
	ck_assert_int_eq(state_of("b"), GANG_PLANNED);
	/* the same inside a transaction: what came before it stays */
	ok(db_begin(state_db, &err));
	ok(gang_set_plan(state_db, "b", "kept", &err));
	refused(launch_prepare(state_db, &l, &err), ERR_FATAL, "launch t exists already");
	ok(db_commit(state_db, &err));
	ck_assert_int_eq(state_of("b"), GANG_PLANNED);
	struct gang g;

	ok(gang_get(state_db, "b", &g, &err));
	ck_assert_str_eq(g.plan, "kept");
	gang_release(&g);
}
END_TEST

START_TEST(ends)
{
	/* from what: to what: allowed */
	static const bool t[4][4] = {
		[LAUNCH_PREPARED] = {false, true, true, true},
		[LAUNCH_ANSWERED] = {false, true, false, false},
		[LAUNCH_FAILED] = {false, false, true, false},
		[LAUNCH_LOST] = {false, true, true, true},
	};
	char token[8], text[64];

	state_add_gang("a", "n1");
	for (int from = 0; from < 4; from++) {
		for (int to = 0; to < 4; to++) {
			snprintf(token, sizeof(token), "t%d%d", from, to);
			state_add_launch(token, "a");
			if (from)
				ok(launch_finish(state_db, token, (enum launch_state)from, "f", "c",
					"m", &err));
			if (t[from][to]) {
				ok(launch_finish(state_db, token, (enum launch_state)to, "f", "c",
					"m", &err));
				continue;
			}
			if (!to)
				snprintf(
					text, sizeof(text), "launch %s: prepared is no end", token);
			else
				snprintf(text, sizeof(text),
					"launch %s is %s already, it cannot become %s", token,
					launch_state_name((enum launch_state)from),
					launch_state_name((enum launch_state)to));
			refused(launch_finish(state_db, token, (enum launch_state)to, NULL, NULL,
					NULL, &err),
				ERR_FATAL, text);
		}
	}
	ck_assert_str_eq(launch_state_name((enum launch_state)9), "unknown");
}
END_TEST

START_TEST(of_all_gangs)
{
	enum launch_state state = LAUNCH_LOST;
	struct launch *list;
	size_t n;

	ok(launch_list_prepared(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 0);
	launch_list_release(list, n);
	state_add_gang("a", "n1");
	state_add_gang("b", "n2");
	state_add_launch("t1", "a");
	state_add_launch("t2", "b");
	state_add_launch("t3", "a");
	ok(launch_finish(state_db, "t1", LAUNCH_FAILED, NULL, NULL, NULL, &err));
	ok(launch_list_prepared(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].token, "t2");
	ck_assert_str_eq(list[0].gang, "b");
	ck_assert_str_eq(list[0].body, "Action=CreateFleet");
	ck_assert_str_eq(list[1].token, "t3");
	launch_list_release(list, n);
	ck_assert_int_eq(launch_find_state(state_db, "t1", &state, &err), 1);
	ck_assert_int_eq(state, LAUNCH_FAILED);
	ck_assert_int_eq(launch_find_state(state_db, "t2", &state, &err), 1);
	ck_assert_int_eq(state, LAUNCH_PREPARED);
	ck_assert_int_eq(launch_find_state(state_db, "t9", &state, &err), 0);
}
END_TEST

START_TEST(answer_is_kept)
{
	struct launch r, *list;
	char longer[100];
	size_t n;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	state_add_gang("a", "n1");
	for (int i = 0; i < 20; i++) {
		char token[8];

		snprintf(token, sizeof(token), "t%d", i);
		state_add_launch(token, "a");
	}
	ok(launch_finish(state_db, "t3", LAUNCH_FAILED, "fleet-1", "InsufficientInstanceCapacity",
		"we have none", &err));
	r = one(&list, &n, "a", 3);
	ck_assert_uint_eq(n, 20);
	ck_assert_int_eq(r.state, LAUNCH_FAILED);
	ck_assert_str_eq(r.fleet_id, "fleet-1");
	ck_assert_str_eq(r.code, "InsufficientInstanceCapacity");
	ck_assert_str_eq(r.message, "we have none");
	ck_assert_int_gt(r.answered_ms, 1600000000000);
	launch_list_release(list, n);
	refused(launch_finish(state_db, "t4", LAUNCH_FAILED, longer, NULL, NULL, &err), ERR_FATAL,
		"fleet id of 99 characters, at most 63");
	refused(launch_finish(state_db, "t4", LAUNCH_FAILED, NULL, longer, NULL, &err), ERR_FATAL,
		"error code of 99 characters, at most 63");
	refused(launch_finish(state_db, "none", LAUNCH_LOST, NULL, NULL, NULL, &err), ERR_NOTFOUND,
		"no launch none");
	ok(launch_list(state_db, "nobody", &list, &n, &err));
	ck_assert_uint_eq(n, 0);
	launch_list_release(list, n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("launch");
	TCase *tc = tcase_create("launch");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, prepared_before_sent);
	tcase_add_test(tc, prepare_only_where_a_launch_may_be);
	tcase_add_test(tc, a_refused_launch_does_not_move_the_gang);
	tcase_add_test(tc, ends);
	tcase_add_test(tc, of_all_gangs);
	tcase_add_test(tc, answer_is_kept);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
