/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/provision.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/account.h"
#include "helper/attempt.h"
#include "helper/boot.h"
#include "helper/budget.h"
#include "helper/failure.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/protect.h"
#include "helper/release.h"
#include "helper/room.h"
#include "helper/stale.h"
#include "helper/tries.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define JOB_LOCK_WAIT_MS    10000
#define TERMINATING_WAIT_MS 60000
#define SETTLE_WAIT_MS      120000
/* More than a launch writes: its request is kept, some hundred bytes for each pool that it names,
 * and each instance's row; all of it once more in the log, of which 4 MiB stay (db.c). */
#define ROOM_LEAST    (4 << 20)
#define ROOM_PER_NODE 8192

/* --- what is there already ------------------------------------------------------------------- */

/* Is the gang for one of these very starts of the demand's jobs? 1, 0, -1. */
static int is_own(
	struct app *app, const struct gang *gang, const struct demand *demand, struct err *err)
{
	struct gang_job *jobs = NULL;
	size_t n = 0;
	int own = gang_jobs(app->db, gang->id, &jobs, &n, err);

	for (size_t i = 0; own == 0 && i < n; i++)
		for (size_t k = 0; k < demand->njobs; k++)
			if (jobs[i].job_id == demand->jobs[k]->facts.job_id &&
				jobs[i].restart == demand->jobs[k]->facts.restart)
				own = 1;
	gang_jobs_release(jobs, n);
	return own;
}

/*
 * The living instances of the nodes. Those that are being terminated belong to the nodes' last
 * life: they are waited for a while, since a node's name must not be told to two slurmds.
 */
static int living_of_nodes(struct app *app, const struct nodeset *nodes, struct instance **list,
	size_t *n, struct err *err)
{
	for (int64_t deadline_ms = clock_mono_ms() + TERMINATING_WAIT_MS;;) {
		bool going = false;

		if (instance_of_nodes(app->db, nodes, 0, list, n, err) < 0)
			return -1;
		for (size_t i = 0; i < *n; i++)
			going = going || (*list)[i].state == INSTANCE_TERMINATING;
		if (!going || clock_mono_ms() >= deadline_ms)
			return 0;
		free(*list);
		*list = NULL;
		release_settle(app, 2000);
	}
}

/*
 * Nodes without a job, which a living process brings up for some gang already: to launch for them
 * would be for nothing, since a node is one instance, and to send them back would hit that gang.
 */
static int find_coming(
	struct app *app, const struct demand *demand, struct nodeset *coming, struct err *err)
{
	for (size_t i = 0; !demand->njobs && i < demand->nodes.n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};
		const char *node = demand->nodes.names[i];

