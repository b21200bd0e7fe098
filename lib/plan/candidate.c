/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/candidate.h"

#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"

/* Longer than any time limit of Slurm's that is meant. */
#define BUYS_MAX_S (INT64_C(10) * 365 * 86400)

const char *placement_strategy_name(enum placement_strategy strategy)
{
	static const char *const names[] = {
		[PLACEMENT_AUTO] = "auto",
		[PLACEMENT_CLUSTER] = "cluster",
		[PLACEMENT_PARTITION] = "partition",
		[PLACEMENT_SPREAD] = "spread",
		[PLACEMENT_NONE] = "none",
	};

	return names[strategy];
}

bool request_wants_efa(const struct plan_request *request)
{
	return request->efa != EFA_DISABLED && request->efa != EFA_UNSET && !request->no_efa;
}

/* What speaks much wants to stand close together; so may what nothing is known of. */
static bool speaks(const struct rank_job *job)
{
	return !job || job->talk == TALK_UNKNOWN || job->talk >= TALK_MODERATE;
}

/* The site's thresholds ask for a cluster, if the job or its EFA does. */
static bool wants_cluster(const struct plan_request *request, bool efa)
{
	if (request->group_always)
		return true;
	if (!request->group_threshold || request->nodes < request->group_threshold)
		return false;
	return speaks(request->job) ||
	       (request_wants_efa(request) && (efa || request->efa >= EFA_PREFERRED));
}

enum placement_strategy request_strategy(const struct plan_request *request, bool efa)
{
	if (!request->gang || request->no_group)
		return PLACEMENT_NONE;
	switch (request->placement) {
	case PLACEMENT_AUTO:
		return wants_cluster(request, efa) ? PLACEMENT_CLUSTER : PLACEMENT_NONE;
	case PLACEMENT_PARTITION:
	case PLACEMENT_SPREAD:
		/* A reservation does not reserve in these: it would lie idle, and be paid for. */
		if (request->reserved_only)
			return PLACEMENT_NONE;
		/* fall through */
	default:
		return request->nodes > 1 ? request->placement : PLACEMENT_NONE;
	}
}

bool request_wants_group(const struct plan_request *request)
{
	return request_strategy(request, true) != PLACEMENT_NONE;
}

/* mpi.force_cluster_placement_group speaks for node groups that do not say otherwise. */
static bool must_cluster(const struct plan_request *request)
{
	return request->group_always && request->placement <= PLACEMENT_CLUSTER;
}

bool request_group_binds(const struct plan_request *request)
{
	return request_strategy(request, true) == PLACEMENT_CLUSTER &&
	       (must_cluster(request) || request_efa_mode(request) == EFA_REQUIRED);
}

bool request_fears_spot(const struct plan_request *request)
{
	return request->market != MARKET_ON_DEMAND && request->spot_needs_requeue &&
	       !request->requeue;
}

unsigned request_at_once(const struct plan_request *request, enum market market)
{
	if (request->market == MARKET_MIXED && market != MARKET_MIXED)
		return market == MARKET_SPOT ? request->nodes - request->firsts : request->firsts;
	return request->gang ? request->nodes : 1;
}

uint64_t candidate_vcpus(const struct candidate *candidate, const struct plan_request *request,
	const struct plan_quota *quota)
{
	return (uint64_t)request_at_once(request, quota->market) * candidate->type->vcpus;
}

const struct plan_quota *candidate_quota(
	const struct candidate *candidate, const struct plan_request *request)
{
	enum quota_family family = catalog_quota_family(candidate->choice->type);

	for (size_t i = 0; i < request->nquotas; i++) {
		const struct plan_quota *quota = &request->quotas[i];

		if (quota->family != family ||
			(quota->market != request->market && request->market != MARKET_MIXED))
			continue;
		if (quota->left_vcpus < 0 ||
			(uint64_t)quota->left_vcpus < candidate_vcpus(candidate, request, quota))
			return quota;
	}
	return NULL;
}

int64_t candidate_asked(const struct plan_choice *choice)
{
	return choice->asked_uusd_hr > 0 ? choice->asked_uusd_hr : choice->price_uusd_hr;
}

