/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/rebuild.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "helper/adopt.h"
#include "helper/lock.h"
#include "helper/log.h"
#include "helper/refresh.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/counter.h"
#include "lib/state/instance.h"

#define FILE_NAME "state.db"

/* What EC2 has of ours in one region. */
struct region {
	const char *name;
	struct ec2_instances found;
};

struct regions {
	struct region *all;
	size_t n;
};

static void regions_release(struct regions *regions)
{
	for (size_t i = 0; i < regions->n; i++)
		ec2_instances_release(&regions->all[i].found);
	free(regions->all);
}

static int look_at_ec2(struct app *app, struct regions *regions, struct err *err)
{
	static const char *const living[] = {
		"pending", "running", "shutting-down", "stopping", "stopped"};
	const char *cluster = app->cluster;
	struct ec2_filter filters[] = {
		{.name = "tag:burst:cluster", .values = &cluster, .nvalues = 1},
		{.name = "instance-state-name", .values = living, .nvalues = ARRAY_SIZE(living)},
	};
	cleanup_free const char **names = NULL;
	size_t n = 0;

	if (refresh_regions(app->conf, &names, &n, err) < 0)
		return -1;
	regions->all = calloc(n + 1, sizeof(*regions->all));
	if (!regions->all)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct region *region = &regions->all[i];
		struct aws *aws = app_aws(app, names[i], err);

		region->name = names[i] ? names[i] : aws ? aws_region(aws) : "";
		if (!aws || ec2_describe_instances(aws, NULL, 0, filters, ARRAY_SIZE(filters),
				    &region->found, err) < 0)
			return err_prefix(err, "region %s", region->name);
		regions->n++;
	}
	return 0;
}

/* --- the file -------------------------------------------------------------------------------- */

/* Is there a file to be replaced, or none at all? 1: damaged, 0: none, -1: no reason to. */
static int look_at_file(struct app *app, struct err *err)
{
	const struct conf *conf = app->conf;
	struct err why = {0};
	char path[PATH_MAX];
	struct stat st;
	int rc = -1;

	if (app_path(app, FILE_NAME, path, sizeof(path), err) < 0)
		return -1;
	if (lstat(path, &st) < 0 && errno == ENOENT)
		return 0;
	app->db = db_open(conf->state.directory, DB_READ_WRITE, conf->state.shared, &why);
	if (app->db)
		rc = db_check(app->db, &why);
	db_close(app->db);
	app->db = NULL;
	if (rc < 0 && db_is_damage(&why)) {
		printf("%s\n", why.text);
		return 1;
	}
	if (rc < 0) { /* what a person mends without losing anything */
		if (err)
			*err = why;
		return -1;
	}
	return err_set(err, ERR_USAGE,
		"%s is whole: reconcile without --rebuild does what there is to do. If you want to "
		"begin anew nevertheless, move it away first",
		path);
}

/* Under names of their own: the file is kept, and can be read with its log. */
static int move_away(struct app *app, char *moved, size_t size, struct err *err)
{
	static const char *const tails[] = {"-wal", "-shm", "-journal", ""};
	char from[PATH_MAX], to[PATH_MAX], stamp[32];
	time_t now = (time_t)clock_now_s();
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm))
		return err_set(err, ERR_FATAL, "what time is it?");
	/* state.db last: who dies in between finds a damaged one again */
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		char name[128];

		snprintf(name, sizeof(name), FILE_NAME "%s", tails[i]);
		if (app_path(app, name, from, sizeof(from), err) < 0)
			return -1;
		snprintf(name, sizeof(name), FILE_NAME ".damaged-%s%s", stamp, tails[i]);
		if (app_path(app, name, to, sizeof(to), err) < 0)
			return -1;
		if (rename(from, to) < 0 && errno != ENOENT)
			return err_errno(err, ERR_FATAL, "cannot move %s", from);
	}
	snprintf(moved, size, "%s", to);
	return 0;
}

/* --- what runs ------------------------------------------------------------------------------- */

static int by_gang(const void *a, const void *b)
{
	const char *x = adopt_gang_of(*(const struct ec2_instance *const *)a);
	const char *y = adopt_gang_of(*(const struct ec2_instance *const *)b);

	return strcmp(x ? x : "", y ? y : "");
}

static bool is_used(const struct ec2_instance *instance, const struct adopt_slurm *slurm)
{
	for (size_t i = 0; i < slurm->nnodes; i++)
		if (adopt_is_node(instance, &slurm->nodes[i]))
			return true;
	return false;
}

