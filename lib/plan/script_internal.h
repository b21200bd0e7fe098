/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_internal: what the parts of the script reader share; nobody else includes it.
 *
 * script.c keeps the results and the bounds, script_word.c reads words and puts variables in,
 * script_list.c the lists of them, script_control.c the control words, script_redirect.c
 * redirections and here-documents, script_prefix.c knows the commands that
 * run another one, script_code.c finds the shell in other languages.
 */
#ifndef BURST_SCRIPT_INTERNAL_H
#define BURST_SCRIPT_INTERNAL_H

#include <stdint.h>

#include "lib/base/strbuf.h"
#include "lib/plan/script.h"

#define BLOCKS_MAX  64 /* open control structures; deeper ones are read as if they were flat */
#define DEPTH_MAX   12 /* $( ) in $( ), scripts in scripts */
#define VARS_MAX    4096
#define HEREDOC_MAX 16                /* begun on one line */
#define WORK_MAX    (8 * SCRIPT_MAX)  /* bytes looked at, those of held scripts each time */
#define ARENA_MAX   (24 * SCRIPT_MAX) /* bytes of results */

/* In a word under way: here the shell would split it. */
#define SPLIT '\1'

struct var {
	const char *name, *value;
	bool array;
};

/* One reading: shared by the readers of the script and of those that it holds. */
struct reading {
	struct script *script;
	size_t commands_alloc, assignments_alloc, files_alloc, imports_alloc, directives_alloc;
	struct var *vars; /* open hash of VARS_SLOTS */
	size_t nvars;
	size_t work;
	bool failed; /* memory lacks */
};

enum block_type { BLOCK_IF, BLOCK_LOOP, BLOCK_CASE, BLOCK_BRACE, BLOCK_PAREN };

struct block {
	enum block_type type;
	size_t first;      /* command */
	size_t list_first; /* of the list that the block is in */
	const char *function;
	bool dead; /* as it was outside */
	bool condition, known, truth;
	bool pattern; /* of case: a pattern comes next */
};

struct heredoc {
	const char *end; /* the word that ends it */
	bool tabs;       /* <<- */
	bool quoted;     /* nothing is put in */
	size_t command;
};

/* The command under way. */
struct words {
	const char **v;
	size_t n, alloc;
	size_t nassigned; /* NAME=VALUE before it, in names and values */
	const char *names[16], *values[16];
	const char *stdin_file, *stdout_file, *stdin_text;
	unsigned line;
};

/* Reads one text. */
struct reader {
	struct reading *all;
	const char *p, *end;
	unsigned line;
	bool csh;
	bool dead;
	unsigned depth;
	unsigned substituted;
	unsigned loops;
	size_t within;
	size_t list_first;
	const char *function, *next_function;
	enum script_join join;
	struct block blocks[BLOCKS_MAX];
	size_t nblocks, lost_blocks;
	struct heredoc heredocs[HEREDOC_MAX];
	size_t nheredocs;
};

/* --- script.c */
void *arena_alloc(struct reading *all, size_t size);
const char *arena_dup(struct reading *all, const char *text, size_t len);
/* True where reading must end: no memory, or a bound. Counts N bytes of work. */
bool reading_stop(struct reading *all, size_t n);
const struct var *var_find(const struct reading *all, const char *name);
void var_set(struct reading *all, const char *name, const char *value, bool array);
void var_unset(struct reading *all, const char *name);
/* NULL at a bound. */
struct script_command *command_add(struct reading *all);
struct script_assignment *assignment_add(struct reading *all);
struct script_file *file_add(struct reading *all);
struct script_import *import_add(struct reading *all);
struct script_directive *directive_add(struct reading *all);

/* --- script_word.c */
struct word {
	struct strbuf text; /* with SPLIT */
	bool literal;       /* neither quoted nor put in: may be a control word */
	bool quoted;
	bool braced; /* ends at a '}' */
};
/* One word at r->p, which is at none of the characters that end one. */
void word_read(struct reader *r, struct word *w);
/* The length of a name at P. */
size_t name_length(const char *p, const char *end);
/* SPLITs to blanks, into the arena. */
const char *word_joined(struct reader *r, const struct word *w);
/* [A-Za-z_][A-Za-z0-9_]*=, or [..]= or += after the name; 0: it is none, else the name's length. */
size_t assignment_length(const char *text);

/* --- script_list.c */
/* TEXT, which stays, as a further word of W. */
void words_add(struct reader *r, struct words *w, const char *text);
/* Read commands to the end, or to the ')' of the $( in which NESTED began. */
void list_read(struct reader *r, bool nested);
/* TEXT as a script within the command WITHIN. */
void list_read_held(struct reader *r, const char *text, size_t len, unsigned line, size_t within);
/* A command with these words, as if it stood in the script. */
void list_add_words(struct reader *r, const char **v, size_t n, unsigned line);

/* --- script_control.c */
void block_open(struct reader *r, enum block_type type);
/* The innermost open block of TYPE and all in it, but none of the first BASE. */
void block_close(struct reader *r, enum block_type type, size_t base);
/* The innermost block if it is of TYPE and not one of the first BASE; else NULL. */
struct block *block_top(struct reader *r, enum block_type type, size_t base);
/* WORD stands where a command begins: if it is a control word, deal with it; true: it was. */
bool control_word(struct reader *r, const char *word, size_t base);
/* In a case, before a pattern: to behind its ')', or to before esac. */
void pattern_read(struct reader *r, struct block *b);
/* Blanks and continued lines; LINES: also ends of lines and comments. */
void blank_skip(struct reader *r, bool lines);
/* To behind the next CLOSE. */
void skip_past(struct reader *r, const char *close);

/* --- script_redirect.c */
void redirect_read(struct reader *r, struct words *w);
/* The here-documents of the line that has just ended. */
void heredocs_read(struct reader *r);
/* A command's name that runs the file, or text, that it is given: "bash". */
bool is_shell(const char *word);

/* --- script_code.c */
void code_read(struct reader *r);

#endif
