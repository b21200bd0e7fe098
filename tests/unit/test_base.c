/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/fileio.h"
#include "lib/base/kv.h"
#include "lib/base/money.h"
#include "lib/base/nodeset.h"
#include "lib/base/strbuf.h"

START_TEST(nodeset_round_trip)
{
	static const struct {
		const char *in, *out;
		size_t n;
	} t[] = {
		{"", "", 0},
		{"a", "a", 1},
		{"aws-cpu-[0-3]", "aws-cpu-[0-3]", 4},
		{"aws-cpu-[0-3,7],x01", "aws-cpu-[0-3,7],x01", 6},
		{"n[08-11]", "n[08-11]", 4},
		{"n[8-11]", "n[8-11]", 4},
		{"a,b,a", "a,b", 2},
		{"n3,n1,n2", "n[3,1-2]", 3},
		{"r[0-1]n[0-1]", "r0n[0-1],r1n[0-1]", 4},
		{"x[5]", "x5", 1},
		{"n9,n010", "n9,n010", 2},
	};
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct nodeset set = NODESET_INIT;
		struct err err = {0};

		ck_assert_msg(nodeset_parse(&set, t[i].in, &err) == 0, "%s: %s", t[i].in, err.text);
		ck_assert_uint_eq(set.n, t[i].n);
		char *s = nodeset_format(&set);
		ck_assert_str_eq(s, t[i].out);
		free(s);
		nodeset_release(&set);
	}
}
END_TEST

