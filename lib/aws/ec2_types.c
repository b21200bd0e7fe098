/* SPDX-License-Identifier: Apache-2.0 */
/* Instance types and the zones that they are sold in: all of a region, page by page. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/answer.h"
#include "lib/aws/ec2.h"
#include "lib/aws/query.h"
#include "lib/base/cleanup.h"

#define TYPES_PAGE  "100"  /* EC2's largest */
#define OFFERS_PAGE "1000" /* likewise */
/* EC2 has about 1400 types, in up to six zones: ten times that is not an answer of EC2's. */
#define MAX_PAGES 150
#define ITEM      "instanceTypeSet/item"

/* --- pages ----------------------------------------------------------------------------------- */

struct pages {
	size_t *n;
	size_t page_starts; /* what earlier pages gave stays when this one is read again */
	char *next_token;
};

static void pages_release(struct pages *pages)
{
	free(pages->next_token);
}

static int pages_reset(struct pages *pages)
{
	*pages->n = pages->page_starts;
	free(STEAL_POINTER(pages->next_token));
	return 0;
}

static int pages_token(struct pages *pages, const char *text, struct err *err)
{
	free(pages->next_token);
	pages->next_token = NULL;
	if (!*text)
		return 0;
	pages->next_token = strdup(text);
	return pages->next_token ? 0 : err_nomem(err);
}

/* HEAD: "Action=…" and what else each page's request has. */
static int read_pages(struct aws *aws, const char *action, const struct strbuf *head,
	const char *max_results, xml_element_fn *element, int (*reset)(void *arg, struct err *err),
	void *arg, struct pages *pages, struct err *err)
{
	for (unsigned page = 0; page < MAX_PAGES; page++) {
		CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

		strbuf_addstr(&body, head->failed ? "" : head->buf);
		body.failed |= head->failed;
		query_add(&body, max_results, "MaxResults");
		if (pages->next_token)
			query_add(&body, pages->next_token, "NextToken");
		free(STEAL_POINTER(pages->next_token));
		pages->page_starts = *pages->n;
		if (ec2_send(aws, action, &body, element, reset, arg, NULL, err) < 0)
			return -1;
		if (!pages->next_token)
			return 0;
	}
	return err_set(err, ERR_FATAL, "%s: more than %d pages", action, MAX_PAGES);
}

/* --- types ----------------------------------------------------------------------------------- */

struct types {
	struct told_type *all;
	size_t n;
	struct pages pages;
	struct told_type now;
	bool efa, too_many;
	unsigned total_ifs;
	char index[24], ifs[24]; /* of the network card that is being read */
};

static void types_release(struct types *types)
{
	free(types->all);
	pages_release(&types->pages);
}

static void forget_type(struct types *types)
{
	memset(&types->now, 0, sizeof(types->now));
	types->efa = types->too_many = false;
	types->total_ifs = 0;
	types->index[0] = types->ifs[0] = '\0';
}

static int types_reset(void *arg, struct err *err)
{
	struct types *types = arg;

	forget_type(types);
	return pages_reset(&types->pages);
}

/* TEXT as a number of at most MAX: what is more, or none, is no type that we could use. */
static unsigned number(struct types *types, const char *text, unsigned max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value > max) {
		types->too_many = true;
		return 0;
	}
	return (unsigned)value;
}

static void end_card(struct types *types)
{
	struct instance_type *info = &types->now.info;
	unsigned index = number(types, types->index[0] ? types->index : "0", UINT8_MAX);
	unsigned ifs = number(types, types->ifs, UINT8_MAX);
	uint8_t *room = &info->card_ifs[index > 0];

	/* of further cards that differ, what each of them has room for */
	if (!*room || ifs < *room)
		*room = (uint8_t)ifs;
	info->cards++;
	types->index[0] = types->ifs[0] = '\0';
}

static void on_network(struct types *types, const char *path, const char *text)
{
	struct instance_type *info = &types->now.info;

	if (!strcmp(path, "networkCards/item/networkCardIndex"))
		snprintf(types->index, sizeof(types->index), "%s", text);
	else if (!strcmp(path, "networkCards/item/maximumNetworkInterfaces"))
		snprintf(types->ifs, sizeof(types->ifs), "%s", text);
	else if (!strcmp(path, "networkCards/item"))
		end_card(types);
	else if (!strcmp(path, "maximumNetworkInterfaces"))
		types->total_ifs = number(types, text, UINT16_MAX);
	else if (!strcmp(path, "efaSupported"))
		types->efa = !strcmp(text, "true");
	else if (!strcmp(path, "efaInfo/maximumEfaInterfaces"))
		info->efa_max = (uint8_t)number(types, text, UINT8_MAX);
}

