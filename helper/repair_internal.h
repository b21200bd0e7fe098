/* SPDX-License-Identifier: Apache-2.0 */
/* repair_internal: what the parts of repair share: one function for each rule. */
#ifndef BURST_REPAIR_INTERNAL_H
#define BURST_REPAIR_INTERNAL_H

#include "helper/repair.h"

/*
 * As repair(). What was done may be said in REPAIRS->text, "" before; if it is not, the line
 * has the rule's own words and the finding's reason.
 */
typedef int repair_fn(struct app *app, const struct survey *survey, const struct finding *finding,
	struct repairs *repairs, struct err *err);

/* repair_gang.c */
repair_fn repair_member_lost, repair_gang_late, repair_gang_unowned, repair_job_over,
	repair_gang_up;
/* repair_instance.c */
repair_fn repair_orphan_adopt, repair_orphan_end, repair_ended_runs, repair_row_ended,
	repair_row_gone, repair_instance_without_node, repair_end_again;
/* repair_health.c */
repair_fn repair_impaired, repair_stopped, repair_retiring, repair_overdue, repair_not_registered,
	repair_too_many;
/* repair_cost.c */
repair_fn repair_cost_warning, repair_cost_limit;
/* repair_node.c */
repair_fn repair_node_empty, repair_node_force, repair_node_resume, repair_address;
/* repair_rest.c */
repair_fn repair_names, repair_group, repair_version, repair_records, repair_hold;

/*
 * The gang of FINDING under its lock: *LOCK to be closed, GANG to be released. 1; 0: its owner
 * lives, or it is over and the caller did not ask for such (OVER); -1.
 */
int repair_lock_gang(struct app *app, const struct finding *finding, bool over, int *lock,
	struct gang *gang, struct err *err);

/* How many Name tags one pass writes: each is a request, and launches need the same bucket. */
#define REPAIR_NAMES_MAX 100

#endif
