/* SPDX-License-Identifier: Apache-2.0 */
/* What instances cost, whose word that is, and "prices refresh" against a scripted AWS. */
#include "helper/prices.h"

#include <json-c/json.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/prices_internal.h"
#include "lib/base/clock.h"
#include "tests/unit/app_fixture.h"

#define HOUR_MS INT64_C(3600000)

static char c5_large[] = "c5.large", hpc7a[] = "hpc7a.96xlarge", x9[] = "x9.large";
static char here[] = HERE, there[] = "us-east-1", directory[80];
static struct conf_override first[] = {{.type = c5_large}, {.type = x9}};
static struct conf_override second[] = {{.type = hpc7a}, {.type = c5_large}};
static struct conf_place places[] = {
	{.overrides = first, .noverrides = 2},
	{.region = there, .overrides = second, .noverrides = 2},
};
static struct conf_group groups[] = {{.places = places, .nplaces = 2}};

static void setup(void)
{
	app_setup();
	conf.groups = groups;
	conf.ngroups = 1;
	conf.aws.region = here;
	groups[0].market = MARKET_SPOT;
	conf.prices.max_age_s = 604800;
	conf.prices.spot_max_age_s = 1800;
	snprintf(directory, sizeof(directory), "%s/public", state_dir);
	conf.public.directory = NULL;
}

static void teardown(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/prices.json", directory);
	unlink(path);
	rmdir(directory);
	prices_destroy(app.prices);
	app.prices = NULL;
	app_teardown();
}

static void forget(void)
{
	prices_destroy(app.prices);
	app.prices = NULL;
}

static void put_list(const char *type, int64_t uusd_hr, const char *currency, int64_t age_ms)
{
	struct price p = {.uusd_hr = uusd_hr, .source = "pricing"};

	snprintf(p.type, sizeof(p.type), "%s", type);
	snprintf(p.currency, sizeof(p.currency), "%s", currency);
	ok(price_put_all(app.db, HERE, false, &p, 1, clock_now_ms() - age_ms, &err));
	forget();
}

static void put_spot(const char *type, int64_t uusd_hr, int64_t age_ms)
{
	struct price p = {.uusd_hr = uusd_hr,
		.source = "spot-history",
		.az = HERE "a",
		.currency = "USD",
		.priced_s = 7};

	snprintf(p.type, sizeof(p.type), "%s", type);
	ok(price_put_all(app.db, HERE, true, &p, 1, clock_now_ms() - age_ms, &err));
	forget();
}

/* "85000 list price of DATE" with the date itself taken away. */
static const char *found(const char *type, bool spot)
{
	static char text[128];
	struct prices_found f;
	char *digit;

	if (prices_of(&app, HERE, type, spot ? HERE "a" : "", spot, &f, &err) < 0) {
		ck_assert_int_eq(err.class, ERR_NOTFOUND);
		return err.text;
	}
	ck_assert_int_eq(f.built_in, strstr(f.source, "built-in") != NULL);
	ck_assert_int_eq(f.stale, strstr(f.source, "stale") != NULL);
	ck_assert_int_eq(f.asked_s == 0, f.built_in);
	digit = f.built_in ? NULL : strstr(f.source, " of 20");
	if (digit) {
		size_t n = spot ? 24 : 14;

		ck_assert_uint_ge(strlen(digit), n);
		memmove(digit, digit + n, strlen(digit + n) + 1);
	}
	snprintf(text, sizeof(text), "%lld %s", (long long)f.uusd_hr, f.source);
	return text;
}

