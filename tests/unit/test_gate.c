/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/gate.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

static char dir[64];
static struct db *db;
static struct conf conf;
static struct conf_group groups[2];
static int64_t now_ms;

static void setup(void)
{
	static char aws[] = "aws", keep[] = "keep", pass[] = "pass";
	struct err err = {0};

	snprintf(dir, sizeof(dir), "/tmp/burst-gate-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	db = db_open(dir, DB_READ_WRITE, false, &err);
	ck_assert_msg(db != NULL, "%s", err.text);
	groups[0] = (struct conf_group){.partition = aws, .name = keep, .max_nodes = 100};
	groups[1] = (struct conf_group){
		.partition = aws, .name = pass, .max_nodes = 100, .reuse = true};
	conf = (struct conf){.groups = groups, .ngroups = 2};
	conf.mpi.efa_default = EFA_PREFERRED;
	conf.cost.release_allowance_s = 180;
	now_ms = clock_now_ms();
}

static void teardown(void)
{
	static const char *const files[] = {
		"state.db", "state.db-wal", "state.db-shm", "state.db-journal"};

	db_close(db);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* An instance of GANG on each of NODES, named after it. */
static void add_instances(const char *gang, const char *nodes, enum instance_state state)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	struct err err = {0};

	ck_assert_int_eq(nodeset_parse(&set, nodes, NULL), 0);
	nodeset_for_each (&set, i) {
		struct instance x = {.state = state, .rate_uusd_hr = -1};

		snprintf(x.id, sizeof(x.id), "i-%s", set.names[i]);
		snprintf(x.gang, sizeof(x.gang), "%s", gang);
		snprintf(x.node, sizeof(x.node), "%s", set.names[i]);
		ck_assert_msg(instance_insert(db, &x, 1, false, &err) == 0, "%s", err.text);
	}
}

/* A gang of another job, in the given state, launched a minute ago. */
static void add(const char *id, enum gang_state state, uint32_t job, const char *nodes,
	const char *az, bool efa, int64_t rate)
{
	struct gang gang = {.state = GANG_PLANNED,
		.job_id = job,
		.rate_uusd_hr = -1,
		.created_ms = now_ms - 60000,
		.changed_ms = now_ms - 60000};
	struct err err = {0};

	snprintf(gang.id, sizeof(gang.id), "%s", id);
	if (job)
		snprintf(gang.job_name, sizeof(gang.job_name), "%u", (unsigned)job);
	gang.nodes = strdup(nodes);
	ck_assert_msg(gang_insert(db, &gang, &err) == 0, "%s", err.text);
	free(gang.nodes);
	ck_assert_msg(
		gang_set_launch(db, id, "c5n.18xlarge", az, efa, rate, &err) == 0, "%s", err.text);
	for (enum gang_state s = GANG_PLANNED; s < state; s++)
		ck_assert_msg(gang_advance(db, id, s, s + 1, &err) == 0, "%s", err.text);
	if (state >= GANG_BOUND)
		add_instances(
			id, nodes, gang_state_over(state) ? INSTANCE_TERMINATED : INSTANCE_RUNNING);
}

struct question {
	const char *nodes;
	enum efa_mode efa;
	enum intent_from from;
	int64_t limit_uusd;
	bool per_hour;
	int64_t seconds;
	const char *why; /* NULL: yes */
};

static void ask(const struct question *q, const char *held)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	struct intent intent = {.efa = q->efa,
		.efa_from = q->from,
		.cost = {.uusd = q->limit_uusd, .per_hour = q->per_hour}};
	struct gate_job job = {.job_id = 2,
		.restart = 1,
		.intent = &intent,
		.started_ms = now_ms,
		.seconds = q->seconds ? q->seconds : -1};
	char why[512] = "", *stale = NULL;
	struct err err = {0};
	int rc;

	ck_assert_int_eq(nodeset_parse(&nodes, q->nodes, NULL), 0);
	rc = gate_check(db, &conf, &job, &nodes, why, sizeof(why), &stale, &err);
	ck_assert_msg(rc == !!q->why, "%s: %d %s %s", q->nodes, rc, why, err.text);
	ck_assert_str_eq(why, q->why ? q->why : "");
	ck_assert_pstr_eq(stale, q->why ? held : NULL);
	free(stale);
}

