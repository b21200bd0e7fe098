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

/* So begins the description of each version that we derive, with our cluster's name: several
 * clusters may share a site's template, and versions have no tags of their own. */
#define TEMPLATES_OURS "aws-slurm-burst of %s: "

/* What is to be derived. All borrowed. */
struct template_wish {
	const struct ec2_template *source;
	const struct nic_layout *layout;
	const char *const *groups; /* the site's security groups; none: the source's */
	size_t ngroups;
	const char *instance_profile;           /* NULL: the source's */
	const struct ec2_template_extra *extra; /* where the capacity is from; NULL: nothing said */
	const char *node_group;                 /* for messages */
};

/*
 * Look at VERSION ("$Latest", "$Default", "7") of the site's template NAME_OR_ID in the region of
 * AWS, as a source: where that is one of our own ("$Latest" after a derivation), at the version
 * that it was derived from. Fails as ec2_describe_template(). OUT is to be released.
 */
int templates_look(struct app *app, struct aws *aws, const char *name_or_id, const char *version,
	struct ec2_template *out, struct err *err);

/*
 * The version for WISH: remembered, or derived now and known to EC2 when this returns. ERR_CONFIG
 * where neither the source nor the site names a security group.
 */
int templates_derive(struct app *app, struct aws *aws, const struct template_wish *wish,
	int64_t *version, struct err *err);

/* EC2 does not know VERSION of template ID any more: the next wish for it derives it anew. The
 * others stay known, or nobody would ever delete them. */
void templates_forget(struct app *app, const char *id, int64_t version);

/*
 * Delete the versions that we derived from template ID beyond the newest
 * launch.keep_template_versions of each layout, and forget them. Never one that was not derived by
 * us, one derived from SOURCE (0: none) or from a version that the configuration names by number,
 * or one that a launch without an answer names. Problems are logged: the next derivation tries
 * again. templates_derive() calls it.
 */
void templates_prune(struct app *app, struct aws *aws, const char *id, int64_t source);

#endif
