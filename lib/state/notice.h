/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice: that EC2 is about to take an instance back, and how far the answer to it has come.
 *
 * One row per instance and kind, whoever tells it and how often; one row per start of a job that it
 * hits. Every step writes its time when it has been done: whoever goes on after a crash does what
 * has none. A signal may so be sent twice, if its sender dies between sending and writing;
 * never is one forgotten.
 */
#ifndef BURST_NOTICE_STATE_H
#define BURST_NOTICE_STATE_H

#include "lib/state/db.h"

enum notice_kind {
	NOTICE_INTERRUPTION, /* will be taken back at the deadline */
	NOTICE_REBALANCE,    /* may soon be */
};
const char *notice_kind_name(enum notice_kind kind); /* "interruption", "rebalance" */

struct notice {
	int64_t seq;
	char instance[32];
	char gang[48];
	enum notice_kind kind;
	char source[16];      /* who told it first: "sqs", "ec2", "node" */
	int64_t seen_ms;      /* when we were first told */
	int64_t deadline_ms;  /* when EC2 takes it; 0: no such time (rebalance) */
	int64_t signalled_ms; /* its jobs were told and signalled, its nodes take no others; 0 */
	int64_t acted_ms;     /* its jobs have gone or were sent back; 0 */
	int64_t done_ms; /* its nodes and instances were released, or nothing is to be done; 0 */
	char text[256];  /* what it says, for people */
};

/*
 * Write it down: INSTANCE, GANG, KIND, SOURCE, SEEN_MS, DEADLINE_MS, TEXT. 1: it is new,
 * NOTICE->seq is filled; 0: it was told before, and the earlier deadline stays; -1. ERR_NOTFOUND
 * without the instance's row.
 */
int notice_insert(struct db *db, struct notice *notice, struct err *err);

/* Those of which something is left to do (done_ms 0), oldest first; heap array, none is no error.
 */
int notice_open(struct db *db, struct notice **notices, size_t *n, struct err *err);
/* All of a gang (NULL: of all), oldest first. */
int notice_list(
	struct db *db, const char *gang, struct notice **notices, size_t *n, struct err *err);

enum notice_step { NOTICE_SIGNALLED, NOTICE_ACTED, NOTICE_DONE };
/* The first time stays. ERR_NOTFOUND. */
int notice_set(struct db *db, int64_t seq, enum notice_step step, int64_t now_ms, struct err *err);

/* A start of a job that a notice hits. */
struct notice_job {
	uint32_t job_id, restart;
	char name[64]; /* as Slurm names it */
	char user[64];
	int64_t signalled_ms; /* 0 */
	int64_t ended_ms;     /* it has left its nodes, or was sent back; 0 */
	bool requeued;        /* it was sent back by us */
};
/* Each start once per notice; those that are there already stay as they are. */
int notice_add_job(struct db *db, int64_t seq, const struct notice_job *job, struct err *err);
int notice_jobs(struct db *db, int64_t seq, struct notice_job **jobs, size_t *n, struct err *err);
/* Write signalled_ms, ended_ms and requeued of JOB, in all notices not done that hit this start of
 * it.
 */
int notice_set_job(struct db *db, const struct notice_job *job, struct err *err);

/*
 * How many starts of JOB_ID of USER were interrupted, and when the first of them was (0: none).
 * Rebalance counts where the job was sent back for it.
 */
int notice_count_job(struct db *db, uint32_t job_id, const char *user, unsigned *n,
	int64_t *first_ms, struct err *err);

#endif
