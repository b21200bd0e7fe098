/* SPDX-License-Identifier: Apache-2.0 */
/* Gangs and instances: each rule, and everything that keeps it from firing. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judge_fixture.h"

#define THE_GANG   "gang 7-0123456789"
#define MINUTE_MS  60000
#define LONG_AGO_S (NOW_S - 7200)

START_TEST(agreement)
{
	world();
	expect("");
	/* a clock that runs late or early makes nothing of it */
	survey.steady_ms = 0;
	expect("");
	survey.now_ms -= 86400000;
	expect("");
	survey.steady_ms = INT64_MAX;
	expect("");
}
END_TEST

START_TEST(table)
{
	for (unsigned i = 0; i < FINDING_RULES; i++) {
		const struct finding_info *info = finding_info((enum finding_rule)i);

		ck_assert_ptr_nonnull(info->name);
		ck_assert_ptr_nonnull(info->action);
		ck_assert_ptr_nonnull(info->done);
		ck_assert_int_eq(strncmp(info->counter, "reconcile.", 10), 0);
		ck_assert_str_eq(info->counter + 10, info->name);
	}
	world();
	ck_assert_int_eq(rules.grace_s, 300);
	ck_assert_int_eq(rules.resume_timeout_s, 600);
	ck_assert_int_eq(rules.suspend_timeout_s, 120);
	ck_assert_str_eq(rules.placeholder, "127.0.0.254");
	ck_assert_int_eq(rules.guards.overdue_grace_s, 900);
	ck_assert(rules.name_tags);
}
END_TEST

START_TEST(ages)
{
	world();
	ck_assert_int_eq(survey_age_ms(&survey, NOW_MS - 5), 5);
	ck_assert_int_eq(survey_age_ms(&survey, NOW_MS + 5), 0);
	survey.steady_ms = 3;
	ck_assert_int_eq(survey_age_ms(&survey, NOW_MS - 5), 3);
	ck_assert_int_eq(survey_age_ms(&survey, NOW_MS - 2), 2);
}
END_TEST

START_TEST(member_lost)
{
	static const char *const states[] = {"shutting-down", "terminated"};

	for (size_t i = 0; i < 2; i++) {
		world();
		set(ec2(1)->state, states[i]);
		set(ec2(1)->reason, "Server.SpotInstanceTermination");
		expect("member-lost " THE_GANG);
		ck_assert_str_eq(finding_at(0)->instance, "i-1");
		ck_assert_str_eq(finding_at(0)->node, "aws-hpc-1");
		ck_assert_int_eq(finding_at(0)->number, 1);
		ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "SpotInstanceTermination"));
	}
	set(ec2(0)->state, "terminated");
	expect("member-lost " THE_GANG);
	ck_assert_int_eq(finding_at(0)->number, 2);
	gang()->gang.state = GANG_ANNOUNCED;
	expect("member-lost " THE_GANG);
	/* its process sees to it */
	gang()->held = true;
	expect("");
	/* it has moved meanwhile */
	gang()->held = false;
	gang()->steady = false;
	expect("");
	gang()->steady = true;
	row(0)->steady = row(1)->steady = false;
	gang()->gang.state = GANG_ACTIVE;
	expect("");

	/* by us: the row says so */
	world();
	set(ec2(1)->state, "shutting-down");
	row(1)->row.state = INSTANCE_TERMINATING;
	row(1)->row.last_asked_ms = NOW_MS - MINUTE_MS;
	expect("");
	world();
	set(ec2(1)->state, "terminated");
	region()->known = false;
	expect("");
}
END_TEST

