/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: throttling waited out, the pacer obeyed, several at a time, against a scripted server.
 */
#include <check.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ec2_fixture.h"
#include "lib/aws/client.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define THROTTLED                                                                                  \
	{                                                                                          \
		503, .body = ERROR("RequestLimitExceeded", "Request limit exceeded.")              \
	}
static const char *const one_id[] = {"i-1"};

/* --- several calls --------------------------------------------------------------------------- */

#define MAX 64

struct probe {
	struct aws_call call;
	char body[64];
	char said[64]; /* the answer's element "v" */
	unsigned resets;
};

static struct probe probes[MAX];
static struct aws_call *calls[MAX];
static struct err errs[MAX];

static int on_probe(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *e)
{
	struct probe *p = arg;

	if (event == XML_END && !strcmp(path, "v"))
		snprintf(p->said, sizeof(p->said), "%s", text);
	return 0;
}

static int on_reset(void *arg, struct err *e)
{
	struct probe *p = arg;

	p->resets++;
	return 0;
}

/* N calls; the I-th body ends in "N=<I>;". */
static void make_calls(size_t n)
{
	memset(probes, 0, sizeof(probes));
	memset(errs, 0xff, sizeof(errs));
	for (size_t i = 0; i < n; i++) {
		struct probe *p = &probes[i];

		snprintf(p->body, sizeof(p->body), "Action=Probe&N=%zu;", i);
		p->call = (struct aws_call){
			.service = AWS_EC2,
			.action = "Probe",
			.body = p->body,
			.len = strlen(p->body),
			.element = on_probe,
			.reset = on_reset,
			.arg = p,
			.instances = (unsigned)i,
		};
		calls[i] = &p->call;
	}
}

#define PROBE(i, v, delay)                                                                         \
	{                                                                                          \
		200, .body = "<ProbeResponse><v>" v "</v></ProbeResponse>", .only = "N=" #i ";",   \
		     .delay_ms = delay                                                             \
	}

START_TEST(many_overlap_in_order)
{
	/* the first ends last */
	static const struct server_answer script[] = {PROBE(0, "zero", 600), PROBE(1, "one", 500),
		PROBE(2, "two", 400), PROBE(3, "three", 300), PROBE(4, "four", 300)};
	static const char *const said[] = {"zero", "one", "two", "three", "four"};
	static const unsigned parallel[] = {5, 2, 1};

	for (size_t k = 0; k < ARRAY_SIZE(parallel); k++) {
		begin(script, 5);
		make_calls(5);
		ck_assert_int_eq(aws_call_many(aws, calls, 5, parallel[k], errs), 0);
		for (size_t i = 0; i < 5; i++) {
			ck_assert_str_eq(probes[i].said, said[i]);
			ck_assert_int_eq(errs[i].class, ERR_NONE);
			ck_assert_str_eq(errs[i].text, "");
			ck_assert_uint_eq(probes[i].call.attempts, 1);
			ck_assert_uint_eq(probes[i].resets, 0);
		}
		ck_assert_uint_eq(server_count(server), 5);
		ck_assert_uint_eq(server_open_max(server), parallel[k]);
		ck_assert_uint_eq(server_connections(server), parallel[k]);
		if (parallel[k] == 1) /* begun in their order */
			for (size_t i = 0; i < 5; i++)
				ck_assert_str_eq(server_body(server, i), probes[i].body);
		end();
	}
	begin(script, 5);
	ck_assert_int_eq(aws_call_many(aws, NULL, 0, 5, NULL), 0);
	ck_assert_uint_eq(server_count(server), 0);
	end();
}
END_TEST

