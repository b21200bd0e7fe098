/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/compare.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/report.h"
#include "helper/report_chart.h"
#include "lib/base/cleanup.h"

static struct err err;

START_TEST(decimals)
{
	static const struct {
		const char *text;
		int64_t billionths;
	} t[] = {
		{"0", 0},
		{"1", 1000000000},
		{"0.0341666667", 34166667},
		{"0.0000000004", 0},
		{"0.0000000005", 1},
		{"-0.0000000005", -1},
		{"-2.5", -2500000000},
		{"+.5", 500000000},
		{"7.", 7000000000},
		{"1.5E-7", 150},
		{"1e3", 1000000000000},
		{"0.00000000000000000000000000000001", 0},
		{"3.3333333333333333333333333333333", 3333333333},
		{"0e99999", 0},
		{"9000000000", 9000000000000000000},
	};
	static const char *const bad[] = {
		"", "-", ".", "1,5", "0x10", "1e", "1e3x", "nan", " 1", "1 ", "1.2.3"};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t got = -77;

		ck_assert_msg(compare_decimal(t[i].text, &got, &err) == 0, "%s", t[i].text);
		ck_assert_msg(got == t[i].billionths, "%s: %lld", t[i].text, (long long)got);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int64_t got = -77;

		ck_assert_msg(compare_decimal(bad[i], &got, &err) == -1, "\"%s\"", bad[i]);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert(strstr(err.text, "is not a number") != NULL);
		ck_assert_int_eq(got, -77);
	}
	ck_assert_int_eq(compare_decimal("10000000000", &(int64_t){0}, &err), -1);
	ck_assert_str_eq(err.text, "\"10000000000\" is too large");
}
END_TEST

#define HEAD                                                                                       \
	"lineItem/ResourceId,lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,"       \
	"lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/UsageAmount,lineItem/"             \
	"UnblendedCost,savingsPlan/SavingsPlanEffectiveCost,reservation/EffectiveCost,"            \
	"lineItem/CurrencyCode,resourceTags/user:burst:cluster\n"
#define HOUR "2026-11-22T05:00:00Z,2026-11-22T06:00:00Z"

static int read_text(const char *text, struct compare_bills *bills)
{
	cleanup_free char *copy = strdup(text);

	err = (struct err){0};
	return compare_read(copy, strlen(text), "lab", bills, &err);
}

START_TEST(lines)
{
	CLEANUP(compare_bills_release) struct compare_bills bills = {0};

	ck_assert_int_eq(
		read_text("\xef\xbb\xbf" HEAD
			  "i-2,Usage,AmazonEC2,\"USE2-BoxUsage:c5n.18xlarge\"," HOUR
			  ",0.5,1.944,,,USD,lab\r\n"
			  "i-1,Usage,AmazonEC2,USE2-SpotUsage:hpc7a.96xlarge," HOUR
			  ",1,2.0,,,USD,other\n"
			  /* what a plan or reservation covers */
			  "i-2,SavingsPlanCoveredUsage,AmazonEC2,BoxUsage:c5n.18xlarge,"
			  "2026-11-22 06:00:00.000,2026-11-22 07:00:00.000,1,3.888,2.5,,USD,lab\n"
			  "i-2,DiscountedUsage,AmazonEC2,BoxUsage:c5n.18xlarge," HOUR
			  ",1,0,,1.25,USD,lab\n"
			  /* neither is the instance */
			  "i-2,SavingsPlanNegation,AmazonEC2,BoxUsage:c5n.18xlarge," HOUR
			  ",1,-3.888,,,USD,lab\n"
			  "i-2,Usage,AmazonEC2,DataTransfer-Out," HOUR ",1,9,,,USD,lab\n"
			  "vol-1,Usage,AmazonEC2,EBS:VolumeUsage," HOUR ",1,9,,,USD,lab\n"
			  "i-3,Usage,AmazonEKS,BoxUsage:c5n.18xlarge," HOUR ",1,9,,,EUR,lab\n"
			  "\n",
			&bills),
		0);
	ck_assert_uint_eq(bills.n, 2);
	ck_assert_uint_eq(bills.rows, 8);
	ck_assert_str_eq(bills.all[0].instance, "i-1");
	ck_assert(bills.all[0].spot);
	ck_assert(!bills.all[0].ours);
	ck_assert_str_eq(bills.all[1].instance, "i-2");
	ck_assert_str_eq(bills.all[1].type, "c5n.18xlarge");
	ck_assert(bills.all[1].ours);
	ck_assert_int_eq(bills.all[1].nusd, 1944000000 + 2500000000 + 1250000000);
	ck_assert_int_eq(bills.all[1].nhours, 2500000000);
	ck_assert_int_eq(bills.to_s - bills.from_s, 7200);
}
END_TEST

