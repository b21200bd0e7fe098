/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/slurm/slurm_pure.h"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

void copy_text(char *buf, size_t size, const char *text)
{
	size_t len = text ? strnlen(text, size - 1) : 0;

	if (len)
		memcpy(buf, text, len);
	buf[len] = '\0';
}

void copy_name(char *buf, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "");
	size_t at = 0;

	while (*p) {
		size_t n = utf8_length(p);
		/* C0, DEL, C1 */
		bool shown = n && *p >= 0x20 && *p != 0x7f && (*p != 0xc2 || p[1] >= 0xa0);

		n = n ? n : 1;
		if (at + (shown ? n : 1) >= size)
			break;
		if (shown)
			memcpy(buf + at, p, n);
		else
			buf[at] = '?';
		at += shown ? n : 1;
		p += n;
	}
	buf[at] = '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void job_name_format(const struct job_ids *ids, char *name, size_t size)
{
	int n;

	if (ids->array_job_id && ids->array_task_id != NO_VAL) {
		/* also for the task that carries the array's own number: "9" would mean all tasks
		 */
		n = snprintf(name, size, "%u_%u", ids->array_job_id, ids->array_task_id);
	} else if (ids->array_job_id) {
		const char *tasks = ids->array_task_str ? ids->array_task_str : "";
		int len = (int)strcspn(tasks, "%"); /* "%2": at most two at a time */

		if (!len || strstr(tasks, "..."))
			n = -1;
		else
			n = snprintf(name, size, "%u_[%.*s]", ids->array_job_id, len, tasks);
	} else if (ids->het_job_id) {
		n = snprintf(name, size, "%u+%u", ids->het_job_id, ids->het_job_offset);
	} else {
		n = snprintf(name, size, "%u", ids->job_id);
	}
	if (n < 0 || (size_t)n >= size)
		name[0] = '\0';
}

/* Behind a number of 1 to 10 digits at P that is no job id with a leading zero, or NULL. */
static const char *skip_number(const char *p, bool zero)
{
	size_t n = strspn(p, "0123456789");

	if (!n || n > 10 || (p[0] == '0' && (n > 1 || !zero)))
		return NULL;
	return p + n;
}

static const char *skip_tasks(const char *p)
{
	do {
		p = skip_number(p, true);
		if (p && *p == '-')
			p = skip_number(p + 1, true);
		if (p && *p == ':') /* "0-8:2", a step */
			p = skip_number(p + 1, false);
	} while (p && *p++ == ',');
	return p && p[-1] == ']' ? p : NULL;
}

int job_name_check(const char *name, struct err *err)
{
	const char *p = skip_number(name, false);

	if (p && *p == '_' && p[1] == '[')
		p = skip_tasks(p + 2);
	else if (p && (*p == '_' || *p == '+'))
		p = skip_number(p + 1, true);
	if (!p || *p)
		return err_set(err, ERR_USAGE,
			"not the name of one job; expected 7, 9_1, 9_[2-3] or 17+1");
	return 0;
}

bool job_tasks_have(const char *tasks, uint32_t task)
{
	for (const char *p = tasks; p && is_digit(*p);) {
		char *end;
		unsigned long first = strtoul(p, &end, 10), last = first, step = 1;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (*end == ':')
			step = strtoul(end + 1, &end, 10);
		if (task >= first && task <= last && !((task - first) % (step ? step : 1)))
			return true;
		p = *end == ',' ? end + 1 : end;
	}
	return tasks && strstr(tasks, "...");
}

