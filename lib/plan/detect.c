/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/detect.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/intent/intent.h"
#include "lib/plan/detect_internal.h"

void found(
	struct detection *d, enum detector which, unsigned line, int weight, const char *fmt, ...)
{
	char text[DETECT_TEXT_SIZE * 2];
	va_list ap;

	if (d->found[which].used) {
		bool stronger = (weight < 0 ? -weight : weight) >
				(d->found[which].weight < 0 ? -d->found[which].weight
							    : d->found[which].weight);

		if (!stronger) {
			d->found[which].more++;
			return;
		}
		d->found[which].more++;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->found[which].used = true;
	d->found[which].line = line;
	d->found[which].weight = weight;
	text_make_safe(
		text, DETECT_TEXT_SIZE - 32, d->found[which].text, sizeof(d->found[which].text));
}

/* --- what is not a command */

static void judge_size(struct detection *d)
{
	const struct job_size *size = &d->size;

	if (size->tasks > 1 && size->nodes > 1)
		found(d, D_SIZE, 0, 10, "%u tasks on %u nodes", size->tasks, size->nodes);
	else if (size->tasks > 1)
		found(d, D_SIZE, 0, size->nodes == 1 ? 0 : 5, "%u tasks%s", size->tasks,
			size->nodes == 1 ? " on one node" : "");
	else if (d->ranks == 0)
		found(d, D_SIZE, 0, -10, "one task");
	if (size->array)
		found(d, D_ARRAY, 0, d->strong ? -10 : -40, "an array of independent tasks");
}

static void judge_name(struct detection *d)
{
	const struct known_app *app = d->size.job_name ? apps_find(d->size.job_name) : NULL;

	if (app && app->mpi == APP_MPI_ALWAYS)
		found(d, D_NAME, 0, 3, "the job is called as %s is", app->name);
}

/* Nothing that was read starts ranks. */
static void judge_nothing(struct detection *d)
{
	const struct job_size *size = &d->size;

	if (!d->input->script) {
		found(d, D_NOSCRIPT, 0, 35, "no batch script to read");
		if (d->input->mpi_option && strcmp(d->input->mpi_option, "none") &&
			size->tasks != 1)
			found(d, D_SRUN_MPI, 0, 60, "srun --mpi=%s", d->input->mpi_option);
		return;
	}
	if (d->ranks)
		return;
	if (d->script.lang == SCRIPT_OTHER || (d->opaque_line && size->tasks > 1)) {
		bool wide = size->nodes > 1;

		if (!d->found[D_FARM].used && !d->found[D_SERVICE].used && !d->singles)
			found(d, D_OPAQUE, d->opaque_line, wide ? 35 : 25, "%s may start anything",
				d->opaque_line ? d->opaque : "the script");
		return;
	}
	found(d, D_NOTHING, 0, -30, "nothing starts several ranks");
}

/* A farm, a service or an array of single tasks counts less beside what is surely MPI. */
static void weigh_against(struct detection *d)
{
	static const enum detector against[] = {D_FARM, D_SINGLES, D_SERVICE, D_WORKFLOW};

	for (size_t i = 0; i < ARRAY_SIZE(against); i++) {
		if (!d->found[against[i]].used)
			continue;
		if (d->strong && d->found[against[i]].weight < -10)
			d->found[against[i]].weight = -10;
	}
}

/* --- the sum */

static void add_evidence(struct detection *d)
{
	struct detect_result *r = d->result;

	for (size_t i = 0; i < DETECTORS && r->n < DETECT_EVIDENCE_MAX; i++) {
		struct detect_evidence *e = &r->evidence[r->n];
		size_t at = r->n;

		if (!d->found[i].used)
			continue;
		*e = (struct detect_evidence){
			.line = d->found[i].line, .weight = d->found[i].weight};
		if (d->found[i].more)
			snprintf(e->text, sizeof(e->text), "%s (and %u more)", d->found[i].text,
				d->found[i].more);
		else
			snprintf(e->text, sizeof(e->text), "%s", d->found[i].text);
		r->n++;
		for (; at > 0; at--) {
			struct detect_evidence *a = &r->evidence[at - 1], *b = &r->evidence[at];
			struct detect_evidence swap = *a;

			if (abs(a->weight) >= abs(b->weight))
				break;
			*a = *b;
			*b = swap;
		}
	}
}

static enum mpi_impl choose_impl(const struct detection *d)
{
	const struct detect_result *r = d->result;

	if (!r->is_mpi)
		return MPI_UNKNOWN;
	/* mpiexec.hydra is MPICH's, and Intel MPI's */
	if (d->launcher_impl == MPI_MPICH &&
		(d->module_impl == MPI_INTEL || d->variable_impl == MPI_INTEL))
		return MPI_INTEL;
	if (d->launcher_impl != MPI_UNKNOWN)
		return d->launcher_impl;
	/* MPICH_… is read by MPICH, too */
	if (d->module_impl != MPI_UNKNOWN)
		return d->module_impl;
	if (d->variable_impl != MPI_UNKNOWN)
		return d->variable_impl;
	if (d->pmi_impl != MPI_UNKNOWN)
		return d->pmi_impl;
	return r->gpu_collectives ? MPI_NCCL : MPI_UNKNOWN;
}

static enum job_kind choose_kind(const struct detection *d)
{
	const struct detect_result *r = d->result;

