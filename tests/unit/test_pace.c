/* SPDX-License-Identifier: Apache-2.0 */
/* EC2's rates kept by the helper's processes together; the clock is a number here. */
#include <check.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ec2_fixture.h"
#include "helper/pace.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define REGION "us-east-2"
#define NOW    INT64_C(1800000000000)

static char dir[64];

static void setup(void)
{
	fixture_setup();
	snprintf(dir, sizeof(dir), "/tmp/test_pace.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/buckets", dir);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct pace *create(unsigned share_percent)
{
	struct pace *pace = pace_create(dir, share_percent, &err);

	ck_assert_msg(pace != NULL, "%s", err.text);
	return pace;
}

/* How many of ACTION go at NOW_MS. */
static unsigned go(struct pace *pace, const char *region, const char *action, int64_t now_ms)
{
	unsigned n = 0;

	while (!pace_take(pace, region, action, 0, now_ms) && n < 10000)
		n++;
	return n;
}

START_TEST(rates)
{
	static const struct {
		unsigned share_percent;
		const char *action;
		unsigned size, per_s;
	} t[] = {
		{100, "CreateTags", 100, 10},
		{0, "CreateTags", 100, 10},
		{100, "DescribeInstances", 100, 20},
		{100, "CreateFleet", 50, 5},
		{50, "CreateFleet", 25, 2},
		{50, "DescribeSubnets", 50, 10},
		{1, "CreateFleet", 1, 1},
		{100, "TerminateInstances", 100, 5},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct pace *pace = create(t[i].share_percent);
		char region[16];
		int64_t wait_ms;

		snprintf(region, sizeof(region), "r-%zu", i); /* each has buckets of its own */
		ck_assert_uint_eq(go(pace, region, t[i].action, NOW), t[i].size);
		wait_ms = pace_take(pace, region, t[i].action, 0, NOW);
		ck_assert_int_ge(wait_ms, 1000 / t[i].per_s);
		ck_assert_int_le(wait_ms, 1000 / t[i].per_s + 1);
		ck_assert_uint_eq(go(pace, region, t[i].action, NOW + 1000), t[i].per_s);
		/* the next action has its own */
		ck_assert_int_eq(pace_take(pace, region, "DeleteFleets", 0, NOW), 0);
		pace_destroy(pace);
	}
}
END_TEST

START_TEST(shared)
{
	struct pace *a = create(100), *b = create(100);

	ck_assert_uint_eq(go(a, REGION, "CreateFleet", NOW), 50);
	ck_assert_int_gt(pace_take(b, REGION, "CreateFleet", 0, NOW), 0);
	ck_assert_int_eq(pace_take(b, "us-west-2", "CreateFleet", 0, NOW), 0);
	pace_destroy(a);
	pace_destroy(b);
}
END_TEST

START_TEST(instances)
{
	struct pace *pace = create(100);
	int64_t now_ms = NOW;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(pace_take(pace, REGION, "TerminateInstances", 200, now_ms), 0);
	/* 200 more at 20 a second: however often it is asked, it is one request */
	for (; now_ms < NOW + 10000; now_ms += 100) {
		int64_t wait_ms = pace_take(pace, REGION, "TerminateInstances", 200, now_ms);

		ck_assert_int_ge(wait_ms, NOW + 10000 - now_ms);
		ck_assert_int_le(wait_ms, NOW + 10001 - now_ms);
	}
	ck_assert_int_eq(pace_take(pace, REGION, "TerminateInstances", 200, now_ms), 0);
	/* six of the hundred were taken, and given back meanwhile */
	ck_assert_uint_eq(go(pace, REGION, "TerminateInstances", now_ms), 100);
	pace_destroy(pace);
}
END_TEST

/* The same without the time that gives tokens back. */
START_TEST(one_request_pays_once)
{
	struct pace *pace = create(100);

	ck_assert_int_eq(pace_take(pace, REGION, "TerminateInstances", 1000, NOW), 0);
	for (int i = 0; i < 500; i++)
		ck_assert_int_gt(pace_take(pace, REGION, "TerminateInstances", 1, NOW), 0);
	/* what others take meanwhile does not make it pay again */
	ck_assert_int_eq(pace_take(pace, REGION, "CreateTags", 0, NOW), 0);
	ck_assert_int_eq(pace_take(pace, REGION, "TerminateInstances", 1, NOW + 50), 0);
	ck_assert_uint_eq(go(pace, REGION, "TerminateInstances", NOW + 50), 98);
	pace_destroy(pace);
}
END_TEST

START_TEST(refusal_empties)
{
	struct pace *pace = create(100);

	pace_refused(pace, REGION, "CreateTags", NOW);
	ck_assert_int_gt(pace_take(pace, REGION, "CreateTags", 0, NOW), 0);
	ck_assert_int_eq(pace_take(pace, REGION, "CreateTags", 0, NOW + 101), 0);
	pace_refused(pace, REGION, "TerminateInstances", NOW);
	ck_assert_int_gt(pace_take(pace, REGION, "TerminateInstances", 100, NOW + 4000), 0);
	ck_assert_int_eq(pace_take(pace, REGION, "TerminateInstances", 100, NOW + 5001), 0);
	pace_destroy(pace);
}
END_TEST

START_TEST(cannot_be_had)
{
	struct aws_options options = {.region = REGION, .endpoint_url = "http://127.0.0.1:1"};

	ck_assert_ptr_null(pace_create("/nonexistent", 100, &err));
	ck_assert_int_eq(err.class, ERR_NOTFOUND);
	pace_destroy(NULL);
	aws = aws_create(&options, &err);
	pace_attach(NULL, aws); /* and nothing is asked */
	aws_destroy(aws);
}
END_TEST

/* Attached: real requests wait, in real time. */
START_TEST(requests_wait)
{
	static const struct server_answer script[] = {
		{503, .body = ERROR("RequestLimitExceeded", "slow")},
		{200, .body = DONE("CreateTags")}};
	static const char *const ids[] = {"i-1"};
	static const struct ec2_tag tag[] = {{"k", "v"}};
	struct pace *pace = create(10); /* 1 a second */
	int64_t began_ms = clock_mono_ms();

	begin(script, 2);
	pace_attach(pace, aws);
	ck_assert_int_eq(ec2_create_tags(aws, ids, 1, tag, 1, &err), 0);
	ck_assert_int_ge(clock_mono_ms() - began_ms, 990); /* emptied by the refusal */
	ck_assert_int_eq(ec2_create_tags(aws, ids, 1, tag, 1, &err), 0);
	ck_assert_int_ge(clock_mono_ms() - began_ms, 1900);
	ck_assert_uint_eq(server_count(server), 3);
	end();
	pace_destroy(pace);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pace");
	TCase *tc = tcase_create("pace");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, rates);
	tcase_add_test(tc, shared);
	tcase_add_test(tc, instances);
	tcase_add_test(tc, one_request_pays_once);
	tcase_add_test(tc, refusal_empties);
	tcase_add_test(tc, cannot_be_had);
	tcase_add_test(tc, requests_wait);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
