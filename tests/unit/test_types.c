/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of types: by state.db, by the public file, by the built-in table. */
#include "helper/types.h"

#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/db_internal.h"
#include "tests/unit/app_fixture.h"

#define WEEK_S INT64_C(604800)
#define NOW    INT64_C(1795348800000)
#define A      "us-east-2a"
#define B      "us-east-2b"

static const struct instance_type hpc9 = {
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

/* hpc9a is not in the table; of c5.large EC2 says something else than it. */
static void refresh(const char *region, int64_t ms)
{
	struct told_type types[] = {{"hpc9a.96xlarge", hpc9}, {"c5.large", hpc9}};
	struct told_offer offers[] = {
		{"hpc9a.96xlarge", B}, {"c5.large", A}, {"c5.large", B}, {"gone.large", A}};
	struct told_subnet subnets[] = {{"subnet-1", A}, {"subnet-2", B}};
	struct catalog_told told = {ms, types, told_settle(types, 2), offers, 4, subnets, 2};

	ok(catalog_db_replace(app.db, region, &told, &err));
}

static const struct types_region *region_of(struct types *types, const char *name)
{
	const struct types_region *region = types_region(types, name, NOW, &err);

	ck_assert_msg(region != NULL, "%s", err.text);
	return region;
}

static void expect_young(const struct types_region *r)
{
	ck_assert(r->young);
	ck_assert_uint_eq(types_find(r, "hpc9a.96xlarge")->vcpus, 192);
	ck_assert_uint_eq(types_find(r, "c5.large")->vcpus, 192);
	ck_assert_ptr_eq(types_find(r, "c5n.18xlarge"), catalog_find("c5n.18xlarge"));
	ck_assert_ptr_null(types_told(r, "c5n.18xlarge"));
	ck_assert_ptr_null(types_find(r, "nosuch.large"));
	ck_assert_int_eq(types_offer(r, "hpc9a.96xlarge", B), OFFER_YES);
	ck_assert_int_eq(types_offer(r, "hpc9a.96xlarge", A), OFFER_NO);
	/* EC2 tells of all that it has */
	ck_assert_int_eq(types_offer(r, "c5n.18xlarge", A), OFFER_NO);
	ck_assert_int_eq(types_offer(r, "c5.large", "us-east-2-chi-1a"), OFFER_UNKNOWN);
	ck_assert_int_eq(types_offer(r, "a.name.that.is.longer.than.any.of.ec2", A), OFFER_UNKNOWN);
	ck_assert_str_eq(types_zone(r, "subnet-2"), B);
	ck_assert_str_eq(types_zone(r, "subnet-3"), "");
}

static struct types *of_db(void)
{
	struct types *types = types_create(app.db, "/nonexistent", WEEK_S, &err);

	ck_assert_ptr_nonnull(types);
	return types;
}

START_TEST(from_state)
{
	struct types *types;
	const struct types_region *r;

	refresh("us-east-2", NOW - (WEEK_S - 1) * 1000);
	types = of_db();
	r = region_of(types, "us-east-2");
	expect_young(r);
	ck_assert_ptr_eq(region_of(types, "us-east-2"), r);
	r = region_of(types, "us-west-2");
	ck_assert_int_eq(r->told.refreshed_ms, 0);
	ck_assert_ptr_null(types_find(r, "hpc9a.96xlarge"));
	ck_assert_ptr_eq(types_find(r, "c5.large"), catalog_find("c5.large"));
	ck_assert_int_eq(types_offer(r, "c5.large", A), OFFER_UNKNOWN);
	ck_assert_ptr_eq(types_find(NULL, "c5.large"), catalog_find("c5.large"));
	ck_assert_int_eq(types_offer(NULL, "c5.large", A), OFFER_UNKNOWN);
	ck_assert_str_eq(types_zone(NULL, "subnet-1"), "");
	ck_assert_ptr_null(types_region(types, "a-region-that-is-longer-than-any", NOW, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	types_destroy(types);
	types_destroy(NULL);
}
END_TEST

START_TEST(old_word)
{
	struct types *types;
	const struct types_region *r;

	refresh("us-east-2", NOW - WEEK_S * 1000);
	types = of_db();
	r = region_of(types, "us-east-2");
	ck_assert(!r->young);
	/* better than nothing, but no better than the table */
	ck_assert_uint_eq(types_find(r, "hpc9a.96xlarge")->vcpus, 192);
	ck_assert_ptr_eq(types_find(r, "c5.large"), catalog_find("c5.large"));
	ck_assert_int_eq(types_offer(r, "hpc9a.96xlarge", A), OFFER_UNKNOWN);
	ck_assert_int_eq(types_offer(r, "hpc9a.96xlarge", B), OFFER_UNKNOWN);
	ck_assert_str_eq(types_zone(r, "subnet-2"), B); /* subnets do not move */
	types_destroy(types);
}
END_TEST

static void write_public(const char *text)
{
	ok(file_write(state_path(TYPES_PUBLIC_FILE), 0644, text, strlen(text), FILE_NO_SYNC, &err));
}

static struct types *of_file(void)
{
	struct types *types = types_create(NULL, state_dir, WEEK_S, &err);

	ck_assert_ptr_nonnull(types);
	return types;
}

START_TEST(from_the_public_file)
{
	const struct types_region *regions[2], *r;
	struct json_object *json;
	struct types *types;
	CLEANUP(strbuf_release) struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;

	refresh("us-east-2", NOW - 5000);
	types = of_db();
	regions[0] = region_of(types, "us-east-2");
	regions[1] = region_of(types, "us-west-2");
	json = types_json(regions, 2, NOW);
	strbuf_addstr(&before, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	json_object_put(json);
	types_destroy(types);
	ck_assert_str_eq(before.buf,
		"{\"version\":1,\"written\":\"2026-11-22T12:00:00Z\",\"regions\":{\"us-east-2\":{"
		"\"refreshed_ms\":1795348795000,\"subnets\":{\"subnet-1\":\"us-east-2a\","
		"\"subnet-2\":\"us-east-2b\"},\"types\":{\"c5.large\":{\"vcpus\":192,\"cores\":192,"
		"\"mem_mib\":786432,\"arch\":\"x86_64\",\"gpus\":0,\"efa\":2,\"efa_on_card0\":true,"
		"\"cards\":2,\"card_interfaces\":[2,2],\"spot\":false,\"on_demand\":true,"
		"\"cluster_group\":true},\"hpc9a.96xlarge\":{\"vcpus\":192,\"cores\":192,"
		"\"mem_mib\":786432,\"arch\":\"x86_64\",\"gpus\":0,\"efa\":2,\"efa_on_card0\":true,"
		"\"cards\":2,\"card_interfaces\":[2,2],\"spot\":false,\"on_demand\":true,"
		"\"cluster_group\":true}},\"zones\":{\"us-east-2a\":[\"c5.large\",\"gone.large\"],"
		"\"us-east-2b\":[\"c5.large\",\"hpc9a.96xlarge\"]}},\"us-west-2\":{"
		"\"refreshed_ms\":0,\"subnets\":{},\"types\":{},\"zones\":{}}}}");
	write_public(before.buf);
	types = of_file();
	r = region_of(types, "us-east-2");
	expect_young(r);
	regions[0] = r;
	regions[1] = region_of(types, "us-west-2");
	json = types_json(regions, 2, NOW);
	strbuf_addstr(&after, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	json_object_put(json);
	ck_assert_str_eq(after.buf, before.buf);
	ck_assert_int_eq(region_of(types, "eu-west-1")->told.refreshed_ms, 0);
	types_destroy(types);
}
END_TEST

START_TEST(no_public_file)
{
	struct types *types = of_file();

	ck_assert_int_eq(region_of(types, "us-east-2")->told.refreshed_ms, 0);
	types_destroy(types);
	types = types_create(NULL, NULL, WEEK_S, &err);
	ck_assert_ptr_eq(
		types_find(region_of(types, "us-east-2"), "c5.large"), catalog_find("c5.large"));
	types_destroy(types);
}
END_TEST

#define REGION(x) "{\"version\":1,\"regions\":{\"us-east-2\":" x "}}"
#define CARDS     ",\"cards\":1,\"card_interfaces\":[4,0]"

START_TEST(odd_public_files)
{
	static const struct {
		const char *file, *text; /* of the error; NULL: it is read as nothing */
	} t[] = {
		{"", "is not what this version of aws-slurm-burst writes"},
		{"[1,", "is not what this version"},
		{"[]", "is not what this version"},
		{"{\"version\":2,\"regions\":{}}", "is not what this version"},
		{"{\"version\":1}", NULL},
		{REGION("7"), NULL},
		{REGION("{\"types\":[],\"zones\":{\"us-east-2a\":7},\"subnets\":{\"s\":null}}"),
			NULL},
		{REGION("{\"zones\":{\"us-east-2a\":[null,\"a.name.that.is.longer.than.any.of.ec2\""
			"]}}"),
			NULL},
		{REGION("{\"types\":{\"x.large\":7}}"), "x.large is no instance type"},
		{REGION("{\"types\":{\"a.name.that.is.longer.than.any.of.ec2\":{}}}"),
			"is no instance type"},
		{REGION("{\"types\":{\"x.large\":{\"vcpus\":-4,\"cores\":2,\"mem_mib\":1024,"
			"\"arch\":\"arm64\"" CARDS "}}}"),
			"x.large: its CPUs make no sense"},
		{REGION("{\"types\":{\"x.large\":{\"vcpus\":4,\"cores\":2,\"mem_mib\":1024,"
			"\"arch\":7" CARDS "}}}"),
			"x.large: its architecture makes no sense"},
		{REGION("{\"types\":{\"x.large\":{\"vcpus\":4,\"cores\":2,\"mem_mib\":1024,"
			"\"arch\":\"arm64\",\"cards\":1,\"card_interfaces\":[300]}}}"),
			"x.large: its network cards make no sense"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct types *types;
		const struct types_region *r;

		write_public(t[i].file);
		types = of_file();
		err = (struct err){0};
		r = types_region(types, "us-east-2", NOW, &err);
		if (t[i].text) {
			ck_assert_msg(!r && err.class == ERR_CONFIG && strstr(err.text, t[i].text),
				"%zu: %s", i, err.text);
			ck_assert_msg(strstr(err.text, TYPES_PUBLIC_FILE), "%s", err.text);
		} else {
			ck_assert_msg(r != NULL, "%zu: %s", i, err.text);
			ck_assert_uint_eq(r->told.ntypes + r->told.noffers + r->told.nsubnets, 0);
		}
		types_destroy(types);
	}
}
END_TEST

START_TEST(choices)
{
	struct plan_choice list[] = {
		{.type = "hpc9a.96xlarge", .subnet = "subnet-2", .az = B},
		{.type = "hpc9a.96xlarge", .subnet = "subnet-1", .az = A},
		{.type = "c5.large", .subnet = "subnet-9", .az = ""},
		{.type = "nosuch.large", .subnet = "subnet-1", .az = A},
	};

	refresh(HERE, clock_now_ms());
	catalog_choices(&app, HERE, list, 4);
	ck_assert_str_eq(list[0].info->name, "hpc9a.96xlarge");
	ck_assert_int_eq(list[0].offered, OFFER_YES);
	ck_assert_ptr_eq(list[1].info, list[0].info);
	ck_assert_int_eq(list[1].offered, OFFER_NO);
	ck_assert_uint_eq(list[2].info->vcpus, 192);
	ck_assert_int_eq(list[2].offered, OFFER_UNKNOWN);
	ck_assert_ptr_null(list[3].info);
	ck_assert_int_eq(list[3].offered, OFFER_NO);
	ck_assert_ptr_eq(catalog_type(&app, HERE, "hpc9a.96xlarge"), list[0].info);
	ck_assert_ptr_null(catalog_type(&app, THERE, "hpc9a.96xlarge"));
	ck_assert_ptr_eq(catalog_type(&app, HERE, "c5n.18xlarge"), catalog_find("c5n.18xlarge"));
}
END_TEST

/* Without it a start of a job goes on. */
START_TEST(choices_without_catalogue)
{
	struct plan_choice choice = {.type = "c5.large", .subnet = "subnet-1", .az = A};

	refresh(HERE, clock_now_ms());
	ok(db_exec(app.db, "UPDATE instance_type SET vcpus = 0", &err));
	catalog_choices(&app, HERE, &choice, 1);
	catalog_choices(&app, HERE, &choice, 1);
	ck_assert_ptr_null(choice.info);
	ck_assert_int_eq(choice.offered, OFFER_UNKNOWN);
	ck_assert_ptr_eq(catalog_type(&app, HERE, "c5.large"), catalog_find("c5.large"));
	ck_assert_uint_eq(
		logged("the built-in table of instance types is used: c5.large: its CPUs"), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("types");
	TCase *tc = tcase_create("types");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, app_setup, app_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, from_state);
	tcase_add_test(tc, old_word);
	tcase_add_test(tc, from_the_public_file);
	tcase_add_test(tc, no_public_file);
	tcase_add_test(tc, odd_public_files);
	tcase_add_test(tc, choices);
	tcase_add_test(tc, choices_without_catalogue);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
