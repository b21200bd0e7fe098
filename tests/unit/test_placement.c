/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/strbuf.h"
#include "lib/state/db_internal.h"
#include "tests/unit/state_fixture.h"

static size_t removable(const char *first)
{
	struct placement *list;
	size_t n;

	ok(placement_removable(state_db, &list, &n, &err));
	if (n && first)
		ck_assert_str_eq(list[0].name, first);
	free(list);
	return n;
}

START_TEST(insert)
{
	char longer[300];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	state_add_gang("a", "n1");
	state_add_gang("b", "n2");
	ok(placement_insert(state_db, "g", "a", "r", 5, &err));
	ok(placement_insert(state_db, "g", "a", "r", 6, &err)); /* again, after a crash */
	refused(placement_insert(state_db, "g", "b", "r", 5, &err), ERR_FATAL,
		"placement group g has been used already");
	refused(placement_insert(state_db, "h", "x", "r", 5, &err), ERR_NOTFOUND,
		"no gang x for placement group h");
	refused(placement_insert(state_db, "", "a", "r", 5, &err), ERR_FATAL, "without a name");
	refused(placement_insert(state_db, "h", "a", longer, 5, &err), ERR_FATAL,
		"region of 299 characters");
	refused(placement_insert(state_db, longer, "a", "r", 5, &err), ERR_FATAL,
		"of 299 characters");
	ok(placement_set_deleted(state_db, "g", 7, &err));
	ok(placement_set_deleted(state_db, "g", 8, &err));
	refused(placement_insert(state_db, "g", "a", "r", 9, &err), ERR_FATAL,
		"has been used already");
	refused(placement_set_deleted(state_db, "x", 8, &err), ERR_NOTFOUND,
		"no placement group x");
}
END_TEST

START_TEST(removable_when_nothing_is_in_it)
{
	/* by the gang's state: may the group go? */
	static const bool t[] = {
		[GANG_RELEASING] = true, [GANG_RELEASED] = true, [GANG_FAILED] = true};
	char id[8];

	for (int s = GANG_PLANNED; s <= GANG_FAILED; s++) {
		struct gang g = state_gang("", (char[]){"n1"});
		bool may = (size_t)s < ARRAY_SIZE(t) && t[s];

		snprintf(id, sizeof(id), "g%d", s);
		snprintf(g.id, sizeof(g.id), "%s", id);
		g.state = (enum gang_state)s;
		ok(gang_insert(state_db, &g, &err));
		ok(placement_insert(state_db, id, id, "r", 5, &err));
		ck_assert_msg(removable(id) == may, "%s", gang_state_name(g.state));
		ok(placement_set_deleted(state_db, id, 6, &err));
		ck_assert_uint_eq(removable(NULL), 0);
	}
}
END_TEST

START_TEST(not_removable_while_an_instance_is_there)
{
	struct instance x = state_instance("i-1", "a", "");
	struct placement *list;
	size_t n;

	state_add_gang("a", "n1");
	ok(placement_insert(state_db, "g", "a", "r", 5, &err));
	state_to("a", GANG_LAUNCHING);
	ok(instance_insert(state_db, &x, 1, true, &err));
	state_to("a", GANG_RELEASING);
	ck_assert_uint_eq(removable(NULL), 0);
	ok(instance_set_terminating(state_db, (const char *[]){"i-1"}, 1, "x", 6, &err));
	ck_assert_uint_eq(removable(NULL), 0);
	ok(instance_set_terminated(state_db, "i-1", 0, 7, &err));
	ok(placement_removable(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].name, "g");
	ck_assert_str_eq(list[0].gang, "a");
	ck_assert_int_eq(list[0].created_ms, 5);
	ck_assert_str_eq(list[0].region, "r");
	ck_assert(!list[0].deleted);
	free(list);
}
END_TEST

START_TEST(deleted_or_not)
{
	struct placement p, *list;
	size_t n;

	state_add_gang("a", "n1");
	ok(placement_insert(state_db, "g", "a", "r", 5, &err));
	ok(placement_insert(state_db, "h", "a", "r", 6, &err));
	ok(placement_set_deleted(state_db, "g", 7, &err));
	ok(placement_living(state_db, &list, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].name, "h");
	ck_assert_str_eq(list[0].gang, "a");
	ck_assert(!list[0].deleted);
	free(list);
	ck_assert_int_eq(placement_find(state_db, "g", &p, &err), 1);
	ck_assert_str_eq(p.region, "r");
	ck_assert_int_eq(p.created_ms, 5);
	ck_assert_int_eq(p.deleted_ms, 7);
	ck_assert(p.deleted);
	ck_assert_int_eq(placement_find(state_db, "i", &p, &err), 0);
}
END_TEST

