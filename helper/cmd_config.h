/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_config: "aws-slurm-burst config check [FILE]".
 *
 * argv[0] is "config". What is found goes to stdout in one line, errors and warnings to stderr;
 * returns the exit status.
 */
#ifndef BURST_CMD_CONFIG_H
#define BURST_CMD_CONFIG_H

#include "helper/conf.h"

/* What else is to be checked, that needs more than the file: 0, or -1 with ERR; NULL: nothing. */
typedef int config_more(
	struct conf *conf, void (*warn)(void *arg, const char *text), void *arg, struct err *err);

int cmd_config(int argc, char **argv, config_more *more);

#endif
