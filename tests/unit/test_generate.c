/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of slurm.conf that follow from a configuration and from prices. */
#include "helper/generate.h"

#include <stdio.h>
#include <string.h>

#include "helper/prices.h"
#include "lib/base/clock.h"
#include "lib/state/price.h"
#include "tests/unit/app_fixture.h"

#define DAY "2026-11-22"

static char placeholder[] = "127.0.0.254", here[] = HERE, path[] = "/etc/slurm/aws-burst.yaml";
static char aws_name[] = "aws", hpc[] = "hpc", cpu[] = "cpu";
static char hpc7a[] = "hpc7a.96xlarge", c5_large[] = "c5.large", x9[] = "x9.large";

static struct conf_override big[] = {{.type = hpc7a}, {.type = c5_large}};
static struct conf_override small[] = {{.type = c5_large, .spot_price_uusd = -1}};
static struct conf_place places[] = {
	{.region = here, .overrides = big, .noverrides = 1},
	{.region = here, .overrides = small, .noverrides = 1},
};
static struct conf_pair words[] = {{(char[]){"CPUs"}, (char[]){"192"}}};
static struct conf_pair options[] = {
	{(char[]){"MaxTime"}, (char[]){"2-0"}}, {(char[]){"Default"}, (char[]){"YES"}}};
static struct conf_group groups[2];
static struct conf_partition partition;
static struct generate how;

static void setup(void)
{
	app_setup();
	groups[0] = (struct conf_group){.partition = aws_name,
		.name = hpc,
		.max_nodes = 64,
		.cpus = 192,
		.mem_mib = 768000,
		.slurm = words,
		.nslurm = 1,
		.places = &places[0],
		.nplaces = 1};
	groups[1] = (struct conf_group){.partition = aws_name,
		.name = cpu,
		.max_nodes = 1,
		.cpus = 1,
		.places = &places[1],
		.nplaces = 1};
	places[0].noverrides = 1;
	small[0].type = c5_large;
	small[0].spot_price_uusd = -1;
	partition = (struct conf_partition){.name = aws_name, .options = options, .noptions = 2};
	conf.path = path;
	conf.slurm.placeholder_address = placeholder;
	conf.groups = groups;
	conf.ngroups = 1;
	conf.partitions = &partition;
	conf.npartitions = 1;
	conf.prices.max_age_s = 604800;
	conf.prices.spot_max_age_s = 1800;
	how = (struct generate){
		.flags_in = "/etc/slurm/slurm.conf", .now_ms = INT64_C(1795305600000)};
}

static void teardown(void)
{
	prices_destroy(app.prices);
	app.prices = NULL;
	app_teardown();
}

static const char *generated(void)
{
	static char text[4096];
	struct strbuf out = STRBUF_INIT;

	prices_destroy(app.prices);
	app.prices = NULL;
	if (generate_slurm(&app, &how, &out, &err) < 0)
		snprintf(text, sizeof(text), "%d %s", (int)err.class, err.text);
	else
		snprintf(text, sizeof(text), "%s", out.buf);
	strbuf_release(&out);
	return text;
}

static const char *why_not(enum err_class class)
{
	const char *text = generated();

	ck_assert_int_eq(err.class, class);
	return strchr(text, ' ') + 1;
}

static void put_spot(const char *az, int64_t uusd_hr)
{
	struct price p[2] = {{.source = "spot-history", .currency = "USD", .priced_s = 7},
		{.source = "spot-history", .currency = "USD", .priced_s = 7}};

	for (size_t i = 0; i < 2; i++) {
		snprintf(p[i].type, sizeof(p[i].type), "%s", c5_large);
		snprintf(p[i].az, sizeof(p[i].az), "%s", i ? az : HERE "b");
		p[i].uusd_hr = i ? uusd_hr : 30000;
	}
	ok(price_put_all(app.db, HERE, true, p, 2, clock_now_ms(), &err));
}

START_TEST(one_group)
{
	ck_assert_str_eq(generated(),
		"# Nodes and partitions of /etc/slurm/aws-burst.yaml, by \"aws-slurm-burst config "
		"generate-slurm\" on " DAY ".\n"
		"# Billing counts thousandths of a USD an hour: 1 USD is 60000 of "
		"GrpTRESMins=billing.\n"
		"# CPUs alone are billed: without MAX_TRES in PriorityFlags "
		"(/etc/slurm/slurm.conf) memory would be billed besides.\n"
		"\n"
		"NodeName=aws-hpc-[0-63] State=CLOUD NodeAddr=127.0.0.254 CPUs=192\n"
		"# aws-hpc: a node is billed 7200: hpc7a.96xlarge in us-east-2, 7.20 USD/h, "
		"built-in list price of 2026-07-20\n"
		"PartitionName=aws Nodes=aws-hpc-[0-63] OverSubscribe=EXCLUSIVE MaxTime=2-0 "
		"Default=YES TRESBillingWeights=\"CPU=37.500001\"\n");
	how.max_tres = true;
	ck_assert_ptr_nonnull(strstr(generated(), "has MAX_TRES: of a node's CPUs, memory and"));
	ck_assert_ptr_nonnull(
		strstr(generated(), " TRESBillingWeights=\"CPU=37.500001,Mem=9830.400001T\"\n"));
}
END_TEST

