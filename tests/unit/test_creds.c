/* SPDX-License-Identifier: Apache-2.0 */
/* Where credentials come from, in which order, and when they are fetched again. */
#include <check.h>
#include <inttypes.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "creds_fixture.h"
#include "http_server.h"
#include "lib/aws/client.h"
#include "lib/aws/creds.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"

static struct aws *account(struct aws_options options)
{
	struct aws *aws;

	options.region = "us-east-2";
	aws = aws_create(&options, &err);
	ck_assert_msg(aws != NULL, "%s", err.text);
	return aws;
}

static void expect_key(struct aws *aws, const char *key_id, const char *token)
{
	const struct creds *c = creds_get(aws, false, &err);

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(c->key_id, key_id);
	ck_assert_str_eq(c->token, token);
}

static void expect_failure(struct aws_options options, enum err_class class, const char *text)
{
	struct aws *aws = account(options);

	ck_assert_ptr_null(creds_get(aws, false, &err));
	expect_text(class, text);
	aws_destroy(aws);
}

START_TEST(environment)
{
	struct aws *aws;

	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	expect_failure((struct aws_options){0}, ERR_CONFIG,
		"AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
	setenv("AWS_SECRET_ACCESS_KEY", "HIDDEN\nX: y", 1);
	expect_failure((struct aws_options){0}, ERR_AUTH,
		"environment: the secret access key is missing, too long or not printable");
	setenv("AWS_SECRET_ACCESS_KEY", "HIDDEN", 1);
	setenv("AWS_CREDENTIAL_EXPIRATION", "soon", 1);
	expect_failure((struct aws_options){0}, ERR_AUTH, "expiry is not a time");
	unsetenv("AWS_CREDENTIAL_EXPIRATION");
	aws = account((struct aws_options){0});
	expect_key(aws, "AKENV", "");
	aws_destroy(aws);
	setenv("AWS_SESSION_TOKEN", "TOKEN", 1);
	aws = account((struct aws_options){0});
	expect_key(aws, "AKENV", "TOKEN");
	aws_destroy(aws);
	/* a profile named by the site skips the environment, one named by AWS_PROFILE does not */
	put("credentials", "[dev]\naws_access_key_id=AKDEV\naws_secret_access_key=HIDDEN\n");
	setenv("AWS_PROFILE", "dev", 1);
	aws = account((struct aws_options){0});
	expect_key(aws, "AKENV", "TOKEN");
	aws_destroy(aws);
	aws = account((struct aws_options){.profile = "dev"});
	expect_key(aws, "AKDEV", "");
	aws_destroy(aws);
}
END_TEST

START_TEST(nothing_anywhere)
{
	expect_failure((struct aws_options){0}, ERR_AUTH,
		"no AWS credentials: not in the environment, profile default, container or "
		"instance");
	put("config", "[profile x]\nregion = eu-west-1\n");
	expect_failure((struct aws_options){.profile = "x"}, ERR_AUTH,
		"no AWS credentials: not in profile x, container");
}
END_TEST

START_TEST(profile_keys)
{
	struct aws *aws;

	put("credentials", "[default]\naws_access_key_id = AKPROFILE\n");
	expect_failure((struct aws_options){0}, ERR_CONFIG,
		"profile default: aws_access_key_id is set, aws_secret_access_key is not");
	put("credentials",
		"[default]\naws_access_key_id = AKPROFILE\naws_secret_access_key = HIDDEN\n"
		"aws_session_token = T+/=\n");
	aws = account((struct aws_options){0});
	expect_key(aws, "AKPROFILE", "T+/=");
	aws_destroy(aws);
	put("credentials", "");
	put("config", "[default]\nsso_start_url = x\n");
	expect_failure((struct aws_options){0}, ERR_CONFIG, "signing in by SSO needs a person");
}
END_TEST

START_TEST(words)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"/bin/a b  c", "/bin/a|b|c|"},
		{"a 'b c' \"d e\"", "a|b c|d e|"},
		{"a\\ b \"x\\\"y\\\\z\\n\"", "a b|x\"y\\z\\n|"},
		{"a '' \"\"", "a|||"},
		{"a $(b) `c` *;|", "a|$(b)|`c`|*;||"},
		{"pre'mid'\"post\"", "premidpost|"},
	};
	static const struct {
		const char *in, *text;
	} bad[] = {
		{"", "credential_process: empty"},
		{"  ", "credential_process: empty"},
		{"a 'b", "is open"},
		{"a \"b", "is open"},
		{"a \\", "is open"},
	};
	char many[200] = "";
	char **argv;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		ck_assert_int_eq(creds_split(t[i].in, &argv, &err), 0);
		for (char **p = argv; *p; p++)
			strbuf_addf(&out, "%s|", *p);
		ck_assert_str_eq(out.buf, t[i].out);
		creds_split_release(argv);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(creds_split(bad[i].in, &argv, &err), -1);
		expect_text(ERR_CONFIG, bad[i].text);
	}
	for (int i = 0; i < 65; i++)
		memcpy(many + 2 * i, "a ", 3);
	ck_assert_int_eq(creds_split(many, &argv, &err), -1);
	expect_text(ERR_CONFIG, "more than 64 words");
}
END_TEST

