/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh: ask EC2 what types a region has, which zones sell them and where the site's subnets are,
 * and keep it. A region's answers are kept together or not at all.
 */
#ifndef BURST_REFRESH_H
#define BURST_REFRESH_H

#include "helper/app.h"
#include "lib/base/strbuf.h"

/* The regions of the configuration, each once, the home region first; heap array of borrowed
 * strings. */
int refresh_regions(const struct conf *conf, const char ***regions, size_t *n, struct err *err);

/*
 * Refresh REGION, and say in one line in OUT what came. On failure what was known stays. What app
 * has read before of any region is forgotten. APP has state.db open for writing.
 */
int refresh_region(struct app *app, const char *region, struct strbuf *out, struct err *err);

#endif