const char *job_wait_words(uint32_t reason)
{
	static const struct {
		uint32_t reason;
		const char *words;
	} table[] = {
		{WAIT_HELD, "held by an administrator"},
		{WAIT_HELD_USER, "held by its user"},
		{WAIT_TIME, "not to begin yet"},
		{WAIT_DEPENDENCY, "it depends on other jobs"},
		{WAIT_DEP_INVALID, "what it depends on can never be fulfilled"},
		{WAIT_PRIORITY, "other jobs are before it"},
		{WAIT_RESOURCES, "for nodes"},
		{WAIT_NODE_NOT_AVAIL, "nodes that it needs are down or drained"},
		{WAIT_PART_DOWN, "its partition is down"},
		{WAIT_PART_INACTIVE, "its partition is inactive"},
		{WAIT_PART_NODE_LIMIT, "more nodes than its partition allows"},
		{WAIT_PART_TIME_LIMIT, "a longer time than its partition allows"},
		{WAIT_RESERVATION, "for its reservation"},
		{WAIT_LICENSES, "for licenses"},
		{WAIT_CLEANING, "slurmctld is not done with its last start"},
		{WAIT_ARRAY_TASK_LIMIT, "as many tasks of its array run as may at a time"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].reason == reason)
			return table[i].words;
	return "";
}

void het_ids_format(const char *set, char *buf, size_t size)
{
	int n;

	if (!set || !*set)
		n = -1;
	else if (set[0] == '[')
		n = snprintf(buf, size, "%s", set);
	else
		n = snprintf(buf, size, "[%s]", set);
	if (n < 0 || (size_t)n >= size)
		buf[0] = '\0';
}

enum job_state job_state_decode(uint32_t job_state)
{
	/* First: a requeued job is PENDING and COMPLETING until its nodes are free of it. */
	if (job_state & JOB_COMPLETING)
		return JOB_STATE_COMPLETING;
	switch (job_state & JOB_STATE_BASE) {
	case JOB_PENDING:
		return JOB_STATE_PENDING;
	case JOB_RUNNING:
		if (job_state & (JOB_CONFIGURING | JOB_POWER_UP_NODE))
			return JOB_STATE_CONFIGURING;
		return JOB_STATE_RUNNING;
	case JOB_COMPLETE:
	case JOB_CANCELLED:
	case JOB_FAILED:
	case JOB_TIMEOUT:
	case JOB_NODE_FAIL:
	case JOB_PREEMPTED:
	case JOB_BOOT_FAIL:
	case JOB_DEADLINE:
	case JOB_OOM:
		return JOB_STATE_ENDED;
	default: /* suspended */
		return JOB_STATE_OTHER;
	}
}

static const char *node_base_name(uint32_t node_state)
{
	static const char *const names[] = {
		[NODE_STATE_UNKNOWN] = "UNKNOWN",
		[NODE_STATE_DOWN] = "DOWN",
		[NODE_STATE_IDLE] = "IDLE",
		[NODE_STATE_ALLOCATED] = "ALLOCATED",
		[NODE_STATE_ERROR] = "ERROR",
		[NODE_STATE_MIXED] = "MIXED",
		[NODE_STATE_FUTURE] = "FUTURE",
	};
	uint32_t base = node_state & NODE_STATE_BASE;

	return base < ARRAY_SIZE(names) ? names[base] : "?";
}

/*
 * The flags in the order in which scontrol shows them. NODE_STATE_NET of 22.05 is another thing in
 * later releases and says nothing to us.
 */
