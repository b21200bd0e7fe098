/* SPDX-License-Identifier: Apache-2.0 */
/* Plans by what is known of the job: scores, tiers, placement, detected EFA, spot, the Slurm node.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/candidate.h"
#include "lib/plan/ladder.h"

#define USD(x) ((int64_t)((x)*1000000))
#define A      "us-east-2a"
#define B      "us-east-2b"

#define CHOICES_MAX 6

/* Type, tier; each in its own zone. */
struct offered {
	const char *type;
	unsigned tier;
};

struct expect {
	const char *name;
	struct offered choices[CHOICES_MAX];
	unsigned nodes;    /* 0: 16 */
	enum efa_mode efa; /* EFA_UNSET: disabled */
	bool detected;
	struct rank_job job; /* nodes are filled in */
	bool unknown;        /* no job */
	const struct rank_weights *weights;
	enum placement_strategy placement;
	bool always, pool, spot, keep, no_efa, no_group, reserved;
	unsigned tier, gpus;
	enum arch arch;
	struct cost_limit limit;
	/* wanted */
	const char *pools; /* "type type …"; NULL: none */
	bool with_efa;
	enum placement_strategy strategy;
	const char *texts[4]; /* in the reasons */
	enum err_class class;
	const char *error; /* all of it */
};

static const struct rank_weights usual = RANK_WEIGHTS_DEFAULT, cheap = {.price_per_core = 1};

#define TIGHT                                                                                      \
	{                                                                                          \
		.talk = TALK_TIGHT                                                                 \
	}
#define APART                                                                                      \
	{                                                                                          \
		.talk = TALK_APART                                                                 \
	}
#define LOOSE                                                                                      \
	{                                                                                          \
		.talk = TALK_LOOSE                                                                 \
	}
#define NONE PLACEMENT_NONE

