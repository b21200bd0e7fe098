/* SPDX-License-Identifier: Apache-2.0 */
/* EC2's requests and answers against a scripted server on loopback. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ec2_fixture.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

START_TEST(signed_request)
{
	static const struct server_answer script[] = {{200, .body = DONE("TerminateInstances")}};
	static const char *const ids[] = {"i-1", "i-2"};
	char host[64];
	const char *r;

	begin(script, 1);
	ck_assert_int_eq(ec2_terminate_instances(aws, ids, 2, &err), 0);
	ck_assert_uint_eq(server_count(server), 1);
	r = server_request(server, 0);
	snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%d\r\n", server_port(server));
	ck_assert(!strncmp(r, "POST / HTTP/1.1\r\n", 17));
	ck_assert_ptr_nonnull(strstr(r, host));
	ck_assert_ptr_nonnull(strstr(
		r, "\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"));
	ck_assert_ptr_nonnull(strstr(r, "\r\nX-Amz-Security-Token: TOK/EN+1==\r\n"));
	ck_assert_ptr_nonnull(strstr(r, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	ck_assert_ptr_nonnull(strstr(r,
		"/us-east-2/ec2/aws4_request, "
		"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="));
	ck_assert(!strstr(r, "Expect:"));
	ck_assert_str_eq(server_body(server, 0),
		"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1&InstanceId.2=i-2");
	ck_assert_str_eq(aws_region(aws), "us-east-2");
	end();
}
END_TEST

START_TEST(errors_by_code)
{
	static const struct {
		int status;
		const char *body;
		enum err_class class;
		const char *code, *text;
	} t[] = {
		{400, ERROR("InvalidInstanceID.NotFound", "The ID 'i-1' does not exist"),
			ERR_CONSISTENCY, "InvalidInstanceID.NotFound",
			"TerminateInstances: InvalidInstanceID.NotFound: The ID 'i-1' does not "
			"exist "
			"(request id req-1)"},
		{500, ERROR("InsufficientInstanceCapacity", "none"), ERR_CAPACITY,
			"InsufficientInstanceCapacity", "none"},
		{403, ERROR("UnauthorizedOperation", "no\nway\x7f"), ERR_AUTH,
			"UnauthorizedOperation", ": no way  (request"},
		{403,
			ERROR("SignatureDoesNotMatch",
				"should have been x-amz-security-token:TOK/EN+1=="),
			ERR_AUTH, "SignatureDoesNotMatch", "AWS does not accept the signature"},
		{400, ERROR("InvalidParameterValue", "TOK/EN+1== and wJalrXUtnFEMI-SECRET"),
			ERR_CONFIG, "InvalidParameterValue", "*** and ***"},
		{400, "<html><body>Bad Request</body></html>", ERR_FATAL, "",
			"HTTP status 400 with 37 bytes of text/xml: <html> is not what EC2 "
			"answers"},
		{200, "<!DOCTYPE html><html></html>", ERR_FATAL, "", "document type declaration"},
		{200, "hello", ERR_FATAL, "", "not well-formed XML"},
		{200, DONE("CreateTags"), ERR_FATAL, "",
			"<CreateTagsResponse> is not what EC2 answers"},
		{301, "", ERR_CONFIG, "", "HTTP status 301: a redirect, which is not followed"},
		{403, "<html>", ERR_AUTH, "", "HTTP status 403"},
		{200, "<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><r>&a;</r>", ERR_FATAL,
			"", "document type declaration"},
	};
	static const char *const ids[] = {"i-1"};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct server_answer script = {t[i].status, .body = t[i].body,
			.headers = t[i].status == 301 ? "Location: http://127.0.0.1:1/\r\n" : NULL};

		begin(&script, 1);
		expect(ec2_terminate_instances(aws, ids, 1, &err), t[i].class, t[i].code,
			t[i].text);
		ck_assert_uint_eq(server_count(server), 1); /* none of these is sent again */
		end();
	}
}
END_TEST