START_TEST(gang_unowned_on_the_way_up)
{
	static const enum gang_state states[] = {
		GANG_PLANNED, GANG_GROUP_READY, GANG_LAUNCHING, GANG_LAUNCHED, GANG_BOUND};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		world();
		gang()->gang.state = states[i];
		/* at once, however young: a lock that is free has no owner */
		gang()->gang.changed_ms = NOW_MS - 1;
		expect("gang-unowned " THE_GANG);
		ck_assert_ptr_nonnull(strstr(finding_at(0)->why, gang_state_name(states[i])));
		gang()->held = true;
		expect("");
		gang()->held = false;
		gang()->steady = false;
		expect("");
	}
	/* its instance that ended is no matter of its own */
	world();
	gang()->gang.state = GANG_BOUND;
	set(ec2(0)->state, "terminated");
	expect("gang-unowned " THE_GANG);
	/* nor is it for Slurm or EC2 to say that its process died */
	region()->known = survey.nodes_known = survey.jobs_known = false;
	expect("gang-unowned " THE_GANG);
}
END_TEST

START_TEST(gang_unowned_on_the_way_down)
{
	static const enum gang_state states[] = {GANG_RELEASING, GANG_FAILING};

	for (size_t i = 0; i < 2; i++) {
		world();
		gang()->gang.state = states[i];
		job()->state = JOB_STATE_PENDING;
		gang()->gang.changed_ms = NOW_MS - 299 * 1000;
		expect(""); /* SuspendProgram waits for EC2, and has no lock */
		gang()->gang.changed_ms = NOW_MS - 302 * 1000;
		expect("gang-unowned " THE_GANG);
		gang()->held = true;
		expect("");
		gang()->held = false;
		/* the clock was set a minute ago */
		survey.steady_ms = MINUTE_MS;
		expect("");
		/* all has ended, and only the last step is missing */
		survey.steady_ms = INT64_MAX;
		forget_instances();
		put_down(0);
		put_down(1);
		gang()->gang.changed_ms = NOW_MS - 5000;
		expect("");
		gang()->gang.changed_ms = NOW_MS - 12000;
		expect("gang-unowned " THE_GANG);
		gang()->nprepared = 1;
		expect("");
	}
}
END_TEST

START_TEST(gang_unowned_with_nothing_left)
{
	world();
	gang()->nprepared = 1;
	expect("gang-unowned " THE_GANG);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "never answered"));
	gang()->held = true;
	expect("");

	world();
	forget_instances();
	put_down(0);
	put_down(1);
	expect("gang-unowned " THE_GANG);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "nothing of it runs"));
	gang()->steady = false;
	expect("");
}
END_TEST

/* Both nodes boot. */
static void booting(void)
{
	world();
	gang()->gang.state = GANG_ANNOUNCED;
	gang()->gang.changed_ms = NOW_MS - MINUTE_MS;
	job()->state = JOB_STATE_CONFIGURING;
	job()->start_s = NOW_S - 100;
	for (size_t i = 0; i < 2; i++) {
		node(i)->facts.registered = false;
		node(i)->facts.powering_up = true;
		node(i)->since_ms = NOW_MS - MINUTE_MS;
		row(i)->row.bound_ms = NOW_MS - MINUTE_MS;
		set(node(i)->facts.state, "ALLOCATED+CLOUD+POWERING_UP");
	}
}

START_TEST(gang_late)
{
	booting();
	expect("");
	gang()->gang.changed_ms = NOW_MS - 610 * 1000;
	expect(""); /* slurmctld counts from another moment */
	gang()->gang.changed_ms = NOW_MS - 620 * 1000;
	expect("gang-late " THE_GANG);
	ck_assert_int_eq(finding_at(0)->number, 2);
	ck_assert_str_eq(finding_at(0)->node, "aws-hpc-0");
	gang()->held = true;
	expect("");
	gang()->held = false;
	survey.nodes_known = false;
	expect("");
	survey.nodes_known = true;
	survey.jobs_known = false;
	expect("");
	survey.jobs_known = true;
	survey.steady_ms = MINUTE_MS;
	expect("");

	/* slurmctld has given one up */
	booting();
	node(1)->facts = (struct node_facts){.cloud = true, .down = true};
	set(node(1)->facts.name, "aws-hpc-1");
	set(node(1)->facts.addr, "10.0.0.11");
	set(node(1)->facts.reason, "ResumeTimeout reached");
	set(node(1)->facts.state, "DOWN+CLOUD");
	expect("gang-late " THE_GANG);
	ck_assert_int_eq(finding_at(0)->number, 2);
	/* it is on its way down already */
	node(0)->facts.registered = true;
	node(0)->facts.powering_up = false;
	node(1)->facts.powering_down = true;
	node(1)->since_ms = NOW_MS;
	expect("gang-up " THE_GANG);
}
END_TEST

