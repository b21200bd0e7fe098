/* SPDX-License-Identifier: Apache-2.0 */
/* Holds: who asks, and whether all budgets allow it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/money.h"
#include "lib/base/strbuf.h"
#include "lib/state/budget_book.h"

/* --- one budget and one of its payers -------------------------------------------------------- */

/* What a (budget, key) pair has left, while the asks of one call are looked at. */
struct memo {
	size_t budget;
	const char *key; /* of the ask's payer */
	int64_t left_uusd;
};

struct memos {
	struct memo *all;
	size_t n, alloc;
};

static struct memo *recall(
	struct memos *memos, struct book *book, size_t b, const char *key, struct err *err)
{
	struct budget_use use;

	for (size_t i = 0; i < memos->n; i++)
		if (memos->all[i].budget == b && !strcmp(memos->all[i].key, key))
			return &memos->all[i];
	if (book_use(book, b, key, false, &use, err) < 0)
		return NULL;
	if (memos->n == memos->alloc) {
		size_t want = memos->alloc ? memos->alloc * 2 : 16;
		struct memo *more = reallocarray(memos->all, want, sizeof(*more));

		if (!more) {
			err_nomem(err);
			return NULL;
		}
		memos->all = more;
		memos->alloc = want;
	}
	memos->all[memos->n] = (struct memo){b, key, use.left_uusd};
	return &memos->all[memos->n++];
}

static int64_t takes(const struct budget *budget, const struct budget_ask *ask)
{
	return budget->period == BUDGET_HOUR ? ask->uusd_hr : ask->uusd;
}

/* Does it fit in every budget? 1, 0 with *FULL, -1. Nothing is taken yet. */
static int fits(struct memos *memos, struct book *book, const struct budget_ask *ask,
	struct budget_full *full, struct err *err)
{
	for (size_t b = 0; b < book->nbudgets; b++) {
		const struct budget *budget = &book->budgets[b];
		int64_t uusd = takes(budget, ask);
		struct memo *memo;
		const char *key;

		if (!budget_applies(budget, &ask->payer))
			continue;
		key = budget_payer_key(&ask->payer, budget->scope);
		memo = recall(memos, book, b, key, err);
		if (!memo)
			return -1;
		if (uusd >= 0 && uusd <= memo->left_uusd)
			continue;
		*full = (struct budget_full){.budget = *budget,
			.ask = *ask,
			.takes_uusd = uusd,
			.never = uusd < 0 || uusd > budget->limit_uusd};
		full->ask.payer = (struct budget_payer){0};
		if (book_use(book, b, key, true, &full->use, err) < 0)
			return -1;
		full->use.budget = NULL;
		/* what its own gang's earlier asks have taken is held, too */
		full->use.held_uusd += full->use.left_uusd - memo->left_uusd;
		full->use.left_uusd = memo->left_uusd;
		return 0;
	}
	return 1;
}

static void take(struct memos *memos, struct book *book, const struct budget_ask *ask)
{
	for (size_t b = 0; b < book->nbudgets; b++) {
		struct memo *memo;

		if (!budget_applies(&book->budgets[b], &ask->payer))
			continue;
		/* fits() has asked for it */
		memo = recall(memos, book, b, budget_payer_key(&ask->payer, book->budgets[b].scope),
			NULL);
		if (memo)
			memo->left_uusd -= takes(&book->budgets[b], ask);
	}
}

/* --- holding --------------------------------------------------------------------------------- */

static int check_ask(const struct budget_ask *ask, struct err *err)
{
	const struct budget_payer *p = &ask->payer;
	struct book_part fit;

	if (ask->uusd_hr < 0 || ask->uusd < -1 || ask->for_s < 0)
		return err_set(err, ERR_FATAL, "a hold of less than nothing");
	return db_fits("user", p->user ? p->user : "", sizeof(fit.user), err) < 0 ||
			       db_fits("account", p->account ? p->account : "", sizeof(fit.account),
				       err) < 0 ||
			       db_fits("QOS", p->qos ? p->qos : "", sizeof(fit.qos), err) < 0 ||
			       db_fits("partition", p->partition ? p->partition : "",
				       sizeof(fit.partition), err) < 0
		       ? -1
		       : 0;
}

/*
 * In whose place asks come: of all or none all of them at once, else each when its turn comes,
 * since those that are refused stay.
 */
static bool is_replaced(const struct book_part *part, const char *gang,
	const struct budget_ask *asks, size_t n, bool all)
{
	if (strcmp(part->gang, gang))
		return false;
	if (!part->asked)
		return true;
	for (size_t i = 0; all && i < n; i++)
		if (asks[i].job_id == part->job_id && asks[i].restart == part->restart)
			return true;
	return false;
}

