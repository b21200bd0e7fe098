/* SPDX-License-Identifier: Apache-2.0 */
/* Words: quotes, and what is put in. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script_internal.h"

#define NAME_MAX_LEN 128

static bool is_name(char c, bool first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!first && c >= '0' && c <= '9');
}

size_t name_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && is_name(p[n], n == 0))
		n++;
	return n;
}

size_t assignment_length(const char *text)
{
	size_t n = name_length(text, text + strlen(text));
	const char *p = text + n;

	if (!n)
		return 0;
	if (*p == '[') {
		p = strchr(p, ']');
		if (!p)
			return 0;
		p++;
	}
	if (*p == '+')
		p++;
	return *p == '=' ? n : 0;
}

/* strchr() finds the NUL, too. */
static bool one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static void put(struct word *w, char c)
{
	if (w->text.len < SCRIPT_WORD_MAX)
		strbuf_addch(&w->text, c);
}

static void put_text(struct word *w, const char *text, size_t len)
{
	if (w->text.len + len > SCRIPT_WORD_MAX)
		len = SCRIPT_WORD_MAX - w->text.len;
	strbuf_add(&w->text, text, len);
}

/* Behind the ')' of the "$(" at P; P itself where it lacks one. */
static const char *behind_substitution(const char *p)
{
	const char *start = p;
	unsigned depth = 1;

	for (p += 2; *p && depth; p++) {
		depth += *p == '(';
		depth -= *p == ')';
	}
	return depth ? start : p;
}

/* VALUE as the shell puts it in: blanks of an unquoted one split the word, but not those of a
 * $( ) whose output cannot be told, which stands for one word. Work, because a word of two bytes
 * may stand for thousands. */
static void put_value(struct reader *r, struct word *w, const char *value, bool quoted)
{
	const char *start = value, *whole = value;
	bool open = false; /* a "$(" without its ')': those behind it need no look */

	for (; *value && w->text.len < SCRIPT_WORD_MAX; value++) {
		if (value >= whole && value[0] == '$' && value[1] == '(' && !quoted && !open) {
			whole = behind_substitution(value);
			open = whole == value;
		}
		put(w, !quoted && value >= whole && isspace((unsigned char)*value) ? SPLIT
										   : *value);
	}
	reading_stop(r->all, (size_t)(value - start));
}

const char *word_joined(struct reader *r, const struct word *w)
{
	char *copy = arena_alloc(r->all, w->text.len + 1);

	if (!copy)
		return "";
	for (size_t i = 0; i < w->text.len; i++)
		copy[i] = w->text.buf[i] == SPLIT ? ' ' : w->text.buf[i];
	return copy;
}

/* --- arithmetic: what job scripts compute, numbers of nodes and ranks */

struct sum {
	struct reader *r;
	const char *p, *end;
	bool bad;
	unsigned depth;
};

static int64_t sum_expr(struct sum *s, int level);

static int64_t sum_number(struct sum *s, const char *text)
{
	char *end;
	long long value = strtoll(text, &end, 0);

	while (isspace((unsigned char)*end))
		end++;
	if (reading_stop(s->r->all, strlen(text)))
		s->bad = true;
	if (end == text || *end || value > INT32_MAX || value < INT32_MIN)
		s->bad = true;
	return s->bad ? 0 : value;
}

static void sum_blank(struct sum *s)
{
	while (s->p < s->end && isspace((unsigned char)*s->p))
		s->p++;
}

