/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define X86    ARCH_X86_64
#define ARM    ARCH_ARM64
#define OD     (1 << 0)
#define SPOT   (1 << 1)
#define CGROUP (1 << 2)
#define ENA0   (1 << 3)

#define T(name_, vcpus_, cores_, mib_, arch_, gpus_, efa_, cards_, ifs0_, ifs_, flags_)            \
	{                                                                                          \
		.name = name_,                                                                     \
		.vcpus = vcpus_,                                                                   \
		.cores = cores_,                                                                   \
		.mem_mib = mib_,                                                                   \
		.arch = arch_,                                                                     \
		.gpus = gpus_,                                                                     \
		.efa_max = efa_,                                                                   \
		.cards = cards_,                                                                   \
		.card_ifs = {ifs0_, ifs_},                                                         \
		.efa_on_card0 = (efa_) > 0 && !((flags_)&ENA0),                                    \
		.spot = ((flags_)&SPOT) != 0,                                                      \
		.on_demand = ((flags_)&OD) != 0,                                                   \
		.cluster_group = ((flags_)&CGROUP) != 0,                                           \
	},

static const struct instance_type types[] = {
#include "lib/catalog/types.inc"
};
#undef T

static const char *const price_regions[] = {
	"us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1"};

#define P(type_, ...) {.type = type_, .uusd_hr = {__VA_ARGS__}},

static const struct price {
	const char *type;
	uint32_t uusd_hr[ARRAY_SIZE(price_regions)];
} prices[] = {
#include "lib/catalog/prices.inc"
};
#undef P

static int compare_type(const void *name, const void *type)
{
	return strcmp(name, ((const struct instance_type *)type)->name);
}

static int compare_price(const void *name, const void *price)
{
	return strcmp(name, ((const struct price *)price)->type);
}

const struct instance_type *catalog_find(const char *name)
{
	return bsearch(name, types, ARRAY_SIZE(types), sizeof(types[0]), compare_type);
}

const struct instance_type *catalog_at(size_t i)
{
	return i < ARRAY_SIZE(types) ? &types[i] : NULL;
}

const char *catalog_date(void)
{
	return "2026-07-20";
}

const char *catalog_price_date(void)
{
	return "2026-07-20";
}

int catalog_price(const char *region, const char *type, int64_t *uusd_hr, struct err *err)
{
	const struct price *price;

	/* The Chinese partition's price list is in CNY, and a rate of exchange is not ours to set.
	 */
	if (strncmp(region, "cn-", 3) == 0)
		return err_set(err, ERR_NOTFOUND,
			"no price in USD of %s in %s: AWS China bills in CNY (built-in table of "
			"%s)",
			type, region, catalog_price_date());
	price = bsearch(type, prices, ARRAY_SIZE(prices), sizeof(prices[0]), compare_price);
	for (size_t i = 0; price && i < ARRAY_SIZE(price_regions); i++) {
		if (strcmp(price_regions[i], region) != 0 || !price->uusd_hr[i])
			continue;
		*uusd_hr = price->uusd_hr[i];
		return 0;
	}
	return err_set(err, ERR_NOTFOUND,
		"no on-demand price of %s in %s in the built-in table of %s", type, region,
		catalog_price_date());
}
