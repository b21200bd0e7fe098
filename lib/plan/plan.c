/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/plan/candidate.h"

#define MONEY_SIZE 32
#define UUSD_CENT  INT64_C(10000)

/* A request with all its candidates judged. */
struct verdicts {
	const struct plan_request *request;
	struct candidate *candidates;
	size_t n;
	size_t kept;
	enum efa_mode mode; /* the request's, or preferred where required does not bind */
	bool efa;
	enum placement_strategy strategy; /* never PLACEMENT_AUTO */
	bool group_impossible;            /* wanted, but no kept type may stand in one */
};

static void verdicts_release(struct verdicts *verdicts)
{
	free(verdicts->candidates);
	verdicts->candidates = NULL;
}

static void refuse(struct verdicts *verdicts, struct candidate *candidate, enum verdict why)
{
	if (candidate->verdict == KEPT)
		verdicts->kept--;
	candidate->verdict = why;
}

static size_t count(const struct verdicts *verdicts, bool (*which)(const struct candidate *),
	bool (*has)(const struct candidate *))
{
	size_t n = 0;

	for (size_t i = 0; i < verdicts->n; i++)
		n += which(&verdicts->candidates[i]) && has(&verdicts->candidates[i]);
	return n;
}

static bool is_kept(const struct candidate *candidate)
{
	return candidate->verdict == KEPT;
}

/* Kept, or would be if it had not just failed: what is preferred does not turn with that. */
static bool is_eligible(const struct candidate *candidate)
{
	return candidate->verdict == KEPT || candidate->verdict == REFUSED_FAILED ||
	       candidate->verdict == REFUSED_TRIED;
}

/* Or if there were more quota or room, or in a later step: the image's architecture does not turn
 * with that either. */
static bool fits(const struct candidate *candidate)
{
	return is_eligible(candidate) || candidate->verdict == REFUSED_QUOTA ||
	       candidate->verdict == REFUSED_FULL || candidate->verdict == REFUSED_CAP ||
	       candidate->verdict == REFUSED_TIER;
}

/*
 * Refuse those that have not the property: also what would be refused for the moment, that it
 * does not count in what is preferred next, nor is told as the reason.
 */
static void refuse_others(
	struct verdicts *verdicts, bool (*has)(const struct candidate *), enum verdict why)
{
	for (size_t i = 0; i < verdicts->n; i++) {
		if (fits(&verdicts->candidates[i]) && !has(&verdicts->candidates[i]))
			refuse(verdicts, &verdicts->candidates[i], why);
	}
}

static size_t count_kept(const struct verdicts *verdicts, bool (*has)(const struct candidate *))
{
	return count(verdicts, is_kept, has);
}

/* Where some eligible candidates have the property, refuse those that have not. */
static void prefer(
	struct verdicts *verdicts, bool (*has)(const struct candidate *), enum verdict why)
{
	if (!count(verdicts, is_eligible, has))
		return;
	refuse_others(verdicts, has, why);
}

/* As it would be without what is for the moment only. */
static bool has_efa(const struct candidate *candidate)
{
	return candidate->with_efa == KEPT || candidate->with_efa == REFUSED_FAILED ||
	       candidate->with_efa == REFUSED_TRIED;
}

static bool has_group(const struct candidate *candidate)
{
	return candidate->type->cluster_group;
}

static bool is_x86(const struct candidate *candidate)
{
	return candidate->type->arch == ARCH_X86_64;
}

static bool is_block(const struct candidate *candidate)
{
	return candidate->choice->block;
}

static bool is_no_block(const struct candidate *candidate)
{
	return !candidate->choice->block;
}

static bool is_arm(const struct candidate *candidate)
{
	return candidate->type->arch == ARCH_ARM64;
}

/* A node group has one image, so one architecture: that of most choices, of the first on a tie. */
static void refuse_minority_arch(struct verdicts *verdicts)
{
	size_t x86 = count(verdicts, fits, is_x86), arm = count(verdicts, fits, is_arm), first = 0;

	if (!x86 && !arm)
		return;
	while (!fits(&verdicts->candidates[first]))
		first++;
	if (x86 > arm || (x86 == arm && is_x86(&verdicts->candidates[first])))
		refuse_others(verdicts, is_x86, REFUSED_ARCH);
	else
		refuse_others(verdicts, is_arm, REFUSED_ARCH);
}

