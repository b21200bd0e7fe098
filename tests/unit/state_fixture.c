/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/state_fixture.h"

#include <dirent.h>
#include <fcntl.h>

char state_dir[64];
struct db *state_db;
struct err err;

void state_setup(void)
{
	snprintf(state_dir, sizeof(state_dir), "/tmp/burst-state-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state_dir));
}

void state_setup_db(void)
{
	state_setup();
	state_db = db_open(state_dir, DB_READ_WRITE, false, &err);
	ck_assert_msg(state_db != NULL, "%s", err.text);
}

void state_teardown(void)
{
	DIR *d;
	struct dirent *e;

	db_close(state_db);
	state_db = NULL;
	d = opendir(state_dir);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && unlinkat(dirfd(d), e->d_name, 0) < 0)
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
	rmdir(state_dir);
}

struct gang state_gang(const char *id, char *nodes)
{
	struct gang g = {.job_id = 7, .nodes = nodes, .rate_uusd_hr = -1};

	snprintf(g.id, sizeof(g.id), "%s", id);
	snprintf(g.user, sizeof(g.user), "ada");
	return g;
}

void state_add_gang(const char *id, const char *nodes)
{
	cleanup_free char *copy = strdup(nodes);
	struct gang g = state_gang(id, copy);

	ok(gang_insert(state_db, &g, &err));
}

void state_to(const char *id, enum gang_state state)
{
	static const enum gang_state way[] = {GANG_PLANNED, GANG_GROUP_READY, GANG_LAUNCHING,
		GANG_LAUNCHED, GANG_BOUND, GANG_ANNOUNCED, GANG_ACTIVE, GANG_RELEASING,
		GANG_RELEASED};
	enum gang_state now = state_of(id);

	for (size_t i = 0; i + 1 < ARRAY_SIZE(way) && now != state; i++)
		if (way[i] == now) {
			ok(gang_advance(state_db, id, way[i], way[i + 1], &err));
			now = way[i + 1];
		}
	ck_assert_int_eq(now, state);
}

void state_add_launch(const char *token, const char *gang)
{
	struct launch l = {.body = (char[]){"Action=CreateFleet"}, .hostlist = NULL, .capacity = 2};

	snprintf(l.token, sizeof(l.token), "%s", token);
	snprintf(l.gang, sizeof(l.gang), "%s", gang);
	ok(launch_prepare(state_db, &l, &err));
}

struct instance state_instance(const char *id, const char *gang, const char *node)
{
	struct instance x = {.rate_uusd_hr = 7200000, .launched_s = 1000};

	snprintf(x.id, sizeof(x.id), "%s", id);
	snprintf(x.gang, sizeof(x.gang), "%s", gang);
	snprintf(x.node, sizeof(x.node), "%s", node);
	return x;
}

enum gang_state state_of(const char *id)
{
	struct gang g = {0};

	ok(gang_get(state_db, id, &g, &err));
	gang_release(&g);
	return g.state;
}
