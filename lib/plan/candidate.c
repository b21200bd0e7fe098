/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/candidate.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"

#define MONEY_SIZE 32

bool request_wants_group(const struct plan_request *request)
{
	if (!request->gang || request->no_group)
		return false;
	return request->group_always ||
	       (request->group_threshold && request->nodes >= request->group_threshold);
}

bool request_wants_efa(const struct plan_request *request)
{
	return request->efa != EFA_DISABLED && request->efa != EFA_UNSET && !request->no_efa;
}

/* How many instances must come at once: a pool of one-node jobs takes what comes. */
static unsigned nodes_at_once(const struct plan_request *request)
{
	return request->gang ? request->nodes : 1;
}

static uint64_t vcpus_needed(const struct candidate *candidate, const struct plan_request *request)
{
	return (uint64_t)nodes_at_once(request) * candidate->type->vcpus;
}

/* The quota that the candidate draws on; NULL: none, or not known. */
static const struct plan_quota *find_quota(
	const struct candidate *candidate, const struct plan_request *request)
{
	enum quota_family family = catalog_quota_family(candidate->choice->type);

	for (size_t i = 0; i < request->nquotas; i++) {
		const struct plan_quota *quota = &request->quotas[i];

		if (quota->family == family && quota->market == request->market)
			return quota;
	}
	return NULL;
}

static bool within_quota(const struct candidate *candidate, const struct plan_request *request)
{
	const struct plan_quota *quota = find_quota(candidate, request);

	return !quota || (quota->left_vcpus >= 0 &&
				 (uint64_t)quota->left_vcpus >= vcpus_needed(candidate, request));
}

