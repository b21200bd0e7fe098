/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/demand.h"
#include "helper/wish.h"
#include "lib/base/cleanup.h"

static char aws[] = "aws", hpc[] = "hpc", gpu[] = "gpu";
static struct conf_group groups[] = {
	{.partition = aws, .name = hpc, .max_nodes = 2000},
	{.partition = aws, .name = gpu, .max_nodes = 4},
};
static struct conf conf = {.groups = groups, .ngroups = 2};

static struct demand_job *job(struct demand_set *set, uint32_t id, const char *nodes)
{
	struct demand_job *j;

	set->jobs = realloc(set->jobs, (set->njobs + 1) * sizeof(*set->jobs));
	j = &set->jobs[set->njobs++];
	*j = (struct demand_job){.facts = {.job_id = id, .uid = 1000, .time_limit_s = 600},
		.intent = {.efa = EFA_PREFERRED},
		.efa_why = "test"};
	ck_assert_int_eq(nodeset_parse(&j->nodes, nodes, NULL), 0);
	return j;
}

static void cut(struct demand_set *set, const char *loose_nodes)
{
	struct nodeset loose = NODESET_INIT;
	struct err err = {0};

	ck_assert_int_eq(nodeset_parse(&loose, loose_nodes, NULL), 0);
	ck_assert_msg(demand_cut(set, &conf, &loose, &err) == 0, "%s", err.text);
	nodeset_release(&loose);
}

static void assert_nodes(const struct nodeset *set, const char *expected)
{
	char *s = nodeset_format(set);

	ck_assert_str_eq(s, expected);
	free(s);
}

START_TEST(one_gang_per_job)
{
	struct demand_set set = {0};

	job(&set, 1, "aws-hpc-[0-3]");
	job(&set, 2, "aws-hpc-[4-5]");
	cut(&set, "");
	ck_assert_uint_eq(set.n, 2);
	assert_nodes(&set.all[0].nodes, "aws-hpc-[0-3]");
	ck_assert(set.all[0].all_or_nothing);
	ck_assert_ptr_eq(set.all[0].group, &groups[0]);
	ck_assert_ptr_null(set.all[0].refused);
	assert_nodes(&set.all[1].nodes, "aws-hpc-[4-5]");
	demand_set_release(&set);
}
END_TEST

START_TEST(shared_nodes_are_one_gang)
{
	struct demand_set set = {0};
	struct demand_job *j = job(&set, 2, "aws-hpc-[20-23]");

	j->intent.cost = (struct cost_limit){.uusd = 300};
	j = job(&set, 3, "aws-hpc-20");
	j->intent.efa = EFA_REQUIRED;
	j->intent.cost = (struct cost_limit){.uusd = 200};
	j->facts.time_limit_s = -1;
	job(&set, 4, "aws-hpc-21");
	job(&set, 5, "aws-hpc-30");
	cut(&set, "");
	ck_assert_uint_eq(set.n, 2);
	assert_nodes(&set.all[0].nodes, "aws-hpc-[20-23]");
	ck_assert_uint_eq(set.all[0].njobs, 3);
	ck_assert_int_eq(set.all[0].efa, EFA_REQUIRED);
	ck_assert_int_eq(set.all[0].limit.uusd, 200);
	ck_assert_int_eq(set.all[0].time_limit_s, -1);
	ck_assert(!set.all[1].all_or_nothing);
	demand_set_release(&set);
}
END_TEST

START_TEST(het_components_are_one_gang)
{
	struct demand_set set = {0};

	job(&set, 17, "aws-hpc-[0-1]")->facts.het_leader = 17;
	job(&set, 18, "aws-hpc-5")->facts.het_leader = 17;
	cut(&set, "");
	ck_assert_uint_eq(set.n, 1);
	assert_nodes(&set.all[0].nodes, "aws-hpc-[0-1,5]");
	ck_assert(set.all[0].all_or_nothing);
	demand_set_release(&set);
}
END_TEST

