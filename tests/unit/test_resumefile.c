/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/slurm/resumefile.h"

static void parse_good(const char *text, struct resumefile *file)
{
	struct err err = {0};

	ck_assert_msg(
		resumefile_parse(text, strlen(text), file, &err) == 0, "%s: %s", text, err.text);
	ck_assert_int_eq(err.class, ERR_NONE);
}

static void expect_nodes(const struct nodeset *set, const char *want)
{
	char *s = nodeset_format(set);

	ck_assert_str_eq(s, want);
	free(s);
}

START_TEST(reads_schemas)
{
	static const struct {
		const char *name, *text, *all, *resume, *alloc, *partition, *features;
		uint32_t job_id;
	} t[] = {
		{"22.05, as seen",
			"{\"jobs\":[{\"job_id\":1,\"nodes\":\"aws-node-[0-1]\"}],"
			"\"all_nodes\":\"aws-node-[0-1]\"}",
			"aws-node-[0-1]", "aws-node-[0-1]", "", "", NULL, 1},
		{"22.05, one node, white space, newline at the end",
			" {\"jobs\": [ {\"job_id\" : 7, \"nodes\":\"n3\"} "
			"],\n\t\"all_nodes\":\"n3\"}\r\n",
			"n3", "n3", "", "", NULL, 7},
		{"26.05, as seen",
			"{\"jobs\":[{\"exclusive\":\"NO\",\"extra\":null,\"job_id\":1,\"priority\":"
			"1,"
			"\"features\":\"efa\",\"nodes_alloc\":\"aws-node-[0-1]\","
			"\"nodes_resume\":\"aws-node-[0-1]\",\"oversubscribe\":\"NO\","
			"\"partition\":\"aws\","
			"\"reservation\":null}],\"all_nodes_resume\":\"aws-node-[0-1]\"}",
			"aws-node-[0-1]", "aws-node-[0-1]", "aws-node-[0-1]", "aws", "efa", 1},
		{"23.02, a slice of the allocation, with a node of no job",
			"{\"all_nodes_resume\":\"c[1-3],x9\",\"jobs\":[{\"extra\":\"An arbitrary "
			"string\","
			"\"job_id\":140814,\"features\":\"c1,c2\",\"nodes_alloc\":\"c[1-4]\","
			"\"nodes_resume\":\"c[1-3]\",\"oversubscribe\":\"OK\",\"partition\":"
			"\"cloud\","
			"\"reservation\":\"resv_1234\"}]}",
			"c[1-3],x9", "c[1-3]", "c[1-4]", "cloud", "c1,c2", 140814},
		{"unknown keys of any type",
			"{\"new\":{\"a\":[1,2.5,true]},\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":"
			"2,"
			"\"tres\":[],\"nodes\":\"n1\",\"x\":-1e3}],\"version\":99}",
			"n1", "n1", "", "", NULL, 2},
		{"both schemas' keys: the newer counts",
			"{\"all_nodes\":\"n[1-9]\",\"all_nodes_resume\":\"n[1-2]\",\"jobs\":[{"
			"\"job_id\":2,"
			"\"nodes\":\"n9\",\"nodes_resume\":\"n2\"}]}",
			"n[1-2]", "n2", "", "", NULL, 2},
		{"features null, partition null, nodes_alloc null",
			"{\"all_nodes_resume\":\"n1\",\"jobs\":[{\"job_id\":2,\"nodes_resume\":"
			"\"n1\","
			"\"features\":null,\"partition\":null,\"nodes_alloc\":null}]}",
			"n1", "n1", "", "", NULL, 2},
		{"PowerAction=: the job's other nodes are another call's",
			"{\"all_nodes_resume\":\"a[0-1]\",\"jobs\":[{\"job_id\":2,\"nodes_resume\":"
			"\"a[0-1],b7\","
			"\"nodes_alloc\":\"a[0-1],b7\"}]}",
			"a[0-1]", "a[0-1]", "a[0-1],b7", "", NULL, 2},
		{"a key twice: the last one counts",
			"{\"all_nodes\":\"n1\",\"all_nodes\":\"n2\",\"jobs\":[{\"job_id\":4,\"job_"
			"id\":5,"
			"\"nodes\":\"n2\"}]}",
			"n2", "n2", "", "", NULL, 5},
		{"the largest number",
			"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":4294967293,\"nodes\":\"n1\"}]"
			"}",
			"n1", "n1", "", "", NULL, 4294967293u},
		{"escapes",
			"{\"all_nodes\":\"\\u006e1\",\"jobs\":[{\"job_id\":4,\"nodes\":"
			"\"n\\u0031\"}]}",
			"n1", "n1", "", "", NULL, 4},
		{"a job without nodes of this call",
			"{\"all_nodes_resume\":\"n1\",\"jobs\":[{\"job_id\":4,\"nodes_resume\":"
			"\"\"}]}",
			"n1", "", "", "", NULL, 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct resumefile file = {0};

		parse_good(t[i].text, &file);
		expect_nodes(&file.all, t[i].all);
		ck_assert_msg(file.njobs == 1, "%s", t[i].name);
		ck_assert_uint_eq(file.jobs[0].job_id, t[i].job_id);
		expect_nodes(&file.jobs[0].resume, t[i].resume);
		expect_nodes(&file.jobs[0].alloc, t[i].alloc);
		ck_assert_str_eq(file.jobs[0].partition, t[i].partition);
		ck_assert_pstr_eq(file.jobs[0].features, t[i].features);
		resumefile_release(&file);
		ck_assert_ptr_null(file.jobs);
		ck_assert_uint_eq(file.njobs, 0);
	}
	resumefile_release(NULL);
}
END_TEST

/* Seen on 22.05: one call, three jobs, of which two share nodes with the first; node 9 is of no
 * job. */
START_TEST(several_jobs)
{
	struct resumefile file = {0};

	parse_good("{\"jobs\":[{\"job_id\":2,\"nodes\":\"aws-node-[20-23]\"},"
		   "{\"job_id\":3,\"nodes\":\"aws-node-20\"},{\"job_id\":4,\"nodes\":\"aws-node-"
		   "21\"}],"
		   "\"all_nodes\":\"aws-node-[9,20-23]\"}",
		&file);
	ck_assert_uint_eq(file.njobs, 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_eq(file.jobs[i].job_id, i + 2);
	expect_nodes(&file.jobs[0].resume, "aws-node-[20-23]");
	expect_nodes(&file.jobs[1].resume, "aws-node-20");
	expect_nodes(&file.jobs[2].resume, "aws-node-21");
	expect_nodes(&file.all, "aws-node-[9,20-23]");
	resumefile_release(&file);
}
END_TEST

/* One job is one gang, however often it is listed. */
START_TEST(job_listed_twice)
{
	struct resumefile file = {0};

	parse_good("{\"jobs\":[{\"job_id\":8,\"nodes_resume\":\"n1\",\"features\":\"x\"},"
		   "{\"job_id\":9,\"nodes_resume\":\"n5\"},"
		   "{\"job_id\":8,\"nodes_resume\":\"n[1-2]\",\"nodes_alloc\":\"n[1-2]\","
		   "\"features\":\"y\","
		   "\"partition\":\"p\"}],\"all_nodes_resume\":\"n[1-5]\"}",
		&file);
	ck_assert_uint_eq(file.njobs, 2);
	ck_assert_uint_eq(file.jobs[0].job_id, 8);
	ck_assert_uint_eq(file.jobs[1].job_id, 9);
	expect_nodes(&file.jobs[0].resume, "n[1-2]");
	expect_nodes(&file.jobs[0].alloc, "n[1-2]");
	ck_assert_str_eq(file.jobs[0].features, "y");
	ck_assert_str_eq(file.jobs[0].partition, "p");
	resumefile_release(&file);
}
END_TEST

START_TEST(no_jobs)
{
	static const char *const t[] = {
		"{\"all_nodes\":\"n[1-2]\"}",
		"{\"all_nodes\":\"n[1-2]\",\"jobs\":null}",
		"{\"all_nodes_resume\":\"n[1-2]\",\"jobs\":[]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct resumefile file = {0};

		parse_good(t[i], &file);
		ck_assert_uint_eq(file.njobs, 0);
		expect_nodes(&file.all, "n[1-2]");
		resumefile_release(&file);
	}
}
END_TEST

static void expect_refused(const char *text, size_t len, const char *want)
{
	struct resumefile file = {.njobs = 77};
	struct err err = {0};

	ck_assert_msg(resumefile_parse(text, len, &file, &err) == -1, "%.80s was accepted", text);
	ck_assert_int_eq(err.class, ERR_USAGE);
	ck_assert_msg(strstr(err.text, "resume file: ") == err.text, "%s", err.text);
	ck_assert_msg(strstr(err.text, want), "%.80s: %s, not %s", text, err.text, want);
	ck_assert_uint_eq(file.njobs, 77);
}

START_TEST(refuses)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{"", "ends too early"},
		{"   ", "ends too early"},
		{"{", "ends too early"},
		{"{\"jobs\":[{\"job_id\":1,\"nodes\":\"n1\"}],\"all_nodes\":\"n1\"",
			"ends too early"},
		{"nonsense", "at byte "},
		{"{\"all_nodes\":'n1'}", "at byte "},
		{"{\"all_nodes\":\"n1\",}", "at byte "},
		{"{\"all_nodes\":\"n1\"}{}", "at byte "},
		{"{\"all_nodes\":\"n1\"} x", "at byte "},
		{"[]", "not a JSON object"},
		{"\"n1\"", "not a JSON object"},
		{"null", "ends too early"},
		{"null ", "not a JSON object"},
		{"12 ", "not a JSON object"},
		{"{}", "neither \"all_nodes_resume\" nor \"all_nodes\""},
		{"{\"all_nodes\":null,\"jobs\":[]}", "neither \"all_nodes_resume\""},
		{"{\"all_nodes\":[\"n1\"]}", "\"all_nodes\" is no string"},
		{"{\"all_nodes_resume\":1}", "\"all_nodes_resume\" is no string"},
		{"{\"all_nodes\":\"n[1-\"}", "\"all_nodes\": '[' without ']'"},
		{"{\"all_nodes\":\"n1;rm -rf\"}", "byte 0x3b"},
		{"{\"all_nodes\":\"n1\\u0000n2\"}", "\"all_nodes\" holds a NUL"},
		{"{\"all_nodes\":\"n[0-99999999]\"}", "65536"},
		{"{\"all_nodes\":\"n1\",\"jobs\":{}}", "\"jobs\" is no array"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[1]}", "jobs[0] is no object"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[null]}", "jobs[0] is no object"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"nodes\":\"n1\"}]}", "jobs[0]: no \"job_id\""},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":\"1\",\"nodes\":\"n1\"}]}",
			"is no integer"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1.0,\"nodes\":\"n1\"}]}",
			"is no integer"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":null,\"nodes\":\"n1\"}]}",
			"is no integer"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":0,\"nodes\":\"n1\"}]}",
			"is 0, out of range"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":-5,\"nodes\":\"n1\"}]}",
			"is -5, out of range"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":4294967294,\"nodes\":\"n1\"}]}",
			"is 4294967294, out of range"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":9223372036854775807,\"nodes\":"
		 "\"n1\"}]}",
			"is 9223372036854775807, out of range"},
		/* json-c up to 0.17 gives INT64_MAX, from 0.18 on it refuses: "number expected" */
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":99999999999999999999999,\"nodes\":"
		 "\"n1\"}]}",
			""},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1}]}",
			"jobs[0]: neither \"nodes_resume\" nor \"nodes\""},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1,\"nodes\":7}]}",
			"\"nodes\" is no string"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1,\"nodes\":\"n1\"},"
		 "{\"job_id\":2,\"nodes\":\"n[2-1]\"}]}",
			"jobs[1]: \"nodes\": bad range"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1,\"nodes\":\"n1\",\"nodes_alloc\":"
		 "\"n 1\"}]}",
			"\"nodes_alloc\": node name with byte 0x20"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1,\"nodes\":\"n1\",\"partition\":[]}]"
		 "}",
			"\"partition\" is no string"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1,\"nodes\":\"n1\",\"features\":"
		 "false}]}",
			"\"features\" is no string"},
		{"{\"all_nodes\":\"n1\",\"jobs\":[{\"job_id\":1,\"nodes\":\"n1\",\"partition\":"
		 "\"ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp\"}]}",
			"\"partition\" of 65 bytes, at most 63"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		expect_refused(t[i].text, strlen(t[i].text), t[i].want);
	/* the reason is optional */
	struct resumefile file;
	ck_assert_int_eq(resumefile_parse("{}", 2, &file, NULL), -1);
}
END_TEST