/* A fleet's capacity is blocks or not: as the first that is left of the reservations. */
static void refuse_other_kind(struct verdicts *verdicts)
{
	bool block = false, any = false;

	for (size_t i = 0; i < verdicts->n && !any; i++) {
		any = is_kept(&verdicts->candidates[i]);
		block = verdicts->candidates[i].choice->block;
	}
	if (any && verdicts->request->reserved_only)
		refuse_others(verdicts, block ? is_block : is_no_block, REFUSED_BLOCK);
}

/* The same availability zone, or where it is not known the same subnet. */
static bool same_zone(const struct candidate *a, const struct candidate *b)
{
	if (*a->choice->az && *b->choice->az)
		return strcmp(a->choice->az, b->choice->az) == 0;
	return strcmp(a->choice->subnet, b->choice->subnet) == 0;
}

/* The place in the order of preference: EC2's word first, what failed recently last. */
static unsigned class_of(const struct candidate *candidate)
{
	if (candidate->choice->hinted)
		return 0;
	return candidate->choice->failed ? 2 : 1;
}

/* Which serves the job better. Total: the last word is the site's order, that of the array. */
static int compare_worth(const struct candidate *x, const struct candidate *y)
{
	if (x->choice->tier != y->choice->tier)
		return x->choice->tier < y->choice->tier ? -1 : 1;
	if (x->score.total != y->score.total)
		return x->score.total > y->score.total ? -1 : 1;
	return (x > y) - (x < y);
}

static int compare(const void *a, const void *b)
{
	const struct candidate *x = *(const struct candidate *const *)a,
			       *y = *(const struct candidate *const *)b;

	if (class_of(x) != class_of(y))
		return class_of(x) < class_of(y) ? -1 : 1;
	return compare_worth(x, y);
}

/* Whose subnet serves in the zone of OF: of the zone's best type, where most addresses are free. */
static const struct candidate *leader_of(
	const struct verdicts *verdicts, const struct candidate *of)
{
	const struct candidate *all = verdicts->candidates, *best = NULL, *roomy = NULL;

	for (size_t i = 0; i < verdicts->n; i++) {
		const struct candidate *one = &all[i];

		if (is_kept(one) && same_zone(of, one) && (!best || compare_worth(one, best) < 0))
			best = one;
	}
	for (size_t i = 0; best && i < verdicts->n; i++) {
		if (!is_kept(&all[i]) || !same_zone(of, &all[i]) ||
			strcmp(all[i].choice->type, best->choice->type) != 0)
			continue;
		if (!roomy || all[i].choice->free_addresses > roomy->choice->free_addresses)
			roomy = &all[i];
	}
	return roomy;
}

/* leader_of(), of one before it in the same zone where there is one: not far, as a type has all
 * zones. */
static const struct candidate *leader_as_before(const struct verdicts *verdicts, size_t at)
{
	const struct candidate *all = verdicts->candidates;

	for (size_t i = at; i-- > 0;)
		if (all[i].instead && same_zone(&all[i], &all[at]))
			return all[i].instead;
	return leader_of(verdicts, &all[at]);
}

/* The same type in the same zone and subnet, earlier. */
static bool is_twin(const struct verdicts *verdicts, size_t at)
{
	const struct candidate *all = verdicts->candidates;

	for (size_t i = 0; i < at; i++)
		if (is_kept(&all[i]) && same_zone(&all[i], &all[at]) &&
			strcmp(all[i].choice->type, all[at].choice->type) == 0)
			return true;
	return false;
}

/*
 * A fleet cannot span two subnets of one AZ (EC2 Fleet guide), so of an AZ's subnets one serves,
 * and in it each type once: never one that would leave out a better type for the sake of a worse
 * one.
 */
