/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile: one pass over what dead processes have left: gangs half way up or down, gangs that
 * were announced and that nobody waits for. For a timer or a person; a gang whose owner lives is
 * left to it. One line per repair.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/boot.h"
#include "helper/commands.h"
#include "helper/failure.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/lost.h"
#include "helper/release.h"
#include "helper/site.h"
#include "helper/stale.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

/* A timer calls us again: what EC2 needs longer for is seen to then. */
#define SETTLE_WAIT_MS 30000
/* slurmctld counts from another moment than we do. */
#define LATE_SPARE_MS 15000

/* Of the gang's nodes with an instance: those that have registered, and those that have not. LATE:
 * some of these will not any more. */
static int look_at_nodes(struct app *app, const struct gang *gang, struct nodeset *up,
	struct nodeset *missing, bool *late, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset bound = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	cleanup_free struct node_facts *facts = NULL;
	size_t n = 0, nfacts = 0;

	if (instance_list(app->db, gang->id, false, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (list[i].state == INSTANCE_RUNNING && *list[i].node &&
			nodeset_add(&bound, list[i].node, err) < 0)
			return -1;
	if (!bound.n)
		return 0;
	if (slurm_client_nodes(&bound, &facts, &nfacts, err) < 0)
		return -1;
	for (size_t i = 0; i < nfacts; i++) {
		/* on its way down: SuspendProgram is called for it */
		if (!facts[i].registered && (facts[i].power_down || facts[i].powering_down))
			continue;
		if (nodeset_add(facts[i].registered ? up : missing, facts[i].name, err) < 0)
			return -1;
		*late = *late || lost_given_up(&facts[i]);
	}
	if (missing->n && clock_now_ms() - gang->changed_ms >
				  app->site.resume_timeout_s * 1000 + LATE_SPARE_MS)
		*late = true;
	return 0;
}

/* Does anybody wait for it? A gang for nodes without a job has nobody to ask: yes. 1, 0, -1. */
static int is_wanted(struct app *app, const struct gang *gang, size_t *njobs, struct err *err)
{
	struct gang_job *jobs = NULL;

	if (gang_jobs(app->db, gang->id, &jobs, njobs, err) < 0)
		return -1;
	gang_jobs_release(jobs, *njobs);
	return *njobs ? stale_gang_lives(app, gang, err) : 1;
}

/*
 * Its jobs are over, cancelled mostly. Slurm first: a node that goes down is not given to another
 * job any more. One that another job has been given meanwhile is that one's now.
 */
static int let_go(struct app *app, const struct gang *gang, struct err *err)
{
	struct failure failure = {.class = ERR_BUSY, .attempts = 1, .ended = true};
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT, going = NODESET_INIT;
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free struct instance *list = NULL;
	size_t n = 0, nfacts = 0, ninstances = 0;

	failure.text = "nobody waits for it any more";
	if (nodeset_parse(&nodes, gang->nodes, err) < 0)
		return -1;
	failure_gang(app, gang, &nodes, &failure);
	if (slurm_client_nodes(&nodes, &facts, &nfacts, err) < 0 ||
		instance_list(app->db, gang->id, false, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < nfacts; i++)
		if (!facts[i].allocated && nodeset_add(&going, facts[i].name, err) < 0)
			return -1;
	for (size_t i = 0; i < n; i++)
		if (nodeset_contains(&going, list[i].node))
			list[ninstances++] = list[i];
	if (gang_advance(app->db, gang->id, GANG_ANNOUNCED,
		    ninstances == n ? GANG_RELEASING : GANG_ACTIVE, err) < 0)
		return -1;
	return release_instances(app, list, ninstances, failure.text, RELEASE_CHECK_TAGS, err);
}

/* An announced gang whose owner has died. The caller holds its lock. Nodes that slurmctld has given
 * up are told in GIVEN_UP. */
static int take_over(struct app *app, struct gang *gang, struct nodeset *given_up, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset up = NODESET_INIT, missing = NODESET_INIT;
	CLEANUP(lost_release) struct lost lost = LOST_INIT;
	const struct conf_group *group;
	bool late = false;
	size_t njobs = 0;
	int wanted, rc;

	if (look_at_nodes(app, gang, &up, &missing, &late, err) < 0)
		return -1;
	/* before the jobs: slurmctld has requeued them, and they do not wait for this gang now */
	if (late) {
		if (lost_late(app, gang, &missing, &lost, err) < 0 ||
			nodeset_filter(
				&missing, &(struct nodeset)NODESET_INIT, false, given_up, err) < 0)
			return -1;
		return lost_take_down(app, gang, &lost, err) < 0 ? -1 : 0;
	}
	wanted = is_wanted(app, gang, &njobs, err);
	if (wanted < 0)
		return -1;
	group = up.n ? conf_group_of(app->conf, up.names[0]) : NULL;
	if (!missing.n && up.n && (wanted || (group && group->reuse))) {
		boot_up(app, gang, &up, njobs && !(group && group->reuse));
		return 0;
	}
	if (!wanted)
		return let_go(app, gang, err);
	rc = lost_ended(app, gang, &lost, err);
	if (rc == 1)
		rc = lost_take_down(app, gang, &lost, err);
	lost_revive(&lost.down);
	return rc < 0 ? -1 : 0;
}

static void say(const struct gang *was, const struct gang *now)
{
	printf("gang %s%s%s: %s -> %s%s%s\n", was->id, *was->job_name ? " of job " : "",
		was->job_name, gang_state_name(was->state), gang_state_name(now->state),
		now->reason ? ": " : "", now->reason ? now->reason : "");
	log_warn("reconcile: gang %s: %s -> %s", was->id, gang_state_name(was->state),
		gang_state_name(now->state));
}

/* Which gangs has nobody in hand? ORPHANS: as many flags as GANGS. */
static void take_over_all(
	struct app *app, struct gang *gangs, size_t n, bool *orphans, struct nodeset *given_up)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_close int lock = lock_gang(app, gangs[i].id, 0, NULL);
		CLEANUP(gang_release) struct gang now = {0};
		struct err err;

		/* an active gang needs nobody: its job runs */
		orphans[i] = lock >= 0 && gangs[i].state != GANG_ACTIVE;
		if (!orphans[i] || gangs[i].state != GANG_ANNOUNCED ||
			gang_get(app->db, gangs[i].id, &now, &err) < 0 ||
			now.state != GANG_ANNOUNCED)
			continue;
		burst_log_context(now.job_name, now.id);
		if (take_over(app, &now, given_up, &err) < 0)
			log_err("%s; tried again at the next call", err.text);
		burst_log_context(NULL, NULL);
	}
}

/* By slurmctld, or by ourselves (lost_revive() did not come to it). */
static bool is_left_down(const struct node_facts *node)
{
	return lost_given_up(node) ||
	       (node->down && node->powered_down && !strncmp(node->reason, "burst: ", 7));
}

/*
 * Nodes that slurmctld gave up after ResumeTimeout and that nobody has sent to power saving since:
 * no ResumeFailProgram, or one that died. They would stay DOWN. Known by slurmctld's own words or
 * ours; a node that a person took down stays as it is.
 */
static void mend_nodes(struct app *app)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free char *hostlist = NULL;
	size_t n = 0;
	struct err err;

	if (slurm_client_nodes(NULL, &facts, &n, &err) < 0) {
		log_warn("%s", err.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (!is_left_down(&facts[i]) || facts[i].allocated || facts[i].powering_down ||
			!conf_group_of(app->conf, facts[i].name))
			continue;
		if (gang_of_node(app->db, facts[i].name, &gang, &err) == 0 ||
			err.class != ERR_NOTFOUND)
			continue;
		if (nodeset_add(&nodes, facts[i].name, &err) < 0)
			return;
	}
	hostlist = nodeset_format(&nodes);
	if (!hostlist || !nodes.n)
		return;
	/* SuspendProgram, called for them now, makes them powered down at once */
	if (slurm_client_force_down(hostlist, app->conf->slurm.placeholder_address,
		    "burst: did not register within ResumeTimeout", &err) < 0) {
		log_err("nodes %s stay DOWN: %s", hostlist, err.text);
		return;
	}
	printf("nodes %s: DOWN since they did not come -> sent to power saving\n", hostlist);
	log_warn("reconcile: nodes %s were DOWN since they did not come: sent to power saving",
		hostlist);
}

static int reconcile(struct app *app, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset given_up = NODESET_INIT;
	cleanup_free bool *orphans = NULL;
	cleanup_free char *hostlist = NULL;
	struct gang *gangs = NULL;
	size_t n = 0;

	if (gang_list(app->db, false, &gangs, &n, err) < 0)
		return -1;
	orphans = calloc(n + 1, sizeof(*orphans));
	if (!orphans) {
		gang_list_release(gangs, n);
		return err_nomem(err);
	}
	take_over_all(app, gangs, n, orphans, &given_up);
	release_settle(app, SETTLE_WAIT_MS);
	/* as resume-fail does: from powering down to powered down, without waiting */
	hostlist = nodeset_format(&given_up);
	if (hostlist && given_up.n && slurm_client_resume_nodes(hostlist, err) < 0)
		log_warn("nodes %s: %s", hostlist, err->text);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang now = {0};

		if (orphans[i] && gang_get(app->db, gangs[i].id, &now, NULL) == 0 &&
			now.state != gangs[i].state)
			say(&gangs[i], &now);
	}
	gang_list_release(gangs, n);
	mend_nodes(app);
	return 0;
}

int cmd_reconcile(int argc, char **argv, const char *conf_path)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	cleanup_close int lock = -1;
	char path[PATH_MAX];
	struct err err = {0};

	if (argc != 1) {
		fprintf(stderr, "usage: aws-slurm-burst reconcile\n");
		return 2;
	}
	if (app_load(&app, "reconcile", conf_path, isatty(STDERR_FILENO), &err) < 0 ||
		app_path(&app, "reconcile.lock", path, sizeof(path), &err) < 0)
		goto fail;
	lock = file_lock(path, 0, &err);
	if (lock < 0) {
		if (err.class != ERR_BUSY)
			goto fail;
		printf("another reconcile is at work\n");
		return 0;
	}
	/* users' words of the configuration are no reason to leave instances running */
	if (site_keep(app.conf, &err) < 0)
		log_warn("what users may know of the configuration: %s", err.text);
	if (app_slurm(&app, &err) == 0 && app_db(&app, DB_READ_WRITE, &err) == 0 &&
		reconcile(&app, &err) == 0)
		return 0;
fail:
	log_err("%s", err.text);
	return err_exit_code(err.class);
}
