/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/room.h"

#include <stdio.h>

#include "helper/alarm.h"
#include "lib/base/cleanup.h"
#include "lib/state/taken.h"

void room_release(struct room *room)
{
	nodeset_release(&room->keep);
	nodeset_release(&room->back);
}

/* One job of several nodes has no use for some of them. */
static bool is_whole(const struct demand *demand)
{
	return demand->all_or_nothing || demand->njobs == 1;
}

int room_choose(const struct demand *demand, unsigned taken, unsigned max, struct room *room,
	struct err *err)
{
	size_t wanted = demand->nodes.n, left = taken < max ? max - taken : 0;

	room->taken = taken;
	room->max = max;
	room->class = ERR_BUSY;
	if (!max || wanted <= left)
		return 0;
	room->full = !left || is_whole(demand);
	nodeset_for_each (&demand->nodes, i)
		if (nodeset_add(!room->full && i < left ? &room->keep : &room->back,
			    demand->nodes.names[i], err) < 0)
			return -1;
	if (is_whole(demand) && wanted > max) {
		/* it would wait for ever */
		room->class = ERR_CONFIG;
		snprintf(room->why, sizeof(room->why),
			"it needs %zu nodes, and this site runs at most %u at a time "
			"(guards.max_nodes)",
			wanted, max);
		return 0;
	}
	snprintf(room->why, sizeof(room->why),
		"this site runs at most %u node%s at a time (guards.max_nodes): %u %s there or on "
		"their way, %zu more %s needed",
		max, max == 1 ? "" : "s", taken, taken == 1 ? "is" : "are", wanted,
		wanted == 1 ? "is" : "are");
	return 0;
}

int room_look(struct app *app, const struct demand *demand, struct room *room, struct err *err)
{
	unsigned taken = 0, max = app->conf->guards.max_nodes;

	/* a demand that is refused will be launched nowhere */
	if (!max || demand->refused)
		return 0;
	if (taken_nodes(app->db, &taken, err) < 0)
		return -1;
	return room_choose(demand, taken, max, room, err);
}

void room_tell(struct app *app, const struct room *room)
{
	if (room->back.n)
		alarm_raise(app, "max-nodes", "",
			"guards.max_nodes is reached: %u of at most %u nodes are there or on their "
			"way, and jobs wait for %zu more",
			room->taken, room->max, room->back.n);
}