START_TEST(the_best_known)
{
	ck_assert_str_eq(found("c5.large", false), "85000 built-in list price of 2026-07-20");
	ck_assert_str_eq(found("x9.large", false),
		"no on-demand price of x9.large in us-east-2 in the built-in table of 2026-07-20");
	ck_assert_str_eq(found("c5.large", true), "no Spot price of c5.large in us-east-2a");
	put_list("c5.large", 91000, "USD", HOUR_MS);
	ck_assert_str_eq(found("c5.large", false), "91000 list price");
	/* what AWS did not say is still the table's */
	ck_assert_str_eq(
		found("hpc7a.96xlarge", false), "7200000 built-in list price of 2026-07-20");
	put_list("c5.large", 91000, "USD", 8 * 24 * HOUR_MS);
	ck_assert_str_eq(found("c5.large", false), "91000 list price, stale");
	/* older than the table itself */
	put_list("c5.large", 91000, "USD", clock_now_ms() - INT64_C(1767225600000));
	ck_assert_str_eq(found("c5.large", false), "85000 built-in list price of 2026-07-20");
	put_list("x9.large", 5, "USD", clock_now_ms() - INT64_C(1767225600000));
	ck_assert_str_eq(found("x9.large", false), "5 list price, stale");
	put_spot("c5.large", 31000, 60000);
	ck_assert_str_eq(found("c5.large", true), "31000 Spot price");
	put_spot("c5.large", 31000, HOUR_MS);
	ck_assert_str_eq(found("c5.large", true), "31000 Spot price, stale");
	/* the clock was set back: nobody knows how old it is */
	put_spot("c5.large", 31000, -HOUR_MS);
	ck_assert_str_eq(found("c5.large", true), "31000 Spot price, stale");
}
END_TEST

START_TEST(another_currency)
{
	put_list("c5.large", 91000, "CNY", HOUR_MS);
	ck_assert_str_eq(found("c5.large", false),
		"no price in USD of c5.large in us-east-2: AWS bills in CNY");
}
END_TEST

static struct plan_choice choice_of(const char *type, const char *az)
{
	return (struct plan_choice){.type = type,
		.subnet = "subnet-1",
		.az = az,
		.free_addresses = -1,
		.price_uusd_hr = -1,
		.max_price_uusd_hr = -1};
}

START_TEST(for_the_planner)
{
	struct plan_choice c[] = {choice_of("c5.large", HERE "a"), choice_of("c5.large", HERE "b"),
		choice_of("x9.large", ""), choice_of("c5.large", HERE "a")};

	c[3].reservation = "cr-1";
	put_list("c5.large", 91000, "USD", HOUR_MS);
	put_spot("c5.large", 31000, HOUR_MS);
	prices_apply(&app, HERE, MARKET_SPOT, c, 4);
	ck_assert(c[0].price_uusd_hr == 31000 && c[0].list_uusd_hr == 91000 && c[0].price_stale);
	ck_assert(!strncmp(c[0].price_why, "Spot price of 20", 16));
	ck_assert(c[1].price_uusd_hr == -1 && c[1].list_uusd_hr == 91000 && !c[1].price_stale);
	ck_assert(!strncmp(c[1].price_why, "list price of 20", 16));
	ck_assert(c[2].price_uusd_hr == -1 && c[2].list_uusd_hr == -1 && !c[2].price_why);
	ck_assert(c[3].price_uusd_hr == 91000);
	/* the same choices, as the next step of the ladder asks for them */
	prices_apply(&app, HERE, MARKET_ON_DEMAND, c, 4);
	ck_assert(c[0].price_uusd_hr == 91000 && !c[0].price_stale);
	ck_assert_ptr_eq(c[0].price_why, c[1].price_why);
}
END_TEST

static char c5_all[] = "c5.*", everything[] = "*", elsewhere[] = "eu-west-1";
static char *only_elsewhere[] = {elsewhere};
static struct conf_discount discounts[] = {
	{.types = c5_all, .regions = only_elsewhere, .nregions = 1, .percent = 99000},
	{.types = c5_all, .percent = 28500},
	{.types = everything, .percent = 1},
	{.types = everything, .market = MARKET_SPOT, .percent = 3333},
};

