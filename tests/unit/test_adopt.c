/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/adopt.h"

#include "lib/plan/identity.h"
#include "tests/unit/app_fixture.h"

static struct conf_group group = {
	.partition = (char[]){"aws"}, .name = (char[]){"hpc"}, .max_nodes = 64};

/* EC2's instance NUMBER of a launch for HOSTS of N nodes, at position AT. */
static struct {
	char keys[16][16], values[16][64];
	void *tags;
} store[16];
static struct ec2_instance made[16];
static const struct ec2_instance *members[16];

static void add_tag(int number, const char *key, const char *value)
{
	struct ec2_instance *x = &made[number];
	size_t n = x->ntags++;

	ck_assert_uint_lt(n, 16);
	x->tags = store[number].tags = realloc(store[number].tags, x->ntags * sizeof(*x->tags));
	snprintf(store[number].keys[n], sizeof(store[number].keys[n]), "%s", key);
	snprintf(store[number].values[n], sizeof(store[number].values[n]), "%s", value);
	x->tags[n].key = store[number].keys[n];
	x->tags[n].value = store[number].values[n];
}

static void make(int number, const char *gang, const char *hosts, size_t n, size_t at)
{
	struct ec2_instance *x = &made[number];

	*x = (struct ec2_instance){.launched_s = 1000000, .ntags = 0};
	snprintf(x->id, sizeof(x->id), "i-%d", number);
	snprintf(x->state, sizeof(x->state), "running");
	snprintf(x->type, sizeof(x->type), "hpc7a.96xlarge");
	snprintf(x->az, sizeof(x->az), HERE "a");
	snprintf(x->subnet, sizeof(x->subnet), "subnet-1");
	snprintf(x->private_ip, sizeof(x->private_ip), "10.0.0.%d", number);
	add_tag(number, "burst:cluster", "test");
	add_tag(number, "burst:gang", gang);
	add_tag(number, "burst:nodes", hosts);
	add_tag(number, "burst:launch", "token-1");
	for (unsigned k = 0; n > 1 && k < 40; k++)
		if (identity_code(n, at) >> k & 1) {
			char key[16];

			snprintf(key, sizeof(key), "burst:k%u", k);
			add_tag(number, key, "1");
		}
	members[number] = x;
}

static struct node_facts node(const char *name, const char *addr)
{
	struct node_facts f = {.cloud = true, .allocated = true, .registered = true};

	snprintf(f.name, sizeof(f.name), "%s", name);
	snprintf(f.addr, sizeof(f.addr), "%s", addr);
	return f;
}

static struct job_facts job(uint32_t id, uint32_t restart, char *nodes)
{
	struct job_facts f = {
		.job_id = id, .restart = restart, .state = JOB_STATE_RUNNING, .nodes = nodes};

	snprintf(f.name, sizeof(f.name), "%u", id);
	snprintf(f.user, sizeof(f.user), "ada");
	snprintf(f.account, sizeof(f.account), "hydro");
	snprintf(f.partition, sizeof(f.partition), "aws");
	return f;
}

static void setup(void)
{
	app_setup();
	conf.groups = &group;
	conf.ngroups = 1;
}

static void teardown(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(store); i++) {
		free(store[i].tags);
		store[i].tags = NULL;
		made[i].ntags = 0;
	}
	app_teardown();
}

static struct instance row_of(const char *id)
{
	cleanup_free struct instance *list = NULL;
	struct instance found = {0};
	size_t n;

	ok(instance_list(state_db, NULL, true, &list, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].id, id))
			found = list[i];
	ck_assert_str_eq(found.id, id);
	return found;
}

