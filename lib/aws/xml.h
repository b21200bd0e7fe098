/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml: AWS's answers, parsed as they arrive (libxml2's push parser, no tree).
 *
 *	struct xml *xml = xml_create(on_element, arg, err);
 *	xml_push(xml, data, len, err)...	// as often as data comes
 *	xml_finish(xml, err);			// is it a whole document?
 *	xml_destroy(xml);
 *
 * An element is known by its path below the root, in local names: "instancesSet/item/instanceId";
 * namespaces, attributes and comments mean nothing. There is no DTD (one is refused), no entity but
 * the predefined five, no network. Depth and text are limited. Text is wiped when freed: an answer
 * of STS holds a secret.
 */
#ifndef BURST_XML_H
#define BURST_XML_H

#include <stddef.h>

#include "lib/base/err.h"

#define XML_MAX_DEPTH 32
#define XML_MAX_TEXT  (256 * 1024) /* of one element; user data is at most 16 KiB */

enum xml_event { XML_BEGIN, XML_END };

/*
 * PATH has begun, or ended with TEXT (NULL at XML_BEGIN): the character data directly inside,
 * blank where the element holds elements. PATH "" is the root. Return -1 with ERR to give up.
 */
typedef int xml_element_fn(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err);

struct xml;

struct xml *xml_create(xml_element_fn *element, void *arg, struct err *err);
void xml_destroy(struct xml *xml);
/* ERR_FATAL: this is no such document; or what the callback said. */
int xml_push(struct xml *xml, const char *data, size_t len, struct err *err);
/* ERR_TRANSIENT: the document ends in its middle. */
int xml_finish(struct xml *xml, struct err *err);
/* The root's local name; "" before it was seen. */
const char *xml_root(const struct xml *xml);

#endif
