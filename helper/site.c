/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/conf_table.h"
#include "helper/conf_yaml.h"
#include "helper/public.h"
#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/base/money.h"

#define SITE_MAX   (CONF_SIZE_MAX + 4096)
#define SITE_AGE_S 3600

/* --- what is for everybody ------------------------------------------------------------------- */

/* Of the root: these keys, and all numbers and switches of these sections. */
static const char *const root_keys[] = {"aws.region", "slurm.config_path", "catalog.max_age_s",
	"prices.max_age_s", "prices.spot_max_age_s", "public.directory"};
static const char *const root_sections[] = {"launch.", "mpi.", "choice.", "cost."};

#define GROUP "slurm.partitions[].node_groups[]"

static const char *const group_keys[] = {"node_group_name", "max_nodes", "region",
	"purchasing_option", "placement", "architecture", "subnet_ids", "reuse", "scaling",
	"capacity_reservation_ids"};
static const char *const place_keys[] = {"region", "subnet_ids", "capacity_reservation_ids"};
static const char *const override_keys[] = {"instance_type", "spot_price", "tier", "subnet_id"};
/* of slurm_specifications, which "scontrol show node" tells anyway */
static const char *const slurm_keys[] = {
	"CPUs", "RealMemory", "Feature", "Features", "Gres", "Weight"};

static bool is_one_of(const char *key, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(key, list[i]))
			return true;
	return false;
}

static bool is_public_row(const struct conf_row *row)
{
	if (row->flags & (COMPAT | SECRET) || row->offset == NOWHERE ||
		row->offset >= sizeof(struct conf))
		return false;
	if (is_one_of(row->path, root_keys, ARRAY_SIZE(root_keys)))
		return true;
	/* a text of a section could be anything one day */
	if (row->type != T_BOOL && row->type != T_INT && row->type != T_INT64 &&
		row->type != T_ENUM)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(root_sections); i++)
		if (!strncmp(row->path, root_sections[i], strlen(root_sections[i])))
			return true;
	return false;
}

/* --- as JSON --------------------------------------------------------------------------------- */

/* The word number I of "a|b|c". */
static struct json_object *choice(const char *choices, int i)
{
	while (i-- > 0 && *choices) {
		choices += strcspn(choices, "|");
		choices += *choices == '|';
	}
	return json_object_new_string_len(choices, (int)strcspn(choices, "|"));
}

static struct json_object *words_json(char *const *words, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_string(words[i]));
	return list;
}

/* NULL: not given. */
static struct json_object *value_json(const struct conf_row *row, const void *base)
{
	const void *at = (const char *)base + row->offset;
	const char *text;
	char usd[32];

	switch (row->type) {
	case T_TEXT:
	case T_PATH:
	case T_WORD:
		text = *(char *const *)at;
		return text ? json_object_new_string(text) : NULL;
	case T_ENUM:
		return choice(row->choices, *(const int *)at - (int)row->min);
	case T_BOOL:
		if (row->choices)
			return choice(row->choices, *(const bool *)at);
		return json_object_new_boolean(*(const bool *)at);
	case T_INT:
		return json_object_new_int64(*(const int *)at);
	case T_INT64:
		return json_object_new_int64(*(const int64_t *)at);
	case T_MONEY:
		if (*(const int64_t *)at <= 0)
			return NULL;
		return json_object_new_string(money_format(*(const int64_t *)at, usd, sizeof(usd)));
	case T_PERCENT: /* read back as a text, too */
		return json_object_new_string(
			money_format_percent(*(const int64_t *)at, usd, sizeof(usd)));
	case T_WORDS: {
		/* the count stands behind the list, see T_WORDS */
		const struct {
			char **words;
			size_t n;
		} *list = at;

		return list->n ? words_json(list->words, list->n) : NULL;
	}
	default:
		return NULL;
	}
}

/* "a.b.c": into O's object a's object b. */
static void add_at(struct json_object *o, const char *path, struct json_object *value)
{
	size_t n = strcspn(path, ".");
	struct json_object *inner;
	char key[64];

	if (!path[n]) {
		json_object_object_add(o, path, value);
		return;
	}
	snprintf(key, sizeof(key), "%.*s", (int)n, path);
	if (!json_object_object_get_ex(o, key, &inner)) {
		inner = json_object_new_object();
		json_object_object_add(o, key, inner);
	}
	add_at(inner, path + n + 1, value);
}

