/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/cmd_config.h"
#include "helper/conf.h"
#include "helper/conf_table.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"
#include "tests/unit/conf_fixture.h"

START_TEST(minimal_has_the_defaults)
{
	struct err err = {0};
	struct conf *c = load(MINIMAL, &err);

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert_str_eq(c->path, path);
	ck_assert_ptr_null(c->cluster);
	ck_assert_str_eq(c->aws.region, "us-east-2");
	ck_assert_ptr_null(c->aws.profile);
	ck_assert_ptr_null(c->aws.endpoint_url);
	ck_assert_int_eq(c->aws.retry_max_attempts, 3);
	ck_assert_int_eq(c->aws.connect_timeout_ms, 5000);
	ck_assert_int_eq(c->aws.timeout_ms, 60000);
	ck_assert(!c->aws.use_fips && !c->aws.use_dualstack);
	ck_assert_ptr_null(c->slurm.config_path);
	ck_assert_str_eq(c->slurm.placeholder_address, "127.0.0.254");
	ck_assert_str_eq(c->slurm.comment_field, "admin_comment");
	ck_assert_int_eq(c->slurm.intent_wait_ms, 10000);
	ck_assert_int_eq(c->slurm.requeue_delay_s, 120);
	ck_assert_int_eq(c->slurm.max_attempts, 5);
	ck_assert_int_eq(c->mpi.efa_default, EFA_PREFERRED);
	ck_assert_uint_eq(c->mpi.placement_group_threshold, 2);
	ck_assert(!c->mpi.force_cluster_placement_group);
	ck_assert_int_eq(c->cost.boot_allowance_s, 600);
	ck_assert_int_eq(c->cost.release_allowance_s, 180);
	ck_assert_str_eq(c->state.directory, LOCALSTATEDIR "/lib/aws-slurm-burst");
	ck_assert(!c->state.shared);
	ck_assert_int_eq(c->reconcile.interval_s, 60);
	ck_assert_int_eq(c->reconcile.grace_s, 300);
	ck_assert(c->reconcile.name_tags);
	ck_assert_int_eq(c->catalog.max_age_s, 604800);
	ck_assert_str_eq(c->public.directory, CONF_DEFAULT_PUBLIC);
	ck_assert_str_eq(c->log.level, "info");
	ck_assert_str_eq(c->log.format, "json");
	ck_assert_str_eq(c->log.file, LOCALSTATEDIR "/log/slurm/aws-burst.log");
	ck_assert_int_eq(c->identity, IDENTITY_CODE);
	ck_assert_uint_eq(c->ngroups, 1);
	ck_assert_str_eq(c->groups[0].partition, "aws");
	ck_assert_str_eq(c->groups[0].name, "cpu");
	ck_assert_int_eq(c->groups[0].max_nodes, 20);
	ck_assert_int_eq(c->groups[0].market, MARKET_ON_DEMAND);
	ck_assert_str_eq(c->groups[0].template_name, "t");
	ck_assert_ptr_null(c->groups[0].template_id);
	ck_assert_str_eq(c->groups[0].template_version, "$Default");
	ck_assert_uint_eq(c->groups[0].noverrides, 1);
	ck_assert_str_eq(c->groups[0].overrides[0].type, "c5n.18xlarge");
	ck_assert_ptr_null(c->groups[0].overrides[0].subnet);
	ck_assert_int_eq(c->groups[0].overrides[0].spot_price_uusd, -1);
	ck_assert_str_eq(c->groups[0].subnets[0], "subnet-1");
	ck_assert(!c->groups[0].reuse);
	ck_assert_uint_eq(c->groups[0].cpus, 0);
	conf_destroy(c);
	conf_destroy(NULL);
}
END_TEST