START_TEST(groups_that_are_not_alike)
{
	conf.ngroups = 2;
	ck_assert_ptr_nonnull(strstr(generated(),
		"NodeName=aws-cpu-0 State=CLOUD NodeAddr=127.0.0.254\n"
		"# aws-hpc: a node is billed 16320: hpc7a.96xlarge in us-east-2, 7.20 USD/h, "
		"built-in list price of 2026-07-20\n"
		"#   its price is 7200: only in a partition of its own is it billed that\n"
		"# aws-cpu: a node is billed 85: c5.large in us-east-2, 0.085 USD/h, built-in list "
		"price of 2026-07-20\n"
		"PartitionName=aws Nodes=aws-hpc-[0-63],aws-cpu-0 OverSubscribe=EXCLUSIVE "
		"MaxTime=2-0 Default=YES TRESBillingWeights=\"CPU=85.000001\"\n"));
}
END_TEST

START_TEST(the_dearest_type_or_the_first)
{
	big[0].type = c5_large;
	big[1].type = hpc7a;
	places[0].noverrides = 2;
	ck_assert_ptr_nonnull(strstr(generated(), "CPU=37.500001"));
	how.first = true;
	ck_assert_ptr_nonnull(strstr(generated(), "billed 85: c5.large in us-east-2, 0.085 USD/h"));
	/* the price of what is not taken need not be known */
	big[1].type = x9;
	ck_assert_ptr_nonnull(strstr(generated(), "CPU=0.442709"));
	how.first = false;
	ck_assert_str_eq(why_not(ERR_NOTFOUND),
		"aws-hpc: what a node costs is not known (\"prices refresh\" asks AWS): no "
		"on-demand price of x9.large in us-east-2 in the built-in table of 2026-07-20");
	big[0].type = hpc7a;
	big[1].type = c5_large;
}
END_TEST

START_TEST(spot)
{
	static char c5_all[] = "c5.*";
	struct conf_discount discounts[] = {{.types = c5_all, .percent = 50000},
		{.types = c5_all, .market = MARKET_SPOT, .percent = 10000}};

	conf.groups = &groups[1];
	groups[1].market = MARKET_SPOT;
	ck_assert_ptr_nonnull(strstr(generated(), "billed 85: c5.large in us-east-2, 0.085 USD/h"));
	put_spot(HERE "a", 31001);
	ck_assert_ptr_nonnull(
		strstr(generated(), "billed 32: c5.large in us-east-2a, 0.031001 USD/h, Spot"));
	/* no pool costs more than its cap */
	small[0].spot_price_uusd = 20000;
	ck_assert_ptr_nonnull(strstr(generated(), "billed 20: c5.large in us-east-2a, 0.02 USD/h"));
	small[0].spot_price_uusd = -1;
	conf.prices.discounts = discounts;
	conf.prices.ndiscounts = 2;
	ck_assert_ptr_nonnull(strstr(generated(),
		"billed 28: c5.large in us-east-2a, 0.027901 USD/h, Spot price of 20"));
	groups[1].market = MARKET_ON_DEMAND;
	ck_assert_ptr_nonnull(strstr(generated(),
		"billed 43: c5.large in us-east-2, 0.0425 USD/h, built-in list price of "
		"2026-07-20, 0.085 less 50 %\n"));
}
END_TEST

START_TEST(the_sites_own_words)
{
	static char odd[] = "a b", bad[] = "1#2", weights[] = "TRESBillingWeights", own[] = "CPU=1",
		    nodes[] = "Nodes", shared[] = "OverSubscribe", no[] = "NO";
	struct conf_pair some[] = {{weights, own}, {shared, no}};

	partition.options = some;
	ck_assert_ptr_nonnull(strstr(generated(),
		"\nPartitionName=aws Nodes=aws-hpc-[0-63] TRESBillingWeights=CPU=1 "
		"OverSubscribe=NO\n"));
	some[0].value = odd;
	ck_assert_ptr_nonnull(strstr(generated(), " TRESBillingWeights=\"a b\" "));
	some[0].value = bad;
	ck_assert_str_eq(why_not(ERR_CONFIG),
		"partition_options.TRESBillingWeights: nothing that slurm.conf takes; expected a "
		"value without \", # and \\");
	some[0].key = nodes;
	ck_assert_str_eq(why_not(ERR_CONFIG),
		"partition_options of aws: Nodes and PartitionName follow from the node groups; "
		"expected others");
}
END_TEST

START_TEST(not_made)
{
	struct conf_partition twice[2] = {partition, partition};
	struct price p = {.source = "pricing", .currency = "CNY", .uusd_hr = 1000};

	groups[0].cpus = 0;
	ck_assert_str_eq(why_not(ERR_CONFIG),
		"aws-hpc: slurm_specifications.CPUs is missing; expected a number, by which Slurm "
		"divides the price");
	groups[0].cpus = 192;
	conf.partitions = twice;
	conf.npartitions = 2;
	ck_assert_str_eq(why_not(ERR_CONFIG),
		"partition aws stands twice in the configuration; expected once");
	conf.npartitions = 1;
	/* no exchange rate is assumed */
	snprintf(p.type, sizeof(p.type), "%s", hpc7a);
	ok(price_put_all(app.db, HERE, false, &p, 1, clock_now_ms(), &err));
	ck_assert_str_eq(why_not(ERR_NOTFOUND),
		"aws-hpc: what a node costs is not known (\"prices refresh\" asks AWS): no price "
		"in USD of hpc7a.96xlarge in us-east-2: AWS bills in CNY");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("generate");
	TCase *tc = tcase_create("generate");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_group);
	tcase_add_test(tc, groups_that_are_not_alike);
	tcase_add_test(tc, the_dearest_type_or_the_first);
	tcase_add_test(tc, spot);
	tcase_add_test(tc, the_sites_own_words);
	tcase_add_test(tc, not_made);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
