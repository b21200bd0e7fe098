/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/fake_spank.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake fake;

static spank_context_t current;
static int handle;

static spank_t the_handle(void)
{
	return (spank_t)(void *)&handle;
}

spank_context_t spank_context(void)
{
	return current;
}

spank_err_t spank_option_register(spank_t spank, struct spank_option *opt)
{
	unsigned n = fake.registered;

	if (spank != the_handle() || n == 4)
		return ESPANK_BAD_ARG;
	if (fake.register_rc != ESPANK_SUCCESS)
		return fake.register_rc;
	/* as Slurm does: copies, since the plugin's texts are gone when init returns */
	fake.options[n].opt = *opt;
	snprintf(fake.options[n].name, sizeof(fake.options[n].name), "%s", opt->name);
	snprintf(fake.options[n].usage, sizeof(fake.options[n].usage), "%s", opt->usage);
	snprintf(fake.options[n].arginfo, sizeof(fake.options[n].arginfo), "%s", opt->arginfo);
	fake.registered++;
	return ESPANK_SUCCESS;
}

spank_err_t spank_job_control_setenv(
	spank_t spank, const char *name, const char *value, int overwrite)
{
	if (spank != the_handle() || strcmp(name, "BURST_INTENT") != 0 || !overwrite)
		return ESPANK_BAD_ARG;
	if (fake.setenv_rc != ESPANK_SUCCESS)
		return fake.setenv_rc;
	fake.sent++;
	snprintf(fake.control, sizeof(fake.control), "%s", value);
	return ESPANK_SUCCESS;
}

const char *spank_strerror(spank_err_t err)
{
	return err == ESPANK_NOT_LOCAL ? "not local" : "some error";
}

__attribute__((format(printf, 3, 0))) static void append(
	char *buf, size_t size, const char *format, va_list ap)
{
	size_t len = strlen(buf);

	vsnprintf(buf + len, size - len, format, ap);
	len = strlen(buf);
	snprintf(buf + len, size - len, "\n");
}

void slurm_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	append(fake.errors, sizeof(fake.errors), format, ap);
	va_end(ap);
}

void slurm_spank_log(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	append(fake.logs, sizeof(fake.logs), format, ap);
	va_end(ap);
}

void slurm_debug(const char *format, ...)
{
	(void)format;
}

int fake_start(spank_context_t context, const char *program, const char *args)
{
	static char name[32], text[512];
	char *av[16];
	spank_err_t register_rc = fake.register_rc, setenv_rc = fake.setenv_rc;
	int ac = 0;

	memset(&fake, 0, sizeof(fake));
	fake.register_rc = register_rc;
	fake.setenv_rc = setenv_rc;
	current = context;
	snprintf(name, sizeof(name), "%s", program);
	program_invocation_short_name = name;
	snprintf(text, sizeof(text), "%s", args ? args : "");
	for (char *p = text; *p && ac < 16;) {
		av[ac++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	return slurm_spank_init(the_handle(), ac, av);
}

int fake_call(enum option option, const char *value, int remote)
{
	bool bare = value && strcmp(value, FAKE_BARE) == 0;

	for (unsigned i = 0; i < fake.registered; i++) {
		if (strcmp(fake.options[i].name, option_texts[option].name) != 0)
			continue;
		if (fake.options[i].opt.cb(fake.options[i].opt.val, bare ? NULL : value, remote) !=
			0)
			return -1;
		snprintf(fake.options[i].last, sizeof(fake.options[i].last), "%s",
			bare ? "(null)" : value);
		fake.options[i].used = true;
		return 0;
	}
	return 0;
}

int fake_component(const struct fake_sources *s)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (s->line[i] && fake_call((enum option)i, s->line[i], 0) < 0)
			return -1;
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const char *value = getenv(option_texts[i].env);

		if (value && fake_call((enum option)i, value, 0) < 0)
			return -1;
	}
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (s->command[i] && fake_call((enum option)i, s->command[i], 0) < 0)
			return -1;
	if (slurm_spank_init_post_opt(the_handle(), 0, NULL) != 0)
		return -2;
	/* srun does not do this */
	for (unsigned i = 0; current == S_CTX_ALLOCATOR && i < fake.registered; i++)
		if (fake.options[i].used)
			setenv(option_texts[i].env, fake.options[i].last, 1);
	return 0;
}
