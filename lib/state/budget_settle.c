/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a gang cost, and what is kept of it when the gang is over. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/nodeset.h"
#include "lib/base/sorted.h"
#include "lib/state/budget.h"
#include "lib/state/db_internal.h"
#include "lib/state/instance.h"
#include "lib/state/ledger.h"

#define DAY_S 86400

/* --- what parts cost ------------------------------------------------------------------------- */

/* A node of a part. */
struct owner {
	char *node;
	size_t part;
};

struct owners {
	struct owner *all; /* by node, of a node by part */
	size_t n;
};

static void owners_release(struct owners *owners)
{
	for (size_t i = 0; i < owners->n; i++)
		free(owners->all[i].node);
	free(owners->all);
}

static int compare_owners(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	int rc = strcmp(x->node, y->node);

	return rc ? rc : (x->part > y->part) - (x->part < y->part);
}

static int add_owner(struct owners *owners, size_t part, const char *hostlist, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	struct owner *more;

	if (nodeset_parse(&set, hostlist, err) < 0)
		return -1;
	more = reallocarray(owners->all, owners->n + set.n + 1, sizeof(*more));
	if (!more)
		return err_nomem(err);
	owners->all = more;
	nodeset_for_each (&set, i) {
		char *node = strdup(set.names[i]);

		if (!node)
			return err_nomem(err);
		owners->all[owners->n++] = (struct owner){node, part};
	}
	return 0;
}

static int find_owners(struct db *db, const char *gang, const struct hold_part *parts, size_t n,
	struct owners *owners, struct err *err)
{
	struct gang_job *jobs = NULL;
	size_t njobs = 0;
	int rc = gang_jobs(db, gang, &jobs, &njobs, err);

	for (size_t i = 0; rc == 0 && i < njobs; i++)
		for (size_t k = 0; rc == 0 && k < n; k++)
			if (jobs[i].job_id == parts[k].job_id &&
				jobs[i].restart == parts[k].restart)
				rc = add_owner(owners, k, jobs[i].nodes, err);
	gang_jobs_release(jobs, njobs);
	if (rc == 0 && owners->n)
		qsort(owners->all, owners->n, sizeof(*owners->all), compare_owners);
	return rc;
}

static int owner_is_of(const void *node, const void *owner)
{
	return strcmp(node, ((const struct owner *)owner)->node);
}

/* The first of those with NODE; *COUNT is how many there are. */
static const struct owner *owners_of(const struct owners *owners, const char *node, size_t *count)
{
	return owners->all +
	       sorted_find(node, owners->all, owners->n, sizeof(*owners->all), owner_is_of, count);
}

/* The share of the one that is INDEX of COUNT: what cannot be divided goes to the first. */
static int64_t share(int64_t uusd, size_t index, size_t count)
{
	int64_t each = uusd / (int64_t)count;

	return each + (uusd % (int64_t)count > (int64_t)index);
}

int hold_costs(struct db *db, const char *gang, const struct hold_part *parts, size_t n,
	const int64_t *until_s, size_t nuntil, int64_t now_ms, int64_t *costs, struct err *err)
{
	CLEANUP(owners_release) struct owners owners = {0};
	cleanup_free int64_t *sums = calloc(nuntil + 1, sizeof(*sums));
	cleanup_free struct instance *list = NULL;
	size_t ninstances = 0;

	memset(costs, 0, n * nuntil * sizeof(*costs));
	if (!sums)
		return err_nomem(err);
	if (instance_list(db, gang, true, &list, &ninstances, err) < 0)
		return -1;
	if (n > 1 && ninstances && find_owners(db, gang, parts, n, &owners, err) < 0)
		return -1;
	for (size_t i = 0; i < ninstances; i++) {
		const struct owner *of = NULL;
		size_t count = 0;

		/* who never had a price is in no sum, here as in the ledger's reports */
		if (list[i].rate_uusd_hr < 0)
			continue;
		if (ledger_costs(db, &list[i], now_ms, until_s, nuntil, sums, err) < 0)
			return -1;
		if (owners.n && *list[i].node)
			of = owners_of(&owners, list[i].node, &count);
		for (size_t k = 0; k < (count ? count : n); k++) {
			size_t part = count ? of[k].part : k;

			for (size_t t = 0; t < nuntil; t++) {
				int64_t *cost = &costs[part * nuntil + t];

				if (__builtin_add_overflow(
					    *cost, share(sums[t], k, count ? count : n), cost))
					return err_set(
						err, ERR_BUDGET, "cost beyond what can be counted");
			}
		}
	}
	return 0;
}

