/* SPDX-License-Identifier: Apache-2.0 */
/* What explain says of a job, word for word. */
#include "helper/explain.h"
#include "lib/base/strbuf.h"
#include "lib/state/db_internal.h"
#include "tests/unit/show_fixture.h"

static void explains(const char *job, int64_t now_s, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	ok(explain_job(state_db, job, AT(now_s), false, &out, &err));
	ck_assert_msg(!strcmp(out.buf, expected), "gave\n%s\nexpected\n%s", out.buf, expected);
}

#define SPOT_ASKED                                                                                 \
	"16 x hpc7a.96xlarge|c7i.48xlarge in us-east-2a|us-east-2b, spot, EFA, placement group"
#define NO_CAPACITY                                                                                \
	"We currently do not have sufficient hpc7a.96xlarge capacity in the Availability Zone "    \
	"you requested (us-east-2a). Our system will be working on provisioning additional "       \
	"capacity."
#define REASONS                                                                                    \
	"kept hpc7a.96xlarge subnet-1 us-east-2a: 7.20 USD/h, 2 EFA\n"                             \
	"kept c7i.48xlarge subnet-2 us-east-2b: 8.57 USD/h, 1 EFA\n"                               \
	"refused c5.large subnet-1 us-east-2a: has no EFA\n"                                       \
	"EFA: required (--efa): used\n"

/* A start that failed three times, then one that came. */
static void long_story(void)
{
	struct gang g = state_gang("1234-0000000001", NULL);

	g.job_id = 1234;
	snprintf(g.job_name, sizeof(g.job_name), "1234");
	g.all_or_nothing = true;
	g.efa_asked = EFA_REQUIRED;
	g.limit.uusd = 250000000;
	g.reason = (char[]){
		"no capacity for 16 x hpc7a.96xlarge or c7i.48xlarge in us-east-2 after 3 "
		"tries, the last: VcpuLimitExceeded; ask AWS for a higher quota or use "
		"fewer nodes"};
	add_gang(g, "aws-hpc-[0-15]", 0);
	add_try(g.id, 2, 4, SPOT_ASKED, "capacity", "InsufficientInstanceCapacity", NO_CAPACITY,
		REASONS);
	add_try(g.id, 6, 1, "16 x c7i.48xlarge in us-east-2b, spot, EFA, placement group",
		"throttle", "RequestLimitExceeded",
		"CreateFleet: RequestLimitExceeded: Request limit exceeded.",
		"refused hpc7a.96xlarge subnet-1 us-east-2a: tried just now: "
		"InsufficientInstanceCapacity\n"
		"kept c7i.48xlarge subnet-2 us-east-2b: 8.57 USD/h, 1 EFA\n"
		"refused c5.large subnet-1 us-east-2a: has no EFA\n"
		"EFA: required (--efa): used\n");
	add_try(g.id, 67, 3, "16 x c7i.48xlarge in us-east-2b, on-demand, EFA, placement group",
		"quota", "VcpuLimitExceeded", NULL, NULL);
	set_row(g.id, GANG_FAILED, 75);
	ok(gang_set_again(state_db, g.id, AT(195), &err));

	snprintf(g.id, sizeof(g.id), "1234-0000000002");
	g.restart = 1;
	g.reason = NULL;
	add_gang(g, "aws-hpc-[0-15]", 200);
	add_try(g.id, 201, 9, SPOT_ASKED, "", "", NULL, REASONS);
	add_instances(g.id, "aws-hpc-[0-15]", "c7i.48xlarge", 210);
	ok(gang_set_launch(state_db, g.id, "c7i.48xlarge", "us-east-2b", true, 8570000, &err));
	ok(gang_set_group(state_db, g.id, "burst-lab-1234", &err));
}

