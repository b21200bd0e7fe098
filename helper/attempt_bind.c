/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second half of an attempt: from instances to nodes that Slurm knows.
 */
#include <stdlib.h>
#include <string.h>

#include "helper/attempt.h"
#include "helper/comment.h"
#include "helper/log.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/identity.h"

/* EC2 may deny for a while what it has just launched, and give addresses later still. */
#define VISIBLE_WAIT_MS 60000
#define PAUSE_FIRST_MS  100
#define PAUSE_MAX_MS    2000

static struct instance *row_of(struct attempt *a, const char *id)
{
	for (size_t i = 0; i < a->ninstances; i++)
		if (!strcmp(a->instances[i].id, id))
			return &a->instances[i];
	return NULL;
}

/* Take over what EC2 says. Returns how many are complete; -1 when one has died. */
static long take_over(struct attempt *a, const struct ec2_instances *found, struct err *err)
{
	long complete = 0;

	for (size_t i = 0; i < found->n; i++) {
		const struct ec2_instance *from = &found->all[i];
		struct instance *to = row_of(a, from->id);

		if (!to)
			continue;
		if (strcmp(from->state, "pending") && strcmp(from->state, "running"))
			return err_set(err, ERR_CAPACITY,
				"instance %s (%s in %s) went to state %s right after its "
				"launch%s%s",
				from->id, from->type, from->az, from->state,
				*from->reason ? ": " : "", from->reason);
		if (!*from->private_ip)
			continue;
		snprintf(to->ip, sizeof(to->ip), "%s", from->private_ip);
		snprintf(to->type, sizeof(to->type), "%s", from->type);
		snprintf(to->az, sizeof(to->az), "%s", from->az);
		snprintf(to->subnet, sizeof(to->subnet), "%s", from->subnet);
		to->launched_s = from->launched_s;
		to->spot = from->spot;
		complete++;
	}
	return complete;
}

/* DescribeInstances until all are there with their address. */
static int wait_addresses(struct attempt *a, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + VISIBLE_WAIT_MS;
	cleanup_free const char **ids = calloc(a->ninstances, sizeof(*ids));
	int64_t pause_ms = PAUSE_FIRST_MS;

	if (!ids)
		return err_nomem(err);
	for (size_t i = 0; i < a->ninstances; i++)
		ids[i] = a->instances[i].id;
	for (;;) {
		CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
		long complete = 0;

		if (ec2_describe_instances(a->aws, ids, a->ninstances, NULL, 0, &found, err) == 0) {
			complete = take_over(a, &found, err);
			if (complete < 0)
				return -1;
			if ((size_t)complete == a->ninstances)
				return 0;
		} else if (err->class != ERR_CONSISTENCY) {
			return -1;
		}
		if (clock_mono_ms() >= deadline_ms)
			return err_set(err, ERR_TRANSIENT,
				"%zu of %zu instances have no address %d s after their launch",
				a->ninstances - (size_t)complete, a->ninstances,
				VISIBLE_WAIT_MS / 1000);
		clock_sleep_ms(pause_ms);
		pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
	}
}

/* EC2 gave more than was asked for: what no node needs must not run. */
static int end_surplus(struct attempt *a, size_t wanted, struct err *err)
{
	if (a->ninstances <= wanted)
		return 0;
	log_warn("%zu instances more than asked for: ended", a->ninstances - wanted);
	if (release_instances(a->app, a->gang.region, a->instances + wanted, a->ninstances - wanted,
		    "more than asked for", RELEASE_JUST_LAUNCHED, err) < 0)
		return -1;
	a->ninstances = wanted;
	return 0;
}

int attempt_bind(struct attempt *a, struct err *err)
{
	const struct nodeset *nodes = &a->demand->nodes;

	if (end_surplus(a, nodes->n, err) < 0)
		return -1;
	if (wait_addresses(a, err) < 0)
		return -1;
	/* the position in the hostlist is the identity: instance i is node i */
	for (size_t i = 0; i < a->ninstances && i < nodes->n; i++)
		snprintf(a->instances[i].node, sizeof(a->instances[i].node), "%s", nodes->names[i]);
	return instance_bind(a->app->db, a->instances,
		a->ninstances < nodes->n ? a->ninstances : nodes->n, clock_now_ms(), true, err);
}

