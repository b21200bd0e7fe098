/* SPDX-License-Identifier: Apache-2.0 */
/* What users may read, and who of them. */
#include "helper/public.h"

#include <json-c/json.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/types.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/plan/plan.h"
#include "tests/unit/app_fixture.h"

#define NOBODY 65534

static char directory[128];

static const char *in_public(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void setup(void)
{
	app_setup();
	umask(077); /* as the program has it */
	snprintf(directory, sizeof(directory), "%s-public", state_dir);
	ck_assert_int_eq(mkdir(directory, 0755), 0);
	ck_assert_int_eq(chmod(directory, 0755), 0);
	conf.public.directory = directory;
	app.slurm_ready = true;
}

static void teardown(void)
{
	static const char *const names[] = {"catalogue.json", "prices.json", "site.json", "x.json",
		"plan/7.json", "plan/8.json", "plan/9_1.json", "plan/old.json", "plan"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		remove(in_public(names[i]));
	ck_assert_int_eq(rmdir(directory), 0);
	app.slurm_ready = false; /* there is no slurmctld to part from */
	app_teardown();
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	ck_assert_msg(stat(in_public(name), &st) == 0, "%s", name);
	return st.st_mode & 07777;
}

static bool is_there(const char *name)
{
	return access(in_public(name), F_OK) == 0;
}

/* Can UID read it? Only root can ask. */
static bool readable_by(const char *name, uid_t uid)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(setgid(uid) < 0 || setuid(uid) < 0 || access(in_public(name), R_OK) < 0
				? EXIT_FAILURE
				: EXIT_SUCCESS);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static struct json_object *read_json(const char *name)
{
	cleanup_free char *text = NULL;
	struct json_object *json;
	size_t len;

	ok(file_read(in_public(name), 1 << 20, &text, &len, &err));
	json = json_tokener_parse(text);
	ck_assert_msg(json != NULL, "%s", text);
	return json;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	ck_assert_msg(json_object_object_get_ex(o, key, &value), "%s", key);
	return json_object_get_string(value);
}

START_TEST(where_it_may)
{
	ck_assert_int_eq(public_ready(&conf, &err), 1);
	chmod(directory, 0777);
	ck_assert_int_eq(public_ready(&conf, &err), -1);
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, "public.directory: "));
	ck_assert_ptr_nonnull(strstr(err.text, "chmod go-w"));
	chmod(directory, 0755);
	if (!geteuid()) {
		ck_assert_int_eq(chown(directory, NOBODY, (gid_t)-1), 0);
		ck_assert_int_eq(public_ready(&conf, NULL), -1);
		ck_assert_int_eq(chown(directory, 0, (gid_t)-1), 0);
	}
	conf.public.directory = (char[]){"/nonexistent/public"};
	ck_assert_int_eq(public_ready(&conf, &err), 0);
	ck_assert_int_eq(public_catalogue(&app, &err), 0);
	public_gang(&app, "g");
	public_prune(&conf, 1);
	conf.public.directory = NULL;
	ck_assert_int_eq(public_ready(&conf, &err), 0);
}
END_TEST

START_TEST(for_all)
{
	ok(public_write(&conf, "x.json", "{}", &err));
	ck_assert_uint_eq(mode_of("x.json"), 0644);
	refused(public_write(&conf, "nosuch/x.json", "{}", &err), ERR_FATAL, "cannot create");
}
END_TEST

START_TEST(for_one)
{
	int rc = public_write_private(&conf, "x.json", "{}", NOBODY, &err);

	if (rc < 0 && strstr(err.text, "has no ACLs")) {
		ck_assert(!is_there("x.json")); /* this machine's /tmp has none */
		return;
	}
	ck_assert_msg(rc == 0, "%s", err.text);
	/* the group's bits are the mask's: nobody but the one named comes in by them */
	ck_assert_uint_eq(mode_of("x.json"), 0640);
	if (!geteuid()) {
		ck_assert(readable_by("x.json", NOBODY));
		ck_assert(!readable_by("x.json", 1));
	}
	ok(public_write_private(&conf, "x.json", "{}", geteuid(), &err));
	ck_assert_uint_eq(mode_of("x.json"), 0600);
}
END_TEST

/* What a user is told a type costs is what the plan of a job reckons with, for each type. */
static void as_the_planner(struct json_object *region)
{
	const struct instance_type *type;
	size_t n = 0;

	for (size_t i = 0; (type = catalog_at(i)); i++) {
		struct plan_choice choice = {.type = type->name,
			.subnet = "subnet-1",
			.az = "us-east-2a",
			.free_addresses = -1,
			.price_uusd_hr = -1};
		struct plan_request request = {.nodes = 1,
			.efa = EFA_DISABLED,
			.region = HERE,
			.choices = &choice,
			.nchoices = 1,
			.time_limit_s = -1};
		CLEANUP(plan_release) struct plan plan = {0};
		struct json_object *price = NULL;

		if (plan_make(&request, &plan, NULL) < 0)
			continue; /* capacity blocks */
		ck_assert_int_eq(json_object_object_get_ex(region, type->name, &price),
			plan.pools[0].rate_uusd_hr >= 0);
		if (!price)
			continue;
		ck_assert_int_eq(json_object_get_int64(price), plan.pools[0].rate_uusd_hr);
		n++;
	}
	ck_assert_uint_eq(n, (size_t)json_object_object_length(region));
	ck_assert_uint_gt(n, 150);
}

