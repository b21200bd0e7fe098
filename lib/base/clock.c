/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int64_t clock_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_now_s(void)
{
	return clock_now_ms() / 1000;
}

int64_t clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	if (ms <= 0)
		return;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

char *clock_format_iso(int64_t s, char *buf)
{
	time_t t = (time_t)s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, CLOCK_ISO_SIZE, "?");
	return buf;
}

char *clock_format_span(int64_t s, char *buf)
{
	if (s < 60)
		snprintf(buf, CLOCK_SPAN_SIZE, "%lld s", (long long)(s < 0 ? 0 : s));
	else if (s < 3600)
		snprintf(buf, CLOCK_SPAN_SIZE, "%lld min", (long long)(s / 60));
	else if (s < 2 * 86400)
		snprintf(buf, CLOCK_SPAN_SIZE, "%lld h %lld min", (long long)(s / 3600),
			(long long)(s % 3600 / 60));
	else
		snprintf(buf, CLOCK_SPAN_SIZE, "%lld d %lld h", (long long)(s / 86400),
			(long long)(s % 86400 / 3600));
	return buf;
}

int clock_parse_iso(const char *text, int64_t *s, struct err *err)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest && *rest == '.') {
		rest++;
		while (*rest >= '0' && *rest <= '9')
			rest++;
	}
	if (!rest || strcmp(rest, "Z"))
		return err_set(
			err, ERR_FATAL, "\"%.40s\" is not a time like 2026-11-22T05:31:00Z", text);
	*s = (int64_t)timegm(&tm);
	return 0;
}

static void fill(void *data, size_t len)
{
	unsigned char *p = data;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0)
			continue; /* EINTR: nothing else is possible for this call */
		p += n;
		len -= (size_t)n;
	}
}

uint32_t random_below(uint32_t n)
{
	uint64_t v;

	if (!n)
		return 0;
	fill(&v, sizeof(v));
	return (uint32_t)(v % n);
}

void random_hex(char *hex, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		unsigned char c;

		fill(&c, 1);
		snprintf(hex + 2 * i, 3, "%02x", c);
	}
}
