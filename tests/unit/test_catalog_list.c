/* SPDX-License-Identifier: Apache-2.0 */
/* What "catalog list" prints, word for word. */
#include <time.h>

#include "helper/catalog_list.h"
#include "tests/unit/state_fixture.h"

#define NOW INT64_C(1795348800000) /* 2026-11-22 12:00:00 UTC, which is local here */
#define A   "us-east-2a"

static struct told_type told_types[] = {
	{"c5.large", {.vcpus = 2,
			     .cores = 1,
			     .mem_mib = 5376,
			     .arch = ARCH_X86_64,
			     .cards = 1,
			     .card_ifs = {3},
			     .spot = true,
			     .on_demand = true,
			     .cluster_group = true}},
	{"hpc9a.96xlarge", {.vcpus = 192,
				   .cores = 192,
				   .mem_mib = 786432,
				   .arch = ARCH_X86_64,
				   .efa_max = 2,
				   .cards = 2,
				   .card_ifs = {2, 2},
				   .efa_on_card0 = true,
				   .on_demand = true,
				   .cluster_group = true}},
	{"p9.48xlarge", {.vcpus = 192,
				.cores = 96,
				.mem_mib = 2097152,
				.arch = ARCH_ARM64,
				.gpus = 8,
				.cards = 1,
				.card_ifs = {2},
				.spot = true}},
};
static struct told_offer told_offers[] = {
	{"c5.large", A},
	{"hpc9a.96xlarge", A},
	{"c5.large", "us-east-2b"},
	{"p9.48xlarge", "us-east-2-chi-1a"},
};

static struct types_region region_of(int64_t age_s)
{
	struct types_region region = {.name = "us-east-2", .young = age_s < 604800};

	setenv("TZ", "UTC0", 1);
	tzset();
	region.told = (struct catalog_told){
		.refreshed_ms = NOW - age_s * 1000,
		.types = told_types,
		.ntypes = told_settle(told_types, ARRAY_SIZE(told_types)),
		.offers = told_offers,
		.noffers = ARRAY_SIZE(told_offers),
	};
	return region;
}

static const char *listed(
	const struct types_region *region, struct catalog_filter filter, bool json)
{
	static char text[256 * 1024];
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	ok(catalog_list(region, &filter, NOW, json, &sb, &err));
	ck_assert_uint_lt(sb.len, sizeof(text));
	snprintf(text, sizeof(text), "%s", sb.buf);
	return text;
}

#define HEAD                                                                                       \
	"TYPE                   VCPUS CORES     GIB ARCH   GPUS EFA CARDS MARKET             "     \
	"USD/H FROM  ZONES\n"

START_TEST(young)
{
	struct types_region r = region_of(192);

	ck_assert_str_eq(listed(&r, (struct catalog_filter){.type = "c5.[lx]*"}, false),
		"us-east-2: EC2's word of 11:56:48, 3m12s old; else the built-in table of "
		"2026-07-20\n" HEAD "c5.large                   2     1     5.2 x86_64    -   -    "
		" 1 on-demand,spot    "
		" 0.085 EC2   a,b\n"
		"c5.xlarge                  4     2       8 x86_64    -   -     1 on-demand,spot   "
		" "
		"  0.17 table none\n");
	ck_assert_ptr_nonnull(strstr(listed(&r, (struct catalog_filter){.type = "hpc9*"}, false),
		"hpc9a.96xlarge           192   192     768 x86_64    -   2     2 on-demand        "
		" "
		"     - EC2   a\n"));
	ck_assert_ptr_nonnull(strstr(listed(&r, (struct catalog_filter){.type = "p9*"}, false),
		"p9.48xlarge              192    96    2048 arm64     8   -     1 spot,blocks      "
		" "
		"     - EC2   us-east-2-chi-1a\n"));
}
END_TEST

START_TEST(old)
{
	struct types_region r = region_of(9 * 86400 + 7200);

	ck_assert_str_eq(listed(&r, (struct catalog_filter){.type = "c5.large"}, false),
		"us-east-2: EC2's word of 2026-11-13 10:00:00, 9d02h old, too old to count more "
		"than the table; else the built-in table of 2026-07-20\n" HEAD
		"c5.large                   2     1       4 x86_64    -   -     1 on-demand,spot   "
		" "
		" 0.085 table -\n");
	ck_assert_ptr_nonnull(
		strstr(listed(&r, (struct catalog_filter){.type = "p9*"}, false), "- EC2   -\n"));
}
END_TEST

