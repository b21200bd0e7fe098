/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/adopt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "helper/prices.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/strbuf.h"
#include "lib/catalog/catalog.h"
#include "lib/plan/identity.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"
#include "lib/state/launch.h"
#include "lib/state/placement.h"

#define CODE_MAX 40 /* more bits than the largest launch has */

/* --- what tags say --------------------------------------------------------------------------- */

const char *adopt_gang_of(const struct ec2_instance *instance)
{
	const char *id = ec2_instance_tag(instance, "burst:gang");
	size_t len = id ? strlen(id) : 0;

	if (!len || len >= sizeof(((struct gang *)NULL)->id) || !isalnum((unsigned char)*id))
		return NULL;
	for (const char *p = id; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return NULL;
	return id;
}

/* The hostlist of its launch, put together again, into SET. 0, or -1: there is none that is ours.
 */
static int hostlist_of(const struct ec2_instance *instance, struct nodeset *set)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char key[24] = "burst:nodes";

	for (int i = 2; i <= 9; i++) {
		const char *piece = ec2_instance_tag(instance, key);

		if (!piece)
			break;
		strbuf_addf(&text, "%s", piece);
		snprintf(key, sizeof(key), "burst:nodes%d", i);
	}
	return text.buf && !text.failed ? nodeset_parse(set, text.buf, NULL) : -1;
}

static int position(const struct ec2_instance *instance, const struct nodeset *hosts)
{
	const char *name = ec2_instance_tag(instance, "Name");
	uint64_t code = 0;
	bool coded = false;

	for (unsigned k = 0; k < CODE_MAX; k++) {
		char key[16];

		snprintf(key, sizeof(key), "burst:k%u", k);
		if (!ec2_instance_tag(instance, key))
			continue;
		coded = true;
		code |= UINT64_C(1) << k;
	}
	/* where images want it, the Name is the node's */
	if (!coded && hosts->n > 1)
		return name ? (int)nodeset_index(hosts, name) : -1;
	return (int)identity_rank(hosts->n, code);
}

int adopt_node_of(const struct ec2_instance *instance, char *node, size_t size)
{
	CLEANUP(nodeset_release) struct nodeset hosts = NODESET_INIT;
	int at;

	if (hostlist_of(instance, &hosts) < 0 || !hosts.n)
		return 0;
	at = position(instance, &hosts);
	if (at < 0 || strlen(hosts.names[at]) >= size)
		return 0;
	snprintf(node, size, "%s", hosts.names[at]);
	return 1;
}

bool adopt_is_node(const struct ec2_instance *instance, const struct node_facts *node)
{
	char name[64];

	/* power_down alone is a wish for later: the nodes of a running job have it */
	return *instance->private_ip && !strcmp(instance->private_ip, node->addr) &&
	       !node->powered_down && !node->powering_down &&
	       (!strcmp(instance->state, "running") || !strcmp(instance->state, "pending")) &&
	       adopt_node_of(instance, name, sizeof(name)) && !strcmp(name, node->name);
}

/* --- what Slurm says ------------------------------------------------------------------------- */

int adopt_slurm_read(struct adopt_slurm *slurm, struct err *err)
{
	struct adopt_slurm now = {0};

	if (slurm_client_jobs(&now.jobs, &now.njobs, err) < 0 ||
		slurm_client_nodes(NULL, &now.nodes, &now.nnodes, err) < 0) {
		adopt_slurm_release(&now);
		return -1;
	}
	*slurm = now;
	return 0;
}

void adopt_slurm_release(struct adopt_slurm *slurm)
{
	for (size_t i = 0; i < slurm->njobs; i++)
		job_facts_release(&slurm->jobs[i]);
	free(slurm->jobs);
	free(slurm->nodes);
	*slurm = (struct adopt_slurm){0};
}

/* --- the rows -------------------------------------------------------------------------------- */

struct adoption {
	struct app *app;
	const char *region;
	const struct ec2_instance *const *members;
	size_t n;
	const struct adopt_slurm *slurm; /* NULL: none is of use */
	const struct node_facts **nodes; /* each member's, NULL: of no use */
	struct nodeset all, used;
	bool registered; /* all that are of use */
	struct gang gang;
	bool there; /* the gang has its row */
};