/* The Go system's file with every key, in its own spelling and quoting. */
static const char everything[] =
	"aws:\n"
	"  region: us-east-1                 # required\n"
	"  profile: \"\"\n"
	"  retry_max_attempts: 3\n"
	"  retry_mode: adaptive\n"
	"  authentication_method: instance_profile\n"
	"  assume_role:\n"
	"    role_arn: arn:aws:iam::123456789012:role/SlurmBurst\n"
	"    session_name: slurm-burst\n"
	"    duration_seconds: 3600\n"
	"    external_id: \"\"\n"
	"    policy: \"\"\n"
	"  sso: {profile_name: uni, start_url: \"https://x.awsapps.com/start\", account_id: "
	"\"123456789012\", role_name: Burst}\n"
	"  web_identity: {role_arn: \"arn:aws:iam::123456789012:role/W\", token_file: "
	"/var/run/secrets/token, session_name: s1}\n"
	"  cross_account: {source_profile: university-main, target_role_arn: "
	"\"arn:aws:iam::987654321098:role/ComputeAccountRole\", external_id: "
	"university-slurm-burst, "
	"session_name: slurm-burst-research}\n"
	"  access_keys: {access_key_id: \"\", secret_access_key: \"\", session_token: \"\"}\n"
	"  token_refresh: {enabled: false, refresh_interval_minutes: 0, pre_expire_buffer_minutes: "
	"0}\n"
	"slurm:\n"
	"  bin_path: /usr/bin\n"
	"  config_path: /etc/slurm/slurm.conf\n"
	"  private_data: CLOUD\n"
	"  resume_program: /usr/local/bin/aws-slurm-burst-resume\n"
	"  suspend_program: /usr/local/bin/aws-slurm-burst-suspend\n"
	"  resume_rate: 100\n"
	"  suspend_rate: 100\n"
	"  resume_timeout: 300\n"
	"  suspend_time: 350\n"
	"  tree_width: 60000\n"
	"  partitions:\n"
	"    - partition_name: aws\n"
	"      partition_options: {Default: \"NO\", MaxTime: \"INFINITE\"}\n"
	"      node_groups:\n"
	"        - node_group_name: cpu\n"
	"          max_nodes: 20\n"
	"          region: us-east-1\n"
	"          slurm_specifications: {CPUs: \"4\", RealMemory: \"7500\", Weight: \"1\"}\n"
	"          purchasing_option: spot\n"
	"          on_demand_options: {AllocationStrategy: lowest-price}\n"
	"          spot_options: {AllocationStrategy: capacity-optimized}\n"
	"          launch_template_specification:\n"
	"            launch_template_name: aws-hpc-template\n"
	"            launch_template_id: \"\"\n"
	"            version: \"$Latest\"\n"
	"          launch_template_overrides:\n"
	"            - instance_type: c5.large\n"
	"              spot_price: \"\"\n"
	"              subnet_id: \"\"\n"
	"              weighted_capacity: 1\n"
	"          subnet_ids: [subnet-12345678]\n"
	"          security_group_ids: [sg-12345678]\n"
	"          iam_instance_profile: SlurmComputeInstanceRole\n"
	"          tags:\n"
	"            - {key: Project, value: hpc}\n"
	"asba:\n"
	"  enabled: auto-detect\n"
	"  command: asba\n"
	"  config_path: \"\"\n"
	"  timeout_seconds: 30\n"
	"asbb:\n"
	"  enabled: auto-detect\n"
	"  command: asbb\n"
	"  reconciliation_dir: /var/spool/asbb/costs\n"
	"  timeout_seconds: 30\n"
	"mpi:\n"
	"  efa_default: preferred\n"
	"  hpc_instances_threshold: 8\n"
	"  placement_group_threshold: 2\n"
	"  force_cluster_placement_group: false\n"
	"  enable_enhanced_networking: true\n"
	"logging:\n"
	"  level: info\n"
	"  format: json\n"
	"  file: /var/log/slurm/aws-burst.log\n"
	"  max_size_mb: 100\n"
	"  max_age_days: 30\n"
	"  compress: true\n"
	"ecosystem:\n"
	"  auto_detect: true\n"
	"  shared_config_path: \"\"\n"
	"  data_exchange_dir: /var/spool/asbx/ecosystem\n"
	"  enable_cross_project: true\n";

