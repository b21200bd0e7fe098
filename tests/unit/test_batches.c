/* SPDX-License-Identifier: Apache-2.0 */
/* Many ids: cut into requests that run at a time, and put together again. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"
#include "lib/base/cleanup.h"

static const char *const one_id[] = {"i-1"};
static unsigned paced; /* instances */

static int64_t take(void *arg, const char *region, const char *action, unsigned n)
{
	paced += n;
	return 0;
}

static char (*names)[24];
static const char **ids;

static void make_ids(size_t n)
{
	names = calloc(n, sizeof(*names));
	ids = calloc(n, sizeof(*ids));
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "i-%017zx", i);
		ids[i] = names[i];
	}
}

static void free_ids(void)
{
	free(names);
	free(ids);
}

/* The body of the request that has WHAT. */
static const char *body_with(const char *what)
{
	for (size_t i = 0; i < server_count(server); i++)
		if (strstr(server_body(server, i), what))
			return server_body(server, i);
	ck_abort_msg("no request with %s", what);
	return NULL;
}

START_TEST(tags_in_batches)
{
	static const struct server_answer done[] = {
		{200, .body = DONE("CreateTags"), .delay_ms = 200}};
	static const struct ec2_tag tag[] = {{"burst:n0", "1"}, {"k", "v"}};
	const struct ec2_tag_call some[] = {{one_id, 1, tag, 2}, {one_id, 1, tag, 0},
		{one_id, 0, tag, 1}, {one_id, 1, tag + 1, 1}};

	make_ids(2500);
	begin(done, 1);
	ck_assert_int_eq(ec2_create_tags(aws, ids, 2500, tag, 1, &err), 0);
	ck_assert_uint_eq(server_count(server), 3);
	ck_assert_uint_eq(server_open_max(server), 3);
	ck_assert_ptr_nonnull(strstr(body_with("&ResourceId.1=i-00000000000000000&"),
		"&ResourceId.1000=i-000000000000003e7&Tag.1"));
	ck_assert_ptr_nonnull(strstr(body_with("&ResourceId.1=i-000000000000003e8&"),
		"&ResourceId.1000=i-000000000000007cf&Tag.1"));
	ck_assert_ptr_nonnull(strstr(body_with("&ResourceId.1=i-000000000000007d0&"),
		"&ResourceId.500=i-000000000000009c3&Tag.1.Key=burst%3An0&Tag.1.Value=1"));
	end();

	begin(done, 1);
	ck_assert_int_eq(ec2_create_tags_many(aws, some, 4, &err), 0);
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_ptr_nonnull(body_with("Action=CreateTags&Version=2016-11-15&ResourceId.1=i-1"
					"&Tag.1.Key=burst%3An0&Tag.1.Value=1&Tag.2.Key=k&Tag.2."
					"Value=v"));
	ck_assert_ptr_nonnull(body_with("&ResourceId.1=i-1&Tag.1.Key=k&Tag.1.Value=v"));
	ck_assert_int_eq(ec2_create_tags_many(aws, NULL, 0, &err), 0);
	ck_assert_int_eq(ec2_create_tags(aws, ids, 2500, NULL, 0, &err), 0);
	ck_assert_uint_eq(server_count(server), 2);
	end();
	free_ids();
}
END_TEST

START_TEST(terminate_in_pieces)
{
	static const struct server_answer script[] = {
		{400, .body = ERROR("InvalidInstanceID.NotFound", "no i-190"),
			.only = "InstanceId.1=i-00000000000000190&"},
		{400, .body = ERROR("UnauthorizedOperation", "no"),
			.only = "InstanceId.1=i-00000000000000258&"},
		{200, .body = DONE("TerminateInstances")}};
	static const struct aws_pacer pacer = {.take = take};
	const char *last;

	make_ids(1001);
	begin(script, ARRAY_SIZE(script));
	aws_set_pacer(aws, &pacer);
	/* all are sent; the first failure is told */
	expect(ec2_terminate_instances(aws, ids, 1001, &err), ERR_CONSISTENCY,
		"InvalidInstanceID.NotFound", "no i-190");
	ck_assert_uint_eq(server_count(server), 6);
	ck_assert_uint_eq(paced, 1001);
	ck_assert_ptr_nonnull(strstr(body_with("&InstanceId.1=i-00000000000000000&"),
		"&InstanceId.200=i-000000000000000c7"));
	last = body_with("&InstanceId.1=i-000000000000003e8");
	ck_assert(!strstr(last, "InstanceId.2="));
	ck_assert_int_eq(ec2_terminate_instances(aws, ids, 400, &err), 0);
	ck_assert_int_eq(ec2_terminate_instances(aws, ids, 0, &err), 0);
	ck_assert_uint_eq(server_count(server), 8);
	end();
	free_ids();
}
END_TEST

/* DescribeInstances' answer with ids FROM to TO, in the other order, and MORE. */
static void instances(struct strbuf *sb, size_t from, size_t to, const char *more)
{
	strbuf_addstr(sb, "<DescribeInstancesResponse><reservationSet><item><instancesSet>");
	for (size_t i = to; i > from; i--)
		strbuf_addf(sb, "<item><instanceId>%s</instanceId></item>", ids[i - 1]);
	strbuf_addf(
		sb, "</instancesSet></item></reservationSet>%s</DescribeInstancesResponse>", more);
}

START_TEST(describe_in_batches)
{
	CLEANUP(strbuf_release) struct strbuf a = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf c = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf d = STRBUF_INIT;
	struct server_answer script[4] = {
		{200, .only = "InstanceId.1=i-00000000000000000&", .delay_ms = 300},
		{200, .only = "InstanceId.1=i-000000000000003e8&", .delay_ms = 200},
		{200, .only = "InstanceId.1=i-000000000000007d0&", .delay_ms = 100},
		{200, .only = "NextToken=next"},
	};
	struct ec2_instances all = {0};

	make_ids(2500);
	instances(&a, 0, 1000, "");
	instances(&b, 1000, 2000, "");
	instances(&c, 2000, 2400, "<nextToken>next</nextToken>");
	instances(&d, 2400, 2500, "");
	script[0].body = a.buf;
	script[1].body = b.buf;
	script[2].body = c.buf;
	script[3].body = d.buf;
	begin(script, 4);
	ck_assert_msg(!ec2_describe_instances(aws, ids, 2500, NULL, 0, &all, &err), "%s", err.text);
	ck_assert_uint_eq(server_count(server), 4);
	ck_assert_uint_eq(server_open_max(server), 3);
	ck_assert_uint_eq(all.n, 2500);
	ck_assert_str_eq(all.all[0].id, ids[999]);
	ck_assert_str_eq(all.all[1000].id, ids[1999]);
	ck_assert_str_eq(all.all[2000].id, ids[2399]);
	ck_assert_str_eq(all.all[2499].id, ids[2400]);
	ec2_instances_release(&all);
	end();

	/* one of the second thousand is not known yet */
	strbuf_setlen(&b, 0);
	instances(&b, 1000, 1999, "");
	script[1].body = b.buf;
	begin(script, 4);
	expect(ec2_describe_instances(aws, ids, 2500, NULL, 0, &all, &err), ERR_CONSISTENCY,
		"InvalidInstanceID.NotFound", "EC2 does not know i-000000000000007cf yet");
	ck_assert_ptr_null(all.all);
	end();
	free_ids();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("batches");
	TCase *tc = tcase_create("batches");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, NULL);
	tcase_add_test(tc, tags_in_batches);
	tcase_add_test(tc, terminate_in_pieces);
	tcase_add_test(tc, describe_in_batches);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
