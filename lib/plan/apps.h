/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apps: applications known by the word that starts them.
 *
 * Known by the whole base name or by a pattern of it, never by a part of a path or of a text:
 * "pw.x" is Quantum ESPRESSO, "/data/espresso/run.py" is not. The table is what people who run
 * these programs know of them; it is a hint for choosing instances, no measurement. Pure.
 */
#ifndef BURST_APPS_H
#define BURST_APPS_H

#include <stdbool.h>
#include <stddef.h>

/* How the program comes to be parallel over nodes. */
enum app_mpi {
	APP_MPI_ALWAYS, /* is an MPI program: parallel where a launcher starts it */
	APP_MPI_SELF,   /* starts its own ranks, if its arguments say so (starccm+ -np, torchrun) */
	APP_MPI_FLAG,   /* by launcher, and only with a flag (OpenFOAM's -parallel) */
	APP_MPI_MAYBE,  /* there are builds with and without (gmx, python) */
	APP_MPI_NEVER,  /* one machine, or its own means over TCP */
};

/* How much its ranks wait for each other; more is larger. */
enum comm {
	COMM_LOOSE,    /* seldom: sampling, ensembles */
	COMM_MODERATE, /* neighbours, with some collectives */
	COMM_TIGHT,    /* all-to-all or latency bound: an Ethernet slows it down much */
};

enum app_bound { APP_COMPUTE, APP_MEMORY /* bandwidth or size */ };

struct known_app {
	const char *name; /* "Quantum ESPRESSO" */
	enum app_mpi mpi;
	enum comm comm;
	enum app_bound bound;
	bool gpu;            /* is mostly run on GPUs, where there are some */
	bool collectives;    /* speaks NCCL, not MPI, between GPUs */
	const char *flag;    /* APP_MPI_SELF, APP_MPI_FLAG: any of these words or beginnings of
			      * words, blank separated; NULL: none is needed */
	const char *pattern; /* of base names, blank separated, one '*' in each */
};

/* The application that WORD, a path or name, starts; NULL: not known. Borrowed, static. */
const struct known_app *apps_find(const char *word);

/* By the name in the table, for tests and for what is known otherwise; NULL: none. */
const struct known_app *apps_by_name(const char *name);

/* The table, for listing and tests; *N its length. */
const struct known_app *apps_all(size_t *n);

/* "tight", "moderate", "loose". */
const char *comm_name(enum comm comm);

#endif
