/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/compare.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/report.h"
#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/plan/bill.h"

/* An instance on both sides, or on one. */
struct pair {
	char instance[32];
	const char *type, *job;
	const struct ledger_run *run;    /* NULL: not in the ledger */
	const struct compare_bill *bill; /* NULL: not in AWS's report */
	bool priced, spot;
	int64_t uusd, seconds; /* the ledger's */
	int64_t bill_uusd, bill_seconds;
};

struct result {
	struct pair *all;
	size_t n;
	size_t agree, differ, later, foreign;
	int64_t uusd, bill_uusd; /* of those that are on both sides or should be */
};

static int by_line_instance(const void *a, const void *b, void *arg)
{
	const struct cost *cost = arg;
	const struct cost_line *x = a, *y = b;

	return strcmp(cost->runs[x->run].instance.id, cost->runs[y->run].instance.id);
}

static int64_t to_micro(int64_t billionths)
{
	return billionths < 0 ? -((-billionths + 500) / 1000) : (billionths + 500) / 1000;
}

static int64_t to_seconds(int64_t nhours)
{
	/* 2^63 billionths of an hour are a million years */
	return (nhours / 1000 * 36 + 5000) / 10000;
}

/* The ledger's instances, each once, by id; then those that AWS's report alone has. */
static int pair_up(struct cost *cost, const struct compare_bills *bills, struct result *result,
	struct err *err)
{
	struct pair *all = calloc(cost->nlines + bills->n + 1, sizeof(*all));
	cleanup_free bool *used = calloc(bills->n + 1, sizeof(*used));
	size_t n = 0, b = 0;

	result->all = all;
	if (!all || !used)
		return err_nomem(err);
	if (cost->nlines)
		qsort_r(cost->lines, cost->nlines, sizeof(*cost->lines), by_line_instance, cost);
	for (size_t i = 0; i < cost->nlines; i++) {
		const struct cost_line *line = &cost->lines[i];
		const struct ledger_run *run = &cost->runs[line->run];

		if (!n || all[n - 1].run != run) {
			all[n++] = (struct pair){.run = run,
				.type = run->instance.type,
				.job = cost->parties[line->party].job,
				.priced = cost->priced[line->run],
				.spot = run->instance.spot};
			snprintf(all[n - 1].instance, sizeof(all[0].instance), "%s",
				run->instance.id);
			while (b < bills->n && strcmp(bills->all[b].instance, run->instance.id) < 0)
				b++;
			if (b < bills->n && !strcmp(bills->all[b].instance, run->instance.id)) {
				all[n - 1].bill = &bills->all[b];
				used[b] = true;
			}
		}
		all[n - 1].uusd += line->uusd - line->disk_uusd;
		all[n - 1].seconds += line->seconds;
	}
	for (b = 0; b < bills->n; b++) {
		if (used[b])
			continue;
		if (!bills->all[b].ours) {
			result->foreign++;
			continue;
		}
		all[n] = (struct pair){.bill = &bills->all[b],
			.type = bills->all[b].type,
			.job = "",
			.spot = bills->all[b].spot};
		snprintf(all[n].instance, sizeof(all[n].instance), "%s", bills->all[b].instance);
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		if (!all[i].bill)
			continue;
		all[i].bill_uusd = to_micro(all[i].bill->nusd);
		all[i].bill_seconds = to_seconds(all[i].bill->nhours);
	}
	result->n = n;
	return 0;
}

static int64_t distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

