/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/judge_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"

#define ROOM 64 /* of each kind */

struct survey survey;
struct judge_rules rules;
static struct conf conf;
static struct findings findings;

static void *room(size_t size)
{
	void *p = calloc(ROOM, size);

	ck_assert_ptr_nonnull(p);
	return p;
}

static void make_conf(void)
{
	static char here[] = "us-east-2", there[] = "us-west-2", aws[] = "aws", hpc[] = "hpc";
	static char placeholder[] = "127.0.0.254", latest[] = "$Latest", template[] = "lt-1";
	static struct conf_place places[2];
	static struct conf_group group;

	places[0] = (struct conf_place){
		.region = here, .template_id = template, .template_version = latest};
	places[1] = places[0];
	places[1].region = there;
	group = (struct conf_group){.partition = aws,
		.name = hpc,
		.max_nodes = 100,
		.region = here,
		.places = places,
		.nplaces = 1};
	memset(&conf, 0, sizeof(conf));
	conf.aws.region = here;
	conf.groups = &group;
	conf.ngroups = 1;
	conf.slurm.placeholder_address = placeholder;
	conf.reconcile.grace_s = 300;
	conf.reconcile.name_tags = true;
	conf.guards.overdue_grace_s = 900;
	conf.guards.not_registered_s = 300;
	conf.guards.impaired_s = 120;
}

struct survey_gang *gang(void)
{
	return &survey.gangs[0];
}

struct survey_row *row(size_t n)
{
	return &survey.rows[n];
}

struct ec2_instance *ec2(size_t n)
{
	return &region()->instances.all[n];
}

struct survey_node *node(size_t n)
{
	return &survey.nodes[n];
}

struct job_facts *job(void)
{
	return &survey.jobs[0];
}

struct survey_region *region(void)
{
	return &survey.regions[0];
}

void tag(struct ec2_instance *instance, const char *key, const char *value)
{
	untag(instance, key);
	instance->tags = reallocarray(instance->tags, instance->ntags + 1, sizeof(*instance->tags));
	ck_assert_ptr_nonnull(instance->tags);
	instance->tags[instance->ntags].key = strdup(key);
	instance->tags[instance->ntags++].value = strdup(value);
}

void untag(struct ec2_instance *instance, const char *key)
{
	for (size_t i = 0; i < instance->ntags; i++) {
		if (strcmp(instance->tags[i].key, key) != 0)
			continue;
		free(instance->tags[i].key);
		free(instance->tags[i].value);
		instance->tags[i] = instance->tags[--instance->ntags];
		return;
	}
}

struct survey_gang *add_gang(const char *id, enum gang_state state, const char *nodes)
{
	struct survey_gang *g = &survey.gangs[survey.ngangs++];

	set(g->gang.id, id);
	set(g->gang.region, "us-east-2");
	g->gang.state = state;
	g->gang.nodes = strdup(nodes);
	g->gang.size = 2;
	g->gang.all_or_nothing = true;
	g->gang.created_ms = g->gang.changed_ms = NOW_MS - 60000;
	g->steady = true;
	return g;
}

struct ec2_instance *add_ec2(
	const char *id, const char *gang_id, const char *node_name, const char *ip)
{
	struct ec2_instance *x = &region()->instances.all[region()->instances.n++];

	set(x->id, id);
	set(x->state, "running");
	set(x->type, "c7i.large");
	set(x->private_ip, ip);
	x->launched_s = NOW_S - 3600;
	tag(x, "burst:cluster", "mine");
	tag(x, "burst:gang", gang_id);
	tag(x, "burst:launch", "0123456789abcdef0123456789abcdef");
	tag(x, "burst:nodes", node_name);
	tag(x, "aws:ec2:fleet-id", "fleet-1");
	tag(x, "Name", node_name);
	return x;
}

struct survey_stray *add_stray(const char *id, const char *gang_id)
{
	struct survey_stray *stray = &survey.strays[survey.nstrays++];

	add_ec2(id, gang_id, "aws-hpc-2", "10.0.0.2");
	set(stray->id, id);
	set(stray->region_name, "us-east-2");
	set(stray->gang, gang_id);
	set(stray->node, "aws-hpc-2");
	stray->gang_known = true;
	stray->gang_state = GANG_FAILED;
	stray->launch_known = true;
	stray->launch_state = LAUNCH_ANSWERED;
	return stray;
}

struct survey_group *add_group(const char *name)
{
	struct survey_group *group = &region()->groups[region()->ngroups++];

	group->name = strdup(name);
	return group;
}

struct survey_version *add_version(int64_t number)
{
	struct survey_version *v = &region()->versions[region()->nversions++];

	set(v->template_id, "lt-1");
	set(v->version.description, "aws-slurm-burst of mine: 2 interface(s) of version 1");
	v->version.number = number;
	v->version.created_s = NOW_S - 3600;
	return v;
}

void add_placement(const char *name, const char *gang_id, bool removable)
{
	struct placement *p = &survey.placements[survey.nplacements];

	set(p->name, name);
	set(p->gang, gang_id);
	set(p->region, "us-east-2");
	p->created_ms = NOW_MS - 3600000;
	survey.removable[survey.nplacements++] = removable;
}

