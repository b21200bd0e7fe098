/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/plan/efa.h"

static struct detect_result found(enum job_kind kind, unsigned confidence, enum comm comm)
{
	struct detect_result r = {
		.is_mpi = kind == JOB_MPI || kind == JOB_COLLECTIVES,
		.confidence = confidence,
		.kind = kind,
		.comm = comm,
		.n = 1,
		.evidence = {{.line = 12, .weight = kind == JOB_MPI ? 70 : -70, .text = "seen"}},
	};

	return r;
}

#define MPI   JOB_MPI
#define TIGHT COMM_TIGHT
#define NONE  JOB_UNKNOWN

static const struct {
	const char *name;
	enum efa_mode option, features, dflt;
	enum job_kind kind;
	unsigned confidence; /* 0: nothing was looked at */
	enum comm comm;
	unsigned nodes;
	struct efa_bands bands; /* all 0: NULL */
	enum efa_mode mode;
	const char *why; /* its beginning */
	bool given, detected;
} t[] = {
	{"the option goes before all", EFA_DISABLED, EFA_REQUIRED, EFA_REQUIRED, MPI, 99, TIGHT, 64,
		{0}, EFA_DISABLED, "the job's --efa", true, false},
	{"an option of one node is one", EFA_REQUIRED, EFA_UNSET, EFA_UNSET, NONE, 0, 0, 1, {0},
		EFA_REQUIRED, "the job's --efa", true, false},
	{"features go before detection", EFA_UNSET, EFA_OPTIONAL, EFA_REQUIRED, MPI, 99, TIGHT, 64,
		{0}, EFA_OPTIONAL, "the job's features", true, false},
	{"one node", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 99, TIGHT, 1, {0}, EFA_DISABLED,
		"one node needs no EFA", false, false},
	{"no node", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 99, TIGHT, 0, {0}, EFA_DISABLED,
		"one node needs no EFA", false, false},
	{"16 nodes", EFA_UNSET, EFA_UNSET, EFA_DISABLED, MPI, 60, TIGHT, 16, {0}, EFA_REQUIRED,
		"detected: ", false, true},
	{"15 nodes", EFA_UNSET, EFA_UNSET, EFA_DISABLED, MPI, 60, COMM_MODERATE, 15, {0},
		EFA_PREFERRED, "detected: ", false, true},
	{"4 nodes", EFA_UNSET, EFA_UNSET, EFA_DISABLED, MPI, 60, TIGHT, 4, {0}, EFA_PREFERRED,
		"detected: ", false, true},
	{"3 nodes", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 60, TIGHT, 3, {0}, EFA_OPTIONAL,
		"detected: ", false, true},
	{"2 nodes", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 60, TIGHT, 2, {0}, EFA_OPTIONAL,
		"detected: ", false, true},
	{"loose, 16 nodes", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 99, COMM_LOOSE, 16, {0},
		EFA_PREFERRED, "detected: ", false, true},
	{"loose, 4 nodes", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 99, COMM_LOOSE, 4, {0},
		EFA_OPTIONAL, "detected: ", false, true},
	{"loose, 2 nodes", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 99, COMM_LOOSE, 2, {0},
		EFA_DISABLED, "detected: ", false, true},
	{"GPU collectives", EFA_UNSET, EFA_UNSET, EFA_OPTIONAL, JOB_COLLECTIVES, 90, TIGHT, 16, {0},
		EFA_REQUIRED, "detected: ", false, true},
	{"not sure", EFA_UNSET, EFA_UNSET, EFA_OPTIONAL, MPI, 59, TIGHT, 16, {0}, EFA_OPTIONAL,
		"mpi.efa_default", false, false},
	{"sure enough for this site", EFA_UNSET, EFA_UNSET, EFA_OPTIONAL, MPI, 59, TIGHT, 16,
		{16, 4, 2, 55}, EFA_REQUIRED, "detected: ", false, true},
	{"an array", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, JOB_ARRAY, 90, 0, 16, {0}, EFA_DISABLED,
		"detected: processes that do not speak with each other: ", false, true},
	{"a farm", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, JOB_FARM, 90, 0, 16, {0}, EFA_DISABLED,
		"detected: processes that do not speak with each other: ", false, true},
	{"an array, perhaps", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, JOB_ARRAY, 55, 0, 16, {0},
		EFA_REQUIRED, "mpi.efa_default", false, false},
	{"no MPI", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, JOB_SINGLE, 90, 0, 16, {0}, EFA_OPTIONAL,
		"detected: no MPI: ", false, true},
	{"no MPI where EFA is off anyway", EFA_UNSET, EFA_UNSET, EFA_DISABLED, JOB_SERVICE, 90, 0,
		16, {0}, EFA_DISABLED, "detected: no MPI: ", false, true},
	{"nothing to go by is never sure", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, NONE, 99, 0, 16,
		{16, 4, 2, 50}, EFA_REQUIRED, "mpi.efa_default", false, false},
	{"nothing was looked at", EFA_UNSET, EFA_UNSET, EFA_OPTIONAL, NONE, 0, 0, 16, {0},
		EFA_OPTIONAL, "mpi.efa_default", false, false},
	{"no default", EFA_UNSET, EFA_UNSET, EFA_UNSET, NONE, 0, 0, 16, {0}, EFA_PREFERRED,
		"mpi.efa_default", false, false},
	{"a band that is off", EFA_UNSET, EFA_UNSET, EFA_OPTIONAL, MPI, 99, TIGHT, 64,
		{0, 4, 2, 60}, EFA_PREFERRED, "detected: ", false, true},
	{"below the bands", EFA_UNSET, EFA_UNSET, EFA_OPTIONAL, MPI, 99, TIGHT, 2, {16, 4, 0, 60},
		EFA_OPTIONAL, "mpi.efa_default", false, false},
	{"all bands off", EFA_UNSET, EFA_UNSET, EFA_REQUIRED, MPI, 99, TIGHT, 64, {0, 0, 0, 60},
		EFA_REQUIRED, "mpi.efa_default", false, false},
};

