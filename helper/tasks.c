/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/tasks.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "helper/app.h"
#include "helper/log.h"
#include "helper/notices.h"
#include "helper/prices.h"
#include "helper/public.h"
#include "helper/reconcile.h"
#include "helper/refresh.h"
#include "helper/site.h"
#include "helper/survey.h"
#include "helper/types.h"
#include "helper/watch.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/cache.h"

/* A pass ends what it begins within seconds; thousands of nodes take EC2 some minutes. */
#define PASS_LIMIT_MS 1800000
/* The next pass sees what this one did not wait for. */
#define PASS_SETTLE_MS 10000
/* Placement groups, template versions and records do not cost money: looked at less often. */
#define ALL_EVERY_MS 600000
#define ALL_KEY      "reconcile/all"
/* It ends only when something is wrong. */
#define NOTICES_EVERY_MS 10000
#define CATALOG_EVERY_MS 3600000
#define CATALOG_LIMIT_MS 900000
#define PRICES_LIMIT_MS  600000
#define STAND_BY_EVERY_S 5

static int fail(const struct err *err)
{
	log_err("%s", err->text);
	return EXIT_FAILURE;
}

/* Is it time to look at everything? Then that is noted. */
static unsigned choose_parts(struct app *app)
{
	int64_t now_ms = clock_now_ms();
	cleanup_free char *value = NULL;
	struct err err;

	if (cache_get(app->db, ALL_KEY, now_ms, &value, NULL) == 0 && value)
		return 0;
	if (cache_put(app->db, ALL_KEY, "", now_ms + ALL_EVERY_MS, &err) < 0)
		log_warn("%s", err.text);
	return SURVEY_ALL;
}

static int run_pass(const char *conf_path, volatile sig_atomic_t *stop)
{
	struct reconcile how = {.quiet = true, .settle_ms = PASS_SETTLE_MS, .stop = stop};
	CLEANUP(app_close) struct app app = APP_INIT;
	cleanup_close int lock = -1;
	struct err err;

	if (app_load(&app, "reconcile", conf_path, false, &err) < 0)
		return fail(&err);
	lock = reconcile_lock(&app, 0, &err);
	if (lock < 0 && err.class == ERR_BUSY)
		return EXIT_SUCCESS; /* a person's */
	if (lock < 0 || app_slurm(&app, &err) < 0 || app_db(&app, DB_READ_WRITE, &err) < 0 ||
		db_check_daily(app.db, &err) < 0)
		return fail(&err);
	if (site_keep(app.conf, &err) < 0)
		log_warn("what users may know of the configuration: %s", err.text);
	how.parts = choose_parts(&app);
	/* what could not be repaired is in the log, and no reason to look less often */
	return reconcile_pass(&app, &how, &err) < 0 ? fail(&err) : EXIT_SUCCESS;
}

static int run_notices(const char *conf_path, volatile sig_atomic_t *stop)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err;

	if (app_load(&app, "notices", conf_path, false, &err) < 0)
		return fail(&err);
	return notices_run(&app, stop) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int refresh_old(struct app *app, struct err *err)
{
	cleanup_free const char **regions = NULL;
	int64_t now_ms = clock_now_ms();
	size_t n = 0, refreshed = 0;

	if (refresh_regions(app->conf, &regions, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		int64_t asked_ms = 0;

		if (catalog_db_refreshed(app->db, regions[i], &asked_ms, err) < 0)
			return -1;
		if (now_ms - asked_ms < app->conf->catalog.max_age_s * 1000 / 2)
			continue;
		if (refresh_region(app, regions[i], &out, err) < 0)
			return -1;
		refreshed++;
	}
	return refreshed ? public_catalogue(app, err) : 0;
}

static int run_catalog(const char *conf_path, volatile sig_atomic_t *stop)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err;

	if (app_load(&app, "catalog", conf_path, false, &err) < 0 ||
		app_db(&app, DB_READ_WRITE, &err) < 0 || refresh_old(&app, &err) < 0)
		return fail(&err);
	return EXIT_SUCCESS;
}

/* A site without the permission is told so once an hour. */
#define PRICES_AGAIN_MS 3600000

