/* SPDX-License-Identifier: Apache-2.0 */
/* Machines in trouble, machines that run for too long, and too many of them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/judge.h"
#include "lib/base/cleanup.h"

#define HERE   "us-east-2"
#define NOW_S  INT64_C(1790000000)
#define NOW_MS (NOW_S * 1000)
#define HOUR   3600

/* One gang of two nodes, up, with a job that runs; each test makes one thing of it different. */
static struct {
	struct survey survey;
	struct conf conf;
	struct survey_region region;
	struct ec2_instance instances[3];
	struct survey_gang gang;
	struct survey_row rows[2];
	struct survey_node nodes[2];
	struct job_facts job;
	struct ec2_status status;
	struct ec2_status_event events[3];
} w;
static struct judge_rules rules;
static struct findings found;
static struct err err;
static char subject[320]; /* of what one() found */

/* The tags of an instance, of an unnamed struct. */
static __typeof__(w.instances[0].tags) make_tags(const char *cluster)
{
	__typeof__(w.instances[0].tags) tags = calloc(1, sizeof(*tags));

	ck_assert_ptr_nonnull(tags);
	tags->key = strdup("burst:cluster");
	tags->value = strdup(cluster);
	return tags;
}

static void setup(void)
{
	static char region[] = HERE, nodes[] = "aws-hpc-[0-1]", none[] = "";
	static char partition[] = "aws", group[] = "hpc";
	static struct conf_group groups[1];

	memset(&w, 0, sizeof(w));
	err = (struct err){0};
	found = (struct findings)FINDINGS_INIT;
	rules = (struct judge_rules){.grace_s = 300, .resume_timeout_s = 600};
	rules.guards.overdue_grace_s = 900;
	rules.guards.not_registered_s = 300;
	rules.guards.impaired_s = 120;
	rules.guards.on_impaired = GUARD_DRAIN;
	rules.guards.on_retiring = GUARD_DRAIN;
	groups[0] = (struct conf_group){.partition = partition, .name = group, .max_nodes = 8};
	w.conf.aws.region = region;
	w.conf.groups = groups;
	w.conf.ngroups = 1;

	for (size_t i = 0; i < 3; i++) {
		struct ec2_instance *x = &w.instances[i];

		snprintf(x->id, sizeof(x->id), "i-%zu", i);
		snprintf(x->state, sizeof(x->state), "running");
		x->launched_s = NOW_S - HOUR;
		x->tags = make_tags("test");
		x->ntags = 1;
	}
	snprintf(w.region.name, sizeof(w.region.name), HERE);
	w.region.known = w.region.statuses_known = true;
	w.region.instances.all = w.instances;
	w.region.instances.n = 2;
	w.region.statuses.all = &w.status;
	snprintf(w.status.id, sizeof(w.status.id), "i-0");
	snprintf(w.status.state, sizeof(w.status.state), "running");
	snprintf(w.status.system_check, sizeof(w.status.system_check), "ok");
	snprintf(w.status.instance_check, sizeof(w.status.instance_check), "ok");
	w.status.events = w.events;

	snprintf(w.gang.gang.id, sizeof(w.gang.gang.id), "7-aa");
	w.gang.gang.state = GANG_ACTIVE;
	w.gang.gang.nodes = nodes;
	w.gang.gang.created_ms = w.gang.gang.changed_ms = NOW_MS - HOUR * 1000;
	w.gang.gang.all_or_nothing = true;
	snprintf(w.gang.gang.region, sizeof(w.gang.gang.region), HERE);
	w.gang.steady = true;
	w.job = (struct job_facts){.job_id = 7,
		.name = "7",
		.state = JOB_STATE_RUNNING,
		.time_limit_s = 2 * HOUR,
		.start_s = NOW_S - HOUR,
		.end_s = NOW_S + HOUR,
		.nodes = nodes};
	for (size_t i = 0; i < 2; i++) {
		struct instance *row = &w.rows[i].row;
		struct node_facts *node = &w.nodes[i].facts;

		snprintf(row->id, sizeof(row->id), "i-%zu", i);
		snprintf(row->gang, sizeof(row->gang), "7-aa");
		snprintf(row->region, sizeof(row->region), HERE);
		snprintf(row->node, sizeof(row->node), "aws-hpc-%zu", i);
		w.rows[i].steady = true;
		snprintf(node->name, sizeof(node->name), "aws-hpc-%zu", i);
		node->registered = node->allocated = node->cloud = true;
	}
	w.survey = (struct survey){.now_ms = NOW_MS,
		.steady_ms = INT64_MAX,
		.cluster = "test",
		.conf = &w.conf,
		.regions = &w.region,
		.nregions = 1,
		.nodes_known = true,
		.jobs_known = true,
		.nodes = w.nodes,
		.nnodes = 2,
		.jobs = &w.job,
		.njobs = 1,
		.gangs = &w.gang,
		.ngangs = 1,
		.rows = w.rows,
		.nrows = 2};
	w.survey.site.kill_wait_s = 30;
	w.job.admin_comment = none;
}