START_TEST(every_key_of_the_go_system)
{
	static const char *const expected[] = {
		":5: aws.retry_mode: has no effect here: there is one way of retrying",
		":7: aws.assume_role: not used: aws.authentication_method is instance_profile",
		":13: aws.sso.start_url: has no effect here: single sign-on needs a person",
		":14: aws.web_identity: not used: aws.authentication_method is instance_profile",
		":15: aws.cross_account: not used: aws.authentication_method is instance_profile",
		":17: aws.token_refresh.enabled: has no effect here: credentials are always "
		"renewed",
		":19: slurm.bin_path: has no effect here",
		":22: slurm.resume_program: has no effect here: Slurm takes it from slurm.conf",
		":24: slurm.resume_rate: 100 would slice gangs",
		":25: slurm.suspend_rate: 100 would slice gangs",
		":38: slurm.partitions[0].node_groups[0].on_demand_options.AllocationStrategy: has "
		"no effect",
		":62: asbb.reconciliation_dir: has no effect here: the budget service is not asked",
		":74: logging.max_size_mb: has no effect here: use logrotate",
		":80: ecosystem.data_exchange_dir: has no effect here",
	};
	struct err err = {0};
	struct conf *c = load(everything, &err);

	ck_assert_msg(c != NULL, "%s", err.text);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		ck_assert_msg(strstr(warnings, expected[i]) != NULL, "%s is not in\n%s",
			expected[i], warnings);
	ck_assert_ptr_null(strstr(warnings, "asba"));
	ck_assert_ptr_null(c->aws.profile);
	ck_assert_ptr_null(c->aws.role_arn);
	ck_assert_str_eq(c->slurm.config_path, "/etc/slurm/slurm.conf");
	ck_assert_int_eq(c->groups[0].market, MARKET_SPOT);
	ck_assert_uint_eq(c->groups[0].cpus, 4);
	ck_assert_uint_eq(c->groups[0].mem_mib, 7500);
	ck_assert_uint_eq(c->groups[0].nslurm, 3);
	ck_assert_str_eq(c->groups[0].slurm[2].key, "Weight");
	ck_assert_str_eq(c->groups[0].template_version, "$Latest");
	ck_assert_str_eq(c->groups[0].security_groups[0], "sg-12345678");
	ck_assert_str_eq(c->groups[0].instance_profile, "SlurmComputeInstanceRole");
	ck_assert_str_eq(c->groups[0].tags[0].key, "Project");
	ck_assert_str_eq(c->groups[0].tags[0].value, "hpc");
	ck_assert_uint_eq(c->npartitions, 1);
	ck_assert_str_eq(c->partitions[0].name, c->groups[0].partition);
	ck_assert_uint_eq(c->partitions[0].noptions, 2);
	ck_assert_str_eq(c->partitions[0].options[1].key, "MaxTime");
	ck_assert_str_eq(c->partitions[0].options[1].value, "INFINITE");
	conf_destroy(c);
	/* warnings are for who wants them */
	c = conf_load(path, NULL, NULL, &err);
	ck_assert_ptr_nonnull(c);
	conf_destroy(c);
}
END_TEST

