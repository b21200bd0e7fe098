/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spank_burst: what Slurm calls. A guest in sbatch, salloc, srun, slurmd and slurmstepd.
 *
 * Submit contexts only (allocator: sbatch, salloc; local: srun): init registers
 * the options and reads plugstack.conf's arguments, callbacks check and
 * keep, init_post_opt sends the intent. For a heterogeneous job Slurm calls init once,
 * then callbacks and init_post_opt for each component. Elsewhere nothing is done, so that a node
 * can neither fail nor drain for it.
 *
 * A value is checked in the callback, whose refusal always counts; that of
 * init_post_opt counts only where plugstack.conf says "required".
 */
#include <errno.h>
#include <slurm/spank.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/options.h"
#include "plugin/submit.h"

SPANK_PLUGIN(burst, 1);

#define EXPORTED_SIZE 64 /* of a valid value; a longer one never gets past its callback */

static struct {
	bool submitting;      /* in sbatch, salloc or srun */
	bool step;            /* srun inside a job: it has its nodes already */
	struct plugargs args; /* zero where they are wrong, and then */
	struct err fault;     /* says how (class not ERR_NONE) */
	unsigned component;   /* of a heterogeneous job, from 0 */
	bool explicit;        /* this component's callbacks ran */
	struct choice choice; /* of this component */
	struct {
		bool set;
		char value[EXPORTED_SIZE];
	} exported[OPTION_COUNT]; /* the user's own variables, as they were at init */
} state;

/*
 * What the environment says at the start. Inside a job it is what sbatch left there for
 * srun, which the user never wrote: a job submitted from a job would inherit it against its own
 * #SBATCH lines. So it goes.
 */
static void look_at_exported(bool in_job)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const char *value = getenv(option_texts[i].env);

		if (!value)
			continue;
		if (in_job) {
			unsetenv(option_texts[i].env);
		} else if (strlen(value) < EXPORTED_SIZE) {
			state.exported[i].set = true;
			memcpy(state.exported[i].value, value, strlen(value) + 1);
		}
	}
}

/*
 * Behind each component of a heterogeneous job Slurm sets the option's variable, and reads it as
 * the next one's environment, after the #SBATCH line. VALUE is of such a line, unless it is the
 * variable's own text: put back what the user exported, or nothing.
 */
static void drop_replay(enum option option, const char *value)
{
	const char *name = option_texts[option].env;
	const char *replayed = getenv(name);

	if (!state.component || !replayed || replayed == value)
		return;
	if (state.exported[option].set)
		setenv(name, state.exported[option].value, 1);
	else
		unsetenv(name);
}

static int use_option(int val, const char *value, int remote)
{
	enum option option = (enum option)val;
	struct err err = {0};
	bool bare;

	if (remote || !state.submitting || val < 0 || val >= OPTION_COUNT)
		return 0;
	if (state.fault.class != ERR_NONE) {
		slurm_error("burst: --%s: cannot be used until this is mended: %s",
			option_texts[option].name, state.fault.text);
		return -1;
	}
	/* how Slurm replays an option that stood without a value */
	bare = state.component && option == OPTION_EFA && value && strcmp(value, "(null)") == 0;
	if (option_apply(option, bare ? NULL : value, &state.args, &state.choice, &err) < 0) {
		slurm_error("burst: %s", err.text);
		return -1;
	}
	state.explicit = true;
	drop_replay(option, value);
	return 0;
}

static int register_options(spank_t sp)
{
	int rc = 0;

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		/* struct spank_option wants its texts writable; Slurm makes copies of its own */
		char name[16], arginfo[16], usage[192];
		struct spank_option opt = {
			.name = name,
			.arginfo = arginfo,
			.usage = usage,
			.has_arg = option_texts[i].has_arg,
			.val = (int)i,
			.cb = use_option,
		};

		snprintf(name, sizeof(name), "%s", option_texts[i].name);
		snprintf(arginfo, sizeof(arginfo), "%s", option_texts[i].arginfo);
		snprintf(usage, sizeof(usage), "%s", option_texts[i].usage);
		if (spank_option_register(sp, &opt) != ESPANK_SUCCESS)
			rc = err_set(&state.fault, ERR_CONFIG,
				"Slurm does not take the option --%s: another plugin may have it",
				option_texts[i].name);
	}
	return rc;
}

int slurm_spank_init(spank_t sp, int ac, char **av)
{
	spank_context_t context = spank_context();
	bool in_job;

	memset(&state, 0, sizeof(state));
	/* slurmstepd is sent what srun was given and complains of an option that nobody registered
	 */
	if (context == S_CTX_REMOTE)
		register_options(sp);
	if (context != S_CTX_LOCAL && context != S_CTX_ALLOCATOR)
		return 0;
	state.submitting = true;
	in_job = getenv("SLURM_JOB_ID") != NULL;
	state.step = in_job && context == S_CTX_LOCAL;
	look_at_exported(in_job);
	/* a fault is reported by whatever would need it, so that --help and --version still work */
	if (register_options(sp) == 0)
		plugargs_parse(ac, av, &state.args, &state.fault);
	return 0;
}

/* Send the intent, in any case: what stood in the variable before might be of an outer job. */
static int send_intent(spank_t sp, struct err *err)
{
	char line[INTENT_LINE_SIZE];
	struct intent intent;
	spank_err_t rc;

	submit_fill(&intent, &state.choice, &state.args, program_invocation_short_name, environ);
	if (intent_encode(&intent, line, sizeof(line), err) < 0)
		return -1;
	rc = spank_job_control_setenv(sp, "BURST_INTENT", line, 1);
	if (rc != ESPANK_SUCCESS)
		return err_set(err, ERR_FATAL, "spank_job_control_setenv: %s", spank_strerror(rc));
	slurm_debug("burst: component %u: %s", state.component, line);
	return 0;
}

int slurm_spank_init_post_opt(spank_t sp, int ac, char **av)
{
	struct err err = {0};
	int rc = 0;

	(void)ac;
	(void)av;
	if (!state.submitting)
		return 0;
	if (state.step) {
		if (state.explicit)
			slurm_spank_log(
				"burst: --efa and --burst-cost change nothing here: the job has "
				"its nodes already");
	} else {
		rc = send_intent(sp, &err);
		if (rc < 0)
			slurm_error("burst: cannot hand on --efa and --burst-cost: %s", err.text);
		if (state.fault.class != ERR_NONE) {
			slurm_error("burst: %s", state.fault.text);
			rc = -1;
		}
	}
	memset(&state.choice, 0, sizeof(state.choice));
	state.explicit = false;
	state.component++;
	return rc;
}
