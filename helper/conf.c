/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/conf_walk.h"
#include "lib/base/cleanup.h"

static void pairs_release(struct conf_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
	free(pairs);
}

static void words_release(char **words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	free(words);
}

static void overrides_release(struct conf_override *overrides, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(overrides[i].type);
		free(overrides[i].subnet);
	}
	free(overrides);
}

static void place_release(struct conf_place *p)
{
	free(p->region);
	free(p->template_name);
	free(p->template_id);
	free(p->template_version);
	words_release(p->subnets, p->nsubnets);
	words_release(p->security_groups, p->nsecurity_groups);
	free(p->instance_profile);
	words_release(p->reservations, p->nreservations);
	overrides_release(p->overrides, p->noverrides);
}

static void group_release(struct conf_group *g)
{
	free(g->partition);
	free(g->name);
	free(g->region);
	free(g->template_name);
	free(g->template_id);
	free(g->template_version);
	overrides_release(g->overrides, g->noverrides);
	words_release(g->subnets, g->nsubnets);
	words_release(g->security_groups, g->nsecurity_groups);
	free(g->instance_profile);
	pairs_release(g->tags, g->ntags);
	pairs_release(g->slurm, g->nslurm);
	words_release(g->reservations, g->nreservations);
	/* the first one's pointers are the group's */
	for (size_t i = 1; i < g->nplaces; i++)
		place_release(&g->places[i]);
	free(g->places);
}

static void conf_release(struct conf *conf)
{
	free(conf->path);
	free(conf->cluster);
	free(conf->aws.region);
	free(conf->aws.profile);
	free(conf->aws.config_file);
	free(conf->aws.credentials_file);
	free(conf->aws.endpoint_url);
	free(conf->aws.ca_bundle);
	free(conf->aws.role_arn);
	free(conf->aws.role_session_name);
	free(conf->aws.role_external_id);
	free(conf->aws.web_identity_role_arn);
	free(conf->aws.web_identity_token_file);
	free(conf->slurm.config_path);
	free(conf->slurm.placeholder_address);
	free(conf->slurm.comment_field);
	for (size_t i = 0; i < conf->npartitions; i++) {
		free(conf->partitions[i].name);
		pairs_release(conf->partitions[i].options, conf->partitions[i].noptions);
	}
	free(conf->partitions);
	for (size_t i = 0; i < conf->ngroups; i++)
		group_release(&conf->groups[i]);
	free(conf->groups);
	for (size_t i = 0; i < conf->prices.ndiscounts; i++) {
		free(conf->prices.discounts[i].types);
		words_release(
			conf->prices.discounts[i].regions, conf->prices.discounts[i].nregions);
	}
	free(conf->prices.discounts);
	free(conf->limits);
	free(conf->state.directory);
	free(conf->public.directory);
	free(conf->alarm.command);
	free(conf->spot.queue_url);
	free(conf->spot.queue_region);
	free(conf->spot.signal);
	free(conf->cost.warn_signal);
	free(conf->log.level);
	free(conf->log.format);
	free(conf->log.file);
}

static void draft_release(struct conf_draft *d)
{
	conf_release(&d->conf);
	free(d->assume_policy);
	free(d->assume.arn);
	free(d->assume.session);
	free(d->assume.external_id);
	free(d->web.arn);
	free(d->web.session);
	free(d->web.token_file);
	free(d->cross.arn);
	free(d->cross.session);
	free(d->cross.external_id);
	free(d->cross.source_profile);
}

void conf_destroy(struct conf *conf)
{
	int saved = errno;

	if (conf)
		conf_release(conf);
	free(conf);
	errno = saved;
}

/* Read PATH, which nobody but its owner may be able to change: it decides what is bought. */
static char *read_file(const char *path, size_t *len, struct err *err)
{
	/* not to wait for a writer, should it be a pipe */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	cleanup_free char *text = NULL;
	struct stat st;
	size_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(
			err, errno == ENOENT ? ERR_NOTFOUND : ERR_CONFIG, "%s: cannot open", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_CONFIG, "%s: not a file; expected a regular file", path);
		return NULL;
	}
	if (st.st_mode & 022) {
		err_set(err, ERR_CONFIG,
			"%s: mode %04o lets others than its owner change it; expected chmod go-w",
			path, (unsigned)(st.st_mode & 07777));
		return NULL;
	}
	if (st.st_size > CONF_SIZE_MAX) {
		err_set(err, ERR_CONFIG, "%s:1: larger than 1 MiB; expected a configuration", path);
		return NULL;
	}
	text = malloc(CONF_SIZE_MAX + 1);
	if (!text) {
		err_nomem(err);
		return NULL;
	}
	while (n < CONF_SIZE_MAX) {
		ssize_t got = read(fd, text + n, CONF_SIZE_MAX - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_errno(err, ERR_FATAL, "%s: cannot read", path);
			return NULL;
		}
		if (!got)
			break;
		n += (size_t)got;
	}
	*len = n;
	return STEAL_POINTER(text);
}

