/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance: one row per EC2 instance that we launched, from the answer to its end; and which node it is.
 *
 * running -> terminating -> terminated. A node is bound to at most one instance that is not
 * terminated; the binding's time tells suspend what is younger than its own call. Rows of
 * terminated instances stay: they are the ledger.
 */
#ifndef BURST_INSTANCE_H
#define BURST_INSTANCE_H

#include "lib/base/nodeset.h"
#include "lib/state/db.h"

enum instance_state { INSTANCE_RUNNING, INSTANCE_TERMINATING, INSTANCE_TERMINATED };

struct instance {
	char id[32];
	char gang[48];
	char launch[65];
	enum instance_state state;
	char node[64];	/* "" before it is bound */
	char type[32], az[32], subnet[64], ip[48];
	bool spot;
	int64_t rate_uusd_hr;  /* -1 unknown */
	int64_t launched_s;    /* EC2's launchTime; 0 while not known */
	int64_t bound_ms;      /* 0: not bound */
	int64_t end_asked_ms;  /* our TerminateInstances; 0 */
	int64_t terminated_ms; /* seen terminated; 0 */
	char why[128];	       /* why it was ended */
};

/* All in one transaction (the launch's finish and GANG_LAUNCHED with it when ADVANCE). */
int instance_insert(struct db *db, const struct instance *instances, size_t n, bool advance,
	struct err *err);
/* Write node, type, az, subnet, ip, launched_s of each by id, and bound_ms = NOW_MS: the binding, one transaction, with
 * the gang's step launched -> bound when ADVANCE. Fails whole if a node is bound to another living instance. */
int instance_bind(struct db *db, const struct instance *instances, size_t n, int64_t now_ms,
	bool advance, struct err *err);
/* running -> terminating for these ids, committed before the request is sent. */
int instance_set_terminating(struct db *db, const char *const *ids, size_t n, const char *why,
	int64_t now_ms, struct err *err);
int instance_set_terminated(struct db *db, const char *id, int64_t now_ms, struct err *err);

/* Those of a gang (NULL: of all) that are not terminated (ALL: every one); heap array. */
int instance_list(struct db *db, const char *gang, bool all, struct instance **instances,
	size_t *n, struct err *err);
/* Living instances bound to the nodes, bound before BEFORE_MS (0: any time). */
int instance_of_nodes(struct db *db, const struct nodeset *nodes, int64_t before_ms,
	struct instance **instances, size_t *n, struct err *err);

#endif
