/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/retry.h"

enum {
	BASE_TRANSIENT_MS = 50,
	BASE_THROTTLE_MS = 1000,
	CAP_MS = 20000,
	ADVICE_OVER_MS = 5000,
	COST = 14,
};

bool retry_allowed(enum err_class class)
{
	return class == ERR_TRANSIENT || class == ERR_THROTTLE;
}

int64_t retry_delay_ms(unsigned attempt, enum err_class class, uint32_t random, int64_t advised_ms)
{
	int64_t limit = class == ERR_THROTTLE ? BASE_THROTTLE_MS : BASE_TRANSIENT_MS;
	int64_t delay;

	for (unsigned i = 1; i < attempt && limit < CAP_MS; i++)
		limit *= 2;
	if (limit > CAP_MS)
		limit = CAP_MS;
	delay = (int64_t)((uint64_t)limit * random >> 32);
	if (advised_ms > delay)
		delay = advised_ms < delay + ADVICE_OVER_MS ? advised_ms : delay + ADVICE_OVER_MS;
	return delay;
}

bool retry_take(struct retry_quota *quota)
{
	if (quota->tokens < COST)
		return false;
	quota->tokens -= COST;
	return true;
}

void retry_refund(struct retry_quota *quota, bool retried)
{
	quota->tokens += retried ? COST : 1;
	if (quota->tokens > RETRY_QUOTA)
		quota->tokens = RETRY_QUOTA;
}
