/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/plan/candidate.h"
#include "lib/plan/ladder.h"
#include "lib/plan/marks.h"

#define A "us-east-2a"
#define B "us-east-2b"

#define SPOT_TO_OD (1 << 0)
#define DROP_GROUP (1 << 1)
#define DROP_EFA   (1 << 2)
#define RESERVED   (1 << 3)
#define ALL        (SPOT_TO_OD | DROP_GROUP | DROP_EFA | RESERVED)

static struct ladder_rules rules_of(unsigned bits, unsigned nplaces)
{
	return (struct ladder_rules){
		.spot_to_on_demand = bits & SPOT_TO_OD,
		.drop_group = bits & DROP_GROUP,
		.drop_efa = bits & DROP_EFA,
		.reservations = bits & RESERVED,
		.nplaces = nplaces,
	};
}

static struct plan_request base_of(enum efa_mode efa, enum market market)
{
	return (struct plan_request){
		.nodes = 4,
		.gang = true,
		.efa = efa,
		.market = market,
		.group_threshold = 2,
		.time_limit_s = 3600,
		.region = "us-east-2",
	};
}

/*
 * The steps of the first pass, each as "[place] [r]eservation|[s]pot|[o]n-demand [-g][-e]"; the
 * second pass is the same.
 */
static const struct {
	const char *name;
	enum efa_mode efa;
	enum market market;
	unsigned rules, nplaces;
	bool single, always;
	const char *steps;
} orders[] = {
	{"nothing allowed", EFA_PREFERRED, MARKET_SPOT, 0, 1, false, false, "0s "},
	{"no place given", EFA_PREFERRED, MARKET_SPOT, 0, 0, false, false, "0s "},
	{"spot, then on-demand", EFA_REQUIRED, MARKET_SPOT, SPOT_TO_OD, 1, false, false, "0s 0o "},
	{"mixed alone", EFA_REQUIRED, MARKET_MIXED, 0, 1, false, false, "0m "},
	{"mixed, then on-demand", EFA_PREFERRED, MARKET_MIXED, SPOT_TO_OD | DROP_GROUP, 1, false,
		false, "0m 0o 0m-g 0o-g "},
	{"on-demand already", EFA_REQUIRED, MARKET_ON_DEMAND, SPOT_TO_OD, 1, false, false, "0o "},
	{"the group goes", EFA_PREFERRED, MARKET_SPOT, SPOT_TO_OD | DROP_GROUP, 1, false, false,
		"0s 0o 0s-g 0o-g "},
	{"no group wanted", EFA_PREFERRED, MARKET_SPOT, SPOT_TO_OD | DROP_GROUP, 1, true, false,
		"0s 0o "},
	{"a forced group stays", EFA_PREFERRED, MARKET_ON_DEMAND, DROP_GROUP, 1, false, true,
		"0o "},
	{"then EFA", EFA_PREFERRED, MARKET_SPOT, SPOT_TO_OD | DROP_GROUP | DROP_EFA, 1, false,
		false, "0s 0o 0s-g 0o-g 0s-e 0o-e 0s-g-e 0o-g-e "},
	{"EFA with a forced group", EFA_OPTIONAL, MARKET_ON_DEMAND, DROP_GROUP | DROP_EFA, 1, false,
		true, "0o 0o-e "},
	{"no EFA wanted", EFA_DISABLED, MARKET_ON_DEMAND, DROP_GROUP | DROP_EFA, 1, false, false,
		"0o 0o-g "},
	{"required keeps both", EFA_REQUIRED, MARKET_ON_DEMAND, DROP_GROUP | DROP_EFA, 2, false,
		false, "0o 1o "},
	{"then the next region", EFA_PREFERRED, MARKET_ON_DEMAND, DROP_EFA, 3, false, false,
		"0o 0o-e 1o 1o-e 2o 2o-e "},
	{"reservations first, of all regions", EFA_PREFERRED, MARKET_SPOT, ALL, 2, false, false,
		"0r 0r-g 1r 1r-g "
		"0s 0o 0s-g 0o-g 0s-e 0o-e 0s-g-e 0o-g-e "
		"1s 1o 1s-g 1o-g 1s-e 1o-e 1s-g-e 1o-g-e "},
	{"reservations and required", EFA_REQUIRED, MARKET_SPOT, ALL, 1, false, false, "0r 0s 0o "},
};

