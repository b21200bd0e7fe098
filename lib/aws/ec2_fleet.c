/* SPDX-License-Identifier: Apache-2.0 */
/* CreateFleet, type instant. */
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/money.h"

enum {
	MAX_MIN_TARGET = 1000, /* MinTargetCapacity */
	MAX_TARGET = 10000,    /* target capacity of one fleet */
	MAX_CONFIGS = 50,
	MAX_TOKEN = 64,
	MAX_PRICE_FLOOR_UUSD = 1000, /* EC2 wants Overrides.MaxPrice to be more */
};

static int check_price(const struct ec2_override *o, struct err *err)
{
	if (o->max_price_uusd <= 0 || o->max_price_uusd > MAX_PRICE_FLOOR_UUSD)
		return 0;
	return err_set(err, ERR_USAGE,
		"at most %lld micro-USD an hour for %.32s: EC2's MaxPrice "
		"begins above 0.001 USD",
		(long long)o->max_price_uusd, o->type);
}

static int check(const struct ec2_fleet_request *r, struct err *err)
{
	size_t overrides = 0;

	if (r->capacity < 1 || r->capacity > MAX_TARGET)
		return err_set(err, ERR_USAGE, "a fleet of %d instances: expected 1 to %d",
			r->capacity, MAX_TARGET);
	if (r->all_or_nothing && r->capacity > MAX_MIN_TARGET)
		return err_set(err, ERR_USAGE,
			"a fleet of %d instances, all or nothing: EC2's MinTargetCapacity ends at "
			"%d",
			r->capacity, MAX_MIN_TARGET);
	if (!r->nconfigs || r->nconfigs > MAX_CONFIGS)
		return err_set(err, ERR_USAGE, "a fleet of %zu launch templates: expected 1 to %d",
			r->nconfigs, MAX_CONFIGS);
	if (r->spot && r->capacity_block)
		return err_set(
			err, ERR_USAGE, "a fleet is of Spot or of a Capacity Block, not both");
	for (size_t i = 0; i < r->nconfigs; i++) {
		overrides += r->configs[i].noverrides;
		for (size_t k = 0; r->spot && k < r->configs[i].noverrides; k++)
			if (check_price(&r->configs[i].overrides[k], err) < 0)
				return -1;
	}
	if (!overrides)
		return err_set(err, ERR_USAGE, "a fleet without instance types");
	if (!r->token || !*r->token || strlen(r->token) > MAX_TOKEN)
		return err_set(err, ERR_USAGE, "a client token of 1 to %d characters is needed",
			MAX_TOKEN);
	return 0;
}

/* Does the caller prefer some pools to others? */
static bool has_priorities(const struct ec2_fleet_request *r)
{
	int one = 0;
	bool seen = false;

	for (size_t i = 0; i < r->nconfigs; i++) {
		for (size_t k = 0; k < r->configs[i].noverrides; k++) {
			int priority = r->configs[i].overrides[k].priority;

			if (seen && priority != one)
				return true;
			one = priority;
			seen = true;
		}
	}
	return false;
}

static void add_configs(struct strbuf *body, const struct ec2_fleet_request *r, bool priorities)
{
	char price[32];

	for (size_t i = 0; i < r->nconfigs; i++) {
		const struct ec2_fleet_config *c = &r->configs[i];

		query_add(body, c->template_id,
			"LaunchTemplateConfigs.%zu.LaunchTemplateSpecification.LaunchTemplateId",
			i + 1);
		query_add_int(body, c->template_version,
			"LaunchTemplateConfigs.%zu.LaunchTemplateSpecification.Version", i + 1);
		for (size_t k = 0; k < c->noverrides; k++) {
			const struct ec2_override *o = &c->overrides[k];

			query_add(body, o->type,
				"LaunchTemplateConfigs.%zu.Overrides.%zu.InstanceType", i + 1,
				k + 1);
			if (o->subnet)
				query_add(body, o->subnet,
					"LaunchTemplateConfigs.%zu.Overrides.%zu.SubnetId", i + 1,
					k + 1);
			if (r->spot && o->max_price_uusd > 0)
				query_add(body,
					money_format(o->max_price_uusd, price, sizeof(price)),
					"LaunchTemplateConfigs.%zu.Overrides.%zu.MaxPrice", i + 1,
					k + 1);
			if (priorities) /* a double in EC2's model; whole numbers from 0 */
				query_add_int(body, o->priority,
					"LaunchTemplateConfigs.%zu.Overrides.%zu.Priority", i + 1,
					k + 1);
			if (o->group)
				query_add(body, o->group,
					"LaunchTemplateConfigs.%zu.Overrides.%zu.Placement."
					"GroupName",
					i + 1, k + 1);
		}
	}
}

