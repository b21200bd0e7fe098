/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot: from announced to active: an announced gang's nodes come up, or do not. Private to
 * provision.
 */
#ifndef BURST_BOOT_H
#define BURST_BOOT_H

#include "helper/attempt.h"

/*
 * Wait until all nodes have registered: then the gang is active, and its nodes go down when its job
 * ends, before another job can have them (22.05 has no PowerDownOnIdle). Slurm's ResumeFailProgram
 * is called for those that never do. -1 with ERR: nobody wants it any more (a job cancelled
 * meanwhile takes its gang with it).
 */
int boot_wait(struct attempt *a, const struct nodeset *bound, struct err *err);

#endif
