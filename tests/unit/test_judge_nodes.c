/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes, and what piles up: each rule, and everything that keeps it from firing. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#define MINUTE_MS 60000

/* aws-hpc-2 in this state, without a machine. */
static struct node_facts *bare(const char *state)
{
	struct node_facts *facts;

	world();
	facts = &node(2)->facts;
	facts->powered_down = strstr(state, "POWERED_DOWN") != NULL;
	facts->powering_down = strstr(state, "POWERING_DOWN") != NULL;
	facts->powering_up = strstr(state, "POWERING_UP") != NULL;
	facts->no_respond = strstr(state, "NOT_RESPONDING") != NULL;
	facts->down = !strncmp(state, "DOWN", 4);
	facts->idle = !strncmp(state, "IDLE", 4);
	facts->allocated = !strncmp(state, "ALLOCATED", 9);
	facts->drain = strstr(state, "DRAIN") != NULL;
	set(facts->state, state);
	if (!facts->powered_down)
		set(facts->addr, "10.0.0.2");
	return facts;
}

START_TEST(node_without_instance)
{
	static const char *const states[] = {"IDLE+CLOUD+NOT_RESPONDING",
		"ALLOCATED+CLOUD+NOT_RESPONDING", "DOWN+CLOUD", "DOWN+CLOUD+NOT_RESPONDING"};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		bare(states[i]);
		expect("node-without-instance node aws-hpc-2");
		ck_assert_ptr_nonnull(strstr(finding_at(0)->why, states[i]));
		/* its row was there a moment ago: SuspendProgram is at work */
		node(2)->was_bound = true;
		expect("");
		node(2)->was_bound = false;
		survey.nodes_known = false;
		expect("");
		survey.nodes_known = true;
		survey.jobs_known = false;
		expect("");
		survey.jobs_known = true;
		/* a region that does not answer may have its machine */
		region()->known = false;
		expect("");
		region()->known = true;
		/* a machine of ours that is not written down is another matter */
		add_stray("i-9", "5-9876543210");
		survey.strays[0].launch_state = LAUNCH_PREPARED;
		expect("");
	}
	/* a slurmd answers: whose machine, nobody knows */
	bare("IDLE+CLOUD")->registered = true;
	expect("");
	set(node(2)->facts.addr, "127.0.0.254");
	expect("node-without-instance node aws-hpc-2");
	/* slurmctld is about to power it down */
	bare("IDLE+CLOUD+NOT_RESPONDING")->power_down = true;
	expect("");
	bare("ALLOCATED+CLOUD+NOT_RESPONDING")->power_down = true;
	expect("node-without-instance node aws-hpc-2");
	/* it waits to be powered up */
	bare("ALLOCATED+CLOUD+POWERED_DOWN");
	expect("");

	/* slurmctld itself took it down, or we did */
	set(bare("DOWN+CLOUD")->reason, "Not responding");
	expect("node-without-instance node aws-hpc-2");
	set(node(2)->facts.reason, "burst notice: spot terminate");
	expect("node-without-instance node aws-hpc-2");
	set(bare("ALLOCATED+CLOUD+DRAIN+POWER_DOWN+NOT_RESPONDING")->reason, "POWER_DOWN_ASAP");
	node(2)->facts.drain = node(2)->facts.power_down = true;
	expect("node-without-instance node aws-hpc-2");
	set(bare("DOWN+CLOUD")->reason, "fan broken");
	expect("left-alone node aws-hpc-2");
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "fan broken"));
	ck_assert(!finding_at(0)->alarm);
}
END_TEST

