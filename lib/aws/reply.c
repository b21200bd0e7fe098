/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/reply.h"

#include <stdio.h>
#include <string.h>

#include "lib/aws/ec2.h"
#include "lib/aws/json_call.h"

#define HIDE_MIN 8 /* bytes of a secret */

void reply_release(struct reply *reply)
{
	xml_destroy(reply->xml);
	reply->xml = NULL;
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

int reply_init(struct reply *reply, struct aws_call *call, struct err *err)
{
	*reply = (struct reply){.call = call, .json = STRBUF_INIT};
	if (call->target)
		return 0;
	reply->xml = xml_create(on_element, reply, err);
	return reply->xml ? 0 : -1;
}

int reply_data(void *arg, const char *data, size_t len, struct err *err)
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

bool reply_echoes_request(const char *code)
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
	if (reply_echoes_request(reply->code))
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

int reply_judge(
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
