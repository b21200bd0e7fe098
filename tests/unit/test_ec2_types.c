/* SPDX-License-Identifier: Apache-2.0 */
/* Instance types and their zones against a scripted server on loopback. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ec2_fixture.h"
#include "lib/base/cleanup.h"
#include "lib/catalog/told.h"

#define TYPES(items, token)                                                                        \
	"<DescribeInstanceTypesResponse " NS "><requestId>r</requestId><instanceTypeSet>" items    \
	"</instanceTypeSet>" token "</DescribeInstanceTypesResponse>"
#define TOKEN(t) "<nextToken>" t "</nextToken>"
#define USAGE(u) "<supportedUsageClasses>" u "</supportedUsageClasses>"
#define OD       USAGE("<item>on-demand</item>")
#define ARCH(a)                                                                                    \
	"<processorInfo><supportedArchitectures>" a "</supportedArchitectures></processorInfo>"
#define X86 ARCH("<item>x86_64</item>")
#define CPUS(v, c)                                                                                 \
	"<vCpuInfo><defaultVCpus>" v "</defaultVCpus><defaultCores>" c "</defaultCores>"           \
	"<defaultThreadsPerCore>2</defaultThreadsPerCore></vCpuInfo>"
#define MEM(m) "<memoryInfo><sizeInMiB>" m "</sizeInMiB></memoryInfo>"
#define CARD(i, n)                                                                                 \
	"<item><networkCardIndex>" i "</networkCardIndex><networkPerformance>100 Gigabit"          \
	"</networkPerformance><maximumNetworkInterfaces>" n "</maximumNetworkInterfaces></item>"
#define NET(cards, rest)                                                                           \
	"<networkInfo><maximumNetworkInterfaces>9</maximumNetworkInterfaces><networkCards>" cards  \
	"</networkCards>" rest "</networkInfo>"
#define EFA(n)                                                                                     \
	"<efaSupported>true</efaSupported><efaInfo><maximumEfaInterfaces>" n                       \
	"</maximumEfaInterfaces></efaInfo>"
#define GROUP                                                                                      \
	"<placementGroupInfo><supportedStrategies><item>partition</item><item>cluster</item>"      \
	"</supportedStrategies></placementGroupInfo>"
#define NAME(n)        "<instanceType>" n "</instanceType>"
#define TYPE(n, rest)  "<item>" NAME(n) rest "</item>"
#define PLAIN(n)       TYPE(n, OD X86 CPUS("4", "2") MEM("8192") NET(CARD("0", "4"), ""))
#define WITH_NET(n, x) TYPE(n, OD X86 CPUS("4", "2") MEM("8192") x)

static char *text_of(const struct told_type *types, size_t n)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct instance_type *t = &types[i].info;

		ck_assert_ptr_eq(t->name, types[i].name);
		strbuf_addf(&sb, "%s %u/%u %u %s gpus=%u efa=%u%s cards=%u:%u,%u%s%s%s\n", t->name,
			t->vcpus, t->cores, t->mem_mib, arch_name(t->arch), t->gpus, t->efa_max,
			t->efa_on_card0 ? "@0" : "", t->cards, t->card_ifs[0], t->card_ifs[1],
			t->spot ? " spot" : "", t->on_demand ? " on-demand" : "",
			t->cluster_group ? " group" : "");
	}
	return strbuf_detach(&sb);
}

#define P9                                                                                         \
	TYPE("p9.48xlarge",                                                                        \
		USAGE("<item>spot</item><item>on-demand</item><item>capacity-block</item>")        \
			X86 CPUS("192", "96") MEM("2097152")                                       \
				NET(CARD("0", "2") CARD("1", "3") CARD("2", "2"), EFA("2"))        \
					GPUS GROUP)
#define GPUS                                                                                       \
	"<gpuInfo><gpus><item><count>4</count></item><item><count>4</count><memoryInfo>"           \
	"<sizeInMiB>81559</sizeInMiB></memoryInfo></item></gpus></gpuInfo>"
#define HPC9G                                                                                      \
	TYPE("hpc9g.16xlarge", OD ARCH("<item>arm64</item>") CPUS("64", "64") MEM("131072")        \
				       NET(CARD("0", "4"), EFA("1")) GROUP)
#define HPC6ID                                                                                     \
	TYPE("hpc6id.32xlarge", OD X86 CPUS("64", "64") MEM("1048576")                             \
					NET(CARD("0", "1") CARD("1", "1"), EFA("2")) GROUP)
/* no cores, no cards */
#define T1                                                                                         \
	TYPE("t1.old",                                                                             \
		OD ARCH("<item>i386</item><item>x86_64</item>") MEM(                               \
			"627") "<vCpuInfo><defaultVCpus>1</defaultVCpus></vCpuInfo><networkInfo>"  \
			       "<maximumNetworkInterfaces>2</maximumNetworkInterfaces>"            \
			       "<efaSupported>false</efaSupported></networkInfo>")

