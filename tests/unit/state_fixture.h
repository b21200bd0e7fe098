/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of lib/state share: a state directory of their own, and rows to put in it. */
#ifndef BURST_STATE_FIXTURE_H
#define BURST_STATE_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "lib/base/cleanup.h"
#include "lib/state/db.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"
#include "lib/state/launch.h"
#include "lib/state/placement.h"

extern char state_dir[64];
extern struct db *state_db;
extern struct err err; /* of the last call */

void state_setup(void);    /* the directory, mode 0700 */
void state_setup_db(void); /* … and state_db opened in it, WAL */
void state_teardown(void);

/* Assert that a call succeeded / failed with CLASS and TEXT in its message. */
#define ok(call)                                                                                   \
	do {                                                                                       \
		err = (struct err){0};                                                             \
		int rc_ = (call);                                                                  \
		ck_assert_msg(rc_ == 0, "%s: %d: %s", #call, rc_, err.text);                       \
	} while (0)
#define refused(call, class_, text_)                                                               \
	do {                                                                                       \
		err = (struct err){0};                                                             \
		ck_assert_msg((call) == -1, "%s succeeded", #call);                                \
		ck_assert_msg(err.class == (class_), "%s: class %s: %s", #call,                    \
			err_class_name(err.class), err.text);                                      \
		ck_assert_msg(strstr(err.text, text_) != NULL, "%s: \"%s\"", #call, err.text);     \
	} while (0)

/* A gang of this id and nodes, planned, for job 7 of user "ada". */
struct gang state_gang(const char *id, char *nodes);
void state_add_gang(const char *id, const char *nodes);
/* … brought to STATE along the arrows. */
void state_to(const char *id, enum gang_state state);
void state_add_launch(const char *token, const char *gang);
struct instance state_instance(const char *id, const char *gang, const char *node);
enum gang_state state_of(const char *id);
size_t state_gangs(void); /* how many there are, ended ones too */

/* state_db closed, and opened again. */
void state_reopen(enum db_mode mode, bool shared);
/* … as a call that gives 0 or -1. */
int state_open_rc(enum db_mode mode, bool shared, struct err *e);
/* NAME in the directory; good until the next call. */
char *state_path(const char *name);
/* How many files it has; asserts that each belongs to UID and is nobody else's to read. */
int state_count_files(uid_t uid);
/* Run F in a child; returns its exit status. */
int state_in_child(void (*f)(void));

#endif
