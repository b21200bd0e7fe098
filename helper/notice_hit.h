/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice_hit: what the open notices of one gang are about: its nodes, its jobs, and when. Private
 * to notice_work.c and notice_jobs.c.
 */
#ifndef BURST_NOTICE_HIT_H
#define BURST_NOTICE_HIT_H

#include "helper/app.h"
#include "lib/base/nodeset.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"
#include "lib/state/notice.h"

struct hit {
	struct app *app;
	struct gang gang;
	enum notice_kind kind;
	struct notice *all; /* of that kind, not done, oldest first */
	size_t n;
	struct instance *instances; /* the gang's that are not terminated */
	size_t ninstances;
	bool whole;                   /* all of the gang goes with one of it */
	struct nodeset taken;         /* whose instances the notices are about */
	struct nodeset nodes;         /* that go: all of the gang's, or those taken */
	int64_t seen_ms, deadline_ms; /* the earliest; deadline 0: none */
};

/*
 * When a job that may be sent back is, at the latest, so that it has KillWait to end in; and when
 * what is left is ended, so that EC2 does not come first. Never without a deadline (INT64_MAX).
 */
int64_t notice_act_ms(int64_t seen_ms, int64_t deadline_ms, int64_t kill_wait_s);
int64_t notice_release_ms(int64_t seen_ms, int64_t deadline_ms);

/* The jobs on the nodes: written down with each notice, signalled and told. -1: some were not, and
 * are to be tried again. */
int notice_tell_jobs(struct hit *hit, struct err *err);
/*
 * Those told: which have ended, which are sent back now. 2: nothing is left to do for any; 1: for
 * some there is, but their nodes need not wait for it; 0: they have to; -1.
 */
int notice_end_jobs(struct hit *hit, struct err *err);

enum notice_fate { FATE_DONE, FATE_BACK, FATE_WAIT, FATE_LEFT };
/*
 * What is to be done about a start of a job that was hit, by what Slurm says of it NOW: nothing
 * more (it has ended, or was sent back by somebody), send it back, wait, or leave it to the end of
 * its nodes. ACT_MS and RELEASE_MS are not before NOW_MS when that time has come. Pure.
 */
enum notice_fate notice_fate(const struct job_facts *now, uint32_t restart,
	enum spot_requeue policy, int64_t act_ms, int64_t release_ms, int64_t now_ms);
/* May it be sent back at all? */
/* "USR1" as a number; 0 of "none". */
int notice_signal_number(const char *name);
bool notice_may_requeue(const struct job_facts *job, enum spot_requeue policy);

#endif
