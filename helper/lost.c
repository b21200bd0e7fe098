/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/lost.h"

#include <stdlib.h>
#include <string.h>

#include "helper/console.h"
#include "helper/failure.h"
#include "helper/log.h"
#include "helper/persons.h"
#include "helper/protect.h"
#include "helper/release.h"
#include "helper/stale.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* slurmctld looks for what is to be powered down every 10 s, unless told otherwise. */
#define REVIVE_WAIT_MS 15000

void lost_release(struct lost *lost)
{
	nodeset_release(&lost->nodes);
	nodeset_release(&lost->down);
	free(lost->instances);
	*lost = (struct lost)LOST_INIT;
}

/* EC2's state reasons for an instance that ended while it booted; a prefix of the code each. */
static const struct judgement {
	const char *code;
	enum err_class class;
	bool blame;
	const char *what_happened; /* "instance i-… …" */
} judgements[] = {
	{"Server.InsufficientInstanceCapacity", ERR_CAPACITY, false, "lost its capacity"},
	{"Server.Spot", ERR_CAPACITY, false, "was taken back as spot capacity"},
	{"Server.", ERR_TRANSIENT, false, "was ended by EC2"},
	{"Client.UserInitiatedShutdown", ERR_FATAL, false, "was ended by somebody"},
	{"Client.InstanceInitiatedShutdown", ERR_FATAL, true, "shut itself down"},
	{"Client.InternalError", ERR_FATAL, true, "could not be started"},
	{"Client.InvalidSnapshot.NotFound", ERR_CONFIG, true, "has no snapshot to start from"},
	{"Client.VolumeLimitExceeded", ERR_QUOTA, false, "exceeded the account's volume quota"},
	{"", ERR_FATAL, true, "ended"},
};

void lost_judge(const char *reason, enum err_class *class, bool *blame, const char **what_happened)
{
	for (size_t i = 0; i < ARRAY_SIZE(judgements); i++) {
		const struct judgement *j = &judgements[i];

		if (strncmp(reason, j->code, strlen(j->code)) != 0)
			continue;
		*class = j->class;
		*blame = j->blame;
		*what_happened = j->what_happened;
		return;
	}
}

bool lost_given_up(const struct node_facts *node)
{
	return node->down && !strncmp(node->reason, LOST_GIVEN_UP, strlen(LOST_GIVEN_UP));
}

/* By tag and state, so that the answer has only what ended: a healthy gang's is empty. */
static int ask_ended(
	struct aws *aws, const struct gang *gang, struct ec2_instances *found, struct err *err)
{
	static const char *const ended[] = {"shutting-down", "terminated", "stopping", "stopped"};
	const char *id = gang->id;
	struct ec2_filter filters[] = {
		{.name = "tag:burst:gang", .values = &id, .nvalues = 1},
		{.name = "instance-state-name", .values = ended, .nvalues = ARRAY_SIZE(ended)},
	};

	return ec2_describe_instances(aws, NULL, 0, filters, ARRAY_SIZE(filters), found, err);
}

/* EC2's message mostly begins with the code once more. */
static const char *say_once(const char *reason)
{
	size_t len = strcspn(reason, ":");

	return reason[len] && reason[len + 1] == ' ' && !strncmp(reason + len + 2, reason, len + 1)
		       ? reason + len + 2
		       : reason;
}

static void say_ended(struct lost *lost, bool was_up, const char *reason)
{
	const struct instance *first = &lost->instances[0];
	char more[48] = "";
	const char *what;

	lost_judge(reason, &lost->class, &lost->blame, &what);
	if (lost->nodes.n > 1)
		snprintf(more, sizeof(more), " and %zu more", lost->nodes.n - 1);
	if (was_up) {
		/* whatever ended it, the boot was good */
		lost->blame = false;
		lost->was_up = true;
		snprintf(lost->why, sizeof(lost->why),
			"node %s%s %s gone: instance %s (%s in %s) %s (%s)", first->node, more,
			lost->nodes.n > 1 ? "have" : "has", first->id, first->type, first->az, what,
			*reason ? say_once(reason) : "EC2 gives no reason");
		return;
	}
	snprintf(lost->why, sizeof(lost->why),
		"node %s%s did not finish %s boot: instance %s (%s in %s) %s (%s)", first->node,
		more, lost->nodes.n > 1 ? "their" : "its", first->id, first->type, first->az, what,
		*reason ? say_once(reason) : "EC2 gives no reason");
}

int lost_ended(struct app *app, const struct gang *gang, struct lost *lost, struct err *err)
{
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
	struct aws *aws = app_aws(app, gang->region, err);
	cleanup_free struct instance *list = NULL;
	const char *reason = "";
	size_t n = 0;

	if (!aws || ask_ended(aws, gang, &found, err) < 0)
		return -1;
	/* the records after EC2: what we ourselves end is "terminating" before EC2 is asked */
	if (!found.n || instance_list(app->db, gang->id, false, &list, &n, err) < 0)
		return found.n ? -1 : 0;
	lost->instances = calloc(n + 1, sizeof(*lost->instances));
	if (!lost->instances)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (list[i].state != INSTANCE_RUNNING || !*list[i].node)
			continue;
		for (size_t k = 0; k < found.n; k++) {
			if (strcmp(found.all[k].id, list[i].id) != 0)
				continue;
			if (!lost->ninstances)
				reason = found.all[k].reason;
			lost->instances[lost->ninstances++] = list[i];
			if (nodeset_add(&lost->nodes, list[i].node, err) < 0)
				return -1;
			break;
		}
	}
	if (!lost->ninstances)
		return 0;
	lost->ended = true;
	say_ended(lost, gang->state == GANG_ACTIVE, reason);
	return 1;
}