START_TEST(our_keys)
{
	struct err err = {0};
	struct conf *c = load(
		"Cluster_Name: lab\n"
		"identity: Name-Tag\n"
		"AWS:\n"
		"  Region: us-gov-west-1\n"
		"  credentials_profile: burst\n"
		"  config_file: /etc/slurm/aws.config\n"
		"  shared_credentials_file: /etc/slurm/aws.credentials\n"
		"  endpoint_url: https://[::1]:4566\n"
		"  ca_bundle: /etc/slurm/ca.pem\n"
		"  use_fips_endpoint: true\n"
		"  use_dualstack_endpoint: 'TRUE'\n"
		"  connect_timeout_ms: \"2000\"\n"
		"  timeout_ms: 30000\n"
		"absa: {enabled: true, command: /usr/local/bin/absa}\n"
		"mpi: {efa_default: Required, placement_group_threshold: 0, "
		"force_cluster_placement_group: true}\n"
		"cost: {boot_allowance_s: 300, release_allowance_s: 0}\n"
		"state: {directory: /shared/burst, shared: true}\n"
		"reconcile: {interval_s: 5, grace_s: 30, name_tags: false}\n"
		"catalog: {max_age_s: 3600}\n"
		"public: {directory: /shared/public}\n"
		"logging: {level: DEBUG, format: text}\n"
		"slurm:\n"
		"  placeholder_address: 127.0.0.253\n"
		"  comment_field: system_comment\n"
		"  intent_wait_ms: 0\n"
		"  requeue_delay_s: 30\n"
		"  max_attempts: 2\n"
		"  resume_rate: 0\n"
		"  partitions:\n"
		"  - node_groups:\n"
		"    - node_group_name: a\n"
		"      max_nodes: 1\n"
		"      region: us-gov-west-1\n"
		"      reuse: true\n"
		"      launch_template_specification: {launch_template_id: lt-0a, version: 3}\n"
		"      launch_template_overrides:\n"
		"      - {instance_type: p4d.24xlarge, subnet_id: subnet-2, spot_price: 12.5}\n"
		"      - {instance_type: u-6tb1.metal, subnet_id: subnet-3}\n"
		"      purchasing_option: spot\n"
		"      tags:\n"
		"    - node_group_name: b\n"
		"      max_nodes: 1000\n"
		"      region: us-gov-west-1\n"
		"      launch_template_specification: {launch_template_name: t, version: "
		"$Default}\n"
		"      launch_template_overrides: [{instance_type: hpc7a.96xlarge}]\n"
		"      subnet_ids: [subnet-2, subnet-3]\n"
		"      tags: [{key: Cost-Center, value: ''}, {key: a, value: b c}]\n"
		"    partition_name: p1\n",
		&err);

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(warnings, ":14: asba.enabled: has no effect here"));
	ck_assert_str_eq(c->cluster, "lab");
	ck_assert_int_eq(c->identity, IDENTITY_NAME_TAG);
	ck_assert_str_eq(c->aws.region, "us-gov-west-1");
	ck_assert_str_eq(c->aws.profile, "burst");
	ck_assert_str_eq(c->aws.config_file, "/etc/slurm/aws.config");
	ck_assert_str_eq(c->aws.credentials_file, "/etc/slurm/aws.credentials");
	ck_assert_str_eq(c->aws.endpoint_url, "https://[::1]:4566");
	ck_assert_str_eq(c->aws.ca_bundle, "/etc/slurm/ca.pem");
	ck_assert(c->aws.use_fips && c->aws.use_dualstack);
	ck_assert_int_eq(c->aws.connect_timeout_ms, 2000);
	ck_assert_int_eq(c->aws.timeout_ms, 30000);
	ck_assert_int_eq(c->mpi.efa_default, EFA_REQUIRED);
	ck_assert_uint_eq(c->mpi.placement_group_threshold, 0);
	ck_assert(c->mpi.force_cluster_placement_group);
	ck_assert_int_eq(c->cost.boot_allowance_s, 300);
	ck_assert_int_eq(c->cost.release_allowance_s, 0);
	ck_assert_str_eq(c->state.directory, "/shared/burst");
	ck_assert(c->state.shared);
	ck_assert_int_eq(c->reconcile.interval_s, 5);
	ck_assert_int_eq(c->reconcile.grace_s, 30);
	ck_assert(!c->reconcile.name_tags);
	ck_assert_int_eq(c->catalog.max_age_s, 3600);
	ck_assert_str_eq(c->public.directory, "/shared/public");
	ck_assert_str_eq(c->log.level, "debug");
	ck_assert_str_eq(c->log.format, "text");
	ck_assert_str_eq(c->slurm.placeholder_address, "127.0.0.253");
	ck_assert_str_eq(c->slurm.comment_field, "system_comment");
	ck_assert_int_eq(c->slurm.intent_wait_ms, 0);
	ck_assert_int_eq(c->slurm.requeue_delay_s, 30);
	ck_assert_int_eq(c->slurm.max_attempts, 2);
	ck_assert_uint_eq(c->ngroups, 2);
	ck_assert(c->groups[0].reuse && !c->groups[1].reuse);
	ck_assert_str_eq(c->groups[0].template_id, "lt-0a");
	ck_assert_str_eq(c->groups[0].template_version, "3");
	ck_assert_int_eq(c->groups[0].overrides[0].spot_price_uusd, 12500000);
	ck_assert_str_eq(c->groups[0].overrides[1].subnet, "subnet-3");
	ck_assert_uint_eq(c->groups[0].nsubnets, 0);
	ck_assert_str_eq(c->groups[1].partition, "p1");
	ck_assert_uint_eq(c->groups[1].ntags, 2);
	ck_assert_str_eq(c->groups[1].tags[0].value, "");

	/* which node is whose */
	ck_assert_ptr_eq(conf_group_of(c, "p1-a-0"), &c->groups[0]);
	ck_assert_ptr_eq(conf_group_of(c, "p1-b-999"), &c->groups[1]);
	static const char *const nobodys[] = {"p1-a-1", "p1-b-1000", "p1-b-007", "p1-b-", "p1-b",
		"p1", "", "p1-b-1x", "p1-c-0", "p2-b-0", "P1-b-0", "p1-b--1", "p1-b-+1",
		"p1-b-99999999999999999999"};
	for (size_t i = 0; i < ARRAY_SIZE(nobodys); i++)
		ck_assert_msg(!conf_group_of(c, nobodys[i]), "%s", nobodys[i]);
	ck_assert(conf_has_partition(c, "p1") && !conf_has_partition(c, "p"));
	conf_destroy(c);
}
END_TEST