START_TEST(never)
{
	struct types_region r = {.name = "us-west-2"};
	const char *text;
	size_t lines = 0, types = 0;

	ck_assert_str_eq(listed(&r, (struct catalog_filter){.type = "p5e.*"}, false),
		"us-west-2: the built-in table of 2026-07-20; \"aws-slurm-burst catalog refresh\" "
		"asks EC2\n" HEAD "p5e.48xlarge             192    96    2048 x86_64    8  32    "
		"32 spot,blocks       "
		"     - table -\n");
	ck_assert_str_eq(listed(&r, (struct catalog_filter){.type = "nosuch*"}, false),
		"us-west-2: the built-in table of 2026-07-20; \"aws-slurm-burst catalog refresh\" "
		"asks EC2\nno type is so\n");
	/* all of the table, each once */
	for (text = listed(&r, (struct catalog_filter){0}, false); *text; text++)
		lines += *text == '\n';
	while (catalog_at(types))
		types++;
	ck_assert_uint_eq(lines, types + 2);
}
END_TEST

/* Each filter by itself leaves those that are so, and only those. */
START_TEST(filters)
{
	static const struct catalog_filter t[] = {
		{.efa = true},
		{.gpus = true},
		{.spot = true},
		{.arch = ARCH_ARM64},
		{.min_vcpus = 193},
		{.min_mem_mib = 1048577},
		{.efa = true, .gpus = true, .spot = true, .arch = ARCH_X86_64, .min_vcpus = 192},
	};
	struct types_region r = {.name = "us-west-2"};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const char *text = listed(&r, t[i], false);
		const struct instance_type *type;
		size_t left = 0, out = 0;

		for (size_t k = 0; (type = catalog_at(k)); k++) {
			bool is = (!t[i].efa || type->efa_max) && (!t[i].gpus || type->gpus) &&
				  (!t[i].spot || type->spot) &&
				  (!t[i].arch || type->arch == t[i].arch) &&
				  type->vcpus >= t[i].min_vcpus &&
				  type->mem_mib >= t[i].min_mem_mib;
			char line[64];

			snprintf(line, sizeof(line), "\n%s ", type->name);
			ck_assert_msg(!!strstr(text, line) == is, "%zu: %s", i, type->name);
			left += is;
			out += !is;
		}
		ck_assert_msg(left && out, "%zu", i);
	}
}
END_TEST

START_TEST(json)
{
	struct types_region r = region_of(192), none = {.name = "us-west-2"};

	ck_assert_str_eq(listed(&r, (struct catalog_filter){.type = "c5.large"}, true),
		"{\n"
		"  \"version\":1,\n"
		"  \"region\":\"us-east-2\",\n"
		"  \"refreshed\":\"2026-11-22T11:56:48Z\",\n"
		"  \"believed\":true,\n"
		"  \"table\":\"2026-07-20\",\n"
		"  \"types\":[\n"
		"    {\n"
		"      \"name\":\"c5.large\",\n"
		"      \"vcpus\":2,\n"
		"      \"cores\":1,\n"
		"      \"mem_mib\":5376,\n"
		"      \"arch\":\"x86_64\",\n"
		"      \"gpus\":0,\n"
		"      \"efa\":0,\n"
		"      \"efa_on_card0\":false,\n"
		"      \"cards\":1,\n"
		"      \"card_interfaces\":[\n"
		"        3,\n"
		"        0\n"
		"      ],\n"
		"      \"spot\":true,\n"
		"      \"on_demand\":true,\n"
		"      \"cluster_group\":true,\n"
		"      \"source\":\"ec2\",\n"
		"      \"zones\":[\n"
		"        \"us-east-2a\",\n"
		"        \"us-east-2b\"\n"
		"      ],\n"
		"      \"price_uusd_hr\":85000\n"
		"    }\n"
		"  ]\n"
		"}\n");
	ck_assert_ptr_nonnull(
		strstr(listed(&none, (struct catalog_filter){.type = "c5.large"}, true),
			"\"refreshed\":null,\n  \"believed\":false"));
	ck_assert_ptr_nonnull(strstr(
		listed(&none, (struct catalog_filter){.type = "c5.large"}, true),
		"\"source\":\"table\",\n      \"zones\":null,\n      \"price_uusd_hr\":null"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("catalog_list");
	TCase *tc = tcase_create("catalog_list");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, young);
	tcase_add_test(tc, old);
	tcase_add_test(tc, never);
	tcase_add_test(tc, filters);
	tcase_add_test(tc, json);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
