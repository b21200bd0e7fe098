/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/strbuf.h"
#include "tests/unit/state_fixture.h"

static struct instance get(const char *id)
{
	struct instance *list, found = {0};
	size_t n;

	ok(instance_list(state_db, NULL, true, &list, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].id, id))
			found = list[i];
	free(list);
	ck_assert_str_eq(found.id, id);
	return found;
}

static enum launch_state state_of_launch_of(const char *gang)
{
	struct launch *list;
	enum launch_state state;
	size_t n;

	ok(launch_list(state_db, gang, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	state = list[0].state;
	launch_list_release(list, n);
	return state;
}

START_TEST(every_field_comes_back)
{
	struct instance x = {.id = "i-0123456789abcdef0",
				.gang = "a",
				.launch = "t",
				.region = "us-east-2",
				.state = INSTANCE_TERMINATING,
				.node = "aws-hpc-1",
				.type = "hpc7a.96xlarge",
				.az = "us-east-2b",
				.subnet = "subnet-1",
				.ip = "10.0.0.1",
				.spot = true,
				.rate_uusd_hr = 7200000,
				.launched_s = 1,
				.bound_ms = 2,
				.end_asked_ms = 3,
				.last_asked_ms = 5,
				.terminated_ms = 4,
				.why = "because"},
			r;

	state_add_gang("a", "n1");
	state_add_launch("t", "a");
	ok(instance_insert(state_db, &x, 1, false, &err));
	r = get(x.id);
	ck_assert_str_eq(r.gang, "a");
	ck_assert_str_eq(r.launch, "t");
	ck_assert_str_eq(r.region, "us-east-2");
	ck_assert_int_eq(r.state, INSTANCE_TERMINATING);
	ck_assert_str_eq(r.node, "aws-hpc-1");
	ck_assert_str_eq(r.type, "hpc7a.96xlarge");
	ck_assert_str_eq(r.az, "us-east-2b");
	ck_assert_str_eq(r.subnet, "subnet-1");
	ck_assert_str_eq(r.ip, "10.0.0.1");
	ck_assert(r.spot);
	ck_assert_int_eq(r.rate_uusd_hr, 7200000);
	ck_assert_int_eq(r.launched_s, 1);
	ck_assert_int_eq(r.bound_ms, 2);
	ck_assert_int_eq(r.end_asked_ms, 3);
	ck_assert_int_eq(r.last_asked_ms, 5);
	ck_assert_int_eq(r.terminated_ms, 4);
	ck_assert_str_eq(r.why, "because");
	ck_assert_str_eq(instance_state_name((enum instance_state)9), "unknown");
}
END_TEST

START_TEST(one_by_its_id)
{
	struct instance x = state_instance("i-1", "a", ""), y;

	state_add_gang("a", "n1");
	ok(instance_insert(state_db, &x, 1, false, &err));
	ok(instance_set_terminated(state_db, "i-1", 0, 7, &err));
	ok(instance_get(state_db, "i-1", &y, &err));
	ck_assert_str_eq(y.gang, "a");
	ck_assert_int_eq(y.state, INSTANCE_TERMINATED);
	ck_assert_int_eq(y.terminated_ms, 7);
	refused(instance_get(state_db, "i-2", &y, &err), ERR_NOTFOUND, "no instance i-2");
}
END_TEST

START_TEST(insert_takes_the_gang_along)
{
	struct instance x[] = {state_instance("i-1", "a", ""), state_instance("i-2", "a", "")};

	snprintf(x[0].launch, sizeof(x[0].launch), "t");
	snprintf(x[1].launch, sizeof(x[1].launch), "t");
	state_add_gang("a", "n[1-2]");
	state_add_launch("t", "a");
	ok(instance_insert(state_db, x, 2, true, &err));
	ck_assert_int_eq(state_of("a"), GANG_LAUNCHED);
	ck_assert_int_eq(state_of_launch_of("a"), LAUNCH_ANSWERED);
	/* the answer once more, after a crash: known already */
	ok(instance_insert(state_db, x, 2, false, &err));
	refused(instance_insert(state_db, x, 2, true, &err), ERR_BUSY,
		"gang a is launched, not launching any more");
}
END_TEST

START_TEST(insert_is_whole)
{
	static const struct {
		const char *id, *gang, *launch;
		bool advance;
		enum err_class class;
		const char *text;
	} t[] = {
		{"", "a", "", false, ERR_FATAL, "gang a: instance without an id"},
		{"i-2", "x", "", false, ERR_NOTFOUND, "no gang x for instance i-2"},
		{"i-2", "a", "x", false, ERR_NOTFOUND, "no launch x for instance i-2"},
		{"i-9", "a", "", false, ERR_FATAL, "instance i-9 belongs to gang b, not to a"},
		{"i-2", "b", "", true, ERR_FATAL, "instances i-1 and i-2 of two gangs"},
	};
	struct instance there = state_instance("i-9", "b", ""), *list;
	size_t n;

	state_add_gang("a", "n1");
	state_add_gang("b", "n2");
	state_add_launch("t", "a");
	ok(instance_insert(state_db, &there, 1, false, &err));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct instance x[] = {
			state_instance("i-1", "a", ""), state_instance(t[i].id, t[i].gang, "")};

		snprintf(x[1].launch, sizeof(x[1].launch), "%s", t[i].launch);
		refused(instance_insert(state_db, x, 2, t[i].advance, &err), t[i].class, t[i].text);
		ok(instance_list(state_db, "a", true, &list, &n, &err));
		ck_assert_uint_eq(n, 0);
		free(list);
	}
	refused(instance_insert(state_db, NULL, 0, true, &err), ERR_FATAL, "without instances");
	ck_assert_int_eq(state_of_launch_of("a"), LAUNCH_PREPARED);
	ck_assert_int_eq(state_of("a"), GANG_LAUNCHING);
}
END_TEST

static void two_launched(void)
{
	struct instance x[] = {state_instance("i-1", "a", ""), state_instance("i-2", "a", "")};

	snprintf(x[0].ip, sizeof(x[0].ip), "10.0.0.1");
	state_add_gang("a", "n[1-2]");
	state_to("a", GANG_LAUNCHING);
	ok(instance_insert(state_db, x, 2, true, &err));
}

START_TEST(bind_all_and_advance)
{
	struct instance x[] = {state_instance("i-1", "a", "n1"), state_instance("i-2", "a", "n2")},
			r;

	two_launched();
	snprintf(x[0].type, sizeof(x[0].type), "c7i.large");
	snprintf(x[0].az, sizeof(x[0].az), "us-east-2b");
	snprintf(x[0].subnet, sizeof(x[0].subnet), "subnet-1");
	x[0].launched_s = 0; /* not known: what was stays */
	x[1].launched_s = 1005;
	snprintf(x[1].ip, sizeof(x[1].ip), "10.0.0.2");
	ok(instance_bind(state_db, x, 2, 5000, true, &err));
	ck_assert_int_eq(state_of("a"), GANG_BOUND);
	r = get("i-1");
	ck_assert_str_eq(r.node, "n1");
	ck_assert_str_eq(r.type, "c7i.large");
	ck_assert_str_eq(r.az, "us-east-2b");
	ck_assert_str_eq(r.subnet, "subnet-1");
	ck_assert_str_eq(r.ip, "10.0.0.1");
	ck_assert_int_eq(r.launched_s, 1000);
	ck_assert_int_eq(r.bound_ms, 5000);
	r = get("i-2");
	ck_assert_str_eq(r.ip, "10.0.0.2");
	ck_assert_int_eq(r.launched_s, 1005);
	/* exchange, without the step */
	snprintf(x[0].node, sizeof(x[0].node), "n2");
	snprintf(x[1].node, sizeof(x[1].node), "n1");
	ok(instance_bind(state_db, x, 2, 6000, false, &err));
	ck_assert_str_eq(get("i-1").node, "n2");
	refused(instance_bind(state_db, x, 2, 7000, true, &err), ERR_BUSY,
		"gang a is bound, not launched any more");
	ck_assert_int_eq(get("i-1").bound_ms, 6000);
}
END_TEST

START_TEST(bind_is_whole)
{
	static const struct {
		const char *id, *gang, *node;
		enum err_class class;
		const char *text;
	} t[] = {
		{"i-2", "a", "n8", ERR_BUSY,
			"node n8 is bound to instance i-8 of gang b, which is running"},
		{"i-2", "a", "n9", ERR_BUSY,
			"node n9 is bound to instance i-9 of gang b, which is terminating"},
		{"i-2", "a", "n1", ERR_BUSY, "node n1 is bound to instance i-1"},
		{"i-2", "a", "", ERR_FATAL, "instance i-2 is to be bound to no node"},
		{"i-7", "a", "n2", ERR_NOTFOUND, "no running instance i-7"},
		{"i-9", "a", "n2", ERR_NOTFOUND, "no running instance i-9"},
	};
	struct instance other[] = {
		state_instance("i-8", "b", "n8"), state_instance("i-9", "b", "n9")};

	two_launched();
	state_add_gang("b", "n[8-9]");
	ok(instance_insert(state_db, other, 2, false, &err));
	ok(instance_set_terminating(state_db, (const char *[]){"i-9"}, 1, "x", 1, &err));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct instance x[] = {state_instance("i-1", "a", "n1"),
			state_instance(t[i].id, t[i].gang, t[i].node)};

		refused(instance_bind(state_db, x, 2, 5000, true, &err), t[i].class, t[i].text);
		ck_assert_str_eq(get("i-1").node, "");
		ck_assert_int_eq(state_of("a"), GANG_LAUNCHED);
	}
	/* seen terminated: the node is free */
	ok(instance_set_terminated(state_db, "i-9", 0, 2, &err));
	other[0] = state_instance("i-1", "a", "n9");
	ok(instance_bind(state_db, other, 1, 5000, false, &err));
	ck_assert_str_eq(get("i-9").node, "n9"); /* the ledger remembers */
}
END_TEST

