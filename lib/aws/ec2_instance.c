/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: look, terminate, tag. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define MAX_PAGES 1000
/*
 * TerminateInstances has a bucket of 1000 instances, refilled by 20 a second: pieces of this size
 * go as it fills, where one of 1000 would wait for all of them.
 */
#define TERMINATE_BATCH 200

struct describe {
	struct ec2_instances *out;
	size_t page_starts; /* instances of earlier pages stay when this one is read again */
	char lifecycle[32], launch_time[40];
	char reason_code[128], reason_message[256], transition[256];
	char *key, *value; /* the tag being read */
	char *next_token;
};

static void tags_release(struct ec2_instance *instance)
{
	for (size_t i = 0; i < instance->ntags; i++) {
		free(instance->tags[i].key);
		free(instance->tags[i].value);
	}
	free(instance->tags);
}

static void truncate_to(struct ec2_instances *instances, size_t n)
{
	while (instances->n > n)
		tags_release(&instances->all[--instances->n]);
}

void ec2_instances_release(struct ec2_instances *instances)
{
	truncate_to(instances, 0);
	free(instances->all);
	instances->all = NULL;
}

const char *ec2_instance_tag(const struct ec2_instance *instance, const char *key)
{
	for (size_t i = 0; i < instance->ntags; i++)
		if (!strcmp(instance->tags[i].key, key))
			return instance->tags[i].value;
	return NULL;
}

static void forget(struct describe *d)
{
	free(d->key);
	free(d->value);
	d->key = d->value = NULL;
}

static int describe_reset(void *arg, struct err *err)
{
	struct describe *d = arg;

	truncate_to(d->out, d->page_starts);
	forget(d);
	free(d->next_token);
	d->next_token = NULL;
	d->lifecycle[0] = d->launch_time[0] = d->reason_code[0] = d->reason_message[0] = '\0';
	d->transition[0] = '\0';
	return 0;
}

static int keep(char **out, const char *text, struct err *err)
{
	free(*out);
	*out = strdup(text);
	return *out ? 0 : err_nomem(err);
}

static int end_tag(struct describe *d, struct ec2_instance *instance, struct err *err)
{
	void *tags;

	if (!d->key || (!d->value && keep(&d->value, "", err) < 0))
		return d->key ? -1 : 0;
	tags = answer_grow(instance->tags, &instance->ntags, sizeof(*instance->tags), err);
	if (!tags)
		return -1;
	instance->tags = tags;
	instance->tags[instance->ntags - 1].key = STEAL_POINTER(d->key);
	instance->tags[instance->ntags - 1].value = STEAL_POINTER(d->value);
	return 0;
}

/*
 * The moment in a state transition reason, "User initiated (2026-11-22 12:00:00 GMT)", or 0: ends
 * that AWS brought about ("Server.SpotInstanceTermination") mostly say none.
 */
static int64_t moment_of(const char *reason)
{
	const char *paren = strrchr(reason, '('), *rest;
	struct tm tm = {0};

	rest = paren ? strptime(paren + 1, "%Y-%m-%d %H:%M:%S", &tm) : NULL;
	if (!rest || (strcmp(rest, " GMT)") && strcmp(rest, " UTC)")))
		return 0;
	return (int64_t)timegm(&tm);
}

static void end_instance(struct describe *d, struct ec2_instance *instance)
{
	instance->spot = !strcmp(d->lifecycle, "spot");
	instance->ended_s = moment_of(d->transition);
	if (d->launch_time[0])
		clock_parse_iso(d->launch_time, &instance->launched_s, NULL);
	if (d->reason_code[0] || d->reason_message[0])
		snprintf(instance->reason, sizeof(instance->reason), "%.100s%s%.150s",
			d->reason_code, d->reason_code[0] && d->reason_message[0] ? ": " : "",
			d->reason_message);
	d->lifecycle[0] = d->launch_time[0] = d->reason_code[0] = d->reason_message[0] = '\0';
	d->transition[0] = '\0';
}

