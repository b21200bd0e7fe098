/* SPDX-License-Identifier: Apache-2.0 */
/* Events as EventBridge and AWS Health write them, and as nobody should. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/event.h"
#include "lib/base/cleanup.h"

#define HEAD                                                                                       \
	"\"version\":\"0\",\"id\":\"12345678-1234-1234-1234-123456789012\",\"account\":"           \
	"\"123456789012\",\"time\":\"2026-11-22T12:00:00Z\",\"region\":\"us-east-2\","
#define EC2(type, detail)                                                                          \
	"{" HEAD "\"source\":\"aws.ec2\",\"detail-type\":\"" type "\",\"detail\":" detail "}"
#define WARNING(detail) EC2("EC2 Spot Instance Interruption Warning", detail)
#define ID              "i-0123456789abcdef0"
#define OF              "\"instance-id\":\"" ID "\""
#define HEALTH(rest)                                                                               \
	"{" HEAD "\"source\":\"aws.health\",\"detail-type\":\"AWS Health Event\"," rest "}"

static struct err err;
static struct event event;

static int parse(const char *text)
{
	memset(&err, 0, sizeof(err));
	event = (struct event){0};
	return event_parse(text, strlen(text), &event, &err);
}

START_TEST(kinds)
{
	static const struct {
		const char *text;
		enum event_kind kind;
		const char *what, *name;
	} t[] = {
		{WARNING("{" OF ",\"instance-action\":\"terminate\"}"), EVENT_SPOT_INTERRUPTION,
			"terminate", "spot-interruption"},
		{EC2("EC2 Instance Rebalance Recommendation", "{" OF "}"), EVENT_REBALANCE, "",
			"rebalance"},
		{EC2("EC2 Instance State-change Notification", "{" OF ",\"state\":\"shutting-down\""
							       "}"),
			EVENT_STATE_CHANGE, "shutting-down", "state-change"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_msg(!parse(t[i].text), "%s", err.text);
		ck_assert_int_eq(event.kind, t[i].kind);
		ck_assert_str_eq(event_kind_name(event.kind), t[i].name);
		ck_assert_str_eq(event.id, "12345678-1234-1234-1234-123456789012");
		ck_assert_str_eq(event.account, "123456789012");
		ck_assert_str_eq(event.region, "us-east-2");
		ck_assert_int_eq(event.time_s, 1795348800);
		ck_assert_str_eq(event.what, t[i].what);
		ck_assert_uint_eq(event.ninstances, 1);
		ck_assert_str_eq(event.instances[0], ID);
		event_release(&event);
		ck_assert(!event.instances && !event.ninstances);
	}
	ck_assert_str_eq(event_kind_name(EVENT_OTHER), "other");
	ck_assert_str_eq(event_kind_name((enum event_kind)99), "other");
}
END_TEST

START_TEST(health)
{
	ck_assert_msg(
		!parse(HEALTH("\"resources\":[\"" ID "\",\"i-99999999\",7,\"vol-1\"],\"detail\":"
			      "{\"service\":\"EC2\",\"eventTypeCode\":"
			      "\"AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED\","
			      "\"eventTypeCategory\":\"scheduledChange\",\"startTime\":"
			      "\"Sun, 29 Nov 2026 00:00:00 GMT\",\"endTime\":\"2026-11-29T02:00:00Z"
			      "\",\"eventDescription\":[{\"language\":\"en_US\","
			      "\"latestDescription\":\"line\\none\\u001b[2J \\u00e9\"}],"
			      "\"affectedEntities\":[{\"entityValue\":\"" ID "\"},"
			      "{\"entityValue\":\"vol-1\"},{},7]}")),
		"%s", err.text);
	ck_assert_int_eq(event.kind, EVENT_HEALTH);
	ck_assert_str_eq(event_kind_name(event.kind), "health");
	ck_assert_str_eq(event.what, "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED");
	ck_assert_str_eq(event.category, "scheduledChange");
	ck_assert_int_eq(event.begins_s, 1795910400);
	ck_assert_int_eq(event.ends_s, 1795917600);
	ck_assert_str_eq(event.text, "line?one?[2J ??");
	ck_assert_uint_eq(event.ninstances, 2);
	ck_assert_str_eq(event.instances[0], ID);
	ck_assert_str_eq(event.instances[1], "i-99999999");
	event_release(&event);
	/* the least that there must be; and another service's */
	ck_assert_int_eq(
		parse(HEALTH("\"detail\":{\"service\":\"EC2\",\"eventTypeCode\":\"AWS_EC2_X\","
			     "\"startTime\":\"tomorrow\",\"eventDescription\":[]}")),
		0);
	ck_assert(event.kind == EVENT_HEALTH && !event.begins_s && !event.ninstances);
	ck_assert_int_eq(parse(HEALTH("\"detail\":{\"service\":\"RDS\"}")), 0);
	ck_assert_int_eq(event.kind, EVENT_OTHER);
}
END_TEST

