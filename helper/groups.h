/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups: our placement groups when nobody needs them any more, and the account's quota of them.
 *
 * Deleted is only what state.db names, whose gang is over or releasing and has no instance short of
 * terminated; and for lack of room only what at EC2 carries our cluster's tag as well. EC2
 * itself refuses to delete a group in use.
 */
#ifndef BURST_GROUPS_H
#define BURST_GROUPS_H

#include "helper/app.h"

/* Delete those that have become empty, in all regions. Problems are logged. Returns how many stay
 * though their gang has nothing left: EC2 calls a group in use for some seconds longer. */
size_t groups_remove_empty(struct app *app);

/*
 * Make room for a group that has just been written down (placement_insert) and is to be created in
 * the region of AWS, if it needs room: where with it there would be more than
 * launch.placement_group_quota (counted at EC2 at most once a minute, plus ours since), or REFUSED:
 * EC2 has just answered PlacementGroupLimitExceeded. Own empty groups are deleted, others' never.
 * Returns how many went (0 also where there was no need); -1 with ERR.
 */
int groups_make_room(struct app *app, struct aws *aws, bool refused, struct err *err);

#endif
