/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of an attempt that spends money: launch template versions, and CreateFleet.
 *
 * Of all or nothing EC2 gives at most FLEET_MAX a request. A larger gang is several requests, one
 * after the other: the first chooses type and zone, the others are bound to them, since a cluster
 * placement group takes no other; if one fails, all are undone. So it is with a mixed gang, whose
 * spot instances, being scarcer, come first, and then the on-demand ones for the first nodes of its
 * jobs.
 */
#include <stdlib.h>
#include <string.h>

#include "helper/attempt.h"
#include "helper/log.h"
#include "helper/prices.h"
#include "helper/release.h"
#include "helper/tags.h"
#include "helper/templates.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/candidate.h"
#include "lib/plan/outcome.h"
#include "lib/state/launch.h"
#include "lib/state/placement.h"

/* How long EC2 may deny what it has just made. */
#define KNOWN_WAIT_MS 15000
/* How long a request whose answer was lost is sent again, and its instances are looked for. */
#define ADOPT_WAIT_MS 20000
#define REFUSALS_MAX  6 /* pools named in a message */

/* --- launch template configs ----------------------------------------------------------------- */

/* One LaunchTemplateConfig per derived version, its pools as overrides in the plan's order. */
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

/* Pools that one derived version serves. */
static bool same_version(const struct plan_pool *a, const struct plan_pool *b)
{
	char key[1024], other[1024];

	if (!a->reservation != !b->reservation ||
		(a->reservation && strcmp(a->reservation, b->reservation)))
		return false;
	return !strcmp(nic_layout_key(&a->layout, key, sizeof(key)),
		nic_layout_key(&b->layout, other, sizeof(other)));
}

/* ONLY: NULL, or the one pool that is to be asked. A cap is for SPOT. */
static int make_configs(struct attempt *a, const struct ec2_template *template,
	const struct plan_pool *only, bool spot, struct fleet_plan *f, struct err *err)
{
	const struct conf_place *place = a->place;
	struct template_wish wish = {
		.source = template,
		.groups = (const char *const *)place->security_groups,
		.ngroups = place->nsecurity_groups,
		.instance_profile = place->instance_profile,
		.node_group = a->demand->group->name,
	};
	const struct plan_pool *pools = only ? only : a->plan.pools;
	struct ec2_template_extra extra = {0};
	size_t n = only ? 1 : a->plan.npools, used = 0;
	cleanup_free bool *done = calloc(n + 1, sizeof(*done));

	f->configs = calloc(n + 1, sizeof(*f->configs));
	f->overrides = calloc(n + 1, sizeof(*f->overrides));
	if (!done || !f->configs || !f->overrides)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct ec2_fleet_config *config = &f->configs[f->n];

		if (done[i])
			continue;
		config->template_id = template->id;
		config->overrides = &f->overrides[used];
		wish.layout = &pools[i].layout;
		extra.reservation = pools[i].reservation;
		extra.block = pools[i].block;
		wish.extra = extra.reservation ? &extra : NULL;
		if (templates_derive(a->app, a->aws, &wish, &config->template_version, err) < 0)
			return -1;
		for (size_t k = i; k < n; k++) {
			if (done[k] || !same_version(&pools[i], &pools[k]))
				continue;
			done[k] = true;
			f->overrides[used++] = (struct ec2_override){.type = pools[k].type,
				.subnet = pools[k].subnet,
				.group = *a->gang.group ? a->gang.group : NULL,
				.max_price_uusd = spot ? pools[k].max_price_uusd_hr : -1,
				.priority = (int)k};
			config->noverrides++;
		}
		f->n++;
	}
	return 0;
}

/* --- refusals -------------------------------------------------------------------------------- */

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

/* POOL gave nothing, by an answer of CLASS to FLEET: not again in this start, and for a while not
 * first. */
static void refuse_pool(struct attempt *a, const struct fleet *fleet, const struct plan_pool *pool,
	enum err_class class, const char *code, unsigned nodes)
{
	struct mark mark;

	mark_pool(&mark, a->step.place, &a->plan, pool, outcome_scope_of(outcome_of(class), code),
		code);
	mark.market = fleet->market;
	if (marks_add(&a->marks, &mark, NULL) < 0)
		log_err("out of memory");
	recent_remember(a->app, &mark, a->region, nodes, class);
}

