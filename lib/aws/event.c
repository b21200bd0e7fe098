/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/event.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/aws/json_call.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

const char *event_kind_name(enum event_kind kind)
{
	static const char *const names[] = {
		[EVENT_OTHER] = "other",
		[EVENT_SPOT_INTERRUPTION] = "spot-interruption",
		[EVENT_REBALANCE] = "rebalance",
		[EVENT_STATE_CHANGE] = "state-change",
		[EVENT_HEALTH] = "health",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "other";
}

void event_release(struct event *event)
{
	free(event->instances);
	event->instances = NULL;
	event->ninstances = 0;
}

/* --- parts of the text ----------------------------------------------------------------------- */

static struct json_object *member(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	return json_object_is_type(object, json_type_object) &&
			       json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, type)
		       ? value
		       : NULL;
}

/* The text of KEY; NULL: there is none, or it has a NUL inside. */
static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = member(object, key, json_type_string);
	const char *text = value ? json_object_get_string(value) : NULL;

	return text && strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

/* A word of CHARS into OUT; false, and OUT untouched: it is missing, empty, too long or no such. */
static bool take_word(
	struct json_object *object, const char *key, const char *chars, char *out, size_t size)
{
	const char *text = text_of(object, key);
	size_t n = text ? strspn(text, chars) : 0;

	if (!n || text[n] || n >= size)
		return false;
	memcpy(out, text, n + 1);
	return true;
}

/* For people: cut to the size, and anything that a terminal might act on or a log misread is '?'.
 */
static void take_text(struct json_object *object, const char *key, char *out, size_t size)
{
	const char *text = text_of(object, key);

	snprintf(out, size, "%s", text ? text : "");
	for (char *c = out; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static int64_t take_time(struct json_object *object, const char *key)
{
	const char *text = text_of(object, key), *rest;
	struct tm tm = {0};
	int64_t s = 0;

	if (!text)
		return 0;
	if (!clock_parse_iso(text, &s, NULL))
		return s;
	/* AWS Health: "Sun, 22 Nov 2026 12:26:28 GMT" */
	rest = strptime(text, "%a, %d %b %Y %H:%M:%S", &tm);
	return rest && !strcmp(rest, " GMT") ? (int64_t)timegm(&tm) : 0;
}

static bool is_instance(const char *id)
{
	size_t n;

	if (!id || strncmp(id, "i-", 2))
		return false;
	n = strspn(id + 2, DIGITS "abcdef");
	return (n == 8 || n == 17) && !id[2 + n];
}

static int add_instance(struct event *event, const char *id, struct err *err)
{
	if (event->ninstances == EVENT_MAX_INSTANCES)
		return 0;
	for (size_t i = 0; i < event->ninstances; i++)
		if (!strcmp(event->instances[i], id))
			return 0;
	if (!(event->ninstances & (event->ninstances - 1))) { /* 0, 1, 2, 4 …: full */
		size_t room = event->ninstances ? event->ninstances * 2 : 1;
		void *bigger = reallocarray(event->instances, room, sizeof(*event->instances));

		if (!bigger)
			return err_nomem(err);
		event->instances = bigger;
	}
	snprintf(event->instances[event->ninstances++], sizeof(*event->instances), "%s", id);
	return 0;
}

/* --- kinds ----------------------------------------------------------------------------------- */

static int refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_USAGE, "no event: %s", why);
}

/* One of EC2's own, about one instance. */
static int read_ec2(struct event *event, struct json_object *detail, struct err *err)
{
	const char *id = text_of(detail, "instance-id");
	const char *key = event->kind == EVENT_SPOT_INTERRUPTION ? "instance-action"
			  : event->kind == EVENT_STATE_CHANGE    ? "state"
								 : NULL;

	if (!is_instance(id))
		return refuse(err, "instance-id is missing or none");
	if (key && !take_word(detail, key, LOWER "-", event->what, sizeof(event->what)))
		return refuse(err, event->kind == EVENT_STATE_CHANGE
					   ? "state is missing or no word"
					   : "instance-action is missing or no word");
	return add_instance(event, id, err);
}

