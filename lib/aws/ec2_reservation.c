/* SPDX-License-Identifier: Apache-2.0 */
/* Capacity Reservations, Capacity Blocks among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

struct reservations {
	struct ec2_reservation *all; /* in the order of ids; those not seen yet have no id */
	const char *const *ids;
	size_t n;
	struct ec2_reservation now;
	char total[24], free[24], begins[40], ends[40];
};

static void forget(struct reservations *r)
{
	memset(&r->now, 0, sizeof(r->now));
	r->total[0] = r->free[0] = r->begins[0] = r->ends[0] = '\0';
}

static int reservations_reset(void *arg, struct err *err)
{
	forget(arg);
	return 0;
}

static int on_reservation(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const char item[] = "capacityReservationSet/item";
	static const struct answer_field fields[] = {
		ANSWER_FIELD("capacityReservationId", struct reservations, now.id),
		ANSWER_FIELD("instanceType", struct reservations, now.type),
		ANSWER_FIELD("availabilityZone", struct reservations, now.az),
		ANSWER_FIELD("state", struct reservations, now.state),
		ANSWER_FIELD("reservationType", struct reservations, now.kind),
		ANSWER_FIELD("instanceMatchCriteria", struct reservations, now.match),
		ANSWER_FIELD("tenancy", struct reservations, now.tenancy),
		ANSWER_FIELD("placementGroupArn", struct reservations, now.group_arn),
		ANSWER_FIELD("totalInstanceCount", struct reservations, total),
		ANSWER_FIELD("availableInstanceCount", struct reservations, free),
		ANSWER_FIELD("startDate", struct reservations, begins),
		ANSWER_FIELD("endDate", struct reservations, ends),
	};
	struct reservations *r = arg;
	const char *rest = answer_below(path, item);

	if (event == XML_BEGIN)
		return 0;
	if (rest)
		answer_copy(r, fields, ARRAY_SIZE(fields), rest, text);
	if (strcmp(path, item))
		return 0;
	if (!r->now.kind[0]) /* reservations made before there were blocks */
		snprintf(r->now.kind, sizeof(r->now.kind), "default");
	r->now.total = strtoll(r->total, NULL, 10);
	r->now.free = strtoll(r->free, NULL, 10);
	if ((r->begins[0] && clock_parse_iso(r->begins, &r->now.begins_s, err) < 0) ||
		(r->ends[0] && clock_parse_iso(r->ends, &r->now.ends_s, err) < 0))
		return err_prefix(err, "capacity reservation %s", r->now.id);
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->ids[i], r->now.id))
			r->all[i] = r->now;
	forget(r);
	return 0;
}

int ec2_describe_capacity_reservations(struct aws *aws, const char *const *ids, size_t nids,
	struct ec2_reservation **out, struct err *err)
{
	cleanup_free struct ec2_reservation *all = calloc(nids ? nids : 1, sizeof(*all));
	struct reservations reservations = {.all = all, .ids = ids, .n = nids};

	if (!all)
		return err_nomem(err);
	for (size_t at = 0; at < nids; at += EC2_BATCH) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		query_begin(&body, "DescribeCapacityReservations", QUERY_EC2_VERSION);
		for (size_t i = at; i < nids && i < at + EC2_BATCH; i++)
			query_add(&body, ids[i], "CapacityReservationId.%zu", i - at + 1);
		if (ec2_send(aws, "DescribeCapacityReservations", &body, on_reservation,
			    reservations_reset, &reservations, NULL, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < nids; i++)
		if (!all[i].id[0])
			return err_set(err, ERR_NOTFOUND,
				"EC2 does not tell of capacity reservation %.64s", ids[i]);
	*out = STEAL_POINTER(all);
	return 0;
}
