/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/state_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

void state_reopen(enum db_mode mode, bool shared)
{
	db_close(state_db);
	err = (struct err){0};
	state_db = db_open(state_dir, mode, shared, &err);
	ck_assert_msg(state_db != NULL, "%s", err.text);
}

int state_open_rc(enum db_mode mode, bool shared, struct err *e)
{
	db_close(state_db);
	state_db = db_open(state_dir, mode, shared, e);
	return state_db ? 0 : -1;
}

char *state_path(const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", state_dir, name);
	return path;
}

int state_count_files(uid_t uid)
{
	DIR *d = opendir(state_dir);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d))) {
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		n++;
		ck_assert_int_eq(lstat(state_path(e->d_name), &st), 0);
		ck_assert_msg(st.st_uid == uid, "%s belongs to %u", e->d_name, (unsigned)st.st_uid);
		ck_assert_msg((st.st_mode & 07777) == 0600, "%s has mode %04o", e->d_name,
			(unsigned)st.st_mode);
	}
	closedir(d);
	return n;
}

size_t state_gangs(void)
{
	struct gang *list;
	size_t n;

	ok(gang_list(state_db, true, &list, &n, &err));
	gang_list_release(list, n);
	return n;
}

int state_in_child(void (*f)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		f();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
