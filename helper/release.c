/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/release.h"

#include <stdlib.h>
#include <string.h>

#include "helper/account.h"
#include "helper/ends.h"
#include "helper/failure.h"
#include "helper/final_cost.h"
#include "helper/groups.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/persons.h"
#include "helper/prices.h"
#include "helper/public.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/launch.h"

/* How long EC2 may deny an instance that it has just launched (facts: eventual consistency). */
#define VISIBLE_WAIT_MS 30000
/* Longer than that an instance of our own records is not invisible: it is gone. */
#define UNSEEN_MS 600000
/* For so long after it was sent, a launch without an answer may still bring instances. */
#define LOST_WINDOW_MS 60000
#define ASK_AGAIN_MS   10000
/* Whoever fails a gang sends its job back within so long, if it lives. */
#define SEND_BACK_MS 10000
/* For so long whoever asked first is believed to have been heard, by those who do not look. */
#define ASKED_MS           60000
#define GROUP_PAUSE_MS     5000
#define PIECE_MAX          200 /* what one filter takes */
#define SETTLE_POLL_MS     1000
#define SETTLE_POLL_MAX_MS 10000

/* One by one: an id that EC2 does not know must not keep the others running. */
static int terminate_each(struct aws *aws, const char *const *ids, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		if (ec2_terminate_instances(aws, &ids[i], 1, err) == 0)
			continue;
		log_warn("instance %s: %s", ids[i], err->text);
		rc = -1;
	}
	return rc;
}

/* TerminateInstances, again while EC2 does not know its own instances yet. */
static int terminate(struct aws *aws, const char *const *ids, size_t n, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + VISIBLE_WAIT_MS;

	for (int64_t pause_ms = 200;; pause_ms *= 2) {
		if (ec2_terminate_instances(aws, ids, n, err) == 0)
			return 0;
		if (err->class != ERR_CONSISTENCY)
			return -1;
		if (clock_mono_ms() >= deadline_ms)
			return n > 1 ? terminate_each(aws, ids, n, err) : -1;
		clock_sleep_ms(pause_ms);
	}
}

/*
 * EC2 does not show INSTANCE: is it gone for good, or not to be seen yet? It forgets terminated
 * ones after an hour, and may deny for a while what it has just launched.
 */
static bool is_gone(struct app *app, const struct aws *aws, const struct instance *instance)
{
	int64_t since_ms = instance->launched_s * 1000;
	CLEANUP(gang_release) struct gang gang = {0};

	if (!since_ms && gang_get(app->db, instance->gang, &gang, NULL) == 0)
		since_ms = gang.created_ms;
	/* both by EC2's clock: ours may have been set forward since */
	return aws_now_s(aws) * 1000 - since_ms > UNSEEN_MS;
}

/* Ours, as far as EC2 says? One that is not is named and left alone. */
static bool is_tagged(const struct app *app, const struct ec2_instance *instance)
{
	const char *tag = ec2_instance_tag(instance, "burst:cluster");

	if (tag && !strcmp(tag, app->cluster))
		return true;
	log_err("instance %s carries %s%s, not burst:cluster=%s: left alone; look who owns it",
		instance->id, tag ? "burst:cluster=" : "no burst:cluster tag", tag ? tag : "",
		app->cluster);
	return false;
}

/* Keep of LIST those that are ours by their tag and that nobody has ended; what is terminated is
 * written down as that. EC2 takes 20 a second of a large gang: twice would be twice as long. */
static int check_tags(
	struct app *app, struct aws *aws, const struct instance **list, size_t *n, struct err *err)
{
	cleanup_free const char **ids = calloc(*n + 1, sizeof(*ids));
	struct ec2_filter filter = {.name = "instance-id", .values = ids, .nvalues = *n};
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
	size_t kept = 0, over = 0;