/* One gang's N, all of a region. 1: adopted, 0: not, -1. */
static int rebuild_gang(struct app *app, const char *region, const struct ec2_instance **members,
	size_t n, const struct adopt_slurm *slurm, struct err *err)
{
	const char *gang = adopt_gang_of(members[0]);
	cleanup_free struct instance *rows = NULL;
	cleanup_close int lock = -1;
	size_t nrows = 0;
	bool used = false;

	if (!gang) {
		printf("instance %s: its gang's name is none of ours: left alone\n",
			members[0]->id);
		return 0;
	}
	for (size_t i = 0; i < n && !used; i++)
		used = is_used(members[i], slurm);
	/* whatever else carries our tag is for the ordinary rules, which give it its time */
	if (!used)
		return 0;
	lock = lock_gang(app, gang, 0, err);
	if (lock < 0) {
		printf("gang %s: a process is at work on it; a later reconcile adopts it\n", gang);
		return err->class == ERR_BUSY ? 0 : -1;
	}
	/* one that has begun meanwhile has its rows */
	if (instance_list(app->db, gang, true, &rows, &nrows, err) < 0)
		return -1;
	if (nrows)
		return 0;
	if (adopt_members(app, region, members, n, slurm,
		    "state.db was lost, and Slurm does not use it", err) < 0)
		return -1;
	printf("gang %s: adopted with %zu instance(s) in %s\n", gang, n, region);
	return 1;
}

static int rebuild_region(struct app *app, const struct region *region,
	const struct adopt_slurm *slurm, size_t *adopted, size_t *left, struct err *err)
{
	size_t n = region->found.n;
	cleanup_free const struct ec2_instance **sorted = calloc(
		n + 1, sizeof(struct ec2_instance *));

	if (!sorted)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		sorted[i] = &region->found.all[i];
	qsort(sorted, n, sizeof(*sorted), by_gang);
	for (size_t i = 0, k; i < n; i = k) {
		int rc;

		for (k = i + 1;
			k < n && adopt_gang_of(sorted[i]) && !by_gang(&sorted[i], &sorted[k]); k++)
			;
		rc = rebuild_gang(app, region->name, sorted + i, k - i, slurm, err);
		if (rc < 0)
			return -1;
		*(rc ? adopted : left) += k - i;
	}
	return 0;
}

static void tell_loss(const char *moved)
{
	if (*moved)
		printf("the damaged file is %s: keep it, what is lost may be read from it\n",
			moved);
	/* the budgets last: it is they that somebody has to do something about */
	printf("lost: what ended instances cost, and with it what jobs have spent of their cost "
	       "limits, and everybody of budgets; how often each job's start failed; which pools "
	       "had no capacity; node "
	       "groups "
	       "closed after failed boots (they are open); tries and reasons that explain shows; "
	       "notices of EC2; what \"catalog refresh\" and \"prices refresh\" had learnt; the "
	       "budgets of \"budget set\": nothing is held against them until they are set "
	       "again\n");
	log_warn("state.db was made anew%s%s; lost: costs and what was spent of cost limits and "
		 "budgets so far, "
		 "failed starts, what was remembered of pools and node groups, tries, notices, the "
		 "catalogue, prices, and the budgets of \"budget set\"",
		*moved ? ", the damaged one is " : "", moved);
}

static int begin_anew(struct app *app, struct err *err)
{
	char now[24];

	snprintf(now, sizeof(now), "%lld", (long long)clock_now_ms());
	return app_db(app, DB_READ_WRITE, err) < 0 ||
			       meta_set(app->db, "rebuilt_ms", now, err) < 0 ||
			       counter_add(app->db, "reconcile.rebuild", 1, err) < 0
		       ? -1
		       : 0;
}

int rebuild(struct app *app, struct err *err)
{
	CLEANUP(adopt_slurm_release) struct adopt_slurm slurm = {0};
	CLEANUP(regions_release) struct regions regions = {0};
	size_t adopted = 0, left = 0;
	char moved[PATH_MAX] = "";
	int damaged = look_at_file(app, err);

	if (damaged < 0)
		return -1;
	if (adopt_slurm_read(&slurm, err) < 0 || look_at_ec2(app, &regions, err) < 0)
		return err_prefix(err, "nothing was changed");
	if (damaged && move_away(app, moved, sizeof(moved), err) < 0)
		return -1;
	if (begin_anew(app, err) < 0)
		return -1;
	for (size_t i = 0; i < regions.n; i++)
		if (rebuild_region(app, &regions.all[i], &slurm, &adopted, &left, err) < 0)
			return -1;
	printf("state.db made anew: %zu instance(s) adopted, %zu of no use to Slurm\n", adopted,
		left);
	tell_loss(moved);
	return 0;
}
