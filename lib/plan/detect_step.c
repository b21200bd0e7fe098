/* SPDX-License-Identifier: Apache-2.0 */
/* One command: does it start ranks, a farm, a service, or nothing of that? */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/detect_internal.h"

static bool in(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, list[i]))
			return true;
	return false;
}

#define FARM_WORDS     64 /* of a farm's command, among which its launcher is looked for */
#define IN(WORD, LIST) in(WORD, LIST, ARRAY_SIZE(LIST))

/* Started on all nodes to look or to tidy up; no work of its own. */
static bool is_trivial(const char *base)
{
	static const char *const words[] = {"hostname", "date", "echo", "ls", "df", "du", "rm",
		"mkdir", "cp", "mv", "true", "false", "sleep", "nvidia-smi", "env", "printenv",
		"uname", "cat", "tar", "rsync", "sbcast", "touch", "pwd", "id", "which", "free",
		"lscpu", "numactl", "killall", "pkill", "ln", "find", "uptime", "dmesg", "fi_info",
		"chmod", "tee", "printf", "test", "ldd", "lstopo", "taskset"};

	return IN(base, words);
}

static bool is_service(const char *base)
{
	static const char *const words[] = {"ray", "dask", "dask-worker", "dask-scheduler",
		"dask-cuda-worker", "spark-class", "spark-submit", "start-worker.sh",
		"start-slave.sh", "start-all.sh", "start-workers.sh", "start-slaves.sh",
		"start-dfs.sh", "start-yarn.sh", "hadoop", "ipcluster", "ipengine", "ipcontroller",
		"redis-server", "mongod", "flink", "kafka-server-start.sh"};

	return IN(base, words);
}

static bool is_farm(const char *base)
{
	static const char *const words[] = {"parallel", "env_parallel", "sem", "paramrun",
		"disBatch", "disbatch", "disBatch.py", "hq", "ylauncher", "pdsh", "clush", "dsh",
		"pssh", "parallel-ssh", "clusterssh", "worker", "wsub", "gnu_parallel",
		"parallelize", "pegasus-mpi-cluster", "taskfarm", "taskfarmer", "runcommands.sh",
		"jug", "make_parallel"};

	return IN(base, words);
}

static bool is_workflow(const char *base)
{
	static const char *const words[] = {"nextflow", "snakemake", "cromwell", "cwltool", "toil",
		"sbatch", "qsub", "bsub", "parsl", "luigi", "airflow", "miniwdl", "cylc",
		"ecflow_client"};

	return IN(base, words);
}

static bool is_interpreter(const char *base)
{
	static const char *const words[] = {"Rscript", "R", "julia", "matlab", "octave", "perl",
		"ruby", "java", "node", "stata", "sas", "wolframscript", "math", "MATLAB"};

	return !strncmp(base, "python", 6) || !strncmp(base, "ipython", 7) || IN(base, words);
}

/* Rank, procid: who knows its own number takes its own piece of the work. */
static bool knows_its_number(const char *text)
{
	static const char *const names[] = {"SLURM_PROCID", "SLURM_LOCALID", "PMI_RANK",
		"PMIX_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_STEPID"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(text, names[i]))
			return true;
	return false;
}

/* "mpi" as a part of the name, between what is no letter: a.out-mpi, solver_mpi, prog.MPI.ex. */
static bool named_mpi(const char *base)
{
	for (const char *p = base; (p = strcasestr(p, "mpi")); p += 3) {
		const char *end = p + 3;

		if (*end == 'f' || *end == 'c') /* compilers are judged elsewhere */
			continue;
		if ((p == base || !isalpha((unsigned char)p[-1]) || p[-1] == 'p' || p[-1] == 'x') &&
			!isalpha((unsigned char)*end))
			return true;
		if (!strncasecmp(end, "ch", 2) || (p >= base + 4 && !strncasecmp(p - 4, "open", 4)))
			return true;
	}
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* --- GPU collectives: who starts how many */

static const char *option_value(size_t argc, const char *const *argv, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < argc; i++) {
		const char *word = argv[i];

		if (word[0] != '-')
			continue;
		word += 1 + (word[1] == '-');
		for (size_t k = 0; k < len; k++) {
			char a = word[k] == '_' ? '-' : word[k];

			if (a != name[k])
				goto next;
		}
		if (word[len] == '=')
			return word + len + 1;
		if (!word[len])
			return i + 1 < argc ? argv[i + 1] : "";
	next:;
	}
	return NULL;
}