START_TEST(discounted)
{
	struct plan_choice c[] = {choice_of("c5.large", HERE "a"), choice_of("c5.large", HERE "a")};
	struct prices_found f;
	struct strbuf out = STRBUF_INIT;
	struct prices_filter filter = {.region = HERE, .type = "c5.large"};

	c[1].reservation = "cr-1";
	conf.prices.discounts = discounts;
	conf.prices.ndiscounts = 4;
	ck_assert_str_eq(found("c5.large", false),
		"60775 built-in list price of 2026-07-20, 0.085 less 28.5 %");
	/* up to the next micro-USD */
	ck_assert_str_eq(found("hpc7a.96xlarge", false),
		"7199928 built-in list price of 2026-07-20, 7.20 less 0.001 %");
	put_list("c5.large", 91001, "USD", HOUR_MS);
	ck_assert_str_eq(found("c5.large", false), "65066 list price, 0.091001 less 28.5 %");
	ok(prices_of(&app, HERE, "c5.large", "", false, &f, &err));
	ck_assert_int_eq(f.full_uusd_hr, 91001);
	ck_assert_int_eq(f.less, 28500);
	/* a savings plan is not for Spot, nor for what that may come to; a reservation is none */
	put_spot("c5.large", 31000, 1000);
	ck_assert_str_eq(found("c5.large", true), "29967 Spot price, 0.031 less 3.333 %");
	prices_apply(&app, HERE, MARKET_SPOT, c, 2);
	ck_assert_int_eq(c[0].price_uusd_hr, 29967);
	ck_assert_int_eq(c[0].asked_uusd_hr, 31000);
	ck_assert_int_eq(c[0].list_uusd_hr, 87968);
	ck_assert_int_eq(c[1].price_uusd_hr, 65066);
	prices_apply(&app, HERE, MARKET_ON_DEMAND, c, 2);
	ck_assert(c[0].price_uusd_hr == 65066 && c[0].list_uusd_hr == 65066);
	ck_assert_int_eq(c[0].asked_uusd_hr, 0);
	ck_assert_ptr_nonnull(strstr(c[0].price_why, ", 0.091001 less 28.5 %"));
	/* another currency is no price, with or without discount */
	put_list("c5.large", 100000, "CNY", HOUR_MS);
	ck_assert_str_eq(found("c5.large", false),
		"no price in USD of c5.large in us-east-2: AWS bills in CNY");
	ok(prices_list(&app, &filter, clock_now_ms(), true, &out, &err));
	ck_assert_ptr_nonnull(strstr(out.buf, "\"micro_hr\":100000,"));
	ck_assert_ptr_nonnull(strstr(out.buf, "\"less_percent\":null"));
	strbuf_release(&out);
	conf.prices.discounts = NULL;
	conf.prices.ndiscounts = 0;
}
END_TEST

/* Of each type, where it is cheapest first. */
START_TEST(regions_compared)
{
	struct prices_filter f = {.type = "c5.*large", .sort = PRICES_BY_TYPE};
	struct strbuf out = STRBUF_INIT;
	char *dear, *cheap;

	put_list("c5.large", 91000, "USD", HOUR_MS);
	ok(prices_list(&app, &f, clock_now_ms(), false, &out, &err));
	cheap = strstr(out.buf, "c5.large               us-east-1 ");
	dear = strstr(out.buf, "c5.large               us-east-2 ");
	ck_assert_ptr_nonnull(dear);
	ck_assert(cheap && cheap < dear);
	strbuf_release(&out);
	put_list("c5.large", 80000, "USD", HOUR_MS);
	ok(prices_list(&app, &f, clock_now_ms(), false, &out, &err));
	cheap = strstr(out.buf, "c5.large               us-east-1 ");
	dear = strstr(out.buf, "c5.large               us-east-2 ");
	ck_assert(cheap && dear && dear < cheap);
	strbuf_release(&out);
}
END_TEST

