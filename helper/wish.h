/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wish: what the user of a job asked for, from the first source that knows.
 *
 * In order: the record that prolog wrote for this very start of the job; for batch jobs the
 * environment stored by slurmctld; the job's features (efa-required, efa-preferred, efa, no-efa);
 * the configured default. Which one won is said in words.
 */
#ifndef BURST_WISH_H
#define BURST_WISH_H

#include "helper/app.h"

/*
 * Fill INTENT (its efa is never EFA_UNSET afterwards) and *WHY, a constant string. Waits for the
 * prolog at most slurm.intent_wait_ms after START_MS of the monotonic clock. Never fails: what
 * cannot be read is logged and the next source asked.
 */
void wish_find(struct app *app, const struct job_facts *facts, int64_t start_ms,
	struct intent *intent, const char **why);

/* The EFA mode that a feature expression asks for ("efa-required&zen4"), or EFA_UNSET. */
enum efa_mode wish_from_features(const char *features);

#endif
