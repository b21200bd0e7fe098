/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/account.h"

#include "lib/base/clock.h"
#include "lib/plan/outcome.h"
#include "lib/state/cache.h"
#include "tests/unit/app_fixture.h"

#define OURS   "111111111111"
#define OTHERS "222222222222"
#define CALLER(account)                                                                            \
	{                                                                                          \
		200, .body = "<GetCallerIdentityResponse><GetCallerIdentityResult><"               \
			     "Account>" account                                                    \
			     "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"    \
	}

START_TEST(what_sts_says)
{
#define ANSWER(text)                                                                               \
	{                                                                                          \
		200, .body = "<GetCallerIdentityResponse><GetCallerIdentityResult>" text           \
			     "</GetCallerIdentityResult></GetCallerIdentityResponse>"              \
	}
	static const struct server_answer script[] = {
		ANSWER("<Arn>a</Arn><Account>123456789012</Account>"),
		ANSWER("<Arn>a</Arn>"),
		ANSWER("<Account>12345678901234567</Account>"),
		ANSWER("<Account>12x</Account>"),
		{403, .body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>m</Message>"
			      "</Error></ErrorResponse>"},
	};
	char number[AWS_ACCOUNT_SIZE] = "", key[AWS_KEY_ID_SIZE];
	struct aws *aws = ec2_begin(script, ARRAY_SIZE(script));

	ok(aws_account(aws, number, &err));
	ck_assert_str_eq(number, "123456789012");
	for (int i = 0; i < 3; i++)
		refused(aws_account(aws, number, &err), ERR_FATAL, "the answer has no Account");
	refused(aws_account(aws, number, &err), ERR_AUTH, "AccessDenied");
	ck_assert_str_eq(number, "123456789012");
	ok(aws_key_id(aws, key, sizeof(key), &err));
	ck_assert_str_eq(key, "AKIDEXAMPLE");
	ck_assert_int_le(llabs(aws_now_s(aws) - clock_now_s()), 1);
}
END_TEST

static void next_process(const char *key)
{
	setenv("AWS_ACCESS_KEY_ID", key, 1);
	app.account_good = false;
}

static void begin(const struct server_answer *script, size_t n)
{
	setenv("AWS_ENDPOINT_URL_STS", "", 1);
	ck_assert_ptr_nonnull(ec2_begin(script, n));
}

static char *known(void)
{
	char *value = NULL;

	ok(meta_get(state_db, "account", &value, &err));
	return value;
}

START_TEST(the_first_is_written_down)
{
	static const struct server_answer script[] = {CALLER(OURS)};
	cleanup_free char *value = NULL, *after = NULL;

	begin(script, 1);
	ok(account_check(&app, &err));
	ok(account_check(&app, &err)); /* once per process */
	value = known();
	ck_assert_str_eq(value, OURS);
	next_process("AKIDEXAMPLE");
	ok(account_check(&app, &err)); /* by the cache */
	ck_assert_uint_eq(ec2_count(), 1);
	after = known();
	ck_assert_str_eq(after, OURS);
}
END_TEST

START_TEST(another_is_refused)
{
	static const struct server_answer script[] = {CALLER(OTHERS)};
	cleanup_free char *value = NULL;

	ok(meta_set(state_db, "account", OURS, &err));
	state_add_gang("a", "n1");
	begin(script, 1);
	refused(account_check(&app, &err), ERR_AUTH,
		"the credentials are of AWS account " OTHERS ", but what state.db says to be "
		"running is of account " OURS);
	refused(account_check(&app, &err), ERR_AUTH, "is of account " OURS); /* by the cache */
	ck_assert_uint_eq(ec2_count(), 1);
	/* nothing of the old one lives any more */
	ck_assert_int_eq(gang_fail(state_db, "a", "x", &err), 1);
	refused(account_check(&app, &err), ERR_AUTH, "is of account " OURS);
	ok(gang_advance(state_db, "a", GANG_FAILING, GANG_FAILED, &err));
	ok(account_check(&app, &err));
	value = known();
	ck_assert_str_eq(value, OTHERS);
	ck_assert_uint_eq(logged("from now on in AWS account " OTHERS "; before it was " OURS), 1);
}
END_TEST