static uint32_t product(uint32_t a, uint32_t b)
{
	return a && b > UINT32_MAX / a ? UINT32_MAX : a * b;
}

/* The ranks that torchrun and its like start in all; 0: not known. */
static uint32_t collective_ranks(const struct detection *d, size_t argc, const char *const *argv)
{
	static const char *const totals[] = {"np", "num-processes", "world-size"};
	static const char *const per_nodes[] = {"nproc-per-node", "num-gpus", "nproc"};
	static const char *const nodes[] = {"nnodes", "num-nodes", "num-machines"};
	uint32_t n = d->size.nodes ? d->size.nodes : 1, per_node = 0;

	for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
		const char *value = option_value(argc, argv, totals[i]);

		if (value && number_of(value))
			return number_of(value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		const char *value = option_value(argc, argv, nodes[i]);

		if (value && number_of(value))
			n = number_of(value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(per_nodes); i++) {
		const char *value = option_value(argc, argv, per_nodes[i]);

		if (value)
			per_node = number_of(value) ? number_of(value) : d->size.gpus;
	}
	return product(n, per_node ? per_node : d->size.gpus);
}

/* python -m torch.distributed.run and the like; else NULL. */
static const struct known_app *python_launcher(size_t argc, const char *const *argv)
{
	for (size_t i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "-m"))
			continue;
		if (!strncmp(argv[i + 1], "torch.distributed.", 18))
			return apps_by_name("PyTorch distributed");
		if (!strncmp(argv[i + 1], "accelerate.", 11))
			return apps_by_name("Accelerate");
		if (!strncmp(argv[i + 1], "deepspeed.", 10))
			return apps_by_name("DeepSpeed");
		return NULL;
	}
	return NULL;
}

/* ARGV starts GPU collectives by itself. NODES_GIVEN: srun has started it on several. */
static bool judge_collectives(
	struct detection *d, size_t argc, const char *const *argv, unsigned line)
{
	char base[64];
	const struct known_app *app = apps_find(argv[0]);
	uint32_t ranks;

	script_basename(argv[0], base, sizeof(base));
	if (!strncmp(base, "python", 6))
		app = python_launcher(argc, argv);
	if (!app || !app->collectives || app->mpi != APP_MPI_SELF)
		return false;
	if (!strcmp(base, "accelerate") && argc > 1 && strcmp(argv[1], "launch"))
		return false;
	ranks = collective_ranks(d, argc, argv);
	if (ranks == 1)
		return false;
	d->result->app = app;
	d->result->gpu_collectives = true;
	d->ranks++;
	d->strong++;
	if (ranks > d->launched)
		d->launched = ranks;
	found(d, D_COLLECTIVES, line, 80, "%s starts ranks that use collectives of GPUs",
		app->name);
	return true;
}

/* The script says where the ranks of a PyTorch or JAX program meet. */
static bool sets_meeting_point(const struct script *script)
{
	static const char *const names[] = {
		"MASTER_ADDR", "JAX_COORDINATOR_ADDRESS", "WORLD_SIZE", "TF_CONFIG"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (script_value(script, names[i]))
			return true;
	return false;
}

/* … and WORD may be one: Python, a script around it, or what cannot be known. */
static bool meets(const struct detection *d, const char *word)
{
	char base[64];

	script_basename(word, base, sizeof(base));
	return d->meeting_point &&
	       (!strncmp(base, "python", 6) || !strcmp(base, "bash") || !strcmp(base, "sh") ||
		       ends_with(base, ".sh") || ends_with(base, ".py") || strstr(word, "${"));
}

/* --- programs */

/* Does the text of a program of this script speak MPI? */
static bool text_has_mpi(const char *text)
{
	return text &&
	       (strstr(text, "mpi4py") || strstr(text, "MPI_Init") || strstr(text, "Rmpi") ||
		       strstr(text, "pbdMPI") || strstr(text, "using MPI"));
}

/* … each file looked at once, however often it is run. */
static bool file_has_mpi(struct detection *d, const struct script_file *file)
{
	signed char *known = &d->mpi[file - d->script.files];

	if (!*known)
		*known = text_has_mpi(file->text) ? 1 : -1;
	return *known > 0;
}

static bool words_have(size_t argc, const char *const *argv, bool (*test)(const char *))
{
	for (size_t i = 0; i < argc; i++)
		if (test(argv[i]))
			return true;
	return false;
}

/* WORD behind a script's name is a program that it wraps, rather than its data. */
static bool is_wrapped(const char *word)
{
	static const char *const ends[] = {".x", ".exe", ".ex", ".out", ".bin", ".py"};
	const struct known_app *app = apps_find(word);
	const char *slash = strrchr(word, '/');

	if (app)
		return true;
	if (!strncmp(slash ? slash + 1 : word, "python", 6))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(word, ends[i]))
			return true;
	return !strncmp(word, "./", 2) && word[2] && !strchr(word + 2, '.') &&
	       !strchr(word + 2, '/');
}

