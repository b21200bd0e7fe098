/* SPDX-License-Identifier: Apache-2.0 */
/* repair: what needs no slurmctld: rows, names, and what piles up; and what has changed since the
 * survey is left alone. */
#include "helper/repair.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "helper/lock.h"
#include "helper/reconcile_show.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/counter.h"
#include "tests/unit/app_fixture.h"

#define NOW_MS 1790000000000

#define INSTANCES(items)                                                                           \
	"<DescribeInstancesResponse><reservationSet><item><instancesSet>" items                    \
	"</instancesSet></item></reservationSet></DescribeInstancesResponse>"
#define INSTANCE(id, state, cluster)                                                               \
	"<item><instanceId>" id "</instanceId><instanceState><name>" state                         \
	"</name></instanceState><instanceType>c7i.large</instanceType>"                            \
	"<launchTime>2026-11-22T12:00:00.000Z</launchTime>"                                        \
	"<tagSet><item><key>burst:cluster</key><value>" cluster "</value></item></tagSet></item>"
#define NOBODY "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"

static struct survey survey;
static struct repairs repairs;
static struct finding finding;

/* A gang "a" with the running instances i-1 and i-2, as the survey has seen it. */
static void setup(void)
{
	app_setup();
	survey = (struct survey)SURVEY_INIT;
	repairs = (struct repairs){0};
	finding = (struct finding){0};
	survey.conf = &conf;
	survey.now_ms = NOW_MS;
	survey.steady_ms = INT64_MAX;
	state_add_gang("a", "n-[1-2]");
	add_launch("token", "Action=CreateFleet");
	add_instance("i-1", "token", "c7i.large", "subnet-1");
	add_instance("i-2", "token", "c7i.large", "subnet-1");
}

static void teardown(void)
{
	repairs_release(&repairs);
	app_teardown();
}

static void find(enum finding_rule rule, const char *gang, const char *instance)
{
	finding = (struct finding){.rule = rule};
	snprintf(finding.region, sizeof(finding.region), HERE);
	snprintf(finding.gang, sizeof(finding.gang), "%s", gang);
	snprintf(finding.instance, sizeof(finding.instance), "%s", instance);
	snprintf(finding.why, sizeof(finding.why), "for a test");
}

static int mend(void)
{
	err = (struct err){0};
	return repair(&app, &survey, &finding, &repairs, &err);
}

static enum instance_state row_state(const char *id)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	ok(instance_list(state_db, "a", true, &list, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].id, id))
			return list[i].state;
	ck_abort_msg("no %s", id);
	return INSTANCE_RUNNING;
}

static int64_t counted(const char *name)
{
	int64_t value = -1;

	ok(counter_get(state_db, name, &value, &err));
	return value;
}

START_TEST(row_ended)
{
	find(FINDING_ROW_ENDED, "a", "i-1");
	ck_assert_int_eq(mend(), 1);
	ck_assert_str_eq(repairs.text, "row-ended instance i-1: written down: for a test");
	ck_assert_int_eq(row_state("i-1"), INSTANCE_TERMINATED);
	ck_assert_int_eq(row_state("i-2"), INSTANCE_RUNNING);
	ck_assert(repairs.settle);
	ck_assert_int_eq(counted("reconcile.row-ended"), 1);
	ck_assert_uint_eq(logged("row-ended instance i-1: written down: for a test"), 1);
	/* somebody has done it */
	ck_assert_int_eq(mend(), 0);
	ck_assert_int_eq(counted("reconcile.row-ended"), 1);
	/* unknown gang, unknown instance: nothing */
	find(FINDING_ROW_ENDED, "b", "i-1");
	ck_assert_int_eq(mend(), 0);
	find(FINDING_ROW_ENDED, "a", "i-9");
	ck_assert_int_eq(mend(), 0);
}
END_TEST

