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
		.project = "crash",
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
		.again_ms = 99,
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
	ck_assert_str_eq(r.project, "crash");
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
	ck_assert_int_eq(r.again_ms, 99);
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
		[GANG_GROUP_READY] = "x.x......x.",
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
	ok(gang_set_region(state_db, "a", "us-west-2", &err));
	ok(gang_set_group(state_db, "a", "burst-lab-a", &err));
	ok(gang_set_launch(state_db, "a", "c7i.large", "eu-west-1a", true, 100000, &err));
	ok(gang_set_plan(state_db, "a", "reasons", &err));
	ok(gang_set_stop(state_db, "a", longer, &err));
	ok(gang_set_again(state_db, "a", -1, &err));
	ok(gang_get(state_db, "a", &g, &err));
	ck_assert_str_eq(g.region, "us-west-2");
	ck_assert_str_eq(g.group, "burst-lab-a");
	ck_assert_str_eq(g.type, "c7i.large");
	ck_assert_str_eq(g.az, "eu-west-1a");
	ck_assert(g.efa);
	ck_assert_int_eq(g.rate_uusd_hr, 100000);
	ck_assert_str_eq(g.plan, "reasons");
	ck_assert_uint_eq(strlen(g.stop), sizeof(g.stop) - 1);
	ck_assert_int_eq(g.again_ms, -1);
	gang_release(&g);
	refused(gang_set_again(state_db, "x", 1, &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_group(state_db, "x", "g", &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_plan(state_db, "x", "g", &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_stop(state_db, "x", "g", &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_launch(state_db, "x", "t", "a", false, 1, &err), ERR_NOTFOUND,
		"no gang x");
	refused(gang_set_region(state_db, "x", "r", &err), ERR_NOTFOUND, "no gang x");
	refused(gang_set_region(state_db, "a", longer, &err), ERR_FATAL, "region of ");
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
	ok(instance_set_terminated(state_db, "i-2", 0, 1010000, &err));
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
	/* failing, and nothing was launched */
	ck_assert_int_eq(gang_nodes_conflict(state_db, &set, NULL, &held, &err), 0);
	refused(gang_of_node(state_db, "n5", &g, &err), ERR_NOTFOUND, "no gang holds node n5");
}
END_TEST

/* Which of n1 and n2 are held by others than EXCEPT, and that gang_of_node() says the same. */
static void held_are(const char *except, const char *expected)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	cleanup_free char *held = NULL;

	ok(nodeset_parse(&set, "n[1-2]", &err));
	ck_assert_int_eq(
		gang_nodes_conflict(state_db, &set, except, &held, &err), *expected ? 1 : 0);
	ck_assert_str_eq(held ? held : "", expected);
	nodeset_for_each (&set, i) {
		CLEANUP(gang_release) struct gang g = {0};
		bool there = gang_of_node(state_db, set.names[i], &g, &err) == 0;

		if (!except)
			ck_assert_int_eq(there,
				strstr(expected, set.names[i]) || !strcmp(expected, "n[1-2]"));
	}
}

START_TEST(who_holds_a_node)
{
	static const char *const first[] = {"i-1"}, *const second[] = {"i-2"};
	struct instance x[] = {
		state_instance("i-1", "pool-a", ""), state_instance("i-2", "pool-a", "")};

	held_are(NULL, "");
	state_add_gang("pool-a", "n[1-2]");
	ok(gang_add_job(state_db, "pool-a", 8, 0, "n1", &err));
	ok(gang_add_job(state_db, "pool-a", 9, 0, "n2", &err));
	for (enum gang_state s = GANG_PLANNED; s < GANG_LAUNCHED; s++) {
		state_to("pool-a", s);
		held_are(NULL, "n[1-2]");
		held_are("pool-a", "");
	}
	ok(instance_insert(state_db, x, 2, true, &err));
	held_are(NULL, "n[1-2]"); /* launched, not bound yet */
	snprintf(x[0].node, sizeof(x[0].node), "n1");
	snprintf(x[1].node, sizeof(x[1].node), "n2");
	ok(instance_bind(state_db, x, 2, 5, true, &err));
	held_are(NULL, "n[1-2]");
	state_to("pool-a", GANG_ACTIVE);
	/* one job is over, the other runs on */
	ok(instance_set_terminating(state_db, first, 1, "job ended", 6, &err));
	held_are(NULL, "n[1-2]");
	ok(instance_set_terminated(state_db, "i-1", 0, 7, &err));
	held_are(NULL, "n2");
	held_are("pool-a", "");
	state_add_gang("next", "n1"); /* and the free node goes to another */
	held_are(NULL, "n[1-2]");
	held_are("pool-a", "n1");
	held_are("next", "n2");
	ck_assert_int_eq(gang_fail(state_db, "next", "x", &err), 1);
	held_are(NULL, "n2");
	ck_assert_int_eq(gang_fail(state_db, "pool-a", "x", &err), 1);
	held_are(NULL, "n2"); /* failing holds where it still has an instance */
	ok(instance_set_terminating(state_db, second, 1, "x", 8, &err));
	held_are(NULL, "n2");
	ok(instance_set_terminated(state_db, "i-2", 0, 9, &err));
	held_are(NULL, "");
}
END_TEST

/* GANG's jobs as "JOB.RESTART=NODES ...". */
static void jobs_are(const char *gang, const char *expected)
{
	struct gang_job *jobs;
	char text[256] = "";
	size_t n;

	ok(gang_jobs(state_db, gang, &jobs, &n, &err));
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u.%u=%s",
			i ? " " : "", jobs[i].job_id, jobs[i].restart, jobs[i].nodes);
	gang_jobs_release(jobs, n);
	ck_assert_str_eq(text, expected);
}

START_TEST(jobs)
{
	struct gang pool = state_gang("pool-a", (char[]){"n[1-3]"}), g = {0};

	pool.job_id = 0;
	ok(gang_insert(state_db, &pool, &err));
	jobs_are("pool-a", "");
	jobs_are("nobody", "");
	ok(gang_add_job(state_db, "pool-a", 9, 1, "n2", &err));
	ok(gang_add_job(state_db, "pool-a", 8, 0, "n1", &err));
	ok(gang_add_job(state_db, "pool-a", 8, 0, "n1", &err)); /* again */
	jobs_are("pool-a", "8.0=n1 9.1=n2");
	ok(gang_add_job(state_db, "pool-a", 8, 0, "x7,n[3-9]", &err)); /* others were up already */
	ok(gang_add_job(state_db, "pool-a", 9, 2, "n2", &err));
	jobs_are("pool-a", "8.0=n3 9.1=n2 9.2=n2");
	state_add_gang("b", "n[4-5]");
	jobs_are("b", "7.0=n[4-5]");
	ok(gang_add_job(state_db, "b", 6, 0, "n5", &err)); /* shares a node */
	jobs_are("b", "6.0=n5 7.0=n[4-5]");
	for (uint32_t i = 0; i < 40; i++)
		ok(gang_add_job(state_db, "b", 100 + i, 0, "n4", &err));

	ok(gang_of_job(state_db, 9, 2, &g, &err));
	ck_assert_str_eq(g.id, "pool-a");
	gang_release(&g);
	ok(gang_of_job(state_db, 6, 0, &g, &err));
	ck_assert_str_eq(g.id, "b");
	gang_release(&g);
	refused(gang_of_job(state_db, 9, 0, &g, &err), ERR_NOTFOUND,
		"no gang for start 0 of job 9");
	ck_assert_int_eq(gang_fail(state_db, "pool-a", "x", &err), 1);
	ok(gang_advance(state_db, "pool-a", GANG_FAILING, GANG_FAILED, &err));
	refused(gang_of_job(state_db, 9, 2, &g, &err), ERR_NOTFOUND,
		"no gang for start 2 of job 9");
	ok(gang_last_of_job(state_db, 9, &g, &err));
	ck_assert_str_eq(g.id, "pool-a");
	gang_release(&g);
}
END_TEST

START_TEST(bad_jobs_are_refused)
{
	static const struct {
		const char *gang;
		uint32_t job;
		const char *nodes;
		enum err_class class;
		const char *text;
	} t[] = {
		{"a", 0, "n1", ERR_FATAL, "gang a: job without an id"},
		{"x", 8, "n1", ERR_NOTFOUND, "no gang x"},
		{"a", 8, "n[1-", ERR_USAGE, "gang a: job 8: '[' without ']'"},
		{"a", 8, "n9", ERR_FATAL, "gang a has none of the nodes of job 8"},
		{"a", 8, "", ERR_FATAL, "gang a has none of the nodes of job 8"},
		{"a", 8, NULL, ERR_FATAL, "gang a has none of the nodes of job 8"},
	};

	state_add_gang("a", "n1");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		refused(gang_add_job(state_db, t[i].gang, t[i].job, 0, t[i].nodes, &err),
			t[i].class, t[i].text);
		jobs_are("a", "7.0=n1");
	}
}
END_TEST

