/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/pending.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/script.h"

static void __attribute__((format(printf, 2, 3))) unseen(struct pending *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&p->unseen, fmt, ap);
	va_end(ap);
	strbuf_addch(&p->unseen, '\n');
}

/* --- which job ------------------------------------------------------------------------------- */

/* Of the records of a name, those that one start is for: all components of a heterogeneous job,
 * else the first that waits. 1, 0. */
static int choose(struct pending *p)
{
	size_t at = 0;

	while (at < p->n && p->facts[at].state != JOB_STATE_PENDING)
		at++;
	if (at == p->n)
		return 0;
	if (p->facts[at].het_leader)
		return 1;
	for (size_t i = 0; i < p->n; i++)
		if (i != at)
			job_facts_release(&p->facts[i]);
	p->facts[0] = p->facts[at];
	p->n = 1;
	return 1;
}

/* --- the batch script ------------------------------------------------------------------------ */

/* As wish_find() takes it, else from slurmctld. */
static void find_script(struct app *app, struct pending *p, size_t *len)
{
	const struct job_facts *f = &p->facts[0];
	uint32_t id = f->array_job_id ? f->array_job_id : f->het_leader ? f->het_leader : f->job_id;
	struct err err = {0};

	if (!f->batch) {
		unseen(p, "a batch script: the job has none");
		return;
	}
	if (slurm_client_stored_script(app->site.state_dir, id, &p->script, len, NULL) == 0 ||
		slurm_client_batch_script(id, &p->script, len, &err) == 0)
		return;
	unseen(p, "the batch script, so nothing is detected: %s",
		err.class == ERR_AUTH ? "slurmctld gives it to the job's owner alone" : err.text);
}

/* What was asked of us, as wish_find() takes it. The intent is that of the job itself. */
static bool find_intent(
	struct app *app, const struct job_facts *f, struct intent *intent, struct err *err)
{
	uint32_t id = f->array_job_id ? f->array_job_id : f->job_id;
	cleanup_free char *line = NULL;

	if (!f->batch) {
		err_set(err, ERR_NOTFOUND, "of a job without a batch script it is stored nowhere");
		return false;
	}
	if (slurm_client_stored_intent(app->site.state_dir, id, &line, err) < 0)
		return false;
	return !line || intent_decode(line, intent, err) == 0;
}

/* --- as if it were submitted ----------------------------------------------------------------- */

static int given(struct job_wish *w, const char *name, const char *value, struct err *err)
{
	return sbatch_given_add(w, name, value, WISH_SLURM, err);
}

static int given_number(struct job_wish *w, const char *name, uint64_t n, struct err *err)
{
	char text[32];

	if (!n)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, n);
	return given(w, name, text, err);
}

static int given_text(struct job_wish *w, const char *name, const char *text, struct err *err)
{
	return *text ? given(w, name, text, err) : 0;
}

/* "4:00:00", "1-12:00:00" */
static int given_time(struct job_wish *w, int64_t s, struct err *err)
{
	char text[48], days[24] = "";

	if (s < 0)
		return given(w, "time", "UNLIMITED", err);
	if (s >= 86400)
		snprintf(days, sizeof(days), "%" PRId64 "-", s / 86400);
	snprintf(text, sizeof(text), "%s%" PRId64 ":%02d:%02d", days, s % 86400 / 3600,
		(int)(s % 3600 / 60), (int)(s % 60));
	return given(w, "time", text, err);
}