START_TEST(the_index_holds_too)
{
	/* whatever the code does: the database has no two living instances on one node */
	struct instance x[] = {state_instance("i-1", "a", "n1"), state_instance("i-2", "a", "n1")};

	state_add_gang("a", "n1");
	refused(instance_insert(state_db, x, 2, false, &err), ERR_FATAL,
		"UNIQUE constraint failed: instance.node");
	x[1].state = INSTANCE_TERMINATED;
	ok(instance_insert(state_db, x, 2, false, &err));
}
END_TEST

START_TEST(way_down)
{
	static const char *const ids[] = {"i-1", "i-2"}, *const wrong[] = {"i-2", "i-x"};
	struct instance *list;
	char longer[300];
	size_t n;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	two_launched();
	ok(instance_set_terminating(state_db, ids, 1, "job ended", 100, &err));
	refused(instance_set_terminating(state_db, wrong, 2, "x", 150, &err), ERR_NOTFOUND,
		"no instance i-x");
	ck_assert_int_eq(get("i-2").state, INSTANCE_RUNNING);
	ck_assert_int_eq(instance_is_ending(state_db, "i-2", 0, &err), 0);
	ck_assert_int_eq(instance_is_ending(state_db, "i-x", 0, &err), 0);
	ok(instance_set_terminating(state_db, ids, 2, longer, 200, &err));
	ck_assert_int_eq(get("i-1").state, INSTANCE_TERMINATING);
	ck_assert_int_eq(get("i-1").end_asked_ms, 100);
	ck_assert_int_eq(get("i-1").last_asked_ms, 200);
	ck_assert_int_eq(instance_is_ending(state_db, "i-1", 200, &err), 1);
	ck_assert_int_eq(instance_is_ending(state_db, "i-1", 201, &err), 0);
	ck_assert_str_eq(get("i-1").why, "job ended");
	ck_assert_int_eq(get("i-2").end_asked_ms, 200);
	ck_assert_uint_eq(strlen(get("i-2").why), 127);
	ok(instance_set_terminated(state_db, "i-1", 0, 300, &err));
	ok(instance_set_terminated(state_db, "i-1", 0, 400, &err));
	ck_assert_int_eq(get("i-1").terminated_ms, 300);
	ck_assert_int_eq(instance_is_ending(state_db, "i-1", 1000, &err), 1);
	ok(instance_set_terminating(state_db, ids, 1, "again", 500, &err));
	ck_assert_int_eq(get("i-1").state, INSTANCE_TERMINATED);
	refused(instance_set_terminated(state_db, "i-x", 0, 1, &err), ERR_NOTFOUND,
		"no instance i-x");
	ok(instance_list(state_db, "a", false, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].id, "i-2");
	free(list);
	ok(instance_list(state_db, NULL, false, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	free(list);
	ok(instance_list(state_db, "a", true, &list, &n, &err));
	ck_assert_uint_eq(n, 2);
	free(list);
}
END_TEST

START_TEST(asked_again)
{
	static const char *const ids[] = {"i-1", "i-2"}, *const wrong[] = {"i-1", "i-x"};

	two_launched();
	ok(instance_set_terminating(state_db, ids, 1, "job ended", 100, &err));
	ck_assert_int_eq(get("i-1").last_asked_ms, 100);
	ck_assert_int_eq(get("i-2").last_asked_ms, 0);
	refused(instance_set_asked(state_db, ids, 2, 200, &err), ERR_FATAL,
		"instance i-2 is running: it is not written why it is to end");
	refused(instance_set_asked(state_db, wrong, 2, 200, &err), ERR_NOTFOUND, "no instance i-x");
	ck_assert_int_eq(get("i-1").last_asked_ms, 100); /* whole or not at all */
	ok(instance_set_terminating(state_db, ids + 1, 1, "x", 150, &err));
	ok(instance_set_asked(state_db, ids, 2, 300, &err));
	ck_assert_int_eq(get("i-1").last_asked_ms, 300);
	ck_assert_int_eq(get("i-2").last_asked_ms, 300);
	ck_assert_int_eq(get("i-1").end_asked_ms, 100);
	ck_assert_str_eq(get("i-1").why, "job ended");
	ok(instance_set_terminated(state_db, "i-1", 0, 400, &err));
	ok(instance_set_asked(state_db, ids, 2, 500, &err));
	ck_assert_int_eq(get("i-1").last_asked_ms, 300);
	ck_assert_int_eq(get("i-1").state, INSTANCE_TERMINATED);
	ck_assert_int_eq(get("i-2").last_asked_ms, 500);
}
END_TEST

START_TEST(of_nodes_only_what_is_older)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	static const struct {
		int64_t before_ms;
		const char *found;
	} t[] = {{0, "i-3 i-1 i-2 i-6 "}, {100, "i-6 "}, {101, "i-1 i-6 "}, {201, "i-1 i-2 i-6 "},
		{301, "i-3 i-1 i-2 i-6 "}, {10000, "i-3 i-1 i-2 "}, {70001, "i-3 i-1 i-2 i-6 "}};
	struct instance x[] = {
		state_instance("i-1", "a", "n1"),
		state_instance("i-2", "a", "n2"),
		state_instance("i-3", "a", "n3"),
		state_instance("i-4", "a", "n4"),
		state_instance("i-5", "a", ""),
		state_instance("i-6", "a", "n6"),
	};

	x[0].bound_ms = x[3].bound_ms = 100;
	x[5].bound_ms = 70000; /* more than a minute late: the clock was set back */
	x[1].bound_ms = 200;
	x[2].bound_ms = 300;
	x[3].state = INSTANCE_TERMINATED;
	state_add_gang("a", "n[1-6]");
	ok(instance_insert(state_db, x, ARRAY_SIZE(x), false, &err));
	ok(nodeset_parse(&nodes, "n[3,1,2,4-6]", &err));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct instance *list;
		CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
		size_t n;

		ok(instance_of_nodes(state_db, &nodes, t[i].before_ms, &list, &n, &err));
		for (size_t k = 0; k < n; k++)
			strbuf_addf(&found, "%s ", list[k].id);
		ck_assert_str_eq(found.buf, t[i].found);
		free(list);
	}
}
END_TEST

