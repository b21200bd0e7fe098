/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/estimate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "helper/budget.h"
#include "helper/limit.h"
#include "helper/prices.h"
#include "helper/protect.h"
#include "helper/recent.h"
#include "helper/request.h"
#include "helper/reserved.h"
#include "helper/show.h"
#include "helper/types.h"
#include "helper/wish.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/candidate.h"

/* Slurm's own default: its configuration is not asked for. */
#define KILL_WAIT_S 30

struct estimate_place {
	const char *region;
	struct ec2_subnet *subnets;
	struct plan_choice *choices;
	size_t nchoices;
	struct ec2_reservation *reservations; /* those that are known */
	size_t nreservations;
	struct recent recent;
	bool ready, tried;
	struct err why; /* why not, by the first step there */
};

struct work {
	struct app *app;
	const struct estimate_input *input;
	struct estimate *e;
};

static void __attribute__((format(printf, 2, 3))) unseen(struct estimate *e, const char *fmt, ...)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&line, fmt, ap);
	va_end(ap);
	strbuf_addch(&line, '\n');
	/* several node groups lack the same */
	if (!strstr(e->unseen.buf, line.buf))
		strbuf_addstr(&e->unseen, line.buf);
}

/* --- would Slurm give the job these nodes? --------------------------------------------------- */

static void __attribute__((format(printf, 2, 3)))
refuse(struct estimate_group *g, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	if (g->refused)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	g->refused = strbuf_detach(&sb);
}

static uint32_t at_least_1(uint32_t n)
{
	return n ? n : 1;
}

