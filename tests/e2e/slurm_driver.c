/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slurm_driver: call one function of lib/slurm by hand, for slurm_client.bats; not installed.
 *
 *	slurm_driver [-c SLURM_CONF] COMMAND [ARG]...
 *
 * Prints key=value lines. On failure prints "CLASS CODE: text" on stdout and exits with the class's
 * status.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/slurm/slurm_client.h"

static const char *show(const char *s)
{
	return s ? s : "(none)";
}

static uint32_t number(const char *s)
{
	return (uint32_t)strtoul(s, NULL, 10);
}

static int cmd_init(int argc, char **argv, struct err *err)
{
	puts("ok");
	return 0;
}

static int cmd_site(int argc, char **argv, struct err *err)
{
	struct slurm_site s;

	if (slurm_client_site(&s, err) < 0)
		return -1;
	printf("cluster=%s\nversion=%s\nversion_number=%d\nstate_dir=%s\nslurm_user=%s\n",
		s.cluster, s.version, s.version_number, s.state_dir, s.slurm_user);
	printf("resume_timeout_s=%" PRId64 "\nsuspend_timeout_s=%" PRId64 "\nkill_wait_s=%" PRId64
	       "\nover_time_s=%" PRId64 "\n",
		s.resume_timeout_s, s.suspend_timeout_s, s.kill_wait_s, s.over_time_s);
	printf("resume_rate=%u\nsuspend_rate=%u\nprivate_cloud=%d\nprolog=%d\n", s.resume_rate,
		s.suspend_rate, s.private_cloud, s.prolog);
	return 0;
}

static const char *const states[] = {
	[JOB_STATE_PENDING] = "PENDING",
	[JOB_STATE_CONFIGURING] = "CONFIGURING",
	[JOB_STATE_RUNNING] = "RUNNING",
	[JOB_STATE_COMPLETING] = "COMPLETING",
	[JOB_STATE_ENDED] = "ENDED",
	[JOB_STATE_OTHER] = "OTHER",
};

static void print_job(const struct job_facts *f)
{
	printf("job_id=%u\nname=%s\narray_job_id=%u\nhet_leader=%u\nhet_ids=%s\nrestart=%u\nstate=%"
	       "s\n",
		f->job_id, f->name, f->array_job_id, f->het_leader, f->het_ids, f->restart,
		states[f->state]);
	printf("batch=%d\nrequeue=%d\nuid=%u\nuser=%s\naccount=%s\npartition=%s\njob_name=%s\n",
		f->batch, f->requeue, f->uid, f->user, f->account, f->partition, f->job_name);
	printf("features=%s\nnodes=%s\nbatch_host=%s\nadmin_comment=%s\n", f->features, f->nodes,
		show(f->batch_host), show(f->admin_comment));
	printf("num_nodes=%u\nnum_tasks=%u\ncpus=%u\ntime_limit_s=%" PRId64 "\nstart_s=%" PRId64
	       "\nsubmit_s=%" PRId64 "\neligible_s=%" PRId64 "\nexclusive=%d\n",
		f->num_nodes, f->num_tasks, f->cpus, f->time_limit_s, f->start_s, f->submit_s,
		f->eligible_s, f->exclusive);
	printf("succeeded=%d\ncancelled=%d\ntimed_out=%d\n", f->succeeded, f->cancelled,
		f->timed_out);
	printf("cpus_per_task=%u\ntasks_per_node=%u\nmem_mib_per_node=%" PRIu64
	       "\ngpus_per_node=%u\n",
		f->cpus_per_task, f->tasks_per_node, f->mem_mib_per_node, f->gpus_per_node);
}

static int cmd_job(int argc, char **argv, struct err *err)
{
	CLEANUP(job_facts_release) struct job_facts facts = {0};

	if (slurm_client_job(number(argv[0]), &facts, err) < 0)
		return -1;
	print_job(&facts);
	return 0;
}

