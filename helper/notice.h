/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice: EC2 says that it will take an instance back; what follows from it.
 *
 * notice_take() writes it down, whoever tells it (SQS, EC2 when asked, the node itself), and does
 * nothing else; what names no living instance of ours is counted and forgotten. notice_work() does
 * what the written ones ask for, step by step, each written down when it is done:
 *
 *   1. the jobs on the instance's node get the signal, a comment and, at a terminal, a word; the
 *      nodes take no other job; the pool is remembered
 *   2. a job that ends by itself in time is done, or sent back, by spot.requeue; the others are
 *      sent back shortly before the deadline
 *   3. all of an all-or-nothing gang is released; of another the node that is taken
 *
 * A gang that is still coming up is left to lost.h. All may be called again at any time.
 */
#ifndef BURST_NOTICE_H
#define BURST_NOTICE_H

#include "helper/app.h"
#include "lib/state/notice.h"

/* A node that reports its own notice is drained with this reason and what notice_reason() reads:
 * "burst notice: spot terminate 2026-11-22T12:34:56Z". Reconcile leaves such a node to us; those
 * that we take out of service have a reason that begins with "burst: ", as all of ours. */
#define NOTICE_REASON "burst notice: "

struct notice_told {
	const char *instance;
	enum notice_kind kind;
	const char *action;  /* "terminate", "stop", "hibernate"; "" not told */
	const char *source;  /* "sqs", "ec2", "node" */
	int64_t deadline_ms; /* 0: not told */
};

/* 1: new, and something will follow; 0: known, or none of ours; -1: it could not be written, and is
 * to be told again. */
int notice_take(struct app *app, const struct notice_told *told, struct err *err);

/*
 * Go on with all that are not done. *NEXT_MS: when to call again at the latest, of clock_now_ms(),
 * 0: nothing is left to do. -1: some could not be gone on with and the next call tries again.
 */
int notice_work(struct app *app, int64_t *next_ms, struct err *err);

/* The reason of a node, as burst-notice writes it, into KIND, ACTION and DEADLINE_MS of TOLD
 * (ACTION borrowed from a constant). false: it is no such reason. Pure. */
bool notice_reason(const char *reason, struct notice_told *told);

#endif
