/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/request.h"

#include <string.h>

#include "helper/budget.h"

/* The largest of its jobs: a pool's limit is each job's own. */
static unsigned cost_nodes(const struct demand *d)
{
	size_t most = 0;

	if (d->all_or_nothing || !d->njobs)
		return 0;
	for (size_t i = 0; i < d->njobs; i++)
		if (d->jobs[i]->nodes.n > most)
			most = d->jobs[i]->nodes.n;
	return (unsigned)most;
}

/*
 * Of a mixed group's gang the first node of each job is on-demand; it is no gang where all are or
 * none is: one-node jobs, or the rest of a job whose first node is up already or none of ours.
 * Nodes without a job may become any job's first.
 */
static void find_market(struct plan_request *request, const struct demand *d)
{
	request->market = d->group->market;
	request->firsts = 0;
	if (request->market != MARKET_MIXED)
		return;
	nodeset_for_each (&d->nodes, i)
		request->firsts += demand_is_first(d, d->nodes.names[i]);
	if (!d->all_or_nothing || request->firsts >= d->nodes.n)
		request->market = MARKET_ON_DEMAND;
	else if (!request->firsts)
		request->market = MARKET_SPOT;
	if (request->market != MARKET_MIXED)
		request->firsts = 0;
}

void request_make(struct plan_request *request, const struct conf *conf,
	const struct slurm_site *site, const struct demand *d)
{
	struct caps caps;

	request->nodes = (unsigned)d->nodes.n;
	request->gang = d->all_or_nothing;
	request->cost_nodes = cost_nodes(d);
	request->efa = d->efa;
	request->efa_why = d->efa_why;
	request->efa_detected = d->efa_detected;
	budget_caps(conf, d, &caps);
	request->limit = caps.limit;
	request->limit_why = caps.limit_why;
	request->hour = caps.hour;
	request->hour_why = caps.hour_why;
	request->time_limit_s = d->time_limit_s;
	request->boot_s = conf->cost.boot_allowance_s;
	request->release_s = conf->cost.release_allowance_s + site->kill_wait_s +
			     (site->over_time_s > 0 ? site->over_time_s : 0);
	request->disk_uusd_hr = conf->cost.disk_uusd_hr;
	request->least_time_s = conf->cost.least_time_s;
	/* slurmctld ends nothing that may overrun without end; reconcile ends it all the same */
	request->limit_ends = conf->cost.at_limit != AT_LIMIT_NONE ||
			      (conf->cost.lower != LOWER_NEVER && site->over_time_s >= 0);
	/* a job that may overrun without end has no time limit that bounds its cost */
	if (site->over_time_s < 0 && caps.limit.uusd && !caps.limit.per_hour)
		request->time_limit_s = -1;
	find_market(request, d);
	request->group_threshold = conf->mpi.placement_group_threshold;
	request->group_always = conf->mpi.force_cluster_placement_group;
	request->placement = d->group->placement;
	request->cpus_per_node = d->group->cpus;
	request->mem_mib_per_node = d->group->mem_mib;
	request->gpus_per_node = d->group->gpus;
	request->arch = d->group->arch;
	request->requeue = d->requeue;
	request->spot_needs_requeue = conf->choice.spot_needs_requeue;
	request->job = d->njobs ? &d->rank : NULL;
	request->weights = &conf->choice.weights;
}

void request_choices(const struct conf_place *place, const struct ec2_subnet *subnets,
	struct plan_choice *choices, size_t *n)
{
	for (size_t i = 0; i < place->noverrides; i++) {
		const struct conf_override *o = &place->overrides[i];

		for (size_t k = 0; k < place->nsubnets; k++) {
			if (o->subnet && strcmp(o->subnet, place->subnets[k]))
				continue;
			choices[(*n)++] = (struct plan_choice){
				.type = o->type,
				.subnet = place->subnets[k],
				.az = subnets[k].az,
				.free_addresses = subnets[k].free_addresses,
				.price_uusd_hr = -1,
				.max_price_uusd_hr = o->spot_price_uusd,
				.tier = o->tier,
			};
		}
	}
}

void request_reserved(const struct conf_place *place, const struct ec2_subnet *subnets,
	const struct ec2_reservation *reservations, size_t nreservations,
	struct plan_choice *choices, size_t *n)
{
	for (size_t i = 0; i < nreservations; i++) {
		const struct ec2_reservation *r = &reservations[i];

		if (strcmp(r->state, "active"))
			continue;
		for (size_t k = 0; k < place->nsubnets; k++) {
			if (strcmp(subnets[k].az, r->az))
				continue;
			choices[(*n)++] = (struct plan_choice){
				.type = r->type,
				.subnet = place->subnets[k],
				.az = subnets[k].az,
				.free_addresses = subnets[k].free_addresses,
				.price_uusd_hr = -1,
				.max_price_uusd_hr = -1,
				.reservation = r->id,
				.block = !strcmp(r->kind, "capacity-block"),
				.reserved_free = r->free,
			};
		}
	}
}

void request_rules(
	struct ladder_rules *rules, const struct conf *conf, const struct conf_group *group)
{
	*rules = (struct ladder_rules){
		.spot_to_on_demand = conf->launch.fallback_on_demand,
		.drop_group = conf->launch.fallback_no_placement_group,
		.drop_efa = conf->launch.fallback_no_efa,
		.nplaces = (unsigned)group->nplaces,
	};
	for (size_t i = 0; i < group->nplaces; i++) {
		const struct conf_place *place = &group->places[i];

		rules->reservations = rules->reservations || place->nreservations;
		for (size_t k = 0; k < place->noverrides; k++)
			if (place->overrides[k].tier >= rules->ntiers)
				rules->ntiers = place->overrides[k].tier + 1;
	}
}

/* --- in words -------------------------------------------------------------------------------- */

/* "A|B" of the distinct values that GET gives of the pools. */
static void add_distinct(
	struct strbuf *sb, const struct plan *plan, const char *(*get)(const struct plan_pool *))
{
	for (size_t i = 0; i < plan->npools; i++) {
		size_t k = 0;

		while (k < i && strcmp(get(&plan->pools[k]), get(&plan->pools[i])))
			k++;
		if (k == i)
			strbuf_addf(sb, "%s%s", i ? "|" : "", get(&plan->pools[i]));
	}
}

static const char *get_type(const struct plan_pool *pool)
{
	return pool->type;
}

static const char *get_az(const struct plan_pool *pool)
{
	return *pool->az ? pool->az : pool->subnet;
}

void request_describe(struct strbuf *sb, const struct plan *plan)
{
	add_distinct(sb, plan, get_type);
	strbuf_addstr(sb, " in ");
	add_distinct(sb, plan, get_az);
	if (plan->pools[0].reservation)
		strbuf_addf(sb, ", %s %s",
			plan->pools[0].block ? "capacity block" : "capacity reservation",
			plan->pools[0].reservation);
	else if (plan->firsts)
		strbuf_addf(sb, ", %u on-demand and the others spot", plan->firsts);
	else
		strbuf_addf(sb, ", %s", market_name(plan->market));
	strbuf_addstr(sb, plan->efa ? ", EFA" : ", no EFA");
	if (plan_has_group(plan) && !plan->cluster_group)
		strbuf_addf(sb, ", %s", placement_strategy_name(plan->strategy));
	strbuf_addstr(sb, plan->cluster_group    ? ", placement group"
			  : plan_has_group(plan) ? " placement group"
						 : ", no placement group");
}
