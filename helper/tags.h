/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tags: what we write on everything that we make at EC2: who owns it and what it is for.
 *
 * At most 50, values of at most 256 characters from EC2's set; what users' names hold beside it
 * becomes '_'.
 */
#ifndef BURST_TAGS_H
#define BURST_TAGS_H

#include "helper/conf.h"
#include "lib/aws/ec2.h"
#include "lib/state/gang.h"

#define TAGS_MAX 50 /* per resource, EC2's limit */

struct tag_list {
	struct ec2_tag tags[TAGS_MAX];
	char *owned[TAGS_MAX]; /* the values */
	size_t n;
	bool failed; /* more than EC2 takes, or out of memory: not to be used */
};

/* Cluster, gang, job or pool, partition, user, account, project (wckey, else account), and the node
 * group's own. */
void tags_common(struct tag_list *list, const char *cluster, const struct gang *gang,
	const struct conf_group *group);

/* What an instance must know of its launch at boot: its token, and the hostlist in pieces that a
 * tag holds. */
void tags_launch(struct tag_list *list, const char *token, const char *hostlist);

void tags_release(struct tag_list *list);

#endif
