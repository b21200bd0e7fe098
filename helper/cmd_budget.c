/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget: what may be spent, by whom and in which time: set, list, show, remove. What is spent of
 * it, and what is held by what runs.
 */
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/app.h"
#include "helper/budget.h"
#include "helper/commands.h"
#include "helper/show.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/base/strbuf.h"

#define MONEY_SIZE 32

static const char usage_text[] =
	"usage: aws-slurm-burst budget set NAME --scope site|user|account|qos|partition\n"
	"           [--who NAME] --period hour|day|month|total --limit USD [--alarm 50,80,100]\n"
	"       aws-slurm-burst budget list [--json]\n"
	"       aws-slurm-burst budget show NAME [--json]\n"
	"       aws-slurm-burst budget remove NAME\n"
	"\n"
	"Days and months are those of UTC; hour bounds what all that runs costs an hour; total\n"
	"begins with the day on which the budget is made. Without --who each user (account ...)\n"
	"has the limit by itself. Budgets of the configuration (limits) are listed and shown, "
	"too.\n";

struct asked {
	struct budget budget;
	const char *who; /* NULL: not said */
	bool scope, period, limit, alarms, json;
};

static int parse_option(int c, const char *value, struct asked *asked, struct err *err)
{
	struct budget *b = &asked->budget;

	switch (c) {
	case 's':
		asked->scope = true;
		return budget_scope_parse(value, &b->scope, err) < 0
			       ? err_prefix(err, "--scope: \"%.40s\"", value)
			       : 0;
	case 'w':
		if (!budget_who_fits(value))
			return err_set(err, ERR_USAGE,
				"--who: not a name: expected 1 to 63 printable characters without "
				"blanks and quotes");
		asked->who = value;
		return 0;
	case 'p':
		asked->period = true;
		return budget_period_parse(value, &b->period, err) < 0
			       ? err_prefix(err, "--period: \"%.40s\"", value)
			       : 0;
	case 'l':
		asked->limit = true;
		return money_parse(value, strlen(value), &b->limit_uusd, err) < 0
			       ? err_prefix(err, "--limit: \"%.40s\"", value)
			       : 0;
	case 'a':
		asked->alarms = true;
		return budget_alarms_parse(value, b->alarms, &b->nalarms, err) < 0
			       ? err_prefix(err, "--alarm: \"%.40s\"", value)
			       : 0;
	case 'j':
		asked->json = true;
		return 0;
	default:
		return err_set(err, ERR_USAGE, "see --help");
	}
}

static int open_state(struct app *app, const char *conf_path, enum db_mode mode, struct err *err)
{
	char words[ERR_TEXT_SIZE];
	struct err why = {0};

	app->conf = conf_load(conf_choose_path(conf_path), NULL, NULL, err);
	if (!app->conf || app_become_owner(app->conf, err) < 0)
		return -1;
	if (app_db(app, mode, &why) < 0)
		return err_set(err, why.class,
			"%s. Budgets are SlurmUser's and root's to read and to set",
			app_db_words(app->conf, &why, words, sizeof(words)));
	return 0;
}

/* --- set, remove ----------------------------------------------------------------------------- */

static int check_name(const struct conf *conf, const char *name, struct err *err)
{
	for (size_t i = 0; i < conf->nlimits; i++)
		if (!strcmp(conf->limits[i].name, name))
			return err_set(err, ERR_CONFIG,
				"budget %s stands in %s (limits), where it is to be changed", name,
				conf->path);
	return 0;
}

static int set(struct app *app, struct asked *asked, struct strbuf *out, struct err *err)
{
	struct budget *b = &asked->budget;
	char words[192];

	if (!asked->scope || !asked->period || !asked->limit)
		return err_set(err, ERR_USAGE, "--scope, --period and --limit are needed");
	if (!asked->alarms &&
		budget_alarms_parse(BUDGET_ALARMS_DEFAULT, b->alarms, &b->nalarms, err) < 0)
		return -1;
	/* the scope may stand behind it */
	if (asked->who)
		budget_set_who(b, asked->who);
	if (budget_put(app->db, b, clock_now_s(), err) < 0)
		return -1;
	strbuf_addf(out, "%s is set\n",
		budget_words(b, *b->who ? b->who : "each", words, sizeof(words)));
	return 0;
}