#define USD INT64_C(1000000)

START_TEST(nodes_that_nobody_holds)
{
	add("7-over", GANG_RELEASED, 7, "aws-keep-[0-9]", "us-east-2a", false, USD);
	add("2-mine", GANG_ACTIVE, 2, "aws-keep-[10-11]", "us-east-2a", false, USD);
	ask(&(struct question){"aws-keep-[0-9]", EFA_REQUIRED, FROM_USER}, NULL);
	ask(&(struct question){"elsewhere", EFA_REQUIRED, FROM_USER}, NULL);
	/* another start of the same job is another job */
	ask(&(struct question){"aws-keep-10",
		    .why = "aws-keep-10 is held by gang 2-mine of job 2: its node "
			   "group does not hand nodes on (reuse: false)"},
		"aws-keep-10");
}
END_TEST

START_TEST(own_gang)
{
	struct gang gang = {.state = GANG_PLANNED,
		.job_id = 2,
		.restart = 1,
		.rate_uusd_hr = -1,
		.created_ms = now_ms - 1000,
		.changed_ms = now_ms};
	struct err err = {0};

	snprintf(gang.id, sizeof(gang.id), "2-own");
	gang.nodes = strdup("aws-keep-[0-1]");
	ck_assert_msg(gang_insert(db, &gang, &err) == 0, "%s", err.text);
	free(gang.nodes);
	ask(&(struct question){"aws-keep-[0-1]", EFA_REQUIRED, FROM_USER}, NULL);
}
END_TEST

START_TEST(reuse_and_state)
{
	add("7-a", GANG_ACTIVE, 7, "aws-keep-[0-3]", "us-east-2a", true, USD);
	add("8-b", GANG_LAUNCHED, 8, "aws-pass-[0-3]", "us-east-2a", true, USD);
	add("9-c", GANG_ACTIVE, 9, "aws-pass-[4-7]", "us-east-2a", true, USD);
	add("node-d", GANG_ACTIVE, 0, "aws-keep-[4-5]", "us-east-2a", true, USD);
	add("pool-e", GANG_ACTIVE, 0, "aws-keep-[6-7]", "us-east-2a", true, USD);
	add("10-f", GANG_ACTIVE, 10, "aws-gone-0", "us-east-2a", true, USD);
	ask(&(struct question){"aws-keep-[2-9]", .why = "aws-keep-2 is held by gang 7-a of job 7: "
							"its node group does not hand nodes on "
							"(reuse: false)"},
		"aws-keep-[2-7]");
	ask(&(struct question){"aws-pass-0", .why = "aws-pass-0 is held by gang 8-b of job 8: it "
						    "is being launched or released"},
		"aws-pass-0");
	ask(&(struct question){"aws-pass-[4-5]", EFA_REQUIRED, FROM_USER}, NULL);
	ask(&(struct question){"aws-keep-[4-5]"}, NULL);
	ask(&(struct question){"aws-keep-6",
		    .why = "aws-keep-6 is held by gang pool-e of a "
			   "pool of one-node jobs: its node group does not hand nodes "
			   "on (reuse: false)"},
		"aws-keep-6");
	add("node-g", GANG_LAUNCHED, 0, "aws-keep-9", "us-east-2a", true, USD);
	ask(&(struct question){"aws-keep-9", .why = "aws-keep-9 is held by gang node-g of no job: "
						    "it is being launched or released"},
		"aws-keep-9");
	ask(&(struct question){"aws-gone-0"}, NULL);
	ck_assert_int_eq(gang_set_stop(db, "9-c", "cancelled", NULL), 0);
	ask(&(struct question){"aws-pass-4", .why = "aws-pass-4 is held by gang 9-c of job 9: it "
						    "is being launched or released"},
		"aws-pass-4");
}
END_TEST