/* What srun or mpirun starts, "bash -c" and scripts of this script looked into. */
static void payload_find(const struct detection *d, size_t index, const struct launch *launch,
	size_t *argc, const char *const **argv)
{
	const struct script_command *c = &d->script.commands[index];
	size_t skip;

	*argc = c->argc - launch->payload;
	*argv = c->argv + launch->payload;
	skip = script_skip_prefix(*argc, *argv);
	if (skip < *argc) {
		*argc -= skip;
		*argv += skip;
	}
	if (*argc > 1 && ends_with((*argv)[0], ".sh") && is_wrapped((*argv)[1])) {
		*argc -= 1;
		*argv += 1;
	}
	for (size_t i = index + 1; i < d->script.ncommands; i++) {
		const struct script_command *held = &d->script.commands[i];
		char base[64];
		enum mpi_impl impl;

		if (held->within != index || held->dead || held->substituted)
			continue;
		script_basename(held->argv[0], base, sizeof(base));
		if (is_trivial(base) || !strcmp(base, "cd") || !strcmp(base, "export") ||
			!strcmp(base, "module") || !strcmp(base, "source") || !strcmp(base, ".") ||
			!strcmp(base, "sed") || impl_of_variable(base, &impl))
			continue;
		*argc = held->argc;
		*argv = held->argv;
		return;
	}
}

/* The words of the launch and all that it holds know their rank's number. */
static bool parts_by_number(const struct detection *d, size_t index)
{
	const struct script_command *c = &d->script.commands[index];

	if (words_have(c->argc, c->argv, knows_its_number))
		return true;
	for (size_t i = 0; i < d->script.ncommands; i++)
		if (d->script.commands[i].within == index &&
			words_have(d->script.commands[i].argc, d->script.commands[i].argv,
				knows_its_number))
			return true;
	return false;
}

/* srun starts several tasks of what takes in MPI: by its words (-c, -e), its input, or its text. */
static bool judge_srun_text(
	struct detection *d, const struct script_command *c, size_t argc, const char *const *argv)
{
	const struct script_file *file = NULL;
	char base[64];

	script_basename(argv[0], base, sizeof(base));
	if (!is_interpreter(base))
		return false;
	for (size_t i = 1; i < argc && !file; i++)
		file = script_find_file(&d->script, argv[i]);
	if (!text_has_mpi(c->stdin_text) && !words_have(argc, argv, text_has_mpi) &&
		!(file && file_has_mpi(d, file)))
		return false;
	found(d, D_PROGRAM, c->line, 70, "srun starts a program that takes in MPI");
	d->strong++;
	return true;
}

/* srun starts several tasks of a Python program. */
static void judge_srun_python(
	struct detection *d, const struct script_command *c, const char *const *argv)
{
	uint32_t gpus = d->size.gpus;

	if (gpus && d->size.tasks > 1 && d->size.tasks == d->size.nodes * gpus) {
		/* Lightning and others find the other ranks by Slurm's variables */
		d->result->gpu_collectives = true;
		found(d, D_COLLECTIVES, c->line, 45, "srun starts one Python for each GPU");
		return;
	}
	if (gpus && d->size.nodes > 1) {
		d->result->gpu_collectives = true;
		found(d, D_COLLECTIVES, c->line, 35, "srun starts Python on the GPUs of %u nodes",
			d->size.nodes);
		return;
	}
	d->plain++;
	found(d, D_PROGRAM, c->line, 10, "srun starts several %s", argv[0]);
}

/* srun starts several tasks of what no table knows. */
static void judge_srun_unknown(
	struct detection *d, const struct script_command *c, const char *word)
{
	char base[64];

