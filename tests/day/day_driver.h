/* SPDX-License-Identifier: Apache-2.0 */
/* day_driver: what its files share. */
#ifndef BURST_DAY_DRIVER_H
#define BURST_DAY_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/state/db.h"

#define WORDS_MAX 4096

/* A line's words. */
struct line {
	char *words[WORDS_MAX];
	size_t n, next;
};

extern struct db *db;
extern int64_t now_ms;

/* The next one; "" and 0 beyond the last. */
char *word(struct line *line);
int64_t number(struct line *line);
bool more(const struct line *line);

int do_budget(struct line *line, struct err *err);
int do_hold(struct line *line, struct err *err);
int do_uses(struct line *line, struct err *err);
int do_parts(struct line *line, struct err *err);

#endif
