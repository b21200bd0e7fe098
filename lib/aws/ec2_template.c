/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Launch templates: look, and derive a version with other interfaces.
 *
 * A derived version is written out in full instead of naming SourceVersion: what a source
 * has can be overridden but not removed, and EC2 refuses instance-level security groups beside
 * network interfaces. The parameters of a request are called as the answer calls them, with a
 * capital, and "Set" at the end of a list's name left off (checked against EC2's model; the
 * exceptions are below).
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define VERSION_ITEM "launchTemplateVersionSet/item"
#define LIST_PAGE    "200" /* EC2's largest */
#define MAX_PAGES    50    /* EC2 keeps at most 10000 versions */

static void begin_versions(
	struct strbuf *body, const char *action, const char *name_or_id, const char *version)
{
	bool is_id = !strncmp(name_or_id, "lt-", 3) &&
		     !name_or_id[3 + strspn(name_or_id + 3, "0123456789abcdef")];

	query_begin(body, action, QUERY_EC2_VERSION);
	query_add(body, name_or_id, is_id ? "LaunchTemplateId" : "LaunchTemplateName");
	query_add(body, version, "LaunchTemplateVersion.1");
}

/* --- look ------------------------------------------------------------------------------------ */

struct groups {
	char **all;
	size_t n;
};

struct look {
	char id[64], version[24], device[16], card[16];
	char *image_id;
	bool found, has_user_data;
	struct groups own, interface,
		primary; /* of the template; the interface being read; device 0 */
};

static void groups_release(struct groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		free(groups->all[i]);
	free(groups->all);
	*groups = (struct groups){0};
}

static void look_release(struct look *look)
{
	groups_release(&look->own);
	groups_release(&look->interface);
	groups_release(&look->primary);
	free(look->image_id);
	memset(look, 0, sizeof(*look));
}

static int look_reset(void *arg, struct err *err)
{
	look_release(arg);
	return 0;
}

static int add_group(struct groups *groups, const char *id, struct err *err)
{
	char **all = answer_grow(groups->all, &groups->n, sizeof(*all), err);

	if (!all)
		return -1;
	groups->all = all;
	all[groups->n - 1] = strdup(id);
	return all[groups->n - 1] ? 0 : err_nomem(err);
}

static bool is_zero(const char *number)
{
	return !number[0] || !strcmp(number, "0");
}

static int on_version(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
#define DATA "launchTemplateData/"
#define NIC  DATA "networkInterfaceSet/item"
	static const struct answer_field fields[] = {
		ANSWER_FIELD("launchTemplateId", struct look, id),
		ANSWER_FIELD("versionNumber", struct look, version),
		ANSWER_FIELD(NIC "/deviceIndex", struct look, device),
		ANSWER_FIELD(NIC "/networkCardIndex", struct look, card),
	};
	struct look *look = arg;
	const char *rest = answer_below(path, VERSION_ITEM);

	if (event == XML_BEGIN || !rest)
		return 0;
	look->found = true;
	answer_copy(look, fields, ARRAY_SIZE(fields), rest, text);
	if (!strcmp(rest, DATA "imageId")) {
		free(look->image_id);
		look->image_id = strdup(text);
		return look->image_id ? 0 : err_nomem(err);
	}
	if (!strcmp(rest, DATA "userData"))
		look->has_user_data = *text;
	if (!strcmp(rest, DATA "securityGroupIdSet/item"))
		return add_group(&look->own, text, err);
	/* EC2's one list whose elements are not called "item" */
	if (!strcmp(rest, NIC "/groupSet/groupId") || !strcmp(rest, NIC "/groupSet/item"))
		return add_group(&look->interface, text, err);
	if (!strcmp(rest, NIC)) {
		if (is_zero(look->device) && is_zero(look->card) && !look->primary.n) {
			look->primary = look->interface;
			look->interface = (struct groups){0};
		}
		groups_release(&look->interface);
		look->device[0] = look->card[0] = '\0';
	}
	return 0;
}

