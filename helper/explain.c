/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "helper/show.h"
#include "helper/show_detect.h"
#include "lib/base/cleanup.h"
#include "lib/base/money.h"
#include "lib/base/nodeset.h"
#include "lib/plan/outcome.h"

/* One gang from the job's point of view. */
struct start {
	struct show_gang show;
	char job[64];     /* the job as people call it */
	char *nodes;      /* of the gang, those that are the job's */
	uint32_t restart; /* of the job; a pool's jobs have each their own */
	int64_t cost_uusd;
	unsigned unpriced;
	struct health health; /* of the nodes' group */
};

static void start_release(struct start *s)
{
	show_gang_release(&s->show);
	free(s->nodes);
}

/* The group's name as health.h has it, from a node's: that is not the partition the job named. */
static void group_of(const char *nodes, char *group, size_t size)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	const char *dash;

	*group = '\0';
	if (nodeset_parse(&set, nodes, NULL) < 0 || !set.n)
		return;
	dash = strrchr(set.names[0], '-');
	if (dash)
		snprintf(group, size, "%.*s", (int)(dash - set.names[0]), set.names[0]);
}

/* Which of the gang's nodes and which restart are the job's. A number names the job itself; of
 * array tasks and components, which are found by their names, all is theirs. */
static int read_part(struct db *db, struct start *s, const char *job, struct err *err)
{
	uint32_t id = strchr(job, '_') || strchr(job, '+') ? 0 : (uint32_t)strtoul(job, NULL, 10);
	const struct gang *g = &s->show.gang;
	struct gang_job *jobs = NULL;
	size_t n = 0;

	snprintf(s->job, sizeof(s->job), "%s", *g->job_name ? g->job_name : job);
	s->restart = g->restart;
	if (gang_jobs(db, g->id, &jobs, &n, err) < 0)
		return -1;
	/* the last one: a job that came back into the same pool */
	for (size_t i = 0; i < n; i++)
		if (id && jobs[i].job_id == id && g->job_id != id) {
			free(s->nodes);
			s->nodes = STEAL_POINTER(jobs[i].nodes);
			s->restart = jobs[i].restart;
			snprintf(s->job, sizeof(s->job), "%s", job);
		}
	gang_jobs_release(jobs, n);
	if (!s->nodes)
		s->nodes = strdup(g->nodes);
	return s->nodes ? 0 : err_nomem(err);
}

static int read_start(
	struct db *db, struct start *s, const char *job, int64_t now_ms, struct err *err)
{
	char group[sizeof(s->health.group)];

	if (show_gang_read(db, &s->show, true, err) < 0 || read_part(db, s, job, err) < 0 ||
		gang_cost(db, s->show.gang.id, now_ms, &s->cost_uusd, &s->unpriced, err) < 0)
		return -1;
	group_of(s->nodes, group, sizeof(group));
	return *group ? health_get(db, group, &s->health, err) : 0;
}

static bool failed(const struct start *s)
{
	return s->show.gang.state == GANG_FAILING || s->show.gang.state == GANG_FAILED;
}

/* Of a pool, which takes what comes, this job's nodes may be those for which nothing came. */
static bool left_out(const struct start *s)
{
	CLEANUP(nodeset_release) struct nodeset own = NODESET_INIT;
	const struct gang *g = &s->show.gang;

	if (g->all_or_nothing || g->state < GANG_BOUND || failed(s) ||
		nodeset_parse(&own, s->nodes, NULL) < 0)
		return false;
	for (size_t i = 0; i < s->show.ninstances; i++)
		if (nodeset_contains(&own, s->show.instances[i].node))
			return false;
	return true;
}

/* The instances that came for the start's nodes. What an earlier try of it had got was given back
 * and is no node. */
static unsigned count_came(const struct start *s, unsigned *ended, unsigned *spot)
{
	const struct instance *list = s->show.instances;
	bool bound = false;
	unsigned n = 0;

	*ended = *spot = 0;
	for (size_t i = 0; i < s->show.ninstances; i++)
		bound |= *list[i].node != '\0';
	for (size_t i = 0; i < s->show.ninstances; i++) {
		if (bound && !*list[i].node)
			continue;
		n++;
		*ended += list[i].state != INSTANCE_RUNNING;
		*spot += list[i].spot;
	}
	return n;
}

