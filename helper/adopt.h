/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt: rows of state.db written anew for instances that EC2 has with our tags and that it does
 * not know, since it was lost, damaged, or put back from an older copy.
 *
 * Which node an instance is: the node that slurmctld reaches at the instance's address. Tags alone
 * would not do, since an instance of an earlier try carries the same nodes. One whose node
 * slurmctld has powered down, or reaches elsewhere, is of no use.
 * What tags and Slurm do not say is lost: what was asked for, cost limit, tries, reasons.
 * A tag is what anybody with the right to write tags has written: each is checked like input.
 */
#ifndef BURST_ADOPT_H
#define BURST_ADOPT_H

#include "helper/app.h"
#include "lib/aws/ec2.h"

/* The gang of its tags, of a form that we give (it names a lock file), else NULL. Pure. */
const char *adopt_gang_of(const struct ec2_instance *instance);

/*
 * Which node of its launch it is by its tags: 1 with the name in NODE; 0: they do not say so, not
 * yet, or not as we write it. Pure.
 */
int adopt_node_of(const struct ec2_instance *instance, char *node, size_t size);

/*
 * Does slurmctld use INSTANCE as NODE: it has that name in its tags, that address, and is not going
 * down? Pure.
 */
bool adopt_is_node(const struct ec2_instance *instance, const struct node_facts *node);

/* What slurmctld says now of all cloud nodes and all jobs. */
struct adopt_slurm {
	struct node_facts *nodes;
	size_t nnodes;
	struct job_facts *jobs;
	size_t njobs;
};
int adopt_slurm_read(struct adopt_slurm *slurm, struct err *err);
void adopt_slurm_release(struct adopt_slurm *slurm);

/*
 * The rows of the MEMBERS, all with the same gang tag and in REGION, of which none has a row: the
 * gang's unless it is there, with the jobs that have its nodes now, and theirs, bound to the nodes
 * as above; those of no use are bound to none. A new gang is active, or announced where not all of
 * its nodes have registered; one that was over goes back to releasing or failing. It ends nothing:
 * the ordinary rules (job-over, instance-without-node) do. One transaction.
 * The caller holds the gang's lock. 1: some are of use; 0: none is, and they are to be ended with
 * release_instances() (the gang, if it was not there, is failing); -1: nothing was written.
 */
int adopt_gang(struct app *app, const char *region, const struct ec2_instance *const *members,
	size_t n, struct err *err);
/* The same with what Slurm said a moment ago; NULL: none is of use, whatever it says. WHY: what a
 * gang made for them fails of. */
int adopt_members(struct app *app, const char *region, const struct ec2_instance *const *members,
	size_t n, const struct adopt_slurm *slurm, const char *why, struct err *err);

/* Write them down in order to end them, whatever Slurm says. 0 or -1. */
int adopt_to_end(struct app *app, const char *region, const struct ec2_instance *const *members,
	size_t n, const char *why, struct err *err);

#endif
