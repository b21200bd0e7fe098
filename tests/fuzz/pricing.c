/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Pricing API says: the text as a product, and as an answer with products in it.
 * aws_call() here stands in for the one that sends.
 */
#include "lib/aws/json_call.h"
#include "lib/aws/pricing.h"
#include "tests/fuzz/fuzz.h"

#define CALLS 3 /* an answer may name a next page for ever */

static const char *answer;
static size_t answer_size;
static unsigned calls;

int aws_call(struct aws *aws, struct aws_call *call, struct err *err)
{
	if (calls++ == CALLS)
		return err_set(err, ERR_TRANSIENT, "enough");
	return call->whole(call->arg, answer, answer_size, err);
}

/* What answers grow by lies next to who sends many: not called here. */
int aws_call_many(
	struct aws *aws, struct aws_call *all[], size_t n, unsigned parallel, struct err *errs)
{
	abort();
}

static void check(const struct pricing_price *price)
{
	MUST(price->micro_hr > 0 && price->micro_hr <= INT64_C(1000000000000000));
	MUST(*price->type && strlen(price->type) < sizeof(price->type));
	for (const char *c = price->type; *c; c++)
		MUST(*c > ' ' && *c <= '~');
	MUST(!strcmp(price->currency, "USD") || !strcmp(price->currency, "CNY"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_text(data, size);
	struct pricing_price price, *prices = NULL;
	struct err err = {0};
	size_t n = 0;
	int rc = pricing_parse(copy, size, "USD", &price, &err);

	MUST(rc >= 0 || err.class == ERR_FATAL);
	if (rc > 0)
		check(&price);
	answer = copy;
	answer_size = size;
	calls = 0;
	if (pricing_on_demand(NULL, "cn-north-1", &prices, &n, NULL) == 0) {
		for (size_t i = 0; i < n; i++) {
			check(&prices[i]);
			MUST(!i || strcmp(prices[i - 1].type, prices[i].type) < 0);
		}
		free(prices);
	}
	free(copy);
	return 0;
}