/* Taxes and fees of the month are there before it is over: they say nothing of the report's end. */
START_TEST(time_of_the_report)
{
#define MONTH "2026-11-01T00:00:00Z,2026-12-01T00:00:00Z"
#define TAX   ",Tax,AmazonEC2,," MONTH ",1,9,,,USD,\n"
#define FEE   ",RIFee,AmazonEC2,BoxUsage:x," MONTH ",1,9,,,USD,\n"
#define OTHER ",Usage,AmazonRoute53,HostedZone," MONTH ",1,9,,,USD,\n"
#define DISK  "vol-1,Usage,AmazonEC2,EBS:VolumeUsage.gp3," HOUR ",1,9,,,USD,\n"
	static const struct {
		const char *text;
		int64_t length_s;
	} t[] = {
		{HEAD TAX DISK FEE OTHER, 3600},
		{HEAD DISK TAX, 3600},
		{HEAD TAX FEE OTHER, 30 * 86400},
		/* no time of its own */
		{HEAD TAX "vol-1,Usage,AmazonEC2,EBS:VolumeUsage.gp3,,,1,9,,,USD,\n", 30 * 86400},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CLEANUP(compare_bills_release) struct compare_bills bills = {0};

		ck_assert_int_eq(read_text(t[i].text, &bills), 0);
		ck_assert_msg(bills.to_s - bills.from_s == t[i].length_s, "%zu: %lld", i,
			(long long)(bills.to_s - bills.from_s));
	}
}
END_TEST

START_TEST(refusals)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{"", "the file is empty"},
		{"a,b\n", "no column line_item_resource_id"},
		{HEAD "i-1,Usage\n", "line 2: 2 columns, but 12 names"},
		{HEAD "i-1,\"Usage\n", "line 2: a quotation mark has no second"},
		{HEAD "i-1,\"Usage\"x,\n", "line 2: text behind a quotation mark"},
		{HEAD "i-1,Usage,AmazonEC2,BoxUsage:x," HOUR ",1,abc,,,USD,\n",
			"line 2: \"abc\" is not a number"},
		{HEAD "i-1,Usage,AmazonEC2,BoxUsage:x," HOUR ",1,1,,,CNY,\n",
			"line 2: in CNY, but the ledger is in USD"},
		{HEAD "i-12345678901234567890123456789012,Usage,AmazonEC2,BoxUsage:x," HOUR
		      ",1,1,,,USD,\n",
			"is no instance's id"},
		{"\x1f\x8b\x08", "it is compressed"},
		{"PAR1\x15", "it is Parquet"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct compare_bills bills = {.rows = 77};

		ck_assert_msg(read_text(t[i].text, &bills) == -1, "%zu", i);
		ck_assert_int_eq(err.class, ERR_CONFIG);
		ck_assert_msg(strstr(err.text, t[i].why) != NULL, "%zu: %s", i, err.text);
		ck_assert_uint_eq(bills.rows, 77);
	}
}
END_TEST

