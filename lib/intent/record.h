/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: one small file per start of a job, STATE/intent/<jobid>.<restart>.
 *
 * Written by prolog (temporary file and rename, mode 0600, no fsync: a prolog must
 * be quick, and slurmctld starts the job again after a crash), read by resume.
 * Its text is kv lines of ours, so a reader checks it as strictly as the
 * intent inside. A job's end is a file of the same room, STATE/ended/<jobid>.<restart>,
 * written by epilog.
 */
#ifndef BURST_RECORD_H
#define BURST_RECORD_H

#include "lib/intent/intent.h"

enum record_kind {
	RECORD_NONE,    /* the job carries no intent */
	RECORD_INTENT,  /* a good one */
	RECORD_GARBAGE, /* something was there and was refused: treated as none */
};

struct record {
	uint32_t job_id;
	uint32_t restart;
	int64_t written_s; /* time of the prolog */
	enum record_kind kind;
	struct intent intent; /* zero unless RECORD_INTENT */
	char nodes[4096];     /* SLURM_JOB_NODELIST, or "" where it is longer */
	char why[256];        /* for RECORD_GARBAGE: what was wrong */
};

/* Write the record under DIR (STATE/intent), which must exist. */
int record_write(const char *dir, const struct record *record, struct err *err);

/* Read it; ERR_NOTFOUND where there is none. */
int record_read(
	const char *dir, uint32_t job_id, uint32_t restart, struct record *record, struct err *err);

/* The same for the end of a job, under DIR (STATE/ended): an empty file whose time is the end. */
int record_end_write(const char *dir, uint32_t job_id, uint32_t restart, struct err *err);
/* 1 with the time in *ENDED_S, 0 where the job has not ended, -1 on error. */
int record_end_read(
	const char *dir, uint32_t job_id, uint32_t restart, int64_t *ended_s, struct err *err);
int record_end_remove(const char *dir, uint32_t job_id, uint32_t restart, struct err *err);

#endif
