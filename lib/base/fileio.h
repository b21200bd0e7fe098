/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fileio: whole files in and out, and the checks on where they lie.
 */
#ifndef BURST_FILEIO_H
#define BURST_FILEIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/err.h"

/*
 * Open /dev/null on each of descriptors 0, 1, 2 that is closed. Call before
 * anything else: slurmctld 22.05 starts power programs with all three closed,
 * and libslurm writes its errors to whatever file then gets number 2.
 */
void file_guard_std(void);

/*
 * Read a whole file of at most MAX bytes. *DATA is NUL-ended behind its *LEN
 * bytes; the caller frees. ERR_NOTFOUND where it does not exist. Works on
 * /proc files, whose size is not known beforehand.
 */
int file_read(const char *path, size_t max, char **data, size_t *len, struct err *err);

enum file_sync { FILE_NO_SYNC, FILE_SYNC };

/*
 * Write by temporary file and rename, so that a reader sees the old or the
 * new, never half. FILE_SYNC: also survives a power cut (fsync of file and
 * directory). An existing file is replaced.
 */
int file_write(const char *path, mode_t mode, const void *data, size_t len, enum file_sync sync,
	struct err *err);

/*
 * Is DIR a directory, not a link, owned by UID, without write permission for group and
 * others (PRIVATE: without any)? 0, or -1 with what is wrong and how to mend it.
 */
int file_check_dir(const char *dir, uid_t uid, bool private, struct err *err);

/* Make DIR and its missing parents. An existing one is no error. */
int file_mkdirs(const char *dir, mode_t mode, struct err *err);

/*
 * Open PATH (made 0600 if absent) and take an exclusive flock(2) on it, waiting at most
 * WAIT_MS. Returns a descriptor whose closing, also by death, frees the lock; -1 with ERR_BUSY
 * when somebody else still holds it.
 */
int file_lock(const char *path, int wait_ms, struct err *err);

#endif
