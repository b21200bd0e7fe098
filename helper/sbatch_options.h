/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sbatch_options: what a job asks for, read from its #SBATCH lines and a command line as sbatch
 * reads them, without submitting anything.
 *
 * Long options may be shortened while they are unambiguous, short ones bundled; a value stands
 * behind "=", in the next word, or behind the letter. The first word that is no option is the
 * script. Of an option that is given twice the later one holds, and the command line holds over
 * SBATCH_ variables, and these over the script. What sbatch would refuse is refused; options that
 * change nothing here are passed over; unknown ones are noted and passed over.
 *
 *	struct job_wish wish;
 *	struct sbatch_command command;
 *
 *	sbatch_wish_init(&wish);
 *	if (sbatch_find_script(argc, argv, &command, err) < 0 || ... read command.script ...
 *		sbatch_read_directives(&wish, &script, err) < 0 ||
 *		sbatch_read_environment(&wish, environ, err) < 0 ||
 *		sbatch_read_command(&wish, argc, argv, err) < 0)
 *		...
 *	sbatch_wish_release(&wish);
 *
 * Pure but for memory.
 */
#ifndef BURST_SBATCH_OPTIONS_H
#define BURST_SBATCH_OPTIONS_H

#include "lib/base/strbuf.h"
#include "lib/intent/intent.h"
#include "lib/plan/script.h"

#define WISH_TIME_UNSET (-2)
/* Where an option stands that is not in the script; else it is the line's number. */
#define WISH_COMMAND_LINE (-1)
#define WISH_ENVIRONMENT  (-2)
#define WISH_SLURM        (-3) /* slurmctld says it of a job that is submitted */

#define WISH_GIVEN_MAX 32

struct wish_given {
	const char *name; /* "nodes"; static */
	char *value;      /* as it was written; NULL: has none */
	int where;
};

struct job_wish {
	uint32_t nodes, nodes_max; /* 0: not given, as everywhere below */
	uint32_t named_nodes;      /* of --nodelist */
	uint32_t tasks, cpus_per_task, tasks_per_node;
	uint64_t mem_mib_per_node, mem_mib_per_cpu; /* the later of the two holds */
	bool mem_all;                               /* --mem=0: all that a node has */
	int64_t time_limit_s;                       /* -1: unlimited; WISH_TIME_UNSET */
	char partition[256];                        /* may be several, "a,b"; "": not given */
	char constraint[256], account[64], job_name[128];
	bool exclusive;
	uint32_t gpus, gpus_per_node, gpus_per_task;
	bool array;
	int requeue; /* 0, 1; -1: not given */
	enum efa_mode efa;
	struct cost_limit cost;
	char *wrap; /* --wrap: the command that is the script; NULL */
	bool json;  /* --json, of ours */
	bool help;  /* --help: nothing is to be read any more */
	/* What was understood, each option once, in the order of their first mention. */
	struct wish_given given[WISH_GIVEN_MAX];
	size_t ngiven;
	struct strbuf notes; /* one a line: unknown options and the like */
};

void sbatch_wish_init(struct job_wish *wish);
void sbatch_wish_release(struct job_wish *wish);

struct sbatch_command {
	const char *script; /* NULL: none */
	int nargs;          /* words behind it, which are the script's */
	bool wrap;
};

/* ARGV[0] is the command's name. */
int sbatch_find_script(
	int argc, char *const *argv, struct sbatch_command *command, struct err *err);

/* Is TEXT what sbatch takes for a script? */
int sbatch_check_script(const char *text, size_t len, struct err *err);

/* Each ERR_USAGE with what sbatch would refuse, and where it stands. */
int sbatch_read_directives(struct job_wish *wish, const struct script *script, struct err *err);
int sbatch_read_environment(struct job_wish *wish, const char *const *env, struct err *err);
int sbatch_read_command(struct job_wish *wish, int argc, char *const *argv, struct err *err);

/* Note that option NAME (static) was given with VALUE (NULL: none), WHERE. For who has read it
 * elsewhere. */
int sbatch_given_add(
	struct job_wish *wish, const char *name, const char *value, int where, struct err *err);

/* "--nodes=16", as it would be written. */
void sbatch_given_format(const struct wish_given *given, struct strbuf *sb);

#endif
