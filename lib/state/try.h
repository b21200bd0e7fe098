/* SPDX-License-Identifier: Apache-2.0 */
/*
 * try: one row per try of a gang's launch: which pools were asked, and what came of it.
 *
 * try_begin() before the first side effect of a try, try_end() when its outcome is known; a row
 * without an end is of a process that died, or still runs. Rows stay: they are what a person reads
 * who asks why a job waits or was refused.
 */
#ifndef BURST_TRY_H
#define BURST_TRY_H

#include "lib/state/db.h"

struct
try {
	char gang[48];
	unsigned number; /* from 1 within the gang; try_begin() gives it */
	char region[32];
	/* "4 x hpc7a.96xlarge|c7i.48xlarge in us-east-2a|us-east-2b, spot, EFA, placement group" */
	char asked[512];
	char launch[65];  /* token of its first launch; "" none was sent */
	char class[16];   /* err_class_name(); "" while it runs, and when it came */
	char code[64];    /* EC2's own; "" */
	char *text;       /* what came of it, a sentence; NULL while it runs */
	char *reasons;    /* the plan's, text; may be NULL */
	int64_t began_ms; /* 0 given to try_begin(): now */
	int64_t ended_ms; /* 0 while it runs */
};

/*
 * Write the beginning: GANG, REGION, ASKED, REASONS and BEGAN_MS of T; the rest is passed over.
 * Fills t->number. ERR_NOTFOUND without the gang.
 */
int try_begin(struct db *db, struct try *t, struct err *err);
/*
 * Write what came of it. Texts may be NULL, which is "" (TEXT: none). CLASS "" says that it came. A
 * try that has ended already takes the later word. ERR_NOTFOUND without the try.
 */
int try_end(struct db *db, const char *gang, unsigned number, const char *launch, const char *class,
	const char *code, const char *text, int64_t now_ms, struct err *err);
/* Those of a gang, the first first; heap array, none is no error. */
int try_list(struct db *db, const char *gang, struct try **tries, size_t *n, struct err *err);
void try_list_release(struct try *tries, size_t n);

#endif
