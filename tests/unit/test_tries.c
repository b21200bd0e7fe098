/* SPDX-License-Identifier: Apache-2.0 */
/* The tries of a start, against an EC2 that is a script: what it answers, and what is kept. */
#include "helper/tries.h"

#include <stdio.h>

#include "helper/release.h"
#include "lib/base/clock.h"
#include "lib/state/cache.h"
#include "tests/unit/app_fixture.h"

#define ON(action, text)                                                                           \
	{                                                                                          \
		200, .only = "Action=" action "&", .body = text                                    \
	}
#define SUBNETS                                                                                    \
	ON("DescribeSubnets",                                                                      \
		"<DescribeSubnetsResponse><subnetSet>"                                             \
		"<item><subnetId>s-a</subnetId><availabilityZone>us-east-2a</availabilityZone>"    \
		"<availableIpAddressCount>250</availableIpAddressCount></item>"                    \
		"<item><subnetId>s-w</subnetId><availabilityZone>us-west-2a</availabilityZone>"    \
		"<availableIpAddressCount>250</availableIpAddressCount></item>"                    \
		"</subnetSet></DescribeSubnetsResponse>")
#define TEMPLATE                                                                                   \
	ON("DescribeLaunchTemplateVersions",                                                       \
		"<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>"               \
		"<item><launchTemplateId>lt-0a</launchTemplateId><versionNumber>7</versionNumber>" \
		"<launchTemplateData><imageId>ami-1</imageId>"                                     \
		"<securityGroupIdSet><item>sg-1</item></securityGroupIdSet>"                       \
		"</launchTemplateData></item></launchTemplateVersionSet>"                          \
		"</DescribeLaunchTemplateVersionsResponse>")
#define DERIVED                                                                                    \
	ON("CreateLaunchTemplateVersion",                                                          \
		"<CreateLaunchTemplateVersionResponse><launchTemplateVersion>"                     \
		"<versionNumber>8</versionNumber></launchTemplateVersion>"                         \
		"</CreateLaunchTemplateVersionResponse>")
#define TERMINATED ON("TerminateInstances", "<TerminateInstancesResponse/>")
#define PREPARE    SUBNETS, TEMPLATE, DERIVED

#define POOL(type, subnet, az)                                                                     \
	"<instanceType>" type "</instanceType><launchTemplateAndOverrides><overrides>"             \
	"<instanceType>" type "</instanceType><subnetId>" subnet                                   \
	"</subnetId><availabilityZone>" az                                                         \
	"</availabilityZone></overrides></launchTemplateAndOverrides>"
#define A            POOL("c5.18xlarge", "s-a", "us-east-2a")
#define A_BIG        POOL("c5n.18xlarge", "s-a", "us-east-2a")
#define WEST         POOL("c5.18xlarge", "s-w", "us-west-2a")
#define CAME(p, ids) "<item>" p "<instanceIds>" ids "</instanceIds></item>"
#define ID(id)       "<item>" id "</item>"
#define NO_CAPACITY(p)                                                                             \
	"<item>" p "<errorCode>InsufficientInstanceCapacity</errorCode>"                           \
	"<errorMessage>none left</errorMessage></item>"
#define CREATED(instances, errors)                                                                 \
	ON("CreateFleet",                                                                          \
		"<CreateFleetResponse><fleetId>fleet-1</fleetId><fleetInstanceSet>" instances      \
		"</fleetInstanceSet><errorSet>" errors "</errorSet></CreateFleetResponse>")
#define SEEN(id, state, ip)                                                                        \
	"<item><instancesSet><item><instanceId>" id "</instanceId><instanceState><name>" state     \
	"</name></instanceState><instanceType>c5.18xlarge</instanceType><privateIpAddress>" ip     \
	"</privateIpAddress><stateReason><code>Server.InternalError</code><message>broke"          \
	"</message></stateReason><placement><availabilityZone>us-east-2a</availabilityZone>"       \
	"</placement><subnetId>s-a</subnetId><launchTime>2026-01-02T03:04:05.000Z</launchTime>"    \
	"<tagSet><item><key>burst:cluster</key><value>test</value></item></tagSet>"                \
	"</item></instancesSet></item>"
