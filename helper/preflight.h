/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preflight: what can be known to be impossible before EC2 is asked to launch: too few free
 * addresses in a subnet, too few vCPUs left of the account's quota.
 *
 * What EC2 tells is kept for a while in state.db and shared by all helper processes, and what this
 * host has launched since is taken off. The answers are never stricter than EC2: whatever cannot be
 * known does not forbid a launch.
 */
#ifndef BURST_PREFLIGHT_H
#define BURST_PREFLIGHT_H

#include "helper/app.h"
#include "lib/aws/ec2.h"
#include "lib/plan/plan.h"

/*
 * The subnets of REGION with their free addresses now: as EC2 said at most 15 s ago, less those of
 * the launches answered since and of those still under way (which count in the subnet they
 * prefer). *SUBNETS is a heap array in the order of IDS. Fails as ec2_describe_subnets().
 */
int preflight_subnets(struct app *app, struct aws *aws, const char *region, const char *const *ids,
	size_t n, struct ec2_subnet **subnets, struct err *err);

/*
 * The vCPUs left of the account's quotas that launches of CHOICES need, on-demand and spot: the
 * quota, asked at most every 6 h, less the own running instances and launches under way. NODES is
 * how many instances are wanted: a kept quota too small for them is asked again after a minute, so
 * that a raised one is seen soon. *QUOTAS is a heap array; a family whose quota cannot be known is
 * not in it (launch.check_quotas off, no permission: one warning a day; no answer). -1 only where
 * our own memory or state.db fails.
 */
int preflight_quotas(struct app *app, struct aws *aws, const char *region,
	const struct plan_choice *choices, size_t nchoices, unsigned nodes,
	struct plan_quota **quotas, size_t *n, struct err *err);

#endif
