/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/protect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* Begins what protect_words() says, and finds the jobs that were told so. */
#define CLOSED_WORDS "node group %s is closed "

char *protect_name(const struct conf_group *group, char buf[PROTECT_NAME_SIZE])
{
	snprintf(buf, PROTECT_NAME_SIZE, "%s-%s", group->partition, group->name);
	return buf;
}

/* By its nodes: a job may name another partition that has the same nodes. */
static const struct conf_group *group_of(struct app *app, const struct gang *gang)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;

	if (!gang->nodes || nodeset_parse(&nodes, gang->nodes, NULL) < 0 || !nodes.n)
		return NULL;
	return conf_group_of(app->conf, nodes.names[0]);
}

bool protect_closed(struct app *app, const struct conf_group *group, struct health *health)
{
	char name[PROTECT_NAME_SIZE];
	struct err err;

	if (health_get(app->db, protect_name(group, name), health, &err) < 0) {
		log_warn("node group %s counts as open: %s", name, err.text);
		*health = (struct health){0};
		return false;
	}
	return health_closed(health, clock_now_ms());
}

static char *time_of_day(int64_t ms, char *buf, size_t size)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(buf, size, "%H:%M:%S", &tm))
		snprintf(buf, size, "%" PRId64, ms / 1000);
	return buf;
}

char *protect_words(
	const struct conf_group *group, const struct health *health, char *buf, size_t size)
{
	char name[PROTECT_NAME_SIZE], until[32];

	protect_name(group, name);
	snprintf(buf, size,
		CLOSED_WORDS "after %u boot%s in a row failed (last: %s) until %s; open it now by "
			     "aws-slurm-burst open %s",
		name, health->failures, health->failures == 1 ? "" : "s", health->reason,
		time_of_day(health->until_ms, until, sizeof(until)), name);
	return buf;
}

void protect_failed(struct app *app, const struct gang *gang, const char *why)
{
	const struct conf_group *group = group_of(app, gang);
	char name[PROTECT_NAME_SIZE], words[1024];
	int64_t now_ms = clock_now_ms();
	struct health health;
	bool closed = false;
	struct err err;

	if (!group)
		return;
	protect_name(group, name);
	if (health_failed(app->db, name, why, app->conf->boot.protect_after, now_ms,
		    now_ms + app->conf->boot.protect_for_s * 1000, &closed, &err) < 0 ||
		health_get(app->db, name, &health, &err) < 0) {
		log_err("node group %s: failed boot not counted: %s", name, err.text);
		return;
	}
	if (closed)
		log_err("%s", protect_words(group, &health, words, sizeof(words)));
	else
		log_warn("node group %s: %u boot(s) in a row failed", name, health.failures);
}

void protect_good(struct app *app, const struct gang *gang)
{
	const struct conf_group *group = group_of(app, gang);
	char name[PROTECT_NAME_SIZE];
	struct err err;

	if (group && health_good(app->db, protect_name(group, name), &err) < 0)
		log_warn("node group %s: %s", name, err.text);
}

/* A job that waits for GROUP to open. */
static bool waits_for(const struct job_facts *job, const char *words, int64_t now_s)
{
	return job->state == JOB_STATE_PENDING && *job->name && job->start_s > now_s &&
	       job->admin_comment && strstr(job->admin_comment, words);
}

long protect_release_jobs(struct app *app, const struct conf_group *group, struct err *err)
{
	char name[PROTECT_NAME_SIZE], words[PROTECT_NAME_SIZE + sizeof(CLOSED_WORDS)];
	struct job_facts *jobs = NULL;
	int64_t now_s = clock_now_s();
	long released = 0;
	size_t n = 0;

	snprintf(words, sizeof(words), CLOSED_WORDS, protect_name(group, name));
	if (slurm_client_jobs(&jobs, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct job_change change = JOB_CHANGE_INIT;
		struct err local;

		change.begin_s = now_s;
		if (waits_for(&jobs[i], words, now_s)) {
			if (slurm_client_job_change(jobs[i].name, &change, &local) < 0)
				log_warn("job %s waits on: %s", jobs[i].name, local.text);
			else
				released++;
		}
		job_facts_release(&jobs[i]);
	}
	free(jobs);
	return released;
}
