/* SPDX-License-Identifier: Apache-2.0 */
/* report_chart: charts of money as SVG, for report_html.c. Its classes are that file's style. */
#ifndef BURST_REPORT_CHART_H
#define BURST_REPORT_CHART_H

#include "lib/base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

/* TEXT as HTML or an attribute's value: nothing of it is markup, control characters are blanks, and
 * what is no UTF-8 is '?'. */
void chart_escape(struct strbuf *out, const char *text);

struct chart_day {
	char day[11];
	int64_t job_uusd, idle_uusd, vain_uusd;
};
/* Columns, a day each, of what was paid for what. */
void chart_days(struct strbuf *out, const struct chart_day *days, size_t n);

/* … which part of it was idle, in percent. */
void chart_idle(struct strbuf *out, const struct chart_day *days, size_t n);

struct chart_bar {
	const char *name;
	const char *class; /* of the colour: "job" … */
	int64_t uusd;
	char note[48]; /* behind the amount; "" */
};
/* Bars across, with name and amount. */
void chart_bars(struct strbuf *out, const char *label, const struct chart_bar *bars, size_t n);

/* One bar divided, with a legend. */
void chart_parts(struct strbuf *out, const char *label, const struct chart_bar *parts, size_t n);

/* The distance of an axis' marks: 1, 2 or 5 of a power of ten, so that at most 6 reach MAX. */
int64_t chart_step(int64_t max);

#endif
