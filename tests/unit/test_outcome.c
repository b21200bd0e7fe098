/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/outcome.h"

static const struct {
	enum err_class class;
	bool next_pool, same_again;
	enum outcome_scope scope;
	bool person, counts;
	const char *advice; /* a part of it; "": has none */
} rows[] = {
	{ERR_NONE, false, false, SCOPE_NONE, false, false, ""},
	{ERR_USAGE, false, false, SCOPE_NONE, true, true, ""},
	{ERR_CONFIG, false, false, SCOPE_NONE, true, true, ""},
	{ERR_AUTH, false, false, SCOPE_NONE, false, true, "administrator must see to"},
	{ERR_CLOCK, false, false, SCOPE_NONE, false, true, "clock right"},
	{ERR_TRANSIENT, false, true, SCOPE_NONE, false, true, "out of order"},
	{ERR_THROTTLE, false, true, SCOPE_NONE, false, false, "more requests than AWS takes"},
	{ERR_CONSISTENCY, false, true, SCOPE_NONE, false, true, ""},
	{ERR_CAPACITY, true, false, SCOPE_POOL, false, true, "more allowed instance types"},
	{ERR_ADDRESS, true, false, SCOPE_SUBNET, false, true, "allow another one"},
	{ERR_QUOTA, true, false, SCOPE_FAMILY, false, true,
		"ask AWS for a higher quota or use fewer nodes"},
	{ERR_BUDGET, false, false, SCOPE_NONE, true, true, ""},
	{ERR_NOTFOUND, false, false, SCOPE_NONE, false, true, ""},
	{ERR_BUSY, false, true, SCOPE_NONE, false, false, ""},
	{ERR_FATAL, false, false, SCOPE_NONE, false, true, "log"},
};

START_TEST(every_class)
{
	const struct outcome_rule *rule = outcome_of(rows[_i].class);

	ck_assert_int_eq(rule->class, rows[_i].class);
	ck_assert_str_eq(rule->name, err_class_name(rows[_i].class));
	ck_assert_int_eq(rule->next_pool, rows[_i].next_pool);
	ck_assert_int_eq(rule->same_again, rows[_i].same_again);
	ck_assert_int_eq(rule->scope, rows[_i].scope);
	ck_assert_int_eq(rule->person, rows[_i].person);
	ck_assert_int_eq(rule->counts, rows[_i].counts);
	if (*rows[_i].advice)
		ck_assert_msg(strstr(rule->advice, rows[_i].advice), "%s", rule->advice);
	else
		ck_assert_str_eq(rule->advice, "");
	/* what holds of all */
	ck_assert(!rule->person || (!rule->next_pool && !rule->same_again));
	ck_assert(rule->next_pool == (rule->scope != SCOPE_NONE));
	ck_assert(!(rule->next_pool && rule->same_again));
	/* only the lack of capacity is worded as such */
	ck_assert(rule->class == ERR_CAPACITY || !strstr(rule->advice, "capacity"));
	ck_assert_int_ge(rule->delay_s, 0);
	ck_assert(!rule->delay_max_s || rule->delay_max_s >= rule->delay_s);
}
END_TEST

START_TEST(unknown_classes)
{
	ck_assert_uint_eq(ARRAY_SIZE(rows), ERR_FATAL + 1);
	ck_assert_int_eq(outcome_of((enum err_class)(ERR_FATAL + 1))->class, ERR_FATAL);
	ck_assert_int_eq(outcome_of((enum err_class) - 1)->class, ERR_FATAL);
}
END_TEST

