/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process: a program that is run beside ours for at most some time: no shell, nothing of our files
 * but what it is given, signals as a program expects them, and a process group of its own, so that
 * its children end with it.
 */
#ifndef BURST_PROCESS_H
#define BURST_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"

/*
 * Start ARGV[0] with the environment ENVP, its stdin and stderr /dev/null, its stdout OUT (-1:
 * /dev/null). A name without '/' is looked for in our PATH. WHAT ("alarm.command") begins the text
 * of an error, which is ERR_CONFIG. Who starts it ends it, by process_await() until 1, or
 * process_kill().
 */
int process_start(const char *what, char **argv, char **envp, int out, pid_t *pid, struct err *err);

/* Its wait status by DEADLINE_MS of clock_mono_ms(). 1: it has ended; 0: it runs on; -1. */
int process_await(const char *what, pid_t pid, int64_t deadline_ms, int *status, struct err *err);

/* End it and its children, now, and leave nothing of it behind. */
void process_kill(pid_t pid);

/* 0 for exit status 0, else CLASS with what it was. */
int process_verdict(const char *what, int status, enum err_class class, struct err *err);

#endif