static void adoption_release(struct adoption *a)
{
	free(a->nodes);
	nodeset_release(&a->all);
	nodeset_release(&a->used);
	gang_release(&a->gang);
}

static bool same_launch(const struct ec2_instance *a, const struct ec2_instance *b)
{
	const char *x = ec2_instance_tag(a, "burst:launch"),
		   *y = ec2_instance_tag(b, "burst:launch");

	return x && y && !strcmp(x, y);
}

/* Which members does Slurm use, and which nodes was the gang for? */
static int look_at_members(struct adoption *a, struct err *err)
{
	const struct conf *conf = a->app->conf;

	a->nodes = calloc(a->n + 1, sizeof(struct node_facts *));
	if (!a->nodes)
		return err_nomem(err);
	a->registered = true;
	for (size_t i = 0; i < a->n; i++) {
		CLEANUP(nodeset_release) struct nodeset hosts = NODESET_INIT;
		const struct node_facts *node = NULL;

		for (size_t k = 0; a->slurm && k < a->slurm->nnodes && !node; k++)
			if (adopt_is_node(a->members[i], &a->slurm->nodes[k]) &&
				conf_group_of(conf, a->slurm->nodes[k].name))
				node = &a->slurm->nodes[k];
		a->nodes[i] = node;
		if (node) {
			a->registered = a->registered && node->registered;
			if (nodeset_add(&a->used, node->name, err) < 0)
				return -1;
		}
		/* the same for all of a launch */
		if (i && same_launch(a->members[i], a->members[i - 1]))
			continue;
		if (hostlist_of(a->members[i], &hosts) < 0)
			continue;
		nodeset_for_each (&hosts, k)
			if (conf_group_of(conf, hosts.names[k]) &&
				nodeset_add(&a->all, hosts.names[k], err) < 0)
				return -1;
	}
	/* what there is to name it by, where the tags do not */
	for (size_t i = 0; !a->all.n && i < a->n; i++)
		if (nodeset_add(&a->all, a->members[i]->id, err) < 0)
			return -1;
	return 0;
}

/* Does this job have its nodes now? */
static bool has_nodes(const struct job_facts *job)
{
	return (job->state == JOB_STATE_CONFIGURING || job->state == JOB_STATE_RUNNING ||
		       job->state == JOB_STATE_COMPLETING) &&
	       job->nodes && *job->nodes;
}

/* Jobs that have nodes of use: the first into *FIRST, how many. -1. OTHERS: write them. */
static int find_jobs(
	struct adoption *a, const struct job_facts **first, size_t *n, bool others, struct err *err)
{
	*n = 0;
	for (size_t i = 0; a->slurm && i < a->slurm->njobs; i++) {
		CLEANUP(nodeset_release) struct nodeset theirs = NODESET_INIT, both = NODESET_INIT;
		const struct job_facts *job = &a->slurm->jobs[i];

		if (!has_nodes(job) || nodeset_parse(&theirs, job->nodes, NULL) < 0)
			continue;
		if (nodeset_filter(&theirs, &a->used, true, &both, err) < 0)
			return -1;
		if (!both.n)
			continue;
		if (!(*n)++)
			*first = job;
		if (others && gang_add_job(a->app->db, a->gang.id, job->job_id, job->restart,
				      job->nodes, err) < 0)
			return -1;
	}
	return 0;
}

static void describe_gang(struct adoption *a, const struct job_facts *job, size_t njobs)
{
	const struct conf_group *group = conf_group_of(a->app->conf, a->all.names[0]);
	const struct ec2_instance *one = a->members[0];
	struct gang *g = &a->gang;
	struct prices_found price;

	/* by its id it is a job's own, or of a pool or of nodes without a job */
	g->all_or_nothing = isdigit((unsigned char)*g->id) && !(group && group->best_effort);
	g->size = (unsigned)a->all.n;
	g->rate_uusd_hr = -1;
	g->created_ms = one->launched_s ? one->launched_s * 1000 : clock_now_ms();
	snprintf(g->region, sizeof(g->region), "%s", a->region);
	snprintf(g->type, sizeof(g->type), "%s", one->type);
	snprintf(g->az, sizeof(g->az), "%s", one->az);
	if (prices_of(a->app, a->region, one->type, one->az, one->spot, &price, NULL) == 0)
		g->rate_uusd_hr = price.uusd_hr;
	if (group) {
		snprintf(g->node_group, sizeof(g->node_group), "%s", group->name);
		snprintf(g->partition, sizeof(g->partition), "%s", group->partition);
	}
	if (!job)
		return;
	snprintf(g->partition, sizeof(g->partition), "%s", job->partition);
	if (njobs > 1)
		return;
	g->job_id = job->job_id;
	g->restart = job->restart;
	snprintf(g->job_name, sizeof(g->job_name), "%s", job->name);
	snprintf(g->user, sizeof(g->user), "%s", job->user);
	snprintf(g->account, sizeof(g->account), "%s", job->account);
	snprintf(g->project, sizeof(g->project), "%s", job->wckey);
}

