/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/report.h"
#include "helper/report_chart.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/bill.h"

/* More than a person reads; the CSV has them all. */
#define ROWS_MAX 500
#define BARS_MAX 10

/* Nothing is loaded from anywhere, and nothing runs: also where the file is opened by mail. */
static const char head[] =
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<style>\n"
	":root{--text:#1c2733;--soft:#5d6b7a;--line:#dde3e9;--page:#f4f6f8;--card:#fff;"
	"--job:#2b6cb0;--idle:#dd9a2b;--vain:#c53d3d;--od:#a5b1bd;--saved:#2f8a5b}\n"
	"@media(prefers-color-scheme:dark){:root{--text:#e6ebf0;--soft:#9aa7b4;--line:#34404c;"
	"--page:#151b21;--card:#1e262e;--job:#5a9bdc;--idle:#e0aa4c;--vain:#e06a6a;--od:#66737f;"
	"--saved:#55b683}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--page);color:var(--text);font:15px/1.45 system-ui,"
	"\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,\"DejaVu Sans\",sans-serif}\n"
	"main{max-width:1080px;margin:0 auto;padding:28px 20px 48px}\n"
	"h1{font-size:26px;margin:0 0 2px}h2{font-size:16px;margin:0 0 12px}\n"
	"p{margin:4px 0}.soft{color:var(--soft)}\n"
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:14px;"
	"margin:22px 0 14px}\n"
	".tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}\n"
	".tile{padding:14px 16px}.tile b{display:block;font-size:22px;font-weight:650;"
	"font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}\n"
	".card{padding:18px 20px;margin-bottom:14px}\n"
	".two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(380px,100%),1fr));gap:"
	"14px;"
	"margin-bottom:14px}.two .card{margin:0}\n"
	"svg{display:block;width:100%;height:auto}svg text{fill:var(--text);font-size:14px}\n"
	"text.mark,text.name{text-anchor:end}text.day{text-anchor:middle}\n"
	"svg text.mark,svg text.day{fill:var(--soft);font-size:12.5px}svg .note{fill:var(--soft)}\n"
	".grid{stroke:var(--line)}.axis{stroke:var(--soft)}\n"
	".job{fill:var(--job)}.idle{fill:var(--idle)}.vain{fill:var(--vain)}.od{fill:var(--od)}"
	".saved{fill:var(--saved)}\n"
	".legend{display:flex;gap:20px;margin:0 0 8px;font-size:13px;color:var(--soft)}\n"
	".legend i{display:inline-block;width:11px;height:11px;border-radius:2px;"
	"margin-right:6px}\n"
	".wide "
	"svg{min-width:560px}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;"
	"font-size:14px}\n"
	"th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--line);"
	"font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"th{color:var(--soft);font-weight:600}th.text,td.text{text-align:left}\n"
	"tfoot td{font-weight:650;border-bottom:0;border-top:2px solid var(--soft)}\n"
	"@media print{body{background:#fff}.card,.tile{break-inside:avoid}main{max-width:none}}\n"
	"</style>\n";

static void put_tile(struct strbuf *out, const char *name, const char *value, const char *note)
{
	strbuf_addf(out, "<div class=\"tile\"><span>%s</span><b>%s</b><span>%s</span></div>\n",
		name, value, note);
}

static void put_tiles(const struct cost_row *all, struct strbuf *out)
{
	char money[REPORT_MONEY_SIZE], percent[REPORT_MONEY_SIZE], hours[REPORT_MONEY_SIZE],
		note[128];
	int64_t saved = all->od_uusd - all->known_uusd;

	strbuf_addstr(out, "<div class=\"tiles\">\n");
	snprintf(note, sizeof(note), "USD, %s instance hours", report_hours(all->seconds, hours));
	put_tile(out, "Spent", report_cents(all->uusd, money), note);
	snprintf(note, sizeof(note), "USD, %s&#8239;%%",
		report_percent(all->job_uusd, all->uusd, percent));
	put_tile(out, "On jobs", report_cents(all->job_uusd, money), note);
	snprintf(note, sizeof(note), "USD, %s&#8239;%%",
		report_percent(all->idle_uusd, all->uusd, percent));
	put_tile(out, "Idle", report_cents(all->idle_uusd, money), note);
	snprintf(note, sizeof(note), "USD, %s&#8239;%%",
		report_percent(all->vain_uusd, all->uusd, percent));
	put_tile(out, "Failed launches", report_cents(all->vain_uusd, money), note);
	snprintf(note, sizeof(note), "USD, %s&#8239;%% less than on demand",
		report_percent(saved, all->od_uusd, percent));
	put_tile(out, "Saved by Spot", report_cents(saved, money), note);
	snprintf(note, sizeof(note), "USD, %s&#8239;%%",
		report_percent(all->disk_uusd, all->uusd, percent));
	if (all->disk_uusd)
		put_tile(out, "Of it disks", report_cents(all->disk_uusd, money), note);
	strbuf_addstr(out, "</div>\n");
}

