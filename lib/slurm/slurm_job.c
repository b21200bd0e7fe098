/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/base/gres.h"
#include "lib/slurm/slurm_internal.h"

#define ENVIRONMENT_MAX (32u << 20) /* slurmctld itself takes no environment near this size */
#define SCRIPT_MAX      (4u << 20)  /* of which detect() reads what it needs */
#define INTENT_VARIABLE "SLURM_SPANK_BURST_INTENT"

static void free_jobs(job_info_msg_t **msg)
{
	if (*msg)
		slurm_free_job_info_msg(*msg);
}

static void user_name(const slurm_job_info_t *job, char *buf, size_t size)
{
	struct passwd pw, *found = NULL;
	char text[4096];

	if (job->user_name && *job->user_name)
		copy_text(buf, size, job->user_name);
	else if (!getpwuid_r(job->user_id, &pw, text, sizeof(text), &found) && found)
		copy_text(buf, size, pw.pw_name);
	else
		snprintf(buf, size, "%u", job->user_id);
}

static int copy_heap(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return text && !*out ? -1 : 0;
}

static uint32_t given16(uint16_t value)
{
	return value == NO_VAL16 || value == INFINITE16 ? 0 : value;
}

/* What the job asks of a node: Slurm has it per CPU, node, task or job. */
static void fill_node_needs(const slurm_job_info_t *job, struct job_facts *facts)
{
	uint32_t nodes = job->num_nodes ? job->num_nodes : 1, tasks = given16(job->ntasks_per_node);
	uint64_t mem = job->pn_min_memory == NO_VAL64 ? 0 : job->pn_min_memory;

	facts->cpus_per_task = given16(job->cpus_per_task);
	facts->tasks_per_node = tasks;
	if (mem & MEM_PER_CPU)
		facts->mem_mib_per_cpu = mem & ~MEM_PER_CPU;
	if (mem & MEM_PER_CPU)
		mem = (mem & ~MEM_PER_CPU) * ((job->num_cpus + nodes - 1) / nodes);
	facts->mem_mib_per_node = mem;
	if (!tasks)
		tasks = (job->num_tasks + nodes - 1) / nodes;
	facts->gpus_per_node = gres_gpus(job->tres_per_node);
	if (!facts->gpus_per_node)
		facts->gpus_per_node = (gres_gpus(job->tres_per_job) + nodes - 1) / nodes;
	if (!facts->gpus_per_node)
		facts->gpus_per_node = gres_gpus(job->tres_per_task) * tasks;
}

static int fill_facts(const slurm_job_info_t *job, struct job_facts *facts, struct err *err)
{
	struct job_ids ids = {
		.job_id = job->job_id,
		.array_job_id = job->array_job_id,
		.array_task_id = job->array_task_id,
		.array_task_str = job->array_task_str,
		.het_job_id = job->het_job_id,
		.het_job_offset = job->het_job_offset,
	};

	memset(facts, 0, sizeof(*facts));
	facts->job_id = job->job_id;
	job_name_format(&ids, facts->name, sizeof(facts->name));
	facts->array_job_id = job->array_job_id;
	facts->het_leader = job->het_job_id;
	if (job->het_job_id && job->het_job_id == job->job_id)
		het_ids_format(job->het_job_id_set, facts->het_ids, sizeof(facts->het_ids));
	facts->restart = job->restart_cnt;
	facts->state = job_state_decode(job->job_state);
	facts->batch = job->batch_flag;
	facts->requeue = job->requeue;
	facts->uid = job->user_id;
	user_name(job, facts->user, sizeof(facts->user));
	copy_name(facts->account, sizeof(facts->account), job->account);
	copy_name(facts->qos, sizeof(facts->qos), job->qos);
	/* a '*' before it says that it is the user's default, not asked for */
	copy_name(facts->wckey, sizeof(facts->wckey),
		job->wckey && *job->wckey == '*' ? job->wckey + 1 : job->wckey);
	copy_text(facts->partition, sizeof(facts->partition), job->partition);
	copy_text(facts->job_name, sizeof(facts->job_name), job->name);
	copy_text(facts->features, sizeof(facts->features), job->features);
	facts->num_nodes = job->num_nodes;
	facts->max_nodes = job->max_nodes == NO_VAL || job->max_nodes == INFINITE ? 0
										  : job->max_nodes;
	facts->num_tasks = job->num_tasks;
	facts->cpus = job->num_cpus;
	fill_node_needs(job, facts);
	if ((job->job_state & JOB_STATE_BASE) == JOB_PENDING)
		copy_text(facts->wait, sizeof(facts->wait), job_wait_words(job->state_reason));
	facts->cleaning = facts->state == JOB_STATE_PENDING && job->state_reason == WAIT_CLEANING;
	copy_text(facts->dependency, sizeof(facts->dependency), job->dependency);
	facts->time_limit_s = minutes32_to_s(job->time_limit);
	facts->start_s = job->start_time;
	facts->submit_s = job->submit_time;
	facts->eligible_s = job->eligible_time;
	facts->end_s = job->end_time;
	/* slurmctld reports NONE for --exclusive and for a partition with OverSubscribe=EXCLUSIVE
	 */
	facts->exclusive = job->shared == JOB_SHARED_NONE;
	facts->succeeded = (job->job_state & JOB_STATE_BASE) == JOB_COMPLETE;
	facts->cancelled = (job->job_state & JOB_STATE_BASE) == JOB_CANCELLED;
	facts->timed_out = (job->job_state & JOB_STATE_BASE) == JOB_TIMEOUT ||
			   (job->job_state & JOB_STATE_BASE) == JOB_DEADLINE;
	if (copy_heap(&facts->nodes, job->nodes ? job->nodes : "") < 0 ||
		copy_heap(&facts->batch_host, job->batch_host) < 0 ||
		copy_heap(&facts->admin_comment, job->admin_comment) < 0) {
		job_facts_release(facts);
		return err_nomem(err);
	}
	return 0;
}

