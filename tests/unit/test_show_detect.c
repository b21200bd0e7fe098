/* SPDX-License-Identifier: Apache-2.0 */
/* The command detect: its output, and what it refuses. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/commands.h"
#include "helper/show_detect.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"

static char dir[] = "/tmp/burst-detect-XXXXXX";

static void write_file(const char *name, const char *text, size_t len)
{
	struct err err = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_msg(file_write(path, 0600, text, len, FILE_NO_SYNC, &err) == 0, "%s", err.text);
}

/* Run the command in DIR with both outputs in one file; its status. */
static int run(const char *const *words, char *out, size_t size)
{
	cleanup_free char *text = NULL;
	char *argv[16]; /* getopt sorts it */
	char path[128];
	int argc = 0, status, fd, saved[2] = {dup(1), dup(2)};
	size_t len;

	while (words[argc]) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	snprintf(path, sizeof(path), "%s/out", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
	ck_assert_int_ge(fd, 0);
	fflush(stdout);
	dup2(fd, 1);
	dup2(fd, 2);
	close(fd);
	status = cmd_detect(argc, argv, NULL);
	fflush(stdout);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(saved[0]);
	close(saved[1]);
	ck_assert_int_eq(file_read(path, 1 << 20, &text, &len, NULL), 0);
	snprintf(out, size, "%s", text);
	return status;
}

#define RUN(OUT, ...) run((const char *const[]){"detect", __VA_ARGS__, NULL}, OUT, sizeof(OUT))

START_TEST(as_text)
{
	static const char script[] =
		"#!/bin/bash\n#SBATCH -N 2 -n 64 -c 2\nml GROMACS/2023-foss-2022a\n"
		"export OMP_NUM_THREADS=2\nsrun gmx_mpi mdrun\n";
	static const char expected[] = "  job      MPI (95 % sure)\n"
				       "  mpi      openmpi\n"
				       "  program  GROMACS, tight communication\n"
				       "  tasks    64 on 2 nodes, each with several threads\n"
				       "  evidence  +70 line 5: GROMACS by srun\n"
				       "            +15 line 3: loads GROMACS/2023-foss-2022a\n"
				       "            +10 64 tasks on 2 nodes\n";
	char out[4096];

	write_file("job.sh", script, sizeof(script) - 1);
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(RUN(out, "job.sh"), 0);
	ck_assert_str_eq(out, expected);
	ck_assert_int_eq(RUN(out, "-N", "4", "--ntasks=128", "job.sh"), 0);
	ck_assert_ptr_nonnull(strstr(out, "tasks    128 on 4 nodes"));
}
END_TEST

START_TEST(as_json)
{
	static const char script[] = "#SBATCH -n 8\nmpirun ./x\n";
	struct json_object *o, *list, *value;
	char out[4096];

	write_file("job.sh", script, sizeof(script) - 1);
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(RUN(out, "--json", "job.sh"), 0);
	o = json_tokener_parse(out);
	ck_assert_ptr_nonnull(o);
	ck_assert(json_object_object_get_ex(o, "is_mpi", &value) && json_object_get_boolean(value));
	ck_assert(json_object_object_get_ex(o, "kind", &value));
	ck_assert_str_eq(json_object_get_string(value), "mpi");
	ck_assert(json_object_object_get_ex(o, "tasks", &value) && json_object_get_int(value) == 8);
	ck_assert(json_object_object_get_ex(o, "nodes", &value) && !value);
	ck_assert(json_object_object_get_ex(o, "application", &value) && !value);
	ck_assert(json_object_object_get_ex(o, "evidence", &list));
	ck_assert_uint_eq(json_object_array_length(list), 2);
	json_object_object_get_ex(json_object_array_get_idx(list, 0), "line", &value);
	ck_assert_int_eq(json_object_get_int(value), 2);
	json_object_object_get_ex(json_object_array_get_idx(list, 1), "line", &value);
	ck_assert_ptr_null(value);
	json_object_put(o);
}
END_TEST

/* What is kept is told again, and what follows it is left. */
START_TEST(as_lines)
{
	static const char script[] =
		"#!/bin/bash\n#SBATCH -N 2 -n 64 -c 2\nml GROMACS/2023-foss-2022a\n"
		"export OMP_NUM_THREADS=2\nsrun gmx_mpi mdrun\n";
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT, out = STRBUF_INIT;
	struct detect_input input = {.script = script, .len = sizeof(script) - 1};
	struct detect_result result = {0};
	const char *rest;

	detect(&input, &result);
	detected_lines(&sb, "9+1", &result);
	strbuf_addstr(&sb, "EFA: used\nevidence: none\n");
	ck_assert_msg(!strncmp(sb.buf, "understood: 9+1: MPI (", 22), "%s", sb.buf);
	rest = show_detected_lines(&out, sb.buf);
	ck_assert_str_eq(rest, "EFA: used\nevidence: none\n");
	ck_assert_msg(strstr(out.buf, "  job      9+1: MPI (") == out.buf, "%s", out.buf);
	ck_assert_msg(strstr(out.buf, "  evidence +70 line 5: GROMACS by srun\n"
				      "           +15 line 3: loads GROMACS"),
		"%s", out.buf);
	ck_assert_ptr_null(show_detected_lines(&out, NULL));
}
END_TEST

START_TEST(with_an_environment)
{
	static const char script[] = "#SBATCH -N 2 -n 8\nsrun ./a\n";
	static const char lines[] = "HOME=/x\nLOADEDMODULES=openmpi/4\nnonsense\n";
	static const char nuls[] = "HOME=/x\0I_MPI_ROOT=/y\0";
	char out[4096];

	write_file("job.sh", script, sizeof(script) - 1);
	write_file("lines", lines, sizeof(lines) - 1);
	write_file("nuls", nuls, sizeof(nuls) - 1);
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(RUN(out, "--env", "lines", "job.sh"), 0);
	ck_assert_ptr_nonnull(strstr(out, "mpi      openmpi"));
	ck_assert_ptr_nonnull(strstr(out, "submitted with the module openmpi/4"));
	ck_assert_int_eq(RUN(out, "--env", "nuls", "job.sh"), 0);
	ck_assert_ptr_nonnull(strstr(out, "mpi      intelmpi"));
	ck_assert_int_eq(RUN(out, "--env", "absent", "job.sh"), err_exit_code(ERR_NOTFOUND));
}
END_TEST

START_TEST(each_kind)
{
	static const struct {
		const char *script, *said;
	} kinds[] = {
		{"#SBATCH -n 1\n./x", "not MPI, one process or one node's threads"},
		{"#SBATCH -a 1-9\n./x", "not MPI, independent tasks of an array"},
		{"#SBATCH -n 8\nls | xargs -P 8 ./x", "not MPI, independent processes"},
		{"#SBATCH -N 4\nray start", "not MPI, a cluster of its own over TCP"},
		{"#SBATCH -N 4\n./x", "not known to be MPI"},
		{"#SBATCH -N 4\ntorchrun --nproc_per_node=8 x", "collectives of GPUs"},
	};
	char out[4096];

	ck_assert_int_eq(chdir(dir), 0);
	write_file("job.sh", kinds[_i].script, strlen(kinds[_i].script));
	ck_assert_int_eq(RUN(out, "job.sh"), 0);
	ck_assert_msg(strstr(out, kinds[_i].said) != NULL, "%s", out);
}
END_TEST

START_TEST(refused)
{
	static const char usage[] = "usage: aws-slurm-burst detect [--env FILE]";
	char out[4096];

	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(RUN(out, "absent.sh"), err_exit_code(ERR_NOTFOUND));
	ck_assert_ptr_nonnull(strstr(out, "aws-slurm-burst: detect: "));
	ck_assert_ptr_nonnull(strstr(out, "absent.sh"));
	ck_assert_int_eq(run((const char *const[]){"detect", NULL}, out, sizeof(out)), 2);
	ck_assert_ptr_nonnull(strstr(out, usage));
	ck_assert_int_eq(RUN(out, "a", "b"), 2);
	ck_assert_ptr_nonnull(strstr(out, usage));
	ck_assert_int_eq(RUN(out, "--what", "a"), 2);
	ck_assert_ptr_nonnull(strstr(out, usage));
	ck_assert_int_eq(RUN(out, "--nodes", "0", "a"), 2);
	ck_assert_ptr_nonnull(strstr(out, "--nodes: not a number from 1 to 10000000"));
	ck_assert_int_eq(RUN(out, "-n", "4x", "a"), 2);
	ck_assert_ptr_nonnull(strstr(out, "--ntasks: not a number from 1 to 10000000"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("show_detect");
	TCase *tc = tcase_create("show_detect");
	SRunner *sr;
	char path[64];
	int failed;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	tcase_add_test(tc, as_text);
	tcase_add_test(tc, as_json);
	tcase_add_test(tc, as_lines);
	tcase_add_test(tc, with_an_environment);
	tcase_add_loop_test(tc, each_kind, 0, 6);
	tcase_add_test(tc, refused);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	static const char *const made[] = {"job.sh", "lines", "nuls", "out"};
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, made[i]);
		unlink(path);
	}
	rmdir(dir);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
