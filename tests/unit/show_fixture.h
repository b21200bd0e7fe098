/* SPDX-License-Identifier: Apache-2.0 */
/* show_fixture: gangs and tries at given times, for what status, explain and open say of them. */
#ifndef SHOW_FIXTURE_H
#define SHOW_FIXTURE_H

#include <time.h>

#include "lib/state/health.h"
#include "lib/state/try.h"
#include "tests/unit/state_fixture.h"

/* 2026-11-22 12:00:00 UTC, which is local here */
#define NOON  INT64_C(1795348800000)
#define AT(s) (NOON + (s)*INT64_C(1000))

static void show_setup(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	state_setup_db();
}

/* What a row says it is, whatever the way there. */
static void set_row(const char *id, enum gang_state state, int64_t changed_s)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		"UPDATE gang SET state = '%s', changed_ms = %lld WHERE id = '%s'",
		gang_state_name(state), (long long)AT(changed_s), id);
	ck_assert_int_eq(db_run(state_db, &err, sql, NULL, 0), 1);
}

static void add_gang(struct gang g, const char *nodes, int64_t created_s)
{
	cleanup_free char *copy = strdup(nodes);

	g.nodes = copy;
	g.created_ms = AT(created_s);
	snprintf(g.node_group, sizeof(g.node_group), "hpc");
	snprintf(g.region, sizeof(g.region), "us-east-2");
	ok(gang_insert(state_db, &g, &err));
}

/* A try that took SECONDS (-1: under way). CLASS "" came. */
static void add_try(const char *gang, int64_t began_s, int seconds, const char *asked,
	const char *class, const char *code, const char *text, const char *reasons)
{
	cleanup_free char *copy = reasons ? strdup(reasons) : NULL;
	struct try t = {.reasons = copy, .began_ms = AT(began_s)};

	snprintf(t.gang, sizeof(t.gang), "%s", gang);
	snprintf(t.region, sizeof(t.region), "us-east-2");
	snprintf(t.asked, sizeof(t.asked), "%s", asked);
	ok(try_begin(state_db, &t, &err));
	if (seconds >= 0)
		ok(try_end(state_db, gang, t.number, "", class, code, text, AT(began_s + seconds),
			&err));
}

static void add_instances(const char *gang, const char *nodes, const char *type, int64_t launched_s)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;

	ok(nodeset_parse(&set, nodes, &err));
	nodeset_for_each (&set, i) {
		char id[64];
		struct instance in;

		snprintf(id, sizeof(id), "i-%.20s", set.names[i]);
		in = state_instance(id, gang, set.names[i]);
		snprintf(in.type, sizeof(in.type), "%s", type);
		snprintf(in.az, sizeof(in.az), "us-east-2b");
		in.launched_s = AT(launched_s) / 1000;
		ok(instance_insert(state_db, &in, 1, false, &err));
	}
}

#endif
