/* SPDX-License-Identifier: Apache-2.0 */
/* conf_rules: what no single row of the table can say. */
#include "helper/conf_walk.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"
#include "lib/base/gres.h"
#include "lib/catalog/told.h"

static const struct conf_node *child(const struct conf_node *node, const char *key)
{
	const struct conf_node *found = conf_node_find(node, key);

	return found ? found : node;
}

/* Whole number from 1 to MAX; 0 if it is none. */
static uint64_t positive(const char *text, uint64_t max)
{
	uint64_t v = 0;

	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
		return 0;
	v = strtoull(text, NULL, 10);
	return v <= max ? v : 0;
}

/* Features of a node that name its architecture; ARCH_ANY: none does. */
static enum arch arch_of_features(const char *text)
{
	static const struct {
		const char *word;
		enum arch arch;
	} words[] = {
		{"x86_64", ARCH_X86_64},
		{"amd64", ARCH_X86_64},
		{"arm64", ARCH_ARM64},
		{"aarch64", ARCH_ARM64},
	};

	while (*text) {
		size_t len = strcspn(text, ",");

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (len == strlen(words[i].word) && !strncasecmp(text, words[i].word, len))
				return words[i].arch;
		text += len + (text[len] == ',');
	}
	return ARCH_ANY;
}

static int check_specifications(
	struct conf_walk *w, const struct conf_node *node, struct conf_group *group)
{
	static const char key[] = "slurm_specifications";
	const struct conf_node *of = child(node, key);

	for (size_t i = 0; i < group->nslurm; i++) {
		const struct conf_pair *p = &group->slurm[i];

		if (!strcasecmp(p->key, "CPUs")) {
			group->cpus = (unsigned)positive(p->value, 65535);
			if (!group->cpus)
				return conf_fail(w, child(of, p->key), "slurm_specifications.CPUs",
					"not a number of CPUs; expected a whole number from 1 to "
					"65535");
		} else if (!strcasecmp(p->key, "RealMemory")) {
			group->mem_mib = positive(p->value, 1000000000);
			if (!group->mem_mib)
				return conf_fail(w, child(of, p->key),
					"slurm_specifications.RealMemory",
					"not a size; expected MiB as a whole number");
		} else if (!strcasecmp(p->key, "Gres")) {
			group->gpus = gres_gpus(p->value);
		} else if (!strcasecmp(p->key, "Feature") || !strcasecmp(p->key, "Features")) {
			if (group->arch == ARCH_ANY)
				group->arch = arch_of_features(p->value);
		} else if (!strcasecmp(p->key, "State") && strcasecmp(p->value, "CLOUD") != 0) {
			return conf_fail(w, child(of, p->key), "slurm_specifications.State",
				"nodes of this file are cloud nodes; expected CLOUD or nothing");
		} else if (!strcasecmp(p->key, "NodeName") || !strcasecmp(p->key, "NodeAddr") ||
			   !strcasecmp(p->key, "NodeHostname")) {
			return conf_fail(w, child(of, p->key), key,
				"%s is not the site's to choose; expected no such key", p->key);
		}
	}
	return 0;
}

static int check_tag(
	struct conf_walk *w, const struct conf_node *node, const struct conf_group *group, size_t i)
{
	/* with tags in instance metadata EC2 refuses the whole launch for any other character */
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-=.,_:@";
	const char *key = group->tags[i].key;
	char safe[64];

