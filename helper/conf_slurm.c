/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/conf_slurm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"

#define DEFAULT_PATH      SYSCONFDIR "/slurm/slurm.conf"
#define DEFAULT_TIMEOUT_S 60
/* between the end of the last try and ResumeTimeout nodes have to boot, at least so long */
#define SPARE_S 60

/* The value of KEY in LINE, "KEY=value" words in any case and order; NULL if it has none. */
static const char *value_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	while (*line) {
		line += strspn(line, " \t\n");
		if (!strncasecmp(line, key, n) && line[n] == '=')
			return line + n + 1;
		line += strcspn(line, " \t\n");
	}
	return NULL;
}

static int64_t seconds(const char *value)
{
	return strspn(value, "0123456789") ? strtoll(value, NULL, 10) : INT64_MAX;
}

static bool is_word(const char *value, const char *word)
{
	size_t n = strcspn(value, " \t\n");

	return n == strlen(word) && !strncasecmp(value, word, n);
}

int64_t conf_slurm_resume_timeout(const char *path, const char *partition, char *where, size_t size)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	cleanup_free char *line = NULL;
	int64_t own = -1, fallback = -1, all = -1;
	unsigned at = 0, own_at = 0, fallback_at = 0, all_at = 0;
	bool includes = false;
	size_t room = 0;

	if (!f)
		return -1;
	while (getline(&line, &room, f) >= 0) {
		const char *name, *timeout, *first;

		at++;
		line[strcspn(line, "#")] = '\0';
		first = line + strspn(line, " \t");
		includes |= !strncasecmp(first, "Include", 7) && strchr(" \t", first[7]);
		name = value_of(line, "PartitionName");
		timeout = value_of(line, "ResumeTimeout");
		if (!timeout)
			continue;
		if (!name) {
			all = seconds(timeout);
			all_at = at;
		} else if (is_word(name, partition)) {
			own = seconds(timeout);
			own_at = at;
		} else if (is_word(name, "DEFAULT")) {
			fallback = seconds(timeout);
			fallback_at = at;
		}
	}
	if (own < 0) {
		own = fallback >= 0 ? fallback : all;
		own_at = fallback >= 0 ? fallback_at : all_at;
	}
	*where = '\0';
	if (own >= 0) {
		snprintf(where, size, "%s:%u", path, own_at);
		return own;
	}
	return includes ? -1 : DEFAULT_TIMEOUT_S;
}

const char *conf_slurm_path(const struct conf *conf)
{
	const char *env = getenv("SLURM_CONF");

	return conf->slurm.config_path ? conf->slurm.config_path : env && *env ? env : DEFAULT_PATH;
}

static bool has_word(const char *value, const char *word)
{
	size_t n = strlen(word);

	for (;;) {
		size_t len = strcspn(value, ", \t\n");

		if (len == n && !strncasecmp(value, word, n))
			return true;
		if (value[len] != ',')
			return false;
		value += len + 1;
	}
}

int conf_slurm_max_tres(const char *path)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	cleanup_free char *line = NULL;
	bool includes = false;
	size_t room = 0;
	int has = -1;

	if (!f)
		return -1;
	while (getline(&line, &room, f) >= 0) {
		const char *flags, *first;

		line[strcspn(line, "#")] = '\0';
		first = line + strspn(line, " \t");
		includes |= !strncasecmp(first, "Include", 7) && strchr(" \t", first[7]);
		flags = value_of(line, "PriorityFlags");
		if (flags)
			has = has_word(flags, "MAX_TRES");
	}
	return has < 0 && !includes ? 0 : has;
}

static bool seen_before(const struct conf *conf, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(conf->groups[k].partition, conf->groups[i].partition))
			return true;
	return false;
}

void conf_slurm_check(const struct conf *conf, void (*warn)(void *arg, const char *text), void *arg)
{
	const char *path = conf_slurm_path(conf);

	for (size_t i = 0; i < conf->ngroups; i++) {
		const char *partition = conf->groups[i].partition;
		char where[300], text[ERR_TEXT_SIZE];
		int64_t s;

		if (seen_before(conf, i))
			continue;
		s = conf_slurm_resume_timeout(path, partition, where, sizeof(where));
		if (s < 0 || s == INT64_MAX || conf->launch.total_time_s < s - SPARE_S)
			continue;
		snprintf(text, sizeof(text),
			"%s: launch.total_time_s: %" PRId64 " is too long for partition %s, whose "
			"ResumeTimeout is %" PRId64 " (%s); expected less than ResumeTimeout - %d, "
			"or a ResumeTimeout of more than %" PRId64,
			conf->path, conf->launch.total_time_s, partition, s,
			*where ? where : "Slurm's default", SPARE_S,
			conf->launch.total_time_s + SPARE_S);
		warn(arg, text);
	}
}
