/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), again[CLOCK_ISO_SIZE];
	struct err err = {0};
	int64_t s = 0, same = 0;

	if (clock_parse_iso(text, &s, &err) == 0)
		MUST(clock_parse_iso(clock_format_iso(s, again), &same, NULL) == 0 && s == same);
	else
		MUST(err.text[0] && strlen(err.text) < sizeof(err.text));
	free(text);
	return 0;
}