START_TEST(retries_send_the_same_bytes)
{
	static const struct server_answer script[] = {
		{503, .body = "<html>busy</html>", .type = "text/html"},
		{.drop = true},
		{503, .body = ERROR("RequestLimitExceeded", "slow down")},
		{200, .body = "<CreateFleetResponse><fleetId>fleet-1</fle", .promise = 5000},
		{200, .body = "<CreateFleetResponse><fleetId>fleet-1</fle"},
		{200, .body = "<CreateFleetResponse><fleetId>fleet-2</fleetId></"
			      "CreateFleetResponse>"},
	};
	static const char body[] = "Action=CreateFleet&ClientToken=abc";
	struct ec2_fleet_result result = {0};

	begin_with(script, ARRAY_SIZE(script), (struct aws_options){.max_attempts = 6});
	ck_assert_msg(
		!ec2_create_fleet(aws, body, sizeof(body) - 1, &result, &err), "%s", err.text);
	ck_assert_str_eq(result.fleet_id, "fleet-2");
	ck_assert_uint_eq(result.ninstances, 0);
	ck_assert_uint_ge(server_count(server), 6);
	for (size_t i = 0; i < server_count(server); i++)
		ck_assert_str_eq(server_body(server, i), body);
	ec2_fleet_result_release(&result);
	end();
}
END_TEST

START_TEST(retries_end)
{
	static const struct {
		struct server_answer answer;
		enum err_class class;
		const char *code, *text;
	} t[] = {
		{{503, .body = "<html>busy</html>", .type = "text/html"}, ERR_TRANSIENT, "",
			"HTTP status 503 with 17 bytes of text/html: <html>"},
		{{500, .body = ERROR("InternalError", "oops")}, ERR_TRANSIENT, "InternalError",
			"oops"},
		{{200, .body = "<TerminateInstancesResponse><a>"}, ERR_TRANSIENT, "",
			"the answer ends in the middle"},
		{{200, .body = ""}, ERR_TRANSIENT, "", "the answer ends in the middle"},
	};
	static const char *const ids[] = {"i-1"};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		begin_with(&t[i].answer, 1, (struct aws_options){.max_attempts = 2});
		expect(ec2_terminate_instances(aws, ids, 1, &err), t[i].class, t[i].code,
			t[i].text);
		ck_assert_uint_eq(server_count(server), 2);
		end();
	}
}
END_TEST

START_TEST(bounds)
{
	static const struct server_answer huge = {
		200, .body = "<a>0123456789</a>", .repeat = 100000};
	static const struct server_answer slow = {
		200, .body = DONE("TerminateInstances"), .delay_ms = 60000};
	static const char *const ids[] = {"i-1"};
	struct aws_options options = {.region = "us-east-2", .endpoint_url = "http://127.0.0.1:1"};
	int64_t began_ms;

	begin_with(&huge, 1, (struct aws_options){.max_answer = 65536});
	expect(ec2_terminate_instances(aws, ids, 1, &err), ERR_FATAL, "",
		"the answer is larger than 65536 bytes");
	end();
	began_ms = clock_mono_ms();
	begin_with(&slow, 1, (struct aws_options){.timeout_ms = 200, .max_attempts = 1});
	expect(ec2_terminate_instances(aws, ids, 1, &err), ERR_TRANSIENT, "", "timed out");
	end();
	ck_assert_int_lt(clock_mono_ms() - began_ms, 30000);
	options.max_attempts = 2;
	aws = aws_create(&options, &err);
	expect(ec2_terminate_instances(aws, ids, 1, &err), ERR_TRANSIENT, "", "connect");
	aws_destroy(aws);
}
END_TEST

