/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>

#include "helper/hook.h"
#include "helper/log.h"
#include "lib/intent/record.h"

/*
 * Which start of the job has ended? After a user's or operator's requeue slurmctld has counted the
 * restart before it runs the epilog, after the loss of a node it has not (seen on 22.05.8: 1 and 0
 * for the first start). Prolog leaves a record for every start, so the younger of the two is meant.
 */
static uint32_t ended_start(const struct conf *conf, const struct hook_job *job)
{
	struct record counted, before;
	char dir[PATH_MAX];

	if (!job->restart || hook_dir(conf, "intent", dir, NULL) < 0 ||
		record_read(dir, job->job_id, job->restart - 1, &before, NULL) < 0)
		return job->restart;
	if (record_read(dir, job->job_id, job->restart, &counted, NULL) < 0 ||
		counted.written_s < before.written_s)
		return job->restart - 1;
	return job->restart;
}

/* Only a mark: the job stays COMPLETING until we return. */
int hook_epilog(const struct conf *conf, const struct hook_job *job)
{
	uint32_t restart = ended_start(conf, job);
	char dir[PATH_MAX];
	struct err err = {0};

	if (hook_dir(conf, "ended", dir, &err) < 0 ||
		record_end_write(dir, job->job_id, restart, &err) < 0)
		log_err("the job's end is not recorded: %s", err.text);
	else
		log_debug("start %u ended", (unsigned)restart);
	return 0;
}