static int remove_one(struct app *app, const char *name, struct strbuf *out, struct err *err)
{
	int rc = budget_remove(app->db, name, err);

	if (rc < 0)
		return -1;
	if (!rc)
		return err_set(err, ERR_NOTFOUND, "there is no budget %.60s", name);
	strbuf_addf(out, "budget %s is removed\n", name);
	return 0;
}

/* --- list, show ------------------------------------------------------------------------------ */

static void put_json(const struct budget_use *use, struct json_object *list)
{
	const struct budget *b = use->budget;
	struct json_object *o = json_object_new_object(), *alarms = json_object_new_array();
	char iso[CLOCK_ISO_SIZE], usd[MONEY_SIZE];
	const struct {
		const char *key;
		int64_t uusd;
	} amounts[] = {
		{"limit", b->limit_uusd},
		{"spent", use->spent_uusd},
		{"held", use->held_uusd},
		{"left", use->left_uusd},
	};

	json_object_object_add(o, "name", json_object_new_string(b->name));
	json_object_object_add(o, "scope", json_object_new_string(budget_scope_name(b->scope)));
	json_object_object_add(o, "who", json_object_new_string(use->who));
	json_object_object_add(o, "period", json_object_new_string(budget_period_name(b->period)));
	json_object_object_add(o, "configured", json_object_new_boolean(b->configured));
	/* in USD, exactly */
	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++)
		json_object_object_add(o, amounts[i].key,
			json_object_new_string(money_format(amounts[i].uusd, usd, sizeof(usd))));
	for (size_t i = 0; i < b->nalarms; i++)
		json_object_array_add(alarms, json_object_new_int((int)b->alarms[i]));
	json_object_object_add(o, "alarms", alarms);
	if (b->period != BUDGET_HOUR) {
		json_object_object_add(
			o, "since", json_object_new_string(clock_format_iso(use->from_s, iso)));
		if (use->next_s != INT64_MAX)
			json_object_object_add(o, "until",
				json_object_new_string(clock_format_iso(use->next_s, iso)));
	}
	json_object_array_add(list, o);
}

static void put_row(const struct budget_use *use, struct strbuf *out)
{
	const struct budget *b = use->budget;
	char limit[MONEY_SIZE], spent[MONEY_SIZE], held[MONEY_SIZE], left[MONEY_SIZE];

	strbuf_addf(out, "%-20s %-10s %-16s %-7s %12s %12s %12s %12s\n", b->name,
		budget_scope_name(b->scope),
		*use->who                 ? use->who
		: b->scope == BUDGET_SITE ? "-"
					  : "each",
		budget_period_name(b->period), money_format(b->limit_uusd, limit, sizeof(limit)),
		money_format(use->spent_uusd, spent, sizeof(spent)),
		money_format(use->held_uusd, held, sizeof(held)),
		money_format(use->left_uusd, left, sizeof(left)));
}

/* Where nobody has spent anything: the budget alone. */
static struct budget_use unused(const struct budget *budget)
{
	struct budget_use use = {.budget = budget, .left_uusd = budget->limit_uusd};

	budget_bounds(budget, clock_now_s(), &use.from_s, &use.next_s);
	return use;
}