START_TEST(process)
{
	struct creds *c = creds_create(NULL);
	static const struct {
		const char *script;
		enum err_class class;
		const char *text;
	} t[] = {
		{"exit 3", ERR_AUTH, "exit status 3"},
		{"kill -9 $$", ERR_AUTH, "killed by signal 9"},
		{"echo HIDDEN", ERR_AUTH, "not a JSON object"},
		{"echo '[]'", ERR_AUTH, "not a JSON object"},
		{"echo '{\"Version\":1,\"AccessKeyId\":\"A\"}'", ERR_AUTH,
			"the secret access key is missing"},
		{"echo "
		 "'{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"HIDDEN\",\"Expiration\":\"x\"}'",
			ERR_AUTH, "expiry is not a time"},
		{"sleep 60", ERR_TRANSIENT, "no answer in time"},
		{"exec >&-; sleep 60", ERR_TRANSIENT, "does not end"},
		{"while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; "
		 "done",
			ERR_CONFIG, "more than 65536 bytes"},
	};
	char command[256];
	struct aws *aws;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		put("program", t[i].script);
		snprintf(command, sizeof(command), "/bin/sh %s", in_dir("program"));
		ck_assert_int_eq(
			creds_process(command, i == 6 || i == 7 ? 300 : 10000, c, &err), -1);
		expect_text(t[i].class, t[i].text);
	}
	ck_assert_int_eq(creds_process("/nonexistent/program x", 1000, c, &err), -1);
	expect_text(ERR_CONFIG, "cannot run /nonexistent/program: No such file");
	/* SIGPIPE, which our programs ignore, does to it what it does to others */
	put("program", "kill -PIPE $$; exit 9");
	signal(SIGPIPE, SIG_IGN);
	snprintf(command, sizeof(command), "/bin/sh %s", in_dir("program"));
	ck_assert_int_eq(creds_process(command, 10000, c, &err), -1);
	expect_text(ERR_AUTH, "killed by signal 13");
	signal(SIGPIPE, SIG_DFL);
	creds_destroy(c);
	put("program",
		"echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"$1\\\",\\\"SecretAccessKey\\\":"
		"\\\"HIDDEN\\\",\\\"SessionToken\\\":\\\"T\\\",\\\"Expiration\\\":"
		"\\\"2099-01-01T00:00:00+00:00\\\"}\"; echo HIDDEN >&2");
	put("config", "");
	snprintf(command, sizeof(command), "[default]\ncredential_process = sh %s 'AK PROCESS'\n",
		in_dir("program"));
	put("config", command);
	expect_failure((struct aws_options){0}, ERR_AUTH,
		"profile default: credential_process: the access key id is missing, too long or "
		"not");
	snprintf(command, sizeof(command), "[default]\ncredential_process = sh %s \"AKPROCESS\"\n",
		in_dir("program"));
	put("config", command);
	aws = account((struct aws_options){0});
	expect_key(aws, "AKPROCESS", "T");
	ck_assert_int_eq(creds_get(aws, false, NULL)->expires_s, 4070908800);
	aws_destroy(aws);
}
END_TEST

