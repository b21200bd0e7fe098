/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app: what every command works with: the configuration, Slurm, the state and EC2, each opened when
 * it is first needed and, since none of them survives fork(2), after a command has forked.
 *
 *	struct app app = APP_INIT;
 *	if (app_load(&app, "resume", conf_path, err) < 0 || app_slurm(&app, err) < 0) ...
 *	app_close(&app);
 */
#ifndef BURST_APP_H
#define BURST_APP_H

#include "helper/conf.h"
#include "lib/aws/aws.h"
#include "lib/slurm/slurm_client.h"
#include "lib/state/db.h"

#define APP_REGIONS_MAX 12

struct pace;
struct prices;
struct types;

struct app {
	struct conf *conf;
	struct slurm_site site; /* valid after app_slurm() */
	bool slurm_ready;
	struct db *db;
	struct {
		char *region;
		struct aws *aws;
	} regions[APP_REGIONS_MAX];
	size_t nregions;
	struct pace *pace;     /* of all regions; NULL: not made, or its file cannot be had */
	struct types *types;   /* what is known of instance types; NULL: not asked yet */
	struct prices *prices; /* what is known of prices; NULL: not asked yet */
	bool account_good;     /* account.h: they are those of the account that state.db is of */
	bool public_off;       /* nothing more for users from this process: it was said why */
	char cluster[64];      /* our name in tags; valid after app_slurm() */
};

#define APP_INIT                                                                                   \
	{                                                                                          \
		0                                                                                  \
	}

/* The configuration of -c, AWS_SLURM_BURST_CONFIG or the default path, and the log that it names.
 * TO_STDERR: also say it at the terminal. */
int app_load(struct app *app, const char *command, const char *conf_path, bool to_stderr,
	struct err *err);

/*
 * Root becomes the owner of the state directory (SlurmUser), for good: a lock, a journal or a log
 * that root made would lock SlurmUser's own commands out. app_load() calls it.
 */
int app_become_owner(const struct conf *conf, struct err *err);

/* libslurm and slurmctld's configuration. */
int app_slurm(struct app *app, struct err *err);

/* state.db; DB_READ_ONLY for those who only look. */
int app_db(struct app *app, enum db_mode mode, struct err *err);

/*
 * Why state.db is not for us, for people: another user's, whose name is told, or WHY, with which
 * app_db() failed. BUF is for the former; returns it or WHY's text.
 */
const char *app_db_words(const struct conf *conf, const struct err *why, char *buf, size_t size);

/* The client for REGION (NULL: the configured one); owned by APP. NULL on failure. */
struct aws *app_aws(struct app *app, const char *region, struct err *err);

/* STATE/NAME into PATH; ERR_CONFIG if it does not fit. */
int app_path(const struct app *app, const char *name, char *path, size_t size, struct err *err);

/* Close state and EC2 (not Slurm, not the configuration): before fork. */
void app_detach(struct app *app);
void app_close(struct app *app);

#endif
