/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts: the three requests of the Security Token Service that we use.
 */
#ifndef BURST_STS_H
#define BURST_STS_H

#include "lib/aws/creds.h"

struct sts_role {
	const char *arn;
	const char *session_name; /* NULL: ours */
	const char *external_id;  /* NULL: none */
	int duration_s;           /* 0: the service's default */
};

/* AssumeRole, signed with BASE. */
int sts_assume_role(struct aws *aws, const struct creds *base, const struct sts_role *role,
	struct creds *out, struct err *err);
/* AssumeRoleWithWebIdentity, unsigned: the token in TOKEN_FILE speaks for itself. */
int sts_web_identity(struct aws *aws, const char *token_file, const struct sts_role *role,
	struct creds *out, struct err *err);

#endif
