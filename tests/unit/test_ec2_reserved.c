/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fleets from reserved capacity and with price caps, consoles, and the counts of what an account
 * may have only so many of: against a scripted server on loopback.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"
#include "lib/base/cleanup.h"

#define FLEET "Action=CreateFleet&Version=2016-11-15&Type=instant"
#define LT                                                                                         \
	"&LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId=lt-1"               \
	"&LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version=7"
#define O1  "&LaunchTemplateConfigs.1.Overrides.1."
#define O2  "&LaunchTemplateConfigs.1.Overrides.2."
#define TCS "&TargetCapacitySpecification."

START_TEST(fleets)
{
	static const struct ec2_override capped[] = {
		{"c7i.48xlarge", "subnet-1", NULL, 0, 3500000},
		{"c6i.32xlarge", "subnet-1", NULL, 0, -1},
		{"c5n.18xlarge", "subnet-1", NULL, 0, 1001},
	};
	static const struct ec2_fleet_config config = {"lt-1", 7, capped, 2};
	static const struct ec2_fleet_config third = {"lt-1", 7, capped + 2, 1};
	static const struct {
		struct ec2_fleet_request r;
		const char *body;
	} t[] = {
		{{.configs = &config,
			 .nconfigs = 1,
			 .capacity = 2,
			 .all_or_nothing = true,
			 .spot = true,
			 .use_reservations_first = true, /* nothing of the kind for Spot */
			 .token = "tok"},
			FLEET LT O1 "InstanceType=c7i.48xlarge" O1 "SubnetId=subnet-1" O1
				    "MaxPrice=3.50" O2 "InstanceType=c6i.32xlarge" O2
				    "SubnetId=subnet-1" TCS "TotalTargetCapacity=2" TCS
				    "OnDemandTargetCapacity=0" TCS "SpotTargetCapacity=2" TCS
				    "DefaultTargetCapacityType=spot"
				    "&SpotOptions.AllocationStrategy=price-capacity-optimized"
				    "&SpotOptions.SingleInstanceType=true"
				    "&SpotOptions.SingleAvailabilityZone=true"
				    "&SpotOptions.MinTargetCapacity=2&ClientToken=tok"},
		{{.configs = &third, .nconfigs = 1, .capacity = 1, .spot = true, .token = "tok"},
			FLEET LT O1 "InstanceType=c5n.18xlarge" O1 "SubnetId=subnet-1" O1
				    "MaxPrice=0.001001" TCS "TotalTargetCapacity=1" TCS
				    "OnDemandTargetCapacity=0" TCS "SpotTargetCapacity=1" TCS
				    "DefaultTargetCapacityType=spot"
				    "&SpotOptions.AllocationStrategy=price-capacity-optimized"
				    "&ClientToken=tok"},
		{{.configs = &third,
			 .nconfigs = 1,
			 .capacity = 2,
			 .all_or_nothing = true,
			 .use_reservations_first = true,
			 .token = "tok"},
			FLEET LT O1 "InstanceType=c5n.18xlarge" O1 "SubnetId=subnet-1" O1
				    "Priority=0" TCS "TotalTargetCapacity=2" TCS
				    "OnDemandTargetCapacity=2" TCS "SpotTargetCapacity=0" TCS
				    "DefaultTargetCapacityType=on-demand"
				    "&OnDemandOptions.AllocationStrategy=prioritized"
				    "&OnDemandOptions.CapacityReservationOptions.UsageStrategy="
				    "use-capacity-reservations-first"
				    "&OnDemandOptions.SingleInstanceType=true"
				    "&OnDemandOptions.SingleAvailabilityZone=true"
				    "&OnDemandOptions.MinTargetCapacity=2&ClientToken=tok"},
		{{.configs = &third,
			 .nconfigs = 1,
			 .capacity = 4,
			 .all_or_nothing = true,
			 .use_reservations_first = true,
			 .capacity_block = true,
			 .token = "tok"},
			FLEET LT O1 "InstanceType=c5n.18xlarge" O1 "SubnetId=subnet-1" TCS
				    "TotalTargetCapacity=4" TCS
				    "DefaultTargetCapacityType=capacity-block&ClientToken=tok"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		ck_assert_msg(!ec2_fleet_encode(&t[i].r, &body, &err), "%s", err.text);
		ck_assert_str_eq(body.buf, t[i].body);
	}
}
END_TEST

START_TEST(fleets_refused)
{
	static const struct ec2_override cheap = {"c7i.48xlarge", "subnet-1", NULL, 0, 1000};
	static const struct ec2_fleet_config config = {"lt-1", 7, &cheap, 1};
	struct ec2_fleet_request r = {
		.configs = &config, .nconfigs = 1, .capacity = 1, .spot = true, .token = "t"};
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

	expect(ec2_fleet_encode(&r, &body, &err), ERR_USAGE, "",
		"at most 1000 micro-USD an hour for c7i.48xlarge: EC2's MaxPrice begins above");
	r.capacity_block = true;
	expect(ec2_fleet_encode(&r, &body, &err), ERR_USAGE, "", "Spot or of a Capacity Block");
	ck_assert_uint_eq(body.len, 0);
}
END_TEST

#define SOURCE                                                                                     \
	"<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>"                 \
	"<launchTemplateId>lt-1</launchTemplateId><versionNumber>7</versionNumber>"                \
	"<launchTemplateData><imageId>ami-1</imageId><capacityReservationSpecification>"           \
	"<capacityReservationPreference>open</capacityReservationPreference>"                      \
	"</capacityReservationSpecification><instanceMarketOptions><marketType>spot</marketType>"  \
	"<spotOptions><maxPrice>1</maxPrice></spotOptions></instanceMarketOptions>"                \
	"</launchTemplateData></item></launchTemplateVersionSet>"                                  \
	"</DescribeLaunchTemplateVersionsResponse>"
#define CREATED                                                                                    \
	"<CreateLaunchTemplateVersionResponse><launchTemplateVersion><versionNumber>8"             \
	"</versionNumber></launchTemplateVersion></CreateLaunchTemplateVersionResponse>"
#define DATA "LaunchTemplateData."

START_TEST(derived_templates)
{
	static const char head[] =
		"Action=CreateLaunchTemplateVersion&Version=2016-11-15"
		"&ClientToken=tok&LaunchTemplateId=lt-1&VersionDescription=d&" DATA "ImageId=ami-1";
	static const char tail[] = "&" DATA "MetadataOptions.HttpEndpoint=enabled&" DATA
				   "MetadataOptions.HttpTokens=required&" DATA
				   "MetadataOptions.InstanceMetadataTags=enabled";
#define SPEC   "&" DATA "CapacityReservationSpecification."
#define MARKET "&" DATA "InstanceMarketOptions."
	static const struct {
		struct ec2_template_extra extra;
		const char *middle;
	} t[] = {
		{{NULL, false}, SPEC "CapacityReservationPreference=open" MARKET
				     "MarketType=spot" MARKET "SpotOptions.MaxPrice=1"},
		{{"cr-1", false}, MARKET "MarketType=spot" MARKET "SpotOptions.MaxPrice=1" SPEC
					 "CapacityReservationTarget.CapacityReservationId=cr-1"},
		{{"cr-2", true}, SPEC "CapacityReservationTarget.CapacityReservationId=cr-2" MARKET
				      "MarketType=capacity-block"},
	};
	static const struct server_answer script[] = {
		{200, .body = SOURCE}, {200, .body = CREATED}};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char body[1024];
		int64_t version = 0;

		begin(script, 2);
		ck_assert_msg(!ec2_create_template_version(aws, "lt-1", 7, NULL, 0, NULL, 0, NULL,
				      &t[i].extra, "tok", "d", &version, &err),
			"%s", err.text);
		ck_assert_int_eq(version, 8);
		snprintf(body, sizeof(body), "%s%s%s", head, t[i].middle, tail);
		ck_assert_str_eq(server_body(server, 1), body);
		end();
	}
}
END_TEST

