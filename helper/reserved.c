/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/reserved.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "helper/public.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/cache.h"

#define FILE_MAX (1024 * 1024)

/* "<asked ms> <type> <az> <state> <kind> <free>": none of the words has a blank. */
static bool parse(const char *text, const char *id, struct ec2_reservation *r, int64_t *asked_ms)
{
	*r = (struct ec2_reservation){0};
	snprintf(r->id, sizeof(r->id), "%s", id);
	return sscanf(text, "%" SCNd64 " %31s %31s %31s %31s %" SCNd64, asked_ms, r->type, r->az,
		       r->state, r->kind, &r->free) == 6;
}

static void make_key(char key[128], const char *region, const char *id)
{
	snprintf(key, 128, "reservation/%s/%s", region, id);
}

void reserved_keep(
	struct app *app, const char *region, const struct ec2_reservation *list, size_t n)
{
	int64_t now_ms = clock_now_ms();

	for (size_t i = 0; i < n; i++) {
		const struct ec2_reservation *r = &list[i];
		char key[128], text[256];
		struct err err;

		make_key(key, region, r->id);
		snprintf(text, sizeof(text), "%" PRId64 " %s %s %s %s %" PRId64, now_ms, r->type,
			r->az, r->state, *r->kind ? r->kind : "default", r->free);
		if (cache_put(app->db, key, text, now_ms + app->conf->catalog.max_age_s * 1000,
			    &err) < 0)
			log_debug("capacity reservation %s is not remembered: %s", r->id, err.text);
	}
}

static const char *region_of(const struct app *app, const struct conf_place *place)
{
	return place->region ? place->region : app->conf->aws.region;
}

int reserved_ask(struct app *app, const char *region, struct err *err)
{
	for (size_t i = 0; i < app->conf->ngroups; i++)
		for (size_t k = 0; k < app->conf->groups[i].nplaces; k++) {
			const struct conf_place *place = &app->conf->groups[i].places[k];
			cleanup_free struct ec2_reservation *list = NULL;
			struct aws *aws;

			if (!place->nreservations || strcmp(region_of(app, place), region) != 0)
				continue;
			aws = app_aws(app, region, err);
			if (!aws || ec2_describe_capacity_reservations(aws,
					    (const char *const *)place->reservations,
					    place->nreservations, &list, err) < 0)
				return -1;
			reserved_keep(app, region, list, place->nreservations);
		}
	return 0;
}

static struct json_object *read_public(struct app *app)
{
	cleanup_free char *data = NULL;
	char path[PATH_MAX];
	size_t len;

	if (!app->conf->public.directory ||
		snprintf(path, sizeof(path), "%s/%s", app->conf->public.directory,
			RESERVED_PUBLIC_FILE) >= (int)sizeof(path) ||
		file_read(path, FILE_MAX, &data, &len, NULL) < 0)
		return NULL;
	return json_tokener_parse(data);
}

/* *TEXT on the heap; NULL: not known. */
static int find(
	struct app *app, struct json_object *public, const char *key, char **text, struct err *err)
{
	struct json_object *all, *value;

	*text = NULL;
	if (app->db)
		return cache_get(app->db, key, clock_now_ms(), text, err);
	if (!json_object_object_get_ex(public, "reservations", &all) ||
		!json_object_object_get_ex(all, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return 0;
	*text = strdup(json_object_get_string(value));
	return *text ? 0 : err_nomem(err);
}

int reserved_recall(struct app *app, const char *region, const char *const *ids, size_t nids,
	struct ec2_reservation **list, size_t *n, int64_t *asked_ms, struct err *err)
{
	struct json_object *public = app->db ? NULL : read_public(app);
	int64_t best_before_ms = clock_now_ms() - app->conf->catalog.max_age_s * 1000;
	int rc = 0;

	*n = 0;
	*asked_ms = INT64_MAX;
	*list = calloc(nids + 1, sizeof(**list));
	if (!*list)
		rc = err_nomem(err);
	for (size_t i = 0; rc == 0 && i < nids; i++) {
		cleanup_free char *text = NULL;
		char key[128];
		int64_t ms;

		make_key(key, region, ids[i]);
		rc = find(app, public, key, &text, err);
		if (!text || !parse(text, ids[i], &(*list)[*n], &ms) || ms < best_before_ms)
			continue;
		*asked_ms = ms < *asked_ms ? ms : *asked_ms;
		++*n;
	}
	json_object_put(public);
	if (rc < 0) {
		free(*list);
		*list = NULL;
		*n = 0;
	}
	return rc;
}

int reserved_publish(struct app *app, struct err *err)
{
	struct json_object *top = json_object_new_object(), *all = json_object_new_object();
	const char *text;
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < app->conf->ngroups; i++)
		for (size_t k = 0; k < app->conf->groups[i].nplaces; k++) {
			const struct conf_place *place = &app->conf->groups[i].places[k];

			for (size_t r = 0; rc == 0 && r < place->nreservations; r++) {
				cleanup_free char *value = NULL;
				char key[128];

				any = true;
				make_key(key, region_of(app, place), place->reservations[r]);
				rc = cache_get(app->db, key, clock_now_ms(), &value, err);
				if (value)
					json_object_object_add(
						all, key, json_object_new_string(value));
			}
		}
	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "reservations", all);
	text = json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY);
	if (rc == 0 && any)
		rc = text ? public_write(app->conf, RESERVED_PUBLIC_FILE, text, err)
			  : err_nomem(err);
	json_object_put(top);
	return rc;
}
