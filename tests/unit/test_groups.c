/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/groups.h"

#include "lib/base/clock.h"
#include "tests/unit/app_fixture.h"

#define GROUPS(items)                                                                              \
	"<DescribePlacementGroupsResponse><placementGroupSet>" items                               \
	"</placementGroupSet></DescribePlacementGroupsResponse>"
#define GROUP(name) "<item><groupName>" name "</groupName><state>available</state></item>"

/* A gang that is over, with its group. */
static void add(const char *name, const char *region, bool over)
{
	char node[32];

	snprintf(node, sizeof(node), "n-%s", name);
	state_add_gang(name, node);
	ok(placement_insert(state_db, name, name, region, clock_now_ms(), &err));
	if (over)
		ck_assert_int_eq(gang_fail(state_db, name, "test", &err), 1);
	if (over)
		ok(gang_advance(state_db, name, GANG_FAILING, GANG_FAILED, &err));
}

static int room(struct aws *aws, bool refused_)
{
	int went;

	err = (struct err){0};
	went = groups_make_room(&app, aws, refused_, &err);
	ck_assert_msg(went >= 0, "%s", err.text);
	return went;
}

START_TEST(room_enough)
{
	static const struct server_answer script[] = {
		{200, .body = GROUPS(GROUP("x") "<item><groupName>y</groupName><state>deleted"
						"</state></item>" GROUP("z"))}};
	struct aws *aws = ec2_begin(script, 1);

	add("over", HERE, true);
	clock_sleep_ms(2);
	ck_assert_int_eq(room(aws, false), 0); /* the third of three */
	ck_assert_int_eq(room(aws, false), 0); /* counted a moment ago */
	ck_assert_uint_eq(ec2_count(), 1);
}
END_TEST

START_TEST(at_the_quota_own_empty_ones_go)
{
	static const struct server_answer script[] = {
		{200, .body = GROUPS(GROUP("x") GROUP("y"))},
		{200, .body = GROUPS(GROUP("elsewhere") GROUP("over") GROUP("living"))},
		{200, .body = DONE("DeletePlacementGroup")},
		{200, .body = GROUPS("")},
	};
	struct aws *aws = ec2_begin(script, 4);
	struct placement *left = NULL;
	size_t n = 0;

	ck_assert_int_eq(room(aws, false), 0);
	clock_sleep_ms(2);
	add("living", HERE, false); /* since the count: the fourth */
	add("over", HERE, true);    /* goes */
	add("elsewhere", THERE, true);
	add("untagged", HERE, true); /* somebody else's at EC2, by its tag */
	ck_assert_int_eq(room(aws, false), 1);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_str_eq(ec2_body(1), "Action=DescribePlacementGroups&Version=2016-11-15&Filter.1."
				      "Name=tag%3Aburst%3Acluster"
				      "&Filter.1.Value.1=test");
	ck_assert_str_eq(
		ec2_body(2), "Action=DeletePlacementGroup&Version=2016-11-15&GroupName=over");
	ok(placement_removable(state_db, &left, &n, &err));
	ck_assert_uint_eq(n, 2);
	free(left);
	ck_assert_uint_eq(logged("the quota is 3: 1 own empty one(s) deleted"), 1);
	ck_assert_int_eq(room(aws, false), 0); /* counted anew */
	ck_assert_uint_eq(ec2_count(), 4);
	ck_assert_str_eq(ec2_body(3), "Action=DescribePlacementGroups&Version=2016-11-15");
}
END_TEST

START_TEST(refused_by_ec2)
{
	static const struct server_answer script[] = {
		{200, .body = GROUPS(GROUP("busy") GROUP("over"))},
		{400, .body = ERROR("InvalidPlacementGroup.InUse", "used")},
		{200, .body = DONE("DeletePlacementGroup")},
	};
	struct aws *aws = ec2_begin(script, 3);

	ck_assert_int_eq(room(aws, true), 0); /* none of ours: EC2 is not asked for a list */
	ck_assert_uint_eq(ec2_count(), 0);
	add("busy", HERE, true);
	add("over", HERE, true);
	ck_assert_int_eq(room(aws, true), 1);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_uint_eq(logged("placement group busy stays for now: "), 1);
	ck_assert_uint_eq(logged("EC2 takes no further placement group in us-east-2: 1 own"), 1);
}
END_TEST

START_TEST(a_few_at_a_time)
{
	char body[4096] = "<DescribePlacementGroupsResponse><placementGroupSet>";
	const struct server_answer script[] = {
		{200, .body = body},
		{200, .body = DONE("DeletePlacementGroup")},
	};
	struct aws *aws = ec2_begin(script, 2);

	for (int i = 0; i < 15; i++) {
		char name[8];

		snprintf(name, sizeof(name), "g%d", i);
		add(name, HERE, true);
		snprintf(body + strlen(body), sizeof(body) - strlen(body), GROUP("g%d"), i);
	}
	strncat(body, "</placementGroupSet></DescribePlacementGroupsResponse>",
		sizeof(body) - strlen(body) - 1);
	ck_assert_int_eq(room(aws, true), 10);
	ck_assert_uint_eq(ec2_count(), 11);
}
END_TEST

START_TEST(what_cannot_be_asked)
{
	static const struct server_answer script[] = {
		{403, .body = ERROR("UnauthorizedOperation", "not allowed")}};
	struct aws *aws = ec2_begin(script, 1);

	refused(groups_make_room(&app, aws, false, &err), ERR_AUTH, "not allowed");
	add("over", HERE, true);
	refused(groups_make_room(&app, aws, true, &err), ERR_AUTH, "not allowed");
}
END_TEST

START_TEST(empty_ones_of_all_regions)
{
	/* each region has a connection of its own, the server one at a time */
#define CLOSE .headers = "Connection: close\r\n"
	static const struct server_answer script[] = {
		{200, .body = DONE("DeletePlacementGroup"), CLOSE},
		{400, .body = ERROR("InvalidPlacementGroup.InUse", "used"), CLOSE},
		{200, .body = DONE("DeletePlacementGroup"), CLOSE},
	};

	ec2_begin(script, 3);
	ck_assert_uint_eq(groups_remove_empty(&app), 0);
	add("one", HERE, true);
	add("two", THERE, true);
	add("living", HERE, false);
	ck_assert_uint_eq(groups_remove_empty(&app), 1);
	ck_assert_uint_eq(ec2_count(), 2);
	ck_assert_ptr_nonnull(strstr(server_request(server, 1), "/us-west-2/ec2/aws4_request"));
	ck_assert_uint_eq(groups_remove_empty(&app), 0);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_ptr_nonnull(strstr(ec2_body(2), "GroupName=two"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("groups");
	TCase *tc = tcase_create("groups");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, app_setup, app_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, room_enough);
	tcase_add_test(tc, at_the_quota_own_empty_ones_go);
	tcase_add_test(tc, refused_by_ec2);
	tcase_add_test(tc, a_few_at_a_time);
	tcase_add_test(tc, what_cannot_be_asked);
	tcase_add_test(tc, empty_ones_of_all_regions);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
