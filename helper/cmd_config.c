/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/cmd_config.h"

#include <stdio.h>
#include <string.h>

#include "helper/conf.h"
#include "helper/conf_slurm.h"
#include "lib/base/cleanup.h"

static void print_warning(void *arg, const char *text)
{
	fprintf(stderr, "warning: %s\n", text);
}

static void conf_destroy_(struct conf **conf)
{
	conf_destroy(*conf);
}

static int config_check(const char *path, config_more *more)
{
	CLEANUP(conf_destroy_) struct conf *conf = NULL;
	struct err err = {0};
	long nodes = 0;

	conf = conf_load(path, print_warning, NULL, &err);
	if (!conf) {
		fprintf(stderr, "%s\n", err.text);
		return err_exit_code(err.class);
	}
	conf_slurm_check(conf, print_warning, NULL);
	if (more && more(conf, print_warning, NULL, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return err_exit_code(err.class);
	}
	for (size_t i = 0; i < conf->ngroups; i++)
		nodes += conf->groups[i].max_nodes;
	printf("%s: ok: %zu node group%s, %ld node%s\n", path, conf->ngroups,
		conf->ngroups == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s");
	return fflush(stdout) ? err_exit_code(ERR_FATAL) : 0;
}

int cmd_config(int argc, char **argv, config_more *more)
{
	if (argc < 2 || argc > 3 || strcmp(argv[1], "check") != 0) {
		fprintf(stderr, "usage: aws-slurm-burst config check [FILE]\n"
				"       aws-slurm-burst config export\n"
				"       aws-slurm-burst config generate-slurm [--first]\n");
		return err_exit_code(ERR_USAGE);
	}
	return config_check(conf_choose_path(argc == 3 ? argv[2] : NULL), more);
}
