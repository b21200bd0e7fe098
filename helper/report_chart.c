/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/report_chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "helper/report.h"
#include "lib/base/money.h"

#define WIDTH  1000
#define HEIGHT 300
#define LEFT   84 /* for the amounts */
#define TOP    12
#define BOTTOM 34 /* for the days */

#define SMALL      480 /* the width of a chart beside another */
#define BAR_HEIGHT 30
#define BAR_NAME   140
#define BAR_AMOUNT 150

void chart_escape(struct strbuf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		size_t n = utf8_length(p);

		if (!n)
			strbuf_addch(out, '?');
		else if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			strbuf_addch(out, ' ');
		else if (*p == '&')
			strbuf_addstr(out, "&amp;");
		else if (*p == '<')
			strbuf_addstr(out, "&lt;");
		else if (*p == '>')
			strbuf_addstr(out, "&gt;");
		else if (*p == '"')
			strbuf_addstr(out, "&quot;");
		else if (*p == '\'')
			strbuf_addstr(out, "&#39;");
		else
			strbuf_add(out, p, n);
		p += n ? n : 1;
	}
}

int64_t chart_step(int64_t max)
{
	static const int64_t nice[] = {1, 2, 5};

	for (int64_t power = 1; power <= INT64_MAX / 50; power *= 10)
		for (size_t i = 0; i < 3; i++)
			if (max / (nice[i] * power) < 6)
				return nice[i] * power;
	return INT64_MAX / 5;
}

/* Part of WHOLE of PIXELS, in tenths: for drawing alone. */
static double length(int64_t part, int64_t whole, double pixels)
{
	return whole > 0 && part > 0 ? (double)part / (double)whole * pixels : 0;
}

/* Whole dollars where the axis has no finer ones. */
static void put_amount(struct strbuf *out, int64_t uusd, int64_t step)
{
	char buf[REPORT_MONEY_SIZE];

	report_cents(uusd, buf);
	if (step % UUSD_PER_USD == 0)
		buf[strlen(buf) - 3] = '\0';
	strbuf_addstr(out, buf);
}

static void put_axis(struct strbuf *out, int64_t top, int64_t step)
{
	for (int64_t at = 0; at <= top; at += step) {
		double y = TOP + (HEIGHT - TOP - BOTTOM) - length(at, top, HEIGHT - TOP - BOTTOM);

		strbuf_addf(out, "<line class=\"%s\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>",
			at ? "grid" : "axis", LEFT, y, WIDTH, y);
		strbuf_addf(out, "<text class=\"mark\" x=\"%d\" y=\"%.1f\">", LEFT - 8, y + 4);
		put_amount(out, at, step);
		strbuf_addstr(out, "</text>\n");
	}
}

static void put_column(
	struct strbuf *out, const struct chart_day *day, double x, double width, int64_t top)
{
	const struct {
		const char *class;
		int64_t uusd;
	} parts[] = {{"job", day->job_uusd}, {"idle", day->idle_uusd}, {"vain", day->vain_uusd}};
	char job[REPORT_MONEY_SIZE], idle[REPORT_MONEY_SIZE], vain[REPORT_MONEY_SIZE];
	double y = HEIGHT - BOTTOM;

	strbuf_addf(out, "<g><title>%s: jobs %s, idle %s, failed launches %s USD</title>", day->day,
		report_cents(day->job_uusd, job), report_cents(day->idle_uusd, idle),
		report_cents(day->vain_uusd, vain));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		double h = length(parts[i].uusd, top, HEIGHT - TOP - BOTTOM);

		y -= h;
		if (h > 0)
			strbuf_addf(out,
				"<rect class=\"%s\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" "
				"height=\"%.2f\"/>",
				parts[i].class, x, y, width, h);
	}
	strbuf_addstr(out, "</g>\n");
}

void chart_days(struct strbuf *out, const struct chart_day *days, size_t n)
{
	double slot = n ? (double)(WIDTH - LEFT) / (double)n : 0, width = slot * 0.74;
	size_t every = n / 15 + 1;
	int64_t max = 0, step, top;

	for (size_t i = 0; i < n; i++) {
		int64_t sum = days[i].job_uusd + days[i].idle_uusd + days[i].vain_uusd;

		max = sum > max ? sum : max;
	}
	if (width > 56)
		width = 56;
	step = chart_step(max);
	/* no marks finer than a cent */
	step = step < UUSD_PER_USD / 100 ? UUSD_PER_USD / 100 : step;
	top = (max / step + (max % step != 0)) * step;
	top = top ? top : step;
	strbuf_addf(out,
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Spend by day, USD\">\n",
		WIDTH, HEIGHT);
	put_axis(out, top, step);
	for (size_t i = 0; i < n; i++) {
		double x = LEFT + slot * ((double)i + 0.5);

		put_column(out, &days[i], x - width / 2, width, top);
		if (i % every == 0)
			strbuf_addf(out, "<text class=\"day\" x=\"%.1f\" y=\"%d\">%s</text>\n", x,
				HEIGHT - BOTTOM + 20, days[i].day + 5);
	}
	strbuf_addstr(out, "</svg>\n");
}

