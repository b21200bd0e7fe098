/* SPDX-License-Identifier: Apache-2.0 */
#include <slurm/slurm_version.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/slurm/slurm_internal.h"

#ifdef SLURM_HOSTLIST_IS_POINTER
typedef hostlist_t hostlist_ptr; /* up to 23.02 the type itself is the pointer */
#else
typedef hostlist_t *hostlist_ptr;
#endif

/*
 * InstanceId and InstanceType: before 23.11 there are none; 24.11 stores one text for every node of
 * the request; 26.05 takes lists, like the addresses (all run).
 */
#if defined(HAVE_UPDATE_NODE_MSG_T_INSTANCE_ID) && defined(HAVE_UPDATE_NODE_MSG_T_INSTANCE_TYPE)
#define HAVE_INSTANCE 1
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
#define HAVE_INSTANCE_LIST 1
#endif
#endif

static void free_nodes(node_info_msg_t **msg)
{
	if (*msg)
		slurm_free_node_info_msg(*msg);
}

static void free_hostlist(hostlist_ptr *list)
{
	if (*list)
		slurm_hostlist_destroy(*list);
}

static void fill_facts(const node_info_t *node, struct node_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	copy_text(facts->name, sizeof(facts->name), node->name);
	copy_text(facts->addr, sizeof(facts->addr), node->node_addr);
	copy_text(facts->hostname, sizeof(facts->hostname), node->node_hostname);
	copy_text(facts->reason, sizeof(facts->reason), node->reason);
	facts->reason_s = node->reason_time;
	facts->reason_uid = node->reason_uid;
	node_state_decode(node->node_state, facts);
	facts->boot_s = node->boot_time;
	facts->cpus = node->cpus;
	facts->mem_mib = node->real_memory;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node_info *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int compare_key(const void *key, const void *element)
{
	return strcmp(key, (*(const struct node_info *const *)element)->name);
}

/* The records of WANTED, in its order. */
static int pick_wanted(const node_info_msg_t *msg, const struct nodeset *wanted,
	struct node_facts *list, size_t *n, struct err *err)
{
	cleanup_free const node_info_t **sorted = calloc(
		(size_t)msg->record_count + 1, sizeof(*sorted));
	size_t known = 0;

	if (!sorted)
		return err_nomem(err);
	for (uint32_t i = 0; i < msg->record_count; i++)
		if (msg->node_array[i].name) /* NULL: hidden from us */
			sorted[known++] = &msg->node_array[i];
	qsort(sorted, known, sizeof(*sorted), compare_nodes);
	*n = 0;
	nodeset_for_each (wanted, i) {
		const node_info_t **node = bsearch(
			wanted->names[i], sorted, known, sizeof(*sorted), compare_key);

		if (node)
			fill_facts(*node, &list[(*n)++]);
	}
	return 0;
}

int slurm_client_nodes(
	const struct nodeset *wanted, struct node_facts **nodes, size_t *n, struct err *err)
{
	CLEANUP(free_nodes) node_info_msg_t *msg = NULL;
	cleanup_free struct node_facts *list = NULL;
	size_t count = 0;
	int rc;

	if (slurm_client_check(err) < 0)
		return -1;
	if (wanted && wanted->n == 1)
		rc = slurm_load_node_single(&msg, wanted->names[0], SHOW_ALL);
	else
		rc = slurm_load_node(0, &msg, SHOW_ALL);
	if (rc != SLURM_SUCCESS && errno != ESLURM_INVALID_NODE_NAME)
		return slurm_fail(err, "asking slurmctld for the nodes");
	list = calloc((wanted ? wanted->n : msg ? msg->record_count : 0) + 1, sizeof(*list));
	if (!list)
		return err_nomem(err);
	if (rc == SLURM_SUCCESS && wanted) {
		if (pick_wanted(msg, wanted, list, &count, err) < 0)
			return -1;
	} else if (rc == SLURM_SUCCESS) {
		for (uint32_t i = 0; i < msg->record_count; i++) {
			const node_info_t *node = &msg->node_array[i];

			if (node->name && (node->node_state & NODE_STATE_CLOUD))
				fill_facts(node, &list[count++]);
		}
	}
	*nodes = STEAL_POINTER(list);
	*n = count;
	return 0;
}

int slurm_client_nodes_changed(
	int64_t *since_s, struct node_facts **nodes, size_t *n, struct err *err)
{
	CLEANUP(free_nodes) node_info_msg_t *msg = NULL;
	struct node_facts *list;
	size_t count = 0;

	if (slurm_client_check(err) < 0)
		return -1;
	if (slurm_load_node((time_t)*since_s, &msg, SHOW_ALL) != SLURM_SUCCESS) {
		if (errno == SLURM_NO_CHANGE_IN_DATA)
			return 0;
		return slurm_fail(err, "asking slurmctld for the nodes");
	}
	list = calloc((size_t)msg->record_count + 1, sizeof(*list));
	if (!list)
		return err_nomem(err);
	for (uint32_t i = 0; i < msg->record_count; i++) {
		const node_info_t *node = &msg->node_array[i];

		if (node->name && (node->node_state & NODE_STATE_CLOUD))
			fill_facts(node, &list[count++]);
	}
	/* slurmctld compares with "later than": what changed in that second is told again */
	*since_s = msg->last_update;
	*nodes = list;
	*n = count;
	return 1;
}

/* HARMLESS: a number of libslurm's that counts as success, or 0. */
static int update(update_node_msg_t *msg, const char *doing, int harmless, struct err *err)
{
	if (slurm_update_node(msg) != SLURM_SUCCESS && !(harmless && errno == harmless))
		return slurm_fail(err, doing);
	return 0;
}

static int compare_addresses(const void *a, const void *b)
{
	const struct node_address *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int compare_name(const void *key, const void *element)
{
	return strcmp(key, (*(const struct node_address *const *)element)->name);
}

static bool has(const char *text)
{
	return text && *text;
}

static int sort_addresses(const struct node_address *nodes, size_t n,
	const struct node_address **sorted, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (node_address_check(nodes[i].name, err) < 0)
			return err_prefix(err, "name of node %zu", i);
		if (node_address_check(nodes[i].addr, err) < 0)
			return err_prefix(err, "node %s", nodes[i].name);
		if (has(nodes[i].instance_id) && node_address_check(nodes[i].instance_id, err) < 0)
			return err_prefix(err, "instance of node %s", nodes[i].name);
		if (has(nodes[i].instance_type) &&
			node_address_check(nodes[i].instance_type, err) < 0)
			return err_prefix(err, "instance type of node %s", nodes[i].name);
		sorted[i] = &nodes[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare_addresses);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(sorted[i - 1]->name, sorted[i]->name))
			return err_set(err, ERR_USAGE, "node %s is named twice", sorted[i]->name);
	return 0;
}

/* What one request says of its nodes, each a list in the same order. */
struct lists {
	struct strbuf names, addrs;
	struct strbuf ids, types; /* "" unless every node has one */
};

static void lists_release(struct lists *lists)
{
	strbuf_release(&lists->names);
	strbuf_release(&lists->addrs);
	strbuf_release(&lists->ids);
	strbuf_release(&lists->types);
}

#define LISTS_INIT                                                                                 \
	{                                                                                          \
		STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT                                 \
	}

/*
 * The lists in the order in which slurmctld will pair them. It expands the names by its own
 * hostlist code and takes the addresses one by one as they come: 22.05, 24.11 and 26.05 in the
 * order given, but a node twice or a name that the code writes in another way would shift all that
 * follow. So the list is made by that code, in the order that it sorts to, which another sorting
 * leaves as it is.
 */
static int pair_lists(
	const struct node_address *nodes, size_t n, struct lists *lists, struct err *err)
{
	CLEANUP(free_hostlist) hostlist_ptr list = NULL;
	cleanup_free const struct node_address **sorted = calloc(n, sizeof(*sorted));
	bool ids = true, types = true;
	size_t found = 0;
	char *name;

	if (!sorted)
		return err_nomem(err);
	if (sort_addresses(nodes, n, sorted, err) < 0)
		return -1;
	list = slurm_hostlist_create(NULL);
	if (!list)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (slurm_hostlist_push_host(list, nodes[i].name) != 1)
			return err_set(
				err, ERR_USAGE, "libslurm refuses the node name %s", nodes[i].name);
		ids = ids && has(nodes[i].instance_id);
		types = types && has(nodes[i].instance_type);
	}
	slurm_hostlist_uniq(list);
	while ((name = slurm_hostlist_shift(list))) {
		const struct node_address **entry = bsearch(
			name, sorted, n, sizeof(*sorted), compare_name);
		const char *comma = found ? "," : "";

		if (entry) {
			strbuf_addf(&lists->names, "%s%s", comma, name);
			strbuf_addf(&lists->addrs, "%s%s", comma, (*entry)->addr);
			if (ids)
				strbuf_addf(&lists->ids, "%s%s", comma, (*entry)->instance_id);
			if (types)
				strbuf_addf(&lists->types, "%s%s", comma, (*entry)->instance_type);
			found++;
		}
		free(name);
	}
	if (lists->names.failed || lists->addrs.failed || lists->ids.failed || lists->types.failed)
		return err_nomem(err);
	if (found != n)
		return err_set(err, ERR_FATAL, "libslurm made %zu of %zu node names", found, n);
	return 0;
}

