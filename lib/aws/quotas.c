/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/quotas.h"

#include <string.h>

#include "lib/aws/json_call.h"
#include "lib/base/cleanup.h"

#define TARGET    "ServiceQuotasV20190624."
#define MAX_VCPUS 1e12 /* more than AWS has: no number to reckon with */

static int get(struct aws *aws, const char *target, const char *quota_code, int64_t *vcpus,
	struct err *err)
{
	cleanup_json struct json_object *request = json_object_new_object();
	cleanup_json struct json_object *answer = NULL;
	struct json_object *service = json_object_new_string("ec2"), *quota, *value;
	struct json_object *code = json_object_new_string(quota_code);
	double number;

	if (!request || !service || !code ||
		json_object_object_add(request, "ServiceCode", service) < 0 ||
		json_object_object_add(request, "QuotaCode", code) < 0)
		return err_nomem(err);
	if (json_call(aws, AWS_SERVICE_QUOTAS, target, request, &answer, err) < 0)
		return -1;
	if (!json_object_object_get_ex(answer, "Quota", &quota) ||
		!json_object_is_type(quota, json_type_object) ||
		!json_object_object_get_ex(quota, "Value", &value) ||
		!(json_object_is_type(value, json_type_double) ||
			json_object_is_type(value, json_type_int)))
		return err_set(err, ERR_FATAL, "quota %.32s: the answer has no value", quota_code);
	number = json_object_get_double(value);
	if (!(number >= 0 && number <= MAX_VCPUS)) /* also what is no number */
		return err_set(err, ERR_FATAL, "quota %.32s: %g is no number of vCPUs", quota_code,
			number);
	*vcpus = (int64_t)number;
	return 0;
}

int quotas_vcpus(struct aws *aws, const char *quota_code, int64_t *vcpus, struct err *err)
{
	struct err why = {0};

	if (!get(aws, TARGET "GetServiceQuota", quota_code, vcpus, &why))
		return 0;
	/* an account that never used or raised it may have no value of its own */
	if (!strcmp(why.code, "NoSuchResourceException") &&
		!get(aws, TARGET "GetAWSDefaultServiceQuota", quota_code, vcpus, &why))
		return 0;
	if (!strcmp(why.code, "NoSuchResourceException"))
		why.class = ERR_NOTFOUND;
	if (err)
		*err = why;
	return -1;
}
