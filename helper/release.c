/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/release.h"

#include <stdlib.h>
#include <string.h>

#include "helper/lock.h"
#include "helper/log.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/launch.h"
#include "lib/state/placement.h"

/* How long EC2 may deny an instance that it has just launched (facts: eventual consistency). */
#define VISIBLE_WAIT_MS 30000
#define SETTLE_POLL_MS  1000
/* A request sent just before its process died may still be on its way. */
#define PREPARED_WAIT_MS   5000
#define SETTLE_POLL_MAX_MS 10000

/* TerminateInstances, again while EC2 does not know its own instances yet. */
static int terminate(struct aws *aws, const char *const *ids, size_t n, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + VISIBLE_WAIT_MS;
	struct err local;

	if (!err)
		err = &local;
	for (int64_t pause_ms = 200;; pause_ms *= 2) {
		if (ec2_terminate_instances(aws, ids, n, err) == 0)
			return 0;
		if (err->class != ERR_CONSISTENCY || clock_mono_ms() >= deadline_ms)
			return -1;
		clock_sleep_ms(pause_ms);
	}
}

/* Keep of IDS those that carry our cluster's tag; what EC2 no longer knows is written down as
 * ended. */
static int check_tags(
	struct app *app, struct aws *aws, const char **ids, size_t *n, struct err *err)
{
	struct ec2_filter filter = {
		.name = "instance-id", .values = (const char *const *)ids, .nvalues = *n};
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
	size_t kept = 0;

	/* by filter, not by id: one that EC2 has forgotten must not fail the others */
	if (ec2_describe_instances(aws, NULL, 0, &filter, 1, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < *n; i++) {
		const struct ec2_instance *instance = NULL;
		const char *tag;

		for (size_t k = 0; k < found.n && !instance; k++)
			if (!strcmp(found.all[k].id, ids[i]))
				instance = &found.all[k];
		if (!instance || !strcmp(instance->state, "terminated")) {
			log_info("instance %s is %s at EC2 already", ids[i],
				instance ? "terminated" : "unknown");
			if (instance_set_terminated(app->db, ids[i], clock_now_ms(), err) < 0)
				return -1;
			continue;
		}
		tag = ec2_instance_tag(instance, "burst:cluster");
		if (!tag || strcmp(tag, app->cluster)) {
			log_err("instance %s carries %s%s, not burst:cluster=%s: left alone; look "
				"who owns it",
				ids[i], tag ? "burst:cluster=" : "no burst:cluster tag",
				tag ? tag : "", app->cluster);
			continue;
		}
		ids[kept++] = ids[i];
	}
	*n = kept;
	return 0;
}

int release_instances(struct app *app, const char *region, const struct instance *list, size_t n,
	const char *why, enum release_check check, struct err *err)
{
	cleanup_free const char **ids = calloc(n + 1, sizeof(*ids));
	struct aws *aws = app_aws(app, region, err);
	size_t count = 0;

	if (!aws)
		return -1;
	if (!ids)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (list[i].state != INSTANCE_TERMINATED)
			ids[count++] = list[i].id;
	/* in pieces of what one filter takes */
	for (size_t at = 0; at < count;) {
		size_t piece = count - at < 200 ? count - at : 200;
		size_t left = piece;

		if (check == RELEASE_CHECK_TAGS && check_tags(app, aws, ids + at, &left, err) < 0)
			return -1;
		if (left && instance_set_terminating(
				    app->db, ids + at, left, why, clock_now_ms(), err) < 0) {
			/* a full disk is no reason to go on paying for what was launched a moment
			 * ago */
			if (check != RELEASE_JUST_LAUNCHED)
				return -1;
			log_err("terminating %zu instance(s) without a record: %s", left,
				err ? err->text : "?");
		}
		if (left && terminate(aws, ids + at, left, err) < 0)
			return -1;
		if (left)
			log_info("terminating %zu instance(s): %s", left, why);
		at += piece;
	}
	return 0;
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
	return release_instances(app, gang->region, list, n, why, check, err);
}

/* Instances that carry the launch's tag and are not on their way out yet. */
static int find_launched(
	struct aws *aws, const char *token, struct ec2_instances *found, struct err *err)
{
	static const char *const living[] = {"pending", "running", "stopping", "stopped"};
	struct ec2_filter filters[] = {
		{.name = "tag:burst:launch", .values = &token, .nvalues = 1},
		{.name = "instance-state-name", .values = living, .nvalues = ARRAY_SIZE(living)},
	};

