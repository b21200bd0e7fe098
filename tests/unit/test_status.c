/* SPDX-License-Identifier: Apache-2.0 */
/* What status prints, what open does, and the command lines around them. */
#include "helper/status.h"

#include <fcntl.h>
#include <json-c/json.h>

#include "helper/commands.h"
#include "helper/explain.h"
#include "helper/reopen.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"
#include "lib/catalog/catalog.h"
#include "lib/state/cache.h"
#include "lib/state/counter.h"
#include "lib/state/db_internal.h"
#include "lib/state/pool.h"
#include "tests/unit/show_fixture.h"

static char conf_path[80], out_path[80], err_path[80];

static void setup(void)
{
	show_setup();
	snprintf(conf_path, sizeof(conf_path), "%s/c.yaml", state_dir);
	snprintf(out_path, sizeof(out_path), "%s/out", state_dir);
	snprintf(err_path, sizeof(err_path), "%s/err", state_dir);
}

/* JSON by what it says: releases of json-c lay out empty arrays differently. */
static void is(const struct strbuf *out, const char *expected)
{
	struct json_object *got, *want;
	bool same = !strcmp(out->buf, expected);

	if (!same && *expected == '{') {
		got = json_tokener_parse(out->buf);
		want = json_tokener_parse(expected);
		same = got && want && json_object_equal(got, want);
		json_object_put(got);
		json_object_put(want);
	}
	ck_assert_msg(same, "gave\n%s\nexpected\n%s", out->buf, expected);
}

static void shows(bool all, bool json, int64_t now_s, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	ok(status_show(state_db, all, AT(now_s), json, &out, &err));
	is(&out, expected);
}

static void close_group(const char *name, int64_t until_s)
{
	for (int i = 0; i < 3; i++)
		ok(health_failed(state_db, name, "node aws-hpc-0 did not register", 3, AT(0),
			AT(until_s), NULL, &err));
}

static void add_story(void)
{
	struct gang g = state_gang("7-a", NULL);

	snprintf(g.job_name, sizeof(g.job_name), "7");
	g.all_or_nothing = true;
	g.plan = (char[]){"kept a.b subnet-1 us-east-2a: 1.00 USD/h\nEFA: optional: not used\n"};
	add_gang(g, "aws-hpc-[0-1]", 0);
	add_try("7-a", 1, 2, "2 x a.b in us-east-2a, spot", "capacity",
		"InsufficientInstanceCapacity", "none \033[1m there", "kept a.b\n");
	add_try("7-a", 3, 5, "2 x a.b in us-east-2b, spot", "", "", NULL, NULL);
	add_instances("7-a", "aws-hpc-[0-1]", "a.b", 10);
	ok(gang_set_launch(state_db, "7-a", "a.b", "us-east-2b", false, 7200000, &err));
	set_row("7-a", GANG_ANNOUNCED, 20);
	snprintf(g.id, sizeof(g.id), "8-a");
	g.job_id = 8;
	g.reason = (char[]){"no\007 capacity"};
	snprintf(g.job_name, sizeof(g.job_name), "8");
	add_gang(g, "aws-hpc-2", 40);
	add_try("8-a", 41, -1, "1 x a.b in us-east-2a, spot", NULL, NULL, NULL, NULL);
	set_row("8-a", GANG_FAILING, 45);
}

START_TEST(nothing)
{
	shows(false, false, 0, "no gangs (--all shows those that are over)\n");
	shows(true, false, 0, "no gangs\n");
	shows(false, true, 0,
		"{\n  \"version\":1,\n  \"closed\":[],\n  \"gangs\":[],\n  \"counters\":[]\n}\n");
}
END_TEST

START_TEST(counters)
{
	ok(counter_add(state_db, "alarm.budget", 2, &err));
	ok(counter_add(state_db, "reconcile.orphan", 1, &err));
	ck_assert_int_eq(
		DB_RUN(state_db, &err, "UPDATE counter SET changed_ms = ?", DB_INT(AT(0))), 2);
	shows(false, false, 0, "no gangs (--all shows those that are over)\n");
	shows(true, false, 5,
		"no gangs\n\n"
		"COUNTER                                TIMES  LAST\n"
		"alarm.budget                               2  12:00:00\n"
		"reconcile.orphan                           1  12:00:00\n");
	shows(false, true, 5,
		"{\"version\":1, \"closed\":[], \"gangs\":[], \"counters\":["
		"{\"name\":\"alarm.budget\", \"value\":2, \"changed\":\"2026-11-22T12:00:00Z\"},"
		"{\"name\":\"reconcile.orphan\", \"value\":1, "
		"\"changed\":\"2026-11-22T12:00:00Z\"}]}\n");
}
END_TEST

