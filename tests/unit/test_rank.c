/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/detect.h"
#include "lib/plan/rank.h"

#define USD(x) ((int64_t)((x)*1000000))

/* One part each, with a weight of 1. */
static const struct {
	const char *name;
	enum rank_part part;
	const char *type;
	int64_t rate;
	size_t position;
	struct rank_job job;
	unsigned hpc_nodes;
	uint64_t value;
} t[] = {
	{"first", RANK_ORDER, "c5.large", -1, 0, {0}, 0, 1000},
	{"third", RANK_ORDER, "c5.large", -1, 2, {0}, 0, 980},
	{"hundredth", RANK_ORDER, "c5.large", -1, 99, {0}, 0, 10},
	{"later", RANK_ORDER, "c5.large", -1, 5000, {0}, 0, 0},
	{"for nothing", RANK_PRICE, "c5.large", 0, 0, {0}, 0, 1000},
	{"half", RANK_PRICE, "c5.large", USD(4), 0, {0}, 0, 500},
	{"dearer", RANK_PRICE, "c5.large", USD(12), 0, {0}, 0, 250},
	{"price not known", RANK_PRICE, "c5.large", -1, 0, {0}, 0, 0},
	{"beyond all", RANK_PRICE, "c5.large", INT64_MAX, 0, {0}, 0, 0},
	{"a core", RANK_PRICE_PER_CORE, "hpc7a.96xlarge", 192 * USD(0.04), 0, {0}, 0, 500},
	{"a core of few", RANK_PRICE_PER_CORE, "hpc7a.12xlarge", USD(7.2), 0, {0}, 0, 117},
	{"core price not known", RANK_PRICE_PER_CORE, "c5.large", -1, 0, {0}, 0, 0},
	{"hpc, tight, many", RANK_HPC, "hpc7a.96xlarge", -1, 0, {TALK_TIGHT, 8}, 8, 1000},
	{"hpc, tight, few", RANK_HPC, "hpc7a.96xlarge", -1, 0, {TALK_TIGHT, 7}, 8, 0},
	{"hpc, tight, never", RANK_HPC, "hpc7a.96xlarge", -1, 0, {TALK_TIGHT, 800}, 0, 0},
	{"hpc, moderate", RANK_HPC, "hpc6a.48xlarge", -1, 0, {TALK_MODERATE, 8}, 8, 500},
	{"hpc, loose", RANK_HPC, "hpc6a.48xlarge", -1, 0, {TALK_LOOSE, 8}, 8, 0},
	{"hpc, unknown", RANK_HPC, "hpc6a.48xlarge", -1, 0, {TALK_UNKNOWN, 8}, 8, 0},
	{"hpc, on GPUs", RANK_HPC, "hpc6a.48xlarge", -1, 0, {TALK_TIGHT, 8, .gpu = true}, 8, 0},
	{"not hpc", RANK_HPC, "c5n.18xlarge", -1, 0, {TALK_TIGHT, 8}, 8, 0},
	{"memory fits", RANK_MEMORY, "c5n.18xlarge", -1, 0,
		{.mem_mib_per_task = 50000, .tasks_per_node = 2}, 0, 1000},
	{"memory to the last", RANK_MEMORY, "c5n.18xlarge", -1, 0, {.mem_mib_per_task = 196608}, 0,
		1000},
	{"memory is short", RANK_MEMORY, "c5n.18xlarge", -1, 0,
		{.mem_mib_per_task = 98305, .tasks_per_node = 2}, 0, 0},
	{"memory lies idle", RANK_MEMORY, "hpc7a.96xlarge", -1, 0,
		{.mem_mib_per_task = 1000, .tasks_per_node = 100}, 0, 500},
	{"memory not known", RANK_MEMORY, "c5n.18xlarge", -1, 0, {0}, 0, 1000},
	{"memory beyond counting", RANK_MEMORY, "c5n.18xlarge", -1, 0,
		{.mem_mib_per_task = UINT64_MAX, .tasks_per_node = 3}, 0, 0},
	{"memory-bound, enough", RANK_MEMORY, "c5n.18xlarge", -1, 0, {.memory_bound = true}, 0,
		1000},
	{"memory-bound, little", RANK_MEMORY, "hpc7g.16xlarge", -1, 0, {.memory_bound = true}, 0,
		500},
	{"no EFA", RANK_NETWORK, "c5.large", -1, 0, {TALK_TIGHT}, 0, 0},
	{"one EFA", RANK_NETWORK, "c5n.18xlarge", -1, 0, {TALK_TIGHT}, 0, 500},
	{"two EFA", RANK_NETWORK, "hpc7a.96xlarge", -1, 0, {TALK_TIGHT}, 0, 600},
	{"two EFA, moderate", RANK_NETWORK, "hpc7a.96xlarge", -1, 0, {TALK_MODERATE}, 0, 300},
	{"many EFA", RANK_NETWORK, "p5.48xlarge", -1, 0, {TALK_TIGHT}, 0, 1000},
	{"EFA, loose", RANK_NETWORK, "p5.48xlarge", -1, 0, {TALK_LOOSE}, 0, 0},
	{"generation 7", RANK_GENERATION, "hpc7a.96xlarge", -1, 0, {0}, 0, 700},
	{"generation 6", RANK_GENERATION, "p6-b300.48xlarge", -1, 0, {0}, 0, 600},
	{"generation 5", RANK_GENERATION, "c5n.18xlarge", -1, 0, {0}, 0, 500},
};

