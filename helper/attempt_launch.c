/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of an attempt that spends money: launch template versions, and CreateFleet.
 */
#include <stdlib.h>
#include <string.h>

#include "helper/attempt.h"
#include "helper/log.h"
#include "helper/tags.h"
#include "helper/templates.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/launch.h"
#include "lib/state/placement.h"

/* How long EC2 may deny what it has just made. */
#define KNOWN_WAIT_MS 15000

/* --- launch template configs ---------------------------------------------------------------- */

/* One LaunchTemplateConfig per interface layout, its pools as overrides in the plan's order. */
struct fleet_plan {
	struct ec2_fleet_config *configs;
	size_t n;
	struct ec2_override *overrides;
};

static void fleet_plan_release(struct fleet_plan *f)
{
	free(f->configs);
	free(f->overrides);
}

static int make_configs(struct attempt *a, const struct ec2_template *template,
	struct fleet_plan *f, struct err *err)
{
	const struct conf_group *group = a->demand->group;
	struct template_wish wish = {
		.source = template,
		.groups = (const char *const *)group->security_groups,
		.ngroups = group->nsecurity_groups,
		.instance_profile = group->instance_profile,
		.node_group = group->name,
	};
	cleanup_free bool *done = calloc(a->plan.npools + 1, sizeof(*done));
	size_t used = 0;

	f->configs = calloc(a->plan.npools + 1, sizeof(*f->configs));
	f->overrides = calloc(a->plan.npools + 1, sizeof(*f->overrides));
	if (!done || !f->configs || !f->overrides)
		return err_nomem(err);
	for (size_t i = 0; i < a->plan.npools; i++) {
		struct ec2_fleet_config *config = &f->configs[f->n];
		char key[1024], other[1024];

		if (done[i])
			continue;
		nic_layout_key(&a->plan.pools[i].layout, key, sizeof(key));
		config->template_id = template->id;
		config->overrides = &f->overrides[used];
		wish.layout = &a->plan.pools[i].layout;
		if (templates_derive(a->app, a->aws, &wish, &config->template_version, err) < 0)
			return -1;
		for (size_t k = i; k < a->plan.npools; k++) {
			const struct plan_pool *pool = &a->plan.pools[k];

			if (done[k] ||
				strcmp(key, nic_layout_key(&pool->layout, other, sizeof(other))))
				continue;
			done[k] = true;
			f->overrides[used++] = (struct ec2_override){.type = pool->type,
				.subnet = pool->subnet,
				.group = *a->gang.group ? a->gang.group : NULL,
				.priority = (int)k};
			config->noverrides++;
		}
		f->n++;
	}
	return 0;
}

/* --- fleet ----------------------------------------------------------------------------------- */

/* EC2's no, in words: which pools were asked, and the first one's code and message. */
static int refused(const struct attempt *a, const struct ec2_fleet_result *result, struct err *err)
{
	const struct ec2_fleet_error *first = result->nerrors ? &result->errors[0] : NULL;
	enum err_class class = ERR_CAPACITY;

	if (!first)
		return err_set(err, ERR_CAPACITY, "EC2 gave %zu of %u instances and no reason",
			result->ninstances, a->gang.size);
	for (size_t i = 0; i < result->nerrors; i++) {
		enum err_class c = ec2_classify(result->errors[i].code, 200);

		/* one pool without capacity among misconfigured ones is still worth another try */
		class = i && class == ERR_CAPACITY ? class : c;
	}
	err_set(err, class, "EC2 gave %zu of %u %s instances in %s: %s: %s", result->ninstances,
		a->gang.size, *first->type ? first->type : a->plan.pools[0].type,
		*first->az ? first->az : a->plan.pools[0].az, first->code, first->message);
	snprintf(err->code, sizeof(err->code), "%s", first->code);
	return -1;
}

static const struct plan_pool *pool_of(
	const struct attempt *a, const char *type, const char *az, const char *subnet)
{
	for (size_t i = 0; i < a->plan.npools; i++) {
		const struct plan_pool *p = &a->plan.pools[i];

		if (!strcmp(p->type, type) &&
			(*subnet ? !strcmp(p->subnet, subnet) : !strcmp(p->az, az)))
			return p;
	}
	return NULL;
}

static int keep_instances(struct attempt *a, const struct ec2_fleet_result *result, struct err *err)
{
	a->instances = calloc(result->ninstances + 1, sizeof(*a->instances));
	if (!a->instances)
		return err_nomem(err);
	for (size_t i = 0; i < result->ninstances; i++) {
		const struct ec2_fleet_instance *from = &result->instances[i];
		const struct plan_pool *pool = pool_of(a, from->type, from->az, from->subnet);
		struct instance *to = &a->instances[i];

		snprintf(to->id, sizeof(to->id), "%s", from->id);
		snprintf(to->gang, sizeof(to->gang), "%s", a->gang.id);
		snprintf(to->launch, sizeof(to->launch), "%s", a->token);
		snprintf(to->region, sizeof(to->region), "%s", a->gang.region);
		snprintf(to->type, sizeof(to->type), "%s", from->type);
		snprintf(to->az, sizeof(to->az), "%s", *from->az || !pool ? from->az : pool->az);
		snprintf(to->subnet, sizeof(to->subnet), "%s",
			*from->subnet || !pool ? from->subnet : pool->subnet);
		to->spot = from->spot;
		to->rate_uusd_hr = pool ? pool->rate_uusd_hr : -1;
	}
	a->ninstances = result->ninstances;
	return 0;
}

/*
 * Send the stored bytes; again while EC2 does not know yet the template version or placement group
 * that it has just made for us. Such a refusal launched nothing, so the token is still unused.
 */
