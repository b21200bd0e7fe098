/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune: records of jobs long gone, in STATE/intent and STATE/ended.
 */
#ifndef BURST_PRUNE_H
#define BURST_PRUNE_H

#include "helper/app.h"

/* Remove what is older than PRUNE_AGE_S; problems are logged. Slurm keeps a requeued job's id for
 * its whole life, so an age that no job reaches is the rule, not the end of a gang. */
#define PRUNE_AGE_S (60 * 86400)
void prune_records(struct app *app, int64_t now_s);

#endif