static void add_row(const char *id, const char *node_name, const char *ip)
{
	struct survey_row *r = &survey.rows[survey.nrows++];

	set(r->row.id, id);
	set(r->row.gang, GANG);
	set(r->row.region, "us-east-2");
	set(r->row.node, node_name);
	set(r->row.ip, ip);
	r->row.launched_s = NOW_S - 3600;
	r->row.bound_ms = NOW_MS - 3590000;
	r->steady = true;
	add_ec2(id, GANG, node_name, ip);
}

static void add_node(const char *name, const char *addr, bool up)
{
	struct node_facts *facts = &survey.nodes[survey.nnodes++].facts;

	set(facts->name, name);
	set(facts->addr, addr);
	facts->cloud = true;
	facts->allocated = facts->registered = up;
	facts->idle = facts->powered_down = !up;
	set(facts->state, up ? "ALLOCATED+CLOUD" : "IDLE+CLOUD+POWERED_DOWN");
}

void put_down(size_t i)
{
	struct survey_node *n = node(i);
	struct node_facts *facts = &n->facts;

	facts->allocated = facts->registered = false;
	facts->idle = facts->powered_down = true;
	set(facts->addr, "127.0.0.254");
}

void forget_gang(void)
{
	gang_release(&gang()->gang);
	gang_jobs_release(gang()->jobs, gang()->njobs);
	survey.ngangs = 0;
	forget_instances();
	memset(survey.gangs, 0, sizeof(*survey.gangs));
	job()->state = JOB_STATE_ENDED;
	put_down(0);
	put_down(1);
}

void forget_instances(void)
{
	memset(survey.rows, 0, survey.nrows * sizeof(*survey.rows));
	survey.nrows = 0;
	while (region()->instances.n) {
		struct ec2_instance *x = ec2(--region()->instances.n);

		while (x->ntags)
			untag(x, x->tags[0].key);
		free(x->tags);
		memset(x, 0, sizeof(*x));
	}
}

void world(void)
{
	world_end();
	make_conf();
	survey = (struct survey){.now_ms = NOW_MS,
		.steady_ms = INT64_MAX,
		.parts = SURVEY_ALL,
		.conf = &conf,
		.site = {.resume_timeout_s = 600, .suspend_timeout_s = 120},
		.regions = room(sizeof(struct survey_region)),
		.nregions = 1,
		.nodes_known = true,
		.jobs_known = true,
		.nodes = room(sizeof(struct survey_node)),
		.jobs = room(sizeof(struct job_facts)),
		.gangs = room(sizeof(struct survey_gang)),
		.rows = room(sizeof(struct survey_row)),
		.strays = room(sizeof(struct survey_stray)),
		.placements = room(sizeof(struct placement)),
		.removable = room(sizeof(bool)),
		.records = room(sizeof(struct survey_record))};
	set(survey.cluster, "mine");
	set(region()->name, "us-east-2");
	region()->known = region()->groups_known = region()->versions_known = true;
	region()->statuses_known = true;
	region()->instances.all = room(sizeof(struct ec2_instance));
	region()->groups = room(sizeof(struct survey_group));
	region()->versions = room(sizeof(struct survey_version));
	add_gang(GANG, GANG_ACTIVE, "aws-hpc-[0-1]");
	gang()->gang.created_ms = gang()->gang.changed_ms = NOW_MS - 3600000;
	gang()->jobs = room(sizeof(struct gang_job));
	gang()->jobs[0] = (struct gang_job){.job_id = 7, .nodes = strdup("aws-hpc-[0-1]")};
	gang()->njobs = 1;
	add_row("i-0", "aws-hpc-0", "10.0.0.10");
	add_row("i-1", "aws-hpc-1", "10.0.0.11");
	add_node("aws-hpc-0", "10.0.0.10", true);
	add_node("aws-hpc-1", "10.0.0.11", true);
	add_node("aws-hpc-2", "127.0.0.254", false);
	add_node("aws-hpc-3", "127.0.0.254", false);
	survey.njobs = 1;
	*job() = (struct job_facts){.job_id = 7,
		.state = JOB_STATE_RUNNING,
		.nodes = strdup("aws-hpc-[0-1]"),
		.time_limit_s = 7200,
		.start_s = NOW_S - 3500};
	set(job()->name, "7");
	judge_rules_of(&survey, &rules);
}

void world_end(void)
{
	findings_release(&findings);
	survey_release(&survey);
}

void expect_(const char *expected, const char *file, int line)
{
	CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;
	struct err err = {0};

	findings_release(&findings);
	ck_assert_msg(survey_link(&survey, &err) == 0, "%s:%d: %s", file, line, err.text);
	ck_assert_msg(
		judge(&survey, &rules, &findings, &err) == 0, "%s:%d: %s", file, line, err.text);
	for (size_t i = 0; i < findings.n; i++) {
		const struct finding *f = &findings.all[i];
		char subject[300];

		finding_subject(f, subject, sizeof(subject));
		strbuf_addf(&got, "%s%s %s", i ? "; " : "", finding_info(f->rule)->name, subject);
		ck_assert_msg(
			*f->why, "%s:%d: no reason of %s", file, line, finding_info(f->rule)->name);
	}
	ck_assert_msg(!strcmp(got.buf, expected), "%s:%d: found \"%s\", expected \"%s\"", file,
		line, got.buf, expected);
}

const struct finding *finding_at(size_t i)
{
	ck_assert_uint_lt(i, findings.n);
	return &findings.all[i];
}
