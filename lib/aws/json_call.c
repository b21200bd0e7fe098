/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/json_call.h"

#include <json-c/json_tokener.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"

struct json_object *json_call_parse(const char *body, size_t len, struct err *err)
{
	size_t begin = strspn(body, " \t\r\n"), end;
	cleanup_json struct json_object *object = NULL;
	struct json_tokener *tokener;
	enum json_tokener_error why;

	if (begin < len && body[begin] != '{') {
		err_set(err, ERR_FATAL, "not a JSON object");
		return NULL;
	}
	tokener = json_tokener_new_ex(JSON_CALL_DEPTH);
	if (!tokener) {
		err_nomem(err);
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, body, (int)len);
	why = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (why == json_tokener_continue) {
		err_set(err, ERR_TRANSIENT, "the answer ends in the middle");
		return NULL;
	}
	if (why != json_tokener_success) {
		err_set(err, ERR_FATAL, "not well-formed JSON: %s", json_tokener_error_desc(why));
		return NULL;
	}
	if (end + strspn(body + end, " \t\r\n") != len) {
		err_set(err, ERR_FATAL, "not well-formed JSON: more than one value");
		return NULL;
	}
	return STEAL_POINTER(object);
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

void json_call_error(const char *body, size_t len, char *code, size_t code_size, char *message,
	size_t message_size)
{
	cleanup_json struct json_object *object = len <= JSON_CALL_MAX
							  ? json_call_parse(body, len, NULL)
							  : NULL;
	const char *type = object ? text_of(object, "__type") : NULL, *hash, *text;

	if (!type)
		return;
	/* "com.amazonaws.servicequotas#AccessDeniedException", or the name alone */
	hash = strrchr(type, '#');
	snprintf(code, code_size, "%s", hash ? hash + 1 : type);
	/* each service writes it as it likes */
	text = text_of(object, "message");
	if (!text)
		text = text_of(object, "Message");
	snprintf(message, message_size, "%s", text ? text : "");
}

static int on_whole(void *arg, const char *body, size_t len, struct err *err)
{
	struct json_object **answer = arg;

	*answer = json_call_parse(body, len, err);
	return *answer ? 0 : -1;
}

static int send(struct aws *aws, enum aws_service service, const char *target,
	struct json_object *request, int wait_ms, bool loops, const volatile sig_atomic_t *stop,
	struct json_object **answer, struct err *err)
{
	const char *dot = strrchr(target, '.');
	cleanup_json struct json_object *whole = NULL;
	struct aws_call call = {
		.service = service,
		.action = dot ? dot + 1 : target,
		.target = target,
		.body = "{}",
		.len = 2,
		.whole = on_whole,
		.arg = &whole,
		.wait_ms = wait_ms,
		.loops = loops,
		.stop = stop,
	};

	if (request) {
		call.body = json_object_to_json_string_length(
			request, JSON_C_TO_STRING_PLAIN, &call.len);
		if (!call.body)
			return err_nomem(err);
	}
	if (aws_call(aws, &call, err) < 0)
		return -1;
	*answer = STEAL_POINTER(whole);
	return 0;
}

int json_call_waiting(struct aws *aws, enum aws_service service, const char *target,
	struct json_object *request, int wait_ms, const volatile sig_atomic_t *stop,
	struct json_object **answer, struct err *err)
{
	return send(aws, service, target, request, wait_ms, true, stop, answer, err);
}

int json_call(struct aws *aws, enum aws_service service, const char *target,
	struct json_object *request, struct json_object **answer, struct err *err)
{
	return send(aws, service, target, request, 0, false, NULL, answer, err);
}