static int fill_wish(const struct job_facts *f, struct job_wish *w, struct err *err)
{
	w->nodes = f->num_nodes;
	w->tasks = f->num_tasks;
	w->cpus_per_task = f->cpus_per_task;
	w->tasks_per_node = f->tasks_per_node;
	w->mem_mib_per_cpu = f->mem_mib_per_cpu;
	w->mem_mib_per_node = f->mem_mib_per_cpu ? 0 : f->mem_mib_per_node;
	w->gpus_per_node = f->gpus_per_node;
	w->time_limit_s = f->time_limit_s;
	w->requeue = f->requeue;
	w->exclusive = f->exclusive;
	w->array = f->array_job_id != 0;
	snprintf(w->partition, sizeof(w->partition), "%s", f->partition);
	snprintf(w->constraint, sizeof(w->constraint), "%s", f->features);
	snprintf(w->account, sizeof(w->account), "%s", f->account);
	snprintf(w->job_name, sizeof(w->job_name), "%s", f->job_name);
	if (given_number(w, "nodes", f->num_nodes, err) < 0 ||
		given_number(w, "ntasks", f->num_tasks, err) < 0 ||
		given_number(w, "ntasks-per-node", f->tasks_per_node, err) < 0 ||
		given_number(w, "cpus-per-task", f->cpus_per_task, err) < 0 ||
		given_number(w, "mem-per-cpu", w->mem_mib_per_cpu, err) < 0 ||
		given_number(w, "mem", w->mem_mib_per_node, err) < 0 ||
		given_number(w, "gpus-per-node", f->gpus_per_node, err) < 0 ||
		given_text(w, "partition", f->partition, err) < 0 ||
		given_text(w, "constraint", f->features, err) < 0 ||
		given_time(w, f->time_limit_s, err) < 0)
		return -1;
	return given(w, f->requeue ? "requeue" : "no-requeue", NULL, err);
}

static int given_intent(struct job_wish *w, const struct intent *intent, struct err *err)
{
	char limit[48];

	if (intent->efa != EFA_UNSET && intent->efa_from == FROM_USER &&
		given(w, "efa", efa_mode_name(intent->efa), err) < 0)
		return -1;
	return intent->cost.uusd <= 0
		       ? 0
		       : given(w, "burst-cost",
				 cost_limit_format(&intent->cost, limit, sizeof(limit)), err);
}

/* For who may not read the stored environment: --efa and --burst-cost of the script's own lines.
 * What sbatch took is no mistake, whatever we think of it. */
static int read_lines(const char *text, size_t len, struct job_wish *w, struct err *err)
{
	CLEANUP(script_release) struct script script = {0};
	CLEANUP(sbatch_wish_release) struct job_wish lines;

	sbatch_wish_init(&lines);
	if (!text || script_read_directives(text, len, &script, NULL) < 0 ||
		sbatch_read_directives(&lines, &script, NULL) < 0)
		return 0;
	w->efa = lines.efa;
	w->cost = lines.cost;
	for (size_t i = 0; i < lines.ngiven; i++) {
		const struct wish_given *g = &lines.given[i];

		if ((!strcmp(g->name, "efa") || !strcmp(g->name, "burst-cost")) &&
			sbatch_given_add(w, g->name, g->value, g->where, err) < 0)
			return -1;
	}
	return 0;
}

static int fill_input(struct app *app, struct pending *p, size_t i, struct err *err)
{
	struct estimate_input *in = &p->inputs[i];
	struct job_wish *w = &p->wishes[i];
	struct err why = {0};

	*in = (struct estimate_input){
		.wish = w,
		.facts = &p->facts[i],
		.script = p->script,
		.len = p->inputs[0].len,
		.job_name = p->facts[i].job_name,
		.next = i + 1 < p->n ? in + 1 : NULL,
	};
	if (fill_wish(&p->facts[i], w, err) < 0)
		return -1;
	if (find_intent(app, &p->facts[i], &p->intents[i], &why)) {
		in->intent = &p->intents[i];
		return given_intent(w, in->intent, err);
	}
	/* a component has its own, or none, and the leader's is told of already */
	if (!i && app->db)
		unseen(p,
			"--efa and --burst-cost of the command line, and the environment of the "
			"submission: %s",
			why.text);
	else if (!i)
		unseen(p, "--efa and --burst-cost of the command line, and the environment of the "
			  "submission, which slurmctld keeps to itself");
	return read_lines(p->script, in->len, w, err);
}

