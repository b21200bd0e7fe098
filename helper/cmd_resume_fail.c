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
#include "helper/lost.h"
#include "helper/persons.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"

#define OWNER_WAIT_MS  3000
#define SETTLE_WAIT_MS 120000

static int fail_gang(
	struct app *app, const struct gang *gang, const struct nodeset *late, struct err *err)
{
	CLEANUP(lost_release) struct lost lost = LOST_INIT;
	cleanup_close int lock = -1;

	if (lost_late(app, gang, late, &lost, err) < 0)
		return -1;
	/* on its way up still: its owner is to stop before the next side effect */
	if (gang->state < GANG_ANNOUNCED && gang_set_stop(app->db, gang->id, lost.why, err) < 0)
		return -1;
	lock = lock_gang(app, gang->id, gang->state < GANG_ANNOUNCED ? OWNER_WAIT_MS : 0, err);
	if (lock < 0)
		log_info("%s; going on: it only waits for the nodes", err->text);
	return lost_take_down(app, gang, &lost, err);
}

struct node_gang {                               /* of each node of the call */
	char id[sizeof(((struct gang *)0)->id)]; /* "": none */
};

/* The gang of node I, with those of the further nodes that it has too. LOOSE: what nobody takes
 * down. */
static int fail_gang_of(struct app *app, const struct nodeset *nodes, const struct node_gang *gangs,
	size_t i, struct nodeset *loose)
{
	CLEANUP(nodeset_release) struct nodeset late = NODESET_INIT;
	CLEANUP(gang_release) struct gang gang = {0};
	struct err err;

	for (size_t k = 0; k < i; k++)
		if (!strcmp(gangs[k].id, gangs[i].id))
			return 0;
	for (size_t k = i; k < nodes->n; k++)
		if (!strcmp(gangs[k].id, gangs[i].id) &&
			nodeset_add(&late, nodes->names[k], &err) < 0)
			goto fail;
	if (gang_get(app->db, gangs[i].id, &gang, &err) < 0)
		goto fail;
	/* it goes down by another hand, which may have died before it told Slurm */
	if (gang.state >= GANG_RELEASING)
		return nodeset_filter(&late, &(struct nodeset)NODESET_INIT, false, loose, NULL);
	burst_log_context(gang.job_name, gang.id);
	if (fail_gang(app, &gang, &late, &err) >= 0)
		return 0;
fail:
	log_err("%s", err.text);
	return -1;
}

static int fail_all(struct app *app, const struct nodeset *nodes, struct err *err)
{
	cleanup_free struct node_gang *gangs = calloc(nodes->n + 1, sizeof(*gangs));
	struct failure failure = {.class = ERR_BUSY, .attempts = 1};
	CLEANUP(nodeset_release) struct nodeset loose = NODESET_INIT;
	struct demand nobody = {0};
	int rc = 0;

	if (!gangs)
		return err_nomem(err);
	nodeset_for_each (nodes, i) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (gang_of_node(app->db, nodes->names[i], &gang, err) == 0)
			snprintf(gangs[i].id, sizeof(gangs[i].id), "%s", gang.id);
		else if (err->class != ERR_NOTFOUND)
			log_err("node %s: %s", nodes->names[i], err->text);
		else if (conf_group_of(app->conf, nodes->names[i]))
			nodeset_add(&loose, nodes->names[i], NULL);
	}
	nodeset_for_each (nodes, i)
		if (*gangs[i].id && fail_gang_of(app, nodes, gangs, i, &loose) < 0)
			rc = err_set(err, ERR_FATAL, "not all gangs could be taken down");
	burst_log_context(NULL, NULL);
	/* those of them that are DOWN; the others have been seen to */
	failure.text = "did not register within ResumeTimeout";
	if (loose.n)
		failure_send_back(app, &nobody, &loose, &failure);
	return rc;
}

int cmd_resume_fail(int argc, char **argv, const char *conf_path)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err = {0};
	int rc;

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
	rc = fail_all(&app, &nodes, &err);
	if (rc < 0)
		log_err("%s", err.text);
	release_settle(&app, SETTLE_WAIT_MS);
	/*
	 * They were DOWN; while they are powering down, RESUME makes them idle and powered down. On
	 * a node that is DOWN and powered down it would leave NOT_RESPONDING behind.
	 */
	if (persons_resume(&nodes, &err) < 0)
		log_warn("nodes %s: %s", argv[1], err.text);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
