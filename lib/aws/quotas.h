/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quotas: what the account may run in a region, as Service Quotas tells it.
 */
#ifndef BURST_QUOTAS_H
#define BURST_QUOTAS_H

#include <stdint.h>

#include "lib/aws/aws.h"

/*
 * The vCPUs that quota QUOTA_CODE of EC2 ("L-1216C47A") allows, in use or not: the account's own
 * value, or AWS's default where the account has none yet. Needs the permissions
 * servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota: without, ERR_AUTH.
 * ERR_NOTFOUND: the region knows no such quota.
 */
int quotas_vcpus(struct aws *aws, const char *quota_code, int64_t *vcpus, struct err *err);

#endif
