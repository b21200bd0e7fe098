/* SPDX-License-Identifier: Apache-2.0 */
/* The pure parts of the aws room: endpoint, retry, xml, query. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/endpoint.h"
#include "lib/aws/query.h"
#include "lib/aws/retry.h"
#include "lib/aws/xml.h"
#include "lib/base/cleanup.h"

/* --- endpoint -------------------------------------------------------------------------------- */

START_TEST(endpoint_rules)
{
	/* checked with botocore's evaluation of AWS's rule sets */
	static const struct {
		const char *service, *region;
		bool fips, dualstack;
		const char *host;
	} t[] = {
		{"ec2", "us-east-1", false, false, "ec2.us-east-1.amazonaws.com"},
		{"ec2", "eu-west-1", false, true, "ec2.eu-west-1.api.aws"},
		{"ec2", "us-east-2", true, false, "ec2-fips.us-east-2.amazonaws.com"},
		{"ec2", "us-east-2", true, true, "ec2-fips.us-east-2.api.aws"},
		{"ec2", "mx-central-1", false, false, "ec2.mx-central-1.amazonaws.com"},
		{"ec2", "cn-north-1", false, false, "ec2.cn-north-1.amazonaws.com.cn"},
		{"ec2", "cn-north-1", false, true, "ec2.cn-north-1.api.amazonwebservices.com.cn"},
		{"ec2", "cn-north-1", true, false, "ec2-fips.cn-north-1.amazonaws.com.cn"},
		{"ec2", "us-gov-west-1", false, false, "ec2.us-gov-west-1.amazonaws.com"},
		{"ec2", "us-gov-west-1", true, false, "ec2.us-gov-west-1.amazonaws.com"},
		{"ec2", "us-gov-east-1", true, true, "ec2-fips.us-gov-east-1.api.aws"},
		{"ec2", "eusc-de-east-1", false, false, "ec2.eusc-de-east-1.amazonaws.eu"},
		{"ec2", "eusc-de-east-1", false, true,
			"ec2.eusc-de-east-1.api.amazonwebservices.eu"},
		{"ec2", "us-iso-east-1", false, false, "ec2.us-iso-east-1.c2s.ic.gov"},
		{"ec2", "us-iso-east-1", true, true, "ec2-fips.us-iso-east-1.api.aws.ic.gov"},
		{"ec2", "us-isob-east-1", false, false, "ec2.us-isob-east-1.sc2s.sgov.gov"},
		{"ec2", "us-isob-east-1", false, true, "ec2.us-isob-east-1.api.aws.scloud"},
		{"ec2", "eu-isoe-west-1", false, false, "ec2.eu-isoe-west-1.cloud.adc-e.uk"},
		{"ec2", "eu-isoe-west-1", false, true, "ec2.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
		{"ec2", "us-isof-south-1", true, false, "ec2-fips.us-isof-south-1.csp.hci.ic.gov"},
		{"ec2", "us-isof-south-1", false, true, "ec2.us-isof-south-1.api.aws.hci.ic.gov"},
		{"ec2", "xx-new-1", false, false, "ec2.xx-new-1.amazonaws.com"},
		{"sts", "us-east-1", false, false, "sts.us-east-1.amazonaws.com"},
		{"sts", "us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com"},
		{"sts", "us-gov-east-1", true, false, "sts.us-gov-east-1.amazonaws.com"},
		{"sts", "us-gov-east-1", true, true, "sts-fips.us-gov-east-1.api.aws"},
		{"sts", "cn-north-1", false, false, "sts.cn-north-1.amazonaws.com.cn"},
		{"servicequotas", "us-east-2", false, false,
			"servicequotas.us-east-2.amazonaws.com"},
		{"servicequotas", "us-east-2", false, true, "servicequotas.us-east-2.api.aws"},
		{"servicequotas", "us-east-2", true, false,
			"servicequotas-fips.us-east-2.amazonaws.com"},
		{"servicequotas", "us-gov-west-1", true, false,
			"servicequotas.us-gov-west-1.amazonaws.com"},
		{"servicequotas", "us-gov-west-1", true, true,
			"servicequotas-fips.us-gov-west-1.api.aws"},
		{"servicequotas", "cn-north-1", false, false,
			"servicequotas.cn-north-1.amazonaws.com.cn"},
		{"servicequotas", "eusc-de-east-1", false, true,
			"servicequotas.eusc-de-east-1.api.amazonwebservices.eu"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct endpoint e;
		struct err err = {0};

		ck_assert_msg(!endpoint_default(t[i].service, t[i].region, t[i].fips,
				      t[i].dualstack, &e, &err),
			"%s", err.text);
		ck_assert_str_eq(e.host, t[i].host);
		ck_assert_str_eq(e.name, t[i].host);
		ck_assert_str_eq(e.path, "/");
		ck_assert(e.tls && !strncmp(e.url, "https://", 8));
		ck_assert_str_eq(e.url + 8, t[i].host);
	}
}
END_TEST

START_TEST(endpoint_regions_refused)
{
	static const char *const t[] = {"", "us east", "US-EAST-1", "-a", "a-", "evil.com/", "a.b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct endpoint e;
		struct err err = {0};

		ck_assert_int_eq(endpoint_default("ec2", t[i], false, false, &e, &err), -1);
		ck_assert_int_eq(err.class, ERR_CONFIG);
		ck_assert_ptr_nonnull(strstr(err.text, "is not the name of a region"));
	}
}
END_TEST

START_TEST(endpoint_urls)
{
	static const struct {
		const char *in, *url, *host, *name, *path;
		bool tls, loopback;
	} t[] = {
		{"http://127.0.0.1:15002", "http://127.0.0.1:15002", "127.0.0.1:15002", "127.0.0.1",
			"/", false, true},
		{"HTTPS://h.example:443/", "https://h.example", "h.example", "h.example", "/",
			true},
		{"https://h:8443/a/b//", "https://h:8443/a/b", "h:8443", "h", "/a/b", true},
		{"http://h:80", "http://h", "h", "h", "/"},
		{"http://h:443", "http://h:443", "h:443", "h", "/"},
		{"http://localhost/x%20y", "http://localhost/x%20y", "localhost", "localhost",
			"/x%20y", false, true},
		{"http://[::1]:80", "http://[::1]", "[::1]", "::1", "/", false, true},
		{"http://[fd00:ec2::254]", "http://[fd00:ec2::254]", "[fd00:ec2::254]",
			"fd00:ec2::254", "/"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct endpoint e;
		struct err err = {0};

		ck_assert_msg(!endpoint_parse(t[i].in, &e, &err), "%s: %s", t[i].in, err.text);
		ck_assert_str_eq(e.url, t[i].url);
		ck_assert_str_eq(e.host, t[i].host);
		ck_assert_str_eq(e.name, t[i].name);
		ck_assert_str_eq(e.path, t[i].path);
		ck_assert_int_eq(e.tls, t[i].tls);
		ck_assert_int_eq(endpoint_is_loopback(&e), t[i].loopback);
	}
}
END_TEST

START_TEST(endpoint_urls_refused)
{
	static const struct {
		const char *in, *text;
	} t[] = {
		{"", "expected http://"},
		{"ftp://h", "expected http://"},
		{"file:///etc/passwd", "expected http://"},
		{"http://", "no host name"},
		{"http:///x", "no host name"},
		{"http://user:PASSWORD@h", "user name or password"},
		{"http://h/?q", "query or fragment"},
		{"http://h#f", "query or fragment"},
		{"http://h:0", "1 to 65535"},
		{"http://h:65536", "1 to 65535"},
		{"http://h:80x", "1 to 65535"},
		{"http://h:", "expected a port"},
		{"http://[::1", "without ']'"},
		{"http://[::1]x", "expected a port"},
		{"http://h\r\nX: y", "a blank or a character"},
	};
	char longer[700] = "http://";

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct endpoint e;
		struct err err = {0};

		ck_assert_msg(endpoint_parse(t[i].in, &e, &err) < 0, "%s", t[i].in);
		ck_assert_int_eq(err.class, ERR_CONFIG);
		ck_assert_msg(strstr(err.text, t[i].text) != NULL, "%s: %s", t[i].in, err.text);
		ck_assert(!strstr(err.text, "PASSWORD"));
	}
	memset(longer + 7, 'h', 300);
	ck_assert_int_eq(endpoint_parse(longer, &(struct endpoint){0}, NULL), -1);
	longer[8] = '/';
	ck_assert_int_eq(endpoint_parse(longer, &(struct endpoint){0}, NULL), -1);
}
END_TEST

/* --- retry ----------------------------------------------------------------------------------- */

START_TEST(retry_delays)
{
	static const struct {
		unsigned attempt;
		enum err_class class;
		uint32_t random;
		int64_t advised_ms, delay_ms;
	} t[] = {
		{1, ERR_TRANSIENT, 0, -1, 0},
		{1, ERR_TRANSIENT, UINT32_MAX, -1, 49},
		{1, ERR_TRANSIENT, 1u << 31, -1, 25},
		{2, ERR_TRANSIENT, 1u << 31, -1, 50},
		{3, ERR_TRANSIENT, 1u << 31, -1, 100},
		{1, ERR_THROTTLE, 1u << 31, -1, 500},
		{2, ERR_THROTTLE, 1u << 31, -1, 1000},
		{5, ERR_THROTTLE, 1u << 31, -1, 8000},
		{6, ERR_THROTTLE, 1u << 31, -1, 10000},
		{1000, ERR_THROTTLE, 1u << 31, -1, 10000},
		{1000000, ERR_TRANSIENT, UINT32_MAX, -1, 19999},
		{1, ERR_THROTTLE, 1u << 31, 100, 500},
		{1, ERR_THROTTLE, 1u << 31, 900, 900},
		{1, ERR_THROTTLE, 1u << 31, 60000, 5500},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_int_eq(
			retry_delay_ms(t[i].attempt, t[i].class, t[i].random, t[i].advised_ms),
			t[i].delay_ms);
	for (int class = ERR_NONE; class <= ERR_FATAL; class ++)
		ck_assert_int_eq(retry_allowed((enum err_class) class),
			class == ERR_TRANSIENT || class == ERR_THROTTLE);
}
END_TEST

START_TEST(retry_quota)
{
	struct retry_quota quota = {RETRY_QUOTA};
	int n = 0;

	while (retry_take(&quota))
		n++;
	ck_assert_int_eq(n, 500 / 14);
	ck_assert_int_eq(quota.tokens, 500 % 14);
	ck_assert(!retry_take(&quota));
	ck_assert_int_eq(quota.tokens, 500 % 14);
	retry_refund(&quota, true);
	ck_assert(retry_take(&quota));
	quota.tokens = 10;
	retry_refund(&quota, false);
	ck_assert_int_eq(quota.tokens, 11);
	quota.tokens = RETRY_QUOTA;
	retry_refund(&quota, true);
	ck_assert_int_eq(quota.tokens, RETRY_QUOTA);
}
END_TEST

/* --- xml ------------------------------------------------------------------------------------- */

static int record(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	struct strbuf *sb = arg;

	if (!strcmp(path, "stop"))
		return err_set(err, ERR_QUOTA, "stopped");
	if (event == XML_END)
		strbuf_addf(sb, "%s=%s\n", path, text);
	return 0;
}

/* Parse TEXT in pieces of STEP bytes. */
static int parse(const char *text, size_t step, struct strbuf *out, struct err *err)
{
	struct xml *xml = xml_create(record, out, err);
	size_t len = strlen(text);
	int rc = 0;

	ck_assert_ptr_nonnull(xml);
	for (size_t at = 0; at < len && !rc; at += step)
		rc = xml_push(xml, text + at, len - at < step ? len - at : step, err);
	if (!rc)
		rc = xml_finish(xml, err);
	if (rc) /* it stays failed, with the same words */
		ck_assert_int_eq(xml_push(xml, "<a/>", 4, NULL), -1);
	if (rc)
		ck_assert_int_eq(xml_finish(xml, NULL), -1);
	xml_destroy(xml);
	return rc;
}

START_TEST(xml_documents)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"<r/>", "=\n"},
		{"<r><a>1</a><b><c x='y'>2</c></b></r>", "a=1\nb/c=2\nb=\n=\n"},
		{"<x:r xmlns:x='u' xmlns='v'><x:a>1</x:a><a>2</a></x:r>", "a=1\na=2\n=\n"},
		{"<?xml version='1.0'?><!-- c --><r><a>x<!-- y -->z</a></r>", "a=xz\n=\n"},
		{"<r><a>&lt;&amp;&#65;&quot;&apos;&gt;</a></r>", "a=<&A\"'>\n=\n"},
		{"<r><a><![CDATA[<raw>]]></a></r>", "a=<raw>\n=\n"},
		{"<r><a>\xc3\xbc</a></r>", "a=\xc3\xbc\n=\n"},
	};
	static const size_t steps[] = {1, 2, 3, 7, 1000};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
			CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
			struct err err = {0};

			ck_assert_msg(
				!parse(t[i].in, steps[k], &out, &err), "%s: %s", t[i].in, err.text);
			ck_assert_str_eq(out.buf, t[i].out);
		}
	}
}
END_TEST

