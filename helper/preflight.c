/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/fleet_body.h"
#include "helper/log.h"
#include "helper/types.h"
#include "lib/aws/quotas.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/catalog/catalog.h"
#include "lib/state/cache.h"
#include "lib/state/taken.h"

#define SUBNET_GOOD_MS 15000
#define QUOTA_GOOD_MS  (6 * 3600 * 1000LL)
/* A quota too small for what is wanted may have been raised: it is asked again so soon. */
#define QUOTA_AGAIN_MS 60000
/* No permission, and no answer: without quotas for so long. */
#define DENIED_MS  (24 * 3600 * 1000LL)
#define SILENT_MS  (3600 * 1000LL)
#define KEY_SIZE   160
#define VALUE_SIZE 128

/* --- launches under way ---------------------------------------------------------------------- */

struct launches {
	struct taken_launch *all;
	size_t n;
};

static void launches_release(struct launches *launches)
{
	taken_launches_release(launches->all, launches->n);
}

/* --- subnets --------------------------------------------------------------------------------- */

/* Addresses that one instance takes at most: those of a launch with EFA. */
static int64_t addresses_of(struct app *app, const char *region, const char *name)
{
	const struct instance_type *type = catalog_type(app, region, name);
	struct nic_layout layout;

	if (!type || nic_layout_make(type, type->efa_max > 0, &layout, NULL) < 0)
		return 1;
	return (int64_t)layout.addresses;
}

static void subnet_key(const char *region, const char *id, char key[KEY_SIZE])
{
	snprintf(key, KEY_SIZE, "subnet/%s/%s", region, id);
}

/* As EC2 said a moment ago: 1 with *SUBNET and when it was asked, 0, -1. */
static int recall_subnet(struct db *db, const char *region, const char *id, int64_t now_ms,
	struct ec2_subnet *subnet, int64_t *asked_ms, struct err *err)
{
	cleanup_free char *value = NULL;
	struct ec2_subnet found = {0};
	char key[KEY_SIZE];
	int64_t then_ms;

	subnet_key(region, id, key);
	if (cache_get(db, key, now_ms, &value, err) < 0)
		return -1;
	if (!value || sscanf(value, "%31s %" SCNd64 " %" SCNd64, found.az, &found.free_addresses,
			      &then_ms) != 3)
		return 0;
	snprintf(found.id, sizeof(found.id), "%s", id);
	*subnet = found;
	*asked_ms = then_ms;
	return 1;
}

static int keep_subnet(struct db *db, const char *region, const struct ec2_subnet *subnet,
	int64_t asked_ms, struct err *err)
{
	char key[KEY_SIZE], value[VALUE_SIZE];

	subnet_key(region, subnet->id, key);
	snprintf(value, sizeof(value), "%s %" PRId64 " %" PRId64, subnet->az,
		subnet->free_addresses, asked_ms);
	return cache_put(db, key, value, asked_ms + SUBNET_GOOD_MS, err);
}

