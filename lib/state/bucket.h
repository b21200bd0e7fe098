/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bucket: token buckets shared by all processes that use the state directory, so that together
 * they keep the rate that EC2 allows an account, and not each by itself.
 *
 * The file "buckets" (0600, the directory's owner's) beside state.db. Not in SQLite: this is asked
 * before every API call, and a commit there waits for the disk. Its loss costs nothing: what is
 * missing, torn or not ours counts as a full bucket and is written anew, and so is the bucket that
 * was not used for longest when there are more than the file holds (512). Nothing is synced.
 *
 * Who cannot get at the file goes on without pacing: EC2 then throttles, which is dealt with
 * anyway. Open it once per process, and do not open or close that file by other means: fcntl(2)'s
 * locks are the process', and end with any close of the file. May be open across fork(2).
 */
#ifndef BURST_BUCKET_H
#define BURST_BUCKET_H

#include <stdint.h>

#include "lib/base/err.h"

/* --- the arithmetic, pure --- */

struct bucket {
	int64_t millitokens; /* below 0: somebody took more than the bucket holds */
	int64_t stamp_ms;    /* when that was so; 0: never used, full */
};

/* How far clocks may differ, or go back, before a stamp in the future is given up as wrong. */
#define BUCKET_SKEW_MS 5000

/*
 * Take TOKENS of a bucket of SIZE refilled by PER_S a second (0 of either counts as 1): 0 when
 * taken, else how many milliseconds until they can be there, and nothing was taken. More than SIZE
 * waits for a full bucket and takes all, going below zero. BUCKET is brought to NOW_MS either way;
 * a clock that went back keeps the tokens and waits at most BUCKET_SKEW_MS more.
 */
int64_t bucket_take(
	struct bucket *bucket, unsigned tokens, unsigned size, unsigned per_s, int64_t now_ms);
/* Nothing is left now. */
void bucket_drain(struct bucket *bucket, unsigned size, unsigned per_s, int64_t now_ms);

/* --- the file --- */

struct buckets;

/* DIRECTORY: the state directory, whose owner must be this user (or this user root). NULL with
 * ERR_NOTFOUND, ERR_CONFIG (owner, mode) or ERR_FATAL; the caller then goes without. */
struct buckets *buckets_open(const char *directory, struct err *err);
void buckets_close(struct buckets *buckets);

/*
 * bucket_take() on the bucket NAME ("us-east-2/CreateTags", at most 63 bytes; more are one with
 * others of the same beginning). NOW_MS: clock_now_ms(), the same clock in all processes. Many wait
 * alike: add some randomness to the answer before asking again. BUCKETS may be NULL: 0.
 */
int64_t buckets_take(struct buckets *buckets, const char *name, unsigned tokens, unsigned size,
	unsigned per_s, int64_t now_ms);
/* The service said no: it knows of calls that we do not. The bucket is empty now. */
void buckets_drain(
	struct buckets *buckets, const char *name, unsigned size, unsigned per_s, int64_t now_ms);

#endif