	text_make_safe(key, 40, safe, sizeof(safe));
	if (!*key || strlen(key) > 128 || strspn(key, set) != strlen(key))
		return conf_fail(w, node, "tags",
			"tag key \"%s\"; expected 1 to 128 of A-Z a-z 0-9 + - = . , _ : @, because "
			"instances read "
			"their tags from the metadata service",
			safe);
	if (!strcmp(key, ".") || !strcmp(key, "..") || !strcmp(key, "_index"))
		return conf_fail(
			w, node, "tags", "tag key \"%s\"; expected one that is no path", safe);
	if (!strncasecmp(key, "aws:", 4) || !strncasecmp(key, "burst:", 6))
		return conf_fail(w, node, "tags",
			"tag key \"%s\"; expected one that does not begin with aws: or burst:",
			safe);
	if (!strcmp(key, "Name"))
		return conf_fail(w, node, "tags",
			"tag key \"Name\"; expected another: it tells an instance which node it "
			"is");
	if (strlen(group->tags[i].value) > 256)
		return conf_fail(w, node, "tags",
			"value of tag \"%s\"; expected at most 256 characters", safe);
	for (size_t j = 0; j < i; j++)
		if (!strcmp(group->tags[j].key, key))
			return conf_fail(w, node, "tags",
				"tag key \"%s\" for the second time; expected once", safe);
	return 0;
}

static const char *subnet_name(const struct conf_override *o)
{
	return o->subnet ? o->subnet : "";
}

static int check_overrides(struct conf_walk *w, const struct conf_node *node,
	const struct conf_place *place, enum market market)
{
	const struct conf_node *list = child(node, "launch_template_overrides");

	if (list == node)
		list = child(node, "overrides");
	for (size_t i = 0; i < place->noverrides; i++) {
		const struct conf_override *o = &place->overrides[i];

		if (!o->subnet && !place->nsubnets)
			return conf_fail(w, node, "subnet_ids",
				"none, and none at %s; expected at least one subnet", o->type);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(place->overrides[j].type, o->type) &&
				!strcmp(subnet_name(&place->overrides[j]), subnet_name(o)))
				return conf_fail(w, list, "launch_template_overrides",
					"%s for the second time; expected each once", o->type);
		if (o->spot_price_uusd >= 0 && market == MARKET_ON_DEMAND)
			conf_warn(w, list, "launch_template_overrides",
				"spot_price of %s has no effect: purchasing_option is on-demand",
				o->type);
	}
	return 0;
}

/* What holds for the group's own region and for each other; W's path is at its keys. */
static int check_place(struct conf_walk *w, const struct conf_node *node,
	const struct conf_place *place, enum market market)
{
	if (!w->public && !place->template_name == !place->template_id)
		return conf_fail(w, child(node, "launch_template_specification"),
			"launch_template_specification",
			"%s launch_template_name %s launch_template_id; expected one of the two",
			place->template_name ? "both" : "neither",
			place->template_name ? "and" : "nor");
	return check_overrides(w, node, place, market);
}

/* The group's instance types for a place that names none; subnets are of one region, caps are not.
 */
static int borrow_overrides(
	struct conf_walk *w, const struct conf_group *group, struct conf_place *place)
{
	place->overrides = calloc(group->noverrides, sizeof(*place->overrides));
	if (!place->overrides)
		return err_nomem(w->err);
	for (size_t i = 0; i < group->noverrides; i++) {
		const struct conf_override *from = &group->overrides[i];
		struct conf_override *to = &place->overrides[place->noverrides];
		bool known = false;

		/* the same type in two subnets of the group is one type here */
		for (size_t j = 0; j < place->noverrides; j++)
			known |= !strcmp(place->overrides[j].type, from->type);
		if (known)
			continue;
		to->spot_price_uusd = from->spot_price_uusd;
		to->tier = from->tier;
		to->type = strdup(from->type);
		if (!to->type)
			return err_nomem(w->err);
		place->noverrides++;
	}
	return 0;
}

static int check_region(struct conf_walk *w, const struct conf_node *node,
	const struct conf_group *group, size_t at)
{
	const char *region = group->places[at].region;

	for (size_t i = 0; i < at; i++)
		if (!strcmp(group->places[i].region, region))
			return conf_fail(w, child(node, "region"), "region",
				"%s %s; expected another", region,
				i ? "for the second time" : "is the node group's own");
	return 0;
}

