/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/owned_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"

/*
 * Make an empty file that belongs to the directory's owner from its first moment: a root that
 * died between making the file and giving it away would lock SlurmUser out. So it gets its
 * owner under another name, and link(2) lets the first of several win. SQLite gives -wal,
 * -shm and -journal the owner and mode of state.db by itself.
 */
static int make_file(const char *path, const struct stat *dir, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	cleanup_close int fd = -1;
	char random[17];
	int rc = 0;

	random_hex(random, 8);
	strbuf_addf(&name, "%s.%s", path, random);
	if (name.failed)
		return err_nomem(err);
	fd = open(name.buf, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "cannot make %s", name.buf);
	if (fchmod(fd, 0600) < 0 ||
		(geteuid() != dir->st_uid && fchown(fd, dir->st_uid, dir->st_gid) < 0) ||
		(link(name.buf, path) < 0 && errno != EEXIST))
		rc = err_errno(err, ERR_FATAL, "cannot make %s", path);
	unlink(name.buf);
	return rc;
}

/* lstat(2) only: closing a descriptor of a database's file drops this process' locks on it. */
static int check_file(const char *path, const struct stat *dir, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOTFOUND : ERR_FATAL, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "%s is not a regular file", path);
	if (st.st_uid != dir->st_uid)
		return err_set(err, ERR_CONFIG,
			"%s belongs to uid %u, its directory to uid %u: chown it to %u", path,
			(unsigned)st.st_uid, (unsigned)dir->st_uid, (unsigned)dir->st_uid);
	if (st.st_mode & 077)
		return err_set(err, ERR_CONFIG, "%s has mode %04o: chmod 0600 it", path,
			(unsigned)(st.st_mode & 07777));
	return 0;
}

int owned_file_find(const char *dir, const char *name, bool make, char **path, struct err *err)
{
	cleanup_free char *real = NULL;
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct stat st;

	if (lstat(dir, &st) < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOTFOUND : ERR_CONFIG,
			"state directory %s", dir);
	/* root may look at SlurmUser's directory; anyone else only at her own */
	if (file_check_dir(dir, geteuid() ? geteuid() : st.st_uid, true, err) < 0)
		return err_prefix(err, "state directory");
	real = realpath(dir, NULL); /* SQLite refuses links in it */
	if (!real)
		return err_errno(err, ERR_CONFIG, "state directory %s", dir);
	strbuf_addf(&file, "%s/%s", real, name);
	if (file.failed)
		return err_nomem(err);
	if (make && access(file.buf, F_OK) < 0 && errno == ENOENT &&
		make_file(file.buf, &st, err) < 0)
		return -1;
	if (check_file(file.buf, &st, err) < 0)
		return -1;
	*path = strbuf_detach(&file);
	return *path ? 0 : err_nomem(err);
}
