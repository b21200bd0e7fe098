/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume: slurmctld's ResumeProgram. argv[1] is the hostlist; which jobs it is for stands in the
 * file SLURM_RESUME_FILE, in /proc of slurmctld: it is read before anything else.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/demand.h"
#include "helper/failure.h"
#include "helper/log.h"
#include "helper/moved.h"
#include "helper/provision.h"
#include "helper/wish.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/slurm/resumefile.h"

#define RESUME_FILE_MAX (64u << 20)
#define CHILDREN_MAX    512

/* What slurmctld handed over; without a usable file every node is one of no job. */
static void read_call(const char *hostlist, struct resumefile *file, struct err *file_err)
{
	const char *path = getenv("SLURM_RESUME_FILE");
	cleanup_free char *text = NULL;
	size_t len = 0;

	file_err->class = ERR_NONE;
	if (!path)
		err_set(file_err, ERR_NOTFOUND, "SLURM_RESUME_FILE is not set");
	else if (file_read(path, RESUME_FILE_MAX, &text, &len, file_err) == 0)
		resumefile_parse(text, len, file, file_err);
}

/* Without a configuration nothing can be launched, but the nodes need not hang until ResumeTimeout.
 */
static void fail_all(
	const struct resumefile *file, const struct nodeset *all, const struct err *why)
{
	struct job_change change = JOB_CHANGE_INIT;
	cleanup_free char *hostlist = nodeset_format(all);
	char comment[ERR_TEXT_SIZE + 64], reason[256];
	struct err err;

	if (!hostlist || slurm_client_init(NULL, &err) < 0)
		return;
	snprintf(comment, sizeof(comment), "burst: %s; the administrator must mend it", why->text);
	snprintf(reason, sizeof(reason), "burst: %.240s", why->text);
	change.admin_comment = comment;
	for (size_t i = 0; i < file->njobs; i++) {
		CLEANUP(job_facts_release) struct job_facts facts = {0};

		if (slurm_client_job(file->jobs[i].job_id, &facts, &err) == 0)
			slurm_client_job_change(facts.name, &change, &err);
	}
	/* 127.0.0.254: the default of slurm.placeholder_address, which cannot be read now */
	if (slurm_client_force_down(hostlist, "127.0.0.254", reason, &err) < 0)
		log_err("%s: %s", hostlist, err.text);
	slurm_client_fini();
}

static int find_jobs(struct app *app, const struct resumefile *file, const struct nodeset *all,
	int64_t start_ms, struct demand_set *set, struct nodeset *orphans, struct err *err)
{
	struct wish_memory memory = {0};

	set->jobs = calloc(file->njobs + 1, sizeof(*set->jobs));
	if (!set->jobs)
		return err_nomem(err);
	for (size_t i = 0; i < file->njobs; i++) {
		const struct resume_job *from = &file->jobs[i];
		struct demand_job *job = &set->jobs[set->njobs];
		static const struct nodeset none = NODESET_INIT;
		struct err local;

		if (slurm_client_job(from->job_id, &job->facts, &local) < 0) {
			log_warn("job %u: %s; its nodes are sent back", from->job_id, local.text);
			if (nodeset_filter(&from->resume, &none, false, orphans, err) < 0)
				return -1;
			continue;
		}
		set->njobs++;
		burst_log_context(job->facts.name, NULL);
		/* what a site's own ResumeProgram did not hand on to us is none of ours */
		if (nodeset_filter(&from->resume, all, true, &job->nodes, err) < 0)
			return -1;
		/* a slice (ResumeRate): the gang is the whole allocation, its other nodes of ours
		 * too */
		if (job->facts.nodes) {
			CLEANUP(nodeset_release) struct nodeset whole = NODESET_INIT;

			if (nodeset_parse(&whole, job->facts.nodes, &local) < 0)
				log_warn("%s", local.text);
			nodeset_for_each (&whole, k)
				if (conf_group_of(app->conf, whole.names[k]) &&
					nodeset_add(&job->nodes, whole.names[k], err) < 0)
					return -1;
		}
		nodeset_sort(&job->nodes);
		wish_find(app, job, start_ms, &memory);
		log_info("%zu node(s), EFA %s (%s)", job->nodes.n, efa_mode_name(job->intent.efa),
			job->efa_why);
	}
	burst_log_context(NULL, NULL);
	return 0;
}

