/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/public.h"

#include <endian.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "helper/explain.h"
#include "helper/log.h"
#include "helper/prices.h"
#include "helper/prune.h"
#include "helper/reserved.h"
#include "helper/site.h"
#include "helper/types.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/gang.h"

#define JOBS_EACH 32 /* more than so many jobs of one gang have one file together */
#define PLAN_MAX  (4 * 1024 * 1024)

int public_ready(const struct conf *conf, struct err *err)
{
	struct err why = {0};

	if (!conf->public.directory)
		return 0;
	if (file_check_dir(conf->public.directory, geteuid(), false, &why) == 0)
		return 1;
	if (why.class == ERR_NOTFOUND)
		return 0;
	err_prefix(&why, "public.directory");
	if (err)
		*err = why;
	return -1;
}

static int make_path(
	const struct conf *conf, const char *name, char path[PATH_MAX], struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", conf->public.directory, name) < PATH_MAX)
		return 0;
	return err_set(err, ERR_CONFIG, "path too long: %.100s...", conf->public.directory);
}

int public_write(const struct conf *conf, const char *name, const char *text, struct err *err)
{
	char path[PATH_MAX];

	if (make_path(conf, name, path, err) < 0)
		return -1;
	return file_write(path, 0644, text, strlen(text), FILE_NO_SYNC, err);
}

/* --- ACL ------------------------------------------------------------------------------------- */

/*
 * An access ACL as Linux keeps it in system.posix_acl_access (linux/posix_acl_xattr.h), which is
 * little-endian: written by hand, it saves a dependency on libacl.
 */
#define ACL_XATTR     "system.posix_acl_access"
#define ACL_VERSION   2
#define ACL_USER_OBJ  0x01
#define ACL_USER      0x02
#define ACL_GROUP_OBJ 0x04
#define ACL_MASK      0x10
#define ACL_OTHER     0x20
#define ACL_READ      4
#define ACL_WRITE     2
#define ACL_NO_ID     UINT32_MAX

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static struct acl_entry entry(uint16_t tag, uint16_t perm, uint32_t id)
{
	return (struct acl_entry){htole16(tag), htole16(perm), htole32(id)};
}

static int let_user_read(const char *path, uid_t user, struct err *err)
{
	struct {
		uint32_t version;
		struct acl_entry entries[5];
	} acl = {
		.version = htole32(ACL_VERSION),
		.entries =
			{
				entry(ACL_USER_OBJ, ACL_READ | ACL_WRITE, ACL_NO_ID),
				entry(ACL_USER, ACL_READ, user),
				entry(ACL_GROUP_OBJ, 0, ACL_NO_ID),
				entry(ACL_MASK, ACL_READ, ACL_NO_ID),
				entry(ACL_OTHER, 0, ACL_NO_ID),
			},
	};

	if (setxattr(path, ACL_XATTR, &acl, sizeof(acl), 0) == 0)
		return 0;
	if (errno == EOPNOTSUPP)
		return err_set(err, ERR_CONFIG,
			"%s: the file system has no ACLs, and PrivateData=jobs: users are not "
			"shown the plans of their jobs",
			path);
	return err_errno(err, ERR_FATAL, "setting the ACL of %s", path);
}

int public_write_private(
	const struct conf *conf, const char *name, const char *text, uid_t user, struct err *err)
{
	char path[PATH_MAX];

	if (make_path(conf, name, path, err) < 0 ||
		file_write(path, 0600, text, strlen(text), FILE_NO_SYNC, err) < 0)
		return -1;
	if (user == geteuid() || let_user_read(path, user, err) == 0)
		return 0;
	unlink(path);
	return -1;
}

/* --- catalogue and prices -------------------------------------------------------------------- */

static int write_json(
	const struct conf *conf, const char *name, struct json_object *json, struct err *err)
{
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);

	return text ? public_write(conf, name, text, err) : err_nomem(err);
}

static int write_catalogue(struct app *app, struct types *types, struct err *err)
{
	cleanup_free const struct types_region **regions = NULL;
	struct json_object *json;
	int64_t now_ms = clock_now_ms();
	char **names = NULL;
	size_t n = 0, got = 0;
	int rc = -1;

	if (catalog_db_regions(app->db, &names, &n, err) < 0)
		return -1;
	regions = calloc(n + 1, sizeof(*regions));
	if (!regions)
		err_nomem(err);
	for (; regions && got < n; got++) {
		regions[got] = types_region(types, names[got], now_ms, err);
		if (!regions[got])
			break;
	}
	if (regions && got == n) {
		json = types_json(regions, n, now_ms);
		rc = write_json(app->conf, TYPES_PUBLIC_FILE, json, err);
		json_object_put(json);
	}
	catalog_db_regions_release(names, n);
	return rc;
}

int public_catalogue(struct app *app, struct err *err)
{
	struct types *types;
	int rc = public_ready(app->conf, err);

	if (rc <= 0)
		return rc;
	types = types_create(app->db, NULL, app->conf->catalog.max_age_s, err);
	if (!types)
		return -1;
	rc = write_catalogue(app, types, err);
	types_destroy(types);
	if (rc < 0 || prices_publish(app, err) < 0 || site_export(app->conf, err) < 0 ||
		reserved_publish(app, err) < 0)
		return -1;
	return 1;
}

