/* SPDX-License-Identifier: Apache-2.0 */
/* conf_fixture: a configuration file for one test, and the lines of a minimal one. */
#ifndef CONF_FIXTURE_H
#define CONF_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/conf.h"
#include "lib/base/fileio.h"

static char path[64]; /* of the file under test */
static char warnings[8192];

static void setup(void)
{
	char dir[] = "/tmp/burst-conf-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/c.yaml", dir);
}

static void teardown(void)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static void collect(void *arg, const char *text)
{
	size_t n = strlen(warnings);

	ck_assert_str_eq(arg, "arg");
	snprintf(warnings + n, sizeof(warnings) - n, "%s\n", text + strlen(path));
}

static struct conf *load_bytes(const char *text, size_t len, struct err *err)
{
	static char arg[] = "arg";

	ck_assert_int_eq(file_write(path, 0600, text, len, FILE_NO_SYNC, NULL), 0);
	*warnings = '\0';
	return conf_load(path, collect, arg, err);
}

static struct conf *load(const char *text, struct err *err)
{
	return load_bytes(text, strlen(text), err);
}

#define AWS "aws: {region: us-east-2}\n"
/* the group's own lines follow */
#define GROUP                                                                                      \
	"slurm:\n"                                                                                 \
	"  partitions:\n"                                                                          \
	"    - partition_name: aws\n"                                                              \
	"      node_groups:\n"                                                                     \
	"        - node_group_name: cpu\n"                                                         \
	"          region: us-east-2\n"
#define MAX      "          max_nodes: 20\n"
#define TEMPLATE "          launch_template_specification: {launch_template_name: t}\n"
#define TYPES    "          launch_template_overrides: [{instance_type: c5n.18xlarge}]\n"
#define SUBNETS  "          subnet_ids: [subnet-1]\n"
#define MINIMAL  AWS GROUP MAX TEMPLATE TYPES SUBNETS

#endif
