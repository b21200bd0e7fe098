/* SPDX-License-Identifier: Apache-2.0 */
/* The pure half of survey.h: sort, tie together, look up. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "helper/survey_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/sorted.h"

/* The text at OFFSET of an element, and of what a pointer in an array points to. */
#define TEXT_AT(element, offset) ((const char *)(element) + (offset))

static int compare_gangs(const void *a, const void *b)
{
	return strcmp(
		((const struct survey_gang *)a)->gang.id, ((const struct survey_gang *)b)->gang.id);
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(
		((const struct survey_row *)a)->row.id, ((const struct survey_row *)b)->row.id);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct survey_node *)a)->facts.name,
		((const struct survey_node *)b)->facts.name);
}

static int compare_jobs(const void *a, const void *b)
{
	const struct job_facts *x = a, *y = b;

	return (x->job_id > y->job_id) - (x->job_id < y->job_id);
}

static int compare_instances(const void *a, const void *b)
{
	return strcmp(((const struct ec2_instance *)a)->id, ((const struct ec2_instance *)b)->id);
}

static int compare_by_gang(const void *a, const void *b)
{
	const struct survey_row *const *x = a, *const *y = b;
	int rc = strcmp((*x)->row.gang, (*y)->row.gang);

	return rc ? rc : strcmp((*x)->row.id, (*y)->row.id);
}

static int compare_by_node(const void *a, const void *b)
{
	const struct survey_row *const *x = a, *const *y = b;

	return strcmp((*x)->row.node, (*y)->row.node);
}

static int compare_by_addr(const void *a, const void *b)
{
	const struct survey_node *const *x = a, *const *y = b;

	return strcmp((*x)->facts.addr, (*y)->facts.addr);
}

static void sort(void *array, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (n > 1)
		qsort(array, n, size, compare);
}

void survey_sort_instances(struct ec2_instances *instances)
{
	sort(instances->all, instances->n, sizeof(*instances->all), compare_instances);
}

void survey_sort_nodes(struct survey *survey)
{
	sort(survey->nodes, survey->nnodes, sizeof(*survey->nodes), compare_nodes);
}

struct text_key {
	const char *text;
	size_t offset;
	bool pointers; /* the array's elements are */
};

static int compare_text(const void *key, const void *element)
{
	const struct text_key *k = key;

	if (k->pointers)
		element = *(const void *const *)element;
	return strcmp(k->text, TEXT_AT(element, k->offset));
}

/* The element whose text is KEY, or NULL. */
static void *find(void *array, size_t n, size_t size, size_t offset, bool pointers, const char *key)
{
	const struct text_key by = {key, offset, pointers};
	size_t i = sorted_find(&by, array, n, size, compare_text, NULL);
	void *element;

	if (i == n)
		return NULL;
	element = (char *)array + i * size;
	if (pointers)
		element = *(void **)element;
	return strcmp(TEXT_AT(element, offset), key) ? NULL : element;
}

struct survey_gang *survey_gang(const struct survey *survey, const char *id)
{
	return find(survey->gangs, survey->ngangs, sizeof(*survey->gangs),
		offsetof(struct survey_gang, gang.id), false, id);
}

struct survey_row *survey_row(const struct survey *survey, const char *id)
{
	return find(survey->rows, survey->nrows, sizeof(*survey->rows),
		offsetof(struct survey_row, row.id), false, id);
}

struct survey_row *survey_row_of_node(const struct survey *survey, const char *node)
{
	return find(survey->by_node, survey->nby_node, sizeof(*survey->by_node),
		offsetof(struct survey_row, row.node), true, node);
}

struct survey_row **survey_rows_of_gang(const struct survey *survey, const char *gang, size_t *n)
{
	const struct text_key by = {gang, offsetof(struct survey_row, row.gang), true};

	return survey->by_gang + sorted_find(&by, survey->by_gang, survey->nrows,
					 sizeof(*survey->by_gang), compare_text, n);
}

struct survey_node *survey_node(const struct survey *survey, const char *name)
{
	return find(survey->nodes, survey->nnodes, sizeof(*survey->nodes),
		offsetof(struct survey_node, facts.name), false, name);
}

