/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/plugargs.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define QUOTE_MAX 40

static int set_default_efa(const char *value, struct plugargs *args, struct err *err)
{
	if (args->default_efa != EFA_UNSET)
		return err_set(err, ERR_CONFIG, "given twice");
	return efa_mode_parse(value, &args->default_efa, err);
}

static int set_allow_efa(const char *value, struct plugargs *args, struct err *err)
{
	char word[64];

	if (args->allow_efa)
		return err_set(err, ERR_CONFIG, "given twice");
	for (;;) {
		size_t len = strcspn(value, ",");
		enum efa_mode mode = EFA_UNSET;

		/* longer than any mode: cut, and so refused by the parser in the same words */
		snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : sizeof(word)),
			value);
		if (efa_mode_parse(word, &mode, err) < 0)
			return -1;
		args->allow_efa |= 1u << mode;
		if (!value[len])
			return 0;
		value += len + 1;
	}
}

static int set_max_cost(const char *value, struct plugargs *args, struct err *err)
{
	struct cost_limit limit = {0};
	struct cost_limit *max;

	if (cost_limit_parse(value, &limit, err) < 0)
		return -1;
	max = limit.per_hour ? &args->max_hour : &args->max_job;
	if (max->uusd)
		return err_set(err, ERR_CONFIG, "given twice %s",
			limit.per_hour ? "per hour" : "for the job");
	*max = limit;
	return 0;
}

static const struct {
	const char *key;
	int (*set)(const char *value, struct plugargs *args, struct err *err);
} keys[] = {
	{"default_efa=", set_default_efa},
	{"max_cost=", set_max_cost},
	{"allow_efa=", set_allow_efa},
};

static int parse_one(const char *text, struct plugargs *args, struct err *err)
{
	char quoted[QUOTE_MAX + 4];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = strlen(keys[i].key);

		if (strncmp(text, keys[i].key, len) != 0)
			continue;
		if (keys[i].set(text + len, args, err) < 0)
			return err_prefix(err, "%.*s", (int)len - 1, keys[i].key);
		return 0;
	}
	return err_set(err, ERR_CONFIG,
		"unknown argument \"%s\"; known are default_efa=, max_cost=, allow_efa=",
		text_make_safe(text, QUOTE_MAX, quoted, sizeof(quoted)));
}

int plugargs_parse(int ac, char *const av[], struct plugargs *args, struct err *err)
{
	struct plugargs a = {0};
	char allowed[64];

	for (int i = 0; i < ac; i++) {
		if (parse_one(av[i], &a, err) < 0) {
			if (err)
				err->class = ERR_CONFIG;
			return err_prefix(err, "plugstack.conf");
		}
	}
	/* else every job that does not say would be one that may not be */
	if (a.default_efa != EFA_UNSET && !plugargs_allow_efa(&a, a.default_efa))
		return err_set(err, ERR_CONFIG,
			"plugstack.conf: default_efa=%s is not in allow_efa (%s)",
			efa_mode_name(a.default_efa),
			plugargs_format_allowed(&a, allowed, sizeof(allowed)));
	*args = a;
	return 0;
}

bool plugargs_allow_efa(const struct plugargs *args, enum efa_mode mode)
{
	return !args->allow_efa || (args->allow_efa & (1u << mode));
}

char *plugargs_format_allowed(const struct plugargs *args, char *buf, size_t size)
{
	unsigned left = 0;
	size_t len = 0;

	for (int mode = EFA_REQUIRED; mode >= EFA_DISABLED; mode--)
		left += plugargs_allow_efa(args, (enum efa_mode)mode);
	buf[0] = '\0';
	for (int mode = EFA_REQUIRED; mode >= EFA_DISABLED && len < size; mode--) {
		if (!plugargs_allow_efa(args, (enum efa_mode)mode))
			continue;
		left--;
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
			efa_mode_name((enum efa_mode)mode), left > 1 ? ", " : (left ? " or " : ""));
	}
	return buf;
}
