/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/templates.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "helper/fleet_body.h"
#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/placement.h"
#include "lib/state/taken.h"

/* How long EC2 may deny what it has just made. */
#define KNOWN_WAIT_MS 15000

#define LAYOUT_SIZE 1024 /* nic_layout_key()'s */
#define KEY_SIZE    (LAYOUT_SIZE + 512)

/* EC2 may not know for a moment what it has just made: a fleet that names it would be refused. */
static int wait_version(struct aws *aws, const char *id, int64_t version, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + KNOWN_WAIT_MS;
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)version);
	for (int64_t pause_ms = 100;; pause_ms *= 2) {
		CLEANUP(ec2_template_release) struct ec2_template seen = {0};

		if (ec2_describe_template(aws, id, number, &seen, err) == 0)
			return 0;
		if ((err->class != ERR_CONSISTENCY && err->class != ERR_NOTFOUND) ||
			clock_mono_ms() >= deadline_ms)
			return err_prefix(
				err, "version %s of launch template %s, just derived", number, id);
		clock_sleep_ms(pause_ms);
	}
}

/* Everything that shapes the version is part of its key. */
static int make_key(const struct template_wish *wish, char key[KEY_SIZE], struct err *err)
{
	size_t len;

	nic_layout_key(wish->layout, key, LAYOUT_SIZE);
	len = strlen(key);
	for (size_t i = 0; i < wish->ngroups && len < KEY_SIZE; i++)
		len += (size_t)snprintf(key + len, KEY_SIZE - len, "/%s", wish->groups[i]);
	if (wish->instance_profile && len < KEY_SIZE)
		len += (size_t)snprintf(key + len, KEY_SIZE - len, "/%s", wish->instance_profile);
	if (wish->extra && wish->extra->reservation && len < KEY_SIZE)
		len += (size_t)snprintf(key + len, KEY_SIZE - len, "/%s%s",
			wish->extra->reservation, wish->extra->block ? "/block" : "");
	if (len >= KEY_SIZE)
		return err_set(err, ERR_CONFIG, "node group %s names too many security groups",
			wish->node_group);
	return 0;
}

/*
 * Before the request: its token, written down; of an earlier try whose answer was lost, of another
 * gang that was quicker, or a new one. *VERSION where that other gang has it already.
 */
static int begin(struct db *db, const struct ec2_template *source, const char *key,
	char token[TEMPLATE_TOKEN_SIZE], int64_t *version, struct err *err)
{
	if (template_get(db, source->id, source->version, key, version, err) < 0)
		return -1;
	if (*version)
		return 0;
	if (template_token(db, source->id, source->version, key, token, err) < 0)
		return -1;
	if (*token)
		return 0;
	random_hex(token, 16);
	if (template_put(db, source->id, source->version, key, token, 0, err) < 0 ||
		template_get(db, source->id, source->version, key, version, err) < 0)
		return -1;
	if (*version)
		return 0;
	return template_token(db, source->id, source->version, key, token, err);
}

static int create(struct app *app, struct aws *aws, const struct template_wish *wish,
	const char *token, int64_t *version, struct err *err)
{
	const struct ec2_template *source = wish->source;
	const struct nic_layout *layout = wish->layout;
	const char *const *groups = wish->ngroups ? wish->groups
						  : (const char *const *)source->security_groups;
	size_t ngroups = wish->ngroups ? wish->ngroups : source->nsecurity_groups;
	struct ec2_nic nics[NIC_MAX];
	char description[160];

	for (size_t i = 0; i < layout->n; i++)
		nics[i] = (struct ec2_nic){layout->nics[i].card, layout->nics[i].device,
			nic_kind_name(layout->nics[i].kind)};
	snprintf(description, sizeof(description),
		TEMPLATES_OURS "%zu interface(s) of version %lld", app->cluster, layout->n,
		(long long)source->version);
	if (ec2_create_template_version(aws, source->id, source->version, nics, layout->n, groups,
		    ngroups, wish->instance_profile, wish->extra, token, description, version,
		    err) < 0)
		return err_prefix(err, "launch template %s", source->id);
	return 0;
}

/* The version that VERSION of the template was derived from by us; 0: it is the site's own. */
static int source_of(
	struct db *db, const char *id, int64_t version, int64_t *source, struct err *err)
{
	struct template_version *list = NULL;
	size_t n = 0;

	if (template_list(db, id, &list, &n, err) < 0)
		return -1;
	*source = 0;
	for (size_t i = 0; i < n; i++)
		if (list[i].version == version)
			*source = list[i].source;
	template_list_release(list, n);
	return 0;
}