START_TEST(table)
{
	add_story();
	close_group("aws-hpc", 1800);
	close_group("aws-cpu", 50); /* is open again */
	shows(false, false, 60,
		"node group aws-hpc is closed until 12:30:00: 3 boots in a row failed, the "
		"last: node aws-hpc-0 did\n"
		"  not register; to open it now: aws-slurm-burst open aws-hpc\n"
		"GANG                     JOB        STATE       NODES  TYPE               "
		"AZ           EFA      USD/H  AGE\n"
		"7-a                      7          announced       2  a.b                "
		"us-east-2b   no       14.40  1m00s\n"
		"  try 1: 2 x a.b in us-east-2a, spot: InsufficientInstanceCapacity\n"
		"  try 2: 2 x a.b in us-east-2b, spot: came\n"
		"  aws-hpc-0              i-aws-hpc-0          running     -               "
		"a.b                on-demand 50s\n"
		"  aws-hpc-1              i-aws-hpc-1          running     -               "
		"a.b                on-demand 50s\n"
		"8-a                      8          failing         1  -                  "
		"-            no           -  20s\n"
		"  try 1: 1 x a.b in us-east-2a, spot: under way\n"
		"  no? capacity\n");
	set_row("8-a", GANG_FAILED, 60);
	shows(false, false, 60,
		"node group aws-hpc is closed until 12:30:00: 3 boots in a row failed, the "
		"last: node aws-hpc-0 did\n"
		"  not register; to open it now: aws-slurm-burst open aws-hpc\n"
		"GANG                     JOB        STATE       NODES  TYPE               "
		"AZ           EFA      USD/H  AGE\n"
		"7-a                      7          announced       2  a.b                "
		"us-east-2b   no       14.40  1m00s\n"
		"  try 1: 2 x a.b in us-east-2a, spot: InsufficientInstanceCapacity\n"
		"  try 2: 2 x a.b in us-east-2b, spot: came\n"
		"  aws-hpc-0              i-aws-hpc-0          running     -               "
		"a.b                on-demand 50s\n"
		"  aws-hpc-1              i-aws-hpc-1          running     -               "
		"a.b                on-demand 50s\n");
	set_row("7-a", GANG_ACTIVE, 60);
	shows(true, false, 90000,
		"GANG                     JOB        STATE       NODES  TYPE               "
		"AZ           EFA      USD/H  AGE\n"
		"7-a                      7          active          2  a.b                "
		"us-east-2b   no       14.40  1d01h\n"
		"  try 1: 2 x a.b in us-east-2a, spot: InsufficientInstanceCapacity\n"
		"  try 2: 2 x a.b in us-east-2b, spot: came\n"
		"  aws-hpc-0              i-aws-hpc-0          running     -               "
		"a.b                on-demand 1d00h\n"
		"  aws-hpc-1              i-aws-hpc-1          running     -               "
		"a.b                on-demand 1d00h\n"
		"8-a                      8          failed          1  -                  "
		"-            no           -  1d00h\n"
		"  try 1: 1 x a.b in us-east-2a, spot: no answer was noted: its process "
		"was ended\n"
		"  no? capacity\n");
}
END_TEST

