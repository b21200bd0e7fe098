/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect: what a batch script tells of its job. Needs no configuration, no Slurm and no privileges:
 * it is for users who wonder what will be made of their script.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/commands.h"
#include "helper/show.h"
#include "helper/show_detect.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/plan/script.h"

#define ENV_MAX      (1024 * 1024)
#define ENV_VARS_MAX 8192

struct wanted {
	const char *script, *env;
	uint32_t nodes, tasks;
	bool json, help;
};

static int usage(FILE *to)
{
	fprintf(to, "usage: aws-slurm-burst detect [--env FILE] [--nodes N] [--ntasks N] "
		    "[--json] SCRIPT\n");
	return to == stdout ? 0 : err_exit_code(ERR_USAGE);
}

static int read_count(const char *option, const char *text, uint32_t *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '1' || text[0] > '9' || *end || n > 10000000) {
		fprintf(stderr, "aws-slurm-burst: detect: --%s: not a number from 1 to 10000000\n",
			option);
		return -1;
	}
	*value = (uint32_t)n;
	return 0;
}

static int read_options(int argc, char **argv, struct wanted *w)
{
	static const struct option options[] = {
		{"env", required_argument, NULL, 'e'},
		{"nodes", required_argument, NULL, 'N'},
		{"ntasks", required_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "N:n:h", options, NULL)) >= 0) {
		if (c == 'e')
			w->env = optarg;
		else if (c == 'j')
			w->json = true;
		else if (c == 'N' && read_count("nodes", optarg, &w->nodes) < 0)
			return -1;
		else if (c == 'n' && read_count("ntasks", optarg, &w->tasks) < 0)
			return -1;
		else if (c == 'h')
			w->help = true;
		else if (c != 'N' && c != 'n') {
			usage(stderr);
			return -1;
		}
	}
	if (w->help)
		return 0;
	if (optind + 1 != argc) {
		usage(stderr);
		return -1;
	}
	w->script = argv[optind];
	return 0;
}

/* As env, env -0 and /proc/PID/environ write it. The entries point into TEXT. */
static const char **split_env(char *text, size_t len)
{
	const char **env = calloc(ENV_VARS_MAX + 1, sizeof(*env));
	char end = memchr(text, '\0', len) ? '\0' : '\n';
	size_t n = 0;

	for (char *p = text; env && p < text + len && n < ENV_VARS_MAX;) {
		char *next = memchr(p, end, text + len - p);

		if (!next)
			next = text + len;
		*next = '\0';
		if (strchr(p, '='))
			env[n++] = p;
		p = next + 1;
	}
	return env;
}

static int print(const struct detect_result *r, bool json, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (json) {
		struct json_object *o = show_detect_json(r);

		if (o)
			strbuf_addf(&out, "%s\n",
				json_object_to_json_string_ext(o,
					JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
	} else {
		show_detect(&out, r);
	}
	if (out.failed || !out.len)
		return err_nomem(err);
	return show_out(&out, err);
}

static int run(const struct wanted *w, struct err *err)
{
	cleanup_free char *script = NULL, *env = NULL;
	cleanup_free const char **vars = NULL;
	struct detect_input input = {.nodes = w->nodes, .tasks = w->tasks};
	struct detect_result result;
	size_t env_len = 0;

	/* what is longer than SCRIPT_MAX is read to there */
	if (file_read(w->script, 4 * SCRIPT_MAX, &script, &input.len, err) < 0)
		return -1;
	if (w->env) {
		if (file_read(w->env, ENV_MAX, &env, &env_len, err) < 0)
			return -1;
		vars = split_env(env, env_len);
		if (!vars)
			return err_nomem(err);
	}
	input.script = script;
	input.env = vars;
	detect(&input, &result);
	return print(&result, w->json, err);
}

int cmd_detect(int argc, char **argv, const char *conf_path)
{
	struct wanted w = {0};
	struct err err = {0};

	if (read_options(argc, argv, &w) < 0)
		return err_exit_code(ERR_USAGE);
	if (w.help)
		return usage(stdout);
	if (run(&w, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: detect: %s\n", err.text);
		return err_exit_code(err.class);
	}
	return 0;
}
