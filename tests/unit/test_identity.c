/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/plan/identity.h"

START_TEST(code_sizes)
{
	static const struct {
		size_t n;
		unsigned m, w;
	} t[] = {{1, 0, 0}, {2, 2, 1}, {3, 3, 1}, {4, 4, 2}, {6, 4, 2}, {7, 5, 2}, {16, 6, 3},
		{20, 6, 3}, {21, 7, 3}, {256, 11, 5}, {1000, 13, 6}, {1716, 13, 6}, {1717, 14, 7},
		{1000000, 23, 11}};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		unsigned m = 99, w = 99;

		identity_size(t[i].n, &m, &w);
		ck_assert_msg(m == t[i].m && w == t[i].w, "%zu: %u %u", t[i].n, m, w);
	}
}
END_TEST

START_TEST(order_is_colexicographic)
{
	/* the larger set in colex order is the larger number */
	static const uint64_t four[] = {3, 5, 6, 9, 10, 12};

	for (size_t i = 0; i < ARRAY_SIZE(four); i++)
		ck_assert_uint_eq(identity_code(6, i), four[i]);
	for (size_t i = 1; i < 1716; i++)
		ck_assert_uint_lt(identity_code(1716, i - 1), identity_code(1716, i));
}
END_TEST

START_TEST(round_trip)
{
	for (size_t n = 1; n <= 2000; n++) {
		unsigned m, w;

		identity_size(n, &m, &w);
		for (size_t rank = 0; rank < n; rank++) {
			uint64_t code = identity_code(n, rank);

			if (code >> m || (unsigned)__builtin_popcountll(code) != w ||
				identity_rank(n, code) != (long)rank)
				ck_abort_msg("%zu of %zu: %llx", rank, n, (unsigned long long)code);
			/* a tag not seen yet, or one too many, is never another position */
			for (unsigned k = 0; k < m && n % 97 == 3; k++)
				ck_assert_int_eq(identity_rank(n, code ^ (UINT64_C(1) << k)), -1);
		}
	}
	for (size_t rank = 0; rank < 1000000; rank += 997)
		ck_assert_int_eq(identity_rank(1000000, identity_code(1000000, rank)), (long)rank);
}
END_TEST

START_TEST(no_code_word)
{
	static const struct {
		size_t n;
		uint64_t code;
	} t[] = {
		{1, 1},
		{2, 0},
		{2, 3},
		{2, 4},
		{4, 0},
		{4, 1},
		{4, 7},
		{4, 15},
		{4, 0x11},
		{4, 10} /* rank 4 */,
		{4, 12} /* rank 5 */,
		{4, UINT64_MAX},
		{1000, 0x1f},
		{1000, UINT64_C(1) << 63},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(identity_rank(t[i].n, t[i].code) == -1, "%zu", i);
	/* no tag at all says "wait" to the reader, so that is the answer to a wrong question too */
	ck_assert_uint_eq(identity_code(4, 4), 0);
}
END_TEST

START_TEST(pieces)
{
	char text[600], joined[600] = "";
	const char *piece;
	size_t len = 0, i;

	ck_assert_ptr_null(identity_piece("", 0, &len));
	for (size_t total = 1; total < sizeof(text); total += 7) {
		size_t at = 0;

		for (i = 0; i < total; i++)
			text[i] = (char)('a' + i % 26);
		text[total] = '\0';
		for (i = 0; (piece = identity_piece(text, i, &len)); i++) {
			ck_assert_uint_ge(len, 1);
			ck_assert_uint_le(len, IDENTITY_TAG_VALUE_MAX);
			memcpy(joined + at, piece, len);
			at += len;
		}
		joined[at] = '\0';
		ck_assert_str_eq(joined, text);
		ck_assert_uint_eq(i, (total + 255) / 256);
	}
	memset(text, 'x', 256);
	text[256] = '\0';
	ck_assert_ptr_eq(identity_piece(text, 0, &len), text);
	ck_assert_uint_eq(len, 256);
	ck_assert_ptr_null(identity_piece(text, 1, &len));
}
END_TEST

/* Run the script with ARGV (NULL-ended); its status, and what it printed in OUT. */
static int run_script(char *const argv[], char *out, size_t size)
{
	int fds[2], status = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		execv(BURST_IDENTITY, argv);
		_exit(127);
	}
	close(fds[1]);
	while (len < size - 1 && (n = read(fds[0], out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The script for N and the set bits of CODE. */
static int run_code(size_t n, uint64_t code, char *out, size_t size)
{
	char words[64][24], first[] = "burst-identity";
	char *argv[67] = {first};
	size_t argc = 1;

	snprintf(words[0], sizeof(words[0]), "%zu", n);
	argv[argc++] = words[0];
	for (unsigned k = 0; k < 63; k++) {
		if (!(code & (UINT64_C(1) << k)))
			continue;
		snprintf(words[argc], sizeof(words[argc]), "%u", k);
		argv[argc] = words[argc];
		argc++;
	}
	return run_script(argv, out, size);
}

START_TEST(script_reads_what_we_write)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 16, 17, 256, 1000, 2000, 65536, 1000000};
	char out[256], want[32];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t n = sizes[i], step = n / 7 + 1;

		for (size_t rank = 0; rank < n;
			rank = rank + step < n || rank == n - 1 ? rank + step : n - 1) {
			uint64_t code = identity_code(n, rank);

			snprintf(want, sizeof(want), "%zu\n", rank);
			ck_assert_msg(run_code(n, code, out, sizeof(out)) == 0, "%zu: %s", n, out);
			ck_assert_str_eq(out, want);
			if (!code)
				continue;
			/* one tag not there yet */
			ck_assert_int_eq(run_code(n, code & (code - 1), out, sizeof(out)), 1);
			ck_assert_msg(strstr(out, "incomplete"), "%s", out);
		}
	}
}
END_TEST

START_TEST(script_refuses)
{
	static char name[] = "burst-identity", n0[] = "0", n4[] = "4", k0[] = "0", k1[] = "1",
		    k2[] = "2", k3[] = "3", k4[] = "4", kx[] = "x", big[] = "1000001", neg[] = "-1";
	static const struct {
		char *argv[6];
		const char *text;
	} t[] = {
		{{name}, "usage"},
		{{name, n0}, "usage"},
		{{name, kx}, "usage"},
		{{name, neg}, "usage"},
		{{name, big}, "usage"},
		{{name, n4, kx}, "no launch of 4 nodes has the tag burst:kx"},
		{{name, n4, k4, k1}, "no launch of 4 nodes has the tag burst:k4"},
		{{name, n4, k0, k1, k2}, "3 tags where a launch of 4 nodes sets 2"},
		{{name, n4, k2, k3}, "position 5 in a launch of 4 nodes"},
	};
	char out[256];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_msg(run_script(t[i].argv, out, sizeof(out)) == 2, "%zu: %s", i, out);
		ck_assert_msg(strstr(out, t[i].text), "%zu: %s", i, out);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("identity");
	TCase *tc = tcase_create("identity");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, code_sizes);
	tcase_add_test(tc, order_is_colexicographic);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, no_code_word);
	tcase_add_test(tc, pieces);
	tcase_add_test(tc, script_reads_what_we_write);
	tcase_add_test(tc, script_refuses);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
