/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_walk: one pass over a parsed configuration against the table; and the rules that go over
 * more than one key (conf_rules.c). Internal to conf.
 */
#ifndef BURST_CONF_WALK_H
#define BURST_CONF_WALK_H

#include "helper/conf_table.h"
#include "helper/conf_yaml.h"

struct conf_walk {
	const char *file;
	struct conf_draft draft;
	char where[512]; /* path of the node at hand, "slurm.partitions[0].node_groups[1]" */
	void (*warn)(void *arg, const char *text);
	void *arg;
	struct err *err;
	bool public; /* only what users may know: without launch templates */
};

/* "FILE:LINE: WHERE.KEY: " and the rest; KEY may be NULL. Returns -1. */
int conf_fail(struct conf_walk *w, const struct conf_node *node, const char *key, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
void conf_warn(struct conf_walk *w, const struct conf_node *node, const char *key, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

/* Read the map NODE (NULL: an absent one, on LINE's node) into BASE; PREFIX is its path in the
 * table. */
int conf_walk_map(
	struct conf_walk *w, const struct conf_node *node, const char *prefix, void *base);

/* The rules; ROOT is the whole file. */
int conf_rules_root(struct conf_walk *w, const struct conf_node *root);
/* What the file says of a limit, as the last of conf.limits. */
int conf_rules_limit(struct conf_walk *w, const struct conf_node *node,
	const struct conf_draft_limit *limit, struct budget *budget);
int conf_rules_group(struct conf_walk *w, const struct conf_node *node, struct conf_group *group);

#endif
