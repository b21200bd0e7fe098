/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that a service on the same machine hands out: container agent, instance metadata. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/aws/client.h"
#include "lib/aws/creds.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"

#define MAX_ANSWER           (64 * 1024)
#define CONTAINER_HOST       "http://169.254.170.2"
#define CONTAINER_TIMEOUT_MS 2000
#define CONTAINER_TRIES      3
#define TOKEN_TTL            "X-aws-ec2-metadata-token-ttl-seconds: 21600"
#define ROLE_PATH            "/latest/meta-data/iam/security-credentials/"

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* One small request, never through a proxy. 0 with an answer, of whatever status. */
static int ask(struct aws *aws, const char *method, const char *url, const char *header,
	int timeout_ms, struct http_buffer *buffer, struct http_answer *answer, struct err *err)
{
	struct http_request request = {
		.method = method,
		.url = url,
		.headers = &header,
		.nheaders = header ? 1 : 0,
		.ca_bundle = aws->ca_bundle,
		.no_proxy = true,
		.connect_timeout_ms = timeout_ms,
		.timeout_ms = timeout_ms,
		.max_answer = buffer->size - 1,
		.sink = http_buffer_sink,
		.arg = buffer,
	};

	http_buffer_clear(buffer);
	return http_perform(aws->http, &request, answer, err);
}