static uint32_t clamp32(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint32_t divide_up(uint64_t a, uint64_t b)
{
	return (uint32_t)((a + b - 1) / b);
}

/* How many of the job's tasks a node holds; 0: not known. */
static uint32_t tasks_that_fit(const struct job_wish *w, const struct conf_group *group)
{
	uint64_t cpus = at_least_1(w->cpus_per_task), fit = group->cpus / cpus;

	if (!group->cpus)
		return 0;
	if (w->mem_mib_per_cpu && group->mem_mib &&
		group->mem_mib / (w->mem_mib_per_cpu * cpus) < fit)
		fit = group->mem_mib / (w->mem_mib_per_cpu * cpus);
	if (w->gpus_per_task && group->gpus / w->gpus_per_task < fit)
		fit = group->gpus / w->gpus_per_task;
	return at_least_1((uint32_t)fit);
}

/* Of the job, or of one component of it. */
struct size {
	uint32_t nodes, tasks, tasks_per_node;
};

/* As sbatch and slurmctld do it: without --nodes as few as hold the tasks. */
static struct size find_size(const struct estimate_input *input, const struct conf_group *group)
{
	const struct job_wish *w = input->wish;
	uint32_t per_node = w->tasks_per_node ? w->tasks_per_node : tasks_that_fit(w, group);
	struct size s = {.nodes = w->nodes, .tasks = w->tasks};

	/* "can't run 2 processes on 4 nodes": sbatch asks for as many nodes as there are tasks */
	if (w->nodes && w->tasks && w->tasks < s.nodes)
		s.nodes = w->tasks;
	if (!s.tasks)
		s.tasks = clamp32((uint64_t)at_least_1(w->tasks_per_node) *
				  at_least_1(w->nodes ? w->nodes : w->named_nodes));
	if (!s.nodes)
		s.nodes = per_node ? divide_up(s.tasks, per_node) : 1;
	if (!w->nodes && w->gpus && group->gpus && divide_up(w->gpus, group->gpus) > s.nodes)
		s.nodes = divide_up(w->gpus, group->gpus);
	/* --nodelist names nodes that the job must have, among others if these do not suffice */
	if (!w->nodes && w->named_nodes > s.nodes)
		s.nodes = w->named_nodes;
	/* slurmctld counts with the largest nodes of the partition */
	if (input->facts && !input->facts->max_nodes && per_node &&
		divide_up(s.tasks, per_node) > s.nodes)
		s.nodes = divide_up(s.tasks, per_node);
	/* each node has a task at least, as slurmctld counts them */
	if (s.tasks < s.nodes)
		s.tasks = s.nodes;
	s.tasks_per_node = w->tasks_per_node ? w->tasks_per_node : divide_up(s.tasks, s.nodes);
	return s;
}

static uint32_t gpus_per_node(const struct job_wish *w, const struct size *s)
{
	if (w->gpus_per_node)
		return w->gpus_per_node;
	if (w->gpus)
		return divide_up(w->gpus, s->nodes);
	return clamp32((uint64_t)w->gpus_per_task * s->tasks_per_node);
}

static uint64_t mem_per_node(const struct job_wish *w, const struct size *s)
{
	if (w->mem_mib_per_cpu)
		return w->mem_mib_per_cpu * at_least_1(w->cpus_per_task) * s->tasks_per_node;
	return w->mem_mib_per_node;
}

static void check_size(const struct job_wish *w, const struct size *s, struct estimate_group *g)
{
	const struct conf_group *group = g->group;
	uint64_t cpus = (uint64_t)at_least_1(w->cpus_per_task) * s->tasks_per_node,
		 mem = mem_per_node(w, s);
	uint32_t gpus = gpus_per_node(w, s);

	if (group->cpus && cpus > group->cpus)
		refuse(g, "the job needs %llu CPUs on a node, and its nodes have %u",
			(unsigned long long)cpus, group->cpus);
	if (group->mem_mib && mem > group->mem_mib)
		refuse(g, "the job needs %llu MiB of memory on a node, and its nodes have %llu",
			(unsigned long long)mem, (unsigned long long)group->mem_mib);
	if (gpus > group->gpus)
		refuse(g, "the job needs %u GPUs on a node, and its nodes have %u", gpus,
			group->gpus);
}

static bool has_feature(const char *features, const char *word, size_t len)
{
	while (*features) {
		size_t n = strcspn(features, ", ");

		if (n == len && !strncmp(features, word, len))
			return true;
		features += n;
		features += strspn(features, ", ");
	}
	return false;
}

/* "a&b" and "a|b"; what is more than that is not judged. */
static void check_features(struct estimate *e, const char *constraint, struct estimate_group *g)
{
	bool any = strchr(constraint, '|'), found = false;
	const char *features = NULL;

	for (size_t i = 0; i < g->group->nslurm; i++)
		if (!strcasecmp(g->group->slurm[i].key, "Features") ||
			!strcasecmp(g->group->slurm[i].key, "Feature"))
			features = g->group->slurm[i].value;
	if (!*constraint)
		return;
	if (!features || strpbrk(constraint, "[]()*!") || (any && strpbrk(constraint, "&,"))) {
		unseen(e, "whether nodes of %s-%s have the features %s", g->group->partition,
			g->group->name, constraint);
		return;
	}
	for (const char *p = constraint; *p;) {
		size_t len = strcspn(p, "&|,");
		bool has = has_feature(features, p, len);

		found |= has;
		if (!any && !has)
			refuse(g, "its nodes have not the feature %.*s (they have %s)", (int)len, p,
				features);
		p += len;
		p += strspn(p, "&|,");
	}
	if (!found)
		refuse(g, "its nodes have none of the features %s (they have %s)", constraint,
			features);
}

/* --- the job, as slurmctld would have it ----------------------------------------------------- */

static const char *value_of(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(entry, name, len) && entry[len] == '=' ? entry + len + 1 : NULL;
}

/* What the plugin would take of the environment (plugin/submit.c), as far as detection goes by it.
 */
static void fill_intent(const struct estimate_input *input, struct intent *intent)
{
	const struct job_wish *w = input->wish;
	const char *value;

	*intent = (struct intent){.efa = w->efa, .cost = w->cost};
	if (w->efa != EFA_UNSET)
		intent->efa_from = FROM_USER;
	for (const char *const *env = input->env; env && *env; env++) {
		size_t used = strlen(intent->ompi);

		if ((value = value_of(*env, "LOADEDMODULES")))
			snprintf(intent->modules, sizeof(intent->modules), "%s", value);
		else if ((value = value_of(*env, "I_MPI_ROOT")))
			snprintf(intent->i_mpi_root, sizeof(intent->i_mpi_root), "%s", value);
		else if ((value = value_of(*env, "SLURM_MPI_TYPE")))
			snprintf(intent->mpi, sizeof(intent->mpi), "%s", value);
		else if (!strncmp(*env, "OMPI_", 5) && !env_is_of_slurm(*env) &&
			 used + 1 + strcspn(*env, "=") < sizeof(intent->ompi))
			snprintf(intent->ompi + used, sizeof(intent->ompi) - used, "%s%.*s",
				used ? "," : "", (int)strcspn(*env, "="), *env);
	}
}

static void fill_facts(const struct estimate_input *input, const struct conf_group *group,
	const struct size *size, struct job_facts *facts)
{
	const struct job_wish *w = input->wish;
	const char *name = *w->job_name ? w->job_name : input->job_name;

	*facts = (struct job_facts){
		.array_job_id = w->array,
		.state = JOB_STATE_PENDING,
		.batch = true,
		.requeue = w->requeue != 0,
		.num_nodes = size->nodes,
		.num_tasks = size->tasks,
		.cpus_per_task = w->cpus_per_task,
		.tasks_per_node = w->tasks_per_node,
		.mem_mib_per_node = mem_per_node(w, size),
		.gpus_per_node = gpus_per_node(w, size),
		.time_limit_s = w->time_limit_s == WISH_TIME_UNSET ? -1 : w->time_limit_s,
		.exclusive = w->exclusive,
	};
	if (input->facts) {
		facts->job_id = input->facts->job_id;
		facts->array_job_id = input->facts->array_job_id;
		facts->het_leader = input->facts->het_leader;
		facts->restart = input->facts->restart;
		snprintf(facts->user, sizeof(facts->user), "%s", input->facts->user);
		snprintf(facts->qos, sizeof(facts->qos), "%s", input->facts->qos);
		facts->batch = input->facts->batch;
		/* as slurmctld counts it, per CPU */
		facts->mem_mib_per_node = input->facts->mem_mib_per_node;
	}
	snprintf(facts->features, sizeof(facts->features), "%s", w->constraint);
	snprintf(facts->account, sizeof(facts->account), "%s", w->account);
	snprintf(facts->partition, sizeof(facts->partition), "%s", group->partition);
	snprintf(facts->job_name, sizeof(facts->job_name), "%s", name ? name : "");
}

static int make_job(struct work *work, struct estimate_group *g, const struct estimate_input *input,
	const struct size *size, uint32_t first, struct err *err)
{
	struct demand_job *job = &g->set.jobs[g->set.njobs++];
	char name[128];

	fill_facts(input, g->group, size, &job->facts);
	if (input->intent)
		job->intent = *input->intent;
	else
		fill_intent(input, &job->intent);
	for (uint32_t i = first; !g->refused && i < first + size->nodes; i++) {
		snprintf(name, sizeof(name), "%s-%s-%u", g->group->partition, g->group->name, i);
		if (nodeset_add(&job->nodes, name, err) < 0)
			return -1;
	}
	wish_decide(work->app->conf, job, input->intent_why, work->input->script, work->input->len);
	return 0;
}

static size_t count_components(const struct estimate_input *input)
{
	size_t n = 0;

	for (; input; input = input->next)
		n++;
	return n;
}

/* Also of a job that Slurm would not start on these nodes: what it is is of interest even so. */
static int make_demand(struct work *work, struct estimate_group *g, struct err *err)
{
	static const struct nodeset loose = NODESET_INIT;
	uint32_t first = 0;

	g->set.jobs = calloc(count_components(work->input), sizeof(*g->set.jobs));
	if (!g->set.jobs)
		return err_nomem(err);
	for (const struct estimate_input *in = work->input; in; in = in->next) {
		struct size size = find_size(in, g->group);

		if (make_job(work, g, in, &size, first, err) < 0)
			return -1;
		first += size.nodes;
	}
	return g->refused ? 0 : demand_cut(&g->set, work->app->conf, &loose, err);
}

/* --- what is known of the places ------------------------------------------------------------- */

static void place_release(struct estimate_place *place)
{
	free(place->subnets);
	free(place->reservations);
	free(place->choices);
	recent_release(&place->recent);
}

static void tell_age(struct work *work, const char *name, struct estimate_place *place,
	const struct types_region *region, const struct err *err)
{
	size_t nowhere = 0;

	if (!region)
		unseen(work->e, "what EC2 says of its types in %s: %s", name, err->text);
	else if (!region->told.refreshed_ms)
		unseen(work->e,
			"what EC2 says of its types in %s: no \"catalog refresh\" is to be read, "
			"so the built-in table holds",
			name);
	else if (!region->young)
		unseen(work->e,
			"where EC2 offers which type in %s: the last \"catalog refresh\" "
			"is too old",
			name);
	for (size_t i = 0; i < place->nchoices; i++)
		nowhere += !*place->choices[i].az;
	if (nowhere && region && region->told.refreshed_ms)
		unseen(work->e, "the zones of some subnets in %s", name);
}

/* Called while the reserved choices are the only ones. */
static void tell_reserved(struct estimate *e, const struct conf_place *conf_place,
	const struct estimate_place *place, int64_t asked_ms)
{
	char age[32];

	if (!conf_place->nreservations)
		return;
	if (place->nreservations < conf_place->nreservations)
		unseen(e,
			"%zu of %zu capacity reservations in %s, which would be asked before "
			"anything else: no \"catalog refresh\" has told of them",
			conf_place->nreservations - place->nreservations, conf_place->nreservations,
			place->region);
	if (!place->nreservations)
		return;
	unseen(e, "capacity reservations in %s since %s ago: what they had free then counts",
		place->region, show_age((clock_now_ms() - asked_ms) / 1000, age, sizeof(age)));
	if (!place->nchoices)
		unseen(e,
			"capacity reservations in %s: none is active in a zone that a subnet is "
			"known to be in",
			place->region);
}

static int enter_place(struct work *work, const struct conf_place *conf_place,
	struct estimate_place *place, struct err *err)
{
	struct app *app = work->app;
	const struct types_region *region;
	int64_t asked_ms = 0;
	struct err why = {0};

	place->region = conf_place->region ? conf_place->region : app->conf->aws.region;
	place->subnets = calloc(conf_place->nsubnets + 1, sizeof(*place->subnets));
	if (reserved_recall(app, place->region, (const char *const *)conf_place->reservations,
		    conf_place->nreservations, &place->reservations, &place->nreservations,
		    &asked_ms, err) < 0)
		return -1;
	place->choices = calloc(
		(conf_place->noverrides + place->nreservations) * conf_place->nsubnets + 1,
		sizeof(*place->choices));
	if (!place->subnets || !place->choices)
		return err_nomem(err);
	region = types_region(app->types, place->region, clock_now_ms(), &why);
	for (size_t i = 0; i < conf_place->nsubnets; i++) {
		struct ec2_subnet *subnet = &place->subnets[i];

		snprintf(subnet->id, sizeof(subnet->id), "%s", conf_place->subnets[i]);
		snprintf(subnet->az, sizeof(subnet->az), "%s",
			types_zone(region, conf_place->subnets[i]));
		subnet->free_addresses = -1;
	}
	request_reserved(conf_place, place->subnets, place->reservations, place->nreservations,
		place->choices, &place->nchoices);
	tell_reserved(work->e, conf_place, place, asked_ms);
	request_choices(conf_place, place->subnets, place->choices, &place->nchoices);
	if (region)
		catalog_choices(app, place->region, place->choices, place->nchoices);
	tell_age(work, place->region, place, region, &why);
	place->ready = true;
	if (app->db && recent_recall(&place->recent, app, place->region, &why) < 0)
		unseen(work->e, "what EC2 had none of a while ago: %s", why.text);
	return 0;
}

/* --- the ladder, with nothing tried ---------------------------------------------------------- */

static int add_try(
	struct estimate_group *g, const struct plan *plan, const char *region, struct err *err)
{
	struct estimate_try *tries = reallocarray(g->tries, g->ntries + 1, sizeof(*tries));
	struct strbuf asked = STRBUF_INIT;

	if (!tries)
		return err_nomem(err);
	g->tries = tries;
	strbuf_addf(&asked, "%u x ", g->nodes);
	request_describe(&asked, plan);
	tries[g->ntries] = (struct estimate_try){
		.asked = strbuf_detach(&asked),
		.region = region,
		.uusd_hr = plan->worst_uusd_hr,
		.uusd = plan->worst_uusd,
	};
	return tries[g->ntries++].asked ? 0 : err_nomem(err);
}

/* Suppose that none of PLAN's pools gave anything. */
static int suppose_failed(
	struct marks *marks, unsigned place, const struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->npools; i++) {
		struct mark mark;

		mark_pool(&mark, place, plan, &plan->pools[i], SCOPE_POOL,
			"InsufficientInstanceCapacity");
		if (marks_add(marks, &mark, err) < 0)
			return -1;
	}
	return 0;
}

