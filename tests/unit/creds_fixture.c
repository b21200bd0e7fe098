/* SPDX-License-Identifier: Apache-2.0 */
#include "creds_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"

char dir[64];
struct err err;

const char *in_dir(const char *name)
{
	static char path[4][128];
	static unsigned n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

void put(const char *name, const char *text)
{
	ck_assert_msg(!file_write(in_dir(name), 0600, text, strlen(text), FILE_NO_SYNC, &err), "%s",
		err.text);
}

void setup(void)
{
	/* nothing of the tester's own account may reach the tests */
	ck_assert_int_eq(clearenv(), 0);
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	snprintf(dir, sizeof(dir), "/tmp/test_creds.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("AWS_CONFIG_FILE", in_dir("config"), 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", in_dir("credentials"), 1);
	memset(&err, 0, sizeof(err));
}

void teardown(void)
{
	static const char *const files[] = {
		"config", "credentials", "token", "program", ".aws/config"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(in_dir(files[i]));
	rmdir(in_dir(".aws"));
	rmdir(dir);
}

void expect_text(enum err_class class, const char *text)
{
	ck_assert_msg(err.class == class, "class %s: %s", err_class_name(err.class), err.text);
	ck_assert_msg(strstr(err.text, text) != NULL, "\"%s\" has no \"%s\"", err.text, text);
	ck_assert(!strstr(err.text, "HIDDEN"));
}
