/* SPDX-License-Identifier: Apache-2.0 */
/* Profile files, and what stands in them: credential_process and URLs. */
#include "lib/aws/creds.h"
#include "lib/aws/profile.h"
#include "tests/fuzz/memfile.h"

static void try_process(const char *command)
{
	char **argv;

	if (command && creds_split(command, &argv, NULL) == 0) {
		MUST(argv[0]);
		creds_split_release(argv);
	}
}

static void try_url(const char *url)
{
	struct endpoint endpoint, again;
	bool set;

	if (url && endpoint_parse(url, &endpoint, NULL) == 0)
		MUST(endpoint_parse(endpoint.url, &again, NULL) == 0 &&
			!strcmp(endpoint.url, again.url) && !strcmp(endpoint.host, again.host));
	/* http to nobody but this host and the container agents */
	if (url && creds_container_url(NULL, url, &endpoint, &set, NULL) == 0 && set)
		MUST(endpoint.tls || endpoint_is_loopback(&endpoint) ||
			!strncmp(endpoint.name, "169.254.170.", 12) ||
			!strcasecmp(endpoint.name, "fd00:ec2::23"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profiles *profiles;
	struct memfile config;
	struct err err = {0};

	memfile_open(&config, data, size);
	profiles = profiles_load(config.path, "/dev/null", &err);
	if (profiles) {
		profiles_have(profiles, "dev");
		try_process(profiles_get(profiles, "default", "credential_process"));
		try_url(profiles_get(profiles, "default", "endpoint_url"));
		try_url(profiles_get_service(profiles, "default", "ec2", "endpoint_url"));
	} else {
		MUST(err.text[0]);
	}
	profiles_destroy(profiles);
	close(config.fd);
	return 0;
}
