/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: a bill for people (table, HTML) and programs (CSV, JSON). Money in the latter two is
 * exact; people are shown cents, rounded half up, and each sum is rounded from its exact value.
 */
#ifndef BURST_REPORT_H
#define BURST_REPORT_H

#include "helper/cost.h"
#include "lib/base/strbuf.h"

struct report {
	const struct cost *cost;
	enum cost_by by;
	const char *cluster; /* "" not known */
};

int report_table(const struct report *report, struct strbuf *out, struct err *err);
int report_csv(const struct report *report, struct strbuf *out, struct err *err);
int report_json(const struct report *report, struct strbuf *out, struct err *err);
/* One file that needs no other and no script: charts are SVG within. */
int report_html(const struct report *report, struct strbuf *out, struct err *err);

/* What a reader must know of the sums beside the numbers: sentences, a line each. */
void report_notes(const struct report *report, const struct cost_row *all, struct strbuf *out);

#define REPORT_MONEY_SIZE 40
/* Cents, half up, with thousands' separators: "12,345.68". BUF of REPORT_MONEY_SIZE. */
char *report_cents(int64_t uusd, char *buf);
/* Part of whole in tenths of a percent, half up: "12.3"; "-" of nothing. */
char *report_percent(int64_t part, int64_t whole, char *buf);
/* Hours of SECONDS with one decimal, half up: "1,234.5". */
char *report_hours(int64_t seconds, char *buf);

#endif
