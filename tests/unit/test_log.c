/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"

/* syslog as this program sees it, with glibc's name for it under _FORTIFY_SOURCE */
static char sys[16384];
__attribute__((format(printf, 2, 0))) static void vput(int priority, const char *fmt, va_list ap)
{
	size_t n = strlen(sys);

	n += (size_t)snprintf(sys + n, sizeof(sys) - n, "%d ", priority);
	vsnprintf(sys + n, sizeof(sys) - n, fmt, ap);
	n = strlen(sys);
	snprintf(sys + n, sizeof(sys) - n, "\n");
}
void syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput(priority, fmt, ap);
	va_end(ap);
}
void __syslog_chk(int priority, int flag, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void __syslog_chk(int priority, int flag, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput(priority, fmt, ap);
	va_end(ap);
}

static char dir[64], path[80], data[65536];

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/burst-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
	*sys = '\0';
	burst_log_context(NULL, NULL);
}

static void teardown(void)
{
	burst_log_close();
	unlink(path);
	rmdir(dir);
}

/* The file's text behind its first SKIP bytes of each test's interest. */
static const char *contents(void)
{
	char *text = NULL;
	size_t len = 0;
	struct err err = {0};

	ck_assert_msg(file_read(path, sizeof(data) - 1, &text, &len, &err) == 0, "%s", err.text);
	snprintf(data, sizeof(data), "%s", text);
	free(text);
	return data;
}

START_TEST(words)
{
	static const struct {
		const char *word;
		enum log_level level;
	} t[] = {{"debug", LOG_LEVEL_DEBUG}, {"info", LOG_LEVEL_INFO}, {"warn", LOG_LEVEL_WARN},
		{"error", LOG_LEVEL_ERROR}, {"fatal", LOG_LEVEL_ERROR}, {"INFO", LOG_LEVEL_INFO}};
	enum log_level level = LOG_LEVEL_WARN;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_int_eq(log_level_parse(t[i].word, &level), 0);
		ck_assert_int_eq(level, t[i].level);
	}
	level = LOG_LEVEL_WARN;
	ck_assert_int_eq(log_level_parse("loud", &level), -1);
	ck_assert_int_eq(log_level_parse("", &level), -1);
	ck_assert_int_eq(level, LOG_LEVEL_WARN);
}
END_TEST

START_TEST(json_lines)
{
	static const struct {
		const char *text, *json;
	} t[] = {
		{"plain", "plain"},
		{"say \"a\\b\"", "say \\\"a\\\\b\\\""},
		{"a\nb\tc\r", "a b c"},
		{"\033[31mred\033[0m \a\177.", "[31mred[0m ."},
		{"\xc2\x9b"
		 "31m",
			"31m"},
		{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
			"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xff \xc3( \xc0\xaf \xe0\x80\x80 \xed\xa0\x80 \xf5\x80\x80\x80 \xf4\x90\x80\x80 "
		 "\xc3",
			"? ?( ?? ??? ??? ???? ???? ?"},
		{"\xf8\x88\x80\x80\x80", "?????"},
		{"", ""},
	};

	burst_log_open("resume", path, LOG_LEVEL_INFO, true, false);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char expected[256];
		const char *line;

		burst_log_context(i % 2 ? "9_1\n" : NULL, i % 2 ? "9-\"0\"" : "");
		log_info("%s", t[i].text);
		line = contents();
		for (const char *next = strchr(line, '\n'); next && next[1];
			next = strchr(line, '\n'))
			line = next + 1;
		/* {"time":"2026-11-22T05:31:00.123Z", */
		ck_assert_int_eq(strncmp(line, "{\"time\":\"20", 11), 0);
		ck_assert_int_eq(line[28], '.');
		ck_assert_int_eq(strncmp(line + 32, "Z\",", 3), 0);
		snprintf(expected, sizeof(expected),
			"\"level\":\"info\",\"command\":\"resume\",\"pid\":%ld%s,\"text\":\"%s\"}"
			"\n",
			(long)getpid(), i % 2 ? ",\"job\":\"9_1\",\"gang\":\"9-\\\"0\\\"\"" : "",
			t[i].json);
		ck_assert_str_eq(line + 35, expected);
	}
	ck_assert_str_eq(sys, "");
}
END_TEST

