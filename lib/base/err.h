/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: what went wrong, of which class, in one line for a person.
 *
 * A struct err belongs to the caller and may be NULL where the reason is not
 * wanted. Nothing here allocates, exits or changes errno, so it is safe inside
 * sbatch. On success a function leaves the struct alone; on failure it
 * fills it and returns -1 (or NULL), and its other outputs are untouched:
 *
 *	if (parse(text, &value, err) < 0)
 *		return err_prefix(err, "line %d", line);
 */
#ifndef BURST_ERR_H
#define BURST_ERR_H

#include <stdarg.h>

/* The class decides what is done about it: retry, next pool, hold, give up. */
enum err_class {
	ERR_NONE = 0,
	ERR_USAGE,       /* the caller's words are off: command line, option */
	ERR_CONFIG,      /* a person must change a configuration or template */
	ERR_AUTH,        /* credentials absent, refused or without permission */
	ERR_CLOCK,       /* the clocks differ by more than the signature allows */
	ERR_TRANSIENT,   /* transport, 5xx: the same request may be sent again */
	ERR_THROTTLE,    /* too many requests: later, with back-off */
	ERR_CONSISTENCY, /* EC2 does not know yet what it has just made */
	ERR_CAPACITY,    /* this pool has none: try another */
	ERR_ADDRESS,     /* the subnet has no free address */
	ERR_QUOTA,       /* an account limit: no use in trying soon */
	ERR_BUDGET,      /* over the cost limit */
	ERR_NOTFOUND,    /* the thing named does not exist */
	ERR_BUSY,        /* somebody else holds it */
	ERR_FATAL,       /* the rest: disk, memory, a bug */
};

#define ERR_TEXT_SIZE 1024
#define ERR_CODE_SIZE 64

struct err {
	enum err_class class;
	char code[ERR_CODE_SIZE]; /* the other side's own code, such as EC2's; or "" */
	char text[ERR_TEXT_SIZE]; /* one line, no newline; '+' at its end: cut */
};

/* Fill ERR (may be NULL) and return -1. errno is preserved; code becomes "". */
int err_set(struct err *err, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set(), with ": " and strerror(errno) at its end. */
int err_errno(struct err *err, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "FMT: " before the text and return -1. Class and code stay. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Out of memory: err_set() with the words for it. Returns -1. */
int err_nomem(struct err *err);

/* The class as one lower-case word; never NULL. */
const char *err_class_name(enum err_class class);

/* The exit status for a class: 0 none, 2 usage, 3 config, 4 auth … (table in err.c). */
int err_exit_code(enum err_class class);

#endif