/* An HTTP date DELTA_S from now, as a header. */
static char *date_header(int64_t delta_s, char *buf, size_t size)
{
	time_t t = (time_t)(clock_now_s() + delta_s);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(buf, size, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	return buf;
}

static int64_t signed_at(size_t i)
{
	const char *at = strstr(server_request(server, i), "X-Amz-Date: ");
	struct tm tm = {0};

	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_nonnull(strptime(at + 12, "%Y%m%dT%H%M%SZ", &tm));
	return (int64_t)timegm(&tm);
}

START_TEST(clock_skew)
{
	char ahead[80], now[80];
	const struct server_answer skewed[] = {
		{400, .body = ERROR("RequestExpired", "late"),
			.headers = date_header(7200, ahead, 80)},
		{200, .body = DONE("TerminateInstances")},
	};
	const struct server_answer expired[] = {
		{400, .body = ERROR("RequestExpired", "late"), .headers = date_header(0, now, 80)},
		{200, .body = DONE("TerminateInstances")},
	};
	static const char *const ids[] = {"i-1"};

	begin(skewed, 2);
	ck_assert_int_eq(ec2_terminate_instances(aws, ids, 1, &err), 0);
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_int_ge(signed_at(1) - signed_at(0), 7190);
	ck_assert_int_eq(ec2_terminate_instances(aws, ids, 1, &err), 0);
	ck_assert_int_ge(signed_at(2) - signed_at(0), 7190); /* the offset stays */
	end();

	/* the clock is right: the credentials are at their end, found anew */
	begin(expired, 2);
	ck_assert_int_eq(ec2_terminate_instances(aws, ids, 1, &err), 0);
	ck_assert_uint_eq(server_count(server), 2);
	end();

	/* each remedy once */
	begin(skewed, 1);
	expect(ec2_terminate_instances(aws, ids, 1, &err), ERR_CLOCK, "RequestExpired", "late");
	ck_assert_uint_eq(server_count(server), 3);
	end();
}
END_TEST

static const struct ec2_override overrides[] = {
	{"hpc7a.96xlarge", "subnet-1", "burst-lab-1", 0},
	{"hpc6a.48xlarge", "subnet-1", "burst-lab-1", 1},
};
static const struct ec2_fleet_config configs[] = {
	{"lt-1", 7, overrides, 1}, {"lt-1", 8, overrides + 1, 1}};
static const struct ec2_tag fleet_tags[] = {{"burst:job", "42"}};

START_TEST(fleet_body)
{
	struct ec2_fleet_request r = {configs, 2, 4, true, false, "tok", fleet_tags, 1};
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf spot = STRBUF_INIT;

	ck_assert_int_eq(ec2_fleet_encode(&r, &body, &err), 0);
	ck_assert_str_eq(body.buf,
		"Action=CreateFleet&Version=2016-11-15&Type=instant"
		"&LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId=lt-1"
		"&LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version=7"
		"&LaunchTemplateConfigs.1.Overrides.1.InstanceType=hpc7a.96xlarge"
		"&LaunchTemplateConfigs.1.Overrides.1.SubnetId=subnet-1"
		"&LaunchTemplateConfigs.1.Overrides.1.Priority=0"
		"&LaunchTemplateConfigs.1.Overrides.1.Placement.GroupName=burst-lab-1"
		"&LaunchTemplateConfigs.2.LaunchTemplateSpecification.LaunchTemplateId=lt-1"
		"&LaunchTemplateConfigs.2.LaunchTemplateSpecification.Version=8"
		"&LaunchTemplateConfigs.2.Overrides.1.InstanceType=hpc6a.48xlarge"
		"&LaunchTemplateConfigs.2.Overrides.1.SubnetId=subnet-1"
		"&LaunchTemplateConfigs.2.Overrides.1.Priority=1"
		"&LaunchTemplateConfigs.2.Overrides.1.Placement.GroupName=burst-lab-1"
		"&TargetCapacitySpecification.TotalTargetCapacity=4"
		"&TargetCapacitySpecification.OnDemandTargetCapacity=4"
		"&TargetCapacitySpecification.SpotTargetCapacity=0"
		"&TargetCapacitySpecification.DefaultTargetCapacityType=on-demand"
		"&OnDemandOptions.AllocationStrategy=prioritized"
		"&OnDemandOptions.SingleInstanceType=true&OnDemandOptions.SingleAvailabilityZone="
		"true"
		"&OnDemandOptions.MinTargetCapacity=4&ClientToken=tok"
		"&TagSpecification.1.ResourceType=fleet&TagSpecification.1.Tag.1.Key=burst%3Ajob"
		"&TagSpecification.1.Tag.1.Value=42"
		"&TagSpecification.2.ResourceType=instance&TagSpecification.2.Tag.1.Key=burst%3Ajob"
		"&TagSpecification.2.Tag.1.Value=42");
	r.spot = true;
	r.all_or_nothing = false;
	ck_assert_int_eq(ec2_fleet_encode(&r, &spot, &err), 0);
	ck_assert_ptr_nonnull(strstr(
		spot.buf, "&SpotOptions.AllocationStrategy=capacity-optimized-prioritized&Client"));
	ck_assert_ptr_nonnull(strstr(spot.buf, "SpotTargetCapacity=4"));
	strbuf_setlen(&spot, 0);
	r.nconfigs = 1;
	ck_assert_int_eq(ec2_fleet_encode(&r, &spot, &err), 0);
	ck_assert_ptr_nonnull(
		strstr(spot.buf, "SpotOptions.AllocationStrategy=price-capacity-optimized"));
	ck_assert(!strstr(spot.buf, "Priority"));
	ck_assert(!strstr(spot.buf, "MinTargetCapacity"));
}
END_TEST

START_TEST(fleet_refuses)
{
	static const struct ec2_fleet_config bare = {"lt-1", 1, NULL, 0};
	static const struct {
		struct ec2_fleet_request r;
		const char *text;
	} t[] = {
		{{configs, 2, 1001, true, false, "t"}, "MinTargetCapacity ends at 1000"},
		{{configs, 2, 0, true, false, "t"}, "a fleet of 0 instances"},
		{{configs, 2, 10001, false, false, "t"}, "expected 1 to 10000"},
		{{configs, 0, 1, true, false, "t"}, "a fleet of 0 launch templates"},
		{{&bare, 1, 1, true, false, "t"}, "without instance types"},
		{{configs, 1, 1, true, false, NULL}, "client token"},
	};
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		expect(ec2_fleet_encode(&t[i].r, &body, &err), ERR_USAGE, "", t[i].text);
	ck_assert_uint_eq(body.len, 0);
}
END_TEST

START_TEST(fleet_answer)
{
	static const struct server_answer script[] = {{200,
		.body = "<CreateFleetResponse " NS
			"><requestId>r</requestId><fleetId>fleet-9</fleetId>"
			"<errorSet><item><errorCode>InsufficientInstanceCapacity</errorCode>"
			"<launchTemplateAndOverrides><overrides><instanceType>a.b</instanceType>"
			"<subnetId>subnet-1</subnetId><availabilityZone>us-east-2b</"
			"availabilityZone>"
			"</overrides></launchTemplateAndOverrides><lifecycle>on-demand</lifecycle>"
			"<errorMessage>We &lt;currently&gt; do not</errorMessage></item></errorSet>"
			"<fleetInstanceSet><item><instanceIds><item>i-1</item><item>i-2</item>"
			"</instanceIds><unknown><item><instanceType>zzz</instanceType></item></"
			"unknown>"
			"<lifecycle>spot</lifecycle><instanceType>c5n.18xlarge</instanceType>"
			"<launchTemplateAndOverrides><overrides><availabilityZone>us-east-2a"
			"</availabilityZone><subnetId>subnet-2</subnetId></overrides>"
			"</launchTemplateAndOverrides></item><item><instanceType>x</instanceType>"
			"<instanceIds><item>i-3</item></instanceIds></item></fleetInstanceSet>"
			"</CreateFleetResponse>"}};
	struct ec2_fleet_result r = {0};

	begin(script, 1);
	ck_assert_int_eq(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), 0);
	ck_assert_str_eq(r.fleet_id, "fleet-9");
	ck_assert_uint_eq(r.ninstances, 3);
	ck_assert_str_eq(r.instances[1].id, "i-2");
	ck_assert_str_eq(r.instances[1].type, "c5n.18xlarge");
	ck_assert_str_eq(r.instances[1].az, "us-east-2a");
	ck_assert_str_eq(r.instances[1].subnet, "subnet-2");
	ck_assert(r.instances[1].spot);
	ck_assert_str_eq(r.instances[2].type, "x");
	ck_assert(!r.instances[2].spot);
	ck_assert_str_eq(r.instances[2].az, "");
	ck_assert_uint_eq(r.nerrors, 1);
	ck_assert_str_eq(r.errors[0].code, "InsufficientInstanceCapacity");
	ck_assert_str_eq(r.errors[0].type, "a.b");
	ck_assert_str_eq(r.errors[0].az, "us-east-2b");
	ck_assert_str_eq(r.errors[0].message, "We <currently> do not");
	ec2_fleet_result_release(&r);
	end();
}
END_TEST

