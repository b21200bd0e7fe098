/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money: US dollars as integers of micro-USD (1 USD = 1000000), never floating point.
 *
 * 64 bits hold 9.2e12 USD; every operation that could leave that range
 * is an error, never a wrapped number.
 */
#ifndef BURST_MONEY_H
#define BURST_MONEY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define UUSD_PER_USD INT64_C(1000000)

/*
 * Read a non-negative decimal amount: digits, at most one '.', with at
 * most six digits behind it; all of TEXT up to LEN. No sign, exponent, blank or separator.
 * The largest accepted amount is 1000000000 USD.
 */
int money_parse(const char *text, size_t len, int64_t *uusd, struct err *err);

/*
 * The same of AWS's prices, which have up to 20 decimals ("0.0000012500"): what is finer than a
 * micro-USD is rounded up.
 */
int money_parse_up(const char *text, size_t len, int64_t *uusd, struct err *err);

/*
 * Write UUSD as USD with at least two decimals, more only where they are not
 * zero: "115.20", "0.0375". BUF of 32 bytes is enough. Returns BUF.
 */
char *money_format(int64_t uusd, char *buf, size_t size);

/* RATE (micro-USD per hour) for SECONDS and COUNT things, rounded up to the next micro-USD. */
int money_cost(
	int64_t rate_uusd_hr, int64_t seconds, int64_t count, int64_t *uusd, struct err *err);

/*
 * A discount, in thousandths of a percent, 0 to 100000. UUSD (not negative) less it, rounded up to
 * the next micro-USD; and "28.5" of 28500, with no more decimals than it has. BUF of 32 bytes is
 * enough; returned.
 */
int64_t money_less(int64_t uusd, int64_t percent);
char *money_format_percent(int64_t percent, char *buf, size_t size);

/*
 * For how many seconds UUSD pays COUNT things at the rate, rounded down: money_cost() of that time
 * is never more. INT64_MAX where they cost nothing.
 */
int money_buys(
	int64_t uusd, int64_t rate_uusd_hr, int64_t count, int64_t *seconds, struct err *err);

/* A rate that changes: this from then on. */
struct money_rate {
	int64_t from_s;
	int64_t uusd_hr;
};
/*
 * Rate x seconds from FROM_S to TO_S, where the rate is UUSD_HR and then that of the N CHANGES, in
 * the order of their times; those before FROM_S count too. Exact; money_of_rated() makes money of
 * it, rounded up to the next micro-USD.
 */
int money_rated(int64_t uusd_hr, const struct money_rate *changes, size_t n, int64_t from_s,
	int64_t to_s, int64_t *rated, struct err *err);
int money_of_rated(int64_t rated, int64_t *uusd, struct err *err);

#endif