	return ec2_describe_instances(aws, NULL, 0, filters, ARRAY_SIZE(filters), found, err);
}

int release_lost(struct app *app, const struct gang *gang, const char *token, int64_t wait_ms,
	struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + wait_ms;
	struct aws *aws = app_aws(app, gang->region, err);
	int total = 0;

	if (!aws)
		return -1;
	for (int64_t pause_ms = 1000;; pause_ms *= 2) {
		CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
		cleanup_free struct instance *rows = NULL;

		if (find_launched(aws, token, &found, err) < 0)
			return -1;
		rows = calloc(found.n + 1, sizeof(*rows));
		if (!rows)
			return err_nomem(err);
		for (size_t i = 0; i < found.n; i++) {
			const struct ec2_instance *f = &found.all[i];
			struct instance *row = &rows[i];

			snprintf(row->id, sizeof(row->id), "%s", f->id);
			snprintf(row->gang, sizeof(row->gang), "%s", gang->id);
			snprintf(row->launch, sizeof(row->launch), "%s", token);
			snprintf(row->type, sizeof(row->type), "%s", f->type);
			snprintf(row->az, sizeof(row->az), "%s", f->az);
			snprintf(row->subnet, sizeof(row->subnet), "%s", f->subnet);
			row->spot = f->spot;
			row->rate_uusd_hr = gang->rate_uusd_hr;
			row->launched_s = f->launched_s;
		}
		if (found.n) {
			log_warn("%zu instance(s) of a launch whose answer was lost: ending them",
				found.n);
			if (instance_insert(app->db, rows, found.n, false, err) < 0 ||
				release_instances(app, gang->region, rows, found.n, "answer lost",
					RELEASE_JUST_LAUNCHED, err) < 0)
				return -1;
			total += (int)found.n;
		}
		if (clock_mono_ms() >= deadline_ms)
			return total;
		clock_sleep_ms(pause_ms);
	}
}

int release_prepared(struct app *app, const struct gang *gang, struct err *err)
{
	struct launch *launches = NULL;
	size_t n = 0;
	int rc = launch_list(app->db, gang->id, &launches, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (launches[i].state != LAUNCH_PREPARED)
			continue;
		rc = release_lost(app, gang, launches[i].token, PREPARED_WAIT_MS, err) < 0 ? -1 : 0;
		if (rc == 0)
			rc = launch_finish(app->db, launches[i].token, LAUNCH_LOST, "", "",
				"its process died before the answer was written down", err);
	}
	launch_list_release(launches, n);
	return rc;
}

/* One look at EC2 for what is being terminated in one region. Returns how many are not yet, -1 on
 * error. */
static long look_at(struct app *app, const char *region, struct instance *list, size_t n)
{
	struct aws *aws;
	struct err err;
	long left = 0;

	aws = app_aws(app, region, &err);
	if (!aws) {
		log_warn("region %s: %s", region, err.text);
		return -1;
	}
	for (size_t at = 0; at < n; at += 200) {
		CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
		const char *ids[200];
		size_t piece = n - at < 200 ? n - at : 200;
		struct ec2_filter filter = {.name = "instance-id", .values = ids, .nvalues = piece};

		for (size_t i = 0; i < piece; i++)
			ids[i] = list[at + i].id;
		if (ec2_describe_instances(aws, NULL, 0, &filter, 1, &found, &err) < 0) {
			log_warn("cannot see what is being terminated: %s", err.text);
			return -1;
		}
		for (size_t i = 0; i < piece; i++) {
			bool ended = true; /* EC2 forgets terminated ones after an hour */

			for (size_t k = 0; k < found.n; k++)
				if (!strcmp(found.all[k].id, ids[i]))
					ended = !strcmp(found.all[k].state, "terminated");
			/* just launched, it may be invisible as well */
			if (ended && !found.n &&
				clock_now_ms() - list[at + i].end_asked_ms < VISIBLE_WAIT_MS)
				ended = false;
			if (!ended)
				left++;
			else if (instance_set_terminated(app->db, ids[i], clock_now_ms(), &err) < 0)
				log_err("instance %s is terminated but cannot be written down: %s",
					ids[i], err.text);
		}
	}
	return left;
}

/*
 * A gang that nobody works on any more, though it is half way up: its process has died. What it has
 * is ended; slurmctld sends its job back when the nodes do not register.
 */
static int take_over(struct app *app, struct gang *gang, struct err *err)
{
	static const char why[] = "its process died on the way up";

	log_warn(
		"gang %s was left in state %s: taken down", gang->id, gang_state_name(gang->state));
	if (gang_fail(app->db, gang->id, why, err) < 0 ||
		release_gang(app, gang, why, RELEASE_CHECK_TAGS, err) < 0)
		return -1;
	gang->state = GANG_FAILING;
	return 0;
}

/* Move a gang that has no living instance any more to its end. The caller holds its lock. */
static int finish_gang(struct app *app, struct gang *gang, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	enum gang_state to;
	size_t living = 0;

	if (gang->state < GANG_ANNOUNCED && take_over(app, gang, err) < 0)
		return -1;
	if (release_prepared(app, gang, err) < 0 ||
		instance_list(app->db, gang->id, false, &list, &living, err) < 0)
		return -1;
	if (living)
		return 0;
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
	return 0;
}

static void finish_gangs(struct app *app)
{
	struct gang *gangs = NULL;
	size_t n = 0;
	struct err err;

	if (gang_list(app->db, false, &gangs, &n, &err) < 0) {
		log_err("%s", err.text);
		return;
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
		if (finish_gang(app, &now, &err) < 0)
			log_err("gang %s: %s", gangs[i].id, err.text);
	}
	gang_list_release(gangs, n);
}

static void remove_groups(struct app *app)
{
	cleanup_free struct placement *groups = NULL;
	size_t n = 0;
	struct err err;

	if (placement_removable(app->db, &groups, &n, &err) < 0) {
		log_err("%s", err.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};
		struct aws *aws;

		if (gang_get(app->db, groups[i].gang, &gang, &err) < 0) {
			log_err("placement group %s: %s", groups[i].name, err.text);
			continue;
		}
		aws = app_aws(app, gang.region, &err);
		if (!aws || ec2_delete_placement_group(aws, groups[i].name, &err) < 0) {
			log_warn("placement group %s stays for now: %s", groups[i].name, err.text);
			continue;
		}
		if (placement_set_deleted(app->db, groups[i].name, clock_now_ms(), &err) < 0)
			log_err("placement group %s is deleted but cannot be written down: %s",
				groups[i].name, err.text);
		else
			log_info("placement group %s deleted", groups[i].name);
	}
}

/* Look once at all that is being terminated, region by region. */
static long look(struct app *app)
{
	cleanup_free struct instance *all = NULL, *some = NULL;
	struct gang *gangs = NULL;
	size_t n = 0, ngangs = 0;
	long left = 0;
	struct err err;

	if (instance_list(app->db, NULL, false, &all, &n, &err) < 0 ||
		gang_list(app->db, false, &gangs, &ngangs, &err) < 0) {
		log_err("%s", err.text);
		return -1;
	}
	some = calloc(n + 1, sizeof(*some));
	for (size_t g = 0; some && g < ngangs; g++) {
		bool seen = false;
		size_t count = 0;
		long more;

		for (size_t h = 0; h < g && !seen; h++)
			seen = !strcmp(gangs[h].region, gangs[g].region);
		if (seen)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (all[i].state != INSTANCE_TERMINATING)
				continue;
			for (size_t h = g; h < ngangs; h++) {
				if (strcmp(gangs[h].id, all[i].gang) ||
					strcmp(gangs[h].region, gangs[g].region))
					continue;
				some[count++] = all[i];
				break;
			}
		}
		more = count ? look_at(app, gangs[g].region, some, count) : 0;
		left = more < 0 || left < 0 ? -1 : left + more;
	}
	gang_list_release(gangs, ngangs);
	return left;
}

void release_settle(struct app *app, int64_t wait_ms)
{
	int64_t deadline_ms = clock_mono_ms() + wait_ms;

	for (int64_t pause_ms = SETTLE_POLL_MS;; pause_ms = pause_ms * 3 / 2) {
		long left = look(app);

		finish_gangs(app);
		if (!left || clock_mono_ms() >= deadline_ms)
			break;
		clock_sleep_ms(pause_ms < SETTLE_POLL_MAX_MS ? pause_ms : SETTLE_POLL_MAX_MS);
	}
	remove_groups(app);
}
