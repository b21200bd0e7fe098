/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_spank: the SPANK calls that the plugin makes, linked instead of Slurm's, and what sbatch,
 * salloc and srun of Slurm 22.05 do around them: a callback per source in their order, an
 * option's variable set behind each component of a heterogeneous job.
 *
 *	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
 *	fake_component(&(struct fake_sources){.line[OPTION_EFA] = "required"});
 *	... fake.control, fake.errors
 */
#ifndef FAKE_SPANK_H
#define FAKE_SPANK_H

#include <slurm/spank.h>

#include "plugin/options.h"

#define FAKE_BARE "<bare>" /* the option stands without a value */

struct fake {
	/* what the test sets */
	spank_err_t register_rc;
	spank_err_t setenv_rc;
	/* what the plugin did */
	struct {
		struct spank_option opt;
		char name[32], usage[256], arginfo[32];
		char last[64]; /* value of the last accepted call */
		bool used;
	} options[4];
	unsigned registered;
	unsigned sent; /* calls of spank_job_control_setenv */
	char control[INTENT_LINE_SIZE];
	char errors[4096]; /* slurm_error, a line each */
	char logs[1024];   /* slurm_spank_log */
};

extern struct fake fake;

/* The options as given in the three sources; NULL: not there. */
struct fake_sources {
	const char *line[OPTION_COUNT];
	const char *command[OPTION_COUNT];
};

/* Begin a process: forget everything, call init with ARGS (plugstack.conf's, blank-separated). */
int fake_start(spank_context_t context, const char *program, const char *args);

/* One component: callbacks and post_opt. 0, -1 for a refusing callback, -2 for post_opt. */
int fake_component(const struct fake_sources *sources);

/* Call one option's callback directly. */
int fake_call(enum option option, const char *value, int remote);

#endif
