/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server: a scripted HTTP server on loopback for unit tests.
 *
 * It answers the N-th request with the N-th answer of a script and records the requests; the last
 * answer repeats. An answer with "only" is kept for requests that contain this: each request gets
 * the first one not used yet that is for it, else the last one that is. Connections are served by
 * threads of their own. An answer is raw: what follows the delay is written as it stands.
 */
#ifndef TEST_HTTP_SERVER_H
#define TEST_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define SERVER_MAX_REQUESTS 256

struct server_answer {
	int status;
	const char *type;    /* Content-Type; NULL: text/xml */
	const char *headers; /* more lines, each with \r\n; or NULL */
	const char *body;
	size_t repeat;  /* the body this many times (0: once) */
	int delay_ms;   /* before the answer */
	bool drop;      /* close the connection instead of answering */
	size_t promise; /* Content-Length that is not kept, 0: the true one */
	const char *only;
};

struct server;

struct server *server_start(const struct server_answer *script, size_t n);
void server_stop(struct server *server);
int server_port(const struct server *server);
/* The most requests that were open at a time: come, and not yet answered. */
size_t server_open_max(struct server *server);
/* How many connections were made. */
size_t server_connections(struct server *server);
/* How many requests came; the I-th, head and body, NUL-ended. */
size_t server_count(struct server *server);
const char *server_request(struct server *server, size_t i);
/* The I-th request's body. */
const char *server_body(struct server *server, size_t i);

#endif