	if (r->is_mpi)
		return r->gpu_collectives ? JOB_COLLECTIVES : JOB_MPI;
	if (d->found[D_SERVICE].used)
		return JOB_SERVICE;
	if (d->size.array)
		return JOB_ARRAY;
	if (d->found[D_FARM].used || d->found[D_SINGLES].used || d->plain)
		return JOB_FARM;
	if (!d->input->script || d->found[D_OPAQUE].used || d->ranks)
		return JOB_UNKNOWN;
	return JOB_SINGLE;
}

static void conclude(struct detection *d)
{
	struct detect_result *r = d->result;
	int sum = 0;

	for (size_t i = 0; i < DETECTORS; i++)
		if (d->found[i].used)
			sum += d->found[i].weight;
	sum = sum < 1 ? 1 : sum > 99 ? 99 : sum;
	r->is_mpi = sum >= 50;
	r->confidence = r->is_mpi ? sum : 100 - sum;
	r->gpu_collectives &= r->is_mpi;
	r->kind = choose_kind(d);
	r->impl = choose_impl(d);
	r->comm = r->app ? r->app->comm : r->gpu_collectives ? COMM_TIGHT : COMM_MODERATE;
	r->hybrid_openmp = r->is_mpi && d->openmp;
	r->nodes = d->size.nodes;
	r->tasks = r->is_mpi && d->launched ? d->launched : d->size.tasks;
	if (!r->is_mpi)
		r->app = NULL;
	add_evidence(d);
}

/* --- */

static int read_script(struct detection *d, struct err *err)
{
	const struct detect_input *input = d->input;
	const char *text = input->script ? input->script : "";
	size_t len = input->script ? input->len : 0;
	struct script directives;
	const char *vars[JOB_VARS + 1];
	struct job_vars job_vars;

	if (script_read_directives(text, len, &directives, err) < 0)
		return -1;
	job_size_read(input, &directives, &d->size);
	job_vars_make(&d->size, input->cores_per_node, &job_vars);
	for (size_t i = 0; i <= job_vars.n; i++)
		vars[i] = i < job_vars.n ? job_vars.text[i] : NULL;
	if (script_read(text, len, vars, &d->script, err) < 0) {
		script_release(&directives);
		return -1;
	}
	/* the job's name is the directives' */
	judge_name(d);
	d->size.job_name = NULL;
	script_release(&directives);
	return 0;
}

void detect(const struct detect_input *input, struct detect_result *result)
{
	struct detection d = {.input = input, .result = result};

	memset(result, 0, sizeof(*result));
	if (read_script(&d, NULL) < 0) {
		result->confidence = 50;
		result->comm = COMM_MODERATE;
		result->n = 1;
		snprintf(result->evidence[0].text, sizeof(result->evidence[0].text),
			"the script was not read: out of memory");
		return;
	}
	judge_site(&d);
	judge_commands(&d);
	judge_size(&d);
	judge_nothing(&d);
	weigh_against(&d);
	conclude(&d);
	script_release(&d.script);
}

const char *mpi_impl_name(enum mpi_impl impl)
{
	static const char *const names[] = {
		[MPI_UNKNOWN] = "unknown",
		[MPI_OPENMPI] = "openmpi",
		[MPI_MPICH] = "mpich",
		[MPI_INTEL] = "intelmpi",
		[MPI_MVAPICH] = "mvapich",
		[MPI_CRAY] = "cray",
		[MPI_SPECTRUM] = "spectrum",
		[MPI_MPT] = "mpt",
		[MPI_PMIX] = "pmix",
		[MPI_PMI2] = "pmi2",
		[MPI_NCCL] = "nccl",
	};

	return (size_t)impl < ARRAY_SIZE(names) ? names[impl] : "unknown";
}

const char *job_kind_name(enum job_kind kind)
{
	static const char *const names[] = {
		[JOB_UNKNOWN] = "unknown",
		[JOB_SINGLE] = "single",
		[JOB_MPI] = "mpi",
		[JOB_COLLECTIVES] = "collectives",
		[JOB_ARRAY] = "array",
		[JOB_FARM] = "farm",
		[JOB_SERVICE] = "service",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

char *detect_describe(const struct detect_result *result, char *buf, size_t size)
{
	for (size_t i = 0; i < result->n; i++) {
		const struct detect_evidence *e = &result->evidence[i];

		if ((e->weight > 0) != result->is_mpi || !e->weight)
			continue;
		if (e->line)
			snprintf(buf, size, "%s, line %u", e->text, e->line);
		else
			snprintf(buf, size, "%s", e->text);
		return buf;
	}
	snprintf(buf, size, "nothing to go by");
	return buf;
}
