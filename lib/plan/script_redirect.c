/* SPDX-License-Identifier: Apache-2.0 */
/* Redirections and here-documents. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script_internal.h"

bool is_shell(const char *word)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ksh", "zsh"};
	const char *slash = strrchr(word, '/');

	word = slash ? slash + 1 : word;
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (!strcmp(word, shells[i]))
			return true;
	return false;
}

static bool at(const struct reader *r, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(r->end - r->p) >= len && !memcmp(r->p, text, len);
}

static const char *target_read(struct reader *r, bool *quoted)
{
	struct word w = {.text = STRBUF_INIT};
	const char *text;

	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
	word_read(r, &w);
	text = word_joined(r, &w);
	if (quoted)
		*quoted = w.quoted;
	r->all->failed |= w.text.failed;
	strbuf_release(&w.text);
	return text;
}

static void heredoc_begin(struct reader *r)
{
	struct heredoc h = {.command = SCRIPT_NO_COMMAND};

	r->p += 2;
	if (at(r, "-")) {
		h.tabs = true;
		r->p++;
	}
	h.end = target_read(r, &h.quoted);
	if (r->nheredocs < HEREDOC_MAX)
		r->heredocs[r->nheredocs++] = h;
	else
		r->all->script->truncated = true;
}

/* <( ) and >( ), at r->p: the shell puts a file's name there. */
static bool process_read(struct reader *r)
{
	if (!at(r, "<(") && !at(r, ">("))
		return false;
	r->p += 2;
	if (r->depth < DEPTH_MAX) {
		r->depth++;
		r->substituted++;
		list_read(r, true);
		r->substituted--;
		r->depth--;
	} else {
		r->all->script->truncated = true;
	}
	return true;
}

void redirect_read(struct reader *r, struct words *w)
{
	/* a word of its own, but in --hostfile=<( ) */
	bool apart = w->n && isspace((unsigned char)r->p[-1]);
	bool input = false, output = true, other = false;

	while (r->p < r->end && isdigit((unsigned char)*r->p)) {
		other |= *r->p > '1';
		r->p++;
	}
	if (at(r, "<<<")) {
		r->p += 3;
		w->stdin_text = target_read(r, NULL);
		return;
	}
	if (at(r, "<<")) {
		heredoc_begin(r);
		return;
	}
	if (process_read(r)) {
		if (apart)
			words_add(r, w, "/dev/fd/63");
		return;
	}
	if (at(r, "<")) {
		input = true;
		output = false;
	}
	while (r->p < r->end && (*r->p == '&' || *r->p == '<' || *r->p == '>' || *r->p == '|'))
		r->p++;
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
	/* done < <(list): a file of no name */
	if (process_read(r))
		return;
	if (input)
		w->stdin_file = target_read(r, NULL);
	else if (output && !other)
		w->stdout_file = target_read(r, NULL);
	else
		target_read(r, NULL);
}

/* An unquoted here-document: "\$" stands for "$". What would be put in stays as written: it is put
 * in where the text is read. */
static const char *unescaped(struct reader *r, const char *text, size_t *len)
{
	char *copy = arena_alloc(r->all, *len + 1);
	size_t n = 0;

	if (!copy)
		return "";
	for (size_t i = 0; i < *len; i++) {
		if (text[i] == '\\' && i + 1 < *len && strchr("$`\\", text[i + 1]))
			i++;
		copy[n++] = text[i];
	}
	*len = n;
	return copy;
}

static const char *without_tabs(struct reader *r, const char *text, size_t *len)
{
	char *copy = arena_alloc(r->all, *len + 1);
	bool begin = true;
	size_t n = 0;

	if (!copy)
		return "";
	for (size_t i = 0; i < *len; i++) {
		if (begin && text[i] == '\t')
			continue;
		begin = text[i] == '\n';
		copy[n++] = text[i];
	}
	*len = n;
	return copy;
}

/* What becomes of TEXT: a file by cat or tee, or a shell's commands. */
static void heredoc_use(
	struct reader *r, size_t command, const char *text, size_t len, unsigned line)
{
	struct script_command *c = &r->all->script->commands[command];
	const char *name = c->stdout_file;
	struct script_file *file;

	c->stdin_text = text;
	if (!strcmp(c->argv[0], "tee"))
		for (size_t i = 1; i < c->argc && !name; i++)
			if (c->argv[i][0] != '-')
				name = c->argv[i];
	if (name && (!strcmp(c->argv[0], "tee") || !strcmp(c->argv[0], "cat"))) {
		file = c->dead ? NULL : file_add(r->all);
		if (file)
			*file = (struct script_file){
				.line = line, .name = name, .text = text, .len = len};
		return;
	}
	/* bash, bash -s, srun bash: without a file of its own */
	for (size_t i = c->argc; i-- > 0;) {
		if (is_shell(c->argv[i])) {
			list_read_held(r, text, len, line, command);
			return;
		}
		if (c->argv[i][0] != '-' || strchr(c->argv[i], 'c'))
			return;
	}
}

static void heredoc_read(struct reader *r, const struct heredoc *h)
{
	const char *start = r->p, *text;
	unsigned line = r->line;
	size_t end_len = strlen(h->end), len;

	while (r->p < r->end) {
		const char *eol = memchr(r->p, '\n', r->end - r->p), *p = r->p, *q;

		if (!eol)
			eol = r->end;
		if (reading_stop(r->all, eol - r->p))
			return;
		while (h->tabs && p < eol && *p == '\t')
			p++;
		q = eol > p && eol[-1] == '\r' ? eol - 1 : eol;
		if ((size_t)(q - p) == end_len && !memcmp(p, h->end, end_len))
			break;
		r->p = eol < r->end ? eol + 1 : eol;
		r->line++;
	}
	len = r->p - start;
	if (r->p < r->end) {
		const char *eol = memchr(r->p, '\n', r->end - r->p);

		r->p = eol ? eol + 1 : r->end;
		r->line++;
	}
	text = h->quoted ? arena_dup(r->all, start, len) : unescaped(r, start, &len);
	if (h->tabs)
		text = without_tabs(r, text, &len);
	if (!r->all->failed && h->command < r->all->script->ncommands)
		heredoc_use(r, h->command, text, len, line);
}

void heredocs_read(struct reader *r)
{
	for (size_t i = 0; i < r->nheredocs; i++)
		heredoc_read(r, &r->heredocs[i]);
	r->nheredocs = 0;
}
