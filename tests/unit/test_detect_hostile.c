/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts that were written to keep the reader busy: ResumeProgram reads them before it launches
 * for anybody, so none may take long. CPU time, in which several of them took 1 to 5 s once.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/plan/detect.h"
#include "lib/plan/script.h"

#define MOST_TIMES 12

static void repeat(struct strbuf *sb, const char *text, unsigned n)
{
	for (unsigned i = 0; i < n && sb->len + strlen(text) < SCRIPT_MAX; i++)
		strbuf_addstr(sb, text);
}

/* A word of two bytes stands for thousands. */
static void long_values(struct strbuf *sb)
{
	strbuf_addstr(sb, "a='");
	repeat(sb, "x", 4090);
	strbuf_addstr(sb, "'\necho \"");
	repeat(sb, "$a", SCRIPT_MAX);
}

static void long_sums(struct strbuf *sb)
{
	strbuf_addstr(sb, "a='");
	repeat(sb, " ", 4080);
	strbuf_addstr(sb, "1'\necho $((a");
	repeat(sb, "+a", (SCRIPT_MAX - 5000) / 2);
	strbuf_addstr(sb, "))");
}

static void far_elements(struct strbuf *sb)
{
	strbuf_addstr(sb, "a=(");
	repeat(sb, "b ", 2000);
	strbuf_addstr(sb, ")\necho ");
	repeat(sb, "${a[99999]}", SCRIPT_MAX);
}

/* Each word is looked for among all files. */
static void many_files(struct strbuf *sb)
{
	for (unsigned i = 0; i < 5000; i++)
		strbuf_addf(sb, "cat >%04x <<E\nE\n", i);
	for (unsigned i = 0; i < 4900; i++) {
		repeat(sb, "q ", 90);
		repeat(sb, "\n", 1);
	}
}

/* Each launch asks what the script gives MASTER_ADDR. */
static void many_assignments(struct strbuf *sb)
{
	repeat(sb, "a=1\n", 9990);
	repeat(sb, "srun -n4 ./x\n", 9990);
}

/* Each word may call each function. */
static void long_functions(struct strbuf *sb)
{
	for (unsigned i = 0; i < 120; i++) {
		repeat(sb, "g", 4000);
		strbuf_addf(sb, "%u(){ :; }\n", i);
	}
	for (unsigned i = 0; i < 500; i++) {
		repeat(sb, "g ", 500);
		repeat(sb, "\n", 1);
	}
}

/* Each Python's text is searched for MPI. */
static void large_file(struct strbuf *sb)
{
	strbuf_addstr(sb, "cat >p.py <<E\n");
	repeat(sb, "m", SCRIPT_MAX / 2);
	strbuf_addstr(sb, "\nE\n");
	repeat(sb, "srun -n4 python p.py\n", 9000);
}

/* Each of its words may be the launcher that a farm starts. */
static void long_farms(struct strbuf *sb)
{
	strbuf_addstr(sb, "x='");
	repeat(sb, "srun ", 512);
	strbuf_addstr(sb, "'\n");
	repeat(sb, "parallel $x\n", 9000);
}

static void (*const hostile[])(struct strbuf *) = {long_values, long_sums, far_elements, many_files,
	many_assignments, long_functions, large_file, long_farms};

static int64_t cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A harmless script of about the same size, which is what reading must cost. */
static int64_t harmless_ms(void)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct detect_result result;
	int64_t start_ms;

	strbuf_addstr(&sb, "#!/bin/bash\n#SBATCH -N 16 -n 64\n");
	repeat(&sb, "srun -n4 ./solver --input=a\n", SCRIPT_MAX / 28);
	start_ms = cpu_ms();
	detect(&(struct detect_input){.script = sb.buf, .len = sb.len}, &result);
	return cpu_ms() - start_ms;
}

/* As a ratio of two readings in one run: neither a slow machine nor a build for coverage fails it.
 */
START_TEST(is_read_soon)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct detect_result result;
	int64_t start_ms, usual_ms = harmless_ms();

	strbuf_addstr(&sb, "#!/bin/bash\n#SBATCH -N 16 -n 64\n");
	hostile[_i](&sb);
	ck_assert(!sb.failed && sb.len <= SCRIPT_MAX + 16);
	start_ms = cpu_ms();
	detect(&(struct detect_input){.script = sb.buf, .len = sb.len}, &result);
	ck_assert_int_le(cpu_ms() - start_ms, MOST_TIMES * (usual_ms + 1));
	ck_assert_uint_ge(result.confidence, 50);
}
END_TEST

START_TEST(files_are_bounded)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct script script;
	struct err err;

	many_files(&sb);
	ck_assert_int_eq(script_read(sb.buf, sb.len, NULL, &script, &err), 0);
	ck_assert_uint_eq(script.nfiles, SCRIPT_FILES_MAX);
	/* what follows is read nevertheless */
	ck_assert_uint_gt(script.ncommands, 5000);
	script_release(&script);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("detect hostile");
	TCase *tc = tcase_create("detect hostile");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, is_read_soon, 0, ARRAY_SIZE(hostile));
	tcase_add_test(tc, files_are_bounded);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
