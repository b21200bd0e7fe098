/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome: what follows from a failed try, by its class: is another try of the same start of use,
 * what is remembered, how long the job waits, whom it says to ask. One row per class. Pure.
 *
 * Meant for what EC2 (or the way to it) answers. A step whose *plan* cannot be made is another
 * matter: whatever its class, the next step of the ladder may do better.
 */
#ifndef BURST_OUTCOME_H
#define BURST_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* Of what the failure says that nothing comes from it now. */
enum outcome_scope {
	SCOPE_NONE,   /* of nothing: do not remember it */
	SCOPE_POOL,   /* of the type in the AZ, in that market */
	SCOPE_SUBNET, /* of the subnet: no address is left in it */
	SCOPE_FAMILY, /* of the types that share a vCPU quota, in that market */
};

struct outcome_rule {
	enum err_class class;
	const char *name; /* the class in one word, as err_class_name() */
	bool next_pool;   /* another try of the same start, with other pools, may succeed */
	bool same_again;  /* the very same request may succeed a little later */
	enum outcome_scope scope;
	bool person;                  /* no use until a person acts: hold at once */
	bool counts;                  /* towards max_attempts */
	bool jitter;                  /* spread the back-off: many wait for the same thing */
	int64_t delay_s, delay_max_s; /* of the job's next start; 0: what is configured */
	const char *advice;           /* tail of the sentence, "" none: "…; ADVICE" */
};

/* The row of CLASS; never NULL. What is not in the table goes as ERR_FATAL does. */
const struct outcome_rule *outcome_of(enum err_class class);

/*
 * The scope for the code too (may be "" or NULL): not every quota is one of vCPUs (placement
 * groups, addresses of interfaces), and a full reservation says nothing of its pool.
 */
enum outcome_scope outcome_scope_of(const struct outcome_rule *rule, const char *code);

/*
 * Seconds until the job's next start after ATTEMPTS failed ones (0 counts as 1): the rule's delay
 * or else FIRST_S, doubled for each further one, at most the rule's maximum or else MAX_S (but
 * never less than the first delay). With the rule's jitter RANDOM, any number, picks of 1 … that.
 */
int64_t outcome_delay_s(const struct outcome_rule *rule, int64_t first_s, int64_t max_s,
	unsigned attempts, uint32_t random);

#define OUTCOME_AZ_SIZE 32
/*
 * The AZ names that EC2's message of missing capacity offers ("… or choosing us-east-1a,
 * us-east-1b."), each once, without the one that it says has none. Returns how many, <= MAX.
 */
size_t outcome_hint_azs(const char *message, char azs[][OUTCOME_AZ_SIZE], size_t max);

#endif