START_TEST(gang_up)
{
	booting();
	node(0)->facts.registered = node(1)->facts.registered = true;
	node(0)->facts.powering_up = node(1)->facts.powering_up = false;
	expect("gang-up " THE_GANG);
	gang()->held = true;
	expect("");
	gang()->held = false;
	survey.jobs_known = false;
	expect("");
	survey.jobs_known = true;
	/* nodes without a job have nobody to be asked */
	job()->state = JOB_STATE_ENDED;
	job()->end_s = NOW_S;
	node(0)->facts.allocated = node(1)->facts.allocated = false;
	expect("job-over " THE_GANG);
	free(gang()->jobs[0].nodes);
	gang()->njobs = 0;
	expect("gang-up " THE_GANG);
}
END_TEST

START_TEST(job_over_on_the_way_up)
{
	booting();
	job()->state = JOB_STATE_ENDED;
	expect("job-over " THE_GANG); /* at once */
	job()->state = JOB_STATE_PENDING;
	expect("job-over " THE_GANG);
	job()->restart = 1;
	job()->state = JOB_STATE_CONFIGURING;
	expect("job-over " THE_GANG);
	survey.njobs = 0;
	expect("job-over " THE_GANG);
	survey.jobs_known = false;
	expect("");
	survey.jobs_known = true;
	gang()->held = true;
	expect("");
	survey.njobs = 1; /* for its release */
}
END_TEST

/* The job is over for so many seconds, and the nodes are idle. */
static void over(int64_t seconds)
{
	world();
	job()->state = JOB_STATE_ENDED;
	job()->end_s = NOW_S - seconds;
	for (size_t i = 0; i < 2; i++) {
		node(i)->facts.allocated = false;
		node(i)->facts.idle = true;
	}
}

START_TEST(job_over)
{
	struct conf_group *group;

	over(299);
	expect("");
	over(302);
	expect("job-over " THE_GANG);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "2 instance(s)"));
	gang()->held = true;
	expect("");

	/* the clock was set a minute ago */
	over(302);
	survey.steady_ms = MINUTE_MS;
	expect("");
	/* SuspendProgram is called for them */
	over(302);
	node(0)->facts.power_down = node(1)->facts.powering_down = true;
	expect("");
	/* they are given to another job, or the epilog runs */
	over(302);
	node(0)->facts.allocated = node(1)->facts.allocated = true;
	expect("");
	over(302);
	node(0)->facts.completing = node(1)->facts.completing = true;
	expect("");
	/* they may go to another job */
	over(302);
	group = (struct conf_group *)survey.conf->groups;
	group->reuse = true;
	expect("");
	group->reuse = false;
	expect("job-over " THE_GANG);
	/* slurmctld has forgotten it: MinJobAge */
	over(302);
	survey.njobs = 0;
	expect("job-over " THE_GANG);
	gang()->gang.changed_ms = NOW_MS - 1000;
	expect("");
	survey.njobs = 1;
	/* it runs again, elsewhere */
	over(302);
	job()->restart = 1;
	job()->state = JOB_STATE_RUNNING;
	set(job()->nodes, "");
	expect("job-over " THE_GANG);
	over(302);
	job()->state = JOB_STATE_COMPLETING;
	expect("");
	/* it is suspended: slurmctld calls its nodes idle */
	over(302);
	job()->state = JOB_STATE_OTHER;
	expect("");
	/* somebody looks at one of its nodes, and has told SuspendProgram not to come */
	over(302);
	node(1)->facts.drain = true;
	set(node(1)->facts.reason, "looking at its fan, alice");
	expect("left-alone node aws-hpc-1");
	ck_assert(finding_at(0)->alarm);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "alice"));
	set(node(1)->facts.reason, "burst: instance i-1: EC2's check of its host has failed");
	expect("job-over " THE_GANG);
}
END_TEST