START_TEST(came_at_the_second_start)
{
	long_story();
	set_row("1234-0000000002", GANG_ACTIVE, 300);
	explains("1234", 3810,
		"job 1234 has its nodes: aws-hpc-[0-15], c7i.48xlarge in us-east-2b\n"
		"\n"
		"start 1 of job 1234, 12:00:00, gang 1234-0000000001: failed after 1m15s\n"
		"  nodes    aws-hpc-[0-15], 16 nodes, all or none; EFA required; at most "
		"250.00 USD\n"
		"  choices  kept hpc7a.96xlarge subnet-1 us-east-2a: 7.20 USD/h, 2 EFA\n"
		"           kept c7i.48xlarge subnet-2 us-east-2b: 8.57 USD/h, 1 EFA\n"
		"           refused c5.large subnet-1 us-east-2a: has no EFA\n"
		"           EFA: required (--efa): used\n"
		"  try 1    12:00:02: 16 x hpc7a.96xlarge|c7i.48xlarge in "
		"us-east-2a|us-east-2b, spot, EFA, placement\n"
		"           group\n"
		"           -> after 4s: InsufficientInstanceCapacity: We currently do not "
		"have sufficient\n"
		"           hpc7a.96xlarge capacity in the Availability Zone you requested "
		"(us-east-2a). Our system\n"
		"           will be working on provisioning additional capacity.\n"
		"  now      refused hpc7a.96xlarge subnet-1 us-east-2a: tried just now: "
		"InsufficientInstanceCapacity\n"
		"  try 2    12:00:06: 16 x c7i.48xlarge in us-east-2b, spot, EFA, "
		"placement group\n"
		"           -> after 1s: CreateFleet: RequestLimitExceeded: Request limit "
		"exceeded.\n"
		"  try 3    12:01:07: 16 x c7i.48xlarge in us-east-2b, on-demand, EFA, "
		"placement group\n"
		"           -> after 3s: VcpuLimitExceeded\n"
		"  failed   no capacity for 16 x hpc7a.96xlarge or c7i.48xlarge in "
		"us-east-2 after 3 tries, the last:\n"
		"           VcpuLimitExceeded; ask AWS for a higher quota or use fewer "
		"nodes\n"
		"\n"
		"start 2 of job 1234, 12:03:20, gang 1234-0000000002: active, begun 1h00m "
		"ago\n"
		"  nodes    aws-hpc-[0-15], 16 nodes, all or none; EFA required; at most "
		"250.00 USD\n"
		"  choices  kept hpc7a.96xlarge subnet-1 us-east-2a: 7.20 USD/h, 2 EFA\n"
		"           kept c7i.48xlarge subnet-2 us-east-2b: 8.57 USD/h, 1 EFA\n"
		"           refused c5.large subnet-1 us-east-2a: has no EFA\n"
		"           EFA: required (--efa): used\n"
		"  try 1    12:03:21: 16 x hpc7a.96xlarge|c7i.48xlarge in "
		"us-east-2a|us-east-2b, spot, EFA, placement\n"
		"           group\n"
		"           -> after 9s: came\n"
		"  came     16 x c7i.48xlarge in us-east-2b, on-demand, EFA, placement "
		"group burst-lab-1234, 8.57\n"
		"           USD/h each\n"
		"  cost     115.20 USD so far\n");
	/* and when it is over, on another day */
	set_row("1234-0000000002", GANG_RELEASED, 4000);
	for (int i = 0; i < 16; i++) {
		char id[32];

		snprintf(id, sizeof(id), "i-aws-hpc-%d", i);
		ok(instance_set_terminated(state_db, id, 0, AT(3900), &err));
	}
	explains("1234", 100000,
		"job 1234 had its nodes, which have been released\n"
		"\n"
		"start 1 of job 1234, 2026-11-22 12:00:00, gang 1234-0000000001: failed "
		"after 1m15s\n"
		"  nodes    aws-hpc-[0-15], 16 nodes, all or none; EFA required; at most "
		"250.00 USD\n"
		"  choices  kept hpc7a.96xlarge subnet-1 us-east-2a: 7.20 USD/h, 2 EFA\n"
		"           kept c7i.48xlarge subnet-2 us-east-2b: 8.57 USD/h, 1 EFA\n"
		"           refused c5.large subnet-1 us-east-2a: has no EFA\n"
		"           EFA: required (--efa): used\n"
		"  try 1    2026-11-22 12:00:02: 16 x hpc7a.96xlarge|c7i.48xlarge in "
		"us-east-2a|us-east-2b, spot,\n"
		"           EFA, placement group\n"
		"           -> after 4s: InsufficientInstanceCapacity: We currently do not "
		"have sufficient\n"
		"           hpc7a.96xlarge capacity in the Availability Zone you requested "
		"(us-east-2a). Our system\n"
		"           will be working on provisioning additional capacity.\n"
		"  now      refused hpc7a.96xlarge subnet-1 us-east-2a: tried just now: "
		"InsufficientInstanceCapacity\n"
		"  try 2    2026-11-22 12:00:06: 16 x c7i.48xlarge in us-east-2b, spot, "
		"EFA, placement group\n"
		"           -> after 1s: CreateFleet: RequestLimitExceeded: Request limit "
		"exceeded.\n"
		"  try 3    2026-11-22 12:01:07: 16 x c7i.48xlarge in us-east-2b, "
		"on-demand, EFA, placement group\n"
		"           -> after 3s: VcpuLimitExceeded\n"
		"  failed   no capacity for 16 x hpc7a.96xlarge or c7i.48xlarge in "
		"us-east-2 after 3 tries, the last:\n"
		"           VcpuLimitExceeded; ask AWS for a higher quota or use fewer "
		"nodes\n"
		"\n"
		"start 2 of job 1234, 2026-11-22 12:03:20, gang 1234-0000000002: released "
		"after 1h03m\n"
		"  nodes    aws-hpc-[0-15], 16 nodes, all or none; EFA required; at most "
		"250.00 USD\n"
		"  choices  kept hpc7a.96xlarge subnet-1 us-east-2a: 7.20 USD/h, 2 EFA\n"
		"           kept c7i.48xlarge subnet-2 us-east-2b: 8.57 USD/h, 1 EFA\n"
		"           refused c5.large subnet-1 us-east-2a: has no EFA\n"
		"           EFA: required (--efa): used\n"
		"  try 1    2026-11-22 12:03:21: 16 x hpc7a.96xlarge|c7i.48xlarge in "
		"us-east-2a|us-east-2b, spot,\n"
		"           EFA, placement group\n"
		"           -> after 9s: came\n"
		"  came     16 x c7i.48xlarge in us-east-2b, on-demand, EFA, placement "
		"group burst-lab-1234, 8.57\n"
		"           USD/h each; all have ended\n"
		"  cost     118.08 USD in all\n");
}
END_TEST

