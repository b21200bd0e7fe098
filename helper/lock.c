/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

#define POLL_MS 20

static int locks_path(const struct app *app, const char *name, char *path, struct err *err)
{
	char dir[PATH_MAX];
	int n;

	if (app_path(app, "locks", dir, sizeof(dir), err) < 0 || file_mkdirs(dir, 0700, err) < 0)
		return -1;
	n = snprintf(path, PATH_MAX, "%s/%s", dir, name);
	if (n < 0 || n >= PATH_MAX)
		return err_set(err, ERR_CONFIG, "path too long: %s/%s", dir, name);
	return 0;
}

int lock_job(const struct app *app, uint32_t job_id, int wait_ms, struct err *err)
{
	/* an open file description's lock, not the process's: closing another descriptor of
	 * the same file must not free it */
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = job_id, .l_len = 1};
	int64_t deadline_ms = clock_mono_ms() + wait_ms;
	cleanup_close int fd = -1;
	char path[PATH_MAX];
	int taken;

	if (locks_path(app, "jobs", path, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "cannot open %s", path);
	while (fcntl(fd, F_OFD_SETLK, &fl) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return err_errno(err, ERR_FATAL, "cannot lock %s", path);
		if (clock_mono_ms() >= deadline_ms)
			return err_set(err, ERR_BUSY,
				"job %u is being worked on by another process", job_id);
		clock_sleep_ms(POLL_MS);
	}
	taken = fd;
	fd = -1;
	return taken;
}

int lock_gang(const struct app *app, const char *gang, int wait_ms, struct err *err)
{
	char path[PATH_MAX];

	if (locks_path(app, gang, path, err) < 0)
		return -1;
	return file_lock(path, wait_ms, err);
}

bool lock_gang_held(const struct app *app, const char *gang)
{
	cleanup_close int fd = -1;
	char name[64], path[PATH_MAX];

	snprintf(name, sizeof(name), "locks/%s", gang);
	if (app_path(app, name, path, sizeof(path), NULL) < 0)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno != ENOENT;
	/* shared, so that two who look do not see each other; freed with the descriptor */
	return flock(fd, LOCK_SH | LOCK_NB) < 0;
}

int lock_slot(const struct app *app, struct err *err)
{
	for (;;) {
		for (int i = 0; i < LOCK_SLOTS; i++) {
			char name[32], path[PATH_MAX];
			int fd;

			snprintf(name, sizeof(name), "slot-%d", i);
			if (locks_path(app, name, path, err) < 0)
				return -1;
			fd = file_lock(path, 0, err);
			if (fd >= 0 || err->class != ERR_BUSY)
				return fd;
		}
		clock_sleep_ms(5 * POLL_MS);
	}
}

int lock_groups(const struct app *app, int wait_ms, struct err *err)
{
	/* no gang is called so */
	return lock_gang(app, "groups", wait_ms, err);
}

void lock_gang_remove(const struct app *app, const char *gang)
{
	char path[PATH_MAX];

	if (locks_path(app, gang, path, NULL) == 0)
		unlink(path);
}
