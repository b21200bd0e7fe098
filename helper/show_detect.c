/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/show_detect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

static const char *said(const struct detect_result *r)
{
	switch (r->kind) {
	case JOB_MPI:
		return "MPI";
	case JOB_COLLECTIVES:
		return "collectives of GPUs";
	case JOB_SINGLE:
		return "not MPI, one process or one node's threads";
	case JOB_ARRAY:
		return "not MPI, independent tasks of an array";
	case JOB_FARM:
		return "not MPI, independent processes";
	case JOB_SERVICE:
		return "not MPI, a cluster of its own over TCP";
	case JOB_UNKNOWN:
		break;
	}
	return "not known to be MPI";
}

static void show_size(struct strbuf *sb, const struct detect_result *r)
{
	char text[96], tasks[24] = "not known", nodes[24] = "";

	if (r->tasks)
		snprintf(tasks, sizeof(tasks), "%" PRIu32, r->tasks);
	if (r->nodes)
		snprintf(nodes, sizeof(nodes), " on %" PRIu32 " node%s", r->nodes,
			r->nodes == 1 ? "" : "s");
	snprintf(text, sizeof(text), "%s%s%s", tasks, nodes,
		r->hybrid_openmp ? ", each with several threads" : "");
	show_line(sb, "tasks", text);
}

void show_detect(struct strbuf *sb, const struct detect_result *r)
{
	char text[DETECT_TEXT_SIZE + 64];

	snprintf(text, sizeof(text), "%s (%u %% sure)", said(r), r->confidence);
	show_line(sb, "job", text);
	if (r->is_mpi)
		show_line(sb, "mpi", mpi_impl_name(r->impl));
	if (r->app) {
		snprintf(text, sizeof(text), "%s, %s communication", r->app->name,
			comm_name(r->comm));
		show_line(sb, "program", text);
	}
	show_size(sb, r);
	for (size_t i = 0; i < r->n; i++) {
		const struct detect_evidence *e = &r->evidence[i];

		if (e->line)
			snprintf(text, sizeof(text), "%+4d line %u: %s", e->weight, e->line,
				e->text);
		else
			snprintf(text, sizeof(text), "%+4d %s", e->weight, e->text);
		show_line(sb, i ? "" : "evidence", text);
	}
}

void detected_lines(struct strbuf *sb, const char *name, const struct detect_result *r)
{
	strbuf_addf(sb, DETECTED_JOB "%s%s%s (%u %% sure)", name ? name : "", name ? ": " : "",
		said(r), r->confidence);
	if (r->is_mpi)
		strbuf_addf(sb, ", %s", mpi_impl_name(r->impl));
	if (r->app)
		strbuf_addf(sb, ", %s, %s communication", r->app->name, comm_name(r->comm));
	if (r->tasks)
		strbuf_addf(sb, ", %" PRIu32 " tasks", r->tasks);
	strbuf_addf(sb, "%s\n", r->hybrid_openmp ? ", each with several threads" : "");
	for (size_t i = 0; i < r->n; i++) {
		const struct detect_evidence *e = &r->evidence[i];

		strbuf_addf(sb, DETECTED_EVIDENCE "%+d", e->weight);
		if (e->line)
			strbuf_addf(sb, " line %u:", e->line);
		strbuf_addf(sb, " %s\n", e->text);
	}
}

const char *show_detected_lines(struct strbuf *sb, const char *text)
{
	bool first = true;

	while (text) {
		size_t job = strlen(DETECTED_JOB), evidence = strlen(DETECTED_EVIDENCE), skip;
		size_t n = strcspn(text, "\n");
		cleanup_free char *line = NULL;

		if (!strncmp(text, DETECTED_JOB, job))
			skip = job;
		else if (!strncmp(text, DETECTED_EVIDENCE, evidence))
			skip = evidence;
		else
			break;
		line = strndup(text + skip, n - skip);
		if (line)
			show_line(sb, skip == job ? "job" : first ? "evidence" : "", line);
		first = skip == job;
		text += n + (text[n] == '\n');
	}
	return text;
}

static struct json_object *number_or_null(uint32_t value)
{
	return value ? json_object_new_int64(value) : NULL;
}

static struct json_object *evidence_json(const struct detect_result *r)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < r->n; i++) {
		struct json_object *e = json_object_new_object();

		json_object_object_add(e, "line", number_or_null(r->evidence[i].line));
		json_object_object_add(e, "weight", json_object_new_int(r->evidence[i].weight));
		json_object_object_add(e, "text", json_object_new_string(r->evidence[i].text));
		json_object_array_add(list, e);
	}
	return list;
}

struct json_object *show_detect_json(const struct detect_result *r)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	json_object_object_add(o, "is_mpi", json_object_new_boolean(r->is_mpi));
	json_object_object_add(o, "confidence", json_object_new_int((int)r->confidence));
	json_object_object_add(o, "kind", json_object_new_string(job_kind_name(r->kind)));
	json_object_object_add(o, "implementation", json_object_new_string(mpi_impl_name(r->impl)));
	json_object_object_add(
		o, "application", r->app ? json_object_new_string(r->app->name) : NULL);
	json_object_object_add(o, "communication", json_object_new_string(comm_name(r->comm)));
	json_object_object_add(o, "hybrid_openmp", json_object_new_boolean(r->hybrid_openmp));
	json_object_object_add(o, "gpu_collectives", json_object_new_boolean(r->gpu_collectives));
	json_object_object_add(o, "tasks", number_or_null(r->tasks));
	json_object_object_add(o, "nodes", number_or_null(r->nodes));
	json_object_object_add(o, "evidence", evidence_json(r));
	return o;
}
