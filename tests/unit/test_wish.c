/* SPDX-License-Identifier: Apache-2.0 */
/* What follows for EFA and the choice of types from what was asked and what is known of a job. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/wish.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"

static char spool[64];
static char aws[] = "aws", hpc[] = "hpc";
static struct conf_group groups[] = {
	{.partition = aws, .name = hpc, .max_nodes = 100, .cpus = 96},
};

static struct conf conf_of(bool detect)
{
	return (struct conf){
		.groups = groups,
		.ngroups = 1,
		.mpi = {.efa_default = EFA_PREFERRED, .detect = detect, .bands = EFA_BANDS_DEFAULT},
	};
}

#define MPI    "#!/bin/bash\nmodule load openmpi\nsrun --mpi=pmix gmx_mpi mdrun -s in.tpr\n"
#define A_OUT  "#!/bin/bash\nsrun ./a.out\n"
#define SERIAL "#!/bin/bash\npython3 train.py\n"

static const struct {
	const char *name, *script;
	struct intent intent;
	const char *asked;
	uint32_t nodes, array, het;
	const char *features;
	bool no_detect;
	/* wanted */
	enum efa_mode mode;
	bool given, by_detection, looked;
	const char *why; /* its beginning */
	enum rank_talk talk;
} t[] = {
	{.name = "the option",
		.script = MPI,
		.nodes = 16,
		.intent = {.efa = EFA_OPTIONAL, .efa_from = FROM_USER},
		.features = "efa-required",
		.mode = EFA_OPTIONAL,
		.given = true,
		.looked = true,
		.why = "the job's --efa",
		.talk = TALK_TIGHT},
	{.name = "the option from elsewhere",
		.nodes = 2,
		.intent = {.efa = EFA_REQUIRED, .efa_from = FROM_USER},
		.asked = "as it is stored",
		.mode = EFA_REQUIRED,
		.given = true,
		.looked = true,
		.why = "as it is stored"},
	{.name = "features",
		.script = MPI,
		.nodes = 16,
		.features = "zen4&no-efa",
		.mode = EFA_DISABLED,
		.given = true,
		.looked = true,
		.why = "the job's features",
		.talk = TALK_TIGHT},
	{.name = "detected, many nodes",
		.script = MPI,
		.nodes = 16,
		.mode = EFA_REQUIRED,
		.by_detection = true,
		.looked = true,
		.why = "detected: ",
		.talk = TALK_TIGHT},
	{.name = "detected, few nodes",
		.script = MPI,
		.nodes = 5,
		.mode = EFA_PREFERRED,
		.by_detection = true,
		.looked = true,
		.why = "detected: ",
		.talk = TALK_TIGHT},
	{.name = "detection goes before the site's default",
		.script = MPI,
		.nodes = 16,
		.intent = {.efa = EFA_DISABLED, .efa_from = FROM_SITE},
		.mode = EFA_REQUIRED,
		.by_detection = true,
		.looked = true,
		.why = "detected: ",
		.talk = TALK_TIGHT},
	{.name = "features go before the site's default",
		.nodes = 4,
		.intent = {.efa = EFA_DISABLED, .efa_from = FROM_SITE},
		.features = "efa",
		.mode = EFA_PREFERRED,
		.given = true,
		.looked = true,
		.why = "the job's features"},
	{.name = "nothing to go by: the site's default",
		.nodes = 4,
		.intent = {.efa = EFA_OPTIONAL, .efa_from = FROM_SITE},
		.mode = EFA_OPTIONAL,
		.looked = true,
		.why = "the site's default_efa in plugstack.conf"},
	{.name = "nothing to go by",
		.nodes = 4,
		.mode = EFA_PREFERRED,
		.looked = true,
		.why = "mpi.efa_default"},
	{.name = "not read",
		.script = MPI,
		.nodes = 16,
		.no_detect = true,
		.mode = EFA_PREFERRED,
		.why = "mpi.efa_default"},
	{.name = "one node", .nodes = 1, .mode = EFA_DISABLED, .why = "one node needs no EFA"},
	{.name = "one node, estimated",
		.script = MPI,
		.nodes = 1,
		.mode = EFA_DISABLED,
		.looked = true,
		.why = "one node needs no EFA",
		.talk = TALK_TIGHT},
	{.name = "one node of a heterogeneous job",
		.nodes = 1,
		.het = 7,
		.mode = EFA_PREFERRED,
		.looked = true,
		.why = "mpi.efa_default"},
	{.name = "the environment that the intent carries",
		.script = A_OUT,
		.nodes = 16,
		.intent = {.modules = "gcc/13:openmpi/5.0", .ompi = "OMPI_CC,OMPI_MCA_x"},
		.mode = EFA_REQUIRED,
		.by_detection = true,
		.looked = true,
		.why = "detected: ",
		.talk = TALK_MODERATE},
	{.name = "an array",
		.script = SERIAL,
		.nodes = 2,
		.array = 9,
		.mode = EFA_DISABLED,
		.by_detection = true,
		.looked = true,
		.why = "detected: processes that do not speak with each other: ",
		.talk = TALK_APART},
};