/* Has the place anything of the step's kind, reserved or not? As tries_run() has it. */
static bool has_kind(const struct estimate_place *place, const struct ladder_step *step)
{
	for (size_t i = 0; i < place->nchoices; i++)
		if (!place->choices[i].reservation == !step->reservation)
			return true;
	return !place->nchoices;
}

/* The plan for REQUEST's step, as attempt_plan() makes it. 1: none; -1: no memory. */
static int plan_step(struct work *work, struct estimate_group *g, const struct ladder_step *step,
	struct plan_request *request, const struct marks *marks, struct plan *plan, struct err *err)
{
	struct estimate_place *place = &g->places[step->place];
	bool grouped = request_wants_group(request);
	struct err why = {0};

	if (!has_kind(place, step))
		return 1;
	prices_apply(work->app, place->region, step->market, place->choices, place->nchoices);
	marks_apply(marks, step->place, step->market, grouped, place->choices, place->nchoices);
	recent_apply(&place->recent, step->market, grouped, request->nodes, place->choices,
		place->nchoices);
	if (plan_make(request, plan, &why) == 0)
		return 0;
	if (why.class == ERR_FATAL) {
		*err = why;
		return -1;
	}
	if (!place->why.class)
		place->why = why;
	/* as tries_run(): that something is full or failed a while ago is less than all else */
	if (!g->planned && (!g->err.class || g->err.class == ERR_CAPACITY)) {
		g->err = why;
		free(g->reasons);
		g->reasons = plan_reasons(request, NULL);
	}
	return 1;
}

