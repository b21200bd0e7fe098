/* SPDX-License-Identifier: Apache-2.0 */
/* Commands whose arguments are another command. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/script_internal.h"

struct prefix {
	const char *name;
	const char *verbs;       /* one of these must come first; NULL: none */
	const char *with_values; /* options that take the next word */
	unsigned words;          /* of its own between its options and the command */
};

static const struct prefix prefixes[] = {
	/* POSIX and GNU */
	{"env", NULL, "-u --unset -C --chdir", 0},
	{"nice", NULL, "-n --adjustment", 0},
	{"time", NULL, "-f --format -o --output", 0},
	{"exec", NULL, "-a", 0},
	{"nohup", NULL, "", 0},
	{"setsid", NULL, "", 0},
	{"builtin", NULL, "", 0},
	{"stdbuf", NULL, "-i -o -e", 0},
	{"timeout", NULL, "-k --kill-after -s --signal", 1},
	{"sudo", NULL, "-u -g", 0},
	{"taskset", NULL, "", 1},
	{"ionice", NULL, "-c -n", 0},
	{"chrt", NULL, "", 1},
	{"prlimit", NULL, "", 0},
	{"unbuffer", NULL, "", 0},
	{"cgexec", NULL, "-g", 0},
	/* placement of threads */
	{"numactl", NULL,
		"-N -m -C -i -p -P -w --cpunodebind --membind --physcpubind --interleave "
		"--preferred",
		0},
	{"hwloc-bind", NULL, "", 1},
	{"omplace", NULL, "-nt -c", 0},
	{"dplace", NULL, "-s -c -x -e", 0},
	{"likwid-pin", NULL, "-c", 0},
	{"tacc_affinity", NULL, "", 0},
	{"task_affinity", NULL, "", 0},
	{"amplxe-cl", NULL, "-collect -r", 0},
	/* profilers and debuggers */
	{"perf", "stat record", "-e -o -F -g -c -r -C", 0},
	{"strace", NULL, "-o -e -p -s", 0},
	{"ltrace", NULL, "-o -e", 0},
	{"valgrind", NULL, "", 0},
	{"catchsegv", NULL, "", 0},
	{"gdb", NULL, "-ex -x", 0},
	{"nsys", "profile launch", "-o --output -t --trace -s --sample -c -w -f -y -d --stats", 0},
	{"ncu", NULL, "-o -k -c -s --set --section --target-processes", 0},
	{"nvprof", NULL, "-o --profile-from-start", 0},
	{"rocprof", NULL, "-i -o", 0},
	{"omnitrace-run", NULL, "", 0},
	{"vtune", NULL, "-collect -r -result-dir -knob", 0},
	{"advixe-cl", NULL, "", 0},
	{"likwid-perfctr", NULL, "-C -c -g -o -t", 0},
	{"hpcrun", NULL, "-e -o", 0},
	{"tau_exec", NULL, "-T", 0},
	{"scalasca", NULL, "", 0},
	{"scan", NULL, "-e -f", 0},
	{"ddt", NULL, "-o --output", 0},
	{"map", NULL, "-o --output", 0},
	{"perf-report", NULL, "-o --output", 0},
	{"darshan-run", NULL, "", 0},
	/* environments */
	{"conda", "run", "-n --name -p --prefix --cwd", 0},
	{"mamba", "run", "-n --name -p --prefix", 0},
	{"micromamba", "run", "-n --name -p --prefix", 0},
	{"pixi", "run", "-e --environment --manifest-path", 0},
	{"poetry", "run", "", 0},
	{"uv", "run", "--with --python -p", 0},
	{"pipenv", "run", "", 0},
	{"spack", "build-env", "", 1},
	/* containers */
	{"singularity", "exec run",
		"-B --bind --env --env-file -H --home --pwd --overlay -W --workdir --app -S "
		"--scratch --mount --network",
		1},
	{"apptainer", "exec run",
		"-B --bind --env --env-file -H --home --pwd --cwd --overlay -W --workdir --app -S "
		"--scratch --mount --network",
		1},
	{"shifter", NULL, "-V --volume -e --env", 0},
	{"podman", "run",
		"-v --volume -e --env -w --workdir --name --network --ipc --shm-size -u --user "
		"--gpus --device --mount --ulimit",
		1},
	{"podman-hpc", "run", "-v --volume -e --env -w --workdir --name", 1},
	{"docker", "run",
		"-v --volume -e --env -w --workdir --name --network --ipc --shm-size -u --user "
		"--gpus --device --mount --ulimit",
		1},
	{"ch-run", NULL, "-b --bind -c --cd -g -u --set-env", 1},
	{"sarus", "run", "--mount", 1},
};

static const struct prefix *find(const char *word)
{
	char base[64];

	script_basename(word, base, sizeof(base));
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strcmp(base, prefixes[i].name))
			return &prefixes[i];
	return NULL;
}

/* The words that P takes of ARGV, its name the first of them; 0: not used as a prefix. */
static size_t prefix_length(const struct prefix *p, size_t argc, const char *const *argv)
{
	unsigned words = p->words;
	size_t i = 1;

	/* singularity --silent exec */
	while (p->verbs && i < argc && argv[i][0] == '-')
		i++;
	if (p->verbs && (i == argc || !script_listed(p->verbs, argv[i])))
		return 0;
	i += p->verbs != NULL;
	for (; i < argc; i++) {
		const char *word = argv[i];

		if (!strcmp(word, "--"))
			return i + 1 + words;
		if (word[0] == '-' && word[1]) {
			i += script_listed(p->with_values, word);
			continue;
		}
		if (assignment_length(word) && !strcmp(p->name, "env"))
			continue;
		if (!words)
			break;
		words--;
	}
	return i;
}

size_t script_skip_prefix(size_t argc, const char *const *argv)
{
	size_t i = 0;

	while (i < argc) {
		const struct prefix *p;
		size_t n;

		if (i + 1 < argc && assignment_length(argv[i])) {
			i++;
			continue;
		}
		p = find(argv[i]);
		n = p ? prefix_length(p, argc - i, argv + i) : 0;
		/* without a command of its own it is the command */
		if (!n || i + n >= argc)
			break;
		i += n;
	}
	return i;
}
