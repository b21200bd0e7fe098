/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/stale.h"

#include <stdlib.h>
#include <string.h>

#include "helper/comment.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* How long a job may take back to the queue, once its prolog has said no. */
#define TELL_WAIT_MS 15000
/* How long it waits for the nodes, at first. */
#define FIRST_WAIT_S 8

static const char why_stale[] = "its nodes were given to another job";

int stale_job_lives(uint32_t job_id, uint32_t restart, struct err *err)
{
	CLEANUP(job_facts_release) struct job_facts facts = {0};

	if (!job_id)
		return 0;
	if (slurm_client_job(job_id, &facts, err) < 0)
		return err->class == ERR_NOTFOUND ? 0 : -1;
	/* requeued while it ran: the next start is counted, and this one is ending still */
	if (facts.state == JOB_STATE_COMPLETING)
		return facts.restart == restart || facts.restart == restart + 1;
	/* OTHER: it is suspended */
	return facts.restart == restart &&
	       (facts.state == JOB_STATE_CONFIGURING || facts.state == JOB_STATE_RUNNING ||
		       facts.state == JOB_STATE_OTHER);
}

int stale_gang_lives(struct app *app, const struct gang *gang, struct err *err)
{
	struct gang_job *jobs = NULL;
	size_t n = 0;
	int rc = gang_jobs(app->db, gang->id, &jobs, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = stale_job_lives(jobs[i].job_id, jobs[i].restart, err);
	gang_jobs_release(jobs, n);
	return rc;
}

/*
 * Which of NODES does a job other than JOB_ID hold now? Those are never touched, whatever our
 * records say. Without slurmctld's answer nothing is.
 */
static int held_by_others(
	const struct nodeset *nodes, uint32_t job_id, struct nodeset *held, struct err *err)
{
	struct job_facts *jobs = NULL;
	size_t n = 0;
	int rc = slurm_client_jobs(&jobs, &n, err);

	for (size_t i = 0; i < n; i++) {
		CLEANUP(nodeset_release) struct nodeset theirs = NODESET_INIT;

		if (rc == 0 && jobs[i].job_id != job_id && jobs[i].nodes &&
			(jobs[i].state == JOB_STATE_RUNNING ||
				jobs[i].state == JOB_STATE_CONFIGURING)) {
			rc = nodeset_parse(&theirs, jobs[i].nodes, err);
			if (rc == 0)
				rc = nodeset_filter(nodes, &theirs, true, held, err);
		}
		job_facts_release(&jobs[i]);
	}
	free(jobs);
	return rc;
}

/* A gang that is still on its way up is asked to stop, when nobody waits for it any more. */
static void stop_gang(struct app *app, const struct gang *gang)
{
	struct err err;

	if (stale_gang_lives(app, gang, &err) == 0 &&
		gang_set_stop(app->db, gang->id, why_stale, &err) < 0)
		log_warn("gang %s: %s", gang->id, err.text);
}

/*
 * End what is bound to the nodes, and no more: others may run on the rest of the gang. With its
 * last instance the gang is on its way out.
 */
static int end_part(struct app *app, const struct gang *gang, const struct instance *part, size_t n,
	struct err *err)
{
	cleanup_free struct instance *living = NULL;
	size_t nliving = 0, running = 0;

	if (release_instances(app, part, n, why_stale, RELEASE_CHECK_TAGS, err) < 0 ||
		instance_list(app->db, gang->id, false, &living, &nliving, err) < 0)
		return -1;
	for (size_t i = 0; i < nliving; i++)
		running += living[i].state == INSTANCE_RUNNING;
	if (!running && gang->state == GANG_ACTIVE)
		return gang_advance(app->db, gang->id, GANG_ACTIVE, GANG_RELEASING, err);
	return 0;
}

/*
 * Nothing has failed, so it need not wait as after a failure: other nodes may be free, and these
 * will be soon. Twice as long each time, for what holds them may be slow to go.
 */
static int64_t wait_s(const struct conf *conf, uint32_t restart)
{
	int64_t s = FIRST_WAIT_S;

	for (uint32_t i = 1; i < restart && s < conf->slurm.requeue_delay_s; i++)
		s *= 2;
	return s < conf->slurm.requeue_delay_s ? s : conf->slurm.requeue_delay_s;
}

/*
 * Say why it waits, and when it may start: slurmctld would leave it for 121 s without a word. It is
 * on its way back to the queue at this moment, so not at once.
 */
static void tell(struct app *app, uint32_t job_id, const char *nodes, bool refit)
{
	struct job_change change = JOB_CHANGE_INIT;
	char text[COMMENT_SIZE - 16], comment[COMMENT_SIZE];
	int64_t deadline_ms = clock_mono_ms() + TELL_WAIT_MS;
	struct err err;

	snprintf(text, sizeof(text),
		"nodes %.200s still belong to an earlier job's gang and are released first; the "
		"job starts by itself when nodes are free",
		nodes);
	comment_put(app, &change, text, comment, sizeof(comment));
	if (refit)
		change.requeue = 0;
	for (;; clock_sleep_ms(250)) {
		CLEANUP(job_facts_release) struct job_facts facts = {0};

		if (slurm_client_job(job_id, &facts, &err) < 0 || !facts.batch)
			return; /* srun and salloc have ended */
		change.begin_s = clock_now_s() + wait_s(app->conf, facts.restart);
		if (facts.state == JOB_STATE_PENDING &&
			slurm_client_job_change(facts.name, &change, &err) == 0)
			return;
		if (clock_mono_ms() >= deadline_ms) {
			log_warn("job %s could not be told", facts.name);
			return;
		}
	}
}

/* The nodes of LIST that may be released, gang by gang. */
static int choose(struct app *app, const struct instance *list, size_t n,
	const struct nodeset *held, struct nodeset *down, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (nodeset_contains(held, list[i].node)) {
			log_warn("node %s is in use by another job: left as it is", list[i].node);
			continue;
		}
		if (gang_get(app->db, list[i].gang, &gang, err) < 0)
			return -1;
		if (gang.state < GANG_ACTIVE && gang.all_or_nothing) {
			/* its owner takes it down, all of it */
			stop_gang(app, &gang);
			continue;
		}
		if (nodeset_add(down, list[i].node, err) < 0)
			return -1;
	}
	return 0;
}

