/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/lock.h"
#include "helper/log.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/cache.h"
#include "lib/state/placement.h"
#include "lib/state/taken.h"

/* Whoever else makes groups in this account is seen so late. */
#define COUNT_GOOD_MS 60000
/* One is enough for the caller; a few for the next ones. The rest goes when its time comes. */
#define ROOM_ENOUGH 10
/* Who waits for longer leaves its groups to who has the lock. */
#define LOCK_WAIT_MS 20000

/* At EC2, then in the row. */
static int delete_group(struct app *app, struct aws *aws, const char *name)
{
	struct err err;

	if (ec2_delete_placement_group(aws, name, &err) < 0) {
		log_info("placement group %s stays for now: %s", name, err.text);
		return -1;
	}
	if (placement_set_deleted(app->db, name, clock_now_ms(), &err) < 0)
		log_err("placement group %s is deleted but cannot be written down: %s", name,
			err.text);
	else
		log_info("placement group %s deleted", name);
	return 0;
}

/* One pass over those that nobody needs any more. Returns how many went; *STAY: how many did not.
 */
static size_t remove_once(struct app *app, size_t *stay)
{
	cleanup_free struct placement *groups = NULL;
	size_t n = 0, went = 0;
	struct err err;

	*stay = 0;
	if (placement_removable(app->db, &groups, &n, &err) < 0) {
		log_err("%s", err.text);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct aws *aws = app_aws(app, groups[i].region, &err);

		if (!aws)
			log_info("placement group %s stays for now: %s", groups[i].name, err.text);
		if (aws && delete_group(app, aws, groups[i].name) == 0)
			went++;
	}
	*stay = n - went;
	return went;
}

size_t groups_remove_empty(struct app *app)
{
	/* many gangs may be over at once: each process would ask for the groups of all */
	cleanup_close int lock = lock_groups(app, LOCK_WAIT_MS, NULL);
	size_t stay = 0;

	if (lock < 0)
		return 1;
	/* again for those of processes that did not wait for the lock until the end */
	while (remove_once(app, &stay) > 0 && !stay)
		;
	return stay;
}

static void count_key(struct aws *aws, char key[64])
{
	snprintf(key, 64, "groups/%s", aws_region(aws));
}

/* How many the account would have in the region, anybody's, with the new one: as counted a moment
 * ago, with the one of then, and ours since. */
static int count_groups(struct app *app, struct aws *aws, size_t *n, struct err *err)
{
	int64_t asked_ms = clock_now_ms(), number = 0;
	cleanup_free char *value = NULL;
	char key[64], text[64];
	unsigned since = 0;

	count_key(aws, key);
	if (cache_get(app->db, key, asked_ms, &value, err) < 0)
		return -1;
	if (value && sscanf(value, "%" SCNd64 " %" SCNd64, &number, &asked_ms) == 2) {
		if (taken_groups(app->db, aws_region(aws), asked_ms, &since, err) < 0)
			return -1;
		*n = (size_t)number + since;
		return 0;
	}
	if (ec2_count_placement_groups(aws, n, err) < 0)
		return -1;
	++*n;
	snprintf(text, sizeof(text), "%zu %" PRId64, *n, asked_ms);
	return cache_put(app->db, key, text, asked_ms + COUNT_GOOD_MS, err);
}

static bool is_listed(const char *name, char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Ours by the records and by their tag at EC2. Returns how many went. */
static int delete_empty(struct app *app, struct aws *aws, struct err *err)
{
	cleanup_free struct placement *groups = NULL;
	char **names = NULL;
	size_t n = 0, nnames = 0;
	int went = 0;

	if (placement_removable(app->db, &groups, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	if (ec2_list_placement_groups(aws, "burst:cluster", app->cluster, &names, &nnames, err) < 0)
		return -1;
	for (size_t i = 0; i < n && went < ROOM_ENOUGH; i++)
		if (!strcmp(groups[i].region, aws_region(aws)) &&
			is_listed(groups[i].name, names, nnames) &&
			delete_group(app, aws, groups[i].name) == 0)
			went++;
	for (size_t i = 0; i < nnames; i++)
		free(names[i]);
	free(names);
	return went;
}

int groups_make_room(struct app *app, struct aws *aws, bool refused, struct err *err)
{
	unsigned quota = app->conf->launch.placement_group_quota;
	char key[64];
	size_t n = 0;
	int went;

	if (!refused) {
		if (count_groups(app, aws, &n, err) < 0)
			return -1;
		if (n <= quota)
			return 0;
	}
	went = delete_empty(app, aws, err);
	if (went < 0)
		return -1;
	if (refused)
		log_warn("EC2 takes no further placement group in %s: %d own empty one(s) deleted",
			aws_region(aws), went);
	else
		log_info("%zu placement groups with the new one in %s, the quota is %u: %d own "
			 "empty "
			 "one(s) deleted",
			n, aws_region(aws), quota, went);
	count_key(aws, key);
	if (went && cache_forget(app->db, key, err) < 0)
		return -1;
	return went;
}
