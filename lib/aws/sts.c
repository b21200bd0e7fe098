/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/sts.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/client.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

#define SESSION_NAME "aws-slurm-burst"
#define MAX_TOKEN    (64 * 1024)

struct answer {
	char *arn, *account, *key_id, *secret, *token, *expiry;
};

static void wipe(char **s)
{
	if (*s)
		OPENSSL_cleanse(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

static void answer_release(struct answer *a)
{
	wipe(&a->arn);
	wipe(&a->account);
	wipe(&a->key_id);
	wipe(&a->secret);
	wipe(&a->token);
	wipe(&a->expiry);
}

static int answer_reset(void *arg, struct err *err)
{
	answer_release(arg);
	return 0;
}

static int on_element(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	struct answer *a = arg;
	const struct {
		const char *name;
		char **field;
	} t[] = {
		{"Arn", &a->arn},
		{"Account", &a->account},
		{"Credentials/AccessKeyId", &a->key_id},
		{"Credentials/SecretAccessKey", &a->secret},
		{"Credentials/SessionToken", &a->token},
		{"Credentials/Expiration", &a->expiry},
	};
	const char *rest = strchr(path, '/'); /* behind "AssumeRoleResult" */

	if (event != XML_END || !rest)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		if (strcmp(rest + 1, t[i].name))
			continue;
		wipe(t[i].field);
		*t[i].field = strdup(text);
		return *t[i].field ? 0 : err_nomem(err);
	}
	return 0;
}

static int credentials(
	const char *action, const struct answer *a, struct creds *out, struct err *err)
{
	int64_t expires_s = 0;

	if ((a->expiry && creds_parse_expiry(a->expiry, &expires_s, err) < 0) ||
		creds_set(out, a->key_id, a->secret, a->token, expires_s, err) < 0)
		return err_prefix(err, "%s", action);
	return 0;
}

static void add_role(struct strbuf *body, const struct sts_role *role)
{
	query_add(body, role->arn, "RoleArn");
	query_add(body,
		role->session_name && *role->session_name ? role->session_name : SESSION_NAME,
		"RoleSessionName");
	if (role->duration_s)
		query_add_int(body, role->duration_s, "DurationSeconds");
}

int sts_assume_role(struct aws *aws, const struct creds *base, const struct sts_role *role,
	struct creds *out, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(answer_release) struct answer answer = {0};
	struct aws_call call = {
		.service = AWS_STS,
		.action = "AssumeRole",
		.creds = base,
		.element = on_element,
		.reset = answer_reset,
		.arg = &answer,
	};

	query_begin(&body, call.action, QUERY_STS_VERSION);
	add_role(&body, role);
	if (role->external_id)
		query_add(&body, role->external_id, "ExternalId");
	if (body.failed)
		return err_nomem(err);
	call.body = body.buf;
	call.len = body.len;
	if (aws_call(aws, &call, err) < 0)
		return -1;
	return credentials(call.action, &answer, out, err);
}

int sts_web_identity(struct aws *aws, const char *token_file, const struct sts_role *role,
	struct creds *out, struct err *err)
{
	CLEANUP(http_wipe_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(http_buffer_release) struct http_buffer token = {0};
	CLEANUP(answer_release) struct answer answer = {0};
	struct aws_call call = {
		.service = AWS_STS,
		.action = "AssumeRoleWithWebIdentity",
		.unsigned_ = true,
		.element = on_element,
		.reset = answer_reset,
		.arg = &answer,
	};

	/* read anew each time: Kubernetes replaces it */
	if (file_read(token_file, MAX_TOKEN, &token.data, &token.len, err) < 0) {
		if (err && err->class == ERR_NOTFOUND)
			err->class = ERR_CONFIG;
		return err_prefix(err, "web identity token");
	}
	while (token.len && strchr(" \t\r\n", token.data[token.len - 1]))
		token.data[--token.len] = '\0';
	query_begin(&body, call.action, QUERY_STS_VERSION);
	add_role(&body, role);
	query_add(&body, token.data, "WebIdentityToken");
	if (body.failed)
		return err_nomem(err);
	call.body = body.buf;
	call.len = body.len;
	call.hide = token.data;
	if (aws_call(aws, &call, err) < 0)
		return -1;
	return credentials(call.action, &answer, out, err);
}

static int ask_caller(struct aws *aws, struct answer *answer, struct err *err)
{
	static const char body[] = "Action=GetCallerIdentity&Version=" QUERY_STS_VERSION;
	struct aws_call call = {
		.service = AWS_STS,
		.action = "GetCallerIdentity",
		.body = body,
		.len = sizeof(body) - 1,
		.element = on_element,
		.reset = answer_reset,
		.arg = answer,
	};

	return aws_call(aws, &call, err);
}

char *aws_caller(struct aws *aws, struct err *err)
{
	CLEANUP(answer_release) struct answer answer = {0};

	if (ask_caller(aws, &answer, err) < 0)
		return NULL;
	if (!answer.arn)
		err_set(err, ERR_FATAL, "GetCallerIdentity: the answer has no Arn");
	return STEAL_POINTER(answer.arn);
}

int aws_account(struct aws *aws, char *account, struct err *err)
{
	CLEANUP(answer_release) struct answer answer = {0};
	size_t len;

	if (ask_caller(aws, &answer, err) < 0)
		return -1;
	len = answer.account ? strlen(answer.account) : 0;
	if (!len || len >= AWS_ACCOUNT_SIZE || strspn(answer.account, "0123456789") != len)
		return err_set(err, ERR_FATAL, "GetCallerIdentity: the answer has no Account");
	memcpy(account, answer.account, len + 1);
	return 0;
}

int aws_key_id(struct aws *aws, char *id, size_t size, struct err *err)
{
	const struct creds *creds = creds_get(aws, false, err);

	if (!creds)
		return -1;
	snprintf(id, size, "%s", creds->key_id);
	return 0;
}

int64_t aws_now_s(const struct aws *aws)
{
	return clock_now_s() + aws->clock_offset_s;
}