START_TEST(as_json)
{
	add_story();
	ok(gang_set_again(state_db, "8-a", AT(600), &err));
	ok(gang_set_again(state_db, "7-a", -1, &err));
	close_group("aws-hpc", 1800);
	shows(false, true, 60,
		"{\n"
		"  \"version\":1,\n"
		"  \"closed\":[\n"
		"    {\n"
		"      \"node_group\":\"aws-hpc\",\n"
		"      \"failures\":3,\n"
		"      \"closed\":\"2026-11-22T12:00:00Z\",\n"
		"      \"until\":\"2026-11-22T12:30:00Z\",\n"
		"      \"reason\":\"node aws-hpc-0 did not register\"\n"
		"    }\n"
		"  ],\n"
		"  \"gangs\":[\n"
		"    {\n"
		"      \"id\":\"7-a\",\n"
		"      \"state\":\"announced\",\n"
		"      \"job\":\"7\",\n"
		"      \"restart\":0,\n"
		"      \"user\":\"ada\",\n"
		"      \"account\":null,\n"
		"      \"partition\":null,\n"
		"      \"node_group\":\"hpc\",\n"
		"      \"nodes\":\"aws-hpc-[0-1]\",\n"
		"      \"size\":2,\n"
		"      \"all_or_nothing\":true,\n"
		"      \"efa_asked\":\"unset\",\n"
		"      \"efa\":false,\n"
		"      \"region\":\"us-east-2\",\n"
		"      \"az\":\"us-east-2b\",\n"
		"      \"type\":\"a.b\",\n"
		"      \"placement_group\":null,\n"
		"      \"rate_uusd_hr\":7200000,\n"
		"      \"reason\":null,\n"
		"      \"stop\":null,\n"
		"      \"held\":true,\n"
		"      \"again\":null,\n"
		"      \"created\":\"2026-11-22T12:00:00Z\",\n"
		"      \"changed\":\"2026-11-22T12:00:20Z\",\n"
		"      \"plan\":[\n"
		"        \"kept a.b subnet-1 us-east-2a: 1.00 USD\\/h\",\n"
		"        \"EFA: optional: not used\"\n"
		"      ],\n"
		"      \"tries\":[\n"
		"        {\n"
		"          \"number\":1,\n"
		"          \"region\":\"us-east-2\",\n"
		"          \"asked\":\"2 x a.b in us-east-2a, spot\",\n"
		"          \"launch\":null,\n"
		"          \"came\":false,\n"
		"          \"class\":\"capacity\",\n"
		"          \"code\":\"InsufficientInstanceCapacity\",\n"
		"          \"text\":\"none \\u001b[1m there\",\n"
		"          \"reasons\":[\n"
		"            \"kept a.b\"\n"
		"          ],\n"
		"          \"began\":\"2026-11-22T12:00:01Z\",\n"
		"          \"ended\":\"2026-11-22T12:00:03Z\"\n"
		"        },\n"
		"        {\n"
		"          \"number\":2,\n"
		"          \"region\":\"us-east-2\",\n"
		"          \"asked\":\"2 x a.b in us-east-2b, spot\",\n"
		"          \"launch\":null,\n"
		"          \"came\":true,\n"
		"          \"class\":null,\n"
		"          \"code\":null,\n"
		"          \"text\":null,\n"
		"          \"reasons\":[\n"
		"          ],\n"
		"          \"began\":\"2026-11-22T12:00:03Z\",\n"
		"          \"ended\":\"2026-11-22T12:00:08Z\"\n"
		"        }\n"
		"      ],\n"
		"      \"instances\":[\n"
		"        {\n"
		"          \"id\":\"i-aws-hpc-0\",\n"
		"          \"node\":\"aws-hpc-0\",\n"
		"          \"state\":\"running\",\n"
		"          \"address\":null,\n"
		"          \"type\":\"a.b\",\n"
		"          \"az\":\"us-east-2b\",\n"
		"          \"subnet\":null,\n"
		"          \"spot\":false,\n"
		"          \"launched\":\"2026-11-22T12:00:10Z\"\n"
		"        },\n"
		"        {\n"
		"          \"id\":\"i-aws-hpc-1\",\n"
		"          \"node\":\"aws-hpc-1\",\n"
		"          \"state\":\"running\",\n"
		"          \"address\":null,\n"
		"          \"type\":\"a.b\",\n"
		"          \"az\":\"us-east-2b\",\n"
		"          \"subnet\":null,\n"
		"          \"spot\":false,\n"
		"          \"launched\":\"2026-11-22T12:00:10Z\"\n"
		"        }\n"
		"      ]\n"
		"    },\n"
		"    {\n"
		"      \"id\":\"8-a\",\n"
		"      \"state\":\"failing\",\n"
		"      \"job\":\"8\",\n"
		"      \"restart\":0,\n"
		"      \"user\":\"ada\",\n"
		"      \"account\":null,\n"
		"      \"partition\":null,\n"
		"      \"node_group\":\"hpc\",\n"
		"      \"nodes\":\"aws-hpc-2\",\n"
		"      \"size\":1,\n"
		"      \"all_or_nothing\":true,\n"
		"      \"efa_asked\":\"unset\",\n"
		"      \"efa\":false,\n"
		"      \"region\":\"us-east-2\",\n"
		"      \"az\":null,\n"
		"      \"type\":null,\n"
		"      \"placement_group\":null,\n"
		"      \"rate_uusd_hr\":null,\n"
		"      \"reason\":\"no\\u0007 capacity\",\n"
		"      \"stop\":null,\n"
		"      \"held\":false,\n"
		"      \"again\":\"2026-11-22T12:10:00Z\",\n"
		"      \"created\":\"2026-11-22T12:00:40Z\",\n"
		"      \"changed\":\"2026-11-22T12:00:45Z\",\n"
		"      \"plan\":[\n"
		"        \"kept a.b subnet-1 us-east-2a: 1.00 USD\\/h\",\n"
		"        \"EFA: optional: not used\"\n"
		"      ],\n"
		"      \"tries\":[\n"
		"        {\n"
		"          \"number\":1,\n"
		"          \"region\":\"us-east-2\",\n"
		"          \"asked\":\"1 x a.b in us-east-2a, spot\",\n"
		"          \"launch\":null,\n"
		"          \"came\":null,\n"
		"          \"class\":null,\n"
		"          \"code\":null,\n"
		"          \"text\":null,\n"
		"          \"reasons\":[\n"
		"          ],\n"
		"          \"began\":\"2026-11-22T12:00:41Z\",\n"
		"          \"ended\":null\n"
		"        }\n"
		"      ],\n"
		"      \"instances\":[\n"
		"      ]\n"
		"    }\n"
		"  ],\n"
		"  \"counters\":[\n"
		"  ]\n"
		"}\n");
}
END_TEST

