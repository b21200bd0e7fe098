/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws-slurm-burst: one program, several commands. Called by one of its hook names
 * (aws-slurm-burst-resume …), argv[0] is the command; slurmctld 22.05 gives power programs no
 * arguments of ours.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "helper/cmd_config.h"
#include "helper/conf.h"
#include "helper/conf_types.h"
#include "helper/commands.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"

static int config(int argc, char **argv, const char *conf_path)
{
	if (argc >= 2 && !strcmp(argv[1], "export"))
		return cmd_config_export(argc - 1, argv + 1, conf_path);
	if (argc >= 2 && !strcmp(argv[1], "generate-slurm"))
		return cmd_config_generate(argc - 1, argv + 1, conf_path);
	return cmd_config(argc, argv, conf_types_check_here);
}

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv, const char *conf_path);
	const char *usage, *help;
} commands[] = {
	{"resume", cmd_resume, "HOSTLIST",
		"ResumeProgram: bring nodes up, gangs whole or not at all"},
	{"suspend", cmd_suspend, "HOSTLIST", "SuspendProgram: end the instances of nodes"},
	{"resume-fail", cmd_resume_fail, "HOSTLIST",
		"ResumeFailProgram: take the gangs of nodes that never came down"},
	{"release", cmd_release, "--stale NODES [--job ID]",
		"release nodes that an ended gang still holds"},
	{"reconcile", cmd_reconcile, "[--dry-run] | --watch",
		"compare EC2, Slurm and state.db, and repair what differs"},
	{"notices", cmd_notices, "",
		"listen for spot interruptions and act on them (so does reconcile --watch)"},
	{"status", cmd_status, "[--json] [--all]",
		"closed node groups, gangs, their tries, nodes and instances"},
	{"explain", cmd_explain, "JOBID [--json]",
		"why a job waits or what came for it, with every try"},
	{"catalog", cmd_catalog, "refresh | list [--help]",
		"ask EC2 what types it has, and where; list them"},
	{"prices", cmd_prices, "refresh | list [--help]",
		"ask AWS what instances cost; list it, with age and source"},
	{"estimate", cmd_estimate, "[--json] [SBATCH OPTIONS] SCRIPT",
		"what would be made of a job if it were submitted"},
	{"detect", cmd_detect, "[--json] SCRIPT",
		"what a batch script tells of its job: MPI or not, and by which evidence"},
	{"cost", cmd_cost, "report | compare FILE [--help]",
		"what was spent, by whom and on what; AWS's own bill beside it"},
	{"budget", cmd_budget, "set | list | show | remove",
		"what may be spent, by whom and in which time; and what is left of it"},
	{"open", cmd_open, "GROUP", "open a node group that was closed after failed boots"},
	{"config", config, "check | export | generate-slurm",
		"check a configuration; show users what is no secret of it; make lines for "
		"slurm.conf"},
};

static void usage(FILE *to)
{
	fprintf(to, "usage: aws-slurm-burst [-c FILE] COMMAND [ARGUMENT ...]\n"
		    "       aws-slurm-burst --version | --help\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-11s %-26s %s\n", commands[i].name, commands[i].usage,
			commands[i].help);
	fprintf(to, "\nFILE: the configuration; default AWS_SLURM_BURST_CONFIG, else %s\n",
		CONF_DEFAULT_PATH);
}

/* --help of the commands that have no page of their own. */
static bool told_help(const struct command *command, int argc, char **argv)
{
	static const char *const own[] = {
		"reconcile", "catalog", "prices", "estimate", "detect", "cost", "budget"};

	if (argc != 3 || (strcmp(argv[2], "--help") && strcmp(argv[2], "-h")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(own[i], command->name))
			return false;
	printf("usage: aws-slurm-burst [-c FILE] %s%s%s\n%s\n", command->name,
		*command->usage ? " " : "", command->usage, command->help);
	return true;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* The command that a hook's name stands for, or NULL: the program was called by its own. */
static const struct command *find_by_hook(const char *argv0)
{
	static const char prefix[] = "aws-slurm-burst-";
	const char *base = strrchr(argv0, '/');

	base = base ? base + 1 : argv0;
	return strncmp(base, prefix, sizeof(prefix) - 1) ? NULL : find(base + sizeof(prefix) - 1);
}

int main(int argc, char **argv)
{
	const struct command *command;
	const char *conf_path = NULL;

	/* a peer or reader that goes away is an error of write(), not our death in mid-launch */
	signal(SIGPIPE, SIG_IGN);
	/* who starts us may ignore it, and children's ends would never be heard of */
	signal(SIGCHLD, SIG_DFL);
	/* before anything opens a file: slurmctld 22.05 starts us with 0, 1 and 2 closed */
	file_guard_std();
	/* credentials pass through this process: none of it into a core file, nor to a debugger */
	prctl(PR_SET_DUMPABLE, 0);
	umask(077);
	if (argc < 1)
		return 2;
	command = find_by_hook(argv[0]);
	if (argc >= 3 && !strcmp(argv[1], "-c")) {
		conf_path = argv[2];
		argv[2] = argv[0];
		argc -= 2;
		argv += 2;
	}
	if (command)
		return command->run(argc, argv, conf_path);
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("%s %s\n", PACKAGE_NAME, PACKAGE_VERSION);
		return 0;
	}
	command = find(argv[1]);
	if (!command) {
		fprintf(stderr, "aws-slurm-burst: unknown command \"%s\"; --help lists them\n",
			argv[1]);
		return 2;
	}
	if (told_help(command, argc, argv))
		return 0;
	return command->run(argc - 1, argv + 1, conf_path);
}