/* One step with all its pools. 1: go on; 0: that is all; -1. */
static int run_step(struct work *work, struct estimate_group *g, const struct ladder_step *step,
	struct plan_request *request, struct marks *marks, struct err *err)
{
	for (;;) {
		CLEANUP(plan_release) struct plan plan = {0};
		int rc = plan_step(work, g, step, request, marks, &plan, err);

		if (rc)
			return rc;
		if (g->ntries == work->app->conf->launch.max_tries) {
			g->more = true;
			return 0;
		}
		if (add_try(g, &plan, request->region, err) < 0 ||
			suppose_failed(marks, step->place, &plan, err) < 0)
			return -1;
		g->places[step->place].tried = true;
		if (!g->planned) {
			g->planned = true;
			g->plan = plan;
			plan = (struct plan){0};
			free(g->reasons);
			g->reasons = g->plan.reasons ? strdup(g->plan.reasons) : NULL;
		}
	}
}

/* What its earlier starts have cost, as attempt_request() counts it. */
static int count_spent(
	struct work *work, struct estimate_group *g, int64_t *spent_uusd, struct err *err)
{
	const struct demand *d = &g->set.all[0];

	for (size_t i = 0; work->app->db && i < d->njobs; i++) {
		unsigned failures;
		int64_t uusd = 0;

		if (!d->jobs[i]->facts.job_id)
			continue;
		if (gang_history(work->app->db, d->jobs[i]->facts.job_id, &failures, &uusd, err) <
			0)
			return -1;
		*spent_uusd += uusd;
	}
	return 0;
}