/* A group that we named ourselves goes with its gang; others are a person's. */
static int write_group(struct adoption *a, struct err *err)
{
	char own[sizeof(a->gang.group)];
	int len = snprintf(own, sizeof(own), "burst-%s-%s", a->app->cluster, a->gang.id);

	for (size_t i = 0; i < a->n; i++) {
		const char *group = a->members[i]->group;

		if (len < 0 || strncmp(group, own, (size_t)len) ||
			(i && !strcmp(group, a->members[i - 1]->group)))
			continue;
		if (placement_insert(
			    a->app->db, group, a->gang.id, a->region, clock_now_ms(), err) < 0 ||
			gang_set_group(a->app->db, a->gang.id, group, err) < 0)
			return -1;
	}
	return 0;
}

static int write_gang(struct adoption *a, const char *why, struct err *err)
{
	const struct job_facts *job = NULL;
	struct gang *g = &a->gang;
	size_t njobs;

	if (find_jobs(a, &job, &njobs, false, err) < 0)
		return -1;
	describe_gang(a, job, njobs);
	g->state = !a->used.n ? GANG_FAILING : a->registered ? GANG_ACTIVE : GANG_ANNOUNCED;
	g->nodes = nodeset_format(&a->all);
	g->reason = a->used.n ? NULL : strdup(why);
	g->plan = strdup("written anew from EC2's tags and Slurm: state.db did not know it");
	if (!g->nodes || !g->plan || (!a->used.n && !g->reason))
		return err_nomem(err);
	if (gang_insert(a->app->db, g, err) < 0 || find_jobs(a, &job, &njobs, true, err) < 0)
		return -1;
	return write_group(a, err);
}

/* Has the member's node another living instance by our records? 1, 0, -1. */
static int is_taken(struct adoption *a, const char *node, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset one = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	size_t n = 0;

	if (nodeset_add(&one, node, err) < 0 ||
		instance_of_nodes(a->app->db, &one, 0, &list, &n, err) < 0)
		return -1;
	return n > 0;
}

static int describe_member(struct adoption *a, size_t i, const struct launch *launches,
	size_t nlaunches, struct instance *row, struct err *err)
{
	const struct ec2_instance *m = a->members[i];
	const char *token = ec2_instance_tag(m, "burst:launch");
	const char *node = a->nodes[i] ? a->nodes[i]->name : "";
	struct prices_found price;
	int64_t now_ms = clock_now_ms();
	int taken = *node ? is_taken(a, node, err) : 0;

	if (taken < 0)
		return -1;
	if (taken) {
		log_warn("instance %s: node %s has another one by our records", m->id, node);
		node = "";
	}
	snprintf(row->id, sizeof(row->id), "%s", m->id);
	snprintf(row->gang, sizeof(row->gang), "%s", a->gang.id);
	snprintf(row->region, sizeof(row->region), "%s", a->region);
	snprintf(row->type, sizeof(row->type), "%s", m->type);
	snprintf(row->az, sizeof(row->az), "%s", m->az);
	snprintf(row->subnet, sizeof(row->subnet), "%s", m->subnet);
	snprintf(row->ip, sizeof(row->ip), "%s", m->private_ip);
	snprintf(row->node, sizeof(row->node), "%s", node);
	for (size_t k = 0; token && k < nlaunches; k++)
		if (!strcmp(launches[k].token, token))
			snprintf(row->launch, sizeof(row->launch), "%s", token);
	row->spot = m->spot;
	row->rate_uusd_hr = -1;
	row->disk_uusd_hr = a->app->conf->cost.disk_uusd_hr;
	if (prices_of(a->app, a->region, m->type, m->az, m->spot, &price, NULL) == 0)
		row->rate_uusd_hr = price.uusd_hr;
	if (prices_of(a->app, a->region, m->type, "", false, &price, NULL) == 0)
		row->od_rate_uusd_hr = price.full_uusd_hr;
	row->launched_s = m->launched_s;
	/* older than any SuspendProgram that is called from now on */
	row->bound_ms = !*node ? 0 : m->launched_s ? m->launched_s * 1000 : now_ms;
	if (!strcmp(m->state, "shutting-down") || !strcmp(m->state, "terminated")) {
		bool over = !strcmp(m->state, "terminated");

		row->state = over ? INSTANCE_TERMINATED : INSTANCE_TERMINATING;
		row->end_asked_ms = row->last_asked_ms = m->ended_s ? m->ended_s * 1000 : now_ms;
		row->terminated_ms = over ? now_ms : 0;
		row->ended_s = m->ended_s;
		snprintf(row->why, sizeof(row->why), "it was ending when it was found");
	}
	return 0;
}

