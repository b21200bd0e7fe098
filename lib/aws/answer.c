/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

void answer_copy(void *object, const struct answer_field *fields, size_t n, const char *path,
	const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(path, fields[i].path))
			snprintf((char *)object + fields[i].offset, fields[i].size, "%s", text);
}

const char *answer_below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) || path[n] != '/' ? NULL : path + n + 1;
}

void *answer_grow(void *array, size_t *n, size_t size, struct err *err)
{
	char *bigger = array;

	if (!(*n & (*n - 1))) { /* 0, 1, 2, 4, 8 …: full */
		bigger = reallocarray(array, *n ? *n * 2 : 1, size);
		if (!bigger) {
			err_nomem(err);
			return NULL;
		}
	}
	memset(bigger + *n * size, 0, size);
	(*n)++;
	return bigger;
}

int ec2_send(struct aws *aws, const char *action, const struct strbuf *body,
	xml_element_fn *element, int (*reset)(void *arg, struct err *err), void *arg,
	unsigned *attempts, struct err *err)
{
	struct aws_call call = {
		.service = AWS_EC2,
		.action = action,
		.body = body->buf,
		.len = body->len,
		.element = element,
		.reset = reset,
		.arg = arg,
	};
	int rc;

	if (body->failed)
		return err_nomem(err);
	rc = aws_call(aws, &call, err);
	if (attempts)
		*attempts = call.attempts;
	return rc;
}

int ec2_send_many(struct aws *aws, struct aws_call **calls, size_t n, struct err *err)
{
	cleanup_free struct err *errs = calloc(n ? n : 1, sizeof(*errs));

	if (!errs)
		return err_nomem(err);
	if (!aws_call_many(aws, calls, n, AWS_PARALLEL_MAX, errs))
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!errs[i].class)
			continue;
		if (err)
			*err = errs[i];
		break;
	}
	return -1;
}