/* The on-demand price that serves where no spot price is known says nothing of a cap. */
static bool within_cap(const struct candidate *candidate, const struct plan_request *request)
{
	int64_t cap = candidate_cap(candidate, request);
	/* a stale one has perhaps fallen: EC2 itself holds the cap against what it is now */
	return cap < 0 || candidate->choice->price_stale ||
	       candidate_asked(candidate->choice) <= cap;
}

static bool has_room(const struct candidate *candidate, const struct plan_request *request)
{
	return candidate->choice->reserved_free < 0 ||
	       candidate->choice->reserved_free >= request->nodes;
}

static bool addresses_suffice(
	const struct candidate *candidate, const struct plan_request *request, bool efa)
{
	struct nic_layout layout;

	if (candidate->choice->free_addresses < 0)
		return true;
	if (nic_layout_make(candidate->type, efa, &layout, NULL) < 0)
		return false;
	return (uint64_t)candidate->choice->free_addresses >=
	       (uint64_t)request->nodes * layout.addresses;
}

static bool within_limit(const struct candidate *candidate, const struct plan_request *request)
{
	int64_t cost = request->limit.per_hour ? candidate->gang_uusd_hr : candidate->job_uusd;

	if (request_converts(request) && candidate->buys_s < request->least_time_s)
		return false;
	return cost >= 0 && cost <= request->limit.uusd;
}

static bool is_sold(const struct instance_type *type, enum market market)
{
	return (type->spot || market == MARKET_ON_DEMAND) &&
	       (type->on_demand || market == MARKET_SPOT);
}

static enum verdict judge(
	const struct candidate *candidate, const struct plan_request *request, bool efa)
{
	const struct instance_type *type = candidate->type;
	const struct plan_choice *choice = candidate->choice;
	bool reserved = choice->reservation != NULL;

	if (reserved != request->reserved_only)
		return REFUSED_KIND;
	if (!type)
		return REFUSED_TYPE;
	/* what is reserved there is there */
	if (!reserved && choice->offered == OFFER_NO)
		return REFUSED_OFFER;
	if (!reserved && !is_sold(type, request->market))
		return REFUSED_MARKET;
	if (!reserved && request_fears_spot(request))
		return REFUSED_SPOT;
	if (request->arch != ARCH_ANY && request->arch != type->arch)
		return REFUSED_CPU;
	/*
	 * A Slurm node has as many CPUs as the instance has vCPUs, or as it has cores where
	 * hyperthreads are switched off: both fit.
	 */
	if (request->cpus_per_node > type->vcpus || request->mem_mib_per_node > type->mem_mib ||
		request->gpus_per_node > type->gpus)
		return REFUSED_SIZE;
	if (efa && !type->efa_max)
		return REFUSED_EFA;
	/* EFA over a group's threshold without the group would be what the user did not mean. */
	if (request_strategy(request, efa) == PLACEMENT_CLUSTER && (efa || must_cluster(request)) &&
		!type->cluster_group)
		return REFUSED_GROUP;
	if (!addresses_suffice(candidate, request, efa))
		return REFUSED_ADDRESS;
	if (request->limit.uusd || request_has_ceiling(request)) {
		if (candidate->most_uusd_hr < 0 ||
			(request->market == MARKET_MIXED && candidate->first_uusd_hr < 0))
			return REFUSED_PRICE;
		if (request->limit.uusd && !within_limit(candidate, request))
			return REFUSED_BUDGET;
		if (!candidate_keeps_below(candidate, request))
			return REFUSED_CEILING;
	}
	/* A reservation's instances are counted in the quota since it was made. */
	if (reserved && !has_room(candidate, request))
		return REFUSED_FULL;
	if (!reserved && !within_cap(candidate, request))
		return REFUSED_CAP;
	if (!reserved && candidate_quota(candidate, request))
		return REFUSED_QUOTA;
	if (choice->tier > request->tier && !reserved)
		return REFUSED_TIER;
	if (choice->tried)
		return REFUSED_TRIED;
	if (choice->failed && !request->recent_too)
		return REFUSED_FAILED;
	return KEPT;
}

unsigned request_cost_nodes(const struct plan_request *request)
{
	return request->cost_nodes ? request->cost_nodes : request->nodes;
}

