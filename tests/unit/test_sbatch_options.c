/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of #SBATCH lines, variables and a command line, and which of them holds. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/sbatch_options.h"
#include "helper/sbatch_values.h"
#include "lib/base/cleanup.h"

#define WORDS_MAX 24

/* TEXT at its blanks; a '~' in a word stands for a blank. */
static int split(char *text, char **argv)
{
	int n = 0;

	argv[n++] = (char[]){"estimate"};
	for (char *p = text; *p && n < WORDS_MAX - 1; p += strspn(p, " ")) {
		argv[n++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
		for (char *q = argv[n - 1]; *q; q++)
			if (*q == '~')
				*q = ' ';
	}
	argv[n] = NULL;
	return n;
}

static int read_all(struct job_wish *wish, const char *text, const char *const *env,
	const char *line, struct err *err)
{
	CLEANUP(script_release) struct script script = {0};
	char buf[512], *argv[WORDS_MAX];
	struct sbatch_command command;
	char name[] = "estimate";
	int argc;

	sbatch_wish_init(wish);
	snprintf(buf, sizeof(buf), "%s", line);
	argc = split(buf, argv);
	argv[0] = name;
	ck_assert_int_eq(script_read_directives(text, strlen(text), &script, err), 0);
	if (sbatch_find_script(argc, argv, &command, err) < 0 ||
		sbatch_read_directives(wish, &script, err) < 0 ||
		sbatch_read_environment(wish, env, err) < 0)
		return -1;
	return sbatch_read_command(wish, argc, argv, err);
}

/* All that is known, in words. */
static char *tell(const struct job_wish *w)
{
	struct strbuf sb = STRBUF_INIT;
	char cost[48];

#define NUMBER(field, name)                                                                        \
	do {                                                                                       \
		if (w->field)                                                                      \
			strbuf_addf(&sb, name "%llu ", (unsigned long long)w->field);              \
	} while (0)
#define TEXT(field, name)                                                                          \
	do {                                                                                       \
		if (*w->field)                                                                     \
			strbuf_addf(&sb, name "%s ", w->field);                                    \
	} while (0)
	NUMBER(nodes, "N");
	if (w->nodes_max != w->nodes)
		NUMBER(nodes_max, "max");
	NUMBER(named_nodes, "w");
	NUMBER(tasks, "n");
	NUMBER(cpus_per_task, "c");
	NUMBER(tasks_per_node, "tpn");
	NUMBER(mem_mib_per_node, "mem");
	NUMBER(mem_mib_per_cpu, "mpc");
	NUMBER(mem_all, "all");
	if (w->time_limit_s != WISH_TIME_UNSET)
		strbuf_addf(&sb, "t%lld ", (long long)w->time_limit_s);
	TEXT(partition, "p:");
	TEXT(constraint, "C:");
	TEXT(account, "A:");
	TEXT(job_name, "J:");
	NUMBER(exclusive, "x");
	NUMBER(gpus, "g");
	NUMBER(gpus_per_node, "gpn");
	NUMBER(gpus_per_task, "gpt");
	NUMBER(array, "a");
	if (w->requeue >= 0)
		strbuf_addf(&sb, "rq%d ", w->requeue);
	if (w->efa != EFA_UNSET)
		strbuf_addf(&sb, "efa:%s ", efa_mode_name(w->efa));
	if (w->cost.uusd)
		strbuf_addf(&sb, "cost:%s ", cost_limit_format(&w->cost, cost, sizeof(cost)));
	if (w->wrap)
		strbuf_addf(&sb, "wrap:%s ", w->wrap);
	NUMBER(json, "json");
	NUMBER(help, "help");
	if (sb.len)
		strbuf_setlen(&sb, sb.len - 1);
	return strbuf_detach(&sb);
#undef NUMBER
#undef TEXT
}

static const struct {
	const char *script, *line, *want, *notes;
	const char *env[4];
} good[] = {
	{"", "job.sh", "", ""},
	/* forms of an option */
	{"", "-N4 job.sh", "N4", ""},
	{"", "-N 4 job.sh", "N4", ""},
	{"", "--nodes=4 job.sh", "N4", ""},
	{"", "--nodes 4 job.sh", "N4", ""},
	{"", "--ntasks-per-n=4 job.sh", "tpn4", ""},
	{"", "--tasks-per-node=4 job.sh", "tpn4", ""},
	{"", "-Hn4 -vvJ name job.sh", "n4 J:name", ""},
	{"", "-N 4-8 job.sh", "N4 max8", ""},
	{"", "-N 1k job.sh", "N1024", ""},
	{"", "-N 4,8-16:2 job.sh", "N4 max16", ""},
	{"", "-n 96 -c 2 --mem-per-cpu=2G job.sh", "n96 c2 mpc2048", ""},
	{"", "--mem=0 job.sh", "all1", ""},
	{"", "--mem=4000 job.sh", "mem4000", ""},
	{"", "--mem=4000K job.sh", "mem4", ""},
	{"", "--mem=1TB job.sh", "mem1048576", ""},
	{"#!/bin/sh\n#SBATCH --mem=8g\n", "--mem-per-cpu=1g job.sh", "mpc1024", ""},
	/* as strtol() has it */
	{"", "-n ~4 -c +2 -N ~+4 --mem=~8 job.sh", "N4 n4 c2 mem8", ""},
	{"", "-N 0 job.sh", "", ""},
	{"", "-N 0-4 job.sh", "max4", ""},
	{"", "-G a100 --gpus-per-node=1k --gpus-per-task=a100=2 job.sh", "g1 gpn1024 gpt2", ""},
	{"#!/bin/sh\n#SBATCH -a 0-3 -G 2\n", "--gpus= --array= job.sh", "", ""},
	{"", "--gres=gpu:4000000000,gpu:4000000000 job.sh", "gpn4294967295", ""},
	{"", "-w aws-hpc-[0-3],x9 job.sh", "w5",
		"of --nodelist only the number of nodes is considered here\n"},
	{"", "-w ./nodes job.sh", "",
		"of --nodelist only the number of nodes is considered here\n"},
	{"", "-sn4 job.sh", "n4", ""},
	{"", "-t 30 job.sh", "t1800", ""},
	{"", "-t 30:10 job.sh", "t1860", ""},
	{"", "-t 4:00:00 job.sh", "t14400", ""},
	{"", "-t 1-12 job.sh", "t129600", ""},
	{"", "-t 1-12:30 job.sh", "t131400", ""},
	{"", "-t 1-12:30:01 job.sh", "t131460", ""},
	{"", "-t unlimited job.sh", "t-1", ""},
	{"", "-t 0 job.sh", "t-1", ""},
	{"", "-p a,b -C efa&zen4 -A acc -J x job.sh", "p:a,b C:efa&zen4 A:acc J:x", ""},
	{"#!/bin/sh\n#SBATCH -C efa\n", "-C efa --constraint= job.sh", "", ""},
	{"", "--exclusive=user -a 0-15%4 job.sh", "x1 a1", ""},
	{"", "--gres=gpu:a100:8,lustre:1 job.sh", "gpn8", ""},
	{"", "--gres=gres/gpu=2 job.sh", "gpn2", ""},
	{"", "--gres=gpu job.sh", "gpn1", ""},
	{"", "--gres=gpu:a100,gpu:v:1(S:0-1) job.sh", "gpn2", ""},
	{"", "--exclusive=USER job.sh", "x1", ""},
	{"", "--exclusive --gpus-per-socket 2 -n 3 job.sh", "n3 x1",
		"--gpus-per-socket is not considered here\n"},
	{"", "--gres=none job.sh", "", ""},
	{"", "-G a100:2,v100:1 --gpus-per-node=4 --gpus-per-task=a:1 job.sh", "g3 gpn4 gpt1", ""},
	{"", "--no-requeue --requeue job.sh", "rq1", ""},
	{"", "--requeue --no-requeue job.sh", "rq0", ""},
	{"", "--efa job.sh", "efa:required", ""},
	{"", "--efa=optional --burst-cost=30/h job.sh", "efa:optional cost:30.00/h", ""},
	{"", "--wrap=hostname~-f", "wrap:hostname -f", ""},
	{"", "--json -h", "json1 help1", ""},
	/* the first word that is no option is the script, and its words are its own */
	{"", "-N 2 job.sh -N 4 --json", "N2", ""},
	{"", "-N 2 -- -N 4", "N2", ""},
	{"", "-o out --mail-type ALL -N 2 job.sh", "N2", ""},
	/* directives */
	{"#!/bin/sh\n#SBATCH -N 4 --exclusive\n#SBATCH --job-name='a b'\n", "job.sh", "N4 J:a b x1",
		""},
	{"#!/bin/sh\n#SBATCH -N 4\nhostname\n#SBATCH -N 8\n", "job.sh", "N4", ""},
	{"#!/bin/sh\n#SBATCH -N 4\n#SBATCH -N 5 # why\n", "job.sh", "N5", ""},
	{"#!/bin/sh\n##SBATCH -N 4\n# SBATCH -N 5\n", "job.sh", "", ""},
	{"#!/bin/sh\n#SBATCH -N 4#why -n 8\n", "job.sh", "N4", ""},
	{"#!/bin/sh\n#SBATCH -J 'a # b' -N 4\n", "job.sh", "N4 J:a # b", ""},
	{"#!/bin/sh\n#SBATCH --help\n", "job.sh", "", ""},
	{"#!/bin/sh\n#SBATCH -N 4\n#SBATCH hetjob\n#SBATCH -N 2\n", "job.sh", "N4",
		"line 3: of a heterogeneous job only the first component is considered here\n"},
	{"#!/bin/sh\n#SBATCH -N 4\n#SBATCH packjob\n#SBATCH -N 2\n", "-n8 job.sh", "N4 n8",
		"line 3: of a heterogeneous job only the first component is considered here\n"},
	{"#!/bin/sh\n#PBS -l nodes=4\n#PBS -q x\n#SBATCH -n 2\n", "job.sh", "n2",
		"line 2: sbatch reads #PBS and #BSUB lines too, which are not considered here\n"},
	{"#!/bin/sh\nsrun x\n#BSUB -n 4\n", "job.sh", "", ""},
	/* who wins */
	{"#!/bin/sh\n#SBATCH -N 4 -t 10 -p script\n", "-N 8 job.sh", "N8 t1200 p:env", "",
		{"SBATCH_TIMELIMIT=20", "SBATCH_PARTITION=env", "PATH=/bin"}},
	{"", "--no-requeue job.sh", "x1 rq0 efa:preferred", "",
		{"SBATCH_REQUEUE=1", "SBATCH_EXCLUSIVE=",
			"SLURM_SPANK__SLURM_SPANK_OPTION_burst_efa=preferred"}},
	{"", "job.sh", "", "environment: --hint is not considered here\n",
		{"SBATCH_HINT=nomultithread", "SBATCH_ARRAY_INX="}},
	{"", "job.sh", "", "", {"SBATCH_TIME=20", "SBATCH=1", "SBATCH_TIMELIMIT"}},
	/* what is not known, or not looked at */
	{"#!/bin/sh\n#SBATCH --frob 3 -N 4\n#SBATCH --frob=3 -N 5\n", "-Y job.sh", "N5",
		"line 2: \"--frob\" is not known: passed over\n"
		"line 3: \"--frob=3\" is not known: passed over\n"
		"\"-Y\" is not known: passed over\n"},
	{"#!/bin/sh\n#SBATCH -w node7\n#SBATCH --json -n2\n", "job.sh", "w1 n2",
		"line 2: of --nodelist only the number of nodes is considered here\n"
		"line 3: \"--json\" is not known: passed over\n"},
};

START_TEST(test_good)
{
	CLEANUP(sbatch_wish_release) struct job_wish wish;
	cleanup_free char *told = NULL;
	struct err err = {0};
	int rc = read_all(&wish, good[_i].script, good[_i].env, good[_i].line, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	told = tell(&wish);
	ck_assert_str_eq(told, good[_i].want);
	ck_assert_str_eq(wish.notes.buf, good[_i].notes);
}
END_TEST

static const struct {
	const char *script, *line, *text;
	const char *env[2];
} bad[] = {
	{"", "-N", "-N needs a value"},
	{"", "--nodes", "--nodes needs a value"},
	{"", "--node 4 job.sh", "\"--node\" is ambiguous"},
	{"", "--no=4 job.sh", "\"--no=4\" is ambiguous"},
	{"", "--requeue=yes job.sh", "\"--requeue=yes\": --requeue takes no value"},
	{"", "--mem=8g --mem-per-cpu=1g job.sh",
		"--mem and --mem-per-cpu: expected one of the two"},
	{"#!/bin/sh\n#SBATCH --mem=8g\n#SBATCH --mem-per-cpu=1g\n", "job.sh",
		"--mem and --mem-per-cpu: expected one of the two"},
	{"", "-n 4000000000 job.sh", "--ntasks: \"4000000000\": expected a number from 1"},
	{"", "-w aws-[0- job.sh",
		"--nodelist: \"aws-[0-\": expected names of nodes such as aws-hpc-[0-3]"},
	{"#!/bin/sh\n#SBATCH -J a\\ b\n", "job.sh", "line 2: \"b\" is no option"},
	{"", "-N 8-4 job.sh", "--nodes: \"8-4\": expected a number or range such as 4 or 4-8"},
	{"", "-N 4x job.sh", "--nodes: \"4x\": expected a number or range such as 4 or 4-8"},
	{"", "-n -3 job.sh", "--ntasks: \"-3\": expected a number from 1"},
	{"", "-n 99999999999999999999 job.sh",
		"--ntasks: \"99999999999999999999\": expected a number from 1"},
	{"", "--mem=4.5G job.sh", "--mem: \"4.5G\": expected a whole number with K, M, G or T"},
	{"", "-t soon job.sh",
		"--time: \"soon\": expected minutes, hours:minutes:seconds, days-hours or "
		"UNLIMITED"},
	{"", "-t 1:2:3:4 job.sh",
		"--time: \"1:2:3:4\": expected minutes, hours:minutes:seconds, days-hours or "
		"UNLIMITED"},
	{"", "-t 1- job.sh",
		"--time: \"1-\": expected minutes, hours:minutes:seconds, days-hours or UNLIMITED"},
	{"", "-a x job.sh", "--array: \"x\": expected indexes such as 0-15 or 1,3,5%2"},
	{"#!/bin/sh\n#SBATCH -N 4\n#SBATCH -J 'a b -n 2\n", "job.sh",
		"line 3: a quote (') is not closed"},
	{"#!/bin/sh\n#SBATCH --comment=\"it's\n", "job.sh", "line 2: a quote (\") is not closed"},
	{"", "--wrap=hostname job.sh", "\"job.sh\": with --wrap there is no script"},
	{"", "--exclusive=foo job.sh", "--exclusive: \"foo\": expected user, mcs, topo or nothing"},
	{"", "-G a100:x job.sh", "--gpus: \"a100:x\": expected [type:]number"},
	{"", "-G a100:2:3 job.sh", "--gpus: \"a100:2:3\": expected [type:]number"},
	{"", "--gres=gpu:x:y job.sh", "--gres: \"gpu:x:y\": expected name[:type]:number, ..."},
	{"", "--gres=gpu:x:2:3 job.sh", "--gres: \"gpu:x:2:3\": expected name[:type]:number, ..."},
	{"", "-G a100: job.sh", "--gpus: \"a100:\": expected [type:]number"},
	{"", "--gres= job.sh", "--gres: \"\": expected name[:type]:number, ..."},
	{"", "--burst-cost=much job.sh",
		"--burst-cost: \"much\": not a number; expected USD for the job such as 250 or "
		"250USD, or per "
		"hour such as 30/h"},
	{"#!/bin/sh\n\n#SBATCH --efa=maybe\n", "job.sh",
		"line 3: --efa: \"maybe\": no such mode; expected required, preferred, optional or "
		"disabled"},
	{"#!/bin/sh\n#SBATCH -N 4 nodes\n", "job.sh", "line 2: \"nodes\" is no option"},
	{"", "job.sh",
		"environment: --time: \"x\": expected minutes, hours:minutes:seconds, days-hours "
		"or UNLIMITED",
		{"SBATCH_TIMELIMIT=x"}},
};

START_TEST(test_bad)
{
	CLEANUP(sbatch_wish_release) struct job_wish wish;
	struct err err = {0};

	ck_assert_int_eq(read_all(&wish, bad[_i].script, bad[_i].env, bad[_i].line, &err), -1);
	ck_assert_int_eq(err.class, ERR_USAGE);
	ck_assert_str_eq(err.text, bad[_i].text);
}
END_TEST

/* Each option once, as it holds, and from where. */
START_TEST(test_given)
{
	static const char *const env[] = {"SBATCH_TIMELIMIT=20", NULL};
	CLEANUP(sbatch_wish_release) struct job_wish wish;
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct err err = {0};

	ck_assert_int_eq(read_all(&wish,
				 "#!/bin/sh\n#SBATCH -N 4 --mem-per-cpu=1G -t 10\n#SBATCH -o x "
				 "--exclusive --mem-per-cpu=2G\n",
				 env, "-N8 --json -w n1 job.sh", &err),
		0);
	for (size_t i = 0; i < wish.ngiven; i++) {
		sbatch_given_format(&wish.given[i], &sb);
		strbuf_addf(&sb, " %d\n", wish.given[i].where);
	}
	ck_assert_str_eq(sb.buf, "--nodes=8 -1\n--mem-per-cpu=2G 3\n--time=20 -2\n--exclusive "
				 "3\n--nodelist=n1 -1\n");
}
END_TEST

START_TEST(test_script_word)
{
	char a0[] = "estimate", a1[] = "-N4", a2[] = "job.sh", a3[] = "arg", a4[] = "--wrap=x";
	char *with[] = {a0, a1, a2, a3}, *wrap[] = {a0, a4}, *none[] = {a0, a1};
	struct sbatch_command command;
	struct err err;

	ck_assert_int_eq(sbatch_find_script(4, with, &command, &err), 0);
	ck_assert_str_eq(command.script, "job.sh");
	ck_assert_int_eq(command.nargs, 1);
	ck_assert_int_eq(sbatch_find_script(2, wrap, &command, &err), 0);
	ck_assert_ptr_null(command.script);
	ck_assert(command.wrap);
	ck_assert_int_eq(sbatch_find_script(2, none, &command, &err), 0);
	ck_assert_ptr_null(command.script);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sbatch_options");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_good, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(tc, test_bad, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, test_given);
	tcase_add_test(tc, test_script_word);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
