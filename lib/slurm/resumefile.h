/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resumefile: SLURM_RESUME_FILE, which jobs a ResumeProgram call is for.
 *
 * Both schemas: 22.05 (jobs[].nodes, all_nodes) and 23.02 and later (nodes_resume, nodes_alloc,
 * all_nodes_resume). Unknown keys are ignored. The path is in /proc of slurmctld and goes away: read it
 * before anything else. Input from slurmctld, still checked like a stranger's.
 */
#ifndef BURST_RESUMEFILE_H
#define BURST_RESUMEFILE_H

#include <stdint.h>

#include "lib/base/nodeset.h"

struct resume_job {
	uint32_t job_id;
	struct nodeset resume; /* this call's slice of the job's nodes */
	struct nodeset alloc;  /* all of the job's nodes; empty on 22.05 */
	char partition[64];    /* "" on 22.05 */
	char *features;	       /* may be NULL */
};

struct resumefile {
	struct resume_job *jobs;
	size_t njobs;
	struct nodeset all; /* every node of the call, with those of no job */
};

/* Parse the text of a resume file. */
int resumefile_parse(const char *text, size_t len, struct resumefile *out, struct err *err);
void resumefile_release(struct resumefile *file);

#endif
