/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/app.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/log.h"
#include "helper/pace.h"
#include "helper/prices.h"
#include "helper/types.h"
#include "lib/base/cleanup.h"

static void warn(void *arg, const char *text)
{
	log_debug("%s", text);
}

/* What the configuration is needed for is not known yet: open the log as soon as it is. */
int app_load(struct app *app, const char *command, const char *conf_path, bool to_stderr,
	struct err *err)
{
	enum log_level level = LOG_LEVEL_INFO;
	const char *path = conf_choose_path(conf_path);

	burst_log_open(command, NULL, level, false, to_stderr);
	app->conf = conf_load(path, NULL, NULL, err);
	if (!app->conf)
		return -1;
	if (app_become_owner(app->conf, err) < 0)
		return -1;
	log_level_parse(app->conf->log.level, &level);
	burst_log_close();
	burst_log_open(command, app->conf->log.file, level, !strcmp(app->conf->log.format, "json"),
		to_stderr);
	if (level == LOG_LEVEL_DEBUG) {
		struct conf *again = conf_load(path, warn, NULL, NULL);

		conf_destroy(again);
	}
	return 0;
}

int app_become_owner(const struct conf *conf, struct err *err)
{
	const struct passwd *owner;
	struct stat st;

	if (geteuid() != 0 || stat(conf->state.directory, &st) < 0 || st.st_uid == 0)
		return 0;
	owner = getpwuid(st.st_uid);
	if (!owner)
		return err_set(err, ERR_CONFIG, "%s belongs to uid %u, which is no user",
			conf->state.directory, (unsigned)st.st_uid);
	if (initgroups(owner->pw_name, owner->pw_gid) < 0 || setgid(owner->pw_gid) < 0 ||
		setuid(owner->pw_uid) < 0)
		return err_errno(err, ERR_FATAL, "cannot become %s", owner->pw_name);
	/* a change of user makes a process dumpable again */
	prctl(PR_SET_DUMPABLE, 0);
	/* root's own is not ours to read: ~/.aws is sought there */
	if (setenv("HOME", owner->pw_dir, 1) < 0)
		return err_errno(err, ERR_FATAL, "HOME");
	return 0;
}

int app_slurm(struct app *app, struct err *err)
{
	if (app->slurm_ready)
		return 0;
	if (slurm_client_init(app->conf->slurm.config_path, err) < 0)
		return -1;
	if (slurm_client_site(&app->site, err) < 0)
		return -1;
	snprintf(app->cluster, sizeof(app->cluster), "%s",
		app->conf->cluster ? app->conf->cluster : app->site.cluster);
	app->slurm_ready = true;
	return 0;
}

int app_db(struct app *app, enum db_mode mode, struct err *err)
{
	if (app->db)
		return 0;
	app->db = db_open(app->conf->state.directory, mode, app->conf->state.shared, err);
	if (!app->db)
		return -1;
	if (db_is_new(app->db))
		log_warn("a new state.db begins in %s: if there was one before, the costs, holds "
			 "and "
			 "counters in it and the budgets of \"budget set\" are lost; put a copy "
			 "of it back, or set those budgets again (doc/state.md)",
			app->conf->state.directory);
	return 0;
}

const char *app_db_words(const struct conf *conf, const struct err *why, char *buf, size_t size)
{
	const struct passwd *owner;
	struct stat st;

	if (stat(conf->state.directory, &st) < 0 || st.st_uid == geteuid())
		return why->text;
	owner = getpwuid(st.st_uid);
	snprintf(buf, size, "only %s may read %s", owner ? owner->pw_name : "its owner",
		conf->state.directory);
	return buf;
}

struct aws *app_aws(struct app *app, const char *region, struct err *err)
{
	const struct conf *conf = app->conf;
	struct aws_options options = {
		.region = region && *region ? region : conf->aws.region,
		.profile = conf->aws.profile,
		.config_file = conf->aws.config_file,
		.credentials_file = conf->aws.credentials_file,
		.endpoint_url = conf->aws.endpoint_url,
		.ca_bundle = conf->aws.ca_bundle,
		.role_arn = conf->aws.role_arn,
		.role_session_name = conf->aws.role_session_name,
		.role_external_id = conf->aws.role_external_id,
		.role_duration_s = conf->aws.role_duration_s,
		.use_fips = conf->aws.use_fips,
		.use_dualstack = conf->aws.use_dualstack,
		.max_attempts = conf->aws.retry_max_attempts,
		.connect_timeout_ms = conf->aws.connect_timeout_ms,
		.timeout_ms = conf->aws.timeout_ms,
		.throttle_wait_ms = (int)conf->aws.throttle_wait_s * 1000,
	};
	struct err why = {0};
	const char *name = options.region ? options.region : "";

	for (size_t i = 0; i < app->nregions; i++)
		if (!strcmp(app->regions[i].region, name))
			return app->regions[i].aws;
	if (conf_export(conf, err) < 0)
		return NULL;
	if (app->nregions == APP_REGIONS_MAX) {
		err_set(err, ERR_CONFIG, "more than %d regions", APP_REGIONS_MAX);
		return NULL;
	}
	app->regions[app->nregions].region = strdup(name);
	if (!app->regions[app->nregions].region) {
		err_nomem(err);
		return NULL;
	}
	app->regions[app->nregions].aws = aws_create(&options, err);
	if (!app->regions[app->nregions].aws) {
		free(app->regions[app->nregions].region);
		return NULL;
	}
	if (!app->pace)
		app->pace = pace_create(conf->state.directory, conf->aws.api_share_percent, &why);
	if (!app->pace)
		log_debug("EC2's rates are not kept: %s", why.text);
	pace_attach(app->pace, app->regions[app->nregions].aws);
	return app->regions[app->nregions++].aws;
}

int app_path(const struct app *app, const char *name, char *path, size_t size, struct err *err)
{
	int n = snprintf(path, size, "%s/%s", app->conf->state.directory, name);

	if (n < 0 || (size_t)n >= size)
		return err_set(
			err, ERR_CONFIG, "path too long: %s/%s", app->conf->state.directory, name);
	return 0;
}

void app_detach(struct app *app)
{
	while (app->nregions) {
		app->nregions--;
		aws_destroy(app->regions[app->nregions].aws);
		free(app->regions[app->nregions].region);
	}
	pace_destroy(app->pace);
	app->pace = NULL;
	types_destroy(app->types);
	app->types = NULL;
	prices_destroy(app->prices);
	app->prices = NULL;
	db_close(app->db);
	app->db = NULL;
}

void app_close(struct app *app)
{
	app_detach(app);
	if (app->slurm_ready)
		slurm_client_fini();
	conf_destroy(app->conf);
	burst_log_close();
	*app = (struct app)APP_INIT;
}
