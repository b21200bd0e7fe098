/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/notice_hit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "helper/comment.h"
#include "helper/log.h"
#include "helper/spot_policy.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/counter.h"

/* Between a job's SIGKILL and its nodes being free of it. */
#define END_SPARE_S 10
/* EC2 may be a little early. */
#define RELEASE_SPARE_MS 3000

/* --- what is to be done ---------------------------------------------------------------------- */

int64_t notice_act_ms(int64_t seen_ms, int64_t deadline_ms, int64_t kill_wait_s)
{
	int64_t lead_ms = (kill_wait_s + END_SPARE_S) * 1000, span_ms = deadline_ms - seen_ms;

	if (!deadline_ms)
		return INT64_MAX;
	if (span_ms < 0)
		span_ms = 0;
	/* half of the time at least is the job's own */
	return deadline_ms - (lead_ms < span_ms / 2 ? lead_ms : span_ms / 2);
}

int64_t notice_release_ms(int64_t seen_ms, int64_t deadline_ms)
{
	int64_t span_ms = deadline_ms - seen_ms;

	if (!deadline_ms)
		return INT64_MAX;
	if (span_ms < 0)
		span_ms = 0;
	return deadline_ms - (RELEASE_SPARE_MS < span_ms / 10 ? RELEASE_SPARE_MS : span_ms / 10);
}

bool notice_may_requeue(const struct job_facts *job, enum spot_requeue policy)
{
	return job->batch && job->requeue && policy != SPOT_REQUEUE_NEVER;
}

enum notice_fate notice_fate(const struct job_facts *now, uint32_t restart,
	enum spot_requeue policy, int64_t act_ms, int64_t release_ms, int64_t now_ms)
{
	bool may = notice_may_requeue(now, policy);

	/* by its own script, a person, or slurmctld when it lost a node */
	if (now->restart > restart || now->state == JOB_STATE_PENDING)
		return FATE_DONE;
	if (now->state == JOB_STATE_ENDED) {
		if (!may || now->cancelled || now->timed_out)
			return FATE_DONE;
		return now->succeeded && policy != SPOT_REQUEUE_ALWAYS ? FATE_DONE : FATE_BACK;
	}
	/* slurmctld knows how it ended only when all of it has */
	if (now->state == JOB_STATE_COMPLETING)
		return now_ms >= release_ms ? FATE_LEFT : FATE_WAIT;
	if (may)
		return now_ms >= act_ms ? FATE_BACK : FATE_WAIT;
	return now_ms >= release_ms ? FATE_LEFT : FATE_WAIT;
}

int notice_signal_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {
		{"HUP", SIGHUP},
		{"INT", SIGINT},
		{"QUIT", SIGQUIT},
		{"USR1", SIGUSR1},
		{"USR2", SIGUSR2},
		{"TERM", SIGTERM},
		{"XCPU", SIGXCPU},
	};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (!strcmp(name, signals[i].name))
			return signals[i].number;
	return 0;
}

static void count(struct app *app, const char *what)
{
	struct err err;

	if (counter_add(app->db, what, 1, &err) < 0)
		log_warn("%s", err.text);
}

/* --- telling --------------------------------------------------------------------------------- */

static const char *clock_words(int64_t ms, char *buf, size_t size)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(buf, size, "%H:%M:%S", &tm))
		*buf = '\0';
	return buf;
}

static void tell_job(struct hit *hit, const struct job_facts *job, const char *name, bool sent)
{
	const struct conf *conf = hit->app->conf;
	int64_t act_ms = notice_act_ms(hit->seen_ms, hit->deadline_ms, hit->app->site.kill_wait_s);
	char text[COMMENT_SIZE - 16], when[16], signal[48] = "";

	if (sent)
		snprintf(signal, sizeof(signal), "; %s sent", conf->spot.signal);
	if (!job->batch)
		snprintf(text, sizeof(text), "%s; the job ends with it", hit->all[0].text);
	else if (!notice_may_requeue(job, conf->spot.requeue))
		snprintf(text, sizeof(text), "%s%s; the job ends with it and is not requeued",
			hit->all[0].text, signal);
	else if (hit->kind == NOTICE_REBALANCE)
		snprintf(text, sizeof(text), "%s%s; the job goes on, its nodes take no other",
			hit->all[0].text, signal);
	else
		snprintf(text, sizeof(text), "%s%s; back into the queue not later than %s",
			hit->all[0].text, signal, clock_words(act_ms, when, sizeof(when)));
	if (!job->batch) {
		char line[COMMENT_SIZE], safe[COMMENT_SIZE];

		snprintf(line, sizeof(line), "burst: %s",
			text_make_safe(text, sizeof(safe) - 16, safe, sizeof(safe)));
		slurm_client_notify(job->job_id, line, NULL);
	}
	comment_job(hit->app, name, text);
}

