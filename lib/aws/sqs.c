/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/sqs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/ec2.h"
#include "lib/aws/endpoint.h"
#include "lib/aws/json_call.h"
#include "lib/base/cleanup.h"

#define TARGET       "AmazonSQS."
#define ACCOUNT_SIZE 12

/* --- the queue's URL ------------------------------------------------------------------------- */

/* N characters of LABEL are the name of a region: words, then a number, with '-' between. */
static bool is_region(const char *label, size_t n)
{
	size_t dashes = 0;

	for (size_t i = 0; i < n; i++) {
		if (!islower((unsigned char)label[i]) && !isdigit((unsigned char)label[i]) &&
			label[i] != '-')
			return false;
		dashes += label[i] == '-';
	}
	return dashes >= 2 && isdigit((unsigned char)label[n - 1]);
}

static bool is(const char *label, size_t n, const char *word)
{
	return n == strlen(word) && !strncmp(label, word, n);
}

/*
 * The region that HOST names: "sqs.REGION.amazonaws.com", "sqs-fips.REGION…", in an endpoint of a
 * VPC "vpce-….sqs.REGION.vpce.amazonaws.com", formerly "REGION.queue.amazonaws.com".
 */
static void region_of(const char *host, char *region, size_t size)
{
	const char *before = host;
	size_t nbefore = 0;

	region[0] = '\0';
	for (const char *label = host; *label;) {
		size_t n = strcspn(label, ".");
		bool follows = is(before, nbefore, "sqs") || is(before, nbefore, "sqs-fips");

		if (follows && is_region(label, n))
			snprintf(region, size, "%.*s", (int)n, label);
		else if (is(label, n, "queue") && is_region(before, nbefore))
			snprintf(region, size, "%.*s", (int)nbefore, before);
		if (region[0])
			return;
		before = label;
		nbefore = n;
		label += n + (label[n] == '.');
	}
}

/* "/123456789012/name", the name one that a queue can have. */
static bool is_queue_path(const char *path)
{
	const char *name = path + 1 + ACCOUNT_SIZE + 1;
	size_t n;

	if (strspn(path + 1, "0123456789") != ACCOUNT_SIZE || path[1 + ACCOUNT_SIZE] != '/')
		return false;
	n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	return n && n <= 80 && (!name[n] || !strcmp(name + n, ".fifo"));
}

int sqs_check_url(const char *url, char *region, size_t size, struct err *err)
{
	struct endpoint e;

	if (endpoint_parse(url, &e, err) < 0)
		return err_prefix(err, "the queue's URL");
	if (!is_queue_path(e.path))
		return err_set(err, ERR_CONFIG,
			"the queue's URL: expected one like https://sqs.us-east-2.amazonaws.com/"
			"123456789012/name");
	if (region)
		region_of(e.name, region, size);
	return 0;
}

/* --- messages -------------------------------------------------------------------------------- */

void sqs_messages_release(struct sqs_messages *messages)
{
	for (size_t i = 0; i < messages->n; i++) {
		free(messages->all[i].id);
		free(messages->all[i].receipt);
		free(messages->all[i].body);
	}
	free(messages->all);
	*messages = (struct sqs_messages){0};
}

static int add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(object, key, value))
		return 0;
	json_object_put(value);
	return -1;
}

/* {"QueueUrl": URL} */
static struct json_object *new_request(const char *url, struct err *err)
{
	cleanup_json struct json_object *request = json_object_new_object();

	if (!request || add(request, "QueueUrl", json_object_new_string(url)) < 0) {
		err_nomem(err);
		return NULL;
	}
	return STEAL_POINTER(request);
}

/* The text of KEY; NULL: it has none. LEN may be NULL. */
static const char *text_of(struct json_object *object, const char *key, size_t *len)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
		!json_object_object_get_ex(object, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return NULL;
	if (len)
		*len = (size_t)json_object_get_string_len(value);
	return json_object_get_string(value);
}

static int64_t number_of(struct json_object *object, const char *key)
{
	struct json_object *attributes;
	const char *text = NULL;

	if (json_object_object_get_ex(object, "Attributes", &attributes))
		text = text_of(attributes, key, NULL);
	return text ? strtoll(text, NULL, 10) : 0;
}

static int fill(struct sqs_message *message, struct json_object *object, struct err *err)
{
	const char *id = text_of(object, "MessageId", NULL);
	const char *receipt = text_of(object, "ReceiptHandle", NULL);
	const char *body = text_of(object, "Body", &message->len);

	if (!receipt || !body)
		return err_set(
			err, ERR_FATAL, "ReceiveMessage: a message without receipt handle or body");
	message->id = strdup(id ? id : "");
	message->receipt = strdup(receipt);
	message->body = malloc(message->len + 1);
	if (!message->id || !message->receipt || !message->body)
		return err_nomem(err);
	memcpy(message->body, body, message->len);
	message->body[message->len] = '\0';
	message->sent_ms = number_of(object, "SentTimestamp");
	message->received = (int)number_of(object, "ApproximateReceiveCount");
	return 0;
}

