/* SPDX-License-Identifier: Apache-2.0 */
/* reopen: what the command open does to state.db. */
#ifndef BURST_REOPEN_H
#define BURST_REOPEN_H

#include "helper/conf.h"
#include "lib/base/strbuf.h"
#include "lib/state/db.h"

/*
 * Open the node group if it is closed, and forget what failed in pools, subnets and quotas that it
 * uses, in all of its regions, and what was cached of quotas and addresses there. What was done is
 * appended to OUT, a line each. *WAS_CLOSED: jobs may wait for it.
 */
int reopen_group(struct db *db, const struct conf_group *group, int64_t now_ms, struct strbuf *out,
	bool *was_closed, struct err *err);

#endif
