/* SPDX-License-Identifier: Apache-2.0 */
/*
 * efa: does a job want EFA, how much, and why? Before anything is known of pools and prices.
 *
 * Who speaks first decides: the user's option, the user's features (--constraint), what was
 * detected of the job and its size, the site's default. Pure.
 */
#ifndef BURST_EFA_H
#define BURST_EFA_H

#include "lib/intent/intent.h"
#include "lib/plan/detect.h"

/* From so many nodes up a job that is detected as MPI has EFA in this mode; 0: the band is off. */
struct efa_bands {
	unsigned required_nodes;  /* 16 */
	unsigned preferred_nodes; /* 4 */
	unsigned optional_nodes;  /* 2 */
	unsigned min_confidence;  /* 60: what is less sure counts as not detected */
};
#define EFA_BANDS_DEFAULT                                                                          \
	{                                                                                          \
		16, 4, 2, 60                                                                       \
	}

struct efa_input {
	enum efa_mode option;                 /* --efa; EFA_UNSET: not given */
	const char *option_why;               /* "the job's --efa"; NULL: these words */
	enum efa_mode features;               /* of --constraint; EFA_UNSET: none of ours */
	const struct detect_result *detected; /* NULL: nothing to go by */
	unsigned nodes;
	const struct efa_bands *bands; /* NULL: the defaults above */
	enum efa_mode dflt;            /* EFA_UNSET counts as preferred */
	const char *dflt_why;          /* NULL: "mpi.efa_default" */
};

#define EFA_WHY_SIZE 192

struct efa_decision {
	enum efa_mode mode;     /* never EFA_UNSET */
	bool given;             /* the user asked for it, by option or features */
	bool by_detection;      /* the user did not: see plan_request.efa_detected */
	char why[EFA_WHY_SIZE]; /* for people: "detected: GROMACS by srun, line 12, 16 nodes" */
};

void efa_decide(const struct efa_input *input, struct efa_decision *decision);

/* Is RESULT (may be NULL) sure enough to be gone by? */
bool efa_is_sure(const struct detect_result *result, const struct efa_bands *bands);

#endif
