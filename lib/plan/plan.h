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
#include "lib/plan/rank.h"

enum market {
	MARKET_ON_DEMAND,
	MARKET_SPOT,
	MARKET_MIXED, /* of a gang: the first node of each job on-demand, the others spot */
};

/* What is known of a type in an AZ (DescribeInstanceTypeOfferings). */
enum offer { OFFER_UNKNOWN, OFFER_YES, OFFER_NO };

/* How the instances of a gang are placed with regard to each other. */
enum placement_strategy {
	PLACEMENT_AUTO,      /* of a request only: by the kind of job and its size */
	PLACEMENT_CLUSTER,   /* close together */
	PLACEMENT_PARTITION, /* over seven partitions, which share no rack */
	PLACEMENT_SPREAD,    /* each on a rack of its own: at most seven in an AZ */
	PLACEMENT_NONE,
};

/* "cluster" as in the configuration and at EC2; "auto", "none". Never NULL. */
const char *placement_strategy_name(enum placement_strategy strategy);

#define PLACEMENT_PARTITIONS 7 /* of a partition group in an AZ, EC2's limit */
#define PLACEMENT_SPREAD_MAX 7 /* instances of a spread group in an AZ, likewise */

/* One (type, subnet) that the node group allows, in the site's order. */
struct plan_choice {
	const char *type;
	const char *subnet;     /* subnet-… */
	const char *az;         /* "us-east-2b"; "" if not known */
	int64_t free_addresses; /* of the subnet; -1 if not known */
	int64_t price_uusd_hr;  /* per instance, of the request's market; -1: not known */
	int64_t asked_uusd_hr;  /* what EC2 holds against the cap, before discounts; 0: the price */
	bool price_stale;       /* it may have changed: held against no cap */
	/*
	 * The list price, which a Spot instance without a cap never costs more than; -1: not known;
	 * 0: look it up in the catalogue where price_uusd_hr is not known.
	 */
	int64_t list_uusd_hr;
	/* of a mixed request: what the on-demand ones cost; -1: not known; 0: in the catalogue */
	int64_t first_uusd_hr;
	const char *price_why;     /* whose word the price is, for the reasons; NULL: not said */
	int64_t max_price_uusd_hr; /* cap of a spot instance's price; -1 or 0: none */
	const char *reservation;   /* capacity reservation or block, "cr-…"; NULL: none */
	bool block;                /* it is a capacity block */
	int64_t reserved_free;     /* instances free in it; -1 if not known */
	bool tried;                /* asked in this start already, in vain … */
	const char *tried_why;     /* … and EC2's code for it; NULL: not known */
	const char *failed; /* a recent failure, "InsufficientInstanceCapacity 3 min ago"; NULL:
			     * none. Asked after the others: see recent_too */
	bool hinted;        /* EC2 itself has named its AZ: goes first */
	unsigned tier;      /* 0 is asked first: see plan_request.tier */
	const struct instance_type *info; /* borrowed; NULL: catalog_find() */
	enum offer offered;               /* in its AZ */
};

/* "on-demand", "spot" or "mixed". */
const char *market_name(enum market market);

/* What is known of the choice's type; NULL: nothing. */
const struct instance_type *plan_choice_type(const struct plan_choice *choice);

/* What is left of an account's vCPU quota. */
struct plan_quota {
	enum quota_family family;
	enum market market;
	int64_t left_vcpus;
};

/* What the gang may cost besides its limit: what is left of a budget. */
struct plan_ceiling {
	const char
		*what; /* "budget a (site, 9.00 USD a day) has 2.00 USD left …", for the reasons */
	int64_t uusd;  /* at most so much, without what was spent before */
	bool per_hour;     /* … an hour */
	int64_t most_uusd; /* what takes more will never fit */
	int64_t again_s;   /* when more will be left; 0: that is not known; INT64_MAX: never */
};

