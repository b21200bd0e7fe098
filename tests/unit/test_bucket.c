/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/bucket.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "tests/unit/state_fixture.h"

#define T0 INT64_C(1790000000000)

/* --- the arithmetic --- */

START_TEST(burst_then_rate)
{
	struct bucket b = {0};

	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0), 200);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 + 199), 1);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 + 200), 0);
	ck_assert_int_eq(bucket_take(&b, 3, 50, 5, T0 + 200), 600);
	ck_assert_int_eq(bucket_take(&b, 0, 50, 5, T0 + 200), 0);
	/* after a long while it is full, not fuller */
	ck_assert_int_eq(bucket_take(&b, 50, 50, 5, T0 + INT64_C(100000000000)), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 + INT64_C(100000000000)), 200);
}
END_TEST

START_TEST(thirds_are_not_lost)
{
	struct bucket b = {0};
	int64_t taken = 0;

	/* 3 a second, asked every millisecond: exactly 3 a second come */
	bucket_drain(&b, 10, 3, T0);
	for (int64_t t = T0; t <= T0 + 10000; t++)
		taken += bucket_take(&b, 1, 10, 3, t) == 0;
	ck_assert_int_eq(taken, 30);
}
END_TEST

START_TEST(more_than_it_holds)
{
	struct bucket b = {0};

	ck_assert_int_eq(bucket_take(&b, 25, 10, 5, T0), 0); /* full: takes all, down to -15 */
	ck_assert_int_eq(bucket_take(&b, 1, 10, 5, T0), 3200);
	ck_assert_int_eq(bucket_take(&b, 25, 10, 5, T0), 5000); /* until it is full again */
	ck_assert_int_eq(bucket_take(&b, 25, 10, 5, T0 + 4999), 1);
	ck_assert_int_eq(bucket_take(&b, 25, 10, 5, T0 + 5000), 0);
}
END_TEST

START_TEST(drained)
{
	struct bucket b = {0};

	bucket_drain(&b, 50, 5, T0);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0), 200);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 + 400), 0);
	ck_assert_int_eq(bucket_take(&b, 55, 50, 5, T0 + 60000), 0);
	bucket_drain(&b, 50, 5, T0 + 60000); /* what is owed stays owed */
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 + 60000), 1200);
}
END_TEST

START_TEST(clocks_that_differ)
{
	struct bucket b = {0};

	bucket_drain(&b, 50, 5, T0);
	/* a little: the same token is not counted twice */
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 - 5000), 5200);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 + 199), 1);
	/* a jump back: nobody waits for the old time, and what there was is kept */
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 - 3600000), 1);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 - 3600000 + 1), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 - 3600000 + 1), 200);
	/* forward and back again */
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0 + 3600000), 0);
	ck_assert_int_eq(bucket_take(&b, 49, 50, 5, T0), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 50, 5, T0), 200);
}
END_TEST

START_TEST(other_numbers_than_before)
{
	struct bucket b = {0};

	ck_assert_int_eq(bucket_take(&b, 1, 100, 20, T0), 0);
	for (int i = 0; i < 10; i++) /* smaller now: it holds no more than that */
		ck_assert_int_eq(bucket_take(&b, 1, 10, 2, T0), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 10, 2, T0), 500);
	ck_assert_int_eq(bucket_take(&b, 0, 100, 20, T0 + 60000), 0);
	ck_assert_int_eq(bucket_take(&b, 10, 10, 2, T0 + 59999), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 10, 2, T0 + 60000), 500);
	b = (struct bucket){0}; /* none is one */
	ck_assert_int_eq(bucket_take(&b, 1, 0, 0, T0), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 0, 0, T0), 1000);
	bucket_drain(&b, 0, 0, T0);
	ck_assert_int_eq(bucket_take(&b, 1, 0, 0, T0), 1000);
	/* the largest there can be */
	b = (struct bucket){0};
	ck_assert_int_eq(bucket_take(&b, UINT32_MAX, UINT32_MAX, UINT32_MAX, T0), 0);
	ck_assert_int_eq(bucket_take(&b, UINT32_MAX, UINT32_MAX, UINT32_MAX, T0), 1000);
	ck_assert_int_eq(bucket_take(&b, UINT32_MAX, 1, 1, T0), 0 + INT64_C(1000));
	ck_assert_int_eq(bucket_take(&b, UINT32_MAX, 1, 1, T0 + 1000), 0);
	ck_assert_int_eq(bucket_take(&b, 1, 1, 1, T0 + 1000), (INT64_C(1000) * UINT32_MAX));
}
END_TEST

