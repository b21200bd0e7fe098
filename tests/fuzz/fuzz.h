/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz: what libFuzzer's targets have in common. Each target is one .c of this directory; run makes
 * and starts them.
 */
#ifndef BURST_FUZZ_H
#define BURST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever comes in. Not assert(): NDEBUG must not take it away. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* DATA as a heap string, so that one byte too far is seen. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	MUST(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
