/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune: records of jobs long gone, in STATE/intent and STATE/ended, and what users may read of
 * them.
 */
#ifndef BURST_PRUNE_H
#define BURST_PRUNE_H

#include "helper/app.h"

/* Remove what is older than PRUNE_AGE_S; problems are logged. Slurm keeps a requeued job's id for
 * its whole life, so an age that no job reaches is the rule, not the end of a gang. */
#define PRUNE_AGE_S (60 * 86400)
void prune_records(struct app *app, int64_t now_s);
/* The same for the files of one directory, if it is there. */
void prune_directory(const char *path, int64_t before_s);

#endif
