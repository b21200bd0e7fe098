/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/bucket_table.h"

#include <string.h>

#include "lib/base/cleanup.h"

/*
 * CreateFleet has no bucket of instances in EC2's list. Its launches may draw on that of
 * RunInstances (1000, 2 a second), but to wait for that would keep the fourth thousand of a gang
 * back for 25 minutes on a guess: if EC2 throttles, it says so.
 */
static const struct {
	const char *action;
	struct bucket_rule rule;
} rules[] = {
	{"RunInstances", {5, 2, 1000, 2}},
	{"StartInstances", {5, 2, 1000, 2}},
	{"TerminateInstances", {100, 5, 1000, 20}},
	{"StopInstances", {50, 5, 1000, 20}},
	{"CreateTags", {100, 10, 0, 0}},
	{"DeleteTags", {100, 10, 0, 0}},
	{"CreateLaunchTemplateVersion", {100, 5, 0, 0}},
	{"ModifyLaunchTemplate", {100, 5, 0, 0}},
	{"CreateNetworkInterface", {100, 5, 0, 0}},
	{"DescribeInstanceTopology", {1, 1, 0, 0}},
};

/* Ours are paged or name what they want: those that are neither have half of this. */
static const struct bucket_rule looking = {100, 20, 0, 0};
static const struct bucket_rule changing = {50, 5, 0, 0};

const struct bucket_rule *bucket_rule_of(const char *action)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (!strcmp(action, rules[i].action))
			return &rules[i].rule;
	return !strncmp(action, "Describe", 8) || !strncmp(action, "Get", 3) ? &looking : &changing;
}