START_TEST(row_ended)
{
	/* of a gang that is over */
	world();
	forget_gang();
	survey.nrows = 1;
	set(row(0)->row.id, "i-0");
	set(row(0)->row.gang, GANG);
	set(row(0)->row.region, "us-east-2");
	row(0)->row.state = INSTANCE_TERMINATING;
	row(0)->row.last_asked_ms = NOW_MS - 2 * MINUTE_MS;
	row(0)->steady = true;
	set(add_ec2("i-0", GANG, "aws-hpc-0", "")->state, "terminated");
	expect("row-ended instance i-0");
	row(0)->row.last_asked_ms = NOW_MS - 50000;
	expect(""); /* whoever asked writes it down */
	row(0)->row.last_asked_ms = NOW_MS - 2 * MINUTE_MS;
	ec2(0)->ended_s = NOW_S - 10;
	expect("");
	ec2(0)->ended_s = NOW_S - 100;
	expect("row-ended instance i-0");
	row(0)->steady = false;
	expect("");
	row(0)->steady = true;
	region()->known = false;
	expect("");
	region()->known = true;
	row(0)->row.state = INSTANCE_RUNNING;
	ec2(0)->ended_s = NOW_S;
	expect("row-ended instance i-0");
	set(ec2(0)->state, "shutting-down");
	expect("");

	/* one that never was a node */
	world();
	row(1)->row.node[0] = '\0';
	set(ec2(1)->state, "terminated");
	put_down(1);
	expect("row-ended instance i-1");
	gang()->held = true;
	expect("");
}
END_TEST

START_TEST(row_gone)
{
	world();
	region()->instances.n = 1;
	row(1)->looked = true;
	node(1)->facts.no_respond = true;
	expect("row-gone instance i-1");
	row(1)->looked = false; /* it was not asked for by its id */
	expect("");
	row(1)->looked = true;
	row(1)->row.launched_s = NOW_S - 599;
	expect(""); /* EC2 may deny it */
	row(1)->row.launched_s = NOW_S + 3600;
	expect("");
	row(1)->row.launched_s = NOW_S - 602;
	expect("row-gone instance i-1");
	survey.steady_ms = 5 * MINUTE_MS;
	expect("");
	survey.steady_ms = INT64_MAX;
	region()->known = false;
	expect("");
	region()->known = true;
	gang()->held = true;
	expect("");
	gang()->held = false;
	row(1)->steady = false;
	expect("");
	row(1)->steady = true;
	set(row(1)->row.region, "eu-west-1"); /* which nobody has looked at */
	expect("");
	region()->instances.n = 2;

	/* its launch's time is not known: the gang's counts */
	world();
	region()->instances.n = 1;
	row(1)->looked = true;
	node(1)->facts.no_respond = true;
	row(1)->row.launched_s = 0;
	expect("row-gone instance i-1");
	gang()->gang.created_ms = NOW_MS - MINUTE_MS;
	expect("");
	region()->instances.n = 2;
}
END_TEST

/* EC2 denies what runs: an empty answer, another account. Nobody's job pays for it. */
START_TEST(row_gone_and_alive)
{
	world();
	region()->instances.n = 0;
	row(0)->looked = row(1)->looked = true;
	expect("left-alone instance i-0 and 1 more");
	ck_assert(finding_at(0)->alarm);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "its node answers slurmctld"));
	survey.nodes_known = false;
	expect("");
	survey.nodes_known = true;
	node(0)->facts.no_respond = true;
	node(1)->facts.down = true;
	expect("row-gone instance i-0; row-gone instance i-1");
	/* it was to be ended anyway */
	node(0)->facts.no_respond = node(1)->facts.down = false;
	row(0)->row.state = row(1)->row.state = INSTANCE_TERMINATING;
	expect("row-gone instance i-0; row-gone instance i-1");
	region()->instances.n = 2;
}
END_TEST

