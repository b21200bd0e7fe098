/* SPDX-License-Identifier: Apache-2.0 */
/* Launchers: which of their words are options, and where the program begins. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/detect_internal.h"

enum style {
	STYLE_SRUN,
	STYLE_OPENMPI,
	STYLE_HYDRA,
	STYLE_ANY,
	STYLE_APRUN,
	STYLE_JSRUN,
	STYLE_NONE
};

static const struct launcher {
	const char *name;
	enum style style;
	enum mpi_impl impl;
} launchers[] = {
	{"srun", STYLE_SRUN, MPI_UNKNOWN},
	{"yhrun", STYLE_SRUN, MPI_UNKNOWN},
	{"ccc_mprun", STYLE_SRUN, MPI_UNKNOWN},
	{"mpirun", STYLE_ANY, MPI_UNKNOWN},
	{"mpiexec", STYLE_ANY, MPI_UNKNOWN},
	{"mpiexec.hydra", STYLE_HYDRA, MPI_MPICH},
	{"mpirun.mpich", STYLE_HYDRA, MPI_MPICH},
	{"mpiexec.mpich", STYLE_HYDRA, MPI_MPICH},
	{"mpirun.openmpi", STYLE_OPENMPI, MPI_OPENMPI},
	{"mpiexec.openmpi", STYLE_OPENMPI, MPI_OPENMPI},
	{"orterun", STYLE_OPENMPI, MPI_OPENMPI},
	{"prterun", STYLE_OPENMPI, MPI_OPENMPI},
	{"prun", STYLE_OPENMPI, MPI_OPENMPI},
	{"mpirun_rsh", STYLE_HYDRA, MPI_MVAPICH},
	{"mpiexec_mpt", STYLE_ANY, MPI_MPT},
	{"mpiexec.mpt", STYLE_ANY, MPI_MPT},
	{"mpiexec.slurm", STYLE_ANY, MPI_UNKNOWN},
	{"mpirun.lsf", STYLE_ANY, MPI_UNKNOWN},
	{"mpiexecjl", STYLE_ANY, MPI_UNKNOWN},
	{"petscmpiexec", STYLE_ANY, MPI_UNKNOWN},
	{"likwid-mpirun", STYLE_ANY, MPI_UNKNOWN},
	{"upcxx-run", STYLE_ANY, MPI_UNKNOWN},
	{"gasnetrun_mpi", STYLE_ANY, MPI_UNKNOWN},
	{"gasnetrun_ibv", STYLE_ANY, MPI_UNKNOWN},
	{"gasnetrun_ofi", STYLE_ANY, MPI_UNKNOWN},
	{"ibrun", STYLE_ANY, MPI_UNKNOWN},
	{"mpprun", STYLE_ANY, MPI_UNKNOWN},
	{"poe", STYLE_ANY, MPI_UNKNOWN},
	{"aprun", STYLE_APRUN, MPI_CRAY},
	{"jsrun", STYLE_JSRUN, MPI_SPECTRUM},
	{"lrun", STYLE_JSRUN, MPI_SPECTRUM},
	{"charmrun", STYLE_NONE, MPI_UNKNOWN},
	{"runParallel", STYLE_ANY, MPI_UNKNOWN},
};

/* Options that take the next word, those that take two, and those that count ranks. */
static const struct {
	const char *values, *twos, *counts, *per_node;
} styles[] = {
	[STYLE_SRUN] =
		{"-A -B -C -D -E -F -G -J -L -M -N -P -S -T -W -Z -a -b -c -d -e -g -i -j -m "
		 "-n -o -p -q -r -t -w -x",
			"", "-n --ntasks", "--ntasks-per-node"},
	[STYLE_OPENMPI] =
		{"-np -n -c -N -H -host --host -hostfile --hostfile -machinefile "
		 "--machinefile -npernode --npernode --map-by -map-by --bind-to -bind-to "
		 "--rank-by -rank-by -x --prefix -wdir --wdir -wd --path -path -am --am "
		 "--tag-output-to -output-filename --output-filename --output -cpus-per-proc "
		 "--cpus-per-proc --cpu-set --timeout --stdin --personality --rankfile -rf "
		 "--app --mca-file --default-hostfile -npersocket --npersocket --pmixmca-file "
		 "--dvm --slot-list --cpus-per-rank",
			"--mca -mca --gmca -gmca --prtemca --pmixmca --omca", "-np -n -c --np --n",
			"-N -npernode --npernode"},
	[STYLE_HYDRA] =
		{"-np -n -f -hosts -host -hostfile --hostfile -machinefile -machine -ppn "
		 "-perhost -grr -rr -genvlist -envlist -bootstrap -launcher -rmk -iface "
		 "-outfile-pattern -errfile-pattern -bind-to -map-by -wdir -path -configfile "
		 "-launcher-exec -bootstrap-exec -profile -binding -ordered-output-to "
		 "-demux -usize -export -c -gtool -gtoolfile -trace-to -tune-file",
			"-genv -env", "-np -n", "-ppn -perhost -grr"},
	[STYLE_APRUN] = {"-n -N -d -S -sn -sl -cc -j -e -L -m -p -r -t -D -F -a -ss", "", "-n", ""},
	[STYLE_JSRUN] =
		{"-n --nrs -a --tasks_per_rs -c --cpu_per_rs -g --gpu_per_rs -r --rs_per_host "
		 "-d --launch_distribution -l --latency_priority -b --bind -E --env -e -o -k -t "
		 "-h --chdir -p --np -S -X -M --smpiargs -T -N -D -U -u --immediate",
			"", "-n --nrs -p --np", ""},
	[STYLE_NONE] = {"++nodelist ++ppn ++p ++n ++remote-shell ++runscript", "", "+p ++p ++n -np",
		""},
};