START_TEST(others)
{
	static const char *const t[] = {
		"{}",
		"{\"detail\":7,\"source\":[],\"region\":null}",
		EC2("EC2 Instance Launch Successful", "{}"),
		/* anybody may send this: only AWS sends as aws.ec2 */
		"{" HEAD "\"source\":\"my.ec2\",\"detail-type\":\"EC2 Spot Instance Interruption "
		"Warning\",\"detail\":{" OF ",\"instance-action\":\"terminate\"}}",
		"{" HEAD "\"source\":\"aws.ec2\\u0000\",\"detail-type\":\"EC2 Instance Rebalance "
		"Recommendation\",\"detail\":{" OF "}}",
		"{" HEAD "\"source\":\"aws.health\",\"detail-type\":\"EC2 Instance Rebalance "
		"Recommendation\",\"detail\":{" OF "}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_msg(!parse(t[i]), "%s", err.text);
		ck_assert_int_eq(event.kind, EVENT_OTHER);
		ck_assert_uint_eq(event.ninstances, 0);
	}
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{"", "no event: the answer ends in the middle"},
		{"[]", "no event: not a JSON object"},
		{"hello", "no event: not a JSON object"},
		{"{\"a\":1}{}", "no event: not well-formed JSON"},
		{"{\"a\":\"\xff\"}", "no event: not well-formed JSON"},
		{"{\"a\":", "no event: "},
		{EC2("EC2 Spot Instance Interruption Warning", "[]"), "detail is missing"},
		{WARNING("{\"instance-action\":\"terminate\"}"), "instance-id is missing"},
		{WARNING("{\"instance-id\":\"i-12345\",\"instance-action\":\"stop\"}"),
			"instance-id is missing or none"},
		{WARNING("{\"instance-id\":\"i-0123456789ABCDEF0\",\"instance-action\":\"stop\"}"),
			"instance-id is missing or none"},
		{WARNING("{\"instance-id\":\"" ID "0\",\"instance-action\":\"stop\"}"),
			"instance-id is missing or none"},
		{WARNING("{\"instance-id\":\"" ID "\\u0000\",\"instance-action\":\"stop\"}"),
			"instance-id is missing or none"},
		{WARNING("{\"instance-id\":[\"" ID "\"],\"instance-action\":\"stop\"}"),
			"instance-id is missing or none"},
		{WARNING("{" OF "}"), "instance-action is missing"},
		{WARNING("{" OF ",\"instance-action\":\"terminate;reboot\"}"),
			"instance-action is missing or no word"},
		{WARNING("{" OF ",\"instance-action\":\"\"}"), "instance-action is missing"},
		{EC2("EC2 Instance State-change Notification", "{" OF ",\"state\":\"UP\"}"),
			"state is missing or no word"},
		{EC2("EC2 Instance State-change Notification",
			 "{" OF ",\"state\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
			"state is missing or no word"},
		{"{\"account\":\"12345678901x\",\"region\":\"us-east-2\",\"time\":"
		 "\"2026-11-22T12:00:00Z\",\"source\":\"aws.ec2\",\"detail-type\":\"EC2 Instance "
		 "Rebalance Recommendation\",\"detail\":{" OF "}}",
			"account is missing or no number"},
		{"{\"account\":\"123456789012\",\"region\":\"US\",\"time\":"
		 "\"2026-11-22T12:00:00Z\",\"source\":\"aws.ec2\",\"detail-type\":\"EC2 Instance "
		 "Rebalance Recommendation\",\"detail\":{" OF "}}",
			"region is missing or no word"},
		{"{\"account\":\"123456789012\",\"region\":\"us-east-2\",\"time\":\"now\","
		 "\"source\":\"aws.ec2\",\"detail-type\":\"EC2 Instance Rebalance Recommendation\","
		 "\"detail\":{" OF "}}",
			"time is missing or none"},
		{HEALTH("\"detail\":{}"), "service is missing"},
		{HEALTH("\"detail\":{\"service\":\"EC2\",\"eventTypeCode\":\"x y\"}"),
			"eventTypeCode is missing"},
	};
	char *long_one;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_msg(parse(t[i].text) == -1, "%s", t[i].text);
		ck_assert_msg(err.class == ERR_USAGE, "%zu: %s", i, err.text);
		ck_assert_msg(
			strstr(err.text, t[i].why) != NULL, "\"%s\": %s", err.text, t[i].text);
		ck_assert(!event.instances && !event.kind);
		ck_assert_int_eq(event_parse(t[i].text, strlen(t[i].text), &event, NULL), -1);
	}
	long_one = calloc(1, EVENT_MAX + 2);
	ck_assert_ptr_nonnull(long_one);
	memset(long_one, ' ', EVENT_MAX + 1);
	long_one[0] = '{';
	long_one[EVENT_MAX] = '}';
	ck_assert_int_eq(parse(long_one), -1);
	ck_assert_str_eq(err.text, "no event: longer than 256 KiB");
	long_one[EVENT_MAX] = '\0';
	long_one[EVENT_MAX - 1] = '}';
	ck_assert_int_eq(parse(long_one), 0);
	free(long_one);
	/* depth is bounded */
	{
		char deep[2 * 64 + 8] = "{\"a\":";

		memset(deep + 5, '[', 64);
		memset(deep + 5 + 64, ']', 64);
		deep[5 + 128] = '}';
		ck_assert_int_eq(parse(deep), -1);
		ck_assert_ptr_nonnull(strstr(err.text, "not well-formed"));
	}
}
END_TEST

/* As many as fit are taken, each once. */
START_TEST(many)
{
	size_t size = 1200 * 40 + 1024, at;
	cleanup_free char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	at = (size_t)snprintf(text, size,
		"{" HEAD "\"source\":\"aws.health\",\"detail-type\":\"AWS Health Event\","
		"\"detail\":{\"service\":\"EC2\",\"eventTypeCode\":\"X\"},\"resources\":[");
	for (unsigned i = 0; i < 1200; i++)
		at += (size_t)snprintf(
			text + at, size - at, "%s\"i-%08x\",\"" ID "\"", i ? "," : "", i);
	snprintf(text + at, size - at, "]}");
	ck_assert_msg(!parse(text), "%s", err.text);
	ck_assert_uint_eq(event.ninstances, EVENT_MAX_INSTANCES);
	ck_assert_str_eq(event.instances[0], "i-00000000");
	ck_assert_str_eq(event.instances[1], ID);
	ck_assert_str_eq(event.instances[2], "i-00000001");
	event_release(&event);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *tc = tcase_create("event");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, kinds);
	tcase_add_test(tc, health);
	tcase_add_test(tc, others);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, many);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
