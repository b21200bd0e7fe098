/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bill: what one instance run costs, and who bears which part of it. Pure, integers only.
 *
 *	total   = ceil(sum of rate x seconds / 3600), once for the run, at least 60 s of it
 *	parts   the run is cut where a job comes or goes, where the rate changes and at each
 *		midnight (UTC); each piece gets its part of the total by rate x seconds, and the
 *		jobs on the machine get theirs of the piece by weight
 *
 * Each division is by the largest remainder: all get the whole micro-USD that are surely theirs,
 * and what is left over goes one by one to those who lost most by that; of equals to the earlier.
 * So the parts add up to the total exactly, whichever way they are summed up.
 */
#ifndef BURST_BILL_H
#define BURST_BILL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/money.h"

#define BILL_MINIMUM_S 60 /* EC2 bills Linux instances per second, at least a minute */
#define BILL_DAY_S     86400
#define BILL_IDLE      (-1)

struct bill_run {
	int64_t from_s, to_s; /* launch and end; to_s is not before from_s */
	int64_t uusd_hr;      /* at launch */
	const struct money_rate *changes;
	size_t nchanges;
	int64_t od_uusd_hr;   /* on demand, at launch; -1 not known */
	int64_t disk_uusd_hr; /* of its disks, beside it */
};

/* A job had the machine. Times beyond the run's are cut. */
struct bill_use {
	long job;       /* the caller's, not negative */
	int64_t from_s; /* FROM <= t < TO */
	int64_t to_s;
	int64_t weight; /* its share beside others at the same time; 0: not known, then all are
			   alike */
};

struct bill_part {
	long job; /* BILL_IDLE: nobody's */
	int64_t from_s, to_s;
	int64_t seconds; /* its share of the machine's time */
	int64_t uusd;
	int64_t od_uusd;   /* what that would have cost on demand; -1 not known */
	int64_t disk_uusd; /* of its disks, not in uusd */
};

/*
 * Divide TOTAL into N parts in proportion to WEIGHTS (none negative; all 0: all alike) by the
 * largest remainder. N 0 is no error.
 */
void bill_divide(int64_t total, const int64_t *weights, size_t n, int64_t *parts);

/* The total, and on demand (-1 not known). ERR_BUDGET beyond what can be counted. */
int bill_total(const struct bill_run *run, int64_t *uusd, int64_t *od_uusd, struct err *err);
/* Its disks: rate x seconds, at least 60 s, rounded up once, and divided by seconds alone. */
int bill_disks(const struct bill_run *run, int64_t *uusd, struct err *err);

/*
 * *PARTS (heap) in the order of their times, of one time by job; at least one. A run of no length
 * is one part, of the first use or idle; so is what the minimum adds, which goes to the last
 * piece.
 */
int bill_split(const struct bill_run *run, const struct bill_use *uses, size_t nuses,
	struct bill_part **parts, size_t *n, struct err *err);

#endif
