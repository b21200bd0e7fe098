/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry: whether and when the same request is sent again. Arithmetic only; chance is an argument.
 *
 * AWS's standard mode with its values of 2026: full jitter below min(20 s, base * 2^attempt), base
 * 50 ms, or 1 s after throttling; x-amz-retry-after is honoured up to 5 s above that. A quota of
 * tokens stops a client whose every request fails from doubling the load on an ailing service.
 * Throttling costs none: the caller bounds it by time.
 */
#ifndef BURST_RETRY_H
#define BURST_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

#define RETRY_QUOTA 500

struct retry_quota {
	int tokens;
};

/* May a failure of this class be answered by sending the same bytes again? */
bool retry_allowed(enum err_class class);
/*
 * Milliseconds to wait after failed attempt ATTEMPT (the first is 1). RANDOM: uniform over all of
 * uint32_t. ADVISED_MS: what the service asked for, or -1.
 */
int64_t retry_delay_ms(unsigned attempt, enum err_class class, uint32_t random, int64_t advised_ms);

/* Take what a retry costs; false: the quota is spent, give up. */
bool retry_take(struct retry_quota *quota);
/* After a success: give back what its last retry cost, or 1 where there was none. */
void retry_refund(struct retry_quota *quota, bool retried);

#endif
