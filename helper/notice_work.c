/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/leave.h"
#include "helper/log.h"
#include "helper/lost.h"
#include "helper/notice.h"
#include "helper/notice_hit.h"
#include "helper/public.h"
#include "helper/recent.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define LOOK_MS 1000
/* What is left of a gang so long after its time is reconcile's. */
#define GIVE_UP_MS 120000

static void hit_release(struct hit *hit)
{
	gang_release(&hit->gang);
	free(hit->all);
	free(hit->instances);
	nodeset_release(&hit->taken);
	nodeset_release(&hit->nodes);
}

static int set_all(struct hit *hit, enum notice_step step, struct err *err)
{
	int64_t now_ms = clock_now_ms();

	for (size_t i = 0; i < hit->n; i++)
		if (notice_set(hit->app->db, hit->all[i].seq, step, now_ms, err) < 0)
			return -1;
	return 0;
}

static bool is_over(const struct gang *gang)
{
	return gang->state == GANG_RELEASING || gang->state == GANG_FAILING ||
	       gang_state_over(gang->state);
}

/* --- what it is about ------------------------------------------------------------------------ */

/* Those of LIST that are of GANG and the graver kind: a recommendation is overtaken by a notice. */
static int hit_notices(struct hit *hit, const struct notice *list, size_t n, struct err *err)
{
	hit->kind = NOTICE_REBALANCE;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].gang, hit->gang.id) && list[i].kind == NOTICE_INTERRUPTION)
			hit->kind = NOTICE_INTERRUPTION;
	hit->all = calloc(n + 1, sizeof(*hit->all));
	if (!hit->all)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].gang, hit->gang.id) != 0)
			continue;
		if (list[i].kind != hit->kind) {
			if (notice_set(hit->app->db, list[i].seq, NOTICE_DONE, clock_now_ms(),
				    err) < 0)
				return -1;
			continue;
		}
		hit->all[hit->n++] = list[i];
		if (!hit->seen_ms || list[i].seen_ms < hit->seen_ms)
			hit->seen_ms = list[i].seen_ms;
		if (list[i].deadline_ms &&
			(!hit->deadline_ms || list[i].deadline_ms < hit->deadline_ms))
			hit->deadline_ms = list[i].deadline_ms;
	}
	return 0;
}

/*
 * Its nodes, of living instances only: a node whose instance has ended may be in its next life. Of
 * a node group whose nodes are handed on each stands for itself.
 */
static int hit_nodes(struct hit *hit, struct err *err)
{
	const struct conf_group *group = NULL;

	if (instance_list(
		    hit->app->db, hit->gang.id, false, &hit->instances, &hit->ninstances, err) < 0)
		return -1;
	for (size_t i = 0; i < hit->ninstances && !group; i++)
		if (*hit->instances[i].node)
			group = conf_group_of(hit->app->conf, hit->instances[i].node);
	hit->whole = hit->gang.all_or_nothing && !(group && group->reuse);
	for (size_t i = 0; i < hit->ninstances; i++) {
		const struct instance *instance = &hit->instances[i];
		bool taken = false;

		if (!*instance->node)
			continue;
		for (size_t k = 0; k < hit->n && !taken; k++)
			taken = !strcmp(hit->all[k].instance, instance->id);
		if (taken && nodeset_add(&hit->taken, instance->node, err) < 0)
			return -1;
		if ((taken || hit->whole) && nodeset_add(&hit->nodes, instance->node, err) < 0)
			return -1;
	}
	return 0;
}

/* --- steps ----------------------------------------------------------------------------------- */

/* For all starts of all jobs: EC2 wants back what it has there. */
static void remember_pools(struct hit *hit)
{
	for (size_t i = 0; i < hit->ninstances; i++) {
		const struct instance *instance = &hit->instances[i];
		struct mark mark = {.scope = SCOPE_POOL, .market = MARKET_SPOT};

		if (!nodeset_contains(&hit->taken, instance->node))
			continue;
		snprintf(mark.type, sizeof(mark.type), "%s", instance->type);
		snprintf(mark.az, sizeof(mark.az), "%s", instance->az);
		snprintf(mark.code, sizeof(mark.code), "%s",
			hit->kind == NOTICE_REBALANCE ? "SpotRebalance" : "SpotInterruption");
		recent_remember(hit->app, &mark, instance->region, 1, ERR_CAPACITY);
	}
}

static int tell(struct hit *hit, struct err *err)
{
	cleanup_free char *list = nodeset_format(&hit->nodes);
	char reason[256], safe[240];
	struct err local;

	if (!list)
		return err_nomem(err);
	/* the jobs first: each second counts for them */
	if (notice_tell_jobs(hit, err) < 0)
		return -1;
	snprintf(reason, sizeof(reason), "burst: %s",
		text_make_safe(hit->all[0].text, sizeof(safe) - 1, safe, sizeof(safe)));
	if (hit->nodes.n && !is_over(&hit->gang)) {
		if (leave_nodes(hit->app, &hit->gang, &hit->nodes, reason, &local) < 0) {
			if (local.class == ERR_TRANSIENT) {
				*err = local;
				return -1;
			}
			log_err("nodes %s may still be given to jobs: %s", list, local.text);
		} else {
			log_info("nodes %s take no other job", list);
		}
	}
	remember_pools(hit);
	return set_all(hit, NOTICE_SIGNALLED, err);
}

