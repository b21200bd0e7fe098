/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db: state.db, where every side effect is written down before it is attempted.
 *
 * One SQLite file, mode 0600, in a directory 0700 that belongs to SlurmUser. Each
 * step of a gang's life is one short IMMEDIATE transaction; waiting for another writer is bounded
 * (10 s). WAL on a local disk, rollback journal where the state directory is shared ("shared"). The schema's version stands in
 * user_version: an older one is migrated, a newer one refused by name.
 * Open it after fork(2), one per process. Only this room includes sqlite3.h.
 */
#ifndef BURST_DB_H
#define BURST_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct db;

enum db_mode {
	DB_READ_WRITE, /* makes the file if it does not exist */
	DB_READ_ONLY,  /* waits at most 200 ms: for the prolog's gate */
};

/* DIR is the state directory; its owner and mode are checked before use. */
struct db *db_open(const char *dir, enum db_mode mode, bool shared, struct err *err);
void db_close(struct db *db);

/* An IMMEDIATE transaction; do not nest. db_commit() failing has rolled back. */
int db_begin(struct db *db, struct err *err);
int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db); /* harmless without one */

#endif