START_TEST(process_descriptors)
{
	struct creds *c = creds_create(NULL);
	char command[256];
	int null = open("/dev/null", O_RDONLY);

	/* as of a library that does not close at exec what it opened */
	ck_assert_int_eq(dup2(null, 63), 63);
	put("program", "[ ! -e /proc/$$/fd/63 ] || exit 9\n"
		       "echo '{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"HIDDEN\"}'");
	snprintf(command, sizeof(command), "/bin/sh %s", in_dir("program"));
	ck_assert_msg(!creds_process(command, 10000, c, &err), "%s", err.text);
	creds_destroy(c);
	close(63);
	close(null);
}
END_TEST

START_TEST(expiry)
{
	static const struct {
		const char *text;
		int64_t s;
	} t[] = {
		{"2026-11-22T05:31:00Z", 1795325460},
		{"2026-11-22T05:31:00.123456Z", 1795325460},
		{"2026-11-22T05:31:00+00:00", 1795325460},
		{"2026-11-22T07:31:00+0200", 1795325460},
		{"2026-11-22T00:31:00-05:00", 1795325460},
	};
	static const char *const bad[] = {"", "x", "2026-11-22", "2026-11-22T05:31:00",
		"2026-11-22T05:31:00Zx", "2026-11-22T05:31:00+"};
	struct creds *c = creds_create(NULL);
	int64_t s;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_int_eq(creds_parse_expiry(t[i].text, &s, &err), 0);
		ck_assert_int_eq(s, t[i].s);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(creds_parse_expiry(bad[i], &s, &err), -1);
	ck_assert_int_eq(creds_need(c, 1000), CREDS_GOOD);
	c->expires_s = 10000;
	ck_assert_int_eq(creds_need(c, 10000 - 901), CREDS_GOOD);
	ck_assert_int_eq(creds_need(c, 10000 - 900), CREDS_ADVISORY);
	ck_assert_int_eq(creds_need(c, 10000 - 601), CREDS_ADVISORY);
	ck_assert_int_eq(creds_need(c, 10000 - 600), CREDS_MANDATORY);
	ck_assert_int_eq(creds_need(c, 10000 - 1), CREDS_MANDATORY);
	ck_assert_int_eq(creds_need(c, 10000), CREDS_EXPIRED);
	creds_destroy(c);
	creds_destroy(NULL);
}
END_TEST

/* --- STS ------------------------------------------------------------------------------------- */

#define KEYS(op, id, expiry)                                                                       \
	"<" op "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" op                 \
	"Result><AssumedRoleUser><Arn>arn:x</Arn></AssumedRoleUser><Credentials><AccessKeyId>" id  \
	"</AccessKeyId><SecretAccessKey>ROLEHIDDEN</SecretAccessKey><SessionToken>ROLETOKEN"       \
	"</SessionToken><Expiration>" expiry "</Expiration></Credentials></" op "Result></" op     \
	"Response>"
#define LATER "2099-01-01T00:00:00Z"

static struct server *sts;

static void begin_sts(const struct server_answer *script, size_t n)
{
	char url[64];

	sts = server_start(script, n);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_port(sts));
	setenv("AWS_ENDPOINT_URL_STS", url, 1);
}

