/* SPDX-License-Identifier: Apache-2.0 */
/* What is written on what we make at EC2: always something that EC2 takes. */
#include "helper/tags.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

static struct gang gang;
static struct conf_group group;

static void setup(void)
{
	gang = (struct gang){.id = "7-0123456789", .job_id = 7, .job_name = "7_1", .user = "ada"};
	snprintf(gang.account, sizeof(gang.account), "phys");
	snprintf(gang.partition, sizeof(gang.partition), "aws");
	group = (struct conf_group){0};
}

/* The value of KEY; NULL: there is none. */
static const char *value(const struct tag_list *list, const char *key)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->tags[i].key, key))
			return list->tags[i].value;
	return NULL;
}

START_TEST(whose_it_is)
{
	struct tag_list list = {0};

	tags_common(&list, "lab", &gang, &group);
	ck_assert(!list.failed);
	ck_assert_str_eq(value(&list, "burst:cluster"), "lab");
	ck_assert_str_eq(value(&list, "burst:gang"), "7-0123456789");
	ck_assert_str_eq(value(&list, "burst:job"), "7_1");
	ck_assert_str_eq(value(&list, "burst:user"), "ada");
	ck_assert_str_eq(value(&list, "burst:account"), "phys");
	/* without a wckey, the account */
	ck_assert_str_eq(value(&list, "burst:project"), "phys");
	ck_assert_ptr_null(value(&list, "burst:pool"));
	tags_release(&list);
	snprintf(gang.project, sizeof(gang.project), "crash-tests");
	gang.job_id = 0;
	tags_common(&list, "lab", &gang, &group);
	ck_assert_str_eq(value(&list, "burst:project"), "crash-tests");
	ck_assert_str_eq(value(&list, "burst:pool"), "7-0123456789");
	ck_assert_ptr_null(value(&list, "burst:job"));
	tags_release(&list);
	/* a tag of nothing is none */
	*gang.project = *gang.account = '\0';
	tags_common(&list, "lab", &gang, &group);
	ck_assert_ptr_null(value(&list, "burst:project"));
	ck_assert_ptr_null(value(&list, "burst:account"));
	tags_release(&list);
}
END_TEST

START_TEST(what_ec2_refuses_is_mended)
{
	char key[] = "Project", large[300];
	struct conf_pair tag = {key, large};
	struct tag_list list = {0};

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	group.tags = &tag;
	group.ntags = 1;
	snprintf(gang.project, sizeof(gang.project), "a&b<c>\"%%\n\xc3\xa4|ok +-=._:/@");
	tags_common(&list, "lab", &gang, &group);
	ck_assert(!list.failed);
	ck_assert_str_eq(value(&list, "burst:project"), "a_b_c_______ok +-=._:/@");
	ck_assert_uint_eq(strlen(value(&list, "Project")), 256);
	tags_release(&list);
}
END_TEST

START_TEST(too_many_are_told)
{
	char key[] = "k", some[] = "v";
	struct conf_pair tags[50];
	struct tag_list list = {0};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		tags[i] = (struct conf_pair){key, some};
	group.tags = tags;
	group.ntags = ARRAY_SIZE(tags);
	tags_common(&list, "lab", &gang, &group);
	ck_assert(list.failed);
	tags_release(&list);
}
END_TEST

START_TEST(a_launch)
{
	struct tag_list list = {0};

	tags_launch(&list, "0123", "aws-hpc-[0-7]");
	ck_assert(!list.failed);
	ck_assert_str_eq(value(&list, "burst:launch"), "0123");
	ck_assert_str_eq(value(&list, "burst:nodes"), "aws-hpc-[0-7]");
	ck_assert_ptr_null(value(&list, "burst:nodes2"));
	tags_release(&list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tags");
	TCase *tc = tcase_create("tags");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, whose_it_is);
	tcase_add_test(tc, what_ec2_refuses_is_mended);
	tcase_add_test(tc, too_many_are_told);
	tcase_add_test(tc, a_launch);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
