/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ends: when instances ended of which DescribeInstances does not say it.
 *
 * Its reason has a time where somebody asked for the end. Of a Spot instance that EC2 took back it
 * has none; the Spot request has: when its status became instance-terminated-…. What EC2 nowhere
 * says (a host that died) stays 0, and the ledger takes the time when it was seen.
 */
#ifndef BURST_ENDS_H
#define BURST_ENDS_H

#include "helper/app.h"
#include "lib/aws/ec2.h"
#include "lib/state/instance.h"

/*
 * Fill ended_s of those in the N of LIST that are terminated, Spot, and have none, with as few
 * requests as can be; none where there are none. A failure is logged, and they stay 0.
 */
void ends_ask(struct aws *aws, struct ec2_instance *list, size_t n);

/*
 * Write ROW down as ended, as EC2 shows it in SEEN (NULL: not any more): with its launchTime where
 * that was never learned, as of one that was ended right after its launch.
 */
int ends_note(struct app *app, const struct instance *row, const struct ec2_instance *seen,
	struct err *err);

#endif
