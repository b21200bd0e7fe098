/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock: who works on a job and on a gang. Death frees it, also kill -9.
 *
 * A gang's lock is an exclusive flock(2) on STATE/locks/<gang id>, removed when the gang is over;
 * ids never come back, so removing is safe. A job's is one byte of STATE/locks/jobs, at the job id:
 * job ids do come back, and a file per job would pile up.
 */
#ifndef BURST_LOCK_H
#define BURST_LOCK_H

#include "helper/app.h"

/* A descriptor to be closed, or -1: ERR_BUSY when another process has it after WAIT_MS. */
int lock_job(const struct app *app, uint32_t job_id, int wait_ms, struct err *err);
int lock_gang(const struct app *app, const char *gang, int wait_ms, struct err *err);
/* Has a process the gang's lock? Looks without taking it from anybody, and makes no file. True also
 * where that cannot be seen. */
bool lock_gang_held(const struct app *app, const char *gang);
/*
 * One of the SLOTS places for launches under way at a time, over all processes: EC2's buckets are
 * small. Waits for one; -1 when no file can be made.
 */
int lock_slot(const struct app *app, struct err *err);
#define LOCK_SLOTS 16

/* For who removes placement groups. */
int lock_groups(const struct app *app, int wait_ms, struct err *err);

/* The gang is over: its file goes. The lock must be held. */
void lock_gang_remove(const struct app *app, const char *gang);

#endif