/* Every day of the period up to now, also those on which nothing was spent. */
static int list_days(
	const struct report *report, struct chart_day **list, size_t *ndays, struct err *err)
{
	const struct cost *cost = report->cost;
	cleanup_free struct cost_row *rows = NULL;
	struct chart_day *days;
	int64_t until_s = cost->now_ms / 1000 + 1, from_s = cost->since_s;
	size_t nrows = 0, row = 0, n = 0;

	if (cost_group(cost, COST_BY_DAY, &rows, &nrows, err) < 0)
		return -1;
	if (until_s > cost->until_s)
		until_s = cost->until_s;
	/* "since 1970" begins with the first cent */
	if (nrows && (until_s - from_s) / BILL_DAY_S > 400)
		cost_parse_day(rows[0].key, &from_s, NULL);
	if (until_s < from_s)
		until_s = from_s;
	days = calloc((size_t)((until_s - from_s) / BILL_DAY_S) + 2, sizeof(*days));
	if (!days)
		return err_nomem(err);
	for (int64_t s = from_s; s < until_s; s += BILL_DAY_S, n++) {
		cost_day(s, days[n].day);
		if (row == nrows || strcmp(rows[row].key, days[n].day))
			continue;
		days[n].job_uusd = rows[row].job_uusd;
		days[n].idle_uusd = rows[row].idle_uusd;
		days[n].vain_uusd = rows[row].vain_uusd;
		row++;
	}
	*list = days;
	*ndays = n;
	return 0;
}

static void put_days(struct strbuf *out, const struct chart_day *days, size_t n)
{
	strbuf_addstr(out,
		"<section class=\"card\"><h2>Spend by day, USD</h2>\n"
		"<div class=\"legend\"><span><i style=\"background:var(--job)\"></i>jobs</span>"
		"<span><i style=\"background:var(--idle)\"></i>idle</span>"
		"<span><i style=\"background:var(--vain)\"></i>failed launches</span></div>\n"
		"<div class=\"scroll wide\">");
	chart_days(out, days, n);
	strbuf_addstr(out, "</div></section>\n");
}

static int put_accounts(const struct report *report, struct strbuf *out, struct err *err)
{
	struct chart_bar bars[BARS_MAX] = {0};
	cleanup_free struct cost_row *rows = NULL;
	int64_t rest = 0, sum = 0;
	char percent[REPORT_MONEY_SIZE];
	size_t nrows = 0, n = 0;

	if (cost_group(report->cost, COST_BY_ACCOUNT, &rows, &nrows, err) < 0)
		return -1;
	for (size_t i = 0; i < nrows; i++) {
		sum += rows[i].uusd;
		if (nrows > BARS_MAX && i >= BARS_MAX - 1)
			rest += rows[i].uusd;
		else
			bars[n++] = (struct chart_bar){
				.name = rows[i].key, .class = "job", .uusd = rows[i].uusd};
	}
	if (nrows > BARS_MAX)
		bars[n++] = (struct chart_bar){.name = "all others", .class = "od", .uusd = rest};
	for (size_t i = 0; i < n; i++)
		snprintf(bars[i].note, sizeof(bars[i].note), "%s %%",
			report_percent(bars[i].uusd, sum, percent));
	strbuf_addstr(out, "<section class=\"card\"><h2>Spend by account, USD</h2>\n");
	chart_bars(out, "Spend by account, USD", bars, n);
	strbuf_addstr(out, "</section>\n");
	return 0;
}

static void put_parts(const struct cost_row *all, struct strbuf *out)
{
	const struct chart_bar parts[] = {
		{.name = "jobs (with boot)", .class = "job", .uusd = all->job_uusd},
		{.name = "idle: it ran, and no job had it",
			.class = "idle",
			.uusd = all->idle_uusd},
		{.name = "failed launches", .class = "vain", .uusd = all->vain_uusd},
	};
	struct chart_bar bars[] = {
		{.name = "on demand", .class = "od", .uusd = all->od_uusd},
		{.name = "paid", .class = "job", .uusd = all->known_uusd},
		{.name = "saved", .class = "saved", .uusd = all->od_uusd - all->known_uusd},
	};
	char percent[REPORT_MONEY_SIZE];

	snprintf(bars[2].note, sizeof(bars[2].note), "%s %%",
		report_percent(bars[2].uusd, all->od_uusd, percent));
	strbuf_addstr(out, "<section class=\"card\"><h2>What it was spent on, USD</h2>\n");
	chart_parts(out, "Jobs, idle and failed launches", parts, 3);
	strbuf_addstr(out, "</section>\n<section class=\"card\"><h2>Saved by Spot, USD</h2>\n");
	chart_bars(out, "What it would have cost on demand, and what was paid", bars, 3);
	strbuf_addf(out,
		"<p class=\"soft\">On demand: the same instances for the same time at the list "
		"price of their launch.</p></section>\n");
}

static void put_cell(struct strbuf *out, const char *text)
{
	strbuf_addstr(out, "<td class=\"text\">");
	chart_escape(out, *text ? text : "-");
	strbuf_addstr(out, "</td>");
}

