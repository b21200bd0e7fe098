/* SPDX-License-Identifier: Apache-2.0 */
/* Prices that AWS says, against a scripted server on loopback. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"
#include "lib/aws/pricing.h"
#include "lib/base/cleanup.h"

#define JSON .type = "application/x-amz-json-1.1"

START_TEST(homes)
{
	static const struct {
		const char *region, *home;
	} t[] = {
		{"us-east-2", "us-east-1"},
		{"ca-central-1", "us-east-1"},
		{"eu-west-1", "eu-central-1"},
		{"me-south-1", "eu-central-1"},
		{"ap-northeast-3", "ap-south-1"},
		{"cn-north-1", "cn-northwest-1"},
		{"us-gov-west-1", NULL},
		{"us-isob-east-1", NULL},
		{"eu-isoe-west-1", NULL},
		{"eusc-de-east-1", NULL},
		{"xx-new-1", "us-east-1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_pstr_eq(pricing_home(t[i].region), t[i].home);
}
END_TEST

#define DIM(unit, price)                                                                           \
	"{\"unit\":\"" unit "\",\"pricePerUnit\":{" price "},\"description\":\"x\"}"
#define PRODUCT_OF(type, terms)                                                                    \
	"{\"product\":{\"sku\":\"S\",\"attributes\":{\"instanceType\":" type                       \
	",\"regionCode\":\"us-east-2\"}},\"serviceCode\":\"AmazonEC2\",\"terms\":{" terms "}}"
#define ON_DEMAND(dim)                                                                             \
	"\"OnDemand\":{\"S.T\":{\"effectiveDate\":\"2026-11-01T00:00:00Z\",\"priceDimensions\":{"  \
	"\"S.T.6\":" dim "}}}"
#define USD(price) "\"USD\":\"" price "\""

START_TEST(products)
{
	static const struct {
		const char *text, *currency;
		int rc;
		int64_t micro_hr;
		const char *error;
	} t[] = {
		{PRODUCT_OF("\"hpc7a.96xlarge\"", ON_DEMAND(DIM("Hrs", USD("7.2000000000")))),
			"USD", 1, 7200000},
		/* finer than a micro-dollar: up */
		{PRODUCT_OF("\"t4g.nano\"", ON_DEMAND(DIM("Hrs", USD("0.0042000001")))), "USD", 1,
			4201},
		/* of two currencies the one that is asked */
		{PRODUCT_OF("\"c5.large\"",
			 ON_DEMAND(DIM("Hrs", "\"CNY\":\"0.6230000000\",\"USD\":\"0.1\""))),
			"CNY", 1, 623000},
		{PRODUCT_OF("\"c5.large\"", ON_DEMAND(DIM("Hrs", "\"CNY\":\"0.6230000000\""))),
			"USD", 0},
		/* sold otherwise */
		{PRODUCT_OF("\"p5e.48xlarge\"", ON_DEMAND(DIM("Hrs", USD("0.0000000000")))), "USD",
			0},
		{PRODUCT_OF("\"c5.large\"", ON_DEMAND(DIM("Quantity", USD("1.0")))), "USD", 0},
		{PRODUCT_OF("\"c5.large\"", "\"Reserved\":{}"), "USD", 0},
		{PRODUCT_OF("\"c5.large\"", "\"OnDemand\":{\"S.T\":{}}"), "USD", 0},
		{PRODUCT_OF("\"c5.large\"", "\"OnDemand\":[]"), "USD", 0},
		{PRODUCT_OF("\"c5.large\"", "\"OnDemand\":{\"S\":{\"priceDimensions\":{\"D\":7}}}"),
			"USD", 0},
		{PRODUCT_OF("\"\"", ON_DEMAND(DIM("Hrs", USD("1")))), "USD", 0},
		{PRODUCT_OF("\"c5\\u001b[2J\"", ON_DEMAND(DIM("Hrs", USD("1")))), "USD", 0},
		{PRODUCT_OF("7", ON_DEMAND(DIM("Hrs", USD("1")))), "USD", 0},
		{PRODUCT_OF("\"a-name-that-is-longer-than-that-of-any-type\"",
			 ON_DEMAND(DIM("Hrs", USD("1")))),
			"USD", 0},
		{"{}", "USD", 0},
		{"{\"product\":null,\"terms\":7}", "USD", 0},
		/* no price at all */
		{PRODUCT_OF("\"c5.large\"", ON_DEMAND(DIM("Hrs", USD("1e3")))), "USD", -1, 0,
			"c5.large: \"1e3\" is no price"},
		{PRODUCT_OF("\"c5.large\"", ON_DEMAND(DIM("Hrs", USD("-1.0000000000")))), "USD", -1,
			0, "c5.large: \"-1.0000000000\" is no price"},
		{PRODUCT_OF("\"c5.large\"", ON_DEMAND(DIM("Hrs", USD("99999999999999")))), "USD",
			-1, 0, "is no price"},
		{"[]", "USD", -1, 0, "not a JSON object"},
		{"{\"product\":", "USD", -1, 0, "ends in the middle"},
		{"{} {}", "USD", -1, 0, "not well-formed JSON"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct pricing_price price = {.micro_hr = 42};
		int rc;

		memset(&err, 0, sizeof(err));
		rc = pricing_parse(t[i].text, strlen(t[i].text), t[i].currency, &price, &err);
		ck_assert_msg(rc == t[i].rc, "%s: %d %s", t[i].text, rc, err.text);
		ck_assert_msg(price.micro_hr == (rc > 0 ? t[i].micro_hr : 42), "%s", t[i].text);
		if (rc > 0) {
			ck_assert_str_eq(price.currency, t[i].currency);
			ck_assert_int_eq(price.effective_s, 1793491200);
		}
		if (rc < 0) {
			ck_assert_int_eq(err.class, ERR_FATAL);
			ck_assert_msg(strstr(err.text, t[i].error) != NULL, "%s", err.text);
		}
	}
}
END_TEST