static const struct {
	uint32_t flag;
	const char *name;
} node_flags[] = {
	{NODE_STATE_CLOUD, "CLOUD"},
	{NODE_STATE_COMPLETING, "COMPLETING"},
	{NODE_STATE_DRAIN, "DRAIN"},
	{NODE_STATE_DYNAMIC_FUTURE, "DYNAMIC_FUTURE"},
	{NODE_STATE_DYNAMIC_NORM, "DYNAMIC_NORM"},
	{NODE_STATE_INVALID_REG, "INVALID_REG"},
	{NODE_STATE_FAIL, "FAIL"},
	{NODE_STATE_MAINT, "MAINTENANCE"},
	{NODE_STATE_POWER_DOWN, "POWER_DOWN"},
	{NODE_STATE_POWER_UP, "POWER_UP"},
	{NODE_STATE_POWERING_DOWN, "POWERING_DOWN"},
	{NODE_STATE_POWERED_DOWN, "POWERED_DOWN"},
	{NODE_STATE_POWERING_UP, "POWERING_UP"},
	{NODE_STATE_POWER_DRAIN, "POWER_DRAIN"},
	{NODE_STATE_NO_RESPOND, "NOT_RESPONDING"},
	{NODE_STATE_REBOOT_REQUESTED, "REBOOT_REQUESTED"},
	{NODE_STATE_REBOOT_ISSUED, "REBOOT_ISSUED"},
	{NODE_STATE_RES, "RESERVED"},
	{NODE_RESUME, "RESUME"},
	{NODE_STATE_UNDRAIN, "UNDRAIN"},
	{NODE_STATE_PLANNED, "PLANNED"},
};

void node_state_decode(uint32_t node_state, struct node_facts *facts)
{
	uint32_t base = node_state & NODE_STATE_BASE;
	size_t len;

	copy_text(facts->state, sizeof(facts->state), node_base_name(node_state));
	len = strlen(facts->state);
	for (size_t i = 0; i < ARRAY_SIZE(node_flags); i++) {
		int n;

		if (!(node_state & node_flags[i].flag))
			continue;
		n = snprintf(
			facts->state + len, sizeof(facts->state) - len, "+%s", node_flags[i].name);
		if (n < 0 || (size_t)n >= sizeof(facts->state) - len) {
			facts->state[len] = '\0'; /* whole words only */
			break;
		}
		len += (size_t)n;
	}
	facts->cloud = node_state & NODE_STATE_CLOUD;
	facts->powered_down = node_state & NODE_STATE_POWERED_DOWN;
	facts->powering_up = node_state & NODE_STATE_POWERING_UP;
	facts->powering_down = node_state & NODE_STATE_POWERING_DOWN;
	facts->power_down = node_state & NODE_STATE_POWER_DOWN;
	facts->drain = node_state & NODE_STATE_DRAIN;
	facts->no_respond = node_state & NODE_STATE_NO_RESPOND;
	facts->completing = node_state & NODE_STATE_COMPLETING;
	facts->down = base == NODE_STATE_DOWN;
	facts->idle = base == NODE_STATE_IDLE;
	facts->allocated = base == NODE_STATE_ALLOCATED || base == NODE_STATE_MIXED;
	/*
	 * POWERING_UP goes with slurmd's registration, POWERED_DOWN with the next power-up; boot
	 * time and addresses stay from the life before and prove nothing. A node that was forced
	 * down before it registered has lost these flags and its job: of a node that is to be
	 * powered down and has no job nothing is known.
	 */
	facts->registered = base != NODE_STATE_UNKNOWN && base != NODE_STATE_FUTURE &&
			    !(node_state &
				    (NODE_STATE_POWERED_DOWN | NODE_STATE_POWERING_UP |
					    NODE_STATE_POWERING_DOWN | NODE_STATE_POWER_UP)) &&
			    !(facts->power_down && (!facts->allocated || facts->no_respond));
}

int slurm_version_number(const char *version)
{
	if (!version || !is_digit(version[0]) || !is_digit(version[1]) || version[2] != '.' ||
		!is_digit(version[3]) || !is_digit(version[4]) || is_digit(version[5]))
		return 0;
	return (version[0] - '0') * 1000 + (version[1] - '0') * 100 + (version[3] - '0') * 10 +
	       (version[4] - '0');
}

int64_t minutes16_to_s(uint16_t minutes)
{
	return minutes == INFINITE16 || minutes == NO_VAL16 ? -1 : (int64_t)minutes * 60;
}

int64_t minutes32_to_s(uint32_t minutes)
{
	return minutes == INFINITE || minutes == NO_VAL ? -1 : (int64_t)minutes * 60;
}