#define INSTANCES(list)                                                                            \
	"<DescribeInstancesResponse><reservationSet>" list                                         \
	"</reservationSet></DescribeInstancesResponse>"

static char c5[] = "c5.18xlarge", c5n[] = "c5n.18xlarge", hpc6a[] = "hpc6a.48xlarge";
static struct conf_override types[] = {
	{.type = c5, .spot_price_uusd = -1}, {.type = c5n, .spot_price_uusd = -1}};
static struct conf_place places[2];
static struct conf_group group;
static struct demand demand;
static struct attempt attempt;

/* A gang "a" of NODES in node group hpc of two regions; no job, so nobody is asked of one. */
static void setup_gang(const char *nodes, size_t ntypes, size_t nplaces)
{
	static char here[] = HERE, there[] = THERE, id[] = "lt-0a", version[] = "7";
	static char name[] = "hpc", partition[] = "aws", s_a[] = "s-a", s_w[] = "s-w";
	static char *subnets[] = {s_a}, *western[] = {s_w};

	conf.launch.check_quotas = false;
	conf.launch.max_tries = 8;
	conf.launch.total_time_s = 240;
	conf.launch.pool_memory_s = 600;
	app.site.resume_timeout_s = 600;
	for (size_t i = 0; i < 2; i++)
		places[i] = (struct conf_place){.region = i ? there : here,
			.template_id = id,
			.template_version = version,
			.subnets = i ? western : subnets,
			.nsubnets = 1,
			.overrides = types,
			.noverrides = ntypes};
	group = (struct conf_group){.partition = partition,
		.name = name,
		.region = here,
		.places = places,
		.nplaces = nplaces};
	demand = (struct demand){.group = &group, .efa = EFA_DISABLED, .time_limit_s = -1};
	ok(nodeset_parse(&demand.nodes, nodes, &err));
	state_add_gang("a", nodes);
	attempt = (struct attempt){.app = &app, .demand = &demand};
	ok(gang_get(state_db, "a", &attempt.gang, &err));
}

static void teardown(void)
{
	attempt_release(&attempt);
	nodeset_release(&demand.nodes);
	app_teardown();
}

/* As provision.c does. */
static int run(void)
{
	return attempt_request(&attempt, &err) < 0 ? -1 : tries_run(&attempt, &err);
}

static struct instance row_of(const char *id)
{
	struct instance *list = NULL, row = {.state = INSTANCE_TERMINATED};
	size_t n = 0;

	ok(instance_list(state_db, "a", true, &list, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].id, id))
			row = list[i];
	free(list);
	ck_assert_str_eq(row.id, id);
	return row;
}

/* How many requests have both. */
static unsigned asked(const char *action, const char *text)
{
	unsigned n = 0;

	for (size_t i = 0; i < server_count(server); i++)
		n += strstr(ec2_body(i), action) && strstr(server_request(server, i), text);
	return n;
}

/* What was not asked for does not become a node's, though EC2 does not let it be ended. */
START_TEST(surplus_that_stays)
{
	static const struct server_answer script[] = {PREPARE,
		CREATED(CAME(A, ID("i-1") ID("i-2") ID("i-3")), ""),
		{403, .only = "Action=TerminateInstances&",
			.body = ERROR("UnauthorizedOperation", "no")},
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "running", "10.0.0.1")
							SEEN("i-2", "running", "10.0.0.2")))};

	setup_gang("n[1-2]", 1, 1);
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert_uint_eq(attempt.ninstances, 2);
	ck_assert_uint_eq(attempt.fleets[0].n, 2);
	ok(attempt_bind(&attempt, &err));
	ck_assert_str_eq(row_of("i-2").node, "n2");
	ck_assert_str_eq(row_of("i-3").node, "");
	ck_assert_int_eq(row_of("i-3").state, INSTANCE_TERMINATING);
	ck_assert_uint_eq(logged("they may still run; the next call tries again"), 1);
}
END_TEST

