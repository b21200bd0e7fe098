/* SPDX-License-Identifier: Apache-2.0 */
/* The class of each error code that AWS's lists name for what we ask. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/bucket_table.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"

START_TEST(classes)
{
	static const struct {
		const char *code;
		long status;
		enum err_class class;
	} t[] = {
		/* capacity; the first is one of AWS's server errors */
		{"InsufficientInstanceCapacity", 500, ERR_CAPACITY},
		{"InsufficientInstanceCapacity", 503, ERR_CAPACITY},
		{"InsufficientInstanceCapacity", 200, ERR_CAPACITY},
		{"InsufficientCapacity", 400, ERR_CAPACITY},
		{"InsufficientHostCapacity", 400, ERR_CAPACITY},
		{"InsufficientReservedInstanceCapacity", 400, ERR_CAPACITY},
		{"UnfulfillableCapacity", 200, ERR_CAPACITY},
		{"SpotMaxPriceTooLow", 200, ERR_CAPACITY},
		{"ReservationCapacityExceeded", 400, ERR_CAPACITY},
		{"Unsupported", 400, ERR_CAPACITY},
		{"InvalidCapacityReservationState.PendingActivation", 400, ERR_CAPACITY},
		{"InsufficientFreeAddressesInSubnet", 400, ERR_ADDRESS},
		/* limits of the account */
		{"VcpuLimitExceeded", 400, ERR_QUOTA},
		{"InstanceLimitExceeded", 400, ERR_QUOTA},
		{"VolumeLimitExceeded", 400, ERR_QUOTA},
		{"PlacementGroupLimitExceeded", 400, ERR_QUOTA},
		{"NetworkInterfaceLimitExceeded", 400, ERR_QUOTA},
		{"AttachmentLimitExceeded", 400, ERR_QUOTA},
		{"MaxTemplateLimitExceeded", 400, ERR_QUOTA},
		{"ResourceLimitExceeded", 400, ERR_QUOTA},
		{"ResourceCountExceeded", 400, ERR_QUOTA},
		{"RequestResourceCountExceeded", 400, ERR_QUOTA},
		{"MaxSpotInstanceCountExceeded", 200, ERR_QUOTA},
		{"MaxFleetCountExceeded", 200, ERR_QUOTA},
		{"PendingVerification", 400, ERR_QUOTA},
		{"OptInRequired", 401, ERR_QUOTA},
		{"Blocked", 403, ERR_QUOTA},
		/* throttling; these too may come with 5xx */
		{"RequestLimitExceeded", 503, ERR_THROTTLE},
		{"RequestLimitExceeded", 400, ERR_THROTTLE},
		{"Throttling", 400, ERR_THROTTLE},
		{"ThrottlingException", 400, ERR_THROTTLE},
		{"ThrottledException", 400, ERR_THROTTLE},
		{"RequestThrottled", 400, ERR_THROTTLE},
		{"RequestThrottledException", 400, ERR_THROTTLE},
		{"TooManyRequestsException", 429, ERR_THROTTLE},
		{"EC2ThrottledException", 503, ERR_THROTTLE},
		{"BandwidthLimitExceeded", 503, ERR_THROTTLE},
		{"SlowDown", 503, ERR_THROTTLE},
		{"PriorRequestNotComplete", 400, ERR_THROTTLE},
		{"", 429, ERR_THROTTLE},
		/* the same request again */
		{"ServiceUnavailable", 503, ERR_TRANSIENT},
		{"Unavailable", 503, ERR_TRANSIENT},
		{"InternalError", 500, ERR_TRANSIENT},
		{"InternalFailure", 500, ERR_TRANSIENT},
		{"ServerInternal", 500, ERR_TRANSIENT},
		{"RetryableError", 400, ERR_TRANSIENT},
		{"ConcurrentTagAccess", 400, ERR_TRANSIENT},
		{"RequestTimeout", 400, ERR_TRANSIENT},
		{"RequestTimeoutException", 400, ERR_TRANSIENT},
		{"", 500, ERR_TRANSIENT},
		{"", 502, ERR_TRANSIENT},
		{"", 503, ERR_TRANSIENT},
		{"", 504, ERR_TRANSIENT},
		{"", 0, ERR_TRANSIENT},
		/* what was made a moment ago */
		{"InvalidInstanceID.NotFound", 400, ERR_CONSISTENCY},
		{"InvalidPlacementGroup.Unknown", 400, ERR_CONSISTENCY},
		{"InvalidLaunchTemplateName.NotFoundException", 400, ERR_CONSISTENCY},
		{"InvalidLaunchTemplateId.NotFound", 400, ERR_CONSISTENCY},
		{"InvalidLaunchTemplateId.VersionNotFound", 400, ERR_CONSISTENCY},
		{"InvalidGroup.NotFound", 400, ERR_CONSISTENCY},
		{"InvalidNetworkInterfaceID.NotFound", 400, ERR_CONSISTENCY},
		/* done, or somebody else's */
		{"DryRunOperation", 412, ERR_NONE},
		{"InvalidPlacementGroup.Duplicate", 400, ERR_BUSY},
		{"InvalidPlacementGroup.InUse", 400, ERR_BUSY},
		{"IdempotentInstanceTerminated", 400, ERR_NOTFOUND},
		/* a person's */
		{"InvalidParameter", 400, ERR_CONFIG},
		{"InvalidParameterValue", 400, ERR_CONFIG},
		{"InvalidParameterCombination", 400, ERR_CONFIG},
		{"MissingParameter", 400, ERR_CONFIG},
		{"UnknownParameter", 400, ERR_CONFIG},
		{"InvalidFleetConfiguration", 400, ERR_CONFIG},
		{"InvalidRequest", 400, ERR_CONFIG},
		{"InvalidSubnetID.NotFound", 400, ERR_CONFIG},
		{"InvalidAMIID.NotFound", 400, ERR_CONFIG},
		{"InvalidAMIID.Unavailable", 400, ERR_CONFIG},
		{"InvalidInstanceType", 400, ERR_CONFIG},
		{"InvalidSecurityGroupID.NotFound", 400, ERR_CONFIG},
		{"InvalidBlockDeviceMapping", 400, ERR_CONFIG},
		{"InvalidUserData.Malformed", 400, ERR_CONFIG},
		{"OperationNotPermitted", 400, ERR_CONFIG},
		{"UnauthorizedOperation", 403, ERR_AUTH},
		{"AuthFailure", 401, ERR_AUTH},
		{"AuthFailure.ServiceLinkedRoleCreationNotPermitted", 400, ERR_AUTH},
		{"SignatureDoesNotMatch", 403, ERR_AUTH},
		{"InvalidClientTokenId", 403, ERR_AUTH},
		{"IncompleteSignature", 400, ERR_AUTH},
		/* clocks */
		{"RequestExpired", 400, ERR_CLOCK},
		{"InvalidSecurity.RequestHasExpired", 400, ERR_CLOCK},
		/* ours, and what nobody told us of */
		{"IdempotentParameterMismatch", 400, ERR_FATAL},
		{"NeverHeardOf", 400, ERR_FATAL},
		{"NeverHeardOf", 404, ERR_FATAL},
		{"NeverHeardOf", 200, ERR_FATAL},
		{"NeverHeardOf", 401, ERR_AUTH},
		{"NeverHeardOf", 403, ERR_AUTH},
		{"NeverHeardOf", 500, ERR_TRANSIENT},
		{"NeverHeardOf", 502, ERR_TRANSIENT},
		{"NeverHeardOf", 599, ERR_TRANSIENT},
		{"LimitExceededNot", 400, ERR_FATAL},
		{"Throttlin", 400, ERR_FATAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(ec2_classify(t[i].code, t[i].status) == t[i].class, "%s %ld: %s",
			t[i].code, t[i].status,
			err_class_name(ec2_classify(t[i].code, t[i].status)));
}
END_TEST

