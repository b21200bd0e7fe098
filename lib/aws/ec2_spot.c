/* SPDX-License-Identifier: Apache-2.0 */
/* Spot requests: what EC2 says of the capacity behind an instance. */
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define MAX_PAGES 1000

struct reading {
	struct ec2_spot_request *all;
	size_t n, page_starts;
	char updated[40];
	char *next_token;
};

bool ec2_spot_is_marked(const char *code)
{
	return !strcmp(code, "marked-for-termination") || !strcmp(code, "marked-for-stop");
}

static int reading_reset(void *arg, struct err *err)
{
	struct reading *r = arg;

	r->n = r->page_starts;
	free(r->next_token);
	r->next_token = NULL;
	r->updated[0] = '\0';
	return 0;
}

static int on_request(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const char item[] = "spotInstanceRequestSet/item";
	static const struct answer_field fields[] = {
		ANSWER_FIELD("spotInstanceRequestId", struct ec2_spot_request, id),
		ANSWER_FIELD("instanceId", struct ec2_spot_request, instance),
		ANSWER_FIELD("state", struct ec2_spot_request, state),
		ANSWER_FIELD("status/code", struct ec2_spot_request, code),
		ANSWER_FIELD("status/message", struct ec2_spot_request, message),
	};
	static const struct answer_field passing[] = {
		ANSWER_FIELD("status/updateTime", struct reading, updated),
	};
	struct reading *r = arg;
	const char *rest = answer_below(path, item);

	if (event == XML_BEGIN) {
		struct ec2_spot_request *all;

		if (strcmp(path, item))
			return 0;
		all = answer_grow(r->all, &r->n, sizeof(*all), err);
		if (!all)
			return -1;
		r->all = all;
		return 0;
	}
	if (!strcmp(path, "nextToken") && *text) {
		free(r->next_token);
		r->next_token = strdup(text);
		return r->next_token ? 0 : err_nomem(err);
	}
	if (!strcmp(path, item)) {
		if (r->updated[0])
			clock_parse_iso(r->updated, &r->all[r->n - 1].updated_s, NULL);
		r->updated[0] = '\0';
	}
	if (!rest)
		return 0;
	answer_copy(&r->all[r->n - 1], fields, ARRAY_SIZE(fields), rest, text);
	answer_copy(r, passing, ARRAY_SIZE(passing), rest, text);
	return 0;
}

int ec2_describe_spot_requests(struct aws *aws, const struct ec2_filter *filters, size_t nfilters,
	struct ec2_spot_request **requests, size_t *n, struct err *err)
{
	struct reading r = {0};
	char *next = NULL;
	int rc = 0;

	for (unsigned page = 0; page < MAX_PAGES; page++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		r.page_starts = r.n;
		query_begin(&body, "DescribeSpotInstanceRequests", QUERY_EC2_VERSION);
		query_add_filters(&body, filters, nfilters);
		query_add(&body, "1000", "MaxResults");
		if (next)
			query_add(&body, next, "NextToken");
		rc = ec2_send(aws, "DescribeSpotInstanceRequests", &body, on_request, reading_reset,
			&r, NULL, err);
		free(next);
		next = STEAL_POINTER(r.next_token);
		if (rc < 0 || !next)
			break;
		if (page == MAX_PAGES - 1)
			rc = err_set(err, ERR_FATAL,
				"DescribeSpotInstanceRequests: more than %d pages", MAX_PAGES);
	}
	free(next);
	if (rc < 0) {
		free(r.all);
		return -1;
	}
	*requests = r.all;
	*n = r.n;
	return 0;
}
