/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_call: requests of AWS's JSON protocol: POST of an object, the operation named by the header
 * X-Amz-Target, an object for an answer. For this room only.
 *
 *	cleanup_json struct json_object *request = json_object_new_object(), *answer = NULL;
 *	...
 *	if (json_call(aws, AWS_SERVICE_QUOTAS, "ServiceQuotasV20190624.GetServiceQuota", request,
 *		    &answer, err) < 0)
 *		return -1;
 *
 * Signed, sent, retried and classified as every other request (aws_call). The answer is bounded
 * in bytes and depth, and is all of one JSON object or an error.
 */
#ifndef BURST_JSON_CALL_H
#define BURST_JSON_CALL_H

#include <json-c/json_object.h>

#include "lib/aws/client.h"

#define JSON_CALL_MAX   ((size_t)8 * 1024 * 1024) /* bytes of an answer */
#define JSON_CALL_DEPTH 32

/*
 * REQUEST may be NULL: "{}". The caller releases *ANSWER with json_object_put(). On failure
 * err->code is the service's error code, without the name space before a '#'.
 */
int json_call(struct aws *aws, enum aws_service service, const char *target,
	struct json_object *request, struct json_object **answer, struct err *err);

/* The same where the service answers only when it has something to say, and the caller asks again
 * by itself: wait_ms, loops and stop of aws_call. */
int json_call_waiting(struct aws *aws, enum aws_service service, const char *target,
	struct json_object *request, int wait_ms, const volatile sig_atomic_t *stop,
	struct json_object **answer, struct err *err);

/*
 * BODY as one JSON object of bounded depth and nothing behind it, or NULL: ERR_TRANSIENT where only
 * its end is missing, else ERR_FATAL. The caller releases it.
 */
struct json_object *json_call_parse(const char *body, size_t len, struct err *err);

/*
 * For the client: what an answer of the JSON protocol that is not HTTP 200 says went wrong. CODE
 * stays "" where it is no such answer; both are cut to their size.
 */
void json_call_error(const char *body, size_t len, char *code, size_t code_size, char *message,
	size_t message_size);

static inline void cleanup_json_(struct json_object **object)
{
	json_object_put(*object);
}
#define cleanup_json __attribute__((cleanup(cleanup_json_)))

#endif