/* An element of PriceList: the same as text in JSON. */
#define LISTED(type, price)                                                                        \
	"\"{\\\"product\\\":{\\\"attributes\\\":{\\\"instanceType\\\":\\\"" type                   \
	"\\\"}},\\\"terms\\\":{\\\"OnDemand\\\":{\\\"S\\\":{\\\"priceDimensions\\\":{\\\"D\\\":"   \
	"{\\\"unit\\\":\\\"Hrs\\\",\\\"pricePerUnit\\\":{\\\"USD\\\":\\\"" price "\\\"}}}}}}}\""
#define PAGE(list, next) "{\"FormatVersion\":\"aws_v1\",\"PriceList\":[" list "]" next "}"

START_TEST(pages)
{
	static const struct server_answer script[] = {
		{200,
			.body = PAGE(LISTED("m7i.large", "0.1") "," LISTED("c5.large", "0.085"),
				",\"NextToken\":\"t/1=\""),
			JSON},
		{200,
			.body = PAGE(
				LISTED("c5n.large", "0.108") "," LISTED("c5.large", "0.085"), ""),
			JSON},
		{200, .body = PAGE(LISTED("c5.metal", "4.08"), ",\"NextToken\":\"\""), JSON},
	};
	struct pricing_price *prices = NULL;
	size_t n = 0;
	const char *r;

	begin(script, ARRAY_SIZE(script));
	ck_assert_msg(!pricing_on_demand(aws, "us-east-2", &prices, &n, &err), "%s", err.text);
	ck_assert_uint_eq(server_count(server), 3);
	r = server_request(server, 0);
	ck_assert_ptr_nonnull(strstr(r, "\r\nContent-Type: application/x-amz-json-1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(r, "\r\nX-Amz-Target: AWSPriceListService.GetProducts\r\n"));
	ck_assert_ptr_nonnull(strstr(r, "/us-east-2/pricing/aws4_request, SignedHeaders="));
	ck_assert_str_eq(server_body(server, 0),
		"{\"Filters\":[{\"Type\":\"TERM_MATCH\",\"Field\":\"regionCode\",\"Value\":"
		"\"us-east-2\"},{\"Type\":\"TERM_MATCH\",\"Field\":\"productFamily\",\"Value\":"
		"\"Compute Instance\"},{\"Type\":\"TERM_MATCH\",\"Field\":\"operatingSystem\","
		"\"Value\":\"Linux\"},{\"Type\":\"TERM_MATCH\",\"Field\":\"tenancy\",\"Value\":"
		"\"Shared\"},{\"Type\":\"TERM_MATCH\",\"Field\":\"preInstalledSw\",\"Value\":"
		"\"NA\"},{\"Type\":\"TERM_MATCH\",\"Field\":\"capacitystatus\",\"Value\":\"Used\"},"
		"{\"Type\":\"TERM_MATCH\",\"Field\":\"marketoption\",\"Value\":\"OnDemand\"}],"
		"\"ServiceCode\":\"AmazonEC2\",\"FormatVersion\":\"aws_v1\",\"MaxResults\":100}");
	ck_assert_ptr_nonnull(strstr(server_body(server, 1), "\"NextToken\":\"t\\/1=\""));
	ck_assert_ptr_nonnull(strstr(server_body(server, 2), "\"Compute Instance (bare metal)\""));
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(prices[0].type, "c5.large");
	ck_assert_int_eq(prices[0].micro_hr, 85000);
	ck_assert_str_eq(prices[1].type, "c5.metal");
	ck_assert_str_eq(prices[2].type, "c5n.large");
	ck_assert_str_eq(prices[3].type, "m7i.large");
	ck_assert_str_eq(prices[3].currency, "USD");
	free(prices);
	end();
}
END_TEST

START_TEST(fails)
{
	static const struct {
		struct server_answer answer;
		enum err_class class;
		const char *code, *text;
	} t[] = {
		{{400,
			 .body = "{\"__type\":\"AccessDeniedException\",\"Message\":\"not "
				 "authorized "
				 "to perform: pricing:GetProducts\"}",
			 JSON},
			ERR_AUTH, "AccessDeniedException", "pricing:GetProducts"},
		{{200, .body = "{}", JSON}, ERR_FATAL, "", "no price list"},
		{{200, .body = "{\"PriceList\":{}}", JSON}, ERR_FATAL, "", "no price list"},
		{{200, .body = "{\"PriceList\":[{}]}", JSON}, ERR_FATAL, "",
			"a product is no text"},
		{{200, .body = PAGE("\"{\"", ""), JSON}, ERR_FATAL, "",
			"product 0: the answer ends in the middle"},
		{{200, .body = PAGE(LISTED("c5.large", "0,1"), ""), JSON}, ERR_FATAL, "",
			"product 0: c5.large: \"0,1\" is no price"},
		{{200, .body = PAGE(LISTED("c5.large", "1") "," LISTED("c5.large", "2"), ""), JSON},
			ERR_FATAL, "", "c5.large in us-east-2 has two prices"},
		{{200, .body = PAGE("", ",\"NextToken\":\"again\""), JSON}, ERR_FATAL, "",
			"more than 100 pages"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct pricing_price *prices = NULL;
		size_t n = 7;

		begin(&t[i].answer, 1);
		expect(pricing_on_demand(aws, "us-east-2", &prices, &n, &err), t[i].class,
			t[i].code, t[i].text);
		ck_assert(n == 7 && !prices);
		end();
	}
}
END_TEST

#define POOL(type, az, price, since)                                                               \
	"<item><instanceType>" type "</instanceType><productDescription>Linux/UNIX"                \
	"</productDescription><spotPrice>" price "</spotPrice><timestamp>" since                   \
	"</timestamp><availabilityZone>" az "</availabilityZone></item>"
#define HISTORY(items, next)                                                                       \
	"<DescribeSpotPriceHistoryResponse " NS                                                    \
	"><requestId>r</requestId><spotPriceHistorySet>" items "</spotPriceHistorySet>" next       \
	"</DescribeSpotPriceHistoryResponse>"
#define T0 "2026-11-22T10:00:00.000Z"
#define T1 "2026-11-22T12:00:00.000Z"

START_TEST(spot)
{
	static const struct server_answer script[] = {
		{200, .body = HISTORY(POOL("c5.large", "us-east-2b", "0.031200", T0)
					      POOL("c5.large", "us-east-2a", "0.0300000001", T0),
			      "<nextToken>more</nextToken>")},
		{200, .body = HISTORY(POOL("c5.large", "us-east-2b", "0.029000", T1)
					      POOL("c4.large", "us-east-2a", "1", T0),
			      "<nextToken></nextToken>")},
	};
	static const char *const types[] = {"c5.large", "c4.large"};
	struct ec2_spot_price *prices = NULL;
	size_t n = 0;

	begin(script, ARRAY_SIZE(script));
	ck_assert_msg(
		!ec2_spot_prices(aws, types, 2, 1795348800, &prices, &n, &err), "%s", err.text);
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeSpotPriceHistory&Version=2016-11-15&Filter.1.Name=instance-type&"
		"Filter.1.Value.1=c5.large&Filter.1.Value.2=c4.large&"
		"ProductDescription.1=Linux%2FUNIX&ProductDescription.2=Linux%2FUNIX+%28Amazon+"
		"VPC%29&StartTime=2026-11-22T12%3A00%3A00Z&MaxResults=1000");
	ck_assert_ptr_nonnull(strstr(server_body(server, 1), "&NextToken=more"));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(prices[0].type, "c4.large");
	ck_assert_int_eq(prices[0].uusd_hr, 1000000);
	ck_assert_str_eq(prices[1].az, "us-east-2a");
	ck_assert_int_eq(prices[1].uusd_hr, 30001);
	/* of two changes the newer */
	ck_assert_str_eq(prices[2].az, "us-east-2b");
	ck_assert_int_eq(prices[2].uusd_hr, 29000);
	ck_assert_int_eq(prices[2].since_s, 1795348800);
	free(prices);
	end();
}
END_TEST

START_TEST(spot_many)
{
	static const struct server_answer script[] = {{200, .body = HISTORY("", "")}};
	const char *types[101];
	struct ec2_spot_price *prices = NULL;
	size_t n = 9;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		types[i] = "c5.large";
	begin(script, 1);
	ck_assert_int_eq(
		ec2_spot_prices(aws, types, ARRAY_SIZE(types), 1795348800, &prices, &n, &err), 0);
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_ptr_nonnull(strstr(server_body(server, 0), "Filter.1.Value.100="));
	ck_assert_ptr_null(strstr(server_body(server, 1), "Filter.1.Value.2="));
	ck_assert(n == 0);
	free(prices);
	end();
}
END_TEST

START_TEST(spot_fails)
{
	static const struct {
		struct server_answer answer;
		enum err_class class;
		const char *code, *text;
	} t[] = {
		{{403, .body = ERROR("UnauthorizedOperation", "You are not authorized")}, ERR_AUTH,
			"UnauthorizedOperation", "not authorized"},
		{{200, .body = HISTORY(POOL("c5.large", "us-east-2b", "", T0), "")}, ERR_FATAL, "",
			"\"\" is no Spot price of c5.large"},
		{{200, .body = HISTORY(POOL("c5.large", "us-east-2b", "0.000000", T0), "")},
			ERR_FATAL, "", "is no Spot price"},
		{{200, .body = HISTORY(POOL("c5.large", "us-east-2a&#10;", "1", T0), "")},
			ERR_FATAL, "", "without a type or zone"},
		{{200, .body = HISTORY(POOL("c5.large", "", "1", T0), "")}, ERR_FATAL, "",
			"without a type or zone"},
		{{200, .body = HISTORY("", "<nextToken>again</nextToken>")}, ERR_FATAL, "",
			"more than 100 pages"},
	};
	static const char *const types[] = {"c5.large"};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct ec2_spot_price *prices = NULL;
		size_t n = 7;

		begin(&t[i].answer, 1);
		expect(ec2_spot_prices(aws, types, 1, 1795348800, &prices, &n, &err), t[i].class,
			t[i].code, t[i].text);
		ck_assert(n == 7 && !prices);
		end();
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pricing");
	TCase *tc = tcase_create("pricing");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(tc, fixture_setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, homes);
	tcase_add_test(tc, products);
	tcase_add_test(tc, pages);
	tcase_add_test(tc, fails);
	tcase_add_test(tc, spot);
	tcase_add_test(tc, spot_many);
	tcase_add_test(tc, spot_fails);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
