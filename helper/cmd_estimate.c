/* SPDX-License-Identifier: Apache-2.0 */
/*
 * estimate: what would be made of a job if it were submitted. For users, who need neither Slurm nor
 * privileges for it: who may not read the configuration is served with what is public of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/commands.h"
#include "helper/estimate.h"
#include "helper/show.h"
#include "helper/site.h"
#include "helper/types.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

static int usage(FILE *to)
{
	fputs("usage: aws-slurm-burst estimate [--json] [OPTION OF sbatch ...] SCRIPT\n"
	      "       aws-slurm-burst estimate [--json] [OPTION OF sbatch ...] --wrap=COMMAND\n"
	      "Nothing is submitted.\n",
		to);
	return to == stdout ? 0 : err_exit_code(ERR_USAGE);
}

static int fail(const struct err *err)
{
	fprintf(stderr, "aws-slurm-burst: estimate: %s\n", err->text);
	return err_exit_code(err->class);
}

/* The script, what it and the others ask for, and the name that sbatch would give the job. */
static int read_wish(int argc, char **argv, struct job_wish *wish, struct estimate_input *input,
	char **text, struct err *err)
{
	CLEANUP(script_release) struct script script = {0};
	const char *const *env = (const char *const *)environ;
	struct sbatch_command command;
	CLEANUP(strbuf_release) struct strbuf wrapped = STRBUF_INIT;

	if (sbatch_find_script(argc, argv, &command, err) < 0)
		return -1;
	/* what is longer than SCRIPT_MAX is read to there */
	if (command.script &&
		(file_read(command.script, 4 * SCRIPT_MAX, text, &input->len, err) < 0 ||
			script_read_directives(*text, input->len, &script, err) < 0))
		return -1;
	if ((command.script && sbatch_check_script(*text, input->len, err) < 0) ||
		sbatch_read_directives(wish, &script, err) < 0)
		return err_prefix(err, "%s", command.script ? command.script : "script");
	if (sbatch_read_environment(wish, env, err) < 0 ||
		sbatch_read_command(wish, argc, argv, err) < 0)
		return -1;
	if (command.script) {
		const char *slash = strrchr(command.script, '/');

		input->job_name = slash ? slash + 1 : command.script;
	} else if (wish->wrap) {
		input->job_name = "wrap";
		strbuf_addf(&wrapped, "#!/bin/sh\n%s\n", wish->wrap);
		input->len = wrapped.len;
		*text = strbuf_detach(&wrapped);
		if (!*text)
			return err_nomem(err);
	} else if (!wish->help) {
		return err_set(err, ERR_USAGE, "no script is given; --help shows how");
	}
	input->script = *text;
	input->env = env;
	return 0;
}

static int print(const struct estimate *e, const struct estimate_input *input, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (input->wish->json) {
		struct json_object *o = estimate_json(e, input);

		if (o)
			strbuf_addf(&out, "%s\n",
				json_object_to_json_string_ext(o,
					JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
	} else {
		estimate_show(e, input, &out);
	}
	if (out.failed || !out.len)
		return err_nomem(err);
	return show_out(&out, err);
}

static int run(const struct estimate_input *given, const char *conf_path, struct err *err)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	CLEANUP(estimate_release) struct estimate e = {.unseen = STRBUF_INIT};
	struct estimate_input input = *given;
	struct site_source source;
	char words[PATH_MAX + 64], closed[PATH_MAX + 64];
	struct err why = {0};

	app.conf = site_load(conf_path, &source, err);
	if (!app.conf || app_become_owner(app.conf, err) < 0)
		return -1;
	if (*source.path) {
		input.site_source = site_words(&source, clock_now_ms(), words, sizeof(words));
		input.db_missing = "only SlurmUser may read the state";
	} else if (app_db(&app, DB_READ_ONLY, &why) < 0) {
		input.db_missing = app_db_words(app.conf, &why, closed, sizeof(closed));
	}
	app.types = types_create(
		app.db, app.conf->public.directory, app.conf->catalog.max_age_s, err);
	if (!app.types || estimate_make(&app, &input, &e, err) < 0 || print(&e, &input, err) < 0)
		return -1;
	/* no group can serve: that was told already, by the groups */
	return estimate_possible(&e, err) ? 0 : 1;
}

int cmd_estimate(int argc, char **argv, const char *conf_path)
{
	CLEANUP(sbatch_wish_release) struct job_wish wish;
	struct estimate_input input = {.wish = &wish};
	cleanup_free char *text = NULL;
	struct err err = {0};
	int rc;

	sbatch_wish_init(&wish);
	if (argc < 2)
		return usage(stderr);
	if (read_wish(argc, argv, &wish, &input, &text, &err) < 0)
		return fail(&err);
	if (wish.help)
		return usage(stdout);
	rc = run(&input, conf_path, &err);
	if (rc < 0)
		return fail(&err);
	return rc ? err_exit_code(err.class) : 0;
}
