/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slurm_internal: what the .c files of slurm_client share. Includes slurm.h; nobody outside this
 * room includes this.
 */
#ifndef BURST_SLURM_INTERNAL_H
#define BURST_SLURM_INTERNAL_H

/* From 26.05 some calls take a structure instead of the job's number; this keeps the number
 * working. */
#define SLURM_BACKWARD_COMPAT 1
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

#include "lib/slurm/slurm_pure.h"

/* An error for libslurm's errno, "DOING: its words"; code becomes the number. Returns -1. */
int slurm_fail(struct err *err, const char *doing);

/* 0 after slurm_client_init(); before, libslurm would look for its configuration and may exit. */
int slurm_client_check(struct err *err);

/*
 * Run TASK(ARG, FD) in a child, for what libslurm may end a process in: also by exit(), which runs
 * none of our handlers there. What TASK writes to FD is read into TEXT, of SIZE bytes with its NUL;
 * of what is longer the beginning and the last byte. TASK may return. Returns the length, or -1
 * where there is no child. SLURM_CHILD_GOOD as the last byte, and not an exit status, should say
 * that it went well: SIGCHLD may be ignored.
 */
ssize_t slurm_ask_child(void (*task)(const void *arg, int fd), const void *arg, char *text,
	size_t size, struct err *err);
#define SLURM_CHILD_GOOD '\001'

#endif