int templates_look(struct app *app, struct aws *aws, const char *name_or_id, const char *version,
	struct ec2_template *out, struct err *err)
{
	CLEANUP(ec2_template_release) struct ec2_template seen = {0};
	int64_t source = 0;
	char number[24];

	if (ec2_describe_template(aws, name_or_id, version, &seen, err) < 0 ||
		source_of(app->db, seen.id, seen.version, &source, err) < 0)
		return -1;
	if (source) {
		snprintf(number, sizeof(number), "%" PRId64, source);
		return ec2_describe_template(aws, seen.id, number, out, err);
	}
	*out = seen;
	seen = (struct ec2_template){0};
	return 0;
}

int templates_derive(struct app *app, struct aws *aws, const struct template_wish *wish,
	int64_t *version, struct err *err)
{
	const struct ec2_template *source = wish->source;
	char key[KEY_SIZE], token[TEMPLATE_TOKEN_SIZE] = "";
	int64_t number = 0;

	if (!wish->ngroups && !source->nsecurity_groups)
		return err_set(err, ERR_CONFIG,
			"launch template %s version %lld has no security group and node group %s "
			"names none: set security_group_ids",
			source->id, (long long)source->version, wish->node_group);
	if (make_key(wish, key, err) < 0 || begin(app->db, source, key, token, &number, err) < 0)
		return -1;
	if (!number) {
		if (create(app, aws, wish, token, &number, err) < 0)
			return -1;
		log_info("launch template %s: version %lld derived from %lld for %s", source->id,
			(long long)number, (long long)source->version, key);
		if (template_put(app->db, source->id, source->version, key, token, number, err) <
				0 ||
			wait_version(aws, source->id, number, err) < 0)
			return -1;
		templates_prune(app, aws, source->id, source->version);
	}
	*version = number;
	return 0;
}

void templates_forget(struct app *app, const char *id, int64_t version)
{
	struct template_version *list = NULL;
	size_t n = 0;
	struct err err;

	if (template_list(app->db, id, &list, &n, &err) < 0)
		log_warn("launch template %s: %s", id, err.text);
	for (size_t i = 0; i < n; i++)
		if (list[i].version == version &&
			template_forget(app->db, id, list[i].source, list[i].layout, &err) < 0)
			log_warn("launch template %s: %s", id, err.text);
	template_list_release(list, n);
}

/* Does a launch whose answer is not known name it? */
static bool is_launching(
	const struct taken_launch *launches, size_t n, const char *id, int64_t version)
{
	for (size_t i = 0; i < n; i++)
		if (fleet_body_launches(launches[i].body, id, version))
			return true;
	return false;
}

/*
 * Is the number of SOURCE written in the configuration, for this template or one that may be it?
 * Its derivations are then in use, however many newer ones other node groups have.
 */
static bool is_pinned(const struct conf *conf, int64_t source)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, source);
	for (size_t i = 0; i < conf->ngroups; i++)
		for (size_t k = 0; k < conf->groups[i].nplaces; k++)
			if (!strcmp(conf->groups[i].places[k].template_version, number))
				return true;
	return false;
}

static int prune(struct app *app, struct aws *aws, const char *id, int64_t source, struct err *err)
{
	struct taken_launch *launches = NULL;
	struct template_version *old = NULL;
	size_t nlaunches = 0, n = 0;
	int rc = -1;

	/* a launch that is prepared after this look and names an old one is refused by EC2; the
	 * next try of its start derives the version anew */
	if (template_prunable(
		    app->db, id, app->conf->launch.keep_template_versions, &old, &n, err) < 0 ||
		taken_launches(app->db, NULL, &launches, &nlaunches, err) < 0)
		goto out;
	rc = 0;
	for (size_t i = 0; i < n; i++) {
		if (old[i].source == source || is_pinned(app->conf, old[i].source) ||
			is_launching(launches, nlaunches, id, old[i].version))
			continue;
		if (ec2_delete_template_version(aws, id, old[i].version, err) < 0 ||
			template_forget(app->db, id, old[i].source, old[i].layout, err) < 0) {
			rc = -1;
			break;
		}
		log_info("launch template %s: version %lld, derived from %lld, deleted", id,
			(long long)old[i].version, (long long)old[i].source);
	}
out:
	taken_launches_release(launches, nlaunches);
	template_list_release(old, n);
	return rc;
}

void templates_prune(struct app *app, struct aws *aws, const char *id, int64_t source)
{
	struct err err;

	if (prune(app, aws, id, source, &err) < 0)
		log_warn("launch template %s: old derived versions stay: %s; tried again at the "
			 "next "
			 "derivation",
			id, err.text);
}