/* After a failed CreateFleet: may it have launched? The last try's code does not tell. */
START_TEST(fleet_unsure)
{
#define REFUSED                                                                                    \
	{                                                                                          \
		400, .body = ERROR("InvalidParameterValue", "no")                                  \
	}
#define LIMITED                                                                                    \
	{                                                                                          \
		503, .body = ERROR("RequestLimitExceeded", "slow down")                            \
	}
	static const struct {
		struct server_answer script[2];
		const char *code;
		unsigned tries;
		bool unsure;
	} t[] = {
		{{REFUSED}, "InvalidParameterValue", 1, false},
		{{LIMITED, REFUSED}, "InvalidParameterValue", 2, false},
		{{LIMITED, LIMITED}, "RequestLimitExceeded", 2, false},
		{{{500, .body = ERROR("InsufficientInstanceCapacity", "none")}},
			"InsufficientInstanceCapacity", 1, false},
		{{{.drop = true}, LIMITED}, "RequestLimitExceeded", 2, true},
		{{{500, .body = ERROR("InternalError", "oops")}, REFUSED}, "InvalidParameterValue",
			2, true},
		{{{503, .body = ERROR("Unavailable", "x")}, REFUSED}, "InvalidParameterValue", 2,
			true},
		{{{503, .body = "<html>busy</html>"}, REFUSED}, "InvalidParameterValue", 2, true},
		{{{200, .body = "<CreateFleetResponse><fleetId>f</fle"}, REFUSED},
			"InvalidParameterValue", 2, true},
		{{{200, .body = "<CreateFleetResponse>", .promise = 5000}, REFUSED},
			"InvalidParameterValue", 2, true},
		{{{200, .body = "", .delay_ms = 60000}}, "", 1, true},
		{{{500, .body = ERROR("NeverHeardOf", "x")}, REFUSED}, "InvalidParameterValue", 2,
			true},
		{{{400, .body = "<html>"}}, "", 1, true},
		/* an earlier request of this token is at work, or was */
		{{{400, .body = ERROR("PriorRequestNotComplete", "wait")}, REFUSED},
			"InvalidParameterValue", 2, true},
		{{{400, .body = ERROR("IdempotentParameterMismatch", "x")}},
			"IdempotentParameterMismatch", 1, true},
	};
	static const struct server_answer used[] = {
		{200, .body = "<DeletePlacementGroupResponse><return>true</return>"
			      "</DeletePlacementGroupResponse>"},
		{.drop = true}, LIMITED, LIMITED};
	static const struct server_answer mended[] = {
		{.drop = true}, {200, .body = "<CreateFleetResponse></CreateFleetResponse>"}};
	struct aws_options options = {
		.region = "us-east-2", .endpoint_url = "http://127.0.0.1:1", .max_attempts = 2};
	struct ec2_fleet_result r = {0};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		r.unsure = !t[i].unsure;
		begin_with(t[i].script, 2,
			(struct aws_options){
				.max_attempts = 2, .timeout_ms = 1500, .throttle_wait_ms = 300});
		ck_assert_int_eq(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), -1);
		ck_assert_msg(r.unsure == t[i].unsure, "%zu: %s", i, err.text);
		ck_assert_str_eq(err.code, t[i].code);
		ck_assert_msg(server_count(server) >= t[i].tries, "%zu", i);
		end();
	}
	ck_assert_ptr_null(r.instances);
	/* nobody listens: nothing was sent */
	r.unsure = true;
	aws = aws_create(&options, &err);
	ck_assert_int_eq(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), -1);
	ck_assert(!r.unsure);
	aws_destroy(aws);
	/* on a used connection libcurl would send again by itself, and nobody would know */
	begin_with(used, ARRAY_SIZE(used),
		(struct aws_options){.max_attempts = 2, .throttle_wait_ms = 300});
	ck_assert_int_eq(ec2_delete_placement_group(aws, "g", &err), 0);
	ck_assert_int_eq(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), -1);
	ck_assert_str_eq(err.code, "RequestLimitExceeded");
	ck_assert(r.unsure);
	end();
	/* the second try's answer is the first's, too: they have one token */
	begin(mended, 2);
	ck_assert_int_eq(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), 0);
	ck_assert(r.unsure); /* AWS does not say whether a repeated answer tells all */
	ec2_fleet_result_release(&r);
	end();
