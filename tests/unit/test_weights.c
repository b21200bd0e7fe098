/* SPDX-License-Identifier: Apache-2.0 */
/* TRESBillingWeights: a whole node is billed its price. */
#include "lib/plan/weights.h"

#include <check.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

static struct err err;

/* What Slurm's own arithmetic makes of it: floating point, cut. */
static uint64_t slurm_bills(double weight, uint64_t count)
{
	return (uint64_t)(weight * (double)count);
}

START_TEST(one_kind_of_node)
{
	static const struct {
		struct weights_node node;
		bool max_tres;
		const char *text;
		int64_t billed;
	} t[] = {
		{{7200000, 192, 768000, 0}, false, "CPU=37.500001", 7200},
		{{7200000, 192, 768000, 0}, true, "CPU=37.500001,Mem=9830.400001T", 7200},
		{{98320000, 192, 2000000, 8}, true,
			"CPU=512.083334,Mem=51547.996161T,GRES/gpu=12290.000001", 98320},
		{{98320000, 192, 0, 0}, true, "CPU=512.083334", 98320},
		/* a price is rounded up to a thousandth */
		{{85001, 2, 0, 0}, false, "CPU=43.000001", 86},
		{{1, 96, 0, 0}, false, "CPU=0.010417", 1},
		{{0, 96, 0, 0}, false, "CPU=0.000001", 0},
		{{INT64_C(1000000000), 1, 0, 0}, false, "CPU=1000000.000001", 1000000},
	};
	char buf[WEIGHTS_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct weights w = {0};

		ck_assert_int_eq(weights_add(&w, &t[i].node, t[i].max_tres, &err), 0);
		ck_assert_str_eq(weights_text(&w, buf, sizeof(buf)), t[i].text);
		ck_assert_int_eq(weights_billed(&w, &t[i].node, 1, t[i].max_tres), t[i].billed);
		ck_assert_int_eq(
			weights_billed(&w, &t[i].node, 1000, t[i].max_tres), 1000 * t[i].billed);
	}
}
END_TEST

/* Never one less by floating point, nor one more, for any price and size. */
START_TEST(as_slurm_counts)
{
	static const uint32_t sizes[] = {1, 2, 3, 7, 36, 64, 72, 96, 100, 128, 192, 448, 896};

	for (int64_t price = 1000; price < INT64_C(120000000); price += 16331)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct weights_node node = {.uusd_hr = price, .cpus = sizes[i]};
			uint64_t units = (uint64_t)weights_units(price);
			struct weights w = {0};
			char buf[WEIGHTS_SIZE];
			double weight;

			ck_assert_int_eq(weights_add(&w, &node, false, &err), 0);
			weight = strtod(weights_text(&w, buf, sizeof(buf)) + 4, NULL);
			ck_assert_uint_eq(slurm_bills(weight, sizes[i]), units);
			ck_assert_uint_eq(
				slurm_bills(weight, (uint64_t)sizes[i] * 1000), units * 1000);
		}
}
END_TEST

START_TEST(the_greatest_of_several)
{
	const struct weights_node big = {7200000, 192, 768000, 0}, dear = {4000000, 64, 64000, 0};
	struct weights w = {0};
	char buf[WEIGHTS_SIZE];

	ck_assert_int_eq(weights_add(&w, &big, true, &err), 0);
	ck_assert_int_eq(weights_add(&w, &dear, true, &err), 0);
	ck_assert_str_eq(weights_text(&w, buf, sizeof(buf)), "CPU=62.500001,Mem=65536.000001T");
	ck_assert_int_eq(weights_billed(&w, &dear, 1, true), 4000);
	ck_assert_int_eq(weights_billed(&w, &big, 1, true), 48000);
	/* in the other order, too */
	w = (struct weights){0};
	ck_assert_int_eq(weights_add(&w, &dear, false, &err), 0);
	ck_assert_int_eq(weights_add(&w, &big, false, &err), 0);
	ck_assert_str_eq(weights_text(&w, buf, sizeof(buf)), "CPU=62.500001");
	ck_assert_int_eq(weights_billed(&w, &big, 2, false), 24000);
}
END_TEST

START_TEST(refused)
{
	struct weights_node node = {.uusd_hr = INT64_MAX, .cpus = 1};
	struct weights w = {0};

	ck_assert_int_eq(weights_add(&w, &node, false, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
	ck_assert_str_eq(err.text, "a price beyond what can be counted");
	node.uusd_hr = -1;
	ck_assert_int_eq(weights_add(&w, &node, false, &err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
	ck_assert_str_eq(err.text, "a node without CPUs or price");
	ck_assert_int_eq(w.cpu, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("weights");
	TCase *tc = tcase_create("weights");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, one_kind_of_node);
	tcase_add_test(tc, as_slurm_counts);
	tcase_add_test(tc, the_greatest_of_several);
	tcase_add_test(tc, refused);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
