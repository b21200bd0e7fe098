/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/persons.h"

#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "helper/lost.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

/* slurmctld looks for what is to be powered down every 10 s, unless told otherwise. */
#define KEEP_WAIT_MS 15000

bool persons_node(const struct node_facts *node)
{
	/* the second is slurmctld's own word for slurm_client_down_asap(), which each gang's nodes
	 * have from their registration on */
	static const char *const others[] = {PERSONS_OUR_REASON, "POWER_DOWN_ASAP", LOST_GIVEN_UP,
		"Not responding", "Node unexpectedly rebooted", "Kill task failed"};

	if ((!node->down && !node->drain) || !*node->reason)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(node->reason, others[i], strlen(others[i])))
			return false;
	return true;
}

int persons_resume(const struct nodeset *nodes, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset theirs = NODESET_INIT, ours = NODESET_INIT;
	cleanup_free struct node_facts *facts = NULL;
	cleanup_free char *list = NULL;
	size_t n = 0;

	if (!nodes->n)
		return 0;
	if (slurm_client_nodes(nodes, &facts, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (persons_node(&facts[i]) && nodeset_add(&theirs, facts[i].name, err) < 0)
			return -1;
	if (nodeset_filter(nodes, &theirs, false, &ours, err) < 0)
		return -1;
	list = nodeset_format(&ours);
	if (!list)
		return err_nomem(err);
	return ours.n ? slurm_client_resume_nodes(list, err) : 0;
}

/* 1: it is as the person left it; 0: not yet; -1: that cannot be done. */
static int say_again(const struct node_facts *was, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset one = NODESET_INIT;
	cleanup_free struct node_facts *now = NULL;
	size_t n = 0;

	if (nodeset_add(&one, was->name, err) < 0 || slurm_client_nodes(&one, &now, &n, err) < 0)
		return -1;
	if (!n || (!now->powering_down && !now->powered_down))
		return 0;
	/* a second word would be for nothing; that of another is another matter */
	if (now->down || now->drain)
		return 1;
	if ((was->down ? slurm_client_down(was->name, was->reason, err)
		       : slurm_client_drain(was->name, was->reason, err)) < 0)
		return -1;
	log_info("node %s stays %s: %s", was->name, was->down ? "DOWN" : "DRAIN", was->reason);
	return 1;
}

void persons_keep(const struct node_facts *nodes, size_t n)
{
	int64_t deadline_ms = clock_mono_ms() + KEEP_WAIT_MS;
	cleanup_free bool *done = calloc(n + 1, sizeof(*done));
	size_t left = 0;

	if (!done) {
		log_err("out of memory");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		done[i] = !persons_node(&nodes[i]);
		left += !done[i];
	}
	for (; left; clock_sleep_ms(250)) {
		struct err err = {0};

		for (size_t i = 0; i < n; i++) {
			if (done[i] || !say_again(&nodes[i], &err))
				continue;
			done[i] = true;
			left--;
			if (err.class)
				log_warn("node %s was %s (%s): %s", nodes[i].name,
					nodes[i].down ? "DOWN" : "DRAIN", nodes[i].reason,
					err.text);
		}
		if (left && clock_mono_ms() >= deadline_ms) {
			log_warn("%zu node(s) that were DOWN or DRAIN may be in use again", left);
			return;
		}
	}
}
