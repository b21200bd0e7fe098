/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/boot.h"

#include <stdlib.h>

#include "helper/leave.h"
#include "helper/log.h"
#include "helper/lost.h"
#include "helper/protect.h"
#include "helper/public.h"
#include "helper/release.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define BOOT_POLL_MS     500
#define BOOT_POLL_MAX_MS 3000
/* An image that cannot boot is often seen within seconds. */
#define LOOK_FIRST_MS 3000
#define LOOK_MS       15000
/* Of the 20 a second that EC2 gives an account (facts D5) all boots together take this share. */
#define LOOKS_PER_S 5

/* How the waiting ends, but for good; boot_wait()'s own words as far as it has them. */
enum { UNWANTED = -1, GIVEN_UP = 1, LATE = 2 };

struct wait {
	struct attempt *a;
	const struct nodeset *bound;
	bool *seen;          /* by position in bound: has registered, now or at an earlier look */
	bool *gone;          /* its instance has ended, and its job been sent back (pools only) */
	struct nodeset down; /* for lost_revive() */
	bool late;           /* slurmctld has given up one of them and calls ResumeFailProgram */
};

/* Do its nodes go down when their job ends, before another job can have them? */
static bool goes_down(const struct attempt *a)
{
	return a->demand->njobs && !a->demand->group->reuse;
}

/*
 * How many have registered or are gone: a short job may be over already. In a pool each node powers
 * down at the end of its own job, from now on.
 */
static size_t count_settled(struct wait *w)
{
	CLEANUP(nodeset_release) struct nodeset news = NODESET_INIT;
	cleanup_free struct node_facts *nodes = NULL;
	size_t n = 0, count = 0;
	struct err err;

	if (slurm_client_nodes(w->bound, &nodes, &n, NULL) < 0)
		n = 0; /* slurmctld is away for a moment */
	for (size_t i = 0; i < n; i++) {
		long k = nodes[i].registered ? nodeset_index(w->bound, nodes[i].name) : -1;

		w->late = w->late || lost_given_up(&nodes[i]);
		if (k < 0 || w->seen[k] || w->gone[k])
			continue;
		w->seen[k] = true;
		nodeset_add(&news, nodes[i].name, NULL);
	}
	if (!w->a->demand->all_or_nothing && goes_down(w->a) && news.n &&
		leave_nodes(w->a->app, &w->a->gang, &news, NULL, &err) < 0)
		log_warn(
			"nodes will not power down by themselves at their jobs' end: %s", err.text);
	for (size_t i = 0; i < w->bound->n; i++)
		count += w->seen[i] || w->gone[i];
	return count;
}

int64_t boot_look_ms(size_t booting)
{
	int64_t fair_ms = (int64_t)booting * 1000 / LOOKS_PER_S;

	return fair_ms > LOOK_MS ? fair_ms : LOOK_MS;
}

static int64_t next_look_ms(struct app *app)
{
	struct gang *gangs = NULL;
	size_t n = 0, booting = 0;
	int64_t ms;

	gang_list(app->db, false, &gangs, &n, NULL);
	for (size_t i = 0; i < n; i++)
		booting += gangs[i].state == GANG_ANNOUNCED;
	gang_list_release(gangs, n);
	ms = boot_look_ms(booting);
	/* those launched together must not look together */
	return clock_mono_ms() + ms * 3 / 4 + random_below((uint32_t)(ms / 2));
}

/* In a pool the end of a node that had registered is its own job's matter, and Slurm's. */
static int keep_unseen(const struct wait *w, struct lost *lost, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset seen = NODESET_INIT, left = NODESET_INIT;
	struct nodeset old;
	size_t kept = 0;

	for (size_t i = 0; i < w->bound->n; i++)
		if ((w->seen[i] || w->gone[i]) && nodeset_add(&seen, w->bound->names[i], err) < 0)
			return -1;
	if (nodeset_filter(&lost->nodes, &seen, false, &left, err) < 0)
		return -1;
	for (size_t i = 0; i < lost->ninstances; i++)
		if (nodeset_contains(&left, lost->instances[i].node))
			lost->instances[kept++] = lost->instances[i];
	lost->ninstances = kept;
	old = lost->nodes;
	lost->nodes = left;
	left = old;
	return 0;
}

/* Somebody has failed the gang and does what that takes: ResumeFailProgram, mostly. */
static bool given_up(struct attempt *a)
{
	CLEANUP(gang_release) struct gang now = {0};

	return gang_get(a->app->db, a->gang.id, &now, NULL) == 0 &&
	       (now.state == GANG_FAILING || now.state == GANG_FAILED);
}

/* Does anybody still want it? 0, or how the waiting ends. */
static int check_wanted(struct wait *w, struct err *err)
{
	int rc = attempt_wanted(w->a, err);

	if (rc == 1 && given_up(w->a))
		return GIVEN_UP;
	/* its job may have been requeued for want of its nodes since we looked at these */
	if (rc == 1)
		count_settled(w);
	if (w->late)
		return LATE;
	/* a gang that is up is not given up because a look at it failed */
	if (rc < 0)
		log_warn("%s", err->text);
	return rc == 1 ? UNWANTED : 0;
}

