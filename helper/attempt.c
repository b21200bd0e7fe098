/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/attempt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/plan/identity.h"
#include "lib/state/launch.h"
#include "lib/state/placement.h"

#define GROUP_WAIT_MS 30000
#define KNOWN_WAIT_MS 15000
#define TAGS_MAX      50 /* per resource, EC2's limit */

/* --- plan ------------------------------------------------------------------------------------ */

static int make_choices(struct attempt *a, struct err *err)
{
	const struct conf_group *group = a->demand->group;
	size_t n = 0;

	if (ec2_describe_subnets(a->aws, (const char *const *)group->subnets, group->nsubnets,
		    &a->subnets, err) < 0)
		return -1;
	a->choices = calloc(group->noverrides * group->nsubnets + 1, sizeof(*a->choices));
	if (!a->choices)
		return err_nomem(err);
	for (size_t i = 0; i < group->noverrides; i++) {
		const struct conf_override *o = &group->overrides[i];

		for (size_t k = 0; k < group->nsubnets; k++) {
			if (o->subnet && strcmp(o->subnet, group->subnets[k]))
				continue;
			a->choices[n++] = (struct plan_choice){
				.type = o->type,
				.subnet = group->subnets[k],
				.az = a->subnets[k].az,
				.free_addresses = a->subnets[k].free_addresses,
				.price_uusd_hr = -1,
			};
		}
	}
	a->request.choices = a->choices;
	a->request.nchoices = n;
	return 0;
}

/* What was asked, what was chosen, what it may cost: one line. */
static void log_plan(const struct attempt *a)
{
	char limit[48], worst[32] = "?";

	if (a->plan.worst_uusd >= 0)
		money_format(a->plan.worst_uusd, worst, sizeof(worst));
	log_info("plan: %u node(s), EFA %s (%s) -> %s, %s, %zu pool(s) from %s in %s, at most %s "
		 "USD, limit %s",
		a->request.nodes, efa_mode_name(a->request.efa), a->request.efa_why,
		a->plan.efa ? "EFA" : "no EFA",
		a->plan.cluster_group ? "placement group" : "no placement group", a->plan.npools,
		a->plan.pools[0].type, a->plan.pools[0].az, worst,
		cost_limit_format(&a->request.limit, limit, sizeof(limit)));
}

int attempt_plan(struct attempt *a, struct err *err)
{
	const struct demand *d = a->demand;
	const struct conf *conf = a->app->conf;
	const struct slurm_site *site = &a->app->site;
	unsigned failures;
	int64_t spent_uusd = 0;

	if (make_choices(a, err) < 0)
		return -1;
	for (size_t i = 0; i < d->njobs; i++) {
		int64_t uusd = 0;

		if (gang_history(a->app->db, d->jobs[i]->facts.job_id, &failures, &uusd, err) < 0)
			return -1;
		spent_uusd += uusd;
	}
	a->request.nodes = (unsigned)d->nodes.n;
	a->request.gang = d->all_or_nothing;
	a->request.efa = d->efa;
	a->request.efa_why = d->efa_why;
	a->request.limit = d->limit;
	a->request.time_limit_s = d->time_limit_s;
	a->request.boot_s = conf->cost.boot_allowance_s;
	a->request.release_s = conf->cost.release_allowance_s + site->kill_wait_s +
			       site->over_time_s;
	a->request.spent_uusd = spent_uusd;
	a->request.region = a->gang.region;
	a->request.market = d->group->market;
	a->request.group_threshold = conf->mpi.placement_group_threshold;
	a->request.group_always = conf->mpi.force_cluster_placement_group;
	a->request.cpus_per_node = d->group->cpus;
	a->request.mem_mib_per_node = d->group->mem_mib;
	if (plan_make(&a->request, &a->plan, err) < 0) {
		/* why each choice was refused is worth keeping; the failure itself is in ERR */
		cleanup_free char *reasons = plan_reasons(&a->request, NULL);

		gang_set_plan(a->app->db, a->gang.id, reasons ? reasons : "", NULL);
		return -1;
	}
	log_plan(a);
	return gang_set_plan(a->app->db, a->gang.id, a->plan.reasons, err);
}

/* --- tags ------------------------------------------------------------------------------------ */

struct tag_list {
	struct ec2_tag tags[TAGS_MAX];
	char *owned[TAGS_MAX]; /* values of ours to be freed */
	size_t n, nowned;
	bool failed; /* more than EC2 takes, or out of memory */
};

static void tags_release(struct tag_list *list)
{
	for (size_t i = 0; i < list->nowned; i++)
		free(list->owned[i]);
}

