/* SPDX-License-Identifier: Apache-2.0 */
/* Plans for gangs whose first nodes are on-demand and the others spot. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/plan.h"

#define USD(x) ((int64_t)((x)*1000000))
#define C5     "c5.18xlarge"
#define C5N    "c5n.18xlarge"
#define HPC    "hpc7a.96xlarge"

/* Prices: spot now, cap, on-demand. */
#define AT(t, z, spot, cap, od)                                                                    \
	{                                                                                          \
		.type = t, .subnet = "s-" z, .az = z, .free_addresses = -1, .price_uusd_hr = spot, \
		.max_price_uusd_hr = cap, .list_uusd_hr = od, .first_uusd_hr = od                  \
	}

struct expect {
	const char *name;
	struct plan_choice choices[3];
	unsigned nodes, firsts; /* 0: 4 and 1 */
	bool pool, shy;
	struct cost_limit limit;
	int64_t spent_uusd, time_limit_s; /* 0: 3000 */
	struct plan_quota quotas[2];
	/* wanted */
	const char *pools;
	int64_t worst_uusd_hr, worst_uusd;
	const char *texts[3];
	enum err_class class;
	const char *error;
};

static const struct expect t[] = {
	{.name = "one on-demand, three spot at their list price",
		.choices = {AT(C5, "a", USD(1), -1, USD(3))},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(12),
		.worst_uusd = USD(12),
		.texts = {"cost: 1 on-demand at 3.00 USD/h, 3 spot at 3.00 USD/h at most: 12.00 "
			  "USD/h; 12.00 USD at worst for 300 s boot, 3000 s time limit, 300 s "
			  "release\n",
			"kept c5.18xlarge s-a a: 1.00 USD/h, at most 3.00, on-demand 3.00\n"}},
	{.name = "three spot at their cap",
		.choices = {AT(C5, "a", USD(1), USD(1.5), USD(3))},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(7.5),
		.worst_uusd = USD(7.5)},
	{.name = "what was spent counts once",
		.choices = {AT(C5, "a", USD(1), USD(1.5), USD(3))},
		.spent_uusd = USD(2),
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(7.5),
		.worst_uusd = USD(9.5)},
	{.name = "each part is rounded up",
		.choices = {AT(C5, "a", 1, 1, 1)},
		.time_limit_s = 1,
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = 4,
		.worst_uusd = 2},
	{.name = "several jobs' first nodes",
		.nodes = 5,
		.firsts = 3,
		.choices = {AT(C5, "a", USD(1), USD(1), USD(3))},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(11),
		.worst_uusd = USD(11)},
	{.name = "the list price is not what on-demand costs here",
		.choices = {{.type = C5,
			.subnet = "s-a",
			.az = "a",
			.free_addresses = -1,
			.price_uusd_hr = USD(1),
			.list_uusd_hr = USD(3),
			.first_uusd_hr = USD(2)}},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(11),
		.worst_uusd = USD(11)},
	{.name = "a limit that the first node just fits",
		.choices = {AT(C5, "a", USD(1), USD(1.5), USD(3))},
		.limit = {.uusd = USD(7.5), .per_hour = true},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(7.5),
		.worst_uusd = USD(7.5)},
	{.name = "over the limit by the first node",
		.choices = {AT(C5, "a", USD(1), USD(1.5), USD(3))},
		.limit = {.uusd = USD(7.4), .per_hour = true},
		.class = ERR_BUDGET,
		.error = "cost limit 7.40 USD/h: 4 x c5.18xlarge, the cheapest allowed, cost 7.50 "
			 "USD/h at 1.50 each, 1 of them at 3.00 on-demand; a higher limit or fewer "
			 "nodes would meet it"},
	{.name = "over the limit of the job",
		.choices = {AT(C5, "a", USD(1), USD(1.5), USD(3)),
			AT(C5N, "a", USD(1), USD(1.2), USD(3))},
		.limit = {.uusd = USD(7)},
		.pools = "c5n.18xlarge/a ",
		.worst_uusd_hr = USD(6.6),
		.worst_uusd = USD(6.6),
		.texts = {"refused c5.18xlarge s-a a: at worst 7.50 USD for the job is over the "
			  "limit of 7.00\n"}},
	{.name = "no price of the first node, and a limit",
		.choices = {AT(C5, "a", USD(1), USD(1.5), -1)},
		.limit = {.uusd = USD(70)},
		.class = ERR_BUDGET,
		.error = "cost limit 70.00 USD cannot be checked: no price known of c5.18xlarge in "
			 "us-east-2 (built-in table of " /* the date follows */},
	{.name = "no price of the first node, and none",
		.choices = {AT(C5, "a", USD(1), USD(1.5), -1)},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = -1,
		.worst_uusd = -1},
	{.name = "hpc is not sold as spot",
		.choices = {AT(HPC, "a", -1, -1, USD(7.2)), AT(C5, "a", USD(1), -1, USD(3))},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(12),
		.worst_uusd = USD(12),
		.texts = {"refused hpc7a.96xlarge s-a a: not sold as spot\n"}},
	{.name = "hpc alone",
		.choices = {AT(HPC, "a", -1, -1, USD(7.2))},
		.class = ERR_CONFIG,
		.error = "mixed is asked, but hpc7a.96xlarge is not sold as spot: allow another "
			 "type "
			 "or another purchasing option"},
	{.name = "who cannot start anew",
		.choices = {AT(C5, "a", USD(1), -1, USD(3))},
		.shy = true,
		.class = ERR_CONFIG,
		.error = "only spot instances are allowed, which may end at any time"},
	{.name = "spot over its cap",
		.choices = {AT(C5, "a", USD(2), USD(1.5), USD(3))},
		.class = ERR_CAPACITY,
		.error = "every spot price is over its cap: the lowest is c5.18xlarge at 2.00 "
			 "USD/h, its cap 1.50"},
	{.name = "both quotas suffice",
		.choices = {AT(C5, "a", USD(1), USD(1), USD(3))},
		.quotas = {{QUOTA_STANDARD, MARKET_ON_DEMAND, 72},
			{QUOTA_STANDARD, MARKET_SPOT, 216}},
		.pools = "c5.18xlarge/a ",
		.worst_uusd_hr = USD(6),
		.worst_uusd = USD(6)},
	{.name = "the quota of spot",
		.choices = {AT(C5, "a", USD(1), USD(1), USD(3))},
		.quotas = {{QUOTA_STANDARD, MARKET_ON_DEMAND, 72},
			{QUOTA_STANDARD, MARKET_SPOT, 215}},
		.class = ERR_QUOTA,
		.error = "3 x c5.18xlarge need 216 vCPUs, but the spot quota of Standard instances "
			 "has 215 left: "},
	{.name = "the quota of on-demand",
		.choices = {AT(C5, "a", USD(1), USD(1), USD(3))},
		.quotas = {{QUOTA_STANDARD, MARKET_SPOT, 216},
			{QUOTA_STANDARD, MARKET_ON_DEMAND, 71}},
		.class = ERR_QUOTA,
		.error = "1 x c5.18xlarge need 72 vCPUs, but the on-demand quota of Standard "
			 "instances has 71 left: "},
	{.name = "no first node is no mixture",
		.nodes = 2,
		.firsts = 2,
		.choices = {AT(C5, "a", USD(1), USD(1), USD(3))},
		.class = ERR_USAGE,
		.error = "a mixed plan for 2 node(s), 2 of them on-demand"},
	{.name = "a pool is no mixture",
		.pool = true,
		.choices = {AT(C5, "a", USD(1), USD(1), USD(3))},
		.class = ERR_USAGE,
		.error = "a mixed plan for 4 node(s), 1 of them on-demand"},
};