#define LISTED(type, price)                                                                        \
	"\"{\\\"product\\\":{\\\"attributes\\\":{\\\"instanceType\\\":\\\"" type                   \
	"\\\"}},\\\"terms\\\":{\\\"OnDemand\\\":{\\\"S\\\":{\\\"priceDimensions\\\":{\\\"D\\\":"   \
	"{\\\"unit\\\":\\\"Hrs\\\",\\\"pricePerUnit\\\":{\\\"USD\\\":\\\"" price "\\\"}}}}}}}\""
#define PRODUCTS                                                                                   \
	{                                                                                          \
		200, .body = "{\"PriceList\":[" LISTED("c5.large", "0.0920000001") "]}",           \
		     .type = "application/x-amz-json-1.1", .only = "GetProducts"                   \
	}
#define DENIED                                                                                     \
	{                                                                                          \
		400,                                                                               \
			.body = "{\"__type\":\"AccessDeniedException\",\"Message\":\"no "          \
				"permission\"}",                                                   \
			.type = "application/x-amz-json-1.1", .only = "GetProducts"                \
	}
#define HISTORY                                                                                    \
	{                                                                                          \
		200,                                                                               \
			.body = "<DescribeSpotPriceHistoryResponse><spotPriceHistorySet><item>"    \
				"<instanceType>c5.large</instanceType><spotPrice>0.0312"           \
				"</spotPrice><timestamp>2026-11-22T10:00:00.000Z</timestamp>"      \
				"<availabilityZone>us-east-2a</availabilityZone></item>"           \
				"</spotPriceHistorySet></DescribeSpotPriceHistoryResponse>",       \
			.only = "DescribeSpotPriceHistory"                                         \
	}

START_TEST(refreshed)
{
	static const struct server_answer script[] = {PRODUCTS, HISTORY};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	int64_t now_ms = clock_now_ms();

	ck_assert_str_eq(found("c5.large", false), "85000 built-in list price of 2026-07-20");
	ck_assert_int_eq(prices_old(&app, HERE, now_ms, &err), PRICES_LIST | PRICES_SPOT);
	ec2_begin(script, 2);
	ok(prices_refresh(&app, HERE, PRICES_LIST | PRICES_SPOT, &out, &err));
	ck_assert_str_eq(out.buf, "us-east-2: 1 list prices in USD\n"
				  "us-east-2: 1 Spot prices of the 3 types of the configuration\n");
	ck_assert_str_eq(found("c5.large", false), "92001 list price");
	ck_assert_str_eq(found("c5.large", true), "31200 Spot price");
	/* the types of all places, each once */
	ck_assert_ptr_nonnull(strstr(ec2_body(2), "Filter.1.Value.1=c5.large&Filter.1.Value.2="
						  "x9.large&Filter.1.Value.3=hpc7a.96xlarge&Pr"));
	/* asked again when half the age is over; Spot only where it is used */
	now_ms = clock_now_ms();
	ck_assert_int_eq(prices_old(&app, HERE, now_ms, &err), 0);
	ck_assert_int_eq(prices_old(&app, HERE, now_ms + 900 * 1000, &err), PRICES_SPOT);
	ck_assert_int_eq(prices_old(&app, HERE, now_ms + 85 * HOUR_MS, &err), 3);
	groups[0].market = MARKET_ON_DEMAND;
	ck_assert_int_eq(prices_old(&app, HERE, now_ms + 85 * HOUR_MS, &err), PRICES_LIST);
	ck_assert_int_eq(prices_old(&app, "us-gov-west-1", now_ms, &err), 0);
}
END_TEST