static void behind(uint32_t job, unsigned failures, int64_t spent)
{
	unsigned n;
	int64_t uusd;

	ok(gang_history(state_db, job, &n, &uusd, &err));
	ck_assert_msg(n == failures && uusd == spent, "job %u: %u failures, %lld", job, n,
		(long long)uusd);
}

START_TEST(history_of_pools)
{
	static const char *const ids[] = {"i-1", "i-2", "i-3"};
	struct instance x[] = {
		state_instance("i-1", "pool-a", "n1"), /* 1000 s to 1100 s at 7.20 USD/h */
		state_instance("i-2", "pool-a", "n2"), /* 200 s */
		state_instance("i-3", "pool-a", ""),   /* came to nothing */
	};
	struct gang pool = state_gang("pool-a", (char[]){"n[1-2]"}), whole;

	add("9-old", 9, 0, "bob", GANG_FAILED);
	pool.job_id = 0; /* "ada": of job 8, job 9 is bob's */
	ok(gang_insert(state_db, &pool, &err));
	ok(gang_add_job(state_db, "pool-a", 8, 0, "n1", &err));
	ok(gang_add_job(state_db, "pool-a", 9, 1, "n2", &err));
	ok(instance_insert(state_db, x, 3, false, &err));
	ok(instance_set_terminating(state_db, ids, 1, "x", 1100000, &err));
	ok(instance_set_terminating(state_db, ids + 1, 2, "x", 1200000, &err));
	behind(8, 0, 200000);
	behind(9, 1, 400000);
	ck_assert_int_eq(gang_fail(state_db, "pool-a", "x", &err), 1);
	behind(8, 1, 200000);
	behind(9, 2, 400000);
	ok(gang_add_job(state_db, "pool-a", 8, 1, "n1", &err)); /* two starts, one failure */
	behind(8, 1, 200000);
	add("8-next", 8, 2, "ada", GANG_FAILED);
	behind(8, 2, 200000);
	add("9-next", 9, 2, "bob", GANG_ACTIVE);
	behind(9, 0, 400000);
	/* jobs that share the nodes of a whole gang: each bears it all */
	whole = state_gang("10-a", (char[]){"n[3-4]"});
	whole.job_id = 10;
	whole.all_or_nothing = true;
	ok(gang_insert(state_db, &whole, &err));
	ok(gang_add_job(state_db, "10-a", 11, 0, "n3", &err));
	x[0] = state_instance("i-4", "10-a", "");
	x[0].state = INSTANCE_TERMINATED;
	x[0].terminated_ms = 1100000;
	ok(instance_insert(state_db, x, 1, false, &err));
	behind(10, 0, 200000);
	behind(11, 0, 200000);
}
END_TEST

