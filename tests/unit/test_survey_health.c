/* SPDX-License-Identifier: Apache-2.0 */
/* Which of our instances are in trouble, of all that EC2 tells of. */
#include "helper/survey_health.h"
#include "tests/unit/app_fixture.h"

#define STATUSES(items)                                                                            \
	"<DescribeInstanceStatusResponse><instanceStatusSet>" items                                \
	"</instanceStatusSet></DescribeInstanceStatusResponse>"
#define STATUS(id, check)                                                                          \
	"<item><instanceId>" id "</instanceId><instanceState><name>running</name></instanceState>" \
	"<eventsSet><item><code>instance-stop</code></item></eventsSet>"                           \
	"<systemStatus><status>" check "</status></systemStatus></item>"

static struct survey survey;
static struct survey_region regions[2];
static struct ec2_instance instances[3];

static void setup(void)
{
	app_setup();
	memset(regions, 0, sizeof(regions));
	memset(instances, 0, sizeof(instances));
	for (size_t i = 0; i < 3; i++) {
		snprintf(instances[i].id, sizeof(instances[i].id), "i-%zu", i);
		snprintf(instances[i].state, sizeof(instances[i].state), "running");
	}
	snprintf(regions[0].name, sizeof(regions[0].name), HERE);
	snprintf(regions[1].name, sizeof(regions[1].name), THERE);
	regions[0].known = regions[1].known = true;
	regions[0].instances.all = instances;
	regions[0].instances.n = 3;
	survey = (struct survey){.regions = regions, .nregions = 2};
}

static void teardown(void)
{
	ec2_statuses_release(&regions[0].statuses);
	app_teardown();
}

START_TEST(ours_once_each)
{
	static const struct server_answer script[] = {
		{200, .body = STATUSES(STATUS("i-2", "impaired") STATUS("i-77", "impaired"))},
		{200, .body = STATUSES(STATUS("i-0", "ok") STATUS("i-2", "impaired"))},
		{200, .body = STATUSES(STATUS("i-0", "ok"))},
	};
	const struct ec2_statuses *s = &regions[0].statuses;

	ec2_begin(script, ARRAY_SIZE(script));
	survey_health(&app, &survey);
	ck_assert_uint_eq(ec2_count(), 3);
	ck_assert_ptr_nonnull(strstr(ec2_body(0), "system-status.status"));
	ck_assert_ptr_nonnull(strstr(ec2_body(1), "instance-status.status"));
	ck_assert_ptr_nonnull(strstr(ec2_body(2), "instance-retirement"));
	ck_assert(regions[0].statuses_known);
	ck_assert_uint_eq(s->n, 2);
	ck_assert_str_eq(s->all[0].id, "i-0");
	ck_assert_str_eq(s->all[1].id, "i-2");
	ck_assert_str_eq(s->all[1].system_check, "impaired");
	ck_assert_uint_eq(s->all[1].nevents, 1);
	/* nothing runs in the other region */
	ck_assert(!regions[1].statuses_known);
}
END_TEST

START_TEST(none_asked)
{
	static const struct server_answer script[] = {{200, .body = STATUSES("")}};

	ec2_begin(script, ARRAY_SIZE(script));
	regions[0].known = false;
	survey_health(&app, &survey);
	regions[0].known = true;
	for (size_t i = 0; i < 3; i++)
		snprintf(instances[i].state, sizeof(instances[i].state), "pending");
	survey_health(&app, &survey);
	ck_assert_uint_eq(ec2_count(), 0);
	ck_assert(!regions[0].statuses_known);
}
END_TEST

START_TEST(refused_by_ec2)
{
	static const struct server_answer script[] = {
		{200, .body = STATUSES(STATUS("i-2", "impaired"))},
		{403, .body = ERROR("UnauthorizedOperation", "not allowed")},
	};

	ec2_begin(script, ARRAY_SIZE(script));
	survey_health(&app, &survey);
	ck_assert(!regions[0].statuses_known);
	ck_assert_uint_eq(logged("region " HERE ": how its instances are is not known: "), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("survey_health");
	TCase *tc = tcase_create("survey_health");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ours_once_each);
	tcase_add_test(tc, none_asked);
	tcase_add_test(tc, refused_by_ec2);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
