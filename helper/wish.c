/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/wish.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/strbuf.h"
#include "lib/intent/record.h"

#define POLL_MS 50
/* PrologSlurmctld starts in the second in which the job does; the clocks are the same. */
#define START_SLACK_S 2

enum efa_mode wish_from_features(const char *features)
{
	static const struct {
		const char *word;
		enum efa_mode mode;
	} words[] = {
		{"efa-required", EFA_REQUIRED},
		{"efa-preferred", EFA_PREFERRED},
		{"efa-optional", EFA_OPTIONAL},
		{"efa", EFA_PREFERRED},
		{"no-efa", EFA_DISABLED},
	};
	enum efa_mode found = EFA_UNSET;

	for (const char *p = features; *p;) {
		size_t len = strcspn(p, "&|,*[]():");

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (len == strlen(words[i].word) && !strncmp(p, words[i].word, len) &&
				words[i].mode > found)
				found = words[i].mode;
		p += len;
		p += strspn(p, "&|,*[]():");
	}
	return found;
}

/* 1 with the intent, 0 where this start of the job left none. */
static int from_record(
	struct app *app, const struct job_facts *facts, int64_t start_ms, struct intent *intent)
{
	int64_t deadline_ms = start_ms + app->conf->slurm.intent_wait_ms;
	char dir[PATH_MAX];
	struct record record;
	struct err err;
	bool last = false;

	if (app_path(app, "intent", dir, sizeof(dir), &err) < 0)
		return 0;
	for (;;) {
		if (record_read(dir, facts->job_id, facts->restart, &record, &err) == 0 &&
			record.written_s + START_SLACK_S >= facts->start_s) {
			if (record.kind == RECORD_GARBAGE)
				log_warn("the job's intent was refused by prolog (%s); treated as "
					 "none",
					record.why);
			if (record.kind != RECORD_INTENT)
				return 0;
			*intent = record.intent;
			return 1;
		}
		if (last)
			return 0;
		/* once more after the prolog is done: it may have written in between */
		last = !app->site.prolog || slurm_client_prolog_done(facts->job_id, NULL) == 1 ||
		       clock_mono_ms() >= deadline_ms;
		if (!last)
			clock_sleep_ms(POLL_MS);
	}
}

static int from_stored(struct app *app, const struct job_facts *facts, struct intent *intent)
{
	cleanup_free char *line = NULL;
	struct err err;

	if (!facts->batch)
		return 0;
	if (slurm_client_stored_intent(app->site.state_dir,
		    facts->array_job_id ? facts->array_job_id : facts->job_id, &line, &err) < 0) {
		log_info("no stored environment: %s", err.text);
		return 0;
	}
	if (!line)
		return 0;
	if (intent_decode(line, intent, &err) < 0) {
		log_warn("the intent in the job's stored environment is refused: %s", err.text);
		return 0;
	}
	return 1;
}

/* --- what is known of the job ---------------------------------------------------------------- */

/* What the intent has kept of the submit environment, as an environment again. */
struct submit_env {
	struct strbuf text; /* NUL-ended, one after the other */
	const char **names; /* "NAME=VALUE" …, NULL */
	size_t n;
};

static void submit_env_release(struct submit_env *env)
{
	strbuf_release(&env->text);
	free(env->names);
}

static void add_env(struct submit_env *env, const char *name, size_t len, const char *value)
{
	strbuf_addf(&env->text, "%.*s=%s", (int)len, name, value);
	strbuf_addch(&env->text, '\0');
	env->n++;
}

/* Of OMPI_* only the names were kept. */
static int make_env(const struct intent *intent, struct submit_env *env)
{
	const char *p;

	if (*intent->mpi)
		add_env(env, "SLURM_MPI_TYPE", 14, intent->mpi);
	if (*intent->modules)
		add_env(env, "LOADEDMODULES", 13, intent->modules);
	if (*intent->i_mpi_root)
		add_env(env, "I_MPI_ROOT", 10, intent->i_mpi_root);
	for (p = intent->ompi; *p; p += strspn(p, ",")) {
		size_t len = strcspn(p, ",");

		add_env(env, p, len, "");
		p += len;
	}
	env->names = calloc(env->n + 1, sizeof(*env->names));
	if (!env->names || env->text.failed)
		return -1;
	p = env->text.buf;
	for (size_t i = 0; i < env->n; i++, p += strlen(p) + 1)
		env->names[i] = p;
	return 0;
}

static const struct conf_group *group_of(const struct conf *conf, const struct demand_job *job)
{
	return job->nodes.n ? conf_group_of(conf, job->nodes.names[0]) : NULL;
}

static void look(const struct conf *conf, struct demand_job *job, const char *script, size_t len)
{
	CLEANUP(submit_env_release) struct submit_env env = {.text = STRBUF_INIT};
	const struct job_facts *facts = &job->facts;
	const struct conf_group *group = group_of(conf, job);
	struct detect_input input = {
		.script = script,
		.len = len,
		.nodes = facts->num_nodes,
		.tasks = facts->num_tasks,
		.cpus_per_task = facts->cpus_per_task,
		.tasks_per_node = facts->tasks_per_node,
		.cores_per_node = group ? group->cpus : 0,
		.gpus = facts->gpus_per_node,
		.array = facts->array_job_id != 0,
		.job_name = *facts->job_name ? facts->job_name : NULL,
	};

	job->detected = calloc(1, sizeof(*job->detected));
	if (!job->detected || make_env(&job->intent, &env) < 0) {
		log_err("out of memory: nothing is detected of the job");
		free(STEAL_POINTER(job->detected));
		return;
	}
	input.env = env.names;
	detect(&input, job->detected);
}