static void what_came(struct strbuf *sb, const struct start *s)
{
	const struct gang *g = &s->show.gang;
	const struct instance *list = s->show.instances;
	unsigned ended, spot, n = count_came(s, &ended, &spot);
	char usd[32];

	strbuf_addf(sb, "%u x %s", n, *g->type ? g->type : list[0].type);
	if (*g->az || *list[0].az)
		strbuf_addf(sb, " in %s", *g->az ? g->az : list[0].az);
	if (spot && spot < n)
		strbuf_addf(sb, ", %u on-demand and %u spot", n - spot, spot);
	else
		strbuf_addf(sb, ", %s", spot ? "spot" : "on-demand");
	strbuf_addstr(sb, g->efa ? ", EFA" : ", no EFA");
	if (*g->group)
		strbuf_addf(sb, ", placement group %s", g->group);
	if (g->rate_uusd_hr >= 0)
		strbuf_addf(sb, ", %s USD/h %s", money_format(g->rate_uusd_hr, usd, sizeof(usd)),
			spot && spot < n ? "the dearest" : "each");
	if (ended == n)
		strbuf_addstr(sb, n == 1 ? "; it has ended" : "; all have ended");
	else if (ended)
		strbuf_addf(sb, "; %u %s ended", ended, ended == 1 ? "has" : "have");
}

static void when_again(struct strbuf *sb, const struct start *s, int64_t now_ms)
{
	int64_t again_ms = s->show.gang.again_ms;
	char when[32];

	if (again_ms < 0)
		strbuf_addf(sb, "held until somebody acts: scontrol release %s", s->job);
	else if (again_ms > now_ms)
		strbuf_addf(sb, "not before %s", show_time(again_ms, now_ms, when, sizeof(when)));
	else if (again_ms)
		strbuf_addf(sb, "since %s, when Slurm schedules it",
			show_time(again_ms, now_ms, when, sizeof(when)));
}

/* Where the job stands, in one sentence. */
static void headline(struct strbuf *sb, const struct start *s, int64_t now_ms)
{
	const struct gang *g = &s->show.gang;
	unsigned n, ended, spot;
	char since[32];

	strbuf_addf(sb, "job %s", s->job);
	show_age((now_ms - g->created_ms) / 1000, since, sizeof(since));
	if (left_out(s)) {
		strbuf_addf(sb, " went back: EC2 had no instance for %s", s->nodes);
	} else if (failed(s)) {
		strbuf_addf(
			sb, " did not start: %s", g->reason ? g->reason : "no reason was noted");
	} else if (g->state < GANG_LAUNCHED) {
		strbuf_addf(sb, " waits for %u instance%s, which %s been sought for %s", g->size,
			g->size == 1 ? "" : "s", g->size == 1 ? "has" : "have", since);
	} else if (g->state < GANG_ACTIVE) {
		n = count_came(s, &ended, &spot);
		strbuf_addf(sb,
			" waits for its nodes to boot: %u instance%s came, asked for %s ago", n,
			n == 1 ? "" : "s", since);
	} else if (g->state == GANG_ACTIVE) {
		strbuf_addf(sb, " has its nodes: %s", s->nodes);
		if (*g->type)
			strbuf_addf(sb, ", %s in %s", g->type, *g->az ? g->az : g->region);
	} else {
		strbuf_addf(sb, " had its nodes, which %s",
			g->state == GANG_RELEASED ? "have been released" : "are being released");
	}
	if (!failed(s) && *g->stop)
		strbuf_addf(sb, "; it is asked to stop: %s", g->stop);
	if ((failed(s) || left_out(s)) && g->again_ms) {
		strbuf_addstr(sb, g->again_ms < 0        ? "; "
				  : g->again_ms > now_ms ? "; it starts again "
							 : "; it may start again ");
		when_again(sb, s, now_ms);
	}
}

static void print_asked(struct strbuf *out, const struct start *s)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct gang *g = &s->show.gang;
	char limit[48];

	strbuf_addf(&sb, "%s", s->nodes);
	if (strcmp(s->nodes, g->nodes) != 0)
		strbuf_addf(&sb, " of a pool of %u, each as it comes", g->size);
	else if (g->size > 1)
		strbuf_addf(&sb, ", %u nodes%s", g->size,
			g->all_or_nothing ? ", all or none" : ", each as it comes");
	if (g->efa_asked != EFA_UNSET)
		strbuf_addf(&sb, "; EFA %s", efa_mode_name(g->efa_asked));
	if (g->limit.uusd > 0)
		strbuf_addf(&sb, "; at most %s USD",
			cost_limit_format(&g->limit, limit, sizeof(limit)));
	show_line(out, "nodes", sb.buf);
}