static void teardown(void)
{
	findings_release(&found);
	for (size_t i = 0; i < 3; i++) {
		free(w.instances[i].tags->key);
		free(w.instances[i].tags->value);
		free(w.instances[i].tags);
	}
	/* what survey_link() has made; the rest is not heap */
	nodeset_release(&w.gang.nodes);
	free(w.survey.by_node);
	free(w.survey.by_addr);
	free(w.survey.by_gang);
}

static void run(void)
{
	findings_release(&found);
	found = (struct findings)FINDINGS_INIT;
	ck_assert_msg(survey_link(&w.survey, &err) == 0, "%s", err.text);
	ck_assert_msg(judge_health(&w.survey, &rules, &found, &err) == 0, "%s", err.text);
}

static void nothing(const char *why)
{
	run();
	ck_assert_msg(found.n == 0, "%s: %s: %s", why,
		found.n ? finding_info(found.all[0].rule)->name : "",
		found.n ? found.all[0].why : "");
}

static const struct finding *one(enum finding_rule rule, const char *why)
{
	run();
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(finding_info(found.all[0].rule)->name, finding_info(rule)->name);
	ck_assert_str_eq(found.all[0].why, why);
	ck_assert(found.all[0].alarm);
	finding_subject(&found.all[0], subject, sizeof(subject));
	return &found.all[0];
}

/* Nothing fires that way, and again it does. */
#define never(change, back, why)                                                                   \
	do {                                                                                       \
		change;                                                                            \
		nothing(why);                                                                      \
		back;                                                                              \
		run();                                                                             \
		ck_assert_msg(found.n == 1, "after %s", why);                                      \
	} while (0)

/* What is common to all rules about one instance. */
static void never_without(void)
{
	char tag[] = "other", *ours = w.instances[0].tags->value;

	never(w.instances[0].tags->value = tag, w.instances[0].tags->value = ours,
		"another cluster's");
	never(w.instances[0].ntags = 0, w.instances[0].ntags = 1, "without a tag");
	never(w.region.known = false, w.region.known = true, "a region that is not known");
	never(w.rows[0].steady = false, w.rows[0].steady = true, "a row in motion");
	never(w.gang.steady = false, w.gang.steady = true, "a gang in motion");
	never(w.gang.held = true, w.gang.held = false, "somebody works on the gang");
	never(w.gang.gang.state = GANG_RELEASING, w.gang.gang.state = GANG_ACTIVE, "going down");
	never(w.gang.gang.state = GANG_ANNOUNCED, w.gang.gang.state = GANG_ACTIVE, "coming up");
	never(w.rows[0].row.state = INSTANCE_TERMINATING, w.rows[0].row.state = INSTANCE_RUNNING,
		"being ended");
	never(w.survey.ngangs = 0, w.survey.ngangs = 1, "a gang that is over");
}

START_TEST(all_is_well)
{
	nothing("all is well");
	w.region.statuses.n = 1;
	nothing("checks that are ok");
	rules.guards.max_nodes = 2;
	nothing("as many as may be");
}
END_TEST

START_TEST(stopped)
{
	const struct finding *f;

	snprintf(w.instances[0].state, sizeof(w.instances[0].state), "stopped");
	snprintf(w.instances[0].reason, sizeof(w.instances[0].reason),
		"Client.UserInitiatedShutdown");
	f = one(FINDING_INSTANCE_STOPPED,
		"it has been stopped (Client.UserInitiatedShutdown): its job cannot go on there");
	ck_assert_str_eq(f->instance, "i-0");
	ck_assert_str_eq(f->gang, "7-aa");
	ck_assert_str_eq(f->node, "aws-hpc-0");
	ck_assert_str_eq(f->region, HERE);
	never_without();
	snprintf(w.instances[0].state, sizeof(w.instances[0].state), "stopping");
	*w.instances[0].reason = '\0';
	one(FINDING_INSTANCE_STOPPED, "it is being stopped: its job cannot go on there");
	/* others' rules */
	snprintf(w.instances[0].state, sizeof(w.instances[0].state), "terminated");
	nothing("terminated");
	snprintf(w.instances[0].state, sizeof(w.instances[0].state), "shutting-down");
	nothing("shutting-down");
}
END_TEST