/* Nodes of the call that stand in no job. */
static int find_loose(const struct resumefile *file, const struct nodeset *all,
	struct nodeset *loose, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset taken = NODESET_INIT;
	static const struct nodeset none = NODESET_INIT;

	for (size_t i = 0; i < file->njobs; i++)
		if (nodeset_filter(&file->jobs[i].resume, &none, false, &taken, err) < 0)
			return -1;
	return nodeset_filter(all, &taken, false, loose, err);
}

static void send_orphans_back(struct app *app, const struct nodeset *orphans, const char *why)
{
	struct demand nobody = {0};
	struct failure failure = {.class = ERR_NOTFOUND, .text = why, .attempts = 1};

	if (orphans->n)
		failure_send_back(app, &nobody, orphans, &failure);
}

/* One process per launch: a gang's trouble stays its own, and each holds its own locks. */
static void run_all(struct app *app, struct demand_set *set)
{
	size_t running = 0;

	app_detach(app);
	for (size_t i = 0; i < set->n; i++) {
		pid_t pid;

		while (running >= CHILDREN_MAX && wait(NULL) > 0)
			running--;
		pid = fork();
		if (pid < 0) {
			log_warn("fork failed; launches go one after the other");
			provision_run(app, &set->all[i]);
			app_detach(app);
			continue;
		}
		if (!pid) {
			/* exit, not _exit: the log and gcov have something to write */
			exit(provision_run(app, &set->all[i]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
		}
		running++;
	}
	while (running && wait(NULL) > 0)
		running--;
}

static int serve(struct app *app, const struct resumefile *file, const struct nodeset *all,
	int64_t start_ms, struct err *err)
{
	CLEANUP(demand_set_release) struct demand_set set = {0};
	CLEANUP(nodeset_release) struct nodeset loose = NODESET_INIT, orphans = NODESET_INIT;

	if (find_jobs(app, file, all, start_ms, &set, &orphans, err) < 0 ||
		find_loose(file, all, &loose, err) < 0 ||
		demand_cut(&set, app->conf, &loose, err) < 0)
		return -1;
	if (set.unknown.n) {
		cleanup_free char *unknown = nodeset_format(&set.unknown);

		log_err("nodes %s are of no node group in %s: they cannot be launched",
			unknown ? unknown : "?", app->conf->path);
	}
	send_orphans_back(app, &orphans, "its job has gone");
	send_orphans_back(app, &set.unknown, "it is of no node group in the configuration");
	run_all(app, &set);
	return 0;
}

/* What in slurm.conf makes gangs fail in ways that nobody would trace back to it. */
static void warn_of_site(const struct slurm_site *site)
{
	if (site->resume_rate || site->suspend_rate)
		log_warn("slurm.conf: ResumeRate=%u SuspendRate=%u cut gangs into slices; set both "
			 "to 0",
			site->resume_rate, site->suspend_rate);
	if (!site->private_cloud)
		log_warn("slurm.conf: without PrivateData=cloud powered-down nodes are invisible "
			 "to us");
}

int cmd_resume(int argc, char **argv, const char *conf_path)
{
	CLEANUP(nodeset_release) struct nodeset all = NODESET_INIT;
	CLEANUP(resumefile_release) struct resumefile file = {0};
	CLEANUP(app_close) struct app app = APP_INIT;
	int64_t start_ms = clock_mono_ms();
	struct err file_err, err;

	if (argc == 2)
		read_call(argv[1], &file, &file_err);
	if (argc != 2 || nodeset_parse(&all, argv[1], &err) < 0) {
		burst_log_open("resume", NULL, LOG_LEVEL_INFO, false, true);
		log_err("usage: aws-slurm-burst resume HOSTLIST (slurmctld calls it as "
			"ResumeProgram)%s%s",
			argc == 2 ? ": " : "", argc == 2 ? err.text : "");
		return 2;
	}
	if (app_load(&app, "resume", conf_path, isatty(STDERR_FILENO), &err) < 0) {
		log_err("%s", err.text);
		fail_all(&file, &all, &err);
		return err_exit_code(err.class);
	}
	log_info("called for %s", argv[1]);
	if (file_err.class != ERR_NONE)
		log_warn("%s: every node is treated as one of no job, best effort", file_err.text);
	if (app_slurm(&app, &err) == 0) {
		warn_of_site(&app.site);
		moved_reconcile(&app);
		if (serve(&app, &file, &all, start_ms, &err) == 0)
			return 0;
	}
	log_err("%s", err.text);
	return err_exit_code(err.class);
}