static struct plan_request request_of(const struct expect *e)
{
	struct plan_request r = {
		.nodes = e->nodes ? e->nodes : 4,
		.firsts = e->firsts ? e->firsts : 1,
		.gang = !e->pool,
		.efa = EFA_DISABLED,
		.limit = e->limit,
		.time_limit_s = e->time_limit_s ? e->time_limit_s : 3000,
		.boot_s = e->time_limit_s ? 0 : 300,
		.release_s = e->time_limit_s ? 0 : 300,
		.spent_uusd = e->spent_uusd,
		.region = "us-east-2",
		.market = MARKET_MIXED,
		.requeue = !e->shy,
		.spot_needs_requeue = true,
		.choices = e->choices,
		.quotas = e->quotas,
	};

	while (r.nchoices < ARRAY_SIZE(e->choices) && e->choices[r.nchoices].type)
		r.nchoices++;
	while (r.nquotas < ARRAY_SIZE(e->quotas) && e->quotas[r.nquotas].left_vcpus)
		r.nquotas++;
	return r;
}

START_TEST(table)
{
	const struct expect *e = &t[_i];
	struct plan_request request = request_of(e);
	CLEANUP(plan_release) struct plan plan = {0};
	struct err err = {0};
	char pools[256] = "";

	if (e->class) {
		ck_assert_msg(plan_make(&request, &plan, &err) < 0, "%s", e->name);
		ck_assert_msg(err.class == e->class, "%s: %s", e->name, err.text);
		ck_assert_msg(!strncmp(err.text, e->error, strlen(e->error)), "%s: %s", e->name,
			err.text);
		return;
	}
	ck_assert_msg(plan_make(&request, &plan, &err) == 0, "%s: %s", e->name, err.text);
	ck_assert_int_eq(plan.market, MARKET_MIXED);
	ck_assert_uint_eq(plan.firsts, request.firsts);
	for (size_t i = 0; i < plan.npools; i++) {
		size_t n = strlen(pools);

		snprintf(pools + n, sizeof(pools) - n, "%s/%s ", plan.pools[i].type,
			plan.pools[i].az);
	}
	ck_assert_str_eq(pools, e->pools);
	ck_assert_msg(plan.worst_uusd_hr == e->worst_uusd_hr && plan.worst_uusd == e->worst_uusd,
		"%s: %lld USD/h, %lld", e->name, (long long)plan.worst_uusd_hr,
		(long long)plan.worst_uusd);
	for (size_t i = 0; i < ARRAY_SIZE(e->texts) && e->texts[i]; i++)
		ck_assert_msg(
			strstr(plan.reasons, e->texts[i]) != NULL, "%s: %s", e->name, plan.reasons);
}
END_TEST

