/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/kv.h"

#include <stdbool.h>
#include <string.h>

static bool is_plain(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._:/,@+-", c));
}

static bool is_key(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void kv_add(struct strbuf *sb, const char *key, const char *value)
{
	if (sb->len)
		strbuf_addch(sb, ';');
	strbuf_addf(sb, "%s=", key);
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		if (is_plain(*p))
			strbuf_addch(sb, (char)*p);
		else
			strbuf_addf(sb, "%%%02X", *p);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int kv_next(const char **cursor, struct kv *kv, struct err *err)
{
	const char *p = *cursor;
	size_t n = 0;

	if (!*p)
		return 0;
	for (; is_key((unsigned char)*p); p++) {
		if (n + 1 >= sizeof(kv->key))
			return err_set(err, ERR_USAGE, "key of more than %zu bytes", n);
		kv->key[n++] = *p;
	}
	kv->key[n] = '\0';
	if (!n || *p != '=')
		return err_set(
			err, ERR_USAGE, "\"key=value\" expected after %td bytes", p - *cursor);
	p++;
	for (n = 0; *p && *p != ';'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '%') {
			int hi = hex_digit(p[1]);
			int lo = hi < 0 ? -1 : hex_digit(p[2]);

			if (lo < 0)
				return err_set(
					err, ERR_USAGE, "key %s: bad %%XX in the value", kv->key);
			c = (unsigned char)(hi * 16 + lo);
			if (!c || is_plain(c))
				return err_set(err, ERR_USAGE,
					"key %s: %%%02X is not how this byte is written", kv->key,
					c);
			p += 2;
		} else if (!is_plain(c)) {
			return err_set(
				err, ERR_USAGE, "key %s: byte 0x%02x in the value", kv->key, c);
		}
		if (n + 1 >= sizeof(kv->value))
			return err_set(
				err, ERR_USAGE, "key %s: value of more than %zu bytes", kv->key, n);
		kv->value[n++] = (char)c;
	}
	kv->value[n] = '\0';
	if (*p == ';') {
		p++;
		if (!*p)
			return err_set(err, ERR_USAGE, "nothing after the last ';'");
	}
	*cursor = p;
	return 1;
}