/* The only instance of a try dies: its node is tried again, elsewhere. */
START_TEST(the_only_one_dies)
{
	static const struct server_answer script[] = {PREPARE, TERMINATED,
		CREATED(CAME(A, ID("i-1")), ""), CREATED(CAME(A_BIG, ID("i-2")), ""),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "terminated", ""))),
		ON("DescribeInstances", INSTANCES(SEEN("i-2", "running", "10.0.0.2")))};

	setup_gang("n1", 2, 1);
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert_uint_eq(asked("Action=CreateFleet&", ""), 2);
	ck_assert_uint_eq(asked("Action=CreateFleet&", "=c5.18xlarge&"), 1);
	ck_assert_uint_eq(attempt.ninstances, 1);
	ck_assert_str_eq(attempt.instances[0].id, "i-2");
	ok(attempt_bind(&attempt, &err));
	ck_assert_str_eq(row_of("i-2").node, "n1");
	ck_assert_int_eq(row_of("i-1").state, INSTANCE_TERMINATING);
}
END_TEST

/* One of two dies: the other goes on at once. */
START_TEST(one_of_two_dies)
{
	static const struct server_answer script[] = {PREPARE, TERMINATED,
		CREATED(CAME(A, ID("i-1") ID("i-2")), ""),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "shutting-down", "")
							SEEN("i-2", "running", "10.0.0.2"))),
		ON("DescribeInstances", INSTANCES(SEEN("i-2", "running", "10.0.0.2")))};

	setup_gang("n[1-2]", 2, 1);
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert_uint_eq(asked("Action=CreateFleet&", ""), 1);
	ck_assert_uint_eq(attempt.ninstances, 1);
	ok(attempt_bind(&attempt, &err));
	ck_assert_str_eq(row_of("i-2").node, "n1");
}
END_TEST

/* Many at once are dropped in one look. */
START_TEST(most_die)
{
	static const struct server_answer script[] = {PREPARE, TERMINATED,
		CREATED(CAME(A, ID("i-1") ID("i-2") ID("i-3") ID("i-4")), ""),
		CREATED("", NO_CAPACITY(A_BIG)),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "terminated", "") SEEN("i-2",
						"running", "10.0.0.2") SEEN("i-3", "terminated", "")
							SEEN("i-4", "shutting-down", ""))),
		ON("DescribeInstances", INSTANCES(SEEN("i-2", "running", "10.0.0.2")))};

	setup_gang("n[1-4]", 2, 1);
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert_uint_eq(asked("Action=TerminateInstances&", ""), 1);
	ck_assert_uint_eq(attempt.ninstances, 1);
	ok(attempt_bind(&attempt, &err));
	ck_assert_str_eq(row_of("i-2").node, "n1");
	ck_assert_uint_eq(logged("3 of 4 instances are dropped: instance i-1 "), 1);
}
END_TEST

/* Whose address nobody could learn is not told to Slurm, and does not run on. */
START_TEST(no_address)
{
	static const struct server_answer script[] = {PREPARE, TERMINATED,
		CREATED(CAME(A, ID("i-1")), NO_CAPACITY(A)), CREATED(CAME(A_BIG, ID("i-2")), ""),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "running", "10.0.0.1"))),
		{403, .only = "Action=DescribeInstances&",
			.body = ERROR("UnauthorizedOperation", "no")}};

	setup_gang("n[1-2]", 2, 1);
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert_uint_eq(attempt.ninstances, 1);
	ok(attempt_bind(&attempt, &err));
	ck_assert_str_eq(row_of("i-1").node, "n1");
	ck_assert_str_eq(row_of("i-2").node, "");
	ck_assert_int_eq(row_of("i-2").state, INSTANCE_TERMINATING);
	ck_assert_int_eq(attempt.rest.class, ERR_CAPACITY);
}
END_TEST

