/* SPDX-License-Identifier: Apache-2.0 */
/* The job's size, as sbatch reads it from the script. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/detect_internal.h"

struct group { /* of a heterogeneous job; most jobs have one */
	uint32_t nodes, tasks, cpus_per_task, tasks_per_node, gpus, all_gpus, gpus_per_task;
};

struct read {
	struct group group;
	uint32_t nodes, tasks; /* of the groups before */
	bool groups, array;
	const char *job_name;
};

uint32_t number_of(const char *text)
{
	uint32_t n = 0;

	if (!text)
		return 0;
	for (; *text >= '0' && *text <= '9'; text++)
		n = n < 100000000 ? n * 10 + (*text - '0') : n;
	/* 1k and 2M nodes are sbatch's, too */
	if (*text == 'k' || *text == 'K')
		n = n < 1000000 ? n * 1024 : n;
	return n;
}

/* "4", "a100:4", "gpu:a100:4", "gpu:4,nvme:1". */
static uint32_t gpus_of(const char *text, bool gres)
{
	const char *colon, *comma = strchr(text, ',');
	size_t len = comma ? (size_t)(comma - text) : strlen(text);

	if (gres && strncmp(text, "gpu", 3)) {
		const char *gpu = strstr(text, ",gpu");

		return gpu ? gpus_of(gpu + 1, true) : 0;
	}
	for (colon = text + len; colon > text && colon[-1] != ':';)
		colon--;
	if (*colon >= '0' && *colon <= '9')
		return number_of(colon);
	return gres ? 1 : 0;
}

enum option {
	OPT_NODES,
	OPT_TASKS,
	OPT_CPUS,
	OPT_PER_NODE,
	OPT_ARRAY,
	OPT_NAME,
	OPT_GRES,
	OPT_GPUS,
	OPT_GPUS_NODE,
	OPT_GPUS_TASK,
};

static const struct {
	const char *name;
	char letter;
	enum option option;
} options[] = {
	{"nodes", 'N', OPT_NODES},
	{"ntasks", 'n', OPT_TASKS},
	{"tasks", 0, OPT_TASKS},
	{"cpus-per-task", 'c', OPT_CPUS},
	{"ntasks-per-node", 0, OPT_PER_NODE},
	{"tasks-per-node", 0, OPT_PER_NODE},
	{"array", 'a', OPT_ARRAY},
	{"job-name", 'J', OPT_NAME},
	{"gres", 0, OPT_GRES},
	{"gpus", 'G', OPT_GPUS},
	{"gpus-per-node", 0, OPT_GPUS_NODE},
	{"gpus-per-task", 0, OPT_GPUS_TASK},
};

static void option_set(struct read *r, enum option option, const char *value)
{
	struct group *g = &r->group;

	switch (option) {
	case OPT_NODES:
		g->nodes = number_of(value);
		break;
	case OPT_TASKS:
		g->tasks = number_of(value);
		break;
	case OPT_CPUS:
		g->cpus_per_task = number_of(value);
		break;
	case OPT_PER_NODE:
		g->tasks_per_node = number_of(value);
		break;
	case OPT_ARRAY:
		r->array = true;
		break;
	case OPT_NAME:
		r->job_name = value;
		break;
	case OPT_GRES:
		g->gpus = gpus_of(value, true);
		break;
	case OPT_GPUS:
		g->all_gpus = gpus_of(value, false);
		break;
	case OPT_GPUS_NODE:
		g->gpus = gpus_of(value, false);
		break;
	case OPT_GPUS_TASK:
		g->gpus_per_task = gpus_of(value, false);
		break;
	}
}

/* What Slurm makes of it where one of the numbers is not given. */
static void group_complete(struct group *g, uint32_t cores)
{
	uint32_t cpus = g->cpus_per_task ? g->cpus_per_task : 1;

	/* sbatch then asks for as many nodes as there are tasks */
	if (g->nodes && g->tasks && g->tasks < g->nodes)
		g->nodes = g->tasks;
	if (!g->tasks && g->nodes)
		g->tasks = g->nodes * (g->tasks_per_node ? g->tasks_per_node : 1);
	if (!g->tasks && g->tasks_per_node)
		g->tasks = g->tasks_per_node;
	if (!g->tasks)
		g->tasks = 1;
	if (!g->nodes && g->tasks_per_node)
		g->nodes = (g->tasks + g->tasks_per_node - 1) / g->tasks_per_node;
	if (!g->nodes && cores)
		g->nodes = (uint32_t)(((uint64_t)g->tasks * cpus + cores - 1) / cores);
	if (!g->nodes && g->tasks == 1)
		g->nodes = 1;
	if (!g->gpus && g->all_gpus)
		g->gpus = g->nodes > 1 ? (g->all_gpus + g->nodes - 1) / g->nodes : g->all_gpus;
	if (!g->gpus && g->gpus_per_task)
		g->gpus = g->nodes ? (uint32_t)(((uint64_t)g->gpus_per_task * g->tasks + g->nodes -
							1) /
						g->nodes)
				   : g->gpus_per_task;
}

