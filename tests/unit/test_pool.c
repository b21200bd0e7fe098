/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/pool.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/strbuf.h"
#include "lib/state/db_internal.h"
#include "tests/unit/state_fixture.h"

#define POOL .region = "us-east-2", .az = "us-east-2a", .type = "c7i.48xlarge"
#define ICE  .code = "InsufficientInstanceCapacity"

/* Each as "type-or-subnet-or-family [spot] [grouped] nodes code failed-until; " */
static char *failures(const char *region, int64_t now_ms)
{
	static char text[1024];
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct pool_failure *list = NULL;
	size_t n = 0;

	ok(pool_failures(state_db, region, now_ms, &list, &n, &err));
	for (size_t i = 0; i < n; i++) {
		const struct pool_failure *f = &list[i];

		strbuf_addf(&sb, "%s%s%s%s%s %u %s %lld-%lld; ", f->type, f->subnet, f->family,
			f->spot ? " spot" : "", f->grouped ? " grouped" : "", f->nodes, f->code,
			(long long)f->failed_ms, (long long)f->until_ms);
	}
	free(list);
	snprintf(text, sizeof(text), "%s", sb.buf);
	return text;
}

static void remember(struct pool_failure f)
{
	ok(pool_remember(state_db, &f, &err));
}

START_TEST(every_field_comes_back)
{
	struct pool_failure *list = NULL;
	size_t n = 5;

	ok(pool_failures(state_db, NULL, 0, &list, &n, &err));
	ck_assert_uint_eq(n, 0);
	free(list);
	remember((struct pool_failure){POOL, .spot = true, .grouped = true, .nodes = 4, ICE,
		.failed_ms = 100, .until_ms = 700});
	ok(pool_failures(state_db, "us-east-2", 699, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].region, "us-east-2");
	ck_assert_str_eq(list[0].az, "us-east-2a");
	ck_assert_str_eq(list[0].type, "c7i.48xlarge");
	ck_assert_str_eq(list[0].subnet, "");
	ck_assert_str_eq(list[0].family, "");
	ck_assert(list[0].spot && list[0].grouped);
	ck_assert_uint_eq(list[0].nodes, 4);
	ck_assert_str_eq(list[0].code, "InsufficientInstanceCapacity");
	ck_assert_int_eq(list[0].failed_ms, 100);
	ck_assert_int_eq(list[0].until_ms, 700);
	free(list);
}
END_TEST

START_TEST(only_what_has_not_ended_and_of_the_region)
{
	remember((struct pool_failure){
		POOL, .nodes = 4, .code = "a", .failed_ms = 100, .until_ms = 700});
	remember((struct pool_failure){.region = "us-west-2",
		.subnet = "subnet-1",
		.nodes = 1,
		.code = "b",
		.failed_ms = 200,
		.until_ms = 300});
	remember((struct pool_failure){.region = "us-east-2",
		.family = "standard",
		.nodes = 9,
		.code = "c",
		.failed_ms = 150,
		.until_ms = 900});
	ck_assert_str_eq(failures(NULL, 299),
		"subnet-1 1 b 200-300; standard 9 c 150-900; c7i.48xlarge 4 a 100-700; ");
	ck_assert_str_eq(failures(NULL, 300), "standard 9 c 150-900; c7i.48xlarge 4 a 100-700; ");
	ck_assert_str_eq(failures("us-east-2", 700), "standard 9 c 150-900; ");
	ck_assert_str_eq(failures("us-west-2", 250), "subnet-1 1 b 200-300; ");
	ck_assert_str_eq(failures("eu-west-1", 0), "");
	/* an expired one goes with the next failure of whatever */
	remember((struct pool_failure){.region = "us-west-2",
		.subnet = "subnet-2",
		.nodes = 1,
		.code = "d",
		.failed_ms = 300,
		.until_ms = 400});
	ck_assert_str_eq(failures("us-west-2", 0), "subnet-2 1 d 300-400; ");
}
END_TEST

START_TEST(the_same_again)
{
	remember((struct pool_failure){
		POOL, .nodes = 4, .code = "a", .failed_ms = 100, .until_ms = 700});
	remember((struct pool_failure){
		POOL, .nodes = 8, .code = "b", .failed_ms = 200, .until_ms = 800});
	ck_assert_str_eq(failures(NULL, 0), "c7i.48xlarge 4 b 200-800; ");
	remember((struct pool_failure){
		POOL, .nodes = 2, .code = "c", .failed_ms = 150, .until_ms = 500});
	ck_assert_str_eq(failures(NULL, 0), "c7i.48xlarge 2 b 200-800; ");
	/* another market is another pool */
	remember((struct pool_failure){
		POOL, .spot = true, .nodes = 1, .code = "d", .failed_ms = 300, .until_ms = 900});
	ck_assert_str_eq(
		failures(NULL, 0), "c7i.48xlarge spot 1 d 300-900; c7i.48xlarge 2 b 200-800; ");
}
END_TEST