/* It never had its job running: as if the instance had died on the way up. */
static int come_down(struct hit *hit, struct err *err)
{
	struct lost lost = LOST_INIT;
	struct gang_job *jobs = NULL;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < hit->taken.n && rc == 0; i++)
		rc = nodeset_add(&lost.nodes, hit->taken.names[i], err);
	lost.instances = calloc(hit->ninstances + 1, sizeof(*lost.instances));
	if (rc == 0 && !lost.instances)
		rc = err_nomem(err);
	for (size_t i = 0; rc == 0 && i < hit->ninstances; i++)
		if (nodeset_contains(&hit->taken, hit->instances[i].node))
			lost.instances[lost.ninstances++] = hit->instances[i];
	lost.class = ERR_CAPACITY;
	snprintf(lost.why, sizeof(lost.why), "%s before its job had begun", hit->all[0].text);
	if (rc == 0)
		rc = gang_jobs(hit->app->db, hit->gang.id, &jobs, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct notice_job row = {.job_id = jobs[i].job_id, .restart = jobs[i].restart};

		snprintf(row.name, sizeof(row.name), "%u", row.job_id);
		snprintf(row.user, sizeof(row.user), "%s", hit->gang.user);
		rc = notice_add_job(hit->app->db, hit->all[0].seq, &row, err);
	}
	gang_jobs_release(jobs, n);
	if (rc == 0) {
		remember_pools(hit);
		rc = lost_take_down(hit->app, &hit->gang, &lost, err) < 0 ? -1 : 0;
	}
	lost_release(&lost);
	return rc < 0 ? -1 : set_all(hit, NOTICE_DONE, err);
}

/* --- the end of its nodes -------------------------------------------------------------------- */

struct nodes_now {
	struct nodeset busy; /* a job is on them, or is ending there */
	struct nodeset up;   /* not on their way down */
	struct nodeset back; /* DOWN, and slurmctld has begun to power them down */
	bool down;           /* some are DOWN */
};
static void nodes_now_release(struct nodes_now *now)
{
	nodeset_release(&now->busy);
	nodeset_release(&now->up);
	nodeset_release(&now->back);
}

