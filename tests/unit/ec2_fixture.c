/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

struct server *server;
struct aws *aws;
struct err err;

void begin_with(const struct server_answer *script, size_t n, struct aws_options options)
{
	char url[64];

	server = server_start(script, n);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_port(server));
	options.region = "us-east-2";
	options.endpoint_url = url;
	memset(&err, 0, sizeof(err));
	aws = aws_create(&options, &err);
	ck_assert_msg(aws != NULL, "%s", err.text);
}

void begin(const struct server_answer *script, size_t n)
{
	begin_with(script, n, (struct aws_options){0});
}

void end(void)
{
	aws_destroy(aws);
	server_stop(server);
}

void fixture_setup(void)
{
	static const char *const unset[] = {"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "http_proxy", "HTTP_PROXY",
		"all_proxy"};

	for (size_t i = 0; i < ARRAY_SIZE(unset); i++)
		unsetenv(unset[i]);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-SECRET", 1);
	setenv("AWS_SESSION_TOKEN", "TOK/EN+1==", 1);
}

void expect(int rc, enum err_class class, const char *code, const char *text)
{
	ck_assert_int_eq(rc, -1);
	ck_assert_msg(err.class == class, "class %s: %s", err_class_name(err.class), err.text);
	ck_assert_str_eq(err.code, code);
	ck_assert_msg(strstr(err.text, text) != NULL, "\"%s\" has no \"%s\"", err.text, text);
	ck_assert(!strstr(err.text, "SECRET"));
	ck_assert(!strstr(err.text, "TOK/EN"));
	ck_assert(!strstr(err.text, "Signature="));
}