/* srun's long options without a value, or with one only behind '='. */
static const char srun_flags[] =
	"--exclusive --overlap --exact --label --unbuffered --no-kill --overcommit --multi-prog "
	"--pty "
	"--quiet --verbose --disable-status --kill-on-bad-exit --propagate --immediate "
	"--resv-ports "
	"--spread-job --contiguous --use-min-nodes --reboot --hold --no-allocate --preserve-env "
	"--oversubscribe --whole --test-only --container-remap-root --no-container-remap-root "
	"--container-mount-home --no-container-mount-home --container-writable "
	"--container-entrypoint "
	"--no-container-entrypoint --container-readonly --gres-flags --nice --get-user-env --help "
	"--usage --version --interactive --send-libs --x11 --efa --export-file";

static const struct launcher *launcher_of(const char *word)
{
	char base[64];

	script_basename(word, base, sizeof(base));
	for (size_t i = 0; i < ARRAY_SIZE(launchers); i++)
		if (!strcmp(base, launchers[i].name))
			return &launchers[i];
	/* ${MPIRUN}, ${MPI_EXEC}: a variable that the site sets, and that can mean nothing else */
	if (!strncmp(word, "${", 2)) {
		static const char *const names[] = {"${MPIRUN", "${MPIEXEC", "${MPI_RUN",
			"${MPI_EXEC", "${MPI_CMD", "${MPICMD", "${MPI_LAUNCHER", "${MPIRUN_CMD"};

		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (!strncmp(word, names[i], strlen(names[i])) &&
				strchr(word, '}') == word + strlen(word) - 1)
				return &launchers[3];
	}
	return NULL;
}

static bool is_number(const char *text)
{
	return text && *text >= '0' && *text <= '9';
}

struct counts {
	uint32_t count, per_node, nodes, per_set, sum;
	bool given;
};

static void take_count(struct launch *launch, struct counts *c, const char *value)
{
	c->given = true;
	if (is_number(value))
		c->count = number_of(value);
	else
		launch->count_unknown = true;
}

/* An option of srun that says more than a number. */
static void take_srun(struct launch *launch, const char *word, const char *value)
{
	if (!strncmp(word, "--mpi", 5))
		launch->mpi = value;
	else if (!strcmp(word, "--pty"))
		launch->quick = true;
	else if (!strncmp(word, "--multi-prog", 12))
		launch->multiprog = "";
	else if (!strncmp(word, "--exclusive", 11) || !strncmp(word, "--exact", 7))
		launch->exclusive = true;
}

static bool any_listed(enum style style, const char *word, size_t which)
{
	const char *lists[2][3];
	enum style both[2] = {style, style};

	if (style == STYLE_ANY) {
		both[0] = STYLE_OPENMPI;
		both[1] = STYLE_HYDRA;
	}
	for (size_t i = 0; i < 2; i++) {
		lists[i][0] = styles[both[i]].values;
		lists[i][1] = styles[both[i]].twos;
		lists[i][2] = styles[both[i]].counts;
		if (script_listed(lists[i][which], word))
			return true;
	}
	return false;
}

static bool is_per_node(enum style style, const char *word)
{
	if (style == STYLE_ANY)
		return script_listed(styles[STYLE_OPENMPI].per_node, word) ||
		       script_listed(styles[STYLE_HYDRA].per_node, word);
	return script_listed(styles[style].per_node, word);
}

/* What an option of one family says of the implementation. */
static void option_impl(struct launch *launch, enum style style, const char *word)
{
	if (style != STYLE_ANY || launch->impl != MPI_UNKNOWN)
		return;
	if (script_listed("--mca -mca -x --map-by --report-bindings --allow-run-as-root --npernode "
			  "-npernode "
			  "--oversubscribe",
		    word))
		launch->impl = MPI_OPENMPI;
}