START_TEST(impaired)
{
	const struct finding *f;

	w.region.statuses.n = 1;
	snprintf(w.status.system_check, sizeof(w.status.system_check), "impaired");
	w.status.impaired_since_s = NOW_S - 120;
	f = one(FINDING_INSTANCE_IMPAIRED,
		"EC2's check of its host has failed since 2026-09-21T14:11:20Z");
	ck_assert_str_eq(f->instance, "i-0");
	ck_assert_str_eq(f->node, "aws-hpc-0");
	never_without();
	never(w.region.statuses_known = false, w.region.statuses_known = true, "not asked");
	never(w.survey.nodes_known = false, w.survey.nodes_known = true, "no word of slurmctld's");
	never(w.survey.nnodes = 0, w.survey.nnodes = 2, "no node");
	never(w.nodes[0].facts.registered = false, w.nodes[0].facts.registered = true,
		"a node that boots");
	never(w.nodes[0].facts.powering_down = true, w.nodes[0].facts.powering_down = false,
		"a node that goes");
	never(w.status.impaired_since_s = NOW_S - 119, w.status.impaired_since_s = NOW_S - 120,
		"not for long enough");
	never(w.status.impaired_since_s = NOW_S + HOUR, w.status.impaired_since_s = NOW_S - 120,
		"in the future");
	never(w.survey.steady_ms = 1000, w.survey.steady_ms = INT64_MAX, "the clock has jumped");
	never(snprintf(w.status.id, sizeof(w.status.id), "i-9"),
		snprintf(w.status.id, sizeof(w.status.id), "i-0"), "another's instance");
	never(snprintf(w.instances[0].state, sizeof(w.instances[0].state), "shutting-down"),
		snprintf(w.instances[0].state, sizeof(w.instances[0].state), "running"), "ending");
	/* it has been told; whoever reads the reason may clear it */
	never(snprintf(w.nodes[0].facts.reason, sizeof(w.nodes[0].facts.reason),
		      "burst: instance i-0: EC2's check"),
		*w.nodes[0].facts.reason = '\0', "told before");
	/* power down after the job, as for each gang: no reason of a person's */
	w.nodes[0].facts.drain = true;
	snprintf(w.nodes[0].facts.reason, sizeof(w.nodes[0].facts.reason), "POWER_DOWN_ASAP");
	run();
	ck_assert_int_eq(found.all[0].rule, FINDING_INSTANCE_IMPAIRED);
	snprintf(w.nodes[0].facts.reason, sizeof(w.nodes[0].facts.reason), "burst: something");
	run();
	ck_assert_int_eq(found.all[0].rule, FINDING_INSTANCE_IMPAIRED);

	snprintf(w.status.instance_check, sizeof(w.status.instance_check), "impaired");
	one(FINDING_INSTANCE_IMPAIRED,
		"EC2's checks of the instance and of its host have failed since "
		"2026-09-21T14:11:20Z");
	snprintf(w.status.system_check, sizeof(w.status.system_check), "insufficient-data");
	w.status.impaired_since_s = 0;
	one(FINDING_INSTANCE_IMPAIRED, "EC2's check of the instance has failed");
	w.instances[0].launched_s = NOW_S - 60;
	nothing("no time is told, and it is young");
}
END_TEST

START_TEST(a_persons_node)
{
	const struct finding *f;

	w.region.statuses.n = 1;
	snprintf(w.status.system_check, sizeof(w.status.system_check), "impaired");
	w.status.impaired_since_s = NOW_S - HOUR;
	w.nodes[0].facts.drain = true;
	snprintf(w.nodes[0].facts.reason, sizeof(w.nodes[0].facts.reason), "being looked at");
	f = one(FINDING_LEFT_ALONE,
		"EC2's check of its host has failed since 2026-09-21T13:13:20Z");
	ck_assert_str_eq(f->text, "instance i-0 of node aws-hpc-0");
	ck_assert_str_eq(subject, "instance i-0");
	w.nodes[0].facts.drain = false;
	w.nodes[0].facts.down = true;
	one(FINDING_LEFT_ALONE, "EC2's check of its host has failed since 2026-09-21T13:13:20Z");
}
END_TEST

