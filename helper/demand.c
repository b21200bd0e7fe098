/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/demand.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"

enum { POOL_MAX = 1000 }; /* nodes of one request */

/* A view is a nodeset of borrowed names, with doubles. */
static void view_release(struct nodeset *view)
{
	free(view->names);
}

static int view_create(struct nodeset *view, size_t max, struct err *err)
{
	*view = (struct nodeset){.names = calloc(max + 1, sizeof(char *)), .alloc = max};
	return view->names ? 0 : err_nomem(err);
}

/* Copy its names to OUT, each once; for many at once, as OUT is sorted each time. */
static int view_copy(const struct nodeset *view, struct nodeset *out, struct err *err)
{
	static const struct nodeset none = NODESET_INIT;

	return nodeset_filter(view, &none, false, out, err);
}

static void __attribute__((format(printf, 3, 4)))
refuse(struct demand *d, enum err_class class, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	if (d->refused)
		return;
	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	d->refused = strbuf_detach(&sb);
	d->refused_class = class;
}

/* The lower of two limits of the same kind; of different kinds the job's own stays and the hourly
 * one is lost, so they are never merged silently: the demand is refused. */
static void merge_limit(struct demand *d, const struct cost_limit *limit)
{
	if (!limit->uusd)
		return;
	if (!d->limit.uusd) {
		d->limit = *limit;
	} else if (d->limit.per_hour != limit->per_hour) {
		refuse(d, ERR_CONFIG,
			"jobs that share nodes have a limit per hour and one for the whole job; "
			"give both the same kind of --burst-cost");
	} else if (limit->uusd < d->limit.uusd) {
		d->limit.uusd = limit->uusd;
	}
}

/* Was the mode asked for? What was found out, or is so by default, gives way. */
static bool asked(const struct demand_job *job)
{
	return job->efa.mode == EFA_UNSET || job->efa.given;
}

/* The strictest wins; "disabled" and "required" together cannot be had. */
static void merge_efa(struct demand *d, const struct demand_job *job)
{
	enum efa_mode mode = job->intent.efa;

	d->efa_required |= asked(job) && mode == EFA_REQUIRED;
	d->efa_disabled |= asked(job) && mode == EFA_DISABLED;
	if (d->efa_required && d->efa_disabled)
		refuse(d, ERR_CONFIG,
			"jobs that share nodes ask for EFA both required and disabled");
	if (d->njobs && (mode < d->efa || (mode == d->efa && !d->efa_detected)))
		return;
	d->efa = mode;
	d->efa_why = job->efa_why;
	d->efa_detected = job->efa.by_detection;
}

/* Its nodes come later, those of all jobs at once: collect_nodes(). */
static int add_job(struct demand *d, struct demand_job *job, struct err *err)
{
	const struct intent *intent = &job->intent;

	if (!(d->njobs & (d->njobs - 1))) { /* 0, 1, 2, 4, 8 …: full */
		struct demand_job **jobs = reallocarray(
			d->jobs, d->njobs ? d->njobs * 2 : 1, sizeof(*jobs));

		if (!jobs)
			return err_nomem(err);
		d->jobs = jobs;
	}
	merge_efa(d, job);
	merge_limit(d, &intent->cost);
	if (!d->njobs || job->facts.time_limit_s < 0 ||
		(d->time_limit_s >= 0 && job->facts.time_limit_s > d->time_limit_s))
		d->time_limit_s = job->facts.time_limit_s;
	d->requeue = job->facts.requeue && (!d->njobs || d->requeue);
	if (d->njobs)
		rank_job_join(&d->rank, &job->rank);
	else
		d->rank = job->rank;
	d->jobs[d->njobs++] = job;
	return 0;
}

static int collect_nodes(struct demand *d, struct err *err)
{
	CLEANUP(view_release) struct nodeset view = NODESET_INIT;
	size_t max = 0;

	for (size_t i = 0; i < d->njobs; i++)
		max += d->jobs[i]->nodes.n;
	if (view_create(&view, max, err) < 0)
		return -1;
	for (size_t i = 0; i < d->njobs; i++)
		nodeset_for_each (&d->jobs[i]->nodes, k)
			view.names[view.n++] = d->jobs[i]->nodes.names[k];
	return view_copy(&view, &d->nodes, err);
}

static bool same_limit(const struct cost_limit *a, const struct cost_limit *b)
{
	return a->uusd == b->uusd && (!a->uusd || a->per_hour == b->per_hour);
}

/* May one-node job JOB be launched in one request with those of pool D? Tags are the same for all
 * instances of a request, and so are price and interfaces. */
static bool poolable(
	const struct demand *d, const struct conf_group *group, const struct demand_job *job)
{
	const struct job_facts *f = &job->facts, *g;

	if (d->group != group)
		return false;
	g = &d->jobs[0]->facts;
	return f->uid == g->uid && !strcmp(f->account, g->account) && !strcmp(f->wckey, g->wckey) &&
	       !strcmp(f->qos, g->qos) && !strcmp(f->partition, g->partition) &&
	       f->time_limit_s == g->time_limit_s && job->intent.efa == d->jobs[0]->intent.efa &&
	       f->requeue == g->requeue && same_limit(&job->intent.cost, &d->jobs[0]->intent.cost);
}