START_TEST(all_of_a_job)
{
	static const struct {
		const char *id, *name;
		uint32_t job_id;
	} gangs[] = {{"9-a", "9_0", 9}, {"10-a", "9_1", 10}, {"99-a", "99", 99}, {"9-b", "9_0", 9},
		{"20-a", "20+0", 20}, {"90-a", "90_9", 90}};
	static const struct {
		const char *job, *expected;
	} t[] = {{"9", "9-a 10-a 9-b pool-a "}, {"9_1", "10-a "}, {"9_0", "9-a 9-b "},
		{"10", "10-a "}, {"20", "20-a pool-a "}, {"20+0", "20-a "}, {"9_", ""},
		{"4294967295", ""}, {"0", ""}};
	static const char *const bad[] = {
		"", "x", "9x", "_9", "9*", "9_[0-1]", "12345678901", "-1"};
	struct gang pool = state_gang("pool-a", (char[]){"n[1-2]"});

	for (size_t i = 0; i < ARRAY_SIZE(gangs); i++) {
		struct gang g = state_gang(gangs[i].id, (char[]){"n1"});

		g.job_id = gangs[i].job_id;
		snprintf(g.job_name, sizeof(g.job_name), "%s", gangs[i].name);
		g.state = i % 2 ? GANG_FAILED : GANG_PLANNED;
		ok(gang_insert(state_db, &g, &err));
	}
	pool.job_id = 0;
	ok(gang_insert(state_db, &pool, &err));
	ok(gang_add_job(state_db, "pool-a", 9, 3, "n1", &err));
	ok(gang_add_job(state_db, "pool-a", 20, 0, "n2", &err));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char found[256] = "";
		struct gang *list;
		size_t n;

		ok(gang_list_of_job(state_db, t[i].job, &list, &n, &err));
		for (size_t k = 0; k < n; k++)
			snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s ",
				list[k].id);
		ck_assert_str_eq(found, t[i].expected);
		gang_list_release(list, n);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct gang *list;
		size_t n;

		refused(gang_list_of_job(state_db, bad[i], &list, &n, &err), ERR_USAGE,
			"is no job's number");
	}
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
	tcase_add_test(tc, who_holds_a_node);
	tcase_add_test(tc, jobs);
	tcase_add_test(tc, bad_jobs_are_refused);
	tcase_add_test(tc, history_of_pools);
	tcase_add_test(tc, all_of_a_job);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