/* --- plans ----------------------------------------------------------------------------------- */

/* Traversable for all; with private jobs it does not list them. */
static int make_plan_dir(const struct app *app, struct err *err)
{
	mode_t mode = app->site.private_jobs ? 0711 : 0755;
	char path[PATH_MAX];
	struct stat st;

	if (make_path(app->conf, PUBLIC_PLAN_DIR, path, err) < 0)
		return -1;
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_errno(err, ERR_CONFIG, "cannot make %s", path);
	if (file_check_dir(path, geteuid(), false, err) < 0)
		return -1;
	if (stat(path, &st) < 0 || ((st.st_mode & 0777) != mode && chmod(path, mode) < 0))
		return err_errno(err, ERR_CONFIG, "%s", path);
	return 0;
}

static bool is_pool(const struct gang *gang)
{
	return !strncmp(gang->id, "pool-", 5);
}

/*
 * {"version", "written", "job", "user", "explain": as explain --json, "text": as explain}; JOBS of
 * a file for many: "jobs": {"7": "aws-cpu-0", …}.
 */
static int make_plan(struct app *app, const struct gang *gang, const char *job,
	const struct gang_job *jobs, size_t n, struct strbuf *out, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT, text = STRBUF_INIT;
	struct json_object *top, *nodes = NULL;
	int64_t now_ms = clock_now_ms();
	char iso[CLOCK_ISO_SIZE];
	const char *all;

	if (n)
		strbuf_addf(&text, "one of %zu jobs that share %s; of the first of them:\n", n,
			is_pool(gang) ? "a pool" : "nodes");
	if (explain_job(app->db, job, now_ms, true, &json, err) < 0 ||
		explain_job(app->db, job, now_ms, false, &text, err) < 0)
		return -1;
	top = json_object_new_object();
	json_object_object_add(top, "version", json_object_new_int(1));
	json_object_object_add(
		top, "written", json_object_new_string(clock_format_iso(now_ms / 1000, iso)));
	json_object_object_add(top, "job", json_object_new_string(job));
	json_object_object_add(top, "user", json_object_new_string(gang->user));
	if (n)
		nodes = json_object_new_object();
	for (size_t i = 0; i < n; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%u", (unsigned)jobs[i].job_id);
		json_object_object_add(nodes, number, json_object_new_string(jobs[i].nodes));
	}
	if (n)
		json_object_object_add(top, "jobs", nodes);
	json_object_object_add(top, "explain", json_tokener_parse(json.buf));
	json_object_object_add(top, "text", json_object_new_string(text.buf));
	all = json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN);
	if (all)
		strbuf_addstr(out, all);
	json_object_put(top);
	return !all || out->failed ? err_nomem(err) : 0;
}

/*
 * Whose the plan is. JOB_ID: of one of several jobs that share nodes, each of which may be
 * somebody else's; Slurm knows while it knows the job.
 */
static int find_owner(const struct gang *gang, uint32_t job_id, uid_t *owner, struct err *err)
{
	CLEANUP(job_facts_release) struct job_facts facts = {0};
	struct passwd entry, *user = NULL;
	char buf[4096];

	if (job_id) {
		if (slurm_client_job(job_id, &facts, err) < 0)
			return -1;
		*owner = facts.uid;
		return 0;
	}
	if (getpwnam_r(gang->user, &entry, buf, sizeof(buf), &user) || !user)
		return err_set(err, ERR_NOTFOUND, "user \"%.64s\" is not known here", gang->user);
	*owner = user->pw_uid;
	return 0;
}

static int plan_name(char name[128], const char *job, struct err *err)
{
	if (!strchr(job, '/') && snprintf(name, 128, PUBLIC_PLAN_DIR "/%s.json", job) < 128)
		return 0;
	return err_set(err, ERR_FATAL, "\"%.64s\" is no job", job);
}

/* TEXT as plan/JOB.json; JOB_ID as for find_owner(). */
static int write_plan(struct app *app, const struct gang *gang, const char *job, uint32_t job_id,
	const char *text, struct err *err)
{
	char name[128];
	uid_t owner = (uid_t)-1;

	if (plan_name(name, job, err) < 0)
		return -1;
	if (!app->site.private_jobs)
		return public_write(app->conf, name, text, err);
	if (find_owner(gang, job_id, &owner, err) < 0)
		return -1;
	return public_write_private(app->conf, name, text, owner, err);
}

/* A link, so that who looks for the job finds the file of all. */
static int link_plan(const struct conf *conf, uint32_t job_id, const char *to, struct err *err)
{
	char name[128], number[16], path[PATH_MAX], temp[PATH_MAX];

	snprintf(number, sizeof(number), "%u", (unsigned)job_id);
	if (plan_name(name, number, err) < 0 || make_path(conf, name, path, err) < 0)
		return -1;
	/* the job's next start may be written by another process at this moment */
	if (snprintf(temp, sizeof(temp), "%s.%ld", path, (long)getpid()) >= (int)sizeof(temp))
		return err_set(err, ERR_CONFIG, "path too long: %.100s...", path);
	unlink(temp);
	if (symlink(to, temp) == 0 && rename(temp, path) == 0)
		return 0;
	err_errno(err, ERR_FATAL, "cannot link %s", path);
	unlink(temp);
	return -1;
}

