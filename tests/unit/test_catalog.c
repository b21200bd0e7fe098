/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/catalog/catalog.h"

START_TEST(types_are_sorted_and_found)
{
	const struct instance_type *type, *before = NULL;
	size_t efa = 0, n = 0;

	for (; (type = catalog_at(n)); n++) {
		ck_assert_msg(!before || strcmp(before->name, type->name) < 0, "%s", type->name);
		ck_assert_ptr_eq(catalog_find(type->name), type);
		ck_assert_msg(type->vcpus >= type->cores && type->cores > 0, "%s", type->name);
		ck_assert_msg(type->mem_mib >= 512, "%s", type->name);
		ck_assert_msg(type->cards >= 1 && type->card_ifs[0] >= 1, "%s", type->name);
		ck_assert_msg((type->cards > 1) == (type->card_ifs[1] > 0), "%s", type->name);
		ck_assert_msg(type->efa_max <= type->cards, "%s", type->name);
		ck_assert_msg(type->spot || type->on_demand, "%s", type->name);
		efa += type->efa_max > 0;
		before = type;
	}
	ck_assert_uint_eq(efa, 298);
	ck_assert_uint_ge(n, efa + 250);
	ck_assert_ptr_null(catalog_at(n));
	ck_assert_ptr_null(catalog_find("hpc7a"));
	ck_assert_ptr_null(catalog_find(""));
	ck_assert_ptr_null(catalog_find("zz.large"));
	ck_assert_str_eq(catalog_date(), "2026-07-20");
}
END_TEST

