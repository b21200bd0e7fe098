/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/bill.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

/* GCC's own: a total of any size times the weight of any piece. */
__extension__ typedef unsigned __int128 wide;

void bill_divide(int64_t total, const int64_t *weights, size_t n, int64_t *parts)
{
	wide sum = 0;
	int64_t left = total;

	for (size_t i = 0; i < n; i++)
		sum += (wide)weights[i];
	for (size_t i = 0; i < n; i++) {
		if (sum)
			parts[i] = (int64_t)((wide)total * (wide)weights[i] / sum);
		else
			parts[i] = total / (int64_t)n;
		left -= parts[i];
	}
	/* fewer are left than there are parts: each gives at most one, the largest remainder
	 * first. Without weights all remainders are alike */
	if (!sum) {
		for (size_t i = 0; i < n && left > 0; i++, left--)
			parts[i]++;
		return;
	}
	while (left > 0) {
		size_t best = n;
		wide most = 0;

		for (size_t i = 0; i < n; i++) {
			wide got = (wide)parts[i] * sum, due = (wide)total * (wide)weights[i];

			if (due > got && due - got > most) {
				most = due - got;
				best = i;
			}
		}
		parts[best]++;
		left--;
	}
}

/* Rate x seconds from FROM to TO. */
static int weigh(
	const struct bill_run *run, int64_t from_s, int64_t to_s, int64_t *weight, struct err *err)
{
	return money_rated(run->uusd_hr, run->changes, run->nchanges, from_s, to_s, weight, err);
}

static int64_t billed_until(const struct bill_run *run)
{
	return run->to_s - run->from_s < BILL_MINIMUM_S ? run->from_s + BILL_MINIMUM_S : run->to_s;
}

int bill_total(const struct bill_run *run, int64_t *uusd, int64_t *od_uusd, struct err *err)
{
	struct bill_run od = {.from_s = run->from_s, .to_s = run->to_s, .uusd_hr = run->od_uusd_hr};
	int64_t weight = 0, od_weight = 0, sum = 0, od_sum = -1;

	if (run->to_s < run->from_s || run->uusd_hr < 0)
		return err_set(err, ERR_FATAL, "a run of negative length or rate");
	if (weigh(run, run->from_s, billed_until(run), &weight, err) < 0 ||
		money_of_rated(weight, &sum, err) < 0)
		return -1;
	if (run->od_uusd_hr >= 0 &&
		(weigh(&od, run->from_s, billed_until(run), &od_weight, err) < 0 ||
			money_of_rated(od_weight, &od_sum, err) < 0))
		return -1;
	*uusd = sum;
	*od_uusd = od_sum;
	return 0;
}

int bill_disks(const struct bill_run *run, int64_t *uusd, struct err *err)
{
	return money_cost(run->disk_uusd_hr, billed_until(run) - run->from_s, 1, uusd, err);
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void add_cut(const struct bill_run *run, int64_t s, int64_t *cuts, size_t *n)
{
	if (s > run->from_s && s < run->to_s)
		cuts[(*n)++] = s;
}

/* *CUTS: all times at which something changes, with begin and end; heap. */
static int find_cuts(const struct bill_run *run, const struct bill_use *uses, size_t nuses,
	int64_t **cuts, size_t *n, struct err *err)
{
	int64_t days = (run->to_s - run->from_s) / BILL_DAY_S + 2, *all;
	int64_t midnight = run->from_s - run->from_s % BILL_DAY_S + BILL_DAY_S;
	size_t count = 0, kept = 1;

	all = reallocarray(NULL, 2 * nuses + run->nchanges + (size_t)days + 2, sizeof(*all));
	if (!all)
		return err_nomem(err);
	all[count++] = run->from_s;
	for (size_t i = 0; i < nuses; i++) {
		add_cut(run, uses[i].from_s, all, &count);
		add_cut(run, uses[i].to_s, all, &count);
	}
	for (size_t i = 0; i < run->nchanges; i++)
		add_cut(run, run->changes[i].from_s, all, &count);
	for (; midnight < run->to_s; midnight += BILL_DAY_S)
		add_cut(run, midnight, all, &count);
	all[count++] = run->to_s;
	qsort(all, count, sizeof(*all), by_number);
	for (size_t i = 1; i < count; i++)
		if (all[i] != all[kept - 1])
			all[kept++] = all[i];
	*cuts = all;
	*n = kept;
	return 0;
}

struct piece {
	int64_t from_s, to_s;
	int64_t weight, od_weight;
	int64_t uusd, od_uusd, disk_uusd;
};

static int by_job(const void *a, const void *b)
{
	const struct bill_use *x = *(const struct bill_use *const *)a;
	const struct bill_use *y = *(const struct bill_use *const *)b;

	return (x->job > y->job) - (x->job < y->job);
}

/* Who has the machine at FROM: each job once, by its number. */
static size_t present(
	const struct bill_use *uses, size_t nuses, int64_t from_s, const struct bill_use **who)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < nuses; i++)
		if (uses[i].from_s <= from_s && uses[i].to_s > from_s)
			who[n++] = &uses[i];
	qsort(who, n, sizeof(*who), by_job);
	for (size_t i = 0; i < n; i++)
		if (!kept || who[kept - 1]->job != who[i]->job)
			who[kept++] = who[i];
	return kept;
}

