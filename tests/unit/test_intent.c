/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"
#include "lib/intent/intent.h"

#define EXPECT_COST "; expected USD for the job such as 250 or 250USD, or per hour such as 30/h"

START_TEST(cost_accepts)
{
	static const struct {
		const char *in;
		int64_t uusd;
		bool per_hour;
		const char *out;
	} t[] = {
		{"250", 250000000, false, "250.00"},
		{"250USD", 250000000, false, "250.00"},
		{"250.50", 250500000, false, "250.50"},
		{"0.000001", 1, false, "0.000001"},
		{"30/h", 30000000, true, "30.00/h"},
		{"30USD/h", 30000000, true, "30.00/h"},
		{"0.5/h", 500000, true, "0.50/h"},
		{"1000000000", 1000000000 * UUSD_PER_USD, false, "1000000000.00"},
		{"007", 7000000, false, "7.00"},
	};
	char buf[48];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct cost_limit limit = {0};
		struct err err = {0};

		ck_assert_msg(
			cost_limit_parse(t[i].in, &limit, &err) == 0, "%s: %s", t[i].in, err.text);
		ck_assert_int_eq(limit.uusd, t[i].uusd);
		ck_assert_int_eq(limit.per_hour, t[i].per_hour);
		ck_assert_str_eq(cost_limit_format(&limit, buf, sizeof(buf)), t[i].out);
	}
	ck_assert_str_eq(cost_limit_format(&(struct cost_limit){0}, buf, sizeof(buf)), "none");
}
END_TEST

