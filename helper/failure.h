/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure: a gang that does not come: nothing left running, the job back in the queue, and told
 * why.
 *
 * The order is that of real slurmctlds (DESIGN-CORRECTIONS 4): end what runs; comment, and
 * requeue=1 where a batch job may not be requeued and its script never ran; ONE request that forces
 * the nodes down, upon which slurmctld itself requeues the batch job and ends srun and salloc; then
 * the begin time, or a user hold. Requeueing first would hand the nodes to other jobs for a moment,
 * and those would be hit.
 */
#ifndef BURST_FAILURE_H
#define BURST_FAILURE_H

#include "helper/app.h"
#include "helper/demand.h"
#include "lib/state/gang.h"

/* What a person reads, and what is done about the job. */
struct failure {
	enum err_class class;
	const char *text;     /* one sentence, without "burst: " */
	const char *gang;     /* in whose row what follows is written; NULL: none has one */
	unsigned attempts;    /* failed starts so far, this one included */
	bool uncounted;       /* not one of them: it cannot lead to a hold */
	bool waits;           /* what it lacks comes by itself: no hold, whatever the class says */
	int64_t not_before_s; /* of the next start; 0: by the class's back-off */
	bool requeued; /* slurmctld itself may have requeued the job already (ResumeTimeout) */
	/* of the nodes, those that had registered and are gone since, so that no slurmd will end
	 * the job there: DOWN first, and the caller's to resume (lost_revive()); NULL: none */
	const struct nodeset *gone;
	bool ended; /* the nodes' instances have been ended, so that none of them may stay up */
	/* the gang that they were of: what a younger one holds now is left alone; NULL: of none */
	const struct gang *of;
};

/*
 * Send the nodes and jobs of DEMAND back. NODES: those of them that did not come (all of a gang).
 * GANG's instances have been ended by the caller. Problems are logged; each step is tried though an
 * earlier one failed.
 */
void failure_send_back(struct app *app, const struct demand *demand, const struct nodeset *nodes,
	const struct failure *failure);

/* The same for the jobs of a recorded gang and those of its nodes that are in NODES; the attempts
 * are counted from the gangs' history. */
void failure_gang(struct app *app, const struct gang *gang, const struct nodeset *nodes,
	const struct failure *failure);

/* Are batch jobs held upon it, so that only a person lets them start again? */
bool failure_holds(const struct app *app, const struct failure *failure);

#endif
