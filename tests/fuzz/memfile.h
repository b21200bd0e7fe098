/* SPDX-License-Identifier: Apache-2.0 */
/* memfile: a file of the memory, for parsers that take a path. */
#ifndef BURST_FUZZ_MEMFILE_H
#define BURST_FUZZ_MEMFILE_H

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

struct memfile {
	int fd;
	char path[32];
};

static inline void memfile_open(struct memfile *file, const uint8_t *data, size_t size)
{
	file->fd = memfd_create("fuzz", MFD_CLOEXEC);
	MUST(file->fd >= 0 && fchmod(file->fd, 0600) == 0);
	MUST(!size || write(file->fd, data, size) == (ssize_t)size);
	MUST(lseek(file->fd, 0, SEEK_SET) == 0);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

#endif