START_TEST(xml_refused)
{
	static const struct {
		const char *in;
		enum err_class class;
		const char *text;
	} t[] = {
		{"<r><a>1</a>", ERR_TRANSIENT, "ends in the middle"},
		{"<r><a>1</", ERR_TRANSIENT, "ends in the middle"},
		{"", ERR_TRANSIENT, "ends in the middle"},
		{"hello", ERR_FATAL, "not well-formed"},
		{"{\"a\": 1}", ERR_FATAL, "not well-formed"},
		{"<r><a></b></r>", ERR_FATAL, "not well-formed"},
		{"<!DOCTYPE html><html/>", ERR_FATAL, "document type"},
		{"<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>", ERR_FATAL, "document type"},
		{"<!DOCTYPE r SYSTEM 'http://127.0.0.1:1/x.dtd'><r/>", ERR_FATAL, "document type"},
		{"<r>&undeclared;</r>", ERR_FATAL, "not well-formed"},
		{"<r><stop/><a>1</a></r>", ERR_QUOTA, "stopped"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		struct err err = {0};

		ck_assert_msg(parse(t[i].in, 1000, &out, &err) < 0, "%s", t[i].in);
		ck_assert_msg(strstr(err.text, t[i].text) != NULL, "%s: %s", t[i].in, err.text);
		ck_assert_msg(
			err.class == t[i].class, "%s: %s", t[i].in, err_class_name(err.class));
	}
}
END_TEST

START_TEST(xml_limits)
{
	CLEANUP(strbuf_release) struct strbuf deep = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf wide = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct err err = {0};

	for (int i = 0; i < XML_MAX_DEPTH + 1; i++)
		strbuf_addstr(&deep, "<a>");
	ck_assert_int_eq(parse(deep.buf, 1000, &out, &err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
	ck_assert_str_eq(err.text, "elements nested deeper than 32");
	strbuf_setlen(&deep, 3 * XML_MAX_DEPTH); /* one less is as deep as may be */
	ck_assert_int_eq(parse(deep.buf, 1000, &out, &err), -1);
	ck_assert_str_eq(err.text, "the answer ends in the middle");
	strbuf_addstr(&wide, "<r>");
	for (int i = 0; i < XML_MAX_TEXT + 1; i++)
		strbuf_addch(&wide, 'x');
	strbuf_addstr(&wide, "</r>");
	ck_assert_int_eq(parse(wide.buf, 200000, &out, &err), -1);
	ck_assert_str_eq(err.text, "text of an element longer than 262144 bytes");
	strbuf_addstr(&names, "<r><");
	for (int i = 0; i < 1100; i++)
		strbuf_addch(&names, 'n');
	strbuf_addstr(&names, "/></r>");
	ck_assert_int_eq(parse(names.buf, 5000, &out, &err), -1);
	ck_assert_str_eq(err.text, "element names too long");
	xml_destroy(NULL);
}
END_TEST

/* --- query ----------------------------------------------------------------------------------- */

START_TEST(query_encoding)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

	query_begin(&body, "A", "1");
	query_add(&body, "a b~*/=&+%\xc3\xbc", "K.%d", 1);
	query_add_int(&body, -5, "N");
	query_add_tags(&body, 1, "fleet", NULL, 0);
	ck_assert_str_eq(body.buf, "Action=A&Version=1&K.1=a+b~%2A%2F%3D%26%2B%25%C3%BC&N=-5");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aws_parts");
	TCase *tc = tcase_create("aws_parts");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, endpoint_rules);
	tcase_add_test(tc, endpoint_regions_refused);
	tcase_add_test(tc, endpoint_urls);
	tcase_add_test(tc, endpoint_urls_refused);
	tcase_add_test(tc, retry_delays);
	tcase_add_test(tc, retry_quota);
	tcase_add_test(tc, xml_documents);
	tcase_add_test(tc, xml_refused);
	tcase_add_test(tc, xml_limits);
	tcase_add_test(tc, query_encoding);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
