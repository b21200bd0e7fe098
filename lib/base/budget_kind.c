/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/budget_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"

#define NAME_MAX_LEN 40
#define PERCENT_MAX  1000
#define DAY_S        86400

static const char *const scopes[] = {
	[BUDGET_SITE] = "site",
	[BUDGET_USER] = "user",
	[BUDGET_ACCOUNT] = "account",
	[BUDGET_QOS] = "qos",
	[BUDGET_PARTITION] = "partition",
	[BUDGET_JOB] = "job",
};

static const char *const periods[] = {
	[BUDGET_HOUR] = "hour",
	[BUDGET_DAY] = "day",
	[BUDGET_MONTH] = "month",
	[BUDGET_TOTAL] = "total",
};

const char *budget_scope_name(enum budget_scope scope)
{
	return (size_t)scope < ARRAY_SIZE(scopes) ? scopes[scope] : "?";
}

const char *budget_period_name(enum budget_period period)
{
	return (size_t)period < ARRAY_SIZE(periods) ? periods[period] : "?";
}

int budget_scope_parse(const char *text, enum budget_scope *scope, struct err *err)
{
	/* a job's bound is the configuration's alone */
	for (size_t i = 0; i < BUDGET_JOB; i++)
		if (!strcmp(text, scopes[i])) {
			*scope = (enum budget_scope)i;
			return 0;
		}
	return err_set(
		err, ERR_USAGE, "no such scope: expected site, user, account, qos or partition");
}

int budget_period_parse(const char *text, enum budget_period *period, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
		if (!strcmp(text, periods[i])) {
			*period = (enum budget_period)i;
			return 0;
		}
	return err_set(err, ERR_USAGE, "no such period: expected hour, day, month or total");
}

bool budget_name_fits(const char *name)
{
	size_t n = strlen(name);

	return n && n <= NAME_MAX_LEN &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
		       n;
}

bool budget_who_fits(const char *who)
{
	size_t n = strlen(who);
	struct budget fit;

	if (!n || n >= sizeof(fit.who))
		return false;
	for (size_t i = 0; i < n; i++)
		if (who[i] <= ' ' || who[i] > '~' || strchr("\"'\\`", who[i]))
			return false;
	return true;
}

void budget_set_who(struct budget *budget, const char *who)
{
	bool small = budget->scope == BUDGET_ACCOUNT || budget->scope == BUDGET_QOS;
	size_t i = 0;

	for (; who[i] && i + 1 < sizeof(budget->who); i++)
		budget->who[i] = small && who[i] >= 'A' && who[i] <= 'Z'
					 ? (char)(who[i] - 'A' + 'a')
					 : who[i];
	budget->who[i] = '\0';
}

int budget_alarms_parse(const char *text, unsigned *alarms, size_t *n, struct err *err)
{
	unsigned found[BUDGET_ALARMS_MAX];
	size_t count = 0;

	if (!*text || !strcmp(text, "none")) {
		*n = 0;
		return 0;
	}
	for (;;) {
		size_t digits = strspn(text, "0123456789");
		unsigned long percent = digits && digits <= 4 ? strtoul(text, NULL, 10) : 0;

		if (!percent || percent > PERCENT_MAX || count == BUDGET_ALARMS_MAX ||
			(count && percent <= found[count - 1]) ||
			(text[digits] && text[digits] != ','))
			return err_set(err, ERR_USAGE,
				"not a list of at most %d rising whole percents from 1 to %d: "
				"expected such as " BUDGET_ALARMS_DEFAULT ", or none",
				BUDGET_ALARMS_MAX, PERCENT_MAX);
		found[count++] = (unsigned)percent;
		if (!text[digits])
			break;
		text += digits + 1;
	}
	memcpy(alarms, found, count * sizeof(*alarms));
	*n = count;
	return 0;
}

char *budget_alarms_format(const unsigned *alarms, size_t n, char *buf, size_t size)
{
	size_t at = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%u", i ? "," : "", alarms[i]);
	return buf;
}

const char *budget_payer_key(const struct budget_payer *payer, enum budget_scope scope)
{
	const char *key = NULL;

	switch (scope) {
	case BUDGET_SITE:
		return "";
	case BUDGET_USER:
		key = payer->user;
		break;
	case BUDGET_ACCOUNT:
		key = payer->account;
		break;
	case BUDGET_QOS:
		key = payer->qos;
		break;
	case BUDGET_PARTITION:
		key = payer->partition;
		break;
	case BUDGET_JOB:
		break;
	}
	return key && *key ? key : NULL;
}

bool budget_applies(const struct budget *budget, const struct budget_payer *payer)
{
	const char *key = budget_payer_key(payer, budget->scope);

	return key && (!*budget->who || !strcmp(key, budget->who));
}

/* The first second of the month of YEAR (1900 is 0) and MONTH, which may be beyond 11. */
static int64_t month_begin(int year, int month)
{
	struct tm tm = {.tm_year = year, .tm_mon = month, .tm_mday = 1};

	return (int64_t)timegm(&tm);
}

void budget_bounds(const struct budget *budget, int64_t now_s, int64_t *from_s, int64_t *next_s)
{
	int64_t length_s = budget->period == BUDGET_HOUR ? 3600 : DAY_S;
	time_t now = (time_t)now_s;
	struct tm tm;

	if (budget->period == BUDGET_TOTAL) {
		*from_s = budget->made_s - budget->made_s % DAY_S;
		*next_s = INT64_MAX;
	} else if (budget->period == BUDGET_MONTH && gmtime_r(&now, &tm)) {
		*from_s = month_begin(tm.tm_year, tm.tm_mon);
		*next_s = month_begin(tm.tm_year, tm.tm_mon + 1);
	} else {
		*from_s = now_s - now_s % length_s;
		*next_s = *from_s + length_s;
	}
}
