/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: --efa and --burst-cost, as users write them.
 *
 * Pure: what a value means and whether the site allows it. Slurm calls an
 * option's callback once per source, #SBATCH line, environment, command line;
 * each is applied to the same choice, so the last one stays.
 */
#ifndef BURST_OPTIONS_H
#define BURST_OPTIONS_H

#include "plugin/plugargs.h"

enum option { OPTION_EFA, OPTION_COST, OPTION_COUNT };

struct option_text {
	const char *name;    /* without the dashes */
	const char *arginfo; /* as shown in --help */
	const char *usage;   /* begins "[burst]" */
	int has_arg;         /* as in getopt_long(): 1 required, 2 optional */
	const char *env;     /* the variable by which Slurm hands it on */
};

extern const struct option_text option_texts[OPTION_COUNT];

struct choice {
	enum efa_mode efa;
	struct cost_limit cost;
};

/*
 * Apply VALUE (NULL: the option stood bare) to CHOICE. On failure CHOICE is untouched and
 * ERR reads "--OPTION: \"VALUE\": REASON; expected …".
 */
int option_apply(enum option option, const char *value, const struct plugargs *args,
	struct choice *choice, struct err *err);

#endif
