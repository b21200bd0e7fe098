/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/fleet_body.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SPECIFICATION "LaunchTemplateSpecification."

struct parameter {
	const char *name, *value;
	size_t name_len, value_len;
};

/* The parameter at *AT, and *AT moved behind it; false at the end. */
static bool next(const char **at, struct parameter *p)
{
	const char *equals;
	size_t len;

	while (**at == '&')
		++*at;
	len = strcspn(*at, "&");
	if (!len)
		return false;
	equals = memchr(*at, '=', len);
	p->name = *at;
	p->name_len = equals ? (size_t)(equals - *at) : len;
	p->value = equals ? equals + 1 : *at + len;
	p->value_len = len - p->name_len - (equals ? 1 : 0);
	*at += len;
	return true;
}

static bool is_named(const struct parameter *p, const char *name)
{
	size_t len = strlen(name);
	const char *end = p->name + p->name_len;

	return p->name_len >= len && !memcmp(end - len, name, len) &&
	       (p->name_len == len || end[-(ptrdiff_t)len - 1] == '.');
}

static bool is_value(const struct parameter *p, const char *value)
{
	return p->value_len == strlen(value) && !memcmp(p->value, value, p->value_len);
}

bool fleet_body_value(const char *body, const char *name, char *value, size_t size)
{
	struct parameter p;

	while (next(&body, &p)) {
		if (!is_named(&p, name))
			continue;
		if (p.value_len >= size)
			return false;
		memcpy(value, p.value, p.value_len);
		value[p.value_len] = '\0';
		return true;
	}
	return false;
}

bool fleet_body_launches(const char *body, const char *template_id, int64_t version)
{
	bool template = false; /* the last one named is this */
	char number[24];
	struct parameter p;

	snprintf(number, sizeof(number), "%" PRId64, version);
	while (next(&body, &p)) {
		if (is_named(&p, SPECIFICATION "LaunchTemplateId"))
			template = is_value(&p, template_id);
		else if (template && is_named(&p, SPECIFICATION "Version") && is_value(&p, number))
			return true;
	}
	return false;
}
