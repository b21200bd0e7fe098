/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: where EC2, Slurm and state.db do not agree, and what is to be done: a survey and rules in,
 * findings out. Pure: no look at anything else, nothing is changed.
 *
 * What no rule may do: act on what does not carry our cluster's tag; act on what carries it without
 * a record of ours, unless the operator said that the records were lost (survey.rebuilt_ms) or
 * Slurm itself uses the machine; act on a gang whose owner lives, or on what moved while it was
 * looked at; act on a node that a person took down or drained with words of their own. Such things
 * are FINDING_LEFT_ALONE where a person should know of them.
 *
 * Another cluster of the same name in the same account is the case behind "without a record": its
 * instances carry our tag. A state.db that was not lost knows each gang that it ever launched, so
 * an instance of a gang that is not in it is not ours, whatever its tag says.
 */
#ifndef BURST_JUDGE_H
#define BURST_JUDGE_H

#include "helper/survey.h"

/* In the order in which they are to be carried out. */
enum finding_rule {
	/* gangs; SUBJECT gang. Under its lock, with another look at its row */
	FINDING_MEMBER_LOST,  /* an instance of it ended without us: lost_ended(), lost_take_down()
			       */
	FINDING_GANG_LATE,    /* announced, nodes will not register: lost_late() and so on */
	FINDING_GANG_UNOWNED, /* half way up or down, or empty, and nobody works on it:
				 release_settle() */
	FINDING_JOB_OVER,     /* announced or active, and nobody waits for it: let go */
	FINDING_GANG_UP,      /* announced, all have registered: boot_up() */
	/* instances; SUBJECT instance, with gang and region */
	FINDING_ORPHAN_ADOPT, /* without a row, and Slurm uses it: adopt_gang() of all of its gang
			       */
	FINDING_ORPHAN_END,   /* without a row, and nobody uses it: write it down where its gang is
				 known, end it. One finding for all of a gang in a region */
	FINDING_ENDED_RUNS,   /* written down as terminated, and it runs: end it again */
	FINDING_ROW_ENDED,    /* terminated at EC2: write it down (time: ec2's ended_s) */
	FINDING_ROW_GONE,     /* EC2 does not know it any more: write it down */
	FINDING_INSTANCE_WITHOUT_NODE, /* its gang goes on, or is over, without it: end it */
	FINDING_END_AGAIN, /* was to be ended, and runs: ask again. One for all of a gang in a
			      region */
	/* GUARD5's, in judge_health.c */
	FINDING_INSTANCE_IMPAIRED,
	FINDING_INSTANCE_STOPPED,
	FINDING_INSTANCE_RETIRING,
	FINDING_INSTANCE_OVERDUE,
	FINDING_GANG_NOT_REGISTERED,
	FINDING_TOO_MANY_NODES,
	/* jobs; TEXT is its name, NUMBER its id; in judge_cost.c */
	FINDING_COST_WARNING, /* its --burst-cost will be used up: tell it */
	FINDING_COST_LIMIT,   /* it is: end it */
	/* judge_nodes.c; no action, a person should know */
	FINDING_JOB_CLEANING, /* slurmctld does not get done with its last start */
	/* nodes; SUBJECT node */
	FINDING_NODE_WITHOUT_INSTANCE, /* up or coming, nothing is there: force_down() */
	FINDING_NODE_STUCK_SILENT,     /* IDLE+POWERED_DOWN+NOT_RESPONDING: resume_nodes() */
	FINDING_NODE_STUCK_UP,         /* powering up beyond ResumeTimeout: force_down() */
	FINDING_NODE_STUCK_GIVEN_UP,   /* DOWN by slurmctld after ResumeTimeout: force_down() */
	FINDING_NODE_STUCK_DOWN,       /* powering down beyond SuspendTimeout: resume_nodes() */
	FINDING_NODE_STUCK_OURS,       /* DOWN with our reason, powered down: force_down() */
	FINDING_ADDRESS_STALE,         /* text: the address that it should have: announce() */
	/* housekeeping */
	FINDING_NAME_TAG,       /* SUBJECT gang: number instances of it have no Name */
	FINDING_GROUP_UNUSED,   /* SUBJECT group (placement), region */
	FINDING_VERSION_UNUSED, /* SUBJECT text (template id), number (version), region */
	FINDING_INTENT_OLD,     /* number of records, of which judge_record_is_old() */
	FINDING_HOLD_LEFT,      /* SUBJECT gang: over, and its holds are not settled */
	/* no action: a person should know; text names what */
	FINDING_LEFT_ALONE,
	FINDING_RULES,
};

