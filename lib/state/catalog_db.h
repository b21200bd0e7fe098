/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_db: what EC2 said of a region's types, of the zones it sells them in, and of where the
 * site's subnets are. Written whole by "catalog refresh", so that what is there is of one moment.
 *
 * Whoever reads decides whether it is too old. That a type is not offered in a zone is only said
 * of zones of which some offer is known.
 */
#ifndef BURST_CATALOG_DB_H
#define BURST_CATALOG_DB_H

#include "lib/catalog/told.h"
#include "lib/state/db.h"

struct catalog_told { /* of one region */
	int64_t refreshed_ms;
	struct told_type *types; /* settled */
	size_t ntypes;
	struct told_offer *offers; /* by zone, then by type */
	size_t noffers;
	struct told_subnet *subnets; /* by id */
	size_t nsubnets;
};
void catalog_told_release(struct catalog_told *told);

/*
 * TOLD in the place of what was known of REGION. The same offer or subnet twice counts once.
 * Refused with nothing changed: ERR_FATAL without types or offers, which would be no answer of
 * EC2's; a type's numbers that make no sense as told_check().
 */
int catalog_db_replace(
	struct db *db, const char *region, const struct catalog_told *told, struct err *err);

/* All that is known of REGION; refreshed_ms is 0 where that is nothing. */
int catalog_db_read(struct db *db, const char *region, struct catalog_told *told, struct err *err);

/* The regions that something is known of, by name; heap array of heap strings. */
int catalog_db_regions(struct db *db, char ***regions, size_t *n, struct err *err);
void catalog_db_regions_release(char **regions, size_t n);

/* When REGION was refreshed; 0 for never. */
int catalog_db_refreshed(struct db *db, const char *region, int64_t *ms, struct err *err);

/* 1: *TYPE; 0: not known. Its info has its name until it is copied. */
int catalog_db_type(struct db *db, const char *region, const char *name, struct told_type *type,
	struct err *err);
/* 1: *OFFERED says whether TYPE is sold in AZ; 0: nothing is known of the zone. */
int catalog_db_offered(struct db *db, const char *region, const char *type, const char *az,
	bool *offered, struct err *err);

#endif
