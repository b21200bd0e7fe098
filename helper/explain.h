/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: why a job waits, or what came for it, told from state.db alone: every start, the plan's
 * reasons, each try with EC2's answer, what was decided. For the person whose job it is.
 */
#ifndef BURST_EXPLAIN_H
#define BURST_EXPLAIN_H

#include "lib/base/strbuf.h"
#include "lib/state/db.h"

/*
 * JOB as Slurm writes it ("1234", "9_1", "12+0"), at NOW_MS, as text or JSON appended to OUT.
 * ERR_NOTFOUND: nothing was ever started for it; ERR says where else to look. ERR_USAGE: no job.
 */
int explain_job(struct db *db, const char *job, int64_t now_ms, bool json, struct strbuf *out,
	struct err *err);

#endif