START_TEST(many_one_fails)
{
	static const struct server_answer script[] = {
		PROBE(0, "zero", 0),
		{400, .body = ERROR("InvalidInstanceID.NotFound", "The ID 'i-1' does not exist"),
			.only = "N=1;"},
		/* this one is mended by its second try */
		{200, .body = "<ProbeResponse><v>half", .only = "N=2;"},
		PROBE(2, "two", 0),
		PROBE(3, "three", 0),
		{.drop = true, .only = "N=4;"},
	};

	begin_with(script, ARRAY_SIZE(script), (struct aws_options){.max_attempts = 2});
	make_calls(5);
	ck_assert_int_eq(aws_call_many(aws, calls, 5, 3, errs), -1);
	err = errs[1];
	expect(-1, ERR_CONSISTENCY, "InvalidInstanceID.NotFound", "Probe: InvalidInstanceID");
	ck_assert_int_eq(errs[4].class, ERR_TRANSIENT);
	ck_assert_uint_eq(probes[4].call.attempts, 2);
	ck_assert(probes[4].call.unsure && !probes[1].call.unsure && !probes[0].call.unsure);
	ck_assert_str_eq(probes[0].said, "zero");
	ck_assert_str_eq(probes[2].said, "two");
	ck_assert_uint_eq(probes[2].resets, 1);
	ck_assert_str_eq(probes[3].said, "three");
	ck_assert_int_eq(errs[0].class | errs[2].class | errs[3].class, ERR_NONE);
	/* nobody asks why */
	ck_assert_int_eq(aws_call_many(aws, calls, 2, 3, NULL), -1);
	end();
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

static size_t count_with(const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < server_count(server); i++)
		n += strstr(server_request(server, i), what) != NULL;
	return n;
}

START_TEST(many_clock_skew)
{
	char ahead[80];
	/* slow enough that the first eight are signed before one of them is answered */
	const struct server_answer late = {400, .body = ERROR("RequestExpired", "late"),
		.headers = date_header(7200, ahead, 80), .delay_ms = 200};
	const struct server_answer script[] = {late, late, late, late, late,
		{200, .body = "<ProbeResponse><v>good</v></ProbeResponse>"}};

	begin(script, 6);
	make_calls(20);
	ck_assert_ptr_nonnull(creds_get(aws, false, &err));
	unsetenv("AWS_ACCESS_KEY_ID"); /* others would not be found: these are good */
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	ck_assert_int_eq(aws_call_many(aws, calls, 20, 1000, errs), 0);
	for (size_t i = 0; i < 20; i++)
		ck_assert_str_eq(probes[i].said, "good");
	ck_assert_uint_eq(server_count(server), 25);
	ck_assert_uint_le(server_open_max(server), AWS_PARALLEL_MAX);
	end();
}
END_TEST

#define ROLE(token)                                                                                \
	"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAEXAMPLE</"            \
	"AccessKeyId><SecretAccessKey>assumedSECRET</SecretAccessKey><SessionToken>" token         \
	"</SessionToken><Expiration>2037-01-01T00:00:00Z</Expiration></Credentials>"               \
	"</AssumeRoleResult></AssumeRoleResponse>"
#define FIRST  "first-token/0123456789"
#define SECOND "second-token/0123456789"

/*
 * Five are told that their credentials expired: one finds new ones, by a call inside of the calls,
 * and all go on with them. A sixth, signed with the old ones, fails after they were replaced.
 */
START_TEST(many_find_credentials_once)
{
	char now[80];
#define EXPIRED                                                                                    \
	{                                                                                          \
		400, .body = ERROR("RequestExpired", "expired"),                                   \
		     .headers = date_header(0, now, 80), .delay_ms = 100, .only = FIRST            \
	}
	const struct server_answer script[] = {
		{200, .body = ROLE(FIRST), .only = "Action=AssumeRole"},
		{200, .body = ROLE(SECOND), .only = "Action=AssumeRole", .delay_ms = 300},
		{400, .body = ERROR("InvalidParameterValue", "you sent " FIRST), .only = "N=2;",
			.delay_ms = 1000},
		EXPIRED,
		EXPIRED,
		EXPIRED,
		EXPIRED,
		EXPIRED,
		{200, .body = "<ProbeResponse><v>good</v></ProbeResponse>", .only = SECOND},
	};

	begin_with(script, ARRAY_SIZE(script),
		(struct aws_options){.role_arn = "arn:aws:iam::1:role/r"});
	make_calls(6);
	ck_assert_int_eq(aws_call_many(aws, calls, 6, 6, errs), -1);
	for (size_t i = 0; i < 6; i++)
		if (i != 2)
			ck_assert_str_eq(probes[i].said, "good");
	ck_assert_uint_eq(count_with("Action=AssumeRole"), 2);
	ck_assert_uint_eq(count_with(SECOND), 5);
	err = errs[2];
	expect(-1, ERR_CONFIG, "InvalidParameterValue", "you sent ***");
	ck_assert_ptr_null(aws->creds_past);
	end();
}
END_TEST