START_TEST(thousand)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	struct instance *x = calloc(1000, sizeof(*x)), *list;
	size_t n;

	state_add_gang("a", "n[0-999]");
	state_to("a", GANG_LAUNCHING);
	for (int i = 0; i < 1000; i++) {
		x[i] = state_instance("", "a", "");
		snprintf(x[i].id, sizeof(x[i].id), "i-%d", i);
	}
	ok(instance_insert(state_db, x, 1000, true, &err));
	for (int i = 0; i < 1000; i++)
		snprintf(x[i].node, sizeof(x[i].node), "n%d", 999 - i);
	ok(instance_bind(state_db, x, 1000, 5, true, &err));
	ok(nodeset_parse(&nodes, "n[0-999]", &err));
	ok(instance_of_nodes(state_db, &nodes, 0, &list, &n, &err));
	ck_assert_uint_eq(n, 1000);
	ck_assert_str_eq(list[0].id, "i-999");
	free(list);
	free(x);
}
END_TEST

START_TEST(what_ec2_tells)
{
	const char *ids[] = {"i-1", "i-unknown", "i-2"};

	state_add_gang("g", "n[1-3]");
	for (int i = 1; i <= 3; i++) {
		struct instance x;
		char id[8];

		snprintf(id, sizeof(id), "i-%d", i);
		x = state_instance(id, "g", "");
		x.ended_s = i == 3 ? 77 : 0;
		x.named = i == 3;
		ok(instance_insert(state_db, &x, 1, false, &err));
	}
	ok(instance_set_named(state_db, ids, 2, &err));
	ck_assert(get("i-1").named);
	ck_assert(!get("i-2").named);
	ck_assert(get("i-3").named);
	ck_assert_int_eq(get("i-3").ended_s, 77);
	/* seen first without the time, then with it; the first time said stays */
	ok(instance_set_terminated(state_db, "i-1", 0, 5000, &err));
	ck_assert_int_eq(get("i-1").ended_s, 0);
	ok(instance_set_terminated(state_db, "i-1", 4, 6000, &err));
	ok(instance_set_terminated(state_db, "i-1", 3, 7000, &err));
	ck_assert_int_eq(get("i-1").ended_s, 4);
	ck_assert_int_eq(get("i-1").terminated_ms, 5000);
}
END_TEST

