/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/query.h"

#include <inttypes.h>
#include <string.h>

/* As AWS's own clients encode: blank as '+', '~' literal. */
static void encode(struct strbuf *body, const char *s)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s; s++) {
		if (strchr(plain, *s))
			strbuf_addch(body, *s);
		else if (*s == ' ')
			strbuf_addch(body, '+');
		else
			strbuf_addf(body, "%%%02X", (unsigned char)*s);
	}
}

void query_begin(struct strbuf *body, const char *action, const char *version)
{
	strbuf_addf(body, "Action=%s&Version=%s", action, version);
}

void query_add(struct strbuf *body, const char *value, const char *name, ...)
{
	va_list ap;

	strbuf_addch(body, '&');
	va_start(ap, name);
	strbuf_vaddf(body, name, ap);
	va_end(ap);
	strbuf_addch(body, '=');
	encode(body, value);
}

void query_add_int(struct strbuf *body, int64_t value, const char *name, ...)
{
	va_list ap;

	strbuf_addch(body, '&');
	va_start(ap, name);
	strbuf_vaddf(body, name, ap);
	va_end(ap);
	strbuf_addf(body, "=%" PRId64, value);
}

void query_add_tags(struct strbuf *body, unsigned n, const char *resource_type,
	const struct ec2_tag *tags, size_t ntags)
{
	if (!ntags)
		return;
	query_add(body, resource_type, "TagSpecification.%u.ResourceType", n);
	for (size_t i = 0; i < ntags; i++) {
		query_add(body, tags[i].key, "TagSpecification.%u.Tag.%zu.Key", n, i + 1);
		query_add(body, tags[i].value, "TagSpecification.%u.Tag.%zu.Value", n, i + 1);
	}
}

void query_add_filters(struct strbuf *body, const struct ec2_filter *filters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		query_add(body, filters[i].name, "Filter.%zu.Name", i + 1);
		for (size_t k = 0; k < filters[i].nvalues; k++)
			query_add(body, filters[i].values[k], "Filter.%zu.Value.%zu", i + 1, k + 1);
	}
}