		if (gang_of_node(app->db, node, &gang, err) < 0) {
			if (err->class != ERR_NOTFOUND)
				return -1;
			continue;
		}
		if (gang.state >= GANG_BOUND || !lock_gang_held(app, gang.id))
			continue;
		log_info("node %s comes up for gang %s", node, gang.id);
		if (nodeset_add(coming, node, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Nodes of the demand that a gang which is not over has. Own: bound by an earlier call for this
 * start of the job (ResumeRate's slices, a second ResumeProgram): nothing to do for them. Others',
 * and those still being terminated, are told in *HELD.
 */
static int look_at_nodes(struct app *app, struct demand *demand, struct nodeset *missing,
	char **held, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset own = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	size_t n = 0;
	bool same = false;

	if (living_of_nodes(app, &demand->nodes, &list, &n, err) < 0 ||
		find_coming(app, demand, &own, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (gang_get(app->db, list[i].gang, &gang, err) < 0)
			return -1;
		same = false;
		if (list[i].state == INSTANCE_RUNNING) {
			int mine = is_own(app, &gang, demand, err);

			if (mine < 0)
				return -1;
			same = mine;
		}
		if (!same && !(list[i].state == INSTANCE_RUNNING && demand->group &&
				     demand->group->reuse)) {
			free(*held);
			if (asprintf(held, "node %s still has instance %s of gang %s", list[i].node,
				    list[i].id, gang.id) < 0)
				*held = NULL;
			if (!*held)
				return err_nomem(err);
			continue;
		}
		if (nodeset_add(&own, list[i].node, err) < 0)
			return -1;
	}
	return nodeset_filter(&demand->nodes, &own, false, missing, err);
}

/*
 * A gang of this very start of the job that is half way: its process has died, since we hold the
 * job's lock. End what it has; the demand then begins anew.
 */
static int clear_remains(struct app *app, const struct demand *demand, struct err *err)
{
	for (size_t i = 0; i < demand->njobs; i++) {
		CLEANUP(gang_release) struct gang gang = {0};
		cleanup_close int lock = -1;

		if (gang_of_job(app->db, demand->jobs[i]->facts.job_id,
			    demand->jobs[i]->facts.restart, &gang, err) < 0) {
			if (err->class != ERR_NOTFOUND)
				return -1;
			continue;
		}
		if (gang.state >= GANG_ANNOUNCED)
			continue;
		lock = lock_gang(app, gang.id, 0, err);
		if (lock < 0)
			return -1;
		log_warn("gang %s was left in state %s by a process that died: taken down", gang.id,
			gang_state_name(gang.state));
		if (gang_fail(app->db, gang.id, "its process died on the way up", err) < 0 ||
			release_gang(app, &gang, "its process died on the way up",
				RELEASE_CHECK_TAGS, err) < 0 ||
			release_prepared(app, &gang, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the gang's row -------------------------------------------------------------------------- */

/* Every job that it is for: pools and jobs that share nodes have several. */
static int add_jobs(struct attempt *a, struct err *err)
{
	const struct demand *d = a->demand;

	for (size_t i = 0; i < d->njobs; i++) {
		CLEANUP(nodeset_release) struct nodeset theirs = NODESET_INIT;
		cleanup_free char *nodes = NULL;

		/* those that are up already are not of this gang */
		if (nodeset_filter(&d->jobs[i]->nodes, &d->nodes, true, &theirs, err) < 0)
			return -1;
		if (!theirs.n)
			continue;
		nodes = nodeset_format(&theirs);
		if (!nodes)
			return err_nomem(err);
		if (gang_add_job(a->app->db, a->gang.id, d->jobs[i]->facts.job_id,
			    d->jobs[i]->facts.restart, nodes, err) < 0)
			return -1;
	}
	return 0;
}

/* What there is no room for is not of the gang; where there is none at all, the gang has failed. */
static int write_gang(struct attempt *a, struct demand *demand, struct room *room, struct err *err)
{
	struct gang *g = &a->gang;

	if (room_look(a->app, demand, room, err) < 0)
		return -1;
	if (room->back.n && !room->full) {
		nodeset_release(&demand->nodes);
		demand->nodes = room->keep;
		room->keep = (struct nodeset)NODESET_INIT;
	}
	g->size = (unsigned)demand->nodes.n;
	g->nodes = nodeset_format(&demand->nodes);
	if (!g->nodes)
		return err_nomem(err);
	if (gang_insert(a->app->db, g, err) < 0 || add_jobs(a, err) < 0)
		return -1;
	return room->full && gang_fail(a->app->db, g->id, room->why, err) < 0 ? -1 : 0;
}

/* Its lock first: whoever sees the row without one knows that its process has died. */
static int begin_gang(
	struct attempt *a, struct demand *demand, int *lock, struct room *room, struct err *err)
{
	const struct demand *d = a->demand;
	struct gang *g = &a->gang;
	struct caps caps;
	char hex[11];

	random_hex(hex, 5);
	g->state = GANG_PLANNED;
	g->all_or_nothing = d->all_or_nothing;
	g->efa_asked = d->efa;
	budget_caps(a->app->conf, d, &caps);
	g->limit = caps.limit;
	g->rate_uusd_hr = -1;
	g->created_ms = clock_now_ms();
	if (d->njobs) {
		const struct job_facts *f = &d->jobs[0]->facts;

		snprintf(g->user, sizeof(g->user), "%s", f->user);
		snprintf(g->account, sizeof(g->account), "%s", f->account);
		snprintf(g->project, sizeof(g->project), "%s", f->wckey);
		snprintf(g->partition, sizeof(g->partition), "%s", f->partition);
		if (d->all_or_nothing || d->njobs == 1) {
			g->job_id = f->job_id;
			g->restart = f->restart;
			snprintf(g->job_name, sizeof(g->job_name), "%s", f->name);
			snprintf(g->id, sizeof(g->id), "%u-%s", f->job_id, hex);
		} else {
			snprintf(g->id, sizeof(g->id), "pool-%s", hex);
		}
	} else {
		snprintf(g->id, sizeof(g->id), "node-%s", hex);
	}
	if (d->group) {
		snprintf(g->node_group, sizeof(g->node_group), "%s", d->group->name);
		snprintf(g->region, sizeof(g->region), "%s",
			d->group->region ? d->group->region : a->app->conf->aws.region);
		if (!*g->partition)
			snprintf(g->partition, sizeof(g->partition), "%s", d->group->partition);
	}
	burst_log_context(g->job_name, g->id);
	*lock = lock_gang(a->app, g->id, 0, err);
	if (*lock < 0 || db_begin(a->app->db, err) < 0)
		return -1;
	if (write_gang(a, demand, room, err) < 0) {
		db_rollback(a->app->db);
		return -1;
	}
	return db_commit(a->app->db, err);
}

/* --- going on -------------------------------------------------------------------------------- */

static int climb(struct attempt *a, struct err *err)
{
	/* held until the gang is announced: waiting for its boot must not keep others from
	 * launching */
	cleanup_close int slot = lock_slot(a->app, err);
	int rc;

	if (slot < 0 || attempt_request(a, err) < 0)
		return -1;
	rc = tries_run(a, err);
	if (rc == 0)
		rc = attempt_bind(a, err);
	if (rc == 0)
		rc = attempt_wanted(a, err);
	if (rc == 0)
		rc = attempt_announce(a, err);
	return rc ? -1 : 0;
}

/* --- and back -------------------------------------------------------------------------------- */

static unsigned attempts_of(struct app *app, const struct demand *demand)
{
	unsigned most = 0;

	for (size_t i = 0; i < demand->njobs; i++) {
		unsigned failures = 0;
		int64_t spent_uusd;

		if (app->db &&
			gang_history(app->db, demand->jobs[i]->facts.job_id, &failures, &spent_uusd,
				NULL) == 0 &&
			failures > most)
			most = failures;
	}
	return most ? most : 1;
}

/*
 * End what has come and send the jobs back. EC2 first, since it bills; but a gang that takes
 * minutes to be ended must not keep its nodes coming up meanwhile, for Slurm would give them to
 * other jobs.
 */
static void end_and_send_back(struct attempt *a, const struct failure *failure)
{
	struct app *app = a->app;
	bool slurm_first = a->ninstances > RELEASE_AT_ONCE;
	struct err err;

	if (slurm_first)
		failure_send_back(app, a->demand, &a->demand->nodes, failure);
	if (a->ninstances && release_instances(app, a->instances, a->ninstances, failure->text,
				     RELEASE_JUST_LAUNCHED, &err) < 0)
		log_err("instances of gang %s may still run; the next call tries again: %s",
			a->gang.id, err.text);
	if (!slurm_first)
		failure_send_back(app, a->demand, &a->demand->nodes, failure);
}

/* Nothing of the gang stays: the row says so first, then EC2, then Slurm. */
static void come_back(struct attempt *a, const struct err *why)
{
	struct failure failure = {.class = why->class, .text = why->text};
	struct app *app = a->app;
	struct err err;

	if (*a->gang.id && gang_fail(app->db, a->gang.id, why->text, &err) < 0)
		log_err("gang %s: %s", a->gang.id, err.text);
	failure.attempts = attempts_of(app, a->demand);
	failure.gang = *a->gang.id ? a->gang.id : NULL;
	failure.of = *a->gang.id ? &a->gang : NULL;
	failure.ended = a->ninstances > 0;
	budget_wait(&failure, a->demand, a->waits, a->again_s);
	end_and_send_back(a, &failure);
}

/* It came, but nobody waits for it any more: that is no failed start. */
static void take_down(struct attempt *a, const char *why)
{
	struct failure failure = {
		.class = ERR_BUSY,
		.text = why,
		.attempts = 1,
		.ended = true,
		.of = &a->gang,
	};
	struct err err;

	log_info("taken down: %s", why);
	if (gang_advance(a->app->db, a->gang.id, GANG_ANNOUNCED, GANG_RELEASING, &err) < 0)
		log_warn("gang %s: %s", a->gang.id, err.text);
	end_and_send_back(a, &failure);
}

/* Has a job some of its nodes, but not all? With the missing ones it goes back to the queue. */
static bool splits_job(const struct demand *d, const struct nodeset *bound)
{
	for (size_t i = 0; i < d->njobs; i++) {
		const struct nodeset *nodes = &d->jobs[i]->nodes;
		size_t have = 0, wanted = 0;

		nodeset_for_each (nodes, k) {
			wanted += nodeset_contains(&d->nodes, nodes->names[k]);
			have += nodeset_contains(bound, nodes->names[k]);
		}
		if (have && have < wanted)
			return true;
	}
	return false;
}

/*
 * The nodes that EC2 had no instance for go back; the others go on. Where nodes are handed on, the
 * others wait up for the job's next start, which needs the rest only: to end them would pay for the
 * same again and again, and never have all.
 */
static void return_rest(struct attempt *a, const struct nodeset *bound)
{
	CLEANUP(nodeset_release) struct nodeset left = NODESET_INIT, rest = NODESET_INIT;
	struct failure failure = {.class = a->rest.class, .attempts = 1};
	struct failure over = {.class = a->over_why.class, .text = a->over_why.text, .attempts = 1};

	if (nodeset_filter(&a->demand->nodes, bound, false, &left, NULL) < 0 || !left.n)
		return;
	/* for those a budget has no money, which was found before EC2 was asked for them */
	if (a->over.n) {
		budget_wait(&over, a->demand, true, a->over_again_s);
		failure_send_back(a->app, a->demand, &a->over, &over);
	}
	if (nodeset_filter(&left, &a->over, false, &rest, NULL) < 0 || !rest.n)
		return;
	failure.text = a->rest.text;
	budget_wait(&failure, a->demand, a->waits, a->again_s);
	/* one that is held may never come back for them */
	a->kept = a->demand->group && a->demand->group->reuse && splits_job(a->demand, bound) &&
		  !failure_holds(a->app, &failure);
	failure_send_back(a->app, a->demand, &rest, &failure);
}

/* After too many failed boots nothing is launched for a while: the jobs wait until then. */
static bool turned_away(struct attempt *a)
{
	struct failure failure = {.class = ERR_BUSY, .attempts = 1, .uncounted = true};
	const struct conf_group *group = a->demand->group;
	struct health health;
	char text[512];
	struct err err;

	if (!group || !protect_closed(a->app, group, &health))
		return false;
	failure.text = protect_words(group, &health, text, sizeof(text));
	failure.gang = a->gang.id;
	failure.not_before_s = health.until_ms / 1000 + 1;
	if (gang_fail(a->app->db, a->gang.id, failure.text, &err) < 0)
		log_err("gang %s: %s", a->gang.id, err.text);
	failure_send_back(a->app, a->demand, &a->demand->nodes, &failure);
	return true;
}

/* The site has as many nodes as it may have: those that are too many go back. True: all of them. */
static bool no_room(struct attempt *a, const struct room *room)
{
	struct failure failure = {
		.class = room->class, .text = room->why, .attempts = 1, .uncounted = true};

	if (!room->back.n)
		return false;
	if (room->full)
		failure.gang = a->gang.id;
	failure_send_back(a->app, a->demand, &room->back, &failure);
	room_tell(a->app, room);
	return room->full;
}

static void unlock_jobs(const struct demand *demand, int *locks)
{
	for (size_t i = 0; i < demand->njobs; i++) {
		if (locks[i] >= 0)
			close(locks[i]);
		locks[i] = -1;
	}
}

/* LEFT: whether something at EC2 was ended, or is to go when that has ended. */
static int run_attempt(
	struct app *app, struct demand *demand, int *locks, bool *left, struct err *err)
{
	CLEANUP(attempt_release) struct attempt a = {.app = app, .demand = demand};
	CLEANUP(nodeset_release) struct nodeset bound = NODESET_INIT;
	CLEANUP(room_release) struct room room = ROOM_INIT;
	cleanup_close int lock = -1;
	int booted;

	if (begin_gang(&a, demand, &lock, &room, err) < 0) {
		come_back(&(struct attempt){.app = app, .demand = demand}, err);
		return -1;
	}
	if (no_room(&a, &room))
		return err_set(err, ERR_BUSY, "guards.max_nodes");
	if (turned_away(&a))
		return err_set(err, ERR_BUSY, "the node group is closed");
	if ((demand->refused && err_set(err, demand->refused_class, "%s", demand->refused)) ||
		climb(&a, err) < 0) {
		come_back(&a, err);
		*left = a.ninstances || a.group_used || *a.gang.group;
		return -1;
	}
	for (size_t i = 0; i < a.ninstances; i++)
		if (*a.instances[i].node && nodeset_add(&bound, a.instances[i].node, NULL) < 0)
			log_err("out of memory");
	if (!demand->all_or_nothing) {
		return_rest(&a, &bound);
		/* a job that has only a part may start again before that has booted */
		unlock_jobs(demand, locks);
	}
	booted = boot_wait(&a, &bound, err);
	if (booted < 0) {
		take_down(&a, err->text);
		*left = true;
	}
	return booted ? -1 : 0;
}

static int lock_jobs(struct app *app, const struct demand *demand, int *locks, struct err *err)
{
	for (size_t i = 0; i < demand->njobs; i++) {
		locks[i] = lock_job(app, demand->jobs[i]->facts.job_id, JOB_LOCK_WAIT_MS, err);
		if (locks[i] < 0)
			return -1;
	}
	return 0;
}

/* Is there a gang for this very start of each of its jobs? */
static bool under_way(struct app *app, const struct demand *demand)
{
	for (size_t i = 0; i < demand->njobs; i++) {
		CLEANUP(gang_release) struct gang gang = {0};

		if (app_db(app, DB_READ_WRITE, NULL) < 0 ||
			gang_of_job(app->db, demand->jobs[i]->facts.job_id,
				demand->jobs[i]->facts.restart, &gang, NULL) < 0)
			return false;
	}
	return true;
}

/* What is launched must be written down: look before, for what a gang writes at most. */
static int has_room(struct app *app, const struct demand *demand, struct err *err)
{
	return db_has_room(app->db, ROOM_LEAST + (int64_t)demand->nodes.n * ROOM_PER_NODE, err);
}

static int run_locked(
	struct app *app, struct demand *demand, int *locks, bool *left, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset missing = NODESET_INIT;
	cleanup_free char *held = NULL;

	if (app_db(app, DB_READ_WRITE, err) < 0 || has_room(app, demand, err) < 0 ||
		account_check(app, err) < 0 || clear_remains(app, demand, err) < 0 ||
		look_at_nodes(app, demand, &missing, &held, err) < 0) {
		come_back(&(struct attempt){.app = app, .demand = demand}, err);
		return -1;
	}
	if (!held && !missing.n) {
		log_info("all its nodes have their instances already");
		return 0;
	}
	if (held) {
		err_set(err, ERR_BUSY, "%s, which is being released", held);
		come_back(&(struct attempt){.app = app, .demand = demand}, err);
		if (stale_release(app, &demand->nodes,
			    demand->njobs ? demand->jobs[0]->facts.job_id : 0, false, err) < 0)
			log_err("%s", err->text);
		return -1;
	}
	nodeset_release(&demand->nodes);
	demand->nodes = missing;
	missing = (struct nodeset)NODESET_INIT;
	return run_attempt(app, demand, locks, left, err);
}

int provision_run(struct app *app, struct demand *demand)
{
	cleanup_free int *locks = calloc(demand->njobs + 1, sizeof(*locks));
	struct err err = {0};
	bool left = false;
	int rc = -1;

	if (!locks) {
		log_err("out of memory");
		return -1;
	}
	for (size_t i = 0; i < demand->njobs; i++)
		locks[i] = -1;
	if (demand->all_or_nothing && demand->njobs)
		burst_log_context(demand->jobs[0]->facts.name, NULL);
	if (lock_jobs(app, demand, locks, &err) == 0)
		rc = run_locked(app, demand, locks, &left, &err);
	else if (under_way(app, demand))
		log_info("another process brings its nodes up");
	else
		come_back(&(struct attempt){.app = app, .demand = demand}, &err);
	unlock_jobs(demand, locks);
	if (app->db)
		budget_alarms(app);
	/* whose job does not wait any more has no SuspendProgram that would see to the rest */
	if (app->db)
		release_settle(app, rc < 0 && (left || err.class != ERR_BUSY) ? SETTLE_WAIT_MS : 0);
	return rc;
}
