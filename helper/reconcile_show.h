/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile_show: findings and what came of them, as text and as JSON. */
#ifndef BURST_RECONCILE_SHOW_H
#define BURST_RECONCILE_SHOW_H

#include <json-c/json.h>

#include "helper/judge.h"
#include "lib/base/strbuf.h"

enum reconcile_end { END_PLANNED, END_DONE, END_NOTHING, END_FAILED, END_LEFT_ALONE };

/* A table with the columns RULE, ACTION, SUBJECT and WHY; nothing where there are no findings. */
void reconcile_show_table(const struct findings *findings, struct strbuf *out);

/* One line of what could not be looked at, and so is left as it is. 1: there is such a thing. */
int reconcile_show_unknown(const struct survey *survey, struct strbuf *out);

/*
 * FINDING and what came of it; TEXT, may be "", says more. To be released by json_object_put();
 * NULL: out of memory.
 */
struct json_object *reconcile_show_json(
	const struct finding *finding, enum reconcile_end end, const char *text);

#endif