START_TEST(a_living_owner_is_left_alone)
{
	int lock = lock_gang(&app, "a", 0, &err);

	ck_assert_int_ge(lock, 0);
	find(FINDING_ROW_ENDED, "a", "i-1");
	ck_assert_int_eq(mend(), 0);
	ck_assert_int_eq(row_state("i-1"), INSTANCE_RUNNING);
	close(lock);
	ck_assert_int_eq(mend(), 1);
}
END_TEST

START_TEST(row_gone)
{
	static const struct server_answer script[] = {
		{200, .body = INSTANCES(INSTANCE("i-1", "running", "test"))},
		{200, .body = NOBODY},
		{400, .body = ERROR("UnauthorizedOperation", "no")},
	};

	ec2_begin(script, 3);
	find(FINDING_ROW_GONE, "a", "i-1");
	/* EC2 shows it again */
	ck_assert_int_eq(mend(), 0);
	ck_assert_int_eq(row_state("i-1"), INSTANCE_RUNNING);
	ck_assert_int_eq(mend(), 1);
	ck_assert_int_eq(row_state("i-1"), INSTANCE_TERMINATED);
	find(FINDING_ROW_GONE, "a", "i-2");
	ck_assert_int_eq(mend(), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "row-gone instance i-2: "));
	ck_assert_int_eq(row_state("i-2"), INSTANCE_RUNNING);
	ck_assert_int_eq(counted("reconcile.row-gone"), 1);
}
END_TEST

START_TEST(ended_runs)
{
	static const struct server_answer script[] = {
		{200, .body = INSTANCES(INSTANCE("i-1", "running", "other"))},
		{200, .body = INSTANCES(INSTANCE("i-1", "terminated", "test"))},
		{200, .body = NOBODY},
		{200, .body = INSTANCES(INSTANCE("i-1", "running", "test"))},
		{200, .body = "<TerminateInstancesResponse><instancesSet/>"
			      "</TerminateInstancesResponse>"},
	};

	ec2_begin(script, 5);
	find(FINDING_ENDED_RUNS, "a", "i-1");
	/* it is not written down as terminated */
	ck_assert_int_eq(mend(), 0);
	ck_assert_uint_eq(ec2_count(), 0);
	ok(instance_set_terminated(state_db, "i-1", 0, NOW_MS, &err));
	/* another's by its tag, ended, gone */
	ck_assert_int_eq(mend(), 0);
	ck_assert_uint_eq(logged("instance i-1 does not carry burst:cluster=test"), 1);
	ck_assert_int_eq(mend(), 0);
	ck_assert_int_eq(mend(), 0);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_int_eq(mend(), 1);
	ck_assert_uint_eq(ec2_count(), 5);
	ck_assert_ptr_nonnull(strstr(ec2_body(4), "Action=TerminateInstances&"));
	ck_assert_ptr_nonnull(strstr(ec2_body(4), "InstanceId.1=i-1"));
}
END_TEST