static uint32_t seed = 12345;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Whatever is asked when: over each stretch of time no more than size + rate * t is taken; and who
 * waits as long as told gets it. */
START_TEST(never_too_much)
{
	enum { STEPS = 120 };

	for (int round = 0; round < 100; round++) {
		unsigned size = 1 + any(100), per_s = 1 + any(50);
		struct bucket b = {0};
		int64_t now_ms = T0, at_ms[STEPS];
		unsigned taken[STEPS];

		for (int i = 0; i < STEPS; i++) {
			unsigned tokens = 1 + any(size);
			int64_t wait_ms;

			now_ms += any(3) ? any(50) : any(5000);
			at_ms[i] = now_ms;
			wait_ms = bucket_take(&b, tokens, size, per_s, now_ms);
			ck_assert_int_ge(wait_ms, 0);
			taken[i] = wait_ms ? 0 : tokens;
			if (wait_ms) { /* exactly so long */
				struct bucket copy = b;

				ck_assert_int_eq(
					bucket_take(&copy, tokens, size, per_s, now_ms + wait_ms),
					0);
				copy = b;
				ck_assert_int_ne(bucket_take(&copy, tokens, size, per_s,
							 now_ms + wait_ms - 1),
					0);
			}
			for (int k = i, sum = 0; k >= 0; k--) {
				sum += (int)taken[k];
				if (sum * INT64_C(1000) >
					size * INT64_C(1000) + (now_ms - at_ms[k]) * per_s)
					ck_abort_msg("%d taken within %d ms", sum,
						(int)(now_ms - at_ms[k]));
			}
		}
	}
}
END_TEST

/* --- the file --- */

static struct buckets *open_all(void)
{
	struct buckets *b;

	err = (struct err){0};
	b = buckets_open(state_dir, &err);
	ck_assert_msg(b != NULL, "%s", err.text);
	return b;
}

/* How many single tokens of a bucket of 10 can be had at T0. */
static int take_all(struct buckets *b, const char *name)
{
	int n = 0;

	while (n < 1000 && buckets_take(b, name, 1, 10, 1, T0) == 0)
		n++;
	return n;
}

START_TEST(kept_by_name)
{
	struct buckets *a = open_all(), *b;

	ck_assert_int_eq(state_count_files(geteuid()), 1);
	ck_assert_int_eq(take_all(a, "us-east-2/CreateTags"), 10);
	ck_assert_int_eq(take_all(a, "us-east-2/CreateFleet"), 10);
	ck_assert_int_eq(take_all(a, "us-west-2/CreateTags"), 10);
	buckets_close(a);
	b = open_all();
	ck_assert_int_eq(take_all(b, "us-east-2/CreateTags"), 0);
	ck_assert_int_eq(buckets_take(b, "us-east-2/CreateFleet", 1, 10, 1, T0), 1000);
	buckets_drain(b, "new", 10, 1, T0);
	ck_assert_int_eq(take_all(b, "new"), 0);
	buckets_close(b);
	buckets_close(NULL);
	/* without a file there is no pacing */
	ck_assert_int_eq(take_all(NULL, "x"), 1000);
	buckets_drain(NULL, "x", 10, 1, T0);
}
END_TEST

