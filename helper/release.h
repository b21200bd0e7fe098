/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release: the way down on EC2: end instances, see them ended, remove placement groups.
 *
 * Acts on recorded instance ids only. Where the id comes from state.db and not from an answer just
 * received, EC2 is asked first whether the instance carries our cluster's tag; one that does
 * not is left alone and named in the log. Every row says "terminating" before the request is sent.
 */
#ifndef BURST_RELEASE_H
#define BURST_RELEASE_H

#include "helper/app.h"
#include "lib/aws/ec2.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

enum release_check { RELEASE_CHECK_TAGS, RELEASE_JUST_LAUNCHED };

/* EC2 takes so many at once, then 20 a second: a larger gang takes minutes to be ended. */
#define RELEASE_AT_ONCE 1000

/*
 * End these instances, each in its region. Twice is harmless: those that another process has asked
 * EC2 to end are left to it and to release_settle(). -1: some may run on.
 */
int release_instances(struct app *app, const struct instance *list, size_t n, const char *why,
	enum release_check check, struct err *err);

/* End all living instances of a gang. */
int release_gang(struct app *app, const struct gang *gang, const char *why,
	enum release_check check, struct err *err);

/* Instances that carry the launch's tag and are not on their way out yet, in the region of AWS. */
int release_find_launched(
	struct aws *aws, const char *token, struct ec2_instances *found, struct err *err);

/*
 * The launches of GANG that were written down and have no answer, since their process died or the
 * answer was lost: look for their instances by tag, record and end them. 0: all are accounted for;
 * 1: EC2 may still be launching, look again later; -1. The caller holds the gang's lock.
 */
int release_prepared(struct app *app, const struct gang *gang, struct err *err);

/*
 * What release_settle() does with one gang that nobody works on, without waiting for EC2: half way
 * up, what it has is ended and its jobs are sent back; on its way down, what still runs is ended;
 * empty, it is over. The caller holds its lock; GANG is as read under it. 1: a launch of it must be
 * waited for; 0; -1.
 */
int release_finish(struct app *app, struct gang *gang, struct err *err);

/*
 * End instance ID, which is written down as terminated already and, seen again, still runs. Its row
 * stays. 1: asked; 0: it does not run, or carries another's tag (logged); -1.
 */
int release_again(
	struct app *app, const char *region, const char *id, const char *why, struct err *err);

/*
 * Ask EC2 about everything that is being terminated, until it is or WAIT_MS have passed; write down
 * what ended, move gangs from releasing to released and from failing to failed, and delete
 * placement groups that have become empty. Problems are logged: the next call that can will do it.
 */
void release_settle(struct app *app, int64_t wait_ms);

#endif