START_TEST(nodeset_refuses)
{
	static const struct {
		const char *in, *text;
	} t[] = {
		{",", "node name of 0 characters"},
		{"a,", "node name of 0 characters"},
		{"a[0-", "'[' without ']'"},
		{"a[3-1]", "bad range"},
		{"a[]", "number of 1 to 9 digits"},
		{"a[1,]", "number of 1 to 9 digits"},
		{"a b", "byte 0x20"},
		{"a;rm", "byte 0x3b"},
		{"a[0-999999999]", "more than 65536 nodes"},
		{"a[1x]", "byte 0x78 in brackets"},
		{"a]", "byte 0x5d"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct nodeset set = NODESET_INIT;
		struct err err = {0};

		nodeset_parse(&set, "keep", NULL);
		ck_assert_msg(nodeset_parse(&set, t[i].in, &err) == -1, "%s", t[i].in);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert_msg(strstr(err.text, t[i].text) != NULL, "%s: %s", t[i].in, err.text);
		ck_assert_uint_eq(set.n, 1);
		nodeset_release(&set);
	}
}
END_TEST

START_TEST(nodeset_sets)
{
	struct nodeset a = NODESET_INIT, b = NODESET_INIT, only = NODESET_INIT, both = NODESET_INIT;

	ck_assert_int_eq(nodeset_parse(&a, "n[0-9]", NULL), 0);
	ck_assert_int_eq(nodeset_parse(&b, "n[3-4],other", NULL), 0);
	ck_assert_int_eq(nodeset_filter(&a, &b, false, &only, NULL), 0);
	ck_assert_int_eq(nodeset_filter(&a, &b, true, &both, NULL), 0);
	char *x = nodeset_format(&only), *y = nodeset_format(&both);
	ck_assert_str_eq(x, "n[0-2,5-9]");
	ck_assert_str_eq(y, "n[3-4]");
	ck_assert(nodeset_contains(&a, "n9"));
	ck_assert_int_eq(nodeset_index(&a, "n7"), 7);
	ck_assert_int_eq(nodeset_add(&a, "n10", NULL), 0);
	ck_assert_int_eq(nodeset_add(&a, "n2", NULL), 0);
	nodeset_sort(&a);
	char *z = nodeset_format(&a);
	ck_assert_str_eq(z, "n[0-10]");
	free(x), free(y), free(z);
	nodeset_release(&a), nodeset_release(&b), nodeset_release(&only), nodeset_release(&both);
}
END_TEST

/* Every name is where a walk finds it, and every other is nowhere. */
static void find_all(const struct nodeset *set)
{
	char name[16];

	for (unsigned v = 0; v < 130; v++) {
		long at = -1;

		snprintf(name, sizeof(name), v < 100 ? "n%u" : "n%03u", v < 100 ? v : v - 100);
		for (size_t i = 0; i < set->n && at < 0; i++)
			if (!strcmp(set->names[i], name))
				at = (long)i;
		ck_assert_int_eq(nodeset_index(set, name), at);
	}
}

START_TEST(nodeset_finds_names_in_any_order)
{
	struct nodeset set = NODESET_INIT, other = NODESET_INIT, rest = NODESET_INIT;
	const char *in_order[] = {"n0", "n3", "n9", "n10", "n007"}; /* but for the last */
	size_t n = 0;

	find_all(&set);
	for (size_t i = 0; i < ARRAY_SIZE(in_order); i++) {
		ck_assert_int_eq(nodeset_add(&set, in_order[i], NULL), 0);
		ck_assert_int_eq(nodeset_add(&set, in_order[i], NULL), 0);
		ck_assert_uint_eq(set.n, i + 1);
		find_all(&set);
	}
	/* what follows a name out of order is found too, and a second time not added */
	ck_assert_int_eq(nodeset_parse(&set, "n[20-40],n[30-50],n5,n[1-2]", NULL), 0);
	ck_assert_uint_eq(set.n, 5 + 31 + 3);
	find_all(&set);
	ck_assert_int_eq(nodeset_parse(&other, "n[30-99]", NULL), 0);
	ck_assert_int_eq(nodeset_filter(&set, &other, false, &rest, NULL), 0);
	find_all(&rest);
	nodeset_sort(&set);
	find_all(&set);
	/* as those do who take names away in place */
	for (size_t i = 0; i < set.n; i++) {
		if (i % 3)
			free(set.names[i]);
		else
			set.names[n++] = set.names[i];
	}
	set.n = n;
	find_all(&set);
	ck_assert_int_eq(nodeset_add(&set, "n99", NULL), 0);
	find_all(&set);
	ck_assert_int_eq(nodeset_add(&set, "n4", NULL), 0);
	find_all(&set);
	nodeset_release(&set), nodeset_release(&other), nodeset_release(&rest);
}
END_TEST

START_TEST(kv_round_trip)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct kv kv;
	struct err err;

	kv_add(&sb, "v", "1");
	kv_add(&sb, "text", "a b;c=d%\xc3\xa9\n");
	ck_assert_str_eq(sb.buf, "v=1;text=a%20b%3Bc%3Dd%25%C3%A9%0A");
	const char *p = sb.buf;
	ck_assert_int_eq(kv_next(&p, &kv, &err), 1);
	ck_assert_str_eq(kv.key, "v");
	ck_assert_int_eq(kv_next(&p, &kv, &err), 1);
	ck_assert_str_eq(kv.value, "a b;c=d%\xc3\xa9\n");
	ck_assert_int_eq(kv_next(&p, &kv, &err), 0);
}
END_TEST

START_TEST(kv_refuses)
{
	static const char *const bad[] = {"v", "=1", "V=1", "v=a b", "v=%0", "v=%00", "v=%61",
		"v=%c3", "v=1;", "v=\x01", "thiskeyismuchtoolongforanybodytouse=1"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kv kv;
		struct err err = {0};
		const char *p = bad[i];

		ck_assert_msg(kv_next(&p, &kv, &err) == -1, "%s", bad[i]);
		ck_assert_int_eq(err.class, ERR_USAGE);
		ck_assert_ptr_eq(p, bad[i]);
	}
}
END_TEST

