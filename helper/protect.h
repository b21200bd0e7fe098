/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect: a node group whose boots fail one after the other is closed for a while, so that a
 * broken image does not cost money all night (boot.protect_after, boot.protect_for_s).
 *
 * The group is that of the nodes, not the partition that a job named. Memory and rules are
 * health.h's; nothing here fails a gang: what cannot be read or written is logged, and the group
 * counts as open.
 */
#ifndef BURST_PROTECT_H
#define BURST_PROTECT_H

#include "helper/app.h"
#include "lib/state/gang.h"
#include "lib/state/health.h"

#define PROTECT_NAME_SIZE 160

/* "<partition>-<name>", by which state.db and `aws-slurm-burst open` know GROUP. Returns BUF. */
char *protect_name(const struct conf_group *group, char buf[PROTECT_NAME_SIZE]);

/* Is GROUP closed now? With why and until when in *HEALTH, also where it is not. Needs app_db(). */
bool protect_closed(struct app *app, const struct conf_group *group, struct health *health);

/* What the jobs are told that are sent back until HEALTH->until_ms: one sentence. Pure. */
char *protect_words(
	const struct conf_group *group, const struct health *health, char *buf, size_t size);

/* A boot of the gang's group failed, for WHY: one sentence. Once per gang. Says so in the log when
 * that closes the group. */
void protect_failed(struct app *app, const struct gang *gang, const char *why);

/* The gang is up. */
void protect_good(struct app *app, const struct gang *gang);

/*
 * GROUP has been opened by a person: jobs that were sent back because it was closed need not wait
 * until it would have opened by itself. Known by their comment, so with slurm.comment_field "none"
 * they wait on. Needs app_slurm(). Returns how many may start now; -1.
 */
long protect_release_jobs(struct app *app, const struct conf_group *group, struct err *err);

#endif