int creds_container_url(
	const char *relative, const char *full, struct endpoint *out, bool *set, struct err *err)
{
	static const char *const plain[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
	CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;

	*set = false;
	if (!relative && !full)
		return 0;
	if (relative && *relative != '/')
		return err_set(err, ERR_CONFIG,
			"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: expected a path that begins with "
			"/");
	strbuf_addf(&url, "%s%s", relative ? CONTAINER_HOST : "", relative ? relative : full);
	if (url.failed)
		return err_nomem(err);
	if (endpoint_parse(url.buf, out, err) < 0)
		return err_prefix(
			err, "AWS_CONTAINER_CREDENTIALS_%s_URI", relative ? "RELATIVE" : "FULL");
	*set = out->tls || endpoint_is_loopback(out);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (!strcasecmp(out->name, plain[i]))
			*set = true;
	if (!*set)
		return err_set(err, ERR_CONFIG,
			"AWS_CONTAINER_CREDENTIALS_FULL_URI: http only to this host or the "
			"container agents' "
			"addresses, else https");
	return 0;
}

/* "Authorization: TOKEN" or nothing. */
static int container_header(struct strbuf *header, struct err *err)
{
	const char *file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	CLEANUP(http_buffer_release) struct http_buffer data = {0};

	if (file) {
		if (file_read(file, MAX_ANSWER, &data.data, &data.len, err) < 0)
			return -1;
		while (data.len && strchr("\r\n", data.data[data.len - 1]))
			data.data[--data.len] = '\0';
		token = data.data;
	}
	if (!token)
		return 0;
	for (const char *p = token; *p; p++)
		if (*p < ' ' || *p > '~')
			return err_set(err, ERR_CONFIG,
				"the container authorization token has a control character");
	strbuf_addf(header, "Authorization: %s", token);
	return header->failed ? err_nomem(err) : 0;
}

int creds_container(struct aws *aws, struct creds *out, struct err *err)
{
	CLEANUP(http_buffer_release) struct http_buffer buffer = {0};
	CLEANUP(http_wipe_release) struct strbuf header = STRBUF_INIT;
	struct endpoint endpoint;
	struct http_answer answer;
	bool set;
	int rc = -1;

	if (creds_container_url(env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
		    env("AWS_CONTAINER_CREDENTIALS_FULL_URI"), &endpoint, &set, err) < 0)
		return -1;
	if (!set)
		return 0;
	if (http_buffer_create(&buffer, MAX_ANSWER, err) < 0 || container_header(&header, err) < 0)
		return -1;
	for (int i = 0; i < CONTAINER_TRIES; i++) {
		rc = ask(aws, "GET", endpoint.url, header.len ? header.buf : NULL,
			CONTAINER_TIMEOUT_MS, &buffer, &answer, err);
		if (!rc && answer.status < 500)
			break;
	}
	if (rc < 0)
		return err_prefix(err, "container credentials");
	if (answer.status != 200)
		return err_set(err, answer.status >= 500 ? ERR_TRANSIENT : ERR_AUTH,
			"container credentials: HTTP status %ld", answer.status);
	return creds_from_json(
		       buffer.data, buffer.len, "Token", "container credentials", out, err) < 0
		       ? -1
		       : 1;
}

/* --- instance metadata ----------------------------------------------------------------------- */

struct imds {
	struct aws *aws;
	char base[512];
	char header[256]; /* with the session's token; "": version 1 */
	int timeout_ms;
	int tries;
	bool no_v1;
	struct http_buffer buffer;
	struct http_answer answer;
};

static int number(const char *text, int least, int most, int standard)
{
	char *end;
	long n = text ? strtol(text, &end, 10) : standard;

	return text && *end ? standard : n < least ? least : n > most ? most : (int)n;
}

/* Its address and rules from environment and profile. 0 with *OFF: it is switched off. */
static int imds_settings(struct imds *imds, bool *off, struct err *err)
{
	struct aws *aws = imds->aws;
	struct profiles *profiles = profiles_load(aws->config_file, aws->credentials_file, err);
	const char *url = env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *mode = env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	const char *v1 = env("AWS_EC2_METADATA_V1_DISABLED");
	const char *timeout = env("AWS_METADATA_SERVICE_TIMEOUT");
	const char *tries = env("AWS_METADATA_SERVICE_NUM_ATTEMPTS");
	struct endpoint endpoint;
	int rc;

	if (!profiles)
		return -1;
	*off = profile_is_true(env("AWS_EC2_METADATA_DISABLED"));
	if (!url)
		url = profiles_get(profiles, aws->profile, "ec2_metadata_service_endpoint");
	if (!mode)
		mode = profiles_get(profiles, aws->profile, "ec2_metadata_service_endpoint_mode");
	if (!v1)
		v1 = profiles_get(profiles, aws->profile, "ec2_metadata_v1_disabled");
	if (!timeout)
		timeout = profiles_get(profiles, aws->profile, "metadata_service_timeout");
	if (!tries)
		tries = profiles_get(profiles, aws->profile, "metadata_service_num_attempts");
	if (!url)
		url = mode && !strcasecmp(mode, "ipv6") ? "http://[fd00:ec2::254]"
							: "http://169.254.169.254";
	imds->no_v1 = profile_is_true(v1);
	imds->timeout_ms = 1000 * number(timeout, 1, 60, 1);
	imds->tries = number(tries, 1, 10, 1);
	rc = endpoint_parse(url, &endpoint, err);
	if (rc < 0)
		err_prefix(err, "instance metadata");
	else
		snprintf(imds->base, sizeof(imds->base), "%s", endpoint.url);
	profiles_destroy(profiles);
	return rc;
}

static int imds_ask(struct imds *imds, const char *method, const char *path, const char *header,
	struct err *err)
{
	char url[1024];
	int rc = -1;

	snprintf(url, sizeof(url), "%s%s", imds->base, path);
	for (int i = 0; i < imds->tries; i++) {
		rc = ask(imds->aws, method, url, header, imds->timeout_ms, &imds->buffer,
			&imds->answer, err);
		if (!rc && imds->answer.status < 500)
			break;
	}
	return rc;
}

/*
 * The session's token. 1 go on (with it, or by version 1), 0 nobody is there, -1 refused. A token
 * request that times out is how a hop limit of 1 looks from inside of a container: version 1 may
 * work.
 */
static int imds_token(struct imds *imds, struct err *err)
{
	struct err why = {0};
	long status;

	imds->header[0] = '\0';
	if (imds_ask(imds, "PUT", "/latest/api/token", TOKEN_TTL, &why) < 0) {
		if (imds->no_v1 || !imds->answer.timed_out)
			return 0;
		return 1;
	}
	status = imds->answer.status;
	if (status == 200) {
		size_t n = strcspn(imds->buffer.data, " \r\n");

		if (!n || n > 200 || imds->buffer.data[n])
			return err_set(
				err, ERR_AUTH, "instance metadata: this is no session token");
		snprintf(imds->header, sizeof(imds->header), "X-aws-ec2-metadata-token: %s",
			imds->buffer.data);
		return 1;
	}
	if (status == 403 || status == 404 || status == 405) {
		if (imds->no_v1)
			return err_set(err, ERR_AUTH,
				"instance metadata: no session token (HTTP status %ld) and version "
				"1 is disabled",
				status);
		return 1;
	}
	return err_set(err, status >= 500 ? ERR_TRANSIENT : ERR_AUTH,
		"instance metadata: the session token was refused with HTTP status %ld", status);
}

static int imds_read(struct imds *imds, struct creds *out, struct err *err)
{
	const char *header = imds->header[0] ? imds->header : NULL;
	char path[512];
	size_t n;

	if (imds_ask(imds, "GET", ROLE_PATH, header, err) < 0)
		return header ? err_prefix(err, "instance metadata") : 0;
	if (imds->answer.status == 404)
		return 0; /* an instance without a profile */
	n = strcspn(imds->buffer.data, "\r\n");
	imds->buffer.data[n] = '\0';
	if (imds->answer.status != 200 || !n || n > 128 ||
		imds->buffer.data[strspn(imds->buffer.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							    "abcdefghijklmnopqrstuvwxyz"
							    "0123456789+=,.@_-")])
		return err_set(err, imds->answer.status >= 500 ? ERR_TRANSIENT : ERR_AUTH,
			"instance metadata: no role's name (HTTP status %ld)", imds->answer.status);
	snprintf(path, sizeof(path), "%s%s", ROLE_PATH, imds->buffer.data);
	if (imds_ask(imds, "GET", path, header, err) < 0)
		return err_prefix(err, "instance metadata");
	if (imds->answer.status != 200)
		return err_set(err, imds->answer.status >= 500 ? ERR_TRANSIENT : ERR_AUTH,
			"instance metadata: HTTP status %ld for the role's credentials",
			imds->answer.status);
	return creds_from_json(imds->buffer.data, imds->buffer.len, "Token", "instance metadata",
		       out, err) < 0
		       ? -1
		       : 1;
}

int creds_imds(struct aws *aws, struct creds *out, struct err *err)
{
	struct imds imds = {.aws = aws};
	bool off = false;
	int rc = -1;

	if (imds_settings(&imds, &off, err) < 0)
		return -1;
	if (off)
		return 0;
	if (!http_buffer_create(&imds.buffer, MAX_ANSWER, err))
		rc = imds_token(&imds, err);
	if (rc > 0)
		rc = imds_read(&imds, out, err);
	http_buffer_release(&imds.buffer);
	return rc;
}