START_TEST(many_without_credentials)
{
	static const struct server_answer script[] = {PROBE(0, "zero", 0)};

	unsetenv("AWS_ACCESS_KEY_ID");
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	begin(script, 1);
	make_calls(10);
	ck_assert_int_eq(aws_call_many(aws, calls, 10, 4, errs), -1);
	err = errs[0];
	expect(-1, ERR_AUTH, "", "Probe: no AWS credentials");
	for (size_t i = 1; i < 10; i++) {
		err = errs[i];
		expect(-1, ERR_AUTH, "", "Probe: not sent, since Probe: no AWS credentials");
		ck_assert_uint_eq(probes[i].call.attempts, 0);
	}
	ck_assert_uint_eq(server_count(server), 0);
	end();
}
END_TEST

static int no_reset(void *arg, struct err *e)
{
	return err_set(e, ERR_FATAL, "no room to forget");
}

START_TEST(reset_fails)
{
	static const struct server_answer script[] = {{503, .body = "busy"}};

	begin(script, 1);
	make_calls(1);
	calls[0]->reset = no_reset;
	expect(aws_call(aws, calls[0], &err), ERR_FATAL, "", "no room to forget");
	ck_assert_uint_eq(server_count(server), 1);
	ck_assert(calls[0]->unsure);
	end();
}
END_TEST

/* libcurl's, unless it is to fail. */
static unsigned polls, fail_polls_from;

CURLMcode curl_multi_poll(
	CURLM *multi, struct curl_waitfd fds[], unsigned nfds, int timeout_ms, int *n)
{
	CURLMcode (*real)(CURLM *, struct curl_waitfd[], unsigned, int, int *);

	*(void **)&real = dlsym(RTLD_NEXT, "curl_multi_poll");
	polls++;
	if (fail_polls_from && polls >= fail_polls_from)
		return CURLM_INTERNAL_ERROR;
	return real(multi, fds, nfds, timeout_ms, n);
}

START_TEST(nothing_moves)
{
	static const struct server_answer script[] = {
		{200, .body = "<ProbeResponse/>", .delay_ms = 60000}};
	struct http_request request = {.method = "GET", .max_answer = 100, .timeout_ms = 60000};
	struct http_answer answer;
	char url[64];

	begin(script, 1);
	make_calls(4);
	polls = 0;
	fail_polls_from = 5;
	ck_assert_int_eq(aws_call_many(aws, calls, 4, 2, errs), -1);
	for (size_t i = 0; i < 4; i++) {
		err = errs[i];
		expect(-1, ERR_FATAL, "", i < 2 ? "libcurl: " : "not sent, since libcurl: ");
	}
	ck_assert(probes[0].call.unsure && !probes[3].call.unsure);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", server_port(server));
	request.url = url;
	expect(http_perform(aws->http, &request, &answer, &err), ERR_TRANSIENT, "",
		"given up before its end");
	fail_polls_from = 0;
	end();
}
END_TEST

/* --- throttling ------------------------------------------------------------------------------ */

START_TEST(throttled_then_answered)
{
	static const struct server_answer script[] = {
		THROTTLED, THROTTLED, THROTTLED, {200, .body = DONE("TerminateInstances")}};

	/* however few attempts anything else has */
	begin_with(script, ARRAY_SIZE(script), (struct aws_options){.max_attempts = 1});
	ck_assert_msg(!ec2_terminate_instances(aws, one_id, 1, &err), "%s", err.text);
	ck_assert_uint_eq(server_count(server), 4);
	for (size_t i = 1; i < 4; i++)
		ck_assert_str_eq(server_body(server, i), server_body(server, 0));
	end();
}
END_TEST

