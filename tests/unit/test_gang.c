/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/state_fixture.h"

START_TEST(every_field_comes_back)
{
	struct gang g = {.id = "4711-0123456789",
		.job_id = 4711,
		.restart = 2,
		.job_name = "9_1",
		.user = "o'hara\"; DROP TABLE gang; --",
		.account = "phys",
		.partition = "aws",
		.node_group = "hpc",
		.nodes = (char[]){"aws-hpc-[0-2,7]"},
		.size = 4,
		.all_or_nothing = true,
		.efa_asked = EFA_REQUIRED,
		.efa = true,
		.limit = {250000000, true},
		.region = "us-east-2",
		.group = "burst-lab-4711",
		.type = "hpc7a.96xlarge",
		.az = "us-east-2b",
		.rate_uusd_hr = 7200000,
		.plan = (char[]){"kept\nrefused"},
		.reason = NULL,
		.stop = "job cancelled",
		.created_ms = 1234};
	struct gang r = {0};

	ok(gang_insert(state_db, &g, &err));
	ok(gang_get(state_db, g.id, &r, &err));
	ck_assert_str_eq(r.id, g.id);
	ck_assert_int_eq(r.state, GANG_PLANNED);
	ck_assert_uint_eq(r.job_id, 4711);
	ck_assert_uint_eq(r.restart, 2);
	ck_assert_str_eq(r.job_name, "9_1");
	ck_assert_str_eq(r.user, g.user);
	ck_assert_str_eq(r.account, "phys");
	ck_assert_str_eq(r.partition, "aws");
	ck_assert_str_eq(r.node_group, "hpc");
	ck_assert_str_eq(r.nodes, g.nodes);
	ck_assert_uint_eq(r.size, 4);
	ck_assert(r.all_or_nothing && r.efa && r.limit.per_hour);
	ck_assert_int_eq(r.efa_asked, EFA_REQUIRED);
	ck_assert_int_eq(r.limit.uusd, 250000000);
	ck_assert_str_eq(r.region, "us-east-2");
	ck_assert_str_eq(r.group, "burst-lab-4711");
	ck_assert_str_eq(r.type, "hpc7a.96xlarge");
	ck_assert_str_eq(r.az, "us-east-2b");
	ck_assert_int_eq(r.rate_uusd_hr, 7200000);
	ck_assert_str_eq(r.plan, "kept\nrefused");
	ck_assert_ptr_null(r.reason);
	ck_assert_str_eq(r.stop, "job cancelled");
	ck_assert_int_eq(r.created_ms, 1234);
	ck_assert_int_eq(r.changed_ms, 1234);
	gang_release(&r);
}
END_TEST

START_TEST(bad_gangs_are_refused)
{
	static const struct {
		const char *id, *nodes;
		unsigned size;
		enum err_class class;
		const char *text;
	} t[] = {
		{"", "n1", 0, ERR_FATAL, "without an id"},
		{"b", NULL, 0, ERR_FATAL, "without nodes"},
		{"b", "", 0, ERR_FATAL, "without nodes"},
		{"b", "n[1-", 0, ERR_USAGE, "gang b: '[' without ']'"},
		{"b", "n[1-3]", 2, ERR_FATAL, "of 2 nodes, but 3 are named"},
		{"a", "n9", 0, ERR_FATAL, "gang a exists already"},
	};

	state_add_gang("a", "n1");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_free char *nodes = t[i].nodes ? strdup(t[i].nodes) : NULL;
		struct gang g = state_gang(t[i].id, nodes), *list;
		size_t n;

		g.size = t[i].size;
		refused(gang_insert(state_db, &g, &err), t[i].class, t[i].text);
		ok(gang_list(state_db, true, &list, &n, &err));
		ck_assert_uint_eq(n, 1);
		gang_list_release(list, n);
	}
}
END_TEST

