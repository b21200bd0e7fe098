/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/demand.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"

static struct demand *demand_new(struct demand_set *set, size_t max_jobs, struct err *err)
{
	struct demand *d = &set->all[set->n];

	d->jobs = max_jobs ? calloc(max_jobs, sizeof(struct demand_job *)) : NULL;
	if (max_jobs && !d->jobs) {
		err_nomem(err);
		return NULL;
	}
	d->limit = (struct cost_limit){0};
	set->n++;
	return d;
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

static int add_job(struct demand *d, struct demand_job *job, struct err *err)
{
	static const struct nodeset none = NODESET_INIT;
	const struct intent *intent = &job->intent;

	if (nodeset_filter(&job->nodes, &none, false, &d->nodes, err) < 0)
		return -1;
	/* the strictest wins; "disabled" and "required" together cannot be had */
	if (d->njobs && ((d->efa == EFA_DISABLED && intent->efa == EFA_REQUIRED) ||
				(d->efa == EFA_REQUIRED && intent->efa == EFA_DISABLED)))
		refuse(d, ERR_CONFIG,
			"jobs that share nodes ask for EFA both required and disabled");
	if (!d->njobs || intent->efa > d->efa) {
		d->efa = intent->efa;
		d->efa_why = job->efa_why;
	}
	merge_limit(d, &intent->cost);
	if (!d->njobs || job->facts.time_limit_s < 0 ||
		(d->time_limit_s >= 0 && job->facts.time_limit_s > d->time_limit_s))
		d->time_limit_s = job->facts.time_limit_s;
	d->jobs[d->njobs++] = job;
	return 0;
}

static bool share(const struct demand_job *a, const struct demand_job *b)
{
	if (a->facts.het_leader && a->facts.het_leader == b->facts.het_leader)
		return true;
	nodeset_for_each (&a->nodes, i)
		if (nodeset_contains(&b->nodes, a->nodes.names[i]))
			return true;
	return false;
}

static bool same_limit(const struct cost_limit *a, const struct cost_limit *b)
{
	return a->uusd == b->uusd && (!a->uusd || a->per_hour == b->per_hour);
}

/* May one-node job JOB be launched in one request with those of D? Tags are the same for all
 * instances of a request, and so are price and interfaces. */
static bool poolable(
	const struct demand *d, const struct conf_group *group, const struct demand_job *job)
{
	const struct job_facts *f = &job->facts, *g;

	if (d->all_or_nothing || !d->njobs || d->group != group || d->nodes.n >= 1000)
		return false;
	g = &d->jobs[0]->facts;
	return f->uid == g->uid && !strcmp(f->account, g->account) &&
	       !strcmp(f->partition, g->partition) && f->time_limit_s == g->time_limit_s &&
	       job->intent.efa == d->jobs[0]->intent.efa &&
	       same_limit(&job->intent.cost, &d->jobs[0]->intent.cost);
}

/* All of D's nodes must be of one group: one launch has one template, one set of types, one AZ. */
static void find_group(struct demand *d, const struct conf *conf)
{
	nodeset_for_each (&d->nodes, i) {
		const struct conf_group *group = conf_group_of(conf, d->nodes.names[i]);

		if (!d->group)
			d->group = group;
		if (group != d->group)
			refuse(d, ERR_CONFIG,
				"its nodes are of two node groups, %s and %s, which cannot be one "
				"gang; choose one with "
				"--constraint",
				d->group->name, group ? group->name : "none");
	}
	if (d->all_or_nothing && d->nodes.n > 1000)
		refuse(d, ERR_CONFIG,
			"a gang of %zu nodes is more than the 1000 that one EC2 Fleet gives all or "
			"nothing",
			d->nodes.n);
}

/* Nodes that no group has cannot be launched; they are named once, not per job. */
static int take_known(struct demand_set *set, const struct conf *conf, const struct nodeset *from,
	struct nodeset *to, struct err *err)
{
	nodeset_for_each (from, i) {
		struct nodeset *where = conf_group_of(conf, from->names[i]) ? to : &set->unknown;

		if (nodeset_add(where, from->names[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Mark every job that hangs together with job FIRST, directly or through others. */
static size_t mark_together(struct demand_set *set, size_t first, size_t *mark, size_t number)
{
	size_t count = 1;
	bool grew = true;

	mark[first] = number;
	while (grew) {
		grew = false;
		for (size_t i = 0; i < set->njobs; i++) {
			for (size_t j = 0; !mark[i] && j < set->njobs; j++) {
				if (mark[j] != number || !share(&set->jobs[i], &set->jobs[j]))
					continue;
				mark[i] = number;
				count++;
				grew = true;
			}
		}
	}
	return count;
}

static int cut_jobs(struct demand_set *set, const struct conf *conf, size_t *mark, struct err *err)
{
	for (size_t i = 0; i < set->njobs; i++) {
		struct demand_job *job = &set->jobs[i];
		struct demand *d = NULL;
		size_t together;

		if (mark[i] || !job->nodes.n)
			continue;
		together = mark_together(set, i, mark, i + 1);
		if (together == 1 && job->nodes.n == 1) {
			const struct conf_group *group = conf_group_of(conf, job->nodes.names[0]);

			for (size_t k = 0; k < set->n && !d; k++)
				if (poolable(&set->all[k], group, job))
					d = &set->all[k];
			if (!d) {
				d = demand_new(set, set->njobs, err);
				if (!d)
					return -1;
				d->group = group;
			}
			if (add_job(d, job, err) < 0)
				return -1;
			continue;
		}
		d = demand_new(set, together, err);
		if (!d)
			return -1;
		d->all_or_nothing = true;
		for (size_t k = 0; k < set->njobs; k++)
			if (mark[k] == i + 1 && add_job(d, &set->jobs[k], err) < 0)
				return -1;
		find_group(d, conf);
	}
	return 0;
}

static int cut_loose(struct demand_set *set, const struct conf *conf, const struct nodeset *loose,
	struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset known = NODESET_INIT;

	if (take_known(set, conf, loose, &known, err) < 0)
		return -1;
	nodeset_for_each (&known, i) {
		const struct conf_group *group = conf_group_of(conf, known.names[i]);
		struct demand *d = NULL;

		for (size_t k = 0; k < set->n && !d; k++)
			if (!set->all[k].njobs && set->all[k].group == group)
				d = &set->all[k];
		if (!d) {
			d = demand_new(set, 0, err);
			if (!d)
				return -1;
			d->group = group;
			d->efa = EFA_OPTIONAL;
			d->efa_why = "nodes without a job";
			d->time_limit_s = -1;
		}
		if (nodeset_add(&d->nodes, known.names[i], err) < 0)
			return -1;
	}
	return 0;
}

int demand_cut(struct demand_set *set, const struct conf *conf, const struct nodeset *loose,
	struct err *err)
{
	cleanup_free size_t *mark = calloc(set->njobs + 1, sizeof(*mark));

	set->all = calloc(set->njobs + conf->ngroups + 1, sizeof(*set->all));
	if (!mark || !set->all)
		return err_nomem(err);
	for (size_t i = 0; i < set->njobs; i++) {
		struct nodeset ours = NODESET_INIT;

		if (take_known(set, conf, &set->jobs[i].nodes, &ours, err) < 0) {
			nodeset_release(&ours);
			return -1;
		}
		nodeset_release(&set->jobs[i].nodes);
		set->jobs[i].nodes = ours;
	}
	if (cut_jobs(set, conf, mark, err) < 0)
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
		job_facts_release(&set->jobs[i].facts);
		nodeset_release(&set->jobs[i].nodes);
	}
	free(set->all);
	free(set->jobs);
	nodeset_release(&set->unknown);
	*set = (struct demand_set){0};
}
