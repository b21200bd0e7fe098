/* SPDX-License-Identifier: Apache-2.0 */
/* Health of instances: checks and scheduled events. */
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define MAX_PAGES 1000
#define MAX_IDS   100 /* of one request */

struct reading {
	struct ec2_statuses *out;
	size_t page_starts; /* those of earlier pages stay when this one is read again */
	char since[40], not_before[40], not_after[40], deadline[40];
	char *next_token;
};

static void truncate_to(struct ec2_statuses *statuses, size_t n)
{
	while (statuses->n > n)
		free(statuses->all[--statuses->n].events);
}

void ec2_statuses_release(struct ec2_statuses *statuses)
{
	truncate_to(statuses, 0);
	free(statuses->all);
	statuses->all = NULL;
}

static int reading_reset(void *arg, struct err *err)
{
	struct reading *r = arg;

	truncate_to(r->out, r->page_starts);
	free(r->next_token);
	r->next_token = NULL;
	r->since[0] = r->not_before[0] = r->not_after[0] = r->deadline[0] = '\0';
	return 0;
}

/* TEXT, a time or "", which is then empty. */
static int64_t take_time(char *text)
{
	int64_t s = 0;

	if (text[0] && clock_parse_iso(text, &s, NULL) < 0)
		s = 0; /* what cannot be read is as good as not said */
	text[0] = '\0';
	return s;
}

static void end_check(struct reading *r, struct ec2_status *status)
{
	int64_t since_s = take_time(r->since);

	if (since_s && (!status->impaired_since_s || since_s < status->impaired_since_s))
		status->impaired_since_s = since_s;
}

static void end_event(struct reading *r, struct ec2_status_event *event)
{
	event->not_before_s = take_time(r->not_before);
	event->not_after_s = take_time(r->not_after);
	event->deadline_s = take_time(r->deadline);
	event->over = !strncmp(event->text, "[Completed]", 11) ||
		      !strncmp(event->text, "[Canceled]", 10);
}

static int on_event(struct reading *r, struct ec2_status *status, enum xml_event what,
	const char *rest, const char *text, struct err *err)
{
	static const struct answer_field fields[] = {
		ANSWER_FIELD("instanceEventId", struct ec2_status_event, id),
		ANSWER_FIELD("code", struct ec2_status_event, code),
		ANSWER_FIELD("description", struct ec2_status_event, text),
	};
	static const struct answer_field times[] = {
		ANSWER_FIELD("notBefore", struct reading, not_before),
		ANSWER_FIELD("notAfter", struct reading, not_after),
		ANSWER_FIELD("notBeforeDeadline", struct reading, deadline),
	};
	struct ec2_status_event *events;

	if (!*rest && what == XML_BEGIN) {
		events = answer_grow(status->events, &status->nevents, sizeof(*events), err);
		if (!events)
			return -1;
		status->events = events;
	} else if (!*rest) {
		end_event(r, &status->events[status->nevents - 1]);
	} else if (what == XML_END) {
		answer_copy(&status->events[status->nevents - 1], fields, ARRAY_SIZE(fields),
			rest + 1, text);
		answer_copy(r, times, ARRAY_SIZE(times), rest + 1, text);
	}
	return 0;
}

static int on_status(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const char item[] = "instanceStatusSet/item", events[] = "eventsSet/item";
	static const struct answer_field fields[] = {
		ANSWER_FIELD("instanceId", struct ec2_status, id),
		ANSWER_FIELD("instanceState/name", struct ec2_status, state),
		ANSWER_FIELD("availabilityZone", struct ec2_status, az),
		ANSWER_FIELD("systemStatus/status", struct ec2_status, system_check),
		ANSWER_FIELD("instanceStatus/status", struct ec2_status, instance_check),
	};
	static const struct answer_field passing[] = {
		ANSWER_FIELD("systemStatus/details/item/impairedSince", struct reading, since),
		ANSWER_FIELD("instanceStatus/details/item/impairedSince", struct reading, since),
	};
	struct reading *r = arg;
	struct ec2_status *status;
	const char *rest = answer_below(path, item);

	if (event == XML_BEGIN && !strcmp(path, item)) {
		status = answer_grow(r->out->all, &r->out->n, sizeof(*status), err);
		if (!status)
			return -1;
		r->out->all = status;
		return 0;
	}
	if (event == XML_END && !strcmp(path, "nextToken") && *text) {
		free(r->next_token);
		r->next_token = strdup(text);
		return r->next_token ? 0 : err_nomem(err);
	}
	if (!rest)
		return 0;
	status = &r->out->all[r->out->n - 1];
	if (!strncmp(rest, events, sizeof(events) - 1) &&
		(!rest[sizeof(events) - 1] || rest[sizeof(events) - 1] == '/'))
		return on_event(r, status, event, rest + sizeof(events) - 1, text, err);
	if (event == XML_BEGIN)
		return 0;
	answer_copy(status, fields, ARRAY_SIZE(fields), rest, text);
	answer_copy(r, passing, ARRAY_SIZE(passing), rest, text);
	end_check(r, status);
	return 0;
}

