/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/notice.h"

#include "tests/unit/state_fixture.h"

#define I1 "i-00000000000000001"
#define I2 "i-00000000000000002"

static void setup(void)
{
	struct instance list[2];

	state_setup_db();
	state_add_gang("7-a", "n[0-1]");
	state_to("7-a", GANG_LAUNCHING);
	state_add_launch("t1", "7-a");
	list[0] = state_instance(I1, "7-a", "n0");
	list[1] = state_instance(I2, "7-a", "n1");
	ok(instance_insert(state_db, list, 2, false, &err));
}

static struct notice told(const char *instance, enum notice_kind kind, int64_t deadline_ms)
{
	struct notice n = {.kind = kind, .seen_ms = 1000, .deadline_ms = deadline_ms};

	snprintf(n.instance, sizeof(n.instance), "%s", instance);
	snprintf(n.gang, sizeof(n.gang), "7-a");
	snprintf(n.source, sizeof(n.source), "sqs");
	snprintf(n.text, sizeof(n.text), "will be taken back");
	return n;
}

static int insert(struct notice n)
{
	err = (struct err){0};
	return notice_insert(state_db, &n, &err);
}

static struct notice *open_now(size_t expected)
{
	struct notice *list = NULL;
	size_t n = 0;

	ok(notice_open(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, expected);
	return list;
}

START_TEST(told_once_whoever_tells_it)
{
	cleanup_free struct notice *list = NULL;
	struct notice again = told(I1, NOTICE_INTERRUPTION, 50000);

	ck_assert_int_eq(insert(told(I1, NOTICE_INTERRUPTION, 60000)), 1);
	snprintf(again.source, sizeof(again.source), "node");
	ck_assert_int_eq(notice_insert(state_db, &again, &err), 0);
	ck_assert_int_eq(insert(told(I1, NOTICE_INTERRUPTION, 70000)), 0);
	ck_assert_int_eq(insert(told(I1, NOTICE_INTERRUPTION, 0)), 0);
	list = open_now(1);
	ck_assert_str_eq(list[0].instance, I1);
	ck_assert_str_eq(list[0].gang, "7-a");
	ck_assert_str_eq(list[0].source, "sqs");
	ck_assert_str_eq(list[0].text, "will be taken back");
	ck_assert_int_eq(list[0].kind, NOTICE_INTERRUPTION);
	ck_assert_int_eq(list[0].seen_ms, 1000);
	ck_assert_int_eq(list[0].deadline_ms, 50000);
	ck_assert_int_eq(list[0].seq, again.seq);
	/* another kind, another instance: notices of their own */
	ck_assert_int_eq(insert(told(I1, NOTICE_REBALANCE, 0)), 1);
	ck_assert_int_eq(insert(told(I2, NOTICE_INTERRUPTION, 0)), 1);
	free(list);
	list = open_now(3);
	/* one without a deadline gets the first that is told */
	ck_assert_int_eq(insert(told(I2, NOTICE_INTERRUPTION, 80000)), 0);
	free(list);
	list = open_now(3);
	ck_assert_int_eq(list[2].deadline_ms, 80000);
}
END_TEST

START_TEST(of_an_instance_that_is_known)
{
	refused(insert(told("i-0ffffffffffffffff", NOTICE_INTERRUPTION, 0)), ERR_NOTFOUND,
		"no instance i-0ffffffffffffffff");
}
END_TEST

START_TEST(steps_keep_their_first_time)
{
	cleanup_free struct notice *list = NULL;
	struct notice n = told(I1, NOTICE_INTERRUPTION, 60000);
	size_t count = 0;

	ck_assert_int_eq(notice_insert(state_db, &n, &err), 1);
	ok(notice_set(state_db, n.seq, NOTICE_SIGNALLED, 2000, &err));
	ok(notice_set(state_db, n.seq, NOTICE_SIGNALLED, 3000, &err));
	ok(notice_set(state_db, n.seq, NOTICE_ACTED, 4000, &err));
	list = open_now(1);
	ck_assert_int_eq(list[0].signalled_ms, 2000);
	ck_assert_int_eq(list[0].acted_ms, 4000);
	ok(notice_set(state_db, n.seq, NOTICE_DONE, 5000, &err));
	free(list);
	list = open_now(0);
	free(list);
	ok(notice_list(state_db, "7-a", &list, &count, &err));
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(list[0].done_ms, 5000);
	free(list);
	ok(notice_list(state_db, "7-b", &list, &count, &err));
	ck_assert_uint_eq(count, 0);
	free(list);
	ok(notice_list(state_db, NULL, &list, &count, &err));
	ck_assert_uint_eq(count, 1);
	refused(notice_set(state_db, 99, NOTICE_DONE, 1, &err), ERR_NOTFOUND, "no notice 99");
	/* told again when it is done: it stays done */
	ck_assert_int_eq(insert(told(I1, NOTICE_INTERRUPTION, 90000)), 0);
	free(open_now(0));
}
END_TEST

static struct notice_job job(uint32_t id, uint32_t restart)
{
	struct notice_job j = {.job_id = id, .restart = restart, .user = "ada"};

