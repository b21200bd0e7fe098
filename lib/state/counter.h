/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter: how often something happened since state.db was made. Names by who counts:
 * reconcile.<rule>, spot.<what>, alarm.<what>.
 */
#ifndef BURST_COUNTER_H
#define BURST_COUNTER_H

#include "lib/state/db.h"

struct counter {
	char name[64];
	int64_t value;
	int64_t changed_ms;
};

/* N more of NAME, which begins at 0; stays at the largest number rather than overflow. */
int counter_add(struct db *db, const char *name, int64_t n, struct err *err);
/* One's value; 0 of one that was never counted. */
int counter_get(struct db *db, const char *name, int64_t *value, struct err *err);
/* All by name; heap array, the caller frees; none is no error. */
int counter_list(struct db *db, struct counter **counters, size_t *n, struct err *err);

#endif