/* All of D's nodes must be of one group: one launch has one template, one set of types, one AZ. */
static void find_group(struct demand *d, const struct conf *conf)
{
	nodeset_for_each (&d->nodes, i) {
		const struct conf_group *group = conf_group_of(conf, d->nodes.names[i]);

		if (!group)
			continue; /* refuse_unknown() */
		if (!d->group)
			d->group = group;
		if (group != d->group)
			refuse(d, ERR_CONFIG,
				"its nodes are of two node groups, %s and %s, which cannot be one "
				"gang; choose one with "
				"--constraint",
				d->group->name, group->name);
	}
	/* EFA does not cross zones: whoever cannot do without it cannot take what comes */
	if (d->group && d->group->best_effort && d->efa != EFA_REQUIRED)
		d->all_or_nothing = false;
}

/* A job that is to have such a node as well could never start: nothing is launched for it. */
static void refuse_unknown(struct demand *d, const struct conf *conf)
{
	const char *first = NULL;
	size_t n = 0;

	nodeset_for_each (&d->nodes, i) {
		if (conf_group_of(conf, d->nodes.names[i]))
			continue;
		if (!n++)
			first = d->nodes.names[i];
	}
	if (n == 1)
		refuse(d, ERR_CONFIG,
			"node %s is of no node group in aws-slurm-burst's configuration", first);
	else if (n)
		refuse(d, ERR_CONFIG,
			"nodes %s and %zu more are of no node group in aws-slurm-burst's "
			"configuration",
			first, n - 1);
}

bool demand_is_first(const struct demand *demand, const char *node)
{
	for (size_t i = 0; i < demand->njobs; i++) {
		const struct demand_job *job = demand->jobs[i];
		const char *first = job->facts.batch_host;

		if (!first || !*first)
			first = job->nodes.n ? job->nodes.names[0] : "";
		if (!strcmp(first, node))
			return true;
	}
	return false;
}

/* Nodes without a job that no group has. */
static int find_unknown(struct demand_set *set, const struct conf *conf,
	const struct nodeset *loose, struct err *err)
{
	CLEANUP(view_release) struct nodeset view = NODESET_INIT;

	if (view_create(&view, loose->n, err) < 0)
		return -1;
	nodeset_for_each (loose, k)
		if (!conf_group_of(conf, loose->names[k]))
			view.names[view.n++] = loose->names[k];
	return view_copy(&view, &set->unknown, err);
}

/* --- jobs that hang together ----------------------------------------------------------------- */

/* Something that jobs may have in common: a node, or (NAME NULL) a heterogeneous job. */
struct thing {
	const char *name;
	uint32_t het_leader;
	size_t job;
};

static int compare_things(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	if (!x->name || !y->name) {
		if (x->name || y->name)
			return x->name ? 1 : -1;
		return (x->het_leader > y->het_leader) - (x->het_leader < y->het_leader);
	}
	return strcmp(x->name, y->name);
}

/* The least job known to hang together with job I. */
static size_t find_root(size_t *root, size_t i)
{
	while (root[i] != i) {
		root[i] = root[root[i]];
		i = root[i];
	}
	return i;
}

/* ROOT[i]: the least job that job I hangs together with, directly or through others. */
static int find_together(const struct demand_set *set, size_t *root, struct err *err)
{
	cleanup_free struct thing *things = NULL;
	size_t n = set->njobs;

	for (size_t i = 0; i < set->njobs; i++)
		n += set->jobs[i].nodes.n;
	things = calloc(n + 1, sizeof(*things));
	if (!things)
		return err_nomem(err);
	n = 0;
	for (size_t i = 0; i < set->njobs; i++) {
		const struct demand_job *job = &set->jobs[i];

		root[i] = i;
		if (job->facts.het_leader)
			things[n++] = (struct thing){NULL, job->facts.het_leader, i};
		nodeset_for_each (&job->nodes, k)
			things[n++] = (struct thing){job->nodes.names[k], 0, i};
	}
	qsort(things, n, sizeof(*things), compare_things);
	for (size_t i = 1; i < n; i++) {
		size_t a, b;

		if (compare_things(&things[i - 1], &things[i]))
			continue;
		a = find_root(root, things[i - 1].job);
		b = find_root(root, things[i].job);
		root[a > b ? a : b] = a > b ? b : a;
	}
	for (size_t i = 0; i < set->njobs; i++)
		root[i] = find_root(root, i);
	return 0;
}

/* --- cutting --------------------------------------------------------------------------------- */

struct cut {
	size_t *root;  /* of each job */
	size_t *next;  /* the next job of the same root; njobs: none */
	size_t *last;  /* of each root: its last job so far */
	size_t *pools; /* demands that may still take a one-node job */
	bool *done;    /* of each root */
	size_t npools;
};

static void cut_release(struct cut *cut)
{
	free(cut->root);
	free(cut->next);
	free(cut->last);
	free(cut->pools);
	free(cut->done);
}