/* Not again in this start, with a placement group or without; others need not know. */
static void avoid_pool(struct attempt *a, const struct plan_pool *pool)
{
	struct mark mark;

	mark_pool(&mark, a->step.place, &a->plan, pool, SCOPE_POOL, "an instance died");
	mark.grouped = false;
	if (marks_add(&a->marks, &mark, NULL) < 0)
		log_err("out of memory");
}

/* The request as a whole was refused, or no pool is named: none of them gave anything. */
static void mark_all(struct attempt *a, const struct fleet *fleet, const struct plan_pool *only,
	enum err_class class, const char *code, unsigned nodes)
{
	const struct plan_pool *pools = only ? only : a->plan.pools;

	for (size_t i = 0; i < (only ? 1 : a->plan.npools); i++)
		refuse_pool(a, fleet, &pools[i], class, code, nodes);
}

/* Does one of EC2's refusals tell of POOL? */
static bool is_named(const struct attempt *a, const struct plan_pool *pool,
	const struct ec2_fleet_result *result)
{
	for (size_t i = 0; i < result->nerrors; i++) {
		const struct ec2_fleet_error *e = &result->errors[i];

		if (pool_of(a, e->type, e->az, e->subnet) == pool)
			return true;
	}
	return false;
}

/* Which pools did not give all, when fewer than NODES came. */
static void mark_refusals(struct attempt *a, const struct fleet *fleet,
	const struct plan_pool *only, const struct ec2_fleet_result *result, unsigned nodes)
{
	const struct plan_pool *last = NULL;
	size_t before = a->marks.n;

	for (size_t i = 0; i < result->nerrors; i++) {
		const struct ec2_fleet_error *e = &result->errors[i];
		const struct plan_pool *pool = pool_of(a, e->type, e->az, e->subnet);

		marks_hint(&a->marks, e->message);
		if (pool)
			refuse_pool(a, fleet, pool, ec2_classify(e->code, 200), e->code, nodes);
	}
	/* and without a word: what gave too few has no more */
	for (size_t i = 0; i < result->ninstances; i++) {
		const struct ec2_fleet_instance *in = &result->instances[i];
		const struct plan_pool *pool = pool_of(a, in->type, in->az, in->subnet);

		if (pool && pool != last && !is_named(a, pool, result))
			refuse_pool(a, fleet, pool, ERR_CAPACITY, "", nodes);
		last = pool;
	}
	if (a->marks.n == before)
		mark_all(a, fleet, only, ERR_CAPACITY, "", nodes);
}

static void name_others(const struct ec2_fleet_result *result, struct strbuf *sb)
{
	const struct ec2_fleet_error *first = &result->errors[0];

	for (size_t i = 1; i < result->nerrors; i++) {
		const struct ec2_fleet_error *e = &result->errors[i];

		if (i == REFUSALS_MAX) {
			strbuf_addf(sb, " and %zu more", result->nerrors - i);
			break;
		}
		strbuf_addf(sb, "%s%s in %s", i == 1 ? "; also refused: " : ", ", e->type, e->az);
		if (strcmp(e->code, first->code))
			strbuf_addf(sb, " (%s)", e->code);
	}
}

/*
 * EC2's no, in words: which pools were asked, and the first one's code and message. The class is
 * the first that lets another pool be tried: one without capacity among misconfigured ones is
 * still worth it.
 */
static int refused(const struct attempt *a, const struct fleet *fleet,
	const struct ec2_fleet_result *result, size_t wanted, struct err *err)
{
	const struct ec2_fleet_error *first = result->nerrors ? &result->errors[0] : NULL;
	CLEANUP(strbuf_release) struct strbuf others = STRBUF_INIT;
	const char *which = !a->plan.firsts                ? ""
			    : fleet->market == MARKET_SPOT ? " spot"
							   : " on-demand";
	enum err_class class;
	size_t len;

	if (!first)
		return err_set(err, ERR_CAPACITY,
			"EC2 gave %zu of %zu %s%s instances in %s and no reason",
			result->ninstances, wanted, a->plan.pools[0].type, which,
			a->plan.pools[0].az);
	class = ec2_classify(first->code, 200);
	for (size_t i = 1; i < result->nerrors && !outcome_of(class)->next_pool; i++)
		class = ec2_classify(result->errors[i].code, 200);
	name_others(result, &others);
	/* the sentence goes on where EC2's ends */
	len = strlen(first->message);
	if (len && first->message[len - 1] == '.')
		len--;
	err_set(err, class, "EC2 gave %zu of %zu %s%s instances in %s: %s: %.*s%s",
		result->ninstances, wanted, *first->type ? first->type : a->plan.pools[0].type,
		which, *first->az ? first->az : a->plan.pools[0].az, first->code, (int)len,
		first->message, others.buf);
	snprintf(err->code, sizeof(err->code), "%s", first->code);
	return -1;
}