static void refuse_second_subnets(struct verdicts *verdicts)
{
	struct candidate *all = verdicts->candidates;

	for (size_t i = 0; i < verdicts->n; i++)
		all[i].instead = is_kept(&all[i]) ? leader_as_before(verdicts, i) : NULL;
	for (size_t i = 0; i < verdicts->n; i++) {
		const struct candidate *leader = all[i].instead;

		all[i].instead = NULL;
		if (!leader)
			continue;
		if (strcmp(leader->choice->subnet, all[i].choice->subnet) != 0) {
			all[i].instead = leader;
			refuse(verdicts, &all[i], REFUSED_SUBNET);
		} else if (is_twin(verdicts, i)) {
			refuse(verdicts, &all[i], REFUSED_TWICE);
		}
	}
}

/* Of all that are kept or of none: prefer() has seen to that. */
static bool all_kept(const struct verdicts *verdicts, bool (*has)(const struct candidate *))
{
	return count_kept(verdicts, has) == verdicts->kept;
}

static void decide(struct verdicts *verdicts)
{
	const struct plan_request *request = verdicts->request;
	bool wants_efa = request_wants_efa(request);
	enum placement_strategy strategy = request_strategy(request, false);

	refuse_minority_arch(verdicts);
	refuse_other_kind(verdicts);
	/* One launch cannot mix: a rank without EFA would leave the others without it too. */
	if (wants_efa && verdicts->mode == EFA_PREFERRED)
		prefer(verdicts, has_efa, REFUSED_PREFER_EFA);
	if (strategy == PLACEMENT_CLUSTER)
		prefer(verdicts, has_group, REFUSED_PREFER_GROUP);
	refuse_second_subnets(verdicts);
	verdicts->efa = wants_efa && all_kept(verdicts, has_efa);
	/* who needs no group has one nevertheless where EFA came for nothing */
	if (verdicts->efa)
		strategy = request_strategy(request, true);
	verdicts->group_impossible = strategy == PLACEMENT_CLUSTER &&
				     !all_kept(verdicts, has_group);
	verdicts->strategy = verdicts->group_impossible ? PLACEMENT_NONE : strategy;
}

static int check_spread(const struct plan_request *request, struct err *err)
{
	/* not for the step without a group to get round */
	if (!request->gang || request->placement != PLACEMENT_SPREAD ||
		request->nodes <= PLACEMENT_SPREAD_MAX)
		return 0;
	return err_set(err, ERR_CONFIG,
		"placement spread, but a spread group takes %d instances in a zone, and %u are "
		"asked: placement partition or none, or fewer nodes, would meet it",
		PLACEMENT_SPREAD_MAX, request->nodes);
}

/* As request_group_binds() without this step's own no_group. */
static bool must_group(const struct plan_request *request)
{
	struct plan_request with = *request;

	with.no_group = false;
	return request_group_binds(&with);
}

static int check_mixed(const struct plan_request *request, struct err *err)
{
	if (request->market != MARKET_MIXED ||
		(request->gang && request->firsts && request->firsts < request->nodes))
		return 0;
	return err_set(err, ERR_USAGE, "a mixed plan for %u node(s), %u of them on-demand",
		request->nodes, request->firsts);
}

static int check_request(const struct plan_request *request, struct err *err)
{
	char buf[MONEY_SIZE];

	if (!request->nodes)
		return err_set(err, ERR_USAGE, "a plan for no nodes");
	if (request->efa == EFA_UNSET)
		return err_set(err, ERR_USAGE, "a plan without an EFA mode");
	if (request->no_efa && request->efa == EFA_REQUIRED && !request->efa_detected)
		return err_set(err, ERR_USAGE, "a plan without the EFA that is required");
	if (request->no_group && must_group(request))
		return err_set(
			err, ERR_USAGE, "a plan without the placement group that must be had");
	if (!request->nchoices)
		return err_set(err, ERR_CONFIG, "the node group allows no instance type");
	if (check_mixed(request, err) < 0 || check_spread(request, err) < 0)
		return -1;
	if (!request->limit.uusd)
		return 0;
	money_format(request->limit.uusd, buf, sizeof(buf));
	if (strncmp(request->region, "cn-", 3) == 0)
		return err_set(err, ERR_BUDGET,
			"cost limit %s USD%s cannot be checked in %s: AWS China bills in CNY; "
			"leave "
			"the limit out",
			buf, request->limit.per_hour ? "/h" : "", request->region);
	if (!request->limit.per_hour && request->time_limit_s < 0 && !request->limit_ends)
		return err_set(err, ERR_BUDGET,
			"cost limit %s USD for the whole job, but the job has no time limit: give "
			"one "
			"(--time) or limit the cost per hour (--burst-cost=%s/h)",
			buf, buf);
	return 0;
}