static bool has_failed(struct app *app, const char *region, char key[64])
{
	cleanup_free char *value = NULL;

	snprintf(key, 64, "prices/failed/%s", region);
	return cache_get(app->db, key, clock_now_ms(), &value, NULL) == 0 && value;
}

/* Each region by itself: what cannot be had of one is logged, and asked again in an hour. */
static int refresh_prices(struct app *app, volatile sig_atomic_t *stop, struct err *err)
{
	cleanup_free const char **regions = NULL;
	bool came = false;
	size_t n = 0;

	if (refresh_regions(app->conf, &regions, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && !*stop; i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		int what = prices_old(app, regions[i], clock_now_ms(), err);
		char key[64];

		if (what < 0)
			return -1;
		if (!what || has_failed(app, regions[i], key))
			continue;
		if (prices_refresh(app, regions[i], (unsigned)what, &out, err) < 0) {
			log_warn("%s; what was known stays", err->text);
			if (cache_put(app->db, key, "", clock_now_ms() + PRICES_AGAIN_MS, err) < 0)
				log_warn("%s", err->text);
		}
		came = came || *out.buf;
		log_debug("prices refreshed: %s", out.buf);
	}
	return came && prices_publish(app, err) < 0 ? -1 : 0;
}

static int run_prices(const char *conf_path, volatile sig_atomic_t *stop)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	struct err err;

	if (app_load(&app, "prices", conf_path, false, &err) < 0 ||
		app_db(&app, DB_READ_WRITE, &err) < 0 || refresh_prices(&app, stop, &err) < 0)
		return fail(&err);
	return EXIT_SUCCESS;
}

static volatile sig_atomic_t stop_standing_by;

static void ask_to_stop(int signal)
{
	stop_standing_by = 1;
}

/* Until we are the one that works: a descriptor, -1 when told to end, -2 with ERR. */
static int stand_by(const struct app *app, struct err *err)
{
	struct sigaction action = {.sa_handler = ask_to_stop}, term, interrupt;
	static const struct timespec pause = {.tv_sec = STAND_BY_EVERY_S};
	char path[PATH_MAX];
	bool said = false;
	int lock = -1;

	if (app_path(app, "watch.lock", path, sizeof(path), err) < 0)
		return -2;
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, &term);
	sigaction(SIGINT, &action, &interrupt);
	while (!stop_standing_by) {
		lock = file_lock(path, 0, err);
		if (lock >= 0 || err->class != ERR_BUSY)
			break;
		if (!said)
			log_info("another watch is at work: standing by");
		said = true;
		/* a signal ends it */
		nanosleep(&pause, NULL);
	}
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGINT, &interrupt, NULL);
	if (lock < 0 && !stop_standing_by)
		return -2;
	return lock;
}

int tasks_watch(const char *conf_path)
{
	CLEANUP(app_close) struct app app = APP_INIT;
	cleanup_close int lock = -1;
	struct err err;

	/* also becomes SlurmUser: what a change of user does to children's signals is done then */
	if (app_load(&app, "watch", conf_path, isatty(STDERR_FILENO), &err) < 0)
		goto fail;
	{
		const struct watch_task tasks[] = {
			{"reconcile", run_pass, app.conf->reconcile.interval_s * 1000,
				PASS_LIMIT_MS},
			{"notices", run_notices, NOTICES_EVERY_MS, 0},
			{"catalog", run_catalog, CATALOG_EVERY_MS, CATALOG_LIMIT_MS},
			/* each time half the age of a Spot price is over */
			{"prices", run_prices, app.conf->prices.spot_max_age_s * 1000 / 2,
				PRICES_LIMIT_MS},
		};

		lock = stand_by(&app, &err);
		if (lock == -1)
			return EXIT_SUCCESS;
		if (lock >= 0) {
			log_info("watching: a pass every %lld s",
				(long long)app.conf->reconcile.interval_s);
			if (watch_run(tasks, ARRAY_SIZE(tasks), conf_path, &err) == 0)
				return EXIT_SUCCESS;
		}
	}
fail:
	fail(&err);
	if (!isatty(STDERR_FILENO))
		fprintf(stderr, "aws-slurm-burst: watch: %s\n", err.text);
	return err_exit_code(err.class);
}
