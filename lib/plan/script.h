/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script: what a batch script says, read as a shell reads it, without running anything.
 *
 * Comments, quotes, continued lines, here-documents, variables with the values assigned so far,
 * arithmetic, lists, pipes, subshells, $( ), functions and control words; "bash -c", eval, scripts
 * that the script itself writes (cat >x.sh <<EOF) and then runs, and the shell commands in Python,
 * Perl, R, Julia and csh scripts. What cannot be known (a command's output, an unset variable)
 * stays in the word as it is written, "${NAME}" or "$(…)".
 *
 * Never fails on strange input: what makes no sense is read as far as it does. Bounded in size,
 * words, depth and work. Pure but for memory:
 *
 *	struct script s;
 *
 *	if (script_read(text, len, vars, &s, err) < 0)
 *		return -1; // out of memory
 *	for (size_t i = 0; i < s.ncommands; i++)
 *		... s.commands[i].argv[0] ...
 *	script_release(&s);
 */
#ifndef BURST_SCRIPT_H
#define BURST_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

#define SCRIPT_MAX          (1024 * 1024) /* bytes that are read; sbatch takes 4 MiB by default */
#define SCRIPT_COMMANDS_MAX 10000
#define SCRIPT_WORDS_MAX    512  /* of one command; the rest is left out */
#define SCRIPT_WORD_MAX     4096 /* bytes of one word; the rest is left out */
#define SCRIPT_FILES_MAX    256  /* written by here-documents; further ones are not kept */

/* By the first line, "#!". */
enum script_lang {
	SCRIPT_SH, /* sh, bash, ksh, zsh, and what has no or an unknown first line */
	SCRIPT_CSH,
	SCRIPT_PYTHON,
	SCRIPT_PERL,
	SCRIPT_R,
	SCRIPT_JULIA,
	SCRIPT_OTHER, /* another program's language: directives only */
};

/* One option line, "#SBATCH -N 4 --exclusive", as sbatch splits it. Only those before the first
 * command, in any language. */
struct script_directive {
	unsigned line;
	size_t argc;
	const char *const *argv; /* without "#SBATCH" */
	char open_quote;         /* of the line, which sbatch refuses; NUL: each is closed */
};

enum script_join { /* how a command follows the one before it */
	SCRIPT_NEXT,
	SCRIPT_AND,  /* && */
	SCRIPT_OR,   /* || */
	SCRIPT_PIPE, /* | */
};

#define SCRIPT_NO_COMMAND ((size_t)-1)

struct script_command {
	unsigned line;
	/* The words, never none, without redirections, assignments before them and prefixes. */
	size_t argc;
	const char *const *argv;
	const char *prefix; /* "env OMP_NUM_THREADS=4 numactl -i all"; "" without */
	enum script_join join;
	bool background;        /* followed by &, itself or the group that it is in */
	unsigned loops;         /* it is inside of so many loops … */
	bool background_loop;   /* … of which one is in the background or has a & in it */
	bool substituted;       /* in $( ), `` or <( ) */
	bool dead;              /* behind exit, or under "if false" */
	const char *function;   /* of whose body it is; NULL: of none */
	size_t within;          /* the command that holds it (bash -c, a file that is run), or
				 * SCRIPT_NO_COMMAND */
	const char *stdin_text; /* its here-document or <<<; NULL: none */
	const char *stdin_file; /* of "<"; NULL: none */
	const char *stdout_file;
};

/* NAME=VALUE, export, declare, setenv, set; also those before a command. */
struct script_assignment {
	unsigned line;
	const char *name, *value;
	size_t command; /* for this command only; SCRIPT_NO_COMMAND: for the rest */
	bool dead;
};

/* A file that the script writes by a here-document. */
struct script_file {
	unsigned line; /* where its text begins */
	const char *name, *text;
	size_t len;
};

/* What a program of another language takes in: "import mpi4py", library(Rmpi), using MPI. */
struct script_import {
	unsigned line;
	const char *name;
};

struct script {
	enum script_lang lang;
	const char *interpreter; /* the words after "#!"; "" without */
	struct script_directive *directives;
	size_t ndirectives;
	unsigned foreign; /* the first line of "#PBS" or "#BSUB" among them; 0: none */
	struct script_command *commands; /* in order of their beginnings; those of a held script
					  * behind the command that holds it */
	size_t ncommands;
	struct script_assignment *assignments;
	size_t nassignments;
	struct script_file *files;
	size_t nfiles;
	struct script_import *imports;
	size_t nimports;
	bool truncated; /* a bound was met: something is left out */
	struct script_arena *arena;
};

/*
 * Read TEXT of LEN bytes. VARS: variables that are set beforehand, "NAME=VALUE" …, NULL; may be
 * NULL. 0, or -1 where memory lacks (SCRIPT is then empty). SCRIPT borrows nothing of TEXT.
 */
int script_read(const char *text, size_t len, const char *const *vars, struct script *script,
	struct err *err);

/* The directives alone: cheap, and enough where only nodes and tasks are asked for. */
int script_read_directives(const char *text, size_t len, struct script *script, struct err *err);

void script_release(struct script *script);

/*
 * The first of the ARGC words that is not a prefix: NAME=VALUE, env, nice, time, exec, nohup,
 * numactl, timeout, taskset, profilers, "conda run" and the like with their options. ARGC where
 * nothing else is there.
 */
size_t script_skip_prefix(size_t argc, const char *const *argv);

/* The command that VALUE is the path of: what follows the last '/', without ".exe". Into BUF. */
const char *script_basename(const char *value, char *buf, size_t size);

/* Is WORD one of those in LIST, which blanks separate? */
bool script_listed(const char *list, const char *word);

/* What the script gives NAME last, the dead left out; NULL: nothing. */
const char *script_value(const struct script *script, const char *name);

/* The text of the file NAME ("./x" is "x") that the script writes; NULL: it does not. */
const struct script_file *script_find_file(const struct script *script, const char *name);

#endif
