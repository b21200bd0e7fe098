/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey: what EC2, Slurm and state.db say at one time, side by side and without judgement. judge.h
 * compares it, repair.h mends what that finds.
 *
 * Nothing stands still while it is read, so the order is what keeps a false finding from being
 * possible:
 *
 *  1. state.db, a first look: which gangs and instances there are, and in which state.
 *  2. Which gangs' locks are held.
 *  3. EC2 by our cluster's tag: instances that are not terminated, placement groups, versions.
 *  4. Slurm's jobs, then nodes.
 *  5. state.db again: the look that counts.
 *  6. EC2 by id: rows of instances that 3 did not show.
 *
 * - Everything at EC2 was written down before it was asked for (launch, placement and template
 *   rows). What 3 shows and 5 does not know was therefore never written into this state.db.
 * - An instance that EC2 shows on its way out in 3, and that 5 still has as running, was not ended
 *   by us: "terminating" is written before TerminateInstances.
 * - A row that 3 does not show may be younger than 3, or have lost its tag: 6 asks for it by id.
 * - What is the same in 1 and 5 (STEADY) was so all the time between, so also at the moment when
 *   the lock was tried, and when Slurm was asked. What is not is in motion, and left for the next
 *   pass. An owner takes the lock before it writes the gang: a steady gang whose lock was free has
 *   no owner.
 * - A part that could not be read is not known, and no rule that needs it may fire.
 *
 * Ages. A time of a row or of EC2 that lies in the future has the age 0. A clock that was set while
 * we could see it makes nothing older than the time since, and while it differs from AWS's nothing
 * has an age: see steady_ms.
 */
#ifndef BURST_SURVEY_H
#define BURST_SURVEY_H

#include "helper/app.h"
#include "lib/aws/ec2.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"
#include "lib/state/launch.h"
#include "lib/state/placement.h"

/* What costs requests of its own, or time, and need not be looked at each minute. */
enum survey_part {
	SURVEY_GROUPS = 1,    /* placement groups by our tag: one request per region */
	SURVEY_TEMPLATES = 2, /* versions of the configured templates: two per template */
	SURVEY_RECORDS = 4,   /* STATE/intent and STATE/ended */
	SURVEY_HEALTH = 8,    /* status checks and scheduled events: three per region */
	SURVEY_ALL = 15,
};

struct survey_gang {
	struct gang gang;
	struct gang_job *jobs;
	size_t njobs;
	size_t nprepared; /* launches without an answer */
	bool held;        /* a living process has its lock */
	bool steady;      /* see above */
	/* of survey_link(): */
	struct nodeset nodes; /* all of the gang */
	unsigned nrunning, nterminating;
};

/* An instance's row, not terminated. */
struct survey_row {
	struct instance row;
	bool steady;
	bool looked; /* EC2 was asked for it by id, so that ec2 NULL means: it has no such instance
		      */
	/* of survey_link(): */
	const struct ec2_instance *ec2;
	const struct survey_region *region; /* NULL: of none that was looked at */
	struct survey_gang *gang;           /* NULL: over */
	struct survey_node *node;           /* NULL: bound to none, or Slurm does not know it */
};

/* A node of Slurm's that is one of our configuration's. */
struct survey_node {
	struct node_facts facts;
	/* since when it has been seen powering up or down, at each pass; 0: it is neither */
	int64_t since_ms;
	/* At the first look a row was bound to it, or a gang that has changed since is for it. */
	bool was_bound;
	/* of survey_link(): */
	const struct conf_group *group;
	struct survey_row *row;   /* bound to it */
	bool in_hand;             /* a gang that is for it, in any state, has an owner, or moves */
	struct survey_gang *gang; /* that of row, or the youngest not yet bound that is for it */
	const struct job_facts *job; /* that has it: configuring, running or completing */
};

/* What is written down of an instance that EC2 shows alive, with our tag, without a living row. */
struct survey_stray {
	char id[32], region_name[32];
	bool row; /* it is written down as terminated, at: */
	int64_t terminated_ms;
	char gang[48];   /* by the row, else by the tag */
	bool gang_known; /* there is such a row, in: */
	enum gang_state gang_state;
	bool launch_known; /* likewise by burst:launch */
	enum launch_state launch_state;
	char node[64]; /* by its identity tags; "" they do not say (yet) */
	char job[64];  /* by burst:job; "" */
	/* of survey_link(): */
	const struct ec2_instance *ec2;
	const struct survey_region *region;
};

struct survey_group { /* a placement group at EC2 with our tag */
	char *name;
	bool row; /* it was written down, and deleted at (0: not): */
	int64_t deleted_ms;
};

struct survey_version { /* of a launch template that the configuration names */
	char template_id[64];
	struct ec2_template_version version;
	bool row;     /* it is written down */
	bool pending; /* a derivation from this template has no answer yet: it may be this one */
	bool used;    /* a launch without an answer names it */
};

struct survey_region {
	char name[32];
	/* Every instance with our tag that is not terminated; and, whatever their state and tags,
	 * those of our rows not among them that EC2 knows. Sorted by id. */
	bool known;
	struct err err;      /* why not */
	int64_t clock_off_s; /* AWS's clock minus ours, where it has told us of a difference */
	struct ec2_instances instances;

	bool groups_known;
	struct survey_group *groups;
	size_t ngroups;