START_TEST(long_names)
{
	struct buckets *b = open_all();
	char one[201], other[201];

	memset(one, 'x', 200);
	one[200] = '\0';
	memcpy(other, one, sizeof(other));
	other[63] = 'y'; /* the first that does not count */
	ck_assert_int_eq(take_all(b, one), 10);
	ck_assert_int_eq(take_all(b, other), 0);
	other[62] = 'y';
	ck_assert_int_eq(take_all(b, other), 10);
	buckets_close(b);
}
END_TEST

START_TEST(more_than_the_file_holds)
{
	struct buckets *b = open_all();
	struct stat st;
	char name[32];
	int kept = 0;

	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "r%d/Action", i);
		buckets_drain(b, name, 10, 1, T0 + i);
	}
	ck_assert_int_eq(stat(state_path("buckets"), &st), 0);
	ck_assert_int_le(st.st_size, 65536);
	for (int i = 2990; i < 3000; i++) { /* the last ones used are there */
		snprintf(name, sizeof(name), "r%d/Action", i);
		ck_assert_int_gt(buckets_take(b, name, 10, 10, 1, T0 + 3000), 0);
	}
	for (int i = 0; i < 10; i++) { /* the oldest made room */
		snprintf(name, sizeof(name), "r%d/Action", i);
		kept += buckets_take(b, name, 10, 10, 1, T0 + 3000) != 0;
	}
	ck_assert_int_eq(kept, 0);
	buckets_close(b);
}
END_TEST

static void overwrite(const void *data, size_t len)
{
	ok(file_write(state_path("buckets"), 0600, data, len, FILE_NO_SYNC, &err));
}

START_TEST(what_is_not_ours_counts_as_full)
{
	struct buckets *b = open_all();
	char *garbage = malloc(50000);

	ck_assert_int_eq(take_all(b, "n"), 10);
	buckets_close(b);
	for (size_t i = 0; i < 50000; i++)
		garbage[i] = (char)any(256);
	for (int i = 0; i < 4; i++) {
		static const size_t lens[] = {0, 1, 5000, 50000};

		overwrite(garbage, lens[i]);
		b = open_all();
		ck_assert_int_eq(take_all(b, "n"), 10);
		ck_assert_int_eq(take_all(b, "n"), 0); /* written anew */
		buckets_close(b);
	}
	free(garbage);
}
END_TEST

/* Cut between any two bytes of a write, by a crash of the machine: old, new or full. */
START_TEST(torn_anywhere)
{
	struct buckets *b = open_all();
	char *before = NULL, *after = NULL;
	size_t nbefore, nafter;

	for (int i = 0; i < 4; i++)
		buckets_take(b, "n", 1, 10, 1, T0);
	ok(file_read(state_path("buckets"), 100000, &before, &nbefore, &err));
	for (int i = 0; i < 3; i++)
		buckets_take(b, "n", 1, 10, 1, T0);
	buckets_close(b);
	ok(file_read(state_path("buckets"), 100000, &after, &nafter, &err));
	ck_assert_uint_eq(nbefore, nafter);
	for (size_t cut = 0; cut <= nafter; cut++) {
		int left;

		if (cut && before[cut - 1] == after[cut - 1] && cut < nafter)
			continue; /* as the one before */
		memcpy(before, after, cut);
		overwrite(before, nbefore);
		b = open_all();
		left = take_all(b, "n");
		ck_assert_msg(left == 6 || left == 3 || left == 10, "%d left", left);
		ck_assert_int_eq(cut == nafter ? left : 3, 3);
		ck_assert_int_eq(take_all(b, "n"), 0);
		buckets_close(b);
	}
	for (size_t len = nafter - 88; len < nafter; len += 8) { /* or the file ends early */
		overwrite(after, len);
		b = open_all();
		ck_assert_int_eq(take_all(b, "n"), 10);
		buckets_close(b);
	}
	free(before);
	free(after);
}
END_TEST