static int64_t sum_atom(struct sum *s)
{
	char text[NAME_MAX_LEN];
	const struct var *var;
	bool braced = false;
	int64_t value;
	size_t n;

	sum_blank(s);
	if (s->p == s->end || s->depth > 32) {
		s->bad = true;
		return 0;
	}
	if (*s->p == '(' || *s->p == '-' || *s->p == '+') {
		char c = *s->p++;

		s->depth++;
		value = c == '(' ? sum_expr(s, 0) : sum_atom(s);
		s->depth--;
		sum_blank(s);
		if (c == '(') {
			if (s->p == s->end || *s->p != ')')
				s->bad = true;
			else
				s->p++;
		}
		return c == '-' ? -value : value;
	}
	if (*s->p == '$') {
		s->p++;
		if (s->p < s->end && *s->p == '{') {
			braced = true;
			s->p++;
		}
	}
	n = 0;
	while (s->p + n < s->end && is_name(s->p[n], false))
		n++;
	if (!n || n >= sizeof(text)) {
		s->bad = true;
		return 0;
	}
	memcpy(text, s->p, n);
	text[n] = '\0';
	s->p += n;
	if (braced) {
		/* ${NAME} only: an operator in it is more than we can know */
		if (s->p == s->end || *s->p != '}')
			s->bad = true;
		else
			s->p++;
	}
	if (text[0] >= '0' && text[0] <= '9')
		return sum_number(s, text);
	var = var_find(s->r->all, text);
	if (!var) {
		s->bad = true;
		return 0;
	}
	return sum_number(s, var->value);
}

static int64_t sum_expr(struct sum *s, int level)
{
	int64_t left, right;

	left = level ? sum_atom(s) : sum_expr(s, 1);
	for (;;) {
		char c;

		sum_blank(s);
		if (s->bad || s->p == s->end)
			return left;
		c = *s->p;
		if (!one_of(c, level ? "*/%" : "+-"))
			return left;
		s->p++;
		right = level ? sum_atom(s) : sum_expr(s, 1);
		if ((c == '/' || c == '%') && !right)
			s->bad = true;
		if (s->bad)
			return 0;
		left = c == '*'   ? left * right
		       : c == '/' ? left / right
		       : c == '%' ? left % right
		       : c == '+' ? left + right
				  : left - right;
		if (left > INT32_MAX || left < INT32_MIN)
			s->bad = true;
	}
}

/* $(( at r->p, which is behind it. */
static void put_arithmetic(struct reader *r, struct word *w)
{
	const char *start = r->p, *p = r->p;
	unsigned depth = 2;
	struct sum s = {.r = r};
	int64_t value;
	char text[32];

	while (p < r->end && depth) {
		depth += *p == '(';
		depth -= *p == ')';
		r->line += *p == '\n';
		p++;
	}
	r->p = p;
	s.p = start;
	s.end = depth ? p : p - 2;
	value = s.end > s.p ? sum_expr(&s, 0) : 0;
	sum_blank(&s);
	if (s.end <= start || s.p != s.end || s.bad) {
		put_text(w, "$((", 3);
		put_text(w, start, p - start);
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, value);
	put_text(w, text, strlen(text));
}

/* --- $( ) and `` */

/* The one command of a substitution whose output can be told: which X, echo X. */
static bool put_known_output(struct reader *r, struct word *w, size_t first, bool quoted)
{
	const struct script *s = r->all->script;
	const struct script_command *c;
	size_t i;

	if (s->ncommands != first + 1)
		return false;
	c = &s->commands[first];
	if (c->argc < 2)
		return false;
	if (!strcmp(c->argv[0], "which") || !strcmp(c->argv[0], "command") ||
		!strcmp(c->argv[0], "type")) {
		put_value(r, w, c->argv[c->argc - 1], quoted);
		return true;
	}
	if (strcmp(c->argv[0], "echo"))
		return false;
	for (i = 1 + !strcmp(c->argv[1], "-n"); i < c->argc; i++) {
		put_value(r, w, c->argv[i], quoted);
		if (i + 1 < c->argc)
			put(w, quoted ? ' ' : SPLIT);
	}
	return true;
}

static void put_substitution(struct reader *r, struct word *w, bool quoted)
{
	const char *start = r->p; /* behind "$(" */
	size_t first = r->all->script->ncommands;

	if (r->depth >= DEPTH_MAX) {
		r->all->script->truncated = true;
		return;
	}
	r->depth++;
	r->substituted++;
	list_read(r, true);
	r->substituted--;
	r->depth--;
	if (put_known_output(r, w, first, quoted))
		return;
	put_text(w, "$(", 2);
	put_text(w, start, r->p - start);
}

