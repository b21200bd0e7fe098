/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget_kind: what a budget is, whose money it counts, and over which time. Pure.
 *
 * A budget bounds what may be spent in a period by those whom its scope and WHO name. A budget of a
 * scope without a WHO is one for each user (account …) by itself, all with the same limit.
 */
#ifndef BURST_BUDGET_KIND_H
#define BURST_BUDGET_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum budget_scope {
	BUDGET_SITE,
	BUDGET_USER,
	BUDGET_ACCOUNT,
	BUDGET_QOS,
	BUDGET_PARTITION,
	/* Of the configuration only, and no budget: a bound of each job's --burst-cost. */
	BUDGET_JOB,
};
#define BUDGET_SCOPES "site|user|account|qos|partition|job"

enum budget_period {
	/* A rate: what all that runs costs an hour. Of a job: likewise. */
	BUDGET_HOUR,
	BUDGET_DAY,   /* of UTC */
	BUDGET_MONTH, /* the calendar's, of UTC */
	/* From the (UTC) day on which the budget was made; of the configuration: of all time. */
	BUDGET_TOTAL,
};
#define BUDGET_PERIODS "hour|day|month|total"

#define BUDGET_ALARMS_MAX     8
#define BUDGET_ALARMS_DEFAULT "50,80,100"

struct budget {
	char name[64]; /* budget_name_fits() */
	enum budget_scope scope;
	char who[64]; /* "": each by itself; of the site: the whole of it */
	enum budget_period period;
	int64_t limit_uusd;
	unsigned alarms[BUDGET_ALARMS_MAX]; /* percent of the limit, rising */
	size_t nalarms;
	int64_t made_s;  /* 0: of all time */
	bool configured; /* it stands in the configuration, not in state.db */
};

/* Who pays for a part of a gang; "" where that is not known. Borrowed. */
struct budget_payer {
	const char *user, *account, *qos, *partition;
};

/* "site" …; never NULL. */
const char *budget_scope_name(enum budget_scope scope);
int budget_scope_parse(const char *text, enum budget_scope *scope, struct err *err);
const char *budget_period_name(enum budget_period period);
int budget_period_parse(const char *text, enum budget_period *period, struct err *err);

/* Names of budgets: 1 to 40 letters, digits, '_', '-' and '.'. */
bool budget_name_fits(const char *name);
/* Of users and so on: 1 to 63 printable characters without blanks, quotes and backslashes. */
bool budget_who_fits(const char *who);
/* Whose it is, as Slurm writes it: slurmctld makes all letters of an account or QOS small ones. */
void budget_set_who(struct budget *budget, const char *who);

/*
 * "50,80,100" into ALARMS: whole percents from 1 to 1000, rising, at most BUDGET_ALARMS_MAX; "none"
 * or "": none. ERR_USAGE says what is expected.
 */
int budget_alarms_parse(const char *text, unsigned *alarms, size_t *n, struct err *err);
/* The reverse; "none". BUF of 48 bytes is enough. Returns BUF. */
char *budget_alarms_format(const unsigned *alarms, size_t n, char *buf, size_t size);

/*
 * By which name PAYER counts in SCOPE: "" for the site, NULL where it is nobody's (a node without a
 * job has no user).
 */
const char *budget_payer_key(const struct budget_payer *payer, enum budget_scope scope);
/* Does PAYER's money count in BUDGET? Never for a job's bound. */
bool budget_applies(const struct budget *budget, const struct budget_payer *payer);

/*
 * When the period that NOW_S lies in began, and when the next begins (INT64_MAX: never). Of an hour
 * that of the clock, which only tells alarms apart.
 */
void budget_bounds(const struct budget *budget, int64_t now_s, int64_t *from_s, int64_t *next_s);

#endif
