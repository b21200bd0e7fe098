/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EC2's and STS's answers. The first byte chooses the call, the second how the rest is cut into
 * pieces; aws_call() and aws_call_many() here stand in for those that send.
 */
#include "lib/aws/client.h"
#include "lib/aws/ec2.h"
#include "lib/aws/sts.h"
#include "lib/aws/xml.h"
#include "tests/fuzz/fuzz.h"

static struct {
	const uint8_t *data;
	size_t size, step;
	unsigned calls;
} answer;

int aws_call(struct aws *aws, struct aws_call *call, struct err *err)
{
	struct xml *xml;
	int rc = 0;

	call->attempts = 2;
	/* a call of many requests, as one that turns pages, ends */
	if (++answer.calls > 3)
		return err_set(err, ERR_FATAL, "enough");
	/* twice: the first attempt's answer must be forgotten */
	for (int i = 0; i < 2 && rc == 0; i++) {
		if (i && call->reset && call->reset(call->arg, err) < 0)
			return -1;
		xml = call->element ? xml_create(call->element, call->arg, err) : NULL;
		if (!xml)
			return call->element ? -1 : 0;
		for (size_t at = 0; rc == 0 && at < answer.size; at += answer.step) {
			size_t left = answer.size - at;

			rc = xml_push(xml, (const char *)answer.data + at,
				left < answer.step ? left : answer.step, err);
		}
		if (rc == 0)
			rc = xml_finish(xml, err);
		xml_destroy(xml);
	}
	return rc;
}

int aws_call_many(
	struct aws *aws, struct aws_call *calls[], size_t n, unsigned parallel, struct err *errs)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		rc |= aws_call(aws, calls[i], errs ? &errs[i] : NULL);
	return rc;
}

static void instances(void)
{
	struct ec2_filter filter = {"instance-id", (const char *const[]){"i-1"}, 1};
	const char *ids[] = {"i-0123456789abcdef0"};
	struct ec2_instances all = {0};

	if (ec2_describe_instances(NULL, NULL, 0, &filter, 1, &all, NULL) == 0)
		for (size_t i = 0; i < all.n; i++)
			ec2_instance_tag(&all.all[i], "burst:cluster");
	ec2_instances_release(&all);
	answer.calls = 0;
	memset(&all, 0, sizeof(all));
	if (ec2_describe_instances(NULL, ids, 1, NULL, 0, &all, NULL) == 0)
		MUST(all.n);
	ec2_instances_release(&all);
}

static void fleet(void)
{
	struct ec2_fleet_result result = {0};

	ec2_create_fleet(NULL, "x", 1, &result, NULL);
	ec2_fleet_result_release(&result);
}

static void template(void)
{
	struct ec2_template found = {0};

	if (ec2_describe_template(NULL, "lt", "$Latest", &found, NULL) == 0)
		ec2_template_release(&found);
}

static void version(void)
{
	struct ec2_nic nic = {0, 0, "efa"};
	const char *groups[] = {"sg-1"};
	int64_t number;

	ec2_create_template_version(
		NULL, "lt-1", 1, &nic, 1, groups, 1, NULL, NULL, "token", "text", &number, NULL);
}

static void groups(void)
{
	struct ec2_tag tag = {"burst:cluster", "c"};
	char state[32], **names;
	size_t n;

	ec2_placement_group_state(NULL, "g", state, sizeof(state), NULL);
	ec2_create_placement_group(NULL, "g", "cluster", &tag, 1, NULL);
	if (ec2_list_placement_groups(NULL, "burst:cluster", "c", &names, &n, NULL) == 0) {
		for (size_t i = 0; i < n; i++)
			free(names[i]);
		free(names);
	}
}

static void subnets(void)
{
	const char *ids[] = {"subnet-1", "subnet-2"};
	struct ec2_subnet *found;

	if (ec2_describe_subnets(NULL, ids, 2, &found, NULL) == 0)
		free(found);
}

static void reservations(void)
{
	const char *ids[] = {"cr-1", "cr-2"};
	struct ec2_reservation *found;

	if (ec2_describe_capacity_reservations(NULL, ids, 2, &found, NULL) == 0)
		free(found);
}

static void console(void)
{
	char *text = NULL;

	if (ec2_console_output(NULL, "i-1", &text, NULL) == 0)
		free(text);
}

static void versions(void)
{
	struct ec2_template_version *found;
	size_t n;

	if (ec2_list_template_versions(NULL, "lt-1", &found, &n, NULL) == 0) {
		for (size_t i = 1; i < n; i++)
			MUST(found[i - 1].number <= found[i].number);
		free(found);
	}
	answer.calls = 0;
	ec2_count_placement_groups(NULL, &n, NULL);
}

static void statuses(void)
{
	struct ec2_filter filter = {"event.code", (const char *const[]){"x"}, 1};
	const char *ids[] = {"i-1", "i-2"};
	struct ec2_statuses found = {0};

	if (ec2_describe_instance_status(NULL, NULL, 0, &filter, 1, true, &found, NULL) == 0)
		for (size_t i = 0; i < found.n; i++)
			MUST(!found.all[i].nevents == !found.all[i].events);
	ec2_statuses_release(&found);
	answer.calls = 0;
	ec2_describe_instance_status(NULL, ids, 2, NULL, 0, false, &found, NULL);
	ec2_statuses_release(&found);
}

static void spot_requests(void)
{
	struct ec2_filter filter = {"instance-id", (const char *const[]){"i-1"}, 1};
	struct ec2_spot_request *found;
	size_t n;

	if (ec2_describe_spot_requests(NULL, &filter, 1, &found, &n, NULL) == 0) {
		for (size_t i = 0; i < n; i++)
			ec2_spot_is_marked(found[i].code);
		free(found);
	}
}

static void role(void)
{
	struct sts_role sts_role = {.arn = "arn:aws:iam::1:role/r"};
	struct creds *creds = creds_create(NULL);

	MUST(creds);
	sts_assume_role(NULL, creds, &sts_role, creds, NULL);
	creds_destroy(creds);
	answer.calls = 0;
	free(aws_caller(NULL, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const calls[])(void) = {instances, fleet, template, version, groups, subnets,
		role, reservations, console, versions, statuses, spot_requests};
	uint8_t *copy;

	if (size < 2)
		return 0;
	answer.size = size - 2;
	answer.step = 1u + data[1];
	answer.calls = 0;
	copy = (uint8_t *)fuzz_text(data + 2, answer.size);
	answer.data = copy;
	calls[data[0] % (sizeof(calls) / sizeof(calls[0]))]();
	free(copy);
	return 0;
}