struct finding_info {
	const char *name;    /* "orphan-end": in tables, as the counter "reconcile.orphan-end" */
	const char *counter; /* "reconcile.orphan-end" */
	const char *action;  /* "end", for the table of a dry run */
	const char *done;    /* "ended", for the line of a repair */
};
const struct finding_info *finding_info(enum finding_rule rule);

struct finding {
	enum finding_rule rule;
	char region[32], gang[48], instance[32], node[64], group[256], text[256];
	/* of LEFT_ALONE, ORPHAN_END, END_AGAIN: so many more instances of the gang; of
	 * INSTANCE_IMPAIRED: the host is, of _RETIRING: when (s), of _OVERDUE: the job, of
	 * TOO_MANY_NODES: by how many */
	int64_t number;
	char why[256]; /* one sentence, without a full stop */
	bool alarm;    /* a person should be woken (alarm.h) */
};
/* Is it only told to people, since no action of ours mends it? */
bool finding_is_told(const struct finding *finding);
/* What it is about, as the table names it: "instance i-…", "gang 12-…", "node …". */
void finding_subject(const struct finding *finding, char *subject, size_t size);

struct findings {
	struct finding *all;
	size_t n, alloc;
};
#define FINDINGS_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
void findings_release(struct findings *findings);
/* Append one of RULE and return it, empty, to be filled; NULL without memory. */
struct finding *findings_add(struct findings *findings, enum finding_rule rule, struct err *err);

struct judge_rules {
	int64_t grace_s;          /* reconcile.grace_s */
	int64_t resume_timeout_s; /* slurmctld's */
	int64_t suspend_timeout_s;
	int64_t gone_s;          /* EC2 not showing an instance means nothing before; 600 */
	int64_t record_age_s;    /* a job's record is kept so long after slurmctld forgot it */
	const char *placeholder; /* slurm.placeholder_address */
	bool name_tags;          /* reconcile.name_tags, and identity is not the Name tag */
	struct {                 /* of judge_health(): guards.* */
		unsigned max_nodes;
		int64_t overdue_grace_s, not_registered_s, impaired_s;
		enum guard_action on_impaired, on_retiring;
	} guards;
	struct {                    /* of judge_cost(): cost.* */
		int64_t interval_s; /* from one pass to the next */
		int64_t release_s;  /* from a job's end to that of its instances */
		unsigned warn_percent;
		enum at_limit at_limit;
	} cost;
};
/* From the configuration and slurmctld's. */
void judge_rules_of(const struct survey *survey, struct judge_rules *rules);

/* FINDINGS in the order in which they are to be carried out. -1 only without memory. */
int judge(const struct survey *survey, const struct judge_rules *rules, struct findings *findings,
	struct err *err);

/* Is it one of those that ORPHAN_END is about? */
bool judge_is_orphan(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_stray *stray);

/* … of those that END_AGAIN is about? */
bool judge_is_to_end_again(const struct survey *survey, const struct survey_row *row);

bool judge_record_is_old(const struct survey *survey, const struct judge_rules *rules,
	const struct survey_record *record);

/* For how long has JOB been beyond its time limit, with all that slurmctld grants it? 0: it is not,
 * or has none. */
int64_t judge_overdue_s(const struct job_facts *job, const struct slurm_site *site, int64_t now_s);

/* What a job will have cost when its instances have ended, if the next pass ends it. INT64_MAX:
 * beyond what can be counted. */
int64_t judge_cost_when_ended(
	const struct survey_cost *cost, const struct judge_rules *rules, int64_t now_s);

/* judge()'s parts, one file each; they append. */
int judge_gangs(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err);
int judge_instances(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err);
int judge_health(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err);
int judge_cost(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err);
int judge_nodes(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err);
int judge_leftovers(const struct survey *survey, const struct judge_rules *rules,
	struct findings *findings, struct err *err);

#endif