START_TEST(a_failed_start_does_not_object)
{
	static const char why[] = "aws-keep-0 is held by gang 2-first of job 2: it is being "
				  "launched or released";
	struct err err = {0};

	conf.groups[0].reuse = true;
	add("2-first", GANG_LAUNCHED, 2, "aws-keep-[0-1]", "us-east-2a", true, USD);
	add_instances("2-first", "aws-keep-0", INSTANCE_RUNNING);
	ck_assert_int_eq(gang_fail(db, "2-first", "x", &err), 1);
	ask(&(struct question){"aws-keep-[0-1]", .why = why}, "aws-keep-0");
	ck_assert_int_eq(instance_set_terminated(db, "i-aws-keep-0", 0, now_ms, &err), 0);
	ask(&(struct question){"aws-keep-[0-1]"}, NULL);
	conf.groups[0].reuse = false;
}
END_TEST

START_TEST(own_pool)
{
	static const char *const ids[] = {"i-aws-keep-1"};
	struct err err = {0};

	add("pool-a", GANG_ACTIVE, 0, "aws-keep-[0-1]", "us-east-2a", true, USD);
	ask(&(struct question){"aws-keep-0", .why = "aws-keep-0 is held by gang pool-a of a pool "
						    "of one-node jobs: its node group does not "
						    "hand nodes on (reuse: false)"},
		"aws-keep-0");
	ck_assert_int_eq(gang_add_job(db, "pool-a", 2, 1, "aws-keep-0", &err), 0);
	ask(&(struct question){"aws-keep-0"}, NULL);
	/* our next pool wants a node whose last instance is still on its way out */
	ck_assert_int_eq(instance_set_terminating(db, ids, 1, "x", now_ms, &err), 0);
	add("pool-b", GANG_LAUNCHED, 0, "aws-keep-1", "us-east-2a", true, USD);
	ck_assert_int_eq(gang_add_job(db, "pool-b", 2, 1, "aws-keep-1", &err), 0);
	ask(&(struct question){"aws-keep-1"}, NULL);
}
END_TEST

START_TEST(a_younger_gang_is_ours)
{
	now_ms -= 120000; /* the prolog began a minute before the gang */
	add("pool-a", GANG_ACTIVE, 0, "aws-keep-0", "us-east-2a", false, USD);
	now_ms -= 60000;
	ask(&(struct question){"aws-keep-0", EFA_REQUIRED, FROM_USER}, NULL);
}
END_TEST

