/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_slurm: what a configuration must agree on with slurm.conf, as far as that file can be read.
 * It is read as text: `config check` also runs where no slurmctld does, and before there is one.
 */
#ifndef BURST_CONF_SLURM_H
#define BURST_CONF_SLURM_H

#include "helper/conf.h"

/*
 * ResumeTimeout of PARTITION: its own, else the general one, else Slurm's default. WHERE gets the
 * file and line ("" the default). -1 where PATH cannot be read, or includes other files and does
 * not say it itself; nothing is checked then. INT64_MAX: no limit.
 */
int64_t conf_slurm_resume_timeout(
	const char *path, const char *partition, char *where, size_t size);

/* Where slurm.conf is: as configured, else SLURM_CONF, else the usual place. Borrowed. */
const char *conf_slurm_path(const struct conf *conf);

/*
 * Has PriorityFlags MAX_TRES: 1 or 0. -1 where PATH cannot be read, or includes other files and
 * does not say.
 */
int conf_slurm_max_tres(const char *path);

/* Give WARN a line for each partition whose ResumeTimeout is too short for launch.total_time_s. */
void conf_slurm_check(
	const struct conf *conf, void (*warn)(void *arg, const char *text), void *arg);

#endif
