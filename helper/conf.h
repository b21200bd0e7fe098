/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf: /etc/slurm/aws-burst.yaml, read by libyaml and checked against one table.
 *
 * An unknown key, a wrong type, a duplicate, a value out of range and a missing key are errors with
 * file, line and the key's path; the file is taken whole or not at all. Keys are those
 * of the Go system (aws-slurm-burst) plus our own; they are matched without regard to case. All
 * strings belong to the struct conf; optional ones not given are NULL unless the table has a
 * default.
 */
#ifndef BURST_CONF_H
#define BURST_CONF_H

#include <stdint.h>

#include "lib/base/budget_kind.h"
#include "lib/base/err.h"
#include "lib/intent/intent.h"
#include "lib/plan/efa.h"
#include "lib/plan/plan.h"
#include "lib/slurm/slurm_client.h"

#define CONF_DEFAULT_PATH SYSCONFDIR "/slurm/aws-burst.yaml"
/* Not below the state directory, which is closed to users. */
#define CONF_DEFAULT_PUBLIC LOCALSTATEDIR "/lib/aws-slurm-burst-public"

struct conf_pair { /* a tag, or Slurm's words for a node or partition */
	char *key, *value;
};

struct conf_override {
	char *type;
	char *subnet;            /* NULL: each of the group's subnets */
	int64_t spot_price_uusd; /* cap; -1 none */
	unsigned tier;           /* asked after those of lower ones */
};

/* Where and from what a node group can be launched. */
struct conf_place {
	char *region;
	char *template_name, *template_id, *template_version;
	char **subnets;
	size_t nsubnets;
	char **security_groups; /* empty: the launch template's */
	size_t nsecurity_groups;
	char *instance_profile; /* NULL: the launch template's */
	char **reservations;    /* capacity_reservation_ids, cr-...; asked before anything else */
	size_t nreservations;
	struct conf_override *overrides; /* never empty, the best first */
	size_t noverrides;
};

/* What AWS charges less than it says, by a savings plan, a reservation or a contract. */
struct conf_discount {
	char *types;    /* fnmatch(3) */
	char **regions; /* none: all */
	size_t nregions;
	enum market market;
	int64_t percent; /* thousandths of a percent, 0 to 100000 */
};

enum conf_identity { IDENTITY_CODE, IDENTITY_NAME_TAG };

/* What follows for a node whose instance is in trouble but runs. */
enum guard_action {
	GUARD_LOG,     /* an alarm, and no more */
	GUARD_DRAIN,   /* no other job gets it; it goes when its job ends */
	GUARD_REQUEUE, /* the instance counts as lost */
};

/* Which jobs that EC2's notice has ended go back into the queue. */
enum spot_requeue {
	SPOT_REQUEUE_NEVER,
	SPOT_REQUEUE_FAILED, /* those that did not end with exit status 0 */
	SPOT_REQUEUE_ALWAYS,
};

/* Of which jobs slurmctld's time limit is lowered to what their cost limit buys. */
enum lower_time_limit { LOWER_UNLIMITED, LOWER_ALWAYS, LOWER_NEVER };

/* What becomes of a job whose cost limit is used up. */
enum at_limit { AT_LIMIT_CANCEL, AT_LIMIT_REQUEUE, AT_LIMIT_NONE };

struct conf_group {
	char *partition, *name; /* nodes are <partition>-<name>-<number> */
	int max_nodes;
	char *region;
	enum market market; /* purchasing_option */
	char *template_name, *template_id, *template_version;
	struct conf_override *overrides;
	size_t noverrides;
	char **subnets;
	size_t nsubnets;
	char **security_groups; /* empty: the launch template's */
	size_t nsecurity_groups;
	char *instance_profile;
	struct conf_pair *tags;
	size_t ntags;
	struct conf_pair *slurm; /* slurm_specifications */
	size_t nslurm;
	bool reuse;          /* nodes of an ended gang may go to a job whose intent allows it */
	bool best_effort;    /* scaling: what comes is kept, it need not be all; implies reuse */
	char **reservations; /* capacity_reservation_ids */
	size_t nreservations;
	/*
	 * places[0] is the group's own region: its pointers are those of the fields above. Then
	 * other_regions in the file's order, each with strings of its own; one that names no
	 * instance types has the group's, in all of its own subnets. nplaces >= 1.
	 */
	struct conf_place *places;
	size_t nplaces;
	enum placement_strategy placement;
	enum arch arch;   /* architecture, else by Features; ARCH_ANY */
	unsigned cpus;    /* slurm_specifications.CPUs; 0 not given */
	uint64_t mem_mib; /* RealMemory */
	unsigned gpus;    /* of Gres */
};