/* Every beginning of a good file is refused, and none is read past its end (sanitizers watch). */
START_TEST(refuses_every_prefix)
{
	static const char text[] =
		"{\"jobs\":[{\"job_id\":1,\"nodes\":\"n[0-1]\"}],\"all_nodes\":\"n[0-1]\"}";

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, text, len);
		copy[len] = '\0';
		expect_refused(copy, len, "resume file: ");
		free(copy);
	}
}
END_TEST

START_TEST(refuses_nul)
{
	static const char text[] = "{\"all_nodes\":\"n1\"}\0{\"all_nodes\":\"n2\"}";

	expect_refused(text, sizeof(text) - 1, "NUL byte");
	expect_refused(text, strlen(text) + 1, "NUL byte");
}
END_TEST

START_TEST(refuses_deep)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "{\"all_nodes\":\"n1\",\"x\":");
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&sb, '[');
	expect_refused(sb.buf, sb.len, "nesting too deep");
}
END_TEST

START_TEST(size_limit)
{
	struct resumefile file = {0};
	struct err err = {0};
	size_t len = (16u << 20) + 1;
	char *text = malloc(len + 1);

	memset(text, ' ', len);
	text[len] = '\0';
	memcpy(text, "{\"all_nodes\":\"n1\"}", 18);
	expect_refused(text, len, "at most 16777216 expected");
	ck_assert_int_eq(resumefile_parse(text, len - 1, &file, &err), 0);
	expect_nodes(&file.all, "n1");
	resumefile_release(&file);

	/* 10 MB in one string */
	memset(text, 'a', 10000000);
	text[0] = '"';
	text[10000000] = '\0';
	expect_refused(text, 10000000, "ends too early");
	memcpy(text, "{\"all_nodes\":\"", 14);
	memcpy(text + 10000000 - 2, "\"}", 3);
	expect_refused(text, 10000000, "node name of more than 63");
	free(text);
}
END_TEST