START_TEST(one_node_jobs_are_pooled)
{
	struct demand_set set = {0};

	job(&set, 1, "aws-hpc-0");
	job(&set, 2, "aws-hpc-1");
	job(&set, 3, "aws-gpu-0");                   /* another group */
	job(&set, 4, "aws-hpc-2")->facts.uid = 1001; /* another user: tags name one */
	job(&set, 5, "aws-hpc-3")->intent.efa = EFA_REQUIRED;
	job(&set, 6, "aws-hpc-4")->intent.cost.uusd = 5;
	cut(&set, "");
	ck_assert_uint_eq(set.n, 5);
	assert_nodes(&set.all[0].nodes, "aws-hpc-[0-1]");
	ck_assert(!set.all[0].all_or_nothing);
	ck_assert_uint_eq(set.all[0].njobs, 2);
	demand_set_release(&set);
}
END_TEST

START_TEST(loose_and_unknown_nodes)
{
	struct demand_set set = {0};

	cut(&set, "aws-hpc-[8-9],aws-gpu-3,aws-gpu-4,x");
	ck_assert_uint_eq(set.n, 2);
	assert_nodes(&set.all[0].nodes, "aws-hpc-[8-9]");
	ck_assert_ptr_null(set.all[0].refused);
	assert_nodes(&set.all[1].nodes, "aws-gpu-3");
	ck_assert_uint_eq(set.all[1].njobs, 0);
	assert_nodes(&set.unknown, "aws-gpu-4,x");
	demand_set_release(&set);
}
END_TEST

static void assert_refused(const struct demand *d, const char *why)
{
	ck_assert_ptr_nonnull(d->refused);
	ck_assert_str_eq(d->refused, why);
	ck_assert_int_eq(d->refused_class, ERR_CONFIG);
}

START_TEST(jobs_with_unknown_nodes_are_refused)
{
	struct demand_set set = {0};

	job(&set, 1, "aws-hpc-0,aws-old-7");
	job(&set, 2, "aws-gpu-4,aws-hpc-1,aws-gpu-0,x-1");
	job(&set, 3, "y");
	job(&set, 4, "aws-hpc-2");
	job(&set, 5, "z-[1-2]");
	cut(&set, "");
	ck_assert_uint_eq(set.n, 5);
	assert_refused(&set.all[0],
		"node aws-old-7 is of no node group in aws-slurm-burst's configuration");
	assert_nodes(&set.all[0].nodes, "aws-hpc-0,aws-old-7");
	assert_refused(&set.all[1],
		"nodes aws-gpu-4 and 1 more are of no node group in aws-slurm-burst's "
		"configuration");
	assert_refused(
		&set.all[2], "node y is of no node group in aws-slurm-burst's configuration");
	ck_assert_ptr_null(set.all[3].refused);
	assert_refused(&set.all[4],
		"nodes z-1 and 1 more are of no node group in aws-slurm-burst's configuration");
	ck_assert_ptr_null(set.all[4].group);
	ck_assert_uint_eq(set.unknown.n, 0);
	demand_set_release(&set);
}
END_TEST

/* What a job's EFA is worth among others depends on whether somebody asked for it. */
START_TEST(detected_gives_way_to_asked)
{
	static const struct efa_decision found = {.mode = EFA_REQUIRED, .by_detection = true},
					 alone = {.mode = EFA_DISABLED},
					 asked = {.mode = EFA_REQUIRED, .given = true};
	struct demand_set set = {0};
	struct demand_job *j;

	/* a component of one node has not asked for its "disabled" */
	j = job(&set, 1, "aws-hpc-[0-3]");
	j->intent.efa = EFA_REQUIRED;
	j->efa = found;
	j->facts.het_leader = 1;
	j->facts.requeue = true;
	j->rank = (struct rank_job){.talk = TALK_TIGHT, .mem_mib_per_task = 5};
	j = job(&set, 2, "aws-hpc-4");
	j->intent.efa = EFA_DISABLED;
	j->efa = alone;
	j->facts.het_leader = 1;
	j->facts.requeue = true;
	j->rank = (struct rank_job){.talk = TALK_APART, .mem_mib_per_task = 9, .gpu = true};
	/* who asks makes it binding, whoever comes first */
	j = job(&set, 3, "aws-hpc-[10-11]");
	j->intent.efa = EFA_REQUIRED;
	j->efa = found;
	j->facts.requeue = true;
	j = job(&set, 4, "aws-hpc-[11-12]");
	j->intent.efa = EFA_REQUIRED;
	j->efa = asked;
	j->efa_why = "asked";
	cut(&set, "");
	ck_assert_uint_eq(set.n, 2);
	ck_assert_ptr_null(set.all[0].refused);
	ck_assert(set.all[0].efa == EFA_REQUIRED && set.all[0].efa_detected);
	ck_assert(set.all[0].requeue);
	ck_assert_int_eq(set.all[0].rank.talk, TALK_TIGHT);
	ck_assert_uint_eq(set.all[0].rank.nodes, 5);
	ck_assert_uint_eq(set.all[0].rank.mem_mib_per_task, 9);
	ck_assert(set.all[0].rank.gpu);
	ck_assert(set.all[1].efa == EFA_REQUIRED && !set.all[1].efa_detected);
	ck_assert_str_eq(set.all[1].efa_why, "asked");
	ck_assert(!set.all[1].requeue); /* the second may not */
	demand_set_release(&set);
}
END_TEST

