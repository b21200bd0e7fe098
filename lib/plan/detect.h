/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect: do the processes of a job speak with each other across nodes, and by what?
 *
 * Reads the batch script (script.h), the submit environment and the job's size. Each detector
 * leaves a piece of evidence with its line and weight; their sum, cut to 1..99, is the chance in
 * per cent that the job is one MPI job (or one of GPU collectives, which need the network in the
 * same way). doc/detect.md has the table of weights.
 *
 *	struct detect_input input = {.script = text, .len = len, .nodes = 16, .tasks = 1536};
 *	struct detect_result r;
 *
 *	detect(&input, &r);
 *	if (r.is_mpi && r.confidence >= 60)
 *		...
 *
 * Pure: the same input gives the same result.
 */
#ifndef BURST_DETECT_H
#define BURST_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/plan/apps.h"

enum mpi_impl {
	MPI_UNKNOWN,
	MPI_OPENMPI,
	MPI_MPICH,
	MPI_INTEL,
	MPI_MVAPICH,
	MPI_CRAY,
	MPI_SPECTRUM, /* IBM */
	MPI_MPT,      /* HPE/SGI */
	MPI_PMIX,     /* whatever it is, srun --mpi=pmix starts it */
	MPI_PMI2,     /* … srun --mpi=pmi2 */
	MPI_NCCL,     /* no MPI, but NCCL or RCCL collectives */
};

enum job_kind {
	JOB_UNKNOWN,     /* nothing to go by */
	JOB_SINGLE,      /* one process, or threads on one node */
	JOB_MPI,         /* is_mpi */
	JOB_COLLECTIVES, /* is_mpi: GPU collectives */
	JOB_ARRAY,       /* independent tasks of an array */
	JOB_FARM,        /* independent processes in one job */
	JOB_SERVICE,     /* its own cluster over TCP: Ray, Spark, Dask, Linda */
};

struct detect_input {
	const char *script; /* need not end in NUL; NULL: srun or salloc, there is none */
	size_t len;
	const char *const *env; /* of the submit environment, "NAME=VALUE" …, NULL; may be NULL */
	/* Of the job, as Slurm or the command line has it. 0: by the script's #SBATCH lines. */
	uint32_t nodes, tasks, cpus_per_task, tasks_per_node;
	uint32_t cores_per_node; /* 0: not known */
	uint32_t gpus;           /* per node */
	bool array;
	const char *job_name;   /* NULL: by the script */
	const char *mpi_option; /* srun --mpi of the command line; NULL: none */
};

#define DETECT_EVIDENCE_MAX 32
#define DETECT_TEXT_SIZE    160

struct detect_evidence {
	unsigned line;               /* of the script; 0: not of the script */
	int weight;                  /* per cent for (+) or against (-); 0: only worth knowing */
	char text[DETECT_TEXT_SIZE]; /* for people; made safe for a terminal */
};

struct detect_result {
	bool is_mpi;         /* MPI or GPU collectives */
	unsigned confidence; /* 50..99: that is_mpi is right, be it yes or no */
	enum job_kind kind;
	enum mpi_impl impl;
	const struct known_app *app; /* static; NULL: not known */
	enum comm comm;              /* of the application; COMM_MODERATE where it is not known */
	bool hybrid_openmp;          /* MPI ranks with more than one thread each */
	bool gpu_collectives;        /* NCCL, RCCL */
	uint32_t tasks; /* ranks that the largest launch starts, else Slurm's; 0: not known */
	uint32_t nodes; /* 0: not known */
	struct detect_evidence evidence[DETECT_EVIDENCE_MAX]; /* the heaviest first */
	size_t n;
};

/* Where memory lacks: is_mpi false, confidence 50, with one piece of evidence that says so. */
void detect(const struct detect_input *input, struct detect_result *result);

/* "openmpi", "intelmpi", "unknown" … Never NULL. */
const char *mpi_impl_name(enum mpi_impl impl);
/* "mpi", "array", "farm" … Never NULL. */
const char *job_kind_name(enum job_kind kind);

#define DETECT_DESCRIBE_SIZE 256
/* "GROMACS by srun --mpi=pmix, line 12": the heaviest evidence for the verdict, without its
 * weight, for a sentence about the job. Returns BUF. */
char *detect_describe(const struct detect_result *result, char *buf, size_t size);

#endif
