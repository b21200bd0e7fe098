/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alarm: what a person should be told of at once, because it costs money or a job and no rule of
 * ours ends it for good.
 *
 * An alarm is a line at error level ("alarm: WHAT: TEXT"), a counter ("alarm.WHAT") and, where
 * alarm.command is set, a run of that program: arguments WHAT SUBJECT TEXT, nothing on its standard
 * input, a clean environment (PATH, LANG=C, BURST_CLUSTER), no shell, killed with all of its
 * process group after alarm.timeout_s. The same WHAT of the same SUBJECT is not raised again before
 * alarm.repeat_s have passed: a watcher finds it anew every minute. A program that takes the time
 * of six hangs is not run again for ten minutes.
 *
 * At least once: that it was raised is written down when the program has ended. Whose process is
 * killed before that is raised again by who finds it next, some seconds after alarm.timeout_s.
 */
#ifndef BURST_ALARM_H
#define BURST_ALARM_H

#include "helper/app.h"

/*
 * WHAT: a word of [a-z-]; SUBJECT: an instance's id, a gang's, a node group's, or "". The text is
 * one sentence. True if it was raised, false if it has been already. Nothing fails: what cannot be
 * done is logged. Without state.db (APP->db NULL) it is raised each time. Not within a transaction;
 * waits for the program.
 */
bool alarm_raise(struct app *app, const char *what, const char *subject, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
