/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_code;
} classes[] = {
	[ERR_NONE] = {"none", 0},
	[ERR_USAGE] = {"usage", 2},
	[ERR_CONFIG] = {"config", 3},
	[ERR_AUTH] = {"auth", 4},
	[ERR_CLOCK] = {"clock", 4},
	[ERR_TRANSIENT] = {"transient", 5},
	[ERR_THROTTLE] = {"throttle", 5},
	[ERR_CONSISTENCY] = {"consistency", 5},
	[ERR_CAPACITY] = {"capacity", 6},
	[ERR_ADDRESS] = {"address", 6},
	[ERR_QUOTA] = {"quota", 6},
	[ERR_BUDGET] = {"budget", 7},
	[ERR_NOTFOUND] = {"notfound", 8},
	[ERR_BUSY] = {"busy", 9},
	[ERR_FATAL] = {"fatal", 1},
};

/* Format into TEXT; what does not fit is cut and marked, never left half a line silently. */
__attribute__((format(printf, 2, 0))) static void put(char *text, const char *fmt, va_list ap)
{
	int n = vsnprintf(text, ERR_TEXT_SIZE, fmt, ap);

	if (n < 0)
		text[0] = '\0';
	else if (n >= ERR_TEXT_SIZE)
		text[ERR_TEXT_SIZE - 2] = '+';
}

int err_set(struct err *err, enum err_class class, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (err) {
		err->class = class;
		err->code[0] = '\0';
		va_start(ap, fmt);
		put(err->text, fmt, ap);
		va_end(ap);
	}
	errno = saved;
	return -1;
}

int err_errno(struct err *err, enum err_class class, const char *fmt, ...)
{
	int saved = errno;
	char reason[128] = "";
	size_t len;
	va_list ap;

	if (err) {
		err->class = class;
		err->code[0] = '\0';
		va_start(ap, fmt);
		put(err->text, fmt, ap);
		va_end(ap);
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, ": %s",
			strerror_r(saved, reason, sizeof(reason)));
	}
	errno = saved;
	return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	char old[ERR_TEXT_SIZE];
	size_t len;
	va_list ap;

	if (err) {
		memcpy(old, err->text, sizeof(old));
		va_start(ap, fmt);
		put(err->text, fmt, ap);
		va_end(ap);
		len = strlen(err->text);
		if (snprintf(err->text + len, sizeof(err->text) - len, ": %s", old) >=
			(int)(sizeof(err->text) - len))
			err->text[ERR_TEXT_SIZE - 2] = '+';
	}
	errno = saved;
	return -1;
}

int err_nomem(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

const char *err_class_name(enum err_class class)
{
	if ((unsigned)class >= sizeof(classes) / sizeof(classes[0]))
		return "unknown";
	return classes[class].name;
}

int err_exit_code(enum err_class class)
{
	if ((unsigned)class >= sizeof(classes) / sizeof(classes[0]))
		return 1;
	return classes[class].exit_code;
}
