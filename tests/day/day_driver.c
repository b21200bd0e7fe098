/* SPDX-License-Identifier: Apache-2.0 */
/*
 * day_driver: the product's state.db, plans and reports, told what to do and what time it is.
 *
 * A command a line on stdin, its words apart by tabs; "clock MS" says the time, which all of
 * the product takes from then on (the link has clock_now_ms() come here). The answer is any number
 * of lines of words, and at last "ok" or "error CLASS TEXT". For tests/day/day.py.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/cost.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/plan.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"
#include "lib/state/launch.h"
#include "lib/state/ledger.h"
#include "lib/state/price.h"
#include "tests/day/day_driver.h"

struct db *db;
int64_t now_ms;

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_now_s(void);

int64_t __wrap_clock_now_ms(void)
{
	return now_ms;
}

int64_t __wrap_clock_now_s(void)
{
	return now_ms / 1000;
}

/* --- words ----------------------------------------------------------------------------------- */

char *word(struct line *line)
{
	static char none[] = "";

	return line->next < line->n ? line->words[line->next++] : none;
}

int64_t number(struct line *line)
{
	return strtoll(word(line), NULL, 10);
}

bool more(const struct line *line)
{
	return line->next < line->n;
}

static void copy(char *to, size_t size, struct line *line)
{
	snprintf(to, size, "%s", word(line));
}

/* --- what is written ------------------------------------------------------------------------- */

static int do_open(struct line *line, struct err *err)
{
	db = db_open(word(line), DB_READ_WRITE, false, err);
	return db ? 0 : -1;
}

static int do_clock(struct line *line, struct err *err)
{
	(void)err;
	now_ms = number(line);
	return 0;
}

static int do_gang(struct line *line, struct err *err)
{
	struct gang g = {.rate_uusd_hr = -1, .created_ms = now_ms};

	copy(g.id, sizeof(g.id), line);
	g.job_id = (uint32_t)number(line);
	g.restart = (uint32_t)number(line);
	copy(g.job_name, sizeof(g.job_name), line);
	copy(g.user, sizeof(g.user), line);
	copy(g.account, sizeof(g.account), line);
	copy(g.partition, sizeof(g.partition), line);
	g.nodes = word(line);
	g.all_or_nothing = number(line) != 0;
	g.limit.uusd = number(line);
	return gang_insert(db, &g, err);
}

static int do_gang_job(struct line *line, struct err *err)
{
	const char *gang = word(line);
	uint32_t job = (uint32_t)number(line), restart = (uint32_t)number(line);

	return gang_add_job(db, gang, job, restart, word(line), err);
}

/* GANG and the states on its way. */
static int do_step(struct line *line, struct err *err)
{
	const char *gang = word(line);

	while (more(line)) {
		CLEANUP(gang_release) struct gang g = {0};
		const char *to = word(line);
		int state = GANG_PLANNED;

		while (state < GANG_FAILED && strcmp(gang_state_name(state), to) != 0)
			state++;
		if (gang_get(db, gang, &g, err) < 0 ||
			gang_advance(db, gang, g.state, (enum gang_state)state, err) < 0)
			return -1;
	}
	return 0;
}

static int do_fail(struct line *line, struct err *err)
{
	const char *gang = word(line);

	return gang_fail(db, gang, word(line), err) < 0 ? -1 : 0;
}

static int do_launch(struct line *line, struct err *err)
{
	char body[] = "Action=CreateFleet";
	struct launch l = {.body = body};

	copy(l.token, sizeof(l.token), line);
	copy(l.gang, sizeof(l.gang), line);
	l.capacity = (int)number(line);
	return launch_prepare(db, &l, err);
}

static int do_nothing_came(struct line *line, struct err *err)
{
	const char *token = word(line), *code = word(line);

	return launch_finish(db, token, LAUNCH_FAILED, NULL, code, word(line), err);
}

/* The launch's answer: GANG TOKEN TYPE AZ SPOT RATE OD-RATE DISK-RATE ID... */
static int do_answer(struct line *line, struct err *err)
{
	struct instance first = {.region = "us-east-2"};
	cleanup_free struct instance *all = NULL;
	size_t n = 0;

	copy(first.gang, sizeof(first.gang), line);
	copy(first.launch, sizeof(first.launch), line);
	copy(first.type, sizeof(first.type), line);
	copy(first.az, sizeof(first.az), line);
	first.spot = number(line) != 0;
	first.rate_uusd_hr = number(line);
	first.od_rate_uusd_hr = number(line);
	first.disk_uusd_hr = number(line);
	all = calloc(line->n, sizeof(*all));
	if (!all)
		return err_nomem(err);
	for (; more(line); n++) {
		all[n] = first;
		copy(all[n].id, sizeof(all[n].id), line);
	}
	return instance_insert(db, all, n, true, err);
}

