/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/candidate.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"

#define MONEY_SIZE 32

bool request_wants_group(const struct plan_request *request)
{
	if (!request->gang)
		return false;
	return request->group_always ||
	       (request->group_threshold && request->nodes >= request->group_threshold);
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

	return cost >= 0 && cost <= request->limit.uusd;
}

static enum verdict judge(
	const struct candidate *candidate, const struct plan_request *request, bool efa)
{
	const struct instance_type *type = candidate->type;

	if (!type)
		return REFUSED_TYPE;
	if (request->market == MARKET_SPOT ? !type->spot : !type->on_demand)
		return REFUSED_MARKET;
	/*
	 * A Slurm node has as many CPUs as the instance has vCPUs, or as it has cores where
	 * hyperthreads are switched off: both fit.
	 */
	if (request->cpus_per_node > type->vcpus || request->mem_mib_per_node > type->mem_mib)
		return REFUSED_SIZE;
	if (efa && !type->efa_max)
		return REFUSED_EFA;
	/* EFA over a group's threshold without the group would be what the user did not mean. */
	if (request_wants_group(request) && (efa || request->group_always) && !type->cluster_group)
		return REFUSED_GROUP;
	if (!addresses_suffice(candidate, request, efa))
		return REFUSED_ADDRESS;
	if (request->limit.uusd) {
		if (candidate->rate_uusd_hr < 0)
			return REFUSED_PRICE;
		if (!within_limit(candidate, request))
			return REFUSED_BUDGET;
	}
	return KEPT;
}

unsigned request_cost_nodes(const struct plan_request *request)
{
	return request->cost_nodes ? request->cost_nodes : request->nodes;
}

void request_cost(const struct plan_request *request, unsigned nodes, int64_t rate_uusd_hr,
	int64_t *gang_uusd_hr, int64_t *job_uusd)
{
	int64_t seconds, cost;

	*gang_uusd_hr = *job_uusd = -1;
	if (rate_uusd_hr < 0)
		return;
	if (money_cost(rate_uusd_hr, 3600, nodes, &cost, NULL) == 0)
		*gang_uusd_hr = cost;
	if (request->time_limit_s < 0 ||
		__builtin_add_overflow(request->time_limit_s, request->boot_s, &seconds) ||
		__builtin_add_overflow(seconds, request->release_s, &seconds) ||
		money_cost(rate_uusd_hr, seconds, nodes, &cost, NULL) < 0 ||
		__builtin_add_overflow(cost, request->spent_uusd, &cost))
		return;
	*job_uusd = cost;
}

void candidate_init(struct candidate *candidate, const struct plan_request *request,
	const struct plan_choice *choice)
{
	*candidate = (struct candidate){
		.choice = choice,
		.type = catalog_find(choice->type),
		.rate_uusd_hr = choice->price_uusd_hr,
	};
	/*
	 * Where no spot price is given, the on-demand price serves: without a price of its own a
	 * spot request never pays more than that.
	 */
	if (candidate->rate_uusd_hr < 0 &&
		catalog_price(request->region, choice->type, &candidate->rate_uusd_hr, NULL) < 0)
		candidate->rate_uusd_hr = -1;
	request_cost(request, request_cost_nodes(request), candidate->rate_uusd_hr,
		&candidate->gang_uusd_hr, &candidate->job_uusd);
	candidate->with_efa = judge(candidate, request, true);
	candidate->without = judge(candidate, request, false);
	switch (request->efa) {
	case EFA_REQUIRED:
		candidate->verdict = candidate->with_efa;
		break;
	case EFA_PREFERRED:
	case EFA_OPTIONAL:
	case EFA_DISABLED:
	case EFA_UNSET:
		/* What is possible with EFA is possible without. */
		candidate->verdict = candidate->without;
		break;
	}
}

const char *market_name(enum market market)
{
	return market == MARKET_SPOT ? "spot" : "on-demand";
}

static const char *market_refusal(enum market market)
{
	return market == MARKET_SPOT ? "not sold as spot" : "sold as capacity blocks only";
}

static const char *money(int64_t uusd, char buf[MONEY_SIZE])
{
	return uusd < 0 ? "an uncountable amount of" : money_format(uusd, buf, MONEY_SIZE);
}

static void explain_cost(
	const struct candidate *candidate, const struct plan_request *request, struct strbuf *sb)
{
	char a[MONEY_SIZE], b[MONEY_SIZE];

	if (request->limit.per_hour)
		strbuf_addf(sb, "%s USD/h for %u nodes is over the limit of %s/h",
			money(candidate->gang_uusd_hr, a), request_cost_nodes(request),
			money(request->limit.uusd, b));
	else
		strbuf_addf(sb, "at worst %s USD for the job is over the limit of %s",
			money(candidate->job_uusd, a), money(request->limit.uusd, b));
}

static void explain_kept(const struct candidate *candidate, bool efa, struct strbuf *sb)
{
	char buf[MONEY_SIZE];

	if (candidate->rate_uusd_hr < 0)
		strbuf_addstr(sb, "price unknown");
	else
		strbuf_addf(sb, "%s USD/h", money(candidate->rate_uusd_hr, buf));
	if (efa)
		strbuf_addf(sb, ", %u EFA", candidate->type->efa_max);
}

