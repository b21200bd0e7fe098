/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/client.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/ec2.h"
#include "lib/aws/json_call.h"
#include "lib/aws/sigv4.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define HIDE_MIN 8  /* bytes of a secret */
#define SKEW_S   60 /* less than this is no reason for an expired request */

#define FORM "application/x-www-form-urlencoded; charset=utf-8"
static const struct {
	const char *name; /* as signatures have it */
	const char *content_type;
} services[AWS_NSERVICES] = {
	[AWS_EC2] = {"ec2", FORM},
	[AWS_STS] = {"sts", FORM},
	[AWS_SERVICE_QUOTAS] = {"servicequotas", "application/x-amz-json-1.1"},
};

/* What came back, as far as it is not the call's own. */
struct reply {
	struct aws_call *call;
	struct xml *xml;
	struct strbuf json; /* instead of XML: the whole body */
	enum { ROOT_UNKNOWN, ROOT_ANSWER, ROOT_ERROR, ROOT_OTHER } root;
	bool broken; /* not XML, or not all of it: the rest is only counted */
	struct err broken_err;
	char code[ERR_CODE_SIZE];
	char message[512];
	char request_id[64];
	size_t received;
	bool refused; /* with a code that says that nothing was done */
};

static void reply_release(struct reply *reply)
{
	xml_destroy(reply->xml);
	strbuf_release(&reply->json);
}

static void keep(char *out, size_t size, const char *text)
{
	if (!out[0])
		snprintf(out, size, "%s", text);
}

static int on_element(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	struct reply *reply = arg;
	struct aws_call *call = reply->call;
	size_t n = strlen(path);

	if (reply->root == ROOT_UNKNOWN) {
		const char *root = xml_root(reply->xml);
		size_t action = strlen(call->action);

		if (!strncmp(root, call->action, action) && !strcmp(root + action, "Response"))
			reply->root = ROOT_ANSWER;
		else if (!strcmp(root, "Response") || !strcmp(root, "ErrorResponse"))
			reply->root = ROOT_ERROR;
		else
			reply->root = ROOT_OTHER;
	}
	if (reply->root == ROOT_ANSWER)
		return call->element ? call->element(call->arg, event, path, text, err) : 0;
	if (reply->root != ROOT_ERROR || event != XML_END)
		return 0;
	/* EC2: Errors/Error/Code and RequestID; STS: Error/Code and RequestId */
	if (n >= 10 && !strcmp(path + n - 10, "Error/Code"))
		keep(reply->code, sizeof(reply->code), text);
	else if (n >= 13 && !strcmp(path + n - 13, "Error/Message"))
		keep(reply->message, sizeof(reply->message), text);
	else if (!strcmp(path, "RequestID") || !strcmp(path, "RequestId"))
		keep(reply->request_id, sizeof(reply->request_id), text);
	return 0;
}

static int on_data(void *arg, const char *data, size_t len, struct err *err)
{
	struct reply *reply = arg;

	reply->received += len;
	if (reply->call->target) {
		strbuf_add(&reply->json, data, len);
		return reply->json.failed ? err_nomem(err) : 0;
	}
	/* an HTML page is read to its end: the connection stays of use, the status is to be told */
	if (!reply->broken && xml_push(reply->xml, data, len, &reply->broken_err) < 0)
		reply->broken = true;
	return 0;
}

/*
 * AWS's words and our secrets must not meet in a log: STS echoes what it was asked to verify. So
 * goes any part of SECRET from its beginning on that is long enough to be no accident: the message
 * was cut to our room for it, or by AWS.
 */
static void hide(char *text, const char *secret)
{
	size_t n = secret ? strlen(secret) : 0;

	if (n < HIDE_MIN)
		return;
	for (char *at = text; *at; at++) {
		size_t same = 0;

		while (same < n && at[same] == secret[same])
			same++;
		if (same < HIDE_MIN)
			continue;
		memset(at, '*', 3);
		memmove(at + 3, at + same, strlen(at + same) + 1);
	}
}

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

static bool echoes_request(const char *code)
{
	return !strcmp(code, "SignatureDoesNotMatch") || !strcmp(code, "IncompleteSignature") ||
	       !strcmp(code, "InvalidSignatureException") ||
	       !strcmp(code, "MissingAuthenticationToken");
}

/*
 * Does CODE say that the request did nothing? Refusals have status 4xx; want of capacity and
 * throttling come with 5xx too, but any other 5xx may follow the deed. Some codes speak of an
 * earlier request of the same token, which did or does something.
 */
static bool is_refusal(const char *code, enum err_class class, long status)
{
	if (class == ERR_TRANSIENT || !strcmp(code, "PriorRequestNotComplete") ||
		!strncmp(code, "Idempotent", 10))
		return false;
	return (status >= 400 && status < 500) || class == ERR_CAPACITY || class == ERR_ADDRESS ||
	       class == ERR_THROTTLE;
}

