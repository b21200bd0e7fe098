/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/estimate.h"
#include "helper/show.h"
#include "helper/show_detect.h"
#include "lib/base/cleanup.h"
#include "lib/base/money.h"

static const char *where_given(int where, char buf[32])
{
	if (where > 0)
		snprintf(buf, 32, "line %d", where);
	else
		snprintf(buf, 32, "%s",
			where == WISH_SLURM         ? "Slurm"
			: where == WISH_ENVIRONMENT ? "environment"
						    : "command line");
	return buf;
}

/* Each line of TEXT behind LABEL, which the first alone has. */
static void show_lines(struct strbuf *out, const char *label, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");
		cleanup_free char *line = strndup(text, n);

		if (line && n) {
			show_line(out, label, line);
			label = "";
		}
		text += n + (text[n] == '\n');
	}
}

static void show_wish(struct strbuf *out, const struct job_wish *w)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char where[32];

	for (size_t i = 0; i < w->ngiven; i++) {
		strbuf_addstr(&sb, i ? ", " : "");
		sbatch_given_format(&w->given[i], &sb);
		strbuf_addf(&sb, " (%s)", where_given(w->given[i].where, where));
	}
	show_line(out, "asked", w->ngiven ? sb.buf : "nothing in particular");
	show_lines(out, "note", w->notes.buf);
}

/* The job is the same in all groups that it fits, but for the size of their nodes. */
static const struct demand_job *job_of(const struct estimate_group *g)
{
	return g->set.njobs ? &g->set.jobs[0] : NULL;
}

static const struct detect_result *detected_in(const struct estimate *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (job_of(&e->groups[i]) && job_of(&e->groups[i])->detected)
			return job_of(&e->groups[i])->detected;
	return NULL;
}

/* "115.20 USD/h, 475.20 USD for the job" */
static void add_cost(struct strbuf *sb, int64_t uusd_hr, int64_t uusd)
{
	char a[32], b[32];

	if (uusd_hr < 0) {
		strbuf_addstr(sb, "price not known");
		return;
	}
	strbuf_addf(sb, "at most %s USD/h", money_format(uusd_hr, a, sizeof(a)));
	if (uusd >= 0)
		strbuf_addf(sb, ", %s USD for the job", money_format(uusd, b, sizeof(b)));
}

/* The dearest of all tries; -1 where one is not known. */
static void find_worst(const struct estimate_group *g, int64_t *uusd_hr, int64_t *uusd)
{
	*uusd_hr = *uusd = 0;
	for (size_t i = 0; i < g->ntries; i++) {
		const struct estimate_try *t = &g->tries[i];

		if (*uusd_hr >= 0 && (t->uusd_hr < 0 || t->uusd_hr > *uusd_hr))
			*uusd_hr = t->uusd_hr;
		if (*uusd >= 0 && (t->uusd < 0 || t->uusd > *uusd))
			*uusd = t->uusd;
	}
}

static void show_tries(struct strbuf *out, const struct estimate_group *g)
{
	int64_t uusd_hr, uusd;

	for (size_t i = 0; i < g->ntries; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		const struct estimate_try *t = &g->tries[i];

		strbuf_addf(&sb, "%zu. %s", i + 1, t->asked);
		if (strcmp(t->region, g->tries[0].region))
			strbuf_addf(&sb, ", region %s", t->region);
		strbuf_addstr(&sb, ": ");
		add_cost(&sb, t->uusd_hr, t->uusd);
		show_line(out, i ? "" : "tries", sb.buf);
	}
	if (g->more)
		show_line(out, "", "no more than these: launch.max_tries");
	if (g->ntries) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		find_worst(g, &uusd_hr, &uusd);
		add_cost(&sb, uusd_hr, uusd);
		strbuf_addstr(&sb, ", whichever of them gives the nodes");
		show_line(out, "worst", sb.buf);
	}
}

static void show_group(struct strbuf *out, const struct estimate_group *g)
{
	strbuf_addf(out, "\nnode group %s-%s: %u node%s for %u task%s\n", g->group->partition,
		g->group->name, g->nodes, g->nodes == 1 ? "" : "s", g->tasks,
		g->tasks == 1 ? "" : "s");
	if (g->refused) {
		show_line(out, "no", g->refused);
		return;
	}
	if (g->closed)
		show_line(out, "closed", g->closed);
	if (!g->planned)
		show_line(out, "no", g->err.text);
	show_lines(out, "plan", g->reasons);
	show_tries(out, g);
	show_lines(out, "region", g->elsewhere);
}

