/* SPDX-License-Identifier: Apache-2.0 */
/* The types of a configuration, held against the table and what EC2 told. */
#include "helper/conf_types.h"

#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "tests/unit/app_fixture.h"

#define NOW INT64_C(1795348800000)

static char warned[4096];

static void collect(void *arg, const char *text)
{
	size_t n = strlen(warned);

	snprintf(warned + n, sizeof(warned) - n, "%s\n", text);
}

static char names[8][32];
static struct conf_override own[4], there[2];
static struct conf_place places[2] = {
	{.overrides = own},
	{.region = (char[]){THERE}, .overrides = there},
};
static struct conf_group group = {
	.partition = (char[]){"aws"}, .name = (char[]){"hpc"}, .places = places};

static size_t used;

static void fill(struct conf_place *place, struct conf_override *to, const char *const *types)
{
	for (place->noverrides = 0; types && types[place->noverrides]; place->noverrides++) {
		snprintf(names[used], sizeof(names[used]), "%s", types[place->noverrides]);
		to[place->noverrides].type = names[used++];
	}
}

static int check(const char *const *types, const char *const *others, int64_t now_ms)
{
	struct conf c = {.path = (char[]){"c.yaml"}, .groups = &group, .ngroups = 1};
	struct types *told = types_create(app.db, NULL, 3600, &err);
	int rc;

	c.aws.region = (char[]){HERE};
	group.nplaces = others ? 2 : 1;
	used = 0;
	fill(&places[0], own, types);
	fill(&places[1], there, others);
	*warned = '\0';
	rc = conf_types_check(&c, told, now_ms, collect, NULL, &err);
	types_destroy(told);
	return rc;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(unknown_types)
{
	ok(check(LIST("c5n.18xlarge", "hpc9z.96xlarge", "c7i.48xlarge"), LIST("hpc9z.96xlarge"),
		NOW));
	ck_assert_str_eq(warned,
		"c.yaml: node group aws-hpc: instance type hpc9z.96xlarge is not in the built-in "
		"table of 2026-07-20, and is never used so; is it spelt right? \"aws-slurm-burst "
		"catalog refresh\" asks EC2 for newer ones\n"
		"c.yaml: node group aws-hpc: instance type hpc9z.96xlarge is not in the built-in "
		"table of 2026-07-20, and is never used so; is it spelt right? \"aws-slurm-burst "
		"catalog refresh\" asks EC2 for newer ones\n");
	/* once in a region, whatever its subnets */
	ok(check(LIST("hpc9z.96xlarge", "hpc9z.96xlarge"), NULL, NOW));
	ck_assert_ptr_null(strchr(strchr(warned, '\n') + 1, '\n'));
	ok(check(LIST("c5n.18xlarge"), NULL, NOW));
	ck_assert_str_eq(warned, "");
}
END_TEST

/* hpc9g is EC2's, and of arm64. */
static void refresh(void)
{
	struct told_type type = {"hpc9g.16xlarge", *catalog_find("hpc7g.16xlarge")};
	struct told_offer offer = {"hpc9g.16xlarge", "us-east-2a"};
	struct catalog_told told = {NOW, &type, told_settle(&type, 1), &offer, 1, NULL, 0};

	ok(catalog_db_replace(app.db, HERE, &told, &err));
}

START_TEST(types_that_ec2_told_of)
{
	refresh();
	ok(check(LIST("hpc7g.16xlarge", "hpc9g.16xlarge"), NULL, NOW));
	ck_assert_str_eq(warned, "");
	/* also when it is old: the type does not go */
	ok(check(LIST("hpc9g.16xlarge"), NULL, NOW + INT64_C(1000) * 86400 * 365));
	ck_assert_str_eq(warned, "");
	ok(check(LIST("hpc9z.96xlarge"), NULL, NOW));
	ck_assert_ptr_nonnull(
		strstr(warned, "of 2026-07-20, nor did EC2 tell of it in us-east-2, and is never "
			       "used so; is it spelt right? Another \"aws"));
	ck_assert_int_eq(check(LIST("c5n.18xlarge", "hpc9g.16xlarge"), NULL, NOW), -1);
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_str_eq(err.text,
		"c.yaml: node group aws-hpc: hpc9g.16xlarge is of arm64, but c5n.18xlarge of "
		"x86_64; a node group has one image: give the others a node group of their own");
	group.arch = ARCH_X86_64;
	ck_assert_int_eq(check(LIST("hpc9g.16xlarge"), NULL, NOW), -1);
	group.arch = ARCH_ANY;
	ck_assert_str_eq(err.text,
		"c.yaml: node group aws-hpc: hpc9g.16xlarge is of arm64, but architecture or "
		"Features say x86_64; give it a node group of its own");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf types");
	TCase *tc = tcase_create("conf types");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, app_setup, app_teardown);
	tcase_add_test(tc, unknown_types);
	tcase_add_test(tc, types_that_ec2_told_of);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
