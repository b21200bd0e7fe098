/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/notice.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/counter.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

/* Two minutes is what EC2 gives; a time much later than that is nobody's we should believe. */
#define NOTICE_MS     120000
#define NOTICE_MAX_MS 600000

static void count(struct app *app, const char *what)
{
	struct err err;

	if (counter_add(app->db, what, 1, &err) < 0)
		log_warn("%s", err.text);
}

/* "spot terminate 2026-11-22T12:34:56Z", "spot rebalance 2026-11-22T12:34:56Z" behind the prefix.
 */
bool notice_reason(const char *reason, struct notice_told *told)
{
	static const struct {
		const char *word;
		enum notice_kind kind;
		const char *action;
	} words[] = {
		{"spot terminate ", NOTICE_INTERRUPTION, "terminate"},
		{"spot stop ", NOTICE_INTERRUPTION, "stop"},
		{"spot hibernate ", NOTICE_INTERRUPTION, "hibernate"},
		{"spot rebalance ", NOTICE_REBALANCE, ""},
	};
	size_t prefix = strlen(NOTICE_REASON);
	int64_t when_s;

	if (strncmp(reason, NOTICE_REASON, prefix) != 0)
		return false;
	reason += prefix;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(reason, words[i].word, len) != 0)
			continue;
		if (clock_parse_iso(reason + len, &when_s, NULL) < 0)
			return false;
		told->kind = words[i].kind;
		told->action = words[i].action;
		told->deadline_ms = words[i].kind == NOTICE_REBALANCE ? 0 : when_s * 1000;
		return true;
	}
	return false;
}

/* When it will be taken, as far as what was told can be believed. */
static int64_t deadline_of(const struct notice_told *told, int64_t now_ms)
{
	if (told->kind == NOTICE_REBALANCE)
		return 0;
	if (told->deadline_ms <= 0 || told->deadline_ms > now_ms + NOTICE_MAX_MS)
		return now_ms + NOTICE_MS;
	return told->deadline_ms;
}

static const char *action_words(const struct notice_told *told)
{
	if (told->kind == NOTICE_REBALANCE)
		return "may soon be taken back";
	if (!strcmp(told->action, "stop"))
		return "will be stopped";
	if (!strcmp(told->action, "hibernate"))
		return "will be hibernated";
	return "will be taken back";
}

static void describe(struct notice *n, const struct instance *row, const struct notice_told *told)
{
	char when[32] = "";
	time_t t = (time_t)(n->deadline_ms / 1000);
	struct tm tm;

	if (n->deadline_ms && localtime_r(&t, &tm))
		strftime(when, sizeof(when), " at %H:%M:%S", &tm);
	snprintf(n->text, sizeof(n->text), "spot instance %s (%s%s%s in %s) %s%s", row->id,
		row->node, *row->node ? ", " : "", row->type, row->az, action_words(told), when);
}

/* Is it an instance that this can be about? */
static bool is_meant(struct app *app, const struct instance *row, const struct notice_told *told)
{
	if (row->state != INSTANCE_RUNNING) {
		log_debug("notice from %s: instance %s has been ended already", told->source,
			row->id);
		return false;
	}
	if (!row->spot) {
		log_warn("notice from %s that instance %s %s: it is no spot instance; nothing is "
			 "done",
			told->source, row->id, action_words(told));
		count(app, "spot.not_spot");
		return false;
	}
	if (told->deadline_ms && told->deadline_ms / 1000 < row->launched_s) {
		log_warn("notice from %s about instance %s is older than the instance; nothing is "
			 "done",
			told->source, row->id);
		return false;
	}
	return true;
}

static void announce(struct app *app, const struct notice *n, const struct notice_told *told)
{
	int64_t left_s = (n->deadline_ms - n->seen_ms) / 1000;

	count(app, n->kind == NOTICE_REBALANCE ? "spot.rebalance" : "spot.interruption");
	burst_log_context(NULL, n->gang);
	if (n->kind == NOTICE_REBALANCE)
		log_warn("notice from %s: %s%s", told->source, n->text,
			app->conf->spot.rebalance_act ? "" : "; only logged (spot.rebalance)");
	else
		log_warn("notice from %s: %s, in %lld s", told->source, n->text, (long long)left_s);
	burst_log_context(NULL, NULL);
}

int notice_take(struct app *app, const struct notice_told *told, struct err *err)
{
	struct notice n = {.kind = told->kind, .seen_ms = clock_now_ms()};
	struct instance row;
	int rc;

	if (instance_get(app->db, told->instance, &row, err) < 0) {
		if (err->class != ERR_NOTFOUND)
			return -1;
		log_debug("notice from %s about instance %s, which is none of ours", told->source,
			told->instance);
		count(app, "spot.unknown");
		return 0;
	}
	if (!is_meant(app, &row, told))
		return 0;
	n.deadline_ms = deadline_of(told, n.seen_ms);
	snprintf(n.instance, sizeof(n.instance), "%s", row.id);
	snprintf(n.gang, sizeof(n.gang), "%s", row.gang);
	snprintf(n.source, sizeof(n.source), "%s", told->source);
	describe(&n, &row, told);
	rc = notice_insert(app->db, &n, err);
	if (rc <= 0)
		return rc;
	announce(app, &n, told);
	if (n.kind == NOTICE_REBALANCE && !app->conf->spot.rebalance_act)
		return notice_set(app->db, n.seq, NOTICE_DONE, n.seen_ms, err);
	return 1;
}
