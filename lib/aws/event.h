/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: what EventBridge tells of instances, from its JSON. Pure.
 *
 * The text may be anybody's (who may send to the queue is the queue's policy). What is read of it
 * is bounded, ids have the form of ids, texts have no control characters; all else of the event
 * means nothing. Believe a notice about an instance of ours, in our region and account, only as far
 * as acting on a false one does harm: ask EC2.
 */
#ifndef BURST_EVENT_H
#define BURST_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define EVENT_MAX           (256 * 1024) /* bytes of text: SQS's own limit */
#define EVENT_MAX_INSTANCES 1000

enum event_kind {
	EVENT_OTHER,             /* well-formed, of no kind below */
	EVENT_SPOT_INTERRUPTION, /* EC2 Spot Instance Interruption Warning */
	EVENT_REBALANCE,         /* EC2 Instance Rebalance Recommendation */
	EVENT_STATE_CHANGE,      /* EC2 Instance State-change Notification */
	EVENT_HEALTH,            /* AWS Health Event of service EC2 */
};

struct event {
	enum event_kind kind;
	char id[64]; /* the event's, the same when delivered twice; "" */
	char account[16];
	char region[32];
	int64_t time_s;    /* when it was made: of an interruption two minutes before the end */
	char what[64];     /* interruption: terminate, stop, hibernate; state change: the new state;
			    * health: the code, as AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED */
	char category[32]; /* health: issue, scheduledChange, accountNotification */
	int64_t begins_s, ends_s; /* health: when it happens; 0: not said */
	char text[256];           /* health: AWS's description, cut */
	char (*instances)[32];    /* heap; i-…, each once; one for all but health events */
	size_t ninstances;
};

/*
 * Parse TEXT of LEN bytes. ERR_USAGE: no event: not JSON, or what its kind must have is missing or
 * malformed. 0 with EVENT_OTHER for any other event. The caller releases *OUT.
 */
int event_parse(const char *text, size_t len, struct event *out, struct err *err);
void event_release(struct event *event);
/* As one word: "spot-interruption", "rebalance", "state-change", "health", "other". */
const char *event_kind_name(enum event_kind kind);

#endif