/* Any byte of a record that is not what we wrote: the bucket counts as full. */
START_TEST(every_byte_is_checked)
{
	struct buckets *b = open_all();
	char *data = NULL;
	size_t len = 0;

	ck_assert_int_eq(take_all(b, "n"), 10);
	buckets_close(b);
	ok(file_read(state_path("buckets"), 100000, &data, &len, &err));
	ck_assert_uint_ge(len, 88);
	for (size_t i = len - 88; i < len; i++) {
		data[i] ^= 1;
		overwrite(data, len);
		data[i] ^= 1;
		b = open_all();
		ck_assert_msg(take_all(b, "n") == 10, "byte %zu", i);
		buckets_close(b);
	}
	free(data);
}
END_TEST

START_TEST(where_it_may_lie)
{
	ck_assert_ptr_null(buckets_open("/nonexistent/dir", &err));
	ck_assert_int_eq(err.class, ERR_NOTFOUND);
	ck_assert_int_eq(chmod(state_dir, 0755), 0);
	ck_assert_ptr_null(buckets_open(state_dir, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, "state directory"));
	ck_assert_int_eq(chmod(state_dir, 0700), 0);
	ck_assert_int_eq(mkdir(state_path("buckets"), 0700), 0);
	ck_assert_ptr_null(buckets_open(state_dir, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, "is not a regular file"));
	ck_assert_int_eq(rmdir(state_path("buckets")), 0);
	ck_assert_int_eq(symlink("/etc/passwd", state_path("buckets")), 0);
	ck_assert_ptr_null(buckets_open(state_dir, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "is not a regular file"));
	ck_assert_int_eq(unlink(state_path("buckets")), 0);
	overwrite("", 0);
	ck_assert_int_eq(chmod(state_path("buckets"), 0644), 0);
	ck_assert_ptr_null(buckets_open(state_dir, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, "chmod 0600 it"));
}
END_TEST

START_TEST(root_leaves_it_to_the_owner)
{
	struct stat st;

	if (geteuid())
		return;
	ck_assert_int_eq(chown(state_dir, 65534, 65534), 0);
	buckets_close(open_all());
	ck_assert_int_eq(stat(state_path("buckets"), &st), 0);
	ck_assert_uint_eq(st.st_uid, 65534);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

/* --- processes --- */

#define TAKERS 24

/* Take at one moment until there is nothing left for a while, and write down how many that were. */
static int greedy(int start, int told)
{
	struct buckets *b = buckets_open(state_dir, NULL);
	int n = 0, empty = 0;
	char c;

	if (!b || read(start, &c, 1) != 0) /* until the parent closes it: all at once */
		return 1;
	while (empty < 50) {
		if (buckets_take(b, "n", 1, 5000, 1, T0) == 0)
			n++;
		else
			empty++;
	}
	buckets_close(b);
	return write(told, &n, sizeof(n)) != sizeof(n);
}

START_TEST(together_no_more_than_there_is)
{
	pid_t pids[TAKERS];
	int start[2], told[2], sum = 0;

	ck_assert_int_eq(pipe(start), 0);
	ck_assert_int_eq(pipe(told), 0);
	for (int i = 0; i < TAKERS; i++) { /* they also race for making the file */
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (!pids[i]) {
			close(start[1]);
			_exit(greedy(start[0], told[1]));
		}
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < TAKERS; i++) {
		int status = -1, n = 0;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
		ck_assert_int_eq(read(told[0], &n, sizeof(n)), sizeof(n));
		sum += n;
	}
	close(told[0]);
	close(told[1]);
	ck_assert_int_eq(sum, 5000); /* not one too many, and none is lost */
}
END_TEST

/* By the clock: wait as told, until END_MS. Opened before fork(), as a daemon may have done. */
static int patient(struct buckets *b, int64_t end_ms)
{
	int n = 0;

	for (;;) {
		int64_t now_ms = clock_now_ms();
		int64_t wait_ms;

		if (now_ms >= end_ms)
			return n;
		wait_ms = buckets_take(b, "n", 1, 20, 100, now_ms);
		if (wait_ms)
			clock_sleep_ms(wait_ms + random_below(20));
		else
			n++;
	}
}

START_TEST(together_no_faster_than_the_rate)
{
	struct buckets *b = open_all();
	int64_t start_ms = clock_now_ms(), end_ms = start_ms + 1500;
	pid_t pids[TAKERS];
	int sum = 0;

	for (int i = 0; i < TAKERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (!pids[i])
			_exit(patient(b, end_ms));
	}
	for (int i = 0; i < TAKERS; i++) {
		int status = -1;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status));
		sum += WEXITSTATUS(status);
	}
	buckets_close(b);
	ck_assert_int_le(sum, 20 + 150);
	ck_assert_int_gt(sum, 30); /* and it flows, also on a busy machine */
}
END_TEST

