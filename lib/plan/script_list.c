/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of commands. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script_internal.h"

void words_add(struct reader *r, struct words *w, const char *text)
{
	if (w->n == SCRIPT_WORDS_MAX) {
		r->all->script->truncated |= w->n >= SCRIPT_WORDS_MAX;
		return;
	}
	if (w->n == w->alloc) {
		size_t want = w->alloc ? w->alloc * 2 : 16;
		const char **bigger = realloc(w->v, want * sizeof(*bigger));

		if (!bigger) {
			r->all->failed = true;
			return;
		}
		w->v = bigger;
		w->alloc = want;
	}
	w->v[w->n++] = text;
}

static void words_clear(struct words *w)
{
	const char **v = w->v;
	size_t alloc = w->alloc;

	memset(w, 0, sizeof(*w));
	w->v = v;
	w->alloc = alloc;
}

/* --- assignments */

static void assign(
	struct reader *r, const char *text, const char *value, unsigned line, size_t command)
{
	size_t n = assignment_length(text);
	const char *name = arena_dup(r->all, text, n);
	const struct var *old = var_find(r->all, name);
	struct script_assignment *a;
	bool array = value[0] == '(';

	if (r->all->failed)
		return;
	if (array)
		value = arena_dup(r->all, value + 1, strlen(value + 1));
	if (command == SCRIPT_NO_COMMAND && !r->dead) {
		if (text[n] == '[') {
			/* one element: what the whole is now cannot be told */
			var_unset(r->all, name);
		} else {
			if (text[n] == '+' && old) {
				CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

				strbuf_addstr(&sb, old->value);
				if (array)
					strbuf_addch(&sb, ' ');
				strbuf_addstr(&sb, value);
				if (sb.len > SCRIPT_WORD_MAX)
					strbuf_setlen(&sb, SCRIPT_WORD_MAX);
				value = arena_dup(r->all, sb.buf, sb.len);
				array |= old->array;
				r->all->failed |= sb.failed;
			}
			var_set(r->all, name, value, array);
		}
	}
	a = assignment_add(r->all);
	if (a)
		*a = (struct script_assignment){.line = line,
			.name = name,
			.value = value,
			.command = command,
			.dead = r->dead};
}

/* export A=1 B=2, declare -x A=1, setenv A 1, set a = 1, unset A, read A. */
static void assigning_command(struct reader *r, const struct script_command *c)
{
	static const char *const declaring[] = {
		"export", "declare", "typeset", "local", "readonly"};
	const char *word = c->argv[0];

	for (size_t k = 0; k < ARRAY_SIZE(declaring); k++) {
		if (strcmp(word, declaring[k]))
			continue;
		for (size_t i = 1; i < c->argc; i++) {
			size_t n = assignment_length(c->argv[i]);

			if (n)
				assign(r, c->argv[i], strchr(c->argv[i] + n, '=') + 1, c->line,
					SCRIPT_NO_COMMAND);
		}
		return;
	}
	if (c->argc >= 2 && (!strcmp(word, "unset") || !strcmp(word, "read"))) {
		for (size_t i = 1; i < c->argc; i++)
			var_unset(r->all, c->argv[i]);
		return;
	}
	if (r->csh && c->argc >= 2 &&
		(!strcmp(word, "setenv") || !strcmp(word, "set") || !strcmp(word, "@"))) {
		const char *name = c->argv[1];
		const char *equals = strchr(name, '=');
		size_t at = c->argc > 2 && !strcmp(c->argv[2], "=") ? 3 : 2;
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		strbuf_add(&sb, name, equals ? (size_t)(equals - name) : strlen(name));
		strbuf_addch(&sb, '=');
		if (!sb.failed && assignment_length(sb.buf))
			assign(r, arena_dup(r->all, sb.buf, sb.len),
				equals         ? equals + 1
				: at < c->argc ? c->argv[at]
					       : "",
				c->line, SCRIPT_NO_COMMAND);
		r->all->failed |= sb.failed;
	}
}

/* --- what a command holds */

void list_read_held(struct reader *r, const char *text, size_t len, unsigned line, size_t within)
{
	struct reader *held;

	if (r->depth >= DEPTH_MAX || reading_stop(r->all, len)) {
		r->all->script->truncated = true;
		return;
	}
	held = calloc(1, sizeof(*held));
	if (!held) {
		r->all->failed = true;
		return;
	}
	held->all = r->all;
	held->p = text;
	held->end = text + len;
	held->line = line;
	held->dead = r->dead;
	held->depth = r->depth + 1;
	held->substituted = r->substituted;
	held->loops = r->loops;
	held->function = r->function;
	held->within = within;
	list_read(held, false);
	free(held);
}