/* Spot is for those that may be requeued: they are not bought with others. */
START_TEST(a_pool_is_of_one_mind_on_requeue)
{
	struct demand_set set = {0};

	job(&set, 1, "aws-hpc-0")->facts.requeue = true;
	job(&set, 2, "aws-hpc-1")->facts.requeue = false;
	job(&set, 3, "aws-hpc-2")->facts.requeue = true;
	cut(&set, "aws-hpc-9");
	ck_assert_uint_eq(set.n, 3);
	ck_assert(set.all[0].requeue && set.all[0].njobs == 2);
	ck_assert_uint_eq(set.all[0].rank.nodes, 1);
	ck_assert(!set.all[1].requeue && set.all[1].njobs == 1);
	ck_assert(set.all[2].requeue && !set.all[2].njobs);
	demand_set_release(&set);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	struct demand_set set = {0};
	struct demand_job *j;

	job(&set, 1, "aws-hpc-0,aws-gpu-0");
	j = job(&set, 3, "aws-hpc-[10-11]");
	j->intent.efa = EFA_DISABLED;
	j = job(&set, 4, "aws-hpc-10");
	j->intent.efa = EFA_REQUIRED;
	job(&set, 5, "aws-hpc-[20-21]")->intent.cost = (struct cost_limit){100, true};
	job(&set, 6, "aws-hpc-20")->intent.cost = (struct cost_limit){100, false};
	cut(&set, "");
	ck_assert_uint_eq(set.n, 3);
	ck_assert_ptr_nonnull(strstr(set.all[0].refused, "two node groups, hpc and gpu"));
	ck_assert_ptr_nonnull(strstr(set.all[1].refused, "both required and disabled"));
	ck_assert_ptr_nonnull(strstr(set.all[2].refused, "same kind of --burst-cost"));
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(set.all[i].refused_class, ERR_CONFIG);
	demand_set_release(&set);
}
END_TEST

START_TEST(a_storm_of_one_node_jobs)
{
	static const char *const expected[] = {"aws-big-[0-999]", "aws-big-[1000-1999]",
		"aws-big-[2000-2999]", "aws-big-[3000-3999]"};
	char big[] = "big", name[32];
	struct conf_group group = {.partition = aws, .name = big, .max_nodes = 4000};
	struct conf storm = {.groups = &group, .ngroups = 1};
	struct demand_set set = {0};
	struct nodeset loose = NODESET_INIT;

	for (uint32_t i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "aws-big-%u", (unsigned)i);
		job(&set, i + 1, name);
	}
	ck_assert_int_eq(demand_cut(&set, &storm, &loose, NULL), 0);
	ck_assert_uint_eq(set.n, 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(set.all[i].njobs, 1000);
		ck_assert_ptr_eq(set.all[i].jobs[999], &set.jobs[i * 1000 + 999]);
		ck_assert(!set.all[i].all_or_nothing);
		ck_assert_ptr_null(set.all[i].refused);
		assert_nodes(&set.all[i].nodes, expected[i]);
	}
	demand_set_release(&set);
}
END_TEST

