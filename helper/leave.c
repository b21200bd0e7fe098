/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/leave.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"

const char *leave_why_not(const struct node_facts *node, bool anothers, bool has_job)
{
	if (anothers)
		return "another gang has it now";
	if (node->powering_down || (node->powered_down && !node->powering_up))
		return "it is powered down";
	if (node->idle && has_job)
		return "slurmctld takes it for idle, though a job has it";
	return NULL;
}

int leave_is_anothers(struct app *app, const struct gang *gang, const char *node)
{
	CLEANUP(gang_release) struct gang now = {0};
	struct err err;

	if (gang_of_node(app->db, node, &now, &err) < 0)
		return err.class == ERR_NOTFOUND ? 0 : -1;
	return strcmp(now.id, gang->id) != 0 && now.created_ms >= gang->created_ms;
}

/* All nodes that jobs have which run, or wait for them. */
static int nodes_of_jobs(struct nodeset *nodes, struct err *err)
{
	struct job_facts *jobs = NULL;
	size_t n = 0;
	int rc = slurm_client_jobs(&jobs, &n, err);

	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && jobs[i].nodes &&
			(jobs[i].state == JOB_STATE_CONFIGURING ||
				jobs[i].state == JOB_STATE_RUNNING ||
				jobs[i].state == JOB_STATE_OTHER)) {
			CLEANUP(nodeset_release) struct nodeset theirs = NODESET_INIT;

			rc = nodeset_parse(&theirs, jobs[i].nodes, err);
			nodeset_for_each (&theirs, k)
				if (rc == 0 && !nodeset_contains(nodes, theirs.names[k]))
					rc = nodeset_add(nodes, theirs.names[k], err);
		}
		job_facts_release(&jobs[i]);
	}
	free(jobs);
	return rc;
}

int leave_nodes(struct app *app, const struct gang *gang, const struct nodeset *nodes,
	const char *reason, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset fit = NODESET_INIT, busy = NODESET_INIT;
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free char *list = NULL;
	bool idle = false;
	size_t n = 0;

	if (!nodes->n)
		return 0;
	if (slurm_client_nodes(nodes, &facts, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		idle = idle || facts[i].idle;
	/* mostly all of them are allocated, and nobody need be asked */
	if (idle && nodes_of_jobs(&busy, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		bool anothers = gang && leave_is_anothers(app, gang, facts[i].name) != 0;
		const char *why_not = leave_why_not(
			&facts[i], anothers, nodeset_contains(&busy, facts[i].name));

		if (why_not)
			log_info("node %s (%s) is not told to power down after its job: %s",
				facts[i].name, facts[i].state, why_not);
		else if (nodeset_add(&fit, facts[i].name, err) < 0)
			return -1;
	}
	list = nodeset_format(&fit);
	if (!list)
		return err_nomem(err);
	if (fit.n && slurm_client_leave(list, reason, err) < 0)
		return -1;
	return (int)fit.n;
}