void candidate_explain(const struct candidate *candidate, const struct plan_request *request,
	bool efa, struct strbuf *sb)
{
	const struct plan_choice *choice = candidate->choice;
	const struct instance_type *type = candidate->type;

	strbuf_addf(sb, "%s %s %s%s%s: ", candidate->verdict == KEPT ? "kept" : "refused",
		choice->type, choice->subnet, *choice->az ? " " : "", choice->az);
	switch (candidate->verdict) {
	case REFUSED_TYPE:
		strbuf_addf(sb, "not in the catalogue of %s", catalog_date());
		break;
	case REFUSED_MARKET:
		strbuf_addstr(sb, market_refusal(request->market));
		break;
	case REFUSED_SIZE:
		strbuf_addf(sb,
			"has %u vCPUs and %" PRIu32 " MiB, Slurm's node %u CPUs and %" PRIu64
			" MiB",
			type->vcpus, type->mem_mib, request->cpus_per_node,
			request->mem_mib_per_node);
		break;
	case REFUSED_EFA:
	case REFUSED_PREFER_EFA:
		strbuf_addstr(sb, type->efa_max ? "not possible with EFA" : "has no EFA");
		break;
	case REFUSED_GROUP:
	case REFUSED_PREFER_GROUP:
		strbuf_addstr(sb, "may not stand in a cluster placement group");
		break;
	case REFUSED_ADDRESS:
		strbuf_addf(sb, "the subnet has %" PRId64 " free addresses for %u nodes",
			choice->free_addresses, request->nodes);
		break;
	case REFUSED_PRICE:
		strbuf_addf(sb, "no price known in %s, and a cost limit is asked", request->region);
		break;
	case REFUSED_BUDGET:
		explain_cost(candidate, request, sb);
		break;
	case REFUSED_ARCH:
		strbuf_addf(sb, "%s among more choices of the other architecture",
			type->arch == ARCH_ARM64 ? "arm64" : "x86_64");
		break;
	case REFUSED_SUBNET:
		strbuf_addf(sb, "one fleet takes one subnet of an AZ: %s is used",
			candidate->instead->choice->subnet);
		break;
	case REFUSED_TWICE:
		strbuf_addstr(sb, "stands twice");
		break;
	case KEPT:
		explain_kept(candidate, efa, sb);
		break;
	}
}

/* "a, b, c" of the distinct types, at most eight and then the count of the rest. */
static void list_types(
	const struct candidate *candidates, size_t n, enum verdict only, struct strbuf *sb)
{
	size_t listed = 0, more = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		if (only != KEPT && candidates[i].verdict != only)
			continue;
		while (j < i &&
			(strcmp(candidates[j].choice->type, candidates[i].choice->type) != 0 ||
				(only != KEPT && candidates[j].verdict != only)))
			j++;
		if (j < i)
			continue;
		if (listed == 8)
			more++;
		else
			strbuf_addf(sb, "%s%s", listed++ ? ", " : "", candidates[i].choice->type);
	}
	if (more)
		strbuf_addf(sb, " and %zu more", more);
}

#define SUGGESTIONS 3

struct suggestion {
	const char *type;
	int64_t rate_uusd_hr;
};

/* Cheaper first; without a price last. */
static bool better(int64_t rate_uusd_hr, const struct suggestion *than)
{
	if (rate_uusd_hr < 0)
		return false;
	return than->rate_uusd_hr < 0 || rate_uusd_hr < than->rate_uusd_hr;
}

/* Metal takes much longer to boot; accelerators other than GPUs are nobody's second choice. */
static bool is_ordinary(const struct instance_type *type)
{
	static const char *const special[] = {"dl", "f", "inf", "trn", "vt"};

	for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
		if (strncmp(type->name, special[i], strlen(special[i])) == 0)
			return false;
	}
	return !strstr(type->name, ".metal");
}

/*
 * Some types with EFA that would meet the request: of the architecture that the allowed ones have
 * (there is one image), with GPUs only where they have some.
 */
static void suggest_efa(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct strbuf *sb)
{
	struct suggestion best[SUGGESTIONS + 1] = {0};
	const struct instance_type *type, *like = NULL;
	size_t found = 0;

	for (size_t i = 0; i < n && !like; i++)
		like = candidates[i].type;
	for (size_t i = 0; like && (type = catalog_at(i)); i++) {
		struct plan_choice choice = {type->name, "", "", -1, -1};
		struct candidate tried;
		size_t at = found;

		if (type->arch != like->arch || !type->gpus != !like->gpus || !is_ordinary(type))
			continue;
		candidate_init(&tried, request, &choice);
		if (tried.with_efa != KEPT)
			continue;
		for (; at > 0 && better(tried.rate_uusd_hr, &best[at - 1]); at--)
			best[at] = best[at - 1];
		best[at] = (struct suggestion){type->name, tried.rate_uusd_hr};
		if (found < SUGGESTIONS)
			found++;
	}
	for (size_t i = 0; i < found; i++) {
		const char *before = i + 1 < found ? ", " : " or ";

		strbuf_addf(sb, "%s%s", i ? before : "; these would meet it: ", best[i].type);
	}
}

