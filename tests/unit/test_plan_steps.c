/* SPDX-License-Identifier: Apache-2.0 */
/* What a step of the ladder, an earlier failure, a quota or a reservation makes of a plan. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/plan.h"

#define USD(x) ((int64_t)((x)*1000000))
#define A      "us-east-2a"
#define B      "us-east-2b"

#define CHOICES_MAX 10
/* A choice of which nothing else is known. */
#define P(t, s, z, price)                                                                          \
	.type = t, .subnet = s, .az = z, .free_addresses = -1, .price_uusd_hr = price
#define C(t, s, z) P(t, s, z, -1)
#define ICE        "InsufficientInstanceCapacity"

enum flags {
	SPOT = 1 << 0,
	SINGLE = 1 << 1,
	NO_GROUP = 1 << 2,
	NO_EFA = 1 << 3,
	RECENT = 1 << 4,
	RESERVED = 1 << 5,
	ALWAYS = 1 << 6,
};

struct expect {
	const char *name;
	struct plan_choice choices[CHOICES_MAX];
	enum efa_mode efa; /* EFA_UNSET: disabled */
	unsigned flags;
	struct plan_quota quotas[3];
	size_t nquotas;
	struct cost_limit limit;
	/* wanted: a plan … */
	const char *pools;
	bool with_efa, with_group;
	const char *reasons[4];
	/* … or a failure */
	enum err_class class;
	const char *text;
};

static struct plan_request request_of(const struct expect *e)
{
	struct plan_request r = {
		.nodes = 16,
		.gang = !(e->flags & SINGLE),
		.efa = e->efa ? e->efa : EFA_DISABLED,
		.efa_why = "the user's --efa",
		.time_limit_s = 7200,
		.region = "us-east-2",
		.market = e->flags & SPOT ? MARKET_SPOT : MARKET_ON_DEMAND,
		.group_threshold = 2,
		.group_always = e->flags & ALWAYS,
		.limit = e->limit,
		.no_group = e->flags & NO_GROUP,
		.no_efa = e->flags & NO_EFA,
		.recent_too = e->flags & RECENT,
		.reserved_only = e->flags & RESERVED,
		.choices = e->choices,
		.quotas = e->quotas,
		.nquotas = e->nquotas,
	};

	while (r.nchoices < CHOICES_MAX && e->choices[r.nchoices].type)
		r.nchoices++;
	return r;
}

