/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/console.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"

#define LINE_MAX_BYTES 400
#define ESC            0x1b

/* Behind the escape sequence at P (which is ESC), within END: colours, cursor moves, titles. */
static const char *skip_escape(const char *p, const char *end)
{
	if (++p == end)
		return end;
	if (*p == '[') { /* CSI: up to a byte from @ to ~ */
		for (p++; p < end && !(*p >= '@' && *p <= '~'); p++)
			;
		return p < end ? p + 1 : end;
	}
	if (*p == ']') { /* OSC: up to BEL, or ESC and a backslash */
		for (p++; p < end && *p != '\a' && *p != ESC; p++)
			;
		if (p < end && *p == ESC && p + 1 < end && p[1] == '\\')
			p++;
		return p < end ? p + 1 : end;
	}
	while (p < end && *p >= ' ' && *p <= '/') /* intermediate bytes: a character set */
		p++;
	return p < end ? p + 1 : end;
}

/* One line without its newline, as a terminal would show it at last. Empty: nothing to read. */
static char *clean_line(const char *line, size_t len)
{
	char *out = malloc(LINE_MAX_BYTES + 1);
	size_t n = 0;
	bool over = false; /* a carriage return: what follows overwrites */

	if (!out)
		return NULL;
	for (const char *p = line, *end = line + len; p < end;) {
		unsigned char c = (unsigned char)*p;

		if (c == ESC) {
			p = skip_escape(p, end);
			continue;
		}
		p++;
		if (c == '\r') {
			over = true;
			continue;
		}
		if (c == '\t')
			c = ' ';
		if (c < ' ' || c == 0x7f)
			continue;
		if (over)
			n = 0;
		over = false;
		if (n < LINE_MAX_BYTES)
			out[n++] = (char)c;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

int console_tail(const char *text, size_t max, char ***lines, size_t *n, struct err *err)
{
	char **list = calloc(max + 1, sizeof(*list));
	size_t end = strlen(text), count = 0;

	if (!list)
		return err_nomem(err);
	/* from the end: a console may have 64 KiB */
	while (count < max && end) {
		size_t start = end;
		char *line;

		while (start && text[start - 1] != '\n')
			start--;
		line = clean_line(text + start, end - start);
		if (!line) {
			console_tail_release(list, count);
			return err_nomem(err);
		}
		if (*line)
			list[count++] = line;
		else
			free(line);
		end = start ? start - 1 : 0;
	}
	for (size_t i = 0; i < count / 2; i++) {
		char *swap = list[i];

		list[i] = list[count - 1 - i];
		list[count - 1 - i] = swap;
	}
	*lines = list;
	*n = count;
	return 0;
}

void console_tail_release(char **lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	free(lines);
}

static void log_one(struct app *app, struct aws *aws, const struct instance *instance)
{
	const char *name = *instance->node ? instance->node : instance->id;
	cleanup_free char *text = NULL;
	char **lines = NULL;
	size_t n = 0;
	struct err err;

	if (ec2_console_output(aws, instance->id, &text, &err) < 0) {
		log_warn("console of %s (%s) cannot be had: %s", name, instance->id, err.text);
		return;
	}
	if (console_tail(text ? text : "", app->conf->boot.console_lines, &lines, &n, &err) < 0) {
		log_warn("console of %s: %s", name, err.text);
		return;
	}
	if (!n)
		log_warn("console of %s (%s) is empty, or EC2 has none yet", name, instance->id);
	for (size_t i = 0; i < n; i++)
		log_warn("console of %s (%s): %s", name, instance->id, lines[i]);
	console_tail_release(lines, n);
}

void console_log(struct app *app, const char *region, const struct instance *list, size_t n)
{
	struct aws *aws;
	struct err err;

	if (!app->conf->boot.console_lines || !n)
		return;
	aws = app_aws(app, region, &err);
	if (!aws) {
		log_warn("consoles cannot be had: %s", err.text);
		return;
	}
	for (size_t i = 0; i < n && i < CONSOLE_NODES_MAX; i++)
		log_one(app, aws, &list[i]);
}
