/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/conf_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "lib/base/cleanup.h"
#include "lib/intent/intent.h"

struct reader {
	const char *file;
	yaml_parser_t parser;
	struct err *err;
};

#define PLAIN "expected plain YAML: maps, lists and one-line values"

static int refuse(const struct reader *r, size_t line, const char *what, const char *expected)
{
	return err_set(r->err, ERR_CONFIG, "%s:%zu: %s; %s", r->file, line, what, expected);
}

void conf_node_release(struct conf_node *node)
{
	for (size_t i = 0; i < node->n; i++)
		conf_node_release(&node->items[i]);
	free(node->items);
	free(node->key);
	free(node->text);
	*node = (struct conf_node){0};
}

const struct conf_node *conf_node_find(const struct conf_node *node, const char *key)
{
	for (size_t i = 0; node->kind == NODE_MAP && i < node->n; i++)
		if (!strcasecmp(node->items[i].key, key))
			return &node->items[i];
	return NULL;
}

static void event_release(yaml_event_t *event)
{
	yaml_event_delete(event);
}
#define cleanup_event CLEANUP(event_release)

static int next(struct reader *r, yaml_event_t *event)
{
	const yaml_parser_t *p = &r->parser;

	if (yaml_parser_parse(&r->parser, event))
		return 0;
	if (p->error == YAML_MEMORY_ERROR)
		return err_nomem(r->err);
	if (p->error == YAML_READER_ERROR) /* has an offset, and no line */
		return err_set(r->err, ERR_CONFIG, "%s:%zu: not YAML: %s; expected UTF-8 text",
			r->file, p->mark.line + 1, p->problem ? p->problem : "unreadable");
	return err_set(r->err, ERR_CONFIG,
		"%s:%zu: not YAML: %s%s%s; expected \"key: value\" lines", r->file,
		p->problem_mark.line + 1, p->context ? p->context : "", p->context ? ": " : "",
		p->problem ? p->problem : "unreadable");
}

/* The features that would let a file mean more than it shows. */
static int check_plain(const struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	size_t line = event->start_mark.line + 1;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return refuse(r, line, "an alias (*name)", PLAIN);
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return refuse(r, line, "an anchor (&name)", PLAIN);
	if (tag)
		return refuse(r, line, "a tag (!name)", PLAIN);
	return 0;
}

/* Take a scalar's text: one line, printable. */
static int take_text(const struct reader *r, const yaml_event_t *event, char **text)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length, line = event->start_mark.line + 1;

	if (len > CONF_TEXT_MAX)
		return refuse(r, line, "a value of more than 2048 bytes", "expected a shorter one");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c == '\n' || c == '\r')
			return refuse(r, line, "a value of several lines", PLAIN);
		if (c < 0x20 || c == 0x7f)
			return refuse(r, line, "a control character in a value", PLAIN);
	}
	*text = strndup(value, len);
	return *text ? 0 : err_nomem(r->err);
}

static struct conf_node *add_item(const struct reader *r, struct conf_node *node)
{
	if (node->n == node->alloc) {
		size_t alloc = node->alloc ? node->alloc * 2 : 8;
		struct conf_node *items = reallocarray(node->items, alloc, sizeof(*items));

		if (!items) {
			err_nomem(r->err);
			return NULL;
		}
		node->items = items;
		node->alloc = alloc;
	}
	node->items[node->n] = (struct conf_node){0};
	return &node->items[node->n++];
}

static int take_key(
	const struct reader *r, const struct conf_node *map, const yaml_event_t *event, char **key)
{
	size_t line = event->start_mark.line + 1;
	const struct conf_node *twin;
	char safe[64];

	if (event->type != YAML_SCALAR_EVENT)
		return refuse(r, line, "a key that is a map or list", "expected a word");
	if (take_text(r, event, key) < 0)
		return -1;
	if (!strcmp(*key, "<<"))
		return refuse(r, line, "a merge key (<<)", PLAIN);
	if (!**key)
		return refuse(r, line, "an empty key", "expected a word");
	twin = conf_node_find(map, *key);
	if (twin)
		return err_set(r->err, ERR_CONFIG,
			"%s:%zu: %s: given twice, first on line %u; expected once", r->file, line,
			text_make_safe(*key, 40, safe, sizeof(safe)), twin->line);
	return 0;
}