/* -n4, -N2: a letter with its number. */
static bool short_number(const char *word, char letter)
{
	return word[0] == '-' && word[1] == letter && is_number(word + 2);
}

/* One option at ARGV[I]; the number of words that it takes. */
static size_t take_option(struct launch *launch, enum style style, struct counts *c, size_t argc,
	const char *const *argv, size_t i)
{
	const char *word = argv[i], *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	const char *value = equals ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
	char name[64];
	size_t n = equals ? (size_t)(equals - word) : strlen(word);

	if (n >= sizeof(name))
		return 1;
	memcpy(name, word, n);
	name[n] = '\0';
	option_impl(launch, style, name);
	if (short_number(word, 'n') && style != STYLE_JSRUN) {
		take_count(launch, c, word + 2);
		return 1;
	}
	if (style == STYLE_NONE && !strncmp(word, "+p", 2) && word[2]) {
		take_count(launch, c, word + 2);
		return 1;
	}
	if (any_listed(style, name, 2))
		take_count(launch, c, value);
	else if (is_per_node(style, name))
		c->per_node = number_of(value);
	if (style == STYLE_SRUN) {
		if (short_number(word, 'N'))
			c->nodes = number_of(word + 2);
		else if (!strcmp(name, "-N") || !strcmp(name, "--nodes"))
			c->nodes = number_of(value);
		take_srun(launch, name, value);
		if (equals || script_listed(srun_flags, name))
			return 1;
		if (name[1] == '-')
			return 2;
	}
	if (style == STYLE_JSRUN && (!strcmp(name, "-a") || !strcmp(name, "--tasks_per_rs")))
		c->per_set = number_of(value);
	if (equals)
		return 1;
	return any_listed(style, name, 1)                                 ? 3
	       : any_listed(style, name, 0) || any_listed(style, name, 2) ? 2
									  : 1;
}

static bool is_option(enum style style, const char *word)
{
	return (word[0] == '-' && word[1]) || (style == STYLE_NONE && word[0] == '+');
}

/* The first word that is neither option nor assignment from I on. */
static size_t read_options(struct launch *launch, enum style style, struct counts *c, size_t argc,
	const char *const *argv, size_t i)
{
	while (i < argc) {
		const char *equals = strchr(argv[i], '=');

		if (!strcmp(argv[i], "--"))
			return i + 1;
		/* mpirun_rsh takes variables before the program */
		if (is_option(style, argv[i]))
			i += take_option(launch, style, c, argc, argv, i);
		else if (equals && launch->impl == MPI_MVAPICH && equals > argv[i])
			i++;
		else
			break;
	}
	return i < argc ? i : argc;
}

static uint32_t count_of(
	const struct counts *c, const struct launch *launch, const struct job_size *size)
{
	uint32_t nodes = c->nodes ? c->nodes : size->nodes;

	if (launch->count_unknown)
		return 0;
	if (c->given)
		return c->count * (c->per_set ? c->per_set : 1);
	/* so many on each node of the job */
	if (c->per_node && nodes && c->per_node <= UINT32_MAX / nodes)
		return c->per_node * nodes;
	return 0;
}

bool launch_read(
	size_t argc, const char *const *argv, const struct job_size *size, struct launch *launch)
{
	const struct launcher *launcher = argc ? launcher_of(argv[0]) : NULL;
	struct counts c = {0};
	size_t i;

	if (!launcher)
		return false;
	*launch = (struct launch){
		.name = launcher->name,
		.srun = launcher->style == STYLE_SRUN,
		.impl = launcher->impl,
		.programs = 1,
	};
	i = read_options(launch, launcher->style, &c, argc, argv, 1);
	launch->payload = i;
	launch->count = count_of(&c, launch, size);
	if (launch->multiprog)
		launch->multiprog = i < argc ? argv[i] : "";
	if (launcher->style == STYLE_NONE) {
		/* charmrun takes its +p behind the program, too */
		for (size_t k = i + 1; k < argc; k++)
			if (!strncmp(argv[k], "+p", 2))
				take_option(launch, STYLE_NONE, &c, argc, argv, k);
		launch->count = count_of(&c, launch, size);
		return true;
	}
	for (size_t k = i; k + 1 < argc; k++) {
		if (strcmp(argv[k], ":"))
			continue;
		c = (struct counts){0};
		k = read_options(launch, launcher->style, &c, argc, argv, k + 1);
		launch->programs++;
		if (c.given)
			launch->count += count_of(&c, launch, size);
	}
	return true;
}
