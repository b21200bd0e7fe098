/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/groups.h"

#include <stdlib.h>

#include "helper/log.h"
#include "lib/aws/ec2.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/state/gang.h"
#include "lib/state/placement.h"

/* At EC2, then in the row. */
static int delete_group(struct app *app, struct aws *aws, const char *name)
{
	struct err err;

	if (ec2_delete_placement_group(aws, name, &err) < 0) {
		log_info("placement group %s stays for now: %s", name, err.text);
		return -1;
	}
	if (placement_set_deleted(app->db, name, clock_now_ms(), &err) < 0)
		log_err("placement group %s is deleted but cannot be written down: %s", name,
			err.text);
	else
		log_info("placement group %s deleted", name);
	return 0;
}

size_t groups_remove_empty(struct app *app)
{
	cleanup_free struct placement *groups = NULL;
	size_t n = 0, stay = 0;
	struct err err;

	if (placement_removable(app->db, &groups, &n, &err) < 0) {
		log_err("%s", err.text);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		CLEANUP(gang_release) struct gang gang = {0};
		struct aws *aws;

		if (gang_get(app->db, groups[i].gang, &gang, &err) < 0) {
			log_err("placement group %s: %s", groups[i].name, err.text);
			continue;
		}
		aws = app_aws(app, gang.region, &err);
		if (!aws)
			log_info("placement group %s stays for now: %s", groups[i].name, err.text);
		if (!aws || delete_group(app, aws, groups[i].name) < 0)
			stay++;
	}
	return stay;
}
