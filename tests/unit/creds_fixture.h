/* SPDX-License-Identifier: Apache-2.0 */
/* A directory with the AWS CLI's files, and an environment that knows of no others. */
#ifndef BURST_CREDS_FIXTURE_H
#define BURST_CREDS_FIXTURE_H

#include "lib/base/err.h"

extern char dir[64];
extern struct err err;

/* For tcase_add_checked_fixture(). */
void setup(void);
void teardown(void);

/* The path of NAME there; good for the next three calls. */
const char *in_dir(const char *name);
void put(const char *name, const char *text);

/* Err is of CLASS, has TEXT, and nothing that a test calls HIDDEN. */
void expect_text(enum err_class class, const char *text);

#endif
