/* SPDX-License-Identifier: Apache-2.0 */
/* Any user can hand the prolog any intent: what is taken can be encoded and comes back the same. */
#include "lib/intent/intent.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), line[INTENT_LINE_SIZE];
	struct intent intent = {0}, same = {0};
	struct err err = {0};

	if (intent_decode(text, &intent, &err) == 0) {
		MUST(intent_encode(&intent, line, sizeof(line), NULL) == 0);
		MUST(intent_decode(line, &same, NULL) == 0);
		MUST(intent.efa == same.efa && intent.efa_from == same.efa_from &&
			intent.cost.uusd == same.cost.uusd &&
			intent.cost.per_hour == same.cost.per_hour &&
			!strcmp(intent.via, same.via) && !strcmp(intent.mpi, same.mpi) &&
			!strcmp(intent.modules, same.modules) &&
			!strcmp(intent.i_mpi_root, same.i_mpi_root) &&
			!strcmp(intent.ompi, same.ompi));
	} else {
		MUST(err.text[0]);
		for (const char *p = err.text; *p; p++)
			MUST(*p >= ' ' && *p <= '~');
	}
	free(text);
	return 0;
}