#undef REFUSED
#undef LIMITED
}
END_TEST

#define INSTANCE(id, more)                                                                         \
	"<reservationSet><item><instancesSet><item><instanceId>" id                                \
	"</instanceId><instanceState><code>16</code><name>running</name></instanceState>" more     \
	"</item></instancesSet></item></reservationSet>"

START_TEST(describe)
{
	static const struct server_answer script[] = {
		{200, .body = "<DescribeInstancesResponse>" INSTANCE("i-1",
			      "<tagSet><item><value>v1</value><key>k1</key></item><item><key>k2</"
			      "key>"
			      "<value/></item></tagSet><launchTime>2026-11-22T05:31:00.000Z</"
			      "launchTime>"
			      "<placement><availabilityZone>us-east-2a</availabilityZone>"
			      "<groupName>g</groupName></placement><privateIpAddress>10.0.0.1"
			      "</privateIpAddress><instanceLifecycle>spot</instanceLifecycle>"
			      "<stateReason><code>Server.X</code><message>gone</message></"
			      "stateReason>"
			      "<networkInterfaceSet><item><privateIpAddress>9.9.9.9</"
			      "privateIpAddress>"
			      "<tagSet><item><key>not</key><value>ours</value></item></tagSet></"
			      "item>"
			      "</networkInterfaceSet>") "<nextToken>p/2</nextToken>"
							"</DescribeInstancesResponse>"},
		{200, .body = "<DescribeInstancesResponse><nextToken/>" INSTANCE(
			      "i-2", "") "</DescribeInstancesResponse>"},
	};
	static const char *const values[] = {"lab", "x&y"};
	static const struct ec2_filter filters[] = {{"tag:burst:cluster", values, 2}};
	struct ec2_instances all = {0};

	begin(script, 2);
	ck_assert_msg(
		!ec2_describe_instances(aws, NULL, 0, filters, 1, &all, &err), "%s", err.text);
	ck_assert_uint_eq(all.n, 2);
	ck_assert_str_eq(all.all[0].id, "i-1");
	ck_assert_str_eq(all.all[0].state, "running");
	ck_assert_str_eq(all.all[0].private_ip, "10.0.0.1");
	ck_assert_str_eq(all.all[0].az, "us-east-2a");
	ck_assert_str_eq(all.all[0].group, "g");
	ck_assert_str_eq(all.all[0].reason, "Server.X: gone");
	ck_assert_int_eq(all.all[0].launched_s, 1795325460);
	ck_assert(all.all[0].spot && !all.all[1].spot);
	ck_assert_uint_eq(all.all[0].ntags, 2);
	ck_assert_str_eq(ec2_instance_tag(&all.all[0], "k1"), "v1");
	ck_assert_str_eq(ec2_instance_tag(&all.all[0], "k2"), "");
	ck_assert_ptr_null(ec2_instance_tag(&all.all[0], "not"));
	ck_assert_str_eq(all.all[1].id, "i-2");
	ck_assert_str_eq(all.all[1].reason, "");
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3Aburst%3Acluster"
		"&Filter.1.Value.1=lab&Filter.1.Value.2=x%26y&MaxResults=1000");
	ck_assert_ptr_nonnull(strstr(server_body(server, 1), "&MaxResults=1000&NextToken=p%2F2"));
	ec2_instances_release(&all);
	end();
}
END_TEST

