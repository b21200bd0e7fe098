/* SPDX-License-Identifier: Apache-2.0 */
/* Control words, of sh and of csh, and the blocks that they open and close. */
#include <ctype.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script_internal.h"

void block_open(struct reader *r, enum block_type type)
{
	struct block *b;

	if (r->nblocks == BLOCKS_MAX) {
		r->lost_blocks++;
		return;
	}
	b = &r->blocks[r->nblocks++];
	*b = (struct block){.type = type,
		.first = r->all->script->ncommands,
		.list_first = r->list_first,
		.function = r->function,
		.dead = r->dead,
		.condition = type == BLOCK_IF};
	if (type == BLOCK_LOOP)
		r->loops++;
	if (r->next_function) {
		r->function = r->next_function;
		r->next_function = NULL;
	}
	r->list_first = b->first;
	r->join = SCRIPT_NEXT;
}

void block_close(struct reader *r, enum block_type type, size_t base)
{
	struct block *b;
	bool background = false;

	if (r->lost_blocks) {
		r->lost_blocks--;
		return;
	}
	/* down to the one that is meant; a stray end closes nothing */
	for (size_t i = r->nblocks; i-- > base;) {
		if (r->blocks[i].type != type)
			continue;
		for (size_t k = r->nblocks; k-- > i + 1;)
			r->loops -= r->blocks[k].type == BLOCK_LOOP;
		r->nblocks = i + 1;
		break;
	}
	if (r->nblocks == base || r->blocks[r->nblocks - 1].type != type)
		return;
	b = &r->blocks[--r->nblocks];
	if (type == BLOCK_LOOP) {
		struct script_command *commands = r->all->script->commands;

		r->loops--;
		for (size_t i = b->first; i < r->all->script->ncommands; i++)
			background |= commands[i].background;
		for (size_t i = b->first; background && i < r->all->script->ncommands; i++)
			commands[i].background_loop = true;
	}
	r->function = b->function;
	r->dead = b->dead;
	r->list_first = b->list_first;
	r->join = SCRIPT_NEXT;
}

struct block *block_top(struct reader *r, enum block_type type, size_t base)
{
	return r->nblocks > base && !r->lost_blocks && r->blocks[r->nblocks - 1].type == type
		       ? &r->blocks[r->nblocks - 1]
		       : NULL;
}

void blank_skip(struct reader *r, bool lines)
{
	while (r->p < r->end) {
		if (*r->p == '\\' && r->p + 1 < r->end && r->p[1] == '\n') {
			r->p += 2;
			r->line++;
		} else if (*r->p == '\n' && lines) {
			r->p++;
			r->line++;
		} else if (*r->p != '\n' && (isspace((unsigned char)*r->p) || !*r->p)) {
			r->p++;
		} else if (*r->p == '#' && lines) {
			while (r->p < r->end && *r->p != '\n')
				r->p++;
		} else {
			return;
		}
	}
}

/* From behind an opening pair or word to behind CLOSE, quotes left alone. */
void skip_past(struct reader *r, const char *close)
{
	size_t len = strlen(close);

	while (r->p < r->end && !reading_stop(r->all, 1)) {
		if ((size_t)(r->end - r->p) >= len && !memcmp(r->p, close, len)) {
			r->p += len;
			return;
		}
		r->line += *r->p == '\n';
		r->p++;
	}
}

/* csh's ( … ) behind if, while, foreach. */
static void skip_parens(struct reader *r)
{
	unsigned depth = 0;

	blank_skip(r, false);
	if (r->p == r->end || *r->p != '(')
		return;
	do {
		depth += *r->p == '(';
		depth -= *r->p == ')';
		r->line += *r->p == '\n';
		r->p++;
	} while (depth && r->p < r->end);
}

/* The words up to the end of the line, ';' or ')': the list of a for. */
static const char *read_for_list(struct reader *r)
{
	const char *last = NULL;

	while (!reading_stop(r->all, 1)) {
		CLEANUP(strbuf_release) struct strbuf hold = STRBUF_INIT;
		struct word w = {.text = STRBUF_INIT};
		const char *before;

		blank_skip(r, false);
		before = r->p;
		if (r->p == r->end || strchr("\n;)&|", *r->p))
			return last;
		word_read(r, &w);
		hold = w.text;
		if (hold.len) {
			const char *text = word_joined(r, &w), *blank = strrchr(text, ' ');

			last = blank && !w.quoted ? blank + 1 : text;
		}
		if (r->p == before)
			r->p++;
	}
	return last;
}

/* for NAME in LIST, for ((…)), csh's foreach NAME (LIST). Of the values the last one is taken:
 * series of sizes go upwards. */
