/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: a demand in the planner's terms. For resume, which then launches, and for estimate,
 * which only says what resume would do: both must ask the planner the very same.
 */
#ifndef BURST_REQUEST_H
#define BURST_REQUEST_H

#include "helper/demand.h"
#include "lib/aws/ec2.h"
#include "lib/base/strbuf.h"
#include "lib/plan/ladder.h"
#include "lib/plan/plan.h"

/*
 * What DEMAND asks, however it is tried. Region, choices, quotas and what was spent before are the
 * caller's, and stay. REQUEST borrows from all of them.
 */
void request_make(struct plan_request *request, const struct conf *conf,
	const struct slurm_site *site, const struct demand *demand);

/*
 * Append the types that PLACE allows, each in the subnets that it may be in, to the N of CHOICES,
 * which has room for noverrides * nsubnets more. SUBNETS are the place's, in its order.
 */
void request_choices(const struct conf_place *place, const struct ec2_subnet *subnets,
	struct plan_choice *choices, size_t *n);

/*
 * The same of the N given RESERVATIONS that are active: each in those of the place's subnets that
 * are in its zone. Room for nreservations * nsubnets more.
 */
void request_reserved(const struct conf_place *place, const struct ec2_subnet *subnets,
	const struct ec2_reservation *reservations, size_t nreservations,
	struct plan_choice *choices, size_t *n);

/* The ladder that the configuration gives GROUP. */
void request_rules(
	struct ladder_rules *rules, const struct conf *conf, const struct conf_group *group);

/* Append "hpc7a.96xlarge|c7i.48xlarge in us-east-2a|us-east-2b, on-demand, EFA, placement group":
 * what a try by PLAN asks for. */
void request_describe(struct strbuf *sb, const struct plan *plan);

#endif