static const struct expect table[] = {
	/* --- tried, failed, hinted */
	{.name = "the zone that EC2 names goes first, the site's order holds in the rest",
		.choices = {{C("c5.18xlarge", "s-a", A)}, {C("c5n.18xlarge", "s-a", A)},
			{C("c5.18xlarge", "s-b", B), .hinted = true},
			{C("c5n.18xlarge", "s-b", B), .hinted = true}},
		.pools = "c5.18xlarge@s-b c5n.18xlarge@s-b c5.18xlarge@s-a c5n.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-b us-east-2b: 3.06 USD/h, EC2 names this zone\n",
			"kept c5.18xlarge s-a us-east-2a: 3.06 USD/h\n"}},
	{.name = "tried",
		.choices = {{C("c5.18xlarge", "s-a", A), .tried = true, .tried_why = ICE},
			{C("c5n.18xlarge", "s-a", A), .tried = true}, {C("c5.18xlarge", "s-b", B)}},
		.pools = "c5.18xlarge@s-b ",
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-a us-east-2a: tried just now: " ICE "\n",
			"refused c5n.18xlarge s-a us-east-2a: tried just now: nothing came\n"}},
	{.name = "failed recently",
		.choices = {{C("c5.18xlarge", "s-a", A), .failed = ICE " 3 min ago"},
			{C("c5.18xlarge", "s-b", B)}},
		.pools = "c5.18xlarge@s-b ",
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-a us-east-2a: failed recently (" ICE
			    " 3 min ago): asked after the others\n"}},
	{.name = "the second pass has it, as the last",
		.choices = {{C("c5.18xlarge", "s-a", A), .failed = ICE " 3 min ago"},
			{C("c5.18xlarge", "s-b", B)}},
		.flags = RECENT,
		.pools = "c5.18xlarge@s-b c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-a us-east-2a: 3.06 USD/h, failed recently (" ICE
			    " 3 min ago)\n"}},
	{.name = "all failed recently",
		.choices = {{C("c5.18xlarge", "s-a", A), .failed = ICE " 3 min ago"},
			{C("c5.18xlarge", "s-x", ""), .failed = "X 1 min ago"},
			{C("nosuch.type", "s-b", B)}},
		.class = ERR_CAPACITY,
		.text = "every pool that could serve failed recently: c5.18xlarge us-east-2a (" ICE
			" 3 min ago), c5.18xlarge s-x (X 1 min ago)"},
	{.name = "all tried, which is told before what failed recently",
		.choices = {{C("c5.18xlarge", "s-a", A), .failed = ICE " 3 min ago"},
			{C("c5.18xlarge", "s-b", B), .tried = true, .tried_why = ICE}},
		.class = ERR_CAPACITY,
		.text = "nothing is left to try: c5.18xlarge us-east-2b (" ICE ")"},
	{.name = "many tried",
		.choices = {{C("c5.18xlarge", "s-0", ""), .tried = true},
			{C("c5.18xlarge", "s-1", ""), .tried = true},
			{C("c5.18xlarge", "s-2", ""), .tried = true},
			{C("c5.18xlarge", "s-3", ""), .tried = true},
			{C("c5.18xlarge", "s-4", ""), .tried = true},
			{C("c5.18xlarge", "s-5", ""), .tried = true},
			{C("c5.18xlarge", "s-6", ""), .tried = true},
			{C("c5.18xlarge", "s-7", ""), .tried = true},
			{C("c5.18xlarge", "s-8", ""), .tried = true},
			{C("c5.18xlarge", "s-9", ""), .tried = true}},
		.class = ERR_CAPACITY,
		.text = "c5.18xlarge s-7 (nothing came) and 2 more"},

	/* --- what was preferred stays preferred */
	{.name = "preferred: EFA that was tried keeps the others back",
		.choices = {{C("c5.18xlarge", "s-a", A)},
			{C("c5n.18xlarge", "s-a", A), .tried = true, .tried_why = ICE}},
		.efa = EFA_PREFERRED,
		.class = ERR_CAPACITY,
		.text = "nothing is left to try: c5n.18xlarge us-east-2a (" ICE ")"},
	{.name = "until the step without EFA",
		.choices = {{C("c5.18xlarge", "s-a", A)}, {C("c5n.18xlarge", "s-a", A)}},
		.efa = EFA_PREFERRED,
		.flags = NO_EFA,
		.pools = "c5.18xlarge@s-a c5n.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"EFA: preferred (the user's --efa): not used, nothing came with it\n",
			"kept c5n.18xlarge s-a us-east-2a: 3.888 USD/h\n"}},
	{.name = "preferred: EFA beyond the quota keeps nobody back",
		.choices = {{C("c5.18xlarge", "s-a", A)}, {C("hpc6a.48xlarge", "s-a", A)}},
		.efa = EFA_PREFERRED,
		.quotas = {{QUOTA_HPC, MARKET_ON_DEMAND, 0}},
		.nquotas = 1,
		.pools = "c5.18xlarge@s-a ",
		.with_group = true},
	{.name = "the group that was tried keeps the others back",
		.choices = {{C("t3.large", "s-a", A)},
			{C("c5.large", "s-a", A), .failed = "X 1 min ago"}},
		.class = ERR_CAPACITY,
		.text = "failed recently: c5.large us-east-2a (X 1 min ago)"},
	{.name = "until the step without it",
		.choices = {{C("t3.large", "s-a", A)},
			{C("c5.large", "s-a", A), .failed = "X 1 min ago"}},
		.flags = NO_GROUP,
		.pools = "t3.large@s-a ",
		.reasons = {"placement group: none, nothing came in one\n"}},
	{.name = "EFA without the group may use what may not stand in one",
		.choices = {{C("vt1.24xlarge", "s-a", A)}},
		.efa = EFA_PREFERRED,
		.flags = NO_GROUP,
		.pools = "vt1.24xlarge@s-a ",
		.with_efa = true},
	{.name = "the image's architecture does not turn with what failed",
		.choices = {{C("c7g.16xlarge", "s-a", A)},
			{C("c5.18xlarge", "s-a", A), .tried = true, .tried_why = ICE},
			{C("c5.18xlarge", "s-b", B), .failed = "X 1 min ago"}},
		.class = ERR_CAPACITY,
		.text = "nothing is left to try: c5.18xlarge us-east-2a (" ICE ")"},
	{.name = "nor with a quota",
		.choices = {{C("c5.18xlarge", "s-a", A)}, {C("hpc7g.16xlarge", "s-a", A)}},
		.quotas = {{QUOTA_STANDARD, MARKET_ON_DEMAND, 5}},
		.nquotas = 1,
		.class = ERR_QUOTA,
		.text = "16 x c5.18xlarge need 1152 vCPUs"},
	{.name = "of the other architecture nothing counts",
		.choices = {{C("c5.18xlarge", "s-a", A)}, {C("c5.18xlarge", "s-b", B)},
			{C("c7g.16xlarge", "s-a", A), .tried = true}},
		.efa = EFA_PREFERRED,
		.pools = "c5.18xlarge@s-a c5.18xlarge@s-b ",
		.with_group = true,
		.reasons = {"refused c7g.16xlarge s-a us-east-2a: arm64 among"}},

	/* --- quotas */
	{.name = "a quota that is just met, and one that is not",
		.choices = {{C("c5.18xlarge", "s-a", A)}, {C("hpc7a.96xlarge", "s-a", A)}},
		.quotas = {{QUOTA_STANDARD, MARKET_ON_DEMAND, 16 * 72},
			{QUOTA_HPC, MARKET_ON_DEMAND, 16 * 192 - 1}, {QUOTA_HPC, MARKET_SPOT, 0}},
		.nquotas = 3,
		.pools = "c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"refused hpc7a.96xlarge s-a us-east-2a: needs 3072 vCPUs, the "
			    "on-demand quota of HPC instances has 3071 left\n"}},
	{.name = "the other market's quota does not count",
		.choices = {{C("c5.18xlarge", "s-a", A)}},
		.flags = SPOT,
		.quotas = {{QUOTA_STANDARD, MARKET_ON_DEMAND, 0}},
		.nquotas = 1,
		.pools = "c5.18xlarge@s-a ",
		.with_group = true},
	{.name = "a pool of single nodes needs room for one",
		.choices = {{C("c5.18xlarge", "s-a", A)}},
		.flags = SINGLE,
		.quotas = {{QUOTA_STANDARD, MARKET_ON_DEMAND, 72}},
		.nquotas = 1,
		.pools = "c5.18xlarge@s-a "},
	{.name = "no quota left, told of what needs least",
		.choices = {{C("c5n.18xlarge", "s-a", A)}, {C("c5.large", "s-a", A)}},
		.quotas = {{QUOTA_STANDARD, MARKET_ON_DEMAND, 5}},
		.nquotas = 1,
		.class = ERR_QUOTA,
		.text = "16 x c5.large need 32 vCPUs, but the on-demand quota of Standard "
			"instances has 5 left: ask AWS for a higher quota (L-1216C47A) or use "
			"fewer nodes"},
	{.name = "a quota of no known code, overdrawn",
		.choices = {{C("f2.48xlarge", "s-a", A)}},
		.flags = SPOT | SINGLE,
		.quotas = {{QUOTA_F, MARKET_SPOT, -7}},
		.nquotas = 1,
		.class = ERR_QUOTA,
		.text = "1 x f2.48xlarge need 192 vCPUs, but the spot quota of F instances has 0 "
			"left: ask AWS for a higher quota or use fewer nodes"},

	/* --- reservations */
	{.name = "reserved ones only",
		.choices = {{C("c5.18xlarge", "s-a", A)},
			{C("c5.18xlarge", "s-b", B), .reservation = "cr-1", .reserved_free = 16}},
		.flags = RESERVED,
		.pools = "c5.18xlarge@s-b/cr-1 ",
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-a us-east-2a: not reserved\n",
			"kept c5.18xlarge s-b us-east-2b: 3.06 USD/h, reserved cr-1\n"}},
	{.name = "and never among the others",
		.choices = {{C("c5.18xlarge", "s-a", A)},
			{C("c5.18xlarge", "s-b", B), .reservation = "cr-1", .reserved_free = 16}},
		.pools = "c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-b us-east-2b: reserved (cr-1): asked apart from "
			    "the others\n"}},
	{.name = "neither market nor quota concerns them",
		.choices =
			{{C("p5e.48xlarge", "s-a", A), .reservation = "cr-1", .reserved_free = -1},
				{P("hpc7a.96xlarge", "s-a", A, 2), .reservation = "cr-2",
					.reserved_free = 99, .max_price_uusd_hr = 1}},
		.efa = EFA_REQUIRED,
		.flags = RESERVED | SPOT,
		.quotas = {{QUOTA_P, MARKET_SPOT, 0}, {QUOTA_HPC, MARKET_SPOT, 0}},
		.nquotas = 2,
		.pools = "p5e.48xlarge@s-a/cr-1 hpc7a.96xlarge@s-a/cr-2 ",
		.with_efa = true,
		.with_group = true},
	{.name = "blocks apart, as the first says",
		.choices = {{C("p5.48xlarge", "s-a", A), .reservation = "cr-1", .reserved_free = 16,
				    .block = true},
			{C("p5.48xlarge", "s-b", B), .reservation = "cr-2", .reserved_free = 16}},
		.flags = RESERVED,
		.pools = "p5.48xlarge@s-a/cr-1! ",
		.with_group = true,
		.reasons = {"kept p5.48xlarge s-a us-east-2a: price unknown, capacity block cr-1\n",
			"refused p5.48xlarge s-b us-east-2b: not of a capacity block: asked "
			"apart\n"}},
	{.name = "blocks apart, when the first has been tried",
		.choices = {{C("p5.48xlarge", "s-a", A), .reservation = "cr-1", .reserved_free = 16,
				    .block = true, .tried = true},
			{C("p5.48xlarge", "s-b", B), .reservation = "cr-2", .reserved_free = 16},
			{C("p5.48xlarge", "s-x", ""), .reservation = "cr-3", .reserved_free = 16,
				.block = true}},
		.flags = RESERVED,
		.pools = "p5.48xlarge@s-b/cr-2 ",
		.with_group = true,
		.reasons = {"refused p5.48xlarge s-x: a capacity block: asked apart from the "
			    "others\n"}},
	{.name = "one that is too full",
		.choices =
			{{C("c5.18xlarge", "s-a", A), .reservation = "cr-1", .reserved_free = 15},
				{C("c5.18xlarge", "s-b", B), .reservation = "cr-2",
					.reserved_free = 16}},
		.flags = RESERVED,
		.pools = "c5.18xlarge@s-b/cr-2 ",
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-a us-east-2a: cr-1 has 15 of 16 instances "
			    "free\n"}},
	{.name = "all too full",
		.choices = {{C("c5.18xlarge", "s-a", A), .reservation = "cr-1", .reserved_free = 3},
			{C("c5n.18xlarge", "s-b", B), .reservation = "cr-2", .reserved_free = 5}},
		.flags = RESERVED,
		.class = ERR_CAPACITY,
		.text = "no reservation has room for 16 nodes: cr-2 (c5n.18xlarge) has the most, 5 "
			"free"},
	{.name = "none given",
		.choices = {{C("c5.18xlarge", "s-a", A)}},
		.flags = RESERVED,
		.class = ERR_CAPACITY,
		.text = "no capacity reservation is given"},
	{.name = "nothing else given",
		.choices = {{C("c5.18xlarge", "s-a", A), .reservation = "cr-1"}},
		.class = ERR_CAPACITY,
		.text = "only reserved capacity is given"},

	/* --- caps on spot prices */
	{.name = "a price over its cap, one at it, one not known",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(1.2)), .max_price_uusd_hr = USD(1.1)},
			{P("c5.18xlarge", "s-b", B, USD(1.1)), .max_price_uusd_hr = USD(1.1)},
			{C("c5n.18xlarge", "s-b", B), .max_price_uusd_hr = USD(1.5)},
			{C("c5.large", "s-b", B), .max_price_uusd_hr = -1}},
		.flags = SPOT,
		.pools = "c5.18xlarge@s-b<1100000 c5n.18xlarge@s-b<1500000 c5.large@s-b ",
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-a us-east-2a: spot at 1.20 USD/h is over the "
			    "cap of 1.10\n",
			/* it never costs more than its cap */
			"kept c5n.18xlarge s-b us-east-2b: 1.50 USD/h\n",
			"cost: 16 nodes at 1.50 USD/h at most"}},
	{.name = "a cap over the on-demand price costs no more than that",
		.choices = {{C("c5.18xlarge", "s-a", A), .max_price_uusd_hr = USD(9)}},
		.flags = SPOT,
		.pools = "c5.18xlarge@s-a<9000000 ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-a us-east-2a: 3.06 USD/h\n"}},
	{.name = "a cap is a price where none is known",
		.choices = {{C("m8i.48xlarge", "s-a", A), .max_price_uusd_hr = USD(2)}},
		.flags = SPOT,
		.limit = {USD(32), true},
		.pools = "m8i.48xlarge@s-a<2000000 ",
		.with_group = true},
	/* --- what Spot costs now, and what it may come to */
	{.name = "the limit is held against the list price, not against what Spot costs now",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(1)), .list_uusd_hr = USD(3),
				    .price_why = "Spot price of 2026-11-22 13:05 UTC"},
			{P("c5n.18xlarge", "s-b", B, USD(2)), .list_uusd_hr = USD(2.5)}},
		.flags = SPOT,
		.limit = {USD(40), true},
		.pools = "c5n.18xlarge@s-b ",
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-a us-east-2a: 48.00 USD/h for 16 nodes is over "
			    "the limit of 40.00/h\n",
			"kept c5n.18xlarge s-b us-east-2b: 2.00 USD/h, at most 2.50\n",
			"cost: 16 nodes at 2.50 USD/h at most: 40.00 USD/h"}},
	{.name = "or against the cap, which is asked for that",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(1)), .list_uusd_hr = USD(3),
			.max_price_uusd_hr = USD(2.5),
			.price_why = "Spot price of 2026-11-22 13:05 UTC"}},
		.flags = SPOT,
		.limit = {USD(40), true},
		.pools = "c5.18xlarge@s-a<2500000 ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-a us-east-2a: 1.00 USD/h, Spot price of 2026-11-22 "
			    "13:05 UTC, at most 2.50\n"}},
	{.name = "a cap over the list price is never reached",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(1)), .list_uusd_hr = USD(2.5),
			.max_price_uusd_hr = USD(9)}},
		.flags = SPOT,
		.limit = {USD(40), true},
		.pools = "c5.18xlarge@s-a<9000000 ",
		.with_group = true,
		.reasons = {", at most 2.50\n"}},
	{.name = "nobody knows what Spot may come to",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(1)), .list_uusd_hr = -1}},
		.flags = SPOT,
		.limit = {USD(40), true},
		.class = ERR_BUDGET,
		.text = "no price known of c5.18xlarge"},
	{.name = "without a limit that is no matter",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(1)), .list_uusd_hr = -1}},
		.flags = SPOT,
		.pools = "c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-a us-east-2a: 1.00 USD/h\n"}},
	{.name = "a stale Spot price is held against no cap",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(2)), .list_uusd_hr = USD(3),
			.max_price_uusd_hr = USD(1.5), .price_stale = true,
			.price_why = "Spot price of 2026-11-20 13:05 UTC, stale"}},
		.flags = SPOT,
		.pools = "c5.18xlarge@s-a<1500000 ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-a us-east-2a: 1.50 USD/h, Spot price of 2026-11-20 "
			    "13:05 UTC, stale\n"}},
	{.name = "without a Spot price the list price serves, as it is given",
		.choices = {{C("c5.18xlarge", "s-a", A), .list_uusd_hr = USD(5),
			.price_why = "list price of 2026-11-20"}},
		.flags = SPOT,
		.pools = "c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-a us-east-2a: 5.00 USD/h, list price of "
			    "2026-11-20\n"}},
	{.name = "a list price that is not known is not looked up in the table",
		.choices = {{C("c5.18xlarge", "s-a", A), .list_uusd_hr = -1}},
		.limit = {USD(400), true},
		.class = ERR_BUDGET,
		.text = "no price known of c5.18xlarge"},
	{.name = "on demand, what it costs is what it comes to",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(2)), .list_uusd_hr = USD(3)}},
		.limit = {USD(32), true},
		.pools = "c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"kept c5.18xlarge s-a us-east-2a: 2.00 USD/h\n"}},
	{.name = "on-demand knows no cap",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(3)), .max_price_uusd_hr = USD(1)}},
		.pools = "c5.18xlarge@s-a ",
		.with_group = true},
	{.name = "all over their caps",
		.choices = {{P("c5.18xlarge", "s-a", A, USD(1.3)), .max_price_uusd_hr = USD(1.1)},
			{P("c5.9xlarge", "s-b", B, USD(1.2)), .max_price_uusd_hr = USD(1)}},
		.flags = SPOT,
		.class = ERR_CAPACITY,
		.text = "every spot price is over its cap: the lowest is c5.9xlarge at 1.20 USD/h, "
			"its cap 1.00"},

	/* --- what must not be dropped */
	{.name = "required EFA",
		.choices = {{C("c5n.18xlarge", "s-a", A)}},
		.efa = EFA_REQUIRED,
		.flags = NO_EFA,
		.class = ERR_USAGE,
		.text = "a plan without the EFA that is required"},
	{.name = "required EFA's group",
		.choices = {{C("c5n.18xlarge", "s-a", A)}},
		.efa = EFA_REQUIRED,
		.flags = NO_GROUP,
		.class = ERR_USAGE,
		.text = "a plan without the placement group that must be had"},
	{.name = "a group that the site forces",
		.choices = {{C("c5n.18xlarge", "s-a", A)}},
		.flags = NO_GROUP | ALWAYS,
		.class = ERR_USAGE,
		.text = "a plan without the placement group that must be had"},
	{.name = "no EFA is asked: none is missed",
		.choices = {{C("c5n.18xlarge", "s-a", A)}},
		.flags = NO_EFA,
		.pools = "c5n.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"EFA: disabled (the user's --efa): not used\n"}},
};

/* "type@subnet/reservation!<cap ": '!' of a block. */
static void pools_text(const struct plan *plan, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < plan->npools && len < size; i++) {
		const struct plan_pool *pool = &plan->pools[i];
		char cap[32] = "";

		if (pool->max_price_uusd_hr != -1)
			snprintf(cap, sizeof(cap), "<%lld", (long long)pool->max_price_uusd_hr);
		len += (size_t)snprintf(buf + len, size - len, "%s@%s%s%s%s%s ", pool->type,
			pool->subnet, pool->reservation ? "/" : "",
			pool->reservation ? pool->reservation : "", pool->block ? "!" : "", cap);
	}
}

