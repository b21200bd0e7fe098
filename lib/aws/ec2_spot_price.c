/* SPDX-License-Identifier: Apache-2.0 */
/* Spot prices as they are at a moment. */
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"

#define TYPES_MAX 100 /* of one request */
#define MAX_PAGES 100

struct reading {
	struct ec2_spot_price *all;
	size_t n, page_starts;
	struct ec2_spot_price now;
	char price[40], since[40];
	char *next_token;
};

static void reading_release(struct reading *r)
{
	free(r->all);
	free(r->next_token);
}

static void forget(struct reading *r)
{
	memset(&r->now, 0, sizeof(r->now));
	r->price[0] = r->since[0] = '\0';
}

static int reading_reset(void *arg, struct err *err)
{
	struct reading *r = arg;

	r->n = r->page_starts;
	free(STEAL_POINTER(r->next_token));
	forget(r);
	return 0;
}

/* It is printed, and looked for in tables: nothing but a name may pass. */
static bool is_name(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-")];
}

static int end_item(struct reading *r, struct err *err)
{
	struct ec2_spot_price *all;

	if (!is_name(r->now.type) || !is_name(r->now.az))
		return err_set(err, ERR_FATAL, "a Spot price without a type or zone");
	if (money_parse_up(r->price, strlen(r->price), &r->now.uusd_hr, NULL) < 0 ||
		!r->now.uusd_hr)
		return err_set(
			err, ERR_FATAL, "\"%s\" is no Spot price of %s", r->price, r->now.type);
	if (*r->since)
		clock_parse_iso(r->since, &r->now.since_s, NULL);
	all = answer_grow(r->all, &r->n, sizeof(*all), err);
	if (!all)
		return -1;
	r->all = all;
	all[r->n - 1] = r->now;
	forget(r);
	return 0;
}

static int on_price(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const char item[] = "spotPriceHistorySet/item";
	static const struct answer_field fields[] = {
		ANSWER_FIELD("instanceType", struct reading, now.type),
		ANSWER_FIELD("availabilityZone", struct reading, now.az),
		ANSWER_FIELD("spotPrice", struct reading, price),
		ANSWER_FIELD("timestamp", struct reading, since),
	};
	struct reading *r = arg;
	const char *rest = answer_below(path, item);

	if (event == XML_BEGIN)
		return 0;
	/* the last page's may be there and empty */
	if (!strcmp(path, "nextToken") && *text) {
		free(r->next_token);
		r->next_token = strdup(text);
		return r->next_token ? 0 : err_nomem(err);
	}
	if (rest)
		answer_copy(r, fields, ARRAY_SIZE(fields), rest, text);
	return strcmp(path, item) ? 0 : end_item(r, err);
}

static int read_types(struct aws *aws, struct reading *r, const char *const *types, size_t n,
	const char *now, struct err *err)
{
	cleanup_free char *next = NULL;

	for (unsigned page = 0; page < MAX_PAGES; page++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		query_begin(&body, "DescribeSpotPriceHistory", QUERY_EC2_VERSION);
		/* a filter and no parameter: there one unknown type would fail all */
		query_add_filters(&body, &(struct ec2_filter){"instance-type", types, n}, 1);
		/* The same price: accounts of the time before VPC have the one, others may have
		 * the other. */
		query_add(&body, "Linux/UNIX", "ProductDescription.1");
		query_add(&body, "Linux/UNIX (Amazon VPC)", "ProductDescription.2");
		/* then EC2 tells the last change before it, and any behind it */
		query_add(&body, now, "StartTime");
		query_add(&body, "1000", "MaxResults");
		if (next)
			query_add(&body, next, "NextToken");
		r->page_starts = r->n;
		if (ec2_send(aws, "DescribeSpotPriceHistory", &body, on_price, reading_reset, r,
			    NULL, err) < 0)
			return -1;
		free(next);
		next = STEAL_POINTER(r->next_token);
		if (!next)
			return 0;
	}
	return err_set(err, ERR_FATAL, "DescribeSpotPriceHistory: more than %d pages", MAX_PAGES);
}

/* The newest of each pool first; of two at the same moment the dearer. */
static int by_pool(const void *a, const void *b)
{
	const struct ec2_spot_price *x = a, *y = b;
	int order = strcmp(x->type, y->type);

	if (!order)
		order = strcmp(x->az, y->az);
	if (!order)
		order = (x->since_s < y->since_s) - (x->since_s > y->since_s);
	return order ? order : (x->uusd_hr < y->uusd_hr) - (x->uusd_hr > y->uusd_hr);
}

static void settle(struct reading *r)
{
	size_t kept = 0;

	if (r->n)
		qsort(r->all, r->n, sizeof(*r->all), by_pool);
	for (size_t i = 0; i < r->n; i++)
		if (!kept || strcmp(r->all[kept - 1].type, r->all[i].type) ||
			strcmp(r->all[kept - 1].az, r->all[i].az))
			r->all[kept++] = r->all[i];
	r->n = kept;
}

int ec2_spot_prices(struct aws *aws, const char *const *types, size_t ntypes, int64_t now_s,
	struct ec2_spot_price **prices, size_t *n, struct err *err)
{
	CLEANUP(reading_release) struct reading r = {0};
	char now[CLOCK_ISO_SIZE];

	clock_format_iso(now_s, now);
	for (size_t i = 0; i < ntypes; i += TYPES_MAX) {
		size_t some = ntypes - i < TYPES_MAX ? ntypes - i : TYPES_MAX;

		if (read_types(aws, &r, types + i, some, now, err) < 0)
			return -1;
	}
	settle(&r);
	*prices = STEAL_POINTER(r.all);
	*n = r.n;
	return 0;
}
