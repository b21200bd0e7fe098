/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of EC2 and state.db, in which order, and how it is tied together. No slurmctld. */
#include "helper/survey.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "helper/lock.h"
#include "helper/survey_internal.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "tests/unit/app_fixture.h"

#define A     "7-0123456789"
#define B     "8-0123456789"
#define GONE  "5-0123456789"
#define TOKEN "0123456789abcdef0123456789abcdef"

#define INSTANCES(items)                                                                           \
	{                                                                                          \
		200, .body = "<DescribeInstancesResponse><reservationSet><item><"                  \
			     "instancesSet>" items "</instancesSet></item></reservationSet>"       \
			     "</DescribeInstancesResponse>"                                        \
	}
#define TAG(key, value) "<item><key>" key "</key><value>" value "</value></item>"
#define INSTANCE(id, state, tags)                                                                  \
	"<item><instanceId>" id "</instanceId><instanceState><name>" state                         \
	"</name></instanceState><instanceType>c7i.large</instanceType>"                            \
	"<privateIpAddress>10.0.0.1</privateIpAddress><launchTime>2026-11-22T10:00:00.000Z"        \
	"</launchTime><tagSet>" TAG("burst:cluster", "test") tags "</tagSet></item>"
#define NOTHING INSTANCES("")
#define GROUPS(items)                                                                              \
	{                                                                                          \
		200, .body = "<DescribePlacementGroupsResponse><placementGroupSet>" items          \
			     "</placementGroupSet></DescribePlacementGroupsResponse>"              \
	}
#define GROUP(name) "<item><groupName>" name "</groupName><state>available</state></item>"
#define DERIVED(number)                                                                            \
	"<item><launchTemplateId>lt-1</launchTemplateId><versionNumber>" number                    \
	"</versionNumber><versionDescription>aws-slurm-burst of test: x</versionDescription>"      \
	"<createTime>2026-11-22T10:00:00.000Z</createTime><launchTemplateData/></item>"
#define VERSIONS(items)                                                                            \
	{                                                                                          \
		200, .body = "<DescribeLaunchTemplateVersionsResponse><"                           \
			     "launchTemplateVersionSet>" items "</launchTemplateVersionSet>"       \
			     "</DescribeLaunchTemplateVersionsResponse>"                           \
	}

static struct survey survey;
static struct conf_group group;
static struct conf_place places[2];

static void setup(void)
{
	static char here[] = HERE, aws[] = "aws", hpc[] = "hpc", name[] = "burst-lt";
	static char version[] = "$Default";

	app_setup();
	places[0] = (struct conf_place){
		.region = here, .template_name = name, .template_version = version};
	group = (struct conf_group){.partition = aws,
		.name = hpc,
		.max_nodes = 100,
		.region = here,
		.places = places,
		.nplaces = 1};
	conf.groups = &group;
	conf.ngroups = 1;
	survey = (struct survey)SURVEY_INIT;
}

static void teardown(void)
{
	survey_release(&survey);
	app_teardown();
}

/* A gang with one instance on each of its two nodes. */
static void add_gang(const char *id, const char *node0, const char *node1, uint32_t job_id)
{
	char nodes[80], instance[2][32];
	struct gang g;

	snprintf(nodes, sizeof(nodes), "%s,%s", node0, node1);
	g = state_gang(id, nodes);
	g.job_id = job_id;
	snprintf(g.region, sizeof(g.region), "%s", HERE);
	ok(gang_insert(state_db, &g, &err));
	state_to(id, GANG_LAUNCHING);
	for (size_t i = 0; i < 2; i++) {
		struct instance x;

		snprintf(instance[i], sizeof(instance[i]), "i-%c%zu", *id, i);
		x = state_instance(instance[i], id, "");
		snprintf(x.region, sizeof(x.region), "%s", HERE);
		ok(instance_insert(state_db, &x, 1, false, &err));
		snprintf(x.node, sizeof(x.node), "%s", i ? node1 : node0);
		ok(instance_bind(state_db, &x, 1, 1000, false, &err));
	}
	state_to(id, GANG_ACTIVE);
}

