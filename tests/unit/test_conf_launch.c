/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of launching: tries, boots, other regions, reservations, scaling. */
#include "helper/conf_slurm.h"
#include "lib/base/cleanup.h"
#include "tests/unit/conf_fixture.h"

#define WHERE "slurm.partitions[0].node_groups[0]"

START_TEST(defaults)
{
	struct err err = {0};
	struct conf *c = load(MINIMAL, &err);
	const struct conf_group *g;

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert_uint_eq(c->launch.max_tries, 8);
	ck_assert_int_eq(c->launch.total_time_s, 240);
	ck_assert_int_eq(c->launch.pool_memory_s, 600);
	ck_assert_int_eq(c->launch.quota_memory_s, 900);
	ck_assert_int_eq(c->launch.address_memory_s, 120);
	ck_assert(!c->launch.fallback_on_demand);
	ck_assert(c->launch.fallback_no_placement_group);
	ck_assert(c->launch.fallback_no_efa);
	ck_assert_uint_eq(c->launch.placement_group_quota, 500);
	ck_assert_uint_eq(c->launch.keep_template_versions, 3);
	ck_assert(c->launch.check_quotas);
	ck_assert_uint_eq(c->boot.protect_after, 3);
	ck_assert_int_eq(c->boot.protect_for_s, 1800);
	ck_assert_uint_eq(c->boot.console_lines, 20);
	ck_assert_uint_eq(c->guards.max_nodes, 0);
	ck_assert_int_eq(c->guards.overdue_grace_s, 900);
	ck_assert_int_eq(c->guards.not_registered_s, 300);
	ck_assert_int_eq(c->guards.impaired_s, 120);
	ck_assert_int_eq(c->guards.on_impaired, GUARD_DRAIN);
	ck_assert_int_eq(c->guards.on_retiring, GUARD_DRAIN);
	ck_assert_ptr_null(c->alarm.command);
	ck_assert_ptr_null(c->spot.queue_url);
	ck_assert_ptr_null(c->spot.queue_region);
	ck_assert_int_eq(c->spot.poll_s, 5);
	ck_assert_str_eq(c->spot.signal, "none");
	ck_assert_int_eq(c->spot.signal_to, SIGNAL_BATCH);
	ck_assert_int_eq(c->spot.requeue, SPOT_REQUEUE_FAILED);
	ck_assert(!c->spot.rebalance_act);
	ck_assert_uint_eq(c->spot.on_demand_after, 2);
	ck_assert_int_eq(c->spot.on_demand_after_s, 0);
	ck_assert_int_eq(c->alarm.timeout_s, 10);
	ck_assert_int_eq(c->alarm.repeat_s, 3600);
	ck_assert_int_eq(c->aws.throttle_wait_s, 60);
	ck_assert_uint_eq(c->aws.api_share_percent, 100);
	ck_assert_int_eq(c->slurm.requeue_delay_max_s, 3600);
	g = &c->groups[0];
	ck_assert(!g->best_effort && !g->reuse);
	ck_assert_uint_eq(g->nreservations, 0);
	/* one place: the group's own, with its very strings */
	ck_assert_uint_eq(g->nplaces, 1);
	ck_assert_ptr_eq(g->places[0].region, g->region);
	ck_assert_ptr_eq(g->places[0].template_name, g->template_name);
	ck_assert_ptr_eq(g->places[0].template_version, g->template_version);
	ck_assert_ptr_eq(g->places[0].subnets, g->subnets);
	ck_assert_uint_eq(g->places[0].nsubnets, 1);
	ck_assert_ptr_eq(g->places[0].overrides, g->overrides);
	ck_assert_uint_eq(g->places[0].noverrides, 1);
	conf_destroy(c);
}
END_TEST