static int cmd_jobs(int argc, char **argv, struct err *err)
{
	struct job_facts *all = NULL;
	size_t n = 0;

	if (slurm_client_jobs(&all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		printf("%u %s %s %s\n", all[i].job_id, all[i].name, states[all[i].state],
			all[i].nodes);
		job_facts_release(&all[i]);
	}
	free(all);
	return 0;
}

static int cmd_prolog(int argc, char **argv, struct err *err)
{
	int done = slurm_client_prolog_done(number(argv[0]), err);

	if (done < 0)
		return -1;
	printf("done=%d\n", done);
	return 0;
}

static int cmd_stored(int argc, char **argv, struct err *err)
{
	cleanup_free char *line = NULL;

	if (slurm_client_stored_intent(argv[0], number(argv[1]), &line, err) < 0)
		return -1;
	printf("intent=%s\n", show(line));
	return 0;
}

static int cmd_script(int argc, char **argv, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;

	if (slurm_client_stored_script(argv[0], number(argv[1]), &text, &len, err) < 0)
		return -1;
	printf("%zu bytes\n%s", len, text);
	return 0;
}

static int cmd_nodes(int argc, char **argv, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	cleanup_free struct node_facts *nodes = NULL;
	size_t n = 0;

	if (argc && nodeset_parse(&set, argv[0], err) < 0)
		return -1;
	if (slurm_client_nodes(argc ? &set : NULL, &nodes, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%s addr=%s hostname=%s state=%s registered=%d booted=%d cpus=%u "
		       "mem=%" PRIu64 " reason=%s\n",
			nodes[i].name, nodes[i].addr, nodes[i].hostname, nodes[i].state,
			nodes[i].registered, nodes[i].boot_s > 0, nodes[i].cpus, nodes[i].mem_mib,
			nodes[i].reason);
	return 0;
}

/* NAME=ADDR[,ID,TYPE]... */
static int addresses(int argc, char **argv, bool tell, struct err *err)
{
	cleanup_free struct node_address *nodes = calloc((size_t)argc + 1, sizeof(*nodes));

	if (!nodes)
		return err_nomem(err);
	for (int i = 0; i < argc; i++) {
		char *rest = argv[i];

		nodes[i].name = strsep(&rest, "=");
		nodes[i].addr = strsep(&rest, ",");
		nodes[i].instance_id = strsep(&rest, ",");
		nodes[i].instance_type = rest;
	}
	if (tell)
		return slurm_client_tell_instances(nodes, (size_t)argc, err);
	return slurm_client_announce(nodes, (size_t)argc, err);
}

static int cmd_announce(int argc, char **argv, struct err *err)
{
	return addresses(argc, argv, false, err);
}

static int cmd_tell(int argc, char **argv, struct err *err)
{
	return addresses(argc, argv, true, err);
}

static const char *value(const char *s)
{
	return strcmp(s, "-") ? s : NULL;
}

static int cmd_force_down(int argc, char **argv, struct err *err)
{
	return slurm_client_force_down(argv[0], value(argv[1]), value(argv[2]), err);
}

static int cmd_down_asap(int argc, char **argv, struct err *err)
{
	return slurm_client_down_asap(argv[0], err);
}

static int cmd_resume(int argc, char **argv, struct err *err)
{
	return slurm_client_resume_nodes(argv[0], err);
}

static int cmd_change(int argc, char **argv, struct err *err)
{
	struct job_change change = JOB_CHANGE_INIT;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "admin=", 6))
			change.admin_comment = argv[i] + 6;
		else if (!strncmp(argv[i], "system=", 7))
			change.system_comment = argv[i] + 7;
		else if (!strncmp(argv[i], "requeue=", 8))
			change.requeue = argv[i][8] == '1';
		else if (!strncmp(argv[i], "begin=", 6))
			change.begin_s = strtoll(argv[i] + 6, NULL, 10);
		else if (!strcmp(argv[i], "hold"))
			change.hold = true;
		else
			return err_set(err, ERR_USAGE, "what is %s?", argv[i]);
	}
	return slurm_client_job_change(argv[0], &change, err);
}