static void look(unsigned parts)
{
	survey_release(&survey);
	ok(survey_make(&app, parts, &survey, &err));
}

START_TEST(all_together)
{
	static const struct server_answer script[] = {
		INSTANCES(INSTANCE("i-71", "running", "") INSTANCE("i-70", "running", "") INSTANCE(
			"i-9", "shutting-down", "") INSTANCE("i-s", "running",
			TAG("burst:gang", GONE) TAG("burst:job", "5") TAG("burst:launch", TOKEN)
				TAG("burst:nodes", "aws-hpc-7"))),
		INSTANCES(INSTANCE("i-80", "terminated", "")),
	};
	struct survey_row **rows;
	size_t n;

	ec2_begin(script, 2);
	add_gang(A, "aws-hpc-0", "aws-hpc-1", 7);
	add_gang(B, "aws-hpc-2", "aws-hpc-3", 8);
	state_add_gang(GONE, "aws-hpc-7");
	state_add_launch(TOKEN, GONE);
	ok(launch_finish(state_db, TOKEN, LAUNCH_LOST, NULL, NULL, NULL, &err));
	ck_assert_int_eq(gang_fail(state_db, GONE, "test", &err), 1);
	ok(gang_advance(state_db, GONE, GANG_FAILING, GANG_FAILED, &err));
	look(0);

	/* by tag, all that live; then by id, what is not among them */
	ck_assert_uint_eq(ec2_count(), 2);
	ck_assert_str_eq(ec2_body(0),
		"Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3Aburst%3Acluster"
		"&Filter.1.Value.1=test&Filter.2.Name=instance-state-name&Filter.2.Value.1=pending"
		"&Filter.2.Value.2=running&Filter.2.Value.3=shutting-down"
		"&Filter.2.Value.4=stopping&Filter.2.Value.5=stopped&MaxResults=1000");
	ck_assert_str_eq(ec2_body(1),
		"Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=instance-id"
		"&Filter.1.Value.1=i-80&Filter.1.Value.2=i-81&MaxResults=1000");

	ck_assert_uint_eq(survey.nregions, 1);
	ck_assert(survey.regions[0].known);
	ck_assert_uint_eq(survey.regions[0].instances.n, 5);
	ck_assert_uint_eq(survey.ngangs, 2);
	ck_assert(survey_gang(&survey, A)->steady);
	ck_assert(!survey_gang(&survey, A)->held);
	ck_assert_uint_eq(survey_gang(&survey, A)->nrunning, 2);
	ck_assert_uint_eq(survey_gang(&survey, A)->njobs, 1);
	ck_assert_uint_eq(survey_gang(&survey, A)->nodes.n, 2);
	ck_assert_ptr_null(survey_gang(&survey, GONE));
	ck_assert_uint_eq(survey.nrows, 4);
	ck_assert_str_eq(survey_row(&survey, "i-70")->ec2->id, "i-70");
	ck_assert(!survey_row(&survey, "i-70")->looked);
	ck_assert(survey_row(&survey, "i-70")->steady);
	ck_assert_str_eq(survey_row(&survey, "i-80")->ec2->state, "terminated");
	ck_assert(survey_row(&survey, "i-80")->looked);
	ck_assert_ptr_null(survey_row(&survey, "i-81")->ec2);
	ck_assert(survey_row(&survey, "i-81")->looked);
	ck_assert_str_eq(survey_row_of_node(&survey, "aws-hpc-3")->row.id, "i-81");
	ck_assert_ptr_null(survey_row_of_node(&survey, "aws-hpc-4"));
	ck_assert_ptr_null(survey_row(&survey, "i-9"));
	rows = survey_rows_of_gang(&survey, B, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0]->row.id, "i-80");
	survey_rows_of_gang(&survey, "nobody", &n);
	ck_assert_uint_eq(n, 0);

	ck_assert_uint_eq(survey.nstrays, 1);
	ck_assert_str_eq(survey.strays[0].id, "i-s");
	ck_assert_str_eq(survey.strays[0].gang, GONE);
	ck_assert_str_eq(survey.strays[0].job, "5");
	ck_assert_str_eq(survey.strays[0].node, "aws-hpc-7");
	ck_assert(survey.strays[0].gang_known && survey.strays[0].launch_known);
	ck_assert_int_eq(survey.strays[0].gang_state, GANG_FAILED);
	ck_assert_int_eq(survey.strays[0].launch_state, LAUNCH_LOST);
	ck_assert(!survey.strays[0].row);
	ck_assert_str_eq(survey.strays[0].ec2->id, "i-s");

	ck_assert(!survey.nodes_known && !survey.jobs_known);
	ck_assert(*survey.slurm_err.text);
	ck_assert(!survey.regions[0].groups_known && !survey.regions[0].versions_known);
}
END_TEST