static void fill_rank(const struct conf *conf, struct demand_job *job)
{
	const struct job_facts *facts = &job->facts;
	uint32_t nodes = facts->num_nodes ? facts->num_nodes : 1, tasks = facts->tasks_per_node;

	if (!tasks)
		tasks = (facts->num_tasks + nodes - 1) / nodes;
	if (!tasks)
		tasks = 1;
	job->rank = (struct rank_job){
		.nodes = nodes,
		.mem_mib_per_task = (facts->mem_mib_per_node + tasks - 1) / tasks,
		.tasks_per_node = tasks,
	};
	rank_job_detected(&job->rank, job->detected, efa_is_sure(job->detected, &conf->mpi.bands));
	job->rank.gpu |= facts->gpus_per_node > 0;
}

/* A component of a heterogeneous job is one of a larger whole, even where it has one node. */
static bool is_alone(const struct job_facts *facts)
{
	return facts->num_nodes <= 1 && !facts->het_leader;
}

void wish_decide(const struct conf *conf, struct demand_job *job, const char *asked,
	const char *script, size_t len)
{
	const struct job_facts *facts = &job->facts;
	struct intent *intent = &job->intent;
	struct efa_input input = {
		.option = intent->efa,
		.option_why = asked,
		.features = wish_from_features(facts->features),
		.nodes = is_alone(facts) || facts->num_nodes > 1 ? facts->num_nodes : 2,
		.bands = &conf->mpi.bands,
		.dflt = conf->mpi.efa_default,
	};

	/* what the site would have by default is asked last, wherever it says so */
	if (intent->efa != EFA_UNSET && intent->efa_from == FROM_SITE) {
		input.option = EFA_UNSET;
		input.dflt = intent->efa;
		input.dflt_why = "the site's default_efa in plugstack.conf";
	}
	/* of one node nothing is to be decided, and there may be thousands */
	if (conf->mpi.detect && !job->detected && (script || !is_alone(facts)))
		look(conf, job, script, len);
	input.detected = job->detected;
	efa_decide(&input, &job->efa);
	intent->efa = job->efa.mode;
	job->efa_why = job->efa.why;
	fill_rank(conf, job);
}

/* An array's tasks have the array's script, a heterogeneous job's components the leader's. */
static char *read_script(struct app *app, const struct job_facts *facts, size_t *len)
{
	const uint32_t ids[] = {
		facts->array_job_id ? facts->array_job_id : facts->job_id, facts->het_leader};
	char *text = NULL;
	struct err err = {0};

	if (!facts->batch)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		if (!ids[i])
			continue;
		if (slurm_client_stored_script(app->site.state_dir, ids[i], &text, len, &err) == 0)
			return text;
		if (err.class != ERR_NOTFOUND)
			break;
	}
	log_info("no stored script: %s", err.text);
	return NULL;
}

/* What detection goes by, apart from the script. */
static void describe(const struct conf *conf, const struct demand_job *job, struct wish_memory *as)
{
	const struct job_facts *facts = &job->facts;
	const struct conf_group *group = group_of(conf, job);

	as->array_job_id = facts->array_job_id;
	as->nodes = facts->num_nodes;
	as->tasks = facts->num_tasks;
	as->cpus_per_task = facts->cpus_per_task;
	as->tasks_per_node = facts->tasks_per_node;
	as->gpus = facts->gpus_per_node;
	as->cores = group ? group->cpus : 0;
	as->intent = job->intent;
}

static bool recall(
	const struct wish_memory *memory, const struct wish_memory *as, struct demand_job *job)
{
	const struct intent *a = &memory->intent, *b = &as->intent;

	if (!as->array_job_id || memory->array_job_id != as->array_job_id ||
		memory->nodes != as->nodes || memory->tasks != as->tasks ||
		memory->cpus_per_task != as->cpus_per_task ||
		memory->tasks_per_node != as->tasks_per_node || memory->gpus != as->gpus ||
		memory->cores != as->cores || strcmp(a->mpi, b->mpi) != 0 ||
		strcmp(a->modules, b->modules) != 0 || strcmp(a->i_mpi_root, b->i_mpi_root) != 0 ||
		strcmp(a->ompi, b->ompi) != 0)
		return false;
	job->detected = malloc(sizeof(*job->detected));
	if (job->detected)
		*job->detected = memory->result;
	return job->detected;
}

void wish_find(
	struct app *app, struct demand_job *job, int64_t start_ms, struct wish_memory *memory)
{
	const struct job_facts *facts = &job->facts;
	const char *asked = NULL;
	cleanup_free char *script = NULL;
	struct wish_memory as = {0};
	size_t len = 0;

	job->intent = (struct intent){0};
	if (!from_record(app, facts, start_ms, &job->intent) &&
		from_stored(app, facts, &job->intent))
		asked = "the job's --efa (from its stored environment)";
	describe(app->conf, job, &as);
	if (app->conf->mpi.detect && !is_alone(facts) && !recall(memory, &as, job))
		script = read_script(app, facts, &len);
	wish_decide(app->conf, job, asked, script, len);
	if (script && job->detected) {
		as.result = *job->detected;
		*memory = as;
	}
	if (script)
		log_info("detected: %s, %u %%",
			job->detected ? job_kind_name(job->detected->kind) : "?",
			job->detected ? job->detected->confidence : 0);
}