/* Of a mixed gang between the two, by how many there are of each. */
static int64_t mean_rate(const struct candidate *candidate, const struct plan_request *request)
{
	int64_t firsts, others;

	if (request->market != MARKET_MIXED || candidate->rate_uusd_hr < 0 ||
		candidate->first_uusd_hr < 0 ||
		__builtin_mul_overflow(candidate->first_uusd_hr, request->firsts, &firsts) ||
		__builtin_mul_overflow(
			candidate->rate_uusd_hr, request->nodes - request->firsts, &others) ||
		__builtin_add_overflow(firsts, others, &others))
		return candidate->rate_uusd_hr;
	return others / request->nodes;
}

static void score(struct candidate *candidate, const struct plan_request *request, size_t position)
{
	struct rank_item item = {
		.type = candidate->type,
		.rate_uusd_hr = mean_rate(candidate, request),
		.position = position,
	};

	if (request->weights && candidate->type)
		rank_score(request->weights, request->job, &item, &candidate->score);
}

/* Judge all. With none possible VERDICTS is as good, kept being 0. */
static int verdicts_init(
	struct verdicts *verdicts, const struct plan_request *request, struct err *err)
{
	bool may_have = false;

	*verdicts = (struct verdicts){.request = request, .n = request->nchoices};
	verdicts->candidates = calloc(request->nchoices, sizeof(verdicts->candidates[0]));
	if (!verdicts->candidates)
		return err_nomem(err);
	for (size_t i = 0; i < request->nchoices; i++) {
		candidate_init(&verdicts->candidates[i], request, &request->choices[i]);
		may_have |= candidate_may_have_efa(&verdicts->candidates[i]);
	}
	verdicts->mode = request->efa;
	if (request->efa_detected && request->efa == EFA_REQUIRED && (!may_have || request->no_efa))
		verdicts->mode = EFA_PREFERRED;
	for (size_t i = 0; i < request->nchoices; i++) {
		struct candidate *candidate = &verdicts->candidates[i];

		/* What is possible with EFA is possible without. */
		candidate->verdict = verdicts->mode == EFA_REQUIRED ? candidate->with_efa
								    : candidate->without;
		verdicts->kept += candidate->verdict == KEPT;
		score(candidate, request, i);
	}
	decide(verdicts);
	if (!verdicts->kept) {
		verdicts->efa = verdicts->group_impossible = false;
		verdicts->strategy = PLACEMENT_NONE;
	}
	return 0;
}

/* The dearest of the kept; NULL if a price of them is not known or beyond what can be counted. */
static const struct candidate *dearest(const struct verdicts *verdicts)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < verdicts->n; i++) {
		const struct candidate *candidate = &verdicts->candidates[i];

		if (candidate->verdict != KEPT)
			continue;
		if (candidate->gang_uusd_hr < 0)
			return NULL;
		if (!best || candidate->gang_uusd_hr > best->gang_uusd_hr)
			best = candidate;
	}
	return best;
}