START_TEST(decisions)
{
	struct detect_result r = found(t[_i].kind, t[_i].confidence, t[_i].comm);
	struct efa_input in = {.option = t[_i].option,
		.features = t[_i].features,
		.dflt = t[_i].dflt,
		.detected = t[_i].confidence ? &r : NULL,
		.nodes = t[_i].nodes,
		.bands = t[_i].bands.min_confidence ? &t[_i].bands : NULL};
	struct efa_decision d, again;

	memset(&d, 0xff, sizeof(d));
	efa_decide(&in, &d);
	ck_assert_msg(
		d.mode == t[_i].mode, "%s: %s (%s)", t[_i].name, efa_mode_name(d.mode), d.why);
	ck_assert_msg(!strncmp(d.why, t[_i].why, strlen(t[_i].why)), "%s: %s", t[_i].name, d.why);
	ck_assert_msg(d.given == t[_i].given, "%s", t[_i].name);
	ck_assert_msg(d.by_detection == t[_i].detected, "%s", t[_i].name);
	efa_decide(&in, &again);
	ck_assert_str_eq(again.why, d.why);
}
END_TEST

/* In the words of whoever knows better where it comes from. */
START_TEST(words)
{
	struct detect_result r = found(JOB_MPI, 90, COMM_LOOSE);
	struct efa_input in = {.option = EFA_REQUIRED, .option_why = "#SBATCH --efa", .nodes = 4};
	struct efa_decision d;

	efa_decide(&in, &d);
	ck_assert_str_eq(d.why, "#SBATCH --efa");
	in.option = EFA_UNSET;
	in.dflt_why = "plugstack.conf";
	efa_decide(&in, &d);
	ck_assert_str_eq(d.why, "plugstack.conf");
	in.detected = &r;
	efa_decide(&in, &d);
	ck_assert_str_eq(d.why, "detected: seen, line 12, 4 nodes, seldom waits for its network");
	memset(r.evidence[0].text, 'x', DETECT_TEXT_SIZE - 1);
	efa_decide(&in, &d);
	ck_assert_ptr_nonnull(strstr(d.why, "xxx, 4 nodes, seldom waits for its network"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("efa");
	TCase *tc = tcase_create("efa");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, decisions, 0, ARRAY_SIZE(t));
	tcase_add_test(tc, words);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