START_TEST(end_again)
{
	static const struct server_answer script[] = {
		/* whose account it is, is not known */
		{403, .body = ERROR("AccessDenied", "no")},
		{200, .body = INSTANCES(INSTANCE("i-1", "running", "test")
				      INSTANCE("i-2", "running", "test"))},
		{200, .body = "<TerminateInstancesResponse><instancesSet/>"
			      "</TerminateInstancesResponse>"},
	};
	static const char *const ids[] = {"i-1", "i-2"};
	char key[] = "burst:cluster", cluster[] = "test";
	struct ec2_instance seen[2] = {{.state = "running"}, {.state = "running"}};
	struct survey_region region = {.name = HERE, .known = true};
	struct survey_row rows[2], *by_gang[] = {&rows[0], &rows[1]};

	ec2_begin(script, 3);
	snprintf(survey.cluster, sizeof(survey.cluster), "test");
	survey.now_ms = clock_now_ms();
	for (size_t i = 0; i < 2; i++) {
		seen[i].tags = calloc(1, sizeof(*seen[i].tags));
		ck_assert_ptr_nonnull(seen[i].tags);
		seen[i].tags->key = key;
		seen[i].tags->value = cluster;
		seen[i].ntags = 1;
	}
	survey.rows = rows;
	survey.nrows = 2;
	survey.by_gang = by_gang;
	/* neither is to be ended */
	find(FINDING_END_AGAIN, "a", "i-1");
	ck_assert_int_eq(mend(), 0);
	ok(instance_set_terminating(state_db, ids, 2, "for a test", survey.now_ms - 90000, &err));
	for (size_t i = 0; i < 2; i++) {
		rows[i] = (struct survey_row){
			.steady = true, .looked = true, .ec2 = &seen[i], .region = &region};
		ok(instance_get(state_db, ids[i], &rows[i].row, &err));
	}
	/* both at once */
	ck_assert_int_eq(mend(), 1);
	ck_assert_str_eq(repairs.text,
		"end-again instance i-1: 2 instance(s) asked to end again: for a test");
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_ptr_nonnull(strstr(ec2_body(2), "Action=TerminateInstances&"));
	ck_assert_ptr_nonnull(strstr(ec2_body(2), "InstanceId.1=i-1&InstanceId.2=i-2"));
	for (size_t i = 0; i < 2; i++)
		free(seen[i].tags);
}
END_TEST

START_TEST(group)
{
	static const struct server_answer script[] = {
		{400, .body = ERROR("InvalidPlacementGroup.InUse", "used")},
		{200, .body = DONE("DeletePlacementGroup")},
		{200, .body = DONE("DeletePlacementGroup")},
	};
	int lock;

	ec2_begin(script, 3);
	ok(placement_insert(state_db, "g", "a", HERE, NOW_MS, &err));
	find(FINDING_GROUP_UNUSED, "a", "");
	snprintf(finding.group, sizeof(finding.group), "g");
	lock = lock_groups(&app, 0, &err);
	/* another process is at it */
	ck_assert_int_eq(mend(), 0);
	close(lock);
	ck_assert_uint_eq(ec2_count(), 0);
	/* in use */
	ck_assert_int_eq(mend(), 0);
	ck_assert_int_eq(mend(), 1);
	ck_assert_str_eq(repairs.text, "group-unused placement group g: deleted: for a test");
	/* one that no row speaks of */
	snprintf(finding.group, sizeof(finding.group), "h");
	ck_assert_int_eq(mend(), 1);
	ck_assert_str_eq(ec2_body(2), "Action=DeletePlacementGroup&Version=2016-11-15&GroupName=h");
}
END_TEST

START_TEST(version)
{
	static const struct server_answer script[] = {
		{200, .body = "<DeleteLaunchTemplateVersionsResponse>"
			      "<successfullyDeletedLaunchTemplateVersionSet><item>"
			      "<versionNumber>7</versionNumber></item>"
			      "</successfullyDeletedLaunchTemplateVersionSet>"
			      "</DeleteLaunchTemplateVersionsResponse>"},
	};

	static char body[] = FLEET("lt-1", "7", "c7i.large", "subnet-1", "on-demand");
	static char hostlist[] = "n-9";
	const struct launch launch = {.token = "l",
		.gang = "l",
		.region = HERE,
		.body = body,
		.hostlist = hostlist,
		.capacity = 1};

	ec2_begin(script, 1);
	find(FINDING_VERSION_UNUSED, "", "");
	snprintf(finding.text, sizeof(finding.text), "lt-1");
	finding.number = 7;
	/* a derivation has begun: it may be this one */
	ok(template_put(state_db, "lt-1", 1, "layout", "t1", 0, &err));
	ck_assert_int_eq(mend(), 0);
	/* it was */
	ok(template_put(state_db, "lt-1", 1, "layout", "t1", 7, &err));
	ck_assert_int_eq(mend(), 0);
	ok(template_put(state_db, "lt-1", 1, "layout", "t1", 8, &err));
	/* a launch without an answer names it */
	state_add_gang("l", "n-9");
	ok(launch_prepare(state_db, &launch, &err));
	ck_assert_int_eq(mend(), 0);
	ck_assert_uint_eq(ec2_count(), 0);
	ok(launch_finish(state_db, "l", LAUNCH_FAILED, "", "", "", &err));
	ck_assert_int_eq(mend(), 1);
	ck_assert_str_eq(repairs.text, "version-unused version 7 of lt-1: deleted: for a test");
}
END_TEST

