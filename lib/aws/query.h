/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query: bodies of AWS's query protocol, "Action=…&Version=…&InstanceId.1=…".
 *
 * Lists are flat and counted from 1. The same calls give the same bytes.
 */
#ifndef BURST_QUERY_H
#define BURST_QUERY_H

#include <stdint.h>

#include "lib/aws/ec2.h"
#include "lib/base/strbuf.h"

#define QUERY_EC2_VERSION "2016-11-15"
#define QUERY_STS_VERSION "2011-06-15"

/* Begin with Action and Version. */
void query_begin(struct strbuf *body, const char *action, const char *version);
/* Append "&NAME=VALUE", the value percent-encoded, the name as printf makes it. */
void query_add(struct strbuf *body, const char *value, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
void query_add_int(struct strbuf *body, int64_t value, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
/* "TagSpecification.N.ResourceType=…" with its tags; nothing where there are none. */
void query_add_tags(struct strbuf *body, unsigned n, const char *resource_type,
	const struct ec2_tag *tags, size_t ntags);

/* "Filter.N.Name=…&Filter.N.Value.M=…", from N 1 on. */
void query_add_filters(struct strbuf *body, const struct ec2_filter *filters, size_t n);

#endif