START_TEST(describe_half_a_page)
{
	static const struct server_answer script[] = {
		{200, .body = "<DescribeInstancesResponse>" INSTANCE(
			      "i-1", "") "<nextToken>2</nextToken></DescribeInstancesResponse>"},
		{200, .body = "<DescribeInstancesResponse>" INSTANCE("i-2",
			      "<tagSet><item><key>k</key><value>v</value></item></tagSet>") "<nex"
											    "t"},
		{200, .body = "<DescribeInstancesResponse>" INSTANCE(
			      "i-2", "") "</DescribeInstancesResponse>"},
	};
	static const char *const values[] = {"lab"};
	static const struct ec2_filter filters[] = {{"tag:burst:cluster", values, 1}};
	struct ec2_instances all = {0};

	begin(script, 3);
	ck_assert_msg(
		!ec2_describe_instances(aws, NULL, 0, filters, 1, &all, &err), "%s", err.text);
	ck_assert_uint_eq(all.n, 2); /* what the half told is forgotten, the first page is not */
	ck_assert_str_eq(all.all[0].id, "i-1");
	ck_assert_str_eq(all.all[1].id, "i-2");
	ck_assert_uint_eq(all.all[1].ntags, 0);
	ec2_instances_release(&all);
	end();
}
END_TEST