/* All of them anew: one request takes as many ids as there are. */
static int ask_subnets(struct app *app, struct aws *aws, const char *region, const char *const *ids,
	size_t n, struct ec2_subnet **subnets, int64_t *asked_ms, struct err *err)
{
	int64_t now_ms = clock_now_ms();

	if (ec2_describe_subnets(aws, ids, n, subnets, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		asked_ms[i] = now_ms;
		if (keep_subnet(app->db, region, &(*subnets)[i], now_ms, err) < 0) {
			free(*subnets);
			*subnets = NULL;
			return -1;
		}
	}
	return 0;
}

/* What came since EC2 was asked, and what is under way. */
static int take_off(struct app *app, const char *region, struct ec2_subnet *subnets,
	const int64_t *asked_ms, size_t n, struct err *err)
{
	CLEANUP(launches_release) struct launches launches = {0};

	if (taken_launches(app->db, region, &launches.all, &launches.n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		cleanup_free struct taken *taken = NULL;
		size_t ntaken = 0;

		if (taken_running(app->db, region, asked_ms[i], &taken, &ntaken, err) < 0)
			return -1;
		for (size_t k = 0; k < ntaken; k++)
			if (!strcmp(taken[k].subnet, subnets[i].id))
				subnets[i].free_addresses -= taken[k].n * addresses_of(app, region,
										  taken[k].type);
		for (size_t k = 0; k < launches.n; k++) {
			char subnet[64] = "", type[32] = "";

			/* where it asks first; EC2 may put it elsewhere, and then says so soon */
			if (fleet_body_value(
				    launches.all[k].body, "SubnetId", subnet, sizeof(subnet)) &&
				fleet_body_value(
					launches.all[k].body, "InstanceType", type, sizeof(type)) &&
				!strcmp(subnet, subnets[i].id))
				subnets[i].free_addresses -= launches.all[k].capacity *
							     addresses_of(app, region, type);
		}
		if (subnets[i].free_addresses < 0)
			subnets[i].free_addresses = 0;
	}
	return 0;
}

int preflight_subnets(struct app *app, struct aws *aws, const char *region, const char *const *ids,
	size_t n, struct ec2_subnet **subnets, struct err *err)
{
	cleanup_free struct ec2_subnet *list = calloc(n + 1, sizeof(*list));
	cleanup_free int64_t *asked_ms = calloc(n + 1, sizeof(*asked_ms));
	int64_t now_ms = clock_now_ms();
	bool known = true;

	if (!list || !asked_ms)
		return err_nomem(err);
	for (size_t i = 0; known && i < n; i++) {
		int rc = recall_subnet(
			app->db, region, ids[i], now_ms, &list[i], &asked_ms[i], err);

		if (rc < 0)
			return -1;
		known = rc;
	}
	if (!known) {
		free(list);
		list = NULL;
		if (ask_subnets(app, aws, region, ids, n, &list, asked_ms, err) < 0)
			return -1;
	}
	if (take_off(app, region, list, asked_ms, n, err) < 0)
		return -1;
	*subnets = STEAL_POINTER(list);
	return 0;
}

/* --- quotas ---------------------------------------------------------------------------------- */

/* One region's quotas are not to be had for a while: the reason was logged when that was found. */
static int is_off(struct db *db, const char *region, int64_t now_ms, struct err *err)
{
	cleanup_free char *value = NULL;
	char key[KEY_SIZE];

	snprintf(key, sizeof(key), "quota-off/%s", region);
	if (cache_get(db, key, now_ms, &value, err) < 0)
		return -1;
	return value != NULL;
}

static int turn_off(struct db *db, const char *region, const struct err *why, struct err *err)
{
	bool denied = why->class == ERR_AUTH;
	char key[KEY_SIZE];

	log_warn("vCPU quotas of %s are not looked at for %s: %s%s", region,
		denied ? "a day" : "an hour", why->text,
		denied ? "; allow servicequotas:GetServiceQuota and "
			 "servicequotas:GetAWSDefaultServiceQuota, or set launch.check_quotas: "
			 "false"
		       : "");
	snprintf(key, sizeof(key), "quota-off/%s", region);
	return cache_put(
		db, key, why->code, clock_now_ms() + (denied ? DENIED_MS : SILENT_MS), err);
}

/*
 * The quota itself, kept or asked. A kept one that is less than ENOUGH is asked again, unless it is
 * fresh. 1: *VCPUS; 0: not known; -1.
 */
static int quota_value(struct app *app, struct aws *aws, const char *region, const char *code,
	int64_t enough, int64_t *vcpus, struct err *err)
{
	int64_t now_ms = clock_now_ms(), then_ms = 0, kept = -1;
	cleanup_free char *value = NULL;
	char key[KEY_SIZE], text[VALUE_SIZE];
	struct err why = {0};
	int off = is_off(app->db, region, now_ms, err);

	if (off)
		return off < 0 ? -1 : 0;
	snprintf(key, sizeof(key), "quota/%s/%s", region, code);
	if (cache_get(app->db, key, now_ms, &value, err) < 0)
		return -1;
	if (value && sscanf(value, "%" SCNd64 " %" SCNd64, &kept, &then_ms) == 2 &&
		(kept < 0 || kept >= enough || now_ms - then_ms < QUOTA_AGAIN_MS)) {
		*vcpus = kept;
		return kept >= 0;
	}
	if (quotas_vcpus(aws, code, vcpus, &why) < 0) {
		if (why.class != ERR_NOTFOUND)
			return turn_off(app->db, region, &why, err);
		*vcpus = -1; /* this region has no such quota */
	}
	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, *vcpus, now_ms);
	if (cache_put(app->db, key, text, now_ms + QUOTA_GOOD_MS, err) < 0)
		return -1;
	return *vcpus >= 0;
}

struct use {
	struct app *app;
	const char *region;
	struct taken *taken;
	size_t ntaken;
	struct launches launches;
};

static void use_release(struct use *use)
{
	free(use->taken);
	launches_release(&use->launches);
}

static int64_t vcpus_of(const struct use *use, const char *name)
{
	const struct instance_type *type = catalog_type(use->app, use->region, name);

	return type ? type->vcpus : 0;
}

/* vCPUs of FAMILY and MARKET that this cluster has, or has asked for. */
static int64_t used_vcpus(const struct use *use, enum quota_family family, enum market market)
{
	int64_t sum = 0;

	for (size_t i = 0; i < use->ntaken; i++)
		if (!use->taken[i].block && use->taken[i].spot == (market == MARKET_SPOT) &&
			catalog_quota_family(use->taken[i].type) == family)
			sum += use->taken[i].n * vcpus_of(use, use->taken[i].type);
	for (size_t i = 0; i < use->launches.n; i++) {
		const struct taken_launch *launch = &use->launches.all[i];
		char type[32] = "", kind[32] = "";

		if (fleet_body_value(launch->body, "InstanceType", type, sizeof(type)) &&
			fleet_body_value(
				launch->body, "DefaultTargetCapacityType", kind, sizeof(kind)) &&
			!strcmp(kind, market == MARKET_SPOT ? "spot" : "on-demand") &&
			catalog_quota_family(type) == family)
			sum += launch->capacity * vcpus_of(use, type);
	}
	return sum;
}

struct quota_list {
	struct plan_quota *all;
	size_t n;
};

/* What NODES of the largest choice of FAMILY that is sold in MARKET need; 0: there is none. */
static int64_t wanted_vcpus(const struct plan_choice *choices, size_t n, unsigned nodes,
	enum quota_family family, enum market market)
{
	int64_t most = 0;

	for (size_t i = 0; i < n; i++) {
		const struct instance_type *type = plan_choice_type(&choices[i]);

		if (type && (market == MARKET_SPOT ? type->spot : type->on_demand) &&
			!choices[i].reservation &&
			catalog_quota_family(choices[i].type) == family && type->vcpus > most)
			most = type->vcpus;
	}
	return most * nodes;
}

/* One more, if it can be known. WANTED: what a launch may need of it. */
static int add_quota(struct app *app, struct aws *aws, const char *region, const struct use *use,
	enum quota_family family, enum market market, int64_t wanted, struct quota_list *list,
	struct err *err)
{
	const char *code = quota_code(family, market == MARKET_SPOT);
	int64_t used = used_vcpus(use, family, market), vcpus = 0;
	int rc;

	if (!wanted || !code)
		return 0;
	rc = quota_value(app, aws, region, code, used + wanted, &vcpus, err);
	if (rc <= 0)
		return rc;
	list->all[list->n++] = (struct plan_quota){
		.family = family,
		.market = market,
		.left_vcpus = vcpus > used ? vcpus - used : 0,
	};
	return 0;
}

int preflight_quotas(struct app *app, struct aws *aws, const char *region,
	const struct plan_choice *choices, size_t nchoices, unsigned nodes,
	struct plan_quota **quotas, size_t *n, struct err *err)
{
	static const enum market markets[] = {MARKET_ON_DEMAND, MARKET_SPOT};
	cleanup_free struct plan_quota *all = calloc(2 * QUOTA_OTHER + 1, sizeof(*all));
	CLEANUP(use_release) struct use use = {.app = app, .region = region};
	struct quota_list list = {.all = all};

	if (!all)
		return err_nomem(err);
	if (app->conf->launch.check_quotas) {
		if (taken_running(app->db, region, 0, &use.taken, &use.ntaken, err) < 0 ||
			taken_launches(app->db, region, &use.launches.all, &use.launches.n, err) <
				0)
			return -1;
		for (int f = 0; f < QUOTA_OTHER; f++)
			for (size_t m = 0; m < ARRAY_SIZE(markets); m++)
				if (add_quota(app, aws, region, &use, f, markets[m],
					    wanted_vcpus(choices, nchoices, nodes, f, markets[m]),
					    &list, err) < 0)
					return -1;
	}
	*quotas = STEAL_POINTER(all);
	*n = list.n;
	return 0;
}
