/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: requests and their answers over libcurl, one or several at a time. Connections are kept.
 *
 *	struct http_transfer *t = http_start(http, &request, &answer, err);
 *	while (!http_ended(t) && http_drive(http, 1000, err) == 0)
 *		;
 *	rc = http_finish(t, err);
 *
 * Certificates are verified; redirects are not followed; only http and https; time and size
 * of the answer are bounded. Not thread-safe; not to be used across fork(2).
 */
#ifndef BURST_HTTP_H
#define BURST_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/strbuf.h"

struct http;

struct http_request {
	const char *method; /* GET, PUT, POST */
	const char *url;
	const char *const
		*headers; /* "Name: value"; wiped after use as far as they are our copies */
	size_t nheaders;
	const char *body; /* NULL: none */
	size_t len;
	const char *ca_bundle; /* PEM; NULL: the system's */
	bool fresh;            /* on a connection of its own: libcurl silently sends again what it
				* sent on a used one that then died without an answer */
	bool no_proxy;         /* link-local services: never through a proxy */
	int connect_timeout_ms;
	int timeout_ms; /* all in all */
	size_t max_answer;
	/* Gets the body as it comes; -1 with ERR ends the request. */
	int (*sink)(void *arg, const char *data, size_t len, struct err *err);
	void *arg;
};

struct http_answer {
	long status;
	int64_t date_s;         /* the Date header; -1: none */
	int64_t retry_after_ms; /* x-amz-retry-after; -1: none */
	char content_type[64];
	bool timed_out; /* the reason of a failure */
	bool sent;      /* some of the request left us: the other side may have acted */
};

struct http *http_create(struct err *err);
void http_destroy(struct http *http);

/*
 * Begin REQUEST, which with all it points to stays as it is until http_finish(), as ANSWER does.
 * Nothing moves before http_drive(). NULL on failure.
 */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
	struct http_answer *answer, struct err *err);
/*
 * Move all that are under way, for at most TIMEOUT_MS, and return as soon as one ended or something
 * came; with none under way it sleeps. Whoever drives may drive others' transfers too: each looks
 * at its own with http_ended(). -1: none will move any more.
 */
int http_drive(struct http *http, int64_t timeout_ms, struct err *err);
bool http_ended(const struct http_transfer *transfer);
/*
 * What came of it; frees TRANSFER, and ends it if it had not. 0 for every complete answer, of
 * whatever status. Failures: ERR_TRANSIENT for transport, ERR_CONFIG for certificates and URLs,
 * ERR_FATAL for an answer too large, or what the sink said.
 */
int http_finish(struct http_transfer *transfer, struct err *err);

/* All of it for one request. */
int http_perform(struct http *http, const struct http_request *request, struct http_answer *answer,
	struct err *err);

/*
 * A sink into a fixed buffer, for answers that hold secrets (a growing one leaves copies behind).
 */
struct http_buffer {
	char *data; /* NUL-ended */
	size_t len, size;
};
int http_buffer_create(struct http_buffer *buffer, size_t size, struct err *err);
int http_buffer_sink(void *arg, const char *data, size_t len, struct err *err);
/* Empty it and wipe what it held. */
void http_buffer_clear(struct http_buffer *buffer);
void http_buffer_release(struct http_buffer *buffer);

/* strbuf_release() for one that held a secret. */
void http_wipe_release(struct strbuf *sb);

#endif
