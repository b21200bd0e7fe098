/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec2_client: lib/aws driven word by word, for aws_client.bats. Region, endpoint and credentials
 * come from the environment. Prints results in lines; "CLASS CODE TEXT" on stderr and the class's
 * exit status on failure.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/ec2.h"
#include "lib/aws/event.h"
#include "lib/aws/quotas.h"
#include "lib/aws/sqs.h"
#include "lib/base/cleanup.h"

static int caller(struct aws *aws, char **argv, struct err *err)
{
	cleanup_free char *arn = aws_caller(aws, err);

	if (!arn)
		return -1;
	puts(arn);
	return 0;
}

/* group-create NAME KEY VALUE */
static int group_create(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_tag tag = {argv[1], argv[2]};

	return ec2_create_placement_group(aws, argv[0], "cluster", &tag, 1, err);
}

static int group_state(struct aws *aws, char **argv, struct err *err)
{
	char state[32];

	if (ec2_placement_group_state(aws, argv[0], state, sizeof(state), err) < 0)
		return -1;
	puts(state);
	return 0;
}

static int group_delete(struct aws *aws, char **argv, struct err *err)
{
	return ec2_delete_placement_group(aws, argv[0], err);
}

/* group-list KEY VALUE */
static int group_list(struct aws *aws, char **argv, struct err *err)
{
	char **names;
	size_t n;

	if (ec2_list_placement_groups(aws, argv[0], argv[1], &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		puts(names[i]);
		free(names[i]);
	}
	free(names);
	return 0;
}

static int group_count(struct aws *aws, char **argv, struct err *err)
{
	size_t n;

	if (ec2_count_placement_groups(aws, &n, err) < 0)
		return -1;
	printf("%zu\n", n);
	return 0;
}

/* template NAME VERSION */
static int look(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_template t;

	if (ec2_describe_template(aws, argv[0], argv[1], &t, err) < 0)
		return -1;
	printf("%s %" PRId64 " %s %s", t.id, t.version, t.image_id ? t.image_id : "-",
		t.has_user_data ? "data" : "-");
	for (size_t i = 0; i < t.nsecurity_groups; i++)
		printf(" %s", t.security_groups[i]);
	putchar('\n');
	ec2_template_release(&t);
	return 0;
}

/* derive ID SOURCE GROUP PROFILE TOKEN [RESERVATION [block]] */
static int derive(struct aws *aws, char **argv, struct err *err)
{
	static const struct ec2_nic nics[] = {
		{0, 0, "interface"}, {0, 1, "efa-only"}, {1, 0, "efa-only"}};
	const char *groups[] = {argv[2]};
	struct ec2_template_extra extra = {argv[5], argv[5] && argv[6]};
	int64_t version;

	if (ec2_create_template_version(aws, argv[0], strtoll(argv[1], NULL, 10), nics,
		    ARRAY_SIZE(nics), groups, 1, *argv[3] ? argv[3] : NULL, &extra, argv[4],
		    "derived", &version, err) < 0)
		return -1;
	printf("%" PRId64 "\n", version);
	return 0;
}

/* template-delete ID VERSION */
static int template_delete(struct aws *aws, char **argv, struct err *err)
{
	return ec2_delete_template_version(aws, argv[0], strtoll(argv[1], NULL, 10), err);
}

/* template-versions ID */
static int template_versions(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_template_version *all;
	size_t n;

	if (ec2_list_template_versions(aws, argv[0], &all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%" PRId64 " %s %s %s\n", all[i].number,
			all[i].created_s > 1700000000 ? "created" : "-",
			all[i].is_default ? "default" : "-",
			all[i].description[0] ? all[i].description : "-");
	free(all);
	return 0;
}

/*
 * fleet ID VERSION TYPE SUBNET GROUP COUNT MARKET TOKEN KEY VALUE [MAX-PRICE-UUSD]
 * MARKET: spot, on-demand, reserved-first, block
 */
static int fleet(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_override override = {argv[2], argv[3], *argv[4] ? argv[4] : NULL, 0,
		argv[10] ? strtoll(argv[10], NULL, 10) : -1};
	struct ec2_fleet_config config = {argv[0], strtoll(argv[1], NULL, 10), &override, 1};
	struct ec2_tag tag = {argv[8], argv[9]};
	struct ec2_fleet_request request = {&config, 1, (int)strtol(argv[5], NULL, 10), true,
		!strcmp(argv[6], "spot"), argv[7], &tag, 1, !strcmp(argv[6], "reserved-first"),
		!strcmp(argv[6], "block")};
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct ec2_fleet_result r;

	if (ec2_fleet_encode(&request, &body, err) < 0 ||
		ec2_create_fleet(aws, body.buf, body.len, &r, err) < 0)
		return -1;
	for (size_t i = 0; i < r.ninstances; i++)
		printf("instance %s %s %s %s\n", r.instances[i].id, r.instances[i].type,
			r.instances[i].subnet, r.instances[i].spot ? "spot" : "on-demand");
	for (size_t i = 0; i < r.nerrors; i++)
		printf("error %s %s\n", r.errors[i].code, r.errors[i].type);
	ec2_fleet_result_release(&r);
	return 0;
}

static int show(struct ec2_instances *all, const char *key)
{
	for (size_t i = 0; i < all->n; i++) {
		struct ec2_instance *one = &all->all[i];
		const char *tag = ec2_instance_tag(one, key);

		printf("%s %s %s %s %s %s %s\n", one->id, one->state, one->type,
			one->private_ip[0] ? one->private_ip : "-",
			one->group[0] ? one->group : "-", tag ? tag : "-",
			one->launched_s ? "launched" : "-");
	}
	ec2_instances_release(all);
	return 0;
}

/* by-id KEY ID... */
static int by_id(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_instances all = {0};
	size_t n = 0;

	while (argv[1 + n])
		n++;
	if (ec2_describe_instances(aws, (const char *const *)argv + 1, n, NULL, 0, &all, err) < 0)
		return -1;
	return show(&all, argv[0]);
}

/* by-tag KEY VALUE */
static int by_tag(struct aws *aws, char **argv, struct err *err)
{
	const char *values[] = {argv[1]};
	struct ec2_instances all = {0};
	char name[300];
	struct ec2_filter filter = {name, values, 1};

	snprintf(name, sizeof(name), "tag:%s", argv[0]);
	if (ec2_describe_instances(aws, NULL, 0, &filter, 1, &all, err) < 0)
		return -1;
	return show(&all, argv[0]);
}

/* tag KEY VALUE ID... */
static int tag_them(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_tag tag = {argv[0], argv[1]};
	size_t n = 0;

	while (argv[2 + n])
		n++;
	return ec2_create_tags(aws, (const char *const *)argv + 2, n, &tag, 1, err);
}

static int terminate(struct aws *aws, char **argv, struct err *err)
{
	size_t n = 0;

	while (argv[n])
		n++;
	return ec2_terminate_instances(aws, (const char *const *)argv, n, err);
}

static int console(struct aws *aws, char **argv, struct err *err)
{
	cleanup_free char *text = NULL;

	if (ec2_console_output(aws, argv[0], &text, err) < 0)
		return -1;
	puts(text ? text : "(none)");
	return 0;
}

/* reservations ID... */
static int reservations(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_reservation *all;
	size_t n = 0;

	while (argv[n])
		n++;
	if (ec2_describe_capacity_reservations(aws, (const char *const *)argv, n, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%s %s %s %s %s %s %s %s %" PRId64 "/%" PRId64 "\n", all[i].id, all[i].type,
			all[i].az, all[i].state, all[i].kind, all[i].match, all[i].tenancy,
			all[i].group_arn[0] ? all[i].group_arn : "-", all[i].free, all[i].total);
	free(all);
	return 0;
}

/* quota CODE */
static int quota(struct aws *aws, char **argv, struct err *err)
{
	int64_t vcpus;

	if (quotas_vcpus(aws, argv[0], &vcpus, err) < 0)
		return -1;
	printf("%" PRId64 "\n", vcpus);
	return 0;
}

static int subnets(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_subnet *all;
	size_t n = 0;

	while (argv[n])
		n++;
	if (ec2_describe_subnets(aws, (const char *const *)argv, n, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%s %s %" PRId64 "\n", all[i].id, all[i].az, all[i].free_addresses);
	free(all);
	return 0;
}

/* status FILTER VALUE, or status ID... */
static int status(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_filter filter = {argv[0], (const char *const *)argv + 1, 1};
	struct ec2_statuses all = {0};
	size_t n = 0;

	while (argv[n])
		n++;
	if (!strncmp(argv[0], "i-", 2)
			? ec2_describe_instance_status(
				  aws, (const char *const *)argv, n, NULL, 0, true, &all, err)
			: ec2_describe_instance_status(aws, NULL, 0, &filter, 1, false, &all, err))
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		printf("%s %s %s %s %s %s", all.all[i].id, all.all[i].az, all.all[i].state,
			all.all[i].system_check, all.all[i].instance_check,
			all.all[i].impaired_since_s ? "since" : "-");
		for (size_t k = 0; k < all.all[i].nevents; k++)
			printf(" %s/%s/%s", all.all[i].events[k].code, all.all[i].events[k].text,
				all.all[i].events[k].over ? "over" : "to come");
		putchar('\n');
	}
	ec2_statuses_release(&all);
	return 0;
}

/* spot FILTER VALUE */
static int spot(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_filter filter = {argv[0], (const char *const *)argv + 1, 1};
	struct ec2_spot_request *all;
	size_t n;

	if (ec2_describe_spot_requests(aws, &filter, 1, &all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		printf("%s %s %s %s%s\n", all[i].instance, all[i].state, all[i].code,
			all[i].updated_s ? "timed" : "-",
			ec2_spot_is_marked(all[i].code) ? " marked" : "");
	free(all);
	return 0;
}

/* ends ID...: state, reason, seconds from launch to EC2's end */
static int ends(struct aws *aws, char **argv, struct err *err)
{
	struct ec2_instances all = {0};
	size_t n = 0;

	while (argv[n])
		n++;
	if (ec2_describe_instances(aws, (const char *const *)argv, n, NULL, 0, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		printf("%s %s %s %" PRId64 "\n", all.all[i].id, all.all[i].state,
			all.all[i].reason[0] ? all.all[i].reason : "-",
			all.all[i].ended_s ? all.all[i].ended_s - all.all[i].launched_s : -1);
	ec2_instances_release(&all);
	return 0;
}

/* receive URL WAIT_S keep|delete */
static int receive(struct aws *aws, char **argv, struct err *err)
{
	struct sqs_messages messages = {0};
	int rc;

	if (sqs_check_url(argv[0], NULL, 0, err) < 0 ||
		sqs_receive(aws, argv[0], (int)strtol(argv[1], NULL, 10), NULL, &messages, err) < 0)
		return -1;
	for (size_t i = 0; i < messages.n; i++) {
		const struct sqs_message *m = &messages.all[i];
		struct event event = {0};
		struct err why = {0};

		printf("%d %s ", m->received, m->sent_ms ? "timed" : "-");
		if (event_parse(m->body, m->len, &event, &why) < 0)
			printf("%s\n", why.text);
		else
			printf("%s %s %s %s\n", event_kind_name(event.kind), event.region,
				event.ninstances ? event.instances[0] : "-",
				event.what[0] ? event.what : "-");
		event_release(&event);
	}
	rc = !strcmp(argv[2], "delete") ? sqs_delete(aws, argv[0], messages.all, messages.n, err)
					: 0;
	sqs_messages_release(&messages);
	return rc;
}

static const struct {
	const char *name;
	int args; /* at least */
	int (*run)(struct aws *aws, char **argv, struct err *err);
} commands[] = {
	{"caller", 0, caller},
	{"group-create", 3, group_create},
	{"group-state", 1, group_state},
	{"group-delete", 1, group_delete},
	{"group-list", 2, group_list},
	{"group-count", 0, group_count},
	{"template", 2, look},
	{"template-versions", 1, template_versions},
	{"derive", 5, derive},
	{"template-delete", 2, template_delete},
	{"fleet", 10, fleet},
	{"by-id", 2, by_id},
	{"by-tag", 2, by_tag},
	{"tag", 3, tag_them},
	{"terminate", 1, terminate},
	{"subnets", 1, subnets},
	{"console", 1, console},
	{"reservations", 1, reservations},
	{"quota", 1, quota},
	{"status", 1, status},
	{"spot", 2, spot},
	{"ends", 1, ends},
	{"receive", 3, receive},
};

int main(int argc, char **argv)
{
	struct aws_options options = {0};
	struct err err = {0};
	struct aws *aws;
	int rc = -1;

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) || argc - 2 < commands[i].args)
			continue;
		aws = aws_create(&options, &err);
		if (aws)
			rc = commands[i].run(aws, argv + 2, &err);
		aws_destroy(aws);
		if (rc < 0)
			fprintf(stderr, "%s %s %s\n", err_class_name(err.class),
				err.code[0] ? err.code : "-", err.text);
		return rc < 0 ? err_exit_code(err.class) : 0;
	}
	fprintf(stderr, "usage: ec2_client COMMAND ARGUMENT... (see the source)\n");
	return 2;
}
