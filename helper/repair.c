/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/repair.h"

#include <stdio.h>
#include <string.h>

#include "helper/alarm.h"
#include "helper/log.h"
#include "helper/lock.h"
#include "helper/lost.h"
#include "helper/release.h"
#include "helper/repair_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/state/counter.h"

static repair_fn *const functions[FINDING_RULES] = {
	[FINDING_MEMBER_LOST] = repair_member_lost,
	[FINDING_GANG_LATE] = repair_gang_late,
	[FINDING_GANG_UNOWNED] = repair_gang_unowned,
	[FINDING_JOB_OVER] = repair_job_over,
	[FINDING_GANG_UP] = repair_gang_up,
	[FINDING_ORPHAN_ADOPT] = repair_orphan_adopt,
	[FINDING_ORPHAN_END] = repair_orphan_end,
	[FINDING_ENDED_RUNS] = repair_ended_runs,
	[FINDING_ROW_ENDED] = repair_row_ended,
	[FINDING_ROW_GONE] = repair_row_gone,
	[FINDING_INSTANCE_WITHOUT_NODE] = repair_instance_without_node,
	[FINDING_END_AGAIN] = repair_end_again,
	[FINDING_INSTANCE_IMPAIRED] = repair_impaired,
	[FINDING_INSTANCE_STOPPED] = repair_stopped,
	[FINDING_INSTANCE_RETIRING] = repair_retiring,
	[FINDING_INSTANCE_OVERDUE] = repair_overdue,
	[FINDING_GANG_NOT_REGISTERED] = repair_not_registered,
	[FINDING_TOO_MANY_NODES] = repair_too_many,
	[FINDING_COST_WARNING] = repair_cost_warning,
	[FINDING_COST_LIMIT] = repair_cost_limit,
	[FINDING_NODE_WITHOUT_INSTANCE] = repair_node_empty,
	[FINDING_NODE_STUCK_SILENT] = repair_node_force,
	[FINDING_NODE_STUCK_UP] = repair_node_empty,
	[FINDING_NODE_STUCK_GIVEN_UP] = repair_node_force,
	[FINDING_NODE_STUCK_DOWN] = repair_node_resume,
	[FINDING_NODE_STUCK_OURS] = repair_node_force,
	[FINDING_ADDRESS_STALE] = repair_address,
	[FINDING_NAME_TAG] = repair_names,
	[FINDING_GROUP_UNUSED] = repair_group,
	[FINDING_VERSION_UNUSED] = repair_version,
	[FINDING_INTENT_OLD] = repair_records,
	[FINDING_HOLD_LEFT] = repair_hold,
};

void repairs_release(struct repairs *repairs)
{
	nodeset_release(&repairs->revive);
	nodeset_release(&repairs->given_up);
	*repairs = (struct repairs){0};
}

int repair_lock_gang(struct app *app, const struct finding *finding, bool over, int *lock,
	struct gang *gang, struct err *err)
{
	struct err local;

	*lock = lock_gang(app, finding->gang, 0, &local);
	if (*lock < 0 && local.class == ERR_BUSY)
		return 0;
	if (*lock < 0) {
		*err = local;
		return -1;
	}
	/* as it is now that nobody else can change it */
	if (gang_get(app->db, finding->gang, gang, &local) < 0) {
		lock_gang_remove(app, finding->gang);
		if (local.class == ERR_NOTFOUND)
			return 0;
		*err = local;
		return -1;
	}
	if (!gang_state_over(gang->state))
		return 1;
	/* a gang that is over needs no lock, and nobody removes its file later */
	lock_gang_remove(app, finding->gang);
	return over ? 1 : 0;
}

/* The one line for people, in TEXT, which holds what was done where there is more to say. */
static void say(const struct finding *finding, char *text, size_t size)
{
	const struct finding_info *info = finding_info(finding->rule);
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	char subject[320];

	finding_subject(finding, subject, sizeof(subject));
	strbuf_addf(&line, "%s %s: ", info->name, subject);
	if (*text)
		strbuf_addstr(&line, text);
	else
		strbuf_addf(&line, "%s: %s", info->done, finding->why);
	snprintf(text, size, "%s", line.buf);
}

static void raise(struct app *app, const struct finding *finding)
{
	bool job = finding->rule == FINDING_COST_WARNING || finding->rule == FINDING_JOB_CLEANING;
	const char *subject = job                  ? finding->text
			      : *finding->instance ? finding->instance
			      : *finding->gang     ? finding->gang
						   : finding->node;

	alarm_raise(app, finding_info(finding->rule)->name, subject, "%s", finding->why);
}

int repair(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err)
{
	const struct finding_info *info = finding_info(finding->rule);
	repair_fn *function = functions[finding->rule];
	char subject[320];
	struct err local;
	int rc;

	if (finding->alarm)
		raise(app, finding);
	repairs->text[0] = '\0';
	burst_log_context(NULL, finding->gang);
	rc = function ? function(app, survey, finding, repairs, err) : 0;
	burst_log_context(NULL, NULL);
	finding_subject(finding, subject, sizeof(subject));
	if (rc < 0)
		return err_prefix(err, "%s %s", info->name, subject);
	if (!rc) {
		log_debug("%s %s: %s: nothing was to be done any more", info->name, subject,
			finding->why);
		return 0;
	}
	say(finding, repairs->text, sizeof(repairs->text));
	log_warn("%s", repairs->text);
	if (counter_add(app->db, info->counter, 1, &local) < 0)
		log_warn("%s", local.text);
	return 1;
}

void repair_settle(struct app *app, struct repairs *repairs, int64_t wait_ms)
{
	cleanup_free char *given_up = NULL;
	struct err err;

	if (repairs->settle)
		release_settle(app, wait_ms);
	/* as resume-fail does: from powering down to powered down, without waiting */
	given_up = nodeset_format(&repairs->given_up);
	if (given_up && repairs->given_up.n && slurm_client_resume_nodes(given_up, &err) < 0)
		log_warn("nodes %s: %s", given_up, err.text);
	lost_revive(&repairs->revive);
}
