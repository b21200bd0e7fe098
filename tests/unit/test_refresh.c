/* SPDX-License-Identifier: Apache-2.0 */
/* "catalog refresh" against a scripted EC2. */
#include "helper/refresh.h"

#include "helper/types.h"
#include "lib/base/clock.h"
#include "tests/unit/app_fixture.h"

#define TYPE(name, usage)                                                                          \
	"<item><instanceType>" name "</instanceType><supportedUsageClasses><item>" usage           \
	"</item></supportedUsageClasses><processorInfo><supportedArchitectures><item>x86_64"       \
	"</item></supportedArchitectures></processorInfo><vCpuInfo><defaultVCpus>192"              \
	"</defaultVCpus><defaultCores>96</defaultCores></vCpuInfo><memoryInfo><sizeInMiB>2097152"  \
	"</sizeInMiB></memoryInfo><networkInfo><networkCards><item><networkCardIndex>0"            \
	"</networkCardIndex><maximumNetworkInterfaces>2</maximumNetworkInterfaces></item>"         \
	"</networkCards><efaSupported>true</efaSupported></networkInfo></item>"
#define TYPES(items, more)                                                                         \
	{                                                                                          \
		200,                                                                               \
			.body = "<DescribeInstanceTypesResponse><instanceTypeSet>" items           \
				"</instanceTypeSet>" more "</DescribeInstanceTypesResponse>",      \
			.only = "Action=DescribeInstanceTypes&"                                    \
	}
#define OFFER(type, az)                                                                            \
	"<item><instanceType>" type "</instanceType><location>" az "</location></item>"
#define OFFERS(items)                                                                              \
	{                                                                                          \
		200,                                                                               \
			.body = "<DescribeInstanceTypeOfferingsResponse><"                         \
				"instanceTypeOfferingSet>" items "</instanceTypeOfferingSet></"    \
				"DescribeInstanceTypeOfferingsResponse>",                          \
			.only = "DescribeInstanceTypeOfferings"                                    \
	}
#define SUBNET(id, az)                                                                             \
	"<item><subnetId>" id "</subnetId><availabilityZone>" az                                   \
	"</availabilityZone><availableIpAddressCount>9</availableIpAddressCount></item>"
#define SUBNETS(items)                                                                             \
	{                                                                                          \
		200,                                                                               \
			.body = "<DescribeSubnetsResponse><subnetSet>" items                       \
				"</subnetSet></DescribeSubnetsResponse>",                          \
			.only = "DescribeSubnets"                                                  \
	}

#define ALL                                                                                        \
	TYPES(TYPE("p5e.48xlarge", "on-demand") TYPE("p9.48xlarge", "on-demand"), ""),             \
		OFFERS(OFFER("p9.48xlarge", "us-east-2b") OFFER("p9.48xlarge", "us-east-2a")       \
				OFFER("p5e.48xlarge", "us-east-2a")),                              \
		SUBNETS(SUBNET("subnet-1", "us-east-2a") SUBNET("subnet-2", "us-east-2b"))

static char subnet_1[] = "subnet-1", subnet_2[] = "subnet-2", subnet_9[] = "subnet-9";
static char region_here[] = HERE, region_there[] = THERE;
static char *here[] = {subnet_2, subnet_1}, *there[] = {subnet_9}, *again[] = {subnet_1};
static struct conf_place places[] = {
	{.subnets = here, .nsubnets = 2},
	{.region = region_there, .subnets = there, .nsubnets = 1},
};
static struct conf_place others[] = {{.region = region_here, .subnets = again, .nsubnets = 1}};
static struct conf_group groups[] = {
	{.places = places, .nplaces = 2},
	{.places = others, .nplaces = 1},
};

static void setup(void)
{
	app_setup();
	conf.groups = groups;
	conf.ngroups = 2;
}

static int refresh(const struct server_answer *script, size_t n, struct strbuf *out)
{
	err = (struct err){0};
	ec2_begin(script, n);
	return refresh_region(&app, HERE, out, &err);
}

