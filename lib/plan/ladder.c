/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/ladder.h"

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "lib/plan/candidate.h"

static bool may_drop_group(const struct ladder_rules *rules, const struct plan_request *base)
{
	return rules->drop_group && request_wants_group(base) && !request_group_binds(base);
}

static bool may_drop_efa(const struct ladder_rules *rules, const struct plan_request *base)
{
	return rules->drop_efa && request_wants_efa(base) && request_efa_mode(base) != EFA_REQUIRED;
}

/* What cannot start anew after an interruption, or was interrupted often enough, is bought
 * on-demand, where that may be at all. */
static enum market first_market(const struct ladder_rules *rules, const struct plan_request *base)
{
	bool shy = request_fears_spot(base) || base->interrupted;

	return shy && rules->spot_to_on_demand ? MARKET_ON_DEMAND : base->market;
}

void ladder_first(
	const struct ladder_rules *rules, const struct plan_request *base, struct ladder_step *step)
{
	*step = (struct ladder_step){
		.reservation = rules->reservations,
		.market = rules->reservations ? MARKET_ON_DEMAND : first_market(rules, base),
		.tier = base->tier,
		.no_group = base->no_group,
		.no_efa = base->no_efa,
	};
}

/*
 * The steps are the digits of a number, the least significant first: each rises if it may, else
 * goes back to its start and the next one rises. Of reservations, which are no market's and have
 * what they have with EFA as without, only the group and the region do.
 */
bool ladder_next(
	const struct ladder_rules *rules, const struct plan_request *base, struct ladder_step *step)
{
	struct ladder_step next = *step;

	if (!next.reservation) {
		if (next.market != MARKET_ON_DEMAND && rules->spot_to_on_demand) {
			step->market = MARKET_ON_DEMAND;
			return true;
		}
		next.market = first_market(rules, base);
		if (next.tier + 1 < rules->ntiers) {
			next.tier++;
			*step = next;
			return true;
		}
		next.tier = base->tier;
	}
	if (!next.no_group && may_drop_group(rules, base)) {
		next.no_group = true;
		*step = next;
		return true;
	}
	next.no_group = base->no_group;
	if (!next.reservation && !next.no_efa && may_drop_efa(rules, base)) {
		next.no_efa = true;
		*step = next;
		return true;
	}
	next.no_efa = base->no_efa;
	if (next.place + 1 < rules->nplaces) {
		next.place++;
		*step = next;
		return true;
	}
	next.place = 0;
	if (next.reservation) {
		next.reservation = false;
		next.market = first_market(rules, base);
		*step = next;
		return true;
	}
	if (next.recent)
		return false;
	ladder_first(rules, base, step);
	step->recent = true;
	return true;
}

void ladder_apply(const struct ladder_step *step, const struct plan_request *base,
	struct plan_request *request)
{
	*request = *base;
	request->market = step->market;
	request->tier = step->tier;
	request->no_group = step->no_group;
	request->no_efa = step->no_efa;
	request->recent_too = step->recent;
	request->reserved_only = step->reservation;
}

char *ladder_describe(const struct ladder_step *step, const char *region, char *buf, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, step->reservation ? "reserved capacity" : market_name(step->market));
	if (step->tier)
		strbuf_addf(&sb, ", types up to tier %u", step->tier);
	if (step->no_group)
		strbuf_addstr(&sb, ", without placement group");
	if (step->no_efa)
		strbuf_addstr(&sb, ", without EFA");
	if (region && *region)
		strbuf_addf(&sb, ", in %s", region);
	if (step->recent)
		strbuf_addstr(&sb, ", also what failed recently");
	snprintf(buf, size, "%s", sb.failed ? "" : sb.buf);
	return buf;
}
