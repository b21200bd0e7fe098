/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/final_cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/comment.h"
#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/state/instance.h"

#define PREFIX   "burst: "
#define KEPT_MAX (COMMENT_SIZE - 400)

/* What stays of the comment that the job has; NULL: nothing. */
static const char *worth_keeping(const char *before)
{
	if (!before || strncmp(before, PREFIX, strlen(PREFIX)) != 0)
		return NULL;
	before += strlen(PREFIX);
	/* "16 x hpc7a.96xlarge on-demand …" */
	if ((*before >= '0' && *before <= '9') ||
		!strncmp(before, COST_WARNING, strlen(COST_WARNING)))
		return NULL;
	return before;
}

void final_cost_words(const struct job_money *money, const struct gang_spent *spent,
	const char *nodes, int64_t ran_s, const char *before, struct strbuf *out)
{
	const char *kept = worth_keeping(before), *between = " (";
	char usd[32], span[CLOCK_SPAN_SIZE];

	/* EC2's messages are long, and what follows must find room */
	if (kept && strlen(kept) > KEPT_MAX)
		strbuf_addf(out, "%.*s ...; ", KEPT_MAX, kept);
	else if (kept)
		strbuf_addf(out, "%s; ", kept);
	strbuf_addf(out, "cost %s USD", money_format(spent->uusd, usd, sizeof(usd)));
	if (money->worst_uusd >= 0 && money->worst_uusd != money->limit_uusd) {
		strbuf_addf(out, "%sestimate <= %s", between,
			money_format(money->worst_uusd, usd, sizeof(usd)));
		between = ", ";
	}
	if (money->limit_uusd > 0) {
		strbuf_addf(out, "%slimit %s", between,
			money_format(money->limit_uusd, usd, sizeof(usd)));
		between = ", ";
	}
	if (spent->unpriced) {
		strbuf_addf(out, "%s%u instance(s) of unknown rate not counted", between,
			spent->unpriced);
		between = ", ";
	}
	if (*between == ',')
		strbuf_addch(out, ')');
	if (*nodes)
		strbuf_addf(out, ", %s", nodes);
	if (ran_s >= 0)
		strbuf_addf(out, ", %s", clock_format_span(ran_s, span));
}

/* "16 x hpc7a.96xlarge, 2 x c7i.48xlarge" of the instances that were on NODES. */
static int describe_nodes(
	struct db *db, const char *gang, const char *nodes, struct strbuf *out, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset own = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (nodeset_parse(&own, nodes, err) < 0 ||
		instance_list(db, gang, true, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned count = 0;

		if (!*list[i].type || !nodeset_contains(&own, list[i].node))
			continue;
		for (size_t k = i; k < n; k++) {
			if (strcmp(list[k].type, list[i].type) != 0 ||
				!nodeset_contains(&own, list[k].node))
				continue;
			count++;
			if (k > i)
				*list[k].type = '\0';
		}
		strbuf_addf(out, "%s%u x %s", out->len ? ", " : "", count, list[i].type);
	}
	return 0;
}

static int tell_job(struct app *app, const struct gang *gang, const struct gang_job *job,
	const struct job_facts *facts, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf nodes = STRBUF_INIT, text = STRBUF_INIT;
	struct job_change change = JOB_CHANGE_INIT;
	struct job_money money;
	struct gang_spent spent;
	char buf[COMMENT_SIZE];

	if (job_money_get(app->db, job->job_id, job->restart, facts->user, &money, err) < 0) {
		if (err->class != ERR_NOTFOUND)
			return -1;
		money = (struct job_money){.job_id = job->job_id,
			.restart = job->restart,
			.worst_uusd = -1,
			.asked_s = facts->time_limit_s};
		snprintf(money.user, sizeof(money.user), "%s", facts->user);
	}
	if (money.told_ms)
		return 0;
	if (gang_spent(app->db, job->job_id, clock_now_ms(), &spent, err) < 0 ||
		describe_nodes(app->db, gang->id, job->nodes, &nodes, err) < 0)
		return -1;
	final_cost_words(&money, &spent, nodes.buf ? nodes.buf : "",
		facts->end_s >= facts->start_s && facts->start_s ? facts->end_s - facts->start_s
								 : -1,
		facts->admin_comment, &text);
	if (text.failed || nodes.failed)
		return err_nomem(err);
	comment_put(app, &change, text.buf, buf, sizeof(buf));
	if (!change.admin_comment && !change.system_comment)
		return 0;
	log_info("job %s: %s", facts->name, text.buf);
	/* no release up to 26.05 changes a job that is over, but its record in the database can be
	 */
	if (slurm_client_job_change(facts->name, &change, err) < 0 &&
		(err->class != ERR_NOTFOUND || !app->site.dbd || !change.admin_comment ||
			slurm_client_dbd_comment(
				app->site.cluster, facts->name, change.admin_comment, err) < 0))
		return -1;
	money.told_ms = clock_now_ms();
	return job_money_put(app->db, &money, err);
}

void final_cost_tell(struct app *app, const struct gang *gang)
{
	struct gang_job *jobs = NULL;
	size_t n = 0;
	struct err err;

	if (gang_jobs(app->db, gang->id, &jobs, &n, &err) < 0) {
		log_warn("gang %s: %s", gang->id, err.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		CLEANUP(job_facts_release) struct job_facts facts = {0};

		/* forgotten, or in its next start */
		if (slurm_client_job(jobs[i].job_id, &facts, &err) < 0 ||
			facts.restart != jobs[i].restart || facts.state != JOB_STATE_ENDED)
			continue;
		if (tell_job(app, gang, &jobs[i], &facts, &err) < 0)
			log_info("job %s was not told what it cost: %s", facts.name, err.text);
	}
	gang_jobs_release(jobs, n);
}
