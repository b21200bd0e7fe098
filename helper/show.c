/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/intent/intent.h"

#define COLUMNS_MAX 100

int show_gang_read(struct db *db, struct show_gang *show, bool all, struct err *err)
{
	const char *id = show->gang.id;

	if (instance_list(db, id, all, &show->instances, &show->ninstances, err) < 0)
		return -1;
	return try_list(db, id, &show->tries, &show->ntries, err);
}

void show_gang_release(struct show_gang *show)
{
	gang_release(&show->gang);
	free(show->instances);
	try_list_release(show->tries, show->ntries);
	*show = (struct show_gang){0};
}

char *show_age(int64_t s, char *buf, size_t size)
{
	if (s < 0)
		s = 0;
	if (s < 60)
		snprintf(buf, size, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(buf, size, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, size, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(buf, size, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
	return buf;
}

char *show_time(int64_t ms, int64_t now_ms, char *buf, size_t size)
{
	time_t t = (time_t)(ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm tm, today;

	if (!localtime_r(&t, &tm) || !localtime_r(&now, &today) ||
		!strftime(buf, size,
			tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday
				? "%H:%M:%S"
				: "%Y-%m-%d %H:%M:%S",
			&tm))
		snprintf(buf, size, "?");
	return buf;
}

void show_outcome(struct strbuf *sb, const struct try *t, bool over, bool shortly)
{
	bool text = t->text && *t->text && !shortly;

	if (!t->ended_ms && over)
		strbuf_addstr(sb, "no answer was noted: its process was ended");
	else if (!t->ended_ms)
		strbuf_addstr(sb, "under way");
	else if (!*t->class)
		strbuf_addf(sb, "came%s%s", text ? ": " : "", text ? t->text : "");
	else if (*t->code && !(text && strstr(t->text, t->code)))
		strbuf_addf(sb, "%s%s%s", t->code, text ? ": " : "", text ? t->text : "");
	else
		strbuf_addstr(sb, text ? t->text : t->class);
}

void show_closed(struct strbuf *sb, const struct health *health, int64_t now_ms)
{
	char until[32];

	strbuf_addf(sb, "node group %s is closed until %s: %u boot%s in a row failed",
		health->group, show_time(health->until_ms, now_ms, until, sizeof(until)),
		health->failures, health->failures == 1 ? "" : "s");
	if (*health->reason)
		strbuf_addf(sb, ", the last: %s", health->reason);
	strbuf_addf(sb, "; to open it now: aws-slurm-burst open %s", health->group);
}

/* EC2's messages and users' words: no escape sequences, no lines of their own. */
static void add_safe(struct strbuf *sb, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		strbuf_addch(sb, c >= 0x20 && c < 0x7f ? (char)c : '?');
	}
}

void show_safe(struct strbuf *sb, const char *text)
{
	add_safe(sb, text, strlen(text));
}

int show_out(const struct strbuf *out, struct err *err)
{
	/* what is larger than stdio's buffer is written at once, and fflush() knows nothing of it
	 */
	if ((fputs(out->buf, stdout) == EOF || fflush(stdout)) && errno != EPIPE)
		return err_errno(err, ERR_FATAL, "standard output");
	return 0;
}

/* TEXT by words, from COLUMN on; further lines begin at INDENT. */
static void wrap(struct strbuf *sb, size_t column, size_t indent, const char *text)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " \n");

		if (!first && column + 1 + n > COLUMNS_MAX) {
			strbuf_addf(sb, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		if (!first)
			strbuf_addch(sb, ' ');
		column += n + !first;
		add_safe(sb, text, n);
		first = false;
		text += n + strspn(text + n, " \n");
	}
	strbuf_addch(sb, '\n');
}

void show_line(struct strbuf *sb, const char *label, const char *text)
{
	strbuf_addf(sb, "  %-*s", SHOW_LABEL - 2, label);
	wrap(sb, SHOW_LABEL, SHOW_LABEL, text);
}

void show_paragraph(struct strbuf *sb, const char *text)
{
	wrap(sb, 0, 2, text);
}

static void add(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text && *text ? json_object_new_string(text) : NULL);
}

static void add_time(struct json_object *to, const char *key, int64_t s)
{
	char iso[CLOCK_ISO_SIZE];

	add(to, key, s > 0 ? clock_format_iso(s, iso) : NULL);
}

/* Reasons stand one a line. */
static void add_lines(struct json_object *to, const char *key, const char *text)
{
	struct json_object *lines = json_object_new_array();

	while (text && *text) {
		size_t n = strcspn(text, "\n");

		if (n)
			json_object_array_add(lines, json_object_new_string_len(text, (int)n));
		text += n + (text[n] == '\n');
	}
	json_object_object_add(to, key, lines);
}

static struct json_object *instance_json(const struct instance *in)
{
	struct json_object *o = json_object_new_object();

	add(o, "id", in->id);
	add(o, "node", in->node);
	add(o, "state", instance_state_name(in->state));
	add(o, "address", in->ip);
	add(o, "type", in->type);
	add(o, "az", in->az);
	add(o, "subnet", in->subnet);
	json_object_object_add(o, "spot", json_object_new_boolean(in->spot));
	add_time(o, "launched", in->launched_s);
	return o;
}

static struct json_object *try_json(const struct try *t)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "number", json_object_new_int64(t->number));
	add(o, "region", t->region);
	add(o, "asked", t->asked);
	add(o, "launch", t->launch);
	/* null while it is under way */
	json_object_object_add(o, "came", t->ended_ms ? json_object_new_boolean(!*t->class) : NULL);
	add(o, "class", t->class);
	add(o, "code", t->code);
	add(o, "text", t->text);
	add_lines(o, "reasons", t->reasons);
	add_time(o, "began", t->began_ms / 1000);
	add_time(o, "ended", t->ended_ms / 1000);
	return o;
}

