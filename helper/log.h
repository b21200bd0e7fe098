/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: where the commands say what they decided; the one point where control characters are
 * stripped and job, gang and node are attached. lib/ never logs.
 *
 * Sinks: a file (opened O_APPEND for each process, one write(2) per line, so that many processes
 * share it; reopened when renamed), else syslog; and stderr for a command at a terminal. JSON lines
 * or text. Never credentials, tokens, signed requests or user data.
 */
#ifndef BURST_LOG_H
#define BURST_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "lib/base/err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Returns -1 for an unknown word. */
int log_level_parse(const char *word, enum log_level *level);

/* COMMAND is the first word of each line. FILE NULL: syslog only. A file that cannot be opened goes
 * to syslog, and says so there. */
void burst_log_open(
	const char *command, const char *file, enum log_level level, bool json, bool to_stderr);
void burst_log_close(void);

/* Attach to all following lines of this process; NULL or "" takes it away. */
void burst_log_context(const char *job, const char *gang);

void burst_log(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) burst_log(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  burst_log(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  burst_log(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_err(...)   burst_log(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
