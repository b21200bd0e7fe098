/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/intent/record.h"

static char dir[] = "/tmp/test_record.XXXXXX";
static struct record got; /* too large for comfort on the stack, and untouched on failure */

static void setup(void)
{
	strncpy(dir, "/tmp/test_record.XXXXXX", sizeof(dir));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	memset(&got, 0, sizeof(got));
	got.job_id = 77;
}

static void teardown(void)
{
	static const char *const names[] = {"7.0", "7.1", "8.0"};
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (unlink(path) < 0)
			rmdir(path);
	}
	/* also proves that no temporary file was left behind */
	ck_assert_int_eq(rmdir(dir), 0);
}

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

START_TEST(round_trip)
{
	static const struct record t[] = {
		{.job_id = 7, .written_s = 1700000000, .kind = RECORD_NONE},
		{.job_id = 7,
			.restart = 1,
			.kind = RECORD_GARBAGE,
			.nodes = "n[0-3],x;1",
			.why = "intent: x"},
		{.job_id = 8,
			.written_s = 5,
			.kind = RECORD_INTENT,
			.nodes = "aws-[0-15]",
			.intent = {.efa = EFA_REQUIRED, .efa_from = FROM_USER, .cost = {5, false}}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err err = {0};

		ck_assert_msg(record_write(dir, &t[i], &err) == 0, "%s", err.text);
		ck_assert_msg(record_read(dir, t[i].job_id, t[i].restart, &got, &err) == 0, "%s",
			err.text);
		ck_assert_uint_eq(got.job_id, t[i].job_id);
		ck_assert_uint_eq(got.restart, t[i].restart);
		ck_assert_int_eq(got.written_s, t[i].written_s);
		ck_assert_int_eq(got.kind, t[i].kind);
		ck_assert_str_eq(got.nodes, t[i].nodes);
		ck_assert_str_eq(got.why, t[i].why);
		ck_assert_int_eq(got.intent.efa, t[i].intent.efa);
		ck_assert_int_eq(got.intent.efa_from, t[i].intent.efa_from);
		ck_assert_int_eq(got.intent.cost.uusd, t[i].intent.cost.uusd);
	}
}
END_TEST

/* The largest record there can be is still read back. */
START_TEST(largest)
{
	static struct record r = {.job_id = 7, .kind = RECORD_INTENT};
	struct err err = {0};

	memset(r.nodes, '[', sizeof(r.nodes) - 1);
	memset(r.why, ' ', sizeof(r.why) - 1);
	memset(r.intent.modules, ';', sizeof(r.intent.modules) - 1);
	memset(r.intent.i_mpi_root, ';', sizeof(r.intent.i_mpi_root) - 1);
	ck_assert_msg(record_write(dir, &r, &err) == 0, "%s", err.text);
	ck_assert_msg(record_read(dir, 7, 0, &got, &err) == 0, "%s", err.text);
	ck_assert_str_eq(got.nodes, r.nodes);
	ck_assert_str_eq(got.intent.modules, r.intent.modules);
}
END_TEST

START_TEST(replaces_and_keeps_private)
{
	struct record r = {.job_id = 7, .kind = RECORD_NONE, .written_s = 1};
	struct stat st;

	ck_assert_int_eq(record_write(dir, &r, NULL), 0);
	r.written_s = 2;
	ck_assert_int_eq(record_write(dir, &r, NULL), 0);
	ck_assert_int_eq(record_read(dir, 7, 0, &got, NULL), 0);
	ck_assert_int_eq(got.written_s, 2);
	ck_assert_int_eq(stat(path_of("7.0"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(absent)
{
	struct err err = {0};

	ck_assert_int_eq(record_read(dir, 7, 0, &got, &err), -1);
	ck_assert_int_eq(err.class, ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "/7.0"));
	ck_assert_uint_eq(got.job_id, 77);
}
END_TEST

START_TEST(write_refuses)
{
	static const struct {
		struct record r;
		const char *text;
	} t[] = {
		{{.job_id = 0}, "job id 0"},
		{{.job_id = 7, .kind = (enum record_kind)9},
			"record: kind or time is out of range"},
		{{.job_id = 7, .written_s = -1}, "record: kind or time is out of range"},
		{{.job_id = 7, .written_s = INT64_MAX}, "record: kind or time is out of range"},
		{{.job_id = 7, .nodes = "a\nb"}, "record: nodes is not printable ASCII"},
		{{.job_id = 7, .why = "\x80"}, "record: why is not printable ASCII"},
		{{.job_id = 7, .kind = RECORD_INTENT, .intent = {.via = "ksh"}},
			"via is none of sbatch, salloc, srun"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err err = {0};

		ck_assert_int_eq(record_write(dir, &t[i].r, &err), -1);
		ck_assert_str_eq(err.text, t[i].text);
		ck_assert_int_eq(err.class, ERR_USAGE);
	}
}
END_TEST

START_TEST(write_fails)
{
	struct record r = {.job_id = 7, .kind = RECORD_NONE};
	static char deep[5000];
	struct err err = {0};

	ck_assert_int_eq(record_write("/nonexistent", &r, &err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));
	memset(deep, 'd', sizeof(deep) - 1);
	ck_assert_int_eq(record_write(deep, &r, &err), -1);
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, "path too long"));
}
END_TEST

START_TEST(read_refuses)
{
	static const struct {
		const char *file, *text;
	} t[] = {
		{"", "is cut off"},
		{"v=1;job=7", "is cut off"},
		{"\n", "key v is missing"},
		{"v=2;job=7;restart=0;written=1;kind=none\n",
			"version \"2\", but only 1 is known here"},
		{"v=1;job=7\n", "key restart is missing"},
		{"v=1;restart=0;job=7;written=1;kind=none\n", "key job is missing"},
		{"v=1;job=07;restart=0;written=1;kind=none\n", "key job: not a number"},
		{"v=1;job=;restart=0;written=1;kind=none\n", "key job: not a number"},
		{"v=1;job=7x;restart=0;written=1;kind=none\n", "key job: not a number"},
		{"v=1;job=99999999999;restart=0;written=1;kind=none\n",
			"key job: more than 4294967295"},
		{"v=1;job=7;restart=0;written=-1;kind=none\n", "key written: not a number"},
		{"v=1;job=7;restart=0;written=1;kind=good\n",
			"key kind: none of none, intent, garbage"},
		{"v=1;job=7;restart=0;written=1;kind=none;nodes=\n",
			"key nodes is empty or too long"},
		{"v=1;job=7;restart=0;written=1;kind=none;nodes=%0A\n",
			"record: nodes is not printable ASCII"},
		{"v=1;job=7;restart=0;written=1;kind=none;nodes=a;nodes=b\n",
			"more keys than are known here"},
		{"v=1;job=7;restart=0;written=1;kind=none;later=1\n",
			"more keys than are known here"},
		{"v=1;job=7;restart=0;written=1;kind=none\nv=1\n", "has more lines than it should"},
		{"v=1;job=7;restart=0;written=1;kind=none\nv=1", "has more lines than it should"},
		{"v=1;job=7;restart=0;written=1;kind=intent\n", "is cut off"},
		{"v=1;job=7;restart=0;written=1;kind=intent\nv=1", "is cut off"},
		{"v=1;job=7;restart=0;written=1;kind=intent\nv=9\n",
			"intent: version \"9\", but only 1 is known here"},
		{"v=1;job=8;restart=0;written=1;kind=none\n", "is of job 8.0"},
		{"v=1;job=7;restart=1;written=1;kind=none\n", "is of job 7.1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err err = {0};
		char want[256];

		ck_assert_int_eq(file_write(path_of("7.0"), 0600, t[i].file, strlen(t[i].file),
					 FILE_NO_SYNC, NULL),
			0);
		ck_assert_msg(record_read(dir, 7, 0, &got, &err) == -1, "%s", t[i].file);
		snprintf(want, sizeof(want), "%s: %s", path_of("7.0"), t[i].text);
		ck_assert_str_eq(err.text, want);
		ck_assert_int_eq(err.class, ERR_FATAL);
		ck_assert_int_eq(record_read(dir, 7, 0, &got, NULL), -1);
		ck_assert_uint_eq(got.job_id, 77);
	}
}
END_TEST

START_TEST(read_refuses_bytes)
{
	static char big[64 * 1024];
	struct err err = {0};

	ck_assert_int_eq(file_write(path_of("7.0"), 0600, "v=1\0x\n", 6, FILE_NO_SYNC, NULL), 0);
	ck_assert_int_eq(record_read(dir, 7, 0, &got, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "holds a NUL byte"));
	memset(big, 'v', sizeof(big));
	ck_assert_int_eq(file_write(path_of("7.0"), 0600, big, sizeof(big), FILE_NO_SYNC, NULL), 0);
	ck_assert_int_eq(record_read(dir, 7, 0, &got, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "is larger than"));
	ck_assert_int_eq(record_read(dir, 0, 0, &got, &err), -1);
	ck_assert_str_eq(err.text, "job id 0");
}
END_TEST

START_TEST(ends)
{
	int64_t before = time(NULL), ended = -1;
	struct err err = {0};

	ck_assert_int_eq(record_end_read(dir, 7, 1, &ended, &err), 0);
	ck_assert_int_eq(ended, -1);
	ck_assert_int_eq(record_end_write(dir, 7, 1, &err), 0);
	ck_assert_int_eq(record_end_read(dir, 7, 1, &ended, &err), 1);
	/* a file's time comes from a clock that is a tick behind time() at most */
	ck_assert_int_ge(ended, before - 1);
	ck_assert_int_le(ended, (int64_t)time(NULL) + 1);
	ck_assert_int_eq(record_end_read(dir, 7, 0, &ended, &err), 0);
	ck_assert_int_eq(record_end_remove(dir, 7, 1, &err), 0);
	ck_assert_int_eq(record_end_remove(dir, 7, 1, &err), 0);
	ck_assert_int_eq(record_end_read(dir, 7, 1, &ended, &err), 0);
}
END_TEST

START_TEST(ends_refuse)
{
	int64_t ended = -1;
	struct err err = {0};

	ck_assert_int_eq(record_end_write(dir, 0, 0, &err), -1);
	ck_assert_int_eq(record_end_read(dir, 0, 0, &ended, &err), -1);
	ck_assert_int_eq(record_end_remove(dir, 0, 0, &err), -1);
	ck_assert_str_eq(err.text, "job id 0");
	ck_assert_int_eq(mkdir(path_of("7.0"), 0700), 0);
	ck_assert_int_eq(record_end_read(dir, 7, 0, &ended, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/7.0 is not a file"));
	ck_assert_int_eq(record_end_remove(dir, 7, 0, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot remove"));
	ck_assert_int_eq(record_end_read("/dev/null", 7, 0, &ended, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot look at /dev/null/7.0: Not a directory"));
	ck_assert_int_eq(ended, -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tc = tcase_create("record");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, largest);
	tcase_add_test(tc, replaces_and_keeps_private);
	tcase_add_test(tc, absent);
	tcase_add_test(tc, write_refuses);
	tcase_add_test(tc, write_fails);
	tcase_add_test(tc, read_refuses);
	tcase_add_test(tc, read_refuses_bytes);
	tcase_add_test(tc, ends);
	tcase_add_test(tc, ends_refuse);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