#define KEYS "aws:\n  region: us-east-2\n"
#define ARN  "arn:aws:iam::123456789012:role/R"
#define REST GROUP MAX TEMPLATE TYPES SUBNETS

START_TEST(authentication)
{
	static const struct {
		const char *text, *profile, *role, *session, *external, *web;
		int duration;
		const char *message; /* refused, or a warning */
	} t[] = {
		{"  profile: p\n", .profile = "p"},
		{"  authentication_method: default\n  profile: p\n", .profile = "p"},
		{"  authentication_method: profile\n  profile: p\n", .profile = "p"},
		{"  authentication_method: instance_profile\n  profile: p\n",
			.message = ":4: aws.profile: not used: aws.authentication_method is "
				   "instance_profile"},
		{"  authentication_method: assume_role\n  profile: p\n  assume_role: "
		 "{role_arn: " ARN ", external_id: e, duration_seconds: 900}\n",
			.profile = "p", .role = ARN, .external = "e", .duration = 900},
		{"  authentication_method: cross_account\n  profile: p\n  cross_account: "
		 "{target_role_arn: " ARN ", source_profile: q, session_name: sn}\n",
			.profile = "q", .role = ARN, .session = "sn"},
		{"  authentication_method: web_identity\n  credentials_profile: p\n  web_identity: "
		 "{role_arn: " ARN ", token_file: /t, session_name: sn}\n",
			.web = ARN, .session = "sn",
			.message = ":4: aws.credentials_profile: not used: "
				   "aws.authentication_method is "
				   "web_identity"},
		{"  assume_role: {role_arn: " ARN "}\n",
			.message = ":3: aws.assume_role: not used: aws.authentication_method is "
				   "default"},
	};
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"  authentication_method: profile\n", ":1: aws.profile: missing; expected because "
						       "aws.authentication_method is profile"},
		{"  authentication_method: assume_role\n",
			":1: aws.assume_role.role_arn: missing; expected because "
			"aws.authentication_method is "
			"assume_role"},
		{"  authentication_method: cross_account\n",
			":1: aws.cross_account.target_role_arn: missing; expected because "
			"aws.authentication_method is cross_account"},
		{"  authentication_method: web_identity\n",
			":1: aws.web_identity.role_arn: missing; expected because "
			"aws.authentication_method is "
			"web_identity"},
		{"  authentication_method: web_identity\n  web_identity: {role_arn: " ARN "}\n",
			":1: aws.web_identity.token_file: missing; expected because "
			"aws.authentication_method is "
			"web_identity"},
		{"  authentication_method: sso\n",
			":3: aws.authentication_method: sso needs a person at a browser; expected "
			"instance_profile, or profile with one that has credential_process"},
		{"  authentication_method: access_keys\n",
			":3: aws.authentication_method: access_keys would put secrets here; "
			"expected profile, "
			"with the keys in aws.shared_credentials_file (mode 0600)"},
		{"  access_keys: {secret_access_key: hush}\n",
			":3: aws.access_keys.secret_access_key: secrets do not belong here; put "
			"them in "
			"aws.shared_credentials_file"},
		{"  assume_role: {policy: '{}'}\n", ":3: aws.assume_role.policy: session policies "
						    "are not sent; expected nothing: attach "
						    "the policy to the role"},
	};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		struct conf *c;

		strbuf_addf(&sb, KEYS "%s" REST, t[i].text);
		c = load(sb.buf, &err);
		ck_assert_msg(c != NULL, "%s", err.text);
		ck_assert_pstr_eq(c->aws.profile, t[i].profile);
		ck_assert_pstr_eq(c->aws.role_arn, t[i].role);
		ck_assert_pstr_eq(c->aws.role_session_name, t[i].session);
		ck_assert_pstr_eq(c->aws.role_external_id, t[i].external);
		ck_assert_pstr_eq(c->aws.web_identity_role_arn, t[i].web);
		if (t[i].duration)
			ck_assert_int_eq(c->aws.role_duration_s, t[i].duration);
		ck_assert_msg(t[i].message ? strstr(warnings, t[i].message) != NULL : !*warnings,
			"%s", warnings);
		ck_assert_int_eq(conf_export(c, &err), 0);
		ck_assert_pstr_eq(getenv("AWS_WEB_IDENTITY_TOKEN_FILE"), t[i].web ? "/t" : NULL);
		ck_assert_pstr_eq(getenv("AWS_ROLE_ARN"), t[i].web);
		ck_assert_pstr_eq(getenv("AWS_ROLE_SESSION_NAME"), t[i].web ? "sn" : NULL);
		unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
		unsetenv("AWS_ROLE_ARN");
		unsetenv("AWS_ROLE_SESSION_NAME");
		conf_destroy(c);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		strbuf_addf(&sb, KEYS "%s" REST, bad[i].text);
		ck_assert_msg(!load(sb.buf, &err), "accepted: %s", bad[i].text);
		ck_assert_int_eq(err.class, ERR_CONFIG);
		ck_assert_str_eq(err.text + strlen(path), bad[i].message);
	}
}
END_TEST