static void explain_cost(const struct verdicts *verdicts, struct strbuf *sb)
{
	const struct plan_request *request = verdicts->request;
	const struct candidate *worst = dearest(verdicts);
	char a[MONEY_SIZE], b[MONEY_SIZE], span[CLOCK_SPAN_SIZE];

	strbuf_addstr(sb, "cost: ");
	if (!worst) {
		strbuf_addstr(sb, "price unknown\n");
		return;
	}
	if (request->market == MARKET_MIXED)
		strbuf_addf(sb, "%u on-demand at %s USD/h, ", request->firsts,
			money_format(worst->first_uusd_hr, a, sizeof(a)));
	strbuf_addf(sb, "%u %s at %s USD/h at most",
		request->market == MARKET_MIXED ? request->nodes - request->firsts
						: request_cost_nodes(request),
		request->market == MARKET_MIXED ? "spot" : "nodes",
		money_format(worst->most_uusd_hr, a, sizeof(a)));
	if (request->disk_uusd_hr)
		strbuf_addf(
			sb, " and %s for disks", money_format(request->disk_uusd_hr, a, sizeof(a)));
	strbuf_addf(sb, ": %s USD/h", money_format(worst->gang_uusd_hr, b, sizeof(b)));
	if (worst->buys_s >= 0) {
		strbuf_addf(sb,
			"; no time limit, the limit buys %s after %" PRId64 " s boot and %" PRId64
			" s release",
			clock_format_span(worst->buys_s, span), request->boot_s,
			request->release_s);
		if (request->spent_uusd)
			strbuf_addf(sb, ", %s USD spent before",
				money_format(request->spent_uusd, b, sizeof(b)));
	} else if (request->time_limit_s < 0) {
		strbuf_addstr(sb, "; no time limit");
	} else if (worst->job_uusd >= 0) {
		strbuf_addf(sb,
			"; %s USD at worst for %" PRId64 " s boot, %" PRId64
			" s time limit, %" PRId64 " s release",
			money_format(worst->job_uusd, a, sizeof(a)), request->boot_s,
			request->time_limit_s, request->release_s);
		if (request->spent_uusd)
			strbuf_addf(sb, ", %s USD spent before",
				money_format(request->spent_uusd, b, sizeof(b)));
	}
	if (request->limit.uusd)
		strbuf_addf(sb, "; limit %s", cost_limit_format(&request->limit, a, sizeof(a)));
	strbuf_addch(sb, '\n');
}

static void explain_efa(const struct verdicts *verdicts, struct strbuf *sb)
{
	const struct plan_request *request = verdicts->request;

	strbuf_addf(sb, "EFA: %s", efa_mode_name(verdicts->mode));
	if (request->efa_why && *request->efa_why)
		strbuf_addf(sb, " (%s%s)", request->efa_why,
			verdicts->mode == request->efa ? ""
			: request->no_efa              ? ""
						       : "; it would be required, but no type that "
							 "serves has it");
	if (!verdicts->kept)
		strbuf_addstr(sb, ": no choice is possible\n");
	else if (request->no_efa && request->efa != EFA_DISABLED)
		strbuf_addstr(sb, ": not used, nothing came with it\n");
	else if (verdicts->efa)
		strbuf_addstr(sb, ": used\n");
	else if (request->efa == EFA_DISABLED)
		strbuf_addstr(sb, ": not used\n");
	else if (request->efa == EFA_OPTIONAL)
		strbuf_addstr(sb, ": not used, not every kept choice has it\n");
	else
		strbuf_addstr(sb, ": not used, no choice with it is possible\n");
}

static void explain_placement(const struct verdicts *verdicts, struct strbuf *sb)
{
	const struct plan_request *request = verdicts->request;
	const char *why = "";

	if (verdicts->strategy != PLACEMENT_NONE) {
		strbuf_addf(sb, "placement group: %s, for %u nodes\n",
			placement_strategy_name(verdicts->strategy), request->nodes);
		return;
	}
	if (verdicts->group_impossible)
		why = ", no kept type may stand in one";
	else if (request->no_group)
		why = ", nothing came in one";
	else if (!request->gang)
		why = "";
	else if (request->placement == PLACEMENT_NONE)
		why = ", as the node group says";
	else if (request->reserved_only && request->placement > PLACEMENT_CLUSTER)
		why = ", reserved capacity is not in one";
	else if (request->placement == PLACEMENT_AUTO && request->job && request->group_threshold &&
		 request->nodes >= request->group_threshold)
		why = request->job->talk == TALK_APART ? ", its processes work apart"
						       : ", the job seldom waits for its network";
	strbuf_addf(sb, "placement group: none%s\n", why);
}

static char *explain(const struct verdicts *verdicts, struct err *err)
{
	const struct plan_request *request = verdicts->request;
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char *text;

	explain_efa(verdicts, &sb);
	if (request->interrupted && request->market == MARKET_ON_DEMAND && !request->reserved_only)
		strbuf_addf(&sb, "on-demand: spot instances were taken from the job %u time%s\n",
			request->interrupted, request->interrupted == 1 ? "" : "s");
	if (verdicts->kept) {
		explain_placement(verdicts, &sb);
		explain_cost(verdicts, &sb);
		request_explain_ceilings(request, &sb);
	}
	for (size_t i = 0; i < verdicts->n; i++) {
		candidate_explain(&verdicts->candidates[i], request, verdicts->efa, &sb);
		strbuf_addch(&sb, '\n');
	}
	text = strbuf_detach(&sb);
	if (!text)
		err_nomem(err);
	return text;
}

