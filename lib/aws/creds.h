/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds: who signs: found in the AWS CLI's order, refreshed before they expire.
 *
 * environment; the profile (role_arn, web identity, keys, credential_process); web identity from
 * the environment; container; instance metadata (v2). A profile that the site's configuration
 * names skips the environment. A struct creds lies in memory of its own that is kept out of core
 * files and swap where the system lets us, and is wiped when freed.
 */
#ifndef BURST_CREDS_H
#define BURST_CREDS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/aws/aws.h"
#include "lib/aws/endpoint.h"

struct creds {
	char key_id[160];
	char secret[257];
	char token[16384];  /* "": none */
	int64_t expires_s;  /* 0: never */
	struct creds *past; /* the next older one of aws->creds_past */
};

enum creds_need { CREDS_GOOD, CREDS_ADVISORY, CREDS_MANDATORY, CREDS_EXPIRED };

#define CREDS_ADVISORY_S  (15 * 60)
#define CREDS_MANDATORY_S (10 * 60)

struct creds *creds_create(struct err *err);
void creds_destroy(struct creds *creds);
/* Copy the three; ERR_AUTH where one is too long or has a control character. NULL is "". */
int creds_set(struct creds *creds, const char *key_id, const char *secret, const char *token,
	int64_t expires_s, struct err *err);
/* How urgent a refresh is at NOW_S. */
enum creds_need creds_need(const struct creds *creds, int64_t now_s);

/* "2026-11-22T05:31:00Z", also with a fraction or "+00:00". */
int creds_parse_expiry(const char *text, int64_t *s, struct err *err);
/*
 * Credentials as JSON: AccessKeyId, SecretAccessKey, TOKEN_KEY (may lack), Expiration (may lack).
 * WHAT names the source in errors; the text itself is never quoted.
 */
int creds_from_json(const char *text, size_t len, const char *token_key, const char *what,
	struct creds *out, struct err *err);

/* Words of COMMAND as a POSIX shell splits and unquotes them; nothing is expanded. NULL-ended. */
int creds_split(const char *command, char ***argv, struct err *err);
void creds_split_release(char **argv);
/* Run COMMAND (no shell), read its answer. */
int creds_process(const char *command, int timeout_ms, struct creds *out, struct err *err);

/* The container agent's URL by its rules; 0 with *SET false: there is none. */
int creds_container_url(
	const char *relative, const char *full, struct endpoint *out, bool *set, struct err *err);
/* 1 found, 0 there is none here, -1 with ERR. */
int creds_container(struct aws *aws, struct creds *out, struct err *err);
int creds_imds(struct aws *aws, struct creds *out, struct err *err);

/*
 * One pass through the whole order, options' role_arn included. *SOURCE_IMDS: they are the
 * instance's own, of which expired ones stay in use when the service does not answer.
 */
int creds_find(struct aws *aws, struct creds *out, bool *source_imds, struct err *err);

/*
 * What to sign with now: found at the first call, refreshed when near expiry (old ones stay in use
 * if that fails while they last). FORCE: EC2 called them expired. Belongs to AWS.
 */
const struct creds *creds_get(struct aws *aws, bool force, struct err *err);
/*
 * Those that creds_get() replaced: requests under way are signed with them, and their answers must
 * still be kept from telling them. To be called when none is under way.
 */
void creds_drop_past(struct aws *aws);

#endif