static int fail_by_code(struct reply *reply, const struct http_answer *answer,
	const struct creds *creds, struct err *err)
{
	enum err_class class = ec2_classify(reply->code, answer->status);

	if (creds) {
		hide(reply->message, creds->token);
		hide(reply->message, creds->secret);
	}
	hide(reply->message, reply->call->hide);
	if (echoes_request(reply->code))
		snprintf(reply->message, sizeof(reply->message),
			"AWS does not accept the signature; check the secret access key and the "
			"clock");
	reply->refused = is_refusal(reply->code, class, answer->status);
	clean(reply->code);
	clean(reply->message);
	clean(reply->request_id);
	err_set(err, class, "%s: %s: %s (request id %s)", reply->call->action, reply->code,
		reply->message, reply->request_id[0] ? reply->request_id : "none");
	if (err)
		snprintf(err->code, sizeof(err->code), "%s", reply->code);
	return -1;
}

static int fail_by_status(struct reply *reply, struct http_answer *answer, struct err *err)
{
	const char *action = reply->call->action;
	const char *type = answer->content_type[0] ? answer->content_type : "untyped";
	enum err_class class;

	clean(answer->content_type);
	if (answer->status >= 300 && answer->status < 400)
		return err_set(err, ERR_CONFIG,
			"%s: HTTP status %ld: a redirect, which is not followed", action,
			answer->status);
	if (answer->status >= 200 && answer->status < 300)
		class = reply->broken_err.class ? reply->broken_err.class : ERR_FATAL;
	else
		class = ec2_classify("", answer->status);
	if (reply->broken)
		return err_set(err, class, "%s: HTTP status %ld with %zu bytes of %s: %s", action,
			answer->status, reply->received, type, reply->broken_err.text);
	return err_set(err, class,
		"%s: HTTP status %ld with %zu bytes of %s: <%s> is not what EC2 answers", action,
		answer->status, reply->received, type, xml_root(reply->xml));
}

static int judge_json(
	struct reply *reply, struct http_answer *answer, const struct creds *creds, struct err *err)
{
	if (answer->status == 200 && !reply->call->whole(reply->call->arg, reply->json.buf,
					     reply->json.len, &reply->broken_err))
		return 0;
	if (answer->status != 200)
		json_call_error(reply->json.buf, reply->json.len, reply->code, sizeof(reply->code),
			reply->message, sizeof(reply->message));
	if (reply->code[0])
		return fail_by_code(reply, answer, creds, err);
	if (answer->status != 200)
		err_set(&reply->broken_err, ERR_FATAL, "not what AWS answers in JSON");
	reply->broken = true;
	return fail_by_status(reply, answer, err);
}

static int judge(
	struct reply *reply, struct http_answer *answer, const struct creds *creds, struct err *err)
{
	if (reply->call->target)
		return judge_json(reply, answer, creds, err);
	if (!reply->broken && xml_finish(reply->xml, &reply->broken_err) < 0)
		reply->broken = true;
	if (reply->root == ROOT_ERROR && reply->code[0])
		return fail_by_code(reply, answer, creds, err);
	if (reply->broken || reply->root != ROOT_ANSWER || answer->status != 200)
		return fail_by_status(reply, answer, err);
	return 0;
}

struct headers {
	char lines[4][512];
	const char *list[6];
	size_t n;
	struct strbuf token, authorization; /* longer than a line */
};

static void headers_release(struct headers *h)
{
	http_wipe_release(&h->token);
	http_wipe_release(&h->authorization);
}

static void put_header(struct headers *h, const char *name, const char *value)
{
	snprintf(h->lines[h->n], sizeof(h->lines[0]), "%s: %s", name, value);
	h->list[h->n] = h->lines[h->n];
	h->n++;
}

/* Signed for this moment: an attempt after long waiting must not carry an old date. */
static int make_headers(struct aws *aws, const struct aws_call *call, const struct creds *creds,
	struct headers *h, struct err *err)
{
	const struct endpoint *endpoint = &aws->endpoint[call->service];
	const char *content_type = services[call->service].content_type;
	int64_t now_s = clock_now_s() + aws->clock_offset_s;
	char date[SIGV4_DATE_SIZE];
	struct sigv4_header signed_[5] = {
		{"content-type", content_type},
		{"host", endpoint->host},
		{"x-amz-date", sigv4_date(now_s, date)},
	};
	struct sigv4_request request = {
		.method = "POST",
		.path = endpoint->path,
		.headers = signed_,
		.nheaders = 3,
		.body = call->body,
		.len = call->len,
	};