START_TEST(no_address_of_any)
{
	static const struct server_answer script[] = {PREPARE, TERMINATED,
		CREATED(CAME(A, ID("i-1")), ""),
		{403, .only = "Action=DescribeInstances&",
			.body = ERROR("UnauthorizedOperation", "no")}};

	setup_gang("n1", 1, 1);
	ec2_begin(script, ARRAY_SIZE(script));
	refused(run(), ERR_AUTH, "no");
	ck_assert_int_eq(row_of("i-1").state, INSTANCE_TERMINATING);
}
END_TEST

/* The first region to give something keeps the gang; one that gives nothing is left. */
START_TEST(two_regions)
{
	static const struct server_answer some[] = {PREPARE,
		CREATED(CAME(A, ID("i-1")), NO_CAPACITY(A)), CREATED(CAME(WEST, ID("i-2")), ""),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "running", "10.0.0.1")))};
	static const struct server_answer none[] = {PREPARE, CREATED("", NO_CAPACITY(A)),
		CREATED(CAME(WEST, ID("i-1") ID("i-2")), ""),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "running", "10.0.0.1")
							SEEN("i-2", "running", "10.0.0.2")))};

	setup_gang("n[1-2]", 1, 2);
	if (_i)
		ec2_begin(none, ARRAY_SIZE(none));
	else
		ec2_begin(some, ARRAY_SIZE(some));
	ok(run());
	ck_assert_uint_eq(asked("Action=CreateFleet&", "/" THERE "/ec2/"), _i);
	ck_assert_uint_eq(attempt.ninstances, 1 + _i);
	ck_assert_int_eq(attempt.rest.class, _i ? ERR_NONE : ERR_CAPACITY);
	ck_assert_str_eq(attempt.gang.region, _i ? THERE : HERE);
	ck_assert_str_eq(row_of("i-1").region, _i ? THERE : HERE);
}
END_TEST

/* What the last plan says is not what came: EFA is the gang's only if all have it. */
START_TEST(efa_of_all)
{
	static const struct server_answer script[] = {PREPARE,
		CREATED(CAME(A_BIG, ID("i-1")), NO_CAPACITY(A_BIG)),
		CREATED(CAME(A, ID("i-2")), ""),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "running", "10.0.0.1"))),
		ON("DescribeInstances", INSTANCES(SEEN("i-2", "running", "10.0.0.2")))};

	setup_gang("n[1-2]", 2, 1);
	demand.efa = EFA_PREFERRED;
	conf.launch.fallback_no_efa = true;
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert(attempt.fleets[0].efa && !attempt.fleets[1].efa);
	ok(attempt_bind(&attempt, &err));
	ck_assert(!attempt.gang.efa);
}
END_TEST

START_TEST(efa_though_the_last_plan_failed)
{
	static const struct server_answer script[] = {PREPARE,
		CREATED(CAME(A_BIG, ID("i-1")), NO_CAPACITY(A_BIG)),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "running", "10.0.0.1")))};

	setup_gang("n[1-2]", 2, 1);
	demand.efa = EFA_PREFERRED;
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert_uint_eq(attempt.ninstances, 1);
	ok(attempt_bind(&attempt, &err));
	ck_assert(attempt.gang.efa);
}
END_TEST

/* The answer is lost, and when it is asked for again it tells of an error only. */
START_TEST(repeated_answer_tells_less)
{
	static const struct server_answer script[] = {PREPARE,
		{200, .only = "Action=CreateFleet&", .drop = true}, CREATED("", NO_CAPACITY(A)),
		ON("DescribeInstances", INSTANCES(SEEN("i-1", "running", "10.0.0.1")
							SEEN("i-2", "running", "10.0.0.2")))};

	setup_gang("n[1-2]", 1, 1);
	demand.all_or_nothing = true;
	ec2_begin(script, ARRAY_SIZE(script));
	ok(run());
	ck_assert_uint_eq(attempt.ninstances, 2);
	ck_assert_int_eq(row_of("i-2").state, INSTANCE_RUNNING);
}
END_TEST

