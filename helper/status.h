/* SPDX-License-Identifier: Apache-2.0 */
/* status: what the command status prints, from state.db alone. */
#ifndef BURST_STATUS_H
#define BURST_STATUS_H

#include "lib/base/strbuf.h"
#include "lib/state/db.h"

/* Closed node groups, then gangs that are not over (ALL: every one) with tries and instances, then
 * (in text with ALL alone) counters, at NOW_MS, as text or JSON appended to OUT. */
int status_show(
	struct db *db, bool all, int64_t now_ms, bool json, struct strbuf *out, struct err *err);

#endif