/* The survey's view of N instances of gang "a", without a Name but for i-0. */
static void see(struct survey_row *rows, struct ec2_instance *ec2, size_t n)
{
	static char key[] = "Name", value[] = "mine";

	for (size_t i = 0; i < n; i++) {
		struct instance *row = &rows[i].row;

		rows[i] = (struct survey_row){.steady = true, .ec2 = &ec2[i]};
		ec2[i] = (struct ec2_instance){0};
		snprintf(row->id, sizeof(row->id), "i-%zu", i);
		snprintf(row->gang, sizeof(row->gang), "a");
		snprintf(row->region, sizeof(row->region), HERE);
		snprintf(row->node, sizeof(row->node), "n-%zu", i);
		snprintf(ec2[i].id, sizeof(ec2[i].id), "i-%zu", i);
	}
	ec2[0].tags = calloc(1, sizeof(*ec2[0].tags));
	ec2[0].tags[0].key = key;
	ec2[0].tags[0].value = value;
	ec2[0].ntags = 1;
	survey.rows = rows;
	survey.nrows = n;
}

START_TEST(names)
{
	static const struct server_answer script[] = {
		{200, .body = DONE("CreateTags")},
		{200, .body = DONE("CreateTags")},
		{400, .body = ERROR("UnauthorizedOperation", "no")},
	};
	struct ec2_instance ec2[4] = {0};
	struct survey_row rows[4] = {0};

	ec2_begin(script, 3);
	see(rows, ec2, 4);
	rows[3].row.state = INSTANCE_TERMINATING;
	find(FINDING_NAME_TAG, "a", "");
	ck_assert_int_eq(mend(), 1);
	ck_assert_str_eq(repairs.text, "name-tag gang a: 2 instance(s) named after their nodes");
	ck_assert_uint_eq(ec2_count(), 2);
	/* a hundred in a pass, whatever the gangs */
	repairs.named = 100;
	ck_assert_int_eq(mend(), 0);
	repairs.named = 99;
	ck_assert_int_eq(mend(), -1);
	free(ec2[0].tags);
}
END_TEST

static void record(const char *name, int64_t changed_s)
{
	struct timeval times[2] = {{.tv_sec = changed_s}, {.tv_sec = changed_s}};

	ok(file_mkdirs(state_path("intent"), 0700, &err));
	ok(file_write(state_path(name), 0600, "x", 1, FILE_NO_SYNC, &err));
	ck_assert_int_eq(utimes(state_path(name), times), 0);
}

START_TEST(records)
{
	int64_t old_s = NOW_MS / 1000 - 10 * 86400;
	struct survey_record list[] = {
		{.path = "intent/1.0", .job_id = 1, .changed_s = old_s},
		{.path = "intent/2.0", .job_id = 2, .changed_s = old_s},
		{.path = "intent/3.0", .job_id = 3, .changed_s = NOW_MS / 1000},
		{.path = "intent/4.0", .job_id = 4, .changed_s = old_s},
	};
	struct stat st;

	record("intent/1.0", old_s);
	record("intent/2.0", old_s + 1); /* the id has come again since */
	record("intent/3.0", NOW_MS / 1000);
	survey.jobs_known = true;
	survey.records = list;
	survey.nrecords = 4;
	find(FINDING_INTENT_OLD, "", "");
	finding.number = 3;
	ck_assert_int_eq(mend(), 1);
	ck_assert_str_eq(
		repairs.text, "intent-old 3 records: 1 record(s) of jobs long gone removed");
	ck_assert_int_eq(stat(state_path("intent/1.0"), &st), -1);
	ck_assert_int_eq(stat(state_path("intent/2.0"), &st), 0);
	ck_assert_int_eq(stat(state_path("intent/3.0"), &st), 0);
	ck_assert_int_eq(mend(), 0);
}
END_TEST

