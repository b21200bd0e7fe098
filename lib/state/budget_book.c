/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/budget_book.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

/*
 * A pool is up, and of it the node of this job is not, or not any more: none was to be had and the
 * job is back in the queue, or it is over while others of the pool run on, perhaps for days.
 */
#define NOTHING_RUNS                                                                               \
	"EXISTS (SELECT 1 FROM gang g JOIN gang_job j ON j.gang = g.id JOIN gang_node n ON "       \
	"n.gang = g.id AND n.node = j.nodes WHERE g.id = h.gang AND g.job_id = 0 AND "             \
	"g.state IN ('announced', 'active') AND j.job_id = h.job_id AND "                          \
	"j.restart = h.restart AND NOT EXISTS (SELECT 1 FROM instance i WHERE "                    \
	"i.node = j.nodes AND i.gang = g.id AND i.state <> 'terminated'))"

/* Of a gang that was adopted nobody knows what it may cost an hour, but what it does. */
#define RATE_NOW                                                                                   \
	"(SELECT coalesce(sum(i.rate_uusd_hr + i.disk_uusd_hr), 0) FROM instance i WHERE "         \
	"i.gang = h.gang AND i.state <> 'terminated' AND i.rate_uusd_hr >= 0)"

static void release_part(void *part)
{
	free(((struct book_part *)part)->costs);
}

static int read_part(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct book_part p = {0};

	db_row_text(&row, p.gang, sizeof(p.gang));
	p.job_id = (uint32_t)db_row_int(&row);
	p.restart = (uint32_t)db_row_int(&row);
	db_row_text(&row, p.user, sizeof(p.user));
	db_row_text(&row, p.account, sizeof(p.account));
	db_row_text(&row, p.qos, sizeof(p.qos));
	db_row_text(&row, p.partition, sizeof(p.partition));
	p.asked = db_row_int(&row) != 0;
	p.uusd_hr = db_row_int(&row);
	p.uusd = db_row_int(&row);
	p.sure_ms = db_row_int(&row);
	p.made_ms = db_row_int(&row);
	/* then what it has cost is all */
	if (db_row_int(&row))
		p.uusd_hr = p.uusd = p.sure_ms = 0;
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct book_part *)out = p;
	return 0;
}

static const struct db_list list_of_parts = {sizeof(struct book_part), read_part, release_part};

void book_close(struct book *book)
{
	db_list_release(&list_of_parts, book->parts, book->n);
	free(book->from_s);
	free(book->next_s);
	*book = (struct book){0};
}

int book_open(struct book *book, struct db *db, const struct budget *budgets, size_t nbudgets,
	int64_t now_ms, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = NULL;

	*book = (struct book){.db = db, .budgets = budgets, .nbudgets = nbudgets, .now_ms = now_ms};
	book->from_s = calloc(nbudgets + 1, sizeof(*book->from_s));
	book->next_s = calloc(nbudgets + 1, sizeof(*book->next_s));
	if (!book->from_s || !book->next_s) {
		book_close(book);
		return err_nomem(err);
	}
	for (size_t b = 0; b < nbudgets; b++)
		budget_bounds(&budgets[b], now_ms / 1000, &book->from_s[b], &book->next_s[b]);
	stmt = db_prepare(db, err,
		"SELECT h.gang, h.job_id, h.restart, h.user, h.account, h.qos, h.partition, "
		"h.asked, CASE h.asked WHEN 0 THEN " RATE_NOW " ELSE h.uusd_hr END, h.uusd, "
		"h.sure_ms, h.made_ms, " NOTHING_RUNS " FROM hold h "
		"WHERE h.state = 'open' ORDER BY h.gang COLLATE BINARY, h.job_id, h.restart",
		NULL, 0);
	if (db_list_rows(db, stmt, &list_of_parts, &book->parts, &book->n, err) < 0) {
		book_close(book);
		return -1;
	}
	return 0;
}

static bool counts_in(const struct book_part *part, enum budget_scope scope, const char *key)
{
	struct budget_payer payer = {part->user, part->account, part->qos, part->partition};
	const char *own = budget_payer_key(&payer, scope);

	return own && !strcmp(own, key);
}