static void tags_add(struct tag_list *list, const char *key, const char *value, size_t len)
{
	char *copy;

	if (!len)
		return;
	copy = strndup(value, len);
	if (!copy || list->n == TAGS_MAX) {
		free(copy);
		list->failed = true;
		return;
	}
	/* users and accounts may hold what EC2's tag values may not */
	for (char *p = copy; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(" +-=._:/@,[]", *p))
			*p = '_';
	list->owned[list->nowned++] = copy;
	list->tags[list->n++] = (struct ec2_tag){key, copy};
}

/* Who owns it and what it is for: on everything that we make. */
static void tags_common(struct tag_list *list, const struct attempt *a)
{
	const struct gang *g = &a->gang;

	tags_add(list, "burst:cluster", a->app->cluster, strlen(a->app->cluster));
	tags_add(list, "burst:gang", g->id, strlen(g->id));
	if (g->job_id)
		tags_add(list, "burst:job", g->job_name, strlen(g->job_name));
	else
		tags_add(list, "burst:pool", g->id, strlen(g->id));
	tags_add(list, "burst:partition", g->partition, strlen(g->partition));
	tags_add(list, "burst:user", g->user, strlen(g->user));
	tags_add(list, "burst:account", g->account, strlen(g->account));
	for (size_t i = 0; i < a->demand->group->ntags; i++)
		tags_add(list, a->demand->group->tags[i].key, a->demand->group->tags[i].value,
			strlen(a->demand->group->tags[i].value));
}

/* What an instance must know of its launch at boot: the hostlist, in pieces that a tag holds. */
static void tags_launch(struct tag_list *list, const struct attempt *a)
{
	static const char *const keys[] = {"burst:nodes", "burst:nodes2", "burst:nodes3",
		"burst:nodes4", "burst:nodes5", "burst:nodes6", "burst:nodes7", "burst:nodes8"};
	const char *piece;
	size_t len;

	tags_add(list, "burst:launch", a->token, strlen(a->token));
	for (size_t i = 0; (piece = identity_piece(a->hostlist, i, &len)); i++) {
		if (i == ARRAY_SIZE(keys)) {
			list->failed = true;
			return;
		}
		tags_add(list, keys[i], piece, len);
	}
}

/* --- placement group ------------------------------------------------------------------------- */

int attempt_group(struct attempt *a, struct err *err)
{
	CLEANUP(tags_release) struct tag_list tags = {0};
	int64_t deadline_ms = clock_mono_ms() + GROUP_WAIT_MS;
	struct db *db = a->app->db;
	char name[256], state[32];

	if (!a->plan.cluster_group)
		return gang_advance(db, a->gang.id, GANG_PLANNED, GANG_GROUP_READY, err);
	snprintf(name, sizeof(name), "burst-%s-%s", a->app->cluster, a->gang.id);
	tags_common(&tags, a);
	if (tags.failed)
		return err_set(
			err, ERR_CONFIG, "node group %s has too many tags", a->gang.node_group);
	if (placement_insert(db, name, a->gang.id, clock_now_ms(), err) < 0)
		return -1;
	/* a group of that name can only be ours, from a request whose answer was lost */
	if (ec2_create_placement_group(a->aws, name, "cluster", tags.tags, tags.n, err) < 0 &&
		(!err || err->class != ERR_BUSY))
		return err_prefix(err, "placement group %s", name);
	for (int64_t pause_ms = 50;; pause_ms *= 2) {
		int rc = ec2_placement_group_state(a->aws, name, state, sizeof(state), err);

		if (rc == 0 && !strcmp(state, "available"))
			break;
		if (rc < 0 && err->class != ERR_CONSISTENCY && err->class != ERR_NOTFOUND)
			return err_prefix(err, "placement group %s", name);
		if (clock_mono_ms() >= deadline_ms)
			return err_set(err, ERR_TRANSIENT,
				"placement group %s is not available after %d s", name,
				GROUP_WAIT_MS / 1000);
		clock_sleep_ms(pause_ms);
	}
	snprintf(a->gang.group, sizeof(a->gang.group), "%s", name);
	if (gang_set_group(db, a->gang.id, name, err) < 0)
		return -1;
	return gang_advance(db, a->gang.id, GANG_PLANNED, GANG_GROUP_READY, err);
}

/* --- launch template versions ---------------------------------------------------------------- */

