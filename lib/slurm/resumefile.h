/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resumefile: SLURM_RESUME_FILE, which jobs a ResumeProgram call is for.
 *
 * Both schemas: 22.05 (jobs[].nodes, all_nodes) and 23.02 and later (nodes_resume, nodes_alloc,
 * all_nodes_resume). Unknown keys are ignored. The path is in /proc of slurmctld and goes away:
 * read it before anything else. Input from slurmctld, still checked like a stranger's.
 */
#ifndef BURST_RESUMEFILE_H
#define BURST_RESUMEFILE_H

#include <stdint.h>

#include "lib/base/nodeset.h"

struct resume_job {
	uint32_t job_id;
	/*
	 * This call's slice of the job's nodes, always part of resumefile.all: with PowerAction=
	 * (26.05) slurmctld lists a job in every call, so it can be empty.
	 */
	struct nodeset resume;
	struct nodeset alloc; /* all of the job's nodes; empty on 22.05 */
	char partition[64];   /* "" on 22.05 */
	char *features;       /* may be NULL */
};

struct resumefile {
	struct resume_job *jobs; /* in the file's order, a job once; none for "scontrol power up" */
	size_t njobs;
	struct nodeset all; /* every node of the call, with those of no job */
};

/*
 * Parse the LEN bytes of a resume file into OUT; the caller releases it. -1 with ERR_USAGE for
 * anything that slurmctld does not write: bad JSON, more than 16 MiB, deeper than 16, keys of a
 * wrong type, bad node names, no list of all nodes. Of a key given twice the last one counts.
 */
int resumefile_parse(const char *text, size_t len, struct resumefile *out, struct err *err);
void resumefile_release(struct resumefile *file);

#endif