int pending_find(struct app *app, const char *job, struct pending *p, struct err *err)
{
	size_t len = 0;

	if (slurm_client_jobs_named(job, &p->facts, &p->n, err) < 0)
		return -1;
	if (!choose(p))
		return 0;
	p->inputs = calloc(p->n, sizeof(*p->inputs));
	p->wishes = calloc(p->n, sizeof(*p->wishes));
	p->intents = calloc(p->n, sizeof(*p->intents));
	for (size_t i = 0; p->wishes && i < p->n; i++)
		sbatch_wish_init(&p->wishes[i]);
	if (!p->inputs || !p->wishes || !p->intents)
		return err_nomem(err);
	find_script(app, p, &len);
	p->inputs[0].len = len;
	for (size_t i = 0; i < p->n; i++)
		if (fill_input(app, p, i, err) < 0)
			return -1;
	return p->unseen.failed ? err_nomem(err) : 1;
}

int pending_estimate(struct app *app, struct pending *p, const char *db_missing,
	const char *site_source, struct err *err)
{
	p->inputs[0].db_missing = db_missing;
	p->inputs[0].site_source = site_source;
	p->inputs[0].unseen = p->unseen.buf;
	return estimate_make(app, &p->inputs[0], &p->estimate, err);
}

/* --- in words -------------------------------------------------------------------------------- */

void pending_headline(const struct pending *p, int64_t now_ms, struct strbuf *sb)
{
	const struct job_facts *f = &p->facts[0];
	char when[32];

	strbuf_addf(sb, "job %s waits", *f->name ? f->name : "with many tasks");
	if (p->n > 1)
		strbuf_addf(sb, " with its %zu components", p->n);
	if (*f->wait)
		strbuf_addf(sb, ": %s", f->wait);
	if (*f->dependency)
		strbuf_addf(sb, " (%s)", f->dependency);
	/* of a held job 22.05 has none, of one that depends on another the far future */
	if (f->eligible_s * 1000 > now_ms && !*f->dependency)
		strbuf_addf(sb, ", not before %s",
			show_time(f->eligible_s * 1000, now_ms, when, sizeof(when)));
}

void pending_show(const struct pending *p, struct strbuf *out)
{
	estimate_show(&p->estimate, &p->inputs[0], out);
}

static struct json_object *text_or_null(const char *text)
{
	return *text ? json_object_new_string(text) : NULL;
}

void pending_add_json(const struct pending *p, struct json_object *o)
{
	struct json_object *waits = json_object_new_object(), *jobs = json_object_new_array();
	const struct job_facts *f = &p->facts[0];
	int64_t now_s = clock_now_ms() / 1000;
	char iso[CLOCK_ISO_SIZE];

	for (size_t i = 0; i < p->n; i++)
		json_object_array_add(jobs, json_object_new_string(p->facts[i].name));
	json_object_object_add(waits, "jobs", jobs);
	json_object_object_add(waits, "user", text_or_null(f->user));
	json_object_object_add(waits, "why", text_or_null(f->wait));
	json_object_object_add(waits, "dependency", text_or_null(f->dependency));
	json_object_object_add(waits, "not_before",
		f->eligible_s > now_s && !*f->dependency
			? json_object_new_string(clock_format_iso(f->eligible_s, iso))
			: NULL);
	json_object_object_add(o, "waits", waits);
	json_object_object_add(o, "next", estimate_json(&p->estimate, &p->inputs[0]));
}

void pending_release(struct pending *p)
{
	estimate_release(&p->estimate);
	for (size_t i = 0; i < p->n; i++) {
		job_facts_release(&p->facts[i]);
		if (p->wishes)
			sbatch_wish_release(&p->wishes[i]);
	}
	free(p->facts);
	free(p->wishes);
	free(p->inputs);
	free(p->intents);
	free(p->script);
	strbuf_release(&p->unseen);
	*p = (struct pending)PENDING_INIT;
}