START_TEST(cost_refuses)
{
	static const struct {
		const char *in, *text;
	} t[] = {
		{"", "\"\": empty"},
		{"-5", "\"-5\": negative"},
		{"-.5", "\"-.5\": negative"},
		{"-x", "\"-x\": not a number"},
		{"0", "\"0\": zero"},
		{"0.00USD", "\"0.00USD\": zero"},
		{"0/h", "\"0/h\": zero"},
		{"NaN", "\"NaN\": not a number"},
		{"nan", "\"nan\": not a number"},
		{"inf", "\"inf\": not a number"},
		{"+5", "\"+5\": not a number"},
		{" 5", "\" 5\": not a number"},
		{"5 ", "\"5 \": unexpected characters after the number"},
		{"1e9", "\"1e9\": unexpected characters after the number"},
		{"0x10", "\"0x10\": unexpected characters after the number"},
		{"1,000", "\"1,000\": unexpected characters after the number"},
		{"250EUR", "\"250EUR\": unknown currency"},
		{"250usd", "\"250usd\": unknown currency"},
		{"30EUR/h", "\"30EUR/h\": unknown currency"},
		{"$250", "\"$250\": not a number"},
		{"\xe2\x82\xac"
		 "5",
			"\"???5\": not printable ASCII"},
		{"250USDx", "\"250USDx\": unexpected characters after the number"},
		{"250USD/d", "\"250USD/d\": unexpected characters after the number"},
		{"30/hour", "\"30/hour\": unexpected characters after the number"},
		{"30/h;rm", "\"30/h;rm\": unexpected characters after the number"},
		{"5\n6", "\"5?6\": not printable ASCII"},
		{"\x1b[31m5", "\"?[31m5\": not printable ASCII"},
		{"5\x7f", "\"5?\": not printable ASCII"},
		{".", "\".\": not a number"},
		{"5.", "\"5.\": no digit after the point"},
		{"1.2.3", "\"1.2.3\": not a number"},
		{"1.0000001", "\"1.0000001\": more than six decimals"},
		{"1000000001", "\"1000000001\": more than 1000000000 USD"},
		{"1000000000.01", "\"1000000000.01\": more than 1000000000 USD"},
		{"9223372036854775808", "\"9223372036854775808\": more than 1000000000 USD"},
		{"99999999999999999999999999",
			"\"99999999999999999999999999\": more than 1000000000 USD"},
		{"00000000000000000000000000000000005",
			"\"00000000000000000000000000000000005\": too long"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct cost_limit limit = {.uusd = 7, .per_hour = true};
		struct err err = {0};
		char want[ERR_TEXT_SIZE];

		ck_assert_msg(cost_limit_parse(t[i].in, &limit, &err) == -1, "%s", t[i].in);
		snprintf(want, sizeof(want), "%s" EXPECT_COST, t[i].text);
		ck_assert_str_eq(err.text, want);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert_int_eq(limit.uusd, 7);
		ck_assert(limit.per_hour);
	}
}
END_TEST

START_TEST(ten_kilobytes)
{
	cleanup_free char *text = calloc(1, 10241);
	struct cost_limit limit = {0};
	enum efa_mode mode = EFA_OPTIONAL;
	struct err err = {0};

	ck_assert_ptr_nonnull(text);
	memset(text, '7', 10240);
	ck_assert_int_eq(cost_limit_parse(text, &limit, &err), -1);
	ck_assert_str_eq(
		err.text, "\"7777777777777777777777777777777777777777...\": too long" EXPECT_COST);
	ck_assert_int_eq(efa_mode_parse(text, &mode, &err), -1);
	ck_assert_str_eq(err.text, "\"7777777777777777777777777777777777777777...\": no such mode; "
				   "expected required, preferred, optional or disabled");
	ck_assert_int_eq(mode, EFA_OPTIONAL);
	ck_assert_int_eq(limit.uusd, 0);
}
END_TEST

START_TEST(efa_modes)
{
	static const enum efa_mode modes[] = {
		EFA_DISABLED, EFA_OPTIONAL, EFA_PREFERRED, EFA_REQUIRED};
	static const struct {
		const char *in, *text;
	} bad[] = {
		{"", "\"\": empty; expected required, preferred, optional or disabled"},
		{"Required", "\"Required\": no such mode; expected required, preferred, optional "
			     "or disabled"},
		{"unset", "\"unset\": no such mode; expected required, preferred, optional or "
			  "disabled"},
		{"required ", "\"required \": no such mode; expected required, preferred, optional "
			      "or disabled"},
		{"a\nb", "\"a?b\": no such mode; expected required, preferred, optional or "
			 "disabled"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		enum efa_mode mode = EFA_UNSET;

		ck_assert_int_eq(efa_mode_parse(efa_mode_name(modes[i]), &mode, NULL), 0);
		ck_assert_int_eq(mode, modes[i]);
	}
	ck_assert_str_eq(efa_mode_name(EFA_REQUIRED), "required");
	ck_assert_str_eq(efa_mode_name(EFA_UNSET), "unset");
	ck_assert_str_eq(efa_mode_name((enum efa_mode)99), "unknown");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		enum efa_mode mode = EFA_PREFERRED;
		struct err err = {0};

		ck_assert_int_eq(efa_mode_parse(bad[i].in, &mode, &err), -1);
		ck_assert_str_eq(err.text, bad[i].text);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert_int_eq(mode, EFA_PREFERRED);
	}
}
END_TEST

START_TEST(safe_text)
{
	char buf[16], tiny[4], one[1] = {'x'};

	ck_assert_str_eq(text_make_safe("abc", 3, buf, sizeof(buf)), "abc");
	ck_assert_str_eq(text_make_safe("abcd", 3, buf, sizeof(buf)), "abc...");
	ck_assert_str_eq(text_make_safe("a\tb\x80\n", 9, buf, sizeof(buf)), "a?b??");
	ck_assert_str_eq(text_make_safe("", 0, buf, sizeof(buf)), "");
	ck_assert_str_eq(
		text_make_safe("0123456789abcdefgh", 40, buf, sizeof(buf)), "0123456789ab...");
	ck_assert_str_eq(text_make_safe("0123", 40, tiny, sizeof(tiny)), "...");
	ck_assert_str_eq(text_make_safe("x", 40, one, sizeof(one)), "");
	one[0] = 'x';
	ck_assert_ptr_eq(text_make_safe("y", 40, one, 0), one);
	ck_assert_int_eq(one[0], 'x');
}
END_TEST

static void fill(char *text, size_t size)
{
	memset(text, ';', size - 1);
	text[size - 1] = '\0';
}

START_TEST(round_trip)
{
	static const struct {
		struct intent in;
		const char *line;
	} t[] = {
		{{0}, "v=1"},
		{{.efa = EFA_REQUIRED, .efa_from = FROM_USER}, "v=1;efa=required;efa_from=user"},
		{{.efa = EFA_DISABLED,
			 .efa_from = FROM_SITE,
			 .cost = {30000000, true},
			 .via = "salloc",
			 .mpi = "pmix_v4",
			 .modules = "gcc/12:openmpi/4 x",
			 .i_mpi_root = "/opt/intel/mpi",
			 .ompi = "OMPI_A,OMPI_AB,OMPI_MCA_x"},
			"v=1;efa=disabled;efa_from=site;cost=30.00/h;via=salloc;mpi=pmix_v4;"
			"modules=gcc/12:openmpi/4%20x;i_mpi_root=/opt/intel/mpi;"
			"ompi=OMPI_A,OMPI_AB,OMPI_MCA_x"},
	};
	char line[INTENT_LINE_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct intent out;
		struct err err = {0};

		memset(&out, 0x5a, sizeof(out));
		ck_assert_msg(intent_encode(&t[i].in, line, sizeof(line), &err) == 0, "%zu: %s", i,
			err.text);
		ck_assert_str_eq(line, t[i].line);
		ck_assert_msg(intent_decode(line, &out, &err) == 0, "%s: %s", line, err.text);
		ck_assert_int_eq(out.efa, t[i].in.efa);
		ck_assert_int_eq(out.efa_from, t[i].in.efa_from);
		ck_assert_int_eq(out.cost.uusd, t[i].in.cost.uusd);
		ck_assert_int_eq(out.cost.per_hour, t[i].in.cost.per_hour);
		ck_assert_str_eq(out.via, t[i].in.via);
		ck_assert_str_eq(out.mpi, t[i].in.mpi);
		ck_assert_str_eq(out.modules, t[i].in.modules);
		ck_assert_str_eq(out.i_mpi_root, t[i].in.i_mpi_root);
		ck_assert_str_eq(out.ompi, t[i].in.ompi);
	}
}
END_TEST

/* The longest intent there is fits, every byte of its texts escaped. */
START_TEST(longest)
{
	struct intent in = {.efa = EFA_PREFERRED,
		.efa_from = FROM_USER,
		.cost = {1000000000 * UUSD_PER_USD - 1, true},
		.via = "sbatch"};
	struct intent out;
	struct err err = {0};
	char line[INTENT_LINE_SIZE];

	fill(in.mpi, sizeof(in.mpi));
	fill(in.modules, sizeof(in.modules));
	fill(in.i_mpi_root, sizeof(in.i_mpi_root));
	memset(in.ompi, 'x', sizeof(in.ompi) - 1);
	memcpy(in.ompi, "OMPI_", 5);
	ck_assert_msg(intent_encode(&in, line, sizeof(line), &err) == 0, "%s", err.text);
	ck_assert_msg(intent_decode(line, &out, &err) == 0, "%s", err.text);
	ck_assert_str_eq(out.modules, in.modules);
	ck_assert_str_eq(out.ompi, in.ompi);
	ck_assert_int_eq(intent_encode(&in, line, 100, &err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
	ck_assert_ptr_nonnull(strstr(err.text, "does not fit into 100"));
}
END_TEST

START_TEST(encode_refuses)
{
	static const struct {
		struct intent in;
		const char *text;
	} t[] = {
		{{.efa = EFA_REQUIRED}, "efa and efa_from do not fit each other"},
		{{.efa_from = FROM_SITE}, "efa and efa_from do not fit each other"},
		{{.efa = (enum efa_mode)9, .efa_from = FROM_USER},
			"efa and efa_from do not fit each other"},
		{{.via = "bash"}, "via is none of sbatch, salloc, srun"},
		{{.cost = {-1, false}}, "cost is out of range"},
		{{.cost = {0, true}}, "cost is out of range"},
		{{.cost = {INT64_MAX, false}}, "cost is out of range"},
		{{.mpi = "a\n"}, "mpi is not printable ASCII"},
		{{.modules = "a\x80"}, "modules is not printable ASCII"},
		{{.i_mpi_root = "\x7f"}, "i_mpi_root is not printable ASCII"},
		{{.ompi = "PATH"}, "ompi is not a sorted list of OMPI_ names"},
		{{.ompi = "OMPI_B,OMPI_A"}, "ompi is not a sorted list of OMPI_ names"},
		{{.ompi = "OMPI_A,OMPI_A"}, "ompi is not a sorted list of OMPI_ names"},
		{{.ompi = "OMPI_AB,OMPI_A"}, "ompi is not a sorted list of OMPI_ names"},
		{{.ompi = "OMPI_A,"}, "ompi is not a sorted list of OMPI_ names"},
		{{.ompi = "OMPI_A=1"}, "ompi is not a sorted list of OMPI_ names"},
	};
	char line[INTENT_LINE_SIZE] = "as before";

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err err = {0};

		ck_assert_msg(intent_encode(&t[i].in, line, sizeof(line), &err) == -1, "%zu", i);
		ck_assert_str_eq(err.text, t[i].text);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert_str_eq(line, "as before");
	}
}
END_TEST

START_TEST(decode_refuses)
{
	static const struct {
		const char *line, *text;
	} t[] = {
		{"", "intent: does not begin with a version"},
		{"efa=required;v=1", "intent: does not begin with a version"},
		{"v=2;x=y", "intent: version \"2\", but only 1 is known here"},
		{"v=%0A", "intent: version \"?\", but only 1 is known here"},
		{"v=1;", "intent: nothing after the last ';'"},
		{"v=1;v=1", "intent: unknown key v"},
		{"v=1;bogus=1", "intent: unknown key bogus"},
		{"v=1;efa", "intent: \"key=value\" expected after 3 bytes"},
		{"v=1 ", "intent: key v: byte 0x20 in the value"},
		{"v=1;efa=required", "intent: efa and efa_from do not fit each other"},
		{"v=1;efa_from=user", "intent: efa and efa_from do not fit each other"},
		{"v=1;efa=required;efa=optional;efa_from=user", "intent: key efa stands twice"},
		{"v=1;efa=unset;efa_from=user",
			"intent: key efa: \"unset\": no such mode; "
			"expected required, preferred, optional or disabled"},
		{"v=1;efa=required;efa_from=nobody",
			"intent: key efa_from: \"nobody\": expected site or user"},
		{"v=1;cost=250", "intent: key cost: \"250\": written 250.00 here"},
		{"v=1;cost=0.00", "intent: key cost: \"0.00\": zero" EXPECT_COST},
		{"v=1;cost=-1", "intent: key cost: \"-1\": negative" EXPECT_COST},
		{"v=1;via=bash", "intent: via is none of sbatch, salloc, srun"},
		{"v=1;via=sbatchxx", "intent: key via: more than 7 bytes"},
		{"v=1;mpi=", "intent: key mpi: empty"},
		{"v=1;mpi=123456789012345678901234567890123",
			"intent: key mpi: more than 31 bytes"},
		{"v=1;modules=a%0Ab", "intent: modules is not printable ASCII"},
		{"v=1;modules=a%80", "intent: modules is not printable ASCII"},
		{"v=1;modules=%00", "intent: key modules: %00 is not how this byte is written"},
		{"v=1;ompi=LD_PRELOAD", "intent: ompi is not a sorted list of OMPI_ names"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct intent intent = {.via = "srun"};
		struct err err = {0};

		ck_assert_msg(intent_decode(t[i].line, &intent, &err) == -1, "%s", t[i].line);
		ck_assert_str_eq(err.text, t[i].text);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert_str_eq(intent.via, "srun");
		ck_assert_int_eq(intent.efa, EFA_UNSET);
	}
}
END_TEST

START_TEST(decode_refuses_length)
{
	cleanup_free char *line = calloc(1, 1 << 20);
	struct intent intent = {0};
	struct err err = {0};

	ck_assert_ptr_nonnull(line);
	memset(line, 'v', (1 << 20) - 1);
	ck_assert_int_eq(intent_decode(line, &intent, &err), -1);
	ck_assert_str_eq(err.text, "intent: longer than 8191 bytes");
	line[INTENT_LINE_SIZE - 1] = '\0';
	ck_assert_int_eq(intent_decode(line, &intent, &err), -1);
	ck_assert_str_eq(err.text, "intent: key of more than 31 bytes");
}
END_TEST

/* Hostile input: every change of one byte of a good line is either refused or means what it says.
 */
START_TEST(decode_any_byte)
{
	static const char good[] = "v=1;efa=required;efa_from=user;cost=250.00;via=srun;mpi=pmix;"
				   "modules=a%20b;i_mpi_root=/x;ompi=OMPI_A,OMPI_B";
	char line[sizeof(good)], again[INTENT_LINE_SIZE];
	size_t accepted = 0;

	for (size_t at = 0; at + 1 < sizeof(good); at++) {
		for (int byte = 0; byte < 256; byte++) {
			struct intent intent;
			struct err err = {0};

			memcpy(line, good, sizeof(good));
			line[at] = (char)byte;
			if (intent_decode(line, &intent, &err) < 0) {
				ck_assert_int_eq(err.class, ERR_USAGE);
				for (const char *p = err.text; *p; p++)
					ck_assert(*p >= 0x20 && *p <= 0x7e);
				continue;
			}
			accepted++;
			ck_assert_msg(intent_encode(&intent, again, sizeof(again), &err) == 0,
				"%s: %s", line, err.text);
			ck_assert_str_eq(again, line);
		}
	}
	ck_assert_uint_gt(accepted, sizeof(good));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("intent");
	TCase *tc = tcase_create("intent");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, cost_accepts);
	tcase_add_test(tc, cost_refuses);
	tcase_add_test(tc, ten_kilobytes);
	tcase_add_test(tc, efa_modes);
	tcase_add_test(tc, safe_text);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, longest);
	tcase_add_test(tc, encode_refuses);
	tcase_add_test(tc, decode_refuses);
	tcase_add_test(tc, decode_refuses_length);
	tcase_add_test(tc, decode_any_byte);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