static int check_places(struct conf_walk *w, const struct conf_node *node, struct conf_group *group)
{
	const struct conf_node *others = child(node, "other_regions");
	size_t back = strlen(w->where);

	if (!group->places) {
		group->places = calloc(1, sizeof(*group->places));
		if (!group->places)
			return err_nomem(w->err);
		group->nplaces = 1;
	}
	group->places[0] = (struct conf_place){
		.region = group->region,
		.template_name = group->template_name,
		.template_id = group->template_id,
		.template_version = group->template_version,
		.subnets = group->subnets,
		.nsubnets = group->nsubnets,
		.security_groups = group->security_groups,
		.nsecurity_groups = group->nsecurity_groups,
		.instance_profile = group->instance_profile,
		.reservations = group->reservations,
		.nreservations = group->nreservations,
		.overrides = group->overrides,
		.noverrides = group->noverrides,
	};
	if (check_place(w, node, &group->places[0], group->market) < 0)
		return -1;
	for (size_t i = 1; i < group->nplaces; i++) {
		struct conf_place *place = &group->places[i];
		const struct conf_node *of = &others->items[i - 1];
		bool own = place->noverrides;

		snprintf(w->where + back, sizeof(w->where) - back, ".other_regions[%zu]", i - 1);
		if (check_region(w, of, group, i) < 0 ||
			(!own && borrow_overrides(w, group, place) < 0) ||
			/* what is wrong with borrowed caps was said at the group */
			check_place(w, of, place, own ? group->market : MARKET_SPOT) < 0)
			return -1;
		w->where[back] = '\0';
	}
	return 0;
}

/* The type's line in the file, or that of the list, or of what holds it. */
static const struct conf_node *override_node(const struct conf_node *node, size_t at)
{
	const struct conf_node *list = child(node, "launch_template_overrides");

	if (list == node)
		list = child(node, "overrides");
	return list->kind == NODE_LIST && at < list->n ? &list->items[at] : list;
}

/*
 * One launch template is one image, so one architecture: a type of another would never be used.
 * FIRST is the type that it goes by; NULL: none yet. What the table does not hold is not judged.
 */
static int check_place_arch(struct conf_walk *w, const struct conf_node *node,
	const struct conf_group *group, const struct conf_place *place,
	const struct instance_type **first)
{
	for (size_t i = 0; i < place->noverrides; i++) {
		const struct instance_type *type = catalog_find(place->overrides[i].type);
		const struct conf_node *of = override_node(node, i);

		if (!type)
			continue;
		if (!*first)
			*first = type;
		if (group->arch != ARCH_ANY && type->arch != group->arch)
			return conf_fail(w, of, "launch_template_overrides",
				"%s is of %s, but architecture or Features say %s; expected types "
				"of one architecture, the image's: give the others a node group of "
				"their own",
				type->name, arch_name(type->arch), arch_name(group->arch));
		if (type->arch != (*first)->arch)
			return conf_fail(w, of, "launch_template_overrides",
				"%s is of %s, but %s of %s; expected types of one architecture, "
				"the image's: give the others a node group of their own",
				type->name, arch_name(type->arch), (*first)->name,
				arch_name((*first)->arch));
	}
	return 0;
}

static int check_arch(struct conf_walk *w, const struct conf_node *node, struct conf_group *group)
{
	const struct conf_node *others = child(node, "other_regions");
	const struct instance_type *first = NULL;
	size_t back = strlen(w->where);

	if (check_place_arch(w, node, group, &group->places[0], &first) < 0)
		return -1;
	for (size_t i = 1; i < group->nplaces; i++) {
		snprintf(w->where + back, sizeof(w->where) - back, ".other_regions[%zu]", i - 1);
		if (check_place_arch(w, &others->items[i - 1], group, &group->places[i], &first) <
			0)
			return -1;
		w->where[back] = '\0';
	}
	return 0;
}