static int tell_elsewhere(struct estimate_group *g, struct err *err)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 1; i < g->group->nplaces; i++) {
		const struct estimate_place *place = &g->places[i];

		if (!place->tried && place->why.class)
			strbuf_addf(&sb, "%s: %s\n", place->region, place->why.text);
	}
	if (!sb.len)
		return 0;
	g->elsewhere = strbuf_detach(&sb);
	return g->elsewhere ? 0 : err_nomem(err);
}

static int climb(struct work *work, struct estimate_group *g, struct err *err)
{
	const struct slurm_site dflt = {.kill_wait_s = KILL_WAIT_S};
	CLEANUP(budget_ceilings_release) struct budget_ceilings ceilings = {0};
	CLEANUP(marks_release) struct marks marks = {0};
	struct plan_request base = {0}, request;
	struct ladder_rules rules;
	struct ladder_step step;
	int rc;

	g->places = calloc(g->group->nplaces, sizeof(*g->places));
	if (!g->places)
		return err_nomem(err);
	request_make(&base, work->app->conf, work->app->slurm_ready ? &work->app->site : &dflt,
		&g->set.all[0]);
	limit_restore(work->app, &g->set.all[0], &base);
	if (count_spent(work, g, &base.spent_uusd, err) < 0 ||
		(work->app->db &&
			budget_ceilings_look(work->app, &g->set.all[0], NULL, &ceilings, err) < 0))
		return -1;
	base.ceilings = ceilings.all;
	base.nceilings = ceilings.n;
	request_rules(&rules, work->app->conf, g->group);
	ladder_first(&rules, &base, &step);
	do {
		struct estimate_place *place = &g->places[step.place];

		if (!place->ready &&
			enter_place(work, &g->group->places[step.place], place, err) < 0)
			return -1;
		base.region = place->region;
		base.choices = place->choices;
		base.nchoices = place->nchoices;
		ladder_apply(&step, &base, &request);
		rc = run_step(work, g, &step, &request, &marks, err);
	} while (rc == 1 && ladder_next(&rules, &base, &step));
	return rc < 0 ? -1 : tell_elsewhere(g, err);
}

