/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_fixture: the helper's app with a state of its own and an EC2 that is a scripted server.
 */
#ifndef TEST_APP_FIXTURE_H
#define TEST_APP_FIXTURE_H

#include "helper/app.h"
#include "tests/unit/http_server.h"
#include "tests/unit/state_fixture.h"

#define HERE  "us-east-2"
#define THERE "us-west-2"

extern struct app app;
extern struct conf conf; /* what app.conf is */
extern struct server *server;

/* For a checked fixture: state, configuration; the log goes to a file in the state directory. */
void app_setup(void);
void app_teardown(void);

/* Start EC2 with this script and give its account in HERE; before, the one in force ends. */
struct aws *ec2_begin(const struct server_answer *script, size_t n);
/* How many requests came since, and the I-th's body. */
size_t ec2_count(void);
const char *ec2_body(size_t i);

/* How many lines of the log have TEXT. */
unsigned logged(const char *text);

/* A launch of gang "a", which must be there, in HERE and for 3 instances, under way. */
void add_launch(const char *token, const char *body);
/* An instance of it that runs on demand in HERE. */
void add_instance(const char *id, const char *token, const char *type, const char *subnet);

#define ERROR(code, message)                                                                       \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>" code         \
	"</Code><Message>" message                                                                 \
	"</Message></Error></Errors><RequestID>req-1</RequestID></Response>"
#define DONE(op) "<" op "Response><requestId>r</requestId><return>true</return></" op "Response>"
/* A stored CreateFleet. */
#define FLEET(template, version, type, subnet, kind)                                               \
	"Action=CreateFleet&LaunchTemplateConfigs.1.LaunchTemplateSpecification."                  \
	"LaunchTemplateId=" template "&LaunchTemplateConfigs.1.LaunchTemplateSpecification."       \
				     "Version=" version                                            \
				     "&LaunchTemplateConfigs.1.Overrides.1.InstanceType=" type     \
				     "&LaunchTemplateConfigs.1.Overrides.1.SubnetId=" subnet       \
				     "&TargetCapacitySpecification."                               \
				     "DefaultTargetCapacityType=" kind

#endif