struct survey_node *survey_node_at(const struct survey *survey, const char *addr)
{
	return find(survey->by_addr, survey->nnodes, sizeof(*survey->by_addr),
		offsetof(struct survey_node, facts.addr), true, addr);
}

struct survey_region *survey_region(const struct survey *survey, const char *name)
{
	for (size_t i = 0; i < survey->nregions; i++)
		if (!strcmp(survey->regions[i].name, name))
			return &survey->regions[i];
	return NULL;
}

const struct job_facts *survey_job(const struct survey *survey, uint32_t job_id)
{
	struct job_facts key = {.job_id = job_id};

	if (!survey->njobs)
		return NULL;
	return bsearch(&key, survey->jobs, survey->njobs, sizeof(*survey->jobs), compare_jobs);
}

const struct ec2_instance *survey_ec2(const struct survey_region *region, const char *id)
{
	return find(region->instances.all, region->instances.n, sizeof(*region->instances.all),
		offsetof(struct ec2_instance, id), false, id);
}

int64_t survey_age_ms(const struct survey *survey, int64_t then_ms)
{
	int64_t age_ms = survey->now_ms - then_ms;

	if (age_ms < 0)
		return 0;
	return age_ms < survey->steady_ms ? age_ms : survey->steady_ms;
}

/* A suspended one (OTHER) has them, too, though slurmctld calls them idle. */
static bool has_nodes(const struct job_facts *job)
{
	return job->state == JOB_STATE_CONFIGURING || job->state == JOB_STATE_RUNNING ||
	       job->state == JOB_STATE_COMPLETING || job->state == JOB_STATE_OTHER;
}

bool survey_job_lives(const struct survey *survey, uint32_t job_id, uint32_t restart)
{
	const struct job_facts *job = survey_job(survey, job_id);

	return job && job->restart == restart && has_nodes(job);
}

bool survey_gang_lives(const struct survey *survey, const struct survey_gang *gang)
{
	for (size_t i = 0; i < gang->njobs; i++)
		if (survey_job_lives(survey, gang->jobs[i].job_id, gang->jobs[i].restart))
			return true;
	return false;
}

static int link_rows(struct survey *survey, struct err *err)
{
	free(survey->by_gang);
	free(survey->by_node);
	survey->nby_node = 0;
	survey->by_gang = calloc(survey->nrows + 1, sizeof(*survey->by_gang));
	survey->by_node = calloc(survey->nrows + 1, sizeof(*survey->by_node));
	if (!survey->by_gang || !survey->by_node)
		return err_nomem(err);
	for (size_t i = 0; i < survey->nrows; i++) {
		struct survey_row *row = &survey->rows[i];

		row->gang = survey_gang(survey, row->row.gang);
		row->region = survey_region(
			survey, *row->row.region ? row->row.region : survey->conf->aws.region);
		row->ec2 = row->region ? survey_ec2(row->region, row->row.id) : NULL;
		row->node = *row->row.node ? survey_node(survey, row->row.node) : NULL;
		if (row->node)
			row->node->row = row;
		if (row->gang && row->row.state == INSTANCE_RUNNING)
			row->gang->nrunning++;
		else if (row->gang)
			row->gang->nterminating++;
		survey->by_gang[i] = row;
		if (*row->row.node)
			survey->by_node[survey->nby_node++] = row;
	}
	sort(survey->by_gang, survey->nrows, sizeof(*survey->by_gang), compare_by_gang);
	sort(survey->by_node, survey->nby_node, sizeof(*survey->by_node), compare_by_node);
	return 0;
}

/* As gang_of_node(): who has an instance bound to it, else the youngest not bound yet. */
static int link_gangs(struct survey *survey, struct err *err)
{
	for (size_t i = 0; i < survey->ngangs; i++) {
		struct survey_gang *gang = &survey->gangs[i];

		nodeset_release(&gang->nodes);
		if (nodeset_parse(&gang->nodes, gang->gang.nodes ? gang->gang.nodes : "", err) < 0)
			return err_prefix(err, "gang %s", gang->gang.id);
		nodeset_for_each (&gang->nodes, k) {
			struct survey_node *node = survey_node(survey, gang->nodes.names[k]);

			if (!node)
				continue;
			node->in_hand = node->in_hand || gang->held || !gang->steady;
			if (gang->gang.state < GANG_BOUND &&
				(!node->gang ||
					node->gang->gang.created_ms < gang->gang.created_ms))
				node->gang = gang;
		}
	}
	for (size_t i = 0; i < survey->nnodes; i++) {
		struct survey_node *node = &survey->nodes[i];

		if (node->row && node->row->gang &&
			(node->row->row.state == INSTANCE_RUNNING || !node->gang))
			node->gang = node->row->gang;
	}
	return 0;
}