START_TEST(in_a_group_and_without)
{
	static const struct {
		unsigned grouped, nodes;
		int64_t grouped_until_ms, until_ms;
		const char *left;
	} t[] = {
		{4, 4, 700, 800, "c7i.48xlarge 4 b 200-800; "},
		{8, 4, 700, 700, "c7i.48xlarge 4 b 200-700; "},
		/* fewer failed in a group: of them the other says nothing */
		{2, 4, 700, 800, "c7i.48xlarge 4 b 200-800; c7i.48xlarge grouped 2 a 100-700; "},
		/* what lasts longer stays */
		{4, 4, 900, 800, "c7i.48xlarge 4 b 200-800; c7i.48xlarge grouped 4 a 100-900; "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ok(pool_forget(state_db, NULL, &err));
		remember((struct pool_failure){POOL, .grouped = true, .nodes = t[i].grouped,
			.code = "a", .failed_ms = 100, .until_ms = t[i].grouped_until_ms});
		remember((struct pool_failure){POOL, .nodes = t[i].nodes, .code = "b",
			.failed_ms = 200, .until_ms = t[i].until_ms});
		ck_assert_str_eq(failures(NULL, 0), t[i].left);
	}
}
END_TEST

START_TEST(forgotten)
{
	struct pool_failure key = {POOL};

	remember((struct pool_failure){POOL, .nodes = 4, ICE, .failed_ms = 100, .until_ms = 700});
	remember((struct pool_failure){
		POOL, .nodes = 2, .grouped = true, ICE, .failed_ms = 100, .until_ms = 700});
	remember((struct pool_failure){
		POOL, .spot = true, .nodes = 2, .code = "s", .failed_ms = 90, .until_ms = 700});
	remember((struct pool_failure){.region = "us-east-2",
		.subnet = "subnet-1",
		.nodes = 2,
		.code = "t",
		.failed_ms = 80,
		.until_ms = 700});
	ok(pool_forget(state_db, &key, &err));
	ok(pool_forget(state_db, &key, &err));
	ck_assert_str_eq(failures(NULL, 0), "c7i.48xlarge spot 2 s 90-700; subnet-1 2 t 80-700; ");
	ok(pool_forget(state_db, NULL, &err));
	ck_assert_str_eq(failures(NULL, 0), "");
}
END_TEST

START_TEST(one_scope_only)
{
	static const struct pool_failure t[] = {
		{.region = "r"},
		{.region = "r", .az = "z"},
		{.region = "r", .type = "t"},
		{.region = "r", .az = "z", .subnet = "s"},
		{.region = "r", .az = "z", .type = "t", .subnet = "s"},
		{.region = "r", .az = "z", .type = "t", .family = "f"},
		{.region = "r", .subnet = "s", .family = "f"},
		{.az = "z", .type = "t"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		refused(pool_remember(state_db, &t[i], &err), ERR_FATAL,
			"a failed pool is az and type, or subnet, or family, of a region");
	ck_assert_str_eq(failures(NULL, 0), "");
}
END_TEST

START_TEST(what_cannot_be_ours)
{
	struct pool_failure *list = NULL, f = {POOL, .until_ms = 5};
	size_t n;

	remember(f);
	ok(db_exec(state_db, "UPDATE pool_failure SET code = printf('%.99c', 'x')", &err));
	refused(pool_failures(state_db, NULL, 0, &list, &n, &err), ERR_FATAL, "holds a code that");
	state_reopen(DB_READ_ONLY, false);
	refused(pool_remember(state_db, &f, &err), ERR_FATAL, "for reading only");
	refused(pool_forget(state_db, &f, &err), ERR_FATAL, "for reading only");
}
END_TEST

#define WRITERS 40

/* Each remembers a pool of its own and one of all; the smallest and latest of all must stay. */
static int write_one(int i)
{
	struct err e = {0};
	struct db *db = db_open(state_dir, DB_READ_WRITE, false, &e);
	struct pool_failure all = {
		POOL, .nodes = 10 + (unsigned)i, ICE, .failed_ms = 1000 + i, .until_ms = 5000 + i};
	struct pool_failure own = {.region = "us-east-2", .nodes = 1, ICE, .until_ms = 9000};
	int rc = -1;

	snprintf(own.subnet, sizeof(own.subnet), "subnet-%d", i);
	if (db && pool_remember(db, &all, &e) == 0 && pool_remember(db, &own, &e) == 0)
		rc = 0;
	if (rc < 0)
		fprintf(stderr, "writer %d: %s\n", i, e.text);
	db_close(db);
	return rc < 0;
}

START_TEST(many_writers)
{
	pid_t pids[WRITERS];
	struct pool_failure *list = NULL;
	size_t n = 0;

	db_close(state_db);
	state_db = NULL;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (!pids[i])
			_exit(write_one(i));
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	state_reopen(DB_READ_ONLY, false);
	ok(pool_failures(state_db, NULL, 0, &list, &n, &err));
	ck_assert_uint_eq(n, WRITERS + 1);
	ck_assert_str_eq(list[0].type, "c7i.48xlarge");
	ck_assert_uint_eq(list[0].nodes, 10);
	ck_assert_int_eq(list[0].failed_ms, 1000 + WRITERS - 1);
	ck_assert_int_eq(list[0].until_ms, 5000 + WRITERS - 1);
	free(list);
	ok(db_check(state_db, &err));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *tc = tcase_create("pool");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, every_field_comes_back);
	tcase_add_test(tc, only_what_has_not_ended_and_of_the_region);
	tcase_add_test(tc, the_same_again);
	tcase_add_test(tc, in_a_group_and_without);
	tcase_add_test(tc, forgotten);
	tcase_add_test(tc, one_scope_only);
	tcase_add_test(tc, what_cannot_be_ours);
	tcase_add_test(tc, many_writers);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