static void put_backticks(struct reader *r, struct word *w, bool quoted)
{
	CLEANUP(strbuf_release) struct strbuf inner = STRBUF_INIT;
	const char *p = r->p; /* behind the ` */
	size_t first = r->all->script->ncommands;
	unsigned line = r->line;

	while (p < r->end && *p != '`') {
		if (*p == '\\' && p + 1 < r->end && strchr("`\\$", p[1]))
			p++;
		r->line += *p == '\n';
		strbuf_addch(&inner, *p++);
	}
	if (inner.failed)
		r->all->failed = true;
	if (reading_stop(r->all, inner.len))
		return;
	r->p = p < r->end ? p + 1 : p;
	r->substituted++;
	list_read_held(r, arena_dup(r->all, inner.buf, inner.len), inner.len, line, r->within);
	r->substituted--;
	if (r->all->failed || put_known_output(r, w, first, quoted))
		return;
	put_text(w, "$(", 2);
	put_text(w, inner.buf, inner.len);
	put(w, ')');
}

/* --- variables */

static void put_unknown(struct word *w, const char *name, size_t len)
{
	put_text(w, "${", 2);
	put_text(w, name, len);
	put(w, '}');
}

/* The word behind ${NAME:-, up to its '}', is read as a word of its own. */
static void read_default(struct reader *r, struct word *inner)
{
	*inner = (struct word){.text = STRBUF_INIT, .braced = true};
	while (r->p < r->end && *r->p != '}' && !reading_stop(r->all, 1)) {
		if (isspace((unsigned char)*r->p) || strchr("|&;()<>", *r->p)) {
			r->line += *r->p == '\n';
			put(inner, isspace((unsigned char)*r->p) ? SPLIT : *r->p);
			r->p++;
		} else {
			const char *before = r->p;

			r->depth++;
			if (r->depth < DEPTH_MAX)
				word_read(r, inner);
			r->depth--;
			if (r->p == before)
				r->p++;
		}
	}
	if (r->p < r->end)
		r->p++;
}

static void put_default(struct reader *r, struct word *w, const char *name, bool quoted)
{
	const struct var *var = var_find(r->all, name);
	bool colon = *r->p == ':';
	char op;
	struct word inner;
	bool set = var && (!colon || *var->value);

	r->p += colon;
	op = *r->p++;
	read_default(r, &inner);
	if (op == '+') {
		if (set)
			put_value(r, w, word_joined(r, &inner), quoted);
	} else if (set) {
		put_value(r, w, var->value, quoted && !var->array);
	} else if (op == '?') {
		put_unknown(w, name, strlen(name));
	} else {
		const char *value = word_joined(r, &inner);

		put_value(r, w, value, quoted);
		if (op == '=')
			var_set(r->all, name, value, false);
	}
	if (inner.text.failed)
		r->all->failed = true;
	strbuf_release(&inner.text);
}

/* An element of an array with a number for its index, or all of it. */
static void put_element(struct reader *r, struct word *w, const struct var *var, const char *index,
	size_t len, bool quoted)
{
	const char *p = var->value;
	size_t n = 0;

	if (len == 1 && (*index == '@' || *index == '*')) {
		put_value(r, w, p, quoted && *index == '*');
		return;
	}
	for (size_t i = 0; i < len; i++)
		n = index[i] >= '0' && index[i] <= '9' && n < 100000 ? n * 10 + (index[i] - '0')
								     : 0;
	while (n-- && *p) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	put_text(w, p, strcspn(p, " "));
	reading_stop(r->all, (size_t)(p - var->value));
}

/* ${ at r->p, which is behind it. */
static void put_braced(struct reader *r, struct word *w, bool quoted)
{
	const char *start = r->p;
	size_t n = name_length(r->p, r->end);
	char name[NAME_MAX_LEN];
	const struct var *var;
	unsigned depth = 1;
	const char *p;

	if (n && n < sizeof(name) && r->p + n < r->end) {
		memcpy(name, r->p, n);
		name[n] = '\0';
		r->p += n;
		var = var_find(r->all, name);
		if (*r->p == '[') {
			const char *close = memchr(
				r->p, ']', r->end - r->p < 64 ? r->end - r->p : 64);

			if (close && close + 1 < r->end && close[1] == '}') {
				if (var)
					put_element(r, w, var, r->p + 1, close - r->p - 1, quoted);
				else
					put_unknown(w, name, n);
				r->p = close + 2;
				return;
			}
		}
		if (one_of(*r->p, "-=+?") ||
			(*r->p == ':' && r->p + 1 < r->end && one_of(r->p[1], "-=+?"))) {
			put_default(r, w, name, quoted);
			return;
		}
	} else {
		var = NULL;
	}
	/* ${NAME}, or with an operator that would change it in ways that matter little here */
	for (p = r->p; p < r->end && depth; p++) {
		depth += *p == '{';
		depth -= *p == '}';
		r->line += *p == '\n';
	}
	if (depth)
		p = r->end;
	if (var && r->p > start)
		put_value(r, w, var->value, quoted && !var->array);
	else
		put_unknown(w, start, (n ? n : (size_t)(p - start) - !depth));
	r->p = p;
}

