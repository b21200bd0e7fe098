/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What estimate says of the jobs in tests/corpus/estimate: NAME.sh is the job, its line "#
 * options:" the command line, NAME.txt what is to come. BURST_GOLDEN=write writes the texts anew.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/estimate.h"
#include "helper/reserved.h"
#include "helper/prices.h"
#include "helper/types.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/pool.h"
#include "tests/unit/state_fixture.h"

static const char *const names[] = {"1-openfoam", "2-serial", "3-array", "4-nccl", "5-hybrid",
	"6-refused", "7-too-large", "8-tiers"};

struct job {
	struct app app;
	struct job_wish wish;
	struct estimate_input input;
	char *script, *line;
};

static void job_close(struct job *job)
{
	sbatch_wish_release(&job->wish);
	free(job->script);
	free(job->line);
	job->app.db = NULL; /* the fixture's */
	app_close(&job->app);
}

static char *read_text(const char *name, const char *suffix)
{
	char path[512], *text = NULL;
	size_t len;

	snprintf(path, sizeof(path), ESTIMATE_DIR "/%s%s", name, suffix);
	ok(file_read(path, 100000, &text, &len, &err));
	return text;
}

/* MORE: further options. */
static void job_open(struct job *job, const char *name, const char *more)
{
	static const char *const env[] = {"PATH=/bin", "LOADEDMODULES=slurm", "OMPI_MCA_x=1", NULL};
	CLEANUP(script_release) struct script script = {0};
	char *argv[16], *options, command[] = "estimate";
	int argc = 0;

	*job = (struct job){.app = APP_INIT};
	sbatch_wish_init(&job->wish);
	job->script = read_text(name, ".sh");
	ok(script_read_directives(job->script, strlen(job->script), &script, &err));
	options = strstr(job->script, "\n# options:");
	ck_assert_int_ge(
		asprintf(&job->line, "%.*s %s", options ? (int)strcspn(options + 11, "\n") : 0,
			options ? options + 11 : "", more),
		0);
	argv[argc++] = command;
	for (char *p = job->line + strspn(job->line, " "); *p; p += strspn(p, " ")) {
		argv[argc++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	ok(sbatch_read_directives(&job->wish, &script, &err));
	ok(sbatch_read_command(&job->wish, argc, argv, &err));
	job->input = (struct estimate_input){
		.wish = &job->wish,
		.script = job->script,
		.len = strlen(job->script),
		.job_name = "job.sh",
		.env = env,
		.db_missing = "it is not ours",
	};
	job->app.conf = conf_load(ESTIMATE_DIR "/burst.yaml", NULL, NULL, &err);
	ck_assert_msg(job->app.conf != NULL, "%s", err.text);
	job->app.db = state_db;
	job->app.types = types_create(
		state_db, job->app.conf->public.directory, job->app.conf->catalog.max_age_s, &err);
	ck_assert_ptr_nonnull(job->app.types);
}

START_TEST(test_golden)
{
	CLEANUP(job_close) struct job job;
	CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup_free char *want = NULL;
	const char *mode = getenv("BURST_GOLDEN");
	char path[512];

	job_open(&job, names[_i], "");
	ok(estimate_make(&job.app, &job.input, &e, &err));
	estimate_show(&e, &job.input, &out);
	if (mode && !strcmp(mode, "write")) {
		snprintf(path, sizeof(path), ESTIMATE_DIR "/%s.txt", names[_i]);
		ok(file_write(path, 0644, out.buf, out.len, FILE_NO_SYNC, &err));
	}
	want = read_text(names[_i], ".txt");
	ck_assert_str_eq(out.buf, want);
}
END_TEST

static const char *text_at(struct json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

START_TEST(test_json)
{
	CLEANUP(job_close) struct job job;
	CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};
	struct json_object *o, *group, *list;

	job_open(&job, "1-openfoam", "--constraint=efa-preferred|hpc --frob");
	ok(estimate_make(&job.app, &job.input, &e, &err));
	ck_assert_ptr_eq(estimate_possible(&e, &err), &e.groups[0]);
	o = estimate_json(&e, &job.input);
	ck_assert_str_eq(
		text_at(json_object_array_get_idx(json_object_object_get(o, "asked"), 0), "option"),
		"job-name");
	ck_assert_str_eq(json_object_get_string(
				 json_object_array_get_idx(json_object_object_get(o, "notes"), 0)),
		"\"--frob\" is not known: passed over");
	ck_assert_str_eq(text_at(json_object_object_get(o, "detected"), "application"), "OpenFOAM");
	list = json_object_object_get(o, "groups");
	ck_assert_uint_eq(json_object_array_length(list), 1);
	group = json_object_array_get_idx(list, 0);
	ck_assert_str_eq(text_at(group, "group"), "aws-hpc");
	ck_assert_str_eq(text_at(group, "possible"), "true");
	ck_assert_str_eq(text_at(group, "placement"), "cluster");
	ck_assert_str_eq(text_at(json_object_object_get(group, "efa"), "mode"), "preferred");
	ck_assert_str_eq(text_at(json_object_object_get(group, "efa"), "given"), "true");
	list = json_object_object_get(group, "pools");
	ck_assert_str_eq(text_at(json_object_array_get_idx(list, 0), "type"), "hpc7a.48xlarge");
	ck_assert_str_eq(text_at(json_object_array_get_idx(list, 0), "rate_uusd_hr"), "7200000");
	list = json_object_object_get(group, "tries");
	ck_assert_uint_ge(json_object_array_length(list), 2);
	ck_assert_str_eq(text_at(json_object_array_get_idx(list, 0), "region"), "us-east-2");
	ck_assert_ptr_nonnull(text_at(group, "worst_uusd"));
	json_object_put(o);
}
END_TEST

START_TEST(test_json_refused)
{
	CLEANUP(job_close) struct job job;
	CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};
	struct json_object *o, *group;

	job_open(&job, "7-too-large", "");
	ok(estimate_make(&job.app, &job.input, &e, &err));
	ck_assert_ptr_null(estimate_possible(&e, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	o = estimate_json(&e, &job.input);
	group = json_object_array_get_idx(json_object_object_get(o, "groups"), 0);
	ck_assert_str_eq(text_at(group, "possible"), "false");
	ck_assert_ptr_nonnull(strstr(text_at(group, "why"), "100 CPUs"));
	ck_assert_ptr_null(json_object_object_get(group, "efa"));
	json_object_put(o);
}
END_TEST

/* As sbatch of 22.05 makes them of the options, held against its own "scontrol show job". */
static const struct {
	const char *line;
	uint32_t nodes, tasks;
} sizes[] = {
	{"-N 4 -n 2", 2, 2},
	{"-N 4 -n 8", 4, 8},
	{"-N 4", 4, 4},
	{"-N 2 --ntasks-per-node=4", 2, 8},
	{"-w aws-hpc-[0-3]", 4, 4},
	{"-w aws-hpc-[0-3] -n 8", 4, 8},
	{"-N 0", 1, 1},
	{"-n 100", 2, 100},
	{"-n 4 -c 96", 4, 4},
};

START_TEST(test_size)
{
	CLEANUP(job_close) struct job job;
	CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};

	job_open(&job, "2-serial", sizes[_i].line);
	ok(estimate_make(&job.app, &job.input, &e, &err));
	ck_assert_uint_eq(e.groups[0].nodes, sizes[_i].nodes);
	ck_assert_uint_eq(e.groups[0].tasks, sizes[_i].tasks);
}
END_TEST

START_TEST(test_partition)
{
	CLEANUP(job_close) struct job job;
	CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};

	job_open(&job, "2-serial", "-p cpu");
	refused(estimate_make(&job.app, &job.input, &e, &err), ERR_CONFIG,
		"partition cpu is not one of EC2 instances; those of the configuration are: aws, "
		"gpu");
}
END_TEST

/* What failed a while ago is asked last. */
START_TEST(test_recent)
{
	CLEANUP(job_close) struct job job;
	CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};
	int64_t now_ms = clock_now_ms();
	struct pool_failure failure = {.region = "us-east-2",
		.subnet = "subnet-1",
		.nodes = 1,
		.code = "InsufficientFreeAddressesInSubnet",
		.failed_ms = now_ms - 30000,
		.until_ms = now_ms + 3600000};

	ok(pool_remember(state_db, &failure, &err));
	job_open(&job, "2-serial", "");
	ok(estimate_make(&job.app, &job.input, &e, &err));
	ck_assert(e.groups[0].planned);
	ck_assert_msg(strstr(e.groups[0].reasons, "InsufficientFreeAddressesInSubnet 30 s ago"),
		"%s", e.groups[0].reasons);
	ck_assert_msg(!strstr(e.unseen.buf, "a while ago"), "%s", e.unseen.buf);
}
END_TEST

