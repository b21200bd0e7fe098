/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "helper/hook.h"
#include "helper/log.h"
#include "lib/intent/record.h"

/* Only a mark: the job stays COMPLETING until we return. */
int hook_epilog(const struct conf *conf, const struct hook_job *job)
{
	char dir[PATH_MAX];
	struct err err = {0};

	if (hook_dir(conf, "ended", dir, &err) < 0 ||
		record_end_write(dir, job->job_id, job->restart, &err) < 0)
		log_err("the job's end is not recorded: %s", err.text);
	else
		log_debug("ended");
	return 0;
}