#define RESERVATIONS(items)                                                                        \
	"<DescribeCapacityReservationsResponse><capacityReservationSet>" items                     \
	"</capacityReservationSet></DescribeCapacityReservationsResponse>"
#define OPEN                                                                                       \
	"<item><capacityReservationId>cr-open</capacityReservationId><instanceType>c5n.18xlarge"   \
	"</instanceType><availabilityZone>us-east-2a</availabilityZone><tenancy>default</tenancy>" \
	"<totalInstanceCount>8</totalInstanceCount><availableInstanceCount>3"                      \
	"</availableInstanceCount><state>active</state><instanceMatchCriteria>open"                \
	"</instanceMatchCriteria><startDate>2026-11-22T05:31:00.000Z</startDate>"                  \
	"<endDateType>unlimited</endDateType><tagSet><item><key>state</key><value>x</value>"       \
	"</item></tagSet></item>"
#define BLOCK                                                                                      \
	"<item><capacityReservationId>cr-block</capacityReservationId><instanceType>p5.48xlarge"   \
	"</instanceType><availabilityZone>us-east-2b</availabilityZone><totalInstanceCount>4"      \
	"</totalInstanceCount><availableInstanceCount>4</availableInstanceCount>"                  \
	"<state>scheduled</state><reservationType>capacity-block</reservationType>"                \
	"<instanceMatchCriteria>targeted</instanceMatchCriteria>"                                  \
	"<endDate>2026-11-23T11:30:00Z</endDate><placementGroupArn>arn:aws:ec2:us-east-2:1:"       \
	"placement-group/pg</placementGroupArn></item>"