/* What EC2 said of reservations a while ago is asked for first. */
START_TEST(test_reserved)
{
	static const struct ec2_reservation said[] = {{.id = "cr-1",
		.type = "hpc7a.48xlarge",
		.az = "us-east-2a",
		.state = "active",
		.kind = "default",
		.free = 4}};
	struct told_subnet subnet = {.id = "subnet-1", .az = "us-east-2a"};
	struct told_type type = {.name = "c7i.48xlarge", .info = *catalog_find("c7i.48xlarge")};
	struct told_offer offer = {.type = "c7i.48xlarge", .az = "us-east-2a"};
	struct catalog_told told = {.refreshed_ms = clock_now_ms(),
		.types = &type,
		.ntypes = 1,
		.offers = &offer,
		.noffers = 1,
		.subnets = &subnet,
		.nsubnets = 1};
	CLEANUP(job_close) struct job job, wide;
	CLEANUP(estimate_release)
	struct estimate none = {.unseen = STRBUF_INIT}, e = {.unseen = STRBUF_INIT},
			full = {.unseen = STRBUF_INIT};

	type.info.name = type.name;
	ok(catalog_db_replace(state_db, "us-east-2", &told, &err));
	job_open(&job, "2-serial", "-p reserved -N 4");
	ok(estimate_make(&job.app, &job.input, &none, &err));
	ck_assert_msg(strstr(none.unseen.buf, "2 of 2 capacity reservations in us-east-2"), "%s",
		none.unseen.buf);
	reserved_keep(&job.app, "us-east-2", said, 1);
	ok(estimate_make(&job.app, &job.input, &e, &err));
	ck_assert_msg(strstr(e.unseen.buf, "1 of 2 capacity reservations in us-east-2"), "%s",
		e.unseen.buf);
	ck_assert(e.groups[0].planned);
	ck_assert_uint_ge(e.groups[0].ntries, 1);
	ck_assert_msg(strstr(e.groups[0].tries[0].asked, "capacity reservation cr-1"), "%s",
		e.groups[0].tries[0].asked);
	/* it has too few: passed over */
	job_open(&wide, "2-serial", "-p reserved -N 5");
	ok(estimate_make(&wide.app, &wide.input, &full, &err));
	for (size_t i = 0; i < full.groups[0].ntries; i++)
		ck_assert_msg(!strstr(full.groups[0].tries[i].asked, "cr-1"), "%s",
			full.groups[0].tries[i].asked);
}
END_TEST

