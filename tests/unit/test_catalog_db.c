/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/catalog_db.h"

#include "lib/base/strbuf.h"
#include "lib/state/db_internal.h"
#include "tests/unit/state_fixture.h"

#define R "us-east-2"

static const struct instance_type p9 = {
	.vcpus = 192,
	.cores = 96,
	.mem_mib = 2097152,
	.arch = ARCH_X86_64,
	.gpus = 8,
	.efa_max = 16,
	.cards = 17,
	.card_ifs = {4, 3},
	.spot = true,
	.on_demand = false,
	.cluster_group = true,
};
static const struct instance_type c9 = {
	.vcpus = 64,
	.cores = 64,
	.mem_mib = 131072,
	.arch = ARCH_ARM64,
	.efa_max = 1,
	.cards = 1,
	.card_ifs = {15},
	.efa_on_card0 = true,
	.on_demand = true,
};

static struct told_type told(const char *name, const struct instance_type *info)
{
	struct told_type type = {.info = *info};

	snprintf(type.name, sizeof(type.name), "%s", name);
	return type;
}

static void add(const char *region, int64_t ms, const char *second)
{
	struct told_type types[] = {told("p9.48xlarge", &p9), told(second, &c9)};
	struct told_offer offers[] = {{"p9.48xlarge", "us-east-2b"}, {"p9.48xlarge", "us-east-2a"},
		{"c9g.16xlarge", "us-east-2a"}, {"c9g.16xlarge", "us-east-2a"}};
	struct told_subnet subnets[] = {{"subnet-2", "us-east-2b"}, {"subnet-1", "us-east-2a"}};
	struct catalog_told all = {ms, types, told_settle(types, 2), offers, 4, subnets, 2};

	ok(catalog_db_replace(state_db, region, &all, &err));
}

/* All that is known of REGION, in words. */
static char *known(const char *region)
{
	static char text[2048];
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(catalog_told_release) struct catalog_told all = {0};

	ok(catalog_db_read(state_db, region, &all, &err));
	strbuf_addf(&sb, "%lld:", (long long)all.refreshed_ms);
	for (size_t i = 0; i < all.ntypes; i++) {
		const struct instance_type *t = &all.types[i].info;

		ck_assert_ptr_eq(t->name, all.types[i].name);
		strbuf_addf(&sb, " %s %u/%u %u %s gpus=%u efa=%u%s cards=%u:%u,%u%s%s%s;", t->name,
			t->vcpus, t->cores, t->mem_mib, arch_name(t->arch), t->gpus, t->efa_max,
			t->efa_on_card0 ? "@0" : "", t->cards, t->card_ifs[0], t->card_ifs[1],
			t->spot ? " spot" : "", t->on_demand ? " on-demand" : "",
			t->cluster_group ? " group" : "");
	}
	for (size_t i = 0; i < all.noffers; i++)
		strbuf_addf(&sb, " %s@%s", all.offers[i].type, all.offers[i].az);
	for (size_t i = 0; i < all.nsubnets; i++)
		strbuf_addf(&sb, " %s=%s", all.subnets[i].id, all.subnets[i].az);
	snprintf(text, sizeof(text), "%s", sb.buf);
	return text;
}

#define C9 " c9g.16xlarge 64/64 131072 arm64 gpus=0 efa=1@0 cards=1:15,0 on-demand;"
#define P9 " p9.48xlarge 192/96 2097152 x86_64 gpus=8 efa=16 cards=17:4,3 spot group;"
#define REST                                                                                       \
	" c9g.16xlarge@us-east-2a p9.48xlarge@us-east-2a p9.48xlarge@us-east-2b"                   \
	" subnet-1=us-east-2a subnet-2=us-east-2b"

