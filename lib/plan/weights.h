/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weights: TRESBillingWeights with which Slurm bills a whole node its price.
 *
 * Slurm multiplies what a job has of each resource by the partition's weight and adds it up, or
 * with PriorityFlags=MAX_TRES takes the largest product, and cuts what is behind the point. Billed
 * are thousandths of a USD an hour, prices rounded up to them. Each weight is so that a whole node
 * by it alone comes to its price: so of the sum there may be one weight only, that of CPUs, and all
 * of MAX_TRES. Weights are millionths, the next greater one, never the exact quotient: in Slurm's
 * floating point a product would else be cut to one less. Up to a million CPUs billed together that
 * adds nothing.
 *
 * Nodes of a partition that are not alike have the greatest weight of all: none is billed less than
 * its price. Pure.
 */
#ifndef BURST_WEIGHTS_H
#define BURST_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define WEIGHTS_SIZE 128

struct weights_node {
	int64_t uusd_hr;  /* its price, not negative */
	uint32_t cpus;    /* at least 1 */
	uint64_t mem_mib; /* RealMemory; 0: not said, or not to be billed */
	uint32_t gpus;    /* 0: none */
};

struct weights {
	int64_t cpu, mem_tib, gpu; /* millionths; 0: none */
};

/* UUSD in thousandths of a USD, rounded up. */
int64_t weights_units(int64_t uusd_hr);

/* NODE is one of the partition's: weights begin as {0}. ERR_BUDGET: beyond what can be counted. */
int weights_add(
	struct weights *weights, const struct weights_node *node, bool max_tres, struct err *err);

/* What Slurm bills a job that has all of N such nodes. */
int64_t weights_billed(
	const struct weights *weights, const struct weights_node *node, uint32_t n, bool max_tres);

/* "CPU=37.500001,Mem=9830.400001T,GRES/gpu=900.000001" into BUF of WEIGHTS_SIZE, which is returned.
 */
char *weights_text(const struct weights *weights, char *buf, size_t size);

#endif