START_TEST(the_file_itself)
{
	CLEANUP(strbuf_release) struct strbuf big = STRBUF_INIT;
	struct err err = {0};
	char expected[256];

	ck_assert_ptr_null(conf_load(path, NULL, NULL, &err));
	ck_assert_int_eq(err.class, ERR_NOTFOUND);
	snprintf(expected, sizeof(expected), "%s: cannot open: No such file or directory", path);
	ck_assert_str_eq(err.text, expected);
	conf_destroy(load(MINIMAL, &err));
	static const struct {
		mode_t mode;
		const char *text;
	} modes[] = {{0660, "mode 0660"}, {0602, "mode 0602"}};
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		ck_assert_int_eq(chmod(path, modes[i].mode), 0);
		ck_assert_ptr_null(conf_load(path, NULL, NULL, &err));
		ck_assert_int_eq(err.class, ERR_CONFIG);
		snprintf(expected, sizeof(expected),
			"%s: %s lets others than its owner change it; expected chmod go-w", path,
			modes[i].text);
		ck_assert_str_eq(err.text, expected);
	}
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(conf_load(path, NULL, NULL, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, ": not a file; expected a regular file"));
	while (big.len <= 1024 * 1024)
		strbuf_addstr(&big, "# a line that says nothing at all, and another\n");
	ck_assert_ptr_null(load(big.buf, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_str_eq(
		err.text + strlen(path), ":1: larger than 1 MiB; expected a configuration");
	strbuf_release(&big);
	strbuf_addstr(&big, "a: ");
	while (big.len <= 2100)
		strbuf_addch(&big, 'x');
	ck_assert_ptr_null(load(big.buf, &err));
	ck_assert_str_eq(err.text + strlen(path),
		":1: a value of more than 2048 bytes; expected a shorter one");
	/* a byte 0 ends nothing */
	ck_assert_ptr_null(load_bytes(MINIMAL "\0more", sizeof(MINIMAL "\0more") - 1, &err));
	ck_assert_int_eq(err.class, ERR_CONFIG);
}
END_TEST

START_TEST(which_path)
{
	unsetenv("AWS_SLURM_BURST_CONFIG");
	ck_assert_str_eq(conf_choose_path(NULL), CONF_DEFAULT_PATH);
	setenv("AWS_SLURM_BURST_CONFIG", "", 1);
	ck_assert_str_eq(conf_choose_path(NULL), CONF_DEFAULT_PATH);
	setenv("AWS_SLURM_BURST_CONFIG", "/x", 1);
	ck_assert_str_eq(conf_choose_path(NULL), "/x");
	ck_assert_str_eq(conf_choose_path("/y"), "/y");
	unsetenv("AWS_SLURM_BURST_CONFIG");
}
END_TEST

/* Each row once, its parents before it, its default one that the row itself accepts. */
START_TEST(the_table_is_sound)
{
	ck_assert_uint_le(conf_nrows, 256);
	for (size_t i = 0; i < conf_nrows; i++) {
		const char *dot = strrchr(conf_rows[i].path, '.');
		char buf[256], parent[256] = "";
		const struct conf_row *found;
		bool known = !dot;

		if (dot)
			snprintf(parent, sizeof(parent), "%.*s", (int)(dot - conf_rows[i].path),
				conf_rows[i].path);
		for (size_t j = 0; j < i; j++) {
			ck_assert_str_ne(conf_rows[i].path, conf_rows[j].path);
			known |= !strcmp(parent, conf_rows[j].path);
		}
		ck_assert_msg(known, "%s: no parent", conf_rows[i].path);
		snprintf(buf, sizeof(buf), "%.*s",
			(int)strcspn(dot ? dot + 1 : conf_rows[i].path, "["),
			dot ? dot + 1 : conf_rows[i].path);
		found = conf_row_find(parent, buf);
		ck_assert_ptr_eq(found, &conf_rows[i]);
		ck_assert_uint_gt(strlen(conf_row_expected(&conf_rows[i], buf, sizeof(buf))), 0);
		ck_assert_ptr_nonnull(conf_rows[i].help);
		ck_assert(!(conf_rows[i].flags & COMPAT) || *conf_rows[i].help);
	}
}
END_TEST

/* Run cmd_config() with stdout and stderr in files; returns its status. */
static int run(char *a1, char *a2, char *out, char *err_out, size_t size)
{
	char name[] = "config";
	char *argv[] = {name, a1, a2, NULL};
	char out_path[80], err_path[80];
	int saved[2] = {dup(1), dup(2)}, rc;

	snprintf(out_path, sizeof(out_path), "%s.out", path);
	snprintf(err_path, sizeof(err_path), "%s.err", path);
	for (int i = 1; i <= 2; i++) {
		int fd = open(i == 1 ? out_path : err_path, O_RDWR | O_CREAT | O_TRUNC, 0600);

		dup2(fd, i);
		close(fd);
	}
	rc = cmd_config(a2 ? 3 : a1 ? 2 : 1, argv, NULL);
	fflush(stdout);
	for (int i = 1; i <= 2; i++) {
		char *data = NULL;
		size_t len = 0;

		dup2(saved[i - 1], i);
		close(saved[i - 1]);
		ck_assert_int_eq(
			file_read(i == 1 ? out_path : err_path, size, &data, &len, NULL), 0);
		snprintf(i == 1 ? out : err_out, size, "%s", data);
		free(data);
		unlink(i == 1 ? out_path : err_path);
	}
	return rc;
}

START_TEST(config_check)
{
	char out[1024], err_out[1024], expected[512], check[] = "check", nonsense[] = "nonsense";
	struct err err = {0};

	setenv("SLURM_CONF", "/nowhere/slurm.conf", 1); /* the machine's own may exist */
	conf_destroy(load(MINIMAL "          tags:\n", &err));
	snprintf(expected, sizeof(expected), "%s: ok: 1 node group, 20 nodes\n", path);
	ck_assert_int_eq(run(check, path, out, err_out, sizeof(out)), 0);
	ck_assert_str_eq(out, expected);
	ck_assert_str_eq(err_out, "");
	conf_destroy(load(MINIMAL "\nmpi: {enable_enhanced_networking: false}\n", &err));
	setenv("AWS_SLURM_BURST_CONFIG", path, 1);
	ck_assert_int_eq(run(check, NULL, out, err_out, sizeof(out)), 0);
	unsetenv("AWS_SLURM_BURST_CONFIG");
	ck_assert_str_eq(out, expected);
	snprintf(expected, sizeof(expected),
		"warning: %s:13: mpi.enable_enhanced_networking: has no effect here: every current "
		"instance type has it\n",
		path);
	ck_assert_str_eq(err_out, expected);
	load("aws2: 1\n", &err);
	snprintf(expected, sizeof(expected), "%s:1: aws2: unknown key; did you mean aws?\n", path);
	ck_assert_int_eq(run(check, path, out, err_out, sizeof(out)), 3);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(err_out, expected);
	unlink(path);
	ck_assert_int_eq(run(check, path, out, err_out, sizeof(out)), 8);
	ck_assert_int_eq(run(nonsense, path, out, err_out, sizeof(out)), 2);
	ck_assert_str_eq(err_out, "usage: aws-slurm-burst config check [FILE]\n"
				  "       aws-slurm-burst config export\n"
				  "       aws-slurm-burst config generate-slurm [--first]\n");
	ck_assert_int_eq(run(NULL, NULL, out, err_out, sizeof(out)), 2);
}
END_TEST

START_TEST(limits)
{
	struct err err = {0};
	struct conf *c = load(MINIMAL
		"limits:\n"
		"  - {name: a.1, scope: account, who: Chem, period: day, usd: 0.5}\n"
		"  - {name: b, scope: site, period: hour, usd: 100, alarms: none}\n"
		"  - {name: c, scope: JOB, period: total, usd: 7}\n"
		"  - {name: d, scope: qos, period: month, usd: 1, alarms: '90'}\n",
		&err);
	const struct budget *b;

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_uint_eq(c->nlimits, 4);
	b = c->limits;
	ck_assert_str_eq(b[0].name, "a.1");
	ck_assert_str_eq(b[0].who, "chem");
	ck_assert_int_eq(b[0].scope, BUDGET_ACCOUNT);
	ck_assert_int_eq(b[0].period, BUDGET_DAY);
	ck_assert_int_eq(b[0].limit_uusd, 500000);
	ck_assert_uint_eq(b[0].nalarms, 3);
	ck_assert_uint_eq(b[0].alarms[2], 100);
	ck_assert(b[0].configured);
	ck_assert_int_eq(b[0].made_s, 0);
	ck_assert_str_eq(b[1].who, "");
	ck_assert_uint_eq(b[1].nalarms, 0);
	ck_assert_int_eq(b[2].scope, BUDGET_JOB);
	ck_assert_uint_eq(b[2].nalarms, 0);
	ck_assert_uint_eq(b[3].alarms[0], 90);
	conf_destroy(c);
}
END_TEST

START_TEST(the_example)
{
	struct err err = {0};
	struct conf *c;
	char *data = NULL;
	size_t len = 0;

	ck_assert_msg(file_read(EXAMPLE, 1 << 20, &data, &len, &err) == 0, "%s", err.text);
	c = load_bytes(data, len, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert_uint_ge(c->ngroups, 1);
	conf_destroy(c);
	/* it shows every key that does something */
	for (size_t i = 0; i < conf_nrows; i++) {
		const char *dot = strrchr(conf_rows[i].path, '.'),
			   *key = dot ? dot + 1 : conf_rows[i].path;
		char want[128];

		if (conf_rows[i].flags & (COMPAT | SECRET) || strstr(conf_rows[i].path, ".sso") ||
			strstr(conf_rows[i].path, "_options") ||
			strstr(conf_rows[i].path, "_keys") ||
			!strncmp(conf_rows[i].path, "asb", 3) || !strcmp(key, "ecosystem") ||
			!strcmp(key, "token_refresh") || !strcmp(key, "policy"))
			continue;
		snprintf(want, sizeof(want), "%.*s:", (int)strcspn(key, "["), key);
		ck_assert_msg(
			strstr(data, want) != NULL, "%s is not in the example", conf_rows[i].path);
	}
	free(data);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("conf");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, minimal_has_the_defaults);
	tcase_add_test(tc, every_key_of_the_go_system);
	tcase_add_test(tc, our_keys);
	tcase_add_test(tc, authentication);
	tcase_add_test(tc, the_file_itself);
	tcase_add_test(tc, which_path);
	tcase_add_test(tc, the_table_is_sound);
	tcase_add_test(tc, config_check);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, the_example);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
