/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/gres.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define GPUS_MAX 65535

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One of the list, LEN bytes without "(S:0-1)": "gpu", "gpu:2", "gpu:a100:2", "gpu=2". */
static unsigned gpus_of(const char *p, size_t len)
{
	const char *end = p + len, *digits = end;
	unsigned long n = 0;

	if (len > 5 && (!strncasecmp(p, "gres:", 5) || !strncasecmp(p, "gres/", 5)))
		p += 5;
	if (end - p < 3 || strncasecmp(p, "gpu", 3) || (end - p > 3 && !strchr(":=", p[3])))
		return 0;
	p += 3;
	while (digits > p && is_digit(digits[-1]))
		digits--;
	if (digits == end || digits == p || !strchr(":=", digits[-1]))
		return 1;
	for (; digits < end && n <= GPUS_MAX; digits++)
		n = 10 * n + (unsigned long)(*digits - '0');
	return n < GPUS_MAX ? (unsigned)n : GPUS_MAX;
}

unsigned gres_gpus(const char *text)
{
	unsigned gpus = 0;

	while (text && *text) {
		size_t len = strcspn(text, ",;(");

		gpus += gpus_of(text, len);
		if (gpus > GPUS_MAX)
			gpus = GPUS_MAX;
		text += len;
		if (*text == '(') /* may hold commas */
			text += strcspn(text, ")");
		text += strcspn(text, ",;");
		text += *text != '\0';
	}
	return gpus;
}
