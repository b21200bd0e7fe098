/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record's file: one line of kv pairs in this order (v, job, restart, written, kind, and
 * where there is something to say nodes and why), and for RECORD_INTENT the intent's
 * own line below it.
 */
#include "lib/intent/record.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/base/kv.h"
#include "lib/base/strbuf.h"

/* Both lines at their longest: three bytes for each one of nodes and why, and an intent. */
#define RECORD_MAX (3 * (4096 + 256) + 256 + INTENT_LINE_SIZE)

#define WRITTEN_MAX_S (INT64_C(1) << 40) /* far beyond any clock */

static const char *const kind_names[] = {
	[RECORD_NONE] = "none",
	[RECORD_INTENT] = "intent",
	[RECORD_GARBAGE] = "garbage",
};

static int path_of(const char *dir, uint32_t job_id, uint32_t restart, char *path, struct err *err)
{
	if (!job_id)
		return err_set(err, ERR_USAGE, "job id 0");
	if (snprintf(path, PATH_MAX, "%s/%" PRIu32 ".%" PRIu32, dir, job_id, restart) >= PATH_MAX)
		return err_set(err, ERR_CONFIG, "path too long: %.100s...", dir);
	return 0;
}

static int check_text(const char *key, const char *text, struct err *err)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return err_set(err, ERR_USAGE, "record: %s is not printable ASCII", key);
	return 0;
}

static void add_number(struct strbuf *sb, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	kv_add(sb, key, text);
}

int record_write(const char *dir, const struct record *r, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char path[PATH_MAX], line[INTENT_LINE_SIZE];

	if (path_of(dir, r->job_id, r->restart, path, err) < 0)
		return -1;
	if ((unsigned)r->kind >= ARRAY_SIZE(kind_names) || r->written_s < 0 ||
		r->written_s > WRITTEN_MAX_S)
		return err_set(err, ERR_USAGE, "record: kind or time is out of range");
	if (check_text("nodes", r->nodes, err) < 0 || check_text("why", r->why, err) < 0)
		return -1;
	kv_add(&sb, "v", "1");
	add_number(&sb, "job", r->job_id);
	add_number(&sb, "restart", r->restart);
	add_number(&sb, "written", r->written_s);
	kv_add(&sb, "kind", kind_names[r->kind]);
	if (r->nodes[0])
		kv_add(&sb, "nodes", r->nodes);
	if (r->why[0])
		kv_add(&sb, "why", r->why);
	strbuf_addch(&sb, '\n');
	if (r->kind == RECORD_INTENT) {
		if (intent_encode(&r->intent, line, sizeof(line), err) < 0)
			return -1;
		strbuf_addf(&sb, "%s\n", line);
	}
	if (sb.failed)
		return err_nomem(err);
	return file_write(path, 0600, sb.buf, sb.len, FILE_NO_SYNC, err);
}

/* Take the line at *CURSOR, without its newline, and move on; NULL where no whole line is left. */
static char *next_line(char **cursor)
{
	char *line = *cursor;
	char *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*cursor = end + 1;
	return line;
}

/* Digits without a leading zero, at most MAX. */
static int parse_number(const char *text, int64_t max, int64_t *value, struct err *err)
{
	int64_t v = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return err_set(err, ERR_USAGE, "not a number");
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return err_set(err, ERR_USAGE, "not a number");
		v = v * 10 + (*text - '0');
		if (v > max)
			return err_set(err, ERR_USAGE, "more than %" PRId64, max);
	}
	*value = v;
	return 0;
}

/* The next pair of *LINE, whose key must be KEY: 1, or 0 where another key or nothing stands. */
static int expect(const char **line, const char *key, struct kv *kv, struct err *err)
{
	const char *p = *line;
	int rc = kv_next(&p, kv, err);

	if (rc <= 0)
		return rc;
	if (strcmp(kv->key, key) != 0)
		return 0;
	*line = p;
	return 1;
}

static int need(const char **line, const char *key, struct kv *kv, struct err *err)
{
	int rc = expect(line, key, kv, err);

	return rc ? rc : err_set(err, ERR_USAGE, "key %s is missing", key);
}

static int need_number(
	const char **line, const char *key, int64_t max, int64_t *value, struct err *err)
{
	struct kv kv;

	if (need(line, key, &kv, err) < 0)
		return -1;
	if (parse_number(kv.value, max, value, err) < 0)
		return err_prefix(err, "key %s", key);
	return 0;
}