START_TEST(catalogue_and_prices)
{
	struct told_type types[] = {{"x9.large", {.vcpus = 2,
							 .cores = 1,
							 .mem_mib = 1024,
							 .arch = ARCH_ARM64,
							 .cards = 1,
							 .card_ifs = {2}}}};
	struct told_offer offers[] = {{"x9.large", "us-east-2a"}};
	struct catalog_told told = {clock_now_ms(), types, told_settle(types, 1), offers, 1};
	struct json_object *prices, *regions, *region, *price;
	struct types *read;

	ck_assert_int_eq(public_catalogue(&app, &err), 1); /* of no region */
	ok(catalog_db_replace(app.db, HERE, &told, &err));
	ck_assert_int_eq(public_catalogue(&app, &err), 1);
	ck_assert_uint_eq(mode_of("catalogue.json"), 0644);
	ck_assert_uint_eq(mode_of("prices.json"), 0644);
	read = types_create(NULL, directory, 604800, &err);
	ck_assert_ptr_nonnull(
		types_find(types_region(read, HERE, clock_now_ms(), &err), "x9.large"));
	types_destroy(read);
	prices = read_json("prices.json");
	ck_assert_str_eq(text_of(prices, "date"), catalog_price_date());
	ck_assert(json_object_object_get_ex(prices, "regions", &regions));
	ck_assert(json_object_object_get_ex(regions, HERE, &region));
	ck_assert(json_object_object_get_ex(region, "hpc7a.96xlarge", &price));
	ck_assert_int_eq(json_object_get_int64(price), 7200000);
	as_the_planner(region);
	json_object_put(prices);
}
END_TEST

static void add_pool(void)
{
	struct gang g = state_gang("pool-1", (char[]){"aws-hpc-[0-1]"});

	g.job_id = 0;
	*g.job_name = '\0';
	ok(gang_insert(app.db, &g, &err));
	ok(gang_add_job(app.db, "pool-1", 7, 0, "aws-hpc-0", &err));
	ok(gang_add_job(app.db, "pool-1", 8, 0, "aws-hpc-1", &err));
}

START_TEST(plans)
{
	struct gang task = state_gang("a", (char[]){"aws-hpc-[0-3]"});
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct json_object *plan, *inner;

	snprintf(task.job_name, sizeof(task.job_name), "9_1");
	ok(gang_insert(app.db, &task, &err));
	ok(gang_set_plan(app.db, "a", "kept c5.large: 0.085 USD/h\n", &err));
	public_gang(&app, "a");
	ck_assert_msg(!app.public_off, "%s", err.text);
	ck_assert_uint_eq(mode_of("plan"), 0755);
	ck_assert_uint_eq(mode_of("plan/9_1.json"), 0644);
	plan = read_json("plan/9_1.json");
	ck_assert_str_eq(text_of(plan, "job"), "9_1");
	ck_assert_str_eq(text_of(plan, "user"), "ada");
	ck_assert_ptr_nonnull(strstr(text_of(plan, "text"), "job 9_1 waits for 4 instances"));
	ck_assert(json_object_object_get_ex(plan, "explain", &inner));
	ck_assert(json_object_is_type(inner, json_type_object));
	ck_assert_ptr_nonnull(strstr(text_of(plan, "explain"), "kept c5.large"));
	json_object_put(plan);
	ok(public_explain(&conf, "9_1", false, &out, &err));
	ck_assert_ptr_nonnull(strstr(out.buf, "job 9_1 waits for 4 instances"));
	strbuf_setlen(&out, 0);
	ok(public_explain(&conf, "9_1", true, &out, &err));
	ck_assert_int_eq(*out.buf, '{');
	ck_assert_ptr_nonnull(strstr(out.buf, "kept c5.large"));
	refused(public_explain(&conf, "9", false, &out, &err), ERR_NOTFOUND,
		"nothing that you may read is known of job 9 (");
	refused(public_explain(&conf, "../x", false, &out, &err), ERR_USAGE, "\"../x\" is no job");
	refused(public_explain(&conf, "", false, &out, &err), ERR_USAGE, "\"\" is no job");
	ok(public_write(&conf, "plan/7.json", "{}", &err));
	refused(public_explain(&conf, "7", false, &out, &err), ERR_FATAL, "is not ours");
	ok(public_write(&conf, "plan/7.json", "no JSON", &err));
	refused(public_explain(&conf, "7", true, &out, &err), ERR_FATAL, "is not ours");
	/* of a pool each job has its own */
	add_pool();
	public_gang(&app, "pool-1");
	ck_assert(is_there("plan/7.json") && is_there("plan/8.json"));
	/* nothing is known of it any more: that is no reason to stop */
	public_gang(&app, "nosuch");
	public_gang(&app, "");
	public_gang(&app, NULL);
	ck_assert(!app.public_off);
}
END_TEST

