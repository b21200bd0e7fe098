/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt: what one provisioning process knows of the gang it works on, and the steps of its way
 * up. Private to provision.
 *
 * One attempt is one start of a gang. It makes several tries (tries.h), each by a plan of its own,
 * until one brings all its nodes. A try is attempt_choices, attempt_plan, attempt_group and
 * attempt_launch; what came is then bound and announced once.
 */
#ifndef BURST_ATTEMPT_H
#define BURST_ATTEMPT_H

#include "helper/app.h"
#include "helper/demand.h"
#include "helper/recent.h"
#include "lib/aws/ec2.h"
#include "lib/plan/ladder.h"
#include "lib/plan/plan.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

/* All or nothing goes up to so many instances a request (CreateFleet's MinTargetCapacity). */
#define FLEET_MAX 1000

/* One CreateFleet of the attempt that gave something. */
struct fleet {
	char token[33];
	struct nodeset nodes; /* instance i of it is node i */
	char *hostlist;       /* of these: the positions that the identity tags give */
	size_t first, n;      /* its instances, in the attempt's array */
	enum market market;   /* on-demand or spot */
	bool efa;             /* they have EFA interfaces */
};

/* What is left of budgets, as a plan takes it. */
struct budget_ceilings {
	struct plan_ceiling *all;
	char **words; /* of each */
	size_t n;
};

struct attempt {
	struct app *app;
	const struct demand *demand;
	struct gang gang;         /* as in state.db */
	struct plan_request base; /* what is asked, however it is tried */

	/* the present try */
	struct ladder_step step;
	const struct conf_place *place;
	const char *region;
	struct aws *aws;
	struct ec2_subnet *subnets; /* of the place, in its order */
	struct ec2_reservation *reservations;
	size_t nreservations;
	struct plan_choice *choices;
	size_t nchoices;
	struct plan_quota *quotas;
	struct plan_request request;
	struct plan plan;

	/* all tries together */
	struct marks marks;
	struct recent recent; /* of the present place */
	struct fleet *fleets;
	size_t nfleets;
	struct instance *instances; /* that EC2 gave, fleet by fleet */
	size_t ninstances;
	unsigned ngroups;      /* placement groups made */
	bool group_used;       /* instances have been in the present one, which fixes its zone */
	char group_region[32]; /* of the present one */
	struct err rest;       /* why not all came, of a gang that takes what comes */
	struct budget_ceilings ceilings; /* of the present plan */
	struct {
		char what[512]; /* "": none */
		struct plan_ceiling ceiling;
	} dear;               /* what the last hold that was refused leaves room for */
	bool waits;           /* some plan failed for budgets only: … */
	int64_t again_s;      /* … when it is worth trying again; 0 later, INT64_MAX never */
	struct nodeset over;  /* of one that takes what comes: those that budgets do not allow */
	struct err over_why;  /* … why */
	int64_t over_again_s; /* … and until when */
	bool kept;            /* what came stays without its job, for the job's next start */
};

/* What the gang asks, from its demand, configuration and history, into BASE. */
int attempt_request(struct attempt *a, struct err *err);
/* For the step's place: client, subnets, reservations, choices. */
int attempt_choices(struct attempt *a, struct err *err);
/* Decide for the step; the plan's reasons go into the gang's row. */
int attempt_plan(struct attempt *a, struct err *err);
/*
 * The placement group, created and available (or none needed): planned -> group_ready. ERR_QUOTA
 * where no more are to be had.
 */
int attempt_group(struct attempt *a, struct err *err);
/*
 * Launch template versions, CreateFleet for NODES: -> launching; and wait until the instances have
 * addresses. 0: each of NODES has its instance, or had one that died. -1: not so; of all-or-nothing
 * gangs nothing of the try is to be kept, of others what came stays. Marks say what gave nothing.
 */
int attempt_launch(struct attempt *a, const struct nodeset *nodes, struct err *err);
/* launching -> launched, node names of all instances in one transaction: -> bound. */
int attempt_bind(struct attempt *a, struct err *err);
/* Identity tags, Slurm's addresses, comment: bound -> announced. */
int attempt_announce(struct attempt *a, struct err *err);

/*
 * End what has come so far, for WHY, and forget it: the gang is as planned again. Not with a launch
 * that nobody knows the answer of, which is ERR_TRANSIENT.
 */
int attempt_undo(struct attempt *a, const char *why, struct err *err);

/* Before each side effect: does anybody still want it? 0: yes; 1: no, and ERR says why; -1. */
int attempt_wanted(struct attempt *a, struct err *err);

/*
 * Wait until every instance from FIRST on has an address; ERR_CAPACITY where one has died. Of a
 * gang that takes what comes the dead are forgotten and the others go on, unless all have died.
 */
int attempt_addresses(struct attempt *a, size_t first, struct err *err);

/* Of a gang that takes what comes: end and forget what has no address, so that none is bound
 * that cannot be told to Slurm. */
void attempt_sift(struct attempt *a);

void attempt_release(struct attempt *a);

#endif
