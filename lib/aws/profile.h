/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile: ~/.aws/config and ~/.aws/credentials, read as the AWS CLI reads them.
 *
 * Both files in one list of (section, key, value); where a profile stands in both, the credentials
 * file wins. A file that does not exist is empty unless somebody named it. The values are secrets:
 * they are wiped when freed and never quoted in an error, which names file and line.
 */
#ifndef BURST_PROFILE_H
#define BURST_PROFILE_H

#include <stdbool.h>

#include "lib/base/err.h"

struct profiles;

/*
 * Read both. NULL: AWS_CONFIG_FILE / AWS_SHARED_CREDENTIALS_FILE, else below the home directory,
 * which the password file tells where HOME is not set (hooks of slurmctld have no environment).
 */
struct profiles *profiles_load(
	const char *config_file, const char *credentials_file, struct err *err);
void profiles_destroy(struct profiles *profiles);

bool profiles_have(const struct profiles *profiles, const char *name);
/* KEY (lower case) of profile NAME, or NULL. */
const char *profiles_get(const struct profiles *profiles, const char *name, const char *key);
/* KEY of SERVICE ("ec2") in the [services] section that the profile names, or NULL. */
const char *profiles_get_service(
	const struct profiles *profiles, const char *name, const char *service, const char *key);
/* "true" or "1", as the CLI understands switches; NULL is false. */
bool profile_is_true(const char *value);

#endif
