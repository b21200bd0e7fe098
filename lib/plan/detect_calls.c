/* SPDX-License-Identifier: Apache-2.0 */
/* The script's functions: which are called, and which call what they are given. */
#include <string.h>

#include "lib/plan/detect_internal.h"

static size_t function_index(const struct functions *f, const char *name)
{
	size_t i = 0;

	while (i < f->n && f->names[i] != name && strcmp(f->names[i], name) != 0)
		i++;
	return i;
}

bool function_live(const struct functions *f, const struct script_command *c)
{
	size_t i;

	if (!c->function || f->too_many)
		return true;
	i = function_index(f, c->function);
	return i == f->n || f->live[i];
}

static uint32_t hash(const char *text, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return h;
}

/* WORD is the name of a function that was not called yet, or a text that begins with it: parallel
 * 'f {}'. */
static bool call(struct functions *f, const char *word)
{
	size_t len = strcspn(word, " ");
	uint32_t h = hash(word, len);

	for (size_t j = 0; j < f->n; j++) {
		if (f->hashes[j] != h || f->live[j] || strncmp(f->names[j], word, len) != 0 ||
			f->names[j][len])
			continue;
		f->live[j] = true;
		return true;
	}
	return false;
}

static bool find_calls(const struct detection *d, struct functions *f)
{
	bool more = false;

	for (size_t i = 0; i < d->script.ncommands; i++) {
		const struct script_command *c = &d->script.commands[i];

		if (c->dead || !function_live(f, c))
			continue;
		for (size_t k = 0; k < c->argc; k++)
			more |= call(f, c->argv[k]);
	}
	return more;
}

void find_functions(const struct detection *d, struct functions *f)
{
	f->n = 0;
	f->too_many = false;
	for (size_t i = 0; i < d->script.ncommands; i++) {
		const char *name = d->script.commands[i].function;

		if (!name || function_index(f, name) < f->n)
			continue;
		if (f->n == FUNCTIONS_MAX) {
			f->too_many = true;
			return;
		}
		f->live[f->n] = false;
		f->hashes[f->n] = hash(name, strlen(name));
		f->names[f->n++] = name;
	}
	/* the bound is on the depth of calls */
	for (unsigned pass = 0; pass < 8 && f->n && find_calls(d, f); pass++)
		;
}

void find_wrappers(struct detection *d)
{
	for (size_t i = 0; i < d->script.ncommands && d->nwrappers < WRAPPERS_MAX; i++) {
		const struct script_command *c = &d->script.commands[i];

		if (c->function && (!strcmp(c->argv[0], "${@}") || !strcmp(c->argv[0], "${*}")))
			d->wrappers[d->nwrappers++] = c->function;
	}
}
