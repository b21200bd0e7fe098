/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild: a new state.db in the place of one that is damaged or gone: `reconcile --rebuild`.
 */
#ifndef BURST_REBUILD_H
#define BURST_REBUILD_H

#include "helper/app.h"

/*
 * Look first whether EC2 (all regions of the configuration) and slurmctld answer: without them
 * nothing is changed. Then move the damaged file and those beside it to
 * state.db.damaged-<UTC>, begin a new one, adopt every gang that Slurm uses instances of, and print
 * a line for each and what is lost. A file that is whole is refused (ERR_USAGE), so is one that
 * is only not ours, too new or not to be read (their own class).
 *
 * Before app_db(); leaves the new database open in APP. The caller has reconcile.lock, and makes an
 * ordinary pass afterwards, which ends what is of no use.
 */
int rebuild(struct app *app, struct err *err);

#endif
