/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/tries.h"

#include <limits.h>
#include <string.h>

#include "helper/budget.h"
#include "helper/log.h"
#include "helper/public.h"
#include "helper/request.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/strbuf.h"
#include "lib/plan/outcome.h"
#include "lib/state/try.h"

/* slurmctld calls ResumeFailProgram at ResumeTimeout: be done, and the nodes booted, before. */
#define BOOT_SPARE_S 60
#define TRIES_TOLD   4

/* What the tries came to, for the one sentence that a person reads. */
struct story {
	struct err first;    /* of the first try that asked EC2; else the first that could not */
	bool launched;       /* FIRST is EC2's word */
	struct strbuf later; /* what was tried after it */
	unsigned ntold, untold;
};

/* How far the climb is. */
struct climb {
	int64_t deadline_ms;
	unsigned place, ntries;
	bool no_groups; /* no placement group is to be had */
};

static void story_release(struct story *story)
{
	strbuf_release(&story->later);
}

static void tell(struct story *story, const struct attempt *a, const struct err *why)
{
	CLEANUP(strbuf_release) struct strbuf asked = STRBUF_INIT;

	if (!story->launched) {
		story->first = *why;
		story->launched = true;
		return;
	}
	if (story->ntold == TRIES_TOLD) {
		story->untold++;
		return;
	}
	request_describe(&asked, &a->plan);
	strbuf_addf(&story->later, "%s%s: %s", story->ntold ? "; " : "; then ", asked.buf,
		*why->code ? why->code : err_class_name(why->class));
	story->ntold++;
}

/* EFA that nobody asked for has kept the job from starting: say so, and what would do. */
static bool efa_is_to_blame(const struct attempt *a, const struct err *why)
{
	return a->base.efa_detected && a->app->conf->launch.fallback_no_efa &&
	       outcome_of(why->class)->next_pool && plan_efa_binds(&a->base);
}

static int end_story(struct story *story, const struct attempt *a, struct err *err)
{
	*err = story->first;
	if (!err->class)
		return err_set(err, ERR_CAPACITY, "nothing is left to be tried");
	if (story->untold)
		strbuf_addf(&story->later, "; %u more tries", story->untold);
	if (efa_is_to_blame(a, err))
		strbuf_addf(&story->later,
			"; EFA is required (%s), with --efa=preferred it starts without",
			a->base.efa_why);
	err_set(err, story->first.class, "%s%s", story->first.text, story->later.buf);
	snprintf(err->code, sizeof(err->code), "%s", story->first.code);
	return -1;
}

/* --- one try --------------------------------------------------------------------------------- */

static int begin(struct attempt *a, size_t nodes, struct try *row, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf asked = STRBUF_INIT;

	strbuf_addf(&asked, "%zu x ", nodes);
	request_describe(&asked, &a->plan);
	snprintf(row->gang, sizeof(row->gang), "%s", a->gang.id);
	snprintf(row->region, sizeof(row->region), "%s", a->region);
	snprintf(row->asked, sizeof(row->asked), "%s", asked.buf);
	row->reasons = a->plan.reasons; /* borrowed */
	row->began_ms = clock_now_ms();
	if (try_begin(a->app->db, row, err) < 0)
		return -1;
	log_info("try %u: %s", row->number, row->asked);
	public_gang(a->app, a->gang.id);
	return 0;
}

static void end(struct attempt *a, const struct try *row, size_t first_fleet, const struct err *why)
{
	const char *token = a->nfleets > first_fleet ? a->fleets[first_fleet].token : "";
	char came[64];
	struct err err;

	snprintf(came, sizeof(came), "%zu instance(s)", a->ninstances);
	if (try_end(a->app->db, row->gang, row->number, token,
		    why ? err_class_name(why->class) : "", why ? why->code : "",
		    why ? why->text : came, clock_now_ms(), &err) < 0)
		log_warn("%s", err.text);
	/* what came is told as soon as it is announced */
	if (!why)
		return;
	log_info("try %u: %s", row->number, why->text);
	public_gang(a->app, a->gang.id);
}

/* The nodes that have no instance yet. */
static int find_missing(const struct attempt *a, struct nodeset *missing, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset have = NODESET_INIT;

	for (size_t f = 0; f < a->nfleets; f++)
		for (size_t i = 0; i < a->fleets[f].n; i++)
			if (nodeset_add(&have, a->fleets[f].nodes.names[i], err) < 0)
				return -1;
	/* nor what budgets do not allow */
	nodeset_for_each (&a->over, i)
		if (nodeset_add(&have, a->over.names[i], err) < 0)
			return -1;
	return nodeset_filter(&a->demand->nodes, &have, false, missing, err);
}

/* 0: all nodes have come. 1: it failed, and another may follow. 2: none may. -1: nobody waits any
 * more, or our own state fails: that is what ERR tells. */
static int run_try(struct attempt *a, struct story *story, bool *no_groups, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset missing = NODESET_INIT;
	size_t first_fleet = a->nfleets;
	struct try row = {0};
	bool next;
	int rc;

	if (strcmp(a->gang.region, a->region)) {
		snprintf(a->gang.region, sizeof(a->gang.region), "%s", a->region);
		if (gang_set_region(a->app->db, a->gang.id, a->region, err) < 0)
			return -1;
	}
	if (attempt_wanted(a, err) != 0 || find_missing(a, &missing, err) < 0 ||
		begin(a, missing.n, &row, err) < 0)
		return -1;
	rc = attempt_group(a, err);
	if (rc < 0 && err->class == ERR_QUOTA)
		*no_groups = true;
	if (rc == 0) {
		rc = attempt_wanted(a, err);
		if (rc == 0)
			rc = attempt_launch(a, &missing, err);
	}
	end(a, &row, first_fleet, rc ? err : NULL);
	if (rc == 0)
		return 0;
	if (err->class == ERR_BUSY)
		return -1;
	tell(story, a, err);
	next = outcome_of(err->class)->next_pool;
	if (a->demand->all_or_nothing && next) {
		struct err undo;

		if (attempt_undo(a, err->text, &undo) < 0) {
			log_err("%s", undo.text);
			return 2;
		}
	}
	return next ? 1 : 2;
}

