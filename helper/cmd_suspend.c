/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suspend: slurmctld's SuspendProgram. Nodes become recorded instances in one look at its start,
 * and only those are ended: a binding made later belongs to the node's next life.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/moved.h"
#include "helper/persons.h"
#include "helper/prune.h"
#include "helper/release.h"
#include "helper/runs.h"
#include "helper/stale.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define SETTLE_MAX_MS   300000
#define SETTLE_SPARE_MS 10000
#define CLOCK_SLACK_MS  60000

/* Does a node stay when its gang's job is over, for others, which may run on it by now? */
static bool is_handed_on(const struct app *app, const char *node)
{
	const struct conf_group *group = conf_group_of(app->conf, node);

	return group && group->reuse;
}

/*
 * A gang's instances that this call ends: those of the nodes; all, once its job is over, where no
 * other job gets its nodes.
 */
static int end_part(struct app *app, const struct gang *gang, const struct instance *list, size_t n,
	struct err *err)
{
	cleanup_free struct instance *living = NULL, *part = NULL;
	size_t nliving = 0, npart = 0, running = 0;
	const char *why = "SuspendProgram";
	cleanup_close int lock = -1;
	bool whole;

	if (gang->state == GANG_RELEASING || gang->state == GANG_FAILING) {
		lock = lock_gang(app, gang->id, 0, NULL);
		if (lock < 0) {
			log_info("its own process is ending it");
			return 0;
		}
	}
	if (instance_list(app->db, gang->id, false, &living, &nliving, err) < 0)
		return -1;
	whole = gang->all_or_nothing && !is_handed_on(app, list[0].node) &&
		stale_gang_lives(app, gang, err) == 0;
	part = calloc(nliving + 1, sizeof(*part));
	if (!part)
		return err_nomem(err);
	for (size_t i = 0; i < nliving; i++) {
		bool asked = whole;

		for (size_t k = 0; k < n && !asked; k++)
			asked = !strcmp(list[k].id, living[i].id);
		/* one that is being terminated too: the request may have been lost */
		if (asked)
			part[npart++] = living[i];
		else
			running += living[i].state == INSTANCE_RUNNING;
	}
	if (!running) {
		/* its owner, if it is still on the way up, sees the wish and takes it down itself
		 */
		if (gang->state < GANG_ACTIVE && gang_set_stop(app->db, gang->id, why, err) < 0)
			return -1;
		if (lock < 0)
			lock = lock_gang(app, gang->id, 0, NULL);
		if (gang->state == GANG_ACTIVE &&
			gang_advance(app->db, gang->id, GANG_ACTIVE, GANG_RELEASING, err) < 0)
			return -1;
		if (gang->state < GANG_ACTIVE && lock >= 0 &&
			gang_fail(app->db, gang->id, "powered down on the way up", err) < 0)
			return -1;
	}
	if (!npart)
		return 0;
	return release_instances(app, part, npart, why, RELEASE_CHECK_TAGS, err);
}

static int end_instances(struct app *app, const struct instance *list, size_t n)
{
	cleanup_free struct instance *part = calloc(n + 1, sizeof(*part));
	int rc = 0;

	if (!part)
		return -1;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};
		size_t npart = 0;
		struct err err;
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = !strcmp(list[k].gang, list[i].gang);
		if (seen)
			continue;
		for (size_t k = i; k < n; k++)
			if (!strcmp(list[k].gang, list[i].gang))
				part[npart++] = list[k];
		burst_log_context(NULL, list[i].gang);
		if (gang_get(app->db, list[i].gang, &gang, &err) < 0 ||
			end_part(app, &gang, part, npart, &err) < 0) {
			log_err("%s; the next call or reconcile tries again", err.text);
			rc = -1;
		}
	}
	burst_log_context(NULL, NULL);
	return rc;
}

/* Give the nodes the placeholder: the address of a past instance may soon be somebody else's. */
static void reset_addresses(struct app *app, const struct nodeset *nodes)
{
	cleanup_free struct node_address *addresses = calloc(nodes->n + 1, sizeof(*addresses));
	struct err err;

	if (!addresses || !nodes->n)
		return;
	nodeset_for_each (nodes, i)
		addresses[i] = (struct node_address){
			.name = nodes->names[i], .addr = app->conf->slurm.placeholder_address};
	if (slurm_client_announce(addresses, nodes->n, &err) < 0)
		log_warn("addresses not reset: %s", err.text);
}

/*
 * Nodes without an instance are normal: those of a gang that failed. They are powered down at once
 * rather than after SuspendTimeout. A slurmctld that died may have forgotten that they were given
 * the placeholder. A gang still on its way up is asked to stop.
 */
static void handle_bare(
	struct app *app, const struct nodeset *nodes, const struct nodeset *with, int64_t now_ms)
{
	CLEANUP(nodeset_release)
	struct nodeset bare = NODESET_INIT, unknown = NODESET_INIT, free_nodes = NODESET_INIT;
	cleanup_free char *names = NULL, *frees = NULL;
	struct err err;