/* Gangs that have the nodes in their plan, and no instances yet. */
static void stop_planned(struct app *app, const struct nodeset *nodes, uint32_t job_id)
{
	nodeset_for_each (nodes, i) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (gang_of_node(app->db, nodes->names[i], &gang, NULL) == 0 &&
			gang.job_id != job_id && gang.state < GANG_BOUND)
			stop_gang(app, &gang);
	}
}

bool stale_let_requeue(uint32_t job_id)
{
	CLEANUP(job_facts_release) struct job_facts facts = {0};
	struct job_change change = JOB_CHANGE_INIT;
	struct err err;

	change.requeue = 1;
	if (slurm_client_job(job_id, &facts, &err) < 0) {
		log_warn("job %u: may it be requeued? %s", (unsigned)job_id, err.text);
		return false;
	}
	if (!facts.batch || facts.requeue)
		return false;
	if (slurm_client_job_change(facts.name, &change, &err) < 0) {
		log_warn("job %s may not be requeued, slurmctld will cancel it: %s", facts.name,
			err.text);
		return false;
	}
	return true;
}

int stale_release(
	struct app *app, const struct nodeset *nodes, uint32_t job_id, bool refit, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset down = NODESET_INIT, held = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	cleanup_free char *hostlist = NULL, *all = nodeset_format(nodes);
	size_t n = 0;

	if (!all)
		return err_nomem(err);
	if (app_db(app, DB_READ_WRITE, err) < 0 || held_by_others(nodes, job_id, &held, err) < 0 ||
		instance_of_nodes(app->db, nodes, 0, &list, &n, err) < 0 ||
		choose(app, list, n, &held, &down, err) < 0)
		return -1;
	stop_planned(app, nodes, job_id);
	hostlist = nodeset_format(&down);
	if (!hostlist)
		return err_nomem(err);
	if (down.n && slurm_client_force_down(hostlist, app->conf->slurm.placeholder_address,
			      "burst: released for another job", err) < 0)
		log_warn("nodes %s: %s", hostlist, err->text);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (!nodeset_contains(&down, list[i].node) ||
			gang_get(app->db, list[i].gang, &gang, err) < 0)
			continue;
		if (end_part(app, &gang, &list[i], 1, err) < 0)
			log_warn("gang %s: %s", gang.id, err->text);
	}
	if (job_id)
		tell(app, job_id, all, refit);
	log_info("stale nodes %s: %s released", all, down.n ? hostlist : "none");
	return 0;
}