/* Of a job that is submitted: the components of a heterogeneous one are one gang. */
START_TEST(test_components)
{
	CLEANUP(job_close) struct job job, other;
	CLEANUP(estimate_release)
	struct estimate e = {.unseen = STRBUF_INIT}, apart = {.unseen = STRBUF_INIT};
	struct job_facts leader = {.job_id = 17, .het_leader = 17, .name = "17+0"};
	struct job_facts second = {.job_id = 18, .het_leader = 17, .name = "17+1"};
	struct intent intent = {.efa = EFA_REQUIRED, .efa_from = FROM_USER};
	struct estimate_input more;

	job_open(&job, "2-serial", "-p aws -N 2");
	job_open(&other, "2-serial", "-p aws -N 1");
	more = other.input;
	more.facts = &second;
	job.input.facts = &leader;
	job.input.intent = &intent;
	job.input.next = &more;
	ok(estimate_make(&job.app, &job.input, &e, &err));
	ck_assert_uint_eq(e.groups[0].nodes, 3);
	ck_assert_uint_eq(e.groups[0].set.n, 1);
	ck_assert_uint_eq(e.groups[0].set.all[0].njobs, 2);
	ck_assert_int_eq(e.groups[0].set.all[0].efa, EFA_REQUIRED);
	ck_assert_msg(e.groups[0].planned, "%s", e.groups[0].err.text);
	/* one of them is for nodes of others */
	snprintf(other.wish.partition, sizeof(other.wish.partition), "gpu");
	ok(estimate_make(&job.app, &job.input, &apart, &err));
	ck_assert_ptr_nonnull(apart.groups[0].refused);
	ck_assert_msg(strstr(apart.groups[0].refused, "component 17+1 is for partition gpu"), "%s",
		apart.groups[0].refused);
}
END_TEST

/* The same job, the same answer; and it is the request that counts, not who asks twice. */
START_TEST(test_same)
{
	CLEANUP(job_close) struct job job;
	CLEANUP(strbuf_release) struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;

	job_open(&job, "5-hybrid", "");
	for (int i = 0; i < 2; i++) {
		CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};

		ok(estimate_make(&job.app, &job.input, &e, &err));
		estimate_show(&e, &job.input, i ? &b : &a);
	}
	ck_assert_str_eq(a.buf, b.buf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("estimate");
	TCase *tc = tcase_create("without state"), *state = tcase_create("with state");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_golden, 0, ARRAY_SIZE(names));
	tcase_add_test(tc, test_json);
	tcase_add_test(tc, test_json_refused);
	tcase_add_loop_test(tc, test_size, 0, ARRAY_SIZE(sizes));
	tcase_add_test(tc, test_partition);
	tcase_add_test(tc, test_same);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(state, state_setup_db, state_teardown);
	tcase_add_test(state, test_recent);
	tcase_add_test(state, test_reserved);
	tcase_add_test(state, test_components);
	suite_add_tcase(suite, state);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