static int maybe_text(const char **line, const char *key, char *out, size_t size, struct err *err)
{
	struct kv kv;
	int rc = expect(line, key, &kv, err);

	if (rc <= 0)
		return rc;
	if (!kv.value[0] || strlen(kv.value) >= size)
		return err_set(err, ERR_USAGE, "key %s is empty or too long", key);
	memcpy(out, kv.value, strlen(kv.value) + 1);
	return check_text(key, out, err);
}

static int parse_kind(const char *text, enum record_kind *kind, struct err *err)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kind_names); i++) {
		if (strcmp(text, kind_names[i]) == 0) {
			*kind = (enum record_kind)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "key kind: none of none, intent, garbage");
}

static int parse_head(const char *line, struct record *r, struct err *err)
{
	int64_t job = 0, restart = 0;
	struct kv kv;

	if (need(&line, "v", &kv, err) < 0)
		return -1;
	if (strcmp(kv.value, "1") != 0)
		return err_set(
			err, ERR_USAGE, "version \"%.20s\", but only 1 is known here", kv.value);
	if (need_number(&line, "job", UINT32_MAX, &job, err) < 0 ||
		need_number(&line, "restart", UINT32_MAX, &restart, err) < 0 ||
		need_number(&line, "written", WRITTEN_MAX_S, &r->written_s, err) < 0 ||
		need(&line, "kind", &kv, err) < 0 || parse_kind(kv.value, &r->kind, err) < 0 ||
		maybe_text(&line, "nodes", r->nodes, sizeof(r->nodes), err) < 0 ||
		maybe_text(&line, "why", r->why, sizeof(r->why), err) < 0)
		return -1;
	if (*line)
		return err_set(err, ERR_USAGE, "more keys than are known here");
	r->job_id = (uint32_t)job;
	r->restart = (uint32_t)restart;
	return 0;
}

static int parse(char *text, size_t len, struct record *r, struct err *err)
{
	char *cursor = text;
	const char *line;

	if (strlen(text) != len)
		return err_set(err, ERR_USAGE, "holds a NUL byte");
	line = next_line(&cursor);
	if (!line)
		return err_set(err, ERR_USAGE, "is cut off");
	if (parse_head(line, r, err) < 0)
		return -1;
	if (r->kind == RECORD_INTENT) {
		line = next_line(&cursor);
		if (!line)
			return err_set(err, ERR_USAGE, "is cut off");
		if (intent_decode(line, &r->intent, err) < 0)
			return -1;
	}
	if (*cursor)
		return err_set(err, ERR_USAGE, "has more lines than it should");
	return 0;
}

int record_read(
	const char *dir, uint32_t job_id, uint32_t restart, struct record *record, struct err *err)
{
	cleanup_free char *text = NULL;
	struct record r = {0};
	char path[PATH_MAX];
	size_t len = 0;

	if (path_of(dir, job_id, restart, path, err) < 0 ||
		file_read(path, RECORD_MAX, &text, &len, err) < 0)
		return -1;
	if (parse(text, len, &r, err) < 0) {
		err_prefix(err, "%s", path);
		goto damaged;
	}
	if (r.job_id != job_id || r.restart != restart) {
		err_set(err, ERR_FATAL, "%s: is of job %" PRIu32 ".%" PRIu32, path, r.job_id,
			r.restart);
		goto damaged;
	}
	*record = r;
	return 0;
damaged:
	/* nobody's words: the file is ours, so it is disk or a bug */
	if (err)
		err->class = ERR_FATAL;
	return -1;
}

int record_end_write(const char *dir, uint32_t job_id, uint32_t restart, struct err *err)
{
	char path[PATH_MAX];

	if (path_of(dir, job_id, restart, path, err) < 0)
		return -1;
	return file_write(path, 0600, "", 0, FILE_NO_SYNC, err);
}

int record_end_read(
	const char *dir, uint32_t job_id, uint32_t restart, int64_t *ended_s, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;

	if (path_of(dir, job_id, restart, path, err) < 0)
		return -1;
	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_errno(err, ERR_FATAL, "cannot look at %s", path);
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_FATAL, "%s is not a file", path);
	*ended_s = st.st_mtime;
	return 1;
}

int record_end_remove(const char *dir, uint32_t job_id, uint32_t restart, struct err *err)
{
	char path[PATH_MAX];

	if (path_of(dir, job_id, restart, path, err) < 0)
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, ERR_FATAL, "cannot remove %s", path);
	return 0;
}