static bool sold_both_ways(const struct instance_type *type)
{
	return !type || (type->spot && type->on_demand);
}

static const char *one_way(const struct instance_type *type)
{
	return type->spot ? "sold as capacity blocks only" : "not sold as spot";
}

/* What a mixed gang cannot be of is said of each type; that it can be of none is an error. */
static int check_mixed(struct conf_walk *w, const struct conf_node *node, struct conf_group *group)
{
	const struct conf_place *place = &group->places[0];
	size_t fit = 0;

	if (group->market != MARKET_MIXED)
		return 0;
	if (group->reuse)
		return conf_fail(w, child(node, "purchasing_option"), "purchasing_option",
			"mixed, but nodes are handed on (%s): a job might get a spot one as its "
			"first; expected spot, or neither",
			group->best_effort ? "scaling: best-effort" : "reuse: true");
	for (size_t i = 0; i < place->noverrides; i++)
		fit += sold_both_ways(catalog_find(place->overrides[i].type));
	for (size_t i = 0; i < place->noverrides; i++) {
		const struct instance_type *type = catalog_find(place->overrides[i].type);
		const struct conf_node *of = override_node(node, i);

		if (sold_both_ways(type))
			continue;
		if (!fit)
			return conf_fail(w, of, "launch_template_overrides",
				"%s is %s, and purchasing_option is mixed; expected a type that is "
				"sold both ways, or on-demand",
				type->name, one_way(type));
		conf_warn(w, of, "launch_template_overrides", "%s is %s: not used for mixed gangs",
			type->name, one_way(type));
	}
	return 0;
}

int conf_rules_group(struct conf_walk *w, const struct conf_node *node, struct conf_group *group)
{
	const struct conf_node *tags = child(node, "tags"), *reuse = conf_node_find(node, "reuse");

	if (check_places(w, node, group) < 0 || check_specifications(w, node, group) < 0 ||
		check_arch(w, node, group) < 0)
		return -1;
	for (size_t i = 0; i < group->ntags; i++)
		if (check_tag(w, tags->kind == NODE_LIST ? &tags->items[i] : tags, group, i) < 0)
			return -1;
	if (group->best_effort && !group->reuse && reuse && !reuse->null)
		conf_warn(w, reuse, "reuse", "false has no effect: scaling is best-effort");
	group->reuse |= group->best_effort;
	return check_mixed(w, node, group);
}

int conf_rules_limit(struct conf_walk *w, const struct conf_node *node,
	const struct conf_draft_limit *limit, struct budget *budget)
{
	const struct conf *conf = &w->draft.conf;
	enum budget_scope scope = (enum budget_scope)limit->scope;
	enum budget_period period = (enum budget_period)limit->period;

	for (size_t i = 0; i + 1 < conf->nlimits; i++)
		if (!strcmp(conf->limits[i].name, limit->name))
			return conf_fail(w, child(node, "name"), "name",
				"\"%s\" for the second time; expected each name once", limit->name);
	if (limit->who && (scope == BUDGET_SITE || scope == BUDGET_JOB))
		return conf_fail(w, child(node, "who"), "who",
			"given with scope %s; expected scope user, account, qos or partition",
			budget_scope_name(scope));
	if (scope == BUDGET_JOB && period != BUDGET_HOUR && period != BUDGET_TOTAL)
		return conf_fail(w, child(node, "period"), "period",
			"%s for scope job; expected hour or total", budget_period_name(period));
	if (scope == BUDGET_JOB && limit->alarms)
		return conf_fail(w, child(node, "alarms"), "alarms",
			"given with scope job, which has none; expected another scope");
	budget->scope = scope;
	budget->period = period;
	budget->limit_uusd = limit->limit_uusd;
	budget->configured = true;
	snprintf(budget->name, sizeof(budget->name), "%s", limit->name);
	if (limit->who)
		budget_set_who(budget, limit->who);
	if (scope == BUDGET_JOB)
		return 0;
	return budget_alarms_parse(limit->alarms ? limit->alarms : BUDGET_ALARMS_DEFAULT,
		budget->alarms, &budget->nalarms, w->err);
}