START_TEST(words)
{
	struct plan_request request = request_of(&t[1]);
	CLEANUP(plan_release) struct plan plan = {0};
	cleanup_free char *text = NULL;
	struct err err = {0};

	ck_assert_int_eq(plan_make(&request, &plan, &err), 0);
	text = plan_describe(&plan, &request, 4, C5, "a", USD(1), NULL);
	ck_assert_str_eq(text,
		"1 x c5.18xlarge on-demand a, 3 x c5.18xlarge spot a, 6.00 USD/h, <= 7.50 USD");
	ck_assert_str_eq(market_name(MARKET_MIXED), "mixed");
}
END_TEST

/* Two types: which costs less depends on how many are of each market. */
START_TEST(order)
{
	static const struct rank_weights cheap = {.price_per_core = 1};
	static const struct {
		unsigned nodes;
		const char *first;
	} rows[] = {{2, C5N}, {20, C5}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expect e = {.nodes = rows[i].nodes,
			.choices = {AT(C5, "a", USD(1), -1, USD(6)),
				AT(C5N, "b", USD(1.5), -1, USD(3))}};
		struct plan_request request = request_of(&e);
		CLEANUP(plan_release) struct plan plan = {0};
		struct err err = {0};

		request.weights = &cheap;
		ck_assert_msg(plan_make(&request, &plan, &err) == 0, "%s", err.text);
		ck_assert_str_eq(plan.pools[0].type, rows[i].first);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan_mixed");
	TCase *tc = tcase_create("plan_mixed");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, table, 0, ARRAY_SIZE(t));
	tcase_add_test(tc, words);
	tcase_add_test(tc, order);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
