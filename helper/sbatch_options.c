/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/sbatch_options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/sbatch_values.h"
#include "lib/base/cleanup.h"
#include "lib/base/nodeset.h"

enum kind {
	PASS, /* changes nothing of the decisions */
	NOTE, /* would change something, but is not looked at: said so */
	ACCOUNT,
	ARRAY,
	COST,
	CONSTRAINT,
	CPUS,
	EFA,
	EXCLUSIVE,
	GPUS,
	GPUS_PER_NODE,
	GPUS_PER_TASK,
	GRES,
	HELP,
	JOB_NAME,
	JSON,
	MEM,
	MEM_PER_CPU,
	NO_REQUEUE,
	NODELIST,
	NODES,
	PARTITION,
	REQUEUE,
	TASKS,
	TASKS_PER_NODE,
	TIME,
	WRAP,
};

enum takes { NOTHING, VALUE, MAYBE /* only with "=" */ };

static const struct row {
	const char *name;
	char letter; /* 0: none */
	enum takes takes;
	enum kind kind;
	const char *variable; /* of the environment; NULL: none */
	const char *expected;
} rows[] = {
	{"account", 'A', VALUE, ACCOUNT, "SBATCH_ACCOUNT", "a name"},
	{"array", 'a', VALUE, ARRAY, "SBATCH_ARRAY_INX", "indexes such as 0-15 or 1,3,5%2"},
	{"burst-cost", 0, VALUE, COST, "SLURM_SPANK__SLURM_SPANK_OPTION_burst_burst_cost", ""},
	{"constraint", 'C', VALUE, CONSTRAINT, "SBATCH_CONSTRAINT", "features"},
	{"cpus-per-task", 'c', VALUE, CPUS, NULL, "a number from 1"},
	{"efa", 0, MAYBE, EFA, "SLURM_SPANK__SLURM_SPANK_OPTION_burst_efa", ""},
	{"exclusive", 0, MAYBE, EXCLUSIVE, "SBATCH_EXCLUSIVE", "user, mcs, topo or nothing"},
	{"gpus", 'G', VALUE, GPUS, "SBATCH_GPUS", "[type:]number"},
	{"gpus-per-node", 0, VALUE, GPUS_PER_NODE, "SBATCH_GPUS_PER_NODE", "[type:]number"},
	{"gpus-per-task", 0, VALUE, GPUS_PER_TASK, "SBATCH_GPUS_PER_TASK", "[type:]number"},
	{"gres", 0, VALUE, GRES, "SBATCH_GRES", "name[:type]:number, ..."},
	{"help", 'h', NOTHING, HELP, NULL, ""},
	{"job-name", 'J', VALUE, JOB_NAME, "SBATCH_JOB_NAME", "a name"},
	{"json", 0, NOTHING, JSON, NULL, ""},
	{"mem", 0, VALUE, MEM, "SBATCH_MEM_PER_NODE", "a whole number with K, M, G or T"},
	{"mem-per-cpu", 0, VALUE, MEM_PER_CPU, "SBATCH_MEM_PER_CPU",
		"a whole number with K, M, G or T"},
	{"no-requeue", 0, NOTHING, NO_REQUEUE, "SBATCH_NO_REQUEUE", ""},
	{"nodes", 'N', VALUE, NODES, NULL, "a number or range such as 4 or 4-8"},
	{"ntasks", 'n', VALUE, TASKS, NULL, "a number from 1"},
	{"ntasks-per-node", 0, VALUE, TASKS_PER_NODE, NULL, "a number from 1"},
	{"tasks-per-node", 0, VALUE, TASKS_PER_NODE, NULL, "a number from 1"},
	{"partition", 'p', VALUE, PARTITION, "SBATCH_PARTITION", "a name"},
	{"requeue", 0, NOTHING, REQUEUE, "SBATCH_REQUEUE", ""},
	{"time", 't', VALUE, TIME, "SBATCH_TIMELIMIT",
		"minutes, hours:minutes:seconds, days-hours or UNLIMITED"},
	{"wrap", 0, VALUE, WRAP, NULL, "a command"},
	/* would change something */
	{"exclude", 'x', VALUE, NOTE},
	{"extra-node-info", 'B', VALUE, NOTE},
	{"gpus-per-socket", 0, VALUE, NOTE},
	{"hint", 0, VALUE, NOTE, "SBATCH_HINT"},
	{"mem-per-gpu", 0, VALUE, NOTE, "SBATCH_MEM_PER_GPU"},
	{"mincpus", 0, VALUE, NOTE},
	{"nodefile", 'F', VALUE, NOTE},
	{"nodelist", 'w', VALUE, NODELIST, NULL, "names of nodes such as aws-hpc-[0-3]"},
	{"ntasks-per-core", 0, VALUE, NOTE},
	{"ntasks-per-gpu", 0, VALUE, NOTE},
	{"ntasks-per-socket", 0, VALUE, NOTE},
	{"overcommit", 'O', NOTHING, NOTE, "SBATCH_OVERCOMMIT"},
	{"prefer", 0, VALUE, NOTE},
	{"reservation", 0, VALUE, NOTE, "SBATCH_RESERVATION"},
	{"threads-per-core", 0, VALUE, NOTE, "SBATCH_THREADS_PER_CORE"},
	{"tres-per-task", 0, VALUE, NOTE},
	/* changes nothing */
	{"acctg-freq", 0, VALUE},
	{"batch", 0, VALUE},
	{"bb", 0, VALUE},
	{"bbf", 0, VALUE},
	{"begin", 'b', VALUE},
	{"chdir", 'D', VALUE},
	{"cluster", 0, VALUE},
	{"cluster-constraint", 0, VALUE},
	{"clusters", 'M', VALUE},
	{"comment", 0, VALUE},
	{"container", 0, VALUE},
	{"container-id", 0, VALUE},
	{"contiguous", 0, NOTHING},
	{"core-spec", 'S', VALUE},
	{"cores-per-socket", 0, VALUE},
	{"cpu-freq", 0, VALUE},
	{"cpus-per-gpu", 0, VALUE},
	{"deadline", 0, VALUE},
	{"delay-boot", 0, VALUE},
	{"dependency", 'd', VALUE},
	{"distribution", 'm', VALUE},
	{"error", 'e', VALUE},
	{"export", 0, VALUE},
	{"export-file", 0, VALUE},
	{"extra", 0, VALUE},
	{"get-user-env", 0, MAYBE},
	{"gid", 0, VALUE},
	{"gpu-bind", 0, VALUE},
	{"gpu-freq", 0, VALUE},
	{"gres-flags", 0, VALUE},
	{"hold", 'H', NOTHING},
	{"ignore-pbs", 0, NOTHING},
	{"input", 'i', VALUE},
	{"kill-on-invalid-dep", 0, VALUE},
	{"licenses", 'L', VALUE},
	{"mail-type", 0, VALUE},
	{"mail-user", 0, VALUE},
	{"mcs-label", 0, VALUE},
	{"mem-bind", 0, VALUE},
	{"network", 0, VALUE},
	{"nice", 0, MAYBE},
	{"no-kill", 'k', MAYBE},
	{"oom-kill-step", 0, MAYBE},
	{"open-mode", 0, VALUE},
	{"output", 'o', VALUE},
	{"oversubscribe", 's', NOTHING},
	{"parsable", 0, NOTHING},
	{"power", 0, VALUE},
	{"priority", 0, VALUE},
	{"profile", 0, VALUE},
	{"propagate", 0, MAYBE},
	{"qos", 'q', VALUE},
	{"quiet", 'Q', NOTHING},
	{"reboot", 0, NOTHING},
	{"resv-ports", 0, MAYBE},
	{"segment", 0, VALUE},
	{"signal", 0, VALUE},
	{"sockets-per-node", 0, VALUE},
	{"spread-job", 0, NOTHING},
	{"stepmgr", 0, NOTHING},
	{"switches", 0, VALUE},
	{"test-only", 0, NOTHING},
	{"thread-spec", 0, VALUE},
	{"time-min", 0, VALUE},
	{"tmp", 0, VALUE},
	{"tres-bind", 0, VALUE},
	{"uid", 0, VALUE},
	{"usage", 'u', NOTHING},
	{"use-min-nodes", 0, NOTHING},
	{"verbose", 'v', NOTHING},
	{"version", 'V', NOTHING},
	{"wait", 'W', NOTHING},
	{"wait-all-nodes", 0, VALUE},
	{"wckey", 0, VALUE},
};