void chart_bars(struct strbuf *out, const char *label, const struct chart_bar *bars, size_t n)
{
	int64_t max = 0;

	for (size_t i = 0; i < n; i++)
		max = bars[i].uusd > max ? bars[i].uusd : max;
	strbuf_addf(out, "<svg viewBox=\"0 0 %d %zu\" role=\"img\" aria-label=\"", SMALL,
		n * BAR_HEIGHT + 4);
	chart_escape(out, label);
	strbuf_addstr(out, "\">\n");
	for (size_t i = 0; i < n; i++) {
		double w = length(bars[i].uusd, max, SMALL - BAR_NAME - BAR_AMOUNT);
		size_t y = i * BAR_HEIGHT;
		char amount[REPORT_MONEY_SIZE], name[20];

		/* a name of many characters would run into the bars */
		snprintf(name, sizeof(name), "%s", *bars[i].name ? bars[i].name : "(nobody)");
		if (strlen(bars[i].name) >= sizeof(name) - 4)
			snprintf(name + sizeof(name) - 8, 8, "...");
		strbuf_addstr(out, "<g><title>");
		chart_escape(out, bars[i].name);
		strbuf_addf(out, ": %s USD</title><text class=\"name\" x=\"%d\" y=\"%zu\">",
			report_cents(bars[i].uusd, amount), BAR_NAME - 10, y + 20);
		chart_escape(out, name);
		strbuf_addf(out,
			"</text><rect class=\"%s\" x=\"%d\" y=\"%zu\" width=\"%.1f\" "
			"height=\"%d\"/><text class=\"amount\" x=\"%.1f\" y=\"%zu\">%s",
			bars[i].class, BAR_NAME, y + 5, w < 1.5 ? 1.5 : w, BAR_HEIGHT - 9,
			BAR_NAME + w + 8, y + 20, amount);
		if (*bars[i].note) {
			strbuf_addstr(out, "<tspan class=\"note\"> ");
			chart_escape(out, bars[i].note);
			strbuf_addstr(out, "</tspan>");
		}
		strbuf_addstr(out, "</text></g>\n");
	}
	strbuf_addstr(out, "</svg>\n");
}

void chart_parts(struct strbuf *out, const char *label, const struct chart_bar *parts, size_t n)
{
	int64_t sum = 0;
	double x = 0;

	for (size_t i = 0; i < n; i++)
		sum += parts[i].uusd;
	strbuf_addf(
		out, "<svg viewBox=\"0 0 %d %zu\" role=\"img\" aria-label=\"", SMALL, 52 + n * 30);
	chart_escape(out, label);
	strbuf_addstr(out, "\">\n");
	for (size_t i = 0; i < n; i++) {
		double w = length(parts[i].uusd, sum, SMALL);

		if (w > 0)
			strbuf_addf(out,
				"<rect class=\"%s\" x=\"%.1f\" y=\"0\" width=\"%.1f\" "
				"height=\"36\"/>\n",
				parts[i].class, x, w);
		x += w;
	}
	for (size_t i = 0; i < n; i++) {
		char amount[REPORT_MONEY_SIZE], percent[REPORT_MONEY_SIZE];
		size_t y = 52 + i * 30;

		strbuf_addf(out,
			"<rect class=\"%s\" x=\"0\" y=\"%zu\" width=\"14\" height=\"14\"/>"
			"<text class=\"amount\" x=\"24\" y=\"%zu\">",
			parts[i].class, y, y + 13);
		chart_escape(out, parts[i].name);
		strbuf_addf(out,
			"</text><text class=\"name\" x=\"%d\" y=\"%zu\">%s</text>"
			"<text class=\"name\" x=\"%d\" y=\"%zu\">%s&#8239;%%</text>\n",
			SMALL - 84, y + 13, report_cents(parts[i].uusd, amount), SMALL - 2, y + 13,
			report_percent(parts[i].uusd, sum, percent));
	}
	strbuf_addstr(out, "</svg>\n");
}

void chart_idle(struct strbuf *out, const struct chart_day *days, size_t n)
{
	double slot = n ? (double)(SMALL - 50) / (double)n : 0, width = slot * 0.74;
	size_t every = n / 7 + 1;
	const int height = 150, bottom = 26;

	width = width > 40 ? 40 : width;
	strbuf_addf(out,
		"<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Idle share by day, %%\">\n",
		SMALL, height + bottom);
	for (int at = 0; at <= 100; at += 25) {
		double y = TOP + (height - TOP) * (1 - at / 100.0);

		strbuf_addf(out,
			"<line class=\"%s\" x1=\"50\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>"
			"<text class=\"mark\" x=\"42\" y=\"%.1f\">%d&#8239;%%</text>\n",
			at ? "grid" : "axis", y, SMALL, y, y + 4, at);
	}
	for (size_t i = 0; i < n; i++) {
		int64_t sum = days[i].job_uusd + days[i].idle_uusd + days[i].vain_uusd;
		double x = 50 + slot * ((double)i + 0.5), h;
		char percent[REPORT_MONEY_SIZE];

		h = length(days[i].idle_uusd, sum, height - TOP);
		strbuf_addf(out,
			"<g><title>%s: %s %%</title><rect class=\"idle\" x=\"%.1f\" y=\"%.2f\" "
			"width=\"%.1f\" height=\"%.2f\"/></g>",
			days[i].day, report_percent(days[i].idle_uusd, sum, percent), x - width / 2,
			height - h, width, h);
		if (i % every == 0)
			strbuf_addf(out, "<text class=\"day\" x=\"%.1f\" y=\"%d\">%s</text>\n", x,
				height + 18, days[i].day + 5);
	}
	strbuf_addstr(out, "</svg>\n");
}