static int add_entities(struct event *event, struct json_object *list, struct err *err)
{
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *entity = json_object_array_get_idx(list, i);
		const char *id = json_object_is_type(entity, json_type_string)
					 ? json_object_get_string(entity)
					 : text_of(entity, "entityValue");

		/* volumes and whatever else AWS is about to mend are no concern of ours */
		if (is_instance(id) && add_instance(event, id, err) < 0)
			return -1;
	}
	return 0;
}

static int read_health(
	struct event *event, struct json_object *whole, struct json_object *detail, struct err *err)
{
	const char *service = text_of(detail, "service");
	struct json_object *texts = member(detail, "eventDescription", json_type_array);

	if (!service)
		return refuse(err, "service is missing");
	if (strcmp(service, "EC2")) {
		event->kind = EVENT_OTHER;
		return 0;
	}
	if (!take_word(detail, "eventTypeCode", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_" DIGITS, event->what,
		    sizeof(event->what)))
		return refuse(err, "eventTypeCode is missing or no word");
	take_text(detail, "eventTypeCategory", event->category, sizeof(event->category));
	event->begins_s = take_time(detail, "startTime");
	event->ends_s = take_time(detail, "endTime");
	if (texts && json_object_array_length(texts))
		take_text(json_object_array_get_idx(texts, 0), "latestDescription", event->text,
			sizeof(event->text));
	if (add_entities(event, member(detail, "affectedEntities", json_type_array), err) < 0)
		return -1;
	return add_entities(event, member(whole, "resources", json_type_array), err);
}

/*
 * Only AWS can send events whose source begins with "aws.": the type alone might be anybody's.
 */
static enum event_kind kind_of(struct json_object *whole)
{
	static const struct {
		const char *source, *type;
		enum event_kind kind;
	} kinds[] = {
		{"aws.ec2", "EC2 Spot Instance Interruption Warning", EVENT_SPOT_INTERRUPTION},
		{"aws.ec2", "EC2 Instance Rebalance Recommendation", EVENT_REBALANCE},
		{"aws.ec2", "EC2 Instance State-change Notification", EVENT_STATE_CHANGE},
		{"aws.health", "AWS Health Event", EVENT_HEALTH},
	};
	const char *source = text_of(whole, "source"), *type = text_of(whole, "detail-type");

	for (size_t i = 0; source && type && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(source, kinds[i].source) && !strcmp(type, kinds[i].type))
			return kinds[i].kind;
	return EVENT_OTHER;
}

static int read_event(struct event *event, struct json_object *whole, struct err *err)
{
	struct json_object *detail = member(whole, "detail", json_type_object);

	event->kind = kind_of(whole);
	take_text(whole, "id", event->id, sizeof(event->id));
	take_word(whole, "account", DIGITS, event->account, sizeof(event->account));
	take_word(whole, "region", LOWER DIGITS "-", event->region, sizeof(event->region));
	event->time_s = take_time(whole, "time");
	if (event->kind == EVENT_OTHER)
		return 0;
	if (!detail)
		return refuse(err, "detail is missing");
	if (!event->account[0])
		return refuse(err, "account is missing or no number");
	if (!event->region[0])
		return refuse(err, "region is missing or no word");
	if (!event->time_s)
		return refuse(err, "time is missing or none");
	return event->kind == EVENT_HEALTH ? read_health(event, whole, detail, err)
					   : read_ec2(event, detail, err);
}

int event_parse(const char *text, size_t len, struct event *out, struct err *err)
{
	cleanup_json struct json_object *whole = NULL;
	CLEANUP(event_release) struct event event = {0};

	if (len > EVENT_MAX)
		return refuse(err, "longer than 256 KiB");
	whole = json_call_parse(text, len, err);
	if (!whole) {
		err_prefix(err, "no event");
		if (err)
			err->class = ERR_USAGE;
		return -1;
	}
	if (read_event(&event, whole, err) < 0)
		return -1;
	*out = event;
	event = (struct event){0};
	return 0;
}
