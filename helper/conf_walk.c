/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/conf_walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"

#define ROWS_MAX 512

__attribute__((format(printf, 6, 0))) static void say(struct conf_walk *w, char *buf, size_t size,
	const struct conf_node *node, const char *key, const char *fmt, va_list ap)
{
	int n = snprintf(buf, size, "%s:%u: %s%s%s: ", w->file, node->line, w->where,
		key && *w->where ? "." : "", key ? key : "");

	if (n >= 0 && (size_t)n < size)
		vsnprintf(buf + n, size - (size_t)n, fmt, ap);
}

int conf_fail(
	struct conf_walk *w, const struct conf_node *node, const char *key, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	say(w, text, sizeof(text), node, key, fmt, ap);
	va_end(ap);
	return err_set(w->err, ERR_CONFIG, "%s", text);
}

void conf_warn(
	struct conf_walk *w, const struct conf_node *node, const char *key, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;

	if (!w->warn)
		return;
	va_start(ap, fmt);
	say(w, text, sizeof(text), node, key, fmt, ap);
	va_end(ap);
	w->warn(w->arg, text);
}

/* Go down into KEY, or if that is NULL into element INDEX; returns the length to come back to. */
static size_t enter(struct conf_walk *w, const char *key, long index)
{
	size_t n = strlen(w->where);

	if (!key)
		snprintf(w->where + n, sizeof(w->where) - n, "[%ld]", index);
	else
		snprintf(w->where + n, sizeof(w->where) - n, "%s%s", n ? "." : "", key);
	return n;
}

static void leave(struct conf_walk *w, size_t n)
{
	w->where[n] = '\0';
}

static int wrong(struct conf_walk *w, const struct conf_row *row, const struct conf_node *node)
{
	char expected[256], safe[64];

	conf_row_expected(row, expected, sizeof(expected));
	if (node->kind != NODE_SCALAR)
		return conf_fail(w, node, NULL, "%s; expected %s",
			node->kind == NODE_MAP ? "a section" : "a list", expected);
	return conf_fail(w, node, NULL, "\"%s\"; expected %s%s%s%s",
		text_make_safe(node->text, 40, safe, sizeof(safe)), expected,
		*row->help ? " (" : "", row->help, *row->help ? ")" : "");
}

/* Position of TEXT among "a|b|c" without regard to case, its spelling there to *WORD; -1 if none.
 */
static int choice(const char *choices, const char *text, char *word, size_t size)
{
	size_t len = strlen(text);

	for (int i = 0;; i++) {
		size_t n = strcspn(choices, "|");

		if (n == len && !strncasecmp(choices, text, n)) {
			snprintf(word, size, "%.*s", (int)n, choices);
			return i;
		}
		if (!choices[n])
			return -1;
		choices += n + 1;
	}
}

static int parse_int(const struct conf_row *row, const char *text, int64_t *value)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (end == text || *end || errno || strspn(text, "-0123456789") != strlen(text))
		return -1;
	if (v < row->min || v > row->max)
		return -1;
	*value = v;
	return 0;
}

static void *at(void *base, const struct conf_row *row)
{
	return (char *)base + row->offset;
}

static int put_text(struct conf_walk *w, const struct conf_row *row, void *base, const char *text)
{
	char **to;

	if (row->offset == NOWHERE)
		return 0;
	to = at(base, row);
	*to = strdup(text);
	return *to ? 0 : err_nomem(w->err);
}

/* Check TEXT by ROW and keep it: 0; 1 when it is not what the row wants; -1 on other errors. */
static int put_scalar(struct conf_walk *w, const struct conf_row *row, void *base, const char *text)
{
	bool kept = row->offset != NOWHERE;
	int64_t v;
	char word[64];
	int i;

	switch (row->type) {
	case T_TEXT:
		return row->shape && row->shape(text) ? 1 : put_text(w, row, base, text);
	case T_PATH:
		return *text != '/' ? 1 : put_text(w, row, base, text);
	case T_WORD:
		if (choice(row->choices, text, word, sizeof(word)) < 0)
			return 1;
		return put_text(w, row, base, word);
	case T_ENUM:
		i = choice(row->choices, text, word, sizeof(word));
		if (i < 0)
			return 1;
		*(int *)at(base, row) = i + (int)row->min;
		return 0;
	case T_BOOL:
		i = choice(row->choices ? row->choices : "false|true", text, word, sizeof(word));
		if (i < 0)
			return 1;
		if (kept)
			*(bool *)at(base, row) = i;
		return 0;
	case T_INT:
		if (parse_int(row, text, &v) < 0)
			return 1;
		if (kept)
			*(int *)at(base, row) = (int)v;
		return 0;
	case T_INT64:
		if (parse_int(row, text, &v) < 0)
			return 1;
		*(int64_t *)at(base, row) = v;
		return 0;
	case T_MONEY:
		if (money_parse(text, strlen(text), &v, NULL) < 0 || (v <= 0 && !row->def))
			return 1;
		*(int64_t *)at(base, row) = v;
		return 0;
	case T_PERCENT:
		/* a millionth of a percent is no price's business, but is read as one of a dollar
		 * is */
		if (money_parse(text, strlen(text), &v, NULL) < 0 || v % 1000 ||
			v > 100 * UUSD_PER_USD)
			return 1;
		*(int64_t *)at(base, row) = v / 1000;
		return 0;
	default:
		return 1;
	}
}