/* A hundred thousand entries: 10 MB, and time that grows with them, not with their square. */
START_TEST(many_jobs)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct resumefile file = {0};
	struct err err = {0};
	const unsigned n = 100000;

	strbuf_addstr(&sb, "{\"all_nodes_resume\":\"node-[0-49999]\",\"jobs\":[");
	for (unsigned i = 0; i < n; i++)
		strbuf_addf(&sb,
			"%s{\"job_id\":%u,\"extra\":\"%032u\",\"nodes_resume\":\"node-%u\",\"x\":[]"
			"}",
			i ? "," : "", i / 2 + 1, i, i / 2);
	strbuf_addstr(&sb, "]}");
	ck_assert(!sb.failed);
	ck_assert_msg(resumefile_parse(sb.buf, sb.len, &file, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(file.njobs, n / 2);
	ck_assert_uint_eq(file.jobs[n / 2 - 1].job_id, n / 2);
	ck_assert_str_eq(file.jobs[n / 2 - 1].resume.names[0], "node-49999");
	ck_assert_uint_eq(file.jobs[n / 2 - 1].resume.n, 1);
	resumefile_release(&file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resumefile");
	TCase *tc = tcase_create("resumefile");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, reads_schemas);
	tcase_add_test(tc, several_jobs);
	tcase_add_test(tc, job_listed_twice);
	tcase_add_test(tc, no_jobs);
	tcase_add_test(tc, refuses);
	tcase_add_test(tc, refuses_every_prefix);
	tcase_add_test(tc, refuses_nul);
	tcase_add_test(tc, refuses_deep);
	tcase_add_test(tc, size_limit);
	tcase_add_test(tc, many_jobs);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