static const char *const auth_names[] = {
	[AUTH_UNSET] = "default",
	[AUTH_DEFAULT] = "default",
	[AUTH_INSTANCE_PROFILE] = "instance_profile",
	[AUTH_ASSUME_ROLE] = "assume_role",
	[AUTH_SSO] = "sso",
	[AUTH_WEB_IDENTITY] = "web_identity",
	[AUTH_CROSS_ACCOUNT] = "cross_account",
	[AUTH_PROFILE] = "profile",
	[AUTH_ACCESS_KEYS] = "access_keys",
};

static void take(char **to, char **from)
{
	free(*to);
	*to = STEAL_POINTER(*from);
}

static int need(struct conf_walk *w, const struct conf_node *aws, const char *key,
	const char *value, enum conf_auth auth)
{
	return value ? 0
		     : conf_fail(w, aws, key,
			       "missing; expected because aws.authentication_method is %s",
			       auth_names[auth]);
}

static void unused(struct conf_walk *w, const struct conf_node *aws, const char *section)
{
	conf_warn(w, child(aws, section), section, "not used: aws.authentication_method is %s",
		auth_names[w->draft.auth]);
}

/* From the Go system's eight methods to what lib/aws is told. */
static int check_auth(struct conf_walk *w, const struct conf_node *aws)
{
	struct conf_draft *d = &w->draft;
	struct conf *conf = &d->conf;
	const struct conf_node *method = child(aws, "authentication_method");

	if (d->auth == AUTH_SSO)
		return conf_fail(w, method, "authentication_method",
			"sso needs a person at a browser; expected instance_profile, or profile "
			"with one that has "
			"credential_process");
	if (d->auth == AUTH_ACCESS_KEYS)
		return conf_fail(w, method, "authentication_method",
			"access_keys would put secrets here; expected profile, with the keys in "
			"aws.shared_credentials_file (mode 0600)");
	if (d->assume_policy)
		return conf_fail(w, child(aws, "assume_role"), "assume_role.policy",
			"session policies are not sent; expected nothing: attach the policy to the "
			"role");
	if (d->assume.arn && d->auth != AUTH_ASSUME_ROLE)
		unused(w, aws, "assume_role");
	if (d->web.arn && d->auth != AUTH_WEB_IDENTITY)
		unused(w, aws, "web_identity");
	if (d->cross.arn && d->auth != AUTH_CROSS_ACCOUNT)
		unused(w, aws, "cross_account");
	switch (d->auth) {
	case AUTH_INSTANCE_PROFILE:
	case AUTH_WEB_IDENTITY:
		if (conf->aws.profile)
			unused(w, aws,
				conf_node_find(aws, "profile") ? "profile" : "credentials_profile");
		free(STEAL_POINTER(conf->aws.profile));
		if (d->auth == AUTH_INSTANCE_PROFILE)
			return 0;
		if (need(w, aws, "web_identity.role_arn", d->web.arn, d->auth) < 0 ||
			need(w, aws, "web_identity.token_file", d->web.token_file, d->auth) < 0)
			return -1;
		take(&conf->aws.web_identity_role_arn, &d->web.arn);
		take(&conf->aws.web_identity_token_file, &d->web.token_file);
		take(&conf->aws.role_session_name, &d->web.session);
		return 0;
	case AUTH_PROFILE:
		return need(w, aws, "profile", conf->aws.profile, d->auth);
	case AUTH_ASSUME_ROLE:
		if (need(w, aws, "assume_role.role_arn", d->assume.arn, d->auth) < 0)
			return -1;
		take(&conf->aws.role_arn, &d->assume.arn);
		take(&conf->aws.role_session_name, &d->assume.session);
		take(&conf->aws.role_external_id, &d->assume.external_id);
		conf->aws.role_duration_s = d->assume.duration_s;
		return 0;
	case AUTH_CROSS_ACCOUNT:
		if (need(w, aws, "cross_account.target_role_arn", d->cross.arn, d->auth) < 0)
			return -1;
		if (d->cross.source_profile)
			take(&conf->aws.profile, &d->cross.source_profile);
		take(&conf->aws.role_arn, &d->cross.arn);
		take(&conf->aws.role_session_name, &d->cross.session);
		take(&conf->aws.role_external_id, &d->cross.external_id);
		return 0;
	default:
		return 0;
	}
}