static int walk_words(
	struct conf_walk *w, const struct conf_node *node, const struct conf_row *row, void *base)
{
	char ***words = at(base, row);
	size_t *n = (size_t *)(words + 1);

	if (node->kind != NODE_LIST)
		return node->kind == NODE_SCALAR && node->null ? 0 : wrong(w, row, node);
	if (node->n > (size_t)row->max)
		return conf_fail(w, node, NULL, "%zu of them; expected at most %lld", node->n,
			(long long)row->max);
	*words = calloc(node->n ? node->n : 1, sizeof(**words));
	if (!*words)
		return err_nomem(w->err);
	for (size_t i = 0; i < node->n; i++) {
		const struct conf_node *item = &node->items[i];
		size_t back = enter(w, NULL, (long)i);
		char safe[64];

		if (item->kind != NODE_SCALAR || row->shape(item->text))
			return conf_fail(w, item, NULL, "\"%s\"; expected %s",
				text_make_safe(
					item->text ? item->text : "", 40, safe, sizeof(safe)),
				row->shape(""));
		for (size_t j = 0; j < i; j++)
			if (!strcmp((*words)[j], item->text))
				return conf_fail(w, item, NULL,
					"\"%s\" for the second time; expected once", item->text);
		(*words)[i] = strdup(item->text);
		if (!(*words)[i])
			return err_nomem(w->err);
		*n = i + 1;
		leave(w, back);
	}
	return 0;
}

static int walk_pairs(
	struct conf_walk *w, const struct conf_node *node, const struct conf_row *row, void *base)
{
	struct conf_pair **pairs = row->offset == NOWHERE ? NULL : at(base, row);

	if (node->kind != NODE_MAP)
		return node->kind == NODE_SCALAR && node->null ? 0 : wrong(w, row, node);
	if (pairs) {
		*pairs = calloc(node->n ? node->n : 1, sizeof(**pairs));
		if (!*pairs)
			return err_nomem(w->err);
	}
	for (size_t i = 0; i < node->n; i++) {
		const struct conf_node *item = &node->items[i];
		char safe[64];

		if (strspn(item->key,
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") !=
			strlen(item->key))
			return conf_fail(w, item, text_make_safe(item->key, 40, safe, sizeof(safe)),
				"not a word of slurm.conf; expected letters, digits and '_'");
		if (item->kind != NODE_SCALAR)
			return conf_fail(w, item, item->key, "%s; expected a value",
				item->kind == NODE_MAP ? "a section" : "a list");
		if (!pairs)
			continue;
		*(size_t *)(pairs + 1) = i + 1;
		(*pairs)[i].key = strdup(item->key);
		(*pairs)[i].value = strdup(item->text);
		if (!(*pairs)[i].key || !(*pairs)[i].value)
			return err_nomem(w->err);
	}
	return 0;
}

/* Make room for one more element of SIZE bytes, zeroed, behind the *N of *ARRAY. */
static void *grow(struct conf_walk *w, void *array, size_t *n, size_t size)
{
	void *old;
	char *bigger;

	memcpy(&old, array, sizeof(old));
	bigger = reallocarray(old, *n + 1, size);
	if (!bigger) {
		err_nomem(w->err);
		return NULL;
	}
	memcpy(array, &bigger, sizeof(old));
	memset(bigger + *n * size, 0, size);
	return bigger + (*n)++ * size;
}

static int walk_partition(struct conf_walk *w, const struct conf_node *node, const char *path)
{
	struct conf *conf = &w->draft.conf;
	struct conf_partition *partition = grow(
		w, &conf->partitions, &conf->npartitions, sizeof(*partition));
	size_t first = conf->ngroups;
	int rc = partition ? conf_walk_map(w, node, path, partition) : -1;

	for (size_t i = first; !rc && i < conf->ngroups; i++) {
		conf->groups[i].partition = strdup(partition->name);
		if (!conf->groups[i].partition)
			rc = err_nomem(w->err);
		for (size_t j = 0; !rc && j < i; j++)
			if (!strcmp(conf->groups[j].partition, partition->name) &&
				!strcmp(conf->groups[j].name, conf->groups[i].name))
				rc = conf_fail(w, node, NULL,
					"the node group %s-%s for the second time; expected each "
					"name once",
					partition->name, conf->groups[i].name);
	}
	return rc;
}

static int walk_tag(struct conf_walk *w, const struct conf_node *node, const char *path,
	struct conf_group *group)
{
	struct conf_draft_tag tag = {0};
	struct conf_pair *pair;
	int rc = conf_walk_map(w, node, path, &tag);