	if (nodeset_filter(nodes, with, false, &bare, &err) < 0)
		return;
	nodeset_for_each (&bare, i) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (!conf_group_of(app->conf, bare.names[i])) {
			nodeset_add(&unknown, bare.names[i], NULL);
			continue;
		}
		if (gang_of_node(app->db, bare.names[i], &gang, NULL) == 0 &&
			gang.state < GANG_BOUND) {
			/* the node's next life; much later: the clock was set back */
			if (gang.created_ms >= now_ms && gang.created_ms < now_ms + CLOCK_SLACK_MS)
				continue;
			log_info("node %s: gang %s is on its way up and is asked to stop",
				bare.names[i], gang.id);
			gang_set_stop(app->db, gang.id, "powered down on the way up", NULL);
			continue;
		}
		nodeset_add(&free_nodes, bare.names[i], NULL);
	}
	names = nodeset_format(&unknown);
	frees = nodeset_format(&free_nodes);
	if (names && unknown.n)
		log_warn("nodes %s are of no node group in %s: nothing done for them", names,
			app->conf->path);
	if (frees && free_nodes.n) {
		log_info("nodes %s have no instance: powered down at once", frees);
		reset_addresses(app, &free_nodes);
		if (persons_resume(&free_nodes, &err) < 0)
			log_warn("nodes %s: %s", frees, err.text);
	}
}

/*
 * slurmctld calls for nodes that are powering down. One that is coming up or has a job, and is not,
 * is in its next life: this call is late, and what is bound there now is not its own.
 */
static int drop_risen(struct nodeset *nodes, struct instance *list, size_t *n, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset risen = NODESET_INIT, left = NODESET_INIT;
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free char *names = NULL;
	size_t nfacts = 0, kept = 0;

	/* slurmctld may be going away at this moment; what it asked for is done all the same */
	if (slurm_client_nodes(nodes, &facts, &nfacts, err) < 0) {
		log_warn("%s", err->text);
		return 0;
	}
	/* POWER_DOWN alone is the wish of each node of ours to go when its job ends */
	for (size_t i = 0; i < nfacts; i++)
		if ((facts[i].powering_up || facts[i].allocated) && !facts[i].powering_down &&
			!facts[i].completing && nodeset_add(&risen, facts[i].name, err) < 0)
			return -1;
	if (!risen.n)
		return 0;
	names = nodeset_format(&risen);
	if (!names || nodeset_filter(nodes, &risen, false, &left, err) < 0)
		return err_nomem(err);
	log_warn("nodes %s are in use again: this call is late, and they stay as they are", names);
	for (size_t i = 0; i < *n; i++)
		if (!nodeset_contains(&risen, list[i].node))
			list[kept++] = list[i];
	*n = kept;
	nodeset_release(nodes);
	*nodes = left;
	left = (struct nodeset)NODESET_INIT;
	return 0;
}

static int open_state(struct app *app, struct err *err)
{
	moved_reconcile(app);
	return app_db(app, DB_READ_WRITE, err);
}

int cmd_suspend(int argc, char **argv, const char *conf_path)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT, with = NODESET_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	cleanup_free struct instance *list = NULL;
	int64_t now_ms = clock_now_ms(), wait_ms;
	size_t n = 0;
	struct err err = {0};
	int rc;

	if (argc != 2 || nodeset_parse(&nodes, argv[1], &err) < 0) {
		burst_log_open("suspend", NULL, LOG_LEVEL_INFO, false, true);
		log_err("usage: aws-slurm-burst suspend HOSTLIST (slurmctld calls it as "
			"SuspendProgram)%s%s",
			argc == 2 ? ": " : "", argc == 2 ? err.text : "");
		return 2;
	}
	if (app_load(&app, "suspend", conf_path, isatty(STDERR_FILENO), &err) < 0 ||
		app_slurm(&app, &err) < 0 || open_state(&app, &err) < 0 ||
		instance_of_nodes(app.db, &nodes, now_ms, &list, &n, &err) < 0 ||
		drop_risen(&nodes, list, &n, &err) < 0) {
		log_err("%s: %s stay as they are", err.text, argv[1]);
		return err_exit_code(err.class);
	}
	log_info("called for %s: %zu instance(s)", argv[1], n);
	/* Slurm first: once EC2 has been asked, minutes may pass, and the nodes begin their next
	 * life */
	for (size_t i = 0; i < n; i++)
		nodeset_add(&with, list[i].node, NULL);
	reset_addresses(&app, &with);
	handle_bare(&app, &nodes, &with, now_ms);
	rc = end_instances(&app, list, n);
	runs_note_now(&app);
	/* from 23.02 on slurmctld ends a power program at the larger of the two: be done before */
	wait_ms = (app.site.suspend_timeout_s > app.site.resume_timeout_s
				  ? app.site.suspend_timeout_s
				  : app.site.resume_timeout_s) *
			  1000 -
		  SETTLE_SPARE_MS;
	release_settle(&app, n ? (wait_ms > SETTLE_MAX_MS ? SETTLE_MAX_MS : wait_ms) : 0);
	prune_records(&app, now_ms / 1000);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