void sbatch_wish_init(struct job_wish *wish)
{
	*wish = (struct job_wish){
		.time_limit_s = WISH_TIME_UNSET,
		.requeue = -1,
		.notes = STRBUF_INIT,
	};
}

void sbatch_wish_release(struct job_wish *wish)
{
	for (size_t i = 0; i < wish->ngiven; i++)
		free(wish->given[i].value);
	free(wish->wrap);
	strbuf_release(&wish->notes);
	wish->ngiven = 0;
	wish->wrap = NULL;
}

/* One pass over words. WISH NULL: only the script's place is looked for. */
struct reading {
	struct job_wish *wish;
	int where;
	bool wrap;
};

/* "line 3: "; nothing for the command line. */
static const char *place(int where, char buf[32])
{
	*buf = '\0';
	if (where > 0)
		snprintf(buf, 32, "line %d: ", where);
	else if (where == WISH_ENVIRONMENT)
		snprintf(buf, 32, "environment: ");
	return buf;
}

static void __attribute__((format(printf, 2, 3))) note(struct reading *r, const char *fmt, ...)
{
	char buf[32];
	va_list ap;

	if (!r->wish)
		return;
	strbuf_addstr(&r->wish->notes, place(r->where, buf));
	va_start(ap, fmt);
	strbuf_vaddf(&r->wish->notes, fmt, ap);
	va_end(ap);
	strbuf_addch(&r->wish->notes, '\n');
}