/*
 * One file for all: what "explain" reads of each job of a pool is the whole pool, and a thousand
 * times a thousand would be too much. Jobs of several users are left out where jobs are private.
 */
static int write_shared(struct app *app, const struct gang *gang, const struct gang_job *jobs,
	size_t n, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char first[16], to[80];

	if (app->site.private_jobs && !is_pool(gang))
		return 0;
	snprintf(first, sizeof(first), "%u", (unsigned)jobs[0].job_id);
	snprintf(to, sizeof(to), "%s.json", gang->id);
	if (make_plan(app, gang, first, jobs, n, &text, err) < 0 ||
		write_plan(app, gang, gang->id, 0, text.buf, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (link_plan(app->conf, jobs[i].job_id, to, err) < 0)
			return -1;
	return 0;
}

static int write_each(struct app *app, const struct gang *gang, const struct gang_job *jobs,
	size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		char number[16];

		snprintf(number, sizeof(number), "%u", (unsigned)jobs[i].job_id);
		if (make_plan(app, gang, number, NULL, 0, &text, err) == 0 &&
			write_plan(app, gang, number, is_pool(gang) ? 0 : jobs[i].job_id, text.buf,
				err) == 0)
			continue;
		/* one that slurmctld has forgotten; the others go on */
		if (err->class != ERR_NOTFOUND)
			return -1;
	}
	return 0;
}

static int write_plans(struct app *app, const char *id, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(gang_release) struct gang gang = {0};
	struct gang_job *jobs = NULL;
	size_t n = 0;
	int rc;

	if (make_plan_dir(app, err) < 0 || gang_get(app->db, id, &gang, err) < 0)
		return -1;
	if (gang.job_id) {
		if (make_plan(app, &gang, gang.job_name, NULL, 0, &text, err) < 0)
			return -1;
		return write_plan(app, &gang, gang.job_name, 0, text.buf, err);
	}
	if (gang_jobs(app->db, id, &jobs, &n, err) < 0)
		return -1;
	rc = n > JOBS_EACH ? write_shared(app, &gang, jobs, n, err)
			   : write_each(app, &gang, jobs, n, err);
	gang_jobs_release(jobs, n);
	return rc;
}

void public_gang(struct app *app, const char *gang)
{
	struct err err = {0};
	int rc;

	/* without slurmctld's word nobody knows whether jobs are private */
	if (app->public_off || !app->slurm_ready || !app->db || !gang || !*gang)
		return;
	rc = public_ready(app->conf, &err);
	if (rc > 0)
		rc = write_plans(app, gang, &err);
	else
		app->public_off = true;
	if (rc >= 0)
		return;
	/* a job that slurmctld has forgotten, or a user that this host does not know */
	if (err.class == ERR_NOTFOUND) {
		log_debug("what users may read of gang %s: %s", gang, err.text);
		return;
	}
	log_warn("what users may read of gang %s was not written: %s", gang, err.text);
	app->public_off = true;
}

int public_explain(
	const struct conf *conf, const char *job, bool json, struct strbuf *out, struct err *err)
{
	cleanup_free char *data = NULL;
	char name[128], path[PATH_MAX];
	struct json_object *top, *inner = NULL;
	const char *text = NULL;
	size_t len;

	/* a name of Slurm's: "7", "9_1", "17+0"; no path */
	if (!*job || job[strspn(job, "0123456789_+")] || strlen(job) > 64)
		return err_set(err, ERR_USAGE, "\"%.64s\" is no job", job);
	if (!conf->public.directory)
		return err_set(err, ERR_NOTFOUND, "public.directory is not configured");
	snprintf(name, sizeof(name), PUBLIC_PLAN_DIR "/%s.json", job);
	if (make_path(conf, name, path, err) < 0)
		return -1;
	if (file_read(path, PLAN_MAX, &data, &len, err) < 0)
		return err_set(err, ERR_NOTFOUND,
			"nothing that you may read is known of job %s (%s)", job, path);
	top = json_tokener_parse(data);
	if (json_object_object_get_ex(top, json ? "explain" : "text", &inner))
		text = json ? json_object_to_json_string_ext(inner,
				      JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)
			    : json_object_get_string(inner);
	if (text)
		strbuf_addf(out, "%s%s", text, json ? "\n" : "");
	json_object_put(top);
	if (!text)
		return err_set(err, ERR_FATAL, "%s is not ours", path);
	return out->failed ? err_nomem(err) : 0;
}

void public_prune(const struct conf *conf, int64_t before_s)
{
	char path[PATH_MAX];

	if (public_ready(conf, NULL) > 0 && make_path(conf, PUBLIC_PLAN_DIR, path, NULL) == 0)
		prune_directory(path, before_s);
}
