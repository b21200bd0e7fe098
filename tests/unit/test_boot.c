/* SPDX-License-Identifier: Apache-2.0 */
/* The pure parts of what follows when nodes do not come: consoles, EC2's reasons, words. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/boot.h"
#include "helper/console.h"
#include "helper/leave.h"
#include "helper/lost.h"
#include "helper/protect.h"
#include "lib/base/cleanup.h"

START_TEST(the_consoles_last_lines)
{
	static const struct {
		const char *text;
		size_t max;
		const char *lines; /* joined by | */
	} t[] = {
		{"", 5, ""},
		{"one", 5, "one"},
		{"one\n", 5, "one"},
		{"one\ntwo\nthree\n", 2, "two|three"},
		{"one\n\n \n\r\ntwo\n\n\n", 5, "one|two"},
		{"one\ntwo\n", 0, ""},
		{"a\r\nb\r\n", 5, "a|b"},
		{"10%\r50%\r100%\r\n", 5, "100%"},
		{"long line\rshort\n", 5, "short"},
		{"\033[32m  OK  \033[0m Started \033[1;39mslurmd\033[0m.\n", 5,
			"  OK   Started slurmd."},
		{"\033]0;title\amotd\n", 5, "motd"},
		{"\033]0;title\033\\motd\n", 5, "motd"},
		{"\033(Bplain\033=\n", 5, "plain"},
		{"a\tb\001\002c\177\b\n", 5, "a bc"},
		{"cut \033[3", 5, "cut"},
		{"cut \033", 5, "cut"},
		{"cut \033]0;x", 5, "cut"},
		{"\033[2J\033[H\n", 5, ""},
		{"login: \342\202\254\n", 5, "login: \342\202\254"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char joined[256] = "";
		char **lines = NULL;
		size_t n = 0;

		ck_assert_int_eq(console_tail(t[i].text, t[i].max, &lines, &n, NULL), 0);
		for (size_t k = 0; k < n; k++) {
			if (k)
				strncat(joined, "|", sizeof(joined) - strlen(joined) - 1);
			strncat(joined, lines[k], sizeof(joined) - strlen(joined) - 1);
		}
		ck_assert_msg(!strcmp(joined, t[i].lines), "%zu: \"%s\"", i, joined);
		ck_assert(n <= t[i].max);
		console_tail_release(lines, n);
	}
}
END_TEST

