/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost: the ledger as lines: each instance run divided among those who had the machine, by day; and
 * these lines summed up by whatever a person asks for. From state.db alone.
 */
#ifndef BURST_COST_H
#define BURST_COST_H

#include "lib/state/ledger.h"

enum cost_kind {
	COST_JOB,  /* a job had it; from the launch on for the job that it was launched for */
	COST_IDLE, /* it ran, and nobody had it */
	COST_VAIN, /* of a launch that failed */
};

/* Who bears it. */
struct cost_party {
	char job[64]; /* "" none */
	char user[64], account[64], partition[64];
};

struct cost_line {
	size_t party; /* of struct cost */
	size_t run;
	enum cost_kind kind;
	int64_t day_s; /* midnight, UTC */
	int64_t seconds;
	int64_t uusd; /* with disk_uusd; 0 where the rate is not known */
	int64_t disk_uusd;
	int64_t od_uusd; /* on demand; -1 not known */
};

struct cost {
	int64_t since_s, until_s, now_ms;
	struct ledger_run *runs;
	bool *priced; /* of each run: its rate is known */
	size_t nruns;
	struct cost_party *parties;
	size_t nparties, alloc_parties;
	struct cost_line *lines;
	size_t nlines, alloc_lines;
};
#define COST_INIT                                                                                  \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * All that was spent from SINCE_S until before UNTIL_S, both midnights UTC; of what runs, up to
 * NOW_MS.
 */
int cost_read(struct db *db, int64_t since_s, int64_t until_s, int64_t now_ms, struct cost *cost,
	struct err *err);
void cost_release(struct cost *cost);

enum cost_by {
	COST_BY_JOB,
	COST_BY_USER,
	COST_BY_ACCOUNT,
	COST_BY_PARTITION,
	COST_BY_DAY,
	COST_BY_TYPE,
	COST_BY_ALL, /* one row */
};
const char *cost_by_name(enum cost_by by);
/* -1: there is none of that name. */
int cost_by_parse(const char *name, enum cost_by *by);

struct cost_row {
	char key[64];               /* "" where nobody is known */
	char user[64], account[64]; /* by job: its; else "" */
	size_t instances;           /* runs that have a part in it */
	size_t unpriced;            /* … of which the rate is not known: not in the sums */
	size_t od_unknown;          /* … priced ones of which the price on demand is not known */
	int64_t seconds;
	int64_t job_uusd, idle_uusd, vain_uusd, uusd; /* the last is the sum of the others */
	int64_t disk_uusd;                            /* the part of uusd that was disks */
	int64_t spot_uusd;                            /* … that was Spot, without their disks */
	/* on demand, of those of which it is known, and what these cost, both without disks: the
	 * saving is the difference */
	int64_t od_uusd, known_uusd;
};

/* Rows by key: days and types in their order, others by cost, the largest first; heap array. */
int cost_group(const struct cost *cost, enum cost_by by, struct cost_row **rows, size_t *n,
	struct err *err);

#define COST_DAY_SIZE 11
/* "2026-11-22" of a time into BUF of COST_DAY_SIZE. Returns BUF. */
char *cost_day(int64_t s, char *buf);
/* A day's midnight. ERR_USAGE for what is no date. */
int cost_parse_day(const char *text, int64_t *s, struct err *err);

#endif
