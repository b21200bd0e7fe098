/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/bucket_table.h"
#include "lib/base/clock.h"
#include "lib/state/bucket.h"

#define NAME_SIZE  64
#define JITTER_MAX 250 /* ms */

struct pace {
	struct buckets *buckets;
	unsigned share_percent;
	/*
	 * A request that waits for its instances has taken its own token already, and must not
	 * take one at each question. Those of one action only: a run of calls is of one.
	 */
	char paid_name[NAME_SIZE];
	bool paid;
};

struct pace *pace_create(const char *directory, unsigned share_percent, struct err *err)
{
	struct buckets *buckets = buckets_open(directory, err);
	struct pace *pace = buckets ? calloc(1, sizeof(*pace)) : NULL;

	if (!pace) {
		if (buckets)
			err_nomem(err);
		buckets_close(buckets);
		return NULL;
	}
	pace->buckets = buckets;
	pace->share_percent = share_percent && share_percent < 100 ? share_percent : 100;
	return pace;
}

void pace_destroy(struct pace *pace)
{
	if (!pace)
		return;
	buckets_close(pace->buckets);
	free(pace);
}

/* 0 counts as 1: see bucket.h. */
static unsigned share(const struct pace *pace, unsigned n)
{
	return n * pace->share_percent / 100;
}

static void name_of(char name[NAME_SIZE], const char *region, const char *action, const char *what)
{
	snprintf(name, NAME_SIZE, "%s/%s%s", region, action, what);
}

int64_t pace_take(struct pace *pace, const char *region, const char *action, unsigned instances,
	int64_t now_ms)
{
	const struct bucket_rule *rule = bucket_rule_of(action);
	char name[NAME_SIZE], of_instances[NAME_SIZE];
	bool paid;
	int64_t wait_ms;

	name_of(name, region, action, "");
	paid = pace->paid && !strcmp(name, pace->paid_name);
	if (!paid) {
		wait_ms = buckets_take(pace->buckets, name, 1, share(pace, rule->size),
			share(pace, rule->per_s), now_ms);
		if (wait_ms > 0)
			return wait_ms;
	}
	if (!instances || !rule->instances_size)
		return 0;
	name_of(of_instances, region, action, "/instances");
	wait_ms = buckets_take(pace->buckets, of_instances, instances,
		share(pace, rule->instances_size), share(pace, rule->instances_per_s), now_ms);
	if (wait_ms > 0 && !paid) {
		pace->paid = true;
		memcpy(pace->paid_name, name, sizeof(name));
	} else if (wait_ms <= 0 && paid) {
		pace->paid = false;
	}
	return wait_ms;
}

void pace_refused(struct pace *pace, const char *region, const char *action, int64_t now_ms)
{
	const struct bucket_rule *rule = bucket_rule_of(action);
	char name[NAME_SIZE];

	name_of(name, region, action, "");
	buckets_drain(
		pace->buckets, name, share(pace, rule->size), share(pace, rule->per_s), now_ms);
	/* EC2 does not tell which of the two it was */
	if (!rule->instances_size)
		return;
	name_of(name, region, action, "/instances");
	buckets_drain(pace->buckets, name, share(pace, rule->instances_size),
		share(pace, rule->instances_per_s), now_ms);
}

static int64_t take(void *arg, const char *region, const char *action, unsigned instances)
{
	int64_t wait_ms = pace_take(arg, region, action, instances, clock_now_ms());
	int64_t jitter_ms = wait_ms / 4 < JITTER_MAX ? wait_ms / 4 : JITTER_MAX;

	/* processes that wait for the same token must not ask for it at the same moment */
	return wait_ms > 0 ? wait_ms + random_below((uint32_t)jitter_ms + 1) : 0;
}

static void refused(void *arg, const char *region, const char *action)
{
	pace_refused(arg, region, action, clock_now_ms());
}

void pace_attach(struct pace *pace, struct aws *aws)
{
	const struct aws_pacer pacer = {take, refused, pace};

	aws_set_pacer(aws, pace ? &pacer : NULL);
}