/* --- the ladder ------------------------------------------------------------------------------ */

static int64_t deadline(const struct attempt *a)
{
	int64_t total_s = a->app->conf->launch.total_time_s,
		most_s = (int64_t)a->app->site.resume_timeout_s - BOOT_SPARE_S;

	if (most_s > 0 && total_s > most_s)
		total_s = most_s;
	return clock_mono_ms() + total_s * 1000;
}

static bool enough(const struct attempt *a, unsigned ntries, int64_t deadline_ms)
{
	if (ntries >= a->app->conf->launch.max_tries) {
		log_info("launch.max_tries reached: %u", ntries);
		return true;
	}
	if (clock_mono_ms() >= deadline_ms) {
		log_info("launch.total_time_s is over after %u tries", ntries);
		return true;
	}
	return false;
}

/* Has the place anything of the step's kind, reserved or not? */
static bool has_kind(const struct attempt *a)
{
	for (size_t i = 0; i < a->nchoices; i++)
		if (!a->choices[i].reservation == !a->step.reservation)
			return true;
	return !a->nchoices; /* what is to be said of that is the plan's */
}

/*
 * Is LATER, by which a step cannot be asked for, more to the point than FIRST? That something
 * failed a while ago is, but for more. What only a person can change holds the job, so it must not
 * hide what passes by itself: a type that is not sold as spot, and on demand its quota is used up.
 */
static bool tells_more(const struct err *first, const struct err *later)
{
	if (!first->class || first->class == ERR_CAPACITY)
		return true;
	return outcome_of(first->class)->person && !outcome_of(later->class)->person &&
	       later->class != ERR_CAPACITY;
}

/* A plan that cannot be made. 1: pass on; -1. */
static int no_plan(struct attempt *a, struct story *story, const struct err *err)
{
	/* our own memory or state, not the plan's word */
	if (err->class == ERR_FATAL || err->class == ERR_BUSY)
		return -1;
	log_info("%s", err->text);
	/* that all was tried already is no news */
	if (!story->launched && tells_more(&story->first, err))
		story->first = *err;
	return 1;
}

/*
 * Plan for the step, and hold what the plan may cost; a step that can give nothing is passed over.
 * 0: there is a plan; 1: pass on; -1.
 */
static int plan_step(struct attempt *a, struct story *story, bool no_groups, struct err *err)
{
	if (!has_kind(a))
		return 1;
	*a->dear.what = '\0';
	/* a hold that is refused makes the next plan cheaper, until there is none */
	for (;;) {
		int rc;

		if (attempt_plan(a, err) < 0)
			return no_plan(a, story, err);
		if (no_groups && plan_has_group(&a->plan))
			return 1;
		rc = budget_hold_plan(a, err);
		if (rc <= 0)
			return rc;
	}
}

/* Client, subnets and choices of the step's place, if it is not the last one's. 0; 1: pass on; -1.
 */
static int enter_place(struct attempt *a, struct story *story, struct climb *climb, struct err *err)
{
	if (a->step.place == climb->place)
		return a->nchoices ? 0 : 1;
	/* nodes of one job reach each other in one region only; what came chooses it */
	if (a->ninstances)
		return 1;
	climb->place = a->step.place;
	climb->no_groups = false; /* each region has its own */
	if (attempt_choices(a, err) == 0)
		return 0;
	a->nchoices = 0;
	if (!a->step.place)
		return -1;
	/* another region's trouble is not what the job is told, unless there is no other */
	log_warn("region %s: %s", a->region, err->text);
	if (!story->first.class)
		story->first = *err;
	return 1;
}

/* One step of the ladder, with all the pools that it allows. 0: all came; 1: the next step; 2, -1
 * as run_try(). */
static int run_step(struct attempt *a, struct story *story, struct climb *climb, struct err *err)
{
	for (;;) {
		int rc = plan_step(a, story, climb->no_groups, err);

		if (rc)
			return rc;
		if (enough(a, climb->ntries, climb->deadline_ms))
			return 2;
		climb->ntries++;
		rc = run_try(a, story, &climb->no_groups, err);
		if (rc != 1)
			return rc;
	}
}

int tries_run(struct attempt *a, struct err *err)
{
	CLEANUP(story_release) struct story story = {.later = STRBUF_INIT};
	struct climb climb = {.deadline_ms = deadline(a), .place = UINT_MAX};
	struct ladder_rules rules;
	int rc;

	request_rules(&rules, a->app->conf, a->demand->group);
	ladder_first(&rules, &a->base, &a->step);
	do {
		rc = enter_place(a, &story, &climb, err);
		if (rc == 0)
			rc = run_step(a, &story, &climb, err);
	} while (rc == 1 && ladder_next(&rules, &a->base, &a->step));
	if (rc <= 0)
		return rc;
	end_story(&story, a, err);
	if (a->demand->all_or_nothing)
		return -1;
	attempt_sift(a);
	if (!a->ninstances)
		return -1;
	/* who takes what comes goes on with what came */
	a->rest = *err;
	return 0;
}