int slurm_client_announce(const struct node_address *nodes, size_t n, struct err *err)
{
	CLEANUP(lists_release) struct lists lists = LISTS_INIT;
	update_node_msg_t msg;

	if (slurm_client_check(err) < 0)
		return -1;
	if (!n)
		return 0;
	if (pair_lists(nodes, n, &lists, err) < 0)
		return -1;
	slurm_init_update_node_msg(&msg);
	msg.node_names = lists.names.buf;
	msg.node_addr = lists.addrs.buf;
	msg.node_hostname = lists.names.buf;
#ifdef HAVE_INSTANCE_LIST
	if (lists.ids.len)
		msg.instance_id = lists.ids.buf;
	if (lists.types.len)
		msg.instance_type = lists.types.buf;
#endif
	return update(&msg, "telling slurmctld the addresses", 0, err);
}

int slurm_client_tell_instances(const struct node_address *nodes, size_t n, struct err *err)
{
	if (slurm_client_check(err) < 0)
		return -1;
#if defined(HAVE_INSTANCE) && !defined(HAVE_INSTANCE_LIST)
	for (size_t i = 0; i < n; i++) {
		CLEANUP(lists_release) struct lists one = LISTS_INIT;
		update_node_msg_t msg;

		if (pair_lists(&nodes[i], 1, &one, err) < 0)
			return -1;
		slurm_init_update_node_msg(&msg);
		msg.node_names = one.names.buf;
		if (one.ids.len)
			msg.instance_id = one.ids.buf;
		if (one.types.len)
			msg.instance_type = one.types.buf;
		if (update(&msg, "telling slurmctld the instance", 0, err) < 0)
			return err_prefix(err, "node %s", nodes[i].name);
	}
#endif
	return 0;
}

