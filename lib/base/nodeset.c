/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/nodeset.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"

#define NAME_MAX_LEN 63
#define GROUPS_MAX   4

static bool is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

static int check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (!len || len > NAME_MAX_LEN)
		return err_set(err, ERR_USAGE, "node name of %zu characters, 1 to %d expected", len,
			NAME_MAX_LEN);
	for (const char *p = name; *p; p++)
		if (!is_name_char(*p))
			return err_set(
				err, ERR_USAGE, "node name with byte 0x%02x", (unsigned char)*p);
	return 0;
}

static void truncate_to(struct nodeset *set, size_t n)
{
	while (set->n > n)
		free(set->names[--set->n]);
}

/* Names with digits in them compare their numbers as numbers, as people count. */
static int compare_names(const char *a, const char *b)
{
	while (*a && *b) {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			const char *sa = a, *sb = b;
			size_t la, lb;
			int c;

			while (*a == '0')
				a++;
			while (*b == '0')
				b++;
			for (la = 0; a[la] >= '0' && a[la] <= '9'; la++)
				;
			for (lb = 0; b[lb] >= '0' && b[lb] <= '9'; lb++)
				;
			if (la != lb)
				return la < lb ? -1 : 1;
			c = strncmp(a, b, la);
			if (c)
				return c;
			a += la;
			b += lb;
			if (a - sa != b - sb) /* equal numbers, other padding */
				return a - sa < b - sb ? -1 : 1;
		} else {
			if (*a != *b)
				return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
			a++;
			b++;
		}
	}
	return *a ? 1 : *b ? -1 : 0;
}

/* Gangs of thousands mostly come in order: looking for a name is then no walk. */
static bool is_ascending(const struct nodeset *set)
{
	return set->ascending >= set->n;
}

static int push(struct nodeset *set, const char *name, struct err *err)
{
	char *copy;

	if (set->n == set->alloc) {
		size_t alloc = set->alloc ? set->alloc * 2 : 16;
		char **names = reallocarray(set->names, alloc, sizeof(*names));

		if (!names)
			return err_nomem(err);
		set->names = names;
		set->alloc = alloc;
	}
	copy = strdup(name);
	if (!copy)
		return err_nomem(err);
	/* whoever took names away kept the others' order */
	if (is_ascending(set))
		set->ascending = set->n +
				 (!set->n || compare_names(set->names[set->n - 1], copy) < 0);
	set->names[set->n++] = copy;
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return compare_names(*(char *const *)a, *(char *const *)b);
}

static void count_ascending(struct nodeset *set)
{
	size_t n = set->n > 0;

	while (n < set->n && compare_names(set->names[n - 1], set->names[n]) < 0)
		n++;
	set->ascending = n;
}

struct entry {
	const char *name;
	size_t pos;
};

static int compare_positions(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = compare_names(x->name, y->name);

	return c ? c : (x->pos > y->pos) - (x->pos < y->pos);
}

/* Remove later duplicates; those before FROM are known to be unique. Stable. */
static int unique(struct nodeset *set, size_t from, struct err *err)
{
	cleanup_free struct entry *entries = NULL;
	size_t out = from;

	if (set->n == from || is_ascending(set))
		return 0;
	entries = calloc(set->n, sizeof(*entries));
	if (!entries)
		return err_nomem(err);
	for (size_t i = 0; i < set->n; i++)
		entries[i] = (struct entry){set->names[i], i};
	qsort(entries, set->n, sizeof(*entries), compare_positions);
	for (size_t i = 1, kept = 0; i < set->n; i++) {
		if (strcmp(entries[kept].name, entries[i].name)) {
			kept = i;
			continue;
		}
		free(set->names[entries[i].pos]);
		set->names[entries[i].pos] = NULL;
		/* entries[kept].name stays valid: it is the earlier one */
	}
	for (size_t i = from; i < set->n; i++)
		if (set->names[i])
			set->names[out++] = set->names[i];
	set->n = out;
	count_ascending(set);
	return 0;
}

