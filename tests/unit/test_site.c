/* SPDX-License-Identifier: Apache-2.0 */
/* What of the configuration users may know: it serves, and holds no more. */
#include "helper/site.h"

#include "tests/unit/conf_fixture.h"

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* Everything that a configuration may hold; SECRET- is what must not be told. */
static const char everything[] =
	"cluster_name: SECRET-cluster\n"
	"aws:\n"
	"  region: us-east-2\n"
	"  authentication_method: assume_role\n"
	"  profile: SECRET-profile\n"
	"  config_file: /SECRET-config\n"
	"  shared_credentials_file: /SECRET-credentials\n"
	"  endpoint_url: https://SECRET-endpoint:1\n"
	"  ca_bundle: /SECRET-bundle\n"
	"  assume_role: {role_arn: 'arn:aws:iam::123456789012:role/SECRET-role', external_id: "
	"SECRET-id}\n"
	"slurm:\n"
	"  config_path: /etc/slurm/other.conf\n"
	"  partitions:\n"
	"    - partition_name: aws\n"
	"      partition_options: {Default: 'YES'}\n"
	"      node_groups:\n"
	"        - node_group_name: hpc\n"
	"          max_nodes: 64\n"
	"          region: us-east-2\n"
	"          purchasing_option: spot\n"
	"          placement: partition\n"
	"          slurm_specifications: {CPUs: '96', RealMemory: '180000', Features: "
	"'efa,x86_64',\n"
	"            Gres: 'gpu:a100:8', Comment: SECRET-comment}\n"
	"          launch_template_specification: {launch_template_name: SECRET-template}\n"
	"          launch_template_overrides:\n"
	"            - {instance_type: c7i.48xlarge, spot_price: 4.25, subnet_id: subnet-9}\n"
	"            - {instance_type: hpc7a.48xlarge, tier: 2}\n"
	"          subnet_ids: [subnet-1, subnet-2]\n"
	"          security_group_ids: [sg-5ec5e7]\n"
	"          iam_instance_profile: SECRET-instance\n"
	"          tags: [{key: SECRET-key, value: SECRET-value}]\n"
	"          reuse: true\n"
	"          capacity_reservation_ids: [cr-1]\n"
	"          other_regions:\n"
	"            - region: us-west-2\n"
	"              launch_template_specification: {launch_template_id: lt-5ec5e7}\n"
	"              subnet_ids: [subnet-3]\n"
	"              capacity_reservation_ids: [cr-2]\n"
	"        - node_group_name: cpu\n"
	"          max_nodes: 2\n"
	"          region: us-east-2\n"
	"          scaling: best-effort\n"
	"          launch_template_specification: {launch_template_name: SECRET-template}\n"
	"          launch_template_overrides: [{instance_type: c5.xlarge}]\n"
	"          subnet_ids: [subnet-1]\n"
	"    - partition_name: more\n"
	"      node_groups:\n"
	"        - node_group_name: cpu\n"
	"          max_nodes: 3\n"
	"          region: us-east-2\n"
	"          launch_template_specification: {launch_template_name: SECRET-template}\n"
	"          launch_template_overrides: [{instance_type: c5.xlarge}]\n"
	"          subnet_ids: [subnet-1]\n"
	"launch: {max_tries: 3, fallback_on_demand: true, fallback_no_efa: false}\n"
	"mpi: {efa_default: optional, efa_required_nodes: 9, detect_confidence: 70, "
	"placement_group_threshold: 5}\n"
	"choice: {hpc_nodes: 11, spot_needs_requeue: false, weights: {price: 7, memory: 0}}\n"
	"cost: {boot_allowance_s: 60, release_allowance_s: 30}\n"
	"state: {directory: /SECRET-state}\n"
	"catalog: {max_age_s: 7200}\n"
	"prices: {discounts: [{types: 'c7i.*', regions: [us-east-2, us-west-2], percent: 28.5},\n"
	"  {types: '*', market: spot, percent: 3}]}\n"
	"limits:\n"
	"  - {name: job-most, scope: job, period: total, usd: 250.5}\n"
	"  - {name: SECRET-budget, scope: account, who: SECRET-chem, period: day, usd: 7}\n"
	"logging: {file: /SECRET-log}\n";

