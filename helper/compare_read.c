/* SPDX-License-Identifier: Apache-2.0 */
/* AWS's Cost and Usage Report: comma-separated values (RFC 4180) with a line of names. */
#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/compare.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define COLUMNS_MAX 2048

/* --- numbers --------------------------------------------------------------------------------- */

int compare_decimal(const char *text, int64_t *billionths, struct err *err)
{
	const char *p = text;
	bool negative = *p == '-', point = false, digit = false;
	int exponent = 9, after = -1, power = 0;
	int64_t value = 0;

	if (*p == '-' || *p == '+')
		p++;
	for (; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		digit = true;
		/* more digits than we can hold are far behind the point, or it is too large */
		if (value < INT64_MAX / 10 - 1) {
			value = value * 10 + (*p - '0');
			exponent -= point;
		} else {
			exponent += !point;
		}
	}
	if (digit && (*p == 'e' || *p == 'E')) {
		int used = 0;

		if (sscanf(p + 1, "%5d%n", &power, &used) != 1)
			return err_set(err, ERR_USAGE, "\"%.40s\" is not a number", text);
		p += 1 + used;
	}
	if (!digit || *p)
		return err_set(err, ERR_USAGE, "\"%.40s\" is not a number", text);
	exponent += power;
	for (; exponent > 0 && value; exponent--)
		if (__builtin_mul_overflow(value, 10, &value))
			return err_set(err, ERR_USAGE, "\"%.40s\" is too large", text);
	for (; exponent < 0 && (value || after > 0); exponent++) {
		after = (int)(value % 10);
		value /= 10;
	}
	if (after >= 5)
		value++;
	*billionths = negative ? -value : value;
	return 0;
}

/* "2026-11-22T05:00:00Z", "2026-11-22 05:00:00", also with thousandths. 0: no time. */
static int64_t parse_time(const char *text)
{
	char iso[40];
	int64_t s = 0;

	if (strlen(text) < 19 || strlen(text) > 30)
		return 0;
	snprintf(iso, sizeof(iso), "%.19sZ", text);
	iso[10] = 'T';
	return clock_parse_iso(iso, &s, NULL) < 0 ? 0 : s;
}

/* --- lines and fields ------------------------------------------------------------------------ */

struct reader {
	char *at, *end;
	size_t line; /* of the file, for messages */
	char **fields;
	size_t n;
};

/* The next record in r->fields, which point into the text: 1, 0 at the end, -1. */
static int next_record(struct reader *r, struct err *err)
{
	char *p = r->at;

	if (p >= r->end)
		return 0;
	r->line++;
	for (r->n = 0;;) {
		char *to = p;

		if (r->n == COLUMNS_MAX)
			return err_set(err, ERR_CONFIG, "line %zu: more than %d columns", r->line,
				COLUMNS_MAX);
		r->fields[r->n++] = to;
		if (*p == '"') {
			for (p++; p < r->end && (*p != '"' || p[1] == '"'); p++) {
				p += *p == '"';
				*to++ = *p;
			}
			if (p >= r->end)
				return err_set(err, ERR_CONFIG,
					"line %zu: a quotation mark has no second", r->line);
			p++;
		} else {
			while (p < r->end && *p != ',' && *p != '\n' && *p != '\r')
				*to++ = *p++;
		}
		if (p < r->end && *p == ',') {
			p++;
			*to = '\0';
			continue;
		}
		if (p < r->end && *p == '\r')
			p++;
		if (p < r->end && *p != '\n')
			return err_set(
				err, ERR_CONFIG, "line %zu: text behind a quotation mark", r->line);
		r->at = p + 1;
		*to = '\0';
		return 1;
	}
}

/* --- columns --------------------------------------------------------------------------------- */

enum column {
	RESOURCE,
	LINE_TYPE,
	PRODUCT,
	USAGE_TYPE,
	FROM,
	TO,
	AMOUNT,
	CURRENCY,
	COST,
	SAVINGS_COST,
	RESERVATION_COST,
	TAG,
	TAGS,
	COLUMNS
};

static const struct {
	const char *name;
	bool needed;
} columns[] = {
	[RESOURCE] = {"line_item_resource_id", true},
	[LINE_TYPE] = {"line_item_line_item_type", true},
	[PRODUCT] = {"line_item_product_code", true},
	[USAGE_TYPE] = {"line_item_usage_type", true},
	[FROM] = {"line_item_usage_start_date", true},
	[TO] = {"line_item_usage_end_date", true},
	[AMOUNT] = {"line_item_usage_amount", true},
	[CURRENCY] = {"line_item_currency_code", false},
	[COST] = {"line_item_unblended_cost", true},
	[SAVINGS_COST] = {"savings_plan_savings_plan_effective_cost", false},
	[RESERVATION_COST] = {"reservation_effective_cost", false},
	[TAG] = {"resource_tags_user_burst_cluster", false},
	[TAGS] = {"resource_tags", false},
};

