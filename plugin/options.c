/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/options.h"

#include "lib/base/money.h"

#define QUOTE_MAX 40

const struct option_text option_texts[OPTION_COUNT] = {
	[OPTION_EFA] = {"efa", "mode",
		"[burst] Elastic Fabric Adapter between the job's cloud nodes: required (also "
		"without "
		"=mode), preferred, optional, disabled",
		2, "SLURM_SPANK__SLURM_SPANK_OPTION_burst_efa"},
	[OPTION_COST] = {"burst-cost", "limit",
		"[burst] the most that the job's cloud nodes may cost, in USD: 250 or 250USD for "
		"the "
		"job, 30/h per hour",
		1, "SLURM_SPANK__SLURM_SPANK_OPTION_burst_burst_cost"},
};

static int apply_efa(
	const char *value, const struct plugargs *args, struct choice *choice, struct err *err)
{
	enum efa_mode mode = EFA_REQUIRED;
	char allowed[64];

	if (value && efa_mode_parse(value, &mode, err) < 0)
		return -1;
	if (!plugargs_allow_efa(args, mode))
		return err_set(err, ERR_USAGE, "\"%s\": not allowed at this site; expected %s",
			efa_mode_name(mode),
			plugargs_format_allowed(args, allowed, sizeof(allowed)));
	choice->efa = mode;
	return 0;
}

static int apply_cost(
	const char *value, const struct plugargs *args, struct choice *choice, struct err *err)
{
	struct cost_limit limit = {0};
	const struct cost_limit *max;
	char quoted[QUOTE_MAX + 4], most[48];

	if (cost_limit_parse(value ? value : "", &limit, err) < 0)
		return -1;
	/* the two kinds cannot be compared without nodes, price and time: each has its own bound */
	max = limit.per_hour ? &args->max_hour : &args->max_job;
	if (max->uusd && limit.uusd > max->uusd)
		return err_set(err, ERR_USAGE,
			"\"%s\": above this site's limit; expected at most %s USD %s",
			text_make_safe(value, QUOTE_MAX, quoted, sizeof(quoted)),
			money_format(max->uusd, most, sizeof(most)),
			max->per_hour ? "per hour" : "for the job");
	choice->cost = limit;
	return 0;
}

int option_apply(enum option option, const char *value, const struct plugargs *args,
	struct choice *choice, struct err *err)
{
	int rc = option == OPTION_EFA ? apply_efa(value, args, choice, err)
				      : apply_cost(value, args, choice, err);

	return rc < 0 ? err_prefix(err, "--%s", option_texts[option].name) : 0;
}
