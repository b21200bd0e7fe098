/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kv: "key=value;key=value", the one text format of our own.
 *
 * Keys are [a-z0-9_]+. In values every byte outside [A-Za-z0-9._:/,@+-] stands
 * as %XX (upper-case hex), so a value can hold anything and the whole is one
 * printable word without spaces. The reader is strict: what the writer cannot
 * have written is an error. Libc only; used on both sides of a trust boundary.
 */
#ifndef BURST_KV_H
#define BURST_KV_H

#include "lib/base/err.h"
#include "lib/base/strbuf.h"

/* Append "key=value" (with ';' before it unless SB is empty). */
void kv_add(struct strbuf *sb, const char *key, const char *value);

struct kv {
	char key[32];
	char value[4096]; /* decoded; NUL-ended, holds no other NUL */
};

/*
 * Read the next pair at *CURSOR and move it on. Returns 1 with KV filled, 0 at
 * the end, -1 on malformed text: empty or too long key or value, %00, %XX
 * that need not be escaped, lower-case hex, bytes outside the set.
 */
int kv_next(const char **cursor, struct kv *kv, struct err *err);

#endif
