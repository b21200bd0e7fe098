/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submit: the intent of one submission: the user's choice, the site's
 * defaults, and what the environment says of MPI.
 *
 * Pure: the environment is an argument. The environment is the user's own, so
 * everything taken from it is cut and freed of what is not printable ASCII.
 */
#ifndef BURST_SUBMIT_H
#define BURST_SUBMIT_H

#include "plugin/options.h"

/*
 * Fill INTENT. PROGRAM is the submitting program's name, ENV its environment (as environ). The
 * explicit choice outranks the site's default_efa; where no cost is given the site's max_cost is
 * the limit, the one for the job before the one per hour.
 */
void submit_fill(struct intent *intent, const struct choice *choice, const struct plugargs *args,
	const char *program, char *const env[]);

#endif