/* The on-demand price that serves where no spot price is known says nothing of a cap. */
static bool within_cap(const struct candidate *candidate, const struct plan_request *request)
{
	int64_t cap = candidate_cap(candidate, request);

	return cap < 0 || candidate->choice->price_uusd_hr <= cap;
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

	return cost >= 0 && cost <= request->limit.uusd;
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
	if (!reserved && (request->market == MARKET_SPOT ? !type->spot : !type->on_demand))
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
	/* A reservation's instances are counted in the quota since it was made. */
	if (reserved && !has_room(candidate, request))
		return REFUSED_FULL;
	if (!reserved && !within_cap(candidate, request))
		return REFUSED_CAP;
	if (!reserved && !within_quota(candidate, request))
		return REFUSED_QUOTA;
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

int64_t candidate_cap(const struct candidate *candidate, const struct plan_request *request)
{
	const struct plan_choice *choice = candidate->choice;

	if (choice->reservation || request->market != MARKET_SPOT || choice->max_price_uusd_hr <= 0)
		return -1;
	return choice->max_price_uusd_hr;
}

const struct instance_type *plan_choice_type(const struct plan_choice *choice)
{
	return choice->info ? choice->info : catalog_find(choice->type);
}

void candidate_init(struct candidate *candidate, const struct plan_request *request,
	const struct plan_choice *choice)
{
	*candidate = (struct candidate){
		.choice = choice,
		.type = plan_choice_type(choice),
		.rate_uusd_hr = choice->price_uusd_hr,
	};
	/*
	 * Where no spot price is given, the on-demand price serves: without a price of its own a
	 * spot request never pays more than that; and with one, never more than it.
	 */
	if (candidate->rate_uusd_hr < 0) {
		int64_t cap = candidate_cap(candidate, request);

		if (catalog_price(request->region, choice->type, &candidate->rate_uusd_hr, NULL) <
			0)
			candidate->rate_uusd_hr = -1;
		if (cap > 0 && (candidate->rate_uusd_hr < 0 || candidate->rate_uusd_hr > cap))
			candidate->rate_uusd_hr = cap;
	}
	request_cost(request, request_cost_nodes(request), candidate->rate_uusd_hr,
		&candidate->gang_uusd_hr, &candidate->job_uusd);
	candidate->with_efa = judge(candidate, request, true);
	candidate->without = judge(candidate, request, false);
	/* What is possible with EFA is possible without. */
	candidate->verdict = request->efa == EFA_REQUIRED ? candidate->with_efa
							  : candidate->without;
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
	if (candidate->choice->reservation)
		strbuf_addf(sb, ", %s %s", candidate->choice->block ? "capacity block" : "reserved",
			candidate->choice->reservation);
	if (candidate->choice->hinted)
		strbuf_addstr(sb, ", EC2 names this zone");
	if (candidate->choice->failed)
		strbuf_addf(sb, ", failed recently (%s)", candidate->choice->failed);
}

static const char *tried_why(const struct plan_choice *choice)
{
	return choice->tried_why && *choice->tried_why ? choice->tried_why : "nothing came";
}

/* "the on-demand quota of HPC instances has 32 left". */
static void explain_quota(
	const struct candidate *candidate, const struct plan_request *request, struct strbuf *sb)
{
	const struct plan_quota *quota = find_quota(candidate, request);

	if (quota)
		strbuf_addf(sb, "the %s quota of %s instances has %" PRId64 " left",
			market_name(quota->market), quota_family_name(quota->family),
			quota->left_vcpus > 0 ? quota->left_vcpus : 0);
}

void candidate_explain(const struct candidate *candidate, const struct plan_request *request,
	bool efa, struct strbuf *sb)
{
	const struct plan_choice *choice = candidate->choice;
	const struct instance_type *type = candidate->type;
	char a[MONEY_SIZE], b[MONEY_SIZE];

	strbuf_addf(sb, "%s %s %s%s%s: ", candidate->verdict == KEPT ? "kept" : "refused",
		choice->type, choice->subnet, *choice->az ? " " : "", choice->az);
	switch (candidate->verdict) {
	case REFUSED_KIND:
		if (choice->reservation)
			strbuf_addf(sb, "reserved (%s): asked apart from the others",
				choice->reservation);
		else
			strbuf_addstr(sb, "not reserved");
		break;
	case REFUSED_TYPE:
		strbuf_addf(sb, "not in the catalogue of %s", catalog_date());
		break;
	case REFUSED_OFFER:
		strbuf_addf(
			sb, "EC2 does not offer it in %s", *choice->az ? choice->az : "that zone");
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
	case REFUSED_CAP:
		strbuf_addf(sb, "spot at %s USD/h is over the cap of %s",
			money(choice->price_uusd_hr, a), money(choice->max_price_uusd_hr, b));
		break;
	case REFUSED_QUOTA:
		strbuf_addf(sb, "needs %" PRIu64 " vCPUs, ", vcpus_needed(candidate, request));
		explain_quota(candidate, request, sb);
		break;
	case REFUSED_FULL:
		strbuf_addf(sb, "%s has %" PRId64 " of %u instances free", choice->reservation,
			choice->reserved_free, request->nodes);
		break;
	case REFUSED_FAILED:
		strbuf_addf(sb, "failed recently (%s): asked after the others", choice->failed);
		break;
	case REFUSED_TRIED:
		strbuf_addf(sb, "tried just now: %s", tried_why(choice));
		break;
	case REFUSED_BLOCK:
		strbuf_addstr(sb, choice->block ? "a capacity block: asked apart from the others"
						: "not of a capacity block: asked apart");
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
		struct plan_choice choice = {
			.type = type->name,
			.subnet = "",
			.az = "",
			.free_addresses = -1,
			.price_uusd_hr = -1,
		};
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

static int fail_cap(const struct candidate *candidates, size_t n, struct err *err)
{
	const struct plan_choice *best = NULL;
	char a[MONEY_SIZE], b[MONEY_SIZE];

	for (size_t i = 0; i < n; i++) {
		const struct plan_choice *choice = candidates[i].choice;

		if (candidates[i].verdict == REFUSED_CAP &&
			(!best || choice->price_uusd_hr < best->price_uusd_hr))
			best = choice;
	}
	if (!best)
		return -1;
	return err_set(err, ERR_CAPACITY,
		"every spot price is over its cap: the lowest is %s at %s USD/h, its cap %s",
		best->type, money(best->price_uusd_hr, a), money(best->max_price_uusd_hr, b));
}

/* Told of the candidate that needs least. */
static int fail_quota(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf left = STRBUF_INIT;
	const struct candidate *best = NULL;
	const char *code;

	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &candidates[i];

		if (c->verdict == REFUSED_QUOTA &&
			(!best || vcpus_needed(c, request) < vcpus_needed(best, request)))
			best = c;
	}
	if (!best)
		return -1;
	explain_quota(best, request, &left);
	code = quota_code(catalog_quota_family(best->choice->type), request->market == MARKET_SPOT);
	return err_set(err, ERR_QUOTA,
		"%u x %s need %" PRIu64 " vCPUs, but %s: ask AWS for a higher quota%s%s%s or use "
		"fewer nodes",
		nodes_at_once(request), best->choice->type, vcpus_needed(best, request), left.buf,
		code ? " (" : "", code ? code : "", code ? ")" : "");
}

static int fail_full(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	const struct plan_choice *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct plan_choice *choice = candidates[i].choice;

		if (candidates[i].verdict == REFUSED_FULL &&
			(!best || choice->reserved_free > best->reserved_free))
			best = choice;
	}
	if (!best)
		return -1;
	return err_set(err, ERR_CAPACITY,
		"no reservation has room for %u nodes: %s (%s) has the most, %" PRId64 " free",
		request->nodes, best->reservation, best->type, best->reserved_free);
}

/*
 * "c5n.18xlarge us-east-2a, …" of those with the verdict ONLY, with what came of those that were
 * asked: "c5n.18xlarge us-east-2a (InsufficientInstanceCapacity)".
 */
static void list_pools(
	const struct candidate *candidates, size_t n, enum verdict only, struct strbuf *sb)
{
	size_t listed = 0, more = 0;

	for (size_t i = 0; i < n; i++) {
		const struct plan_choice *choice = candidates[i].choice;

		if (candidates[i].verdict != only)
			continue;
		if (listed == 8) {
			more++;
			continue;
		}
		strbuf_addf(sb, "%s%s %s", listed++ ? ", " : "", choice->type,
			*choice->az ? choice->az : choice->subnet);
		if (only != REFUSED_OFFER)
			strbuf_addf(sb, " (%s)",
				only == REFUSED_TRIED ? tried_why(choice) : choice->failed);
	}
	if (more)
		strbuf_addf(sb, " and %zu more", more);
}

int candidate_fail(const struct candidate *candidates, size_t n, const struct plan_request *request,
	struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf types = STRBUF_INIT, meet = STRBUF_INIT;
	const struct candidate *large;
	enum verdict furthest = REFUSED_KIND;
	char a[MONEY_SIZE];

	for (size_t i = 0; i < n; i++) {
		/* what is only preferred to others is not why */
		if (candidates[i].verdict > furthest && candidates[i].verdict < REFUSED_ARCH)
			furthest = candidates[i].verdict;
	}
	switch (furthest) {
	case REFUSED_KIND:
		return err_set(err, ERR_CAPACITY, "%s",
			request->reserved_only ? "no capacity reservation is given"
					       : "only reserved capacity is given");
	case REFUSED_OFFER:
		list_pools(candidates, n, furthest, &types);
		return err_set(err, ERR_CONFIG,
			"EC2 does not offer the allowed types in the zones of the subnets: %s; "
			"allow "
			"a subnet in another zone or another type",
			types.buf);
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
	case REFUSED_CAP:
		return fail_cap(candidates, n, err);
	case REFUSED_QUOTA:
		return fail_quota(candidates, n, request, err);
	case REFUSED_FULL:
		return fail_full(candidates, n, request, err);
	case REFUSED_FAILED:
	case REFUSED_TRIED:
		list_pools(candidates, n, furthest, &types);
		return err_set(err, ERR_CAPACITY, "%s: %s",
			furthest == REFUSED_TRIED ? "nothing is left to try"
						  : "every pool that could serve failed recently",
			types.buf);
	default:
		break;
	}
	list_types(candidates, n, KEPT, &types);
	return err_set(err, ERR_CONFIG,
		"no allowed type is in the catalogue of %s: %s; what is newer is known after "
		"\"aws-slurm-burst catalog refresh\"",
		catalog_date(), types.buf);
}
