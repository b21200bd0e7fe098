/* SPDX-License-Identifier: Apache-2.0 */
/* credential_process: a program that prints credentials. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/aws/creds.h"
#include "lib/aws/http.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/process.h"
#include "lib/base/strbuf.h"

#define MAX_OUTPUT (64 * 1024)
#define MAX_WORDS  64
#define NAME       "credential_process"

extern char **environ;

void creds_split_release(char **argv)
{
	for (char **p = argv; p && *p; p++)
		free(*p);
	free(argv);
}

/*
 * One word at *P into WORD. 1 found, 0 end of text, -1 a quote is open. Within double quotes a
 * backslash escapes only itself and the quote, as Python's shlex, which the AWS CLI uses, has it.
 */
static int next_word(const char **p, struct strbuf *word)
{
	const char *s = *p + strspn(*p, " \t\r\n");

	if (!*s)
		return 0;
	for (; *s && !strchr(" \t\r\n", *s); s++) {
		if (*s == '\\') {
			if (!*++s)
				return -1;
			strbuf_addch(word, *s);
		} else if (*s == '\'') {
			while (*++s && *s != '\'')
				strbuf_addch(word, *s);
		} else if (*s == '"') {
			while (*++s && *s != '"') {
				if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
					s++;
				strbuf_addch(word, *s);
			}
		} else {
			strbuf_addch(word, *s);
		}
		if (!*s)
			return -1;
	}
	*p = s;
	return 1;
}

int creds_split(const char *command, char ***argv, struct err *err)
{
	char **words = calloc(MAX_WORDS + 1, sizeof(*words));
	size_t n = 0;
	int rc;

	if (!words)
		return err_nomem(err);
	for (;;) {
		struct strbuf word = STRBUF_INIT;

		rc = next_word(&command, &word);
		if (rc <= 0 || n == MAX_WORDS) {
			strbuf_release(&word);
			break;
		}
		words[n] = strbuf_detach(&word);
		if (!words[n++]) {
			creds_split_release(words);
			return err_nomem(err);
		}
	}
	if (rc || !n) {
		creds_split_release(words);
		return err_set(err, ERR_CONFIG, "credential_process: %s",
			rc < 0 ? "a quote or backslash at its end is open"
			: rc   ? "more than 64 words"
			       : "empty");
	}
	*argv = words;
	return 0;
}

/* Read until its end of output or DEADLINE_MS. */
static int collect(int fd, int64_t deadline_ms, struct http_buffer *buffer, struct err *err)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left_ms = deadline_ms - clock_mono_ms();
		size_t room = buffer->size - 1 - buffer->len;
		ssize_t n;

		if (left_ms <= 0)
			return err_set(err, ERR_TRANSIENT, NAME ": no answer in time");
		if (poll(&p, 1, (int)left_ms) <= 0)
			continue;
		if (!room)
			return err_set(
				err, ERR_CONFIG, NAME ": more than %d bytes of output", MAX_OUTPUT);
		n = read(fd, buffer->data + buffer->len, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_FATAL, NAME ": cannot read its output");
		if (!n)
			return 0;
		buffer->len += (size_t)n;
	}
}

/* It may have closed its output and live on. */
static int reap(pid_t pid, int64_t deadline_ms, int *status, struct err *err)
{
	int ended = process_await(NAME, pid, deadline_ms, status, err);

	return ended ? ended : err_set(err, ERR_TRANSIENT, NAME ": does not end");
}

static int run(char **argv, int timeout_ms, struct http_buffer *buffer, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + timeout_ms;
	cleanup_close int in = -1;
	int fds[2], status = 0, rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, ERR_FATAL, NAME ": no pipe");
	in = fds[0];
	/* what it says on stderr might be a secret */
	rc = process_start(NAME, argv, environ, fds[1], &pid, err);
	close(fds[1]);
	if (rc < 0)
		return -1;
	if (collect(in, deadline_ms, buffer, err) < 0 || reap(pid, deadline_ms, &status, err) < 0) {
		process_kill(pid);
		return -1;
	}
	return process_verdict(NAME, status, ERR_AUTH, err);
}

int creds_process(const char *command, int timeout_ms, struct creds *out, struct err *err)
{
	CLEANUP(http_buffer_release) struct http_buffer buffer = {0};
	char **argv;
	int rc;

	if (creds_split(command, &argv, err) < 0)
		return -1;
	rc = http_buffer_create(&buffer, MAX_OUTPUT + 1, err);
	if (!rc)
		rc = run(argv, timeout_ms, &buffer, err);
	creds_split_release(argv);
	if (rc < 0)
		return -1;
	buffer.data[buffer.len] = '\0';
	return creds_from_json(
		buffer.data, buffer.len, "SessionToken", "credential_process", out, err);
}
