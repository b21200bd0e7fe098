/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/gate.h"
#include "helper/hook.h"
#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/intent/record.h"

#define INTENT_VARIABLE "SPANK_BURST_INTENT"

static void db_close_(struct db **db)
{
	db_close(*db);
}

/* What the job carries; any user can set the variable to anything. */
static void read_intent(struct record *record)
{
	const char *line = getenv(INTENT_VARIABLE);
	struct err err = {0};

	if (!line)
		return;
	if (!intent_decode(line, &record->intent, &err)) {
		record->kind = RECORD_INTENT;
		return;
	}
	record->kind = RECORD_GARBAGE;
	text_make_safe(err.text, sizeof(record->why) - 4, record->why, sizeof(record->why));
	log_warn("the job's intent is refused and counts as none: %s", record->why);
}

static void write_record(const struct conf *conf, const struct record *record)
{
	char dir[PATH_MAX], limit[48];
	struct err err = {0};

	/* an older mark of this name is of another job: slurmctld -c gives ids out again */
	if (hook_dir(conf, "ended", dir, &err) < 0 ||
		record_end_remove(dir, record->job_id, record->restart, &err) < 0)
		log_err("an old mark of the job's end may stay: %s", err.text);
	if (hook_dir(conf, "intent", dir, &err) < 0 || record_write(dir, record, &err) < 0) {
		log_err("the job's intent is not recorded: %s", err.text);
		return;
	}
	if (record->kind == RECORD_INTENT)
		log_info("intent recorded: efa %s, limit %s", efa_mode_name(record->intent.efa),
			cost_limit_format(&record->intent.cost, limit, sizeof(limit)));
}

/* 1: the job must not have these nodes, and what holds them is on its way out. */
static int gate(const struct conf *conf, const struct hook_job *job, const struct intent *intent)
{
	const struct gate_job question = {
		.job_id = job->job_id,
		.restart = job->restart,
		.intent = intent,
		.started_ms = job->started_ms,
		.seconds = job->seconds,
	};
	CLEANUP(db_close_) struct db *db = NULL;
	cleanup_free char *stale = NULL;
	char why[512] = "";
	struct err err = {0};
	int rc;

	if (!job->nodes.n)
		return 0;
	db = db_open(conf->state.directory, DB_READ_ONLY, conf->state.shared, &err);
	if (!db) {
		/* before the first launch there is none */
		if (err.class != ERR_NOTFOUND)
			log_warn("no look at what holds the nodes: %s", err.text);
		return 0;
	}
	rc = gate_check(db, conf, &question, &job->nodes, why, sizeof(why), &stale, &err);
	if (rc < 0)
		log_warn("no look at what holds the nodes: %s", err.text);
	if (rc <= 0)
		return 0;
	db_close(STEAL_POINTER(db)); /* not across fork */
	log_warn("sent back: %s; releasing %s", why, stale);
	if (hook_release(conf, stale, job->job_id, &err) < 0)
		log_err("cannot release %s: %s", stale, err.text);
	return 1;
}

int hook_prolog(const struct conf *conf, const struct hook_job *job)
{
	struct record record = {
		.job_id = job->job_id,
		.restart = job->restart,
		.written_s = job->started_ms / 1000,
		.kind = RECORD_NONE,
	};

	if (strlen(job->nodelist) < sizeof(record.nodes) && job->nodes.n)
		snprintf(record.nodes, sizeof(record.nodes), "%s", job->nodelist);
	read_intent(&record);
	if (gate(conf, job, &record.intent))
		return 1; /* this start is over: nobody will look for its record */
	write_record(conf, &record);
	return 0;
}