/* "0-3,7" between brackets, starting behind '['; NAME holds what stands before it. */
static int expand(struct nodeset *set, const char *p, char *name, size_t len, int groups,
	size_t limit, const char **end, struct err *err);

static int expand_group(struct nodeset *set, const char *p, char *name, size_t len, int groups,
	size_t limit, const char **end, struct err *err)
{
	const char *close = strchr(p, ']');

	if (!close)
		return err_set(err, ERR_USAGE, "'[' without ']'");
	if (groups >= GROUPS_MAX)
		return err_set(err, ERR_USAGE, "more than %d brackets in one name", GROUPS_MAX);
	do {
		uint64_t lo = 0, hi;
		size_t width = 0;

		for (; *p >= '0' && *p <= '9'; p++, width++)
			lo = lo * 10 + (uint64_t)(*p - '0');
		if (!width || width > 9)
			return err_set(
				err, ERR_USAGE, "number of 1 to 9 digits expected in brackets");
		hi = lo;
		if (*p == '-') {
			size_t digits = 0;

			hi = 0;
			for (p++; *p >= '0' && *p <= '9'; p++, digits++)
				hi = hi * 10 + (uint64_t)(*p - '0');
			if (!digits || digits > 9 || hi < lo)
				return err_set(err, ERR_USAGE, "bad range in brackets");
		}
		for (uint64_t v = lo; v <= hi; v++) {
			size_t room = NAME_MAX_LEN + 1 - len;
			int n = snprintf(
				name + len, room, "%0*llu", (int)width, (unsigned long long)v);

			if (n < 0 || (size_t)n >= room)
				return err_set(err, ERR_USAGE,
					"node name of more than %d characters", NAME_MAX_LEN);
			if (expand(set, close + 1, name, len + (size_t)n, groups + 1, limit, end,
				    err) < 0)
				return -1;
		}
		if (*p != ',' && p != close)
			return err_set(
				err, ERR_USAGE, "byte 0x%02x in brackets", (unsigned char)*p);
	} while (*p++ == ',');
	return 0;
}

static int expand(struct nodeset *set, const char *p, char *name, size_t len, int groups,
	size_t limit, const char **end, struct err *err)
{
	for (; *p && *p != ',' && *p != '['; p++) {
		if (len >= NAME_MAX_LEN)
			return err_set(err, ERR_USAGE, "node name of more than %d characters",
				NAME_MAX_LEN);
		name[len++] = *p;
	}
	name[len] = '\0';
	if (*p == '[')
		return expand_group(set, p + 1, name, len, groups, limit, end, err);
	*end = p;
	if (check_name(name, err) < 0)
		return -1;
	if (set->n >= limit)
		return err_set(err, ERR_USAGE, "more than %d nodes", NODESET_MAX);
	return push(set, name, err);
}

int nodeset_parse(struct nodeset *set, const char *hostlist, struct err *err)
{
	size_t before = set->n;
	const char *p = hostlist;
	char name[NAME_MAX_LEN + 1];

	if (!*p)
		return 0;
	for (;;) {
		if (expand(set, p, name, 0, 0, before + NODESET_MAX, &p, err) < 0)
			goto error;
		if (!*p)
			break;
		p++; /* the comma */
	}
	if (unique(set, before, err) < 0)
		goto error;
	return 0;
error:
	truncate_to(set, before);
	return -1;
}

int nodeset_add(struct nodeset *set, const char *name, struct err *err)
{
	if (check_name(name, err) < 0)
		return -1;
	if (nodeset_contains(set, name))
		return 0;
	return push(set, name, err);
}

long nodeset_index(const struct nodeset *set, const char *name)
{
	if (is_ascending(set)) {
		char **at = set->n ? bsearch(&name, set->names, set->n, sizeof(*at),
					     compare_entries)
				   : NULL;

		return at ? (long)(at - set->names) : -1;
	}
	for (size_t i = 0; i < set->n; i++)
		if (!strcmp(set->names[i], name))
			return (long)i;
	return -1;
}

