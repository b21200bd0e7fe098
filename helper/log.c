/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define TEXT_SIZE 8192 /* a longer text is cut and ends in '+' */
#define LINE_SIZE (2 * TEXT_SIZE + 1024)

static struct {
	char command[32];
	char file[PATH_MAX]; /* "": syslog */
	int fd;              /* -1: closed; lines go to syslog */
	enum log_level level;
	bool json, to_stderr, complained;
	char job[64], gang[64];
} lg = {.fd = -1, .level = LOG_LEVEL_INFO};

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
	[LOG_LEVEL_INFO] = {"info", LOG_INFO},
	[LOG_LEVEL_WARN] = {"warn", LOG_WARNING},
	[LOG_LEVEL_ERROR] = {"error", LOG_ERR},
};

int log_level_parse(const char *word, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (!strcasecmp(word, levels[i].name)) {
			*level = (enum log_level)i;
			return 0;
		}
	if (strcasecmp(word, "fatal") != 0) /* the Go system's; here the last line is an error */
		return -1;
	*level = LOG_LEVEL_ERROR;
	return 0;
}

/* Bytes of the UTF-8 character at S; 0 where there is none (bad, overlong, surrogate). */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 4;
	uint32_t c;

	if (n == 1)
		return 1;
	if (n == 4 && (s[0] & 0xf8) != 0xf0)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) /* also the end of the string */
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 2 && c < 0x80) || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000))
		return 0;
	return c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

/*
 * Make TEXT fit for a terminal and a log reader, in place: line ends and tabs become blanks, other
 * control characters (C0, DEL, C1) go, bytes that are not UTF-8 become '?'.
 */
