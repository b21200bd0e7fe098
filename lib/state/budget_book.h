/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget_book: all open holds at one moment, and sums of them. Inside of lib/state: within one
 * transaction, or between reads of one moment.
 *
 * What an open gang has cost until now is looked up only where it may matter: mostly the hold says
 * enough.
 */
#ifndef BURST_BUDGET_BOOK_H
#define BURST_BUDGET_BOOK_H

#include "lib/state/budget.h"
#include "lib/state/db_internal.h"

struct book_part {
	char gang[48];
	uint32_t job_id, restart;
	char user[64], account[64], qos[64], partition[64];
	int64_t uusd_hr, uusd, sure_ms, made_ms;
	bool asked;
	bool left_out;  /* of all sums */
	int64_t *costs; /* before each budget's period, and until now; NULL: not looked up */
};

struct book {
	struct db *db;
	const struct budget *budgets;
	size_t nbudgets;
	int64_t now_ms;
	int64_t *from_s, *next_s; /* of each budget's period */
	struct book_part *parts;  /* by gang, job and restart count */
	size_t n;
};

int book_open(struct book *book, struct db *db, const struct budget *budgets, size_t nbudgets,
	int64_t now_ms, struct err *err);
void book_close(struct book *book);

/*
 * What KEY has spent and holds of budget B. Not EXACT: the sum of the two is right, but what is
 * spent of open holds may be told as held.
 */
int book_use(struct book *book, size_t b, const char *key, bool exact, struct budget_use *use,
	struct err *err);

/* What the open part I counts with in budget B. */
int book_open_part(struct book *book, size_t i, size_t b, int64_t *uusd, struct err *err);

/* Those who have spent or hold anything of budget B; heap array of heap strings, by name. */
int book_keys(struct book *book, size_t b, char ***keys, size_t *n, struct err *err);

#endif
