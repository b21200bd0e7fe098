/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/alarm.h"
#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/plan/candidate.h"

/* Nodes without a job have no end that is known: so much is held, then what they cost counts. */
#define LOOSE_S    3600
#define WORDS_SIZE 384

int budgets_load(struct app *app, struct budget **budgets, size_t *n, struct err *err)
{
	const struct conf *conf = app->conf;
	cleanup_free struct budget *stored = NULL, *all = NULL;
	size_t nstored = 0, count = 0;

	if (budget_list(app->db, &stored, &nstored, err) < 0)
		return -1;
	all = calloc(conf->nlimits + nstored + 1, sizeof(*all));
	if (!all)
		return err_nomem(err);
	for (size_t i = 0; i < conf->nlimits; i++)
		if (conf->limits[i].scope != BUDGET_JOB)
			all[count++] = conf->limits[i];
	for (size_t i = 0; i < nstored; i++) {
		bool known = false;

		for (size_t k = 0; k < conf->nlimits; k++)
			known = known || !strcmp(conf->limits[k].name, stored[i].name);
		if (!known)
			all[count++] = stored[i];
	}
	*budgets = STEAL_POINTER(all);
	*n = count;
	return 0;
}

void budget_caps(const struct conf *conf, const struct demand *demand, struct caps *caps)
{
	caps_fold(&demand->limit, conf->limits, demand->njobs ? conf->nlimits : 0, caps);
}

static struct budget_payer payer_of(const struct demand *d, size_t job)
{
	const struct job_facts *f;

	if (!d->njobs)
		return (struct budget_payer){.partition = d->group ? d->group->partition : ""};
	f = &d->jobs[job]->facts;
	return (struct budget_payer){f->user, f->account, f->qos, f->partition};
}

/* --- before a plan --------------------------------------------------------------------------- */

void budget_ceilings_release(struct budget_ceilings *ceilings)
{
	for (size_t i = 0; i < ceilings->n; i++)
		free(ceilings->words[i]);
	free(ceilings->words);
	free(ceilings->all);
	*ceilings = (struct budget_ceilings){0};
}

static int add_ceiling(struct budget_ceilings *c, const struct plan_ceiling *ceiling,
	const char *words, struct err *err)
{
	struct plan_ceiling *all = reallocarray(c->all, c->n + 1, sizeof(*all));
	char **texts;

	if (!all)
		return err_nomem(err);
	c->all = all;
	texts = reallocarray(c->words, c->n + 1, sizeof(*texts));
	if (!texts)
		return err_nomem(err);
	c->words = texts;
	texts[c->n] = strdup(words);
	if (!texts[c->n])
		return err_nomem(err);
	all[c->n] = *ceiling;
	all[c->n].what = texts[c->n];
	c->n++;
	return 0;
}

static int64_t again_s(const struct budget *budget, int64_t next_s)
{
	switch (budget->period) {
	case BUDGET_HOUR:
		return 0;
	case BUDGET_TOTAL:
		return INT64_MAX;
	default:
		return next_s;
	}
}

/* Do all jobs of the demand count in it together? */
static bool is_common(const struct demand *d, const struct budget_use *use)
{
	for (size_t i = 0; i < d->njobs; i++) {
		struct budget_payer payer = payer_of(d, i);
		const char *key = budget_payer_key(&payer, use->budget->scope);

		if (!key || strcmp(key, use->who))
			return false;
	}
	return true;
}

int budget_ceilings_look(struct app *app, const struct demand *demand, const char *gang,
	struct budget_ceilings *ceilings, struct err *err)
{
	struct budget_payer payer = payer_of(demand, 0);
	cleanup_free struct budget *budgets = NULL;
	cleanup_free struct budget_use *uses = NULL;
	size_t n = 0, nuses = 0;

