/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_yaml: the part of YAML that a configuration needs, as a tree with line numbers.
 *
 * One document of maps, lists and one-line scalars. Anchors, aliases, merge keys, tags, directives,
 * several documents and control characters are refused: a configuration that two programs
 * read differently is worse than one that is refused. Depth and size are limited.
 */
#ifndef BURST_CONF_YAML_H
#define BURST_CONF_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

#define CONF_SIZE_MAX  (1024 * 1024)
#define CONF_DEPTH_MAX 16
#define CONF_TEXT_MAX  2048 /* bytes in one scalar */

enum conf_node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct conf_node {
	enum conf_node_kind kind;
	unsigned line;           /* from 1 */
	char *key;               /* where the parent is a map */
	char *text;              /* a scalar's */
	bool null;               /* a scalar with nothing in it: "", ~, null */
	struct conf_node *items; /* of a map or list */
	size_t n, alloc;
};

/* Parse LEN bytes of TEXT. FILE is for messages. NODE is to be released, also after a failure. */
int conf_yaml_parse(
	const char *file, const char *text, size_t len, struct conf_node *node, struct err *err);
void conf_node_release(struct conf_node *node);

/* The child KEY of a map, without regard to case; NULL where there is none. */
const struct conf_node *conf_node_find(const struct conf_node *node, const char *key);

#endif