/* Whatever fails: what was known stays, and what can be had is. */
START_TEST(refresh_fails)
{
	static const struct server_answer denied[] = {DENIED, HISTORY};
	static const struct server_answer both[] = {
		DENIED, {403, .body = ERROR("UnauthorizedOperation", "no history")}};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	put_list("c5.large", 91000, "USD", 8 * 24 * HOUR_MS);
	ec2_begin(denied, 2);
	refused(prices_refresh(&app, HERE, PRICES_LIST | PRICES_SPOT, &out, &err), ERR_AUTH,
		"list prices of us-east-2: ");
	ck_assert_str_eq(out.buf, "us-east-2: 1 Spot prices of the 3 types of the configuration\n");
	ck_assert_str_eq(found("c5.large", false), "91000 list price, stale");
	ck_assert_str_eq(found("c5.large", true), "31200 Spot price");
	ec2_begin(both, 2);
	refused(prices_refresh(&app, HERE, PRICES_LIST | PRICES_SPOT, &out, &err), ERR_AUTH,
		"list prices of us-east-2: ");
	refused(prices_refresh(&app, HERE, PRICES_SPOT, &out, &err), ERR_AUTH,
		"Spot prices in us-east-2: ");
	ck_assert_str_eq(found("c5.large", true), "31200 Spot price");
	refused(prices_refresh(&app, "us-gov-west-1", PRICES_LIST, &out, &err), ERR_CONFIG,
		"AWS's partition of us-gov-west-1 has no Pricing API");
}
END_TEST

static const char *listed(const struct prices_filter *filter, bool json)
{
	static char text[16384];
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	ok(prices_list(&app, filter, clock_now_ms(), json, &out, &err));
	snprintf(text, sizeof(text), "%s", out.buf);
	return text;
}

/* The first words of the lines behind the head. */
static const char *first_words(const char *text)
{
	static char words[256];

	words[0] = '\0';
	while ((text = strchr(text, '\n')) && *++text)
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%.*s ",
			(int)strcspn(text, " "), text);
	return words;
}

START_TEST(lists)
{
	struct prices_filter f = {.region = HERE, .type = "c5.*large"};
	struct json_object *top, *all, *one, *value;

	put_list("c5.large", 91000, "USD", HOUR_MS + 1000);
	put_spot("c5.large", 31000, HOUR_MS + 1000);
	ck_assert_ptr_nonnull(strstr(listed(&f, false),
		"TYPE                   REGION           CORES   PER HOUR   PER CORE          AGE "
		"SOURCE\n"
		"c5.large               us-east-2            1      0.091      0.091 USD    1h00m "
		"list price of 20"));
	ck_assert_ptr_nonnull(strstr(listed(&f, false),
		"c5.xlarge              us-east-2            2       0.17      0.085 USD        - "
		"built-in list price of 2026-07-20\n"));
	ck_assert_ptr_nonnull(strstr(first_words(listed(&f, false)), "c5.large c5.xlarge c5.2x"));
	f.sort = PRICES_BY_TYPE;
	ck_assert_ptr_nonnull(strstr(first_words(listed(&f, false)), "c5.4xlarge c5.9xlarge c5.l"));
	f.sort = PRICES_BY_CORE;
	ck_assert_ptr_nonnull(strstr(first_words(listed(&f, false)), "c5.xlarge c5.large "));
	f.spot = true;
	ck_assert_ptr_nonnull(strstr(listed(&f, false), "c5.large               us-east-2a  "));
	ck_assert_ptr_nonnull(strstr(listed(&f, false), " UTC, stale\n"));
	f.type = "z*";
	ck_assert_str_eq(listed(&f, false), "no Spot price is known\n");
	f = (struct prices_filter){.type = "c5.large"};
	/* of all regions that are known: the configuration's, and what AWS told of */
	ck_assert_str_eq(first_words(listed(&f, false)), "c5.large c5.large ");
	top = json_tokener_parse(listed(&f, true));
	ck_assert(json_object_object_get_ex(top, "prices", &all));
	one = json_object_array_get_idx(all, 1);
	ck_assert(json_object_object_get_ex(one, "micro_hr", &value));
	ck_assert_int_eq(json_object_get_int64(value), 91000);
	ck_assert(json_object_object_get_ex(one, "currency", &value));
	ck_assert_str_eq(json_object_get_string(value), "USD");
	ck_assert(json_object_object_get_ex(one, "asked", &value) && value);
	one = json_object_array_get_idx(all, 0);
	ck_assert(json_object_object_get_ex(one, "asked", &value) && !value);
	json_object_put(top);
	/* in another currency: shown, apart */
	put_list("c5.large", 623000, "CNY", HOUR_MS);
	f.region = HERE;
	ck_assert_ptr_nonnull(strstr(listed(&f, false), "0.623      0.623 CNY "));
}
END_TEST

