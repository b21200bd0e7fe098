/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lost: nodes of an announced gang that will not come, because their instances have ended or since
 * they did not register in time, and nodes of an active gang whose instances have ended without us;
 * and what follows from it.
 *
 * Of an all-or-nothing gang one lost node takes down the whole gang. Of a pool only the lost nodes
 * and their jobs go back, and the pool fails when it has no other node. Used by whoever finds out
 * first: the waiting resume, ResumeFailProgram, reconcile.
 */
#ifndef BURST_LOST_H
#define BURST_LOST_H

#include "helper/app.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

struct lost {
	struct nodeset nodes;
	struct instance *instances; /* of these nodes; a node may have none */
	size_t ninstances;
	enum err_class class;
	/* It speaks against the node group (image, boot), not against EC2's capacity or a person
	 * who ended it: counts for protect.h. */
	bool blame;
	bool ended;              /* the instances are gone */
	bool was_up;             /* the gang was active: its start has not failed */
	struct nodeset down;     /* what lost_take_down() leaves for lost_revive() */
	char why[ERR_TEXT_SIZE]; /* one sentence */
};
#define LOST_INIT                                                                                  \
	{                                                                                          \
		.nodes = NODESET_INIT, .down = NODESET_INIT                                        \
	}
void lost_release(struct lost *lost);

/*
 * Ask EC2, in one request, which of the gang's instances have ended without us. 1 with LOST filled,
 * 0: none (that EC2 shows), -1.
 */
int lost_ended(struct app *app, const struct gang *gang, struct lost *lost, struct err *err);

/* NODES of the gang did not register within ResumeTimeout: fill LOST. */
int lost_late(struct app *app, const struct gang *gang, const struct nodeset *nodes,
	struct lost *lost, struct err *err);

/*
 * Fail the gang, count it for its node group, end the instances, send the jobs back, put the
 * consoles into the log. Of several who want to, one does it: the others find the gang failing and
 * do nothing. The caller holds the gang's lock, or knows that its owner only waits. 1: the gang has
 * failed; 0: a part of it goes on; -1: nothing was done.
 */
int lost_take_down(struct app *app, const struct gang *gang, struct lost *lost, struct err *err);

/* Nodes that are DOWN and are sent to power saving: idle and powered down, as soon as slurmctld
 * lets them. Waits for that a while; reconcile does it for those that it took longer for. */
void lost_revive(const struct nodeset *nodes);

/* slurmctld's reason for a node that did not come. */
#define LOST_GIVEN_UP "ResumeTimeout reached"
/* Has slurmctld given NODE up after ResumeTimeout? Its job is being requeued then. Pure. */
bool lost_given_up(const struct node_facts *node);

/* What EC2's stateReason ("Code: message") says about a boot that it ended. Pure. */
void lost_judge(const char *reason, enum err_class *class, bool *blame, const char **what_happened);

#endif
