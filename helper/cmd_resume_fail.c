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
#include "helper/failure.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define OWNER_WAIT_MS  3000
#define SETTLE_WAIT_MS 120000

/* Of a pool only the node's own instance goes, since other jobs run on the rest; else all of the
 * gang. */
static int end_instances(struct app *app, const struct gang *gang, const struct nodeset *one,
	const char *why, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (gang->all_or_nothing)
		return release_gang(app, gang, why, RELEASE_CHECK_TAGS, err);
	if (instance_of_nodes(app->db, one, 0, &list, &n, err) < 0)
		return -1;
	return release_instances(app, gang->region, list, n, why, RELEASE_CHECK_TAGS, err);
}

static int fail_gang(struct app *app, const struct gang *gang, const char *node, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	struct failure failure = {
		.class = ERR_TRANSIENT, .attempts = 1, .requeued = true, .ended = true};
	cleanup_close int lock = -1;
	char why[256];

	snprintf(why, sizeof(why), "node %s did not register within %lld s (ResumeTimeout)", node,
		(long long)app->site.resume_timeout_s);
	failure.text = why;
	if (gang->all_or_nothing) {
		if (nodeset_parse(&nodes, gang->nodes, err) < 0 ||
			gang_set_stop(app->db, gang->id, why, err) < 0)
			return -1;
		lock = lock_gang(app, gang->id, OWNER_WAIT_MS, err);
		if (lock < 0)
			log_info("%s; going on: it only waits for the nodes", err->text);
		if (gang_fail(app->db, gang->id, why, err) < 0)
			return -1;
	} else if (nodeset_add(&nodes, node, err) < 0) {
		return -1;
	}
	if (end_instances(app, gang, &nodes, why, err) < 0)
		log_err("%s; tried again at the next call", err->text);
	failure_gang(app, gang, &nodes, &failure);
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
	/*
	 * They were DOWN; while they are powering down, RESUME makes them idle and powered down. On
	 * a node that is DOWN and powered down it would leave NOT_RESPONDING behind.
	 */
	if (slurm_client_resume_nodes(argv[1], &err) < 0)
		log_warn("nodes %s: %s", argv[1], err.text);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
