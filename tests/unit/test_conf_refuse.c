/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration must not say: class and full text of each message. */
#include "lib/base/cleanup.h"
#include "tests/unit/conf_fixture.h"

#define WHERE "slurm.partitions[0].node_groups[0]"
#define A64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

START_TEST(refuses)
{
	static const struct {
		const char *text, *message; /* behind the file's name */
	} t[] = {
		/* not a configuration */
		{"", ":1: nothing in it; expected a configuration"},
		{"# only a remark\n", ":1: nothing in it; expected a configuration"},
		{"just words\n", ":1: : a value; expected a section of \"key: value\" lines"},
		{"- a\n", ":1: : a list; expected a section of \"key: value\" lines"},
		{"aws: {region: us-east-2\n",
			":2: not YAML: while parsing a flow mapping: did not find "
			"expected ',' or '}'; expected \"key: value\" lines"},
		{"a: b: c\n",
			":1: not YAML: mapping values are not allowed in this context; expected "
			"\"key: value\" lines"},
		{"a: \x01\n",
			":1: not YAML: control characters are not allowed; expected UTF-8 text"},
		{"a: \xff\n", ":1: not YAML: invalid leading UTF-8 octet; expected UTF-8 text"},
		{"\xff\xfe"
		 "ab",
			":1: UTF-16; expected UTF-8 text"},
		/* YAML that says more than it shows */
		{"aws: &a {region: us-east-2}\n", ":1: an anchor (&name); expected plain YAML: "
						  "maps, lists and one-line values"},
		{"x: *a\n", ":1: an alias (*name); expected plain YAML: maps, lists and one-line "
			    "values"},
		{"<<: {a: b}\n", ":1: a merge key (<<); expected plain YAML: maps, lists and "
				 "one-line values"},
		{"a: !!binary aGVsbG8=\n",
			":1: a tag (!name); expected plain YAML: maps, lists and one-line values"},
		{"a: !x [1]\n",
			":1: a tag (!name); expected plain YAML: maps, lists and one-line values"},
		{"&k a: b\n", ":1: an anchor (&name); expected plain YAML: maps, lists and "
			      "one-line values"},
		{"&k [a]\n", ":1: an anchor (&name); expected plain YAML: maps, lists and one-line "
			     "values"},
		{"%YAML 1.1\n---\na: b\n", ":1: a directive (%); expected plain YAML: maps, lists "
					   "and one-line values"},
		{"a: b\n---\nc: d\n", ":2: a second document (---); expected one"},
		{"a: |\n  b\n  c\n", ":1: a value of several lines; expected plain YAML: maps, "
				     "lists and one-line values"},
		{"a: \"\\0\"\n", ":1: a control character in a value; expected plain YAML: maps, "
				 "lists and one-line "
				 "values"},
		{"[a]: b\n", ":1: a key that is a map or list; expected a word"},
		{"'': b\n", ":1: an empty key; expected a word"},
		{"a: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n",
			":1: more than 16 levels; expected fewer"},
		/* keys */
		{"aws: {region: us-east-2, Region: us-east-2}\n",
			":1: Region: given twice, first on line 1; expected once"},
		{"aws:\n  region: us-east-2\n  profile: a\n  credentials_profile: b\n",
			":4: aws.profile: given as profile on line 3 too; expected one of the two"},
		{AWS "asba: {enabled: true}\nabsa: {enabled: true}\n",
			":3: asba: given as asba on line 2 too; expected one of the two"},
		{AWS "aws2: 1\n", ":2: aws2: unknown key; did you mean aws?"},
		{"aws: {regoin: x}\n", ":1: aws.regoin: unknown key; did you mean region?"},
		{"efa_default: required\n",
			":1: efa_default: unknown key; did you mean mpi.efa_default?"},
		{AWS "slurm: {partition: []}\n",
			":2: slurm.partition: unknown key; did you mean partitions?"},
		{"a: \"\\x7f\"\n", ":1: a control character in a value; expected plain YAML: maps, "
				   "lists and one-line values"},
		{"zzzzzz\xc3\xbc: 1\n", ":1: zzzzzz??: unknown key; expected one of the manual's"},
		{A64 ": 1\n",
			":1: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...: unknown key; expected "
			"one of the manual's"},
		/* types */
		{"aws: us-east-2\n",
			":1: aws: a value; expected a section of \"key: value\" lines"},
		{"aws: [us-east-2]\n",
			":1: aws: a list; expected a section of \"key: value\" lines"},
		{"aws: {region: [us-east-2]}\n",
			":1: aws.region: a list; expected a region such as us-east-2"},
		{"aws: {region: {a: b}}\n",
			":1: aws.region: a section; expected a region such as us-east-2"},
		{"aws: {region: us-east-2, timeout_ms: soon}\n",
			":1: aws.timeout_ms: \"soon\"; expected a whole number from 1000 to 600000 "
			"(of one try "
			"of a request)"},
		{"aws: {region: us-east-2, timeout_ms: 999}\n",
			":1: aws.timeout_ms: \"999\"; expected a whole number from 1000 to 600000 "
			"(of one try "
			"of a request)"},
		{"aws: {region: us-east-2, timeout_ms: 0x4000}\n",
			":1: aws.timeout_ms: \"0x4000\"; expected a whole number from 1000 to "
			"600000 (of one "
			"try of a request)"},
		{"aws: {region: us-east-2, timeout_ms: 99999999999999999999}\n",
			":1: aws.timeout_ms: \"99999999999999999999\"; expected a whole number "
			"from 1000 to "
			"600000 (of one try of a request)"},
		{AWS "cost: {boot_allowance_s: -1}\n",
			":2: cost.boot_allowance_s: \"-1\"; expected a whole number from 0 to "
			"86400 (from "
			"launch to the job's start)"},
		{AWS "prices: {discounts: [{types: c7i.*, percent: 100.001}]}\n",
			":2: prices.discounts[0].percent: \"100.001\"; expected 0 to 100, with at "
			"most three decimals"},
		{AWS "prices: {discounts: [{types: c7i.*, percent: 1.0001}]}\n",
			":2: prices.discounts[0].percent: \"1.0001\"; expected 0 to 100, with at "
			"most three decimals"},
		{AWS "prices: {discounts: [{types: c7i.*, percent: -1}]}\n",
			":2: prices.discounts[0].percent: \"-1\"; expected 0 to 100, with at most "
			"three decimals"},
		{AWS "prices: {discounts: [{types: C7i.*, percent: 1}]}\n",
			":2: prices.discounts[0].types: \"C7i.*\"; expected instance types such as "
			"hpc7a.96xlarge, c7i.* or *"},
		{AWS "prices: {discounts: [{types: c7i.*}]}\n",
			":2: prices.discounts[0].percent: missing; expected 0 to 100, with at most "
			"three decimals"},
		{AWS "state: {shared: yes}\n", ":2: state.shared: \"yes\"; expected true or false "
					       "(it lies on a file system that two "
					       "controllers share)"},
		{AWS "public: {directory: var/lib}\n",
			":2: public.directory: \"var/lib\"; expected an absolute path (of "
			"SlurmUser, mode 0755; nothing is written where it does not exist)"},
		{AWS "reconcile: {interval_s: 0}\n",
			":2: reconcile.interval_s: \"0\"; expected a whole number from 1 to 86400 "
			"(from one pass of \"reconcile --watch\" to the next)"},
		{MINIMAL "limits:\n  - {name: a b, scope: site, period: day, usd: 1}\n",
			":13: limits[0].name: \"a b\"; expected 1 to 40 letters, digits, '_', '-' "
			"and "
			"'.' (by which people are told of it)"},
		{MINIMAL "limits:\n  - {name: a, scope: year, period: day, usd: 1}\n",
			":13: limits[0].scope: \"year\"; expected one of site, user, account, qos, "
			"partition, job (whose money it counts; job: a bound of each job's "
			"--burst-cost)"},
		{MINIMAL "limits:\n  - {name: a, scope: site, period: day, usd: 0}\n",
			":13: limits[0].usd: \"0\"; expected an amount of USD such as 0.85"},
		{MINIMAL "limits:\n  - {name: a, scope: site, period: day, usd: 1 EUR}\n",
			":13: limits[0].usd: \"1 EUR\"; expected an amount of USD such as 0.85"},
		{MINIMAL "limits:\n  - {name: a, scope: site, who: x, period: day, usd: 1}\n",
			":13: limits[0].who: given with scope site; expected scope user, account, "
			"qos "
			"or partition"},
		{MINIMAL "limits:\n  - {name: a, scope: job, period: day, usd: 1}\n",
			":13: limits[0].period: day for scope job; expected hour or total"},
		{MINIMAL "limits:\n  - {name: a, scope: job, period: hour, usd: 1, alarms: '5'}\n",
			":13: limits[0].alarms: given with scope job, which has none; expected "
			"another scope"},
		{MINIMAL
			"limits:\n  - {name: a, scope: site, period: day, usd: 1, alarms: '9,8'}\n",
			":13: limits[0].alarms: \"9,8\"; expected rising whole percents such as "
			"50,80,100, or none (percents at which an alarm is raised; default "
			"50,80,100)"},
		{MINIMAL "limits:\n  - {name: a, scope: site, period: day, usd: 1}\n"
			 "  - {name: a, scope: site, period: hour, usd: 1}\n",
			":14: limits[1].name: \"a\" for the second time; expected each name once"},
		{AWS "catalog: {max_age_s: 60}\n",
			":2: catalog.max_age_s: \"60\"; expected a whole number from 3600 to "
			"31536000 (how long \"catalog refresh\" is believed over the built-in "
			"table)"},
		{AWS "state: {directory: var/lib}\n", ":2: state.directory: \"var/lib\"; expected "
						      "an absolute path (of SlurmUser, mode 0700)"},
		{AWS "identity: both\n", ":2: identity: \"both\"; expected one of code, name-tag "
					 "(how an instance learns its "
					 "node: by position tags, or by a Name tag each)"},
		{AWS "mpi: {efa_default: yes}\n", ":2: mpi.efa_default: \"yes\"; expected one of "
						  "disabled, optional, preferred, required "
						  "(for a job that says nothing of EFA)"},
		{AWS "logging: {level: loud}\n", ":2: logging.level: \"loud\"; expected one of "
						 "debug, info, warn, error, fatal"},
		{AWS "slurm: {private_data: jobs}\n", ":2: slurm.private_data: \"jobs\"; expected "
						      "CLOUD (without it slurmctld hides "
						      "powered-down nodes)"},
		{AWS "slurm: {placeholder_address: nowhere}\n",
			":2: slurm.placeholder_address: \"nowhere\"; expected an IPv4 address such "
			"as "
			"127.0.0.254 (NodeAddr of nodes that have no instance)"},
		{AWS "slurm: {resume_rate: 2000}\n",
			":2: slurm.resume_rate: \"2000\"; expected a whole number from 0 to 1000"},
		{AWS "cluster_name: a b\n",
			":2: cluster_name: \"a b\"; expected 1 to 40 letters, digits, '_' and '-' "
			"(name of this "
			"cluster in tags and placement groups; default: slurm.conf's ClusterName)"},
		/* shapes */
		{"aws: {region: useast2}\n", ":1: aws.region: \"useast2\"; expected a region such "
					     "as us-east-2 (the home region)"},
		{"aws: {region: us-east-2b}\n", ":1: aws.region: \"us-east-2b\"; expected a region "
						"such as us-east-2 (the home region)"},
		{"aws: {region: us-2}\n", ":1: aws.region: \"us-2\"; expected a region such as "
					  "us-east-2 (the home region)"},
		{"aws: {region: us-east-2, endpoint_url: localhost:80}\n",
			":1: aws.endpoint_url: \"localhost:80\"; expected a URL such as "
			"https://HOST:PORT, "
			"without credentials (where every service is asked, instead of the "
			"region's endpoints)"},
		{"aws: {region: us-east-2, endpoint_url: 'http://'}\n",
			":1: aws.endpoint_url: \"http://\"; expected a URL such as "
			"https://HOST:PORT, without "
			"credentials (where every service is asked, instead of the region's "
			"endpoints)"},
		{"aws: {region: us-east-2, assume_role: {role_arn: Burst}}\n",
			":1: aws.assume_role.role_arn: \"Burst\"; expected a role such as "
			"arn:aws:iam::123456789012:role/NAME"},
		{"aws: {region: us-east-2, assume_role: {session_name: a b}}\n",
			":1: aws.assume_role.session_name: \"a b\"; expected 2 to 64 of A-Z a-z "
			"0-9 _ + = , . @ "
			"-"},
		/* missing */
		{"identity: code\n",
			":1: aws.region: missing; expected a region such as us-east-2 (the home "
			"region)"},
		{"aws: {region: ''}\n", ":1: aws.region: \"\"; expected a region such as us-east-2 "
					"(the home region)"},
		{AWS, ":1: slurm.partitions: missing; expected a list of 1 to 64 sections, each "
		      "begun with "
		      "\"- \" (the cloud partitions)"},
		{AWS "slurm: {partitions: []}\n",
			":2: slurm.partitions: 0 of them; expected 1 to 64"},
		{AWS "slurm: {partitions: 3}\n", ":2: slurm.partitions: \"3\"; expected a list of "
						 "1 to 64 sections, each begun with "
						 "\"- \" (the cloud partitions)"},
		{AWS "slurm: {partitions: [aws]}\n", ":2: slurm.partitions[0]: a value; expected a "
						     "section of \"key: value\" lines"},
		{AWS "slurm:\n partitions:\n - partition_name: aws\n",
			":4: slurm.partitions[0].node_groups: missing; expected a list of 1 to 64 "
			"sections, each "
			"begun with \"- \" (nodes that are launched in one way)"},
		{AWS "slurm:\n partitions:\n - partition_name: my-aws\n",
			":4: slurm.partitions[0].partition_name: \"my-aws\"; expected 1 to 24 "
			"letters and digits, "
			"no '-' or '_' (as in slurm.conf)"},
		{AWS GROUP TEMPLATE TYPES SUBNETS,
			":6: " WHERE
			".max_nodes: missing; expected a whole number from 1 to 65536 (numbers are "
			"0 to max_nodes - 1)"},
		/* node groups */
		{AWS GROUP MAX TYPES SUBNETS,
			":6: " WHERE
			".launch_template_specification: neither launch_template_name nor "
			"launch_template_id; expected one of the two"},
		{AWS GROUP MAX TYPES SUBNETS "          launch_template_specification: "
					     "{launch_template_name: t, launch_template_id: "
					     "lt-1}\n",
			":11: " WHERE
			".launch_template_specification: both launch_template_name and "
			"launch_template_id; expected one of the two"},
		{AWS GROUP MAX TYPES SUBNETS
			"          launch_template_specification: {launch_template_id: t}\n",
			":11: " WHERE
			".launch_template_specification.launch_template_id: \"t\"; expected a "
			"launch template's id, lt-..."},
		{AWS GROUP MAX TYPES SUBNETS "          launch_template_specification: "
					     "{launch_template_name: t, version: latest}\n",
			":11: " WHERE
			".launch_template_specification.version: \"latest\"; expected a number, "
			"$Latest or $Default"},
		{AWS GROUP MAX TEMPLATE SUBNETS,
			":6: " WHERE
			".launch_template_overrides: missing; expected a list of 1 to 50 sections, "
			"each begun with \"- \" (the instance types, best first)"},
		{AWS GROUP MAX TEMPLATE SUBNETS "          launch_template_overrides: []\n",
			":11: " WHERE ".launch_template_overrides: 0 of them; expected 1 to 50"},
		{AWS GROUP MAX TEMPLATE SUBNETS
			"          launch_template_overrides: [{spot_price: 1}]\n",
			":11: " WHERE
			".launch_template_overrides[0].instance_type: missing; expected an "
			"instance type such as hpc7a.96xlarge"},
		{AWS GROUP MAX TEMPLATE SUBNETS
			"          launch_template_overrides: [{instance_type: c5n}]\n",
			":11: " WHERE
			".launch_template_overrides[0].instance_type: \"c5n\"; expected an "
			"instance type such as hpc7a.96xlarge"},
		{AWS GROUP MAX TEMPLATE SUBNETS "          launch_template_overrides: "
						"[{instance_type: c5n., subnet_id: x}]\n",
			":11: " WHERE
			".launch_template_overrides[0].instance_type: \"c5n.\"; expected an "
			"instance type such as hpc7a.96xlarge"},
		{AWS GROUP MAX TEMPLATE SUBNETS "          launch_template_overrides: "
						"[{instance_type: a.b, weighted_capacity: 2}]\n",
			":11: " WHERE
			".launch_template_overrides[0].weighted_capacity: \"2\"; expected 1 (an "
			"instance is one node)"},
		{AWS GROUP MAX TEMPLATE SUBNETS "          launch_template_overrides: "
						"[{instance_type: a.b, spot_price: -1}]\n",
			":11: " WHERE
			".launch_template_overrides[0].spot_price: \"-1\"; expected an amount of "
			"USD such as 0.85 (most to pay per instance and hour)"},
		{AWS GROUP MAX TEMPLATE SUBNETS "          launch_template_overrides: "
						"[{instance_type: a.b}, {instance_type: a.b}]\n",
			":11: " WHERE
			".launch_template_overrides: a.b for the second time; expected each once"},
		{AWS GROUP MAX TEMPLATE TYPES,
			":6: " WHERE ".subnet_ids: none, and none at c5n.18xlarge; expected at "
			"least one subnet"},
		{AWS GROUP MAX TEMPLATE TYPES "          subnet_ids:\n",
			":6: " WHERE ".subnet_ids: none, and none at c5n.18xlarge; expected at "
			"least one subnet"},
		{AWS GROUP MAX TEMPLATE TYPES "          subnet_ids: subnet-1\n",
			":11: " WHERE
			".subnet_ids: \"subnet-1\"; expected a list of at most 64, each a subnet's "
			"id, subnet-..."},
		{AWS GROUP MAX TEMPLATE TYPES "          subnet_ids: [subnet-1, vpc-1]\n",
			":11: " WHERE
			".subnet_ids[1]: \"vpc-1\"; expected a subnet's id, subnet-..."},
		{AWS GROUP MAX TEMPLATE TYPES "          subnet_ids: [{a: b}]\n",
			":11: " WHERE ".subnet_ids[0]: \"\"; expected a subnet's id, subnet-..."},
		{AWS GROUP MAX TEMPLATE TYPES "          subnet_ids: [subnet-1, subnet-1]\n",
			":11: " WHERE
			".subnet_ids[1]: \"subnet-1\" for the second time; expected once"},
		{MINIMAL "          security_group_ids: "
			 "[sg-1,sg-2,sg-3,sg-4,sg-5,sg-6,sg-7,sg-8,sg-9,sg-10,"
			 "sg-11,sg-12,sg-13,sg-14,sg-15,sg-16,sg-17]\n",
			":12: " WHERE ".security_group_ids: 17 of them; expected at most 16"},
		{MINIMAL "          purchasing_option: block\n",
			":12: " WHERE
			".purchasing_option: \"block\"; expected one of on-demand, spot, mixed "
			"(mixed: the first node of a job on-demand, where its batch script runs, "
			"the others spot)"},
		{MINIMAL "          purchasing_option: mixed\n          reuse: true\n",
			":12: " WHERE
			".purchasing_option: mixed, but nodes are handed on (reuse: true): a job "
			"might get a spot one as its first; expected spot, or neither"},
		{MINIMAL "          purchasing_option: mixed\n          scaling: best-effort\n",
			":12: " WHERE
			".purchasing_option: mixed, but nodes are handed on (scaling: "
			"best-effort): a job might get a spot one as its first; expected spot, or "
			"neither"},
		{AWS GROUP MAX TEMPLATE "          launch_template_overrides: [{instance_type: "
					"hpc7a.96xlarge}]\n" SUBNETS
					"          purchasing_option: mixed\n",
			":10: " WHERE
			".launch_template_overrides: hpc7a.96xlarge is not sold as spot, and "
			"purchasing_option is mixed; expected a type that is sold both ways, or "
			"on-demand"},
		{MINIMAL
			"        - node_group_name: cpu\n          region: us-east-2\n" MAX TEMPLATE
				TYPES SUBNETS,
			":4: slurm.partitions[0]: the node group aws-cpu for the second time; "
			"expected each name "
			"once"},
		/* slurm_specifications */
		{MINIMAL "          slurm_specifications: 4\n",
			":12: " WHERE
			".slurm_specifications: \"4\"; expected a section of \"key: value\" lines "
			"(Slurm's words for a node)"},
		{MINIMAL "          slurm_specifications:\n            CPUs: many\n",
			":13: " WHERE
			".slurm_specifications.CPUs: not a number of CPUs; expected a whole number "
			"from 1 to 65535"},
		{MINIMAL "          slurm_specifications: {RealMemory: 7G}\n",
			":12: " WHERE
			".slurm_specifications.RealMemory: not a size; expected MiB as a whole "
			"number"},
		{MINIMAL "          slurm_specifications: {State: UNKNOWN}\n",
			":12: " WHERE
			".slurm_specifications.State: nodes of this file are cloud nodes; expected "
			"CLOUD or nothing"},
		{MINIMAL "          slurm_specifications: {nodename: a}\n",
			":12: " WHERE
			".slurm_specifications: nodename is not the site's to choose; expected no "
			"such key"},
		{MINIMAL "          slurm_specifications: {\"a b\": c}\n",
			":12: " WHERE
			".slurm_specifications.a b: not a word of slurm.conf; expected letters, "
			"digits and '_'"},
		{MINIMAL "          slurm_specifications: {Gres: [gpu]}\n",
			":12: " WHERE ".slurm_specifications.Gres: a list; expected a value"},
		{MINIMAL "          slurm_specifications: {Gres: {a: b}}\n",
			":12: " WHERE ".slurm_specifications.Gres: a section; expected a value"},
		/* tags */
		{MINIMAL "          tags: {Project: hpc}\n",
			":12: " WHERE
			".tags: a section; expected a list of 1 to 40 sections, each begun with "
			"\"- \""},
		{MINIMAL "          tags: [{value: hpc}]\n",
			":12: " WHERE ".tags[0].key: missing; expected a text"},
		{MINIMAL "          tags:\n            - {key: a}\n            - {key: Cost "
			 "Center, value: b}\n",
			":14: " WHERE ".tags: tag key \"Cost Center\"; expected 1 to 128 of A-Z "
			"a-z 0-9 + - = . , "
			"_ : @, because instances read their tags from the metadata service"},
		{MINIMAL "          tags: [{key: a}, {key: a}]\n",
			":12: " WHERE ".tags: tag key \"a\" for the second time; expected once"},
		{MINIMAL "          tags: [{key: 'AWS:x'}]\n",
			":12: " WHERE
			".tags: tag key \"AWS:x\"; expected one that does not begin with aws: or "
			"burst:"},
		{MINIMAL "          tags: [{key: 'burst:job'}]\n",
			":12: " WHERE
			".tags: tag key \"burst:job\"; expected one that does not begin with aws: "
			"or burst:"},
		{MINIMAL "          tags: [{key: Name}]\n",
			":12: " WHERE ".tags: tag key \"Name\"; expected another: it tells an "
			"instance which node "
			"it is"},
		{MINIMAL "          tags: [{key: '..'}]\n",
			":12: " WHERE ".tags: tag key \"..\"; expected one that is no path"},
		{MINIMAL "          tags: [{key: a, value: " A64 A64 A64 A64 "a}]\n",
			":12: " WHERE ".tags: value of tag \"a\"; expected at most 256 characters"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err err = {0};

		ck_assert_msg(!load(t[i].text, &err), "accepted:\n%s", t[i].text);
		ck_assert_int_eq(err.class, ERR_CONFIG);
		ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
		ck_assert_msg(!strcmp(err.text + strlen(path), t[i].message),
			"%s\ngave     %s\nexpected %s", t[i].text, err.text + strlen(path),
			t[i].message);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf_refuse");
	TCase *tc = tcase_create("conf_refuse");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