static unsigned *weight_of(struct rank_weights *weights, enum rank_part part)
{
	unsigned *all[RANK_PARTS] = {
		[RANK_ORDER] = &weights->order,
		[RANK_PRICE] = &weights->price,
		[RANK_PRICE_PER_CORE] = &weights->price_per_core,
		[RANK_HPC] = &weights->hpc,
		[RANK_MEMORY] = &weights->memory,
		[RANK_NETWORK] = &weights->network,
		[RANK_GENERATION] = &weights->generation,
	};

	return all[part];
}

START_TEST(parts)
{
	struct rank_weights weights = {.hpc_nodes = t[_i].hpc_nodes};
	struct rank_item item = {catalog_find(t[_i].type), t[_i].rate, t[_i].position};
	struct rank_score score;

	ck_assert_ptr_nonnull(item.type);
	*weight_of(&weights, t[_i].part) = 1;
	rank_score(&weights, &t[_i].job, &item, &score);
	ck_assert_msg(
		score.total == t[_i].value, "%s: %lu", t[_i].name, (unsigned long)score.total);
	for (unsigned i = 0; i < RANK_PARTS; i++)
		ck_assert_uint_eq(score.parts[i], i == t[_i].part ? t[_i].value : 0);
	*weight_of(&weights, t[_i].part) = 1000;
	rank_score(&weights, &t[_i].job, &item, &score);
	ck_assert_uint_eq(score.total, 1000 * t[_i].value);
}
END_TEST

START_TEST(sums)
{
	static const struct rank_weights dflt = RANK_WEIGHTS_DEFAULT,
					 all = {1, 1, 1, 1, 1, 1, 1, 8};
	struct rank_job job = {.talk = TALK_TIGHT, .nodes = 16};
	struct rank_item item = {catalog_find("hpc7a.96xlarge"), USD(7.2), 1};
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct rank_score score;

	rank_score(&dflt, &job, &item, &score);
	rank_describe(&score, &sb);
	ck_assert_str_eq(sb.buf, "score 11990 = order 990 + hpc 10000 + memory 1000");
	strbuf_release(&sb);
	rank_score(&all, &job, &item, &score);
	rank_describe(&score, &sb);
	ck_assert_str_eq(sb.buf, "score 5163 = order 990 + price 357 + price per core 516 + hpc "
				 "1000 + memory 1000 + network 600 + generation 700");
	strbuf_release(&sb);
	/* nothing known of the job, nothing weighed */
	rank_score(&(struct rank_weights){0}, NULL, &item, &score);
	rank_describe(&score, &sb);
	ck_assert_str_eq(sb.buf, "score 0");
}
END_TEST