/* What the parts of the gang that begins at FIRST cost before each period, and until now. */
static int look_up_gang(struct book *book, size_t first, struct err *err)
{
	size_t n = 0, ntimes = book->nbudgets + 1;
	cleanup_free struct hold_part *parts = NULL;
	cleanup_free int64_t *times = calloc(ntimes, sizeof(*times)), *costs = NULL;

	while (first + n < book->n && !strcmp(book->parts[first + n].gang, book->parts[first].gang))
		n++;
	parts = calloc(n, sizeof(*parts));
	costs = calloc(n * ntimes, sizeof(*costs));
	if (!times || !parts || !costs)
		return err_nomem(err);
	for (size_t b = 0; b < book->nbudgets; b++)
		times[b] = book->from_s[b];
	times[book->nbudgets] = INT64_MAX;
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct hold_part){
			book->parts[first + i].job_id, book->parts[first + i].restart};
	if (hold_costs(book->db, book->parts[first].gang, parts, n, times, ntimes, book->now_ms,
		    costs, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int64_t *own = calloc(ntimes, sizeof(*own));

		if (!own)
			return err_nomem(err);
		memcpy(own, &costs[i * ntimes], ntimes * sizeof(*own));
		free(book->parts[first + i].costs);
		book->parts[first + i].costs = own;
	}
	return 0;
}

/* The same of part I; NULL on failure. */
static const int64_t *look_up(struct book *book, size_t i, struct err *err)
{
	size_t first = i;

	if (book->parts[i].costs)
		return book->parts[i].costs;
	while (first && !strcmp(book->parts[first - 1].gang, book->parts[i].gang))
		first--;
	return look_up_gang(book, first, err) < 0 ? NULL : book->parts[i].costs;
}

static void add(int64_t *sum, int64_t uusd)
{
	/* beyond all limits */
	if (__builtin_add_overflow(*sum, uusd, sum))
		*sum = INT64_MAX;
}

/* Of part I, in budget B's period. */
static int add_open(struct book *book, size_t i, size_t b, bool exact, int64_t *spent,
	int64_t *held, struct err *err)
{
	const struct book_part *p = &book->parts[i];
	const int64_t *costs;
	int64_t before, now;

	if (book->budgets[b].period == BUDGET_HOUR) {
		add(held, p->uusd_hr);
		return 0;
	}
	if (!exact && p->uusd >= 0 && book->now_ms < p->sure_ms &&
		p->made_ms / 1000 >= book->from_s[b]) {
		add(held, p->uusd);
		return 0;
	}
	costs = look_up(book, i, err);
	if (!costs)
		return -1;
	before = costs[b];
	now = costs[book->nbudgets];
	add(spent, now - before);
	if (p->uusd > now)
		add(held, p->uusd - now);
	return 0;
}

int book_open_part(struct book *book, size_t i, size_t b, int64_t *uusd, struct err *err)
{
	int64_t spent = 0, held = 0;

	if (add_open(book, i, b, false, &spent, &held, err) < 0)
		return -1;
	add(&spent, held);
	*uusd = spent;
	return 0;
}

static int sum_settled(struct book *book, size_t b, const char *key, int64_t *uusd, struct err *err)
{
	int64_t from = book->from_s[b] / DAY_S,
		next = book->next_s[b] == INT64_MAX ? INT64_MAX : book->next_s[b] / DAY_S;
	static const char *const statements[] = {
		[BUDGET_SITE] = "SELECT coalesce(sum(uusd), 0) FROM spent_day "
				"WHERE day >= ?1 AND day < ?2 AND ?3 = ''",
		[BUDGET_USER] = "SELECT coalesce(sum(uusd), 0) FROM spent_day "
				"WHERE day >= ?1 AND day < ?2 AND user = ?3",
		[BUDGET_ACCOUNT] = "SELECT coalesce(sum(uusd), 0) FROM spent_day "
				   "WHERE day >= ?1 AND day < ?2 AND account = ?3",
		[BUDGET_QOS] = "SELECT coalesce(sum(uusd), 0) FROM spent_day "
			       "WHERE day >= ?1 AND day < ?2 AND qos = ?3",
		[BUDGET_PARTITION] = "SELECT coalesce(sum(uusd), 0) FROM spent_day "
				     "WHERE day >= ?1 AND day < ?2 AND partition = ?3",
	};

	return DB_SELECT_INT(book->db, err, uusd, statements[book->budgets[b].scope], DB_INT(from),
		DB_INT(next), DB_TEXT(key));
}

