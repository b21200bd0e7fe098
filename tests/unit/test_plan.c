/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/plan.h"

#define USD(x) ((int64_t)((x)*1000000))

#define CHOICES_MAX 8

/* A gang of 16 on-demand in us-east-2, two hours, without a limit. */
static struct plan_request request_base(void)
{
	return (struct plan_request){
		.nodes = 16,
		.gang = true,
		.efa = EFA_DISABLED,
		.efa_why = "the user's --efa",
		.time_limit_s = 7200,
		.boot_s = 600,
		.release_s = 300,
		.region = "us-east-2",
		.group_threshold = 2,
	};
}

struct expect {
	const char *name;
	struct plan_choice choices[CHOICES_MAX];
	enum efa_mode efa;
	unsigned nodes; /* 0: 16 */
	unsigned cpus;
	uint64_t mem_mib;
	struct cost_limit limit;
	int64_t time_limit_s; /* 0: 7200 */
	int64_t spent_uusd;
	const char *region; /* NULL: us-east-2 */
	enum market market;
	bool single; /* no gang */
	bool group_always;
	unsigned threshold; /* 0: 2 */
	/* wanted */
	const char *pools; /* "type@subnet …" */
	bool with_efa, with_group;
	const char *reasons[4];
	enum err_class class; /* and the failure's, with texts that it has */
	const char *texts[4];
};

static struct plan_request request_of(const struct expect *e)
{
	struct plan_request r = request_base();

	r.efa = e->efa;
	if (e->nodes)
		r.nodes = e->nodes;
	r.cpus_per_node = e->cpus;
	r.mem_mib_per_node = e->mem_mib;
	r.limit = e->limit;
	if (e->time_limit_s)
		r.time_limit_s = e->time_limit_s;
	r.spent_uusd = e->spent_uusd;
	if (e->region)
		r.region = e->region;
	r.market = e->market;
	r.gang = !e->single;
	r.group_always = e->group_always;
	if (e->threshold)
		r.group_threshold = e->threshold;
	r.choices = e->choices;
	while (r.nchoices < CHOICES_MAX && e->choices[r.nchoices].type)
		r.nchoices++;
	return r;
}

#define A "us-east-2a"
#define B "us-east-2b"

/* A choice: type, subnet, AZ, with nothing else known */
#define C(type, subnet, az)                                                                        \
	{                                                                                          \
		type, subnet, az, -1, -1                                                           \
	}

