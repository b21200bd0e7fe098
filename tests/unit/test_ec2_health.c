/* SPDX-License-Identifier: Apache-2.0 */
/* Checks, scheduled events, Spot requests and times of ends, against a scripted server on loopback.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"
#include "lib/base/cleanup.h"

#define STATUSES(items, rest)                                                                      \
	"<DescribeInstanceStatusResponse " NS "><instanceStatusSet>" items                         \
	"</instanceStatusSet>" rest "</DescribeInstanceStatusResponse>"
#define CHECK_OF(which, status, since)                                                             \
	"<" which "><status>" status "</status><details><item><name>reachability</name>"           \
	"<status>x</status>" since "</item></details></" which ">"
#define SINCE(t) "<impairedSince>" t "</impairedSince>"
#define STATUS(id, system, instance, events)                                                       \
	"<item><instanceId>" id                                                                    \
	"</instanceId><availabilityZone>us-east-2a</availabilityZone><instanceState>"              \
	"<code>16</code><name>running</name></instanceState>" events system instance "</item>"
#define FINE(id)                                                                                   \
	STATUS(id, CHECK_OF("systemStatus", "ok", ""), CHECK_OF("instanceStatus", "ok", ""), "")
#define EVENTS                                                                                     \
	"<eventsSet><item><instanceEventId>instance-event-1</instanceEventId>"                     \
	"<code>instance-retirement</code><description>degraded hardware</description>"             \
	"<notBefore>2026-11-29T00:00:00.000Z</notBefore>"                                          \
	"<notBeforeDeadline>2026-12-01T00:00:00Z</notBeforeDeadline></item>"                       \
	"<item><instanceEventId>instance-event-2</instanceEventId><code>system-reboot</code>"      \
	"<description>[Completed] scheduled reboot</description>"                                  \
	"<notBefore>2026-11-20T00:00:00Z</notBefore><notAfter>2026-11-20T02:00:00Z</notAfter>"     \
	"</item><item><instanceEventId>instance-event-3</instanceEventId><code>instance-stop"      \
	"</code><description>[Canceled] x</description><notBefore>soon</notBefore></item>"         \
	"</eventsSet>"

START_TEST(statuses)
{
	static const struct server_answer pages[] = {
		{200, .body = STATUSES(STATUS("i-1",
					       CHECK_OF("systemStatus", "impaired",
						       SINCE("2026-11-22T12:00:00.000Z")),
					       CHECK_OF("instanceStatus", "impaired",
						       SINCE("2026-11-22T11:59:00.000Z")),
					       EVENTS),
			      "<nextToken>t=1</nextToken>")},
		{200,
			.body = "<DescribeInstanceStatusResponse><instanceStatusSet><item>"
				"<instanceId>i-9</instanceId><eventsSet><item/><item/></eventsSet>",
			.promise = 1000},
		{200, .body = STATUSES(FINE("i-2"), "<nextToken/>")},
	};
	static const char *const values[] = {"impaired", "initializing"};
	static const struct ec2_filter filter = {"system-status.status", values, 2};
	struct ec2_statuses out = {0};
	const struct ec2_status *s;

	begin(pages, ARRAY_SIZE(pages));
	ck_assert_msg(!ec2_describe_instance_status(aws, NULL, 0, &filter, 1, true, &out, &err),
		"%s", err.text);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeInstanceStatus&Version=2016-11-15&IncludeAllInstances=true"
		"&Filter.1.Name=system-status.status&Filter.1.Value.1=impaired"
		"&Filter.1.Value.2=initializing&MaxResults=1000");
	ck_assert_uint_eq(server_count(server), 3);
	ck_assert_ptr_nonnull(strstr(server_body(server, 2), "&NextToken=t%3D1"));
	ck_assert_uint_eq(out.n, 2);
	s = &out.all[0];
	ck_assert_str_eq(s->id, "i-1");
	ck_assert_str_eq(s->state, "running");
	ck_assert_str_eq(s->az, "us-east-2a");
	ck_assert_str_eq(s->system_check, "impaired");
	ck_assert_str_eq(s->instance_check, "impaired");
	ck_assert_int_eq(s->impaired_since_s, 1795348740);
	ck_assert_uint_eq(s->nevents, 3);
	ck_assert_str_eq(s->events[0].id, "instance-event-1");
	ck_assert_str_eq(s->events[0].code, "instance-retirement");
	ck_assert_str_eq(s->events[0].text, "degraded hardware");
	ck_assert_int_eq(s->events[0].not_before_s, 1795910400);
	ck_assert_int_eq(s->events[0].not_after_s, 0);
	ck_assert_int_eq(s->events[0].deadline_s, 1796083200);
	ck_assert(!s->events[0].over);
	ck_assert(s->events[1].over && s->events[1].not_after_s == 1795140000 &&
		  !s->events[1].deadline_s);
	/* a time that is none is not said */
	ck_assert(s->events[2].over && !s->events[2].not_before_s);
	s = &out.all[1];
	ck_assert_str_eq(s->id, "i-2");
	ck_assert_str_eq(s->system_check, "ok");
	ck_assert(!s->impaired_since_s && !s->nevents && !s->events);
	ec2_statuses_release(&out);
	ck_assert(!out.all && !out.n);
	end();
}
END_TEST

