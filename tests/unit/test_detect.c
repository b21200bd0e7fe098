/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/detect.h"

/* Scripts of a few lines, each for one rule. "is" is mpi or not, then kind, tasks on nodes. */
static const struct {
	const char *name, *text;
	const char *is; /* "yes mpi 64/2" */
	enum mpi_impl impl;
	const char *describe; /* beginning of; NULL: any */
} cases[] = {
	{"nothing", "", "no single 1/1", MPI_UNKNOWN, "nothing starts several ranks"},
	{"mpirun takes Slurm's tasks", "#SBATCH -n 8\nmpirun ./x", "yes mpi 8/0", MPI_UNKNOWN,
		"mpirun starts several ranks of x, line 2"},
	{"mpirun's own count", "#SBATCH -N 1 -c 8\nmpirun -np 8 ./x", "yes mpi 8/1", MPI_UNKNOWN,
		NULL},
	{"mpirun of one", "#SBATCH -n 1\nmpirun ./x", "no single 1/1", MPI_UNKNOWN, NULL},
	{"count by variable", "#SBATCH -n 8\nN=16; mpirun -n$N ./x", "yes mpi 16/0", MPI_UNKNOWN,
		NULL},
	{"count not known", "#SBATCH -n 8\nmpirun -np $N ./x", "yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"per node", "#SBATCH -N 4\nmpiexec.hydra -ppn 8 ./x", "yes mpi 32/4", MPI_MPICH, NULL},
	{"three words of one option", "#SBATCH -n 8\nmpirun --mca btl tcp -x A=b ./x",
		"yes mpi 8/0", MPI_OPENMPI, NULL},
	{"double dash", "#SBATCH -n 8\nmpirun -n 4 -- hostname", "no unknown 8/0", MPI_UNKNOWN,
		NULL},
	{"only looks", "#SBATCH -N 4\nmpirun hostname\nsrun hostname", "no unknown 4/4",
		MPI_UNKNOWN, NULL},
	{"several programs", "#SBATCH -n 8\nmpirun -np 3 ./a : -np 5 ./b", "yes mpi 8/0",
		MPI_UNKNOWN, NULL},
	{"several programs of one each", "#SBATCH -n 2\nmpirun -np 1 ./a : -np 1 ./b",
		"yes mpi 2/0", MPI_UNKNOWN, NULL},
	{"by a site's variable", "#SBATCH -n 8\n$MPIRUN ./a", "yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"by a path", "#SBATCH -n 8\n/opt/mvapich2-2.3/bin/mpirun ./a", "yes mpi 8/0", MPI_MVAPICH,
		NULL},
	{"jsrun", "#SBATCH -N 2\njsrun -n 4 -a 6 ./a", "yes mpi 24/2", MPI_SPECTRUM, NULL},
	{"aprun", "aprun -n 48 -N 24 ./a", "yes mpi 48/1", MPI_CRAY, NULL},
	{"mpirun_rsh", "mpirun_rsh -np 4 -hostfile h A=1 B=2 pw.x", "yes mpi 4/1", MPI_MVAPICH,
		NULL},
	{"charmrun", "#SBATCH -N 2\ncharmrun ++ppn 4 namd2 +p16 a.namd", "yes mpi 16/2",
		MPI_UNKNOWN, NULL},
	{"srun --mpi", "#SBATCH -N 2 -n 8\nsrun --mpi pmix ./a", "yes mpi 8/2", MPI_PMIX,
		"srun --mpi=pmix, line 2"},
	{"srun --mpi=none", "#SBATCH -n 8\nsrun --mpi=none ./a", "no unknown 8/0", MPI_UNKNOWN,
		NULL},
	{"srun and a module", "#SBATCH -n 8\nml openmpi\nsrun ./a.out", "yes mpi 8/0", MPI_OPENMPI,
		NULL},
	{"srun alone on a node", "#SBATCH -N 1 -n 8\nsrun ./a.out", "no unknown 8/1", MPI_UNKNOWN,
		NULL},
	{"srun over nodes", "#SBATCH -N 2 -n 8\nsrun ./a.out", "yes mpi 8/2", MPI_UNKNOWN, NULL},
	{"a name with mpi", "#SBATCH -n 8\nsrun ./wave-mpi.x", "yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"a name with other letters", "#SBATCH -N 1 -n 8\nsrun ./compile", "no unknown 8/1",
		MPI_UNKNOWN, NULL},
	{"srun of known", "#SBATCH -n 8\nsrun pw.x", "yes mpi 8/0", MPI_UNKNOWN,
		"Quantum ESPRESSO by srun, line 2"},
	{"srun of what never is", "#SBATCH -n 8\nsrun g16 <a", "no farm 8/0", MPI_UNKNOWN, NULL},
	{"srun of what may be", "#SBATCH -n 8\nsrun namd2 a", "yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"srun --pty", "#SBATCH -n 8\nsrun --pty bash", "no single 8/0", MPI_UNKNOWN, NULL},
	{"srun without program", "#SBATCH -n 8\nsrun -n 4", "no single 8/0", MPI_UNKNOWN, NULL},
	{"srun of text", "#SBATCH -n 8\nsrun -n 4 <<X\nmpirun x\nX", "no single 8/0", MPI_UNKNOWN,
		NULL},
	{"srun of Python with MPI",
		"#SBATCH -n 8\ncat >a.py <<X\nfrom mpi4py import MPI\nX\n"
		"srun python a.py",
		"yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"srun of Python with MPI in its words",
		"#SBATCH -n 8\nsrun python -c 'from mpi4py import MPI'", "yes mpi 8/0", MPI_UNKNOWN,
		NULL},
	{"srun of Julia with MPI in its words",
		"#SBATCH -n 8\nsrun julia -e 'using MPI; MPI.Init()'", "yes mpi 8/0", MPI_UNKNOWN,
		"srun starts a program that takes in MPI, line 2"},
	{"srun of R with MPI in its file",
		"#SBATCH -n 8\ncat >a.R <<X\nlibrary(pbdMPI)\nX\nsrun Rscript a.R", "yes mpi 8/0",
		MPI_UNKNOWN, NULL},
	{"Rmpi spawns", "#SBATCH -N 2 -n 8\nmpirun -np 1 R --no-save -f a.R", "yes mpi 8/2",
		MPI_UNKNOWN, "mpirun starts R, which spawns the other ranks, line 2"},
	{"R of one", "#SBATCH -N 1 -n 8\nmpirun -np 1 R -f a.R", "no single 8/1", MPI_UNKNOWN,
		NULL},
	{"options of what cannot be told",
		"#SBATCH -N 2\nH=$(scontrol show hostnames | paste -sd,)\nN=$((2 * $(nproc)))\n"
		"mpirun -hosts $H -np $N -ppn 36 wrf.exe",
		"yes mpi 2/2", MPI_UNKNOWN, "mpirun starts several ranks of wrf, line 4"},
	{"a list of hosts by a process",
		"#SBATCH -N 2 -n 8\nmpirun --hostfile <(scontrol show hostnames) -n 6 xhpl",
		"yes mpi 6/2", MPI_UNKNOWN, "mpirun starts several ranks of xhpl, line 2"},
	{"as another group", "#SBATCH -n 8\nsg proj -c 'mpirun ./x'", "yes mpi 8/0", MPI_UNKNOWN,
		NULL},
	{"another group alone", "#SBATCH -n 1\nsg proj; su -", "no single 1/1", MPI_UNKNOWN, NULL},
	{"COMSOL by Slurm", "#SBATCH -N 2 -n 4\ncomsol batch -mpibootstrap slurm -inputfile a",
		"yes mpi 4/2", MPI_UNKNOWN, "COMSOL starts 4 ranks by itself"},
	{"Python by its number",
		"#SBATCH -n 8\nsrun python a.py $SLURM_PROCID\nsrun sh -c 'a "
		"$SLURM_PROCID'",
		"no farm 8/0", MPI_UNKNOWN, NULL},
	{"one Python for each GPU",
		"#SBATCH -N 2 --gpus-per-node=4 --ntasks-per-node=4\nsrun python a",
		"yes collectives 8/2", MPI_NCCL, NULL},
	{"Python on GPUs", "#SBATCH -N 2 --gpus-per-node=4\nsrun python a", "no unknown 2/2",
		MPI_UNKNOWN, NULL},
	{"torchrun",
		"#SBATCH -N 2 --gres=gpu:a100:4\nsrun torchrun --nnodes=2 --nproc-per-node=gpu a",
		"yes collectives 8/2", MPI_NCCL, NULL},
	{"torchrun of one", "#SBATCH -n 1\ntorchrun --nproc_per_node=1 a", "no single 1/1",
		MPI_UNKNOWN, NULL},
	{"torch.distributed", "#SBATCH -N 2\npython -m torch.distributed.run --nproc_per_node 4 a",
		"yes collectives 8/2", MPI_NCCL, NULL},
	{"other modules of Python",
		"#SBATCH -N 1\npython -m pytest; python -m accelerate.x; python -m "
		"deepspeed.x",
		"yes collectives 1/1", MPI_NCCL, NULL},
	{"accelerate config", "#SBATCH -n 1\naccelerate config", "no single 1/1", MPI_UNKNOWN,
		NULL},
	{"meeting point", "#SBATCH -N 2\nexport MASTER_ADDR=x\nsrun $CMD", "yes collectives 2/2",
		MPI_NCCL, NULL},
	{"self, with its flag", "#SBATCH -n 8\nstarccm+ -np 8 a", "yes mpi 8/0", MPI_UNKNOWN,
		"STAR-CCM+ starts 8 ranks by itself"},
	{"self, without", "#SBATCH -n 8\nabaqus cpus=8", "no single 8/0", MPI_UNKNOWN, NULL},
	{"self, of one", "#SBATCH -n 1\norca a.inp", "no single 1/1", MPI_UNKNOWN, NULL},
	{"singles in the background", "#SBATCH -n 4\nsrun -n1 a & srun -n1 b & srun -n1 c & wait",
		"no farm 4/0", MPI_UNKNOWN, NULL},
	{"singles beside ranks", "#SBATCH -n 4\nfor i in 1; do srun -n1 a & done; wait; mpirun b",
		"yes mpi 4/0", MPI_UNKNOWN, NULL},
	{"farm of MPI", "#SBATCH -n 32\nparallel -j 4 mpirun -np 8 lmp -in ::: *", "yes mpi 8/0",
		MPI_UNKNOWN, NULL},
	{"xargs without -P", "#SBATCH -n 1\nls | xargs rm", "no single 1/1", MPI_UNKNOWN, NULL},
	{"xargs", "#SBATCH -n 8\nls | xargs -P8 ./a", "no farm 8/0", MPI_UNKNOWN, NULL},
	{"ssh", "#SBATCH -N 2\nfor h in a b; do ssh $h ./x & done", "no farm 2/2", MPI_UNKNOWN,
		NULL},
	{"multi-prog", "#SBATCH -n 8\nsrun --multi-prog x.conf", "no farm 8/0", MPI_UNKNOWN, NULL},
	{"service", "#SBATCH -N 4\nray start --head", "no service 4/4", MPI_UNKNOWN, NULL},
	{"array", "#SBATCH -a 1-4\n./x", "no array 1/1", MPI_UNKNOWN, NULL},
	{"array of MPI", "#SBATCH -a 1-4 -n 8\nmpirun ./x", "yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"workflow", "#SBATCH -n 1\nsbatch x", "no single 1/1", MPI_UNKNOWN, NULL},
	{"opaque", "#SBATCH -N 2\n./run", "no unknown 2/2", MPI_UNKNOWN, NULL},
	{"opaque language", "#!/usr/bin/ruby\n#SBATCH -N 2\n", "no unknown 2/2", MPI_UNKNOWN, NULL},
	{"function not called", "#SBATCH -n 8\nf() { mpirun x; }\ng() { f; }", "no single 8/0",
		MPI_UNKNOWN, NULL},
	{"function called", "#SBATCH -n 8\nf() { mpirun x; }\nf", "yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"function around", "#SBATCH -n 8\nf() { \"$@\"; }\nf mpirun x", "yes mpi 8/0", MPI_UNKNOWN,
		NULL},
	{"wrapped", "#SBATCH -n 8\nsrun ./bind.sh lmp -in x", "yes mpi 8/0", MPI_UNKNOWN, NULL},
	{"wrapped data", "#SBATCH -N 2\nsrun ./do.sh /data/x", "no farm 2/2", MPI_UNKNOWN, NULL},
	{"wrapped of one's own", "#SBATCH -N 2\nmodule load mpi\nsrun ./bind.sh ./a.out",
		"yes mpi 2/2", MPI_UNKNOWN, NULL},
	{"modules", "#SBATCH -n 8\nmodule load mpi/openmpi-x86_64\nmpirun ./a", "yes mpi 8/0",
		MPI_OPENMPI, NULL},
	{"Cray's", "#SBATCH -n 8\nmodule swap PrgEnv-x cray-mpich\nsrun lmp", "yes mpi 8/0",
		MPI_CRAY, NULL},
	{"Intel's", "#SBATCH -n 8\nmodule add intel-oneapi-mpi\nmpiexec.hydra lmp", "yes mpi 8/0",
		MPI_INTEL, NULL},
	{"spack", "#SBATCH -n 8\nspack load mvapich2@2.3\nmpiexec lmp", "yes mpi 8/0", MPI_UNKNOWN,
		NULL},
	{"variables", "#SBATCH -n 8\nexport MV2_X=1\nmpiexec lmp", "yes mpi 8/0", MPI_MVAPICH,
		NULL},
	{"compiler and name only", "#SBATCH -n 8 -J pw.x\nmpicc a.c", "no single 8/0", MPI_UNKNOWN,
		NULL},
	{"het job", "#SBATCH -N 1 -n 2\n#SBATCH hetjob\n#SBATCH -N 3 -n 6\nmpirun a", "yes mpi 8/4",
		MPI_UNKNOWN, NULL},
	{"sizes", "#SBATCH --nodes=2-4 --ntasks-per-node 8 --gpus=v100:4\nmpirun a", "yes mpi 16/2",
		MPI_UNKNOWN, NULL},
	{"sizes by tasks per node", "#SBATCH -n 20 --tasks-per-node=8\nmpirun a", "yes mpi 20/3",
		MPI_UNKNOWN, NULL},
	{"sizes, short", "#SBATCH -N2 -n=4 -c4 -G2 -n6\nmpirun a", "yes mpi 6/2", MPI_UNKNOWN,
		NULL},
	{"only tasks per node", "#SBATCH --ntasks-per-node=4 --gres=nvme:1,gpu\nmpirun a",
		"yes mpi 4/1", MPI_UNKNOWN, NULL},
	{"nodes in thousands", "#SBATCH -N 2k\nmpirun a", "yes mpi 2048/2048", MPI_UNKNOWN, NULL},
};

START_TEST(detected)
{
	struct detect_input input = {.script = cases[_i].text, .len = strlen(cases[_i].text)};
	char is[64], text[DETECT_DESCRIBE_SIZE];
	struct detect_result r;

	detect(&input, &r);
	snprintf(is, sizeof(is), "%s %s %u/%u", r.is_mpi ? "yes" : "no", job_kind_name(r.kind),
		r.tasks, r.nodes);
	for (size_t i = 0; strcmp(is, cases[_i].is) && i < r.n; i++)
		printf("%+d %u %s\n", r.evidence[i].weight, r.evidence[i].line, r.evidence[i].text);
	fflush(stdout);
	ck_assert_msg(!strcmp(is, cases[_i].is), "%s: %s", cases[_i].name, is);
	ck_assert_msg(r.impl == cases[_i].impl, "%s: %s", cases[_i].name, mpi_impl_name(r.impl));
	detect_describe(&r, text, sizeof(text));
	if (cases[_i].describe)
		ck_assert_msg(!strncmp(text, cases[_i].describe, strlen(cases[_i].describe)),
			"%s: %s", cases[_i].name, text);
	for (size_t i = 1; i < r.n; i++)
		ck_assert_int_ge(abs(r.evidence[i - 1].weight), abs(r.evidence[i].weight));
}
END_TEST

START_TEST(input_outranks_script)
{
	static const char text[] = "#SBATCH -N 2 -n 8 -J a\nmpirun ./x";
	struct detect_input input = {.script = text,
		.len = sizeof(text) - 1,
		.nodes = 4,
		.tasks = 32,
		.cpus_per_task = 2,
		.tasks_per_node = 8,
		.gpus = 1,
		.array = true,
		.job_name = "vasp_std"};
	struct detect_result r;

	detect(&input, &r);
	ck_assert_uint_eq(r.nodes, 4);
	ck_assert_uint_eq(r.tasks, 32);
	ck_assert(r.is_mpi);
	input.nodes = input.tasks = input.tasks_per_node = 0;
	input.cores_per_node = 8;
	detect(&input, &r);
	ck_assert_uint_eq(r.nodes, 2);
	/* without -N as many nodes as the tasks need */
	input.script = "mpirun ./x";
	input.len = 10;
	input.tasks = 32;
	detect(&input, &r);
	ck_assert_uint_eq(r.nodes, 8);
}
END_TEST

START_TEST(without_a_script)
{
	static const char *const modules[] = {
		"NOTHING", "LOADEDMODULES=gcc/12:openmpi/4.1.5", "X=", NULL};
	static const char *const others[] = {"OMPI_MCA_btl=tcp", "SLURM_MPI_TYPE=pmix", NULL};
	/* what 24.11 and 26.05 put into the environment of every job */
	static const char *const inside_a_job[] = {"OMPI_MCA_plm_slurm_args=--external-launcher",
		"PRTE_MCA_plm_slurm_args=--external-launcher", "HYDRA_BOOTSTRAP=slurm",
		"HYDRA_LAUNCHER_EXTRA_ARGS=--external-launcher", "I_MPI_HYDRA_BOOTSTRAP=slurm",
		"I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS=--external-launcher", NULL};
	static const char *const overlap[] = {"OMPI_MCA_plm_slurm_args=--overlap", NULL};
	struct detect_input input = {.nodes = 4, .tasks = 64};
	struct detect_result r;
	char text[DETECT_DESCRIBE_SIZE];

	detect(&input, &r);
	ck_assert(!r.is_mpi && r.kind == JOB_UNKNOWN && r.confidence == 55);
	input.env = modules;
	detect(&input, &r);
	ck_assert(r.is_mpi && r.confidence == 60 && r.impl == MPI_OPENMPI);
	input.env = others;
	detect(&input, &r);
	ck_assert(r.is_mpi && r.impl == MPI_OPENMPI);
	input.env = inside_a_job;
	detect(&input, &r);
	ck_assert(!r.is_mpi && r.confidence == 55);
	input.env = overlap;
	detect(&input, &r);
	ck_assert(r.is_mpi && r.impl == MPI_OPENMPI);
	input.env = NULL;
	input.mpi_option = "pmix";
	detect(&input, &r);
	ck_assert(r.is_mpi && r.confidence == 99);
	ck_assert_str_eq(detect_describe(&r, text, sizeof(text)), "srun --mpi=pmix");
	input.mpi_option = "none";
	detect(&input, &r);
	ck_assert(!r.is_mpi);
	input.mpi_option = "pmix";
	input.tasks = input.nodes = 1;
	detect(&input, &r);
	ck_assert(!r.is_mpi);
}
END_TEST

START_TEST(environment_with_a_script)
{
	static const char *const env[] = {"LOADEDMODULES=a/b:impi/2021", "I_MPI_ROOT=/x", NULL};
	struct detect_input input = {.script = "srun ./a", .len = 8, .tasks = 4, .env = env};
	struct detect_result r;

	detect(&input, &r);
	ck_assert(r.is_mpi && r.confidence == 55 && r.impl == MPI_INTEL);
	/* it alone makes nothing MPI */
	input.script = "./a";
	input.len = 3;
	detect(&input, &r);
	ck_assert(!r.is_mpi);
}
END_TEST

START_TEST(what_else_is_told)
{
	static const char hybrid[] =
		"#SBATCH -n 8 -c 4\nexport OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK\n"
		"srun cp2k.psmp; srun cp2k.psmp";
	static const char ugly[] = "#SBATCH -n 8\nmpirun './a\033[31m\x80'";
	struct detect_input input = {.script = hybrid, .len = sizeof(hybrid) - 1};
	struct detect_result r;
	char text[DETECT_DESCRIBE_SIZE];

	detect(&input, &r);
	ck_assert(r.is_mpi && r.hybrid_openmp && r.comm == COMM_TIGHT && !r.gpu_collectives);
	ck_assert_ptr_nonnull(r.app);
	ck_assert_str_eq(r.app->name, "CP2K");
	ck_assert_str_eq(
		detect_describe(&r, text, sizeof(text)), "CP2K by srun (and 1 more), line 3");
	input.script = ugly;
	input.len = sizeof(ugly) - 1;
	detect(&input, &r);
	ck_assert_str_eq(r.evidence[0].text, "mpirun starts several ranks of a?[31m?");
	memset(&r, 0, sizeof(r));
	ck_assert_str_eq(detect_describe(&r, text, sizeof(text)), "nothing to go by");
	ck_assert_str_eq(mpi_impl_name(99), "unknown");
	ck_assert_str_eq(job_kind_name(99), "unknown");
	ck_assert_str_eq(comm_name(COMM_LOOSE), "loose");
	ck_assert_str_eq(comm_name(99), "moderate");
}
END_TEST

/* Many functions that call each other: the look for callers has its bound. */
START_TEST(many_functions)
{
	size_t n = 9000, len = 0;
	cleanup_free char *text = malloc(n * 48);
	struct detect_input input = {0};
	struct detect_result r;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < n; i++)
		len += snprintf(text + len, 48, "f%zu() { f%zu a b c; }\n", i, i + 1);
	input.script = text;
	input.len = len;
	detect(&input, &r);
	ck_assert(!r.is_mpi);
}
END_TEST

static const struct {
	const char *word, *name; /* NULL: not known */
	enum app_mpi mpi;
} words[] = {
	{"gmx_mpi", "GROMACS", APP_MPI_ALWAYS},
	{"/opt/bin/gmx", "GROMACS", APP_MPI_MAYBE},
	{"lmp_intel_cpu", "LAMMPS", APP_MPI_ALWAYS},
	{"lmp_serial", "LAMMPS", APP_MPI_NEVER},
	{"./wrf.exe", "WRF", APP_MPI_ALWAYS},
	{"rhoSimpleFoam", "OpenFOAM", APP_MPI_FLAG},
	{"pw.x", "Quantum ESPRESSO", APP_MPI_ALWAYS},
	{"pmemd.cuda.MPI", "AMBER", APP_MPI_ALWAYS},
	{"pmemd.cuda", "AMBER", APP_MPI_NEVER},
	{"ansys231", "Ansys Mechanical", APP_MPI_SELF},
	{"relion_refine_mpi", "RELION", APP_MPI_ALWAYS},
	{"STAR", "STAR aligner", APP_MPI_NEVER},
	{"starccm+", "STAR-CCM+", APP_MPI_SELF},
	{"/data/espresso/run.py", NULL, 0},
	{"quantum", NULL, 0},
	{"myvasp_std", NULL, 0},
	{"lammps/", NULL, 0},
	{"", NULL, 0},
};

START_TEST(applications)
{
	const struct known_app *all;
	size_t n, names = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct known_app *app = apps_find(words[i].word);

		ck_assert_msg(!app == !words[i].name, "%s", words[i].word);
		if (!app)
			continue;
		ck_assert_str_eq(app->name, words[i].name);
		ck_assert_msg(app->mpi == words[i].mpi, "%s", words[i].word);
	}
	all = apps_all(&n);
	for (size_t i = 0; i < n; i++) {
		char word[64];
		size_t len = strcspn(all[i].pattern, " ");

		names += i == 0 || strcmp(all[i].name, all[i - 1].name) != 0;
		ck_assert(!all[i].flag || all[i].mpi == APP_MPI_SELF || all[i].mpi == APP_MPI_FLAG);
		/* each row can be met: no earlier one takes its first pattern */
		snprintf(word, sizeof(word), "%.*s", (int)len, all[i].pattern);
		for (char *p = word; *p; p++)
			*p = *p == '*' ? 'q' : *p;
		ck_assert_msg(apps_find(word) == &all[i], "%s", word);
	}
	ck_assert_uint_ge(names, 80);
	ck_assert_str_eq(apps_by_name("VASP")->name, "VASP");
	ck_assert_ptr_null(apps_by_name("vasp"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("detect");
	TCase *tc = tcase_create("detect");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, detected, 0, ARRAY_SIZE(cases));
	tcase_add_test(tc, input_outranks_script);
	tcase_add_test(tc, without_a_script);
	tcase_add_test(tc, environment_with_a_script);
	tcase_add_test(tc, what_else_is_told);
	tcase_add_test(tc, many_functions);
	tcase_add_test(tc, applications);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
