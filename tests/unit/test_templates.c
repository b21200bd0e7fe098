/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/templates.h"

#include "tests/unit/app_fixture.h"

#define SEEN(n)                                                                                    \
	{                                                                                          \
		200, .body = "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>"  \
			     "<item><launchTemplateId>lt-0a</launchTemplateId><versionNumber>" n   \
			     "</versionNumber><launchTemplateData><imageId>ami-1</imageId>"        \
			     "<securityGroupIdSet><item>sg-1</item></securityGroupIdSet>"          \
			     "</launchTemplateData></item></launchTemplateVersionSet>"             \
			     "</DescribeLaunchTemplateVersionsResponse>"                           \
	}
#define CREATED(n)                                                                                 \
	{                                                                                          \
		200, .body = "<CreateLaunchTemplateVersionResponse><launchTemplateVersion>"        \
			     "<versionNumber>" n "</versionNumber></launchTemplateVersion>"        \
			     "</CreateLaunchTemplateVersionResponse>"                              \
	}
#define DELETED                                                                                    \
	{                                                                                          \
		200, .body = "<DeleteLaunchTemplateVersionsResponse/>"                             \
	}

static struct nic_layout layout; /* of c5n.18xlarge, with EFA */

static void setup(void)
{
	app_setup();
	ok(nic_layout_make(catalog_find("c5n.18xlarge"), true, &layout, &err));
}

static struct template_wish wish(struct ec2_template *source)
{
	return (struct template_wish){.source = source, .layout = &layout, .node_group = "hpc"};
}

/* What is remembered: "SOURCE:VERSION …", the newest first. */
static const char *remembered(void)
{
	static char text[256];
	struct template_version *list = NULL;
	size_t n = 0;

	text[0] = '\0';
	ok(template_list(state_db, "lt-0a", &list, &n, &err));
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld:%lld",
			i ? " " : "", (long long)list[i].source, (long long)list[i].version);
	template_list_release(list, n);
	return text;
}

START_TEST(derived_once)
{
	static const struct server_answer script[] = {SEEN("7"), CREATED("8"), SEEN("8")};
	static char sg[] = "sg-1";
	char *groups[] = {sg};
	struct ec2_template source = {"lt-0a", 7, groups, 1, NULL, false};
	struct template_wish w = wish(&source);
	struct aws *aws = ec2_begin(script, 3);
	int64_t version = 0;

	ok(templates_derive(&app, aws, &w, &version, &err));
	ck_assert_int_eq(version, 8);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_ptr_nonnull(strstr(ec2_body(1), "&LaunchTemplateData.NetworkInterface.1."
						  "SecurityGroupId.1=sg-1"));
	ck_assert_ptr_null(strstr(ec2_body(1), "Reservation"));
	version = 0;
	ok(templates_derive(&app, aws, &w, &version, &err));
	ck_assert_int_eq(version, 8);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_str_eq(remembered(), "7:8");
}
END_TEST