START_TEST(instance_without_node)
{
	world();
	row(1)->row.node[0] = '\0';
	put_down(1);
	expect("instance-without-node instance i-1");
	gang()->held = true;
	expect("");
	gang()->held = false;
	row(1)->steady = false;
	expect("");
	row(1)->steady = true;
	untag(ec2(1), "burst:cluster");
	expect("left-alone instance i-1");

	/* its node is powered down: SuspendProgram died before it did anything */
	world();
	put_down(1);
	set(node(1)->facts.addr, "10.0.0.11");
	free(job()->nodes);
	job()->nodes = strdup("aws-hpc-0");
	expect("instance-without-node instance i-1");
	row(1)->row.bound_ms = NOW_MS - MINUTE_MS;
	expect("");
	row(1)->row.bound_ms = NOW_MS + MINUTE_MS;
	expect("");
	row(1)->row.bound_ms = NOW_MS - 10 * MINUTE_MS;
	expect("instance-without-node instance i-1");
	node(1)->facts.powering_up = true;
	node(1)->since_ms = NOW_MS;
	expect("");
	node(1)->facts.powering_up = false;
	node(1)->facts.allocated = true;
	expect("");
	node(1)->facts.allocated = false;
	survey.nodes_known = false;
	expect("");
	survey.nodes_known = true;

	/* slurmctld has given the node up */
	node(1)->facts.powered_down = node(1)->facts.idle = false;
	node(1)->facts.down = true;
	set(node(1)->facts.reason, "ResumeTimeout reached");
	expect("instance-without-node instance i-1");
	node(1)->facts.power_down = true;
	expect("");

	/* slurmctld does not know the node any more */
	world();
	set(row(1)->row.node, "aws-hpc-9");
	put_down(1);
	expect("instance-without-node instance i-1");
	survey.nnodes = 0;
	expect("");

	/* its gang is over */
	world();
	survey.ngangs = 0;
	expect("instance-without-node instance i-0; instance-without-node instance i-1");
	survey.ngangs = 1;
}
END_TEST

START_TEST(end_again)
{
	static const char *const states[] = {"pending", "running", "stopped"};

	for (size_t i = 0; i < 3; i++) {
		world();
		gang()->gang.state = GANG_RELEASING;
		gang()->gang.changed_ms = NOW_MS - 2 * MINUTE_MS;
		row(0)->row.state = row(1)->row.state = INSTANCE_TERMINATING;
		row(0)->row.last_asked_ms = row(1)->row.last_asked_ms = NOW_MS - 50000;
		set(ec2(0)->state, states[i]);
		set(ec2(1)->state, "shutting-down");
		expect("");
		row(0)->row.last_asked_ms = row(1)->row.last_asked_ms = NOW_MS - 62000;
		expect("end-again instance i-0");
		/* of a gang one finding */
		set(ec2(1)->state, states[i]);
		expect("end-again instance i-0 and 1 more");
		ck_assert(judge_is_to_end_again(&survey, row(1)));
		row(1)->row.last_asked_ms = NOW_MS - 50000;
		expect("end-again instance i-0");
		ck_assert(!judge_is_to_end_again(&survey, row(1)));
		gang()->held = true;
		expect("");
		gang()->held = false;
		row(0)->steady = false;
		expect("");
		row(0)->steady = true;
		region()->known = false;
		expect("");
		region()->known = true;
		tag(ec2(0), "burst:cluster", "theirs");
		expect("left-alone instance i-0");
		ck_assert(finding_at(0)->alarm);
	}
}
END_TEST

START_TEST(tag_gone)
{
	world();
	untag(ec2(0), "burst:cluster");
	expect("left-alone instance i-0");
	ck_assert(finding_at(0)->alarm);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "burst:cluster is gone"));
	ec2(0)->launched_s = NOW_S - 10; /* EC2 does not show it yet */
	expect("");
}
END_TEST

