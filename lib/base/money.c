/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/money.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_USD INT64_C(1000000000)

int money_parse(const char *text, size_t len, int64_t *uusd, struct err *err)
{
	int64_t units = 0, micro = 0;
	int64_t scale = UUSD_PER_USD;
	size_t i = 0, digits = 0;

	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++, digits++) {
		units = units * 10 + (text[i] - '0');
		if (units > MAX_USD)
			return err_set(err, ERR_USAGE, "more than 1000000000 USD");
	}
	if (!digits)
		return err_set(err, ERR_USAGE, "not a number");
	if (i < len && text[i] == '.') {
		i++;
		if (i == len)
			return err_set(err, ERR_USAGE, "no digit after the point");
		for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
			if (scale == 1)
				return err_set(err, ERR_USAGE, "more than six decimals");
			scale /= 10;
			micro += (text[i] - '0') * scale;
		}
	}
	if (i != len)
		return err_set(err, ERR_USAGE, "not a number");
	if (units == MAX_USD && micro)
		return err_set(err, ERR_USAGE, "more than 1000000000 USD");
	*uusd = units * UUSD_PER_USD + micro;
	return 0;
}

#define MAX_DECIMALS 20

int money_parse_up(const char *text, size_t len, int64_t *uusd, struct err *err)
{
	const char *point = memchr(text, '.', len);
	size_t whole = point ? (size_t)(point - text) : len, kept = whole;
	int64_t value;
	bool more = false;

	if (point) {
		size_t decimals = len - whole - 1;

		if (decimals > MAX_DECIMALS)
			return err_set(err, ERR_USAGE, "more than %d decimals", MAX_DECIMALS);
		kept = decimals > 6 ? whole + 7 : len;
	}
	for (size_t i = kept; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return err_set(err, ERR_USAGE, "not a number");
		more = more || text[i] != '0';
	}
	if (money_parse(text, kept, &value, err) < 0)
		return -1;
	if (more && value == MAX_USD * UUSD_PER_USD)
		return err_set(err, ERR_USAGE, "more than 1000000000 USD");
	*uusd = value + more;
	return 0;
}

char *money_format(int64_t uusd, char *buf, size_t size)
{
	uint64_t abs_uusd = uusd < 0 ? -(uint64_t)uusd : (uint64_t)uusd;
	char frac[8];
	size_t n;

	snprintf(frac, sizeof(frac), "%06" PRIu64, abs_uusd % (uint64_t)UUSD_PER_USD);
	for (n = strlen(frac); n > 2 && frac[n - 1] == '0'; n--)
		frac[n - 1] = '\0';
	snprintf(buf, size, "%s%" PRIu64 ".%s", uusd < 0 ? "-" : "",
		abs_uusd / (uint64_t)UUSD_PER_USD, frac);
	return buf;
}

int money_cost(int64_t rate_uusd_hr, int64_t seconds, int64_t count, int64_t *uusd, struct err *err)
{
	int64_t v;

	if (rate_uusd_hr < 0 || seconds < 0 || count < 0)
		return err_set(err, ERR_FATAL, "negative rate, time or count");
	if (__builtin_mul_overflow(rate_uusd_hr, seconds, &v) ||
		__builtin_mul_overflow(v, count, &v) || v > INT64_MAX - 3599)
		return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
	*uusd = (v + 3599) / 3600;
	return 0;
}

#define WHOLE INT64_C(100000) /* 100 percent */

int64_t money_less(int64_t uusd, int64_t percent)
{
	__extension__ __int128 less = (__int128)uusd * (WHOLE - percent);

	return (int64_t)((less + WHOLE - 1) / WHOLE);
}

char *money_format_percent(int64_t percent, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(
		buf, size, "%" PRId64 ".%03" PRId64, percent / 1000, percent % 1000);

	while (n && n < size && buf[n - 1] == '0')
		buf[--n] = '\0';
	if (n && n < size && buf[n - 1] == '.')
		buf[--n] = '\0';
	return buf;
}

/* GCC's own: any amount for an hour. */
__extension__ typedef unsigned __int128 wide;

int money_buys(int64_t uusd, int64_t rate_uusd_hr, int64_t count, int64_t *seconds, struct err *err)
{
	wide rate = (wide)rate_uusd_hr * (wide)count, s;

	if (uusd < 0 || rate_uusd_hr < 0 || count < 0)
		return err_set(err, ERR_FATAL, "negative amount, rate or count");
	s = rate ? (wide)uusd * 3600 / rate : (wide)INT64_MAX;
	*seconds = s > INT64_MAX ? INT64_MAX : (int64_t)s;
	return 0;
}

int money_of_rated(int64_t rated, int64_t *uusd, struct err *err)
{
	if (rated > INT64_MAX - 3599)
		return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
	*uusd = (rated + 3599) / 3600;
	return 0;
}

int money_rated(int64_t uusd_hr, const struct money_rate *changes, size_t n, int64_t from_s,
	int64_t to_s, int64_t *rated, struct err *err)
{
	int64_t sum = 0, at = from_s, rate = uusd_hr;
	size_t i = 0;

	while (at < to_s) {
		int64_t until = to_s, piece;

		for (; i < n && changes[i].from_s <= at; i++)
			rate = changes[i].uusd_hr;
		if (i < n && changes[i].from_s < to_s)
			until = changes[i].from_s;
		if (rate < 0)
			return err_set(err, ERR_FATAL, "negative rate");
		if (__builtin_mul_overflow(rate, until - at, &piece) ||
			__builtin_add_overflow(sum, piece, &sum))
			return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
		at = until;
	}
	*rated = sum;
	return 0;
}