/* --- settled --------------------------------------------------------------------------------- */

static int read_part(struct db *db, sqlite3_stmt *stmt, void *out, struct err *err)
{
	struct db_row row = {.stmt = stmt};
	struct hold_part part = {0};

	part.job_id = (uint32_t)db_row_int(&row);
	part.restart = (uint32_t)db_row_int(&row);
	if (db_row_check(db, &row, err) < 0)
		return -1;
	*(struct hold_part *)out = part;
	return 0;
}

static const struct db_list list_of_parts = {sizeof(struct hold_part), read_part, NULL};

static int list_parts(
	struct db *db, const char *gang, struct hold_part **parts, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT job_id, restart FROM hold WHERE gang = ? ORDER BY job_id, restart",
		DB_TEXT(gang));

	return db_list_rows(db, stmt, &list_of_parts, parts, n, err);
}

/* The first and the last day on which anything of it ran. False: nothing did. */
static int find_days(struct db *db, const char *gang, int64_t now_ms, int64_t *first, int64_t *last,
	struct err *err)
{
	cleanup_free struct instance *list = NULL;
	bool any = false;
	size_t n = 0;

	if (instance_list(db, gang, true, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int64_t from_s, to_s, begin, end;

		if (list[i].rate_uusd_hr < 0)
			continue;
		instance_period(&list[i], now_ms, &from_s, &to_s);
		begin = from_s / DAY_S;
		end = (to_s > from_s ? to_s - 1 : from_s) / DAY_S;
		*first = any && *first < begin ? *first : begin;
		*last = any && *last > end ? *last : end;
		any = true;
	}
	return any;
}

static int add_day(struct db *db, const char *gang, const struct hold_part *part, int64_t day,
	int64_t uusd, struct err *err)
{
	if (!uusd)
		return 0;
	if (DB_RUN(db, err,
		    "INSERT INTO spent (gang, job_id, restart, day, uusd) VALUES (?, ?, ?, ?, ?)",
		    DB_TEXT(gang), DB_INT(part->job_id), DB_INT(part->restart), DB_INT(day),
		    DB_INT(uusd)) < 0)
		return -1;
	return DB_RUN(db, err,
		       "INSERT INTO spent_day (day, user, account, qos, partition, uusd) "
		       "SELECT ?1, user, account, qos, partition, ?2 FROM hold "
		       "WHERE gang = ?3 AND job_id = ?4 AND restart = ?5 "
		       "ON CONFLICT (day, user, account, qos, partition) "
		       "DO UPDATE SET uusd = uusd + excluded.uusd",
		       DB_INT(day), DB_INT(uusd), DB_TEXT(gang), DB_INT(part->job_id),
		       DB_INT(part->restart)) < 0
		       ? -1
		       : 0;
}

/* What was settled of GANG does not count any more. */
static int take_back(struct db *db, const char *gang, struct err *err)
{
	return DB_RUN(db, err,
		       "UPDATE spent_day SET uusd = uusd - (SELECT sum(s.uusd) FROM spent s "
		       "JOIN hold h ON h.gang = s.gang AND h.job_id = s.job_id AND "
		       "h.restart = s.restart WHERE s.gang = ?1 AND s.day = spent_day.day AND "
		       "h.user = spent_day.user AND h.account = spent_day.account AND "
		       "h.qos = spent_day.qos AND h.partition = spent_day.partition) "
		       "WHERE (day, user, account, qos, partition) IN (SELECT s.day, h.user, "
		       "h.account, h.qos, h.partition FROM spent s JOIN hold h ON "
		       "h.gang = s.gang AND h.job_id = s.job_id AND h.restart = s.restart "
		       "WHERE s.gang = ?1)",
		       DB_TEXT(gang)) < 0 ||
			       DB_RUN(db, err, "DELETE FROM spent WHERE gang = ?", DB_TEXT(gang)) <
				       0
		       ? -1
		       : 0;
}

static int write_days(struct db *db, const char *gang, const struct hold_part *parts, size_t n,
	int64_t first, int64_t last, int64_t now_ms, struct err *err)
{
	size_t ndays = (size_t)(last - first) + 1;
	cleanup_free int64_t *ends = calloc(ndays, sizeof(*ends));
	cleanup_free int64_t *costs = calloc(n * ndays, sizeof(*costs));

	if (!ends || !costs)
		return err_nomem(err);
	for (size_t d = 0; d < ndays; d++)
		ends[d] = (first + (int64_t)d + 1) * DAY_S;
	if (hold_costs(db, gang, parts, n, ends, ndays, now_ms, costs, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < ndays; d++)
			if (add_day(db, gang, &parts[i], first + (int64_t)d,
				    costs[i * ndays + d] - (d ? costs[i * ndays + d - 1] : 0),
				    err) < 0)
				return -1;
	return 0;
}

int hold_settle(struct db *db, const char *gang, struct err *err)
{
	cleanup_free struct hold_part *parts = NULL;
	int64_t first = 0, last = 0, now_ms = clock_now_ms();
	size_t n = 0;
	int rc;

	if (take_back(db, gang, err) < 0 || list_parts(db, gang, &parts, &n, err) < 0)
		return -1;
	rc = n ? find_days(db, gang, now_ms, &first, &last, err) : 0;
	if (rc < 0 || (rc && write_days(db, gang, parts, n, first, last, now_ms, err) < 0))
		return -1;
	return DB_RUN(db, err, "UPDATE hold SET state = 'settled', changed_ms = ? WHERE gang = ?",
		       DB_INT(now_ms), DB_TEXT(gang)) < 0
		       ? -1
		       : 0;
}

int hold_reopen(struct db *db, const char *gang, struct err *err)
{
	if (take_back(db, gang, err) < 0)
		return -1;
	return DB_RUN(db, err, "UPDATE hold SET state = 'open', changed_ms = ? WHERE gang = ?",
		       DB_INT(clock_now_ms()), DB_TEXT(gang)) < 0
		       ? -1
		       : 0;
}

static int find_settled(
	struct db *db, const char *instance, char *gang, size_t size, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = DB_PREPARE(db, err,
		"SELECT h.gang FROM instance i JOIN hold h ON h.gang = i.gang "
		"WHERE i.id = ? AND h.state = 'settled' LIMIT 1",
		DB_TEXT(instance));
	struct db_row row = {.stmt = stmt};
	int rc = stmt ? db_step(db, stmt, err) : -1;

	if (rc <= 0)
		return rc;
	db_row_text(&row, gang, size);
	return db_row_check(db, &row, err) < 0 ? -1 : 1;
}

int hold_instance_changed(struct db *db, const char *instance, struct err *err)
{
	char gang[48];
	int rc = find_settled(db, instance, gang, sizeof(gang), err);

	return rc <= 0 ? rc : hold_settle(db, gang, err);
}

/* --- what a process of an earlier release left ----------------------------------------------- */

#define LEFT                                                                                       \
	"FROM hold h JOIN gang g ON g.id = h.gang WHERE h.state = 'open' AND "                     \
	"g.state IN ('released', 'failed')"

int budget_list_left(struct db *db, char ***gangs, size_t *n, struct err *err)
{
	cleanup_stmt sqlite3_stmt *stmt = db_prepare(
		db, err, "SELECT DISTINCT h.gang " LEFT " ORDER BY h.gang", NULL, 0);

	return db_list_rows(db, stmt, &db_list_texts, gangs, n, err);
}

static int settle_left(struct db *db, const char *gang, struct err *err)
{
	int64_t left = 0;

	if (DB_SELECT_INT(
		    db, err, &left, "SELECT count(*) " LEFT " AND h.gang = ?", DB_TEXT(gang)) < 0)
		return -1;
	if (!left)
		return 0;
	return hold_settle(db, gang, err) < 0 ? -1 : 1;
}

int budget_settle(struct db *db, const char *gang, struct err *err)
{
	struct db_scope scope;

	if (db_enter(db, &scope, err) < 0)
		return -1;
	return db_leave(db, &scope, settle_left(db, gang, err), err);
}
