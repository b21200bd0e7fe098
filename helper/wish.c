/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/wish.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "helper/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/intent/record.h"

#define POLL_MS 50
/* PrologSlurmctld starts in the second in which the job does; the clocks are the same. */
#define START_SLACK_S 2

enum efa_mode wish_from_features(const char *features)
{
	static const struct {
		const char *word;
		enum efa_mode mode;
	} words[] = {
		{"efa-required", EFA_REQUIRED},
		{"efa-preferred", EFA_PREFERRED},
		{"efa-optional", EFA_OPTIONAL},
		{"efa", EFA_PREFERRED},
		{"no-efa", EFA_DISABLED},
	};
	enum efa_mode found = EFA_UNSET;

	for (const char *p = features; *p;) {
		size_t len = strcspn(p, "&|,*[]():");

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (len == strlen(words[i].word) && !strncmp(p, words[i].word, len) &&
				words[i].mode > found)
				found = words[i].mode;
		p += len;
		p += strspn(p, "&|,*[]():");
	}
	return found;
}

/* 1 with the intent, 0 where this start of the job left none. */
static int from_record(
	struct app *app, const struct job_facts *facts, int64_t start_ms, struct intent *intent)
{
	int64_t deadline_ms = start_ms + app->conf->slurm.intent_wait_ms;
	char dir[PATH_MAX];
	struct record record;
	struct err err;
	bool last = false;

	if (app_path(app, "intent", dir, sizeof(dir), &err) < 0)
		return 0;
	for (;;) {
		if (record_read(dir, facts->job_id, facts->restart, &record, &err) == 0 &&
			record.written_s + START_SLACK_S >= facts->start_s) {
			if (record.kind == RECORD_GARBAGE)
				log_warn("the job's intent was refused by prolog (%s); treated as "
					 "none",
					record.why);
			if (record.kind != RECORD_INTENT)
				return 0;
			*intent = record.intent;
			return 1;
		}
		if (last)
			return 0;
		/* once more after the prolog is done: it may have written in between */
		last = !app->site.prolog || slurm_client_prolog_done(facts->job_id, NULL) == 1 ||
		       clock_mono_ms() >= deadline_ms;
		if (!last)
			clock_sleep_ms(POLL_MS);
	}
}

static int from_stored(struct app *app, const struct job_facts *facts, struct intent *intent)
{
	cleanup_free char *line = NULL;
	struct err err;

	if (!facts->batch)
		return 0;
	if (slurm_client_stored_intent(app->site.state_dir,
		    facts->array_job_id ? facts->array_job_id : facts->job_id, &line, &err) < 0) {
		log_info("no stored environment: %s", err.text);
		return 0;
	}
	if (!line)
		return 0;
	if (intent_decode(line, intent, &err) < 0) {
		log_warn("the intent in the job's stored environment is refused: %s", err.text);
		return 0;
	}
	return 1;
}

void wish_find(struct app *app, const struct job_facts *facts, int64_t start_ms,
	struct intent *intent, const char **why)
{
	enum efa_mode by_feature = wish_from_features(facts->features);

	*intent = (struct intent){0};
	if (from_record(app, facts, start_ms, intent))
		*why = "the job's --efa";
	else if (from_stored(app, facts, intent))
		*why = "the job's --efa (from its stored environment)";
	if (intent->efa != EFA_UNSET && intent->efa_from == FROM_SITE)
		*why = "the site's default_efa in plugstack.conf";
	/* a feature that the user asked for outranks what the site would have by default */
	if (by_feature != EFA_UNSET &&
		(intent->efa == EFA_UNSET || intent->efa_from == FROM_SITE)) {
		intent->efa = by_feature;
		*why = "the job's features";
	}
	if (intent->efa != EFA_UNSET)
		return;
	if (facts->num_nodes <= 1) {
		intent->efa = EFA_DISABLED;
		*why = "one node needs no EFA";
		return;
	}
	intent->efa = app->conf->mpi.efa_default;
	*why = "mpi.efa_default";
}