START_TEST(arrows)
{
	/* row: from; column: to, in the order of enum gang_state */
	static const char *const t[] = {
		[GANG_PLANNED] = ".xx......x.",
		[GANG_GROUP_READY] = "..x......x.",
		[GANG_LAUNCHING] = "xx.x.....x.",
		[GANG_LAUNCHED] = "....x....x.",
		[GANG_BOUND] = ".....x...x.",
		[GANG_ANNOUNCED] = "......xx.x.",
		[GANG_ACTIVE] = ".......x.x.",
		[GANG_RELEASING] = "........xx.",
		[GANG_RELEASED] = "...........",
		[GANG_FAILING] = "..........x",
		[GANG_FAILED] = "...........",
	};
	char text[128], id[16];
	int serial = 0;

	for (int from = GANG_PLANNED; from <= GANG_FAILED; from++) {
		for (int to = GANG_PLANNED; to <= GANG_FAILED; to++) {
			struct gang g = state_gang("", (char[]){"n1"});

			snprintf(id, sizeof(id), "g%d", serial++);
			snprintf(g.id, sizeof(g.id), "%s", id);
			g.state = (enum gang_state)from;
			ok(gang_insert(state_db, &g, &err));
			ck_assert_int_eq(
				gang_state_leads(g.state, (enum gang_state)to), t[from][to] == 'x');
			if (t[from][to] == 'x') {
				ok(gang_advance(state_db, id, g.state, (enum gang_state)to, &err));
				ck_assert_int_eq(state_of(id), to);
				continue;
			}
			snprintf(text, sizeof(text), "gang %s: no step leads from %s to %s", id,
				gang_state_name(g.state), gang_state_name((enum gang_state)to));
			refused(gang_advance(state_db, id, g.state, (enum gang_state)to, &err),
				ERR_FATAL, text);
			ck_assert_int_eq(state_of(id), from);
		}
	}
	ck_assert(!gang_state_leads((enum gang_state)99, GANG_FAILED));
	ck_assert_str_eq(gang_state_name((enum gang_state)99), "unknown");
}
END_TEST

START_TEST(advance_needs_the_state_expected)
{
	struct gang before = {0}, after = {0};

	state_add_gang("a", "n1");
	ok(gang_get(state_db, "a", &before, &err));
	refused(gang_advance(state_db, "a", GANG_LAUNCHED, GANG_BOUND, &err), ERR_BUSY,
		"gang a is planned, not launched any more");
	refused(gang_advance(state_db, "x", GANG_LAUNCHED, GANG_BOUND, &err), ERR_NOTFOUND,
		"no gang x");
	ok(gang_advance(state_db, "a", GANG_PLANNED, GANG_GROUP_READY, &err));
	ok(gang_get(state_db, "a", &after, &err));
	ck_assert_int_ge(after.changed_ms, before.changed_ms);
	ck_assert_int_gt(after.changed_ms, 1600000000000);
	gang_release(&before);
	gang_release(&after);
}
END_TEST

START_TEST(nothing_running_is_forgotten)
{
	struct instance x = state_instance("i-1", "a", "");

	state_add_gang("a", "n1");
	state_add_launch("t1", "a");
	ok(launch_finish(
		state_db, "t1", LAUNCH_FAILED, NULL, "InsufficientInstanceCapacity", "none", &err));
	ok(gang_advance(state_db, "a", GANG_LAUNCHING, GANG_GROUP_READY, &err));
	state_add_launch("t2", "a");
	refused(gang_advance(state_db, "a", GANG_LAUNCHING, GANG_PLANNED, &err), ERR_FATAL,
		"the outcome of 1 launches is not known");
	ok(instance_insert(state_db, &x, 1, false, &err));
	ck_assert_int_eq(gang_fail(state_db, "a", "broken", NULL), 1);
	refused(gang_advance(state_db, "a", GANG_FAILING, GANG_FAILED, &err), ERR_FATAL,
		"gang a cannot become failed: 1 instances are running");
	ok(instance_set_terminating(state_db, (const char *[]){"i-1"}, 1, "gang failed", 5, &err));
	refused(gang_advance(state_db, "a", GANG_FAILING, GANG_FAILED, &err), ERR_FATAL,
		"the outcome of 1 launches is not known");
	ok(launch_finish(state_db, "t2", LAUNCH_LOST, NULL, NULL, NULL, &err));
	ok(gang_advance(state_db, "a", GANG_FAILING, GANG_FAILED, &err));
}
END_TEST