static void warn_rate(struct conf_walk *w, const struct conf_node *slurm, const char *key, int rate)
{
	if (rate)
		conf_warn(w, child(slurm, key), key,
			"%d would slice gangs and stretch their end over minutes; use 0, also in "
			"slurm.conf",
			rate);
}

/* The Go system's name for a key of ours, and bands that hide each other. */
static int check_mpi(struct conf_walk *w, const struct conf_node *root)
{
	struct conf *conf = &w->draft.conf;
	const struct efa_bands *bands = &conf->mpi.bands;
	const struct conf_node *mpi = child(root, "mpi"), *choice = conf_node_find(root, "choice"),
			       *own = choice ? conf_node_find(choice, "hpc_nodes") : NULL;
	int theirs = w->draft.hpc_threshold;

	snprintf(w->where, sizeof(w->where), "mpi");
	if (theirs >= 0 && own && !own->null && (unsigned)theirs != conf->choice.weights.hpc_nodes)
		return conf_fail(w, child(mpi, "hpc_instances_threshold"),
			"hpc_instances_threshold",
			"%d, but choice.hpc_nodes is %u; expected one of the two", theirs,
			conf->choice.weights.hpc_nodes);
	if (theirs >= 0)
		conf->choice.weights.hpc_nodes = (unsigned)theirs;
	if (bands->required_nodes && bands->required_nodes <= bands->preferred_nodes)
		conf_warn(w, child(mpi, "efa_required_nodes"), "efa_required_nodes",
			"%u, so no job is in the band of efa_preferred_nodes, %u",
			bands->required_nodes, bands->preferred_nodes);
	if (bands->preferred_nodes && bands->preferred_nodes <= bands->optional_nodes)
		conf_warn(w, child(mpi, "efa_preferred_nodes"), "efa_preferred_nodes",
			"%u, so no job is in the band of efa_optional_nodes, %u",
			bands->preferred_nodes, bands->optional_nodes);
	return 0;
}

int conf_rules_root(struct conf_walk *w, const struct conf_node *root)
{
	const struct conf_node *slurm = child(root, "slurm");
	const struct conf_node *most = conf_node_find(slurm, "requeue_delay_max_s");
	struct conf *conf = &w->draft.conf;

	snprintf(w->where, sizeof(w->where), "slurm");
	warn_rate(w, slurm, "resume_rate", w->draft.resume_rate);
	warn_rate(w, slurm, "suspend_rate", w->draft.suspend_rate);
	if (conf->slurm.requeue_delay_max_s < conf->slurm.requeue_delay_s) {
		if (most && !most->null)
			return conf_fail(w, most, "requeue_delay_max_s",
				"%lld; expected at least slurm.requeue_delay_s, which is %lld",
				(long long)conf->slurm.requeue_delay_max_s,
				(long long)conf->slurm.requeue_delay_s);
		conf->slurm.requeue_delay_max_s = conf->slurm.requeue_delay_s;
	}
	if (check_mpi(w, root) < 0)
		return -1;
	snprintf(w->where, sizeof(w->where), "aws");
	return check_auth(w, child(root, "aws"));
}