START_TEST(buckets)
{
	static const struct {
		const char *action;
		struct bucket_rule rule;
	} t[] = {
		{"DescribeInstances", {100, 20, 0, 0}},
		{"DescribeSubnets", {100, 20, 0, 0}},
		{"GetConsoleOutput", {100, 20, 0, 0}},
		{"CreateFleet", {50, 5, 0, 0}},
		{"CreatePlacementGroup", {50, 5, 0, 0}},
		{"DeletePlacementGroup", {50, 5, 0, 0}},
		{"DeleteLaunchTemplateVersions", {50, 5, 0, 0}},
		{"CreateLaunchTemplateVersion", {100, 5, 0, 0}},
		{"CreateTags", {100, 10, 0, 0}},
		{"TerminateInstances", {100, 5, 1000, 20}},
		{"RunInstances", {5, 2, 1000, 2}},
		{"DescribeInstanceTopology", {1, 1, 0, 0}},
		{"NeverHeardOf", {50, 5, 0, 0}},
		{"", {50, 5, 0, 0}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct bucket_rule *rule = bucket_rule_of(t[i].action);

		ck_assert_msg(!memcmp(rule, &t[i].rule, sizeof(*rule)), "%s: %u/%u %u/%u",
			t[i].action, rule->size, rule->per_s, rule->instances_size,
			rule->instances_per_s);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("classify");
	TCase *tc = tcase_create("classify");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, classes);
	tcase_add_test(tc, buckets);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
