/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/slurm/resumefile.h"

#include <inttypes.h>
#include <json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

/*
 * A job's entry is about 200 bytes and slurmctld folds node names, so this is room for tens of
 * thousands of jobs in one call.
 */
#define FILE_MAX  (16u << 20)
#define DEPTH_MAX 16          /* real files: 3 */
#define ID_MAX    0xfffffffdu /* 0xfffffffe is NO_VAL, 0xffffffff INFINITE */

static void put_object(struct json_object **object)
{
	json_object_put(*object);
}

static void free_tokener(struct json_tokener **tok)
{
	if (*tok)
		json_tokener_free(*tok);
}

static int parse_json(const char *text, size_t len, struct json_object **root, struct err *err)
{
	CLEANUP(free_tokener) struct json_tokener *tok = NULL;
	CLEANUP(put_object) struct json_object *object = NULL;
	enum json_tokener_error why;
	size_t end;

	if (len > FILE_MAX)
		return err_set(err, ERR_USAGE, "of %zu bytes, at most %u expected", len, FILE_MAX);
	/* json-c ends its work without a word at a NUL in some places */
	if (memchr(text, '\0', len))
		return err_set(err, ERR_USAGE, "NUL byte");
	tok = json_tokener_new_ex(DEPTH_MAX);
	if (!tok)
		return err_nomem(err);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tok, text, (int)len);
	why = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	if (why == json_tokener_continue)
		return err_set(err, ERR_USAGE, "ends too early");
	if (why != json_tokener_success)
		return err_set(
			err, ERR_USAGE, "at byte %zu: %s", end, json_tokener_error_desc(why));
	end += strspn(text + end, " \t\r\n");
	if (end < len)
		return err_set(err, ERR_USAGE, "at byte %zu: more than one JSON value", end);
	if (!json_object_is_type(object, json_type_object))
		return err_set(err, ERR_USAGE, "not a JSON object");
	*root = STEAL_POINTER(object);
	return 0;
}

/*
 * The string of KEY, NULL where the key is absent or null; -1 if it is something else. A string
 * with a NUL in it ("\u0000") would be read by us and by json-c as two different ones.
 */
static int get_string(
	struct json_object *object, const char *key, const char **value, struct err *err)
{
	struct json_object *field;
	const char *s;

	*value = NULL;
	if (!json_object_object_get_ex(object, key, &field) || !field)
		return 0;
	if (!json_object_is_type(field, json_type_string))
		return err_set(err, ERR_USAGE, "\"%s\" is no string", key);
	s = json_object_get_string(field);
	if (!s)
		return err_nomem(err);
	if (strlen(s) != (size_t)json_object_get_string_len(field))
		return err_set(err, ERR_USAGE, "\"%s\" holds a NUL", key);
	*value = s;
	return 0;
}

/* The nodes of KEY, or of OLD_KEY where it is absent. *FOUND: one of them was there. */
static int get_nodes(struct json_object *object, const char *key, const char *old_key,
	struct nodeset *set, bool *found, struct err *err)
{
	const char *nodes = NULL;

	if (get_string(object, key, &nodes, err) < 0)
		return -1;
	if (!nodes && old_key) {
		key = old_key;
		if (get_string(object, key, &nodes, err) < 0)
			return -1;
	}
	*found = nodes != NULL;
	if (nodes && *nodes && nodeset_parse(set, nodes, err) < 0)
		return err_prefix(err, "\"%s\"", key);
	return 0;
}

static void job_release(struct resume_job *job)
{
	nodeset_release(&job->resume);
	nodeset_release(&job->alloc);
	free(job->features);
	memset(job, 0, sizeof(*job));
}

static int get_job_id(struct json_object *object, uint32_t *job_id, struct err *err)
{
	struct json_object *field;
	int64_t id;

	if (!json_object_object_get_ex(object, "job_id", &field))
		return err_set(err, ERR_USAGE, "no \"job_id\"");
	if (!json_object_is_type(field, json_type_int))
		return err_set(err, ERR_USAGE, "\"job_id\" is no integer");
	id = json_object_get_int64(
		field); /* INT64_MAX where it does not fit; json-c 0.18 refuses before */
	if (id < 1 || id > ID_MAX)
		return err_set(err, ERR_USAGE, "\"job_id\" is %" PRId64 ", out of range", id);
	*job_id = (uint32_t)id;
	return 0;
}

/* The nodes of the call, sorted for look-ups: with thousands of jobs nodeset_filter() for each is
 * slow. */
struct sorted {
	const struct nodeset *all;
	const char **names;
};

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int sort_names(struct sorted *sorted, const struct nodeset *all, struct err *err)
{
	sorted->all = all;
	sorted->names = calloc(all->n + 1, sizeof(*sorted->names));
	if (!sorted->names)
		return err_nomem(err);
	nodeset_for_each (all, i)
		sorted->names[i] = all->names[i];
	qsort(sorted->names, all->n, sizeof(*sorted->names), compare_strings);
	return 0;
}

static void sorted_release(struct sorted *sorted)
{
	free(sorted->names);
}

