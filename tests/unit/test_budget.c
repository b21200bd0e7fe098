/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/budget.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/cache.h"
#include "lib/state/db_internal.h"
#include "lib/state/ledger.h"
#include "tests/unit/state_fixture.h"

#define USD INT64_C(1000000)
#define DAY 86400
/* 2026-11-22 */
#define TODAY INT64_C(1795305600)
#define NOON  ((TODAY + 12 * 3600) * 1000)

static struct budget a_budget(
	const char *name, enum budget_scope scope, enum budget_period period, int64_t uusd)
{
	struct budget b = {.scope = scope, .period = period, .limit_uusd = uusd};

	snprintf(b.name, sizeof(b.name), "%s", name);
	return b;
}

static struct budget_ask an_ask(
	uint32_t job_id, const char *user, const char *account, int64_t uusd)
{
	return (struct budget_ask){.job_id = job_id,
		.payer = {user, account, "normal", "aws"},
		.uusd_hr = uusd,
		.uusd = uusd,
		.for_s = 3600};
}

/* A gang of one job, made at NOW_MS. */
static void add_gang(const char *id, uint32_t job_id, const char *nodes, int64_t now_ms)
{
	cleanup_free char *copy = strdup(nodes);
	struct gang g = state_gang(id, copy);

	g.job_id = job_id;
	g.created_ms = now_ms;
	ok(gang_insert(state_db, &g, &err));
}

/* A whole gang that asks for UUSD: 1 held, 0 refused with err. */
static int hold_one(const char *id, uint32_t job_id, const char *user, const char *account,
	int64_t uusd, const struct budget *budgets, size_t n, struct budget_full *full)
{
	struct budget_ask ask = an_ask(job_id, user, account, uusd);
	int rc;

	add_gang(id, job_id, "n0", NOON);
	err = (struct err){0};
	rc = budget_hold(state_db, id, budgets, n, &ask, 1, true, NOON, full, &err);
	if (rc == 1) {
		ck_assert(ask.held);
		return 1;
	}
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(err.class, ERR_BUDGET);
	ck_assert(!ask.held);
	return 0;
}

static struct budget_use use_of(const struct budget *budget, const char *who, int64_t now_ms)
{
	struct budget_use *uses = NULL, found = {0};
	size_t n = 0;

