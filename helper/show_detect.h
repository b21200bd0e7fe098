/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show_detect: what was detected of a job, as text and as JSON; for detect, estimate and explain.
 */
#ifndef BURST_SHOW_DETECT_H
#define BURST_SHOW_DETECT_H

#include "helper/show.h"
#include "lib/plan/detect.h"

/* Lines with labels, the evidence one a line. */
void show_detect(struct strbuf *sb, const struct detect_result *result);

/* Owned by the caller (json_object_put); NULL: out of memory. */
struct json_object *show_detect_json(const struct detect_result *result);

#endif
