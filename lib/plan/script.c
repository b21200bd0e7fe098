/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script_internal.h"

#define CHUNK      (64 * 1024)
#define VARS_SLOTS (2 * VARS_MAX)

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct script_arena {
	struct chunk *chunks;
	size_t total;
};

void *arena_alloc(struct reading *all, size_t size)
{
	struct script_arena *arena = all->script->arena;
	struct chunk *chunk = arena->chunks;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (all->failed)
		return NULL;
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK ? size : CHUNK;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk) {
			all->failed = true;
			return NULL;
		}
		chunk->size = room;
		chunk->used = 0;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->total += room;
	}
	p = chunk->data + chunk->used;
	chunk->used += size;
	memset(p, 0, size);
	return p;
}

const char *arena_dup(struct reading *all, const char *text, size_t len)
{
	char *copy = arena_alloc(all, len + 1);

	if (!copy)
		return "";
	if (len)
		memcpy(copy, text, len);
	return copy;
}

bool reading_stop(struct reading *all, size_t n)
{
	all->work += n;
	if (all->work > WORK_MAX || all->script->arena->total > ARENA_MAX ||
		all->script->ncommands >= SCRIPT_COMMANDS_MAX)
		all->script->truncated = true;
	return all->failed || all->script->truncated;
}

/* --- variables */

static size_t hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h % VARS_SLOTS;
}

static struct var *var_slot(const struct reading *all, const char *name)
{
	size_t i = hash(name);

	while (all->vars[i].name && strcmp(all->vars[i].name, name))
		i = (i + 1) % VARS_SLOTS;
	return &all->vars[i];
}

const struct var *var_find(const struct reading *all, const char *name)
{
	const struct var *var = var_slot(all, name);

	return var->value ? var : NULL;
}

void var_set(struct reading *all, const char *name, const char *value, bool array)
{
	struct var *var = var_slot(all, name);

	if (!var->name) {
		if (all->nvars == VARS_MAX) {
			all->script->truncated = true;
			return;
		}
		all->nvars++;
		var->name = arena_dup(all, name, strlen(name));
	}
	var->value = value;
	var->array = array;
}

void var_unset(struct reading *all, const char *name)
{
	/* the name stays: others may have been put behind it */
	var_slot(all, name)->value = NULL;
}

/* --- tables */

static void *grow(struct reading *all, void *table, size_t n, size_t *alloc, size_t size)
{
	size_t want = *alloc ? *alloc * 2 : 16;
	char *bigger;

	if (n < *alloc)
		return table;
	bigger = realloc(table, want * size);
	if (!bigger) {
		all->failed = true;
		return NULL;
	}
	memset(bigger + n * size, 0, (want - n) * size);
	*alloc = want;
	return bigger;
}

/* One more of a table, at most SCRIPT_COMMANDS_MAX of each kind. */
#define TABLE_ADD(NAME, TYPE, TABLE, COUNT, ALLOC)                                                 \
	TYPE *NAME(struct reading *all)                                                            \
	{                                                                                          \
		struct script *s = all->script;                                                    \
		TYPE *bigger;                                                                      \
                                                                                                   \
		if (s->COUNT >= SCRIPT_COMMANDS_MAX) {                                             \
			s->truncated = true;                                                       \
			return NULL;                                                               \
		}                                                                                  \
		bigger = grow(all, s->TABLE, s->COUNT, &all->ALLOC, sizeof(TYPE));                 \
		if (!bigger)                                                                       \
			return NULL;                                                               \
		s->TABLE = bigger;                                                                 \
		return &s->TABLE[s->COUNT++];                                                      \
	}

TABLE_ADD(command_add, struct script_command, commands, ncommands, commands_alloc)
TABLE_ADD(assignment_add, struct script_assignment, assignments, nassignments, assignments_alloc)
static TABLE_ADD(any_file_add, struct script_file, files, nfiles, files_alloc)
	TABLE_ADD(import_add, struct script_import, imports, nimports, imports_alloc) TABLE_ADD(
		directive_add, struct script_directive, directives, ndirectives, directives_alloc)

	/* Each word of each command is looked for among them. */
	struct script_file *file_add(struct reading *all)
{
	return all->script->nfiles < SCRIPT_FILES_MAX ? any_file_add(all) : NULL;
}

/* --- the first line */

