/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a candidate, and of a request that none can meet. */
#include "lib/plan/candidate.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"

#define MONEY_SIZE 32

const char *market_name(enum market market)
{
	static const char *const names[] = {
		[MARKET_ON_DEMAND] = "on-demand",
		[MARKET_SPOT] = "spot",
		[MARKET_MIXED] = "mixed",
	};

	return names[market];
}

static const char *market_refusal(enum market market, const struct instance_type *type)
{
	return market != MARKET_ON_DEMAND && !type->spot ? "not sold as spot"
							 : "sold as capacity blocks only";
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
		strbuf_addf(sb, "at worst %s USD for %s is over the limit of %s",
			money(candidate->job_uusd, a),
			request_converts(request) ? "the shortest time (cost.least_time_s)"
						  : "the job",
			money(request->limit.uusd, b));
}

static void explain_kept(const struct candidate *candidate, const struct plan_request *request,
	bool efa, struct strbuf *sb)
{
	char buf[MONEY_SIZE];

	if (candidate->rate_uusd_hr < 0)
		strbuf_addstr(sb, "price unknown");
	else
		strbuf_addf(sb, "%s USD/h", money(candidate->rate_uusd_hr, buf));
	if (candidate->rate_uusd_hr >= 0 && candidate->choice->price_why)
		strbuf_addf(sb, ", %s", candidate->choice->price_why);
	if (candidate->most_uusd_hr > candidate->rate_uusd_hr)
		strbuf_addf(sb, ", at most %s", money(candidate->most_uusd_hr, buf));
	if (request->market == MARKET_MIXED && candidate->first_uusd_hr >= 0)
		strbuf_addf(sb, ", on-demand %s", money(candidate->first_uusd_hr, buf));
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

static const char *arch_name(enum arch arch)
{
	return arch == ARCH_ARM64 ? "arm64" : "x86_64";
}

/* "has 36 vCPUs and 98304 MiB, Slurm's node 72 CPUs and 180000 MiB", GPUs where some are asked. */
static void explain_size(
	const struct instance_type *type, const struct plan_request *request, struct strbuf *sb)
{
	if (request->gpus_per_node > type->gpus)
		strbuf_addf(sb, "has %u GPUs, Slurm's node %u", type->gpus, request->gpus_per_node);
	else
		strbuf_addf(sb,
			"has %u vCPUs and %" PRIu32 " MiB, Slurm's node %u CPUs and %" PRIu64
			" MiB",
			type->vcpus, type->mem_mib, request->cpus_per_node,
			request->mem_mib_per_node);
}

static const char *tried_why(const struct plan_choice *choice)
{
	return choice->tried_why && *choice->tried_why ? choice->tried_why : "nothing came";
}

/* Of a candidate that is refused for its quota: what is asked of that. */
static uint64_t wanted_vcpus(const struct candidate *candidate, const struct plan_request *request)
{
	const struct plan_quota *quota = candidate_quota(candidate, request);

	return quota ? candidate_vcpus(candidate, request, quota) : 0;
}

/* "the on-demand quota of HPC instances has 32 left". */
static void explain_quota(
	const struct candidate *candidate, const struct plan_request *request, struct strbuf *sb)
{
	const struct plan_quota *quota = candidate_quota(candidate, request);

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
		strbuf_addstr(sb, market_refusal(request->market, type));
		break;
	case REFUSED_SPOT:
		strbuf_addstr(sb, "spot may end at any time, and the job is not to be requeued");
		break;
	case REFUSED_CPU:
		strbuf_addf(sb, "is %s, Slurm's node %s", arch_name(type->arch),
			arch_name(request->arch));
		break;
	case REFUSED_SIZE:
		explain_size(type, request, sb);
		break;
	case REFUSED_EFA:
	case REFUSED_PREFER_EFA:
		if (candidate->with_efa == REFUSED_TIER)
			strbuf_addf(sb, "of tier %u: asked after the others", choice->tier);
		else
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
		strbuf_addf(sb, "no price known in %s, and a cost limit is %s", request->region,
			request->limit.uusd && !request->limit_why ? "asked" : "set");
		break;
	case REFUSED_BUDGET:
		explain_cost(candidate, request, sb);
		break;
	case REFUSED_CEILING:
		candidate_explain_ceiling(candidate, request, sb);
		break;
	case REFUSED_CAP:
		strbuf_addf(sb, "spot at %s USD/h is over the cap of %s",
			money(candidate_asked(choice), a), money(choice->max_price_uusd_hr, b));
		break;
	case REFUSED_QUOTA:
		strbuf_addf(sb, "needs %" PRIu64 " vCPUs, ", wanted_vcpus(candidate, request));
		explain_quota(candidate, request, sb);
		break;
	case REFUSED_FULL:
		strbuf_addf(sb, "%s has %" PRId64 " of %u instances free", choice->reservation,
			choice->reserved_free, request->nodes);
		break;
	case REFUSED_TIER:
		strbuf_addf(sb, "of tier %u: asked after the others", choice->tier);
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
			arch_name(type->arch));
		break;
	case REFUSED_SUBNET:
		strbuf_addf(sb, "one fleet takes one subnet of an AZ: %s is used",
			candidate->instead->choice->subnet);
		break;
	case REFUSED_TWICE:
		strbuf_addstr(sb, "stands twice");
		break;
	case KEPT:
		explain_kept(candidate, request, efa, sb);
		break;
	}
	/* also of what is only put off, to see what a later step has */
	if (request->weights && candidate->verdict >= REFUSED_TIER) {
		strbuf_addstr(sb, "; ");
		rank_describe(&candidate->score, sb);
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

/* 0: it is not for want of GPUs. */
static int fail_gpus(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &candidates[i];

		if (c->verdict == REFUSED_SIZE && (!best || c->type->gpus > best->type->gpus))
			best = c;
	}
	if (!best || best->type->gpus >= request->gpus_per_node)
		return 0;
	return err_set(err, ERR_CONFIG,
		"Slurm's node has %u GPUs; the most that an allowed type has is %u (%s): allow "
		"another one or mend Gres of the node group",
		request->gpus_per_node, best->type->gpus, best->choice->type);
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

/* "cost limit ", "the site's limit for a job, ". */
static void limit_name(const struct plan_request *request, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", request->limit_why ? request->limit_why : "cost limit",
		request->limit_why ? ", " : " ");
}