/* Those KEYS under PREFIX that BASE has. */
static struct json_object *section_json(
	const char *prefix, const void *base, const char *const *keys, size_t n)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < conf_nrows; i++) {
		const char *key = conf_row_key(&conf_rows[i], prefix);
		struct json_object *value;

		if (!key || !is_one_of(key, keys, n) || conf_rows[i].offset == NOWHERE)
			continue;
		value = value_json(&conf_rows[i], base);
		if (value)
			json_object_object_add(o, key, value);
	}
	return o;
}

static void add_overrides(
	struct json_object *o, const char *prefix, const struct conf_override *overrides, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, section_json(prefix, &overrides[i], override_keys,
						    ARRAY_SIZE(override_keys)));
	json_object_object_add(o, "launch_template_overrides", list);
}

static struct json_object *group_json(const struct conf_group *g)
{
	struct json_object *o = section_json(GROUP, g, group_keys, ARRAY_SIZE(group_keys));
	struct json_object *slurm = json_object_new_object(), *others = json_object_new_array();

	for (size_t i = 0; i < g->nslurm; i++)
		if (is_one_of(g->slurm[i].key, slurm_keys, ARRAY_SIZE(slurm_keys)))
			json_object_object_add(
				slurm, g->slurm[i].key, json_object_new_string(g->slurm[i].value));
	json_object_object_add(o, "slurm_specifications", slurm);
	add_overrides(o, GROUP ".launch_template_overrides[]", g->overrides, g->noverrides);
	for (size_t i = 1; i < g->nplaces; i++) {
		const struct conf_place *place = &g->places[i];
		struct json_object *other = section_json(
			GROUP ".other_regions[]", place, place_keys, ARRAY_SIZE(place_keys));

		add_overrides(other, GROUP ".other_regions[].launch_template_overrides[]",
			place->overrides, place->noverrides);
		json_object_array_add(others, other);
	}
	if (g->nplaces > 1)
		json_object_object_add(o, "other_regions", others);
	else
		json_object_put(others);
	return o;
}

static struct json_object *discounts_json(const struct conf *conf)
{
	static const char *const keys[] = {"types", "regions", "market", "percent"};
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < conf->prices.ndiscounts; i++)
		json_object_array_add(
			list, section_json("prices.discounts[]", &conf->prices.discounts[i], keys,
				      ARRAY_SIZE(keys)));
	return list;
}

/* Groups of a partition stand together, as they were read. */
static struct json_object *partitions_json(const struct conf *conf)
{
	struct json_object *list = json_object_new_array(), *groups = NULL;

	for (size_t i = 0; i < conf->ngroups; i++) {
		const struct conf_group *g = &conf->groups[i];

		if (!i || strcmp(g->partition, g[-1].partition)) {
			struct json_object *o = json_object_new_object();

			groups = json_object_new_array();
			json_object_object_add(
				o, "partition_name", json_object_new_string(g->partition));
			json_object_object_add(o, "node_groups", groups);
			json_object_array_add(list, o);
		}
		json_object_array_add(groups, group_json(g));
	}
	return list;
}

/* What bounds every job is for everybody; what others may spend is not. */
static struct json_object *limits_json(const struct conf *conf)
{
	struct json_object *list = json_object_new_array();
	char usd[32];

	for (size_t i = 0; i < conf->nlimits; i++) {
		const struct budget *b = &conf->limits[i];
		struct json_object *o;

		if (b->scope != BUDGET_JOB)
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "name", json_object_new_string(b->name));
		json_object_object_add(
			o, "scope", json_object_new_string(budget_scope_name(b->scope)));
		json_object_object_add(
			o, "period", json_object_new_string(budget_period_name(b->period)));
		json_object_object_add(o, "usd",
			json_object_new_string(money_format(b->limit_uusd, usd, sizeof(usd))));
		json_object_array_add(list, o);
	}
	return list;
}

struct json_object *site_json(const struct conf *conf, int64_t now_ms)
{
	struct json_object *top = json_object_new_object(), *all = json_object_new_object();
	char iso[CLOCK_ISO_SIZE];

	_Static_assert(offsetof(struct conf_draft, conf) == 0, "offsets are those of the draft");
	for (size_t i = 0; i < conf_nrows; i++) {
		struct json_object *value;

		if (!is_public_row(&conf_rows[i]))
			continue;
		value = value_json(&conf_rows[i], conf);
		if (value)
			add_at(all, conf_rows[i].path, value);
	}
	add_at(all, "slurm.partitions", partitions_json(conf));
	add_at(all, "limits", limits_json(conf));
	if (conf->prices.ndiscounts)
		add_at(all, "prices.discounts", discounts_json(conf));
	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "program", json_object_new_string(PACKAGE_VERSION));
	json_object_object_add(
		top, "written", json_object_new_string(clock_format_iso(now_ms / 1000, iso)));
	json_object_object_add(top, "written_ms", json_object_new_int64(now_ms));
	json_object_object_add(top, "configuration", all);
	return top;
}