	bool versions_known;
	struct survey_version *versions;
	size_t nversions;

	/* Of survey_health.h: those of our running instances whose checks fail, or for which AWS
	 * has scheduled something; by id, once each. */
	bool statuses_known;
	struct ec2_statuses statuses;
};

struct survey_record { /* a file of STATE/intent or STATE/ended */
	char path[32]; /* "intent/12.0" */
	uint32_t job_id;
	int64_t changed_s;
};

/* What a running job has cost that has a limit for the whole of it. */
struct survey_cost {
	const struct job_facts *job; /* of the survey */
	char gang[48];               /* that its nodes were launched by; "" none of ours */
	int64_t limit_uusd;
	int64_t uusd;         /* until now, with its earlier starts; INT64_MAX: beyond counting */
	int64_t rate_uusd_hr; /* of what it has now, as prices are now */
	unsigned unpriced;    /* instances of no known rate, in neither */
	bool warned;
};

/* A job of our partitions that waits since slurmctld is not done with its last start. */
struct survey_cleaning {
	const struct job_facts *job; /* of the survey */
	int64_t since_ms;            /* as it has been seen at each pass */
};

struct survey_clock {      /* how the wall clock stands to the machine's uptime */
	char boot[40];     /* the boot's id */
	int64_t offset_ms; /* between them */
	int64_t since_ms;  /* by uptime, since when it has been so */
};

struct survey {
	int64_t now_ms;
	/* For how long the clock is known to have run without being set: no age counts for more.
	 * INT64_MAX in a survey made by hand. */
	int64_t steady_ms;
	/* When `reconcile --rebuild` made state.db anew (meta "rebuilt_ms"), 0: never. What was
	 * launched before, and carries our tag, is ours without a record: the operator has said so.
	 */
	int64_t rebuilt_ms;
	struct survey_clock clock; /* for survey_remember() */
	unsigned parts;            /* asked for */
	char cluster[64];          /* our tag's value */
	const struct conf *conf;
	struct slurm_site site;

	struct survey_region *regions; /* the configuration's, and those of living rows */
	size_t nregions;

	bool nodes_known, jobs_known;
	struct err slurm_err;      /* why not */
	struct survey_node *nodes; /* by name (strcmp) */
	size_t nnodes;
	struct job_facts *jobs; /* by id */
	size_t njobs;

	struct survey_gang *gangs; /* not over, by id (strcmp) */
	size_t ngangs;
	struct survey_row *rows; /* by id */
	size_t nrows;
	struct survey_stray *strays;
	size_t nstrays;
	struct placement *placements; /* not deleted; REMOVABLE: their gang needs them no more */
	bool *removable;
	size_t nplacements;
	struct survey_record *records;
	size_t nrecords;
	char **holds; /* gangs that are over and hold money of budgets all the same */
	size_t nholds;
	struct survey_cost *costs;
	size_t ncosts;
	struct survey_cleaning *cleanings;
	size_t ncleanings;

	/* of survey_link(): */
	struct survey_row **by_gang;  /* all rows, by gang */
	struct survey_row **by_node;  /* those that are bound, by node */
	struct survey_node **by_addr; /* nodes by address */
	size_t nby_node;
};
#define SURVEY_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * Look at everything; PARTS of enum survey_part. Opens what it needs of APP (Slurm must be ready).
 * Changes nothing, takes no lock, makes no file. A region or slurmctld that does not answer is told
 * within the survey; -1 where state.db cannot be read, or without memory.
 */
int survey_make(struct app *app, unsigned parts, struct survey *survey, struct err *err);
void survey_release(struct survey *survey);

/*
 * Write down what the next pass needs to know of this one: the clock, which nodes were powering up
 * or down, and which jobs slurmctld was cleaning up after. One row; not after a dry run.
 */
int survey_remember(struct app *app, const struct survey *survey, struct err *err);

/* Sort, and tie everything together; survey_make() calls it, and who fills a survey by hand. Pure.
 */
int survey_link(struct survey *survey, struct err *err);

/* All by bsearch, after survey_link(). NULL: there is none. */
struct survey_gang *survey_gang(const struct survey *survey, const char *id);
struct survey_row *survey_row(const struct survey *survey, const char *id);
/* The *N rows of a gang, one after the other. */
struct survey_row **survey_rows_of_gang(const struct survey *survey, const char *gang, size_t *n);
struct survey_row *survey_row_of_node(const struct survey *survey, const char *node);
struct survey_node *survey_node(const struct survey *survey, const char *name);
struct survey_node *survey_node_at(const struct survey *survey, const char *addr);
struct survey_region *survey_region(const struct survey *survey, const char *name);
const struct job_facts *survey_job(const struct survey *survey, uint32_t job_id);
/* Of a region. */
const struct ec2_instance *survey_ec2(const struct survey_region *region, const char *id);

/* How old is what happened at THEN_MS, as far as the clock can be believed? 0 for the future. */
int64_t survey_age_ms(const struct survey *survey, int64_t then_ms);

/* Does this start of a job run, or wait for its nodes? As stale_job_lives(). */
bool survey_job_lives(const struct survey *survey, uint32_t job_id, uint32_t restart);
/* Of any job of the gang. A gang without jobs has nobody: false. */
bool survey_gang_lives(const struct survey *survey, const struct survey_gang *gang);

#endif
