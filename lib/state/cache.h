/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: answers of AWS that may be a little old, by key, shared by all processes.
 *
 * Nothing here is needed: whoever finds nothing asks again. Keys begin with what they are and
 * where: "quota/us-east-2/L-1216C47A".
 */
#ifndef BURST_CACHE_H
#define BURST_CACHE_H

#include "lib/state/db.h"

/* *VALUE: the caller frees; NULL where there is none, or none that still counts at NOW_MS. */
int cache_get(struct db *db, const char *key, int64_t now_ms, char **value, struct err *err);
/* Over what is there. What expired more than a day ago (by the clock) is deleted at the same time.
 */
int cache_put(struct db *db, const char *key, const char *value, int64_t until_ms, struct err *err);
/* All whose key begins with PREFIX ("": all); none is no error. */
int cache_forget(struct db *db, const char *key_prefix, struct err *err);

#endif
