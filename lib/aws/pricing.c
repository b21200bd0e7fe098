/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/pricing.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/json_call.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"

#define TARGET "AWSPriceListService.GetProducts"
/* A region has about 1000 types, 100 to a page: ten times that is not an answer of AWS's. */
#define MAX_PAGES 100

const char *pricing_home(const char *region)
{
	static const struct {
		const char *prefix, *home;
	} homes[] = {
		{"cn-", "cn-northwest-1"},
		/* partitions of their own, without the API */
		{"us-gov-", NULL},
		{"us-iso", NULL},
		{"eu-iso", NULL},
		{"eusc-", NULL},
		/* the nearest */
		{"eu-", "eu-central-1"},
		{"il-", "eu-central-1"},
		{"me-", "eu-central-1"},
		{"af-", "eu-central-1"},
		{"ap-", "ap-south-1"},
		{"", "us-east-1"},
	};
	size_t i = 0;

	while (strncmp(region, homes[i].prefix, strlen(homes[i].prefix)))
		i++;
	return homes[i].home;
}

/* --- one product ----------------------------------------------------------------------------- */

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!o || !json_object_is_type(o, json_type_object) ||
		!json_object_object_get_ex(o, key, &value))
		return NULL;
	return value;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *value = member(o, key);

	return value && json_object_is_type(value, json_type_string) ? json_object_get_string(value)
								     : NULL;
}

/* It is printed, and looked for in tables: nothing but a name may pass. */
static bool is_type(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-");

	return n && !text[n] && n < sizeof(((struct pricing_price *)NULL)->type);
}

/* As pricing_parse(), of a dimension of a term. */
static int read_dimension(struct json_object *dimension, const char *currency,
	struct pricing_price *price, struct err *err)
{
	const char *unit = text_of(dimension, "unit"), *text;
	int64_t micro_hr;

	if (!unit || (strcmp(unit, "Hrs") && strcmp(unit, "hrs")))
		return 0;
	text = text_of(member(dimension, "pricePerUnit"), currency);
	if (!text)
		return 0;
	if (money_parse_up(text, strlen(text), &micro_hr, NULL) < 0)
		return err_set(err, ERR_FATAL, "\"%.40s\" is no price", text);
	/* what is sold otherwise has an on-demand price of 0 */
	if (!micro_hr)
		return 0;
	price->micro_hr = micro_hr;
	return 1;
}

static int read_terms(struct json_object *terms, const char *currency, struct pricing_price *price,
	struct err *err)
{
	if (!terms || !json_object_is_type(terms, json_type_object))
		return 0;
	json_object_object_foreach(terms, name, term)
	{
		struct json_object *dimensions = member(term, "priceDimensions");
		const char *since = text_of(term, "effectiveDate");

		(void)name;
		if (!dimensions || !json_object_is_type(dimensions, json_type_object))
			continue;
		json_object_object_foreach(dimensions, id, dimension)
		{
			int rc = read_dimension(dimension, currency, price, err);

			(void)id;
			if (rc > 0 && since)
				clock_parse_iso(since, &price->effective_s, NULL);
			if (rc)
				return rc;
		}
	}
	return 0;
}

int pricing_parse(const char *text, size_t len, const char *currency, struct pricing_price *price,
	struct err *err)
{
	cleanup_json struct json_object *o = json_call_parse(text, len, err);
	struct pricing_price found = {0};
	const char *type;
	int rc;

	if (!o) {
		/* within an answer that is whole, an end that is missing will be missing again */
		if (err)
			err->class = ERR_FATAL;
		return -1;
	}
	type = text_of(member(member(o, "product"), "attributes"), "instanceType");
	if (!type || !is_type(type))
		return 0;
	rc = read_terms(member(member(o, "terms"), "OnDemand"), currency, &found, err);
	if (rc < 0)
		return err_prefix(err, "%s", type);
	if (!rc)
		return 0;
	snprintf(found.type, sizeof(found.type), "%s", type);
	snprintf(found.currency, sizeof(found.currency), "%s", currency);
	*price = found;
	return 1;
}

/* --- all of a region ------------------------------------------------------------------------- */

struct reading {
	const char *region, *currency;
	struct pricing_price *all;
	size_t n;
};

static int add_filter(struct json_object *filters, const char *field, const char *value)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return -1;
	if (json_object_object_add(o, "Type", json_object_new_string("TERM_MATCH")) < 0 ||
		json_object_object_add(o, "Field", json_object_new_string(field)) < 0 ||
		json_object_object_add(o, "Value", json_object_new_string(value)) < 0 ||
		json_object_array_add(filters, o) < 0) {
		json_object_put(o);
		return -1;
	}
	return 0;
}

