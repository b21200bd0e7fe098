/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/account.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/cache.h"
#include "lib/state/gang.h"
#include "lib/state/instance.h"

#define KNOWN_MS   86400000 /* a key never changes its account; the cache need not grow for ever */
#define UNASKED_MS 600000   /* each try may take its time to fail */

/* The account of our key, by the cache or STS, into ACCOUNT. 1; 0: cannot be known now; -1. */
static int find_account(struct app *app, char *account, struct err *err)
{
	struct aws *aws = app_aws(app, NULL, err);
	char key[AWS_KEY_ID_SIZE + 16], id[AWS_KEY_ID_SIZE];
	cleanup_free char *value = NULL;
	int64_t now_ms = clock_now_ms();
	struct err why = {0};
	int rc;

	if (!aws || aws_key_id(aws, id, sizeof(id), err) < 0)
		return -1;
	snprintf(key, sizeof(key), "account/%s", id);
	if (cache_get(app->db, key, now_ms, &value, err) < 0)
		return -1;
	if (value && strlen(value) < AWS_ACCOUNT_SIZE) {
		snprintf(account, AWS_ACCOUNT_SIZE, "%s", value);
		return *account ? 1 : 0;
	}
	rc = aws_account(aws, account, &why);
	if (rc < 0) {
		log_warn("whose account our credentials are of is not known: %s", why.text);
		*account = '\0';
	}
	/* a full disk is no reason not to end what runs */
	if (!db_is_read_only(app->db) &&
		cache_put(app->db, key, account, now_ms + (rc < 0 ? UNASKED_MS : KNOWN_MS), &why) <
			0)
		log_debug("%s", why.text);
	return rc < 0 ? 0 : 1;
}

/* Does anything live at EC2 by our records? 1, 0, -1. */
static int anything_lives(struct app *app, struct err *err)
{
	cleanup_free struct instance *list = NULL;
	struct gang *gangs = NULL;
	size_t n = 0, ngangs = 0;

	if (instance_list(app->db, NULL, false, &list, &n, err) < 0 ||
		gang_list(app->db, false, &gangs, &ngangs, err) < 0)
		return -1;
	gang_list_release(gangs, ngangs);
	return n || ngangs;
}

/* What state.db is of. */
struct belonging {
	const char *key;         /* in meta, and in words */
	const char *now, *moved; /* before the name that we have now */
	enum err_class class;
	const char *advice;
};

static const struct belonging to_account = {
	"account", "the credentials are of AWS account", "in AWS account", ERR_AUTH, ""};
/* no fault of a job, and mended without it: of a class that is tried again */
static const struct belonging to_cluster = {"cluster",
	"our name is (by cluster_name, else slurm.conf's ClusterName)", "of cluster", ERR_FATAL,
	"; set the name back until that has ended"};

static void write_down(struct app *app, const struct belonging *to, const char *name)
{
	struct err err;

	if (!db_is_read_only(app->db) && meta_set(app->db, to->key, name, &err) < 0)
		log_warn("our %s is not written down: %s", to->key, err.text);
}

static int compare(struct app *app, const struct belonging *to, const char *name, struct err *err)
{
	cleanup_free char *known = NULL;
	struct err why = {0};
	int lives;

	if (meta_get(app->db, to->key, &known, &why) < 0) {
		if (why.class != ERR_NOTFOUND) {
			if (err)
				*err = why;
			return -1;
		}
		write_down(app, to, name);
		return 0;
	}
	if (!strcmp(known, name))
		return 0;
	lives = anything_lives(app, err);
	if (lives < 0)
		return -1;
	if (lives)
		return err_set(err, to->class,
			"%s %s, but what state.db says to be running is of %s %s%s", to->now, name,
			to->key, known, to->advice);
	log_warn("from now on %s %s; before it was %s, of which nothing runs any more", to->moved,
		name, known);
	write_down(app, to, name);
	return 0;
}

int account_check(struct app *app, struct err *err)
{
	char account[AWS_ACCOUNT_SIZE];
	int rc;

	if (app->account_good || !app->db)
		return 0;
	/* its instances carry it in a tag, and without that nothing is ended */
	if (*app->cluster && compare(app, &to_cluster, app->cluster, err) < 0)
		return -1;
	rc = find_account(app, account, err);
	if (rc > 0)
		rc = compare(app, &to_account, account, err);
	app->account_good = rc == 0;
	return rc;
}
