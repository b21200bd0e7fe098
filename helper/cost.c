/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/sorted.h"
#include "lib/plan/bill.h"

char *cost_day(int64_t s, char *buf)
{
	time_t t = (time_t)s;
	struct tm tm = {0};

	gmtime_r(&t, &tm);
	if (!strftime(buf, COST_DAY_SIZE, "%Y-%m-%d", &tm))
		*buf = '\0';
	return buf;
}

int cost_parse_day(const char *text, int64_t *s, struct err *err)
{
	struct tm tm = {0};
	char again[COST_DAY_SIZE];
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	int64_t at = end && !*end ? (int64_t)timegm(&tm) : -1;

	/* "2026-02-30" would be in March */
	if (at < 0 || strcmp(cost_day(at, again), text))
		return err_set(err, ERR_USAGE, "\"%.40s\" is not a day such as 2026-11-30", text);
	*s = at;
	return 0;
}

/* --- who had which node when ----------------------------------------------------------------- */

/* A node of a start of a job. */
struct hold {
	char *node;
	size_t run; /* of jobs */
};

struct reading {
	struct cost *cost;
	struct job_run *jobs;
	size_t njobs;
	int64_t *weights;   /* of each job: thousandths of a CPU per node */
	struct hold *holds; /* by node and time */
	size_t nholds, alloc_holds;
	struct ledger_job *own; /* by gang */
	size_t nown;
	struct ledger_rate *rates; /* by instance */
	size_t nrates;
	/* of one run */
	struct bill_use *uses;
	size_t nuses, alloc_uses;
	size_t *owners; /* parties that it was launched for */
	size_t nowners, alloc_owners;
	struct money_rate *changes;
	size_t alloc_changes;
};

static void reading_release(struct reading *r)
{
	job_run_list_release(r->jobs, r->njobs);
	free(r->weights);
	for (size_t i = 0; i < r->nholds; i++)
		free(r->holds[i].node);
	free(r->holds);
	ledger_jobs_release(r->own, r->nown);
	free(r->rates);
	free(r->uses);
	free(r->owners);
	free(r->changes);
}

/* Room for one more of SIZE in *ARRAY. */
static int grow(void *array, size_t n, size_t *alloc, size_t size, struct err *err)
{
	size_t want = *alloc ? *alloc * 2 : 64;
	void *old, *more;

	if (n < *alloc)
		return 0;
	memcpy(&old, array, sizeof(old));
	more = reallocarray(old, want, size);
	if (!more)
		return err_nomem(err);
	memcpy(array, &more, sizeof(more));
	*alloc = want;
	return 0;
}

static int by_node(const void *a, const void *b)
{
	const struct hold *x = a, *y = b;
	int c = strcmp(x->node, y->node);

	return c ? c : (x->run > y->run) - (x->run < y->run);
}

static int index_jobs(struct reading *r, struct err *err)
{
	r->weights = calloc(r->njobs + 1, sizeof(*r->weights));
	if (!r->weights)
		return err_nomem(err);
	for (size_t i = 0; i < r->njobs; i++) {
		CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;

		if (!r->jobs[i].nodes || nodeset_parse(&nodes, r->jobs[i].nodes, NULL) < 0)
			continue;
		if (nodes.n)
			r->weights[i] = (int64_t)r->jobs[i].cpus * 1000 / (int64_t)nodes.n;
		nodeset_for_each (&nodes, k) {
			if (grow(&r->holds, r->nholds, &r->alloc_holds, sizeof(*r->holds), err) < 0)
				return -1;
			r->holds[r->nholds++] = (struct hold){nodes.names[k], i};
			nodes.names[k] = NULL;
		}
	}
	if (r->nholds)
		qsort(r->holds, r->nholds, sizeof(*r->holds), by_node);
	return 0;
}

static int hold_is_of(const void *node, const void *hold)
{
	return strcmp(node, ((const struct hold *)hold)->node);
}

static int job_is_of(const void *gang, const void *job)
{
	return strcmp(gang, ((const struct ledger_job *)job)->gang);
}

static int rate_is_of(const void *instance, const void *rate)
{
	return strcmp(instance, ((const struct ledger_rate *)rate)->instance);
}

/* The gang's jobs: *N from the one returned on. */
static const struct ledger_job *jobs_of(const struct reading *r, const char *gang, size_t *n)
{
	return r->own + sorted_find(gang, r->own, r->nown, sizeof(*r->own), job_is_of, n);
}