/* What the same would cost on demand without discount, for the ledger; all of a fleet are of one
 * type or few. */
static int64_t on_demand_rate(struct attempt *a, const char *type)
{
	struct prices_found found;

	return prices_of(a->app, a->region, type, "", false, &found, NULL) < 0 ? -1
									       : found.full_uusd_hr;
}

/* --- fleet ----------------------------------------------------------------------------------- */

static int keep_instances(struct attempt *a, struct fleet *fleet,
	const struct ec2_fleet_result *result, struct err *err)
{
	size_t n = a->ninstances + result->ninstances;
	struct instance *all = reallocarray(a->instances, n + 1, sizeof(*all));

	if (!all)
		return err_nomem(err);
	a->instances = all;
	fleet->first = a->ninstances;
	fleet->n = result->ninstances;
	for (size_t i = 0; i < result->ninstances; i++) {
		const struct ec2_fleet_instance *from = &result->instances[i];
		const struct plan_pool *pool = pool_of(a, from->type, from->az, from->subnet);
		struct instance *to = &all[fleet->first + i];

		*to = (struct instance){.spot = from->spot, .rate_uusd_hr = -1};
		snprintf(to->id, sizeof(to->id), "%s", from->id);
		snprintf(to->gang, sizeof(to->gang), "%s", a->gang.id);
		snprintf(to->launch, sizeof(to->launch), "%s", fleet->token);
		snprintf(to->region, sizeof(to->region), "%s", a->region);
		snprintf(to->type, sizeof(to->type), "%s", from->type);
		snprintf(to->az, sizeof(to->az), "%s", *from->az || !pool ? from->az : pool->az);
		snprintf(to->subnet, sizeof(to->subnet), "%s",
			*from->subnet || !pool ? from->subnet : pool->subnet);
		if (pool)
			to->rate_uusd_hr = a->plan.firsts && !from->spot ? pool->first_uusd_hr
									 : pool->rate_uusd_hr;
		to->disk_uusd_hr = a->app->conf->cost.disk_uusd_hr;
		to->od_rate_uusd_hr = i && !strcmp(to[-1].type, to->type)
					      ? to[-1].od_rate_uusd_hr
					      : on_demand_rate(a, to->type);
	}
	a->ninstances = n;
	return 0;
}

/*
 * Look by tag for what a launch brought whose answer was lost, or had too few instances in it. 1:
 * LEAST are there, and RESULT has them; 0: not (yet); fewer may be all that EC2 shows so far.
 */
static int adopt(struct attempt *a, const struct fleet *fleet, size_t least,
	struct ec2_fleet_result *result, struct err *err)
{
	CLEANUP(ec2_instances_release) struct ec2_instances found = {0};

	if (release_find_launched(a->aws, fleet->token, &found, err) < 0)
		return -1;
	if (found.n < least)
		return 0;
	free(result->instances);
	result->ninstances = 0;
	result->instances = calloc(found.n, sizeof(*result->instances));
	if (!result->instances)
		return err_nomem(err);
	for (size_t i = 0; i < found.n; i++) {
		struct ec2_fleet_instance *to = &result->instances[i];

		snprintf(to->id, sizeof(to->id), "%s", found.all[i].id);
		snprintf(to->type, sizeof(to->type), "%s", found.all[i].type);
		snprintf(to->az, sizeof(to->az), "%s", found.all[i].az);
		snprintf(to->subnet, sizeof(to->subnet), "%s", found.all[i].subnet);
		to->spot = found.all[i].spot;
	}
	result->ninstances = found.n;
	log_warn("the answer to CreateFleet was lost; its %zu instances were found by their tag",
		found.n);
	return 1;
}

/*
 * Send the stored bytes; again while EC2 does not know yet the template version or placement group
 * that it has just made for us. Such a refusal launched nothing, so the token is still unused.
 * Where an answer was lost, the same bytes are sent again, which EC2 takes for the same request,
 * and what it launched is looked for by its tag: AWS does not say whether a repeated answer names
 * the instances again.
 */