START_TEST(a_console_of_one_endless_line)
{
	cleanup_free char *text = malloc(70001);
	char **lines = NULL;
	size_t n = 0;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', 70000);
	text[70000] = '\0';
	ck_assert_int_eq(console_tail(text, 20, &lines, &n, NULL), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(strlen(lines[0]), 400);
	console_tail_release(lines, n);
}
END_TEST

START_TEST(what_ec2s_reasons_mean)
{
	static const struct {
		const char *reason;
		enum err_class class;
		bool blame;
		const char *what;
	} t[] = {
		{"Server.InsufficientInstanceCapacity: There was insufficient capacity",
			ERR_CAPACITY, false, "lost its capacity"},
		{"Server.SpotInstanceTermination: Spot instance termination", ERR_CAPACITY, false,
			"was taken back as spot capacity"},
		{"Server.SpotInstanceShutdown: x", ERR_CAPACITY, false,
			"was taken back as spot capacity"},
		{"Server.InternalError: Internal error on launch", ERR_TRANSIENT, false,
			"was ended by EC2"},
		{"Server.ScheduledStop: x", ERR_TRANSIENT, false, "was ended by EC2"},
		{"Client.UserInitiatedShutdown: User initiated shutdown", ERR_FATAL, false,
			"was ended by somebody"},
		{"Client.InstanceInitiatedShutdown: Instance initiated shutdown", ERR_FATAL, true,
			"shut itself down"},
		{"Client.InternalError: Client error on launch", ERR_FATAL, true,
			"could not be started"},
		{"Client.InvalidSnapshot.NotFound: x", ERR_CONFIG, true,
			"has no snapshot to start from"},
		{"Client.VolumeLimitExceeded: Volume limit exceeded", ERR_QUOTA, false,
			"exceeded the account's volume quota"},
		{"Something.New: x", ERR_FATAL, true, "ended"},
		{"", ERR_FATAL, true, "ended"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		enum err_class class = ERR_NONE;
		const char *what = NULL;
		bool blame = false;

		lost_judge(t[i].reason, &class, &blame, &what);
		ck_assert_msg(class == t[i].class && blame == t[i].blame, "%s", t[i].reason);
		ck_assert_str_eq(what, t[i].what);
	}
}
END_TEST

START_TEST(what_a_closed_group_says)
{
	char partition[] = "aws", hpc[] = "hpc";
	struct conf_group group = {.partition = partition, .name = hpc};
	struct health health = {.failures = 3,
		.closed_ms = 1,
		.until_ms = 1763800000000,
		.reason = "node aws-hpc-0 did not register within 600 s (ResumeTimeout)"};
	char name[PROTECT_NAME_SIZE], words[512];

	setenv("TZ", "UTC", 1);
	ck_assert_str_eq(protect_name(&group, name), "aws-hpc");
	ck_assert_str_eq(protect_words(&group, &health, words, sizeof(words)),
		"node group aws-hpc is closed after 3 boots in a row failed (last: node aws-hpc-0 "
		"did not register within 600 s (ResumeTimeout)) until 08:26:40; open it now by "
		"aws-slurm-burst open aws-hpc");
	health.failures = 1;
	protect_words(&group, &health, words, sizeof(words));
	ck_assert_ptr_nonnull(strstr(words, "after 1 boot in a row failed"));
	/* cut, never over */
	ck_assert_uint_eq(strlen(protect_words(&group, &health, words, 20)), 19);
}
END_TEST

START_TEST(many_boots_look_seldom)
{
	ck_assert_int_eq(boot_look_ms(0), 15000);
	ck_assert_int_eq(boot_look_ms(1), 15000);
	ck_assert_int_eq(boot_look_ms(75), 15000);
	/* whatever their number, not more than five looks a second together */
	for (size_t n = 1; n < 5000; n++)
		ck_assert(n * 1000 <= 5 * (size_t)boot_look_ms(n));
}
END_TEST

START_TEST(who_is_told_to_go_after_its_job)
{
	static const struct {
		struct node_facts node;
		bool anothers, has_job;
		const char *why_not; /* NULL: it is told */
	} t[] = {
		{{.allocated = true, .registered = true}, false, true, NULL},
		{{.allocated = true, .registered = true}, false, false, NULL},
		/* its job is over: it goes at once, as it should */
		{{.idle = true, .registered = true}, false, false, NULL},
		/* slurmctld would power it down under a job that is CONFIGURING there */
		{{.idle = true, .registered = true}, false, true,
			"slurmctld takes it for idle, though a job has it"},
		{{.allocated = true, .registered = true}, true, true, "another gang has it now"},
		{{.idle = true, .registered = true}, true, false, "another gang has it now"},
		/* it would go through powering down once more, with the job that has just got it */
		{{.allocated = true, .powered_down = true}, false, true, "it is powered down"},
		{{.idle = true, .powered_down = true}, false, false, "it is powered down"},
		{{.idle = true, .powering_down = true}, false, false, "it is powered down"},
		/* EC2 takes back what is booting still */
		{{.allocated = true, .powering_up = true}, false, true, NULL},
		{{.allocated = true, .powering_up = true, .powered_down = true}, false, true, NULL},
		{{.completing = true, .idle = true}, false, false, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const char *why_not = leave_why_not(&t[i].node, t[i].anothers, t[i].has_job);

		ck_assert_msg(!why_not == !t[i].why_not, "%zu: %s", i, why_not ? why_not : "told");
		if (why_not)
			ck_assert_str_eq(why_not, t[i].why_not);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot");
	TCase *tc = tcase_create("boot");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, the_consoles_last_lines);
	tcase_add_test(tc, a_console_of_one_endless_line);
	tcase_add_test(tc, what_ec2s_reasons_mean);
	tcase_add_test(tc, what_a_closed_group_says);
	tcase_add_test(tc, many_boots_look_seldom);
	tcase_add_test(tc, who_is_told_to_go_after_its_job);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
