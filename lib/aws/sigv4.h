/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigv4: AWS Signature Version 4 in its three stages, each a pure function.
 *
 * The time is an argument (seconds since 1970), so that a signature can be repeated and a skewed
 * clock corrected. Only what EC2 and STS need: no query string, the payload's hash always signed.
 * libcurl's own CURLOPT_AWS_SIGV4 is of no use: 7.76 signs neither the port in Host nor a session
 * token. A canonical request holds the session token: never log it.
 */
#ifndef BURST_SIGV4_H
#define BURST_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"

#define SIGV4_DATE_SIZE      17 /* "20261122T024515Z" */
#define SIGV4_SIGNATURE_SIZE 65

struct sigv4_header {
	const char *name;
	const char *value;
};

struct sigv4_request {
	const char *method;
	const char *path;                   /* as it is sent; encoded once more for signing */
	const struct sigv4_header *headers; /* all of these are signed; at most 32 */
	size_t nheaders;
	const void *body;
	size_t len;
};

/* S as X-Amz-Date writes it. Returns BUF of SIGV4_DATE_SIZE bytes. */
char *sigv4_date(int64_t s, char *buf);

/* Stage 1. SIGNED, if not NULL, gets the list of header names ("content-type;host;x-amz-date"). */
int sigv4_canonical(const struct sigv4_request *request, struct strbuf *canonical,
	struct strbuf *signed_headers, struct err *err);

/* Stage 2. */
int sigv4_string_to_sign(const char *canonical, int64_t s, const char *region, const char *service,
	struct strbuf *out, struct err *err);

/* Stage 3: lower-case hex into SIGNATURE of SIGV4_SIGNATURE_SIZE bytes. */
int sigv4_signature(const char *secret, const char *string_to_sign, int64_t s, const char *region,
	const char *service, char *signature, struct err *err);

/* All three: the Authorization header's value, appended to OUT. */
int sigv4_authorization(const struct sigv4_request *request, const char *key_id, const char *secret,
	int64_t s, const char *region, const char *service, struct strbuf *out, struct err *err);

#endif
