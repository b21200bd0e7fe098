/* SPDX-License-Identifier: Apache-2.0 */
/*
 * final_cost: what a job cost, told in its comment when its machines have ended: "burst: cost 12.34
 * USD (estimate <= 20.00), 16 x hpc7a.96xlarge, 1 h 3 min".
 */
#ifndef BURST_FINAL_COST_H
#define BURST_FINAL_COST_H

#include "helper/app.h"
#include "lib/base/strbuf.h"
#include "lib/state/gang.h"
#include "lib/state/job_money.h"

/*
 * Nothing of GANG runs any more: tell those of its jobs that are over and that slurmctld still
 * knows, each once. Problems are logged, for nothing else hangs on it.
 */
void final_cost_tell(struct app *app, const struct gang *gang);

/*
 * The comment's text after "burst: ", appended to OUT. NODES: "16 x hpc7a.96xlarge", RAN_S: how
 * long the job ran; BEFORE, its comment as it is: what was said when its nodes came, or as a
 * warning of its limit, gives place; all else stays before it. NULL: none. Pure.
 */
void final_cost_words(const struct job_money *money, const struct gang_spent *spent,
	const char *nodes, int64_t ran_s, const char *before, struct strbuf *out);

#endif