static int cmd_notify(int argc, char **argv, struct err *err)
{
	return slurm_client_notify(number(argv[0]), argv[1], err);
}

static int cmd_cancel(int argc, char **argv, struct err *err)
{
	return slurm_client_cancel(argv[0], err);
}

static int cmd_leave(int argc, char **argv, struct err *err)
{
	return slurm_client_leave(argv[0], argv[1], err);
}

static int cmd_changed(int argc, char **argv, struct err *err)
{
	cleanup_free struct node_facts *nodes = NULL;
	int64_t since_s = strtoll(argv[0], NULL, 10);
	size_t n = 0;
	int rc = slurm_client_nodes_changed(&since_s, &nodes, &n, err);

	if (rc < 0)
		return -1;
	printf("changed=%d\nsince=%" PRId64 "\n", rc, since_s);
	for (size_t i = 0; i < n; i++)
		if (*nodes[i].reason)
			printf("%s uid=%u age=%d reason=%s\n", nodes[i].name, nodes[i].reason_uid,
				nodes[i].reason_s > 0, nodes[i].reason);
	return 0;
}

static int cmd_signal(int argc, char **argv, struct err *err)
{
	enum signal_to to = !strcmp(argv[2], "batch")   ? SIGNAL_BATCH
			    : !strcmp(argv[2], "steps") ? SIGNAL_STEPS
							: SIGNAL_ALL;

	return slurm_client_signal(argv[0], (int)number(argv[1]), to, err);
}

static int cmd_requeue(int argc, char **argv, struct err *err)
{
	return slurm_client_requeue(argv[0], err);
}

static const struct {
	const char *name;
	int args; /* at least */
	int (*run)(int argc, char **argv, struct err *err);
} commands[] = {
	{"init", 0, cmd_init},
	{"site", 0, cmd_site},
	{"job", 1, cmd_job},
	{"jobs", 0, cmd_jobs},
	{"prolog", 1, cmd_prolog},
	{"stored", 2, cmd_stored},
	{"script", 2, cmd_script},
	{"nodes", 0, cmd_nodes},
	{"announce", 0, cmd_announce},
	{"tell", 1, cmd_tell},
	{"force-down", 3, cmd_force_down},
	{"down-asap", 1, cmd_down_asap},
	{"leave", 2, cmd_leave},
	{"changed", 1, cmd_changed},
	{"resume", 1, cmd_resume},
	{"change", 1, cmd_change},
	{"notify", 2, cmd_notify},
	{"cancel", 1, cmd_cancel},
	{"signal", 3, cmd_signal},
	{"requeue", 1, cmd_requeue},
};

static int run(const char *conf, int argc, char **argv, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		if (argc - 1 < commands[i].args)
			return err_set(err, ERR_USAGE, "%s: %d arguments expected", argv[0],
				commands[i].args);
		/* "-": call without slurm_client_init() */
		if ((!conf || strcmp(conf, "-")) && slurm_client_init(conf, err) < 0)
			return -1;
		return commands[i].run(argc - 1, argv + 1, err);
	}
	return err_set(err, ERR_USAGE, "no command %s", argv[0]);
}

int main(int argc, char **argv)
{
	const char *conf = NULL;
	struct err err = {0};

	argc--;
	argv++;
	if (argc >= 2 && !strcmp(argv[0], "-c")) {
		conf = argv[1];
		argc -= 2;
		argv += 2;
	}
	if (argc < 1)
		err_set(&err, ERR_USAGE, "no command");
	else
		run(conf, argc, argv, &err);
	if (err.class != ERR_NONE)
		printf("%s %s: %s\n", err_class_name(err.class), *err.code ? err.code : "-",
			err.text);
	slurm_client_fini();
	return err_exit_code(err.class);
}