START_TEST(efa)
{
	static const char no[] = "aws-pass-0 is held by gang 7-a of job 7: it has no EFA";
	static const char az[] =
		"the nodes are not of one availability zone, which EFA does not cross";

	add("7-a", GANG_ACTIVE, 7, "aws-pass-[0-1]", "us-east-2a", false, USD);
	add("8-b", GANG_ANNOUNCED, 8, "aws-pass-[2-3]", "us-east-2a", true, USD);
	add("9-c", GANG_ACTIVE, 9, "aws-pass-[4-5]", "us-east-2b", true, USD);
	ask(&(struct question){"aws-pass-0", EFA_REQUIRED, FROM_USER, .why = no}, "aws-pass-0");
	ask(&(struct question){"aws-pass-0", EFA_REQUIRED, FROM_SITE, .why = no}, "aws-pass-0");
	ask(&(struct question){"aws-pass-0", EFA_PREFERRED, FROM_USER, .why = no}, "aws-pass-0");
	ask(&(struct question){"aws-pass-0", EFA_PREFERRED, FROM_SITE}, NULL);
	ask(&(struct question){"aws-pass-0", EFA_OPTIONAL, FROM_USER}, NULL);
	ask(&(struct question){"aws-pass-0", EFA_DISABLED, FROM_USER}, NULL);
	ask(&(struct question){"aws-pass-0"}, NULL);
	ask(&(struct question){"aws-pass-[2-3]", EFA_DISABLED, FROM_USER}, NULL);
	ask(&(struct question){"aws-pass-[2-3]", EFA_REQUIRED, FROM_USER}, NULL);
	ask(&(struct question){"aws-pass-[2-4]", EFA_REQUIRED, FROM_USER, .why = az},
		"aws-pass-[2-4]");
	ask(&(struct question){"aws-pass-[2-4]", EFA_OPTIONAL, FROM_USER}, NULL);
	/* nodes still to be launched may come anywhere */
	ask(&(struct question){"aws-pass-[3,8]", EFA_REQUIRED, FROM_USER, .why = az}, "aws-pass-3");
	ask(&(struct question){"aws-pass-[3,8]", EFA_OPTIONAL, FROM_USER}, NULL);
	conf.mpi.efa_default = EFA_REQUIRED;
	ask(&(struct question){"aws-pass-0", .why = no}, "aws-pass-0");
}
END_TEST

START_TEST(limits)
{
	add("7-a", GANG_ACTIVE, 7, "aws-pass-[0-3]", "us-east-2a", false, 2 * USD);
	add("8-b", GANG_ACTIVE, 8, "aws-pass-4", "us-east-2a", false, -1);
	ask(&(struct question){"aws-pass-[0-3]", .limit_uusd = 8 * USD, .per_hour = true}, NULL);
	ask(&(struct question){"aws-pass-[0-3]", .limit_uusd = 8 * USD - 1, .per_hour = true,
		    .why = "the nodes cost 8.00 USD/h, over --burst-cost=7.999999/h"},
		"aws-pass-[0-3]");
	ask(&(struct question){"aws-pass-[0-3]", .limit_uusd = 100 * USD,
		    .why = "the nodes cost 8.00 USD/h, and the time limit to hold against "
			   "--burst-cost=100.00 is not known here"},
		"aws-pass-[0-3]");
	/* an hour and three minutes of release allowance */
	ask(&(struct question){"aws-pass-[0-3]", .limit_uusd = 8400000, .seconds = 3600}, NULL);
	ask(&(struct question){"aws-pass-[0-3]", .limit_uusd = 8399999, .seconds = 3600,
		    .why = "the nodes cost 8.00 USD/h for the whole time limit, over "
			   "--burst-cost=8.399999"},
		"aws-pass-[0-3]");
	ask(&(struct question){"aws-pass-[0-3]", .limit_uusd = 8 * USD, .seconds = INT64_MAX / 2,
		    .why = "the nodes cost 8.00 USD/h for the whole time limit, over "
			   "--burst-cost=8.00"},
		"aws-pass-[0-3]");
	ask(&(struct question){"aws-pass-[3-4]", .limit_uusd = 8 * USD, .per_hour = true,
		    .why = "the price of the nodes is not known, and --burst-cost=8.00/h is given"},
		"aws-pass-[3-4]");
	ask(&(struct question){"aws-pass-[3,9]", .limit_uusd = 8 * USD, .per_hour = true,
		    .why = "only some of the nodes are up, and a limit holds for all of them "
			   "together"},
		"aws-pass-3");
	ask(&(struct question){"aws-pass-[3-4]"}, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate");
	TCase *tc = tcase_create("gate");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nodes_that_nobody_holds);
	tcase_add_test(tc, own_gang);
	tcase_add_test(tc, reuse_and_state);
	tcase_add_test(tc, a_failed_start_does_not_object);
	tcase_add_test(tc, own_pool);
	tcase_add_test(tc, a_younger_gang_is_ours);
	tcase_add_test(tc, efa);
	tcase_add_test(tc, limits);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
