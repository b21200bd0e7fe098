/* SPDX-License-Identifier: Apache-2.0 */
/* The table of rules, and the list of what they find. */
#include "helper/judge_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/lost.h"
#include "lib/base/cleanup.h"

/* EC2 forgets a terminated instance after an hour, and may deny for a while what it has just
 * launched. */
#define GONE_S 600
/* slurmctld keeps a job for MinJobAge, so what it does not know is over; a day for those who want
 * to look. */
#define RECORD_AGE_S 86400

#define INFO(rule, name, action, done) [rule] = {name, "reconcile." name, action, done}

static const struct finding_info infos[FINDING_RULES] = {
	INFO(FINDING_MEMBER_LOST, "member-lost", "take down", "taken down"),
	INFO(FINDING_GANG_LATE, "gang-late", "take down", "taken down"),
	INFO(FINDING_GANG_UNOWNED, "gang-unowned", "finish", "finished"),
	INFO(FINDING_JOB_OVER, "job-over", "let go", "let go"),
	INFO(FINDING_GANG_UP, "gang-up", "mark up", "marked up"),
	INFO(FINDING_ORPHAN_ADOPT, "orphan-adopt", "adopt", "adopted"),
	INFO(FINDING_ORPHAN_END, "orphan-end", "end", "ended"),
	INFO(FINDING_ENDED_RUNS, "ended-runs", "end", "ended"),
	INFO(FINDING_ROW_ENDED, "row-ended", "write down", "written down"),
	INFO(FINDING_ROW_GONE, "row-gone", "write down", "written down"),
	INFO(FINDING_INSTANCE_WITHOUT_NODE, "instance-without-node", "end", "ended"),
	INFO(FINDING_END_AGAIN, "end-again", "end again", "asked to end again"),
	INFO(FINDING_INSTANCE_IMPAIRED, "instance-impaired", "see to", "seen to"),
	INFO(FINDING_INSTANCE_STOPPED, "instance-stopped", "see to", "seen to"),
	INFO(FINDING_INSTANCE_RETIRING, "instance-retiring", "see to", "seen to"),
	INFO(FINDING_INSTANCE_OVERDUE, "instance-overdue", "end", "ended"),
	INFO(FINDING_GANG_NOT_REGISTERED, "gang-not-registered", "take down", "taken down"),
	INFO(FINDING_TOO_MANY_NODES, "too-many-nodes", "alarm", "alarm given"),
	INFO(FINDING_COST_WARNING, "cost-warning", "tell", "told"),
	INFO(FINDING_COST_LIMIT, "cost-limit", "end", "ended"),
	INFO(FINDING_JOB_CLEANING, "job-cleaning", "none", "left alone"),
	INFO(FINDING_NODE_WITHOUT_INSTANCE, "node-without-instance", "power down", "powered down"),
	INFO(FINDING_NODE_STUCK_SILENT, "node-stuck-silent", "resume", "resumed"),
	INFO(FINDING_NODE_STUCK_UP, "node-stuck-up", "power down", "powered down"),
	INFO(FINDING_NODE_STUCK_GIVEN_UP, "node-stuck-given-up", "power down", "powered down"),
	INFO(FINDING_NODE_STUCK_DOWN, "node-stuck-down", "resume", "resumed"),
	INFO(FINDING_NODE_STUCK_OURS, "node-stuck-ours", "power down", "powered down"),
	INFO(FINDING_ADDRESS_STALE, "address-stale", "set address", "address set"),
	INFO(FINDING_NAME_TAG, "name-tag", "name", "named"),
	INFO(FINDING_GROUP_UNUSED, "group-unused", "delete", "deleted"),
	INFO(FINDING_VERSION_UNUSED, "version-unused", "delete", "deleted"),
	INFO(FINDING_INTENT_OLD, "intent-old", "remove", "removed"),
	INFO(FINDING_HOLD_LEFT, "hold-left", "settle", "settled"),
	INFO(FINDING_LEFT_ALONE, "left-alone", "none", "left alone"),
};

const struct finding_info *finding_info(enum finding_rule rule)
{
	return &infos[rule];
}

bool finding_is_told(const struct finding *f)
{
	return f->rule == FINDING_LEFT_ALONE || f->rule == FINDING_JOB_CLEANING;
}