/* 0: all that is to come may still come, or that cannot be known now; or how the waiting ends. */
static int look(struct wait *w, struct err *err)
{
	CLEANUP(lost_release) struct lost lost = LOST_INIT;
	struct attempt *a = w->a;
	struct err local;
	int rc;

	/* what was launched beside what came costs as long as nobody looks for it */
	if (release_prepared(a->app, &a->gang, &local) < 0)
		log_warn("%s; looked for again", local.text);
	rc = lost_ended(a->app, &a->gang, &lost, &local);
	if (rc < 0)
		log_info("cannot see whether its instances still run: %s", local.text);
	if (rc <= 0)
		return 0;
	/* a job that is over by now may have taken its nodes with it */
	rc = check_wanted(w, err);
	if (rc)
		return rc;
	if (!a->gang.all_or_nothing && keep_unseen(w, &lost, &local) < 0) {
		log_warn("%s", local.text);
		return 0;
	}
	if (!lost.nodes.n)
		return 0;
	log_warn("%s", lost.why);
	rc = lost_take_down(a->app, &a->gang, &lost, &local);
	if (rc < 0) {
		log_err("%s; ResumeFailProgram will see to it", local.text);
		return 0;
	}
	if (nodeset_filter(&lost.down, &(struct nodeset)NODESET_INIT, false, &w->down, NULL) < 0)
		log_warn("out of memory");
	for (size_t i = 0; i < lost.nodes.n; i++) {
		long k = nodeset_index(w->bound, lost.nodes.names[i]);

		if (k >= 0)
			w->gone[k] = true;
	}
	if (rc == 1)
		err_set(err, lost.class, "%s", lost.why);
	return rc == 1 ? GIVEN_UP : 0;
}

void boot_up(struct app *app, const struct gang *gang, const struct nodeset *nodes, bool leaving)
{
	cleanup_free char *hostlist = nodeset_format(nodes);
	struct err err;

	if (!hostlist) {
		log_err("out of memory; the gang is left as announced");
		return;
	}
	if (leaving && leave_nodes(app, gang, nodes, NULL, &err) < 0)
		log_warn("nodes %s will not power down by themselves at the job's end: %s",
			hostlist, err.text);
	log_info("all %zu nodes have registered: %s", nodes->n, hostlist);
	if (gang_advance(app->db, gang->id, GANG_ANNOUNCED, GANG_ACTIVE, &err) < 0)
		log_warn("%s", err.text);
	else
		protect_good(app, gang);
	public_gang(app, gang->id);
}

/* 0: all have registered, or are gone. */
static int wait_for_all(struct wait *w, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + w->a->app->site.resume_timeout_s * 1000;
	int64_t look_ms = clock_mono_ms() + LOOK_FIRST_MS, pause_ms = BOOT_POLL_MS;

	while (count_settled(w) < w->bound->n) {
		int rc = check_wanted(w, err);

		if (!rc && clock_mono_ms() >= look_ms) {
			rc = look(w, err);
			look_ms = next_look_ms(w->a->app);
		}
		if (!rc && clock_mono_ms() >= deadline_ms)
			rc = LATE;
		if (rc)
			return rc;
		clock_sleep_ms(pause_ms);
		pause_ms = pause_ms * 5 / 4 < BOOT_POLL_MAX_MS ? pause_ms * 5 / 4
							       : BOOT_POLL_MAX_MS;
	}
	return 0;
}

int boot_wait(struct attempt *a, const struct nodeset *bound, struct err *err)
{
	cleanup_free bool *seen = calloc(bound->n + 1, sizeof(*seen));
	cleanup_free bool *gone = calloc(bound->n + 1, sizeof(*gone));
	CLEANUP(nodeset_release) struct nodeset up = NODESET_INIT;
	struct wait wait = {
		.a = a, .bound = bound, .seen = seen, .gone = gone, .down = NODESET_INIT};
	int rc;

	if (!seen || !gone) {
		log_err("out of memory; the gang is left as announced");
		return 0;
	}
	rc = wait_for_all(&wait, err);
	lost_revive(&wait.down);
	nodeset_release(&wait.down);
	if (rc == LATE) {
		log_warn("not all %zu nodes registered within ResumeTimeout: ResumeFailProgram "
			 "will see to it",
			bound->n);
		return 0;
	}
	if (rc)
		return rc;
	for (size_t i = 0; i < bound->n; i++)
		if (seen[i] && nodeset_add(&up, bound->names[i], NULL) < 0)
			log_err("out of memory");
	/* a pool's nodes have been told one by one */
	boot_up(a->app, &a->gang, &up, a->demand->all_or_nothing && goes_down(a));
	return 0;
}