/* --- one run --------------------------------------------------------------------------------- */

static int add_party(
	struct reading *r, const struct cost_party *party, size_t *index, struct err *err)
{
	struct cost *cost = r->cost;

	if (grow(&cost->parties, cost->nparties, &cost->alloc_parties, sizeof(*cost->parties),
		    err) < 0)
		return -1;
	*index = cost->nparties;
	cost->parties[cost->nparties++] = *party;
	return 0;
}

/* Whom slurmctld named, or else the gang's. */
static void choose(char *to, size_t size, const char *first, const char *else_)
{
	snprintf(to, size, "%s", *first ? first : else_);
}

/*
 * The party of a job: JOB may be NULL, where no record of it is left. OWN: it is one of the gang's.
 * User and account are told together, so that a job whose user is known and has no account has
 * none.
 */
static int job_party(struct reading *r, const struct ledger_run *run, const struct job_run *job,
	uint32_t job_id, bool own, size_t *index, struct err *err)
{
	struct cost_party party = {0};
	bool named = job && *job->user;
	char number[16];

	own = own && (!run->job_id || run->job_id == job_id);
	snprintf(number, sizeof(number), "%" PRIu32, job_id);
	choose(party.job, sizeof(party.job), job ? job->name : "",
		own && *run->job_name ? run->job_name : number);
	snprintf(party.user, sizeof(party.user), "%s", named ? job->user : own ? run->user : "");
	snprintf(party.account, sizeof(party.account), "%s",
		named ? job->account
		: own ? run->account
		      : "");
	choose(party.partition, sizeof(party.partition), job ? job->partition : "", run->partition);
	return add_party(r, &party, index, err);
}

static int add_use(struct reading *r, const struct bill_use *use, struct err *err)
{
	if (grow(&r->uses, r->nuses, &r->alloc_uses, sizeof(*r->uses), err) < 0)
		return -1;
	r->uses[r->nuses++] = *use;
	return 0;
}

static int add_owner(struct reading *r, size_t party, struct err *err)
{
	if (grow(&r->owners, r->nowners, &r->alloc_owners, sizeof(*r->owners), err) < 0)
		return -1;
	r->owners[r->nowners++] = party;
	return 0;
}

/* Which of the gang's jobs is JOB? N where it is none of them. */
static size_t own_index(const struct ledger_job *own, size_t n, const struct job_run *job)
{
	size_t i = 0;

	while (i < n && (own[i].job_id != job->job_id || own[i].restart != job->restart))
		i++;
	return i;
}

/*
 * Had JOB the machine of RUN? Not another's of the same name and an earlier or later life: the
 * machine was there when the job got the node, or it was launched for the job.
 */
static bool had(const struct ledger_run *run, const struct job_run *job, bool own)
{
	if (job->ended_s && job->ended_s <= run->from_s)
		return false;
	return job->began_s < run->to_s && (own || job->began_s >= run->from_s);
}

/* Jobs of which there is a record. SEEN: of each of the gang's, whether there is. */
static int add_holds(struct reading *r, const struct ledger_run *run, const struct ledger_job *own,
	size_t nown, bool *seen, struct err *err)
{
	bool booted = false;
	size_t first, n;

	if (!*run->instance.node)
		return 0;
	first = sorted_find(
		run->instance.node, r->holds, r->nholds, sizeof(*r->holds), hold_is_of, &n);
	for (size_t i = first; i < first + n; i++) {
		const struct job_run *job = &r->jobs[r->holds[i].run];
		size_t mine = own_index(own, nown, job), party;
		struct bill_use use = {.from_s = job->began_s,
			.to_s = job->ended_s ? job->ended_s : run->to_s,
			.weight = r->weights[r->holds[i].run]};
		bool held = had(run, job, mine < nown);

		if (mine == nown && !held)
			continue;
		if (job_party(r, run, job, job->job_id, mine < nown, &party, err) < 0)
			return -1;
		if (mine < nown) {
			seen[mine] = true;
			if (add_owner(r, party, err) < 0)
				return -1;
		}
		if (!held)
			continue;
		use.job = (long)party;
		/* the boot is of the job that it was launched for, whenever its prolog was */
		if (mine < nown && !booted)
			use.from_s = run->from_s;
		booted = booted || mine < nown;
		if (add_use(r, &use, err) < 0)
			return -1;
	}
	return 0;
}