void finding_subject(const struct finding *f, char *subject, size_t size)
{
	if (f->rule == FINDING_INTENT_OLD)
		snprintf(subject, size, "%lld records", (long long)f->number);
	else if (f->rule == FINDING_VERSION_UNUSED)
		snprintf(subject, size, "version %lld of %s", (long long)f->number, f->text);
	else if (f->rule == FINDING_COST_WARNING || f->rule == FINDING_COST_LIMIT ||
		 f->rule == FINDING_JOB_CLEANING)
		snprintf(subject, size, "job %s", f->text);
	else if (f->rule < FINDING_ORPHAN_ADOPT || f->rule == FINDING_NAME_TAG ||
		 f->rule == FINDING_GANG_NOT_REGISTERED)
		snprintf(subject, size, "gang %s", f->gang);
	else if ((f->rule == FINDING_LEFT_ALONE || f->rule == FINDING_ORPHAN_END ||
			 f->rule == FINDING_END_AGAIN) &&
		 *f->instance && f->number)
		snprintf(subject, size, "instance %s and %lld more", f->instance,
			(long long)f->number);
	else if (*f->instance &&
		 (f->rule < FINDING_NODE_WITHOUT_INSTANCE || f->rule > FINDING_ADDRESS_STALE))
		snprintf(subject, size, "instance %s", f->instance);
	else if (*f->node)
		snprintf(subject, size, "node %s", f->node);
	else if (*f->group)
		snprintf(subject, size, "placement group %s", f->group);
	else if (*f->gang)
		snprintf(subject, size, "gang %s", f->gang);
	else
		snprintf(subject, size, "%s", f->text);
}

void findings_release(struct findings *findings)
{
	free(findings->all);
	*findings = (struct findings)FINDINGS_INIT;
}

struct finding *findings_add(struct findings *findings, enum finding_rule rule, struct err *err)
{
	struct finding *f;

	if (findings->n == findings->alloc) {
		size_t more = findings->alloc ? 2 * findings->alloc : 16;

		f = reallocarray(findings->all, more, sizeof(*f));
		if (!f) {
			err_nomem(err);
			return NULL;
		}
		findings->all = f;
		findings->alloc = more;
	}
	f = &findings->all[findings->n++];
	memset(f, 0, sizeof(*f));
	f->rule = rule;
	return f;
}

void judge_rules_of(const struct survey *survey, struct judge_rules *rules)
{
	const struct conf *conf = survey->conf;

	*rules = (struct judge_rules){
		.grace_s = conf->reconcile.grace_s,
		.resume_timeout_s = survey->site.resume_timeout_s,
		.suspend_timeout_s = survey->site.suspend_timeout_s,
		.gone_s = GONE_S,
		.record_age_s = RECORD_AGE_S,
		.placeholder = conf->slurm.placeholder_address,
		.name_tags = conf->reconcile.name_tags && conf->identity != IDENTITY_NAME_TAG,
		.guards = {.max_nodes = conf->guards.max_nodes,
			.overdue_grace_s = conf->guards.overdue_grace_s,
			.not_registered_s = conf->guards.not_registered_s,
			.impaired_s = conf->guards.impaired_s,
			.on_impaired = conf->guards.on_impaired,
			.on_retiring = conf->guards.on_retiring},
		.cost = {.interval_s = conf->reconcile.interval_s,
			.release_s = conf->cost.release_allowance_s + survey->site.kill_wait_s,
			.warn_percent = conf->cost.warn_percent,
			.at_limit = conf->cost.at_limit},
	};
}

/* By rule; within one in the order in which they were found. */
static int sort_findings(struct findings *findings, struct err *err)
{
	struct finding *sorted = calloc(findings->n + 1, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return err_nomem(err);
	for (unsigned rule = 0; rule < FINDING_RULES; rule++)
		for (size_t i = 0; i < findings->n; i++)
			if (findings->all[i].rule == rule)
				sorted[n++] = findings->all[i];
	free(findings->all);
	findings->all = sorted;
	findings->alloc = findings->n + 1;
	return 0;
}

int judge(const struct survey *survey, const struct judge_rules *rules, struct findings *findings,
	struct err *err)
{
	static int (*const parts[])(const struct survey *, const struct judge_rules *,
		struct findings *, struct err *) = {
		judge_gangs,
		judge_instances,
		judge_health,
		judge_cost,
		judge_nodes,
		judge_leftovers,
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i](survey, rules, findings, err) < 0)
			return -1;
	return sort_findings(findings, err);
}