/* One CreateTags for all ids that have bit K set in their position's code. */
static int tag_bit(struct attempt *a, unsigned k, const char **ids, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + VISIBLE_WAIT_MS;
	char key[24];
	struct ec2_tag tag = {.key = key, .value = "1"};
	size_t n = 0;

	for (size_t i = 0; i < a->ninstances; i++)
		if (identity_code(a->demand->nodes.n, i) >> k & 1)
			ids[n++] = a->instances[i].id;
	if (!n)
		return 0;
	snprintf(key, sizeof(key), "burst:k%u", k);
	for (int64_t pause_ms = PAUSE_FIRST_MS;; pause_ms *= 2) {
		if (ec2_create_tags(a->aws, ids, n, &tag, 1, err) == 0)
			return 0;
		if (err->class != ERR_CONSISTENCY || clock_mono_ms() >= deadline_ms)
			return -1;
		clock_sleep_ms(pause_ms);
	}
}

/* One CreateTags per instance, as images made for the AWS plugin v2 want it. */
static int tag_names(struct attempt *a, struct err *err)
{
	for (size_t i = 0; i < a->ninstances; i++) {
		const char *id = a->instances[i].id;
		struct ec2_tag tag = {.key = "Name", .value = a->instances[i].node};

		if (ec2_create_tags(a->aws, &id, 1, &tag, 1, err) < 0)
			return -1;
		if (i >= 90) /* the API's bucket: 100, then 10 a second */
			clock_sleep_ms(100);
	}
	return 0;
}

static int tag_identity(struct attempt *a, struct err *err)
{
	cleanup_free const char **ids = calloc(a->ninstances, sizeof(*ids));
	unsigned m, w;

	if (!ids)
		return err_nomem(err);
	if (a->app->conf->identity == IDENTITY_NAME_TAG)
		return tag_names(a, err);
	identity_size(a->demand->nodes.n, &m, &w);
	for (unsigned k = 0; k < m; k++)
		if (tag_bit(a, k, ids, err) < 0)
			return -1;
	return 0;
}

static void tell_jobs(struct attempt *a)
{
	const struct demand *d = a->demand;

	for (size_t i = 0; i < d->njobs; i++) {
		const struct demand_job *job = d->jobs[i];
		const char *type = a->gang.type, *az = a->gang.az;
		cleanup_free char *text = NULL;
		int64_t rate = a->gang.rate_uusd_hr;

		/* a pool's instances may differ: say the job's own */
		for (size_t k = 0; !d->all_or_nothing && k < a->ninstances; k++) {
			if (strcmp(a->instances[k].node, job->nodes.names[0]))
				continue;
			type = a->instances[k].type;
			az = a->instances[k].az;
			rate = a->instances[k].rate_uusd_hr;
		}
		text = plan_describe(&a->plan, &a->request, (unsigned)job->nodes.n, type, az, rate,
			*a->gang.group ? a->gang.group : NULL);
		if (text)
			comment_job(a->app, job->facts.name, text);
	}
}

int attempt_announce(struct attempt *a, struct err *err)
{
	cleanup_free struct node_address *list = calloc(a->ninstances, sizeof(*list));
	size_t n = 0;

	if (!list)
		return err_nomem(err);
	if (tag_identity(a, err) < 0)
		return err_prefix(err, "identity tags");
	for (size_t i = 0; i < a->ninstances; i++)
		if (*a->instances[i].node)
			list[n++] = (struct node_address){.name = a->instances[i].node,
				.addr = a->instances[i].ip,
				.instance_id = a->instances[i].id,
				.instance_type = a->instances[i].type};
	if (slurm_client_announce(list, n, err) < 0)
		return -1;
	log_info(
		"nodes %s told to Slurm: %zu x %s in %s", a->hostlist, n, a->gang.type, a->gang.az);
	tell_jobs(a);
	return gang_advance(a->app->db, a->gang.id, GANG_BOUND, GANG_ANNOUNCED, err);
}