/* A hundred a request, in the order of the calls; one that is unknown fails all. */
START_TEST(statuses_by_id)
{
	static const struct server_answer three[] = {
		{200, .only = "InstanceId.1=i-0&", .body = STATUSES(FINE("i-0"), "")},
		{200, .only = "InstanceId.1=i-100&",
			.body = STATUSES(FINE("i-100") STATUS("i-101", "", "", EVENTS), "")},
		{200, .only = "InstanceId.1=i-200", .body = STATUSES("", "")},
	};
	static const struct server_answer unknown[] = {
		{200, .only = "InstanceId.1=i-0&", .body = STATUSES(FINE("i-0"), "")},
		{400, .only = "InstanceId.1=i-100&",
			.body = ERROR("InvalidInstanceID.NotFound", "no i-100")},
		{200, .only = "InstanceId.1=i-200", .body = STATUSES("", "")},
	};
	static const struct server_answer none[] = {{200, .body = STATUSES("", "")}};
	char texts[201][16];
	const char *ids[201];
	struct ec2_statuses out = {0};

	for (int i = 0; i < 201; i++) {
		snprintf(texts[i], sizeof(texts[i]), "i-%d", i);
		ids[i] = texts[i];
	}
	begin(three, ARRAY_SIZE(three));
	ck_assert_msg(!ec2_describe_instance_status(aws, ids, 201, NULL, 0, false, &out, &err),
		"%s", err.text);
	ck_assert_uint_eq(server_count(server), 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(!strstr(server_body(server, i), "IncludeAll"));
		ck_assert(!strstr(server_body(server, i), "MaxResults"));
		ck_assert(!strstr(server_body(server, i), "InstanceId.101="));
	}
	ck_assert_uint_eq(out.n, 3);
	ck_assert_str_eq(out.all[0].id, "i-0");
	ck_assert_str_eq(out.all[2].id, "i-101");
	ck_assert_uint_eq(out.all[2].nevents, 3);
	ec2_statuses_release(&out);
	end();

	begin(unknown, ARRAY_SIZE(unknown));
	expect(ec2_describe_instance_status(aws, ids, 201, NULL, 0, false, &out, &err),
		ERR_CONSISTENCY, "InvalidInstanceID.NotFound", "no i-100");
	ck_assert(!out.all && !out.n);
	end();

	begin(none, 1);
	ck_assert_int_eq(ec2_describe_instance_status(aws, ids, 1, NULL, 0, true, &out, &err), 0);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_ptr_nonnull(strstr(server_body(server, 0), "IncludeAllInstances=true"));
	expect(ec2_describe_instance_status(aws, NULL, 0, NULL, 0, true, &out, &err), ERR_USAGE, "",
		"without ids and filters");
	end();
}
END_TEST

#define REQUESTS(items, rest)                                                                      \
	"<DescribeSpotInstanceRequestsResponse " NS "><spotInstanceRequestSet>" items              \
	"</spotInstanceRequestSet>" rest "</DescribeSpotInstanceRequestsResponse>"
#define REQUEST(id, instance, state, code, time)                                                   \
	"<item><spotInstanceRequestId>" id "</spotInstanceRequestId><instanceId>" instance         \
	"</instanceId><state>" state "</state><status><code>" code "</code><message>m " code       \
	"</message>" time "</status></item>"