static void read_for(struct reader *r)
{
	const char *name, *last = NULL;
	size_t n;

	blank_skip(r, false);
	if (r->end - r->p >= 2 && r->p[0] == '(' && r->p[1] == '(') {
		r->p += 2;
		skip_past(r, "))");
		block_open(r, BLOCK_LOOP);
		return;
	}
	n = name_length(r->p, r->end);
	name = arena_dup(r->all, r->p, n);
	r->p += n;
	blank_skip(r, !r->csh);
	if (r->end - r->p > 2 && !memcmp(r->p, "in", 2) && isspace((unsigned char)r->p[2])) {
		r->p += 2;
		last = read_for_list(r);
	} else if (r->csh && r->p < r->end && *r->p == '(') {
		r->p++;
		last = read_for_list(r);
		if (r->p < r->end && *r->p == ')')
			r->p++;
	}
	if (n && last)
		var_set(r->all, name, last, false);
	else if (n)
		var_unset(r->all, name);
	block_open(r, BLOCK_LOOP);
}

static void read_case(struct reader *r)
{
	struct word w = {.text = STRBUF_INIT};

	blank_skip(r, false);
	word_read(r, &w);
	r->all->failed |= w.text.failed;
	strbuf_release(&w.text);
	blank_skip(r, true);
	if (r->end - r->p >= 2 && !memcmp(r->p, "in", 2))
		r->p += 2;
	block_open(r, BLOCK_CASE);
	if (!r->lost_blocks)
		r->blocks[r->nblocks - 1].pattern = true;
}

/* In a case, before a pattern: to behind its ')', or to before esac. */
void pattern_read(struct reader *r, struct block *b)
{
	blank_skip(r, true);
	b->pattern = false;
	if (r->end - r->p >= 4 && !memcmp(r->p, "esac", 4) &&
		(r->end - r->p == 4 || !name_length(r->p + 4, r->end)))
		return;
	if (r->p < r->end && *r->p == '(')
		r->p++;
	while (r->p < r->end && *r->p != ')' && *r->p != '\n') {
		char c = *r->p++;

		if (c != '\'' && c != '"')
			continue;
		while (r->p < r->end && *r->p != c && *r->p != '\n')
			r->p++;
		if (r->p < r->end && *r->p == c)
			r->p++;
	}
	if (r->p < r->end && *r->p == ')')
		r->p++;
}

static void read_function_name(struct reader *r)
{
	struct word w = {.text = STRBUF_INIT};

	blank_skip(r, false);
	word_read(r, &w);
	r->next_function = word_joined(r, &w);
	r->all->failed |= w.text.failed;
	strbuf_release(&w.text);
	blank_skip(r, false);
	if (r->end - r->p >= 2 && r->p[0] == '(' && r->p[1] == ')')
		r->p += 2;
}

static void if_branch(struct reader *r, size_t base, bool then)
{
	struct block *b = block_top(r, BLOCK_IF, base);

	if (!b)
		return;
	b->condition = false;
	if (then)
		r->dead = b->dead || (b->known && !b->truth);
	else
		r->dead = b->dead || (b->known && b->truth);
}

/* A word where a command begins. True: it was a control word, and is dealt with. */
bool control_word(struct reader *r, const char *word, size_t base)
{
	if (r->csh) {
		if (!strcmp(word, "if") || !strcmp(word, "while") || !strcmp(word, "switch")) {
			skip_parens(r);
			if (*word == 'w')
				block_open(r, BLOCK_LOOP);
			return true;
		}
		if (!strcmp(word, "foreach")) {
			read_for(r);
			return true;
		}
		if (!strcmp(word, "end")) {
			block_close(r, BLOCK_LOOP, base);
			return true;
		}
		return !strcmp(word, "then") || !strcmp(word, "else") || !strcmp(word, "endif") ||
		       !strcmp(word, "endsw") || !strcmp(word, "breaksw");
	}
	if (!strcmp(word, "if")) {
		block_open(r, BLOCK_IF);
	} else if (!strcmp(word, "then")) {
		if_branch(r, base, true);
	} else if (!strcmp(word, "else")) {
		if_branch(r, base, false);
	} else if (!strcmp(word, "elif")) {
		struct block *b = block_top(r, BLOCK_IF, base);

		if_branch(r, base, false);
		if (b && !(b->known && b->truth)) {
			b->condition = true;
			b->known = false;
		}
	} else if (!strcmp(word, "fi")) {
		block_close(r, BLOCK_IF, base);
	} else if (!strcmp(word, "for") || !strcmp(word, "select")) {
		read_for(r);
	} else if (!strcmp(word, "while") || !strcmp(word, "until")) {
		block_open(r, BLOCK_LOOP);
	} else if (!strcmp(word, "done")) {
		block_close(r, BLOCK_LOOP, base);
	} else if (!strcmp(word, "case")) {
		read_case(r);
	} else if (!strcmp(word, "esac")) {
		block_close(r, BLOCK_CASE, base);
	} else if (!strcmp(word, "{")) {
		block_open(r, BLOCK_BRACE);
	} else if (!strcmp(word, "}")) {
		block_close(r, BLOCK_BRACE, base);
	} else if (!strcmp(word, "function")) {
		read_function_name(r);
	} else if (!strcmp(word, "[[")) {
		skip_past(r, "]]");
	} else if (!strcmp(word, "!")) {
		struct block *b = block_top(r, BLOCK_IF, base);

		if (b)
			b->condition = false; /* not known what it comes to */
	} else {
		return !strcmp(word, "do") || !strcmp(word, "coproc");
	}
	return true;
}