START_TEST(gang_names)
{
	static const struct {
		const char *tag;
		bool good;
	} t[] = {
		{"7-0123456789", true},
		{"pool-abcdef0123", true},
		{"node-abcdef0123", true},
		{"../../etc/passwd", false},
		{"7_1", false},
		{"-7", false},
		{".", false},
		{"", false},
		{"01234567890123456789012345678901234567890123456", true},
		{"012345678901234567890123456789012345678901234567", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		make(0, t[i].tag, "aws-hpc-0", 1, 0);
		if (t[i].good)
			ck_assert_str_eq(adopt_gang_of(&made[0]), t[i].tag);
		else
			ck_assert_ptr_null(adopt_gang_of(&made[0]));
	}
	made[0].ntags = 0;
	ck_assert_ptr_null(adopt_gang_of(&made[0]));
	refused(adopt_to_end(&app, HERE, members, 1, "x", &err), ERR_CONFIG,
		"instance i-0 has no tag burst:gang of our making");
}
END_TEST

START_TEST(which_node)
{
	char name[64] = "";

	for (size_t i = 0; i < 5; i++) {
		char expected[64];

		make(0, "7-a", "aws-hpc-[3,10-13]", 5, i);
		snprintf(expected, sizeof(expected), "aws-hpc-%zu", i ? 9 + i : 3);
		ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 1);
		ck_assert_str_eq(name, expected);
	}
	ck_assert_int_eq(adopt_node_of(&made[0], name, 5), 0); /* would not fit */
	/* a bit is not there yet */
	made[0].ntags--;
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 0);
	/* none is: then the Name counts, if it is one of them */
	make(0, "7-a", "aws-hpc-[3,10-13]", 0, 0);
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 0);
	add_tag(0, "Name", "elsewhere");
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 0);
	make(0, "7-a", "aws-hpc-[3,10-13]", 0, 0);
	add_tag(0, "Name", "aws-hpc-11");
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 1);
	ck_assert_str_eq(name, "aws-hpc-11");
	/* one alone needs none; in pieces; nonsense */
	make(0, "7-a", "aws-hpc-6", 1, 0);
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 1);
	ck_assert_str_eq(name, "aws-hpc-6");
	make(0, "7-a", "aws-hpc-[6", 2, 1);
	add_tag(0, "burst:nodes2", ",9]");
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 1);
	ck_assert_str_eq(name, "aws-hpc-9");
	make(0, "7-a", "aws-hpc-[9", 1, 0);
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 0);
	made[0].ntags = 0;
	ck_assert_int_eq(adopt_node_of(&made[0], name, sizeof(name)), 0);
}
END_TEST

START_TEST(is_node)
{
	struct node_facts n = node("aws-hpc-1", "10.0.0.0");

	make(0, "7-a", "aws-hpc-[0-1]", 2, 1);
	ck_assert(adopt_is_node(&made[0], &n));
	n.power_down = true; /* a wish for when its job ends */
	ck_assert(adopt_is_node(&made[0], &n));
	n.powering_down = true;
	ck_assert(!adopt_is_node(&made[0], &n));
	n = node("aws-hpc-1", "10.0.0.0");
	n.powered_down = true;
	ck_assert(!adopt_is_node(&made[0], &n));
	n = node("aws-hpc-0", "10.0.0.0"); /* the address of a life before */
	ck_assert(!adopt_is_node(&made[0], &n));
	n = node("aws-hpc-1", "10.0.0.1");
	ck_assert(!adopt_is_node(&made[0], &n));
	n = node("aws-hpc-1", "");
	made[0].private_ip[0] = '\0';
	ck_assert(!adopt_is_node(&made[0], &n));
	make(0, "7-a", "aws-hpc-[0-1]", 2, 1);
	n = node("aws-hpc-1", "10.0.0.0");
	snprintf(made[0].state, sizeof(made[0].state), "stopped");
	ck_assert(!adopt_is_node(&made[0], &n));
}
END_TEST

