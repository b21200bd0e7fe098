/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owned_file: a file of the state directory that belongs to the directory's owner (SlurmUser) from
 * its first moment, also where root is the first to need it.
 */
#ifndef BURST_OWNED_FILE_H
#define BURST_OWNED_FILE_H

#include <stdbool.h>

#include "lib/base/err.h"

/*
 * *PATH (the caller frees): the real path of NAME in DIR, after both have been checked for owner
 * and mode (ERR_CONFIG); root may look into another's directory, others only into their own. MAKE:
 * an empty file of mode 0600 where there is none; without it, and without DIR, ERR_NOTFOUND. Opens
 * no file that is there.
 */
int owned_file_find(const char *dir, const char *name, bool make, char **path, struct err *err);

#endif
