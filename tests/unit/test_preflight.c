/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/preflight.h"

#include "lib/base/clock.h"
#include "lib/state/cache.h"
#include "tests/unit/app_fixture.h"

#define SUBNETS(items)                                                                             \
	"<DescribeSubnetsResponse><subnetSet>" items "</subnetSet></DescribeSubnetsResponse>"
#define SUBNET(id, free)                                                                           \
	"<item><subnetId>" id "</subnetId><availabilityZone>us-east-2a</availabilityZone>"         \
	"<availableIpAddressCount>" free "</availableIpAddressCount></item>"
#define QUOTA(code, value)                                                                         \
	{                                                                                          \
		200, .type = "application/x-amz-json-1.1",                                         \
		     .body = "{\"Quota\":{\"QuotaCode\":\"" code "\",\"Value\":" value "}}"        \
	}

static const char *const ids[] = {"subnet-0a", "subnet-0b"};

static int64_t free_of(struct aws *aws, size_t i)
{
	cleanup_free struct ec2_subnet *s = NULL;

	ok(preflight_subnets(&app, aws, HERE, ids, 2, &s, &err));
	ck_assert_str_eq(s[i].id, ids[i]);
	ck_assert_str_eq(s[i].az, "us-east-2a");
	return s[i].free_addresses;
}

START_TEST(subnets_are_asked_once_in_a_while)
{
	static const struct server_answer script[] = {
		{200, .body = SUBNETS(SUBNET("subnet-0b", "5") SUBNET("subnet-0a", "200"))},
		{200, .body = SUBNETS(SUBNET("subnet-0b", "5") SUBNET("subnet-0a", "100"))},
	};
	struct aws *aws = ec2_begin(script, 2);

	ck_assert_int_eq(free_of(aws, 0), 200);
	ck_assert_int_eq(free_of(aws, 1), 5);
	ck_assert_uint_eq(ec2_count(), 1);
	ok(cache_forget(state_db, "subnet/" HERE "/subnet-0b", &err));
	ck_assert_int_eq(free_of(aws, 0), 100);
	ck_assert_uint_eq(ec2_count(), 2);
	/* what somebody else left under our key is no answer */
	ok(cache_put(state_db, "subnet/" HERE "/subnet-0a", "x", clock_now_ms() + 60000, &err));
	ck_assert_int_eq(free_of(aws, 0), 100);
	ck_assert_uint_eq(ec2_count(), 3);
}
END_TEST

START_TEST(own_launches_are_taken_off)
{
	static const struct server_answer script[] = {
		{200, .body = SUBNETS(SUBNET("subnet-0a", "10") SUBNET("subnet-0b", "10"))}};
	struct aws *aws = ec2_begin(script, 1);
	const char *id = "i-1";

	state_add_gang("a", "n[1-9]");
	add_launch("old", "x");
	add_instance("i-0", "old", "c5n.18xlarge", "subnet-0a");
	ok(launch_finish(state_db, "old", LAUNCH_ANSWERED, "", "", "", &err));
	clock_sleep_ms(5);
	ck_assert_int_eq(free_of(aws, 0), 10); /* EC2 knew of it when it was asked */
	/* under way: all that it asks for, where it asks first */
	add_launch("new", FLEET("lt-1", "2", "hpc6id.32xlarge", "subnet-0a", "on-demand"));
	ck_assert_int_eq(free_of(aws, 0), 10 - 3);
	ck_assert_int_eq(free_of(aws, 1), 10);
	/* answered: what came, where it came */
	add_instance("i-1", "new", "hpc6id.32xlarge", "subnet-0b");
	add_instance("i-2", "new", "unknown.type", "subnet-0b");
	ok(launch_finish(state_db, "new", LAUNCH_ANSWERED, "", "", "", &err));
	ck_assert_int_eq(free_of(aws, 0), 10);
	ck_assert_int_eq(free_of(aws, 1), 10 - 2);
	ok(instance_set_terminating(state_db, &id, 1, "test", 5, &err));
	ck_assert_int_eq(free_of(aws, 1), 10 - 1);
	/* never below nothing */
	for (int i = 0; i < 4; i++) {
		char token[8];

		snprintf(token, sizeof(token), "m%d", i);
		add_launch(token, FLEET("lt-1", "2", "c5n.18xlarge", "subnet-0a", "spot"));
	}
	ck_assert_int_eq(free_of(aws, 0), 0);
	ck_assert_uint_eq(ec2_count(), 1);
}
END_TEST