/* What is undone has cost a minute of each: the next try's bound has that. */
START_TEST(what_was_undone_has_cost)
{
	static const struct server_answer script[] = {TERMINATED};
	struct demand_job job = {.facts.job_id = 7};
	struct demand_job *jobs[] = {&job};
	struct instance *in = calloc(1, sizeof(*in));

	setup_gang("n1", 1, 1);
	demand.jobs = jobs;
	demand.njobs = 1;
	demand.all_or_nothing = true;
	ec2_begin(script, ARRAY_SIZE(script));
	ok(attempt_request(&attempt, &err));
	ck_assert_int_eq(attempt.base.spent_uusd, 0);
	add_launch("t-1", "Action=CreateFleet&x=1");
	ok(launch_finish(state_db, "t-1", LAUNCH_ANSWERED, "", "", "", &err));
	*in = state_instance("i-1", "a", "");
	snprintf(in->launch, sizeof(in->launch), "t-1");
	snprintf(in->region, sizeof(in->region), "%s", HERE);
	in->rate_uusd_hr = 7200000;
	in->launched_s = 0; /* not seen yet */
	ok(instance_insert(state_db, in, 1, false, &err));
	attempt.instances = in;
	attempt.ninstances = 1;
	ok(attempt_undo(&attempt, "nothing came of it", &err));
	ck_assert_int_eq(attempt.base.spent_uusd, 120000);
	ck_assert_uint_eq(attempt.ninstances, 0);
	ck_assert_int_eq(state_of("a"), GANG_PLANNED);
	demand.jobs = NULL;
	demand.njobs = 0;
}
END_TEST

static void prepare_jobs(const char *nodes, const char *const list[2][2], struct demand_job *jobs)
{
	static struct demand_job *pointers[2];
	size_t n = 0;

	setup_gang(nodes, 1, 1);
	group.market = MARKET_MIXED;
	for (; n < 2 && list[n][0]; n++) {
		static char names[2][16];

		jobs[n] = (struct demand_job){.facts.job_id = 7 + (uint32_t)n};
		snprintf(names[n], sizeof(names[n]), "%s", list[n][1] ? list[n][1] : "");
		jobs[n].facts.batch_host = list[n][1] ? names[n] : NULL;
		ok(nodeset_parse(&jobs[n].nodes, list[n][0], &err));
		pointers[n] = &jobs[n];
	}
	demand.jobs = pointers;
	demand.njobs = n;
}

static void release_jobs(struct demand_job *jobs)
{
	for (size_t i = 0; i < demand.njobs; i++)
		nodeset_release(&jobs[i].nodes);
	demand.jobs = NULL;
	demand.njobs = 0;
}

/* How many of a mixed group's nodes are on-demand, and what is no mixture. */
static const struct {
	const char *nodes; /* to be launched */
	bool takes_what_comes;
	const char *jobs[2][2]; /* nodes, BatchHost */
	enum market market;
	unsigned firsts;
} mixtures[] = {
	{"n[1-4]", false, {{"n[1-4]", "n1"}}, MARKET_MIXED, 1},
	{"n[1-4]", false, {{"n[1-4]", NULL}}, MARKET_MIXED, 1},
	{"n[1-4]", false, {{"n[1-4]", ""}}, MARKET_MIXED, 1},
	/* by --batch, Slurm's word wins */
	{"n[1-4]", false, {{"n[1-4]", "n3"}}, MARKET_MIXED, 1},
	/* the first is up already, or none of ours */
	{"n[2-4]", false, {{"n[1-4]", "n1"}}, MARKET_SPOT, 0},
	{"n[1-4]", false, {{"n[1-4]", "static-1"}}, MARKET_SPOT, 0},
	/* of two jobs that share nodes each has its own first, or both the same */
	{"n[1-4]", false, {{"n[1-3]", "n1"}, {"n[3-4]", "n3"}}, MARKET_MIXED, 2},
	{"n[1-4]", false, {{"n[1-4]", "n1"}, {"n1", "n1"}}, MARKET_MIXED, 1},
	{"n[1-2]", false, {{"n[1-2]", "n1"}, {"n2", "n2"}}, MARKET_ON_DEMAND, 0},
	/* one-node jobs; nodes without a job */
	{"n[1-2]", true, {{"n1", "n1"}, {"n2", "n2"}}, MARKET_ON_DEMAND, 0},
	{"n[1-2]", true, {{NULL, NULL}}, MARKET_ON_DEMAND, 0},
};