START_TEST(throttled_as_advised)
{
	static const struct server_answer script[] = {
		{503, .body = ERROR("RequestLimitExceeded", "slow"),
			.headers = "x-amz-retry-after: 1300\r\n"},
		{200, .body = DONE("TerminateInstances")}};
	int64_t began_ms = clock_mono_ms();

	begin(script, 2);
	ck_assert_int_eq(ec2_terminate_instances(aws, one_id, 1, &err), 0);
	ck_assert_int_ge(clock_mono_ms() - began_ms, 1300); /* by itself less than a second */
	end();
}
END_TEST

START_TEST(throttled_for_ever)
{
	static const struct server_answer script[] = {THROTTLED};
	int64_t began_ms = clock_mono_ms(), took_ms;
	size_t n;

	begin_with(script, 1, (struct aws_options){.throttle_wait_ms = 1500});
	expect(ec2_terminate_instances(aws, one_id, 1, &err), ERR_THROTTLE, "RequestLimitExceeded",
		"TerminateInstances: RequestLimitExceeded: Request limit exceeded. (request id "
		"req-1); throttled ");
	ck_assert_ptr_nonnull(strstr(err.text, " times in 1 s"));
	took_ms = clock_mono_ms() - began_ms;
	ck_assert_int_ge(took_ms, 1500);
	ck_assert_int_lt(took_ms, 10000);
	n = server_count(server);
	ck_assert_uint_ge(n, 2);
	end();

	/* not at all */
	begin_with(script, 1, (struct aws_options){.throttle_wait_ms = -1});
	expect(ec2_terminate_instances(aws, one_id, 1, &err), ERR_THROTTLE, "RequestLimitExceeded",
		"throttled 1 times in 0 s");
	ck_assert_uint_eq(server_count(server), 1);
	end();
}
END_TEST

START_TEST(throttling_and_failures_count_apart)
{
	static const struct server_answer script[] = {THROTTLED,
		{500, .body = ERROR("InternalError", "oops")}, THROTTLED,
		{500, .body = ERROR("InternalError", "oops")}, THROTTLED,
		{200, .body = DONE("TerminateInstances")}};

	begin_with(script, ARRAY_SIZE(script), (struct aws_options){.max_attempts = 3});
	ck_assert_int_eq(ec2_terminate_instances(aws, one_id, 1, &err), 0);
	ck_assert_uint_eq(server_count(server), 6);
	/* two failures paid for, one given back */
	ck_assert_int_eq(RETRY_QUOTA - aws->quota.tokens, 14);
	end();
	begin_with(script, ARRAY_SIZE(script), (struct aws_options){.max_attempts = 2});
	expect(ec2_terminate_instances(aws, one_id, 1, &err), ERR_TRANSIENT, "InternalError",
		"oops");
	ck_assert_uint_eq(server_count(server), 4);
	end();
}
END_TEST

START_TEST(capacity_is_sent_once)
{
	static const int status[] = {500, 503, 400};
	struct ec2_fleet_result r = {0};

	for (size_t i = 0; i < ARRAY_SIZE(status); i++) {
		struct server_answer script = {
			status[i], .body = ERROR("InsufficientInstanceCapacity", "none")};

		begin(&script, 1);
		expect(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), ERR_CAPACITY,
			"InsufficientInstanceCapacity", "none");
		ck_assert_uint_eq(server_count(server), 1);
		ck_assert(!r.unsure);
		end();
	}
}
END_TEST

/* Many calls share the time: the account is throttled, not each of them. */
START_TEST(many_throttled_for_ever)
{
	static const struct server_answer script[] = {THROTTLED};
	int64_t began_ms = clock_mono_ms();
	size_t unsent = 0;

	begin_with(script, 1, (struct aws_options){.throttle_wait_ms = 700});
	make_calls(MAX);
	ck_assert_int_eq(aws_call_many(aws, calls, MAX, 4, errs), -1);
	ck_assert_int_lt(clock_mono_ms() - began_ms, 5000);
	for (size_t i = 0; i < MAX; i++) {
		ck_assert_int_eq(errs[i].class, ERR_THROTTLE);
		ck_assert_str_eq(errs[i].code, "RequestLimitExceeded");
		ck_assert(!probes[i].call.unsure);
		unsent += !probes[i].call.attempts;
		ck_assert_int_eq(!probes[i].call.attempts,
			strstr(errs[i].text, "Probe: not sent, since Probe: Request") != NULL);
	}
	ck_assert_uint_ge(unsent, MAX - 16);
	end();
}
END_TEST

