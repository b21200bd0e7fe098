/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/base/cleanup.h"

#define MAX_HEADERS 32

char *sigv4_date(int64_t s, char *buf)
{
	time_t t = (time_t)s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm))
		snprintf(buf, SIGV4_DATE_SIZE, "19700101T000000Z");
	return buf;
}

static void hex(const unsigned char *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

static int hash_hex(const void *data, size_t len, char *out, struct err *err)
{
	unsigned char md[SHA256_DIGEST_LENGTH];

	if (!EVP_Digest(data, len, md, NULL, EVP_sha256(), NULL))
		return err_set(err, ERR_FATAL, "OpenSSL cannot compute SHA-256");
	hex(md, sizeof(md), out);
	return 0;
}

static void add_lower(struct strbuf *sb, const char *s)
{
	for (; *s; s++)
		strbuf_addch(sb, *s >= 'A' && *s <= 'Z' ? (char)(*s | 0x20) : *s);
}

/* Without blanks at both ends, runs of them folded to one. */
static void add_trimmed(struct strbuf *sb, const char *s)
{
	bool gap = false, any = false;

	for (; *s; s++) {
		if (*s == ' ' || *s == '\t') {
			gap = true;
			continue;
		}
		if (gap && any)
			strbuf_addch(sb, ' ');
		strbuf_addch(sb, *s);
		gap = false;
		any = true;
	}
}

static void add_path(struct strbuf *sb, const char *path)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

	if (!*path)
		strbuf_addch(sb, '/');
	for (; *path; path++) {
		if (strchr(plain, *path))
			strbuf_addch(sb, *path);
		else
			strbuf_addf(sb, "%%%02X", (unsigned char)*path);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct sigv4_header *const *x = a, *const *y = b;

	return strcasecmp((*x)->name, (*y)->name);
}

int sigv4_canonical(const struct sigv4_request *request, struct strbuf *canonical,
	struct strbuf *signed_headers, struct err *err)
{
	const struct sigv4_header *sorted[MAX_HEADERS];
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	char payload[2 * SHA256_DIGEST_LENGTH + 1];

	if (request->nheaders > MAX_HEADERS)
		return err_set(err, ERR_FATAL, "more than %d headers to sign", MAX_HEADERS);
	for (size_t i = 0; i < request->nheaders; i++)
		sorted[i] = &request->headers[i];
	qsort(sorted, request->nheaders, sizeof(sorted[0]), by_name);
	if (hash_hex(request->body, request->len, payload, err) < 0)
		return -1;
	strbuf_addf(canonical, "%s\n", request->method);
	add_path(canonical, request->path);
	strbuf_addstr(canonical, "\n\n");
	for (size_t i = 0; i < request->nheaders; i++) {
		add_lower(canonical, sorted[i]->name);
		strbuf_addch(canonical, ':');
		add_trimmed(canonical, sorted[i]->value);
		strbuf_addch(canonical, '\n');
		if (i)
			strbuf_addch(&names, ';');
		add_lower(&names, sorted[i]->name);
	}
	strbuf_addf(canonical, "\n%s\n%s", names.buf, payload);
	if (signed_headers)
		strbuf_addstr(signed_headers, names.buf);
	if (names.failed || canonical->failed || (signed_headers && signed_headers->failed))
		return err_nomem(err);
	return 0;
}

int sigv4_string_to_sign(const char *canonical, int64_t s, const char *region, const char *service,
	struct strbuf *out, struct err *err)
{
	char date[SIGV4_DATE_SIZE], digest[2 * SHA256_DIGEST_LENGTH + 1];

	if (hash_hex(canonical, strlen(canonical), digest, err) < 0)
		return -1;
	sigv4_date(s, date);
	strbuf_addf(out, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s", date, date, region,
		service, digest);
	return out->failed ? err_nomem(err) : 0;
}

static int hmac(const void *key, size_t keylen, const char *text, size_t len, unsigned char *md,
	struct err *err)
{
	if (!HMAC(EVP_sha256(), key, (int)keylen, (const unsigned char *)text, len, md, NULL))
		return err_set(err, ERR_FATAL, "OpenSSL cannot compute HMAC-SHA-256");
	return 0;
}

int sigv4_signature(const char *secret, const char *string_to_sign, int64_t s, const char *region,
	const char *service, char *signature, struct err *err)
{
	char date[SIGV4_DATE_SIZE], key[4 + 256 + 1];
	unsigned char a[SHA256_DIGEST_LENGTH], b[SHA256_DIGEST_LENGTH];
	int rc = -1, n;

	sigv4_date(s, date);
	n = snprintf(key, sizeof(key), "AWS4%s", secret);
	if (n >= (int)sizeof(key))
		err_set(err, ERR_AUTH, "the secret access key is longer than 256 characters");
	else if (!hmac(key, (size_t)n, date, 8, a, err) &&
		 !hmac(a, sizeof(a), region, strlen(region), b, err) &&
		 !hmac(b, sizeof(b), service, strlen(service), a, err) &&
		 !hmac(a, sizeof(a), "aws4_request", 12, b, err) &&
		 !hmac(b, sizeof(b), string_to_sign, strlen(string_to_sign), a, err)) {
		hex(a, sizeof(a), signature);
		rc = 0;
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(a, sizeof(a));
	OPENSSL_cleanse(b, sizeof(b));
	return rc;
}

static void wipe(struct strbuf *sb)
{
	if (sb->alloc)
		OPENSSL_cleanse(sb->buf, sb->alloc);
	strbuf_release(sb);
}

int sigv4_authorization(const struct sigv4_request *request, const char *key_id, const char *secret,
	int64_t s, const char *region, const char *service, struct strbuf *out, struct err *err)
{
	CLEANUP(wipe) struct strbuf canonical = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf to_sign = STRBUF_INIT;
	char signature[SIGV4_SIGNATURE_SIZE], date[SIGV4_DATE_SIZE];

	if (sigv4_canonical(request, &canonical, &names, err) < 0 ||
		sigv4_string_to_sign(canonical.buf, s, region, service, &to_sign, err) < 0 ||
		sigv4_signature(secret, to_sign.buf, s, region, service, signature, err) < 0)
		return -1;
	strbuf_addf(out,
		"AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, "
		"Signature=%s",
		key_id, sigv4_date(s, date), region, service, names.buf, signature);
	return out->failed ? err_nomem(err) : 0;
}