START_TEST(reservations)
{
	static const struct server_answer script[] = {
		{200, .body = "<DescribeCapacityReservationsResponse><capacityReservationSet>" BLOCK
			      "<item><tenancy>dedicated</tenancy>"},
		{200, .body = RESERVATIONS(BLOCK OPEN)},
	};
	static const struct server_answer refused[] = {
		{400, .body = ERROR("InvalidCapacityReservationId.NotFound", "no such")}};
	static const struct server_answer strange[] = {
		{200, .body = RESERVATIONS("<item><capacityReservationId>cr-open"
					   "</capacityReservationId><endDate>soon</endDate>"
					   "</item>")}};
	static const char *const ids[] = {"cr-open", "cr-block", "cr-gone"};
	struct ec2_reservation *r = NULL;

	begin_with(script, 2, (struct aws_options){.max_attempts = 3});
	ck_assert_msg(!ec2_describe_capacity_reservations(aws, ids, 2, &r, &err), "%s", err.text);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeCapacityReservations&Version=2016-11-15"
		"&CapacityReservationId.1=cr-open&CapacityReservationId.2=cr-block");
	ck_assert_str_eq(r[0].id, "cr-open");
	ck_assert_str_eq(r[0].type, "c5n.18xlarge");
	ck_assert_str_eq(r[0].az, "us-east-2a");
	ck_assert_str_eq(r[0].state, "active");
	ck_assert_str_eq(r[0].kind, "default");
	ck_assert_str_eq(r[0].match, "open");
	ck_assert_str_eq(r[0].tenancy, "default");
	ck_assert_str_eq(r[0].group_arn, "");
	ck_assert_int_eq(r[0].total, 8);
	ck_assert_int_eq(r[0].free, 3);
	ck_assert_int_eq(r[0].begins_s, 1795325460);
	ck_assert_int_eq(r[0].ends_s, 0);
	ck_assert_str_eq(r[1].id, "cr-block");
	ck_assert_str_eq(r[1].kind, "capacity-block");
	ck_assert_str_eq(r[1].state, "scheduled");
	ck_assert_str_eq(r[1].tenancy, "");
	ck_assert_str_eq(r[1].group_arn, "arn:aws:ec2:us-east-2:1:placement-group/pg");
	ck_assert_int_eq(r[1].free, 4);
	ck_assert_int_eq(r[1].begins_s, 0);
	ck_assert_int_eq(r[1].ends_s, 1795433400);
	free(STEAL_POINTER(r));
	expect(ec2_describe_capacity_reservations(aws, ids, 3, &r, &err), ERR_NOTFOUND, "",
		"EC2 does not tell of capacity reservation cr-gone");
	end();
	begin(refused, 1);
	expect(ec2_describe_capacity_reservations(aws, ids, 1, &r, &err), ERR_CONFIG,
		"InvalidCapacityReservationId.NotFound", "no such");
	end();
	begin(strange, 1);
	ck_assert_int_eq(ec2_describe_capacity_reservations(aws, ids, 1, &r, &err), -1);
	ck_assert_msg(strstr(err.text, "capacity reservation cr-open"), "%s", err.text);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(ec2_describe_capacity_reservations(aws, NULL, 0, &r, &err), 0);
	free(r);
	ck_assert_uint_eq(server_count(server), 1);
	end();
}
END_TEST

