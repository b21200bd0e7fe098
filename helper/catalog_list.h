/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_list: the instance types that are known in a region, EC2's word and the built-in table
 * together, as text or JSON.
 */
#ifndef BURST_CATALOG_LIST_H
#define BURST_CATALOG_LIST_H

#include "helper/types.h"
#include "lib/base/strbuf.h"

struct catalog_filter {
	const char *type; /* glob; NULL: all */
	enum arch arch;   /* ARCH_ANY: all */
	unsigned min_vcpus;
	uint64_t min_mem_mib;
	bool efa, gpus, spot; /* only those that have some, or are sold so */
};

/* Appended to OUT. Both texts tell for each type whose word it is, and how old EC2's is. */
int catalog_list(const struct types_region *region, const struct catalog_filter *filter,
	int64_t now_ms, bool json, struct strbuf *out, struct err *err);

#endif
