/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot: from announced to active: an announced gang's nodes come up, or do not. Private to
 * provision, but for boot_up().
 */
#ifndef BURST_BOOT_H
#define BURST_BOOT_H

#include "helper/attempt.h"

/*
 * Wait until all nodes have registered: then the gang is active, and its nodes go down when its job
 * ends, before another job can have them (22.05 has no PowerDownOnIdle). Slurm's ResumeFailProgram
 * is called for those that never do.
 *
 * 0: it is up, or ResumeTimeout is over; -1 with ERR_BUSY: nobody wants it any more (a job
 * cancelled meanwhile takes its gang with it): the caller takes it down; 1 with ERR: it has failed,
 * since an instance ended or (ERR_BUSY) another process gave it up, and its jobs have been sent
 * back.
 */
int boot_wait(struct attempt *a, const struct nodeset *bound, struct err *err);

/*
 * All of NODES, which are the gang's, have registered: announced -> active. LEAVING: they power
 * down when their job ends. Problems are logged.
 */
void boot_up(struct app *app, const struct gang *gang, const struct nodeset *nodes, bool leaving);

/*
 * Milliseconds between two looks at EC2 by one of BOOTING gangs that boot at the same time: seldom
 * enough that all of them together leave most of DescribeInstances' bucket to launches. Pure.
 */
int64_t boot_look_ms(size_t booting);

#endif
