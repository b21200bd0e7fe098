/* SPDX-License-Identifier: Apache-2.0 */
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

/* --- numbers for people ---------------------------------------------------------------------- */

/* VALUE, which has DECIMALS decimals, with its thousands apart. */
static char *separate(uint64_t value, unsigned decimals, bool negative, char *buf)
{
	char digits[24], *to = buf;
	size_t len;

	snprintf(digits, sizeof(digits), "%0*" PRIu64, (int)decimals + 1, value);
	len = strlen(digits);
	if (negative)
		*to++ = '-';
	for (size_t i = 0; i < len; i++) {
		size_t left = len - decimals > i ? len - decimals - i : 0;

		if (i && left && left % 3 == 0)
			*to++ = ',';
		if (decimals && i == len - decimals)
			*to++ = '.';
		*to++ = digits[i];
	}
	*to = '\0';
	return buf;
}

static uint64_t magnitude(int64_t n)
{
	return n < 0 ? -(uint64_t)n : (uint64_t)n;
}

char *report_cents(int64_t uusd, char *buf)
{
	uint64_t cents = (magnitude(uusd) + UUSD_PER_USD / 200) / (UUSD_PER_USD / 100);

	return separate(cents, 2, uusd < 0 && cents, buf);
}

char *report_percent(int64_t part, int64_t whole, char *buf)
{
	/* in thousandths of a dollar, lest the product be too large */
	uint64_t p = magnitude(part), w = magnitude(whole), tenths;

	if (!w) {
		snprintf(buf, REPORT_MONEY_SIZE, "-");
		return buf;
	}
	while (p > UINT64_MAX / 4000 || w > UINT64_MAX / 4000) {
		p /= 1000;
		w /= 1000;
	}
	tenths = w ? (p * 2000 + w) / (2 * w) : 0;
	return separate(tenths, 1, (part < 0) != (whole < 0) && tenths, buf);
}

char *report_hours(int64_t seconds, char *buf)
{
	return separate((magnitude(seconds) + 180) / 360, 1, false, buf);
}

/* --- what must be known beside them ---------------------------------------------------------- */

void report_notes(const struct report *report, const struct cost_row *all, struct strbuf *out)
{
	size_t running = 0;

	for (size_t i = 0; i < report->cost->nruns; i++)
		running += report->cost->runs[i].instance.state == INSTANCE_RUNNING;
	if (running)
		strbuf_addf(out, "%zu instance(s) run: counted until now.\n", running);
	if (all->unpriced)
		strbuf_addf(out, "%zu instance(s) have no known rate: their cost is in no sum.\n",
			all->unpriced);
	if (all->od_unknown)
		strbuf_addf(out,
			"Of %zu Spot instance(s) the on-demand price is not known: they are in no "
			"saving.\n",
			all->od_unknown);
}

static int total(const struct report *report, struct cost_row *all, struct err *err)
{
	cleanup_free struct cost_row *rows = NULL;
	size_t n = 0;

	if (cost_group(report->cost, COST_BY_ALL, &rows, &n, err) < 0)
		return -1;
	*all = n ? rows[0] : (struct cost_row){0};
	return 0;
}

/* --- table ----------------------------------------------------------------------------------- */

static void put_period(const struct report *report, struct strbuf *out)
{
	char since[COST_DAY_SIZE], last[COST_DAY_SIZE];

	strbuf_addf(out, "%s to %s (UTC), USD\n", cost_day(report->cost->since_s, since),
		cost_day(report->cost->until_s - BILL_DAY_S, last));
}

static void put_key(struct strbuf *out, const char *key, int width)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;

	show_safe(&safe, *key ? key : "-");
	strbuf_addf(out, "%-*s", width, safe.buf);
}

static void put_row(const struct report *report, const struct cost_row *row, const char *key,
	bool disks, struct strbuf *out)
{
	char hours[REPORT_MONEY_SIZE], jobs[REPORT_MONEY_SIZE], idle[REPORT_MONEY_SIZE],
		vain[REPORT_MONEY_SIZE], all[REPORT_MONEY_SIZE], od[REPORT_MONEY_SIZE] = "-",
								 saved[REPORT_MONEY_SIZE] = "-";

	put_key(out, key, 24);
	if (report->by == COST_BY_JOB) {
		put_key(out, row->user, 13);
		put_key(out, row->account, 13);
	}
	if (row->od_unknown + row->unpriced < row->instances) {
		report_cents(row->od_uusd, od);
		report_cents(row->od_uusd - row->known_uusd, saved);
	}
	strbuf_addf(out, "%9zu %11s %13s %12s %12s %13s ", row->instances,
		report_hours(row->seconds, hours), report_cents(row->job_uusd, jobs),
		report_cents(row->idle_uusd, idle), report_cents(row->vain_uusd, vain),
		report_cents(row->uusd, all));
	if (disks)
		strbuf_addf(out, "%12s ", report_cents(row->disk_uusd, hours));
	strbuf_addf(out, "%13s %12s\n", od, saved);
}

