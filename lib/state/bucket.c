/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/state/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/owned_file.h"

#define FILE_NAME    "buckets"
#define LOCK_WAIT_MS 2000 /* whoever holds a lock for longer has been stopped */
#define SETS         64
#define WAYS         8
#define SANE         (INT64_C(1) << 52) /* times and tokens beyond were not written by us */

/* --- the arithmetic -------------------------------------------------------------------------- */

/* Bring BUCKET to NOW_MS. A thousandth of a token a millisecond is a token a second: exact. */
static void refill(struct bucket *bucket, int64_t full, int64_t per_s, int64_t now_ms)
{
	int64_t missing = full - bucket->millitokens;

	if (!bucket->stamp_ms)
		*bucket = (struct bucket){full, now_ms};
	else if (now_ms >= bucket->stamp_ms) {
		int64_t elapsed_ms = now_ms - bucket->stamp_ms;

		if (elapsed_ms > missing / per_s)
			bucket->millitokens = full;
		else
			bucket->millitokens += elapsed_ms * per_s;
		bucket->stamp_ms = now_ms;
	} else if (bucket->stamp_ms - now_ms > BUCKET_SKEW_MS)
		bucket->stamp_ms = now_ms;
	/* else: another process looked at the clock a little later but came first; were the stamp
	 * set back, the time between would be counted twice */
	if (bucket->millitokens > full)
		bucket->millitokens = full;
}

int64_t bucket_take(
	struct bucket *bucket, unsigned tokens, unsigned size, unsigned per_s, int64_t now_ms)
{
	int64_t rate = per_s ? per_s : 1, full = 1000 * (int64_t)(size ? size : 1);
	int64_t take = 1000 * (int64_t)tokens, need = take < full ? take : full;

	refill(bucket, full, rate, now_ms);
	if (bucket->millitokens >= need) {
		bucket->millitokens -= take;
		return 0;
	}
	return (need - bucket->millitokens + rate - 1) / rate + (bucket->stamp_ms - now_ms);
}

void bucket_drain(struct bucket *bucket, unsigned size, unsigned per_s, int64_t now_ms)
{
	refill(bucket, 1000 * (int64_t)(size ? size : 1), per_s ? per_s : 1, now_ms);
	if (bucket->millitokens > 0)
		bucket->millitokens = 0;
}

/* --- the file -------------------------------------------------------------------------------- */

/*
 * A bucket has its place in one of the SETS, by its name; of the WAYS records there the one used
 * longest ago makes room. So the file never grows and a lock covers one set.
 */
struct record {
	uint64_t check; /* of all that follows */
	char name[64];
	struct bucket bucket;
};

_Static_assert(sizeof(struct record) == 8 + 64 + 16, "a record has no padding");

struct buckets {
	int fd;
};

/* FNV-1a, 64 bit */
static uint64_t hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t check_of(const struct record *record)
{
	return hash(&record->name, sizeof(*record) - offsetof(struct record, name));
}

static bool ours(const struct record *r)
{
	return r->check == check_of(r) && r->bucket.stamp_ms > 0 && r->bucket.stamp_ms < SANE &&
	       r->bucket.millitokens > -SANE && r->bucket.millitokens < SANE;
}

struct buckets *buckets_open(const char *directory, struct err *err)
{
	cleanup_free char *path = NULL;
	struct buckets *buckets;
	int fd;

	if (owned_file_find(directory, FILE_NAME, true, &path, err) < 0)
		return NULL;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		err_errno(err, ERR_FATAL, "%s", path);
		return NULL;
	}
	buckets = calloc(1, sizeof(*buckets));
	if (!buckets) {
		close(fd);
		err_nomem(err);
		return NULL;
	}
	buckets->fd = fd;
	return buckets;
}

void buckets_close(struct buckets *buckets)
{
	int saved = errno;

	if (!buckets)
		return;
	close(buckets->fd);
	free(buckets);
	errno = saved;
}

/*
 * fcntl(2)'s locks: they end with their process, hold between hosts where the directory is shared,
 * and make NFS read the file anew. Not F_SETLKW: whoever has been stopped must not stop others.
 */
static int lock_set(int fd, off_t start, short type)
{
	int64_t give_up_ms = clock_mono_ms() + LOCK_WAIT_MS;
	struct flock lock = {.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = WAYS * sizeof(struct record)};

	while (fcntl(fd, F_SETLK, &lock) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return -1;
		if (clock_mono_ms() >= give_up_ms)
			return -1;
		clock_sleep_ms(1 + (int64_t)random_below(3));
	}
	return 0;
}

/* What is behind the file's end, or cannot be read, stays as it is: zeros, which nobody wrote. */
static void read_set(int fd, off_t start, struct record *set)
{
	size_t done = 0, size = WAYS * sizeof(*set);
	ssize_t n;

	do {
		n = pread(fd, (char *)set + done, size - done, start + (off_t)done);
		if (n > 0)
			done += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
}

/* The record of NAME in SET, or the one that it may have. */
static struct record *find(struct record *set, const char *name)
{
	struct record *free_one = NULL, *oldest = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (!ours(&set[i])) {
			free_one = &set[i];
			continue;
		}
		if (!strncmp(set[i].name, name, sizeof(set[i].name)))
			return &set[i];
		if (set[i].bucket.stamp_ms < oldest->bucket.stamp_ms)
			oldest = &set[i];
	}
	oldest = free_one ? free_one : oldest;
	memset(oldest, 0, sizeof(*oldest));
	memcpy(oldest->name, name, strlen(name));
	return oldest;
}

/* One small write: whoever is killed leaves the record before it or after it. */
static void write_record(int fd, off_t start, struct record *record)
{
	ssize_t n;

	record->check = check_of(record);
	do {
		n = pwrite(fd, record, sizeof(*record), start);
	} while (n < 0 && errno == EINTR);
}

struct change {
	bool drain;
	unsigned tokens, size, per_s;
	int64_t now_ms;
};

static int64_t change(struct buckets *buckets, const char *name, const struct change *c)
{
	struct record set[WAYS] = {0}, *record;
	char cut[sizeof(record->name)];
	off_t start;
	int64_t wait_ms = 0;

	if (!buckets)
		return 0;
	snprintf(cut, sizeof(cut), "%s", name);
	start = (off_t)(hash(cut, strlen(cut)) % SETS * sizeof(set));
	if (lock_set(buckets->fd, start, F_WRLCK) < 0)
		return 0;
	read_set(buckets->fd, start, set);
	record = find(set, cut);
	if (c->drain)
		bucket_drain(&record->bucket, c->size, c->per_s, c->now_ms);
	else
		wait_ms = bucket_take(&record->bucket, c->tokens, c->size, c->per_s, c->now_ms);
	write_record(buckets->fd, start + (off_t)((char *)record - (char *)set), record);
	lock_set(buckets->fd, start, F_UNLCK);
	return wait_ms;
}

int64_t buckets_take(struct buckets *buckets, const char *name, unsigned tokens, unsigned size,
	unsigned per_s, int64_t now_ms)
{
	return change(buckets, name, &(struct change){false, tokens, size, per_s, now_ms});
}

void buckets_drain(
	struct buckets *buckets, const char *name, unsigned size, unsigned per_s, int64_t now_ms)
{
	change(buckets, name, &(struct change){true, 0, size, per_s, now_ms});
}
