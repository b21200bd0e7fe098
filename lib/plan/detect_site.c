/* SPDX-License-Identifier: Apache-2.0 */
/* What is set around the commands: modules, variables, and the environment of the submission. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/intent/intent.h"
#include "lib/plan/detect_internal.h"

static const struct {
	const char *word;
	enum mpi_impl impl;
	bool part; /* also as a part between - _ / and digits: "hdf5-openmpi", EasyBuild's
		      "-foss-2022a" */
} modules[] = {
	{"openmpi", MPI_OPENMPI, true},
	{"ompi", MPI_OPENMPI, true},
	{"hpcx", MPI_OPENMPI, true},
	{"foss", MPI_OPENMPI, true},
	{"gompi", MPI_OPENMPI, true},
	{"gomkl", MPI_OPENMPI, true},
	{"impi", MPI_INTEL, true},
	{"intelmpi", MPI_INTEL, true},
	{"iimpi", MPI_INTEL, true},
	{"iomkl", MPI_OPENMPI, true},
	{"mvapich", MPI_MVAPICH, true},
	{"mvapich2", MPI_MVAPICH, true},
	{"mpt", MPI_MPT, false},
	{"PrgEnv", MPI_CRAY, true},
	{"mpich", MPI_MPICH, true},
	{"spectrum", MPI_SPECTRUM, true},
	{"MPI", MPI_UNKNOWN, false},
	{"mpi", MPI_UNKNOWN, false},
};

/* The next of what blanks, - _ / : and dots divide. */
static size_t part(const char **cursor, char *buf, size_t size)
{
	const char *p = *cursor + strspn(*cursor, "-_/:. ");
	size_t n = strcspn(p, "-_/:. "), keep = n < size ? n : size - 1;

	memcpy(buf, p, keep);
	buf[keep] = '\0';
	*cursor = p + n;
	return n;
}

static bool same_word(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
	return *a == *b;
}

bool impl_of_module(const char *name, enum mpi_impl *impl)
{
	char word[64], before[64] = "";
	const char *p = name;
	bool known = false;

	while (part(&p, word, sizeof(word))) {
		/* cray-mpich, intel-oneapi-mpi, intel/mpi */
		if (same_word(before, "cray") && !strncmp(word, "mpich", 5)) {
			*impl = MPI_CRAY;
			return true;
		}
		if (strcasestr(name, "intel") && same_word(word, "mpi")) {
			*impl = MPI_INTEL;
			return true;
		}
		for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
			if (!same_word(word, modules[i].word) || (!modules[i].part && before[0]))
				continue;
			*impl = modules[i].impl;
			known = true;
			/* mpi/openmpi-x86_64: the second says more */
			if (*impl != MPI_UNKNOWN)
				return true;
		}
		memcpy(before, word, sizeof(before));
	}
	return known;
}

bool impl_of_path(const char *path, enum mpi_impl *impl)
{
	static const struct {
		const char *text;
		enum mpi_impl impl;
	} parts[] = {
		{"openmpi", MPI_OPENMPI},
		{"open-mpi", MPI_OPENMPI},
		{"hpcx", MPI_OPENMPI},
		{"impi", MPI_INTEL},
		{"intelmpi", MPI_INTEL},
		{"oneapi/mpi", MPI_INTEL},
		{"oneapi/setvars", MPI_INTEL},
		{"compilers_and_libraries", MPI_INTEL},
		{"I_MPI_ROOT", MPI_INTEL},
		{"mvapich", MPI_MVAPICH},
		{"mpich", MPI_MPICH},
		{"spectrum_mpi", MPI_SPECTRUM},
		{"mpivars.sh", MPI_INTEL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!strstr(path, parts[i].text))
			continue;
		*impl = parts[i].impl;
		return true;
	}
	return false;
}

bool impl_of_variable(const char *name, enum mpi_impl *impl)
{
	static const struct {
		const char *prefix;
		enum mpi_impl impl;
	} prefixes[] = {
		{"OMPI_", MPI_OPENMPI},
		{"PRTE_", MPI_OPENMPI},
		{"I_MPI_", MPI_INTEL},
		{"MV2_", MPI_MVAPICH},
		{"MVP_", MPI_MVAPICH},
		{"MPICH_", MPI_CRAY},
		{"HYDRA_", MPI_MPICH},
		{"MPIR_", MPI_MPICH},
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (strncmp(name, prefixes[i].prefix, strlen(prefixes[i].prefix)))
			continue;
		*impl = prefixes[i].impl;
		return true;
	}
	return false;
}