START_TEST(cost)
{
	static const struct {
		int64_t rate, launched_s, asked_ms, terminated_ms, now_ms, uusd, ended_s;
	} t[] = {
		{3600000, 1000, 1100000, 0, 0, 100000},
		{3600000, 1000, 1100000, 1200000, 0, 100000}, /* the request counts */
		{3600000, 1000, 1100000, 1090000, 0, 90000},  /* gone by itself before it */
		{3600000, 1000, 0, 1090000, 0, 90000},
		{3600000, 1000, 0, 0, 1500000, 500000}, /* runs */
		{3600000, 1000, 1010000, 0, 0, 60000},  /* a minute at least */
		{3600000, 1000, 990000, 0, 0, 60000},   /* clocks that differ */
		{3600000, 1000, 1100001, 0, 0, 101000}, /* a second begun */
		{3600000, 0, 1100000, 0, 0, 60000},     /* launchTime never seen */
		{1, 1000, 1100000, 0, 0, 1},            /* up to the next micro-USD */
		/* EC2's own time, earlier or later than ours */
		{3600000, 1000, 1200000, 1300000, 0, 100000, 1100},
		{3600000, 1000, 1090000, 1095000, 0, 100000, 1100},
		{3600000, 1000, 0, 0, 1500000, 100000, 1100},
		{3600000, 1000, 1200000, 1300000, 0, 60000, 990},
	};
	struct instance x = {.rate_uusd_hr = -1};
	int64_t uusd;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct instance y = {.rate_uusd_hr = t[i].rate,
			.launched_s = t[i].launched_s,
			.end_asked_ms = t[i].asked_ms,
			.terminated_ms = t[i].terminated_ms,
			.ended_s = t[i].ended_s};

		ok(instance_cost(&y, t[i].now_ms, &uusd, &err));
		ck_assert_msg(uusd == t[i].uusd, "%zu: %lld", i, (long long)uusd);
	}
	refused(instance_cost(&x, 1, &uusd, &err), ERR_FATAL, "negative rate");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("instance");
	TCase *tc = tcase_create("instance");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_field_comes_back);
	tcase_add_test(tc, one_by_its_id);
	tcase_add_test(tc, insert_takes_the_gang_along);
	tcase_add_test(tc, insert_is_whole);
	tcase_add_test(tc, bind_all_and_advance);
	tcase_add_test(tc, bind_is_whole);
	tcase_add_test(tc, the_index_holds_too);
	tcase_add_test(tc, way_down);
	tcase_add_test(tc, asked_again);
	tcase_add_test(tc, of_nodes_only_what_is_older);
	tcase_add_test(tc, thousand);
	tcase_add_test(tc, what_ec2_tells);
	tcase_add_test(tc, cost);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