/*
 * The row is written after the signal: what dies in between sends it twice rather than never. Where
 * nothing can be written it would be sent every second, so something is written before.
 */
static int signal_job(
	struct hit *hit, const struct job_facts *job, struct notice_job *row, struct err *err)
{
	const struct conf *conf = hit->app->conf;
	int number = notice_signal_number(conf->spot.signal);
	bool late = hit->deadline_ms && clock_now_ms() >= hit->deadline_ms;
	struct err local;
	bool sent = false;

	if (number && job->state == JOB_STATE_RUNNING && !late) {
		if (counter_add(hit->app->db, "spot.signalled", 1, err) < 0)
			return -1;
		sent = slurm_client_signal(row->name, number,
			       job->batch ? conf->spot.signal_to : SIGNAL_STEPS, &local) == 0;
		if (!sent && local.class == ERR_TRANSIENT) {
			*err = local;
			return -1;
		}
		if (!sent && local.class != ERR_NOTFOUND)
			log_err("%s", local.text);
	}
	row->signalled_ms = clock_now_ms();
	if (notice_set_job(hit->app->db, row, err) < 0)
		return -1;
	burst_log_context(row->name, hit->gang.id);
	if (sent)
		log_warn("%s sent to job %s, %lld ms after the notice came", conf->spot.signal,
			row->name, (long long)(row->signalled_ms - hit->seen_ms));
	tell_job(hit, job, row->name, sent);
	burst_log_context(NULL, hit->gang.id);
	return 0;
}

static bool is_hit(const struct job_facts *job, const struct nodeset *nodes)
{
	CLEANUP(nodeset_release) struct nodeset theirs = NODESET_INIT;

	if (!job->nodes || !*job->nodes ||
		(job->state != JOB_STATE_RUNNING && job->state != JOB_STATE_CONFIGURING &&
			job->state != JOB_STATE_COMPLETING && job->state != JOB_STATE_OTHER) ||
		nodeset_parse(&theirs, job->nodes, NULL) < 0)
		return false;
	nodeset_for_each (&theirs, i)
		if (nodeset_contains(nodes, theirs.names[i]))
			return true;
	return false;
}

/* A component of a heterogeneous job does not live alone: its leader stands for all. */
static void name_row(const struct job_facts *job, struct notice_job *row)
{
	*row = (struct notice_job){.job_id = job->job_id, .restart = job->restart};
	snprintf(row->name, sizeof(row->name), "%s", job->name);
	snprintf(row->user, sizeof(row->user), "%s", job->user);
	if (!job->het_leader)
		return;
	row->job_id = job->het_leader;
	snprintf(row->name, sizeof(row->name), "%u", job->het_leader);
}