#define CONSOLE(output)                                                                            \
	"<GetConsoleOutputResponse><instanceId>i-1</instanceId>" output                            \
	"</GetConsoleOutputResponse>"

START_TEST(console)
{
	static const struct {
		struct server_answer script[3];
		const char *text;
		size_t calls;
	} good[] = {
		{{{200, .body = CONSOLE("<output>Ym9vdAphbmQ=</output>")}}, "boot\nand", 1},
		{{{200, .body = CONSOLE("<output>\nYm9v\ndAph\n</output>")}}, "boot\na", 1},
		{{{200, .body = CONSOLE("<output>YQBi</output>")}}, "a?b", 1},
		{{{200, .body = CONSOLE("<output>YQ==</output>")}}, "a", 1},
		/* no Nitro */
		{{{400, .body = ERROR("UnsupportedOperation", "not this type")},
			 {200, .body = CONSOLE("<output>YQ==</output>")}},
			"a", 2},
		/* nothing now, but at its end there was */
		{{{200, .body = CONSOLE("")}, {200, .body = CONSOLE("<output>YQ==</output>")}}, "a",
			2},
		{{{200, .body = CONSOLE("<output/>")}, {200, .body = CONSOLE("")}}, NULL, 2},
		/* of the half that came first nothing stays */
		{{{200, .body = "<GetConsoleOutputResponse><output>Ym9vdA==</output>"},
			 {200, .body = CONSOLE("<output>YQ==</output>")}},
			"a", 2},
	};
	static const struct {
		struct server_answer answer;
		enum err_class class;
		const char *code, *text;
	} bad[] = {
		{{200, .body = CONSOLE("<output>!!!!</output>")}, ERR_FATAL, "", "not base64"},
		{{200, .body = CONSOLE("<output>YQ</output>")}, ERR_FATAL, "", "not base64"},
		{{200, .body = CONSOLE("<output>==</output>")}, ERR_FATAL, "", "not base64"},
		{{400, .body = ERROR("InvalidInstanceID.NotFound", "gone")}, ERR_CONSISTENCY,
			"InvalidInstanceID.NotFound", "gone"},
		{{403, .body = ERROR("UnauthorizedOperation", "no")}, ERR_AUTH,
			"UnauthorizedOperation", "no"},
	};
	static char untouched[] = "x";

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_free char *text = NULL;

		begin(good[i].script, 3);
		ck_assert_msg(!ec2_console_output(aws, "i-1", &text, &err), "%s", err.text);
		if (good[i].text)
			ck_assert_str_eq(text, good[i].text);
		else
			ck_assert_ptr_null(text);
		ck_assert_uint_eq(server_count(server), good[i].calls);
		ck_assert_str_eq(server_body(server, 0),
			"Action=GetConsoleOutput&Version=2016-11-15&InstanceId=i-1&Latest=true");
		end();
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = untouched;

		begin(&bad[i].answer, 1);
		expect(ec2_console_output(aws, "i-1", &text, &err), bad[i].class, bad[i].code,
			bad[i].text);
		ck_assert_ptr_eq(text, untouched);
		end();
	}
}
END_TEST