/*
 * Of a block's fleet only the total may be said: EC2 refuses the other targets and reservation
 * options beside it, and takes from the one block that the template names.
 */
static void add_block(struct strbuf *body, const struct ec2_fleet_request *r)
{
	query_add_int(body, r->capacity, "TargetCapacitySpecification.TotalTargetCapacity");
	query_add(body, "capacity-block", "TargetCapacitySpecification.DefaultTargetCapacityType");
}

static void add_market(struct strbuf *body, const struct ec2_fleet_request *r, bool priorities)
{
	const char *options = r->spot ? "SpotOptions" : "OnDemandOptions";
	const char *strategy;

	/*
	 * On demand, the plan's order (cost, then its own reasons) is the order to try. For Spot
	 * capacity goes first: an interruption of one instance ends the whole job, and lowest-price
	 * takes the pools most likely to be reclaimed. With priorities EC2 honours them as far as
	 * capacity allows; without, it also looks at the price.
	 */
	if (!r->spot)
		strategy = "prioritized";
	else
		strategy = priorities ? "capacity-optimized-prioritized"
				      : "price-capacity-optimized";
	query_add_int(body, r->capacity, "TargetCapacitySpecification.TotalTargetCapacity");
	query_add_int(body, r->spot ? 0 : r->capacity,
		"TargetCapacitySpecification.OnDemandTargetCapacity");
	query_add_int(
		body, r->spot ? r->capacity : 0, "TargetCapacitySpecification.SpotTargetCapacity");
	query_add(body, r->spot ? "spot" : "on-demand",
		"TargetCapacitySpecification.DefaultTargetCapacityType");
	query_add(body, strategy, "%s.AllocationStrategy", options);
	/* paid for already; without this EC2 takes them only where they match by chance */
	if (r->use_reservations_first && !r->spot)
		query_add(body, "use-capacity-reservations-first",
			"OnDemandOptions.CapacityReservationOptions.UsageStrategy");
	if (r->all_or_nothing) {
		query_add(body, "true", "%s.SingleInstanceType", options);
		query_add(body, "true", "%s.SingleAvailabilityZone", options);
		query_add_int(body, r->capacity, "%s.MinTargetCapacity", options);
	}
}

int ec2_fleet_encode(const struct ec2_fleet_request *r, struct strbuf *body, struct err *err)
{
	bool priorities = has_priorities(r);

	if (check(r, err) < 0)
		return -1;
	query_begin(body, "CreateFleet", QUERY_EC2_VERSION);
	query_add(body, "instant", "Type");
	add_configs(body, r, !r->capacity_block && (priorities || !r->spot));
	if (r->capacity_block)
		add_block(body, r);
	else
		add_market(body, r, priorities);
	query_add(body, r->token, "ClientToken");
	query_add_tags(body, 1, "fleet", r->tags, r->ntags);
	query_add_tags(body, 2, "instance", r->tags, r->ntags);
	return body->failed ? err_nomem(err) : 0;
}

/* --- the answer ------------------------------------------------------------------------------ */

struct pool { /* one item of fleetInstanceSet or errorSet */
	char type[32], override_type[32];
	char az[32];
	char subnet[64];
	char lifecycle[32];
	char code[ERR_CODE_SIZE];
	char message[512];
};

struct fleet_answer {
	struct ec2_fleet_result result;
	struct pool pool;
	size_t first; /* instance of this pool */
};

