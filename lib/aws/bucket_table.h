/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bucket_table: how many requests of each action EC2 lets through, by its developer guide
 * ("Throttling for the Amazon EC2 API"): token buckets per account, region and action.
 *
 * Numbers only; who keeps count is the pacer (aws.h).
 */
#ifndef BURST_BUCKET_TABLE_H
#define BURST_BUCKET_TABLE_H

struct bucket_rule {
	unsigned size, per_s; /* requests: at most at once, and refilled */
	/* a second bucket, of the instances that they act on; size 0: none */
	unsigned instances_size, instances_per_s;
};

/* Of EC2's action ACTION ("CreateTags"); one that is not listed: by its verb. Never NULL. */
const struct bucket_rule *bucket_rule_of(const char *action);

#endif
