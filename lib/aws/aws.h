/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws: one account, one region: where its endpoints are and who we are there.
 *
 * struct aws_options says what the site configured; whatever is NULL or 0 comes from the
 * environment and the profile's files, in the AWS CLI's order. A struct aws holds connection,
 * credentials (refreshed as they expire) and retry budget. Not thread-safe; make it after fork(2).
 */
#ifndef BURST_AWS_H
#define BURST_AWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct aws_options {
	const char *region;
	const char *profile;
	const char *config_file;      /* default ~/.aws/config */
	const char *credentials_file; /* default ~/.aws/credentials */
	const char *endpoint_url;     /* for every service; also AWS_ENDPOINT_URL[_EC2|_STS|_SQS] */
	const char *ca_bundle;        /* PEM; also AWS_CA_BUNDLE */
	const char *role_arn;         /* assume this role with the credentials found */
	const char *role_session_name;
	const char *role_external_id;
	int role_duration_s;
	bool use_fips, use_dualstack;
	int max_attempts;       /* of one request, throttled ones not counted; default 3 */
	int throttle_wait_ms;   /* for so long; default 60000; less than 0: not at all */
	int connect_timeout_ms; /* default 5000 */
	int timeout_ms;         /* of one attempt; default 60000 */
	size_t max_answer;      /* bytes; default 64 MiB */
};

struct aws;

/* Resolve region and endpoint; credentials are fetched at the first request. NULL on failure. */
struct aws *aws_create(const struct aws_options *options, struct err *err);
void aws_destroy(struct aws *aws);
const char *aws_region(const struct aws *aws);

/*
 * Who says when an EC2 request may go. take() is asked before each send, repetitions included, and
 * again after the milliseconds that it returns, until it returns 0: then it has taken what the send
 * costs. INSTANCES: how many instances the request acts on. refused() is told of each throttling
 * answer. Both run inside of the call and must not use the struct aws.
 */
struct aws_pacer {
	int64_t (*take)(void *arg, const char *region, const char *action, unsigned instances);
	void (*refused)(void *arg, const char *region, const char *action); /* may be NULL */
	void *arg;
};
/* Copied; arg must outlive AWS. NULL: none, the state after aws_create(). */
void aws_set_pacer(struct aws *aws, const struct aws_pacer *pacer);

/* Who we are: "arn:aws:sts::…" by GetCallerIdentity; the caller frees. */
char *aws_caller(struct aws *aws, struct err *err);

#define AWS_ACCOUNT_SIZE 16
/* Whose instances we make: the account's number, by GetCallerIdentity, into ACCOUNT of
 * AWS_ACCOUNT_SIZE. */
int aws_account(struct aws *aws, char *account, struct err *err);
#define AWS_KEY_ID_SIZE 160
/* The name of the key that we sign with now, found or refreshed at need: no secret. */
int aws_key_id(struct aws *aws, char *id, size_t size, struct err *err);
/* Seconds since 1970 by AWS's clock, as far as an answer has told it; else by ours. */
int64_t aws_now_s(const struct aws *aws);

#endif