	if (!rc) {
		pair = grow(w, &group->tags, &group->ntags, sizeof(*pair));
		if (pair) {
			pair->key = STEAL_POINTER(tag.key);
			pair->value = STEAL_POINTER(tag.value);
		} else {
			rc = -1;
		}
	}
	free(tag.key);
	free(tag.value);
	return rc;
}

static int walk_limit(struct conf_walk *w, const struct conf_node *node, const char *path)
{
	struct conf_draft_limit limit = {0};
	struct conf *conf = &w->draft.conf;
	struct budget *budget;
	int rc = conf_walk_map(w, node, path, &limit);

	if (!rc) {
		budget = grow(w, &conf->limits, &conf->nlimits, sizeof(*budget));
		rc = budget ? conf_rules_limit(w, node, &limit, budget) : -1;
	}
	free(limit.name);
	free(limit.who);
	free(limit.alarms);
	return rc;
}

/* One element of a list of sections; BASE is the structure that the list belongs to. */
static int walk_element(
	struct conf_walk *w, const struct conf_node *node, const struct conf_row *row, void *base)
{
	struct conf *conf = &w->draft.conf;
	struct conf_group *group = base;
	struct conf_override *override;
	struct conf_place *place;

	if (!strcmp(row->path, "slurm.partitions[]"))
		return walk_partition(w, node, row->path);
	if (!strcmp(row->path, "limits[]"))
		return walk_limit(w, node, row->path);
	if (!strcmp(row->path, "slurm.partitions[].node_groups[]")) {
		group = grow(w, &conf->groups, &conf->ngroups, sizeof(*group));
		if (!group || conf_walk_map(w, node, row->path, group) < 0)
			return -1;
		return conf_rules_group(w, node, group);
	}
	if (!strcmp(row->path, "prices.discounts[]")) {
		struct conf_discount *discount = grow(
			w, &conf->prices.discounts, &conf->prices.ndiscounts, sizeof(*discount));

		return discount ? conf_walk_map(w, node, row->path, discount) : -1;
	}
	if (!strcmp(row->path, "slurm.partitions[].node_groups[].tags[]"))
		return walk_tag(w, node, row->path, group);
	if (!strcmp(row->path, "slurm.partitions[].node_groups[].other_regions[]")) {
		/* the first stays free for the group's own */
		if (!group->nplaces && !grow(w, &group->places, &group->nplaces, sizeof(*place)))
			return -1;
		place = grow(w, &group->places, &group->nplaces, sizeof(*place));
		return place ? conf_walk_map(w, node, row->path, place) : -1;
	}
	place = base;
	override = strstr(row->path, ".other_regions[].")
			   ? grow(w, &place->overrides, &place->noverrides, sizeof(*override))
			   : grow(w, &group->overrides, &group->noverrides, sizeof(*override));
	if (!override)
		return -1;
	override->spot_price_uusd = -1;
	return conf_walk_map(w, node, row->path, override);
}

static int walk_list(
	struct conf_walk *w, const struct conf_node *node, const struct conf_row *row, void *base)
{
	bool none = node->kind == NODE_SCALAR && node->null;

	if (node->kind != NODE_LIST && !(none && !row->min))
		return wrong(w, row, node);
	if (!none && (node->n < (size_t)row->min || node->n > (size_t)row->max))
		return conf_fail(w, node, NULL, "%zu of them; expected %lld to %lld", node->n,
			(long long)row->min, (long long)row->max);
	for (size_t i = 0; i < node->n; i++) {
		size_t back = enter(w, NULL, (long)i);

		if (walk_element(w, &node->items[i], row, base) < 0)
			return -1;
		leave(w, back);
	}
	return 0;
}

static int walk_scalar(
	struct conf_walk *w, const struct conf_node *node, const struct conf_row *row, void *base)
{
	int rc;

