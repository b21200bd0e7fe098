/* SPDX-License-Identifier: Apache-2.0 */
/* moved: another host wrote state.db last, for a second slurmctld has taken over. */
#ifndef BURST_MOVED_H
#define BURST_MOVED_H

#include "helper/app.h"

/*
 * If so, say it, and begin `reconcile` beside us: what the other host's processes have left is its
 * to see to, and must not keep this one's jobs waiting. Until it has succeeded each call begins
 * one; they exclude each other. Opens state.db of APP, and closes it again where it has begun one.
 * Problems are logged. Returns whether one was begun.
 */
bool moved_reconcile(struct app *app);

#endif
