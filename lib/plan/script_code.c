/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python, Perl, R and Julia: what a program takes in, and the shell commands that it starts.
 *
 * No parser of these languages: their comments, strings, names and brackets are told apart, which
 * is enough to find system("…"), subprocess.run(["srun", …]) and run(`mpiexec …`), and not to take
 * comments and texts for commands.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script_internal.h"

#define LIST_MAX 128

static bool starting(const char *name)
{
	static const char *const calls[] = {"os.system", "os.popen", "subprocess.run",
		"subprocess.call", "subprocess.check_call", "subprocess.check_output",
		"subprocess.Popen", "sp.run", "sp.call", "sp.check_call", "sp.check_output",
		"sp.Popen", "Popen", "check_call", "check_output", "system", "system2", "exec",
		"qx", "shell", "sh", "run", "pipeline"};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(name, calls[i]))
			return true;
	return false;
}

static bool at(const struct reader *r, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(r->end - r->p) >= len && !memcmp(r->p, text, len);
}

static void skip_to(struct reader *r, const char *close)
{
	size_t len = strlen(close);

	while (r->p < r->end && !reading_stop(r->all, 1)) {
		if (at(r, close)) {
			r->p += len;
			return;
		}
		r->line += *r->p == '\n';
		r->p++;
	}
}

static void skip_comment(struct reader *r)
{
	while (r->p < r->end && *r->p != '\n')
		r->p++;
}

static bool line_begins(const struct reader *r, const char *text)
{
	return r->p[-1] == '\n' && at(r, text);
}

/* Blanks, comments; NEWLINES: across lines. */
static void skip_space(struct reader *r, bool newlines)
{
	enum script_lang lang = r->all->script->lang;

	while (r->p < r->end) {
		if (lang == SCRIPT_JULIA && at(r, "#=")) {
			skip_to(r, "=#");
		} else if (*r->p == '#') {
			skip_comment(r);
		} else if (lang == SCRIPT_PERL && *r->p == '=' && r->line > 1 &&
			   line_begins(r, "=") &&
			   isalpha((unsigned char)(at(r, "=cut") ? '0' : r->p[1]))) {
			skip_to(r, "\n=cut");
			r->line++;
		} else if (*r->p == '\n') {
			if (!newlines)
				return;
			r->line++;
			r->p++;
		} else if (isspace((unsigned char)*r->p) || *r->p == '\\' || !*r->p) {
			r->p++;
		} else {
			return;
		}
	}
}

/* A string at r->p; prefixes such as f and r have been taken for a name. NULL: none is here. */
static const char *read_string(struct reader *r)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	bool julia = r->all->script->lang == SCRIPT_JULIA;
	const char *close;
	char quote;

	if (r->p == r->end || !strchr("\"'`", *r->p))
		return NULL;
	quote = *r->p;
	close = quote == '"' ? "\"" : quote == '\'' ? "'" : "`";
	if (at(r, "\"\"\""))
		close = "\"\"\"";
	else if (at(r, "'''"))
		close = "'''";
	if (julia && quote == '\'') {
		/* a transposed matrix more often than a character */
		r->p++;
		return "";
	}
	r->p += strlen(close);
	while (r->p < r->end && !at(r, close) && !reading_stop(r->all, 1)) {
		char c = *r->p++;

		if (c == '\n') {
			r->line++;
			if (close[1] == '\0' && r->all->script->lang == SCRIPT_PYTHON)
				break;
		}
		if (c == '\\' && r->p < r->end) {
			c = *r->p++;
			r->line += c == '\n';
			if (c == '\n')
				continue;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		if (sb.len < SCRIPT_MAX / 16)
			strbuf_addch(&sb, c);
	}
	if (at(r, close))
		r->p += strlen(close);
	r->all->failed |= sb.failed;
	return arena_dup(r->all, sb.buf, sb.len);
}

