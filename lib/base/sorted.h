/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sorted: all elements of a sorted array that have a key, where bsearch(3) finds any one of them.
 */
#ifndef BURST_SORTED_H
#define BURST_SORTED_H

#include <stddef.h>

/*
 * The index of the first of N elements of SIZE bytes that is not before KEY, N where all are;
 * *COUNT, unless COUNT is NULL, is how many from there on have the KEY. COMPARE is bsearch's: the
 * key first.
 */
size_t sorted_find(const void *key, const void *array, size_t n, size_t size,
	int (*compare)(const void *key, const void *element), size_t *count);

#endif
