/* SPDX-License-Identifier: Apache-2.0 */
/* A hostlist that is taken can be folded again, and means the same names in the same order. */
#include "lib/base/nodeset.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *folded;
	struct nodeset set = NODESET_INIT, same = NODESET_INIT;
	struct err err = {0};

	if (nodeset_parse(&set, text, &err) == 0) {
		MUST(set.n <= NODESET_MAX);
		folded = nodeset_format(&set);
		MUST(folded && nodeset_parse(&same, folded, NULL) == 0 && same.n == set.n);
		nodeset_for_each (&set, i)
			MUST(!strcmp(set.names[i], same.names[i]));
		MUST(nodeset_parse(&set, text, NULL) == 0 && same.n == set.n);
		free(folded);
	} else {
		MUST(set.n == 0 && err.text[0]);
	}
	nodeset_sort(&set);
	nodeset_release(&set);
	nodeset_release(&same);
	free(text);
	return 0;
}
