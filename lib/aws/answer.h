/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: from elements of EC2's XML to C structs; what the files of ec2 share. For this room only.
 */
#ifndef BURST_ANSWER_H
#define BURST_ANSWER_H

#include <stddef.h>

#include "lib/aws/client.h"

/* An element whose text goes into a char array of a struct. */
struct answer_field {
	const char *path;
	size_t offset, size;
};
#define ANSWER_FIELD(path, type, member)                                                           \
	{                                                                                          \
		path, offsetof(type, member), sizeof(((type *)NULL)->member)                       \
	}

/* Copy TEXT if PATH is one of FIELDS; cut where it is too long. */
void answer_copy(void *object, const struct answer_field *fields, size_t n, const char *path,
	const char *text);
/* The rest of PATH behind PREFIX and '/', or NULL. */
const char *answer_below(const char *path, const char *prefix);
/* Make room for one more element of SIZE bytes, zeroed; NULL when out of memory. */
void *answer_grow(void *array, size_t *n, size_t size, struct err *err);

/* An EC2 request whose body is done; ACTION as in the body. */
int ec2_send(struct aws *aws, const char *action, const struct strbuf *body,
	xml_element_fn *element, int (*reset)(void *arg, struct err *err), void *arg,
	unsigned *attempts, struct err *err);

/* Several of them, up to AWS_PARALLEL_MAX at a time; all are sent, the error is the first's. */
int ec2_send_many(struct aws *aws, struct aws_call **calls, size_t n, struct err *err);

/* The largest number of ids in one request. */
#define EC2_BATCH 1000

#endif
