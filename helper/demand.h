/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demand: what one ResumeProgram call asks for, cut into launches.
 *
 * A job of several nodes is one demand, all or nothing. Jobs that share a node, and the
 * components of a heterogeneous job, are one demand with the union of their nodes. One-node jobs of
 * the same node group, user, account, limits and intent are pooled, and nodes without a job are
 * pooled by node group; both take what comes, and so does a job of several nodes in a node group
 * with scaling: best-effort, unless it requires EFA. A job with a node that no node group has is
 * refused. Pure but for what it is given.
 */
#ifndef BURST_DEMAND_H
#define BURST_DEMAND_H

#include "helper/conf.h"
#include "lib/base/nodeset.h"
#include "lib/plan/detect.h"
#include "lib/plan/efa.h"
#include "lib/plan/rank.h"
#include "lib/slurm/slurm_client.h"

struct demand_job {
	struct job_facts facts;
	struct nodeset nodes; /* of the whole allocation, as far as they are for us to launch */
	struct intent intent;
	const char *efa_why;            /* where its EFA mode comes from; may be that of EFA */
	struct efa_decision efa;        /* intent.efa is its mode */
	struct detect_result *detected; /* heap; NULL: not looked at */
	struct rank_job rank;
};

struct demand {
	struct demand_job **jobs; /* borrowed from the set */
	size_t njobs;             /* 0: nodes without a job */
	struct nodeset nodes;     /* to be launched */
	const struct conf_group *group;
	bool all_or_nothing;
	/* The strictest of its jobs: */
	enum efa_mode efa;
	const char *efa_why;
	bool efa_required, efa_disabled; /* some of them asked for it in so many words */
	bool efa_detected;               /* nobody asked for it: see plan_request.efa_detected */
	struct cost_limit limit;
	int64_t time_limit_s; /* the longest; -1 unlimited */
	bool requeue;         /* all of them may be requeued */
	struct rank_job rank; /* that of a type that serves all */
	char *refused;        /* not NULL: cannot be launched, and why */
	enum err_class refused_class;
};

struct demand_set {
	struct demand_job *jobs;
	size_t njobs;
	struct demand *all;
	size_t n;
	struct nodeset unknown; /* nodes without a job, and in no node group */
};

/*
 * Is NODE the first of one of its jobs, where batch script and rank 0 run? By Slurm's BatchHost
 * where it is known: that may be a node which is not for us to launch.
 */
bool demand_is_first(const struct demand *demand, const char *node);

/*
 * Cut. SET->jobs is filled by the caller; LOOSE are the call's nodes that no job has.
 * Fails only for want of memory; what cannot be launched is a demand with refused set.
 */
int demand_cut(struct demand_set *set, const struct conf *conf, const struct nodeset *loose,
	struct err *err);
void demand_set_release(struct demand_set *set);

#endif