static void group_end(struct read *r, uint32_t cores)
{
	group_complete(&r->group, cores);
	r->nodes += r->group.nodes;
	r->tasks += r->group.tasks;
	r->groups = true;
	r->group = (struct group){0};
}

static void word_read(struct read *r, const struct script_directive *d, size_t *i)
{
	const char *word = d->argv[*i];
	size_t len;

	if (word[0] != '-' || !word[1])
		return;
	for (size_t k = 0; k < ARRAY_SIZE(options); k++) {
		if (word[1] != '-') {
			if (word[1] != options[k].letter || !options[k].letter)
				continue;
			if (word[2])
				option_set(r, options[k].option, word + 2 + (word[2] == '='));
			else if (*i + 1 < d->argc)
				option_set(r, options[k].option, d->argv[++*i]);
			return;
		}
		len = strlen(options[k].name);
		if (strncmp(word + 2, options[k].name, len))
			continue;
		if (word[2 + len] == '=')
			option_set(r, options[k].option, word + 3 + len);
		else if (!word[2 + len] && *i + 1 < d->argc)
			option_set(r, options[k].option, d->argv[++*i]);
		else
			continue;
		return;
	}
}

void job_size_read(
	const struct detect_input *input, const struct script *directives, struct job_size *size)
{
	struct read r = {{0}};

	for (size_t i = 0; i < directives->ndirectives; i++) {
		const struct script_directive *d = &directives->directives[i];

		for (size_t k = 0; k < d->argc; k++) {
			if (!strcmp(d->argv[k], "hetjob") || !strcmp(d->argv[k], "packjob"))
				group_end(&r, input->cores_per_node);
			else
				word_read(&r, d, &k);
		}
	}
	/* the command line outranks the script */
	if (!r.groups) {
		if (input->nodes)
			r.group.nodes = input->nodes;
		if (input->tasks)
			r.group.tasks = input->tasks;
		if (input->cpus_per_task)
			r.group.cpus_per_task = input->cpus_per_task;
		if (input->tasks_per_node)
			r.group.tasks_per_node = input->tasks_per_node;
		if (input->gpus)
			r.group.gpus = input->gpus;
	}
	group_complete(&r.group, input->cores_per_node);
	size->nodes = r.groups && input->nodes ? input->nodes : r.nodes + r.group.nodes;
	size->tasks = r.groups && input->tasks ? input->tasks : r.tasks + r.group.tasks;
	size->cpus_per_task = r.group.cpus_per_task;
	size->tasks_per_node = r.group.tasks_per_node;
	size->gpus = r.group.gpus;
	size->array = input->array || r.array;
	size->job_name = input->job_name ? input->job_name : r.job_name;
}

static void var_add(struct job_vars *vars, const char *name, uint32_t value)
{
	if (value && vars->n < JOB_VARS)
		snprintf(vars->text[vars->n++], sizeof(vars->text[0]), "%s=%" PRIu32, name, value);
}

void job_vars_make(const struct job_size *size, uint32_t cores_per_node, struct job_vars *vars)
{
	uint32_t per_node = size->tasks_per_node;

	if (!per_node && size->nodes && size->tasks % size->nodes == 0)
		per_node = size->tasks / size->nodes;
	vars->n = 0;
	var_add(vars, "SLURM_NTASKS", size->tasks);
	var_add(vars, "SLURM_NPROCS", size->tasks);
	var_add(vars, "SLURM_NNODES", size->nodes);
	var_add(vars, "SLURM_JOB_NUM_NODES", size->nodes);
	var_add(vars, "SLURM_CPUS_PER_TASK", size->cpus_per_task);
	var_add(vars, "SLURM_NTASKS_PER_NODE", size->tasks_per_node);
	var_add(vars, "SLURM_TASKS_PER_NODE", per_node);
	var_add(vars, "SLURM_CPUS_ON_NODE", cores_per_node);
	var_add(vars, "SLURM_JOB_CPUS_PER_NODE", cores_per_node);
	var_add(vars, "SLURM_GPUS_ON_NODE", size->gpus);
	var_add(vars, "SLURM_GPUS_PER_NODE", size->gpus);
}