static void check_refused(const struct expect *e, const struct plan_request *request)
{
	struct plan plan = {.npools = 77};
	struct err err = {0};

	ck_assert_msg(plan_make(request, &plan, &err) == -1, "%s", e->name);
	ck_assert_uint_eq(plan.npools, 77);
	ck_assert_msg(err.class == e->class, "%s: %s", e->name, err.text);
	ck_assert_msg(strstr(err.text, e->text), "%s: %s", e->name, err.text);
	ck_assert_int_eq(plan_make(request, &plan, NULL), -1);
}

START_TEST(plan_of_a_step)
{
	const struct expect *e = &table[_i];
	struct plan_request request = request_of(e);
	CLEANUP(plan_release) struct plan plan = {0};
	cleanup_free char *reasons = NULL;
	struct err err = {0};
	char pools[512];

	if (e->class) {
		check_refused(e, &request);
		return;
	}
	ck_assert_msg(plan_make(&request, &plan, &err) == 0, "%s: %s", e->name, err.text);
	pools_text(&plan, pools, sizeof(pools));
	ck_assert_msg(strcmp(pools, e->pools) == 0, "%s: %s\n%s", e->name, pools, plan.reasons);
	ck_assert_msg(plan.efa == e->with_efa, "%s\n%s", e->name, plan.reasons);
	ck_assert_msg(plan.cluster_group == e->with_group, "%s\n%s", e->name, plan.reasons);
	/* a reservation is no spot */
	ck_assert_int_eq(plan.market, request.reserved_only ? MARKET_ON_DEMAND : request.market);
	for (size_t i = 0; i < ARRAY_SIZE(e->reasons) && e->reasons[i]; i++)
		ck_assert_msg(strstr(plan.reasons, e->reasons[i]), "%s: lacks %s\n%s", e->name,
			e->reasons[i], plan.reasons);
	reasons = plan_reasons(&request, &err);
	ck_assert_str_eq(reasons, plan.reasons);
}
END_TEST

/* Where no plan is left, the reasons say so of every choice all the same. */
START_TEST(reasons_without_plan)
{
	static const struct expect e = {
		.choices = {{C("c5.18xlarge", "s-a", A)},
			{C("c5n.18xlarge", "s-a", A), .tried = true, .tried_why = ICE}},
		.efa = EFA_PREFERRED,
	};
	struct plan_request request = request_of(&e);
	cleanup_free char *reasons = plan_reasons(&request, NULL);

	ck_assert_str_eq(reasons, "EFA: preferred (the user's --efa): no choice is possible\n"
				  "refused c5.18xlarge s-a us-east-2a: has no EFA\n"
				  "refused c5n.18xlarge s-a us-east-2a: tried just now: " ICE "\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan steps");
	TCase *tc = tcase_create("steps");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, plan_of_a_step, 0, ARRAY_SIZE(table));
	tcase_add_test(tc, reasons_without_plan);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