static void add_failed(const char *id, const char *name, uint32_t job_id, int64_t created_s)
{
	struct gang g = state_gang(id, NULL);

	g.job_id = job_id;
	snprintf(g.job_name, sizeof(g.job_name), "%s", name);
	g.all_or_nothing = true;
	g.reason = (char[]){"4 of 4 nodes did not register"};
	add_gang(g, "aws-hpc-[0-3]", created_s);
	set_row(id, GANG_FAILED, created_s + 60);
}

START_TEST(waits_for_its_next_start)
{
	add_failed("7-a", "7", 7, 0);
	explains("7", 100,
		"job 7 did not start: 4 of 4 nodes did not register\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n");
	ok(gang_set_again(state_db, "7-a", AT(180), &err));
	explains("7", 100,
		"job 7 did not start: 4 of 4 nodes did not register; it starts again not "
		"before 12:03:00\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n"
		"  again    not before 12:03:00\n");
	explains("7", 200,
		"job 7 did not start: 4 of 4 nodes did not register; it may start again "
		"since 12:03:00, when Slurm\n"
		"  schedules it\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n"
		"  again    since 12:03:00, when Slurm schedules it\n");
	ok(gang_set_again(state_db, "7-a", -1, &err));
	explains("7", 200,
		"job 7 did not start: 4 of 4 nodes did not register; held until somebody "
		"acts: scontrol release 7\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n"
		"  again    held until somebody acts: scontrol release 7\n");
	set_row("7-a", GANG_FAILING, 60);
	for (int i = 0; i < 2; i++)
		ok(health_failed(state_db, "aws-hpc", "node aws-hpc-0: Kernel panic", 2, AT(60),
			AT(1860), NULL, &err));
	explains("7", 200,
		"job 7 did not start: 4 of 4 nodes did not register; held until somebody "
		"acts: scontrol release 7\n"
		"node group aws-hpc is closed until 12:31:00: 2 boots in a row failed, the "
		"last: node aws-hpc-0:\n"
		"  Kernel panic; to open it now: aws-slurm-burst open aws-hpc\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failing, begun 3m20s ago\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n"
		"  again    held until somebody acts: scontrol release 7\n");
	/* it opens by itself */
	explains("7", 1860,
		"job 7 did not start: 4 of 4 nodes did not register; held until somebody "
		"acts: scontrol release 7\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failing, begun 31m00s ago\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n"
		"  again    held until somebody acts: scontrol release 7\n");
}
END_TEST