int ec2_describe_template(struct aws *aws, const char *name_or_id, const char *version,
	struct ec2_template *out, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(look_release) struct look look = {0};
	struct groups *groups;

	begin_versions(&body, "DescribeLaunchTemplateVersions", name_or_id, version);
	if (ec2_send(aws, "DescribeLaunchTemplateVersions", &body, on_version, look_reset, &look,
		    NULL, err) < 0)
		return -1;
	if (!look.found || !look.id[0] || !look.version[0])
		return err_set(err, ERR_NOTFOUND, "launch template %s has no version %s",
			name_or_id, version);
	groups = look.own.n ? &look.own : &look.primary;
	*out = (struct ec2_template){
		.version = strtoll(look.version, NULL, 10),
		.security_groups = groups->all,
		.nsecurity_groups = groups->n,
		.image_id = look.image_id,
		.has_user_data = look.has_user_data,
	};
	memcpy(out->id, look.id, sizeof(out->id));
	*groups = (struct groups){0};
	look.image_id = NULL;
	return 0;
}

void ec2_template_release(struct ec2_template *template)
{
	for (size_t i = 0; i < template->nsecurity_groups; i++)
		free(template->security_groups[i]);
	free(template->security_groups);
	free(template->image_id);
	memset(template, 0, sizeof(*template));
}

/* --- derive ---------------------------------------------------------------------------------- */

struct copy { /* from the answer's elements to a request's parameters */
	struct strbuf params;
	size_t item[XML_MAX_DEPTH]; /* number of the list's element under way, by depth */
	bool leaf;                  /* nothing began since the last beginning */
	bool found;
	/* given, in place of what the source has */
	bool own_profile, own_reservation, own_market;
};