static struct err err;

static struct conf *load_everything(void)
{
	struct conf *conf = load(everything, &err);

	ck_assert_msg(conf != NULL, "%s", err.text);
	return conf;
}

static char *text_of(const struct conf *conf)
{
	struct json_object *json = site_json(conf, 1000);
	char *text = strdup(json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));

	ck_assert_ptr_nonnull(text);
	json_object_put(json);
	return text;
}

static struct conf *read_back(const char *text)
{
	struct json_object *json = json_tokener_parse(text), *all;
	struct conf *conf;
	const char *inner;

	ck_assert(json_object_object_get_ex(json, "configuration", &all));
	inner = json_object_to_json_string_ext(
		all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
	conf = conf_parse_public("site.json", inner, strlen(inner), &err);
	ck_assert_msg(conf != NULL, "%s\n%s", err.text, inner);
	json_object_put(json);
	return conf;
}

START_TEST(no_secrets)
{
	struct conf *conf = load_everything();
	cleanup_free char *text = text_of(conf);

	ck_assert_msg(!strstr(text, "SECRET"), "%s", text);
	ck_assert_msg(!strstr(text, "5ec5e7"), "%s", text);
	ck_assert_msg(!strstr(text, "arn:"), "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\"version\": 1"));
	ck_assert_ptr_nonnull(strstr(text, "\"written\":"));
	conf_destroy(conf);
}
END_TEST

/* What was written is read as what was written. */
START_TEST(round_trip)
{
	struct conf *conf = load_everything();
	cleanup_free char *text = text_of(conf);
	struct conf *back = read_back(text);
	cleanup_free char *again = text_of(back);
	const struct conf_group *g = &back->groups[0];

	ck_assert_str_eq(text, again);
	ck_assert_uint_eq(back->ngroups, 3);
	ck_assert_str_eq(back->groups[1].partition, "aws");
	ck_assert_str_eq(back->groups[2].partition, "more");
	ck_assert(back->groups[1].best_effort && back->groups[1].reuse);
	ck_assert_int_eq(g->max_nodes, 64);
	ck_assert_uint_eq(g->cpus, 96);
	ck_assert_uint_eq(g->mem_mib, 180000);
	ck_assert_uint_eq(g->gpus, 8);
	ck_assert_int_eq(g->arch, ARCH_X86_64);
	ck_assert_int_eq(g->market, MARKET_SPOT);
	ck_assert_int_eq(g->placement, PLACEMENT_PARTITION);
	ck_assert(g->reuse);
	ck_assert_uint_eq(g->noverrides, 2);
	ck_assert_int_eq(g->overrides[0].spot_price_uusd, 4250000);
	ck_assert_str_eq(g->overrides[0].subnet, "subnet-9");
	ck_assert_uint_eq(g->overrides[1].tier, 2);
	ck_assert_uint_eq(g->nplaces, 2);
	ck_assert_str_eq(g->places[1].region, "us-west-2");
	ck_assert_str_eq(g->places[1].subnets[0], "subnet-3");
	ck_assert_str_eq(g->places[1].reservations[0], "cr-2");
	ck_assert_uint_eq(g->places[1].noverrides, 2);
	ck_assert_str_eq(g->reservations[0], "cr-1");
	ck_assert_uint_eq(back->launch.max_tries, 3);
	ck_assert(back->launch.fallback_on_demand && !back->launch.fallback_no_efa);
	ck_assert_int_eq(back->mpi.efa_default, EFA_OPTIONAL);
	ck_assert_uint_eq(back->mpi.bands.required_nodes, 9);
	ck_assert_uint_eq(back->mpi.bands.min_confidence, 70);
	ck_assert_uint_eq(back->choice.weights.hpc_nodes, 11);
	ck_assert_int_eq(back->choice.weights.price, 7);
	ck_assert_int_eq(back->choice.weights.memory, 0);
	ck_assert(!back->choice.spot_needs_requeue);
	ck_assert_int_eq(back->cost.boot_allowance_s, 60);
	ck_assert_int_eq(back->catalog.max_age_s, 7200);
	/* what bounds everybody, and no budget */
	ck_assert_uint_eq(back->nlimits, 1);
	ck_assert_int_eq(back->limits[0].scope, BUDGET_JOB);
	ck_assert_int_eq(back->limits[0].period, BUDGET_TOTAL);
	ck_assert_int_eq(back->limits[0].limit_uusd, 250500000);
	ck_assert_uint_eq(back->prices.ndiscounts, 2);
	ck_assert_str_eq(back->prices.discounts[0].types, "c7i.*");
	ck_assert_str_eq(back->prices.discounts[0].regions[1], "us-west-2");
	ck_assert_int_eq(back->prices.discounts[0].market, MARKET_ON_DEMAND);
	ck_assert_int_eq(back->prices.discounts[0].percent, 28500);
	ck_assert_int_eq(back->prices.discounts[1].market, MARKET_SPOT);
	ck_assert_uint_eq(back->prices.discounts[1].nregions, 0);
	ck_assert_str_eq(back->slurm.config_path, "/etc/slurm/other.conf");
	conf_destroy(back);
	conf_destroy(conf);
}
END_TEST

