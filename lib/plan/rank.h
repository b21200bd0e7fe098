/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rank: which of the instance types that could serve a job serves it best.
 *
 * A score of weighted parts, each part 0 to RANK_PART_MAX by a rule that looks at one candidate
 * only: so one more candidate never changes the score of another. The higher the better; equal
 * scores stand in the site's order, so the order is total. Integers only. Pure.
 */
#ifndef BURST_RANK_H
#define BURST_RANK_H

#include "lib/base/strbuf.h"
#include "lib/catalog/catalog.h"

#define RANK_PART_MAX 1000

/* How much a job's processes on different nodes speak with each other. */
enum rank_talk {
	TALK_UNKNOWN,  /* nothing is known of the job */
	TALK_APART,    /* not at all: an array's task, a farm */
	TALK_LOOSE,    /* MPI that seldom waits */
	TALK_MODERATE, /* MPI, or something like it */
	TALK_TIGHT,    /* MPI that is as fast as its network */
};

struct rank_job {
	enum rank_talk talk;
	unsigned nodes;            /* 0 counts as 1 */
	uint64_t mem_mib_per_task; /* asked for; 0: not known */
	unsigned tasks_per_node;   /* 0 counts as 1 */
	bool memory_bound;         /* the more memory (and its bandwidth) per core the better */
	bool gpu;                  /* computes on GPUs */
};

/* 0: the part does not count. choice.weights.* of the configuration. */
struct rank_weights {
	unsigned order;          /* the site's: 1000 for the first, 10 less for each further one */
	unsigned price;          /* per node-hour: the cheaper the more; 0 where not known */
	unsigned price_per_core; /* per core and hour, likewise */
	unsigned hpc;     /* an hpc type, from HPC_NODES up: 1000 for tight MPI, 500 for moderate */
	unsigned memory;  /* does the job's memory fit: 1000; much wasted: 500; short: 0 */
	unsigned network; /* EFA interfaces: 500 for one, 100 more for each; moderate: half */
	unsigned generation; /* 100 for each: hpc7a is of the 7th */
	unsigned hpc_nodes;  /* no weight: where "many nodes" begin for hpc; 0: never */
};

/*
 * The site's order; before it, an hpc type for tight MPI of many nodes, and a type in which the
 * job's memory fits.
 */
#define RANK_WEIGHTS_DEFAULT                                                                       \
	{                                                                                          \
		.order = 1, .hpc = 10, .memory = 1, .hpc_nodes = 8                                 \
	}

struct rank_item {
	const struct instance_type *type;
	int64_t rate_uusd_hr; /* -1: not known */
	size_t position;      /* in the site's order, from 0 */
};

enum rank_part {
	RANK_ORDER,
	RANK_PRICE,
	RANK_PRICE_PER_CORE,
	RANK_HPC,
	RANK_MEMORY,
	RANK_NETWORK,
	RANK_GENERATION,
	RANK_PARTS,
};

struct rank_score {
	uint64_t total;
	uint64_t parts[RANK_PARTS]; /* weighted: they add up to TOTAL */
};

/* JOB may be NULL: nothing is known. */
void rank_score(const struct rank_weights *weights, const struct rank_job *job,
	const struct rank_item *item, struct rank_score *score);

/* Append "score 11990 = order 990 + hpc 10000 + memory 1000"; parts that are 0 are left out. */
void rank_describe(const struct rank_score *score, struct strbuf *sb);

struct detect_result;

/*
 * What RESULT (may be NULL) says of JOB: memory_bound, gpu and, if it is SURE (efa_is_sure()),
 * talk. The rest is left alone.
 */
void rank_job_detected(struct rank_job *job, const struct detect_result *result, bool sure);

/*
 * Of jobs that share nodes: JOB becomes what serves OTHER too, the one that speaks more and the one
 * that needs more memory. Nodes are the caller's.
 */
void rank_job_join(struct rank_job *job, const struct rank_job *other);

#endif