START_TEST(kept)
{
	static const struct server_answer script[] = {ALL};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(catalog_told_release) struct catalog_told told = {0};
	int64_t before_ms = clock_now_ms();

	ck_assert_msg(refresh(script, 3, &out) == 0, "%s", err.text);
	ck_assert_str_eq(out.buf,
		"us-east-2: 2 types, 2 with EFA, 1 that the built-in table of 2026-07-20 lacks; 2 "
		"zones, 2 subnets of ours\n");
	ck_assert_str_eq(ec2_body(2),
		"Action=DescribeSubnets&Version=2016-11-15&SubnetId.1=subnet-2&SubnetId.2="
		"subnet-1");
	ok(catalog_db_read(app.db, HERE, &told, &err));
	ck_assert_int_ge(told.refreshed_ms, before_ms);
	ck_assert_uint_eq(told.ntypes, 2);
	/* what the table knows better */
	ck_assert(!told.types[0].info.on_demand);
	ck_assert(told.types[1].info.on_demand);
	ck_assert_str_eq(told.subnets[1].az, "us-east-2b");
	ck_assert_uint_eq(told.noffers, 3);
}
END_TEST

/* Whatever fails, and however late: what was known stays as it was. */
START_TEST(all_or_nothing)
{
	static const struct server_answer good[] = {ALL};
	static const struct server_answer second_page[] = {
		TYPES(TYPE("q1.large", "on-demand"), "<nextToken>2</nextToken>"),
		{403, .body = ERROR("UnauthorizedOperation", "no page"),
			.only = "Action=DescribeInstanceTypes&"},
	};
	static const struct server_answer offers[] = {TYPES(TYPE("q1.large", "on-demand"), ""),
		{403, .body = ERROR("UnauthorizedOperation", "no offers")}};
	static const struct server_answer subnets[] = {TYPES(TYPE("q1.large", "on-demand"), ""),
		OFFERS(OFFER("q1.large", "us-east-2a")),
		{400, .body = ERROR("InvalidSubnetID.NotFound", "no subnet-2")}};
	static const struct server_answer nothing[] = {TYPES("", ""), OFFERS(""),
		SUBNETS(SUBNET("subnet-1", "us-east-2a") SUBNET("subnet-2", "us-east-2b"))};
	static const struct {
		const struct server_answer *script;
		size_t n;
		const char *text;
	} t[] = {
		{second_page, 2, "no page"},
		{offers, 2, "no offers"},
		{subnets, 3, "no subnet-2"},
		{nothing, 3, "0 types and 0 offers"},
	};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT, more = STRBUF_INIT;
	struct told_type type;
	int64_t first_ms = 0, ms = 0;

	ck_assert_msg(refresh(good, 3, &out) == 0, "%s", err.text);
	ok(catalog_db_refreshed(app.db, HERE, &first_ms, &err));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_int_eq(refresh(t[i].script, t[i].n, &more), -1);
		ck_assert_msg(strstr(err.text, t[i].text), "%zu: %s", i, err.text);
		ck_assert_uint_eq(more.len, 0);
		ok(catalog_db_refreshed(app.db, HERE, &ms, &err));
		ck_assert_int_eq(ms, first_ms);
		ck_assert_int_eq(catalog_db_type(app.db, HERE, "p9.48xlarge", &type, &err), 1);
		ck_assert_int_eq(catalog_db_type(app.db, HERE, "q1.large", &type, &err), 0);
	}
}
END_TEST

/* What this process has read before is read anew. */
START_TEST(seen_at_once)
{
	static const struct server_answer script[] = {ALL};
	struct plan_choice choice = {.type = "p9.48xlarge", .subnet = "subnet-1", .az = ""};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	catalog_choices(&app, HERE, &choice, 1);
	ck_assert_ptr_null(choice.info);
	ck_assert_msg(refresh(script, 3, &out) == 0, "%s", err.text);
	catalog_choices(&app, HERE, &choice, 1);
	ck_assert_ptr_nonnull(choice.info);
}
END_TEST

START_TEST(regions_once)
{
	cleanup_free const char **regions = NULL;
	size_t n = 0;

	ok(refresh_regions(&conf, &regions, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(regions[0], HERE);
	ck_assert_str_eq(regions[1], THERE);
}
END_TEST

/* A region without a subnet of ours: then nothing is asked of subnets. */
START_TEST(no_subnets)
{
	static const struct server_answer script[] = {ALL};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	conf.ngroups = 0;
	ck_assert_msg(refresh(script, 2, &out) == 0, "%s", err.text);
	ck_assert_uint_eq(ec2_count(), 2);
	ck_assert_ptr_nonnull(strstr(out.buf, "2 zones, 0 subnets of ours\n"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("refresh");
	TCase *tc = tcase_create("refresh");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, app_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, kept);
	tcase_add_test(tc, all_or_nothing);
	tcase_add_test(tc, seen_at_once);
	tcase_add_test(tc, regions_once);
	tcase_add_test(tc, no_subnets);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