/* ID NODE LAUNCHED... */
static int do_bind(struct line *line, struct err *err)
{
	cleanup_free struct instance *all = calloc(line->n, sizeof(*all));
	size_t n = 0;

	if (!all)
		return err_nomem(err);
	for (; more(line); n++) {
		if (instance_get(db, word(line), &all[n], err) < 0)
			return -1;
		copy(all[n].node, sizeof(all[n].node), line);
		all[n].launched_s = number(line);
	}
	return instance_bind(db, all, n, now_ms, true, err);
}

static int do_end(struct line *line, struct err *err)
{
	const char *const *ids = (const char *const *)&line->words[line->next + 1];
	const char *why = word(line);

	return instance_set_terminating(db, ids, line->n - line->next, why, now_ms, err);
}

static int do_ended(struct line *line, struct err *err)
{
	const char *id = word(line);

	return instance_set_terminated(db, id, number(line), now_ms, err);
}

static int do_launched(struct line *line, struct err *err)
{
	const char *id = word(line);

	return instance_set_launched(db, id, number(line), err);
}

static int do_ran(struct line *line, struct err *err)
{
	struct job_run r = {0};

	r.job_id = (uint32_t)number(line);
	r.restart = (uint32_t)number(line);
	copy(r.name, sizeof(r.name), line);
	copy(r.user, sizeof(r.user), line);
	copy(r.account, sizeof(r.account), line);
	copy(r.partition, sizeof(r.partition), line);
	r.nodes = word(line);
	r.cpus = (uint32_t)number(line);
	r.began_s = number(line);
	r.ended_s = number(line);
	return job_run_note(db, &r, err) < 0 ? -1 : 0;
}

/* SPOT, then AZ TYPE CURRENCY PRICE SINCE of each. */
static int do_prices(struct line *line, struct err *err)
{
	cleanup_free struct price *all = calloc(line->n, sizeof(*all));
	bool spot = number(line) != 0;
	size_t n = 0;

	if (!all)
		return err_nomem(err);
	for (; more(line); n++) {
		copy(all[n].az, sizeof(all[n].az), line);
		copy(all[n].type, sizeof(all[n].type), line);
		copy(all[n].currency, sizeof(all[n].currency), line);
		if (money_parse_up(line->words[line->next], strlen(line->words[line->next]),
			    &all[n].uusd_hr, err) < 0)
			return -1;
		line->next++;
		all[n].priced_s = number(line);
		snprintf(all[n].source, sizeof(all[n].source), "test");
	}
	return price_put_all(db, "us-east-2", spot, all, n, now_ms, err);
}

static int do_follow(struct line *line, struct err *err)
{
	int n = ledger_follow_prices(db, NULL, NULL, err);

	(void)line;
	if (n < 0)
		return -1;
	printf("%d\n", n);
	return 0;
}

/* --- what is asked --------------------------------------------------------------------------- */

static int do_gang_cost(struct line *line, struct err *err)
{
	int64_t uusd = 0;
	unsigned unpriced = 0;

	if (gang_cost(db, word(line), now_ms, &uusd, &unpriced, err) < 0)
		return -1;
	printf("%" PRId64 "\t%u\n", uusd, unpriced);
	return 0;
}

static int do_history(struct line *line, struct err *err)
{
	unsigned failures = 0;
	int64_t spent = 0;

	if (gang_history(db, (uint32_t)number(line), &failures, &spent, err) < 0)
		return -1;
	printf("%u\t%" PRId64 "\n", failures, spent);
	return 0;
}

