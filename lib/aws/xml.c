/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/xml.h"

#include <libxml/parser.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"

struct xml {
	xmlParserCtxtPtr parser;
	xml_element_fn *element;
	void *arg;
	char root[64];
	char path[1024];
	size_t ends[XML_MAX_DEPTH]; /* length of path outside of the element at this depth */
	unsigned depth;
	char *text; /* one block for good: growing it would leave copies of a secret behind */
	size_t text_len, text_used;
	bool failed;
	struct err err;
};

/* First failure wins; libxml2 goes on with a chunk's rest, which must not reach the callback. */
static void fail(struct xml *xml)
{
	xml->failed = true;
	xmlStopParser(xml->parser);
}

static void tell(struct xml *xml, enum xml_event event, const char *text)
{
	if (xml->element(xml->arg, event, xml->path, text, &xml->err) < 0)
		fail(xml);
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int nnamespaces, const xmlChar **namespaces, int nattributes, int ndefaulted,
	const xmlChar **attributes)
{
	struct xml *xml = arg;
	const char *local = (const char *)name;
	size_t len = strlen(local), at = strlen(xml->path);

	if (xml->failed)
		return;
	if (xml->depth == XML_MAX_DEPTH) {
		err_set(&xml->err, ERR_FATAL, "elements nested deeper than %d", XML_MAX_DEPTH);
		fail(xml);
		return;
	}
	if (xml->depth && at + len + 2 > sizeof(xml->path)) {
		err_set(&xml->err, ERR_FATAL, "element names too long");
		fail(xml);
		return;
	}
	if (!xml->depth) {
		memcpy(xml->root, local, len < sizeof(xml->root) ? len + 1 : sizeof(xml->root) - 1);
		xml->root[sizeof(xml->root) - 1] = '\0';
	}
	xml->ends[xml->depth++] = at;
	if (xml->depth > 1) {
		if (at)
			xml->path[at++] = '/';
		memcpy(xml->path + at, local, len + 1);
	}
	xml->text_len = 0;
	tell(xml, XML_BEGIN, NULL);
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml *xml = arg;

	if (xml->failed || !xml->depth)
		return;
	xml->text[xml->text_len] = '\0';
	tell(xml, XML_END, xml->text);
	xml->path[xml->ends[--xml->depth]] = '\0';
	xml->text_len = 0;
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct xml *xml = arg;

	if (xml->failed || len <= 0)
		return;
	if ((size_t)len > XML_MAX_TEXT - xml->text_len) {
		err_set(&xml->err, ERR_FATAL, "text of an element longer than %d bytes",
			XML_MAX_TEXT);
		fail(xml);
		return;
	}
	memcpy(xml->text + xml->text_len, text, (size_t)len);
	xml->text_len += (size_t)len;
	if (xml->text_len > xml->text_used)
		xml->text_used = xml->text_len;
}

static void on_dtd(void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	struct xml *xml = arg;

	if (xml->failed)
		return;
	err_set(&xml->err, ERR_FATAL, "a document type declaration, which AWS never sends (HTML?)");
	fail(xml);
}

struct xml *xml_create(xml_element_fn *element, void *arg, struct err *err)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_dtd,
	};
	struct xml *xml = calloc(1, sizeof(*xml));

	if (!xml)
		goto error;
	xml->element = element;
	xml->arg = arg;
	xml->text = malloc(XML_MAX_TEXT + 1);
	xml->parser = xmlCreatePushParserCtxt(&sax, xml, NULL, 0, NULL);
	if (!xml->text || !xml->parser)
		goto error;
	xmlCtxtUseOptions(xml->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	return xml;
error:
	err_nomem(err);
	xml_destroy(xml);
	return NULL;
}

void xml_destroy(struct xml *xml)
{
	if (!xml)
		return;
	if (xml->parser) {
		if (xml->parser->myDoc)
			xmlFreeDoc(xml->parser->myDoc);
		xmlFreeParserCtxt(xml->parser);
	}
	if (xml->text)
		OPENSSL_cleanse(xml->text, xml->text_used);
	free(xml->text);
	free(xml);
}

static int give(const struct xml *xml, struct err *err)
{
	if (err)
		*err = xml->err;
	return -1;
}

int xml_push(struct xml *xml, const char *data, size_t len, struct err *err)
{
	if (xml->failed)
		return give(xml, err);
	while (len) {
		/* libxml2 counts in int; small steps also keep its buffer small */
		size_t step = len < 65536 ? len : 65536;

		if (xmlParseChunk(xml->parser, data, (int)step, 0) && !xml->failed) {
			err_set(&xml->err, ERR_FATAL, "not well-formed XML");
			xml->failed = true;
		}
		if (xml->failed)
			return give(xml, err);
		data += step;
		len -= step;
	}
	return 0;
}

int xml_finish(struct xml *xml, struct err *err)
{
	if (xml->failed)
		return give(xml, err);
	if (xmlParseChunk(xml->parser, NULL, 0, 1) || !xml->parser->wellFormed || xml->depth ||
		!xml->root[0]) {
		if (!xml->failed)
			err_set(&xml->err, ERR_TRANSIENT, "the answer ends in the middle");
		xml->failed = true;
		return give(xml, err);
	}
	return 0;
}

const char *xml_root(const struct xml *xml)
{
	return xml->root;
}