static void put_dollar(struct reader *r, struct word *w, bool quoted)
{
	char name[NAME_MAX_LEN];
	const struct var *var;
	size_t n;

	r->p++;
	w->literal = false;
	if (r->p == r->end) {
		put(w, '$');
		return;
	}
	if (*r->p == '(') {
		r->p++;
		if (r->p < r->end && *r->p == '(') {
			r->p++;
			put_arithmetic(r, w);
		} else {
			put_substitution(r, w, quoted);
		}
		return;
	}
	if (*r->p == '{') {
		r->p++;
		put_braced(r, w, quoted);
		return;
	}
	n = name_length(r->p, r->end);
	if (!n && one_of(*r->p, "@*#?$!-0123456789")) {
		put_unknown(w, r->p++, 1);
		return;
	}
	if (!n) {
		/* $'…' and $"…" are quotes */
		if (quoted || (*r->p != '\'' && *r->p != '"'))
			put(w, '$');
		return;
	}
	if (n < sizeof(name)) {
		memcpy(name, r->p, n);
		name[n] = '\0';
		var = var_find(r->all, name);
		if (var)
			put_value(r, w, var->value, quoted && !var->array);
		else
			put_unknown(w, name, n);
	}
	r->p += n;
}

static void put_double_quoted(struct reader *r, struct word *w)
{
	r->p++;
	while (r->p < r->end && *r->p != '"' && !reading_stop(r->all, 1)) {
		char c = *r->p;

		if (c == '$') {
			put_dollar(r, w, true);
			continue;
		}
		r->p++;
		if (c == '`') {
			put_backticks(r, w, true);
			continue;
		}
		if (c == '\\' && r->p < r->end && one_of(*r->p, "$`\"\\\n")) {
			c = *r->p++;
			r->line += c == '\n';
			if (c != '\n')
				put(w, c);
			continue;
		}
		r->line += c == '\n';
		put(w, c == SPLIT ? ' ' : c);
	}
	if (r->p < r->end)
		r->p++;
}

void word_read(struct reader *r, struct word *w)
{
	w->literal = true;
	while (r->p < r->end && !reading_stop(r->all, 1)) {
		char c = *r->p;

		if (isspace((unsigned char)c) || strchr("|&;()<>", c))
			return; /* strchr() finds NUL, too: it ends a word */
		if (w->braced && c == '}')
			return;
		if (c == '$') {
			put_dollar(r, w, false);
			continue;
		}
		r->p++;
		switch (c) {
		case '`':
			w->literal = false;
			put_backticks(r, w, false);
			break;
		case '\'':
			w->literal = false;
			w->quoted = true;
			while (r->p < r->end && *r->p != '\'') {
				r->line += *r->p == '\n';
				put(w, *r->p == SPLIT ? ' ' : *r->p);
				r->p++;
			}
			if (r->p < r->end)
				r->p++;
			break;
		case '"':
			w->literal = false;
			w->quoted = true;
			r->p--;
			put_double_quoted(r, w);
			break;
		case '\\':
			if (r->p == r->end)
				break;
			if (*r->p == '\n') {
				r->line++;
			} else if (*r->p == '\r' && r->p + 1 < r->end && r->p[1] == '\n') {
				r->p++;
				r->line++;
			} else {
				w->literal = false;
				w->quoted = true;
				put(w, *r->p == SPLIT ? ' ' : *r->p);
			}
			r->p++;
			break;
		default:
			put(w, c == SPLIT ? ' ' : c);
		}
	}
}