void estimate_show(const struct estimate *e, const struct estimate_input *input, struct strbuf *out)
{
	const struct detect_result *detected = detected_in(e);

	if (input->site_source)
		show_line(out, "site", input->site_source);
	show_wish(out, input->wish);
	for (const struct estimate_input *in = input->next; in; in = in->next)
		show_wish(out, in->wish);
	if (input->wish->array)
		show_line(out, "array", "what follows is one task of it, which is a job by itself");
	if (detected)
		show_detect(out, detected);
	for (size_t i = 0; i < e->n; i++)
		show_group(out, &e->groups[i]);
	strbuf_addch(out, '\n');
	show_lines(out, "not seen", e->unseen.buf);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static struct json_object *text_or_null(const char *text)
{
	return text && *text ? json_object_new_string(text) : NULL;
}

static struct json_object *number_or_null(int64_t n)
{
	return n < 0 ? NULL : json_object_new_int64(n);
}

static struct json_object *lines_json(const char *text)
{
	struct json_object *list = json_object_new_array();

	while (text && *text) {
		size_t n = strcspn(text, "\n");

		json_object_array_add(list, json_object_new_string_len(text, (int)n));
		text += n + (text[n] == '\n');
	}
	return list;
}

static struct json_object *asked_json(const struct job_wish *w)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < w->ngiven; i++) {
		const struct wish_given *given = &w->given[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "option", json_object_new_string(given->name));
		json_object_object_add(
			o, "value", given->value ? json_object_new_string(given->value) : NULL);
		json_object_object_add(o, "from",
			json_object_new_string(given->where > 0             ? "script"
					       : given->where == WISH_SLURM ? "slurm"
					       : given->where == WISH_ENVIRONMENT
						       ? "environment"
						       : "command line"));
		json_object_object_add(
			o, "line", number_or_null(given->where > 0 ? given->where : -1));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *efa_json(const struct estimate_group *g)
{
	const struct efa_decision *efa = &job_of(g)->efa;
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "mode", json_object_new_string(efa_mode_name(efa->mode)));
	json_object_object_add(o, "why", json_object_new_string(efa->why));
	json_object_object_add(o, "given", json_object_new_boolean(efa->given));
	json_object_object_add(o, "by_detection", json_object_new_boolean(efa->by_detection));
	json_object_object_add(o, "used", g->planned ? json_object_new_boolean(g->plan.efa) : NULL);
	return o;
}

static struct json_object *pools_json(const struct plan *plan)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < plan->npools; i++) {
		const struct plan_pool *pool = &plan->pools[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "type", json_object_new_string(pool->type));
		json_object_object_add(o, "subnet", json_object_new_string(pool->subnet));
		json_object_object_add(o, "az", text_or_null(pool->az));
		json_object_object_add(o, "rate_uusd_hr", number_or_null(pool->rate_uusd_hr));
		json_object_object_add(o, "most_uusd_hr", number_or_null(pool->most_uusd_hr));
		if (plan->firsts)
			json_object_object_add(
				o, "first_uusd_hr", number_or_null(pool->first_uusd_hr));
		json_object_object_add(o, "price_source", text_or_null(pool->price_why));
		json_object_object_add(o, "score", json_object_new_int64((int64_t)pool->score));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *tries_json(const struct estimate_group *g)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < g->ntries; i++) {
		const struct estimate_try *t = &g->tries[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "asked", json_object_new_string(t->asked));
		json_object_object_add(o, "region", text_or_null(t->region));
		json_object_object_add(o, "elsewhere", lines_json(g->elsewhere));
		json_object_object_add(o, "worst_uusd_hr", number_or_null(t->uusd_hr));
		json_object_object_add(o, "worst_uusd", number_or_null(t->uusd));
		json_object_array_add(list, o);
	}
	return list;
}

static void add_plan(struct json_object *o, const struct estimate_group *g)
{
	int64_t uusd_hr, uusd;

	find_worst(g, &uusd_hr, &uusd);
	json_object_object_add(o, "efa", efa_json(g));
	json_object_object_add(o, "placement",
		g->planned ? json_object_new_string(placement_strategy_name(g->plan.strategy))
			   : NULL);
	json_object_object_add(o, "reasons", lines_json(g->reasons));
	json_object_object_add(o, "pools", pools_json(&g->plan));
	json_object_object_add(o, "tries", tries_json(g));
	json_object_object_add(o, "elsewhere", lines_json(g->elsewhere));
	json_object_object_add(o, "worst_uusd_hr", number_or_null(g->planned ? uusd_hr : -1));
	json_object_object_add(o, "worst_uusd", number_or_null(g->planned ? uusd : -1));
}

static struct json_object *group_json(const struct estimate_group *g)
{
	struct json_object *o = json_object_new_object();
	char name[160];

	snprintf(name, sizeof(name), "%s-%s", g->group->partition, g->group->name);
	json_object_object_add(o, "group", json_object_new_string(name));
	json_object_object_add(o, "nodes", json_object_new_int64(g->nodes));
	json_object_object_add(o, "tasks", json_object_new_int64(g->tasks));
	json_object_object_add(o, "tasks_per_node", json_object_new_int64(g->tasks_per_node));
	json_object_object_add(o, "possible", json_object_new_boolean(g->planned));
	json_object_object_add(o, "why",
		text_or_null(g->refused   ? g->refused
			     : g->planned ? NULL
					  : g->err.text));
	json_object_object_add(o, "closed", text_or_null(g->closed));
	if (!g->refused && job_of(g))
		add_plan(o, g);
	return o;
}

struct json_object *estimate_json(const struct estimate *e, const struct estimate_input *input)
{
	const struct detect_result *detected = detected_in(e);
	struct json_object *top = json_object_new_object(), *groups = json_object_new_array();
	struct json_object *components = json_object_new_array();

	if (!top || !groups || !components) {
		json_object_put(components);
		json_object_put(top);
		json_object_put(groups);
		return NULL;
	}
	for (size_t i = 0; i < e->n; i++)
		json_object_array_add(groups, group_json(&e->groups[i]));
	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "site", text_or_null(input->site_source));
	json_object_object_add(top, "asked", asked_json(input->wish));
	for (const struct estimate_input *in = input->next; in; in = in->next)
		json_object_array_add(components, asked_json(in->wish));
	json_object_object_add(top, "further_components", components);
	json_object_object_add(top, "notes", lines_json(input->wish->notes.buf));
	json_object_object_add(top, "detected", detected ? show_detect_json(detected) : NULL);
	json_object_object_add(top, "groups", groups);
	json_object_object_add(top, "not_seen", lines_json(e->unseen.buf));
	return top;
}