/* --- all together ---------------------------------------------------------------------------- */

/* One of "a,b"; all partitions where none is asked for. */
static bool is_asked(const char *partitions, const char *partition)
{
	return !*partitions || has_feature(partitions, partition, strlen(partition));
}

/* Sizes and features of the job, or of each of its components, all of which this group has to
 * give nodes. */
static void check_job(struct work *work, struct estimate_group *g)
{
	uint64_t nodes = 0, tasks = 0;

	for (const struct estimate_input *in = work->input; in; in = in->next) {
		struct size size = find_size(in, g->group);

		if (in == work->input)
			g->tasks_per_node = size.tasks_per_node;
		nodes += size.nodes;
		tasks += size.tasks;
		if (!is_asked(in->wish->partition, g->group->partition))
			refuse(g,
				"the component %s is for partition %s, and all nodes of a gang are "
				"of one node group",
				in->facts ? in->facts->name : "", in->wish->partition);
	}
	g->nodes = clamp32(nodes);
	g->tasks = clamp32(tasks);
	if (g->nodes > (uint32_t)g->group->max_nodes)
		refuse(g, "the job needs %u nodes, and it has %d", g->nodes, g->group->max_nodes);
	for (const struct estimate_input *in = work->input; in; in = in->next) {
		struct size size = find_size(in, g->group);

		check_size(in->wish, &size, g);
		check_features(work->e, in->wish->constraint, g);
	}
}

static int find_closed(struct work *work, struct estimate_group *g, struct err *err)
{
	struct health health;
	char text[512];

	if (!work->app->db || !protect_closed(work->app, g->group, &health))
		return 0;
	g->closed = strdup(protect_words(g->group, &health, text, sizeof(text)));
	return g->closed ? 0 : err_nomem(err);
}