static int do_runs(struct line *line, struct err *err)
{
	cleanup_free struct ledger_run *runs = NULL;
	int64_t since_s = number(line), until_s = number(line);
	size_t n = 0;

	if (ledger_list(db, since_s, until_s, now_ms, &runs, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%s\t%" PRId64 "\t%" PRId64 "\t%d\n", runs[i].instance.id, runs[i].from_s,
			runs[i].to_s, runs[i].in_vain);
	return 0;
}

/* BY SINCE UNTIL, the latter two midnights. */
static int do_report(struct line *line, struct err *err)
{
	CLEANUP(cost_release) struct cost cost = COST_INIT;
	cleanup_free struct cost_row *rows = NULL;
	enum cost_by by = COST_BY_ALL;
	const char *name = word(line);
	int64_t since_s = number(line), until_s = number(line);
	size_t n = 0;

	if (strcmp(name, "all") != 0 && cost_by_parse(name, &by) < 0)
		return err_set(err, ERR_USAGE, "no report by %s", name);
	if (cost_read(db, since_s, until_s, now_ms, &cost, err) < 0 ||
		cost_group(&cost, by, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct cost_row *r = &rows[i];

		printf("%s\t%s\t%s\t%zu\t%zu\t%zu\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64
		       "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
			r->key, r->user, r->account, r->instances, r->unpriced, r->od_unknown,
			r->seconds, r->job_uusd, r->idle_uusd, r->vain_uusd, r->uusd, r->spot_uusd,
			r->od_uusd, r->known_uusd, r->disk_uusd);
	}
	return 0;
}

/*
 * NODES GANG COST-NODES LIMIT PER-HOUR TIME-LIMIT BOOT RELEASE SPENT SPOT DISK, then TYPE SUBNET AZ
 * PRICE STALE LIST CAP of each choice. First the worst per hour and of the job, then the pools.
 */
static int do_plan(struct line *line, struct err *err)
{
	cleanup_free struct plan_choice *choices = calloc(line->n, sizeof(*choices));
	CLEANUP(plan_release) struct plan plan = {0};
	struct plan_request r = {.efa = EFA_DISABLED,
		.efa_why = "the test",
		.region = "us-east-2",
		.arch = ARCH_ANY,
		.requeue = true,
		.choices = choices};

	if (!choices)
		return err_nomem(err);
	r.nodes = (unsigned)number(line);
	r.gang = number(line) != 0;
	r.cost_nodes = (unsigned)number(line);
	r.limit.uusd = number(line);
	r.limit.per_hour = number(line) != 0;
	r.time_limit_s = number(line);
	r.boot_s = number(line);
	r.release_s = number(line);
	r.spent_uusd = number(line);
	r.market = number(line) ? MARKET_SPOT : MARKET_ON_DEMAND;
	r.disk_uusd_hr = number(line);
	for (; more(line); r.nchoices++) {
		struct plan_choice *c = &choices[r.nchoices];

		c->type = word(line);
		c->subnet = word(line);
		c->az = word(line);
		c->free_addresses = -1;
		c->price_uusd_hr = number(line);
		c->price_stale = number(line) != 0;
		c->list_uusd_hr = number(line);
		c->max_price_uusd_hr = number(line);
		c->reserved_free = -1;
	}
	if (plan_make(&r, &plan, err) < 0)
		return -1;
	printf("%" PRId64 "\t%" PRId64 "\n", plan.worst_uusd_hr, plan.worst_uusd);
	for (size_t i = 0; i < plan.npools; i++)
		printf("%s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", plan.pools[i].type,
			plan.pools[i].az, plan.pools[i].rate_uusd_hr, plan.pools[i].most_uusd_hr,
			plan.pools[i].max_price_uusd_hr);
	return 0;
}

static const struct command {
	const char *name;
	int (*run)(struct line *line, struct err *err);
} commands[] = {
	{"answer", do_answer},
	{"bind", do_bind},
	{"budget", do_budget},
	{"clock", do_clock},
	{"end", do_end},
	{"ended", do_ended},
	{"fail", do_fail},
	{"follow", do_follow},
	{"gang", do_gang},
	{"gang-cost", do_gang_cost},
	{"gang-job", do_gang_job},
	{"history", do_history},
	{"hold", do_hold},
	{"launch", do_launch},
	{"launched", do_launched},
	{"nothing-came", do_nothing_came},
	{"open", do_open},
	{"parts", do_parts},
	{"plan", do_plan},
	{"prices", do_prices},
	{"ran", do_ran},
	{"report", do_report},
	{"runs", do_runs},
	{"step", do_step},
	{"uses", do_uses},
};

static int run(struct line *line, struct err *err)
{
	const char *name = word(line);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].run(line, err);
	return err_set(err, ERR_USAGE, "no command \"%s\"", name);
}

int main(void)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	ssize_t got;

	while ((got = getline(&text, &size, stdin)) > 0) {
		static struct line line;
		struct err err = {0};
		char *rest = text;

		if (text[got - 1] == '\n')
			text[got - 1] = '\0';
		line.n = line.next = 0;
		while (rest && line.n < WORDS_MAX)
			line.words[line.n++] = strsep(&rest, "\t");
		if (rest)
			err_set(&err, ERR_USAGE, "more than %d words", WORDS_MAX);
		if (rest || run(&line, &err) < 0)
			printf("error\t%s\t%s\n", err_class_name(err.class), err.text);
		else
			puts("ok");
		fflush(stdout);
	}
	db_close(db);
	return 0;
}
