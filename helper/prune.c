/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/prune.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/log.h"
#include "helper/public.h"
#include "lib/base/cleanup.h"

void prune_directory(const char *path, int64_t before_s)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t removed = 0;

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) && st.st_mtime < before_s &&
			unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			removed++;
	}
	if (dir)
		closedir(dir);
	if (removed)
		log_info("%zu old record(s) removed from %s", removed, path);
}

void prune_records(struct app *app, int64_t now_s)
{
	static const char *const rooms[] = {"intent", "ended"};

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		char path[PATH_MAX];

		if (app_path(app, rooms[i], path, sizeof(path), NULL) == 0)
			prune_directory(path, now_s - PRUNE_AGE_S);
	}
	public_prune(app->conf, now_s - PRUNE_AGE_S);
}