static struct json_object *make_request(
	const struct reading *r, const char *family, const char *next)
{
	cleanup_json struct json_object *request = json_object_new_object();
	struct json_object *filters = json_object_new_array();

	if (!request || !filters || json_object_object_add(request, "Filters", filters) < 0) {
		json_object_put(filters);
		return NULL;
	}
	if (add_filter(filters, "regionCode", r->region) < 0 ||
		add_filter(filters, "productFamily", family) < 0 ||
		add_filter(filters, "operatingSystem", "Linux") < 0 ||
		add_filter(filters, "tenancy", "Shared") < 0 ||
		add_filter(filters, "preInstalledSw", "NA") < 0 ||
		add_filter(filters, "capacitystatus", "Used") < 0 ||
		add_filter(filters, "marketoption", "OnDemand") < 0 ||
		json_object_object_add(
			request, "ServiceCode", json_object_new_string("AmazonEC2")) < 0 ||
		json_object_object_add(request, "FormatVersion", json_object_new_string("aws_v1")) <
			0 ||
		json_object_object_add(request, "MaxResults", json_object_new_int(100)) < 0)
		return NULL;
	if (next && json_object_object_add(request, "NextToken", json_object_new_string(next)) < 0)
		return NULL;
	return STEAL_POINTER(request);
}

static int read_page(struct reading *r, struct json_object *answer, struct err *err)
{
	struct json_object *list = member(answer, "PriceList");

	if (!list || !json_object_is_type(list, json_type_array))
		return err_set(err, ERR_FATAL, "GetProducts: the answer has no price list");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct pricing_price price, *all;
		int rc;

		if (!json_object_is_type(o, json_type_string))
			return err_set(err, ERR_FATAL, "GetProducts: a product is no text");
		rc = pricing_parse(json_object_get_string(o), (size_t)json_object_get_string_len(o),
			r->currency, &price, err);
		if (rc < 0)
			return err_prefix(err, "GetProducts: product %zu", i);
		if (!rc)
			continue;
		all = answer_grow(r->all, &r->n, sizeof(*all), err);
		if (!all)
			return -1;
		r->all = all;
		all[r->n - 1] = price;
	}
	return 0;
}

static int read_family(struct aws *aws, struct reading *r, const char *family, struct err *err)
{
	cleanup_free char *next = NULL;

	for (unsigned page = 0; page < MAX_PAGES; page++) {
		cleanup_json struct json_object *request = make_request(r, family, next);
		cleanup_json struct json_object *answer = NULL;
		const char *token;

		if (!request)
			return err_nomem(err);
		if (json_call(aws, AWS_PRICING, TARGET, request, &answer, err) < 0 ||
			read_page(r, answer, err) < 0)
			return -1;
		free(STEAL_POINTER(next));
		token = text_of(answer, "NextToken");
		if (!token || !*token)
			return 0;
		next = strdup(token);
		if (!next)
			return err_nomem(err);
	}
	return err_set(err, ERR_FATAL, "GetProducts: more than %d pages", MAX_PAGES);
}

static int by_type(const void *a, const void *b)
{
	return strcmp(
		((const struct pricing_price *)a)->type, ((const struct pricing_price *)b)->type);
}

/* Sorted, each type once. */
static int settle(struct reading *r, struct err *err)
{
	size_t kept = 0;

	if (r->n)
		qsort(r->all, r->n, sizeof(*r->all), by_type);
	for (size_t i = 0; i < r->n; i++) {
		struct pricing_price *last = kept ? &r->all[kept - 1] : NULL;

		if (!last || strcmp(last->type, r->all[i].type)) {
			r->all[kept++] = r->all[i];
			continue;
		}
		if (last->micro_hr != r->all[i].micro_hr)
			return err_set(err, ERR_FATAL,
				"GetProducts: %s in %s has two prices, %lld and %lld micro-%s",
				last->type, r->region, (long long)last->micro_hr,
				(long long)r->all[i].micro_hr, r->currency);
	}
	r->n = kept;
	return 0;
}

int pricing_on_demand(struct aws *aws, const char *region, struct pricing_price **prices, size_t *n,
	struct err *err)
{
	struct reading r = {
		.region = region,
		.currency = strncmp(region, "cn-", 3) ? "USD" : "CNY",
	};

	/* bare metal is a product family of its own, of the same tenancy */
	if (read_family(aws, &r, "Compute Instance", err) < 0 ||
		read_family(aws, &r, "Compute Instance (bare metal)", err) < 0 ||
		settle(&r, err) < 0) {
		free(r.all);
		return -1;
	}
	*prices = r.all;
	*n = r.n;
	return 0;
}