static enum script_lang lang_of(const char *interpreter)
{
	static const struct {
		const char *word;
		enum script_lang lang;
	} known[] = {
		{"csh", SCRIPT_CSH},
		{"tcsh", SCRIPT_CSH},
		{"python", SCRIPT_PYTHON},
		{"perl", SCRIPT_PERL},
		{"Rscript", SCRIPT_R},
		{"julia", SCRIPT_JULIA},
		{"octave", SCRIPT_OTHER},
		{"ruby", SCRIPT_OTHER},
		{"lua", SCRIPT_OTHER},
		{"awk", SCRIPT_OTHER},
		{"gawk", SCRIPT_OTHER},
		{"tclsh", SCRIPT_OTHER},
		{"node", SCRIPT_OTHER},
	};
	const char *p = interpreter;

	while (*p) {
		const char *end = p + strcspn(p, " \t"), *base = p;

		for (const char *q = p; q < end; q++)
			if (*q == '/')
				base = q + 1;
		for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
			size_t len = strlen(known[i].word);

			if (!strncmp(base, known[i].word, len) &&
				(base + len == end || strspn(base + len, "0123456789.")))
				return known[i].lang;
		}
		if (end - base != 3 || strncmp(base, "env", 3)) {
			if (*base != '-')
				break;
		}
		p = end + strspn(end, " \t");
	}
	return SCRIPT_SH;
}

static void first_line(struct reading *all, const char *text, size_t len)
{
	const char *end = len ? memchr(text, '\n', len) : NULL;

	all->script->interpreter = "";
	if (len < 2 || text[0] != '#' || text[1] != '!')
		return;
	if (!end)
		end = text + len;
	text += 2;
	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	while (end > text && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	all->script->interpreter = arena_dup(all, text, end - text);
	all->script->lang = lang_of(all->script->interpreter);
}

/* --- directives */

/* One word of a #SBATCH line, as sbatch's _get_argument(): quotes, backslash, '#' begins a
 * comment. False at the end. *OPEN: a quote that the line does not close. */
static bool directive_word(const char **cursor, const char *end, struct strbuf *sb, char *open)
{
	const char *p = *cursor;
	char quote = '\0';

	strbuf_setlen(sb, 0);
	while (p < end && strchr(" \t\r\v\f", *p))
		p++;
	if (p == end || *p == '#')
		return false;
	for (; p < end; p++) {
		/* not even a backslash joins what a blank divides */
		if (*p == '\\' && quote != '\'' && p + 1 < end) {
			p++;
			if (!quote && strchr(" \t\r\v\f", *p))
				break;
			strbuf_addch(sb, *p);
		} else if (quote && *p == quote) {
			quote = '\0';
		} else if (!quote && (*p == '"' || *p == '\'')) {
			quote = *p;
		} else if (!quote && (strchr(" \t\r\v\f", *p) || *p == '#')) {
			break;
		} else if (sb->len < SCRIPT_WORD_MAX) {
			strbuf_addch(sb, *p);
		}
	}
	*cursor = p;
	if (quote)
		*open = quote;
	return true;
}

static void directive_read(struct reading *all, const char *p, const char *end, unsigned line)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *words[64];
	struct script_directive *directive;
	const char **argv;
	char open = '\0';
	size_t n = 0;

	while (n < ARRAY_SIZE(words) && directive_word(&p, end, &sb, &open))
		words[n++] = arena_dup(all, sb.buf, sb.len);
	if (sb.failed)
		all->failed = true;
	argv = arena_alloc(all, (n + 1) * sizeof(*argv));
	if (!n || !argv)
		return;
	memcpy(argv, words, n * sizeof(*argv));
	directive = directive_add(all);
	if (directive)
		*directive = (struct script_directive){
			.line = line, .argc = n, .argv = argv, .open_quote = open};
}

static bool begins(const char *p, const char *end, const char *magic)
{
	size_t len = strlen(magic);

	return (size_t)(end - p) >= len && !memcmp(p, magic, len);
}