/* --- values ---------------------------------------------------------------------------------- */

/* An empty one takes away what was given before. */
static int copy(char *buf, size_t size, const char *text)
{
	int n = snprintf(buf, size, "%s", text);

	return n < 0 || (size_t)n >= size ? -1 : 0;
}

static int set_wrap(struct job_wish *wish, const char *value)
{
	free(wish->wrap);
	wish->wrap = strdup(value);
	return wish->wrap ? 0 : -1;
}

static int set_memory(struct job_wish *wish, bool per_cpu, const char *value)
{
	uint64_t mib;

	if (value_memory(value, &mib) < 0)
		return -1;
	wish->mem_mib_per_node = per_cpu ? 0 : mib;
	wish->mem_mib_per_cpu = per_cpu ? mib : 0;
	wish->mem_all = !mib;
	return 0;
}

/* Of a hostlist; 0 of a file ("./nodes", as sbatch tells them apart), which is not read. */
static int count_nodes(const char *value, uint32_t *count)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;

	*count = 0;
	if (!*value || strchr(value, '/'))
		return 0;
	if (nodeset_parse(&set, value, NULL) < 0)
		return -1;
	*count = (uint32_t)set.n;
	return 0;
}

/* --efa and --burst-cost say themselves what they expect. */
static int set_ours(struct job_wish *wish, enum kind kind, const char *value, struct err *err)
{
	if (kind == COST)
		return cost_limit_parse(value, &wish->cost, err);
	wish->efa = EFA_REQUIRED;
	return value ? efa_mode_parse(value, &wish->efa, err) : 0;
}