	budget_ceilings_release(ceilings);
	if (budgets_load(app, &budgets, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	if (budget_left(app->db, budgets, n, &payer, gang, clock_now_ms(), &uses, &nuses, err) < 0)
		return -1;
	for (size_t i = 0; i < nuses; i++) {
		const struct budget *budget = uses[i].budget;
		struct plan_ceiling ceiling = {
			.uusd = uses[i].left_uusd,
			.per_hour = budget->period == BUDGET_HOUR,
			.most_uusd = budget->limit_uusd,
			.again_s = again_s(budget, uses[i].next_s),
		};
		char words[WORDS_SIZE];

		/* what has no end has its hold checked, which has */
		if (!is_common(demand, &uses[i]) || (!demand->njobs && !ceiling.per_hour))
			continue;
		budget_use_words(&uses[i], words, sizeof(words));
		if (add_ceiling(ceilings, &ceiling, words, err) < 0)
			return -1;
	}
	return 0;
}

int budget_before_plan(struct attempt *a, struct err *err)
{
	if (budget_ceilings_look(a->app, a->demand, a->gang.id, &a->ceilings, err) < 0)
		return -1;
	if (*a->dear.what && add_ceiling(&a->ceilings, &a->dear.ceiling, a->dear.what, err) < 0)
		return -1;
	a->base.ceilings = a->ceilings.all;
	a->base.nceilings = a->ceilings.n;
	return 0;
}

void budget_note_failure(struct attempt *a, const struct err *why)
{
	int64_t s = why->class == ERR_BUDGET ? plan_again_s(&a->request) : -1;

	if (s >= 0 && (!a->waits || s < a->again_s)) {
		a->waits = true;
		a->again_s = s;
	}
}

/* --- a hold ---------------------------------------------------------------------------------- */

static int64_t divide_up(int64_t uusd, size_t n)
{
	return uusd / (int64_t)n + (uusd % (int64_t)n != 0);
}

/* Has the job a node of the demand that others have, too? How many jobs have NODE? */
static size_t sharers(const struct demand *d, const char *node)
{
	size_t n = 0;

	for (size_t i = 0; i < d->njobs; i++)
		n += nodeset_contains(&d->jobs[i]->nodes, node);
	return n ? n : 1;
}

/* The job's part of what all nodes together may cost: by nodes, and of a node all its jobs alike,
 * each rounded up. */
static int64_t part_of(const struct demand *d, const struct demand_job *job, int64_t uusd)
{
	int64_t each = divide_up(uusd, d->nodes.n), sum = 0;

	if (uusd < 0)
		return uusd;
	nodeset_for_each (&job->nodes, i)
		if (nodeset_contains(&d->nodes, job->nodes.names[i]))
			sum += divide_up(each, sharers(d, job->nodes.names[i]));
	return sum;
}

/* What the plan may cost, from now on and in all of this gang, for those of whom it tells. */
struct most {
	int64_t uusd_hr, uusd, for_s;
};

static int find_most(struct attempt *a, struct most *most, struct err *err)
{
	const struct plan_request *r = &a->request;
	const struct plan *plan = &a->plan;
	int64_t time_s = plan->buys_s >= 0 ? plan->buys_s : r->time_limit_s;

	*most = (struct most){.uusd_hr = plan->worst_uusd_hr > 0 ? plan->worst_uusd_hr : 0,
		.uusd = plan->worst_uusd >= 0 ? plan->worst_uusd - r->spent_uusd : -1};
	if (!a->demand->njobs && plan->worst_uusd_hr >= 0) {
		time_s = LOOSE_S;
		if (money_cost(plan->worst_uusd_hr, r->boot_s + LOOSE_S + r->release_s, 1,
			    &most->uusd, err) < 0)
			return -1;
	}
	if (most->uusd >= 0 &&
		(__builtin_add_overflow(time_s, r->boot_s, &most->for_s) ||
			__builtin_add_overflow(most->for_s, r->release_s, &most->for_s)))
		most->for_s = 0;
	return 0;
}

/* Is NODE still to be asked for? */
static bool is_missing(const struct attempt *a, const char *node)
{
	if (!nodeset_contains(&a->demand->nodes, node) || nodeset_contains(&a->over, node))
		return false;
	for (size_t f = 0; f < a->nfleets; f++)
		for (size_t k = 0; k < a->fleets[f].n; k++)
			if (!strcmp(a->fleets[f].nodes.names[k], node))
				return false;
	return true;
}

static bool lacks_any(const struct attempt *a, const struct demand_job *job)
{
	nodeset_for_each (&job->nodes, i)
		if (is_missing(a, job->nodes.names[i]))
			return true;
	return false;
}

static int fill_asks(
	struct attempt *a, struct budget_ask *asks, size_t *jobs, size_t *n, struct err *err)
{
	const struct demand *d = a->demand;
	bool shared = d->all_or_nothing && d->njobs > 1;
	int64_t before = 0;
	struct most most;

	/* what earlier tries of this very gang have cost is in what it may cost */
	if (find_most(a, &most, err) < 0 ||
		gang_cost(a->app->db, a->gang.id, clock_now_ms(), &before, NULL, err) < 0)
		return -1;
	if (d->njobs)
		before = divide_up(before, d->njobs);
	for (size_t i = 0; i < (d->njobs ? d->njobs : 1); i++) {
		const struct demand_job *job = d->njobs ? d->jobs[i] : NULL;
		struct budget_ask *ask = &asks[*n];

		/* of those that take what comes the others hold already */
		if (job && !d->all_or_nothing && !lacks_any(a, job))
			continue;
		*ask = (struct budget_ask){.payer = payer_of(d, i), .for_s = most.for_s};
		ask->uusd_hr = shared ? part_of(d, job, most.uusd_hr) : most.uusd_hr;
		ask->uusd = shared ? part_of(d, job, most.uusd) : most.uusd;
		if (ask->uusd >= 0 && __builtin_add_overflow(ask->uusd, before, &ask->uusd))
			return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
		if (job) {
			ask->job_id = job->facts.job_id;
			ask->restart = job->facts.restart;
		}
		jobs[(*n)++] = i;
	}
	return 0;
}

/* A plan as dear as this is not made again. */
static void note_refusal(struct attempt *a, const struct budget_full *full, const struct err *why)
{
	snprintf(a->dear.what, sizeof(a->dear.what), "%.500s", why->text);
	a->dear.ceiling = (struct plan_ceiling){
		.uusd = a->plan.worst_uusd_hr - 1,
		.per_hour = true,
		.most_uusd = full->never ? -1 : INT64_MAX,
		.again_s = again_s(&full->budget, full->use.next_s),
	};
	log_info("%s", why->text);
}

/* Those for whom nothing is held go back: their nodes are not asked for. */
static int leave_over(struct attempt *a, const struct budget_ask *asks, const size_t *jobs,
	size_t n, const struct budget_full *full, struct err *err)
{
	char words[512];

	for (size_t i = 0; i < n; i++) {
		const struct demand_job *job;

		/* nodes without a job are held for whole, or the hold has failed */
		if (asks[i].held || !a->demand->njobs)
			continue;
		job = a->demand->jobs[jobs[i]];
		nodeset_for_each (&job->nodes, k)
			if (is_missing(a, job->nodes.names[k]) &&
				nodeset_add(&a->over, job->nodes.names[k], err) < 0)
				return -1;
	}
	if (!a->over.n)
		return 0;
	err_set(&a->over_why, ERR_BUDGET, "%s", budget_full_words(full, words, sizeof(words)));
	a->over_again_s = full->never ? INT64_MAX : again_s(&full->budget, full->use.next_s);
	log_info("%zu of %zu nodes: %s", a->over.n, a->demand->nodes.n, a->over_why.text);
	return 0;
}

int budget_hold_plan(struct attempt *a, struct err *err)
{
	size_t most = a->demand->njobs ? a->demand->njobs : 1, n = 0, nbudgets = 0;
	cleanup_free struct budget_ask *asks = calloc(most, sizeof(*asks));
	cleanup_free size_t *jobs = calloc(most, sizeof(*jobs));
	cleanup_free struct budget *budgets = NULL;
	struct budget_full full = {0};
	int held;

	if (!asks || !jobs)
		return err_nomem(err);
	if (budgets_load(a->app, &budgets, &nbudgets, err) < 0 ||
		fill_asks(a, asks, jobs, &n, err) < 0)
		return -1;
	held = budget_hold(a->app->db, a->gang.id, budgets, nbudgets, asks, n,
		a->demand->all_or_nothing || !a->demand->njobs, clock_now_ms(), &full, err);
	if (held < 0 && err->class == ERR_BUDGET) {
		note_refusal(a, &full, err);
		return 1;
	}
	if (held < 0)
		return -1;
	return leave_over(a, asks, jobs, n, &full, err);
}

/* --- waiting --------------------------------------------------------------------------------- */

void budget_wait(struct failure *failure, const struct demand *demand, bool waits, int64_t again_s)
{
	if (failure->class != ERR_BUDGET || !waits || again_s == INT64_MAX)
		return;
	failure->waits = failure->uncounted = true;
	failure->not_before_s = again_s;
	/* thousands may wait for days, and each start of theirs costs slurmctld a dozen RPCs */
	for (size_t i = 0; i < demand->njobs; i++) {
		uint32_t restart = demand->jobs[i]->facts.restart;

		if (restart < UINT32_MAX && restart + 1 > failure->attempts)
			failure->attempts = restart + 1;
	}
}

/* --- alarms ---------------------------------------------------------------------------------- */

static void alarm_use(struct app *app, const struct budget_use *use)
{
	const struct budget *b = use->budget;
	char words[WORDS_SIZE], subject[200], from[CLOCK_ISO_SIZE];
	int64_t taken = use->spent_uusd + use->held_uusd;
	unsigned reached[ARRAY_SIZE(b->alarms)];
	size_t n = 0;
	struct err err;

	for (size_t i = 0; i < b->nalarms; i++) {
		int64_t threshold;

		if (__builtin_mul_overflow(b->limit_uusd, (int64_t)b->alarms[i], &threshold) ||
			taken < threshold / 100 + (threshold % 100 != 0))
			continue;
		switch (budget_alarm_is_noted(app->db, use, b->alarms[i], &err)) {
		case 0:
			reached[n++] = b->alarms[i];
			break;
		case 1:
			break;
		default:
			log_warn("%s", err.text);
		}
	}
	if (!n)
		return;
	clock_format_iso(use->from_s, from);
	from[10] = '\0';
	snprintf(subject, sizeof(subject), "%s/%s/%s/%u", b->name, use->who, from, reached[n - 1]);
	/* another process may be at it, or have died in it: noted by who has told */
	if (!alarm_raise(app, "budget", subject, "%u %% of its limit is reached: %s",
		    reached[n - 1], budget_use_words(use, words, sizeof(words))))
		return;
	for (size_t i = 0; i < n; i++)
		if (budget_note_alarm(app->db, use, reached[i], clock_now_ms(), &err) < 0)
			log_warn("%s", err.text);
}

void budget_alarms(struct app *app)
{
	cleanup_free struct budget *budgets = NULL;
	cleanup_free struct budget_use *uses = NULL;
	size_t n = 0, nuses = 0;
	struct err err;

	if (budgets_load(app, &budgets, &n, &err) < 0 ||
		(n && budget_uses(app->db, budgets, n, clock_now_ms(), &uses, &nuses, &err) < 0)) {
		log_warn("budgets: %s", err.text);
		return;
	}
	for (size_t i = 0; i < nuses; i++)
		alarm_use(app, &uses[i]);
}