/* The whole job if it runs for TIME_S; -1: beyond what can be counted. */
static int64_t cost_of_time(
	const struct plan_request *request, unsigned nodes, int64_t uusd_hr, int64_t time_s)
{
	int64_t seconds, cost;

	if (__builtin_add_overflow(time_s, request->boot_s, &seconds) ||
		__builtin_add_overflow(seconds, request->release_s, &seconds) ||
		money_cost(uusd_hr, seconds, nodes, &cost, NULL) < 0 ||
		__builtin_add_overflow(cost, request->spent_uusd, &cost))
		return -1;
	return cost;
}

void request_cost(const struct plan_request *request, unsigned nodes, int64_t rate_uusd_hr,
	int64_t *gang_uusd_hr, int64_t *job_uusd)
{
	int64_t cost;

	*gang_uusd_hr = *job_uusd = -1;
	if (rate_uusd_hr < 0 ||
		__builtin_add_overflow(rate_uusd_hr, request->disk_uusd_hr, &rate_uusd_hr))
		return;
	if (money_cost(rate_uusd_hr, 3600, nodes, &cost, NULL) == 0)
		*gang_uusd_hr = cost;
	if (request->time_limit_s >= 0)
		*job_uusd = cost_of_time(request, nodes, rate_uusd_hr, request->time_limit_s);
}

bool request_converts(const struct plan_request *request)
{
	return request->limit.uusd && !request->limit.per_hour && request->time_limit_s < 0 &&
	       request->limit_ends;
}

int64_t request_buys_s(const struct plan_request *request, int64_t gang_uusd_hr)
{
	int64_t left, seconds, allowances;

	if (!request->limit.uusd || request->limit.per_hour || gang_uusd_hr < 0)
		return -1;
	if (__builtin_sub_overflow(request->limit.uusd, request->spent_uusd, &left) || left < 0 ||
		__builtin_add_overflow(request->boot_s, request->release_s, &allowances) ||
		money_buys(left, gang_uusd_hr, 1, &seconds, NULL) < 0)
		return 0;
	return seconds > allowances ? seconds - allowances : 0;
}

/*
 * The whole job of a candidate without a time limit: by the time that the limit buys. Where that is
 * too little, by the least, which is over the limit.
 */
static void convert(struct candidate *candidate, const struct plan_request *request)
{
	int64_t time_s;

	candidate->buys_s = -1;
	if (!request_converts(request) || candidate->gang_uusd_hr < 0)
		return;
	candidate->buys_s = request_buys_s(request, candidate->gang_uusd_hr);
	time_s = candidate->buys_s < request->least_time_s ? request->least_time_s
							   : candidate->buys_s;
	/* what costs nothing buys more than can be counted */
	if (time_s > BUYS_MAX_S)
		candidate->buys_s = time_s = BUYS_MAX_S;
	candidate->job_uusd = cost_of_time(request, 1, candidate->gang_uusd_hr, time_s);
}

void request_cost_of_parts(const struct plan_request *request, const struct plan_part *parts,
	size_t n, int64_t *gang_uusd_hr, int64_t *job_uusd)
{
	struct plan_request rest = *request;

	*gang_uusd_hr = *job_uusd = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t hour, job, unused;

		request_cost(&rest, parts[i].nodes, parts[i].rate_uusd_hr, &hour, &job);
		if (parts[i].most_uusd_hr > parts[i].rate_uusd_hr)
			request_cost(&rest, parts[i].nodes, parts[i].most_uusd_hr, &unused, &job);
		if (hour < 0 || *gang_uusd_hr < 0 ||
			__builtin_add_overflow(*gang_uusd_hr, hour, gang_uusd_hr))
			*gang_uusd_hr = -1;
		if (job < 0 || *job_uusd < 0 || __builtin_add_overflow(*job_uusd, job, job_uusd))
			*job_uusd = -1;
		rest.spent_uusd = 0; /* once is enough */
	}
}

int64_t candidate_cap(const struct candidate *candidate, const struct plan_request *request)
{
	const struct plan_choice *choice = candidate->choice;

	if (choice->reservation || request->market == MARKET_ON_DEMAND ||
		choice->max_price_uusd_hr <= 0)
		return -1;
	return choice->max_price_uusd_hr;
}

