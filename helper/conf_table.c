/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/conf_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"
#include "lib/base/nodeset.h"

static size_t count(const char *text, const char *set)
{
	return strspn(text, set);
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char *shape_name(const char *text)
{
	size_t n = strlen(text);

	/* without '-', so that <partition>-<group>-<number> can be read in one way only */
	return n >= 1 && n <= 24 && count(text, LOWER UPPER DIGITS) == n
		       ? NULL
		       : "1 to 24 letters and digits, no '-' or '_'";
}

static const char *shape_cluster(const char *text)
{
	size_t n = strlen(text);

	return n >= 1 && n <= 40 && count(text, LOWER UPPER DIGITS "_-") == n
		       ? NULL
		       : "1 to 40 letters, digits, '_' and '-'";
}

static const char *shape_region(const char *text)
{
	static const char expected[] = "a region such as us-east-2";
	unsigned words = 0;

	for (;;) {
		size_t n = count(text, LOWER);

		if (n < 2 || text[n] != '-')
			return expected;
		words++;
		text += n + 1;
		n = count(text, DIGITS);
		if (n)
			return words >= 2 && n <= 2 && !text[n] ? NULL : expected;
	}
}

static bool is_id(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(text, prefix, n) != 0)
		return false;
	text += n;
	n = strlen(text);
	return n >= 1 && n <= 32 && count(text, LOWER DIGITS) == n;
}

static const char *shape_subnet(const char *text)
{
	return is_id(text, "subnet-") ? NULL : "a subnet's id, subnet-...";
}

static const char *shape_security_group(const char *text)
{
	return is_id(text, "sg-") ? NULL : "a security group's id, sg-...";
}

static const char *shape_reservation(const char *text)
{
	return is_id(text, "cr-") ? NULL : "a capacity reservation's id, cr-...";
}

static const char *shape_template_id(const char *text)
{
	return is_id(text, "lt-") ? NULL : "a launch template's id, lt-...";
}

static const char *shape_version(const char *text)
{
	size_t n = strlen(text);

	if (!strcmp(text, "$Latest") || !strcmp(text, "$Default"))
		return NULL;
	return n >= 1 && n <= 9 && *text != '0' && count(text, DIGITS) == n
		       ? NULL
		       : "a number, $Latest or $Default";
}

static const char *shape_type(const char *text)
{
	size_t n = count(text, LOWER DIGITS "-"), m;

	if (n < 1 || text[n] != '.')
		return "an instance type such as hpc7a.96xlarge";
	text += n + 1;
	m = count(text, LOWER DIGITS "-");
	return m < 1 || text[m] || n + m > 30 ? "an instance type such as hpc7a.96xlarge" : NULL;
}

static const char *shape_types(const char *text)
{
	size_t n = strlen(text);

	return n >= 1 && n <= 40 && count(text, LOWER DIGITS "-.*?[]") == n
		       ? NULL
		       : "instance types such as hpc7a.96xlarge, c7i.* or *";
}

static const char *shape_budget(const char *text)
{
	return budget_name_fits(text) ? NULL : "1 to 40 letters, digits, '_', '-' and '.'";
}

static const char *shape_who(const char *text)
{
	return budget_who_fits(text) ? NULL
				     : "1 to 63 printable characters without blanks and quotes";
}

static const char *shape_alarms(const char *text)
{
	unsigned percents[BUDGET_ALARMS_MAX];
	size_t n;

	return *text && budget_alarms_parse(text, percents, &n, NULL) == 0
		       ? NULL
		       : "rising whole percents such as 50,80,100, or none";
}

static const char *shape_url(const char *text)
{
	size_t n = !strncmp(text, "http://", 7) ? 7 : !strncmp(text, "https://", 8) ? 8 : 0;

	return n && (isalnum((unsigned char)text[n]) || text[n] == '[') && !strpbrk(text, " @")
		       ? NULL
		       : "a URL such as https://HOST:PORT, without credentials";
}

static const char *shape_role(const char *text)
{
	const char *role = strstr(text, ":role/");

	return !strncmp(text, "arn:aws", 7) && strstr(text, ":iam::") && role && role[6] &&
			       !strchr(text, ' ')
		       ? NULL
		       : "a role such as arn:aws:iam::123456789012:role/NAME";
}

static const char *shape_session(const char *text)
{
	size_t n = strlen(text);

	return n >= 2 && n <= 64 && count(text, LOWER UPPER DIGITS "_+=,.@-") == n
		       ? NULL
		       : "2 to 64 of A-Z a-z 0-9 _ + = , . @ -";
}

/* An address that a slurmctld of any version can take without asking a name server. */
static const char *shape_address(const char *text)
{
	unsigned a, b, c, d;
	char end;

	return count(text, DIGITS ".") == strlen(text) &&
			       sscanf(text, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &end) == 4 &&
			       a <= 255 && b <= 255 && c <= 255 && d <= 255
		       ? NULL
		       : "an IPv4 address such as 127.0.0.254";
}

#define D(field) offsetof(struct conf_draft, field)
#define C(field) offsetof(struct conf_draft, conf.field)
#define P(field) offsetof(struct conf_partition, field)
#define G(field) offsetof(struct conf_group, field)
#define R(field) offsetof(struct conf_place, field)
#define O(field) offsetof(struct conf_override, field)
#define T(field) offsetof(struct conf_draft_tag, field)
#define N(field) offsetof(struct conf_discount, field)
#define L(field) offsetof(struct conf_draft_limit, field)

#define GROUP    "slurm.partitions[].node_groups[]"
#define TEMPLATE GROUP ".launch_template_specification"
#define OVERRIDE GROUP ".launch_template_overrides[]"
#define PLACE    GROUP ".other_regions[]"
#define DISCOUNT "prices.discounts[]"

