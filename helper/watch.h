/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch: "reconcile --watch": a process that does nothing itself but keeps others at work.
 *
 * Each task is a process of its own, so that one that hangs or dies takes nothing with it. One that
 * ends is started again after its pause, after longer pauses while it fails. With our own death,
 * kill -9 too, the kernel ends them. SIGTERM and SIGINT end all: each is given STOP_MS to finish
 * what it has in hand, which is safe to be killed in at any time.
 */
#ifndef BURST_WATCH_H
#define BURST_WATCH_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/*
 * RUN is called in a process of its own, with nothing opened before; its result is the exit status.
 * It looks at *STOP and returns soon once that is set.
 */
struct watch_task {
	const char *name; /* for the log */
	int (*run)(const char *conf_path, volatile sig_atomic_t *stop);
	int64_t every_ms; /* from the end of a good run to the next start */
	int64_t limit_ms; /* a run that takes longer is ended; 0: none */
};

/* The pause after FAILURES failed runs in a row: EVERY_MS at least, doubled from a second up to
 * five minutes. Pure. */
int64_t watch_pause_ms(int64_t every_ms, unsigned failures);

/* A run that lasted this long before it failed is no failure in a row. */
#define WATCH_LONG_MS 60000
#define WATCH_STOP_MS 20000

/* Until SIGTERM or SIGINT; then 0. -1 with ERR where a process cannot be made at the start. */
int watch_run(const struct watch_task *tasks, size_t n, const char *conf_path, struct err *err);

#endif