/* Run by its name, is it a shell that reads it? Another program than the shell wants a "#!". */
static bool runs_by_shell(const struct script_file *file, bool by_shell)
{
	const char *eol = strchrnul(file->text, '\n');

	if (strncmp(file->text, "#!", 2))
		return by_shell;
	return eol - file->text > 4 &&
	       (!memcmp(eol - 2, "sh", 2) ||
		       memmem(file->text, eol - file->text, "sh -", 4) != NULL);
}

/* A file that the script wrote, where this command runs it: ./x.sh, bash x.sh, srun ./x.sh. */
static void read_own_file(struct reader *r, const struct script_command *c, size_t index)
{
	static const char *const idle[] = {
		"cat", "chmod", "rm", "cp", "mv", "ls", "echo", "sbatch", "touch", "sed", "qsub"};
	const struct script_file *file = NULL;

	if (!r->all->script->nfiles)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
		if (!strcmp(c->argv[0], idle[i]))
			return;
	for (size_t i = 0; i < c->argc && !file; i++) {
		bool by_shell = i &&
				(is_shell(c->argv[i - 1]) || !strcmp(c->argv[i - 1], "source") ||
					!strcmp(c->argv[i - 1], "."));

		file = script_find_file(r->all->script, c->argv[i]);
		if (file && !by_shell && !runs_by_shell(file, i == 0))
			file = NULL;
	}
	if (file)
		list_read_held(r, file->text, file->len, file->line, index);
}

/* sg GROUP -c TEXT, su USER -c TEXT: as which group or user does not matter here. */
static bool read_group_text(struct reader *r, const struct script_command *c, size_t index)
{
	if (strcmp(c->argv[0], "sg") && strcmp(c->argv[0], "su"))
		return false;
	for (size_t i = 1; i + 1 < c->argc; i++) {
		if (strcmp(c->argv[i], "-c"))
			continue;
		list_read_held(r, c->argv[i + 1], strlen(c->argv[i + 1]), c->line, index);
		return true;
	}
	return false;
}

/* "bash -c TEXT" anywhere among the words, "eval WORDS" and "sg GROUP -c TEXT" in front. */
static void read_inner_texts(struct reader *r, const struct script_command *c, size_t index)
{
	if (!strcmp(c->argv[0], "eval")) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		for (size_t i = 1; i < c->argc; i++)
			strbuf_addf(&sb, "%s%s", i > 1 ? " " : "", c->argv[i]);
		if (sb.failed)
			r->all->failed = true;
		else
			list_read_held(
				r, arena_dup(r->all, sb.buf, sb.len), sb.len, c->line, index);
		return;
	}
	if (read_group_text(r, c, index))
		return;
	for (size_t i = 0; i + 2 < c->argc; i++) {
		size_t k = i + 1;

		if (!is_shell(c->argv[i]))
			continue;
		while (k + 1 < c->argc && c->argv[k][0] == '-' && c->argv[k][1] != '-' &&
			!strchr(c->argv[k], 'c'))
			k++;
		if (k + 1 < c->argc && c->argv[k][0] == '-' && c->argv[k][1] != '-') {
			list_read_held(r, c->argv[k + 1], strlen(c->argv[k + 1]), c->line, index);
			return;
		}
	}
}

/* --- one command */

static void heredocs_belong(struct reader *r, size_t command)
{
	for (size_t i = r->nheredocs; i-- > 0;) {
		if (r->heredocs[i].command != SCRIPT_NO_COMMAND)
			break;
		r->heredocs[i].command = command;
	}
}

static bool ends_script(const struct reader *r, const struct script_command *c, bool replaced)
{
	return r->nblocks == 0 && !r->lost_blocks && !r->substituted && c->join == SCRIPT_NEXT &&
	       !c->background && !r->function && (replaced || !strcmp(c->argv[0], "exit"));
}

/* What is before the command's own name: "env A=1 nice". */
static const char *prefix_text(struct reader *r, const char *const *v, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&sb, "%s%s", i ? " " : "", v[i]);
	r->all->failed |= sb.failed;
	return arena_dup(r->all, sb.buf, sb.len);
}

