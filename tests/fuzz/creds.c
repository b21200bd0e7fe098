/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials in JSON, as programs, agents and instance metadata print them. */
#include "lib/aws/creds.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct creds *creds = creds_create(NULL);
	struct err err = {0};
	int64_t s;

	MUST(creds);
	if (creds_from_json(text, size, "SessionToken", "fuzz", creds, &err) == 0)
		/* they become headers */
		for (const char *p = creds->token; *p; p++)
			MUST(*p > ' ' && *p <= '~');
	else
		MUST(err.text[0] && !creds->key_id[0]);
	creds_parse_expiry(text, &s, NULL);
	creds_destroy(creds);
	free(text);
	return 0;
}