START_TEST(mixture)
{
	struct demand_job jobs[2] = {0};

	prepare_jobs(mixtures[_i].nodes, mixtures[_i].jobs, jobs);
	demand.all_or_nothing = !mixtures[_i].takes_what_comes;
	ok(attempt_request(&attempt, &err));
	ck_assert_int_eq(attempt.base.market, mixtures[_i].market);
	ck_assert_uint_eq(attempt.base.firsts, mixtures[_i].firsts);
	release_jobs(jobs);
}
END_TEST

/* hpc6a is not sold as spot, which only a person can change, and on demand its quota is used up. */
START_TEST(a_quota_is_no_reason_to_hold)
{
	static const struct server_answer script[] = {PREPARE};
	char key[64], value[64];

	setup_gang("n1", 1, 1);
	types[0].type = hpc6a;
	group.market = MARKET_SPOT;
	conf.launch.fallback_on_demand = _i == 1;
	conf.launch.check_quotas = true;
	snprintf(key, sizeof(key), "quota/%s/%s", HERE, quota_code(QUOTA_HPC, false));
	snprintf(value, sizeof(value), "95 %lld", (long long)clock_now_ms());
	ok(cache_put(state_db, key, value, clock_now_ms() + 60000, &err));
	ec2_begin(script, ARRAY_SIZE(script));
	if (_i)
		refused(run(), ERR_QUOTA, "need 96 vCPUs");
	else
		refused(run(), ERR_CONFIG, "not sold as spot");
	ck_assert_uint_eq(asked("Action=CreateFleet&", ""), 0);
}
END_TEST

/* --- what goes on, and what does not -----------------------------------------------------------
 */

static void add_bound(const char *id, const char *node, const char *region)
{
	struct instance x = state_instance(id, "a", node);

	snprintf(x.region, sizeof(x.region), "%s", region);
	snprintf(x.launch, sizeof(x.launch), "%s", "t-1");
	x.launched_s = clock_now_s();
	ok(instance_insert(state_db, &x, 1, false, &err));
}

/* A gang that goes on beside a launch that nobody knows the answer of, and an instance too many. */
START_TEST(nothing_beside_a_gang_is_forgotten)
{
	static const enum gang_state states[] = {GANG_ANNOUNCED, GANG_ACTIVE, GANG_RELEASING};
	static const struct server_answer script[] = {TERMINATED,
		{200, .only = "burst%3Alaunch", .body = INSTANCES(SEEN("i-9", "running", ""))},
		ON("DescribeInstances",
			INSTANCES(SEEN("i-1", "running", "") SEEN("i-2", "running", "")))};
	struct launch *list = NULL;
	size_t n = 0;

	state_add_gang("a", "n[1-2]");
	add_launch("t-1", "Action=CreateFleet&x=1");
	ok(launch_finish(state_db, "t-1", LAUNCH_ANSWERED, "", "", "", &err));
	{
		struct launch late = {.token = "t-2",
			.gang = "a",
			.region = HERE,
			.body = (char[]){"Action=CreateFleet&x=2"},
			.capacity = 1,
			.sent_ms = clock_now_ms() - 100000};

		ok(launch_prepare(state_db, &late, &err));
	}
	add_bound("i-1", "n1", HERE);
	add_bound("i-2", "", HERE);
	for (enum gang_state s = GANG_LAUNCHED; s <= states[_i]; s++)
		ok(gang_advance(state_db, "a", s - 1, s, &err));
	ec2_begin(script, ARRAY_SIZE(script));
	release_settle(&app, 0);
	/* the lost one and the one without a node go, whatever the gang does */
	ck_assert_str_eq(row_of("i-9").why, "answer lost");
	ck_assert_uint_ge(asked("Action=TerminateInstances&", "i-9"), 1);
	ck_assert_int_eq(row_of("i-2").state, INSTANCE_TERMINATING);
	ck_assert_int_eq(row_of("i-1").state,
		states[_i] == GANG_RELEASING ? INSTANCE_TERMINATING : INSTANCE_RUNNING);
	ok(launch_list(state_db, "a", &list, &n, &err));
	ck_assert_int_eq(list[1].state, LAUNCH_LOST);
	launch_list_release(list, n);
	ck_assert_int_eq(state_of("a"), states[_i]);
}
END_TEST