START_TEST(orphan_end)
{
	world();
	add_stray("i-9", "5-9876543210");
	expect("orphan-end instance i-9");
	ck_assert_str_eq(finding_at(0)->gang, "5-9876543210");
	ck_assert_str_eq(finding_at(0)->region, "us-east-2");
	ck_assert(!finding_at(0)->alarm);
	/* its gang's row is enough, or its launch's */
	survey.strays[0].launch_known = false;
	expect("orphan-end instance i-9");
	survey.strays[0].gang_known = false;
	survey.strays[0].launch_known = true;
	survey.strays[0].launch_state = LAUNCH_LOST;
	expect("orphan-end instance i-9");
	set(ec2(2)->state, "stopped");
	expect("orphan-end instance i-9");
	set(ec2(2)->state, "terminated");
	expect("");
	set(ec2(2)->state, "running");

	/* young, or from the future */
	ec2(2)->launched_s = NOW_S - 299;
	expect("");
	ec2(2)->launched_s = NOW_S + 86400;
	expect("");
	ec2(2)->launched_s = 0;
	expect("");
	ec2(2)->launched_s = NOW_S - 302;
	expect("orphan-end instance i-9");
	survey.steady_ms = MINUTE_MS;
	expect("");
	survey.steady_ms = INT64_MAX;
	/* its answer may still come, or is looked for with its gang */
	survey.strays[0].launch_state = LAUNCH_PREPARED;
	expect("");
	survey.strays[0].launch_state = LAUNCH_FAILED;
	region()->known = false;
	expect("");
	region()->known = true;
	survey.nodes_known = false; /* Slurm may use it */
	expect("");
	survey.nodes_known = true;
	tag(ec2(2), "burst:cluster", "theirs");
	expect("");
	untag(ec2(2), "burst:cluster");
	expect("");
}
END_TEST

START_TEST(orphans_of_a_gang)
{
	/* of a gang and region one finding, whenever each was launched */
	world();
	add_stray("i-8", "5-9876543210");
	add_stray("i-9", "5-9876543210");
	ec2(3)->launched_s -= 7;
	add_stray("i-91", "6-9876543210");
	expect("orphan-end instance i-8 and 1 more; orphan-end instance i-91");
	for (size_t i = 0; i < 3; i++)
		ck_assert(judge_is_orphan(&survey, &rules, &survey.strays[i]));
	/* those that are not to be ended are not among them */
	ec2(3)->launched_s = NOW_S - 10;
	untag(ec2(4), "aws:ec2:fleet-id");
	expect("orphan-end instance i-8; left-alone instance i-91");
	ck_assert(judge_is_orphan(&survey, &rules, &survey.strays[0]));
	ck_assert(!judge_is_orphan(&survey, &rules, &survey.strays[1]));
	ck_assert(!judge_is_orphan(&survey, &rules, &survey.strays[2]));
	set(ec2(2)->state, "terminated");
	ck_assert(!judge_is_orphan(&survey, &rules, &survey.strays[0]));
}
END_TEST

START_TEST(orphan_of_a_living_gang)
{
	world();
	add_stray("i-9", GANG);
	expect("orphan-end instance i-9");
	gang()->held = true;
	expect("");
	gang()->held = false;
	gang()->steady = false;
	expect("");
}
END_TEST

START_TEST(orphan_of_nobody)
{
	/* another cluster of our name, or an old copy of state.db */
	world();
	add_stray("i-9", "5-9876543210");
	survey.strays[0].gang_known = survey.strays[0].launch_known = false;
	expect("left-alone instance i-9");
	ck_assert(finding_at(0)->alarm);
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "another cluster named mine"));
	/* the operator said that records were lost */
	survey.rebuilt_ms = NOW_MS - MINUTE_MS;
	expect("orphan-end instance i-9");
	/* what came later would be written down */
	survey.rebuilt_ms = NOW_MS - 2 * 3600000;
	expect("left-alone instance i-9");

	/* of thousands one line */
	add_stray("i-91", "5-9876543210");
	add_stray("i-92", "6-9876543210");
	for (size_t i = 1; i < 3; i++)
		survey.strays[i].gang_known = survey.strays[i].launch_known = false;
	expect("left-alone instance i-9 and 1 more; left-alone instance i-92");

	/* copied by a person, with all its tags */
	world();
	add_stray("i-9", "5-9876543210");
	untag(ec2(2), "aws:ec2:fleet-id");
	expect("left-alone instance i-9");
	ck_assert(finding_at(0)->alarm);
	survey.rebuilt_ms = NOW_MS;
	expect("left-alone instance i-9");
}
END_TEST