struct conf_partition {
	char *name;
	struct conf_pair *options; /* partition_options: Slurm's words, for generate.h alone */
	size_t noptions;
};

struct conf {
	char *path;
	char *cluster; /* cluster_name; NULL: slurmctld's ClusterName */
	struct {
		char *region, *profile, *config_file, *credentials_file, *endpoint_url, *ca_bundle;
		char *role_arn, *role_session_name, *role_external_id;
		int role_duration_s;
		char *web_identity_role_arn, *web_identity_token_file; /* see conf_export() */
		bool use_fips, use_dualstack;
		int retry_max_attempts;
		int connect_timeout_ms, timeout_ms;
		int64_t throttle_wait_s;    /* how long a throttled request is tried, 60 */
		unsigned api_share_percent; /* of the account's API rates, 1 to 100 */
	} aws;
	struct {
		char *config_path;           /* slurm.conf; NULL: Slurm's own rule */
		char *placeholder_address;   /* 127.0.0.254 */
		char *comment_field;         /* admin_comment | system_comment | none */
		int64_t intent_wait_ms;      /* 10000 */
		int64_t requeue_delay_s;     /* begin time after a failed attempt, 120 */
		int64_t requeue_delay_max_s; /* it doubles up to this, 3600; >= requeue_delay_s */
		int max_attempts;            /* failed starts before a user hold, 5 */
	} slurm;
	struct {
		unsigned max_tries;   /* fleet requests of one start, 8 */
		int64_t total_time_s; /* for all of them, 240; the core clamps it to ResumeTimeout
				       */
		/* how long a failure is remembered: of a pool, of a quota, of a subnet without
		 * addresses */
		int64_t pool_memory_s, quota_memory_s, address_memory_s; /* 600, 900, 120 */
		bool fallback_on_demand;          /* spot groups only; false */
		bool fallback_no_placement_group; /* true */
		bool fallback_no_efa;             /* never for required; true */
		unsigned placement_group_quota;   /* of the account in a region, 500 */
		unsigned keep_template_versions;  /* derived ones of each layout, 3 */
		bool check_quotas;                /* true */
	} launch;
	struct {
		unsigned protect_after; /* boots in a row that fail close a group; 3, 0: never */
		int64_t protect_for_s;  /* 1800 */
		unsigned console_lines; /* of a failed node's console in the log; 20, 0: none */
	} boot;
	struct {
		unsigned max_nodes;            /* of all node groups together; 0 no maximum */
		int64_t overdue_grace_s;       /* after a job's time limit, 900 */
		int64_t not_registered_s;      /* after ResumeTimeout, 300 */
		int64_t impaired_s;            /* failed status checks count from then on, 120 */
		enum guard_action on_impaired; /* drain */
		enum guard_action on_retiring; /* drain; GUARD_REQUEUE is not taken */
	} guards;
	struct {
		char *command;     /* NULL: none */
		int64_t timeout_s; /* 10 */
		int64_t repeat_s;  /* the same again not before, 3600 */
	} alarm;
	struct {
		char *queue_url;    /* of SQS; NULL: EC2 is asked */
		char *queue_region; /* NULL: as in the URL, else aws.region */
		int64_t poll_s;     /* 5 */
		char *signal;       /* "none", "USR1", … */
		enum signal_to signal_to;
		enum spot_requeue requeue; /* failed */
		bool rebalance_act;        /* false: only logged */
		unsigned on_demand_after;  /* interruptions of a job; 2, 0: never */
		int64_t on_demand_after_s; /* since a job's first; 0: never */
	} spot;
	struct conf_partition *partitions;
	size_t npartitions;
	struct conf_group *groups;
	size_t ngroups;
	struct {
		enum efa_mode efa_default;
		unsigned placement_group_threshold;
		bool force_cluster_placement_group;
		bool detect;            /* read batch scripts for it; true */
		struct efa_bands bands; /* efa_*_nodes, detect_confidence */
	} mpi;
	struct {
		struct rank_weights weights; /* with hpc_nodes */
		bool spot_needs_requeue;     /* true */
	} choice;
	struct {
		int64_t boot_allowance_s;    /* 600 */
		int64_t release_allowance_s; /* 180 */
		int64_t disk_uusd_hr;        /* of an instance's disks; 0 */
		/* of a job without a time limit: what its cost limit must buy at least; 300 */
		int64_t least_time_s;
		enum lower_time_limit lower; /* LOWER_UNLIMITED */
		unsigned warn_percent;  /* of a cost limit, then the job is warned; 80, 0: never */
		char *warn_signal;      /* "none", "USR1", …; to spot.signal_to */
		enum at_limit at_limit; /* AT_LIMIT_CANCEL */
	} cost;
	/* Budgets, and of scope job the bounds of each job's --burst-cost. */
	struct budget *limits;
	size_t nlimits;
	struct {
		char *directory; /* /var/lib/aws-slurm-burst */
		bool shared;     /* lies on a file system that two controllers share */
	} state;
	struct {
		int64_t interval_s; /* of "reconcile --watch", 60 */
		int64_t grace_s;    /* what is younger is not taken for forgotten, 300 */
		bool name_tags;     /* instances get a Name that people can read; true */
	} reconcile;
	struct {
		int64_t max_age_s; /* what EC2 told of types and zones is believed; 604800 */
	} catalog;
	struct {
		int64_t max_age_s;               /* list prices older than this are stale; 604800 */
		int64_t spot_max_age_s;          /* Spot prices likewise; 1800 */
		struct conf_discount *discounts; /* the first that matches holds */
		size_t ndiscounts;
	} prices;
	struct {
		char *directory; /* CONF_DEFAULT_PUBLIC: what users may read, if it is there */
	} public;
	struct {
		char *level, *format, *file;
	} log;
	enum conf_identity identity;
};

