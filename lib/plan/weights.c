/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/weights.h"

#include <inttypes.h>
#include <stdio.h>

#define UUSD_PER_UNIT INT64_C(1000)
#define MILLION       INT64_C(1000000)
#define MIB_PER_TIB   1048576

__extension__ typedef __int128 wide;

int64_t weights_units(int64_t uusd_hr)
{
	return uusd_hr / UUSD_PER_UNIT + (uusd_hr % UUSD_PER_UNIT > 0);
}

/* The weight of UNITS for PARTS of which SCALE are one; -1: too large. */
static int64_t weight_of(int64_t units, uint64_t parts, unsigned scale)
{
	wide weight = (wide)units * MILLION * scale / (wide)parts + 1;

	return weight > INT64_MAX / MILLION ? -1 : (int64_t)weight;
}

static int raise(int64_t *weight, int64_t units, uint64_t parts, unsigned scale, struct err *err)
{
	int64_t own = weight_of(units, parts, scale);

	if (own < 0)
		return err_set(err, ERR_BUDGET, "a price beyond what can be counted");
	if (own > *weight)
		*weight = own;
	return 0;
}

int weights_add(
	struct weights *weights, const struct weights_node *node, bool max_tres, struct err *err)
{
	struct weights sum = *weights;
	int64_t units = weights_units(node->uusd_hr);

	if (node->uusd_hr < 0 || !node->cpus)
		return err_set(err, ERR_FATAL, "a node without CPUs or price");
	if (raise(&sum.cpu, units, node->cpus, 1, err) < 0 ||
		(max_tres && node->mem_mib &&
			raise(&sum.mem_tib, units, node->mem_mib, MIB_PER_TIB, err) < 0) ||
		(max_tres && node->gpus && raise(&sum.gpu, units, node->gpus, 1, err) < 0))
		return -1;
	*weights = sum;
	return 0;
}

int64_t weights_billed(
	const struct weights *weights, const struct weights_node *node, uint32_t n, bool max_tres)
{
	wide cpu = (wide)weights->cpu * node->cpus * n;
	wide mem = (wide)weights->mem_tib * (wide)node->mem_mib * n / MIB_PER_TIB;
	wide gpu = (wide)weights->gpu * node->gpus * n;
	wide billed = cpu;

	if (!max_tres)
		return (int64_t)((cpu + mem + gpu) / MILLION);
	billed = mem > billed ? mem : billed;
	billed = gpu > billed ? gpu : billed;
	return (int64_t)(billed / MILLION);
}

char *weights_text(const struct weights *weights, char *buf, size_t size)
{
	const struct {
		const char *before, *behind;
		int64_t weight;
	} all[] = {
		{"CPU=", "", weights->cpu},
		{",Mem=", "T", weights->mem_tib},
		{",GRES/gpu=", "", weights->gpu},
	};
	size_t at = 0;

	*buf = '\0';
	for (size_t i = 0; i < sizeof(all) / sizeof(*all) && at < size; i++) {
		if (all[i].weight)
			at += (size_t)snprintf(buf + at, size - at, "%s%" PRId64 ".%06" PRId64 "%s",
				all[i].before, all[i].weight / MILLION, all[i].weight % MILLION,
				all[i].behind);
	}
	return buf;
}
