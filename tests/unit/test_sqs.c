/* SPDX-License-Identifier: Apache-2.0 */
/* Messages from a queue, against a scripted server on loopback. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"
#include "lib/aws/sqs.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define JSON .type = "application/x-amz-json-1.0"
#define URL  "https://sqs.us-east-2.amazonaws.com/123456789012/burst"

START_TEST(urls)
{
	static const struct {
		const char *url, *region, *refused;
	} t[] = {
		{URL, "us-east-2"},
		{"https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/a_B-9.fifo",
			"us-gov-west-1"},
		{"https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/123456789012/q", "eu-west-1"},
		{"https://eu-west-1.queue.amazonaws.com/123456789012/q", "eu-west-1"},
		{"https://queue.amazonaws.com/123456789012/q", ""},
		{"https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q", "cn-north-1"},
		{"http://127.0.0.1:8080/123456789012/q", ""},
		{"https://sqs.example.org/123456789012/q", ""},
		{"ftp://x/123456789012/q", NULL, "the queue's URL: endpoint URL: expected http"},
		{"burst", NULL, "the queue's URL: endpoint URL"},
		{"https://sqs.us-east-2.amazonaws.com/12345678901/q", NULL, "expected one like"},
		{"https://sqs.us-east-2.amazonaws.com/1234567890123/q", NULL, "expected one like"},
		{"https://sqs.us-east-2.amazonaws.com/123456789012/", NULL, "expected one like"},
		{"https://sqs.us-east-2.amazonaws.com/123456789012/a/b", NULL, "expected one like"},
		{"https://sqs.us-east-2.amazonaws.com/123456789012/a.b", NULL, "expected one like"},
		{"https://sqs.us-east-2.amazonaws.com", NULL, "expected one like"},
		{URL "?x=1", NULL, "a query"},
		{"https://sqs.us-east-2.amazonaws.com/123456789012/"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "a",
			NULL, "expected one like"},
	};
	char region[32];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		memset(&err, 0, sizeof(err));
		if (t[i].refused) {
			expect(sqs_check_url(t[i].url, region, sizeof(region), &err), ERR_CONFIG,
				"", t[i].refused);
			continue;
		}
		ck_assert_msg(
			!sqs_check_url(t[i].url, region, sizeof(region), &err), "%s", err.text);
		ck_assert_str_eq(region, t[i].region);
		ck_assert_int_eq(sqs_check_url(t[i].url, NULL, 0, &err), 0);
	}
}
END_TEST

#define MESSAGE(receipt, body)                                                                     \
	"{\"MessageId\":\"m-1\",\"ReceiptHandle\":\"" receipt                                      \
	"\",\"MD5OfBody\":\"d\",\"Body\":\"" body "\",\"Attributes\":{\"SentTimestamp\":"          \
	"\"1795348800123\",\"ApproximateReceiveCount\":\"2\"}}"

START_TEST(receive)
{
	static const struct server_answer script[] = {
		{200,
			.body = "{\"Messages\":[" MESSAGE("r/1+2==",
				"{\\\"a\\\":\\\"\\u00e9\\\"}") ",{\"ReceiptHandle\":\"r2\","
							       "\"Body\":\"\",\"Attributes\":"
							       "{\"SentTimestamp\":5}}]}",
			JSON},
		{200, .body = "{}", JSON},
		{200, .body = "{\"Messages\":null}", JSON},
		{200, .body = "{\"Messages\":[]}", JSON},
	};
	struct sqs_messages m = {0};
	const char *r;

	begin(script, ARRAY_SIZE(script));
	ck_assert_msg(!sqs_receive(aws, URL, 20, NULL, &m, &err), "%s", err.text);
	r = server_request(server, 0);
	ck_assert(!strncmp(r, "POST / HTTP/1.1\r\n", 17));
	ck_assert_ptr_nonnull(strstr(r, "\r\nContent-Type: application/x-amz-json-1.0\r\n"));
	ck_assert_ptr_nonnull(strstr(r, "\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"));
	ck_assert_ptr_nonnull(strstr(r, "/us-east-2/sqs/aws4_request, SignedHeaders=content-type;"
					"host;x-amz-date;x-amz-security-token;x-amz-target, "));
	ck_assert_str_eq(server_body(server, 0),
		"{\"QueueUrl\":\"https:\\/\\/sqs.us-east-2.amazonaws.com\\/123456789012\\/burst\","
		"\"AttributeNames\":[\"All\"],\"MaxNumberOfMessages\":10,\"WaitTimeSeconds\":20}");
	ck_assert_uint_eq(m.n, 2);
	ck_assert_str_eq(m.all[0].id, "m-1");
	ck_assert_str_eq(m.all[0].receipt, "r/1+2==");
	ck_assert_str_eq(m.all[0].body, "{\"a\":\"\xc3\xa9\"}");
	ck_assert_uint_eq(m.all[0].len, 10);
	ck_assert_int_eq(m.all[0].sent_ms, 1795348800123);
	ck_assert_int_eq(m.all[0].received, 2);
	ck_assert_str_eq(m.all[1].id, "");
	ck_assert(!m.all[1].len && !m.all[1].sent_ms && !m.all[1].received);
	sqs_messages_release(&m);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(sqs_receive(aws, URL, 0, NULL, &m, &err), 0);
		ck_assert_uint_eq(m.n, 0);
		sqs_messages_release(&m);
	}
	end();
}
END_TEST

START_TEST(receive_fails)
{
	static const struct {
		struct server_answer answer;
		enum err_class class;
		const char *code, *text;
	} t[] = {
		{{400,
			 .body = "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\","
				 "\"message\":\"The specified queue does not exist.\"}",
			 JSON},
			ERR_CONFIG, "QueueDoesNotExist", "ReceiveMessage: QueueDoesNotExist"},
		{{403,
			 .body = "{\"__type\":\"com.amazonaws.sqs#AccessDeniedException\","
				 "\"message\":\"no\"}",
			 JSON},
			ERR_AUTH, "AccessDeniedException", "no"},
		{{400,
			 .body = "{\"__type\":\"com.amazonaws.sqs#KmsAccessDenied\","
				 "\"message\":\"key\"}",
			 JSON},
			ERR_AUTH, "KmsAccessDenied", "key"},
		{{400, .body = "{\"__type\":\"com.amazonaws.sqs#KmsDisabled\"}", JSON}, ERR_CONFIG,
			"KmsDisabled", "KmsDisabled"},
		{{200, .body = "{\"Messages\":7}", JSON}, ERR_FATAL, "", "no list"},
		{{200, .body = "{\"Messages\":[7]}", JSON}, ERR_FATAL, "", "without receipt"},
		{{200, .body = "{\"Messages\":[" MESSAGE("r", "b") ",{\"Body\":\"b\"}]}", JSON},
			ERR_FATAL, "", "without receipt handle or body"},
		{{200, .body = "{\"Messages\":[{\"ReceiptHandle\":\"r\",\"Body\":{}}]}", JSON},
			ERR_FATAL, "", "without receipt handle or body"},
	};
	struct sqs_messages m = {0};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		begin(&t[i].answer, 1);
		expect(sqs_receive(aws, URL, 0, NULL, &m, &err), t[i].class, t[i].code, t[i].text);
		ck_assert(!m.all && !m.n);
		end();
	}
	begin(&t[0].answer, 1);
	expect(sqs_receive(aws, URL, 21, NULL, &m, &err), ERR_USAGE, "", "0 to 20 s, not 21");
	expect(sqs_receive(aws, URL, -1, NULL, &m, &err), ERR_USAGE, "", "not -1");
	ck_assert_uint_eq(server_count(server), 0);
	end();
}
END_TEST

/* The time for one try is none too short for a long poll. */
START_TEST(waits_longer_than_others)
{
	static const struct server_answer late[] = {
		{200, .body = "{\"Messages\":[" MESSAGE("r", "b") "]}", JSON, .delay_ms = 1500}};
	struct sqs_messages m = {0};

	begin_with(late, 1, (struct aws_options){.timeout_ms = 700, .max_attempts = 1});
	expect(sqs_receive(aws, URL, 0, NULL, &m, &err), ERR_TRANSIENT, "", "ReceiveMessage");
	ck_assert_msg(!sqs_receive(aws, URL, 2, NULL, &m, &err), "%s", err.text);
	ck_assert_uint_eq(m.n, 1);
	sqs_messages_release(&m);
	end();
}
END_TEST