START_TEST(node_of_a_gang_on_its_way)
{
	struct survey_gang *other;

	bare("ALLOCATED+CLOUD+POWERING_UP");
	job()->start_s = NOW_S - 1000;
	free(job()->nodes);
	job()->nodes = strdup("aws-hpc-[0-2]");
	expect("node-without-instance node aws-hpc-2");
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "job 7"));
	other = add_gang("8-0123456789", GANG_LAUNCHING, "aws-hpc-2");
	other->held = true;
	expect("");
	other = survey_gang(&survey, "8-0123456789");
	other->held = false;
	expect("gang-unowned gang 8-0123456789");
	/* one that is bound to others does not hold it */
	other->gang.changed_ms = NOW_MS;
	other->gang.state = GANG_RELEASING;
	expect("node-without-instance node aws-hpc-2");
	other->held = true;

	/* its gang did not come, and its owner sends the nodes down at this moment */
	other->gang.state = GANG_FAILING;
	expect("");
	other->held = false;
	other->steady = false;
	expect("");
	other->steady = true;
	expect("node-without-instance node aws-hpc-2");

	/* ResumeProgram may be about to be called */
	bare("ALLOCATED+CLOUD+POWERING_UP");
	free(job()->nodes);
	job()->nodes = strdup("aws-hpc-[0-2]");
	job()->start_s = NOW_S - 299;
	expect("");
	job()->start_s = NOW_S - 302;
	expect("node-without-instance node aws-hpc-2");
	survey.steady_ms = MINUTE_MS;
	expect("");
	survey.steady_ms = INT64_MAX;
	job()->start_s = NOW_S + 1000;
	expect("");
}
END_TEST

/* Who failed it died before it told its job: that must not wait for ResumeTimeout. */
START_TEST(gang_unowned_whose_job_was_not_sent_back)
{
	world();
	gang()->gang.state = GANG_FAILING;
	job()->state = JOB_STATE_CONFIGURING;
	gang()->gang.changed_ms = NOW_MS - 9000;
	expect("");
	gang()->gang.changed_ms = NOW_MS - 12000;
	expect("gang-unowned gang 7-0123456789");
	ck_assert_str_eq(finding_at(0)->why, "failing for 12 s, and its job was not sent back");
	gang()->held = true;
	expect("");
	gang()->held = false;
	survey.jobs_known = false;
	expect("");
	survey.jobs_known = true;
	/* it was: this is another start of it */
	job()->restart++;
	expect("");
}
END_TEST

START_TEST(stuck_up)
{
	bare("IDLE+CLOUD+POWERING_UP");
	node(2)->since_ms = NOW_MS;
	expect(""); /* seen for the first time */
	node(2)->since_ms = NOW_MS - 890 * 1000;
	expect("");
	node(2)->since_ms = NOW_MS - 902 * 1000;
	expect("node-stuck-up node aws-hpc-2");
	survey.steady_ms = 5 * MINUTE_MS;
	expect("");
	survey.steady_ms = INT64_MAX;
	survey.nodes_known = false;
	expect("");
}
END_TEST

START_TEST(stuck_down)
{
	bare("IDLE+CLOUD+POWERING_DOWN");
	node(2)->since_ms = NOW_MS - 170 * 1000;
	expect("");
	node(2)->since_ms = NOW_MS - 182 * 1000;
	expect("node-stuck-down node aws-hpc-2");
	survey.steady_ms = MINUTE_MS;
	expect("");
	/* its instance is there still */
	world();
	node(1)->facts.allocated = false;
	node(1)->facts.powering_down = true;
	node(1)->since_ms = NOW_MS - 3600000;
	row(1)->row.state = INSTANCE_TERMINATING;
	row(1)->row.last_asked_ms = NOW_MS - 10000;
	expect("");
}
END_TEST

START_TEST(stuck_given_up)
{
	set(bare("DOWN+CLOUD")->reason, "ResumeTimeout reached [slurm@2026-11-22T10:00:00]");
	expect("node-stuck-given-up node aws-hpc-2");
	node(2)->facts.powering_down = true;
	node(2)->since_ms = NOW_MS;
	expect("");
	node(2)->facts.powering_down = false;
	node(2)->facts.powered_down = true;
	set(node(2)->facts.addr, "127.0.0.254");
	expect("node-stuck-given-up node aws-hpc-2");
	/* another gang has it in hand */
	add_gang("8-0123456789", GANG_LAUNCHING, "aws-hpc-2")->held = true;
	expect("");
}
END_TEST

