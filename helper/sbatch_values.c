/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/sbatch_values.h"

#include <string.h>
#include <strings.h>

#define NUMBER_MAX UINT64_C(4000000000)

/* Digits at *P, which then stands behind them. No sign, no blank, at least one digit. */
static int number(const char **p, uint64_t *value)
{
	uint64_t n = 0;
	const char *start = *p;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		n = n * 10 + (uint64_t)(**p - '0');
		if (n > NUMBER_MAX)
			return -1;
	}
	*value = n;
	return *p == start ? -1 : 0;
}

/* As sbatch's strtol() has it: blanks and a plus before it. */
static int loose_number(const char **p, uint64_t *value)
{
	*p += strspn(*p, " \t");
	*p += **p == '+';
	return number(p, value);
}

/* A number at *P with sbatch's k and m, which are 1024 and its square. */
static int counted(const char **p, uint64_t *value)
{
	if (loose_number(p, value) < 0)
		return -1;
	if (**p == 'k' || **p == 'K') {
		*value *= 1024;
		(*p)++;
	} else if (**p == 'm' || **p == 'M') {
		*value *= 1048576;
		(*p)++;
	}
	return *value > NUMBER_MAX ? -1 : 0;
}

int value_count(const char *text, bool suffix, uint32_t *count)
{
	uint64_t n;

	if ((suffix ? counted(&text, &n) : loose_number(&text, &n)) < 0 || *text || !n ||
		n > INT32_MAX)
		return -1;
	*count = (uint32_t)n;
	return 0;
}

int value_nodes(const char *text, uint32_t *min, uint32_t *max)
{
	uint64_t least = UINT64_MAX, most = 0, n;

	for (;;) {
		if (counted(&text, &n) < 0)
			return -1;
		if (n < least)
			least = n;
		if (*text == '-') {
			uint64_t first = n;

			text++;
			if (counted(&text, &n) < 0 || n < first)
				return -1;
			if (*text == ':') {
				uint64_t step;

				text++;
				if (number(&text, &step) < 0)
					return -1;
			}
		}
		if (n > most)
			most = n;
		if (!*text)
			break;
		if (*text++ != ',')
			return -1;
	}
	*min = (uint32_t)least;
	*max = (uint32_t)most;
	return 0;
}

int value_memory(const char *text, uint64_t *mib)
{
	uint64_t n;

	if (loose_number(&text, &n) < 0)
		return -1;
	switch (*text) {
	case 'k':
	case 'K':
		n = (n + 1023) / 1024;
		text++;
		break;
	case 'm':
	case 'M':
		text++;
		break;
	case 'g':
	case 'G':
		n *= 1024;
		text++;
		break;
	case 't':
	case 'T':
		n *= 1048576;
		text++;
		break;
	}
	if (*text == 'b' || *text == 'B')
		text++;
	if (*text)
		return -1;
	*mib = n;
	return 0;
}

int value_time(const char *text, int64_t *seconds)
{
	uint64_t part[3] = {0}, days = 0, total;
	const char *dash = strchr(text, '-');
	size_t n = 0;

	if (!strcasecmp(text, "UNLIMITED") || !strcasecmp(text, "INFINITE") ||
		!strcmp(text, "-1")) {
		*seconds = -1;
		return 0;
	}
	if (dash && (number(&text, &days) < 0 || text++ != dash))
		return -1;
	for (;; text++) {
		if (n == 3 || number(&text, &part[n++]) < 0)
			return -1;
		if (*text != ':')
			break;
	}
	if (*text)
		return -1;
	if (dash || n == 3) /* days-hours:minutes:seconds, hours:minutes:seconds */
		total = days * 86400 + part[0] * 3600 + part[1] * 60 + part[2];
	else /* minutes:seconds */
		total = part[0] * 60 + part[1];
	*seconds = total ? (int64_t)((total + 59) / 60 * 60) : -1;
	return 0;
}

int value_exclusive(const char *text)
{
	static const char *const words[] = {"", "exclusive", "user", "mcs", "topo"};

	for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i]))
			return 0;
	return text ? -1 : 0;
}

/* The last of "a100:4" or "gpu:a100:4" as a number; without one, which only NAMES words (the type,
 * and "gpu" itself) may lack, it is 1. */
static int one_gpu(const char *text, size_t len, unsigned names, uint32_t *count)
{
	char word[64];
	const char *colon;
	unsigned colons = 0;
	uint64_t n;

	if (!len || len >= sizeof(word))
		return -1;
	memcpy(word, text, len);
	word[len] = '\0';
	word[strcspn(word, "(")] = '\0'; /* "gpu:2(S:0-1)" as Slurm prints it */
	for (char *p = word; *p; p++)
		if (*p == '=')
			*p = ':';
	for (const char *p = word; *p; p++)
		colons += *p == ':';
	if (colons > names)
		return -1;
	colon = strrchr(word, ':');
	colon = colon ? colon + 1 : word;
	if (*colon < '0' || *colon > '9') {
		*count = 1;
		return colons < names && *colon ? 0 : -1;
	}
	if (counted(&colon, &n) < 0 || *colon)
		return -1;
	*count = (uint32_t)n;
	return 0;
}

/* What is too much for any node stays too much. */
static uint32_t add(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

int value_gpus(const char *text, uint32_t *gpus)
{
	uint32_t sum = 0;

	for (; *text;) {
		size_t len = strcspn(text, ",");
		uint32_t n;

		if (one_gpu(text, len, 1, &n) < 0)
			return -1;
		sum = add(sum, n);
		if (!text[len])
			break;
		text += len + 1;
	}
	*gpus = sum;
	return 0;
}

int value_gres(const char *text, uint32_t *gpus)
{
	uint32_t sum = 0;

	for (;; text++) {
		size_t len = strcspn(text, ",");
		char word[64];
		uint32_t n;

		if (!len || len >= sizeof(word))
			return -1;
		memcpy(word, text, len);
		word[len] = '\0';
		for (char *p = word; *p; p++)
			if (*p == '=')
				*p = ':';
		text += len;
		n = 0;
		if (!strncmp(word, "gres/", 5) || !strncmp(word, "gres:", 5)) {
			memmove(word, word + 5, strlen(word + 5) + 1);
			len -= 5;
		}
		if (!strncmp(word, "gpu", 3) && (!word[3] || word[3] == ':') &&
			one_gpu(word, strlen(word), 2, &n) < 0)
			return -1;
		sum = add(sum, n);
		if (!*text)
			break;
	}
	*gpus = sum;
	return 0;
}
