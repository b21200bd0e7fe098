/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/boot.h"

#include <stdlib.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define BOOT_POLL_MS     500
#define BOOT_POLL_MAX_MS 3000

/* Do its nodes go down when their job ends, before another job can have them? */
static bool goes_down(const struct attempt *a)
{
	return a->demand->njobs && !a->demand->group->reuse;
}

/*
 * How many of BOUND have registered, now or at an earlier look: a short job may be over already. In
 * a pool each node powers down at the end of its own job, from now on.
 */
static size_t count_registered(struct attempt *a, const struct nodeset *bound, bool *seen)
{
	CLEANUP(nodeset_release) struct nodeset news = NODESET_INIT;
	cleanup_free struct node_facts *nodes = NULL;
	cleanup_free char *hostlist = NULL;
	size_t n = 0, count = 0;

	if (slurm_client_nodes(bound, &nodes, &n, NULL) < 0)
		n = 0; /* slurmctld is away for a moment */
	for (size_t i = 0; i < n; i++) {
		long k = nodes[i].registered ? nodeset_index(bound, nodes[i].name) : -1;

		if (k < 0 || seen[k])
			continue;
		seen[k] = true;
		nodeset_add(&news, nodes[i].name, NULL);
	}
	hostlist = nodeset_format(&news);
	if (!a->demand->all_or_nothing && goes_down(a) && news.n && hostlist)
		slurm_client_down_asap(hostlist, NULL);
	for (size_t i = 0; i < bound->n; i++)
		count += seen[i];
	return count;
}

int boot_wait(struct attempt *a, const struct nodeset *bound, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + a->app->site.resume_timeout_s * 1000;
	cleanup_free char *hostlist = nodeset_format(bound);
	cleanup_free bool *seen = calloc(bound->n + 1, sizeof(*seen));
	int64_t pause_ms = BOOT_POLL_MS;

	if (!hostlist || !seen) {
		log_err("out of memory; the gang is left as announced");
		return 0;
	}
	while (count_registered(a, bound, seen) < bound->n) {
		int rc = attempt_wanted(a, err);

		if (rc == 1)
			return -1;
		/* a gang that is up is not given up because a look at it failed */
		if (rc < 0)
			log_warn("%s", err->text);
		if (clock_mono_ms() >= deadline_ms) {
			log_warn("not all of %s registered within ResumeTimeout: ResumeFailProgram "
				 "will see to it",
				hostlist);
			return 0;
		}
		clock_sleep_ms(pause_ms);
		pause_ms = pause_ms * 5 / 4 < BOOT_POLL_MAX_MS ? pause_ms * 5 / 4
							       : BOOT_POLL_MAX_MS;
	}
	if (a->demand->all_or_nothing && goes_down(a) && slurm_client_down_asap(hostlist, err) < 0)
		log_warn("nodes %s will not power down by themselves at the job's end: %s",
			hostlist, err->text);
	log_info("all %zu nodes have registered: %s", bound->n, hostlist);
	if (gang_advance(a->app->db, a->gang.id, GANG_ANNOUNCED, GANG_ACTIVE, err) < 0)
		log_warn("%s", err->text);
	return 0;
}