static const struct candidate *largest(
	const struct candidate *candidates, size_t n, enum verdict verdict)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &candidates[i];

		if (c->verdict != verdict)
			continue;
		if (!best || c->type->vcpus > best->type->vcpus ||
			(c->type->vcpus == best->type->vcpus &&
				c->type->mem_mib > best->type->mem_mib))
			best = c;
	}
	return best;
}

static int fail_address(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &candidates[i];

		if (c->verdict == REFUSED_ADDRESS &&
			(!best || c->choice->free_addresses > best->choice->free_addresses))
			best = c;
	}
	if (!best)
		return -1;
	return err_set(err, ERR_ADDRESS,
		"%u nodes need an address each; of the allowed subnets %s has the most free, "
		"%" PRId64 ": free some, allow a larger subnet or ask for fewer nodes",
		request->nodes, best->choice->subnet, best->choice->free_addresses);
}

static int fail_budget(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	const struct candidate *best = NULL;
	char a[MONEY_SIZE], b[MONEY_SIZE], c[MONEY_SIZE];

	for (size_t i = 0; i < n; i++) {
		if (candidates[i].verdict == REFUSED_BUDGET &&
			(!best || candidates[i].rate_uusd_hr < best->rate_uusd_hr))
			best = &candidates[i];
	}
	if (!best)
		return -1;
	if (request->limit.per_hour)
		return err_set(err, ERR_BUDGET,
			"cost limit %s USD/h: %u x %s, the cheapest allowed, cost %s USD/h at %s "
			"each; a higher limit or fewer nodes would meet it",
			money(request->limit.uusd, a), request_cost_nodes(request),
			best->choice->type, money(best->gang_uusd_hr, b),
			money(best->rate_uusd_hr, c));
	return err_set(err, ERR_BUDGET,
		"cost limit %s USD: %u x %s, the cheapest allowed, cost %s USD at worst (%" PRId64
		" s boot, %" PRId64 " s time limit, %" PRId64
		" s release, %s USD spent before); a higher limit, a shorter time limit or fewer "
		"nodes would meet it",
		money(request->limit.uusd, a), request_cost_nodes(request), best->choice->type,
		money(best->job_uusd, b), request->boot_s, request->time_limit_s,
		request->release_s, money(request->spent_uusd, c));
}

int candidate_fail(const struct candidate *candidates, size_t n, const struct plan_request *request,
	struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf types = STRBUF_INIT, meet = STRBUF_INIT;
	const struct candidate *large;
	enum verdict furthest = REFUSED_TYPE;
	char a[MONEY_SIZE];

	for (size_t i = 0; i < n; i++) {
		if (candidates[i].verdict > furthest)
			furthest = candidates[i].verdict;
	}
	switch (furthest) {
	case REFUSED_MARKET:
		list_types(candidates, n, furthest, &types);
		return err_set(err, ERR_CONFIG,
			"%s is asked, but %s is %s: allow another type or another purchasing "
			"option",
			market_name(request->market), types.buf, market_refusal(request->market));
	case REFUSED_SIZE:
		large = largest(candidates, n, furthest);
		if (!large)
			break;
		return err_set(err, ERR_CONFIG,
			"Slurm's node has %u CPUs and %" PRIu64
			" MiB; the largest allowed type, %s, has %u vCPUs and %" PRIu32
			" MiB: allow a larger one or lower CPUs and RealMemory",
			request->cpus_per_node, request->mem_mib_per_node, large->choice->type,
			large->type->vcpus, large->type->mem_mib);
	case REFUSED_EFA:
		list_types(candidates, n, KEPT, &types);
		suggest_efa(candidates, n, request, &meet);
		return err_set(err, ERR_CONFIG,
			"EFA is required (%s), but no allowed type that serves has it: allowed are "
			"%s%s",
			request->efa_why ? request->efa_why : "by request", types.buf, meet.buf);
	case REFUSED_GROUP:
		list_types(candidates, n, furthest, &types);
		return err_set(err, ERR_CONFIG,
			"a cluster placement group is needed for %u nodes, but %s may not stand in "
			"one: allow another type",
			request->nodes, types.buf);
	case REFUSED_ADDRESS:
		return fail_address(candidates, n, request, err);
	case REFUSED_PRICE:
		list_types(candidates, n, furthest, &types);
		return err_set(err, ERR_BUDGET,
			"cost limit %s USD%s cannot be checked: no price known of %s in %s "
			"(built-in "
			"table of %s); leave the limit out or allow a type with a price",
			money(request->limit.uusd, a), request->limit.per_hour ? "/h" : "",
			types.buf, request->region, catalog_price_date());
	case REFUSED_BUDGET:
		return fail_budget(candidates, n, request, err);
	default:
		break;
	}
	list_types(candidates, n, KEPT, &types);
	return err_set(err, ERR_CONFIG, "no allowed type is in the catalogue of %s: %s",
		catalog_date(), types.buf);
}
