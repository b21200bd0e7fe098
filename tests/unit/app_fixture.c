/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/app_fixture.h"

#include <stdio.h>

#include "helper/log.h"

struct app app;
struct conf conf;
struct server *server;

void app_setup(void)
{
	static char region[] = HERE;
	static const char *const unset[] = {"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "http_proxy", "HTTP_PROXY",
		"all_proxy"};

	for (size_t i = 0; i < ARRAY_SIZE(unset); i++)
		unsetenv(unset[i]);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-SECRET", 1);
	state_setup_db();
	memset(&conf, 0, sizeof(conf));
	conf.aws.region = region;
	conf.state.directory = state_dir;
	conf.launch.placement_group_quota = 3;
	conf.launch.keep_template_versions = 2;
	conf.launch.check_quotas = true;
	conf.catalog.max_age_s = 604800;
	app = (struct app)APP_INIT;
	app.conf = &conf;
	app.db = state_db;
	snprintf(app.cluster, sizeof(app.cluster), "test");
	burst_log_open("test", state_path("log"), LOG_LEVEL_DEBUG, false, false);
}

static void ec2_end(void)
{
	app.db = NULL; /* stays open: it is the state's */
	app_detach(&app);
	app.db = state_db;
	if (server)
		server_stop(server);
	server = NULL;
}

void app_teardown(void)
{
	ec2_end();
	burst_log_close();
	state_teardown();
}

struct aws *ec2_begin(const struct server_answer *script, size_t n)
{
	static char url[64];
	struct aws *aws;

	ec2_end();
	server = server_start(script, n);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_port(server));
	conf.aws.endpoint_url = url;
	aws = app_aws(&app, HERE, &err);
	ck_assert_msg(aws != NULL, "%s", err.text);
	return aws;
}

size_t ec2_count(void)
{
	return server_count(server);
}

const char *ec2_body(size_t i)
{
	return server_body(server, i);
}

unsigned logged(const char *text)
{
	FILE *f = fopen(state_path("log"), "r");
	char line[2048];
	unsigned n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

void add_launch(const char *token, const char *body)
{
	cleanup_free char *copy = strdup(body);
	struct launch l = {.body = copy, .capacity = 3, .gang = "a", .region = HERE};

	snprintf(l.token, sizeof(l.token), "%s", token);
	ok(launch_prepare(state_db, &l, &err));
}

void add_instance(const char *id, const char *token, const char *type, const char *subnet)
{
	struct instance x = state_instance(id, "a", "");

	snprintf(x.launch, sizeof(x.launch), "%s", token);
	snprintf(x.region, sizeof(x.region), "%s", HERE);
	snprintf(x.type, sizeof(x.type), "%s", type);
	snprintf(x.subnet, sizeof(x.subnet), "%s", subnet);
	ok(instance_insert(state_db, &x, 1, false, &err));
}
