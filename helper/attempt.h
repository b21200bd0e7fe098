/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt: what one provisioning process knows of the gang it works on, and the steps up to
 * launched. Private to provision.
 */
#ifndef BURST_ATTEMPT_H
#define BURST_ATTEMPT_H

#include "helper/app.h"
#include "helper/demand.h"
#include "lib/aws/ec2.h"
#include "lib/plan/plan.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

struct attempt {
	struct app *app;
	const struct demand *demand;
	struct aws *aws;
	struct gang gang; /* as in state.db */
	struct plan_request request;
	struct plan plan;
	struct ec2_subnet *subnets; /* of the group, in its order */
	struct plan_choice *choices;
	char token[33];             /* of the launch; "" before */
	char *hostlist;             /* whose positions the identity tags give */
	struct instance *instances; /* that EC2 gave */
	size_t ninstances;
};

/* Decide: subnets, choices, plan; the plan's reasons go into the gang's row. */
int attempt_plan(struct attempt *a, struct err *err);
/* The placement group, created and available (or none needed): planned -> group_ready. */
int attempt_group(struct attempt *a, struct err *err);
/*
 * Launch template versions, CreateFleet: group_ready -> launching -> launched. On success exactly
 * as many instances as the gang has nodes; for best effort at least one.
 */
int attempt_launch(struct attempt *a, struct err *err);
/* Addresses of all, node names, one transaction: launched -> bound. */
int attempt_bind(struct attempt *a, struct err *err);
/* Identity tags, Slurm's addresses, comment: bound -> announced. */
int attempt_announce(struct attempt *a, struct err *err);

/* Before each side effect: does anybody still want it? 0: yes; 1: no, and ERR says why; -1. */
int attempt_wanted(struct attempt *a, struct err *err);

void attempt_release(struct attempt *a);

#endif
