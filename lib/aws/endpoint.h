/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint: where a service of a region is: AWS's endpoint rules for EC2, STS, SQS and
 * Service Quotas, or a URL that somebody configured. Pure.
 */
#ifndef BURST_ENDPOINT_H
#define BURST_ENDPOINT_H

#include <stdbool.h>

#include "lib/base/err.h"

struct endpoint {
	char url[512];  /* without a slash at its end */
	char host[300]; /* as libcurl sends it: with the port if it is not the scheme's own */
	char name[256]; /* the host alone, without brackets */
	char path[256]; /* "/" or "/prefix" */
	bool tls;
};

/* SERVICE "ec2", "sts", "sqs" or "servicequotas", by AWS's rules. ERR_CONFIG: no region's name. */
int endpoint_default(const char *service, const char *region, bool fips, bool dualstack,
	struct endpoint *out, struct err *err);
/*
 * An absolute http or https URL without user, query and fragment; taken apart for signing.
 */
int endpoint_parse(const char *url, struct endpoint *out, struct err *err);
/* "localhost" or a literal loopback address. */
bool endpoint_is_loopback(const struct endpoint *endpoint);

#endif
