/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strbuf: a growing string.
 *
 * buf is always NUL-ended and never NULL after STRBUF_INIT. A failed
 * allocation sets the sticky flag failed; further appends do nothing, so a
 * caller checks once, at the end:
 *
 *	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
 *	strbuf_addf(&sb, ...);
 *	if (sb.failed)
 *		return err_nomem(err);
 */
#ifndef BURST_STRBUF_H
#define BURST_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *buf;    /* strbuf_empty, or heap */
	size_t len;   /* without the NUL */
	size_t alloc; /* 0: buf is strbuf_empty */
	bool failed;  /* an append was lost for want of memory */
};

extern char strbuf_empty[];
#define STRBUF_INIT                                                                                \
	{                                                                                          \
		.buf = strbuf_empty                                                                \
	}

void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Cut to LEN bytes (LEN <= sb->len). */
void strbuf_setlen(struct strbuf *sb, size_t len);

/* Give the string away (the caller frees) and start anew; NULL if failed. */
char *strbuf_detach(struct strbuf *sb);

/* Free and start anew. Harmless on a released one. */
void strbuf_release(struct strbuf *sb);

/* Bytes of the UTF-8 character at P, in NUL-ended text: 0 where it is none. */
size_t utf8_length(const unsigned char *p);

#endif
