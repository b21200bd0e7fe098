/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "helper/prices_internal.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/plan/weights.h"

/* What a node of a group costs, and by whose word. */
struct node_price {
	struct weights_node node;
	const char *type, *region; /* borrowed */
	char zone[32];             /* of a Spot price, else "" */
	struct prices_found found;
};

/* --- words of slurm.conf --------------------------------------------------------------------- */

static const char *given(const struct conf_pair *pairs, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(pairs[i].key, key))
			return pairs[i].value;
	return NULL;
}

static int add_pairs(struct strbuf *out, const char *where, const struct conf_pair *pairs, size_t n,
	struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = pairs[i].value;
		const char *quote = strpbrk(value, " \t") ? "\"" : "";

		if (!*value || strpbrk(value, "\"#\\"))
			return err_set(err, ERR_CONFIG,
				"%s.%s: nothing that slurm.conf takes; expected a value without "
				"\", # and \\",
				where, pairs[i].key);
		strbuf_addf(out, " %s=%s%s%s", pairs[i].key, quote, value, quote);
	}
	return 0;
}

static void add_nodes(struct strbuf *out, const struct conf_group *group)
{
	if (group->max_nodes == 1)
		strbuf_addf(out, "%s-%s-0", group->partition, group->name);
	else
		strbuf_addf(
			out, "%s-%s-[0-%d]", group->partition, group->name, group->max_nodes - 1);
}

static int add_node_line(
	struct app *app, const struct conf_group *group, struct strbuf *out, struct err *err)
{
	strbuf_addstr(out, "NodeName=");
	add_nodes(out, group);
	if (!given(group->slurm, group->nslurm, "State"))
		strbuf_addstr(out, " State=CLOUD");
	if (!given(group->slurm, group->nslurm, "NodeAddr"))
		strbuf_addf(out, " NodeAddr=%s", app->conf->slurm.placeholder_address);
	if (add_pairs(out, "slurm_specifications", group->slurm, group->nslurm, err) < 0)
		return -1;
	strbuf_addstr(out, "\n");
	return 0;
}

/* --- prices ---------------------------------------------------------------------------------- */

/* The dearest zone's. ERR_NOTFOUND: of none AWS has said any. */
static int dearest_zone(
	struct app *app, const char *type, struct node_price *price, struct err *err)
{
	const struct prices_region *region = prices_region(app, price->region);
	struct prices_found found;

	if (!region)
		return err_nomem(err);
	for (size_t i = 0; i < region->spot.n; i++) {
		const struct price *p = &region->spot.all[i];

		if (strcmp(p->type, type) ||
			prices_of(app, price->region, type, p->az, true, &found, NULL) < 0 ||
			(*price->zone && found.uusd_hr <= price->found.uusd_hr))
			continue;
		price->found = found;
		snprintf(price->zone, sizeof(price->zone), "%s", p->az);
	}
	return *price->zone ? 0
			    : err_set(err, ERR_NOTFOUND, "no Spot price of %s in %s", type,
				      price->region);
}

/* Of Spot, where AWS has not said it, what it may come to: cap or list price. */
static int price_type(struct app *app, const struct conf_group *group,
	const struct conf_place *place, const struct conf_override *override,
	struct node_price *price, struct err *err)
{
	int64_t cap = override->spot_price_uusd;
	bool spot = group->market == MARKET_SPOT;

	price->type = override->type;
	price->region = place->region;
	if (!(spot && dearest_zone(app, override->type, price, NULL) == 0) &&
		prices_of(app, place->region, override->type, "", false, &price->found, err) < 0)
		return err_prefix(err,
			"%s-%s: what a node costs is not known (\"prices refresh\" asks AWS)",
			group->partition, group->name);
	/* a savings plan is not for Spot */
	if (spot && !*price->zone)
		price->found.uusd_hr = price->found.full_uusd_hr;
	if (spot && cap > 0 && cap < price->found.uusd_hr)
		price->found.uusd_hr = cap;
	return 0;
}

/* What a node of GROUP costs: by its first type, or by the dearest of all its places. */
static int price_group(struct app *app, const struct generate *how, const struct conf_group *group,
	struct node_price *price, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < group->nplaces; i++)
		for (size_t k = 0; k < group->places[i].noverrides; k++) {
			struct node_price one = {0};

			if (any && how->first)
				continue;
			if (price_type(app, group, &group->places[i],
				    &group->places[i].overrides[k], &one, err) < 0)
				return -1;
			if (!any || one.found.uusd_hr > price->found.uusd_hr)
				*price = one;
			any = true;
		}
	if (!group->cpus)
		return err_set(err, ERR_CONFIG,
			"%s-%s: slurm_specifications.CPUs is missing; expected a number, by which "
			"Slurm divides the price",
			group->partition, group->name);
	price->node = (struct weights_node){
		.uusd_hr = price->found.uusd_hr,
		.cpus = group->cpus,
		.mem_mib = group->mem_mib,
		.gpus = group->gpus,
	};
	return 0;
}

