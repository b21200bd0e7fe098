/* SPDX-License-Identifier: Apache-2.0 */
/*
 * templates: the launch template versions that we derive from the site's.
 *
 * A version is derived once for each (template, source version, everything that shapes it) and
 * remembered in state.db, where it is written down before it is asked for: a derivation whose
 * answer was lost is sent again with its token, upon which EC2 gives the same version.
 */
#ifndef BURST_TEMPLATES_H
#define BURST_TEMPLATES_H

#include "helper/app.h"
#include "lib/aws/ec2.h"
#include "lib/catalog/catalog.h"

/* What is to be derived. All borrowed. */
struct template_wish {
	const struct ec2_template *source;
	const struct nic_layout *layout;
	const char *const *groups; /* the site's security groups; none: the source's */
	size_t ngroups;
	const char *instance_profile; /* NULL: the source's */
	const char *node_group;       /* for messages */
};

/*
 * The version for WISH: remembered, or derived now and known to EC2 when this returns. ERR_CONFIG
 * where neither the source nor the site names a security group.
 */
int templates_derive(struct app *app, struct aws *aws, const struct template_wish *wish,
	int64_t *version, struct err *err);

#endif
