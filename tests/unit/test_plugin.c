/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "plugin/submit.h"
#include "tests/unit/fake_spank.h"

#define EFA_ENV     "SLURM_SPANK__SLURM_SPANK_OPTION_burst_efa"
#define COST_ENV    "SLURM_SPANK__SLURM_SPANK_OPTION_burst_burst_cost"
#define EXPECT_COST "; expected USD for the job such as 250 or 250USD, or per hour such as 30/h"

static const struct fake_sources nothing;

static void setup(void)
{
	clearenv();
	fake.register_rc = ESPANK_SUCCESS;
	fake.setenv_rc = ESPANK_SUCCESS;
}

START_TEST(args_accept)
{
	char *av[] = {(char[]){"default_efa=optional"}, (char[]){"max_cost=50/h"},
		(char[]){"allow_efa=required,optional,disabled"}, (char[]){"max_cost=500"}};
	struct plugargs args = {0};
	struct err err = {0};
	char buf[64];

	ck_assert_msg(plugargs_parse(4, av, &args, &err) == 0, "%s", err.text);
	ck_assert_int_eq(args.default_efa, EFA_OPTIONAL);
	ck_assert_int_eq(args.max_job.uusd, 500000000);
	ck_assert(!args.max_job.per_hour);
	ck_assert_int_eq(args.max_hour.uusd, 50000000);
	ck_assert(args.max_hour.per_hour);
	ck_assert(plugargs_allow_efa(&args, EFA_DISABLED));
	ck_assert(!plugargs_allow_efa(&args, EFA_PREFERRED));
	ck_assert_str_eq(
		plugargs_format_allowed(&args, buf, sizeof(buf)), "required, optional or disabled");
	ck_assert_int_eq(plugargs_parse(0, NULL, &args, &err), 0);
	ck_assert_int_eq(args.max_job.uusd, 0);
	ck_assert(plugargs_allow_efa(&args, EFA_PREFERRED));
	ck_assert_str_eq(plugargs_format_allowed(&args, buf, sizeof(buf)),
		"required, preferred, optional or disabled");
	args.allow_efa = 1u << EFA_DISABLED;
	ck_assert_str_eq(plugargs_format_allowed(&args, buf, sizeof(buf)), "disabled");
}
END_TEST

#define KNOWN "; known are default_efa=, max_cost=, allow_efa="
#define MODES "; expected required, preferred, optional or disabled"

START_TEST(args_refuse)
{
	static const struct {
		const char *first, *second, *text;
	} t[] = {
		{"foo=1", NULL, "unknown argument \"foo=1\"" KNOWN},
		{"default_efa", NULL, "unknown argument \"default_efa\"" KNOWN},
		{"a\nb", NULL, "unknown argument \"a?b\"" KNOWN},
		{"max_cost=5", "DEFAULT_EFA=x", "unknown argument \"DEFAULT_EFA=x\"" KNOWN},
		{"default_efa=yes", NULL, "default_efa: \"yes\": no such mode" MODES},
		{"default_efa=", NULL, "default_efa: \"\": empty" MODES},
		{"default_efa=optional", "default_efa=optional", "default_efa: given twice"},
		{"allow_efa=", NULL, "allow_efa: \"\": empty" MODES},
		{"allow_efa=required,", NULL, "allow_efa: \"\": empty" MODES},
		{"allow_efa=required,x", NULL, "allow_efa: \"x\": no such mode" MODES},
		{"allow_efa=requiredrequiredrequiredrequiredrequiredrequiredrequiredrequired1",
			NULL,
			"allow_efa: \"requiredrequiredrequiredrequiredrequired...\": no such "
			"mode" MODES},
		{"allow_efa=required", "allow_efa=optional", "allow_efa: given twice"},
		{"max_cost=-1", NULL, "max_cost: \"-1\": negative" EXPECT_COST},
		{"max_cost=5", "max_cost=6", "max_cost: given twice for the job"},
		{"max_cost=5/h", "max_cost=6/h", "max_cost: given twice per hour"},
		{"default_efa=required", "allow_efa=optional,disabled",
			"default_efa=required is not in allow_efa (optional or disabled)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char first[128], second[128], want[512];
		char *av[] = {first, second};
		struct plugargs args = {.allow_efa = 77};
		struct err err = {0};

		snprintf(first, sizeof(first), "%s", t[i].first);
		snprintf(second, sizeof(second), "%s", t[i].second ? t[i].second : "");
		ck_assert_msg(
			plugargs_parse(t[i].second ? 2 : 1, av, &args, &err) == -1, "%s", first);
		snprintf(want, sizeof(want), "plugstack.conf: %s", t[i].text);
		ck_assert_str_eq(err.text, want);
		ck_assert_int_eq(err.class, ERR_CONFIG);
		ck_assert_uint_eq(args.allow_efa, 77);
	}
}
END_TEST

START_TEST(registers)
{
	ck_assert_int_eq(fake_start(S_CTX_ALLOCATOR, "sbatch", NULL), 0);
	ck_assert_uint_eq(fake.registered, OPTION_COUNT);
	ck_assert_str_eq(fake.options[0].name, "efa");
	ck_assert_int_eq(fake.options[0].opt.has_arg, 2);
	ck_assert_str_eq(fake.options[1].name, "burst-cost");
	ck_assert_int_eq(fake.options[1].opt.has_arg, 1);
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		ck_assert_int_eq(strncmp(fake.options[i].usage, "[burst] ", 8), 0);
		/* whole, and the name of its variable is what Slurm makes of plugin and option */
		ck_assert_str_eq(fake.options[i].usage, option_texts[i].usage);
	}
	ck_assert_str_eq(option_texts[OPTION_EFA].env, EFA_ENV);
	ck_assert_str_eq(option_texts[OPTION_COST].env, COST_ENV);
}
END_TEST

