/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a bill, summed up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/cost.h"
#include "lib/base/cleanup.h"

static const char *const names[] = {
	[COST_BY_JOB] = "job",
	[COST_BY_USER] = "user",
	[COST_BY_ACCOUNT] = "account",
	[COST_BY_PARTITION] = "partition",
	[COST_BY_DAY] = "day",
	[COST_BY_TYPE] = "type",
	[COST_BY_ALL] = "all",
};

const char *cost_by_name(enum cost_by by)
{
	return (size_t)by < ARRAY_SIZE(names) ? names[by] : "unknown";
}

int cost_by_parse(const char *name, enum cost_by *by)
{
	for (size_t i = 0; i < COST_BY_ALL; i++)
		if (!strcmp(names[i], name)) {
			*by = (enum cost_by)i;
			return 0;
		}
	return -1;
}

/* A line with what it is sorted by. */
struct item {
	const char *key, *user, *account; /* the latter two "" but by job */
	const struct cost_line *line;
};

static const char *key_of(
	const struct cost *cost, enum cost_by by, const struct cost_line *line, char *day)
{
	const struct cost_party *party = &cost->parties[line->party];

	switch (by) {
	case COST_BY_JOB:
		return party->job;
	case COST_BY_USER:
		return party->user;
	case COST_BY_ACCOUNT:
		return party->account;
	case COST_BY_PARTITION:
		return party->partition;
	case COST_BY_DAY:
		return cost_day(line->day_s, day);
	case COST_BY_TYPE:
		return cost->runs[line->run].instance.type;
	case COST_BY_ALL:
		break;
	}
	return "";
}

static int same_key(const struct item *x, const struct item *y)
{
	int c = strcmp(x->key, y->key);

	if (!c)
		c = strcmp(x->user, y->user);
	return c ? c : strcmp(x->account, y->account);
}

static int by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = same_key(x, y);

	return c ? c : (x->line->run > y->line->run) - (x->line->run < y->line->run);
}

static int add(int64_t *sum, int64_t n, struct err *err)
{
	return __builtin_add_overflow(*sum, n, sum)
		       ? err_set(err, ERR_BUDGET, "cost beyond what can be counted")
		       : 0;
}

static int add_line(struct cost_row *row, const struct cost *cost, const struct cost_line *line,
	bool first_of_run, struct err *err)
{
	int64_t *const kinds[] = {
		[COST_JOB] = &row->job_uusd,
		[COST_IDLE] = &row->idle_uusd,
		[COST_VAIN] = &row->vain_uusd,
	};

	if (first_of_run) {
		row->instances++;
		row->unpriced += !cost->priced[line->run];
		row->od_unknown += cost->priced[line->run] && line->od_uusd < 0;
	}
	if (add(&row->seconds, line->seconds, err) < 0 || add(&row->uusd, line->uusd, err) < 0 ||
		add(&row->disk_uusd, line->disk_uusd, err) < 0 ||
		add(kinds[line->kind], line->uusd, err) < 0)
		return -1;
	if (cost->runs[line->run].instance.spot &&
		add(&row->spot_uusd, line->uusd - line->disk_uusd, err) < 0)
		return -1;
	if (!cost->priced[line->run] || line->od_uusd < 0)
		return 0;
	return add(&row->od_uusd, line->od_uusd, err) < 0
		       ? -1
		       : add(&row->known_uusd, line->uusd - line->disk_uusd, err);
}

static int by_cost(const void *a, const void *b)
{
	const struct cost_row *x = a, *y = b;
	int c = (x->uusd < y->uusd) - (x->uusd > y->uusd);

	if (!c)
		c = strcmp(x->key, y->key);
	return c ? c : strcmp(x->user, y->user);
}

static int fold(const struct cost *cost, const struct item *items, size_t n, struct cost_row *rows,
	size_t *nrows, struct err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		bool fresh = !i || same_key(&items[i - 1], &items[i]);

		if (fresh) {
			struct cost_row *row = &rows[count++];

			snprintf(row->key, sizeof(row->key), "%s", items[i].key);
			snprintf(row->user, sizeof(row->user), "%s", items[i].user);
			snprintf(row->account, sizeof(row->account), "%s", items[i].account);
		}
		if (add_line(&rows[count - 1], cost, items[i].line,
			    fresh || items[i].line->run != items[i - 1].line->run, err) < 0)
			return -1;
	}
	*nrows = count;
	return 0;
}

int cost_group(const struct cost *cost, enum cost_by by, struct cost_row **rows, size_t *n,
	struct err *err)
{
	cleanup_free struct item *items = calloc(cost->nlines + 1, sizeof(*items));
	cleanup_free struct cost_row *found = calloc(cost->nlines + 1, sizeof(*found));
	cleanup_free char *days = calloc(cost->nlines + 1, COST_DAY_SIZE);
	size_t count = 0;

	if (!items || !found || !days)
		return err_nomem(err);
	for (size_t i = 0; i < cost->nlines; i++) {
		struct item *item = &items[i];

		item->line = &cost->lines[i];
		item->key = key_of(cost, by, item->line, days + i * COST_DAY_SIZE);
		item->user = item->account = "";
		if (by == COST_BY_JOB) {
			item->user = cost->parties[item->line->party].user;
			item->account = cost->parties[item->line->party].account;
		}
	}
	if (cost->nlines)
		qsort(items, cost->nlines, sizeof(*items), by_key);
	if (fold(cost, items, cost->nlines, found, &count, err) < 0)
		return -1;
	if (by != COST_BY_TYPE && by != COST_BY_DAY && count)
		qsort(found, count, sizeof(*found), by_cost);
	*rows = STEAL_POINTER(found);
	*n = count;
	return 0;
}