/* Who listens has other things to do than to wait for a queue that does not answer. */
START_TEST(is_tried_once)
{
	static const struct server_answer bad[] = {{500, .body = "{}", JSON},
		{400, .body = "{\"__type\":\"com.amazonaws.sqs#ThrottlingException\"}", JSON},
		{200, .body = "{}", JSON}};
	struct sqs_messages m = {0};

	begin(bad, 3);
	expect(sqs_receive(aws, URL, 0, NULL, &m, &err), ERR_TRANSIENT, "", "ReceiveMessage");
	ck_assert_uint_eq(server_count(server), 1);
	expect(sqs_receive(aws, URL, 0, NULL, &m, &err), ERR_THROTTLE, "ThrottlingException",
		"ReceiveMessage");
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_msg(!sqs_receive(aws, URL, 0, NULL, &m, &err), "%s", err.text);
	end();
}
END_TEST

static volatile sig_atomic_t stop;

static void *stop_soon(void *arg)
{
	clock_sleep_ms(300);
	stop = 1;
	return arg;
}

START_TEST(stops)
{
	static const struct server_answer never[] = {
		{200, .body = "{\"Messages\":[" MESSAGE("r", "b") "]}", JSON, .delay_ms = 8000}};
	static const struct server_answer refusal[] = {
		{400, .body = "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}", JSON}};
	struct sqs_messages m = {0};
	pthread_t thread;
	int64_t begun_ms;

	begin(never, 1);
	stop = 0;
	begun_ms = clock_mono_ms();
	ck_assert_int_eq(pthread_create(&thread, NULL, stop_soon, NULL), 0);
	ck_assert_msg(!sqs_receive(aws, URL, 20, &stop, &m, &err), "%s", err.text);
	ck_assert_int_lt(clock_mono_ms() - begun_ms, 2500);
	ck_assert(!m.n && !m.all);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(server_count(server), 1);
	/* already stopped: nothing is sent */
	ck_assert_int_eq(sqs_receive(aws, URL, 20, &stop, &m, &err), 0);
	ck_assert_uint_eq(server_count(server), 1);
	end();
	/* other failures are told as ever */
	stop = 0;
	begin(refusal, 1);
	expect(sqs_receive(aws, URL, 20, &stop, &m, &err), ERR_CONFIG, "QueueDoesNotExist", "");
	end();
}
END_TEST

