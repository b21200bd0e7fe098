/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/alarm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/process.h"
#include "lib/intent/intent.h"
#include "lib/state/cache.h"
#include "lib/state/counter.h"

/* In so long the program may keep its caller from its work for as long as so many hang: five
 * hundred alarms at once, and a mail server that does not answer, must not keep what is found from
 * being mended. */
#define WINDOW_MS 600000
#define HANGS_MAX 6

/* Who raises an alarm and is not done by the program's time and so much more has died. */
#define PENDING_MS 5000

#define NAME "alarm.command"

/* --- the program ----------------------------------------------------------------------------- */

/* Whoever may write it would be SlurmUser. */
static int check_program(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, ERR_CONFIG, "alarm.command %s", path);
	if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return err_set(err, ERR_CONFIG, "alarm.command %s is no program", path);
	if ((st.st_uid && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_CONFIG,
			"alarm.command %s can be written by others than root and SlurmUser: not "
			"run (chmod go-w)",
			path);
	return 0;
}

static int call(const struct app *app, char *what, char *subject, char *text, struct err *err)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LANG=C", cluster[96];
	char *argv[] = {app->conf->alarm.command, what, subject, text, NULL};
	char *envp[] = {path, lang, cluster, NULL};
	int64_t timeout_s = app->conf->alarm.timeout_s;
	int64_t deadline_ms = clock_mono_ms() + timeout_s * 1000;
	int status, ended;
	pid_t pid;

	snprintf(cluster, sizeof(cluster), "BURST_CLUSTER=%s", app->cluster);
	if (check_program(argv[0], err) < 0 || process_start(NAME, argv, envp, -1, &pid, err) < 0)
		return -1;
	ended = process_await(NAME, pid, deadline_ms, &status, err);
	if (ended <= 0)
		process_kill(pid);
	if (!ended)
		return err_set(err, ERR_CONFIG, NAME " did not end within %lld s: killed",
			(long long)timeout_s);
	return ended < 0 ? -1 : process_verdict(NAME, status, ERR_CONFIG, err);
}

/* Once it has had its time, that is said, and no more. */
static void run_program(const struct app *app, char *what, char *subject, char *text)
{
	static int64_t window_ms, spent_ms;
	static bool said;
	int64_t now_ms = clock_mono_ms();
	struct err err;

	if (now_ms - window_ms >= WINDOW_MS) {
		window_ms = now_ms;
		spent_ms = 0;
		said = false;
	}
	if (spent_ms >= HANGS_MAX * app->conf->alarm.timeout_s * 1000) {
		if (!said)
			log_err("alarm.command took %lld s: of more alarms it is not told for some "
				"minutes; they stand here",
				(long long)(spent_ms / 1000));
		said = true;
		return;
	}
	if (call(app, what, subject, text, &err) < 0)
		log_err("%s", err.text);
	spent_ms += clock_mono_ms() - now_ms;
}

/* --- the alarm ------------------------------------------------------------------------------- */

struct memory {
	char key[384];
	bool begun; /* we have written down that it is being raised */
};

/*
 * Raised not long ago, or being raised? Else it is written down as that, in one transaction: of
 * many processes that find it at once, one tells. Not as raised: who is killed now has told nobody.
 */
static bool is_known(struct app *app, struct memory *memory)
{
	int64_t now_ms = clock_now_ms();
	int64_t until_ms = now_ms + app->conf->alarm.timeout_s * 1000 + PENDING_MS;
	cleanup_free char *value = NULL;
	struct err err;

	if (!app->db)
		return false;
	if (db_begin(app->db, &err) < 0) {
		log_warn("%s", err.text);
		return false;
	}
	if (cache_get(app->db, memory->key, now_ms, &value, &err) < 0 ||
		(!value && cache_put(app->db, memory->key, "pending", until_ms, &err) < 0) ||
		db_commit(app->db, &err) < 0) {
		log_warn("%s", err.text);
		db_rollback(app->db);
		return value != NULL;
	}
	memory->begun = !value;
	return value != NULL;
}

/* It is told: counted, and not raised again for a while. */
static void remember(struct app *app, const struct memory *memory, const char *what)
{
	int64_t until_ms = clock_now_ms() + app->conf->alarm.repeat_s * 1000;
	char name[80];
	struct err err;

	if (!memory->begun)
		return;
	snprintf(name, sizeof(name), "alarm.%s", what);
	if (db_begin(app->db, &err) < 0) {
		log_warn("%s", err.text);
		return;
	}
	if (cache_put(app->db, memory->key, "raised", until_ms, &err) < 0 ||
		counter_add(app->db, name, 1, &err) < 0 || db_commit(app->db, &err) < 0) {
		log_warn("%s", err.text);
		db_rollback(app->db);
	}
}

bool alarm_raise(struct app *app, const char *what, const char *subject, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE], safe[ERR_TEXT_SIZE], about[256], word[64];
	struct memory memory = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_make_safe(text, sizeof(safe) - 1, safe, sizeof(safe));
	text_make_safe(subject, sizeof(about) - 1, about, sizeof(about));
	snprintf(word, sizeof(word), "%s", what);
	snprintf(memory.key, sizeof(memory.key), "alarm/%s/%s", word, about);
	if (is_known(app, &memory)) {
		log_debug("alarm: %s: %s (raised already)", word, safe);
		return false;
	}
	log_err("alarm: %s: %s", word, safe);
	if (app->conf->alarm.command)
		run_program(app, word, about, safe);
	remember(app, &memory, word);
	return true;
}