/* Leave in SET what belongs to this call. */
static int restrict_to(struct nodeset *set, const struct sorted *sorted, struct err *err)
{
	struct nodeset kept = NODESET_INIT;
	size_t known = 0;

	nodeset_for_each (set, i) {
		const char *name = set->names[i];

		if (bsearch(&name, sorted->names, sorted->all->n, sizeof(name), compare_strings))
			known++;
	}
	if (known == set->n)
		return 0;
	if (nodeset_filter(set, sorted->all, true, &kept, err) < 0)
		return -1;
	nodeset_release(set);
	*set = kept;
	return 0;
}

/* Fill JOB, which is zero or the same job's earlier entry. */
static int fill_job(struct json_object *object, const struct sorted *all, struct resume_job *job,
	struct err *err)
{
	const char *partition, *features;
	bool found;

	if (get_nodes(object, "nodes_resume", "nodes", &job->resume, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_USAGE, "neither \"nodes_resume\" nor \"nodes\"");
	if (restrict_to(&job->resume, all, err) < 0)
		return -1;
	if (get_nodes(object, "nodes_alloc", NULL, &job->alloc, &found, err) < 0)
		return -1;
	if (get_string(object, "partition", &partition, err) < 0)
		return -1;
	if (get_string(object, "features", &features, err) < 0)
		return -1;
	if (partition) {
		if (strlen(partition) >= sizeof(job->partition))
			return err_set(err, ERR_USAGE,
				"\"partition\" of %zu bytes, at most %zu expected",
				strlen(partition), sizeof(job->partition) - 1);
		memcpy(job->partition, partition, strlen(partition) + 1);
	}
	if (features) {
		free(job->features);
		job->features = strdup(features);
		if (!job->features)
			return err_nomem(err);
	}
	return 0;
}

struct seen {
	uint32_t job_id;
	size_t pos; /* in the JSON array */
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->job_id != y->job_id)
		return x->job_id < y->job_id ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

/*
 * For each entry of the array the first entry of the same job: one job is one gang, so a job that
 * is listed twice must not come out as two.
 */
static int find_first(struct json_object *list, size_t n, size_t *first, struct err *err)
{
	cleanup_free struct seen *seen = calloc(n, sizeof(*seen));

	if (!seen)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);

		seen[i].pos = i;
		if (!json_object_is_type(entry, json_type_object))
			return err_set(err, ERR_USAGE, "jobs[%zu] is no object", i);
		if (get_job_id(entry, &seen[i].job_id, err) < 0)
			return err_prefix(err, "jobs[%zu]", i);
	}
	qsort(seen, n, sizeof(*seen), compare_seen);
	for (size_t i = 0, head = 0; i < n; i++) {
		if (seen[i].job_id != seen[head].job_id)
			head = i;
		first[seen[i].pos] = seen[head].pos;
	}
	return 0;
}

static int parse_jobs(struct json_object *root, struct resumefile *file, struct err *err)
{
	CLEANUP(sorted_release) struct sorted all = {0};
	cleanup_free size_t *first = NULL, *slot = NULL;
	struct json_object *list;
	size_t n;

	/* scontrol power up: nodes without a job */
	if (!json_object_object_get_ex(root, "jobs", &list) || !list)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return err_set(err, ERR_USAGE, "\"jobs\" is no array");
	n = json_object_array_length(list);
	if (!n)
		return 0;
	first = calloc(n, sizeof(*first));
	slot = calloc(n, sizeof(*slot));
	file->jobs = calloc(n, sizeof(*file->jobs));
	if (!first || !slot || !file->jobs)
		return err_nomem(err);
	if (find_first(list, n, first, err) < 0 || sort_names(&all, &file->all, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);

		if (first[i] == i) {
			slot[i] = file->njobs++;
			if (get_job_id(entry, &file->jobs[slot[i]].job_id, err) < 0)
				return -1;
		}
		if (fill_job(entry, &all, &file->jobs[slot[first[i]]], err) < 0)
			return err_prefix(err, "jobs[%zu]", i);
	}
	return 0;
}

int resumefile_parse(const char *text, size_t len, struct resumefile *out, struct err *err)
{
	CLEANUP(put_object) struct json_object *root = NULL;
	CLEANUP(resumefile_release) struct resumefile file = {0};
	bool found = false;

	if (parse_json(text, len, &root, err) < 0)
		return err_prefix(err, "resume file");
	if (get_nodes(root, "all_nodes_resume", "all_nodes", &file.all, &found, err) < 0)
		return err_prefix(err, "resume file");
	if (!found) {
		err_set(err, ERR_USAGE, "neither \"all_nodes_resume\" nor \"all_nodes\"");
		return err_prefix(err, "resume file");
	}
	if (parse_jobs(root, &file, err) < 0)
		return err_prefix(err, "resume file");
	*out = file;
	memset(&file, 0, sizeof(file));
	return 0;
}

void resumefile_release(struct resumefile *file)
{
	if (!file)
		return;
	for (size_t i = 0; file->jobs && i < file->njobs; i++)
		job_release(&file->jobs[i]);
	free(file->jobs);
	nodeset_release(&file->all);
	memset(file, 0, sizeof(*file));
}
