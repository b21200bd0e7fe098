/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair: instances that run and are in trouble, or for too long; gangs that somebody has in hand
 * and does nothing about.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/comment.h"
#include "helper/failure.h"
#include "helper/leave.h"
#include "helper/log.h"
#include "helper/lost.h"
#include "helper/release.h"
#include "helper/repair_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

static const struct nodeset none = NODESET_INIT;

/* --- one node -------------------------------------------------------------------------------- */

/* Is FINDING's instance still what it was: of the gang, running, its node? 1 with ROW, 0, -1. */
static int find_row(
	struct app *app, const struct finding *finding, struct instance *row, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (instance_list(app->db, finding->gang, false, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].id, finding->instance) != 0)
			continue;
		*row = list[i];
		return row->state == INSTANCE_RUNNING && !strcmp(row->node, finding->node);
	}
	return 0;
}

/* The job that has the node is told; it goes on. */
static void tell_job(struct app *app, const struct survey *survey, const struct finding *finding)
{
	const struct survey_node *node = survey_node(survey, finding->node);
	const struct job_facts *job = node ? node->job : NULL;
	char text[512];

	if (!job || job->state != JOB_STATE_RUNNING)
		return;
	snprintf(text, sizeof(text), "node %s (instance %s) may fail: %s", finding->node,
		finding->instance, finding->why);
	comment_job(app, job->name, text);
	if (!job->batch)
		slurm_client_notify(job->job_id, text, NULL);
}

/* No other job gets the node, and it goes when the one that it has has ended. */
static int drain(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_free struct node_facts *facts = NULL;
	cleanup_close int lock = -1;
	struct instance row = {0};
	char reason[256];
	size_t n = 0;
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc > 0)
		rc = find_row(app, finding, &row, err);
	if (rc <= 0)
		return rc;
	if (nodeset_add(&set, finding->node, err) < 0 ||
		slurm_client_nodes(&set, &facts, &n, err) < 0)
		return -1;
	if (!n || !facts->registered || facts->powering_down || strstr(facts->reason, row.id))
		return 0;
	snprintf(reason, sizeof(reason), "burst: instance %s: %.190s", row.id, finding->why);
	rc = leave_nodes(app, &gang, &set, reason, err);
	if (rc <= 0)
		return rc;
	tell_job(app, survey, finding);
	snprintf(repairs->text, sizeof(repairs->text), "node %s goes when its job has ended: %s",
		finding->node, finding->why);
	return 1;
}

/* The instance counts as lost: its gang, or of a pool its job, goes back. */
static int lose(struct app *app, const struct finding *finding, enum err_class class,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(gang_release) struct gang gang = {0};
	CLEANUP(lost_release) struct lost lost = LOST_INIT;
	cleanup_close int lock = -1;
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc <= 0 || gang.state != GANG_ACTIVE)
		return rc < 0 ? -1 : 0;
	lost.instances = calloc(1, sizeof(*lost.instances));
	if (!lost.instances)
		return err_nomem(err);
	rc = find_row(app, finding, lost.instances, err);
	if (rc <= 0)
		return rc;
	lost.ninstances = 1;
	lost.class = class;
	lost.was_up = true;
	/* no slurmd will end the job there, as far as we know */
	lost.ended = true;
	snprintf(lost.why, sizeof(lost.why), "node %s (instance %s): %s", finding->node,
		finding->instance, finding->why);
	if (nodeset_add(&lost.nodes, finding->node, err) < 0)
		return -1;
	rc = lost_take_down(app, &gang, &lost, err);
	repairs->settle = true;
	if (nodeset_filter(&lost.down, &none, false, &repairs->revive, err) < 0 || rc < 0)
		return -1;
	return 1;
}

int repair_impaired(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	switch (app->conf->guards.on_impaired) {
	case GUARD_DRAIN:
		return drain(app, survey, finding, repairs, err);
	case GUARD_REQUEUE:
		/* of the host it is AWS's fault, else that of the system inside */
		return lose(
			app, finding, finding->number ? ERR_TRANSIENT : ERR_FATAL, repairs, err);
	default:
		return 0;
	}
}

int repair_retiring(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	return app->conf->guards.on_retiring == GUARD_DRAIN
		       ? drain(app, survey, finding, repairs, err)
		       : 0;
}

int repair_stopped(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	const struct survey_row *row = survey_row(survey, finding->instance);
	enum err_class class = ERR_FATAL;
	const char *what;
	bool blame;

	if (row && row->ec2)
		lost_judge(row->ec2->reason, &class, &blame, &what);
	return lose(app, finding, class, repairs, err);
}

/* --- a job that does not end ----------------------------------------------------------------- */

/* The job's nodes that no other job is on. */
static int nodes_of_job(const struct survey *survey, const struct job_facts *job,
	struct nodeset *nodes, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset all = NODESET_INIT, others = NODESET_INIT;

	if (nodeset_parse(&all, job->nodes, err) < 0)
		return -1;
	nodeset_for_each (&all, i) {
		const struct survey_node *node = survey_node(survey, all.names[i]);

		/* of several that share it, node->job is the one that does not end */
		if ((!node || (node->job && node->job->job_id != job->job_id)) &&
			nodeset_add(&others, all.names[i], err) < 0)
			return -1;
	}
	return nodeset_filter(&all, &others, false, nodes, err);
}

