/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the time, and randomness. Pure code takes both as arguments; only
 * commands and clients call these.
 */
#ifndef BURST_CLOCK_H
#define BURST_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* Seconds / milliseconds since 1970, UTC. */
int64_t clock_now_s(void);
int64_t clock_now_ms(void);

/* Milliseconds of a clock that never jumps; only differences mean anything. */
int64_t clock_mono_ms(void);

/*
 * Milliseconds from THEN_MS to NOW_MS of clock_now_ms(), for who asks whether that is long ago. Of
 * a THEN in the future, before the clock was set back, it is not known: INT64_MAX.
 */
static inline int64_t clock_since_ms(int64_t then_ms, int64_t now_ms)
{
	return then_ms > now_ms ? INT64_MAX : now_ms - then_ms;
}

/* Sleep MS milliseconds, also across signals. */
void clock_sleep_ms(int64_t ms);

#define CLOCK_ISO_SIZE 32
/* "2026-11-22T05:31:00Z" into BUF of CLOCK_ISO_SIZE bytes. Returns BUF. */
char *clock_format_iso(int64_t s, char *buf);

#define CLOCK_SPAN_SIZE 48
/* A length of time for people, rounded down: "45 s", "12 min", "3 h 12 min", "4 d 2 h"; into BUF of
 * CLOCK_SPAN_SIZE. A negative one is "0 s". Returns BUF. */
char *clock_format_span(int64_t s, char *buf);
/* Read "YYYY-MM-DDTHH:MM:SS[.fff]Z" (EC2, credentials, IMDS). */
int clock_parse_iso(const char *text, int64_t *s, struct err *err);

/* Uniform in [0, n), from the kernel. 0 if n is 0. */
uint32_t random_below(uint32_t n);
/* HEX of 2 * BYTES lower-case digits and a NUL, from the kernel; aborts nothing, never short. */
void random_hex(char *hex, size_t bytes);

#endif
