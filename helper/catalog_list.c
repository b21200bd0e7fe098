/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/catalog_list.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"

static bool passes(const struct instance_type *type, const struct catalog_filter *f)
{
	return (!f->type || fnmatch(f->type, type->name, 0) == 0) &&
	       (f->arch == ARCH_ANY || type->arch == f->arch) && type->vcpus >= f->min_vcpus &&
	       type->mem_mib >= f->min_mem_mib && (!f->efa || type->efa_max) &&
	       (!f->gpus || type->gpus) && (!f->spot || type->spot);
}

/* EC2's types and the table's, each once, by name. I and K are where the two lists are. */
static const struct instance_type *next(const struct types_region *region, size_t *i, size_t *k)
{
	const struct instance_type *told = *i < region->told.ntypes ? &region->told.types[*i].info
								    : NULL;
	const struct instance_type *table = catalog_at(*k);
	int order = !told ? 1 : !table ? -1 : strcmp(told->name, table->name);

	if (!told && !table)
		return NULL;
	*i += order <= 0;
	*k += order >= 0;
	/* the same type: EC2's word only while it is believed */
	if (order == 0)
		return region->young ? told : table;
	return order < 0 ? told : table;
}

static bool is_told(const struct types_region *region, const struct instance_type *type)
{
	return types_told(region, type->name) == type;
}

/* --- text ------------------------------------------------------------------------------------ */

static void print_head(struct strbuf *out, const struct types_region *region, int64_t now_ms)
{
	char when[32], age[32];

	if (!region->told.refreshed_ms) {
		strbuf_addf(out,
			"%s: the built-in table of %s; \"aws-slurm-burst catalog refresh\" asks "
			"EC2\n",
			region->name, catalog_date());
		return;
	}
	strbuf_addf(out, "%s: EC2's word of %s, %s old%s; else the built-in table of %s\n",
		region->name, show_time(region->told.refreshed_ms, now_ms, when, sizeof(when)),
		show_age((now_ms - region->told.refreshed_ms) / 1000, age, sizeof(age)),
		region->young ? "" : ", too old to count more than the table", catalog_date());
}

/* "on-demand,spot"; what is neither is only sold as capacity blocks. */
static const char *market(const struct instance_type *type)
{
	if (type->on_demand)
		return type->spot ? "on-demand,spot" : "on-demand";
	return type->spot ? "spot,blocks" : "blocks";
}

/* The zones by the letter behind the region's name, "a,b"; local zones whole; "-" not known. */
static void add_zones(struct strbuf *out, const struct types_region *region, const char *type)
{
	size_t n = strlen(region->name), found = 0;
	bool letter;

	for (size_t i = 0; region->young && i < region->told.noffers; i++) {
		const struct told_offer *offer = &region->told.offers[i];

		if (strcmp(offer->type, type) != 0)
			continue;
		letter = !strncmp(offer->az, region->name, n) && strlen(offer->az) == n + 1;
		strbuf_addf(out, "%s%s", found++ ? "," : "", offer->az + (letter ? n : 0));
	}
	if (!found)
		strbuf_addstr(out, region->young ? "none" : "-");
}

static const char *count(unsigned n, char buf[16])
{
	if (n)
		snprintf(buf, 16, "%u", n);
	else
		snprintf(buf, 16, "-");
	return buf;
}

static void print_type(
	struct strbuf *out, const struct types_region *region, const struct instance_type *type)
{
	char gib[16], gpus[16], efa[16], usd[32] = "-";
	uint32_t tenths = type->mem_mib % 1024 * 10 / 1024;
	int64_t uusd_hr;

	if (tenths)
		snprintf(gib, sizeof(gib), "%" PRIu32 ".%" PRIu32, type->mem_mib / 1024, tenths);
	else
		snprintf(gib, sizeof(gib), "%" PRIu32, type->mem_mib / 1024);
	if (catalog_price(region->name, type->name, &uusd_hr, NULL) == 0)
		money_format(uusd_hr, usd, sizeof(usd));
	strbuf_addf(out, "%-22s %5u %5u %7s %-6s %4s %3s %5u %-14s %9s %-5s ", type->name,
		type->vcpus, type->cores, gib, arch_name(type->arch), count(type->gpus, gpus),
		count(type->efa_max, efa), type->cards, market(type), usd,
		is_told(region, type) ? "EC2" : "table");
	add_zones(out, region, type->name);
	strbuf_addch(out, '\n');
}

static void print_text(const struct types_region *region, const struct catalog_filter *filter,
	int64_t now_ms, struct strbuf *out)
{
	const struct instance_type *type;
	size_t i = 0, k = 0, n = 0;

	print_head(out, region, now_ms);
	while ((type = next(region, &i, &k))) {
		if (!passes(type, filter))
			continue;
		if (!n++)
			strbuf_addf(out, "%-22s %5s %5s %7s %-6s %4s %3s %5s %-14s %9s %-5s %s\n",
				"TYPE", "VCPUS", "CORES", "GIB", "ARCH", "GPUS", "EFA", "CARDS",
				"MARKET", "USD/H", "FROM", "ZONES");
		print_type(out, region, type);
	}
	if (!n)
		strbuf_addstr(out, "no type is so\n");
}

/* --- JSON ------------------------------------------------------------------------------------ */

static struct json_object *type_json(
	const struct types_region *region, const struct instance_type *type)
{
	struct json_object *o = types_info_json(type, true), *zones = NULL;
	int64_t uusd_hr;

	json_object_object_add(
		o, "source", json_object_new_string(is_told(region, type) ? "ec2" : "table"));
	if (region->young)
		zones = json_object_new_array();
	for (size_t i = 0; zones && i < region->told.noffers; i++)
		if (!strcmp(region->told.offers[i].type, type->name))
			json_object_array_add(
				zones, json_object_new_string(region->told.offers[i].az));
	json_object_object_add(o, "zones", zones);
	json_object_object_add(o, "price_uusd_hr",
		catalog_price(region->name, type->name, &uusd_hr, NULL) == 0
			? json_object_new_int64(uusd_hr)
			: NULL);
	return o;
}

static void print_json(
	const struct types_region *region, const struct catalog_filter *filter, struct strbuf *out)
{
	struct json_object *top = json_object_new_object(), *types = json_object_new_array();
	const struct instance_type *type;
	char iso[CLOCK_ISO_SIZE];
	size_t i = 0, k = 0;

	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "region", json_object_new_string(region->name));
	json_object_object_add(top, "refreshed",
		region->told.refreshed_ms ? json_object_new_string(clock_format_iso(
						    region->told.refreshed_ms / 1000, iso))
					  : NULL);
	json_object_object_add(top, "believed", json_object_new_boolean(region->young));
	json_object_object_add(top, "table", json_object_new_string(catalog_date()));
	while ((type = next(region, &i, &k)))
		if (passes(type, filter))
			json_object_array_add(types, type_json(region, type));
	json_object_object_add(top, "types", types);
	strbuf_addf(out, "%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
	json_object_put(top);
}

int catalog_list(const struct types_region *region, const struct catalog_filter *filter,
	int64_t now_ms, bool json, struct strbuf *out, struct err *err)
{
	if (json)
		print_json(region, filter, out);
	else
		print_text(region, filter, now_ms, out);
	return out->failed ? err_nomem(err) : 0;
}