	script_basename(word, base, sizeof(base));
	if (ends_with(base, ".sh") || ends_with(base, ".bash") || !strcmp(base, "bash") ||
		!strcmp(base, "sh")) {
		d->plain++;
		found(d, D_PROGRAM, c->line, 10, "srun starts several %s", base);
	} else if (is_interpreter(base) || ends_with(base, ".py") || ends_with(base, ".R") ||
		   ends_with(base, ".pl")) {
		d->plain++;
		found(d, D_PROGRAM, c->line, 5, "srun starts several %s", base);
	} else if (named_mpi(base)) {
		d->strong++;
		found(d, D_PROGRAM, c->line, 65,
			"srun starts several %s, an MPI program by its name", base);
	} else {
		found(d, D_PROGRAM, c->line, 45, "srun starts several tasks of %s", base);
	}
}

static void judge_srun(struct detection *d, size_t index, const struct launch *launch, size_t argc,
	const char *const *argv)
{
	const struct script_command *c = &d->script.commands[index];
	const struct known_app *app = apps_find(argv[0]);
	bool mpi = launch->mpi && strcmp(launch->mpi, "none") != 0;
	char base[64];

	script_basename(argv[0], base, sizeof(base));
	if (launch->mpi && !mpi)
		found(d, D_SRUN_MPI, c->line, -40, "srun --mpi=none");
	if (mpi) {
		d->pmi_impl = !strncmp(launch->mpi, "pmix", 4)   ? MPI_PMIX
			      : !strncmp(launch->mpi, "pmi", 3)  ? MPI_PMI2
			      : !strncmp(launch->mpi, "cray", 4) ? MPI_CRAY
								 : d->pmi_impl;
		d->strong++;
		found(d, D_SRUN_MPI, c->line, 60, "srun --mpi=%s", launch->mpi);
	} else if (!meets(d, argv[0]) && parts_by_number(d, index) &&
		   (!app || app->mpi == APP_MPI_NEVER)) {
		d->plain++;
		found(d, D_FARM, c->line, -50, "each task takes its part by its own number");
		return;
	}
	if (app && (app->mpi == APP_MPI_ALWAYS || app->mpi == APP_MPI_FLAG)) {
		d->strong++;
		d->result->app = app;
		d->result->gpu_collectives |= app->collectives;
		found(d, D_PROGRAM, c->line, 70, "%s by srun", app->name);
	} else if (app && app->mpi == APP_MPI_NEVER) {
		d->plain++;
		found(d, D_FARM, c->line, -40, "srun starts several %s, which is no MPI program",
			app->name);
	} else if (app && app->mpi == APP_MPI_MAYBE) {
		d->result->app = app;
		found(d, D_PROGRAM, c->line, 50, "%s by srun", app->name);
	} else if (meets(d, argv[0])) {
		d->result->gpu_collectives = true;
		d->strong++;
		found(d, D_COLLECTIVES, c->line, 75,
			"srun starts %s, and the script sets where its "
			"ranks meet",
			base);
	} else if (judge_srun_text(d, c, argc, argv)) {
		/* it is MPI */
	} else if (!strncmp(base, "python", 6)) {
		judge_srun_python(d, c, argv);
	} else if (launch->multiprog) {
		d->plain++;
		found(d, D_FARM, c->line, mpi ? 0 : -30, "srun --multi-prog");
	} else {
		judge_srun_unknown(d, c, argv[0]);
	}
	if (mpi && d->size.gpus && !strncmp(base, "python", 6))
		d->result->gpu_collectives = true;
}

/* mpirun and the like start several ranks of ARGV. */
static void judge_mpirun(struct detection *d, const struct script_command *c,
	const struct launch *launch, size_t argc, const char *const *argv)
{
	const struct known_app *app = argc ? apps_find(argv[0]) : NULL;
	enum mpi_impl impl;
	char base[64];

	script_basename(argc ? argv[0] : "", base, sizeof(base));
	if (is_trivial(base)) {
		found(d, D_LAUNCHER, c->line, 20, "%s starts %s", launch->name, base);
		return;
	}
	d->strong++;
	if (launch->impl != MPI_UNKNOWN)
		d->launcher_impl = launch->impl;
	else if (impl_of_path(c->argv[0], &impl) && d->launcher_impl == MPI_UNKNOWN)
		d->launcher_impl = impl;
	found(d, D_LAUNCHER, c->line, 75, "%s starts several ranks%s%s", launch->name,
		base[0] ? " of " : "", base);
	if (!app || app->mpi == APP_MPI_NEVER)
		return;
	d->result->app = app;
	d->result->gpu_collectives |= app->collectives;
	found(d, D_PROGRAM, c->line, 15, "%s by %s", app->name, launch->name);
}