	if (creds && creds->token[0])
		signed_[request.nheaders++] = (struct sigv4_header){
			"x-amz-security-token", creds->token};
	if (call->target)
		signed_[request.nheaders++] = (struct sigv4_header){"x-amz-target", call->target};
	put_header(h, "Host", endpoint->host);
	put_header(h, "Content-Type", content_type);
	if (call->target)
		put_header(h, "X-Amz-Target", call->target);
	if (call->unsigned_)
		return 0;
	put_header(h, "X-Amz-Date", date);
	if (creds->token[0]) {
		strbuf_addf(&h->token, "X-Amz-Security-Token: %s", creds->token);
		h->list[h->n++] = h->token.buf;
	}
	strbuf_addstr(&h->authorization, "Authorization: ");
	if (h->token.failed ||
		sigv4_authorization(&request, creds->key_id, creds->secret, now_s, aws->region,
			services[call->service].name, &h->authorization, err) < 0)
		return h->token.failed ? err_nomem(err) : -1;
	h->list[h->n++] = h->authorization.buf;
	return 0;
}

static int send_once(struct aws *aws, struct aws_call *call, const struct creds *creds,
	struct http_answer *answer, struct err *err)
{
	CLEANUP(headers_release)
	struct headers headers = {.token = STRBUF_INIT, .authorization = STRBUF_INIT};
	CLEANUP(reply_release) struct reply reply = {.call = call, .json = STRBUF_INIT};
	struct http_request request = {
		.method = "POST",
		.url = aws->endpoint[call->service].url,
		.body = call->body,
		.len = call->len,
		.ca_bundle = aws->ca_bundle,
		.fresh = call->once,
		.connect_timeout_ms = aws->connect_timeout_ms,
		.timeout_ms = aws->timeout_ms,
		.max_answer = aws->max_answer,
		.sink = on_data,
		.arg = &reply,
	};
	int rc;

	*answer = (struct http_answer){.date_s = -1, .retry_after_ms = -1};
	if (make_headers(aws, call, creds, &headers, err) < 0)
		return -1;
	request.headers = headers.list;
	request.nheaders = headers.n;
	if (call->target) {
		if (request.max_answer > JSON_CALL_MAX)
			request.max_answer = JSON_CALL_MAX;
	} else {
		reply.xml = xml_create(on_element, &reply, err);
		if (!reply.xml)
			return -1;
	}
	rc = http_perform(aws->http, &request, answer, err);
	if (rc < 0)
		err_prefix(err, "%s", call->action);
	else
		rc = judge(&reply, answer, creds, err);
	call->unsure |= rc < 0 && answer->sent && !reply.refused;
	return rc;
}

static bool is_expired(const char *code)
{
	return !strcmp(code, "RequestExpired") ||
	       !strcmp(code, "InvalidSecurity.RequestHasExpired") ||
	       !strcmp(code, "RequestTimeTooSkewed") || !strcmp(code, "ExpiredToken") ||
	       !strcmp(code, "ExpiredTokenException");
}

/*
 * EC2 says "expired" both for a date too old and for temporary credentials at their end. The
 * answer's own date tells which. True: send again; each remedy is tried once.
 */
static bool mend_expiry(struct aws *aws, const struct aws_call *call, const char *code,
	const struct http_answer *answer, const struct creds **creds, bool *resigned,
	bool *refreshed)
{
	int64_t offset_s = answer->date_s - clock_now_s();
	int64_t change_s = llabs(offset_s - aws->clock_offset_s);
	const struct creds *fresh;

	/* STS calls a date out of range by the name of a bad signature */
	if (!is_expired(code) && !echoes_request(code))
		return false;
	if (answer->date_s >= 0 && change_s > SKEW_S && !*resigned) {
		*resigned = true;
		aws->clock_offset_s = offset_s;
		return true;
	}
	if (*refreshed || call->creds || call->unsigned_ || !is_expired(code))
		return false;
	*refreshed = true;
	fresh = creds_get(aws, true, NULL);
	if (!fresh)
		return false;
	*creds = fresh;
	return true;
}

int aws_call(struct aws *aws, struct aws_call *call, struct err *err)
{
	const struct creds *creds = call->creds;
	bool resigned = false, refreshed = false;
	int cost = 0;

	call->attempts = 0;
	call->unsure = false;
	if (!creds && !call->unsigned_) {
		creds = creds_get(aws, false, err);
		if (!creds)
			return err_prefix(err, "%s", call->action);
	}
	for (unsigned attempt = 1;;) {
		struct http_answer answer;
		struct err why = {0};

		if (call->attempts++ && call->reset && call->reset(call->arg, err) < 0)
			return -1;
		if (!send_once(aws, call, creds, &answer, &why)) {
			retry_refund(&aws->quota, cost);
			return 0;
		}
		if (mend_expiry(aws, call, why.code, &answer, &creds, &resigned, &refreshed))
			continue;
		if (!retry_allowed(why.class) || attempt >= (unsigned)aws->max_attempts ||
			!retry_take(&aws->quota, why.class, &cost)) {
			if (err)
				*err = why;
			return -1;
		}
		clock_sleep_ms(retry_delay_ms(
			attempt, why.class, random_below(UINT32_MAX), answer.retry_after_ms));
		attempt++;
	}
}
