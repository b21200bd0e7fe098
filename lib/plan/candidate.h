/* SPDX-License-Identifier: Apache-2.0 */
/*
 * candidate: one choice of a request while it is judged; inside of plan.c only.
 *
 * What makes a candidate impossible depends on the request and the candidate alone, never on the
 * other candidates: so one more choice can never turn a plan into a failure. What only prefers
 * one candidate to another (plan.c) always leaves one, or one that is refused for the moment only
 * (REFUSED_FAILED, REFUSED_TRIED): then the ladder's next steps have the others.
 */
#ifndef BURST_CANDIDATE_H
#define BURST_CANDIDATE_H

#include "lib/base/strbuf.h"
#include "lib/plan/plan.h"

/* In the order in which they are looked at: the last one reached is the one to tell. */
enum verdict {
	REFUSED_KIND,    /* a reservation among the others, or the reverse */
	REFUSED_TYPE,    /* not in the catalogue */
	REFUSED_OFFER,   /* not in this AZ */
	REFUSED_MARKET,  /* not sold so */
	REFUSED_SPOT,    /* which may end at any time, and the job cannot start anew */
	REFUSED_CPU,     /* of another architecture than the Slurm node */
	REFUSED_SIZE,    /* smaller than the Slurm node */
	REFUSED_EFA,     /* has none */
	REFUSED_GROUP,   /* may not stand in a cluster placement group */
	REFUSED_ADDRESS, /* the subnet has too few */
	REFUSED_PRICE,   /* not known, and a limit asked */
	REFUSED_BUDGET,  /* over the limit */
	REFUSED_CEILING, /* over what is left of a budget */
	REFUSED_CAP,     /* spot is dearer than the cap */
	REFUSED_QUOTA,   /* the account may not have so many vCPUs */
	REFUSED_FULL,    /* the reservation has too few left */
	REFUSED_TIER,    /* a later one: asked after the others */
	REFUSED_FAILED,  /* recently: asked after the others */
	REFUSED_TRIED,   /* in this start */
	REFUSED_ARCH,    /* from here on: others are preferred */
	REFUSED_PREFER_EFA,
	REFUSED_PREFER_GROUP,
	REFUSED_BLOCK,  /* a block is launched apart from other reservations */
	REFUSED_SUBNET, /* another subnet of the AZ is used */
	REFUSED_TWICE,
	KEPT,
};

struct candidate {
	const struct plan_choice *choice;
	const struct instance_type *type; /* NULL: unknown */
	int64_t rate_uusd_hr;             /* at this moment; -1: not known */
	int64_t most_uusd_hr;             /* that it may come to; -1: not known */
	int64_t first_uusd_hr;            /* of a mixed gang's on-demand ones; -1: not known */
	int64_t gang_uusd_hr;             /* all nodes at most; -1: not known */
	int64_t job_uusd; /* whole job with allowances; -1: not known or unlimited */
	int64_t buys_s;   /* see struct plan; -1: not to be converted, or the price is not known */
	enum verdict with_efa, without; /* KEPT or why it is impossible */
	enum verdict verdict;
	const struct candidate *instead; /* for REFUSED_SUBNET */
	struct rank_score score;         /* 0 without weights */
};

/*
 * The strategy that the request asks for, before anything is known of candidates, with EFA in the
 * launch or without: never PLACEMENT_AUTO.
 */
enum placement_strategy request_strategy(const struct plan_request *request, bool efa);

/* It may come to a placement group, be it only because EFA is used. */
bool request_wants_group(const struct plan_request *request);

/* … which must be had: no step goes without. */
bool request_group_binds(const struct plan_request *request);

/* Its EFA mode, that of detection being EFA_PREFERRED where it does not bind. */
enum efa_mode request_efa_mode(const struct plan_request *request);

/* The market is spot, or in part, and the job must not be interrupted. */
bool request_fears_spot(const struct plan_request *request);

/* The request asks for EFA, be it only where it can be had. */
bool request_wants_efa(const struct plan_request *request);

/* What EC2 holds against the cap: the price before discounts. */
int64_t candidate_asked(const struct plan_choice *choice);

/* How many nodes the limit is for. */
unsigned request_cost_nodes(const struct plan_request *request);

/*
 * NODES at RATE: per hour, and for the whole job with the request's allowances and what was spent
 * before. -1 each: not known, unlimited, or beyond what can be counted.
 */
void request_cost(const struct plan_request *request, unsigned nodes, int64_t rate_uusd_hr,
	int64_t *gang_uusd_hr, int64_t *job_uusd);

/* The job has no time limit: its limit for the whole job gives it one. */
bool request_converts(const struct plan_request *request);
/* So long does the limit for the whole job pay GANG_UUSD_HR; see plan_buys_s(). */
int64_t request_buys_s(const struct plan_request *request, int64_t gang_uusd_hr);

/* The same of PARTS together: per hour at their rates, for the job at the most that these may come
 * to. */
void request_cost_of_parts(const struct plan_request *request, const struct plan_part *parts,
	size_t n, int64_t *gang_uusd_hr, int64_t *job_uusd);

/* How many instances of MARKET must come at once: a pool of one-node jobs takes what comes. */
unsigned request_at_once(const struct plan_request *request, enum market market);

/* The quota that has too little left for it; NULL: none. */
const struct plan_quota *candidate_quota(
	const struct candidate *candidate, const struct plan_request *request);
/* The vCPUs that are asked of QUOTA. */
uint64_t candidate_vcpus(const struct candidate *candidate, const struct plan_request *request,
	const struct plan_quota *quota);

/* Fill CANDIDATE from CHOICE: type, costs, with_efa, without. The verdict is the caller's. */
void candidate_init(struct candidate *candidate, const struct plan_request *request,
	const struct plan_choice *choice);

/* The cap on its spot price; -1: none, or not spot. */
int64_t candidate_cap(const struct candidate *candidate, const struct plan_request *request);

/* The EFA of this candidate would be had, now or when what forbids it for the moment is over. */
bool candidate_may_have_efa(const struct candidate *candidate);

/* Does it keep to the request's limit per hour and to all ceilings? */
bool candidate_keeps_below(const struct candidate *candidate, const struct plan_request *request);
/* Is there any that it has to keep to? */
bool request_has_ceiling(const struct plan_request *request);
/* A line for each, for the reasons. */
void request_explain_ceilings(const struct plan_request *request, struct strbuf *sb);
/* What of them it breaks, for the reasons; and the whole failure. Returns -1. */
void candidate_explain_ceiling(
	const struct candidate *candidate, const struct plan_request *request, struct strbuf *sb);
int candidate_fail_ceiling(const struct candidate *candidates, size_t n,
	const struct plan_request *request, struct err *err);

/* Append the line for the reasons, without newline: "refused c5.large …: why". */
void candidate_explain(const struct candidate *candidate, const struct plan_request *request,
	bool efa, struct strbuf *sb);

/* No candidate is possible: fill ERR from the one that came furthest. Returns -1. */
int candidate_fail(const struct candidate *candidates, size_t n, const struct plan_request *request,
	struct err *err);

#endif