/* What the difference may come from, by what is known of it. */
static const char *explain(const struct pair *p, char *buf, size_t size)
{
	int64_t missing = p->seconds - p->bill_seconds;

	if (!p->run)
		return "not in the ledger: launched by somebody else with our tag, or state.db was "
		       "lost";
	if (!p->bill)
		return "not in AWS's report: it never ran, or the report is not complete yet";
	if (!p->priced)
		return "the ledger has no rate for it";
	if (p->spot && !p->bill_uusd && p->uusd)
		return "Spot that EC2 took back in its first hour is not charged";
	if (missing > 0 && p->seconds > BILL_MINIMUM_S) {
		snprintf(buf, size,
			"AWS billed %" PRId64 " s fewer: only what ran, not launch and end",
			missing);
		return buf;
	}
	if (missing < 0) {
		snprintf(buf, size, "AWS billed %" PRId64 " s more", -missing);
		return buf;
	}
	return "another rate: a discount, or a price that the ledger did not know";
}

enum verdict { AGREES, DIFFERS, TOO_LATE };

static enum verdict judge(
	const struct pair *p, const struct compare_bills *bills, const struct compare *how)
{
	/* what began behind the report's end is not expected in it */
	if (p->run && !p->bill && p->run->from_s >= bills->to_s)
		return TOO_LATE;
	return distance(p->uusd, p->bill_uusd) > how->tolerance_uusd || (p->run && !p->priced)
		       ? DIFFERS
		       : AGREES;
}

static void count(struct result *result, const struct pair *p, enum verdict verdict)
{
	if (verdict == TOO_LATE) {
		result->later++;
		return;
	}
	result->agree += verdict == AGREES;
	result->differ += verdict == DIFFERS;
	result->uusd += p->uusd;
	result->bill_uusd += p->bill_uusd;
}

static void put_pair(struct strbuf *out, const struct pair *p)
{
	char ours[REPORT_MONEY_SIZE] = "-", theirs[REPORT_MONEY_SIZE] = "-",
	     diff[REPORT_MONEY_SIZE], why[160];
	CLEANUP(strbuf_release) struct strbuf job = STRBUF_INIT, type = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;

	if (p->run)
		report_cents(p->uusd, ours);
	if (p->bill)
		report_cents(p->bill_uusd, theirs);
	show_safe(&id, p->instance);
	show_safe(&job, *p->job ? p->job : "-");
	show_safe(&type, *p->type ? p->type : "-");
	strbuf_addf(out, "%-20s %-16s %-12s %9" PRId64 " %9" PRId64 " %12s %12s %12s  %s\n", id.buf,
		type.buf, job.buf, p->seconds, p->bill_seconds, ours, theirs,
		report_cents(p->bill_uusd - p->uusd, diff), explain(p, why, sizeof(why)));
}

static void put_text(struct result *result, const struct compare_bills *bills,
	const struct compare *how, struct strbuf *out)
{
	char from[CLOCK_ISO_SIZE], to[CLOCK_ISO_SIZE], ours[REPORT_MONEY_SIZE],
		theirs[REPORT_MONEY_SIZE], diff[REPORT_MONEY_SIZE], percent[REPORT_MONEY_SIZE];
	bool head = false;

	strbuf_addf(out, "AWS's report: %zu line(s), %s to %s\n", bills->rows,
		clock_format_iso(bills->from_s, from), clock_format_iso(bills->to_s, to));
	for (size_t i = 0; i < result->n; i++) {
		enum verdict verdict = judge(&result->all[i], bills, how);

		count(result, &result->all[i], verdict);
		if (verdict == TOO_LATE || (verdict == AGREES && !how->all))
			continue;
		if (!head)
			strbuf_addf(out, "%-20s %-16s %-12s %9s %9s %12s %12s %12s  %s\n",
				"INSTANCE", "TYPE", "JOB", "SECONDS", "BILLED", "LEDGER", "AWS",
				"DIFFERENCE", "WHY, PROBABLY");
		head = true;
		put_pair(out, &result->all[i]);
	}
	strbuf_addf(out,
		"ledger %s USD, AWS %s USD: %s USD, %s %%\n"
		"%zu instance(s) agree, %zu differ",
		report_cents(result->uusd, ours), report_cents(result->bill_uusd, theirs),
		report_cents(result->bill_uusd - result->uusd, diff),
		report_percent(result->bill_uusd - result->uusd, result->uusd, percent),
		result->agree, result->differ);
	if (result->later)
		strbuf_addf(out, ", %zu began after the report's end", result->later);
	if (result->foreign)
		strbuf_addf(out, "; %zu other(s) in it are not ours", result->foreign);
	strbuf_addstr(out, "\n");
}

