/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a user calls a script is read, within bounds, and the verdict is one; twice the same. */
#include "lib/plan/detect.h"
#include "lib/plan/script.h"
#include "tests/fuzz/fuzz.h"

static void check_script(const char *text, size_t size)
{
	struct script s;

	MUST(script_read(text, size, NULL, &s, NULL) == 0);
	MUST(s.ncommands <= SCRIPT_COMMANDS_MAX);
	for (size_t i = 0; i < s.ncommands; i++) {
		const struct script_command *c = &s.commands[i];

		MUST(c->argc >= 1 && c->argc <= SCRIPT_WORDS_MAX && c->prefix);
		MUST(c->within == SCRIPT_NO_COMMAND || c->within < i);
		for (size_t k = 0; k < c->argc; k++)
			MUST(strlen(c->argv[k]) <= 2 * SCRIPT_WORD_MAX);
	}
	for (size_t i = 0; i < s.nassignments; i++)
		MUST(s.assignments[i].name[0] && s.assignments[i].value);
	script_release(&s);
}

static void check_result(const struct detect_result *r)
{
	int sum = 0;

	MUST(r->confidence >= 50 && r->confidence <= 99);
	MUST(r->n <= DETECT_EVIDENCE_MAX);
	for (size_t i = 0; i < r->n; i++) {
		sum += r->evidence[i].weight;
		MUST(r->evidence[i].text[0]);
		for (const char *p = r->evidence[i].text; *p; p++)
			MUST(*p >= ' ' && *p < 127);
	}
	sum = sum < 1 ? 1 : sum > 99 ? 99 : sum;
	MUST((int)r->confidence == (r->is_mpi ? sum : 100 - sum));
	MUST(r->is_mpi == (r->kind == JOB_MPI || r->kind == JOB_COLLECTIVES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct detect_input input = {.script = text, .len = size};
	struct detect_result a, b;

	check_script(text, size);
	detect(&input, &a);
	check_result(&a);
	detect(&input, &b);
	MUST(!memcmp(&a, &b, sizeof(a)));
	free(text);
	return 0;
}
