/* SPDX-License-Identifier: Apache-2.0 */
/* repair: gangs whose process has died, or whose jobs or instances have gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/boot.h"
#include "helper/failure.h"
#include "helper/log.h"
#include "helper/lost.h"
#include "helper/release.h"
#include "helper/repair_internal.h"
#include "helper/stale.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

static bool is_up(const struct gang *gang)
{
	return gang->state == GANG_ANNOUNCED || gang->state == GANG_ACTIVE;
}

static int append(struct nodeset *set, const struct nodeset *more, struct err *err)
{
	static const struct nodeset none = NODESET_INIT;

	return nodeset_filter(more, &none, false, set, err);
}

/* "gang 7-0123456789 of job 7: announced -> failing: WHY", but for the name, which say() adds. */
static void tell(struct app *app, const struct gang *was, const char *why, struct repairs *repairs)
{
	CLEANUP(gang_release) struct gang now = {0};

	if (gang_get(app->db, was->id, &now, NULL) < 0)
		return;
	snprintf(repairs->text, sizeof(repairs->text), "%s -> %s%s%.400s",
		gang_state_name(was->state), gang_state_name(now.state), *why ? ": " : "", why);
}

/* Which of the gang's nodes have registered, and which of those with an instance have not. */
static int look_at_nodes(struct app *app, const struct gang *gang, struct nodeset *up,
	struct nodeset *missing, struct err *err)
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
	}
	return 0;
}

int repair_member_lost(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(gang_release) struct gang gang = {0};
	CLEANUP(lost_release) struct lost lost = LOST_INIT;
	cleanup_close int lock = -1;
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc <= 0)
		return rc;
	if (!is_up(&gang))
		return 0;
	rc = lost_ended(app, &gang, &lost, err);
	if (rc <= 0)
		return rc;
	rc = lost_take_down(app, &gang, &lost, err);
	repairs->settle = true;
	if (append(&repairs->revive, &lost.down, err) < 0 || rc < 0)
		return -1;
	tell(app, &gang, lost.why, repairs);
	return 1;
}

int repair_gang_late(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset up = NODESET_INIT, missing = NODESET_INIT;
	CLEANUP(gang_release) struct gang gang = {0};
	CLEANUP(lost_release) struct lost lost = LOST_INIT;
	cleanup_close int lock = -1;
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc <= 0)
		return rc;
	if (gang.state != GANG_ANNOUNCED)
		return 0;
	if (look_at_nodes(app, &gang, &up, &missing, err) < 0)
		return -1;
	if (!missing.n)
		return 0;
	if (lost_late(app, &gang, &missing, &lost, err) < 0 ||
		append(&repairs->given_up, &missing, err) < 0 ||
		lost_take_down(app, &gang, &lost, err) < 0)
		return -1;
	repairs->settle = true;
	tell(app, &gang, lost.why, repairs);
	return 1;
}

static int count_running(struct app *app, const char *gang, size_t *running, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (instance_list(app->db, gang, false, &list, &n, err) < 0)
		return -1;
	*running = 0;
	for (size_t i = 0; i < n; i++)
		*running += list[i].state == INSTANCE_RUNNING;
	return 0;
}

int repair_gang_unowned(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(gang_release) struct gang gang = {0}, was = {0}, now = {0};
	size_t before = 0, after = 0;
	cleanup_close int lock = -1;
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc <= 0)
		return rc;
	if (gang_get(app->db, gang.id, &was, err) < 0 ||
		count_running(app, gang.id, &before, err) < 0)
		return -1;
	repairs->settle = true;
	if (release_finish(app, &gang, err) < 0 || gang_get(app->db, was.id, &now, err) < 0 ||
		count_running(app, was.id, &after, err) < 0)
		return -1;
	if (now.state != was.state)
		tell(app, &was, now.reason ? now.reason : "", repairs);
	else if (before > after)
		snprintf(repairs->text, sizeof(repairs->text),
			"%s: %zu instance(s) that nobody had ended are being terminated",
			gang_state_name(was.state), before - after);
	else
		/* what is being ended takes its time at EC2 */
		return 0;
	return 1;
}

/* Does anybody wait for it, or use it? A gang for nodes without a job has nobody to ask: yes. */
static int is_wanted(struct app *app, const struct gang *gang, size_t *njobs, struct err *err)
{
	struct gang_job *jobs = NULL;

	if (gang_jobs(app->db, gang->id, &jobs, njobs, err) < 0)
		return -1;
	gang_jobs_release(jobs, *njobs);
	return *njobs ? stale_gang_lives(app, gang, err) : 1;
}

/*
 * Its jobs are over. Slurm first: a node that goes down is not given to another job any more. One
 * that another job has been given meanwhile is that one's now.
 */
int repair_job_over(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	struct failure failure = {.class = ERR_BUSY, .attempts = 1, .ended = true};
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT, going = NODESET_INIT;
	CLEANUP(gang_release) struct gang gang = {0};
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free struct instance *list = NULL;
	cleanup_close int lock = -1;
	size_t n = 0, nfacts = 0, ending = 0, njobs = 0;
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc <= 0)
		return rc;
	if (!is_up(&gang))
		return 0;
	rc = is_wanted(app, &gang, &njobs, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	failure.text = gang.state == GANG_ACTIVE ? "its job is over"
						 : "nobody waits for it any more";
	if (nodeset_parse(&nodes, gang.nodes, err) < 0)
		return -1;
	failure_gang(app, &gang, &nodes, &failure);
	if (slurm_client_nodes(&nodes, &facts, &nfacts, err) < 0 ||
		instance_list(app->db, gang.id, false, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < nfacts; i++)
		if (!facts[i].allocated && nodeset_add(&going, facts[i].name, err) < 0)
			return -1;
	for (size_t i = 0; i < n; i++)
		if (nodeset_contains(&going, list[i].node))
			list[ending++] = list[i];
	if (!ending && n)
		return 0;
	if (ending == n && gang_advance(app->db, gang.id, gang.state, GANG_RELEASING, err) < 0)
		return -1;
	if (ending < n && gang.state == GANG_ANNOUNCED &&
		gang_advance(app->db, gang.id, GANG_ANNOUNCED, GANG_ACTIVE, err) < 0)
		return -1;
	repairs->settle = true;
	if (release_instances(app, list, ending, failure.text, RELEASE_CHECK_TAGS, err) < 0)
		return -1;
	tell(app, &gang, failure.text, repairs);
	return 1;
}

int repair_gang_up(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset up = NODESET_INIT, missing = NODESET_INIT;
	CLEANUP(gang_release) struct gang gang = {0};
	const struct conf_group *group;
	cleanup_close int lock = -1;
	size_t njobs = 0;
	int rc = repair_lock_gang(app, finding, false, &lock, &gang, err);

	if (rc <= 0)
		return rc;
	if (gang.state != GANG_ANNOUNCED)
		return 0;
	if (look_at_nodes(app, &gang, &up, &missing, err) < 0)
		return -1;
	group = up.n ? conf_group_of(app->conf, up.names[0]) : NULL;
	if (missing.n || !up.n)
		return 0;
	rc = is_wanted(app, &gang, &njobs, err);
	if (rc < 0 || (!rc && !(group && group->reuse)))
		return rc;
	boot_up(app, &gang, &up, njobs && !(group && group->reuse));
	tell(app, &gang, "", repairs);
	return 1;
}
