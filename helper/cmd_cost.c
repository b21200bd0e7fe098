/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost report: what was spent, by whom and on what. cost compare: the ledger beside AWS's own bill.
 * Both read state.db only.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/compare.h"
#include "helper/report.h"
#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/base/money.h"
#include "lib/plan/bill.h"

/* A Cost and Usage Report of a month of a large site. */
#define EXPORT_MAX ((size_t)1 << 30)

static const char usage_text[] =
	"usage: aws-slurm-burst cost report [--by job|user|account|partition|day|type]\n"
	"           [--since DAY] [--until DAY] [--format table|csv|json|html]\n"
	"       aws-slurm-burst cost compare FILE.csv [--tolerance USD] [--all] [--json]\n"
	"\n"
	"report sums up what was spent from the first DAY to the last one, both included (UTC,\n"
	"2026-11-30); by default from the first of this month until today, by account.\n"
	"compare sets AWS's Cost and Usage Report (CSV) beside it, instance by instance: those\n"
	"that differ by more than USD (0.01), or --all.\n";

struct asked {
	enum cost_by by;
	int64_t since_s, until_s;
	int (*write)(const struct report *report, struct strbuf *out, struct err *err);
	bool json, all;
	int64_t tolerance_uusd;
};

static int parse_format(const char *name, struct asked *asked, struct err *err)
{
	static const struct {
		const char *name;
		int (*write)(const struct report *report, struct strbuf *out, struct err *err);
	} formats[] = {
		{"table", report_table},
		{"csv", report_csv},
		{"json", report_json},
		{"html", report_html},
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name)) {
			asked->write = formats[i].write;
			return 0;
		}
	return err_set(err, ERR_USAGE, "no format \"%.40s\": table, csv, json or html", name);
}

static int parse_option(int c, const char *value, struct asked *asked, struct err *err)
{
	switch (c) {
	case 'b':
		if (cost_by_parse(value, &asked->by) < 0)
			return err_set(err, ERR_USAGE,
				"cannot sum up by \"%.40s\", but by job, user, account, partition, "
				"day or type",
				value);
		return 0;
	case 's':
		return cost_parse_day(value, &asked->since_s, err);
	case 'u':
		if (cost_parse_day(value, &asked->until_s, err) < 0)
			return -1;
		asked->until_s += BILL_DAY_S;
		return 0;
	case 'f':
		return parse_format(value, asked, err);
	case 'j':
		asked->json = true;
		return 0;
	case 'a':
		asked->all = true;
		return 0;
	case 't':
		if (money_parse(value, strlen(value), &asked->tolerance_uusd, err) < 0)
			return err_prefix(err, "--tolerance: \"%.40s\"", value);
		return 0;
	default:
		return err_set(err, ERR_USAGE, "see --help");
	}
}

static int open_state(struct app *app, const char *conf_path, struct err *err)
{
	char words[ERR_TEXT_SIZE];
	struct err why = {0};

	app->conf = conf_load(conf_choose_path(conf_path), NULL, NULL, err);
	if (!app->conf || app_become_owner(app->conf, err) < 0)
		return -1;
	if (app_db(app, DB_READ_ONLY, &why) < 0)
		return err_set(err, why.class,
			"%s. The ledger is SlurmUser's and root's to read: it holds what everybody "
			"spent. Ask them for a report",
			app_db_words(app->conf, &why, words, sizeof(words)));
	return 0;
}

static int report(struct app *app, const struct asked *asked, struct strbuf *out, struct err *err)
{
	CLEANUP(cost_release) struct cost cost = COST_INIT;
	struct report what = {.cost = &cost,
		.by = asked->by,
		.cluster = app->conf->cluster ? app->conf->cluster : ""};

	if (cost_read(app->db, asked->since_s, asked->until_s, clock_now_ms(), &cost, err) < 0)
		return -1;
	return asked->write(&what, out, err);
}

/* The first of the month of S. */
static int64_t month_of(int64_t s)
{
	char day[COST_DAY_SIZE];
	int64_t first_s = s;

	cost_day(s, day);
	memcpy(day + 8, "01", 2);
	cost_parse_day(day, &first_s, NULL);
	return first_s;
}

static int run(int argc, char **argv, const char *conf_path, struct asked *asked,
	struct strbuf *out, struct err *err)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	bool compare = !strcmp(argv[0], "compare");
	cleanup_free char *text = NULL;
	size_t len = 0;

	if (optind != argc - compare)
		return err_set(err, ERR_USAGE, "%s",
			optind < argc - compare ? "one word too many; see --help"
						: "no file is named; see --help");
	if (asked->since_s >= asked->until_s)
		return err_set(err, ERR_USAGE, "--until is before --since");
	/* before root becomes SlurmUser, who may not read root's files */
	if (compare && file_read(argv[optind], EXPORT_MAX, &text, &len, err) < 0)
		return -1;
	if (open_state(&app, conf_path, err) < 0)
		return -1;
	if (compare) {
		const struct compare how = {.tolerance_uusd = asked->tolerance_uusd,
			.all = asked->all,
			.json = asked->json,
			.cluster = app.conf->cluster,
			.now_ms = clock_now_ms()};
		int rc = compare_text(app.db, text, len, &how, out, err);

		return rc < 0 ? err_prefix(err, "%s", argv[optind]) : rc;
	}
	return report(&app, asked, out, err);
}

int cmd_cost(int argc, char **argv, const char *conf_path)
{
	static const struct option for_report[] = {
		{"by", required_argument, NULL, 'b'},
		{"since", required_argument, NULL, 's'},
		{"until", required_argument, NULL, 'u'},
		{"format", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const struct option for_compare[] = {
		{"tolerance", required_argument, NULL, 't'},
		{"all", no_argument, NULL, 'a'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	int64_t now_s = clock_now_s();
	struct asked asked = {.by = COST_BY_ACCOUNT,
		.write = report_table,
		.since_s = month_of(now_s),
		.until_s = now_s - now_s % BILL_DAY_S + BILL_DAY_S,
		.tolerance_uusd = UUSD_PER_USD / 100};
	struct err err = {0};
	bool compare;
	int c, rc = 0;

	compare = argc >= 2 && !strcmp(argv[1], "compare");
	if (argc < 2 || (!compare && strcmp(argv[1], "report"))) {
		bool help = argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

		fputs(usage_text, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	argc--;
	argv++;
	optind = 1;
	while (rc == 0 &&
		(c = getopt_long(argc, argv, "", compare ? for_compare : for_report, NULL)) >= 0) {
		if (c == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (c == '?')
			return 2;
		rc = parse_option(c, optarg, &asked, &err);
	}
	if (rc == 0)
		rc = run(argc, argv, conf_path, &asked, &out, &err);
	if (rc < 0 || show_out(&out, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: cost: %s\n", err.text);
		return err_exit_code(err.class);
	}
	return rc;
}