START_TEST(stuck_ours)
{
	set(bare("DOWN+CLOUD+POWERED_DOWN")->reason, "burst: released");
	expect("node-stuck-ours node aws-hpc-2");
	/* a person's */
	set(node(2)->facts.reason, "bad memory");
	expect("");
	node(2)->facts.reason[0] = '\0';
	expect("");
}
END_TEST

START_TEST(stuck_silent)
{
	bare("IDLE+CLOUD+POWERED_DOWN+NOT_RESPONDING");
	expect("node-stuck-silent node aws-hpc-2");
	add_gang("8-0123456789", GANG_PLANNED, "aws-hpc-2")->held = true;
	expect("");
	bare("ALLOCATED+CLOUD+POWERED_DOWN+NOT_RESPONDING");
	expect("");
	bare("IDLE+CLOUD+POWERED_DOWN+POWERING_UP+NOT_RESPONDING");
	node(2)->since_ms = NOW_MS;
	expect("");
	set(bare("IDLE+CLOUD+DRAIN+POWERED_DOWN+NOT_RESPONDING")->reason, "for tests");
	expect("left-alone node aws-hpc-2");
}
END_TEST

START_TEST(address_stale)
{
	world();
	set(node(1)->facts.addr, "10.0.0.99");
	expect("address-stale node aws-hpc-1");
	ck_assert_str_eq(finding_at(0)->text, "10.0.0.11");
	ck_assert_str_eq(finding_at(0)->instance, "i-1");
	gang()->held = true;
	expect("");
	gang()->held = false;
	row(1)->steady = false;
	expect("");
	row(1)->steady = true;
	region()->known = false;
	expect("");
	region()->known = true;
	ec2(1)->private_ip[0] = '\0';
	expect("");
	set(ec2(1)->private_ip, "10.0.0.11");
	/* it goes with its job, which has it still */
	node(1)->facts.power_down = true;
	node(1)->facts.allocated = true;
	expect("address-stale node aws-hpc-1");
	node(1)->facts.allocated = false;
	node(1)->facts.idle = true;
	expect("");
	node(1)->facts.idle = false;
	node(1)->facts.allocated = true;
	node(1)->facts.power_down = false;
	row(1)->row.state = INSTANCE_TERMINATING;
	row(1)->row.last_asked_ms = NOW_MS;
	expect("");

	world();
	set(node(3)->facts.addr, "10.0.0.13");
	expect("address-stale node aws-hpc-3");
	ck_assert_str_eq(finding_at(0)->text, "127.0.0.254");
	/* it never had one: slurm.conf names none */
	set(node(3)->facts.addr, "aws-hpc-3");
	expect("");
	set(node(3)->facts.addr, "10.0.0.13");
	node(3)->was_bound = true;
	expect("");
	node(3)->was_bound = false;
	node(3)->facts.powering_up = true;
	node(3)->since_ms = NOW_MS;
	expect("");
	node(3)->facts.powering_up = false;
	node(3)->facts.allocated = true;
	expect("");
	node(3)->facts.allocated = false;
	survey.nodes_known = false;
	expect("");
}
END_TEST

START_TEST(name_tag)
{
	world();
	untag(ec2(0), "Name");
	untag(ec2(1), "Name");
	expect("name-tag gang 7-0123456789");
	ck_assert_int_eq(finding_at(0)->number, 2);
	tag(ec2(1), "Name", "anna's"); /* a person's choice */
	expect("name-tag gang 7-0123456789");
	ck_assert_int_eq(finding_at(0)->number, 1);
	rules.name_tags = false;
	expect("");
	rules.name_tags = true;
	gang()->held = true;
	expect("");
	gang()->held = false;
	region()->known = false;
	expect("");
	region()->known = true;
	gang()->gang.state = GANG_RELEASING;
	gang()->gang.changed_ms = NOW_MS - 1000;
	expect("");
	gang()->gang.state = GANG_ACTIVE;
	ec2(0)->launched_s = NOW_S - 1;
	untag(ec2(0), "burst:cluster");
	expect("");
}
END_TEST