	if (!ids)
		return err_nomem(err);
	for (size_t i = 0; i < *n; i++)
		ids[i] = list[i]->id;
	/* by filter, not by id: one that EC2 has forgotten must not fail the others */
	if (ec2_describe_instances(aws, NULL, 0, &filter, 1, &found, err) < 0)
		return -1;
	ends_ask(aws, found.all, found.n);
	for (size_t i = 0; i < *n; i++) {
		const struct ec2_instance *instance = NULL;

		for (size_t k = 0; k < found.n && !instance; k++)
			if (!strcmp(found.all[k].id, ids[i]))
				instance = &found.all[k];
		if (instance ? !strcmp(instance->state, "terminated")
			     : is_gone(app, aws, list[i])) {
			over++;
			if (ends_note(app, list[i], instance, err) < 0)
				return -1;
			continue;
		}
		if (instance && list[i]->state == INSTANCE_TERMINATING &&
			!strcmp(instance->state, "shutting-down"))
			continue;
		/* not to be seen yet: it is from our own launch's answer */
		if (instance && !is_tagged(app, instance))
			continue;
		list[kept++] = list[i];
	}
	if (over)
		log_info("%zu instance(s) are terminated at EC2 already, or unknown there", over);
	*n = kept;
	return 0;
}

/* Keep of LIST those that no other process has asked EC2 to end, or is about to: see above. */
static void drop_asked(struct app *app, const struct instance **list, size_t *n, int64_t ms)
{
	int64_t since_ms = clock_now_ms() - ms;
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (instance_is_ending(app->db, list[i]->id, since_ms, NULL) <= 0)
			list[kept++] = list[i];
	*n = kept;
}

/*
 * EC2 could not be asked whose they are. That they are to end is written down all the same: the
 * node of a pool is not powered down a second time, and nobody else would ever ask. Whoever looks
 * at them next (look_at) ends those that are ours.
 */
static void want_ended(struct app *app, const struct instance **list, size_t n, const char *why)
{
	const char *ids[PIECE_MAX];
	struct err err;

	for (size_t i = 0; i < n; i++)
		ids[i] = list[i]->id;
	if (n && instance_set_terminating(app->db, ids, n, why, clock_now_ms(), &err) < 0)
		log_warn("%s", err.text);
}

/* At most PIECE_MAX of them. */
static int release_piece(struct app *app, struct aws *aws, const struct instance **list, size_t n,
	const char *why, enum release_check check, struct err *err)
{
	const char *ids[PIECE_MAX];

	if (check == RELEASE_CHECK_TAGS && check_tags(app, aws, list, &n, err) < 0) {
		want_ended(app, list, n, why);
		return -1;
	}
	drop_asked(app, list, &n, check == RELEASE_CHECK_TAGS ? ASK_AGAIN_MS : ASKED_MS);
	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++)
		ids[i] = list[i]->id;
	if (instance_set_terminating(app->db, ids, n, why, clock_now_ms(), err) < 0) {
		/* a full disk is no reason to go on paying for what was launched a moment ago */
		if (check != RELEASE_JUST_LAUNCHED)
			return -1;
		log_err("terminating %zu instance(s) without a record: %s", n, err->text);
	}
	if (terminate(aws, ids, n, err) < 0)
		return -1;
	log_info("terminating %zu instance(s): %s", n, why);
	return 0;
}

static int release_region(struct app *app, const char *region, const struct instance **list,
	size_t n, const char *why, enum release_check check, struct err *err)
{
	struct aws *aws = app_aws(app, *region ? region : NULL, err);
	int rc = 0;

	if (!aws)
		return -1;
	for (size_t at = 0, piece; at < n; at += piece) {
		piece = n - at < PIECE_MAX ? n - at : PIECE_MAX;
		/* until EC2 knows what it has launched a moment ago, a request for 200 costs as
		 * many tokens as one that ends them: let one instance find out */
		if (!at && n > PIECE_MAX && check == RELEASE_JUST_LAUNCHED)
			piece = 1;
		/* nor must a piece's trouble keep the others running */
		if (release_piece(app, aws, list + at, piece, why, check, err) < 0)
			rc = -1;
	}
	return rc;
}