START_TEST(explained_as_json)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	add_story();
	close_group("aws-hpc", 1800);
	ok(explain_job(state_db, "8", AT(60), true, &out, &err));
	is(&out, "{\n"
		 "  \"version\":1,\n"
		 "  \"job\":\"8\",\n"
		 "  \"summary\":[\n"
		 "    \"job 8 did not start: no\\u0007 capacity\"\n"
		 "  ],\n"
		 "  \"closed\":[\n"
		 "    {\n"
		 "      \"node_group\":\"aws-hpc\",\n"
		 "      \"failures\":3,\n"
		 "      \"closed\":\"2026-11-22T12:00:00Z\",\n"
		 "      \"until\":\"2026-11-22T12:30:00Z\",\n"
		 "      \"reason\":\"node aws-hpc-0 did not register\"\n"
		 "    }\n"
		 "  ],\n"
		 "  \"gangs\":[\n"
		 "    {\n"
		 "      \"id\":\"8-a\",\n"
		 "      \"state\":\"failing\",\n"
		 "      \"job\":\"8\",\n"
		 "      \"restart\":0,\n"
		 "      \"user\":\"ada\",\n"
		 "      \"account\":null,\n"
		 "      \"partition\":null,\n"
		 "      \"node_group\":\"hpc\",\n"
		 "      \"nodes\":\"aws-hpc-2\",\n"
		 "      \"size\":1,\n"
		 "      \"all_or_nothing\":true,\n"
		 "      \"efa_asked\":\"unset\",\n"
		 "      \"efa\":false,\n"
		 "      \"region\":\"us-east-2\",\n"
		 "      \"az\":null,\n"
		 "      \"type\":null,\n"
		 "      \"placement_group\":null,\n"
		 "      \"rate_uusd_hr\":null,\n"
		 "      \"reason\":\"no\\u0007 capacity\",\n"
		 "      \"stop\":null,\n"
		 "      \"held\":false,\n"
		 "      \"again\":null,\n"
		 "      \"created\":\"2026-11-22T12:00:40Z\",\n"
		 "      \"changed\":\"2026-11-22T12:00:45Z\",\n"
		 "      \"plan\":[\n"
		 "        \"kept a.b subnet-1 us-east-2a: 1.00 USD\\/h\",\n"
		 "        \"EFA: optional: not used\"\n"
		 "      ],\n"
		 "      \"tries\":[\n"
		 "        {\n"
		 "          \"number\":1,\n"
		 "          \"region\":\"us-east-2\",\n"
		 "          \"asked\":\"1 x a.b in us-east-2a, spot\",\n"
		 "          \"launch\":null,\n"
		 "          \"came\":null,\n"
		 "          \"class\":null,\n"
		 "          \"code\":null,\n"
		 "          \"text\":null,\n"
		 "          \"reasons\":[\n"
		 "          ],\n"
		 "          \"began\":\"2026-11-22T12:00:41Z\",\n"
		 "          \"ended\":null\n"
		 "        }\n"
		 "      ],\n"
		 "      \"instances\":[\n"
		 "      ],\n"
		 "      \"job_nodes\":\"aws-hpc-2\",\n"
		 "      \"job_restart\":0,\n"
		 "      \"cost_uusd\":0,\n"
		 "      \"unpriced\":0\n"
		 "    }\n"
		 "  ]\n"
		 "}\n");
}
END_TEST

