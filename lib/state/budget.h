/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget: what is spent and held of each budget, and the holds that keep gangs which start at the
 * same moment from overspending together.
 *
 * A *hold* is one job's part of a gang: what it may cost at most, in all and an hour. Each gang has
 * at least one from the moment it is written down (of nothing, until it asks), so that what it
 * costs counts whoever launched it. A gang's parts are its asks; budget_hold() takes the place of
 * what they held before. When the gang is over (released, failed) its holds are settled in the same
 * transaction: what it really cost stands by day from then on, and again whenever the end of one of
 * its instances becomes known better. So nothing here is left to be mended after a crash but what a
 * process of an earlier release left: budget_list_left().
 *
 * What a gang costs is divided among its parts instance by instance: an instance bound to a node is
 * that of the parts with that node, all alike; one that is bound to none is that of all parts. What
 * cannot be divided goes to the first ones, by job and restart count.
 *
 * committed(budget, who, period) =
 *	of an hour: sum of uusd_hr of the open holds
 *		(where nobody ever asked: of what its instances cost)
 *	else: settled: what they cost in the period; open: max(uusd, cost until now), less what they
 *	cost before the period
 * where a job of a pool that is up, whose node is not (any more), holds nothing: the others of the
 * pool may run for days.
 *
 * What an instance costs before a moment is its cost up to then, rounded up as always: so the days
 * of a run add up to the run.
 */
#ifndef BURST_BUDGET_H
#define BURST_BUDGET_H

#include "lib/base/budget_kind.h"
#include "lib/state/db.h"

/* --- budgets that are kept here -------------------------------------------------------------- */

/* Write one, over that of the same name; a new one is made now, by NOW_S, else MADE_S stays. */
int budget_put(struct db *db, const struct budget *budget, int64_t now_s, struct err *err);
/* 1: removed, 0: there was none. */
int budget_remove(struct db *db, const char *name, struct err *err);
/* By name; heap array, the caller frees; none is no error. */
int budget_list(struct db *db, struct budget **budgets, size_t *n, struct err *err);

/* --- holds ----------------------------------------------------------------------------------- */

/* A part of a gang, and what it asks for. */
struct budget_ask {
	uint32_t job_id, restart; /* 0: nodes without a job */
	struct budget_payer payer;
	int64_t uusd_hr; /* at most an hour */
	int64_t uusd;    /* at most in all, from the gang's first instance on; -1: it has no end */
	int64_t for_s;   /* so long from now on it cannot have cost more than that */
	bool held;       /* out */
};

/* Of a budget and one of those whom it counts (WHO), in the period that is now. */
struct budget_use {
	const struct budget *budget; /* borrowed from the caller's */
	char who[64];                /* "" the site */
	int64_t from_s, next_s;      /* the period; next_s INT64_MAX: it has no end */
	int64_t spent_uusd;          /* in the period until now; of an hour 0 */
	int64_t held_uusd;           /* beyond that, by what is under way */
	int64_t left_uusd;           /* of the limit; negative: overspent */
};

/* Why an ask was refused. */
struct budget_full {
	struct budget budget;
	struct budget_use use; /* use.budget is not set; of what others than this gang hold */
	struct budget_ask ask; /* payer is not set */
	int64_t takes_uusd;    /* in the period (an hour: per hour); -1: it has no end */
	bool never;            /* more than the whole limit: waiting is of no use */
};

/*
 * Hold the N ASKS of GANG, in the place of what the same parts held, in one transaction: each needs
 * committed + ask <= limit of every one of the BUDGETS that its payer counts in, the gang's other
 * asks and other parts counted. ALL: of all or none; else those that fit, in their order; the holds
 * of those that do not fit stay as they were. Parts of the gang that nobody ever asked for go.
 *
 * How many are held (each ask's HELD), and of the first that is not *FULL tells why, if there is
 * one. ERR_BUDGET where none is held and one was asked: one sentence. No BUDGETS: all are held.
 */
int budget_hold(struct db *db, const char *gang, const struct budget *budgets, size_t nbudgets,
	struct budget_ask *asks, size_t n, bool all, int64_t now_ms, struct budget_full *full,
	struct err *err);
/* "budget cfd-day (account cfd, 100.00 USD a day)"; 192 bytes are enough. Returns BUF. */
char *budget_words(const struct budget *budget, const char *who, char *buf, size_t size);
/* … "has 12.00 USD left until 2026-11-23 00:00 UTC: 60.00 spent, 28.00 held by what runs"; 384. */
char *budget_use_words(const struct budget_use *use, char *buf, size_t size);
/* The sentence of budget_hold()'s error, for those of whom only some are held. Returns BUF. */
char *budget_full_words(const struct budget_full *full, char *buf, size_t size);

/*
 * What is left for PAYER of those of the BUDGETS that it counts in, without what GANG (may be NULL)
 * holds and has cost; heap array.
 */
int budget_left(struct db *db, const struct budget *budgets, size_t nbudgets,
	const struct budget_payer *payer, const char *gang, int64_t now_ms,
	struct budget_use **uses, size_t *n, struct err *err);
/*
 * Of each budget and each of those who spent or hold anything in its period, by budget and name;
 * with a WHO that one alone, always. Heap array.
 */
int budget_uses(struct db *db, const struct budget *budgets, size_t nbudgets, int64_t now_ms,
	struct budget_use **uses, size_t *n, struct err *err);

/* Has the threshold of PERCENT been told of for this use's period? 1, 0, -1. */
int budget_alarm_is_noted(
	struct db *db, const struct budget_use *use, unsigned percent, struct err *err);
/* It has: 1: now it is noted; 0: it was. */
int budget_note_alarm(struct db *db, const struct budget_use *use, unsigned percent, int64_t now_ms,
	struct err *err);

/* Gangs that are over and whose holds are not settled; heap array of heap strings. */
int budget_list_left(struct db *db, char ***gangs, size_t *n, struct err *err);
/* Settle them. 1: done; 0: the gang is not over, or they were settled; -1. */
int budget_settle(struct db *db, const char *gang, struct err *err);

/* What a part of a gang holds or, settled, has cost. */
struct budget_part {
	uint32_t job_id, restart;
	char user[64], account[64], qos[64], partition[64];
	bool settled;
	int64_t uusd_hr, uusd; /* held; of a settled one what it was at last; uusd -1: no end */
	int64_t cost_uusd;     /* until now, or in all */
	int64_t made_ms;
};
/* Those of GANG, by job and restart count; heap array. */
int budget_parts(struct db *db, const char *gang, int64_t now_ms, struct budget_part **parts,
	size_t *n, struct err *err);

#endif
