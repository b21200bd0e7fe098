/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: inside of struct aws, and the one way a request goes out: signed, sent, retried, parsed.
 * For this room only.
 */
#ifndef BURST_CLIENT_H
#define BURST_CLIENT_H

#include <signal.h>

#include "lib/aws/aws.h"
#include "lib/aws/creds.h"
#include "lib/aws/endpoint.h"
#include "lib/aws/http.h"
#include "lib/aws/profile.h"
#include "lib/aws/retry.h"
#include "lib/aws/xml.h"
#include "lib/base/strbuf.h"

enum aws_service { AWS_EC2, AWS_STS, AWS_SERVICE_QUOTAS, AWS_SQS, AWS_PRICING, AWS_NSERVICES };

struct aws {
	/* as resolved at aws_create() */
	char *region, *profile, *config_file, *credentials_file, *ca_bundle;
	char *role_arn, *role_session_name, *role_external_id;
	bool profile_given; /* by the options, not by AWS_PROFILE */
	int role_duration_s;
	int max_attempts, connect_timeout_ms, timeout_ms, throttle_wait_ms;
	size_t max_answer;
	struct endpoint endpoint[AWS_NSERVICES];

	struct http *http;
	struct retry_quota quota;
	int64_t clock_offset_s; /* AWS's clock minus ours */
	struct aws_pacer pacer; /* take NULL: none */
	unsigned runs;          /* aws_call_many()s under way, one inside the other */

	struct creds *creds;
	struct creds *creds_past; /* replaced ones that a request under way was signed with */
	bool creds_imds;
	int64_t creds_quiet_s; /* a refresh failed: none that is not needed before this */
};

struct aws_call {
	enum aws_service service;
	const char *action; /* the answer's root is <action>Response */
	const char *body;
	size_t len;
	bool unsigned_;            /* AssumeRoleWithWebIdentity */
	const struct creds *creds; /* NULL: the account's own */
	bool once;                 /* no try may go unnoticed, not even by libcurl */
	const char *hide;          /* a secret of the body, never to be echoed in an error */
	const char *target;      /* JSON protocol: X-Amz-Target; the answer is no XML but WHOLE's */
	xml_element_fn *element; /* NULL: the answer holds nothing of interest */
	/* JSON protocol: the body of HTTP 200, NUL-ended; how it fails says whether to try again */
	int (*whole)(void *arg, const char *body, size_t len, struct err *err);
	int (*reset)(void *arg,
		struct err *err); /* a half-read answer is to be forgotten; may be NULL */
	void *arg;
	unsigned instances; /* that it acts on, for the pacer; 0: none, or not limited by them */
	int wait_ms;        /* the service may keep us waiting so much longer than others */
	bool loops;         /* its caller asks again by itself: one try, and a short one */
	const volatile sig_atomic_t *stop; /* not NULL, and not 0: fail within a second, ERR_BUSY */
	unsigned attempts;                 /* out: how often it was sent */
	bool unsure; /* out, on failure: one of those may have been acted upon */
};

int aws_call(struct aws *aws, struct aws_call *call, struct err *err);

#define AWS_PARALLEL_MAX 8
/*
 * Send N calls, PARALLEL at a time (at most AWS_PARALLEL_MAX), begun in their order, each by the
 * rules of aws_call(). All are sent, also behind a failed one, except that when there are no
 * credentials, or throttling outlasted throttle_wait_ms with nothing getting through, those not
 * begun fail as that one. 0: all succeeded. ERRS: N of them, or NULL; those of the calls that
 * succeeded are zeroed.
 */
int aws_call_many(
	struct aws *aws, struct aws_call *calls[], size_t n, unsigned parallel, struct err *errs);

#endif