static int set(struct job_wish *wish, enum kind kind, const char *value)
{
	switch (kind) {
	case ACCOUNT:
		return copy(wish->account, sizeof(wish->account), value);
	case ARRAY:
		wish->array = *value;
		return !*value || isdigit((unsigned char)*value) ? 0 : -1;
	case CONSTRAINT:
		return copy(wish->constraint, sizeof(wish->constraint), value);
	case CPUS:
		return value_count(value, false, &wish->cpus_per_task);
	case EXCLUSIVE:
		wish->exclusive = true;
		return value_exclusive(value);
	case GPUS:
		return value_gpus(value, &wish->gpus);
	case GPUS_PER_NODE:
		return value_gpus(value, &wish->gpus_per_node);
	case GPUS_PER_TASK:
		return value_gpus(value, &wish->gpus_per_task);
	case GRES:
		return value_gres(value, &wish->gpus_per_node);
	case HELP:
		wish->help = true;
		return 0;
	case JOB_NAME:
		return copy(wish->job_name, sizeof(wish->job_name), value);
	case JSON:
		wish->json = true;
		return 0;
	case MEM:
	case MEM_PER_CPU:
		return set_memory(wish, kind == MEM_PER_CPU, value);
	case NODELIST:
		return count_nodes(value, &wish->named_nodes);
	case NODES:
		return value_nodes(value, &wish->nodes, &wish->nodes_max);
	case PARTITION:
		return copy(wish->partition, sizeof(wish->partition), value);
	case REQUEUE:
	case NO_REQUEUE:
		wish->requeue = kind == REQUEUE;
		return 0;
	case TASKS:
		return value_count(value, false, &wish->tasks);
	case TASKS_PER_NODE:
		return value_count(value, false, &wish->tasks_per_node);
	case TIME:
		return value_time(value, &wish->time_limit_s);
	case WRAP:
		return set_wrap(wish, value);
	case PASS:
	case NOTE:
	case COST:
	case EFA:
		break;
	}
	return 0;
}

/* Of those that say the same thing only the last counts: so only it is shown. */
static bool excludes(const struct row *row, const char *name)
{
	if (!strcmp(row->name, name))
		return true;
	switch (row->kind) {
	case MEM:
	case MEM_PER_CPU:
		return !strcmp(name, "mem") || !strcmp(name, "mem-per-cpu");
	case REQUEUE:
	case NO_REQUEUE:
		return !strcmp(name, "requeue") || !strcmp(name, "no-requeue");
	case TASKS_PER_NODE:
		return !strcmp(name, "ntasks-per-node") || !strcmp(name, "tasks-per-node");
	default:
		return false;
	}
}

/* One place that says both: a later place overrides an earlier one. */
static bool are_exclusive(const struct row *row, const struct wish_given *given, int where)
{
	return (row->kind == MEM || row->kind == MEM_PER_CPU) && strcmp(row->name, given->name) &&
	       (where > 0 ? given->where > 0 : given->where == where);
}

static int remember(
	struct job_wish *wish, const struct row *row, const char *value, int where, struct err *err)
{
	struct wish_given *given = NULL;
	char *own = NULL;

	if (value && !(own = strdup(value)))
		return err_nomem(err);
	for (size_t i = 0; i < wish->ngiven && !given; i++)
		if (excludes(row, wish->given[i].name))
			given = &wish->given[i];
	if (given && are_exclusive(row, given, where)) {
		free(own);
		return err_set(err, ERR_USAGE, "--mem and --mem-per-cpu: expected one of the two");
	}
	if (!given)
		given = &wish->given[wish->ngiven++]; /* there are fewer kinds than room */
	free(given->value);
	*given = (struct wish_given){row->name, own, where};
	return 0;
}

static int refuse(const struct reading *r, const struct row *row, const char *value,
	const struct err *why, struct err *err)
{
	char quoted[48], where[32];

	place(r->where, where);
	if (why->class)
		return err_set(err, ERR_USAGE, "%s--%s: %s", where, row->name, why->text);
	return err_set(err, ERR_USAGE, "%s--%s: \"%s\": expected %s", where, row->name,
		text_make_safe(value ? value : "", 40, quoted, sizeof(quoted)), row->expected);
}

static int apply(struct reading *r, const struct row *row, const char *value, struct err *err)
{
	struct err why = {0};
	int rc;

	r->wrap |= row->kind == WRAP;
	if (row->kind == NOTE)
		note(r, "--%s is not considered here", row->name);
	if (!r->wish || row->kind == PASS || row->kind == NOTE)
		return 0;
	/* in a script it helps nobody */
	if (row->kind == HELP && r->where != WISH_COMMAND_LINE)
		return 0;
	if (row->kind == NODELIST)
		note(r, "of --nodelist only the number of nodes is considered here");
	if (row->kind == EFA || row->kind == COST)
		rc = set_ours(r->wish, row->kind, value, &why);
	else
		rc = set(r->wish, row->kind, value);
	if (rc < 0)
		return refuse(r, row, value, &why, err);
	if (row->kind == JSON || row->kind == HELP)
		return 0;
	return remember(r->wish, row, value, r->where, err);
}