static const char conf_text[] = "aws: {region: us-east-2}\n"
				"state: {directory: %s}\n"
				"logging: {file: %s/log}\n"
				"slurm:\n"
				"  config_path: /nowhere/slurm.conf\n"
				"  partitions:\n"
				"  - partition_name: aws\n"
				"    node_groups:\n"
				"    - node_group_name: hpc\n"
				"      max_nodes: 4\n"
				"      region: us-east-2\n"
				"      launch_template_specification: {launch_template_name: t}\n"
				"      launch_template_overrides:\n"
				"      - {instance_type: hpc7a.96xlarge}\n"
				"      - {instance_type: c7i.48xlarge, subnet_id: subnet-3}\n"
				"      subnet_ids: [subnet-1, subnet-2]\n"
				"      other_regions:\n"
				"      - region: us-west-2\n"
				"        launch_template_specification: {launch_template_name: t}\n"
				"        subnet_ids: [subnet-8]\n"
				"        overrides: [{instance_type: c6in.32xlarge}]\n"
				"    - node_group_name: cpu\n"
				"      max_nodes: 4\n"
				"      region: us-east-2\n"
				"      launch_template_specification: {launch_template_name: t}\n"
				"      launch_template_overrides: [{instance_type: g5.xlarge}]\n"
				"      subnet_ids: [subnet-4]\n";

static void write_conf(void)
{
	char text[2048];
	int n = snprintf(text, sizeof(text), conf_text, state_dir, state_dir);

	ok(file_write(conf_path, 0600, text, (size_t)n, FILE_NO_SYNC, &err));
}

static void remember(struct pool_failure f)
{
	f.nodes = 4;
	f.failed_ms = AT(0);
	f.until_ms = AT(600);
	snprintf(f.code, sizeof(f.code), "Code%s", f.grouped ? "InGroup" : "");
	ok(pool_remember(state_db, &f, &err));
}

static size_t remembered(void)
{
	struct pool_failure *list = NULL;
	size_t n;

	ok(pool_failures(state_db, NULL, AT(1), &list, &n, &err));
	free(list);
	return n;
}