/* A name with its dots and colons: "subprocess.run". Into BUF; its length. */
static size_t read_name(struct reader *r, char *buf, size_t size)
{
	size_t n = 0;

	while (r->p < r->end &&
		(isalnum((unsigned char)*r->p) || *r->p == '_' || *r->p == '.' ||
			(*r->p == '!' && n && r->all->script->lang == SCRIPT_JULIA))) {
		if (n + 1 < size)
			buf[n++] = *r->p;
		r->p++;
	}
	buf[n] = '\0';
	return n;
}

/* [ "a", b, str(4) ] or c("a", b): into words; what is no text becomes "${?}". */
static size_t read_list(struct reader *r, const char **v, char close)
{
	unsigned depth = 0;
	bool filled = false;
	size_t n = 0;

	r->p++;
	while (r->p < r->end && n < LIST_MAX && !reading_stop(r->all, 1)) {
		const char *text;

		skip_space(r, true);
		if (r->p == r->end)
			break;
		if (!depth && isalpha((unsigned char)*r->p) && r->end - r->p > 2 &&
			(strchr("\"'", r->p[1]) ||
				(isalpha((unsigned char)r->p[1]) && strchr("\"'", r->p[2]))))
			r->p += strchr("\"'", r->p[1]) ? 1 : 2; /* f"…", rb"…" */
		text = depth ? NULL : read_string(r);
		if (text) {
			v[n++] = text;
			filled = true;
			continue;
		}
		if (*r->p == close && !depth) {
			r->p++;
			break;
		}
		if (*r->p == ',' && !depth) {
			filled = false;
		} else if (strchr("([{", *r->p)) {
			depth++;
		} else if (strchr(")]}", *r->p)) {
			depth -= depth > 0;
		} else if (!filled) {
			v[n++] = "${?}";
			filled = true;
		}
		if (isalnum((unsigned char)*r->p)) {
			char skip[64];

			read_name(r, skip, sizeof(skip));
		} else {
			r->p++;
		}
	}
	return n;
}

/* NAME, if it has a known text. */
static void run_variable(struct reader *r, const char *name, unsigned line)
{
	const struct var *var = var_find(r->all, name);

	if (var)
		list_read_held(r, var->value, strlen(var->value), line, SCRIPT_NO_COMMAND);
}

static const char *joined(struct reader *r, const char **v, size_t n)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < n && sb.len < SCRIPT_WORD_MAX; i++)
		strbuf_addf(&sb, "%s%s", i ? " " : "", v[i]);
	r->all->failed |= sb.failed;
	return arena_dup(r->all, sb.buf, sb.len);
}

/* Behind the '(' of a call that starts a command. */
static void run_arguments(struct reader *r)
{
	bool julia = r->all->script->lang == SCRIPT_JULIA;
	const char *v[LIST_MAX + 1], *text;
	unsigned line = r->line;
	char name[64];
	size_t n;

	skip_space(r, true);
	if (r->p == r->end)
		return;
	if (*r->p == '[') {
		n = read_list(r, v, ']');
		list_add_words(r, v, n, line);
		return;
	}
	text = read_string(r);
	if (text && !julia) {
		/* system2("srun", c("-n", "4", "x")) */
		skip_space(r, true);
		if (r->all->script->lang != SCRIPT_PYTHON && at(r, ",")) {
			r->p++;
			v[0] = text;
			n = 1 + read_list(r, v + 1, ')');
			list_add_words(r, v, n, line);
			return;
		}
	}
	if (text) {
		list_read_held(r, text, strlen(text), line, SCRIPT_NO_COMMAND);
		return;
	}
	n = read_name(r, name, sizeof(name));
	if (!n)
		return;
	text = read_string(r);
	if (text && n <= 2)
		list_read_held(r, text, strlen(text), line, SCRIPT_NO_COMMAND);
	else if (!text)
		run_variable(r, name, line);
}

static void add_import(struct reader *r, const char *name, size_t len, unsigned line)
{
	struct script_import *import = len ? import_add(r->all) : NULL;

	if (import)
		*import = (struct script_import){
			.line = line, .name = arena_dup(r->all, name, len)};
}