/* --- words ----------------------------------------------------------------------------------- */

/* Not NULL and not known as an option in a script. */
static bool is_ours(const struct row *row)
{
	return row->kind == JSON;
}

static const struct row *find_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter && rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

/* By its name or an unambiguous beginning. -1: ambiguous; 0 with *FOUND NULL: not known. */
static int find_long(const char *name, size_t len, bool script, const struct row **found)
{
	const struct row *begun = NULL;

	*found = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strncmp(rows[i].name, name, len) || (script && is_ours(&rows[i])))
			continue;
		if (!rows[i].name[len]) {
			*found = &rows[i];
			return 0;
		}
		if (begun)
			*found = begun;
		else
			begun = &rows[i];
	}
	if (*found) {
		*found = NULL;
		return -1;
	}
	*found = begun;
	return 0;
}

/* What is not known may take the next word for its value; sbatch would refuse it anyway. */
static void skip_unknown(
	struct reading *r, const char *word, size_t argc, const char *const *argv, size_t *at)
{
	char quoted[48];

	note(r, "\"%s\" is not known: passed over",
		text_make_safe(word, 40, quoted, sizeof(quoted)));
	if (r->where > 0 && !strchr(word, '='))
		while (*at < argc && *argv[*at] != '-')
			(*at)++;
}

static int read_long(
	struct reading *r, size_t argc, const char *const *argv, size_t *at, struct err *err)
{
	const char *word = argv[(*at)++], *name = word + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const char *value = equals ? equals + 1 : NULL;
	const struct row *row;
	char where[32], quoted[48];

	text_make_safe(word, 40, quoted, sizeof(quoted));
	if (find_long(name, len, r->where != WISH_COMMAND_LINE, &row) < 0)
		return err_set(
			err, ERR_USAGE, "%s\"%s\" is ambiguous", place(r->where, where), quoted);
	if (!row) {
		skip_unknown(r, word, argc, argv, at);
		return 0;
	}
	if (row->takes == NOTHING && value)
		return err_set(err, ERR_USAGE, "%s\"%s\": --%s takes no value",
			place(r->where, where), quoted, row->name);
	if (row->takes == VALUE && !value) {
		if (*at == argc)
			return err_set(err, ERR_USAGE, "%s--%s needs a value",
				place(r->where, where), row->name);
		value = argv[(*at)++];
	}
	return apply(r, row, value, err);
}

/* "-N4", "-N 4", "-Hn4". */
static int read_letters(
	struct reading *r, size_t argc, const char *const *argv, size_t *at, struct err *err)
{
	const char *word = argv[(*at)++];

	for (const char *p = word + 1; *p; p++) {
		const struct row *row = find_letter(*p);
		const char *value = NULL;
		char where[32];

		if (!row) {
			skip_unknown(r, word, argc, argv, at);
			return 0;
		}
		if (row->takes != NOTHING && p[1])
			value = p + 1;
		if (row->takes == VALUE && !value) {
			if (*at == argc)
				return err_set(err, ERR_USAGE, "%s-%c needs a value",
					place(r->where, where), *p);
			value = argv[(*at)++];
		}
		if (apply(r, row, value, err) < 0)
			return -1;
		if (value)
			break;
	}
	return 0;
}