START_TEST(types_are_read)
{
	static const struct server_answer script[] = {
		{200, .body = TYPES(P9 HPC9G, TOKEN("more/+=="))},
		/* p9 is told of twice */
		{200, .body = TYPES(HPC6ID T1 P9, "<nextToken/>")},
	};
	struct told_type *types = NULL;
	cleanup_free char *text = NULL;
	size_t n = 0;

	begin(script, 2);
	ck_assert_msg(!ec2_describe_instance_types(aws, &types, &n, &err), "%s", err.text);
	ck_assert_uint_eq(server_count(server), 2);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeInstanceTypes&Version=2016-11-15&MaxResults=100");
	ck_assert_str_eq(server_body(server, 1),
		"Action=DescribeInstanceTypes&Version=2016-11-15&MaxResults=100&NextToken=more%2F"
		"%2B%3D%3D");
	text = text_of(types, n);
	ck_assert_str_eq(text,
		"hpc6id.32xlarge 64/64 1048576 x86_64 gpus=0 efa=2@0 cards=2:1,1 on-demand group\n"
		"hpc9g.16xlarge 64/64 131072 arm64 gpus=0 efa=1@0 cards=1:4,0 on-demand group\n"
		"p9.48xlarge 192/96 2097152 x86_64 gpus=8 efa=2 cards=3:2,2 spot on-demand group\n"
		"t1.old 1/1 627 x86_64 gpus=0 efa=0 cards=1:2,0 on-demand\n");
	ck_assert_ptr_eq(told_find(types, n, "p9.48xlarge"), &types[2].info);
	ck_assert_ptr_null(told_find(types, n, "p9.4xlarge"));
	ck_assert_ptr_null(told_find(types, 0, "p9.48xlarge"));
	free(types);
	end();
}
END_TEST

/* What cannot be used is no type; the next one is read as it stands. */
START_TEST(odd_types_left_out)
{
	static const char *const odd[] = {
		TYPE("mac2.metal", OD ARCH("<item>arm64_mac</item>") CPUS("8", "8") MEM("16384")
					   NET(CARD("0", "4"), "")),
		TYPE("no.cpus", OD X86 MEM("8192") NET(CARD("0", "4"), "")),
		TYPE("no.memory", OD X86 CPUS("4", "2") NET(CARD("0", "4"), "")),
		TYPE("more.cores", OD X86 CPUS("2", "4") MEM("8192") NET(CARD("0", "4"), "")),
		TYPE("many.cpus", OD X86 CPUS("65536", "2") MEM("8192") NET(CARD("0", "4"), "")),
		TYPE("no.number", OD X86 CPUS("four", "2") MEM("8192") NET(CARD("0", "4"), "")),
		TYPE("negative", OD X86 CPUS("-4", "2") MEM("8192") NET(CARD("0", "4"), "")),
		TYPE("huge",
			OD X86 CPUS("4", "2") MEM("99999999999999999999") NET(CARD("0", "4"), "")),
		WITH_NET("no.interfaces", NET(CARD("0", "0"), "")),
		WITH_NET("no.first", NET(CARD("1", "2"), "")),
		WITH_NET("no.network", ""),
		TYPE("a.name.that.is.longer.than.any.of.ec2s", OD X86 CPUS("4", "2") MEM("8192")),
		"<item>" OD X86 CPUS("4", "2") MEM("8192") NET(CARD("0", "4"), "") "</item>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
		struct server_answer script = {200};
		struct told_type *types = NULL;
		size_t n = 0;

		strbuf_addf(&body,
			"<DescribeInstanceTypesResponse><instanceTypeSet>%s%s"
			"</instanceTypeSet></DescribeInstanceTypesResponse>",
			odd[i], PLAIN("z.large"));
		script.body = body.buf;
		begin(&script, 1);
		ck_assert_msg(!ec2_describe_instance_types(aws, &types, &n, &err), "%s", err.text);
		ck_assert_msg(n == 1 && !strcmp(types[0].name, "z.large"), "%zu: %zu", i, n);
		ck_assert_uint_eq(types[0].info.vcpus, 4);
		free(types);
		end();
	}
}
END_TEST