/* What would help goes with what failed: once each, and not where the reason says it already. */
START_TEST(advice)
{
	add_failed("7-a", "7", 7, 0);
	add_try("7-a", 1, 1, "4 x a.b in us-east-2a", "capacity", "", "no capacity", NULL);
	add_try("7-a", 2, 1, "4 x a.c in us-east-2a", "capacity", "", "no capacity", NULL);
	add_try("7-a", 3, 1, "4 x p.d in us-east-2a", "quota", "VcpuLimitExceeded", NULL, NULL);
	add_try("7-a", 4, 1, "4 x a.d in us-east-2a", "notfound", "", "no such thing", NULL);
	add_try("7-a", 5, 1, "4 x a.e in us-east-2a", "martian", "", "what", NULL);
	explains("7", 100,
		"job 7 did not start: 4 of 4 nodes did not register\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  try 1    12:00:01: 4 x a.b in us-east-2a\n"
		"           -> after 1s: no capacity\n"
		"  try 2    12:00:02: 4 x a.c in us-east-2a\n"
		"           -> after 1s: no capacity\n"
		"  try 3    12:00:03: 4 x p.d in us-east-2a\n"
		"           -> after 1s: VcpuLimitExceeded\n"
		"  try 4    12:00:04: 4 x a.d in us-east-2a\n"
		"           -> after 1s: no such thing\n"
		"  try 5    12:00:05: 4 x a.e in us-east-2a\n"
		"           -> after 1s: what\n"
		"  failed   4 of 4 nodes did not register\n"
		"  advice   more allowed instance types or zones, or fewer nodes, would "
		"help\n"
		"           ask AWS for a higher quota or use fewer nodes\n");
	ck_assert_int_eq(
		db_run(state_db, &err,
			"UPDATE gang SET reason = 'VcpuLimitExceeded; ask AWS for a higher quota "
			"or use fewer nodes'",
			NULL, 0),
		1);
	explains("7", 100,
		"job 7 did not start: VcpuLimitExceeded; ask AWS for a higher quota or use "
		"fewer nodes\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  try 1    12:00:01: 4 x a.b in us-east-2a\n"
		"           -> after 1s: no capacity\n"
		"  try 2    12:00:02: 4 x a.c in us-east-2a\n"
		"           -> after 1s: no capacity\n"
		"  try 3    12:00:03: 4 x p.d in us-east-2a\n"
		"           -> after 1s: VcpuLimitExceeded\n"
		"  try 4    12:00:04: 4 x a.d in us-east-2a\n"
		"           -> after 1s: no such thing\n"
		"  try 5    12:00:05: 4 x a.e in us-east-2a\n"
		"           -> after 1s: what\n"
		"  failed   VcpuLimitExceeded; ask AWS for a higher quota or use fewer "
		"nodes\n"
		"  advice   more allowed instance types or zones, or fewer nodes, would "
		"help\n");
	/* nothing is amiss while it goes on */
	set_row("7-a", GANG_LAUNCHING, 60);
	explains("7", 100,
		"job 7 waits for 4 instances, which have been sought for 1m40s\n"
		"\n"
		"start 1 of job 7, 12:00:00, gang 7-a: launching, begun 1m40s ago\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  try 1    12:00:01: 4 x a.b in us-east-2a\n"
		"           -> after 1s: no capacity\n"
		"  try 2    12:00:02: 4 x a.c in us-east-2a\n"
		"           -> after 1s: no capacity\n"
		"  try 3    12:00:03: 4 x p.d in us-east-2a\n"
		"           -> after 1s: VcpuLimitExceeded\n"
		"  try 4    12:00:04: 4 x a.d in us-east-2a\n"
		"           -> after 1s: no such thing\n"
		"  try 5    12:00:05: 4 x a.e in us-east-2a\n"
		"           -> after 1s: what\n"
		"  failed   VcpuLimitExceeded; ask AWS for a higher quota or use fewer "
		"nodes\n");
}
END_TEST