START_TEST(fail_once)
{
	struct gang g = {0};

	state_add_gang("a", "n1");
	state_add_gang("done", "n2");
	state_to("a", GANG_ACTIVE);
	state_to("done", GANG_RELEASED);
	ck_assert_int_eq(gang_fail(state_db, "a", "the first reason", &err), 1);
	ck_assert_int_eq(gang_fail(state_db, "a", "the second", &err), 0);
	ck_assert_int_eq(gang_fail(state_db, "done", "late", &err), 0);
	ok(gang_advance(state_db, "a", GANG_FAILING, GANG_FAILED, &err));
	ck_assert_int_eq(gang_fail(state_db, "a", "late", &err), 0);
	refused(gang_fail(state_db, "x", "y", &err), ERR_NOTFOUND, "no gang x");
	ok(gang_get(state_db, "a", &g, &err));
	ck_assert_str_eq(g.reason, "the first reason");
	ck_assert_int_eq(g.state, GANG_FAILED);
	gang_release(&g);
}
END_TEST

START_TEST(setters)
{
	struct gang g = {0};
	char longer[300];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	state_add_gang("a", "n1");
	ok(gang_set_group(state_db, "a", "burst-lab-a", &err));
	ok(gang_set_launch(state_db, "a", "c7i.large", "eu-west-1a", true, 100000, &err));
	ok(gang_set_plan(state_db, "a", "reasons", &err));
	ok(gang_set_stop(state_db, "a", longer, &err));
	ok(gang_get(state_db, "a", &g, &err));
	ck_assert_str_eq(g.group, "burst-lab-a");
	ck_assert_str_eq(g.type, "c7i.large");
	ck_assert_str_eq(g.az, "eu-west-1a");
	ck_assert(g.efa);
	ck_assert_int_eq(g.rate_uusd_hr, 100000);
	ck_assert_str_eq(g.plan, "reasons");
	ck_assert_uint_eq(strlen(g.stop), sizeof(g.stop) - 1);
	gang_release(&g);
	refused(gang_set_group(state_db, "x", "g", &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_plan(state_db, "x", "g", &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_stop(state_db, "x", "g", &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_launch(state_db, "x", "t", "a", false, 1, &err), ERR_NOTFOUND,
		"no gang x");
	refused(gang_set_group(state_db, "a", longer, &err), ERR_FATAL,
		"placement group's name of 299 characters");
	refused(gang_set_launch(state_db, "a", longer, "a", false, 1, &err), ERR_FATAL,
		"instance type of 299 characters");
	refused(gang_set_launch(state_db, "a", "t", longer, false, 1, &err), ERR_FATAL,
		"availability zone of 299 characters");
}
END_TEST

static void add(
	const char *id, uint32_t job, uint32_t restart, const char *user, enum gang_state state)
{
	struct gang g = state_gang(id, (char[]){"n1"});

	g.job_id = job;
	g.restart = restart;
	g.state = state;
	snprintf(g.user, sizeof(g.user), "%s", user);
	ok(gang_insert(state_db, &g, &err));
}

START_TEST(find_by_job)
{
	struct gang g = {0}, *list;
	size_t n;

	add("old", 5, 0, "ada", GANG_FAILED);
	add("new", 5, 1, "ada", GANG_BOUND);
	add("other", 6, 0, "ada", GANG_RELEASED);
	ok(gang_of_job(state_db, 5, 1, &g, &err));
	ck_assert_str_eq(g.id, "new");
	gang_release(&g);
	refused(gang_of_job(state_db, 5, 0, &g, &err), ERR_NOTFOUND,
		"no gang for start 0 of job 5");
	ok(gang_last_of_job(state_db, 6, &g, &err));
	ck_assert_str_eq(g.id, "other");
	gang_release(&g);
	refused(gang_last_of_job(state_db, 9, &g, &err), ERR_NOTFOUND, "no gang of job 9");
	refused(gang_get(state_db, "none", &g, &err), ERR_NOTFOUND, "no gang none");
	ok(gang_list(state_db, false, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].id, "new");
	gang_list_release(list, n);
	ok(gang_list(state_db, true, &list, &n, &err));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[0].id, "old");
	gang_list_release(list, n);
	for (int i = 0; i < 40; i++) {
		char id[8];

		snprintf(id, sizeof(id), "g%d", i);
		state_add_gang(id, "n1");
	}
	ok(gang_list(state_db, false, &list, &n, &err));
	ck_assert_uint_eq(n, 41);
	ck_assert_str_eq(list[40].id, "g39");
	gang_list_release(list, n);
}
END_TEST

START_TEST(history)
{
	static const struct {
		uint32_t job;
		unsigned failures;
	} t[] = {{1, 2}, {2, 1}, {3, 0}, {4, 1}, {5, 1}, {99, 0}};
	unsigned failures;
	int64_t spent;

	add("1a", 1, 0, "ada", GANG_FAILED);
	add("1b", 1, 1, "ada", GANG_FAILING);
	add("1c", 1, 2, "ada", GANG_PLANNED);
	add("2a", 2, 0, "ada", GANG_FAILED);
	add("2b", 2, 1, "ada", GANG_RELEASED); /* a success: what was before is forgiven */
	add("2c", 2, 2, "ada", GANG_FAILED);
	add("3a", 3, 0, "ada", GANG_FAILED);
	add("3b", 3, 1, "ada", GANG_ACTIVE);
	add("4a", 4, 3, "ada", GANG_FAILED); /* ids anew: the restart count falls back */
	add("4b", 4, 0, "ada", GANG_FAILED);
	add("5a", 5, 0, "bob", GANG_FAILED); /* … or the job is another user's */
	add("5b", 5, 0, "ada", GANG_FAILED);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ok(gang_history(state_db, t[i].job, &failures, &spent, &err));
		ck_assert_msg(failures == t[i].failures, "job %u: %u", t[i].job, failures);
		ck_assert_int_eq(spent, 0);
	}
}
END_TEST

START_TEST(money_spent)
{
	struct instance x[] = {
		state_instance("i-1", "a", ""), /* 1000 s to 1100 s at 7.20 USD/h */
		state_instance("i-2", "a", ""), /* 10 s, billed 60 */
		state_instance("i-3", "a", ""), /* still runs */
		state_instance("i-4", "a", ""), /* no known price */
		state_instance("i-5", "other", ""),
	};
	unsigned failures, unpriced = 0;
	int64_t spent;

	x[3].rate_uusd_hr = -1;
	state_add_gang("a", "n1");
	add("other", 8, 0, "bob", GANG_PLANNED);
	ok(instance_insert(state_db, x, 5, false, &err));
	ok(instance_set_terminating(
		state_db, (const char *[]){"i-1", "i-4", "i-5"}, 3, "x", 1100000, &err));
	ok(instance_set_terminated(state_db, "i-2", 1010000, &err));
	ok(gang_history(state_db, 7, &failures, &spent, &err));
	ck_assert_uint_eq(failures, 0);
	ck_assert_int_eq(spent, 200000 + 120000);
	ok(gang_cost(state_db, "a", 1200000, &spent, &unpriced, &err));
	ck_assert_int_eq(spent, 200000 + 120000 + 400000);
	ck_assert_uint_eq(unpriced, 1);
	ok(gang_cost(state_db, "nobody", 0, &spent, NULL, &err));
	ck_assert_int_eq(spent, 0);
	x[0] = state_instance("i-9", "a", "");
	x[0].rate_uusd_hr = INT64_MAX;
	ok(instance_insert(state_db, x, 1, false, &err));
	refused(gang_cost(state_db, "a", 1200000, &spent, NULL, &err), ERR_BUDGET,
		"cost beyond what can be counted");
}
END_TEST

START_TEST(nodes)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	struct instance x[] = {state_instance("i-1", "a", "n2"), state_instance("i-2", "a", "n9")};
	struct gang g = {0};
	char *held = NULL;

	state_add_gang("a", "n[1-3]");
	state_add_gang("b", "n[3-5]");
	ok(instance_insert(state_db, x, 2, false, &err));
	ok(gang_of_node(state_db, "n1", &g, &err));
	ck_assert_str_eq(g.id, "a");
	gang_release(&g);
	ok(gang_of_node(state_db, "n3", &g, &err)); /* in both lists: the younger */
	ck_assert_str_eq(g.id, "b");
	gang_release(&g);
	state_add_gang("c", "n[2,9]");
	ok(gang_of_node(state_db, "n2", &g, &err)); /* a's instance runs there */
	ck_assert_str_eq(g.id, "a");
	gang_release(&g);
	ok(instance_set_terminating(state_db, (const char *[]){"i-1"}, 1, "x", 5, &err));
	ok(gang_of_node(state_db, "n2", &g, &err)); /* … not any more: the younger */
	ck_assert_str_eq(g.id, "c");
	gang_release(&g);
	ok(gang_of_node(state_db, "n9", &g, &err)); /* by its binding alone */
	ck_assert_str_eq(g.id, "a");
	gang_release(&g);
	refused(gang_of_node(state_db, "n7", &g, &err), ERR_NOTFOUND, "no gang holds node n7");

	ok(nodeset_parse(&set, "n[1,4,7,9]", &err));
	ck_assert_int_eq(gang_nodes_conflict(state_db, &set, NULL, &held, &err), 1);
	ck_assert_str_eq(held, "n[1,4,9]");
	free(held);
	ck_assert_int_eq(gang_nodes_conflict(state_db, &set, "b", &held, &err), 1);
	ck_assert_str_eq(held, "n[1,9]");
	free(held);
	nodeset_release(&set);
	ok(nodeset_parse(&set, "n[4,5]", &err));
	ck_assert_int_eq(gang_nodes_conflict(state_db, &set, "b", &held, &err), 0);
	ck_assert_ptr_null(held);
	ck_assert_int_eq(gang_fail(state_db, "b", "x", &err), 1);
	ck_assert_int_eq(gang_nodes_conflict(state_db, &set, NULL, &held, &err), 1);
	free(held);
	ok(gang_advance(state_db, "b", GANG_FAILING, GANG_FAILED, &err));
	ck_assert_int_eq(gang_nodes_conflict(state_db, &set, NULL, &held, &err), 0);
	refused(gang_of_node(state_db, "n5", &g, &err), ERR_NOTFOUND, "no gang holds node n5");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gang");
	TCase *tc = tcase_create("gang");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_field_comes_back);
	tcase_add_test(tc, bad_gangs_are_refused);
	tcase_add_test(tc, arrows);
	tcase_add_test(tc, advance_needs_the_state_expected);
	tcase_add_test(tc, nothing_running_is_forgotten);
	tcase_add_test(tc, fail_once);
	tcase_add_test(tc, setters);
	tcase_add_test(tc, find_by_job);
	tcase_add_test(tc, history);
	tcase_add_test(tc, money_spent);
	tcase_add_test(tc, nodes);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
