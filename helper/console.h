/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console: what nodes wrote on their consoles before they failed, for the log.
 */
#ifndef BURST_CONSOLE_H
#define BURST_CONSOLE_H

#include "helper/app.h"
#include "lib/state/instance.h"

/* Consoles looked at per failed gang: the nodes of one gang fail for one reason. */
#define CONSOLE_NODES_MAX 3

/*
 * The last boot.console_lines lines of each of the first CONSOLE_NODES_MAX of LIST into the log,
 * one log line each. EC2 keeps the console for an hour after the end. What cannot be had is said
 * in the log; nothing fails.
 */
void console_log(struct app *app, const char *region, const struct instance *list, size_t n);

/*
 * The last MAX lines of TEXT that have something to read, oldest first, for a log: of what a
 * carriage return overwrites the last counts, escape sequences and control characters are dropped,
 * long lines cut. *LINES: heap array of heap strings, for console_tail_release(). Pure.
 */
int console_tail(const char *text, size_t max, char ***lines, size_t *n, struct err *err);
void console_tail_release(char **lines, size_t n);

#endif