static int write_hold(struct db *db, const char *gang, const struct budget_ask *ask, int64_t now_ms,
	struct err *err)
{
	const struct budget_payer *p = &ask->payer;
	int64_t sure_ms;

	if (__builtin_mul_overflow(ask->for_s, 1000, &sure_ms) ||
		__builtin_add_overflow(sure_ms, now_ms, &sure_ms))
		sure_ms = INT64_MAX;
	return DB_RUN(db, err,
		       "INSERT OR REPLACE INTO hold (gang, job_id, restart, user, account, qos, "
		       "partition, state, asked, uusd_hr, uusd, sure_ms, made_ms, changed_ms) "
		       "SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, 'open', 1, ?8, ?9, ?10, created_ms, ?11 "
		       "FROM gang WHERE id = ?1",
		       DB_TEXT(gang), DB_INT(ask->job_id), DB_INT(ask->restart),
		       DB_TEXT(p->user ? p->user : ""), DB_TEXT(p->account ? p->account : ""),
		       DB_TEXT(p->qos ? p->qos : ""), DB_TEXT(p->partition ? p->partition : ""),
		       DB_INT(ask->uusd_hr), DB_INT(ask->uusd), DB_INT(sure_ms), DB_INT(now_ms)) < 0
		       ? -1
		       : 0;
}

/* The gang's own name, and that it is not over, in the same transaction. */
static int check_gang(struct db *db, const char *gang, struct err *err)
{
	int64_t living = -1;

	if (DB_SELECT_INT(db, err, &living,
		    "SELECT coalesce(max(state NOT IN ('released', 'failed')), -1) FROM gang "
		    "WHERE id = ?",
		    DB_TEXT(gang)) < 0)
		return -1;
	if (living < 0)
		return err_set(err, ERR_NOTFOUND, "no gang %s", gang);
	if (!living)
		return err_set(err, ERR_BUSY, "gang %s is over: it can hold nothing", gang);
	return 0;
}

/* What the ask's part held before does not count (OUT), or counts again. */
static int leave_out(struct book *book, struct memos *memos, const char *gang,
	const struct budget_ask *ask, bool out, struct err *err)
{
	for (size_t i = 0; i < book->n; i++) {
		struct book_part *p = &book->parts[i];
		struct budget_payer payer = {p->user, p->account, p->qos, p->partition};

		if (p->left_out == out || !p->asked || strcmp(p->gang, gang) ||
			p->job_id != ask->job_id || p->restart != ask->restart)
			continue;
		p->left_out = out;
		for (size_t k = 0; k < memos->n; k++) {
			struct memo *memo = &memos->all[k];
			const char *key = budget_payer_key(
				&payer, book->budgets[memo->budget].scope);
			int64_t held = 0;

			if (!key || strcmp(key, memo->key))
				continue;
			if (book_open_part(book, i, memo->budget, &held, err) < 0)
				return -1;
			memo->left_uusd += out ? held : -held;
		}
	}
	return 0;
}

