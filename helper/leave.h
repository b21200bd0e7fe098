/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leave: a gang's nodes are to power down when the job that has them ends (POWER_DOWN_ASAP).
 *
 * slurmctld asks for no job's sake: a node that it takes for idle goes within a second, with a job
 * that is CONFIGURING there, since the end of that job's last start came late; one that is powered
 * down already goes through powering down once more, with the job that was given it meanwhile. So
 * each node is looked at before, and one that is not fit to be told is left out. What happens in
 * the moment between does the least harm in this form: a job that gets the node then keeps it to
 * its end, and a node that has become idle has no job any more. Who was left out is powered down
 * after its job by reconcile (job-over), or when another job is given it (stale.h).
 */
#ifndef BURST_LEAVE_H
#define BURST_LEAVE_H

#include "helper/app.h"
#include "lib/slurm/slurm_client.h"
#include "lib/state/gang.h"

/* Why a node is not told; NULL: it is. ANOTHERS: a younger gang holds it. HAS_JOB: a job that has
 * not begun to complete has it, by slurmctld's own list of jobs. Pure. */
const char *leave_why_not(const struct node_facts *node, bool anothers, bool has_job);

/* Does a younger gang than GANG hold NODE? 1, 0, or -1: that cannot be known now. */
int leave_is_anothers(struct app *app, const struct gang *gang, const char *node);

/*
 * Tell those of NODES that are fit for it, which are GANG's (NULL: of several), with REASON (NULL:
 * slurmctld's own word). Returns how many, -1; those left out are logged.
 */
int leave_nodes(struct app *app, const struct gang *gang, const struct nodeset *nodes,
	const char *reason, struct err *err);

#endif
