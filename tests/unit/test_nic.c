/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network interfaces of every type of the catalogue, by name: what EC2's guide asks of its
 * kind, and the addresses it takes.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/catalog/catalog.h"

enum kind {
	ONE_CARD,     /* ENA and EFA on the primary */
	CARDS,        /* ENA on the primary, efa-only beside it and on each further card */
	ONE_PER_CARD, /* no room beside the primary, which is both */
	ENA_FIRST,    /* nothing but ENA on the first card */
};

/* Those with more than one card; all others have one. */
static const struct {
	const char *name;
	enum kind kind;
	unsigned cards;
} several[] = {
	{"c6in.32xlarge", CARDS, 2},
	{"c6in.metal", CARDS, 2},
	{"c8gb.48xlarge", CARDS, 2},
	{"c8gb.metal-48xl", CARDS, 2},
	{"c8gn.48xlarge", CARDS, 2},
	{"c8gn.metal-48xl", CARDS, 2},
	{"c8ib.96xlarge", CARDS, 2},
	{"c8ib.metal-96xl", CARDS, 2},
	{"c8in.96xlarge", CARDS, 2},
	{"c8in.metal-96xl", CARDS, 2},
	{"g6e.24xlarge", CARDS, 2},
	{"g6e.48xlarge", CARDS, 4},
	{"g7.48xlarge", CARDS, 2},
	{"g7e.24xlarge", CARDS, 2},
	{"g7e.48xlarge", CARDS, 4},
	{"hpc6id.32xlarge", ONE_PER_CARD, 2},
	{"hpc7a.12xlarge", CARDS, 2},
	{"hpc7a.24xlarge", CARDS, 2},
	{"hpc7a.48xlarge", CARDS, 2},
	{"hpc7a.96xlarge", CARDS, 2},
	{"hpc8a.96xlarge", CARDS, 2},
	{"m6idn.32xlarge", CARDS, 2},
	{"m6idn.metal", CARDS, 2},
	{"m6in.32xlarge", CARDS, 2},
	{"m6in.metal", CARDS, 2},
	{"m8gb.48xlarge", CARDS, 2},
	{"m8gb.metal-48xl", CARDS, 2},
	{"m8gn.48xlarge", CARDS, 2},
	{"m8gn.metal-48xl", CARDS, 2},
	{"m8ib.96xlarge", CARDS, 2},
	{"m8ib.metal-96xl", CARDS, 2},
	{"m8idb.96xlarge", CARDS, 2},
	{"m8idb.metal-96xl", CARDS, 2},
	{"m8idn.96xlarge", CARDS, 2},
	{"m8idn.metal-96xl", CARDS, 2},
	{"m8in.96xlarge", CARDS, 2},
	{"m8in.metal-96xl", CARDS, 2},
	{"p4d.24xlarge", CARDS, 4},
	{"p4de.24xlarge", CARDS, 4},
	{"p5.48xlarge", CARDS, 32},
	{"p5e.48xlarge", CARDS, 32},
	{"p5en.48xlarge", CARDS, 16},
	{"p6-b200.48xlarge", CARDS, 8},
	{"p6-b300.48xlarge", ENA_FIRST, 17},
	{"r6idn.32xlarge", CARDS, 2},
	{"r6idn.metal", CARDS, 2},
	{"r6in.32xlarge", CARDS, 2},
	{"r6in.metal", CARDS, 2},
	{"r8gb.48xlarge", CARDS, 2},
	{"r8gb.metal-48xl", CARDS, 2},
	{"r8gn.48xlarge", CARDS, 2},
	{"r8gn.metal-48xl", CARDS, 2},
	{"r8ib.96xlarge", CARDS, 2},
	{"r8ib.metal-96xl", CARDS, 2},
	{"r8idb.96xlarge", CARDS, 2},
	{"r8idb.metal-96xl", CARDS, 2},
	{"r8idn.96xlarge", CARDS, 2},
	{"r8idn.metal-96xl", CARDS, 2},
	{"r8in.96xlarge", CARDS, 2},
	{"r8in.metal-96xl", CARDS, 2},
	{"trn1.32xlarge", CARDS, 8},
	{"trn1n.32xlarge", CARDS, 16},
	{"trn2.48xlarge", CARDS, 16},
	{"u7in-16tb.224xlarge", CARDS, 2},
	{"u7in-24tb.224xlarge", CARDS, 2},
	{"u7in-32tb.224xlarge", CARDS, 2},
};