int lost_late(struct app *app, const struct gang *gang, const struct nodeset *nodes,
	struct lost *lost, struct err *err)
{
	long long timeout_s = (long long)app->site.resume_timeout_s;
	cleanup_free char *hostlist = NULL;

	if (nodeset_filter(nodes, &(struct nodeset)NODESET_INIT, false, &lost->nodes, err) < 0 ||
		instance_of_nodes(app->db, nodes, 0, &lost->instances, &lost->ninstances, err) < 0)
		return -1;
	for (size_t i = 0; i < lost->ninstances;)
		if (strcmp(lost->instances[i].gang, gang->id) != 0)
			lost->instances[i] = lost->instances[--lost->ninstances];
		else
			i++;
	hostlist = nodeset_format(nodes);
	if (!hostlist)
		return err_nomem(err);
	if (nodes->n == 1)
		snprintf(lost->why, sizeof(lost->why),
			"node %s did not register within %lld s (ResumeTimeout)", hostlist,
			timeout_s);
	else
		snprintf(lost->why, sizeof(lost->why),
			"%zu of %u nodes did not register within %lld s (ResumeTimeout): %.200s",
			nodes->n, gang->size, timeout_s, hostlist);
	lost->class = ERR_FATAL; /* the administrator's log has the console */
	lost->blame = true;
	return 0;
}

/* Its job is over and its nodes are others' now, or may be: these have lost nothing. */
static bool is_handed_on(struct app *app, const struct gang *gang, const struct lost *lost)
{
	const struct conf_group *group = lost->nodes.n
						 ? conf_group_of(app->conf, lost->nodes.names[0])
						 : NULL;

	return gang->state == GANG_ACTIVE && group && group->reuse &&
	       stale_gang_lives(app, gang, NULL) == 0;
}

/* Does anything of the gang go on without what is lost? 1, 0, -1. */
static int goes_on(
	struct app *app, const struct gang *gang, const struct lost *lost, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (gang->all_or_nothing && !is_handed_on(app, gang, lost))
		return 0;
	/* all of its life: a pool of which some have come and gone has not failed */
	if (instance_list(app->db, gang->id, true, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (*list[i].node && !nodeset_contains(&lost->nodes, list[i].node))
			return 1;
	return 0;
}

/* Those that had registered before they ended. */
static void find_gone(struct lost *lost)
{
	cleanup_free struct node_facts *facts = NULL;
	size_t n = 0;

	if (slurm_client_nodes(&lost->nodes, &facts, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (facts[i].registered)
			nodeset_add(&lost->down, facts[i].name, NULL);
}

void lost_revive(const struct nodeset *nodes)
{
	CLEANUP(nodeset_release) struct nodeset done = NODESET_INIT;
	int64_t deadline_ms = clock_mono_ms() + REVIVE_WAIT_MS;

	while (done.n < nodes->n && clock_mono_ms() < deadline_ms) {
		CLEANUP(nodeset_release) struct nodeset now = NODESET_INIT;
		cleanup_free struct node_facts *facts = NULL;
		cleanup_free char *list = NULL;
		size_t n = 0;

		if (slurm_client_nodes(nodes, &facts, &n, NULL) < 0)
			n = 0;
		for (size_t i = 0; i < n; i++)
			/* one that is not DOWN any more has been seen to, and a person's stays so
			 */
			if ((facts[i].powering_down || !facts[i].down || persons_node(&facts[i])) &&
				!nodeset_contains(&done, facts[i].name) &&
				nodeset_add(
					facts[i].down && !persons_node(&facts[i]) ? &now : &done,
					facts[i].name, NULL) < 0)
				return;
		list = nodeset_format(&now);
		if (list && now.n && slurm_client_resume_nodes(list, NULL) == 0)
			log_info("nodes %s are powered down", list);
		if (done.n < nodes->n)
			clock_sleep_ms(500);
	}
}

int lost_take_down(struct app *app, const struct gang *gang, struct lost *lost, struct err *err)
{
	struct failure failure = {
		.class = lost->class,
		.text = lost->why,
		.attempts = 1,
		.requeued = true, /* after ResumeTimeout, which may be over just now */
		.ended = true,
		/* its start was a good one */
		.uncounted = lost->was_up,
	};
	CLEANUP(nodeset_release) struct nodeset all = NODESET_INIT;
	int part = goes_on(app, gang, lost, err), first = 1, rc;

	if (part < 0 || nodeset_parse(&all, gang->nodes, err) < 0)
		return -1;
	if (!part)
		first = gang_fail(app->db, gang->id, lost->why, err);
	if (first < 0)
		return -1;
	if (!first) {
		log_info("the gang is being taken down already");
		return 1;
	}
	if (lost->ended)
		find_gone(lost);
	failure.gone = lost->down.n ? &lost->down : NULL;
	/* before its job can start again */
	if (lost->blame)
		protect_failed(app, gang, lost->why);
	if (part)
		rc = release_instances(
			app, lost->instances, lost->ninstances, lost->why, RELEASE_CHECK_TAGS, err);
	else
		rc = release_gang(app, gang, lost->why, RELEASE_CHECK_TAGS, err);
	if (rc < 0)
		log_err("%s; tried again at the next call", err->text);
	failure_gang(app, gang, part ? &lost->nodes : &all, &failure);
	/* at the end, since nobody waits for it; those that EC2 took back have nothing to tell */
	if (lost->class != ERR_CAPACITY)
		console_log(app, gang->region, lost->instances, lost->ninstances);
	return part ? 0 : 1;
}
