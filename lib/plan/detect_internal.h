/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect_internal: what the parts of the detection share; nobody else includes it.
 *
 * detect_size.c reads the job's size, launch.c a launcher's command line, detect_calls.c knows the
 * script's functions, detect_step.c judges one command, detect_site.c what is set around them
 * (modules, variables), detect.c adds it all up.
 */
#ifndef BURST_DETECT_INTERNAL_H
#define BURST_DETECT_INTERNAL_H

#include "lib/plan/detect.h"
#include "lib/plan/script.h"

/* --- detect_size.c */

struct job_size {
	uint32_t nodes, tasks, cpus_per_task, tasks_per_node, gpus /* per node */;
	bool array;
	const char *job_name; /* borrowed of the input or the script; NULL */
};

/* What INPUT says, and where it says nothing what the directives do, by Slurm's defaults. */
void job_size_read(
	const struct detect_input *input, const struct script *directives, struct job_size *size);

/* The variables that Slurm sets in the job, for script_read(); at most JOB_VARS of them. */
#define JOB_VARS 12
struct job_vars {
	char text[JOB_VARS][48];
	size_t n;
};
void job_vars_make(const struct job_size *size, uint32_t cores_per_node, struct job_vars *vars);

/* --- launch.c: a command line that starts ranks. */

struct launch {
	const char *name; /* of the launcher, "mpirun" */
	bool srun;        /* srun or its like: starts anything, MPI or not */
	bool quick;       /* option of srun that only says: one task (--pty) */
	enum mpi_impl impl;
	uint32_t count;        /* ranks; 0: as many as the job has tasks */
	bool count_unknown;    /* given, but by what cannot be known */
	uint32_t programs;     /* joined by ':' */
	size_t payload;        /* index of the program; argc: none */
	const char *mpi;       /* srun --mpi=; NULL */
	const char *multiprog; /* srun --multi-prog: its file */
	bool exclusive;        /* srun --exclusive, --exact: one of many steps */
};

/* Is ARGV a launcher's line? The size is for what is counted by node. */
bool launch_read(
	size_t argc, const char *const *argv, const struct job_size *size, struct launch *launch);

/* A number at the beginning of TEXT, 0 where there is none. */
uint32_t number_of(const char *text);

/* --- detect_site.c */

/* The implementation that a module's, path's or program's name stands for; false: it names none. */
bool impl_of_module(const char *name, enum mpi_impl *impl);
bool impl_of_path(const char *path, enum mpi_impl *impl);
/* … that an environment variable belongs to. */
bool impl_of_variable(const char *name, enum mpi_impl *impl);

/* --- detect.c */

/* Each detector counts once, with its greatest weight. */
enum detector {
	D_LAUNCHER,    /* a launcher of MPI starts several ranks */
	D_SRUN,        /* srun starts several tasks */
	D_SRUN_MPI,    /* srun --mpi=… */
	D_PROGRAM,     /* what is started */
	D_SELF,        /* an application that starts its own ranks */
	D_COLLECTIVES, /* launchers and variables of GPU collectives */
	D_MODULE,
	D_VARIABLE,
	D_SUBMIT_ENV,
	D_COMPILE,
	D_SIZE,
	D_ARRAY,
	D_FARM,
	D_SINGLES,
	D_SERVICE,
	D_WORKFLOW,
	D_NOTHING, /* nothing is started several times */
	D_OPAQUE,  /* what is called may start anything */
	D_NAME,
	D_NOSCRIPT,
	DETECTORS,
};

#define WRAPPERS_MAX 16

struct detection {
	const struct detect_input *input;
	struct job_size size;
	struct script script;
	struct detect_result *result;
	struct {
		bool used;
		unsigned line, more;
		int weight;
		char text[DETECT_TEXT_SIZE];
	} found[DETECTORS];
	enum mpi_impl module_impl, variable_impl, launcher_impl, pmi_impl;
	unsigned ranks;  /* launches of several ranks, MPI or not known */
	unsigned strong; /* … of them those that are surely MPI or collectives */
	unsigned singles, background_singles;
	unsigned plain; /* srun of several tasks of what needs no MPI */
	unsigned opaque_line;
	char opaque[64];
	uint32_t launched; /* the largest number of ranks */
	const char *wrappers[WRAPPERS_MAX];
	size_t nwrappers;
	bool openmp;
	bool meeting_point;                /* the script says where its ranks meet */
	signed char mpi[SCRIPT_FILES_MAX]; /* of its files: do they speak MPI? 0: not looked yet */
};

/* WEIGHT for D by what is at LINE. */
void found(struct detection *d, enum detector which, unsigned line, int weight, const char *fmt,
	...) __attribute__((format(printf, 5, 6)));

/* --- detect_calls.c */

#define FUNCTIONS_MAX 128

struct functions {
	const char *names[FUNCTIONS_MAX];
	uint32_t hashes[FUNCTIONS_MAX];
	bool live[FUNCTIONS_MAX];
	size_t n;
	bool too_many;
};

/* Which functions are called, by what is run itself. */
void find_functions(const struct detection *d, struct functions *f);
/* Is the command itself run? In doubt it is. */
bool function_live(const struct functions *f, const struct script_command *c);
/* run() { echo "+ $*"; "$@"; }: the functions of the script that run their arguments. */
void find_wrappers(struct detection *d);

/* --- detect_step.c: judge the commands */
void judge_commands(struct detection *d);
/* --- detect_site.c: modules, variables, the environment */
void judge_site(struct detection *d);

#endif