/* A page that comes on the second try counts once; one that never comes fails all. */
START_TEST(pages_again)
{
	static const struct server_answer again[] = {
		{200, .body = TYPES(PLAIN("a.large") PLAIN("b.large"), TOKEN("1"))},
		{200, .body = TYPES(PLAIN("c.large") PLAIN("d.large"), TOKEN("2")),
			.promise = 9000},
		{200, .body = TYPES(PLAIN("c.large"), "")},
	};
	static const struct server_answer never[] = {
		{200, .body = TYPES(PLAIN("a.large"), TOKEN("1"))},
		{403, .body = ERROR("UnauthorizedOperation", "not allowed")},
	};
	static const struct server_answer endless[] = {{200, .body = TYPES("", TOKEN("1"))}};
	struct told_type *types = NULL;
	size_t n = 7;

	begin(again, 3);
	ck_assert_msg(!ec2_describe_instance_types(aws, &types, &n, &err), "%s", err.text);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(types[2].name, "c.large");
	free(types);
	types = NULL;
	end();
	begin(never, 2);
	n = 7;
	expect(ec2_describe_instance_types(aws, &types, &n, &err), ERR_AUTH,
		"UnauthorizedOperation", "not allowed");
	ck_assert_ptr_null(types);
	ck_assert_uint_eq(n, 7);
	end();
	begin(endless, 1);
	expect(ec2_describe_instance_types(aws, &types, &n, &err), ERR_FATAL, "",
		"DescribeInstanceTypes: more than 150 pages");
	end();
}
END_TEST

#define OFFERS(items, token)                                                                       \
	"<DescribeInstanceTypeOfferingsResponse " NS "><instanceTypeOfferingSet>" items            \
	"</instanceTypeOfferingSet>" token "</DescribeInstanceTypeOfferingsResponse>"
#define OFFER(type, az)                                                                            \
	"<item><instanceType>" type "</instanceType><locationType>availability-zone"               \
	"</locationType><location>" az "</location></item>"

START_TEST(offerings)
{
	static const struct server_answer script[] = {
		{200, .body = OFFERS(OFFER("a.large", "us-east-2a") OFFER("a.large", "us-east-2b"),
			      TOKEN("1"))},
		{200, .body = OFFERS(OFFER("z.half", "us-east-2c"), ""), .promise = 9000},
		{200, .body = OFFERS(OFFER("", "us-east-2a") "<item><instanceType>b.large"
							     "</instanceType></item>" OFFER(
								     "b.large", "us-east-2c"),
			      "")},
		{400, .body = ERROR("InvalidParameterValue", "no")},
	};
	struct told_offer *offers = NULL;
	size_t n = 0;

	begin(script, 4);
	ck_assert_msg(!ec2_describe_type_offerings(aws, &offers, &n, &err), "%s", err.text);
	ck_assert_str_eq(server_body(server, 0),
		"Action=DescribeInstanceTypeOfferings&Version=2016-11-15&LocationType="
		"availability-zone&MaxResults=1000");
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(offers[1].type, "a.large");
	ck_assert_str_eq(offers[1].az, "us-east-2b");
	ck_assert_str_eq(offers[2].type, "b.large");
	ck_assert_str_eq(offers[2].az, "us-east-2c");
	free(offers);
	offers = NULL;
	expect(ec2_describe_type_offerings(aws, &offers, &n, &err), ERR_CONFIG,
		"InvalidParameterValue", "no");
	ck_assert_ptr_null(offers);
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ec2_types");
	TCase *tc = tcase_create("ec2_types");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(tc, fixture_setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, types_are_read);
	tcase_add_test(tc, odd_types_left_out);
	tcase_add_test(tc, pages_again);
	tcase_add_test(tc, offerings);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