static void put_step(const struct ladder_step *step, struct strbuf *sb)
{
	char market = "osm"[step->market];

	strbuf_addf(sb, "%u%c%s%s ", step->place, step->reservation ? 'r' : market,
		step->no_group ? "-g" : "", step->no_efa ? "-e" : "");
}

START_TEST(ladder_order)
{
	struct ladder_rules rules = rules_of(orders[_i].rules, orders[_i].nplaces);
	struct plan_request base = base_of(orders[_i].efa, orders[_i].market);
	struct strbuf passes[2] = {STRBUF_INIT, STRBUF_INIT};
	struct ladder_step step;

	base.gang = !orders[_i].single;
	base.group_always = orders[_i].always;
	ladder_first(&rules, &base, &step);
	do {
		put_step(&step, &passes[step.recent]);
	} while (ladder_next(&rules, &base, &step));
	ck_assert_msg(strcmp(passes[0].buf, orders[_i].steps) == 0, "%s: %s", orders[_i].name,
		passes[0].buf);
	ck_assert_str_eq(passes[1].buf, orders[_i].steps);
	strbuf_release(&passes[0]);
	strbuf_release(&passes[1]);
}
END_TEST

/* Spot was taken from the job too often: it is not asked for again, if something else may be. */
START_TEST(interrupted_too_often)
{
	static const struct {
		unsigned rules, interrupted;
		enum market market;
		const char *steps;
	} rows[] = {
		{SPOT_TO_OD, 0, MARKET_SPOT, "0s 0o "},
		{SPOT_TO_OD, 2, MARKET_SPOT, "0o "},
		{SPOT_TO_OD | DROP_GROUP, 1, MARKET_SPOT, "0o 0o-g "},
		{0, 2, MARKET_SPOT, "0s "},
		{SPOT_TO_OD, 2, MARKET_ON_DEMAND, "0o "},
		{ALL, 2, MARKET_SPOT, "0r 0r-g 0o 0o-g 0o-e 0o-g-e "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ladder_rules rules = rules_of(rows[i].rules, 1);
		struct plan_request base = base_of(EFA_PREFERRED, rows[i].market);
		struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
		struct ladder_step step;

		base.gang = true;
		base.interrupted = rows[i].interrupted;
		ladder_first(&rules, &base, &step);
		do {
			put_step(&step, step.recent ? &second : &first);
		} while (ladder_next(&rules, &base, &step));
		ck_assert_str_eq(first.buf, rows[i].steps);
		ck_assert_str_eq(second.buf, rows[i].steps);
		strbuf_release(&first);
		strbuf_release(&second);
	}
}
END_TEST

#define STEPS_MAX 256

static bool same_step(const struct ladder_step *a, const struct ladder_step *b)
{
	return a->recent == b->recent && a->place == b->place && a->reservation == b->reservation &&
	       a->market == b->market && a->no_group == b->no_group && a->no_efa == b->no_efa;
}

static void check_step(const struct ladder_rules *rules, const struct plan_request *base,
	const struct ladder_step *steps, size_t n)
{
	const struct ladder_step *step = &steps[n];
	const struct ladder_step *before = n ? &steps[n - 1] : NULL;
	bool group = base->gang && !base->no_group &&
		     (base->group_always ||
			     (base->group_threshold && base->nodes >= base->group_threshold));
	struct plan_request request;
	struct err err = {0};

	for (size_t i = 0; i < n; i++)
		ck_assert(!same_step(&steps[i], step));
	/* what the request does without comes back in no step */
	ck_assert(step->no_efa >= base->no_efa && step->no_group >= base->no_group);
	/* what is forbidden, and what would make no difference */
	if (!base->no_efa && step->no_efa)
		ck_assert(rules->drop_efa && base->efa != EFA_REQUIRED &&
			  base->efa != EFA_DISABLED && !step->reservation);
	if (!base->no_group && step->no_group)
		ck_assert(rules->drop_group && base->efa != EFA_REQUIRED && !base->group_always &&
			  group);
	ck_assert(!step->reservation || rules->reservations);
	if (!step->reservation && step->market != base->market)
		ck_assert(rules->spot_to_on_demand && step->market == MARKET_ON_DEMAND);
	ck_assert(step->place == 0 || step->place < rules->nplaces);
	/* the order */
	if (before) {
		ck_assert(!before->recent || step->recent);
		if (before->recent == step->recent) {
			ck_assert(before->reservation || !step->reservation);
			ck_assert(before->reservation != step->reservation ||
				  before->place <= step->place);
		}
	} else {
		ck_assert(!step->recent && step->place == 0);
		ck_assert(step->reservation == rules->reservations);
	}
	/* a request that plan_make() takes, with nothing else changed */
	ladder_apply(step, base, &request);
	ck_assert(request.market == step->market && request.no_group == step->no_group &&
		  request.no_efa == step->no_efa && request.recent_too == step->recent &&
		  request.reserved_only == step->reservation);
	ck_assert(request.nodes == base->nodes && request.efa == base->efa &&
		  request.gang == base->gang && request.region == base->region);
	ck_assert_ptr_null(plan_reasons(&request, &err));
	ck_assert_str_eq(err.text, "the node group allows no instance type");
}

static void check_ladder(const struct ladder_rules *rules, const struct plan_request *base)
{
	struct ladder_step steps[STEPS_MAX];
	size_t n = 0, recent = 0;

	ladder_first(rules, base, &steps[0]);
	for (;;) {
		struct ladder_step last;

		check_step(rules, base, steps, n);
		recent += steps[n].recent;
		ck_assert_uint_lt(n + 1, STEPS_MAX);
		steps[n + 1] = steps[n];
		last = steps[n];
		n++;
		if (!ladder_next(rules, base, &steps[n])) {
			ck_assert(same_step(&last, &steps[n]));
			break;
		}
	}
	/* both passes are the same, and neither is without a step of the market */
	ck_assert_uint_eq(2 * recent, n);
	for (size_t i = 0; i < recent; i++) {
		struct ladder_step step = steps[i];

		step.recent = true;
		ck_assert(same_step(&step, &steps[recent + i]));
	}
	ck_assert(!steps[n - 1].reservation);
}

/* All combinations of rules and of what they look at. */
START_TEST(ladder_properties)
{
	for (unsigned bits = 0; bits < 1U << 9; bits++) {
		for (unsigned i = 0; i < 4 * 4 * 3; i++) {
			struct ladder_rules rules = rules_of(bits & ALL, i % 4);
			struct plan_request base = base_of(EFA_DISABLED + i / 4 % 4,
				bits & (1 << 4) ? MARKET_SPOT : MARKET_ON_DEMAND);

			base.gang = bits & (1 << 5);
			base.group_always = bits & (1 << 6);
			base.group_threshold = i / 16 * 4; /* never, met, not met */
			base.no_efa = bits & (1 << 7) && base.efa != EFA_REQUIRED;
			base.no_group = bits & (1 << 8) && base.efa != EFA_REQUIRED &&
					!base.group_always;
			check_ladder(&rules, &base);
		}
	}
}
END_TEST

START_TEST(described)
{
	static const struct {
		struct ladder_step step;
		const char *region, *text;
	} t[] = {
		{{.market = MARKET_ON_DEMAND}, NULL, "on-demand"},
		{{.market = MARKET_SPOT}, "", "spot"},
		{{.market = MARKET_ON_DEMAND, .no_group = true}, NULL,
			"on-demand, without placement group"},
		{{.market = MARKET_SPOT,
			 .no_group = true,
			 .no_efa = true,
			 .place = 1,
			 .recent = true},
			"us-west-2",
			"spot, without placement group, without EFA, in us-west-2, also what "
			"failed recently"},
		{{.reservation = true}, NULL, "reserved capacity"},
	};
	char buf[LADDER_TEXT_SIZE], small[8];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_str_eq(
			ladder_describe(&t[i].step, t[i].region, buf, sizeof(buf)), t[i].text);
	ck_assert_str_eq(ladder_describe(&t[0].step, NULL, small, sizeof(small)), "on-dema");
}
END_TEST

/* A whole start in which nothing comes: what EC2 is asked, a line per launch. */
static void nothing_comes(const struct ladder_rules *rules, const struct plan_request *base,
	struct plan_choice *choices, size_t n, struct strbuf *sb)
{
	CLEANUP(marks_release) struct marks marks = {0};
	struct ladder_step step;
	struct err err = {0};

	ladder_first(rules, base, &step);
	do {
		struct plan_request request;

		ladder_apply(&step, base, &request);
		request.choices = choices;
		request.nchoices = n;
		for (;;) {
			CLEANUP(plan_release) struct plan plan = {0};

			marks_apply(&marks, step.place, step.market, request_wants_group(&request),
				choices, n);
			if (plan_make(&request, &plan, &err) < 0) {
				ck_assert_int_eq(err.class, ERR_CAPACITY);
				break;
			}
			strbuf_addf(sb, "%u %s%s%s:", step.place,
				plan.market == MARKET_SPOT ? "spot" : "od", plan.efa ? " efa" : "",
				plan.cluster_group ? " group" : "");
			for (size_t i = 0; i < plan.npools; i++) {
				struct mark mark;

				strbuf_addf(sb, " %s@%s", plan.pools[i].type, plan.pools[i].subnet);
				if (plan.pools[i].reservation)
					strbuf_addf(sb, "/%s", plan.pools[i].reservation);
				mark_pool(&mark, step.place, &plan, &plan.pools[i], SCOPE_POOL,
					"InsufficientInstanceCapacity");
				ck_assert_int_eq(marks_add(&marks, &mark, &err), 0);
			}
			strbuf_addch(sb, '\n');
			ck_assert_uint_lt(sb->len, 4000);
		}
	} while (ladder_next(rules, base, &step));
}

#define C(t, s, z) .type = t, .subnet = s, .az = z, .free_addresses = -1, .price_uusd_hr = -1

static const struct {
	const char *name;
	enum efa_mode efa;
	enum market market;
	unsigned rules, nplaces;
	struct plan_choice choices[4];
	const char *launches;
} starts[] = {
	{"all types of EFA: without it nothing new comes", EFA_PREFERRED, MARKET_ON_DEMAND,
		DROP_GROUP | DROP_EFA, 1,
		{{C("c5n.18xlarge", "s-a", A)}, {C("hpc6a.48xlarge", "s-b", B)}},
		"0 od efa group: c5n.18xlarge@s-a hpc6a.48xlarge@s-b\n"
		"0 od efa: c5n.18xlarge@s-a hpc6a.48xlarge@s-b\n"},
	{"no type has EFA: its steps are none", EFA_PREFERRED, MARKET_ON_DEMAND,
		DROP_GROUP | DROP_EFA, 1, {{C("c5.18xlarge", "s-a", A)}},
		"0 od group: c5.18xlarge@s-a\n"
		"0 od: c5.18xlarge@s-a\n"},
	{"EFA is held before the others have their turn", EFA_PREFERRED, MARKET_SPOT,
		SPOT_TO_OD | DROP_EFA, 1,
		{{C("c5.18xlarge", "s-a", A)}, {C("c5n.18xlarge", "s-a", A)}},
		"0 spot efa group: c5n.18xlarge@s-a\n"
		"0 od efa group: c5n.18xlarge@s-a\n"
		"0 spot group: c5.18xlarge@s-a\n"
		"0 od group: c5.18xlarge@s-a\n"},
	{"required has no other", EFA_REQUIRED, MARKET_ON_DEMAND, DROP_GROUP | DROP_EFA, 1,
		{{C("c5.18xlarge", "s-a", A)}, {C("c5n.18xlarge", "s-a", A)}},
		"0 od efa group: c5n.18xlarge@s-a\n"},
	{"no architecture but that of the most", EFA_DISABLED, MARKET_ON_DEMAND, DROP_GROUP, 1,
		{{C("c7g.16xlarge", "s-a", A)}, {C("c5.18xlarge", "s-a", A)},
			{C("c5.18xlarge", "s-b", B)}},
		"0 od group: c5.18xlarge@s-a c5.18xlarge@s-b\n"
		"0 od: c5.18xlarge@s-a c5.18xlarge@s-b\n"},
	{"what failed recently comes last", EFA_DISABLED, MARKET_ON_DEMAND, DROP_GROUP, 1,
		{{C("c5.18xlarge", "s-a", A), .failed = "X 3 min ago"},
			{C("c5n.18xlarge", "s-a", A)}},
		"0 od group: c5n.18xlarge@s-a\n"
		"0 od: c5n.18xlarge@s-a\n"
		"0 od group: c5.18xlarge@s-a\n"
		"0 od: c5.18xlarge@s-a\n"},
	{"another subnet has the same pool", EFA_DISABLED, MARKET_ON_DEMAND, 0, 1,
		{{C("c5.18xlarge", "s-a1", A)}, {C("c5.18xlarge", "s-a2", A)}},
		"0 od group: c5.18xlarge@s-a1\n"},
	{"without AZs a subnet is a pool", EFA_DISABLED, MARKET_ON_DEMAND, 0, 1,
		{{C("c5.18xlarge", "s-x", "")}, {C("c5.18xlarge", "s-y", "")}},
		"0 od group: c5.18xlarge@s-x c5.18xlarge@s-y\n"},
	{"each region has its own", EFA_DISABLED, MARKET_ON_DEMAND, 0, 2,
		{{C("c5.18xlarge", "s-a", A)}},
		"0 od group: c5.18xlarge@s-a\n"
		"1 od group: c5.18xlarge@s-a\n"},
	{"reservations, blocks apart, then the market", EFA_PREFERRED, MARKET_SPOT,
		RESERVED | DROP_GROUP, 1,
		{{C("p5.48xlarge", "s-a", A), .reservation = "cr-1", .reserved_free = 4},
			{C("p5.48xlarge", "s-b", B), .reservation = "cr-2", .reserved_free = -1,
				.block = true},
			{C("p5.48xlarge", "s-a", A)}},
		"0 od efa group: p5.48xlarge@s-a/cr-1\n"
		"0 od efa group: p5.48xlarge@s-b/cr-2\n"
		"0 od efa: p5.48xlarge@s-a/cr-1\n"
		"0 od efa: p5.48xlarge@s-b/cr-2\n"
		"0 spot efa group: p5.48xlarge@s-a\n"
		"0 spot efa: p5.48xlarge@s-a\n"},
};

START_TEST(whole_starts)
{
	struct ladder_rules rules = rules_of(starts[_i].rules, starts[_i].nplaces);
	struct plan_request base = base_of(starts[_i].efa, starts[_i].market);
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct plan_choice choices[4];
	size_t n = 0;

	memcpy(choices, starts[_i].choices, sizeof(choices));
	while (n < ARRAY_SIZE(choices) && choices[n].type)
		n++;
	nothing_comes(&rules, &base, choices, n, &sb);
	ck_assert_msg(strcmp(sb.buf, starts[_i].launches) == 0, "%s:\n%s", starts[_i].name, sb.buf);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ladder");
	TCase *tc = tcase_create("ladder");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, ladder_order, 0, ARRAY_SIZE(orders));
	tcase_add_test(tc, interrupted_too_often);
	tcase_add_test(tc, ladder_properties);
	tcase_add_test(tc, described);
	tcase_add_loop_test(tc, whole_starts, 0, ARRAY_SIZE(starts));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