/* Jobs of the gang of which nothing is known but that they were to have the node. */
static int add_unrecorded(struct reading *r, const struct ledger_run *run,
	const struct ledger_job *own, size_t nown, const bool *seen, struct err *err)
{
	for (size_t i = 0; i < nown; i++) {
		CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
		struct bill_use use = {.from_s = run->from_s, .to_s = run->to_s};
		size_t party;

		if (seen[i] || !own[i].nodes || nodeset_parse(&nodes, own[i].nodes, NULL) < 0)
			continue;
		if (*run->instance.node ? !nodeset_contains(&nodes, run->instance.node)
					: run->job_id != own[i].job_id)
			continue;
		if (job_party(r, run, NULL, own[i].job_id, true, &party, err) < 0)
			return -1;
		use.job = (long)party;
		if (add_owner(r, party, err) < 0 || add_use(r, &use, err) < 0)
			return -1;
	}
	return 0;
}

/* Whom a run that nobody had was for: its gang's job, or at least user. */
static int need_owner(struct reading *r, const struct ledger_run *run, struct err *err)
{
	struct cost_party party = {0};
	size_t index = 0;

	if (r->nowners)
		return 0;
	if (run->job_id)
		choose(party.job, sizeof(party.job), run->job_name, "");
	if (run->job_id && !*party.job)
		snprintf(party.job, sizeof(party.job), "%" PRIu32, run->job_id);
	snprintf(party.user, sizeof(party.user), "%s", run->user);
	snprintf(party.account, sizeof(party.account), "%s", run->account);
	snprintf(party.partition, sizeof(party.partition), "%s", run->partition);
	return add_party(r, &party, &index, err) < 0 ? -1 : add_owner(r, index, err);
}

static int add_line(struct reading *r, const struct cost_line *line, struct err *err)
{
	struct cost *cost = r->cost;

	if (line->day_s < cost->since_s || line->day_s >= cost->until_s)
		return 0;
	if (grow(&cost->lines, cost->nlines, &cost->alloc_lines, sizeof(*cost->lines), err) < 0)
		return -1;
	cost->lines[cost->nlines++] = *line;
	return 0;
}

/* What nobody had, or had in vain, is of those that it was launched for, all alike. */
static int add_to_owners(struct reading *r, const struct cost_line *whole, struct err *err)
{
	cleanup_free int64_t *weights = calloc(r->nowners * 5 + 1, sizeof(*weights));
	int64_t *seconds, *uusd, *od, *disk;

	if (!weights)
		return err_nomem(err);
	seconds = weights + r->nowners;
	uusd = seconds + r->nowners;
	od = uusd + r->nowners;
	disk = od + r->nowners;
	bill_divide(whole->seconds, weights, r->nowners, seconds);
	bill_divide(whole->uusd - whole->disk_uusd, weights, r->nowners, uusd);
	bill_divide(whole->disk_uusd, weights, r->nowners, disk);
	if (whole->od_uusd >= 0)
		bill_divide(whole->od_uusd, weights, r->nowners, od);
	for (size_t i = 0; i < r->nowners; i++) {
		struct cost_line line = *whole;

		line.party = r->owners[i];
		line.seconds = seconds[i];
		line.uusd = uusd[i] + disk[i];
		line.disk_uusd = disk[i];
		line.od_uusd = whole->od_uusd < 0 ? -1 : od[i];
		if (add_line(r, &line, err) < 0)
			return -1;
	}
	return 0;
}

static int add_lines(
	struct reading *r, size_t index, const struct bill_part *parts, size_t n, struct err *err)
{
	bool in_vain = r->cost->runs[index].in_vain;

