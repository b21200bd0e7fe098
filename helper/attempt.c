/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "helper/tags.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/state/placement.h"

#define GROUP_WAIT_MS 30000

/* --- plan ------------------------------------------------------------------------------------ */

static int make_choices(struct attempt *a, struct err *err)
{
	const struct conf_group *group = a->demand->group;
	size_t n = 0;

	if (ec2_describe_subnets(a->aws, (const char *const *)group->subnets, group->nsubnets,
		    &a->subnets, err) < 0)
		return -1;
	a->choices = calloc(group->noverrides * group->nsubnets + 1, sizeof(*a->choices));
	if (!a->choices)
		return err_nomem(err);
	for (size_t i = 0; i < group->noverrides; i++) {
		const struct conf_override *o = &group->overrides[i];

		for (size_t k = 0; k < group->nsubnets; k++) {
			if (o->subnet && strcmp(o->subnet, group->subnets[k]))
				continue;
			a->choices[n++] = (struct plan_choice){
				.type = o->type,
				.subnet = group->subnets[k],
				.az = a->subnets[k].az,
				.free_addresses = a->subnets[k].free_addresses,
				.price_uusd_hr = -1,
			};
		}
	}
	a->request.choices = a->choices;
	a->request.nchoices = n;
	return 0;
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
		a->plan.cluster_group ? "placement group" : "no placement group", a->plan.npools,
		a->plan.pools[0].type, a->plan.pools[0].az, worst,
		cost_limit_format(&a->request.limit, limit, sizeof(limit)));
}

int attempt_plan(struct attempt *a, struct err *err)
{
	const struct demand *d = a->demand;
	const struct conf *conf = a->app->conf;
	const struct slurm_site *site = &a->app->site;
	unsigned failures;
	int64_t spent_uusd = 0;

	if (make_choices(a, err) < 0)
		return -1;
	for (size_t i = 0; i < d->njobs; i++) {
		int64_t uusd = 0;

		if (gang_history(a->app->db, d->jobs[i]->facts.job_id, &failures, &uusd, err) < 0)
			return -1;
		/* a pool's limit is each job's own: the one that has spent most must fit */
		if (d->all_or_nothing)
			spent_uusd += uusd;
		else if (uusd > spent_uusd)
			spent_uusd = uusd;
	}
	a->request.nodes = (unsigned)d->nodes.n;
	a->request.gang = d->all_or_nothing;
	a->request.cost_nodes = d->njobs && !d->all_or_nothing ? 1 : 0;
	a->request.efa = d->efa;
	a->request.efa_why = d->efa_why;
	a->request.limit = d->limit;
	a->request.time_limit_s = d->time_limit_s;
	a->request.boot_s = conf->cost.boot_allowance_s;
	a->request.release_s = conf->cost.release_allowance_s + site->kill_wait_s +
			       (site->over_time_s > 0 ? site->over_time_s : 0);
	/* a job that may overrun without end has no time limit that bounds its cost */
	if (site->over_time_s < 0 && d->limit.uusd && !d->limit.per_hour)
		a->request.time_limit_s = -1;
	a->request.spent_uusd = spent_uusd;
	a->request.region = a->gang.region;
	a->request.market = d->group->market;
	a->request.group_threshold = conf->mpi.placement_group_threshold;
	a->request.group_always = conf->mpi.force_cluster_placement_group;
	a->request.cpus_per_node = d->group->cpus;
	a->request.mem_mib_per_node = d->group->mem_mib;
	if (plan_make(&a->request, &a->plan, err) < 0) {
		/* why each choice was refused is worth keeping; the failure itself is in ERR */
		cleanup_free char *reasons = plan_reasons(&a->request, NULL);

		gang_set_plan(a->app->db, a->gang.id, reasons ? reasons : "", NULL);
		return -1;
	}
	log_plan(a);
	return gang_set_plan(a->app->db, a->gang.id, a->plan.reasons, err);
}

/* --- placement group ------------------------------------------------------------------------- */

int attempt_group(struct attempt *a, struct err *err)
{
	CLEANUP(tags_release) struct tag_list tags = {0};
	int64_t deadline_ms = clock_mono_ms() + GROUP_WAIT_MS;
	struct db *db = a->app->db;
	char name[256], state[32];

	if (!a->plan.cluster_group)
		return gang_advance(db, a->gang.id, GANG_PLANNED, GANG_GROUP_READY, err);
	snprintf(name, sizeof(name), "burst-%s-%s", a->app->cluster, a->gang.id);
	tags_common(&tags, a->app->cluster, &a->gang, a->demand->group);
	if (tags.failed)
		return err_set(
			err, ERR_CONFIG, "node group %s has too many tags", a->gang.node_group);
	if (placement_insert(db, name, a->gang.id, a->gang.region, clock_now_ms(), err) < 0)
		return -1;
	/* a group of that name can only be ours, from a request whose answer was lost */
	if (ec2_create_placement_group(a->aws, name, "cluster", tags.tags, tags.n, err) < 0 &&
		(!err || err->class != ERR_BUSY))
		return err_prefix(err, "placement group %s", name);
	for (int64_t pause_ms = 50;; pause_ms *= 2) {
		int rc = ec2_placement_group_state(a->aws, name, state, sizeof(state), err);

		if (rc == 0 && !strcmp(state, "available"))
			break;
		if (rc < 0 && err->class != ERR_CONSISTENCY && err->class != ERR_NOTFOUND)
			return err_prefix(err, "placement group %s", name);
		if (clock_mono_ms() >= deadline_ms)
			return err_set(err, ERR_TRANSIENT,
				"placement group %s is not available after %d s", name,
				GROUP_WAIT_MS / 1000);
		clock_sleep_ms(pause_ms);
	}
	snprintf(a->gang.group, sizeof(a->gang.group), "%s", name);
	if (gang_set_group(db, a->gang.id, name, err) < 0)
		return -1;
	return gang_advance(db, a->gang.id, GANG_PLANNED, GANG_GROUP_READY, err);
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
	if (!d->njobs)
		return 0;
	err_set(err, ERR_BUSY, "job %s does not wait any more: cancelled or requeued",
		d->jobs[0]->facts.name);
	return 1;
}

void attempt_release(struct attempt *a)
{
	plan_release(&a->plan);
	free(a->choices);
	free(a->subnets);
	free(a->hostlist);
	free(a->instances);
	gang_release(&a->gang);
}