struct plan_request {
	unsigned nodes;      /* of the whole gang */
	bool gang;           /* all or nothing; false: pooled one-node jobs, nodes without job */
	enum efa_mode efa;   /* never EFA_UNSET: the caller resolves the default … */
	const char *efa_why; /* … and says where it comes from, for the reasons */
	/*
	 * EFA_REQUIRED by detection, not by the user: it binds only where some choice can have EFA
	 * (be it not at the moment), else it counts as preferred.
	 */
	bool efa_detected;
	struct cost_limit limit;
	const char *limit_why;  /* whose it is, "the site's limit for a job"; NULL: the job's own */
	struct cost_limit hour; /* per hour, where LIMIT is of the whole job */
	const char *hour_why;   /* likewise */
	const struct plan_ceiling *ceilings;
	size_t nceilings;
	unsigned cost_nodes; /* that the limit and the costs are for: 1 for a pool of one-node jobs,
			      * whose limit is each job\'s own; 0: NODES */
	int64_t time_limit_s; /* of the job; -1: unlimited */
	int64_t boot_s;       /* allowance before the job's start */
	int64_t release_s;  /* allowance after its end: KillWait, OverTimeLimit, epilog, release */
	int64_t spent_uusd; /* what earlier attempts and runs of this job cost */
	int64_t disk_uusd_hr; /* of each instance's disks; counted wherever its rate is */
	/*
	 * Somebody ends the job when its limit for the whole of it is used up. Then one without a
	 * time limit has that which the limit buys, but at least this; else it is refused.
	 */
	bool limit_ends;
	int64_t least_time_s;
	const char *region;
	enum market market;
	unsigned firsts;          /* of MARKET_MIXED: so many are on-demand; 1 to NODES - 1 */
	unsigned group_threshold; /* a cluster placement group from so many nodes up; 0: never */
	bool group_always;        /* mpi.force_cluster_placement_group */
	enum placement_strategy placement; /* of the node group; else the two above mean nothing */
	unsigned cpus_per_node;            /* what Slurm believes of the node; 0: not checked */
	uint64_t mem_mib_per_node;
	unsigned gpus_per_node;
	enum arch arch;          /* ARCH_ANY: the choices' own majority */
	bool requeue;            /* the job may be started anew after an interruption … */
	bool spot_needs_requeue; /* … and spot is only for those that may */
	unsigned interrupted;    /* so often was spot taken from it that it should have on-demand */
	const struct rank_job *job;         /* NULL: nothing is known of it */
	const struct rank_weights *weights; /* NULL: the order of the choices */
	const struct plan_choice *choices;
	size_t nchoices;
	/* of the step of the ladder */
	bool no_group;      /* do without the placement group; an error where it must be had */
	bool no_efa;        /* do without EFA; an error where it is required */
	bool recent_too;    /* also what failed recently */
	bool reserved_only; /* only choices with a reservation, which else are left out */
	unsigned tier;      /* only choices up to this tier */
	const struct plan_quota *quotas; /* families and markets that are not in it: not checked */
	size_t nquotas;
};

struct plan_pool {
	const char *type;          /* borrowed from the request */
	const char *subnet;        /* borrowed */
	const char *az;            /* borrowed */
	int64_t rate_uusd_hr;      /* -1: no price known (only where no limit was asked) */
	int64_t most_uusd_hr;      /* what it may come to: of Spot, its cap or list price */
	int64_t first_uusd_hr;     /* of a mixed plan: of the on-demand ones; else -1 */
	const char *price_why;     /* borrowed; NULL: not said */
	int64_t max_price_uusd_hr; /* to be sent as MaxPrice; -1: none, or not spot */
	const char *reservation;   /* borrowed; NULL: none */
	bool block;                /* a capacity block: all pools of a plan are, or none */
	uint64_t score;            /* 0 without weights */
	struct nic_layout layout;
};

