/* SPDX-License-Identifier: Apache-2.0 */
/* tasks: what "reconcile --watch" keeps running. */
#ifndef BURST_TASKS_H
#define BURST_TASKS_H

/*
 * Passes of reconcile, hearing of spot interruptions, refreshing of the catalogue and of prices,
 * each a process (watch.h), until SIGTERM. One watch at a time works, over all hosts that share the
 * state directory; another stands by until that one is gone. Returns the exit status.
 */
int tasks_watch(const char *conf_path);

#endif
