/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/plan.h"

#define USD(x) ((int64_t)((x)*1000000))
#define A      "us-east-2a"
#define B      "us-east-2b"

/* Properties, over random requests from a fixed seed. */
static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % n);
}

static void random_choice(struct plan_choice *choice)
{
	static const char *const types[] = {"c5.large", "c5.18xlarge", "c5n.18xlarge",
		"c5n.9xlarge", "hpc6a.48xlarge", "hpc7a.96xlarge", "hpc6id.32xlarge",
		"c7g.16xlarge", "c7g.4xlarge", "t3.large", "vt1.24xlarge", "m8i.48xlarge",
		"nosuch.type", "p5.48xlarge", "g6.12xlarge", "p5e.48xlarge", "p6-b300.48xlarge",
		"r5.24xlarge"};
	static const char *const subnets[][2] = {
		{"s-a1", A}, {"s-a2", A}, {"s-b1", B}, {"s-b2", B}, {"s-x", ""}, {"s-y", ""}};
	unsigned s = below(ARRAY_SIZE(subnets));

	*choice = (struct plan_choice){
		.type = types[below(ARRAY_SIZE(types))],
		.subnet = subnets[s][0],
		.az = subnets[s][1],
		.free_addresses = below(3) ? -1 : (int64_t)below(64),
		.price_uusd_hr = below(4) ? -1 : (int64_t)below(20000000),
	};
}

static void random_request(struct plan_request *request, struct plan_choice *choices, size_t max)
{
	static const char *const regions[] = {"us-east-1", "us-east-2", "us-east-2", "us-west-2"};
	static const int64_t limits[] = {0, 0, USD(20), USD(100), USD(1000)};

	*request = (struct plan_request){.nodes = 1 + below(40), .boot_s = 600, .release_s = 300};
	request->gang = below(4) > 0;
	request->efa = EFA_DISABLED + below(4);
	request->limit.uusd = limits[below(ARRAY_SIZE(limits))];
	request->limit.per_hour = below(2);
	request->time_limit_s = below(8) ? (int64_t)below(86400) : -1;
	request->spent_uusd = below(2) ? (int64_t)below(10000000) : 0;
	request->region = regions[below(ARRAY_SIZE(regions))];
	request->market = below(4) ? MARKET_ON_DEMAND : MARKET_SPOT;
	request->group_threshold = below(4);
	request->group_always = below(8) == 0;
	request->cpus_per_node = below(2) ? below(200) : 0;
	request->mem_mib_per_node = below(2) ? below(400000) : 0;
	request->gpus_per_node = below(12) ? 0 : below(9);
	request->arch = below(12) ? ARCH_ANY : ARCH_X86_64 + below(2);
	request->nchoices = 1 + below((unsigned)max);
	request->choices = choices;
	for (size_t i = 0; i < max; i++)
		random_choice(&choices[i]);
}