START_TEST(comes_back)
{
	char **regions = NULL;
	int64_t ms = 7;
	size_t n = 0;

	ck_assert_str_eq(known(R), "0:");
	ok(catalog_db_refreshed(state_db, R, &ms, &err));
	ck_assert_int_eq(ms, 0);
	add("us-west-2", 500, "c9g.16xlarge");
	add(R, 1000, "c9g.16xlarge");
	ck_assert_str_eq(known(R), "1000:" C9 P9 REST);
	/* anew: what is not there any more is not kept */
	add(R, 2000, "c9x.large");
	ck_assert_ptr_nonnull(strstr(known(R), "2000: c9x.large"));
	ck_assert_ptr_null(strstr(known(R), "c9g.16xlarge 64"));
	ck_assert_str_eq(known("us-west-2"), "500:" C9 P9 REST);
	ok(catalog_db_refreshed(state_db, R, &ms, &err));
	ck_assert_int_eq(ms, 2000);
	ok(catalog_db_regions(state_db, &regions, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(regions[0], R);
	ck_assert_str_eq(regions[1], "us-west-2");
	catalog_db_regions_release(regions, n);
	ok(db_check(state_db, &err));
}
END_TEST

START_TEST(one_by_one)
{
	struct told_type type = {.name = "untouched"};
	bool offered = false;

	add(R, 1000, "c9g.16xlarge");
	ck_assert_int_eq(catalog_db_type(state_db, R, "p9.48xlarge", &type, &err), 1);
	ck_assert_str_eq(type.info.name, "p9.48xlarge");
	ck_assert_ptr_eq(type.info.name, type.name);
	ck_assert_uint_eq(type.info.efa_max, 16);
	ck_assert_int_eq(catalog_db_type(state_db, R, "p9.4xlarge", &type, &err), 0);
	ck_assert_int_eq(catalog_db_type(state_db, "us-west-2", "p9.48xlarge", &type, &err), 0);
	ck_assert_str_eq(type.name, "p9.48xlarge");

	ck_assert_int_eq(
		catalog_db_offered(state_db, R, "c9g.16xlarge", "us-east-2a", &offered, &err), 1);
	ck_assert(offered);
	ck_assert_int_eq(
		catalog_db_offered(state_db, R, "c9g.16xlarge", "us-east-2b", &offered, &err), 1);
	ck_assert(!offered);
	offered = true;
	/* a zone that the answer does not name: a local zone, or the wrong region */
	ck_assert_int_eq(
		catalog_db_offered(state_db, R, "c9g.16xlarge", "us-east-2z", &offered, &err), 0);
	ck_assert_int_eq(catalog_db_offered(state_db, "us-west-2", "c9g.16xlarge", "us-east-2a",
				 &offered, &err),
		0);
	ck_assert(offered);
}
END_TEST

START_TEST(refused_whole)
{
	struct told_type types[] = {told("a.large", &c9), told("b.large", &c9)};
	struct told_offer offers[] = {{"a.large", "us-east-2a"}};
	struct catalog_told all = {2000, types, told_settle(types, 2), offers, 1, NULL, 0};
	struct catalog_told none = all, nowhere = all;

	none.ntypes = 0;
	nowhere.noffers = 0;
	add(R, 1000, "c9g.16xlarge");
	refused(catalog_db_replace(state_db, R, &none, &err), ERR_FATAL, "0 types");
	refused(catalog_db_replace(state_db, R, &nowhere, &err), ERR_FATAL, "0 offers");
	refused(catalog_db_replace(state_db, "", &all, &err), ERR_FATAL, "region \"\"");
	types[1].info.cores = 65;
	refused(catalog_db_replace(state_db, R, &all, &err), ERR_CONFIG,
		"b.large: its CPUs make no sense");
	types[1].info.cores = 64;
	snprintf(offers[0].az, sizeof(offers[0].az), "%s", "");
	ok(catalog_db_replace(state_db, "eu-west-1",
		&(struct catalog_told){
			1, types, 2, (struct told_offer[]){{"a.large", "eu-west-1a"}}, 1, NULL, 0},
		&err));
	/* IGNORE is for what stands there twice, also where a CHECK says no: nothing is kept of it
	 */
	ok(catalog_db_replace(state_db, "eu-west-2", &all, &err));
	ck_assert_str_eq(known(R), "1000:" C9 P9 REST);
	state_reopen(DB_READ_ONLY, false);
	refused(catalog_db_replace(state_db, R, &all, &err), ERR_FATAL, "for reading only");
	ck_assert_str_eq(known(R), "1000:" C9 P9 REST);
}
END_TEST

/* What somebody wrote there by hand does not become an instance without CPUs. */
START_TEST(written_by_hand)
{
	CLEANUP(catalog_told_release) struct catalog_told all = {0};
	struct told_type type;

	add(R, 1000, "c9g.16xlarge");
	ok(db_exec(
		state_db, "UPDATE instance_type SET vcpus = 0 WHERE name = 'p9.48xlarge'", &err));
	refused(catalog_db_read(state_db, R, &all, &err), ERR_CONFIG, "p9.48xlarge: its CPUs");
	ck_assert_ptr_null(all.types);
	refused(catalog_db_type(state_db, R, "p9.48xlarge", &type, &err), ERR_CONFIG,
		"p9.48xlarge: its CPUs");
}
END_TEST

START_TEST(checks)
{
	static const struct {
		const char *text;
		struct instance_type type;
	} t[] = {
		{"CPUs", {.cores = 1,
				 .mem_mib = 1,
				 .arch = ARCH_ARM64,
				 .cards = 1,
				 .card_ifs = {1}}},
		{"memory",
			{.vcpus = 1, .cores = 1, .arch = ARCH_ARM64, .cards = 1, .card_ifs = {1}}},
		{"architecture",
			{.vcpus = 1, .cores = 1, .mem_mib = 1, .cards = 1, .card_ifs = {1}}},
		{"network cards", {.vcpus = 1, .cores = 1, .mem_mib = 1, .arch = ARCH_ARM64}},
		{"network cards", {.vcpus = 1,
					  .cores = 1,
					  .mem_mib = 1,
					  .arch = ARCH_ARM64,
					  .cards = 2,
					  .card_ifs = {1}}},
		{"network cards", {.vcpus = 1,
					  .cores = 1,
					  .mem_mib = 1,
					  .arch = ARCH_ARM64,
					  .cards = NIC_MAX,
					  .card_ifs = {1, 1}}},
		{"EFA interfaces", {.vcpus = 1,
					   .cores = 1,
					   .mem_mib = 1,
					   .arch = ARCH_ARM64,
					   .cards = 1,
					   .card_ifs = {1},
					   .efa_on_card0 = true}},
	};
	const struct instance_type *type;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct instance_type odd = t[i].type;

		odd.name = "odd.large";
		refused(told_check(&odd, &err), ERR_CONFIG, t[i].text);
		ck_assert_ptr_nonnull(strstr(err.text, "odd.large"));
	}
	for (size_t i = 0; (type = catalog_at(i)); i++) {
		struct instance_type same = *type;

		ok(told_check(type, &err));
		/* EC2 itself says on-demand of every type */
		same.on_demand = true;
		same.efa_on_card0 = same.efa_max >= same.cards;
		told_correct(&same);
		ck_assert_msg(same.on_demand == type->on_demand &&
				      same.efa_on_card0 == type->efa_on_card0,
			"%s", type->name);
	}
	ck_assert_str_eq(arch_name(ARCH_ANY), "");
	ck_assert_int_eq(arch_parse("x86_64_mac"), ARCH_ANY);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("catalog_db");
	TCase *tc = tcase_create("catalog_db");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, comes_back);
	tcase_add_test(tc, one_by_one);
	tcase_add_test(tc, refused_whole);
	tcase_add_test(tc, written_by_hand);
	tcase_add_test(tc, checks);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
