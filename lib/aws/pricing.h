/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pricing: AWS's list prices of a region's instances: on-demand, Linux, shared tenancy (bare metal
 * as well), from the Pricing API. Prices are exact decimals there and become integers here, never
 * by way of a floating point number; what is finer than a micro-dollar is rounded up.
 *
 * The API itself is in a few regions only and knows the prices of all regions of its partition:
 *
 *	aws = ... a client of pricing_home("us-east-2") ...
 *	if (pricing_on_demand(aws, "us-east-2", &prices, &n, err) < 0)
 */
#ifndef BURST_PRICING_H
#define BURST_PRICING_H

#include <stddef.h>
#include <stdint.h>

#include "lib/aws/aws.h"

struct pricing_price {
	char type[40];
	char currency[4];    /* "USD"; "CNY" in AWS China, which sells in nothing else */
	int64_t micro_hr;    /* millionths of it, per instance and hour; > 0 */
	int64_t effective_s; /* since when, by AWS's word; 0 not said */
};

/* The region with the API that knows REGION's prices; NULL: its partition has none. */
const char *pricing_home(const char *region);

/*
 * All on-demand prices of REGION, by type, each once; heap array. AWS: a client of
 * pricing_home(REGION). Needs the permission pricing:GetProducts: without, ERR_AUTH. ERR_FATAL: an
 * answer that is none, or a type whose price is said twice and differently. A price in another
 * currency than REGION's is left out.
 */
int pricing_on_demand(struct aws *aws, const char *region, struct pricing_price **prices, size_t *n,
	struct err *err);

/*
 * For tests: one element of PriceList, put into *PRICE. 1; 0: it is no price of an hour of an
 * instance in CURRENCY; -1 with ERR_FATAL: not well-formed.
 */
int pricing_parse(const char *text, size_t len, const char *currency, struct pricing_price *price,
	struct err *err);

#endif
