/* SPDX-License-Identifier: Apache-2.0 */
/* aws-slurm-burst-hook: PrologSlurmctld and EpilogSlurmctld. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/hook.h"
#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"

static const struct {
	const char *name;
	int (*run)(const struct conf *conf, const struct hook_job *job);
} commands[] = {
	{"prolog", hook_prolog},
	{"epilog", hook_epilog},
};

static long find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return (long)i;
	return -1;
}

/* The command that the program's own name stands for; slurmctld gives the full path. */
static long find_by_hook(const char *argv0)
{
	static const char prefix[] = "aws-slurm-burst-";
	const char *base = strrchr(argv0, '/');

	base = base ? base + 1 : argv0;
	return strncmp(base, prefix, sizeof(prefix) - 1) ? -1 : find(base + sizeof(prefix) - 1);
}

static int usage(void)
{
	fprintf(stderr, "usage: aws-slurm-burst-hook [-c FILE] prolog|epilog\n"
			"       aws-slurm-burst-prolog [-c FILE]\n"
			"       aws-slurm-burst-epilog [-c FILE]\n");
	return err_exit_code(ERR_USAGE);
}

static void conf_destroy_(struct conf **conf)
{
	conf_destroy(*conf);
}

static void job_release(struct hook_job *job)
{
	nodeset_release(&job->nodes);
}

static int run(size_t command, const char *path)
{
	CLEANUP(conf_destroy_) struct conf *conf = NULL;
	CLEANUP(job_release) struct hook_job job = {0};
	enum log_level level = LOG_LEVEL_INFO;
	struct err err = {0};
	char id[16];

	conf = conf_load(path, NULL, NULL, &err);
	if (!conf) {
		burst_log_open(commands[command].name, NULL, level, false, false);
		log_err("nothing is done: %s", err.text);
		return 0;
	}
	if (hook_job_read(&job, &err) < 0) {
		burst_log_open(commands[command].name, NULL, level, false, false);
		log_err("not called by slurmctld? %s", err.text);
		return 0;
	}
	if (!hook_job_ours(conf, &job))
		return 0;
	log_level_parse(conf->log.level, &level);
	burst_log_open(commands[command].name, conf->log.file, level,
		!strcmp(conf->log.format, "json"), false);
	snprintf(id, sizeof(id), "%u", (unsigned)job.job_id);
	burst_log_context(id, NULL);
	return commands[command].run(conf, &job);
}

int main(int argc, char **argv)
{
	const char *path = NULL;
	long command, hook = -1;
	int i = 1;

	/* who reads our output or answers us may go away: an error of write(), not our death */
	signal(SIGPIPE, SIG_IGN);
	file_guard_std();
	umask(077);
	if (argc > 0)
		hook = find_by_hook(argv[0]);
	command = hook;
	if (i + 1 < argc && !strcmp(argv[i], "-c")) {
		path = argv[i + 1];
		i += 2;
	}
	if (command < 0 && i < argc)
		command = find(argv[i++]);
	if (command < 0 || i < argc) {
		if (hook < 0)
			return usage();
		burst_log_open(commands[hook].name, NULL, LOG_LEVEL_INFO, false, false);
		log_err("nothing is done: arguments other than -c FILE");
		return 0;
	}
	return run((size_t)command, conf_choose_path(path));
}
