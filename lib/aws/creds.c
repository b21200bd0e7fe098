/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/creds.h"

#include <json-c/json.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/aws/client.h"
#include "lib/aws/sts.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define PROCESS_TIMEOUT_MS 60000
#define QUIET_S            60

/* Whole pages of our own: locking and hiding go by the page. */
static size_t pages(size_t *page)
{
	*page = (size_t)sysconf(_SC_PAGESIZE);
	return (sizeof(struct creds) + *page - 1) / *page * *page;
}

struct creds *creds_create(struct err *err)
{
	size_t page, size = pages(&page);
	void *creds = NULL;

	if (posix_memalign(&creds, page, size)) {
		err_nomem(err);
		return NULL;
	}
	memset(creds, 0, size);
	/* a help, not a promise: a small RLIMIT_MEMLOCK is no reason to fail */
	(void)mlock(creds, size);
	(void)madvise(creds, size, MADV_DONTDUMP);
	return creds;
}

void creds_destroy(struct creds *creds)
{
	size_t page, size = pages(&page);

	if (!creds)
		return;
	OPENSSL_cleanse(creds, size);
	(void)madvise(creds, size, MADV_DODUMP);
	(void)munlock(creds, size);
	free(creds);
}

static void cleanup_creds_(struct creds **creds)
{
	creds_destroy(*creds);
}

/* Each becomes part of a header: nothing but visible ASCII. */
static bool copy(char *out, size_t size, const char *in)
{
	size_t n;

	for (n = 0; in[n]; n++)
		if (n + 1 >= size || in[n] <= ' ' || in[n] > '~')
			return false;
	memcpy(out, in, n + 1);
	return true;
}

int creds_set(struct creds *creds, const char *key_id, const char *secret, const char *token,
	int64_t expires_s, struct err *err)
{
	CLEANUP(cleanup_creds_) struct creds *c = creds_create(err);
	const char *bad = NULL;

	if (!c)
		return -1;
	if (!key_id || !*key_id || !copy(c->key_id, sizeof(c->key_id), key_id))
		bad = "access key id";
	else if (!secret || !*secret || !copy(c->secret, sizeof(c->secret), secret))
		bad = "secret access key";
	else if (token && !copy(c->token, sizeof(c->token), token))
		bad = "session token";
	if (bad)
		return err_set(err, ERR_AUTH, "the %s is missing, too long or not printable", bad);
	c->expires_s = expires_s;
	*creds = *c;
	return 0;
}

enum creds_need creds_need(const struct creds *creds, int64_t now_s)
{
	int64_t left = creds->expires_s - now_s;

	if (!creds->expires_s || left > CREDS_ADVISORY_S)
		return CREDS_GOOD;
	if (left > CREDS_MANDATORY_S)
		return CREDS_ADVISORY;
	return left > 0 ? CREDS_MANDATORY : CREDS_EXPIRED;
}

int creds_parse_expiry(const char *text, int64_t *s, struct err *err)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t offset = 0;

	if (rest && *rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (rest && (*rest == '+' || *rest == '-')) {
		struct tm zone = {0};
		bool behind = *rest == '-';

		rest = strptime(
			rest + 1, rest[1] && rest[2] && rest[3] == ':' ? "%H:%M" : "%H%M", &zone);
		offset = (zone.tm_hour * 60 + zone.tm_min) * 60;
		if (behind)
			offset = -offset;
	} else if (rest && *rest == 'Z') {
		rest++;
	} else {
		rest = NULL;
	}
	if (!rest || *rest)
		return err_set(err, ERR_AUTH, "expiry is not a time like 2026-11-22T05:31:00Z");
	*s = (int64_t)timegm(&tm) - offset;
	return 0;
}