static void clean(char *text)
{
	const unsigned char *from = (const unsigned char *)text;
	char *to = text;

	while (*from) {
		size_t n = utf8_len(from);

		if (*from == '\n' || *from == '\t' || *from == '\r') {
			*to++ = ' ';
			from++;
		} else if (!n) {
			*to++ = '?';
			from++;
		} else if (*from < 0x20 || *from == 0x7f || (*from == 0xc2 && from[1] < 0xa0)) {
			from += n;
		} else {
			memmove(to, from, n);
			to += n;
			from += n;
		}
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

static void put_json(char *line, size_t *n, const char *key, const char *value)
{
	*n += (size_t)snprintf(line + *n, LINE_SIZE - *n, "%s\"%s\":\"", *n > 1 ? "," : "", key);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			line[(*n)++] = '\\';
		line[(*n)++] = *value;
	}
	line[(*n)++] = '"';
}

static size_t format_json(char *line, const char *when, const char *level, const char *text)
{
	size_t n = 1;

	line[0] = '{';
	put_json(line, &n, "time", when);
	put_json(line, &n, "level", level);
	put_json(line, &n, "command", lg.command);
	n += (size_t)snprintf(line + n, LINE_SIZE - n, ",\"pid\":%ld", (long)getpid());
	if (*lg.job)
		put_json(line, &n, "job", lg.job);
	if (*lg.gang)
		put_json(line, &n, "gang", lg.gang);
	put_json(line, &n, "text", text);
	line[n++] = '}';
	line[n++] = '\n';
	return n;
}

/* What all but the JSON lines have in common. */
static size_t format_context(char *line, size_t size, const char *text)
{
	return (size_t)snprintf(line, size, "%s%s%s%s%s%s%s", *lg.job ? "job=" : "", lg.job,
		*lg.job ? " " : "", *lg.gang ? "gang=" : "", lg.gang, *lg.gang ? " " : "", text);
}

static size_t format_text(char *line, const char *when, const char *level, const char *text)
{
	size_t n = (size_t)snprintf(
		line, LINE_SIZE, "%s %s %s[%ld]: ", when, level, lg.command, (long)getpid());

	n += format_context(line + n, LINE_SIZE - n - 1, text);
	line[n++] = '\n';
	return n;
}

static void to_syslog(enum log_level level, const char *text)
{
	char line[TEXT_SIZE + 256];

	format_context(line, sizeof(line), text);
	syslog(levels[level].priority, "%s%s%s", lg.command, *lg.command ? ": " : "", line);
}

static int open_file(void)
{
	/* no links: a command of root's may write in a directory of SlurmUser's */
	const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
	struct stat st;
	char dir[PATH_MAX];
	int fd = open(lg.file, flags);

	if (fd < 0 && errno == ENOENT) {
		fd = open(lg.file, flags | O_CREAT | O_EXCL, 0640);
		if (fd < 0 && errno == EEXIST) /* another process was faster */
			return open(lg.file, flags);
		if (fd >= 0 && fchmod(fd, 0640) < 0) /* the programs run with umask 077 */
			to_syslog(LOG_LEVEL_WARN, "cannot set the log's mode");
		/* what root made first must still take the lines of SlurmUser's hooks */
		snprintf(dir, sizeof(dir), "%s", lg.file);
		if (fd >= 0 && !geteuid() && strrchr(dir, '/') && strrchr(dir, '/') != dir) {
			*strrchr(dir, '/') = '\0';
			if (!stat(dir, &st) && fchown(fd, st.st_uid, st.st_gid) < 0)
				to_syslog(LOG_LEVEL_WARN,
					"cannot give the log to its directory's owner");
		}
	}
	return fd;
}

static void close_file(void)
{
	if (lg.fd >= 0)
		close(lg.fd);
	lg.fd = -1;
}

/* Open the file, or a new one where logrotate renamed it; say once when that fails. */
static void follow_file(void)
{
	struct stat now, ours;

	if (!*lg.file)
		return;
	if (lg.fd >= 0 && !stat(lg.file, &now) && !fstat(lg.fd, &ours) &&
		now.st_ino == ours.st_ino && now.st_dev == ours.st_dev)
		return;
	close_file();
	lg.fd = open_file();
	if (lg.fd < 0 && !lg.complained) {
		char text[PATH_MAX + 128], reason[64];

		lg.complained = true;
		snprintf(text, sizeof(text), "cannot open %s: %s; logging here", lg.file,
			strerror_r(errno, reason, sizeof(reason)));
		clean(text);
		to_syslog(LOG_LEVEL_ERROR, text);
	}
}

void burst_log_open(
	const char *command, const char *file, enum log_level level, bool json, bool to_stderr)
{
	int saved = errno;

	close_file();
	snprintf(lg.command, sizeof(lg.command), "%s", command);
	clean(lg.command);
	lg.file[0] = '\0';
	if (file)
		snprintf(lg.file, sizeof(lg.file), "%s", file);
	lg.level = level;
	lg.json = json;
	lg.to_stderr = to_stderr;
	lg.complained = false;
	openlog("aws-slurm-burst", LOG_PID, LOG_DAEMON);
	follow_file();
	errno = saved;
}

void burst_log_close(void)
{
	int saved = errno;

	close_file();
	closelog();
	lg.file[0] = '\0';
	lg.to_stderr = false;
	errno = saved;
}

void burst_log_context(const char *job, const char *gang)
{
	snprintf(lg.job, sizeof(lg.job), "%s", job ? job : "");
	snprintf(lg.gang, sizeof(lg.gang), "%s", gang ? gang : "");
	clean(lg.job);
	clean(lg.gang);
}

/* "2026-11-22T05:31:00.123Z" */
static void format_now(char *buf, size_t size)
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

/* One write(2), so that the lines of many processes never mix. */
static bool put_line(int fd, const char *line, size_t n)
{
	ssize_t put;

	do
		put = write(fd, line, n);
	while (put < 0 && errno == EINTR);
	return put == (ssize_t)n;
}

void burst_log(enum log_level level, const char *fmt, ...)
{
	char text[TEXT_SIZE], line[LINE_SIZE], when[40];
	int saved = errno;
	va_list ap;
	size_t n;
	int len;

	if (level < lg.level)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(text))
		text[sizeof(text) - 2] = '+';
	clean(text);
	follow_file();
	format_now(when, sizeof(when));
	n = lg.json ? format_json(line, when, levels[level].name, text)
		    : format_text(line, when, levels[level].name, text);
	if (lg.fd < 0 || !put_line(lg.fd, line, n))
		to_syslog(level, text);
	if (lg.to_stderr) {
		n = (size_t)snprintf(
			line, sizeof(line), "%s: %s: ", lg.command, levels[level].name);
		n += format_context(line + n, sizeof(line) - n - 1, text);
		line[n++] = '\n';
		put_line(STDERR_FILENO, line, n);
	}
	errno = saved;
}
