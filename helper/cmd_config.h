/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_config: "aws-slurm-burst config check [FILE]".
 *
 * argv[0] is "config". What is found goes to stdout in one line, errors and warnings to stderr;
 * returns the exit status.
 */
#ifndef BURST_CMD_CONFIG_H
#define BURST_CMD_CONFIG_H

int cmd_config(int argc, char **argv);

#endif