	if (node->kind != NODE_SCALAR)
		return wrong(w, row, node);
	if (row->flags & SECRET)
		return conf_fail(w, node, NULL, "%s", row->help);
	rc = put_scalar(w, row, base, node->text);
	if (rc > 0)
		return wrong(w, row, node);
	if (!rc && (row->flags & COMPAT) && !(row->def && !strcasecmp(row->def, node->text)))
		conf_warn(w, node, NULL, "has no effect here: %s", row->help);
	return rc;
}

static int walk_value(
	struct conf_walk *w, const struct conf_node *node, const struct conf_row *row, void *base)
{
	switch (row->type) {
	case T_SECTION:
		return conf_walk_map(w, node, row->path, base);
	case T_LIST:
		return walk_list(w, node, row, base);
	case T_WORDS:
		return walk_words(w, node, row, base);
	case T_PAIRS:
		if (row->flags & COMPAT)
			conf_warn(w, node, NULL, "has no effect here: %s", row->help);
		return walk_pairs(w, node, row, base);
	default:
		return walk_scalar(w, node, row, base);
	}
}

/* A key that is not given: its default, or an error. */
static int walk_absent(
	struct conf_walk *w, const struct conf_node *node, const struct conf_row *row, void *base)
{
	struct conf_node empty = {.kind = NODE_MAP, .line = node->line};
	char expected[256];

	if (row->type == T_SECTION)
		return conf_walk_map(w, &empty, row->path, base);
	if (row->flags & REQUIRED)
		return conf_fail(w, node, NULL, "missing; expected %s%s%s%s",
			conf_row_expected(row, expected, sizeof(expected)), *row->help ? " (" : "",
			row->help, *row->help ? ")" : "");
	if (row->def && row->offset != NOWHERE)
		return put_scalar(w, row, base, row->def);
	return 0;
}

static int unknown(struct conf_walk *w, const struct conf_node *node, const char *prefix)
{
	const char *near = conf_row_suggest(prefix, node->key);
	size_t n = near ? strlen(near) : 0;
	char safe[64];

	if (n && near[n - 1] == ']') /* of a list's row, not of its key */
		n -= 2;
	text_make_safe(node->key, 40, safe, sizeof(safe));
	return near ? conf_fail(w, node, safe, "unknown key; did you mean %.*s?", (int)n, near)
		    : conf_fail(w, node, safe, "unknown key; expected one of the manual's");
}

int conf_walk_map(struct conf_walk *w, const struct conf_node *node, const char *prefix, void *base)
{
	const struct conf_node *seen[ROWS_MAX] = {0};

	if (node->kind != NODE_MAP && !node->null)
		return conf_fail(w, node, NULL, "%s; expected a section of \"key: value\" lines",
			node->kind == NODE_LIST ? "a list" : "a value");
	for (size_t i = 0; i < node->n; i++) {
		const struct conf_node *item = &node->items[i];
		const struct conf_row *row = conf_row_find(prefix, item->key);
		size_t back, at_row;

		if (!row)
			return unknown(w, item, prefix);
		at_row = (size_t)(row - conf_rows);
		back = enter(w, conf_row_key(row, prefix), -1);
		w->where[strcspn(w->where + back, "[") + back] = '\0';
		if (seen[at_row])
			return conf_fail(w, item, NULL,
				"given as %s on line %u too; expected one of the two",
				seen[at_row]->key, seen[at_row]->line);
		/* nothing written behind a key is the same as the key left out */
		if (item->kind == NODE_SCALAR && item->null && !(row->flags & REQUIRED)) {
			leave(w, back);
			continue;
		}
		seen[at_row] = item;
		if (walk_value(w, item, row, base) < 0)
			return -1;
		leave(w, back);
	}
	for (size_t i = 0; i < conf_nrows && i < ROWS_MAX; i++) {
		const char *key = seen[i] ? NULL : conf_row_key(&conf_rows[i], prefix);
		size_t back;

		if (!key)
			continue;
		back = enter(w, key, -1);
		w->where[strcspn(w->where + back, "[") + back] = '\0';
		if (walk_absent(w, node, &conf_rows[i], base) < 0)
			return -1;
		leave(w, back);
	}
	return 0;
}