static int parse_value(
	struct reader *r, const yaml_event_t *event, struct conf_node *node, unsigned depth);

static int parse_items(struct reader *r, struct conf_node *node, unsigned depth)
{
	for (;;) {
		cleanup_event yaml_event_t event = {0}, value = {0};
		cleanup_free char *key = NULL;
		struct conf_node *item;
		const yaml_event_t *of = &event;
		unsigned line;

		if (next(r, &event) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (check_plain(r, &event) < 0)
			return -1;
		line = (unsigned)event.start_mark.line + 1;
		if (node->kind == NODE_MAP) {
			if (take_key(r, node, &event, &key) < 0 || next(r, &value) < 0)
				return -1;
			if (check_plain(r, &value) < 0)
				return -1;
			of = &value;
		}
		item = add_item(r, node);
		if (!item)
			return -1;
		item->key = STEAL_POINTER(key);
		item->line = line;
		if (parse_value(r, of, item, depth) < 0)
			return -1;
	}
}

static int parse_value(
	struct reader *r, const yaml_event_t *event, struct conf_node *node, unsigned depth)
{
	size_t line = event->start_mark.line + 1;

	if (!node->line)
		node->line = (unsigned)line;
	if (event->type == YAML_SCALAR_EVENT) {
		bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

		node->kind = NODE_SCALAR;
		if (take_text(r, event, &node->text) < 0)
			return -1;
		node->null = !*node->text || (plain && (!strcmp(node->text, "~") ||
							       !strcasecmp(node->text, "null")));
		return 0;
	}
	if (depth == CONF_DEPTH_MAX)
		return refuse(r, line, "more than 16 levels", "expected fewer");
	node->kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
	return parse_items(r, node, depth + 1);
}

static int check_document(const struct reader *r, const yaml_event_t *event)
{
	if (event->data.document_start.version_directive ||
		event->data.document_start.tag_directives.start !=
			event->data.document_start.tag_directives.end)
		return refuse(r, event->start_mark.line + 1, "a directive (%)", PLAIN);
	return 0;
}

static int parse_stream(struct reader *r, struct conf_node *node)
{
	cleanup_event yaml_event_t stream = {0}, document = {0}, root = {0}, end = {0}, more = {0};

	if (next(r, &stream) < 0)
		return -1;
	if (stream.data.stream_start.encoding != YAML_UTF8_ENCODING)
		return refuse(r, 1, "UTF-16", "expected UTF-8 text");
	if (next(r, &document) < 0)
		return -1;
	if (document.type != YAML_DOCUMENT_START_EVENT)
		return refuse(r, 1, "nothing in it", "expected a configuration");
	if (check_document(r, &document) < 0 || next(r, &root) < 0 || check_plain(r, &root) < 0)
		return -1;
	if (parse_value(r, &root, node, 0) < 0 || next(r, &end) < 0 || next(r, &more) < 0)
		return -1;
	if (more.type != YAML_STREAM_END_EVENT)
		return refuse(
			r, more.start_mark.line + 1, "a second document (---)", "expected one");
	return 0;
}

int conf_yaml_parse(
	const char *file, const char *text, size_t len, struct conf_node *node, struct err *err)
{
	struct reader r = {.file = file, .err = err};
	int rc;

	if (len > CONF_SIZE_MAX)
		return err_set(
			err, ERR_CONFIG, "%s:1: larger than 1 MiB; expected a configuration", file);
	if (!yaml_parser_initialize(&r.parser))
		return err_nomem(err);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	rc = parse_stream(&r, node);
	yaml_parser_delete(&r.parser);
	return rc;
}
