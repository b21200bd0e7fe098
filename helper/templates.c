/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/templates.h"

#include <stdio.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/placement.h"

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
	if (len >= KEY_SIZE)
		return err_set(err, ERR_CONFIG, "node group %s names too many security groups",
			wish->node_group);
	return 0;
}

/* The token of the request that makes it, written down: of an earlier try, of another gang that was
 * quicker, or a new one. */
static int begin(struct db *db, const struct ec2_template *source, const char *key,
	char token[TEMPLATE_TOKEN_SIZE], struct err *err)
{
	if (template_token(db, source->id, source->version, key, token, err) < 0)
		return -1;
	if (*token)
		return 0;
	random_hex(token, 16);
	if (template_put(db, source->id, source->version, key, token, 0, err) < 0)
		return -1;
	return template_token(db, source->id, source->version, key, token, err);
}

static int create(struct aws *aws, const struct template_wish *wish, const char *token,
	int64_t *version, struct err *err)
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
		"aws-slurm-burst: %zu interface(s) of version %lld", layout->n,
		(long long)source->version);
	if (ec2_create_template_version(aws, source->id, source->version, nics, layout->n, groups,
		    ngroups, wish->instance_profile, NULL, token, description, version, err) < 0)
		return err_prefix(err, "launch template %s", source->id);
	return 0;
}

int templates_derive(struct app *app, struct aws *aws, const struct template_wish *wish,
	int64_t *version, struct err *err)
{
	const struct ec2_template *source = wish->source;
	char key[KEY_SIZE], token[TEMPLATE_TOKEN_SIZE] = "";

	if (!wish->ngroups && !source->nsecurity_groups)
		return err_set(err, ERR_CONFIG,
			"launch template %s version %lld has no security group and node group %s "
			"names none: set security_group_ids",
			source->id, (long long)source->version, wish->node_group);
	if (make_key(wish, key, err) < 0 ||
		template_get(app->db, source->id, source->version, key, version, err) < 0)
		return -1;
	if (*version)
		return 0;
	if (begin(app->db, source, key, token, err) < 0 ||
		create(aws, wish, token, version, err) < 0)
		return -1;
	log_info("launch template %s: version %lld derived from %lld for %s", source->id,
		(long long)*version, (long long)source->version, key);
	if (template_put(app->db, source->id, source->version, key, token, *version, err) < 0)
		return -1;
	return wait_version(aws, source->id, *version, err);
}
