/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: the memory of what EC2 could not give a while ago, shared by all starts of all jobs.
 *
 * A failure is remembered for one of three scopes: a pool (az and type), a subnet, or, where a
 * quota was reached, a family of types; the fields of the other scopes are "". Always with region
 * and market. It orders what is asked, and forbids nothing: who needs more nodes than failed may
 * still ask later.
 *
 * Whoever fails within a cluster placement group has not been refused without one: so both
 * are kept. A failure without a group says the same of requests with one, and takes the place of
 * such a failure of as many nodes or more.
 */
#ifndef BURST_POOL_H
#define BURST_POOL_H

#include "lib/state/db.h"

struct pool_failure {
	char region[32];
	char az[32], type[32]; /* a pool */
	char subnet[64];       /* a subnet without addresses */
	char family[24];       /* quota_family_name(): a quota that is reached */
	bool spot;
	bool grouped;   /* failed within a cluster placement group */
	unsigned nodes; /* the fewest that failed */
	char code[64];  /* EC2's, of the last failure */
	int64_t failed_ms, until_ms;
};

/*
 * Where it is there already (same region, az, type, subnet, family, spot, grouped) the smaller
 * number of nodes, the later end and the later code count. Failures that ended before FAILED_MS are
 * deleted. ERR_FATAL without a region, or without exactly one scope.
 */
int pool_remember(struct db *db, const struct pool_failure *failure, struct err *err);
/* Those of a region (NULL: of all) that have not ended at NOW_MS, the latest first; heap array, the
 * caller frees; none is no error. */
int pool_failures(struct db *db, const char *region, int64_t now_ms, struct pool_failure **failures,
	size_t *n, struct err *err);
/* Forget those of KEY's scope and market, in a group or not (NULL: all); none is no error. */
int pool_forget(struct db *db, const struct pool_failure *key, struct err *err);

#endif