static void expected(const char *name, struct strbuf *key, size_t *nefa)
{
	enum kind kind = ONE_CARD;
	unsigned cards = 1;

	for (size_t i = 0; i < ARRAY_SIZE(several); i++) {
		if (strcmp(several[i].name, name) != 0)
			continue;
		kind = several[i].kind;
		cards = several[i].cards;
	}
	strbuf_addstr(key, kind == ONE_CARD || kind == ONE_PER_CARD ? "0.0efa" : "0.0ena");
	if (kind == CARDS)
		strbuf_addstr(key, "+0.1efa-only");
	for (unsigned card = 1; card < cards; card++)
		strbuf_addf(key, "+%u.0efa-only", card);
	*nefa = kind == ENA_FIRST ? cards - 1 : cards;
}

START_TEST(with_efa)
{
	const struct instance_type *type;
	size_t n = 0, found = 0;

	for (size_t i = 0; (type = catalog_at(i)); i++) {
		CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;
		struct nic_layout layout = {0};
		size_t nefa = 0, efa = 0;
		char key[1024];

		if (!type->efa_max)
			continue;
		n++;
		found += type->cards > 1;
		expected(type->name, &want, &nefa);
		ck_assert_int_eq(nic_layout_make(type, true, &layout, NULL), 0);
		nic_layout_key(&layout, key, sizeof(key));
		ck_assert_msg(!strcmp(key, want.buf), "%s: %s", type->name, key);
		for (size_t k = 0; k < layout.n; k++)
			efa += layout.nics[k].kind != NIC_INTERFACE;
		ck_assert_msg(efa == nefa && efa == type->efa_max, "%s", type->name);
		/* efa-only takes none: one address a node, be there 32 interfaces */
		ck_assert_msg(layout.addresses == 1, "%s", type->name);
	}
	ck_assert_uint_eq(n, 298);
	ck_assert_uint_eq(found, ARRAY_SIZE(several));
}
END_TEST

START_TEST(without_efa)
{
	const struct instance_type *type;

	for (size_t i = 0; (type = catalog_at(i)); i++) {
		struct nic_layout layout = {0};
		char key[1024];

		ck_assert_int_eq(nic_layout_make(type, false, &layout, NULL), 0);
		ck_assert_str_eq(nic_layout_key(&layout, key, sizeof(key)), "0.0ena");
		ck_assert_uint_eq(layout.addresses, 1);
	}
}
END_TEST

/* Types that EC2 may tell of one day: never more EFA than it says. */
START_TEST(types_to_come)
{
	static const struct {
		struct instance_type type;
		const char *key;
	} t[] = {
		{{.name = "few", .efa_max = 2, .cards = 5, .card_ifs = {4, 2}},
			"0.0ena+1.0efa-only+2.0efa-only"},
		{{.name = "more than cards",
			 .efa_max = 4,
			 .cards = 2,
			 .card_ifs = {4, 4},
			 .efa_on_card0 = true},
			"0.0ena+0.1efa-only+1.0efa-only"},
		{{.name = "one, on the second", .efa_max = 1, .cards = 2, .card_ifs = {1, 1}},
			"0.0ena+1.0efa-only"},
		{{.name = "one, on the first",
			 .efa_max = 1,
			 .cards = 2,
			 .card_ifs = {2, 2},
			 .efa_on_card0 = true},
			"0.0ena+0.1efa-only"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct nic_layout layout = {0};
		char key[1024];

		ck_assert_int_eq(nic_layout_make(&t[i].type, true, &layout, NULL), 0);
		nic_layout_key(&layout, key, sizeof(key));
		ck_assert_msg(!strcmp(key, t[i].key), "%s: %s", t[i].type.name, key);
		ck_assert_uint_eq(layout.addresses, 1);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nic");
	TCase *tc = tcase_create("nic");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, with_efa);
	tcase_add_test(tc, without_efa);
	tcase_add_test(tc, types_to_come);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
