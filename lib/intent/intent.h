/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intent: what the user asked for at submit time, and how it travels.
 *
 * The plugin fills a struct intent and encodes it into one line, which
 * Slurm's job-control environment carries as SPANK_BURST_INTENT. The
 * prolog decodes it again as hostile input: any user can set that variable. Libc
 * only; everything is bounded; encoding allocates, and reports it where that fails.
 *
 * Line: kv pairs (lib/base/kv.h), "v=1" first, then in any order, each at
 * most once: efa, efa_from, cost, via, mpi, modules, i_mpi_root, ompi. Of a
 * later version the reader knows nothing: it refuses it by name.
 */
#ifndef BURST_INTENT_H
#define BURST_INTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum efa_mode {
	EFA_UNSET = 0, /* nobody said */
	EFA_DISABLED,
	EFA_OPTIONAL,
	EFA_PREFERRED,
	EFA_REQUIRED,
};

/* Who said it: an explicit option outranks the site's default. */
enum intent_from { FROM_NOBODY = 0, FROM_SITE, FROM_USER };

struct cost_limit {
	int64_t uusd;  /* micro-USD; 0: no limit */
	bool per_hour; /* of the whole gang; else of the whole job */
};

#define INTENT_LINE_SIZE 8192 /* an encoded line with its NUL always fits */

struct intent {
	enum efa_mode efa;
	enum intent_from efa_from;
	struct cost_limit cost;
	/* What the submit environment says of MPI; "" where it says nothing. */
	char via[8];          /* sbatch, salloc, srun */
	char mpi[32];         /* SLURM_MPI_TYPE */
	char modules[1024];   /* LOADEDMODULES, cut at a ':' */
	char i_mpi_root[256]; /* I_MPI_ROOT */
	char ompi[512];       /* the names of the OMPI_* variables, comma separated, sorted */
};

/* "required" … as a word; "unset" for EFA_UNSET. Never NULL. */
const char *efa_mode_name(enum efa_mode mode);

/* required | preferred | optional | disabled, nothing else. The error quotes TEXT, made safe. */
int efa_mode_parse(const char *text, enum efa_mode *mode, struct err *err);

/*
 * 250 | 250USD | 250.50 | 30/h | 30USD/h; more than zero, at most 1e9 USD. The error quotes TEXT,
 * made safe and cut, and says what is expected.
 */
int cost_limit_parse(const char *text, struct cost_limit *limit, struct err *err);

/* "250.00" or "30.00/h"; "none" without a limit. BUF of 48 bytes is enough. Returns BUF. */
char *cost_limit_format(const struct cost_limit *limit, char *buf, size_t size);

/* Encode into BUF of INTENT_LINE_SIZE bytes. Control characters in the environment's texts
 * have been dropped by the collector; here they are an error. */
int intent_encode(const struct intent *intent, char *buf, size_t size, struct err *err);

/* Decode strictly. On failure INTENT is untouched and ERR says what is wrong, without quoting more
 * than 40 made-safe bytes. */
int intent_decode(const char *line, struct intent *intent, struct err *err);

/*
 * Whether ENTRY, NAME=value, is what Slurm itself (23.11 and later) puts into the environment of
 * every job, step and salloc, so that mpirun starts its daemons by srun. Who submits from inside
 * a job hands it on: it says nothing of what the new job runs.
 */
bool env_is_of_slurm(const char *entry);

/*
 * Copy TEXT into BUF for a message: bytes outside printable ASCII become '?', a text longer than
 * MAX bytes is cut and ends in "...". Returns BUF.
 */
char *text_make_safe(const char *text, size_t max, char *buf, size_t size);

#endif