static void add_int(struct json_object *o, const char *key, int64_t n)
{
	json_object_object_add(o, key, json_object_new_int64(n));
}

static void put_json(struct result *result, const struct compare_bills *bills,
	const struct compare *how, struct strbuf *out)
{
	struct json_object *top = json_object_new_object(), *array = json_object_new_array();

	for (size_t i = 0; i < result->n; i++) {
		const struct pair *p = &result->all[i];
		enum verdict verdict = judge(p, bills, how);
		struct json_object *o;
		char why[160];

		count(result, p, verdict);
		if (verdict == TOO_LATE || (verdict == AGREES && !how->all))
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "instance", json_object_new_string(p->instance));
		json_object_object_add(o, "type", json_object_new_string(p->type));
		json_object_object_add(o, "job", json_object_new_string(p->job));
		json_object_object_add(o, "in_ledger", json_object_new_boolean(p->run != NULL));
		json_object_object_add(o, "in_bill", json_object_new_boolean(p->bill != NULL));
		add_int(o, "seconds", p->seconds);
		add_int(o, "billed_seconds", p->bill_seconds);
		add_int(o, "ledger_uusd", p->uusd);
		add_int(o, "bill_uusd", p->bill_uusd);
		json_object_object_add(o, "differs", json_object_new_boolean(verdict == DIFFERS));
		if (verdict == DIFFERS)
			json_object_object_add(
				o, "why", json_object_new_string(explain(p, why, sizeof(why))));
		json_object_array_add(array, o);
	}
	add_int(top, "version", 1);
	add_int(top, "agree", (int64_t)result->agree);
	add_int(top, "differ", (int64_t)result->differ);
	add_int(top, "later", (int64_t)result->later);
	add_int(top, "foreign", (int64_t)result->foreign);
	add_int(top, "ledger_uusd", result->uusd);
	add_int(top, "bill_uusd", result->bill_uusd);
	json_object_object_add(top, "instances", array);
	strbuf_addf(out, "%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
	json_object_put(top);
}

static int compare_bills(struct db *db, const struct compare_bills *bills,
	const struct compare *how, struct strbuf *out, struct err *err)
{
	CLEANUP(cost_release) struct cost cost = COST_INIT;
	struct result result = {0};
	/* the days that the report touches: a run that goes on beyond them has only these in it */
	int64_t since_s = bills->from_s - bills->from_s % BILL_DAY_S;
	int64_t until_s = bills->to_s + (BILL_DAY_S - 1) -
			  (bills->to_s + BILL_DAY_S - 1) % BILL_DAY_S;
	int rc;

	if (cost_read(db, since_s, until_s, how->now_ms, &cost, err) < 0)
		return -1;
	rc = pair_up(&cost, bills, &result, err);
	if (rc == 0) {
		if (how->json)
			put_json(&result, bills, how, out);
		else
			put_text(&result, bills, how, out);
		rc = out->failed ? err_nomem(err) : result.differ > 0;
	}
	free(result.all);
	return rc;
}

int compare_text(struct db *db, char *text, size_t len, const struct compare *how,
	struct strbuf *out, struct err *err)
{
	CLEANUP(compare_bills_release) struct compare_bills bills = {0};

	if (compare_read(text, len, how->cluster ? how->cluster : "", &bills, err) < 0)
		return -1;
	if (!bills.from_s || !bills.to_s)
		return err_set(err, ERR_CONFIG, "no line of it names its time");
	return compare_bills(db, &bills, how, out, err);
}