START_TEST(retiring)
{
	const struct finding *f;

	w.region.statuses.n = 1;
	w.status.nevents = 3;
	snprintf(w.events[0].code, sizeof(w.events[0].code), "system-reboot");
	w.events[0].not_before_s = NOW_S + 2 * HOUR;
	snprintf(w.events[1].code, sizeof(w.events[1].code), "instance-retirement");
	w.events[1].not_before_s = NOW_S + HOUR;
	snprintf(w.events[2].code, sizeof(w.events[2].code), "instance-stop");
	w.events[2].not_before_s = NOW_S;
	w.events[2].over = true;
	/* the first of those that are to come */
	f = one(FINDING_INSTANCE_RETIRING,
		"AWS will end it, since its host is to be retired, after 2026-09-21T15:13:20Z "
		"(instance-retirement)");
	ck_assert_int_eq(f->number, NOW_S + HOUR);
	ck_assert_str_eq(subject, "instance i-0");
	never_without();
	never(w.status.nevents = 0, w.status.nevents = 3, "no event");
	never((w.events[0].over = w.events[1].over = true),
		(w.events[0].over = w.events[1].over = false), "they are over");
	never(snprintf(w.nodes[0].facts.reason, sizeof(w.nodes[0].facts.reason), "burst: i-0"),
		*w.nodes[0].facts.reason = '\0', "told before");
	/* what nobody knows says nothing */
	never((snprintf(w.events[1].code, sizeof(w.events[1].code), "something-new"),
		      w.events[0].over = true),
		(snprintf(w.events[1].code, sizeof(w.events[1].code), "instance-retirement"),
			w.events[0].over = false),
		"an unknown event");
	w.events[1].over = true;
	w.events[0].not_before_s = 0;
	one(FINDING_INSTANCE_RETIRING, "AWS will reboot its host (system-reboot)");
	/* one thing at a time */
	snprintf(w.status.system_check, sizeof(w.status.system_check), "impaired");
	w.status.impaired_since_s = NOW_S - HOUR;
	one(FINDING_INSTANCE_IMPAIRED,
		"EC2's check of its host has failed since 2026-09-21T13:13:20Z");
}
END_TEST

START_TEST(how_overdue)
{
	struct slurm_site site = {.kill_wait_s = 30, .over_time_s = 60};
	struct job_facts job = {
		.state = JOB_STATE_RUNNING, .start_s = 1000, .time_limit_s = 100, .end_s = 1100};

	ck_assert_int_eq(judge_overdue_s(&job, &site, 1190), 0);
	ck_assert_int_eq(judge_overdue_s(&job, &site, 1191), 1);
	job.state = JOB_STATE_COMPLETING;
	job.end_s = 1010; /* it was cancelled: its machines may work on until its limit */
	ck_assert_int_eq(judge_overdue_s(&job, &site, 1191), 1);
	job.end_s = 1500; /* it was suspended */
	ck_assert_int_eq(judge_overdue_s(&job, &site, 1590), 0);
	ck_assert_int_eq(judge_overdue_s(&job, &site, 1595), 5);
	job.time_limit_s = -1;
	ck_assert_int_eq(judge_overdue_s(&job, &site, 9999999), 0);
	job.time_limit_s = 100;
	site.over_time_s = -1;
	ck_assert_int_eq(judge_overdue_s(&job, &site, 9999999), 0);
	site.over_time_s = 0;
	job.state = JOB_STATE_CONFIGURING;
	ck_assert_int_eq(judge_overdue_s(&job, &site, 9999999), 0);
	job.state = JOB_STATE_ENDED;
	ck_assert_int_eq(judge_overdue_s(&job, &site, 9999999), 0);
	job.state = JOB_STATE_RUNNING;
	job.start_s = 0;
	ck_assert_int_eq(judge_overdue_s(&job, &site, 9999999), 0);
}
END_TEST

START_TEST(overdue)
{
	const struct finding *f;

	w.job.start_s = NOW_S - 2 * HOUR - 30 - 901;
	w.job.end_s = w.job.start_s + 2 * HOUR;
	f = one(FINDING_INSTANCE_OVERDUE,
		"job 7 is 901 s beyond its time limit of 7200 s and has not ended");
	ck_assert_int_eq(f->number, 7);
	ck_assert_str_eq(subject, "instance i-0");
	ck_assert_str_eq(f->text, "7");
	ck_assert_str_eq(f->instance, "i-0");
	ck_assert_str_eq(f->gang, "7-aa");
	never(w.survey.jobs_known = false, w.survey.jobs_known = true, "jobs are not known");
	never(w.survey.nodes_known = false, w.survey.nodes_known = true, "nodes are not known");
	never(w.survey.njobs = 0, w.survey.njobs = 1, "it is over");
	never(w.job.time_limit_s = -1, w.job.time_limit_s = 2 * HOUR, "no limit");
	never(w.job.start_s++, w.job.start_s--, "within the grace");
	never(w.survey.steady_ms = 1000, w.survey.steady_ms = INT64_MAX, "the clock has jumped");
	never(w.gang.gang.state = GANG_RELEASING, w.gang.gang.state = GANG_ACTIVE, "going down");
	never(w.gang.held = true, w.gang.held = false, "somebody works on the gang");
	never(w.region.known = false, w.region.known = true, "a region that is not known");
	/* the other instance is as good for saying it */
	w.rows[0].steady = false;
	f = one(FINDING_INSTANCE_OVERDUE,
		"job 7 is 901 s beyond its time limit of 7200 s and has not ended");
	ck_assert_str_eq(f->instance, "i-1");
}
END_TEST