/* Of what failed all that the group may run into, and nothing else. */
START_TEST(reopen)
{
	static const struct pool_failure ours[] = {
		{.region = "us-east-2", .az = "us-east-2a", .type = "hpc7a.96xlarge"},
		{.region = "us-east-2",
			.az = "us-east-2b",
			.type = "c7i.48xlarge",
			.spot = true,
			.grouped = true},
		{.region = "us-east-2", .subnet = "subnet-2"},
		{.region = "us-east-2", .subnet = "subnet-3", .spot = true},
		{.region = "us-east-2", .family = "standard"},
		{.region = "us-west-2", .az = "us-west-2a", .type = "c6in.32xlarge"},
		{.region = "us-west-2", .subnet = "subnet-8"},
	};
	static const struct pool_failure others[] = {
		{.region = "us-east-2", .az = "us-east-2a", .type = "g5.xlarge"},
		{.region = "us-east-2", .az = "us-east-2a", .type = "c6in.32xlarge"},
		{.region = "us-west-2", .az = "us-west-2a", .type = "hpc7a.96xlarge"},
		{.region = "us-east-2", .subnet = "subnet-4"},
		{.region = "us-east-2", .subnet = "subnet-8"},
		{.region = "us-east-2", .family = "no such family"},
		{.region = "eu-west-1", .family = "standard"},
	};
	static const char *const keys[] = {"quota/us-east-2/L-1", "quota-off/us-east-2",
		"subnet/us-east-2/subnet-1", "quota/us-west-2/L-1", "quota/eu-west-1/L-1",
		"groups/us-east-2"};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT, again = STRBUF_INIT;
	const struct conf_group *group;
	struct health health;
	struct conf *conf;
	bool was_closed = false;

	write_conf();
	conf = conf_load(conf_path, NULL, NULL, &err);
	ck_assert_msg(conf != NULL, "%s", err.text);
	group = conf_group_named(conf, "aws-hpc");
	ck_assert_ptr_nonnull(group);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		struct pool_failure f = ours[i];

		if (*f.family)
			snprintf(f.family, sizeof(f.family), "%s",
				quota_family_name(catalog_quota_family("c7i.48xlarge")));
		remember(f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		remember(others[i]);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		ok(cache_put(state_db, keys[i], "1", AT(9000), &err));
	close_group("aws-hpc", 1800);
	close_group("aws-cpu", 1800);
	ok(reopen_group(state_db, group, AT(60), &out, &was_closed, &err));
	ck_assert(was_closed);
	ck_assert_uint_eq(remembered(), ARRAY_SIZE(others));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		cleanup_free char *value = NULL;

		ok(cache_get(state_db, keys[i], AT(60), &value, &err));
		ck_assert_msg(!value == (i < 4), "%s", keys[i]);
	}
	ok(health_get(state_db, "aws-hpc", &health, &err));
	ck_assert_uint_eq(health.failures, 0);
	ck_assert(!health.closed_ms);
	ok(health_get(state_db, "aws-cpu", &health, &err));
	ck_assert(health_closed(&health, AT(60)));
	is(&out, "node group aws-hpc is open again; it was to stay closed until 12:30:00\n"
		 "forgotten: 3 boots in a row failed, the last: node aws-hpc-0 did not "
		 "register\n"
		 "forgotten: on-demand quota Standard in us-east-2: Code for 4 nodes at "
		 "12:00:00\n"
		 "forgotten: subnet-2 in us-east-2: Code for 4 nodes at 12:00:00\n"
		 "forgotten: subnet-3 in us-east-2: Code for 4 nodes at 12:00:00\n"
		 "forgotten: hpc7a.96xlarge in us-east-2a, on-demand: Code for 4 nodes at "
		 "12:00:00\n"
		 "forgotten: c7i.48xlarge in us-east-2b, spot, placement group: CodeInGroup "
		 "for 4 nodes at 12:00:00\n"
		 "forgotten: subnet-8 in us-west-2: Code for 4 nodes at 12:00:00\n"
		 "forgotten: c6in.32xlarge in us-west-2a, on-demand: Code for 4 nodes at "
		 "12:00:00\n");
	ok(reopen_group(state_db, group, AT(61), &again, &was_closed, &err));
	ck_assert(!was_closed);
	is(&again, "node group aws-hpc is open, as it was\n");
	conf_destroy(conf);
}
END_TEST

static char *slurp(const char *path)
{
	char *data = NULL;
	size_t len;

	ok(file_read(path, 1 << 16, &data, &len, &err));
	return data;
}

/* Run a command with stdout and stderr in files. */
static int run(int (*command)(int, char **, const char *), char *arg, char *arg2)
{
	char name[] = "command";
	char *argv[] = {name, arg, arg2, NULL};
	int saved[2] = {dup(1), dup(2)}, rc;

	for (int i = 1; i <= 2; i++) {
		int fd = open(i == 1 ? out_path : err_path, O_RDWR | O_CREAT | O_TRUNC, 0600);

		fflush(i == 1 ? stdout : stderr);
		dup2(fd, i);
		close(fd);
	}
	rc = command(arg2 ? 3 : arg ? 2 : 1, argv, conf_path);
	fflush(stdout);
	for (int i = 1; i <= 2; i++) {
		dup2(saved[i - 1], i);
		close(saved[i - 1]);
	}
	return rc;
}