/* Who may not read state.db finds the same in what is public. */
START_TEST(public)
{
	struct db *db = app.db;
	char known[4][128];

	ck_assert_int_eq(prices_publish(&app, &err), 0);
	ck_assert_int_eq(mkdir(directory, 0755), 0);
	conf.public.directory = directory;
	put_list("c5.large", 91000, "USD", 8 * 24 * HOUR_MS);
	put_spot("c5.large", 31000, 60000);
	snprintf(known[0], sizeof(known[0]), "%s", found("c5.large", false));
	snprintf(known[1], sizeof(known[1]), "%s", found("c5.large", true));
	ck_assert_int_eq(prices_publish(&app, &err), 1);
	forget();
	app.db = NULL;
	snprintf(known[2], sizeof(known[2]), "%s", found("c5.large", false));
	snprintf(known[3], sizeof(known[3]), "%s", found("c5.large", true));
	ck_assert_str_eq(
		found("hpc7a.96xlarge", false), "7200000 built-in list price of 2026-07-20");
	app.db = db;
	ck_assert_str_eq(known[0], "91000 list price, stale");
	ck_assert_str_eq(known[1], "31000 Spot price");
	ck_assert_str_eq(known[2], known[0]);
	ck_assert_str_eq(known[3], known[1]);
}
END_TEST

/* Somebody's file at the same place: as if there were none. */
START_TEST(public_nonsense)
{
	static const char *const texts[] = {"", "[]", "{\"told\":7}",
		"{\"told\":{\"us-east-2\":{\"list\":{\"prices\":[]},\"spot\":{\"zones\":{\"a\":7}}}"
		"}}",
		"{\"told\":{\"us-east-2\":{\"list\":{\"currency\":7,\"prices\":{\"c5.large\":1}}}}"
		"}",
		"{\"told\":{\"us-east-2\":{\"list\":{\"currency\":\"USD\",\"prices\":{\"c5.large\":"
		"-1,\"a-type-with-a-name-that-is-much-too-long-to-be\":1}},\"spot\":{\"zones\":{"
		"\"us-east-2a\":{\"c5.large\":[1]}}}}}}"};
	struct db *db = app.db;
	char path[128], got[128];

	ck_assert_int_eq(mkdir(directory, 0755), 0);
	conf.public.directory = directory;
	snprintf(path, sizeof(path), "%s/prices.json", directory);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(path, "w");

		ck_assert_ptr_nonnull(f);
		fputs(texts[i], f);
		fclose(f);
		forget();
		app.db = NULL;
		snprintf(got, sizeof(got), "%s", found("c5.large", false));
		app.db = db;
		if (i == 4)
			ck_assert_ptr_nonnull(strstr(got, "no price in USD"));
		else
			ck_assert_str_eq(got, "85000 built-in list price of 2026-07-20");
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("prices");
	TCase *tc = tcase_create("prices");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, the_best_known);
	tcase_add_test(tc, another_currency);
	tcase_add_test(tc, for_the_planner);
	tcase_add_test(tc, discounted);
	tcase_add_test(tc, regions_compared);
	tcase_add_test(tc, refreshed);
	tcase_add_test(tc, refresh_fails);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, public);
	tcase_add_test(tc, public_nonsense);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
