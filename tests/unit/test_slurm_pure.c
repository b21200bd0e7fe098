/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/slurm/slurm_pure.h"

START_TEST(job_names)
{
	static const struct {
		struct job_ids ids;
		const char *want;
	} t[] = {
		{{.job_id = 7, .array_task_id = NO_VAL}, "7"},
		{{.job_id = 10, .array_job_id = 9, .array_task_id = 1}, "9_1"},
		{{.job_id = 10, .array_job_id = 9, .array_task_id = 0}, "9_0"},
		/* the last task started carries the array's number */
		{{.job_id = 13, .array_job_id = 13, .array_task_id = 3}, "13_3"},
		{{.job_id = 13,
			 .array_job_id = 13,
			 .array_task_id = NO_VAL,
			 .array_task_str = "2-3"},
			"13_[2-3]"},
		{{.job_id = 13,
			 .array_job_id = 13,
			 .array_task_id = NO_VAL,
			 .array_task_str = "0,7%2"},
			"13_[0,7]"},
		{{.job_id = 13,
			 .array_job_id = 13,
			 .array_task_id = NO_VAL,
			 .array_task_str = "0,7,..."},
			""},
		{{.job_id = 13,
			 .array_job_id = 13,
			 .array_task_id = NO_VAL,
			 .array_task_str = "%2"},
			""},
		{{.job_id = 13, .array_job_id = 13, .array_task_id = NO_VAL}, ""},
		{{.job_id = 13,
			 .array_job_id = 13,
			 .array_task_id = NO_VAL,
			 .array_task_str =
				 "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43"},
			""},
		{{.job_id = 17, .array_task_id = NO_VAL, .het_job_id = 17}, "17+0"},
		{{.job_id = 18, .array_task_id = NO_VAL, .het_job_id = 17, .het_job_offset = 1},
			"17+1"},
		{{.job_id = 4294967293u, .array_job_id = 4294967293u, .array_task_id = 4294967293u},
			"4294967293_4294967293"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char name[64];
		struct err err = {0};

		job_name_format(&t[i].ids, name, sizeof(name));
		ck_assert_str_eq(name, t[i].want);
		if (*name)
			ck_assert_msg(job_name_check(name, &err) == 0, "%s: %s", name, err.text);
	}
}
END_TEST

START_TEST(job_names_checked)
{
	static const char *const good[] = {"1", "4294967293", "9_0", "9_10", "17+0", "17+12",
		"9_[0]", "9_[0-3,7]", "9_[0-8:2]"};
	static const char *const bad[] = {"", "0", "07", "x", "7x", "7_", "7_x", "7_01", "7+",
		"7+-1", " 7", "7 ", "7,8", "-7", "12345678901", "9_[", "9_[]", "9_[1", "9_[1-]",
		"9_[1,]", "9_[1]x", "9_[1:0]", "9_1_2", "7.0"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(job_name_check(good[i], NULL) == 0, "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = {0};

		ck_assert_msg(job_name_check(bad[i], &err) == -1, "%s", bad[i]);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert_str_eq(
			err.text, "not the name of one job; expected 7, 9_1, 9_[2-3] or 17+1");
	}
}
END_TEST

START_TEST(het_ids)
{
	static const struct {
		const char *in, *want;
	} t[] = {{NULL, ""}, {"", ""}, {"17-18", "[17-18]"}, {"[17-18]", "[17-18]"},
		{"17,19", "[17,19]"}, {"1000000-1000009", ""}};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char buf[12];

		het_ids_format(t[i].in, buf, sizeof(buf));
		ck_assert_str_eq(buf, t[i].want);
	}
}
END_TEST

START_TEST(job_states)
{
	static const struct {
		uint32_t in;
		enum job_state want;
	} t[] = {
		{JOB_PENDING, JOB_STATE_PENDING},
		{JOB_PENDING | JOB_COMPLETING, JOB_STATE_COMPLETING}, /* a requeue under way */
		{JOB_RUNNING | JOB_CONFIGURING, JOB_STATE_CONFIGURING},
		{JOB_RUNNING | JOB_CONFIGURING | JOB_POWER_UP_NODE, JOB_STATE_CONFIGURING},
		{JOB_RUNNING | JOB_POWER_UP_NODE, JOB_STATE_CONFIGURING},
		{JOB_RUNNING, JOB_STATE_RUNNING},
		{JOB_RUNNING | JOB_SIGNALING, JOB_STATE_RUNNING},
		{JOB_SUSPENDED, JOB_STATE_OTHER},
		{JOB_COMPLETE | JOB_COMPLETING, JOB_STATE_COMPLETING},
		{JOB_COMPLETE, JOB_STATE_ENDED},
		{JOB_CANCELLED, JOB_STATE_ENDED},
		{JOB_FAILED, JOB_STATE_ENDED},
		{JOB_TIMEOUT, JOB_STATE_ENDED},
		{JOB_NODE_FAIL, JOB_STATE_ENDED},
		{JOB_PREEMPTED, JOB_STATE_ENDED},
		{JOB_BOOT_FAIL, JOB_STATE_ENDED},
		{JOB_DEADLINE, JOB_STATE_ENDED},
		{JOB_OOM, JOB_STATE_ENDED},
		{0xee, JOB_STATE_OTHER},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(job_state_decode(t[i].in) == t[i].want, "0x%x: %d", t[i].in,
			job_state_decode(t[i].in));
}
END_TEST

START_TEST(node_states)
{
	static const struct {
		uint32_t in;
		const char *want;
		bool registered;
	} t[] = {
		{NODE_STATE_IDLE, "IDLE", true},
		{NODE_STATE_IDLE | NODE_STATE_CLOUD | NODE_STATE_POWERED_DOWN,
			"IDLE+CLOUD+POWERED_DOWN", false},
		{NODE_STATE_ALLOCATED | NODE_STATE_CLOUD | NODE_STATE_POWERING_UP,
			"ALLOCATED+CLOUD+POWERING_UP", false},
		{NODE_STATE_ALLOCATED | NODE_STATE_CLOUD, "ALLOCATED+CLOUD", true},
		{NODE_STATE_MIXED | NODE_STATE_CLOUD | NODE_STATE_COMPLETING,
			"MIXED+CLOUD+COMPLETING", true},
		{NODE_STATE_IDLE | NODE_STATE_CLOUD | NODE_STATE_POWER_DOWN,
			"IDLE+CLOUD+POWER_DOWN", false},
		{NODE_STATE_IDLE | NODE_STATE_CLOUD | NODE_STATE_POWERING_DOWN,
			"IDLE+CLOUD+POWERING_DOWN", false},
		{NODE_STATE_DOWN | NODE_STATE_CLOUD | NODE_STATE_POWERED_DOWN |
				NODE_STATE_NO_RESPOND,
			"DOWN+CLOUD+POWERED_DOWN+NOT_RESPONDING", false},
		{NODE_STATE_IDLE | NODE_STATE_CLOUD | NODE_STATE_DRAIN | NODE_STATE_POWERED_DOWN,
			"IDLE+CLOUD+DRAIN+POWERED_DOWN", false},
		{NODE_STATE_IDLE | NODE_STATE_CLOUD | NODE_STATE_POWER_UP | NODE_STATE_POWERED_DOWN,
			"IDLE+CLOUD+POWER_UP+POWERED_DOWN", false},
		/* forced down while powering up, and while up */
		{NODE_STATE_IDLE | NODE_STATE_CLOUD | NODE_STATE_POWER_DOWN | NODE_STATE_NO_RESPOND,
			"IDLE+CLOUD+POWER_DOWN+NOT_RESPONDING", false},
		{NODE_STATE_ALLOCATED | NODE_STATE_CLOUD | NODE_STATE_POWER_DOWN |
				NODE_STATE_NO_RESPOND,
			"ALLOCATED+CLOUD+POWER_DOWN+NOT_RESPONDING", false},
		{NODE_STATE_ALLOCATED | NODE_STATE_CLOUD | NODE_STATE_NO_RESPOND,
			"ALLOCATED+CLOUD+NOT_RESPONDING", true},
		{NODE_STATE_ALLOCATED | NODE_STATE_CLOUD | NODE_STATE_DRAIN | NODE_STATE_POWER_DOWN,
			"ALLOCATED+CLOUD+DRAIN+POWER_DOWN", true},
		{NODE_STATE_UNKNOWN | NODE_STATE_CLOUD, "UNKNOWN+CLOUD", false},
		{NODE_STATE_FUTURE, "FUTURE", false},
		{NODE_STATE_ERROR, "ERROR", true},
		{15, "?", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct node_facts facts = {0};
		uint32_t base = t[i].in & NODE_STATE_BASE;

		node_state_decode(t[i].in, &facts);
		ck_assert_str_eq(facts.state, t[i].want);
		ck_assert_msg(facts.registered == t[i].registered, "%s", t[i].want);
		ck_assert_int_eq(facts.cloud, !!(t[i].in & NODE_STATE_CLOUD));
		ck_assert_int_eq(facts.powered_down, !!(t[i].in & NODE_STATE_POWERED_DOWN));
		ck_assert_int_eq(facts.powering_up, !!(t[i].in & NODE_STATE_POWERING_UP));
		ck_assert_int_eq(facts.powering_down, !!(t[i].in & NODE_STATE_POWERING_DOWN));
		ck_assert_int_eq(facts.power_down, !!(t[i].in & NODE_STATE_POWER_DOWN));
		ck_assert_int_eq(facts.drain, !!(t[i].in & NODE_STATE_DRAIN));
		ck_assert_int_eq(facts.no_respond, !!(t[i].in & NODE_STATE_NO_RESPOND));
		ck_assert_int_eq(facts.completing, !!(t[i].in & NODE_STATE_COMPLETING));
		ck_assert_int_eq(facts.down, base == NODE_STATE_DOWN);
		ck_assert_int_eq(facts.idle, base == NODE_STATE_IDLE);
		ck_assert_int_eq(
			facts.allocated, base == NODE_STATE_ALLOCATED || base == NODE_STATE_MIXED);
	}

	/* all flags at once: cut behind a whole word */
	struct node_facts facts = {0};
	node_state_decode(NODE_STATE_FLAGS | NODE_STATE_IDLE, &facts);
	ck_assert_str_eq(facts.state, "IDLE+CLOUD+COMPLETING+DRAIN+DYNAMIC_FUTURE+DYNAMIC_NORM+"
				      "INVALID_REG+FAIL+MAINTENANCE+"
				      "POWER_DOWN+POWER_UP+POWERING_DOWN");
}
END_TEST

START_TEST(versions_and_minutes)
{
	static const struct {
		const char *in;
		int want;
	} t[] = {{"22.05.8", 2205}, {"24.11.5", 2411}, {"26.05", 2605}, {"23.02.0-0rc1", 2302},
		{NULL, 0}, {"", 0}, {"22", 0}, {"22.5.1", 0}, {"2.05.1", 0}, {"22.055", 0},
		{"x2.05", 0}};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_int_eq(slurm_version_number(t[i].in), t[i].want);
	ck_assert_int_eq(minutes16_to_s(0), 0);
	ck_assert_int_eq(minutes16_to_s(90), 5400);
	ck_assert_int_eq(minutes16_to_s(INFINITE16), -1);
	ck_assert_int_eq(minutes16_to_s(NO_VAL16), -1);
	ck_assert_int_eq(minutes32_to_s(100000000), INT64_C(6000000000));
	ck_assert_int_eq(minutes32_to_s(INFINITE), -1);
	ck_assert_int_eq(minutes32_to_s(NO_VAL), -1);
}
END_TEST

#define ENV(count, text) count text, sizeof(count text) - 1
#define N(digit)         digit "\0\0\0"

START_TEST(job_environment)
{
	static const struct {
		const char *data;
		size_t len;
		const char *want, *text;
	} t[] = {
		{ENV(N("\2"), "A=1\0X=v=1;efa=required\0"), "v=1;efa=required", NULL},
		{ENV(N("\3"), "XX=no\0X=first\0X=second\0"), "first", NULL},
		{ENV(N("\2"), "X\0AX=1\0"), NULL, NULL},
		{ENV(N("\1"), "X=\0"), "", NULL},
		{ENV(N("\0"), ""), NULL, NULL},
		{"", 0, NULL, "of 0 bytes, without its count"},
		{"\1\0\0", 3, NULL, "of 3 bytes, without its count"},
		{ENV(N("\1"), ""), NULL, "ends within string 1 of 1"},
		{ENV(N("\1"), "X=v"), NULL, "ends within string 1 of 1"},
		{ENV(N("\2"), "X=v\0A=1"), NULL, "ends within string 2 of 2"},
		{ENV("\xff\xff\xff\xff", "X=v\0"), NULL, "ends within string 2 of 4294967295"},
		{ENV(N("\1"), "X=v\0A=1\0"), NULL, "4 bytes behind its 1 strings"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const char *value = "untouched";
		struct err err = {0};
		char *copy = malloc(t[i].len + 1); /* exact, for the sanitizer */
		int rc;

		memcpy(copy, t[i].data, t[i].len);
		copy = realloc(copy, t[i].len ? t[i].len : 1);
		rc = job_environment_find(copy, t[i].len, "X", &value, &err);
		if (t[i].text) {
			ck_assert_int_eq(rc, -1);
			ck_assert_int_eq(err.class, ERR_FATAL);
			ck_assert_msg(strstr(err.text, t[i].text), "%s", err.text);
			ck_assert_str_eq(value, "untouched");
		} else {
			ck_assert_msg(rc == 0, "%zu: %s", i, err.text);
			ck_assert_pstr_eq(value, t[i].want);
		}
		free(copy);
	}
}
END_TEST

START_TEST(lists)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char small[4];

	list_repeat(&sb, "127.0.0.254", 3);
	ck_assert_str_eq(sb.buf, "127.0.0.254,127.0.0.254,127.0.0.254");
	strbuf_setlen(&sb, 0);
	list_repeat(&sb, "x", 0);
	ck_assert_str_eq(sb.buf, "");
	copy_text(small, sizeof(small), "abcdef");
	ck_assert_str_eq(small, "abc");
	copy_text(small, sizeof(small), NULL);
	ck_assert_str_eq(small, "");
}
END_TEST

/* Another user's terminal and programs read them. */
START_TEST(names_of_users)
{
	static const struct {
		const char *given, *kept;
	} t[] = {
		{"chem", "chem"},
		{NULL, ""},
		{"a\x1b[31mb\nc\x7f", "a?[31mb?c?"},
		{"chimie-\xc3\xa9", "chimie-\xc3\xa9"},
		{"\xc2\x9b"
		 "1m",
			"?1m"},
		{"\xff\xc3", "??"},
		{"\xed\xa0\x80", "???"},
		/* whole characters */
		{"123456789012345", "123456789012345"},
		{"1234567890123456", "123456789012345"},
		{"12345678901234\xc3\xa9", "12345678901234"},
	};
	char name[16];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		copy_name(name, sizeof(name), t[i].given);
		ck_assert_str_eq(name, t[i].kept);
	}
}
END_TEST

START_TEST(addresses)
{
	static const struct {
		const char *in, *want;
	} t[] = {
		{"10.0.0.1", NULL},
		{"fd00::1:a", NULL},
		{"ip-10-0-0-1.ec2.internal", NULL},
		{"aws_node-1", NULL},
		{NULL, "node address of 0 characters, 1 to 63 expected"},
		{"", "node address of 0 characters, 1 to 63 expected"},
		{"0123456789012345678901234567890123456789012345678901234567890123",
			"of 64 characters"},
		{"10.0.0.[1-2]", "node address with byte 0x5b"},
		{"10.0.0.1,10.0.0.2", "node address with byte 0x2c"},
		{"a b", "node address with byte 0x20"},
		{"\xc3\xa4", "node address with byte 0xc3"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err err = {0};

		ck_assert_int_eq(node_address_check(t[i].in, &err), t[i].want ? -1 : 0);
		ck_assert_int_eq(err.class, t[i].want ? ERR_USAGE : ERR_NONE);
		if (t[i].want)
			ck_assert_msg(strstr(err.text, t[i].want), "%s", err.text);
	}
}
END_TEST

START_TEST(error_classes)
{
	static const struct {
		int number;
		enum err_class want;
	} t[] = {
		{ESLURM_INVALID_JOB_ID, ERR_NOTFOUND},
		{ESLURM_ALREADY_DONE, ERR_NOTFOUND},
		{ESLURM_INVALID_NODE_NAME, ERR_NOTFOUND},
		{ESLURM_ACCESS_DENIED, ERR_AUTH},
		{SLURM_PROTOCOL_AUTHENTICATION_ERROR, ERR_AUTH},
		{SLURM_PROTOCOL_VERSION_ERROR, ERR_CONFIG},
		{ESLURM_TRANSITION_STATE_NO_UPDATE, ERR_BUSY},
		{ESLURM_JOB_NOT_PENDING, ERR_BUSY},
		{ESLURM_JOB_PENDING, ERR_BUSY},
		{SLURMCTLD_COMMUNICATIONS_CONNECTION_ERROR, ERR_TRANSIENT},
		{SLURM_COMMUNICATIONS_CONNECTION_ERROR, ERR_TRANSIENT},
		{ESLURM_IN_STANDBY_MODE, ERR_TRANSIENT},
		{ECONNREFUSED, ERR_TRANSIENT},
		{ESLURM_INVALID_NODE_STATE, ERR_FATAL},
		{0, ERR_FATAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_int_eq(slurm_error_class(t[i].number), t[i].want);
}
END_TEST

START_TEST(tasks)
{
	static const struct {
		const char *tasks;
		uint32_t task;
		bool has;
	} t[] = {
		{"0-3,7%2", 0, true},
		{"0-3,7%2", 3, true},
		{"0-3,7%2", 4, false},
		{"0-3,7%2", 7, true},
		{"0-3,7%2", 2000, false},
		{"0-8:2", 6, true},
		{"0-8:2", 7, false},
		{"0,7,...", 7, true},
		{"0,7,...", 700, true}, /* slurmctld has cut it: perhaps */
		{"", 0, false},
		{NULL, 0, false},
		{"x", 0, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(job_tasks_have(t[i].tasks, t[i].task) == t[i].has, "%zu", i);
}
END_TEST

START_TEST(waits)
{
	ck_assert_str_eq(job_wait_words(WAIT_HELD_USER), "held by its user");
	ck_assert_str_eq(job_wait_words(WAIT_TIME), "not to begin yet");
	ck_assert_str_eq(
		job_wait_words(WAIT_CLEANING), "slurmctld is not done with its last start");
	ck_assert_str_eq(job_wait_words(WAIT_NO_REASON), "");
	ck_assert_str_eq(job_wait_words(4000000), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("slurm_pure");
	TCase *tc = tcase_create("slurm_pure");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, job_names);
	tcase_add_test(tc, job_names_checked);
	tcase_add_test(tc, tasks);
	tcase_add_test(tc, waits);
	tcase_add_test(tc, het_ids);
	tcase_add_test(tc, job_states);
	tcase_add_test(tc, node_states);
	tcase_add_test(tc, versions_and_minutes);
	tcase_add_test(tc, job_environment);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, error_classes);
	tcase_add_test(tc, names_of_users);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