int book_use(struct book *book, size_t b, const char *key, bool exact, struct budget_use *use,
	struct err *err)
{
	const struct budget *budget = &book->budgets[b];
	int64_t spent = 0, held = 0, taken;

	if (budget->scope >= BUDGET_JOB)
		return err_set(err, ERR_FATAL, "limit %s of a job is no budget", budget->name);
	if (budget->period != BUDGET_HOUR && sum_settled(book, b, key, &spent, err) < 0)
		return -1;
	for (size_t i = 0; i < book->n; i++)
		if (!book->parts[i].left_out && counts_in(&book->parts[i], budget->scope, key) &&
			add_open(book, i, b, exact, &spent, &held, err) < 0)
			return -1;
	*use = (struct budget_use){.budget = budget,
		.from_s = book->from_s[b],
		.next_s = book->next_s[b],
		.spent_uusd = spent,
		.held_uusd = held};
	snprintf(use->who, sizeof(use->who), "%s", key);
	taken = spent;
	add(&taken, held);
	use->left_uusd = budget->limit_uusd - taken;
	return 0;
}

/* --- who ------------------------------------------------------------------------------------- */

static int add_key(char ***keys, size_t *n, const char *key, struct err *err)
{
	char **more = reallocarray(*keys, *n + 1, sizeof(*more));

	if (!more)
		return err_nomem(err);
	*keys = more;
	more[*n] = strdup(key);
	if (!more[*n])
		return err_nomem(err);
	++*n;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_doubles(char **keys, size_t *n)
{
	size_t kept = 0;

	if (*n)
		qsort(keys, *n, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < *n; i++) {
		if (kept && !strcmp(keys[kept - 1], keys[i]))
			free(keys[i]);
		else
			keys[kept++] = keys[i];
	}
	*n = kept;
}

static int settled_keys(struct book *book, size_t b, char ***keys, size_t *n, struct err *err)
{
	static const char *const statements[] = {
		[BUDGET_USER] = "SELECT DISTINCT user FROM spent_day WHERE day >= ?1 AND "
				"user <> '' AND uusd <> 0",
		[BUDGET_ACCOUNT] = "SELECT DISTINCT account FROM spent_day WHERE day >= ?1 AND "
				   "account <> '' AND uusd <> 0",
		[BUDGET_QOS] = "SELECT DISTINCT qos FROM spent_day WHERE day >= ?1 AND "
			       "qos <> '' AND uusd <> 0",
		[BUDGET_PARTITION] = "SELECT DISTINCT partition FROM spent_day WHERE day >= ?1 AND "
				     "partition <> '' AND uusd <> 0",
	};
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(
		book->db, err, statements[book->budgets[b].scope], DB_INT(book->from_s[b] / DAY_S));

	return db_list_rows(book->db, stmt, &db_list_texts, keys, n, err);
}

int book_keys(struct book *book, size_t b, char ***keys, size_t *n, struct err *err)
{
	const struct budget *budget = &book->budgets[b];
	char **found = NULL;
	size_t count = 0;
	int rc = 0;

	if (*budget->who || budget->scope == BUDGET_SITE)
		rc = add_key(&found, &count, budget->who, err);
	else if (budget->period != BUDGET_HOUR)
		rc = settled_keys(book, b, &found, &count, err);
	for (size_t i = 0; rc == 0 && !*budget->who && budget->scope != BUDGET_SITE && i < book->n;
		i++) {
		const struct book_part *p = &book->parts[i];
		struct budget_payer payer = {p->user, p->account, p->qos, p->partition};
		const char *key = budget_payer_key(&payer, budget->scope);

		/* who has never asked may run nothing, but may have cost something */
		if (key && (p->asked || p->uusd_hr || budget->period != BUDGET_HOUR))
			rc = add_key(&found, &count, key, err);
	}
	if (rc < 0) {
		db_list_release(&db_list_texts, found, count);
		return -1;
	}
	drop_doubles(found, &count);
	*keys = found;
	*n = count;
	return 0;
}
