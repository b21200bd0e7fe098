/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reserved: what EC2 said last of the capacity reservations in the configuration, for estimate and
 * explain, which do not ask EC2: in state.db, and for users in public/reservations.json. A launch
 * never goes by it.
 */
#ifndef BURST_RESERVED_H
#define BURST_RESERVED_H

#include "helper/app.h"
#include "lib/aws/ec2.h"

#define RESERVED_PUBLIC_FILE "reservations.json"

/* Write down that EC2 has just said so. It is believed for catalog.max_age_s. Failing to is only
 * logged. Needs app_db() for writing. */
void reserved_keep(
	struct app *app, const char *region, const struct ec2_reservation *list, size_t n);

/* Ask EC2 for those that the configuration has in REGION, and keep the answer. Without any EC2 is
 * not asked. */
int reserved_ask(struct app *app, const char *region, struct err *err);

/*
 * Of IDS those that are known: *LIST, a heap array of *N with id, type, az, state, kind and free;
 * *ASKED_MS is the time of the oldest. From app->db, without it from what is public.
 */
int reserved_recall(struct app *app, const char *region, const char *const *ids, size_t nids,
	struct ec2_reservation **list, size_t *n, int64_t *asked_ms, struct err *err);

/* Write RESERVED_PUBLIC_FILE, where the configuration has any. */
int reserved_publish(struct app *app, struct err *err);

#endif
