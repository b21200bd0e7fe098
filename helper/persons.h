/* SPDX-License-Identifier: Apache-2.0 */
/*
 * persons: nodes that a person has taken out of use, by DOWN or DRAIN with a reason of their own.
 * They stay so, whatever becomes of the instances behind them.
 *
 * slurmctld forgets both when it powers a node down, and by RESUME. So nobody resumes such a node,
 * and who powers one down says it again.
 */
#ifndef BURST_PERSONS_H
#define BURST_PERSONS_H

#include "lib/slurm/slurm_client.h"

/* Reasons that we give begin with it. */
#define PERSONS_OUR_REASON "burst"

/* Is NODE out of use by a person's word, and not by ours or slurmctld's? Pure. */
bool persons_node(const struct node_facts *node);

/* NODES are to be idle: resume those that no person has taken out of use. */
int persons_resume(const struct nodeset *nodes, struct err *err);

/*
 * Those of NODES that were a person's are being powered down: as soon as slurmctld has forgotten
 * that, say it again, in the person's words. Waits for slurmctld, which looks for what is to be
 * powered down every 10 s, as long as that takes at most.
 */
void persons_keep(const struct node_facts *nodes, size_t n);

#endif
