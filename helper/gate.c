/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/money.h"
#include "lib/state/gang.h"

/* What is gathered over the held nodes. */
struct held {
	size_t nodes;    /* held by others */
	int64_t uusd_hr; /* their rate; -1 once one is not known */
	char az[32];     /* of the first */
	bool several_az;
};

static void gang_release_(struct gang *gang)
{
	gang_release(gang);
}

/* EFA is an objection where it must be, and where the user wanted it by her own word; a site's
 * "preferred" does not outweigh nodes that are already up. */
static bool wants_efa(const struct conf *conf, const struct intent *intent)
{
	enum efa_mode mode = intent->efa != EFA_UNSET ? intent->efa : conf->mpi.efa_default;

	return mode == EFA_REQUIRED || (mode == EFA_PREFERRED && intent->efa == EFA_PREFERRED &&
					       intent->efa_from == FROM_USER);
}

/* An administrator's power-up: no job asked for it. */
static bool is_nobodys(const struct gang *gang)
{
	return !gang->job_id && !strncmp(gang->id, "node-", 5);
}

static int object(
	char *why, size_t size, const char *node, const struct gang *gang, const char *what)
{
	const char *whose = *gang->job_name    ? gang->job_name
			    : is_nobodys(gang) ? "no job"
					       : "a pool of one-node jobs";

	snprintf(why, size, "%s is held by gang %s of %s%s: %s", node, gang->id,
		*gang->job_name ? "job " : "", whose, what);
	return 1;
}

/* One held node: 1 objection, 0 none; adds to HELD. */
static int check_node(const struct conf *conf, const struct gate_job *job, const char *node,
	const struct gang *gang, struct held *held, char *why, size_t size)
{
	const struct conf_group *group = conf_group_of(conf, node);

	if (gang->created_ms >= job->started_ms)
		return 0; /* resume was faster than this prolog: the gang is this start's own */
	if (!group)
		return 0; /* no longer configured: nothing to compare by */
	/* what nobody's job asked for is for whoever comes first */
	if (!group->reuse && !is_nobodys(gang))
		return object(why, size, node, gang,
			"its node group does not hand nodes on (reuse: false)");
	if (*gang->stop || (gang->state != GANG_ANNOUNCED && gang->state != GANG_ACTIVE))
		return object(why, size, node, gang, "it is being launched or released");
	if (wants_efa(conf, job->intent) && !gang->efa)
		return object(why, size, node, gang, "it has no EFA");
	held->nodes++;
	if (held->uusd_hr >= 0)
		held->uusd_hr = gang->rate_uusd_hr < 0 ? -1 : held->uusd_hr + gang->rate_uusd_hr;
	if (!*held->az)
		snprintf(held->az, sizeof(held->az), "%s", gang->az);
	held->several_az |= strcmp(held->az, gang->az) != 0;
	return 0;
}

static int check_limit(const struct gate_job *job, const struct conf *conf, const struct held *held,
	char *why, size_t size)
{
	const struct cost_limit *limit = &job->intent->cost;
	char asked[48], rate[32];
	int64_t cost = 0;

	if (held->uusd_hr < 0) {
		snprintf(why, size,
			"the price of the nodes is not known, and --burst-cost=%s is given",
			cost_limit_format(limit, asked, sizeof(asked)));
		return 1;
	}
	money_format(held->uusd_hr, rate, sizeof(rate));
	if (limit->per_hour) {
		if (held->uusd_hr <= limit->uusd)
			return 0;
		snprintf(why, size, "the nodes cost %s USD/h, over --burst-cost=%s", rate,
			cost_limit_format(limit, asked, sizeof(asked)));
		return 1;
	}
	if (job->seconds < 0) {
		snprintf(why, size,
			"the nodes cost %s USD/h, and the time limit to hold against "
			"--burst-cost=%s is not known "
			"here",
			rate, cost_limit_format(limit, asked, sizeof(asked)));
		return 1;
	}
	if (!money_cost(
		    held->uusd_hr, job->seconds + conf->cost.release_allowance_s, 1, &cost, NULL) &&
		cost <= limit->uusd)
		return 0;
	snprintf(why, size,
		"the nodes cost %s USD/h for the whole time limit, over --burst-cost=%s", rate,
		cost_limit_format(limit, asked, sizeof(asked)));
	return 1;
}

int gate_check(struct db *db, const struct conf *conf, const struct gate_job *job,
	const struct nodeset *nodes, char *why, size_t size, char **stale, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset others = NODESET_INIT;
	CLEANUP(gang_release_) struct gang own = {0};
	cleanup_free char *hostlist = NULL;
	struct held held = {0};
	struct err why_not = {0};
	bool mine = false;
	int rc;

	if (!gang_of_job(db, job->job_id, job->restart, &own, &why_not))
		mine = true;
	else if (why_not.class != ERR_NOTFOUND)
		return err_set(err, why_not.class, "%s", why_not.text);
	rc = gang_nodes_conflict(db, nodes, mine ? own.id : NULL, &hostlist, err);
	if (rc <= 0)
		return rc;
	if (nodeset_parse(&others, hostlist, err) < 0)
		return -1;
	rc = 0;
	nodeset_for_each (&others, i) {
		CLEANUP(gang_release_) struct gang gang = {0};

		if (gang_of_node(db, others.names[i], &gang, &why_not) < 0) {
			if (why_not.class == ERR_NOTFOUND)
				continue; /* it ended since */
			return err_set(err, why_not.class, "%s", why_not.text);
		}
		/* what another's instance left behind there is waited for by our own launch */
		if (mine && !strcmp(gang.id, own.id))
			continue;
		rc = check_node(conf, job, others.names[i], &gang, &held, why, size);
		if (rc)
			break;
	}
	if (!rc && held.nodes && job->intent->cost.uusd) {
		/* the rest would be launched with the whole limit again */
		if (held.nodes < nodes->n) {
			snprintf(why, size,
				"only some of the nodes are up, and a limit holds for all of them "
				"together");
			rc = 1;
		} else {
			rc = check_limit(job, conf, &held, why, size);
		}
	}
	if (!rc && held.nodes && nodes->n > 1 && wants_efa(conf, job->intent) &&
		(held.several_az || held.nodes < nodes->n)) {
		snprintf(why, size,
			"the nodes are not of one availability zone, which EFA does not cross");
		rc = 1;
	}
	if (rc > 0)
		*stale = STEAL_POINTER(hostlist);
	return rc;
}