START_TEST(spot_requests)
{
	static const struct server_answer pages[] = {
		{200, .body = REQUESTS(REQUEST("sir-1", "i-1", "active", "marked-for-termination",
					       "<updateTime>2026-11-22T12:00:00.000Z</updateTime>")
					       REQUEST("sir-2", "i-2", "active", "fulfilled", ""),
			      "<nextToken>n</nextToken>")},
		{500, .body = REQUESTS(REQUEST("sir-9", "i-9", "open", "x", ""), "")},
		{200, .body = REQUESTS(REQUEST("sir-3", "i-3", "closed",
					       "instance-terminated-no-capacity", ""),
			      "")},
	};
	static const struct server_answer refusal[] = {
		{400, .body = ERROR("InvalidParameterValue", "The filter 'x' is invalid")}};
	static const char *const values[] = {"i-1", "i-2", "i-3"};
	static const struct ec2_filter filter = {"instance-id", values, 3};
	struct ec2_spot_request *all = NULL;
	size_t n = 0;

	begin(pages, ARRAY_SIZE(pages));
	ck_assert_msg(!ec2_describe_spot_requests(aws, &filter, 1, &all, &n, &err), "%s", err.text);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeSpotInstanceRequests&Version=2016-11-15&Filter.1.Name=instance-id"
		"&Filter.1.Value.1=i-1&Filter.1.Value.2=i-2&Filter.1.Value.3=i-3&MaxResults=1000");
	ck_assert_uint_eq(server_count(server), 3);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(all[0].id, "sir-1");
	ck_assert_str_eq(all[0].instance, "i-1");
	ck_assert_str_eq(all[0].state, "active");
	ck_assert_str_eq(all[0].code, "marked-for-termination");
	ck_assert_str_eq(all[0].message, "m marked-for-termination");
	ck_assert_int_eq(all[0].updated_s, 1795348800);
	ck_assert_int_eq(all[1].updated_s, 0);
	ck_assert_str_eq(all[2].code, "instance-terminated-no-capacity");
	free(all);
	end();
	ck_assert(ec2_spot_is_marked("marked-for-termination"));
	ck_assert(ec2_spot_is_marked("marked-for-stop"));
	ck_assert(!ec2_spot_is_marked("fulfilled") && !ec2_spot_is_marked(""));

	begin(refusal, 1);
	all = NULL;
	expect(ec2_describe_spot_requests(aws, &filter, 1, &all, &n, &err), ERR_CONFIG,
		"InvalidParameterValue", "filter 'x'");
	ck_assert_ptr_null(all);
	end();
}
END_TEST

#define INSTANCE(reason)                                                                           \
	"<item><instanceId>i-1</instanceId><instanceState><name>terminated</name></instanceState>" \
	"<reason>" reason "</reason><instanceLifecycle>spot</instanceLifecycle>"                   \
	"<spotInstanceRequestId>sir-abc</spotInstanceRequestId></item>"
#define INSTANCES(items)                                                                           \
	"<DescribeInstancesResponse><reservationSet><item><instancesSet>" items                    \
	"</instancesSet></item></reservationSet></DescribeInstancesResponse>"

START_TEST(times_of_ends)
{
	static const struct server_answer script[] = {{200,
		.body = INSTANCES(INSTANCE("User initiated (2026-11-22 12:00:00 GMT)") INSTANCE("")
				INSTANCE("Server.SpotInstanceTermination")
					INSTANCE("odd (thing) (2026-11-22 12:00:01 UTC)") INSTANCE(
						"User initiated (2026-11-22 12:00:00 GMT) and more")
						INSTANCE("User initiated (2026-11-22 GMT)")
							INSTANCE("(2026-13-41 12:00:00 GMT)"))}};
	static const int64_t ends[] = {1795348800, 0, 0, 1795348801, 0, 0, 0};
	static const char *const values[] = {"lab"};
	static const struct ec2_filter filter = {"tag:burst:cluster", values, 1};
	struct ec2_instances out = {0};

	begin(script, 1);
	ck_assert_msg(
		!ec2_describe_instances(aws, NULL, 0, &filter, 1, &out, &err), "%s", err.text);
	ck_assert_uint_eq(out.n, ARRAY_SIZE(ends));
	for (size_t i = 0; i < out.n; i++)
		ck_assert_msg(out.all[i].ended_s == ends[i], "%zu", i);
	ck_assert_str_eq(out.all[0].spot_request, "sir-abc");
	ec2_instances_release(&out);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ec2_health");
	TCase *tc = tcase_create("server");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(tc, fixture_setup, NULL);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, statuses);
	tcase_add_test(tc, statuses_by_id);
	tcase_add_test(tc, spot_requests);
	tcase_add_test(tc, times_of_ends);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