static unsigned depth_of(const char *path)
{
	unsigned n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* What the derived version says for itself, or what only an answer has. */
static bool is_dropped(const struct copy *copy, const char *rest)
{
	static const char *const dropped[] = {
		"networkInterfaceSet",
		"securityGroupIdSet",
		"securityGroupSet",
		"operator",
		"metadataOptions/state",
		"metadataOptions/httpTokens",
		"metadataOptions/httpEndpoint",
		"metadataOptions/instanceMetadataTags",
	};

	for (size_t i = 0; i < ARRAY_SIZE(dropped); i++)
		if (!strcmp(rest, dropped[i]) || answer_below(rest, dropped[i]))
			return true;
	return (copy->own_profile && answer_below(rest, "iamInstanceProfile")) ||
	       (copy->own_reservation && answer_below(rest, "capacityReservationSpecification")) ||
	       (copy->own_market && answer_below(rest, "instanceMarketOptions"));
}

/* "tagSpecificationSet/item/tagSet/item/key" as "TagSpecification.1.Tag.2.Key" */
static void add_name(struct strbuf *out, const struct copy *copy, const char *rest, unsigned depth)
{
	for (;; depth++) {
		size_t n = strcspn(rest, "/"), keep = n;

		strbuf_addch(out, '.');
		if (n == 4 && !strncmp(rest, "item", 4)) {
			strbuf_addf(out, "%zu", copy->item[depth]);
		} else if (n == 10 && !strncmp(rest, "licenseSet", 10)) {
			strbuf_addstr(out, "LicenseSpecification");
		} else {
			if (n > 3 && !strncmp(rest + n - 3, "Set", 3))
				keep -= 3;
			strbuf_addch(out, (char)toupper((unsigned char)*rest));
			strbuf_add(out, rest + 1, keep - 1);
		}
		if (!rest[n])
			return;
		rest += n + 1;
	}
}

static int on_copy(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const char data[] = VERSION_ITEM "/launchTemplateData";
	struct copy *copy = arg;
	const char *rest = answer_below(path, data), *last = strrchr(path, '/');
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	unsigned depth = depth_of(path);
	bool leaf = copy->leaf;
	size_t n = strlen(path);

	if (event == XML_BEGIN) {
		if (!strcmp(path, VERSION_ITEM))
			copy->found = true;
		if (last && !strcmp(last, "/item"))
			copy->item[depth]++;
		if (depth + 1 < XML_MAX_DEPTH)
			copy->item[depth + 1] = 0;
		copy->leaf = true;
		return 0;
	}
	copy->leaf = false;
	/* an empty list or struct looks like an empty string; only noDevice means something empty
	 */
	if (!rest || !leaf || is_dropped(copy, rest))
		return 0;
	if (!*text && (n < 9 || strcmp(path + n - 9, "/noDevice")))
		return 0;
	add_name(&name, copy, rest, depth_of(data) + 1);
	query_add(&copy->params, text, "LaunchTemplateData%s", name.buf);
	return name.failed || copy->params.failed ? err_nomem(err) : 0;
}

static void copy_release(struct copy *copy)
{
	http_wipe_release(&copy->params); /* user data may hold a secret */
}

static int copy_reset(void *arg, struct err *err)
{
	struct copy *copy = arg;

	copy_release(copy);
	memset(copy->item, 0, sizeof(copy->item));
	copy->found = false;
	return 0;
}

struct created {
	char version[24];
};

static int on_created(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const struct answer_field fields[] = {
		ANSWER_FIELD("launchTemplateVersion/versionNumber", struct created, version),
	};

	if (event == XML_END)
		answer_copy(arg, fields, ARRAY_SIZE(fields), path, text);
	return 0;
}

static void add_nics(struct strbuf *body, const struct ec2_nic *nics, size_t nnics,
	const char *const *groups, size_t ngroups)
{
#define NIC_PARAM "LaunchTemplateData.NetworkInterface.%zu."
	for (size_t i = 0; i < nnics; i++) {
		query_add_int(body, nics[i].device, NIC_PARAM "DeviceIndex", i + 1);
		query_add_int(body, nics[i].card, NIC_PARAM "NetworkCardIndex", i + 1);
		query_add(body, nics[i].type, NIC_PARAM "InterfaceType", i + 1);
		query_add(body, "true", NIC_PARAM "DeleteOnTermination", i + 1);
		for (size_t k = 0; k < ngroups; k++)
			query_add(body, groups[k], NIC_PARAM "SecurityGroupId.%zu", i + 1, k + 1);
	}
}

int ec2_create_template_version(struct aws *aws, const char *id, int64_t source,
	const struct ec2_nic *nics, size_t nnics, const char *const *groups, size_t ngroups,
	const char *instance_profile, const struct ec2_template_extra *extra, const char *token,
	const char *description, int64_t *version, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf look = STRBUF_INIT;
	CLEANUP(http_wipe_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(copy_release)
	struct copy copy = {
		.params = STRBUF_INIT,
		.own_profile = instance_profile != NULL,
		.own_reservation = extra && extra->reservation,
		.own_market = extra && extra->block,
	};
	struct created created = {0};
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, source);
	begin_versions(&look, "DescribeLaunchTemplateVersions", id, number);
	if (ec2_send(aws, "DescribeLaunchTemplateVersions", &look, on_copy, copy_reset, &copy, NULL,
		    err) < 0)
		return -1;
	if (!copy.found)
		return err_set(
			err, ERR_NOTFOUND, "launch template %s has no version %s", id, number);
	query_begin(&body, "CreateLaunchTemplateVersion", QUERY_EC2_VERSION);
	query_add(&body, token, "ClientToken");
	query_add(&body, id, "LaunchTemplateId");
	query_add(&body, description, "VersionDescription");
	strbuf_add(&body, copy.params.buf, copy.params.len);
	add_nics(&body, nics, nnics, groups, ngroups);
	if (instance_profile)
		query_add(&body, instance_profile, "LaunchTemplateData.IamInstanceProfile.%s",
			!strncmp(instance_profile, "arn:", 4) ? "Arn" : "Name");
	/* a preference ("open") beside a target is refused: of the source's there is nothing left
	 */
	if (copy.own_reservation)
		query_add(&body, extra->reservation,
			"LaunchTemplateData.CapacityReservationSpecification."
			"CapacityReservationTarget.CapacityReservationId");
	if (copy.own_market)
		query_add(&body, "capacity-block",
			"LaunchTemplateData.InstanceMarketOptions.MarketType");
	query_add(&body, "enabled", "LaunchTemplateData.MetadataOptions.HttpEndpoint");
	query_add(&body, "required", "LaunchTemplateData.MetadataOptions.HttpTokens");
	query_add(&body, "enabled", "LaunchTemplateData.MetadataOptions.InstanceMetadataTags");
	if (ec2_send(aws, "CreateLaunchTemplateVersion", &body, on_created, NULL, &created, NULL,
		    err) < 0)
		return -1;
	if (!created.version[0])
		return err_set(
			err, ERR_FATAL, "CreateLaunchTemplateVersion: the answer has no version");
	*version = strtoll(created.version, NULL, 10);
	return 0;
}

/* --- list ------------------------------------------------------------------------------------ */

struct list {
	struct ec2_template_version *all;
	size_t n;
	size_t page_starts; /* versions of earlier pages stay when this one is read again */
	struct ec2_template_version now;
	char number[24], created[40], is_default[8];
	char *next_token;
};

static void list_release(struct list *list)
{
	free(list->all);
	free(list->next_token);
}

static int list_reset(void *arg, struct err *err)
{
	struct list *list = arg;

	list->n = list->page_starts;
	list->now.description[0] = '\0';
	list->number[0] = list->created[0] = list->is_default[0] = '\0';
	free(STEAL_POINTER(list->next_token));
	return 0;
}

static int on_listed(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const struct answer_field fields[] = {
		ANSWER_FIELD(VERSION_ITEM "/versionNumber", struct list, number),
		ANSWER_FIELD(VERSION_ITEM "/versionDescription", struct list, now.description),
		ANSWER_FIELD(VERSION_ITEM "/createTime", struct list, created),
		ANSWER_FIELD(VERSION_ITEM "/defaultVersion", struct list, is_default),
	};
	struct list *list = arg;
	struct ec2_template_version *all;

	if (event == XML_BEGIN)
		return 0;
	answer_copy(list, fields, ARRAY_SIZE(fields), path, text);
	if (!strcmp(path, "nextToken") && *text) {
		free(list->next_token);
		list->next_token = strdup(text);
		return list->next_token ? 0 : err_nomem(err);
	}
	if (strcmp(path, VERSION_ITEM))
		return 0;
	list->now.number = strtoll(list->number, NULL, 10);
	list->now.is_default = !strcmp(list->is_default, "true");
	list->now.created_s = 0;
	if (list->created[0] && clock_parse_iso(list->created, &list->now.created_s, err) < 0)
		return err_prefix(err, "launch template version %s", list->number);
	all = answer_grow(list->all, &list->n, sizeof(*all), err);
	if (!all)
		return -1;
	list->all = all;
	all[list->n - 1] = list->now;
	list->now.description[0] = '\0';
	list->number[0] = list->created[0] = list->is_default[0] = '\0';
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct ec2_template_version *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int ec2_list_template_versions(struct aws *aws, const char *id,
	struct ec2_template_version **versions, size_t *n, struct err *err)
{
	CLEANUP(list_release) struct list list = {0};

	for (unsigned page = 0; page < MAX_PAGES; page++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		query_begin(&body, "DescribeLaunchTemplateVersions", QUERY_EC2_VERSION);
		query_add(&body, id, "LaunchTemplateId");
		query_add(&body, LIST_PAGE, "MaxResults");
		if (list.next_token)
			query_add(&body, list.next_token, "NextToken");
		free(STEAL_POINTER(list.next_token));
		list.page_starts = list.n;
		if (ec2_send(aws, "DescribeLaunchTemplateVersions", &body, on_listed, list_reset,
			    &list, NULL, err) < 0)
			return -1;
		if (list.next_token)
			continue;
		if (list.n)
			qsort(list.all, list.n, sizeof(*list.all), by_number);
		*versions = STEAL_POINTER(list.all);
		*n = list.n;
		return 0;
	}
	return err_set(
		err, ERR_FATAL, "DescribeLaunchTemplateVersions: more than %d pages", MAX_PAGES);
}

/* --- delete ---------------------------------------------------------------------------------- */

struct deleted {
	char code[ERR_CODE_SIZE], message[512];
};

static int on_deleted(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
#define FAILED "unsuccessfullyDeletedLaunchTemplateVersionSet/item/responseError/"
	static const struct answer_field fields[] = {
		ANSWER_FIELD(FAILED "code", struct deleted, code),
		ANSWER_FIELD(FAILED "message", struct deleted, message),
	};

	if (event == XML_END)
		answer_copy(arg, fields, ARRAY_SIZE(fields), path, text);
	return 0;
}

int ec2_delete_template_version(struct aws *aws, const char *id, int64_t version, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct deleted deleted = {0};
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, version);
	begin_versions(&body, "DeleteLaunchTemplateVersions", id, number);
	if (ec2_send(aws, "DeleteLaunchTemplateVersions", &body, on_deleted, NULL, &deleted, NULL,
		    err) < 0)
		return -1;
	/* HTTP 200 also where a version could not be deleted; one that is gone is as we want it */
	if (!deleted.code[0] || !strcmp(deleted.code, "launchTemplateVersionDoesNotExist") ||
		!strcmp(deleted.code, "launchTemplateIdDoesNotExist"))
		return 0;
	err_set(err, ec2_classify(deleted.code, 400), "DeleteLaunchTemplateVersions: %s: %s",
		deleted.code, deleted.message);
	if (err)
		snprintf(err->code, sizeof(err->code), "%s", deleted.code);
	return -1;
}