static void add_command(struct reader *r, struct words *w, bool background)
{
	size_t skip = script_skip_prefix(w->n, w->v);
	size_t index = r->all->script->ncommands;
	struct script_command *c;
	struct script_command copy;
	const char **argv;

	if (skip == w->n)
		skip = 0;
	argv = arena_alloc(r->all, (w->n - skip + 1) * sizeof(*argv));
	c = command_add(r->all);
	if (!argv || !c)
		return;
	memcpy(argv, w->v + skip, (w->n - skip) * sizeof(*argv));
	*c = (struct script_command){
		.line = w->line,
		.argc = w->n - skip,
		.argv = argv,
		.prefix = prefix_text(r, w->v, skip),
		.join = r->join,
		.background = background,
		.loops = r->loops,
		.substituted = r->substituted > 0,
		.dead = r->dead,
		.function = r->function,
		.within = r->within,
		.stdin_text = w->stdin_text,
		.stdin_file = w->stdin_file,
		.stdout_file = w->stdout_file,
	};
	copy = *c; /* the table moves when it grows */
	heredocs_belong(r, index);
	for (size_t i = 0; i < w->nassigned; i++)
		assign(r, w->names[i], w->values[i], w->line, index);
	for (size_t i = 0; i < skip; i++) {
		size_t n = assignment_length(w->v[i]);

		if (n)
			assign(r, w->v[i], strchr(w->v[i] + n, '=') + 1, w->line, index);
	}
	if (r->nblocks && r->blocks[r->nblocks - 1].condition) {
		struct block *b = &r->blocks[r->nblocks - 1];

		b->known = !strcmp(argv[0], "true") || !strcmp(argv[0], ":") ||
			   !strcmp(argv[0], "false");
		b->truth = b->known && strcmp(argv[0], "false") != 0;
	}
	assigning_command(r, &copy);
	read_inner_texts(r, &copy, index);
	read_own_file(r, &copy, index);
	if (ends_script(r, &copy, skip && !strcmp(w->v[0], "exec")))
		r->dead = true;
}

/* End the command under way; SEPARATOR is what follows it. */
static void finish(struct reader *r, struct words *w, enum script_join next, bool background)
{
	if (w->n) {
		add_command(r, w, background);
	} else {
		for (size_t i = 0; i < w->nassigned; i++)
			assign(r, w->names[i], w->values[i], w->line, SCRIPT_NO_COMMAND);
		heredocs_belong(r, SCRIPT_NO_COMMAND - 1);
	}
	if (background)
		for (size_t i = r->list_first; i < r->all->script->ncommands; i++)
			r->all->script->commands[i].background = true;
	if (next == SCRIPT_NEXT)
		r->list_first = r->all->script->ncommands;
	r->join = next;
	words_clear(w);
}

void list_add_words(struct reader *r, const char **v, size_t n, unsigned line)
{
	struct words w = {.line = line};

	for (size_t i = 0; i < n; i++)
		words_add(r, &w, v[i]);
	if (w.n && !reading_stop(r->all, n))
		add_command(r, &w, false);
	free(w.v);
}

/* --- words into the command under way */

/* NAME=( … ): its elements, blank separated, behind a '('. */
static const char *read_array(struct reader *r)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	r->p++;
	strbuf_addch(&sb, '(');
	while (!reading_stop(r->all, 1)) {
		struct word w = {.text = STRBUF_INIT};
		const char *before;

		blank_skip(r, true);
		before = r->p;
		if (r->p == r->end || *r->p == ')')
			break;
		word_read(r, &w);
		if (w.text.len && sb.len + w.text.len < SCRIPT_WORD_MAX)
			strbuf_addf(&sb, "%s%s", sb.len > 1 ? " " : "", word_joined(r, &w));
		r->all->failed |= w.text.failed;
		strbuf_release(&w.text);
		if (r->p == before)
			r->p++;
	}
	if (r->p < r->end)
		r->p++;
	r->all->failed |= sb.failed;
	return arena_dup(r->all, sb.buf, sb.len);
}

static void add_split(struct reader *r, struct words *w, const struct word *word)
{
	const char *p = word->text.buf, *end = p + word->text.len;

	if (!word->text.len && word->quoted)
		words_add(r, w, "");
	while (p < end) {
		const char *split = memchr(p, SPLIT, end - p);
		size_t len = (split ? split : end) - p;

		if (len)
			words_add(r, w, arena_dup(r->all, p, len));
		p += len + (split != NULL);
	}
}

static bool function_follows(struct reader *r)
{
	const char *p = r->p;

	while (p < r->end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == r->end || *p != '(')
		return false;
	p++;
	while (p < r->end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == r->end || *p != ')')
		return false;
	r->p = p + 1;
	return true;
}

