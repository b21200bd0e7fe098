/* SPDX-License-Identifier: Apache-2.0 */
/*
 * comment: telling a job, in the field that the site chose (slurm.comment_field), and at the
 * terminal.
 */
#ifndef BURST_COMMENT_H
#define BURST_COMMENT_H

#include "helper/app.h"

/* "burst: TEXT" into the comment field of CHANGE, which is then sent together with the rest of it.
 * BUF keeps the text. */
void comment_put(
	const struct app *app, struct job_change *change, const char *text, char *buf, size_t size);

/* Send only the comment; a failure is logged. */
void comment_job(const struct app *app, const char *job_name, const char *text);

#define COMMENT_SIZE 1200

/* How the warning begins that a job's cost limit will be used up: what it costs in the end takes
 * its place. */
#define COST_WARNING "cost warning: "

#endif