START_TEST(a_stray_with_a_row)
{
	static const struct server_answer script[] = {INSTANCES(
		INSTANCE("i-70", "running", "") INSTANCE("i-71", "running", TAG("burst:gang", GONE))
			INSTANCE("i-x", "running", TAG("burst:gang", "../../etc")))};

	ec2_begin(script, 1);
	add_gang(A, "aws-hpc-0", "aws-hpc-1", 7);
	ok(instance_set_terminated(state_db, "i-71", 0, 5000, &err));
	look(0);
	ck_assert_uint_eq(ec2_count(), 1);
	ck_assert_uint_eq(survey.nstrays, 2);
	ck_assert_str_eq(survey.strays[0].id, "i-71");
	ck_assert(survey.strays[0].row);
	ck_assert_int_eq(survey.strays[0].terminated_ms, 5000);
	/* by its row, whatever the tag says */
	ck_assert_str_eq(survey.strays[0].gang, A);
	ck_assert_int_eq(survey.strays[0].gang_state, GANG_ACTIVE);
	ck_assert(!survey.strays[0].launch_known);
	/* a tag is input */
	ck_assert_str_eq(survey.strays[1].gang, "");
	ck_assert(!survey.strays[1].gang_known);
}
END_TEST

START_TEST(regions)
{
	static char there[] = THERE;
	static const struct server_answer script[] = {
		{403, .body = ERROR("UnauthorizedOperation", "not here")}};
	struct instance x;

	ec2_begin(script, 1);
	places[1] = places[0];
	places[1].region = there;
	group.nplaces = 2;
	add_gang(A, "aws-hpc-0", "aws-hpc-1", 7);
	/* one that the configuration has no more, and an old row that does not say */
	x = state_instance("i-far", A, "");
	snprintf(x.region, sizeof(x.region), "eu-west-1");
	ok(instance_insert(state_db, &x, 1, false, &err));
	x = state_instance("i-old", A, "");
	ok(instance_insert(state_db, &x, 1, false, &err));
	look(SURVEY_GROUPS | SURVEY_TEMPLATES);
	ck_assert_uint_eq(survey.nregions, 3);
	ck_assert_str_eq(survey.regions[0].name, HERE);
	ck_assert_str_eq(survey.regions[1].name, THERE);
	ck_assert_str_eq(survey.regions[2].name, "eu-west-1");
	for (size_t i = 0; i < 3; i++) {
		ck_assert(!survey.regions[i].known && !survey.regions[i].groups_known);
		ck_assert_ptr_nonnull(strstr(survey.regions[i].err.text, "not here"));
	}
	ck_assert_ptr_eq(survey_row(&survey, "i-old")->region, &survey.regions[0]);
	ck_assert_ptr_eq(survey_row(&survey, "i-far")->region, &survey.regions[2]);
	ck_assert(!survey_row(&survey, "i-far")->looked);
	ck_assert_ptr_null(survey_region(&survey, "mars"));
}
END_TEST

