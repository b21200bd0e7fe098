/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

void file_guard_std(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

int file_read(const char *path, size_t max, char **data, size_t *len, struct err *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	cleanup_free char *buf = NULL;
	size_t n = 0, alloc = 4096;

	if (fd < 0)
		return err_errno(
			err, errno == ENOENT ? ERR_NOTFOUND : ERR_FATAL, "cannot open %s", path);
	buf = malloc(alloc + 1);
	if (!buf)
		return err_nomem(err);
	for (;;) {
		ssize_t got;

		if (n == alloc) {
			char *bigger;

			if (alloc > max)
				return err_set(
					err, ERR_CONFIG, "%s is larger than %zu bytes", path, max);
			alloc *= 2;
			bigger = realloc(buf, alloc + 1);
			if (!bigger)
				return err_nomem(err);
			buf = bigger;
		}
		got = read(fd, buf + n, alloc - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, ERR_FATAL, "cannot read %s", path);
		if (!got)
			break;
		n += (size_t)got;
	}
	if (n > max)
		return err_set(err, ERR_CONFIG, "%s is larger than %zu bytes", path, max);
	buf[n] = '\0';
	*data = STEAL_POINTER(buf);
	*len = n;
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

static int sync_dir_of(const char *path)
{
	char dir[PATH_MAX];
	char *slash;
	cleanup_close int fd = -1;

	/* its length was checked by file_write() */
	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == dir)
		slash++;
	if (slash)
		*slash = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

int file_write(const char *path, mode_t mode, const void *data, size_t len, enum file_sync sync,
	struct err *err)
{
	char temp[PATH_MAX];
	int fd;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp))
		return err_set(err, ERR_CONFIG, "path too long: %.100s...", path);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "cannot create %s", temp);
	if (write_all(fd, data, len) < 0 || fchmod(fd, mode) < 0 ||
		(sync == FILE_SYNC && fsync(fd) < 0)) {
		err_errno(err, ERR_FATAL, "cannot write %s", temp);
		close(fd);
		goto error;
	}
	if (close(fd) < 0) {
		err_errno(err, ERR_FATAL, "cannot write %s", temp);
		goto error;
	}
	if (rename(temp, path) < 0) {
		err_errno(err, ERR_FATAL, "cannot rename %s to %s", temp, path);
		goto error;
	}
	if (sync == FILE_SYNC && sync_dir_of(path) < 0)
		return err_errno(err, ERR_FATAL, "cannot sync the directory of %s", path);
	return 0;
error:
	unlink(temp);
	return -1;
}

int file_check_dir(const char *dir, uid_t uid, bool private, struct err *err)
{
	mode_t forbidden = private ? 077 : 022;
	struct stat st;

	if (lstat(dir, &st) < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOTFOUND : ERR_CONFIG, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_CONFIG, "%s is not a directory", dir);
	if (st.st_uid != uid)
		return err_set(err, ERR_CONFIG, "%s belongs to uid %u, expected %u: chown it", dir,
			(unsigned)st.st_uid, (unsigned)uid);
	if (st.st_mode & forbidden)
		return err_set(err, ERR_CONFIG, "%s has mode %04o: chmod %s it", dir,
			(unsigned)(st.st_mode & 07777), private ? "0700" : "go-w");
	return 0;
}

int file_mkdirs(const char *dir, mode_t mode, struct err *err)
{
	char path[PATH_MAX];

	if (!*dir || snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return err_set(err, ERR_CONFIG, "bad directory name \"%.100s\"", dir);
	for (char *p = path + 1;; p++) {
		char c = *p;

		if (c != '/' && c)
			continue;
		*p = '\0';
		if (mkdir(path, mode) < 0 && errno != EEXIST)
			return err_errno(err, ERR_FATAL, "cannot make directory %s", path);
		*p = c;
		if (!c)
			return 0;
	}
}

int file_lock(const char *path, int wait_ms, struct err *err)
{
	cleanup_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int64_t deadline_ms = clock_mono_ms() + wait_ms;
	int taken;

	if (fd < 0)
		return err_errno(err, ERR_FATAL, "cannot open lock %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_errno(err, ERR_FATAL, "cannot lock %s", path);
		if (clock_mono_ms() >= deadline_ms)
			return err_set(err, ERR_BUSY, "%s is held by another process", path);
		clock_sleep_ms(20);
	}
	taken = fd;
	fd = -1;
	return taken;
}
