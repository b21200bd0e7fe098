/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "helper/budget.h"
#include "helper/groups.h"
#include "helper/limit.h"
#include "helper/log.h"
#include "helper/preflight.h"
#include "helper/prices.h"
#include "helper/release.h"
#include "helper/request.h"
#include "helper/reserved.h"
#include "helper/show_detect.h"
#include "helper/spot_policy.h"
#include "helper/tags.h"
#include "helper/types.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/plan/candidate.h"
#include "lib/state/placement.h"

#define GROUP_WAIT_MS 30000
#define TOLD_MAX      4 /* jobs of a gang that are told of */
/* A look that comes too early tells nothing and takes a token that others want. */
#define GROUP_LOOK_FIRST_MS 250

/* --- plan ------------------------------------------------------------------------------------ */

/* What its jobs have cost, by earlier starts and by tries of this one that were undone. */
static int count_spent(struct attempt *a, struct err *err)
{
	const struct demand *d = a->demand;
	int64_t spent_uusd = 0;
	unsigned failures;

	for (size_t i = 0; i < d->njobs; i++) {
		int64_t uusd = 0;

		if (gang_history(a->app->db, d->jobs[i]->facts.job_id, &failures, &uusd, err) < 0)
			return -1;
		/* a pool's limit is each job's own: the one that has spent most must fit */
		if (d->all_or_nothing && __builtin_add_overflow(spent_uusd, uusd, &spent_uusd))
			return err_set(err, ERR_BUDGET, "cost beyond what can be counted");
		if (!d->all_or_nothing && uusd > spent_uusd)
			spent_uusd = uusd;
	}
	a->base.spent_uusd = spent_uusd;
	return 0;
}

int attempt_request(struct attempt *a, struct err *err)
{
	if (count_spent(a, err) < 0)
		return -1;
	request_make(&a->base, a->app->conf, &a->app->site, a->demand);
	limit_restore(a->app, a->demand, &a->base);
	a->base.interrupted = spot_over_of_demand(a->app, a->demand);
	if (a->base.interrupted)
		log_info("spot instances were taken from the job %u time(s): on-demand",
			a->base.interrupted);
	return 0;
}

/* For the log; and for who does not ask EC2. */
static void tell_reserved(struct attempt *a)
{
	for (size_t i = 0; i < a->nreservations; i++)
		if (strcmp(a->reservations[i].state, "active"))
			log_warn("capacity reservation %s is %s: not used", a->reservations[i].id,
				a->reservations[i].state);
	reserved_keep(a->app, a->region, a->reservations, a->nreservations);
}

int attempt_choices(struct attempt *a, struct err *err)
{
	const struct conf_place *place = &a->demand->group->places[a->step.place];
	size_t nquotas = 0;

	a->place = place;
	a->region = place->region ? place->region : a->app->conf->aws.region;
	a->aws = app_aws(a->app, a->region, err);
	if (!a->aws)
		return -1;
	free(a->subnets);
	free(a->reservations);
	free(a->choices);
	free(a->quotas);
	a->subnets = NULL;
	a->reservations = NULL;
	a->choices = NULL;
	a->quotas = NULL;
	a->nchoices = a->nreservations = 0;
	if (preflight_subnets(a->app, a->aws, a->region, (const char *const *)place->subnets,
		    place->nsubnets, &a->subnets, err) < 0)
		return -1;
	/* the gang can do without */
	if (place->nreservations &&
		ec2_describe_capacity_reservations(a->aws, (const char *const *)place->reservations,
			place->nreservations, &a->reservations, err) < 0)
		log_warn("capacity reservations of node group %s: %s", a->demand->group->name,
			err->text);
	else
		a->nreservations = place->nreservations;
	a->choices = calloc(
		(place->noverrides + a->nreservations) * place->nsubnets + 1, sizeof(*a->choices));
	if (!a->choices)
		return err_nomem(err);
	tell_reserved(a);
	request_reserved(
		place, a->subnets, a->reservations, a->nreservations, a->choices, &a->nchoices);
	request_choices(place, a->subnets, a->choices, &a->nchoices);
	catalog_choices(a->app, a->region, a->choices, a->nchoices);
	if (preflight_quotas(a->app, a->aws, a->region, a->choices, a->nchoices, a->base.nodes,
		    &a->quotas, &nquotas, err) < 0)
		return -1;
	a->base.choices = a->choices;
	a->base.nchoices = a->nchoices;
	a->base.quotas = a->quotas;
	a->base.nquotas = nquotas;
	a->base.region = a->region;
	return recent_recall(&a->recent, a->app, a->region, err);
}