START_TEST(subnets_that_cannot_be_had)
{
	static const struct server_answer script[] = {
		{400, .body = ERROR("InvalidSubnetID.NotFound", "no subnet-0b")}};
	struct aws *aws = ec2_begin(script, 1);
	struct ec2_subnet *s = NULL;

	refused(preflight_subnets(&app, aws, HERE, ids, 2, &s, &err), ERR_CONFIG, "no subnet-0b");
	ck_assert_ptr_null(s);
}
END_TEST

static const struct plan_choice choices[] = {
	{.type = "hpc7a.96xlarge"}, {.type = "c5n.18xlarge"}, {.type = "c5n.9xlarge"}};

/* vCPUs left for the family and market; -1: not told. */
static int64_t left(struct aws *aws, unsigned nodes, enum quota_family family, enum market market)
{
	cleanup_free struct plan_quota *q = NULL;
	int64_t found = -1;
	size_t n = 0;

	ok(preflight_quotas(&app, aws, HERE, choices, ARRAY_SIZE(choices), nodes, &q, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (q[i].family == family && q[i].market == market)
			found = q[i].left_vcpus;
	return found;
}

static void age(const char *code, int64_t vcpus, int64_t age_ms)
{
	char key[64], value[64];

	snprintf(key, sizeof(key), "quota/" HERE "/%s", code);
	snprintf(value, sizeof(value), "%lld %lld", (long long)vcpus,
		(long long)(clock_now_ms() - age_ms));
	ok(cache_put(state_db, key, value, clock_now_ms() + 1000000, &err));
}

START_TEST(quotas_are_kept)
{
	/* standard on-demand, standard spot, HPC on-demand; hpc types are not sold as spot */
	static const struct server_answer script[] = {
		QUOTA("L-1216C47A", "640.0"),
		QUOTA("L-34B43A08", "72"),
		QUOTA("L-F7808C92", "768"),
		QUOTA("L-F7808C92", "3072"),
	};
	struct aws *aws = ec2_begin(script, 4);

	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), 640);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_ptr_nonnull(strstr(ec2_body(0), "L-1216C47A"));
	ck_assert_ptr_nonnull(strstr(ec2_body(1), "L-34B43A08"));
	ck_assert_ptr_nonnull(strstr(ec2_body(2), "L-F7808C92"));
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_SPOT), 72);
	ck_assert_int_eq(left(aws, 1, QUOTA_HPC, MARKET_ON_DEMAND), 768);
	ck_assert_int_eq(left(aws, 1, QUOTA_HPC, MARKET_SPOT), -1);
	ck_assert_int_eq(left(aws, 1, QUOTA_P, MARKET_ON_DEMAND), -1);
	/* too small, but just asked */
	ck_assert_int_eq(left(aws, 100, QUOTA_HPC, MARKET_ON_DEMAND), 768);
	ck_assert_uint_eq(ec2_count(), 3);
	/* older: enough for 4 nodes of 192, not for 5 */
	age("L-F7808C92", 768, 61000);
	ck_assert_int_eq(left(aws, 4, QUOTA_HPC, MARKET_ON_DEMAND), 768);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_int_eq(left(aws, 5, QUOTA_HPC, MARKET_ON_DEMAND), 3072);
	ck_assert_uint_eq(ec2_count(), 4);
}
END_TEST