START_TEST(types_are_what_they_are)
{
	static const struct {
		const char *name;
		unsigned vcpus, cores, gib, gpus, efa, cards;
		enum arch arch;
		bool spot, on_demand, group;
	} t[] = {
		{"hpc7a.96xlarge", 192, 192, 768, 0, 2, 2, ARCH_X86_64, false, true, true},
		{"hpc6id.32xlarge", 64, 64, 1024, 0, 2, 2, ARCH_X86_64, false, true, true},
		{"hpc7g.16xlarge", 64, 64, 128, 0, 1, 1, ARCH_ARM64, false, true, true},
		{"c5n.18xlarge", 72, 36, 192, 0, 1, 1, ARCH_X86_64, true, true, true},
		{"c5.large", 2, 1, 4, 0, 0, 1, ARCH_X86_64, true, true, true},
		{"c7g.16xlarge", 64, 64, 128, 0, 1, 1, ARCH_ARM64, true, true, true},
		{"c7g.8xlarge", 32, 32, 64, 0, 0, 1, ARCH_ARM64, true, true, true},
		{"m6i.32xlarge", 128, 64, 512, 0, 1, 1, ARCH_X86_64, true, true, true},
		{"r5.24xlarge", 96, 48, 768, 0, 0, 1, ARCH_X86_64, true, true, true},
		{"t3.micro", 2, 1, 1, 0, 0, 1, ARCH_X86_64, true, true, false},
		{"g5.xlarge", 4, 2, 16, 1, 0, 1, ARCH_X86_64, true, true, true},
		{"g6e.48xlarge", 192, 96, 1536, 8, 4, 4, ARCH_X86_64, true, true, true},
		{"p5.48xlarge", 192, 96, 2048, 8, 32, 32, ARCH_X86_64, true, true, true},
		{"p5e.48xlarge", 192, 96, 2048, 8, 32, 32, ARCH_X86_64, true, false, true},
		{"p6-b300.48xlarge", 192, 96, 4096, 8, 16, 17, ARCH_X86_64, true, true, true},
		{"u7in-32tb.224xlarge", 896, 448, 32768, 0, 2, 2, ARCH_X86_64, false, true, true},
		{"vt1.24xlarge", 96, 48, 192, 0, 1, 1, ARCH_X86_64, true, true, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct instance_type *type = catalog_find(t[i].name);

		ck_assert_msg(type, "%s", t[i].name);
		ck_assert_msg(type->vcpus == t[i].vcpus && type->cores == t[i].cores &&
				      type->mem_mib == t[i].gib * 1024 && type->gpus == t[i].gpus &&
				      type->efa_max == t[i].efa && type->cards == t[i].cards &&
				      type->arch == t[i].arch && type->spot == t[i].spot &&
				      type->on_demand == t[i].on_demand &&
				      type->cluster_group == t[i].group,
			"%s", t[i].name);
		ck_assert_msg(
			type->efa_on_card0 ==
				(type->efa_max > 0 && strcmp(type->name, "p6-b300.48xlarge") != 0),
			"%s", t[i].name);
	}
}
END_TEST

START_TEST(prices_known)
{
	static const struct {
		const char *region, *type;
		int64_t uusd_hr;
	} t[] = {
		{"us-east-1", "c5n.18xlarge", 3888000},
		{"us-east-1", "hpc7g.16xlarge", 1683200},
		{"us-east-1", "p6-b300.48xlarge", 142416000},
		{"us-east-1", "t3.nano", 5200},
		{"us-east-2", "c5n.18xlarge", 3888000},
		{"us-east-2", "c5.large", 85000},
		{"us-east-2", "hpc6a.48xlarge", 2880000},
		{"us-east-2", "hpc6id.32xlarge", 5700000},
		{"us-east-2", "hpc7a.12xlarge", 7200000},
		{"us-east-2", "hpc7a.96xlarge", 7200000},
		{"us-east-2", "hpc8a.96xlarge", 7920000},
		{"us-gov-west-1", "hpc8a.96xlarge", 9534100},
		{"us-gov-east-1", "hpc6a.48xlarge", 3467000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t rate = -1;
		struct err err = {0};

		ck_assert_msg(
			catalog_price(t[i].region, t[i].type, &rate, &err) == 0, "%s", err.text);
		ck_assert_msg(rate == t[i].uusd_hr, "%s %s", t[i].region, t[i].type);
	}
}
END_TEST

START_TEST(prices_unknown)
{
	static const struct {
		const char *region, *type, *text;
	} t[] = {
		{"us-east-1", "hpc7a.96xlarge",
			"no on-demand price of hpc7a.96xlarge in us-east-1 in the built-in table "
			"of "
			"2026-07-20"},
		{"us-west-2", "c5.large", "no on-demand price of c5.large in us-west-2"},
		{"us-east-1", "p5e.48xlarge", "no on-demand price of p5e.48xlarge"},
		{"us-east-1", "foo.large", "no on-demand price of foo.large"},
		{"cn-north-1", "c5.large",
			"no price in USD of c5.large in cn-north-1: AWS China bills in CNY"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t rate = 42;
		struct err err = {0};

		ck_assert_int_eq(catalog_price(t[i].region, t[i].type, &rate, &err), -1);
		ck_assert_int_eq(err.class, ERR_NOTFOUND);
		ck_assert_msg(strstr(err.text, t[i].text), "%s", err.text);
		ck_assert_msg(strstr(err.text, catalog_price_date()), "%s", err.text);
		ck_assert_int_eq(rate, 42);
	}
}
END_TEST

/* A table entry that bsearch cannot reach, or of a type that is not there, would go unseen. */
START_TEST(prices_reachable)
{
	static const char *const words[] = {
#define P(type, ...) type,
#include "lib/catalog/prices.inc"
#undef P
	};
	const struct instance_type *type;
	size_t unpriced = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ck_assert_msg(i == 0 || strcmp(words[i - 1], words[i]) < 0, "%s", words[i]);
		ck_assert_msg(catalog_find(words[i]), "%s", words[i]);
	}
	for (size_t i = 0; (type = catalog_at(i)); i++) {
		static const char *const regions[] = {"us-east-1", "us-east-2"};
		int64_t rate = 0;
		bool any = false;

		for (size_t j = 0; j < ARRAY_SIZE(regions); j++) {
			if (catalog_price(regions[j], type->name, &rate, NULL) < 0)
				continue;
			any = true;
			ck_assert_msg(rate > 0, "%s", type->name);
		}
		unpriced += !any;
	}
	/* dl2q, p5e, two trn2, two x8aedz */
	ck_assert_uint_eq(unpriced, 6);
}
END_TEST

START_TEST(layouts_named)
{
	static const struct {
		const char *type;
		bool efa;
		const char *key;
		size_t n;
	} t[] = {
		{"c5.large", false, "0.0ena", 1},
		{"hpc7a.96xlarge", false, "0.0ena", 1},
		{"c5n.18xlarge", true, "0.0efa", 1},
		{"hpc7g.4xlarge", true, "0.0efa", 1},
		{"hpc6id.32xlarge", true, "0.0efa+1.0efa-only", 2},
		{"hpc7a.96xlarge", true, "0.0ena+0.1efa-only+1.0efa-only", 3},
		{"hpc8a.96xlarge", true, "0.0ena+0.1efa-only+1.0efa-only", 3},
		{"p4d.24xlarge", true, "0.0ena+0.1efa-only+1.0efa-only+2.0efa-only+3.0efa-only", 5},
		{"p5.48xlarge", true, NULL, 33},
		{"p6-b300.48xlarge", true, NULL, 17},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct nic_layout layout;
		struct err err = {0};
		char key[1024];

		ck_assert_msg(
			nic_layout_make(catalog_find(t[i].type), t[i].efa, &layout, &err) == 0,
			"%s", err.text);
		ck_assert_uint_eq(layout.n, t[i].n);
		ck_assert_uint_eq(layout.addresses, 1);
		nic_layout_key(&layout, key, sizeof(key));
		ck_assert_uint_lt(strlen(key), sizeof(key) - 1);
		if (t[i].key)
			ck_assert_str_eq(key, t[i].key);
	}
	ck_assert_str_eq(nic_kind_name(NIC_INTERFACE), "interface");
	ck_assert_str_eq(nic_kind_name(NIC_EFA), "efa");
	ck_assert_str_eq(nic_kind_name(NIC_EFA_ONLY), "efa-only");
}
END_TEST

START_TEST(layouts_hold_ec2s_rules)
{
	const struct instance_type *type;

	for (size_t i = 0; (type = catalog_at(i)); i++) {
		struct nic_layout layout = {0};
		size_t efa = 0, addresses = 0;
		unsigned on_card[256] = {0}, efa_on[256] = {0};

		if (!type->efa_max)
			continue;
		ck_assert_int_eq(nic_layout_make(type, true, &layout, NULL), 0);
		ck_assert_uint_eq(layout.nics[0].card, 0);
		ck_assert_uint_eq(layout.nics[0].device, 0);
		ck_assert_int_ne(layout.nics[0].kind, NIC_EFA_ONLY);
		for (size_t k = 0; k < layout.n; k++) {
			const struct nic *nic = &layout.nics[k];

			ck_assert_msg(nic->card < type->cards, "%s", type->name);
			/* device indices of a card are 0, 1, … without gaps */
			ck_assert_msg(nic->device == on_card[nic->card]++, "%s", type->name);
			ck_assert_msg(on_card[nic->card] <= type->card_ifs[nic->card > 0], "%s",
				type->name);
			if (nic->kind != NIC_INTERFACE) {
				ck_assert_msg(++efa_on[nic->card] == 1, "%s", type->name);
				efa++;
			}
			addresses += nic->kind != NIC_EFA_ONLY;
		}
		ck_assert_msg(efa == type->efa_max, "%s: %zu", type->name, efa);
		ck_assert_uint_eq(addresses, layout.addresses);
		ck_assert_msg(type->efa_on_card0 == (efa_on[0] == 1), "%s", type->name);
	}
}
END_TEST

START_TEST(layouts_refused)
{
	struct nic_layout layout = {.n = 7};
	struct instance_type odd = {.name = "odd", .efa_max = 1, .cards = NIC_MAX};
	struct err err = {0};
	char key[8];

	ck_assert_int_eq(nic_layout_make(catalog_find("c5.large"), true, &layout, &err), -1);
	ck_assert_int_eq(err.class, ERR_CONFIG);
	ck_assert_str_eq(err.text, "c5.large has no EFA");
	ck_assert_int_eq(nic_layout_make(&odd, true, &layout, &err), -1);
	ck_assert_int_eq(err.class, ERR_FATAL);
	ck_assert_ptr_nonnull(strstr(err.text, "odd has 64 network cards"));
	ck_assert_uint_eq(layout.n, 7);
	/* too small a buffer: cut, ended */
	ck_assert_int_eq(nic_layout_make(catalog_find("hpc7a.96xlarge"), true, &layout, NULL), 0);
	ck_assert_str_eq(nic_layout_key(&layout, key, sizeof(key)), "0.0ena+");
}
END_TEST

START_TEST(quota_families)
{
	static const struct {
		const char *type;
		enum quota_family family;
	} t[] = {
		{"a1.large", QUOTA_STANDARD},
		{"c5n.18xlarge", QUOTA_STANDARD},
		{"d3en.12xlarge", QUOTA_STANDARD},
		{"h1.16xlarge", QUOTA_STANDARD},
		{"i4i.32xlarge", QUOTA_STANDARD},
		{"im4gn.16xlarge", QUOTA_STANDARD},
		{"is4gen.large", QUOTA_STANDARD},
		{"m8azn.24xlarge", QUOTA_STANDARD},
		{"r7iz.32xlarge", QUOTA_STANDARD},
		{"t3a.large", QUOTA_STANDARD},
		{"z1d.large", QUOTA_STANDARD},
		{"hpc7a.96xlarge", QUOTA_HPC},
		{"hpc6id.32xlarge", QUOTA_HPC},
		{"p4d.24xlarge", QUOTA_P},
		{"p6-b200.48xlarge", QUOTA_P},
		{"p6e-gb200.36xlarge", QUOTA_P},
		{"g5.48xlarge", QUOTA_G},
		{"gr6.8xlarge", QUOTA_G},
		{"vt1.24xlarge", QUOTA_G},
		{"x2iedn.32xlarge", QUOTA_X},
		{"x8g.48xlarge", QUOTA_X},
		{"u7in-32tb.224xlarge", QUOTA_HIGH_MEMORY},
		{"u-6tb1.112xlarge", QUOTA_HIGH_MEMORY},
		{"f2.48xlarge", QUOTA_F},
		{"inf1.24xlarge", QUOTA_INF},
		{"trn1n.32xlarge", QUOTA_TRN},
		{"dl2q.24xlarge", QUOTA_DL},
		{"mac2.metal", QUOTA_OTHER},
		{"hp7.large", QUOTA_OTHER},
		{"C5.large", QUOTA_OTHER},
		{"5.large", QUOTA_OTHER},
		{"", QUOTA_OTHER},
	};
	const struct instance_type *type;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(catalog_quota_family(t[i].type) == t[i].family, "%s", t[i].type);
	/* none of the table is without its quota, and what is sold as spot mostly has that too */
	for (size_t i = 0; (type = catalog_at(i)); i++) {
		enum quota_family family = catalog_quota_family(type->name);

		ck_assert_msg(family != QUOTA_OTHER, "%s", type->name);
		ck_assert_ptr_nonnull(quota_code(family, false));
		ck_assert_msg(!type->spot || quota_code(family, true) || family == QUOTA_F ||
				      family == QUOTA_DL,
			"%s", type->name);
		ck_assert_msg((family == QUOTA_HPC) == (strncmp(type->name, "hpc", 3) == 0), "%s",
			type->name);
	}
}
END_TEST

START_TEST(quota_codes)
{
	static const struct {
		enum quota_family family;
		const char *name, *on_demand, *spot;
	} t[] = {
		{QUOTA_STANDARD, "Standard", "L-1216C47A", "L-34B43A08"},
		{QUOTA_HPC, "HPC", "L-F7808C92", NULL},
		{QUOTA_P, "P", "L-417A185B", "L-7212CCBC"},
		{QUOTA_G, "G and VT", "L-DB2E81BA", "L-3819A6DF"},
		{QUOTA_X, "X", "L-7295265B", "L-E3A00192"},
		{QUOTA_HIGH_MEMORY, "High Memory", "L-43DA4232", NULL},
		{QUOTA_F, "F", "L-74FC7D96", NULL},
		{QUOTA_INF, "Inf", "L-1945791B", "L-B5D1601B"},
		{QUOTA_TRN, "Trn", "L-2C3B7624", "L-6B0D517C"},
		{QUOTA_DL, "DL", "L-6E869C2A", NULL},
		{QUOTA_OTHER, "other", NULL, NULL},
		{(enum quota_family)(QUOTA_OTHER + 1), "other", NULL, NULL},
		{(enum quota_family) - 1, "other", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const char *on_demand = quota_code(t[i].family, false);
		const char *spot = quota_code(t[i].family, true);

		ck_assert_str_eq(quota_family_name(t[i].family), t[i].name);
		ck_assert_uint_lt(strlen(quota_family_name(t[i].family)), 24);
		ck_assert_pstr_eq(on_demand, t[i].on_demand);
		ck_assert_pstr_eq(spot, t[i].spot);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("catalog");
	TCase *tc = tcase_create("catalog");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, types_are_sorted_and_found);
	tcase_add_test(tc, types_are_what_they_are);
	tcase_add_test(tc, prices_known);
	tcase_add_test(tc, prices_unknown);
	tcase_add_test(tc, prices_reachable);
	tcase_add_test(tc, layouts_named);
	tcase_add_test(tc, layouts_hold_ec2s_rules);
	tcase_add_test(tc, layouts_refused);
	tcase_add_test(tc, quota_families);
	tcase_add_test(tc, quota_codes);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
