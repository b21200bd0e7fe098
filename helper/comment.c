/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/comment.h"

#include <stdio.h>
#include <string.h>

#include "helper/log.h"

void comment_put(
	const struct app *app, struct job_change *change, const char *text, char *buf, size_t size)
{
	const char *field = app->conf->slurm.comment_field;
	char safe[COMMENT_SIZE];

	/* EC2's messages are in it */
	snprintf(buf, size, "burst: %s",
		text_make_safe(text, sizeof(safe) - 16, safe, sizeof(safe)));
	if (!strcmp(field, "admin_comment"))
		change->admin_comment = buf;
	else if (!strcmp(field, "system_comment"))
		change->system_comment = buf;
}

void comment_job(const struct app *app, const char *job_name, const char *text)
{
	struct job_change change = JOB_CHANGE_INIT;
	char buf[COMMENT_SIZE];
	struct err err;

	comment_put(app, &change, text, buf, sizeof(buf));
	if (!change.admin_comment && !change.system_comment)
		return;
	if (slurm_client_job_change(job_name, &change, &err) < 0)
		log_warn("job %s could not be told: %s", job_name, err.text);
}