START_TEST(by_id_not_known)
{
	static const struct server_answer script[] = {
		NOTHING, {403, .body = ERROR("UnauthorizedOperation", "not by id")}};

	ec2_begin(script, 2);
	add_gang(A, "aws-hpc-0", "aws-hpc-1", 7);
	look(0);
	ck_assert(survey.regions[0].known);
	ck_assert(!survey_row(&survey, "i-70")->looked);
	ck_assert_uint_eq(logged("not by id"), 1);
}
END_TEST

START_TEST(pieces)
{
	static const struct server_answer script[] = {NOTHING};
	struct instance x;
	char id[32];

	ec2_begin(script, 1);
	state_add_gang(A, "aws-hpc-0");
	state_to(A, GANG_LAUNCHING);
	for (int i = 0; i < 401; i++) {
		snprintf(id, sizeof(id), "i-%04d", i);
		x = state_instance(id, A, "");
		snprintf(x.region, sizeof(x.region), "%s", HERE);
		ok(instance_insert(state_db, &x, 1, false, &err));
	}
	look(0);
	ck_assert_uint_eq(ec2_count(), 4);
	ck_assert_ptr_nonnull(strstr(ec2_body(1), "Filter.1.Value.200=i-0199&MaxResults"));
	ck_assert_ptr_nonnull(strstr(ec2_body(3), "Filter.1.Value.1=i-0400&MaxResults"));
	ck_assert(survey_row(&survey, "i-0400")->looked);
}
END_TEST

START_TEST(groups_and_versions)
{
	static char lt1[] = "lt-1";
	static struct conf_group two[2];
	static const struct server_answer script[] = {
		NOTHING,
		GROUPS(GROUP("burst-test-a") GROUP("burst-test-b") GROUP("burst-test-c")),
		VERSIONS(DERIVED("3")),
		VERSIONS(DERIVED("3") DERIVED("4") DERIVED("5")),
	};
	const struct survey_region *region;

	ec2_begin(script, 4);
	/* the same template by name and by id is asked for once */
	two[0] = two[1] = group;
	two[1].places = &places[1];
	places[1] = places[0];
	places[1].template_id = lt1;
	conf.groups = two;
	conf.ngroups = 2;
	state_add_gang(GONE, "aws-hpc-7");
	ok(placement_insert(state_db, "burst-test-a", GONE, HERE, 1000, &err));
	ok(placement_insert(state_db, "burst-test-b", GONE, HERE, 1000, &err));
	ok(placement_set_deleted(state_db, "burst-test-b", 2000, &err));
	ck_assert_int_eq(gang_fail(state_db, GONE, "test", &err), 1);
	ok(gang_advance(state_db, GONE, GANG_FAILING, GANG_FAILED, &err));
	state_add_gang(A, "aws-hpc-0");
	ok(placement_insert(state_db, "burst-test-d", A, HERE, 1000, &err));
	{
		struct launch l = {.body = (char[]){FLEET("lt-1", "5", "c7i.large", "s", "x")},
			.capacity = 1,
			.gang = A,
			.token = TOKEN};

		ok(launch_prepare(state_db, &l, &err));
	}
	ok(template_put(state_db, "lt-1", 1, "layout", TOKEN, 3, &err));
	look(SURVEY_GROUPS | SURVEY_TEMPLATES);

	ck_assert_uint_eq(ec2_count(), 4);
	region = &survey.regions[0];
	ck_assert(region->groups_known && region->versions_known);
	ck_assert_uint_eq(region->ngroups, 3);
	ck_assert(region->groups[0].row && !region->groups[0].deleted_ms);
	ck_assert(region->groups[1].row);
	ck_assert_int_eq(region->groups[1].deleted_ms, 2000);
	ck_assert(!region->groups[2].row);
	ck_assert_uint_eq(survey.nplacements, 2);
	ck_assert_str_eq(survey.placements[0].name, "burst-test-a");
	ck_assert(survey.removable[0] && !survey.removable[1]);
	ck_assert_uint_eq(region->nversions, 3);
	ck_assert(region->versions[0].row && !region->versions[0].used);
	ck_assert(!region->versions[1].row && !region->versions[1].pending);
	ck_assert(region->versions[2].used);
	ck_assert_str_eq(region->versions[2].template_id, "lt-1");
	ck_assert_uint_eq(survey_gang(&survey, A)->nprepared, 1);

	/* one is being derived */
	ok(template_put(state_db, "lt-1", 2, "layout", TOKEN, 0, &err));
	ec2_begin(script, 4);
	look(SURVEY_GROUPS | SURVEY_TEMPLATES);
	ck_assert(survey.regions[0].versions[1].pending);
}
END_TEST

