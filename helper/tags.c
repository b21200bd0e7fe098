/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/tags.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/identity.h"

#define VALUE_MAX 256 /* characters of a tag's value, EC2's limit */

void tags_release(struct tag_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->owned[i]);
	list->n = 0;
}

static void tags_add(struct tag_list *list, const char *key, const char *value, size_t len)
{
	char *copy;

	if (!len)
		return;
	copy = strndup(value, len < VALUE_MAX ? len : VALUE_MAX);
	if (!copy || list->n == TAGS_MAX) {
		free(copy);
		list->failed = true;
		return;
	}
	for (char *p = copy; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(" +-=._:/@,[]", *p))
			*p = '_';
	list->owned[list->n] = copy;
	list->tags[list->n++] = (struct ec2_tag){key, copy};
}

static void add_text(struct tag_list *list, const char *key, const char *value)
{
	tags_add(list, key, value, strlen(value));
}

void tags_common(struct tag_list *list, const char *cluster, const struct gang *gang,
	const struct conf_group *group)
{
	add_text(list, "burst:cluster", cluster);
	add_text(list, "burst:gang", gang->id);
	if (gang->job_id)
		add_text(list, "burst:job", gang->job_name);
	else
		add_text(list, "burst:pool", gang->id);
	add_text(list, "burst:partition", gang->partition);
	add_text(list, "burst:user", gang->user);
	add_text(list, "burst:account", gang->account);
	add_text(list, "burst:project", *gang->project ? gang->project : gang->account);
	for (size_t i = 0; i < group->ntags; i++)
		add_text(list, group->tags[i].key, group->tags[i].value);
}

void tags_launch(struct tag_list *list, const char *token, const char *hostlist)
{
	static const char *const keys[] = {"burst:nodes", "burst:nodes2", "burst:nodes3",
		"burst:nodes4", "burst:nodes5", "burst:nodes6", "burst:nodes7", "burst:nodes8"};
	const char *piece;
	size_t len;

	add_text(list, "burst:launch", token);
	for (size_t i = 0; (piece = identity_piece(hostlist, i, &len)); i++) {
		if (i == ARRAY_SIZE(keys)) {
			list->failed = true;
			return;
		}
		tags_add(list, keys[i], piece, len);
	}
}