static const struct {
	enum job_kind kind;
	enum comm comm;
	bool sure;
	const char *app;
	bool collectives;
	enum rank_talk talk;
	bool memory_bound, gpu;
} found[] = {
	{JOB_MPI, COMM_TIGHT, true, NULL, false, TALK_TIGHT, false, false},
	{JOB_MPI, COMM_MODERATE, true, "OpenFOAM", false, TALK_MODERATE, true, false},
	{JOB_MPI, COMM_LOOSE, true, NULL, false, TALK_LOOSE, false, false},
	{JOB_MPI, COMM_TIGHT, false, "OpenFOAM", false, TALK_UNKNOWN, true, false},
	{JOB_COLLECTIVES, COMM_TIGHT, true, NULL, true, TALK_TIGHT, false, true},
	{JOB_ARRAY, COMM_TIGHT, true, NULL, false, TALK_APART, false, false},
	{JOB_FARM, COMM_TIGHT, true, NULL, false, TALK_APART, false, false},
	{JOB_SINGLE, COMM_TIGHT, true, NULL, false, TALK_UNKNOWN, false, false},
	{JOB_SERVICE, COMM_TIGHT, true, NULL, false, TALK_UNKNOWN, false, false},
	{JOB_UNKNOWN, COMM_TIGHT, true, NULL, false, TALK_UNKNOWN, false, false},
};

START_TEST(of_detection)
{
	struct detect_result r = {
		.is_mpi = found[_i].kind == JOB_MPI || found[_i].kind == JOB_COLLECTIVES,
		.kind = found[_i].kind,
		.comm = found[_i].comm,
		.app = found[_i].app ? apps_by_name(found[_i].app) : NULL,
		.gpu_collectives = found[_i].collectives,
	};
	struct rank_job job = {.nodes = 5, .mem_mib_per_task = 6, .tasks_per_node = 7};

	rank_job_detected(&job, &r, found[_i].sure);
	ck_assert_int_eq(job.talk, found[_i].talk);
	ck_assert_int_eq(job.memory_bound, found[_i].memory_bound);
	ck_assert_int_eq(job.gpu, found[_i].gpu);
	ck_assert(job.nodes == 5 && job.mem_mib_per_task == 6 && job.tasks_per_node == 7);
	rank_job_detected(&job, NULL, true);
	ck_assert(job.talk == TALK_UNKNOWN && !job.memory_bound && !job.gpu);
}
END_TEST

START_TEST(joined)
{
	static const enum rank_talk order[] = {
		TALK_APART, TALK_LOOSE, TALK_UNKNOWN, TALK_MODERATE, TALK_TIGHT};
	struct rank_job a = {.mem_mib_per_task = 10, .tasks_per_node = 4, .gpu = true},
			b = {.mem_mib_per_task = 30, .tasks_per_node = 1, .memory_bound = true};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
			struct rank_job x = {.talk = order[i]}, y = {.talk = order[k]};

			rank_job_join(&x, &y);
			ck_assert_int_eq(x.talk, order[i > k ? i : k]);
		}
	}
	rank_job_join(&a, &b);
	ck_assert(a.mem_mib_per_task == 10 && a.tasks_per_node == 4 && a.gpu && a.memory_bound);
	b.tasks_per_node = 2;
	rank_job_join(&a, &b);
	ck_assert(a.mem_mib_per_task == 30 && a.tasks_per_node == 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rank");
	TCase *tc = tcase_create("rank");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, parts, 0, ARRAY_SIZE(t));
	tcase_add_test(tc, sums);
	tcase_add_loop_test(tc, of_detection, 0, ARRAY_SIZE(found));
	tcase_add_test(tc, joined);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
