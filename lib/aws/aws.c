/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/aws.h"

#include <stdlib.h>
#include <string.h>

#include "lib/aws/client.h"
#include "lib/base/cleanup.h"

enum {
	ATTEMPTS = 3,
	CONNECT_TIMEOUT_MS = 5000,
	TIMEOUT_MS = 60000,
	THROTTLE_WAIT_MS = 60000,
};
#define MAX_ANSWER ((size_t)64 * 1024 * 1024)

struct settings { /* what a value may come from */
	const struct aws_options *options;
	const struct profiles *profiles;
	const char *profile;
};

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *first(
	const char *given, const char *variable, const struct settings *s, const char *key)
{
	if (!given && variable)
		given = env(variable);
	return given ? given : profiles_get(s->profiles, s->profile, key);
}

static bool flag(bool given, const char *variable, const struct settings *s, const char *key)
{
	return given || profile_is_true(first(NULL, variable, s, key));
}

/* A URL that somebody configured for SERVICE, by the CLI's precedence, or NULL. */
static const char *configured_url(
	const struct settings *s, const char *service, const char *variable)
{
	const char *url = s->options->endpoint_url;

	if (url)
		return url;
	if (flag(false, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", s,
		    "ignore_configured_endpoint_urls"))
		return NULL;
	url = env(variable);
	if (!url)
		url = env("AWS_ENDPOINT_URL");
	if (!url)
		url = profiles_get_service(s->profiles, s->profile, service, "endpoint_url");
	if (!url)
		url = profiles_get(s->profiles, s->profile, "endpoint_url");
	return url;
}

static int resolve_endpoints(struct aws *aws, const struct settings *s, struct err *err)
{
	static const struct {
		const char *name, *id, *variable; /* in host names; in the profile's file */
	} services[AWS_NSERVICES] = {
		[AWS_EC2] = {"ec2", "ec2", "AWS_ENDPOINT_URL_EC2"},
		[AWS_STS] = {"sts", "sts", "AWS_ENDPOINT_URL_STS"},
		[AWS_SERVICE_QUOTAS] = {"servicequotas", "service_quotas",
			"AWS_ENDPOINT_URL_SERVICE_QUOTAS"},
		[AWS_SQS] = {"sqs", "sqs", "AWS_ENDPOINT_URL_SQS"},
		[AWS_PRICING] = {"api.pricing", "pricing", "AWS_ENDPOINT_URL_PRICING"},
	};
	bool fips = flag(s->options->use_fips, "AWS_USE_FIPS_ENDPOINT", s, "use_fips_endpoint");
	bool dualstack = flag(s->options->use_dualstack, "AWS_USE_DUALSTACK_ENDPOINT", s,
		"use_dualstack_endpoint");

	for (size_t i = 0; i < AWS_NSERVICES; i++) {
		const char *url = configured_url(s, services[i].id, services[i].variable);

		if (url && (fips || dualstack))
			return err_set(err, ERR_CONFIG,
				"%s and a configured endpoint URL for %s exclude each other",
				fips ? "FIPS" : "dualstack", services[i].name);
		if (url ? endpoint_parse(url, &aws->endpoint[i], err)
			: endpoint_default(services[i].name, aws->region, fips, dualstack,
				  &aws->endpoint[i], err))
			return -1;
	}
	return 0;
}

static int set(char **out, const char *value, struct err *err)
{
	if (!value)
		return 0;
	*out = strdup(value);
	return *out ? 0 : err_nomem(err);
}

/* TEXT as a number of attempts; 0: it is none. */
static int attempts_of(const char *text)
{
	char *end;
	long n = text ? strtol(text, &end, 10) : 0;

	return text && !*end && n > 0 && n <= 100 ? (int)n : 0;
}

static int resolve(struct aws *aws, const struct settings *s, struct err *err)
{
	const struct aws_options *o = s->options;
	const char *region = o->region ? o->region : env("AWS_REGION");
	const char *attempts = first(NULL, "AWS_MAX_ATTEMPTS", s, "max_attempts");
	struct endpoint probe;

	region = first(region, "AWS_DEFAULT_REGION", s, "region");
	if (!region)
		return err_set(err, ERR_CONFIG,
			"no AWS region: set aws.region, AWS_REGION or region in profile %s",
			s->profile);
	if (set(&aws->region, region, err) < 0 || set(&aws->profile, s->profile, err) < 0 ||
		set(&aws->config_file, o->config_file, err) < 0 ||
		set(&aws->credentials_file, o->credentials_file, err) < 0 ||
		set(&aws->role_arn, o->role_arn, err) < 0 ||
		set(&aws->role_session_name, o->role_session_name, err) < 0 ||
		set(&aws->role_external_id, o->role_external_id, err) < 0 ||
		set(&aws->ca_bundle, first(o->ca_bundle, "AWS_CA_BUNDLE", s, "ca_bundle"), err) < 0)
		return -1;
	aws->profile_given = o->profile != NULL;
	aws->role_duration_s = o->role_duration_s;
	aws->max_attempts = o->max_attempts > 0 ? o->max_attempts : attempts_of(attempts);
	if (aws->max_attempts <= 0)
		aws->max_attempts = ATTEMPTS;
	aws->connect_timeout_ms = o->connect_timeout_ms > 0 ? o->connect_timeout_ms
							    : CONNECT_TIMEOUT_MS;
	aws->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_MS;
	aws->throttle_wait_ms = o->throttle_wait_ms ? o->throttle_wait_ms : THROTTLE_WAIT_MS;
	aws->max_answer = o->max_answer ? o->max_answer : MAX_ANSWER;
	/* also where the endpoint is configured: the region is part of the signature */
	if (endpoint_default("ec2", aws->region, false, false, &probe, err) < 0)
		return -1;
	return resolve_endpoints(aws, s, err);
}

struct aws *aws_create(const struct aws_options *options, struct err *err)
{
	struct settings s = {.options = options};
	struct profiles *profiles = profiles_load(
		options->config_file, options->credentials_file, err);
	struct aws *aws = calloc(1, sizeof(*aws));
	const char *named = options->profile ? options->profile : env("AWS_PROFILE");

	if (!profiles)
		goto error;
	if (!aws) {
		err_nomem(err);
		goto error;
	}
	aws->quota.tokens = RETRY_QUOTA;
	s.profiles = profiles;
	s.profile = named ? named : "default";
	if (named && !profiles_have(profiles, named)) {
		err_set(err, ERR_CONFIG,
			"profile %s is in none of the AWS config and credentials files", named);
		goto error;
	}
	if (resolve(aws, &s, err) < 0)
		goto error;
	aws->http = http_create(err);
	if (!aws->http)
		goto error;
	profiles_destroy(profiles);
	return aws;
error:
	profiles_destroy(profiles);
	aws_destroy(aws);
	return NULL;
}

void aws_destroy(struct aws *aws)
{
	if (!aws)
		return;
	free(aws->region);
	free(aws->profile);
	free(aws->config_file);
	free(aws->credentials_file);
	free(aws->ca_bundle);
	free(aws->role_arn);
	free(aws->role_session_name);
	free(aws->role_external_id);
	creds_drop_past(aws);
	creds_destroy(aws->creds);
	http_destroy(aws->http);
	free(aws);
}

const char *aws_region(const struct aws *aws)
{
	return aws->region;
}

void aws_set_pacer(struct aws *aws, const struct aws_pacer *pacer)
{
	aws->pacer = pacer ? *pacer : (struct aws_pacer){0};
}
