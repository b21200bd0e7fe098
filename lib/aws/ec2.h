/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec2: the requests of EC2's query API that we use, as C functions.
 *
 * Every function signs, sends, retries what may be retried (facts: AWS's own tables) and parses the
 * answer as it arrives. On failure err->code is EC2's error code and err->class what to do
 * about it (ec2_classify). A request that changes something carries a token or is idempotent by
 * nature. Results own their memory; *_release frees.
 */
#ifndef BURST_EC2_H
#define BURST_EC2_H

#include <stdint.h>

#include "lib/aws/aws.h"
#include "lib/base/strbuf.h"
#include "lib/catalog/told.h"

struct ec2_tag {
	const char *key;
	const char *value;
};

/* The class for an EC2 error code (HTTP status STATUS where the code is not known). */
enum err_class ec2_classify(const char *code, long status);

/* --- placement groups ------------------------------------------------------------------------ */

/* ERR_BUSY with code InvalidPlacementGroup.Duplicate if the name is taken. */
int ec2_create_placement_group(struct aws *aws, const char *name, const char *strategy,
	const struct ec2_tag *tags, size_t ntags, struct err *err);
/* The state ("pending", "available", …) into STATE; ERR_CONSISTENCY/ERR_NOTFOUND where unknown. */
int ec2_placement_group_state(
	struct aws *aws, const char *name, char *state, size_t size, struct err *err);
/* 0 also where it does not exist; ERR_BUSY while it is in use. */
int ec2_delete_placement_group(struct aws *aws, const char *name, struct err *err);
/* Names of the groups that carry tag KEY=VALUE; *NAMES is a heap array of heap strings. */
int ec2_list_placement_groups(struct aws *aws, const char *tag_key, const char *tag_value,
	char ***names, size_t *n, struct err *err);
/*
 * How many the region has, whoever made them, but for deleted ones: what counts towards the
 * account's quota (500 by default).
 */
int ec2_count_placement_groups(struct aws *aws, size_t *n, struct err *err);

/* --- launch templates ------------------------------------------------------------------------ */

struct ec2_template {
	char id[64];            /* lt-… */
	int64_t version;        /* the number that $Latest or $Default stood for */
	char **security_groups; /* of the template data or of its primary interface */
	size_t nsecurity_groups;
	char *image_id; /* may be NULL */
	bool has_user_data;
};

/* Look at version VERSION ("$Latest", "$Default", "7") of the template NAME_OR_ID. */
int ec2_describe_template(struct aws *aws, const char *name_or_id, const char *version,
	struct ec2_template *out, struct err *err);
void ec2_template_release(struct ec2_template *template);

struct ec2_nic {
	int card, device;
	const char *type; /* interface, efa, efa-only */
};
/* What only a template can say to a fleet: where the capacity is from. */
struct ec2_template_extra {
	const char *reservation; /* cr-…: launch into this one alone; NULL: as the source says */
	bool block;              /* it is a Capacity Block, a market of its own */
};
/*
 * Derive a version from SOURCE: its interfaces replaced by NICS (each with GROUPS), instance
 * metadata tags enabled, IMDSv2 required, the rest inherited. TOKEN: ClientToken. INSTANCE_PROFILE
 * and EXTRA may be NULL.
 */
int ec2_create_template_version(struct aws *aws, const char *id, int64_t source,
	const struct ec2_nic *nics, size_t nnics, const char *const *groups, size_t ngroups,
	const char *instance_profile, const struct ec2_template_extra *extra, const char *token,
	const char *description, int64_t *version, struct err *err);
int ec2_delete_template_version(struct aws *aws, const char *id, int64_t version, struct err *err);

struct ec2_template_version {
	int64_t number;
	char description[256]; /* "" if it has none */
	int64_t created_s;
	bool is_default;
};
/* All versions of the template ID, oldest number first; *VERSIONS is a heap array. */
int ec2_list_template_versions(struct aws *aws, const char *id,
	struct ec2_template_version **versions, size_t *n, struct err *err);

/* --- fleets ---------------------------------------------------------------------------------- */

struct ec2_override {
	const char *type;
	const char *subnet;
	const char *group; /* placement group's name; NULL: none */
	int priority;      /* lower first */
	/*
	 * Spot: the most to pay, micro-USD per instance-hour; -1 (or 0): none, which for EC2 is
	 * the on-demand price. Means nothing on demand. EC2 takes none below 0.001001 USD.
	 */
	int64_t max_price_uusd;
};

struct ec2_fleet_config { /* one LaunchTemplateConfig: one interface layout */
	const char *template_id;
	int64_t template_version;
	const struct ec2_override *overrides;
	size_t noverrides;
};

struct ec2_fleet_request {
	const struct ec2_fleet_config *configs;
	size_t nconfigs;
	int capacity;        /* TotalTargetCapacity */
	bool all_or_nothing; /* MinTargetCapacity = capacity (at most 1000), single type and AZ */
	bool spot;
	const char *token;          /* ClientToken */
	const struct ec2_tag *tags; /* on fleet and instances */
	size_t ntags;
	/*
	 * On demand: unused open Capacity Reservations that fit are taken before other capacity.
	 */
	bool use_reservations_first;
	/*
	 * The templates launch into one Capacity Block: CreateFleet gives what the block has left,
	 * fewer than asked for as well, whatever all_or_nothing says: count, and end a part. spot
	 * must be false; use_reservations_first means nothing.
	 */
	bool capacity_block;
};

/* The request's body, byte for byte as it will be sent: to be stored before it is. */
int ec2_fleet_encode(const struct ec2_fleet_request *request, struct strbuf *body, struct err *err);

struct ec2_fleet_instance {
	char id[32];
	char type[32];
	char az[32]; /* "" if EC2 did not say */
	char subnet[64];
	bool spot;
};

struct ec2_fleet_error { /* one pool's */
	char type[32];
	char az[32];
	char subnet[64];
	char code[ERR_CODE_SIZE];
	char message[512];
};

struct ec2_fleet_result {
	char fleet_id[64];
	struct ec2_fleet_instance *instances;
	size_t ninstances;
	struct ec2_fleet_error *errors; /* may stand beside a full set */
	size_t nerrors;
	/*
	 * The call failed, yet one of its tries may have launched: its answer was lost or cut, or
	 * was a 5xx that is neither capacity nor throttling. err->code is the last try's and does
	 * not tell. False where each was refused with a code or never left us. Of a success: the
	 * answer to an earlier try was lost, and AWS does not say whether this one tells all.
	 */
	bool unsure;
};

/*
 * Send a stored CreateFleet body. 0 for every HTTP 200, with instances or without: count them.
 * Retries of transport errors, 5xx and throttling send the same bytes. On failure RESULT->unsure is
 * set, for this call's tries only; the rest of RESULT is untouched.
 */
int ec2_create_fleet(struct aws *aws, const char *body, size_t len, struct ec2_fleet_result *result,
	struct err *err);
void ec2_fleet_result_release(struct ec2_fleet_result *result);

/* --- instances ------------------------------------------------------------------------------- */

struct ec2_instance {
	char id[32];
	char state[16]; /* pending, running, shutting-down, terminated, stopping, stopped */
	char type[32];
	char az[32];
	char subnet[64];
	char private_ip[48]; /* of the primary interface; "" while not known */
	char group[256];     /* placement group */
	char reason[256];    /* stateReason's code and message */
	int64_t launched_s;
	/*
	 * EC2's own time of its end, where the state transition reason says it ("User initiated
	 * (2026-11-22 12:00:00 GMT)"); 0: not said. Of a stopped one that of the stop.
	 */
	int64_t ended_s;
	bool spot;
	char spot_request[32]; /* sir-…; "" */
	struct {
		char *key, *value;
	} * tags;
	size_t ntags;
};

struct ec2_instances {
	struct ec2_instance *all;
	size_t n;
};

struct ec2_filter {
	const char *name; /* "tag:burst:cluster", "instance-state-name" … */
	const char *const *values;
	size_t nvalues;
};

/*
 * DescribeInstances by ids (1000 a call, up to 8 calls at a time; the order is that of the calls)
 * or by filters (paged here). By id, one that EC2 does not know yet is ERR_CONSISTENCY with code
 * InvalidInstanceID.NotFound.
 */
int ec2_describe_instances(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, struct ec2_instances *out,
	struct err *err);
void ec2_instances_release(struct ec2_instances *instances);
/* Value of tag KEY, or NULL. */
const char *ec2_instance_tag(const struct ec2_instance *instance, const char *key);

/*
 * In pieces of 200, so that a large gang flows through EC2's bucket of 1000 instances, 20 a second;
 * up to 8 at a time. All pieces are sent; the error is the first failed one's. An id that EC2 does
 * not know fails its piece: ERR_CONSISTENCY.
 */
int ec2_terminate_instances(struct aws *aws, const char *const *ids, size_t nids, struct err *err);

/* The same tags on up to any number of ids, 1000 a call, up to 8 calls at a time. */
int ec2_create_tags(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_tag *tags, size_t ntags, struct err *err);

struct ec2_tag_call { /* these tags on these ids */
	const char *const *ids;
	size_t nids;
	const struct ec2_tag *tags;
	size_t ntags;
};
/*
 * Several of them together, up to 8 requests at a time. Each is tried, also behind a failed one;
 * the error is that of the first that failed. To repeat all is harmless: tags are overwritten.
 */
int ec2_create_tags_many(
	struct aws *aws, const struct ec2_tag_call *calls, size_t n, struct err *err);

/*
 * What the console of ID has shown, decoded (at most 64 KiB, control characters and all, NULs as
 * '?'); the caller frees. *TEXT is NULL where there is none yet.
 */
int ec2_console_output(struct aws *aws, const char *id, char **text, struct err *err);

/* --- health of instances --------------------------------------------------------------------- */

struct ec2_status_event { /* scheduled by AWS, or what is left of it */
	char id[64];      /* instance-event-… */
	char code[32];    /* instance-retirement, instance-stop, instance-reboot, system-reboot,
			   * system-maintenance */
	char text[256];
	int64_t not_before_s, not_after_s, deadline_s; /* 0: not said */
	bool over; /* EC2 keeps it for a while, "[Completed]" or "[Canceled]" before the text */
};

struct ec2_status {
	char id[32];
	char state[16];
	char az[32];
	/* ok, impaired, initializing, insufficient-data, not-applicable (it does not run) */
	char system_check[24];    /* of the host and its network: AWS's to mend */
	char instance_check[24];  /* of the system inside */
	int64_t impaired_since_s; /* the earlier of the two; 0: neither, or not said */
	struct ec2_status_event *events;
	size_t nevents;
};

struct ec2_statuses {
	struct ec2_status *all;
	size_t n;
};

/*
 * DescribeInstanceStatus by ids (100 a call, up to 8 calls at a time) or, paged, by filters
 * ("system-status.status", "instance-status.status", "event.code", "instance-state-name"; it knows
 * none by tag: those are the account's, whoever's). Only running ones unless ANY_STATE. One that
 * EC2 does not know fails all: ERR_CONSISTENCY with code InvalidInstanceID.NotFound.
 */
int ec2_describe_instance_status(struct aws *aws, const char *const *ids, size_t nids,
	const struct ec2_filter *filters, size_t nfilters, bool any_state, struct ec2_statuses *out,
	struct err *err);
void ec2_statuses_release(struct ec2_statuses *statuses);

/* --- Spot requests --------------------------------------------------------------------------- */

struct ec2_spot_request {
	char id[32];       /* sir-… */
	char instance[32]; /* "": none */
	char state[16];    /* active, closed, cancelled, failed, open */
	/*
	 * fulfilled; marked-for-termination or marked-for-stop: the notice has been given;
	 * instance-terminated-no-capacity, -by-price, -by-user …: it has ended
	 */
	char code[64];
	char message[256];
	int64_t updated_s; /* when CODE became so; of a notice: of the notice; 0: not said */
};
/*
 * DescribeSpotInstanceRequests by filters (at most 200 values each), paged. Those under notice are
 * found by "status-code" (they are few, and the account's), those of given instances by
 * "instance-id". *REQUESTS is a heap array.
 */
int ec2_describe_spot_requests(struct aws *aws, const struct ec2_filter *filters, size_t nfilters,
	struct ec2_spot_request **requests, size_t *n, struct err *err);
/* CODE is that of a notice. */
bool ec2_spot_is_marked(const char *code);

/* --- Spot prices ----------------------------------------------------------------------------- */

struct ec2_spot_price {
	char type[40];
	char az[32];
	int64_t uusd_hr; /* rounded up to a micro-USD; > 0 */
	int64_t since_s; /* when it became so; 0 not said */
};
/*
 * What Linux Spot instances of TYPES cost at NOW_S in each zone of the region that sells them:
 * DescribeSpotPriceHistory, 100 types a call, paged. Sorted by type and zone, each once; heap
 * array. A type that EC2 does not sell as Spot, or does not know, has none.
 */
int ec2_spot_prices(struct aws *aws, const char *const *types, size_t ntypes, int64_t now_s,
	struct ec2_spot_price **prices, size_t *n, struct err *err);

/* --- capacity reservations ------------------------------------------------------------------- */

struct ec2_reservation {
	char id[64]; /* cr-… */
	char type[32];
	char az[32];
	char state[32]; /* active; else nothing can be launched: pending, scheduled, expired … */
	char kind[32];  /* default, capacity-block */
	char match[16]; /* open: any instance that fits runs in it; targeted: who names it */
	char tenancy[16];         /* default, dedicated */
	char group_arn[512];      /* of the cluster placement group that it was made in; "" none */
	int64_t total, free;      /* instances */
	int64_t begins_s, ends_s; /* 0: not said. A block's instances are ended 30 min before */
};
/* *RESERVATIONS is a heap array in the order of IDS; ERR_CONFIG/ERR_NOTFOUND where one is unknown.
 */
int ec2_describe_capacity_reservations(struct aws *aws, const char *const *ids, size_t nids,
	struct ec2_reservation **reservations, struct err *err);

/* --- subnets --------------------------------------------------------------------------------- */

struct ec2_subnet {
	char id[64];
	char az[32];
	int64_t free_addresses;
};
/* *SUBNETS is a heap array in the order of IDS. */
int ec2_describe_subnets(struct aws *aws, const char *const *ids, size_t nids,
	struct ec2_subnet **subnets, struct err *err);

/* --- instance types -------------------------------------------------------------------------- */

/*
 * All types of the region that can be used: those that the answer does not describe well enough,
 * and Macs, are left out. *TYPES is a heap array, settled; a failed page fails all.
 */
int ec2_describe_instance_types(
	struct aws *aws, struct told_type **types, size_t *n, struct err *err);
/* Which types are sold in which of the region's zones; *OFFERS is a heap array in EC2's order. */
int ec2_describe_type_offerings(
	struct aws *aws, struct told_offer **offers, size_t *n, struct err *err);

#endif
