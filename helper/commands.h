/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands: one function per subcommand; ARGV[0] is its name. Each returns the exit status.
 */
#ifndef BURST_COMMANDS_H
#define BURST_COMMANDS_H

int cmd_resume(int argc, char **argv, const char *conf_path);
int cmd_suspend(int argc, char **argv, const char *conf_path);
int cmd_resume_fail(int argc, char **argv, const char *conf_path);
int cmd_reconcile(int argc, char **argv, const char *conf_path);
int cmd_release(int argc, char **argv, const char *conf_path);
int cmd_budget(int argc, char **argv, const char *conf_path);
int cmd_catalog(int argc, char **argv, const char *conf_path);
int cmd_cost(int argc, char **argv, const char *conf_path);
int cmd_detect(int argc, char **argv, const char *conf_path);
int cmd_estimate(int argc, char **argv, const char *conf_path);
int cmd_explain(int argc, char **argv, const char *conf_path);
int cmd_config_export(int argc, char **argv, const char *conf_path);
int cmd_config_generate(int argc, char **argv, const char *conf_path);
int cmd_notices(int argc, char **argv, const char *conf_path);
int cmd_prices(int argc, char **argv, const char *conf_path);
int cmd_open(int argc, char **argv, const char *conf_path);
int cmd_status(int argc, char **argv, const char *conf_path);

#endif