/* Each thing that shapes a version makes another one. */
START_TEST(what_shapes_it)
{
	static const char *const site[] = {"sg-8", "sg-9"};
	static const struct ec2_template_extra reserved = {.reservation = "cr-1"};
	static const struct ec2_template_extra block = {.reservation = "cr-1", .block = true};
	static const struct ec2_template_extra nothing = {.reservation = NULL};
	static char sg[] = "sg-1";
	static const struct {
		size_t ngroups;
		const char *profile;
		const struct ec2_template_extra *extra;
		const char *text; /* in the request */
		bool again;
	} vectors[] = {
		{0, NULL, NULL, "SecurityGroupId.1=sg-1", false},
		{1, NULL, NULL, "SecurityGroupId.1=sg-8", false},
		{2, NULL, NULL, "SecurityGroupId.2=sg-9", false},
		{0, "p", NULL, "IamInstanceProfile.Name=p", false},
		{0, NULL, &reserved, "CapacityReservationId=cr-1", false},
		{0, NULL, &block, "MarketType=capacity-block", false},
		{0, NULL, &nothing, NULL, true},
		{0, NULL, NULL, NULL, true},
	};
	char *groups[] = {sg};
	struct ec2_template source = {"lt-0a", 7, groups, 1, NULL, false};

	conf.launch.keep_template_versions = 100;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		char number[256];
		const struct server_answer script[] = {SEEN("7"), {200, .body = number}, SEEN("8")};
		struct template_wish w = wish(&source);
		struct aws *aws = ec2_begin(script, 3);
		int64_t version = 0;

		snprintf(number, sizeof(number),
			"<CreateLaunchTemplateVersionResponse><launchTemplateVersion><"
			"versionNumber>"
			"%zu</versionNumber></launchTemplateVersion>"
			"</CreateLaunchTemplateVersionResponse>",
			8 + i);
		w.groups = site;
		w.ngroups = vectors[i].ngroups;
		w.instance_profile = vectors[i].profile;
		w.extra = vectors[i].extra;
		ok(templates_derive(&app, aws, &w, &version, &err));
		ck_assert_uint_eq(ec2_count(), vectors[i].again ? 0 : 3);
		ck_assert_int_eq(version, vectors[i].again ? 8 : 8 + (int64_t)i);
		if (vectors[i].text)
			ck_assert_msg(
				strstr(ec2_body(1), vectors[i].text) != NULL, "%s", ec2_body(1));
	}
}
END_TEST

START_TEST(an_answer_that_was_lost)
{
	static const struct server_answer failing[] = {
		SEEN("7"), {400, .body = ERROR("UnauthorizedOperation", "no")}};
	static const struct server_answer good[] = {SEEN("7"), CREATED("8"),
		{400, .body = ERROR("InvalidLaunchTemplateId.VersionNotFound", "not yet")},
		SEEN("8")};
	static const char *const site[] = {"sg-8"};
	struct ec2_template source = {"lt-0a", 7, NULL, 0, NULL, false};
	struct template_wish w = wish(&source);
	struct aws *aws = ec2_begin(failing, 2);
	char token[64] = "&ClientToken=";
	const char *at;
	int64_t version = 77;

	w.groups = site;
	w.ngroups = 1;
	refused(templates_derive(&app, aws, &w, &version, &err), ERR_AUTH,
		"launch template lt-0a: ");
	ck_assert_int_eq(version, 77);
	at = strstr(ec2_body(1), "&ClientToken=");
	ck_assert_ptr_nonnull(at);
	snprintf(token, sizeof(token), "%.45s", at);
	ck_assert_uint_eq(strlen(token), 45);
	/* the same token again, so that EC2 gives the same version; and not known to it at once */
	aws = ec2_begin(good, 4);
	ok(templates_derive(&app, aws, &w, &version, &err));
	ck_assert_int_eq(version, 8);
	ck_assert_ptr_nonnull(strstr(ec2_body(1), token));
	ck_assert_uint_eq(ec2_count(), 4);
}
END_TEST

START_TEST(what_cannot_be_derived)
{
	static char sg[] = "sg-1";
	static const char *many[40];
	char *groups[] = {sg};
	struct ec2_template bare = {"lt-0a", 7, NULL, 0, NULL, false};
	struct ec2_template source = {"lt-0a", 7, groups, 1, NULL, false};
	struct template_wish w = wish(&bare);
	struct aws *aws = ec2_begin((struct server_answer[]){DELETED}, 1);
	int64_t version = 0;

	refused(templates_derive(&app, aws, &w, &version, &err), ERR_CONFIG,
		"launch template lt-0a version 7 has no security group and node group hpc names "
		"none: set security_group_ids");
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = "sg-0123456789abcdef0123456789abcdef0123456789";
	w = wish(&source);
	w.groups = many;
	w.ngroups = ARRAY_SIZE(many);
	refused(templates_derive(&app, aws, &w, &version, &err), ERR_CONFIG,
		"node group hpc names too many security groups");
	ck_assert_uint_eq(ec2_count(), 0);
}
END_TEST

static void remember(int64_t source, const char *key, int64_t version)
{
	ok(template_put(state_db, "lt-0a", source, key, "t", version, &err));
}