static void put_row(const struct report *report, const struct cost_row *row, const char *key,
	struct strbuf *out)
{
	char hours[REPORT_MONEY_SIZE], money[4][REPORT_MONEY_SIZE], saved[REPORT_MONEY_SIZE] = "-",
								    od[REPORT_MONEY_SIZE] = "-";

	if (row->od_unknown + row->unpriced < row->instances) {
		report_cents(row->od_uusd, od);
		report_cents(row->od_uusd - row->known_uusd, saved);
	}
	strbuf_addstr(out, "<tr>");
	put_cell(out, key);
	if (report->by == COST_BY_JOB) {
		put_cell(out, row->user);
		put_cell(out, row->account);
	}
	strbuf_addf(out,
		"<td>%zu</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>"
		"<td>%s</td></tr>\n",
		row->instances, report_hours(row->seconds, hours),
		report_cents(row->job_uusd, money[0]), report_cents(row->idle_uusd, money[1]),
		report_cents(row->vain_uusd, money[2]), report_cents(row->uusd, money[3]), od,
		saved);
}

static void put_table(const struct report *report, const struct cost_row *rows, size_t n,
	const struct cost_row *all, struct strbuf *out)
{
	strbuf_addf(out,
		"<section class=\"card\"><h2>By %s, USD</h2><div "
		"class=\"scroll\"><table><thead><tr>"
		"<th class=\"text\">%s</th>%s<th>instances</th><th>hours</th><th>jobs</th>"
		"<th>idle</th><th>failed</th><th>total</th><th>on demand</th><th>saved</th>"
		"</tr></thead><tbody>\n",
		cost_by_name(report->by), cost_by_name(report->by),
		report->by == COST_BY_JOB
			? "<th class=\"text\">user</th><th class=\"text\">account</th>"
			: "");
	for (size_t i = 0; i < n && i < ROWS_MAX; i++)
		put_row(report, &rows[i], rows[i].key, out);
	strbuf_addstr(out, "</tbody><tfoot>");
	put_row(report, all, "total", out);
	strbuf_addstr(out, "</tfoot></table></div>\n");
	if (n > ROWS_MAX)
		strbuf_addf(out,
			"<p class=\"soft\">The first %d of %zu; --format csv has all of "
			"them.</p>\n",
			ROWS_MAX, n);
	strbuf_addstr(out, "</section>\n");
}

static void put_title(const struct report *report, struct strbuf *out)
{
	char since[COST_DAY_SIZE], last[COST_DAY_SIZE], now[CLOCK_ISO_SIZE];

	cost_day(report->cost->since_s, since);
	cost_day(report->cost->until_s - BILL_DAY_S, last);
	strbuf_addstr(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>EC2 spend");
	if (*report->cluster) {
		strbuf_addstr(out, " of ");
		chart_escape(out, report->cluster);
	}
	strbuf_addf(out, ", %s to %s</title>\n%s</head>\n<body><main>\n<h1>EC2 spend", since, last,
		head);
	if (*report->cluster) {
		strbuf_addstr(out, " of cluster ");
		chart_escape(out, report->cluster);
	}
	strbuf_addf(out,
		"</h1>\n<p class=\"soft\">%s to %s (UTC), instances without disks and traffic, "
		"made %s</p>\n",
		since, last, clock_format_iso(report->cost->now_ms / 1000, now));
}

int report_html(const struct report *report, struct strbuf *out, struct err *err)
{
	cleanup_free struct cost_row *rows = NULL, *alls = NULL;
	CLEANUP(strbuf_release) struct strbuf notes = STRBUF_INIT;
	cleanup_free struct chart_day *days = NULL;
	struct cost_row all = {0};
	size_t n = 0, one = 0, ndays = 0;

	if (cost_group(report->cost, report->by, &rows, &n, err) < 0 ||
		cost_group(report->cost, COST_BY_ALL, &alls, &one, err) < 0 ||
		list_days(report, &days, &ndays, err) < 0)
		return -1;
	if (one)
		all = alls[0];
	put_title(report, out);
	report_notes(report, &all, &notes);
	for (const char *line = notes.buf; *line; line += strcspn(line, "\n") + 1)
		strbuf_addf(out, "<p class=\"soft\">%.*s</p>\n", (int)strcspn(line, "\n"), line);
	put_tiles(&all, out);
	put_days(out, days, ndays);
	strbuf_addstr(out, "<div class=\"two\">\n");
	if (put_accounts(report, out, err) < 0)
		return -1;
	put_parts(&all, out);
	strbuf_addstr(out, "<section class=\"card\"><h2>Idle share by day</h2>\n");
	chart_idle(out, days, ndays);
	strbuf_addstr(out, "</section>\n</div>\n");
	put_table(report, rows, n, &all, out);
	strbuf_addstr(out, "</main></body>\n</html>\n");
	return out->failed ? err_nomem(err) : 0;
}