static void says(const char *path, const char *text)
{
	cleanup_free char *got = slurp(path);

	ck_assert_msg(*text ? strstr(got, text) != NULL : !*got, "%s", got);
}

#define ARG(text) ((char[]){text})

START_TEST(commands)
{
	struct gang *list;
	size_t n;

	add_story();
	close_group("aws-hpc", INT64_C(4000000000));
	/* without a configuration */
	ck_assert_int_eq(run(cmd_open, ARG("aws-hpc"), NULL), 8);
	says(err_path, "aws-slurm-burst: open: ");
	ck_assert_int_eq(run(cmd_explain, ARG("7"), NULL), 8);
	says(err_path, "aws-slurm-burst: explain: ");
	ck_assert_int_eq(run(cmd_status, NULL, NULL), 8);
	says(err_path, "aws-slurm-burst: status: ");
	write_conf();
	ck_assert_int_eq(run(cmd_explain, ARG("8"), NULL), 0);
	says(out_path, "job 8 did not start: no? capacity\nnode group aws-hpc is closed until ");
	says(err_path, "");
	ck_assert_int_eq(run(cmd_explain, ARG("--json"), ARG("8")), 0);
	says(out_path, "\"job\":\"8\",\n");
	/* Slurm, which could know it, is not to be had here */
	setenv("SLURM_CONF", "/nonexistent/slurm.conf", 1);
	ck_assert_int_eq(run(cmd_explain, ARG("9"), NULL), 3);
	unsetenv("SLURM_CONF");
	says(err_path, "aws-slurm-burst: explain: no instances were ever asked for job 9 here");
	says(out_path, "");
	ck_assert_int_eq(run(cmd_explain, ARG("x"), NULL), 2);
	ck_assert_int_eq(run(cmd_explain, NULL, NULL), 2);
	says(err_path, "usage: aws-slurm-burst explain JOBID [--json]\n");
	ck_assert_int_eq(run(cmd_explain, ARG("--yaml"), ARG("8")), 2);
	ck_assert_int_eq(run(cmd_status, ARG("--all"), ARG("--json")), 0);
	says(out_path, "\"node_group\":\"aws-hpc\",\n");
	ck_assert_int_eq(run(cmd_status, NULL, NULL), 0);
	says(out_path, "node group aws-hpc is closed until ");
	ck_assert_int_eq(run(cmd_status, ARG("now"), NULL), 2);
	says(err_path, "usage: aws-slurm-burst status [--json] [--all]\n");
	ck_assert_int_eq(run(cmd_status, ARG("--now"), NULL), 2);
	ck_assert_int_eq(run(cmd_open, NULL, NULL), 2);
	says(err_path, "usage: aws-slurm-burst open PARTITION-GROUP\n");
	ck_assert_int_eq(run(cmd_open, ARG("--all"), NULL), 2);
	ck_assert_int_eq(run(cmd_open, ARG("hpc"), NULL), 2);
	says(err_path, "/c.yaml has no node group \"hpc\"; there is aws-hpc, aws-cpu\n");
	says(out_path, "");
	ck_assert_int_eq(run(cmd_open, ARG("aws-hpc"), NULL), 0);
	says(out_path, "node group aws-hpc is open again; it was to stay closed until ");
	/* that slurmctld cannot be asked is no reason to leave it closed */
	says(err_path,
		"aws-slurm-burst: open: /nowhere/slurm.conf: No such file or directory: jobs "
		"that were sent back keep their begin time\n");
	says(state_path("log"), "node group aws-hpc opened by uid ");
	ck_assert_int_eq(run(cmd_open, ARG("aws-hpc"), NULL), 0);
	says(out_path, "node group aws-hpc is open, as it was\n");
	/* explain and status have changed nothing */
	ok(gang_list(state_db, true, &list, &n, &err));
	ck_assert_uint_eq(n, 2);
	gang_list_release(list, n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("status");
	TCase *tc = tcase_create("status");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, state_teardown);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, counters);
	tcase_add_test(tc, table);
	tcase_add_test(tc, as_json);
	tcase_add_test(tc, explained_as_json);
	tcase_add_test(tc, reopen);
	tcase_add_test(tc, commands);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
