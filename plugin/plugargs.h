/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugargs: what the site wrote behind spank_burst.so in plugstack.conf.
 *
 *	default_efa=MODE	for jobs that do not say
 *	allow_efa=MODE,MODE	the modes that users may ask for; default: all
 *	max_cost=LIMIT		the highest --burst-cost; once for the job (500), once per hour
 *(50/h)
 *
 * Anything else is an error, so that a slip of the pen is not a limit that does not exist.
 */
#ifndef BURST_PLUGARGS_H
#define BURST_PLUGARGS_H

#include "lib/intent/intent.h"

struct plugargs {
	enum efa_mode default_efa;
	unsigned allow_efa;         /* a bit (1 << mode) per mode; 0: all */
	struct cost_limit max_job;  /* .uusd 0: none */
	struct cost_limit max_hour; /* .uusd 0: none */
};

/* Read AC arguments. On failure ARGS is untouched and ERR names the argument and what is known. */
int plugargs_parse(int ac, char *const av[], struct plugargs *args, struct err *err);

/* Does the site let users ask for MODE? */
bool plugargs_allow_efa(const struct plugargs *args, enum efa_mode mode);

/* The modes that users may ask for, "required or optional", into BUF of 64 bytes. Returns BUF. */
char *plugargs_format_allowed(const struct plugargs *args, char *buf, size_t size);

#endif