/* Killed at any moment: nobody else waits, and what was taken stays taken. */
START_TEST(killed_at_any_moment)
{
	struct buckets *b = open_all();
	int left;

	for (int i = 0; i < 40; i++) {
		int ready[2];
		pid_t pid;
		char c;

		ck_assert_int_eq(pipe(ready), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (!pid)
			for (bool told = false;; told = true) {
				buckets_take(b, "other", 1, 10, 1, T0);
				if (!told && write(ready[1], "x", 1) != 1)
					_exit(1);
			}
		ck_assert_int_eq(read(ready[0], &c, 1), 1);
		close(ready[0]);
		close(ready[1]);
		ck_assert_int_eq(buckets_take(b, "n", 1, 100, 1, T0), 0);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		ck_assert_int_ne(buckets_take(b, "other", 10, 10, 1, T0), 0);
	}
	for (left = 0; buckets_take(b, "n", 1, 100, 1, T0) == 0; left++)
		;
	ck_assert_int_eq(left, 60);
	buckets_close(b);
}
END_TEST

/* Somebody was stopped with the lock in hand: others go on without pacing. */
START_TEST(stopped_with_the_lock)
{
	struct buckets *b = open_all();
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int64_t start_ms = clock_mono_ms();
	int ready[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(take_all(b, "n"), 10);
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		int fd = open(state_path("buckets"), O_RDWR);

		if (fcntl(fd, F_SETLK, &lock) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_eq(buckets_take(b, "n", 1, 10, 1, T0), 0);
	ck_assert_int_ge(clock_mono_ms() - start_ms, 1900);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(take_all(b, "n"), 0); /* nothing was written */
	close(ready[0]);
	close(ready[1]);
	buckets_close(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bucket");
	TCase *pure = tcase_create("arithmetic"), *file = tcase_create("file");
	SRunner *sr;
	int failed;

	tcase_set_timeout(pure, 60);
	tcase_add_test(pure, burst_then_rate);
	tcase_add_test(pure, thirds_are_not_lost);
	tcase_add_test(pure, more_than_it_holds);
	tcase_add_test(pure, drained);
	tcase_add_test(pure, clocks_that_differ);
	tcase_add_test(pure, other_numbers_than_before);
	tcase_add_test(pure, never_too_much);
	suite_add_tcase(s, pure);
	tcase_add_checked_fixture(file, state_setup, state_teardown);
	tcase_set_timeout(file, 120);
	tcase_add_test(file, kept_by_name);
	tcase_add_test(file, long_names);
	tcase_add_test(file, more_than_the_file_holds);
	tcase_add_test(file, what_is_not_ours_counts_as_full);
	tcase_add_test(file, torn_anywhere);
	tcase_add_test(file, every_byte_is_checked);
	tcase_add_test(file, where_it_may_lie);
	tcase_add_test(file, root_leaves_it_to_the_owner);
	tcase_add_test(file, together_no_more_than_there_is);
	tcase_add_test(file, together_no_faster_than_the_rate);
	tcase_add_test(file, killed_at_any_moment);
	tcase_add_test(file, stopped_with_the_lock);
	suite_add_tcase(s, file);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