#define PLACE_TEMPLATE PLACE ".launch_template_specification"
#define PLACE_OVERRIDE PLACE ".launch_template_overrides[]"

#define SLURM_CONF_HAS "Slurm takes it from slurm.conf"
#define ADVISOR        "the advisor is not asked by this program"
#define BUDGET         "the budget service is not asked by this program"
#define SSO                                                                                        \
	"single sign-on needs a person; use instance_profile, or a profile with "                  \
	"credential_process"
#define SECRETS "secrets do not belong here; put them in aws.shared_credentials_file"

#define SECTION(path, help)                                                                        \
	{                                                                                          \
		path, T_SECTION, 0, NULL, 0, 0, NULL, NULL, NOWHERE, help                          \
	}

const struct conf_row conf_rows[] = {
	{"cluster_name", T_TEXT, 0, NULL, 0, 0, NULL, shape_cluster, C(cluster),
		"name of this cluster in tags and placement groups; default: slurm.conf's "
		"ClusterName"},
	{"identity", T_ENUM, 0, "code", IDENTITY_CODE, 0, "code|name-tag", NULL, C(identity),
		"how an instance learns its node: by position tags, or by a Name tag each"},

	SECTION("aws", "the account and how to reach it"),
	{"aws.region", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_region, C(aws.region),
		"the home region"},
	{"aws.profile", T_TEXT, 0, NULL, 0, 0, NULL, NULL, C(aws.profile),
		"profile of the AWS files"},
	{"aws.config_file", T_PATH, 0, NULL, 0, 0, NULL, NULL, C(aws.config_file),
		"AWS configuration file"},
	{"aws.shared_credentials_file", T_PATH, 0, NULL, 0, 0, NULL, NULL, C(aws.credentials_file),
		"AWS credentials file"},
	{"aws.endpoint_url", T_TEXT, 0, NULL, 0, 0, NULL, shape_url, C(aws.endpoint_url),
		"where every service is asked, instead of the region's endpoints"},
	{"aws.ca_bundle", T_PATH, 0, NULL, 0, 0, NULL, NULL, C(aws.ca_bundle), "certificates, PEM"},
	{"aws.use_fips_endpoint", T_BOOL, 0, "false", 0, 0, NULL, NULL, C(aws.use_fips), ""},
	{"aws.use_dualstack_endpoint", T_BOOL, 0, "false", 0, 0, NULL, NULL, C(aws.use_dualstack),
		""},
	{"aws.retry_max_attempts", T_INT, 0, "3", 1, 20, NULL, NULL, C(aws.retry_max_attempts),
		"tries of one request"},
	{"aws.retry_mode", T_WORD, COMPAT, NULL, 0, 0, "adaptive|standard|legacy", NULL, NOWHERE,
		"there is one way of retrying, with back-off and a budget"},
	{"aws.connect_timeout_ms", T_INT, 0, "5000", 100, 60000, NULL, NULL,
		C(aws.connect_timeout_ms), ""},
	{"aws.timeout_ms", T_INT, 0, "60000", 1000, 600000, NULL, NULL, C(aws.timeout_ms),
		"of one try of a request"},
	{"aws.throttle_wait_s", T_INT64, 0, "60", 1, 600, NULL, NULL, C(aws.throttle_wait_s),
		"how long a request is tried that AWS calls too frequent"},
	{"aws.api_share_percent", T_INT, 0, "100", 1, 100, NULL, NULL, C(aws.api_share_percent),
		"of the account's API rates, for this cluster"},
	{"aws.authentication_method", T_ENUM, 0, NULL, AUTH_DEFAULT, 0,
		"default|instance_profile|assume_role|sso|web_identity|cross_account|profile|"
		"access_keys",
		NULL, D(auth), "where credentials come from"},
	SECTION("aws.assume_role", ""),
	{"aws.assume_role.role_arn", T_TEXT, 0, NULL, 0, 0, NULL, shape_role, D(assume.arn), ""},
	{"aws.assume_role.session_name", T_TEXT, 0, NULL, 0, 0, NULL, shape_session,
		D(assume.session), ""},
	{"aws.assume_role.duration_seconds", T_INT, 0, "3600", 900, 43200, NULL, NULL,
		D(assume.duration_s), ""},
	{"aws.assume_role.external_id", T_TEXT, 0, NULL, 0, 0, NULL, NULL, D(assume.external_id),
		""},
	{"aws.assume_role.policy", T_TEXT, 0, NULL, 0, 0, NULL, NULL, D(assume_policy), ""},
	SECTION("aws.sso", ""),
	{"aws.sso.profile_name", T_TEXT, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, SSO},
	{"aws.sso.start_url", T_TEXT, COMPAT, NULL, 0, 0, NULL, shape_url, NOWHERE, SSO},
	{"aws.sso.account_id", T_TEXT, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, SSO},
	{"aws.sso.role_name", T_TEXT, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, SSO},
	SECTION("aws.web_identity", ""),
	{"aws.web_identity.role_arn", T_TEXT, 0, NULL, 0, 0, NULL, shape_role, D(web.arn), ""},
	{"aws.web_identity.token_file", T_PATH, 0, NULL, 0, 0, NULL, NULL, D(web.token_file), ""},
	{"aws.web_identity.session_name", T_TEXT, 0, NULL, 0, 0, NULL, shape_session,
		D(web.session), ""},
	SECTION("aws.cross_account", ""),
	{"aws.cross_account.source_profile", T_TEXT, 0, NULL, 0, 0, NULL, NULL,
		D(cross.source_profile), ""},
	{"aws.cross_account.target_role_arn", T_TEXT, 0, NULL, 0, 0, NULL, shape_role, D(cross.arn),
		""},
	{"aws.cross_account.external_id", T_TEXT, 0, NULL, 0, 0, NULL, NULL, D(cross.external_id),
		""},
	{"aws.cross_account.session_name", T_TEXT, 0, NULL, 0, 0, NULL, shape_session,
		D(cross.session), ""},
	SECTION("aws.access_keys", ""),
	{"aws.access_keys.access_key_id", T_TEXT, SECRET, NULL, 0, 0, NULL, NULL, NOWHERE, SECRETS},
	{"aws.access_keys.secret_access_key", T_TEXT, SECRET, NULL, 0, 0, NULL, NULL, NOWHERE,
		SECRETS},
	{"aws.access_keys.session_token", T_TEXT, SECRET, NULL, 0, 0, NULL, NULL, NOWHERE, SECRETS},
	SECTION("aws.token_refresh", ""),
	{"aws.token_refresh.enabled", T_BOOL, COMPAT, "true", 0, 0, NULL, NULL, NOWHERE,
		"credentials are always renewed before they expire"},
	{"aws.token_refresh.refresh_interval_minutes", T_INT, COMPAT, "0", 0, 1440, NULL, NULL,
		NOWHERE, "credentials are renewed by their own expiry"},
	{"aws.token_refresh.pre_expire_buffer_minutes", T_INT, COMPAT, "0", 0, 1440, NULL, NULL,
		NOWHERE, "credentials are renewed by their own expiry"},

	SECTION("slurm", "Slurm and the nodes"),
	{"slurm.bin_path", T_PATH, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE,
		"Slurm is asked through its library"},
	{"slurm.config_path", T_PATH, 0, NULL, 0, 0, NULL, NULL, C(slurm.config_path),
		"slurm.conf; default: SLURM_CONF, else Slurm's own place"},
	{"slurm.private_data", T_WORD, 0, "CLOUD", 0, 0, "CLOUD", NULL, NOWHERE,
		"without it slurmctld hides powered-down nodes"},
	{"slurm.resume_program", T_PATH, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, SLURM_CONF_HAS},
	{"slurm.suspend_program", T_PATH, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, SLURM_CONF_HAS},
	{"slurm.resume_rate", T_INT, 0, "0", 0, 1000, NULL, NULL, D(resume_rate), ""},
	{"slurm.suspend_rate", T_INT, 0, "0", 0, 1000, NULL, NULL, D(suspend_rate), ""},
	{"slurm.resume_timeout", T_INT, COMPAT, NULL, 1, 86400, NULL, NULL, NOWHERE,
		SLURM_CONF_HAS},
	{"slurm.suspend_time", T_INT, COMPAT, NULL, -1, 31536000, NULL, NULL, NOWHERE,
		SLURM_CONF_HAS},
	{"slurm.tree_width", T_INT, COMPAT, NULL, 1, 65533, NULL, NULL, NOWHERE, SLURM_CONF_HAS},
	{"slurm.placeholder_address", T_TEXT, 0, "127.0.0.254", 0, 0, NULL, shape_address,
		C(slurm.placeholder_address), "NodeAddr of nodes that have no instance"},
	{"slurm.comment_field", T_WORD, 0, "admin_comment", 0, 0,
		"admin_comment|system_comment|none", NULL, C(slurm.comment_field),
		"where the job is told"},
	{"slurm.intent_wait_ms", T_INT64, 0, "10000", 0, 60000, NULL, NULL, C(slurm.intent_wait_ms),
		"how long resume waits for a job's prolog"},
	{"slurm.requeue_delay_s", T_INT64, 0, "120", 0, 86400, NULL, NULL, C(slurm.requeue_delay_s),
		"begin time after a failed start"},
	{"slurm.requeue_delay_max_s", T_INT64, 0, "3600", 0, 604800, NULL, NULL,
		C(slurm.requeue_delay_max_s),
		"the delay doubles with each failed start up to this"},
	{"slurm.max_attempts", T_INT, 0, "5", 1, 100, NULL, NULL, C(slurm.max_attempts),
		"failed starts of a job before it is held"},

	{"slurm.partitions[]", T_LIST, REQUIRED, NULL, 1, 64, NULL, NULL, NOWHERE,
		"the cloud partitions"},
	{"slurm.partitions[].partition_name", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_name,
		P(name), "as in slurm.conf"},
	{"slurm.partitions[].partition_options", T_PAIRS, 0, NULL, 0, 0, NULL, NULL, P(options),
		"Slurm's words for it, for \"config generate-slurm\""},
	{GROUP, T_LIST, REQUIRED, NULL, 1, 64, NULL, NULL, NOWHERE,
		"nodes that are launched in one way"},
	{GROUP ".node_group_name", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_name, G(name),
		"nodes are named PARTITION-GROUP-NUMBER"},
	{GROUP ".max_nodes", T_INT, REQUIRED, NULL, 1, NODESET_MAX, NULL, NULL, G(max_nodes),
		"numbers are 0 to max_nodes - 1"},
	{GROUP ".region", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_region, G(region), ""},
	{GROUP ".slurm_specifications", T_PAIRS, 0, NULL, 0, 0, NULL, NULL, G(slurm),
		"Slurm's words for a node"},
	{GROUP ".purchasing_option", T_ENUM, 0, "on-demand", MARKET_ON_DEMAND, 0,
		"on-demand|spot|mixed", NULL, G(market),
		"mixed: the first node of a job on-demand, where its batch script runs, the others "
		"spot"},
	{GROUP ".placement", T_ENUM, 0, "auto", PLACEMENT_AUTO, 0,
		"auto|cluster|partition|spread|none", NULL, G(placement),
		"how a gang's instances stand to each other; auto: by the kind of job and its "
		"size"},
	{GROUP ".architecture", T_ENUM, 0, "any", ARCH_ANY, 0, "any|x86_64|arm64", NULL, G(arch),
		"of the image; any: by Features, else that of the instance types, which is one"},
	SECTION(GROUP ".on_demand_options", ""),
	{GROUP ".on_demand_options.AllocationStrategy", T_WORD, COMPAT, NULL, 0, 0,
		"lowest-price|prioritized", NULL, NOWHERE, "the planner orders the pools"},
	SECTION(GROUP ".spot_options", ""),
	{GROUP ".spot_options.AllocationStrategy", T_WORD, COMPAT, NULL, 0, 0,
		"lowest-price|diversified|capacity-optimized|capacity-optimized-prioritized|"
		"price-capacity-optimized",
		NULL, NOWHERE, "the planner orders the pools"},
	SECTION(TEMPLATE, "the site's launch template, by name or by id"),
	{TEMPLATE ".launch_template_name", T_TEXT, 0, NULL, 0, 0, NULL, NULL, G(template_name), ""},
	{TEMPLATE ".launch_template_id", T_TEXT, 0, NULL, 0, 0, NULL, shape_template_id,
		G(template_id), ""},
	{TEMPLATE ".version", T_TEXT, 0, "$Default", 0, 0, NULL, shape_version, G(template_version),
		""},
	{OVERRIDE, T_LIST, REQUIRED, NULL, 1, 50, NULL, NULL, NOWHERE,
		"the instance types, best first"},
	{OVERRIDE ".instance_type", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_type, O(type), ""},
	{OVERRIDE ".spot_price", T_MONEY, 0, NULL, 0, 0, NULL, NULL, O(spot_price_uusd),
		"most to pay per instance and hour"},
	{OVERRIDE ".tier", T_INT, 0, "0", 0, 9, NULL, NULL, O(tier),
		"asked after all types of lower tiers gave nothing"},
	{OVERRIDE ".subnet_id", T_TEXT, 0, NULL, 0, 0, NULL, shape_subnet, O(subnet),
		"default: each of subnet_ids"},
	{OVERRIDE ".weighted_capacity", T_INT, 0, "1", 1, 1, NULL, NULL, NOWHERE,
		"an instance is one node"},
	{GROUP ".subnet_ids", T_WORDS, 0, NULL, 0, 64, NULL, shape_subnet, G(subnets), ""},
	{GROUP ".security_group_ids", T_WORDS, 0, NULL, 0, 16, NULL, shape_security_group,
		G(security_groups), "default: the launch template's"},
	{GROUP ".iam_instance_profile", T_TEXT, 0, NULL, 0, 0, NULL, NULL, G(instance_profile),
		"default: the launch template's"},
	{GROUP ".tags[]", T_LIST, 0, NULL, 0, 40, NULL, NULL, NOWHERE, "tags for instances"},
	{GROUP ".tags[].key", T_TEXT, REQUIRED, NULL, 0, 0, NULL, NULL, T(key), ""},
	{GROUP ".tags[].value", T_TEXT, 0, "", 0, 0, NULL, NULL, T(value), ""},
	{GROUP ".reuse", T_BOOL, 0, "false", 0, 0, NULL, NULL, G(reuse),
		"nodes may go from one job to the next whose intent allows it"},
	{GROUP ".scaling", T_BOOL, 0, "all-or-nothing", 0, 0, "all-or-nothing|best-effort", NULL,
		G(best_effort), "best-effort: nodes that came are kept, even if not all came"},
	{GROUP ".capacity_reservation_ids", T_WORDS, 0, NULL, 0, 32, NULL, shape_reservation,
		G(reservations), "reservations and capacity blocks, asked first"},
	{PLACE, T_LIST, 0, NULL, 0, 8, NULL, NULL, NOWHERE,
		"where else, in this order, when the node group's own region has nothing"},
	{PLACE ".region", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_region, R(region), ""},
	SECTION(PLACE_TEMPLATE, "that region's launch template, by name or by id"),
	{PLACE_TEMPLATE ".launch_template_name", T_TEXT, 0, NULL, 0, 0, NULL, NULL,
		R(template_name), ""},
	{PLACE_TEMPLATE ".launch_template_id", T_TEXT, 0, NULL, 0, 0, NULL, shape_template_id,
		R(template_id), ""},
	{PLACE_TEMPLATE ".version", T_TEXT, 0, "$Default", 0, 0, NULL, shape_version,
		R(template_version), ""},
	{PLACE_OVERRIDE, T_LIST, 0, NULL, 0, 50, NULL, NULL, NOWHERE,
		"default: the node group's instance types"},
	{PLACE_OVERRIDE ".instance_type", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_type, O(type),
		""},
	{PLACE_OVERRIDE ".spot_price", T_MONEY, 0, NULL, 0, 0, NULL, NULL, O(spot_price_uusd),
		"most to pay per instance and hour"},
	{PLACE_OVERRIDE ".tier", T_INT, 0, "0", 0, 9, NULL, NULL, O(tier),
		"asked after all types of lower tiers gave nothing"},
	{PLACE_OVERRIDE ".subnet_id", T_TEXT, 0, NULL, 0, 0, NULL, shape_subnet, O(subnet),
		"default: each of subnet_ids"},
	{PLACE ".subnet_ids", T_WORDS, 0, NULL, 0, 64, NULL, shape_subnet, R(subnets), ""},
	{PLACE ".security_group_ids", T_WORDS, 0, NULL, 0, 16, NULL, shape_security_group,
		R(security_groups), "default: the launch template's"},
	{PLACE ".iam_instance_profile", T_TEXT, 0, NULL, 0, 0, NULL, NULL, R(instance_profile),
		"default: the launch template's"},
	{PLACE ".capacity_reservation_ids", T_WORDS, 0, NULL, 0, 32, NULL, shape_reservation,
		R(reservations), "reservations and capacity blocks, asked first"},

	SECTION("launch", "how hard instances are sought"),
	{"launch.max_tries", T_INT, 0, "8", 1, 100, NULL, NULL, C(launch.max_tries),
		"requests of one start of a job, each for other pools"},
	{"launch.total_time_s", T_INT64, 0, "240", 10, 86400, NULL, NULL, C(launch.total_time_s),
		"for all of them; less than ResumeTimeout - 60"},
	{"launch.pool_memory_s", T_INT64, 0, "600", 0, 86400, NULL, NULL, C(launch.pool_memory_s),
		"how long a pool without capacity is asked after the others"},
	{"launch.quota_memory_s", T_INT64, 0, "900", 0, 86400, NULL, NULL, C(launch.quota_memory_s),
		"how long a quota counts as used up"},
	{"launch.address_memory_s", T_INT64, 0, "120", 0, 86400, NULL, NULL,
		C(launch.address_memory_s), "how long a subnet counts as full"},
	{"launch.fallback_on_demand", T_BOOL, 0, "false", 0, 0, NULL, NULL,
		C(launch.fallback_on_demand),
		"a spot node group may buy on-demand when there is no spot capacity"},
	{"launch.fallback_no_placement_group", T_BOOL, 0, "true", 0, 0, NULL, NULL,
		C(launch.fallback_no_placement_group),
		"rather without a placement group than not at all; never for efa=required"},
	{"launch.fallback_no_efa", T_BOOL, 0, "true", 0, 0, NULL, NULL, C(launch.fallback_no_efa),
		"rather without EFA than not at all; never for efa=required"},
	{"launch.placement_group_quota", T_INT, 0, "500", 1, 100000, NULL, NULL,
		C(launch.placement_group_quota), "placement groups of the account in a region"},
	{"launch.keep_template_versions", T_INT, 0, "3", 1, 1000, NULL, NULL,
		C(launch.keep_template_versions),
		"derived launch template versions of each layout that are kept"},
	{"launch.check_quotas", T_BOOL, 0, "true", 0, 0, NULL, NULL, C(launch.check_quotas),
		"compare with the account's vCPU quotas before EC2 is asked"},

	SECTION("boot", "instances on their way to Slurm"),
	{"boot.protect_after", T_INT, 0, "3", 0, 1000, NULL, NULL, C(boot.protect_after),
		"so many boots in a row that fail close the node group; 0: never"},
	{"boot.protect_for_s", T_INT64, 0, "1800", 60, 604800, NULL, NULL, C(boot.protect_for_s),
		"how long it stays closed"},
	{"boot.console_lines", T_INT, 0, "20", 0, 200, NULL, NULL, C(boot.console_lines),
		"of a failed node's console in the log"},

	SECTION("guards", "what must not go on, and what is done about it"),
	{"guards.max_nodes", T_INT, 0, "0", 0, NODESET_MAX, NULL, NULL, C(guards.max_nodes),
		"instances of all node groups at a time; 0: no maximum"},
	{"guards.overdue_grace_s", T_INT64, 0, "900", 0, 604800, NULL, NULL,
		C(guards.overdue_grace_s), "how long an instance may outlive its job's time limit"},
	{"guards.not_registered_s", T_INT64, 0, "300", 30, 86400, NULL, NULL,
		C(guards.not_registered_s),
		"after ResumeTimeout, until a gang that has not come up is ended whoever has it"},
	{"guards.impaired_s", T_INT64, 0, "120", 0, 86400, NULL, NULL, C(guards.impaired_s),
		"how long EC2's status checks must have failed"},
	{"guards.on_impaired", T_ENUM, 0, "drain", GUARD_LOG, 0, "log|drain|requeue", NULL,
		C(guards.on_impaired), "what is done about the node then"},
	{"guards.on_retiring", T_ENUM, 0, "drain", GUARD_LOG, 0, "log|drain", NULL,
		C(guards.on_retiring), "what is done about a node whose host EC2 takes away"},

	SECTION("alarm", "what a person should be told at once"),
	{"alarm.command", T_PATH, 0, NULL, 0, 0, NULL, NULL, C(alarm.command),
		"a program called with WHAT SUBJECT TEXT, without a shell"},
	{"alarm.timeout_s", T_INT64, 0, "10", 1, 300, NULL, NULL, C(alarm.timeout_s),
		"then it is killed"},
	{"alarm.repeat_s", T_INT64, 0, "3600", 0, 604800, NULL, NULL, C(alarm.repeat_s),
		"the same alarm of the same subject is not raised again before"},

	SECTION("spot", "when EC2 takes spot instances back"),
	{"spot.queue_url", T_TEXT, 0, NULL, 0, 0, NULL, shape_url, C(spot.queue_url),
		"SQS queue of this cluster's EventBridge rules; default: EC2 is asked"},
	{"spot.queue_region", T_TEXT, 0, NULL, 0, 0, NULL, shape_region, C(spot.queue_region),
		"default: that of the URL"},
	{"spot.poll_s", T_INT64, 0, "5", 1, 300, NULL, NULL, C(spot.poll_s),
		"how often EC2 is asked where there is no queue"},
	{"spot.signal", T_WORD, 0, "none", 0, 0, "none|HUP|INT|QUIT|USR1|USR2|TERM|XCPU", NULL,
		C(spot.signal), "sent to the job, so that it can write a checkpoint"},
	{"spot.signal_to", T_ENUM, 0, "batch", SIGNAL_BATCH, 0, "batch|steps|all", NULL,
		C(spot.signal_to), "to the batch script's shell, to what srun started, to both"},
	{"spot.requeue", T_ENUM, 0, "failed", SPOT_REQUEUE_NEVER, 0, "never|failed|always", NULL,
		C(spot.requeue),
		"the job goes back into the queue; failed: not one that ended with exit status 0"},
	{"spot.rebalance", T_BOOL, 0, "log", 0, 0, "log|act", NULL, C(spot.rebalance_act),
		"act: on a rebalance recommendation the job is signalled, and its nodes take no "
		"other"},
	{"spot.on_demand_after", T_INT, 0, "2", 0, 1000, NULL, NULL, C(spot.on_demand_after),
		"so many interruptions of a job, then on-demand (launch.fallback_on_demand); 0: "
		"never"},
	{"spot.on_demand_after_s", T_INT64, 0, "0", 0, 31536000, NULL, NULL,
		C(spot.on_demand_after_s), "... or so long after its first; 0: never"},

	SECTION("asba", "the advisor"),
	{"asba.enabled", T_WORD, COMPAT, "auto-detect", 0, 0, "auto-detect|true|false", NULL,
		NOWHERE, ADVISOR},
	{"asba.command", T_TEXT, COMPAT, "asba", 0, 0, NULL, NULL, NOWHERE, ADVISOR},
	{"asba.config_path", T_PATH, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, ADVISOR},
	{"asba.timeout_seconds", T_INT, COMPAT, "30", 1, 3600, NULL, NULL, NOWHERE, ADVISOR},
	SECTION("asbb", "the budget service"),
	{"asbb.enabled", T_WORD, COMPAT, "auto-detect", 0, 0, "auto-detect|true|false", NULL,
		NOWHERE, BUDGET},
	{"asbb.command", T_TEXT, COMPAT, "asbb", 0, 0, NULL, NULL, NOWHERE, BUDGET},
	{"asbb.reconciliation_dir", T_PATH, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, BUDGET},
	{"asbb.timeout_seconds", T_INT, COMPAT, "30", 1, 3600, NULL, NULL, NOWHERE, BUDGET},

	SECTION("mpi", "what MPI jobs get"),
	{"mpi.efa_default", T_ENUM, 0, "preferred", EFA_DISABLED, 0,
		"disabled|optional|preferred|required", NULL, C(mpi.efa_default),
		"for a job that says nothing of EFA"},
	{"mpi.detect", T_BOOL, 0, "true", 0, 0, NULL, NULL, C(mpi.detect),
		"read batch scripts to see whether a job is MPI"},
	{"mpi.detect_confidence", T_INT, 0, "60", 50, 100, NULL, NULL, C(mpi.bands.min_confidence),
		"per cent; what is less sure counts as not detected"},
	{"mpi.efa_required_nodes", T_INT, 0, "16", 0, NODESET_MAX, NULL, NULL,
		C(mpi.bands.required_nodes),
		"a job detected as MPI requires EFA from so many nodes up; 0: never"},
	{"mpi.efa_preferred_nodes", T_INT, 0, "4", 0, NODESET_MAX, NULL, NULL,
		C(mpi.bands.preferred_nodes), "... prefers it"},
	{"mpi.efa_optional_nodes", T_INT, 0, "2", 0, NODESET_MAX, NULL, NULL,
		C(mpi.bands.optional_nodes), "... takes it where it comes"},
	{"mpi.hpc_instances_threshold", T_INT, 0, "-1", -1, NODESET_MAX, NULL, NULL,
		D(hpc_threshold), "the same as choice.hpc_nodes"},
	{"mpi.placement_group_threshold", T_INT, 0, "2", 0, NODESET_MAX, NULL, NULL,
		C(mpi.placement_group_threshold),
		"a placement group from so many nodes up; 0: never"},
	{"mpi.force_cluster_placement_group", T_BOOL, 0, "false", 0, 0, NULL, NULL,
		C(mpi.force_cluster_placement_group), ""},
	{"mpi.enable_enhanced_networking", T_BOOL, COMPAT, "true", 0, 0, NULL, NULL, NOWHERE,
		"every current instance type has it"},

	SECTION("choice", "which of the allowed instance types goes first"),
	{"choice.hpc_nodes", T_INT, 0, "8", 0, NODESET_MAX, NULL, NULL, C(choice.weights.hpc_nodes),
		"hpc types go first for MPI jobs from so many nodes up; 0: never"},
	{"choice.spot_needs_requeue", T_BOOL, 0, "true", 0, 0, NULL, NULL,
		C(choice.spot_needs_requeue), "spot only for jobs that may be requeued"},
	SECTION("choice.weights", "of the parts of a type's score, each part 0 to 1000"),
	{"choice.weights.order", T_INT, 0, "1", 0, 1000, NULL, NULL, C(choice.weights.order),
		"the site's order: 1000 for the first, 10 less for each further one"},
	{"choice.weights.price", T_INT, 0, "0", 0, 1000, NULL, NULL, C(choice.weights.price),
		"per hour, the cheaper the more"},
	{"choice.weights.price_per_core", T_INT, 0, "0", 0, 1000, NULL, NULL,
		C(choice.weights.price_per_core), "per hour and core, the cheaper the more"},
	{"choice.weights.hpc", T_INT, 0, "10", 0, 1000, NULL, NULL, C(choice.weights.hpc),
		"an hpc type, for MPI jobs of choice.hpc_nodes and more"},
	{"choice.weights.memory", T_INT, 0, "1", 0, 1000, NULL, NULL, C(choice.weights.memory),
		"the job's memory fits; half where most of it would lie idle"},
	{"choice.weights.network", T_INT, 0, "0", 0, 1000, NULL, NULL, C(choice.weights.network),
		"EFA interfaces, for MPI jobs"},
	{"choice.weights.generation", T_INT, 0, "0", 0, 1000, NULL, NULL,
		C(choice.weights.generation), "100 for each generation of the family"},

	SECTION("cost", "what a job costs besides its time, and how its --burst-cost is kept"),
	{"cost.boot_allowance_s", T_INT64, 0, "600", 0, 86400, NULL, NULL, C(cost.boot_allowance_s),
		"from launch to the job's start"},
	{"cost.release_allowance_s", T_INT64, 0, "180", 0, 86400, NULL, NULL,
		C(cost.release_allowance_s), "from the job's end to the end of its instances"},
	{"cost.disk_usd_hr", T_MONEY, 0, "0", 0, 0, NULL, NULL, C(cost.disk_uusd_hr),
		"of one instance's disks together, in USD; counted in limits and in the ledger"},
	{"cost.least_time_s", T_INT64, 0, "300", 60, 86400, NULL, NULL, C(cost.least_time_s),
		"a job without time limit begins only if its --burst-cost buys so much"},
	{"cost.lower_time_limit", T_ENUM, 0, "unlimited", LOWER_UNLIMITED, 0,
		"unlimited|always|never", NULL, C(cost.lower),
		"of which jobs Slurm's time limit is lowered to what their --burst-cost buys"},
	{"cost.warn_percent", T_INT, 0, "80", 0, 100, NULL, NULL, C(cost.warn_percent),
		"of --burst-cost, then the job is warned; 0: never"},
	{"cost.warn_signal", T_WORD, 0, "none", 0, 0, "none|HUP|INT|QUIT|USR1|USR2|TERM|XCPU", NULL,
		C(cost.warn_signal), "sent to the job with the warning (spot.signal_to)"},
	{"cost.at_limit", T_ENUM, 0, "cancel", AT_LIMIT_CANCEL, 0, "cancel|requeue|none", NULL,
		C(cost.at_limit), "what becomes of a job whose --burst-cost is used up"},

	{"limits[]", T_LIST, 0, NULL, 0, 64, NULL, NULL, NOWHERE,
		"what may be spent: budgets, and bounds of one job"},
	{"limits[].name", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_budget, L(name),
		"by which people are told of it"},
	{"limits[].scope", T_ENUM, REQUIRED, NULL, BUDGET_SITE, 0, BUDGET_SCOPES, NULL, L(scope),
		"whose money it counts; job: a bound of each job's --burst-cost"},
	{"limits[].who", T_TEXT, 0, NULL, 0, 0, NULL, shape_who, L(who),
		"the user, account, QOS or partition; default: each by itself"},
	{"limits[].period", T_ENUM, REQUIRED, NULL, BUDGET_HOUR, 0, BUDGET_PERIODS, NULL, L(period),
		"day and month are those of UTC; hour: what runs costs an hour"},
	{"limits[].usd", T_MONEY, REQUIRED, NULL, 0, 0, NULL, NULL, L(limit_uusd), ""},
	{"limits[].alarms", T_TEXT, 0, NULL, 0, 0, NULL, shape_alarms, L(alarms),
		"percents at which an alarm is raised; default 50,80,100"},

	SECTION("state", "what the program remembers"),
	{"state.directory", T_PATH, 0, LOCALSTATEDIR "/lib/aws-slurm-burst", 0, 0, NULL, NULL,
		C(state.directory), "of SlurmUser, mode 0700"},
	{"state.shared", T_BOOL, 0, "false", 0, 0, NULL, NULL, C(state.shared),
		"it lies on a file system that two controllers share"},

	SECTION("reconcile", "the regular comparison of EC2, Slurm and state.db"),
	{"reconcile.interval_s", T_INT64, 0, "60", 1, 86400, NULL, NULL, C(reconcile.interval_s),
		"from one pass of \"reconcile --watch\" to the next"},
	{"reconcile.grace_s", T_INT64, 0, "300", 1, 86400, NULL, NULL, C(reconcile.grace_s),
		"what is younger is not taken for forgotten"},
	{"reconcile.name_tags", T_BOOL, 0, "true", 0, 0, NULL, NULL, C(reconcile.name_tags),
		"instances without a Name get their node's, for people"},

	SECTION("catalog", "what EC2 tells of its instance types"),
	{"catalog.max_age_s", T_INT64, 0, "604800", 3600, 31536000, NULL, NULL,
		C(catalog.max_age_s),
		"how long \"catalog refresh\" is believed over the built-in table"},

	SECTION("prices", "what AWS tells of its prices"),
	{"prices.max_age_s", T_INT64, 0, "604800", 3600, 31536000, NULL, NULL, C(prices.max_age_s),
		"list prices older than this are called stale"},
	{"prices.spot_max_age_s", T_INT64, 0, "1800", 60, 604800, NULL, NULL,
		C(prices.spot_max_age_s), "Spot prices likewise"},
	{DISCOUNT, T_LIST, 0, NULL, 0, 100, NULL, NULL, NOWHERE,
		"what is charged less; the first that matches holds"},
	{DISCOUNT ".types", T_TEXT, REQUIRED, NULL, 0, 0, NULL, shape_types, N(types), ""},
	{DISCOUNT ".regions", T_WORDS, 0, NULL, 0, 64, NULL, shape_region, N(regions),
		"default: all"},
	{DISCOUNT ".market", T_ENUM, 0, "on-demand", MARKET_ON_DEMAND, 0, "on-demand|spot", NULL,
		N(market), ""},
	{DISCOUNT ".percent", T_PERCENT, REQUIRED, NULL, 0, 0, NULL, NULL, N(percent), ""},

	SECTION("public", "what users may read"),
	{"public.directory", T_PATH, 0, CONF_DEFAULT_PUBLIC, 0, 0, NULL, NULL, C(public.directory),
		"of SlurmUser, mode 0755; nothing is written where it does not exist"},

	SECTION("logging", "the log"),
	{"logging.level", T_WORD, 0, "info", 0, 0, "debug|info|warn|error|fatal", NULL,
		C(log.level), ""},
	{"logging.format", T_WORD, 0, "json", 0, 0, "json|text", NULL, C(log.format), ""},
	{"logging.file", T_PATH, 0, LOCALSTATEDIR "/log/slurm/aws-burst.log", 0, 0, NULL, NULL,
		C(log.file), "its directory must exist"},
	{"logging.max_size_mb", T_INT, COMPAT, NULL, 0, 1048576, NULL, NULL, NOWHERE,
		"use logrotate"},
	{"logging.max_age_days", T_INT, COMPAT, NULL, 0, 36500, NULL, NULL, NOWHERE,
		"use logrotate"},
	{"logging.compress", T_BOOL, COMPAT, "false", 0, 0, NULL, NULL, NOWHERE, "use logrotate"},

	SECTION("ecosystem", ""),
	{"ecosystem.auto_detect", T_BOOL, COMPAT, "true", 0, 0, NULL, NULL, NOWHERE, ADVISOR},
	{"ecosystem.shared_config_path", T_PATH, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, ADVISOR},
	{"ecosystem.data_exchange_dir", T_PATH, COMPAT, NULL, 0, 0, NULL, NULL, NOWHERE, ADVISOR},
	{"ecosystem.enable_cross_project", T_BOOL, COMPAT, "true", 0, 0, NULL, NULL, NOWHERE,
		ADVISOR},
};
const size_t conf_nrows = ARRAY_SIZE(conf_rows);