/* import a, b as c; from x import y; using MPI; use X; library(X). R->p is behind NAME. */
static bool read_import(struct reader *r, const char *name)
{
	static const struct {
		const char *word;
		enum script_lang lang;
		bool several;
	} words[] = {
		{"import", SCRIPT_PYTHON, true},
		{"from", SCRIPT_PYTHON, false},
		{"using", SCRIPT_JULIA, true},
		{"import", SCRIPT_JULIA, true},
		{"use", SCRIPT_PERL, false},
		{"library", SCRIPT_R, false},
		{"require", SCRIPT_R, false},
	};
	unsigned line = r->line;
	bool several = true;
	char buf[128];

	for (size_t i = 0;; i++) {
		if (i == ARRAY_SIZE(words))
			return false;
		if (words[i].lang == r->all->script->lang && !strcmp(words[i].word, name)) {
			several = words[i].several;
			break;
		}
	}
	do {
		size_t n;

		while (r->p < r->end && strchr(" \t(\"',", *r->p))
			r->p++;
		n = read_name(r, buf, sizeof(buf));
		add_import(r, buf, n, line);
		while (r->p < r->end && *r->p == ' ')
			r->p++;
		if (at(r, "as ")) {
			r->p += 3;
			read_name(r, buf, sizeof(buf));
		}
	} while (several && r->p < r->end && *r->p == ',');
	if (!several || r->all->script->lang == SCRIPT_PYTHON)
		skip_comment(r);
	return true;
}

/* `…` is a command in Perl and Julia by itself; R->p is behind it. */
static void run_backticks(struct reader *r, const char *text, unsigned line)
{
	enum script_lang lang = r->all->script->lang;

	if (r->p[-1] == '`' && (lang == SCRIPT_PERL || lang == SCRIPT_JULIA))
		list_read_held(r, text, strlen(text), line, SCRIPT_NO_COMMAND);
}

/* NAME = "text" or [ … ]: a command that is run later. */
static void read_assignment(struct reader *r, const char *name)
{
	const char *v[LIST_MAX], *text;
	unsigned line = r->line;
	char skip[8];

	r->p++;
	skip_space(r, false);
	if (r->p == r->end)
		return;
	if (*r->p == '[') {
		size_t n = read_list(r, v, ']');

		text = n ? joined(r, v, n) : NULL;
	} else {
		const char *before = r->p;

		if (read_name(r, skip, sizeof(skip)) > 2)
			r->p = before;
		text = read_string(r);
		if (!text)
			r->p = before;
		else
			run_backticks(r, text, line);
	}
	if (text && strlen(text) <= SCRIPT_WORD_MAX)
		var_set(r->all, name, text, false);
	else
		var_unset(r->all, name);
}

void code_read(struct reader *r)
{
	enum script_lang lang = r->all->script->lang;

	skip_comment(r);
	while (r->p < r->end && !reading_stop(r->all, 1)) {
		bool statement;
		char name[128];
		const char *text;
		unsigned line;

		skip_space(r, true);
		if (r->p == r->end)
			return;
		line = r->line;
		statement = r->p[-1] == '\n' || r->p[-1] == ' ' || r->p[-1] == '\t' ||
			    r->p[-1] == ';';
		text = read_string(r);
		if (text) {
			run_backticks(r, text, line);
			continue;
		}
		if (!read_name(r, name, sizeof(name))) {
			r->p++;
			continue;
		}
		if (statement && read_import(r, name))
			continue;
		while (r->p < r->end && *r->p == ' ')
			r->p++;
		if (at(r, "(") && starting(name)) {
			r->p++;
			run_arguments(r);
		} else if (lang == SCRIPT_PERL && starting(name) && (at(r, "\"") || at(r, "'"))) {
			run_arguments(r);
		} else if ((at(r, "=") && !at(r, "==")) || (lang == SCRIPT_R && at(r, "<-"))) {
			r->p += lang == SCRIPT_R && at(r, "<-");
			read_assignment(r, name);
		}
	}
}