/* While some get through, throttling has not outlasted anything. */
START_TEST(many_throttled_at_times)
{
	static const struct server_answer script[] = {THROTTLED, {200, .body = "<ProbeResponse/>"},
		THROTTLED, {200, .body = "<ProbeResponse/>"}, THROTTLED,
		{200, .body = "<ProbeResponse/>"}};

	begin(script, ARRAY_SIZE(script));
	make_calls(12);
	ck_assert_int_eq(aws_call_many(aws, calls, 12, 3, errs), 0);
	ck_assert_uint_eq(server_count(server), 15);
	end();
}
END_TEST

/* --- the pacer ------------------------------------------------------------------------------- */

static struct {
	unsigned asked, taken, refused, instances;
	unsigned waits; /* how often to make them wait before one may go */
	int64_t wait_ms, last_ms;
	int64_t held_ms; /* the shortest time between a wait and the next question */
	char action[64];
	int64_t began_ms;
} pace;

static int64_t take(void *arg, const char *region, const char *action, unsigned instances)
{
	int64_t now_ms = clock_mono_ms();

	ck_assert_ptr_eq(arg, &pace);
	ck_assert_str_eq(region, "us-east-2");
	snprintf(pace.action, sizeof(pace.action), "%s", action);
	if (pace.last_ms && now_ms - pace.last_ms < pace.held_ms)
		pace.held_ms = now_ms - pace.last_ms;
	pace.last_ms = 0;
	if (pace.asked++ % (pace.waits + 1) < pace.waits) {
		pace.last_ms = now_ms;
		return pace.wait_ms;
	}
	pace.taken++;
	pace.instances += instances;
	return 0;
}

static void refused(void *arg, const char *region, const char *action)
{
	ck_assert_ptr_eq(arg, &pace);
	ck_assert_str_eq(region, "us-east-2");
	ck_assert_str_eq(action, pace.action);
	pace.refused++;
}

static void set_pacer(unsigned waits, int64_t wait_ms)
{
	static const struct aws_pacer pacer = {take, refused, &pace};

	memset(&pace, 0, sizeof(pace));
	pace.waits = waits;
	pace.wait_ms = wait_ms;
	pace.held_ms = INT64_MAX;
	pace.began_ms = clock_mono_ms();
	aws_set_pacer(aws, &pacer);
}

START_TEST(pacer_is_asked)
{
	static const struct server_answer script[] = {THROTTLED,
		{500, .body = ERROR("InternalError", "x")},
		{200, .body = DONE("TerminateInstances")},
		{200, .body = "<GetCallerIdentityResponse><r><Arn>me</Arn></r>"
			      "</GetCallerIdentityResponse>"},
		{200, .body = DONE("TerminateInstances")}};
	static const char *const ids[] = {"i-1", "i-2", "i-3"};
	char *me;

	begin(script, ARRAY_SIZE(script));
	set_pacer(2, 60);
	ck_assert_msg(!ec2_terminate_instances(aws, ids, 3, &err), "%s", err.text);
	ck_assert_uint_eq(pace.taken, 3); /* repetitions included */
	ck_assert_uint_eq(pace.asked, 9); /* twice to wait for each */
	ck_assert_uint_eq(pace.instances, 9);
	ck_assert_uint_eq(pace.refused, 1);
	ck_assert_int_ge(clock_mono_ms() - pace.began_ms, 360);
	ck_assert_int_ge(pace.held_ms, 60 - 1); /* two clocks, each cut to a millisecond */
	ck_assert_int_lt(pace.held_ms, 1000);
	ck_assert_str_eq(pace.action, "TerminateInstances");
	/* EC2's only */
	me = aws_caller(aws, &err);
	ck_assert_str_eq(me, "me");
	free(me);
	ck_assert_uint_eq(pace.asked, 9);
	/* none */
	aws_set_pacer(aws, NULL);
	ck_assert_int_eq(ec2_terminate_instances(aws, ids, 3, &err), 0);
	ck_assert_uint_eq(pace.asked, 9);
	end();
}
END_TEST

