/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one pass writes down for the next: how the wall clock stood to the machine's uptime, so that
 * a clock that was set is noticed, and what slurmctld does not tell: which nodes were powering up
 * or down since when, and after which jobs it has been cleaning up.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "helper/log.h"
#include "helper/survey_internal.h"
#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"

#define META_KEY "survey"
/* Slewing moves a clock by at most 2 s in an hour. What is smaller does no harm. */
#define JUMP_MS 10000
/* EC2 itself takes requests that are wrong by 5 minutes, and tells us of more. */
#define OFF_S 60
/* Between looks that are further apart a node may have had another life. */
#define GAP_MS 600000

static int64_t uptime_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void read_boot(char *boot, size_t size)
{
	cleanup_free char *text = NULL;
	size_t len;

	if (file_read("/proc/sys/kernel/random/boot_id", 128, &text, &len, NULL) == 0)
		snprintf(boot, size, "%.*s", (int)strcspn(text, "\n"), text);
}

/* One line: "U 1790000000000 aws-hpc-[0-3]". What does not look so is passed over. */
static void read_nodes(struct survey *survey, const char *line, size_t len)
{
	CLEANUP(nodeset_release) struct nodeset nodes = NODESET_INIT;
	cleanup_free char *text = strndup(line, len);
	int64_t since_ms = 0;
	char kind = 0;
	int at = 0;

	if (!text || sscanf(text, "%c %" SCNd64 " %n", &kind, &since_ms, &at) < 2 || !at ||
		nodeset_parse(&nodes, text + at, NULL) < 0)
		return;
	nodeset_for_each (&nodes, i) {
		struct survey_node *node = survey_node(survey, nodes.names[i]);

		if (node && ((kind == 'U' && node->facts.powering_up) ||
				    (kind == 'D' && node->facts.powering_down)))
			node->since_ms = since_ms;
	}
}

/* Does one of the job's partitions ("a,b") have nodes of ours? */
static bool is_ours(const struct conf *conf, const struct job_facts *job)
{
	const char *p = job->partition;

	while (*p) {
		char name[sizeof(job->partition)];
		size_t len = strcspn(p, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, p);
		if (conf_has_partition(conf, name))
			return true;
		p += len + (p[len] == ',');
	}
	return false;
}

static int find_cleanings(struct survey *survey, struct err *err)
{
	free(survey->cleanings);
	survey->ncleanings = 0;
	survey->cleanings = calloc(survey->njobs + 1, sizeof(*survey->cleanings));
	if (!survey->cleanings)
		return err_nomem(err);
	for (size_t i = 0; i < survey->njobs; i++)
		if (survey->jobs[i].cleaning && is_ours(survey->conf, &survey->jobs[i]))
			survey->cleanings[survey->ncleanings++] = (struct survey_cleaning){
				.job = &survey->jobs[i], .since_ms = survey->now_ms};
	return 0;
}

/* One line: "C 1790000000000 12 1", a job and its restarts: the same start, so the same wait. */
static void read_cleaning(struct survey *survey, const char *line)
{
	unsigned id, restart;
	int64_t since_ms;

	if (sscanf(line, "C %" SCNd64 " %u %u", &since_ms, &id, &restart) != 3)
		return;
	for (size_t i = 0; i < survey->ncleanings; i++)
		if (survey->cleanings[i].job->job_id == id &&
			survey->cleanings[i].job->restart == restart)
			survey->cleanings[i].since_ms = since_ms;
}

