/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"

/* By AWS's list of error codes; the first that fits. A '*' at the end: any rest. */
static const struct {
	const char *code;
	enum err_class class;
} codes[] = {
	/* no instances of this kind here and now; some come with status 5xx: the code goes first */
	{"InsufficientInstanceCapacity", ERR_CAPACITY},
	{"InsufficientCapacity", ERR_CAPACITY},
	{"InsufficientHostCapacity", ERR_CAPACITY},
	{"InsufficientReservedInstanceCapacity", ERR_CAPACITY},
	{"UnfulfillableCapacity", ERR_CAPACITY},
	{"SpotMaxPriceTooLow", ERR_CAPACITY},
	{"ReservationCapacityExceeded", ERR_CAPACITY},
	{"Unsupported", ERR_CAPACITY},
	{"InvalidCapacityReservationState*",
		ERR_CAPACITY}, /* a block that has not begun, or ended */
	{"InsufficientFreeAddressesInSubnet", ERR_ADDRESS},

	{"RequestLimitExceeded", ERR_THROTTLE},
	{"Throttling*", ERR_THROTTLE},
	{"ThrottledException", ERR_THROTTLE},
	{"RequestThrottled*", ERR_THROTTLE},
	{"TooManyRequestsException", ERR_THROTTLE},
	{"EC2ThrottledException", ERR_THROTTLE},
	{"BandwidthLimitExceeded", ERR_THROTTLE},
	{"SlowDown", ERR_THROTTLE},
	{"PriorRequestNotComplete", ERR_THROTTLE},

	{"VcpuLimitExceeded", ERR_QUOTA},
	{"MaxSpotInstanceCountExceeded", ERR_QUOTA},
	{"MaxFleetCountExceeded", ERR_QUOTA},
	{"PendingVerification", ERR_QUOTA},
	{"OptInRequired", ERR_QUOTA},
	{"Blocked", ERR_QUOTA},
	{"ResourceCountExceeded", ERR_QUOTA},
	{"RequestResourceCountExceeded", ERR_QUOTA},

	/* of SQS: too many messages received and not deleted; its key's service */
	{"OverLimit", ERR_THROTTLE},
	{"KmsThrottled", ERR_THROTTLE},

	{"ServiceUnavailable*", ERR_TRANSIENT},
	{"Unavailable", ERR_TRANSIENT},
	{"InternalError", ERR_TRANSIENT},
	{"InternalFailure", ERR_TRANSIENT},
	{"ServerInternal", ERR_TRANSIENT},
	{"RetryableError", ERR_TRANSIENT},
	{"ConcurrentTagAccess", ERR_TRANSIENT},
	{"RequestTimeout*", ERR_TRANSIENT},
	{"IDPCommunicationError", ERR_TRANSIENT},

	{"InvalidInstanceID.NotFound", ERR_CONSISTENCY},
	{"InvalidPlacementGroup.Unknown", ERR_CONSISTENCY},
	{"InvalidLaunchTemplateName.NotFoundException", ERR_CONSISTENCY},
	{"InvalidLaunchTemplateId.NotFound", ERR_CONSISTENCY},
	{"InvalidLaunchTemplateId.VersionNotFound", ERR_CONSISTENCY},
	{"InvalidLaunchTemplateName.VersionNotFound*", ERR_CONSISTENCY},
	{"InvalidGroup.NotFound", ERR_CONSISTENCY},
	{"InvalidNetworkInterfaceID.NotFound", ERR_CONSISTENCY},

	{"InvalidPlacementGroup.Duplicate", ERR_BUSY},
	{"InvalidPlacementGroup.InUse", ERR_BUSY},
	{"IdempotentInstanceTerminated", ERR_NOTFOUND},
	{"DryRunOperation", ERR_NONE},

	{"RequestExpired", ERR_CLOCK},
	{"InvalidSecurity.RequestHasExpired", ERR_CLOCK},
	{"RequestTimeTooSkewed", ERR_CLOCK},

	{"UnauthorizedOperation", ERR_AUTH},
	{"AuthFailure*", ERR_AUTH},
	{"SignatureDoesNotMatch", ERR_AUTH},
	{"InvalidSignatureException", ERR_AUTH},
	{"InvalidClientTokenId", ERR_AUTH},
	{"IncompleteSignature", ERR_AUTH},
	{"MissingAuthenticationToken", ERR_AUTH},
	{"ExpiredToken*", ERR_AUTH},
	{"AccessDenied*", ERR_AUTH},
	{"KmsAccessDenied", ERR_AUTH},
	{"UnrecognizedClientException", ERR_AUTH},
	{"InvalidIdentityToken", ERR_AUTH},
	{"IDPRejectedClaim", ERR_AUTH},

	{"IdempotentParameterMismatch", ERR_FATAL}, /* our own mistake, of no use to repeat */
	{"InvalidAction", ERR_FATAL},

	{"MissingParameter", ERR_CONFIG},
	{"UnknownParameter", ERR_CONFIG},
	{"UnsupportedOperation", ERR_CONFIG},
	{"OperationNotPermitted", ERR_CONFIG},
	{"ValidationError", ERR_CONFIG},
	{"MalformedPolicyDocument", ERR_CONFIG},
	{"RegionDisabledException", ERR_CONFIG},
	{"QueueDoesNotExist", ERR_CONFIG},
	{"Kms*", ERR_CONFIG},
	{"Invalid*", ERR_CONFIG},
};

static bool fits(const char *pattern, const char *code)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, code, n - 1);
	return !strcmp(pattern, code);
}

enum err_class ec2_classify(const char *code, long status)
{
	static const char limit[] = "LimitExceeded";
	size_t n = strlen(code);

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (fits(codes[i].code, code))
			return codes[i].class;
	/* InstanceLimitExceeded, PlacementGroupLimitExceeded … */
	if (n >= sizeof(limit) - 1 && !strcmp(code + n - (sizeof(limit) - 1), limit))
		return ERR_QUOTA;
	if (status == 429)
		return ERR_THROTTLE;
	if (status == 401 || status == 403)
		return ERR_AUTH;
	if (!status || status >= 500 || status == 408)
		return ERR_TRANSIENT;
	return ERR_FATAL;
}
