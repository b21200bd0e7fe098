/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/marks.h"

#define C5  "c5.18xlarge"
#define C5N "c5n.18xlarge"
#define P5  "p5.48xlarge"

/* One pool that failed, and what that says of a choice asked for afterwards. */
static const struct {
	const char *name;
	struct plan_pool pool;
	enum outcome_scope scope;
	enum market market;
	bool grouped;
	unsigned place;
	struct {
		const char *type, *subnet, *az, *reservation;
		enum market market;
		bool grouped;
		unsigned place;
	} asked;
	bool tried;
} t[] = {
#define POOL(t, s, z, ...)                                                                         \
	{                                                                                          \
		.type = t, .subnet = s, .az = z, __VA_ARGS__                                       \
	}
	{"the same", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 1,
		{C5, "s-1", "a", NULL, MARKET_SPOT, true, 1}, true},
	{"the zone's other subnet", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 0,
		{C5, "s-2", "a", NULL, MARKET_SPOT, true, 0}, true},
	{"another type", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 0,
		{C5N, "s-1", "a", NULL, MARKET_SPOT, true, 0}, false},
	{"another zone", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 0,
		{C5, "s-2", "b", NULL, MARKET_SPOT, true, 0}, false},
	{"another market", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 0,
		{C5, "s-1", "a", NULL, MARKET_ON_DEMAND, true, 0}, false},
	{"a mixed gang needs spot", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 0,
		{C5, "s-1", "a", NULL, MARKET_MIXED, true, 0}, true},
	{"a mixed gang needs on-demand", POOL(C5, "s-1", "a"), SCOPE_FAMILY, MARKET_ON_DEMAND, true,
		0, {C5N, "s-1", "a", NULL, MARKET_MIXED, true, 0}, true},
	{"of a mixed one is not known which", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_MIXED, true,
		0, {C5, "s-1", "a", NULL, MARKET_SPOT, true, 0}, false},
	{"another region", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 0,
		{C5, "s-1", "a", NULL, MARKET_SPOT, true, 1}, false},
	{"in a group says nothing without", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, true, 0,
		{C5, "s-1", "a", NULL, MARKET_SPOT, false, 0}, false},
	{"without a group speaks for both", POOL(C5, "s-1", "a"), SCOPE_POOL, MARKET_SPOT, false, 0,
		{C5, "s-1", "a", NULL, MARKET_SPOT, true, 0}, true},
	{"no zone known: the subnet", POOL(C5, "s-1", ""), SCOPE_POOL, MARKET_SPOT, false, 0,
		{C5, "s-1", "", NULL, MARKET_SPOT, false, 0}, true},
	{"no zone known: another subnet", POOL(C5, "s-1", ""), SCOPE_POOL, MARKET_SPOT, false, 0,
		{C5, "s-2", "", NULL, MARKET_SPOT, false, 0}, false},
	{"what nobody remembers is this start's pool", POOL(C5, "s-1", "a"), SCOPE_NONE,
		MARKET_SPOT, false, 0, {C5, "s-1", "a", NULL, MARKET_SPOT, false, 0}, true},
	{"a full subnet: every type in it", POOL(C5, "s-1", "a"), SCOPE_SUBNET, MARKET_SPOT, false,
		0, {C5N, "s-1", "a", NULL, MARKET_SPOT, true, 0}, true},
	{"a full subnet: not the zone's other", POOL(C5, "s-1", "a"), SCOPE_SUBNET, MARKET_SPOT,
		false, 0, {C5, "s-2", "a", NULL, MARKET_SPOT, false, 0}, false},
	{"a quota: the family's other types", POOL(C5, "s-1", "a"), SCOPE_FAMILY, MARKET_SPOT, true,
		0, {C5N, "s-2", "b", NULL, MARKET_SPOT, false, 0}, true},
	{"a quota: not another family", POOL(C5, "s-1", "a"), SCOPE_FAMILY, MARKET_SPOT, true, 0,
		{P5, "s-1", "a", NULL, MARKET_SPOT, true, 0}, false},
	{"a reservation says nothing of the market", POOL(P5, "s-1", "a", .reservation = "cr-1"),
		SCOPE_POOL, MARKET_ON_DEMAND, false, 0,
		{P5, "s-1", "a", NULL, MARKET_ON_DEMAND, false, 0}, false},
	{"the market says nothing of a reservation", POOL(P5, "s-1", "a"), SCOPE_POOL,
		MARKET_ON_DEMAND, false, 0, {P5, "s-1", "a", "cr-1", MARKET_ON_DEMAND, false, 0},
		false},
	{"a reservation, whatever the step's market", POOL(P5, "s-1", "a", .reservation = "cr-1"),
		SCOPE_POOL, MARKET_ON_DEMAND, false, 0,
		{P5, "s-1", "a", "cr-1", MARKET_SPOT, false, 0}, true},
	{"a quota does not count for what is reserved", POOL(P5, "s-1", "a", .reservation = "cr-1"),
		SCOPE_FAMILY, MARKET_ON_DEMAND, false, 0,
		{P5, "s-1", "a", "cr-1", MARKET_ON_DEMAND, false, 0}, false},
#undef POOL
};