static int link_jobs(struct survey *survey, struct err *err)
{
	for (size_t i = 0; i < survey->njobs; i++) {
		CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
		const struct job_facts *job = &survey->jobs[i];

		if (!has_nodes(job) || !job->nodes || !*job->nodes)
			continue;
		if (nodeset_parse(&nodes, job->nodes, err) < 0)
			return err_prefix(err, "job %s", job->name);
		nodeset_for_each (&nodes, k) {
			struct survey_node *node = survey_node(survey, nodes.names[k]);

			/* of several that share it, one that runs */
			if (node && (!node->job || node->job->state == JOB_STATE_COMPLETING ||
					    node->job->state == JOB_STATE_OTHER))
				node->job = job;
		}
	}
	return 0;
}

int survey_link(struct survey *survey, struct err *err)
{
	sort(survey->gangs, survey->ngangs, sizeof(*survey->gangs), compare_gangs);
	sort(survey->rows, survey->nrows, sizeof(*survey->rows), compare_rows);
	survey_sort_nodes(survey);
	sort(survey->jobs, survey->njobs, sizeof(*survey->jobs), compare_jobs);
	for (size_t i = 0; i < survey->nregions; i++)
		survey_sort_instances(&survey->regions[i].instances);
	for (size_t i = 0; i < survey->ngangs; i++)
		survey->gangs[i].nrunning = survey->gangs[i].nterminating = 0;
	free(survey->by_addr);
	survey->by_addr = calloc(survey->nnodes + 1, sizeof(*survey->by_addr));
	if (!survey->by_addr)
		return err_nomem(err);
	for (size_t i = 0; i < survey->nnodes; i++) {
		struct survey_node *node = &survey->nodes[i];

		node->row = NULL;
		node->gang = NULL;
		node->in_hand = false;
		node->job = NULL;
		node->group = conf_group_of(survey->conf, node->facts.name);
		survey->by_addr[i] = node;
	}
	sort(survey->by_addr, survey->nnodes, sizeof(*survey->by_addr), compare_by_addr);
	for (size_t i = 0; i < survey->nstrays; i++) {
		struct survey_stray *stray = &survey->strays[i];

		stray->region = survey_region(survey, stray->region_name);
		stray->ec2 = stray->region ? survey_ec2(stray->region, stray->id) : NULL;
	}
	if (link_rows(survey, err) < 0 || link_gangs(survey, err) < 0 || link_jobs(survey, err) < 0)
		return -1;
	return 0;
}

void survey_release(struct survey *survey)
{
	for (size_t i = 0; i < survey->nregions; i++) {
		struct survey_region *region = &survey->regions[i];

		ec2_instances_release(&region->instances);
		ec2_statuses_release(&region->statuses);
		for (size_t k = 0; k < region->ngroups; k++)
			free(region->groups[k].name);
		free(region->groups);
		free(region->versions);
	}
	for (size_t i = 0; i < survey->njobs; i++)
		job_facts_release(&survey->jobs[i]);
	for (size_t i = 0; i < survey->ngangs; i++) {
		gang_release(&survey->gangs[i].gang);
		gang_jobs_release(survey->gangs[i].jobs, survey->gangs[i].njobs);
		nodeset_release(&survey->gangs[i].nodes);
	}
	free(survey->regions);
	free(survey->nodes);
	free(survey->jobs);
	free(survey->cleanings);
	free(survey->gangs);
	free(survey->rows);
	free(survey->strays);
	free(survey->placements);
	free(survey->removable);
	for (size_t i = 0; i < survey->nholds; i++)
		free(survey->holds[i]);
	free(survey->holds);
	free(survey->records);
	free(survey->costs);
	free(survey->by_gang);
	free(survey->by_node);
	free(survey->by_addr);
	*survey = (struct survey)SURVEY_INIT;
}
