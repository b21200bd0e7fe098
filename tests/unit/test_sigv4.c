/* SPDX-License-Identifier: Apache-2.0 */
/* SigV4 in its stages against tests/vectors/sigv4 (made by botocore, one published by AWS). */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/sigv4.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"

struct vector {
	char *context, *request, *canonical, *to_sign, *signature;
	char *key_id, *secret, *region, *service;
	int64_t time_s;
	struct sigv4_header headers[8];
	struct sigv4_request parsed;
};

static char *slurp(const char *name, const char *file, size_t *len)
{
	char path[512];
	char *data = NULL;
	struct err err = {0};
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/sigv4/%s/%s", VECTORS, name, file);
	ck_assert_msg(file_read(path, 1 << 20, &data, &n, &err) == 0, "%s", err.text);
	if (len)
		*len = n;
	return data;
}

static char *value_of(char *context, const char *key)
{
	char *at = strstr(context, key), *end;

	ck_assert_ptr_nonnull(at);
	at += strlen(key) + 1;
	end = strchr(at, '\n');
	return strndup(at, (size_t)(end - at));
}

static void load(struct vector *v, const char *name)
{
	size_t len;
	char *line, *next, *number;

	memset(v, 0, sizeof(*v));
	v->context = slurp(name, "context", NULL);
	v->request = slurp(name, "request", &len);
	v->canonical = slurp(name, "canonical", NULL);
	v->to_sign = slurp(name, "string-to-sign", NULL);
	v->signature = slurp(name, "signature", NULL);
	v->key_id = value_of(v->context, "key_id");
	v->secret = value_of(v->context, "secret");
	v->region = value_of(v->context, "region");
	v->service = value_of(v->context, "service");
	number = value_of(v->context, "time");
	v->time_s = strtoll(number, NULL, 10);
	free(number);
	line = strchr(v->request, ' ');
	v->parsed.method = "POST";
	v->parsed.path = line + 1;
	v->parsed.headers = v->headers;
	*line = '\0';
	for (line = strchr(line + 1, '\n');; line = next) {
		char *colon;

		*line++ = '\0';
		if (*line == '\n')
			break;
		next = strchr(line, '\n');
		colon = strchr(line, ':');
		*colon = '\0';
		v->headers[v->parsed.nheaders++] = (struct sigv4_header){line, colon + 1};
	}
	v->parsed.body = line + 1;
	v->parsed.len = len - (size_t)(line + 1 - v->request);
}

static void unload(struct vector *v)
{
	free(v->context);
	free(v->request);
	free(v->canonical);
	free(v->to_sign);
	free(v->signature);
	free(v->key_id);
	free(v->secret);
	free(v->region);
	free(v->service);
}

/* Run CHECK on each case; at least the number that was committed. */
static void each(void (*check)(const char *name, const struct vector *v))
{
	DIR *dir = opendir(VECTORS "/sigv4");
	struct dirent *d;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((d = readdir(dir))) {
		struct vector v;

		if (strchr(d->d_name, '.') || d->d_name[0] == '_')
			continue;
		load(&v, d->d_name);
		check(d->d_name, &v);
		unload(&v);
		n++;
	}
	closedir(dir);
	ck_assert_int_ge(n, 17);
}

static void check_canonical(const char *name, const struct vector *v)
{
	struct strbuf out = STRBUF_INIT;

	ck_assert_int_eq(sigv4_canonical(&v->parsed, &out, NULL, NULL), 0);
	ck_assert_msg(!strcmp(out.buf, v->canonical), "%s:\n%s\nexpected\n%s", name, out.buf,
		v->canonical);
	strbuf_release(&out);
}

static void check_to_sign(const char *name, const struct vector *v)
{
	struct strbuf out = STRBUF_INIT;

	ck_assert_int_eq(
		sigv4_string_to_sign(v->canonical, v->time_s, v->region, v->service, &out, NULL),
		0);
	ck_assert_msg(!strcmp(out.buf, v->to_sign), "%s: %s", name, out.buf);
	strbuf_release(&out);
}

static void check_signature(const char *name, const struct vector *v)
{
	char signature[SIGV4_SIGNATURE_SIZE];

	ck_assert_int_eq(sigv4_signature(v->secret, v->to_sign, v->time_s, v->region, v->service,
				 signature, NULL),
		0);
	ck_assert_msg(!strcmp(signature, v->signature), "%s: %s", name, signature);
}

static void check_authorization(const char *name, const struct vector *v)
{
	struct strbuf out = STRBUF_INIT;
	const char *at;

	ck_assert_int_eq(sigv4_authorization(&v->parsed, v->key_id, v->secret, v->time_s, v->region,
				 v->service, &out, NULL),
		0);
	at = strstr(out.buf, "Signature=");
	ck_assert_ptr_nonnull(at);
	ck_assert_str_eq(at + strlen("Signature="), v->signature);
	ck_assert(!strstr(out.buf, v->secret));
	ck_assert(!strncmp(out.buf, "AWS4-HMAC-SHA256 Credential=", 28));
	strbuf_release(&out);
}

START_TEST(canonical)
{
	each(check_canonical);
}
END_TEST

START_TEST(to_sign)
{
	each(check_to_sign);
}
END_TEST

START_TEST(signature)
{
	each(check_signature);
}
END_TEST

START_TEST(authorization)
{
	struct vector v;

	each(check_authorization);
	load(&v, "published");
	ck_assert_str_eq(
		v.signature, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
	unload(&v);
}
END_TEST

START_TEST(refuses)
{
	struct sigv4_header many[33] = {{"a", "b"}};
	struct sigv4_request request = {.method = "POST",
		.path = "/",
		.headers = many,
		.nheaders = 33,
		.body = "",
		.len = 0};
	struct strbuf out = STRBUF_INIT;
	struct err err = {0};
	char secret[300], out_hex[SIGV4_SIGNATURE_SIZE], date[SIGV4_DATE_SIZE];

	ck_assert_int_eq(sigv4_canonical(&request, &out, NULL, &err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
	ck_assert_str_eq(err.text, "more than 32 headers to sign");
	ck_assert_int_eq(sigv4_authorization(&request, "a", "b", 0, "r", "s", &out, &err), -1);
	memset(secret, 'x', sizeof(secret) - 1);
	secret[sizeof(secret) - 1] = '\0';
	ck_assert_int_eq(sigv4_signature(secret, "", 0, "r", "s", out_hex, &err), -1);
	ck_assert_int_eq(err.class, ERR_AUTH);
	ck_assert_str_eq(err.text, "the secret access key is longer than 256 characters");
	ck_assert_str_eq(sigv4_date(1795325460, date), "20261122T053100Z");
	ck_assert_str_eq(sigv4_date(INT64_MAX, date), "19700101T000000Z");
	strbuf_release(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sigv4");
	TCase *tc = tcase_create("sigv4");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, canonical);
	tcase_add_test(tc, to_sign);
	tcase_add_test(tc, signature);
	tcase_add_test(tc, authorization);
	tcase_add_test(tc, refuses);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
