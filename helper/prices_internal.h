/* SPDX-License-Identifier: Apache-2.0 */
/* prices_internal: what the files of prices share. */
#ifndef BURST_PRICES_INTERNAL_H
#define BURST_PRICES_INTERNAL_H

#include "helper/prices.h"

struct prices_market {
	int64_t asked_ms;  /* 0 never */
	struct price *all; /* by type and zone */
	size_t n;
};

struct prices_region {
	struct prices_region *next;
	char name[32];
	struct prices_market list, spot;
};

/* What is known of REGION, read once. Never NULL but when out of memory; what cannot be read is
 * logged, once, and is not known. */
const struct prices_region *prices_region(struct app *app, const char *region);

/* Is what was asked at ASKED_MS older than it should be at NOW_MS? */
bool prices_are_stale(const struct app *app, bool spot, int64_t asked_ms, int64_t now_ms);

/* PRICE as prices_of() says it, without discount. */
void prices_say(const struct app *app, const struct price *price, int64_t asked_ms, int64_t now_ms,
	struct prices_found *found);

/* What prices_say() and prices_built_in() leave out: the discount. */
void prices_discount(const struct app *app, const char *region, const char *type, bool spot,
	struct prices_found *found);

/* What the built-in table says, without discount; ERR_NOTFOUND. */
int prices_built_in(
	const char *region, const char *type, struct prices_found *found, struct err *err);

/* The regions of the configuration and of what is known, by name; heap array of heap strings. */
int prices_all_regions(struct app *app, char ***regions, size_t *n, struct err *err);
void prices_regions_release(char **regions, size_t n);

#endif