static bool same_plan(const struct plan *a, const struct plan *b)
{
	if (a->efa != b->efa || a->cluster_group != b->cluster_group || a->npools != b->npools ||
		a->worst_uusd != b->worst_uusd || a->worst_uusd_hr != b->worst_uusd_hr ||
		strcmp(a->reasons, b->reasons) != 0)
		return false;
	for (size_t i = 0; i < a->npools; i++) {
		if (a->pools[i].type != b->pools[i].type ||
			a->pools[i].subnet != b->pools[i].subnet)
			return false;
	}
	return true;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

static void check_pool(const struct plan_request *request, const struct plan *plan, size_t i)
{
	const struct plan_pool *pool = &plan->pools[i];
	const struct instance_type *type = catalog_find(pool->type);
	size_t at = 0, nefa = 0;

	ck_assert_ptr_nonnull(type);
	ck_assert(request->market == MARKET_SPOT ? type->spot : type->on_demand);
	ck_assert_uint_ge(type->vcpus, request->cpus_per_node);
	ck_assert_uint_ge(type->mem_mib, request->mem_mib_per_node);
	ck_assert_uint_ge(type->gpus, request->gpus_per_node);
	ck_assert(request->arch == ARCH_ANY || type->arch == request->arch);
	ck_assert(!plan->efa || type->efa_max);
	/* as many as it has, each on a card of its own but for the primary's */
	for (size_t k = 0; k < pool->layout.n; k++)
		nefa += pool->layout.nics[k].kind != NIC_INTERFACE;
	ck_assert_uint_eq(nefa, plan->efa ? type->efa_max : 0);
	ck_assert(!plan->cluster_group || type->cluster_group);
	ck_assert_int_eq(type->arch, catalog_find(plan->pools[0].type)->arch);
	ck_assert_uint_ge(pool->layout.n, plan->efa ? type->efa_max : 1);
	for (size_t j = 0; j < i; j++) {
		const struct plan_pool *other = &plan->pools[j];

		if (strcmp(pool->az, other->az) != 0)
			continue;
		ck_assert(strcmp(pool->type, other->type) != 0 ||
			  (!*pool->az && strcmp(pool->subnet, other->subnet) != 0));
		ck_assert(!*pool->az || strcmp(pool->subnet, other->subnet) == 0);
	}
	/* in the order of the site */
	for (size_t j = 0; j <= i; j++) {
		while (at < request->nchoices &&
			(strcmp(request->choices[at].type, plan->pools[j].type) != 0 ||
				strcmp(request->choices[at].subnet, plan->pools[j].subnet) != 0))
			at++;
	}
	ck_assert_uint_lt(at, request->nchoices);
	if (plan->worst_uusd_hr >= 0)
		ck_assert_int_le(pool->rate_uusd_hr * request->nodes, plan->worst_uusd_hr);
}

START_TEST(properties)
{
	unsigned good = 0, with_efa = 0, with_limit = 0;

	for (unsigned round = 0; round < 20000; round++) {
		struct plan_choice choices[7];
		struct plan_request request;
		CLEANUP(plan_release) struct plan plan = {0}, again = {0}, more = {0};
		struct err err = {0};

		random_request(&request, choices, 6);
		if (plan_make(&request, &plan, &err) < 0) {
			ck_assert_int_ne(err.class, ERR_NONE);
			ck_assert_int_ne(err.class, ERR_FATAL);
			ck_assert_uint_gt(strlen(err.text), 10);
			ck_assert_int_eq(plan_make(&request, &again, NULL), -1);
			continue;
		}
		good++;
		ck_assert_int_eq(plan_make(&request, &again, NULL), 0);
		ck_assert(same_plan(&plan, &again));
		ck_assert_uint_ge(plan.npools, 1);
		ck_assert_uint_eq(lines(plan.reasons), request.nchoices + 3);
		for (size_t i = 0; i < plan.npools; i++)
			check_pool(&request, &plan, i);
		ck_assert(request.efa != EFA_REQUIRED || plan.efa);
		ck_assert(request.efa != EFA_DISABLED || !plan.efa);
		ck_assert(!plan.cluster_group || request.gang);
		with_efa += plan.efa;
		if (request.limit.uusd) {
			int64_t worst = request.limit.per_hour ? plan.worst_uusd_hr
							       : plan.worst_uusd;

			with_limit++;
			ck_assert_int_ge(worst, 0);
			ck_assert_int_le(worst, request.limit.uusd);
		}
		/* one more choice, anywhere, and there is still a plan */
		size_t at = below((unsigned)request.nchoices + 1);
		memmove(&choices[at + 1], &choices[at],
			(request.nchoices - at) * sizeof(choices[0]));
		random_choice(&choices[at]);
		request.nchoices++;
		ck_assert_msg(plan_make(&request, &more, &err) == 0, "%s", err.text);
	}
	/* the rounds say something only if they reach both outcomes */
	ck_assert_uint_gt(good, 4000);
	ck_assert_uint_lt(good, 19000);
	ck_assert_uint_gt(with_efa, 1000);
	ck_assert_uint_gt(with_limit, 500);
}
END_TEST

/* How the processes of random jobs speak, and what the site may weigh; its order apart, which one
 * more choice moves. */
static void random_job(struct plan_request *request, struct rank_job *job, struct rank_weights *w)
{
	*job = (struct rank_job){
		.talk = (enum rank_talk)below(TALK_TIGHT + 1),
		.nodes = request->nodes,
		.mem_mib_per_task = below(2) ? below(400000) : 0,
		.memory_bound = below(2),
	};
	*w = (struct rank_weights){
		.price = below(3),
		.price_per_core = below(3),
		.hpc = below(12),
		.memory = below(3),
		.network = below(3),
		.generation = below(3),
		.hpc_nodes = below(10),
	};
	request->job = job;
	request->weights = w;
}

/* One image, so one architecture: `config check` sees to that. A type costs the same in all subnets
 * of a zone. */
static void make_sensible(struct plan_choice *choices, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct instance_type *type = catalog_find(choices[i].type);

		while (type && type->arch != ARCH_X86_64) {
			random_choice(&choices[i]);
			type = catalog_find(choices[i].type);
		}
		choices[i].price_uusd_hr = -1;
	}
}