START_TEST(another_name_is_refused)
{
	static const struct server_answer script[] = {CALLER(OURS)};
	cleanup_free char *value = NULL;

	begin(script, 1);
	ok(account_check(&app, &err));
	state_add_gang("a", "n1");
	snprintf(app.cluster, sizeof(app.cluster), "other");
	next_process("AKIDEXAMPLE");
	refused(account_check(&app, &err), ERR_FATAL,
		"our name is (by cluster_name, else slurm.conf's ClusterName) other, but what "
		"state.db says to be running is of cluster test; set the name back until that has "
		"ended");
	ck_assert(!outcome_of(err.class)->person);
	/* nothing of the old one lives any more */
	ck_assert_int_eq(gang_fail(state_db, "a", "x", &err), 1);
	ok(gang_advance(state_db, "a", GANG_FAILING, GANG_FAILED, &err));
	ok(account_check(&app, &err));
	ck_assert_uint_eq(logged("from now on of cluster other; before it was test, of which "
				 "nothing runs any more"),
		1);
	ok(meta_get(state_db, "cluster", &value, &err));
	ck_assert_str_eq(value, "other");
}
END_TEST

START_TEST(an_instance_is_enough)
{
	static const struct server_answer script[] = {CALLER(OTHERS)};

	struct instance x = state_instance("i-1", "a", "");

	ok(meta_set(state_db, "account", OURS, &err));
	state_add_gang("a", "n1");
	ck_assert_int_eq(gang_fail(state_db, "a", "x", &err), 1);
	ok(gang_advance(state_db, "a", GANG_FAILING, GANG_FAILED, &err));
	ok(instance_insert(state_db, &x, 1, false, &err));
	begin(script, 1);
	refused(account_check(&app, &err), ERR_AUTH, "is of account " OURS);
}
END_TEST

START_TEST(cannot_be_known)
{
	static const struct server_answer script[] = {
		{403, .body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>m</Message>"
			      "</Error></ErrorResponse>"},
		CALLER(OTHERS)};

	ok(meta_set(state_db, "account", OURS, &err));
	state_add_gang("a", "n1");
	begin(script, 2);
	ok(account_check(&app, &err));
	next_process("AKIDEXAMPLE");
	ok(account_check(&app, &err)); /* not asked again for a while */
	ck_assert_uint_eq(ec2_count(), 1);
	ck_assert_uint_eq(logged("whose account our credentials are of is not known"), 1);
	ok(cache_forget(state_db, "account/", &err));
	next_process("AKIDEXAMPLE");
	refused(account_check(&app, &err), ERR_AUTH, "is of account " OURS);
}
END_TEST

START_TEST(without_writing)
{
	static const struct server_answer script[] = {CALLER(OURS), CALLER(OTHERS)};
	char *value = NULL;

	app.db = NULL;
	ok(account_check(&app, &err)); /* nothing to compare with */
	state_reopen(DB_READ_ONLY, false);
	app.db = state_db;
	begin(script, 2);
	ok(account_check(&app, &err));
	refused(meta_get(state_db, "account", &value, &err), ERR_NOTFOUND, "account");
	state_reopen(DB_READ_WRITE, false);
	ok(meta_set(state_db, "account", OURS, &err));
	state_add_gang("a", "n1");
	state_reopen(DB_READ_ONLY, false);
	app.db = state_db;
	app.account_good = false;
	refused(account_check(&app, &err), ERR_AUTH, "is of account " OURS);
}
END_TEST

START_TEST(without_credentials)
{
	begin(NULL, 0);
	unsetenv("AWS_ACCESS_KEY_ID");
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	refused(account_check(&app, &err), ERR_AUTH, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("account");
	TCase *tc = tcase_create("account");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, app_setup, app_teardown);
	tcase_add_test(tc, what_sts_says);
	tcase_add_test(tc, the_first_is_written_down);
	tcase_add_test(tc, another_is_refused);
	tcase_add_test(tc, another_name_is_refused);
	tcase_add_test(tc, an_instance_is_enough);
	tcase_add_test(tc, cannot_be_known);
	tcase_add_test(tc, without_writing);
	tcase_add_test(tc, without_credentials);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
