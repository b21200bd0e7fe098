/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notices: the loop that hears of interruptions, wherever they are told, and has them acted on.
 *
 * From the SQS queue where spot.queue_url is set. Of regions that no queue tells of, and while it
 * does not answer, from EC2 every spot.poll_s. Always from Slurm's nodes, which report what their
 * own metadata says.
 */
#ifndef BURST_NOTICES_H
#define BURST_NOTICES_H

#include <signal.h>

#include "helper/app.h"

/*
 * Until *STOP. APP has been through app_load(); Slurm, state.db and EC2 are opened here, after
 * fork, by the one who runs it. What fails for a while is tried again and logged once. 0: stopped;
 * -1: it cannot go on (configuration, state directory), which it has logged: not to be started
 * again at once.
 */
int notices_run(struct app *app, volatile sig_atomic_t *stop);

#endif