/* A chain: each job shares a node with the next; the last is of the first's heterogeneous job. */
START_TEST(a_chain_is_one_gang)
{
	struct demand_set set = {0};
	char name[64];

	job(&set, 1, "aws-hpc-1999")->facts.het_leader = 1;
	job(&set, 2, "")->facts.het_leader = 1; /* nothing of it is ours, but it is */
	for (uint32_t i = 998; i > 0; i--) {
		snprintf(name, sizeof(name), "aws-hpc-[%u-%u]", (unsigned)i - 1, (unsigned)i);
		job(&set, 1000 + i, name);
	}
	job(&set, 3, "aws-hpc-998")->facts.het_leader = 1;
	job(&set, 4, "aws-hpc-1500");
	cut(&set, "");
	ck_assert_uint_eq(set.n, 2);
	ck_assert_uint_eq(set.all[0].njobs, 1001);
	ck_assert_ptr_eq(set.all[0].jobs[1], &set.jobs[1]);
	ck_assert_uint_eq(set.all[0].nodes.n, 1000);
	ck_assert_str_eq(set.all[0].nodes.names[1], "aws-hpc-997"); /* in the order of the jobs */
	ck_assert_ptr_null(set.all[0].refused);
	assert_nodes(&set.all[1].nodes, "aws-hpc-1500");
	demand_set_release(&set);
}
END_TEST

/* More than one request gives: one gang all the same. */
START_TEST(a_large_gang)
{
	struct demand_set set = {0};

	job(&set, 2, "aws-hpc-[100-1100]");
	cut(&set, "");
	ck_assert_uint_eq(set.n, 1);
	ck_assert(set.all[0].all_or_nothing);
	ck_assert_uint_eq(set.all[0].nodes.n, 1001);
	ck_assert_ptr_null(set.all[0].refused);
	demand_set_release(&set);
}
END_TEST

START_TEST(best_effort_takes_what_comes_unless_efa_is_required)
{
	struct demand_set set = {0};

	groups[0].best_effort = true;
	job(&set, 1, "aws-hpc-[0-3]");
	job(&set, 2, "aws-hpc-[4-7]")->intent.efa = EFA_REQUIRED;
	cut(&set, "");
	groups[0].best_effort = false;
	ck_assert_uint_eq(set.n, 2);
	ck_assert(!set.all[0].all_or_nothing);
	ck_assert(set.all[1].all_or_nothing);
	demand_set_release(&set);
}
END_TEST

START_TEST(features)
{
	static const struct {
		const char *text;
		enum efa_mode mode;
	} t[] = {
		{"", EFA_UNSET},
		{"zen4", EFA_UNSET},
		{"efa", EFA_PREFERRED},
		{"efa-required&zen4", EFA_REQUIRED},
		{"[zen4|efa-preferred]", EFA_PREFERRED},
		{"no-efa", EFA_DISABLED},
		{"efa*2&efa-required", EFA_REQUIRED},
		{"efa-requiredx", EFA_UNSET},
		{"noefa", EFA_UNSET},
	};
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(wish_from_features(t[i].text) == t[i].mode, "%s", t[i].text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("demand");
	TCase *tc = tcase_create("demand");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, one_gang_per_job);
	tcase_add_test(tc, shared_nodes_are_one_gang);
	tcase_add_test(tc, het_components_are_one_gang);
	tcase_add_test(tc, one_node_jobs_are_pooled);
	tcase_add_test(tc, loose_and_unknown_nodes);
	tcase_add_test(tc, detected_gives_way_to_asked);
	tcase_add_test(tc, a_pool_is_of_one_mind_on_requeue);
	tcase_add_test(tc, jobs_with_unknown_nodes_are_refused);
	tcase_add_test(tc, what_cannot_be_is_refused);
	tcase_add_test(tc, a_storm_of_one_node_jobs);
	tcase_add_test(tc, a_chain_is_one_gang);
	tcase_add_test(tc, a_large_gang);
	tcase_add_test(tc, best_effort_takes_what_comes_unless_efa_is_required);
	tcase_add_test(tc, features);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
