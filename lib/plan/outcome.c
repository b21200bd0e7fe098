/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/outcome.h"

#include <string.h>

#include "lib/base/cleanup.h"

/* What is beyond this table's rows goes as ERR_FATAL: back off, count, tell the administrator. */
static const struct outcome_rule rules[] = {
	[ERR_NONE] = {.class = ERR_NONE, .name = "none", .advice = ""},
	[ERR_USAGE] =
		{.class = ERR_USAGE, .name = "usage", .person = true, .counts = true, .advice = ""},
	[ERR_CONFIG] = {.class = ERR_CONFIG,
		.name = "config",
		.person = true,
		.counts = true,
		.advice = ""},
	[ERR_AUTH] = {.class = ERR_AUTH,
		.name = "auth",
		.counts = true,
		.delay_s = 300,
		.advice = "the administrator must see to aws-slurm-burst's AWS credentials and "
			  "permissions"},
	[ERR_CLOCK] = {.class = ERR_CLOCK,
		.name = "clock",
		.counts = true,
		.delay_s = 300,
		.advice = "the administrator must set the controller's clock right"},
	[ERR_TRANSIENT] = {.class = ERR_TRANSIENT,
		.name = "transient",
		.same_again = true,
		.counts = true,
		.jitter = true,
		.advice = "AWS or the way to it is out of order"},
	/* Waiting is all that helps, and it is nobody's failed start. */
	[ERR_THROTTLE] = {.class = ERR_THROTTLE,
		.name = "throttle",
		.same_again = true,
		.jitter = true,
		.delay_s = 60,
		.delay_max_s = 600,
		.advice = "this account sends more requests than AWS takes at a time"},
	[ERR_CONSISTENCY] = {.class = ERR_CONSISTENCY,
		.name = "consistency",
		.same_again = true,
		.counts = true,
		.advice = ""},
	[ERR_CAPACITY] = {.class = ERR_CAPACITY,
		.name = "capacity",
		.next_pool = true,
		.scope = SCOPE_POOL,
		.counts = true,
		.advice = "more allowed instance types or zones, or fewer nodes, would help"},
	[ERR_ADDRESS] = {.class = ERR_ADDRESS,
		.name = "address",
		.next_pool = true,
		.scope = SCOPE_SUBNET,
		.counts = true,
		.advice = "free addresses in the subnet or allow another one"},
	[ERR_QUOTA] = {.class = ERR_QUOTA,
		.name = "quota",
		.next_pool = true,
		.scope = SCOPE_FAMILY,
		.counts = true,
		.delay_s = 600,
		.advice = "ask AWS for a higher quota or use fewer nodes"},
	[ERR_BUDGET] = {.class = ERR_BUDGET,
		.name = "budget",
		.person = true,
		.counts = true,
		.advice = ""},
	[ERR_NOTFOUND] = {.class = ERR_NOTFOUND, .name = "notfound", .counts = true, .advice = ""},
	/* Another holds it: it comes free by itself, and no start of this job has failed. */
	[ERR_BUSY] = {.class = ERR_BUSY, .name = "busy", .same_again = true, .advice = ""},
	[ERR_FATAL] = {.class = ERR_FATAL,
		.name = "fatal",
		.counts = true,
		.advice = "the administrator finds more in aws-slurm-burst's log"},
};

const struct outcome_rule *outcome_of(enum err_class class)
{
	if ((size_t) class >= ARRAY_SIZE(rules) || !rules[class].name)
		return &rules[ERR_FATAL];
	return &rules[class];
}

enum outcome_scope outcome_scope_of(const struct outcome_rule *rule, const char *code)
{
	static const char *const vcpus[] = {
		"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded"};

	if (!code || !*code)
		return rule->scope;
	if (rule->scope == SCOPE_POOL && strcmp(code, "ReservationCapacityExceeded") == 0)
		return SCOPE_NONE;
	if (rule->scope != SCOPE_FAMILY)
		return rule->scope;
	for (size_t i = 0; i < ARRAY_SIZE(vcpus); i++) {
		if (strcmp(code, vcpus[i]) == 0)
			return SCOPE_FAMILY;
	}
	return SCOPE_NONE;
}

int64_t outcome_delay_s(const struct outcome_rule *rule, int64_t first_s, int64_t max_s,
	unsigned attempts, uint32_t random)
{
	int64_t delay_s = rule->delay_s ? rule->delay_s : first_s;
	int64_t limit_s = rule->delay_max_s ? rule->delay_max_s : max_s;

	if (delay_s < 1)
		delay_s = 1;
	if (limit_s < delay_s)
		limit_s = delay_s;
	for (unsigned i = 1; i < attempts && delay_s < limit_s; i++)
		delay_s = delay_s > limit_s / 2 ? limit_s : delay_s * 2;
	return rule->jitter ? 1 + (int64_t)(random % (uint64_t)delay_s) : delay_s;
}

/*
 * An AZ's name begins like its region's and ends in a digit and a letter: us-east-1a,
 * us-gov-west-1b, us-west-2-lax-1a (a local zone). Returns its length at TEXT, 0: none.
 */
static size_t az_length(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len < 4 || len >= OUTCOME_AZ_SIZE || !memchr(text, '-', len))
		return 0;
	if (text[0] < 'a' || text[len - 1] < 'a' || text[len - 2] < '0' || text[len - 2] > '9')
		return 0;
	return len;
}

/* Is the AZ of LEN bytes among the N, or among those that MESSAGE has in parentheses? */
static bool known_az(const char *az, size_t len, const char *message, const char *end,
	char azs[][OUTCOME_AZ_SIZE], size_t n)
{
	bool inside = false;

	for (size_t i = 0; i < n; i++) {
		if (strlen(azs[i]) == len && strncmp(azs[i], az, len) == 0)
			return true;
	}
	for (const char *p = message; p < end; p++) {
		if (*p == '(' || *p == ')')
			inside = *p == '(';
		else if (inside && (size_t)(end - p) >= len && strncmp(p, az, len) == 0 &&
			 az_length(p) == len)
			return true;
	}
	return false;
}

size_t outcome_hint_azs(const char *message, char azs[][OUTCOME_AZ_SIZE], size_t max)
{
	static const char offer[] = "choosing ";
	const char *start = message ? strstr(message, offer) : NULL;
	size_t n = 0;

	if (!start)
		return 0;
	for (const char *p = start + strlen(offer); *p && n < max;) {
		size_t len = az_length(p);
		size_t gap;

		if (!len && strncmp(p, "or ", 3) != 0 && strncmp(p, "and ", 4) != 0)
			break;
		if (len && !known_az(p, len, message, start, azs, n)) {
			memcpy(azs[n], p, len);
			azs[n++][len] = '\0';
		}
		p += len ? len : strcspn(p, " ");
		gap = strspn(p, ", ");
		if (!gap)
			break;
		p += gap;
	}
	return n;
}