START_TEST(own_instances_are_taken_off)
{
	struct aws *aws = ec2_begin((struct server_answer[]){QUOTA("x", "1")}, 1);
	const char *id = "i-1";

	age("L-1216C47A", 640, 0);
	age("L-34B43A08", 100, 0);
	age("L-F7808C92", 768, 0);
	state_add_gang("a", "n[1-9]");
	add_launch("t", "x");
	add_instance("i-1", "t", "c5n.18xlarge", "s");
	add_instance("i-2", "t", "hpc7a.96xlarge", "s");
	add_instance("i-3", "t", "unknown.type", "s");
	ok(launch_finish(state_db, "t", LAUNCH_ANSWERED, "", "", "", &err));
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), 640 - 72);
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_SPOT), 100);
	ck_assert_int_eq(left(aws, 1, QUOTA_HPC, MARKET_ON_DEMAND), 768 - 192);
	add_launch("spot", FLEET("lt-1", "2", "c5n.9xlarge", "s", "spot"));
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_SPOT), 0); /* 100 - 3 * 36 */
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), 640 - 72);
	add_launch("block", FLEET("lt-1", "2", "c5n.9xlarge", "s", "capacity-block"));
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), 640 - 72);
	add_instance("i-4", "block", "c5n.9xlarge", "s"); /* it has come: no difference */
	ok(launch_finish(state_db, "block", LAUNCH_ANSWERED, "", "", "", &err));
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), 640 - 72);
	/* what is on its way out no longer counts at EC2 */
	ok(instance_set_terminating(state_db, &id, 1, "test", 5, &err));
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), 640);
	ck_assert_uint_eq(ec2_count(), 0);
}
END_TEST

START_TEST(quotas_that_cannot_be_known_forbid_nothing)
{
	static const struct server_answer denied[] = {{400, .type = "application/x-amz-json-1.1",
		.body = "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}"}};
	static const struct server_answer none[] = {{400, .type = "application/x-amz-json-1.1",
		.body = "{\"__type\":\"NoSuchResourceException\",\"Message\":\"no\"}"}};
	static const struct server_answer silent[] = {{.drop = true}};
	struct aws *aws = ec2_begin(denied, 1);

	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), -1);
	ck_assert_int_eq(left(aws, 1, QUOTA_HPC, MARKET_ON_DEMAND), -1);
	ck_assert_uint_eq(ec2_count(), 1);
	ck_assert_uint_eq(logged("vCPU quotas of us-east-2 are not looked at for a day: "), 1);
	ck_assert_uint_eq(logged("allow servicequotas:GetServiceQuota"), 1);

	ok(cache_forget(state_db, "quota-off/", &err));
	aws = ec2_begin(silent, 1);
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), -1);
	ck_assert_uint_eq(logged("are not looked at for an hour: "), 1);

	/* a region without such a quota: remembered for each */
	ok(cache_forget(state_db, "quota-off/", &err));
	aws = ec2_begin(none, 1);
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), -1);
	ck_assert_uint_eq(ec2_count(), 6); /* its own and AWS's default, of three */
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), -1);
	ck_assert_uint_eq(ec2_count(), 6);

	ok(cache_forget(state_db, "quota", &err));
	conf.launch.check_quotas = false;
	ck_assert_int_eq(left(aws, 1, QUOTA_STANDARD, MARKET_ON_DEMAND), -1);
	ck_assert_uint_eq(ec2_count(), 6);
}
END_TEST

START_TEST(reserved_choices_need_no_quota)
{
	static const struct plan_choice reserved[] = {
		{.type = "hpc7a.96xlarge", .reservation = "cr-1"}, {.type = "unknown.type"}};
	struct aws *aws = ec2_begin((struct server_answer[]){QUOTA("x", "1")}, 1);
	struct plan_quota *q = NULL;
	size_t n = 9;

	ok(preflight_quotas(&app, aws, HERE, reserved, 2, 1, &q, &n, &err));
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(ec2_count(), 0);
	free(q);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("preflight");
	TCase *tc = tcase_create("preflight");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, app_setup, app_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, subnets_are_asked_once_in_a_while);
	tcase_add_test(tc, own_launches_are_taken_off);
	tcase_add_test(tc, subnets_that_cannot_be_had);
	tcase_add_test(tc, quotas_are_kept);
	tcase_add_test(tc, own_instances_are_taken_off);
	tcase_add_test(tc, quotas_that_cannot_be_known_forbid_nothing);
	tcase_add_test(tc, reserved_choices_need_no_quota);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