START_TEST(describe_by_id)
{
	static const struct server_answer script[] = {
		{200, .body = "<DescribeInstancesResponse>" INSTANCE(
			      "i-1", "") "</DescribeInstancesResponse>"}};
	static const char *const ids[] = {"i-1", "i-2"};
	struct ec2_instances all = {0};

	begin(script, 1);
	ck_assert_int_eq(ec2_describe_instances(aws, ids, 1, NULL, 0, &all, &err), 0);
	ck_assert_uint_eq(all.n, 1);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1");
	ec2_instances_release(&all);
	expect(ec2_describe_instances(aws, ids, 2, NULL, 0, &all, &err), ERR_CONSISTENCY,
		"InvalidInstanceID.NotFound", "EC2 does not know i-2 yet");
	ck_assert_ptr_null(all.all);
	expect(ec2_describe_instances(aws, NULL, 0, NULL, 0, &all, &err), ERR_USAGE, "",
		"without ids and filters");
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ec2");
	TCase *tc = tcase_create("ec2");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, NULL);
	tcase_add_test(tc, signed_request);
	tcase_add_test(tc, errors_by_code);
	tcase_add_test(tc, retries_send_the_same_bytes);
	tcase_add_test(tc, retries_end);
	tcase_add_test(tc, bounds);
	tcase_add_test(tc, clock_skew);
	tcase_add_test(tc, fleet_body);
	tcase_add_test(tc, fleet_refuses);
	tcase_add_test(tc, fleet_answer);
	tcase_add_test(tc, fleet_unsure);
	tcase_add_test(tc, describe);
	tcase_add_test(tc, describe_half_a_page);
	tcase_add_test(tc, describe_by_id);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