/* One piece of many is refused: the others are ended all the same. The first is one instance, to
 * see whether EC2 knows them yet. */
START_TEST(one_piece_is_refused)
{
	static const struct server_answer script[] = {
		{403, .only = "InstanceId.1=i-1&", .body = ERROR("UnauthorizedOperation", "no")},
		TERMINATED};
	struct instance *list = calloc(450, sizeof(*list));

	state_add_gang("a", "n[1-450]");
	add_launch("t-1", "Action=CreateFleet&x=1");
	for (size_t i = 0; i < 450; i++) {
		char id[32];

		snprintf(id, sizeof(id), "i-%zu", i);
		list[i] = state_instance(id, "a", "");
		snprintf(list[i].region, sizeof(list[i].region), "%s", HERE);
		list[i].launch[0] = '\0';
	}
	ok(instance_insert(state_db, list, 450, false, &err));
	ec2_begin(script, ARRAY_SIZE(script));
	refused(release_instances(&app, list, 450, "test", RELEASE_JUST_LAUNCHED, &err), ERR_AUTH,
		"no");
	ck_assert_uint_eq(asked("Action=TerminateInstances&", ""), 4);
	ck_assert_int_eq(row_of("i-449").state, INSTANCE_TERMINATING);
	/* who comes a moment later leaves them to whoever asked, and to release_settle() */
	ok(release_instances(&app, list, 450, "test", RELEASE_JUST_LAUNCHED, &err));
	ck_assert_uint_eq(asked("Action=TerminateInstances&", ""), 4);
	free(list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tries");
	TCase *tries = tcase_create("tries"), *rest = tcase_create("what goes on");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tries, 60);
	tcase_add_checked_fixture(tries, app_setup, teardown);
	tcase_add_test(tries, surplus_that_stays);
	tcase_add_test(tries, the_only_one_dies);
	tcase_add_test(tries, one_of_two_dies);
	tcase_add_test(tries, most_die);
	tcase_add_test(tries, no_address);
	tcase_add_test(tries, no_address_of_any);
	tcase_add_loop_test(tries, two_regions, 0, 2);
	tcase_add_test(tries, efa_of_all);
	tcase_add_test(tries, efa_though_the_last_plan_failed);
	tcase_add_test(tries, repeated_answer_tells_less);
	tcase_add_test(tries, what_was_undone_has_cost);
	tcase_add_loop_test(tries, mixture, 0, ARRAY_SIZE(mixtures));
	tcase_add_loop_test(tries, a_quota_is_no_reason_to_hold, 0, 2);
	tcase_set_timeout(rest, 60);
	tcase_add_checked_fixture(rest, app_setup, app_teardown);
	tcase_add_loop_test(rest, nothing_beside_a_gang_is_forgotten, 0, 3);
	tcase_add_test(rest, one_piece_is_refused);
	suite_add_tcase(s, tries);
	suite_add_tcase(s, rest);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