static void on_type(struct types *types, const char *path, const char *text)
{
	struct instance_type *info = &types->now.info;
	const char *network = answer_below(path, "networkInfo");

	if (network) {
		on_network(types, network, text);
	} else if (!strcmp(path, "instanceType")) {
		types->too_many |= strlen(text) >= sizeof(types->now.name);
		snprintf(types->now.name, sizeof(types->now.name), "%s", text);
	} else if (!strcmp(path, "supportedUsageClasses/item")) {
		info->spot |= !strcmp(text, "spot");
		info->on_demand |= !strcmp(text, "on-demand");
	} else if (!strcmp(path, "processorInfo/supportedArchitectures/item")) {
		/* t2 lists i386 before x86_64; a Mac is neither of ours */
		if (info->arch == ARCH_ANY)
			info->arch = arch_parse(text);
	} else if (!strcmp(path, "vCpuInfo/defaultVCpus")) {
		info->vcpus = (uint16_t)number(types, text, UINT16_MAX);
	} else if (!strcmp(path, "vCpuInfo/defaultCores")) {
		info->cores = (uint16_t)number(types, text, UINT16_MAX);
	} else if (!strcmp(path, "memoryInfo/sizeInMiB")) {
		info->mem_mib = number(types, text, UINT32_MAX);
	} else if (!strcmp(path, "gpuInfo/gpus/item/count")) {
		info->gpus = (uint8_t)(info->gpus + number(types, text, UINT8_MAX - info->gpus));
	} else if (!strcmp(path, "placementGroupInfo/supportedStrategies/item")) {
		info->cluster_group |= !strcmp(text, "cluster");
	}
}

/* What EC2 leaves out of old types, and what follows from the rest. */
static void complete(struct types *types)
{
	struct instance_type *info = &types->now.info;

	if (!info->cores)
		info->cores = info->vcpus;
	if (!info->cards) {
		info->cards = 1;
		info->card_ifs[0] = (uint8_t)(types->total_ifs > UINT8_MAX ? UINT8_MAX
									   : types->total_ifs);
	}
	if (!types->efa)
		info->efa_max = 0;
	else if (!info->efa_max)
		info->efa_max = 1;
	/* EC2 does not say which: with an EFA for each card but one, the first is p6-b300's ENA */
	info->efa_on_card0 = info->efa_max >= info->cards;
}

static int end_type(struct types *types, struct err *err)
{
	struct told_type *all;

	complete(types);
	types->now.info.name = types->now.name;
	if (types->now.name[0] && !types->too_many && !told_check(&types->now.info, NULL)) {
		all = answer_grow(types->all, &types->n, sizeof(*all), err);
		if (!all)
			return -1;
		types->all = all;
		all[types->n - 1] = types->now;
	}
	forget_type(types);
	return 0;
}

static int on_types(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	struct types *types = arg;
	const char *rest = answer_below(path, ITEM);

	if (event == XML_BEGIN)
		return 0;
	if (!strcmp(path, "nextToken"))
		return pages_token(&types->pages, text, err);
	if (rest)
		on_type(types, rest, text);
	return strcmp(path, ITEM) ? 0 : end_type(types, err);
}

int ec2_describe_instance_types(struct aws *aws, struct told_type **out, size_t *n, struct err *err)
{
	CLEANUP(types_release) struct types types = {.pages.n = &types.n};
	CLEANUP(strbuf_release) struct strbuf head = STRBUF_INIT;

	query_begin(&head, "DescribeInstanceTypes", QUERY_EC2_VERSION);
	if (read_pages(aws, "DescribeInstanceTypes", &head, TYPES_PAGE, on_types, types_reset,
		    &types, &types.pages, err) < 0)
		return -1;
	*n = told_settle(types.all, types.n);
	*out = STEAL_POINTER(types.all);
	return 0;
}

/* --- offerings ------------------------------------------------------------------------------- */

struct offers {
	struct told_offer *all;
	size_t n;
	struct pages pages;
	struct told_offer now;
};

static void offers_release(struct offers *offers)
{
	free(offers->all);
	pages_release(&offers->pages);
}

static int offers_reset(void *arg, struct err *err)
{
	struct offers *offers = arg;

	memset(&offers->now, 0, sizeof(offers->now));
	return pages_reset(&offers->pages);
}

static int on_offers(
	void *arg, enum xml_event event, const char *path, const char *text, struct err *err)
{
	static const char item[] = "instanceTypeOfferingSet/item";
	static const struct answer_field fields[] = {
		ANSWER_FIELD("instanceType", struct offers, now.type),
		ANSWER_FIELD("location", struct offers, now.az),
	};
	struct offers *offers = arg;
	const char *rest = answer_below(path, item);
	struct told_offer *all;

	if (event == XML_BEGIN)
		return 0;
	if (!strcmp(path, "nextToken"))
		return pages_token(&offers->pages, text, err);
	if (rest)
		answer_copy(offers, fields, ARRAY_SIZE(fields), rest, text);
	if (strcmp(path, item))
		return 0;
	if (offers->now.type[0] && offers->now.az[0]) {
		all = answer_grow(offers->all, &offers->n, sizeof(*all), err);
		if (!all)
			return -1;
		offers->all = all;
		all[offers->n - 1] = offers->now;
	}
	memset(&offers->now, 0, sizeof(offers->now));
	return 0;
}

int ec2_describe_type_offerings(
	struct aws *aws, struct told_offer **out, size_t *n, struct err *err)
{
	CLEANUP(offers_release) struct offers offers = {.pages.n = &offers.n};
	CLEANUP(strbuf_release) struct strbuf head = STRBUF_INIT;

	query_begin(&head, "DescribeInstanceTypeOfferings", QUERY_EC2_VERSION);
	query_add(&head, "availability-zone", "LocationType");
	if (read_pages(aws, "DescribeInstanceTypeOfferings", &head, OFFERS_PAGE, on_offers,
		    offers_reset, &offers, &offers.pages, err) < 0)
		return -1;
	*out = STEAL_POINTER(offers.all);
	*n = offers.n;
	return 0;
}