bool nodeset_contains(const struct nodeset *set, const char *name)
{
	return nodeset_index(set, name) >= 0;
}

int nodeset_filter(const struct nodeset *a, const struct nodeset *b, bool keep, struct nodeset *out,
	struct err *err)
{
	cleanup_free char **sorted = NULL;
	size_t before = out->n;

	if (b->n) {
		sorted = calloc(b->n, sizeof(*sorted));
		if (!sorted)
			return err_nomem(err);
		memcpy(sorted, b->names, b->n * sizeof(*sorted));
		qsort(sorted, b->n, sizeof(*sorted), compare_entries);
	}
	for (size_t i = 0; i < a->n; i++) {
		bool found = b->n &&
			     bsearch(&a->names[i], sorted, b->n, sizeof(*sorted), compare_entries);

		if (found == keep && push(out, a->names[i], err) < 0) {
			truncate_to(out, before);
			return -1;
		}
	}
	return unique(out, before, err);
}

void nodeset_sort(struct nodeset *set)
{
	if (set->n > 1)
		qsort(set->names, set->n, sizeof(*set->names), compare_entries);
	count_ascending(set);
}

/* Split NAME into what stands before its last number, and that number with its width. */
static bool split(const char *name, size_t *prefix, uint64_t *number, size_t *width)
{
	size_t len = strlen(name), p = len;

	while (p && name[p - 1] >= '0' && name[p - 1] <= '9')
		p--;
	if (p == len || len - p > 9)
		return false;
	*prefix = p;
	*width = len - p;
	*number = strtoull(name + p, NULL, 10);
	return true;
}

/* May NEXT follow LAST (of WIDTH digits) in one bracket? Zero padding must stay as it is. */
static bool same_notation(const char *a, size_t a_prefix, size_t a_width, const char *b,
	size_t b_prefix, size_t b_width)
{
	bool a_padded = a_width > 1 && a[a_prefix] == '0';
	bool b_padded = b_width > 1 && b[b_prefix] == '0';

	if (a_prefix != b_prefix || strncmp(a, b, a_prefix))
		return false;
	return a_width == b_width || (!a_padded && !b_padded);
}

char *nodeset_format(const struct nodeset *set)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < set->n;) {
		const char *first = set->names[i];
		size_t prefix, width, next_prefix, next_width;
		uint64_t number, next;
		size_t j = i + 1;

		if (i)
			strbuf_addch(&sb, ',');
		if (!split(first, &prefix, &number, &width) || j >= set->n ||
			!split(set->names[j], &next_prefix, &next, &next_width) ||
			!same_notation(
				first, prefix, width, set->names[j], next_prefix, next_width)) {
			strbuf_addstr(&sb, first);
			i = j;
			continue;
		}
		strbuf_add(&sb, first, prefix);
		strbuf_addch(&sb, '[');
		for (j = i; j < set->n;) {
			size_t run = j;

			if (!split(set->names[j], &next_prefix, &number, &next_width) ||
				!same_notation(first, prefix, width, set->names[j], next_prefix,
					next_width))
				break;
			while (run + 1 < set->n &&
				split(set->names[run + 1], &next_prefix, &next, &next_width) &&
				next == number + (run + 1 - j) &&
				same_notation(first, prefix, width, set->names[run + 1],
					next_prefix, next_width))
				run++;
			strbuf_addf(&sb, "%s%s", j > i ? "," : "", set->names[j] + prefix);
			if (run > j)
				strbuf_addf(&sb, "-%s", set->names[run] + prefix);
			j = run + 1;
		}
		strbuf_addch(&sb, ']');
		i = j;
	}
	return strbuf_detach(&sb);
}

void nodeset_release(struct nodeset *set)
{
	truncate_to(set, 0);
	free(set->names);
	*set = (struct nodeset)NODESET_INIT;
}