	ok(budget_uses(state_db, budget, 1, now_ms, &uses, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (!strcmp(uses[i].who, who))
			found = uses[i];
	ck_assert_msg(found.budget != NULL || !n || strcmp(who, "!"), "%s", who);
	free(uses);
	return found;
}

/* An instance of the gang, which must be launching or later, from FROM_S to TO_S (0: runs). */
static void add_instance(const char *id, const char *gang, const char *node, int64_t rate,
	int64_t from_s, int64_t to_s)
{
	struct instance x = state_instance(id, gang, "");

	x.rate_uusd_hr = rate;
	x.launched_s = from_s;
	ok(instance_insert(state_db, &x, 1, false, &err));
	snprintf(x.node, sizeof(x.node), "%s", node);
	if (*node)
		ok(instance_bind(state_db, &x, 1, from_s * 1000, false, &err));
	if (to_s) {
		const char *ids[] = {id};

		ok(instance_set_terminating(state_db, ids, 1, "over", to_s * 1000, &err));
		ok(instance_set_terminated(state_db, id, to_s, to_s * 1000 + 500, &err));
	}
}

/* --- stored budgets -------------------------------------------------------------------------- */

START_TEST(budgets_are_kept)
{
	struct budget b = a_budget("chem", BUDGET_ACCOUNT, BUDGET_DAY, 5 * USD), *list = NULL;
	size_t n = 0;

	snprintf(b.who, sizeof(b.who), "chem");
	b.alarms[0] = 80;
	b.nalarms = 1;
	ok(budget_put(state_db, &b, 1000, &err));
	b.limit_uusd = 7 * USD;
	b.nalarms = 0;
	ok(budget_put(state_db, &b, 2000, &err));
	b = a_budget("a", BUDGET_SITE, BUDGET_TOTAL, 1);
	ok(budget_put(state_db, &b, 3000, &err));
	ok(budget_list(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(list[0].name, "a");
	ck_assert_int_eq(list[0].period, BUDGET_TOTAL);
	ck_assert_int_eq(list[1].limit_uusd, 7 * USD);
	ck_assert_int_eq(list[1].made_s, 1000);
	ck_assert_uint_eq(list[1].nalarms, 0);
	ck_assert_str_eq(list[1].who, "chem");
	ck_assert(!list[1].configured);
	free(list);
	ck_assert_int_eq(budget_remove(state_db, "a", &err), 1);
	ck_assert_int_eq(budget_remove(state_db, "a", &err), 0);
	b = a_budget("x y", BUDGET_SITE, BUDGET_DAY, 1);
	refused(budget_put(state_db, &b, 1, &err), ERR_USAGE, "not a budget's name");
	b = a_budget("x", BUDGET_JOB, BUDGET_DAY, 1);
	refused(budget_put(state_db, &b, 1, &err), ERR_USAGE, "no scope of a budget");
	b = a_budget("x", BUDGET_SITE, BUDGET_DAY, 0);
	refused(budget_put(state_db, &b, 1, &err), ERR_USAGE, "a limit of nothing");
	b = a_budget("x", BUDGET_SITE, BUDGET_DAY, 1);
	snprintf(b.who, sizeof(b.who), "ada");
	refused(budget_put(state_db, &b, 1, &err), ERR_USAGE, "nobody's alone");
	b = a_budget("x", BUDGET_USER, BUDGET_DAY, 1);
	snprintf(b.who, sizeof(b.who), "a\nb");
	refused(budget_put(state_db, &b, 1, &err), ERR_USAGE, "not a name");
}
END_TEST

/* --- holds ----------------------------------------------------------------------------------- */

START_TEST(what_fits_is_held)
{
	struct budget b = a_budget("day", BUDGET_SITE, BUDGET_DAY, 10 * USD);
	struct budget_full full;

	ck_assert_int_eq(hold_one("1-a", 1, "ada", "chem", 4 * USD, &b, 1, &full), 1);
	ck_assert_int_eq(hold_one("2-a", 2, "bob", "phys", 6 * USD, &b, 1, &full), 1);
	ck_assert_int_eq(hold_one("3-a", 3, "ada", "chem", 1, &b, 1, &full), 0);
	ck_assert_str_eq(err.text,
		"budget day (site, 10.00 USD a day) has 0.00 USD left until 2026-11-23 00:00 UTC: "
		"0.00 spent, 10.00 held by what runs; this may cost 0.000001 USD");
	ck_assert(!full.never);
	ck_assert_int_eq(full.use.next_s, TODAY + DAY);
	ck_assert_int_eq(full.use.left_uusd, 0);
	ck_assert_int_eq(full.takes_uusd, 1);
	ck_assert_int_eq(hold_one("4-a", 4, "ada", "chem", 11 * USD, &b, 1, &full), 0);
	ck_assert_str_eq(err.text,
		"budget day (site, 10.00 USD a day) is less than what this may cost, 11.00 USD: a "
		"shorter time limit, fewer nodes or a higher budget would meet it");
	ck_assert(full.never);
	/* nothing was launched: what it held is free again */
	ck_assert_int_eq(gang_fail(state_db, "2-a", "no capacity", &err), 1);
	ok(gang_advance(state_db, "2-a", GANG_FAILING, GANG_FAILED, &err));
	ck_assert_int_eq(hold_one("5-a", 5, "ada", "chem", 6 * USD, &b, 1, &full), 1);
	ck_assert_int_eq(use_of(&b, "", NOON).held_uusd, 10 * USD);
	/* who is over holds nothing any more */
	refused(budget_hold(state_db, "2-a", &b, 1, NULL, 0, true, NOON, &full, &err), ERR_BUSY,
		"gang 2-a is over");
	refused(budget_hold(state_db, "no", &b, 1, NULL, 0, true, NOON, &full, &err), ERR_NOTFOUND,
		"no gang no");
}
END_TEST

START_TEST(each_by_itself)
{
	struct budget list[] = {
		a_budget("each", BUDGET_USER, BUDGET_MONTH, 10 * USD),
		a_budget("chem", BUDGET_ACCOUNT, BUDGET_DAY, 12 * USD),
		a_budget("rate", BUDGET_PARTITION, BUDGET_HOUR, 25 * USD),
		a_budget("job", BUDGET_JOB, BUDGET_TOTAL, 1),
	};
	struct budget_use *uses = NULL;
	struct budget_full full;
	struct budget_payer ada = {"ada", "chem", "normal", "aws"};
	size_t n = 0;

	snprintf(list[1].who, sizeof(list[1].who), "chem");
	ck_assert_int_eq(hold_one("1-a", 1, "ada", "chem", 10 * USD, list, 4, &full), 1);
	ck_assert_int_eq(hold_one("2-a", 2, "ada", "phys", 1, list, 4, &full), 0);
	ck_assert_str_eq(full.budget.name, "each");
	ck_assert_str_eq(full.use.who, "ada");
	/* another user has as much, but the account has not */
	ck_assert_int_eq(hold_one("3-a", 3, "bob", "chem", 3 * USD, list, 4, &full), 0);
	ck_assert_str_eq(full.budget.name, "chem");
	ck_assert_int_eq(hold_one("4-a", 4, "bob", "phys", 10 * USD, list, 4, &full), 1);
	/* and what runs costs 20 an hour */
	ck_assert_int_eq(hold_one("5-a", 5, "eve", "phys", 6 * USD, list, 4, &full), 0);
	ck_assert_str_eq(err.text,
		"budget rate (partition aws, 25.00 USD/h) has 5.00 USD/h left: what runs may cost "
		"20.00 USD/h; this may cost 6.00 USD/h");
	ok(budget_left(state_db, list, 4, &ada, NULL, NOON, &uses, &n, &err));
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(uses[0].left_uusd, 0);
	ck_assert_int_eq(uses[1].left_uusd, 2 * USD);
	ck_assert_int_eq(uses[2].left_uusd, 5 * USD);
	free(uses);
	/* without what its own gang holds */
	ok(budget_left(state_db, list, 4, &ada, "1-a", NOON, &uses, &n, &err));
	ck_assert_int_eq(uses[0].left_uusd, 10 * USD);
	ck_assert_int_eq(uses[2].left_uusd, 15 * USD);
	free(uses);
	ok(budget_uses(state_db, list, 4, NOON, &uses, &n, &err));
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(uses[0].who, "ada");
	ck_assert_str_eq(uses[1].who, "bob");
	ck_assert_str_eq(uses[2].who, "chem");
	ck_assert_str_eq(uses[3].who, "aws");
	free(uses);
}
END_TEST

START_TEST(the_next_try_takes_its_place)
{
	struct budget b = a_budget("day", BUDGET_SITE, BUDGET_DAY, 10 * USD);
	struct budget_ask ask = an_ask(1, "ada", "chem", 8 * USD);
	struct budget_full full;

	ck_assert_int_eq(hold_one("1-a", 1, "ada", "chem", 6 * USD, &b, 1, &full), 1);
	ck_assert_int_eq(budget_hold(state_db, "1-a", &b, 1, &ask, 1, true, NOON, &full, &err), 1);
	ck_assert_int_eq(use_of(&b, "", NOON).held_uusd, 8 * USD);
	ask.uusd = 11 * USD;
	refused(budget_hold(state_db, "1-a", &b, 1, &ask, 1, true, NOON, &full, &err), ERR_BUDGET,
		"budget day");
	ck_assert_int_eq(use_of(&b, "", NOON).held_uusd, 8 * USD);
	ask.uusd = -1;
	refused(budget_hold(state_db, "1-a", &b, 1, &ask, 1, true, NOON, &full, &err), ERR_BUDGET,
		"budget day (site, 10.00 USD a day) needs to know what the job may cost, and it "
		"has "
		"no end: give a time limit (--time) or a limit for the whole job (--burst-cost)");
	ck_assert(full.never);
	/* an hour's needs no end */
	b.period = BUDGET_HOUR;
	ask.uusd_hr = 9 * USD;
	ck_assert_int_eq(budget_hold(state_db, "1-a", &b, 1, &ask, 1, true, NOON, &full, &err), 1);
	ck_assert_int_eq(use_of(&b, "", NOON).held_uusd, 9 * USD);
	ask.uusd = -2;
	refused(budget_hold(state_db, "1-a", &b, 1, &ask, 1, true, NOON, &full, &err), ERR_FATAL,
		"a hold of less than nothing");
}
END_TEST

static void add_pool(const char *id, const char *nodes, unsigned njobs)
{
	cleanup_free char *copy = strdup(nodes);
	struct gang g = state_gang(id, copy);

	g.job_id = 0;
	g.created_ms = NOON;
	ok(gang_insert(state_db, &g, &err));
	for (unsigned i = 0; i < njobs; i++) {
		char node[16];

		snprintf(node, sizeof(node), "n%u", i);
		ok(gang_add_job(state_db, id, i + 1, 0, node, &err));
	}
}

START_TEST(of_a_pool_those_that_fit)
{
	struct budget b = a_budget("day", BUDGET_SITE, BUDGET_DAY, 10 * USD);
	struct budget_ask asks[5];
	struct budget_full full;

	add_pool("pool-a", "n[0-4]", 5);
	for (unsigned i = 0; i < 5; i++)
		asks[i] = an_ask(i + 1, "ada", "chem", 3 * USD);
	ck_assert_int_eq(
		budget_hold(state_db, "pool-a", &b, 1, asks, 5, false, NOON, &full, &err), 3);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(asks[i].held, i < 3);
	ck_assert_uint_eq(full.ask.job_id, 4);
	ck_assert_int_eq(full.use.left_uusd, USD);
	ck_assert_int_eq(full.use.held_uusd, 9 * USD);
	/* all or none of them */
	refused(budget_hold(state_db, "pool-a", &b, 1, asks, 5, true, NOON, &full, &err),
		ERR_BUDGET, "this may cost 3.00 USD");
	ck_assert_int_eq(use_of(&b, "", NOON).held_uusd, 9 * USD);
	/* a dearer try of the second: it keeps what it held, which the third then has not */
	asks[0] = an_ask(2, "ada", "chem", 5 * USD);
	asks[1] = an_ask(3, "ada", "chem", 4 * USD);
	asks[2] = an_ask(4, "ada", "chem", USD);
	ck_assert_int_eq(
		budget_hold(state_db, "pool-a", &b, 1, asks, 3, false, NOON, &full, &err), 1);
	ck_assert(!asks[0].held && asks[1].held && !asks[2].held);
	ck_assert_uint_eq(full.ask.job_id, 2);
	ck_assert_int_eq(use_of(&b, "", NOON).held_uusd, 10 * USD);
}
END_TEST

/* A pool runs as long as its last job does: what the others held must not wait for that. */
START_TEST(of_a_pool_those_that_run)
{
	struct budget day = a_budget("day", BUDGET_SITE, BUDGET_DAY, 10 * USD),
		      hour = a_budget("hour", BUDGET_SITE, BUDGET_HOUR, 10 * USD);
	struct budget_ask asks[3];

	add_pool("pool-a", "n[0-2]", 3);
	for (unsigned i = 0; i < 3; i++)
		asks[i] = an_ask(i + 1, "ada", "chem", 3 * USD);
	ck_assert_int_eq(
		budget_hold(state_db, "pool-a", &day, 1, asks, 3, false, NOON, NULL, &err), 3);
	state_to("pool-a", GANG_LAUNCHING);
	/* until it is announced more may come */
	add_instance("i-1", "pool-a", "n0", 3600, NOON / 1000, 0);
	ck_assert_int_eq(use_of(&day, "", NOON).left_uusd, USD);
	/* for the third there was no capacity, and it is back in the queue */
	add_instance("i-2", "pool-a", "n1", 3600, NOON / 1000, 0);
	state_to("pool-a", GANG_ANNOUNCED);
	ck_assert_int_eq(use_of(&day, "", NOON).left_uusd, 4 * USD);
	ck_assert_int_eq(use_of(&hour, "", NOON).held_uusd, 6 * USD);
	ck_assert_int_eq(hold_one("3-b", 3, "ada", "chem", 4 * USD, &day, 1, NULL), 1);
	/* the second is over, and cost 100 */
	{
		const char *ids[] = {"i-2"};

		ok(instance_set_terminating(state_db, ids, 1, "over", NOON, &err));
		ck_assert_int_eq(use_of(&hour, "", NOON).held_uusd, 10 * USD);
		ok(instance_set_terminated(
			state_db, "i-2", NOON / 1000 + 100, NOON + 100000, &err));
	}
	ck_assert_int_eq(use_of(&hour, "", NOON + 200000).held_uusd, 7 * USD);
	ck_assert_int_eq(use_of(&day, "", NOON + 200000).spent_uusd, 200 + 100);
	ck_assert_int_eq(use_of(&day, "", NOON + 200000).left_uusd, 3 * USD - 100);
}
END_TEST

/* --- periods, and what it really costs ------------------------------------------------------- */

START_TEST(what_lay_before_the_period)
{
	struct budget day = a_budget("day", BUDGET_SITE, BUDGET_DAY, 100 * USD),
		      month = a_budget("month", BUDGET_SITE, BUDGET_MONTH, 100 * USD),
		      total = a_budget("total", BUDGET_SITE, BUDGET_TOTAL, 100 * USD);
	struct budget_ask ask = an_ask(1, "ada", "chem", 20 * USD);
	int64_t evening_ms = (TODAY - 3600) * 1000;
	struct budget_use use;

	add_gang("1-a", 1, "n0", evening_ms);
	ask.for_s = 10 * 3600;
	ck_assert_int_eq(
		budget_hold(state_db, "1-a", NULL, 0, &ask, 1, true, evening_ms, NULL, &err), 1);
	state_to("1-a", GANG_LAUNCHING);
	/* 2 USD/h from 23:00 */
	add_instance("i-1", "1-a", "n0", 2 * USD, TODAY - 3600, 0);
	use = use_of(&day, "", evening_ms + 1800000);
	ck_assert_int_eq(use.spent_uusd, USD);
	ck_assert_int_eq(use.held_uusd, 19 * USD);
	/* the next day what was spent before it does not count */
	use = use_of(&day, "", (TODAY + 1800) * 1000);
	ck_assert_int_eq(use.spent_uusd, USD);
	ck_assert_int_eq(use.held_uusd, 17 * USD);
	ck_assert_int_eq(use.left_uusd, 82 * USD);
	use = use_of(&month, "", (TODAY + 1800) * 1000);
	ck_assert_int_eq(use.spent_uusd, 3 * USD);
	ck_assert_int_eq(use.held_uusd, 17 * USD);
	total.made_s = TODAY + 5000;
	use = use_of(&total, "", (TODAY + 1800) * 1000);
	ck_assert_int_eq(use.spent_uusd, USD);
	/* longer than anybody thought: what it costs counts, not what it held */
	use = use_of(&month, "", (TODAY + 11 * 3600) * 1000);
	ck_assert_int_eq(use.spent_uusd, 24 * USD);
	ck_assert_int_eq(use.held_uusd, 0);
}
END_TEST

START_TEST(settled_by_day)
{
	struct budget day = a_budget("day", BUDGET_SITE, BUDGET_DAY, 100 * USD),
		      month = a_budget("month", BUDGET_SITE, BUDGET_MONTH, 100 * USD);
	struct budget_ask ask = an_ask(1, "ada", "chem", 50 * USD);
	int64_t total = 0, days = 0;
	struct budget_part *parts = NULL;
	const char *ids[] = {"i-1", "i-2"};
	size_t n = 0;

	add_gang("1-a", 1, "n[0-1]", (TODAY - 5000) * 1000);
	ck_assert_int_eq(budget_hold(state_db, "1-a", NULL, 0, &ask, 1, true, NOON, NULL, &err), 1);
	state_to("1-a", GANG_LAUNCHING);
	/* a rate that cannot be divided by 3600, over two midnights; and 7 s of a minute */
	add_instance("i-1", "1-a", "n0", 1234567, TODAY - 5000, 0);
	add_instance("i-2", "1-a", "n1", 7654321, TODAY + 10, 0);
	state_to("1-a", GANG_RELEASING);
	ok(instance_set_terminating(state_db, ids, 2, "over", (TODAY + DAY + 77) * 1000, &err));
	ok(instance_set_terminated(
		state_db, "i-1", TODAY + DAY + 77, (TODAY + DAY + 99) * 1000, &err));
	ok(instance_set_terminated(state_db, "i-2", TODAY + 17, (TODAY + DAY + 99) * 1000, &err));
	ok(gang_cost(state_db, "1-a", NOON, &total, NULL, &err));
	/* not yet settled, and the same */
	ck_assert_int_eq(use_of(&month, "", (TODAY + 2 * DAY) * 1000).spent_uusd, total);
	ok(gang_advance(state_db, "1-a", GANG_RELEASING, GANG_RELEASED, &err));
	ck_assert_int_eq(use_of(&month, "", (TODAY + 2 * DAY) * 1000).spent_uusd, total);
	ck_assert_int_eq(use_of(&month, "", (TODAY + 2 * DAY) * 1000).held_uusd, 0);
	ck_assert_int_eq(use_of(&day, "", (TODAY - 1) * 1000).spent_uusd,
		(1234567 * INT64_C(5000) + 3599) / 3600);
	/* the minute's minimum is of the day on which it ended */
	ck_assert_int_eq(use_of(&day, "", NOON).spent_uusd,
		(1234567 * INT64_C(91400) + 3599) / 3600 - (1234567 * INT64_C(5000) + 3599) / 3600 +
			(7654321 * INT64_C(60) + 3599) / 3600);
	for (int i = -1; i <= 1; i++)
		days += use_of(&day, "", NOON + i * INT64_C(86400000)).spent_uusd;
	ck_assert_int_eq(days, total);
	ok(budget_parts(state_db, "1-a", NOON, &parts, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert(parts[0].settled);
	ck_assert_int_eq(parts[0].cost_uusd, total);
	ck_assert_int_eq(parts[0].uusd, 50 * USD);
	ck_assert_str_eq(parts[0].qos, "normal");
	free(parts);
}
END_TEST

START_TEST(known_better_later)
{
	struct budget day = a_budget("day", BUDGET_USER, BUDGET_DAY, 100 * USD);
	struct budget_ask ask = an_ask(1, "ada", "chem", 50 * USD);
	const char *ids[] = {"i-1"};

	add_gang("1-a", 1, "n0", NOON);
	ck_assert_int_eq(budget_hold(state_db, "1-a", NULL, 0, &ask, 1, true, NOON, NULL, &err), 1);
	state_to("1-a", GANG_LAUNCHING);
	add_instance("i-1", "1-a", "n0", 3600, TODAY + 100, 0);
	state_to("1-a", GANG_RELEASING);
	ok(instance_set_terminating(state_db, ids, 1, "over", (TODAY + 500) * 1000, &err));
	ok(gang_advance(state_db, "1-a", GANG_RELEASING, GANG_RELEASED, &err));
	ck_assert_int_eq(use_of(&day, "ada", NOON).spent_uusd, 400);
	/* EC2's own time of the end */
	ok(instance_set_terminated(state_db, "i-1", TODAY + 450, NOON, &err));
	ck_assert_int_eq(use_of(&day, "ada", NOON).spent_uusd, 350);
	ok(instance_set_terminated(state_db, "i-1", TODAY + 460, NOON, &err));
	ck_assert_int_eq(use_of(&day, "ada", NOON).spent_uusd, 350);
	/* something of it was found that was forgotten */
	ck_assert_int_eq(gang_reopen(state_db, "1-a", &err), 1);
	add_instance("i-2", "1-a", "", 3600, TODAY + 100, 0);
	ck_assert_int_eq(use_of(&day, "ada", (TODAY + 1000) * 1000).spent_uusd, 350 + 900);
	ck_assert_int_eq(use_of(&day, "ada", NOON).held_uusd, 50 * USD - 350 - 12 * 3600 + 100);
	ids[0] = "i-2";
	ok(instance_set_terminating(state_db, ids, 1, "over", (TODAY + 300) * 1000, &err));
	ok(gang_advance(state_db, "1-a", GANG_RELEASING, GANG_RELEASED, &err));
	ck_assert_int_eq(use_of(&day, "ada", NOON).spent_uusd, 350 + 200);
	ck_assert_int_eq(use_of(&day, "ada", NOON).held_uusd, 0);
}
END_TEST

START_TEST(parts_of_a_gang)
{
	struct budget user = a_budget("user", BUDGET_USER, BUDGET_DAY, 100 * USD);
	struct budget_ask asks[] = {an_ask(1, "ada", "chem", USD), an_ask(2, "bob", "chem", USD),
		an_ask(3, "eve", "chem", USD)};
	cleanup_free char *nodes = strdup("n[0-1]");
	struct gang g = state_gang("1-a", nodes);
	int64_t total = 0;

	/* n0 is ada's and bob's, n1 bob's and eve's; one instance was bound to none */
	g.job_id = 1;
	g.created_ms = NOON;
	ok(gang_insert(state_db, &g, &err));
	ok(gang_add_job(state_db, "1-a", 1, 0, "n0", &err));
	ok(gang_add_job(state_db, "1-a", 2, 0, "n[0-1]", &err));
	ok(gang_add_job(state_db, "1-a", 3, 0, "n1", &err));
	ck_assert_int_eq(
		budget_hold(state_db, "1-a", &user, 1, asks, 3, true, NOON, NULL, &err), 3);
	state_to("1-a", GANG_LAUNCHING);
	add_instance("i-1", "1-a", "n0", 3601, TODAY, TODAY + 3600);
	add_instance("i-2", "1-a", "n1", 7200, TODAY, TODAY + 3600);
	add_instance("i-3", "1-a", "", 3602, TODAY, TODAY + 3600);
	/* of 3601 the first has the odd one, of 3602 the first two */
	ck_assert_int_eq(use_of(&user, "ada", NOON).spent_uusd, 1801 + 1201);
	ck_assert_int_eq(use_of(&user, "bob", NOON).spent_uusd, 1800 + 3600 + 1201);
	ck_assert_int_eq(use_of(&user, "eve", NOON).spent_uusd, 3600 + 1200);
	state_to("1-a", GANG_RELEASED);
	ok(gang_cost(state_db, "1-a", NOON, &total, NULL, &err));
	ck_assert_int_eq(total, 3601 + 7200 + 3602);
	ck_assert_int_eq(use_of(&user, "ada", NOON).spent_uusd, 1801 + 1201);
	ck_assert_int_eq(use_of(&user, "bob", NOON).spent_uusd, 1800 + 3600 + 1201);
	ck_assert_int_eq(use_of(&user, "eve", NOON).spent_uusd, 3600 + 1200);
}
END_TEST

START_TEST(who_never_asked_counts_too)
{
	struct budget user = a_budget("user", BUDGET_USER, BUDGET_DAY, 100 * USD);
	struct budget hour = a_budget("hour", BUDGET_USER, BUDGET_HOUR, 3 * USD);
	char **gangs = NULL;
	size_t n = 0;

	/* adopted, or of a process of the version before, which settles nothing */
	add_gang("7-a", 7, "n0", NOON);
	state_to("7-a", GANG_LAUNCHING);
	add_instance("i-1", "7-a", "n0", 3600, TODAY, TODAY + 100);
	ck_assert_int_eq(use_of(&user, "ada", NOON).spent_uusd, 100);
	/* of an hour it counts with what runs */
	ck_assert_int_eq(use_of(&hour, "ada", NOON).held_uusd, 0);
	add_instance("i-2", "7-a", "n1", 3 * USD, NOON / 1000, 0);
	ck_assert_int_eq(use_of(&hour, "ada", NOON).held_uusd, 3 * USD);
	ck_assert_int_eq(hold_one("8-a", 8, "ada", "chem", USD, &hour, 1, NULL), 0);
	ck_assert_int_ge(
		DB_RUN(state_db, &err, "DELETE FROM instance WHERE id = ?", DB_TEXT("i-2")), 1);
	ck_assert_int_ge(DB_RUN(state_db, &err, "UPDATE gang SET state = ? WHERE id = ?",
				 DB_TEXT("failed"), DB_TEXT("7-a")),
		1);
	ok(budget_list_left(state_db, &gangs, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(gangs[0], "7-a");
	free(gangs[0]);
	free(gangs);
	ck_assert_int_eq(budget_settle(state_db, "7-a", &err), 1);
	ck_assert_int_eq(budget_settle(state_db, "7-a", &err), 0);
	ck_assert_int_eq(use_of(&user, "ada", NOON).spent_uusd, 100);
	ok(budget_list_left(state_db, &gangs, &n, &err));
	ck_assert_uint_eq(n, 0);
	free(gangs);
}
END_TEST

START_TEST(an_alarm_is_noted_once)
{
	struct budget b = a_budget("day", BUDGET_USER, BUDGET_DAY, 10 * USD);
	struct budget_use use = {.budget = &b, .who = "ada", .from_s = TODAY};

	ck_assert_int_eq(budget_note_alarm(state_db, &use, 50, NOON, &err), 1);
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 50, NOON, &err), 0);
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 80, NOON, &err), 1);
	use.from_s += DAY;
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 50, NOON, &err), 1);
	snprintf(use.who, sizeof(use.who), "bob");
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 50, NOON, &err), 1);
	ck_assert_int_eq(budget_remove(state_db, "day", &err), 0);
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 50, NOON, &err), 1);
}
END_TEST