START_TEST(gang_of_a_running_job)
{
	struct node_facts nodes[] = {node("aws-hpc-0", "10.0.0.0"), node("aws-hpc-1", "10.0.0.1"),
		node("aws-hpc-2", "10.0.0.9")};
	struct job_facts jobs[] = {job(6, 0, (char[]){"aws-hpc-2"}),
		job(7, 3, (char[]){"aws-hpc-[0-1]"}), job(8, 0, (char[]){""})};
	struct adopt_slurm slurm = {nodes, 3, jobs, 3};
	CLEANUP(gang_release) struct gang g = {0};
	cleanup_free struct placement *groups = NULL;
	struct gang_job *its = NULL;
	size_t n = 0;

	make(0, "7-a", "aws-hpc-[0-1]", 2, 0);
	make(1, "7-a", "aws-hpc-[0-1]", 2, 1);
	snprintf(made[0].group, sizeof(made[0].group), "burst-test-7-a");
	snprintf(made[1].group, sizeof(made[1].group), "somebodys");
	ck_assert_int_eq(adopt_members(&app, HERE, members, 2, &slurm, "none", &err), 1);
	ok(gang_get(state_db, "7-a", &g, &err));
	ck_assert_int_eq(g.state, GANG_ACTIVE);
	ck_assert_uint_eq(g.job_id, 7);
	ck_assert_uint_eq(g.restart, 3);
	ck_assert_str_eq(g.job_name, "7");
	ck_assert_str_eq(g.user, "ada");
	ck_assert_str_eq(g.account, "hydro");
	ck_assert_str_eq(g.partition, "aws");
	ck_assert_str_eq(g.node_group, "hpc");
	ck_assert_str_eq(g.nodes, "aws-hpc-[0-1]");
	ck_assert(g.all_or_nothing);
	ck_assert_str_eq(g.region, HERE);
	ck_assert_str_eq(g.type, "hpc7a.96xlarge");
	ck_assert_int_eq(g.rate_uusd_hr, 7200000);
	ck_assert_str_eq(g.group, "burst-test-7-a");
	ck_assert_ptr_null(g.reason);
	ck_assert_ptr_nonnull(strstr(g.plan, "written anew"));
	ck_assert_int_eq(g.created_ms, 1000000000);
	ok(gang_jobs(state_db, "7-a", &its, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(its[0].nodes, "aws-hpc-[0-1]");
	gang_jobs_release(its, n);
	ck_assert_str_eq(row_of("i-1").node, "aws-hpc-1");
	ck_assert_str_eq(row_of("i-1").ip, "10.0.0.1");
	ck_assert_str_eq(row_of("i-1").launch, "");
	ck_assert_int_eq(row_of("i-1").bound_ms, 1000000000);
	ck_assert_int_eq(row_of("i-1").rate_uusd_hr, 7200000);
	ck_assert_int_eq(row_of("i-1").state, INSTANCE_RUNNING);
	/* its group goes with it, the person's does not */
	state_to("7-a", GANG_RELEASING);
	ok(instance_set_terminated(state_db, "i-0", 0, 5, &err));
	ok(instance_set_terminated(state_db, "i-1", 0, 5, &err));
	ok(placement_removable(state_db, &groups, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(groups[0].name, "burst-test-7-a");
	ck_assert_uint_eq(logged("gang 7-a: 2 instance(s) that state.db did not know"), 1);
}
END_TEST

START_TEST(one_of_use)
{
	struct node_facts nodes[] = {node("aws-hpc-0", "10.0.0.7"), node("aws-hpc-1", "10.0.0.1")};
	struct job_facts jobs[] = {job(7, 0, (char[]){"aws-hpc-[0-1]"})};
	struct adopt_slurm slurm = {nodes, 2, jobs, 1};

	nodes[1].registered = false;
	make(0, "7-a", "aws-hpc-[0-1]", 2, 0);
	make(1, "7-a", "aws-hpc-[0-1]", 2, 1);
	made[1].spot = true;
	ck_assert_int_eq(adopt_members(&app, HERE, members, 2, &slurm, "none", &err), 1);
	ck_assert_int_eq(state_of("7-a"), GANG_ANNOUNCED);
	ck_assert_str_eq(row_of("i-0").node, "");
	ck_assert_int_eq(row_of("i-0").bound_ms, 0);
	ck_assert_str_eq(row_of("i-1").node, "aws-hpc-1");
	ck_assert(row_of("i-1").spot);
	ck_assert_int_eq(row_of("i-1").rate_uusd_hr, -1);
}
END_TEST

START_TEST(pool_of_several_jobs)
{
	struct node_facts nodes[] = {node("aws-hpc-0", "10.0.0.0"), node("aws-hpc-1", "10.0.0.1")};
	struct job_facts jobs[] = {job(7, 0, (char[]){"aws-hpc-0"}),
		job(8, 1, (char[]){"aws-hpc-1,other-5"}), job(9, 0, (char[]){"aws-hpc-1"})};
	struct adopt_slurm slurm = {nodes, 2, jobs, 3};
	CLEANUP(gang_release) struct gang g = {0};
	struct gang_job *its = NULL;
	size_t n;

	jobs[2].state = JOB_STATE_ENDED;
	make(0, "pool-a", "aws-hpc-[0-2]", 3, 0);
	make(1, "pool-a", "aws-hpc-[0-2]", 3, 1);
	ck_assert_int_eq(adopt_members(&app, HERE, members, 2, &slurm, "none", &err), 1);
	ok(gang_get(state_db, "pool-a", &g, &err));
	ck_assert_uint_eq(g.job_id, 0);
	ck_assert(!g.all_or_nothing);
	ck_assert_uint_eq(g.size, 3);
	ok(gang_jobs(state_db, "pool-a", &its, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(its[1].job_id, 8);
	ck_assert_uint_eq(its[1].restart, 1);
	ck_assert_str_eq(its[1].nodes, "aws-hpc-1");
	gang_jobs_release(its, n);
}
END_TEST

START_TEST(nobody_uses_it)
{
	struct node_facts nodes[] = {node("aws-hpc-0", "127.0.0.254")};
	struct adopt_slurm slurm = {nodes, 1, NULL, 0};
	CLEANUP(gang_release) struct gang g = {0};

	make(0, "7-a", "aws-hpc-[0-1]", 2, 0);
	make(1, "7-a", "not-ours-[0-1]", 2, 1);
	snprintf(made[1].state, sizeof(made[1].state), "shutting-down");
	made[1].ended_s = 1000100;
	make(2, "7-a", "", 0, 0);
	snprintf(made[2].state, sizeof(made[2].state), "terminated");
	ck_assert_int_eq(adopt_members(&app, HERE, members, 3, &slurm, "of no use", &err), 0);
	ok(gang_get(state_db, "7-a", &g, &err));
	ck_assert_int_eq(g.state, GANG_FAILING);
	ck_assert_str_eq(g.reason, "of no use");
	ck_assert_str_eq(g.nodes, "aws-hpc-[0-1]");
	ck_assert_int_eq(row_of("i-0").state, INSTANCE_RUNNING);
	ck_assert_int_eq(row_of("i-1").state, INSTANCE_TERMINATING);
	ck_assert_int_eq(row_of("i-1").ended_s, 1000100);
	ck_assert_int_eq(row_of("i-2").state, INSTANCE_TERMINATED);
	/* what names no node of ours is named by itself */
	make(3, "9-a", "not-ours-7", 1, 0);
	ok(adopt_to_end(&app, HERE, members + 3, 1, "an orphan", &err));
	gang_release(&g);
	ok(gang_get(state_db, "9-a", &g, &err));
	ck_assert_str_eq(g.nodes, "i-3");
	ck_assert_str_eq(g.reason, "an orphan");
}
END_TEST

START_TEST(gang_that_is_there)
{
	struct node_facts nodes[] = {node("aws-hpc-0", "10.0.0.0"), node("aws-hpc-1", "10.0.0.1")};
	struct adopt_slurm slurm = {nodes, 2, NULL, 0};
	struct instance other = state_instance("i-other", "8-b", "aws-hpc-1");

	state_add_gang("7-a", "aws-hpc-[0-1]");
	state_to("7-a", GANG_GROUP_READY);
	state_add_launch("token-1", "7-a");
	ok(launch_finish(state_db, "token-1", LAUNCH_ANSWERED, "", "", "", &err));
	ok(gang_advance(state_db, "7-a", GANG_LAUNCHING, GANG_LAUNCHED, &err));
	state_to("7-a", GANG_ACTIVE);
	state_add_gang("8-b", "aws-hpc-1");
	ok(instance_insert(state_db, &other, 1, false, &err));
	make(0, "7-a", "aws-hpc-[0-1]", 2, 0);
	ck_assert_int_eq(adopt_members(&app, HERE, members, 1, &slurm, "none", &err), 1);
	ck_assert_int_eq(state_of("7-a"), GANG_ACTIVE);
	ck_assert_str_eq(row_of("i-0").launch, "token-1");
	ck_assert_str_eq(row_of("i-0").node, "aws-hpc-0");
	/* a node has one instance */
	make(1, "7-a", "aws-hpc-[0-1]", 2, 1);
	ck_assert_int_eq(adopt_members(&app, HERE, members + 1, 1, &slurm, "none", &err), 1);
	ck_assert_str_eq(row_of("i-1").node, "");
	ck_assert_uint_eq(logged("node aws-hpc-1 has another one by our records"), 1);
	/* one that was over is not any more */
	ok(instance_set_terminated(state_db, "i-0", 0, 5, &err));
	ok(instance_set_terminated(state_db, "i-1", 0, 5, &err));
	state_to("7-a", GANG_RELEASED);
	make(2, "7-a", "aws-hpc-[0-1]", 2, 0);
	ck_assert_int_eq(adopt_members(&app, HERE, members + 2, 1, NULL, "none", &err), 0);
	ck_assert_int_eq(state_of("7-a"), GANG_RELEASING);
	ok(gang_fail(state_db, "8-b", "x", &err) == 1 ? 0 : -1);
	ok(instance_set_terminated(state_db, "i-other", 0, 5, &err));
	ok(gang_advance(state_db, "8-b", GANG_FAILING, GANG_FAILED, &err));
	ck_assert_int_eq(gang_reopen(state_db, "8-b", &err), 1);
	ck_assert_int_eq(state_of("8-b"), GANG_FAILING);
	ck_assert_int_eq(gang_reopen(state_db, "8-b", &err), 0);
	refused(gang_reopen(state_db, "9-c", &err), ERR_NOTFOUND, "no gang 9-c");
}
END_TEST

START_TEST(all_or_none_is_written)
{
	struct node_facts nodes[] = {node("aws-hpc-0", "10.0.0.0")};
	struct adopt_slurm slurm = {nodes, 1, NULL, 0};

	make(0, "7-a", "aws-hpc-0", 1, 0);
	make(1, "8-a", "aws-hpc-1", 1, 0);
	refused(adopt_members(&app, HERE, members, 2, &slurm, "none", &err), ERR_FATAL,
		"instances i-0 and i-1 of two gangs");
	/* i-0 belongs to another gang by its row: nothing of it stays */
	ok(adopt_to_end(&app, HERE, members, 1, "x", &err));
	make(0, "9-a", "aws-hpc-0", 1, 0);
	refused(adopt_members(&app, HERE, members, 1, &slurm, "none", &err), ERR_FATAL,
		"instance i-0 belongs to gang 7-a, not to 9-a");
	ck_assert_uint_eq(state_gangs(), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("adopt");
	TCase *tc = tcase_create("adopt");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, gang_names);
	tcase_add_test(tc, which_node);
	tcase_add_test(tc, is_node);
	tcase_add_test(tc, gang_of_a_running_job);
	tcase_add_test(tc, one_of_use);
	tcase_add_test(tc, pool_of_several_jobs);
	tcase_add_test(tc, nobody_uses_it);
	tcase_add_test(tc, gang_that_is_there);
	tcase_add_test(tc, all_or_none_is_written);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