START_TEST(money_amounts)
{
	static const struct {
		const char *text;
		int64_t uusd; /* -1: refused */
	} t[] = {
		{"0", 0},
		{"250", 250000000},
		{"0.000001", 1},
		{"1.5", 1500000},
		{"1000000000", INT64_C(1000000000000000)},
		{"1000000001", -1},
		{"1000000000.000001", -1},
		{"", -1},
		{".5", -1},
		{"1.", -1},
		{"1.0000001", -1},
		{"-1", -1},
		{"+1", -1},
		{"1e9", -1},
		{"nan", -1},
		{" 1", -1},
		{"1 ", -1},
		{"0x10", -1},
		{"99999999999999999999999999", -1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t v = 42;
		int rc = money_parse(t[i].text, strlen(t[i].text), &v, NULL);

		ck_assert_msg(rc == (t[i].uusd < 0 ? -1 : 0), "%s", t[i].text);
		ck_assert_msg(v == (t[i].uusd < 0 ? 42 : t[i].uusd), "%s", t[i].text);
	}
	char buf[32];
	ck_assert_str_eq(money_format(115200000, buf, sizeof(buf)), "115.20");
	ck_assert_str_eq(money_format(37500, buf, sizeof(buf)), "0.0375");
	ck_assert_str_eq(money_format(-5, buf, sizeof(buf)), "-0.000005");
	ck_assert_str_eq(money_format(INT64_MIN, buf, sizeof(buf)), "-9223372036854.775808");
}
END_TEST

START_TEST(money_rounded_up)
{
	static const struct {
		const char *text;
		int64_t uusd; /* -1: refused */
	} t[] = {
		{"7.2000000000", 7200000},
		{"0.123400", 123400},
		{"0.0000012500", 2},
		{"0.0000010000", 1},
		{"0.00000000000000000001", 1},
		{"0.000000000000000000001", -1},
		{"0.0000000000", 0},
		{"12", 12000000},
		{"1.9999999", 2000000},
		{"1000000000.0000000", INT64_C(1000000000000000)},
		{"1000000000.0000001", -1},
		{"0.0000001x", -1},
		{"0.000000x1", -1},
		{"0.0000001.1", -1},
		{"1.", -1},
		{".5", -1},
		{"", -1},
		{"-1.0000000", -1},
		{"1e-7", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t v = 42;
		int rc = money_parse_up(t[i].text, strlen(t[i].text), &v, NULL);

		ck_assert_msg(rc == (t[i].uusd < 0 ? -1 : 0), "%s", t[i].text);
		ck_assert_msg(v == (t[i].uusd < 0 ? 42 : t[i].uusd), "%s", t[i].text);
	}
}
END_TEST

START_TEST(money_discounts)
{
	static const struct {
		int64_t full, percent, left;
		const char *text;
	} t[] = {
		{7200000, 28500, 5148000, "28.5"},
		{7200000, 0, 7200000, "0"},
		{7200000, 100000, 0, "100"},
		/* never less than what is paid: up to the next micro-USD */
		{1, 1, 1, "0.001"},
		{1, 99999, 1, "99.999"},
		{3, 50000, 2, "50"},
		{0, 12345, 0, "12.345"},
		{85000, 33330, 56670, "33.33"},
		{INT64_MAX, 50000, INT64_MAX / 2 + 1, "50"},
	};
	char buf[32];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_int_eq(money_less(t[i].full, t[i].percent), t[i].left);
		ck_assert_str_eq(money_format_percent(t[i].percent, buf, sizeof(buf)), t[i].text);
	}
}
END_TEST

START_TEST(money_costs)
{
	int64_t v = 0;
	struct err err = {0};

	ck_assert_int_eq(money_cost(7200000, 7200, 16, &v, NULL), 0);
	ck_assert_int_eq(v, 230400000);
	ck_assert_int_eq(money_cost(1, 1, 1, &v, NULL), 0);
	ck_assert_int_eq(v, 1); /* rounded up */
	ck_assert_int_eq(money_cost(INT64_MAX, 2, 1, &v, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
	ck_assert_int_eq(money_cost(-1, 2, 1, &v, &err), -1);
}
END_TEST

START_TEST(err_text)
{
	struct err err = {0};
	char big[3000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_int_eq(err_set(&err, ERR_CONFIG, "%s", big), -1);
	ck_assert_uint_eq(strlen(err.text), ERR_TEXT_SIZE - 1);
	ck_assert_int_eq(err.text[ERR_TEXT_SIZE - 2], '+');
	err_set(&err, ERR_AUTH, "b");
	err_prefix(&err, "a %d", 1);
	ck_assert_str_eq(err.text, "a 1: b");
	ck_assert_int_eq(err.class, ERR_AUTH);
	ck_assert_int_eq(err_set(NULL, ERR_AUTH, "nobody reads"), -1);
	ck_assert_str_eq(err_class_name(ERR_CAPACITY), "capacity");
	ck_assert_int_eq(err_exit_code(ERR_USAGE), 2);
	ck_assert_str_eq(err_class_name((enum err_class)99), "unknown");
	ck_assert_int_eq(err_exit_code((enum err_class)99), 1);
	ck_assert_int_eq(err_nomem(&err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
}
END_TEST

START_TEST(files)
{
	char dir[] = "/tmp/burst-test-XXXXXX", path[128], deep[128];
	cleanup_free char *data = NULL;
	size_t len;
	struct err err = {0};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
	snprintf(deep, sizeof(deep), "%s/a/b/c", dir);
	ck_assert_int_eq(file_read(path, 10, &data, &len, &err), -1);
	ck_assert_int_eq(err.class, ERR_NOTFOUND);
	ck_assert_int_eq(file_write(path, 0600, "hello", 5, FILE_SYNC, &err), 0);
	ck_assert_int_eq(file_write(path, 0600, "again", 5, FILE_NO_SYNC, &err), 0);
	ck_assert_int_eq(file_read(path, 5, &data, &len, &err), 0);
	ck_assert_str_eq(data, "again");
	free(STEAL_POINTER(data));
	ck_assert_int_eq(file_read(path, 4, &data, &len, &err), -1);
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_int_eq(file_mkdirs(deep, 0700, &err), 0);
	ck_assert_int_eq(file_mkdirs(deep, 0700, &err), 0);
	ck_assert_int_eq(file_check_dir(deep, geteuid(), true, &err), 0);
	ck_assert_int_eq(file_check_dir(deep, geteuid() + 1, true, &err), -1);
	ck_assert_int_eq(file_check_dir(path, geteuid(), true, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "is not a directory"));
	int a = file_lock(path, 0, &err);
	ck_assert_int_ge(a, 0);
	ck_assert_int_eq(file_lock(path, 50, &err), -1);
	ck_assert_int_eq(err.class, ERR_BUSY);
	close(a);
	a = file_lock(path, 0, &err);
	ck_assert_int_ge(a, 0);
	close(a);
	ck_assert_int_eq(file_write("/nonexistent/x", 0600, "", 0, FILE_SYNC, &err), -1);
	unlink(path);
	rmdir(deep);
}
END_TEST

START_TEST(times)
{
	char buf[CLOCK_ISO_SIZE], hex[17];
	int64_t s = 0;

	ck_assert_str_eq(clock_format_iso(1795325460, buf), "2026-11-22T05:31:00Z");
	ck_assert_int_eq(clock_parse_iso("2026-11-22T05:31:00.123Z", &s, NULL), 0);
	ck_assert_int_eq(s, 1795325460);
	ck_assert_int_eq(clock_parse_iso("2026-11-22 05:31:00Z", &s, NULL), -1);
	ck_assert_int_eq(clock_parse_iso("2026-11-22T05:31:00", &s, NULL), -1);
	random_hex(hex, 8);
	ck_assert_uint_eq(strlen(hex), 16);
	ck_assert_uint_eq(random_below(0), 0);
	ck_assert_uint_lt(random_below(7), 7);
	ck_assert_int_ge(clock_now_ms() / 1000, clock_now_s() - 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *tc = tcase_create("base");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, nodeset_round_trip);
	tcase_add_test(tc, nodeset_refuses);
	tcase_add_test(tc, nodeset_sets);
	tcase_add_test(tc, nodeset_finds_names_in_any_order);
	tcase_add_test(tc, kv_round_trip);
	tcase_add_test(tc, kv_refuses);
	tcase_add_test(tc, money_amounts);
	tcase_add_test(tc, money_rounded_up);
	tcase_add_test(tc, money_discounts);
	tcase_add_test(tc, money_costs);
	tcase_add_test(tc, err_text);
	tcase_add_test(tc, files);
	tcase_add_test(tc, times);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
