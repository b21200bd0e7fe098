/* SPDX-License-Identifier: Apache-2.0 */
/*
 * told: what EC2 itself said of its types, and of where in a region it sells them: newer than the
 * built-in table, and as old as the last "catalog refresh". Data plus look-ups; pure.
 *
 *	n = told_settle(types, n);
 *	... told_find(types, n, "hpc9a.96xlarge") ...
 */
#ifndef BURST_TOLD_H
#define BURST_TOLD_H

#include "lib/catalog/catalog.h"

#define TOLD_TYPE_SIZE   32 /* the longest names have 23 bytes */
#define TOLD_AZ_SIZE     32
#define TOLD_SUBNET_SIZE 64

struct told_type {
	char name[TOLD_TYPE_SIZE];
	struct instance_type info; /* its name points to NAME; after a copy see told_name() */
};

struct told_offer { /* TYPE is sold in AZ; it need not have some free */
	char type[TOLD_TYPE_SIZE];
	char az[TOLD_AZ_SIZE];
};

struct told_subnet {
	char id[TOLD_SUBNET_SIZE];
	char az[TOLD_AZ_SIZE];
};

/* Let the info of each have its own name: after they were copied or moved. */
void told_name(struct told_type *types, size_t n);

/* Sort by name, once each, and told_name(). Returns how many are left. */
size_t told_settle(struct told_type *types, size_t n);

/* Of settled ones; NULL: not among them. */
const struct instance_type *told_find(const struct told_type *types, size_t n, const char *name);

/*
 * What the table knows better: DescribeInstanceTypes calls types on-demand that have no on-demand
 * price anywhere, and are sold as capacity blocks only (p5e, trn2). Nor does it say on which cards
 * the EFA interfaces are.
 */
void told_correct(struct instance_type *info);

/* Is INFO such as the rest of the program can rely on? Else ERR_CONFIG with what is wrong. */
int told_check(const struct instance_type *info, struct err *err);

/* "x86_64" or "arm64" as EC2 has it; ARCH_ANY is "". */
const char *arch_name(enum arch arch);
/* The reverse; ARCH_ANY for what is neither. */
enum arch arch_parse(const char *name);

#endif