/* Load and check; NULL on failure. Warnings (keys that are read for compatibility and do nothing)
 * are given one by one to WARN, which may be NULL. */
struct conf *conf_load(
	const char *path, void (*warn)(void *arg, const char *text), void *arg, struct err *err);
/*
 * The same of a TEXT in NAME that holds only what users may know (helper/site.h): launch templates
 * may be missing.
 */
struct conf *conf_parse_public(const char *name, const char *text, size_t len, struct err *err);
void conf_destroy(struct conf *conf);

/*
 * Put into the environment what lib/aws takes only from there: AWS_WEB_IDENTITY_TOKEN_FILE,
 * AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME of authentication_method web_identity, which role_arn of
 * the aws section does not hold. Does nothing for the other methods. Call before aws_create().
 */
int conf_export(const struct conf *conf, struct err *err);

/* The node group that NODE belongs to by its name and number (< max_nodes), or NULL. */
const struct conf_group *conf_group_of(const struct conf *conf, const char *node);

/* The node group called NAME, "<partition>-<name>" as nodes begin, or NULL. */
const struct conf_group *conf_group_named(const struct conf *conf, const char *name);

/* Is PARTITION one of the configured ones? */
bool conf_has_partition(const struct conf *conf, const char *partition);

/*
 * The path that holds: OPTION (-c) if not NULL, else AWS_SLURM_BURST_CONFIG if it is set and not
 * empty, else CONF_DEFAULT_PATH. Borrowed.
 */
const char *conf_choose_path(const char *option);

#endif