static int on_instance(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const char item[] = "reservationSet/item/instancesSet/item";
	static const struct answer_field fields[] = {
		ANSWER_FIELD("instanceId", struct ec2_instance, id),
		ANSWER_FIELD("instanceState/name", struct ec2_instance, state),
		ANSWER_FIELD("instanceType", struct ec2_instance, type),
		ANSWER_FIELD("placement/availabilityZone", struct ec2_instance, az),
		ANSWER_FIELD("placement/groupName", struct ec2_instance, group),
		ANSWER_FIELD("subnetId", struct ec2_instance, subnet),
		ANSWER_FIELD("privateIpAddress", struct ec2_instance, private_ip),
		ANSWER_FIELD("spotInstanceRequestId", struct ec2_instance, spot_request),
	};
	static const struct answer_field passing[] = {
		ANSWER_FIELD("instanceLifecycle", struct describe, lifecycle),
		ANSWER_FIELD("launchTime", struct describe, launch_time),
		ANSWER_FIELD("reason", struct describe, transition),
		ANSWER_FIELD("stateReason/code", struct describe, reason_code),
		ANSWER_FIELD("stateReason/message", struct describe, reason_message),
	};
	struct describe *d = arg;
	struct ec2_instance *instance;
	const char *rest = answer_below(path, item);

	if (event == XML_BEGIN) {
		if (strcmp(path, item))
			return 0;
		instance = answer_grow(d->out->all, &d->out->n, sizeof(*instance), err);
		if (!instance)
			return -1;
		d->out->all = instance;
		return 0;
	}
	if (!strcmp(path, "nextToken"))
		return *text ? keep(&d->next_token, text, err) : 0;
	if (!strcmp(path, item))
		end_instance(d, &d->out->all[d->out->n - 1]);
	if (!rest)
		return 0;
	instance = &d->out->all[d->out->n - 1];
	if (!strcmp(rest, "tagSet/item/key"))
		return keep(&d->key, text, err);
	if (!strcmp(rest, "tagSet/item/value"))
		return keep(&d->value, text, err);
	if (!strcmp(rest, "tagSet/item")) {
		int rc = end_tag(d, instance, err);

		forget(d);
		return rc;
	}
	answer_copy(instance, fields, ARRAY_SIZE(fields), rest, text);
	answer_copy(d, passing, ARRAY_SIZE(passing), rest, text);
	return 0;
}

static void describe_body(struct strbuf *body, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, const char *token)
{
	query_begin(body, "DescribeInstances", QUERY_EC2_VERSION);
	for (size_t i = 0; i < nids; i++)
		query_add(body, ids[i], "InstanceId.%zu", i + 1);
	query_add_filters(body, filters, nfilters);
	/* together with ids EC2 refuses it; without, a request not paged is throttled earlier */
	if (!nids)
		query_add(body, "1000", "MaxResults");
	if (token)
		query_add(body, token, "NextToken");
}

/* All pages of one request, those behind TOKEN (NULL: from the first; heap, taken). */
static int describe_pages(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, char *token, struct ec2_instances *out,
	struct err *err)
{
	cleanup_free char *next = token;

	for (unsigned page = 0; page < MAX_PAGES; page++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
		struct describe d = {.out = out, .page_starts = out->n};
		int rc;

		describe_body(&body, ids, nids, filters, nfilters, next);
		rc = ec2_send(aws, "DescribeInstances", &body, on_instance, describe_reset, &d,
			NULL, err);
		forget(&d);
		free(next);
		next = d.next_token;
		if (rc < 0 || !next)
			return rc;
	}
	return err_set(err, ERR_FATAL, "DescribeInstances: more than %d pages", MAX_PAGES);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* EC2 may also leave out what it does not know yet, without a word. */
static int check_all(
	const char *const *ids, size_t nids, const struct ec2_instances *found, struct err *err)
{
	size_t n = found->n;
	cleanup_free const char **seen = calloc(n ? n : 1, sizeof(*seen));

	if (!seen)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		seen[i] = found->all[i].id;
	qsort(seen, n, sizeof(*seen), by_id);
	for (size_t i = 0; i < nids; i++) {
		if (bsearch(&ids[i], seen, n, sizeof(*seen), by_id))
			continue;
		err_set(err, ERR_CONSISTENCY, "DescribeInstances: EC2 does not know %.32s yet",
			ids[i]);
		if (err)
			snprintf(err->code, sizeof(err->code), "InvalidInstanceID.NotFound");
		return -1;
	}
	return 0;
}

/* --- several requests at a time -------------------------------------------------------------- */

struct batch { /* one request of several */
	struct strbuf body;
	struct aws_call call;
	const char *const *ids;
	size_t nids;
	struct ec2_instances found; /* of DescribeInstances */
	struct describe describe;
};

struct batches {
	struct batch *all;
	size_t n;
};

static void batches_release(struct batches *b)
{
	for (size_t i = 0; i < b->n; i++) {
		strbuf_release(&b->all[i].body);
		ec2_instances_release(&b->all[i].found);
		forget(&b->all[i].describe);
		free(b->all[i].describe.next_token);
	}
	free(b->all);
}

static size_t count_batches(size_t nids, size_t size)
{
	return nids / size + (nids % size != 0);
}

/* Room for N batches; they are added by add_batch(). */
static int batches_create(struct batches *b, size_t n, struct err *err)
{
	b->all = calloc(n ? n : 1, sizeof(*b->all));
	return b->all ? 0 : err_nomem(err);
}

/* The next batch, of at most SIZE ids from the AT-th on, its body to be filled. */
static struct batch *add_batch(struct batches *b, const char *action, const char *const *ids,
	size_t nids, size_t at, size_t size)
{
	struct batch *batch = &b->all[b->n++];

	batch->body = (struct strbuf)STRBUF_INIT;
	batch->ids = ids + at;
	batch->nids = nids - at < size ? nids - at : size;
	batch->call = (struct aws_call){.service = AWS_EC2, .action = action};
	return batch;
}

/* Send them all; the first error. */
static int send_batches(struct aws *aws, struct batches *b, struct err *err)
{
	cleanup_free struct aws_call **calls = calloc(b->n ? b->n : 1, sizeof(struct aws_call *));

	if (!calls)
		return err_nomem(err);
	for (size_t i = 0; i < b->n; i++) {
		struct batch *batch = &b->all[i];

		if (batch->body.failed)
			return err_nomem(err);
		batch->call.body = batch->body.buf;
		batch->call.len = batch->body.len;
		calls[i] = &batch->call;
	}
	return ec2_send_many(aws, calls, b->n, err);
}

/* Append what FROM holds, which is empty then. */
static int move_all(struct ec2_instances *to, struct ec2_instances *from, struct err *err)
{
	struct ec2_instance *all;

	if (!from->n)
		return 0;
	all = reallocarray(to->all, to->n + from->n, sizeof(*all));
	if (!all)
		return err_nomem(err);
	memcpy(all + to->n, from->all, from->n * sizeof(*all));
	to->all = all;
	to->n += from->n;
	free(from->all);
	*from = (struct ec2_instances){0};
	return 0;
}

static int describe_ids(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, struct ec2_instances *out,
	struct err *err)
{
	CLEANUP(batches_release) struct batches b = {0};

