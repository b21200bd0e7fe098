/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume-fail: slurmctld's ResumeFailProgram, for nodes that did not register within ResumeTimeout.
 * The gang is taken down as a whole; slurmctld has requeued the job already.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/comment.h"
#include "helper/failure.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define OWNER_WAIT_MS  3000
#define SETTLE_WAIT_MS 120000

/* The job is pending again by slurmctld's own hand: tell it why, and when it may start. */
static void tell_job(struct app *app, const struct gang *gang, const char *why)
{
	CLEANUP(job_facts_release) struct job_facts facts = {0};
	struct job_change change = JOB_CHANGE_INIT;
	char text[COMMENT_SIZE - 16], comment[COMMENT_SIZE];
	unsigned failures = 1;
	int64_t spent_uusd;
	struct err err;

	if (!gang->job_id || slurm_client_job(gang->job_id, &facts, &err) < 0)
		return;
	gang_history(app->db, gang->job_id, &failures, &spent_uusd, NULL);
	snprintf(text, sizeof(text), "%s", why);
	if (facts.batch && facts.state == JOB_STATE_PENDING) {
		if (failures >= (unsigned)app->conf->slurm.max_attempts) {
			change.hold = true;
			snprintf(text, sizeof(text),
				"%s; held after %u failed starts: scontrol release %s to try again",
				why, failures, facts.name);
		} else {
			change.begin_s = clock_now_s() +
					 failure_delay_s(
						 app->conf->slurm.requeue_delay_s, failures);
		}
	}
	comment_put(app, &change, text, comment, sizeof(comment));
	if (slurm_client_job_change(facts.name, &change, &err) < 0)
		log_warn("job %s could not be told: %s", facts.name, err.text);
}

/* Of a pool only the node's own instance goes: other jobs run on the rest. */
static int fail_node(struct app *app, const struct gang *gang, const char *node, const char *why,
	const char *reason, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset one = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (nodeset_add(&one, node, err) < 0 ||
		instance_of_nodes(app->db, &one, 0, &list, &n, err) < 0 ||
		release_instances(app, gang->region, list, n, why, RELEASE_CHECK_TAGS, err) < 0)
		return -1;
	log_err("%s: taken down", why);
	return slurm_client_force_down(node, app->conf->slurm.placeholder_address, reason, err);
}

static int fail_gang(struct app *app, const struct gang *gang, const char *node, struct err *err)
{
	cleanup_close int lock = -1;
	char why[256], reason[256];

	snprintf(why, sizeof(why), "node %s did not register within %lld s (ResumeTimeout)", node,
		(long long)app->site.resume_timeout_s);
	snprintf(reason, sizeof(reason), "burst: %.240s", why);
	if (!gang->all_or_nothing)
		return fail_node(app, gang, node, why, reason, err);
	if (gang_set_stop(app->db, gang->id, why, err) < 0)
		return -1;
	lock = lock_gang(app, gang->id, OWNER_WAIT_MS, err);
	if (lock < 0)
		log_info("%s; going on: it only waits for the nodes", err->text);
	if (gang_fail(app->db, gang->id, why, err) < 0)
		return -1;
	if (release_gang(app, gang, why, RELEASE_CHECK_TAGS, err) < 0)
		log_err("%s", err->text);
	tell_job(app, gang, why);
	if (slurm_client_force_down(
		    gang->nodes, app->conf->slurm.placeholder_address, reason, err) < 0)
		log_warn("nodes %s: %s", gang->nodes, err->text);
	log_err("%s: taken down", why);
	return 0;
}

int cmd_resume_fail(int argc, char **argv, const char *conf_path)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err = {0};
	int rc = 0;

	if (argc != 2 || nodeset_parse(&nodes, argv[1], &err) < 0) {
		burst_log_open("resume-fail", NULL, LOG_LEVEL_INFO, false, true);
		log_err("usage: aws-slurm-burst resume-fail HOSTLIST (slurmctld calls it as "
			"ResumeFailProgram)%s%s",
			argc == 2 ? ": " : "", argc == 2 ? err.text : "");
		return 2;
	}
	if (app_load(&app, "resume-fail", conf_path, isatty(STDERR_FILENO), &err) < 0 ||
		app_slurm(&app, &err) < 0 || app_db(&app, DB_READ_WRITE, &err) < 0) {
		log_err("%s", err.text);
		return err_exit_code(err.class);
	}
	log_info("called for %s", argv[1]);
	/* they are DOWN: back to idle first, else they stay unusable when they are powered down */
	if (slurm_client_resume_nodes(argv[1], &err) < 0)
		log_warn("nodes %s: %s", argv[1], err.text);
	nodeset_for_each (&nodes, i) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (gang_of_node(app.db, nodes.names[i], &gang, &err) < 0) {
			if (err.class != ERR_NOTFOUND)
				log_err("node %s: %s", nodes.names[i], err.text);
			continue; /* taken down with another node of its gang */
		}
		if (gang.state == GANG_FAILING || gang.state == GANG_RELEASING)
			continue;
		burst_log_context(gang.job_name, gang.id);
		if (fail_gang(&app, &gang, nodes.names[i], &err) < 0) {
			log_err("%s", err.text);
			rc = -1;
		}
	}
	burst_log_context(NULL, NULL);
	release_settle(&app, SETTLE_WAIT_MS);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