/* "lineItem/UsageStartDate" as "line_item_usage_start_date". */
static void normalize(const char *name, char *buf, size_t size)
{
	size_t n = 0;

	for (const char *p = name; *p && n + 2 < size; p++) {
		unsigned char c = (unsigned char)*p;

		if (isupper(c) && n && buf[n - 1] != '_')
			buf[n++] = '_';
		buf[n++] = isalnum(c) ? (char)tolower(c) : '_';
	}
	buf[n] = '\0';
}

static int find_columns(const struct reader *r, size_t *where, struct err *err)
{
	for (size_t c = 0; c < COLUMNS; c++)
		where[c] = SIZE_MAX;
	for (size_t i = 0; i < r->n; i++) {
		char name[128];
		/* a mark of the byte order, as some programs write it */
		const char *field = r->fields[i];

		if (!i && !strncmp(field, "\xef\xbb\xbf", 3))
			field += 3;
		normalize(field, name, sizeof(name));
		for (size_t c = 0; c < COLUMNS; c++)
			if (!strcmp(columns[c].name, name))
				where[c] = i;
	}
	for (size_t c = 0; c < COLUMNS; c++)
		if (columns[c].needed && where[c] == SIZE_MAX)
			return err_set(err, ERR_CONFIG,
				"no column %s: not a Cost and Usage Report with resource ids",
				columns[c].name);
	return 0;
}

/* "{"user_burst_cluster":"lab"}" of CUR 2.0. */
static bool tags_say(const char *text, const char *cluster)
{
	struct json_object *tags = json_tokener_parse(text);
	bool ours = false;

	if (json_object_is_type(tags, json_type_object)) {
		json_object_object_foreach(tags, key, value)
		{
			char name[128];
			const char *s = json_object_get_string(value);

			normalize(key, name, sizeof(name));
			if (!strcmp(name, "user_burst_cluster") && s && *s &&
				(!*cluster || !strcmp(s, cluster)))
				ours = true;
		}
	}
	json_object_put(tags);
	return ours;
}

/* --- rows ------------------------------------------------------------------------------------ */

struct row {
	char *const *fields;
	const size_t *where;
	size_t n;
};

static const char *get(const struct row *row, enum column c)
{
	return row->where[c] < row->n ? row->fields[row->where[c]] : "";
}

/* What was paid for it: of what a plan or a reservation covers the part of that. */
static int cost_of(const struct row *row, int64_t *nusd, struct err *err)
{
	const char *type = get(row, LINE_TYPE), *text = get(row, COST);

	if (!strcmp(type, "SavingsPlanCoveredUsage") && *get(row, SAVINGS_COST))
		text = get(row, SAVINGS_COST);
	else if (!strcmp(type, "DiscountedUsage") && *get(row, RESERVATION_COST))
		text = get(row, RESERVATION_COST);
	return compare_decimal(*text ? text : "0", nusd, err);
}