START_TEST(deletes)
{
	static const struct server_answer script[] = {
		{200, .body = "{\"Successful\":[{\"Id\":\"0\"}],\"Failed\":[]}", JSON},
		{200,
			.body = "{\"Successful\":[],\"Failed\":[{\"Id\":\"0\",\"SenderFault\":true,"
				"\"Code\":\"ReceiptHandleIsInvalid\"}]}",
			JSON},
		{200,
			.body = "{\"Failed\":[{\"Id\":\"0\",\"SenderFault\":true,\"Code\":"
				"\"ReceiptHandleIsInvalid\"},{\"Id\":\"1\",\"SenderFault\":false,"
				"\"Code\":\"InternalError\",\"Message\":\"oops\"}]}",
			JSON},
		{200, .body = "{\"Failed\":[{\"Id\":\"0\"}]}", JSON},
		{200, .body = "{}", JSON},
	};
	char first[] = "first", other[] = "r+/\"";
	struct sqs_message m[12];

	for (size_t i = 0; i < ARRAY_SIZE(m); i++)
		m[i] = (struct sqs_message){.receipt = i ? other : first};
	begin(script, ARRAY_SIZE(script));
	ck_assert_int_eq(sqs_delete(aws, URL, m, 0, &err), 0);
	ck_assert_uint_eq(server_count(server), 0);
	ck_assert_msg(!sqs_delete(aws, URL, m, 12, &err), "%s", err.text);
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_ptr_nonnull(strstr(
		server_request(server, 0), "\r\nX-Amz-Target: AmazonSQS.DeleteMessageBatch\r\n"));
	ck_assert_ptr_nonnull(strstr(server_body(server, 0),
		"\"Entries\":[{\"Id\":\"0\",\"ReceiptHandle\":\"first\"},{\"Id\":\"1\","));
	ck_assert_ptr_nonnull(strstr(server_body(server, 0), "{\"Id\":\"9\""));
	ck_assert_ptr_null(strstr(server_body(server, 0), "{\"Id\":\"10\""));
	ck_assert_str_eq(server_body(server, 1),
		"{\"QueueUrl\":\"https:\\/\\/sqs.us-east-2.amazonaws.com\\/123456789012\\/burst\","
		"\"Entries\":[{\"Id\":\"0\",\"ReceiptHandle\":\"r+\\/\\\"\"},{\"Id\":\"1\","
		"\"ReceiptHandle\":\"r+\\/\\\"\"}]}");
	/* a batch that fails keeps no other back; the first's error is told */
	expect(sqs_delete(aws, URL, m, 12, &err), ERR_TRANSIENT, "InternalError",
		"a message was not deleted: InternalError: oops");
	ck_assert_uint_eq(server_count(server), 4);
	ck_assert_int_eq(sqs_delete(aws, URL, m, 1, &err), 0);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sqs");
	TCase *tc = tcase_create("server");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(tc, fixture_setup, NULL);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, urls);
	tcase_add_test(tc, receive);
	tcase_add_test(tc, receive_fails);
	tcase_add_test(tc, waits_longer_than_others);
	tcase_add_test(tc, is_tried_once);
	tcase_add_test(tc, stops);
	tcase_add_test(tc, deletes);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
