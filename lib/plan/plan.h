/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: from what was asked, what Slurm knows and what the site allows, to the pools that one
 * launch may use, with EFA, placement and cost decided, and the reasons in words.
 *
 * A pure function: no clock, network, environment or log. The same request gives the same plan.
 */
#ifndef BURST_PLAN_H
#define BURST_PLAN_H

#include "lib/catalog/catalog.h"
#include "lib/intent/intent.h"

enum market { MARKET_ON_DEMAND, MARKET_SPOT };

/* One (type, subnet) that the node group allows, in the site's order. */
struct plan_choice {
	const char *type;
	const char *subnet;     /* subnet-… */
	const char *az;         /* "us-east-2b"; "" if not known */
	int64_t free_addresses; /* of the subnet; -1 if not known */
	int64_t price_uusd_hr;  /* per instance; -1: look it up in the catalogue */
};

struct plan_request {
	unsigned nodes;      /* of the whole gang */
	bool gang;           /* all or nothing; false: pooled one-node jobs, nodes without job */
	enum efa_mode efa;   /* never EFA_UNSET: the caller resolves the default … */
	const char *efa_why; /* … and says where it comes from, for the reasons */
	struct cost_limit limit;
	unsigned cost_nodes; /* that the limit and the costs are for: 1 for a pool of one-node jobs,
			      * whose limit is each job\'s own; 0: NODES */
	int64_t time_limit_s; /* of the job; -1: unlimited */
	int64_t boot_s;       /* allowance before the job's start */
	int64_t release_s;  /* allowance after its end: KillWait, OverTimeLimit, epilog, release */
	int64_t spent_uusd; /* what earlier attempts and runs of this job cost */
	const char *region;
	enum market market;
	unsigned group_threshold; /* a cluster placement group from so many nodes up; 0: never */
	bool group_always;        /* mpi.force_cluster_placement_group */
	unsigned cpus_per_node;   /* what Slurm believes of the node; 0: not checked */
	uint64_t mem_mib_per_node;
	const struct plan_choice *choices;
	size_t nchoices;
};

struct plan_pool {
	const char *type;     /* borrowed from the request */
	const char *subnet;   /* borrowed */
	const char *az;       /* borrowed */
	int64_t rate_uusd_hr; /* -1: no price known (only where no limit was asked) */
	struct nic_layout layout;
};

struct plan {
	bool efa;           /* the launch has EFA interfaces */
	bool cluster_group; /* … and a cluster placement group */
	enum market market;
	struct plan_pool *pools; /* in order of preference; one per (type, AZ) */
	size_t npools;
	int64_t worst_uusd_hr; /* the gang, by the dearest pool; -1: a price is not known */
	int64_t worst_uusd;    /* whole job with the allowances; -1: not known or unlimited */
	char *reasons;         /* one a line: every choice kept or refused, and why */
};

/*
 * Make a plan. On failure ERR says in one sentence what was asked, what forbids it and what
 * would meet it (ERR_CONFIG: no allowed type has EFA / holds the node; ERR_BUDGET: over the limit,
 * or a limit without a price; ERR_ADDRESS).
 */
int plan_make(const struct plan_request *request, struct plan *plan, struct err *err);

/*
 * The reasons alone, as in struct plan, also where no plan can be made. The caller frees; NULL with
 * ERR when out of memory or where the request itself is wrong.
 */
char *plan_reasons(const struct plan_request *request, struct err *err);

/*
 * One line for AdminComment, "16 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group G,
 * 115.20 USD/h, <= 259.20 USD of 250.00". TYPE, AZ and RATE are those that EC2 gave. The caller
 * frees.
 */
char *plan_describe(const struct plan *plan, const struct plan_request *request, unsigned nodes,
	const char *type, const char *az, int64_t rate_uusd_hr, const char *group);

void plan_release(struct plan *plan);

#endif