static int send_body(struct attempt *a, const struct fleet *fleet, const struct strbuf *body,
	struct ec2_fleet_result *result, struct err *err)
{
	int64_t known_ms = clock_mono_ms() + KNOWN_WAIT_MS, adopt_ms = 0;
	bool unsure = false; /* whether any of the calls may have launched */

	for (int64_t pause_ms = 200;; pause_ms = pause_ms < 2000 ? pause_ms * 2 : pause_ms) {
		int rc = ec2_create_fleet(a->aws, body->buf, body->len, result, err);
		bool told = rc == 0 && (result->ninstances || result->nerrors);
		struct err local;

		unsure = unsure || (rc == 0 && !told) || result->unsure;
		result->unsure = unsure;
		if (told && (!unsure || result->ninstances >= fleet->nodes.n))
			return 0;
		if (unsure) {
			size_t least = fleet->nodes.n;
			bool late;

			if (!adopt_ms)
				adopt_ms = clock_mono_ms() + ADOPT_WAIT_MS;
			late = clock_mono_ms() >= adopt_ms;
			/* a repeated answer that tells of fewer than there are: take those */
			if (told && late)
				least = result->ninstances + 1;
			if (adopt(a, fleet, least, result, &local) == 1 || (told && late))
				return 0;
			if (rc == 0 && !told)
				err_set(err, ERR_TRANSIENT,
					"CreateFleet: EC2 took the request (fleet %s) and shows no "
					"instances of it",
					result->fleet_id);
			if (late)
				return -1;
		} else if (err->class != ERR_CONSISTENCY || clock_mono_ms() >= known_ms) {
			return -1;
		}
		if (rc < 0)
			log_info("%s; sent again", err->text);
		ec2_fleet_result_release(result);
		clock_sleep_ms(pause_ms);
	}
}

/*
 * EC2 gave more than was asked for: what no node needs must not run. Whatever comes of that, they
 * are not of the fleet; they are written down, and have no node, by which they are found later.
 */
static void end_surplus(struct attempt *a, struct fleet *fleet)
{
	size_t wanted = fleet->nodes.n, more = fleet->n > wanted ? fleet->n - wanted : 0;
	struct err err;

	if (!more)
		return;
	a->ninstances -= more;
	fleet->n = wanted;
	log_warn("%zu instances more than asked for: ended", more);
	if (release_instances(a->app, a->instances + a->ninstances, more, "more than asked for",
		    RELEASE_JUST_LAUNCHED, &err) < 0)
		log_err("they may still run; the next call tries again: %s", err.text);
}