/* EC2 may not know for a moment what it has just made: a fleet that names it would be refused. */
static int wait_version(struct attempt *a, const char *id, int64_t version, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + KNOWN_WAIT_MS;
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)version);
	for (int64_t pause_ms = 100;; pause_ms *= 2) {
		CLEANUP(ec2_template_release) struct ec2_template seen = {0};

		if (ec2_describe_template(a->aws, id, number, &seen, err) == 0)
			return 0;
		if ((err->class != ERR_CONSISTENCY && err->class != ERR_NOTFOUND) ||
			clock_mono_ms() >= deadline_ms)
			return err_prefix(err, "version %s of launch template %s, just derived", number, id);
		clock_sleep_ms(pause_ms);
	}
}

/* The version for one interface layout: remembered, or derived now. */
static int derive(struct attempt *a, const struct ec2_template *template,
	const struct nic_layout *layout, int64_t *version, struct err *err)
{
	const struct conf_group *group = a->demand->group;
	const char *const *groups = (const char *const *)(group->nsecurity_groups
								  ? group->security_groups
								  : template->security_groups);
	size_t ngroups = group->nsecurity_groups ? group->nsecurity_groups
						 : template->nsecurity_groups;
	struct ec2_nic nics[NIC_MAX];
	char key[1024 + 512], token[65] = "", description[160];
	struct db *db = a->app->db;
	size_t len;

	if (!ngroups)
		return err_set(err, ERR_CONFIG,
			"launch template %s version %lld has no security group and node group %s "
			"names none: "
			"set security_group_ids",
			template->id, (long long)template->version, group->name);
	/* everything that shapes the version is part of its key */
	nic_layout_key(layout, key, 1024);
	len = strlen(key);
	for (size_t i = 0; i < group->nsecurity_groups && len < sizeof(key); i++)
		len += (size_t)snprintf(key + len, sizeof(key) - len, "/%s", groups[i]);
	if (group->instance_profile && len < sizeof(key))
		len += (size_t)snprintf(
			key + len, sizeof(key) - len, "/%s", group->instance_profile);
	if (len >= sizeof(key))
		return err_set(err, ERR_CONFIG, "node group %s names too many security groups",
			group->name);
	if (template_get(db, template->id, template->version, key, version, err) < 0)
		return -1;
	if (*version)
		return 0;
	if (template_token(db, template->id, template->version, key, token, err) < 0)
		return -1;
	if (!*token) {
		random_hex(token, 16);
		/* another gang may have been quicker: then its token is the one */
		if (template_put(db, template->id, template->version, key, token, 0, err) < 0 ||
			template_token(db, template->id, template->version, key, token, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < layout->n; i++)
		nics[i] = (struct ec2_nic){layout->nics[i].card, layout->nics[i].device,
			nic_kind_name(layout->nics[i].kind)};
	snprintf(description, sizeof(description),
		"aws-slurm-burst: %zu interface(s) of version %lld", layout->n,
		(long long)template->version);
	if (ec2_create_template_version(a->aws, template->id, template->version, nics, layout->n,
		    groups, ngroups, group->instance_profile, token, description, version, err) < 0)
		return err_prefix(err, "launch template %s", template->id);
	log_info("launch template %s: version %lld derived from %lld for %s", template->id,
		(long long)*version, (long long)template->version, key);
	if (template_put(db, template->id, template->version, key, token, *version, err) < 0)
		return -1;
	return wait_version(a, template->id, *version, err);
}

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
		if (derive(a, template, &a->plan.pools[i].layout, &config->template_version, err) <
			0)
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

	for (int64_t pause_ms = 200;; pause_ms *= 2) {
		if (ec2_create_fleet(a->aws, body->buf, body->len, result, err) == 0)
			return 0;
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
	launch.body = body.buf;
	launch.hostlist = a->hostlist;
	launch.sent_ms = clock_now_ms();
	if (launch_prepare(db, &launch, err) < 0)
		return -1;
	if (send_body(a, &body, &result, err) < 0) {
		/* an answer with an error code says that nothing was launched; silence does not */
		a->answer_lost = !*err->code;
		launch_finish(db, a->token, a->answer_lost ? LAUNCH_LOST : LAUNCH_FAILED, "",
			err->code, err->text, &local);
		return -1;
	}
	enough = request->all_or_nothing ? result.ninstances == (size_t)request->capacity
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
	tags_common(&tags, a);
	tags_launch(&tags, a);
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

void attempt_release(struct attempt *a)
{
	plan_release(&a->plan);
	free(a->choices);
	free(a->subnets);
	free(a->hostlist);
	free(a->instances);
	gang_release(&a->gang);
}