START_TEST(parts_that_fail)
{
	static const struct server_answer script[] = {
		NOTHING, {403, .body = ERROR("UnauthorizedOperation", "no")}};

	ec2_begin(script, 2);
	look(SURVEY_GROUPS | SURVEY_TEMPLATES);
	ck_assert(survey.regions[0].known);
	ck_assert(!survey.regions[0].groups_known && !survey.regions[0].versions_known);
	ck_assert_uint_eq(logged("placement groups in " HERE), 1);
	ck_assert_uint_eq(logged("launch templates in " HERE), 1);
}
END_TEST

START_TEST(locks)
{
	static const struct server_answer script[] = {NOTHING};
	char path[128];
	int lock;

	ec2_begin(script, 1);
	add_gang(A, "aws-hpc-0", "aws-hpc-1", 7);
	add_gang(B, "aws-hpc-2", "aws-hpc-3", 8);
	look(0);
	/* who only looks makes no file */
	snprintf(path, sizeof(path), "%s", state_path("locks"));
	ck_assert_int_eq(access(path, F_OK), -1);
	lock = lock_gang(&app, A, 0, &err);
	ck_assert_int_ge(lock, 0);
	look(0);
	ck_assert(survey_gang(&survey, A)->held);
	ck_assert(!survey_gang(&survey, B)->held);
	close(lock);
	look(0);
	ck_assert(!survey_gang(&survey, A)->held);
	lock = lock_gang(&app, A, 0, &err); /* and takes it from nobody */
	ck_assert_int_ge(lock, 0);
	close(lock);
}
END_TEST

/* What another process does while EC2 is asked. */
static void meanwhile(void (*act)(struct db *db))
{
	struct db *db;
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid) {
		look(0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		return;
	}
	clock_sleep_ms(150);
	db = db_open(state_dir, DB_READ_WRITE, false, &err);
	if (db)
		act(db);
	_exit(db ? 0 : 1);
}

static void end_one(struct db *db)
{
	const char *id = "i-70";

	if (instance_set_terminating(db, &id, 1, "test", clock_now_ms(), &err) < 0)
		_exit(1);
}

static void advance(struct db *db)
{
	if (gang_advance(db, A, GANG_ACTIVE, GANG_RELEASING, &err) < 0)
		_exit(1);
}

static void begin_another(struct db *db)
{
	char nodes[] = "aws-hpc-9";
	struct gang g = state_gang(B, nodes);

	if (gang_insert(db, &g, &err) < 0)
		_exit(1);
}

START_TEST(what_moves_is_told)
{
	static const struct server_answer script[] = {
		{200, .body = "<DescribeInstancesResponse/>", .delay_ms = 2500}, NOTHING};

	ec2_begin(script, 2);
	add_gang(A, "aws-hpc-0", "aws-hpc-1", 7);
	db_close(state_db);
	state_db = NULL;
	app.db = NULL;
	state_reopen(DB_READ_WRITE, false);
	app.db = state_db;
	meanwhile(end_one);
	ck_assert(!survey_row(&survey, "i-70")->steady);
	ck_assert(survey_row(&survey, "i-71")->steady);
	ck_assert(survey_gang(&survey, A)->steady);
	ck_assert_int_eq(survey_row(&survey, "i-70")->row.state, INSTANCE_TERMINATING);
	ec2_begin(script, 2);
	meanwhile(advance);
	ck_assert(!survey_gang(&survey, A)->steady);
	ec2_begin(script, 2);
	meanwhile(begin_another);
	ck_assert(!survey_gang(&survey, B)->steady && survey_gang(&survey, B)->held);
	look(0);
	ck_assert(survey_gang(&survey, A)->steady && survey_gang(&survey, B)->steady);
	ck_assert(!survey_gang(&survey, B)->held);
}
END_TEST

