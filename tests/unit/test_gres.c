/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/gres.h"

static const struct {
	const char *text;
	unsigned gpus;
} t[] = {
	{NULL, 0},
	{"", 0},
	{"gpu", 1},
	{"gpu:8", 8},
	{"GPU:a100:4", 4},
	{"gpu:a100", 1},
	{"gpu:a100:4(S:0,1),gpu:h100:2(S:1),nvme:3", 6},
	{"gres:gpu:2", 2},
	{"gres:gpu:v100:2", 2},
	{"gres/gpu:2;gres/nvme:9", 2},
	{"cpu=4,gres/gpu=3", 3},
	{"craynetwork:1,bandwidth:lustre:no_consume:4G", 0},
	{"gpus:4", 0},
	{"mygpu:4", 0},
	{"gpu:4K", 1},
	{"gpu:0", 0},
	{"gpu:99999999999999999999", 65535},
	{"gpu:65535,gpu:65535", 65535},
	{"gpu:2(S:0", 2},
	{",,;gpu:2,", 2},
};

START_TEST(counts)
{
	ck_assert_msg(
		gres_gpus(t[_i].text) == t[_i].gpus, "%s: %u", t[_i].text, gres_gpus(t[_i].text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gres");
	TCase *tc = tcase_create("gres");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, counts, 0, ARRAY_SIZE(t));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
