/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets and holds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/state/budget.h"
#include "tests/day/day_driver.h"

static struct budget budgets[16];
static size_t nbudgets;

/* NAME SCOPE WHO PERIOD LIMIT MADE: one more. */
int do_budget(struct line *line, struct err *err)
{
	struct budget b = {0};

	if (nbudgets == sizeof(budgets) / sizeof(*budgets))
		return err_set(err, ERR_USAGE, "too many budgets");
	snprintf(b.name, sizeof(b.name), "%s", word(line));
	if (budget_scope_parse(word(line), &b.scope, err) < 0)
		return -1;
	snprintf(b.who, sizeof(b.who), "%s", word(line));
	if (budget_period_parse(word(line), &b.period, err) < 0)
		return -1;
	b.limit_uusd = number(line);
	b.made_s = number(line);
	budgets[nbudgets++] = b;
	return 0;
}

/*
 * GANG ALL, then JOB RESTART USER ACCOUNT PARTITION PER-HOUR WHOLE FOR of each ask. Whether each is
 * held, and if one is not why.
 */
int do_hold(struct line *line, struct err *err)
{
	cleanup_free struct budget_ask *asks = calloc(line->n, sizeof(*asks));
	struct budget_full full = {0};
	const char *gang = word(line);
	bool all = number(line) != 0;
	size_t n = 0;

	if (!asks)
		return err_nomem(err);
	for (; more(line); n++) {
		asks[n].job_id = (uint32_t)number(line);
		asks[n].restart = (uint32_t)number(line);
		asks[n].payer.user = word(line);
		asks[n].payer.account = word(line);
		asks[n].payer.qos = "normal";
		asks[n].payer.partition = word(line);
		asks[n].uusd_hr = number(line);
		asks[n].uusd = number(line);
		asks[n].for_s = number(line);
	}
	if (budget_hold(db, gang, budgets, nbudgets, asks, n, all, now_ms, &full, err) < 0 &&
		err->class != ERR_BUDGET)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%d\n", asks[i].held);
	if (*full.budget.name)
		printf("%s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%d\n",
			full.budget.name, full.use.who, full.use.spent_uusd, full.use.held_uusd,
			full.use.left_uusd, full.takes_uusd, full.never);
	return 0;
}

int do_uses(struct line *line, struct err *err)
{
	cleanup_free struct budget_use *uses = NULL;
	size_t n = 0;

	(void)line;
	if (budget_uses(db, budgets, nbudgets, now_ms, &uses, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", uses[i].budget->name,
			uses[i].who, uses[i].spent_uusd, uses[i].held_uusd, uses[i].left_uusd);
	return 0;
}

/* GANG */
int do_parts(struct line *line, struct err *err)
{
	cleanup_free struct budget_part *parts = NULL;
	size_t n = 0;

	if (budget_parts(db, word(line), now_ms, &parts, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%u\t%u\t%d\t%" PRId64 "\n", parts[i].job_id, parts[i].restart,
			parts[i].settled, parts[i].cost_uusd);
	return 0;
}
