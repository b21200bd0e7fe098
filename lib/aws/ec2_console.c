/* SPDX-License-Identifier: Apache-2.0 */
/* What an instance's console shows. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"

static int console_reset(void *arg, struct err *err)
{
	strbuf_setlen(arg, 0);
	return 0;
}

static int on_console(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	struct strbuf *base64 = arg;

	if (event != XML_END || strcmp(path, "output"))
		return 0;
	for (; *text; text++)
		if (!strchr(" \t\r\n", *text))
			strbuf_addch(base64, *text);
	return base64->failed ? err_nomem(err) : 0;
}

/* A string: where the console wrote a NUL there is '?'. */
static char *decode(const struct strbuf *base64, struct err *err)
{
	cleanup_free char *text = malloc(base64->len / 4 * 3 + 1);
	size_t padding = 0;
	int n;

	if (!text) {
		err_nomem(err);
		return NULL;
	}
	while (padding < 2 && padding < base64->len &&
		base64->buf[base64->len - 1 - padding] == '=')
		padding++;
	n = EVP_DecodeBlock(
		(unsigned char *)text, (const unsigned char *)base64->buf, (int)base64->len);
	if (n < (int)padding) {
		err_set(err, ERR_FATAL, "GetConsoleOutput: the answer's output is not base64");
		return NULL;
	}
	n -= (int)padding; /* OpenSSL counts what stands for nothing */
	for (int i = 0; i < n; i++)
		if (!text[i])
			text[i] = '?';
	text[n] = '\0';
	return STEAL_POINTER(text);
}

static int get(struct aws *aws, const char *id, bool latest, char **text, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf base64 = STRBUF_INIT;

	query_begin(&body, "GetConsoleOutput", QUERY_EC2_VERSION);
	query_add(&body, id, "InstanceId");
	if (latest)
		query_add(&body, "true", "Latest");
	if (ec2_send(aws, "GetConsoleOutput", &body, on_console, console_reset, &base64, NULL,
		    err) < 0)
		return -1;
	*text = NULL;
	if (!base64.len)
		return 0;
	*text = decode(&base64, err);
	return *text ? 0 : -1;
}

int ec2_console_output(struct aws *aws, const char *id, char **text, struct err *err)
{
	char *found = NULL;
	struct err why = {0};
	int rc;

	/*
	 * Unasked, EC2 gives what it kept at the last start, stop or end, and nothing at all in an
	 * instance's first minutes; "latest" is the console now, which only Nitro types have.
	 */
	rc = get(aws, id, true, &found, &why);
	if ((rc < 0 && !strcmp(why.code, "UnsupportedOperation")) || (!rc && !found))
		rc = get(aws, id, false, &found, &why);
	if (rc < 0) {
		if (err)
			*err = why;
		return -1;
	}
	*text = found;
	return 0;
}