/* What was asked, what was chosen, what it may cost: one line. */
static void log_plan(const struct attempt *a)
{
	char limit[48], worst[32] = "?";

	if (a->plan.worst_uusd >= 0)
		money_format(a->plan.worst_uusd, worst, sizeof(worst));
	log_info("plan: %u node(s), EFA %s (%s) -> %s, %s, %zu pool(s) from %s in %s, at most %s "
		 "USD, limit %s",
		a->request.nodes, efa_mode_name(a->request.efa), a->request.efa_why,
		a->plan.efa ? "EFA" : "no EFA",
		plan_has_group(&a->plan) ? "placement group" : "no placement group", a->plan.npools,
		a->plan.pools[0].type, a->plan.pools[0].az, worst,
		cost_limit_format(&a->request.limit, limit, sizeof(limit)));
}

/* With what was understood of the jobs, for who asks of them when their scripts are gone. */
static int keep_plan(struct attempt *a, const char *reasons, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct demand *d = a->demand;
	unsigned told = 0;

	for (size_t i = 0; i < d->njobs && told < TOLD_MAX; i++) {
		if (!d->jobs[i]->detected)
			continue;
		detected_lines(
			&sb, d->njobs > 1 ? d->jobs[i]->facts.name : NULL, d->jobs[i]->detected);
		told++;
	}
	strbuf_addstr(&sb, reasons ? reasons : "");
	if (sb.failed)
		return err_nomem(err);
	return gang_set_plan(a->app->db, a->gang.id, sb.buf, err);
}

int attempt_plan(struct attempt *a, struct err *err)
{
	bool grouped;

	plan_release(&a->plan);
	if (budget_before_plan(a, err) < 0)
		return -1;
	ladder_apply(&a->step, &a->base, &a->request);
	prices_apply(a->app, a->region, a->step.market, a->choices, a->nchoices);
	grouped = request_wants_group(&a->request);
	marks_apply(&a->marks, a->step.place, a->step.market, grouped, a->choices, a->nchoices);
	recent_apply(&a->recent, a->step.market, grouped, a->base.nodes, a->choices, a->nchoices);
	if (plan_make(&a->request, &a->plan, err) < 0) {
		/* why each choice was refused is worth keeping; the failure itself is in ERR */
		cleanup_free char *reasons = NULL;

		if (!a->gang.plan && (reasons = plan_reasons(&a->request, NULL)))
			keep_plan(a, reasons, NULL);
		budget_note_failure(a, err);
		return -1;
	}
	log_plan(a);
	return keep_plan(a, a->plan.reasons, err);
}

/* --- placement group ------------------------------------------------------------------------- */

/* Not created by us, and not ours to delete: the reservation lies in it. */
static const char *reserved_group(const struct attempt *a)
{
	for (size_t i = 0; i < a->nreservations; i++) {
		const struct ec2_reservation *r = &a->reservations[i];
		const char *slash = strrchr(r->group_arn, '/');

		if (a->plan.pools[0].reservation && !strcmp(a->plan.pools[0].reservation, r->id) &&
			slash && slash[1])
			return slash + 1;
	}
	return NULL;
}

/* Known by its name: a group of that name can only be ours, from a request whose answer was lost.
 */
static int create_group(struct attempt *a, const char *name, struct err *err)
{
	CLEANUP(tags_release) struct tag_list tags = {0};

	tags_common(&tags, a->app->cluster, &a->gang, a->demand->group);
	if (tags.failed)
		return err_set(
			err, ERR_CONFIG, "node group %s has too many tags", a->gang.node_group);
	groups_make_room(a->app, a->aws, false, NULL);
	for (bool again = false;; again = true) {
		if (ec2_create_placement_group(a->aws, name,
			    placement_strategy_name(a->plan.strategy), tags.tags, tags.n,
			    err) == 0 ||
			err->class == ERR_BUSY)
			return 0;
		/* somebody else's may have filled the quota since it was counted */
		if (again || err->class != ERR_QUOTA ||
			groups_make_room(a->app, a->aws, true, NULL) <= 0)
			return err_prefix(err, "placement group %s", name);
	}
}

static int wait_group(struct attempt *a, const char *name, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + GROUP_WAIT_MS;
	char state[32];

	for (int64_t pause_ms = GROUP_LOOK_FIRST_MS;; pause_ms *= 2) {
		int rc;

		clock_sleep_ms(pause_ms);
		rc = ec2_placement_group_state(a->aws, name, state, sizeof(state), err);
		if (rc == 0 && !strcmp(state, "available"))
			return 0;
		if (rc < 0 && err->class != ERR_CONSISTENCY && err->class != ERR_NOTFOUND)
			return err_prefix(err, "placement group %s", name);
		if (clock_mono_ms() >= deadline_ms)
			return err_set(err, ERR_TRANSIENT,
				"placement group %s is not available after %d s", name,
				GROUP_WAIT_MS / 1000);
	}
}