static void take_word(struct reader *r, struct words *w, size_t base)
{
	CLEANUP(strbuf_release) struct strbuf hold = STRBUF_INIT;
	struct word word = {.text = STRBUF_INIT};
	unsigned line = r->line;
	size_t n;

	word_read(r, &word);
	hold = word.text;
	if (hold.failed) {
		r->all->failed = true;
		return;
	}
	if (!w->n && !w->nassigned)
		w->line = line;
	if (!w->n && word.literal && !w->nassigned) {
		if (control_word(r, hold.buf, base))
			return;
		if (hold.len && !r->csh && function_follows(r)) {
			r->next_function = arena_dup(r->all, hold.buf, hold.len);
			return;
		}
	}
	n = assignment_length(hold.buf);
	if (n && hold.buf[hold.len - 1] == '=' && word.literal && r->p < r->end && *r->p == '(') {
		const char *value = read_array(r);

		if (w->n) {
			strbuf_addstr(&hold, value);
			words_add(r, w, arena_dup(r->all, hold.buf, hold.len));
		} else if (w->nassigned < ARRAY_SIZE(w->names)) {
			w->names[w->nassigned] = arena_dup(r->all, hold.buf, hold.len);
			w->values[w->nassigned++] = value;
		}
		return;
	}
	if (n && !w->n) {
		const char *text = word_joined(r, &word);

		if (w->nassigned < ARRAY_SIZE(w->names)) {
			w->names[w->nassigned] = text;
			w->values[w->nassigned++] = strchr(text + n, '=') + 1;
		}
		return;
	}
	if (n && w->n && !word.quoted) {
		/* export A=$B: no shell of today splits this one where it matters */
		words_add(r, w, word_joined(r, &word));
		return;
	}
	add_split(r, w, &word);
}

/* --- the list */

static void take_semicolon(struct reader *r, struct words *w, size_t base)
{
	struct block *b;

	finish(r, w, SCRIPT_NEXT, false);
	r->p++;
	if (r->p < r->end && (*r->p == ';' || *r->p == '&')) {
		while (r->p < r->end && (*r->p == ';' || *r->p == '&'))
			r->p++;
		b = block_top(r, BLOCK_CASE, base);
		if (b)
			b->pattern = true;
	}
}

static void take_ampersand(struct reader *r, struct words *w)
{
	if (r->end - r->p >= 2 && r->p[1] == '&') {
		r->p += 2;
		finish(r, w, SCRIPT_AND, false);
	} else if (r->end - r->p >= 2 && r->p[1] == '>') {
		redirect_read(r, w);
	} else {
		r->p++;
		finish(r, w, SCRIPT_NEXT, true);
	}
}

static void take_bar(struct reader *r, struct words *w)
{
	bool or = r->end - r->p >= 2 && r->p[1] == '|';

	r->p += 1 + (r->end - r->p >= 2 && (r->p[1] == '|' || r->p[1] == '&'));
	finish(r, w, or ? SCRIPT_OR : SCRIPT_PIPE, false);
}

static void take_open(struct reader *r, struct words *w)
{
	if (w->n || w->nassigned) {
		r->p++; /* makes no sense in a shell */
	} else if (r->end - r->p >= 2 && r->p[1] == '(') {
		r->p += 2;
		skip_past(r, "))");
	} else {
		r->p++;
		block_open(r, BLOCK_PAREN);
	}
}

static bool is_descriptor(const struct reader *r)
{
	const char *p = r->p;

	while (p < r->end && *p >= '0' && *p <= '9')
		p++;
	return p > r->p && p < r->end && (*p == '<' || *p == '>');
}

void list_read(struct reader *r, bool nested)
{
	size_t base = r->nblocks, list_first = r->list_first;
	enum script_join join = r->join;
	struct words w = {0};

	r->list_first = r->all->script->ncommands;
	r->join = SCRIPT_NEXT;
	while (r->p < r->end && !reading_stop(r->all, 1)) {
		struct block *b = block_top(r, BLOCK_CASE, base);
		char c;

		if (b && b->pattern)
			pattern_read(r, b);
		blank_skip(r, false);
		if (r->p == r->end)
			break;
		c = *r->p;
		if (c == '\n') {
			finish(r, &w, r->join == SCRIPT_NEXT || w.n ? SCRIPT_NEXT : r->join, false);
			r->p++;
			r->line++;
			heredocs_read(r);
		} else if (c == '#') {
			while (r->p < r->end && *r->p != '\n')
				r->p++;
		} else if (c == ';') {
			take_semicolon(r, &w, base);
		} else if (c == '&') {
			take_ampersand(r, &w);
		} else if (c == '|') {
			take_bar(r, &w);
		} else if (c == '(') {
			take_open(r, &w);
		} else if (c == ')') {
			finish(r, &w, SCRIPT_NEXT, false);
			r->p++;
			if (block_top(r, BLOCK_PAREN, base) || r->lost_blocks)
				block_close(r, BLOCK_PAREN, base);
			else if (nested)
				break;
		} else if (c == '<' || c == '>' || is_descriptor(r)) {
			redirect_read(r, &w);
		} else {
			take_word(r, &w, base);
		}
	}
	finish(r, &w, SCRIPT_NEXT, false);
	/* what was left open within $( ) ends with it */
	while (r->nblocks > base) {
		enum block_type type = r->blocks[r->nblocks - 1].type;

		block_close(r, type, base);
	}
	free(w.v);
	r->list_first = list_first;
	r->join = join;
}
