/* SPDX-License-Identifier: Apache-2.0 */
/*
 * estimate: what resume would do for a job that has not begun, by the same functions
 * (wish_decide(), demand_cut(), request_make(), plan_make() over the ladder), for each node group
 * that its partition has. Asks neither Slurm nor EC2 and writes nothing. The job is one that is not
 * submitted, or, for explain, one that waits (helper/pending.h).
 *
 *	struct estimate e;
 *
 *	if (estimate_make(&app, &input, &e, err) == 0)
 *		estimate_show(&e, &input, &out);
 *	estimate_release(&e);
 */
#ifndef BURST_ESTIMATE_H
#define BURST_ESTIMATE_H

#include <json-c/json.h>

#include "helper/app.h"
#include "helper/demand.h"
#include "helper/sbatch_options.h"
#include "lib/plan/plan.h"

struct estimate_input {
	const struct job_wish *wish;
	/* Of a job that is submitted: what slurmctld says of it, of which WISH is a copy. NULL: it
	 * is not submitted. */
	const struct job_facts *facts;
	const struct intent *intent; /* where it is known; NULL: by WISH and ENV */
	const char *intent_why;      /* where that comes from, see wish_decide() */
	/* The next component of the same heterogeneous job; its facts are given. */
	const struct estimate_input *next;
	const char *script; /* its text; NULL: there is none */
	size_t len;
	const char *job_name;    /* that sbatch gives without --job-name; NULL: none */
	const char *const *env;  /* of the submission */
	const char *db_missing;  /* where app->db is NULL: why */
	const char *site_source; /* the configuration is not itself, but what is public of it: whose
				  * words these are; NULL: it is */
	const char *unseen;      /* what else could not be looked at, one a line; may be NULL */
};

/* One request to EC2 that would follow if all before it gave nothing. */
struct estimate_try {
	char *asked; /* "16 x hpc7a.96xlarge in us-east-2b, on-demand, EFA, placement group" */
	const char *region;
	int64_t uusd_hr, uusd; /* at worst; -1: not known or unlimited */
};

struct estimate_place; /* what is known of a place of the group */

struct estimate_group {
	const struct conf_group *group;
	char *refused;           /* why Slurm would not give its nodes to the job; NULL: it would */
	uint32_t nodes, tasks;   /* of all components */
	uint32_t tasks_per_node; /* of the first one */
	struct demand_set set;   /* of the job, or its components */
	char *closed;            /* new starts wait, and why; NULL: it is open, or nobody knows */
	struct estimate_place *places;
	bool planned;
	struct plan plan; /* of the first try */
	char *reasons;    /* of the first plan, or of the first step that none could be made for */
	struct err err;   /* why there is no plan */
	struct estimate_try *tries;
	size_t ntries;
	bool more;       /* launch.max_tries ends them */
	char *elsewhere; /* other regions where nothing can be tried, and why, one a line; NULL */
};

struct estimate {
	struct estimate_group *groups;
	size_t n;
	struct strbuf unseen; /* what was not looked at, one a line */
};

/* APP has its configuration, and db and types as far as they can be had. ESTIMATE is to be released
 * also after a failure. ERR_CONFIG: no configured partition is asked for. */
int estimate_make(struct app *app, const struct estimate_input *input, struct estimate *estimate,
	struct err *err);
void estimate_release(struct estimate *estimate);

/* The first group that can be planned for; NULL: none, and ERR (may be NULL) says why. */
const struct estimate_group *estimate_possible(const struct estimate *estimate, struct err *err);

/* For a person. */
void estimate_show(
	const struct estimate *estimate, const struct estimate_input *input, struct strbuf *out);
/* Owned by the caller (json_object_put); NULL: out of memory. */
struct json_object *estimate_json(
	const struct estimate *estimate, const struct estimate_input *input);

#endif