#define EVERY_KEY                                                                                  \
	"aws: {region: us-east-2, throttle_wait_s: 90, api_share_percent: 40}\n"                   \
	"launch:\n"                                                                                \
	"  max_tries: 20\n"                                                                        \
	"  total_time_s: 500\n"                                                                    \
	"  pool_memory_s: 0\n"                                                                     \
	"  quota_memory_s: 1\n"                                                                    \
	"  address_memory_s: 2\n"                                                                  \
	"  fallback_on_demand: true\n"                                                             \
	"  fallback_no_placement_group: false\n"                                                   \
	"  fallback_no_efa: false\n"                                                               \
	"  placement_group_quota: 50\n"                                                            \
	"  keep_template_versions: 1\n"                                                            \
	"  check_quotas: false\n"                                                                  \
	"boot: {protect_after: 0, protect_for_s: 60, console_lines: 0}\n"                          \
	"guards: {max_nodes: 64, overdue_grace_s: 60, not_registered_s: 30, impaired_s: 0, "       \
	"on_impaired: requeue, on_retiring: log}\n"                                                \
	"alarm: {command: /bin/true, timeout_s: 1, repeat_s: 0}\n"                                 \
	"spot: {queue_url: \"https://sqs.us-west-2.amazonaws.com/123456789012/burst\", "           \
	"queue_region: us-west-2, poll_s: 1, signal: usr1, signal_to: all, requeue: always, "      \
	"rebalance: act, on_demand_after: 0, on_demand_after_s: 3600}\n"