/* What the jobs of one piece get of it. */
struct work {
	const struct bill_use **who; /* of nuses */
	int64_t *weights, *amounts;  /* of nuses + 1 */
	struct bill_part *parts;
	size_t n, alloc;
};

static void work_release(struct work *w)
{
	free(w->who);
	free(w->weights);
	free(w->amounts);
	free(w->parts);
}

static int work_init(struct work *w, size_t nuses, struct err *err)
{
	w->who = calloc(nuses + 1, sizeof(*w->who));
	w->weights = calloc(nuses + 1, sizeof(*w->weights));
	w->amounts = calloc(nuses + 1, sizeof(*w->amounts));
	return w->who && w->weights && w->amounts ? 0 : err_nomem(err);
}

static int give(struct work *w, const struct piece *piece, size_t nwho, struct err *err)
{
	size_t n = nwho ? nwho : 1;
	bool known = true;

	if (w->n + n > w->alloc) {
		size_t alloc = (w->n + n) * 2;
		struct bill_part *more = reallocarray(w->parts, alloc, sizeof(*more));

		if (!more)
			return err_nomem(err);
		w->parts = more;
		w->alloc = alloc;
	}
	for (size_t i = 0; i < nwho; i++)
		known = known && w->who[i]->weight > 0;
	for (size_t i = 0; i < n; i++) {
		w->weights[i] = nwho && known ? w->who[i]->weight : 1;
		w->parts[w->n + i] = (struct bill_part){.job = nwho ? w->who[i]->job : BILL_IDLE,
			.from_s = piece->from_s,
			.to_s = piece->to_s,
			.od_uusd = -1};
	}
	bill_divide(piece->uusd, w->weights, n, w->amounts);
	for (size_t i = 0; i < n; i++)
		w->parts[w->n + i].uusd = w->amounts[i];
	bill_divide(piece->disk_uusd, w->weights, n, w->amounts);
	for (size_t i = 0; i < n; i++)
		w->parts[w->n + i].disk_uusd = w->amounts[i];
	bill_divide(piece->to_s - piece->from_s, w->weights, n, w->amounts);
	for (size_t i = 0; i < n; i++)
		w->parts[w->n + i].seconds = w->amounts[i];
	if (piece->od_uusd >= 0) {
		bill_divide(piece->od_uusd, w->weights, n, w->amounts);
		for (size_t i = 0; i < n; i++)
			w->parts[w->n + i].od_uusd = w->amounts[i];
	}
	w->n += n;
	return 0;
}

/* The pieces' parts of the total, by what each costs. */
static int price_pieces(const struct bill_run *run, struct piece *pieces, size_t n, struct err *err)
{
	cleanup_free int64_t *weights = calloc(n + 1, sizeof(*weights));
	cleanup_free int64_t *amounts = calloc(n + 1, sizeof(*amounts));
	int64_t total, od_total, disk_total;

	if (!weights || !amounts)
		return err_nomem(err);
	if (bill_total(run, &total, &od_total, err) < 0 || bill_disks(run, &disk_total, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int64_t to_s = i + 1 < n ? pieces[i].to_s : billed_until(run);

		if (weigh(run, pieces[i].from_s, to_s, &weights[i], err) < 0)
			return -1;
	}
	bill_divide(total, weights, n, amounts);
	for (size_t i = 0; i < n; i++) {
		pieces[i].uusd = amounts[i];
		pieces[i].od_uusd = -1;
		weights[i] = (i + 1 < n ? pieces[i].to_s : billed_until(run)) - pieces[i].from_s;
	}
	bill_divide(disk_total, weights, n, amounts);
	for (size_t i = 0; i < n; i++)
		pieces[i].disk_uusd = amounts[i];
	if (od_total < 0)
		return 0;
	bill_divide(od_total, weights, n, amounts);
	for (size_t i = 0; i < n; i++)
		pieces[i].od_uusd = amounts[i];
	return 0;
}

int bill_split(const struct bill_run *run, const struct bill_use *uses, size_t nuses,
	struct bill_part **parts, size_t *n, struct err *err)
{
	CLEANUP(work_release) struct work w = {0};
	cleanup_free int64_t *cuts = NULL;
	cleanup_free struct piece *pieces = NULL;
	size_t ncuts = 0, npieces;

	if (run->to_s < run->from_s)
		return err_set(err, ERR_FATAL, "a run of negative length");
	if (work_init(&w, nuses, err) < 0 || find_cuts(run, uses, nuses, &cuts, &ncuts, err) < 0)
		return -1;
	npieces = ncuts > 1 ? ncuts - 1 : 1;
	pieces = calloc(npieces, sizeof(*pieces));
	if (!pieces)
		return err_nomem(err);
	for (size_t i = 0; i < npieces; i++)
		pieces[i] = (struct piece){
			.from_s = cuts[i], .to_s = ncuts > 1 ? cuts[i + 1] : cuts[i]};
	if (price_pieces(run, pieces, npieces, err) < 0)
		return -1;
	for (size_t i = 0; i < npieces; i++) {
		size_t nwho = present(uses, nuses, pieces[i].from_s, w.who);

		/* of no length: whoever comes first is who it was launched for */
		if (ncuts == 1 && !nwho && nuses)
			w.who[nwho++] = &uses[0];
		if (give(&w, &pieces[i], nwho, err) < 0)
			return -1;
	}
	*parts = STEAL_POINTER(w.parts);
	*n = w.n;
	return 0;
}
