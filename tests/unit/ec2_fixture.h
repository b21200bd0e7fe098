/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec2_fixture: an account whose EC2 is a scripted server.
 */
#ifndef TEST_EC2_FIXTURE_H
#define TEST_EC2_FIXTURE_H

#include "http_server.h"
#include "lib/aws/ec2.h"

extern struct server *server;
extern struct aws *aws;
extern struct err err;

/* Credentials in the environment, nothing of the tester's own. */
void fixture_setup(void);
/* Start the server and make the account; end() undoes it. */
void begin(const struct server_answer *script, size_t n);
void begin_with(const struct server_answer *script, size_t n, struct aws_options options);
void end(void);
/* RC is -1, err of CLASS and CODE, its text has TEXT and no secret. */
void expect(int rc, enum err_class class, const char *code, const char *text);

#define ERROR(code, message)                                                                       \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>" code         \
	"</Code><Message>" message                                                                 \
	"</Message></Error></Errors><RequestID>req-1</RequestID></Response>"
#define NS "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\""
#define DONE(op)                                                                                   \
	"<" op "Response " NS "><requestId>r</requestId><return>true</return></" op "Response>"

#endif