START_TEST(sections)
{
	struct err err = {0};
	struct conf *c = load(EVERY_KEY GROUP MAX TEMPLATE TYPES SUBNETS
		"  requeue_delay_s: 60\n  requeue_delay_max_s: 60\n",
		&err);

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert_uint_eq(c->launch.max_tries, 20);
	ck_assert_int_eq(c->launch.total_time_s, 500);
	ck_assert_int_eq(c->launch.pool_memory_s, 0);
	ck_assert_int_eq(c->launch.quota_memory_s, 1);
	ck_assert_int_eq(c->launch.address_memory_s, 2);
	ck_assert(c->launch.fallback_on_demand);
	ck_assert(!c->launch.fallback_no_placement_group);
	ck_assert(!c->launch.fallback_no_efa);
	ck_assert_uint_eq(c->launch.placement_group_quota, 50);
	ck_assert_uint_eq(c->launch.keep_template_versions, 1);
	ck_assert(!c->launch.check_quotas);
	ck_assert_uint_eq(c->boot.protect_after, 0);
	ck_assert_int_eq(c->boot.protect_for_s, 60);
	ck_assert_uint_eq(c->boot.console_lines, 0);
	ck_assert_uint_eq(c->guards.max_nodes, 64);
	ck_assert_int_eq(c->guards.overdue_grace_s, 60);
	ck_assert_int_eq(c->guards.not_registered_s, 30);
	ck_assert_int_eq(c->guards.impaired_s, 0);
	ck_assert_int_eq(c->guards.on_impaired, GUARD_REQUEUE);
	ck_assert_int_eq(c->guards.on_retiring, GUARD_LOG);
	ck_assert_str_eq(c->alarm.command, "/bin/true");
	ck_assert_str_eq(
		c->spot.queue_url, "https://sqs.us-west-2.amazonaws.com/123456789012/burst");
	ck_assert_str_eq(c->spot.queue_region, "us-west-2");
	ck_assert_int_eq(c->spot.poll_s, 1);
	ck_assert_str_eq(c->spot.signal, "USR1");
	ck_assert_int_eq(c->spot.signal_to, SIGNAL_ALL);
	ck_assert_int_eq(c->spot.requeue, SPOT_REQUEUE_ALWAYS);
	ck_assert(c->spot.rebalance_act);
	ck_assert_uint_eq(c->spot.on_demand_after, 0);
	ck_assert_int_eq(c->spot.on_demand_after_s, 3600);
	ck_assert_int_eq(c->alarm.timeout_s, 1);
	ck_assert_int_eq(c->alarm.repeat_s, 0);
	ck_assert_int_eq(c->aws.throttle_wait_s, 90);
	ck_assert_uint_eq(c->aws.api_share_percent, 40);
	ck_assert_int_eq(c->slurm.requeue_delay_max_s, 60);
	conf_destroy(c);
	/* a site that gave only the first delay keeps it */
	c = load(MINIMAL "  requeue_delay_s: 7200\n  requeue_delay_max_s:\n", &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_int_eq(c->slurm.requeue_delay_max_s, 7200);
	conf_destroy(c);
}
END_TEST

/* Two instance types in two subnets each, as pairs; a cap at one. */
#define PAIRS                                                                                      \
	"          launch_template_overrides:\n"                                                   \
	"            - {instance_type: hpc7a.96xlarge, subnet_id: subnet-1, spot_price: 4.5}\n"    \
	"            - {instance_type: hpc7a.96xlarge, subnet_id: subnet-2}\n"                     \
	"            - {instance_type: c7i.48xlarge}\n"

START_TEST(places)
{
	struct err err = {0};
	struct conf *c = load(AWS GROUP MAX TEMPLATE PAIRS SUBNETS
		"          purchasing_option: spot\n"
		"          capacity_reservation_ids: [cr-1, cr-2]\n"
		"          other_regions:\n"
		"          - region: us-west-2\n"
		"            launch_template_specification: {launch_template_id: lt-7, version: "
		"4}\n"
		"            subnet_ids: [subnet-8, subnet-9]\n"
		"            security_group_ids: [sg-9]\n"
		"            iam_instance_profile: Role\n"
		"            capacity_reservation_ids: [cr-9]\n"
		"          - Region: eu-west-1\n"
		"            launch_template_specification: {launch_template_name: n}\n"
		"            overrides:\n"
		"            - {instance_type: c6in.32xlarge, subnet_id: subnet-5, spot_price: "
		"2}\n",
		&err);
	const struct conf_group *g;
	const struct conf_place *p;

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	g = &c->groups[0];
	ck_assert_uint_eq(g->nreservations, 2);
	ck_assert_str_eq(g->reservations[1], "cr-2");
	ck_assert_uint_eq(g->nplaces, 3);
	p = &g->places[0];
	ck_assert_str_eq(p->region, "us-east-2");
	ck_assert_ptr_eq(p->reservations, g->reservations);
	ck_assert_uint_eq(p->nreservations, 2);
	ck_assert_uint_eq(p->noverrides, 3);

	/* the group's types, each once, in this region's subnets */
	p = &g->places[1];
	ck_assert_str_eq(p->region, "us-west-2");
	ck_assert_ptr_null(p->template_name);
	ck_assert_str_eq(p->template_id, "lt-7");
	ck_assert_str_eq(p->template_version, "4");
	ck_assert_uint_eq(p->nsubnets, 2);
	ck_assert_str_eq(p->subnets[1], "subnet-9");
	ck_assert_uint_eq(p->nsecurity_groups, 1);
	ck_assert_str_eq(p->security_groups[0], "sg-9");
	ck_assert_str_eq(p->instance_profile, "Role");
	ck_assert_uint_eq(p->nreservations, 1);
	ck_assert_str_eq(p->reservations[0], "cr-9");
	ck_assert_uint_eq(p->noverrides, 2);
	ck_assert_str_eq(p->overrides[0].type, "hpc7a.96xlarge");
	ck_assert_ptr_null(p->overrides[0].subnet);
	ck_assert_int_eq(p->overrides[0].spot_price_uusd, 4500000);
	ck_assert_str_eq(p->overrides[1].type, "c7i.48xlarge");
	ck_assert_int_eq(p->overrides[1].spot_price_uusd, -1);

	/* types and subnets of its own */
	p = &g->places[2];
	ck_assert_str_eq(p->region, "eu-west-1");
	ck_assert_str_eq(p->template_name, "n");
	ck_assert_str_eq(p->template_version, "$Default");
	ck_assert_uint_eq(p->nsubnets, 0);
	ck_assert_uint_eq(p->nsecurity_groups, 0);
	ck_assert_ptr_null(p->instance_profile);
	ck_assert_uint_eq(p->noverrides, 1);
	ck_assert_str_eq(p->overrides[0].subnet, "subnet-5");
	ck_assert_int_eq(p->overrides[0].spot_price_uusd, 2000000);
	conf_destroy(c);

	/* nothing behind the key is no other region */
	c = load(MINIMAL "          other_regions:\n", &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_uint_eq(c->groups[0].nplaces, 1);
	conf_destroy(c);
}
END_TEST

START_TEST(scaling)
{
	static const struct {
		const char *lines, *warning;
		bool best_effort, reuse;
	} t[] = {
		{"", "", false, false},
		{"          scaling: all-or-nothing\n", "", false, false},
		{"          scaling: all-or-nothing\n          reuse: true\n", "", false, true},
		{"          scaling: Best-Effort\n", "", true, true},
		{"          scaling: best-effort\n          reuse:\n", "", true, true},
		{"          reuse: false\n          scaling: best-effort\n",
			":12: " WHERE ".reuse: false has no effect: scaling is best-effort\n", true,
			true},
	};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char text[1024];
		struct conf *c;

		snprintf(text, sizeof(text), MINIMAL "%s", t[i].lines);
		c = load(text, &err);
		ck_assert_msg(c != NULL, "%s", err.text);
		ck_assert_str_eq(warnings, t[i].warning);
		ck_assert_int_eq(c->groups[0].best_effort, t[i].best_effort);
		ck_assert_int_eq(c->groups[0].reuse, t[i].reuse);
		conf_destroy(c);
	}
}
END_TEST

START_TEST(warns_of_caps_once)
{
	static const char *const others[] = {
		/* whose caps the other region has only borrowed */
		"          other_regions:\n"
		"          - {region: us-west-2, subnet_ids: [subnet-8],\n"
		"             launch_template_specification: {launch_template_name: t}}\n",
		"",
	};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		char text[2048];
		struct conf *c;

		snprintf(text, sizeof(text), AWS GROUP MAX TEMPLATE PAIRS SUBNETS "%s", others[i]);
		c = load(text, &err);
		ck_assert_msg(c != NULL, "%s", err.text);
		ck_assert_str_eq(warnings,
			":10: " WHERE ".launch_template_overrides: spot_price of "
			"hpc7a.96xlarge has no effect: purchasing_option is "
			"on-demand\n");
		conf_destroy(c);
	}
}
END_TEST