/* HOSTLIST checked and each node once: the count that the list of addresses must have. */
static int normalise(const char *hostlist, char **names, size_t *n, struct err *err)
{
	struct nodeset set = NODESET_INIT;
	char *text;

	if (nodeset_parse(&set, hostlist, err) < 0)
		return -1;
	nodeset_sort(&set);
	*n = set.n;
	text = nodeset_format(&set);
	nodeset_release(&set);
	if (!text)
		return err_nomem(err);
	*names = text;
	return 0;
}

static int set_state(const char *hostlist, uint32_t state, const char *addr, const char *reason,
	const char *doing, int harmless, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf addrs = STRBUF_INIT;
	cleanup_free char *names = NULL, *why = NULL;
	update_node_msg_t msg;
	size_t n = 0;

	if (slurm_client_check(err) < 0 || normalise(hostlist, &names, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	slurm_init_update_node_msg(&msg);
	msg.node_names = names;
	msg.node_state = state;
	if (addr) {
		if (node_address_check(addr, err) < 0)
			return -1;
		list_repeat(&addrs, addr, n);
		if (addrs.failed)
			return err_nomem(err);
		msg.node_addr = addrs.buf;
	}
	if (reason) {
		why = strdup(reason);
		if (!why)
			return err_nomem(err);
		msg.reason = why;
	}
	return update(&msg, doing, harmless, err);
}

int slurm_client_force_down(
	const char *hostlist, const char *addr, const char *reason, struct err *err)
{
	return set_state(hostlist, NODE_STATE_POWER_DOWN | NODE_STATE_POWERED_DOWN, addr, reason,
		"forcing nodes down", 0, err);
}

int slurm_client_down(const char *hostlist, const char *reason, struct err *err)
{
	return set_state(hostlist, NODE_STATE_DOWN, NULL, reason, "taking nodes down", 0, err);
}

int slurm_client_drain(const char *hostlist, const char *reason, struct err *err)
{
	return set_state(hostlist, NODE_STATE_DRAIN, NULL, reason, "draining nodes", 0, err);
}

int slurm_client_down_asap(const char *hostlist, struct err *err)
{
	return slurm_client_leave(hostlist, NULL, err);
}

int slurm_client_leave(const char *hostlist, const char *reason, struct err *err)
{
	return set_state(hostlist, NODE_STATE_POWER_DOWN | NODE_STATE_POWER_DRAIN, NULL, reason,
		"asking for power down after the job", 0, err);
}

int slurm_client_resume_nodes(const char *hostlist, struct err *err)
{
	/*
	 * "Invalid node state", of 26.05 "Invalid node state transition", is said for each node
	 * that is not powering down (any more, or not yet); slurmctld goes on with the others of
	 * the list all the same.
	 */
#if HAVE_DECL_ESLURM_INVALID_NODE_STATE_TRANSITION
	int harmless = ESLURM_INVALID_NODE_STATE_TRANSITION;
#else
	int harmless = ESLURM_INVALID_NODE_STATE;
#endif

	return set_state(hostlist, NODE_RESUME, NULL, NULL, "resuming nodes", harmless, err);
}
