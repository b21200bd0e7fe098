/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/sorted.h"

size_t sorted_find(const void *key, const void *array, size_t n, size_t size,
	int (*compare)(const void *key, const void *element), size_t *count)
{
	const char *elements = array;
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(key, elements + mid * size) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (!count)
		return low;
	for (*count = 0; low + *count < n && !compare(key, elements + (low + *count) * size);)
		++*count;
	return low;
}