static int cut_create(struct cut *cut, const struct demand_set *set, struct err *err)
{
	size_t n = set->njobs + 1;

	cut->root = calloc(n, sizeof(*cut->root));
	cut->next = calloc(n, sizeof(*cut->next));
	cut->last = calloc(n, sizeof(*cut->last));
	cut->pools = calloc(n, sizeof(*cut->pools));
	cut->done = calloc(n, sizeof(*cut->done));
	if (!cut->root || !cut->next || !cut->last || !cut->pools || !cut->done)
		return err_nomem(err);
	if (find_together(set, cut->root, err) < 0)
		return -1;
	for (size_t i = 0; i < set->njobs; i++) {
		size_t r = cut->root[i];

		cut->next[i] = set->njobs;
		if (r != i)
			cut->next[cut->last[r]] = i;
		cut->last[r] = i;
	}
	return 0;
}

static int pool_job(struct demand_set *set, struct cut *cut, const struct conf *conf,
	struct demand_job *job, struct err *err)
{
	const struct conf_group *group = conf_group_of(conf, job->nodes.names[0]);
	struct demand *d;
	size_t k = 0;

	while (k < cut->npools && !poolable(&set->all[cut->pools[k]], group, job))
		k++;
	if (k == cut->npools) {
		cut->pools[cut->npools++] = set->n;
		set->all[set->n++].group = group;
	}
	d = &set->all[cut->pools[k]];
	if (add_job(d, job, err) < 0)
		return -1;
	if (d->njobs == POOL_MAX) /* one node each, and none twice */
		cut->pools[k] = cut->pools[--cut->npools];
	return 0;
}

static int cut_jobs(struct demand_set *set, const struct conf *conf, struct err *err)
{
	CLEANUP(cut_release) struct cut cut = {0};

	if (cut_create(&cut, set, err) < 0)
		return -1;
	for (size_t i = 0; i < set->njobs; i++) {
		struct demand_job *job = &set->jobs[i];
		size_t r = cut.root[i];
		struct demand *d;

		if (cut.done[r] || !job->nodes.n)
			continue;
		cut.done[r] = true;
		if (cut.last[r] == r && job->nodes.n == 1) { /* alone */
			if (pool_job(set, &cut, conf, job, err) < 0)
				return -1;
			continue;
		}
		d = &set->all[set->n++];
		d->all_or_nothing = true;
		for (size_t k = r; k < set->njobs; k = cut.next[k])
			if (add_job(d, &set->jobs[k], err) < 0)
				return -1;
	}
	for (size_t i = 0; i < set->n; i++) {
		if (collect_nodes(&set->all[i], err) < 0)
			return -1;
		refuse_unknown(&set->all[i], conf);
		set->all[i].rank.nodes = set->all[i].all_or_nothing ? (unsigned)set->all[i].nodes.n
								    : 1;
		if (set->all[i].all_or_nothing)
			find_group(&set->all[i], conf);
	}
	return 0;
}

/* Those of LOOSE that are of GROUP. */
static int cut_group(struct demand_set *set, const struct conf *conf,
	const struct conf_group *group, const struct nodeset *loose, struct err *err)
{
	CLEANUP(view_release) struct nodeset view = NODESET_INIT;
	struct demand *d = &set->all[set->n++];

	*d = (struct demand){.group = group,
		.efa = EFA_OPTIONAL,
		.efa_why = "nodes without a job",
		.requeue = true,
		.time_limit_s = -1};
	if (view_create(&view, loose->n, err) < 0)
		return -1;
	nodeset_for_each (loose, i)
		if (conf_group_of(conf, loose->names[i]) == group)
			view.names[view.n++] = loose->names[i];
	return view_copy(&view, &d->nodes, err);
}

static int cut_loose(struct demand_set *set, const struct conf *conf, const struct nodeset *loose,
	struct err *err)
{
	size_t first = set->n;

	nodeset_for_each (loose, i) {
		const struct conf_group *group = conf_group_of(conf, loose->names[i]);
		size_t k = first;

		while (k < set->n && set->all[k].group != group)
			k++;
		if (group && k == set->n && cut_group(set, conf, group, loose, err) < 0)
			return -1;
	}
	return 0;
}

int demand_cut(struct demand_set *set, const struct conf *conf, const struct nodeset *loose,
	struct err *err)
{
	set->all = calloc(set->njobs + conf->ngroups + 1, sizeof(*set->all));
	if (!set->all)
		return err_nomem(err);
	if (find_unknown(set, conf, loose, err) < 0)
		return -1;
	if (cut_jobs(set, conf, err) < 0)
		return -1;
	return cut_loose(set, conf, loose, err);
}

void demand_set_release(struct demand_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		free(set->all[i].jobs);
		free(set->all[i].refused);
		nodeset_release(&set->all[i].nodes);
	}
	for (size_t i = 0; i < set->njobs; i++) {
		free(set->jobs[i].detected);
		job_facts_release(&set->jobs[i].facts);
		nodeset_release(&set->jobs[i].nodes);
	}
	free(set->all);
	free(set->jobs);
	nodeset_release(&set->unknown);
	*set = (struct demand_set){0};
}
