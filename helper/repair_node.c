/* SPDX-License-Identifier: Apache-2.0 */
/* repair: nodes that Slurm sees otherwise than EC2, or that it would never use again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/failure.h"
#include "helper/repair_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/*
 * The node of FINDING as Slurm has it now, if it still has nothing behind it (BARE) and is in the
 * state that was found. 1, 0: it is not, -1.
 */
static int look(struct app *app, const struct survey *survey, const struct finding *finding,
	bool bare, struct node_facts *facts, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	const struct survey_node *then = survey_node(survey, finding->node);
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_free struct node_facts *now = NULL;
	struct err local;
	size_t n = 0;

	if (!then || nodeset_add(&nodes, finding->node, err) < 0 ||
		slurm_client_nodes(&nodes, &now, &n, err) < 0)
		return then ? -1 : 0;
	if (!n || strcmp(now[0].state, then->facts.state) != 0 ||
		strcmp(now[0].reason, then->facts.reason) != 0)
		return 0;
	*facts = now[0];
	if (!bare)
		return 1;
	if (gang_of_node(app->db, finding->node, &gang, &local) == 0)
		return 0;
	if (local.class == ERR_NOTFOUND)
		return 1;
	*err = local;
	return -1;
}

/* The nodes of JOB that have nothing behind them, as NODE: they go together, or the next pass would
 * find the others without a job. */
static int bare_nodes_of(struct app *app, const struct survey *survey, const struct job_facts *job,
	const struct node_facts *node, struct nodeset *bare, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset all = NODESET_INIT;

	if (nodeset_parse(&all, job->nodes, err) < 0)
		return -1;
	nodeset_for_each (&all, i) {
		const struct survey_node *then = survey_node(survey, all.names[i]);
		CLEANUP(gang_release) struct gang gang = {0};

		if (strcmp(all.names[i], node->name) != 0) {
			if (!then || then->row || then->gang || then->in_hand ||
				then->facts.registered != node->registered ||
				then->facts.powering_up != node->powering_up)
				continue;
			if (gang_of_node(app->db, all.names[i], &gang, err) == 0)
				continue;
			if (err->class != ERR_NOTFOUND)
				return -1;
		}
		if (nodeset_add(bare, all.names[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Its job goes back, or ends, and is told why; with its nodes in DOWN. 1; 0: slurmctld has
 * forgotten the job; -1. */
static int send_job_back(struct app *app, const struct job_facts *job,
	const struct node_facts *node, const struct nodeset *down, struct err *err)
{
	struct demand_job its = {.nodes = NODESET_INIT};
	struct demand_job *jobs[] = {&its};
	struct demand demand = {.jobs = jobs, .njobs = 1};
	struct failure failure = {
		.class = ERR_TRANSIENT,
		.attempts = 1,
		.uncounted = true,
		.requeued = true,
		.ended = true,
		.gone = node->registered ? down : NULL,
	};
	char text[160];
	int rc;

	snprintf(text, sizeof(text), "no instance is behind node %s%s", node->name,
		down->n > 1 ? " and others" : "");
	failure.text = text;
	rc = nodeset_filter(down, &(struct nodeset)NODESET_INIT, false, &its.nodes, err);
	if (rc == 0)
		rc = slurm_client_job(job->job_id, &its.facts, err);
	if (rc == 0) {
		its.facts.restart = job->restart;
		failure_send_back(app, &demand, down, &failure);
	}
	job_facts_release(&its.facts);
	nodeset_release(&its.nodes);
	if (rc < 0)
		return err->class == ERR_NOTFOUND ? 0 : -1;
	return 1;
}

/* To power saving, from whatever state, with a reason that is ours. */
static int force(struct app *app, const struct node_facts *node, const char *why,
	struct repairs *repairs, struct err *err)
{
	char reason[160];

	snprintf(reason, sizeof(reason), "burst: %.120s", why);
	/* its slurmd is gone: slurmctld would wait for its answer */
	if (node->registered && !node->down && slurm_client_down(node->name, reason, err) < 0)
		return -1;
	/* SuspendProgram, called for it now, makes it powered down at once */
	if (slurm_client_force_down(node->name, app->conf->slurm.placeholder_address, reason, err) <
		0)
		return -1;
	return nodeset_add(&repairs->revive, node->name, err);
}

int repair_node_empty(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset down = NODESET_INIT;
	const struct survey_node *then = survey_node(survey, finding->node);
	struct node_facts node;
	int rc = look(app, survey, finding, true, &node, err);

	if (rc <= 0)
		return rc;
	if (!then->job)
		return force(app, &node, finding->why, repairs, err) < 0 ? -1 : 1;
	if (bare_nodes_of(app, survey, then->job, &node, &down, err) < 0)
		return -1;
	/* takes the nodes down, too */
	rc = send_job_back(app, then->job, &node, &down, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return force(app, &node, finding->why, repairs, err) < 0 ? -1 : 1;
	return nodeset_filter(&down, &(struct nodeset)NODESET_INIT, false, &repairs->revive, err) <
			       0
		       ? -1
		       : 1;
}

int repair_node_force(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	struct node_facts node;
	int rc = look(app, survey, finding, true, &node, err);

	if (rc <= 0)
		return rc;
	if (node.allocated)
		return 0;
	return force(app, &node, finding->why, repairs, err) < 0 ? -1 : 1;
}

int repair_node_resume(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	struct node_facts node;
	int rc = look(app, survey, finding, true, &node, err);

	if (rc <= 0)
		return rc;
	return slurm_client_resume_nodes(node.name, err) < 0 ? -1 : 1;
}

int repair_address(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	struct node_address address = {.name = finding->node, .addr = finding->text};
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_close int lock = -1;
	struct node_facts node;
	int rc = 1;

	if (*finding->gang)
		rc = repair_lock_gang(app, finding, false, &lock, &gang, err);
	if (rc > 0)
		rc = look(app, survey, finding, !*finding->gang, &node, err);
	if (rc <= 0)
		return rc;
	if (!strcmp(node.addr, finding->text))
		return 0;
	return slurm_client_announce(&address, 1, err) < 0 ? -1 : 1;
}