/* A further one where instances have been in the last, or it lies in another region. */
static int new_group(struct attempt *a, struct err *err)
{
	char name[256], number[16] = "";

	if (a->ngroups)
		snprintf(number, sizeof(number), "-%u", a->ngroups + 1);
	snprintf(name, sizeof(name), "burst-%s-%s%s", a->app->cluster, a->gang.id, number);
	if (placement_insert(a->app->db, name, a->gang.id, a->region, clock_now_ms(), err) < 0)
		return -1;
	a->ngroups++;
	if (create_group(a, name, err) < 0 || wait_group(a, name, err) < 0)
		return -1;
	snprintf(a->gang.group, sizeof(a->gang.group), "%s", name);
	snprintf(a->group_region, sizeof(a->group_region), "%s", a->region);
	a->group_used = false;
	return 0;
}

int attempt_group(struct attempt *a, struct err *err)
{
	const char *theirs = a->plan.cluster_group ? reserved_group(a) : NULL;
	struct db *db = a->app->db;

	if (!plan_has_group(&a->plan)) {
		*a->gang.group = '\0';
	} else if (theirs) {
		snprintf(a->gang.group, sizeof(a->gang.group), "%s", theirs);
		a->group_used = true;
	} else if (!*a->gang.group || a->group_used || strcmp(a->group_region, a->region)) {
		if (new_group(a, err) < 0)
			return -1;
	}
	if (gang_set_group(db, a->gang.id, a->gang.group, err) < 0)
		return -1;
	/* of a gang that takes what comes, a launch has been here before */
	if (a->nfleets)
		return 0;
	return gang_advance(db, a->gang.id, GANG_PLANNED, GANG_GROUP_READY, err);
}

/* --- undo ------------------------------------------------------------------------------------ */

static void forget_fleets(struct attempt *a)
{
	for (size_t i = 0; i < a->nfleets; i++) {
		nodeset_release(&a->fleets[i].nodes);
		free(a->fleets[i].hostlist);
	}
	free(a->fleets);
	free(a->instances);
	a->fleets = NULL;
	a->instances = NULL;
	a->nfleets = a->ninstances = 0;
}

int attempt_undo(struct attempt *a, const char *why, struct err *err)
{
	CLEANUP(gang_release) struct gang row = {0};

	if (a->ninstances) {
		a->group_used = true;
		if (release_instances(a->app, a->instances, a->ninstances, why,
			    RELEASE_JUST_LAUNCHED, err) < 0)
			return -1;
		/* each was billed for a minute at least, which the next try's bound must have */
		if (count_spent(a, err) < 0)
			return -1;
	}
	forget_fleets(a);
	if (gang_get(a->app->db, a->gang.id, &row, err) < 0)
		return -1;
	if (row.state == GANG_PLANNED)
		return 0;
	/* refused while a launch is still `prepared`: its answer is not known */
	return gang_advance(a->app->db, a->gang.id, row.state, GANG_PLANNED, err);
}

/* --- going on -------------------------------------------------------------------------------- */

int attempt_wanted(struct attempt *a, struct err *err)
{
	CLEANUP(gang_release) struct gang row = {0};
	const struct demand *d = a->demand;

	if (gang_get(a->app->db, a->gang.id, &row, err) < 0)
		return -1;
	if (*row.stop || row.state == GANG_FAILING || row.state == GANG_FAILED) {
		err_set(err, ERR_BUSY, "stopped: %s",
			*row.stop    ? row.stop
			: row.reason ? row.reason
				     : "taken down");
		return 1;
	}
	for (size_t i = 0; i < d->njobs; i++) {
		CLEANUP(job_facts_release) struct job_facts now = {0};
		struct err local;

		if (slurm_client_job(d->jobs[i]->facts.job_id, &now, &local) < 0) {
			/* slurmctld away for a moment is no reason to drop a gang */
			if (local.class == ERR_NOTFOUND)
				continue;
			return 0;
		}
		if (now.restart == d->jobs[i]->facts.restart &&
			(now.state == JOB_STATE_CONFIGURING || now.state == JOB_STATE_RUNNING))
			return 0;
	}
	if (!d->njobs || a->kept)
		return 0;
	err_set(err, ERR_BUSY, "job %s does not wait any more: cancelled or requeued",
		d->jobs[0]->facts.name);
	return 1;
}

void attempt_release(struct attempt *a)
{
	forget_fleets(a);
	budget_ceilings_release(&a->ceilings);
	nodeset_release(&a->over);
	plan_release(&a->plan);
	marks_release(&a->marks);
	recent_release(&a->recent);
	free(a->choices);
	free(a->subnets);
	free(a->reservations);
	free(a->quotas);
	gang_release(&a->gang);
}
