/* SPDX-License-Identifier: Apache-2.0 */
/* Placement groups and subnets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"

struct group {
	char name[256];
	char state[32];
	size_t matching; /* of the tags asked for */
};

struct groups {
	struct group *all;
	size_t n;
	const struct ec2_tag *tags; /* those to be looked for */
	size_t ntags;
	char key[256], value[512]; /* the tag being read */
};

static void groups_release(struct groups *groups)
{
	free(groups->all);
	groups->all = NULL;
	groups->n = 0;
}

static int groups_reset(void *arg, struct err *err)
{
	groups_release(arg);
	return 0;
}

static int on_group(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const struct answer_field fields[] = {
		ANSWER_FIELD("groupName", struct group, name),
		ANSWER_FIELD("state", struct group, state),
	};
	static const struct answer_field tag_fields[] = {
		ANSWER_FIELD("tagSet/item/key", struct groups, key),
		ANSWER_FIELD("tagSet/item/value", struct groups, value),
	};
	struct groups *groups = arg;
	const char *rest = answer_below(path, "placementGroupSet/item");
	struct group *group;

	if (event == XML_BEGIN && !strcmp(path, "placementGroupSet/item")) {
		group = answer_grow(groups->all, &groups->n, sizeof(*group), err);
		if (!group)
			return -1;
		groups->all = group;
	}
	if (!rest || event == XML_BEGIN)
		return 0;
	group = &groups->all[groups->n - 1];
	answer_copy(group, fields, ARRAY_SIZE(fields), rest, text);
	answer_copy(groups, tag_fields, ARRAY_SIZE(tag_fields), rest, text);
	if (strcmp(rest, "tagSet/item"))
		return 0;
	for (size_t i = 0; i < groups->ntags; i++)
		if (!strcmp(groups->key, groups->tags[i].key) &&
			!strcmp(groups->value, groups->tags[i].value))
			group->matching++;
	groups->key[0] = groups->value[0] = '\0';
	return 0;
}

static int describe_group(struct aws *aws, const char *name, struct groups *groups, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

	query_begin(&body, "DescribePlacementGroups", QUERY_EC2_VERSION);
	query_add(&body, name, "GroupName.1");
	return ec2_send(
		aws, "DescribePlacementGroups", &body, on_group, groups_reset, groups, NULL, err);
}

/* CreatePlacementGroup has no ClientToken: was "Duplicate" our own request, its answer lost? */
static bool is_ours(struct aws *aws, const char *name, const struct ec2_tag *tags, size_t ntags)
{
	CLEANUP(groups_release) struct groups groups = {.tags = tags, .ntags = ntags};

	return ntags && !describe_group(aws, name, &groups, NULL) && groups.n == 1 &&
	       groups.all[0].matching == ntags;
}

int ec2_create_placement_group(struct aws *aws, const char *name, const char *strategy,
	const struct ec2_tag *tags, size_t ntags, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	unsigned attempts = 0;
	struct err why = {0};

	query_begin(&body, "CreatePlacementGroup", QUERY_EC2_VERSION);
	query_add(&body, name, "GroupName");
	query_add(&body, strategy, "Strategy");
	/* EC2 makes two unless told; seven are what a zone can have */
	if (!strcmp(strategy, "partition"))
		query_add(&body, "7", "PartitionCount");
	query_add_tags(&body, 1, "placement-group", tags, ntags);
	if (!ec2_send(aws, "CreatePlacementGroup", &body, NULL, NULL, NULL, &attempts, &why))
		return 0;
	if (attempts > 1 && !strcmp(why.code, "InvalidPlacementGroup.Duplicate") &&
		is_ours(aws, name, tags, ntags))
		return 0;
	if (err)
		*err = why;
	return -1;
}

int ec2_placement_group_state(
	struct aws *aws, const char *name, char *state, size_t size, struct err *err)
{
	CLEANUP(groups_release) struct groups groups = {0};

	if (describe_group(aws, name, &groups, err) < 0)
		return -1;
	if (!groups.n)
		return err_set(err, ERR_NOTFOUND, "placement group %s does not exist", name);
	snprintf(state, size, "%s", groups.all[0].state);
	return 0;
}

int ec2_delete_placement_group(struct aws *aws, const char *name, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct err why = {0};

	query_begin(&body, "DeletePlacementGroup", QUERY_EC2_VERSION);
	query_add(&body, name, "GroupName");
	if (!ec2_send(aws, "DeletePlacementGroup", &body, NULL, NULL, NULL, NULL, &why) ||
		!strcmp(why.code, "InvalidPlacementGroup.Unknown"))
		return 0;
	if (err)
		*err = why;
	return -1;
}