/* End the gang's instances of NODES; the gang with them, if it has no other. */
static int end_nodes(struct app *app, const struct gang *gang, const struct nodeset *nodes,
	const char *why, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0, ending = 0;

	if (instance_list(app->db, gang->id, false, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (nodeset_contains(nodes, list[i].node))
			list[ending++] = list[i];
	if (ending == n && gang_advance(app->db, gang->id, GANG_ACTIVE, GANG_RELEASING, err) < 0)
		return -1;
	return release_instances(app, list, ending, why, RELEASE_CHECK_TAGS, err);
}

/*
 * One that runs is cancelled, which ends it in the ordinary way. One that does not even complete
 * has nodes that will not end it: they are taken from it.
 */
int repair_overdue(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	CLEANUP(job_facts_release) struct job_facts job = {0};
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_free char *hostlist = NULL;
	cleanup_close int lock = -1;
	char reason[256];
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc <= 0 || gang.state != GANG_ACTIVE)
		return rc < 0 ? -1 : 0;
	if (slurm_client_job((uint32_t)finding->number, &job, err) < 0)
		return err->class == ERR_NOTFOUND ? 0 : -1;
	if (judge_overdue_s(&job, &app->site, clock_now_s()) <= app->conf->guards.overdue_grace_s)
		return 0;
	if (job.state == JOB_STATE_RUNNING) {
		comment_job(app, job.name, finding->why);
		if (slurm_client_cancel(job.name, err) < 0)
			return -1;
		snprintf(repairs->text, sizeof(repairs->text), "cancelled: %s", finding->why);
		return 1;
	}
	if (nodes_of_job(survey, &job, &nodes, err) < 0)
		return -1;
	hostlist = nodeset_format(&nodes);
	if (!hostlist)
		return err_nomem(err);
	if (!nodes.n)
		return 0;
	snprintf(reason, sizeof(reason), "burst: %.240s", finding->why);
	if (slurm_client_down(hostlist, reason, err) < 0 ||
		slurm_client_force_down(
			hostlist, app->conf->slurm.placeholder_address, reason, err) < 0)
		return -1;
	repairs->settle = true;
	if (nodeset_filter(&nodes, &none, false, &repairs->revive, err) < 0 ||
		end_nodes(app, &gang, &nodes, finding->why, err) < 0)
		return -1;
	snprintf(repairs->text, sizeof(repairs->text), "nodes %.200s ended: %s", hostlist,
		finding->why);
	return 1;
}

/* --- a gang that never comes ----------------------------------------------------------------- */

/* Those that have an instance of the gang: the others of a pool may be another gang's by now. */
static int find_missing(
	struct app *app, const struct gang *gang, struct nodeset *missing, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free struct instance *list = NULL;
	size_t n = 0, nlist = 0;

	if (instance_list(app->db, gang->id, false, &list, &nlist, err) < 0)
		return -1;
	for (size_t i = 0; i < nlist; i++)
		if (list[i].state == INSTANCE_RUNNING && *list[i].node &&
			nodeset_add(&nodes, list[i].node, err) < 0)
			return -1;
	if (!nodes.n)
		return 0;
	if (slurm_client_nodes(&nodes, &facts, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!facts[i].registered && !facts[i].power_down && !facts[i].powering_down &&
			nodeset_add(missing, facts[i].name, err) < 0)
			return -1;
	return 0;
}

/*
 * Its owner lives, so its lock cannot be had; it is asked to stop. From announced on it only waits,
 * and others may take the gang down (lost.h).
 */
int repair_not_registered(struct app *app, const struct survey *survey,
	const struct finding *finding, struct repairs *repairs, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset missing = NODESET_INIT;
	CLEANUP(lost_release) struct lost lost = LOST_INIT;
	CLEANUP(gang_release) struct gang gang = {0};

	if (gang_get(app->db, finding->gang, &gang, err) < 0)
		return err->class == ERR_NOTFOUND ? 0 : -1;
	if (gang.state >= GANG_ACTIVE)
		return 0;
	if (!*gang.stop && gang_set_stop(app->db, gang.id, "it did not come up", err) < 0)
		return -1;
	if (gang.state != GANG_ANNOUNCED) {
		snprintf(repairs->text, sizeof(repairs->text), "asked to stop: %s", finding->why);
		/* once is enough */
		return !*gang.stop;
	}
	if (find_missing(app, &gang, &missing, err) < 0)
		return -1;
	if (!missing.n)
		return 0;
	if (lost_late(app, &gang, &missing, &lost, err) < 0 ||
		nodeset_filter(&missing, &none, false, &repairs->given_up, err) < 0 ||
		lost_take_down(app, &gang, &lost, err) < 0)
		return -1;
	repairs->settle = true;
	return 1;
}

/* --- too many -------------------------------------------------------------------------------- */

/* Launches are held back as it is (room.h); what nobody uses now need not wait for SuspendTime. */
int repair_too_many(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset idle = NODESET_INIT;
	cleanup_free char *hostlist = NULL;
	int rc;

	for (size_t i = 0; i < survey->nnodes && (int64_t)idle.n < finding->number; i++) {
		const struct survey_node *node = &survey->nodes[i];
		const struct node_facts *f = &node->facts;

		if (!node->row || node->row->row.state != INSTANCE_RUNNING || node->job ||
			!f->idle || f->allocated || f->completing || !f->registered || f->drain ||
			f->down || f->power_down || f->powering_down || f->powered_down)
			continue;
		if (nodeset_add(&idle, f->name, err) < 0)
			return -1;
	}
	hostlist = nodeset_format(&idle);
	if (!hostlist)
		return err_nomem(err);
	/* one that gets a job in this moment goes when that has ended */
	rc = leave_nodes(app, NULL, &idle, "burst: guards.max_nodes", err);
	if (rc <= 0)
		return rc;
	snprintf(repairs->text, sizeof(repairs->text), "idle nodes %.200s are powered down: %s",
		hostlist, finding->why);
	return 1;
}
