/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_types: are the instance types of a configuration known, and of one architecture each node
 * group? conf_load() holds them against the built-in table; this also against what EC2 told at the
 * last "catalog refresh", where that is to be read. For `config check`.
 */
#ifndef BURST_CONF_TYPES_H
#define BURST_CONF_TYPES_H

#include "helper/types.h"

/*
 * Give WARN a line for each type that neither knows, once for each region. ERR_CONFIG: a node
 * group mixes architectures.
 */
int conf_types_check(const struct conf *conf, struct types *types, int64_t now_ms,
	void (*warn)(void *arg, const char *text), void *arg, struct err *err);

/* The same, with state.db or the public directory as far as they can be read. */
int conf_types_check_here(
	struct conf *conf, void (*warn)(void *arg, const char *text), void *arg, struct err *err);

#endif