/* *AT ends at the first word that is no option. */
static int read_words(
	struct reading *r, size_t argc, const char *const *argv, size_t *at, struct err *err)
{
	while (*at < argc) {
		const char *word = argv[*at];
		int rc;

		if (word[0] != '-' || !word[1])
			return 0;
		if (!strcmp(word, "--")) {
			(*at)++;
			return 0;
		}
		if (word[1] == '-')
			rc = read_long(r, argc, argv, at, err);
		else
			rc = read_letters(r, argc, argv, at, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int sbatch_find_script(int argc, char *const *argv, struct sbatch_command *command, struct err *err)
{
	struct reading r = {.where = WISH_COMMAND_LINE};
	char quoted[48];
	size_t at = 1;

	if (read_words(&r, (size_t)argc, (const char *const *)argv, &at, err) < 0)
		return -1;
	*command = (struct sbatch_command){.wrap = r.wrap};
	if (at < (size_t)argc && r.wrap) {
		text_make_safe(argv[at], 40, quoted, sizeof(quoted));
		return err_set(err, ERR_USAGE, "\"%s\": with --wrap there is no script", quoted);
	}
	if (at < (size_t)argc) {
		command->script = argv[at];
		command->nargs = argc - (int)at - 1;
	}
	return 0;
}

int sbatch_read_directives(struct job_wish *wish, const struct script *script, struct err *err)
{
	if (script->foreign) {
		struct reading r = {.wish = wish, .where = (int)script->foreign};

		note(&r, "sbatch reads #PBS and #BSUB lines too, which are not considered here");
	}
	for (size_t i = 0; i < script->ndirectives; i++) {
		const struct script_directive *d = &script->directives[i];
		struct reading r = {.wish = wish, .where = (int)d->line};
		size_t at = 0;
		char quoted[48];

		if (d->open_quote)
			return err_set(err, ERR_USAGE, "line %u: a quote (%c) is not closed",
				d->line, d->open_quote);
		/* what follows is the next component's */
		if (!strcmp(d->argv[0], "hetjob") || !strcmp(d->argv[0], "packjob")) {
			note(&r, "of a heterogeneous job only the first component is considered "
				 "here");
			break;
		}
		if (read_words(&r, d->argc, d->argv, &at, err) < 0)
			return -1;
		if (at < d->argc)
			return err_set(err, ERR_USAGE, "line %u: \"%s\" is no option", d->line,
				text_make_safe(d->argv[at], 40, quoted, sizeof(quoted)));
	}
	return 0;
}

int sbatch_check_script(const char *text, size_t len, struct err *err)
{
	if (!len)
		return err_set(err, ERR_USAGE, "is empty");
	if (len < 2 || memcmp(text, "#!", 2) != 0)
		return err_set(err, ERR_USAGE,
			"sbatch takes no script whose first line does not begin with #!");
	if (memmem(text, len, "\r\n", 2))
		return err_set(err, ERR_USAGE,
			"sbatch takes no script with DOS line breaks (CR LF); expected LF");
	return 0;
}

int sbatch_read_environment(struct job_wish *wish, const char *const *env, struct err *err)
{
	struct reading r = {.wish = wish, .where = WISH_ENVIRONMENT};

	for (; *env; env++) {
		size_t len = strcspn(*env, "=");

		/* one look at most of what may be thousands */
		if (**env != 'S' || !(*env)[len])
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			const struct row *row = &rows[i];
			const char *value = *env + len + 1;

			if (!row->variable || strncmp(row->variable, *env, len) ||
				row->variable[len])
				continue;
			if (row->takes == NOTHING || (row->takes == MAYBE && !*value))
				value = NULL;
			if (apply(&r, row, value, err) < 0)
				return -1;
		}
	}
	return 0;
}

int sbatch_read_command(struct job_wish *wish, int argc, char *const *argv, struct err *err)
{
	struct reading r = {.wish = wish, .where = WISH_COMMAND_LINE};
	size_t at = 1;

	return read_words(&r, (size_t)argc, (const char *const *)argv, &at, err);
}

int sbatch_given_add(
	struct job_wish *wish, const char *name, const char *value, int where, struct err *err)
{
	char *own = NULL;

	if (wish->ngiven == WISH_GIVEN_MAX)
		return err_set(err, ERR_FATAL, "more than %d options", WISH_GIVEN_MAX);
	if (value && !(own = strdup(value)))
		return err_nomem(err);
	wish->given[wish->ngiven++] = (struct wish_given){name, own, where};
	return 0;
}

void sbatch_given_format(const struct wish_given *given, struct strbuf *sb)
{
	char quoted[84];

	strbuf_addf(sb, "--%s", given->name);
	if (given->value)
		strbuf_addf(sb, "=%s", text_make_safe(given->value, 80, quoted, sizeof(quoted)));
}