/* The spellings of the Go system's first releases, and a short one of ours. */
static const struct {
	const char *prefix, *key, *stands_for;
} aliases[] = {
	{"", "absa", "asba"},
	{"aws", "credentials_profile", "profile"},
	{PLACE, "overrides", "launch_template_overrides"},
};

const char *conf_row_key(const struct conf_row *row, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *key;

	if (strncmp(row->path, prefix, n) != 0)
		return NULL;
	key = row->path + n;
	if (n && *key++ != '.')
		return NULL;
	return strchr(key, '.') ? NULL : key;
}

/* A list's row ends in "[]", the key in the file does not. */
static bool same_key(const char *row_key, const char *key)
{
	size_t n = strcspn(row_key, "[");

	return strlen(key) == n && !strncasecmp(row_key, key, n);
}

const struct conf_row *conf_row_find(const char *prefix, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcmp(aliases[i].prefix, prefix) && !strcasecmp(aliases[i].key, key))
			key = aliases[i].stands_for;
	for (size_t i = 0; i < conf_nrows; i++) {
		const char *row_key = conf_row_key(&conf_rows[i], prefix);

		if (row_key && same_key(row_key, key))
			return &conf_rows[i];
	}
	return NULL;
}

/* Edit distance without regard to case; B (up to a '[') of at most 39 bytes, else large. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[40];
	size_t n = strcspn(b, "[");

	if (n >= ARRAY_SIZE(row))
		return 1000;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);
			unsigned best = diagonal + !same;

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

const char *conf_row_suggest(const char *prefix, const char *key)
{
	unsigned best = (unsigned)strlen(key) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < conf_nrows; i++) {
		const char *row_key = conf_row_key(&conf_rows[i], prefix);
		unsigned d = row_key ? distance(key, row_key) : best + 1;

		if (d < best || (d == best && !found)) {
			best = d;
			found = row_key;
		}
	}
	for (size_t i = 0; !found && i < conf_nrows; i++) {
		const char *dot = strrchr(conf_rows[i].path, '.');

		if (dot && same_key(dot + 1, key))
			found = conf_rows[i].path;
	}
	return found;
}

char *conf_row_expected(const struct conf_row *row, char *buf, size_t size)
{
	size_t n;

	switch (row->type) {
	case T_SECTION:
	case T_PAIRS:
		snprintf(buf, size, "a section of \"key: value\" lines");
		break;
	case T_LIST:
		snprintf(buf, size, "a list of 1 to %lld sections, each begun with \"- \"",
			(long long)row->max);
		break;
	case T_WORDS:
		snprintf(buf, size, "a list of at most %lld, each %s", (long long)row->max,
			row->shape ? row->shape("") : "a text");
		break;
	case T_TEXT:
		snprintf(buf, size, "%s", row->shape && row->shape("") ? row->shape("") : "a text");
		break;
	case T_PATH:
		snprintf(buf, size, "an absolute path");
		break;
	case T_WORD:
	case T_ENUM:
		n = (size_t)snprintf(buf, size, "%s", strchr(row->choices, '|') ? "one of " : "");
		for (const char *c = row->choices; *c && n + 3 < size; c++) {
			buf[n++] = *c == '|' ? ',' : *c;
			if (*c == '|')
				buf[n++] = ' ';
		}
		buf[n] = '\0';
		break;
	case T_BOOL:
		if (row->choices)
			snprintf(buf, size, "%.*s or %s", (int)strcspn(row->choices, "|"),
				row->choices, strchr(row->choices, '|') + 1);
		else
			snprintf(buf, size, "true or false");
		break;
	case T_INT:
	case T_INT64:
		if (row->min == row->max)
			snprintf(buf, size, "%lld", (long long)row->min);
		else
			snprintf(buf, size, "a whole number from %lld to %lld", (long long)row->min,
				(long long)row->max);
		break;
	case T_MONEY:
		snprintf(buf, size, "an amount of USD such as 0.85");
		break;
	case T_PERCENT:
		snprintf(buf, size, "0 to 100, with at most three decimals");
		break;
	}
	return buf;
}
