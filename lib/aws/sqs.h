/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqs: messages from one queue, as Amazon SQS gives them: at least once, in no order.
 *
 *	struct aws_options options = {.region = queue_region, ...};
 *	struct aws *aws = aws_create(&options, err);
 *	while (!stop && sqs_receive(aws, url, 20, &stop, &messages, err) == 0) {
 *		... act on each ...
 *		sqs_delete(aws, url, messages.all, messages.n, err);
 *		sqs_messages_release(&messages);
 *	}
 *
 * The request goes to SQS in the region of the struct aws, or where AWS_ENDPOINT_URL_SQS,
 * AWS_ENDPOINT_URL or the profile says; the queue's URL only names the queue. What was received is
 * hidden from other receivers for the queue's visibility timeout and comes again unless deleted. A
 * message is what anybody who may send to the queue wrote: parse it as hostile (event.h).
 */
#ifndef BURST_SQS_H
#define BURST_SQS_H

#include <signal.h>
#include <stdint.h>

#include "lib/aws/aws.h"

#define SQS_BATCH  10 /* messages of one answer or of one request to delete */
#define SQS_WAIT_S 20 /* the longest wait */

struct sqs_message {
	char *id;
	char *receipt; /* to delete it by; another each time that it is received */
	char *body;
	size_t len;
	int64_t sent_ms; /* 0: not said */
	int received;    /* how often so far, this time included; 0: not said */
};

struct sqs_messages {
	struct sqs_message *all;
	size_t n;
};

/*
 * Check URL as a queue's ("https://sqs.us-east-2.amazonaws.com/123456789012/burst"): ERR_CONFIG
 * with what is wrong. REGION (of SIZE bytes, may be NULL) gets the region that its host names, ""
 * where it names none.
 */
int sqs_check_url(const char *url, char *region, size_t size, struct err *err);

/*
 * Up to SQS_BATCH messages, as soon as there are any; none after WAIT_S seconds (0 to SQS_WAIT_S).
 * STOP (may be NULL) turning non-zero ends the wait within a second, with success and no message.
 * Tried once, and given up 10 s after WAIT_S: who listens has other things to do meanwhile.
 * No such queue: ERR_CONFIG.
 */
int sqs_receive(struct aws *aws, const char *url, int wait_s, const volatile sig_atomic_t *stop,
	struct sqs_messages *out, struct err *err);
void sqs_messages_release(struct sqs_messages *messages);

/*
 * Delete N messages, SQS_BATCH a request. All are tried; the error is that of the first that was
 * not deleted. One whose receipt is too old is no error: it will come again.
 */
int sqs_delete(struct aws *aws, const char *url, const struct sqs_message *messages, size_t n,
	struct err *err);

#endif