/* Does TEXT have this very line? */
static bool has_line(const char *text, const char *line, size_t n)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		if (len == n && !strncmp(text, line, n))
			return true;
		text += len + (text[len] == '\n');
	}
	return false;
}

/* The lines of REASONS that were not in BEFORE (may be NULL): what the last try has changed. */
static int print_reasons(
	struct strbuf *out, const char *reasons, const char *before, struct err *err)
{
	const char *label = before ? "now" : "choices";

	while (reasons && *reasons) {
		size_t n = strcspn(reasons, "\n");

		if (n && !has_line(before, reasons, n)) {
			cleanup_free char *line = strndup(reasons, n);

			if (!line)
				return err_nomem(err);
			show_line(out, label, line);
			label = "";
		}
		reasons += n + (reasons[n] == '\n');
	}
	return 0;
}

/* PLAN: the last one of the start. */
static int print_tries(struct strbuf *out, const struct start *s, const char *plan, int64_t now_ms,
	struct err *err)
{
	const struct show_gang *show = &s->show;
	const char *before = NULL;
	bool over = gang_state_over(show->gang.state);

	for (size_t i = 0; i < show->ntries; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		const struct try *t = &show->tries[i];
		char label[32], when[32], took[32];

		if (t->reasons) {
			if (print_reasons(out, t->reasons, before, err) < 0)
				return -1;
			before = t->reasons;
		}
		snprintf(label, sizeof(label), "try %u", t->number);
		strbuf_addf(&sb, "%s: %s", show_time(t->began_ms, now_ms, when, sizeof(when)),
			t->asked);
		show_line(out, label, sb.buf);
		strbuf_setlen(&sb, 0);
		strbuf_addstr(&sb, "-> ");
		if (t->ended_ms)
			strbuf_addf(&sb, "after %s: ",
				show_age((t->ended_ms - t->began_ms) / 1000, took, sizeof(took)));
		show_outcome(&sb, t, over, false);
		show_line(out, "", sb.buf);
		if (sb.failed)
			return err_nomem(err);
	}
	/* a start that failed before its first try, or was refused by its plan */
	return before ? 0 : print_reasons(out, plan, NULL, err);
}

static const struct outcome_rule *rule_of(const char *class)
{
	for (int c = ERR_NONE + 1; c <= ERR_FATAL; c++)
		if (!strcmp(err_class_name((enum err_class)c), class))
			return outcome_of((enum err_class)c);
	return outcome_of(ERR_NONE);
}

/* What would help, for each kind of failure once, in the order of the tries. */
static void print_advice(struct strbuf *out, const struct show_gang *show)
{
	const char *label = "advice";

	/* where instances came in the end, something else failed */
	if (!show->ntries || !*show->tries[show->ntries - 1].class)
		return;
	for (size_t i = 0; i < show->ntries; i++) {
		const char *class = show->tries[i].class, *advice = rule_of(class)->advice;
		bool said = !*advice;

		for (size_t k = 0; k < i; k++)
			said |= !strcmp(show->tries[k].class, class);
		/* the reason may have said it, too */
		if (said || (show->gang.reason && strstr(show->gang.reason, advice)))
			continue;
		show_line(out, label, advice);
		label = "";
	}
}

static int print_start(
	struct strbuf *out, const struct start *s, bool last, int64_t now_ms, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct gang *g = &s->show.gang;
	char when[32], old[32], usd[32];

	strbuf_addf(out, "\nstart %u of job %s, %s, gang %s: %s", s->restart + 1, s->job,
		show_time(g->created_ms, now_ms, when, sizeof(when)), g->id,
		gang_state_name(g->state));
	if (gang_state_over(g->state))
		strbuf_addf(out, " after %s\n",
			show_age((g->changed_ms - g->created_ms) / 1000, old, sizeof(old)));
	else
		strbuf_addf(out, ", begun %s ago\n",
			show_age((now_ms - g->created_ms) / 1000, old, sizeof(old)));
	print_asked(out, s);
	if (print_tries(out, s, show_detected_lines(out, g->plan), now_ms, err) < 0)
		return -1;
	if (s->show.ninstances) {
		what_came(&sb, s);
		show_line(out, "came", sb.buf);
		strbuf_setlen(&sb, 0);
		strbuf_addf(&sb, "%s USD %s", money_format(s->cost_uusd, usd, sizeof(usd)),
			gang_state_over(g->state) ? "in all" : "so far");
		if (strcmp(s->nodes, g->nodes) != 0)
			strbuf_addstr(&sb, ", of the whole pool");
		if (s->unpriced)
			strbuf_addf(&sb, ", without %u instance%s of unknown price", s->unpriced,
				s->unpriced == 1 ? "" : "s");
		show_line(out, "cost", sb.buf);
	}
	if (g->reason)
		show_line(out, "failed", g->reason);
	if (last && failed(s))
		print_advice(out, &s->show);
	if (*g->stop)
		show_line(out, "stop", g->stop);
	strbuf_setlen(&sb, 0);
	if (last) /* of the others one sees when the next began */
		when_again(&sb, s, now_ms);
	if (sb.len)
		show_line(out, "again", sb.buf);
	return sb.failed ? err_nomem(err) : 0;
}

