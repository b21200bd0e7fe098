/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/plan/efa.h"

#include <stdarg.h>
#include <stdio.h>

#define BY_MAX 120 /* bytes of the evidence that are quoted */

static const struct efa_bands default_bands = EFA_BANDS_DEFAULT;

static void __attribute__((format(printf, 3, 4)))
decide(struct efa_decision *decision, enum efa_mode mode, const char *fmt, ...)
{
	va_list ap;

	decision->mode = mode;
	va_start(ap, fmt);
	vsnprintf(decision->why, sizeof(decision->why), fmt, ap);
	va_end(ap);
}

bool efa_is_sure(const struct detect_result *result, const struct efa_bands *bands)
{
	unsigned min = (bands ? bands : &default_bands)->min_confidence;

	return result && result->confidence >= min &&
	       (result->is_mpi || result->kind != JOB_UNKNOWN);
}

/* Modes go up with the bands; EFA_UNSET: NODES are in none. */
static enum efa_mode band_of(const struct efa_bands *bands, unsigned nodes)
{
	if (bands->required_nodes && nodes >= bands->required_nodes)
		return EFA_REQUIRED;
	if (bands->preferred_nodes && nodes >= bands->preferred_nodes)
		return EFA_PREFERRED;
	if (bands->optional_nodes && nodes >= bands->optional_nodes)
		return EFA_OPTIONAL;
	return EFA_UNSET;
}

/* false: what was detected says nothing, the default holds. */
static bool decide_by_detection(const struct efa_input *in, const struct efa_bands *bands,
	enum efa_mode dflt, struct efa_decision *decision)
{
	const struct detect_result *found = in->detected;
	char by[DETECT_DESCRIBE_SIZE];
	enum efa_mode band;

	if (!efa_is_sure(found, bands))
		return false;
	detect_describe(found, by, sizeof(by));
	if (!found->is_mpi) {
		if (found->kind == JOB_ARRAY || found->kind == JOB_FARM)
			decide(decision, EFA_DISABLED,
				"detected: processes that do not speak with each other: %.*s",
				BY_MAX, by);
		else
			decide(decision, dflt < EFA_OPTIONAL ? dflt : EFA_OPTIONAL,
				"detected: no MPI: %.*s", BY_MAX, by);
		return true;
	}
	band = band_of(bands, in->nodes);
	if (band == EFA_UNSET)
		return false;
	/* it costs such a job little to go over TCP: not worth waiting for */
	if (found->comm == COMM_LOOSE)
		band--;
	decide(decision, band, "detected: %.*s, %u nodes%s", BY_MAX, by, in->nodes,
		found->comm == COMM_LOOSE ? ", seldom waits for its network" : "");
	return true;
}

void efa_decide(const struct efa_input *in, struct efa_decision *decision)
{
	const struct efa_bands *bands = in->bands ? in->bands : &default_bands;
	enum efa_mode dflt = in->dflt == EFA_UNSET ? EFA_PREFERRED : in->dflt;

	*decision = (struct efa_decision){.given = true};
	if (in->option != EFA_UNSET) {
		decide(decision, in->option, "%s",
			in->option_why ? in->option_why : "the job's --efa");
		return;
	}
	if (in->features != EFA_UNSET) {
		decide(decision, in->features, "the job's features");
		return;
	}
	decision->given = false;
	if (in->nodes <= 1) {
		decide(decision, EFA_DISABLED, "one node needs no EFA");
		return;
	}
	decision->by_detection = decide_by_detection(in, bands, dflt, decision);
	if (!decision->by_detection)
		decide(decision, dflt, "%s", in->dflt_why ? in->dflt_why : "mpi.efa_default");
}
