/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_table: the one table of what a configuration may say: key, type, bounds, default, meaning.
 *
 * Keys are written as paths from the root, "slurm.partitions[].node_groups[].max_nodes". A value
 * goes to OFFSET in the structure of its scope: struct conf_draft for the root and its sections,
 * and the structures below for the elements of lists.
 */
#ifndef BURST_CONF_TABLE_H
#define BURST_CONF_TABLE_H

#include "helper/conf.h"

enum conf_type {
	T_SECTION, /* a map with keys of its own */
	T_LIST,    /* of maps */
	T_WORDS,   /* of scalars: char **, followed by its size_t count */
	T_PAIRS,   /* a map with free keys: struct conf_pair *, followed by its size_t count */
	T_TEXT,    /* char * */
	T_WORD,    /* char *, one of choices */
	T_PATH,    /* char *, absolute */
	T_ENUM,    /* an enum: position in choices, plus min */
	T_BOOL,    /* choices, if given: the words for false and true */
	T_INT,     /* int or unsigned, min to max */
	T_INT64,
	T_MONEY,   /* int64_t micro-USD, more than 0; with a default 0 too */
	T_PERCENT, /* int64_t thousandths of a percent, 0 to 100 */
};

enum conf_flag {
	REQUIRED = 1,
	/* Read for compatibility: nothing here acts on it. Given with another value than the
	 * default (which is what happens anyway) it is a warning that quotes the help. */
	COMPAT = 2,
	SECRET = 4, /* never in the file: refused when it holds something */
};

/* What a text looks like: NULL if TEXT does, else what is expected. */
typedef const char *conf_shape(const char *text);

#define NOWHERE ((size_t)-1) /* checked, not kept */

struct conf_row {
	const char *path;
	enum conf_type type;
	unsigned flags;
	const char *def; /* default as text; NULL none */
	int64_t min, max;
	const char *choices; /* "a|b|c" */
	conf_shape *shape;
	size_t offset;
	const char *help;
};

enum conf_auth {
	AUTH_UNSET,
	AUTH_DEFAULT,
	AUTH_INSTANCE_PROFILE,
	AUTH_ASSUME_ROLE,
	AUTH_SSO,
	AUTH_WEB_IDENTITY,
	AUTH_CROSS_ACCOUNT,
	AUTH_PROFILE,
	AUTH_ACCESS_KEYS,
};

/* The root while it is read: what the rules need besides the result. */
struct conf_draft {
	struct conf conf;
	enum conf_auth auth;
	char *assume_policy;
	struct {
		char *arn, *session, *external_id, *source_profile, *token_file;
		int duration_s;
	} assume, web, cross;
	int resume_rate, suspend_rate;
	int hpc_threshold; /* the Go system's key for choice.hpc_nodes; -1: not given */
};

struct conf_draft_limit {
	char *name, *who, *alarms;
	int scope, period;
	int64_t limit_uusd;
};

struct conf_draft_tag {
	char *key, *value;
};

extern const struct conf_row conf_rows[];
extern const size_t conf_nrows;

/* The row of KEY (any case) directly under PREFIX ("" for the root, "slurm.partitions[]"); with an
 * alias resolved. NULL if there is none. */
const struct conf_row *conf_row_find(const char *prefix, const char *key);

/* Is ROW directly under PREFIX? Then its key, else NULL. */
const char *conf_row_key(const struct conf_row *row, const char *prefix);

/* What is meant by an unknown KEY under PREFIX: the nearest key there, or the path of the same key
 * elsewhere; NULL when nothing is near. */
const char *conf_row_suggest(const char *prefix, const char *key);

/* "a whole number from 1 to 100", "one of a, b, c". Returns BUF. */
char *conf_row_expected(const struct conf_row *row, char *buf, size_t size);

#endif
