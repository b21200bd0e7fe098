/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/catalog/told.h"

#include <stdlib.h>
#include <string.h>

void told_name(struct told_type *types, size_t n)
{
	for (size_t i = 0; i < n; i++)
		types[i].info.name = types[i].name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct told_type *)a)->name, ((const struct told_type *)b)->name);
}

size_t told_settle(struct told_type *types, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(types, n, sizeof(*types), by_name);
	for (size_t i = 0; i < n; i++) {
		if (kept && !strcmp(types[kept - 1].name, types[i].name))
			continue;
		if (kept != i)
			types[kept] = types[i];
		kept++;
	}
	told_name(types, kept);
	return kept;
}

static int compare_name(const void *name, const void *type)
{
	return strcmp(name, ((const struct told_type *)type)->name);
}

const struct instance_type *told_find(const struct told_type *types, size_t n, const char *name)
{
	const struct told_type *found = n ? bsearch(name, types, n, sizeof(*types), compare_name)
					  : NULL;

	return found ? &found->info : NULL;
}

void told_correct(struct instance_type *info)
{
	const struct instance_type *known = catalog_find(info->name);

	if (!known)
		return;
	info->on_demand &= known->on_demand;
	if (info->cards == known->cards && info->efa_max == known->efa_max)
		info->efa_on_card0 = known->efa_on_card0;
}

int told_check(const struct instance_type *info, struct err *err)
{
	const char *wrong = NULL;

	if (!info->vcpus || !info->cores || info->cores > info->vcpus)
		wrong = "CPUs";
	else if (!info->mem_mib)
		wrong = "memory";
	else if (info->arch != ARCH_X86_64 && info->arch != ARCH_ARM64)
		wrong = "architecture";
	else if (!info->cards || info->cards > NIC_MAX - 1 || !info->card_ifs[0] ||
		 (info->cards > 1) != (info->card_ifs[1] > 0))
		wrong = "network cards";
	else if (info->efa_on_card0 && !info->efa_max)
		wrong = "EFA interfaces";
	if (!wrong)
		return 0;
	return err_set(err, ERR_CONFIG, "%.32s: its %s make%s no sense", info->name, wrong,
		wrong[strlen(wrong) - 1] == 's' ? "" : "s");
}

const char *arch_name(enum arch arch)
{
	switch (arch) {
	case ARCH_X86_64:
		return "x86_64";
	case ARCH_ARM64:
		return "arm64";
	case ARCH_ANY:
		break;
	}
	return "";
}

enum arch arch_parse(const char *name)
{
	if (!strcmp(name, "x86_64"))
		return ARCH_X86_64;
	return strcmp(name, "arm64") ? ARCH_ANY : ARCH_ARM64;
}