START_TEST(is_under_way)
{
	struct gang g = state_gang("8-a", NULL);

	g.job_id = 8;
	snprintf(g.job_name, sizeof(g.job_name), "8");
	g.all_or_nothing = true;
	snprintf(g.stop, sizeof(g.stop), "job cancelled");
	add_gang(g, "aws-hpc-1", 0);
	explains("8", 5,
		"job 8 waits for 1 instance, which has been sought for 5s; it is asked to "
		"stop: job cancelled\n"
		"\n"
		"start 1 of job 8, 12:00:00, gang 8-a: planned, begun 5s ago\n"
		"  nodes    aws-hpc-1\n"
		"  stop     job cancelled\n");
	set_row("8-a", GANG_LAUNCHING, 1);
	add_try("8-a", 1, 2, "1 x a.b in us-east-2a, on-demand", "capacity", "", NULL, NULL);
	add_try("8-a", 3, -1, "1 x a.b in us-east-2b, on-demand", NULL, NULL, NULL, NULL);
	explains("8", 5,
		"job 8 waits for 1 instance, which has been sought for 5s; it is asked to "
		"stop: job cancelled\n"
		"\n"
		"start 1 of job 8, 12:00:00, gang 8-a: launching, begun 5s ago\n"
		"  nodes    aws-hpc-1\n"
		"  try 1    12:00:01: 1 x a.b in us-east-2a, on-demand\n"
		"           -> after 2s: capacity\n"
		"  try 2    12:00:03: 1 x a.b in us-east-2b, on-demand\n"
		"           -> under way\n"
		"  stop     job cancelled\n");
	/* its process died, somebody else wrote the end */
	set_row("8-a", GANG_FAILED, 60);
	explains("8", 65,
		"job 8 did not start: no reason was noted\n"
		"\n"
		"start 1 of job 8, 12:00:00, gang 8-a: failed after 1m00s\n"
		"  nodes    aws-hpc-1\n"
		"  try 1    12:00:01: 1 x a.b in us-east-2a, on-demand\n"
		"           -> after 2s: capacity\n"
		"  try 2    12:00:03: 1 x a.b in us-east-2b, on-demand\n"
		"           -> no answer was noted: its process was ended\n"
		"  stop     job cancelled\n");
}
END_TEST

START_TEST(boots)
{
	struct instance earlier = state_instance("i-earlier", "8-a", "");
	struct gang g = state_gang("8-a", NULL);

	g.job_id = 8;
	snprintf(g.job_name, sizeof(g.job_name), "8");
	g.all_or_nothing = true;
	add_gang(g, "aws-hpc-[1-2]", 0);
	add_instances("8-a", "aws-hpc-[1-2]", "a.b", 10);
	ok(instance_set_terminated(state_db, "i-aws-hpc-1", 0, AT(70), &err));
	ck_assert_int_eq(
		db_run(state_db, &err,
			"UPDATE instance SET rate_uusd_hr = -1 WHERE id = 'i-aws-hpc-2'", NULL, 0),
		1);
	/* an earlier try of the start had got one, which was given back */
	earlier.launched_s = AT(5) / 1000;
	ok(instance_insert(state_db, &earlier, 1, false, &err));
	ok(instance_set_terminated(state_db, "i-earlier", 0, AT(8), &err));
	set_row("8-a", GANG_ANNOUNCED, 60);
	explains("8", 130,
		"job 8 waits for its nodes to boot: 2 instances came, asked for 2m10s ago\n"
		"\n"
		"start 1 of job 8, 12:00:00, gang 8-a: announced, begun 2m10s ago\n"
		"  nodes    aws-hpc-[1-2], 2 nodes, all or none\n"
		"  came     2 x a.b in us-east-2b, on-demand, no EFA; 1 has ended\n"
		"  cost     0.24 USD so far, without 1 instance of unknown price\n");
}
END_TEST

/* Of a whole gang nothing is left out: that none is known of is not EC2's doing. */
START_TEST(no_instance_is_known)
{
	struct gang g = state_gang("8-a", NULL);

	g.job_id = 8;
	snprintf(g.job_name, sizeof(g.job_name), "8");
	g.all_or_nothing = true;
	add_gang(g, "aws-hpc-[1-2]", 0);
	set_row("8-a", GANG_BOUND, 60);
	explains("8", 130,
		"job 8 waits for its nodes to boot: 0 instances came, asked for 2m10s ago\n"
		"\n"
		"start 1 of job 8, 12:00:00, gang 8-a: bound, begun 2m10s ago\n"
		"  nodes    aws-hpc-[1-2], 2 nodes, all or none\n");
}
END_TEST