START_TEST(group_unused)
{
	world();
	add_placement("burst-mine-5-a", "5-a", true);
	add_placement("burst-mine-7-b", GANG, false);
	expect("group-unused placement group burst-mine-5-a");
	ck_assert_str_eq(finding_at(0)->region, "us-east-2");
	survey.placements[0].created_ms = NOW_MS - 1000;
	expect("");
	survey.placements[0].created_ms = NOW_MS - 3600000;
	region()->groups_known = false;
	expect("");
	region()->groups_known = true;
	survey.removable[1] = true; /* of a gang that is releasing */
	expect("group-unused placement group burst-mine-5-a; "
	       "group-unused placement group burst-mine-7-b");
	gang()->held = true;
	expect("group-unused placement group burst-mine-5-a");
}
END_TEST

START_TEST(group_at_ec2)
{
	struct survey_group *group;

	/* its row is there and says that it is needed, or being deleted */
	world();
	group = add_group("burst-mine-7-b");
	group->row = true;
	expect("");
	group->deleted_ms = NOW_MS - 1000;
	expect("");
	group->deleted_ms = NOW_MS - 302 * 1000;
	expect("group-unused placement group burst-mine-7-b");

	/* no row */
	world();
	add_group("burst-mine-9-c");
	expect("left-alone placement group burst-mine-9-c");
	survey.rebuilt_ms = NOW_MS;
	expect("group-unused placement group burst-mine-9-c");
	set(ec2(1)->group, "burst-mine-9-c");
	expect("");
	survey.rebuilt_ms = 0;
	expect("");
	survey.rebuilt_ms = NOW_MS;
	set(ec2(1)->state, "terminated");
	row(1)->row.state = INSTANCE_TERMINATING;
	row(1)->row.last_asked_ms = NOW_MS;
	expect("group-unused placement group burst-mine-9-c");
	region()->known = false;
	expect("");
	region()->known = true;
	/* a person's, who gave it our tag */
	free(region()->groups[0].name);
	region()->groups[0].name = strdup("annas-group");
	expect("");
}
END_TEST

START_TEST(version_unused)
{
	struct survey_version *v;

	world();
	v = add_version(12);
	expect("version-unused version 12 of lt-1");
	v->row = true;
	expect("");
	v->row = false;
	v->pending = true;
	expect("");
	v->pending = false;
	v->used = true;
	expect("");
	v->used = false;
	v->version.is_default = true;
	expect("");
	v->version.is_default = false;
	v->version.created_s = NOW_S - 299;
	expect("");
	v->version.created_s = NOW_S + 1000;
	expect("");
	v->version.created_s = NOW_S - 3600;
	set(v->version.description, "aws-slurm-burst of theirs: 2 interface(s) of version 1");
	expect("");
	set(v->version.description, "aws-slurm-burst: 2 interface(s) of version 1");
	expect("");
	set(v->version.description, "");
	expect("");
	/* the configuration names it */
	set(v->version.description, "aws-slurm-burst of mine: 1 interface(s) of version 1");
	survey.conf->groups[0].places[0].template_version = (char[]){"12"};
	expect("");
}
END_TEST

START_TEST(intent_old)
{
	world();
	survey.records[0] = (struct survey_record){.job_id = 5, .changed_s = NOW_S - 90000};
	survey.records[1] = (struct survey_record){.job_id = 7, .changed_s = NOW_S - 90000};
	survey.records[2] = (struct survey_record){.job_id = 6, .changed_s = NOW_S - 80000};
	survey.records[3] = (struct survey_record){.job_id = 6, .changed_s = NOW_S + 80000};
	survey.nrecords = 4;
	expect("intent-old 1 records");
	ck_assert(judge_record_is_old(&survey, &rules, &survey.records[0]));
	ck_assert(!judge_record_is_old(&survey, &rules, &survey.records[1]));
	ck_assert(!judge_record_is_old(&survey, &rules, &survey.records[2]));
	survey.jobs_known = false;
	expect("");
	survey.jobs_known = true;
	survey.steady_ms = 1000;
	expect("");
}
END_TEST

START_TEST(hold_left)
{
	char first[] = "5-9876543210", second[] = "7-0123456789", *holds[] = {first, second};

	world();
	survey.holds = holds;
	survey.nholds = 2;
	expect("hold-left gang 5-9876543210; hold-left gang 7-0123456789");
	survey.holds = NULL;
	survey.nholds = 0;
	expect("");
}
END_TEST