START_TEST(pacer_holds_many)
{
	static const struct server_answer script[] = {
		{200, .body = "<ProbeResponse/>", .delay_ms = 150}};

	begin(script, 1);
	set_pacer(1, 40);
	make_calls(10);
	ck_assert_int_eq(aws_call_many(aws, calls, 10, 8, errs), 0);
	ck_assert_uint_eq(pace.taken, 10);
	ck_assert_uint_eq(pace.asked, 20); /* nobody asks while the first of them waits */
	ck_assert_int_ge(pace.held_ms, 40 - 1);
	ck_assert_int_ge(clock_mono_ms() - pace.began_ms, 400);
	ck_assert_uint_eq(pace.instances, 45);
	/* meanwhile the others' answers are read, and their requests overlap */
	ck_assert_uint_ge(server_open_max(server), 2);
	end();
}
END_TEST

/* --- connections ----------------------------------------------------------------------------- */

START_TEST(connections)
{
	static const struct server_answer script[] = {
		{200, .body = "<CreateFleetResponse/>", .only = "CreateFleet"},
		{200, .body = DONE("TerminateInstances"), .only = "TerminateInstances"}};
	struct ec2_fleet_result r = {0};

	begin(script, 2);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ec2_terminate_instances(aws, one_id, 1, &err), 0);
	ck_assert_uint_eq(server_connections(server), 1);
	ck_assert_int_eq(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), 0);
	ck_assert_uint_eq(server_connections(server), 2);
	ck_assert_int_eq(ec2_create_fleet(aws, "Action=CreateFleet", 18, &r, &err), 0);
	ck_assert_uint_eq(server_connections(server), 3);
	/* the fresh ones are of use to others */
	ck_assert_int_eq(ec2_terminate_instances(aws, one_id, 1, &err), 0);
	ck_assert_uint_eq(server_connections(server), 3);
	end();
}
END_TEST

START_TEST(transfer_given_up)
{
	static const struct server_answer script[] = {{200, .body = "late", .delay_ms = 60000}};
	struct http_request request = {.method = "GET", .max_answer = 100, .timeout_ms = 60000};
	struct http_answer answer;
	struct http_transfer *t;
	int64_t began_ms = clock_mono_ms();
	char url[64];

	begin(script, 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", server_port(server));
	request.url = url;
	t = http_start(aws->http, &request, &answer, &err);
	ck_assert_ptr_nonnull(t);
	while (!server_count(server))
		ck_assert_int_eq(http_drive(aws->http, 20, &err), 0);
	ck_assert(!http_ended(t));
	expect(http_finish(t, &err), ERR_TRANSIENT, "", "given up before its end");
	ck_assert(answer.sent && !answer.timed_out);
	/* with none under way it sleeps */
	began_ms = clock_mono_ms();
	ck_assert_int_eq(http_drive(aws->http, 150, &err), 0);
	ck_assert_int_ge(clock_mono_ms() - began_ms, 140);
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("calls");
	TCase *tc = tcase_create("calls");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, NULL);
	tcase_add_test(tc, many_overlap_in_order);
	tcase_add_test(tc, many_one_fails);
	tcase_add_test(tc, many_clock_skew);
	tcase_add_test(tc, many_find_credentials_once);
	tcase_add_test(tc, many_without_credentials);
	tcase_add_test(tc, reset_fails);
	tcase_add_test(tc, nothing_moves);
	tcase_add_test(tc, throttled_then_answered);
	tcase_add_test(tc, throttled_as_advised);
	tcase_add_test(tc, throttled_for_ever);
	tcase_add_test(tc, throttling_and_failures_count_apart);
	tcase_add_test(tc, capacity_is_sent_once);
	tcase_add_test(tc, many_throttled_for_ever);
	tcase_add_test(tc, many_throttled_at_times);
	tcase_add_test(tc, pacer_is_asked);
	tcase_add_test(tc, pacer_holds_many);
	tcase_add_test(tc, connections);
	tcase_add_test(tc, transfer_given_up);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
