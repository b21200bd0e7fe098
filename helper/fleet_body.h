/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fleet_body: what a stored CreateFleet request asks for, read back from its bytes. Pure.
 *
 * The bytes are ec2_fleet_encode()'s; nothing else is expected, and what does not look so is not
 * found.
 */
#ifndef BURST_FLEET_BODY_H
#define BURST_FLEET_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The value of the first parameter of BODY whose name is NAME or ends in ".NAME", as it was sent;
 * false where there is none, or it does not fit. Ids and types need no percent-encoding.
 */
bool fleet_body_value(const char *body, const char *name, char *value, size_t size);

/* Does it launch from this version of this template? */
bool fleet_body_launches(const char *body, const char *template_id, int64_t version);

#endif
