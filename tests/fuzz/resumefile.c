/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/slurm/resumefile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct resumefile file = {0};
	struct err err = {0};

	if (resumefile_parse(text, size, &file, &err) < 0)
		MUST(err.text[0]);
	for (size_t i = 0; i < file.njobs; i++) {
		MUST(file.jobs[i].job_id);
		for (size_t k = 0; k < i; k++)
			MUST(file.jobs[k].job_id != file.jobs[i].job_id);
		nodeset_for_each (&file.jobs[i].resume, k)
			MUST(nodeset_contains(&file.all, file.jobs[i].resume.names[k]));
	}
	resumefile_release(&file);
	free(text);
	return 0;
}