static void write_public(const char *text)
{
	char file[128];

	snprintf(file, sizeof(file), "%.*s/site.json", (int)(strrchr(path, '/') - path), path);
	ck_assert_int_eq(file_write(file, 0644, text, strlen(text), FILE_NO_SYNC, NULL), 0);
}

/* The default path is nobody's in a build tree, so what is public serves. */
START_TEST(fallback)
{
	struct conf *conf = load_everything(), *back;
	cleanup_free char *text = text_of(conf);
	struct site_source source;
	char words[512], directory[64], *slash;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	*slash = '\0';
	if (access(CONF_DEFAULT_PATH, F_OK) == 0)
		return;
	setenv(SITE_DIRECTORY_VARIABLE, directory, 1);
	unsetenv("AWS_SLURM_BURST_CONFIG");
	ck_assert_ptr_null(site_load(NULL, &source, &err));
	ck_assert_msg(strstr(err.text, CONF_DEFAULT_PATH) && strstr(err.text, "/site.json"), "%s",
		err.text);
	ck_assert_str_eq(source.path, "");
	write_public(text);
	back = site_load(NULL, &source, &err);
	ck_assert_msg(back != NULL, "%s", err.text);
	ck_assert_str_eq(back->public.directory, directory);
	ck_assert_ptr_nonnull(strstr(source.path, "/site.json"));
	ck_assert_int_eq(source.written_ms, 1000);
	site_words(&source, 1000 + 192000, words, sizeof(words));
	ck_assert_msg(strstr(words, "of 3m12s ago (/") == words, "%s", words);
	conf_destroy(back);
	/* who names a file means that one */
	ck_assert_ptr_null(site_load("/nonexistent/burst.yaml", &source, &err));
	ck_assert_msg(!strstr(err.text, "site.json"), "%s", err.text);
	/* one of another time, one that is none */
	write_public("{\"version\": 2, \"written_ms\": 1, \"configuration\": {}}");
	ck_assert_ptr_null(site_load(NULL, &source, &err));
	ck_assert_msg(
		strstr(err.text, "of version 2, and this program reads version 1"), "%s", err.text);
	write_public("{}");
	ck_assert_ptr_null(site_load(NULL, &source, &err));
	ck_assert_msg(strstr(err.text, "not a file of aws-slurm-burst"), "%s", err.text);
	write_public("nonsense");
	ck_assert_ptr_null(site_load(NULL, &source, &err));
	write_public("{\"version\": 1, \"written_ms\": 1, \"configuration\": {\"aws\": 3}}");
	ck_assert_ptr_null(site_load(NULL, &source, &err));
	*slash = '/';
	snprintf(strrchr(directory, '/'), 12, "/site.json");
	unlink(directory);
	unsetenv(SITE_DIRECTORY_VARIABLE);
	conf_destroy(conf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("site");
	TCase *tc = tcase_create("site");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_secrets);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, fallback);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