/* One key a line: what is wrong with it can be said by its line. */
#define JSON_LINES                                                                                 \
	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

int site_export(const struct conf *conf, struct err *err)
{
	struct json_object *json;
	const char *text;
	int rc = public_ready(conf, err);

	if (rc <= 0)
		return rc;
	json = site_json(conf, clock_now_ms());
	text = json_object_to_json_string_ext(json, JSON_LINES);
	rc = text ? public_write(conf, SITE_FILE, text, err) : err_nomem(err);
	json_object_put(json);
	return rc < 0 ? -1 : 1;
}

int site_keep(const struct conf *conf, struct err *err)
{
	struct stat file, source;
	char path[PATH_MAX];
	int rc = public_ready(conf, err);

	if (rc <= 0)
		return rc;
	if (snprintf(path, sizeof(path), "%s/%s", conf->public.directory, SITE_FILE) <
			(int)sizeof(path) &&
		stat(path, &file) == 0 && stat(conf->path, &source) == 0 &&
		file.st_mtime > source.st_mtime &&
		file.st_mtime + SITE_AGE_S > clock_now_ms() / 1000)
		return 0;
	return site_export(conf, err);
}

/* --- and back -------------------------------------------------------------------------------- */

static struct conf *parse(
	const char *path, struct json_object *top, struct site_source *source, struct err *err)
{
	struct json_object *version, *written, *all;
	const char *text;

	if (!json_object_object_get_ex(top, "version", &version) ||
		!json_object_object_get_ex(top, "written_ms", &written) ||
		!json_object_object_get_ex(top, "configuration", &all)) {
		err_set(err, ERR_CONFIG, "%s: not a file of aws-slurm-burst", path);
		return NULL;
	}
	if (json_object_get_int(version) != 1) {
		err_set(err, ERR_CONFIG,
			"%s: of version %d, and this program reads version 1; install the same "
			"release on all hosts",
			path, json_object_get_int(version));
		return NULL;
	}
	source->written_ms = json_object_get_int64(written);
	text = json_object_to_json_string_ext(all, JSON_LINES);
	if (!text) {
		err_nomem(err);
		return NULL;
	}
	return conf_parse_public(path, text, strlen(text), err);
}

static struct conf *load_public(struct site_source *source, struct err *err)
{
	const char *directory = getenv(SITE_DIRECTORY_VARIABLE);
	cleanup_free char *data = NULL;
	struct json_object *top;
	struct conf *conf;
	size_t len;

	if (!directory || *directory != '/')
		directory = CONF_DEFAULT_PUBLIC;
	if (snprintf(source->path, sizeof(source->path), "%s/%s", directory, SITE_FILE) >=
		(int)sizeof(source->path)) {
		err_set(err, ERR_CONFIG, "path too long: %.100s...", directory);
		return NULL;
	}
	if (file_read(source->path, SITE_MAX, &data, &len, err) < 0)
		return NULL;
	top = json_tokener_parse(data);
	conf = parse(source->path, top, source, err);
	json_object_put(top);
	/* users have no state.db, and what is public lies where this was found */
	if (conf && strcmp(conf->public.directory, directory)) {
		char *own = strdup(directory);

		if (!own) {
			conf_destroy(conf);
			err_nomem(err);
			return NULL;
		}
		free(conf->public.directory);
		conf->public.directory = own;
	}
	return conf;
}

struct conf *site_load(const char *conf_path, struct site_source *source, struct err *err)
{
	const char *path = conf_choose_path(conf_path);
	struct err why = {0};
	struct conf *conf;

	*source = (struct site_source){0};
	/* whoever names a file that is not there has mistyped it */
	if (access(path, R_OK) == 0 ||
		(errno != EACCES && (errno != ENOENT || strcmp(path, CONF_DEFAULT_PATH))))
		return conf_load(path, NULL, NULL, err);
	conf = load_public(source, &why);
	if (conf)
		return conf;
	*source = (struct site_source){0};
	conf = conf_load(path, NULL, NULL, err);
	if (!conf && err) {
		size_t n = strlen(err->text);

		snprintf(err->text + n, sizeof(err->text) - n, "; and of what is public of it: %s",
			why.text);
	}
	return conf;
}

char *site_words(const struct site_source *source, int64_t now_ms, char *buf, size_t size)
{
	char age[32];

	snprintf(buf, size, "of %s ago (%s)",
		show_age((now_ms - source->written_ms) / 1000, age, sizeof(age)), source->path);
	return buf;
}