static int read_messages(struct json_object *answer, struct sqs_messages *out, struct err *err)
{
	CLEANUP(sqs_messages_release) struct sqs_messages messages = {0};
	struct json_object *list;
	size_t n;

	if (!json_object_object_get_ex(answer, "Messages", &list) || !list) {
		*out = messages;
		return 0; /* none */
	}
	if (!json_object_is_type(list, json_type_array))
		return err_set(err, ERR_FATAL, "ReceiveMessage: the messages are no list");
	n = json_object_array_length(list);
	messages.all = calloc(n ? n : 1, sizeof(*messages.all));
	if (!messages.all)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		messages.n++; /* also of a half filled one all is to be freed */
		if (fill(&messages.all[i], json_object_array_get_idx(list, i), err) < 0)
			return -1;
	}
	*out = messages;
	messages = (struct sqs_messages){0};
	return 0;
}

/*
 * The newer name of AttributeNames, MessageSystemAttributeNames, is not in every model, and single
 * attributes of messages are in none under the old one. "All" is understood everywhere.
 */
static struct json_object *receive_request(const char *url, int wait_s, struct err *err)
{
	cleanup_json struct json_object *request = new_request(url, err);
	struct json_object *names = json_object_new_array();
	struct json_object *all = json_object_new_string("All");

	if (!request || !names || !all || json_object_array_add(names, all) < 0) {
		json_object_put(names);
		json_object_put(all);
		err_nomem(err);
		return NULL;
	}
	if (add(request, "AttributeNames", names) < 0 ||
		add(request, "MaxNumberOfMessages", json_object_new_int(SQS_BATCH)) < 0 ||
		add(request, "WaitTimeSeconds", json_object_new_int(wait_s)) < 0) {
		err_nomem(err);
		return NULL;
	}
	return STEAL_POINTER(request);
}

int sqs_receive(struct aws *aws, const char *url, int wait_s, const volatile sig_atomic_t *stop,
	struct sqs_messages *out, struct err *err)
{
	cleanup_json struct json_object *request = NULL, *answer = NULL;

	if (wait_s < 0 || wait_s > SQS_WAIT_S)
		return err_set(
			err, ERR_USAGE, "SQS waits for 0 to %d s, not %d", SQS_WAIT_S, wait_s);
	request = receive_request(url, wait_s, err);
	if (!request)
		return -1;
	if (stop && *stop) {
		*out = (struct sqs_messages){0};
		return 0;
	}
	if (json_call_waiting(aws, AWS_SQS, TARGET "ReceiveMessage", request, wait_s * 1000, stop,
		    &answer, err) < 0) {
		if (!stop || !*stop)
			return -1;
		*out = (struct sqs_messages){0};
		return 0;
	}
	return read_messages(answer, out, err);
}

/* --- deleting -------------------------------------------------------------------------------- */

/* The first that the answer calls failed, but for receipts too old. */
static int judge_deleted(struct json_object *answer, struct err *err)
{
	struct json_object *failed, *fault;

	if (!json_object_object_get_ex(answer, "Failed", &failed) ||
		!json_object_is_type(failed, json_type_array))
		return 0;
	for (size_t i = 0; i < json_object_array_length(failed); i++) {
		struct json_object *entry = json_object_array_get_idx(failed, i);
		const char *code = text_of(entry, "Code", NULL);
		const char *message = text_of(entry, "Message", NULL);
		bool ours = code && json_object_object_get_ex(entry, "SenderFault", &fault) &&
			    json_object_get_boolean(fault);

		if (code && !strcmp(code, "ReceiptHandleIsInvalid"))
			continue;
		err_set(err, ec2_classify(code ? code : "", ours ? 400 : 500),
			"DeleteMessageBatch: a message was not deleted: %.64s: %.300s",
			code ? code : "no code", message ? message : "");
		if (err && code)
			snprintf(err->code, sizeof(err->code), "%s", code);
		return -1;
	}
	return 0;
}

static int delete_some(struct aws *aws, const char *url, const struct sqs_message *messages,
	size_t n, struct err *err)
{
	cleanup_json struct json_object *request = new_request(url, err), *answer = NULL;
	struct json_object *entries = json_object_new_array();

	if (!request || add(request, "Entries", entries) < 0)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_new_object();
		char id[24];

		snprintf(id, sizeof(id), "%zu", i);
		if (json_object_array_add(entries, entry) < 0) {
			json_object_put(entry);
			return err_nomem(err);
		}
		if (add(entry, "Id", json_object_new_string(id)) < 0 ||
			add(entry, "ReceiptHandle", json_object_new_string(messages[i].receipt)) <
				0)
			return err_nomem(err);
	}
	if (json_call(aws, AWS_SQS, TARGET "DeleteMessageBatch", request, &answer, err) < 0)
		return -1;
	return judge_deleted(answer, err);
}

int sqs_delete(struct aws *aws, const char *url, const struct sqs_message *messages, size_t n,
	struct err *err)
{
	struct err first = {0};

	for (size_t at = 0; at < n; at += SQS_BATCH) {
		struct err why = {0};
		size_t some = n - at < SQS_BATCH ? n - at : SQS_BATCH;

		if (delete_some(aws, url, messages + at, some, &why) < 0 && !first.class)
			first = why;
	}
	if (!first.class)
		return 0;
	if (err)
		*err = first;
	return -1;
}