void job_facts_release(struct job_facts *facts)
{
	if (!facts)
		return;
	free(facts->nodes);
	free(facts->batch_host);
	free(facts->admin_comment);
	memset(facts, 0, sizeof(*facts));
}

int slurm_client_job(uint32_t job_id, struct job_facts *facts, struct err *err)
{
	CLEANUP(free_jobs) job_info_msg_t *msg = NULL;

	if (slurm_client_check(err) < 0)
		return -1;
	if (slurm_load_job(&msg, job_id, SHOW_ALL | SHOW_LOCAL) != SLURM_SUCCESS) {
		slurm_fail(err, "asking slurmctld");
		return err_prefix(err, "job %u", job_id);
	}
	/* The number of an array or of a heterogeneous leader brings all its records. */
	for (uint32_t i = 0; i < msg->record_count; i++)
		if (msg->job_array[i].job_id == job_id)
			return fill_facts(&msg->job_array[i], facts, err);
	return err_set(err, ERR_NOTFOUND, "job %u: not in slurmctld's answer", job_id);
}

/* Is JOB one of those that NAME, the number FIRST with SIGN and SECOND behind it, means? */
static bool is_named(const slurm_job_info_t *job, uint32_t first, char sign, uint32_t second)
{
	if (sign == '_') {
		if (job->array_job_id != first)
			return false;
		return job->array_task_id == NO_VAL ? job_tasks_have(job->array_task_str, second)
						    : job->array_task_id == second;
	}
	/* a component is started with the others, so all are meant */
	return job->job_id == first || job->array_job_id == first || job->het_job_id == first;
}

static void facts_release_all(struct job_facts *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		job_facts_release(&list[i]);
	free(list);
}

static int load_named(const char *name, uint32_t first, char sign, uint32_t second,
	struct job_facts **all, size_t *n, uint32_t *leader, struct err *err)
{
	CLEANUP(free_jobs) job_info_msg_t *msg = NULL;
	struct job_facts *list;
	size_t got = 0;

	if (slurm_load_job(&msg, first, SHOW_ALL | SHOW_LOCAL) != SLURM_SUCCESS) {
		slurm_fail(err, "asking slurmctld");
		return err_prefix(err, "job %s", name);
	}
	list = calloc((size_t)msg->record_count + 1, sizeof(*list));
	if (!list)
		return err_nomem(err);
	*leader = 0;
	for (uint32_t i = 0; i < msg->record_count; i++) {
		const slurm_job_info_t *job = &msg->job_array[i];

		if (!is_named(job, first, sign, second))
			continue;
		if (fill_facts(job, &list[got], err) < 0) {
			facts_release_all(list, got);
			return -1;
		}
		got++;
		if (job->het_job_id != first)
			*leader = job->het_job_id;
	}
	if (!got) {
		free(list);
		return err_set(err, ERR_NOTFOUND, "job %s: not in slurmctld's answer", name);
	}
	*all = list;
	*n = got;
	return 0;
}