/* The answer and its instances are one commit: apart, a crash would forget the instances. */
static int record_answer(struct attempt *a, struct fleet *fleet,
	const struct ec2_fleet_result *result, struct err *err)
{
	struct db *db = a->app->db;

	if (keep_instances(a, fleet, result, err) < 0 || db_begin(db, err) < 0)
		return -1;
	if (launch_finish(db, fleet->token, result->ninstances ? LAUNCH_ANSWERED : LAUNCH_FAILED,
		    result->fleet_id, result->nerrors ? result->errors[0].code : "",
		    result->nerrors ? result->errors[0].message : "", err) < 0 ||
		(result->ninstances && instance_insert(db, a->instances + fleet->first, fleet->n,
					       false, err) < 0)) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

/* How many of FLEET's market the gang needs at once. */
static unsigned gang_nodes(const struct attempt *a, const struct fleet *fleet)
{
	return a->plan.market == MARKET_MIXED ? request_at_once(&a->request, fleet->market)
					      : a->base.nodes;
}

/* Write the request down byte for byte, with the step to launching; then send it. */
static int send_fleet(struct attempt *a, struct fleet *fleet, const struct plan_pool *only,
	const struct ec2_fleet_request *request, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(ec2_fleet_result_release) struct ec2_fleet_result result = {0};
	struct launch launch = {.state = LAUNCH_PREPARED, .capacity = request->capacity};
	unsigned nodes = (unsigned)fleet->nodes.n;
	struct db *db = a->app->db;
	struct err local;

	if (ec2_fleet_encode(request, &body, err) < 0)
		return -1;
	snprintf(launch.token, sizeof(launch.token), "%s", fleet->token);
	snprintf(launch.gang, sizeof(launch.gang), "%s", a->gang.id);
	snprintf(launch.region, sizeof(launch.region), "%s", a->region);
	launch.body = body.buf;
	launch.hostlist = fleet->hostlist;
	launch.sent_ms = clock_now_ms();
	if (launch_prepare(db, &launch, err) < 0)
		return -1;
	if (send_body(a, fleet, &body, &result, err) < 0) {
		/* where EC2 may have launched without our knowing, the row stays: it is
		 * looked for by its tag (release_prepared) */
		if (!result.unsure) {
			launch_finish(
				db, fleet->token, LAUNCH_FAILED, "", err->code, err->text, &local);
			if (outcome_of(err->class)->next_pool)
				mark_all(a, fleet, only, err->class, err->code,
					gang_nodes(a, fleet));
		}
		return -1;
	}
	log_info("fleet %s: %zu of %d instances, %zu error(s)%s%s", result.fleet_id,
		result.ninstances, request->capacity, result.nerrors,
		result.nerrors ? ", first " : "", result.nerrors ? result.errors[0].code : "");
	if (record_answer(a, fleet, &result, err) < 0)
		return -1;
	end_surplus(a, fleet);
	if (fleet->n >= nodes)
		return 0;
	mark_refusals(
		a, fleet, only, &result, a->demand->all_or_nothing ? gang_nodes(a, fleet) : nodes);
	return refused(a, fleet, &result, nodes, err);
}

static struct fleet *add_fleet(struct attempt *a, const struct nodeset *nodes, size_t at, size_t n,
	enum market market, struct err *err)
{
	struct fleet *fleets = reallocarray(a->fleets, a->nfleets + 1, sizeof(*fleets)), *fleet;

	if (!fleets) {
		err_nomem(err);
		return NULL;
	}
	a->fleets = fleets;
	fleet = &fleets[a->nfleets++];
	*fleet = (struct fleet){.nodes = NODESET_INIT,
		.first = a->ninstances,
		.market = market,
		.efa = a->plan.efa};
	random_hex(fleet->token, 16);
	for (size_t i = 0; i < n; i++)
		if (nodeset_add(&fleet->nodes, nodes->names[at + i], err) < 0)
			return NULL;
	fleet->hostlist = nodeset_format(&fleet->nodes);
	if (!fleet->hostlist) {
		err_nomem(err);
		return NULL;
	}
	return fleet;
}

static int launch_piece(struct attempt *a, const struct ec2_template *template,
	const struct plan_pool *only, struct fleet *fleet, struct err *err)
{
	CLEANUP(fleet_plan_release) struct fleet_plan plan = {0};
	CLEANUP(tags_release) struct tag_list tags = {0};
	struct ec2_fleet_request request = {0};

	if (make_configs(a, template, only, fleet->market == MARKET_SPOT, &plan, err) < 0)
		return -1;
	tags_common(&tags, a->app->cluster, &a->gang, a->demand->group);
	tags_launch(&tags, fleet->token, fleet->hostlist);
	if (tags.failed)
		return err_set(err, ERR_CONFIG,
			"node group %s: too many tags, or node names too scattered to fit them",
			a->demand->group->name);
	request.configs = plan.configs;
	request.nconfigs = plan.n;
	request.capacity = (int)fleet->nodes.n;
	request.all_or_nothing = a->demand->all_or_nothing;
	request.spot = fleet->market == MARKET_SPOT;
	request.use_reservations_first = !request.spot;
	request.capacity_block = a->plan.pools[0].block;
	request.token = fleet->token;
	request.tags = tags.tags;
	request.ntags = tags.n;
	/* deriving the versions may have taken a while, and from here on it costs */
	if (attempt_wanted(a, err) != 0)
		return -1;
	if (send_fleet(a, fleet, only, &request, err) == 0)
		return 0;
	/* a person may have deleted what we derived: the next attempt derives it anew */
	if (!strncmp(err->code, "InvalidLaunchTemplate", strlen("InvalidLaunchTemplate")))
		for (size_t i = 0; i < plan.n; i++)
			templates_forget(a->app, template->id, plan.configs[i].template_version);
	return -1;
}

/* Where the first piece of a large gang came, the others must go too. */
static const struct plan_pool *pool_of_first(const struct attempt *a, const struct fleet *fleet)
{
	const struct instance *in = &a->instances[fleet->first];

	return fleet->n ? pool_of(a, in->type, in->az, in->subnet) : NULL;
}

static int fail_elsewhere(const struct attempt *a, const struct fleet *fleet, struct err *err)
{
	const struct instance *in = &a->instances[fleet->first];

	return err_set(err, ERR_FATAL, "EC2 gave %s in %s, which was not asked for",
		fleet->n ? in->type : "nothing", fleet->n ? in->az : "any zone");
}

/*
 * CreateFleet for NODES, in as few requests as there may be. Those of all or nothing go where the
 * try's first went, which is the attempt's fleet BEGUN. *SHORT_OF: of others, why some did not
 * come.
 */
static int launch_market(struct attempt *a, const struct ec2_template *template, size_t begun,
	const struct nodeset *nodes, enum market market, struct err *short_of, struct err *err)
{
	size_t pieces = (nodes->n + FLEET_MAX - 1) / FLEET_MAX, at = 0;

	for (size_t i = 0; i < pieces; i++) {
		/* as even as can be: 1001 is 501 and 500 */
		size_t n = (nodes->n - at + pieces - i - 1) / (pieces - i);
		const struct plan_pool *only = NULL;
		struct fleet *fleet;

		if (a->demand->all_or_nothing && a->nfleets > begun) {
			only = pool_of_first(a, &a->fleets[begun]);
			if (!only)
				return fail_elsewhere(a, &a->fleets[begun], err);
		}
		fleet = add_fleet(a, nodes, at, n, market, err);
		if (!fleet)
			return -1;
		at += n;
		if (launch_piece(a, template, only, fleet, err) < 0) {
			if (a->demand->all_or_nothing || !fleet->n)
				return -1;
			*short_of = *err;
		}
		if (attempt_wanted(a, err) != 0)
			return -1;
	}
	return 0;
}

/* The scarcer first: what it gave tells where the rest is to be. */
static int launch_mixed(struct attempt *a, const struct ec2_template *template,
	const struct nodeset *nodes, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset firsts = NODESET_INIT, others = NODESET_INIT;
	size_t begun = a->nfleets;

	nodeset_for_each (nodes, i)
		if (nodeset_add(demand_is_first(a->demand, nodes->names[i]) ? &firsts : &others,
			    nodes->names[i], err) < 0)
			return -1;
	if (launch_market(a, template, begun, &others, MARKET_SPOT, NULL, err) < 0)
		return -1;
	return launch_market(a, template, begun, &firsts, MARKET_ON_DEMAND, NULL, err);
}

/* These came: what was held against their pools is not true any more. */
static void forget_failures(struct attempt *a, size_t first)
{
	for (size_t i = first; i < a->ninstances; i++) {
		const struct instance *in = &a->instances[i];

		if (i == first || strcmp(in->az, in[-1].az) || strcmp(in->type, in[-1].type) ||
			in->spot != in[-1].spot)
			recent_forget(a->app, a->region, in->type, in->az,
				in->spot ? MARKET_SPOT : MARKET_ON_DEMAND, *a->gang.group != '\0');
	}
}

int attempt_launch(struct attempt *a, const struct nodeset *nodes, struct err *err)
{
	const struct conf_place *place = a->place;
	CLEANUP(ec2_template_release) struct ec2_template template = {0};
	const char *name = place->template_id ? place->template_id : place->template_name;
	const struct plan_pool *last;
	size_t first = a->ninstances;
	struct err short_of = {0};

	if (templates_look(a->app, a->aws, name, place->template_version, &template, err) < 0) {
		/* the site's own is not one that EC2 has yet to hear of */
		if (err->class == ERR_CONSISTENCY || err->class == ERR_NOTFOUND)
			err->class = ERR_CONFIG;
		return err_prefix(
			err, "launch template %s of node group %s", name, a->demand->group->name);
	}
	if ((a->plan.market == MARKET_MIXED ? launch_mixed(a, &template, nodes, err)
					    : launch_market(a, &template, a->nfleets, nodes,
						      a->plan.market, &short_of, err)) < 0)
		return -1;
	last = a->nfleets ? pool_of_first(a, &a->fleets[a->nfleets - 1]) : NULL;
	if (attempt_addresses(a, first, err) < 0) {
		/* one died: of the same pools the next may too, so others first */
		if (last && err->class == ERR_CAPACITY)
			avoid_pool(a, last);
		return -1;
	}
	forget_failures(a, first);
	if (short_of.class) {
		*err = short_of;
		return -1;
	}
	return 0;
}