START_TEST(decisions)
{
	struct conf conf = conf_of(!t[_i].no_detect);
	struct demand_job job = {.intent = t[_i].intent};
	uint32_t nodes = t[_i].nodes;

	job.facts = (struct job_facts){.job_id = 5,
		.num_nodes = nodes,
		.num_tasks = nodes * 96,
		.array_job_id = t[_i].array,
		.het_leader = t[_i].het,
		.batch = t[_i].script};
	snprintf(job.facts.features, sizeof(job.facts.features), "%s",
		t[_i].features ? t[_i].features : "");
	ck_assert_int_eq(nodeset_add(&job.nodes, "aws-hpc-0", NULL), 0);
	wish_decide(
		&conf, &job, t[_i].asked, t[_i].script, t[_i].script ? strlen(t[_i].script) : 0);
	ck_assert_msg(job.efa.mode == t[_i].mode && job.intent.efa == t[_i].mode, "%s: %s, %s",
		t[_i].name, efa_mode_name(job.efa.mode), job.efa.why);
	ck_assert_msg(!strncmp(job.efa_why, t[_i].why, strlen(t[_i].why)), "%s: %s", t[_i].name,
		job.efa_why);
	ck_assert_msg(job.efa.given == t[_i].given, "%s", t[_i].name);
	ck_assert_msg(job.efa.by_detection == t[_i].by_detection, "%s", t[_i].name);
	ck_assert_msg(!job.detected == !t[_i].looked, "%s", t[_i].name);
	ck_assert_msg(job.rank.talk == t[_i].talk, "%s: talk %d", t[_i].name, job.rank.talk);
	free(job.detected);
	nodeset_release(&job.nodes);
}
END_TEST

/* What Slurm knows of the job's needs. */
START_TEST(needs)
{
	struct conf conf = conf_of(true);
	struct demand_job job = {.facts = {.num_nodes = 4,
					 .num_tasks = 32,
					 .gpus_per_node = 8,
					 .mem_mib_per_node = 100001}};

	wish_decide(&conf, &job, NULL, NULL, 0);
	ck_assert_uint_eq(job.rank.nodes, 4);
	ck_assert_uint_eq(job.rank.tasks_per_node, 8);
	ck_assert_uint_eq(job.rank.mem_mib_per_task, 12501);
	ck_assert(job.rank.gpu);
	job.facts.tasks_per_node = 2;
	job.facts.gpus_per_node = 0;
	job.intent = (struct intent){0};
	free(STEAL_POINTER(job.detected));
	wish_decide(&conf, &job, NULL, NULL, 0);
	ck_assert_uint_eq(job.rank.tasks_per_node, 2);
	ck_assert(!job.rank.gpu);
	free(job.detected);
}
END_TEST

static struct app *app_of(struct conf *conf)
{
	static struct app app;

	app = (struct app){.conf = conf};
	snprintf(app.site.state_dir, sizeof(app.site.state_dir), "%s", spool);
	return &app;
}

/* A task of array 9, of so many nodes; its detected is the caller's. */
static struct demand_job find_task(struct conf *conf, uint32_t nodes, struct wish_memory *memory)
{
	struct demand_job job = {.facts = {.job_id = 10,
					 .num_nodes = nodes,
					 .num_tasks = nodes * 96,
					 .array_job_id = 9,
					 .batch = true}};

	ck_assert_int_eq(nodeset_add(&job.nodes, "aws-hpc-0", NULL), 0);
	wish_find(app_of(conf), &job, 0, memory);
	nodeset_release(&job.nodes);
	ck_assert_ptr_nonnull(job.detected);
	return job;
}

/* Of an array's tasks the script is read once, as long as nothing else differs. */
START_TEST(arrays)
{
	struct conf conf = conf_of(true);
	struct wish_memory memory = {0};
	char dir[2][96], path[128], state[] = "/tmp/burst-wish-XXXXXX";
	struct demand_job job;

	ck_assert_ptr_nonnull(mkdtemp(state));
	conf.state.directory = state;
	snprintf(spool, sizeof(spool), "%s", state);
	snprintf(dir[0], sizeof(dir[0]), "%s/hash.9", spool);
	snprintf(dir[1], sizeof(dir[1]), "%s/hash.9/job.9", spool);
	ck_assert_int_eq(mkdir(dir[0], 0700) || mkdir(dir[1], 0700), 0);
	snprintf(path, sizeof(path), "%s/hash.9/job.9/script", spool);
	ck_assert_int_eq(file_write(path, 0600, MPI, strlen(MPI), FILE_NO_SYNC, NULL), 0);
	job = find_task(&conf, 4, &memory);
	ck_assert(job.detected->is_mpi);
	free(job.detected);
	ck_assert_int_eq(unlink(path), 0);
	job = find_task(&conf, 4, &memory);
	ck_assert(job.detected->is_mpi);
	ck_assert(job.efa.by_detection);
	free(job.detected);
	/* another size is another question, and the script is gone */
	job = find_task(&conf, 5, &memory);
	ck_assert(!job.detected->is_mpi);
	free(job.detected);
	rmdir(dir[1]);
	rmdir(dir[0]);
	rmdir(state);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wish");
	TCase *tc = tcase_create("wish");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, decisions, 0, ARRAY_SIZE(t));
	tcase_add_test(tc, needs);
	tcase_add_test(tc, arrays);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
