/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of choosing: EFA by detection, weights, tiers, placement, architecture, GPUs. */
#include "lib/base/cleanup.h"
#include "tests/unit/conf_fixture.h"

#define WHERE "slurm.partitions[0].node_groups[0]"

START_TEST(defaults)
{
	static const struct rank_weights expected = RANK_WEIGHTS_DEFAULT;
	static const struct efa_bands bands = EFA_BANDS_DEFAULT;
	struct err err = {0};
	struct conf *c = load(MINIMAL, &err);

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	/* one truth: what the library has for callers without a configuration */
	ck_assert(!memcmp(&c->choice.weights, &expected, sizeof(expected)));
	ck_assert(!memcmp(&c->mpi.bands, &bands, sizeof(bands)));
	ck_assert(c->mpi.detect);
	ck_assert(c->choice.spot_needs_requeue);
	ck_assert_int_eq(c->groups[0].placement, PLACEMENT_AUTO);
	ck_assert_int_eq(c->groups[0].arch, ARCH_ANY);
	ck_assert_uint_eq(c->groups[0].gpus, 0);
	ck_assert_uint_eq(c->groups[0].overrides[0].tier, 0);
	conf_destroy(c);
}
END_TEST

START_TEST(every_key)
{
	struct err err = {0};
	struct conf *c = load(AWS
		"mpi: {detect: false, detect_confidence: 75, efa_required_nodes: 32, "
		"efa_preferred_nodes: 0, efa_optional_nodes: 3}\n"
		"choice:\n"
		"  hpc_nodes: 12\n"
		"  spot_needs_requeue: false\n"
		"  weights: {order: 0, price: 1, price_per_core: 2, hpc: 3, "
		"memory: 4, network: 5, generation: 6}\n" GROUP MAX TEMPLATE SUBNETS
		"          placement: Spread\n"
		"          architecture: arm64\n"
		"          launch_template_overrides:\n"
		"            - {instance_type: hpc7g.16xlarge}\n"
		"            - {instance_type: c7gn.16xlarge, tier: 2}\n"
		"          other_regions:\n"
		"            - region: us-west-2\n"
		"              launch_template_specification: "
		"{launch_template_name: w}\n"
		"              subnet_ids: [subnet-9]\n"
		"            - region: us-west-1\n"
		"              launch_template_specification: "
		"{launch_template_name: w}\n"
		"              subnet_ids: [subnet-8]\n"
		"              launch_template_overrides: [{instance_type: "
		"c7gn.16xlarge, tier: 1}]\n",
		&err);
	const struct conf_group *g;

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert(!c->mpi.detect);
	ck_assert_uint_eq(c->mpi.bands.min_confidence, 75);
	ck_assert_uint_eq(c->mpi.bands.required_nodes, 32);
	ck_assert_uint_eq(c->mpi.bands.preferred_nodes, 0);
	ck_assert_uint_eq(c->mpi.bands.optional_nodes, 3);
	ck_assert_uint_eq(c->choice.weights.hpc_nodes, 12);
	ck_assert(!c->choice.spot_needs_requeue);
	ck_assert_uint_eq(c->choice.weights.order, 0);
	ck_assert_uint_eq(c->choice.weights.price, 1);
	ck_assert_uint_eq(c->choice.weights.price_per_core, 2);
	ck_assert_uint_eq(c->choice.weights.hpc, 3);
	ck_assert_uint_eq(c->choice.weights.memory, 4);
	ck_assert_uint_eq(c->choice.weights.network, 5);
	ck_assert_uint_eq(c->choice.weights.generation, 6);
	g = &c->groups[0];
	ck_assert_int_eq(g->placement, PLACEMENT_SPREAD);
	ck_assert_int_eq(g->arch, ARCH_ARM64);
	ck_assert_uint_eq(g->places[0].overrides[0].tier, 0);
	ck_assert_uint_eq(g->places[0].overrides[1].tier, 2);
	ck_assert_uint_eq(g->places[1].overrides[1].tier, 2); /* borrowed */
	ck_assert_uint_eq(g->places[2].overrides[0].tier, 1);
	conf_destroy(c);
}
END_TEST

static const struct {
	const char *specifications;
	enum arch arch;
	unsigned gpus;
} nodes[] = {
	{"{Features: 'efa,arm64'}", ARCH_ARM64, 0},
	{"{feature: AARCH64}", ARCH_ARM64, 0},
	{"{Features: 'amd64,zen4'}", ARCH_X86_64, 0},
	{"{Features: 'x86_64'}", ARCH_X86_64, 0},
	{"{Features: 'arm64x,myarm64'}", ARCH_ANY, 0},
	{"{Gres: 'gpu:h100:8'}", ARCH_ANY, 8},
	{"{gres: 'nvme:1,gpu:a100:4(S:0),gpu:t4:2(S:1)'}", ARCH_ANY, 6},
	{"{CPUs: 4}", ARCH_ANY, 0},
};

