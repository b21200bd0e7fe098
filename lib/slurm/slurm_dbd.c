/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slurm_client: slurmdbd, which still takes a comment of a job that is over. In a process of its
 * own: libslurm ends the one that it is called in when its accounting plugin cannot be loaded, and
 * waits long for a slurmdbd that does not answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/slurm/slurm_internal.h"

#include <slurm/slurmdb.h>

#define WAIT_S 20

/* "9_1", "17+1", "7" */
static int parse_name(const char *name, slurm_selected_step_t *step)
{
	uint32_t second = NO_VAL;
	char between = '\0';
	int n = 0;

	*step = (slurm_selected_step_t){.array_task_id = NO_VAL, .het_job_offset = NO_VAL};
	step->step_id.step_id = NO_VAL;
	step->step_id.step_het_comp = NO_VAL;
	if (sscanf(name, "%" SCNu32 "%n", &step->step_id.job_id, &n) != 1)
		return -1;
	name += n;
	if (*name && (sscanf(name, "%c%" SCNu32 "%n", &between, &second, &n) != 2 || name[n]))
		return -1;
	if (between == '_')
		step->array_task_id = second;
	else if (between == '+')
		step->het_job_offset = second;
	else if (between)
		return -1;
	return 0;
}

/* NULL, or why not. */
static const char *modify(slurm_selected_step_t *step, char *cluster, char *comment)
{
	/* a job of any time, however it was scheduled */
	slurmdb_job_cond_t cond = {
		.flags = JOBCOND_FLAG_NO_DEFAULT_USAGE, .db_flags = SLURMDB_JOB_FLAG_NOTSET};
	slurmdb_job_rec_t *change = calloc(1, sizeof(*change));
	uint16_t flags = 0;
	void *conn, *changed;

	if (!change)
		return "out of memory";
	/* whatever is 0 or NULL stays but for this, whose 0 is a value */
	change->derived_ec = NO_VAL;
	change->admin_comment = comment;
	cond.step_list = slurm_list_create(NULL);
	cond.cluster_list = slurm_list_create(NULL);
	slurm_list_append(cond.step_list, step);
	slurm_list_append(cond.cluster_list, cluster);
	conn = slurmdb_connection_get(&flags);
	if (!conn)
		return slurm_strerror(errno);
	changed = slurmdb_job_modify(conn, &cond, change);
	if (!changed)
		return slurm_strerror(errno);
	if (!slurm_list_count(changed))
		return "it does not know the job";
	if (slurmdb_connection_commit(conn, true) != SLURM_SUCCESS)
		return slurm_strerror(errno);
	slurmdb_connection_close(&conn);
	return NULL;
}

struct change {
	slurm_selected_step_t *step;
	char *cluster, *comment;
};

static void task(const void *arg, int fd)
{
	static const char good = SLURM_CHILD_GOOD;
	const struct change *change = arg;
	int null = open("/dev/null", O_WRONLY);
	const char *why;

	/* libslurm's own lines are for a terminal */
	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(1);
	alarm(WAIT_S);
	errno = 0;
	why = modify(change->step, change->cluster, change->comment);
	if (write(fd, why ? why : &good, why ? strlen(why) : 1) < 0)
		_exit(1);
}

int slurm_client_dbd_comment(
	const char *cluster, const char *name, const char *text, struct err *err)
{
	cleanup_free char *own_cluster = strdup(cluster), *own_text = strdup(text);
	slurm_selected_step_t step;
	const struct change change = {&step, own_cluster, own_text};
	char answer[256];

	if (slurm_client_check(err) < 0)
		return -1;
	if (!own_cluster || !own_text)
		return err_nomem(err);
	if (parse_name(name, &step) < 0)
		return err_set(err, ERR_USAGE, "\"%.64s\" is no job's name", name);
	if (slurm_ask_child(task, &change, answer, sizeof(answer), err) < 0)
		return -1;
	if (*answer == SLURM_CHILD_GOOD)
		return 0;
	return err_set(err, ERR_TRANSIENT, "slurmdbd does not take the comment of job %s: %s", name,
		*answer ? answer : "no answer");
}