static int list(struct app *app, const char *only, bool json, struct strbuf *out, struct err *err)
{
	cleanup_free struct budget *budgets = NULL;
	cleanup_free struct budget_use *uses = NULL;
	struct json_object *all = NULL;
	size_t n = 0, nuses = 0, kept = 0;

	if (budgets_load(app, &budgets, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!only || !strcmp(budgets[i].name, only))
			budgets[kept++] = budgets[i];
	if (only && !kept)
		return err_set(err, ERR_NOTFOUND, "there is no budget %.60s", only);
	if (budget_uses(app->db, budgets, kept, clock_now_ms(), &uses, &nuses, err) < 0)
		return -1;
	if (json) {
		all = json_object_new_array();
		if (!all)
			return err_nomem(err);
	} else if (!kept) {
		strbuf_addstr(out, "there is no budget\n");
	} else {
		strbuf_addf(out, "%-20s %-10s %-16s %-7s %12s %12s %12s %12s\n", "BUDGET", "SCOPE",
			"WHO", "PERIOD", "LIMIT", "SPENT", "HELD", "LEFT");
	}
	for (size_t i = 0; i < kept; i++) {
		bool any = false;

		for (size_t k = 0; k <= nuses; k++) {
			struct budget_use use = k < nuses ? uses[k] : unused(&budgets[i]);

			if (use.budget != &budgets[i] || (k == nuses && any))
				continue;
			any = true;
			if (json)
				put_json(&use, all);
			else
				put_row(&use, out);
		}
	}
	if (json) {
		strbuf_addf(
			out, "%s\n", json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY));
		json_object_put(all);
	}
	return out->failed ? err_nomem(err) : 0;
}

/* --- the command ----------------------------------------------------------------------------- */

static int run(const char *verb, const char *name, const char *conf_path, struct asked *asked,
	struct strbuf *out, struct err *err)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	bool writes = !strcmp(verb, "set") || !strcmp(verb, "remove");

	if (name)
		snprintf(asked->budget.name, sizeof(asked->budget.name), "%s", name);
	if (name && !budget_name_fits(name))
		return err_set(err, ERR_USAGE,
			"not a budget's name: expected 1 to 40 letters, digits, '_', '-' and '.'");
	if (open_state(&app, conf_path, writes ? DB_READ_WRITE : DB_READ_ONLY, err) < 0)
		return -1;
	if (writes && check_name(app.conf, name, err) < 0)
		return -1;
	if (!strcmp(verb, "set"))
		return set(&app, asked, out, err);
	if (!strcmp(verb, "remove"))
		return remove_one(&app, name, out, err);
	return list(&app, name, asked->json, out, err);
}

int cmd_budget(int argc, char **argv, const char *conf_path)
{
	static const struct option for_set[] = {
		{"scope", required_argument, NULL, 's'},
		{"who", required_argument, NULL, 'w'},
		{"period", required_argument, NULL, 'p'},
		{"limit", required_argument, NULL, 'l'},
		{"alarm", required_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const struct option for_others[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const char *const verbs[] = {"set", "list", "show", "remove"};
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	const char *verb = argc >= 2 ? argv[1] : "";
	struct asked asked = {0};
	struct err err = {0};
	bool known = false, named;
	int c, rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		known = known || !strcmp(verb, verbs[i]);
	if (!known) {
		bool help = !strcmp(verb, "--help") || !strcmp(verb, "-h");

		fputs(usage_text, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	named = strcmp(verb, "list") != 0;
	argc--;
	argv++;
	optind = 1;
	while (rc == 0 && (c = getopt_long(argc, argv, "",
				   !strcmp(verb, "set") ? for_set : for_others, NULL)) >= 0) {
		if (c == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (c == '?')
			return 2;
		rc = parse_option(c, optarg, &asked, &err);
	}
	if (rc == 0 && optind != argc - named)
		rc = err_set(&err, ERR_USAGE, "%s",
			optind < argc - named ? "one word too many; see --help"
					      : "no budget is named; see --help");
	if (rc == 0)
		rc = run(verb, named ? argv[optind] : NULL, conf_path, &asked, &out, &err);
	if (rc < 0 || show_out(&out, &err) < 0) {
		fprintf(stderr, "aws-slurm-burst: budget: %s\n", err.text);
		return err_exit_code(err.class);
	}
	return 0;
}