START_TEST(records)
{
	static const struct server_answer script[] = {NOTHING};

	ec2_begin(script, 1);
	ck_assert_int_eq(mkdir(state_path("intent"), 0700), 0);
	ck_assert_int_eq(mkdir(state_path("ended"), 0700), 0);
	ck_assert_int_eq(mkdir(state_path("ended/9.0"), 0700), 0);
	ok(file_write(state_path("intent/12.3"), 0600, "x", 1, FILE_NO_SYNC, &err));
	ok(file_write(state_path("intent/12.3x"), 0600, "x", 1, FILE_NO_SYNC, &err));
	ok(file_write(state_path("ended/7.0"), 0600, "", 0, FILE_NO_SYNC, &err));
	look(SURVEY_RECORDS);
	ck_assert_uint_eq(survey.nrecords, 2);
	ck_assert_str_eq(survey.records[0].path, "intent/12.3");
	ck_assert_uint_eq(survey.records[0].job_id, 12);
	ck_assert_int_ge(survey.records[0].changed_s, clock_now_s() - 60);
	ck_assert_str_eq(survey.records[1].path, "ended/7.0");
	look(0);
	ck_assert_uint_eq(survey.nrecords, 0);
	rmdir(state_path("ended/9.0"));
	unlink(state_path("intent/12.3"));
	unlink(state_path("intent/12.3x"));
	unlink(state_path("ended/7.0"));
	rmdir(state_path("intent"));
	rmdir(state_path("ended"));
}
END_TEST

START_TEST(rebuilt)
{
	static const struct server_answer script[] = {NOTHING};

	ec2_begin(script, 1);
	look(0);
	ck_assert_int_eq(survey.rebuilt_ms, 0);
	ok(meta_set(state_db, "rebuilt_ms", "1795000000000", &err));
	look(0);
	ck_assert_int_eq(survey.rebuilt_ms, INT64_C(1795000000000));
}
END_TEST

/* A survey of some nodes, at NOW_MS. */
static void nodes_at(int64_t now_ms, size_t n)
{
	survey_release(&survey);
	survey.conf = &conf;
	survey.now_ms = now_ms;
	survey.nodes = calloc(n, sizeof(*survey.nodes));
	survey.nnodes = n;
	for (size_t i = 0; i < n; i++)
		snprintf(survey.nodes[i].facts.name, sizeof(survey.nodes[i].facts.name),
			"aws-hpc-%zu", i);
	ok(survey_link(&survey, &err));
}

static struct survey_node *the(const char *name)
{
	return survey_node(&survey, name);
}

START_TEST(how_long_nodes_power)
{
	int64_t now_ms = clock_now_ms();
	cleanup_free char *text = NULL;

	/* the first look: since now */
	nodes_at(now_ms - 120000, 12);
	the("aws-hpc-2")->facts.powering_up = the("aws-hpc-10")->facts.powering_up = true;
	the("aws-hpc-9")->facts.powering_up = true;
	the("aws-hpc-5")->facts.powering_down = true;
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_eq(the("aws-hpc-2")->since_ms, now_ms - 120000);
	ck_assert_int_eq(the("aws-hpc-3")->since_ms, 0);
	ok(survey_remember(&app, &survey, &err));
	ok(meta_get(state_db, "survey", &text, &err));
	ck_assert_ptr_nonnull(strstr(text, " aws-hpc-[2,9-10]"));
	ck_assert_ptr_nonnull(strstr(text, " aws-hpc-5"));

	/* a minute later: one has come up, one goes the other way, one is new */
	nodes_at(now_ms - 60000, 12);
	the("aws-hpc-2")->facts.powering_up = the("aws-hpc-5")->facts.powering_up = true;
	the("aws-hpc-7")->facts.powering_down = true;
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_eq(the("aws-hpc-2")->since_ms, now_ms - 120000);
	ck_assert_int_eq(the("aws-hpc-10")->since_ms, 0);
	ck_assert_int_eq(the("aws-hpc-5")->since_ms, now_ms - 60000);
	ck_assert_int_eq(the("aws-hpc-7")->since_ms, now_ms - 60000);
	ok(survey_remember(&app, &survey, &err));
	nodes_at(now_ms, 12);
	the("aws-hpc-2")->facts.powering_up = the("aws-hpc-5")->facts.powering_up = true;
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_eq(the("aws-hpc-2")->since_ms, now_ms - 120000);
	ck_assert_int_eq(the("aws-hpc-5")->since_ms, now_ms - 60000);

	/* it may have had another life since */
	nodes_at(now_ms + 3600000, 12);
	the("aws-hpc-2")->facts.powering_up = true;
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_eq(the("aws-hpc-2")->since_ms, now_ms + 3600000);
	/* and what somebody wrote by hand harms nobody */
	ok(meta_set(state_db, "survey", "x 1 2 3\nU\nU 5\nD z [\nU 7 aws-hpc-[0-\n", &err));
	ok(survey_clock_read(&app, &survey, &err));
}
END_TEST