static int hold(struct book *book, struct memos *memos, const char *gang, struct budget_ask *asks,
	size_t n, bool all, struct budget_full *full, bool *refused, struct err *err)
{
	int held = 0;

	for (size_t i = 0; i < n; i++) {
		struct budget_full why;
		int rc;

		if (leave_out(book, memos, gang, &asks[i], true, err) < 0)
			return -1;
		rc = fits(memos, book, &asks[i], &why, err);
		if (rc < 0)
			return -1;
		asks[i].held = rc;
		if (rc) {
			take(memos, book, &asks[i]);
			held++;
			continue;
		}
		if (!*refused)
			*full = why;
		*refused = true;
		if (all)
			return 0;
		if (leave_out(book, memos, gang, &asks[i], false, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (asks[i].held && write_hold(book->db, gang, &asks[i], book->now_ms, err) < 0)
			return -1;
	if (held && DB_RUN(book->db, err, "DELETE FROM hold WHERE gang = ? AND asked = 0",
			    DB_TEXT(gang)) < 0)
		return -1;
	return held;
}

static int hold_locked(struct db *db, const char *gang, const struct budget *budgets,
	size_t nbudgets, struct budget_ask *asks, size_t n, bool all, int64_t now_ms,
	struct budget_full *full, bool *refused, struct err *err)
{
	CLEANUP(book_close) struct book book = {0};
	struct memos memos = {0};
	int rc;

	if (check_gang(db, gang, err) < 0 ||
		book_open(&book, db, budgets, nbudgets, now_ms, err) < 0)
		return -1;
	for (size_t i = 0; i < book.n; i++)
		book.parts[i].left_out = is_replaced(&book.parts[i], gang, asks, n, all);
	rc = hold(&book, &memos, gang, asks, n, all, full, refused, err);
	free(memos.all);
	return rc;
}

int budget_hold(struct db *db, const char *gang, const struct budget *budgets, size_t nbudgets,
	struct budget_ask *asks, size_t n, bool all, int64_t now_ms, struct budget_full *full,
	struct err *err)
{
	struct budget_full why;
	struct db_scope scope;
	bool refused = false;
	char words[512];
	int rc;

	for (size_t i = 0; i < n; i++) {
		asks[i].held = false;
		if (check_ask(&asks[i], err) < 0)
			return -1;
	}
	if (db_enter(db, &scope, err) < 0)
		return -1;
	rc = hold_locked(db, gang, budgets, nbudgets, asks, n, all, now_ms, &why, &refused, err);
	rc = db_leave(db, &scope, rc, err);
	/* what was not written is not held */
	for (size_t i = 0; rc <= 0 && i < n; i++)
		asks[i].held = false;
	if (rc < 0 || !refused)
		return rc;
	if (full)
		*full = why;
	if (rc)
		return rc;
	return err_set(err, ERR_BUDGET, "%s", budget_full_words(&why, words, sizeof(words)));
}

/* --- looking --------------------------------------------------------------------------------- */

static int add_use(
	struct budget_use **uses, size_t *n, const struct budget_use *use, struct err *err)
{
	struct budget_use *more = reallocarray(*uses, *n + 1, sizeof(*more));

	if (!more)
		return err_nomem(err);
	*uses = more;
	more[(*n)++] = *use;
	return 0;
}

static int left(struct book *book, const struct budget_payer *payer, const char *gang,
	struct budget_use **uses, size_t *n, struct err *err)
{
	for (size_t i = 0; i < book->n; i++)
		book->parts[i].left_out = gang && !strcmp(book->parts[i].gang, gang);
	for (size_t b = 0; b < book->nbudgets; b++) {
		struct budget_use use;

		if (!budget_applies(&book->budgets[b], payer))
			continue;
		if (book_use(book, b, budget_payer_key(payer, book->budgets[b].scope), true, &use,
			    err) < 0 ||
			add_use(uses, n, &use, err) < 0)
			return -1;
	}
	return 0;
}

static int all_uses(struct book *book, struct budget_use **uses, size_t *n, struct err *err)
{
	for (size_t b = 0; b < book->nbudgets; b++) {
		struct budget_use use;
		char **keys = NULL;
		size_t nkeys = 0;
		int rc = 0;

		if (book->budgets[b].scope == BUDGET_JOB)
			continue;
		if (book_keys(book, b, &keys, &nkeys, err) < 0)
			return -1;
		for (size_t i = 0; rc == 0 && i < nkeys; i++) {
			rc = book_use(book, b, keys[i], true, &use, err);
			if (rc == 0)
				rc = add_use(uses, n, &use, err);
		}
		db_list_release(&db_list_texts, keys, nkeys);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* PAYER NULL: all. */
static int look(struct db *db, const struct budget *budgets, size_t nbudgets,
	const struct budget_payer *payer, const char *gang, int64_t now_ms,
	struct budget_use **uses, size_t *n, struct err *err)
{
	CLEANUP(book_close) struct book book = {0};
	cleanup_free struct budget_use *found = NULL;
	struct db_scope scope;
	size_t count = 0;
	int rc;

	if (db_enter_read(db, &scope, err) < 0)
		return -1;
	rc = book_open(&book, db, budgets, nbudgets, now_ms, err);
	if (rc == 0)
		rc = payer ? left(&book, payer, gang, &found, &count, err)
			   : all_uses(&book, &found, &count, err);
	db_leave_read(db, &scope);
	if (rc < 0)
		return -1;
	*uses = STEAL_POINTER(found);
	*n = count;
	return 0;
}

int budget_left(struct db *db, const struct budget *budgets, size_t nbudgets,
	const struct budget_payer *payer, const char *gang, int64_t now_ms,
	struct budget_use **uses, size_t *n, struct err *err)
{
	return look(db, budgets, nbudgets, payer, gang, now_ms, uses, n, err);
}

int budget_uses(struct db *db, const struct budget *budgets, size_t nbudgets, int64_t now_ms,
	struct budget_use **uses, size_t *n, struct err *err)
{
	return look(db, budgets, nbudgets, NULL, NULL, now_ms, uses, n, err);
}