START_TEST(template_derived_once)
{
	char token[TEMPLATE_TOKEN_SIZE], longer[80];
	int64_t v = 9;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ok(template_get(state_db, "lt-1", 3, "efa4", &v, &err));
	ck_assert_int_eq(v, 0);
	ok(template_token(state_db, "lt-1", 3, "efa4", token, &err));
	ck_assert_str_eq(token, "");
	ok(template_put(state_db, "lt-1", 3, "efa4", "tok", 0, &err));
	ok(template_put(state_db, "lt-1", 3, "efa4", "tok", 0, &err));
	/* another process at the same: the first token stays */
	ok(template_put(state_db, "lt-1", 3, "efa4", "tok2", 0, &err));
	ok(template_token(state_db, "lt-1", 3, "efa4", token, &err));
	ck_assert_str_eq(token, "tok");
	ok(template_get(state_db, "lt-1", 3, "efa4", &v, &err));
	ck_assert_int_eq(v, 0);
	ok(template_put(state_db, "lt-1", 3, "efa4", "tok", 12, &err));
	ok(template_get(state_db, "lt-1", 3, "efa4", &v, &err));
	ck_assert_int_eq(v, 12);
	ok(template_token(state_db, "lt-1", 3, "efa4", token, &err));
	ck_assert_str_eq(token, "");
	ok(template_put(state_db, "lt-1", 3, "efa4", "tok2", 0, &err)); /* late: it is derived */
	ok(template_get(state_db, "lt-1", 3, "efa4", &v, &err));
	ck_assert_int_eq(v, 12);
	/* another layout or source version is another one */
	ok(template_get(state_db, "lt-1", 4, "efa4", &v, &err));
	ck_assert_int_eq(v, 0);
	ok(template_get(state_db, "lt-1", 3, "efa32", &v, &err));
	ck_assert_int_eq(v, 0);
	ok(template_forget(state_db, "lt-1", 3, "efa4", &err));
	ok(template_forget(state_db, "lt-1", 3, "efa4", &err));
	ok(template_get(state_db, "lt-1", 3, "efa4", &v, &err));
	ck_assert_int_eq(v, 0);
	refused(template_put(state_db, "lt-1", 3, "efa4", "", 0, &err), ERR_FATAL,
		"neither a token nor a version");
	refused(template_put(state_db, "lt-1", 3, "efa4", "t", -1, &err), ERR_FATAL,
		"neither a token nor a version");
	refused(template_put(state_db, "lt-1", 3, "efa4", longer, 0, &err), ERR_FATAL,
		"token of 79 characters");
}
END_TEST

/* Each as "id:source>version layout; " */
static void expect_versions(struct template_version *list, size_t n, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < n; i++)
		strbuf_addf(&sb, "%s:%lld>%lld %s; ", list[i].template_id,
			(long long)list[i].source, (long long)list[i].version, list[i].layout);
	template_list_release(list, n);
	ck_assert_str_eq(sb.buf, expected);
}

START_TEST(templates_listed_and_pruned)
{
	static const struct {
		const char *id, *layout;
		int64_t source, version;
	} rows[] = {{"lt-1", "efa", 1, 2}, {"lt-1", "efa", 3, 4}, {"lt-1", "eni", 3, 5},
		{"lt-1", "efa", 6, 7}, {"lt-1", "efa", 2, 8}, /* went back to an older source */
		{"lt-1", "efa", 9, 0}, {"lt-2", "efa", 1, 3}};
	static const struct {
		unsigned keep;
		const char *prunable;
	} t[] = {{9, ""}, {4, ""}, {3, "lt-1:1>2 efa; "}, {2, "lt-1:1>2 efa; lt-1:3>4 efa; "},
		{1, "lt-1:1>2 efa; lt-1:3>4 efa; lt-1:6>7 efa; "},
		{0, "lt-1:1>2 efa; lt-1:3>4 efa; lt-1:3>5 eni; lt-1:6>7 efa; lt-1:2>8 efa; "}};
	struct template_version *list = NULL;
	size_t n = 1;

	ok(template_list(state_db, NULL, &list, &n, &err));
	expect_versions(list, n, "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(template_put(state_db, rows[i].id, rows[i].source, rows[i].layout, "t",
			rows[i].version, &err));
	ok(template_list(state_db, "lt-1", &list, &n, &err));
	expect_versions(list, n,
		"lt-1:2>8 efa; lt-1:6>7 efa; lt-1:3>5 eni; lt-1:3>4 efa; lt-1:1>2 efa; "
		"lt-1:9>0 efa; ");
	ok(template_list(state_db, NULL, &list, &n, &err));
	ck_assert_uint_eq(n, 7);
	template_list_release(list, n);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ok(template_prunable(state_db, "lt-1", t[i].keep, &list, &n, &err));
		expect_versions(list, n, t[i].prunable);
	}
	ok(db_exec(state_db,
		"UPDATE template SET template_id = printf('%.99c', 'x') "
		"WHERE template_id = 'lt-2'",
		&err));
	refused(template_list(state_db, NULL, &list, &n, &err), ERR_FATAL,
		"holds a template_id that is too long");
}
END_TEST

START_TEST(many_groups)
{
	char name[8];

	state_add_gang("a", "n1");
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		ok(placement_insert(state_db, name, "a", "r", 5, &err));
	}
	state_to("a", GANG_RELEASED);
	ck_assert_uint_eq(removable("p0"), 40);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("placement");
	TCase *tc = tcase_create("placement");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, state_setup_db, state_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, insert);
	tcase_add_test(tc, removable_when_nothing_is_in_it);
	tcase_add_test(tc, not_removable_while_an_instance_is_there);
	tcase_add_test(tc, deleted_or_not);
	tcase_add_test(tc, template_derived_once);
	tcase_add_test(tc, templates_listed_and_pruned);
	tcase_add_test(tc, many_groups);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
