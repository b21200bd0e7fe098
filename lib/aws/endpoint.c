/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"

/*
 * The partitions by how their regions' names begin; first match wins. A region that none knows is
 * of the partition "aws", as in AWS's rules, so that a new one works on its first day.
 */
static const struct partition {
	const char *prefix;
	const char *suffix;
	const char *dualstack;
	bool plain_is_fips; /* GovCloud's ordinary names are its FIPS ones */
} partitions[] = {
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"us-gov-", "amazonaws.com", "api.aws", true},
	{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
	{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"", "amazonaws.com", "api.aws"},
};

static const struct partition *partition_of(const char *region)
{
	const struct partition *p = partitions;

	while (strncmp(region, p->prefix, strlen(p->prefix)))
		p++;
	return p;
}

/* The region becomes part of a host name: nothing but a label may pass. */
static bool is_label(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n < 64 && !s[n] && s[0] != '-' && s[n - 1] != '-';
}

int endpoint_default(const char *service, const char *region, bool fips, bool dualstack,
	struct endpoint *out, struct err *err)
{
	const struct partition *p;
	char url[512];

	if (!is_label(region))
		return err_set(err, ERR_CONFIG, "\"%.64s\" is not the name of a region", region);
	p = partition_of(region);
	if (p->plain_is_fips && !dualstack)
		fips = false;
	snprintf(url, sizeof(url), "https://%s%s.%s.%s", service, fips ? "-fips" : "", region,
		dualstack ? p->dualstack : p->suffix);
	return endpoint_parse(url, out, err);
}

static int refuse(const char *why, struct err *err)
{
	/* the URL itself is not repeated: it might hold a password */
	return err_set(err, ERR_CONFIG, "endpoint URL: %s", why);
}

int endpoint_parse(const char *url, struct endpoint *out, struct err *err)
{
	struct endpoint e = {0};
	const char *rest, *host, *port = NULL;
	size_t authority, n, path;
	long number = 0;

	if (!strncasecmp(url, "https://", 8))
		e.tls = true;
	else if (strncasecmp(url, "http://", 7))
		return refuse("expected http:// or https:// at its beginning", err);
	rest = url + (e.tls ? 8 : 7);
	for (const char *p = rest; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '\\' || *p == '"' || *p == '<' || *p == '>')
			return refuse("a blank or a character that must be encoded", err);
	authority = strcspn(rest, "/?#");
	if (memchr(rest, '@', authority))
		return refuse("a user name or password is not possible", err);
	if (rest[strcspn(rest, "?#")])
		return refuse("a query or fragment is not possible", err);
	host = rest;
	if (*host == '[') {
		n = strcspn(host, "]/");
		if (host[n] != ']' || n < 2)
			return refuse("'[' without ']'", err);
		host++;
		n--;
		if (host + n + 1 < rest + authority)
			port = host + n + 1;
	} else {
		n = strcspn(host, ":/");
		if (n < authority)
			port = host + n;
	}
	if (!n || n >= sizeof(e.name))
		return refuse("no host name, or one longer than 255", err);
	memcpy(e.name, host, n);
	if (port) {
		char *end;

		if (*port != ':' || port[1] < '0' || port[1] > '9')
			return refuse("expected a port number behind the host", err);
		number = strtol(port + 1, &end, 10);
		if (end != rest + authority || number < 1 || number > 65535)
			return refuse("the port must be 1 to 65535", err);
	}
	path = strlen(rest + authority);
	while (path && rest[authority + path - 1] == '/')
		path--;
	if (path + 1 >= sizeof(e.path))
		return refuse("path longer than 254", err);
	memcpy(e.path, path ? rest + authority : "/", path ? path : 1);
	snprintf(e.host, sizeof(e.host), *rest == '[' ? "[%s]" : "%s", e.name);
	if (number && number != (e.tls ? 443 : 80)) {
		n = strlen(e.host);
		snprintf(e.host + n, sizeof(e.host) - n, ":%ld", number);
	}
	n = (size_t)snprintf(e.url, sizeof(e.url), "%s://%s", e.tls ? "https" : "http", e.host);
	if (n + path >= sizeof(e.url))
		return refuse("longer than 511", err);
	memcpy(e.url + n, rest + authority, path);
	*out = e;
	return 0;
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (!strcasecmp(endpoint->name, "localhost"))
		return true;
	if (inet_pton(AF_INET, endpoint->name, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, endpoint->name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