static const struct expect t[] = {
	/* --- scores */
	{.name = "without weights the order is the site's",
		.strategy = PLACEMENT_CLUSTER,
		.choices = {{"c5n.18xlarge"}, {"hpc7a.96xlarge"}},
		.job = TIGHT,
		.pools = "c5n.18xlarge hpc7a.96xlarge ",
		.texts = {"kept c5n.18xlarge s-0 az-0: price unknown\n"}},
	{.name = "tight MPI of many nodes: hpc first",
		.strategy = PLACEMENT_CLUSTER,
		.choices = {{"c5n.18xlarge"}, {"hpc7a.96xlarge"}, {"hpc6a.48xlarge"}},
		.efa = EFA_REQUIRED,
		.with_efa = true,
		.job = TIGHT,
		.weights = &usual,
		.pools = "hpc7a.96xlarge hpc6a.48xlarge c5n.18xlarge ",
		.texts = {"; score 11990 = order 990 + hpc 10000 + memory 1000\n",
			"; score 2000 = order 1000 + memory 1000\n"}},
	{.name = "of few nodes: the site's order",
		.nodes = 7,
		.strategy = PLACEMENT_CLUSTER,
		.choices = {{"c5n.18xlarge"}, {"hpc7a.96xlarge"}},
		.efa = EFA_REQUIRED,
		.with_efa = true,
		.job = TIGHT,
		.weights = &usual,
		.pools = "c5n.18xlarge hpc7a.96xlarge "},
	{.name = "of nothing known: the site's order",
		.unknown = true,
		.strategy = PLACEMENT_CLUSTER,
		.choices = {{"c5n.18xlarge"}, {"hpc7a.96xlarge"}},
		.weights = &usual,
		.pools = "c5n.18xlarge hpc7a.96xlarge "},
	{.name = "the cheapest core",
		.strategy = PLACEMENT_CLUSTER,
		.choices = {{"hpc7a.12xlarge"}, {"hpc7a.96xlarge"}, {"hpc7a.48xlarge"}},
		.job = TIGHT,
		.weights = &cheap,
		.pools = "hpc7a.96xlarge hpc7a.48xlarge hpc7a.12xlarge ",
		.texts = {"; score 516 = price per core 516\n"}},
	{.name = "memory that lies idle is second",
		.strategy = PLACEMENT_CLUSTER,
		.choices = {{"hpc6id.32xlarge"}, {"c5n.18xlarge"}},
		.job = {.talk = TALK_TIGHT, .mem_mib_per_task = 150000},
		.nodes = 2,
		.weights = &usual,
		.pools = "c5n.18xlarge hpc6id.32xlarge "},
	/* --- tiers */
	{.name = "a later tier waits",
		.choices = {{"c5.large", 1}, {"c5.18xlarge", 0}},
		.job = APART,
		.strategy = NONE,
		.pools = "c5.18xlarge ",
		.texts = {"refused c5.large s-0 az-0: of tier 1: asked after the others\n"}},
	{.name = "its turn",
		.choices = {{"c5.large", 1}, {"c5.18xlarge", 0}},
		.tier = 1,
		.job = APART,
		.strategy = NONE,
		.weights = &usual,
		.pools = "c5.18xlarge c5.large "},
	{.name = "nothing in this tier",
		.choices = {{"c5.large", 2}, {"c5.18xlarge", 1}},
		.job = APART,
		.class = ERR_CAPACITY,
		.error = "what could serve is of a later tier, asked after the others: c5.large, "
			 "c5.18xlarge"},
	{.name = "tier does not turn the architecture",
		.choices = {{"c7g.16xlarge", 0}, {"c5.large", 1}, {"c5.18xlarge", 1}},
		.job = APART,
		.class = ERR_CAPACITY,
		.error = "what could serve is of a later tier, asked after the others: c5.large, "
			 "c5.18xlarge"},
	/* --- the Slurm node */
	{.name = "its architecture",
		.choices = {{"c5.18xlarge"}, {"m5.large"}, {"c7g.16xlarge"}},
		.arch = ARCH_ARM64,
		.job = APART,
		.strategy = NONE,
		.pools = "c7g.16xlarge ",
		.texts = {"refused c5.18xlarge s-0 az-0: is x86_64, Slurm's node arm64\n"}},
	{.name = "none of its architecture",
		.choices = {{"c5.18xlarge"}, {"m5.large"}},
		.arch = ARCH_ARM64,
		.job = APART,
		.class = ERR_CONFIG,
		.error = "Slurm's node is arm64, but c5.18xlarge, m5.large are not: allow another "
			 "type or mend the node group's architecture"},
	{.name = "one, none of its architecture",
		.choices = {{"c7g.16xlarge"}},
		.arch = ARCH_X86_64,
		.job = APART,
		.class = ERR_CONFIG,
		.error = "Slurm's node is x86_64, but c7g.16xlarge is not: allow another type or "
			 "mend the node group's architecture"},
	{.name = "its GPUs",
		.choices = {{"c5.18xlarge"}, {"g6e.48xlarge"}},
		.gpus = 8,
		.job = APART,
		.strategy = NONE,
		.pools = "g6e.48xlarge ",
		.texts = {"refused c5.18xlarge s-0 az-0: has 0 GPUs, Slurm's node 8\n"}},
	{.name = "too few GPUs",
		.choices = {{"c5.18xlarge"}, {"g5.xlarge"}},
		.gpus = 8,
		.job = APART,
		.class = ERR_CONFIG,
		.error = "Slurm's node has 8 GPUs; the most that an allowed type has is 1 "
			 "(g5.xlarge): allow another one or mend Gres of the node group"},
	/* --- spot */
	{.name = "spot for who may be requeued",
		.choices = {{"c5.large"}},
		.spot = true,
		.keep = true,
		.job = APART,
		.strategy = NONE,
		.pools = "c5.large "},
	{.name = "spot is not for others",
		.choices = {{"c5.large"}},
		.spot = true,
		.job = APART,
		.class = ERR_CONFIG,
		.error = "only spot instances are allowed, which may end at any time, and the job "
			 "is not to be requeued: sbatch --requeue or launch.fallback_on_demand "
			 "would meet it"},
	{.name = "on-demand is for all",
		.choices = {{"c5.large"}},
		.job = APART,
		.strategy = NONE,
		.pools = "c5.large "},
	/* --- placement */
	{.name = "tight: cluster",
		.choices = {{"c5.18xlarge"}},
		.job = TIGHT,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.18xlarge ",
		.texts = {"placement group: cluster, for 16 nodes\n"}},
	{.name = "below the threshold: none",
		.nodes = 1,
		.choices = {{"c5.18xlarge"}},
		.job = TIGHT,
		.strategy = NONE,
		.pools = "c5.18xlarge ",
		.texts = {"placement group: none\n"}},
	{.name = "apart: none",
		.choices = {{"c5.18xlarge"}},
		.job = APART,
		.strategy = NONE,
		.pools = "c5.18xlarge ",
		.texts = {"placement group: none, its processes work apart\n"}},
	{.name = "apart, of types that may not stand in one",
		.choices = {{"t3.large"}},
		.job = APART,
		.strategy = NONE,
		.pools = "t3.large "},
	{.name = "loose: none",
		.choices = {{"c5.18xlarge"}},
		.job = LOOSE,
		.strategy = NONE,
		.pools = "c5.18xlarge ",
		.texts = {"placement group: none, the job seldom waits for its network\n"}},
	{.name = "loose, but EFA comes",
		.choices = {{"c5n.18xlarge"}},
		.job = LOOSE,
		.efa = EFA_OPTIONAL,
		.with_efa = true,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5n.18xlarge "},
	{.name = "loose, and EFA does not come",
		.choices = {{"c5n.18xlarge"}, {"c5.18xlarge"}},
		.job = LOOSE,
		.efa = EFA_OPTIONAL,
		.strategy = NONE,
		.pools = "c5n.18xlarge c5.18xlarge "},
	{.name = "loose, and wants EFA",
		.choices = {{"c5.18xlarge"}},
		.job = LOOSE,
		.efa = EFA_PREFERRED,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.18xlarge "},
	{.name = "loose, forced",
		.choices = {{"c5.18xlarge"}},
		.job = LOOSE,
		.always = true,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.18xlarge "},
	{.name = "the node group wants a cluster",
		.choices = {{"c5.18xlarge"}},
		.job = APART,
		.placement = PLACEMENT_CLUSTER,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.18xlarge "},
	{.name = "of types that can",
		.choices = {{"t3.large"}, {"c5.large"}},
		.job = APART,
		.placement = PLACEMENT_CLUSTER,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.large ",
		.texts = {"refused t3.large s-0 az-0: may not stand in a cluster placement "
			  "group\n"}},
	{.name = "else without",
		.choices = {{"t3.large"}},
		.job = TIGHT,
		.placement = PLACEMENT_CLUSTER,
		.strategy = NONE,
		.pools = "t3.large ",
		.texts = {"placement group: none, no kept type may stand in one\n"}},
	{.name = "a cluster of one is none",
		.nodes = 1,
		.choices = {{"c5.18xlarge"}},
		.placement = PLACEMENT_CLUSTER,
		.strategy = NONE,
		.pools = "c5.18xlarge "},
	{.name = "the node group wants none",
		.choices = {{"c5n.18xlarge"}},
		.job = TIGHT,
		.placement = PLACEMENT_NONE,
		.efa = EFA_REQUIRED,
		.with_efa = true,
		.always = true,
		.strategy = NONE,
		.pools = "c5n.18xlarge ",
		.texts = {"placement group: none, as the node group says\n"}},
	{.name = "partition, of any type",
		.choices = {{"t3.large"}, {"c5n.18xlarge"}},
		.job = TIGHT,
		.placement = PLACEMENT_PARTITION,
		.strategy = PLACEMENT_PARTITION,
		.pools = "t3.large c5n.18xlarge ",
		.texts = {"placement group: partition, for 16 nodes\n"}},
	{.name = "partition, with EFA",
		.choices = {{"c5n.18xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.with_efa = true,
		.placement = PLACEMENT_PARTITION,
		.strategy = PLACEMENT_PARTITION,
		.pools = "c5n.18xlarge "},
	{.name = "what comes one by one is in none",
		.choices = {{"c5.large"}},
		.pool = true,
		.placement = PLACEMENT_PARTITION,
		.strategy = NONE,
		.pools = "c5.large "},
	{.name = "seven apart",
		.nodes = 7,
		.choices = {{"c5.large"}},
		.job = APART,
		.placement = PLACEMENT_SPREAD,
		.strategy = PLACEMENT_SPREAD,
		.pools = "c5.large "},
	{.name = "eight apart",
		.nodes = 8,
		.choices = {{"c5.large"}},
		.job = APART,
		.placement = PLACEMENT_SPREAD,
		.class = ERR_CONFIG,
		.error = "placement spread, but a spread group takes 7 instances in a zone, and 8 "
			 "are asked: placement partition or none, or fewer nodes, would meet it"},
	{.name = "eight apart, in the step without a group",
		.nodes = 8,
		.choices = {{"c5.large"}},
		.job = APART,
		.no_group = true,
		.placement = PLACEMENT_SPREAD,
		.class = ERR_CONFIG,
		.error = "placement spread, but a spread group takes 7 instances in a zone, and 8 "
			 "are asked: placement partition or none, or fewer nodes, would meet it"},
	{.name = "nothing came in one",
		.nodes = 7,
		.choices = {{"c5.large"}},
		.job = APART,
		.no_group = true,
		.placement = PLACEMENT_SPREAD,
		.strategy = NONE,
		.pools = "c5.large ",
		.texts = {"placement group: none, nothing came in one\n"}},
	{.name = "reserved capacity is in no partition",
		.choices = {{"c5.large"}},
		.job = TIGHT,
		.reserved = true,
		.placement = PLACEMENT_PARTITION,
		.strategy = NONE,
		.pools = "c5.large ",
		.texts = {"placement group: none, reserved capacity is not in one\n"}},
	/* --- EFA that nobody asked for */
	{.name = "detected: binds where a type has it",
		.choices = {{"c5.18xlarge"}, {"c5n.18xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.detected = true,
		.with_efa = true,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5n.18xlarge ",
		.texts = {"EFA: required (why): used\n"}},
	{.name = "detected: not where none has it",
		.choices = {{"c5.18xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.detected = true,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.18xlarge ",
		.texts = {"EFA: preferred (why; it would be required, but no type that serves has "
			  "it): not used, no choice with it is possible\n"}},
	{.name = "asked: refused where none has it",
		.choices = {{"c5.18xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.class = ERR_CONFIG,
		.error = "EFA is required (why), but no allowed type that serves has it: allowed "
			 "are c5.18xlarge; these would meet it: c5n.9xlarge, hpc6a.48xlarge or "
			 "c5n.18xlarge"},
	{.name = "detected: not where it is too dear",
		.choices = {{"c5.18xlarge"}, {"hpc7a.96xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.detected = true,
		.limit = {USD(60), true},
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.18xlarge "},
	{.name = "detected: binds in a later tier",
		.choices = {{"c5.18xlarge", 0}, {"c5n.18xlarge", 1}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.detected = true,
		.class = ERR_CAPACITY,
		.error = "what could serve is of a later tier, asked after the others: "
			 "c5n.18xlarge"},
	{.name = "detected: a step without it can be",
		.choices = {{"c5.18xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.detected = true,
		.no_efa = true,
		.strategy = PLACEMENT_CLUSTER,
		.pools = "c5.18xlarge ",
		.texts = {"EFA: preferred (why): not used, nothing came with it\n"}},
	{.name = "asked: it cannot",
		.choices = {{"c5n.18xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.no_efa = true,
		.class = ERR_USAGE,
		.error = "a plan without the EFA that is required"},
	{.name = "detected: its group cannot be dropped",
		.choices = {{"c5n.18xlarge"}},
		.job = TIGHT,
		.efa = EFA_REQUIRED,
		.detected = true,
		.no_group = true,
		.class = ERR_USAGE,
		.error = "a plan without the placement group that must be had"},
};

static struct plan_request request_of(
	const struct expect *e, struct plan_choice *choices, struct rank_job *job)
{
	static const char *const zones[][2] = {{"s-0", "az-0"}, {"s-1", "az-1"}, {"s-2", "az-2"},
		{"s-3", "az-3"}, {"s-4", "az-4"}, {"s-5", "az-5"}};
	struct plan_request r = {
		.nodes = e->nodes ? e->nodes : 16,
		.gang = !e->pool,
		.efa = e->efa ? e->efa : EFA_DISABLED,
		.efa_why = "why",
		.efa_detected = e->detected,
		.limit = e->limit,
		.time_limit_s = 3600,
		.region = e->limit.uusd || e->weights == &cheap || e->class ? "us-east-2" : "xx-1",
		.market = e->spot ? MARKET_SPOT : MARKET_ON_DEMAND,
		.group_threshold = 2,
		.group_always = e->always,
		.placement = e->placement,
		.gpus_per_node = e->gpus,
		.arch = e->arch,
		.requeue = e->keep,
		.spot_needs_requeue = true,
		.weights = e->weights,
		.no_efa = e->no_efa,
		.no_group = e->no_group,
		.reserved_only = e->reserved,
		.tier = e->tier,
		.choices = choices,
	};

	*job = e->job;
	job->nodes = r.nodes;
	if (!e->unknown)
		r.job = job;
	for (; r.nchoices < CHOICES_MAX && e->choices[r.nchoices].type; r.nchoices++)
		choices[r.nchoices] = (struct plan_choice){
			.type = e->choices[r.nchoices].type,
			.tier = e->choices[r.nchoices].tier,
			.subnet = zones[r.nchoices][0],
			.az = zones[r.nchoices][1],
			.free_addresses = -1,
			.price_uusd_hr = -1,
			.reservation = e->reserved ? "cr-1" : NULL,
			.reserved_free = -1,
		};
	return r;
}

START_TEST(table)
{
	const struct expect *e = &t[_i];
	struct plan_choice choices[CHOICES_MAX];
	struct rank_job job;
	struct plan_request request = request_of(e, choices, &job);
	CLEANUP(plan_release) struct plan plan = {0};
	char pools[256] = "";
	struct err err = {0};

	if (e->error) {
		ck_assert_msg(
			plan_make(&request, &plan, &err) < 0, "%s: %s", e->name, plan.reasons);
		ck_assert_msg(!strcmp(err.text, e->error), "%s: %s", e->name, err.text);
		ck_assert_int_eq(err.class, e->class);
		return;
	}
	ck_assert_msg(plan_make(&request, &plan, &err) == 0, "%s: %s", e->name, err.text);
	for (size_t i = 0; i < plan.npools; i++) {
		size_t n = strlen(pools);

		snprintf(pools + n, sizeof(pools) - n, "%s ", plan.pools[i].type);
	}
	ck_assert_msg(!strcmp(pools, e->pools), "%s: %s\n%s", e->name, pools, plan.reasons);
	ck_assert_msg(plan.efa == e->with_efa, "%s\n%s", e->name, plan.reasons);
	ck_assert_msg(plan.strategy == e->strategy, "%s\n%s", e->name, plan.reasons);
	ck_assert(plan.cluster_group == (plan.strategy == PLACEMENT_CLUSTER));
	ck_assert(plan_has_group(&plan) == (plan.strategy != PLACEMENT_NONE));
	for (size_t i = 0; i < ARRAY_SIZE(e->texts) && e->texts[i]; i++)
		ck_assert_msg(strstr(plan.reasons, e->texts[i]), "%s: %s is not in\n%s", e->name,
			e->texts[i], plan.reasons);
}
END_TEST

/* --- the ladder ------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	struct expect e;
	unsigned ntiers;
	bool to_on_demand, drop;
	const char *steps; /* of the first pass: market, tier, -g, -e */
} ladders[] = {
	{"tiers before the group goes", {.choices = {{"c5n.18xlarge"}}, .efa = EFA_PREFERRED}, 2,
		false, true, "o0 o1 o0-g o1-g o0-e o1-e o0-g-e o1-g-e "},
	{"markets within a tier",
		{.choices = {{"c5.large"}}, .spot = true, .keep = true, .job = APART}, 3, true,
		true, "s0 o0 s1 o1 s2 o2 "},
	{"who fears spot begins on-demand", {.choices = {{"c5.large"}}, .spot = true, .job = APART},
		2, true, true, "o0 o1 "},
	{"who fears spot where there is nothing else",
		{.choices = {{"c5.large"}}, .spot = true, .job = APART}, 1, false, true, "s0 "},
	{"who works apart has no group to drop", {.choices = {{"c5.large"}}, .job = APART}, 1, true,
		true, "o0 "},
	{"… unless EFA may come",
		{.choices = {{"c5n.18xlarge"}}, .job = APART, .efa = EFA_OPTIONAL}, 1, true, true,
		"o0 o0-g o0-e o0-g-e "},
	{"a partition group goes, too",
		{.choices = {{"c5n.18xlarge"}},
			.placement = PLACEMENT_PARTITION,
			.efa = EFA_REQUIRED},
		1, true, true, "o0 o0-g "},
	{"detected EFA stays where it can be had",
		{.choices = {{"c5.large"}, {"c5n.18xlarge"}},
			.efa = EFA_REQUIRED,
			.detected = true,
			.job = TIGHT},
		1, true, true, "o0 "},
	{"detected EFA goes where it cannot",
		{.choices = {{"c5.large"}}, .efa = EFA_REQUIRED, .detected = true, .job = TIGHT}, 1,
		true, true, "o0 o0-g o0-e o0-g-e "},
};

START_TEST(ladder)
{
	struct plan_choice choices[CHOICES_MAX];
	struct rank_job job;
	struct plan_request base = request_of(&ladders[_i].e, choices, &job), request;
	struct ladder_rules rules = {.ntiers = ladders[_i].ntiers,
		.spot_to_on_demand = ladders[_i].to_on_demand,
		.drop_group = ladders[_i].drop,
		.drop_efa = ladders[_i].drop};
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct ladder_step step;
	char text[LADDER_TEXT_SIZE];
	struct err err = {0};

	ladder_first(&rules, &base, &step);
	do {
		if (step.recent)
			break;
		strbuf_addf(&sb, "%c%u%s%s ", step.market == MARKET_SPOT ? 's' : 'o', step.tier,
			step.no_group ? "-g" : "", step.no_efa ? "-e" : "");
		ladder_apply(&step, &base, &request);
		ck_assert_uint_eq(request.tier, step.tier);
		/* no step is one that plan_make() would call senseless */
		char *reasons = plan_reasons(&request, &err);
		ck_assert_msg(reasons != NULL, "%s: %s", ladders[_i].name, err.text);
		free(reasons);
		ladder_describe(&step, NULL, text, sizeof(text));
		ck_assert(!step.tier == !strstr(text, ", types up to tier "));
	} while (ladder_next(&rules, &base, &step));
	ck_assert_msg(!strcmp(sb.buf, ladders[_i].steps), "%s: %s", ladders[_i].name, sb.buf);
}
END_TEST

/* --- properties ------------------------------------------------------------------------------ */

static uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % n);
}

/* Of one architecture, each in a zone of its own: what turns a plan otherwise is told elsewhere. */
static void random_choice(struct plan_choice *choice, size_t at)
{
	static const char *const types[] = {"c5.large", "c5.18xlarge", "c5n.18xlarge",
		"c5n.9xlarge", "hpc6a.48xlarge", "hpc7a.96xlarge", "hpc6id.32xlarge", "t3.large",
		"p5.48xlarge", "r5.24xlarge", "g6e.48xlarge", "nosuch.type"};
	static const char *const zones[] = {"a", "b", "c", "d", "e", "f", "g"};

	*choice = (struct plan_choice){
		.type = types[below(ARRAY_SIZE(types))],
		.subnet = zones[at],
		.az = zones[at],
		.free_addresses = -1,
		.price_uusd_hr = below(3) ? (int64_t)below(20000000) : -1,
		.tier = below(4) ? 0 : below(3),
		.hinted = false,
	};
}

static void random_request(struct plan_request *r, struct rank_job *job, struct rank_weights *w)
{
	*w = (struct rank_weights){
		below(3), below(3), below(3), below(12), below(3), below(3), below(3), below(12)};
	*job = (struct rank_job){.talk = below(5),
		.nodes = 1 + below(20),
		.mem_mib_per_task = below(2) ? below(200000) : 0,
		.tasks_per_node = below(4),
		.memory_bound = below(2),
		.gpu = below(2)};
	*r = (struct plan_request){.nodes = job->nodes,
		.gang = below(4) > 0,
		.efa = EFA_DISABLED + below(4),
		.time_limit_s = 3600,
		.region = "us-east-2",
		.group_threshold = below(4),
		.placement = below(5),
		.cpus_per_node = below(2) ? below(100) : 0,
		.gpus_per_node = below(4) ? 0 : below(9),
		.arch = below(2) ? ARCH_X86_64 : ARCH_ANY,
		.requeue = below(2),
		.spot_needs_requeue = below(2),
		.market = below(3) ? MARKET_ON_DEMAND : MARKET_SPOT,
		.job = below(4) ? job : NULL,
		.weights = w,
		.tier = below(3)};
	r->efa_detected = r->efa == EFA_REQUIRED && below(2);
}

static void check_plan(const struct plan_request *r, const struct plan *plan)
{
	ck_assert(r->efa != EFA_REQUIRED || plan->efa || r->efa_detected);
	/* detected EFA gives way only where nothing has it */
	if (r->efa == EFA_REQUIRED && !plan->efa)
		ck_assert(!plan_efa_binds(r));
	ck_assert(plan->strategy != PLACEMENT_AUTO);
	ck_assert(plan->strategy != PLACEMENT_SPREAD || r->nodes <= PLACEMENT_SPREAD_MAX);
	ck_assert(!plan_has_group(plan) || r->gang);
	ck_assert(r->market != MARKET_SPOT || r->requeue || !r->spot_needs_requeue);
	for (size_t i = 0; i < plan->npools; i++) {
		const struct instance_type *type = catalog_find(plan->pools[i].type);

		ck_assert_uint_ge(type->vcpus, r->cpus_per_node);
		ck_assert_uint_ge(type->gpus, r->gpus_per_node);
		ck_assert(!plan->efa || type->efa_max);
		ck_assert(plan->strategy != PLACEMENT_CLUSTER || type->cluster_group);
		ck_assert(r->market == MARKET_SPOT ? type->spot : type->on_demand);
	}
}

/* By what a plan is better: EFA, then the tier and the score of its first pool. */
static unsigned tier_of(const struct plan_request *r, const struct plan_pool *pool)
{
	for (size_t i = 0; i < r->nchoices; i++)
		if (r->choices[i].subnet == pool->subnet)
			return r->choices[i].tier;
	return 0;
}

static bool no_worse(const struct plan_request *r, const struct plan *a, const struct plan *b)
{
	unsigned ta = tier_of(r, &a->pools[0]), tb = tier_of(r, &b->pools[0]);

	if (a->efa != b->efa)
		return a->efa || r->efa == EFA_OPTIONAL;
	if (plan_has_group(a) != plan_has_group(b))
		return true; /* which of them is better depends on the job */
	if (ta != tb)
		return ta < tb;
	return a->pools[0].score >= b->pools[0].score;
}

START_TEST(properties)
{
	unsigned good = 0, better = 0, soft = 0;

	for (unsigned round = 0; round < 20000; round++) {
		struct plan_choice choices[7];
		struct rank_weights weights;
		struct rank_job job;
		struct plan_request r;
		CLEANUP(plan_release) struct plan plan = {0}, again = {0}, more = {0};
		struct err err = {0};

		random_request(&r, &job, &weights);
		r.choices = choices;
		r.nchoices = 1 + below(6);
		for (size_t i = 0; i < r.nchoices; i++)
			random_choice(&choices[i], i);
		if (plan_make(&r, &plan, &err) < 0) {
			ck_assert_int_ne(err.class, ERR_FATAL);
			ck_assert_uint_gt(strlen(err.text), 10);
			continue;
		}
		good++;
		check_plan(&r, &plan);
		ck_assert_int_eq(plan_make(&r, &again, NULL), 0);
		ck_assert_str_eq(plan.reasons, again.reasons);
		ck_assert_uint_eq(plan.npools, again.npools);
		for (size_t i = 0; i < plan.npools; i++) {
			ck_assert(plan.pools[i].subnet == again.pools[i].subnet);
			/* in the order of tiers, and of scores within one */
			if (i && tier_of(&r, &plan.pools[i]) == tier_of(&r, &plan.pools[i - 1]))
				ck_assert_uint_ge(plan.pools[i - 1].score, plan.pools[i].score);
			else if (i)
				ck_assert_uint_gt(tier_of(&r, &plan.pools[i]),
					tier_of(&r, &plan.pools[i - 1]));
		}
		/* One more candidate is no loss, but that it may turn what was required in vain
		 * into what is worth waiting for: of a later tier here. */
		random_choice(&choices[r.nchoices], r.nchoices);
		r.nchoices++;
		if (plan_make(&r, &more, &err) < 0) {
			ck_assert_msg(r.efa_detected && err.class == ERR_CAPACITY, "%s", err.text);
			soft++;
			continue;
		}
		ck_assert_msg(no_worse(&r, &more, &plan), "%s\n%s", plan.reasons, more.reasons);
		better += more.pools[0].subnet != plan.pools[0].subnet;
	}
	/* the rounds say something only if they reach all outcomes */
	ck_assert_uint_gt(good, 4000);
	ck_assert_uint_lt(good, 19000);
	ck_assert_uint_gt(better, 300);
	ck_assert_uint_gt(soft, 0);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(placement_strategy_name(PLACEMENT_AUTO), "auto");
	ck_assert_str_eq(placement_strategy_name(PLACEMENT_CLUSTER), "cluster");
	ck_assert_str_eq(placement_strategy_name(PLACEMENT_PARTITION), "partition");
	ck_assert_str_eq(placement_strategy_name(PLACEMENT_SPREAD), "spread");
	ck_assert_str_eq(placement_strategy_name(PLACEMENT_NONE), "none");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan choice");
	TCase *tc = tcase_create("plan choice");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, table, 0, ARRAY_SIZE(t));
	tcase_add_loop_test(tc, ladder, 0, ARRAY_SIZE(ladders));
	tcase_add_test(tc, properties);
	tcase_add_test(tc, names);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
