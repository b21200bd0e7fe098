/* SPDX-License-Identifier: Apache-2.0 */
/*
 * public: what users may read of what the helper knows, as JSON in conf->public.directory, so that
 * "explain" and "estimate" need neither state.db nor EC2. The directory may lie on a path that
 * login nodes share. Where it does not exist nothing is written; each file is replaced whole.
 *
 *	catalogue.json        what EC2 has told of types, zones and subnets (helper/types.h)
 *	prices.json           the prices that plans are made with (helper/prices.h)
 *	site.json             what of the configuration is no secret (helper/site.h)
 *	plan/<job>.json       what "explain" says of a job; where PrivateData=jobs hides jobs from
 *	                      others, its owner alone may read it, by ACL
 */
#ifndef BURST_PUBLIC_H
#define BURST_PUBLIC_H

#include <sys/types.h>

#include "helper/app.h"
#include "lib/base/strbuf.h"

#define PUBLIC_PLAN_DIR "plan"

/*
 * Is there a directory that we may write? 1; 0: there is none; -1 with ERR_CONFIG: it is not ours,
 * or others may write there.
 */
int public_ready(const struct conf *conf, struct err *err);

/* NAME ("catalogue.json", "plan/7.json") with TEXT, for everybody. ERR as file_write(). */
int public_write(const struct conf *conf, const char *name, const char *text, struct err *err);
/* … for its owner and USER only. ERR_CONFIG where the file system has no ACLs: nothing is there
 * then. */
int public_write_private(
	const struct conf *conf, const char *name, const char *text, uid_t user, struct err *err);

/* catalogue.json and prices.json, of all regions that are known, and site.json. 1 written, 0
 * nowhere to, -1. */
int public_catalogue(struct app *app, struct err *err);

/*
 * plan/<job>.json for each of the gang's jobs, by the name that Slurm gives it (of a pool: its
 * number). Many jobs of one gang have plan/<gang>.json together, and links to it. What fails is
 * logged, once for a process, and no reason to stop.
 */
void public_gang(struct app *app, const char *gang);

/*
 * For who may not read state.db: what plan/JOB.json holds, as text or JSON appended to OUT.
 * ERR_NOTFOUND: it is not there, or the job is another's; ERR_USAGE: no job.
 */
int public_explain(
	const struct conf *conf, const char *job, bool json, struct strbuf *out, struct err *err);

/* Remove plans that were written before BEFORE_S. */
void public_prune(const struct conf *conf, int64_t before_s);

#endif