struct json_object *show_gang_json(const struct show_gang *show)
{
	struct json_object *o = json_object_new_object(), *instances = json_object_new_array();
	struct json_object *tries = json_object_new_array();
	const struct gang *g = &show->gang;

	add(o, "id", g->id);
	add(o, "state", gang_state_name(g->state));
	add(o, "job", g->job_name);
	json_object_object_add(o, "restart", json_object_new_int64(g->restart));
	add(o, "user", g->user);
	add(o, "account", g->account);
	add(o, "partition", g->partition);
	add(o, "node_group", g->node_group);
	add(o, "nodes", g->nodes);
	json_object_object_add(o, "size", json_object_new_int64(g->size));
	json_object_object_add(o, "all_or_nothing", json_object_new_boolean(g->all_or_nothing));
	add(o, "efa_asked", efa_mode_name(g->efa_asked));
	json_object_object_add(o, "efa", json_object_new_boolean(g->efa));
	add(o, "region", g->region);
	add(o, "az", g->az);
	add(o, "type", g->type);
	add(o, "placement_group", g->group);
	/* micro-USD per hour and instance, an integer */
	json_object_object_add(o, "rate_uusd_hr",
		g->rate_uusd_hr >= 0 ? json_object_new_int64(g->rate_uusd_hr) : NULL);
	add(o, "reason", g->reason);
	add(o, "stop", g->stop);
	json_object_object_add(o, "held", json_object_new_boolean(g->again_ms < 0));
	add_time(o, "again", g->again_ms / 1000);
	add_time(o, "created", g->created_ms / 1000);
	add_time(o, "changed", g->changed_ms / 1000);
	add_lines(o, "plan", g->plan);
	for (size_t i = 0; i < show->ntries; i++)
		json_object_array_add(tries, try_json(&show->tries[i]));
	json_object_object_add(o, "tries", tries);
	for (size_t i = 0; i < show->ninstances; i++)
		json_object_array_add(instances, instance_json(&show->instances[i]));
	json_object_object_add(o, "instances", instances);
	return o;
}

struct json_object *show_closed_json(const struct health *health)
{
	struct json_object *o = json_object_new_object();

	add(o, "node_group", health->group);
	json_object_object_add(o, "failures", json_object_new_int64(health->failures));
	add_time(o, "closed", health->closed_ms / 1000);
	add_time(o, "until", health->until_ms / 1000);
	add(o, "reason", health->reason);
	return o;
}

struct json_object *show_counter_json(const struct counter *counter)
{
	struct json_object *o = json_object_new_object();

	add(o, "name", counter->name);
	json_object_object_add(o, "value", json_object_new_int64(counter->value));
	add_time(o, "changed", counter->changed_ms / 1000);
	return o;
}
