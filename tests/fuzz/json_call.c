/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the JSON protocol: a quota's and an error's. aws_call() here stands in for the one
 * that sends.
 */
#include "lib/aws/json_call.h"
#include "lib/aws/quotas.h"
#include "tests/fuzz/fuzz.h"

static const char *answer;
static size_t answer_size;

int aws_call(struct aws *aws, struct aws_call *call, struct err *err)
{
	return call->whole(call->arg, answer, answer_size, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_text(data, size);
	char code[ERR_CODE_SIZE] = "", message[64] = "";
	int64_t vcpus = -1;

	answer = copy;
	answer_size = size;
	if (quotas_vcpus(NULL, "L-1216C47A", &vcpus, NULL) == 0)
		MUST(vcpus >= 0);
	json_call_error(copy, size, code, sizeof(code), message, sizeof(message));
	MUST(strlen(code) < sizeof(code) && strlen(message) < sizeof(message));
	free(copy);
	return 0;
}
