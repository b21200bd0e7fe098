/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/fleet_body.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"

/* What is really stored: made by the writer itself. */
static char *body_of(bool spot)
{
	static const struct ec2_override first[] = {
		{.type = "hpc7a.96xlarge", .subnet = "subnet-0a", .max_price_uusd = -1},
		{.type = "c5n.18xlarge", .subnet = "subnet-0b", .max_price_uusd = -1},
	};
	static const struct ec2_override second[] = {
		{.type = "hpc6id.32xlarge", .subnet = "subnet-0c", .max_price_uusd = -1},
	};
	static const struct ec2_fleet_config configs[] = {
		{"lt-0123", 17, first, ARRAY_SIZE(first)},
		{"lt-0456", 4, second, ARRAY_SIZE(second)},
	};
	struct ec2_fleet_request request = {.configs = configs,
		.nconfigs = ARRAY_SIZE(configs),
		.capacity = 4,
		.all_or_nothing = true,
		.spot = spot,
		.token = "t"};
	struct strbuf sb = STRBUF_INIT;
	struct err err = {0};

	ck_assert_msg(ec2_fleet_encode(&request, &sb, &err) == 0, "%s", err.text);
	return strbuf_detach(&sb);
}

START_TEST(values_of_a_stored_request)
{
	static const struct {
		const char *name, *value; /* NULL: not there */
	} vectors[] = {
		{"Action", "CreateFleet"},
		{"SubnetId", "subnet-0a"}, /* the first of several: the preferred */
		{"InstanceType", "hpc7a.96xlarge"},
		{"DefaultTargetCapacityType", "on-demand"},
		{"TargetCapacity", NULL}, /* the end of a name is not a name */
		{"ClientToken", "t"},
		{"Nothing", NULL},
	};
	cleanup_free char *body = body_of(false), *spot = body_of(true);
	char value[32];

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		bool found = fleet_body_value(body, vectors[i].name, value, sizeof(value));

		ck_assert_msg(found == (vectors[i].value != NULL), "%s", vectors[i].name);
		if (found)
			ck_assert_str_eq(value, vectors[i].value);
	}
	ck_assert(fleet_body_value(spot, "DefaultTargetCapacityType", value, sizeof(value)));
	ck_assert_str_eq(value, "spot");
	ck_assert(!fleet_body_value(body, "SubnetId", value, strlen("subnet-0a"))); /* no room */
}
END_TEST

START_TEST(other_texts)
{
	char value[8];

	ck_assert(!fleet_body_value("", "a", value, sizeof(value)));
	ck_assert(!fleet_body_value("&&", "a", value, sizeof(value)));
	ck_assert(fleet_body_value("a", "a", value, sizeof(value)));
	ck_assert_str_eq(value, "");
	ck_assert(fleet_body_value("&x.a=1=2&b", "a", value, sizeof(value)));
	ck_assert_str_eq(value, "1=2");
	ck_assert(!fleet_body_value("xa=1", "a", value, sizeof(value)));
	ck_assert(!fleet_body_value("=1", "a", value, sizeof(value)));
}
END_TEST

START_TEST(template_versions)
{
	static const struct {
		const char *id;
		int64_t version;
		bool launches;
	} vectors[] = {
		{"lt-0123", 17, true},
		{"lt-0456", 4, true},
		{"lt-0123", 4, false}, /* another template's */
		{"lt-0456", 17, false},
		{"lt-0123", 1, false}, /* the beginning of a number */
		{"lt-01", 17, false},
	};
	cleanup_free char *body = body_of(false);

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		ck_assert_msg(fleet_body_launches(body, vectors[i].id, vectors[i].version) ==
				      vectors[i].launches,
			"%zu", i);
	ck_assert(!fleet_body_launches("Action=CreateFleet", "lt-0123", 17));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fleet_body");
	TCase *tc = tcase_create("fleet_body");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, values_of_a_stored_request);
	tcase_add_test(tc, other_texts);
	tcase_add_test(tc, template_versions);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