	for (size_t i = 0; i < n; i++) {
		struct cost_line line = {.run = index,
			.kind = in_vain                     ? COST_VAIN
				: parts[i].job == BILL_IDLE ? COST_IDLE
							    : COST_JOB,
			.day_s = parts[i].from_s - parts[i].from_s % BILL_DAY_S,
			.seconds = parts[i].seconds,
			.uusd = parts[i].uusd + parts[i].disk_uusd,
			.disk_uusd = parts[i].disk_uusd,
			.od_uusd = parts[i].od_uusd};

		if (line.kind == COST_JOB) {
			line.party = (size_t)parts[i].job;
			if (add_line(r, &line, err) < 0)
				return -1;
		} else if (add_to_owners(r, &line, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* The rates of an instance; a launch whose rate nobody knew has the first that was said. */
static int find_rates(struct reading *r, size_t index, struct bill_run *bill, struct err *err)
{
	const struct instance *x = &r->cost->runs[index].instance;
	size_t n;
	const struct ledger_rate *rates = r->rates + sorted_find(x->id, r->rates, r->nrates,
							     sizeof(*r->rates), rate_is_of, &n);

	for (size_t i = 0; i < n; i++) {
		if (grow(&r->changes, i, &r->alloc_changes, sizeof(*r->changes), err) < 0)
			return -1;
		r->changes[i] = rates[i].rate;
	}
	bill->changes = r->changes;
	bill->nchanges = n;
	bill->uusd_hr = x->rate_uusd_hr;
	if (bill->uusd_hr < 0 && n)
		bill->uusd_hr = r->changes[0].uusd_hr;
	bill->od_uusd_hr = x->od_rate_uusd_hr > 0 ? x->od_rate_uusd_hr
			   : x->spot              ? -1
						  : x->rate_uusd_hr;
	r->cost->priced[index] = bill->uusd_hr >= 0;
	bill->disk_uusd_hr = bill->uusd_hr >= 0 ? x->disk_uusd_hr : 0;
	if (bill->uusd_hr < 0)
		bill->uusd_hr = 0;
	return 0;
}

static int read_run(struct reading *r, size_t index, struct err *err)
{
	const struct ledger_run *run = &r->cost->runs[index];
	struct bill_run bill = {.from_s = run->from_s, .to_s = run->to_s};
	cleanup_free struct bill_part *parts = NULL;
	size_t nown = 0, nparts = 0;
	const struct ledger_job *own = jobs_of(r, run->instance.gang, &nown);
	cleanup_free bool *seen = calloc(nown + 1, sizeof(*seen));

	if (!seen)
		return err_nomem(err);
	r->nuses = r->nowners = 0;
	if (find_rates(r, index, &bill, err) < 0 || add_holds(r, run, own, nown, seen, err) < 0 ||
		add_unrecorded(r, run, own, nown, seen, err) < 0 || need_owner(r, run, err) < 0)
		return -1;
	/* nobody had it: only the days divide it */
	if (run->in_vain)
		r->nuses = 0;
	if (bill_split(&bill, r->uses, r->nuses, &parts, &nparts, err) < 0)
		return err_prefix(err, "instance %s", run->instance.id);
	return add_lines(r, index, parts, nparts, err);
}

static int read_all(struct reading *r, struct db *db, struct err *err)
{
	struct cost *cost = r->cost;
	int64_t first_s = INT64_MAX, last_s = 0;

	if (ledger_list(db, cost->since_s, cost->until_s, cost->now_ms, &cost->runs, &cost->nruns,
		    err) < 0)
		return -1;
	cost->priced = calloc(cost->nruns + 1, sizeof(*cost->priced));
	if (!cost->priced)
		return err_nomem(err);
	for (size_t i = 0; i < cost->nruns; i++) {
		if (cost->runs[i].from_s < first_s)
			first_s = cost->runs[i].from_s;
		if (cost->runs[i].to_s > last_s)
			last_s = cost->runs[i].to_s;
	}
	if (!cost->nruns)
		return 0;
	if (job_run_list(db, first_s, last_s + 1, &r->jobs, &r->njobs, err) < 0 ||
		ledger_jobs(db, first_s, &r->own, &r->nown, err) < 0 ||
		ledger_rates(db, first_s, &r->rates, &r->nrates, err) < 0 || index_jobs(r, err) < 0)
		return -1;
	for (size_t i = 0; i < cost->nruns; i++)
		if (read_run(r, i, err) < 0)
			return -1;
	return 0;
}

int cost_read(struct db *db, int64_t since_s, int64_t until_s, int64_t now_ms, struct cost *cost,
	struct err *err)
{
	struct cost found = {.since_s = since_s, .until_s = until_s, .now_ms = now_ms};
	CLEANUP(reading_release) struct reading r = {.cost = &found};
	int rc = db_begin_read(db, err);

	if (rc == 0) {
		rc = read_all(&r, db, err);
		db_end_read(db);
	}
	if (rc < 0) {
		cost_release(&found);
		return -1;
	}
	*cost = found;
	return 0;
}

void cost_release(struct cost *cost)
{
	free(cost->runs);
	free(cost->priced);
	free(cost->parties);
	free(cost->lines);
	*cost = (struct cost)COST_INIT;
}