struct plan {
	bool efa;           /* the launch has EFA interfaces */
	bool cluster_group; /* … and a cluster placement group */
	enum placement_strategy
		strategy;        /* what cluster_group says, or another group; never AUTO */
	enum market market;      /* of a reservation or block: on-demand */
	unsigned firsts;         /* of a mixed one: so many on-demand, the others spot; else 0 */
	struct plan_pool *pools; /* in order of preference, the hinted first, those that failed
				  * recently last, among these by score; one per (type, AZ) */
	size_t npools;
	int64_t worst_uusd_hr; /* the gang, by the dearest pool; -1: a price is not known */
	int64_t worst_uusd;    /* whole job with the allowances; -1: not known or unlimited */
	/* so long may a job without time limit run for its limit, by the dearest pool; -1: it has
	 * a time limit, or no limit for the whole job */
	int64_t buys_s;
	char *reasons; /* one a line: every choice kept or refused, and why */
};

/* The launch is in a placement group, of whatever strategy. */
static inline bool plan_has_group(const struct plan *plan)
{
	return plan->strategy != PLACEMENT_NONE && plan->strategy != PLACEMENT_AUTO;
}

/*
 * Make a plan. On failure ERR says in one sentence what was asked, what forbids it and what
 * would meet it (ERR_CONFIG: no allowed type has EFA / holds the node; ERR_BUDGET: over the limit,
 * or a limit without a price; ERR_ADDRESS; ERR_QUOTA; ERR_CAPACITY: what is possible was tried, has
 * failed recently, is full as a reservation or dearer than its cap).
 *
 * What was tried or has failed still counts where pools are chosen among: while a type with EFA
 * has just failed, "preferred" does not fall back to others before the step without EFA.
 */
int plan_make(const struct plan_request *request, struct plan *plan, struct err *err);

/*
 * The reasons alone, as in struct plan, also where no plan can be made. The caller frees; NULL with
 * ERR when out of memory or where the request itself is wrong.
 */
char *plan_reasons(const struct plan_request *request, struct err *err);

/*
 * Some choice would do, were it not for the ceilings: when is it worth trying again? 0: later;
 * INT64_MAX: never; -1: it is not the ceilings.
 */
int64_t plan_again_s(const struct plan_request *request);

/*
 * Does EFA that is required bind? Of an explicit one always; of one by detection where a choice of
 * the request can have it, for good or for the moment not.
 */
bool plan_efa_binds(const struct plan_request *request);

/*
 * One line for AdminComment, "16 x hpc7a.96xlarge on-demand us-east-2b, EFA, placement group G,
 * 115.20 USD/h, <= 259.20 USD of 250.00". TYPE, AZ and RATE are those that EC2 gave. The caller
 * frees.
 */
char *plan_describe(const struct plan *plan, const struct plan_request *request, unsigned nodes,
	const char *type, const char *az, int64_t rate_uusd_hr, const char *group);

/* Instances of a gang that are alike, as EC2 gave them. */
struct plan_part {
	unsigned nodes;
	const char *type, *az;
	bool spot;
	int64_t rate_uusd_hr; /* -1: not known */
	int64_t most_uusd_hr; /* what it may come to; 0: no more than that */
};

/*
 * The same where EC2 gave of several kinds: "2 x A on-demand us-east-2a, 1 x B spot us-east-2b, no
 * EFA, …".
 */
char *plan_describe_parts(const struct plan *plan, const struct plan_request *request,
	const struct plan_part *parts, size_t n, const char *group);

/*
 * For how long the limit of REQUEST for the whole job pays these, at the most that they may come
 * to: less the allowances and what was spent before, rounded down; 0 where it does not even pay
 * those. -1: there is no such limit, or a price is not known.
 */
int64_t plan_buys_s(const struct plan_request *request, const struct plan_part *parts, size_t n);

/* What they cost at most for the whole job, or, where it is the limit that ends it, that; -1: not
 * known, or without end. */
int64_t plan_worst_uusd(
	const struct plan_request *request, const struct plan_part *parts, size_t n);

void plan_release(struct plan *plan);

#endif
