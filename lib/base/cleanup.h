/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup: variables that clean up after themselves when their scope ends.
 *
 *	cleanup_free char *path = NULL;
 *	cleanup_close int fd = -1;
 *	...
 *	return STEAL_POINTER(path);	// ownership leaves, nothing is freed
 */
#ifndef BURST_CLEANUP_H
#define BURST_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(f) __attribute__((cleanup(f)))

static inline void cleanup_free_(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void cleanup_close_(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_fclose_(FILE **f)
{
	int saved = errno;

	if (*f)
		fclose(*f);
	errno = saved;
}

#define cleanup_free   CLEANUP(cleanup_free_)
#define cleanup_close  CLEANUP(cleanup_close_)
#define cleanup_fclose CLEANUP(cleanup_fclose_)

#define STEAL_POINTER(p)                                                                           \
	(__extension__({                                                                           \
		__typeof__(p) steal_ = (p);                                                        \
		(p) = NULL;                                                                        \
		steal_;                                                                            \
	}))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