static const struct expect made[] = {
	{.name = "the site's order is kept",
		.choices = {C("hpc7a.96xlarge", "s-b", B), C("hpc6a.48xlarge", "s-b", B),
			C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.pools = "hpc7a.96xlarge@s-b hpc6a.48xlarge@s-b c5n.18xlarge@s-a ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"EFA: required (the user's --efa): used\n",
			"placement group: cluster, for 16 nodes\n",
			"cost: 16 nodes at 7.20 USD/h at most: 115.20 USD/h; 259.20 USD at worst "
			"for "
			"600 s boot, 7200 s time limit, 300 s release\n",
			"kept hpc7a.96xlarge s-b us-east-2b: 7.20 USD/h, 2 EFA\n"}},
	{.name = "required drops what has none",
		.choices = {C("c5.large", "s-a", A), C("c5n.18xlarge", "s-a", A),
			C("nosuch.large", "s-a", A)},
		.efa = EFA_REQUIRED,
		.pools = "c5n.18xlarge@s-a ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"refused c5.large s-a us-east-2a: has no EFA\n",
			"refused nosuch.large s-a us-east-2a: not in the catalogue of "
			"2026-07-20\n"}},
	{.name = "preferred: those with EFA, if any",
		.choices = {C("c5.18xlarge", "s-a", A), C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_PREFERRED,
		.pools = "c5n.18xlarge@s-a ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"refused c5.18xlarge s-a us-east-2a: has no EFA\n"}},
	{.name = "preferred: else without, and why",
		.choices = {C("c5.18xlarge", "s-a", A)},
		.efa = EFA_PREFERRED,
		.pools = "c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"EFA: preferred (the user's --efa): not used, no choice with it is "
			    "possible\n"}},
	{.name = "preferred: EFA over the limit does not count",
		.choices = {C("c5.18xlarge", "s-a", A), C("hpc7a.96xlarge", "s-a", A)},
		.efa = EFA_PREFERRED,
		.limit = {USD(60), true},
		.pools = "c5.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"115.20 USD/h for 16 nodes is over the limit of 60.00/h\n",
			"USD/h; 110.16 USD at worst for", "; limit 60.00/h\n"}},
	{.name = "optional: all or none",
		.choices = {C("c5.18xlarge", "s-a", A), C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_OPTIONAL,
		.pools = "c5.18xlarge@s-a c5n.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"not used, not every kept choice has it\n"}},
	{.name = "optional: all",
		.choices = {C("c5n.18xlarge", "s-a", A), C("hpc6a.48xlarge", "s-a", A)},
		.efa = EFA_OPTIONAL,
		.pools = "c5n.18xlarge@s-a hpc6a.48xlarge@s-a ",
		.with_efa = true,
		.with_group = true},
	{.name = "disabled",
		.choices = {C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_DISABLED,
		.pools = "c5n.18xlarge@s-a ",
		.with_group = true,
		.reasons = {"EFA: disabled (the user's --efa): not used\n"}},
	{.name = "smaller than the node",
		.choices = {C("c5.large", "s-a", A), C("c5.18xlarge", "s-a", A),
			C("r5.24xlarge", "s-a", A)},
		.efa = EFA_DISABLED,
		.cpus = 72,
		.mem_mib = 140000,
		.pools = "c5.18xlarge@s-a r5.24xlarge@s-a ",
		.with_group = true,
		.reasons = {"refused c5.large s-a us-east-2a: has 2 vCPUs and 4096 MiB, Slurm's "
			    "node 72 "
			    "CPUs and 140000 MiB\n"}},
	{.name = "no spot for hpc types",
		.choices = {C("hpc7a.96xlarge", "s-a", A), C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.market = MARKET_SPOT,
		.pools = "c5n.18xlarge@s-a ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"refused hpc7a.96xlarge s-a us-east-2a: not sold as spot\n"}},
	{.name = "capacity blocks are not on-demand",
		.choices = {C("p5e.48xlarge", "s-a", A), C("p5.48xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.pools = "p5.48xlarge@s-a ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"sold as capacity blocks only\n", "cost: price unknown\n",
			"kept p5.48xlarge s-a us-east-2a: price unknown, 32 EFA\n"}},
	{.name = "a group is preferred for a gang without EFA",
		.choices = {C("t3.large", "s-a", A), C("c5.large", "s-a", A)},
		.efa = EFA_DISABLED,
		.pools = "c5.large@s-a ",
		.with_group = true,
		.reasons = {"refused t3.large s-a us-east-2a: may not stand in a cluster placement "
			    "group\n"}},
	{.name = "and not a reason to fail",
		.choices = {C("t3.large", "s-a", A)},
		.efa = EFA_DISABLED,
		.pools = "t3.large@s-a ",
		.reasons = {"placement group: none, no kept type may stand in one\n"}},
	{.name = "EFA over the threshold needs the group",
		.choices = {C("vt1.24xlarge", "s-a", A), C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.pools = "c5n.18xlarge@s-a ",
		.with_efa = true,
		.with_group = true},
	{.name = "optional EFA goes where the group cannot",
		.choices = {C("vt1.24xlarge", "s-a", A)},
		.efa = EFA_OPTIONAL,
		.pools = "vt1.24xlarge@s-a "},
	{.name = "preferred EFA that a group forbids",
		.choices = {C("vt1.24xlarge", "s-a", A), C("c5n.18xlarge", "s-b", B)},
		.efa = EFA_PREFERRED,
		.pools = "c5n.18xlarge@s-b ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"refused vt1.24xlarge s-a us-east-2a: not possible with EFA\n"}},
	{.name = "from the threshold up a group",
		.choices = {C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.nodes = 4,
		.threshold = 4,
		.pools = "c5n.18xlarge@s-a ",
		.with_efa = true,
		.with_group = true},
	{.name = "under the threshold no group",
		.choices = {C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.nodes = 3,
		.threshold = 4,
		.pools = "c5n.18xlarge@s-a ",
		.with_efa = true,
		.reasons = {"placement group: none\n"}},
	{.name = "forced also for one node",
		.choices = {C("t3.large", "s-a", A), C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_DISABLED,
		.nodes = 1,
		.group_always = true,
		.pools = "c5n.18xlarge@s-a ",
		.with_group = true},
	{.name = "no group without a gang",
		.choices = {C("t3.large", "s-a", A), C("c5.large", "s-a", A)},
		.efa = EFA_DISABLED,
		.single = true,
		.group_always = true,
		.pools = "t3.large@s-a c5.large@s-a "},
	{.name = "EFA as asked without a gang",
		.choices = {C("c5n.18xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.single = true,
		.pools = "c5n.18xlarge@s-a ",
		.with_efa = true},
	{.name = "a subnet too small",
		.choices = {{"c5.large", "s-a", A, 15, -1}, {"c5.large", "s-b", B, 16, -1}},
		.efa = EFA_DISABLED,
		.pools = "c5.large@s-b ",
		.with_group = true,
		.reasons =
			{"refused c5.large s-a us-east-2a: the subnet has 15 free addresses for 16 "
			 "nodes\n"}},
	{.name = "one subnet of an AZ, the one with most addresses",
		.choices = {{"c5.large", "s-a1", A, 20, -1}, {"m5.large", "s-a1", A, 20, -1},
			{"c5.large", "s-a2", A, 200, -1}, {"c5.large", "s-b1", B, 20, -1},
			{"m5.large", "s-a2", A, 200, -1}},
		.efa = EFA_DISABLED,
		.pools = "c5.large@s-a2 c5.large@s-b1 m5.large@s-a2 ",
		.with_group = true,
		.reasons =
			{"refused c5.large s-a1 us-east-2a: one fleet takes one subnet of an AZ: "
			 "s-a2 is used\n"}},
	{.name = "of equal subnets the first; the same choice once",
		.choices = {C("c5.large", "s-a1", A), C("c5.large", "s-a2", A),
			C("c5.large", "s-a1", A)},
		.efa = EFA_DISABLED,
		.pools = "c5.large@s-a1 ",
		.with_group = true,
		.reasons = {"refused c5.large s-a1 us-east-2a: stands twice\n"}},
	{.name = "AZs not known: each subnet by itself",
		.choices = {C("c5.large", "s-1", ""), C("c5.large", "s-2", ""),
			C("c5.large", "s-1", "")},
		.efa = EFA_DISABLED,
		.pools = "c5.large@s-1 c5.large@s-2 ",
		.with_group = true,
		.reasons = {"kept c5.large s-2: 0.085 USD/h\n",
			"refused c5.large s-1: stands twice\n"}},
	{.name = "the minority's architecture",
		.choices = {C("c7g.large", "s-a", A), C("c5.large", "s-a", A),
			C("m5.large", "s-a", A)},
		.efa = EFA_DISABLED,
		.pools = "c5.large@s-a m5.large@s-a ",
		.with_group = true,
		.reasons =
			{"refused c7g.large s-a us-east-2a: arm64 among more choices of the other "
			 "architecture\n"}},
	{.name = "on a tie the first's",
		.choices = {C("c7g.large", "s-a", A), C("c5.large", "s-a", A)},
		.efa = EFA_DISABLED,
		.pools = "c7g.large@s-a ",
		.with_group = true,
		.reasons = {"refused c5.large s-a us-east-2a: x86_64 among"}},
	{.name = "the dearer ones go for the limit of the job",
		.choices = {C("hpc7a.96xlarge", "s-b", B), C("hpc6a.48xlarge", "s-b", B)},
		.efa = EFA_REQUIRED,
		.limit = {USD(259), false},
		.pools = "hpc6a.48xlarge@s-b ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"refused hpc7a.96xlarge s-b us-east-2b: at worst 259.20 USD for the "
			    "job is "
			    "over the limit of 259.00\n"}},
	{.name = "a limit just met, with what was spent",
		.choices = {C("hpc7a.96xlarge", "s-b", B)},
		.efa = EFA_REQUIRED,
		.limit = {USD(300), false},
		.spent_uusd = USD(40.8),
		.pools = "hpc7a.96xlarge@s-b ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"300.00 USD at worst", ", 40.80 USD spent before; limit 300.00\n"}},
	{.name = "an hourly limit serves without a time limit",
		.choices = {C("hpc7a.96xlarge", "s-b", B)},
		.efa = EFA_REQUIRED,
		.time_limit_s = -1,
		.limit = {USD(115.2), true},
		.pools = "hpc7a.96xlarge@s-b ",
		.with_efa = true,
		.with_group = true,
		.reasons = {"115.20 USD/h; no time limit; limit 115.20/h\n"}},
	{.name = "with a limit only what has a price",
		.choices = {C("m8g.48xlarge", "s-b", B), C("c7g.16xlarge", "s-b", B)},
		.efa = EFA_REQUIRED,
		.limit = {USD(100), true},
		.pools = "c7g.16xlarge@s-b ",
		.with_efa = true,
		.with_group = true,
		.reasons =
			{"refused m8g.48xlarge s-b us-east-2b: no price known in us-east-2, and a "
			 "cost limit is asked\n"}},
	{.name = "the caller's price comes first",
		.choices = {{"hpc7a.96xlarge", "s-b", B, -1, USD(1)}},
		.efa = EFA_REQUIRED,
		.limit = {USD(16), true},
		.pools = "hpc7a.96xlarge@s-b ",
		.with_efa = true,
		.with_group = true},
};

static void pools_text(const struct plan *plan, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < plan->npools && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s@%s ", plan->pools[i].type,
			plan->pools[i].subnet);
}

START_TEST(plan_is_made)
{
	const struct expect *e = &made[_i];
	struct plan_request request = request_of(e);
	CLEANUP(plan_release) struct plan plan = {0};
	cleanup_free char *reasons = NULL;
	struct err err = {0};
	char pools[512];

	ck_assert_msg(plan_make(&request, &plan, &err) == 0, "%s: %s", e->name, err.text);
	pools_text(&plan, pools, sizeof(pools));
	ck_assert_msg(strcmp(pools, e->pools) == 0, "%s: %s\n%s", e->name, pools, plan.reasons);
	ck_assert_msg(plan.efa == e->with_efa, "%s\n%s", e->name, plan.reasons);
	ck_assert_msg(plan.cluster_group == e->with_group, "%s\n%s", e->name, plan.reasons);
	ck_assert_int_eq(plan.market, e->market);
	for (size_t i = 0; i < ARRAY_SIZE(e->reasons) && e->reasons[i]; i++)
		ck_assert_msg(strstr(plan.reasons, e->reasons[i]), "%s: lacks %s\n%s", e->name,
			e->reasons[i], plan.reasons);
	for (size_t i = 0; i < plan.npools; i++)
		ck_assert_uint_eq(plan.pools[i].layout.addresses, 1);
	reasons = plan_reasons(&request, &err);
	ck_assert_str_eq(reasons, plan.reasons);
}
END_TEST

static const struct expect refused[] = {
	{.name = "required, none has it",
		.choices = {C("c5.large", "s-a", A), C("m5.large", "s-b", B),
			C("c5.large", "s-b", B)},
		.efa = EFA_REQUIRED,
		.class = ERR_CONFIG,
		.texts = {"EFA is required (the user's --efa), but no allowed type that serves has "
			  "it: "
			  "allowed are c5.large, m5.large; these would meet it: c5n.9xlarge, "
			  "hpc6a.48xlarge or c5n.18xlarge"}},
	{.name = "required, suggestions hold the node",
		.choices = {C("c5.24xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.cpus = 96,
		.class = ERR_CONFIG,
		.texts = {"these would meet it: hpc6a.48xlarge, "}},
	{.name = "required, no accelerators suggested though inf1.24xlarge is cheapest",
		.choices = {C("c5.24xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.cpus = 96,
		.market = MARKET_SPOT,
		.region = "us-east-1",
		.class = ERR_CONFIG,
		.texts = {"these would meet it: c6i.32xlarge, "}},
	{.name = "required, suggestions by market and architecture",
		.choices = {C("c7g.large", "s-a", A)},
		.efa = EFA_REQUIRED,
		.market = MARKET_SPOT,
		.class = ERR_CONFIG,
		.texts = {"allowed are c7g.large; these would meet it: c7g.16xlarge, "}},
	{.name = "required, GPUs for GPUs",
		.choices = {C("g5.xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.class = ERR_CONFIG,
		.texts = {"these would meet it: g6.8xlarge, g4dn.8xlarge or "}},
	{.name = "required, nothing would",
		.choices = {C("c5.large", "s-a", A)},
		.efa = EFA_REQUIRED,
		.limit = {USD(2), true},
		.class = ERR_CONFIG,
		.texts = {"allowed are c5.large"}},
	{.name = "unknown types",
		.choices = {C("x.1", "s", A), C("x.2", "s", A), C("x.3", "s", A), C("x.1", "s", B)},
		.efa = EFA_PREFERRED,
		.class = ERR_CONFIG,
		.texts = {"no allowed type is in the catalogue of 2026-07-20: x.1, x.2, x.3"}},
	{.name = "not spot",
		.choices = {C("hpc7a.96xlarge", "s-a", A), C("hpc6a.48xlarge", "s-a", A)},
		.efa = EFA_OPTIONAL,
		.market = MARKET_SPOT,
		.class = ERR_CONFIG,
		.texts = {"spot is asked, but hpc7a.96xlarge, hpc6a.48xlarge is not sold as spot: "
			  "allow "
			  "another type or another purchasing option"}},
	{.name = "blocks only",
		.choices = {C("p5e.48xlarge", "s-a", A)},
		.efa = EFA_OPTIONAL,
		.class = ERR_CONFIG,
		.texts = {"on-demand is asked, but p5e.48xlarge is sold as capacity blocks only"}},
	{.name = "too small",
		.choices = {C("c5.large", "s-a", A), C("m5.4xlarge", "s-a", A),
			C("c5.4xlarge", "s-a", A)},
		.efa = EFA_DISABLED,
		.cpus = 32,
		.class = ERR_CONFIG,
		.texts = {"Slurm's node has 32 CPUs and 0 MiB; the largest allowed type, "
			  "m5.4xlarge, has "
			  "16 vCPUs and 65536 MiB"}},
	{.name = "too little memory",
		.choices = {C("c5.large", "s-a", A)},
		.efa = EFA_DISABLED,
		.mem_mib = 4097,
		.class = ERR_CONFIG,
		.texts = {"Slurm's node has 0 CPUs and 4097 MiB; the largest allowed type, "
			  "c5.large"}},
	{.name = "a group forced",
		.choices = {C("t3.large", "s-a", A)},
		.efa = EFA_DISABLED,
		.group_always = true,
		.class = ERR_CONFIG,
		.texts = {"a cluster placement group is needed for 16 nodes, but t3.large may not "
			  "stand "
			  "in one"}},
	{.name = "addresses",
		.choices = {{"c5.large", "s-a", A, 3, -1}, {"c5.large", "s-b", B, 15, -1}},
		.efa = EFA_DISABLED,
		.class = ERR_ADDRESS,
		.texts = {"16 nodes need an address each; of the allowed subnets s-b has the most "
			  "free, "
			  "15"}},
	{.name = "price unknown",
		.choices = {C("hpc7a.96xlarge", "s-a", A)},
		.efa = EFA_DISABLED,
		.region = "us-west-2",
		.limit = {USD(30), true},
		.class = ERR_BUDGET,
		.texts = {"cost limit 30.00 USD/h cannot be checked: no price known of "
			  "hpc7a.96xlarge in "
			  "us-west-2 (built-in table of 2026-07-20)"}},
	{.name = "over the hourly limit",
		.choices = {C("hpc7a.96xlarge", "s-a", A), C("hpc6a.48xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.limit = {USD(30), true},
		.class = ERR_BUDGET,
		.texts = {"cost limit 30.00 USD/h: 16 x hpc6a.48xlarge, the cheapest allowed, cost "
			  "46.08 "
			  "USD/h at 2.88 each"}},
	{.name = "over the job's limit",
		.choices = {C("hpc7a.96xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.limit = {USD(250), false},
		.spent_uusd = USD(1),
		.class = ERR_BUDGET,
		.texts = {"cost limit 250.00 USD: 16 x hpc7a.96xlarge, the cheapest allowed, cost "
			  "260.20 "
			  "USD at worst (600 s boot, 7200 s time limit, 300 s release, 1.00 USD "
			  "spent "
			  "before)"}},
	{.name = "a cost beyond counting",
		.choices = {{"hpc7a.96xlarge", "s-a", A, -1, INT64_MAX / 100}},
		.efa = EFA_REQUIRED,
		.limit = {USD(250), false},
		.class = ERR_BUDGET,
		.texts = {"cost an uncountable amount of USD at worst"}},
	{.name = "a job's limit without a time limit",
		.choices = {C("hpc7a.96xlarge", "s-a", A)},
		.efa = EFA_REQUIRED,
		.limit = {USD(250), false},
		.time_limit_s = -1,
		.class = ERR_BUDGET,
		.texts = {"the job has no time limit: give one (--time) or limit the cost per "
			  "hour"}},
	{.name = "USD in China",
		.choices = {{"c5.large", "s-a", "cn-north-1a", -1, USD(1)}},
		.efa = EFA_DISABLED,
		.region = "cn-north-1",
		.limit = {USD(250), true},
		.class = ERR_BUDGET,
		.texts = {"cost limit 250.00 USD/h cannot be checked in cn-north-1: AWS China "
			  "bills in "
			  "CNY"}},
	{.name = "no type at all",
		.efa = EFA_DISABLED,
		.class = ERR_CONFIG,
		.texts = {"the node group allows no instance type"}},
	{.name = "the caller forgot the mode",
		.choices = {C("c5.large", "s-a", A)},
		.class = ERR_USAGE,
		.texts = {"without an EFA mode"}},
	{.name = "many types are counted",
		.choices = {C("a.1", "s", A), C("a.2", "s", A), C("a.3", "s", A), C("a.4", "s", A),
			C("a.5", "s", A), C("a.6", "s", A), C("a.7", "s", A), C("a.8", "s", A)},
		.efa = EFA_DISABLED,
		.class = ERR_CONFIG,
		.texts = {"a.7, a.8"}},
};

START_TEST(plan_is_refused)
{
	const struct expect *e = &refused[_i];
	struct plan_request request = request_of(e);
	struct plan plan = {.npools = 77};
	struct err err = {0};

	ck_assert_msg(plan_make(&request, &plan, &err) == -1, "%s", e->name);
	ck_assert_uint_eq(plan.npools, 77);
	ck_assert_msg(err.class == e->class, "%s: %s", e->name, err.text);
	for (size_t i = 0; i < ARRAY_SIZE(e->texts) && e->texts[i]; i++)
		ck_assert_msg(strstr(err.text, e->texts[i]), "%s: %s", e->name, err.text);
	ck_assert_int_eq(plan_make(&request, &plan, NULL), -1);
}
END_TEST

START_TEST(odd_requests)
{
	struct plan_choice choices[10] = {0};
	struct plan_request request = request_base();
	CLEANUP(plan_release) struct plan plan = {0};
	cleanup_free char *reasons = NULL;
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		static const char *const names[] = {
			"a.0", "a.1", "a.2", "a.3", "a.4", "a.5", "a.6", "a.7", "a.8", "a.9"};
		choices[i] = (struct plan_choice){names[i], "s", A, -1, -1};
	}
	request.choices = choices;
	request.nchoices = ARRAY_SIZE(choices);
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_msg(strstr(err.text, "a.6, a.7 and 2 more"), "%s", err.text);
	/* explained all the same */
	reasons = plan_reasons(&request, &err);
	ck_assert_ptr_nonnull(reasons);
	ck_assert_ptr_nonnull(
		strstr(reasons, "EFA: disabled (the user's --efa): no choice is possible\n"));
	ck_assert_ptr_nonnull(strstr(reasons, "refused a.9 s us-east-2a: not in the catalogue"));
	ck_assert_ptr_null(strstr(reasons, "cost:"));
	request.nodes = 0;
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_int_eq(err.class, ERR_USAGE);
	ck_assert_str_eq(err.text, "a plan for no nodes");
	ck_assert_ptr_null(plan_reasons(&request, NULL));
}
END_TEST

START_TEST(worst_case)
{
	static const struct plan_choice choices[] = {C("hpc7a.96xlarge", "s-b", B),
		C("hpc6a.48xlarge", "s-b", B), C("m8i.48xlarge", "s-b", B)};
	struct plan_request request = request_base();
	struct plan plan = {0};

	request.choices = choices;
	request.nchoices = 2;
	request.spent_uusd = 5;
	ck_assert_int_eq(plan_make(&request, &plan, NULL), 0);
	ck_assert_int_eq(plan.worst_uusd_hr, USD(115.2));
	ck_assert_int_eq(plan.worst_uusd, USD(259.2) + 5);
	plan_release(&plan);
	request.time_limit_s = -1;
	ck_assert_int_eq(plan_make(&request, &plan, NULL), 0);
	ck_assert_int_eq(plan.worst_uusd_hr, USD(115.2));
	ck_assert_int_eq(plan.worst_uusd, -1);
	plan_release(&plan);
	request.time_limit_s = 7200;
	request.nchoices = 3; /* one of them without a price */
	ck_assert_int_eq(plan_make(&request, &plan, NULL), 0);
	ck_assert_uint_eq(plan.npools, 3);
	ck_assert_int_eq(plan.pools[2].rate_uusd_hr, -1);
	ck_assert_int_eq(plan.worst_uusd_hr, -1);
	ck_assert_int_eq(plan.worst_uusd, -1);
	plan_release(&plan);
	plan_release(&plan);
}
END_TEST

/* A pool of one-node jobs: the limit is each job's own, the addresses are for all. */
START_TEST(pool_costs)
{
	static const struct plan_choice choices[] = {C("hpc7a.96xlarge", "s-b", B)};
	struct plan_request request = request_base();
	struct plan plan = {0};
	struct err err = {0};

	request.choices = choices;
	request.nchoices = 1;
	request.gang = false;
	request.nodes = 3;
	request.limit = (struct cost_limit){USD(17), false};
	ck_assert_int_eq(plan_make(&request, &plan, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
	request.cost_nodes = 1;
	ck_assert_msg(plan_make(&request, &plan, &err) == 0, "%s", err.text);
	ck_assert_int_eq(plan.worst_uusd_hr, USD(7.2));
	ck_assert_int_eq(plan.worst_uusd, USD(16.2));
	plan_release(&plan);
}
END_TEST

START_TEST(described)
{
	static const struct {
		bool efa;
		enum efa_mode asked;
		enum market market;
		struct cost_limit limit;
		int64_t time_limit_s, rate_uusd_hr;
		unsigned nodes;
		const char *az, *group, *text;
	} t[] = {
		{true, EFA_REQUIRED, MARKET_ON_DEMAND, {USD(250), false}, 7200, USD(7.2), 16, B,
			"G",
			"16 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group G, 115.20 "
			"USD/h, "
			"<= 259.20 USD of 250.00"},
		{true, EFA_REQUIRED, MARKET_ON_DEMAND, {0, false}, 7200, USD(7.2), 16, B, "G",
			"16 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group G, 115.20 "
			"USD/h, "
			"<= 259.20 USD"},
		{true, EFA_REQUIRED, MARKET_ON_DEMAND, {USD(30), true}, 7200, USD(1), 16, B, NULL,
			"16 x hpc7a.96xlarge on-demand us-east-2b, EFA, 16.00 USD/h of 30.00/h, <= "
			"36.00 USD"},
		{false, EFA_PREFERRED, MARKET_SPOT, {USD(30), true}, -1, USD(1), 16, "", "",
			"16 x hpc7a.96xlarge spot, no EFA, 16.00 USD/h of 30.00/h"},
		{false, EFA_DISABLED, MARKET_ON_DEMAND, {0, false}, 7200, -1, 2, B, NULL,
			"2 x hpc7a.96xlarge on-demand us-east-2b, price unknown"},
		/* rounded up to cents, but not beyond the limit that is met */
		{false, EFA_DISABLED, MARKET_ON_DEMAND, {0, false}, 7200, 1683201, 1, B, NULL,
			"1 x hpc7a.96xlarge on-demand us-east-2b, 1.683201 USD/h, <= 3.79 USD"},
		{false, EFA_DISABLED, MARKET_ON_DEMAND, {USD(3.789), false}, 7200, 1683201, 1, B,
			NULL,
			"1 x hpc7a.96xlarge on-demand us-east-2b, 1.683201 USD/h, <= 3.787203 USD "
			"of "
			"3.789"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct plan_request request = request_base();
		struct plan plan = {.efa = t[i].efa, .market = t[i].market};
		cleanup_free char *text = NULL;

		request.efa = t[i].asked;
		request.limit = t[i].limit;
		request.time_limit_s = t[i].time_limit_s;
		text = plan_describe(&plan, &request, t[i].nodes, "hpc7a.96xlarge", t[i].az,
			t[i].rate_uusd_hr, t[i].group);
		ck_assert_str_eq(text, t[i].text);
	}
}
END_TEST

START_TEST(described_in_parts)
{
	struct plan_pool pool = {.type = "hpc7a.96xlarge", .reservation = "cr-1"};
	struct plan plan = {.market = MARKET_ON_DEMAND};
	struct plan_request request = request_base();
	struct plan_part parts[] = {
		{2, "hpc7a.96xlarge", A, false, USD(7.2)},
		{1, "c7i.48xlarge", B, true, USD(3)},
	};
	cleanup_free char *text = NULL;

	request.efa = EFA_PREFERRED;
	request.time_limit_s = 3600;
	request.boot_s = request.release_s = 0;
	/* what was spent before counts once */
	request.spent_uusd = USD(10);
	text = plan_describe_parts(&plan, &request, parts, 2, NULL);
	ck_assert_str_eq(text, "2 x hpc7a.96xlarge on-demand us-east-2a, 1 x c7i.48xlarge spot "
			       "us-east-2b, no EFA, 17.40 USD/h, <= 27.40 USD");
	free(text);
	parts[1].rate_uusd_hr = -1;
	text = plan_describe_parts(&plan, &request, parts, 2, NULL);
	ck_assert_str_eq(text, "2 x hpc7a.96xlarge on-demand us-east-2a, 1 x c7i.48xlarge spot "
			       "us-east-2b, no EFA, price unknown");
	free(text);
	/* paid for already */
	plan.pools = &pool;
	plan.npools = 1;
	plan.efa = true;
	text = plan_describe_parts(&plan, &request, parts, 1, "G");
	ck_assert_str_eq(text, "2 x hpc7a.96xlarge reserved us-east-2a, EFA, placement group G, "
			       "14.40 USD/h, <= 24.40 USD");
	free(text);
	pool.block = true;
	text = plan_describe_parts(&plan, &request, parts, 1, "G");
	ck_assert_str_eq(text, "2 x hpc7a.96xlarge capacity block us-east-2a, EFA, placement group "
			       "G, 14.40 USD/h, <= 24.40 USD");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("plan");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, plan_is_made, 0, ARRAY_SIZE(made));
	tcase_add_loop_test(tc, plan_is_refused, 0, ARRAY_SIZE(refused));
	tcase_add_test(tc, odd_requests);
	tcase_add_test(tc, worst_case);
	tcase_add_test(tc, pool_costs);
	tcase_add_test(tc, described);
	tcase_add_test(tc, described_in_parts);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
