/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/identity.h"

#include <string.h>

#define NODES_MAX 1000000

/* C(n, k); for n <= 64 and a result that a code word can have, no overflow: n stays below 24. */
static uint64_t choose(unsigned n, unsigned k)
{
	uint64_t c = 1;

	if (k > n)
		return 0;
	for (unsigned i = 1; i <= k; i++)
		c = c * (n - k + i) / i;
	return c;
}

void identity_size(size_t n, unsigned *m, unsigned *w)
{
	*m = 0;
	if (n > 1 && n <= NODES_MAX) {
		while (choose(*m, *m / 2) < n)
			(*m)++;
	}
	*w = *m / 2;
}

/*
 * Colexicographic order is the combinatorial number system: the set k1 < k2 < … < kw has the rank
 * C(k1,1) + C(k2,2) + … + C(kw,w), so the largest k is found first, greedily.
 */
uint64_t identity_code(size_t n, size_t rank)
{
	uint64_t code = 0;
	unsigned m, w, k;

	identity_size(n, &m, &w);
	if (rank >= n)
		return 0;
	for (k = m; w > 0; w--) {
		do
			k--;
		while (choose(k, w) > rank);
		rank -= choose(k, w);
		code |= UINT64_C(1) << k;
	}
	return code;
}

long identity_rank(size_t n, uint64_t code)
{
	uint64_t rank = 0;
	unsigned m, w, seen = 0;

	identity_size(n, &m, &w);
	if (code >> m)
		return -1;
	for (unsigned k = 0; k < m; k++) {
		if (code & (UINT64_C(1) << k))
			rank += choose(k, ++seen);
	}
	return seen == w && rank < n ? (long)rank : -1;
}

const char *identity_piece(const char *hostlist, size_t i, size_t *len)
{
	size_t total = strlen(hostlist);
	size_t left;

	if (i >= (total + IDENTITY_TAG_VALUE_MAX - 1) / IDENTITY_TAG_VALUE_MAX)
		return NULL;
	left = total - i * IDENTITY_TAG_VALUE_MAX;
	*len = left < IDENTITY_TAG_VALUE_MAX ? left : IDENTITY_TAG_VALUE_MAX;
	return hostlist + i * IDENTITY_TAG_VALUE_MAX;
}