START_TEST(finds_a_group_by_name)
{
	struct err err = {0};
	struct conf *c = load(MINIMAL, &err);
	static const char *const nobodys[] = {
		"", "-", "aws", "cpu", "aws-", "-cpu", "aws-cp", "aws-cpux", "aw-cpu", "aws-cpu-0"};

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_ptr_eq(conf_group_named(c, "aws-cpu"), &c->groups[0]);
	for (size_t i = 0; i < ARRAY_SIZE(nobodys); i++)
		ck_assert_msg(!conf_group_named(c, nobodys[i]), "%s", nobodys[i]);
	conf_destroy(c);
}
END_TEST

#define OTHER(lines)                                                                               \
	MINIMAL "          other_regions:\n"                                                       \
		"          - region: us-west-2\n" lines
#define OTHER_TEMPLATE "            launch_template_specification: {launch_template_name: t}\n"
#define OTHER_SUBNETS  "            subnet_ids: [subnet-8]\n"
#define MANY           "cr-1,cr-2,cr-3,cr-4,cr-5,cr-6,cr-7,cr-8"

START_TEST(refuses)
{
	static const struct {
		const char *text, *message; /* behind the file's name */
	} t[] = {
		{AWS "launch: {max_tries: 0}\n",
			":2: launch.max_tries: \"0\"; expected a whole number from 1 to 100 "
			"(requests of one start of a job, each for other pools)"},
		{AWS "launch: {max_tries: 101}\n",
			":2: launch.max_tries: \"101\"; expected a whole number from 1 to 100 "
			"(requests of one start of a job, each for other pools)"},
		{AWS "launch: {total_time_s: 9}\n",
			":2: launch.total_time_s: \"9\"; expected a whole number from 10 to 86400 "
			"(for all of them; less than ResumeTimeout - 60)"},
		{AWS "launch: {pool_memory_s: -1}\n",
			":2: launch.pool_memory_s: \"-1\"; expected a whole number from 0 to 86400 "
			"(how long a pool without capacity is asked after the others)"},
		{AWS "launch: {quota_memory_s: 15m}\n",
			":2: launch.quota_memory_s: \"15m\"; expected a whole number from 0 to "
			"86400 (how long a quota counts as used up)"},
		{AWS "launch: {address_memory_s: 86401}\n",
			":2: launch.address_memory_s: \"86401\"; expected a whole number from 0 to "
			"86400 (how long a subnet counts as full)"},
		{AWS "launch: {fallback_on_demand: maybe}\n",
			":2: launch.fallback_on_demand: \"maybe\"; expected true or false (a spot "
			"node group may buy on-demand when there is no spot capacity)"},
		{AWS "launch: {fallback_no_placement_group: 1}\n",
			":2: launch.fallback_no_placement_group: \"1\"; expected true or false "
			"(rather without a placement group than not at all; never for "
			"efa=required)"},
		{AWS "launch: {fallback_no_efa: no}\n",
			":2: launch.fallback_no_efa: \"no\"; expected true or false (rather "
			"without EFA than not at all; never for efa=required)"},
		{AWS "launch: {placement_group_quota: 0}\n",
			":2: launch.placement_group_quota: \"0\"; expected a whole number from 1 "
			"to 100000 (placement groups of the account in a region)"},
		{AWS "launch: {keep_template_versions: 0}\n",
			":2: launch.keep_template_versions: \"0\"; expected a whole number from 1 "
			"to 1000 (derived launch template versions of each layout that are kept)"},
		{AWS "launch: {check_quotas: yes}\n",
			":2: launch.check_quotas: \"yes\"; expected true or false (compare with "
			"the account's vCPU quotas before EC2 is asked)"},
		{AWS "launch: {max_try: 3}\n",
			":2: launch.max_try: unknown key; did you mean max_tries?"},
		{AWS "max_tries: 3\n",
			":2: max_tries: unknown key; did you mean launch.max_tries?"},
		{AWS "boot: {protect_after: -1}\n",
			":2: boot.protect_after: \"-1\"; expected a whole number from 0 to 1000 "
			"(so many boots in a row that fail close the node group; 0: never)"},
		{AWS "boot: {protect_for_s: 59}\n",
			":2: boot.protect_for_s: \"59\"; expected a whole number from 60 to 604800 "
			"(how long it stays closed)"},
		{AWS "boot: {console_lines: 201}\n",
			":2: boot.console_lines: \"201\"; expected a whole number from 0 to 200 "
			"(of a failed node's console in the log)"},
		{"aws: {region: us-east-2, throttle_wait_s: 0}\n",
			":1: aws.throttle_wait_s: \"0\"; expected a whole number from 1 to 600 "
			"(how long a request is tried that AWS calls too frequent)"},
		{"aws: {region: us-east-2, api_share_percent: 101}\n",
			":1: aws.api_share_percent: \"101\"; expected a whole number from 1 to 100 "
			"(of the account's API rates, for this cluster)"},
		{AWS "slurm: {requeue_delay_max_s: -1}\n",
			":2: slurm.requeue_delay_max_s: \"-1\"; expected a whole number from 0 to "
			"604800 (the delay doubles with each failed start up to this)"},
		{MINIMAL "  requeue_delay_max_s: 119\n",
			":12: slurm.requeue_delay_max_s: 119; expected at least "
			"slurm.requeue_delay_s, which is 120"},
		/* the node group */
		{MINIMAL "          scaling: some\n",
			":12: " WHERE
			".scaling: \"some\"; expected all-or-nothing or best-effort (best-effort: "
			"nodes that came are kept, even if not all came)"},
		{MINIMAL "          capacity_reservation_ids: cr-1\n",
			":12: " WHERE
			".capacity_reservation_ids: \"cr-1\"; expected a list of at most 32, each "
			"a capacity reservation's id, cr-... (reservations and capacity blocks, "
			"asked first)"},
		{MINIMAL "          capacity_reservation_ids: [cr-1, crg-2]\n",
			":12: " WHERE ".capacity_reservation_ids[1]: \"crg-2\"; expected a "
			"capacity reservation's id, cr-..."},
		{MINIMAL "          capacity_reservation_ids: [cr-1, cr-1]\n",
			":12: " WHERE ".capacity_reservation_ids[1]: \"cr-1\" for the second time; "
			"expected once"},
		/* other regions */
		{MINIMAL "          other_regions: us-west-2\n",
			":12: " WHERE
			".other_regions: \"us-west-2\"; expected a list of 1 to 8 sections, each "
			"begun with \"- \" (where else, in this order, when the node group's own "
			"region has nothing)"},
		{MINIMAL "          other_regions: [us-west-2]\n",
			":12: " WHERE ".other_regions[0]: a value; expected a section of \"key: "
			"value\" lines"},
		{MINIMAL "          other_regions: [{},{},{},{},{},{},{},{},{}]\n",
			":12: " WHERE ".other_regions: 9 of them; expected 0 to 8"},
		{MINIMAL "          other_regions: [{subnet_ids: [subnet-8]}]\n",
			":12: " WHERE
			".other_regions[0].region: missing; expected a region such as us-east-2"},
		{OTHER("            tags: []\n"),
			":14: " WHERE ".other_regions[0].tags: unknown key; did you mean "
			"slurm.partitions[].node_groups[].tags?"},
		{OTHER(OTHER_SUBNETS),
			":13: " WHERE ".other_regions[0].launch_template_specification: neither "
			"launch_template_name nor launch_template_id; expected one of the two"},
		{OTHER(OTHER_SUBNETS "            launch_template_specification:\n"
				     "              {launch_template_name: t, launch_template_id: "
				     "lt-1}\n"),
			":15: " WHERE ".other_regions[0].launch_template_specification: both "
			"launch_template_name and launch_template_id; expected one of the two"},
		{OTHER(OTHER_SUBNETS
			 "            launch_template_specification: {launch_template_id: t}\n"),
			":15: " WHERE
			".other_regions[0].launch_template_specification.launch_template_id: "
			"\"t\"; expected a launch template's id, lt-..."},
		{OTHER(OTHER_SUBNETS
			 "            launch_template_specification: {version: first}\n"),
			":15: " WHERE
			".other_regions[0].launch_template_specification.version: \"first\"; "
			"expected a number, $Latest or $Default"},
		{OTHER(OTHER_TEMPLATE),
			":13: " WHERE ".other_regions[0].subnet_ids: none, and none at "
			"c5n.18xlarge; expected at least one subnet"},
		{OTHER(OTHER_TEMPLATE "            subnet_ids: [us-west-2a]\n"),
			":15: " WHERE ".other_regions[0].subnet_ids[0]: \"us-west-2a\"; expected a "
			"subnet's id, subnet-..."},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS "            security_group_ids: [default]\n"),
			":16: " WHERE ".other_regions[0].security_group_ids[0]: \"default\"; "
			"expected a security group's id, sg-..."},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS "            capacity_reservation_ids: [" MANY
						    "," MANY "," MANY "," MANY ",cr-9]\n"),
			":16: " WHERE ".other_regions[0].capacity_reservation_ids: 33 of them; "
			"expected at most 32"},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS "            overrides: [c5n.18xlarge]\n"),
			":16: " WHERE
			".other_regions[0].launch_template_overrides[0]: a value; expected a "
			"section of \"key: value\" lines"},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS
			 "            overrides: [{instance_type: large}]\n"),
			":16: " WHERE
			".other_regions[0].launch_template_overrides[0].instance_type: \"large\"; "
			"expected an instance type such as hpc7a.96xlarge"},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS
			 "            overrides: [{instance_type: a.b}, {instance_type: a.b}]\n"),
			":16: " WHERE ".other_regions[0].launch_template_overrides: a.b for the "
			"second time; expected each once"},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS
			 "            overrides: []\n            launch_template_overrides: []\n"),
			":17: " WHERE ".other_regions[0].launch_template_overrides: given as "
			"overrides on line 16 too; expected one of the two"},
		{MINIMAL "          other_regions:\n"
			 "          - region: us-east-2\n" OTHER_TEMPLATE OTHER_SUBNETS,
			":13: " WHERE ".other_regions[0].region: us-east-2 is the node group's "
			"own; expected another"},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS
			 "          - region: us-west-2\n" OTHER_TEMPLATE OTHER_SUBNETS),
			":16: " WHERE ".other_regions[1].region: us-west-2 for the second time; "
			"expected another"},
		{OTHER(OTHER_TEMPLATE OTHER_SUBNETS "            region: us-west-1\n"),
			":16: region: given twice, first on line 13; expected once"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err err = {0};

		ck_assert_msg(!load(t[i].text, &err), "accepted:\n%s", t[i].text);
		ck_assert_int_eq(err.class, ERR_CONFIG);
		ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
		ck_assert_msg(!strcmp(err.text + strlen(path), t[i].message),
			"%s\ngave     %s\nexpected %s", t[i].text, err.text + strlen(path),
			t[i].message);
	}
}
END_TEST