static void check_no_worse(const struct plan_request *request, const struct plan *before,
	const struct plan *after, unsigned *better)
{
	bool efa_counts = request->efa >= EFA_PREFERRED;

	ck_assert_msg(!efa_counts || !before->efa || after->efa, "before:\n%s\nafter:\n%s",
		before->reasons, after->reasons);
	if (efa_counts && before->efa != after->efa)
		return;
	ck_assert_msg(!before->cluster_group || after->cluster_group || before->efa != after->efa,
		"before:\n%s\nafter:\n%s", before->reasons, after->reasons);
	if (before->cluster_group != after->cluster_group)
		return;
	ck_assert_msg(after->pools[0].score >= before->pools[0].score, "before:\n%s\nafter:\n%s",
		before->reasons, after->reasons);
	*better += after->pools[0].score > before->pools[0].score;
}

/*
 * One more choice never makes a plan worse: EFA that is more than optional stays, the group stays,
 * and what is asked first serves the job as well at least.
 */
START_TEST(one_more_choice)
{
	unsigned good = 0, better = 0;

	for (unsigned round = 0; round < 40000; round++) {
		struct plan_choice choices[7];
		struct plan_request request;
		struct rank_job job;
		struct rank_weights weights;
		CLEANUP(plan_release) struct plan before = {0}, after = {0};
		struct err err = {0};
		size_t at;

		random_request(&request, choices, 6);
		random_job(&request, &job, &weights);
		make_sensible(choices, request.nchoices);
		if (plan_make(&request, &before, NULL) < 0)
			continue;
		good++;
		at = below((unsigned)request.nchoices + 1);
		memmove(&choices[at + 1], &choices[at],
			(request.nchoices - at) * sizeof(choices[0]));
		random_choice(&choices[at]);
		make_sensible(&choices[at], 1);
		request.nchoices++;
		ck_assert_msg(plan_make(&request, &after, &err) == 0, "%s", err.text);
		check_no_worse(&request, &before, &after, &better);
	}
	ck_assert_uint_gt(good, 8000);
	ck_assert_uint_gt(better, 500);
}
END_TEST

static void random_marks(struct plan_request *request, struct plan_choice *choices,
	struct plan_quota quotas[2], bool failed)
{
	for (size_t i = 0; i < request->nchoices; i++) {
		choices[i].hinted = below(5) == 0;
		choices[i].failed = failed && below(3) == 0 ? "X 1 min ago" : NULL;
		choices[i].max_price_uusd_hr = below(3) ? -1 : (int64_t)below(5000000);
		if (below(4) == 0) {
			choices[i].reservation = "cr-1";
			choices[i].reserved_free = (int64_t)below(50) - 1;
			choices[i].block = below(2);
		}
	}
	quotas[0] = (struct plan_quota){QUOTA_STANDARD, MARKET_ON_DEMAND, below(4000)};
	quotas[1] = (struct plan_quota){QUOTA_HPC, MARKET_ON_DEMAND, below(4000)};
	request->quotas = quotas;
	request->nquotas = below(3);
	request->reserved_only = below(3) == 0;
	request->no_efa = request->efa != EFA_REQUIRED && below(4) == 0;
	request->no_group = request->efa != EFA_REQUIRED && !request->group_always && below(4) == 0;
}

