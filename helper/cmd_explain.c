/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: the command line around explain.h, what is public, and pending.h. Changes nothing, does
 * not ask EC2.
 */
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/explain.h"
#include "helper/pending.h"
#include "helper/public.h"
#include "helper/show.h"
#include "helper/site.h"
#include "helper/types.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

struct explanation {
	const char *job;
	bool json;
	const char *site_words; /* NULL: the configuration is itself */
	struct strbuf past;     /* text or JSON; empty: nothing was ever begun */
	struct err why_none;
	struct err db_err; /* class 0: state.db is open */
	struct pending pending;
	int waits;
	struct err slurm_err;
};

static void explanation_release(struct explanation *x)
{
	strbuf_release(&x->past);
	pending_release(&x->pending);
}

/* From the state, or, for who has none here or may not read it, from what is public. */
static int tell_past(struct app *app, struct explanation *x, struct err *err)
{
	struct err *why = &x->why_none;
	int rc;

	if (x->site_words)
		err_set(&x->db_err, ERR_AUTH, "only SlurmUser may read the state");
	else if (app_db(app, DB_READ_ONLY, &x->db_err) == 0)
		x->db_err.class = ERR_NONE;
	if (x->db_err.class == ERR_FATAL || x->db_err.class == ERR_BUSY) {
		*err = x->db_err;
		return -1;
	}
	if (!x->db_err.class)
		rc = explain_job(app->db, x->job, clock_now_ms(), x->json, &x->past, why);
	else
		rc = public_explain(app->conf, x->job, x->json, &x->past, why);
	if (rc == 0)
		return 0;
	strbuf_setlen(&x->past, 0);
	if (why->class == ERR_NOTFOUND)
		return 0;
	*err = *why;
	return -1;
}

/* What the next start would be, where one is to come. */
static int tell_next(struct app *app, struct explanation *x, struct err *err)
{
	const char *db_missing = NULL;
	char closed[PATH_MAX + 64];
	struct err why = {0};

	x->waits = -1;
	if (app_slurm(app, &x->slurm_err) == 0)
		x->waits = pending_find(app, x->job, &x->pending, &x->slurm_err);
	if (x->waits <= 0)
		return 0;
	app->types = types_create(
		app->db, app->conf->public.directory, app->conf->catalog.max_age_s, err);
	if (!app->types)
		return -1;
	if (x->db_err.class)
		db_missing = app_db_words(app->conf, &x->db_err, closed, sizeof(closed));
	if (pending_estimate(app, &x->pending, db_missing, x->site_words, &why) == 0)
		return 0;
	/* a job of other nodes than ours; one that had ours has a past all the same */
	if (why.class != ERR_CONFIG || !x->past.len) {
		*err = why;
		return -1;
	}
	x->slurm_err = why;
	x->waits = 0;
	return 0;
}

static int fail_unknown(const struct explanation *x, struct err *err)
{
	if (x->waits == 0)
		return err_set(err, ERR_NOTFOUND,
			"job %s does not wait, and nothing that you may read is known of its "
			"starts: %s",
			x->job, x->why_none.text);
	*err = x->why_none;
	if (x->slurm_err.class != ERR_NOTFOUND)
		return err_set(err, x->slurm_err.class, "%s; and Slurm: %s", x->why_none.text,
			x->slurm_err.text);
	return err_set(err, ERR_NOTFOUND,
		"%s; and Slurm does not know it, or hides it from you (PrivateData=jobs)",
		x->why_none.text);
}

/* Whether it waits is not known, and the job is one of which Slurm may still know. */
static bool slurm_silent(const struct explanation *x)
{
	return x->waits < 0 && x->slurm_err.class != ERR_NOTFOUND;
}

static void print_text(const struct explanation *x, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(out, x->past.buf);
	if (slurm_silent(x)) {
		strbuf_addf(&sb, "whether it waits now: %s", x->slurm_err.text);
		strbuf_addch(out, '\n');
		show_line(out, "not seen", sb.buf);
	}
	if (x->waits <= 0)
		return;
	if (x->past.len)
		strbuf_addstr(out, "\nnext start: ");
	pending_headline(&x->pending, clock_now_ms(), &sb);
	if (!x->past.len)
		strbuf_addstr(&sb, "; nothing was asked of EC2 for it yet");
	strbuf_addstr(&sb, ". If it began now:");
	show_paragraph(out, sb.buf);
	pending_show(&x->pending, out);
}

static int print_json(const struct explanation *x, struct strbuf *out, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct json_object *o, *summary;
	const char *text;

	if (x->past.len) {
		o = json_tokener_parse(x->past.buf);
		if (!o)
			return err_set(err, ERR_FATAL, "what is known of the job is no JSON");
	} else {
		o = json_object_new_object();
		summary = json_object_new_array();
		pending_headline(&x->pending, clock_now_ms(), &sb);
		json_object_array_add(summary, json_object_new_string(sb.buf));
		json_object_object_add(o, "version", json_object_new_int(1));
		json_object_object_add(o, "job", json_object_new_string(x->job));
		json_object_object_add(o, "summary", summary);
		json_object_object_add(o, "closed", json_object_new_array());
		json_object_object_add(o, "gangs", json_object_new_array());
	}
	if (x->waits > 0) {
		pending_add_json(&x->pending, o);
	} else {
		json_object_object_add(o, "waits", NULL);
		json_object_object_add(o, "next", NULL);
	}
	json_object_object_add(o, "slurm_error",
		slurm_silent(x) ? json_object_new_string(x->slurm_err.text) : NULL);
	text = json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		strbuf_addf(out, "%s\n", text);
	json_object_put(o);
	return text ? 0 : err_nomem(err);
}

static int explain(struct app *app, struct explanation *x, struct strbuf *out, struct err *err)
{
	if (tell_past(app, x, err) < 0 || tell_next(app, x, err) < 0)
		return -1;
	if (!x->past.len && x->waits <= 0)
		return fail_unknown(x, err);
	if (x->json && print_json(x, out, err) < 0)
		return -1;
	if (!x->json)
		print_text(x, out);
	return out->failed ? err_nomem(err) : 0;
}

int cmd_explain(int argc, char **argv, const char *conf_path)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{0},
	};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	CLEANUP(explanation_release)
	struct explanation x = {.past = STRBUF_INIT, .pending = PENDING_INIT};
	struct site_source source;
	char words[PATH_MAX + 64];
	struct err err = {0};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c != 'j')
			return 2;
		x.json = true;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: aws-slurm-burst explain JOBID [--json]\n");
		return 2;
	}
	x.job = argv[optind];
	app.conf = site_load(conf_path, &source, &err);
	if (app.conf && *source.path)
		x.site_words = site_words(&source, clock_now_ms(), words, sizeof(words));
	if (!app.conf || app_become_owner(app.conf, &err) < 0 ||
		explain(&app, &x, &out, &err) < 0 || show_out(&out, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: explain: %s\n", err.text);
		return err_exit_code(err.class);
	}
	return 0;
}