int slurm_client_jobs_named(const char *name, struct job_facts **all, size_t *n, struct err *err)
{
	uint32_t leader = 0;
	unsigned long first, second = 0;
	char *end;

	if (slurm_client_check(err) < 0 || job_name_check(name, err) < 0)
		return -1;
	first = strtoul(name, &end, 10);
	if (*end && end[1] != '[')
		second = strtoul(end + 1, NULL, 10);
	/* "9_[2-3]": a name of ours for the record of those tasks */
	if (*end && end[1] == '[')
		second = strtoul(end + 2, NULL, 10);
	if (first > UINT32_MAX || second > UINT32_MAX)
		return err_set(err, ERR_NOTFOUND, "job %s: no job has such a number", name);
	if (load_named(name, (uint32_t)first, *end, (uint32_t)second, all, n, &leader, err) < 0)
		return -1;
	/* by a component's own number slurmctld gives that one alone */
	if (!leader)
		return 0;
	facts_release_all(*all, *n);
	return load_named(name, leader, '+', 0, all, n, &leader, err);
}

int slurm_client_jobs(struct job_facts **all, size_t *n, struct err *err)
{
	CLEANUP(free_jobs) job_info_msg_t *msg = NULL;
	struct job_facts *list;

	if (slurm_client_check(err) < 0)
		return -1;
	if (slurm_load_jobs(0, &msg, SHOW_ALL | SHOW_LOCAL) != SLURM_SUCCESS)
		return slurm_fail(err, "asking slurmctld for the jobs");
	list = calloc((size_t)msg->record_count + 1, sizeof(*list));
	if (!list)
		return err_nomem(err);
	for (uint32_t i = 0; i < msg->record_count; i++) {
		if (fill_facts(&msg->job_array[i], &list[i], err) < 0) {
			while (i)
				job_facts_release(&list[--i]);
			free(list);
			return -1;
		}
	}
	*all = list;
	*n = msg->record_count;
	return 0;
}

int slurm_client_prolog_done(uint32_t job_id, struct err *err)
{
	int ready;

	if (slurm_client_check(err) < 0)
		return -1;
	errno = 0;
	ready = slurm_job_node_ready(job_id);
	if (ready == READY_JOB_FATAL)
		return err_set(err, ERR_NOTFOUND, "job %u: unknown to slurmctld", job_id);
	if (ready < 0 && errno) {
		slurm_fail(err, "asking slurmctld for its prolog");
		return err_prefix(err, "job %u", job_id);
	}
	if (ready <
		0) /* answered, with EAGAIN: as 24.11 and later do while nodes are powering up */
		return 0;
	return ready & READY_PROLOG_STATE ? 1 : 0;
}

/* FILE of the job's directory under StateSaveLocation, into PATH of PATH_SIZE. */
#define PATH_SIZE 4096
static int stored_path(
	const char *state_dir, uint32_t job_id, const char *file, char *path, struct err *err)
{
	int n = snprintf(
		path, PATH_SIZE, "%s/hash.%u/job.%u/%s", state_dir, job_id % 10, job_id, file);

	if (n < 0 || n >= PATH_SIZE)
		return err_set(
			err, ERR_CONFIG, "StateSaveLocation of more than %d bytes", PATH_SIZE);
	return 0;
}

int slurm_client_stored_intent(const char *state_dir, uint32_t job_id, char **line, struct err *err)
{
	cleanup_free char *data = NULL;
	const char *value = NULL;
	char path[PATH_SIZE];
	size_t len = 0;

	if (stored_path(state_dir, job_id, "environment", path, err) < 0 ||
		file_read(path, ENVIRONMENT_MAX, &data, &len, err) < 0)
		return -1;
	if (job_environment_find(data, len, INTENT_VARIABLE, &value, err) < 0)
		return err_prefix(err, "%s", path);
	if (copy_heap(line, value) < 0)
		return err_nomem(err);
	return 0;
}

int slurm_client_stored_script(
	const char *state_dir, uint32_t job_id, char **text, size_t *len, struct err *err)
{
	char path[PATH_SIZE];

	if (stored_path(state_dir, job_id, "script", path, err) < 0 ||
		file_read(path, SCRIPT_MAX, text, len, err) < 0)
		return -1;
	/* slurmctld writes the NUL at its end, too */
	while (*len && !(*text)[*len - 1])
		--*len;
	return 0;
}

int slurm_client_batch_script(uint32_t job_id, char **text, size_t *len, struct err *err)
{
	cleanup_free char *data = NULL;
	size_t size = 0;
	FILE *out;
	int rc;

	if (slurm_client_check(err) < 0)
		return -1;
	out = open_memstream(&data, &size);
	if (!out)
		return err_nomem(err);
	rc = slurm_job_batch_script(out, job_id);
	if (fclose(out))
		return err_nomem(err);
	if (rc != SLURM_SUCCESS) {
		/* 22.05 gives the number, and others leave it in errno */
		if (rc > 0)
			errno = rc;
		slurm_fail(err, "asking slurmctld for the batch script");
		return err_prefix(err, "job %u", job_id);
	}
	*text = STEAL_POINTER(data);
	*len = size;
	return 0;
}