static void directives_read(struct reading *all, const char *text, size_t len)
{
	static const char magic[] = "#SBATCH";
	const char *end = text + len;
	unsigned line = 1;

	for (const char *p = text; p < end; line++) {
		const char *eol = memchr(p, '\n', end - p);
		const char *q = p;

		if (!eol)
			eol = end;
		while (q < eol && strchr(" \t\r\v\f", *q))
			q++;
		if (q < eol && *q != '#')
			return;
		if (begins(p, eol, magic))
			directive_read(all, p + sizeof(magic) - 1, eol, line);
		else if (!all->script->foreign &&
			 (begins(p, eol, "#PBS") || begins(p, eol, "#BSUB")))
			all->script->foreign = line;
		p = eol < end ? eol + 1 : end;
	}
}

/* --- all */

static int start(struct reading *all, struct script *script, const char **text, size_t *len)
{
	memset(script, 0, sizeof(*script));
	memset(all, 0, sizeof(*all));
	all->script = script;
	script->arena = calloc(1, sizeof(*script->arena));
	all->vars = calloc(VARS_SLOTS, sizeof(*all->vars));
	if (!script->arena || !all->vars) {
		free(all->vars);
		return -1;
	}
	if (*len > SCRIPT_MAX) {
		*len = SCRIPT_MAX;
		script->truncated = true;
	}
	if (!*len)
		*text = "";
	first_line(all, *text, *len);
	directives_read(all, *text, *len);
	return 0;
}

static int done(struct reading *all, struct err *err)
{
	free(all->vars);
	if (!all->failed)
		return 0;
	script_release(all->script);
	return err_nomem(err);
}

int script_read_directives(const char *text, size_t len, struct script *script, struct err *err)
{
	struct reading all;

	if (start(&all, script, &text, &len) < 0) {
		script_release(script);
		return err_nomem(err);
	}
	return done(&all, err);
}

static void read_commands(struct reading *all, const char *text, size_t len)
{
	bool truncated = all->script->truncated;
	struct reader *r;

	if (all->script->lang == SCRIPT_OTHER)
		return;
	r = calloc(1, sizeof(*r));
	if (!r) {
		all->failed = true;
		return;
	}
	/* what was cut at its end is still read to there */
	all->script->truncated = false;
	r->all = all;
	r->p = text;
	r->end = text + len;
	r->line = 1;
	r->within = SCRIPT_NO_COMMAND;
	r->csh = all->script->lang == SCRIPT_CSH;
	if (all->script->lang == SCRIPT_SH || r->csh)
		list_read(r, false);
	else
		code_read(r);
	all->script->truncated |= truncated;
	free(r);
}

int script_read(const char *text, size_t len, const char *const *vars, struct script *script,
	struct err *err)
{
	struct reading all;

	if (start(&all, script, &text, &len) < 0) {
		script_release(script);
		return err_nomem(err);
	}
	for (size_t i = 0; vars && vars[i]; i++) {
		const char *equals = strchr(vars[i], '=');

		if (!equals || equals == vars[i])
			continue;
		var_set(&all, arena_dup(&all, vars[i], equals - vars[i]),
			arena_dup(&all, equals + 1, strlen(equals + 1)), false);
	}
	read_commands(&all, text, len);
	return done(&all, err);
}

void script_release(struct script *script)
{
	struct chunk *chunk = script->arena ? script->arena->chunks : NULL;

	while (chunk) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	free(script->arena);
	free(script->directives);
	free(script->commands);
	free(script->assignments);
	free(script->files);
	free(script->imports);
	memset(script, 0, sizeof(*script));
}

/* --- questions */

const char *script_basename(const char *value, char *buf, size_t size)
{
	const char *slash = strrchr(value, '/');
	size_t len;

	value = slash ? slash + 1 : value;
	len = strlen(value);
	if (len > 4 && !strcmp(value + len - 4, ".exe"))
		len -= 4;
	if (len >= size)
		len = size - 1;
	memcpy(buf, value, len);
	buf[len] = '\0';
	return buf;
}

bool script_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && !memcmp(p, word, len))
			return true;
		p += n;
	}
	return false;
}

const char *script_value(const struct script *script, const char *name)
{
	for (size_t i = script->nassignments; i-- > 0;)
		if (!script->assignments[i].dead && !strcmp(script->assignments[i].name, name))
			return script->assignments[i].value;
	return NULL;
}

static const char *without_dot(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		name += 2;
	return name;
}

const struct script_file *script_find_file(const struct script *script, const char *name)
{
	name = without_dot(name);
	for (size_t i = script->nfiles; i-- > 0;)
		if (!strcmp(without_dot(script->files[i].name), name))
			return &script->files[i];
	return NULL;
}