static void judge_module(struct detection *d, const struct script_command *c, size_t i)
{
	for (; i < c->argc; i++) {
		enum mpi_impl impl;

		if (c->argv[i][0] == '-' || !impl_of_module(c->argv[i], &impl))
			continue;
		if (impl != MPI_UNKNOWN)
			d->module_impl = impl;
		found(d, D_MODULE, c->line, 15, "loads %s", c->argv[i]);
	}
}

static bool verb(const char *word)
{
	static const char *const verbs[] = {"load", "add", "swap", "switch", "try-load"};

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(word, verbs[i]))
			return true;
	return false;
}

static void judge_set_up(struct detection *d, const struct script_command *c)
{
	enum mpi_impl impl;

	if (!strcmp(c->argv[0], "module") && c->argc > 2 && verb(c->argv[1])) {
		judge_module(d, c, 2);
	} else if (!strcmp(c->argv[0], "ml") && c->argc > 1) {
		judge_module(d, c, 1);
	} else if (!strcmp(c->argv[0], "spack") && c->argc > 2 && !strcmp(c->argv[1], "load")) {
		judge_module(d, c, 2);
	} else if ((!strcmp(c->argv[0], "source") || !strcmp(c->argv[0], ".")) && c->argc > 1 &&
		   impl_of_path(c->argv[1], &impl)) {
		d->module_impl = impl;
		found(d, D_MODULE, c->line, 15, "sources %s", c->argv[1]);
	}
}

static bool begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* NAME=VALUE, set in the script. */
static void judge_variable(struct detection *d, const char *name, const char *value, unsigned line)
{
	enum mpi_impl impl;

	if (impl_of_variable(name, &impl)) {
		d->variable_impl = impl;
		found(d, D_VARIABLE, line, 15, "sets %s", name);
	} else if (!strcmp(name, "FI_PROVIDER") && begins(value, "efa")) {
		found(d, D_VARIABLE, line, 10, "sets FI_PROVIDER=efa");
	} else if (begins(name, "UCX_") || begins(name, "FI_")) {
		found(d, D_VARIABLE, line, 10, "sets %s", name);
	} else if (begins(name, "NCCL_") || begins(name, "RCCL_")) {
		found(d, D_COLLECTIVES, line, 25, "sets %s, which is for collectives of GPUs",
			name);
	} else if (!strcmp(name, "OMP_NUM_THREADS")) {
		d->openmp = number_of(value) > 1;
	}
}

/* The directory of a library may be all that the environment says of MPI: LOADEDMODULES. */
static void judge_loaded(struct detection *d, const char *value, int weight)
{
	char word[128];

	while (*value) {
		size_t n = strcspn(value, ":");
		enum mpi_impl impl;

		snprintf(word, sizeof(word), "%.*s", (int)(n < sizeof(word) ? n : sizeof(word) - 1),
			value);
		if (impl_of_module(word, &impl)) {
			if (d->module_impl == MPI_UNKNOWN)
				d->module_impl = impl;
			found(d, D_SUBMIT_ENV, 0, weight, "submitted with the module %s", word);
		}
		value += n + (value[n] == ':');
	}
}

static void judge_environment(struct detection *d)
{
	/* without a script it is nearly all that there is */
	int weight = d->input->script ? 5 : 15;

	for (size_t i = 0; d->input->env && d->input->env[i]; i++) {
		const char *entry = d->input->env[i], *equals = strchr(entry, '=');
		enum mpi_impl impl;
		char name[64];

		if (!equals || env_is_of_slurm(entry))
			continue;
		snprintf(name, sizeof(name), "%.*s",
			(int)(equals - entry < 63 ? equals - entry : 63), entry);
		if (!strcmp(name, "LOADEDMODULES")) {
			judge_loaded(d, equals + 1, weight);
		} else if (!strcmp(name, "SLURM_MPI_TYPE") && equals[1] &&
			   strcmp(equals + 1, "none")) {
			found(d, D_SUBMIT_ENV, 0, weight, "submitted with SLURM_MPI_TYPE=%s",
				equals + 1);
		} else if (impl_of_variable(name, &impl)) {
			if (d->variable_impl == MPI_UNKNOWN)
				d->variable_impl = impl;
			found(d, D_SUBMIT_ENV, 0, weight, "submitted with %s", name);
		}
	}
}

void judge_site(struct detection *d)
{
	for (size_t i = 0; i < d->script.ncommands; i++)
		if (!d->script.commands[i].dead)
			judge_set_up(d, &d->script.commands[i]);
	for (size_t i = 0; i < d->script.nassignments; i++) {
		const struct script_assignment *a = &d->script.assignments[i];

		if (!a->dead)
			judge_variable(d, a->name, a->value, a->line);
	}
	judge_environment(d);
}