int report_table(const struct report *report, struct strbuf *out, struct err *err)
{
	cleanup_free struct cost_row *rows = NULL;
	struct cost_row all;
	char title[16];
	size_t n = 0;
	bool disks;

	if (cost_group(report->cost, report->by, &rows, &n, err) < 0 ||
		total(report, &all, err) < 0)
		return -1;
	put_period(report, out);
	if (!n) {
		strbuf_addstr(out, "nothing was spent\n");
		return out->failed ? err_nomem(err) : 0;
	}
	disks = all.disk_uusd != 0;
	snprintf(title, sizeof(title), "%s", cost_by_name(report->by));
	for (char *p = title; *p; p++)
		*p = (char)(*p - 'a' + 'A');
	strbuf_addf(out, "%-24s", title);
	if (report->by == COST_BY_JOB)
		strbuf_addf(out, "%-13s%-13s", "USER", "ACCOUNT");
	strbuf_addf(out, "%9s %11s %13s %12s %12s %13s ", "INSTANCES", "HOURS", "JOBS", "IDLE",
		"FAILED", "TOTAL");
	if (disks)
		strbuf_addf(out, "%12s ", "DISKS");
	strbuf_addf(out, "%13s %12s\n", "ON-DEMAND", "SAVED");
	for (size_t i = 0; i < n; i++)
		put_row(report, &rows[i], rows[i].key, disks, out);
	put_row(report, &all, "total", disks, out);
	report_notes(report, &all, out);
	return out->failed ? err_nomem(err) : 0;
}

/* --- CSV ------------------------------------------------------------------------------------- */

/* RFC 4180; and what a spreadsheet would take for a formula is made a text. */
static void put_field(struct strbuf *out, const char *text)
{
	strbuf_addch(out, '"');
	if (*text && strchr("=+-@\t\r", *text))
		strbuf_addch(out, '\'');
	for (; *text; text++) {
		if (*text == '"')
			strbuf_addch(out, '"');
		strbuf_addch(out, *text);
	}
	strbuf_addch(out, '"');
}

static void put_money(struct strbuf *out, int64_t uusd)
{
	char buf[32];

	strbuf_addf(out, ",%s", money_format(uusd, buf, sizeof(buf)));
}

int report_csv(const struct report *report, struct strbuf *out, struct err *err)
{
	cleanup_free struct cost_row *rows = NULL;
	size_t n = 0;

	if (cost_group(report->cost, report->by, &rows, &n, err) < 0)
		return -1;
	strbuf_addf(out,
		"%s,%sinstances,unpriced,on_demand_unknown,seconds,jobs_usd,idle_usd,failed_usd,"
		"total_usd,spot_usd,"
		"on_demand_usd,saved_usd,disks_usd\r\n",
		cost_by_name(report->by), report->by == COST_BY_JOB ? "user,account," : "");
	for (size_t i = 0; i < n; i++) {
		const struct cost_row *row = &rows[i];

		put_field(out, row->key);
		if (report->by == COST_BY_JOB) {
			strbuf_addch(out, ',');
			put_field(out, row->user);
			strbuf_addch(out, ',');
			put_field(out, row->account);
		}
		strbuf_addf(out, ",%zu,%zu,%zu,%" PRId64, row->instances, row->unpriced,
			row->od_unknown, row->seconds);
		put_money(out, row->job_uusd);
		put_money(out, row->idle_uusd);
		put_money(out, row->vain_uusd);
		put_money(out, row->uusd);
		put_money(out, row->spot_uusd);
		put_money(out, row->od_uusd);
		put_money(out, row->od_uusd - row->known_uusd);
		put_money(out, row->disk_uusd);
		strbuf_addstr(out, "\r\n");
	}
	return out->failed ? err_nomem(err) : 0;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_int(struct json_object *o, const char *key, int64_t n)
{
	json_object_object_add(o, key, json_object_new_int64(n));
}

static struct json_object *row_json(const struct report *report, const struct cost_row *row)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "key", json_object_new_string(row->key));
	if (report->by == COST_BY_JOB) {
		json_object_object_add(o, "user", json_object_new_string(row->user));
		json_object_object_add(o, "account", json_object_new_string(row->account));
	}
	add_int(o, "instances", (int64_t)row->instances);
	add_int(o, "unpriced", (int64_t)row->unpriced);
	add_int(o, "on_demand_unknown", (int64_t)row->od_unknown);
	add_int(o, "seconds", row->seconds);
	add_int(o, "jobs_uusd", row->job_uusd);
	add_int(o, "idle_uusd", row->idle_uusd);
	add_int(o, "failed_uusd", row->vain_uusd);
	add_int(o, "total_uusd", row->uusd);
	add_int(o, "spot_uusd", row->spot_uusd);
	add_int(o, "on_demand_uusd", row->od_uusd);
	add_int(o, "saved_uusd", row->od_uusd - row->known_uusd);
	add_int(o, "disks_uusd", row->disk_uusd);
	return o;
}

int report_json(const struct report *report, struct strbuf *out, struct err *err)
{
	cleanup_free struct cost_row *rows = NULL;
	struct json_object *top, *array;
	char day[COST_DAY_SIZE], now[CLOCK_ISO_SIZE];
	struct cost_row all;
	size_t n = 0;

	if (cost_group(report->cost, report->by, &rows, &n, err) < 0 ||
		total(report, &all, err) < 0)
		return -1;
	top = json_object_new_object();
	array = json_object_new_array();
	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "currency", json_object_new_string("USD"));
	json_object_object_add(
		top, "since", json_object_new_string(cost_day(report->cost->since_s, day)));
	json_object_object_add(top, "until",
		json_object_new_string(cost_day(report->cost->until_s - BILL_DAY_S, day)));
	json_object_object_add(top, "made",
		json_object_new_string(clock_format_iso(report->cost->now_ms / 1000, now)));
	json_object_object_add(top, "by", json_object_new_string(cost_by_name(report->by)));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, row_json(report, &rows[i]));
	json_object_object_add(top, "rows", array);
	json_object_object_add(top, "total", row_json(report, &all));
	strbuf_addf(out, "%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
	json_object_put(top);
	return out->failed ? err_nomem(err) : 0;
}