static int look_at_group(struct work *work, struct estimate_group *g, struct err *err)
{
	const struct demand *d;

	check_job(work, g);
	if (find_closed(work, g, err) < 0 || make_demand(work, g, err) < 0)
		return -1;
	if (g->refused)
		return 0;
	d = &g->set.all[0];
	if (d->refused) {
		err_set(&g->err, d->refused_class, "%s", d->refused);
		return 0;
	}
	return climb(work, g, err);
}

/* What is never looked at, and what this job would need of it. */
static void tell_unseen(struct work *work)
{
	const struct job_wish *w = work->input->wish;

	if (w->time_limit_s == WISH_TIME_UNSET)
		unseen(work->e, "the partition's DefaultTime: without --time the job counts as "
				"without limit");
	if (w->requeue < 0)
		unseen(work->e, "JobRequeue of slurm.conf: the job counts as one that may be "
				"requeued");
	if (!work->app->db)
		unseen(work->e, "what EC2 had none of a while ago%s%s",
			work->input->db_missing ? ": " : "",
			work->input->db_missing ? work->input->db_missing : "");
	unseen(work->e, "Slurm: limits, QOS, free nodes, and which node group it would take first");
	unseen(work->e, "EC2: what it has at this moment, free addresses, vCPU quotas");
	if (!work->input->intent)
		unseen(work->e, "plugstack.conf: the site's default_efa and max_cost");
	if (work->input->unseen)
		strbuf_addstr(&work->e->unseen, work->input->unseen);
}

int estimate_make(
	struct app *app, const struct estimate_input *input, struct estimate *e, struct err *err)
{
	struct work work = {.app = app, .input = input, .e = e};
	const struct conf *conf = app->conf;
	const char *partitions = input->wish->partition, *before = "";
	CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;
	char quoted[128];

	*e = (struct estimate){.unseen = STRBUF_INIT};
	e->groups = calloc(conf->ngroups + 1, sizeof(*e->groups));
	if (!e->groups)
		return err_nomem(err);
	if (!*partitions)
		unseen(e, "Slurm's default partition: all of the configuration are looked at");
	for (size_t i = 0; i < conf->ngroups; i++) {
		const struct conf_group *group = &conf->groups[i];

		if (!has_feature(known.buf, group->partition, strlen(group->partition))) {
			strbuf_addf(&known, "%s%s", before, group->partition);
			before = ", ";
		}
		if (!is_asked(partitions, group->partition))
			continue;
		e->groups[e->n].group = group;
		if (look_at_group(&work, &e->groups[e->n++], err) < 0)
			return -1;
	}
	if (!e->n)
		return err_set(err, ERR_CONFIG,
			"partition %s is not one of EC2 instances; those of the configuration "
			"are: %s",
			text_make_safe(partitions, 100, quoted, sizeof(quoted)), known.buf);
	tell_unseen(&work);
	return e->unseen.failed ? err_nomem(err) : 0;
}

const struct estimate_group *estimate_possible(const struct estimate *e, struct err *err)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->groups[i].planned)
			return &e->groups[i];
	for (size_t i = 0; i < e->n; i++) {
		if (!e->groups[i].err.class)
			continue;
		if (err)
			*err = e->groups[i].err;
		return NULL;
	}
	err_set(err, ERR_CONFIG, "no node group has such nodes");
	return NULL;
}

void estimate_release(struct estimate *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct estimate_group *g = &e->groups[i];

		plan_release(&g->plan);
		for (size_t k = 0; g->places && k < g->group->nplaces; k++)
			place_release(&g->places[k]);
		for (size_t k = 0; k < g->ntries; k++)
			free(g->tries[k].asked);
		demand_set_release(&g->set);
		free(g->closed);
		free(g->elsewhere);
		free(g->places);
		free(g->tries);
		free(g->reasons);
		free(g->refused);
	}
	free(e->groups);
	strbuf_release(&e->unseen);
	e->groups = NULL;
	e->n = 0;
}
