/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prices: refresh asks AWS and writes; list reads, as SlurmUser from state.db, as anybody else from
 * what is public.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "helper/app.h"
#include "helper/commands.h"
#include "helper/log.h"
#include "helper/prices.h"
#include "helper/refresh.h"
#include "helper/show.h"
#include "helper/site.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

static int usage(FILE *to)
{
	fputs("usage: aws-slurm-burst prices refresh [--region R]\n"
	      "       aws-slurm-burst prices list [--region R|all] [--type GLOB] [--spot]\n"
	      "           [--sort price|type|price-per-core] [--json]\n",
		to);
	return to == stdout ? 0 : 2;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "aws-slurm-burst: prices: %s\n", err->text);
	return err_exit_code(err->class);
}

/* --- refresh --------------------------------------------------------------------------------- */

/* Each market of each region by itself: what fails leaves the others. */
static int refresh_all(struct app *app, const char *const *regions, size_t n, struct err *first)
{
	static const unsigned markets[] = {PRICES_LIST, PRICES_SPOT};
	int rc = 0;

	for (size_t i = 0; i < n * ARRAY_SIZE(markets); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		const char *region = regions[i / ARRAY_SIZE(markets)];
		struct err err = {0};

		if (prices_refresh(app, region, markets[i % ARRAY_SIZE(markets)], &out, &err) ==
			0) {
			fputs(out.buf, stdout);
			log_info("prices refreshed: %.*s", (int)strcspn(out.buf, "\n"), out.buf);
			continue;
		}
		log_err("%s; what was known stays", err.text);
		fprintf(stderr, "aws-slurm-burst: prices: %s; what was known stays\n", err.text);
		*first = rc < 0 ? *first : err;
		rc = -1;
	}
	return rc;
}

static int refresh(int argc, char **argv, const char *conf_path)
{
	static const struct option options[] = {
		{"region", required_argument, NULL, 'r'},
		{0},
	};
	CLEANUP(app_close) struct app app = APP_INIT;
	cleanup_free const char **regions = NULL;
	struct err err = {0}, public_err = {0};
	const char *region = NULL;
	size_t n = 1;
	int c, rc;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c != 'r')
			return usage(stderr);
		region = optarg;
	}
	if (optind != argc)
		return usage(stderr);
	if (app_load(&app, "prices", conf_path, false, &err) < 0 ||
		app_db(&app, DB_READ_WRITE, &err) < 0 ||
		(!region && refresh_regions(app.conf, &regions, &n, &err) < 0))
		return fail(&err);
	rc = refresh_all(&app, region ? &region : regions, n, &err);
	switch (prices_publish(&app, &public_err)) {
	case 1:
		break;
	case 0:
		printf("%s does not exist: users are told nothing of it\n",
			app.conf->public.directory);
		break;
	default:
		fail(&public_err);
	}
	return rc < 0 ? err_exit_code(err.class) : 0;
}

/* --- list ------------------------------------------------------------------------------------ */

static int parse_sort(const char *text, enum prices_sort *sort)
{
	static const char *const names[] = {
		[PRICES_BY_PRICE] = "price",
		[PRICES_BY_TYPE] = "type",
		[PRICES_BY_CORE] = "price-per-core",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i])) {
			*sort = (enum prices_sort)i;
			return 0;
		}
	fprintf(stderr,
		"aws-slurm-burst: prices: --sort \"%s\": expected price, type or price-per-core\n",
		text);
	return -1;
}

static int parse_list(int argc, char **argv, struct prices_filter *filter, bool *json)
{
	static const struct option options[] = {
		{"region", required_argument, NULL, 'r'},
		{"type", required_argument, NULL, 't'},
		{"sort", required_argument, NULL, 'o'},
		{"spot", no_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{0},
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'r') {
			filter->region = optarg;
		} else if (c == 't') {
			filter->type = optarg;
		} else if (c == 's') {
			filter->spot = true;
		} else if (c == 'j') {
			*json = true;
		} else if (c != 'o') {
			usage(stderr);
			return -1;
		} else if (parse_sort(optarg, &filter->sort) < 0) {
			return -1;
		}
	}
	if (optind == argc)
		return 0;
	usage(stderr);
	return -1;
}

/* What the caller may read: the state, or what is public. A damaged state is told. */
static int open_prices(struct app *app, const char *conf_path, struct err *err)
{
	struct site_source source;
	struct err why = {0};

	app->conf = site_load(conf_path, &source, err);
	if (!app->conf || app_become_owner(app->conf, err) < 0)
		return -1;
	if (*source.path || app_db(app, DB_READ_ONLY, &why) == 0 || why.class != ERR_FATAL)
		return 0;
	*err = why;
	return -1;
}

static int list(int argc, char **argv, const char *conf_path)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	struct prices_filter filter = {0};
	struct err err = {0};
	bool json = false;

	if (parse_list(argc, argv, &filter, &json) < 0)
		return 2;
	if (open_prices(&app, conf_path, &err) < 0)
		return fail(&err);
	if (!filter.region)
		filter.region = app.conf->aws.region;
	else if (!strcmp(filter.region, "all"))
		filter.region = NULL;
	if (prices_list(&app, &filter, clock_now_ms(), json, &out, &err) < 0)
		return fail(&err);
	return show_out(&out, &err) < 0 ? fail(&err) : 0;
}

int cmd_prices(int argc, char **argv, const char *conf_path)
{
	if (argc >= 2 && !strcmp(argv[argc - 1], "--help"))
		return usage(stdout);
	if (argc >= 2 && !strcmp(argv[1], "refresh"))
		return refresh(argc - 1, argv + 1, conf_path);
	if (argc >= 2 && !strcmp(argv[1], "list"))
		return list(argc - 1, argv + 1, conf_path);
	return usage(stderr);
}
