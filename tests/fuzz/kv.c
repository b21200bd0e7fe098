/* SPDX-License-Identifier: Apache-2.0 */
/* What the strict reader takes, the writer writes in just these bytes. */
#include "lib/base/kv.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	const char *cursor = text;
	struct strbuf again = STRBUF_INIT;
	struct err err = {0};
	struct kv kv;
	int rc;

	while ((rc = kv_next(&cursor, &kv, &err)) > 0)
		kv_add(&again, kv.key, kv.value);
	if (rc == 0)
		MUST(!strcmp(again.buf, text));
	else
		MUST(err.text[0]);
	strbuf_release(&again);
	free(text);
	return 0;
}
