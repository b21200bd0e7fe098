/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/stale.h"

#include <string.h>

#include "helper/comment.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* How long a gang's owner may take to see the wish to stop. */
#define OWNER_WAIT_MS 5000

int stale_job_lives(uint32_t job_id, uint32_t restart, struct err *err)
{
	CLEANUP(job_facts_release) struct job_facts facts = {0};

	if (!job_id)
		return 0;
	if (slurm_client_job(job_id, &facts, err) < 0)
		return err->class == ERR_NOTFOUND ? 0 : -1;
	return facts.restart == restart &&
	       (facts.state == JOB_STATE_CONFIGURING || facts.state == JOB_STATE_RUNNING ||
		       facts.state == JOB_STATE_COMPLETING);
}

/* A gang ends as a whole, its owner asked first; of a pool only what is bound to NODES goes, since
 * other jobs run on the rest. */
static int end_gang(struct app *app, const struct gang *gang, const struct instance *list, size_t n,
	struct err *err)
{
	cleanup_close int lock = -1;
	const char *why = "its nodes were given to another job";

	if (!gang->all_or_nothing)
		return release_instances(app, gang->region, list, n, why, RELEASE_CHECK_TAGS, err);
	if (gang_set_stop(app->db, gang->id, why, err) < 0)
		return -1;
	lock = lock_gang(app, gang->id, OWNER_WAIT_MS, err);
	if (lock < 0)
		return -1; /* the owner takes it down by itself */
	if (gang->state == GANG_ACTIVE) {
		if (gang_advance(app->db, gang->id, GANG_ACTIVE, GANG_RELEASING, err) < 0)
			return -1;
	} else if (!gang_state_over(gang->state) && gang->state != GANG_RELEASING &&
		   gang_fail(app->db, gang->id, why, err) < 0) {
		return -1;
	}
	return release_gang(app, gang, why, RELEASE_CHECK_TAGS, err);
}

static void tell(struct app *app, uint32_t job_id, const char *nodes)
{
	CLEANUP(job_facts_release) struct job_facts facts = {0};
	char text[COMMENT_SIZE - 16];

	if (!job_id || slurm_client_job(job_id, &facts, NULL) < 0)
		return;
	snprintf(text, sizeof(text),
		"nodes %.200s still belong to the gang of an earlier job and are released first; "
		"the job "
		"starts by itself when nodes are free",
		nodes);
	comment_job(app, facts.name, text);
}

int stale_release(struct app *app, const struct nodeset *nodes, uint32_t job_id, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset down = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	cleanup_free char *hostlist = NULL;
	size_t n = 0;

	if (app_db(app, DB_READ_WRITE, err) < 0 ||
		instance_of_nodes(app->db, nodes, 0, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};
		int lives;

		if (gang_get(app->db, list[i].gang, &gang, err) < 0)
			return -1;
		lives = gang.job_id == job_id ? 0 : stale_job_lives(gang.job_id, gang.restart, err);
		if (lives < 0)
			return -1;
		if (lives) {
			log_warn("node %s is shared with running job %s: left as it is",
				list[i].node, gang.job_name);
			continue;
		}
		if (nodeset_add(&down, list[i].node, err) < 0)
			return -1;
	}
	hostlist = nodeset_format(&down);
	if (!hostlist)
		return err_nomem(err);
	if (!down.n) {
		log_info("nothing stale on these nodes");
		return 0;
	}
	tell(app, job_id, hostlist);
	if (slurm_client_force_down(hostlist, app->conf->slurm.placeholder_address,
		    "burst: released for another job", err) < 0)
		log_warn("nodes %s: %s", hostlist, err->text);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (!nodeset_contains(&down, list[i].node) ||
			gang_get(app->db, list[i].gang, &gang, err) < 0)
			continue;
		if (end_gang(app, &gang, &list[i], 1, err) < 0)
			log_warn("gang %s: %s", gang.id, err->text);
	}
	log_info("stale nodes %s released", hostlist);
	return 0;
}