/* Is it the last start of its task or component? Only that one says where the job stands. */
static bool last_of_its_job(const struct start *starts, size_t n, size_t i)
{
	for (size_t k = i + 1; k < n; k++)
		if (!strcmp(starts[k].job, starts[i].job))
			return false;
	return true;
}

static int print_text(
	struct strbuf *out, const struct start *starts, size_t n, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		const struct start *s = &starts[i];

		if (!last_of_its_job(starts, n, i))
			continue;
		headline(&sb, s, now_ms);
		show_paragraph(out, sb.buf);
		strbuf_setlen(&sb, 0);
		if ((failed(s) || left_out(s)) && health_closed(&s->health, now_ms)) {
			show_closed(&sb, &s->health, now_ms);
			show_paragraph(out, sb.buf);
		}
		if (sb.failed)
			return err_nomem(err);
	}
	for (size_t i = 0; i < n; i++)
		if (print_start(out, &starts[i], last_of_its_job(starts, n, i), now_ms, err) < 0)
			return -1;
	return 0;
}

static int print_json(struct strbuf *out, const char *job, const struct start *starts, size_t n,
	int64_t now_ms, struct err *err)
{
	struct json_object *top = json_object_new_object(), *summary = json_object_new_array();
	struct json_object *gangs = json_object_new_array(), *closed = json_object_new_array();
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		const struct start *s = &starts[i];
		struct json_object *o = show_gang_json(&s->show);

		json_object_object_add(o, "job_nodes", json_object_new_string(s->nodes));
		json_object_object_add(o, "job_restart", json_object_new_int64(s->restart));
		json_object_object_add(o, "cost_uusd", json_object_new_int64(s->cost_uusd));
		json_object_object_add(o, "unpriced", json_object_new_int64(s->unpriced));
		json_object_array_add(gangs, o);
		if (!last_of_its_job(starts, n, i))
			continue;
		headline(&sb, s, now_ms);
		if (sb.failed)
			rc = err_nomem(err);
		json_object_array_add(summary, json_object_new_string(sb.buf));
		if (health_closed(&s->health, now_ms))
			json_object_array_add(closed, show_closed_json(&s->health));
	}
	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "job", json_object_new_string(job));
	json_object_object_add(top, "summary", summary);
	json_object_object_add(top, "closed", closed);
	json_object_object_add(top, "gangs", gangs);
	strbuf_addf(out, "%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
	json_object_put(top);
	return rc;
}

int explain_job(struct db *db, const char *job, int64_t now_ms, bool json, struct strbuf *out,
	struct err *err)
{
	struct start *starts = NULL;
	struct gang *gangs = NULL;
	size_t n = 0, got = 0;
	int rc;

	if (gang_list_of_job(db, job, &gangs, &n, err) < 0)
		return -1;
	if (!n) {
		gang_list_release(gangs, n);
		return err_set(err, ERR_NOTFOUND,
			"no instances were ever asked for job %s here; why it waits, says squeue "
			"--start -j %s",
			job, job);
	}
	starts = calloc(n, sizeof(*starts));
	rc = starts ? 0 : err_nomem(err);
	for (; rc == 0 && got < n; got++) {
		starts[got].show.gang = gangs[got];
		gangs[got] = (struct gang){0};
		rc = read_start(db, &starts[got], job, now_ms, err);
	}
	if (rc == 0)
		rc = json ? print_json(out, job, starts, n, now_ms, err)
			  : print_text(out, starts, n, now_ms, err);
	for (size_t i = 0; i < got; i++)
		start_release(&starts[i]);
	free(starts);
	gang_list_release(gangs, n);
	if (rc == 0 && out->failed)
		return err_nomem(err);
	return rc;
}