/* total_time_s of 240 needs a ResumeTimeout of more than 300. */
START_TEST(slurm_conf)
{
	static const struct {
		const char *text;
		int64_t timeout_s;
		unsigned line;
		bool warns;
	} t[] = {
		{"", 60, 0, true},
		{"ClusterName=x\nResumeTimeout=301\n", 301, 2, false},
		{"ResumeTimeout=300", 300, 1, true},
		{"ClusterName=x resumetimeout=120 SuspendTime=3\n", 120, 1, true},
		{"ResumeTimeout=600\n#ResumeTimeout=60\n", 600, 1, false},
		{"ResumeTimeout=600 # ResumeTimeout=60\n", 600, 1, false},
		{"ResumeTimeout=60\nResumeTimeout=600\n", 600, 2, false},
		{"XResumeTimeout=600\nSuspendProgram=/x/ResumeTimeout=600\n", 60, 0, true},
		/* a partition's own goes before */
		{"ResumeTimeout=60\nPartitionName=aws ResumeTimeout=600\n", 600, 2, false},
		{"ResumeTimeout=600\nPartitionName=aws ResumeTimeout=90\n", 90, 2, true},
		{"ResumeTimeout=600\nPartitionName=aws2 ResumeTimeout=90\n", 600, 1, false},
		{"PartitionName=DEFAULT ResumeTimeout=90\nResumeTimeout=600\nPartitionName=aws\n",
			90, 1, true},
		{"PartitionName=aws ResumeTimeout=INFINITE\n", INT64_MAX, 1, false},
		/* who knows what is in there */
		{"Include /etc/slurm/nodes.conf\n", -1, 0, false},
		{"include nodes.conf\nResumeTimeout=90\n", 90, 2, true},
		{"IncludeX=1\n", 60, 0, true},
	};
	struct err err = {0};
	char slurm[80], where[200], expected[400];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct conf *c = load(MINIMAL, &err);

		ck_assert_msg(c != NULL, "%s", err.text);
		snprintf(slurm, sizeof(slurm), "%s.slurm", path);
		ck_assert_int_eq(
			file_write(slurm, 0600, t[i].text, strlen(t[i].text), FILE_NO_SYNC, NULL),
			0);
		ck_assert_msg(conf_slurm_resume_timeout(slurm, "aws", where, sizeof(where)) ==
				      t[i].timeout_s,
			"%s", t[i].text);
		setenv("SLURM_CONF", slurm, 1);
		*warnings = '\0';
		conf_slurm_check(c, collect, (char[]){"arg"});
		if (t[i].line)
			snprintf(where, sizeof(where), "%s:%u", slurm, t[i].line);
		else
			snprintf(where, sizeof(where), "Slurm's default");
		snprintf(expected, sizeof(expected),
			": launch.total_time_s: 240 is too long for partition aws, whose "
			"ResumeTimeout is %lld (%s); expected less than ResumeTimeout - 60, or a "
			"ResumeTimeout of more than 300\n",
			(long long)t[i].timeout_s, where);
		ck_assert_str_eq(warnings, t[i].warns ? expected : "");
		unlink(slurm);
		/* a file that is not there says nothing */
		*warnings = '\0';
		conf_slurm_check(c, collect, (char[]){"arg"});
		ck_assert_str_eq(warnings, "");
		conf_destroy(c);
	}
	unsetenv("SLURM_CONF");
}
END_TEST

