/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second half of an attempt: from instances to nodes that Slurm knows.
 */
#include <stdlib.h>
#include <string.h>

#include "helper/attempt.h"
#include "helper/limit.h"
#include "helper/log.h"
#include "helper/public.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/identity.h"

/* EC2 may deny for a while what it has just launched, and give addresses later still. */
#define VISIBLE_WAIT_MS 60000
#define PAUSE_FIRST_MS  100
#define PAUSE_MAX_MS    2000
/* A look that comes too early tells nothing and takes a token that others want. */
#define LOOK_FIRST_MS 500

static int compare_ids(const void *a, const void *b)
{
	return strcmp((*(struct instance *const *)a)->id, (*(struct instance *const *)b)->id);
}

/* The instances from FIRST on, by id: EC2 answers in an order of its own. */
static struct instance **sort_rows(struct attempt *a, size_t first, struct err *err)
{
	size_t n = a->ninstances - first;
	struct instance **rows = calloc(n + 1, sizeof(*rows));

	if (!rows) {
		err_nomem(err);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		rows[i] = &a->instances[first + i];
	qsort(rows, n, sizeof(*rows), compare_ids);
	return rows;
}

static bool is_dead(const struct ec2_instance *instance)
{
	return strcmp(instance->state, "pending") && strcmp(instance->state, "running");
}

/*
 * Take over what EC2 says. Returns how many are complete. Those that have died are marked in GONE,
 * by their position in the attempt's array, and ERR tells of the first.
 */
static size_t take_over(struct attempt *a, struct instance **rows, size_t n,
	const struct ec2_instances *found, bool *gone, struct err *err)
{
	size_t complete = 0;

	*err = (struct err){0};
	for (size_t i = 0; i < found->n; i++) {
		const struct ec2_instance *from = &found->all[i];
		struct instance key, *pkey = &key, **at, *to;

		snprintf(key.id, sizeof(key.id), "%s", from->id);
		at = bsearch(&pkey, rows, n, sizeof(struct instance *), compare_ids);
		if (!at)
			continue;
		to = *at;
		if (is_dead(from)) {
			gone[to - a->instances] = true;
			if (!err->class)
				err_set(err, ERR_CAPACITY,
					"instance %s (%s in %s) went to state %s right after its "
					"launch%s%s",
					from->id, from->type, from->az, from->state,
					*from->reason ? ": " : "", from->reason);
			continue;
		}
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

static void forget(struct attempt *a, size_t at)
{
	memmove(&a->instances[at], &a->instances[at + 1],
		(a->ninstances - at - 1) * sizeof(*a->instances));
	a->ninstances--;
	for (size_t f = 0; f < a->nfleets; f++) {
		struct fleet *fleet = &a->fleets[f];

		if (fleet->first > at)
			fleet->first--;
		else if (at < fleet->first + fleet->n)
			fleet->n--;
	}
}

/*
 * Of a gang that takes what comes, those marked in GONE: the others go on without them. What cannot
 * be ended now is not bound to a node, by which it is found later (release_settle).
 */
static void drop(struct attempt *a, const bool *gone, const char *why)
{
	cleanup_free struct instance *list = calloc(a->ninstances + 1, sizeof(*list));
	size_t n = 0, all = a->ninstances;
	struct err err;

	for (size_t i = all; i-- > 0;) {
		if (!gone[i])
			continue;
		if (list)
			list[n] = a->instances[i];
		n++;
		forget(a, i);
	}
	if (!n)
		return;
	log_warn("%zu of %zu instances are dropped: %s", n, all, why);
	if (!list || release_instances(a->app, list, n, why, RELEASE_JUST_LAUNCHED, &err) < 0)
		log_err("instances may still run; the next call tries again: %s",
			list ? err.text : "out of memory");
}

void attempt_sift(struct attempt *a)
{
	cleanup_free bool *bare = calloc(a->ninstances + 1, sizeof(*bare));

	if (!bare) {
		log_err("out of memory");
		return;
	}
	for (size_t i = 0; i < a->ninstances; i++)
		bare[i] = !*a->instances[i].ip;
	drop(a, bare, "no address");
}

/* One look at those from FIRST on. 1: all are complete; 0: not yet, COMPLETE are; 2: some died and
 * are dropped; -1. ERR of the last two. */
static int look(struct attempt *a, size_t first, size_t *complete, struct err *err)
{
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};
	size_t n = a->ninstances - first;
	cleanup_free const char **ids = calloc(n + 1, sizeof(*ids));
	cleanup_free bool *gone = calloc(a->ninstances + 1, sizeof(*gone));
	cleanup_free struct instance **rows = sort_rows(a, first, err);

	if (!ids || !gone)
		return err_nomem(err);
	if (!rows)
		return -1;
	for (size_t i = 0; i < n; i++)
		ids[i] = a->instances[first + i].id;
	*complete = 0;
	if (ec2_describe_instances(a->aws, ids, n, NULL, 0, &found, err) < 0)
		return err->class == ERR_CONSISTENCY ? 0 : -1;
	*complete = take_over(a, rows, n, &found, gone, err);
	if (!err->class)
		return *complete == n;
	if (a->demand->all_or_nothing)
		return -1;
	drop(a, gone, err->text);
	return 2;
}

int attempt_addresses(struct attempt *a, size_t first, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + VISIBLE_WAIT_MS;
	int64_t pause_ms = LOOK_FIRST_MS;
	struct err died = {0};
	size_t complete = 0;

	while (a->ninstances > first) {
		int rc;

		clock_sleep_ms(pause_ms);
		rc = look(a, first, &complete, err);
		if (rc < 0)
			return -1;
		if (rc == 1)
			break;
		if (rc == 2)
			a->rest = died = *err;
		if (clock_mono_ms() >= deadline_ms)
			return err_set(err, ERR_TRANSIENT,
				"%zu of %zu instances have no address %d s after their launch",
				a->ninstances - first - complete, a->ninstances - first,
				VISIBLE_WAIT_MS / 1000);
		pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
	}
	if (a->ninstances > first || !died.class)
		return 0;
	*err = died;
	return -1;
}

/* The position in the launch's hostlist is the identity: instance i of a fleet is its node i. */
int attempt_bind(struct attempt *a, struct err *err)
{
	for (size_t f = 0; f < a->nfleets; f++)
		for (size_t i = 0; i < a->fleets[f].n; i++) {
			struct instance *in = &a->instances[a->fleets[f].first + i];

			snprintf(in->node, sizeof(in->node), "%s", a->fleets[f].nodes.names[i]);
		}
	snprintf(a->gang.type, sizeof(a->gang.type), "%s", a->instances[0].type);
	snprintf(a->gang.az, sizeof(a->gang.az), "%s", a->instances[0].az);
	a->gang.rate_uusd_hr = a->instances[0].rate_uusd_hr;
	/* of a mixed gang, that of the dearest */
	for (size_t i = 0; a->plan.firsts && i < a->ninstances; i++)
		if (a->instances[i].rate_uusd_hr > a->gang.rate_uusd_hr)
			a->gang.rate_uusd_hr = a->instances[i].rate_uusd_hr;
	/* a rank without it leaves the others without it too */
	a->gang.efa = true;
	for (size_t f = 0; f < a->nfleets; f++)
		a->gang.efa = a->gang.efa && (a->fleets[f].efa || !a->fleets[f].n);
	if (gang_set_launch(a->app->db, a->gang.id, a->gang.type, a->gang.az, a->gang.efa,
		    a->gang.rate_uusd_hr, err) < 0 ||
		gang_advance(a->app->db, a->gang.id, GANG_LAUNCHING, GANG_LAUNCHED, err) < 0)
		return -1;
	return instance_bind(a->app->db, a->instances, a->ninstances, clock_now_ms(), true, err);
}

/* One identity tag, and the ids that it is for: calls that may go side by side. */
struct tagging {
	struct ec2_tag_call *calls;
	struct ec2_tag *tags;
	char (*keys)[24];
	const char **ids; /* of all calls, one after the other */
	size_t n, nids;
};

static void tagging_release(struct tagging *t)
{
	free(t->calls);
	free(t->tags);
	free(t->keys);
	free(t->ids);
}

static int tagging_create(struct tagging *t, size_t calls, size_t ids, struct err *err)
{
	t->calls = calloc(calls + 1, sizeof(*t->calls));
	t->tags = calloc(calls + 1, sizeof(*t->tags));
	t->keys = calloc(calls + 1, sizeof(*t->keys));
	t->ids = calloc(ids + 1, sizeof(*t->ids));
	return t->calls && t->tags && t->keys && t->ids ? 0 : err_nomem(err);
}

/* The ids from FROM on are of a call that gives them KEY=VALUE. */
static void tagging_close(struct tagging *t, size_t from, const char *value)
{
	if (t->nids == from)
		return;
	t->tags[t->n] = (struct ec2_tag){.key = t->keys[t->n], .value = value};
	t->calls[t->n] = (struct ec2_tag_call){
		.ids = t->ids + from, .nids = t->nids - from, .tags = &t->tags[t->n], .ntags = 1};
	t->n++;
}

/* For each bit of the positions' code one call for all ids of the fleet that have it. */
static int tag_codes(struct attempt *a, struct tagging *t, struct err *err)
{
	size_t calls = 0, ids = 0;
	unsigned m, w;

	for (size_t f = 0; f < a->nfleets; f++) {
		identity_size(a->fleets[f].nodes.n, &m, &w);
		calls += m;
		ids += a->fleets[f].n * w;
	}
	if (tagging_create(t, calls, ids, err) < 0)
		return -1;
	for (size_t f = 0; f < a->nfleets; f++) {
		const struct fleet *fleet = &a->fleets[f];

		identity_size(fleet->nodes.n, &m, &w);
		for (unsigned k = 0; k < m; k++) {
			size_t from = t->nids;

			for (size_t i = 0; i < fleet->n; i++)
				if (identity_code(fleet->nodes.n, i) >> k & 1)
					t->ids[t->nids++] = a->instances[fleet->first + i].id;
			snprintf(t->keys[t->n], sizeof(t->keys[0]), "burst:k%u", k);
			tagging_close(t, from, "1");
		}
	}
	return 0;
}

/* One call per instance, as images made for the AWS plugin v2 want it. */
static int tag_names(struct attempt *a, struct tagging *t, struct err *err)
{
	if (tagging_create(t, a->ninstances, a->ninstances, err) < 0)
		return -1;
	for (size_t i = 0; i < a->ninstances; i++) {
		t->ids[t->nids++] = a->instances[i].id;
		snprintf(t->keys[t->n], sizeof(t->keys[0]), "Name");
		tagging_close(t, i, a->instances[i].node);
	}
	return 0;
}

static int tag_identity(struct attempt *a, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + VISIBLE_WAIT_MS;
	CLEANUP(tagging_release) struct tagging t = {0};

	if ((a->app->conf->identity == IDENTITY_NAME_TAG ? tag_names(a, &t, err)
							 : tag_codes(a, &t, err)) < 0)
		return -1;
	for (int64_t pause_ms = PAUSE_FIRST_MS;; pause_ms *= 2) {
		if (ec2_create_tags_many(a->aws, t.calls, t.n, err) == 0)
			return 0;
		if (err->class != ERR_CONSISTENCY || clock_mono_ms() >= deadline_ms)
			return -1;
		clock_sleep_ms(pause_ms);
	}
}

/* What an instance may come to by the plan; 0: that is not its own. */
static int64_t most_of(const struct attempt *a, const struct instance *in)
{
	for (size_t i = 0; i < a->plan.npools; i++)
		if (!strcmp(a->plan.pools[i].type, in->type) &&
			!strcmp(a->plan.pools[i].az, in->az) &&
			in->spot == (a->plan.market != MARKET_ON_DEMAND))
			return a->plan.pools[i].most_uusd_hr;
	return 0;
}

/* The instances of JOB's nodes, those that are alike together; of the first to come first. */
static struct plan_part *make_parts(
	const struct attempt *a, const struct demand_job *job, size_t *nparts)
{
	struct plan_part *parts = calloc(a->ninstances + 1, sizeof(*parts));
	size_t n = 0;

	for (size_t i = 0; parts && i < a->ninstances; i++) {
		const struct instance *in = &a->instances[i];
		size_t k = 0;

		if (a->demand->njobs > 1 && !nodeset_contains(&job->nodes, in->node))
			continue;
		while (k < n && (strcmp(parts[k].type, in->type) || strcmp(parts[k].az, in->az) ||
					parts[k].spot != in->spot))
			k++;
		if (k == n)
			parts[n++] = (struct plan_part){.type = in->type,
				.az = in->az,
				.spot = in->spot,
				.rate_uusd_hr = in->rate_uusd_hr,
				.most_uusd_hr = most_of(a, in)};
		parts[k].nodes++;
	}
	*nparts = n;
	return parts;
}

static void tell_jobs(struct attempt *a)
{
	const struct demand *d = a->demand;
	struct plan plan = a->plan; /* borrowed */

	plan.efa = a->gang.efa;
	for (size_t i = 0; i < d->njobs; i++) {
		const struct demand_job *job = d->jobs[i];
		cleanup_free struct plan_part *parts = NULL;
		cleanup_free char *text = NULL;
		size_t n = 0;

		parts = make_parts(a, job, &n);
		/* of a pool, nothing may have come for this one */
		if (!parts || !n)
			continue;
		/* also those that an earlier call has brought up */
		if (d->all_or_nothing && n == 1)
			parts[0].nodes = (unsigned)job->nodes.n;
		text = plan_describe_parts(
			&plan, &a->request, parts, n, *a->gang.group ? a->gang.group : NULL);
		if (text)
			limit_tell(a->app, job, &a->request, parts, n, text);
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
	log_info("nodes told to Slurm: %zu x %s in %s", n, a->gang.type, a->gang.az);
	tell_jobs(a);
	if (gang_advance(a->app->db, a->gang.id, GANG_BOUND, GANG_ANNOUNCED, err) < 0)
		return -1;
	public_gang(a->app, a->gang.id);
	return 0;
}