START_TEST(count_groups)
{
#define G(name, state)                                                                             \
	"<item><groupName>" name "</groupName><state>" state "</state><tagSet/></item>"
	static const struct server_answer script[] = {
		{200, .body = "<DescribePlacementGroupsResponse><placementGroupSet>" G(
			      "a", "available") G("b", "deleting") G("c", "deleted") G("d",
			      "pending") "</placementGroupSet></DescribePlacementGroupsResponse>"},
		{403, .body = ERROR("UnauthorizedOperation", "no")},
	};
	size_t n = 77;

	begin(script, 2);
	ck_assert_int_eq(ec2_count_placement_groups(aws, &n, &err), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(
		server_body(server, 0), "Action=DescribePlacementGroups&Version=2016-11-15");
	n = 77;
	expect(ec2_count_placement_groups(aws, &n, &err), ERR_AUTH, "UnauthorizedOperation", "no");
	ck_assert_uint_eq(n, 77);
	end();
}
END_TEST

#define VERSIONS(items) "<DescribeLaunchTemplateVersionsResponse>" items
#define ONE_VERSION(number, more)                                                                  \
	"<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>"                \
	"<versionNumber>" number "</versionNumber>" more                                           \
	"<createTime>2026-11-22T05:31:00.000Z</createTime><launchTemplateData><imageId>ami-1"      \
	"</imageId></launchTemplateData></item></launchTemplateVersionSet>"
#define END_VERSIONS "</DescribeLaunchTemplateVersionsResponse>"

START_TEST(list_versions)
{
	static const struct server_answer script[] = {
		{200, .body = VERSIONS(ONE_VERSION("9",
			      "<versionDescription>two &amp; more</versionDescription>"
			      "<defaultVersion>false</defaultVersion>")) "<nextToken>p/2"
									 "</"
									 "nextToken>" END_VERSIONS},
		{200, .body = VERSIONS(ONE_VERSION("7", "")) "<nextToken>no</nextToken>"},
		{200, .body = VERSIONS(ONE_VERSION(
			      "8", "<defaultVersion>true</defaultVersion>")) "<ne"
									     "xtTo"
									     "ken/"
									     ">" END_VERSIONS},
	};
	static const struct server_answer empty[] = {
		{200, .body = VERSIONS("<launchTemplateVersionSet/>") END_VERSIONS},
		{200, .body = VERSIONS("<launchTemplateVersionSet><item><versionNumber>1"
				       "</versionNumber><createTime>now</createTime></item>"
				       "</launchTemplateVersionSet>") END_VERSIONS},
		{400, .body = ERROR("InvalidLaunchTemplateId.NotFound", "no")},
	};
	struct ec2_template_version *v = NULL;
	size_t n = 0;

	begin(script, 3);
	ck_assert_msg(!ec2_list_template_versions(aws, "lt-1", &v, &n, &err), "%s", err.text);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(v[0].number, 8);
	ck_assert(v[0].is_default);
	ck_assert_str_eq(v[0].description, "");
	ck_assert_int_eq(v[0].created_s, 1795325460);
	ck_assert_int_eq(v[1].number, 9);
	ck_assert(!v[1].is_default);
	ck_assert_str_eq(v[1].description, "two & more");
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeLaunchTemplateVersions&Version=2016-11-15&LaunchTemplateId=lt-1"
		"&MaxResults=200");
	ck_assert_str_eq(server_body(server, 2),
		"Action=DescribeLaunchTemplateVersions&Version=2016-11-15&LaunchTemplateId=lt-1"
		"&MaxResults=200&NextToken=p%2F2");
	free(STEAL_POINTER(v));
	end();
	begin(empty, 3);
	ck_assert_int_eq(ec2_list_template_versions(aws, "lt-1", &v, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	free(STEAL_POINTER(v));
	n = 77;
	ck_assert_int_eq(ec2_list_template_versions(aws, "lt-1", &v, &n, &err), -1);
	ck_assert_msg(strstr(err.text, "launch template version 1"), "%s", err.text);
	expect(ec2_list_template_versions(aws, "lt-1", &v, &n, &err), ERR_CONSISTENCY,
		"InvalidLaunchTemplateId.NotFound", "no");
	ck_assert(n == 77 && !v);
	end();
}
END_TEST

/* A service that gives a next page for ever does not keep us for ever. */
START_TEST(endless_list)
{
	static const struct server_answer script[] = {
		{200, .body = VERSIONS("<nextToken>again</nextToken>") END_VERSIONS}};
	struct ec2_template_version *v = NULL;
	size_t n = 0;

	begin(script, 1);
	expect(ec2_list_template_versions(aws, "lt-1", &v, &n, &err), ERR_FATAL, "",
		"more than 50 pages");
	ck_assert_ptr_null(v);
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ec2_reserved");
	TCase *tc = tcase_create("ec2_reserved");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, NULL);
	tcase_add_test(tc, fleets);
	tcase_add_test(tc, fleets_refused);
	tcase_add_test(tc, derived_templates);
	tcase_add_test(tc, reservations);
	tcase_add_test(tc, console);
	tcase_add_test(tc, count_groups);
	tcase_add_test(tc, list_versions);
	tcase_add_test(tc, endless_list);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
