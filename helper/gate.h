/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: may this start of a job have the nodes that it was given?
 *
 * Slurm hands nodes that are up, or coming up, from one job to the next and then calls no
 * ResumeProgram, so --efa and --burst-cost would not be looked at. The prolog sees every start with
 * its whole node list: it looks in state.db, read-only, for gangs of other jobs that hold
 * these nodes and compares. Nodes that no gang holds are none of its business: resume launches
 * those.
 */
#ifndef BURST_GATE_H
#define BURST_GATE_H

#include "helper/conf.h"
#include "lib/base/nodeset.h"
#include "lib/state/db.h"

struct gate_job {
	uint32_t job_id, restart;
	const struct intent *intent; /* zeros where the job carries none */
	int64_t started_ms; /* of the prolog: a younger gang was launched for this very start */
	int64_t seconds;    /* time limit; -1 not known (the prolog of 22.05 is not told) */
};

/*
 * 1: no, with the reason in WHY and the nodes that others hold in *STALE (the caller frees); 0:
 * yes; -1: cannot be known, which the caller takes for a yes.
 */
int gate_check(struct db *db, const struct conf *conf, const struct gate_job *job,
	const struct nodeset *nodes, char *why, size_t size, char **stale, struct err *err);

#endif
