/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog: refresh asks EC2 and writes; list reads, as SlurmUser from state.db, as anybody else
 * from what is public.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/app.h"
#include "helper/catalog_list.h"
#include "helper/commands.h"
#include "helper/log.h"
#include "helper/public.h"
#include "helper/refresh.h"
#include "helper/show.h"
#include "helper/site.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define MAX_AGE_S 604800 /* for who cannot read the configuration */

static int usage(FILE *to)
{
	fputs("usage: aws-slurm-burst catalog refresh [--region R]\n"
	      "       aws-slurm-burst catalog list [--region R] [--type GLOB] [--efa] [--gpus]\n"
	      "           [--spot] [--arch x86_64|arm64] [--min-vcpus N] [--min-mem GIB] "
	      "[--json]\n",
		to);
	return to == stdout ? 0 : 2;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "aws-slurm-burst: catalog: %s\n", err->text);
	return err_exit_code(err->class);
}

/* --- refresh --------------------------------------------------------------------------------- */

/* Each region by itself: one that fails leaves the others. */
static int refresh_all(struct app *app, const char *const *regions, size_t n, struct err *first)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
		struct err err = {0};

		if (refresh_region(app, regions[i], &out, &err) < 0) {
			err_prefix(&err, "%s: what was known of it stays", regions[i]);
			log_err("%s", err.text);
			if (rc == 0)
				*first = err;
			else
				fail(&err);
			rc = -1;
			continue;
		}
		fputs(out.buf, stdout);
		log_info("catalogue refreshed: %.*s", (int)strcspn(out.buf, "\n"), out.buf);
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
	if (app_load(&app, "catalog", conf_path, false, &err) < 0 ||
		app_db(&app, DB_READ_WRITE, &err) < 0 ||
		(!region && refresh_regions(app.conf, &regions, &n, &err) < 0))
		return fail(&err);
	rc = refresh_all(&app, region ? &region : regions, n, &err);
	switch (public_catalogue(&app, &public_err)) {
	case 1:
		break;
	case 0:
		printf("%s does not exist: users are told nothing of it\n",
			app.conf->public.directory);
		break;
	default:
		fail(&public_err);
	}
	return rc < 0 ? fail(&err) : 0;
}

/* --- list ------------------------------------------------------------------------------------ */

struct list_options {
	struct catalog_filter filter;
	const char *region;
	bool json;
};

static int parse_number(const char *text, const char *name, unsigned long max, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	if (!errno && end != text && !*end && *text != '-' && *value <= max)
		return 0;
	fprintf(stderr, "aws-slurm-burst: catalog: %s \"%s\": expected a whole number up to %lu\n",
		name, text, max);
	return -1;
}

static int parse_list(int argc, char **argv, struct list_options *o)
{
	static const struct option options[] = {
		{"region", required_argument, NULL, 'r'},
		{"type", required_argument, NULL, 't'},
		{"arch", required_argument, NULL, 'a'},
		{"min-vcpus", required_argument, NULL, 'c'},
		{"min-mem", required_argument, NULL, 'm'},
		{"efa", no_argument, NULL, 'e'},
		{"gpus", no_argument, NULL, 'g'},
		{"spot", no_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{0},
	};
	struct catalog_filter *f = &o->filter;
	unsigned long number;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'r') {
			o->region = optarg;
		} else if (c == 't') {
			f->type = optarg;
		} else if (c == 'a') {
			f->arch = arch_parse(optarg);
			if (f->arch == ARCH_ANY) {
				fprintf(stderr,
					"aws-slurm-burst: catalog: --arch \"%s\": expected x86_64 "
					"or arm64\n",
					optarg);
				return -1;
			}
		} else if (c == 'c') {
			if (parse_number(optarg, "--min-vcpus", 65535, &number) < 0)
				return -1;
			f->min_vcpus = (unsigned)number;
		} else if (c == 'm') {
			if (parse_number(optarg, "--min-mem", 4194303, &number) < 0)
				return -1;
			f->min_mem_mib = (uint64_t)number * 1024;
		} else if (c == 'e') {
			f->efa = true;
		} else if (c == 'g') {
			f->gpus = true;
		} else if (c == 's') {
			f->spot = true;
		} else if (c == 'j') {
			o->json = true;
		} else {
			usage(stderr);
			return -1;
		}
	}
	if (optind == argc)
		return 0;
	usage(stderr);
	return -1;
}

/*
 * What the caller may read: the state with the configuration, or what is public. A damaged state is
 * told; one that is another's, or not there, is not.
 */
static int open_types(
	struct app *app, const char *conf_path, struct list_options *o, struct err *err)
{
	struct site_source source;
	struct err why = {0};

	app->conf = site_load(conf_path, &source, &why);
	if (!app->conf && !o->region) {
		*err = why;
		return err_prefix(err, "without a configuration give --region");
	}
	if (app->conf) {
		o->region = o->region ? o->region : app->conf->aws.region;
		if (app_become_owner(app->conf, err) < 0 ||
			(!*source.path && app_db(app, DB_READ_ONLY, &why) < 0 &&
				why.class == ERR_FATAL)) {
			*err = why.class == ERR_FATAL ? why : *err;
			return -1;
		}
	}
	app->types = types_create(app->db,
		app->conf ? app->conf->public.directory : CONF_DEFAULT_PUBLIC,
		app->conf ? app->conf->catalog.max_age_s : MAX_AGE_S, err);
	return app->types ? 0 : -1;
}

static int list(int argc, char **argv, const char *conf_path)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(app_close) struct app app = APP_INIT;
	const struct types_region *region;
	struct list_options o = {0};
	int64_t now_ms = clock_now_ms();
	struct err err = {0};

	if (parse_list(argc, argv, &o) < 0)
		return 2;
	if (open_types(&app, conf_path, &o, &err) < 0)
		return fail(&err);
	region = types_region(app.types, o.region, now_ms, &err);
	if (!region || catalog_list(region, &o.filter, now_ms, o.json, &out, &err) < 0)
		return fail(&err);
	return show_out(&out, &err) < 0 ? fail(&err) : 0;
}

int cmd_catalog(int argc, char **argv, const char *conf_path)
{
	if (argc >= 2 && !strcmp(argv[argc - 1], "--help"))
		return usage(stdout);
	if (argc >= 2 && !strcmp(argv[1], "refresh"))
		return refresh(argc - 1, argv + 1, conf_path);
	if (argc >= 2 && !strcmp(argv[1], "list"))
		return list(argc - 1, argv + 1, conf_path);
	return usage(stderr);
}