static const char *text_of(json_object *object, const char *key)
{
	json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* json-c frees without wiping; its own copies are reached only so. */
static void wipe_json(json_object *object)
{
	json_object_object_foreach(object, key, value)
	{
		if (key && json_object_is_type(value, json_type_string))
			OPENSSL_cleanse((void *)(uintptr_t)json_object_get_string(value),
				(size_t)json_object_get_string_len(value));
	}
	json_object_put(object);
}

int creds_from_json(const char *text, size_t len, const char *token_key, const char *what,
	struct creds *out, struct err *err)
{
	struct json_tokener *tokener = json_tokener_new();
	json_object *object;
	const char *code, *expiry;
	int64_t expires_s = 0;
	int rc = -1;

	if (!tokener)
		return err_nomem(err);
	object = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	if (!object || !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return err_set(err, ERR_AUTH, "%s: the answer is not a JSON object", what);
	}
	code = text_of(object, "Code");
	expiry = text_of(object, "Expiration");
	if (code && strcmp(code, "Success"))
		err_set(err, ERR_AUTH, "%s: refused: %.64s", what, code);
	else if (expiry && creds_parse_expiry(expiry, &expires_s, err) < 0)
		err_prefix(err, "%s", what);
	else if (creds_set(out, text_of(object, "AccessKeyId"), text_of(object, "SecretAccessKey"),
			 text_of(object, token_key), expires_s, err) < 0)
		err_prefix(err, "%s", what);
	else
		rc = 0;
	wipe_json(object);
	return rc;
}

/* --- the order ------------------------------------------------------------------------------- */

/* 1 found, 0 not here, -1 wrong: so answer all sources. */
static int from_environment(struct creds *out, struct err *err)
{
	const char *id = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
	const char *token = getenv("AWS_SESSION_TOKEN");
	const char *expiry = getenv("AWS_CREDENTIAL_EXPIRATION");
	int64_t expires_s = 0;

	if (!id || !*id)
		return 0;
	if (!secret || !*secret)
		return err_set(
			err, ERR_CONFIG, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
	if ((expiry && *expiry && creds_parse_expiry(expiry, &expires_s, err) < 0) ||
		creds_set(out, id, secret, token, expires_s, err) < 0)
		return err_prefix(err, "environment");
	return 1;
}

static int from_web_identity_environment(struct aws *aws, struct creds *out, struct err *err)
{
	const char *file = getenv("AWS_WEB_IDENTITY_TOKEN_FILE");
	struct sts_role role = {
		.arn = getenv("AWS_ROLE_ARN"),
		.session_name = getenv("AWS_ROLE_SESSION_NAME"),
	};

	if (!file || !*file)
		return 0;
	if (!role.arn || !*role.arn)
		return err_set(
			err, ERR_CONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not");
	return sts_web_identity(aws, file, &role, out, err) < 0 ? -1 : 1;
}

#define MAX_CHAIN 16

struct chain { /* profiles under way, to notice a loop */
	struct aws *aws;
	const struct profiles *profiles;
	const char *visited[MAX_CHAIN];
	unsigned n;
	bool imds; /* the keys came from the instance itself */
};

static const char *key_of(const struct chain *chain, const char *profile, const char *key)
{
	return profiles_get(chain->profiles, profile, key);
}

static int from_profile(
	struct chain *chain, const char *name, bool as_source, struct creds *out, struct err *err);

static int from_credential_source(
	struct chain *chain, const char *source, struct creds *out, struct err *err)
{
	int rc;

	if (!strcmp(source, "Environment"))
		rc = from_environment(out, err);
	else if (!strcmp(source, "EcsContainer"))
		rc = creds_container(chain->aws, out, err);
	else if (!strcmp(source, "Ec2InstanceMetadata"))
		rc = creds_imds(chain->aws, out, err);
	else
		return err_set(err, ERR_CONFIG,
			"credential_source \"%.64s\": expected Environment, Ec2InstanceMetadata or "
			"EcsContainer",
			source);
	if (!rc)
		return err_set(err, ERR_AUTH, "credential_source %s has no credentials", source);
	return rc;
}

static int role_of(
	const struct chain *chain, const char *name, struct sts_role *role, struct err *err)
{
	const char *duration = key_of(chain, name, "duration_seconds");

	*role = (struct sts_role){
		.arn = key_of(chain, name, "role_arn"),
		.session_name = key_of(chain, name, "role_session_name"),
		.external_id = key_of(chain, name, "external_id"),
	};
	if (duration) {
		char *end;
		long s = strtol(duration, &end, 10);

		if (*end || s < 900 || s > 43200)
			return err_set(err, ERR_CONFIG,
				"profile %s: duration_seconds: expected 900 to 43200", name);
		role->duration_s = (int)s;
	}
	return 0;
}

static int from_role(struct chain *chain, const char *name, struct creds *out, struct err *err)
{
	const char *source = key_of(chain, name, "source_profile");
	const char *credential_source = key_of(chain, name, "credential_source");
	CLEANUP(cleanup_creds_) struct creds *base = NULL;
	struct sts_role role;
	int rc;

	if (!source == !credential_source)
		return err_set(err, ERR_CONFIG,
			"profile %s: role_arn needs source_profile or credential_source, one of "
			"them",
			name);
	if (key_of(chain, name, "mfa_serial"))
		return err_set(err, ERR_CONFIG,
			"profile %s: mfa_serial needs a person at a keyboard", name);
	if (role_of(chain, name, &role, err) < 0)
		return -1;
	base = creds_create(err);
	if (!base)
		return -1;
	if (source)
		rc = from_profile(chain, source, true, base, err);
	else
		rc = from_credential_source(chain, credential_source, base, err);
	if (!rc)
		return err_set(err, ERR_CONFIG, "profile %s: source_profile %s has no credentials",
			name, source);
	if (rc < 0 || sts_assume_role(chain->aws, base, &role, out, err) < 0)
		return err_prefix(err, "profile %s", name);
	chain->imds = false;
	return 1;
}

static int from_keys(struct chain *chain, const char *name, struct creds *out, struct err *err)
{
	const char *id = key_of(chain, name, "aws_access_key_id");
	const char *secret = key_of(chain, name, "aws_secret_access_key");
	const char *token = key_of(chain, name, "aws_session_token");

	if (!id && !secret)
		return 0;
	if (!id || !secret)
		return err_set(err, ERR_CONFIG, "profile %s: %s is set, %s is not", name,
			id ? "aws_access_key_id" : "aws_secret_access_key",
			id ? "aws_secret_access_key" : "aws_access_key_id");
	if (creds_set(out, id, secret, token, 0, err) < 0)
		return err_prefix(err, "profile %s", name);
	return 1;
}

/*
 * As in botocore: a role goes before keys, except that a profile named as somebody's source and
 * having keys is taken by its keys (which also lets a profile be its own source).
 */
static int from_profile(
	struct chain *chain, const char *name, bool as_source, struct creds *out, struct err *err)
{
	const char *process, *token_file;
	bool keys = key_of(chain, name, "aws_access_key_id");
	struct sts_role role;
	int rc;

	if (!profiles_have(chain->profiles, name)) {
		if (!as_source)
			return 0;
		return err_set(err, ERR_CONFIG, "source_profile %s does not exist", name);
	}
	if (as_source && keys)
		return from_keys(chain, name, out, err);
	for (unsigned i = 0; i < chain->n; i++)
		if (!strcmp(chain->visited[i], name))
			return err_set(err, ERR_CONFIG,
				"source_profile leads back to profile %s: a loop", name);
	if (chain->n == MAX_CHAIN)
		return err_set(
			err, ERR_CONFIG, "more than %d profiles one behind the other", MAX_CHAIN);
	chain->visited[chain->n++] = name;
	token_file = key_of(chain, name, "web_identity_token_file");
	if (token_file) {
		if (role_of(chain, name, &role, err) < 0)
			return -1;
		if (!role.arn)
			return err_set(err, ERR_CONFIG,
				"profile %s: web_identity_token_file needs role_arn", name);
		return sts_web_identity(chain->aws, token_file, &role, out, err) < 0
			       ? err_prefix(err, "profile %s", name)
			       : 1;
	}
	if (key_of(chain, name, "role_arn"))
		return from_role(chain, name, out, err);
	rc = from_keys(chain, name, out, err);
	if (rc)
		return rc;
	process = key_of(chain, name, "credential_process");
	if (process)
		return creds_process(process, PROCESS_TIMEOUT_MS, out, err) < 0
			       ? err_prefix(err, "profile %s", name)
			       : 1;
	if (key_of(chain, name, "sso_session") || key_of(chain, name, "sso_start_url"))
		return err_set(err, ERR_CONFIG,
			"profile %s: signing in by SSO needs a person; a credential_process can "
			"help",
			name);
	return 0;
}

static int find_base(struct chain *chain, struct creds *out, struct err *err)
{
	struct aws *aws = chain->aws;
	int rc = 0;

	if (!aws->profile_given)
		rc = from_environment(out, err);
	if (!rc)
		rc = from_profile(chain, aws->profile, false, out, err);
	if (!rc && !aws->profile_given)
		rc = from_web_identity_environment(aws, out, err);
	if (!rc)
		rc = creds_container(aws, out, err);
	if (!rc) {
		rc = creds_imds(aws, out, err);
		chain->imds = rc > 0;
	}
	if (!rc)
		return err_set(err, ERR_AUTH,
			"no AWS credentials: not in %sprofile %s, container or instance metadata",
			aws->profile_given ? "" : "the environment, ", aws->profile);
	return rc;
}

static void cleanup_profiles_(struct profiles **profiles)
{
	profiles_destroy(*profiles);
}

int creds_find(struct aws *aws, struct creds *out, bool *source_imds, struct err *err)
{
	CLEANUP(cleanup_profiles_)
	struct profiles *profiles = profiles_load(aws->config_file, aws->credentials_file, err);
	CLEANUP(cleanup_creds_) struct creds *base = creds_create(err);
	struct chain chain = {.aws = aws, .profiles = profiles};
	struct sts_role role = {
		aws->role_arn, aws->role_session_name, aws->role_external_id, aws->role_duration_s};

	if (!profiles || !base || find_base(&chain, base, err) < 0)
		return -1;
	if (aws->role_arn) {
		if (sts_assume_role(aws, base, &role, out, err) < 0)
			return -1;
		chain.imds = false;
	} else {
		*out = *base;
	}
	*source_imds = chain.imds;
	return 0;
}

const struct creds *creds_get(struct aws *aws, bool force, struct err *err)
{
	CLEANUP(cleanup_creds_) struct creds *fresh = NULL;
	int64_t now_s = clock_now_s() + aws->clock_offset_s;
	enum creds_need need = aws->creds ? creds_need(aws->creds, now_s) : CREDS_EXPIRED;
	struct err why = {0};

	if (need == CREDS_GOOD && !force)
		return aws->creds;
	if (need != CREDS_EXPIRED && !force && now_s < aws->creds_quiet_s)
		return aws->creds;
	fresh = creds_create(&why);
	if (fresh && !creds_find(aws, fresh, &aws->creds_imds, &why)) {
		if (aws->creds) {
			aws->creds->past = aws->creds_past;
			aws->creds_past = aws->creds;
		}
		aws->creds = STEAL_POINTER(fresh);
		/* IMDS itself may hand out what is near its end: do not ask at every request */
		aws->creds_quiet_s = now_s + QUIET_S;
		return aws->creds;
	}
	/*
	 * Old ones stay in use while they last; the instance's own even longer: AWS accepts them
	 * beyond their time when the metadata service fails.
	 */
	if (aws->creds && !force && (need != CREDS_EXPIRED || aws->creds_imds)) {
		aws->creds_quiet_s = now_s + QUIET_S;
		return aws->creds;
	}
	if (err)
		*err = why;
	return NULL;
}

void creds_drop_past(struct aws *aws)
{
	while (aws->creds_past) {
		struct creds *past = aws->creds_past;

		aws->creds_past = past->past;
		creds_destroy(past);
	}
}