/* More jobs than have a file each: one for all of them, found by each. */
START_TEST(large_pool)
{
	struct gang g = state_gang("pool-2", (char[]){"aws-hpc-[0-32]"});
	struct json_object *plan, *jobs;

	g.job_id = 0;
	*g.job_name = '\0';
	ok(gang_insert(app.db, &g, &err));
	for (uint32_t i = 0; i < 33; i++) {
		char node[32];

		snprintf(node, sizeof(node), "aws-hpc-%u", (unsigned)i);
		ok(gang_add_job(app.db, "pool-2", 100 + i, 0, node, &err));
	}
	public_gang(&app, "pool-2");
	public_gang(&app, "pool-2"); /* over what is there */
	ck_assert(!app.public_off);
	plan = read_json("plan/132.json");
	ck_assert_str_eq(text_of(plan, "job"), "100");
	ck_assert(json_object_object_get_ex(plan, "jobs", &jobs));
	ck_assert_str_eq(text_of(jobs, "132"), "aws-hpc-32");
	ck_assert_ptr_nonnull(strstr(text_of(plan, "text"),
		"one of 33 jobs that share a pool; of the first of them:\njob 100 "));
	json_object_put(plan);
	public_prune(&conf, clock_now_s() + 60);
	ck_assert(!is_there("plan/132.json") && !is_there("plan/pool-2.json"));
	/* links too, else the directory would not be empty */
	ck_assert_int_eq(rmdir(in_public("plan")), 0);
}
END_TEST

/* With PrivateData=jobs a plan is its owner's; who that is must be known. */
START_TEST(private_plans)
{
	struct gang own = state_gang("a", (char[]){"aws-hpc-0"}),
		    gone = state_gang("b", (char[]){"aws-hpc-1"});

	app.site.private_jobs = true;
	snprintf(own.user, sizeof(own.user), "nobody");
	snprintf(own.job_name, sizeof(own.job_name), "7");
	ok(gang_insert(app.db, &own, &err));
	snprintf(gone.user, sizeof(gone.user), "no-such-user");
	snprintf(gone.job_name, sizeof(gone.job_name), "8");
	ok(gang_insert(app.db, &gone, &err));
	public_gang(&app, "b");
	ck_assert(!is_there("plan/8.json"));
	ck_assert(!app.public_off);
	public_gang(&app, "a");
	ck_assert_uint_eq(mode_of("plan"), 0711);
	if (app.public_off) { /* no ACLs: said once, and nothing is there */
		ck_assert_uint_eq(logged("has no ACLs, and PrivateData=jobs"), 1);
		ck_assert(!is_there("plan/7.json"));
		return;
	}
	ck_assert_uint_eq(mode_of("plan/7.json"), 0640);
	if (!geteuid()) {
		ck_assert(readable_by("plan/7.json", NOBODY));
		ck_assert(!readable_by("plan/7.json", 1));
	}
}
END_TEST

START_TEST(once_is_enough)
{
	state_add_gang("a", "aws-hpc-0");
	app.slurm_ready = false;
	public_gang(&app, "a"); /* nobody knows whether jobs are private */
	ck_assert(!is_there("plan"));
	app.slurm_ready = true;
	ok(file_write(in_public("plan"), 0644, "", 0, FILE_NO_SYNC, &err));
	public_gang(&app, "a");
	public_gang(&app, "a");
	ck_assert(app.public_off);
	ck_assert_uint_eq(logged("what users may read of gang a was not written"), 1);
}
END_TEST

START_TEST(old_plans_go)
{
	ck_assert_int_eq(mkdir(in_public("plan"), 0755), 0);
	ok(public_write(&conf, "plan/old.json", "{}", &err));
	public_prune(&conf, clock_now_s() - 60);
	ck_assert(is_there("plan/old.json"));
	public_prune(&conf, clock_now_s() + 60);
	ck_assert(!is_there("plan/old.json"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("public");
	TCase *tc = tcase_create("public");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, where_it_may);
	tcase_add_test(tc, for_all);
	tcase_add_test(tc, for_one);
	tcase_add_test(tc, catalogue_and_prices);
	tcase_add_test(tc, plans);
	tcase_add_test(tc, large_pool);
	tcase_add_test(tc, private_plans);
	tcase_add_test(tc, once_is_enough);
	tcase_add_test(tc, old_plans_go);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