int ec2_list_placement_groups(struct aws *aws, const char *tag_key, const char *tag_value,
	char ***names, size_t *n, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf filter = STRBUF_INIT;
	CLEANUP(groups_release) struct groups groups = {0};
	char **list;

	strbuf_addf(&filter, "tag:%s", tag_key);
	query_begin(&body, "DescribePlacementGroups", QUERY_EC2_VERSION);
	query_add(&body, filter.buf, "Filter.1.Name");
	query_add(&body, tag_value, "Filter.1.Value.1");
	if (filter.failed)
		return err_nomem(err);
	if (ec2_send(aws, "DescribePlacementGroups", &body, on_group, groups_reset, &groups, NULL,
		    err) < 0)
		return -1;
	list = calloc(groups.n + 1, sizeof(*list));
	if (!list)
		return err_nomem(err);
	for (size_t i = 0; i < groups.n; i++) {
		list[i] = strdup(groups.all[i].name);
		if (list[i])
			continue;
		while (i--)
			free(list[i]);
		free(list);
		return err_nomem(err);
	}
	*names = list;
	*n = groups.n;
	return 0;
}

int ec2_count_placement_groups(struct aws *aws, size_t *n, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(groups_release) struct groups groups = {0};

	query_begin(&body, "DescribePlacementGroups", QUERY_EC2_VERSION);
	if (ec2_send(aws, "DescribePlacementGroups", &body, on_group, groups_reset, &groups, NULL,
		    err) < 0)
		return -1;
	*n = 0;
	for (size_t i = 0; i < groups.n; i++)
		*n += strcmp(groups.all[i].state, "deleted") != 0;
	return 0;
}

/* --- subnets --------------------------------------------------------------------------------- */

struct subnets {
	struct ec2_subnet *all; /* in the order of ids; those not seen yet have no az */
	const char *const *ids;
	size_t n;
	struct {
		char id[64], az[32], free_addresses[24];
	} now;
};

static int on_subnet(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const struct answer_field fields[] = {
		ANSWER_FIELD("subnetId", struct subnets, now.id),
		ANSWER_FIELD("availabilityZone", struct subnets, now.az),
		ANSWER_FIELD("availableIpAddressCount", struct subnets, now.free_addresses),
	};
	struct subnets *subnets = arg;
	const char *rest = answer_below(path, "subnetSet/item");

	if (event == XML_BEGIN)
		return 0;
	if (rest)
		answer_copy(subnets, fields, ARRAY_SIZE(fields), rest, text);
	if (strcmp(path, "subnetSet/item"))
		return 0;
	for (size_t i = 0; i < subnets->n; i++) {
		struct ec2_subnet *s = &subnets->all[i];

		if (strcmp(subnets->ids[i], subnets->now.id))
			continue;
		snprintf(s->id, sizeof(s->id), "%s", subnets->now.id);
		snprintf(s->az, sizeof(s->az), "%s", subnets->now.az);
		s->free_addresses = strtoll(subnets->now.free_addresses, NULL, 10);
	}
	memset(&subnets->now, 0, sizeof(subnets->now));
	return 0;
}

int ec2_describe_subnets(struct aws *aws, const char *const *ids, size_t nids,
	struct ec2_subnet **out, struct err *err)
{
	cleanup_free struct ec2_subnet *all = calloc(nids ? nids : 1, sizeof(*all));
	struct subnets subnets = {.all = all, .ids = ids, .n = nids};

	if (!all)
		return err_nomem(err);
	for (size_t at = 0; at < nids; at += EC2_BATCH) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		query_begin(&body, "DescribeSubnets", QUERY_EC2_VERSION);
		for (size_t i = at; i < nids && i < at + EC2_BATCH; i++)
			query_add(&body, ids[i], "SubnetId.%zu", i - at + 1);
		if (ec2_send(aws, "DescribeSubnets", &body, on_subnet, NULL, &subnets, NULL, err) <
			0)
			return -1;
	}
	for (size_t i = 0; i < nids; i++)
		if (!all[i].id[0])
			return err_set(
				err, ERR_NOTFOUND, "EC2 does not tell of subnet %.64s", ids[i]);
	*out = STEAL_POINTER(all);
	return 0;
}