START_TEST(orphan_adopt)
{
	world();
	add_stray("i-9", "5-9876543210");
	set(node(2)->facts.addr, "10.0.0.2");
	node(2)->facts.powered_down = node(2)->facts.idle = false;
	node(2)->facts.allocated = node(2)->facts.registered = true;
	set(node(2)->facts.state, "ALLOCATED+CLOUD");
	expect("orphan-adopt instance i-9");
	ck_assert_str_eq(finding_at(0)->node, "aws-hpc-2");
	/* Slurm itself is the proof: no record is needed */
	survey.strays[0].gang_known = survey.strays[0].launch_known = false;
	expect("orphan-adopt instance i-9");
	ec2(2)->launched_s = NOW_S - 10;
	expect("");
	ec2(2)->launched_s = NOW_S - 3600;
	untag(ec2(2), "aws:ec2:fleet-id");
	expect("left-alone instance i-9");
	tag(ec2(2), "aws:ec2:fleet-id", "fleet-1");
	/* the tags say another node */
	set(survey.strays[0].node, "aws-hpc-3");
	expect("left-alone instance i-9");
	survey.strays[0].node[0] = '\0';
	expect("left-alone instance i-9");
	/* they are gone, and it would be ended as its gang is known; but a job is there */
	survey.strays[0].gang_known = true;
	expect("orphan-end instance i-9");
	free(job()->nodes);
	job()->nodes = strdup("aws-hpc-[0-2]");
	expect("left-alone instance i-9");
	ck_assert_ptr_nonnull(strstr(finding_at(0)->why, "aws-hpc-2 there, which has job 7"));
	free(job()->nodes);
	job()->nodes = strdup("aws-hpc-[0-1]");
	survey.strays[0].gang_known = false;
	/* Slurm reaches the node elsewhere, and nothing answers */
	set(survey.strays[0].node, "aws-hpc-2");
	set(node(2)->facts.addr, "10.0.0.77");
	expect("left-alone instance i-9");
	node(2)->facts.no_respond = true;
	expect("node-without-instance node aws-hpc-2; left-alone instance i-9");
	/* it is powered down, though it has kept the address */
	put_down(2);
	node(2)->facts.no_respond = false;
	set(node(2)->facts.addr, "10.0.0.2");
	survey.strays[0].gang_known = true;
	expect("orphan-end instance i-9; address-stale node aws-hpc-2");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge");
	TCase *t = tcase_create("judge");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, NULL, world_end);
	tcase_add_test(t, agreement);
	tcase_add_test(t, table);
	tcase_add_test(t, ages);
	tcase_add_test(t, member_lost);
	tcase_add_test(t, gang_unowned_on_the_way_up);
	tcase_add_test(t, gang_unowned_on_the_way_down);
	tcase_add_test(t, gang_unowned_with_nothing_left);
	tcase_add_test(t, gang_late);
	tcase_add_test(t, gang_up);
	tcase_add_test(t, job_over_on_the_way_up);
	tcase_add_test(t, job_over);
	tcase_add_test(t, row_ended);
	tcase_add_test(t, row_gone);
	tcase_add_test(t, row_gone_and_alive);
	tcase_add_test(t, instance_without_node);
	tcase_add_test(t, end_again);
	tcase_add_test(t, tag_gone);
	tcase_add_test(t, orphan_end);
	tcase_add_test(t, orphans_of_a_gang);
	tcase_add_test(t, orphan_of_a_living_gang);
	tcase_add_test(t, orphan_of_nobody);
	tcase_add_test(t, orphan_adopt);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
