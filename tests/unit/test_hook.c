/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the built aws-slurm-burst-hook as slurmctld does: full path, hardly any environment. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/gate.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"
#include "lib/intent/record.h"
#include "lib/state/gang.h"

static char dir[64], state[80], conf_path[80], text[65536];

static const char *at(const char *name)
{
	static char path[4][256];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static const char *contents(const char *name)
{
	char *data = NULL;
	size_t len = 0;

	*text = '\0';
	if (!file_read(at(name), sizeof(text) - 1, &data, &len, NULL))
		snprintf(text, sizeof(text), "%s", data);
	free(data);
	return text;
}

static void put(const char *name, mode_t mode, const char *data)
{
	ck_assert_int_eq(file_write(at(name), mode, data, strlen(data), FILE_NO_SYNC, NULL), 0);
}

static void setup(void)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	cleanup_free char *program = NULL;
	size_t len = 0;

	snprintf(dir, sizeof(dir), "/tmp/burst-hook-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(state, sizeof(state), "%s/state", dir);
	snprintf(conf_path, sizeof(conf_path), "%s/c.yaml", dir);
	ck_assert_int_eq(mkdir(state, 0700), 0);
	strbuf_addf(&sb,
		"aws: {region: us-east-2}\n"
		"state: {directory: %s}\n"
		"logging: {file: %s/log, level: debug, format: text}\n"
		"slurm:\n"
		"  partitions:\n"
		"  - partition_name: aws\n"
		"    node_groups:\n"
		"    - node_group_name: cpu\n"
		"      max_nodes: 2000\n"
		"      region: us-east-2\n"
		"      launch_template_specification: {launch_template_name: t}\n"
		"      launch_template_overrides: [{instance_type: c5n.18xlarge}]\n"
		"      subnet_ids: [subnet-1]\n",
		state, dir);
	put("c.yaml", 0644, sb.buf);
	/* a copy, so that what lies beside it is ours */
	ck_assert_int_eq(file_read(HOOK, 64 << 20, &program, &len, NULL), 0);
	ck_assert_int_eq(
		file_write(at("aws-slurm-burst-hook"), 0755, program, len, FILE_NO_SYNC, NULL), 0);
	ck_assert_int_eq(symlink("aws-slurm-burst-hook", at("aws-slurm-burst-prolog")), 0);
	ck_assert_int_eq(symlink("aws-slurm-burst-hook", at("aws-slurm-burst-epilog")), 0);
}

static void teardown(void)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

/* Run with these arguments (argv[0] the path) and environment; stderr to the file "stderr". */
static int run_as(const char *program, char *const *args, char *const *envp, bool closed)
{
	char *argv[8] = {0};
	int status;
	pid_t pid;

	argv[0] = strdup(at(program));
	for (int i = 0; args && args[i]; i++)
		argv[i + 1] = args[i];
	pid = fork();
	if (!pid) {
		int fd = open(at("stderr"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, 2);
		for (int i = 0; closed && i < 3; i++)
			close(i);
		execve(argv[0], argv, envp);
		_exit(125);
	}
	free(argv[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

static char c_flag[] = "-c";

static int run(const char *program, char *const *envp)
{
	char *args[] = {c_flag, conf_path, NULL};

	return run_as(program, args, envp, false);
}

#define E(x) ((char[]){x})
#define JOB                                                                                        \
	E("SLURM_JOB_ID=7"), E("SLURM_JOB_RESTART_COUNT=2"), E("SLURM_JOB_PARTITION=aws"),         \
		E("SLURM_JOB_NODELIST=aws-cpu-[0-1]")

static int record(uint32_t job, uint32_t restart, struct record *r)
{
	struct err err = {0};

	if (!record_read(at("state/intent"), job, restart, r, &err))
		return 0;
	ck_assert_msg(err.class == ERR_NOTFOUND, "%s", err.text);
	return -1;
}

START_TEST(prolog_records)
{
	struct intent intent = {
		.efa = EFA_REQUIRED, .efa_from = FROM_USER, .cost = {.uusd = 250000000}};
	char line[INTENT_LINE_SIZE], variable[INTENT_LINE_SIZE + 32];
	struct record r;
	struct stat st;

	ck_assert_int_eq(intent_encode(&intent, line, sizeof(line), NULL), 0);
	snprintf(variable, sizeof(variable), "SPANK_BURST_INTENT=%s", line);
	char *env[] = {JOB, variable, NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
	ck_assert_int_eq(record(7, 2, &r), 0);
	ck_assert_int_eq(r.kind, RECORD_INTENT);
	ck_assert_int_eq(r.intent.efa, EFA_REQUIRED);
	ck_assert_int_eq(r.intent.cost.uusd, 250000000);
	ck_assert_str_eq(r.nodes, "aws-cpu-[0-1]");
	ck_assert_int_le(llabs(r.written_s - clock_now_s()), 60);
	ck_assert_int_eq(stat(at("state/intent/7.2"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_ptr_nonnull(
		strstr(contents("log"), ": job=7 intent recorded: efa required, limit 250.00"));

	char *none[] = {JOB, E("AWS_SLURM_BURST_CONFIG=/nonexistent"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", none), 0);
	ck_assert_int_eq(record(7, 2, &r), 0);
	ck_assert_int_eq(r.kind, RECORD_NONE);

	char *first[] = {E("SLURM_JOB_ID=8"), E("SLURM_JOB_PARTITION=aws"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", first), 0);
	ck_assert_int_eq(record(8, 0, &r), 0);
	ck_assert_str_eq(r.nodes, "");
}
END_TEST

START_TEST(prolog_takes_garbage)
{
	static const char *const garbage[] = {"", "v=1;efa=maybe", "v=2;efa=required",
		"efa=required", "v=1;v=1", "\033[2J", "v=1;efa=%00", "v=1;cost=1e9", "(null)"};
	struct record r;

	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		char variable[128];

		snprintf(variable, sizeof(variable), "SPANK_BURST_INTENT=%s", garbage[i]);
		char *env[] = {JOB, variable, NULL};
		ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
		ck_assert_int_eq(record(7, 2, &r), 0);
		ck_assert_msg(r.kind == RECORD_GARBAGE, "%s: %d", garbage[i], r.kind);
		ck_assert_uint_gt(strlen(r.why), 0);
		ck_assert_int_eq(r.intent.efa, EFA_UNSET);
		unlink(at("state/intent/7.2"));
	}
	ck_assert_ptr_nonnull(
		strstr(contents("log"), "the job's intent is refused and counts as none: "));
	ck_assert_ptr_null(strchr(text, '\033'));

	/* one that is far too long */
	char *huge = malloc(100001);
	struct strbuf sb = STRBUF_INIT;
	memset(huge, 'x', 100000);
	huge[100000] = '\0';
	strbuf_addf(&sb, "SPANK_BURST_INTENT=v=1;modules=%s", huge);
	char *env[] = {JOB, sb.buf, NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
	ck_assert_int_eq(record(7, 2, &r), 0);
	ck_assert_int_eq(r.kind, RECORD_GARBAGE);
	free(huge);
	strbuf_release(&sb);
}
END_TEST

START_TEST(whose_job)
{
	struct record r;

	char *other[] = {E("SLURM_JOB_ID=7"), E("SLURM_JOB_PARTITION=local"),
		E("SLURM_JOB_NODELIST=n[1-4]"), E("SPANK_BURST_INTENT=garbage"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", other), 0);
	ck_assert_int_eq(run("aws-slurm-burst-epilog", other), 0);
	ck_assert_int_ne(access(at("state/intent"), F_OK), 0);
	ck_assert_int_ne(access(at("state/ended"), F_OK), 0);
	ck_assert_int_ne(access(at("log"), F_OK), 0);

	/* another partition over our nodes */
	char *over[] = {E("SLURM_JOB_ID=7"), E("SLURM_JOB_PARTITION=debug"),
		E("SLURM_JOB_NODELIST=n1,aws-cpu-1999"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", over), 0);
	ck_assert_int_eq(record(7, 0, &r), 0);
	ck_assert_str_eq(r.nodes, "n1,aws-cpu-1999");

	/* a list that is none, and one that does not fit, are left out */
	char *bad[] = {E("SLURM_JOB_ID=9"), E("SLURM_JOB_PARTITION=aws"),
		E("SLURM_JOB_NODELIST=a[1\033"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", bad), 0);
	ck_assert_int_eq(record(9, 0, &r), 0);
	ck_assert_str_eq(r.nodes, "");
	struct strbuf sb = STRBUF_INIT;
	strbuf_addstr(&sb, "SLURM_JOB_NODELIST=aws-cpu-0");
	for (int i = 1; i < 1000; i++)
		strbuf_addf(&sb, ",aws-cpu-%d", i);
	char *longer[] = {E("SLURM_JOB_ID=10"), E("SLURM_JOB_PARTITION=aws"), sb.buf, NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", longer), 0);
	ck_assert_int_eq(record(10, 0, &r), 0);
	ck_assert_str_eq(r.nodes, "");
	strbuf_release(&sb);
}
END_TEST

START_TEST(epilog_marks)
{
	char *env[] = {JOB, NULL};
	int64_t ended_s = 0;

	put("untouched", 0600, "");
	ck_assert_int_eq(run("aws-slurm-burst-epilog", env), 0);
	ck_assert_int_eq(record_end_read(at("state/ended"), 7, 2, &ended_s, NULL), 1);
	ck_assert_int_le(llabs(ended_s - clock_now_s()), 60);
	ck_assert_int_eq(record_end_read(at("state/ended"), 7, 1, &ended_s, NULL), 0);
	ck_assert_int_eq(access(at("untouched"), F_OK), 0);
}
END_TEST

/* The restart count that epilog is given may be that of the next start. */
START_TEST(epilog_finds_the_start)
{
	static const struct {
		int64_t before, counted; /* seconds ago that these starts were recorded; -1 never */
		unsigned marked;
	} t[] = {{5, -1, 1}, {5, 3, 2}, {3, 500, 1}, {-1, 3, 2}, {-1, -1, 2}};
	char *env[] = {JOB, NULL};

	ck_assert_int_eq(file_mkdirs(at("state/intent"), 0700, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		for (uint32_t restart = 1; restart <= 2; restart++) {
			int64_t ago = restart == 1 ? t[i].before : t[i].counted;
			struct record r = {.job_id = 7,
				.restart = restart,
				.kind = RECORD_NONE,
				.written_s = clock_now_s() - ago};

			if (ago >= 0)
				ck_assert_int_eq(record_write(at("state/intent"), &r, NULL), 0);
		}
		ck_assert_int_eq(run("aws-slurm-burst-epilog", env), 0);
		ck_assert_int_eq(access(at("state/ended/7.1"), F_OK), t[i].marked == 1 ? 0 : -1);
		ck_assert_int_eq(access(at("state/ended/7.2"), F_OK), t[i].marked == 2 ? 0 : -1);
		unlink(at("state/ended/7.1"));
		unlink(at("state/ended/7.2"));
		unlink(at("state/intent/7.1"));
		unlink(at("state/intent/7.2"));
	}
	/* the next start takes an old mark of its name away */
	ck_assert_int_eq(run("aws-slurm-burst-epilog", env), 0);
	ck_assert_int_eq(access(at("state/ended/7.2"), F_OK), 0);
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
	ck_assert_int_ne(access(at("state/ended/7.2"), F_OK), 0);
}
END_TEST

START_TEST(called_in_every_way)
{
	char prolog[] = "prolog", epilog[] = "epilog", nonsense[] = "nonsense",
	     missing[] = "/nonexistent";
	char *env[] = {JOB, NULL}, *empty[] = {NULL};
	char *by_word[] = {c_flag, conf_path, prolog, NULL},
	     *by_word2[] = {c_flag, conf_path, epilog, NULL};
	char *no_command[] = {c_flag, conf_path, NULL}, *unknown[] = {nonsense, NULL};
	char *more[] = {c_flag, conf_path, nonsense, NULL}, *too_much[] = {prolog, nonsense, NULL};
	char *no_file[] = {c_flag, missing, NULL};
	static const char usage[] = "usage: aws-slurm-burst-hook [-c FILE] prolog|epilog\n";
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct record r;

	ck_assert_int_eq(run_as("aws-slurm-burst-hook", by_word, env, false), 0);
	ck_assert_int_eq(record(7, 2, &r), 0);
	ck_assert_int_eq(run_as("aws-slurm-burst-hook", by_word2, env, false), 0);
	ck_assert_int_eq(access(at("state/ended/7.2"), F_OK), 0);
	ck_assert_int_eq(run_as("aws-slurm-burst-hook", no_command, env, false), 2);
	ck_assert_int_eq(strncmp(contents("stderr"), usage, strlen(usage)), 0);
	ck_assert_int_eq(run_as("aws-slurm-burst-hook", unknown, env, false), 2);
	ck_assert_int_eq(run_as("aws-slurm-burst-hook", too_much, env, false), 2);
	/* as a hook nothing but the gate may stop a job */
	ck_assert_int_eq(run_as("aws-slurm-burst-prolog", more, env, false), 0);
	ck_assert_int_eq(run_as("aws-slurm-burst-prolog", no_file, env, false), 0);
	ck_assert_int_eq(run_as("aws-slurm-burst-epilog", no_file, empty, false), 0);
	ck_assert_int_eq(run("aws-slurm-burst-prolog", empty), 0);
	char *bad_id[] = {E("SLURM_JOB_ID=../../x"), E("SLURM_JOB_PARTITION=aws"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", bad_id), 0);
	char *id_0[] = {E("SLURM_JOB_ID=0"), E("SLURM_JOB_PARTITION=aws"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", id_0), 0);
	char *bad_count[] = {E("SLURM_JOB_ID=5"), E("SLURM_JOB_RESTART_COUNT=-1"),
		E("SLURM_JOB_PARTITION=aws"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", bad_count), 0);
	ck_assert_int_eq(record(5, 0, &r), -1);
	/* with the descriptors 0 to 2 closed, and the path from the environment */
	unlink(at("state/intent/7.2"));
	strbuf_addf(&sb, "AWS_SLURM_BURST_CONFIG=%s", conf_path);
	char *by_env[] = {JOB, sb.buf, NULL};
	ck_assert_int_eq(run_as("aws-slurm-burst-prolog", NULL, by_env, true), 0);
	ck_assert_int_eq(record(7, 2, &r), 0);
}
END_TEST

START_TEST(state_that_is_not_safe)
{
	char *env[] = {JOB, NULL};

	ck_assert_int_eq(chmod(state, 0777), 0);
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
	ck_assert_int_eq(run("aws-slurm-burst-epilog", env), 0);
	ck_assert_int_ne(access(at("state/intent"), F_OK), 0);
	ck_assert_ptr_nonnull(strstr(contents("log"), "the job's intent is not recorded: "));
	ck_assert_ptr_nonnull(strstr(text, "has mode 0777: chmod 0700 it"));
	ck_assert_ptr_nonnull(strstr(text, "the job's end is not recorded: "));
	/* none at all is made */
	ck_assert_int_eq(rmdir(state), 0);
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
	ck_assert_int_eq(access(at("state/intent/7.2"), F_OK), 0);
	/* a state.db that is none is no objection */
	put("state/state.db", 0600,
		"this is not a database, this is not a database, this is not one");
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
	ck_assert_ptr_nonnull(strstr(contents("log"), "no look at what holds the nodes: "));
}
END_TEST

static void add_gang(void)
{
	struct gang gang = {.id = "6-stale",
		.job_id = 6,
		.job_name = "6",
		.rate_uusd_hr = -1,
		.created_ms = clock_now_ms() - 60000,
		.changed_ms = clock_now_ms()};
	struct err err = {0};
	struct db *db = db_open(state, DB_READ_WRITE, false, &err);

	ck_assert_msg(db != NULL, "%s", err.text);
	gang.nodes = strdup("aws-cpu-[1-3]");
	ck_assert_msg(gang_insert(db, &gang, &err) == 0, "%s", err.text);
	free(gang.nodes);
	db_close(db);
}

START_TEST(gate_sends_back)
{
	char *env[] = {JOB, E("SPANK_BURST_INTENT=garbage"), E("SLURM_CONF=/etc/slurm.conf"),
		E("AWS_PROFILE=p"), NULL};
	struct record r;
	char expected[512];

	char *args[] = {c_flag, conf_path, NULL};

	add_gang();
	put("aws-slurm-burst", 0755,
		"#!/bin/sh\n"
		"fds=$(/bin/readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)\n"
		"d=${0%/*}\n"
		"for r; do :; done; p=$([ -p /proc/$$/fd/$r ] && echo pipe)\n"
		"{ echo \"${*%% --ready *}\"; [ \"$(/usr/bin/cut -d' ' -f6 /proc/$$/stat)\" = $$ ] "
		"&& echo "
		"leader\n"
		"/usr/bin/env | /usr/bin/sort | /bin/grep -v -e ^PWD -e ^_ -e ^OLDPWD -e ^SHLVL\n"
		"/bin/sh -c 'kill -PIPE $$; echo deaf'\n" /* to SIGPIPE */
		"echo \"$p\"\n"
		"echo \"$fds\"; } >$d/out.new 2>&1 3>&-\n"
		"/bin/mv $d/out.new $d/out\n");
	/* with 0, 1 and 2 closed: the program that is started has them all the same */
	ck_assert_int_eq(run_as("aws-slurm-burst-prolog", args, env, true), 1);
	for (int i = 0; i < 500 && access(at("out"), F_OK) < 0; i++)
		clock_sleep_ms(10);
	snprintf(expected, sizeof(expected),
		"-c %s release --stale aws-cpu-1 --job "
		"7\nleader\nAWS_PROFILE=p\nSLURM_CONF=/etc/slurm.conf\n",
		conf_path);
	contents("out");
	ck_assert_msg(!strncmp(text, expected, strlen(expected)), "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\n/dev/null\n/dev/null\n/dev/null\n"));
	ck_assert_ptr_nonnull(strstr(text, "\npipe\n")); /* --ready */
	ck_assert_ptr_null(strstr(text, "SPANK_"));
	ck_assert_ptr_null(strstr(text, "deaf"));
	ck_assert_ptr_null(strstr(text, "SLURM_JOB"));
	ck_assert_int_eq(record(7, 2, &r), -1);
	ck_assert_ptr_nonnull(
		strstr(contents("log"), "sent back: aws-cpu-1 is held by gang 6-stale of job 6: "
					"its node group does not hand nodes on "
					"(reuse: false); releasing aws-cpu-1"));
	/* without the program the job is sent back all the same */
	put("aws-slurm-burst", 0755, "#!/nonexistent/interpreter\n");
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 1);
	ck_assert_ptr_nonnull(strstr(contents("log"), "cannot release aws-cpu-1: cannot run "));
	/* other nodes are free */
	char *free_nodes[] = {E("SLURM_JOB_ID=7"), E("SLURM_JOB_PARTITION=aws"),
		E("SLURM_JOB_NODELIST=aws-cpu-[4-7]"), NULL};
	ck_assert_int_eq(run("aws-slurm-burst-prolog", free_nodes), 0);
	ck_assert_int_eq(record(7, 0, &r), 0);
}
END_TEST

/* A state.db that is busy for long must not keep a job waiting. */
START_TEST(gate_does_not_wait)
{
	char *env[] = {JOB, NULL};
	int64_t t;
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512};
	int fd;

	add_gang();
	/* as a writer with a rollback journal holds it: SQLite's pending and reserved bytes */
	fd = open(at("state/state.db"), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_SETLK, &lock), 0);
	t = clock_mono_ms();
	ck_assert_int_eq(run("aws-slurm-burst-prolog", env), 0);
	ck_assert_int_le(clock_mono_ms() - t, 8000); /* a writer would wait for 10 s */
	close(fd);
	ck_assert_ptr_nonnull(strstr(contents("log"), "no look at what holds the nodes: "));
	ck_assert_int_eq(access(at("state/intent/7.2"), F_OK), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hook");
	TCase *tc = tcase_create("hook");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, prolog_records);
	tcase_add_test(tc, prolog_takes_garbage);
	tcase_add_test(tc, whose_job);
	tcase_add_test(tc, epilog_marks);
	tcase_add_test(tc, epilog_finds_the_start);
	tcase_add_test(tc, called_in_every_way);
	tcase_add_test(tc, state_that_is_not_safe);
	tcase_add_test(tc, gate_sends_back);
	tcase_add_test(tc, gate_does_not_wait);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
