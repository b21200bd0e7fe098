/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: keeps all our processes together within the rates at which EC2 takes requests
 * (lib/aws/bucket_table.h), by the buckets that they share (lib/state/bucket.h).
 *
 *	struct pace *pace = pace_create(conf->state.directory, conf->aws.api_share_percent);
 *	pace_attach(pace, aws);
 *	...
 *	aws_destroy(aws);
 *	pace_destroy(pace);
 */
#ifndef BURST_PACE_H
#define BURST_PACE_H

#include <stdint.h>

#include "lib/aws/aws.h"

struct pace;

/*
 * SHARE_PERCENT of the account's rates are ours (at least 1 of each; 0 counts as 100). NULL where
 * the buckets cannot be had: then nothing is paced, and EC2 says when it is too much.
 */
struct pace *pace_create(const char *directory, unsigned share_percent, struct err *err);
void pace_destroy(struct pace *pace);
/* Hold AWS's requests back; PACE must outlive it. PACE may be NULL. */
void pace_attach(struct pace *pace, struct aws *aws);

/* What the struct aws asks, with the time of clock_now_ms(): see struct aws_pacer. */
int64_t pace_take(struct pace *pace, const char *region, const char *action, unsigned instances,
	int64_t now_ms);
void pace_refused(struct pace *pace, const char *region, const char *action, int64_t now_ms);

#endif