START_TEST(by_specifications)
{
	struct err err = {0};
	char text[2048];
	struct conf *c;

	snprintf(text, sizeof(text), "%s%s          slurm_specifications: %s\n",
		AWS GROUP MAX TEMPLATE SUBNETS,
		nodes[_i].arch == ARCH_ARM64
			? "          launch_template_overrides: [{instance_type: c7gn.16xlarge}]\n"
			: TYPES,
		nodes[_i].specifications);
	c = load(text, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_int_eq(c->groups[0].arch, nodes[_i].arch);
	ck_assert_uint_eq(c->groups[0].gpus, nodes[_i].gpus);
	conf_destroy(c);
}
END_TEST

/* What is said counts more than what follows. */
START_TEST(the_group_says_its_architecture)
{
	struct err err = {0};
	struct conf *c = load(MINIMAL "          architecture: x86_64\n"
				      "          slurm_specifications: {Features: arm64}\n",
		&err);

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_int_eq(c->groups[0].arch, ARCH_X86_64);
	conf_destroy(c);
}
END_TEST

START_TEST(the_go_systems_key)
{
	struct err err = {0};
	struct conf *c = load(MINIMAL "mpi: {hpc_instances_threshold: 20}\n", &err);

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert_uint_eq(c->choice.weights.hpc_nodes, 20);
	conf_destroy(c);
	c = load(MINIMAL "mpi: {hpc_instances_threshold: 0}\nchoice: {hpc_nodes: }\n", &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_uint_eq(c->choice.weights.hpc_nodes, 0);
	conf_destroy(c);
	ck_assert_ptr_null(load(MINIMAL "mpi: {hpc_instances_threshold: 20}\n"
					"choice: {hpc_nodes: 8}\n",
		&err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_str_eq(err.text + strlen(path),
		":12: mpi.hpc_instances_threshold: 20, but choice.hpc_nodes is 8; expected one of "
		"the two");
}
END_TEST

static const struct {
	const char *text, *warning;
} hidden[] = {
	{"mpi: {efa_required_nodes: 4}\n",
		":12: mpi.efa_required_nodes: 4, so no job is in the band of efa_preferred_nodes, "
		"4\n"},
	{"mpi: {efa_optional_nodes: 6}\n",
		":12: mpi.efa_preferred_nodes: 4, so no job is in the band of efa_optional_nodes, "
		"6\n"},
	{"mpi: {efa_required_nodes: 0, efa_preferred_nodes: 0}\n", ""},
};

START_TEST(bands_that_hide_each_other)
{
	struct err err = {0};
	char text[2048];
	struct conf *c;

	snprintf(text, sizeof(text), "%s%s", MINIMAL, hidden[_i].text);
	c = load(text, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, hidden[_i].warning);
	conf_destroy(c);
}
END_TEST

#define LIST "          launch_template_overrides:\n"
#define ONE_ARCH                                                                                   \
	"expected types of one architecture, the image's: give the others a node group of their "  \
	"own"

static const struct {
	const char *text, *error;
} refused[] = {
	{AWS GROUP MAX TEMPLATE SUBNETS LIST "            - instance_type: c5n.18xlarge\n"
					     "            - instance_type: c7a.48xlarge\n"
					     "            - instance_type: hpc7g.16xlarge\n",
		":14: " WHERE ".launch_template_overrides: hpc7g.16xlarge is of arm64, but "
		"c5n.18xlarge of x86_64; " ONE_ARCH},
	/* in another region, and by the group's own word */
	{MINIMAL "          other_regions:\n"
		 "            - region: us-west-2\n"
		 "              launch_template_specification: {launch_template_name: w}\n"
		 "              subnet_ids: [subnet-9]\n"
		 "              launch_template_overrides:\n"
		 "                - {instance_type: c7gn.16xlarge}\n",
		":17: " WHERE ".other_regions[0].launch_template_overrides: c7gn.16xlarge is of "
		"arm64, but c5n.18xlarge of x86_64; " ONE_ARCH},
	{MINIMAL "          architecture: arm64\n",
		":10: " WHERE ".launch_template_overrides: c5n.18xlarge is of x86_64, but "
		"architecture or Features say arm64; " ONE_ARCH},
	{MINIMAL "choice: {weights: {order: 1001}}\n",
		":12: choice.weights.order: \"1001\"; expected a whole number from 0 to 1000"},
	{MINIMAL "choice: {weights: {speed: 1}}\n",
		":12: choice.weights.speed: unknown key; expected one of the manual's"},
	{MINIMAL "mpi: {detect_confidence: 40}\n",
		":12: mpi.detect_confidence: \"40\"; expected a whole number from 50 to 100"},
	{MINIMAL "          placement: tight\n",
		":12: " WHERE ".placement: \"tight\"; expected one of auto, cluster, partition, "
		"spread, none"},
	{MINIMAL "          architecture: riscv\n",
		":12: " WHERE ".architecture: \"riscv\"; expected one of any, x86_64, arm64"},
	{AWS GROUP MAX TEMPLATE SUBNETS "          launch_template_overrides: [{instance_type: "
					"c5n.18xlarge, tier: 10}]\n",
		":11: " WHERE ".launch_template_overrides[0].tier: \"10\"; expected a whole number "
		"from 0 to 9"},
};

START_TEST(refusals)
{
	struct err err = {0};

	ck_assert_ptr_null(load(refused[_i].text, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_msg(
		!strncmp(err.text + strlen(path), refused[_i].error, strlen(refused[_i].error)),
		"%s", err.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf choice");
	TCase *tc = tcase_create("conf choice");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, every_key);
	tcase_add_loop_test(tc, by_specifications, 0, ARRAY_SIZE(nodes));
	tcase_add_test(tc, the_group_says_its_architecture);
	tcase_add_test(tc, the_go_systems_key);
	tcase_add_loop_test(tc, bands_that_hide_each_other, 0, ARRAY_SIZE(hidden));
	tcase_add_loop_test(tc, refusals, 0, ARRAY_SIZE(refused));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