static int on_pool_end(struct fleet_answer *a, bool is_error, struct err *err)
{
	struct ec2_fleet_result *r = &a->result;
	const char *type = a->pool.type[0] ? a->pool.type : a->pool.override_type;

	/* what belongs to the pool may stand behind its instances */
	for (size_t i = a->first; !is_error && i < r->ninstances; i++) {
		struct ec2_fleet_instance *instance = &r->instances[i];

		memcpy(instance->type, type, sizeof(instance->type));
		memcpy(instance->az, a->pool.az, sizeof(instance->az));
		memcpy(instance->subnet, a->pool.subnet, sizeof(instance->subnet));
		instance->spot = !strcmp(a->pool.lifecycle, "spot");
	}
	if (is_error) {
		struct ec2_fleet_error *all = answer_grow(
			r->errors, &r->nerrors, sizeof(*all), err);
		struct ec2_fleet_error *error;

		if (!all)
			return -1;
		r->errors = all;
		error = &all[r->nerrors - 1];
		memcpy(error->type, type, sizeof(error->type));
		memcpy(error->az, a->pool.az, sizeof(error->az));
		memcpy(error->subnet, a->pool.subnet, sizeof(error->subnet));
		memcpy(error->code, a->pool.code, sizeof(error->code));
		memcpy(error->message, a->pool.message, sizeof(error->message));
	}
	memset(&a->pool, 0, sizeof(a->pool));
	a->first = r->ninstances;
	return 0;
}

static int on_fleet(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
#define OVERRIDES "launchTemplateAndOverrides/overrides/"
	static const struct answer_field fields[] = {
		ANSWER_FIELD("instanceType", struct pool, type),
		ANSWER_FIELD(OVERRIDES "instanceType", struct pool, override_type),
		ANSWER_FIELD(OVERRIDES "availabilityZone", struct pool, az),
		ANSWER_FIELD(OVERRIDES "subnetId", struct pool, subnet),
		ANSWER_FIELD("lifecycle", struct pool, lifecycle),
		ANSWER_FIELD("errorCode", struct pool, code),
		ANSWER_FIELD("errorMessage", struct pool, message),
	};
	static const struct answer_field id[] = {
		ANSWER_FIELD("fleetId", struct ec2_fleet_result, fleet_id),
	};
	struct fleet_answer *a = arg;
	struct ec2_fleet_result *r = &a->result;
	bool is_error = !strncmp(path, "errorSet/item", 13);
	const char *rest = answer_below(path, is_error ? "errorSet/item" : "fleetInstanceSet/item");

	if (event == XML_BEGIN)
		return 0;
	answer_copy(r, id, ARRAY_SIZE(id), path, text);
	if (!strcmp(path, "errorSet/item") || !strcmp(path, "fleetInstanceSet/item"))
		return on_pool_end(a, is_error, err);
	if (!rest)
		return 0;
	answer_copy(&a->pool, fields, ARRAY_SIZE(fields), rest, text);
	if (!is_error && !strcmp(rest, "instanceIds/item")) {
		struct ec2_fleet_instance *all = answer_grow(
			r->instances, &r->ninstances, sizeof(*all), err);

		if (!all)
			return -1;
		r->instances = all;
		strncpy(all[r->ninstances - 1].id, text, sizeof(all[0].id) - 1);
	}
	return 0;
}

static int fleet_reset(void *arg, struct err *err)
{
	struct fleet_answer *a = arg;

	ec2_fleet_result_release(&a->result);
	memset(a, 0, sizeof(*a));
	return 0;
}

int ec2_create_fleet(struct aws *aws, const char *body, size_t len, struct ec2_fleet_result *result,
	struct err *err)
{
	struct fleet_answer a = {0};
	struct aws_call call = {
		.service = AWS_EC2,
		.action = "CreateFleet",
		.body = body,
		.len = len,
		.once = true,
		.element = on_fleet,
		.reset = fleet_reset,
		.arg = &a,
	};

	if (aws_call(aws, &call, err) < 0) {
		ec2_fleet_result_release(&a.result);
		result->unsure = call.unsure;
		return -1;
	}
	/* an earlier try that was lost had the same token: this is its answer, too, though AWS
	 * does not say that it is complete */
	*result = a.result;
	result->unsure = call.unsure;
	return 0;
}

void ec2_fleet_result_release(struct ec2_fleet_result *result)
{
	free(result->instances);
	free(result->errors);
	memset(result, 0, sizeof(*result));
}