	snprintf(j.name, sizeof(j.name), "%u", id);
	return j;
}

static struct notice_job only_job(int64_t seq)
{
	cleanup_free struct notice_job *list = NULL;
	size_t n = 0;

	ok(notice_jobs(state_db, seq, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	return list[0];
}

static void count_is(uint32_t id, const char *user, unsigned n, int64_t first_ms)
{
	int64_t first = -1;
	unsigned count = 99;

	ok(notice_count_job(state_db, id, user, &count, &first, &err));
	ck_assert_uint_eq(count, n);
	ck_assert_int_eq(first, first_ms);
}

START_TEST(two_members_of_a_gang_are_one_interruption_of_the_job)
{
	struct notice a = told(I1, NOTICE_INTERRUPTION, 60000),
		      b = told(I2, NOTICE_INTERRUPTION, 60000);
	struct notice_job j = job(7, 0), got;

	ck_assert_int_eq(notice_insert(state_db, &a, &err), 1);
	ok(notice_add_job(state_db, a.seq, &j, &err));
	ok(notice_add_job(state_db, a.seq, &j, &err));
	j.signalled_ms = 2000;
	ok(notice_set_job(state_db, &j, &err));
	ck_assert_int_eq(notice_insert(state_db, &b, &err), 1);
	j.signalled_ms = 0;
	ok(notice_add_job(state_db, b.seq, &j, &err));
	/* the second member's knows that the job was signalled */
	got = only_job(b.seq);
	ck_assert_int_eq(got.signalled_ms, 2000);
	ck_assert_int_eq(got.ended_ms, 0);
	ck_assert(!got.requeued);
	ck_assert_str_eq(got.name, "7");
	ck_assert_str_eq(got.user, "ada");
	got.ended_ms = 3000;
	got.requeued = true;
	ok(notice_set_job(state_db, &got, &err));
	got = only_job(a.seq);
	ck_assert_int_eq(got.ended_ms, 3000);
	ck_assert(got.requeued);
	count_is(7, "ada", 1, 1000);
	count_is(7, "bob", 0, 0); /* another job of that number */
	count_is(8, "ada", 0, 0);
	j = job(0, 0);
	refused(notice_add_job(state_db, a.seq, &j, &err), ERR_FATAL, "job 0");
	j = job(9, 0);
	refused(notice_set_job(state_db, &j, &err), ERR_NOTFOUND, "no notice hits job 9");
}
END_TEST

START_TEST(interruptions_of_a_job_are_counted_by_start)
{
	struct notice a = told(I1, NOTICE_INTERRUPTION, 60000), b = told(I2, NOTICE_REBALANCE, 0);
	struct notice_job j = job(7, 0);

	ck_assert_int_eq(notice_insert(state_db, &a, &err), 1);
	ok(notice_add_job(state_db, a.seq, &j, &err));
	j.signalled_ms = 1500;
	ok(notice_set_job(state_db, &j, &err));
	ok(notice_set(state_db, a.seq, NOTICE_DONE, 2000, &err));
	count_is(7, "ada", 1, 1000);
	/* a recommendation that nobody acted on is no interruption */
	b.seen_ms = 9000;
	ck_assert_int_eq(notice_insert(state_db, &b, &err), 1);
	j = job(7, 1);
	ok(notice_add_job(state_db, b.seq, &j, &err));
	ck_assert_int_eq(only_job(b.seq).signalled_ms, 0);
	count_is(7, "ada", 1, 1000);
	j.requeued = true;
	ok(notice_set_job(state_db, &j, &err));
	count_is(7, "ada", 2, 1000);
	/* what is done is not told again to a job of the same number */
	ck_assert_int_eq(only_job(a.seq).signalled_ms, 1500);
}
END_TEST

START_TEST(rows_that_cannot_be_read)
{
	struct notice *list = NULL;
	size_t n = 0;

	ck_assert_str_eq(notice_kind_name(NOTICE_REBALANCE), "rebalance");
	ck_assert_int_eq(insert(told(I1, NOTICE_INTERRUPTION, 0)), 1);
	state_reopen(DB_READ_ONLY, false);
	refused(insert(told(I2, NOTICE_INTERRUPTION, 0)), ERR_FATAL, "");
	ok(notice_open(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	free(list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notice_db");
	TCase *tc = tcase_create("notice_db");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, state_teardown);
	tcase_add_test(tc, told_once_whoever_tells_it);
	tcase_add_test(tc, of_an_instance_that_is_known);
	tcase_add_test(tc, steps_keep_their_first_time);
	tcase_add_test(tc, two_members_of_a_gang_are_one_interruption_of_the_job);
	tcase_add_test(tc, interruptions_of_a_job_are_counted_by_start);
	tcase_add_test(tc, rows_that_cannot_be_read);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