int survey_clock_read(struct app *app, struct survey *survey, struct err *err)
{
	struct survey_clock was = {0}, *now = &survey->clock;
	int64_t looked_ms = 0, up_ms = uptime_ms();
	cleanup_free char *text = NULL;
	bool told;

	if (find_cleanings(survey, err) < 0)
		return -1;
	if (meta_get(app->db, META_KEY, &text, err) < 0 && err->class != ERR_NOTFOUND)
		return -1;
	read_boot(now->boot, sizeof(now->boot));
	now->offset_ms = survey->now_ms - up_ms;
	now->since_ms = 0;
	told = text && sscanf(text, "%39s %" SCNd64 " %" SCNd64 " %" SCNd64, was.boot,
			       &was.offset_ms, &was.since_ms, &looked_ms) == 4;
	/* without a word of the past the clock is believed since the boot, at which it may have
	 * been set */
	if (told && !strcmp(was.boot, now->boot))
		now->since_ms = llabs(now->offset_ms - was.offset_ms) > JUMP_MS ? up_ms
										: was.since_ms;
	survey->steady_ms = up_ms - now->since_ms;
	for (size_t i = 0; i < survey->nregions; i++) {
		int64_t off_s = survey->regions[i].clock_off_s;

		if (llabs(off_s) <= OFF_S)
			continue;
		survey->steady_ms = 0;
		log_err("the clock differs from AWS's by %" PRId64
			" s: nothing is judged by its age until it is set right",
			off_s);
		break;
	}
	for (size_t i = 0; i < survey->nnodes; i++) {
		struct survey_node *node = &survey->nodes[i];

		if (node->facts.powering_up || node->facts.powering_down)
			node->since_ms = survey->now_ms;
	}
	for (const char *line = told ? strchr(text, '\n') : NULL; line && *++line;
		line = strchr(line, '\n'))
		read_cleaning(survey, line);
	if (!told || survey->now_ms - looked_ms > GAP_MS || survey->now_ms < looked_ms)
		return 0;
	for (const char *line = strchr(text, '\n'); line && *++line; line = strchr(line, '\n'))
		read_nodes(survey, line, strcspn(line, "\n"));
	return 0;
}

/* In the order of nodeset.h, which then finds its names quickly: by prefix, then number. */
static int compare_names(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), x = n, y = m;
	int rc;

	while (x && a[x - 1] >= '0' && a[x - 1] <= '9')
		x--;
	while (y && b[y - 1] >= '0' && b[y - 1] <= '9')
		y--;
	rc = strncmp(a, b, x < y ? x : y);
	if (rc || x != y)
		return rc ? rc : x < y ? -1 : 1;
	return n == m ? strcmp(a, b) : n < m ? -1 : 1;
}

static int compare_since(const void *a, const void *b)
{
	const struct survey_node *x = *(const struct survey_node *const *)a;
	const struct survey_node *y = *(const struct survey_node *const *)b;

	if (x->facts.powering_up != y->facts.powering_up)
		return x->facts.powering_up - y->facts.powering_up;
	if (x->since_ms != y->since_ms)
		return x->since_ms < y->since_ms ? -1 : 1;
	return compare_names(x->facts.name, y->facts.name);
}

static int add_nodes(
	struct strbuf *text, const struct survey_node **nodes, size_t n, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset set = NODESET_INIT;
	cleanup_free char *hostlist = NULL;

	for (size_t i = 0; i < n; i++)
		if (nodeset_add(&set, nodes[i]->facts.name, err) < 0)
			return -1;
	hostlist = nodeset_format(&set);
	if (!hostlist)
		return err_nomem(err);
	strbuf_addf(text, "\n%c %" PRId64 " %s", nodes[0]->facts.powering_up ? 'U' : 'D',
		nodes[0]->since_ms, hostlist);
	return 0;
}

int survey_remember(struct app *app, const struct survey *survey, struct err *err)
{
	cleanup_free const struct survey_node **nodes = calloc(survey->nnodes + 1, sizeof(*nodes));
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t n = 0;

	if (!nodes)
		return err_nomem(err);
	strbuf_addf(&text, "%s %" PRId64 " %" PRId64 " %" PRId64,
		*survey->clock.boot ? survey->clock.boot : "-", survey->clock.offset_ms,
		survey->clock.since_ms, survey->now_ms);
	for (size_t i = 0; i < survey->nnodes; i++)
		if (survey->nodes[i].since_ms)
			nodes[n++] = &survey->nodes[i];
	if (n)
		qsort(nodes, n, sizeof(*nodes), compare_since);
	for (size_t at = 0, next; at < n; at = next) {
		for (next = at + 1; next < n && nodes[next]->since_ms == nodes[at]->since_ms &&
				    nodes[next]->facts.powering_up == nodes[at]->facts.powering_up;
			next++)
			;
		if (add_nodes(&text, nodes + at, next - at, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < survey->ncleanings; i++)
		strbuf_addf(&text, "\nC %" PRId64 " %u %u", survey->cleanings[i].since_ms,
			(unsigned)survey->cleanings[i].job->job_id,
			(unsigned)survey->cleanings[i].job->restart);
	if (text.failed)
		return err_nomem(err);
	return meta_set(app->db, META_KEY, text.buf, err);
}