const struct instance_type *plan_choice_type(const struct plan_choice *choice)
{
	return choice->info ? choice->info : catalog_find(choice->type);
}

/* What a mixed gang's on-demand instances cost. */
static void find_first_rate(struct candidate *candidate, const struct plan_request *request)
{
	const struct plan_choice *choice = candidate->choice;
	int64_t *rate = &candidate->first_uusd_hr;

	*rate = -1;
	if (request->market != MARKET_MIXED || choice->reservation)
		return;
	*rate = choice->first_uusd_hr;
	if (!*rate && catalog_price(request->region, choice->type, rate, NULL) < 0)
		*rate = -1;
}

/* What it costs now, and what it may come to while it runs. */
static void find_rate(struct candidate *candidate, const struct plan_request *request)
{
	const struct plan_choice *choice = candidate->choice;
	bool spot = !choice->reservation && request->market != MARKET_ON_DEMAND;
	int64_t cap = candidate_cap(candidate, request), list = choice->list_uusd_hr;

	if (!list && (choice->price_uusd_hr >= 0 ||
			     catalog_price(request->region, choice->type, &list, NULL) < 0))
		list = -1;
	find_first_rate(candidate, request);
	/*
	 * A Spot request without a price of its own never pays more than the list price, and one
	 * with it never more than that. So where no Spot price is known, that serves.
	 */
	if (choice->price_uusd_hr >= 0) {
		candidate->rate_uusd_hr = candidate->most_uusd_hr = choice->price_uusd_hr;
		if (spot && choice->list_uusd_hr)
			candidate->most_uusd_hr = cap > 0 && (list < 0 || list > cap) ? cap : list;
		/* one that is dearer than it may be will not come at that price */
		if (candidate->most_uusd_hr >= 0 &&
			candidate->rate_uusd_hr > candidate->most_uusd_hr)
			candidate->rate_uusd_hr = candidate->most_uusd_hr;
		return;
	}
	if (cap > 0 && (list < 0 || list > cap))
		list = cap;
	candidate->rate_uusd_hr = candidate->most_uusd_hr = list;
}

/* At worst: each at the most that it may come to. */
static void find_cost(struct candidate *candidate, const struct plan_request *request)
{
	bool mixed = request->market == MARKET_MIXED;
	unsigned nodes = request_cost_nodes(request), firsts = mixed ? request->firsts : 0;
	struct plan_part parts[] = {
		{.nodes = nodes - firsts, .rate_uusd_hr = candidate->most_uusd_hr},
		{.nodes = firsts, .rate_uusd_hr = candidate->first_uusd_hr},
	};

	request_cost_of_parts(
		request, parts, mixed ? 2 : 1, &candidate->gang_uusd_hr, &candidate->job_uusd);
}

void candidate_init(struct candidate *candidate, const struct plan_request *request,
	const struct plan_choice *choice)
{
	*candidate = (struct candidate){
		.choice = choice,
		.type = plan_choice_type(choice),
	};
	find_rate(candidate, request);
	find_cost(candidate, request);
	convert(candidate, request);
	candidate->with_efa = judge(candidate, request, true);
	candidate->without = judge(candidate, request, false);
}

bool candidate_may_have_efa(const struct candidate *candidate)
{
	switch (candidate->with_efa) {
	case KEPT:
	case REFUSED_ADDRESS:
	case REFUSED_CAP:
	case REFUSED_QUOTA:
	case REFUSED_FULL:
	case REFUSED_TIER:
	case REFUSED_FAILED:
	case REFUSED_TRIED:
		return true;
	default:
		return false;
	}
}

bool plan_efa_binds(const struct plan_request *request)
{
	if (request->efa != EFA_REQUIRED || !request->efa_detected)
		return request->efa == EFA_REQUIRED;
	for (size_t i = 0; i < request->nchoices; i++) {
		struct candidate candidate;

		candidate_init(&candidate, request, &request->choices[i]);
		if (candidate_may_have_efa(&candidate))
			return true;
	}
	return false;
}

enum efa_mode request_efa_mode(const struct plan_request *request)
{
	return request->efa == EFA_REQUIRED && !plan_efa_binds(request) ? EFA_PREFERRED
									: request->efa;
}
