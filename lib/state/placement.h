/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placement: one row per placement group of ours, written before it is created; and the launch
 * template versions derived, so that each (template version, interface layout) is derived once.
 */
#ifndef BURST_PLACEMENT_H
#define BURST_PLACEMENT_H

#include "lib/state/db.h"

struct placement {
	char name[256];
	char gang[48];
	char region[32];
	int64_t created_ms;
	bool deleted;
	int64_t deleted_ms; /* 0 */
};

/* One that is there for the same gang is no error; a name is never used twice: ERR_FATAL. */
int placement_insert(struct db *db, const char *name, const char *gang, const char *region,
	int64_t now_ms, struct err *err);
/* The first time stays. ERR_NOTFOUND. */
int placement_set_deleted(struct db *db, const char *name, int64_t now_ms, struct err *err);
/* Find one, deleted or not: 1; 0: there is none; -1. */
int placement_find(struct db *db, const char *name, struct placement *placement, struct err *err);
/* All that are not deleted, oldest first; none is no error. */
int placement_living(struct db *db, struct placement **groups, size_t *n, struct err *err);
/* Groups not deleted whose gang is over or releasing and has no instance that is not terminated. */
int placement_removable(struct db *db, struct placement **groups, size_t *n, struct err *err);

#define TEMPLATE_TOKEN_SIZE 65

/* The version derived from (template id, source version, layout key); 0 when there is none. */
int template_get(struct db *db, const char *template_id, int64_t source, const char *layout,
	int64_t *version, struct err *err);
/*
 * Written before CreateLaunchTemplateVersion with its token (version 0), and after with the number.
 * Where another process has begun or finished already, version 0 changes nothing: ask
 * template_token() after it for the token that counts.
 */
int template_put(struct db *db, const char *template_id, int64_t source, const char *layout,
	const char *token, int64_t version, struct err *err);
/* The token of an unfinished one ("" if none): to send the same request again. TOKEN of 65 bytes.
 */
int template_token(struct db *db, const char *template_id, int64_t source, const char *layout,
	char *token, struct err *err);
/* A version derived. */
struct template_version {
	char template_id[64];
	int64_t source;
	char *layout;
	int64_t version; /* 0: asked for, not yet answered */
};
/* Those of a template (NULL: of all), the newest first; heap array, none is no error. */
int template_list(struct db *db, const char *template_id, struct template_version **versions,
	size_t *n, struct err *err);
/*
 * Of those that have a number, all of a layout beyond the KEEP newest, by their own numbers: the
 * one just derived is never among them, even from an older source that a node group went back to.
 * Which of them a launch under way names is not looked at.
 */
int template_prunable(struct db *db, const char *template_id, unsigned keep,
	struct template_version **versions, size_t *n, struct err *err);
void template_list_release(struct template_version *versions, size_t n);
/* Remove it, for a version that is gone; one not there is no error. */
/* LAYOUT NULL: all that were derived from it. */
int template_forget(struct db *db, const char *template_id, int64_t source, const char *layout,
	struct err *err);

#endif