static bool has_pool(const struct plan *plan, const struct plan_choice *choice)
{
	for (size_t i = 0; i < plan->npools; i++) {
		if (plan->pools[i].type == choice->type && plan->pools[i].subnet == choice->subnet)
			return true;
	}
	return false;
}

static void check_marked(const struct plan_request *request, const struct plan *plan)
{
	ck_assert(!plan->efa || !request->no_efa);
	ck_assert(!plan->cluster_group || !request->no_group);
	ck_assert_int_eq(plan->market, request->reserved_only ? MARKET_ON_DEMAND : request->market);
	for (size_t i = 0; i < plan->npools; i++) {
		const struct plan_pool *pool = &plan->pools[i];

		ck_assert(request->reserved_only == (pool->reservation != NULL));
		ck_assert_int_eq(pool->block, plan->pools[0].block);
		ck_assert(pool->max_price_uusd_hr == -1 ||
			  (plan->market == MARKET_SPOT && pool->max_price_uusd_hr > 0));
	}
}

/* One more mark, on all that are the same pool: none of them is in the plan any more. */
static void check_one_more_mark(struct plan_request *request, struct plan_choice *choices)
{
	struct plan_choice *marked = &choices[below((unsigned)request->nchoices)];
	const struct plan_choice *before = marked;
	CLEANUP(plan_release) struct plan plan = {0};
	struct err err = {0};
	bool tried = request->recent_too || below(2);

	for (size_t i = 0; i < request->nchoices; i++) {
		if (choices[i].type != before->type || choices[i].subnet != before->subnet)
			continue;
		if (tried)
			choices[i].tried = true;
		else
			choices[i].failed = "X 1 min ago";
	}
	if (plan_make(request, &plan, &err) == 0)
		ck_assert(!has_pool(&plan, before));
	else
		ck_assert(err.class == ERR_CAPACITY || err.class == ERR_QUOTA ||
			  err.class == ERR_BUDGET || err.class == ERR_ADDRESS ||
			  err.class == ERR_CONFIG);
}

/* Memory never makes unplaceable what could be placed. */
static void check_second_pass(struct plan_request *request, struct plan_choice *choices)
{
	CLEANUP(plan_release) struct plan before = {0}, after = {0};
	struct err err = {0};
	bool could = plan_make(request, &before, &err) == 0;

	for (size_t i = 0; i < request->nchoices; i++)
		choices[i].failed = below(2) ? "X 1 min ago" : NULL;
	request->recent_too = true;
	ck_assert_int_eq(plan_make(request, &after, &err) == 0, could);
	if (!could)
		return;
	ck_assert_uint_eq(after.npools, before.npools);
	ck_assert_int_eq(after.efa, before.efa);
	ck_assert_int_eq(after.cluster_group, before.cluster_group);
	ck_assert_int_eq(after.worst_uusd_hr, before.worst_uusd_hr);
	for (size_t i = 0; i < request->nchoices; i++)
		ck_assert_int_eq(has_pool(&before, &choices[i]), has_pool(&after, &choices[i]));
}

START_TEST(marks)
{
	unsigned good = 0;

	for (unsigned round = 0; round < 20000; round++) {
		struct plan_choice choices[6];
		struct plan_quota quotas[2];
		struct plan_request request;
		CLEANUP(plan_release) struct plan plan = {0};

		random_request(&request, choices, 6);
		if (round % 2) {
			random_marks(&request, choices, quotas, false);
			check_second_pass(&request, choices);
			continue;
		}
		random_marks(&request, choices, quotas, true);
		request.recent_too = below(2);
		if (plan_make(&request, &plan, NULL) < 0)
			continue;
		good++;
		check_marked(&request, &plan);
		check_one_more_mark(&request, choices);
	}
	ck_assert_uint_gt(good, 2000);
	ck_assert_uint_lt(good, 9000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan properties");
	TCase *tc = tcase_create("properties");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, properties);
	tcase_add_test(tc, marks);
	tcase_add_test(tc, one_more_choice);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
