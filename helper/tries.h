/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tries: the tries of one start of a gang, in the ladder's order (lib/plan/ladder.h), until one
 * brings all its nodes, none is left, or configuration says enough. Private to provision.
 *
 * Of an all-or-nothing gang a try that fails leaves nothing behind. Of one that takes what comes,
 * what came stays, and the next try asks for the rest. Each try is a row (lib/state/try.h), written
 * before EC2 is asked.
 */
#ifndef BURST_TRIES_H
#define BURST_TRIES_H

#include "helper/attempt.h"

/*
 * 0: every node has its instance or, of a gang that takes what comes, one at least has. -1: ERR
 * tells in one sentence what was asked, where, and what was answered; of what came nothing is ended
 * yet.
 */
int tries_run(struct attempt *a, struct err *err);

#endif
