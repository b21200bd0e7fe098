/* SPDX-License-Identifier: Apache-2.0 */
#include "http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_REQUEST     (1024 * 1024)
#define MAX_CONNECTIONS 512

struct server {
	const struct server_answer *script;
	size_t nscript;
	int fd, port;
	int wake[2]; /* closing the writing end stops the threads */
	pthread_t thread;
	pthread_mutex_t lock;
	char *requests[SERVER_MAX_REQUESTS];
	size_t n, open, open_max;
	bool *used; /* of script */
	struct connection {
		struct server *server;
		int fd;
		pthread_t thread;
	} connections[MAX_CONNECTIONS];
	size_t nconnections;
};

/* True: there is something to read; false: time to stop. */
static bool ready(struct server *s, int fd, int timeout_ms)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = s->wake[0], .events = POLLIN}};

	return poll(p, 2, timeout_ms) > 0 && !p[1].revents;
}

static size_t body_length(const char *head)
{
	const char *at = strcasestr(head, "content-length:");

	return at ? strtoul(at + 15, NULL, 10) : 0;
}

/* One request, heap; NULL at the connection's end. */
static char *receive(struct server *s, int fd)
{
	char *buf = calloc(1, MAX_REQUEST + 1), *end;
	size_t n = 0;

	for (;;) {
		ssize_t got;

		end = strstr(buf, "\r\n\r\n");
		if (end && n >= (size_t)(end + 4 - buf) + body_length(buf))
			return buf;
		got = ready(s, fd, -1) ? read(fd, buf + n, MAX_REQUEST - n) : 0;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	free(buf);
	return NULL;
}

static bool put(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool answer(struct server *s, int fd, const struct server_answer *a)
{
	size_t len = strlen(a->body ? a->body : ""), repeat = a->repeat ? a->repeat : 1;
	char head[1024];
	int n;

	if (a->delay_ms) {
		struct pollfd p = {.fd = s->wake[0], .events = POLLIN};

		if (poll(&p, 1, a->delay_ms) > 0)
			return false;
	}
	if (a->drop)
		return false;
	n = snprintf(head, sizeof(head),
		"HTTP/1.1 %d Scripted\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
		a->status, a->type ? a->type : "text/xml", a->promise ? a->promise : len * repeat,
		a->headers ? a->headers : "");
	if (!put(fd, head, (size_t)n))
		return false;
	while (repeat--)
		if (!put(fd, a->body ? a->body : "", len))
			return false;
	return !a->promise;
}

/* The answer to REQUEST. */
static const struct server_answer *choose(struct server *s, const char *request)
{
	const struct server_answer *last = &s->script[s->nscript - 1];

	for (size_t i = 0; i < s->nscript; i++) {
		const struct server_answer *a = &s->script[i];

		if (a->only && !strstr(request, a->only))
			continue;
		last = a;
		if (s->used[i])
			continue;
		s->used[i] = true;
		break;
	}
	return last;
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	struct server *s = c->server;
	bool more = true;

	while (more) {
		const struct server_answer *a;
		char *request = receive(s, c->fd);

		if (!request)
			break;
		pthread_mutex_lock(&s->lock);
		a = choose(s, request);
		if (++s->open > s->open_max)
			s->open_max = s->open;
		if (s->n < SERVER_MAX_REQUESTS)
			s->requests[s->n++] = request;
		else
			free(request);
		pthread_mutex_unlock(&s->lock);
		more = answer(s, c->fd, a);
		pthread_mutex_lock(&s->lock);
		s->open--;
		pthread_mutex_unlock(&s->lock);
	}
	close(c->fd);
	return NULL;
}

static void *listen_on(void *arg)
{
	struct server *s = arg;

	while (ready(s, s->fd, -1)) {
		struct connection *c = &s->connections[s->nconnections];

		if (s->nconnections == MAX_CONNECTIONS)
			abort();
		c->server = s;
		c->fd = accept(s->fd, NULL, NULL);
		if (c->fd < 0 || pthread_create(&c->thread, NULL, serve, c)) {
			perror("scripted server");
			abort();
		}
		pthread_mutex_lock(&s->lock);
		s->nconnections++;
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

struct server *server_start(const struct server_answer *script, size_t n)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	struct server *s = calloc(1, sizeof(*s));

	s->script = script;
	s->nscript = n;
	s->used = calloc(n, sizeof(*s->used));
	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
		listen(s->fd, 16) < 0 || getsockname(s->fd, (struct sockaddr *)&sin, &len) < 0 ||
		pipe(s->wake) < 0 || pthread_create(&s->thread, NULL, listen_on, s)) {
		perror("scripted server");
		abort();
	}
	s->port = ntohs(sin.sin_port);
	return s;
}

void server_stop(struct server *s)
{
	close(s->wake[1]);
	pthread_join(s->thread, NULL);
	for (size_t i = 0; i < s->nconnections; i++)
		pthread_join(s->connections[i].thread, NULL);
	close(s->wake[0]);
	close(s->fd);
	for (size_t i = 0; i < s->n; i++)
		free(s->requests[i]);
	pthread_mutex_destroy(&s->lock);
	free(s->used);
	free(s);
}

int server_port(const struct server *s)
{
	return s->port;
}

static size_t counted(struct server *s, const size_t *counter)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = *counter;
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t server_open_max(struct server *s)
{
	return counted(s, &s->open_max);
}

size_t server_connections(struct server *s)
{
	return counted(s, &s->nconnections);
}

size_t server_count(struct server *s)
{
	return counted(s, &s->n);
}

const char *server_request(struct server *s, size_t i)
{
	return i < server_count(s) ? s->requests[i] : "";
}

const char *server_body(struct server *s, size_t i)
{
	const char *end = strstr(server_request(s, i), "\r\n\r\n");

	return end ? end + 4 : "";
}