char *plan_reasons(const struct plan_request *request, struct err *err)
{
	CLEANUP(verdicts_release) struct verdicts verdicts = {0};

	if (check_request(request, err) < 0 || verdicts_init(&verdicts, request, err) < 0)
		return NULL;
	return explain(&verdicts, err);
}

static int fill_pools(struct plan *plan, const struct verdicts *verdicts, struct err *err)
{
	cleanup_free const struct candidate **order = calloc(verdicts->kept, sizeof(*order));
	size_t n = 0;

	if (!order)
		return err_nomem(err);
	for (size_t i = 0; i < verdicts->n; i++)
		if (is_kept(&verdicts->candidates[i]))
			order[n++] = &verdicts->candidates[i];
	qsort(order, n, sizeof(*order), compare);
	for (size_t i = 0; i < n; i++) {
		const struct candidate *candidate = order[i];

		plan->pools[i] = (struct plan_pool){
			.type = candidate->choice->type,
			.subnet = candidate->choice->subnet,
			.az = candidate->choice->az,
			.rate_uusd_hr = candidate->rate_uusd_hr,
			.most_uusd_hr = candidate->most_uusd_hr,
			.first_uusd_hr = candidate->first_uusd_hr,
			.price_why = candidate->choice->price_why,
			.max_price_uusd_hr = candidate_cap(candidate, verdicts->request),
			.reservation = candidate->choice->reservation,
			.block = candidate->choice->reservation && candidate->choice->block,
			.score = candidate->score.total,
		};
		if (nic_layout_make(candidate->type, plan->efa, &plan->pools[i].layout, err) < 0)
			return -1;
		plan->npools = i + 1;
	}
	return 0;
}

static int fill(struct plan *plan, const struct verdicts *verdicts, struct err *err)
{
	const struct candidate *worst = dearest(verdicts);

	plan->efa = verdicts->efa;
	plan->strategy = verdicts->strategy;
	plan->cluster_group = verdicts->strategy == PLACEMENT_CLUSTER;
	plan->market = verdicts->request->reserved_only ? MARKET_ON_DEMAND
							: verdicts->request->market;
	plan->firsts = plan->market == MARKET_MIXED ? verdicts->request->firsts : 0;
	plan->worst_uusd_hr = worst ? worst->gang_uusd_hr : -1;
	plan->worst_uusd = worst ? worst->job_uusd : -1;
	plan->buys_s = worst ? worst->buys_s : -1;
	plan->pools = calloc(verdicts->kept, sizeof(plan->pools[0]));
	if (!plan->pools)
		return err_nomem(err);
	if (fill_pools(plan, verdicts, err) < 0)
		return -1;
	plan->reasons = explain(verdicts, err);
	return plan->reasons ? 0 : -1;
}

int plan_make(const struct plan_request *request, struct plan *plan, struct err *err)
{
	CLEANUP(verdicts_release) struct verdicts verdicts = {0};
	CLEANUP(plan_release) struct plan made = {0};

	if (check_request(request, err) < 0 || verdicts_init(&verdicts, request, err) < 0)
		return -1;
	if (!verdicts.kept)
		return candidate_fail(verdicts.candidates, verdicts.n, request, err);
	if (fill(&made, &verdicts, err) < 0)
		return -1;
	*plan = made;
	made = (struct plan){0};
	return 0;
}

/* A bound reads better in whole cents, as long as rounding up keeps it under the limit. */
static int64_t round_to_cents(int64_t uusd, int64_t limit_uusd)
{
	int64_t up = uusd % UUSD_CENT ? UUSD_CENT - uusd % UUSD_CENT : 0;

	if (uusd > INT64_MAX - up || (limit_uusd && uusd <= limit_uusd && uusd + up > limit_uusd))
		return uusd;
	return uusd + up;
}

