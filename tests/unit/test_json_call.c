/* SPDX-License-Identifier: Apache-2.0 */
/* AWS's JSON protocol, and the quotas read by it, against a scripted server on loopback. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"
#include "lib/aws/json_call.h"
#include "lib/aws/quotas.h"
#include "lib/base/cleanup.h"

#define JSON .type = "application/x-amz-json-1.1"
#define VALUE(v)                                                                                   \
	"{\"Quota\":{\"Adjustable\":true,\"QuotaCode\":\"L-1216C47A\",\"ServiceCode\":\"ec2\","    \
	"\"Unit\":\"None\",\"Value\":" v "}}"
#define NONE "{\"__type\":\"NoSuchResourceException\",\"Message\":\"no such quota\"}"

START_TEST(signed_request)
{
	static const struct server_answer script[] = {{200, .body = VALUE("640.0") "\n", JSON}};
	const char *r;
	int64_t vcpus = 0;

	begin(script, 1);
	ck_assert_msg(!quotas_vcpus(aws, "L-1216C47A", &vcpus, &err), "%s", err.text);
	ck_assert_int_eq(vcpus, 640);
	ck_assert_uint_eq(server_count(server), 1);
	r = server_request(server, 0);
	ck_assert(!strncmp(r, "POST / HTTP/1.1\r\n", 17));
	ck_assert_ptr_nonnull(strstr(r, "\r\nContent-Type: application/x-amz-json-1.1\r\n"));
	ck_assert_ptr_nonnull(
		strstr(r, "\r\nX-Amz-Target: ServiceQuotasV20190624.GetServiceQuota\r\n"));
	ck_assert_ptr_nonnull(
		strstr(r, "/us-east-2/servicequotas/aws4_request, SignedHeaders=content-type;host;"
			  "x-amz-date;x-amz-security-token;x-amz-target, Signature="));
	ck_assert_str_eq(
		server_body(server, 0), "{\"ServiceCode\":\"ec2\",\"QuotaCode\":\"L-1216C47A\"}");
	end();
}
END_TEST

START_TEST(default_where_none_is_set)
{
	static const struct server_answer script[] = {
		{400, .body = NONE, JSON}, {200, .body = VALUE("5"), JSON}};
	static const struct server_answer nothing[] = {{400, .body = NONE, JSON}};
	int64_t vcpus = 0;

	begin(script, 2);
	ck_assert_msg(!quotas_vcpus(aws, "L-1216C47A", &vcpus, &err), "%s", err.text);
	ck_assert_int_eq(vcpus, 5);
	ck_assert_ptr_nonnull(strstr(server_request(server, 1),
		"\r\nX-Amz-Target: ServiceQuotasV20190624.GetAWSDefaultServiceQuota\r\n"));
	end();
	begin(nothing, 1);
	expect(quotas_vcpus(aws, "L-0", &vcpus, &err), ERR_NOTFOUND, "NoSuchResourceException",
		"GetAWSDefaultServiceQuota: NoSuchResourceException: no such quota");
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_int_eq(vcpus, 5);
	end();
}
END_TEST

START_TEST(errors)
{
	static const struct {
		struct server_answer answer;
		enum err_class class;
		const char *code, *text;
		unsigned tries; /* 0: as long as throttling is waited out */
	} t[] = {
		{{400,
			 .body = "{\"__type\":\"com.amazonaws.sq#AccessDeniedException\","
				 "\"message\":\"no\\nway, TOK/EN+1==\"}",
			 JSON},
			ERR_AUTH, "AccessDeniedException",
			"GetServiceQuota: AccessDeniedException: no way, ***", 1},
		{{400, .body = "{\"__type\":\"TooManyRequestsException\"}", JSON}, ERR_THROTTLE,
			"TooManyRequestsException", "TooManyRequestsException: ", 0},
		{{500, .body = "{\"__type\":\"ServiceException\",\"Message\":\"oops\"}", JSON},
			ERR_TRANSIENT, "ServiceException", "oops", 2},
		{{400, .body = "{\"__type\":7}", JSON}, ERR_FATAL, "",
			"HTTP status 400 with 12 bytes of application/x-amz-json-1.1: not what AWS "
			"answers in JSON",
			1},
		{{503, .body = "<html>busy</html>", .type = "text/html"}, ERR_TRANSIENT, "",
			"HTTP status 503 with 17 bytes of text/html", 2},
		{{302, .body = "", .headers = "Location: http://127.0.0.1:1/\r\n"}, ERR_CONFIG, "",
			"a redirect, which is not followed", 1},
		{{200, .body = "<html></html>", .type = "text/html"}, ERR_FATAL, "",
			"13 bytes of text/html: not a JSON object", 1},
		{{200, .body = "", JSON}, ERR_TRANSIENT, "", "the answer ends in the middle", 2},
		{{200, .body = "{\"Quota\":{\"Val", JSON}, ERR_TRANSIENT, "",
			"the answer ends in the middle", 2},
		{{200, .body = "[]", JSON}, ERR_FATAL, "", "not a JSON object", 1},
		{{200, .body = "null", JSON}, ERR_FATAL, "", "not a JSON object", 1},
		{{200, .body = VALUE("1") "{}", JSON}, ERR_FATAL, "", "not well-formed JSON", 1},
		{{200, .body = "{\"a\":\"\xff\"}", JSON}, ERR_FATAL, "", "not well-formed JSON", 1},
		{{200, .body = "{\"a\":", .repeat = 40}, ERR_FATAL, "", "not well-formed JSON", 1},
		{{200, .body = "         ", .repeat = 1024 * 1024}, ERR_FATAL, "",
			"larger than 8388608 bytes", 1},
		{{200, .body = "{}", JSON}, ERR_FATAL, "", "quota L-1: the answer has no value", 1},
		{{200, .body = VALUE("\"5\""), JSON}, ERR_FATAL, "", "has no value", 1},
		{{200, .body = VALUE("-1.0"), JSON}, ERR_FATAL, "", "is no number of vCPUs", 1},
		{{200, .body = VALUE("1e300"), JSON}, ERR_FATAL, "", "is no number of vCPUs", 1},
	};
	int64_t vcpus = -7;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		begin_with(&t[i].answer, 1,
			(struct aws_options){.max_attempts = 2, .throttle_wait_ms = 1});
		expect(quotas_vcpus(aws, "L-1", &vcpus, &err), t[i].class, t[i].code, t[i].text);
		ck_assert_int_eq(vcpus, -7);
		ck_assert_msg(!t[i].tries || server_count(server) == t[i].tries, "%zu: %zu tries",
			i, server_count(server));
		end();
	}
}
END_TEST

