/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/conf.h"
#include "tests/fuzz/memfile.h"

static void warn(void *arg, const char *text)
{
	MUST(text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memfile file;
	struct err err = {0};
	struct conf *conf;

	memfile_open(&file, data, size);
	conf = conf_load(file.path, warn, NULL, &err);
	if (conf)
		conf_group_of(conf, "aws-hpc-3");
	else
		MUST(err.text[0]);
	conf_destroy(conf);
	close(file.fd);
	return 0;
}
