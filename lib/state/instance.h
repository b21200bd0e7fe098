/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance: one row per EC2 instance that we launched, from the answer to its end; and which node
 * it is.
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
	char region[32];
	enum instance_state state;
	char node[64]; /* "" before it is bound */
	char type[32], az[32], subnet[64], ip[48];
	bool spot;
	int64_t rate_uusd_hr; /* -1 unknown */
	/* what it cost on demand when it was launched; 0 or -1 unknown */
	int64_t od_rate_uusd_hr;
	int64_t disk_uusd_hr;  /* its disks cost so much besides */
	int64_t launched_s;    /* EC2's launchTime; 0 while not known */
	int64_t bound_ms;      /* 0: not bound */
	int64_t end_asked_ms;  /* our first TerminateInstances; 0 */
	int64_t last_asked_ms; /* our last one; 0 */
	int64_t terminated_ms; /* seen terminated; 0 */
	int64_t ended_s;       /* when EC2 says that it ended, by her clock; 0 not known */
	bool named;            /* it has a Name that people can read */
	char why[128];         /* why it was ended */
};

const char *instance_state_name(enum instance_state state);

/*
 * All in one transaction (the launch's finish and GANG_LAUNCHED with it when ADVANCE). One that is
 * there already, in the same gang, is passed over: an answer may come again after a crash.
 * ERR_NOTFOUND where the gang or the launch (unless "") is not known; with ADVANCE ERR_BUSY unless
 * the gang is launching.
 */
int instance_insert(
	struct db *db, const struct instance *instances, size_t n, bool advance, struct err *err);
/* Write node, type, az, subnet, ip, launched_s of each by id, and bound_ms = NOW_MS: the binding,
 * one transaction, with the gang's step launched -> bound when ADVANCE. Fails whole if a node is
 * bound to another living instance (ERR_BUSY, with its id and state: one that is terminating must
 * be seen terminated first), or an instance is not running (ERR_NOTFOUND). An empty type, az,
 * subnet, ip or launched_s keeps what was. */
int instance_bind(struct db *db, const struct instance *instances, size_t n, int64_t now_ms,
	bool advance, struct err *err);
/* running -> terminating for these ids, committed before the request is sent. Of those that are
 * terminating only last_asked_ms changes, those terminated are left alone; ERR_NOTFOUND for an
 * unknown one, and then none is changed. WHY is cut to fit. */
int instance_set_terminating(struct db *db, const char *const *ids, size_t n, const char *why,
	int64_t now_ms, struct err *err);
/* Before TerminateInstances is sent again: last_asked_ms of those that are terminating; those
 * terminated are left alone. ERR_NOTFOUND for an unknown one, ERR_FATAL for one that is running,
 * and then none is changed. */
int instance_set_asked(
	struct db *db, const char *const *ids, size_t n, int64_t now_ms, struct err *err);
/* 1: terminated, or terminating and EC2 was asked at SINCE_MS or later; 0: not so, or unknown; -1.
 */
int instance_is_ending(struct db *db, const char *id, int64_t since_ms, struct err *err);
/* From any state. ENDED_S: when EC2 says that it ended, 0 not known. The first of each time stays.
 * ERR_NOTFOUND. */
int instance_set_terminated(
	struct db *db, const char *id, int64_t ended_s, int64_t now_ms, struct err *err);
/* These have got their Name; unknown ones are passed over. */
int instance_set_named(struct db *db, const char *const *ids, size_t n, struct err *err);

/* Find one, whatever its state; ERR_NOTFOUND. */
int instance_get(struct db *db, const char *id, struct instance *instance, struct err *err);
/* EC2's launchTime, where it is not known yet: of one that was ended before it was ever looked at.
 * A time that is known stays. */
int instance_set_launched(struct db *db, const char *id, int64_t launched_s, struct err *err);

/* Those of a gang (NULL: of all) that are not terminated (ALL: every one); heap array. */
int instance_list(struct db *db, const char *gang, bool all, struct instance **instances, size_t *n,
	struct err *err);
/* The same of those that are or were GANG's NODE. */
int instance_list_of_node(struct db *db, const char *gang, const char *node,
	struct instance **instances, size_t *n, struct err *err);
/*
 * Living (not terminated) instances bound to the nodes, in their order, bound before BEFORE_MS (0:
 * any time). A binding more than a minute after it is of a clock that was set back since: as
 * before.
 */
int instance_of_nodes(struct db *db, const struct nodeset *nodes, int64_t before_ms,
	struct instance **instances, size_t *n, struct err *err);

/*
 * From when to when one runs: from launchTime to EC2's time of the end, else to the end asked for
 * or seen, whichever is earlier, or to NOW_MS while it runs, rounded up to the second. TO is never
 * before FROM; where launchTime is not known FROM is TO. Pure.
 */
void instance_period(
	const struct instance *instance, int64_t now_ms, int64_t *from_s, int64_t *to_s);

/*
 * What one costs in that time, per second, at least 60 s, at the rate of its launch, which must be
 * known, and what its disks cost, each rounded up. Pure. gang_cost() follows what Spot prices
 * became.
 */
int instance_cost(const struct instance *instance, int64_t now_ms, int64_t *uusd, struct err *err);
/* Its disks alone. */
int instance_disk_cost(
	const struct instance *instance, int64_t now_ms, int64_t *uusd, struct err *err);

#endif