int release_instances(struct app *app, const struct instance *list, size_t n, const char *why,
	enum release_check check, struct err *err)
{
	cleanup_free const struct instance **left = calloc(n + 1, sizeof(*left));
	cleanup_free bool *done = calloc(n + 1, sizeof(*done));
	int rc = 0;

	if (!left || !done)
		return err_nomem(err);
	if (account_check(app, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		size_t count = 0;

		for (size_t k = i; k < n; k++) {
			if (done[k] || strcmp(list[k].region, list[i].region))
				continue;
			done[k] = true;
			if (list[k].state != INSTANCE_TERMINATED)
				left[count++] = &list[k];
		}
		/* one region's trouble must not keep another's running */
		if (count && release_region(app, list[i].region, left, count, why, check, err) < 0)
			rc = -1;
		while (i + 1 < n && done[i + 1])
			i++;
	}
	return rc;
}

int release_gang(struct app *app, const struct gang *gang, const char *why,
	enum release_check check, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (instance_list(app->db, gang->id, false, &list, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	return release_instances(app, list, n, why, check, err);
}

int release_again(
	struct app *app, const char *region, const char *id, const char *why, struct err *err)
{
	struct ec2_filter filter = {.name = "instance-id", .values = &id, .nvalues = 1};
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
	struct aws *aws = app_aws(app, region, err);
	const char *tag;

	if (!aws || ec2_describe_instances(aws, NULL, 0, &filter, 1, &found, err) < 0)
		return -1;
	if (!found.n || !strcmp(found.all[0].state, "shutting-down") ||
		!strcmp(found.all[0].state, "terminated"))
		return 0;
	tag = ec2_instance_tag(&found.all[0], "burst:cluster");
	if (!tag || strcmp(tag, app->cluster)) {
		log_err("instance %s does not carry burst:cluster=%s: left alone", id,
			app->cluster);
		return 0;
	}
	if (ec2_terminate_instances(aws, &id, 1, err) < 0)
		return -1;
	log_info("terminating instance %s: %s", id, why);
	return 1;
}

int release_find_launched(
	struct aws *aws, const char *token, struct ec2_instances *found, struct err *err)
{
	static const char *const living[] = {"pending", "running", "stopping", "stopped"};
	struct ec2_filter filters[] = {
		{.name = "tag:burst:launch", .values = &token, .nvalues = 1},
		{.name = "instance-state-name", .values = living, .nvalues = ARRAY_SIZE(living)},
	};

	return ec2_describe_instances(aws, NULL, 0, filters, ARRAY_SIZE(filters), found, err);
}

/* One look for the instances of a launch whose answer nobody has; what is found is recorded and
 * ended. Returns how many, -1 on error. */
static int find_lost(
	struct app *app, const struct gang *gang, const struct launch *launch, struct err *err)
{
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
	cleanup_free struct instance *rows = NULL;
	struct prices_found price;
	struct aws *aws = app_aws(app, *launch->region ? launch->region : NULL, err);

	if (!aws || release_find_launched(aws, launch->token, &found, err) < 0)
		return -1;
	if (!found.n)
		return 0;
	rows = calloc(found.n, sizeof(*rows));
	if (!rows)
		return err_nomem(err);
	for (size_t i = 0; i < found.n; i++) {
		const struct ec2_instance *f = &found.all[i];
		struct instance *row = &rows[i];

		snprintf(row->id, sizeof(row->id), "%s", f->id);
		snprintf(row->gang, sizeof(row->gang), "%s", gang->id);
		snprintf(row->launch, sizeof(row->launch), "%s", launch->token);
		snprintf(row->region, sizeof(row->region), "%s", launch->region);
		snprintf(row->type, sizeof(row->type), "%s", f->type);
		snprintf(row->az, sizeof(row->az), "%s", f->az);
		snprintf(row->subnet, sizeof(row->subnet), "%s", f->subnet);
		row->spot = f->spot;
		row->rate_uusd_hr = gang->rate_uusd_hr;
		row->disk_uusd_hr = app->conf->cost.disk_uusd_hr;
		if (prices_of(app, launch->region, f->type, f->az, f->spot, &price, NULL) == 0)
			row->rate_uusd_hr = price.uusd_hr;
		if (prices_of(app, launch->region, f->type, "", false, &price, NULL) == 0)
			row->od_rate_uusd_hr = price.full_uusd_hr;
		row->launched_s = f->launched_s;
	}
	log_warn("%zu instance(s) of a launch whose answer was lost: ending them", found.n);
	if (instance_insert(app->db, rows, found.n, false, err) < 0 ||
		release_instances(app, rows, found.n, "answer lost", RELEASE_JUST_LAUNCHED, err) <
			0)
		return -1;
	return (int)found.n;
}

int release_prepared(struct app *app, const struct gang *gang, struct err *err)
{
	struct launch *launches = NULL;
	size_t n = 0;
	int rc;

	/* mostly none: the list has every request's bytes */
	if (launch_count_prepared(app->db, gang->id, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	if (account_check(app, err) < 0)
		return -1;
	rc = launch_list(app->db, gang->id, &launches, &n, err);
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		if (launches[i].state != LAUNCH_PREPARED)
			continue;
		if (find_lost(app, gang, &launches[i], err) < 0) {
			rc = -1;
		} else if (clock_since_ms(launches[i].sent_ms, clock_now_ms()) < LOST_WINDOW_MS) {
			rc = 1; /* it may still be on its way: look again later */
		} else if (launch_finish(app->db, launches[i].token, LAUNCH_LOST, "", "",
				   "no answer was written down", err) < 0) {
			rc = -1;
		}
	}
	launch_list_release(launches, n);
	return rc;
}

/* What EC2 still has running long after it was asked to end it: the request was lost, or refused.
 */
static void ask_again(struct app *app, struct aws *aws, const struct ec2_instances *found,
	const struct instance *list, size_t n)
{
	const char *ids[PIECE_MAX];
	size_t count = 0;
	struct err err;

	for (size_t i = 0; i < n; i++) {
		if (clock_since_ms(list[i].last_asked_ms, clock_now_ms()) < ASK_AGAIN_MS)
			continue;
		for (size_t k = 0; k < found->n; k++)
			if (!strcmp(found->all[k].id, list[i].id) &&
				strcmp(found->all[k].state, "shutting-down") &&
				strcmp(found->all[k].state, "terminated") &&
				is_tagged(app, &found->all[k]))
				ids[count++] = list[i].id;
	}
	if (!count)
		return;
	log_warn("%zu instance(s) were to be terminated and are not: asking again", count);
	if (instance_set_asked(app->db, ids, count, clock_now_ms(), &err) < 0)
		log_warn("%s", err.text);
	if (ec2_terminate_instances(aws, ids, count, &err) < 0)
		log_err("%s", err.text);
}

/* One look at EC2 for what is being terminated in one region. Returns how many are not yet, -1 on
 * error. */
static long look_at(struct app *app, const char *region, const struct instance *list, size_t n)
{
	struct aws *aws;
	struct err err;
	long left = 0;

	aws = app_aws(app, region, &err);
	if (!aws) {
		log_warn("region %s: %s; tried again at the next call",
			region ? region : app->conf->aws.region, err.text);
		return -1;
	}
	for (size_t at = 0; at < n; at += PIECE_MAX) {
		CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
		const char *ids[PIECE_MAX];
		size_t piece = n - at < PIECE_MAX ? n - at : PIECE_MAX;
		struct ec2_filter filter = {.name = "instance-id", .values = ids, .nvalues = piece};

		for (size_t i = 0; i < piece; i++)
			ids[i] = list[at + i].id;
		if (ec2_describe_instances(aws, NULL, 0, &filter, 1, &found, &err) < 0) {
			log_warn("cannot see what is being terminated: %s; tried again at the next "
				 "call",
				err.text);
			return -1;
		}
		ends_ask(aws, found.all, found.n);
		ask_again(app, aws, &found, list + at, piece);
		for (size_t i = 0; i < piece; i++) {
			const struct ec2_instance *seen = NULL;
			bool ended;

			for (size_t k = 0; k < found.n && !seen; k++)
				if (!strcmp(found.all[k].id, ids[i]))
					seen = &found.all[k];
			ended = seen ? !strcmp(seen->state, "terminated")
				     : is_gone(app, aws, &list[at + i]);
			if (!ended)
				left++;
			else if (ends_note(app, &list[at + i], seen, &err) < 0)
				log_err("instance %s is terminated but cannot be written down: %s",
					ids[i], err.text);
		}
	}
	return left;
}

/*
 * A gang that nobody works on any more, though it is half way up: its process has died. What it has
 * is ended, and its job sent back.
 */
static int take_over(struct app *app, struct gang *gang, struct err *err)
{
	struct failure failure = {.class = ERR_TRANSIENT, .attempts = 1, .ended = true};
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;

	failure.text = "its process died on the way up";
	log_warn(
		"gang %s was left in state %s: taken down", gang->id, gang_state_name(gang->state));
	if (gang_fail(app->db, gang->id, failure.text, err) < 0 ||
		release_gang(app, gang, failure.text, RELEASE_CHECK_TAGS, err) < 0 ||
		nodeset_parse(&nodes, gang->nodes, err) < 0)
		return -1;
	gang->state = GANG_FAILING;
	failure.text = "the helper died while it launched the job's nodes";
	failure_gang(app, gang, &nodes, &failure);
	return 0;
}

/*
 * Of a gang's living instances end those that are to end and were not asked to, since the request
 * failed or was never sent: all of a gang that is over; of one that goes on those without a node,
 * which nobody else would ever look for.
 */
static int end_forgotten(struct app *app, const struct gang *gang, const struct instance *list,
	size_t n, struct err *err)
{
	bool over = gang->state == GANG_FAILING || gang->state == GANG_RELEASING;
	cleanup_free struct instance *some = calloc(n + 1, sizeof(*some));
	size_t count = 0;

	if (!some)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (list[i].state == INSTANCE_RUNNING && (over || !*list[i].node))
			some[count++] = list[i];
	if (!count)
		return 0;
	return release_instances(app, some, count,
		over ? "its gang is over" : "its gang goes on without it", RELEASE_CHECK_TAGS, err);
}

/*
 * Has this start of the job a younger gang? A slurmctld that died forgets a start, and makes the
 * next one under the same number: what waits then waits for that one's gang.
 */
static bool has_younger(struct app *app, const struct gang *gang, const struct gang_job *job)
{
	CLEANUP(gang_release) struct gang now = {0};
	struct err err;

	return gang_of_job(app->db, job->job_id, job->restart, &now, &err) == 0 &&
	       strcmp(now.id, gang->id) != 0 && now.created_ms >= gang->created_ms;
}

/* Has one of its jobs the nodes of this start still? */
static int is_waited_for(struct app *app, const struct gang *gang, struct err *err)
{
	struct gang_job *jobs = NULL;
	size_t n = 0;
	int rc = gang_jobs(app->db, gang->id, &jobs, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		CLEANUP(job_facts_release) struct job_facts now = {0};

		if (slurm_client_job(jobs[i].job_id, &now, err) < 0)
			rc = err->class == ERR_NOTFOUND ? 0 : -1;
		else if (now.restart == jobs[i].restart && !has_younger(app, gang, &jobs[i]))
			rc = now.state == JOB_STATE_CONFIGURING || now.state == JOB_STATE_RUNNING;
	}
	gang_jobs_release(jobs, n);
	return rc;
}

/*
 * A gang is failing, and its job still waits for the nodes: who failed it died before it told
 * Slurm. Else the job would wait until ResumeTimeout. 1: whoever did it may still be about to; 0;
 * -1.
 */
static int send_back(struct app *app, const struct gang *gang, struct err *err)
{
	struct failure failure = {.class = ERR_TRANSIENT, .attempts = 1, .ended = true};
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	int waits = is_waited_for(app, gang, err);

	if (waits <= 0)
		return waits;
	/* ResumeFailProgram works without the lock, which the waiting resume had until now */
	if (clock_since_ms(gang->changed_ms, clock_now_ms()) < SEND_BACK_MS)
		return 1;
	if (nodeset_parse(&nodes, gang->nodes, err) < 0)
		return -1;
	log_warn("gang %s failed, and nobody told its job", gang->id);
	failure.text = gang->reason && *gang->reason ? gang->reason : "its process died";
	failure_gang(app, gang, &nodes, &failure);
	return 0;
}

/* Its next life may have the same address. */
static bool is_anothers(struct app *app, const char *node, const struct gang *gang)
{
	CLEANUP(gang_release) struct gang now = {0};
	struct err err;

	if (gang_of_node(app->db, node, &now, &err) < 0)
		return err.class != ERR_NOTFOUND;
	return strcmp(now.id, gang->id) != 0;
}

/*
 * Nothing of the gang runs any more. A node that slurmctld still expects at the address of one of
 * its instances was not powered down, as who ended these died before: jobs would be given it.
 */
static void power_down_left(struct app *app, const struct gang *gang)
{
	CLEANUP(nodeset_release)
	struct nodeset all = NODESET_INIT, nodes = NODESET_INIT, down = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free char *hostlist = NULL;
	size_t n = 0, nfacts = 0;
	struct err err;

	if (nodeset_parse(&all, gang->nodes, &err) < 0)
		goto fail;
	/* one that was adopted to be ended stands there by its id where nobody knows its node */
	nodeset_for_each (&all, i)
		if (conf_group_of(app->conf, all.names[i]) &&
			nodeset_add(&nodes, all.names[i], &err) < 0)
			goto fail;
	if (!nodes.n)
		return;
	if (instance_list(app->db, gang->id, true, &list, &n, &err) < 0 ||
		slurm_client_nodes(&nodes, &facts, &nfacts, &err) < 0)
		goto fail;
	for (size_t i = 0; i < nfacts; i++) {
		const struct node_facts *node = &facts[i];

		if (node->allocated || node->power_down || node->powering_down ||
			node->powered_down || persons_node(node))
			continue;
		for (size_t k = 0; k < n; k++)
			if (*list[k].ip && !strcmp(list[k].node, node->name) &&
				!strcmp(list[k].ip, node->addr) &&
				!is_anothers(app, node->name, gang)) {
				nodeset_add(&down, node->name, NULL);
				break;
			}
	}
	hostlist = nodeset_format(&down);
	if (!hostlist || !down.n)
		return;
	log_warn(
		"nodes %s are up in Slurm, and their instances have ended: powered down", hostlist);
	if (slurm_client_force_down(hostlist, app->conf->slurm.placeholder_address,
		    "burst: its instance has ended", &err) < 0)
		log_err("nodes %s: %s", hostlist, err.text);
	return;
fail:
	log_warn("%s", err.text);
}

int release_finish(struct app *app, struct gang *gang, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	enum gang_state to;
	size_t living = 0;
	int waiting, told = 0;

	if (gang->state < GANG_ANNOUNCED && take_over(app, gang, err) < 0)
		return -1;
	if (gang->state == GANG_FAILING)
		told = send_back(app, gang, err);
	if (told < 0)
		return -1;
	/* one that takes what comes may be up beside a launch that nobody knows the answer of */
	waiting = release_prepared(app, gang, err);
	if (waiting < 0 || instance_list(app->db, gang->id, false, &list, &living, err) < 0 ||
		end_forgotten(app, gang, list, living, err) < 0)
		return -1;
	if (living || waiting || told)
		return waiting || told;
	power_down_left(app, gang);
	final_cost_tell(app, gang);
	/* the last node of a pool went by itself */
	if ((gang->state == GANG_ANNOUNCED || gang->state == GANG_ACTIVE) &&
		gang_advance(app->db, gang->id, gang->state, GANG_RELEASING, err) < 0)
		return -1;
	to = gang->state == GANG_FAILING ? GANG_FAILED : GANG_RELEASED;
	if (gang_advance(app->db, gang->id,
		    gang->state == GANG_FAILING ? GANG_FAILING : GANG_RELEASING, to, err) < 0)
		return -1;
	lock_gang_remove(app, gang->id);
	log_info("gang %s is %s: nothing of it runs", gang->id, gang_state_name(to));
	public_gang(app, gang->id);
	return 0;
}

/* Returns how many must be waited for. */
static long finish_gangs(struct app *app)
{
	struct gang *gangs = NULL;
	size_t n = 0;
	long waiting = 0;
	struct err err;

	if (gang_list(app->db, false, &gangs, &n, &err) < 0) {
		log_err("%s", err.text);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		/* its owner, if it lives, finishes it */
		cleanup_close int lock = lock_gang(app, gangs[i].id, 0, NULL);
		CLEANUP(gang_release) struct gang now = {0};

		if (lock < 0)
			continue;
		/* as it is now that nobody else can change it */
		if (gang_get(app->db, gangs[i].id, &now, &err) < 0 || gang_state_over(now.state)) {
			lock_gang_remove(app, gangs[i].id);
			continue;
		}
		switch (release_finish(app, &now, &err)) {
		case 0:
			break;
		case 1:
			waiting++;
			break;
		default:
			log_err("gang %s: %s; tried again at the next call", gangs[i].id, err.text);
		}
	}
	gang_list_release(gangs, n);
	return waiting;
}

/* Look once at all that is being terminated, region by region. */
static long look(struct app *app)
{
	cleanup_free struct instance *all = NULL, *some = NULL;
	cleanup_free bool *done = NULL;
	size_t n = 0;
	long left = 0;
	struct err err;

	if (instance_list(app->db, NULL, false, &all, &n, &err) < 0) {
		log_err("%s", err.text);
		return -1;
	}
	some = calloc(n + 1, sizeof(*some));
	done = calloc(n + 1, sizeof(*done));
	for (size_t g = 0; some && done && g < n; g++) {
		size_t count = 0;
		long more;

		if (done[g] || all[g].state != INSTANCE_TERMINATING)
			continue;
		for (size_t i = g; i < n; i++) {
			if (done[i] || all[i].state != INSTANCE_TERMINATING ||
				strcmp(all[i].region, all[g].region))
				continue;
			done[i] = true;
			some[count++] = all[i];
		}
		more = look_at(app, *all[g].region ? all[g].region : NULL, some, count);
		left = more < 0 || left < 0 ? -1 : left + more;
	}
	return left;
}

void release_settle(struct app *app, int64_t wait_ms)
{
	int64_t deadline_ms = clock_mono_ms() + wait_ms;
	struct err err;

	/* elsewhere everything looks as if it were gone */
	if (account_check(app, &err) < 0) {
		log_err("nothing is looked after at EC2: %s", err.text);
		return;
	}
	for (int64_t pause_ms = SETTLE_POLL_MS;; pause_ms = pause_ms * 3 / 2) {
		long waiting, left;

		/* first what dead processes left, since that begins new terminations */
		waiting = finish_gangs(app);
		left = look(app);
		if ((!waiting && !left) || clock_mono_ms() >= deadline_ms)
			break;
		clock_sleep_ms(pause_ms < SETTLE_POLL_MAX_MS ? pause_ms : SETTLE_POLL_MAX_MS);
	}
	finish_gangs(app);
	/* EC2 calls a group in use for some seconds after its last instance has ended */
	if (groups_remove_empty(app) && wait_ms > 0) {
		clock_sleep_ms(GROUP_PAUSE_MS);
		groups_remove_empty(app);
	}
}