int64_t plan_buys_s(const struct plan_request *request, const struct plan_part *parts, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t rate = parts[i].rate_uusd_hr, hour, job;

		if (rate < 0)
			return -1;
		if (parts[i].most_uusd_hr > rate)
			rate = parts[i].most_uusd_hr;
		request_cost(request, parts[i].nodes, rate, &hour, &job);
		if (hour < 0 || __builtin_add_overflow(sum, hour, &sum))
			return -1;
	}
	return request_buys_s(request, sum);
}

int64_t plan_worst_uusd(const struct plan_request *request, const struct plan_part *parts, size_t n)
{
	int64_t hour, job;

	request_cost_of_parts(request, parts, n, &hour, &job);
	return hour >= 0 && request_converts(request) ? request->limit.uusd : job;
}

static void describe_cost(const struct plan_request *request, const struct plan_part *parts,
	size_t n, struct strbuf *sb)
{
	char buf[48], span[CLOCK_SPAN_SIZE];
	int64_t gang_uusd_hr, job_uusd;

	request_cost_of_parts(request, parts, n, &gang_uusd_hr, &job_uusd);
	if (gang_uusd_hr < 0) {
		strbuf_addstr(sb, ", price unknown");
		return;
	}
	strbuf_addf(sb, ", %s USD/h", money_format(gang_uusd_hr, buf, sizeof(buf)));
	if (request->limit.uusd && request->limit.per_hour)
		strbuf_addf(sb, " of %s", cost_limit_format(&request->limit, buf, sizeof(buf)));
	if (request_converts(request))
		strbuf_addf(sb, ", its limit of %s USD buys %s",
			cost_limit_format(&request->limit, buf, sizeof(buf)),
			clock_format_span(plan_buys_s(request, parts, n), span));
	if (job_uusd < 0)
		return;
	strbuf_addf(sb, ", <= %s USD",
		money_format(
			round_to_cents(job_uusd, request->limit.per_hour ? 0 : request->limit.uusd),
			buf, sizeof(buf)));
	if (request->limit.uusd && !request->limit.per_hour)
		strbuf_addf(sb, " of %s", cost_limit_format(&request->limit, buf, sizeof(buf)));
}

/* How the instances of PART are paid for. */
static const char *terms(const struct plan *plan, const struct plan_part *part)
{
	if (plan->npools && plan->pools[0].reservation)
		return plan->pools[0].block ? "capacity block" : "reserved";
	return market_name(part->spot ? MARKET_SPOT : MARKET_ON_DEMAND);
}

char *plan_describe_parts(const struct plan *plan, const struct plan_request *request,
	const struct plan_part *parts, size_t n, const char *group)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		strbuf_addf(&sb, "%s%u x %s %s", i ? ", " : "", parts[i].nodes, parts[i].type,
			terms(plan, &parts[i]));
		if (parts[i].az && *parts[i].az)
			strbuf_addf(&sb, " %s", parts[i].az);
	}
	if (plan->efa)
		strbuf_addstr(&sb, ", EFA");
	else if (request->efa != EFA_DISABLED)
		strbuf_addstr(&sb, ", no EFA");
	if (group && *group)
		strbuf_addf(&sb, ", placement group %s", group);
	describe_cost(request, parts, n, &sb);
	return strbuf_detach(&sb);
}

char *plan_describe(const struct plan *plan, const struct plan_request *request, unsigned nodes,
	const char *type, const char *az, int64_t rate_uusd_hr, const char *group)
{
	struct plan_part parts[2] = {{.nodes = nodes - plan->firsts,
		.type = type,
		.az = az,
		.spot = plan->market != MARKET_ON_DEMAND,
		.rate_uusd_hr = rate_uusd_hr}};
	size_t n = 1;

	if (plan->firsts) {
		parts[1] = parts[0];
		parts[0].nodes = plan->firsts;
		parts[0].spot = false;
		parts[0].rate_uusd_hr = plan->pools[0].first_uusd_hr;
		parts[1].most_uusd_hr = plan->pools[0].most_uusd_hr;
		n = 2;
	}
	return plan_describe_parts(plan, request, parts, n, group);
}

void plan_release(struct plan *plan)
{
	free(plan->pools);
	free(plan->reasons);
	*plan = (struct plan){0};
}