static void begin_body(struct strbuf *body, bool any_state)
{
	query_begin(body, "DescribeInstanceStatus", QUERY_EC2_VERSION);
	if (any_state)
		query_add(body, "true", "IncludeAllInstances");
}

static int by_filters(struct aws *aws, const struct ec2_filter *filters, size_t nfilters,
	bool any_state, struct ec2_statuses *out, struct err *err)
{
	cleanup_free char *next = NULL;

	for (unsigned page = 0; page < MAX_PAGES; page++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
		struct reading r = {.out = out, .page_starts = out->n};
		int rc;

		begin_body(&body, any_state);
		query_add_filters(&body, filters, nfilters);
		query_add(&body, "1000", "MaxResults");
		if (next)
			query_add(&body, next, "NextToken");
		rc = ec2_send(aws, "DescribeInstanceStatus", &body, on_status, reading_reset, &r,
			NULL, err);
		free(next);
		next = r.next_token;
		if (rc < 0 || !next)
			return rc;
	}
	return err_set(err, ERR_FATAL, "DescribeInstanceStatus: more than %d pages", MAX_PAGES);
}

struct piece { /* one request of several, by ids */
	struct strbuf body;
	struct aws_call call;
	struct reading reading;
	struct ec2_statuses found;
};

struct pieces {
	struct piece *all;
	struct aws_call **calls;
	size_t n;
};

static void pieces_release(struct pieces *pieces)
{
	for (size_t i = 0; i < pieces->n; i++) {
		strbuf_release(&pieces->all[i].body);
		ec2_statuses_release(&pieces->all[i].found);
		free(pieces->all[i].reading.next_token);
	}
	free(pieces->all);
	free(pieces->calls);
}

static void add_piece(struct pieces *pieces, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, bool any_state)
{
	struct piece *p = &pieces->all[pieces->n];

	p->body = (struct strbuf)STRBUF_INIT;
	begin_body(&p->body, any_state);
	for (size_t i = 0; i < nids; i++)
		query_add(&p->body, ids[i], "InstanceId.%zu", i + 1);
	query_add_filters(&p->body, filters, nfilters);
	p->reading.out = &p->found;
	p->call = (struct aws_call){
		.service = AWS_EC2,
		.action = "DescribeInstanceStatus",
		.body = p->body.buf,
		.len = p->body.len,
		.element = on_status,
		.reset = reading_reset,
		.arg = &p->reading,
	};
	pieces->calls[pieces->n++] = &p->call;
}

static int by_ids(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, bool any_state, struct ec2_statuses *out,
	struct err *err)
{
	CLEANUP(pieces_release) struct pieces pieces = {0};
	size_t n = (nids + MAX_IDS - 1) / MAX_IDS, total = 0;

	pieces.all = calloc(n, sizeof(*pieces.all));
	pieces.calls = calloc(n, sizeof(struct aws_call *));
	if (!pieces.all || !pieces.calls)
		return err_nomem(err);
	for (size_t at = 0; at < nids; at += MAX_IDS) {
		size_t some = nids - at < MAX_IDS ? nids - at : MAX_IDS;

		add_piece(&pieces, ids + at, some, filters, nfilters, any_state);
		if (pieces.all[pieces.n - 1].body.failed)
			return err_nomem(err);
	}
	if (ec2_send_many(aws, pieces.calls, pieces.n, err) < 0)
		return -1;
	for (size_t i = 0; i < pieces.n; i++)
		total += pieces.all[i].found.n;
	if (!total)
		return 0;
	out->all = calloc(total, sizeof(*out->all));
	if (!out->all)
		return err_nomem(err);
	for (size_t i = 0; i < pieces.n; i++) {
		struct ec2_statuses *found = &pieces.all[i].found;

		if (!found->n)
			continue;
		memcpy(out->all + out->n, found->all, found->n * sizeof(*out->all));
		out->n += found->n;
		found->n = 0; /* their events are OUT's now */
	}
	return 0;
}

int ec2_describe_instance_status(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, bool any_state, struct ec2_statuses *out,
	struct err *err)
{
	CLEANUP(ec2_statuses_release) struct ec2_statuses all = {0};

	if (!nids && !nfilters)
		return err_set(err, ERR_USAGE, "DescribeInstanceStatus without ids and filters");
	if (nids ? by_ids(aws, ids, nids, filters, nfilters, any_state, &all, err)
		 : by_filters(aws, filters, nfilters, any_state, &all, err))
		return -1;
	*out = all;
	all = (struct ec2_statuses){0};
	return 0;
}