START_TEST(order)
{
	world();
	add_version(12);
	bare("IDLE+CLOUD+POWERED_DOWN+NOT_RESPONDING");
	add_version(12);
	add_stray("i-9", "5-9876543210");
	gang()->gang.state = GANG_BOUND;
	expect("gang-unowned gang 7-0123456789; orphan-end instance i-9; "
	       "node-stuck-silent node aws-hpc-2; version-unused version 12 of lt-1");
}
END_TEST

/* An instance again, since what keeps it is a node. */
START_TEST(ended_runs)
{
	world();
	add_stray("i-9", "5-9876543210");
	survey.strays[0].row = true;
	survey.strays[0].terminated_ms = NOW_MS - 302 * 1000;
	expect("ended-runs instance i-9");
	survey.strays[0].terminated_ms = NOW_MS - 290 * 1000;
	expect(""); /* an old answer of EC2's */
	survey.strays[0].terminated_ms = NOW_MS - 302 * 1000;
	set(ec2(2)->state, "shutting-down");
	expect("");
	set(ec2(2)->state, "running");
	tag(ec2(2), "burst:cluster", "theirs");
	expect("");
	tag(ec2(2), "burst:cluster", "mine");
	survey.steady_ms = 1000;
	expect("");
	survey.steady_ms = INT64_MAX;

	/* whoever wrote that down was wrong: a job runs there */
	set(node(2)->facts.addr, "10.0.0.2");
	node(2)->facts.powered_down = node(2)->facts.idle = false;
	node(2)->facts.allocated = node(2)->facts.registered = true;
	free(job()->nodes);
	job()->nodes = strdup("aws-hpc-[0-2]");
	expect("left-alone instance i-9");
	ck_assert(finding_at(0)->alarm);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "job 7 runs on it"));
	job()->state = JOB_STATE_ENDED;
	gang()->njobs = 0;
	expect("ended-runs instance i-9");
	gang()->njobs = 1;

	/* somebody took its tag burst:gang away: there is no gang to write it down for */
	world();
	add_stray("i-9", "");
	expect("left-alone instance i-9");
	ck_assert(finding_at(0)->alarm);
}
END_TEST

START_TEST(job_cleaning)
{
	world();
	survey.cleanings = calloc(1, sizeof(*survey.cleanings));
	survey.ncleanings = 1;
	survey.cleanings[0].job = job();
	survey.cleanings[0].since_ms = NOW_MS - 300 * 1000;
	expect("");
	survey.cleanings[0].since_ms = NOW_MS - 301 * 1000;
	expect("job-cleaning job 7");
	ck_assert(finding_is_told(finding_at(0)));
	ck_assert(finding_at(0)->alarm);
	ck_assert_str_eq(finding_at(0)->why,
		"job 7 waits with reason Cleaning for 301 s: slurmctld is not done with its last "
		"start; if no PrologSlurmctld runs for it, restart slurmctld, it does not start "
		"before");
	/* the clock was set since */
	survey.steady_ms = 300 * 1000;
	expect("");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_nodes");
	TCase *t = tcase_create("judge_nodes");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, NULL, world_end);
	tcase_add_test(t, node_without_instance);
	tcase_add_test(t, ended_runs);
	tcase_add_test(t, node_of_a_gang_on_its_way);
	tcase_add_test(t, gang_unowned_whose_job_was_not_sent_back);
	tcase_add_test(t, stuck_up);
	tcase_add_test(t, stuck_down);
	tcase_add_test(t, stuck_given_up);
	tcase_add_test(t, stuck_ours);
	tcase_add_test(t, stuck_silent);
	tcase_add_test(t, address_stale);
	tcase_add_test(t, name_tag);
	tcase_add_test(t, group_unused);
	tcase_add_test(t, group_at_ec2);
	tcase_add_test(t, version_unused);
	tcase_add_test(t, intent_old);
	tcase_add_test(t, hold_left);
	tcase_add_test(t, job_cleaning);
	tcase_add_test(t, order);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
