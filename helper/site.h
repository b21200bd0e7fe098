/* SPDX-License-Identifier: Apache-2.0 */
/*
 * site: what of the configuration users may know, as public/site.json, for "estimate", "explain"
 * and "catalog list" where the configuration itself is closed to them or on another host.
 *
 *	{"version": 1, "program": "0.3.0", "written": "2026-11-22T12:00:00Z", "written_ms": …,
 *	 "configuration": {…}}
 *
 * The configuration is in its own words, and read again by the same rules. It holds a list of keys
 * that is kept here (site.c): node groups with their instance types, subnets, reservations and
 * sizes, and the numbers that plans are made with. What is not in that list is not in the file:
 * credentials, roles, endpoints, launch templates, security groups, instance profiles, tags, paths.
 */
#ifndef BURST_SITE_H
#define BURST_SITE_H

#include <json-c/json.h>
#include <limits.h>

#include "helper/conf.h"

#define SITE_FILE "site.json"
/* Where a configuration that cannot be read would say where: a directory, instead of
 * CONF_DEFAULT_PUBLIC. Never looked at where the configuration can be read. */
#define SITE_DIRECTORY_VARIABLE "AWS_SLURM_BURST_PUBLIC"

/* Owned by the caller (json_object_put); NULL: out of memory. */
struct json_object *site_json(const struct conf *conf, int64_t now_ms);

/* Write it whole. 1 written, 0: there is no public directory, -1. */
int site_export(const struct conf *conf, struct err *err);
/* … where it is missing, older than the configuration, or an hour old. 1 written, 0 not, -1. */
int site_keep(const struct conf *conf, struct err *err);

struct site_source {         /* where a configuration comes from */
	char path[PATH_MAX]; /* of site.json; "": it is the configuration itself */
	int64_t written_ms;
};

/*
 * The configuration that conf_choose_path(CONF_PATH) names. Where that is not for us to read, or is
 * not there and nobody asked for that very one, what is public of it. NULL on failure, which ERR
 * tells of both.
 */
struct conf *site_load(const char *conf_path, struct site_source *source, struct err *err);

/* "of 5m12s ago (/var/lib/…/site.json)". Returns BUF. */
char *site_words(const struct site_source *source, int64_t now_ms, char *buf, size_t size);

#endif