START_TEST(role_profiles)
{
	static const struct server_answer script[] = {
		{200, .body = KEYS("AssumeRole", "AKROLE1", LATER)},
		{200, .body = KEYS("AssumeRole", "AKROLE2", LATER)},
		{200, .body = KEYS("AssumeRole", "AKROLE3", LATER)},
		{200, .body = KEYS("AssumeRole", "AKROLE4", LATER)},
		{403, .body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
			      "<Message>not "
			      "you</Message></Error><RequestId>q</RequestId></ErrorResponse>"},
	};
	struct aws *aws;

	put("config",
		"[profile base]\n[profile one]\nrole_arn = arn:aws:iam::1:role/one\nsource_profile "
		"= base\n"
		"external_id = ext\nduration_seconds = 900\nrole_session_name = me\n"
		"[profile two]\nrole_arn = arn:aws:iam::1:role/two\nsource_profile = one\n"
		"[profile self]\nrole_arn = r\nsource_profile = self\naws_access_key_id = AKSELF\n"
		"aws_secret_access_key = HIDDEN\n"
		"[profile env]\nrole_arn = r\ncredential_source = Environment\n");
	put("credentials", "[base]\naws_access_key_id = AKBASE\naws_secret_access_key = HIDDEN\n");
	begin_sts(script, ARRAY_SIZE(script));
	aws = account((struct aws_options){.profile = "two"});
	expect_key(aws, "AKROLE2", "ROLETOKEN");
	ck_assert_str_eq(server_body(sts, 0),
		"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fone"
		"&RoleSessionName=me&DurationSeconds=900&ExternalId=ext");
	ck_assert_ptr_nonnull(strstr(server_request(sts, 0), "Credential=AKBASE/"));
	ck_assert_ptr_nonnull(strstr(server_request(sts, 0), "/us-east-2/sts/aws4_request"));
	ck_assert_ptr_nonnull(strstr(server_body(sts, 1), "RoleSessionName=aws-slurm-burst"));
	ck_assert_ptr_nonnull(strstr(server_request(sts, 1), "Credential=AKROLE1/"));
	ck_assert_ptr_nonnull(strstr(server_request(sts, 1), "X-Amz-Security-Token: ROLETOKEN"));
	aws_destroy(aws);
	aws = account((struct aws_options){.profile = "self"});
	expect_key(aws, "AKROLE3", "ROLETOKEN");
	ck_assert_ptr_nonnull(strstr(server_request(sts, 2), "Credential=AKSELF/"));
	aws_destroy(aws);
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "HIDDEN", 1);
	/* the site's role_arn on top of what is found */
	aws = account((struct aws_options){.role_arn = "arn:aws:iam::2:role/top",
		.role_external_id = "e",
		.role_session_name = "s",
		.role_duration_s = 3600});
	expect_key(aws, "AKROLE4", "ROLETOKEN");
	ck_assert_ptr_nonnull(strstr(server_request(sts, 3), "Credential=AKENV/"));
	ck_assert_ptr_nonnull(
		strstr(server_body(sts, 3), "RoleSessionName=s&DurationSeconds=3600&ExternalId=e"));
	aws_destroy(aws);
	expect_failure((struct aws_options){.profile = "env"}, ERR_AUTH,
		"profile env: AssumeRole: AccessDenied: not you (request id q)");
	ck_assert_ptr_nonnull(strstr(server_request(sts, 4), "Credential=AKENV/"));
	server_stop(sts);
}
END_TEST