static struct conf *parse(struct conf_walk *w, const char *text, size_t len)
{
	CLEANUP(conf_node_release) struct conf_node root = {0};
	struct conf *conf = NULL;

	if (conf_yaml_parse(w->file, text, len, &root, w->err) < 0)
		return NULL;
	if (conf_walk_map(w, &root, "", &w->draft) < 0 || conf_rules_root(w, &root) < 0)
		goto done;
	w->draft.conf.path = strdup(w->file);
	conf = w->draft.conf.path ? malloc(sizeof(*conf)) : NULL;
	if (!conf) {
		err_nomem(w->err);
		goto done;
	}
	*conf = w->draft.conf;
	w->draft.conf = (struct conf){0};
done:
	draft_release(&w->draft);
	return conf;
}

struct conf *conf_load(
	const char *path, void (*warn)(void *arg, const char *text), void *arg, struct err *err)
{
	struct conf_walk w = {.file = path, .warn = warn, .arg = arg, .err = err};
	cleanup_free char *text = NULL;
	size_t len = 0;

	text = read_file(path, &len, err);
	return text ? parse(&w, text, len) : NULL;
}

struct conf *conf_parse_public(const char *name, const char *text, size_t len, struct err *err)
{
	struct conf_walk w = {.file = name, .err = err, .public = true};

	return parse(&w, text, len);
}

int conf_export(const struct conf *conf, struct err *err)
{
	if (!conf->aws.web_identity_token_file)
		return 0;
	if (setenv("AWS_WEB_IDENTITY_TOKEN_FILE", conf->aws.web_identity_token_file, 1) < 0 ||
		setenv("AWS_ROLE_ARN", conf->aws.web_identity_role_arn, 1) < 0 ||
		(conf->aws.role_session_name &&
			setenv("AWS_ROLE_SESSION_NAME", conf->aws.role_session_name, 1) < 0))
		return err_nomem(err);
	return 0;
}

const struct conf_group *conf_group_of(const struct conf *conf, const char *node)
{
	const char *first = strchr(node, '-'), *second = first ? strchr(first + 1, '-') : NULL;
	const char *number = second ? second + 1 : "";
	size_t digits = strspn(number, "0123456789");

	/* names are made by "-%d": "007" is not ours, and neither is "7x" */
	if (!digits || digits > 6 || number[digits] || (*number == '0' && digits > 1))
		return NULL;
	for (size_t i = 0; i < conf->ngroups; i++) {
		const struct conf_group *g = &conf->groups[i];

		if (strlen(g->partition) == (size_t)(first - node) &&
			!strncmp(g->partition, node, (size_t)(first - node)) &&
			strlen(g->name) == (size_t)(second - first - 1) &&
			!strncmp(g->name, first + 1, (size_t)(second - first - 1)) &&
			strtol(number, NULL, 10) < g->max_nodes)
			return g;
	}
	return NULL;
}

const struct conf_group *conf_group_named(const struct conf *conf, const char *name)
{
	size_t n = strcspn(name, "-");

	for (size_t i = 0; name[n] && i < conf->ngroups; i++) {
		const struct conf_group *g = &conf->groups[i];

		if (strlen(g->partition) == n && !strncmp(g->partition, name, n) &&
			!strcmp(g->name, name + n + 1))
			return g;
	}
	return NULL;
}

bool conf_has_partition(const struct conf *conf, const char *partition)
{
	for (size_t i = 0; i < conf->ngroups; i++)
		if (!strcmp(conf->groups[i].partition, partition))
			return true;
	return false;
}

const char *conf_choose_path(const char *option)
{
	const char *env = getenv("AWS_SLURM_BURST_CONFIG");

	if (option)
		return option;
	return env && *env ? env : CONF_DEFAULT_PATH;
}