/* mpirun -np 1 R, in a job of several tasks on several nodes: Rmpi spawns the others. */
static bool judge_spawn(struct detection *d, const struct script_command *c,
	const struct launch *launch, const char *base)
{
	if (launch->srun || c->background || c->loops || d->size.array || d->size.nodes < 2 ||
		d->size.tasks < 2 || (strcmp(base, "R") && strcmp(base, "Rscript")))
		return false;
	d->ranks++;
	d->strong++;
	found(d, D_LAUNCHER, c->line, 60, "%s starts %s, which spawns the other ranks",
		launch->name, base);
	return true;
}

static void judge_single(struct detection *d, const struct script_command *c, const char *name)
{
	d->singles++;
	if (!c->background)
		return;
	d->background_singles++;
	/* three of them, or one in a loop, are a farm */
	if (c->background_loop || c->loops || d->background_singles >= 3)
		found(d, D_SINGLES, c->line, -40, "%s starts single tasks in the background", name);
}

static bool judge_launch(struct detection *d, size_t index)
{
	const struct script_command *c = &d->script.commands[index];
	struct launch launch;
	const char *const *argv;
	size_t argc;
	uint32_t count;
	char base[64];

	if (!launch_read(c->argc, c->argv, &d->size, &launch))
		return false;
	if (launch.quick)
		return true;
	payload_find(d, index, &launch, &argc, &argv);
	script_basename(argc ? argv[0] : "", base, sizeof(base));
	if (argc && is_service(base)) {
		found(d, D_SERVICE, c->line, -60, "starts %s, a cluster of its own", base);
		return true;
	}
	if (argc && judge_collectives(d, argc, argv, c->line))
		return true;
	if (launch.srun && argc && is_farm(base)) {
		found(d, D_FARM, c->line, -50, "%s starts independent processes", base);
		return true;
	}
	/* runcode() { srun -n $@; }: the program is among what cannot be known */
	if (!argc && launch.count_unknown) {
		argv = c->argv + c->argc - 1;
		argc = 1;
	}
	if (!argc || (launch.srun && is_trivial(base)))
		return true;
	count = launch.count ? launch.count : launch.count_unknown ? 0 : d->size.tasks;
	if (count == 1 && launch.programs == 1) {
		if (judge_spawn(d, c, &launch, base))
			return true;
		judge_single(d, c, launch.name);
		return true;
	}
	d->ranks++;
	if (count > d->launched && !is_trivial(base))
		d->launched = count;
	if (launch.srun)
		judge_srun(d, index, &launch, argc, argv);
	else
		judge_mpirun(d, c, &launch, argc, argv);
	return true;
}

/* --- applications that start their ranks themselves */

static bool flag_given(const struct known_app *app, size_t argc, const char *const *argv)
{
	if (!app->flag)
		return true;
	for (size_t i = 1; i < argc; i++) {
		for (const char *p = app->flag; *p; p += strspn(p, " ")) {
			size_t n = strcspn(p, " ");

			if (!strncmp(argv[i], p, n))
				return true;
			p += n;
		}
	}
	return false;
}

static uint32_t self_ranks(const struct detection *d, size_t argc, const char *const *argv)
{
	static const char *const names[] = {"-np", "-t", "cpus=", "--ncsize=", "-n", "np=", "-nn",
		"dmp=", "--nprocs=", "-part", "-numproc", "-cores"};

	for (size_t i = 1; i < argc; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			size_t n = strlen(names[k]);

			if (strncmp(argv[i], names[k], n))
				continue;
			if (number_of(argv[i] + n))
				return number_of(argv[i] + n);
			if (!argv[i][n] && i + 1 < argc && number_of(argv[i + 1]))
				return number_of(argv[i + 1]);
		}
	}
	return d->size.tasks;
}