START_TEST(last_wins)
{
	static const struct {
		struct fake_sources s;
		const char *env_efa, *env_cost, *line;
	} t[] = {
		{{{0}}, NULL, NULL, "v=1;via=sbatch"},
		{{.line = {"optional", "5"}}, NULL, NULL,
			"v=1;efa=optional;efa_from=user;cost=5.00;via=sbatch"},
		{{.line = {"optional", "5"}}, "preferred", "6/h",
			"v=1;efa=preferred;efa_from=user;cost=6.00/h;via=sbatch"},
		{{.line = {"optional", "5"}, .command = {"disabled", "7USD"}}, "preferred", "6/h",
			"v=1;efa=disabled;efa_from=user;cost=7.00;via=sbatch"},
		{{.line = {"optional", "5"}, .command = {NULL, "7"}}, "preferred", NULL,
			"v=1;efa=preferred;efa_from=user;cost=7.00;via=sbatch"},
		{{.line = {"optional", NULL}, .command = {FAKE_BARE, NULL}}, NULL, NULL,
			"v=1;efa=required;efa_from=user;via=sbatch"},
		{{.line = {FAKE_BARE, NULL}}, NULL, NULL,
			"v=1;efa=required;efa_from=user;via=sbatch"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		clearenv();
		if (t[i].env_efa)
			setenv(EFA_ENV, t[i].env_efa, 1);
		if (t[i].env_cost)
			setenv(COST_ENV, t[i].env_cost, 1);
		ck_assert_int_eq(fake_start(S_CTX_ALLOCATOR, "sbatch", NULL), 0);
		ck_assert_msg(fake_component(&t[i].s) == 0, "%zu: %s", i, fake.errors);
		ck_assert_str_eq(fake.control, t[i].line);
		ck_assert_str_eq(fake.errors, "");
		ck_assert_uint_eq(fake.sent, 1);
	}
}
END_TEST

START_TEST(refuses)
{
	static const struct {
		const char *args;
		enum option option;
		const char *value, *text;
	} t[] = {
		{NULL, OPTION_EFA, "", "burst: --efa: \"\": empty" MODES "\n"},
		{NULL, OPTION_EFA, "(null)", "burst: --efa: \"(null)\": no such mode" MODES "\n"},
		{NULL, OPTION_COST, "", "burst: --burst-cost: \"\": empty" EXPECT_COST "\n"},
		{NULL, OPTION_COST, FAKE_BARE, "burst: --burst-cost: \"\": empty" EXPECT_COST "\n"},
		{NULL, OPTION_COST, "a\033b",
			"burst: --burst-cost: \"a?b\": not printable ASCII" EXPECT_COST "\n"},
		{"max_cost=500", OPTION_COST, "500.01",
			"burst: --burst-cost: \"500.01\": above this site's limit; "
			"expected at most 500.00 USD for the job\n"},
		{"max_cost=500 max_cost=50/h", OPTION_COST, "50.5/h",
			"burst: --burst-cost: \"50.5/h\": above this site's limit; "
			"expected at most 50.00 USD per hour\n"},
		{"allow_efa=optional,disabled", OPTION_EFA, FAKE_BARE,
			"burst: --efa: \"required\": not allowed at this site; "
			"expected optional or disabled\n"},
		{"foo=1", OPTION_EFA, "required",
			"burst: --efa: cannot be used until this is mended: "
			"plugstack.conf: unknown argument \"foo=1\"" KNOWN "\n"},
	};
	static const spank_context_t contexts[] = {S_CTX_ALLOCATOR, S_CTX_LOCAL};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		for (size_t c = 0; c < ARRAY_SIZE(contexts); c++) {
			ck_assert_int_eq(fake_start(contexts[c], "srun", t[i].args), 0);
			ck_assert_msg(fake_call(t[i].option, t[i].value, 0) == -1, "%zu", i);
			ck_assert_str_eq(fake.errors, t[i].text);
			ck_assert_uint_eq(fake.sent, 0);
		}
	}
}
END_TEST