static int send_body(struct attempt *a, const struct strbuf *body, struct ec2_fleet_result *result,
	struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + KNOWN_WAIT_MS;
	bool unsure = false; /* whether any of the calls may have launched */

	for (int64_t pause_ms = 200;; pause_ms *= 2) {
		if (ec2_create_fleet(a->aws, body->buf, body->len, result, err) == 0)
			return 0;
		unsure = result->unsure || unsure;
		result->unsure = unsure;
		if (err->class != ERR_CONSISTENCY || clock_mono_ms() >= deadline_ms)
			return -1;
		log_debug("%s; again", err->text);
		clock_sleep_ms(pause_ms);
	}
}

/* Write the request down byte for byte, with the step to launching; then send it. */
static int send_fleet(struct attempt *a, const struct ec2_fleet_request *request, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(ec2_fleet_result_release) struct ec2_fleet_result result = {0};
	struct launch launch = {.state = LAUNCH_PREPARED, .capacity = request->capacity};
	struct db *db = a->app->db;
	struct err local;
	bool enough;

	if (ec2_fleet_encode(request, &body, err) < 0)
		return -1;
	snprintf(launch.token, sizeof(launch.token), "%s", a->token);
	snprintf(launch.gang, sizeof(launch.gang), "%s", a->gang.id);
	snprintf(launch.region, sizeof(launch.region), "%s", a->gang.region);
	launch.body = body.buf;
	launch.hostlist = a->hostlist;
	launch.sent_ms = clock_now_ms();
	if (launch_prepare(db, &launch, err) < 0)
		return -1;
	if (send_body(a, &body, &result, err) < 0) {
		/* where EC2 may have launched without our knowing, the row stays: it is
		 * looked for by its tag (release_prepared) */
		if (!result.unsure)
			launch_finish(
				db, a->token, LAUNCH_FAILED, "", err->code, err->text, &local);
		return -1;
	}
	/* more than asked for is no failure: attempt_bind() ends the rest */
	enough = request->all_or_nothing ? result.ninstances >= (size_t)request->capacity
					 : result.ninstances > 0;
	log_info("fleet %s: %zu of %d instances, %zu error(s)%s%s", result.fleet_id,
		result.ninstances, request->capacity, result.nerrors,
		result.nerrors ? ", first " : "", result.nerrors ? result.errors[0].code : "");
	if (keep_instances(a, &result, err) < 0)
		return -1;
	/* together: an answered launch without its instances would be forgotten by a crash */
	if (db_begin(db, err) < 0)
		return -1;
	if (launch_finish(db, a->token, result.ninstances ? LAUNCH_ANSWERED : LAUNCH_FAILED,
		    result.fleet_id, result.nerrors ? result.errors[0].code : "",
		    result.nerrors ? result.errors[0].message : "", err) < 0 ||
		(result.ninstances &&
			instance_insert(db, a->instances, a->ninstances, enough, err) < 0)) {
		db_rollback(db);
		return -1;
	}
	if (db_commit(db, err) < 0)
		return -1;
	return enough ? 0 : refused(a, &result, err);
}

int attempt_launch(struct attempt *a, struct err *err)
{
	const struct conf_group *group = a->demand->group;
	CLEANUP(ec2_template_release) struct ec2_template template = {0};
	CLEANUP(fleet_plan_release) struct fleet_plan fleet = {0};
	CLEANUP(tags_release) struct tag_list tags = {0};
	struct ec2_fleet_request request = {0};
	const char *name = group->template_id ? group->template_id : group->template_name;

	if (ec2_describe_template(a->aws, name, group->template_version, &template, err) < 0) {
		/* the site's own is not one that EC2 has yet to hear of */
		if (err->class == ERR_CONSISTENCY || err->class == ERR_NOTFOUND)
			err->class = ERR_CONFIG;
		return err_prefix(err, "launch template %s of node group %s", name, group->name);
	}
	if (make_configs(a, &template, &fleet, err) < 0)
		return -1;
	random_hex(a->token, 16);
	a->hostlist = nodeset_format(&a->demand->nodes);
	if (!a->hostlist)
		return err_nomem(err);
	tags_common(&tags, a->app->cluster, &a->gang, a->demand->group);
	tags_launch(&tags, a->token, a->hostlist);
	if (tags.failed)
		return err_set(err, ERR_CONFIG,
			"node group %s: too many tags, or node names too scattered to fit them",
			group->name);
	request.configs = fleet.configs;
	request.nconfigs = fleet.n;
	request.capacity = (int)a->demand->nodes.n;
	request.all_or_nothing = a->demand->all_or_nothing;
	request.spot = a->plan.market == MARKET_SPOT;
	request.token = a->token;
	request.tags = tags.tags;
	request.ntags = tags.n;
	if (send_fleet(a, &request, err) < 0) {
		/* a person may have deleted what we derived: the next attempt derives it anew */
		if (!strncmp(err->code, "InvalidLaunchTemplate", strlen("InvalidLaunchTemplate")))
			template_forget(a->app->db, template.id, template.version, NULL, NULL);
		return -1;
	}
	snprintf(a->gang.type, sizeof(a->gang.type), "%s", a->instances[0].type);
	snprintf(a->gang.az, sizeof(a->gang.az), "%s", a->instances[0].az);
	a->gang.rate_uusd_hr = a->instances[0].rate_uusd_hr;
	a->gang.efa = a->plan.efa;
	return gang_set_launch(a->app->db, a->gang.id, a->gang.type, a->gang.az, a->gang.efa,
		a->gang.rate_uusd_hr, err);
}