	if (batches_create(&b, count_batches(nids, EC2_BATCH), err) < 0)
		return -1;
	for (size_t at = 0; at < nids; at += EC2_BATCH) {
		struct batch *batch = add_batch(&b, "DescribeInstances", ids, nids, at, EC2_BATCH);

		describe_body(&batch->body, batch->ids, batch->nids, filters, nfilters, NULL);
		batch->describe.out = &batch->found;
		batch->call.element = on_instance;
		batch->call.reset = describe_reset;
		batch->call.arg = &batch->describe;
	}
	if (send_batches(aws, &b, err) < 0)
		return -1;
	for (size_t i = 0; i < b.n; i++) {
		struct batch *batch = &b.all[i];

		/* not paged as far as anybody knows; to lose a page would cost a gang */
		if (batch->describe.next_token &&
			describe_pages(aws, batch->ids, batch->nids, filters, nfilters,
				STEAL_POINTER(batch->describe.next_token), &batch->found, err) < 0)
			return -1;
		if (!nfilters && check_all(batch->ids, batch->nids, &batch->found, err) < 0)
			return -1;
		if (move_all(out, &batch->found, err) < 0)
			return -1;
	}
	return 0;
}

int ec2_describe_instances(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, struct ec2_instances *out,
	struct err *err)
{
	CLEANUP(ec2_instances_release) struct ec2_instances all = {0};

	if (!nids && !nfilters)
		return err_set(err, ERR_USAGE, "DescribeInstances without ids and filters");
	if (nids ? describe_ids(aws, ids, nids, filters, nfilters, &all, err)
		 : describe_pages(aws, NULL, 0, filters, nfilters, NULL, &all, err))
		return -1;
	*out = all;
	all = (struct ec2_instances){0};
	return 0;
}

int ec2_terminate_instances(struct aws *aws, const char *const *ids, size_t nids, struct err *err)
{
	CLEANUP(batches_release) struct batches b = {0};

	if (batches_create(&b, count_batches(nids, TERMINATE_BATCH), err) < 0)
		return -1;
	for (size_t at = 0; at < nids; at += TERMINATE_BATCH) {
		struct batch *batch = add_batch(
			&b, "TerminateInstances", ids, nids, at, TERMINATE_BATCH);

		query_begin(&batch->body, "TerminateInstances", QUERY_EC2_VERSION);
		for (size_t i = 0; i < batch->nids; i++)
			query_add(&batch->body, batch->ids[i], "InstanceId.%zu", i + 1);
		batch->call.instances = (unsigned)batch->nids;
	}
	return send_batches(aws, &b, err);
}

int ec2_create_tags_many(
	struct aws *aws, const struct ec2_tag_call *calls, size_t n, struct err *err)
{
	CLEANUP(batches_release) struct batches b = {0};
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += calls[i].ntags ? count_batches(calls[i].nids, EC2_BATCH) : 0;
	if (batches_create(&b, count, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct ec2_tag_call *c = &calls[i];

		for (size_t at = 0; c->ntags && at < c->nids; at += EC2_BATCH) {
			struct batch *batch = add_batch(
				&b, "CreateTags", c->ids, c->nids, at, EC2_BATCH);

			query_begin(&batch->body, "CreateTags", QUERY_EC2_VERSION);
			for (size_t k = 0; k < batch->nids; k++)
				query_add(&batch->body, batch->ids[k], "ResourceId.%zu", k + 1);
			for (size_t k = 0; k < c->ntags; k++) {
				query_add(&batch->body, c->tags[k].key, "Tag.%zu.Key", k + 1);
				query_add(&batch->body, c->tags[k].value, "Tag.%zu.Value", k + 1);
			}
		}
	}
	return send_batches(aws, &b, err);
}

int ec2_create_tags(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_tag *tags, size_t ntags, struct err *err)
{
	const struct ec2_tag_call call = {ids, nids, tags, ntags};

	return ec2_create_tags_many(aws, &call, 1, err);
}