START_TEST(never_registered)
{
	const struct finding *f;

	w.gang.gang.state = GANG_ANNOUNCED;
	w.gang.held = true;
	w.gang.gang.changed_ms = NOW_MS - 901000;
	w.nodes[1].facts.registered = false;
	f = one(FINDING_GANG_NOT_REGISTERED,
		"it is announced for 901 s, node aws-hpc-1 has not registered, and the process "
		"that has it in hand does nothing about it");
	ck_assert_str_eq(f->gang, "7-aa");
	ck_assert_str_eq(f->node, "aws-hpc-1");
	ck_assert_str_eq(f->instance, "");
	ck_assert_str_eq(subject, "gang 7-aa");
	never(w.gang.held = false, w.gang.held = true, "nobody has it in hand");
	never(w.gang.steady = false, w.gang.steady = true, "in motion");
	never(w.gang.gang.changed_ms += 1000, w.gang.gang.changed_ms -= 1000, "not for so long");
	never(w.gang.gang.changed_ms = NOW_MS + 1, w.gang.gang.changed_ms = NOW_MS - 901000,
		"in the future");
	never(w.survey.steady_ms = 1000, w.survey.steady_ms = INT64_MAX, "the clock has jumped");
	never(w.nodes[1].facts.registered = true, w.nodes[1].facts.registered = false, "all up");
	never(w.nodes[1].facts.powering_down = true, w.nodes[1].facts.powering_down = false,
		"it goes down");
	never(w.survey.nodes_known = false, w.survey.nodes_known = true, "nodes are not known");
	never(w.rows[1].row.node[0] = '\0', w.rows[1].row.node[0] = 'a',
		"it never came, and may be another gang's by now");
	never(w.gang.gang.state = GANG_FAILING, w.gang.gang.state = GANG_ANNOUNCED, "failing");
	/* before it is announced, all of its way counts */
	w.gang.gang.state = GANG_LAUNCHING;
	w.gang.gang.changed_ms = NOW_MS;
	one(FINDING_GANG_NOT_REGISTERED,
		"it is launching for 3600 s, node aws-hpc-1 has not registered, and the process "
		"that has it in hand does nothing about it");
}
END_TEST

START_TEST(too_many)
{
	struct survey_region two[2];
	const struct finding *f;

	rules.guards.max_nodes = 1;
	f = one(FINDING_TOO_MANY_NODES,
		"2 instances run, and guards.max_nodes is 1: no more are launched");
	ck_assert_int_eq(f->number, 1);
	ck_assert_str_eq(subject, "the site");
	never(rules.guards.max_nodes = 0, rules.guards.max_nodes = 1, "no maximum");
	never(w.instances[1].ntags = 0, w.instances[1].ntags = 1, "without our tag");
	never(snprintf(w.instances[1].state, sizeof(w.instances[1].state), "shutting-down"),
		snprintf(w.instances[1].state, sizeof(w.instances[1].state), "pending"), "ending");
	never(w.region.known = false, w.region.known = true, "a region that is not known");
	/* also without a record, and in all regions together */
	two[0] = w.region;
	two[1] = (struct survey_region){.name = "us-west-2", .known = true};
	two[1].instances.all = &w.instances[2];
	two[1].instances.n = 1;
	w.survey.regions = two;
	w.survey.nregions = 2;
	one(FINDING_TOO_MANY_NODES,
		"3 instances run, and guards.max_nodes is 1: no more are launched");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge_health");
	TCase *tc = tcase_create("judge_health");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_is_well);
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, impaired);
	tcase_add_test(tc, a_persons_node);
	tcase_add_test(tc, retiring);
	tcase_add_test(tc, how_overdue);
	tcase_add_test(tc, overdue);
	tcase_add_test(tc, never_registered);
	tcase_add_test(tc, too_many);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
