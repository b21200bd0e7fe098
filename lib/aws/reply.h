/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply: what came back of one try of a call, and what it means: done, or which failure, told
 * without our secrets. For this room only.
 *
 *	reply_init(&reply, call, err);
 *	... reply_data() as the request's sink ...
 *	rc = reply_judge(&reply, &answer, creds, err);
 *	reply_release(&reply);
 */
#ifndef BURST_REPLY_H
#define BURST_REPLY_H

#include "lib/aws/client.h"

struct reply {
	struct aws_call *call;
	struct xml *xml;
	struct strbuf json; /* instead of XML: the whole body */
	enum { ROOT_UNKNOWN, ROOT_ANSWER, ROOT_ERROR, ROOT_OTHER } root;
	bool broken; /* not XML, or not all of it: the rest is only counted */
	struct err broken_err;
	char code[ERR_CODE_SIZE];
	char message[512];
	char request_id[64];
	size_t received;
	bool refused; /* with a code that says that nothing was done */
};

/* REPLY must not move until reply_release(). */
int reply_init(struct reply *reply, struct aws_call *call, struct err *err);
void reply_release(struct reply *reply);
/* http_request.sink; ARG is the reply. */
int reply_data(void *arg, const char *data, size_t len, struct err *err);
/* After a complete answer. CREDS signed the request (NULL: nobody) and are kept out of ERR. */
int reply_judge(struct reply *reply, struct http_answer *answer, const struct creds *creds,
	struct err *err);
/* Does an error of CODE quote what we signed? */
bool reply_echoes_request(const char *code);

#endif