static int fail_price(const char *types, const struct plan_request *request, struct err *err)
{
	char name[64], usd[MONEY_SIZE];

	if (!request->limit.uusd)
		return err_set(err, ERR_BUDGET,
			"the budgets cannot be checked: no price known of %s in %s (built-in table "
			"of %s); allow a type with a price",
			types, request->region, catalog_price_date());
	limit_name(request, name, sizeof(name));
	return err_set(err, ERR_BUDGET,
		"%s%s USD%s cannot be checked: no price known of %s in %s (built-in table of %s); "
		"%sallow a type with a price",
		name, money(request->limit.uusd, usd), request->limit.per_hour ? "/h" : "", types,
		request->region, catalog_price_date(),
		request->limit_why ? "" : "leave the limit out or ");
}

static int fail_budget(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	const struct candidate *best = NULL;
	char a[MONEY_SIZE], b[MONEY_SIZE], c[MONEY_SIZE], first[96] = "", name[64];

	for (size_t i = 0; i < n; i++) {
		if (candidates[i].verdict == REFUSED_BUDGET &&
			(!best || candidates[i].most_uusd_hr < best->most_uusd_hr))
			best = &candidates[i];
	}
	if (!best)
		return -1;
	limit_name(request, name, sizeof(name));
	if (request->market == MARKET_MIXED)
		snprintf(first, sizeof(first), ", %u of them at %s on-demand", request->firsts,
			money(best->first_uusd_hr, a));
	if (request->limit.per_hour)
		return err_set(err, ERR_BUDGET,
			"%s%s USD/h: %u x %s, the cheapest allowed, cost %s USD/h at %s "
			"each%s; a higher limit or fewer nodes would meet it",
			name, money(request->limit.uusd, a), request_cost_nodes(request),
			best->choice->type, money(best->gang_uusd_hr, b),
			money(best->most_uusd_hr, c), first);
	if (request_converts(request))
		return err_set(err, ERR_BUDGET,
			"%s%s USD: %u x %s, the cheapest allowed, cost %s USD at worst "
			"(%" PRId64 " s boot, the shortest time of %" PRId64 " s, %" PRId64
			" s release, %s USD spent before); the job has no time limit, and a higher "
			"cost limit or fewer nodes would buy it time",
			name, money(request->limit.uusd, a), request_cost_nodes(request),
			best->choice->type, money(best->job_uusd, b), request->boot_s,
			request->least_time_s, request->release_s, money(request->spent_uusd, c));
	return err_set(err, ERR_BUDGET,
		"%s%s USD: %u x %s, the cheapest allowed, cost %s USD at worst (%" PRId64
		" s boot, %" PRId64 " s time limit, %" PRId64
		" s release, %s USD spent before); a higher limit, a shorter time limit or fewer "
		"nodes would meet it",
		name, money(request->limit.uusd, a), request_cost_nodes(request),
		best->choice->type, money(best->job_uusd, b), request->boot_s,
		request->time_limit_s, request->release_s, money(request->spent_uusd, c));
}