START_TEST(speaks_for)
{
	struct plan plan = {.market = t[_i].market,
		.strategy = t[_i].grouped ? PLACEMENT_CLUSTER : PLACEMENT_NONE};
	struct plan_choice choice = {.type = t[_i].asked.type,
		.subnet = t[_i].asked.subnet,
		.az = t[_i].asked.az,
		.reservation = t[_i].asked.reservation,
		.tried = !t[_i].tried, /* of an earlier step: rewritten */
		.tried_why = "old"};
	CLEANUP(marks_release) struct marks marks = {0};
	struct err err = {0};
	struct mark mark;

	mark_pool(&mark, t[_i].place, &plan, &t[_i].pool, t[_i].scope, "Code");
	ck_assert_int_eq(marks_add(&marks, &mark, &err), 0);
	marks_apply(&marks, t[_i].asked.place, t[_i].asked.market, t[_i].asked.grouped, &choice, 1);
	ck_assert_msg(choice.tried == t[_i].tried, "%s", t[_i].name);
	if (t[_i].tried)
		ck_assert_str_eq(choice.tried_why, "Code");
	else
		ck_assert_ptr_null(choice.tried_why);
}
END_TEST

START_TEST(codes)
{
	struct plan plan = {.market = MARKET_SPOT};
	struct plan_pool pool = {.type = C5, .subnet = "s-1", .az = "a"};
	char longest[200];
	struct mark mark;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	mark_pool(&mark, 0, &plan, &pool, SCOPE_POOL, longest);
	ck_assert_uint_eq(strlen(mark.code), sizeof(mark.code) - 1);
	mark_pool(&mark, 0, &plan, &pool, SCOPE_POOL, "");
	ck_assert_str_eq(mark.code, "no reason given");
	mark_pool(&mark, 0, &plan, &pool, SCOPE_POOL, NULL);
	ck_assert_str_eq(mark.code, "no reason given");
}
END_TEST

/* More than the first piece of memory holds; the first that speaks is told. */
START_TEST(many)
{
	struct plan plan = {.market = MARKET_ON_DEMAND};
	struct plan_pool pool = {.type = C5, .subnet = "s-1", .az = "a"};
	struct plan_choice choice = {.type = C5, .subnet = "s-1", .az = "a"};
	CLEANUP(marks_release) struct marks marks = {0};
	struct err err = {0};

	for (unsigned place = 0; place < 40; place++) {
		struct mark mark;
		char code[16];

		snprintf(code, sizeof(code), "of %u", place);
		mark_pool(&mark, place, &plan, &pool, SCOPE_POOL, code);
		ck_assert_int_eq(marks_add(&marks, &mark, &err), 0);
	}
	ck_assert_uint_eq(marks.n, 40);
	marks_apply(&marks, 39, MARKET_ON_DEMAND, false, &choice, 1);
	ck_assert_str_eq(choice.tried_why, "of 39");
	marks_release(&marks);
	marks_apply(&marks, 39, MARKET_ON_DEMAND, false, &choice, 1);
	ck_assert(!choice.tried);
}
END_TEST

START_TEST(hints)
{
	struct plan_choice choices[] = {{.type = C5, .subnet = "s-1", .az = "us-east-2a"},
		{.type = C5, .subnet = "s-2", .az = "us-east-2b"}};
	CLEANUP(marks_release) struct marks marks = {0};

	marks_hint(&marks, "You can get capacity by choosing us-east-2b, us-east-2c.");
	marks_hint(&marks, "You can get capacity by choosing us-east-2b.");
	ck_assert_uint_eq(marks.nhints, 2);
	marks_apply(&marks, 0, MARKET_SPOT, false, choices, 2);
	ck_assert(!choices[0].hinted && choices[1].hinted);
	for (char region = 'a'; region <= 'z'; region++) {
		char text[] = "choosing ?x-east-1a, ?x-east-1b.";

		text[9] = text[21] = region;
		marks_hint(&marks, text);
	}
	ck_assert_uint_eq(marks.nhints, MARKS_HINTS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("marks");
	TCase *tc = tcase_create("marks");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, speaks_for, 0, ARRAY_SIZE(t));
	tcase_add_test(tc, codes);
	tcase_add_test(tc, many);
	tcase_add_test(tc, hints);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
