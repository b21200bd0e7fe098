/* SPDX-License-Identifier: Apache-2.0 */
/* Plans from what EC2 has told of its types and zones, over the built-in catalogue. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/plan/plan.h"

#define A "us-east-2a"
#define B "us-east-2b"

/* Of the year after the table. */
static const struct instance_type newer = {
	.name = "hpc9a.96xlarge",
	.vcpus = 192,
	.cores = 192,
	.mem_mib = 786432,
	.arch = ARCH_X86_64,
	.efa_max = 2,
	.cards = 2,
	.card_ifs = {2, 2},
	.efa_on_card0 = true,
	.on_demand = true,
	.cluster_group = true,
};

/* As in the table but for what EC2 says now. */
static const struct instance_type c5_with_efa = {
	.name = "c5.18xlarge",
	.vcpus = 72,
	.cores = 36,
	.mem_mib = 147456,
	.arch = ARCH_X86_64,
	.efa_max = 1,
	.cards = 1,
	.card_ifs = {15},
	.efa_on_card0 = true,
	.on_demand = true,
	.cluster_group = true,
};

#define CHOICE(type_, subnet_, az_, ...)                                                           \
	{                                                                                          \
		.type = type_, .subnet = subnet_, .az = az_, .free_addresses = -1,                 \
		.price_uusd_hr = -1, .max_price_uusd_hr = -1, __VA_ARGS__                          \
	}
#define NOT_THERE .offered = OFFER_NO
#define THERE     .offered = OFFER_YES

static const struct {
	const char *name;
	struct plan_choice choices[4];
	enum efa_mode efa;
	enum market market;
	unsigned cpus;
	bool reserved_only;
	const char *pools; /* "type@az layout …"; NULL: refused with TEXT */
	const char *text;  /* of the reasons, or of the error */
} t[] = {
	{.name = "a type that the table lacks",
		.choices = {CHOICE("hpc9a.96xlarge", "s-a", A, .info = &newer)},
		.efa = EFA_REQUIRED,
		.cpus = 192,
		.pools = "hpc9a.96xlarge@us-east-2a 0.0ena+0.1efa-only+1.0efa-only;",
		.text = "kept hpc9a.96xlarge s-a us-east-2a: price unknown, 2 EFA\n"},
	{.name = "without its facts it is refused",
		.choices = {CHOICE("hpc9a.96xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.text = "no allowed type is in the catalogue of 2026-07-20: hpc9a.96xlarge; what "
			"is newer is known after \"aws-slurm-burst catalog refresh\""},
	{.name = "it is held to them",
		.choices = {CHOICE("hpc9a.96xlarge", "s-a", A, .info = &newer)},
		.efa = EFA_DISABLED,
		.cpus = 193,
		.text = "the largest allowed type, hpc9a.96xlarge, has 192 vCPUs and 786432 MiB"},
	{.name = "nor is it sold as spot",
		.choices = {CHOICE("hpc9a.96xlarge", "s-a", A, .info = &newer)},
		.efa = EFA_DISABLED,
		.market = MARKET_SPOT,
		.text = "spot is asked, but hpc9a.96xlarge is not sold as spot"},
	{.name = "EC2's word counts more than the table's",
		.choices = {CHOICE("c5.18xlarge", "s-a", A, .info = &c5_with_efa),
			CHOICE("c5.18xlarge", "s-b", B)},
		.efa = EFA_REQUIRED,
		.pools = "c5.18xlarge@us-east-2a 0.0efa;",
		.text = "refused c5.18xlarge s-b us-east-2b: has no EFA\n"},
	{.name = "not in one of the zones",
		.choices = {CHOICE("c5n.18xlarge", "s-a", A, NOT_THERE),
			CHOICE("c5n.18xlarge", "s-b", B, THERE)},
		.efa = EFA_REQUIRED,
		.pools = "c5n.18xlarge@us-east-2b 0.0efa;",
		.text = "refused c5n.18xlarge s-a us-east-2a: EC2 does not offer it in us-east-2a"
			"\n"},
	{.name = "in none of them",
		.choices = {CHOICE("c5n.18xlarge", "s-a", A, NOT_THERE),
			CHOICE("hpc7a.96xlarge", "s-b", B, NOT_THERE),
			CHOICE("nosuch.large", "s-b", B)},
		.efa = EFA_DISABLED,
		.text = "EC2 does not offer the allowed types in the zones of the subnets: "
			"c5n.18xlarge us-east-2a, hpc7a.96xlarge us-east-2b; allow a subnet in "
			"another zone or another type"},
	{.name = "a zone that is not known by name",
		.choices = {CHOICE("c5n.18xlarge", "s-a", "", NOT_THERE),
			CHOICE("c5n.18xlarge", "s-b", B)},
		.efa = EFA_DISABLED,
		.pools = "c5n.18xlarge@us-east-2b 0.0ena;",
		.text = "refused c5n.18xlarge s-a: EC2 does not offer it in that zone\n"},
	{.name = "what is reserved there is there",
		.choices = {CHOICE("c5n.18xlarge", "s-a", A, NOT_THERE, .reservation = "cr-1",
			.reserved_free = -1)},
		.efa = EFA_DISABLED,
		.reserved_only = true,
		.pools = "c5n.18xlarge@us-east-2a 0.0ena;",
		.text = "kept c5n.18xlarge s-a us-east-2a: 3.888 USD/h, reserved cr-1\n"},
	{.name = "a zone that lacks it is not preferred for its EFA",
		.choices = {CHOICE("c5n.18xlarge", "s-a", A, NOT_THERE),
			CHOICE("c5.18xlarge", "s-b", B)},
		.efa = EFA_PREFERRED,
		.pools = "c5.18xlarge@us-east-2b 0.0ena;",
		.text = "not used, no choice with it is possible\n"},
};

START_TEST(plans)
{
	struct plan_request request = {
		.nodes = 4,
		.gang = true,
		.efa = t[_i].efa,
		.efa_why = "--efa",
		.time_limit_s = 3600,
		.region = "us-east-2",
		.market = t[_i].market,
		.cpus_per_node = t[_i].cpus,
		.choices = t[_i].choices,
		.reserved_only = t[_i].reserved_only,
	};
	CLEANUP(plan_release) struct plan plan = {0};
	CLEANUP(strbuf_release) struct strbuf pools = STRBUF_INIT;
	struct err err = {0};
	int rc;

	while (request.nchoices < ARRAY_SIZE(t[_i].choices) && t[_i].choices[request.nchoices].type)
		request.nchoices++;
	rc = plan_make(&request, &plan, &err);
	if (!t[_i].pools) {
		ck_assert_int_eq(rc, -1);
		ck_assert_msg(err.class == ERR_CONFIG, "%s: %s", t[_i].name, err.text);
		ck_assert_msg(strstr(err.text, t[_i].text), "%s: %s", t[_i].name, err.text);
		return;
	}
	ck_assert_msg(rc == 0, "%s: %s", t[_i].name, err.text);
	for (size_t i = 0; i < plan.npools; i++) {
		char key[1024];

		strbuf_addf(&pools, "%s@%s %s;", plan.pools[i].type, plan.pools[i].az,
			nic_layout_key(&plan.pools[i].layout, key, sizeof(key)));
	}
	ck_assert_msg(!strcmp(pools.buf, t[_i].pools), "%s: %s", t[_i].name, pools.buf);
	ck_assert_msg(strstr(plan.reasons, t[_i].text), "%s: %s", t[_i].name, plan.reasons);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan_facts");
	TCase *tc = tcase_create("plan_facts");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, plans, 0, ARRAY_SIZE(t));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
