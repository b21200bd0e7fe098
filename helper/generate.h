/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate: the lines of slurm.conf that follow from the configuration: its nodes, its partitions,
 * and TRESBillingWeights by the prices that are known, so that Slurm's accounting counts cloud
 * nodes at their price (lib/plan/weights.h).
 */
#ifndef BURST_GENERATE_H
#define BURST_GENERATE_H

#include "helper/app.h"
#include "lib/base/strbuf.h"

struct generate {
	bool first;           /* a node costs what its group's first type does; else the dearest */
	bool max_tres;        /* PriorityFlags of slurm.conf has MAX_TRES */
	const char *flags_in; /* where that was looked for */
	int64_t now_ms;
};

/*
 * Appended to OUT. ERR_CONFIG where a node group does not say its CPUs or a value is nothing for
 * slurm.conf; ERR_NOTFOUND where a price is not known: what would be billed too little is not made.
 */
int generate_slurm(
	struct app *app, const struct generate *how, struct strbuf *out, struct err *err);

#endif
