/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/asked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

struct ask {
	unsigned place;
	enum market market;
	bool efa, group;
	const char *type, *subnet, *az, *reservation;
	bool subnet_only; /* another subnet of the AZ may do */
	char why[ASKED_WHY_SIZE];
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int asked_add(struct asked *asked, unsigned place, const struct plan *plan,
	const struct plan_pool *pool, const char *why, struct err *err)
{
	struct ask *ask;

	if (asked->n == asked->allocated) {
		size_t more = asked->allocated ? 2 * asked->allocated : 16;
		struct ask *grown = reallocarray(asked->asks, more, sizeof(*grown));

		if (!grown)
			return err_nomem(err);
		asked->asks = grown;
		asked->allocated = more;
	}
	ask = &asked->asks[asked->n++];
	*ask = (struct ask){
		.place = place,
		.market = plan->market,
		.efa = plan->efa,
		.group = plan->cluster_group,
		.type = pool->type,
		.subnet = pool->subnet,
		.az = pool->az,
		.reservation = pool->reservation,
		.subnet_only = !*pool->az || same_text(why, "InsufficientFreeAddressesInSubnet"),
	};
	snprintf(ask->why, sizeof(ask->why), "%s", why ? why : "");
	return 0;
}

static bool same_pool(const struct ask *ask, const struct plan_choice *choice)
{
	if (!same_text(ask->type, choice->type) ||
		!same_text(ask->reservation, choice->reservation))
		return false;
	/* Missing capacity is the AZ's, whichever of its subnets was asked. */
	return same_text(ask->subnet, choice->subnet) ||
	       (!ask->subnet_only && same_text(ask->az, choice->az));
}

static const struct ask *find(const struct asked *asked, unsigned place, const struct plan *plan,
	const struct plan_choice *choice)
{
	for (size_t i = 0; i < asked->n; i++) {
		const struct ask *ask = &asked->asks[i];

		if (ask->place == place && ask->market == plan->market && ask->efa == plan->efa &&
			ask->group == plan->cluster_group && same_pool(ask, choice))
			return ask;
	}
	return NULL;
}

/* Mark those of CHOICES that were asked the way that PLAN asks. Returns how many are new. */
static size_t mark(const struct asked *asked, unsigned place, const struct plan *plan,
	struct plan_choice *choices, size_t n)
{
	size_t marked = 0;

	for (size_t i = 0; i < n; i++) {
		struct plan_choice *choice = &choices[i];
		const struct ask *ask;

		if (choice->tried)
			continue;
		ask = find(asked, place, plan, choice);
		if (!ask)
			continue;
		choice->tried = true;
		choice->tried_why = *ask->why ? ask->why : NULL;
		marked++;
	}
	return marked;
}

int asked_plan(const struct asked *asked, unsigned place, struct plan_choice *choices,
	const struct plan_request *request, struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < request->nchoices; i++) {
		choices[i].tried = false;
		choices[i].tried_why = NULL;
	}
	/*
	 * Whether a plan has EFA and a group is known when it is made, and marks can change it: so
	 * until no more marks come, at most once per choice.
	 */
	for (;;) {
		CLEANUP(plan_release) struct plan made = {0};

		if (plan_make(request, &made, err) < 0)
			return -1;
		if (mark(asked, place, &made, choices, request->nchoices))
			continue;
		*plan = made;
		made = (struct plan){0};
		return 0;
	}
}

void asked_release(struct asked *asked)
{
	free(asked->asks);
	*asked = (struct asked)ASKED_INIT;
}