START_TEST(left_alone_is_an_alarm_and_no_more)
{
	find(FINDING_LEFT_ALONE, "a", "i-1");
	finding.alarm = true;
	ck_assert_int_eq(mend(), 0);
	ck_assert_uint_eq(logged("alarm: left-alone: for a test"), 1);
	ck_assert_int_eq(counted("reconcile.left-alone"), 0);
	ck_assert_int_eq(row_state("i-1"), INSTANCE_RUNNING);
}
END_TEST

START_TEST(shown)
{
	CLEANUP(findings_release) struct findings findings = FINDINGS_INIT;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct survey_region regions[2] = {
		{.name = HERE, .known = true},
		{.name = THERE, .err = {.text = "no \033[1manswer"}},
	};
	struct json_object *object;
	struct finding *f;

	reconcile_show_table(&findings, &out);
	ck_assert_str_eq(out.buf, "");
	f = findings_add(&findings, FINDING_ORPHAN_END, &err);
	snprintf(f->instance, sizeof(f->instance), "i-1");
	snprintf(f->why, sizeof(f->why), "no\nnode of\033Slurm's");
	f = findings_add(&findings, FINDING_GROUP_UNUSED, &err);
	memset(f->group, 'g', 60);
	snprintf(f->why, sizeof(f->why), "its gang is over");
	reconcile_show_table(&findings, &out);
	ck_assert_str_eq(out.buf,
		"RULE          ACTION  SUBJECT       WHY\n"
		"orphan-end    end     instance i-1  no?node of?Slurm's\n"
		"group-unused  delete  placement group "
		"gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg  its gang is "
		"over\n");

	object = reconcile_show_json(f, END_FAILED, "refused");
	ck_assert_ptr_nonnull(strstr(json_object_to_json_string(object),
		"{ \"rule\": \"group-unused\", \"subject\": \"placement group ggg"));
	ck_assert_ptr_nonnull(strstr(json_object_to_json_string(object),
		"\"result\": \"failed\", \"text\": \"refused\", \"placement_group\": \"ggg"));
	json_object_put(object);

	strbuf_setlen(&out, 0);
	survey.nodes_known = survey.jobs_known = true;
	survey.regions = regions;
	survey.nregions = 1;
	ck_assert_int_eq(reconcile_show_unknown(&survey, &out), 0);
	ck_assert_str_eq(out.buf, "");
	survey.nregions = 2;
	survey.jobs_known = false;
	snprintf(survey.slurm_err.text, sizeof(survey.slurm_err.text), "it is down");
	ck_assert_int_eq(reconcile_show_unknown(&survey, &out), 1);
	ck_assert_str_eq(out.buf,
		"slurmctld could not be asked, so what needs it is left as it is: it is down\n"
		"EC2 in us-west-2 could not be asked, so what needs it is left as it is: "
		"no ?[1manswer\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("repair");
	TCase *tcase = tcase_create("repair");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, row_ended);
	tcase_add_test(tcase, a_living_owner_is_left_alone);
	tcase_add_test(tcase, row_gone);
	tcase_add_test(tcase, ended_runs);
	tcase_add_test(tcase, end_again);
	tcase_add_test(tcase, group);
	tcase_add_test(tcase, version);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, records);
	tcase_add_test(tcase, left_alone_is_an_alarm_and_no_more);
	tcase_add_test(tcase, shown);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