/* One-node jobs that were launched together: each is told of its own node. */
START_TEST(pool)
{
	struct gang g = state_gang("pool-a", NULL);

	g.job_id = 0;
	add_gang(g, "aws-hpc-[0-2]", 0);
	ok(gang_add_job(state_db, "pool-a", 21, 0, "aws-hpc-0", &err));
	ok(gang_add_job(state_db, "pool-a", 22, 3, "aws-hpc-2", &err));
	add_instances("pool-a", "aws-hpc-[0-1]", "a.b", 10);
	add_try("pool-a", 1, 2, "3 x a.b in us-east-2a, on-demand", "", "", "2 of 3 instances came",
		NULL);
	set_row("pool-a", GANG_ACTIVE, 60);
	explains("21", 100,
		"job 21 has its nodes: aws-hpc-0\n"
		"\n"
		"start 1 of job 21, 12:00:00, gang pool-a: active, begun 1m40s ago\n"
		"  nodes    aws-hpc-0 of a pool of 3, each as it comes\n"
		"  try 1    12:00:01: 3 x a.b in us-east-2a, on-demand\n"
		"           -> after 2s: came: 2 of 3 instances came\n"
		"  came     2 x a.b in us-east-2b, on-demand, no EFA\n"
		"  cost     0.36 USD so far, of the whole pool\n");
	explains("22", 100,
		"job 22 went back: EC2 had no instance for aws-hpc-2\n"
		"\n"
		"start 4 of job 22, 12:00:00, gang pool-a: active, begun 1m40s ago\n"
		"  nodes    aws-hpc-2 of a pool of 3, each as it comes\n"
		"  try 1    12:00:01: 3 x a.b in us-east-2a, on-demand\n"
		"           -> after 2s: came: 2 of 3 instances came\n"
		"  came     2 x a.b in us-east-2b, on-demand, no EFA\n"
		"  cost     0.36 USD so far, of the whole pool\n");
}
END_TEST

/* Each task of an array by itself, all of them by the array's number. */
START_TEST(array)
{
	add_failed("9-a", "9_0", 9, 0);
	add_failed("10-a", "9_1", 10, 1);
	add_failed("9-b", "9_0", 9, 300);
	explains("9_1", 100,
		"job 9_1 did not start: 4 of 4 nodes did not register\n"
		"\n"
		"start 1 of job 9_1, 12:00:01, gang 10-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n");
	explains("9", 400,
		"job 9_1 did not start: 4 of 4 nodes did not register\n"
		"job 9_0 did not start: 4 of 4 nodes did not register\n"
		"\n"
		"start 1 of job 9_0, 12:00:00, gang 9-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n"
		"\n"
		"start 1 of job 9_1, 12:00:01, gang 10-a: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n"
		"\n"
		"start 1 of job 9_0, 12:05:00, gang 9-b: failed after 1m00s\n"
		"  nodes    aws-hpc-[0-3], 4 nodes, all or none\n"
		"  failed   4 of 4 nodes did not register\n");
}
END_TEST

/* Whoever may run a job may not write to the terminal of whoever asks about it. */
START_TEST(no_escape_sequences)
{
	struct gang g = state_gang("8-a", NULL);

	g.job_id = 8;
	snprintf(g.job_name, sizeof(g.job_name), "8");
	g.reason = (char[]){"\033[2Jcleared\a \xc3\xa9\nnext  line"};
	add_gang(g, "aws-hpc-1", 0);
	set_row("8-a", GANG_FAILED, 60);
	explains("8", 65,
		"job 8 did not start: ?[2Jcleared? ?? next line\n"
		"\n"
		"start 1 of job 8, 12:00:00, gang 8-a: failed after 1m00s\n"
		"  nodes    aws-hpc-1\n"
		"  failed   ?[2Jcleared? ?? next line\n");
}
END_TEST

START_TEST(nothing_known)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	refused(explain_job(state_db, "77", AT(0), false, &out, &err), ERR_NOTFOUND,
		"no instances were ever asked for job 77 here; why it waits, says squeue --start "
		"-j 77");
	refused(explain_job(state_db, "me", AT(0), false, &out, &err), ERR_USAGE,
		"\"me\" is no job's number");
	ck_assert_str_eq(out.buf, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain");
	TCase *tc = tcase_create("explain");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, show_setup, state_teardown);
	tcase_add_test(tc, came_at_the_second_start);
	tcase_add_test(tc, waits_for_its_next_start);
	tcase_add_test(tc, advice);
	tcase_add_test(tc, is_under_way);
	tcase_add_test(tc, boots);
	tcase_add_test(tc, no_instance_is_known);
	tcase_add_test(tc, pool);
	tcase_add_test(tc, array);
	tcase_add_test(tc, no_escape_sequences);
	tcase_add_test(tc, nothing_known);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
