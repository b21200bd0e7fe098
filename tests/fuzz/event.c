/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a queue gives: the text as an event, and as SQS's own answer with messages in it, each of
 * which may be an event. aws_call() here stands in for the one that sends.
 */
#include "lib/aws/event.h"
#include "lib/aws/json_call.h"
#include "lib/aws/sqs.h"
#include "tests/fuzz/fuzz.h"

static const char *answer;
static size_t answer_size;

int aws_call(struct aws *aws, struct aws_call *call, struct err *err)
{
	return call->whole(call->arg, answer, answer_size, err);
}

static void printable(const char *text, size_t size)
{
	MUST(strlen(text) < size);
	for (; *text; text++)
		MUST(*text >= ' ' && *text <= '~');
}

static void one_event(const char *text, size_t size)
{
	struct err err = {0};
	struct event event = {0};

	if (event_parse(text, size, &event, &err) < 0) {
		MUST(err.class == ERR_USAGE && !event.instances);
		return;
	}
	printable(event.id, sizeof(event.id));
	printable(event.account, sizeof(event.account));
	printable(event.region, sizeof(event.region));
	printable(event.what, sizeof(event.what));
	printable(event.category, sizeof(event.category));
	printable(event.text, sizeof(event.text));
	MUST(event.ninstances <= EVENT_MAX_INSTANCES);
	MUST(event.kind == EVENT_OTHER || event.kind == EVENT_HEALTH || event.ninstances == 1);
	MUST(event.kind == EVENT_OTHER || (event.account[0] && event.region[0] && event.time_s));
	for (size_t i = 0; i < event.ninstances; i++)
		MUST(!strncmp(event.instances[i], "i-", 2) &&
			(strlen(event.instances[i]) == 10 || strlen(event.instances[i]) == 19));
	event_release(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_text(data, size);
	struct sqs_messages messages = {0};
	char region[32];

	one_event(copy, size);
	answer = copy;
	answer_size = size;
	if (sqs_receive(NULL, "https://q/123456789012/q", 0, NULL, &messages, NULL) == 0)
		for (size_t i = 0; i < messages.n; i++)
			one_event(messages.all[i].body, messages.all[i].len);
	sqs_delete(NULL, "https://q/123456789012/q", messages.all, messages.n, NULL);
	sqs_messages_release(&messages);
	if (sqs_check_url(copy, region, sizeof(region), NULL) == 0)
		printable(region, sizeof(region));
	free(copy);
	return 0;
}
