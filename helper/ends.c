/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/ends.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define IDS_MAX 200 /* values of a filter, EC2's limit */

static bool is_wanted(const struct ec2_instance *instance)
{
	return !instance->ended_s && instance->spot && !strcmp(instance->state, "terminated");
}

/* When the instance ended, by its request; 0: it does not say. */
static int64_t end_of(const struct ec2_spot_request *request)
{
	static const char prefix[] = "instance-terminated-";

	return strncmp(request->code, prefix, sizeof(prefix) - 1) ? 0 : request->updated_s;
}

static void ask(struct aws *aws, struct ec2_instance **wanted, size_t n)
{
	const char *ids[IDS_MAX];
	const struct ec2_filter filter = {"instance-id", ids, n};
	cleanup_free struct ec2_spot_request *requests = NULL;
	size_t nrequests = 0;
	struct err err;

	for (size_t i = 0; i < n; i++)
		ids[i] = wanted[i]->id;
	if (ec2_describe_spot_requests(aws, &filter, 1, &requests, &nrequests, &err) < 0) {
		log_warn("when %zu Spot instance(s) ended is not known exactly: %s", n, err.text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < nrequests; k++)
			if (!strcmp(requests[k].instance, wanted[i]->id))
				wanted[i]->ended_s = end_of(&requests[k]);
}

void ends_ask(struct aws *aws, struct ec2_instance *list, size_t n)
{
	struct ec2_instance *wanted[IDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_wanted(&list[i]))
			wanted[count++] = &list[i];
		if (count == IDS_MAX) {
			ask(aws, wanted, count);
			count = 0;
		}
	}
	if (count)
		ask(aws, wanted, count);
}

int ends_note(struct app *app, const struct instance *row, const struct ec2_instance *seen,
	struct err *err)
{
	if (seen && !row->launched_s && seen->launched_s &&
		instance_set_launched(app->db, row->id, seen->launched_s, err) < 0)
		return -1;
	return instance_set_terminated(
		app->db, row->id, seen ? seen->ended_s : 0, clock_now_ms(), err);
}