START_TEST(another_limit_is_told_of_anew)
{
	struct budget b = a_budget("month", BUDGET_SITE, BUDGET_MONTH, 10 * USD);
	struct budget_use use = {.budget = &b, .from_s = TODAY};
	cleanup_free char *kept = NULL, *others = NULL, *gone = NULL;

	ok(budget_put(state_db, &b, NOON / 1000, &err));
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 80, NOON, &err), 1);
	ok(cache_put(state_db, "alarm/budget/month//2026-11-01/80", "raised", INT64_MAX, &err));
	ok(cache_put(state_db, "alarm/budget/month2//2026-11-01/80", "raised", INT64_MAX, &err));
	/* the same again, and other thresholds */
	ok(budget_put(state_db, &b, NOON / 1000, &err));
	b.nalarms = 0;
	ok(budget_put(state_db, &b, NOON / 1000, &err));
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 80, NOON, &err), 0);
	ok(cache_get(state_db, "alarm/budget/month//2026-11-01/80", NOON, &kept, &err));
	ck_assert_str_eq(kept, "raised");
	b.limit_uusd *= 2;
	ok(budget_put(state_db, &b, NOON / 1000, &err));
	ok(cache_get(state_db, "alarm/budget/month//2026-11-01/80", NOON, &gone, &err));
	ck_assert_ptr_null(gone);
	ok(cache_get(state_db, "alarm/budget/month2//2026-11-01/80", NOON, &others, &err));
	ck_assert_str_eq(others, "raised");
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 80, NOON, &err), 1);
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 80, NOON, &err), 0);
	/* another budget's is nothing to it */
	snprintf(b.name, sizeof(b.name), "other");
	ok(budget_put(state_db, &b, NOON / 1000, &err));
	snprintf(b.name, sizeof(b.name), "month");
	ck_assert_int_eq(budget_note_alarm(state_db, &use, 80, NOON, &err), 0);
}
END_TEST

