/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS CLI's files, and what region, endpoint and the rest are made of. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "creds_fixture.h"
#include "lib/aws/client.h"
#include "lib/aws/profile.h"
#include "lib/base/fileio.h"
#include "lib/base/cleanup.h"

START_TEST(profile_files)
{
	struct profiles *p;

	put("config",
		"# comment\n; another\n\n[default]\nregion = us-west-2\n"
		"[profile \"my dev\"]\n  Region=eu-west-1\n  output : json\n  services = here\n"
		"  s3 =\n    max = 10\n  sso_session = s\n"
		"[services here]\nec2 =\n  endpoint_url = http://127.0.0.1:1\nsts=\n"
		"  endpoint_url=http://127.0.0.1:2\n[bare]\nregion=nowhere\n");
	put("credentials",
		"[my dev]\r\naws_access_key_id = AKDEV\r\nregion = from-credentials\r\n");
	p = profiles_load(NULL, NULL, &err);
	ck_assert_msg(p != NULL, "%s", err.text);
	ck_assert(profiles_have(p, "my dev") && profiles_have(p, "default") &&
		  !profiles_have(p, "bare") && !profiles_have(p, "here"));
	ck_assert_str_eq(profiles_get(p, "default", "region"), "us-west-2");
	ck_assert_str_eq(profiles_get(p, "my dev", "region"), "from-credentials");
	ck_assert_str_eq(profiles_get(p, "my dev", "output"), "json");
	ck_assert_str_eq(profiles_get(p, "my dev", "aws_access_key_id"), "AKDEV");
	ck_assert_str_eq(profiles_get(p, "my dev", "s3.max"), "10");
	ck_assert_ptr_null(profiles_get(p, "my dev", "s3"));
	ck_assert_ptr_null(profiles_get(p, "my dev", "nothing"));
	ck_assert_str_eq(
		profiles_get_service(p, "my dev", "sts", "endpoint_url"), "http://127.0.0.1:2");
	ck_assert_ptr_null(profiles_get_service(p, "default", "sts", "endpoint_url"));
	profiles_destroy(p);
	ck_assert(profile_is_true("True") && profile_is_true("1") && !profile_is_true("no") &&
		  !profile_is_true(NULL));
}
END_TEST

START_TEST(profile_files_refused)
{
	static const struct {
		const char *text, *expected;
	} t[] = {
		{"[default\n", "config:1: '[' without ']'"},
		{"region = x\n", "config:1: a key before the first [section]"},
		{"[default]\nHIDDEN\n", "config:2: expected \"key = value\""},
		{"[]\n", "config:1: a name must have 1 to 255"},
		{"[default]\n = x\n", "config:2: a key must have 1 to 127"},
		{"[default]\nregion = x\n  HIDDEN = y\n", "config:3: indented, but nothing above"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		put("config", t[i].text);
		ck_assert_ptr_null(profiles_load(NULL, NULL, &err));
		expect_text(ERR_CONFIG, t[i].expected);
	}
	ck_assert_int_eq(file_write(in_dir("config"), 0600, "[a]\0", 4, FILE_NO_SYNC, NULL), 0);
	ck_assert_ptr_null(profiles_load(NULL, NULL, &err));
	expect_text(ERR_CONFIG, "holds a NUL byte");
	ck_assert_ptr_null(profiles_load(in_dir("missing"), NULL, &err));
	expect_text(ERR_CONFIG, "cannot open");
}
END_TEST

START_TEST(profile_home)
{
	struct profiles *p;

	ck_assert_int_eq(mkdir(in_dir(".aws"), 0700), 0);
	put(".aws/config", "[default]\nregion = home\n");
	unsetenv("AWS_CONFIG_FILE");
	setenv("HOME", dir, 1);
	p = profiles_load(NULL, NULL, &err);
	ck_assert_str_eq(profiles_get(p, "default", "region"), "home");
	profiles_destroy(p);
	setenv("AWS_CONFIG_FILE", "~/.aws/config", 1);
	p = profiles_load(NULL, NULL, &err);
	ck_assert_str_eq(profiles_get(p, "default", "region"), "home");
	profiles_destroy(p);
	/* without HOME the password file tells; whatever stands there, it is no failure */
	unsetenv("HOME");
	setenv("AWS_CONFIG_FILE", "/dev/null/config", 1);
	p = profiles_load(NULL, NULL, &err);
	ck_assert_msg(p != NULL, "%s", err.text);
	profiles_destroy(p);
}
END_TEST

START_TEST(settings)
{
	struct aws_options o = {0};
	struct aws *aws;

	ck_assert_ptr_null(aws_create(&o, &err));
	expect_text(ERR_CONFIG, "no AWS region");
	setenv("AWS_PROFILE", "nobody", 1);
	ck_assert_ptr_null(aws_create(&o, &err));
	expect_text(ERR_CONFIG, "profile nobody is in none of the AWS config");
	put("config", "[profile p]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:3\n"
		      "services = s\nca_bundle = /ca.pem\nmax_attempts = 7\n[services s]\nsts =\n"
		      "  endpoint_url = http://127.0.0.1:4\n");
	setenv("AWS_PROFILE", "p", 1);
	aws = aws_create(&o, &err);
	ck_assert_msg(aws != NULL, "%s", err.text);
	ck_assert_str_eq(aws_region(aws), "eu-west-3");
	ck_assert_str_eq(aws->endpoint[AWS_EC2].url, "http://127.0.0.1:3");
	ck_assert_str_eq(aws->endpoint[AWS_STS].url, "http://127.0.0.1:4");
	ck_assert_str_eq(aws->ca_bundle, "/ca.pem");
	ck_assert_int_eq(aws->max_attempts, 7);
	aws_destroy(aws);
	setenv("AWS_DEFAULT_REGION", "eu-west-2", 1);
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5", 1);
	setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:6", 1);
	setenv("AWS_CA_BUNDLE", "/env.pem", 1);
	setenv("AWS_MAX_ATTEMPTS", "many", 1);
	aws = aws_create(&o, &err);
	ck_assert_str_eq(aws_region(aws), "eu-west-2");
	ck_assert_str_eq(aws->endpoint[AWS_EC2].url, "http://127.0.0.1:5");
	ck_assert_str_eq(aws->endpoint[AWS_STS].url, "http://127.0.0.1:6");
	ck_assert_str_eq(aws->ca_bundle, "/env.pem");
	ck_assert_int_eq(aws->max_attempts, 3);
	aws_destroy(aws);
	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
	o.use_dualstack = true;
	aws = aws_create(&o, &err);
	ck_assert_str_eq(aws_region(aws), "eu-west-1");
	ck_assert_str_eq(aws->endpoint[AWS_EC2].url, "https://ec2-fips.eu-west-1.api.aws");
	aws_destroy(aws);
	o.endpoint_url = "http://127.0.0.1:7";
	ck_assert_ptr_null(aws_create(&o, &err));
	expect_text(ERR_CONFIG, "FIPS and a configured endpoint URL for ec2 exclude each other");
	o = (struct aws_options){.region = "../x"};
	ck_assert_ptr_null(aws_create(&o, &err));
	expect_text(ERR_CONFIG, "is not the name of a region");
	aws_destroy(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("profile");
	TCase *tc = tcase_create("profile");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, profile_files);
	tcase_add_test(tc, profile_files_refused);
	tcase_add_test(tc, profile_home);
	tcase_add_test(tc, settings);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
