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

/*
 * The same in lines to be kept with what is known of a start, each beginning with one of these
 * words: the script may be gone when somebody asks. NAME: whose it is, NULL: the job's.
 */
#define DETECTED_JOB      "understood: "
#define DETECTED_EVIDENCE "evidence: "
void detected_lines(struct strbuf *sb, const char *name, const struct detect_result *result);
/* Those at the beginning of TEXT (may be NULL), with labels. Returns what follows them in TEXT. */
const char *show_detected_lines(struct strbuf *sb, const char *text);

/* Owned by the caller (json_object_put); NULL: out of memory. */
struct json_object *show_detect_json(const struct detect_result *result);

#endif