/* --- many at once ---------------------------------------------------------------------------- */

#define ASKERS 200
#define FIT    50

/* 0: held; 1: the budget says no; 2: anything else. */
static int ask_in_child(unsigned i)
{
	struct budget b = a_budget("day", BUDGET_ACCOUNT, BUDGET_DAY, FIT * USD);
	struct budget_ask ask = an_ask(i + 1, i % 2 ? "ada" : "bob", "chem", USD);
	struct err e = {0};
	struct db *db = db_open(state_dir, DB_READ_WRITE, false, &e);
	char id[48], nodes[16];
	struct gang g = state_gang("", nodes);
	int rc = 2;

	snprintf(nodes, sizeof(nodes), "n%u", i);
	snprintf(g.id, sizeof(g.id), "%u-a", i + 1);
	snprintf(id, sizeof(id), "%s", g.id);
	g.job_id = i + 1;
	if (db && gang_insert(db, &g, &e) == 0) {
		if (budget_hold(db, id, &b, 1, &ask, 1, true, clock_now_ms(), NULL, &e) == 1)
			rc = 0;
		else if (e.class == ERR_BUDGET)
			rc = 1;
	}
	if (rc == 2)
		fprintf(stderr, "asker %u: %s\n", i, e.text);
	db_close(db);
	return rc;
}