START_TEST(scopes_by_code)
{
	static const struct {
		enum err_class class;
		const char *code;
		enum outcome_scope scope;
	} t[] = {
		{ERR_CAPACITY, NULL, SCOPE_POOL},
		{ERR_CAPACITY, "", SCOPE_POOL},
		{ERR_CAPACITY, "InsufficientInstanceCapacity", SCOPE_POOL},
		{ERR_CAPACITY, "ReservationCapacityExceeded", SCOPE_NONE},
		{ERR_ADDRESS, "InsufficientFreeAddressesInSubnet", SCOPE_SUBNET},
		{ERR_QUOTA, "", SCOPE_FAMILY},
		{ERR_QUOTA, "VcpuLimitExceeded", SCOPE_FAMILY},
		{ERR_QUOTA, "InstanceLimitExceeded", SCOPE_FAMILY},
		{ERR_QUOTA, "MaxSpotInstanceCountExceeded", SCOPE_FAMILY},
		{ERR_QUOTA, "PlacementGroupLimitExceeded", SCOPE_NONE},
		{ERR_QUOTA, "NetworkInterfaceLimitExceeded", SCOPE_NONE},
		{ERR_QUOTA, "PendingVerification", SCOPE_NONE},
		{ERR_THROTTLE, "RequestLimitExceeded", SCOPE_NONE},
		{ERR_FATAL, "VcpuLimitExceeded", SCOPE_NONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(outcome_scope_of(outcome_of(t[i].class), t[i].code) == t[i].scope,
			"%zu", i);
}
END_TEST

START_TEST(delays)
{
	static const struct {
		enum err_class class;
		int64_t first_s, max_s;
		unsigned attempts;
		uint32_t random;
		int64_t delay_s;
	} t[] = {
		{ERR_CAPACITY, 60, 3600, 0, 7, 60},
		{ERR_CAPACITY, 60, 3600, 1, 7, 60},
		{ERR_CAPACITY, 60, 3600, 2, 7, 120},
		{ERR_CAPACITY, 60, 3600, 6, 7, 1920},
		{ERR_CAPACITY, 60, 3600, 7, 7, 3600},
		{ERR_CAPACITY, 60, 3600, 4000000000U, 7, 3600},
		{ERR_CAPACITY, 7200, 3600, 9, 7, 7200}, /* who asks for so much gets it */
		{ERR_CAPACITY, 0, 3600, 1, 7, 1},
		{ERR_CAPACITY, -5, -5, 3, 7, 1},
		{ERR_CAPACITY, INT64_MAX / 2 + 1, INT64_MAX, 3, 7, INT64_MAX},
		{ERR_QUOTA, 60, 3600, 1, 7, 600},
		{ERR_QUOTA, 60, 3600, 3, 7, 2400},
		{ERR_QUOTA, 60, 3600, 4, 7, 3600},
		{ERR_AUTH, 60, 3600, 2, 7, 600},
		{ERR_CLOCK, 60, 200, 2, 7, 300},
		{ERR_TRANSIENT, 60, 3600, 1, 0, 1},
		{ERR_TRANSIENT, 60, 3600, 1, 59, 60},
		{ERR_TRANSIENT, 60, 3600, 1, 60, 1},
		{ERR_TRANSIENT, 60, 3600, 2, 119, 120},
		{ERR_THROTTLE, 900, 3600, 1, 59, 60}, /* its own times */
		{ERR_THROTTLE, 900, 3600, 9, 599, 600},
		{ERR_THROTTLE, 900, 3600, 9, 600, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t delay_s = outcome_delay_s(outcome_of(t[i].class), t[i].first_s, t[i].max_s,
			t[i].attempts, t[i].random);

		ck_assert_msg(delay_s == t[i].delay_s, "%zu: %lld", i, (long long)delay_s);
	}
}
END_TEST

/* Never under a second nor over the maximum, and without jitter never less for one more failure. */
START_TEST(delays_grow)
{
	for (int class = ERR_NONE; class <= ERR_FATAL + 1; class ++) {
		const struct outcome_rule *rule = outcome_of((enum err_class) class);
		int64_t before = 0;

		for (unsigned attempts = 0; attempts < 70; attempts++) {
			int64_t delay_s = outcome_delay_s(
				rule, 45, 5000, attempts, attempts * 2654435761U);

			ck_assert_int_ge(delay_s, 1);
			ck_assert_int_le(delay_s, rule->delay_max_s ? rule->delay_max_s : 5000);
			ck_assert(rule->jitter || delay_s >= before);
			before = delay_s;
		}
	}
}
END_TEST

#define ICE                                                                                        \
	"We currently do not have sufficient p4d.24xlarge capacity in the Availability Zone you "  \
	"requested (us-east-1d). Our system will be working on provisioning additional capacity. " \
	"You can currently get p4d.24xlarge capacity by not specifying an Availability Zone in "   \
	"your request or choosing "

static const struct {
	const char *message, *azs;
	size_t max; /* 0: 4 */
} hints[] = {
	{ICE "us-east-1a, us-east-1b.", "us-east-1a us-east-1b "},
	{ICE "us-east-1a.", "us-east-1a "},
	{ICE "us-east-1a", "us-east-1a "},
	{ICE "us-east-1a, us-east-1b, us-east-1c, us-east-1e, us-east-1f.",
		"us-east-1a us-east-1b us-east-1c us-east-1e "},
	{ICE "us-east-1a, us-east-1b.", "us-east-1a ", 1},
	{ICE "us-east-1a or us-east-1b.", "us-east-1a us-east-1b "},
	{ICE "us-east-1a, and us-east-1b.", "us-east-1a us-east-1b "},
	/* not the one that has none, none twice */
	{ICE "us-east-1d, us-east-1b.", "us-east-1b "},
	{ICE "us-east-1a, us-east-1a, us-east-1b.", "us-east-1a us-east-1b "},
	{"none in (us-east-1c, us-east-1d) choosing us-east-1d, us-east-1c, us-east-1a.",
		"us-east-1a "},
	{"choosing us-west-2-lax-1a, us-gov-west-1b.", "us-west-2-lax-1a us-gov-west-1b "},
	/* nothing is offered */
	{"We currently do not have sufficient p4d.24xlarge capacity in the Availability Zone you "
	 "requested (us-east-1d).",
		""},
	{ICE, ""},
	{"", ""},
	{NULL, ""},
	/* what is no AZ ends it */
	{ICE "another type.", ""},
	{ICE "us-east-1a, nonsense, us-east-1b.", "us-east-1a "},
	{ICE "us-east-1.", ""},
	{ICE "1a-1a.", ""},
	{ICE "a1a.", ""},
	{ICE "us-east-1a$(reboot), us-east-1b.", "us-east-1a "},
	{ICE "us-east-1A.", ""},
	{ICE "us-aaaaaaaaaaaaaaaaaaaaaaaaaaa-1a.", ""},
	{ICE "us-aaaaaaaaaaaaaaaaaaaaaaaaa-1a.", "us-aaaaaaaaaaaaaaaaaaaaaaaaa-1a "},
	{ICE "or or or or us-east-1b.", "us-east-1b "},
	{ICE "or", ""},
};

START_TEST(hints_are_read)
{
	size_t max = hints[_i].max ? hints[_i].max : 4;
	char azs[5][OUTCOME_AZ_SIZE] = {"", "", "", "", "mine"};
	char text[512] = "";
	size_t len = 0, n;

	n = outcome_hint_azs(hints[_i].message, azs, max);
	ck_assert_uint_le(n, max);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", azs[i]);
	ck_assert_msg(strcmp(text, hints[_i].azs) == 0, "%d: %s", _i, text);
	ck_assert_str_eq(azs[4], "mine");
	ck_assert_uint_eq(outcome_hint_azs(hints[_i].message, azs, 0), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outcome");
	TCase *tc = tcase_create("outcome");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, every_class, 0, ARRAY_SIZE(rows));
	tcase_add_test(tc, unknown_classes);
	tcase_add_test(tc, scopes_by_code);
	tcase_add_test(tc, delays);
	tcase_add_test(tc, delays_grow);
	tcase_add_loop_test(tc, hints_are_read, 0, ARRAY_SIZE(hints));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