static void tell_price(const struct conf_group *group, const struct node_price *price,
	const struct weights *weights, bool max_tres, struct strbuf *out)
{
	int64_t billed = weights_billed(weights, &price->node, 1, max_tres);
	int64_t own = weights_units(price->node.uusd_hr);
	char usd[32];

	strbuf_addf(out, "# %s-%s: a node is billed %" PRId64 ": %s in %s, %s USD/h, %s\n",
		group->partition, group->name, billed, price->type,
		*price->zone ? price->zone : price->region,
		money_format(price->node.uusd_hr, usd, sizeof(usd)), price->found.source);
	if (billed != own)
		strbuf_addf(out,
			"#   its price is %" PRId64 ": only in a partition of its own is it billed "
			"that\n",
			own);
}

/* --- partitions ------------------------------------------------------------------------------ */

static int weigh(struct app *app, const struct generate *how,
	const struct conf_partition *partition, struct strbuf *out, struct weights *weights,
	struct err *err)
{
	const struct conf *conf = app->conf;
	struct node_price price;

	for (int told = 0; told < 2; told++)
		for (size_t i = 0; i < conf->ngroups; i++) {
			const struct conf_group *group = &conf->groups[i];

			if (strcmp(group->partition, partition->name))
				continue;
			if (price_group(app, how, group, &price, err) < 0)
				return -1;
			if (told)
				tell_price(group, &price, weights, how->max_tres, out);
			else if (weights_add(weights, &price.node, how->max_tres, err) < 0)
				return err_prefix(err, "%s-%s", group->partition, group->name);
		}
	return 0;
}

static int add_partition(struct app *app, const struct generate *how,
	const struct conf_partition *partition, struct strbuf *out, struct err *err)
{
	const struct conf_pair *options = partition->options;
	size_t n = partition->noptions;
	struct weights weights = {0};
	char text[WEIGHTS_SIZE];
	const char *comma = "";
	bool own = given(options, n, "TRESBillingWeights");

	for (const struct conf_partition *p = app->conf->partitions; p < partition; p++)
		if (!strcmp(p->name, partition->name))
			return err_set(err, ERR_CONFIG,
				"partition %s stands twice in the configuration; expected once",
				p->name);
	if (given(options, n, "Nodes") || given(options, n, "PartitionName"))
		return err_set(err, ERR_CONFIG,
			"partition_options of %s: Nodes and PartitionName follow from the node "
			"groups; expected others",
			partition->name);
	strbuf_addstr(out, "\n");
	for (size_t i = 0; i < app->conf->ngroups; i++)
		if (!strcmp(app->conf->groups[i].partition, partition->name) &&
			add_node_line(app, &app->conf->groups[i], out, err) < 0)
			return -1;
	if (!own && weigh(app, how, partition, out, &weights, err) < 0)
		return -1;
	strbuf_addf(out, "PartitionName=%s Nodes=", partition->name);
	for (size_t i = 0; i < app->conf->ngroups; i++) {
		if (strcmp(app->conf->groups[i].partition, partition->name))
			continue;
		strbuf_addstr(out, comma);
		add_nodes(out, &app->conf->groups[i]);
		comma = ",";
	}
	/* a gang's nodes are not another job's too */
	if (!given(options, n, "OverSubscribe") && !given(options, n, "Shared"))
		strbuf_addstr(out, " OverSubscribe=EXCLUSIVE");
	if (add_pairs(out, "partition_options", options, n, err) < 0)
		return -1;
	if (!own)
		strbuf_addf(out, " TRESBillingWeights=\"%s\"",
			weights_text(&weights, text, sizeof(text)));
	strbuf_addstr(out, "\n");
	return 0;
}

int generate_slurm(struct app *app, const struct generate *how, struct strbuf *out, struct err *err)
{
	char iso[CLOCK_ISO_SIZE];

	clock_format_iso(how->now_ms / 1000, iso);
	strbuf_addf(out,
		"# Nodes and partitions of %s, by \"aws-slurm-burst config generate-slurm\" on "
		"%.10s.\n",
		app->conf->path, iso);
	strbuf_addstr(out, "# Billing counts thousandths of a USD an hour: 1 USD is 60000 of "
			   "GrpTRESMins=billing.\n");
	if (how->max_tres)
		strbuf_addf(out,
			"# PriorityFlags of %s has MAX_TRES: of a node's CPUs, memory and GPUs the "
			"largest part is billed.\n",
			how->flags_in);
	else
		strbuf_addf(out,
			"# CPUs alone are billed: without MAX_TRES in PriorityFlags (%s) memory "
			"would be billed besides.\n",
			how->flags_in);
	for (size_t i = 0; i < app->conf->npartitions; i++)
		if (add_partition(app, how, &app->conf->partitions[i], out, err) < 0)
			return -1;
	return out->failed ? err_nomem(err) : 0;
}
