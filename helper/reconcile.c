/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/reconcile.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/account.h"
#include "helper/alarm.h"
#include "helper/budget.h"
#include "helper/judge.h"
#include "helper/log.h"
#include "helper/prices.h"
#include "helper/reconcile_show.h"
#include "helper/repair.h"
#include "helper/runs.h"
#include "helper/survey.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/state/ledger.h"

static const char agree[] = "EC2, Slurm and state.db agree";

int reconcile_lock(const struct app *app, int wait_ms, struct err *err)
{
	char path[PATH_MAX];

	if (app_path(app, "reconcile.lock", path, sizeof(path), err) < 0)
		return -1;
	return file_lock(path, wait_ms, err);
}

/* One pass and what it says. */
struct pass {
	const struct reconcile *how;
	struct json_object *findings; /* NULL: lines */
	size_t done, failed;
	bool stopped; /* told to end before the last finding */
};

static void put_line(const struct pass *pass, FILE *to, const char *text)
{
	if (pass->how->quiet || pass->how->json)
		return;
	fprintf(to, "%s\n", text);
	/* somebody may be looking: a pass takes its time */
	fflush(to);
}

static void note(
	struct pass *pass, const struct finding *finding, enum reconcile_end end, const char *text)
{
	if (pass->findings)
		json_object_array_add(pass->findings, reconcile_show_json(finding, end, text));
}

static void leave_alone(struct pass *pass, struct app *app, const struct survey *survey,
	const struct finding *finding, struct repairs *repairs)
{
	char subject[320], line[640];

	/* an alarm may have to be raised */
	repair(app, survey, finding, repairs, NULL);
	finding_subject(finding, subject, sizeof(subject));
	snprintf(line, sizeof(line), "%s %s: %s", finding_info(finding->rule)->name, subject,
		finding->why);
	put_line(pass, stdout, line);
	note(pass, finding, END_LEFT_ALONE, "");
}

/* Somebody is at it, or was: to see it through twice does no harm, and whoever calls us once wants
 * it done. */
static bool is_on_its_way_out(const struct survey *survey)
{
	for (size_t i = 0; i < survey->ngangs; i++)
		if (survey->gangs[i].gang.state == GANG_RELEASING ||
			survey->gangs[i].gang.state == GANG_FAILING)
			return true;
	return false;
}

static void carry_out(struct pass *pass, struct app *app, const struct survey *survey,
	const struct findings *findings)
{
	struct repairs repairs = {.settle = is_on_its_way_out(survey)};

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->all[i];
		struct err err = {0};

		if (finding_is_told(finding)) {
			leave_alone(pass, app, survey, finding, &repairs);
			continue;
		}
		if (pass->how->stop && *pass->how->stop) {
			pass->stopped = true;
			break;
		}
		switch (repair(app, survey, finding, &repairs, &err)) {
		case 1:
			pass->done++;
			put_line(pass, stdout, repairs.text);
			note(pass, finding, END_DONE, repairs.text);
			break;
		case 0:
			note(pass, finding, END_NOTHING, "");
			break;
		default:
			pass->failed++;
			log_err("%s; tried again at the next pass", err.text);
			put_line(pass, stderr, err.text);
			note(pass, finding, END_FAILED, err.text);
		}
	}
	repair_settle(app, &repairs, pass->how->settle_ms);
	repairs_release(&repairs);
}

/* What judge() found, as it would be done. */
static void plan(struct pass *pass, const struct findings *findings)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < findings->n; i++)
		note(pass, &findings->all[i],
			finding_is_told(&findings->all[i]) ? END_LEFT_ALONE : END_PLANNED, "");
	if (pass->findings || pass->how->quiet)
		return;
	reconcile_show_table(findings, &out);
	fputs(out.buf, stdout);
}

static void put_json(struct pass *pass, const char *unknown)
{
	struct json_object *top = json_object_new_object();

	if (!top)
		return;
	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(top, "dry_run", json_object_new_boolean(pass->how->dry_run));
	json_object_object_add(
		top, "agree", json_object_new_boolean(!pass->done && !pass->failed && !*unknown));
	if (*unknown)
		json_object_object_add(top, "unknown", json_object_new_string(unknown));
	json_object_object_add(top, "findings", pass->findings);
	pass->findings = NULL;
	printf("%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY));
	json_object_put(top);
}

static int64_t spot_paid(void *arg, const char *region, const char *type, int64_t uusd_hr)
{
	const struct app *app = arg;

	return prices_less(app->conf, region, type, true, uusd_hr, NULL);
}

/* For the ledger: who has the nodes, and what Spot costs. */
static void note_money(struct app *app, const struct survey *survey)
{
	struct err err;

	if ((survey->jobs_known && runs_note(app, survey->jobs, survey->njobs, &err) < 0) ||
		ledger_follow_prices(app->db, spot_paid, app, &err) < 0)
		log_warn("the ledger lacks something until the next pass: %s", err.text);
	budget_alarms(app);
}

/* What a pass that has gone well means for the next one. */
static void remember(struct app *app, const struct survey *survey, bool whole)
{
	struct err err;

	if (survey_remember(app, survey, &err) < 0 ||
		(whole && db_set_reconciled(app->db, &err) < 0))
		log_warn("%s", err.text);
}

static int run(struct pass *pass, struct app *app, struct survey *survey, struct findings *findings,
	struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf unknown = STRBUF_INIT;
	struct judge_rules rules;
	size_t todo = 0;
	int blind;

	/* in another account everything looks as if it were gone */
	if (account_check(app, err) < 0) {
		if (!pass->how->dry_run)
			alarm_raise(app, "not-ours", "ec2",
				"%s; until then nothing is looked after, and what runs is billed",
				err->text);
		return -1;
	}
	if (survey_make(app, pass->how->parts, survey, err) < 0)
		return -1;
	judge_rules_of(survey, &rules);
	if (judge(survey, &rules, findings, err) < 0)
		return -1;
	for (size_t i = 0; i < findings->n; i++)
		todo += !finding_is_told(&findings->all[i]);
	blind = reconcile_show_unknown(survey, &unknown);
	if (pass->how->json) {
		pass->findings = json_object_new_array();
		if (!pass->findings)
			return err_nomem(err);
	}
	if (blind && !pass->how->quiet && !pass->how->json)
		fputs(unknown.buf, stderr);
	if (blind && !pass->how->dry_run)
		log_warn("%.*s", (int)strcspn(unknown.buf, "\n"), unknown.buf);
	if (pass->how->dry_run) {
		plan(pass, findings);
	} else {
		/* before records are removed */
		note_money(app, survey);
		carry_out(pass, app, survey, findings);
	}
	if (!pass->how->dry_run)
		remember(app, survey, !blind && !pass->failed && !pass->stopped);
	if (!blind && !pass->failed && !pass->stopped && !(pass->how->dry_run ? todo : pass->done))
		put_line(pass, stdout, agree);
	if (pass->how->json) {
		/* of a dry run: what it would do is what does not agree */
		pass->done += pass->how->dry_run ? todo : 0;
		put_json(pass, unknown.buf);
	}
	return blind || pass->failed;
}

int reconcile_pass(struct app *app, const struct reconcile *how, struct err *err)
{
	CLEANUP(survey_release) struct survey survey = SURVEY_INIT;
	CLEANUP(findings_release) struct findings findings = FINDINGS_INIT;
	struct pass pass = {.how = how};
	int rc = run(&pass, app, &survey, &findings, err);

	json_object_put(pass.findings);
	return rc;
}