START_TEST(role_profiles_refused)
{
	static const struct {
		const char *config;
		enum err_class class;
		const char *text;
	} t[] = {
		{"role_arn = r\n", ERR_CONFIG, "needs source_profile or credential_source"},
		{"role_arn = r\nsource_profile = a\ncredential_source = Environment\n", ERR_CONFIG,
			"one of them"},
		{"role_arn = r\nsource_profile = nobody\n", ERR_CONFIG, "nobody does not exist"},
		{"role_arn = r\nsource_profile = p\n", ERR_CONFIG,
			"leads back to profile p: a loop"},
		{"role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = "
		 "p\n",
			ERR_CONFIG, "leads back to profile p: a loop"},
		{"role_arn = r\nsource_profile = b\n[profile b]\nregion = x\n", ERR_CONFIG,
			"source_profile b has no credentials"},
		{"role_arn = r\ncredential_source = Moon\n", ERR_CONFIG,
			"credential_source \"Moon\""},
		{"role_arn = r\ncredential_source = Environment\n", ERR_AUTH,
			"Environment has no credentials"},
		{"role_arn = r\ncredential_source = EcsContainer\n", ERR_AUTH,
			"EcsContainer has no credentials"},
		{"role_arn = r\ncredential_source = Ec2InstanceMetadata\n", ERR_AUTH,
			"Ec2InstanceMetadata has no credentials"},
		{"role_arn = r\nsource_profile = b\nmfa_serial = m\n", ERR_CONFIG,
			"mfa_serial needs"},
		{"role_arn = r\nsource_profile = b\nduration_seconds = 1h\n", ERR_CONFIG,
			"expected 900 to 43200"},
		{"web_identity_token_file = /nonexistent\n", ERR_CONFIG, "needs role_arn"},
		{"role_arn = r\nweb_identity_token_file = /nonexistent\n", ERR_CONFIG,
			"web identity token: cannot open /nonexistent"},
	};
	char config[512];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(config, sizeof(config), "[profile p]\n%s", t[i].config);
		put("config", config);
		expect_failure((struct aws_options){.profile = "p"}, t[i].class, t[i].text);
	}
}
END_TEST

START_TEST(web_identity)
{
	static const struct server_answer script[] = {
		{400, .body = "<ErrorResponse><Error><Code>InvalidIdentityToken</"
			      "Code><Message>bad: "
			      "eyJhbGciOiHIDDEN</Message></Error></ErrorResponse>"},
		{200, .body = KEYS("AssumeRoleWithWebIdentity", "AKWEB", LATER)},
	};
	struct aws *aws;

	put("token", "eyJhbGciOiHIDDEN\n");
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", in_dir("token"), 1);
	expect_failure((struct aws_options){0}, ERR_CONFIG, "AWS_ROLE_ARN is not");
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/w", 1);
	setenv("AWS_ROLE_SESSION_NAME", "pod", 1);
	begin_sts(script, ARRAY_SIZE(script));
	expect_failure((struct aws_options){0}, ERR_AUTH, "InvalidIdentityToken: bad: ***");
	aws = account((struct aws_options){0});
	expect_key(aws, "AKWEB", "ROLETOKEN");
	ck_assert_str_eq(server_body(sts, 1),
		"Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
		"&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fw&RoleSessionName=pod"
		"&WebIdentityToken=eyJhbGciOiHIDDEN");
	ck_assert(!strstr(server_request(sts, 1), "Authorization"));
	ck_assert(!strstr(server_request(sts, 1), "X-Amz-"));
	aws_destroy(aws);
	server_stop(sts);
}
END_TEST

/* A message that was cut holds the token's beginning only, which must not be told either. */
START_TEST(web_identity_cut)
{
	static const struct server_answer script[] = {
		{400, .body = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>bad:"
			      " eyJhbGciOiJSUzI1NiJ9.HIDD</Message></Error></ErrorResponse>"},
	};

	put("token", "eyJhbGciOiJSUzI1NiJ9.HIDDEN0123456789\n");
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", in_dir("token"), 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/w", 1);
	begin_sts(script, ARRAY_SIZE(script));
	expect_failure((struct aws_options){0}, ERR_AUTH, "InvalidIdentityToken: bad: *** (");
	server_stop(sts);
}
END_TEST

START_TEST(caller)
{
	static const struct server_answer script[] = {
		{200, .body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:"
			      "sts::1:x</Arn>"
			      "<Account>1</Account></GetCallerIdentityResult></"
			      "GetCallerIdentityResponse>"},
		{200, .body = "<GetCallerIdentityResponse/>"},
		{403, .body = "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>m</"
			      "Message>"
			      "</Error></ErrorResponse>"},
	};
	struct aws *aws;
	char *arn;

	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "HIDDEN", 1);
	begin_sts(script, ARRAY_SIZE(script));
	aws = account((struct aws_options){0});
	arn = aws_caller(aws, &err);
	ck_assert_str_eq(arn, "arn:aws:sts::1:x");
	free(arn);
	ck_assert_ptr_null(aws_caller(aws, &err));
	expect_text(ERR_FATAL, "the answer has no Arn");
	ck_assert_ptr_null(aws_caller(aws, &err));
	expect_text(ERR_AUTH, "GetCallerIdentity: InvalidClientTokenId: m");
	aws_destroy(aws);
	server_stop(sts);
}
END_TEST

