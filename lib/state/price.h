/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price: what AWS said that an instance costs: its list prices of a region, and the Spot prices of
 * its zones. Written a region and market at a time, so that what is there is of one moment; whoever
 * reads decides whether it is too old.
 */
#ifndef BURST_PRICE_H
#define BURST_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/state/db.h"

struct price {
	char region[32];
	char az[32]; /* "us-east-2b"; "" of a list price */
	char type[40];
	bool spot;
	char currency[4]; /* "USD", "CNY" */
	int64_t uusd_hr;  /* millionths of it per instance and hour */
	char source[32];  /* "pricing", "spot-history" */
	int64_t priced_s; /* since when it holds, by AWS's word; 0 not said */
	int64_t fetched_ms;
};

/*
 * The N PRICES in the place of all that was known of REGION in that market (SPOT or list), asked at
 * NOW_MS; their own region, spot and fetched_ms are not looked at. None of Spot is an answer, no
 * list price at all is none: ERR_FATAL with nothing changed.
 */
int price_put_all(struct db *db, const char *region, bool spot, const struct price *prices,
	size_t n, int64_t now_ms, struct err *err);

/* 1: *PRICE; 0: not known. AZ "" of a list price. */
int price_find(struct db *db, const char *region, const char *az, const char *type, bool spot,
	struct price *price, struct err *err);

/* Those of REGION (NULL: all) and SPOT, by region, type and zone; heap array. */
int price_list(struct db *db, const char *region, bool spot, struct price **prices, size_t *n,
	struct err *err);

/* When the market of REGION was asked; 0 never. */
int price_fetched(struct db *db, const char *region, bool spot, int64_t *ms, struct err *err);

/* The regions of which anything is known, by name; heap array of heap strings. */
int price_regions(struct db *db, char ***regions, size_t *n, struct err *err);
void price_regions_release(char **regions, size_t n);

#endif