static int fail_cap(const struct candidate *candidates, size_t n, struct err *err)
{
	const struct plan_choice *best = NULL;
	char a[MONEY_SIZE], b[MONEY_SIZE];

	for (size_t i = 0; i < n; i++) {
		const struct plan_choice *choice = candidates[i].choice;

		if (candidates[i].verdict == REFUSED_CAP &&
			(!best || candidate_asked(choice) < candidate_asked(best)))
			best = choice;
	}
	if (!best)
		return -1;
	return err_set(err, ERR_CAPACITY,
		"every spot price is over its cap: the lowest is %s at %s USD/h, its cap %s",
		best->type, money(candidate_asked(best), a), money(best->max_price_uusd_hr, b));
}

/* Told of the candidate that needs least. */
static int fail_quota(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf left = STRBUF_INIT;
	const struct candidate *best = NULL;
	enum market market;
	const char *code;

	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &candidates[i];

		if (c->verdict == REFUSED_QUOTA &&
			(!best || wanted_vcpus(c, request) < wanted_vcpus(best, request)))
			best = c;
	}
	if (!best)
		return -1;
	explain_quota(best, request, &left);
	market = candidate_quota(best, request)->market;
	code = quota_code(catalog_quota_family(best->choice->type), market == MARKET_SPOT);
	return err_set(err, ERR_QUOTA,
		"%u x %s need %" PRIu64 " vCPUs, but %s: ask AWS for a higher quota%s%s%s or use "
		"fewer nodes",
		request_at_once(request, market), best->choice->type, wanted_vcpus(best, request),
		left.buf, code ? " (" : "", code ? code : "", code ? ")" : "");
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

static const struct candidate *first_of(
	const struct candidate *candidates, size_t n, enum verdict verdict)
{
	size_t i = 0;

	while (i + 1 < n && candidates[i].verdict != verdict)
		i++;
	return &candidates[i];
}

int candidate_fail(const struct candidate *candidates, size_t n, const struct plan_request *request,
	struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf types = STRBUF_INIT, meet = STRBUF_INIT;
	const struct candidate *large;
	enum verdict furthest = REFUSED_KIND;

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
			"allow a subnet in another zone or another type",
			types.buf);
	case REFUSED_MARKET:
		list_types(candidates, n, furthest, &types);
		return err_set(err, ERR_CONFIG,
			"%s is asked, but %s is %s: allow another type or another purchasing "
			"option",
			market_name(request->market), types.buf,
			market_refusal(request->market, first_of(candidates, n, furthest)->type));
	case REFUSED_SPOT:
		return err_set(err, ERR_CONFIG,
			"only spot instances are allowed, which may end at any time, and the job "
			"is not to be requeued: sbatch --requeue or "
			"launch.fallback_on_demand would meet it");
	case REFUSED_CPU:
		list_types(candidates, n, furthest, &types);
		return err_set(err, ERR_CONFIG,
			"Slurm's node is %s, but %s %s not: allow another type or mend the node "
			"group's architecture",
			arch_name(request->arch), types.buf, strchr(types.buf, ',') ? "are" : "is");
	case REFUSED_SIZE:
		if (fail_gpus(candidates, n, request, err) < 0)
			return -1;
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
		return fail_price(types.buf, request, err);
	case REFUSED_BUDGET:
		return fail_budget(candidates, n, request, err);
	case REFUSED_CEILING:
		return candidate_fail_ceiling(candidates, n, request, err);
	case REFUSED_CAP:
		return fail_cap(candidates, n, err);
	case REFUSED_QUOTA:
		return fail_quota(candidates, n, request, err);
	case REFUSED_FULL:
		return fail_full(candidates, n, request, err);
	case REFUSED_TIER:
		list_types(candidates, n, furthest, &types);
		return err_set(err, ERR_CAPACITY,
			"what could serve is of a later tier, asked after the others: %s",
			types.buf);
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