START_TEST(two_hundred_for_fifty)
{
	struct budget b = a_budget("day", BUDGET_ACCOUNT, BUDGET_DAY, FIT * USD);
	int counts[3] = {0};
	pid_t pids[ASKERS];
	int64_t open = 0;

	for (unsigned i = 0; i < ASKERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (!pids[i])
			_exit(ask_in_child(i));
	}
	for (unsigned i = 0; i < ASKERS; i++) {
		int status;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 2);
		counts[WEXITSTATUS(status)]++;
	}
	ck_assert_int_eq(counts[0], FIT);
	ck_assert_int_eq(counts[1], ASKERS - FIT);
	ck_assert_int_eq(use_of(&b, "chem", clock_now_ms()).held_uusd, FIT * USD);
	ck_assert_int_eq(use_of(&b, "chem", clock_now_ms()).left_uusd, 0);
	ok(DB_SELECT_INT(
		state_db, &err, &open, "SELECT count(*) FROM hold WHERE asked = ?", DB_INT(1)));
	ck_assert_int_eq(open, FIT);
}
END_TEST

/* A month of 4000 gangs behind it: what one hold takes must not grow with that. */
START_TEST(a_month_behind_it)
{
	struct budget list[] = {a_budget("site", BUDGET_SITE, BUDGET_MONTH, 100000 * USD),
		a_budget("user", BUDGET_USER, BUDGET_MONTH, 100000 * USD),
		a_budget("account", BUDGET_ACCOUNT, BUDGET_DAY, 100000 * USD),
		a_budget("ever", BUDGET_SITE, BUDGET_TOTAL, 1000000 * USD)};
	int64_t best_ms = INT64_MAX;

	ok(db_begin(state_db, &err));
	for (unsigned i = 0; i < 4000; i++) {
		char id[24], instance[24], user[16];
		struct budget_ask ask = an_ask(i + 1, user, "chem", 100);
		int64_t from_s = TODAY - (int64_t)(i % 20) * DAY + i;

		snprintf(id, sizeof(id), "%u-a", i + 1);
		snprintf(instance, sizeof(instance), "i-%u", i + 1);
		snprintf(user, sizeof(user), "user%u", i % 30);
		add_gang(id, i + 1, "n0", from_s * 1000);
		ck_assert_int_eq(budget_hold(state_db, id, NULL, 0, &ask, 1, true, from_s * 1000,
					 NULL, &err),
			1);
		state_to(id, GANG_LAUNCHING);
		add_instance(instance, id, "", 3600, from_s, from_s + 100);
		/* a hundred of them still run */
		if (i >= 100)
			state_to(id, GANG_RELEASED);
	}
	ok(db_commit(state_db, &err));
	ck_assert_int_eq(use_of(&list[0], "", NOON).spent_uusd, 4000 * 100);
	add_gang("5000-a", 5000, "n0", NOON);
	for (unsigned i = 0; i < 5; i++) {
		struct budget_ask ask = an_ask(5000, "user1", "chem", USD);
		int64_t start_ms = clock_mono_ms(), took_ms;

		ck_assert_int_eq(
			budget_hold(state_db, "5000-a", list, 4, &ask, 1, true, NOON, NULL, &err),
			1);
		took_ms = clock_mono_ms() - start_ms;
		best_ms = took_ms < best_ms ? took_ms : best_ms;
	}
	printf("a hold after 4000 gangs: %lld ms\n", (long long)best_ms);
	ck_assert_msg(best_ms < 100, "%lld ms", (long long)best_ms);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("budget");
	TCase *tc = tcase_create("budget");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_add_test(tc, budgets_are_kept);
	tcase_add_test(tc, what_fits_is_held);
	tcase_add_test(tc, each_by_itself);
	tcase_add_test(tc, the_next_try_takes_its_place);
	tcase_add_test(tc, of_a_pool_those_that_fit);
	tcase_add_test(tc, of_a_pool_those_that_run);
	tcase_add_test(tc, what_lay_before_the_period);
	tcase_add_test(tc, settled_by_day);
	tcase_add_test(tc, known_better_later);
	tcase_add_test(tc, parts_of_a_gang);
	tcase_add_test(tc, who_never_asked_counts_too);
	tcase_add_test(tc, an_alarm_is_noted_once);
	tcase_add_test(tc, another_limit_is_told_of_anew);
	tcase_add_test(tc, two_hundred_for_fifty);
	tcase_add_test(tc, a_month_behind_it);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