/* Of EC2, for what was used: no tax and no fee. */
static bool is_usage(const struct row *row)
{
	static const char *const types[] = {"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(get(row, LINE_TYPE), types[i]))
			return !strcmp(get(row, PRODUCT), "AmazonEC2");
	return false;
}

static bool is_instance_usage(const struct row *row)
{
	const char *usage = get(row, USAGE_TYPE);

	return is_usage(row) && !strncmp(get(row, RESOURCE), "i-", 2) &&
	       (strstr(usage, "BoxUsage") || strstr(usage, "SpotUsage"));
}

/*
 * The time of the report. Taxes and fees are of the whole month, also while it is not over, so
 * where EC2 was used the time is that of its use.
 */
static void widen(struct compare_bills *bills, const struct row *row, int64_t from_s, int64_t to_s)
{
	bool used = is_usage(row) && from_s && to_s;

	if (used && !bills->used) {
		bills->used = true;
		bills->from_s = bills->to_s = 0;
	}
	if (used != bills->used)
		return;
	if (from_s && (!bills->from_s || from_s < bills->from_s))
		bills->from_s = from_s;
	if (to_s > bills->to_s)
		bills->to_s = to_s;
}

static struct compare_bill *add_bill(struct compare_bills *bills, const char *id, struct err *err)
{
	struct compare_bill *bill;

	/* a report has an instance's hours apart, so the list is sorted and folded at the end */
	if (bills->n == bills->alloc) {
		size_t want = bills->alloc ? bills->alloc * 2 : 256;
		struct compare_bill *more = reallocarray(bills->all, want, sizeof(*more));

		if (!more) {
			err_nomem(err);
			return NULL;
		}
		bills->all = more;
		bills->alloc = want;
	}
	bill = &bills->all[bills->n++];
	*bill = (struct compare_bill){0};
	snprintf(bill->instance, sizeof(bill->instance), "%s", id);
	return bill;
}

static int read_row(
	const struct row *row, const char *cluster, struct compare_bills *bills, struct err *err)
{
	int64_t from_s = parse_time(get(row, FROM)), to_s = parse_time(get(row, TO));
	const char *colon, *currency = get(row, CURRENCY), *tag = get(row, TAG);
	struct compare_bill *bill;

	widen(bills, row, from_s, to_s);
	if (!is_instance_usage(row))
		return 0;
	if (*currency && strcmp(currency, "USD"))
		return err_set(err, ERR_CONFIG, "in %.10s, but the ledger is in USD", currency);
	if (strlen(get(row, RESOURCE)) >= sizeof(bill->instance))
		return err_set(
			err, ERR_CONFIG, "\"%.60s\" is no instance's id", get(row, RESOURCE));
	bill = add_bill(bills, get(row, RESOURCE), err);
	if (!bill || cost_of(row, &bill->nusd, err) < 0 ||
		compare_decimal(*get(row, AMOUNT) ? get(row, AMOUNT) : "0", &bill->nhours, err) < 0)
		return -1;
	bill->from_s = from_s;
	bill->to_s = to_s;
	bill->spot = strstr(get(row, USAGE_TYPE), "SpotUsage") != NULL;
	colon = strchr(get(row, USAGE_TYPE), ':');
	snprintf(bill->type, sizeof(bill->type), "%s", colon ? colon + 1 : "");
	bill->ours = *tag && (!*cluster || !strcmp(tag, cluster));
	if (!bill->ours && *get(row, TAGS))
		bill->ours = tags_say(get(row, TAGS), cluster);
	return 0;
}

static int by_instance(const void *a, const void *b)
{
	return strcmp(((const struct compare_bill *)a)->instance,
		((const struct compare_bill *)b)->instance);
}

static int fold(struct compare_bills *bills, struct err *err)
{
	size_t kept = 0;

	if (bills->n)
		qsort(bills->all, bills->n, sizeof(*bills->all), by_instance);
	for (size_t i = 0; i < bills->n; i++) {
		const struct compare_bill *from = &bills->all[i];
		struct compare_bill *to = &bills->all[kept ? kept - 1 : 0];

		if (!kept || strcmp(to->instance, from->instance)) {
			bills->all[kept++] = *from;
			continue;
		}
		if (__builtin_add_overflow(to->nusd, from->nusd, &to->nusd) ||
			__builtin_add_overflow(to->nhours, from->nhours, &to->nhours))
			return err_set(
				err, ERR_CONFIG, "instance %s: too large a sum", from->instance);
		to->ours = to->ours || from->ours;
		if (from->from_s && (!to->from_s || from->from_s < to->from_s))
			to->from_s = from->from_s;
		if (from->to_s > to->to_s)
			to->to_s = from->to_s;
	}
	bills->n = kept;
	return 0;
}

static int read_rows(
	struct reader *r, const char *cluster, struct compare_bills *bills, struct err *err)
{
	size_t where[COLUMNS];
	size_t ncolumns;
	int rc = next_record(r, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_CONFIG, "the file is empty");
	if (find_columns(r, where, err) < 0)
		return -1;
	ncolumns = r->n;
	while ((rc = next_record(r, err)) > 0) {
		const struct row row = {r->fields, where, r->n};

		if (r->n == 1 && !*r->fields[0])
			continue;
		if (r->n != ncolumns)
			return err_set(err, ERR_CONFIG, "line %zu: %zu columns, but %zu names",
				r->line, r->n, ncolumns);
		if (read_row(&row, cluster, bills, err) < 0)
			return err_prefix(err, "line %zu", r->line);
		bills->rows++;
	}
	return rc;
}

int compare_read(
	char *text, size_t len, const char *cluster, struct compare_bills *bills, struct err *err)
{
	cleanup_free char **fields = calloc(COLUMNS_MAX, sizeof(*fields));
	struct reader r = {.at = text, .end = text + len, .fields = fields};
	struct compare_bills found = {0};

	if (!fields)
		return err_nomem(err);
	if (len > 2 && !memcmp(text, "\x1f\x8b", 2))
		return err_set(err, ERR_CONFIG, "it is compressed: unpack it first (gunzip)");
	if (len > 4 && !memcmp(text, "PAR1", 4))
		return err_set(err, ERR_CONFIG, "it is Parquet: export the report as CSV");
	if (memchr(text, '\0', len))
		return err_set(err, ERR_CONFIG, "it is not text");
	if (read_rows(&r, cluster, &found, err) < 0 || fold(&found, err) < 0) {
		if (err && err->class == ERR_USAGE)
			err->class = ERR_CONFIG;
		compare_bills_release(&found);
		return -1;
	}
	*bills = found;
	return 0;
}

void compare_bills_release(struct compare_bills *bills)
{
	free(bills->all);
	*bills = (struct compare_bills){0};
}
