/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/rank.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/detect.h"

/* Half of RANK_PART_MAX is given at these: about what a node, and a core, of a large type costs. */
#define HALF_UUSD_HR      INT64_C(4000000)
#define HALF_CORE_UUSD_HR INT64_C(40000)

#define ORDER_STEP 10
/* Less per core is short for what is memory-bound; hpc and compute-optimized types have it. */
#define MIB_PER_CORE 4096

static uint64_t order_value(const struct rank_item *item)
{
	return item->position < RANK_PART_MAX / ORDER_STEP
		       ? RANK_PART_MAX - ORDER_STEP * (uint64_t)item->position
		       : 0;
}

/* Falls with the price and never reaches 0, with no knowledge of other candidates' prices. */
static uint64_t price_value(int64_t uusd_hr, int64_t half)
{
	if (uusd_hr < 0)
		return 0;
	if (uusd_hr > INT64_MAX - half)
		return 0;
	return (uint64_t)(RANK_PART_MAX * half / (half + uusd_hr));
}

static uint64_t core_price_value(const struct rank_item *item)
{
	unsigned cores = item->type->cores ? item->type->cores : 1;

	return price_value(
		item->rate_uusd_hr < 0 ? -1 : item->rate_uusd_hr / cores, HALF_CORE_UUSD_HR);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hpc(const struct instance_type *type)
{
	return !strncmp(type->name, "hpc", 3) && is_digit(type->name[3]);
}

/* They have the network, the memory bandwidth and the price for it, but no GPUs. */
static uint64_t hpc_value(const struct rank_weights *weights, const struct rank_job *job,
	const struct instance_type *type)
{
	unsigned nodes = job->nodes ? job->nodes : 1;

	if (!weights->hpc_nodes || nodes < weights->hpc_nodes || job->gpu || !is_hpc(type))
		return 0;
	return job->talk == TALK_TIGHT      ? RANK_PART_MAX
	       : job->talk == TALK_MODERATE ? RANK_PART_MAX / 2
					    : 0;
}

static uint64_t mem_of_node(const struct rank_job *job)
{
	uint64_t tasks = job->tasks_per_node ? job->tasks_per_node : 1, mib;

	return __builtin_mul_overflow(job->mem_mib_per_task, tasks, &mib) ? UINT64_MAX : mib;
}

/* In steps, so that among those that do the other parts decide. */
static uint64_t memory_value(const struct rank_job *job, const struct instance_type *type)
{
	uint64_t need = mem_of_node(job);
	unsigned cores = type->cores ? type->cores : 1;

	if (need > type->mem_mib)
		return 0;
	if (need)
		return need >= type->mem_mib / 4 ? RANK_PART_MAX : RANK_PART_MAX / 2;
	return !job->memory_bound || type->mem_mib / cores >= MIB_PER_CORE ? RANK_PART_MAX
									   : RANK_PART_MAX / 2;
}

static uint64_t network_value(const struct rank_job *job, const struct instance_type *type)
{
	uint64_t value = type->efa_max ? 400 + 100 * (uint64_t)type->efa_max : 0;

	if (value > RANK_PART_MAX)
		value = RANK_PART_MAX;
	return job->talk == TALK_TIGHT ? value : job->talk == TALK_MODERATE ? value / 2 : 0;
}

/* The first number of its name: "hpc7a.96xlarge" is of the 7th, "p6-b300.48xlarge" of the 6th. */
static uint64_t generation_value(const struct instance_type *type)
{
	unsigned long generation = strtoul(
		type->name + strcspn(type->name, "0123456789."), NULL, 10);

	return generation < 10 ? 100 * generation : RANK_PART_MAX;
}

void rank_score(const struct rank_weights *weights, const struct rank_job *job,
	const struct rank_item *item, struct rank_score *score)
{
	static const struct rank_job unknown;

	if (!job)
		job = &unknown;
	*score = (struct rank_score){
		.parts = {
			[RANK_ORDER] = weights->order * order_value(item),
			[RANK_PRICE] = weights->price *
				       price_value(item->rate_uusd_hr, HALF_UUSD_HR),
			[RANK_PRICE_PER_CORE] = weights->price_per_core * core_price_value(item),
			[RANK_HPC] = weights->hpc * hpc_value(weights, job, item->type),
			[RANK_MEMORY] = weights->memory * memory_value(job, item->type),
			[RANK_NETWORK] = weights->network * network_value(job, item->type),
			[RANK_GENERATION] = weights->generation * generation_value(item->type),
		}};
	for (size_t i = 0; i < RANK_PARTS; i++)
		score->total += score->parts[i];
}

void rank_describe(const struct rank_score *score, struct strbuf *sb)
{
	static const char *const names[RANK_PARTS] = {
		[RANK_ORDER] = "order",
		[RANK_PRICE] = "price",
		[RANK_PRICE_PER_CORE] = "price per core",
		[RANK_HPC] = "hpc",
		[RANK_MEMORY] = "memory",
		[RANK_NETWORK] = "network",
		[RANK_GENERATION] = "generation",
	};
	const char *before = " = ";

	strbuf_addf(sb, "score %" PRIu64, score->total);
	for (size_t i = 0; i < RANK_PARTS; i++) {
		if (!score->parts[i])
			continue;
		strbuf_addf(sb, "%s%s %" PRIu64, before, names[i], score->parts[i]);
		before = " + ";
	}
}

static enum rank_talk talk_of(const struct detect_result *result)
{
	static const enum rank_talk talks[] = {
		[COMM_LOOSE] = TALK_LOOSE,
		[COMM_MODERATE] = TALK_MODERATE,
		[COMM_TIGHT] = TALK_TIGHT,
	};

	if (result->is_mpi)
		return talks[result->comm];
	/* A single process on several nodes is more likely a launcher that nobody knows. */
	return result->kind == JOB_ARRAY || result->kind == JOB_FARM ? TALK_APART : TALK_UNKNOWN;
}

void rank_job_detected(struct rank_job *job, const struct detect_result *result, bool sure)
{
	job->talk = result && sure ? talk_of(result) : TALK_UNKNOWN;
	job->memory_bound = result && result->app && result->app->bound == APP_MEMORY;
	job->gpu = result && result->gpu_collectives;
}

/* Who may speak much, for all that is known, is placed as who does rather than as who does not. */
static unsigned weight_of(enum rank_talk talk)
{
	static const unsigned weights[] = {
		[TALK_APART] = 0,
		[TALK_LOOSE] = 1,
		[TALK_UNKNOWN] = 2,
		[TALK_MODERATE] = 3,
		[TALK_TIGHT] = 4,
	};

	return weights[talk];
}

void rank_job_join(struct rank_job *job, const struct rank_job *other)
{
	if (weight_of(other->talk) > weight_of(job->talk))
		job->talk = other->talk;
	if (mem_of_node(other) > mem_of_node(job)) {
		job->mem_mib_per_task = other->mem_mib_per_task;
		job->tasks_per_node = other->tasks_per_node;
	}
	job->memory_bound |= other->memory_bound;
	job->gpu |= other->gpu;
}