static bool judge_self(struct detection *d, const struct script_command *c)
{
	static const struct {
		const char *word;
		enum mpi_impl impl;
	} impls[] = {{"intel", MPI_INTEL}, {"openmpi", MPI_OPENMPI}, {"intelmpi", MPI_INTEL},
		{"openmpi4", MPI_OPENMPI}, {"-mpi=intel", MPI_INTEL}, {"-mpi=openmpi", MPI_OPENMPI},
		{"platform", MPI_UNKNOWN}};
	const struct known_app *app = apps_find(c->argv[0]);
	uint32_t ranks;

	if (judge_collectives(d, c->argc, c->argv, c->line))
		return true;
	if (!app || app->collectives)
		return false;
	if (app->mpi != APP_MPI_SELF)
		return app->mpi == APP_MPI_NEVER;
	ranks = self_ranks(d, c->argc, c->argv);
	if (!flag_given(app, c->argc, c->argv) || ranks < 2)
		return true;
	d->ranks++;
	d->strong++;
	d->result->app = app;
	if (ranks > d->launched)
		d->launched = ranks;
	for (size_t i = 1; i < c->argc; i++)
		for (size_t k = 0; k < ARRAY_SIZE(impls); k++)
			if (!strcmp(c->argv[i], impls[k].word) && impls[k].impl != MPI_UNKNOWN)
				d->launcher_impl = impls[k].impl;
	found(d, D_SELF, c->line, 75, "%s starts %u ranks by itself", app->name, ranks);
	return true;
}

/* --- the rest */

static void judge_compiler(struct detection *d, const struct script_command *c, const char *base)
{
	static const char *const words[] = {"mpicc", "mpicxx", "mpic++", "mpiCC", "mpif90",
		"mpif77", "mpifort", "mpiicc", "mpiicpc", "mpiifort", "mpiicx", "mpiifx"};

	if (IN(base, words))
		found(d, D_COMPILE, c->line, 10, "compiles with %s", base);
}

static bool judge_farm(struct detection *d, const struct script_command *c, const char *base)
{
	if (!strcmp(base, "xargs")) {
		for (size_t i = 1; i < c->argc; i++) {
			if (strncmp(c->argv[i], "-P", 2) && strncmp(c->argv[i], "--max-procs", 11))
				continue;
			found(d, D_FARM, c->line, -50, "xargs -P starts independent processes");
			return true;
		}
		return false;
	}
	if (!is_farm(base))
		return false;
	found(d, D_FARM, c->line, -50, "%s starts independent processes", base);
	/* unless each of them is an MPI program */
	for (size_t i = 1; i < c->argc && i < FARM_WORDS; i++) {
		struct launch launch;

		if (launch_read(c->argc - i, c->argv + i, &d->size, &launch) && launch.count > 1 &&
			!launch.srun && launch.payload < c->argc - i) {
			d->ranks++;
			if (launch.count > d->launched)
				d->launched = launch.count;
			judge_mpirun(d, c, &launch, c->argc - i - launch.payload,
				c->argv + i + launch.payload);
			break;
		}
	}
	return true;
}

static bool judge_ssh(struct detection *d, const struct script_command *c, const char *base)
{
	if (strcmp(base, "ssh"))
		return false;
	if (c->loops && c->background)
		found(d, D_FARM, c->line, -40,
			"ssh starts independent processes in the background");
	return true;
}

/* ./run.sh or a program of one's own: nobody knows what it does. */
static void judge_opaque(struct detection *d, const struct script_command *c, const char *base)
{
	if (!strchr(c->argv[0], '/') || c->within != SCRIPT_NO_COMMAND || c->substituted ||
		d->opaque_line)
		return;
	if (script_find_file(&d->script, c->argv[0]))
		return;
	d->opaque_line = c->line;
	snprintf(d->opaque, sizeof(d->opaque), "%s", base);
}

void judge_commands(struct detection *d)
{
	struct functions functions;

	d->meeting_point = sets_meeting_point(&d->script);
	find_wrappers(d);
	find_functions(d, &functions);
	for (size_t i = 0; i < d->script.ncommands; i++) {
		struct script_command *c = &d->script.commands[i];
		char base[64];

		if (c->dead || !function_live(&functions, c))
			continue;
		if (c->argc > 1 && in(c->argv[0], d->wrappers, d->nwrappers)) {
			c->argc--;
			c->argv++;
		}
		script_basename(c->argv[0], base, sizeof(base));
		judge_compiler(d, c, base);
		if (judge_launch(d, i) || judge_farm(d, c, base) || judge_ssh(d, c, base))
			continue;
		if (is_service(base)) {
			found(d, D_SERVICE, c->line, -60, "starts %s, a cluster of its own", base);
			continue;
		}
		if (is_workflow(base)) {
			found(d, D_WORKFLOW, c->line, -20, "%s gives the work to other jobs", base);
			continue;
		}
		if (!judge_self(d, c))
			judge_opaque(d, c, base);
	}
}