START_TEST(the_site_s_own_is_looked_at)
{
	static const struct server_answer own[] = {SEEN("8"), SEEN("7")};
	static const struct server_answer missing[] = {
		{400, .body = ERROR("InvalidLaunchTemplateName.NotFoundException", "none")}};
	struct ec2_template t = {0};
	struct aws *aws = ec2_begin(own, 2);

	/* $Latest is what we derived: its source counts */
	remember(7, "k", 8);
	ok(templates_look(&app, aws, "site", "$Latest", &t, &err));
	ck_assert_int_eq(t.version, 7);
	ck_assert_str_eq(t.id, "lt-0a");
	ck_assert_uint_eq(t.nsecurity_groups, 1);
	ck_assert_uint_eq(ec2_count(), 2);
	ck_assert_ptr_nonnull(strstr(ec2_body(1), "&LaunchTemplateVersion.1=7"));
	ec2_template_release(&t);
	/* one of theirs is taken as it is */
	ok(templates_look(&app, aws, "site", "$Default", &t, &err));
	ck_assert_int_eq(t.version, 7);
	ck_assert_uint_eq(ec2_count(), 3);
	ec2_template_release(&t);
	aws = ec2_begin(missing, 1);
	refused(templates_look(&app, aws, "site", "$Default", &t, &err), ERR_CONSISTENCY, "none");
}
END_TEST

START_TEST(old_ones_are_pruned)
{
	static const struct server_answer script[] = {DELETED};
	static char version_text[] = "2";
	struct conf_place place = {.template_version = version_text};
	struct conf_group group = {.places = &place, .nplaces = 1};
	struct aws *aws = ec2_begin(script, 1);

	remember(1, "k", 11);
	remember(2, "k", 12); /* its source stands in the configuration */
	remember(3, "k", 13); /* a launch under way names it */
	remember(4, "k", 14);
	remember(5, "k", 15); /* the source in use */
	remember(6, "k", 16); /* the two newest */
	remember(7, "k", 17);
	remember(1, "other", 10); /* of another layout: its newest */
	remember(8, "k", 0);      /* asked for, no answer yet */
	conf.groups = &group;
	conf.ngroups = 1;
	state_add_gang("a", "n1");
	add_launch("t", FLEET("lt-0a", "13", "c5n.18xlarge", "s", "on-demand"));
	add_launch("u", FLEET("lt-0b", "14", "c5n.18xlarge", "s", "on-demand"));
	templates_prune(&app, aws, "lt-0a", 5);
	ck_assert_uint_eq(ec2_count(), 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_msg(strstr(ec2_body(i), "&LaunchTemplateVersion.1=11") ||
				      strstr(ec2_body(i), "&LaunchTemplateVersion.1=14"),
			"%s", ec2_body(i));
	ck_assert_str_eq(remembered(), "7:17 6:16 5:15 3:13 2:12 1:10 8:0");
	ck_assert_uint_eq(logged("launch template lt-0a: version 14, derived from 4, deleted"), 1);
	/* the launch has been answered */
	ok(launch_finish(state_db, "t", LAUNCH_FAILED, "", "", "", &err));
	templates_prune(&app, aws, "lt-0a", 0);
	ck_assert_str_eq(remembered(), "7:17 6:16 2:12 1:10 8:0");
}
END_TEST

START_TEST(one_that_cannot_be_deleted_stays)
{
	static const struct server_answer script[] = {
		{403, .body = ERROR("UnauthorizedOperation", "not allowed")}};
	struct aws *aws = ec2_begin(script, 1);

	remember(1, "k", 11);
	remember(2, "k", 12);
	remember(3, "k", 13);
	templates_prune(&app, aws, "lt-0a", 0);
	ck_assert_str_eq(remembered(), "3:13 2:12 1:11");
	ck_assert_uint_eq(logged("old derived versions stay: "), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("templates");
	TCase *tc = tcase_create("templates");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, app_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, derived_once);
	tcase_add_test(tc, what_shapes_it);
	tcase_add_test(tc, an_answer_that_was_lost);
	tcase_add_test(tc, what_cannot_be_derived);
	tcase_add_test(tc, the_site_s_own_is_looked_at);
	tcase_add_test(tc, old_ones_are_pruned);
	tcase_add_test(tc, one_that_cannot_be_deleted_stays);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