/* As it stands in the notice, where an earlier one may have had it signalled. */
static int read_row(struct hit *hit, struct notice_job *row, struct err *err)
{
	cleanup_free struct notice_job *rows = NULL;
	size_t n = 0;

	if (notice_jobs(hit->app->db, hit->all[0].seq, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (rows[i].job_id == row->job_id && rows[i].restart == row->restart)
			*row = rows[i];
	return 0;
}

static int hit_job(struct hit *hit, const struct job_facts *job, struct err *err)
{
	struct notice_job row;

	name_row(job, &row);
	for (size_t i = 0; i < hit->n; i++)
		if (notice_add_job(hit->app->db, hit->all[i].seq, &row, err) < 0)
			return -1;
	if (read_row(hit, &row, err) < 0)
		return -1;
	/* one that is ending knows */
	if (row.signalled_ms || job->state == JOB_STATE_COMPLETING)
		return 0;
	return signal_job(hit, job, &row, err);
}

int notice_tell_jobs(struct hit *hit, struct err *err)
{
	struct job_facts *jobs = NULL;
	size_t n = 0;
	int rc = 0;

	if (!hit->nodes.n)
		return 0;
	if (slurm_client_jobs(&jobs, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		/* one job's trouble must not keep another from being told */
		if (is_hit(&jobs[i], &hit->nodes) && hit_job(hit, &jobs[i], err) < 0)
			rc = -1;
		job_facts_release(&jobs[i]);
	}
	free(jobs);
	return rc;
}

/* --- ending ---------------------------------------------------------------------------------- */

/* It is in the queue again, or on its way there: when it starts, and why it is there. */
static void explain_back(struct hit *hit, const struct notice_job *row)
{
	struct job_change change = JOB_CHANGE_INIT;
	char text[COMMENT_SIZE - 16], buf[COMMENT_SIZE];
	unsigned times = 0;
	struct err err;
	bool over = spot_is_over(hit->app, row->job_id, row->user, &times);

	snprintf(text, sizeof(text), "%s; sent back into the queue%s%s", hit->all[0].text,
		times > 1 ? ", not for the first time" : "",
		over ? "; its next start is on-demand" : "");
	comment_put(hit->app, &change, text, buf, sizeof(buf));
	/* slurmctld would let it wait two minutes, for what was on its nodes; these are other ones
	 */
	change.begin_s = clock_now_s();
	if (slurm_client_job_change(row->name, &change, &err) < 0)
		log_info("job %s: %s", row->name, err.text);
}

static int end_row(struct hit *hit, struct notice_job *row, bool requeued, struct err *err)
{
	row->ended_ms = clock_now_ms();
	row->requeued = requeued;
	return notice_set_job(hit->app->db, row, err);
}

static int send_back(struct hit *hit, struct notice_job *row, struct err *err)
{
	struct err local;

	if (slurm_client_requeue(row->name, &local) < 0 && local.class != ERR_BUSY) {
		/* slurmctld has forgotten it, or will not: nothing more can be done for it */
		if (local.class == ERR_TRANSIENT) {
			*err = local;
			return -1;
		}
		log_err("%s: it is not sent back", local.text);
		return end_row(hit, row, false, err);
	}
	if (end_row(hit, row, true, err) < 0)
		return -1;
	count(hit->app, "spot.requeued");
	log_warn("job %s is sent back into the queue", row->name);
	explain_back(hit, row);
	return 0;
}

/* With its nodes slurmctld would requeue it, which is not wanted. */
static void forbid_requeue(struct hit *hit, const struct job_facts *job, const char *name)
{
	struct job_change change = JOB_CHANGE_INIT;
	struct err err;

	if (!job->batch || !job->requeue || hit->app->conf->spot.requeue != SPOT_REQUEUE_NEVER)
		return;
	change.requeue = 0;
	if (slurm_client_job_change(name, &change, &err) < 0)
		log_warn("job %s may be requeued by slurmctld: %s", name, err.text);
}

/* As notice_end_jobs(), of one. */
static int end_job(struct hit *hit, struct notice_job *row, struct err *err)
{
	const struct conf *conf = hit->app->conf;
	int64_t act_ms = notice_act_ms(hit->seen_ms, hit->deadline_ms, hit->app->site.kill_wait_s),
		release_ms = notice_release_ms(hit->seen_ms, hit->deadline_ms);
	CLEANUP(job_facts_release) struct job_facts now = {0};

	if (slurm_client_job(row->job_id, &now, err) < 0) {
		if (err->class != ERR_NOTFOUND)
			return -1;
		return end_row(hit, row, false, err) < 0 ? -1 : 2;
	}
	/* slurmctld -c begins its numbers anew */
	if (strcmp(now.user, row->user) != 0)
		return end_row(hit, row, false, err) < 0 ? -1 : 2;
	switch (notice_fate(
		&now, row->restart, conf->spot.requeue, act_ms, release_ms, clock_now_ms())) {
	case FATE_WAIT:
		return 0;
	case FATE_BACK:
		return send_back(hit, row, err) < 0 ? -1 : 2;
	case FATE_LEFT:
		forbid_requeue(hit, &now, row->name);
		/* how a batch job that is ending ends is waited for, also when its nodes go */
		if (now.state == JOB_STATE_COMPLETING &&
			notice_may_requeue(&now, conf->spot.requeue))
			return 1;
		break;
	case FATE_DONE:
		if (now.state != JOB_STATE_ENDED) {
			log_info("job %s has been sent back into the queue", row->name);
			explain_back(hit, row);
		} else {
			log_info("job %s has ended%s", row->name,
				now.succeeded ? " with exit status 0" : "");
		}
		break;
	}
	return end_row(hit, row, false, err) < 0 ? -1 : 2;
}

int notice_end_jobs(struct hit *hit, struct err *err)
{
	int least = 2;

	for (size_t i = 0; i < hit->n; i++) {
		cleanup_free struct notice_job *rows = NULL;
		size_t n = 0;

		if (notice_jobs(hit->app->db, hit->all[i].seq, &rows, &n, err) < 0)
			return -1;
		for (size_t k = 0; k < n; k++) {
			int one;

			if (rows[k].ended_ms)
				continue;
			burst_log_context(rows[k].name, hit->gang.id);
			one = end_job(hit, &rows[k], err);
			burst_log_context(NULL, hit->gang.id);
			if (one < least)
				least = one;
		}
	}
	return least;
}