int job_environment_find(
	const char *data, size_t len, const char *name, const char **value, struct err *err)
{
	const char *p = data, *end = data + len, *found = NULL;
	size_t name_len = strlen(name);
	uint32_t count;

	if (len < sizeof(count))
		return err_set(
			err, ERR_FATAL, "job environment of %zu bytes, without its count", len);
	memcpy(&count, p, sizeof(count));
	p += sizeof(count);
	for (uint32_t i = 0; i < count; i++) {
		size_t n = strnlen(p, (size_t)(end - p));

		if (n == (size_t)(end - p))
			return err_set(err, ERR_FATAL,
				"job environment ends within string %u of %u", i + 1, count);
		if (!found && n > name_len && p[name_len] == '=' && !memcmp(p, name, name_len))
			found = p + name_len + 1;
		p += n + 1;
	}
	if (p != end)
		return err_set(err, ERR_FATAL, "job environment: %zu bytes behind its %u strings",
			(size_t)(end - p), count);
	*value = found;
	return 0;
}

void list_repeat(struct strbuf *sb, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_addch(sb, ',');
		strbuf_addstr(sb, text);
	}
}

int node_address_check(const char *text, struct err *err)
{
	size_t len = text ? strlen(text) : 0;

	/* slurmctld reads the list as a hostlist: a bracket or comma would shift all that follow */
	if (!len || len > 63)
		return err_set(
			err, ERR_USAGE, "node address of %zu characters, 1 to 63 expected", len);
	for (const char *p = text; *p; p++)
		if (!is_digit(*p) && !(*p >= 'A' && *p <= 'Z') && !(*p >= 'a' && *p <= 'z') &&
			!strchr(".:_-", *p))
			return err_set(
				err, ERR_USAGE, "node address with byte 0x%02x", (unsigned char)*p);
	return 0;
}

enum err_class slurm_error_class(int number)
{
	switch (number) {
	case ESLURM_INVALID_JOB_ID:
	case ESLURM_ALREADY_DONE: /* the job is over */
	case ESLURM_JOB_FINISHED:
	case ESLURM_INVALID_NODE_NAME:
		return ERR_NOTFOUND;
	case ESLURM_ACCESS_DENIED:
	case ESLURM_USER_ID_MISSING:
	case SLURM_PROTOCOL_AUTHENTICATION_ERROR:
		return ERR_AUTH;
	case SLURM_PROTOCOL_VERSION_ERROR:
		return ERR_CONFIG;
	case ESLURM_TRANSITION_STATE_NO_UPDATE:
	case ESLURM_PROLOG_RUNNING:
	case ESLURM_JOB_NOT_PENDING: /* begin time of a job that has nodes */
	case ESLURM_JOB_PENDING:     /* to be requeued, and is */
		return ERR_BUSY;
	case ESLURM_IN_STANDBY_MODE: /* a controller that waits for its turn */
	case SLURM_UNEXPECTED_MSG_ERROR:
	case SLURM_COMMUNICATIONS_CONNECTION_ERROR:
	case SLURM_COMMUNICATIONS_SEND_ERROR:
	case SLURM_COMMUNICATIONS_RECEIVE_ERROR:
	case SLURM_COMMUNICATIONS_SHUTDOWN_ERROR:
	case SLURMCTLD_COMMUNICATIONS_CONNECTION_ERROR:
	case SLURMCTLD_COMMUNICATIONS_SEND_ERROR:
	case SLURMCTLD_COMMUNICATIONS_RECEIVE_ERROR:
	case SLURMCTLD_COMMUNICATIONS_SHUTDOWN_ERROR:
	case ECONNREFUSED:
	case ETIMEDOUT:
	case SLURM_PROTOCOL_SOCKET_IMPL_TIMEOUT:
		return ERR_TRANSIENT;
	default:
		return ERR_FATAL;
	}
}
