/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodeset: node names, and Slurm's hostlist notation "aws-cpu-[0-3,7],x01".
 *
 * Names keep the order they were given in; a name stands once. Own code rather
 * than libslurm's hostlist because this room is libc only and hostlist_t
 * differs between Slurm releases. Names are 1 to 63 of [A-Za-z0-9._-].
 */
#ifndef BURST_NODESET_H
#define BURST_NODESET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

struct nodeset {
	char **names; /* NULL while n is 0 */
	size_t n;
	size_t alloc;
	size_t ascending; /* so many names from the first, or more than there are, are in order */
};

#define NODESET_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}
#define NODESET_MAX 65536 /* more than this in one expression is refused */

#define nodeset_for_each(set, i) for (size_t i = 0; i < (set)->n; i++)

/*
 * Append the names of a hostlist expression; those already present are passed over.
 * Zero padding and several bracket groups per name are understood.
 * On failure (syntax, bad name, too many) the set is as before.
 */
int nodeset_parse(struct nodeset *set, const char *hostlist, struct err *err);

/* Append one name unless present. */
int nodeset_add(struct nodeset *set, const char *name, struct err *err);

bool nodeset_contains(const struct nodeset *set, const char *name);

/* Position of NAME, or -1. O(log n) where the names came in the order of nodeset_sort(), else O(n).
 */
long nodeset_index(const struct nodeset *set, const char *name);

/* Append those of A that B does not hold (KEEP false) or does (KEEP true) to OUT. O(n log n). */
int nodeset_filter(const struct nodeset *a, const struct nodeset *b, bool keep, struct nodeset *out,
	struct err *err);

/* Sort by prefix, then number ("n2" before "n10"). */
void nodeset_sort(struct nodeset *set);

/*
 * The hostlist notation in the set's own order, neighbouring numbers folded.
 * The caller frees; NULL when out of memory; "" for an empty set.
 */
char *nodeset_format(const struct nodeset *set);

void nodeset_release(struct nodeset *set);

#endif