/* --- container ------------------------------------------------------------------------------- */

START_TEST(container_urls)
{
	static const struct {
		const char *relative, *full, *url;
	} t[] = {
		{NULL, NULL, NULL},
		{"/v2/credentials/x", NULL, "http://169.254.170.2/v2/credentials/x"},
		{"/v2/x", "http://localhost/y", "http://169.254.170.2/v2/x"},
		{NULL, "http://127.0.0.1:81/get", "http://127.0.0.1:81/get"},
		{NULL, "http://localhost/y", "http://localhost/y"},
		{NULL, "http://169.254.170.23/v1/credentials",
			"http://169.254.170.23/v1/credentials"},
		{NULL, "http://[fd00:ec2::23]/v1", "http://[fd00:ec2::23]/v1"},
		{NULL, "http://[::1]/v1", "http://[::1]/v1"},
		{NULL, "https://example.com/c", "https://example.com/c"},
	};
	static const struct {
		const char *relative, *full, *text;
	} bad[] = {
		{"v2/x", NULL, "begins with /"},
		{"/v2@evil/ x", NULL, "RELATIVE_URI: endpoint URL"},
		{NULL, "http://example.com/c", "http only to this host"},
		{NULL, "http://169.254.170.2.evil.com/c", "http only to this host"},
		{NULL, "ftp://localhost", "FULL_URI: endpoint URL"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct endpoint e = {0};
		bool set;

		ck_assert_int_eq(creds_container_url(t[i].relative, t[i].full, &e, &set, &err), 0);
		ck_assert_int_eq(set, t[i].url != NULL);
		ck_assert_str_eq(e.url, t[i].url ? t[i].url : "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct endpoint e;
		bool set;

		ck_assert_int_eq(
			creds_container_url(bad[i].relative, bad[i].full, &e, &set, &err), -1);
		expect_text(ERR_CONFIG, bad[i].text);
	}
}
END_TEST

#define JSON(id, expiry)                                                                           \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"" id                                              \
	"\",\"SecretAccessKey\":\"HIDDEN\",\"Token\":\"CT\",\"Expiration\":\"" expiry "\"}"

START_TEST(container)
{
	static const struct server_answer script[] = {
		{503, .body = ""},
		{200, .body = JSON("AKCONTAINER", LATER)},
		{403, .body = "HIDDEN"},
		{500, .body = ""},
	};
	struct server *s = server_start(script, ARRAY_SIZE(script));
	struct aws *aws;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/get", server_port(s));
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
	setenv("http_proxy", "http://127.0.0.1:1", 1); /* never through a proxy */
	put("token", "FROMFILE\n");
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "DIRECT", 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", in_dir("token"), 1);
	aws = account((struct aws_options){0});
	expect_key(aws, "AKCONTAINER", "CT");
	ck_assert(!strncmp(server_request(s, 1), "GET /get HTTP/1.1\r\n", 19));
	ck_assert_ptr_nonnull(strstr(server_request(s, 1), "\r\nAuthorization: FROMFILE\r\n"));
	aws_destroy(aws);
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	expect_failure((struct aws_options){0}, ERR_AUTH, "container credentials: HTTP status 403");
	ck_assert_ptr_nonnull(strstr(server_request(s, 2), "\r\nAuthorization: DIRECT\r\n"));
	expect_failure(
		(struct aws_options){0}, ERR_TRANSIENT, "container credentials: HTTP status 500");
	ck_assert_uint_eq(server_count(s), 6);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nb", 1);
	expect_failure((struct aws_options){0}, ERR_CONFIG, "has a control character");
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent", 1);
	expect_failure((struct aws_options){0}, ERR_NOTFOUND, "/nonexistent");
	server_stop(s);
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	expect_failure((struct aws_options){0}, ERR_TRANSIENT, "container credentials: http://127");
}
END_TEST

/* --- instance metadata ----------------------------------------------------------------------- */

static struct server *begin_imds(const struct server_answer *script, size_t n)
{
	struct server *s = server_start(script, n);
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", server_port(s));
	unsetenv("AWS_EC2_METADATA_DISABLED");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	return s;
}

START_TEST(imds_v2)
{
	static const struct server_answer script[] = {
		{200, .body = "TOKEN=="},
		{200, .body = "my-role\n"},
		{200, .body = JSON("AKIMDS", LATER)},
	};
	struct server *s = begin_imds(script, ARRAY_SIZE(script));
	struct aws *aws;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	aws = account((struct aws_options){0});
	expect_key(aws, "AKIMDS", "CT");
	ck_assert(aws->creds_imds);
	ck_assert(!strncmp(server_request(s, 0), "PUT /latest/api/token HTTP/1.1", 30));
	ck_assert_ptr_nonnull(strstr(
		server_request(s, 0), "\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
	ck_assert(!strncmp(
		server_request(s, 1), "GET /latest/meta-data/iam/security-credentials/ HTTP", 52));
	ck_assert_ptr_nonnull(
		strstr(server_request(s, 2), "\r\nX-aws-ec2-metadata-token: TOKEN==\r\n"));
	ck_assert_ptr_nonnull(strstr(server_request(s, 2), "security-credentials/my-role HTTP"));
	aws_destroy(aws);
	server_stop(s);
}
END_TEST

START_TEST(imds_rules)
{
	static const struct {
		struct server_answer script[3];
		const char *v1_disabled;
		enum err_class class; /* ERR_NONE: credentials are found */
		const char *text;
	} t[] = {
		{{{404, .body = ""}, {200, .body = "role"}, {200, .body = JSON("AKIMDS", LATER)}}},
		{{{403, .body = ""}, {200, .body = "role"}, {200, .body = JSON("AKIMDS", LATER)}}},
		{{{200, .body = "T", .delay_ms = 1500}, {200, .body = "role"},
			{200, .body = JSON("AKIMDS", LATER)}}},
		{{{405, .body = ""}}, "true", ERR_AUTH, "version 1 is disabled"},
		{{{400, .body = ""}}, NULL, ERR_AUTH, "refused with HTTP status 400"},
		{{{500, .body = ""}}, NULL, ERR_TRANSIENT, "refused with HTTP status 500"},
		{{{200, .body = "T X"}}, NULL, ERR_AUTH, "this is no session token"},
		{{{200, .body = ""}}, NULL, ERR_AUTH, "this is no session token"},
		{{{200, .body = "T"}, {404, .body = ""}}, NULL, ERR_AUTH, "no AWS credentials"},
		{{{200, .body = "T"}, {200, .body = "../../x"}}, NULL, ERR_AUTH, "no role's name"},
		{{{200, .body = "T"}, {500, .body = ""}}, NULL, ERR_TRANSIENT, "no role's name"},
		{{{200, .body = "T"}, {.drop = true}, {.drop = true}}, NULL, ERR_TRANSIENT,
			"instance metadata: http://"},
		{{{200, .body = "T"}, {200, .body = "role"}, {404, .body = ""}}, NULL, ERR_AUTH,
			"HTTP status 404 for the role's credentials"},
		{{{200, .body = "T"}, {200, .body = "role"}, {.drop = true}}, NULL, ERR_TRANSIENT,
			"instance metadata: http://"},
		{{{200, .body = "T"}, {200, .body = "role"},
			 {200, .body = "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}"}},
			NULL, ERR_AUTH, "refused: AssumeRoleUnauthorizedAccess"},
		{{{.drop = true}}, NULL, ERR_AUTH, "no AWS credentials"},
		{{{200, .body = "T", .delay_ms = 1500}}, "1", ERR_AUTH, "no AWS credentials"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct server *s = begin_imds(t[i].script, 3);
		struct aws *aws;

		if (t[i].v1_disabled)
			setenv("AWS_EC2_METADATA_V1_DISABLED", t[i].v1_disabled, 1);
		else
			unsetenv("AWS_EC2_METADATA_V1_DISABLED");
		if (t[i].class) {
			expect_failure((struct aws_options){0}, t[i].class, t[i].text);
		} else {
			aws = account((struct aws_options){0});
			expect_key(aws, "AKIMDS", "CT");
			ck_assert(!strstr(server_request(s, 2), "X-aws-ec2-metadata-token:"));
			aws_destroy(aws);
		}
		server_stop(s);
	}
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ftp://x", 1);
	expect_failure((struct aws_options){0}, ERR_CONFIG, "instance metadata: endpoint URL");
}
END_TEST

/* --- refresh --------------------------------------------------------------------------------- */

/* JSON whose credentials end in S seconds. */
static char *ending(const char *id, int64_t s, char *buf, size_t size)
{
	char iso[CLOCK_ISO_SIZE];

	snprintf(buf, size,
		"{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"HIDDEN\",\"Token\":\"CT\","
		"\"Expiration\":"
		"\"%s\"}",
		id, clock_format_iso(clock_now_s() + s, iso));
	return buf;
}

START_TEST(refresh)
{
	char first[256], second[256];
	const struct server_answer script[] = {
		{200, .body = ending("AK1", 700, first, sizeof(first))},
		{403, .body = ""},
		{200, .body = ending("AK2", 7200, second, sizeof(second))},
		{403, .body = ""},
	};
	struct server *s = server_start(script, ARRAY_SIZE(script));
	struct aws *aws;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/get", server_port(s));
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
	aws = account((struct aws_options){0});
	expect_key(aws, "AK1", "CT");
	expect_key(aws, "AK1", "CT"); /* near their end, but just fetched: not at every request */
	ck_assert_uint_eq(server_count(s), 1);
	aws->creds_quiet_s = 0;
	expect_key(aws, "AK1", "CT"); /* the refresh fails, they still last */
	ck_assert_uint_eq(server_count(s), 2);
	expect_key(aws, "AK1", "CT");
	ck_assert_uint_eq(server_count(s), 2);
	aws->creds_quiet_s = 0;
	expect_key(aws, "AK2", "CT");
	expect_key(aws, "AK2", "CT");
	ck_assert_uint_eq(server_count(s), 3);
	aws->creds->expires_s = clock_now_s() - 1; /* expired and not to be had: an error … */
	ck_assert_ptr_null(creds_get(aws, false, &err));
	expect_text(ERR_AUTH, "HTTP status 403");
	aws->creds_imds = true; /* … but the instance's own stay in use */
	expect_key(aws, "AK2", "CT");
	ck_assert_ptr_null(creds_get(aws, true, &err)); /* unless EC2 itself refused them */
	aws_destroy(aws);
	server_stop(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("creds");
	TCase *tc = tcase_create("creds");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, environment);
	tcase_add_test(tc, nothing_anywhere);
	tcase_add_test(tc, profile_keys);
	tcase_add_test(tc, words);
	tcase_add_test(tc, process);
	tcase_add_test(tc, process_descriptors);
	tcase_add_test(tc, expiry);
	tcase_add_test(tc, role_profiles);
	tcase_add_test(tc, role_profiles_refused);
	tcase_add_test(tc, web_identity);
	tcase_add_test(tc, web_identity_cut);
	tcase_add_test(tc, caller);
	tcase_add_test(tc, container_urls);
	tcase_add_test(tc, container);
	tcase_add_test(tc, imds_v2);
	tcase_add_test(tc, imds_rules);
	tcase_add_test(tc, refresh);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