START_TEST(a_clock_that_is_set)
{
	struct timespec up;
	int64_t up_ms;

	clock_gettime(CLOCK_BOOTTIME, &up);
	up_ms = up.tv_sec * 1000;
	/* without a word of before: since the boot */
	nodes_at(clock_now_ms(), 1);
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_ge(survey.steady_ms, up_ms);
	ok(survey_remember(&app, &survey, &err));
	nodes_at(clock_now_ms() + 2000, 1);
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_ge(survey.steady_ms, up_ms);
	/* an hour forward: nothing is older than that */
	nodes_at(clock_now_ms() + 3600000, 1);
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_le(survey.steady_ms, 1000);
	ok(survey_remember(&app, &survey, &err));
	clock_sleep_ms(20);
	nodes_at(clock_now_ms() + 3600000, 1);
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_ge(survey.steady_ms, 20);
	ck_assert_int_le(survey.steady_ms, 5000);
	/* and back */
	nodes_at(clock_now_ms(), 1);
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_le(survey.steady_ms, 1000);
	/* another boot, or the other controller */
	ok(meta_set(state_db, "survey", "00000000-0000-0000-0000-000000000000 5 6 7", &err));
	ok(survey_clock_read(&app, &survey, &err));
	ck_assert_int_ge(survey.steady_ms, up_ms);
}
END_TEST

START_TEST(a_clock_that_is_wrong)
{
	char date[80];
	struct server_answer script[] = {
		{400, .headers = date, .body = ERROR("RequestExpired", "Request has expired.")},
		NOTHING,
	};
	time_t then = time(NULL) - 1800;
	struct tm tm;

	gmtime_r(&then, &tm);
	strftime(date, sizeof(date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	ec2_begin(script, 2);
	look(0);
	ck_assert(survey.regions[0].known);
	ck_assert_int_le(llabs(survey.regions[0].clock_off_s + 1800), 2);
	ck_assert_int_eq(survey.steady_ms, 0);
	ck_assert_int_eq(survey_age_ms(&survey, 1000), 0);
	ck_assert_uint_eq(logged("the clock differs from AWS's by -"), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("survey");
	TCase *tc = tcase_create("survey");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, all_together);
	tcase_add_test(tc, a_stray_with_a_row);
	tcase_add_test(tc, regions);
	tcase_add_test(tc, by_id_not_known);
	tcase_add_test(tc, pieces);
	tcase_add_test(tc, groups_and_versions);
	tcase_add_test(tc, parts_that_fail);
	tcase_add_test(tc, locks);
	tcase_add_test(tc, what_moves_is_told);
	tcase_add_test(tc, records);
	tcase_add_test(tc, rebuilt);
	tcase_add_test(tc, how_long_nodes_power);
	tcase_add_test(tc, a_clock_that_is_set);
	tcase_add_test(tc, a_clock_that_is_wrong);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