START_TEST(text_lines_and_levels)
{
	char expected[256];
	struct stat st;
	const char *line;

	umask(077);
	burst_log_open("suspend", path, LOG_LEVEL_WARN, false, false);
	errno = EXDEV;
	log_debug("no");
	log_info("no");
	log_warn("first");
	burst_log_context("7", "7-ab");
	log_err("second %d", 2);
	ck_assert_int_eq(errno, EXDEV);
	line = contents();
	ck_assert_ptr_null(strstr(line, "no"));
	snprintf(expected, sizeof(expected), "Z warn suspend[%ld]: first\n", (long)getpid());
	ck_assert_ptr_nonnull(strstr(line, expected));
	snprintf(expected, sizeof(expected), "Z error suspend[%ld]: job=7 gang=7-ab second 2\n",
		(long)getpid());
	ck_assert_ptr_nonnull(strstr(line, expected));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(too_long_is_cut)
{
	static char text[20000];
	const char *line;

	memset(text, '"', sizeof(text) - 1);
	burst_log_open("resume", path, LOG_LEVEL_INFO, true, false);
	log_info("%s", text);
	line = contents();
	ck_assert_str_eq(line + strlen(line) - 8, "\\\"\\\"+\"}\n");
	ck_assert_uint_gt(strlen(line), 16380);
}
END_TEST

START_TEST(renamed_file_is_followed)
{
	char old[96];
	int link_rc;

	burst_log_open("resume", path, LOG_LEVEL_INFO, false, false);
	log_info("one");
	snprintf(old, sizeof(old), "%s.1", path);
	ck_assert_int_eq(rename(path, old), 0);
	log_info("two");
	ck_assert_ptr_null(strstr(contents(), "one"));
	ck_assert_ptr_nonnull(strstr(contents(), "two"));
	/* never through a link */
	unlink(path);
	link_rc = symlink(old, path);
	ck_assert_int_eq(link_rc, 0);
	log_info("three");
	ck_assert_ptr_null(strstr(contents(), "three"));
	ck_assert_ptr_nonnull(strstr(sys, "6 resume: three"));
	unlink(path);
	log_info("four");
	ck_assert_ptr_nonnull(strstr(contents(), "four"));
	unlink(old);
}
END_TEST

START_TEST(syslog_when_there_is_no_file)
{
	char missing[96], expected[256];

	burst_log_open("prolog", NULL, LOG_LEVEL_DEBUG, true, false);
	log_debug("a\n");
	log_warn("b");
	ck_assert_str_eq(sys, "7 prolog: a\n4 prolog: b\n");
	*sys = '\0';
	snprintf(missing, sizeof(missing), "%s/none/log", dir);
	burst_log_open("prolog", missing, LOG_LEVEL_INFO, true, false);
	burst_log_context("8", NULL);
	log_err("c %s", "100%");
	log_info("d");
	snprintf(expected, sizeof(expected),
		"3 prolog: cannot open %s: No such file or directory; logging here\n"
		"3 prolog: job=8 c 100%%\n6 prolog: job=8 d\n",
		missing);
	ck_assert_str_eq(sys, expected);
	ck_assert_int_ne(access(missing, F_OK), 0);
	/* a full disk loses no line either */
	*sys = '\0';
	burst_log_context(NULL, NULL);
	burst_log_open("prolog", "/dev/full", LOG_LEVEL_INFO, true, false);
	log_info("e");
	ck_assert_str_eq(sys, "6 prolog: e\n");
}
END_TEST

START_TEST(to_a_terminal_too)
{
	char err_path[96];
	int saved = dup(2), fd;
	char *text = NULL;
	size_t len = 0;

	snprintf(err_path, sizeof(err_path), "%s.err", path);
	fd = open(err_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(fd, 2);
	close(fd);
	burst_log_open("reconcile", path, LOG_LEVEL_INFO, true, true);
	burst_log_context("7", NULL);
	log_warn("mind\033 the gap");
	dup2(saved, 2);
	close(saved);
	ck_assert_int_eq(file_read(err_path, 4096, &text, &len, NULL), 0);
	ck_assert_str_eq(text, "reconcile: warn: job=7 mind the gap\n");
	ck_assert_ptr_nonnull(strstr(contents(), "\"text\":\"mind the gap\""));
	free(text);
	unlink(err_path);
	/* nor does it need one */
	close(2);
	log_warn("nobody reads");
	ck_assert_ptr_nonnull(strstr(contents(), "nobody reads"));
}
END_TEST

/* Lines of many writers stay whole. */
START_TEST(many_writers)
{
	size_t lines = 0;
	const char *p;

	burst_log_open("resume", path, LOG_LEVEL_INFO, true, false);
	for (int i = 0; i < 8; i++)
		if (!fork()) {
			for (int j = 0; j < 25; j++)
				log_info("%d %080d", i, j);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	for (p = contents(); *p; p = strchr(p, '\n') + 1) {
		ck_assert_int_eq(strncmp(p, "{\"time\":\"", 9), 0);
		ck_assert_int_eq(strchr(p, '\n')[-1], '}');
		lines++;
	}
	ck_assert_uint_eq(lines, 200);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, words);
	tcase_add_test(tc, json_lines);
	tcase_add_test(tc, text_lines_and_levels);
	tcase_add_test(tc, too_long_is_cut);
	tcase_add_test(tc, renamed_file_is_followed);
	tcase_add_test(tc, syslog_when_there_is_no_file);
	tcase_add_test(tc, to_a_terminal_too);
	tcase_add_test(tc, many_writers);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