/* What a failed try left is not the next one's. */
START_TEST(retries)
{
	static const struct server_answer script[] = {
		{200, .body = "{\"Quota\":{\"Va", JSON},
		{.drop = true},
		{500, .body = "{\"__type\":\"ServiceException\"}", JSON},
		{200, .body = "{\"NextToken\":\"x\"}", JSON},
	};
	cleanup_json struct json_object *answer = NULL;

	begin_with(script, ARRAY_SIZE(script), (struct aws_options){.max_attempts = 8});
	ck_assert_msg(!json_call(aws, AWS_SERVICE_QUOTAS, "ListServiceQuotas", NULL, &answer, &err),
		"%s", err.text);
	ck_assert_str_eq(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN),
		"{\"NextToken\":\"x\"}");
	ck_assert_str_eq(server_body(server, 0), "{}");
	ck_assert_ptr_nonnull(
		strstr(server_request(server, 0), "\r\nX-Amz-Target: ListServiceQuotas\r\n"));
	end();
}
END_TEST

START_TEST(error_bodies)
{
	static const struct {
		const char *body;
		size_t len;
		const char *code, *message;
	} t[] = {
#define BODY(s) s, sizeof(s) - 1
		{BODY("{\"__type\":\"a.b#C\",\"message\":\"m\"} \n"), "C", "m"},
		{BODY("{\"__type\":\"C\",\"Message\":\"M\",\"message\":null}"), "C", "M"},
		{BODY("{\"__type\":\"0123456789\",\"message\":\"0123456789\"}"), "0123456", "0123"},
		{BODY("{\"__type\":\"C\"}\0{}"), "", ""},
		{BODY("{\"__type\":\"C\"}x"), "", ""},
		{BODY("{\"message\":\"m\"}"), "", ""},
		{BODY(""), "", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char code[8] = "", message[5] = "";

		json_call_error(t[i].body, t[i].len, code, sizeof(code), message, sizeof(message));
		ck_assert_str_eq(code, t[i].code);
		ck_assert_str_eq(message, t[i].message);
	}
}
END_TEST

START_TEST(own_endpoint)
{
	static const struct server_answer script[] = {{200, .body = VALUE("1.0"), JSON}};
	struct aws_options options = {.region = "us-east-2"};
	char url[64];
	int64_t vcpus = 0;

	begin(script, 1);
	aws_destroy(aws);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/quotas/", server_port(server));
	setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", url, 1);
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
	aws = aws_create(&options, &err);
	ck_assert_ptr_nonnull(aws);
	ck_assert_msg(!quotas_vcpus(aws, "L-1", &vcpus, &err), "%s", err.text);
	ck_assert(!strncmp(server_request(server, 0), "POST /quotas HTTP/1.1\r\n", 23));
	unsetenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS");
	unsetenv("AWS_ENDPOINT_URL");
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json_call");
	TCase *tc = tcase_create("json_call");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, NULL);
	tcase_add_test(tc, signed_request);
	tcase_add_test(tc, default_where_none_is_set);
	tcase_add_test(tc, errors);
	tcase_add_test(tc, retries);
	tcase_add_test(tc, error_bodies);
	tcase_add_test(tc, own_endpoint);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