static int look_at_nodes(const struct hit *hit, struct nodes_now *now, struct err *err)
{
	cleanup_free struct node_facts *facts = NULL;
	size_t n = 0;

	if (!hit->nodes.n)
		return 0;
	if (slurm_client_nodes(&hit->nodes, &facts, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct node_facts *node = &facts[i];
		bool going = node->powering_down || node->powered_down;

		if (leave_is_anothers(hit->app, &hit->gang, node->name) > 0)
			continue;
		if ((node->allocated || node->completing) && !node->down &&
			nodeset_add(&now->busy, node->name, err) < 0)
			return -1;
		if (!going && nodeset_add(&now->up, node->name, err) < 0)
			return -1;
		now->down = now->down || node->down;
		if (node->down && going && nodeset_add(&now->back, node->name, err) < 0)
			return -1;
	}
	return 0;
}

/* Slurm first: what is going down is given to nobody. A slurmd that is about to vanish ends no job:
 * DOWN, slurmctld does not wait for it. */
static void nodes_down(const struct hit *hit, const struct nodes_now *now)
{
	cleanup_free char *up = nodeset_format(&now->up), *busy = nodeset_format(&now->busy),
			  *back = nodeset_format(&now->back);
	char reason[256], safe[240];
	struct err err;

	snprintf(reason, sizeof(reason), "burst: %s",
		text_make_safe(hit->all[0].text, sizeof(safe) - 1, safe, sizeof(safe)));
	if (busy && now->busy.n) {
		log_warn("nodes %s are ended with what runs on them", busy);
		if (slurm_client_down(busy, reason, &err) < 0)
			log_warn("nodes %s: %s", busy, err.text);
	}
	if (up && now->up.n &&
		slurm_client_force_down(
			up, hit->app->conf->slurm.placeholder_address, reason, &err) < 0)
		log_err("nodes %s could not be sent to power saving: %s", up, err.text);
	if (back && now->back.n && slurm_client_resume_nodes(back, &err) < 0)
		log_warn("nodes %s: %s", back, err.text);
}

static int end_instances(struct hit *hit, struct err *err)
{
	cleanup_free struct instance *some = calloc(hit->ninstances + 1, sizeof(*some));
	size_t n = 0, others = 0;
	int rc;

	if (!some)
		return err_nomem(err);
	for (size_t i = 0; i < hit->ninstances; i++) {
		if (hit->instances[i].state != INSTANCE_RUNNING)
			continue;
		if (hit->whole || nodeset_contains(&hit->nodes, hit->instances[i].node))
			some[n++] = hit->instances[i];
		else
			others++;
	}
	if (n &&
		release_instances(hit->app, some, n, hit->all[0].text, RELEASE_CHECK_TAGS, err) < 0)
		return -1;
	if (others || hit->gang.state != GANG_ACTIVE)
		return 0;
	rc = gang_advance(hit->app->db, hit->gang.id, GANG_ACTIVE, GANG_RELEASING, err);
	if (rc < 0 && err->class != ERR_BUSY) /* SuspendProgram was faster */
		return -1;
	public_gang(hit->app, hit->gang.id);
	return 0;
}

/* 1: nothing of it is left to do, 0: look again, -1. */
static int let_go(struct hit *hit, struct err *err)
{
	int64_t release_ms = notice_release_ms(hit->seen_ms, hit->deadline_ms);
	int64_t now_ms = clock_now_ms();
	CLEANUP(nodes_now_release) struct nodes_now now = {0};

	if (look_at_nodes(hit, &now, err) < 0)
		return -1;
	if (now.busy.n && now_ms < release_ms)
		return 0;
	nodes_down(hit, &now);
	if (end_instances(hit, err) < 0)
		return -1;
	/* slurmctld takes a moment to begin with those that were DOWN */
	if ((now.down || now.busy.n) && now_ms - hit->deadline_ms < GIVE_UP_MS)
		return 0;
	log_info("%s of it is released", hit->whole ? "all" : "what is taken");
	return 1;
}

static int go_on(struct hit *hit, struct err *err)
{
	bool told = true, acted = true;
	int jobs, gone;

	for (size_t i = 0; i < hit->n; i++) {
		told = told && hit->all[i].signalled_ms;
		acted = acted && hit->all[i].acted_ms;
	}
	if (!told && tell(hit, err) < 0)
		return -1;
	jobs = notice_end_jobs(hit, err);
	if (jobs <= 0)
		return jobs;
	if (!acted && set_all(hit, NOTICE_ACTED, err) < 0)
		return -1;
	gone = let_go(hit, err);
	if (gone < 0)
		return -1;
	return jobs == 2 && gone ? set_all(hit, NOTICE_DONE, err) : 0;
}

/* Has its job begun, though not all its nodes have been seen up? */
static int has_begun(const struct hit *hit, struct err *err)
{
	struct gang_job *jobs = NULL;
	size_t n = 0;
	int rc = gang_jobs(hit->app->db, hit->gang.id, &jobs, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		CLEANUP(job_facts_release) struct job_facts now = {0};

		if (slurm_client_job(jobs[i].job_id, &now, err) < 0)
			rc = err->class == ERR_NOTFOUND ? 0 : -1;
		else
			rc = now.restart == jobs[i].restart &&
			     (now.state == JOB_STATE_RUNNING || now.state == JOB_STATE_COMPLETING);
	}
	gang_jobs_release(jobs, n);
	return rc;
}

static int work(
	struct app *app, const char *gang, const struct notice *list, size_t n, struct err *err)
{
	CLEANUP(hit_release) struct hit hit = {.app = app};
	int rc;

	rc = gang_get(app->db, gang, &hit.gang, err);
	if (rc < 0 && err->class != ERR_NOTFOUND)
		return -1;
	snprintf(hit.gang.id, sizeof(hit.gang.id), "%s", gang);
	if (hit_notices(&hit, list, n, err) < 0)
		return -1;
	if (rc < 0)
		return set_all(&hit, NOTICE_DONE, err);
	/* its owner is at work, for seconds mostly */
	if (hit.gang.state < GANG_ANNOUNCED)
		return 0;
	if (hit_nodes(&hit, err) < 0)
		return -1;
	if (hit.gang.state == GANG_ANNOUNCED) {
		rc = has_begun(&hit, err);
		if (rc < 0)
			return -1;
		if (!rc && hit.kind == NOTICE_INTERRUPTION)
			return come_down(&hit, err);
		if (!rc)
			return 0;
	}
	return go_on(&hit, err);
}

int notice_work(struct app *app, int64_t *next_ms, struct err *err)
{
	cleanup_free struct notice *list = NULL;
	size_t n = 0;
	int rc = 0;

	*next_ms = 0;
	if (notice_open(app->db, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		bool seen = false;
		struct err local;

		for (size_t k = 0; k < i && !seen; k++)
			seen = !strcmp(list[k].gang, list[i].gang);
		if (seen)
			continue;
		burst_log_context(NULL, list[i].gang);
		/* one gang's trouble is not another's */
		if (work(app, list[i].gang, list, n, &local) < 0) {
			*err = local;
			rc = -1;
		}
		burst_log_context(NULL, NULL);
	}
	if (n)
		*next_ms = clock_now_ms() + LOOK_MS;
	return rc;
}
