/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/submit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define OMPI_NAMES_MAX 128 /* more than fit into intent.ompi: six bytes each at least */

/* Printable bytes of TEXT into BUF. Returns whether all of them fitted. */
static bool copy_printable(const char *text, char *buf, size_t size)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e)
			continue;
		if (n + 1 >= size)
			break;
		buf[n++] = *text;
	}
	buf[n] = '\0';
	return !*text;
}

/* Cut at a ':', because half a module's name would be another module. */
static void copy_modules(const char *text, char *buf, size_t size)
{
	char *end;

	if (copy_printable(text, buf, size))
		return;
	end = strrchr(buf, ':');
	if (end)
		*end = '\0';
	else
		buf[0] = '\0';
}

struct names {
	const char *start[OMPI_NAMES_MAX];
	size_t len[OMPI_NAMES_MAX];
	size_t n;
};

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = strncmp(a, b, a_len < b_len ? a_len : b_len);

	if (order)
		return order;
	return a_len < b_len ? -1 : a_len > b_len;
}

/* Insert in order; a name that stands already, and the last one of too many, is passed over. */
static void add_name(struct names *names, const char *start, size_t len)
{
	size_t at = names->n;

	while (at > 0) {
		int order = compare_names(start, len, names->start[at - 1], names->len[at - 1]);

		if (!order)
			return;
		if (order > 0)
			break;
		at--;
	}
	if (at == OMPI_NAMES_MAX)
		return;
	if (names->n < OMPI_NAMES_MAX)
		names->n++;
	for (size_t i = names->n - 1; i > at; i--) {
		names->start[i] = names->start[i - 1];
		names->len[i] = names->len[i - 1];
	}
	names->start[at] = start;
	names->len[at] = len;
}

static void join_names(const struct names *names, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < names->n; i++) {
		if (n + (n > 0) + names->len[i] >= size)
			continue;
		if (n)
			buf[n++] = ',';
		memcpy(buf + n, names->start[i], names->len[i]);
		n += names->len[i];
	}
	buf[n] = '\0';
}

/* The value where ENTRY is NAME=value, else NULL. */
static const char *value_of(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '=' ? entry + len + 1 : NULL;
}

/* The length of the name where ENTRY is an OMPI_ variable with an orderly one, else 0. */
static size_t ompi_name(const char *entry)
{
	size_t len;

	if (strncmp(entry, "OMPI_", 5) != 0)
		return 0;
	len = strspn(entry, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	return entry[len] == '=' ? len : 0;
}

static void read_env(struct intent *in, char *const env[])
{
	struct names names;
	const char *value;

	names.n = 0;
	for (; env && *env; env++) {
		size_t len;

		/* one look at most entries: a submission may carry thousands */
		switch (**env) {
		case 'L':
			if ((value = value_of(*env, "LOADEDMODULES")))
				copy_modules(value, in->modules, sizeof(in->modules));
			break;
		case 'I':
			if ((value = value_of(*env, "I_MPI_ROOT")))
				copy_printable(value, in->i_mpi_root, sizeof(in->i_mpi_root));
			break;
		case 'S':
			if ((value = value_of(*env, "SLURM_MPI_TYPE")))
				copy_printable(value, in->mpi, sizeof(in->mpi));
			break;
		case 'O':
			len = ompi_name(*env);
			if (len && !env_is_of_slurm(*env))
				add_name(&names, *env, len);
			break;
		}
	}
	join_names(&names, in->ompi, sizeof(in->ompi));
}

void submit_fill(struct intent *intent, const struct choice *choice, const struct plugargs *args,
	const char *program, char *const env[])
{
	static const char *const programs[] = {"sbatch", "salloc", "srun"};
	struct intent in = {0};

	if (choice->efa != EFA_UNSET) {
		in.efa = choice->efa;
		in.efa_from = FROM_USER;
	} else if (args->default_efa != EFA_UNSET) {
		in.efa = args->default_efa;
		in.efa_from = FROM_SITE;
	}
	if (choice->cost.uusd)
		in.cost = choice->cost;
	else
		in.cost = args->max_job.uusd ? args->max_job : args->max_hour;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		/* by its beginning: sites wrap these as sbatch.real and the like */
		if (strncmp(program, programs[i], strlen(programs[i])) == 0)
			copy_printable(programs[i], in.via, sizeof(in.via));
	read_env(&in, env);
	*intent = in;
}