static int write_members(struct adoption *a, struct err *err)
{
	cleanup_free struct instance *rows = calloc(a->n, sizeof(*rows));
	struct launch *launches = NULL;
	size_t nlaunches = 0;
	int rc = 0;

	if (!rows)
		return err_nomem(err);
	if (launch_list(a->app->db, a->gang.id, &launches, &nlaunches, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < a->n; i++)
		rc = describe_member(a, i, launches, nlaunches, &rows[i], err);
	launch_list_release(launches, nlaunches);
	return rc < 0 ? -1 : instance_insert(a->app->db, rows, a->n, false, err);
}

static int write_all(struct adoption *a, const char *why, struct err *err)
{
	struct db *db = a->app->db;
	struct err local = {0};

	if (gang_get(db, a->gang.id, &a->gang, &local) == 0) {
		a->there = true;
		if (gang_reopen(db, a->gang.id, err) < 0)
			return -1;
	} else if (local.class != ERR_NOTFOUND) {
		if (err)
			*err = local;
		return -1;
	} else if (write_gang(a, why, err) < 0) {
		return -1;
	}
	return write_members(a, err);
}

int adopt_members(struct app *app, const char *region, const struct ec2_instance *const *members,
	size_t n, const struct adopt_slurm *slurm, const char *why, struct err *err)
{
	CLEANUP(adoption_release)
	struct adoption a = {
		.app = app, .region = region, .members = members, .n = n, .slurm = slurm};
	const char *gang = n ? adopt_gang_of(members[0]) : NULL;

	if (!gang)
		return err_set(err, ERR_CONFIG,
			"instance %s has no tag burst:gang of our making: left alone",
			n ? members[0]->id : "(none)");
	for (size_t i = 1; i < n; i++) {
		const char *other = adopt_gang_of(members[i]);

		if (!other || strcmp(other, gang))
			return err_set(err, ERR_FATAL, "instances %s and %s of two gangs",
				members[0]->id, members[i]->id);
	}
	snprintf(a.gang.id, sizeof(a.gang.id), "%s", gang);
	if (look_at_members(&a, err) < 0 || db_begin(app->db, err) < 0)
		return -1;
	if (write_all(&a, why, err) < 0) {
		db_rollback(app->db);
		return -1;
	}
	if (db_commit(app->db, err) < 0)
		return -1;
	log_warn("gang %s: %zu instance(s) that state.db did not know are written down, %zu of "
		 "them nodes that Slurm uses",
		gang, n, a.used.n);
	return a.used.n && !(a.there && a.gang.state >= GANG_RELEASING) ? 1 : 0;
}

int adopt_gang(struct app *app, const char *region, const struct ec2_instance *const *members,
	size_t n, struct err *err)
{
	CLEANUP(adopt_slurm_release) struct adopt_slurm slurm = {0};

	if (adopt_slurm_read(&slurm, err) < 0)
		return -1;
	return adopt_members(app, region, members, n, &slurm,
		"state.db did not know it, and Slurm does not use it", err);
}

int adopt_to_end(struct app *app, const char *region, const struct ec2_instance *const *members,
	size_t n, const char *why, struct err *err)
{
	return adopt_members(app, region, members, n, NULL, why, err) < 0 ? -1 : 0;
}
