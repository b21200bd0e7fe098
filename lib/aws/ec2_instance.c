/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: look, terminate, tag. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define MAX_PAGES 1000

struct describe {
	struct ec2_instances *out;
	size_t page_starts; /* instances of earlier pages stay when this one is read again */
	char lifecycle[32], launch_time[40];
	char reason_code[128], reason_message[256];
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

static void end_instance(struct describe *d, struct ec2_instance *instance)
{
	instance->spot = !strcmp(d->lifecycle, "spot");
	if (d->launch_time[0])
		clock_parse_iso(d->launch_time, &instance->launched_s, NULL);
	if (d->reason_code[0] || d->reason_message[0])
		snprintf(instance->reason, sizeof(instance->reason), "%.100s%s%.150s",
			d->reason_code, d->reason_code[0] && d->reason_message[0] ? ": " : "",
			d->reason_message);
	d->lifecycle[0] = d->launch_time[0] = d->reason_code[0] = d->reason_message[0] = '\0';
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
	};
	static const struct answer_field passing[] = {
		ANSWER_FIELD("instanceLifecycle", struct describe, lifecycle),
		ANSWER_FIELD("launchTime", struct describe, launch_time),
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

static void add_filters(struct strbuf *body, const struct ec2_filter *filters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		query_add(body, filters[i].name, "Filter.%zu.Name", i + 1);
		for (size_t k = 0; k < filters[i].nvalues; k++)
			query_add(body, filters[i].values[k], "Filter.%zu.Value.%zu", i + 1, k + 1);
	}
}

/* All pages of one request. */
static int describe_pages(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, struct ec2_instances *out,
	struct err *err)
{
	cleanup_free char *token = NULL;

	for (unsigned page = 0; page < MAX_PAGES; page++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
		struct describe d = {.out = out, .page_starts = out->n};
		int rc;

		query_begin(&body, "DescribeInstances", QUERY_EC2_VERSION);
		for (size_t i = 0; i < nids; i++)
			query_add(&body, ids[i], "InstanceId.%zu", i + 1);
		add_filters(&body, filters, nfilters);
		/* together with ids EC2 refuses it; without, a request not paged is throttled
		 * earlier */
		if (!nids)
			query_add(&body, "1000", "MaxResults");
		if (token)
			query_add(&body, token, "NextToken");
		rc = ec2_send(aws, "DescribeInstances", &body, on_instance, describe_reset, &d,
			NULL, err);
		forget(&d);
		free(token);
		token = d.next_token;
		if (rc < 0 || !token)
			return rc;
	}
	return err_set(err, ERR_FATAL, "DescribeInstances: more than %d pages", MAX_PAGES);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* EC2 may also leave out what it does not know yet, without a word. */
static int check_all(const char *const *ids, size_t nids, const struct ec2_instances *out,
	size_t from, struct err *err)
{
	size_t n = out->n - from;
	cleanup_free const char **seen = calloc(n ? n : 1, sizeof(*seen));

	if (!seen)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		seen[i] = out->all[from + i].id;
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

int ec2_describe_instances(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, struct ec2_instances *out,
	struct err *err)
{
	CLEANUP(ec2_instances_release) struct ec2_instances all = {0};

	if (!nids && !nfilters)
		return err_set(err, ERR_USAGE, "DescribeInstances without ids and filters");
	for (size_t at = 0; !at || at < nids; at += EC2_BATCH) {
		size_t n = nids - at < EC2_BATCH ? nids - at : EC2_BATCH, from = all.n;

		if (describe_pages(aws, nids ? ids + at : NULL, n, filters, nfilters, &all, err) <
			0)
			return -1;
		if (!nfilters && check_all(ids + at, n, &all, from, err) < 0)
			return -1;
	}
	*out = all;
	all = (struct ec2_instances){0};
	return 0;
}

int ec2_terminate_instances(struct aws *aws, const char *const *ids, size_t nids, struct err *err)
{
	for (size_t at = 0; at < nids; at += EC2_BATCH) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		query_begin(&body, "TerminateInstances", QUERY_EC2_VERSION);
		for (size_t i = at; i < nids && i < at + EC2_BATCH; i++)
			query_add(&body, ids[i], "InstanceId.%zu", i - at + 1);
		if (ec2_send(aws, "TerminateInstances", &body, NULL, NULL, NULL, NULL, err) < 0)
			return -1;
	}
	return 0;
}

int ec2_create_tags(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_tag *tags, size_t ntags, struct err *err)
{
	for (size_t at = 0; ntags && at < nids; at += EC2_BATCH) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		query_begin(&body, "CreateTags", QUERY_EC2_VERSION);
		for (size_t i = at; i < nids && i < at + EC2_BATCH; i++)
			query_add(&body, ids[i], "ResourceId.%zu", i - at + 1);
		for (size_t i = 0; i < ntags; i++) {
			query_add(&body, tags[i].key, "Tag.%zu.Key", i + 1);
			query_add(&body, tags[i].value, "Tag.%zu.Value", i + 1);
		}
		if (ec2_send(aws, "CreateTags", &body, NULL, NULL, NULL, NULL, err) < 0)
			return -1;
	}
	return 0;
}
