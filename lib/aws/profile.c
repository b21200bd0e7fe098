/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/profile.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/fileio.h"
#include "lib/base/strbuf.h"

#define MAX_FILE (1024 * 1024)

enum kind { KIND_OTHER, KIND_PROFILE, KIND_SERVICES };

struct entry {
	enum kind kind;
	char *section;
	char *key; /* "" for the section itself; "ec2.endpoint_url" for what is nested */
	char *value;
};

struct profiles {
	struct entry *entries;
	size_t n, alloc;
};

static void wipe(char *s)
{
	if (s)
		OPENSSL_cleanse(s, strlen(s));
	free(s);
}

void profiles_destroy(struct profiles *profiles)
{
	if (!profiles)
		return;
	for (size_t i = 0; i < profiles->n; i++) {
		free(profiles->entries[i].section);
		free(profiles->entries[i].key);
		wipe(profiles->entries[i].value);
	}
	free(profiles->entries);
	free(profiles);
}

static int add(struct profiles *profiles, enum kind kind, const char *section, const char *key,
	const char *value, struct err *err)
{
	struct entry *e;

	if (profiles->n == profiles->alloc) {
		size_t alloc = profiles->alloc ? profiles->alloc * 2 : 32;
		struct entry *entries = realloc(profiles->entries, alloc * sizeof(*entries));

		if (!entries)
			return err_nomem(err);
		profiles->entries = entries;
		profiles->alloc = alloc;
	}
	e = &profiles->entries[profiles->n++];
	*e = (struct entry){kind, strdup(section), strdup(key), strdup(value)};
	return e->section && e->key && e->value ? 0 : err_nomem(err);
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

/* "profile dev", 'profile "my dev"', "default", "services x" -> kind; the name moves to *NAME. */
static enum kind section_kind(char *text, bool credentials, char **name)
{
	size_t word = strcspn(text, " \t");
	enum kind kind = KIND_OTHER;
	char *rest = trim(text + word), quote;
	size_t n = strlen(rest);

	*name = text;
	if (credentials)
		return KIND_PROFILE;
	if (!*rest)
		return strcmp(text, "default") ? KIND_OTHER : KIND_PROFILE;
	if (word == 7 && !strncmp(text, "profile", 7))
		kind = KIND_PROFILE;
	if (word == 8 && !strncmp(text, "services", 8))
		kind = KIND_SERVICES;
	quote = *rest;
	if ((quote == '"' || quote == '\'') && n >= 2 && rest[n - 1] == quote) {
		rest[n - 1] = '\0';
		rest++;
	}
	*name = rest;
	return kind;
}

struct reader {
	struct profiles *profiles;
	const char *path;
	bool credentials;
	enum kind kind;
	char section[256];
	char parent[128]; /* the last key, if it had no value: nested ones may follow */
	bool have_key;    /* since the section began */
	size_t indent;    /* of that key */
	unsigned line;
};

static int read_key(struct reader *r, char *text, bool nested, struct err *err)
{
	size_t n = strcspn(text, "=:");
	char *value, *key, full[256];

	if (!text[n])
		return err_set(err, ERR_CONFIG, "%s:%u: expected \"key = value\" or \"[section]\"",
			r->path, r->line);
	text[n] = '\0';
	key = trim(text);
	value = trim(text + n + 1);
	for (char *p = key; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	if (!r->section[0])
		return err_set(err, ERR_CONFIG, "%s:%u: a key before the first [section]", r->path,
			r->line);
	if (!*key || strlen(key) >= sizeof(r->parent))
		return err_set(err, ERR_CONFIG, "%s:%u: a key must have 1 to 127 characters",
			r->path, r->line);
	if (nested)
		snprintf(full, sizeof(full), "%s.%s", r->parent, key);
	else
		snprintf(full, sizeof(full), "%s", key);
	if (!nested)
		snprintf(r->parent, sizeof(r->parent), "%s", *value ? "" : key);
	return add(r->profiles, r->kind, r->section, full, value, err);
}

static int read_line(struct reader *r, char *line, struct err *err)
{
	size_t indent = strspn(line, " \t");
	bool nested = r->have_key && indent > r->indent;
	char *text = trim(line), *end, *name;

	if (!*text || *text == '#' || *text == ';')
		return 0;
	if (*text == '[' && !nested) {
		end = strchr(text, ']');
		if (!end)
			return err_set(err, ERR_CONFIG, "%s:%u: '[' without ']'", r->path, r->line);
		*end = '\0';
		r->kind = section_kind(trim(text + 1), r->credentials, &name);
		if (!*name || strlen(name) >= sizeof(r->section))
			return err_set(err, ERR_CONFIG,
				"%s:%u: a name must have 1 to 255 characters", r->path, r->line);
		snprintf(r->section, sizeof(r->section), "%s", name);
		r->parent[0] = '\0';
		r->have_key = false;
		return add(r->profiles, r->kind, r->section, "", "", err);
	}
	if (nested && !r->parent[0])
		return err_set(err, ERR_CONFIG,
			"%s:%u: indented, but nothing above it to belong to", r->path, r->line);
	if (!nested) {
		r->have_key = true;
		r->indent = indent;
	}
	return read_key(r, text, nested, err);
}

static int read_file(
	struct profiles *profiles, const char *path, bool credentials, bool must, struct err *err)
{
	struct reader r = {.profiles = profiles, .path = path, .credentials = credentials};
	struct err why = {0};
	char *data = NULL, *next;
	size_t len = 0;
	int rc = 0;

	if (file_read(path, MAX_FILE, &data, &len, &why) < 0) {
		/* a home that is a file or does not exist is as good as no file */
		if (!must && (why.class == ERR_NOTFOUND || errno == ENOTDIR))
			return 0;
		if (err)
			*err = why;
		if (err && why.class == ERR_NOTFOUND)
			err->class = ERR_CONFIG;
		return -1;
	}
	if (memchr(data, '\0', len))
		rc = err_set(err, ERR_CONFIG, "%s holds a NUL byte: not a text file", path);
	for (char *line = data; line && !rc; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r.line++;
		rc = read_line(&r, line, err);
	}
	OPENSSL_cleanse(data, len);
	free(data);
	return rc;
}

static char *home(void)
{
	const char *env = getenv("HOME");
	char buf[4096];
	struct passwd pw, *found = NULL;

	if (env && *env)
		return strdup(env);
	if (getpwuid_r(geteuid(), &pw, buf, sizeof(buf), &found) || !found)
		return strdup("/");
	return strdup(pw.pw_dir);
}

/* Where the file is, heap; *MUST: somebody named it in our own configuration. */
static char *locate(
	const char *given, const char *variable, const char *in_home, bool *must, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	cleanup_free char *dir = home();
	char *found;

	*must = given != NULL;
	if (!given)
		given = getenv(variable);
	if (!given || !*given)
		given = in_home;
	if (!dir) {
		err_nomem(err);
		return NULL;
	}
	if (given[0] == '~' && given[1] == '/')
		strbuf_addf(&path, "%s%s", dir, given + 1);
	else
		strbuf_addstr(&path, given);
	found = strbuf_detach(&path);
	if (!found)
		err_nomem(err);
	return found;
}

struct profiles *profiles_load(
	const char *config_file, const char *credentials_file, struct err *err)
{
	bool must_config, must_credentials;
	cleanup_free char *config = locate(
		config_file, "AWS_CONFIG_FILE", "~/.aws/config", &must_config, err);
	cleanup_free char *credentials = locate(credentials_file, "AWS_SHARED_CREDENTIALS_FILE",
		"~/.aws/credentials", &must_credentials, err);
	struct profiles *profiles = calloc(1, sizeof(*profiles));

	if (!config || !credentials || !profiles) {
		err_nomem(err);
		goto error;
	}
	if (read_file(profiles, config, false, must_config, err) < 0 ||
		read_file(profiles, credentials, true, must_credentials, err) < 0)
		goto error;
	return profiles;
error:
	profiles_destroy(profiles);
	return NULL;
}

/* The last one wins: the credentials file is read behind the other. */
static const struct entry *find(
	const struct profiles *profiles, enum kind kind, const char *section, const char *key)
{
	for (size_t i = profiles->n; i--;) {
		const struct entry *e = &profiles->entries[i];

		if (e->kind == kind && !strcmp(e->section, section) && !strcmp(e->key, key))
			return e;
	}
	return NULL;
}

bool profiles_have(const struct profiles *profiles, const char *name)
{
	return find(profiles, KIND_PROFILE, name, "") != NULL;
}

const char *profiles_get(const struct profiles *profiles, const char *name, const char *key)
{
	const struct entry *e = find(profiles, KIND_PROFILE, name, key);

	return e && *e->value ? e->value : NULL;
}

const char *profiles_get_service(
	const struct profiles *profiles, const char *name, const char *service, const char *key)
{
	const char *section = profiles_get(profiles, name, "services");
	char full[256];
	const struct entry *e;

	if (!section)
		return NULL;
	snprintf(full, sizeof(full), "%s.%s", service, key);
	e = find(profiles, KIND_SERVICES, section, full);
	return e && *e->value ? e->value : NULL;
}

bool profile_is_true(const char *value)
{
	return value && (!strcasecmp(value, "true") || !strcmp(value, "1"));
}
