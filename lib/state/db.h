/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db: state.db, where every side effect is written down before it is attempted.
 *
 * One SQLite file, mode 0600, in a directory 0700 that belongs to SlurmUser. Each step of a gang's
 * life is one short IMMEDIATE transaction; waiting for another writer is bounded (10 s). WAL on a
 * file system that is known to be local; rollback journal on every other, and where the state
 * directory is said to be shared ("shared"): WAL needs memory that all its users share. The
 * schema's version
 * stands in user_version: an older one is migrated, a newer one refused by name.
 * Open it after fork(2), one per process. Not thread-safe. Only this room includes sqlite3.h.
 *
 * Owner: root may open SlurmUser's directory (for status); every file it makes there, also
 * SQLite's -wal, -shm and -journal, belongs to the directory's owner. Others open only their own.
 *
 * Readers (DB_READ_ONLY). In WAL a reader never waits for a writer, nor a writer for it; it sees
 * what was committed when its statement began. It takes a lock in state.db-shm, so it
 * needs to write that file, and no more: writers leave -wal and -shm behind when they close, so a
 * reader makes neither (should a person have removed them, SQLite makes them anew, for which the
 * owner has the right). With the rollback journal a reader waits while a writer commits. Each wait
 * is at most 200 ms, then ERR_BUSY; so is a database whose writer died in the middle, which only
 * the next writer can mend. A reader that cannot open or read takes that, whatever the class, as
 * "no objection".
 *
 * The setters of gang.h, launch.h, instance.h and placement.h happen whole or not at all: in the
 * open transaction if there is one, else in one of their own. A copy for backup needs
 * state.db and state.db-wal, or sqlite3's ".backup".
 */
#ifndef BURST_DB_H
#define BURST_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct db;

enum db_mode {
	DB_READ_WRITE, /* makes the file if it does not exist */
	DB_READ_ONLY,  /* waits at most 200 ms: for the prolog's gate */
};

/*
 * DIR is the state directory; its owner and mode, and those of the file, are checked before use
 * (ERR_CONFIG). Reading: ERR_NOTFOUND where nothing has been written yet. ERR_FATAL for a file that
 * is damaged or not ours, with what to do; ERR_CONFIG for one of a newer version.
 */
struct db *db_open(const char *dir, enum db_mode mode, bool shared, struct err *err);
void db_close(struct db *db);
bool db_is_read_only(const struct db *db);
/* There was none, or an empty one, and this db_open() has made it. */
bool db_is_new(const struct db *db);

/*
 * Has its disk room for what a launch writes? ERR_FATAL where less than BYTES are left: better
 * before the launch than when its answer cannot be written down.
 */
int db_has_room(struct db *db, int64_t bytes, struct err *err);

/*
 * An IMMEDIATE transaction; do not nest (ERR_FATAL). db_commit() failing has rolled back. After any
 * other function has failed inside it, what that function did is undone; go on or roll back.
 */
int db_begin(struct db *db, struct err *err);
int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db); /* harmless without one */

/* Has the file been moved away or replaced since it was opened? Then what is written is lost: who
 * lives long looks from time to time, closes, and opens anew. */
bool db_has_moved(const struct db *db);

/* Is that the error of a damaged file, so that nothing but a new one helps? Pure. */
bool db_is_damage(const struct err *err);

/*
 * Several reads of one moment, between these two; also of a database opened for reading only. Not
 * inside a transaction (ERR_FATAL), and nothing is to be written meanwhile. The end is harmless
 * without a beginning.
 */
int db_begin_read(struct db *db, struct err *err);
void db_end_read(struct db *db);

/* Read the whole file and check it: ERR_FATAL with what to do. Takes long for a long ledger. */
int db_check(struct db *db, struct err *err);
/* The same, if that was not done for a day; then it is noted (meta "checked_ms"). */
int db_check_daily(struct db *db, struct err *err);

/* Small facts by name; the caller frees *VALUE; ERR_NOTFOUND. VALUE NULL removes it. The names
 * "host" and "moved_from" are db's own. */
int meta_get(struct db *db, const char *key, char **value, struct err *err);
int meta_set(struct db *db, const char *key, const char *value, struct err *err);

/*
 * Was the last to write another host (a second slurmctld took over)? Then this host must
 * reconcile before anything else. 1 with that host's name in *FROM, which the caller frees; 0; -1.
 * Each write transaction notes this host, but the answer stays 1 until db_set_reconciled().
 */
int db_moved(struct db *db, char **from, struct err *err);
int db_set_reconciled(struct db *db, struct err *err);

#endif