/* slurm_update_job2() can succeed as a call and fail for the job it is about. */
static int check_answer(job_array_resp_msg_t *answer, struct err *err)
{
	int number = SLURM_SUCCESS;

	if (!answer)
		return 0;
	for (uint32_t i = 0; i < answer->job_array_count && !number; i++)
		number = (int)answer->error_code[i];
	slurm_free_job_array_resp(answer);
	if (!number)
		return 0;
	errno = number;
	return slurm_fail(err, "slurmctld refuses the change");
}

int slurm_client_job_change(const char *name, const struct job_change *change, struct err *err)
{
	cleanup_free char *id = NULL, *comment = NULL;
	job_array_resp_msg_t *answer = NULL;
	job_desc_msg_t desc;

	if (slurm_client_check(err) < 0 || job_name_check(name, err) < 0)
		return -1;
	/* No release takes it here; sacctmgr writes it into the accounting database. */
	if (change->system_comment)
		return err_set(err, ERR_CONFIG,
			"job %s: slurmctld takes no system comment of a living job; use the admin "
			"comment",
			name);
	if (copy_heap(&id, name) < 0 || copy_heap(&comment, change->admin_comment) < 0)
		return err_nomem(err);
	slurm_init_job_desc_msg(&desc);
	desc.job_id_str = id;
	desc.admin_comment = comment;
	if (change->requeue >= 0)
		desc.requeue = change->requeue ? 1 : 0;
	if (change->begin_s >= 0)
		desc.begin_time = change->begin_s;
	if (change->time_limit_s >= 0)
		desc.time_limit = (uint32_t)(change->time_limit_s / 60);
	if (change->hold) {
		desc.priority = 0;
		desc.alloc_sid =
			ALLOC_SID_USER_HOLD; /* else only an administrator could release it */
	}
	if (slurm_update_job2(&desc, &answer) != SLURM_SUCCESS) {
		slurm_fail(err, "slurmctld refuses the change");
		if (answer)
			slurm_free_job_array_resp(answer);
		return err_prefix(err, "job %s", name);
	}
	if (check_answer(answer, err) < 0)
		return err_prefix(err, "job %s", name);
	return 0;
}

int slurm_client_notify(uint32_t job_id, const char *text, struct err *err)
{
	cleanup_free char *copy = NULL;

	if (slurm_client_check(err) < 0)
		return -1;
	if (!job_id) /* to libslurm it means every job */
		return err_set(err, ERR_USAGE, "job 0");
	if (copy_heap(&copy, text) < 0)
		return err_nomem(err);
	if (slurm_notify_job(job_id, copy) != SLURM_SUCCESS) {
		slurm_fail(err, "sending a message to its terminal");
		return err_prefix(err, "job %u", job_id);
	}
	return 0;
}

int slurm_client_signal(const char *name, int signal, enum signal_to to, struct err *err)
{
	static const uint16_t flags[] = {
		[SIGNAL_BATCH] = KILL_JOB_BATCH,
		[SIGNAL_STEPS] = KILL_STEPS_ONLY,
		[SIGNAL_ALL] = KILL_FULL_JOB,
	};

	if (slurm_client_check(err) < 0 || job_name_check(name, err) < 0)
		return -1;
	if (slurm_kill_job2(name, (uint16_t)signal, flags[to], NULL) != SLURM_SUCCESS) {
		slurm_fail(err, "sending a signal");
		return err_prefix(err, "job %s", name);
	}
	return 0;
}

int slurm_client_requeue(const char *name, struct err *err)
{
	cleanup_free char *id = NULL;
	job_array_resp_msg_t *answer = NULL;

	if (slurm_client_check(err) < 0 || job_name_check(name, err) < 0)
		return -1;
	if (copy_heap(&id, name) < 0)
		return err_nomem(err);
	if (slurm_requeue2(id, 0, &answer) != SLURM_SUCCESS) {
		slurm_fail(err, "requeueing");
		if (answer)
			slurm_free_job_array_resp(answer);
		return err_prefix(err, "job %s", name);
	}
	if (check_answer(answer, err) < 0)
		return err_prefix(err, "job %s", name);
	return 0;
}

int slurm_client_cancel(const char *name, struct err *err)
{
	if (slurm_client_check(err) < 0 || job_name_check(name, err) < 0)
		return -1;
	if (slurm_kill_job2(name, SIGKILL, 0, NULL) != SLURM_SUCCESS &&
		errno != ESLURM_ALREADY_DONE) {
		slurm_fail(err, "cancelling");
		return err_prefix(err, "job %s", name);
	}
	return 0;
}
