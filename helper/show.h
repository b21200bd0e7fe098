/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show: what status and explain print of the rows of state.db, as text and as JSON.
 *
 * Everything that may come from EC2 or a user is made safe for a terminal. Times are local in text
 * and UTC in JSON.
 */
#ifndef BURST_SHOW_H
#define BURST_SHOW_H

#include <json-c/json.h>

#include "lib/base/strbuf.h"
#include "lib/state/counter.h"
#include "lib/state/gang.h"
#include "lib/state/health.h"
#include "lib/state/instance.h"
#include "lib/state/try.h"

/* A gang with what belongs to it. */
struct show_gang {
	struct gang gang;
	struct instance *instances;
	size_t ninstances;
	struct try *tries;
	size_t ntries;
};

/* Read what belongs to SHOW->gang; ALL: terminated instances, too. To be released, also after a
 * failure. */
int show_gang_read(struct db *db, struct show_gang *show, bool all, struct err *err);
void show_gang_release(struct show_gang *show);

/* "4m12s", "3h05m", "2d04h": two units are enough for a person. Returns BUF. */
char *show_age(int64_t s, char *buf, size_t size);
/* "14:02:11" where that is today at NOW_MS, else "2026-11-21 14:02:11". Returns BUF. */
char *show_time(int64_t ms, int64_t now_ms, char *buf, size_t size);

/* "came", "under way", or what was answered; SHORTLY: its code or class alone. OVER: nobody waits
 * for the answer any more. */
void show_outcome(struct strbuf *sb, const struct try *t, bool over, bool shortly);

/* "node group aws-hpc is closed until 15:02:11: 3 boots in a row failed, the last: ...". */
void show_closed(struct strbuf *sb, const struct health *health, int64_t now_ms);

/* LABEL and TEXT, broken into lines of at most 100 columns behind the label's column. */
#define SHOW_LABEL 11
void show_line(struct strbuf *sb, const char *label, const char *text);
/* TEXT as it is, but for what a terminal would act on. */
void show_safe(struct strbuf *sb, const char *text);
/* TEXT alone, its further lines indented by two. */
void show_paragraph(struct strbuf *sb, const char *text);

/* OUT to standard output, all of it: a file system that is full is an error, a reader that has seen
 * enough ("| head") is none. */
int show_out(const struct strbuf *out, struct err *err);

/* Each owned by the caller (json_object_put). */
struct json_object *show_gang_json(const struct show_gang *show);
struct json_object *show_closed_json(const struct health *health);
struct json_object *show_counter_json(const struct counter *counter);

#endif