START_TEST(max_tres)
{
	static const struct {
		const char *text;
		int has;
	} t[] = {
		{"", 0},
		{"PriorityFlags=MAX_TRES\n", 1},
		{"PriorityWeightAge=1 priorityflags=FAIR_TREE,max_tres # why\n", 1},
		{"PriorityFlags=MAX_TRES_GRES,FAIR_TREE\n", 0},
		{"# PriorityFlags=MAX_TRES\n", 0},
		{"PriorityFlags=MAX_TRES\nPriorityFlags=FAIR_TREE\n", 0},
		{"Include x\n", -1},
		{"Include x\nPriorityFlags=MAX_TRES\n", 1},
	};
	char slurm[80];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(slurm, sizeof(slurm), "%s.slurm", path);
		ck_assert_int_eq(
			file_write(slurm, 0600, t[i].text, strlen(t[i].text), FILE_NO_SYNC, NULL),
			0);
		ck_assert_msg(conf_slurm_max_tres(slurm) == t[i].has, "%s", t[i].text);
		unlink(slurm);
	}
	ck_assert_int_eq(conf_slurm_max_tres("/nonexistent/slurm.conf"), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_launch");
	TCase *tc = tcase_create("conf_launch");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, max_tres);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, sections);
	tcase_add_test(tc, places);
	tcase_add_test(tc, scaling);
	tcase_add_test(tc, warns_of_caps_once);
	tcase_add_test(tc, finds_a_group_by_name);
	tcase_add_test(tc, refuses);
	tcase_add_test(tc, slurm_conf);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