START_TEST(site_bounds)
{
	static const char args[] = "max_cost=500 max_cost=50/h allow_efa=optional";

	/* each kind has its own bound, and the bound itself is allowed */
	fake_start(S_CTX_ALLOCATOR, "sbatch", args);
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {"optional", "500"}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=optional;efa_from=user;cost=500.00;via=sbatch");
	clearenv();
	fake_start(S_CTX_ALLOCATOR, "sbatch", "max_cost=5/h");
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {NULL, "500"}}), 0);
	ck_assert_str_eq(fake.control, "v=1;cost=500.00;via=sbatch");
}
END_TEST

START_TEST(site_defaults)
{
	static const struct {
		const char *args, *line;
	} t[] = {
		{"default_efa=preferred", "v=1;efa=preferred;efa_from=site;via=salloc"},
		{"max_cost=500", "v=1;cost=500.00;via=salloc"},
		{"max_cost=50/h", "v=1;cost=50.00/h;via=salloc"},
		{"max_cost=50/h max_cost=500", "v=1;cost=500.00;via=salloc"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		fake_start(S_CTX_ALLOCATOR, "salloc", t[i].args);
		ck_assert_int_eq(fake_component(&nothing), 0);
		ck_assert_str_eq(fake.control, t[i].line);
	}
	fake_start(S_CTX_ALLOCATOR, "salloc", "default_efa=preferred max_cost=500");
	ck_assert_int_eq(fake_component(&(struct fake_sources){.command = {"disabled", "7/h"}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=disabled;efa_from=user;cost=7.00/h;via=salloc");
}
END_TEST

/* Without a limit that can be read, jobs still go in where plugstack.conf says optional. */
START_TEST(bad_args)
{
	ck_assert_int_eq(fake_start(S_CTX_ALLOCATOR, "sbatch", "max_cost=500 foo"), 0);
	ck_assert_str_eq(fake.errors, "");
	ck_assert_int_eq(fake_component(&nothing), -2);
	ck_assert_str_eq(fake.errors, "burst: plugstack.conf: unknown argument \"foo\"" KNOWN "\n");
	ck_assert_str_eq(fake.control, "v=1;via=sbatch");
}
END_TEST

START_TEST(het_own_option)
{
	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {"required", "5"}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=required;efa_from=user;cost=5.00;via=sbatch");
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {"optional", "6"}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=optional;efa_from=user;cost=6.00;via=sbatch");
	/* none of its own: that of the component before; one of two: the other too */
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {NULL, "7/h"}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=optional;efa_from=user;cost=7.00/h;via=sbatch");
	ck_assert_int_eq(fake_component(&(struct fake_sources){.command = {"disabled", NULL}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=disabled;efa_from=user;cost=7.00/h;via=sbatch");
	ck_assert_uint_eq(fake.sent, 4);
	ck_assert_str_eq(fake.errors, "");
}
END_TEST

START_TEST(het_bare)
{
	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
	ck_assert_int_eq(fake_component(&(struct fake_sources){.command = {FAKE_BARE, NULL}}), 0);
	ck_assert_str_eq(getenv(EFA_ENV), "(null)");
	ck_assert_int_eq(fake_component(&nothing), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=required;efa_from=user;via=sbatch");
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {"disabled", NULL}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=disabled;efa_from=user;via=sbatch");
}
END_TEST

/* What the user exported outranks a #SBATCH line in each component, the replay does not. */
START_TEST(het_exported)
{
	setenv(EFA_ENV, "preferred", 1);
	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
	ck_assert_int_eq(fake_component(&(struct fake_sources){
				 .line = {"required", NULL}, .command = {"disabled", NULL}}),
		0);
	ck_assert_str_eq(fake.control, "v=1;efa=disabled;efa_from=user;via=sbatch");
	ck_assert_str_eq(getenv(EFA_ENV), "disabled");
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {"optional", NULL}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=preferred;efa_from=user;via=sbatch");
}
END_TEST

START_TEST(het_without_option_first)
{
	fake_start(S_CTX_ALLOCATOR, "sbatch", "default_efa=preferred");
	ck_assert_int_eq(fake_component(&nothing), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=preferred;efa_from=site;via=sbatch");
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {"required", NULL}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=required;efa_from=user;via=sbatch");
}
END_TEST

START_TEST(nested_sbatch)
{
	setenv("SLURM_JOB_ID", "7", 1);
	setenv(EFA_ENV, "required", 1);
	setenv(COST_ENV, "(null)", 1); /* would be refused */
	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
	ck_assert_ptr_null(getenv(EFA_ENV));
	ck_assert_ptr_null(getenv(COST_ENV));
	ck_assert_int_eq(fake_component(&(struct fake_sources){.line = {"optional", NULL}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=optional;efa_from=user;via=sbatch");
}
END_TEST

START_TEST(step_of_a_job)
{
	setenv("SLURM_JOB_ID", "7", 1);
	setenv(EFA_ENV, "required", 1);
	/* plugstack.conf of a compute node must not end steps */
	fake_start(S_CTX_LOCAL, "srun", "foo=1");
	ck_assert_int_eq(fake_component(&nothing), 0);
	ck_assert_uint_eq(fake.sent, 0);
	ck_assert_str_eq(fake.errors, "");
	ck_assert_str_eq(fake.logs, "");
	fake_start(S_CTX_LOCAL, "srun", NULL);
	ck_assert_int_eq(fake_component(&(struct fake_sources){.command = {"optional", NULL}}), 0);
	ck_assert_uint_eq(fake.sent, 0);
	ck_assert_str_eq(fake.errors, "");
	ck_assert_str_eq(fake.logs, "burst: --efa and --burst-cost change nothing here: the job "
				    "has its nodes already\n");
}
END_TEST

START_TEST(srun_outside)
{
	fake_start(S_CTX_LOCAL, "srun", NULL);
	ck_assert_int_eq(fake_component(&(struct fake_sources){.command = {"required", "3/h"}}), 0);
	ck_assert_str_eq(fake.control, "v=1;efa=required;efa_from=user;cost=3.00/h;via=srun");
	ck_assert_int_eq(fake_component(&nothing), 0);
	ck_assert_str_eq(fake.control, "v=1;via=srun");
}
END_TEST

/* On compute nodes nothing happens, whatever plugstack.conf says. */
START_TEST(remote_contexts)
{
	static const spank_context_t contexts[] = {
		S_CTX_REMOTE, S_CTX_SLURMD, S_CTX_JOB_SCRIPT, S_CTX_ERROR};

	setenv(EFA_ENV, "rubbish", 1);
	for (size_t i = 0; i < ARRAY_SIZE(contexts); i++) {
		ck_assert_int_eq(fake_start(contexts[i], "slurmstepd", "foo=1"), 0);
		ck_assert_uint_eq(fake.registered, contexts[i] == S_CTX_REMOTE ? OPTION_COUNT : 0);
		ck_assert_int_eq(fake_call(OPTION_EFA, "rubbish", 1), 0);
		ck_assert_int_eq(fake_call(OPTION_EFA, "rubbish", 0), 0);
		ck_assert_int_eq(fake_component(&nothing), 0);
		ck_assert_uint_eq(fake.sent, 0);
		ck_assert_str_eq(fake.errors, "");
		ck_assert_str_eq(fake.logs, "");
		ck_assert_str_eq(getenv(EFA_ENV), "rubbish");
	}
	fake.register_rc = ESPANK_BAD_ARG;
	ck_assert_int_eq(fake_start(S_CTX_REMOTE, "slurmstepd", NULL), 0);
	ck_assert_str_eq(fake.errors, "");
}
END_TEST

START_TEST(remote_flag_of_callback)
{
	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
	ck_assert_int_eq(fake_call(OPTION_EFA, "rubbish", 1), 0);
	ck_assert_int_eq(fake.options[0].opt.cb(99, "rubbish", 0), 0);
	ck_assert_int_eq(fake.options[0].opt.cb(-1, "rubbish", 0), 0);
	ck_assert_int_eq(fake_component(&nothing), 0);
	ck_assert_str_eq(fake.control, "v=1;via=sbatch");
}
END_TEST

START_TEST(slurm_fails)
{
	fake.register_rc = ESPANK_BAD_ARG;
	ck_assert_int_eq(fake_start(S_CTX_ALLOCATOR, "sbatch", NULL), 0);
	ck_assert_int_eq(fake_component(&nothing), -2);
	ck_assert_str_eq(fake.errors,
		"burst: Slurm does not take the option --burst-cost: another plugin may have it\n");
	fake.register_rc = ESPANK_SUCCESS;
	fake.setenv_rc = ESPANK_NOT_LOCAL;
	ck_assert_int_eq(fake_start(S_CTX_ALLOCATOR, "sbatch", NULL), 0);
	ck_assert_int_eq(fake_component(&nothing), -2);
	ck_assert_str_eq(fake.errors, "burst: cannot hand on --efa and --burst-cost: "
				      "spank_job_control_setenv: not local\n");
}
END_TEST

/* init forgets what was, as when a process submits several times. */
START_TEST(starts_anew)
{
	fake_start(S_CTX_ALLOCATOR, "sbatch", "default_efa=required foo");
	ck_assert_int_eq(fake_component(&nothing), -2);
	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
	ck_assert_int_eq(fake_component(&nothing), 0);
	ck_assert_str_eq(fake.control, "v=1;via=sbatch");
	ck_assert_str_eq(fake.errors, "");
}
END_TEST

START_TEST(exported_too_long)
{
	char value[200];

	memset(value, '5', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	setenv(COST_ENV, value, 1);
	fake_start(S_CTX_ALLOCATOR, "sbatch", NULL);
	ck_assert_int_eq(fake_component(&nothing), -1);
	ck_assert_str_eq(fake.errors,
		"burst: --burst-cost: \"5555555555555555555555555555555555555555...\": too "
		"long" EXPECT_COST "\n");
}
END_TEST

START_TEST(collects_mpi)
{
	char *env[] = {(char[]){"PATH=/bin"}, (char[]){"LOADEDMODULES=gcc/12:openmpi/4.1"},
		(char[]){"LOADEDMODULESX=no"}, (char[]){"I_MPI_ROOT=/opt/\x1b[1mintel\n"},
		(char[]){"SLURM_MPI_TYPE=pmix_v4"}, (char[]){"OMPI_MCA_btl=secret"},
		(char[]){"OMPI_A=1"}, (char[]){"OMPI_MCA=2"}, (char[]){"OMPI_A=again"},
		(char[]){"OMPI_x y=1"}, (char[]){"OMPI_novalue"}, (char[]){"OMP_NUM_THREADS=4"},
		(char[]){"SLURM_X=1"}, (char[]){"=odd"}, (char[]){""},
		(char[]){"OMPI_MCA_plm_slurm_args=--external-launcher"}, NULL};
	static const struct choice choice;
	static const struct plugargs args;
	struct intent in;

	submit_fill(&in, &choice, &args, "sbatch.real", env);
	ck_assert_str_eq(in.via, "sbatch");
	ck_assert_str_eq(in.modules, "gcc/12:openmpi/4.1");
	ck_assert_str_eq(in.i_mpi_root, "/opt/[1mintel");
	ck_assert_str_eq(in.mpi, "pmix_v4");
	ck_assert_str_eq(in.ompi, "OMPI_A,OMPI_MCA,OMPI_MCA_btl");
	submit_fill(&in, &choice, &args, "qsub", NULL);
	ck_assert_str_eq(in.via, "");
	ck_assert_str_eq(in.ompi, "");
}
END_TEST

/* However large and odd the environment is, the intent is one that the prolog takes. */
START_TEST(collects_bounded)
{
	enum { ENTRIES = 3000, SIZE = 4096 };
	static const struct choice choice;
	static const struct plugargs args;
	char **env = calloc(ENTRIES + 5, sizeof(*env));
	char line[INTENT_LINE_SIZE];
	struct intent in, out;
	struct err err = {0};

	ck_assert_ptr_nonnull(env);
	for (int i = 0; i < ENTRIES; i++) {
		env[i] = calloc(1, 64);
		ck_assert_ptr_nonnull(env[i]);
		snprintf(env[i], 64, "OMPI_%d=%d", (i * 7919) % ENTRIES, i);
	}
	for (int i = 0; i < 4; i++) {
		static const char *const starts[] = {
			"LOADEDMODULES=", "I_MPI_ROOT=", "SLURM_MPI_TYPE=", "OMPI_"};
		size_t len = strlen(starts[i]);

		env[ENTRIES + i] = calloc(1, SIZE);
		ck_assert_ptr_nonnull(env[ENTRIES + i]);
		memset(env[ENTRIES + i], i == 3 ? 'z' : ':', SIZE - 1);
		memcpy(env[ENTRIES + i], starts[i], len);
	}
	env[ENTRIES + 3][SIZE - 2] = '=';
	submit_fill(&in, &choice, &args, "srun", env);
	ck_assert_int_eq(strncmp(in.ompi, "OMPI_0,OMPI_1,OMPI_10,OMPI_100,OMPI_1000,", 41), 0);
	ck_assert_uint_gt(strlen(in.ompi), sizeof(in.ompi) - 16);
	ck_assert_uint_eq(strlen(in.i_mpi_root), sizeof(in.i_mpi_root) - 1);
	ck_assert_msg(intent_encode(&in, line, sizeof(line), &err) == 0, "%s", err.text);
	ck_assert_msg(intent_decode(line, &out, &err) == 0, "%s", err.text);
	for (int i = 0; i < ENTRIES + 4; i++)
		free(env[i]);
	free(env);
}
END_TEST

START_TEST(cuts_modules)
{
	static const struct choice choice;
	static const struct plugargs args;
	static char text[4096] = "LOADEDMODULES=";
	char *env[] = {text, NULL};
	struct intent in;

	memset(text + 14, 'm', 3000);
	submit_fill(&in, &choice, &args, "srun", env);
	ck_assert_str_eq(in.modules, "");
	memcpy(text + 14, "a/1:b/2:", 8);
	submit_fill(&in, &choice, &args, "srun", env);
	ck_assert_str_eq(in.modules, "a/1:b/2");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plugin");
	TCase *tc = tcase_create("plugin");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, args_accept);
	tcase_add_test(tc, args_refuse);
	tcase_add_test(tc, registers);
	tcase_add_test(tc, last_wins);
	tcase_add_test(tc, refuses);
	tcase_add_test(tc, site_bounds);
	tcase_add_test(tc, site_defaults);
	tcase_add_test(tc, bad_args);
	tcase_add_test(tc, het_own_option);
	tcase_add_test(tc, het_bare);
	tcase_add_test(tc, het_exported);
	tcase_add_test(tc, het_without_option_first);
	tcase_add_test(tc, nested_sbatch);
	tcase_add_test(tc, step_of_a_job);
	tcase_add_test(tc, srun_outside);
	tcase_add_test(tc, remote_contexts);
	tcase_add_test(tc, remote_flag_of_callback);
	tcase_add_test(tc, slurm_fails);
	tcase_add_test(tc, starts_anew);
	tcase_add_test(tc, exported_too_long);
	tcase_add_test(tc, collects_mpi);
	tcase_add_test(tc, collects_bounded);
	tcase_add_test(tc, cuts_modules);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