/* However a report is cut off, nothing is read behind its end (by the sanitizers). */
START_TEST(cut_off)
{
	static const char text[] = HEAD "i-1,\"Us\"\"age\",AmazonEC2,\"BoxUsage:x\"," HOUR
					",1,1,,,USD,\"lab\"\r\n";

	for (size_t len = 0; len < sizeof(text); len++) {
		struct compare_bills bills = {0};
		char *copy = malloc(len + 1);

		memcpy(copy, text, len);
		copy[len] = '\0';
		compare_read(copy, len, "lab", &bills, &err);
		compare_bills_release(&bills);
		free(copy);
	}
}
END_TEST

START_TEST(numbers_for_people)
{
	char buf[REPORT_MONEY_SIZE];

	ck_assert_str_eq(report_cents(0, buf), "0.00");
	ck_assert_str_eq(report_cents(4999, buf), "0.00");
	ck_assert_str_eq(report_cents(5000, buf), "0.01");
	ck_assert_str_eq(report_cents(-5000, buf), "-0.01");
	ck_assert_str_eq(report_cents(-4999, buf), "0.00");
	ck_assert_str_eq(report_cents(999994999, buf), "999.99");
	ck_assert_str_eq(report_cents(999995000, buf), "1,000.00");
	ck_assert_str_eq(report_cents(1234567890000, buf), "1,234,567.89");
	ck_assert_str_eq(report_percent(1, 3, buf), "33.3");
	ck_assert_str_eq(report_percent(1, 2000, buf), "0.1");
	ck_assert_str_eq(report_percent(-1, 3, buf), "-33.3");
	ck_assert_str_eq(report_percent(1, 0, buf), "-");
	ck_assert_str_eq(report_percent(INT64_MAX, INT64_MAX, buf), "100.0");
	ck_assert_str_eq(report_hours(3600 * 1234 + 1799, buf), "1,234.5");
	ck_assert_str_eq(report_hours(179, buf), "0.0");
	ck_assert_str_eq(report_hours(180, buf), "0.1");
}
END_TEST

START_TEST(steps)
{
	static const int64_t t[][2] = {{0, 1}, {5, 1}, {6, 2}, {11, 2}, {12, 5}, {29, 5}, {30, 10},
		{1550000000, 500000000}, {INT64_MAX, INT64_MAX / 5}};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t step = chart_step(t[i][0]);

		if (t[i][0] < INT64_MAX)
			ck_assert_int_eq(step, t[i][1]);
		ck_assert_int_lt(t[i][0] / step, 6);
	}
}
END_TEST

START_TEST(escapes)
{
	static const char *const t[][2] = {
		{"<b a=\"1\" c='2'>&", "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;"},
		{"zo\xc3\xab \xf0\x9f\x98\x80", "zo\xc3\xab \xf0\x9f\x98\x80"},
		{"a\n\x1b[31m\x7f\xc2\x9b", "a  [31m  "},
		/* too long, a surrogate, beyond Unicode, cut off, alone */
		{"\xc0\xbc|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82", "??|???|????|??"},
		{"\xff\x80", "??"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		chart_escape(&out, t[i][0]);
		ck_assert_str_eq(out.buf, t[i][1]);
	}
}
END_TEST

START_TEST(days)
{
	static const char *const bad[] = {
		"", "2026-02-30", "2026-1-1", "2026-01-01 ", "yesterday", "2026-01-01T00:00:00Z"};
	char buf[COST_DAY_SIZE];
	int64_t s = 0;

	ck_assert_int_eq(cost_parse_day("2026-11-22", &s, &err), 0);
	ck_assert_int_eq(s, 1795305600);
	ck_assert_str_eq(cost_day(s + 86399, buf), "2026-11-22");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(cost_parse_day(bad[i], &s, &err), -1);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert(strstr(err.text, "is not a day such as 2026-11-30") != NULL);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compare");
	TCase *tc = tcase_create("compare");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, decimals);
	tcase_add_test(tc, lines);
	tcase_add_test(tc, time_of_the_report);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, cut_off);
	tcase_add_test(tc, numbers_for_people);
	tcase_add_test(tc, steps);
	tcase_add_test(tc, escapes);
	tcase_add_test(tc, days);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
